/* SPDX-License-Identifier: MIT */
/*
 * CERTIFY and VERIFY: as whom a client writes, for its server (model: intro.h)
 *
 * Asked for when a thread that has become somebody else writes on a connection whose client is
 * followed, and when the server wants to know.
 */
#include "npfs/broker/access.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"
#include "npfs/broker/intro.h"

/* Return: the status; on success *lenp bytes of @intro. */
static npfs_status certify(struct np_client *client, const struct np_req_certify *req,
			   struct np_intro *intro, size_t *lenp)
{
	const struct np_seal_secret *secret = &client->broker->secret;
	const struct np_intro_args args = {
		.access = req->ticket.access,
		.privileges = req->privileges,
		.connection = req->ticket.connection,
	};
	struct np_caller caller;
	npfs_status status;

	if (!np_seal_fits(secret, &req->ticket))
		return STATUS_CANNOT_IMPERSONATE;
	if (!req->ticket.connection)
		return STATUS_ILLEGAL_FUNCTION;
	status = np_caller_init(&caller, client, &req->as, false);
	if (status != STATUS_SUCCESS)
		return status;
	*lenp = np_intro_make(intro, &caller, &args);
	np_intro_seal(intro, *lenp, secret);
	np_caller_fini(&caller);
	return STATUS_SUCCESS;
}

int np_op_certify_run(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_rep_certify rep = {.reserved = 0};
	struct np_intro intro;
	npfs_status status;
	size_t len = 0;

	status = certify(client, &msg->fixed.req.certify, &intro, &len);
	return np_client_reply(client, NP_OP_CERTIFY, msg->header.tag, status, &rep, &intro,
			       len, NULL, 0);
}

int np_op_verify_run(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_rep_verify rep = {.reserved = 0};
	npfs_status status = STATUS_CANNOT_IMPERSONATE;

	if (np_intro_fits(msg->extra, msg->header.extra_len, &client->broker->secret))
		status = STATUS_SUCCESS;
	return np_client_reply(client, NP_OP_VERIFY, msg->header.tag, status, &rep, NULL, 0,
			       NULL, 0);
}
