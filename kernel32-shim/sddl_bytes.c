/* SPDX-License-Identifier: MIT */
/* Bytes of a list that is being made.  See sddl_bytes.h. */
#include "kernel32-shim/sddl_bytes.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_AT_FIRST 512u

DWORD sddl_bytes_append(struct sddl_bytes *block, const void *bytes, size_t len)
{
	size_t room = block->room ? block->room : ROOM_AT_FIRST;
	char *more;

	if (len > SDDL_BYTES_MAX - block->len)
		return ERROR_INVALID_ACL;
	while (room < block->len + len)
		room *= 2;
	if (room != block->room) {
		more = realloc(block->bytes, room);
		if (!more)
			return ERROR_NOT_ENOUGH_MEMORY;
		block->bytes = more;
		block->room = room;
	}
	if (bytes)
		memcpy(block->bytes + block->len, bytes, len);
	else
		memset(block->bytes + block->len, 0, len);
	block->len += len;
	return 0;
}

DWORD sddl_bytes_fill_up(struct sddl_bytes *block, size_t from)
{
	return sddl_bytes_append(block, NULL, (4 - (block->len - from) % 4) % 4);
}
