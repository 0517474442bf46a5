/* SPDX-License-Identifier: MIT */
#include "npfs/client/page.h"

#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/client/conn.h"
#include "npfs/proto/wire.h"

void np_page_fini(struct np_page *page)
{
	free(page->bytes);
	*page = (struct np_page){.bytes = NULL};
}

void np_page_put(struct np_page *page, struct np_conn_reply *reply, uint32_t n)
{
	np_page_fini(page);
	page->bytes = np_take_ptr(reply->extra);
	page->len = page->bytes ? reply->extra_len : 0;
	page->n_left = n;
}

/**
 * np_page_take() - the next record and its name
 * @raw:	written: the record, of @size bytes
 * @name_len:	the field of @raw that says how many bytes the name has
 * @name:	written
 *
 * Return: false when what is left is nonsense.
 */
bool np_page_take(struct np_page *page, void *raw, size_t size, const uint32_t *name_len,
		  struct np_page_name *name)
{
	size_t left = page->len - page->used;
	const uint8_t *p;
	size_t step;

	if (!page->bytes || left < size)
		return false;
	p = page->bytes + page->used;
	memcpy(raw, p, size);
	if (*name_len > NP_WIRE_NAME_MAX || *name_len % 2 != 0)
		return false;
	step = size + NP_ALIGN_UP((size_t)*name_len, 8);
	if (left < step)
		return false;
	name->units = (const uint16_t *)(const void *)(p + size);
	name->len = *name_len / 2;
	page->used += step;
	page->n_left--;
	return true;
}
