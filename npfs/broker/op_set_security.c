/* SPDX-License-Identifier: MIT */
/*
 * SET_SECURITY: replace parts of a pipe's descriptor
 *
 * The rights are those in the end's ticket. Who may be made owner depends on who asks now.
 * The new descriptor holds for the next open and the next instance; ends that exist keep
 * what they were granted.
 */
#include "npfs/broker/access.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"
#include "npfs/broker/guard.h"
#include "npfs/sec/sd_change.h"

static npfs_status set(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_req_set_security *req = &msg->fixed.req.set_security;
	NP_CLEANUP_FREE void *changed = NULL;
	struct np_caller caller;
	struct np_guard guard;
	npfs_status status;
	size_t len = 0;

	status = np_guard_find(client->broker, &req->ticket,
			       np_sd_rights_to_set(req->information), &guard);
	if (status != STATUS_SUCCESS)
		return status;
	status = np_caller_init(&caller, client, &req->as, false);
	if (status != STATUS_SUCCESS)
		return status;
	status = np_sd_change(*guard.sdp, *guard.lenp, req->information, msg->extra,
			      msg->header.extra_len, &caller.token, &changed, &len);
	np_caller_fini(&caller);
	if (status != STATUS_SUCCESS)
		return status;
	status = np_guard_replace(&guard, np_take_ptr(changed), len);
	if (status == STATUS_SUCCESS) {
		np_journal_add_descriptor(client->broker, req->ticket.serial);
		np_journal_commit(client->broker);
	}
	return status;
}

int np_op_set_security_run(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_rep_set_security rep = {.reserved = 0};
	npfs_status status = set(client, msg);

	return np_client_reply(client, NP_OP_SET_SECURITY, msg->header.tag, status, &rep,
			       NULL, 0, NULL, 0);
}
