/* SPDX-License-Identifier: MIT */
/*
 * direct.h - directories of the C run-time, over the POSIX calls of the same purpose
 */
#ifndef NPFS_W32_DIRECT_H
#define NPFS_W32_DIRECT_H

#include "npfs_win32.h"
#include <unistd.h>
#include <sys/stat.h>
#include <sys/types.h>

NPFS_W32_BEGIN

NPFS_W32_INLINE char *_getcwd(char *buffer, int length)
{
	return getcwd(buffer, (size_t)(length < 0 ? 0 : length));
}

NPFS_W32_INLINE int _chdir(const char *path)
{
	return chdir(path);
}

NPFS_W32_INLINE int _mkdir(const char *path)
{
	return mkdir(path, 0777);
}

NPFS_W32_INLINE int _rmdir(const char *path)
{
	return rmdir(path);
}

NPFS_W32_END

#endif
