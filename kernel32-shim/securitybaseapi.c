/* SPDX-License-Identifier: MIT */
/*
 * Identifiers, access control lists and descriptors, as programs build and take them
 * apart. The byte formats are in securitydesc.h.  Tokens, impersonation and access checks
 * need the broker and are elsewhere.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "kernel32-shim/securitydesc.h"
#include "kernel32-shim/thread.h"

/* identifiers */

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

/* The identifiers that are the same on every machine: authority and parts. */
static const struct known_sid {
	WELL_KNOWN_SID_TYPE type;
	BYTE authority;
	BYTE n;
	DWORD sub[2];
} known_sids[] = {
	{WinNullSid, 0, 1, {0}},
	{WinWorldSid, 1, 1, {0}},
	{WinLocalSid, 2, 1, {0}},
	{WinCreatorOwnerSid, 3, 1, {0}},
	{WinCreatorGroupSid, 3, 1, {1}},
	{WinDialupSid, 5, 1, {1}},
	{WinNetworkSid, 5, 1, {2}},
	{WinBatchSid, 5, 1, {3}},
	{WinInteractiveSid, 5, 1, {4}},
	{WinServiceSid, 5, 1, {6}},
	{WinAnonymousSid, 5, 1, {7}},
	{WinSelfSid, 5, 1, {10}},
	{WinAuthenticatedUserSid, 5, 1, {11}},
	{WinRestrictedCodeSid, 5, 1, {12}},
	{WinLocalSystemSid, 5, 1, {18}},
	{WinLocalServiceSid, 5, 1, {19}},
	{WinNetworkServiceSid, 5, 1, {20}},
	{WinBuiltinDomainSid, 5, 1, {32}},
	{WinBuiltinAdministratorsSid, 5, 2, {32, 544}},
	{WinBuiltinUsersSid, 5, 2, {32, 545}},
	{WinBuiltinGuestsSid, 5, 2, {32, 546}},
	{WinBuiltinPowerUsersSid, 5, 2, {32, 547}},
};

static void known_sid_write(const struct known_sid *known, PSID sid)
{
	SID_IDENTIFIER_AUTHORITY authority = {{0, 0, 0, 0, 0, known->authority}};

	InitializeSid(sid, &authority, known->n);
	for (BYTE i = 0; i < known->n; i++)
		*GetSidSubAuthority(sid, i) = known->sub[i];
}

static const struct known_sid *known_sid_find(WELL_KNOWN_SID_TYPE type)
{
	for (size_t i = 0; i < sizeof(known_sids) / sizeof(known_sids[0]); i++)
		if (known_sids[i].type == type)
			return &known_sids[i];
	return NULL;
}

BOOL WINAPI CreateWellKnownSid(WELL_KNOWN_SID_TYPE type, PSID domain, PSID sid,
			       DWORD *lenp)
{
	const struct known_sid *known = known_sid_find(type);
	DWORD len;

	(void)domain; /* the kinds that need one are not among those known here */
	if (!known)
		return thread_fail(ERROR_INVALID_PARAMETER);
	len = GetSidLengthRequired(known->n);
	if (!sid || *lenp < len) {
		*lenp = len;
		return thread_fail(ERROR_INSUFFICIENT_BUFFER);
	}
	known_sid_write(known, sid);
	*lenp = len;
	return TRUE;
}

BOOL WINAPI IsWellKnownSid(PSID sid, WELL_KNOWN_SID_TYPE type)
{
	const struct known_sid *known = known_sid_find(type);
	DWORD bytes[SECURITY_MAX_SID_SIZE / 4];

	if (!known || !securitydesc_sid_is_valid(sid))
		return FALSE;
	known_sid_write(known, bytes);
	return EqualSid(sid, bytes);
}

/* access control lists */

BOOL WINAPI InitializeAcl(PACL acl, DWORD len, DWORD revision)
{
	if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION || len > 0xfffc)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (len < sizeof(*acl))
		return thread_fail(ERROR_INSUFFICIENT_BUFFER);
	memset(acl, 0, sizeof(*acl));
	acl->AclRevision = (BYTE)revision;
	acl->AclSize = (WORD)(len & ~3u);
	return TRUE;
}

