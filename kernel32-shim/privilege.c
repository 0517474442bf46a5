/* SPDX-License-Identifier: MIT */
/*
 * Privileges and their names
 *
 * On Windows the number of a privilege is one of the machine; these are those that every
 * Windows has given out, so that a number that a program carries along still means the
 * same. Names compare in either case. The system's name matters as in lookup_account.c,
 * only that a privilege is the same on every machine: it is not looked at.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <windows.h>

#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

static const struct privilege {
	DWORD number;
	const char *name;
	const char *display_name;
} privileges[] = {
	{2, "SeCreateTokenPrivilege", "Create a token object"},
	{3, "SeAssignPrimaryTokenPrivilege", "Replace a process level token"},
	{4, "SeLockMemoryPrivilege", "Lock pages in memory"},
	{5, "SeIncreaseQuotaPrivilege", "Adjust memory quotas for a process"},
	{6, "SeMachineAccountPrivilege", "Add workstations to domain"},
	{7, "SeTcbPrivilege", "Act as part of the operating system"},
	{8, "SeSecurityPrivilege", "Manage auditing and security log"},
	{9, "SeTakeOwnershipPrivilege", "Take ownership of files or other objects"},
	{10, "SeLoadDriverPrivilege", "Load and unload device drivers"},
	{11, "SeSystemProfilePrivilege", "Profile system performance"},
	{12, "SeSystemtimePrivilege", "Change the system time"},
	{13, "SeProfileSingleProcessPrivilege", "Profile single process"},
	{14, "SeIncreaseBasePriorityPrivilege", "Increase scheduling priority"},
	{15, "SeCreatePagefilePrivilege", "Create a pagefile"},
	{16, "SeCreatePermanentPrivilege", "Create permanent shared objects"},
	{17, "SeBackupPrivilege", "Back up files and directories"},
	{18, "SeRestorePrivilege", "Restore files and directories"},
	{19, "SeShutdownPrivilege", "Shut down the system"},
	{20, "SeDebugPrivilege", "Debug programs"},
	{21, "SeAuditPrivilege", "Generate security audits"},
	{22, "SeSystemEnvironmentPrivilege", "Modify firmware environment values"},
	{23, "SeChangeNotifyPrivilege", "Bypass traverse checking"},
	{24, "SeRemoteShutdownPrivilege", "Force shutdown from a remote system"},
	{25, "SeUndockPrivilege", "Remove computer from docking station"},
	{26, "SeSyncAgentPrivilege", "Synchronize directory service data"},
	{27, "SeEnableDelegationPrivilege",
	 "Enable computer and user accounts to be trusted for delegation"},
	{28, "SeManageVolumePrivilege", "Perform volume maintenance tasks"},
	{29, "SeImpersonatePrivilege", "Impersonate a client after authentication"},
	{30, "SeCreateGlobalPrivilege", "Create global objects"},
	{31, "SeTrustedCredManAccessPrivilege",
	 "Access Credential Manager as a trusted caller"},
	{32, "SeRelabelPrivilege", "Modify an object label"},
	{33, "SeIncreaseWorkingSetPrivilege", "Increase a process working set"},
	{34, "SeTimeZonePrivilege", "Change the time zone"},
	{35, "SeCreateSymbolicLinkPrivilege", "Create symbolic links"},
	{36, "SeDelegateSessionUserImpersonatePrivilege",
	 "Obtain an impersonation token for another user in the same session"},
};

#define N_PRIVILEGES (sizeof(privileges) / sizeof(privileges[0]))

static const struct privilege *privilege_by_name(const char *name)
{
	for (size_t i = 0; i < N_PRIVILEGES; i++)
		if (strcasecmp(privileges[i].name, name) == 0)
			return &privileges[i];
	return NULL;
}

static const struct privilege *privilege_by_luid(const LUID *luid)
{
	for (size_t i = 0; i < N_PRIVILEGES; i++)
		if (luid->HighPart == 0 && luid->LowPart == privileges[i].number)
			return &privileges[i];
	return NULL;
}

BOOL WINAPI LookupPrivilegeValueA(LPCSTR system, LPCSTR name, PLUID luidp)
{
	const struct privilege *privilege;

	(void)system;
	if (!name || !luidp)
		return thread_fail(ERROR_INVALID_PARAMETER);
	privilege = privilege_by_name(name);
	if (!privilege)
		return thread_fail(ERROR_NO_SUCH_PRIVILEGE);
	luidp->LowPart = privilege->number;
	luidp->HighPart = 0;
	return TRUE;
}

BOOL WINAPI LookupPrivilegeValueW(LPCWSTR system, LPCWSTR name, PLUID luidp)
{
	bool failed;
	char *narrow = text_utf8_from_wide_z(name, &failed);
	BOOL ok;

	(void)system;
	if (failed)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	ok = LookupPrivilegeValueA(NULL, narrow, luidp);
	free(narrow);
	return ok;
}

/* The texts are ASCII: as many units in either form. *@lenp counts the terminator when the
 * room is too small, and not otherwise. */
