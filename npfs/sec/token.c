/* SPDX-License-Identifier: MIT */
/*
 * Tokens: what is in them (table: token.h)
 */
#include "npfs/sec/token.h"

#include <stdlib.h>

static int gid_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static bool has_gid(const struct np_sec_token *token, uint32_t gid)
{
	if (gid == token->gid)
		return true;
	return token->n_gids > 0 && bsearch(&gid, token->gids, token->n_gids, sizeof(gid),
					    gid_compare) != NULL;
}

/* Sorts only what is not sorted: the kernel's lists nearly always are. */
static void gids_sort(uint32_t *gids, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++) {
		if (gids[i - 1] > gids[i]) {
			qsort(gids, n, sizeof(*gids), gid_compare);
			return;
		}
	}
}

/**
 * np_sec_token_init() - make a token
 * @token:	made
 * @uid:	effective user
 * @gid:	effective group
 * @gids:	supplementary groups, put in order here and borrowed; NULL with @n_gids 0
 * @n_gids:	how many
 * @administrators_gid: the group that is Administrators, or NP_SEC_NO_GID
 * @is_remote:	it stands for a client on another machine
 */
void np_sec_token_init(struct np_sec_token *token, uint32_t uid, uint32_t gid,
		       uint32_t *gids, size_t n_gids, uint32_t administrators_gid,
		       bool is_remote)
{
	gids_sort(gids, n_gids);
	*token = (struct np_sec_token){
		.uid = uid,
		.gid = gid,
		.gids = gids,
		.n_gids = n_gids,
		.is_remote = is_remote,
	};
	token->is_administrator = uid == 0 || (administrators_gid != NP_SEC_NO_GID &&
					       has_gid(token, administrators_gid));
	if (uid == 0)
		token->privileges = NP_SEC_PRIVILEGE_SECURITY |
				    NP_SEC_PRIVILEGE_TAKE_OWNERSHIP |
				    NP_SEC_PRIVILEGE_RESTORE;
}

/* np_sec_token_set_anonymous() - take away everything that it was */
void np_sec_token_set_anonymous(struct np_sec_token *token)
{
	token->is_anonymous = true;
	token->is_administrator = false;
	token->service = NULL;
	token->privileges = 0;
}

/* np_sec_token_user() - who owns what the caller makes */
struct np_sid np_sec_token_user(const struct np_sec_token *token)
{
	return token->is_anonymous ? np_sid_anonymous : np_sid_of_uid(token->uid);
}

/* np_sec_token_group() - the group of what the caller makes */
struct np_sid np_sec_token_group(const struct np_sec_token *token)
{
	return token->is_anonymous ? np_sid_anonymous : np_sid_of_gid(token->gid);
}

/* Is the identity @sid in @token? */
bool np_sec_token_has(const struct np_sec_token *token, const struct np_sid *sid)
{
	if (token->is_anonymous)
		return np_sid_is_equal(sid, &np_sid_anonymous);
	if (sid->authority == NP_SID_AUTHORITY_UNIX) {
		if (sid->n_subs != 2)
			return false;
		if (sid->subs[0] == NP_SID_UNIX_USER)
			return sid->subs[1] == token->uid;
		return sid->subs[0] == NP_SID_UNIX_GROUP && has_gid(token, sid->subs[1]);
	}
	if (np_sid_is_equal(sid, &np_sid_everyone) ||
	    np_sid_is_equal(sid, &np_sid_authenticated))
		return true;
	if (np_sid_is_equal(sid, &np_sid_interactive))
		return !token->is_remote;
	if (np_sid_is_equal(sid, &np_sid_network))
		return token->is_remote;
	if (token->service && np_sid_is_equal(sid, token->service))
		return true;
	if (np_sid_is_equal(sid, &np_sid_system))
		return token->uid == 0;
	return token->is_administrator && np_sid_is_equal(sid, &np_sid_administrators);
}

/*
 * np_sec_token_may_own() - may the caller make @sid the owner of a new object?
 *
 * Its user and Administrators, when it is one, are in its gift; others need the
 * privilege.
 */
bool np_sec_token_may_own(const struct np_sec_token *token, const struct np_sid *sid)
{
	const struct np_sid user = np_sec_token_user(token);

	if (token->privileges & NP_SEC_PRIVILEGE_RESTORE)
		return true;
	return np_sid_is_equal(sid, &user) ||
	       (token->is_administrator && np_sid_is_equal(sid, &np_sid_administrators));
}
