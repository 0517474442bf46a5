/* SPDX-License-Identifier: MIT */
/*
 * Watching the names of the broker
 *
 * A watch is a cursor into the broker's log and the page that was fetched last. When the
 * page is used up, the next one is asked for over a connection that may stand still until
 * there is something. What is in a page is checked as it is read.
 */
#include <npfs/dir.h>

#include <stdlib.h>

#include "npfs/base/macro.h"
#include "npfs/client/call.h"
#include "npfs/client/conn.h"
#include "npfs/client/page.h"
#include "npfs/client/process.h"
#include "npfs/proto/wire.h"

struct npfs_dir_watch {
	uint64_t cursor; /* of what is not fetched yet */
	struct np_call_cancel cancel;
	_Atomic bool is_cancelled;
	struct np_page page; /* of changes */
};

/* Return: STATUS_SUCCESS, or STATUS_NOTIFY_ENUM_DIR when changes were missed. */
static npfs_status fetch(struct npfs_dir_watch *watch)
{
	const struct np_req_watch fixed = {.cursor = watch->cursor};
	const struct np_conn_request request = {.op = NP_OP_WATCH, .fixed = &fixed};
	NP_CLEANUP(np_conn_reply_fini) struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status =
		np_conn_call_long(&request, watch->cancel.event_fd, &reply);

	if (status == STATUS_SUCCESS)
		status = reply.status;
	if (status != STATUS_SUCCESS)
		return status;
	np_page_put(&watch->page, &reply, reply.rep.watch.n_entries);
	watch->cursor = reply.rep.watch.cursor;
	return reply.rep.watch.has_missed ? STATUS_NOTIFY_ENUM_DIR : STATUS_SUCCESS;
}

/* Begins anew, with whatever broker there is now. */
static npfs_status fetch_anew(struct npfs_dir_watch *watch)
{
	npfs_status status;

	watch->cursor = 0;
	watch->page.n_left = 0;
	status = fetch(watch);
	return status == STATUS_SUCCESS ? STATUS_NOTIFY_ENUM_DIR : status;
}

npfs_status npfs_dir_watch_open(struct npfs_dir_watch **watchp)
{
	struct npfs_dir_watch *watch;
	npfs_status status;

	np_process_init();
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (np_call_cancel_init(&watch->cancel) < 0) {
		free(watch);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	status = fetch(watch);
	if (status != STATUS_SUCCESS) {
		npfs_dir_watch_close(watch);
		return status;
	}
	*watchp = watch;
	return STATUS_SUCCESS;
}

/* Takes the next change off the page. Return: false when the page is nonsense. */
static bool take_change(struct npfs_dir_watch *watch, struct npfs_dir_change *change)
{
	struct np_wire_change raw;
	struct np_page_name name;

	if (!np_page_take(&watch->page, &raw, sizeof(raw), &raw.name_len, &name))
		return false;
	change->action = raw.action;
	change->name = name.units;
	change->name_len = name.len;
	return true;
}

npfs_status npfs_dir_watch_next(struct npfs_dir_watch *watch,
				struct npfs_dir_change *changep)
{
	npfs_status status;

	for (;;) {
		if (watch->is_cancelled)
			return STATUS_CANCELLED;
		if (watch->page.n_left)
			return take_change(watch, changep) ? STATUS_SUCCESS
							   : fetch_anew(watch);
		status = fetch(watch);
		if (status == STATUS_PIPE_BROKEN)
			return fetch_anew(watch);
		if (status != STATUS_SUCCESS)
			return status;
	}
}

void npfs_dir_watch_cancel(struct npfs_dir_watch *watch)
{
	watch->is_cancelled = true;
	np_call_cancel_fire(&watch->cancel);
}

void npfs_dir_watch_close(struct npfs_dir_watch *watch)
{
	if (!watch)
		return;
	np_call_cancel_fini(&watch->cancel);
	np_page_fini(&watch->page);
	free(watch);
}
