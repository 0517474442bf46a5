/* SPDX-License-Identifier: MIT */
/*
 * Paths of the W calls, handed to <npfs/name.h>
 */
#include "kernel32-shim/pipe_path.h"

#include <stdlib.h>

#include "kernel32-shim/text.h"

typedef npfs_status (*parse_fn)(const uint16_t *path, size_t len, uint16_t *out,
				size_t out_cap, struct npfs_path *resultp);

static npfs_status take_apart(const WCHAR *path, struct pipe_path *resultp, parse_fn parse)
{
	size_t len = path ? text_wide_len(path) : 0;
	uint16_t *units = malloc((len + 1) * sizeof(*units));
	npfs_status status;

	if (!units)
		return STATUS_NO_MEMORY;
	status = parse((const uint16_t *)path, len, units, len + 1, &resultp->parts);
	if (status != STATUS_SUCCESS) {
		free(units);
		return status;
	}
	resultp->units = units;
	return STATUS_SUCCESS;
}

npfs_status pipe_path_dos(const WCHAR *path, struct pipe_path *resultp)
{
	return take_apart(path, resultp, npfs_path_parse_dos);
}

npfs_status pipe_path_wait(const WCHAR *path, struct pipe_path *resultp)
{
	return take_apart(path, resultp, npfs_path_parse_wait);
}

void pipe_path_fini(struct pipe_path *path)
{
	free(path->units);
	path->units = NULL;
}
