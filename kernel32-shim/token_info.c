/* SPDX-License-Identifier: MIT */
/*
 * What a token says of itself: GetTokenInformation, and what it can be told:
 * SetTokenInformation
 *
 * An answer is built twice: to count its bytes, and to write them when there is room.
 *
 * What is told (owner, primary group and DACL of what is made, the session) stays with the
 * identity, so that everybody who opens the token of a thread or the process sees it, and a
 * copy takes it along (npfs_identity_set_defaults()).
 */
#include "kernel32-shim/token.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "kernel32-shim/default_security.h"
#include "kernel32-shim/securitydesc.h"
#include "kernel32-shim/thread.h"

/* An answer under construction. What does not fit is counted and not written. */
struct answer {
	uint8_t *bytes; /* the caller's */
	size_t room;
	size_t len; /* needed so far */
};

/* @n bytes of the answer, zeroed; NULL when they do not fit. */
static void *put(struct answer *a, size_t n)
{
	size_t at = (a->len + 7) & ~(size_t)7;

	a->len = at + n;
	if (a->len > a->room)
		return NULL;
	return memset(a->bytes + at, 0, n);
}

static void put_number(struct answer *a, uint32_t number)
{
	DWORD *p = put(a, sizeof(*p));

	if (p)
		*p = number;
}

/* An identifier of up to three sub-authorities behind what is there. */
static PSID put_sid(struct answer *a, unsigned authority, unsigned n, uint32_t s0, uint32_t s1)
{
	const uint32_t subs[2] = {s0, s1};
	uint8_t *p = put(a, 8 + 4 * n);

	if (!p)
		return NULL;
	p[0] = 1;
	p[1] = (uint8_t)n;
	p[7] = (uint8_t)authority;
	memcpy(p + 8, subs, 4 * n);
	return p;
}

static bool is_anonymous(const struct npfs_identity_info *info)
{
	return info->flags & NPFS_IDENTITY_ANONYMOUS;
}

static PSID put_user(struct answer *a, const struct npfs_identity_info *info)
{
	if (is_anonymous(info))
		return put_sid(a, 5, 1, 7, 0);
	return put_sid(a, 22, 2, 1, info->uid);
}

static PSID put_group(struct answer *a, const struct npfs_identity_info *info)
{
	if (is_anonymous(info))
		return put_sid(a, 5, 1, 7, 0);
	return put_sid(a, 22, 2, 2, info->gid);
}

/* How many groups there are besides Unix's, and the one number @i. */
static unsigned n_known_groups(const struct npfs_identity_info *info)
{
	if (is_anonymous(info))
		return 0;
	return info->uid == 0 ? 5 : 3;
}

static PSID put_known_group(struct answer *a, const struct npfs_identity_info *info,
			    unsigned i)
{
	switch (i) {
	case 0:
		return put_sid(a, 1, 1, 0, 0); /* Everyone */
	case 1:
		return put_sid(a, 5, 1, 11, 0); /* Authenticated Users */
	case 2:
		return put_sid(a, 5, 1, info->flags & NPFS_IDENTITY_REMOTE ? 2 : 4, 0);
	case 3:
		return put_sid(a, 5, 1, 18, 0); /* LocalSystem */
	default:
		return put_sid(a, 5, 2, 32, 544); /* Administrators */
	}
}

static unsigned n_groups(const struct npfs_identity_info *info)
{
	return (is_anonymous(info) ? 0 : info->n_gids + 1) + n_known_groups(info);
}

static void put_groups(struct answer *a, const struct npfs_identity_info *info)
{
	unsigned n = n_groups(info), n_known = n_known_groups(info), i;
	TOKEN_GROUPS *groups = put(a, offsetof(TOKEN_GROUPS, Groups) +
					      n * sizeof(SID_AND_ATTRIBUTES));

	if (groups)
		groups->GroupCount = n;
	for (i = 0; i < n; i++) {
		PSID sid;

		if (i < n_known)
			sid = put_known_group(a, info, i);
		else if (i == n_known)
			sid = put_group(a, info);
		else
			sid = put_sid(a, 22, 2, 2, info->gids[i - n_known - 1]);
		if (!sid || !groups)
			continue;
		groups->Groups[i].Sid = sid;
		groups->Groups[i].Attributes = SE_GROUP_MANDATORY | SE_GROUP_ENABLED |
					       SE_GROUP_ENABLED_BY_DEFAULT;
	}
}

static void put_privileges(struct answer *a, const struct npfs_identity *identity)
{
	uint64_t has = npfs_identity_privileges(identity);
	uint64_t enabled = npfs_identity_enabled(identity);
	TOKEN_PRIVILEGES *p =
		put(a, offsetof(TOKEN_PRIVILEGES, Privileges) +
			       token_n_privileges(has) * sizeof(LUID_AND_ATTRIBUTES));

	if (p)
		token_privileges_write(p, has, enabled);
}

