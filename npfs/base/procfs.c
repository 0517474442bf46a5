/* SPDX-License-Identifier: MIT */
/*
 * Files of /proc/<pid>: sessionid, the session as the kernel's audit sees it, stat, and status
 */
#include "npfs/base/procfs.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "npfs/base/fd.h"

/* The text of a file of @pid, cut off at @cap - 1 bytes. */
static bool read_text(uint32_t pid, const char *name, char *text, size_t cap)
{
	NP_CLEANUP_FD int fd = -1;
	char path[32];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, cap - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return true;
}

uint32_t np_session_of(uint32_t pid)
{
	char text[16];
	unsigned long value;

	if (!read_text(pid, "sessionid", text, sizeof(text)))
		return 0;
	value = strtoul(text, NULL, 10);
	return value >= UINT32_MAX ? 0 : (uint32_t)value;
}

uint64_t np_process_born(uint32_t pid)
{
	char text[512], *at;
	unsigned field = 2;

	if (!read_text(pid, "stat", text, sizeof(text)))
		return 0;
	/* field 2 is the name in parentheses, which may have anything in it; 22 is the time */
	at = strrchr(text, ')');
	while (at && field < 22) {
		at = strchr(at + 1, ' ');
		field++;
	}
	return at ? strtoull(at + 1, NULL, 10) : 0;
}

/* The rest of the line of @text that begins with @key; NULL: there is none. */
static const char *line_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at && (at == text || at[-1] == '\n') ? at + strlen(key) : NULL;
}

static bool has_signal(const char *text, const char *key, int sig)
{
	const char *at = line_of(text, key);

	return at && strtoull(at, NULL, 16) >> (sig - 1) & 1;
}

enum np_signal_place np_signal_place(uint32_t tid, int sig)
{
	char text[4096];
	const char *state;

	/* The name is in the first line, with its line ends escaped. */
	if (!read_text(tid, "status", text, sizeof(text)) ||
	    !has_signal(text, "SigPnd:", sig))
		return NP_SIGNAL_TAKEN;
	state = line_of(text, "State:\t");
	if (has_signal(text, "SigBlk:", sig) || (state && strchr("DtT", *state)))
		return NP_SIGNAL_HELD;
	return NP_SIGNAL_COMING;
}
