/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of pipes by name: NamedSecurityInfo and FileSecurity
 *
 * As on Windows these open the pipe as a client does, with nothing but the rights that
 * they need, ask, and close again: an instance must be listening, and its server sees a
 * client come and go. Without a listening instance the answer is ERROR_PIPE_BUSY; whoever
 * holds an end asks by handle instead (object_security.c). Names of files on disk lead to
 * ERROR_NOT_SUPPORTED.
 */
#include <stdlib.h>
#include <string.h>

#include <aclapi.h>
#include <windows.h>

#include "kernel32-shim/object_security.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

#define OWNER_OR_GROUP (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION)

static DWORD name_open(LPCWSTR name, DWORD access, HANDLE *hp)
{
	if (!name)
		return ERROR_INVALID_PARAMETER;
	*hp = CreateFileW(name, access, 0, NULL, OPEN_EXISTING, 0, NULL);
	return *hp == INVALID_HANDLE_VALUE ? thread_last_error : 0;
}

static DWORD open_to_get(LPCWSTR name, SECURITY_INFORMATION information, HANDLE *hp)
{
	DWORD access = 0;

	if (information & (OWNER_OR_GROUP | DACL_SECURITY_INFORMATION))
		access |= READ_CONTROL;
	if (information & SACL_SECURITY_INFORMATION)
		access |= ACCESS_SYSTEM_SECURITY;
	return name_open(name, access, hp);
}

static DWORD open_to_set(LPCWSTR name, SECURITY_INFORMATION information, HANDLE *hp)
{
	DWORD access = 0;

	if (information & OWNER_OR_GROUP)
		access |= WRITE_OWNER;
	if (information & DACL_SECURITY_INFORMATION)
		access |= WRITE_DAC;
	if (information & SACL_SECURITY_INFORMATION)
		access |= ACCESS_SYSTEM_SECURITY;
	return name_open(name, access, hp);
}

/* The last error of the functions here is that of the work, not that of closing. */
static void close_quietly(HANDLE h)
{
	DWORD err = thread_last_error;

	CloseHandle(h);
	thread_last_error = err;
}

DWORD WINAPI GetNamedSecurityInfoW(LPCWSTR name, SE_OBJECT_TYPE type,
				   SECURITY_INFORMATION information, PSID *ownerp,
				   PSID *groupp, PACL *daclp, PACL *saclp,
				   PSECURITY_DESCRIPTOR *sdp)
{
	HANDLE h;
	DWORD err = open_to_get(name, information, &h);

	if (err)
		return err;
	err = GetSecurityInfo(h, type, information, ownerp, groupp, daclp, saclp, sdp);
	close_quietly(h);
	return err;
}

DWORD WINAPI GetNamedSecurityInfoA(LPCSTR name, SE_OBJECT_TYPE type,
				   SECURITY_INFORMATION information, PSID *ownerp,
				   PSID *groupp, PACL *daclp, PACL *saclp,
				   PSECURITY_DESCRIPTOR *sdp)
{
	WCHAR *wide;
	DWORD err;

	if (!name)
		return ERROR_INVALID_PARAMETER;
	wide = text_wide_from_utf8(name, strlen(name));
	if (!wide)
		return ERROR_NOT_ENOUGH_MEMORY;
	err = GetNamedSecurityInfoW(wide, type, information, ownerp, groupp, daclp, saclp,
				    sdp);
	free(wide);
	return err;
}

DWORD WINAPI SetNamedSecurityInfoW(LPWSTR name, SE_OBJECT_TYPE type,
				   SECURITY_INFORMATION information, PSID owner,
				   PSID group, PACL dacl, PACL sacl)
{
	HANDLE h;
	DWORD err = open_to_set(name, information, &h);

	if (err)
		return err;
	err = SetSecurityInfo(h, type, information, owner, group, dacl, sacl);
	close_quietly(h);
	return err;
}

DWORD WINAPI SetNamedSecurityInfoA(LPSTR name, SE_OBJECT_TYPE type,
				   SECURITY_INFORMATION information, PSID owner,
				   PSID group, PACL dacl, PACL sacl)
{
	WCHAR *wide;
	DWORD err;

	if (!name)
		return ERROR_INVALID_PARAMETER;
	wide = text_wide_from_utf8(name, strlen(name));
	if (!wide)
		return ERROR_NOT_ENOUGH_MEMORY;
	err = SetNamedSecurityInfoW(wide, type, information, owner, group, dacl, sacl);
	free(wide);
	return err;
}

BOOL WINAPI GetFileSecurityW(LPCWSTR name, SECURITY_INFORMATION information,
			     PSECURITY_DESCRIPTOR sd, DWORD room, LPDWORD neededp)
{
	HANDLE h;
	DWORD err = open_to_get(name, information, &h);
	BOOL ok;

	if (err)
		return thread_fail(err);
	ok = GetKernelObjectSecurity(h, information, sd, room, neededp);
	close_quietly(h);
	return ok;
}

BOOL WINAPI GetFileSecurityA(LPCSTR name, SECURITY_INFORMATION information,
			     PSECURITY_DESCRIPTOR sd, DWORD room, LPDWORD neededp)
{
	WCHAR *wide = name ? text_wide_from_utf8(name, strlen(name)) : NULL;
	BOOL ok;

	if (name && !wide)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	ok = GetFileSecurityW(wide, information, sd, room, neededp);
	free(wide);
	return ok;
}

BOOL WINAPI SetFileSecurityW(LPCWSTR name, SECURITY_INFORMATION information,
			     PSECURITY_DESCRIPTOR sd)
{
	HANDLE h;
	DWORD err = open_to_set(name, information, &h);
	BOOL ok;

	if (err)
		return thread_fail(err);
	ok = SetKernelObjectSecurity(h, information, sd);
	close_quietly(h);
	return ok;
}

BOOL WINAPI SetFileSecurityA(LPCSTR name, SECURITY_INFORMATION information,
			     PSECURITY_DESCRIPTOR sd)
{
	WCHAR *wide = name ? text_wide_from_utf8(name, strlen(name)) : NULL;
	BOOL ok;

	if (name && !wide)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	ok = SetFileSecurityW(wide, information, sd);
	free(wide);
	return ok;
}
