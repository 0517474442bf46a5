/* SPDX-License-Identifier: MIT */
/*
 * WATCH: what has happened to the names since the client's cursor
 *
 * Answered at once when something has, otherwise when something does; until then the
 * connection stands still. Cursor 0 asks where the log ends now. A connection that asked
 * once subscribes to the log until it ends. Watching needs no right: whoever may list the
 * names may see them come and go.
 */
#include "npfs/broker/watch.h"

#include <stdlib.h>
#include <string.h>

#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"

/* Bytes of one page: the longest name fits. */
#define PAGE_LEN 65600u

static_assert(PAGE_LEN >= sizeof(struct np_wire_change) +
				  NP_ALIGN_UP(NP_WIRE_NAME_MAX, 8u),
	      "a page holds the longest name");

/* Appends a change. Return: whether it fitted. */
static bool page_add(uint8_t *page, size_t *lenp, const struct np_change *change)
{
	size_t name_len = change->name_len * sizeof(*change->name);
	struct np_wire_change head = {
		.action = change->action,
		.name_len = (uint32_t)name_len,
	};
	size_t step = sizeof(head) + NP_ALIGN_UP(name_len, 8);

	if (step > PAGE_LEN - *lenp)
		return false;
	memset(page + *lenp, 0, step);
	memcpy(page + *lenp, &head, sizeof(head));
	memcpy(page + *lenp + sizeof(head), change->name, name_len);
	*lenp += step;
	return true;
}

/* What there is from @cursor on. */
static int reply_changes(struct np_client *client, uint32_t tag, uint64_t cursor)
{
	const struct np_changes *changes = &client->broker->volume.changes;
	NP_CLEANUP_FREE uint8_t *page = malloc(PAGE_LEN);
	struct np_rep_watch rep = {.cursor = cursor};
	size_t len = 0;

	if (!page)
		return np_client_reply(client, NP_OP_WATCH, tag,
				       STATUS_INSUFFICIENT_RESOURCES, &rep, NULL, 0, NULL,
				       0);
	if (np_changes_is_stale(changes, cursor)) {
		rep.cursor = changes->next;
		rep.has_missed = cursor != 0;
	}
	while (rep.cursor < changes->next &&
	       page_add(page, &len, np_changes_get(changes, rep.cursor))) {
		rep.cursor++;
		rep.n_entries++;
	}
	return np_client_reply(client, NP_OP_WATCH, tag, STATUS_SUCCESS, &rep, page, len,
			       NULL, 0);
}

int np_op_watch_run(struct np_client *client, const struct np_wire_msg *msg)
{
	struct np_broker *broker = client->broker;
	uint64_t cursor = msg->fixed.req.watch.cursor;

	if (!client->is_subscribed)
		np_changes_subscribe(&broker->volume.changes);
	client->is_subscribed = true;
	if (cursor != broker->volume.changes.next)
		return reply_changes(client, msg->header.tag, cursor);
	if (!np_user_can_charge(&broker->limits, client->user, NP_LIMIT_WAITERS, 1)) {
		const struct np_rep_watch rep = {.cursor = cursor};

		return np_client_reply(client, NP_OP_WATCH, msg->header.tag,
				       STATUS_INSUFFICIENT_RESOURCES, &rep, NULL, 0, NULL,
				       0);
	}
	np_user_charge(client->user, NP_LIMIT_WAITERS, 1);
	client->wait_tag = msg->header.tag;
	client->watch_cursor = cursor;
	np_list_push_back(&broker->watchers, &client->watch_link);
	np_client_update_events(client);
	return 0;
}

void np_watch_settle(struct np_broker *broker)
{
	const struct np_changes *changes = &broker->volume.changes;
	struct np_list *node;

	while ((node = np_list_first(&broker->watchers)) != NULL) {
		struct np_client *client =
			np_list_entry(node, struct np_client, watch_link);

		/* They came in the order of their cursors. */
		if (client->watch_cursor == changes->next)
			return;
		np_watch_forget(client);
		np_client_update_events(client);
		if (reply_changes(client, client->wait_tag, client->watch_cursor) < 0)
			np_client_drop(client, NP_CLIENT_LEFT, "left while it watched");
	}
}

void np_watch_forget(struct np_client *client)
{
	if (!np_list_is_linked(&client->watch_link))
		return;
	np_list_remove(&client->watch_link);
	np_user_refund(client->user, NP_LIMIT_WAITERS, 1);
}

void np_watch_end(struct np_client *client)
{
	np_watch_forget(client);
	if (client->is_subscribed)
		np_changes_unsubscribe(&client->broker->volume.changes);
	client->is_subscribed = false;
}