BOOL WINAPI IsValidAcl(PACL acl)
{
	return securitydesc_acl_is_valid(acl) ? TRUE : thread_fail(ERROR_INVALID_ACL);
}

static ACE_HEADER *acl_at(ACL *acl, size_t offset)
{
	return (ACE_HEADER *)(void *)((char *)acl + offset);
}

/* Where entry @index begins; the first free byte for the count itself. */
static size_t acl_offset(ACL *acl, DWORD index)
{
	size_t at = sizeof(*acl);

	for (DWORD i = 0; i < index; i++)
		at += acl_at(acl, at)->AceSize;
	return at;
}

BOOL WINAPI FindFirstFreeAce(PACL acl, LPVOID *acep)
{
	size_t at;

	*acep = NULL;
	if (!securitydesc_acl_is_valid(acl))
		return thread_fail(ERROR_INVALID_ACL);
	at = acl_offset(acl, acl->AceCount);
	if (at < acl->AclSize)
		*acep = acl_at(acl, at);
	return TRUE;
}

BOOL WINAPI GetAce(PACL acl, DWORD index, LPVOID *acep)
{
	if (!securitydesc_acl_is_valid(acl) || index >= acl->AceCount)
		return thread_fail(ERROR_INVALID_PARAMETER);
	*acep = acl_at(acl, acl_offset(acl, index));
	return TRUE;
}

BOOL WINAPI DeleteAce(PACL acl, DWORD index)
{
	size_t at, len, end;

	if (!securitydesc_acl_is_valid(acl) || index >= acl->AceCount)
		return thread_fail(ERROR_INVALID_PARAMETER);
	at = acl_offset(acl, index);
	end = acl_offset(acl, acl->AceCount);
	len = acl_at(acl, at)->AceSize;
	memmove((char *)acl + at, (char *)acl + at + len, end - at - len);
	memset((char *)acl + end - len, 0, len);
	acl->AceCount--;
	return TRUE;
}

/* How many whole entries a run of bytes holds; -1 when they do not fill it exactly. */
static int ace_run_count(const char *aces, DWORD len)
{
	int n = 0;

	for (DWORD at = 0; at < len; n++) {
		const ACE_HEADER *ace = (const ACE_HEADER *)(const void *)(aces + at);

		if (len - at < sizeof(*ace) || ace->AceSize < sizeof(*ace) ||
		    ace->AceSize > len - at)
			return -1;
		at += ace->AceSize;
	}
	return n;
}

BOOL WINAPI AddAce(PACL acl, DWORD revision, DWORD index, LPVOID aces, DWORD len)
{
	size_t at, end;
	int n;

	if (!securitydesc_acl_is_valid(acl))
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION)
		return thread_fail(ERROR_INVALID_PARAMETER);
	n = ace_run_count(aces, len);
	if (n < 0)
		return thread_fail(ERROR_INVALID_PARAMETER);
	end = acl_offset(acl, acl->AceCount);
	if (len > acl->AclSize - end)
		return thread_fail(ERROR_ALLOTTED_SPACE_EXCEEDED);
	at = acl_offset(acl, index < acl->AceCount ? index : acl->AceCount);
	memmove((char *)acl + at + len, (char *)acl + at, end - at);
	memcpy((char *)acl + at, aces, len);
	acl->AceCount = (WORD)(acl->AceCount + n);
	if (revision > acl->AclRevision)
		acl->AclRevision = (BYTE)revision;
	return TRUE;
}

