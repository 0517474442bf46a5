/* SPDX-License-Identifier: MIT */
/*
 * Callers and their access checks (model: access.h)
 */
#include "npfs/broker/access.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "npfs/base/clock.h"
#include "npfs/broker/audit.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/core/pipe.h"
#include "npfs/proto/wire.h"
#include "npfs/sec/check.h"

static_assert(sizeof(gid_t) == sizeof(uint32_t), "the kernel's groups are ours");

/* Asks for the peer's groups. Return: 0, -ERANGE with the bytes needed, -errno. */
static int peer_groups(int fd, uint32_t *gids, socklen_t *lenp)
{
	return getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, gids, lenp) < 0 ? -errno : 0;
}

/**
 * np_caller_init() - learn who asks
 * @caller:	made; np_caller_fini() is right on every status
 * @client:	whose request it is, borrowed
 * @as:		as whom it is made
 * @is_remote:	it stands for a client on another machine
 *
 * Return: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES without memory;
 * STATUS_ACCESS_DENIED when the kernel does not tell; STATUS_NO_IMPERSONATION_TOKEN for a
 * key no connection has; STATUS_INVALID_PARAMETER for unknown flags.
 */
npfs_status np_caller_init(struct np_caller *caller, struct np_client *client,
			   const struct np_as *as, bool is_remote)
{
	const struct np_options *options = client->broker->options;
	struct np_client *subject = client;
	socklen_t len = sizeof(caller->few_gids);
	uint32_t *gids = caller->few_gids;
	int r;

	caller->client = client;
	caller->many_gids = NULL;
	if ((as->flags & ~NP_AS_FLAGS) || as->reserved)
		return STATUS_INVALID_PARAMETER;
	if (as->key[0] || as->key[1])
		subject = np_map_get(&client->broker->keys, as->key, sizeof(as->key));
	if (!subject)
		return STATUS_NO_IMPERSONATION_TOKEN;
	r = peer_groups(subject->fd, gids, &len);
	if (r == -ERANGE) {
		gids = caller->many_gids = malloc(len);
		if (!gids)
			return STATUS_INSUFFICIENT_RESOURCES;
		r = peer_groups(subject->fd, gids, &len);
	}
	if (r < 0) {
		np_caller_fini(caller);
		return STATUS_ACCESS_DENIED;
	}
	np_sec_token_init(&caller->token, subject->uid, subject->gid, gids,
			  len / sizeof(*gids), options->administrators_gid, is_remote);
	if (as->flags & NP_AS_ANONYMOUS)
		np_sec_token_set_anonymous(&caller->token);
	else if (subject->uid == options->local_service_uid)
		caller->token.service = &np_sid_local_service;
	else if (subject->uid == options->network_service_uid)
		caller->token.service = &np_sid_network_service;
	return STATUS_SUCCESS;
}

/* np_caller_fini() - release; twice is harmless */
void np_caller_fini(struct np_caller *caller)
{
	free(np_take_ptr(caller->many_gids));
}

/*
 * np_caller_look() - as np_caller_check(), for who only wants to know: nothing is put on
 * record
 */
npfs_status np_caller_look(const struct np_caller *caller, const struct np_pipe *pipe,
			   uint32_t desired, uint32_t *grantedp)
{
	struct np_access access;
	npfs_status status;

	assert(pipe->sd);
	status = np_access_check_bytes(pipe->sd, pipe->sd_len, &caller->token, desired,
				       &access);
	*grantedp = access.granted;
	return status;
}

/**
 * np_caller_check() - may the caller have this access? A refusal is put on record
 * @caller:	who asks
 * @verb:	what for, for the record
 * @pipe:	what is asked for; has a descriptor
 * @desired:	rights
 * @grantedp:	the rights, without generic ones and MAXIMUM_ALLOWED; of a refused request
 *		those that would have been granted
 *
 * Return: as np_access_check().
 */
npfs_status np_caller_check(const struct np_caller *caller, const char *verb,
			    const struct np_pipe *pipe, uint32_t desired,
			    uint32_t *grantedp)
{
	const struct np_client *client = caller->client;
	npfs_status status = np_caller_look(caller, pipe, desired, grantedp);

	if (status != STATUS_SUCCESS) {
		const struct np_audit_entry entry = {
			.verb = verb,
			.pid = client->pid,
			.uid = caller->token.uid,
			.gid = caller->token.gid,
			.name = pipe->name,
			.name_len = pipe->name_len,
			.asked = desired,
			.granted = *grantedp,
		};

		np_audit_refusal(&client->broker->audit, &entry, np_clock_now_ns());
	}
	return status;
}
