/* SPDX-License-Identifier: MIT */
/*
 * Finding and replacing descriptors (model: guard.h)
 */
#include "npfs/broker/guard.h"

#include <stdlib.h>

#include "npfs/broker/broker.h"
#include "npfs/broker/token.h"
#include "npfs/core/pipe.h"

/**
 * np_guard_find() - the descriptor behind a ticket
 * @broker:	whose seal it must have
 * @ticket:	as it came
 * @rights:	which of these the ticket must have all
 * @guardp:	valid until the next request
 *
 * Return: STATUS_SUCCESS; STATUS_ACCESS_DENIED: the end has not the rights;
 * STATUS_PIPE_DISCONNECTED: no ticket of this broker's, or of a pipe it has forgotten.
 */
npfs_status np_guard_find(struct np_broker *broker, const struct np_ticket *ticket,
			  uint32_t rights, struct np_guard *guardp)
{
	struct np_token *token;
	struct np_pipe *pipe;

	if (!np_seal_fits(&broker->secret, ticket))
		return STATUS_PIPE_DISCONNECTED;
	if (rights & ~ticket->access)
		return STATUS_ACCESS_DENIED;
	pipe = np_volume_find_serial(&broker->volume, ticket->serial);
	if (pipe) {
		guardp->sdp = &pipe->sd;
		guardp->lenp = &pipe->sd_len;
		guardp->token = pipe->token ?
			np_container_of(pipe->token, struct np_token, done) : NULL;
		return STATUS_SUCCESS;
	}
	token = np_map_get_u64(&broker->limits.retired, ticket->serial);
	if (!token)
		return STATUS_PIPE_DISCONNECTED;
	guardp->sdp = &token->heir.sd;
	guardp->lenp = &token->heir.sd_len;
	guardp->token = token;
	return STATUS_SUCCESS;
}

/**
 * np_guard_replace() - put another descriptor in its place
 * @guard:	of np_guard_find()
 * @sd:		from malloc(), taken on every status
 * @len:	in bytes
 *
 * Return: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES: who pays for the name has no
 * budget for more bytes, or there are more than any descriptor may have.
 */
npfs_status np_guard_replace(struct np_guard *guard, void *sd, size_t len)
{
	if (len > NP_WIRE_EXTRA_MAX ||
	    (guard->token && !np_token_resize(guard->token, *guard->lenp, len))) {
		free(sd);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	free(*guard->sdp);
	*guard->sdp = sd;
	*guard->lenp = len;
	return STATUS_SUCCESS;
}
