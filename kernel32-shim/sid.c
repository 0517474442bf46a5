/* SPDX-License-Identifier: MIT */
/*
 * Identifiers, as programs build them, compare them and take them apart
 *
 * As on Windows, only IsValidSid() and the functions that say so look whether what they
 * are given is an identifier at all; the others take it as one and read as much of it as
 * its own count says. The format is in securitydesc.h, the identifiers that have a name
 * are in known_sid.h.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "kernel32-shim/known_sid.h"
#include "kernel32-shim/securitydesc.h"
#include "kernel32-shim/thread.h"

DWORD WINAPI GetSidLengthRequired(UCHAR n)
{
	return (DWORD)offsetof(SID, SubAuthority) + 4u * n;
}

BOOL WINAPI IsValidSid(PSID sid)
{
	return securitydesc_sid_is_valid(sid);
}

DWORD WINAPI GetLengthSid(PSID sid)
{
	return securitydesc_sid_len(sid);
}

BOOL WINAPI InitializeSid(PSID sid, PSID_IDENTIFIER_AUTHORITY authority, BYTE n)
{
	SID *s = sid;

	if (n > SID_MAX_SUB_AUTHORITIES)
		return thread_fail(ERROR_INVALID_PARAMETER);
	memset(s, 0, GetSidLengthRequired(n));
	s->Revision = SID_REVISION;
	s->SubAuthorityCount = n;
	s->IdentifierAuthority = *authority;
	return TRUE;
}

BOOL WINAPI AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY authority, BYTE n,
				     DWORD a0, DWORD a1, DWORD a2, DWORD a3, DWORD a4,
				     DWORD a5, DWORD a6, DWORD a7, PSID *sidp)
{
	const DWORD sub[8] = {a0, a1, a2, a3, a4, a5, a6, a7};
	PSID sid;

	if (n > 8)
		return thread_fail(ERROR_INVALID_SID);
	sid = malloc(GetSidLengthRequired(n));
	if (!sid)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	InitializeSid(sid, authority, n);
	for (BYTE i = 0; i < n; i++)
		*GetSidSubAuthority(sid, i) = sub[i];
	*sidp = sid;
	return TRUE;
}

PVOID WINAPI FreeSid(PSID sid)
{
	free(sid);
	return NULL;
}

BOOL WINAPI EqualSid(PSID a, PSID b)
{
	return securitydesc_sid_len(a) == securitydesc_sid_len(b) &&
	       memcmp(a, b, securitydesc_sid_len(a)) == 0;
}

/* All but the last part. */
BOOL WINAPI EqualPrefixSid(PSID a, PSID b)
{
	uint32_t len = securitydesc_sid_len(a);

	if (len != securitydesc_sid_len(b))
		return FALSE;
	if (((SID *)a)->SubAuthorityCount > 0)
		len -= 4;
	return memcmp(a, b, len) == 0;
}

BOOL WINAPI CopySid(DWORD room, PSID to, PSID from)
{
	if (room < securitydesc_sid_len(from))
		return thread_fail(ERROR_INSUFFICIENT_BUFFER);
	memcpy(to, from, securitydesc_sid_len(from));
	return TRUE;
}

PSID_IDENTIFIER_AUTHORITY WINAPI GetSidIdentifierAuthority(PSID sid)
{
	return &((SID *)sid)->IdentifierAuthority;
}

PDWORD WINAPI GetSidSubAuthority(PSID sid, DWORD i)
{
	/* The array is longer than it is declared. */
	return (DWORD *)(void *)((char *)sid + offsetof(SID, SubAuthority)) + i;
}

PUCHAR WINAPI GetSidSubAuthorityCount(PSID sid)
{
	return &((SID *)sid)->SubAuthorityCount;
}

/* A domain holds numbers of its own and is itself not one of them. */
static bool domain_is_valid(PSID domain)
{
	const SID *s = domain;

	return securitydesc_sid_is_valid(domain) &&
	       s->SubAuthorityCount < SID_MAX_SUB_AUTHORITIES;
}

BOOL WINAPI CreateWellKnownSid(WELL_KNOWN_SID_TYPE type, PSID domain, PSID sid,
			       DWORD *lenp)
{
	const struct known_sid *known = known_sid_by_type((int)type);
	DWORD len;

	if (!known || !lenp || (domain && !domain_is_valid(domain)))
		return thread_fail(ERROR_INVALID_PARAMETER);
	len = known_sid_len(known, domain);
	if (!sid || *lenp < len) {
		*lenp = len;
		return thread_fail(ERROR_INSUFFICIENT_BUFFER);
	}
	known_sid_write(known, domain, sid);
	*lenp = len;
	return TRUE;
}

/* Is it that number of any domain, S-1-5-21-a-b-c-number? */
static bool is_number_of_domain(const SID *sid, DWORD number)
{
	SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};

	return sid->SubAuthorityCount == 5 &&
	       memcmp(&sid->IdentifierAuthority, &nt, sizeof(nt)) == 0 &&
	       *GetSidSubAuthority((PSID)sid, 0) == SECURITY_NT_NON_UNIQUE &&
	       *GetSidSubAuthority((PSID)sid, 4) == number;
}

BOOL WINAPI IsWellKnownSid(PSID sid, WELL_KNOWN_SID_TYPE type)
{
	const struct known_sid *known = known_sid_by_type((int)type);
	DWORD bytes[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];

	if (!known || !securitydesc_sid_is_valid(sid))
		return FALSE;
	if (known->kind != KNOWN_SID_FIXED)
		return is_number_of_domain(sid, known->subs[0]);
	known_sid_write(known, NULL, bytes);
	return EqualSid(sid, bytes);
}

/* The identifier without its last part; only those of an S-1-5-21 domain have one. */
BOOL WINAPI GetWindowsAccountDomainSid(PSID sid, PSID domain, DWORD *lenp)
{
	SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
	const SID *s = sid;
	DWORD len = GetSidLengthRequired(4);

	if (!securitydesc_sid_is_valid(sid))
		return thread_fail(ERROR_INVALID_SID);
	if (!lenp)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (s->SubAuthorityCount < 4 ||
	    memcmp(&s->IdentifierAuthority, &nt, sizeof(nt)) != 0 ||
	    *GetSidSubAuthority(sid, 0) != SECURITY_NT_NON_UNIQUE)
		return thread_fail(ERROR_NON_ACCOUNT_SID);
	if (!domain || *lenp < len) {
		*lenp = len;
		return thread_fail(ERROR_INSUFFICIENT_BUFFER);
	}
	memcpy(domain, sid, len);
	((SID *)domain)->SubAuthorityCount = 4;
	*lenp = len;
	return TRUE;
}

/* Are both of the same S-1-5-21 domain? */
BOOL WINAPI EqualDomainSid(PSID a, PSID b, BOOL *equalp)
{
	DWORD domain_a[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	DWORD domain_b[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	DWORD len_a = sizeof(domain_a), len_b = sizeof(domain_b);

	if (!equalp)
		return thread_fail(ERROR_INVALID_PARAMETER);
	*equalp = FALSE;
	if (!GetWindowsAccountDomainSid(a, domain_a, &len_a) ||
	    !GetWindowsAccountDomainSid(b, domain_b, &len_b))
		return FALSE;
	*equalp = EqualSid(domain_a, domain_b);
	return TRUE;
}
