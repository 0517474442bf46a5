/* SPDX-License-Identifier: MIT */
/*
 * Talking to a debugger: whether there is one, stopping in it, and texts for it.
 *
 * A debugger here is whoever traces the process. It does not take texts from the program, so
 * OutputDebugString writes them to standard error when one is there, or when
 * NPFS_OUTPUT_DEBUG_STRING is set in the environment; else they are for nobody, as on
 * Windows.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <windows.h>

#include "kernel32-shim/text.h"

BOOL WINAPI IsDebuggerPresent(VOID)
{
	static const char word[] = "\nTracerPid:";
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	char text[2048], *at;
	ssize_t n;

	if (fd < 0)
		return FALSE;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return FALSE;
	text[n] = 0;
	at = strstr(text, word);
	return at && strtol(at + strlen(word), NULL, 10) != 0;
}

/* Without a debugger the process ends, by SIGTRAP. */
VOID WINAPI DebugBreak(VOID)
{
	raise(SIGTRAP);
}

VOID WINAPI OutputDebugStringA(LPCSTR text)
{
	size_t len = text ? strlen(text) : 0, done = 0;
	ssize_t n;

	if (len == 0 || (!getenv("NPFS_OUTPUT_DEBUG_STRING") && !IsDebuggerPresent()))
		return;
	while (done < len) {
		n = write(STDERR_FILENO, text + done, len - done);
		if (n <= 0)
			return;
		done += (size_t)n;
	}
}

VOID WINAPI OutputDebugStringW(LPCWSTR text)
{
	bool failed = false;
	char *utf8 = text_utf8_from_wide_z(text, &failed);

	OutputDebugStringA(utf8);
	free(utf8);
}
