/* SPDX-License-Identifier: MIT */
/*
 * Paths that Win32 calls take, as the library wants them
 */
#pragma once

#include <windows.h>

#include <npfs/name.h>

struct pipe_path {
	struct npfs_path parts;
	uint16_t *units; /* owned: what the parts point into */
};

/* pipe_path_dos(), pipe_path_wait() - take a path apart as CreateFile and as WaitNamedPipe
 * do; @path may be NULL (an empty path). Return: as npfs_path_parse_dos(),
 * npfs_path_parse_wait(), and STATUS_NO_MEMORY. With STATUS_SUCCESS pipe_path_fini(). */
npfs_status pipe_path_dos(const WCHAR *path, struct pipe_path *resultp);
npfs_status pipe_path_wait(const WCHAR *path, struct pipe_path *resultp);
void pipe_path_fini(struct pipe_path *path);

static inline const uint16_t *pipe_path_name(const struct pipe_path *path)
{
	return path->units + path->parts.name_off;
}
