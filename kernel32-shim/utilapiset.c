/* SPDX-License-Identifier: MIT */
/*
 * Small services: disguised pointers, and a tone
 *
 * EncodePointer hides a pointer from whoever can overwrite memory but not read it: the value
 * is turned round and mixed with a number that each process draws at its start.
 */
#include <stdint.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <windows.h>

#include "kernel32-shim/thread.h"

static uintptr_t disguise;

__attribute__((constructor)) static void disguise_draw(void)
{
	if (getrandom(&disguise, sizeof(disguise), GRND_NONBLOCK) != (ssize_t)sizeof(disguise))
		disguise = (uintptr_t)&disguise ^ (uintptr_t)time(NULL);
}

static unsigned turn(void)
{
	return (unsigned)(disguise & 63);
}

PVOID WINAPI EncodePointer(PVOID pointer)
{
	uintptr_t value = (uintptr_t)pointer ^ disguise;

	return (PVOID)(value >> turn() | value << (-turn() & 63)); /* NOLINT */
}

PVOID WINAPI DecodePointer(PVOID pointer)
{
	uintptr_t value = (uintptr_t)pointer;

	value = value << turn() | value >> (-turn() & 63);
	return (PVOID)(value ^ disguise); /* NOLINT */
}

/* The terminal's bell, of its own pitch and length, for frequencies that Windows accepts. */
BOOL WINAPI Beep(DWORD frequency, DWORD ms)
{
	(void)ms;
	if (frequency < 37 || frequency > 32767)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (isatty(STDERR_FILENO) && write(STDERR_FILENO, "\a", 1) < 0)
		return thread_fail(ERROR_GEN_FAILURE);
	return TRUE;
}
