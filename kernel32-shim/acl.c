/* SPDX-License-Identifier: MIT */
/*
 * Access control lists, entry by entry
 *
 * A list is a block of a fixed size with entries from the front and free bytes behind
 * them. Every function looks at the whole list before it touches an entry, so a list whose
 * counts lie is refused and nothing outside of its AclSize is read. The format is in
 * securitydesc.h; lists from trustees and modes are in explicit_access.c.
 */
#include <string.h>

#include <windows.h>

#include "kernel32-shim/securitydesc.h"
#include "kernel32-shim/thread.h"

#define LABEL_POLICIES                                                                   \
	(SYSTEM_MANDATORY_LABEL_NO_WRITE_UP | SYSTEM_MANDATORY_LABEL_NO_READ_UP |        \
	 SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP)
#define AUDIT_FLAGS (SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG)

BOOL WINAPI InitializeAcl(PACL acl, DWORD len, DWORD revision)
{
	if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION || len > MAXWORD)
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
		    ace->AceSize > len - at || ace->AceSize % 4 != 0)
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

BOOL WINAPI AddAuditAccessAceEx(PACL acl, DWORD revision, DWORD flags, DWORD mask,
				PSID sid, BOOL success, BOOL failure)
{
	if (!ace_flags_are_valid(flags & ~AUDIT_FLAGS))
		return thread_fail(ERROR_INVALID_FLAGS);
	flags |= (success ? SUCCESSFUL_ACCESS_ACE_FLAG : 0) |
		 (failure ? FAILED_ACCESS_ACE_FLAG : 0);
	return acl_append(acl, revision, SYSTEM_AUDIT_ACE_TYPE, flags, mask, sid);
}

BOOL WINAPI AddAuditAccessAce(PACL acl, DWORD revision, DWORD mask, PSID sid,
			      BOOL success, BOOL failure)
{
	return AddAuditAccessAceEx(acl, revision, 0, mask, sid, success, failure);
}

/* Without a GUID these add a plain entry, as documented. */
static BOOL acl_append_object(PACL acl, DWORD revision, BYTE type, BYTE plain_type,
			      DWORD flags, DWORD mask, const GUID *object,
			      const GUID *inherited, PSID sid)
{
	ACCESS_ALLOWED_OBJECT_ACE fixed = {.Mask = mask};
	size_t at, len = offsetof(ACCESS_ALLOWED_OBJECT_ACE, ObjectType);
	char *to;

	if (!ace_flags_are_valid(flags))
		return thread_fail(ERROR_INVALID_FLAGS);
	if (!object && !inherited)
		return acl_append(acl, revision, plain_type, flags, mask, sid);
	if (!securitydesc_sid_is_valid(sid))
		return thread_fail(ERROR_INVALID_SID);
	if (!securitydesc_acl_is_valid(acl))
		return thread_fail(ERROR_INVALID_ACL);
	if (revision != ACL_REVISION_DS)
		return thread_fail(ERROR_REVISION_MISMATCH);
	fixed.Header.AceType = type;
	fixed.Header.AceFlags = (BYTE)flags;
	fixed.Flags = (object ? ACE_OBJECT_TYPE_PRESENT : 0) |
		      (inherited ? ACE_INHERITED_OBJECT_TYPE_PRESENT : 0);
	fixed.Header.AceSize =
		(WORD)(len + (object ? sizeof(*object) : 0) +
		       (inherited ? sizeof(*inherited) : 0) + securitydesc_sid_len(sid));
	at = acl_offset(acl, acl->AceCount);
	if (fixed.Header.AceSize > acl->AclSize - at)
		return thread_fail(ERROR_ALLOTTED_SPACE_EXCEEDED);
	to = mempcpy((char *)acl + at, &fixed, len);
	if (object)
		to = mempcpy(to, object, sizeof(*object));
	if (inherited)
		to = mempcpy(to, inherited, sizeof(*inherited));
	memcpy(to, sid, securitydesc_sid_len(sid));
	acl->AceCount++;
	acl->AclRevision = ACL_REVISION_DS;
	return TRUE;
}

BOOL WINAPI AddAccessAllowedObjectAce(PACL acl, DWORD revision, DWORD flags, DWORD mask,
				      GUID *object, GUID *inherited, PSID sid)
{
	return acl_append_object(acl, revision, ACCESS_ALLOWED_OBJECT_ACE_TYPE,
				 ACCESS_ALLOWED_ACE_TYPE, flags, mask, object, inherited,
				 sid);
}

BOOL WINAPI AddAccessDeniedObjectAce(PACL acl, DWORD revision, DWORD flags, DWORD mask,
				     GUID *object, GUID *inherited, PSID sid)
{
	return acl_append_object(acl, revision, ACCESS_DENIED_OBJECT_ACE_TYPE,
				 ACCESS_DENIED_ACE_TYPE, flags, mask, object, inherited,
				 sid);
}

BOOL WINAPI AddMandatoryAce(PACL acl, DWORD revision, DWORD flags, DWORD policy,
			    PSID label)
{
	if (!ace_flags_are_valid(flags))
		return thread_fail(ERROR_INVALID_FLAGS);
	if (policy & ~LABEL_POLICIES)
		return thread_fail(ERROR_INVALID_PARAMETER);
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