static BOOL give(const char *text, char *narrow, WCHAR *wide, DWORD *lenp)
{
	DWORD len = (DWORD)strlen(text);

	if ((!narrow && !wide) || *lenp <= len) {
		*lenp = len + 1;
		return thread_fail(ERROR_INSUFFICIENT_BUFFER);
	}
	for (DWORD i = 0; i <= len; i++) {
		if (wide)
			wide[i] = (WCHAR)text[i];
		else
			narrow[i] = text[i];
	}
	*lenp = len;
	return TRUE;
}

static BOOL name_lookup(const LUID *luid, char *narrow, WCHAR *wide, DWORD *lenp)
{
	const struct privilege *privilege;

	if (!luid || !lenp)
		return thread_fail(ERROR_INVALID_PARAMETER);
	privilege = privilege_by_luid(luid);
	if (!privilege)
		return thread_fail(ERROR_NO_SUCH_PRIVILEGE);
	return give(privilege->name, narrow, wide, lenp);
}

BOOL WINAPI LookupPrivilegeNameA(LPCSTR system, PLUID luid, LPSTR name, LPDWORD lenp)
{
	(void)system;
	return name_lookup(luid, name, NULL, lenp);
}

BOOL WINAPI LookupPrivilegeNameW(LPCWSTR system, PLUID luid, LPWSTR name, LPDWORD lenp)
{
	(void)system;
	return name_lookup(luid, NULL, name, lenp);
}

static BOOL display_name_lookup(const char *name, char *narrow, WCHAR *wide, DWORD *lenp,
				DWORD *languagep)
{
	const struct privilege *privilege;
	BOOL ok;

	if (!name || !lenp || !languagep)
		return thread_fail(ERROR_INVALID_PARAMETER);
	privilege = privilege_by_name(name);
	if (!privilege)
		return thread_fail(ERROR_NO_SUCH_PRIVILEGE);
	ok = give(privilege->display_name, narrow, wide, lenp);
	if (ok)
		*languagep = MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US);
	return ok;
}

BOOL WINAPI LookupPrivilegeDisplayNameA(LPCSTR system, LPCSTR name, LPSTR text,
					LPDWORD lenp, LPDWORD languagep)
{
	(void)system;
	return display_name_lookup(name, text, NULL, lenp, languagep);
}

BOOL WINAPI LookupPrivilegeDisplayNameW(LPCWSTR system, LPCWSTR name, LPWSTR text,
					LPDWORD lenp, LPDWORD languagep)
{
	bool failed;
	char *narrow = text_utf8_from_wide_z(name, &failed);
	BOOL ok;

	(void)system;
	if (failed)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	ok = display_name_lookup(narrow, NULL, text, lenp, languagep);
	free(narrow);
	return ok;
}