static void put_default_dacl(struct answer *a, struct token *token)
{
	TOKEN_DEFAULT_DACL *p = put(a, sizeof(*p));
	uint64_t room[DEFAULT_DACL_ROOM / 8];
	struct default_security defaults;
	ACL *acl = (ACL *)(void *)room, *copy;

	default_security_get(token->identity, &defaults);
	if (defaults.has_dacl)
		acl = defaults.parts.dacl;
	else
		default_dacl_of_token(token->identity, acl);
	copy = acl ? put(a, acl->AclSize) : NULL;
	if (copy)
		memcpy(copy, acl, acl->AclSize);
	if (p)
		p->DefaultDacl = copy;
	default_security_release(&defaults);
}

static void put_statistics(struct answer *a, struct token *token)
{
	const struct npfs_identity_info *info = npfs_identity_look(token->identity);
	TOKEN_STATISTICS *s = put(a, sizeof(*s));

	if (!s)
		return;
	token_luid_write(&s->TokenId, token->id);
	/* the logon session: one per user; LocalSystem's is 999 */
	token_luid_write(&s->AuthenticationId, info->uid == 0 ? 999 : 0x100000000ull + info->uid);
	s->ExpirationTime.QuadPart = INT64_MAX;
	s->TokenType = token->type;
	s->ImpersonationLevel = (SECURITY_IMPERSONATION_LEVEL)(
		token->type == TokenPrimary ? 0 : info->level);
	s->GroupCount = n_groups(info);
	s->PrivilegeCount = token_n_privileges(npfs_identity_privileges(token->identity));
	token_luid_write(&s->ModifiedId, atomic_load(&token->modified_id));
}

static void put_source(struct answer *a)
{
	TOKEN_SOURCE *source = put(a, sizeof(*source));

	if (source)
		memcpy(source->SourceName, "npfs\0\0\0", TOKEN_SOURCE_LENGTH);
}

/* Processes of uid 0 are of system, others of medium integrity. */
static void put_integrity(struct answer *a, const struct npfs_identity_info *info)
{
	TOKEN_MANDATORY_LABEL *label = put(a, sizeof(*label));
	uint32_t level = is_anonymous(info) ? 0 : info->uid == 0 ? 0x4000 : 0x2000;
	PSID sid = put_sid(a, 16, 1, level, 0);

	if (!label || !sid)
		return;
	label->Label.Sid = sid;
	label->Label.Attributes = SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED;
}

/* A structure that is one pointer to an identifier, and attributes where it has them. */
static void put_token_user(struct answer *a, const struct npfs_identity_info *info)
{
	TOKEN_USER *p = put(a, sizeof(*p));
	PSID sid = put_user(a, info);

	if (p)
		p->User.Sid = sid;
}

/* Who owns what is made, and its group: what was told, else the user and the group. */
static void put_default_sid(struct answer *a, struct token *token, bool is_group)
{
	const struct npfs_identity_info *info = npfs_identity_look(token->identity);
	struct default_security defaults;
	PSID *p = put(a, sizeof(*p));
	PSID told, sid;

	default_security_get(token->identity, &defaults);
	told = is_group ? defaults.parts.group : defaults.parts.owner;
	if (told) {
		sid = put(a, GetLengthSid(told));
		if (sid)
			memcpy(sid, told, GetLengthSid(told));
	} else {
		sid = is_group ? put_group(a, info) : put_user(a, info);
	}
	if (p)
		*p = sid;
	default_security_release(&defaults);
}

static_assert(sizeof(TOKEN_OWNER) == sizeof(PSID), "one pointer");
static_assert(sizeof(TOKEN_PRIMARY_GROUP) == sizeof(PSID), "one pointer");

/* Return: whether there is such information. */
static bool put_information(struct answer *a, struct token *token,
			    TOKEN_INFORMATION_CLASS class)
{
	const struct npfs_identity_info *info = npfs_identity_look(token->identity);

	switch (class) {
	case TokenUser:
		put_token_user(a, info);
		return true;
	case TokenOwner:
		put_default_sid(a, token, false);
		return true;
	case TokenPrimaryGroup:
		put_default_sid(a, token, true);
		return true;
	case TokenGroups:
		put_groups(a, info);
		return true;
	case TokenRestrictedSids:
		put(a, sizeof(TOKEN_GROUPS));
		return true;
	case TokenPrivileges:
		put_privileges(a, token->identity);
		return true;
	case TokenDefaultDacl:
		put_default_dacl(a, token);
		return true;
	case TokenSource:
		put_source(a);
		return true;
	case TokenStatistics:
		put_statistics(a, token);
		return true;
	case TokenType:
		put_number(a, token->type);
		return true;
	case TokenImpersonationLevel:
		if (token->type == TokenPrimary)
			return false;
		put_number(a, info->level);
		return true;
	case TokenSessionId:
		put_number(a, info->session);
		return true;
	case TokenElevationType:
		put_number(a, 1); /* there is no other token to it */
		return true;
	case TokenElevation:
		put_number(a, info->uid == 0 && !is_anonymous(info));
		return true;
	case TokenIntegrityLevel:
		put_integrity(a, info);
		return true;
	case TokenSandBoxInert:
	case TokenHasRestrictions:
	case TokenVirtualizationAllowed:
	case TokenVirtualizationEnabled:
	case TokenUIAccess:
	case TokenIsAppContainer:
		put_number(a, 0);
		return true;
	default:
		return false;
	}
}

