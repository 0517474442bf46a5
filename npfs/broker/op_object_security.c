/* SPDX-License-Identifier: MIT */
/*
 * OBJECT_GET_SECURITY, OBJECT_SET_SECURITY: parts of an object's descriptor, for a process
 * that holds it
 *
 * The rights are those that its opens were granted, taken together: which handle of the
 * process has which is the process's business. Who joined was granted what was lent to him
 * (op_object.c). Everybody who holds the object may also do what the descriptor would let him
 * do now, had he opened it by name. A new descriptor holds for the next open.
 */
#include "npfs/broker/access.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"
#include "npfs/broker/object.h"
#include "npfs/sec/check.h"
#include "npfs/sec/sd_change.h"

static bool may(const struct np_holder *holder, const struct np_caller *caller,
		uint32_t rights)
{
	const struct np_object *object = holder->object;
	struct np_access access;

	return !(rights & ~holder->granted) ||
	       np_access_check_bytes(object->sd, object->sd_len, &caller->token, rights,
				     &access) == STATUS_SUCCESS;
}

/* @objectp: one that the caller holds, and may have these rights to. */
static npfs_status find(struct np_client *client,
			const struct np_req_object_get_security *req, uint32_t rights,
			struct np_caller *caller, struct np_object **objectp)
{
	struct np_object *object = np_objects_find(&client->broker->objects, req->id);
	struct np_holder *holder =
		object ? np_object_holder(object, &client->objects) : NULL;
	npfs_status status;

	if (!holder)
		return STATUS_INVALID_HANDLE;
	if (req->reserved)
		return STATUS_INVALID_PARAMETER;
	status = np_caller_init(caller, client, &req->as, false);
	if (status != STATUS_SUCCESS)
		return status;
	if (may(holder, caller, rights)) {
		*objectp = object;
		return STATUS_SUCCESS;
	}
	np_caller_fini(caller);
	return STATUS_ACCESS_DENIED;
}

int np_op_object_get_security_run(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_req_object_get_security *req =
		&msg->fixed.req.object_get_security;
	const struct np_rep_get_security rep = {.reserved = 0};
	NP_CLEANUP_FREE void *parts = NULL;
	struct np_object *object = NULL;
	struct np_caller caller;
	npfs_status status;
	size_t len = 0;

	status = find(client, req, np_sd_rights_to_get(req->information), &caller,
		      &object);
	if (status == STATUS_SUCCESS) {
		np_caller_fini(&caller);
		status = np_sd_select(object->sd, object->sd_len, req->information,
				      &parts, &len);
	}
	return np_client_reply(client, NP_OP_OBJECT_GET_SECURITY, msg->header.tag, status,
			       &rep, parts, len, NULL, 0);
}

int np_op_object_set_security_run(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_req_object_set_security *req =
		&msg->fixed.req.object_set_security;
	const struct np_rep_get_security rep = {.reserved = 0};
	struct np_object *object = NULL;
	struct np_caller caller;
	npfs_status status;

	status = find(client, req, np_sd_rights_to_set(req->information), &caller,
		      &object);
	if (status == STATUS_SUCCESS) {
		status = np_object_sd_change(object, req->information, msg->extra,
					     msg->header.extra_len, &caller.token);
		if (status == STATUS_SUCCESS) {
			np_journal_add_object_descriptor(client->broker, object);
			np_journal_commit(client->broker);
		}
		np_caller_fini(&caller);
	}
	return np_client_reply(client, NP_OP_OBJECT_SET_SECURITY, msg->header.tag, status,
			       &rep, NULL, 0, NULL, 0);
}
