/* SPDX-License-Identifier: MIT */
/*
 * CLAIM: a process says what it had with the broker before this one (model: recovery.h)
 *
 * An instance that listened gets its channel in the same step, so it is there for clients
 * before anybody else is served.
 */
#include "npfs/broker/broker.h"
#include "npfs/broker/channel.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"

static npfs_status claim(struct np_client *client, const struct np_req_claim *req,
			 struct np_channel **channelp, bool *heedsp)
{
	npfs_status status;
	uint32_t state;

	if (req->flags & ~NP_CLAIM_FLAGS || req->reserved)
		return STATUS_INVALID_PARAMETER;
	if (req->flags & NP_CLAIM_LAST) {
		np_recovery_claimed(client);
		return STATUS_SUCCESS;
	}
	status = np_recovery_claim(client, req->instance_id, req->warrant);
	if (status != STATUS_SUCCESS || !(req->flags & NP_CLAIM_LISTENS))
		return status;
	return np_op_listen_again(client, req->instance_id, channelp, heedsp, &state);
}

int np_op_claim_run(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_rep_claim rep = {.reserved = 0};
	struct np_channel *channel = NULL;
	bool heeds_clients = false;
	npfs_status status;
	int fds[2], r;

	status = claim(client, &msg->fixed.req.claim, &channel, &heeds_clients);
	if (!channel)
		return np_client_reply(client, NP_OP_CLAIM, msg->header.tag, status, &rep,
				       NULL, 0, NULL, 0);
	fds[0] = channel->shm_fd;
	fds[1] = channel->server_fd;
	r = np_client_reply(client, NP_OP_CLAIM, msg->header.tag, status, &rep, NULL, 0,
			    fds, 2);
	np_channel_drop_server(channel, heeds_clients);
	return r;
}
