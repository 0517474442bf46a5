/* SPDX-License-Identifier: MIT */
/*
 * Closing without losing errno; making and judging sealed memory files.
 */
#include "npfs/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "npfs/base/err.h"

#define SEALS_WANTED (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/*
 * Closes @fd unless it is negative. Return: -1, for `fd = np_fd_close(fd);`. Keeps
 * errno.
 */
int np_fd_close(int fd)
{
	int saved = errno;

	/* Not repeated on EINTR: Linux has released the number by then. */
	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

/* Sets close-on-exec. Return: 0 or a negative errno. */
int np_fd_set_cloexec(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0)
		return np_err(-errno);
	return 0;
}

/* Sets O_NONBLOCK on the open file. Return: 0 or a negative errno. */
int np_fd_set_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return np_err(-errno);
	return 0;
}

/**
 * np_memfd_new() - make a memory file of a size that can never change
 * @name:	for /proc only
 * @size:	bytes; memory is used when touched, and reads as zero
 * @fdp:	the descriptor, owned by the caller; written on success only
 *
 * The descriptor closes on exec.
 *
 * Return: 0 or a negative errno (-EFBIG for a size the kernel cannot hold).
 */
int np_memfd_new(const char *name, size_t size, int *fdp)
{
	NP_CLEANUP_FD int fd = -1;

	if (size > INT64_MAX)
		return np_err(-EFBIG);
	fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return np_err(-errno);
	if (ftruncate(fd, (off_t)size) < 0)
		return np_err(-errno);
	if (fcntl(fd, F_ADD_SEALS, SEALS_WANTED) < 0)
		return np_err(-errno);
	*fdp = np_take_fd(fd);
	return 0;
}

/**
 * np_memfd_check() - judge a memory file received from elsewhere
 * @fd:		borrowed
 * @sizep:	its size, which stays true; written on success only
 *
 * Return: 0; -EBADF or another errno for what is no sealable file; -EPERM when it lacks
 * one of the seals or forbids writing; -EACCES when @fd is not open for reading and
 * writing.
 */
int np_memfd_check(int fd, size_t *sizep)
{
	struct stat st;
	int seals, flags;

	/* Seals first: the size read after that cannot change any more. */
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0)
		return np_err(-errno);
	if ((seals & SEALS_WANTED) != SEALS_WANTED ||
	    (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
		return np_err(-EPERM);
	flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return np_err(-errno);
	if ((flags & O_ACCMODE) != O_RDWR)
		return np_err(-EACCES);
	if (fstat(fd, &st) < 0)
		return np_err(-errno);
	if (!S_ISREG(st.st_mode) || st.st_size < 0)
		return np_err(-EINVAL);
	*sizep = (size_t)st.st_size;
	return 0;
}
