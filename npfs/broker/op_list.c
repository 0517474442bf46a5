/* SPDX-License-Identifier: MIT */
/*
 * LIST: the names, a page at a time, oldest first
 *
 * The cursor is the serial number of the last pipe told, so names that come and go
 * between two pages move nothing. A name that begins with a unit 0 is not told: it cannot be
 * written in a path, and libraries use such names for pipes that have none.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"

/* Bytes of one page: the longest name fits. */
#define PAGE_LEN 65600u

static_assert(PAGE_LEN >= sizeof(struct np_wire_list_entry) +
				  NP_ALIGN_UP(NP_WIRE_NAME_MAX, 8u),
	      "a page holds the longest name");

static bool is_told(const struct np_pipe *pipe)
{
	return pipe->name[0] != 0;
}

/* Appends an entry. Return: whether it fitted. */
static bool page_add(uint8_t *page, size_t *lenp, const struct np_pipe *pipe)
{
	size_t name_len = pipe->name_len * sizeof(*pipe->name);
	struct np_wire_list_entry entry = {
		.current_instances = np_pipe_count(pipe),
		.max_instances = pipe->max_instances,
		.name_len = (uint32_t)name_len,
	};
	size_t step = sizeof(entry) + NP_ALIGN_UP(name_len, 8);

	if (step > PAGE_LEN - *lenp)
		return false;
	memset(page + *lenp, 0, step);
	memcpy(page + *lenp, &entry, sizeof(entry));
	memcpy(page + *lenp + sizeof(entry), pipe->name, name_len);
	*lenp += step;
	return true;
}

int np_op_list_run(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_volume *volume = &client->broker->volume;
	NP_CLEANUP_FREE uint8_t *page = malloc(PAGE_LEN);
	struct np_rep_list rep = {.cursor = 0};
	const struct np_pipe *pipe;
	size_t len = 0;

	if (!page)
		return np_client_reply(client, NP_OP_LIST, msg->header.tag,
				       STATUS_INSUFFICIENT_RESOURCES, &rep, NULL, 0, NULL,
				       0);
	pipe = np_volume_next_pipe(volume, msg->fixed.req.list.after);
	while (pipe && (!is_told(pipe) || page_add(page, &len, pipe))) {
		rep.n_entries += is_told(pipe);
		rep.cursor = pipe->serial;
		pipe = np_volume_pipe_after(volume, pipe);
	}
	if (!pipe)
		rep.cursor = 0;
	return np_client_reply(client, NP_OP_LIST, msg->header.tag, STATUS_SUCCESS, &rep,
			       page, len, NULL, 0);
}
