/* SPDX-License-Identifier: MIT */
/*
 * Making introductions, sealing them and knowing them again (model: intro.h)
 */
#include "npfs/broker/intro.h"

#include <string.h>

#include "npfs/broker/access.h"
#include "npfs/broker/client.h"
#include "npfs/broker/seal.h"

/**
 * np_intro_make() - say who the caller is
 * @intro:	filled in
 * @caller:	of np_caller_init(); borrowed
 * @args:	the rest
 *
 * Return: bytes of it that count.
 */
size_t np_intro_make(struct np_intro *intro, const struct np_caller *caller,
		     const struct np_intro_args *args)
{
	const struct np_sec_token *token = &caller->token;

	intro->hello = (struct np_channel_hello){
		.magic = NP_CHANNEL_MAGIC,
		.version = NP_CHANNEL_VERSION,
		.client_pid = caller->client->pid,
		.client_uid = token->uid,
		.client_gid = token->gid,
		.client_session = caller->client->session,
		.granted_access = args->access,
		.flags = args->flags,
		.privileges = args->privileges,
		.connection = args->connection,
	};
	if (token->is_anonymous)
		intro->hello.flags |= NP_HELLO_ANONYMOUS;
	else if (token->n_gids > NP_HELLO_GIDS_MAX)
		intro->hello.flags |= NP_HELLO_SOME_GROUPS;
	else
		intro->hello.n_gids = (uint32_t)token->n_gids;
	if (intro->hello.n_gids > 0)
		memcpy(intro->gids, token->gids, intro->hello.n_gids * sizeof(uint32_t));
	return offsetof(struct np_intro, gids) + intro->hello.n_gids * sizeof(uint32_t);
}

/* np_intro_seal() - say that it is ours; @len as np_intro_make() returned it */
void np_intro_seal(struct np_intro *intro, size_t len, const struct np_seal_secret *secret)
{
	intro->hello.seal = 0;
	intro->hello.seal = np_seal_hash(secret, intro, len);
}

/* np_intro_fits() - did a broker with this secret seal these bytes? Of any alignment */
bool np_intro_fits(const void *packet, size_t len, const struct np_seal_secret *secret)
{
	struct np_intro intro;
	uint64_t seal;

	if (len < offsetof(struct np_intro, gids) || len > sizeof(intro))
		return false;
	memcpy(&intro, packet, len);
	if (intro.hello.magic != NP_CHANNEL_MAGIC ||
	    intro.hello.n_gids > NP_HELLO_GIDS_MAX ||
	    len != offsetof(struct np_intro, gids) + intro.hello.n_gids * sizeof(uint32_t))
		return false;
	seal = intro.hello.seal;
	np_intro_seal(&intro, len, secret);
	return intro.hello.seal == seal;
}