/* Put a simple entry at the end. */
static BOOL acl_append(PACL acl, DWORD revision, BYTE type, DWORD flags, DWORD mask,
		       PSID sid)
{
	size_t fixed = offsetof(ACCESS_ALLOWED_ACE, SidStart), at, len;
	ACCESS_ALLOWED_ACE *ace;

	if (!securitydesc_sid_is_valid(sid))
		return thread_fail(ERROR_INVALID_SID);
	if (!securitydesc_acl_is_valid(acl))
		return thread_fail(ERROR_INVALID_ACL);
	if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION)
		return thread_fail(ERROR_REVISION_MISMATCH);
	len = fixed + securitydesc_sid_len(sid);
	at = acl_offset(acl, acl->AceCount);
	if (len > acl->AclSize - at)
		return thread_fail(ERROR_ALLOTTED_SPACE_EXCEEDED);
	ace = (ACCESS_ALLOWED_ACE *)(void *)acl_at(acl, at);
	ace->Header.AceType = type;
	ace->Header.AceFlags = (BYTE)flags;
	ace->Header.AceSize = (WORD)len;
	ace->Mask = mask;
	memcpy((char *)ace + fixed, sid, len - fixed);
	acl->AceCount++;
	if (revision > acl->AclRevision)
		acl->AclRevision = (BYTE)revision;
	return TRUE;
}

static bool ace_flags_are_valid(DWORD flags)
{
	return !(flags & ~(DWORD)VALID_INHERIT_FLAGS);
}

BOOL WINAPI AddAccessAllowedAceEx(PACL acl, DWORD revision, DWORD flags, DWORD mask,
				  PSID sid)
{
	if (!ace_flags_are_valid(flags))
		return thread_fail(ERROR_INVALID_FLAGS);
	return acl_append(acl, revision, ACCESS_ALLOWED_ACE_TYPE, flags, mask, sid);
}

BOOL WINAPI AddAccessAllowedAce(PACL acl, DWORD revision, DWORD mask, PSID sid)
{
	return AddAccessAllowedAceEx(acl, revision, 0, mask, sid);
}

BOOL WINAPI AddAccessDeniedAceEx(PACL acl, DWORD revision, DWORD flags, DWORD mask,
				 PSID sid)
{
	if (!ace_flags_are_valid(flags))
		return thread_fail(ERROR_INVALID_FLAGS);
	return acl_append(acl, revision, ACCESS_DENIED_ACE_TYPE, flags, mask, sid);
}

BOOL WINAPI AddAccessDeniedAce(PACL acl, DWORD revision, DWORD mask, PSID sid)
{
	return AddAccessDeniedAceEx(acl, revision, 0, mask, sid);
}

BOOL WINAPI AddAuditAccessAce(PACL acl, DWORD revision, DWORD mask, PSID sid,
			      BOOL success, BOOL failure)
{
	DWORD flags = (success ? SUCCESSFUL_ACCESS_ACE_FLAG : 0) |
		      (failure ? FAILED_ACCESS_ACE_FLAG : 0);

	return acl_append(acl, revision, SYSTEM_AUDIT_ACE_TYPE, flags, mask, sid);
}

BOOL WINAPI AddMandatoryAce(PACL acl, DWORD revision, DWORD flags, DWORD policy,
			    PSID label)
{
	if (!ace_flags_are_valid(flags))
		return thread_fail(ERROR_INVALID_FLAGS);
	return acl_append(acl, revision, SYSTEM_MANDATORY_LABEL_ACE_TYPE, flags, policy,
			  label);
}

BOOL WINAPI GetAclInformation(PACL acl, LPVOID information, DWORD len,
			      ACL_INFORMATION_CLASS class)
{
	ACL_REVISION_INFORMATION *revision = information;
	ACL_SIZE_INFORMATION *size = information;

	if (!securitydesc_acl_is_valid(acl))
		return thread_fail(ERROR_INVALID_PARAMETER);
	switch (class) {
	case AclRevisionInformation:
		if (len < sizeof(*revision))
			return thread_fail(ERROR_INSUFFICIENT_BUFFER);
		revision->AclRevision = acl->AclRevision;
		return TRUE;
	case AclSizeInformation:
		if (len < sizeof(*size))
			return thread_fail(ERROR_INSUFFICIENT_BUFFER);
		size->AceCount = acl->AceCount;
		size->AclBytesInUse = (DWORD)acl_offset(acl, acl->AceCount);
		size->AclBytesFree = acl->AclSize - size->AclBytesInUse;
		return TRUE;
	default:
		return thread_fail(ERROR_INVALID_PARAMETER);
	}
}

