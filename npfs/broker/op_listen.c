/* SPDX-License-Identifier: MIT */
/*
 * LISTEN: an instance gets a fresh channel for the next client
 */
#include "npfs/broker/broker.h"
#include "npfs/broker/channel.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"

/**
 * np_op_listen_again() - let an instance listen on a fresh channel
 * @client:	its owner
 * @id:		the instance
 * @channelp:	the channel, the model's; it still has the server's part
 * @heedsp:	whether the pipe heeds its clients
 * @previous_statep: enum np_state before
 *
 * Return: as np_volume_listen(); STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_op_listen_again(struct np_client *client, uint64_t id,
			       struct np_channel **channelp, bool *heedsp,
			       uint32_t *previous_statep)
{
	struct np_volume *volume = &client->broker->volume;
	struct np_instance *instance = NULL;
	struct np_channel *channel = NULL;
	npfs_status status;

	status = np_volume_check_listen(volume, &client->owner, id, &instance);
	if (status != STATUS_SUCCESS)
		return status;
	if (np_channel_new(&channel, id, instance->pipe->type, instance->inbound_quota,
			   instance->outbound_quota) < 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = np_volume_listen(volume, &client->owner, id, &channel->done,
				  previous_statep);
	if (status != STATUS_SUCCESS) {
		np_channel_free(channel);
		return status;
	}
	np_hold_end(client->broker, id);
	*channelp = channel;
	*heedsp = np_pipe_heeds_clients(instance->pipe);
	return STATUS_SUCCESS;
}

int np_op_listen_run(struct np_client *client, const struct np_wire_msg *msg)
{
	struct np_rep_listen rep = {.previous_state = 0};
	struct np_channel *channel = NULL;
	bool heeds_clients = false;
	npfs_status status;
	int fds[2], r;

	status = np_op_listen_again(client, msg->fixed.req.listen.instance_id, &channel,
				    &heeds_clients, &rep.previous_state);
	if (status != STATUS_SUCCESS)
		return np_client_reply(client, NP_OP_LISTEN, msg->header.tag, status,
				       &rep, NULL, 0, NULL, 0);
	np_trace_log_add_id(client->broker, NP_TRACE_LISTENS,
			    msg->fixed.req.listen.instance_id);
	fds[0] = channel->shm_fd;
	fds[1] = channel->server_fd;
	r = np_client_reply(client, NP_OP_LISTEN, msg->header.tag, status, &rep, NULL, 0,
			    fds, 2);
	np_channel_drop_server(channel, heeds_clients);
	return r;
}
