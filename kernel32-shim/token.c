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

#include "kernel32-shim/access_map.h"
#include "kernel32-shim/default_security.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/thread.h"

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
	struct default_security defaults;
	struct npfs_identity *copy = NULL;

	info.level = level;
	info.flags = flags;
	if (npfs_identity_new(&info, npfs_identity_privileges(identity),
			      npfs_identity_enabled(identity), &copy) != STATUS_SUCCESS)
		return NULL;
	default_security_get(identity, &defaults);
	if (defaults.bytes && default_security_set(copy, &defaults) != 0) {
		npfs_identity_unref(copy);
		copy = NULL;
	}
	default_security_release(&defaults);
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

/* copying */

/* A handle of a new token. */
static BOOL token_open(struct npfs_identity *identity, TOKEN_TYPE type, DWORD access,
		       const SECURITY_ATTRIBUTES *sa, PHANDLE hp)
{
	struct token *token = token_new(identity, type);
	HANDLE h;

	if (!token)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	h = handle_new_take(&token->object, access_map_token(access),
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

BOOL WINAPI OpenThreadToken(HANDLE h, DWORD access, BOOL as_self, PHANDLE hp)
{
	struct thread *t = thread_get(h, THREAD_QUERY_INFORMATION);
	struct npfs_identity *identity = NULL;
	bool is_foreign;
	BOOL ok;

	(void)as_self;
	if (!t)
		return FALSE;
	is_foreign = t->process; /* of another process */
	if (t->self && hp)
		identity = npfs_thread_get_identity(t->self);
	object_unref(&t->object);
	if (is_foreign)
		return thread_fail(ERROR_NOT_SUPPORTED);
	if (!hp)
		return thread_fail(ERROR_NOACCESS);
	if (!identity)
		return thread_fail(ERROR_NO_TOKEN);
	if (npfs_identity_look(identity)->level == SecurityAnonymous)
		ok = thread_fail(ERROR_CANT_OPEN_ANONYMOUS);
	else
		ok = token_open(identity, TokenImpersonation, access, NULL, hp);
	npfs_identity_unref(identity);
	return ok;
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
