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
#include <errno.h>
#include <stddef.h>

#include "npfs/broker/access.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/channel.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"
#include "npfs/broker/intro.h"
#include "npfs/broker/reply.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"

/* Checks who asks. On success @req has the rights that were granted. */
static npfs_status authorize(const struct np_caller *caller,
			     const struct np_wire_msg *msg, struct np_req_open *req)
{
	uint32_t wanted = np_access_map_file(req->access);
	struct np_pipe *pipe = NULL;
	npfs_status status;

	status = np_volume_resolve_open(&caller->client->broker->volume, req, msg->name,
					msg->header.name_len / 2, &pipe);
	if (status != STATUS_SUCCESS)
		return status;
	status = np_caller_check(caller, "open", pipe,
				 wanted & ~FILE_CREATE_PIPE_INSTANCE, &req->access);
	req->access |= wanted & FILE_CREATE_PIPE_INSTANCE;
	return status;
}

/*
 * Finds an instance whose server is there. When the kernel has no memory for the introduction
 * the server is none the less: for it a client came and went, and no other is tried.
 *
 * Return: the status of the open.
 */
static npfs_status open_live(const struct np_caller *caller,
			     const struct np_wire_msg *msg, uint64_t connection,
			     struct np_volume_open *openp, struct np_channel **channelp)
{
	struct np_req_open checked = msg->fixed.req.open;
	const struct np_req_open *req = &checked;
	npfs_status status = authorize(caller, msg, &checked);
	struct np_intro intro;

	if (status != STATUS_SUCCESS)
		return status;
	for (;;) {
		struct np_channel *channel;
		size_t len;
		int r;

		status = np_volume_open(&caller->client->broker->volume, req, msg->name,
					msg->header.name_len / 2, openp);
		if (status != STATUS_SUCCESS)
			return status;
		channel = np_container_of(openp->channel, struct np_channel, done);
		len = np_intro_make(&intro, caller,
				    &(struct np_intro_args){
					    .flags = req->flags,
					    .access = openp->granted_access,
					    .privileges = req->privileges,
					    .connection = connection,
				    });
		r = np_channel_introduce(channel, &intro, len);
		if (r == 0) {
			openp->instance->client_pid = caller->client->pid;
			openp->instance->client_uid = caller->token.uid;
			*channelp = channel;
			return STATUS_SUCCESS;
		}
		np_channel_free(channel);
		if (r == -ENOBUFS || r == -ENOMEM)
			return STATUS_INSUFFICIENT_RESOURCES;
	}
}

/* Return: the status of the open. */
static npfs_status open_as(struct np_client *client, const struct np_wire_msg *msg,
			   uint64_t connection, struct np_volume_open *openp,
			   struct np_channel **channelp)
{
	const struct np_req_open *req = &msg->fixed.req.open;
	struct np_caller caller;
	npfs_status status;

	if ((req->flags & ~NP_OPEN_FLAGS) || req->reserved)
		return STATUS_INVALID_PARAMETER;
	status = np_caller_init(&caller, client, &req->as, req->flags & NP_OPEN_REMOTE);
	if (status != STATUS_SUCCESS)
		return status;
	status = open_live(&caller, msg, connection, openp, channelp);
	np_caller_fini(&caller);
	return status;
}

int np_op_open_run(struct np_client *client, const struct np_wire_msg *msg)
{
	struct np_rep_open rep = {.information = FILE_OPENED};
	uint64_t connection = client->broker->next_connection++;
	struct np_channel *channel = NULL;
	struct np_volume_open open;
	npfs_status status;
	int r;

	status = open_as(client, msg, connection, &open, &channel);
	if (status != STATUS_SUCCESS) {
		np_trace_log_add_refusal(client, status, msg->name, msg->header.name_len / 2);
		return np_client_reply(client, NP_OP_OPEN, msg->header.tag, status, &rep,
				       NULL, 0, NULL, 0);
	}
	np_trace_log_add_open(client->broker, open.instance, channel);
	np_reply_describe(&rep, open.instance);
	if (np_pipe_heeds_clients(open.instance->pipe)) {
		rep.flags |= NP_REP_HELD;
		np_hold_start_take(client->broker, open.instance->id,
				   np_take_fd(channel->server_fd));
	}
	np_reply_grant(&rep, &client->broker->secret, open.instance, connection,
		       open.granted_access);
	r = np_client_reply(client, NP_OP_OPEN, msg->header.tag, status, &rep,
			    open.instance->pipe->name,
			    np_reply_spelling(open.instance, msg->name, msg->header.name_len),
			    &channel->client_fd, 1);
	np_channel_free(channel);
	return r;
}
