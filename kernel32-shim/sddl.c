/* SPDX-License-Identifier: MIT */
/*
 * The functions of sddl.h: identifiers and descriptors to text and back
 *
 * Results are blocks for LocalFree(). The text itself is read and written in sddl_read.c
 * and sddl_write.c; here are the two forms of characters and the checks of arguments.
 */
#include <stdlib.h>
#include <string.h>

#include <sddl.h>
#include <windows.h>

#include "kernel32-shim/heap.h"
#include "kernel32-shim/sddl_text.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

/* A block for LocalFree() with the terminated text in it. */
static char *local_text(const char *text, size_t len)
{
	char *copy = heap_process_alloc(len + 1, false);

	if (copy)
		*(char *)mempcpy(copy, text, len) = '\0';
	return copy;
}

static WCHAR *local_text_wide(const char *ascii, size_t len)
{
	WCHAR *copy = heap_process_alloc((len + 1) * sizeof(*copy), false);

	for (size_t i = 0; copy && i <= len; i++)
		copy[i] = (WCHAR)(i < len ? ascii[i] : 0);
	return copy;
}

static BOOL sid_to_text(PSID sid, char *text, size_t *lenp)
{
	if (!securitydesc_sid_is_valid(sid))
		return thread_fail(ERROR_INVALID_SID);
	*lenp = sddl_write_sid(sid, text);
	return TRUE;
}

BOOL WINAPI ConvertSidToStringSidA(PSID sid, LPSTR *textp)
{
	char text[SECURITY_MAX_SID_STRING_CHARACTERS];
	size_t len;

	if (!sid || !textp)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (!sid_to_text(sid, text, &len))
		return FALSE;
	*textp = local_text(text, len);
	return *textp ? TRUE : thread_fail(ERROR_NOT_ENOUGH_MEMORY);
}

BOOL WINAPI ConvertSidToStringSidW(PSID sid, LPWSTR *textp)
{
	char text[SECURITY_MAX_SID_STRING_CHARACTERS];
	size_t len;

	if (!sid || !textp)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (!sid_to_text(sid, text, &len))
		return FALSE;
	*textp = local_text_wide(text, len);
	return *textp ? TRUE : thread_fail(ERROR_NOT_ENOUGH_MEMORY);
}

BOOL WINAPI ConvertStringSidToSidW(LPCWSTR text, PSID *sidp)
{
	DWORD bytes[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	DWORD err;

	if (!text || !sidp)
		return thread_fail(ERROR_INVALID_PARAMETER);
	err = sddl_read_sid(text, text_wide_len(text), bytes);
	if (err)
		return thread_fail(err);
	*sidp = heap_process_alloc(securitydesc_sid_len(bytes), false);
	if (!*sidp)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	memcpy(*sidp, bytes, securitydesc_sid_len(bytes));
	return TRUE;
}

BOOL WINAPI ConvertStringSidToSidA(LPCSTR text, PSID *sidp)
{
	WCHAR *wide;
	BOOL ok;

	if (!text || !sidp)
		return thread_fail(ERROR_INVALID_PARAMETER);
	wide = text_wide_from_utf8(text, strlen(text));
	if (!wide)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	ok = ConvertStringSidToSidW(wide, sidp);
	free(wide);
	return ok;
}

BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorW(
	LPCWSTR text, DWORD revision, PSECURITY_DESCRIPTOR *sdp, PULONG lenp)
{
	uint32_t len;
	DWORD err;

	if (!text || !sdp)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (revision != SDDL_REVISION_1)
		return thread_fail(ERROR_UNKNOWN_REVISION);
	err = sddl_read(text, text_wide_len(text), sdp, &len);
	if (err)
		return thread_fail(err);
	if (lenp)
		*lenp = len;
	return TRUE;
}

BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorA(
	LPCSTR text, DWORD revision, PSECURITY_DESCRIPTOR *sdp, PULONG lenp)
{
	WCHAR *wide;
	BOOL ok;

	if (!text || !sdp)
		return thread_fail(ERROR_INVALID_PARAMETER);
	wide = text_wide_from_utf8(text, strlen(text));
	if (!wide)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	ok = ConvertStringSecurityDescriptorToSecurityDescriptorW(wide, revision, sdp,
								  lenp);
	free(wide);
	return ok;
}

/* The text of a descriptor, for free(); NULL with the last error set. */
static WCHAR *sd_to_text(PSECURITY_DESCRIPTOR sd, DWORD revision,
			SECURITY_INFORMATION information, size_t *lenp)
{
	struct securitydesc_parts parts;
	WCHAR *text;
	DWORD err;

	if (revision != SDDL_REVISION_1)
		err = ERROR_UNKNOWN_REVISION;
	else if (!securitydesc_parts_get(sd, &parts))
		err = ERROR_INVALID_SECURITY_DESCR;
	else
		err = sddl_write(&parts, information, &text, lenp);
	if (!err)
		return text;
	thread_fail(err);
	return NULL;
}

BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorA(
	PSECURITY_DESCRIPTOR sd, DWORD revision, SECURITY_INFORMATION information,
	LPSTR *textp, PULONG lenp)
{
	size_t len;
	WCHAR *wide;
	char *text;

	if (!sd || !textp)
		return thread_fail(ERROR_INVALID_PARAMETER);
	wide = sd_to_text(sd, revision, information, &len);
	if (!wide)
		return FALSE;
	text = text_utf8_from_wide(wide, len);
	free(wide);
	*textp = text ? local_text(text, strlen(text)) : NULL;
	free(text);
	if (!*textp)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	if (lenp)
		*lenp = (ULONG)strlen(*textp) + 1;
	return TRUE;
}

BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorW(
	PSECURITY_DESCRIPTOR sd, DWORD revision, SECURITY_INFORMATION information,
	LPWSTR *textp, PULONG lenp)
{
	size_t len;
	WCHAR *text;

	if (!sd || !textp)
		return thread_fail(ERROR_INVALID_PARAMETER);
	text = sd_to_text(sd, revision, information, &len);
	if (!text)
		return FALSE;
	*textp = heap_process_alloc((len + 1) * sizeof(*text), false);
	if (*textp)
		memcpy(*textp, text, (len + 1) * sizeof(*text));
	free(text);
	if (!*textp)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	if (lenp)
		*lenp = (ULONG)len + 1;
	return TRUE;
}
