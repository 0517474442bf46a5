/* SPDX-License-Identifier: MIT */
/*
 * Modes, information, identities and cancellation of an end
 */
#include <npfs/aio.h>
#include <npfs/pipe.h>

#include <string.h>

#include "npfs/client/call.h"
#include "npfs/client/end.h"
#include "npfs/client/process.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"

void npfs_op_init(struct npfs_op *op, void (*complete)(struct npfs_op *op), void *user)
{
	op->complete = complete;
	op->user = user;
	op->status = STATUS_PENDING;
	op->information = 0;
	op->context = 0;
	op->tells = 0;
	op->on_close = NPFS_CLOSE_CANCELS;
	op->store = NULL;
}

/* The end can be asked things: it is not detached and not another process's. */
static npfs_status query_status(const struct npfs_end *end)
{
	if (end->state == NP_END_DETACHED)
		return STATUS_PIPE_DISCONNECTED;
	return end->state >= NP_END_LINGERING ? STATUS_INVALID_HANDLE : STATUS_SUCCESS;
}

npfs_status npfs_end_get_modes(struct npfs_end *end, uint32_t *read_modep,
			       uint32_t *completion_modep)
{
	struct np_list done = NP_LIST_INIT(done);
	npfs_status status;

	if (!(end->access & FILE_READ_ATTRIBUTES))
		return STATUS_ACCESS_DENIED;
	np_end_lock(end);
	np_end_glance(end, &done);
	status = query_status(end);
	if (status == STATUS_SUCCESS) {
		*read_modep = end->in.is_message_mode ? NPFS_MODE_MESSAGE : NPFS_MODE_BYTE;
		*completion_modep = end->is_nowait ? NPFS_MODE_NOWAIT : NPFS_MODE_WAIT;
	}
	np_end_unlock(end, &done);
	return status;
}

static bool has_traffic(struct npfs_end *end)
{
	return end->map && end->state == NP_END_CONNECTED &&
	       (!np_list_is_empty(&end->in.pending) || np_share_is_blocked(end, NP_DIR_IN) ||
		!np_lane_writer_is_drained(&end->out));
}

static npfs_status set_modes_locked(struct npfs_end *end, uint32_t read_mode,
				    uint32_t completion_mode, struct np_list *done)
{
	npfs_status status;

	np_end_glance(end, done);
	status = query_status(end);
	if (status != STATUS_SUCCESS)
		return status;
	if (read_mode == NPFS_MODE_MESSAGE && end->info.type != FILE_PIPE_MESSAGE_TYPE)
		return STATUS_INVALID_PARAMETER;
	if (completion_mode == NPFS_MODE_NOWAIT && !end->is_nowait && has_traffic(end))
		return STATUS_PIPE_BUSY;
	end->in.is_message_mode = read_mode == NPFS_MODE_MESSAGE;
	end->is_nowait = completion_mode == NPFS_MODE_NOWAIT;
	return STATUS_SUCCESS;
}

npfs_status npfs_end_set_modes(struct npfs_end *end, uint32_t read_mode,
			       uint32_t completion_mode)
{
	struct np_list done = NP_LIST_INIT(done);
	npfs_status status;

	if (!(end->access & FILE_WRITE_ATTRIBUTES))
		return STATUS_ACCESS_DENIED;
	if ((read_mode > NPFS_MODE_MESSAGE || completion_mode > NPFS_MODE_NOWAIT) &&
	    np_rule(NP_RULE_MODE_VALUES_CHECKED))
		return STATUS_INVALID_PARAMETER;
	np_end_lock(end);
	status = set_modes_locked(end, read_mode, completion_mode, &done);
	np_end_unlock(end, &done);
	return status;
}

static uint32_t state_number(const struct npfs_end *end)
{
	switch ((enum np_end_state)end->state) {
	case NP_END_LISTENING:
		return NPFS_STATE_LISTENING;
	case NP_END_CONNECTED:
		return NPFS_STATE_CONNECTED;
	case NP_END_CLOSING:
		return NPFS_STATE_CLOSING;
	case NP_END_DISCONNECTED:
	case NP_END_DETACHED:
	case NP_END_LINGERING:
	case NP_END_CLOSED:
	case NP_END_FORKED:
		break;
	}
	return NPFS_STATE_DISCONNECTED;
}

static uint32_t unread(struct npfs_end *end)
{
	struct np_lane_peek found;

	if ((end->state != NP_END_CONNECTED && end->state != NP_END_CLOSING) ||
	    np_share_is_blocked(end, NP_DIR_IN))
		return 0;
	np_lane_peek(&end->in, NULL, 0, &found);
	return found.bytes;
}

