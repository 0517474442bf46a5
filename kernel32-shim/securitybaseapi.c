/* SPDX-License-Identifier: MIT */
/*
 * Descriptors, as programs build them and take them apart, and sets of rights
 *
 * The byte formats are in securitydesc.h; identifiers are in sid.c, lists in acl.c, the
 * text form in sddl.c. Tokens, impersonation and access checks are elsewhere.
 */
#include <string.h>

#include <windows.h>

#include "kernel32-shim/access_map.h"
#include "kernel32-shim/securitydesc.h"
#include "kernel32-shim/thread.h"

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
	*maskp = access_map(*maskp, mapping);
}

BOOL WINAPI AreAllAccessesGranted(DWORD granted, DWORD desired)
{
	return (desired & ~granted) == 0;
}

BOOL WINAPI AreAnyAccessesGranted(DWORD granted, DWORD desired)
{
	return (desired & granted) != 0;
}
