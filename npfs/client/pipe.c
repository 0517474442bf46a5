/* SPDX-License-Identifier: MIT */
/*
 * The calls that go to the broker: create, open, wait; listen, disconnect and close
 */
#include <npfs/pipe.h>

#include <stdlib.h>
#include <unistd.h>

#include "npfs/base/fd.h"
#include "npfs/base/macro.h"
#include "npfs/client/call.h"
#include "npfs/client/context.h"
#include "npfs/client/end.h"
#include "npfs/client/identity.h"
#include "npfs/client/process.h"
#include "npfs/client/share_tie.h"
#include "npfs/client/thread.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "npfs/proto/wire.h"

static uint32_t rules(void)
{
	return np_rules_pack(np_personality());
}

/* What a name below an existing pipe is answered with, Q100291. */
static npfs_status name_status(npfs_status status, size_t name_len)
{
	if (status != STATUS_OBJECT_NAME_INVALID || !name_len)
		return status;
	np_rule_fired(NP_RULE_SUBDIRECTORY_STATUS);
	return np_rule_status(np_personality(), NP_RULE_SUBDIRECTORY_STATUS);
}

/* The end's name is spelled as the pipe's creator did (npfs-semantics 1.2). */
static void spell_take(struct npfs_end *end, struct np_call_name *spelling)
{
	if (!spelling->units)
		return;
	free(end->name);
	end->name = spelling->units;
	end->name_len = spelling->len;
}

/* Creates as what the calling thread wears. */
static npfs_status create_as(const uint16_t *name, size_t name_len,
			     struct np_call_create_args *args, struct npfs_end *end,
			     struct np_call_channel *channel)
{
	struct np_call_name spelling = {NULL, 0};
	npfs_status status;

	args->spelling = &spelling;
	do {
		status = np_identity_as(&args->as);
		if (status == STATUS_SUCCESS)
			status = np_call_create(name, name_len, args, &end->info, channel);
	} while (np_identity_is_stale(status, &args->as));
	args->spelling = NULL;
	spell_take(end, &spelling);
	return status;
}

/* Opens as what the calling thread wears. */
static npfs_status open_as(const uint16_t *name, size_t name_len,
			   const struct npfs_open_params *params, struct npfs_end *end,
			   struct np_call_channel *channel)
{
	struct np_call_name spelling = {NULL, 0};
	struct np_call_open_args args = {
		.access = params->access,
		.spelling = &spelling,
		.rules = rules(),
		.flags = params->sqos & NP_OPEN_SQOS_MASK,
		.privileges = np_identity_enabled(),
	};
	npfs_status status;

	do {
		status = np_identity_as(&args.as);
		if (status == STATUS_SUCCESS)
			status = np_call_open(name, name_len, &args, &end->info, channel);
	} while (np_identity_is_stale(status, &args.as));
	spell_take(end, &spelling);
	return status;
}

/* Has the broker made the instance one that has to be told to listen? (op_create.c) */
static bool is_made_disconnected(uint32_t rules_sent, uint32_t access)
{
	return !(rules_sent & NP_RULES_DATALESS_LISTENS) &&
	       !(access & (FILE_READ_DATA | FILE_WRITE_DATA));
}

/*
 * Then the channel that came is of no use: the broker has given up its end, which looks
 * like the broker's death to who listens on it.
 */
static void begin_disconnected(struct npfs_end *end, struct np_call_channel *channel)
{
	np_registry_forget_sock(&end->registered, channel->sock_fd);
	channel->sock_fd = np_fd_close(channel->sock_fd);
	channel->shm_fd = np_fd_close(channel->shm_fd);
	atomic_store(&end->state, NP_END_DISCONNECTED);
}

npfs_status npfs_pipe_create(const uint16_t *name, size_t name_len,
			     const struct npfs_create_params *params,
			     struct npfs_end **endp, uint32_t *informationp)
{
	struct np_call_create_args args;
	struct np_call_channel channel = NP_CALL_CHANNEL_INIT;
	struct npfs_end *end;
	npfs_status status;

