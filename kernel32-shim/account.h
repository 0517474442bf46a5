/* SPDX-License-Identifier: MIT */
/*
 * Accounts: identifiers and the names they go by
 *
 *	identifier	domain		name			from
 *	S-1-22-1-uid	Unix User	the user's		passwd, through NSS
 *	S-1-22-2-gid	Unix Group	the group's		group, through NSS
 *	named ones	theirs		theirs			known_sid.h
 *	S-1-5-21-a-b-c	the machine	the machine		machine_sid.h
 *
 * A name may be qualified, DOMAIN\name; the machine's name and a dot as domain mean users
 * and groups of this machine, as on Windows. Without domain a name is looked for among the
 * named identities, then the machine, users, groups. Names of Windows compare in either
 * case, names of Unix as NSS compares them.
 *
 * NSS may ask a service and so may block. Names are UTF-8. Nothing is cached: the next
 * call sees a changed user database.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <windows.h>

struct account {
	char *name;   /* owned */
	char *domain; /* owned */
	SID_NAME_USE use;
	DWORD sid[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
};

/* account_by_sid(), account_by_name() - look an account up; @sid is a valid identifier
 * Return: 0 and an account for account_fini(); ERROR_NONE_MAPPED;
 * ERROR_NOT_ENOUGH_MEMORY */
DWORD account_by_sid(const void *sid, struct account *accountp);
DWORD account_by_name(const char *name, struct account *accountp);

void account_fini(struct account *account);

/* account_user_name() - the name of a user, for free(); the number as text for one that
 * has no name; NULL without memory */
char *account_user_name(uid_t uid);

/* account_user_sid(), account_group_sid() - S-1-22-1-uid, S-1-22-2-gid */
void account_user_sid(uid_t uid, void *sid);
void account_group_sid(gid_t gid, void *sid);

/* account_is_member() - is who stands behind @sid also the identity @group? Groups of a
 * user are those of the user database. Both are valid identifiers. */
bool account_is_member(const void *sid, const void *group);
