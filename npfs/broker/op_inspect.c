/* SPDX-License-Identifier: MIT */
/*
 * INSPECT and PROBE: looking at a pipe by its name, for tools
 *
 * Neither takes an instance, changes anything or is heard of by a server. Who may not see
 * more is told what a listing tells everybody.
 *
 * The cursor of a page is the number of the last instance told, or how many waiters were. It
 * is no snapshot: what comes and goes between two pages is seen or not.
 */
#include <npfs/security.h>

#include <stdlib.h>
#include <string.h>

#include "npfs/broker/access.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "npfs/sec/sd_change.h"

/* Bytes of one page; a descriptor fits. */
#define PAGE_LEN NP_WIRE_EXTRA_MAX

struct page {
	uint8_t *bytes; /* owned: PAGE_LEN */
	size_t len;
};

static bool page_add(struct page *page, const void *entry, size_t len)
{
	if (len > PAGE_LEN - page->len)
		return false;
	memcpy(page->bytes + page->len, entry, len);
	page->len += len;
	return true;
}

static bool has_instance(const struct np_caller *caller, const struct np_pipe *pipe)
{
	struct np_list *node;

	if (caller->token.is_anonymous)
		return false;
	np_list_for_each (node, &pipe->instances) {
		const struct np_instance *instance =
			np_list_entry(node, struct np_instance, pipe_link);

		if (instance->owner && instance->owner->uid == caller->token.uid)
			return true;
	}
	return false;
}

static bool may_see(const struct np_caller *caller, const struct np_pipe *pipe)
{
	uint32_t granted;

	return (!caller->token.is_anonymous &&
		(caller->token.uid == 0 || caller->token.is_administrator)) ||
	       np_caller_look(caller, pipe, READ_CONTROL, &granted) == STATUS_SUCCESS ||
	       has_instance(caller, pipe);
}

static void describe(const struct np_pipe *pipe, struct np_rep_inspect *rep)
{
	struct np_list *node;

	rep->flags = NP_INSPECTED_WHOLE;
	if (pipe->rejects_remote)
		rep->flags |= NP_INSPECTED_REJECTS_REMOTE;
	if (np_pipe_heeds_clients(pipe))
		rep->flags |= NP_INSPECTED_OLD_RULES;
	rep->type = pipe->type;
	rep->config = pipe->config;
	rep->n_listening = pipe->n_listening;
	rep->default_timeout = pipe->default_timeout;
	np_list_for_each (node, &pipe->waiters)
		rep->n_waiters++;
}

static void add_instances(const struct np_pipe *pipe, uint64_t after, struct page *page,
			  struct np_rep_inspect *rep)
{
	struct np_list *node;

	np_list_for_each (node, &pipe->instances) {
		const struct np_instance *instance =
			np_list_entry(node, struct np_instance, pipe_link);
		bool has_client = instance->state == NP_STATE_CONNECTED ||
				  instance->state == NP_STATE_CLOSING;
		struct np_wire_instance entry = {
			.id = instance->id,
			.state = instance->state,
			.client_pid = has_client ? instance->client_pid : 0,
			.client_uid = has_client ? instance->client_uid : 0,
			.inbound_quota = instance->inbound_quota,
			.outbound_quota = instance->outbound_quota,
		};

		if (instance->id <= after)
			continue;
		if (instance->owner) {
			entry.server_pid = instance->owner->pid;
			entry.server_session = instance->owner->session;
			entry.server_uid = instance->owner->uid;
		}
		if (!page_add(page, &entry, sizeof(entry)))
			return;
		rep->n_entries++;
		rep->cursor = instance->id;
	}
	rep->cursor = 0;
}

static void add_waiters(const struct np_pipe *pipe, uint64_t after, struct page *page,
			struct np_rep_inspect *rep)
{
	struct np_list *node;
	uint64_t n = 0;

	np_list_for_each (node, &pipe->waiters) {
		const struct np_waiter *waiter = np_list_entry(node, struct np_waiter, link);
		const struct np_client *client =
			np_container_of(waiter, struct np_client, waiter);
		const struct np_wire_waiter entry = {.pid = client->pid, .uid = client->uid};

		if (n++ < after)
			continue;
		if (!page_add(page, &entry, sizeof(entry)))
			return;
		rep->n_entries++;
		rep->cursor = n;
	}
	rep->cursor = 0;
}

