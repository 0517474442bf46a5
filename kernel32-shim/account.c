/* SPDX-License-Identifier: MIT */
/* Looking accounts up.  See account.h. */
#include "kernel32-shim/account.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "kernel32-shim/known_sid.h"
#include "kernel32-shim/machine_sid.h"
#include "kernel32-shim/securitydesc.h"

#define UNIX_AUTHORITY    22
#define UNIX_USERS        1u
#define UNIX_GROUPS       2u
#define UNIX_USER_DOMAIN  "Unix User"
#define UNIX_GROUP_DOMAIN "Unix Group"

#define SCRATCH_AT_FIRST 1024u
#define SCRATCH_MAX      (16u << 20)
#define GROUPS_AT_FIRST  64

/* identifiers of Unix */

static void unix_sid(DWORD kind, DWORD id, void *sid)
{
	SID_IDENTIFIER_AUTHORITY authority = {{0, 0, 0, 0, 0, UNIX_AUTHORITY}};

	InitializeSid(sid, &authority, 2);
	*GetSidSubAuthority(sid, 0) = kind;
	*GetSidSubAuthority(sid, 1) = id;
}

void account_user_sid(uid_t uid, void *sid)
{
	unix_sid(UNIX_USERS, uid, sid);
}

void account_group_sid(gid_t gid, void *sid)
{
	unix_sid(UNIX_GROUPS, gid, sid);
}

/* The number of a Unix user or group; false for any other identifier. */
static bool unix_id(const void *sid, DWORD kind, DWORD *idp)
{
	DWORD same[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];

	if (*GetSidSubAuthorityCount((PSID)sid) != 2)
		return false;
	*idp = *GetSidSubAuthority((PSID)sid, 1);
	unix_sid(kind, *idp, same);
	return EqualSid((PSID)sid, same);
}

/* the user database */

/* Which entry of which database; exactly one of the names and numbers is asked for. */
struct query {
	bool of_group;
	const char *name; /* NULL: by number */
	DWORD id;
};

/* What was found, copied out. */
struct answer {
	char *name; /* owned */
	DWORD id;
	gid_t primary_gid; /* of a user */
};

static int query_once(const struct query *query, char *scratch, size_t room,
		      struct answer *answerp)
{
	struct passwd pw, *user = NULL;
	struct group gr, *group = NULL;
	int err;

	if (query->of_group)
		err = query->name ? getgrnam_r(query->name, &gr, scratch, room, &group)
				  : getgrgid_r(query->id, &gr, scratch, room, &group);
	else
		err = query->name ? getpwnam_r(query->name, &pw, scratch, room, &user)
				  : getpwuid_r(query->id, &pw, scratch, room, &user);
	if (err == ERANGE || err == EINTR || err == ENOMEM)
		return err;
	/* NSS has many ways to say that it knows no such entry. */
	if (!user && !group)
		return ENOENT;
	answerp->name = strdup(user ? user->pw_name : group->gr_name);
	answerp->id = user ? user->pw_uid : group->gr_gid;
	answerp->primary_gid = user ? user->pw_gid : 0;
	return answerp->name ? 0 : ENOMEM;
}

/* 0, ERROR_NONE_MAPPED or ERROR_NOT_ENOUGH_MEMORY; the scratch grows as long as NSS asks
 * for more: a group may have very many members. */
static DWORD query_run(const struct query *query, struct answer *answerp)
{
	size_t room = SCRATCH_AT_FIRST;
	int err;

	do {
		char *scratch = malloc(room);

		if (!scratch)
			return ERROR_NOT_ENOUGH_MEMORY;
		err = query_once(query, scratch, room, answerp);
		free(scratch);
		if (err == ERANGE)
			room *= 2;
	} while (err == EINTR || (err == ERANGE && room <= SCRATCH_MAX));
	if (!err)
		return 0;
	return err == ENOMEM ? ERROR_NOT_ENOUGH_MEMORY : ERROR_NONE_MAPPED;
}

char *account_user_name(uid_t uid)
{
	const struct query query = {.id = uid};
	struct answer answer;
	char *digits;
	DWORD err = query_run(&query, &answer);

	if (err == 0)
		return answer.name;
	if (err != ERROR_NONE_MAPPED || asprintf(&digits, "%u", (unsigned)uid) < 0)
		return NULL;
	return digits;
}

/* accounts */

void account_fini(struct account *account)
{
	free(account->name);
	free(account->domain);
	account->name = account->domain = NULL;
}

/* Fill in an account; takes @name over, copies @domain. */
static DWORD account_make(struct account *accountp, char *name, const char *domain,
			  SID_NAME_USE use)
{
	accountp->name = name;
	accountp->domain = name ? strdup(domain) : NULL;
	accountp->use = use;
	if (accountp->domain)
		return 0;
	account_fini(accountp);
	return ERROR_NOT_ENOUGH_MEMORY;
}

static DWORD account_from_unix(const struct query *query, struct account *accountp)
{
	struct answer answer;
	DWORD err = query_run(query, &answer);

	if (err)
		return err;
	unix_sid(query->of_group ? UNIX_GROUPS : UNIX_USERS, answer.id, accountp->sid);
	return account_make(accountp, answer.name,
			    query->of_group ? UNIX_GROUP_DOMAIN : UNIX_USER_DOMAIN,
			    query->of_group ? SidTypeGroup : SidTypeUser);
}