npfs_status npfs_end_query(struct npfs_end *end, struct npfs_end_info *infop)
{
	struct np_list done = NP_LIST_INIT(done);
	uint32_t current = 0, max = 0;
	npfs_status status;

	if (!(end->access & FILE_READ_ATTRIBUTES))
		return STATUS_ACCESS_DENIED;
	np_end_lock(end);
	np_end_glance(end, &done);
	status = query_status(end);
	if (status == STATUS_SUCCESS)
		status = np_call_query(end->info.instance_id, &current, &max);
	if (status == STATUS_SUCCESS) {
		memset(infop, 0, sizeof(*infop));
		infop->type = end->info.type;
		infop->config = end->info.config;
		infop->max_instances = end->info.max_instances;
		infop->current_instances = current;
		infop->inbound_quota = end->info.inbound_quota;
		infop->outbound_quota = end->info.outbound_quota;
		infop->read_available = unread(end);
		infop->write_quota_available =
			end->map ? np_lane_quota_available(&end->out) :
			end->is_server ? end->info.outbound_quota :
					 end->info.inbound_quota;
		infop->state = state_number(end);
		infop->side = end->is_server ? NPFS_SIDE_SERVER : NPFS_SIDE_CLIENT;
	}
	np_end_unlock(end, &done);
	return status;
}

npfs_status npfs_end_unread(struct npfs_end *end, uint32_t *bytesp)
{
	struct np_list done = NP_LIST_INIT(done);
	npfs_status status;

	np_end_lock(end);
	np_end_glance(end, &done);
	status = query_status(end);
	if (status == STATUS_SUCCESS)
		*bytesp = unread(end);
	np_end_unlock(end, &done);
	return status;
}

void npfs_end_shape(const struct npfs_end *end, struct npfs_end_info *infop)
{
	*infop = (struct npfs_end_info){
		.type = end->info.type,
		.config = end->info.config,
		.max_instances = end->info.max_instances,
		.inbound_quota = end->info.inbound_quota,
		.outbound_quota = end->info.outbound_quota,
		.side = end->is_server ? NPFS_SIDE_SERVER : NPFS_SIDE_CLIENT,
	};
}

npfs_status npfs_end_name(struct npfs_end *end, const uint16_t **namep, size_t *name_lenp)
{
	struct np_list done = NP_LIST_INIT(done);
	npfs_status status;

	np_end_lock(end);
	np_end_glance(end, &done);
	status = query_status(end);
	if (status == STATUS_SUCCESS) {
		*namep = end->name;
		*name_lenp = end->name_len;
	}
	np_end_unlock(end, &done);
	return status;
}

/* identities */

npfs_status npfs_end_client(struct npfs_end *end, struct npfs_peer *peerp)
{
	struct np_list done = NP_LIST_INIT(done);
	npfs_status status;

	np_end_lock(end);
	np_end_glance(end, &done);
	status = query_status(end);
	if (status == STATUS_SUCCESS && end->is_server && !end->has_client)
		status = STATUS_NOT_FOUND;
	if (status == STATUS_SUCCESS)
		*peerp = end->client;
	np_end_unlock(end, &done);
	return status;
}

npfs_status npfs_end_server(struct npfs_end *end, struct npfs_peer *peerp)
{
	struct np_list done = NP_LIST_INIT(done);
	npfs_status status;

	np_end_lock(end);
	np_end_glance(end, &done);
	status = query_status(end);
	if (status == STATUS_SUCCESS) {
		peerp->pid = end->info.server_pid;
		peerp->session = end->info.server_session;
	}
	np_end_unlock(end, &done);
	return status;
}

uint32_t npfs_end_access(const struct npfs_end *end)
{
	return end->access;
}

void npfs_end_narrow(struct npfs_end *end, uint32_t access)
{
	end->access &= access;
}

void npfs_end_on_block(struct npfs_end *end, void (*fn)(void *arg, bool begins),
		       void *arg)
{
	end->on_block = fn;
	end->on_block_arg = arg;
}

/* cancelling */

unsigned npfs_end_cancel(struct npfs_end *end,
			 bool (*match)(const struct npfs_op *op, void *arg), void *arg)
{
	struct np_list done = NP_LIST_INIT(done);
	struct np_list chosen = NP_LIST_INIT(chosen);
	struct np_list *pos, *next;
	unsigned n = 0;

	if (end->is_sync)
		return 0;
	np_end_lock(end);
	np_end_refresh(end, &done);
	np_end_pump(end, &done);
	np_list_for_each_safe(pos, next, &end->ops) {
		struct np_request *o = np_list_entry(pos, struct np_request, link);

		if (!o->op || (match && !match(o->op, arg)))
			continue;
		np_list_remove(&o->link);
		np_list_push_back(&chosen, &o->link);
	}
	while (!np_list_is_empty(&chosen)) {
		struct np_request *o = np_list_entry(chosen.next, struct np_request, link);

		np_list_remove(&o->link);
		np_list_push_back(&end->ops, &o->link);
		np_request_cancel(end, o, &done);
		n++;
	}
	np_end_rearm(end, &done);
	np_end_unlock(end, &done);
	return n;
}
