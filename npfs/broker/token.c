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
	token->limits = limits;
	token->user = user;
	token->name_bytes = name_bytes;
	np_user_charge(user, NP_LIMIT_PIPES, 1);
	np_user_charge(user, NP_LIMIT_NAME_BYTES, name_bytes);
	*tokenp = token;
	return 0;
}

/* np_token_free() - refund the user. Return: NULL */
struct np_token *np_token_free(struct np_token *token)
{
	if (!token)
		return NULL;
	np_user_refund(token->user, NP_LIMIT_PIPES, 1);
	np_user_refund(token->user, NP_LIMIT_NAME_BYTES, token->name_bytes);
	np_user_put(token->limits, token->user);
	free(token);
	return NULL;
}