BOOL WINAPI SetAclInformation(PACL acl, LPVOID information, DWORD len,
			      ACL_INFORMATION_CLASS class)
{
	const ACL_REVISION_INFORMATION *revision = information;

	if (!securitydesc_acl_is_valid(acl) || class != AclRevisionInformation)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (len < sizeof(*revision))
		return thread_fail(ERROR_INSUFFICIENT_BUFFER);
	if (revision->AclRevision < acl->AclRevision ||
	    revision->AclRevision > MAX_ACL_REVISION)
		return thread_fail(ERROR_INVALID_PARAMETER);
	acl->AclRevision = (BYTE)revision->AclRevision;
	return TRUE;
}

/* descriptors */

BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR sd, DWORD revision)
{
	if (revision != SECURITY_DESCRIPTOR_REVISION)
		return thread_fail(ERROR_UNKNOWN_REVISION);
	memset(sd, 0, sizeof(SECURITY_DESCRIPTOR));
	((SECURITY_DESCRIPTOR *)sd)->Revision = SECURITY_DESCRIPTOR_REVISION;
	return TRUE;
}

BOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR sd)
{
	struct securitydesc_parts parts;

	return securitydesc_parts_get(sd, &parts)
		       ? TRUE
		       : thread_fail(ERROR_INVALID_SECURITY_DESCR);
}

DWORD WINAPI GetSecurityDescriptorLength(PSECURITY_DESCRIPTOR sd)
{
	struct securitydesc_parts parts;

	if (!securitydesc_parts_get(sd, &parts))
		return 0;
	if (parts.control & SE_SELF_RELATIVE)
		return securitydesc_relative_len(&parts);
	return securitydesc_relative_len(&parts) -
	       (DWORD)sizeof(SECURITY_DESCRIPTOR_RELATIVE) +
	       (DWORD)sizeof(SECURITY_DESCRIPTOR);
}

BOOL WINAPI GetSecurityDescriptorControl(PSECURITY_DESCRIPTOR sd,
					 PSECURITY_DESCRIPTOR_CONTROL controlp,
					 LPDWORD revisionp)
{
	const SECURITY_DESCRIPTOR *s = sd;

	*revisionp = s->Revision;
	if (s->Revision != SECURITY_DESCRIPTOR_REVISION)
		return thread_fail(ERROR_UNKNOWN_REVISION);
	*controlp = s->Control;
	return TRUE;
}

BOOL WINAPI SetSecurityDescriptorControl(PSECURITY_DESCRIPTOR sd,
					 SECURITY_DESCRIPTOR_CONTROL which,
					 SECURITY_DESCRIPTOR_CONTROL values)
{
	const SECURITY_DESCRIPTOR_CONTROL settable =
		SE_DACL_AUTO_INHERIT_REQ | SE_SACL_AUTO_INHERIT_REQ |
		SE_DACL_AUTO_INHERITED | SE_SACL_AUTO_INHERITED | SE_DACL_PROTECTED |
		SE_SACL_PROTECTED;
	SECURITY_DESCRIPTOR *s = sd;

	if ((which & ~settable) || (values & ~which))
		return thread_fail(ERROR_INVALID_PARAMETER);
	s->Control = (SECURITY_DESCRIPTOR_CONTROL)((s->Control & ~which) | values);
	return TRUE;
}

/* A descriptor that may be changed: the absolute form of the known revision. */
static SECURITY_DESCRIPTOR *sd_to_change(PSECURITY_DESCRIPTOR sd)
{
	SECURITY_DESCRIPTOR *s = sd;

	if (s->Revision != SECURITY_DESCRIPTOR_REVISION) {
		thread_last_error = ERROR_UNKNOWN_REVISION;
		return NULL;
	}
	if (s->Control & SE_SELF_RELATIVE) {
		thread_last_error = ERROR_INVALID_SECURITY_DESCR;
		return NULL;
	}
	return s;
}

