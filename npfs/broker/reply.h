/* SPDX-License-Identifier: MIT */
/*
 * Parts of replies that several operations share
 */
#pragma once

#include <string.h>

#include "npfs/broker/seal.h"
#include "npfs/core/instance.h"
#include "npfs/core/pipe.h"
#include "npfs/proto/wire.h"

/*
 * Fills in what is the same for both ends; information and granted access are the
 * caller's.
 */
static inline void np_reply_describe(struct np_rep_create *rep,
				     const struct np_instance *instance)
{
	const struct np_pipe *pipe = instance->pipe;

	rep->instance_id = instance->id;
	rep->type = pipe->type;
	rep->config = pipe->config;
	rep->max_instances = pipe->max_instances;
	rep->inbound_quota = instance->inbound_quota;
	rep->outbound_quota = instance->outbound_quota;
	rep->server_pid = instance->owner->pid;
	rep->server_session = instance->owner->session;
}

/*
 * Bytes of the pipe's name, when its creator spells it otherwise than the request does: they go
 * behind the reply. Else 0.
 */
static inline size_t np_reply_spelling(const struct np_instance *instance, const void *name,
				       size_t name_len)
{
	const struct np_pipe *pipe = instance->pipe;
	size_t len = pipe->name_len * sizeof(*pipe->name);

	return len == name_len && memcmp(pipe->name, name, len) == 0 ? 0 : len;
}

/* The rights of this end, and the ticket for them; @connection is 0 for a server end. */
static inline void np_reply_grant(struct np_rep_create *rep,
				  const struct np_seal_secret *secret,
				  const struct np_instance *instance, uint64_t connection,
				  uint32_t access)
{
	rep->granted_access = access;
	rep->ticket =
		np_seal_ticket(secret, instance->pipe->serial, connection, access);
}