BOOL WINAPI GetTokenInformation(HANDLE h, TOKEN_INFORMATION_CLASS class, LPVOID buffer,
				DWORD size, PDWORD neededp)
{
	struct token *token =
		token_get(h, class == TokenSource ? TOKEN_QUERY_SOURCE : TOKEN_QUERY);
	struct answer count = {NULL, 0, 0}, a = {buffer, buffer ? size : 0, 0};
	DWORD error = 0;

	if (!token)
		return FALSE;
	if (!put_information(&count, token, class))
		error = ERROR_INVALID_PARAMETER;
	else if (count.len > a.room)
		error = ERROR_INSUFFICIENT_BUFFER;
	else
		put_information(&a, token, class);
	object_unref(&token->object);
	if (error != ERROR_INVALID_PARAMETER && neededp)
		*neededp = (DWORD)count.len;
	return error ? thread_fail(error) : TRUE;
}

/* telling */

/* Is it in the gift of whoever has this token? The user itself, and for groups its own. */
static bool may_appoint(const struct npfs_identity *identity, PSID sid, bool is_group)
{
	uint64_t user[4];
	struct answer a = {(uint8_t *)user, sizeof(user), 0};
	if (EqualSid(put_user(&a, npfs_identity_look(identity)), sid))
		return true;
	return npfs_identity_is_member(identity, sid, GetLengthSid(sid)) &&
	       (is_group || IsWellKnownSid(sid, WinBuiltinAdministratorsSid) ||
		IsWellKnownSid(sid, WinLocalSystemSid));
}

/* The owner or the group of what is made from now on. Return: 0 or an error. */
static DWORD tell_sid(struct npfs_identity *identity, PSID sid, bool is_group)
{
	struct default_security defaults;
	DWORD error;

	if (!sid || !IsValidSid(sid))
		return ERROR_INVALID_SID;
	if (!may_appoint(identity, sid, is_group))
		return is_group ? ERROR_INVALID_PRIMARY_GROUP : ERROR_INVALID_OWNER;
	default_security_get(identity, &defaults);
	if (is_group)
		defaults.parts.group = sid;
	else
		defaults.parts.owner = sid;
	error = default_security_set(identity, &defaults);
	default_security_release(&defaults);
	return error;
}

/* The DACL of what is made from now on; NULL: everybody may do everything. */
static DWORD tell_dacl(struct npfs_identity *identity, ACL *dacl)
{
	struct default_security defaults;
	DWORD error;

	if (dacl && !securitydesc_acl_is_valid(dacl))
		return ERROR_INVALID_ACL;
	default_security_get(identity, &defaults);
	defaults.parts.dacl = dacl;
	defaults.has_dacl = true;
	error = default_security_set(identity, &defaults);
	default_security_release(&defaults);
	return error;
}

static size_t told_size(TOKEN_INFORMATION_CLASS class)
{
	switch (class) {
	case TokenOwner:
	case TokenPrimaryGroup:
	case TokenDefaultDacl:
		return sizeof(void *);
	case TokenSessionId:
		return sizeof(DWORD);
	default:
		return 0;
	}
}

static DWORD tell(struct token *token, TOKEN_INFORMATION_CLASS class, const void *value)
{
	const struct npfs_identity_info *info = npfs_identity_look(token->identity);

	switch (class) {
	case TokenOwner:
		return tell_sid(token->identity, ((const TOKEN_OWNER *)value)->Owner, false);
	case TokenPrimaryGroup:
		return tell_sid(token->identity,
				((const TOKEN_PRIMARY_GROUP *)value)->PrimaryGroup, true);
	case TokenDefaultDacl:
		return tell_dacl(token->identity,
				 ((const TOKEN_DEFAULT_DACL *)value)->DefaultDacl);
	default:
		/* a session is one of the kernel's; nobody is moved into another by a word */
		return *(const DWORD *)value == info->session ? 0 : ERROR_PRIVILEGE_NOT_HELD;
	}
}

BOOL WINAPI SetTokenInformation(HANDLE h, TOKEN_INFORMATION_CLASS class, LPVOID value,
				DWORD size)
{
	size_t needed = told_size(class);
	struct token *token;
	DWORD error;

	if (!needed)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (size < needed)
		return thread_fail(ERROR_BAD_LENGTH);
	if (!value)
		return thread_fail(ERROR_NOACCESS);
	token = token_get(h, TOKEN_ADJUST_DEFAULT |
				     (class == TokenSessionId ? TOKEN_ADJUST_SESSIONID : 0));
	if (!token)
		return FALSE;
	error = tell(token, class, value);
	if (!error)
		atomic_store(&token->modified_id, token_luid());
	object_unref(&token->object);
	return error ? thread_fail(error) : TRUE;
}
