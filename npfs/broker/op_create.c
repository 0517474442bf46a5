/* SPDX-License-Identifier: MIT */
/*
 * CREATE: a new instance, and with the first one a new name
 *
 * The checks of the model come first and cost nothing; the budgets come next; only then
 * is a channel made. A name is charged before it is known whether it is new, and
 * refunded when it is not.
 */
#include "npfs/broker/broker.h"
#include "npfs/broker/channel.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"
#include "npfs/broker/reply.h"
#include "npfs/broker/token.h"
#include "npfs/nt/pipe.h"

static bool has_budget(const struct np_client *client)
{
	const struct np_limits *limits = &client->broker->limits;

	return np_user_can_charge(limits, client->user, NP_LIMIT_INSTANCES, 1) &&
	       client->owner.n_instances < limits->values.max[NP_LIMIT_CLIENT_INSTANCES];
}

/*
 * Makes the instance. Return: its status; on success @channelp still has the server's
 * part.
 */
static npfs_status create(struct np_client *client, const struct np_wire_msg *msg,
			  struct np_instance **instancep, struct np_channel **channelp,
			  uint32_t *informationp)
{
	const struct np_req_create *req = &msg->fixed.req.create;
	struct np_broker *broker = client->broker;
	size_t name_len = msg->header.name_len / 2;
	size_t sd_len = msg->header.extra_len;
	struct np_channel *channel = NULL;
	struct np_token *token = NULL;
	npfs_status status;
	uint32_t type = 0;

	status = np_volume_check_create(&broker->volume, req, msg->name, name_len, &type);
	if (status != STATUS_SUCCESS)
		return status;
	if (!has_budget(client))
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!np_volume_find_pipe(&broker->volume, msg->name, name_len) &&
	    np_token_new(&token, &broker->limits, client->user,
			 2 * (uint64_t)msg->header.name_len + sd_len) < 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (np_channel_new(&channel, broker->volume.next_id, type, req->inbound_quota,
			   req->outbound_quota) < 0) {
		np_token_free(token);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	status = np_volume_create(&broker->volume, &client->owner, req, msg->name,
				  name_len, sd_len > 0 ? msg->extra : NULL, sd_len,
				  &channel->done, token ? &token->done : NULL, instancep,
				  informationp);
	if (status != STATUS_SUCCESS) {
		np_channel_free(channel);
		np_token_free(token);
		return status;
	}
	np_user_charge(client->user, NP_LIMIT_INSTANCES, 1);
	*channelp = channel;
	return STATUS_SUCCESS;
}

int np_op_create_run(struct np_client *client, const struct np_wire_msg *msg)
{
	struct np_rep_create rep = {.information = FILE_OPENED};
	struct np_instance *instance = NULL;
	struct np_channel *channel = NULL;
	npfs_status status;
	int fds[2], r;

	status = create(client, msg, &instance, &channel, &rep.information);
	if (status != STATUS_SUCCESS)
		return np_client_reply(client, NP_OP_CREATE, msg->header.tag, status,
				       &rep, NULL, 0, NULL, 0);
	np_reply_describe(&rep, instance);
	rep.granted_access = instance->granted_access;
	fds[0] = channel->shm_fd;
	fds[1] = channel->server_fd;
	r = np_client_reply(client, NP_OP_CREATE, msg->header.tag, status, &rep, NULL, 0,
			    fds, 2);
	np_channel_drop_server(channel);
	return r;
}