static void control_set(SECURITY_DESCRIPTOR *s, WORD bit, bool on)
{
	s->Control =
		(SECURITY_DESCRIPTOR_CONTROL)(on ? s->Control | bit : s->Control & ~bit);
}

BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR sd, BOOL present, PACL dacl,
				      BOOL defaulted)
{
	SECURITY_DESCRIPTOR *s = sd_to_change(sd);

	if (!s)
		return FALSE;
	control_set(s, SE_DACL_PRESENT, present);
	control_set(s, SE_DACL_DEFAULTED, present && defaulted);
	if (present)
		s->Dacl = dacl;
	return TRUE;
}

BOOL WINAPI SetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR sd, BOOL present, PACL sacl,
				      BOOL defaulted)
{
	SECURITY_DESCRIPTOR *s = sd_to_change(sd);

	if (!s)
		return FALSE;
	control_set(s, SE_SACL_PRESENT, present);
	control_set(s, SE_SACL_DEFAULTED, present && defaulted);
	if (present)
		s->Sacl = sacl;
	return TRUE;
}

BOOL WINAPI SetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR sd, PSID owner,
				       BOOL defaulted)
{
	SECURITY_DESCRIPTOR *s = sd_to_change(sd);

	if (!s)
		return FALSE;
	s->Owner = owner;
	control_set(s, SE_OWNER_DEFAULTED, defaulted);
	return TRUE;
}

BOOL WINAPI SetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR sd, PSID group,
				       BOOL defaulted)
{
	SECURITY_DESCRIPTOR *s = sd_to_change(sd);

	if (!s)
		return FALSE;
	s->Group = group;
	control_set(s, SE_GROUP_DEFAULTED, defaulted);
	return TRUE;
}

/* The parts of a descriptor of the known revision, unchecked beyond that. */
static bool sd_parts(PSECURITY_DESCRIPTOR sd, struct securitydesc_parts *parts)
{
	if (securitydesc_parts_get(sd, parts))
		return true;
	thread_last_error =
		((SECURITY_DESCRIPTOR *)sd)->Revision == SECURITY_DESCRIPTOR_REVISION
			? ERROR_INVALID_SECURITY_DESCR
			: ERROR_UNKNOWN_REVISION;
	return false;
}

BOOL WINAPI GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR sd, LPBOOL presentp,
				      PACL *daclp, LPBOOL defaultedp)
{
	struct securitydesc_parts parts;

	if (!sd_parts(sd, &parts))
		return FALSE;
	*presentp = (parts.control & SE_DACL_PRESENT) != 0;
	if (!*presentp)
		return TRUE;
	*daclp = parts.dacl;
	*defaultedp = (parts.control & SE_DACL_DEFAULTED) != 0;
	return TRUE;
}

BOOL WINAPI GetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR sd, LPBOOL presentp,
				      PACL *saclp, LPBOOL defaultedp)
{
	struct securitydesc_parts parts;

	if (!sd_parts(sd, &parts))
		return FALSE;
	*presentp = (parts.control & SE_SACL_PRESENT) != 0;
	if (!*presentp)
		return TRUE;
	*saclp = parts.sacl;
	*defaultedp = (parts.control & SE_SACL_DEFAULTED) != 0;
	return TRUE;
}

BOOL WINAPI GetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR sd, PSID *ownerp,
				       LPBOOL defaultedp)
{
	struct securitydesc_parts parts;

	if (!sd_parts(sd, &parts))
		return FALSE;
	*ownerp = parts.owner;
	*defaultedp = (parts.control & SE_OWNER_DEFAULTED) != 0;
	return TRUE;
}

BOOL WINAPI GetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR sd, PSID *groupp,
				       LPBOOL defaultedp)
{
	struct securitydesc_parts parts;

	if (!sd_parts(sd, &parts))
		return FALSE;
	*groupp = parts.group;
	*defaultedp = (parts.control & SE_GROUP_DEFAULTED) != 0;
	return TRUE;
}

