/* SPDX-License-Identifier: MIT */
/*
 * Tokens: making, copying, asking, adjusting (model: token.h)
 */
#include "kernel32-shim/token.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <windows.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/thread.h"

#define SID_ROOM 28u /* five sub-authorities */

/* Numbers of privileges are their LUIDs. */
#define PRIVILEGE_MAX 64u

/* objects */

uint64_t token_luid(void)
{
	static _Atomic uint64_t next = 1000; /* LUIDs below are well known */

	return atomic_fetch_add(&next, 1);
}

static void token_destroy(struct object *o)
{
	struct token *token = token_from_object(o);

	npfs_identity_unref(token->identity);
	free(token);
}

static const struct object_ops token_ops = {
	.type = OBJECT_TOKEN,
	.signal_kind = OBJECT_SIGNAL_MANUAL,
	.name = "token",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_nothing,
	.last_handle_closed = object_closed_nothing,
	.destroy = token_destroy,
};

struct token *token_new(struct npfs_identity *identity, TOKEN_TYPE type)
{
	struct token *token = calloc(1, sizeof(*token));

	if (!token)
		return NULL;
	object_init(&token->object, &token_ops, false);
	token->identity = npfs_identity_ref(identity);
	token->type = type;
	token->id = token_luid();
	atomic_init(&token->modified_id, token->id);
	return token;
}

struct token *token_get(HANDLE h, DWORD access)
{
	uint32_t granted;
	struct object *o = handle_get(h, OBJECT_TOKEN, &granted);

	if (!o) {
		thread_last_error = ERROR_INVALID_HANDLE;
		return NULL;
	}
	if (access & ~granted) {
		object_unref(o);
		thread_last_error = ERROR_ACCESS_DENIED;
		return NULL;
	}
	return token_from_object(o);
}

struct npfs_identity *token_copy(struct npfs_identity *identity, uint32_t level,
				 uint32_t flags)
{
	struct npfs_identity_info info = *npfs_identity_look(identity);
	struct npfs_identity *copy = NULL;

	info.level = level;
	info.flags = flags;
	if (npfs_identity_new(&info, npfs_identity_privileges(identity),
			      npfs_identity_enabled(identity), &copy) != STATUS_SUCCESS)
		return NULL;
	return copy;
}

char *token_user_name(const struct npfs_identity *identity)
{
	uint32_t uid = npfs_identity_look(identity)->uid;
	struct passwd entry, *found = NULL;
	char room[4096], number[16];

	if (getpwuid_r(uid, &entry, room, sizeof(room), &found) == 0 && found)
		return strdup(entry.pw_name);
	snprintf(number, sizeof(number), "%u", uid);
	return strdup(number);
}

/* what a token says of itself */

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

static unsigned bits(uint64_t set)
{
	return (unsigned)__builtin_popcountll(set);
}

static void privilege_write(LUID_AND_ATTRIBUTES *entry, unsigned number, bool is_enabled)
{
	entry->Luid.LowPart = number;
	entry->Luid.HighPart = 0;
	entry->Attributes = is_enabled ? SE_PRIVILEGE_ENABLED : 0;
}

static void put_privileges(struct answer *a, const struct npfs_identity *identity)
{
	uint64_t has = npfs_identity_privileges(identity);
	uint64_t enabled = npfs_identity_enabled(identity);
	TOKEN_PRIVILEGES *p = put(a, offsetof(TOKEN_PRIVILEGES, Privileges) +
					     bits(has) * sizeof(LUID_AND_ATTRIBUTES));
	unsigned i, n = 0;

	if (!p)
		return;
	for (i = 0; i < PRIVILEGE_MAX; i++)
		if (has >> i & 1)
			privilege_write(&p->Privileges[n++], i, enabled >> i & 1);
	p->PrivilegeCount = n;
}

/* Writes an entry that allows everything to the identifier behind it. */
static uint8_t *entry_write(uint8_t *p, const uint8_t *sid, unsigned sid_len)
{
	const DWORD mask = GENERIC_ALL;

	memset(p, 0, 4);
	p[2] = (uint8_t)(8 + sid_len);
	memcpy(p + 4, &mask, sizeof(mask));
	memcpy(p + 8, sid, sid_len);
	return p + 8 + sid_len;
}