	np_process_init();
	if (params->size != sizeof(*params))
		return STATUS_INVALID_PARAMETER;
	args = (struct np_call_create_args){
		.access = params->access,
		.share = params->share,
		.disposition = params->disposition,
		.options = params->flags & NPFS_SYNCHRONOUS ? FILE_SYNCHRONOUS_IO_NONALERT :
							      0,
		.type = params->type,
		.read_mode = params->read_mode,
		.completion_mode = params->completion_mode,
		.max_instances = params->max_instances,
		.inbound_quota = params->inbound_quota,
		.outbound_quota = params->outbound_quota,
		.default_timeout = params->default_timeout,
		.has_timeout = true,
		.rules = rules(),
		.sd = params->descriptor,
		.sd_len = params->descriptor_len,
	};
	status = np_end_new(name, name_len, true, params->flags & NPFS_SYNCHRONOUS, &end);
	if (status != STATUS_SUCCESS)
		return status;
	args.registered = &end->registered;
	status = create_as(name, name_len, &args, end, &channel);
	if (status != STATUS_SUCCESS) {
		status = name_status(status, name_len);
		goto out_unref;
	}
	end->access = end->info.granted_access;
	end->is_inheritable = params->flags & NPFS_INHERITABLE;
	end->is_nowait = params->completion_mode == NPFS_MODE_NOWAIT;
	end->in.is_message_mode = params->read_mode == NPFS_MODE_MESSAGE;
	if (is_made_disconnected(args.rules, end->access)) {
		begin_disconnected(end, &channel);
	} else {
		status = np_end_attach(end, &channel);
		if (status != STATUS_SUCCESS)
			goto out_close;
		if (!np_rule(NP_RULE_LISTENS_AT_ONCE))
			npfs_end_disconnect(end);
	}
	if (informationp)
		*informationp = end->info.information;
	*endp = end;
	return STATUS_SUCCESS;

out_close:
	np_registry_remove(&end->registered);
	np_call_close(NULL, end->info.instance_id, NULL, NULL);
out_unref:
	np_end_unref(end);
	return status;
}

npfs_status npfs_pipe_open(const uint16_t *name, size_t name_len,
			   const struct npfs_open_params *params, struct npfs_end **endp)
{
	struct np_call_channel channel = NP_CALL_CHANNEL_INIT;
	struct npfs_end *end;
	npfs_status status;

	np_process_init();
	if (params->size != sizeof(*params))
		return STATUS_INVALID_PARAMETER;
	status = np_end_new(name, name_len, false, params->flags & NPFS_SYNCHRONOUS, &end);
	if (status != STATUS_SUCCESS)
		return status;
	status = open_as(name, name_len, params, end, &channel);
	status = name_status(status, name_len);
	if (status == STATUS_SUCCESS) {
		end->access = end->info.granted_access;
		end->is_inheritable = params->flags & NPFS_INHERITABLE;
		end->client.pid = (uint32_t)getpid();
		end->client.session = np_process_session();
		end->is_dynamic = !(params->sqos & NP_SQOS_PRESENT) ||
				  params->sqos & NP_SQOS_DYNAMIC;
		status = np_end_attach(end, &channel);
		np_context_begin(end);
	}
	if (status != STATUS_SUCCESS) {
		np_end_unref(end);
		return status;
	}
	np_trace_event(end, "connected");
	*endp = end;
	return STATUS_SUCCESS;
}

npfs_status npfs_pipe_open_again(struct npfs_end *end, const struct npfs_open_params *params,
				 struct npfs_end **endp)
{
	if (!end->is_server)
		return STATUS_ILLEGAL_FUNCTION;
	return npfs_pipe_open(end->name, end->name_len, params, endp);
}

