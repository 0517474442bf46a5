/* SPDX-License-Identifier: MIT */
/*
 * Charging and refunding names (theory: token.h)
 */
#include "npfs/broker/token.h"

#include <errno.h>
#include <stdlib.h>

#include "npfs/base/err.h"

/**
 * np_token_new() - charge a user for a name
 * @tokenp:	the receipt, owned by the caller
 * @limits:	borrowed
 * @user:	borrowed
 * @name_bytes:	memory the name and its descriptor take
 *
 * Return: 0; -EDQUOT when the user has no more room; -ENOMEM.
 */
int np_token_new(struct np_token **tokenp, struct np_limits *limits, struct np_user *user,
		 uint64_t name_bytes)
{
	struct np_token *token;

	if (!np_user_can_charge(limits, user, NP_LIMIT_PIPES, 1) ||
	    !np_user_can_charge(limits, user, NP_LIMIT_NAME_BYTES, name_bytes))
		return np_err(-EDQUOT);
	token = calloc(1, sizeof(*token));
	if (!token)
		return np_err(-ENOMEM);
	np_done_init(&token->done, NP_DONE_PIPE);
	np_list_init(&token->link);
	np_list_init(&token->all_link);
	token->limits = limits;
	token->user = user;
	token->name_bytes = name_bytes;
	np_user_charge(user, NP_LIMIT_PIPES, 1);
	np_user_charge(user, NP_LIMIT_NAME_BYTES, name_bytes);
	*tokenp = token;
	return 0;
}

/* np_token_watch() - @pipe is the one: inherit its descriptor when it goes */
void np_token_watch(struct np_token *token, struct np_pipe *pipe)
{
	token->heir.serial = pipe->serial;
	pipe->heir = &token->heir;
}

/* np_token_retire() - the name is gone: refund it; what it left is kept for a while */
void np_token_retire(struct np_token *token)
{
	struct np_user *user = token->user;

	if (!token->heir.sd ||
	    np_map_put_u64(&token->limits->retired, token->heir.serial, token) < 0) {
		np_token_free(token);
		return;
	}
	np_user_refund(user, NP_LIMIT_PIPES, 1);
	np_list_push_back(&user->retired, &token->link);
	np_list_push_back(&token->limits->retired_all, &token->all_link);
	if (++user->n_retired > NP_TOKEN_RETIRED_MAX)
		np_token_free(np_list_entry(np_list_first(&user->retired),
					    struct np_token, link));
}

/*
 * np_token_resize() - the descriptor has another length from now on
 *
 * Return: whether the user has the budget; else nothing has changed.
 */
bool np_token_resize(struct np_token *token, uint64_t old_len, uint64_t new_len)
{
	uint64_t more = new_len > old_len ? new_len - old_len : 0;

	if (!np_user_can_charge(token->limits, token->user, NP_LIMIT_NAME_BYTES, more))
		return false;
	np_user_charge(token->user, NP_LIMIT_NAME_BYTES, more);
	token->name_bytes += more;
	return true;
}

/* np_token_free() - refund the user. Return: NULL */
struct np_token *np_token_free(struct np_token *token)
{
	if (!token)
		return NULL;
	if (np_list_is_linked(&token->link)) {
		np_list_remove(&token->link);
		np_list_remove(&token->all_link);
		token->user->n_retired--;
		np_map_remove_u64(&token->limits->retired, token->heir.serial);
	} else {
		np_user_refund(token->user, NP_LIMIT_PIPES, 1);
	}
	free(token->heir.sd);
	np_user_refund(token->user, NP_LIMIT_NAME_BYTES, token->name_bytes);
	np_user_put(token->limits, token->user);
	free(token);
	return NULL;
}