/* What an object gets that the user makes without a descriptor: the user, and LocalSystem. */
static void put_default_dacl(struct answer *a, const struct npfs_identity_info *info)
{
	uint64_t user[4], system[4];
	struct answer user_at = {(uint8_t *)user, sizeof(user), 0};
	struct answer system_at = {(uint8_t *)system, sizeof(system), 0};
	TOKEN_DEFAULT_DACL *dacl = put(a, sizeof(*dacl));
	unsigned user_len, system_len, len;
	ACL *acl;

	put_user(&user_at, info);
	put_sid(&system_at, 5, 1, 18, 0);
	user_len = (unsigned)user_at.len;
	system_len = (unsigned)system_at.len;
	len = 8 + 8 + user_len + 8 + system_len;
	acl = put(a, len);
	if (!acl || !dacl)
		return;
	dacl->DefaultDacl = acl;
	acl->AclRevision = ACL_REVISION;
	acl->AclSize = (WORD)len;
	acl->AceCount = 2;
	entry_write(entry_write((uint8_t *)(acl + 1), (uint8_t *)user, user_len),
		    (uint8_t *)system, system_len);
}

static void luid_write(LUID *luid, uint64_t number)
{
	luid->LowPart = (DWORD)number;
	luid->HighPart = (LONG)(number >> 32);
}

