/* SPDX-License-Identifier: MIT */
/*
 * LookupAccountName and LookupAccountSid: account.c in the two forms of characters
 *
 * Sizes are as documented: what is too small gives ERROR_INSUFFICIENT_BUFFER and the sizes
 * that are needed, terminators included; after success they are without terminators, and
 * the size of the identifier stays as it was. There is one machine to ask: no name, a dot
 * and its own name mean this one, any other does not answer.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <windows.h>

#include "kernel32-shim/account.h"
#include "kernel32-shim/securitydesc.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

/* The domain that a lookup without a name finds. */
#define NAMELESS "BUILTIN"

static DWORD system_check(const char *system)
{
	char machine[HOST_NAME_MAX + 1];
	DWORD len = sizeof(machine);

	if (!system)
		return 0;
	if (strncmp(system, "\\\\", 2) == 0)
		system += 2;
	if (system[0] == '\0' || strcmp(system, ".") == 0 ||
	    (GetComputerNameA(machine, &len) && strcasecmp(system, machine) == 0))
		return 0;
	return RPC_S_SERVER_UNAVAILABLE;
}

/* Somewhere to put text of either form, and its size in units. */
struct room {
	char *narrow; /* borrowed; or NULL */
	WCHAR *wide;  /* borrowed; or NULL */
	DWORD *sizep;
};

/* Units of @text in either form, with the terminator. */
static DWORD units_needed(const char *text, bool is_wide)
{
	bool invalid;

	return (DWORD)(is_wide ? text_to_wide(text, strlen(text), NULL, 0, &invalid)
			       : strlen(text)) +
	       1;
}

static bool room_holds(const struct room *room, DWORD needed)
{
	return (room->narrow || room->wide) && *room->sizep >= needed;
}

static void room_fill(const struct room *room, const char *text, DWORD needed)
{
	bool invalid;

	if (room->wide) {
		text_to_wide(text, strlen(text), room->wide, needed, &invalid);
		room->wide[needed - 1] = 0;
	} else {
		memcpy(room->narrow, text, needed);
	}
	*room->sizep = needed - 1;
}

static BOOL sid_lookup(const char *system, PSID sid, const struct room *name,
		       const struct room *domain, bool is_wide, PSID_NAME_USE usep)
{
	DWORD err, n_name, n_domain;
	struct account account;

	if (!sid || !name->sizep || !domain->sizep || !usep)
		return thread_fail(ERROR_INVALID_PARAMETER);
	err = system_check(system);
	if (!err && !securitydesc_sid_is_valid(sid))
		err = ERROR_INVALID_SID;
	if (!err)
		err = account_by_sid(sid, &account);
	if (err)
		return thread_fail(err);
	n_name = units_needed(account.name, is_wide);
	n_domain = units_needed(account.domain, is_wide);
	if (room_holds(name, n_name) && room_holds(domain, n_domain)) {
		room_fill(name, account.name, n_name);
		room_fill(domain, account.domain, n_domain);
		*usep = account.use;
	} else {
		*name->sizep = n_name;
		*domain->sizep = n_domain;
		err = ERROR_INSUFFICIENT_BUFFER;
	}
	account_fini(&account);
	return err ? thread_fail(err) : TRUE;
}

static BOOL name_lookup(const char *system, const char *name, PSID sid, DWORD *sid_sizep,
			const struct room *domain, bool is_wide, PSID_NAME_USE usep)
{
	DWORD err, n_domain, sid_len;
	struct account account;

	if (!sid_sizep || !domain->sizep || !usep)
		return thread_fail(ERROR_INVALID_PARAMETER);
	err = system_check(system);
	if (!err)
		err = account_by_name(name && name[0] ? name : NAMELESS, &account);
	if (err)
		return thread_fail(err);
	sid_len = securitydesc_sid_len(account.sid);
	n_domain = units_needed(account.domain, is_wide);
	if (sid && *sid_sizep >= sid_len && room_holds(domain, n_domain)) {
		memcpy(sid, account.sid, sid_len);
		room_fill(domain, account.domain, n_domain);
		*usep = account.use;
	} else {
		*sid_sizep = sid_len;
		*domain->sizep = n_domain;
		err = ERROR_INSUFFICIENT_BUFFER;
	}
	account_fini(&account);
	return err ? thread_fail(err) : TRUE;
}

BOOL WINAPI LookupAccountSidA(LPCSTR system, PSID sid, LPSTR name, LPDWORD name_sizep,
			      LPSTR domain, LPDWORD domain_sizep, PSID_NAME_USE usep)
{
	const struct room name_room = {.narrow = name, .sizep = name_sizep};
	const struct room domain_room = {.narrow = domain, .sizep = domain_sizep};

	return sid_lookup(system, sid, &name_room, &domain_room, false, usep);
}

BOOL WINAPI LookupAccountSidW(LPCWSTR system, PSID sid, LPWSTR name, LPDWORD name_sizep,
			      LPWSTR domain, LPDWORD domain_sizep, PSID_NAME_USE usep)
{
	const struct room name_room = {.wide = name, .sizep = name_sizep};
	const struct room domain_room = {.wide = domain, .sizep = domain_sizep};
	bool failed;
	char *narrow = text_utf8_from_wide_z(system, &failed);
	BOOL ok;

	if (failed)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	ok = sid_lookup(narrow, sid, &name_room, &domain_room, true, usep);
	free(narrow);
	return ok;
}

BOOL WINAPI LookupAccountNameA(LPCSTR system, LPCSTR name, PSID sid, LPDWORD sid_sizep,
			       LPSTR domain, LPDWORD domain_sizep, PSID_NAME_USE usep)
{
	const struct room domain_room = {.narrow = domain, .sizep = domain_sizep};

	return name_lookup(system, name, sid, sid_sizep, &domain_room, false, usep);
}

BOOL WINAPI LookupAccountNameW(LPCWSTR system, LPCWSTR name, PSID sid, LPDWORD sid_sizep,
			       LPWSTR domain, LPDWORD domain_sizep, PSID_NAME_USE usep)
{
	const struct room domain_room = {.wide = domain, .sizep = domain_sizep};
	bool system_failed, name_failed;
	char *system_narrow = text_utf8_from_wide_z(system, &system_failed);
	char *name_narrow = text_utf8_from_wide_z(name, &name_failed);
	BOOL ok;

	if (system_failed || name_failed)
		ok = thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	else
		ok = name_lookup(system_narrow, name_narrow, sid, sid_sizep, &domain_room,
				 true, usep);
	free(system_narrow);
	free(name_narrow);
	return ok;
}