npfs_status npfs_pipe_wait(const uint16_t *name, size_t name_len, int64_t timeout,
			   uint32_t flags)
{
	struct np_call_cancel cancel = NP_CALL_CANCEL_INIT;
	struct np_thread_call call;
	npfs_status status;
	int r;

	np_process_init();
	r = np_call_cancel_init(&cancel);
	if (r < 0)
		return npfs_status_from_errno(-r);
	np_thread_enter_wait(&call, &cancel);
	status = np_call_wait(name, name_len, timeout, flags & NPFS_WAIT_USE_DEFAULT,
			      rules(), &cancel);
	np_thread_leave(&call);
	np_call_cancel_fini(&cancel);
	return status;
}

/* listening */

static npfs_status listen_again(struct npfs_end *end)
{
	struct np_call_channel channel = NP_CALL_CHANNEL_INIT;
	struct np_conn_via via;
	npfs_status status = np_call_listen(np_end_via(end, &via), end->info.instance_id,
					    &channel, &end->registered);

	if (status != STATUS_SUCCESS)
		return status;
	if (end->share)
		np_share_new_channel(end, &channel);
	status = np_end_attach(end, &channel);
	/* Nobody shall come to an instance that cannot take him. */
	if (status != STATUS_SUCCESS && !end->share)
		np_call_disconnect(NULL, end->info.instance_id, true, NULL);
	return status;
}

static npfs_status listen_locked(struct npfs_end *end, struct npfs_op *op,
				 struct np_list *done)
{
	struct np_request own, *o = op ? (void *)op->reserved : &own;
	npfs_status status;

	if (!end->is_server)
		return STATUS_ILLEGAL_FUNCTION;
	np_end_refresh(end, done);
	switch ((enum np_end_state)end->state) {
	case NP_END_CONNECTED:
		return STATUS_PIPE_CONNECTED;
	case NP_END_CLOSING:
		return np_rule_status(np_personality(), NP_RULE_CONNECT_CLOSING_STATUS);
	case NP_END_DISCONNECTED:
		status = listen_again(end);
		if (status != STATUS_SUCCESS)
			return status;
		break;
	case NP_END_LISTENING:
		break;
	case NP_END_DETACHED:
	case NP_END_LINGERING:
	case NP_END_CLOSED:
	case NP_END_FORKED:
		return STATUS_INVALID_HANDLE;
	}
	if (end->is_nowait)
		return np_rule_status(np_personality(), NP_RULE_NOWAIT_LISTEN_STATUS);
	status = np_share_admit(end, op);
	if (status != STATUS_SUCCESS)
		return status;
	if (!np_end_watch(end))
		return STATUS_INSUFFICIENT_RESOURCES;
	np_request_start(end, o, op, NP_REQUEST_LISTEN);
	return np_request_settle(end, o, 0, done);
}

npfs_status npfs_end_listen(struct npfs_end *end, struct npfs_op *op)
{
	struct np_list done = NP_LIST_INIT(done);
	npfs_status status;

	np_end_lock(end);
	status = listen_locked(end, op, &done);
	np_share_answered(end, op, status, 0);
	np_end_unlock(end, &done);
	return status;
}

static npfs_status disconnect_locked(struct npfs_end *end, struct np_list *done)
{
	struct np_conn_via via;

	np_end_glance(end, done);
	if (!end->is_server)
		return end->state == NP_END_DETACHED ? STATUS_PIPE_DISCONNECTED :
						       STATUS_ILLEGAL_FUNCTION;
	switch ((enum np_end_state)end->state) {
	case NP_END_LISTENING:
		np_call_disconnect(np_end_via(end, &via), end->info.instance_id, true,
				   NULL);
		break;
	case NP_END_CONNECTED:
	case NP_END_CLOSING:
		np_call_disconnect(np_end_via(end, &via), end->info.instance_id, false,
				   NULL);
		break;
	case NP_END_DISCONNECTED:
		return STATUS_PIPE_DISCONNECTED;
	case NP_END_DETACHED:
	case NP_END_LINGERING:
	case NP_END_CLOSED:
	case NP_END_FORKED:
		return STATUS_INVALID_HANDLE;
	}
	np_end_say(end, NP_SHM_DETACHED);
	np_end_fail_all(end, STATUS_PIPE_DISCONNECTED, done);
	np_end_detach(end);
	if (end->share)
		np_share_new_channel(end, NULL);
	end->has_client = false;
	atomic_store(&end->state, NP_END_DISCONNECTED);
	np_trace_event(end, "disconnected its client");
	return STATUS_SUCCESS;
}

