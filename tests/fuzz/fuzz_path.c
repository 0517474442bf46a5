/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing: paths as a program may write them
 *
 * The input is a path in units of two bytes. What must hold for every path, read either
 * way: room for as many units as the path has is enough; the parts lie inside what was
 * written; the name of a pipe says the same pipe when it is put behind a prefix after
 * which nothing is normalised; too little room is said and not overrun.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <npfs/name.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef npfs_status (*parse_fn)(const uint16_t *path, size_t len, uint16_t *out,
				size_t out_cap, struct npfs_path *resultp);

/* Room of exactly this many units, so that a unit too many is seen. */
static uint16_t *room_for(size_t units)
{
	uint16_t *room = malloc(units * sizeof(*room) + !units);

	if (!room)
		abort();
	return room;
}

static void say_again(parse_fn parse, const char *prefix, const uint16_t *name, size_t len)
{
	size_t prefix_len = strlen(prefix), total = prefix_len + len;
	uint16_t *path = room_for(total), *out = room_for(total);
	struct npfs_path again;

	for (size_t i = 0; i < prefix_len; i++)
		path[i] = (uint16_t)prefix[i];
	memcpy(path + prefix_len, name, len * sizeof(*name));
	assert(parse(path, total, out, total, &again) == STATUS_SUCCESS);
	assert(again.path_class == NPFS_PATH_PIPE && again.name_len == len);
	assert(memcmp(out + again.name_off, name, len * sizeof(*name)) == 0);
	free(path);
	free(out);
}

static void read_path(parse_fn parse, const char *prefix, const uint16_t *path, size_t len)
{
	struct npfs_path result = {.path_class = NPFS_PATH_FILE};
	uint16_t *out = room_for(len), *less;
	npfs_status status = parse(path, len, out, len, &result);

	assert(status != STATUS_BUFFER_TOO_SMALL);
	if (status == STATUS_SUCCESS) {
		assert(result.name_off <= len && result.name_len <= len - result.name_off);
		assert(result.server_off <= len &&
		       result.server_len <= len - result.server_off);
	}
	if (status == STATUS_SUCCESS && result.path_class == NPFS_PATH_PIPE) {
		assert(result.name_len > 0 && result.name_len <= NPFS_NAME_MAX);
		say_again(parse, prefix, out + result.name_off, result.name_len);
		less = room_for(result.name_len - 1);
		assert(parse(path, len, less, result.name_len - 1, &result) ==
		       STATUS_BUFFER_TOO_SMALL);
		free(less);
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = size / 2;
	uint16_t *path = room_for(len);

	memcpy(path, data, len * sizeof(*path));
	read_path(npfs_path_parse_dos, "\\\\?\\pipe\\", path, len);
	read_path(npfs_path_parse_wait, "\\\\.\\pipe\\", path, len);
	free(path);
	return 0;
}
