/* SPDX-License-Identifier: MIT */
/*
 * GET_SECURITY: parts of a pipe's descriptor, for whoever holds an end with the right
 *
 * The rights are those in the end's ticket, granted when it was made: a DACL that changed
 * since changes nothing for it (npfs-semantics 9.2).
 */
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"
#include "npfs/broker/guard.h"
#include "npfs/sec/sd_change.h"

static npfs_status get(struct np_client *client, const struct np_req_get_security *req,
		       void **partsp, size_t *lenp)
{
	struct np_guard guard;
	npfs_status status;

	status = np_guard_find(client->broker, &req->ticket,
			       np_sd_rights_to_get(req->information), &guard);
	if (status != STATUS_SUCCESS)
		return status;
	return np_sd_select(*guard.sdp, *guard.lenp, req->information, partsp, lenp);
}

int np_op_get_security_run(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_rep_get_security rep = {.reserved = 0};
	NP_CLEANUP_FREE void *parts = NULL;
	npfs_status status;
	size_t len = 0;

	status = get(client, &msg->fixed.req.get_security, &parts, &len);
	return np_client_reply(client, NP_OP_GET_SECURITY, msg->header.tag, status, &rep,
			       parts, len, NULL, 0);
}
