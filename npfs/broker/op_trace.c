/* SPDX-License-Identifier: MIT */
/*
 * TRACE: what has happened to instances since the caller's cursor, as far as it may know
 *
 * Answered at once. A page ends before the event whose descriptor would be one too many for a
 * packet.
 */
#include <stdlib.h>
#include <string.h>

#include "npfs/broker/access.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"

/* Bytes of one page: the longest name fits. */
#define PAGE_LEN 65664u

static_assert(PAGE_LEN >= sizeof(struct np_wire_trace) + NP_ALIGN_UP(NP_WIRE_NAME_MAX, 8u),
	      "a page holds the longest name");

struct trace_page {
	uint8_t *bytes; /* owned: PAGE_LEN, zero */
	size_t len;
	int fds[NP_WIRE_FDS_MAX]; /* borrowed from the log */
	unsigned n_fds;
	struct np_rep_trace rep;
};

/* Return: false when the page is full. */
static bool add(struct trace_page *page, const struct np_trace_event *event)
{
	const struct np_wire_trace *head = &event->head;
	size_t name_len = NP_ALIGN_UP((size_t)head->name_len, 8);

	if (sizeof(*head) + name_len > PAGE_LEN - page->len ||
	    (event->fd >= 0 && page->n_fds == NP_WIRE_FDS_MAX))
		return false;
	memcpy(page->bytes + page->len, head, sizeof(*head));
	memcpy(page->bytes + page->len + sizeof(*head), event->name, head->name_len);
	page->len += sizeof(*head) + name_len;
	if (event->fd >= 0)
		page->fds[page->n_fds++] = event->fd;
	page->rep.n_entries++;
	return true;
}

static void fill(struct trace_page *page, const struct np_caller *caller, uint64_t cursor)
{
	const struct np_trace_log *log = &caller->client->broker->trace_log;
	struct np_rep_trace *rep = &page->rep;

	rep->cursor = cursor;
	if (cursor < log->first || cursor > log->next) {
		rep->has_missed = cursor != 0;
		rep->cursor = cursor != 0 && cursor < log->first ? log->first : log->next;
	}
	for (; rep->cursor < log->next; rep->cursor++) {
		const struct np_trace_event *event =
			&log->ring[rep->cursor % NP_TRACE_LOG_MAX];

		if (np_trace_log_may_see(caller, event) && !add(page, event))
			return;
	}
}

/* Is there a pipe of this name, and nothing of it that the caller may trace? */
static bool is_denied(const struct np_caller *caller, const uint16_t *name, size_t name_len)
{
	const struct np_pipe *pipe =
		np_volume_find_pipe(&caller->client->broker->volume, name, name_len);
	struct np_list *node;

	if (!pipe)
		return false;
	np_list_for_each (node, &pipe->instances)
		if (np_trace_log_may_trace(caller, np_list_entry(node, struct np_instance,
								 pipe_link)))
			return false;
	return true;
}

static npfs_status trace(struct np_client *client, const struct np_wire_msg *msg,
			 struct trace_page *page)
{
	const struct np_req_trace *req = &msg->fixed.req.trace;
	struct np_caller caller;
	npfs_status status;

	if ((req->flags & ~NP_TRACE_FLAGS) || req->reserved)
		return STATUS_INVALID_PARAMETER;
	if (req->flags & NP_TRACE_STOP) {
		np_trace_log_unsubscribe(client);
		return STATUS_SUCCESS;
	}
	if (!page->bytes)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = np_caller_init(&caller, client, &req->as, false);
	if (status != STATUS_SUCCESS)
		return status;
	if (is_denied(&caller, msg->name, msg->header.name_len / 2)) {
		status = STATUS_ACCESS_DENIED;
	} else {
		np_trace_log_subscribe(client);
		fill(page, &caller, req->cursor);
	}
	np_caller_fini(&caller);
	return status;
}

int np_op_trace_run(struct np_client *client, const struct np_wire_msg *msg)
{
	NP_CLEANUP_FREE uint8_t *bytes = calloc(1, PAGE_LEN);
	struct trace_page page = {.bytes = bytes};
	npfs_status status = trace(client, msg, &page);

	return np_client_reply(client, NP_OP_TRACE, msg->header.tag, status, &page.rep,
			       page.bytes, page.len, page.fds, page.n_fds);
}
