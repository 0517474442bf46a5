/* SPDX-License-Identifier: MIT */
/*
 * Sessions, as the kernel's audit sees them: /proc/<pid>/sessionid
 */
#include "npfs/base/session.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "npfs/base/fd.h"

uint32_t np_session_of(uint32_t pid)
{
	NP_CLEANUP_FD int fd = -1;
	char path[32], text[16];
	unsigned long value;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%u/sessionid", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	value = strtoul(text, NULL, 10);
	return value >= UINT32_MAX ? 0 : (uint32_t)value;
}
