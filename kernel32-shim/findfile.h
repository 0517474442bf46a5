/* SPDX-License-Identifier: MIT */
/*
 * What a search finds, before it becomes WIN32_FIND_DATA.
 *
 * A search is an object behind a handle of its own kind (OBJECT_FIND); it walks either
 * the names of pipes or one directory of the file system. The entry points are in
 * findfile.c, which also fills the two forms of the result from this one.
 */
#pragma once

#include <stdint.h>

#include <windows.h>

struct find_entry {
	DWORD attributes;
	FILETIME created;
	FILETIME accessed;
	FILETIME written;
	uint64_t size;
	const WCHAR *name; /* borrowed until the search goes on; not terminated */
	size_t name_len;   /* units */
};

/* Fill what FindFirstFile returns; a name that does not fit is cut between characters. */
void find_entry_store_wide(const struct find_entry *entry, WIN32_FIND_DATAW *datap);
void find_entry_store_ansi(const struct find_entry *entry, WIN32_FIND_DATAA *datap);