BOOL WINAPI MakeSelfRelativeSD(PSECURITY_DESCRIPTOR absolute,
			       PSECURITY_DESCRIPTOR relative, LPDWORD lenp)
{
	struct securitydesc_parts parts;
	DWORD len;

	if (!sd_parts(absolute, &parts))
		return FALSE;
	if (parts.control & SE_SELF_RELATIVE)
		return thread_fail(ERROR_BAD_DESCRIPTOR_FORMAT);
	len = securitydesc_relative_len(&parts);
	if (*lenp < len) {
		*lenp = len;
		return thread_fail(ERROR_INSUFFICIENT_BUFFER);
	}
	*lenp = len;
	securitydesc_relative_write(&parts, relative);
	return TRUE;
}

/* Is there room for a part?  Says how much is needed either way. */
static bool part_fits(DWORD *lenp, DWORD needed)
{
	bool fits = *lenp >= needed;

	*lenp = needed;
	return fits;
}

static void *part_copy(void *to, const void *from, DWORD len)
{
	return from ? memcpy(to, from, len) : NULL;
}

BOOL WINAPI MakeAbsoluteSD(PSECURITY_DESCRIPTOR relative, PSECURITY_DESCRIPTOR absolute,
			   LPDWORD absolute_lenp, PACL dacl, LPDWORD dacl_lenp, PACL sacl,
			   LPDWORD sacl_lenp, PSID owner, LPDWORD owner_lenp, PSID group,
			   LPDWORD group_lenp)
{
	struct securitydesc_parts parts;
	SECURITY_DESCRIPTOR *s = absolute;
	bool fits = true;

	if (!sd_parts(relative, &parts))
		return FALSE;
	if (!(parts.control & SE_SELF_RELATIVE))
		return thread_fail(ERROR_BAD_DESCRIPTOR_FORMAT);
	fits &= part_fits(absolute_lenp, sizeof(*s));
	fits &= part_fits(dacl_lenp, parts.dacl ? parts.dacl->AclSize : 0);
	fits &= part_fits(sacl_lenp, parts.sacl ? parts.sacl->AclSize : 0);
	fits &= part_fits(owner_lenp,
			  parts.owner ? securitydesc_sid_len(parts.owner) : 0);
	fits &= part_fits(group_lenp,
			  parts.group ? securitydesc_sid_len(parts.group) : 0);
	if (!fits)
		return thread_fail(ERROR_INSUFFICIENT_BUFFER);
	memset(s, 0, sizeof(*s));
	s->Revision = SECURITY_DESCRIPTOR_REVISION;
	s->Control = (SECURITY_DESCRIPTOR_CONTROL)(parts.control & ~SE_SELF_RELATIVE);
	s->Dacl = part_copy(dacl, parts.dacl, *dacl_lenp);
	s->Sacl = part_copy(sacl, parts.sacl, *sacl_lenp);
	s->Owner = part_copy(owner, parts.owner, *owner_lenp);
	s->Group = part_copy(group, parts.group, *group_lenp);
	return TRUE;
}

/* rights */

VOID WINAPI MapGenericMask(PDWORD maskp, PGENERIC_MAPPING mapping)
{
	DWORD mask = *maskp;

	if (mask & GENERIC_READ)
		mask |= mapping->GenericRead;
	if (mask & GENERIC_WRITE)
		mask |= mapping->GenericWrite;
	if (mask & GENERIC_EXECUTE)
		mask |= mapping->GenericExecute;
	if (mask & GENERIC_ALL)
		mask |= mapping->GenericAll;
	*maskp = mask &
		 ~(DWORD)(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

BOOL WINAPI AreAllAccessesGranted(DWORD granted, DWORD desired)
{
	return (desired & ~granted) == 0;
}

BOOL WINAPI AreAnyAccessesGranted(DWORD granted, DWORD desired)
{
	return (desired & granted) != 0;
}
