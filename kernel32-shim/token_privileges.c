/* SPDX-License-Identifier: MIT */
/*
 * The privileges in a token: which there are, which are enabled
 *
 * Numbers of privileges are their LUIDs (names: privilege.c). What enabling one does here is
 * said in <npfs/security.h>.
 */
#include "kernel32-shim/token.h"

#include <windows.h>

#include "kernel32-shim/thread.h"

#define PRIVILEGE_MAX 64u

unsigned token_n_privileges(uint64_t set)
{
	return (unsigned)__builtin_popcountll(set);
}

void token_privileges_write(TOKEN_PRIVILEGES *p, uint64_t set, uint64_t enabled)
{
	unsigned i, n = 0;

	for (i = 0; i < PRIVILEGE_MAX; i++) {
		if (!(set >> i & 1))
			continue;
		p->Privileges[n].Luid.LowPart = i;
		p->Privileges[n].Luid.HighPart = 0;
		p->Privileges[n].Attributes = enabled >> i & 1 ? SE_PRIVILEGE_ENABLED : 0;
		n++;
	}
	p->PrivilegeCount = n;
}

void token_luid_write(LUID *luid, uint64_t number)
{
	luid->LowPart = (DWORD)number;
	luid->HighPart = (LONG)(number >> 32);
}

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
			       token_n_privileges(changed) * sizeof(LUID_AND_ATTRIBUTES));

	if (previous && needed <= size)
		token_privileges_write(previous, changed, enabled);
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
	token_luid_write(luid, token_luid());
	return TRUE;
}
