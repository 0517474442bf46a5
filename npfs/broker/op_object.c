/* SPDX-License-Identifier: MIT */
/*
 * OBJECT_CREATE, OBJECT_OPEN, OBJECT_CLOSE, OBJECT_LEND, OBJECT_JOIN
 *
 * Creating a name that is there opens it, with the access that was asked for; who makes
 * an object has what was asked for. Joining is what the receiver of a parcel does: who
 * knows the object's secret had it from a holder, so nothing is checked again, just as a
 * handle that is inherited or duplicated is not checked again on Windows. It has the rights
 * that the lender put into the parcel, of those he was granted himself; the broker's seal
 * says which (seal.h).
 */
#include <string.h>

#include "npfs/base/clock.h"
#include "npfs/base/fd.h"
#include "npfs/broker/access.h"
#include "npfs/broker/audit.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"
#include "npfs/broker/object.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "npfs/sec/check.h"

/* What a request has led to. */
struct result {
	struct np_object *object;
	struct np_holder *holder;
	uint32_t granted;
	uint32_t information;
};

/*
 * Makes the caller a holder, or counts one open more. There is nothing to be had of an object
 * whose holders are all stopped since the broker before this one.
 */
static npfs_status hold(struct np_client *client, struct result *result)
{
	const struct np_limits *limits = &client->broker->limits;
	bool is_new = !np_object_holder(result->object, &client->objects);
	npfs_status status;

	if (!((const struct np_object_body *)result->object->body)->page)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (is_new && !np_user_can_charge(limits, client->user, NP_LIMIT_OBJECT_OPENS, 1))
		return STATUS_INSUFFICIENT_RESOURCES;
	status = np_object_open(result->object, &client->objects, &result->holder);
	if (status == STATUS_SUCCESS && is_new)
		np_user_charge(client->user, NP_LIMIT_OBJECT_OPENS, 1);
	return status;
}

static npfs_status check(const struct np_caller *caller, const char *verb,
			 const struct np_wire_msg *msg, const struct np_object *object,
			 uint32_t asked, uint32_t *grantedp)
{
	uint32_t wanted = np_object_access_map(object->type, asked);
	const struct np_client *client = caller->client;
	struct np_access access;
	npfs_status status;

	status = np_access_check_bytes(object->sd, object->sd_len, &caller->token, wanted,
				       &access);
	*grantedp = access.granted &
		    (np_object_access_map(object->type, GENERIC_ALL) | wanted);
	if (status != STATUS_SUCCESS) {
		const struct np_audit_entry entry = {
			.verb = verb,
			.pid = client->pid,
			.uid = caller->token.uid,
			.gid = caller->token.gid,
			.name = msg->name,
			.name_len = msg->header.name_len / 2,
			.asked = wanted,
			.granted = access.granted,
		};

		np_audit_refusal(&client->broker->audit, &entry, np_clock_now_ns());
	}
	return status;
}

