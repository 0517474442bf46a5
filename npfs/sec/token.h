/* SPDX-License-Identifier: MIT */
/*
 * A token: who asks, as far as access is concerned
 *
 * A token is made from what the kernel says of a process: its user, its groups, whether
 * it stands for a client on another machine. It is not a list of identifiers: whether an
 * identity is in it is worked out from the identifier asked for.
 *
 *	S-1-22-1-uid			that user
 *	S-1-22-2-gid			every group, the primary one and the others
 *	S-1-1-0, S-1-5-11		everybody (Everyone, Authenticated Users)
 *	S-1-5-4 or S-1-5-2		local and remote callers (Interactive, Network)
 *	S-1-5-18			uid 0 (LocalSystem)
 *	S-1-5-19, S-1-5-20		the users that were made LocalService, NetworkService
 *	S-1-5-32-544			uid 0, and who is in the group that was made
 *					Administrators
 *
 * A token can be made anonymous. Then S-1-5-7 is in it and nothing else, not even
 * Everyone, as on Windows since XP.
 *
 * uid 0 holds the privileges that go with access checks, too. They do not pass by a DACL:
 * one that admits nobody admits no LocalSystem either.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npfs/sec/sid.h"

/* No group is made Administrators, no user a service. */
#define NP_SEC_NO_GID UINT32_MAX
#define NP_SEC_NO_UID UINT32_MAX

/* Privileges. */
#define NP_SEC_PRIVILEGE_SECURITY       0x1u /* ACCESS_SYSTEM_SECURITY */
#define NP_SEC_PRIVILEGE_TAKE_OWNERSHIP 0x2u /* WRITE_OWNER whatever the DACL says */
#define NP_SEC_PRIVILEGE_RESTORE        0x4u /* anybody may be made owner */

struct np_sec_token {
	uint32_t uid;
	uint32_t gid;
	const uint32_t *gids; /* borrowed: ascending */
	size_t n_gids;
	bool is_remote;
	bool is_administrator;
	bool is_anonymous;
	const struct np_sid *service; /* borrowed: what else it is, or NULL */
	uint32_t privileges; /* NP_SEC_PRIVILEGE_ */
};

void np_sec_token_init(struct np_sec_token *token, uint32_t uid, uint32_t gid,
		       uint32_t *gids, size_t n_gids, uint32_t administrators_gid,
		       bool is_remote);
void np_sec_token_set_anonymous(struct np_sec_token *token);
struct np_sid np_sec_token_user(const struct np_sec_token *token);
struct np_sid np_sec_token_group(const struct np_sec_token *token);
bool np_sec_token_has(const struct np_sec_token *token, const struct np_sid *sid);
bool np_sec_token_may_own(const struct np_sec_token *token, const struct np_sid *sid);
