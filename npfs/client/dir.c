/* SPDX-License-Identifier: MIT */
/*
 * Listing the names of the broker, a page at a time
 *
 * A listing holds one page, as the broker sent it, and the broker's cursor for the page
 * behind it. Pages come when they are needed, so a program that looks at the first name of
 * ten thousand asks once. The broker filters nothing: matching is done here.
 *
 * What is in a page is checked as it is read; nonsense ends the listing like a broken
 * connection, and nothing outside the page is ever touched.
 */
#include <npfs/dir.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/client/conn.h"
#include "npfs/client/page.h"
#include "npfs/name/match.h"
#include "npfs/proto/wire.h"

static_assert(NPFS_PATTERN_MAX == NP_MATCH_PATTERN_MAX, "what the matcher can hold");

struct npfs_dir {
	struct np_page page;
	uint64_t cursor;  /* for the next page; 0 with is_last: there is none */
	bool is_last;     /* the page is the last one */
	uint32_t n_found; /* names returned since the beginning */
	size_t pattern_len;
	uint16_t pattern[];
};

npfs_status npfs_dir_open(const uint16_t *pattern, size_t pattern_len,
			  struct npfs_dir **dirp)
{
	struct npfs_dir *dir;

	if (pattern_len > NPFS_PATTERN_MAX)
		return STATUS_OBJECT_NAME_INVALID;
	dir = calloc(1, sizeof(*dir) + pattern_len * sizeof(*pattern));
	if (!dir)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (pattern_len)
		memcpy(dir->pattern, pattern, pattern_len * sizeof(*pattern));
	dir->pattern_len = pattern_len;
	*dirp = dir;
	return STATUS_SUCCESS;
}

void npfs_dir_rewind(struct npfs_dir *dir)
{
	np_page_fini(&dir->page);
	dir->cursor = 0;
	dir->is_last = false;
	dir->n_found = 0;
}

void npfs_dir_close(struct npfs_dir *dir)
{
	if (!dir)
		return;
	np_page_fini(&dir->page);
	free(dir);
}

static npfs_status fetch_page(struct npfs_dir *dir)
{
	const struct np_req_list fixed = {.after = dir->cursor};
	const struct np_conn_request request = {.op = NP_OP_LIST, .fixed = &fixed};
	NP_CLEANUP(np_conn_reply_fini) struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status = np_conn_call(&request, &reply);

	if (status == STATUS_SUCCESS)
		status = reply.status;
	if (status != STATUS_SUCCESS)
		return status;
	np_page_put(&dir->page, &reply, reply.rep.list.n_entries);
	dir->cursor = reply.rep.list.cursor;
	dir->is_last = dir->cursor == 0;
	return STATUS_SUCCESS;
}

/* Takes the next entry off the page. Return: false when the page is nonsense. */
static bool take_entry(struct npfs_dir *dir, struct npfs_dir_entry *entry)
{
	struct np_wire_list_entry raw;
	struct np_page_name name;

	if (!np_page_take(&dir->page, &raw, sizeof(raw), &raw.name_len, &name))
		return false;
	entry->current_instances = raw.current_instances;
	entry->max_instances = raw.max_instances;
	entry->name = name.units;
	entry->name_len = name.len;
	return true;
}

static bool is_wanted(const struct npfs_dir *dir, const struct npfs_dir_entry *entry)
{
	if (entry->name_len == 0)
		return false;
	return dir->pattern_len == 0 || np_match(dir->pattern, dir->pattern_len,
						 entry->name, entry->name_len, false);
}

npfs_status npfs_dir_next(struct npfs_dir *dir, struct npfs_dir_entry *entryp)
{
	struct npfs_dir_entry entry;
	npfs_status status;

	for (;;) {
		while (dir->page.n_left) {
			if (!take_entry(dir, &entry)) {
				dir->page.n_left = 0;
				dir->is_last = true;
				return STATUS_PIPE_BROKEN;
			}
			if (!is_wanted(dir, &entry))
				continue;
			entry.index = ++dir->n_found;
			*entryp = entry;
			return STATUS_SUCCESS;
		}
		if (dir->is_last)
			return dir->n_found ? STATUS_NO_MORE_FILES : STATUS_NO_SUCH_FILE;
		status = fetch_page(dir);
		if (status != STATUS_SUCCESS)
			return status;
	}
}

bool npfs_pattern_match(const uint16_t *pattern, size_t pattern_len, const uint16_t *name,
			size_t name_len, uint32_t flags)
{
	return np_match(pattern, pattern_len, name, name_len, flags & NPFS_MATCH_CASE);
}

bool npfs_pattern_is(const uint16_t *text, size_t len)
{
	return np_match_is_pattern(text, len);
}

size_t npfs_pattern_from_dos(const uint16_t *dos, size_t len, uint16_t *out)
{
	return np_match_from_dos(dos, len, out);
}
