/* SPDX-License-Identifier: MIT */
/*
 * OPEN: connect a client to the instance that has listened longest
 *
 * The server learns who its client is from a packet on its own socket, sent here before
 * the client has the other end. When that socket is closed the server's process is going
 * and has not been dropped yet: the next instance is tried.
 *
 * Access is checked once, against the pipe and before it is known whether an instance is
 * free, so a caller that is refused learns nothing of that (npfs-semantics 6.2; case
 * security/a_refused_open_is_5_even_when_all_are_busy). FILE_CREATE_PIPE_INSTANCE, which
 * is part of GENERIC_WRITE and means nothing for a client, is not part of the check.
 */
#include "npfs/broker/access.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/channel.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"
#include "npfs/broker/reply.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"

/* Checks who asks. On success @req has the rights that were granted. */
static npfs_status authorize(struct np_client *client, const struct np_wire_msg *msg,
			     struct np_req_open *req)
{
	uint32_t wanted = np_access_map_file(req->access);
	struct np_pipe *pipe = NULL;
	struct np_caller caller;
	npfs_status status;

	status = np_volume_resolve_open(&client->broker->volume, req, msg->name,
					msg->header.name_len / 2, &pipe);
	if (status != STATUS_SUCCESS)
		return status;
	status = np_caller_init(&caller, client, req->flags & NP_OPEN_REMOTE);
	if (status != STATUS_SUCCESS)
		return status;
	status = np_caller_check(&caller, "open", pipe,
				 wanted & ~FILE_CREATE_PIPE_INSTANCE, &req->access);
	req->access |= wanted & FILE_CREATE_PIPE_INSTANCE;
	np_caller_fini(&caller);
	return status;
}

/* Finds an instance whose server is there. Return: the status of the open. */
static npfs_status open_live(struct np_client *client, const struct np_wire_msg *msg,
			     struct np_volume_open *openp, struct np_channel **channelp)
{
	struct np_req_open checked = msg->fixed.req.open;
	const struct np_req_open *req = &checked;
	npfs_status status = authorize(client, msg, &checked);

	if (status != STATUS_SUCCESS)
		return status;
	for (;;) {
		struct np_channel_hello hello = {
			.magic = NP_CHANNEL_MAGIC,
			.version = NP_CHANNEL_VERSION,
			.client_pid = client->pid,
			.client_uid = client->uid,
			.client_gid = client->gid,
			.client_session = client->session,
			.flags = req->flags,
		};
		struct np_channel *channel;

		status = np_volume_open(&client->broker->volume, req, msg->name,
					msg->header.name_len / 2, openp);
		if (status != STATUS_SUCCESS)
			return status;
		channel = np_container_of(openp->channel, struct np_channel, done);
		hello.granted_access = openp->granted_access;
		if (np_channel_introduce(channel, &hello) == 0) {
			*channelp = channel;
			return STATUS_SUCCESS;
		}
		np_channel_free(channel);
	}
}

int np_op_open_run(struct np_client *client, const struct np_wire_msg *msg)
{
	struct np_rep_open rep = {.information = FILE_OPENED};
	struct np_channel *channel = NULL;
	struct np_volume_open open;
	npfs_status status;
	int r;

	if ((msg->fixed.req.open.flags & ~NP_OPEN_FLAGS) || msg->fixed.req.open.reserved)
		status = STATUS_INVALID_PARAMETER;
	else
		status = open_live(client, msg, &open, &channel);
	if (status != STATUS_SUCCESS)
		return np_client_reply(client, NP_OP_OPEN, msg->header.tag, status, &rep,
				       NULL, 0, NULL, 0);
	np_reply_describe(&rep, open.instance);
	rep.granted_access = open.granted_access;
	if (np_pipe_heeds_clients(open.instance->pipe))
		np_hold_start_take(client->broker, open.instance->id,
				   np_take_fd(channel->server_fd));
	r = np_client_reply(client, NP_OP_OPEN, msg->header.tag, status, &rep, NULL, 0,
			    &channel->client_fd, 1);
	np_channel_free(channel);
	return r;
}