/* Without the SACL, which takes a privilege to read. */
static npfs_status add_descriptor(const struct np_pipe *pipe, struct page *page)
{
	NP_CLEANUP_FREE void *parts = NULL;
	npfs_status status;
	size_t len = 0;

	status = np_sd_select(pipe->sd, pipe->sd_len,
			      NPFS_SECURITY_OWNER | NPFS_SECURITY_GROUP | NPFS_SECURITY_DACL,
			      &parts, &len);
	if (status != STATUS_SUCCESS)
		return status;
	return page_add(page, parts, len) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static npfs_status look(const struct np_caller *caller, const struct np_pipe *pipe,
			const struct np_req_inspect *req, struct page *page,
			struct np_rep_inspect *rep)
{
	bool sees_all = may_see(caller, pipe);

	if (!sees_all && req->part == NP_INSPECT_DESCRIPTOR)
		return STATUS_ACCESS_DENIED;
	rep->current_instances = np_pipe_count(pipe);
	rep->max_instances = pipe->max_instances;
	if (!sees_all)
		return STATUS_SUCCESS;
	describe(pipe, rep);
	switch (req->part) {
	case NP_INSPECT_INSTANCES:
		add_instances(pipe, req->after, page, rep);
		return STATUS_SUCCESS;
	case NP_INSPECT_WAITERS:
		add_waiters(pipe, req->after, page, rep);
		return STATUS_SUCCESS;
	default:
		rep->n_entries = 1;
		return add_descriptor(pipe, page);
	}
}

static npfs_status inspect(struct np_client *client, const struct np_wire_msg *msg,
			   struct page *page, struct np_rep_inspect *rep)
{
	const struct np_req_inspect *req = &msg->fixed.req.inspect;
	const struct np_pipe *pipe;
	struct np_caller caller;
	npfs_status status;

	if (req->part < NP_INSPECT_INSTANCES || req->part > NP_INSPECT_DESCRIPTOR ||
	    req->reserved)
		return STATUS_INVALID_PARAMETER;
	if (!page->bytes)
		return STATUS_INSUFFICIENT_RESOURCES;
	pipe = np_volume_find_pipe(&client->broker->volume, msg->name,
				   msg->header.name_len / 2);
	if (!pipe || pipe->n_servers == 0)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	status = np_caller_init(&caller, client, &req->as, false);
	if (status != STATUS_SUCCESS)
		return status;
	status = look(&caller, pipe, req, page, rep);
	np_caller_fini(&caller);
	return status;
}

int np_op_inspect_run(struct np_client *client, const struct np_wire_msg *msg)
{
	NP_CLEANUP_FREE uint8_t *bytes = malloc(PAGE_LEN);
	struct np_rep_inspect rep = {.flags = 0};
	struct page page = {.bytes = bytes};
	npfs_status status = inspect(client, msg, &page, &rep);

	return np_client_reply(client, NP_OP_INSPECT, msg->header.tag, status, &rep,
			       page.bytes, status == STATUS_SUCCESS ? page.len : 0, NULL, 0);
}

/* The checks of an open, in its order. */
static npfs_status try_open(const struct np_caller *caller, const struct np_wire_msg *msg,
			    uint32_t *allowedp)
{
	const struct np_req_probe *req = &msg->fixed.req.probe;
	const struct np_req_open open = {.access = req->access, .rules = req->rules};
	uint32_t wanted = np_access_map_file(req->access) & ~FILE_CREATE_PIPE_INSTANCE;
	struct np_pipe *pipe = NULL;
	uint32_t granted = 0;
	npfs_status status;

	status = np_volume_resolve_open(&caller->client->broker->volume, &open, msg->name,
					msg->header.name_len / 2, &pipe);
	if (status != STATUS_SUCCESS)
		return status;
	if (np_caller_look(caller, pipe, MAXIMUM_ALLOWED, allowedp) != STATUS_SUCCESS)
		*allowedp = 0;
	status = np_caller_look(caller, pipe, wanted, &granted);
	if (status != STATUS_SUCCESS)
		return status;
	if (((granted & FILE_READ_DATA) && pipe->config == FILE_PIPE_INBOUND) ||
	    ((granted & FILE_WRITE_DATA) && pipe->config == FILE_PIPE_OUTBOUND))
		return STATUS_ACCESS_DENIED;
	return pipe->n_listening > 0 ? STATUS_SUCCESS : STATUS_PIPE_NOT_AVAILABLE;
}

int np_op_probe_run(struct np_client *client, const struct np_wire_msg *msg)
{
	struct np_rep_probe rep = {.allowed = 0};
	struct np_caller caller;
	npfs_status status;

	status = np_caller_init(&caller, client, &msg->fixed.req.probe.as, false);
	if (status == STATUS_SUCCESS) {
		status = try_open(&caller, msg, &rep.allowed);
		np_caller_fini(&caller);
	}
	return np_client_reply(client, NP_OP_PROBE, msg->header.tag, status, &rep, NULL, 0,
			       NULL, 0);
}
