/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of our own stay above the three standard ones: whoever closes standard output
 * and opens another must get number 1, and a child's 0 to 2 are what it was given.
 */
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

/* fd_lifted() - a copy of @fd above the standard ones, close on exec; -1 and errno */
static inline int fd_lifted(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/* fd_lift() - replace *@fdp when it is one of the standard ones. Return: false, left, and errno */
static inline bool fd_lift(int *fdp)
{
	int fd;

	if (*fdp > STDERR_FILENO)
		return true;
	fd = fd_lifted(*fdp);
	if (fd < 0)
		return false;
	close(*fdp);
	*fdp = fd;
	return true;
}
