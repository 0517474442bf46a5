/* SPDX-License-Identifier: MIT */
/*
 * Bytes of a list that is being made: a block that grows until it is as long as a list
 * can be
 *
 * A block begins as {0} and is released with free() on its `bytes`.
 */
#pragma once

#include <stddef.h>

#include <windows.h>

/* What the 16 bits of a list's length can hold, in whole words. */
#define SDDL_BYTES_MAX 0xfffcu

struct sddl_bytes {
	char *bytes; /* owned; NULL: nothing yet */
	size_t len;
	size_t room;
};

/* sddl_bytes_append() - Return: 0; ERROR_INVALID_ACL beyond SDDL_BYTES_MAX;
 * ERROR_NOT_ENOUGH_MEMORY. With @bytes NULL zeros are appended. */
DWORD sddl_bytes_append(struct sddl_bytes *block, const void *bytes, size_t len);

/* sddl_bytes_fill_up() - zeros up to a multiple of four, counted from @from */
DWORD sddl_bytes_fill_up(struct sddl_bytes *block, size_t from);
