/* SPDX-License-Identifier: MIT */
/*
 * The requests of a claim, one after the other (model: claim.h)
 */
#include "npfs/client/claim.h"

#include <errno.h>
#include <string.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/client/call.h"
#include "npfs/client/conn.h"
#include "npfs/client/object.h"
#include "npfs/client/recover.h"
#include "npfs/client/registry.h"

bool np_claim_is_needed(void)
{
	return !np_registry_is_empty() || np_object_any();
}

/* A request that is answered with a channel. Return: 0 or -errno. */
static int exchange_channel(const struct np_conn_request *request, npfs_status *statusp,
			    struct np_call_channel *channel)
{
	struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	int r = np_conn_exchange(request, &reply);

	if (r < 0)
		return r;
	*statusp = reply.status;
	channel->shm_fd = np_take_fd(reply.fds[0]);
	channel->sock_fd = np_take_fd(reply.fds[1]);
	np_conn_reply_fini(&reply);
	return 0;
}

/* Return: 0 or -errno. */
static int claim_instance(const struct np_registry_claim *claim)
{
	const struct np_req_claim fixed = {
		.instance_id = claim->id,
		.warrant = claim->warrant,
		.flags = claim->listens ? NP_CLAIM_LISTENS : 0,
	};
	const struct np_conn_request request = {.op = NP_OP_CLAIM, .fixed = &fixed};
	struct np_call_channel channel = NP_CALL_CHANNEL_INIT;
	npfs_status status;
	int r = exchange_channel(&request, &status, &channel);

	if (r == 0)
		np_registry_answer(claim->id, status, &channel);
	return r;
}

/* What the broker does not know goes on between its holders. Return: 0 or -errno. */
static int claim_object(const struct np_object_claim *claim)
{
	struct np_req_object_claim fixed = {
		.id = claim->id,
		.holder = claim->holder,
		.n_opens = claim->n_opens,
	};
	const struct np_conn_request request = {
		.op = NP_OP_OBJECT_CLAIM,
		.fixed = &fixed,
		.fds = claim->fds,
		.n_fds = 2,
	};
	struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	int r;

	memcpy(fixed.cookie, claim->cookie, sizeof(fixed.cookie));
	r = np_conn_exchange(&request, &reply);
	np_conn_reply_fini(&reply);
	return r;
}

static int claim_objects(uint64_t epoch)
{
	struct np_object_claim claim;
	int r = 0;

	while (r == 0 && np_object_next_claim(epoch, &claim)) {
		r = claim_object(&claim);
		np_object_end_claim(&claim);
	}
	return r;
}

/* np_claim_all() - claim all that the process has */
int np_claim_all(void)
{
	const struct np_req_claim fixed = {.flags = NP_CLAIM_LAST};
	const struct np_conn_request request = {.op = NP_OP_CLAIM, .fixed = &fixed};
	struct np_conn_reply reply = NP_CONN_REPLY_INIT;
	uint64_t epoch = np_registry_begin_round();
	struct np_registry_claim claim;
	int r = 0;

	while (r == 0 && np_registry_next_claim(epoch, &claim))
		r = claim_instance(&claim);
	if (r == 0)
		r = claim_objects(epoch);
	if (r == 0)
		r = np_conn_exchange(&request, &reply);
	np_conn_reply_fini(&reply);
	if (r == 0 && !np_registry_is_empty())
		np_recover_kick(); /* the ends have to fetch what came */
	return r;
}

/* np_claim_channel() - a channel for an instance that got none when it was claimed */
int np_claim_channel(uint64_t id)
{
	const struct np_req_listen fixed = {.instance_id = id};
	const struct np_conn_request request = {.op = NP_OP_LISTEN, .fixed = &fixed};
	struct np_call_channel channel = NP_CALL_CHANNEL_INIT;
	npfs_status status;
	int r = exchange_channel(&request, &status, &channel);

	if (r < 0)
		return r;
	if (status == STATUS_SUCCESS || status == STATUS_INVALID_HANDLE) {
		np_registry_answer(id, status, &channel);
		return 0;
	}
	np_fd_close(channel.shm_fd);
	np_fd_close(channel.sock_fd);
	return np_err(-ENOMEM);
}