/* A new object, held by its creator. */
static npfs_status make(struct np_client *client, const struct np_wire_msg *msg,
			const struct np_caller *caller, struct result *result)
{
	const struct np_req_object_create *req = &msg->fixed.req.object_create;
	const void *given = msg->header.extra_len > 0 ? msg->extra : NULL;
	struct np_broker *broker = client->broker;
	struct np_object_params params = {
		.type = req->type,
		.flags = req->flags,
		.limit = req->limit,
	};
	uint32_t wanted = np_object_access_map(req->type, req->access);
	NP_CLEANUP_FREE void *sd = NULL;
	struct np_object_body *body;
	npfs_status status;

	if ((wanted & ACCESS_SYSTEM_SECURITY) &&
	    !(caller->token.privileges & NP_SEC_PRIVILEGE_SECURITY))
		return STATUS_PRIVILEGE_NOT_HELD;
	status = np_object_sd_new(given, msg->header.extra_len, req->type,
				  &caller->token, &sd, &params.sd_len);
	if (status != STATUS_SUCCESS)
		return status;
	params.sd = sd;
	if (np_object_body_new(&body, &broker->limits, client->user, &params,
			       msg->header.name_len + params.sd_len) < 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	params.body = body;
	status = np_objects_create(&broker->objects, client->session, msg->name,
				   msg->header.name_len / 2, &params, &result->object);
	if (status != STATUS_SUCCESS) {
		np_object_body_free(body);
		return status;
	}
	status = hold(client, result);
	if (status != STATUS_SUCCESS) {
		np_object_body_free(np_object_drop(&broker->objects, result->object));
		return status;
	}
	np_object_body_start(body, req->initial,
			     req->initial && body->shape == NP_WORD_MUTEX ?
				     result->holder->number :
				     0);
	if (wanted & MAXIMUM_ALLOWED)
		wanted |= np_object_access_map(req->type, GENERIC_ALL);
	result->granted = wanted & ~MAXIMUM_ALLOWED;
	result->holder->granted |= result->granted;
	result->information = FILE_CREATED;
	return STATUS_SUCCESS;
}

static npfs_status open_existing(struct np_client *client, const struct np_wire_msg *msg,
				 const struct np_caller *caller, uint32_t access,
				 struct result *result)
{
	npfs_status status = check(caller, "open-object", msg, result->object, access,
				   &result->granted);

	if (status != STATUS_SUCCESS)
		return status;
	result->information = FILE_OPENED;
	status = hold(client, result);
	if (status == STATUS_SUCCESS)
		result->holder->granted |= result->granted;
	return status;
}

static npfs_status create(struct np_client *client, const struct np_wire_msg *msg,
			  struct result *result)
{
	const struct np_req_object_create *req = &msg->fixed.req.object_create;
	struct np_caller caller;
	npfs_status status;

	status = np_object_check_params(req->type, req->flags, req->initial, req->limit);
	if (status == STATUS_SUCCESS && req->reserved)
		status = STATUS_INVALID_PARAMETER;
	if (status == STATUS_SUCCESS && msg->header.name_len > 0)
		status = np_objects_resolve(&client->broker->objects, client->session,
					    msg->name, msg->header.name_len / 2,
					    req->type, &result->object);
	if (status != STATUS_SUCCESS)
		return status;
	status = np_caller_init(&caller, client, &req->as, false);
	if (status != STATUS_SUCCESS)
		return status;
	if (result->object)
		status = open_existing(client, msg, &caller, req->access, result);
	else
		status = make(client, msg, &caller, result);
	np_caller_fini(&caller);
	return status;
}

static npfs_status open_by_name(struct np_client *client, const struct np_wire_msg *msg,
				struct result *result)
{
	const struct np_req_object_open *req = &msg->fixed.req.object_open;
	struct np_caller caller;
	npfs_status status;

	status = np_objects_resolve(&client->broker->objects, client->session, msg->name,
				    msg->header.name_len / 2, req->type, &result->object);
	if (status != STATUS_SUCCESS)
		return status;
	if (!result->object)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	status = np_caller_init(&caller, client, &req->as, false);
	if (status != STATUS_SUCCESS)
		return status;
	status = open_existing(client, msg, &caller, req->access, result);
	np_caller_fini(&caller);
	return status;
}

static npfs_status join(struct np_client *client, const struct np_wire_msg *msg,
			struct result *result)
{
	const struct np_loan *loan = &msg->fixed.req.object_join.loan;
	struct np_broker *broker = client->broker;
	struct np_object *object = np_objects_find(&broker->objects, loan->id);
	const struct np_object_body *body = object ? object->body : NULL;
	npfs_status status;

	if (!body || ((loan->cookie[0] ^ body->cookie[0]) |
		      (loan->cookie[1] ^ body->cookie[1])) != 0 ||
	    !np_seal_fits_loan(&broker->secret, loan))
		return STATUS_OBJECT_NAME_NOT_FOUND;
	result->object = object;
	result->granted = loan->access;
	result->information = FILE_OPENED;
	status = hold(client, result);
	if (status == STATUS_SUCCESS)
		result->holder->granted |= result->granted;
	return status;
}

/* An object that only a parcel had kept is as good as new: the journal had lost it. */
static void record(struct np_broker *broker, const struct result *result)
{
	if (result->information == FILE_CREATED ||
	    (result->object->n_holders == 1 && result->holder->n_opens == 1))
		np_journal_add_object(broker, result->object);
	np_journal_add_holder(broker, result->holder);
	np_journal_commit(broker);
}

static int reply(struct np_client *client, unsigned op, const struct np_wire_msg *msg,
		 npfs_status status, const struct result *result)
{
	struct np_rep_object_create rep = {.id = 0};
	const struct np_object_body *body;
	int fds[2];

	if (status != STATUS_SUCCESS)
		return np_client_reply(client, op, msg->header.tag, status, &rep, NULL, 0,
				       NULL, 0);
	record(client->broker, result);
	body = result->object->body;
	rep.id = result->object->id;
	memcpy(rep.cookie, body->cookie, sizeof(rep.cookie));
	rep.information = result->information;
	rep.type = result->object->type;
	rep.flags = result->object->flags;
	rep.limit = result->object->limit;
	rep.granted_access = result->granted;
	rep.holder = result->holder->number;
	fds[0] = body->mem_fd;
	fds[1] = body->event_fd;
	return np_client_reply(client, op, msg->header.tag, status, &rep, NULL, 0, fds, 2);
}

int np_op_object_create_run(struct np_client *client, const struct np_wire_msg *msg)
{
	struct result result = {.object = NULL};
	npfs_status status = create(client, msg, &result);

	return reply(client, NP_OP_OBJECT_CREATE, msg, status, &result);
}

int np_op_object_open_run(struct np_client *client, const struct np_wire_msg *msg)
{
	struct result result = {.object = NULL};
	npfs_status status = open_by_name(client, msg, &result);

	return reply(client, NP_OP_OBJECT_OPEN, msg, status, &result);
}

int np_op_object_join_run(struct np_client *client, const struct np_wire_msg *msg)
{
	struct result result = {.object = NULL};
	npfs_status status = join(client, msg, &result);

	return reply(client, NP_OP_OBJECT_JOIN, msg, status, &result);
}

/* The caller as a holder of the object with this number, or NULL. */
static struct np_holder *find_holder(struct np_client *client, uint64_t id)
{
	struct np_object *object = np_objects_find(&client->broker->objects, id);

	return object ? np_object_holder(object, &client->objects) : NULL;
}

int np_op_object_close_run(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_req_object_close *req = &msg->fixed.req.object_close;
	const struct np_rep_object_close rep = {.reserved = 0};
	struct np_holder *holder = find_holder(client, req->id);
	npfs_status status = STATUS_INVALID_HANDLE;

	if (holder) {
		np_holder_close(&client->broker->objects, holder, req->n_opens);
		if (holder->n_opens == 0 && !req->stays)
			np_object_leave(client->broker, client->user, holder);
		else
			np_journal_add_holder(client->broker, holder);
		np_journal_commit(client->broker);
		status = STATUS_SUCCESS;
	}
	if (msg->header.flags & NP_REQ_NO_REPLY)
		return 0;
	return np_client_reply(client, NP_OP_OBJECT_CLOSE, msg->header.tag, status, &rep,
			       NULL, 0, NULL, 0);
}

int np_op_object_lend_run(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_req_object_lend *req = &msg->fixed.req.object_lend;
	struct np_holder *holder = find_holder(client, req->id);
	struct np_rep_object_lend rep = {.loan = {.id = req->id}};
	NP_CLEANUP_FD int fd = -1;
	npfs_status status;

	if (!holder) {
		status = STATUS_INVALID_HANDLE;
	} else if (req->reserved) {
		status = STATUS_INVALID_PARAMETER;
	} else if (np_object_loan_new(client, holder->object, &fd) < 0) {
		status = STATUS_INSUFFICIENT_RESOURCES;
	} else {
		const struct np_object_body *body = holder->object->body;

		memcpy(rep.loan.cookie, body->cookie, sizeof(rep.loan.cookie));
		rep.loan.access = req->access & holder->granted;
		np_seal_loan(&client->broker->secret, &rep.loan);
		status = STATUS_SUCCESS;
	}
	return np_client_reply(client, NP_OP_OBJECT_LEND, msg->header.tag, status, &rep,
			       NULL, 0, &fd, status == STATUS_SUCCESS ? 1 : 0);
}