static DWORD account_from_known(const struct known_sid *known, struct account *accountp)
{
	known_sid_write(known, NULL, accountp->sid);
	return account_make(accountp, strdup(known->name), known->domain, known->use);
}

static void machine_name(char *name, size_t room)
{
	DWORD len = (DWORD)room;

	if (!GetComputerNameA(name, &len))
		name[0] = '\0';
}

static DWORD account_from_machine(struct account *accountp)
{
	char name[HOST_NAME_MAX + 1];

	machine_name(name, sizeof(name));
	memcpy(accountp->sid, machine_sid(), securitydesc_sid_len(machine_sid()));
	return account_make(accountp, strdup(name), name, SidTypeDomain);
}

DWORD account_by_sid(const void *sid, struct account *accountp)
{
	const struct known_sid *known = known_sid_find(sid);
	struct query query = {0};

	if (known && known->name)
		return account_from_known(known, accountp);
	if (EqualSid((PSID)sid, (PSID)machine_sid()))
		return account_from_machine(accountp);
	if (unix_id(sid, UNIX_USERS, &query.id))
		return account_from_unix(&query, accountp);
	query.of_group = true;
	if (unix_id(sid, UNIX_GROUPS, &query.id))
		return account_from_unix(&query, accountp);
	return ERROR_NONE_MAPPED;
}

/* A named identity; @domain NULL: of any. */
static const struct known_sid *known_by_name(const char *domain, const char *name)
{
	const struct known_sid *known;

	for (size_t i = 0; (known = known_sid_at(i)); i++)
		if (known->name && strcasecmp(known->name, name) == 0 &&
		    (!domain || strcasecmp(known->domain, domain) == 0))
			return known;
	return NULL;
}

static DWORD unix_by_name(const char *name, bool of_group, struct account *accountp)
{
	const struct query query = {.of_group = of_group, .name = name};

	return account_from_unix(&query, accountp);
}

/* A user, or else a group. */
static DWORD local_by_name(const char *name, struct account *accountp)
{
	DWORD err = unix_by_name(name, false, accountp);

	return err == ERROR_NONE_MAPPED ? unix_by_name(name, true, accountp) : err;
}

static DWORD qualified_by_name(const char *domain, const char *name,
			       struct account *accountp)
{
	const struct known_sid *known = known_by_name(domain, name);
	char machine[HOST_NAME_MAX + 1];

	if (known)
		return account_from_known(known, accountp);
	if (strcasecmp(domain, UNIX_USER_DOMAIN) == 0)
		return unix_by_name(name, false, accountp);
	if (strcasecmp(domain, UNIX_GROUP_DOMAIN) == 0)
		return unix_by_name(name, true, accountp);
	machine_name(machine, sizeof(machine));
	if (strcmp(domain, ".") == 0 || strcasecmp(domain, machine) == 0)
		return local_by_name(name, accountp);
	return ERROR_NONE_MAPPED;
}

DWORD account_by_name(const char *name, struct account *accountp)
{
	const char *mark = strchr(name, '\\');
	const struct known_sid *known;
	char machine[HOST_NAME_MAX + 1];
	char *domain;
	DWORD err;

	if (mark) {
		domain = strndup(name, (size_t)(mark - name));
		if (!domain)
			return ERROR_NOT_ENOUGH_MEMORY;
		err = qualified_by_name(domain, mark + 1, accountp);
		free(domain);
		return err;
	}
	known = known_by_name(NULL, name);
	if (known)
		return account_from_known(known, accountp);
	machine_name(machine, sizeof(machine));
	if (machine[0] && strcasecmp(name, machine) == 0)
		return account_from_machine(accountp);
	return local_by_name(name, accountp);
}

/* membership */

static bool has_group(const gid_t *gids, int n, DWORD gid)
{
	for (int i = 0; i < n; i++)
		if (gids[i] == gid)
			return true;
	return false;
}

static bool user_is_in_group(DWORD uid, DWORD gid)
{
	const struct query query = {.id = uid};
	int room = GROUPS_AT_FIRST, n;
	struct answer answer;
	bool found = false;
	gid_t *gids = NULL;

	if (query_run(&query, &answer) != 0)
		return false;
	for (;;) {
		gid_t *more = realloc(gids, (size_t)room * sizeof(*gids));

		if (!more)
			break;
		gids = more;
		n = room;
		if (getgrouplist(answer.name, answer.primary_gid, gids, &n) >= 0) {
			found = has_group(gids, n, gid);
			break;
		}
		/* The C library says how many there are, some services only that more. */
		room = n > room ? n : 2 * room;
	}
	free(gids);
	free(answer.name);
	return found;
}

bool account_is_member(const void *sid, const void *group)
{
	DWORD uid, gid;

	if (EqualSid((PSID)sid, (PSID)group) ||
	    (IsWellKnownSid((PSID)group, WinWorldSid) &&
	     !IsWellKnownSid((PSID)sid, WinAnonymousSid)))
		return true;
	if (!unix_id(sid, UNIX_USERS, &uid))
		return false;
	if (IsWellKnownSid((PSID)group, WinAuthenticatedUserSid))
		return true;
	if (uid == 0 && (IsWellKnownSid((PSID)group, WinLocalSystemSid) ||
			 IsWellKnownSid((PSID)group, WinBuiltinAdministratorsSid)))
		return true;
	return unix_id(group, UNIX_GROUPS, &gid) && user_is_in_group(uid, gid);
}
