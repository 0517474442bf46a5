/* SPDX-License-Identifier: MIT */
/*
 * WAIT: until an instance of the name listens
 *
 * An answer that is not there at once comes over the model's deferred list. Until then
 * the connection stands still: its requests stay in its socket.
 */
#include "npfs/base/clock.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"

static int reply(struct np_client *client, uint32_t tag, npfs_status status)
{
	const struct np_rep_wait rep = {.reserved = 0};

	return np_client_reply(client, NP_OP_WAIT, tag, status, &rep, NULL, 0, NULL, 0);
}

int np_op_wait_run(struct np_client *client, const struct np_wire_msg *msg)
{
	struct np_broker *broker = client->broker;
	npfs_status status;

	status = np_volume_wait(&broker->volume, &client->waiter, &msg->fixed.req.wait,
				msg->name, msg->header.name_len / 2, np_clock_now_ns());
	if (status != STATUS_PENDING)
		return reply(client, msg->header.tag, status);
	if (!np_user_can_charge(&broker->limits, client->user, NP_LIMIT_WAITERS, 1)) {
		np_waiter_cancel(&client->waiter);
		return reply(client, msg->header.tag, STATUS_INSUFFICIENT_RESOURCES);
	}
	np_user_charge(client->user, NP_LIMIT_WAITERS, 1);
	client->wait_tag = msg->header.tag;
	np_client_update_events(client);
	return 0;
}

/*
 * np_op_wait_done() - the wait of a client is over
 *
 * Drops the client when it cannot be answered.
 */
void np_op_wait_done(struct np_waiter *waiter, npfs_status status)
{
	struct np_client *client = np_container_of(waiter, struct np_client, waiter);

	np_user_refund(client->user, NP_LIMIT_WAITERS, 1);
	np_client_update_events(client);
	if (reply(client, client->wait_tag, status) < 0)
		np_client_drop(client, NP_CLIENT_LEFT, "left while it waited");
}