npfs_status npfs_end_disconnect(struct npfs_end *end)
{
	struct np_list done = NP_LIST_INIT(done);
	npfs_status status;

	np_end_lock(end);
	status = disconnect_locked(end, &done);
	np_end_unlock(end, &done);
	return status;
}

/* closing */

static bool has_writes(const struct npfs_end *end)
{
	return !np_list_is_empty(&end->out.stalled) ||
	       (end->share && !np_list_is_empty(&end->share->waiting[NP_DIR_OUT]));
}

static void drop_channel(void *arg)
{
	np_end_detach(arg);
}

/*
 * What is not claimed any more a broker that does not hear of it closes by itself.
 *
 * A client that is there still must not see the end before the broker knows of it: it could
 * ask for what the instance takes up. Where the client has left, the channel can go while the
 * broker is at it.
 */
static void close_instance(struct npfs_end *end, npfs_status status, struct np_list *done)
{
	bool is_alone = end->state == NP_END_CLOSING && !end->share;
	struct np_conn_via via;

	np_registry_remove(&end->registered);
	if (is_alone)
		np_end_fail_all(end, status, done);
	np_call_close(np_end_via(end, &via), end->info.instance_id,
		      is_alone ? drop_channel : NULL, end);
}

static void close_locked(struct npfs_end *end, struct np_list *done)
{
	npfs_status status = STATUS_PIPE_BROKEN;
	bool is_open = end->state != NP_END_CLOSED && end->state != NP_END_LINGERING &&
		       end->state != NP_END_FORKED && !(end->share && end->share->stays);

	if (!is_open)
		return;
	np_end_glance(end, done);
	if (end->share && np_share_stay(end, done))
		return;
	/* what other holders go on with is not broken: section 5.11 */
	if (end->share && !np_share_is_last(end))
		status = STATUS_CANCELLED;
	else if (end->is_server)
		close_instance(end, status, done);
	if (!end->map) {
		np_end_fail_all(end, status, done);
		if (end->share)
			np_share_leave(end, done);
		atomic_store(&end->state, NP_END_CLOSED);
		return;
	}
	np_end_fail_all_but_writes(end, status, done);
	if (end->state == NP_END_CONNECTED && has_writes(end)) {
		if (end->share)
			np_share_linger(end);
		atomic_store(&end->state, NP_END_LINGERING);
		np_end_ref(end);
		np_end_rearm(end, done);
		return;
	}
	if (!end->share)
		np_end_say(end, NP_SHM_CLOSED);
	np_end_fail_all(end, status, done);
	if (end->share && np_share_leave(end, done))
		np_end_say(end, NP_SHM_CLOSED);
	np_end_detach(end);
	atomic_store(&end->state, NP_END_CLOSED);
}

void npfs_end_close(struct npfs_end *end)
{
	struct np_list done = NP_LIST_INIT(done);

	if (NP_UNLIKELY(end->share && end->is_sync)) {
		if (np_share_close_without_lock(end))
			return;
	} else {
		np_end_lock(end);
	}
	close_locked(end, &done);
	np_end_unlock(end, &done);
}

void npfs_end_free(struct npfs_end *end)
{
	if (!end)
		return;
	npfs_end_close(end);
	np_end_unref(end);
}