static void put_statistics(struct answer *a, struct token *token)
{
	const struct npfs_identity_info *info = npfs_identity_look(token->identity);
	TOKEN_STATISTICS *s = put(a, sizeof(*s));

	if (!s)
		return;
	luid_write(&s->TokenId, token->id);
	/* the logon session: one per user; LocalSystem's is 999 */
	luid_write(&s->AuthenticationId, info->uid == 0 ? 999 : 0x100000000ull + info->uid);
	s->ExpirationTime.QuadPart = INT64_MAX;
	s->TokenType = token->type;
	s->ImpersonationLevel = (SECURITY_IMPERSONATION_LEVEL)(
		token->type == TokenPrimary ? 0 : info->level);
	s->GroupCount = n_groups(info);
	s->PrivilegeCount = bits(npfs_identity_privileges(token->identity));
	luid_write(&s->ModifiedId, atomic_load(&token->modified_id));
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
static void put_one_sid(struct answer *a, const struct npfs_identity_info *info, size_t size,
			bool is_group)
{
	PSID *p = put(a, size);
	PSID sid = is_group ? put_group(a, info) : put_user(a, info);

	if (p)
		*p = sid;
}

/* Return: whether there is such information. */
static bool put_information(struct answer *a, struct token *token,
			    TOKEN_INFORMATION_CLASS class)
{
	const struct npfs_identity_info *info = npfs_identity_look(token->identity);

	switch (class) {
	case TokenUser:
		put_one_sid(a, info, sizeof(TOKEN_USER), false);
		return true;
	case TokenOwner:
		put_one_sid(a, info, sizeof(TOKEN_OWNER), false);
		return true;
	case TokenPrimaryGroup:
		put_one_sid(a, info, sizeof(TOKEN_PRIMARY_GROUP), true);
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
		put_default_dacl(a, info);
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

/* copying */

static DWORD map_access(DWORD access)
{
	if (access & MAXIMUM_ALLOWED)
		access = (access & ~(DWORD)MAXIMUM_ALLOWED) | TOKEN_ALL_ACCESS;
	if (access & GENERIC_ALL)
		access |= TOKEN_ALL_ACCESS;
	if (access & GENERIC_READ)
		access |= TOKEN_READ;
	if (access & GENERIC_WRITE)
		access |= TOKEN_WRITE;
	if (access & GENERIC_EXECUTE)
		access |= TOKEN_EXECUTE;
	return access & ~(DWORD)(GENERIC_ALL | GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE);
}

/* A handle of a new token. */
static BOOL token_open(struct npfs_identity *identity, TOKEN_TYPE type, DWORD access,
		       const SECURITY_ATTRIBUTES *sa, PHANDLE hp)
{
	struct token *token = token_new(identity, type);
	HANDLE h;

	if (!token)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	h = handle_new_take(&token->object, map_access(access),
			    sa && sa->bInheritHandle ? HANDLE_INHERIT : 0);
	if (!h)
		return FALSE;
	*hp = h;
	return TRUE;
}

BOOL WINAPI DuplicateTokenEx(HANDLE h, DWORD access, LPSECURITY_ATTRIBUTES sa,
			     SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type, PHANDLE newp)
{
	struct npfs_identity *copy;
	struct token *token;
	uint32_t old_level;
	BOOL ok;

	if (!newp || (type != TokenPrimary && type != TokenImpersonation) ||
	    (type == TokenImpersonation && (unsigned)level > SecurityDelegation))
		return thread_fail(ERROR_INVALID_PARAMETER);
	token = token_get(h, TOKEN_DUPLICATE);
	if (!token)
		return FALSE;
	old_level = token->type == TokenPrimary ? (uint32_t)SecurityDelegation :
						  npfs_identity_look(token->identity)->level;
	if (type == TokenPrimary ? old_level < SecurityImpersonation :
				   (uint32_t)level > old_level) {
		object_unref(&token->object);
		return thread_fail(ERROR_BAD_IMPERSONATION_LEVEL);
	}
	copy = token_copy(token->identity,
			  type == TokenPrimary ? (uint32_t)SecurityImpersonation :
						 (uint32_t)level,
			  npfs_identity_look(token->identity)->flags);
	ok = copy ? token_open(copy, type, access ? access : TOKEN_ALL_ACCESS, sa, newp) :
		    thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	npfs_identity_unref(copy);
	object_unref(&token->object);
	return ok;
}

BOOL WINAPI DuplicateToken(HANDLE h, SECURITY_IMPERSONATION_LEVEL level, PHANDLE newp)
{
	return DuplicateTokenEx(h, TOKEN_IMPERSONATE | TOKEN_QUERY, NULL, level,
				TokenImpersonation, newp);
}

/* opening */

/* Reads "Uid:", "Gid:" and "Groups:" of another process. Return: 0 or an error. */
static DWORD read_process(DWORD pid, struct npfs_identity_info *info, uint32_t *gids,
			  uint32_t gids_max)
{
	char path[32], line[65536];
	unsigned long real, effective;
	bool has_uid = false, has_gid = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	file = fopen(path, "re");
	if (!file)
		return ERROR_INVALID_PARAMETER;
	info->n_gids = 0;
	while (fgets(line, sizeof(line), file)) {
		char *p = line + 7, *end;

		if (sscanf(line, "Uid: %lu %lu", &real, &effective) == 2) {
			info->uid = (uint32_t)effective;
			has_uid = true;
		} else if (sscanf(line, "Gid: %lu %lu", &real, &effective) == 2) {
			info->gid = (uint32_t)effective;
			has_gid = true;
		}
		if (strncmp(line, "Groups:", 7) != 0)
			continue;
		for (;; p = end) {
			unsigned long gid = strtoul(p, &end, 10);

			if (end == p)
				break;
			if (info->n_gids == gids_max) {
				info->flags |= NPFS_IDENTITY_SOME_GROUPS;
				break;
			}
			gids[info->n_gids++] = (uint32_t)gid;
		}
	}
	fclose(file);
	return has_uid && has_gid ? 0 : ERROR_INVALID_PARAMETER;
}

/* Who another process is, as the kernel shows it now. */
static DWORD identity_of_process(DWORD pid, struct npfs_identity **identityp)
{
	uint32_t gids[1024];
	struct npfs_identity_info info = {
		.size = sizeof(info),
		.level = SecurityImpersonation,
		.pid = pid,
		.gids = gids,
	};
	struct npfs_identity *own = NULL;
	DWORD error = read_process(pid, &info, gids, sizeof(gids) / sizeof(gids[0]));
	npfs_status status;
	uint64_t has;

	if (error)
		return error;
	ProcessIdToSessionId(pid, (DWORD *)&info.session);
	status = npfs_identity_process(&own);
	if (status != STATUS_SUCCESS)
		return npfs_status_to_win32(status);
	/* the privileges follow from the user */
	has = npfs_identity_look(own)->uid == info.uid ? npfs_identity_privileges(own) :
							 UINT64_C(1) << 23;
	npfs_identity_unref(own);
	status = npfs_identity_new(&info, has, has, identityp);
	return status == STATUS_SUCCESS ? 0 : npfs_status_to_win32(status);
}

BOOL WINAPI OpenProcessToken(HANDLE process, DWORD access, PHANDLE hp)
{
	struct npfs_identity *identity = NULL;
	DWORD pid = GetProcessId(process), error;
	BOOL ok;

	if (!hp)
		return thread_fail(ERROR_NOACCESS);
	if (pid == 0)
		return FALSE;
	if (pid == GetCurrentProcessId())
		error = npfs_status_to_win32(npfs_identity_process(&identity));
	else
		error = identity_of_process(pid, &identity);
	if (error)
		return thread_fail(error);
	ok = token_open(identity, TokenPrimary, access, NULL, hp);
	npfs_identity_unref(identity);
	return ok;
}

/* Is that the calling thread? What another one wears only it knows itself. */
static DWORD check_own_thread(HANDLE h)
{
	struct object *o = handle_get(h, OBJECT_THREAD, NULL);
	bool is_own;

	if (!o)
		return ERROR_INVALID_HANDLE;
	is_own = thread_from_object(o) == thread_self();
	object_unref(o);
	return is_own ? 0 : ERROR_NOT_SUPPORTED;
}

BOOL WINAPI OpenThreadToken(HANDLE thread, DWORD access, BOOL as_self, PHANDLE hp)
{
	struct npfs_identity *identity;
	DWORD error = check_own_thread(thread);
	BOOL ok;

	(void)as_self;
	if (error)
		return thread_fail(error);
	if (!hp)
		return thread_fail(ERROR_NOACCESS);
	identity = npfs_thread_identity();
	if (!identity)
		return thread_fail(ERROR_NO_TOKEN);
	if (npfs_identity_look(identity)->level == SecurityAnonymous)
		ok = thread_fail(ERROR_CANT_OPEN_ANONYMOUS);
	else
		ok = token_open(identity, TokenImpersonation, access, NULL, hp);
	npfs_identity_unref(identity);
	return ok;
}

BOOL WINAPI SetThreadToken(PHANDLE threadp, HANDLE h)
{
	DWORD error = threadp ? check_own_thread(*threadp) : 0;
	struct token *token;
	npfs_status status;

	if (error)
		return thread_fail(error);
	if (!h) {
		npfs_thread_revert();
		return TRUE;
	}
	token = token_get(h, TOKEN_IMPERSONATE);
	if (!token)
		return FALSE;
	status = token->type == TokenImpersonation ?
			 npfs_thread_impersonate(token->identity) : STATUS_BAD_TOKEN_TYPE;
	object_unref(&token->object);
	return status == STATUS_SUCCESS ? TRUE : thread_fail(npfs_status_to_win32(status));
}

/* privileges */

static bool luid_is_privilege(const LUID *luid, unsigned *numberp)
{
	*numberp = luid->LowPart;
	return luid->HighPart == 0 && luid->LowPart < PRIVILEGE_MAX;
}

/* What is in @wanted of @has. Return: whether all of it was. */
static bool adjust(const TOKEN_PRIVILEGES *wanted, uint64_t *hasp, uint64_t *enabledp)
{
	bool all = true;
	unsigned number;
	DWORD i;

	for (i = 0; i < wanted->PrivilegeCount; i++) {
		const LUID_AND_ATTRIBUTES *entry = &wanted->Privileges[i];
		uint64_t bit;

		if (!luid_is_privilege(&entry->Luid, &number) || !(*hasp >> number & 1)) {
			all = false;
			continue;
		}
		bit = UINT64_C(1) << number;
		if (entry->Attributes & SE_PRIVILEGE_REMOVED) {
			*hasp &= ~bit;
			*enabledp &= ~bit;
		} else if (entry->Attributes & SE_PRIVILEGE_ENABLED) {
			*enabledp |= bit;
		} else {
			*enabledp &= ~bit;
		}
	}
	return all;
}

/* Those whose state changed, as they were. Return: bytes that takes. */
static DWORD previous_write(TOKEN_PRIVILEGES *previous, DWORD size, uint64_t changed,
			    uint64_t enabled)
{
	DWORD needed = (DWORD)(offsetof(TOKEN_PRIVILEGES, Privileges) +
			       bits(changed) * sizeof(LUID_AND_ATTRIBUTES));
	unsigned i, n = 0;

	if (!previous || needed > size)
		return needed;
	for (i = 0; i < PRIVILEGE_MAX; i++)
		if (changed >> i & 1)
			privilege_write(&previous->Privileges[n++], i, enabled >> i & 1);
	previous->PrivilegeCount = n;
	return needed;
}

BOOL WINAPI AdjustTokenPrivileges(HANDLE h, BOOL disable_all, PTOKEN_PRIVILEGES wanted,
				  DWORD size, PTOKEN_PRIVILEGES previous, PDWORD neededp)
{
	uint64_t had, has, was_enabled, enabled;
	struct token *token;
	bool all = true;
	DWORD needed;

	if (!disable_all && !wanted)
		return thread_fail(ERROR_INVALID_PARAMETER);
	token = token_get(h, TOKEN_ADJUST_PRIVILEGES | (previous ? TOKEN_QUERY : 0));
	if (!token)
		return FALSE;
	had = has = npfs_identity_privileges(token->identity);
	was_enabled = enabled = npfs_identity_enabled(token->identity);
	if (disable_all)
		enabled = 0;
	else
		all = adjust(wanted, &has, &enabled);
	needed = previous_write(previous, size, (had ^ has) | (was_enabled ^ enabled),
				was_enabled);
	if (previous && neededp)
		*neededp = needed;
	if (previous && needed > size) {
		object_unref(&token->object);
		return thread_fail(ERROR_INSUFFICIENT_BUFFER);
	}
	npfs_identity_adjust(token->identity, has, enabled);
	atomic_store(&token->modified_id, token_luid());
	object_unref(&token->object);
	thread_last_error = all ? ERROR_SUCCESS : ERROR_NOT_ALL_ASSIGNED;
	return TRUE;
}

BOOL WINAPI PrivilegeCheck(HANDLE h, PPRIVILEGE_SET required, LPBOOL resultp)
{
	struct token *token;
	uint64_t enabled;
	DWORD i, n = 0;

	if (!required || !resultp)
		return thread_fail(ERROR_INVALID_PARAMETER);
	token = token_get(h, TOKEN_QUERY);
	if (!token)
		return FALSE;
	enabled = npfs_identity_enabled(token->identity);
	for (i = 0; i < required->PrivilegeCount; i++) {
		LUID_AND_ATTRIBUTES *entry = &required->Privilege[i];
		unsigned number;

		if (!luid_is_privilege(&entry->Luid, &number) || !(enabled >> number & 1))
			continue;
		entry->Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
		n++;
	}
	object_unref(&token->object);
	*resultp = required->Control & PRIVILEGE_SET_ALL_NECESSARY ?
			   n == required->PrivilegeCount : n > 0;
	return TRUE;
}

BOOL WINAPI AllocateLocallyUniqueId(PLUID luid)
{
	luid_write(luid, token_luid());
	return TRUE;
}

/* membership */

/* What the token says of @sid: its user and its groups are looked through. */
static DWORD is_member(const struct npfs_identity *identity, PSID sid, BOOL *memberp)
{
	const struct npfs_identity_info *info = npfs_identity_look(identity);
	struct answer count = {NULL, 0, 0}, a;
	TOKEN_GROUPS *groups;
	uint64_t user[4];
	DWORD i;

	a = (struct answer){(uint8_t *)user, sizeof(user), 0};
	*memberp = EqualSid(put_user(&a, info), sid);
	put_groups(&count, info);
	a = (struct answer){malloc(count.len), count.len, 0};
	if (!a.bytes)
		return ERROR_NOT_ENOUGH_MEMORY;
	put_groups(&a, info);
	groups = (TOKEN_GROUPS *)(void *)a.bytes;
	for (i = 0; i < groups->GroupCount; i++)
		*memberp |= EqualSid(groups->Groups[i].Sid, sid);
	free(a.bytes);
	return 0;
}

BOOL WINAPI CheckTokenMembership(HANDLE h, PSID sid, PBOOL memberp)
{
	struct npfs_identity *identity = NULL;
	struct token *token;
	DWORD error = 0;

	if (!sid || !memberp || !IsValidSid(sid))
		return thread_fail(sid && memberp ? ERROR_INVALID_SID :
						    ERROR_INVALID_PARAMETER);
	if (h) {
		token = token_get(h, TOKEN_QUERY);
		if (!token)
			return FALSE;
		if (token->type == TokenImpersonation)
			identity = npfs_identity_ref(token->identity);
		object_unref(&token->object);
		if (!identity)
			return thread_fail(ERROR_NO_IMPERSONATION_TOKEN);
	} else {
		identity = npfs_thread_identity();
	}
	if (!identity)
		error = npfs_status_to_win32(npfs_identity_process(&identity));
	if (!error)
		error = is_member(identity, sid, memberp);
	npfs_identity_unref(identity);
	return error ? thread_fail(error) : TRUE;
}

/*
 * Passwords are the business of the machine's login services, which authenticate whole
 * sessions and not threads of a program that asks. So nobody gets a token for a password.
 */
BOOL WINAPI LogonUserA(LPCSTR user, LPCSTR domain, LPCSTR password, DWORD type,
		       DWORD provider, PHANDLE tokenp)
{
	(void)user;
	(void)domain;
	(void)password;
	(void)type;
	(void)provider;
	(void)tokenp;
	return thread_fail(ERROR_NOT_SUPPORTED);
}

BOOL WINAPI LogonUserW(LPCWSTR user, LPCWSTR domain, LPCWSTR password, DWORD type,
		       DWORD provider, PHANDLE tokenp)
{
	(void)user;
	(void)domain;
	(void)password;
	(void)type;
	(void)provider;
	(void)tokenp;
	return thread_fail(ERROR_NOT_SUPPORTED);
}
