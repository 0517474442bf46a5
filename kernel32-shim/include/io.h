/* SPDX-License-Identifier: MIT */
/*
 * io.h - low-level files of the C run-time, over the POSIX calls of the same purpose
 *
 * _get_osfhandle and _open_osfhandle join a descriptor with a handle and belong to the
 * shim.
 */
#ifndef NPFS_W32_IO_H
#define NPFS_W32_IO_H

#include "npfs_win32.h"
#include "basetsd.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/stat.h>

NPFS_W32_BEGIN

#define _O_RDONLY O_RDONLY
#define _O_WRONLY O_WRONLY
#define _O_RDWR   O_RDWR
#define _O_APPEND O_APPEND
#define _O_CREAT  O_CREAT
#define _O_TRUNC  O_TRUNC
#define _O_EXCL   O_EXCL
#define _O_TEXT   0
#define _O_BINARY 0
#ifndef O_BINARY
#define O_BINARY 0
#endif
#ifndef O_TEXT
#define O_TEXT 0
#endif
#define _S_IREAD  S_IRUSR
#define _S_IWRITE S_IWUSR

/* The handle behind a descriptor, which stays the descriptor's; -1 and errno if none. */
NPFS_W32_API INT_PTR __cdecl _get_osfhandle(int fd);
/* A descriptor for a handle; closing the descriptor closes the handle. -1 and errno. */
NPFS_W32_API int __cdecl _open_osfhandle(INT_PTR handle, int flags);

#define _open   open
#define _creat  creat
#define _access access
#define _unlink unlink
#define _dup    dup
#define _dup2   dup2
#define _isatty isatty
#define _fileno fileno
#define _lseek  lseek

NPFS_W32_INLINE int _close(int fd)
{
	return close(fd);
}

NPFS_W32_INLINE int _read(int fd, void *buffer, unsigned count)
{
	return (int)read(fd, buffer, count);
}

NPFS_W32_INLINE int _write(int fd, const void *buffer, unsigned count)
{
	return (int)write(fd, buffer, count);
}

/* Text and binary are the same here: always reports binary. */
NPFS_W32_INLINE int _setmode(int fd, int mode)
{
	(void)fd;
	(void)mode;
	return _O_BINARY;
}

NPFS_W32_END

#endif
