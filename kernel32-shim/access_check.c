/* SPDX-License-Identifier: MIT */
/*
 * Asking what a token may do: AccessCheck, CheckTokenMembership, IsTokenRestricted
 *
 * For servers that protect things of their own with descriptors. The algorithm is the
 * broker's (npfs_access_check()); here is what the Win32 calls say around it. They tell
 * apart that a question cannot be answered (FALSE) and that the answer is no (TRUE, and the
 * status FALSE).
 */
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <npfs/security.h>

#include "kernel32-shim/securitydesc.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/token.h"

#define GENERIC_ANY (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL)

/* At most two privileges are ever used. */
#define SET_SIZE(n)                                                                      \
	((DWORD)(offsetof(PRIVILEGE_SET, Privilege) + (n) * sizeof(LUID_AND_ATTRIBUTES)))

static void set_write(PRIVILEGE_SET *set, uint64_t used)
{
	set->PrivilegeCount = 0;
	set->Control = 0;
	for (unsigned i = 0; i < 64; i++) {
		LUID_AND_ATTRIBUTES *entry = &set->Privilege[set->PrivilegeCount];

		if (!(used >> i & 1))
			continue;
		token_luid_write(&entry->Luid, i);
		entry->Attributes = SE_PRIVILEGE_USED_FOR_ACCESS;
		set->PrivilegeCount++;
	}
}

/* The descriptor in bytes, as npfs_access_check() takes it. Return: 0 or an error. */
static DWORD flatten(PSECURITY_DESCRIPTOR sd, void **bytesp, uint32_t *lenp)
{
	SECURITY_ATTRIBUTES sa = {sizeof(sa), sd, FALSE};
	struct securitydesc_parts parts;

	if (!sd || !securitydesc_parts_get(sd, &parts) || !parts.owner || !parts.group)
		return ERROR_INVALID_SECURITY_DESCR;
	return npfs_status_to_win32(securitydesc_flatten(&sa, bytesp, lenp));
}

/* The token of somebody who is to be let in or not. */
static DWORD client_token_get(HANDLE h, struct token **tokenp)
{
	struct token *token = token_get(h, TOKEN_QUERY);
	DWORD error = 0;

	if (!token)
		return thread_last_error;
	if (token->type != TokenImpersonation)
		error = ERROR_NO_IMPERSONATION_TOKEN;
	else if (npfs_identity_look(token->identity)->level < SecurityIdentification)
		error = ERROR_BAD_IMPERSONATION_LEVEL;
	if (error)
		object_unref(&token->object);
	else
		*tokenp = token;
	return error;
}

BOOL WINAPI AccessCheck(PSECURITY_DESCRIPTOR sd, HANDLE h, DWORD desired,
			PGENERIC_MAPPING generic, PPRIVILEGE_SET set, LPDWORD set_sizep,
			LPDWORD grantedp, LPBOOL statusp)
{
	struct npfs_access_mapping mapping;
	struct token *token = NULL;
	uint32_t len = 0, granted = 0;
	uint64_t used = 0;
	void *bytes = NULL;
	npfs_status status;
	DWORD error, needed;

	if (!generic || !set_sizep || !grantedp || !statusp)
		return thread_fail(ERROR_NOACCESS);
	if (desired & GENERIC_ANY)
		return thread_fail(ERROR_GENERIC_NOT_MAPPED);
	error = client_token_get(h, &token);
	if (!error) {
		error = flatten(sd, &bytes, &len);
		if (error)
			object_unref(&token->object);
	}
	if (error)
		return thread_fail(error);
	mapping = (struct npfs_access_mapping){generic->GenericRead, generic->GenericWrite,
					       generic->GenericExecute, generic->GenericAll};
	status = npfs_access_check(bytes, len, token->identity, desired, &mapping, &granted,
				   &used);
	object_unref(&token->object);
	free(bytes);
	if (status != STATUS_SUCCESS && status != STATUS_ACCESS_DENIED &&
	    status != STATUS_PRIVILEGE_NOT_HELD)
		return thread_fail(npfs_status_to_win32(status));
	needed = SET_SIZE(used ? (DWORD)__builtin_popcountll(used) : 1);
	if (!set || *set_sizep < needed) {
		*set_sizep = needed;
		return thread_fail(ERROR_INSUFFICIENT_BUFFER);
	}
	set_write(set, used);
	*grantedp = granted;
	*statusp = status == STATUS_SUCCESS;
	if (status != STATUS_SUCCESS)
		thread_last_error = npfs_status_to_win32(status);
	return TRUE;
}

/* Nobody makes restricted tokens here. */
BOOL WINAPI IsTokenRestricted(HANDLE h)
{
	struct token *token = token_get(h, TOKEN_QUERY);

	if (!token)
		return FALSE;
	object_unref(&token->object);
	thread_last_error = ERROR_SUCCESS;
	return FALSE;
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
		*memberp = npfs_identity_is_member(identity, sid, GetLengthSid(sid));
	npfs_identity_unref(identity);
	return error ? thread_fail(error) : TRUE;
}
