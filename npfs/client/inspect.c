/* SPDX-License-Identifier: MIT */
/*
 * Looking at the name space from outside (contract: <npfs/inspect.h>)
 *
 * Requests are made as what the calling thread wears. What is in a reply is checked as it is
 * read.
 */
#include <npfs/inspect.h>

#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/client/call.h"
#include "npfs/client/conn.h"
#include "npfs/client/identity.h"
#include "npfs/client/process.h"
#include "npfs/core/personality.h"
#include "npfs/proto/wire.h"

#define NP_CLEANUP_REPLY NP_CLEANUP(np_conn_reply_fini)

npfs_status npfs_broker_query(struct npfs_broker_info *infop)
{
	struct np_call_stats stats;
	npfs_status status;

	if (infop->size != sizeof(*infop))
		return STATUS_INVALID_PARAMETER;
	np_process_init();
	status = np_call_stats(&stats);
	if (status != STATUS_SUCCESS)
		return status;
	infop->pid = stats.broker_pid;
	infop->n_clients = stats.n_clients;
	infop->n_pipes = stats.n_pipes;
	infop->n_instances = stats.n_instances;
	infop->n_waiters = stats.n_waiters;
	infop->n_accepted = stats.n_accepted;
	infop->n_dropped = stats.n_dropped;
	infop->n_requests = stats.n_requests;
	return STATUS_SUCCESS;
}

/* One page. @reply is the caller's to release. */
static npfs_status inspect(const uint16_t *name, size_t name_len, uint32_t part,
			   uint64_t after, struct np_conn_reply *reply)
{
	struct np_req_inspect fixed = {.part = part, .after = after};
	const struct np_conn_request request = {
		.op = NP_OP_INSPECT,
		.fixed = &fixed,
		.name = name,
		.name_len = name_len * sizeof(*name),
	};

	np_process_init();
	return np_identity_call(&request, &fixed.as, reply);
}

npfs_status npfs_inspect_pipe(const uint16_t *name, size_t name_len,
			      struct npfs_inspect *infop)
{
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	const struct np_rep_inspect *rep = &reply.rep.inspect;
	npfs_status status;

	if (infop->size != sizeof(*infop))
		return STATUS_INVALID_PARAMETER;
	status = inspect(name, name_len, NP_INSPECT_WAITERS, UINT64_MAX, &reply);
	if (status != STATUS_SUCCESS)
		return status;
	*infop = (struct npfs_inspect){
		.size = sizeof(*infop),
		.flags = rep->flags,
		.current_instances = rep->current_instances,
		.max_instances = rep->max_instances,
		.type = rep->type,
		.config = rep->config,
		.n_listening = rep->n_listening,
		.n_waiters = rep->n_waiters,
		.default_timeout = rep->default_timeout,
	};
	return STATUS_SUCCESS;
}

/* Return: false when @fn has had enough. */
static bool tell_instance(const void *raw, void (*fn)(void), void *user)
{
	bool (*tell)(const struct npfs_inspect_instance *, void *) =
		(bool (*)(const struct npfs_inspect_instance *, void *))fn;
	struct np_wire_instance entry;

	memcpy(&entry, raw, sizeof(entry));
	return tell(&(struct npfs_inspect_instance){
			    .id = entry.id,
			    .state = entry.state,
			    .server_pid = entry.server_pid,
			    .server_session = entry.server_session,
			    .server_uid = entry.server_uid,
			    .client_pid = entry.client_pid,
			    .client_uid = entry.client_uid,
			    .inbound_quota = entry.inbound_quota,
			    .outbound_quota = entry.outbound_quota,
		    },
		    user);
}

static bool tell_waiter(const void *raw, void (*fn)(void), void *user)
{
	bool (*tell)(const struct npfs_inspect_waiter *, void *) =
		(bool (*)(const struct npfs_inspect_waiter *, void *))fn;
	struct np_wire_waiter entry;

	memcpy(&entry, raw, sizeof(entry));
	return tell(&(struct npfs_inspect_waiter){.pid = entry.pid, .uid = entry.uid}, user);
}

/* All pages of a part whose entries are @entry_len long. */
static npfs_status tell_all(const uint16_t *name, size_t name_len, uint32_t part,
			    size_t entry_len,
			    bool (*tell)(const void *raw, void (*fn)(void), void *user),
			    void (*fn)(void), void *user)
{
	uint64_t after = 0;

	do {
		NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
		npfs_status status = inspect(name, name_len, part, after, &reply);
		const struct np_rep_inspect *rep = &reply.rep.inspect;
		const uint8_t *p = reply.extra;
		uint32_t i;

		if (status != STATUS_SUCCESS)
			return status;
		if (reply.extra_len / entry_len < rep->n_entries ||
		    (rep->cursor != 0 && rep->cursor <= after))
			return STATUS_PIPE_BROKEN;
		for (i = 0; i < rep->n_entries; i++)
			if (!tell(p + i * entry_len, fn, user))
				return STATUS_SUCCESS;
		after = rep->cursor;
	} while (after != 0);
	return STATUS_SUCCESS;
}

npfs_status npfs_inspect_instances(const uint16_t *name, size_t name_len,
				   bool (*fn)(const struct npfs_inspect_instance *instance,
					      void *user),
				   void *user)
{
	return tell_all(name, name_len, NP_INSPECT_INSTANCES, sizeof(struct np_wire_instance),
			tell_instance, (void (*)(void))fn, user);
}

npfs_status npfs_inspect_waiters(const uint16_t *name, size_t name_len,
				 bool (*fn)(const struct npfs_inspect_waiter *waiter,
					    void *user),
				 void *user)
{
	return tell_all(name, name_len, NP_INSPECT_WAITERS, sizeof(struct np_wire_waiter),
			tell_waiter, (void (*)(void))fn, user);
}

npfs_status npfs_inspect_security(const uint16_t *name, size_t name_len, void *sd,
				  uint32_t size, uint32_t *neededp)
{
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status = inspect(name, name_len, NP_INSPECT_DESCRIPTOR, 0, &reply);

	if (status != STATUS_SUCCESS)
		return status;
	*neededp = (uint32_t)reply.extra_len;
	if (reply.extra_len > size)
		return STATUS_BUFFER_TOO_SMALL;
	if (reply.extra_len > 0)
		memcpy(sd, reply.extra, reply.extra_len);
	return STATUS_SUCCESS;
}

npfs_status npfs_inspect_open(const uint16_t *name, size_t name_len, uint32_t access,
			      uint32_t *allowedp)
{
	struct np_req_probe fixed = {
		.access = access,
		.rules = np_rules_pack(np_personality()),
	};
	const struct np_conn_request request = {
		.op = NP_OP_PROBE,
		.fixed = &fixed,
		.name = name,
		.name_len = name_len * sizeof(*name),
	};
	NP_CLEANUP_REPLY struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	npfs_status status;

	np_process_init();
	status = np_identity_call(&request, &fixed.as, &reply);
	if (reply.status != STATUS_UNSUCCESSFUL) /* an answer */
		*allowedp = reply.rep.probe.allowed;
	return status;
}
