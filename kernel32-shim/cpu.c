/* SPDX-License-Identifier: MIT */
/*
 * Processors: which of them a process or thread may use, and what a thread has used.
 *
 * A mask has 64 bits; processors above that exist but cannot be named. The kernel keeps the
 * mask by thread: setting a process's sets that of each of its threads, and threads made
 * later have that of their maker.
 */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <windows.h>

#include <npfs/status.h>

#include "kernel32-shim/thread.h"

static uint64_t mask_of(const cpu_set_t *set)
{
	uint64_t mask = 0;

	for (int i = 0; i < 64; i++)
		if (CPU_ISSET(i, set))
			mask |= UINT64_C(1) << i;
	return mask;
}

static void set_of(uint64_t mask, cpu_set_t *set)
{
	CPU_ZERO(set);
	for (int i = 0; i < 64; i++)
		if (mask & (UINT64_C(1) << i))
			CPU_SET(i, set);
}

/* Those that are there, whatever this process may use. */
static uint64_t system_mask(void)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);

	return n >= 64 ? UINT64_MAX : (UINT64_C(1) << (n < 1 ? 1 : n)) - 1;
}

BOOL WINAPI GetProcessAffinityMask(HANDLE process, PDWORD_PTR maskp, PDWORD_PTR systemp)
{
	DWORD pid = GetProcessId(process);
	cpu_set_t set;

	if (!pid)
		return FALSE;
	if (sched_getaffinity((pid_t)pid, sizeof(set), &set) < 0)
		return thread_fail(npfs_status_to_win32(npfs_status_from_errno(errno)));
	*maskp = mask_of(&set);
	*systemp = system_mask();
	return TRUE;
}

/* Every thread of the process; false and errno when none could be set. */
static bool set_threads(DWORD pid, const cpu_set_t *set)
{
	char path[64];
	struct dirent *entry;
	bool any = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	dir = opendir(path);
	if (!dir)
		return false;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' &&
		    sched_setaffinity((pid_t)strtol(entry->d_name, NULL, 10), sizeof(*set),
				      set) == 0)
			any = true;
	closedir(dir);
	return any;
}

BOOL WINAPI SetProcessAffinityMask(HANDLE process, DWORD_PTR mask)
{
	DWORD pid = GetProcessId(process);
	cpu_set_t set;

	if (!pid)
		return FALSE;
	if (mask == 0 || (mask & ~system_mask()))
		return thread_fail(ERROR_INVALID_PARAMETER);
	set_of(mask, &set);
	if (!set_threads(pid, &set))
		return thread_fail(npfs_status_to_win32(npfs_status_from_errno(errno)));
	return TRUE;
}

/* The mask before; 0 with the last error. */
DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE thread, DWORD_PTR mask)
{
	DWORD id = GetThreadId(thread);
	cpu_set_t before, set;

	if (!id)
		return 0;
	if (mask == 0 || (mask & ~system_mask())) {
		thread_fail(ERROR_INVALID_PARAMETER);
		return 0;
	}
	set_of(mask, &set);
	if (sched_getaffinity((pid_t)id, sizeof(before), &before) < 0 ||
	    sched_setaffinity((pid_t)id, sizeof(set), &set) < 0) {
		thread_fail(npfs_status_to_win32(npfs_status_from_errno(errno)));
		return 0;
	}
	return mask_of(&before);
}

static FILETIME filetime_of(uint64_t ticks)
{
	FILETIME time = {(DWORD)ticks, (DWORD)(ticks >> 32)};

	return time;
}

/* The start of the system in ticks since 1601, to the hundredth of a second. */
static uint64_t boot_ticks(void)
{
	struct timespec now, up;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	return UINT64_C(116444736000000000) +
	       (uint64_t)(now.tv_sec - up.tv_sec) * 10000000 +
	       (uint64_t)((now.tv_nsec - up.tv_nsec) / 100);
}

/* Of a thread that lives; what the kernel says of one that has ended is gone with it. */
BOOL WINAPI GetThreadTimes(HANDLE thread, LPFILETIME creation, LPFILETIME exited,
			   LPFILETIME kernel, LPFILETIME user)
{
	DWORD id = GetThreadId(thread), pid = id ? GetProcessIdOfThread(thread) : 0;
	unsigned long long user_ticks, kernel_ticks, start;
	uint64_t tick = 10000000u / (uint64_t)sysconf(_SC_CLK_TCK);
	char path[64], text[1024], *at = NULL;
	FILE *file;

	if (!pid)
		return FALSE;
	snprintf(path, sizeof(path), "/proc/%u/task/%u/stat", pid, id);
	file = fopen(path, "re");
	if (file) {
		if (fgets(text, sizeof(text), file))
			at = strrchr(text, ')');
		fclose(file);
	}
	if (!at || sscanf(at + 1,
			  " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d "
			  "%*d %*d %*d %llu",
			  &user_ticks, &kernel_ticks, &start) != 3)
		return thread_fail(ERROR_NOT_SUPPORTED);
	*creation = filetime_of(boot_ticks() + start * tick);
	*exited = filetime_of(0);
	*kernel = filetime_of(kernel_ticks * tick);
	*user = filetime_of(user_ticks * tick);
	return TRUE;
}
