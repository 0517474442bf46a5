/* SPDX-License-Identifier: MIT */
/*
 * CREATE: a new instance, and with the first one a new name
 *
 * The checks come first and cost nothing; the budgets come next; only then is a channel
 * made. Between the model's checks stands that of access (npfs-semantics 2.2): to add an
 * instance needs FILE_CREATE_PIPE_INSTANCE in the pipe's descriptor besides what is asked
 * for; who makes a pipe has what is asked for, but for what needs a privilege.
 *
 * A new pipe's descriptor is made complete here and stored. One that comes with a later
 * instance has to be well formed and is not used (case
 * security/the_descriptor_of_a_later_instance_is_ignored). A name is charged before the
 * model has taken it, with what its creator sent; what is added to make the descriptor
 * complete is as little as the pipe itself and goes with it.
 */
#include "npfs/broker/access.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/channel.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"
#include "npfs/broker/reply.h"
#include "npfs/broker/token.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "npfs/sec/sd.h"

static bool has_budget(const struct np_client *client)
{
	const struct np_limits *limits = &client->broker->limits;

	return np_user_can_charge(limits, client->user, NP_LIMIT_INSTANCES, 1) &&
	       client->owner.n_instances < limits->values.max[NP_LIMIT_CLIENT_INSTANCES];
}

/* The access check of an instance more. The right to add it is not the handle's. */
static npfs_status check_access(const struct np_caller *caller,
				const struct np_pipe *pipe, uint32_t asked,
				uint32_t *grantedp)
{
	uint32_t wanted = np_access_map_file(asked);
	npfs_status status;

	status = np_caller_check(caller, "create", pipe,
				 wanted | FILE_CREATE_PIPE_INSTANCE, grantedp);
	if (!(wanted & (FILE_CREATE_PIPE_INSTANCE | MAXIMUM_ALLOWED)))
		*grantedp &= ~FILE_CREATE_PIPE_INSTANCE;
	return status;
}

/*
 * Checks who asks. On success @req has the rights that were granted; for a new pipe @sdp
 * is its descriptor, the caller's to free.
 */
static npfs_status authorize(struct np_client *client, const struct np_wire_msg *msg,
			     struct np_req_create *req, void **sdp, size_t *sd_lenp)
{
	const void *given = msg->header.extra_len > 0 ? msg->extra : NULL;
	size_t given_len = msg->header.extra_len;
	struct np_pipe *pipe = NULL;
	struct np_caller caller;
	npfs_status status;
	struct np_sd sd;

	status = np_volume_resolve_create(&client->broker->volume, req, msg->name,
					  msg->header.name_len / 2, &pipe);
	if (status == STATUS_SUCCESS && given)
		status = np_sd_decode(given, given_len, &sd);
	if (status != STATUS_SUCCESS)
		return status;
	status = np_caller_init(&caller, client, &req->as, false);
	if (status != STATUS_SUCCESS)
		return status;
	if (pipe)
		status = check_access(&caller, pipe, req->access, &req->access);
	else if ((req->access & ACCESS_SYSTEM_SECURITY) &&
		 !(caller.token.privileges & NP_SEC_PRIVILEGE_SECURITY))
		status = STATUS_PRIVILEGE_NOT_HELD;
	else
		status = np_sd_assign(given, given_len, &caller.token, sdp, sd_lenp);
	np_caller_fini(&caller);
	return status;
}

/*
 * Makes the instance. Return: its status; on success @channelp still has the server's
 * part.
 */
static npfs_status create(struct np_client *client, const struct np_wire_msg *msg,
			  struct np_instance **instancep, struct np_channel **channelp,
			  uint32_t *informationp)
{
	struct np_req_create checked = msg->fixed.req.create;
	const struct np_req_create *req = &checked;
	struct np_broker *broker = client->broker;
	size_t name_len = msg->header.name_len / 2;
	NP_CLEANUP_FREE void *sd = NULL;
	struct np_channel *channel = NULL;
	struct np_token *token = NULL;
	npfs_status status;
	size_t sd_len = 0;
	uint32_t type = 0;

	status = authorize(client, msg, &checked, &sd, &sd_len);
	if (status != STATUS_SUCCESS)
		return status;
	status = np_volume_check_create(&broker->volume, req, msg->name, name_len, &type);
	if (status != STATUS_SUCCESS)
		return status;
	if (!has_budget(client))
		return STATUS_INSUFFICIENT_RESOURCES;
	if (sd &&
	    np_token_new(&token, &broker->limits, client->user,
			 2 * (uint64_t)msg->header.name_len + msg->header.extra_len) < 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (np_channel_new(&channel, broker->volume.next_id, type, req->inbound_quota,
			   req->outbound_quota) < 0) {
		np_token_free(token);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	status = np_volume_create(&broker->volume, &client->owner, req, msg->name,
				  name_len, sd, sd_len, &channel->done,
				  token ? &token->done : NULL, instancep, informationp);
	if (status != STATUS_SUCCESS) {
		np_channel_free(channel);
		np_token_free(token);
		return status;
	}
	if (token)
		np_token_watch(token, (*instancep)->pipe);
	np_user_charge(client->user, NP_LIMIT_INSTANCES, 1);
	if (*informationp == FILE_CREATED)
		np_journal_add_pipe(broker, (*instancep)->pipe);
	np_journal_add_instance(broker, *instancep);
	np_journal_commit(broker);
	*channelp = channel;
	return STATUS_SUCCESS;
}

/*
 * An instance whose server can neither read nor write has to be told to listen first
 * (npfs-semantics 2.3; case create/server_without_data_access_must_listen_first). Its end
 * in the library begins disconnected, too.
 */
static bool listens_at_once(const struct np_req_create *req,
			    const struct np_instance *instance)
{
	return (req->rules & NP_RULES_DATALESS_LISTENS) ||
	       (instance->granted_access & (FILE_READ_DATA | FILE_WRITE_DATA));
}

int np_op_create_run(struct np_client *client, const struct np_wire_msg *msg)
{
	struct np_rep_create rep = {.information = FILE_OPENED};
	struct np_instance *instance = NULL;
	struct np_channel *channel = NULL;
	uint32_t previous_state;
	npfs_status status;
	int fds[2], r;

	status = create(client, msg, &instance, &channel, &rep.information);
	if (status != STATUS_SUCCESS)
		return np_client_reply(client, NP_OP_CREATE, msg->header.tag, status,
				       &rep, NULL, 0, NULL, 0);
	np_reply_describe(&rep, instance);
	np_reply_grant(&rep, &client->broker->secret, instance, 0,
		       instance->granted_access);
	np_trace_log_add(client->broker, NP_TRACE_CREATED, instance);
	rep.warrant = np_seal_warrant(&client->broker->secret, instance->id);
	fds[0] = channel->shm_fd;
	fds[1] = channel->server_fd;
	r = np_client_reply(client, NP_OP_CREATE, msg->header.tag, status, &rep,
			    instance->pipe->name,
			    np_reply_spelling(instance, msg->name, msg->header.name_len), fds,
			    2);
	np_channel_drop_server(channel, np_pipe_heeds_clients(instance->pipe));
	if (!listens_at_once(&msg->fixed.req.create, instance))
		np_volume_disconnect(&client->broker->volume, &client->owner,
				     instance->id, &previous_state);
	return r;
}
