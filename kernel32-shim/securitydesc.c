/* SPDX-License-Identifier: MIT */
/* Reading and writing descriptors as bytes.  See securitydesc.h. */
#include "kernel32-shim/securitydesc.h"

#include <stdlib.h>
#include <string.h>

#define SID_FIXED_LEN offsetof(SID, SubAuthority)
#define ACE_FIXED_LEN offsetof(ACCESS_ALLOWED_ACE, SidStart)
/* Up to where the first GUID would be. */
#define OBJECT_ACE_FIXED_LEN offsetof(ACCESS_ALLOWED_OBJECT_ACE, ObjectType)

uint32_t securitydesc_sid_len(const void *sid)
{
	return (uint32_t)SID_FIXED_LEN + 4u * ((const SID *)sid)->SubAuthorityCount;
}

bool securitydesc_sid_is_valid(const void *sid)
{
	const SID *s = sid;

	return s && s->Revision == SID_REVISION &&
	       s->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

/* Does the type say that up to two GUIDs stand between mask and identifier? */
bool securitydesc_ace_has_object(BYTE type)
{
	return (type >= ACCESS_ALLOWED_OBJECT_ACE_TYPE &&
		type <= SYSTEM_ALARM_OBJECT_ACE_TYPE) ||
	       type == ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE ||
	       type == ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE ||
	       type == SYSTEM_AUDIT_CALLBACK_OBJECT_ACE_TYPE ||
	       type == SYSTEM_ALARM_CALLBACK_OBJECT_ACE_TYPE;
}

/* Has an entry of this type a mask and an identifier, whatever else? */
static bool type_has_sid(BYTE type)
{
	return type <= SYSTEM_SCOPED_POLICY_ID_ACE_TYPE &&
	       type != ACCESS_ALLOWED_COMPOUND_ACE_TYPE;
}

uint32_t securitydesc_ace_sid_at(const ACE_HEADER *ace)
{
	const ACCESS_ALLOWED_OBJECT_ACE *object = (const void *)ace;
	uint32_t at = ACE_FIXED_LEN;

	if (!type_has_sid(ace->AceType))
		return 0;
	if (securitydesc_ace_has_object(ace->AceType)) {
		if (ace->AceSize < OBJECT_ACE_FIXED_LEN)
			return 0;
		at = OBJECT_ACE_FIXED_LEN;
		if (object->Flags & ACE_OBJECT_TYPE_PRESENT)
			at += (uint32_t)sizeof(GUID);
		if (object->Flags & ACE_INHERITED_OBJECT_TYPE_PRESENT)
			at += (uint32_t)sizeof(GUID);
	}
	if (ace->AceSize < at + SID_FIXED_LEN ||
	    !securitydesc_sid_is_valid((const char *)ace + at) ||
	    ace->AceSize < at + securitydesc_sid_len((const char *)ace + at))
		return 0;
	return at;
}

static bool ace_is_valid(const ACE_HEADER *ace, size_t room)
{
	if (room < sizeof(*ace) || ace->AceSize < sizeof(*ace) || ace->AceSize > room ||
	    ace->AceSize % 4 != 0)
		return false;
	/* Of other kinds only the size is known. */
	return !type_has_sid(ace->AceType) || securitydesc_ace_sid_at(ace) != 0;
}

bool securitydesc_acl_is_valid(const ACL *acl)
{
	size_t at = sizeof(*acl);

	if (!acl || acl->AclRevision < MIN_ACL_REVISION ||
	    acl->AclRevision > MAX_ACL_REVISION || acl->AclSize < sizeof(*acl) ||
	    acl->AclSize % 4 != 0)
		return false;
	for (unsigned i = 0; i < acl->AceCount; i++) {
		const ACE_HEADER *ace =
			(const ACE_HEADER *)(const void *)((const char *)acl + at);

		if (!ace_is_valid(ace, acl->AclSize - at))
			return false;
		at += ace->AceSize;
	}
	return true;
}

static void *relative_part(const SECURITY_DESCRIPTOR_RELATIVE *sd, DWORD offset)
{
	return offset ? (void *)((uintptr_t)sd + offset) : NULL; /* NOLINT */
}

/* A part lies behind the header, at a multiple of four, or is not there. */
static bool offset_is_valid(DWORD offset)
{
	return offset % 4 == 0 &&
	       (!offset || offset >= sizeof(SECURITY_DESCRIPTOR_RELATIVE));
}

static bool offsets_are_valid(const SECURITY_DESCRIPTOR_RELATIVE *sd)
{
	return offset_is_valid(sd->Owner) && offset_is_valid(sd->Group) &&
	       (!(sd->Control & SE_SACL_PRESENT) || offset_is_valid(sd->Sacl)) &&
	       (!(sd->Control & SE_DACL_PRESENT) || offset_is_valid(sd->Dacl));
}

bool securitydesc_parts_get(const void *sd, struct securitydesc_parts *parts)
{
	const SECURITY_DESCRIPTOR *absolute = sd;
	const SECURITY_DESCRIPTOR_RELATIVE *relative = sd;

	if (!sd || absolute->Revision != SECURITY_DESCRIPTOR_REVISION)
		return false;
	parts->control = absolute->Control;
	if (absolute->Control & SE_SELF_RELATIVE) {
		if (!offsets_are_valid(relative))
			return false;
		parts->owner = relative_part(relative, relative->Owner);
		parts->group = relative_part(relative, relative->Group);
		parts->sacl = relative_part(relative, relative->Sacl);
		parts->dacl = relative_part(relative, relative->Dacl);
	} else {
		parts->owner = absolute->Owner;
		parts->group = absolute->Group;
		parts->sacl = absolute->Sacl;
		parts->dacl = absolute->Dacl;
	}
	if (!(parts->control & SE_SACL_PRESENT))
		parts->sacl = NULL;
	if (!(parts->control & SE_DACL_PRESENT))
		parts->dacl = NULL;
	return (!parts->owner || securitydesc_sid_is_valid(parts->owner)) &&
	       (!parts->group || securitydesc_sid_is_valid(parts->group)) &&
	       (!parts->sacl || securitydesc_acl_is_valid(parts->sacl)) &&
	       (!parts->dacl || securitydesc_acl_is_valid(parts->dacl));
}

/* Does a part of at least @least bytes lie at @offset, four-byte aligned? */
static bool part_is_inside(DWORD offset, uint32_t least, uint32_t len)
{
	return offset % 4 == 0 && offset >= sizeof(SECURITY_DESCRIPTOR_RELATIVE) &&
	       offset <= len && len - offset >= least;
}

static bool sid_is_inside(const void *bytes, DWORD offset, uint32_t len)
{
	const char *at = (const char *)bytes + offset;

	if (!offset)
		return true;
	return part_is_inside(offset, SID_FIXED_LEN, len) &&
	       securitydesc_sid_is_valid(at) &&
	       part_is_inside(offset, securitydesc_sid_len(at), len);
}

static bool acl_is_inside(const void *bytes, DWORD offset, uint32_t len)
{
	const ACL *acl = (const ACL *)(const void *)((const char *)bytes + offset);

	if (!offset)
		return true;
	return part_is_inside(offset, sizeof(*acl), len) &&
	       part_is_inside(offset, acl->AclSize, len) &&
	       securitydesc_acl_is_valid(acl);
}

bool securitydesc_is_valid_relative(const void *bytes, uint32_t len)
{
	const SECURITY_DESCRIPTOR_RELATIVE *sd = bytes;

	return len >= sizeof(*sd) && sd->Revision == SECURITY_DESCRIPTOR_REVISION &&
	       (sd->Control & SE_SELF_RELATIVE) && sid_is_inside(bytes, sd->Owner, len) &&
	       sid_is_inside(bytes, sd->Group, len) &&
	       (!(sd->Control & SE_SACL_PRESENT) ||
		acl_is_inside(bytes, sd->Sacl, len)) &&
	       (!(sd->Control & SE_DACL_PRESENT) || acl_is_inside(bytes, sd->Dacl, len));
}

uint32_t securitydesc_relative_len(const struct securitydesc_parts *parts)
{
	uint32_t len = sizeof(SECURITY_DESCRIPTOR_RELATIVE);

	len += parts->sacl ? parts->sacl->AclSize : 0;
	len += parts->dacl ? parts->dacl->AclSize : 0;
	len += parts->owner ? securitydesc_sid_len(parts->owner) : 0;
	len += parts->group ? securitydesc_sid_len(parts->group) : 0;
	return len;
}

/* Put a part behind what is there; its offset, 0 for no part. */
static DWORD part_append(char *bytes, uint32_t *atp, const void *part, uint32_t len)
{
	uint32_t at = *atp;

	if (!part)
		return 0;
	memcpy(bytes + at, part, len);
	*atp += len;
	return at;
}

/* Windows puts the lists before the identifiers. */
void securitydesc_relative_write(const struct securitydesc_parts *parts, void *bytes)
{
	SECURITY_DESCRIPTOR_RELATIVE sd = {
		.Revision = SECURITY_DESCRIPTOR_REVISION,
		.Control = parts->control | SE_SELF_RELATIVE,
	};
	uint32_t at = sizeof(sd);

	sd.Sacl = part_append(bytes, &at, parts->sacl,
			      parts->sacl ? parts->sacl->AclSize : 0);
	sd.Dacl = part_append(bytes, &at, parts->dacl,
			      parts->dacl ? parts->dacl->AclSize : 0);
	sd.Owner = part_append(bytes, &at, parts->owner,
			       parts->owner ? securitydesc_sid_len(parts->owner) : 0);
	sd.Group = part_append(bytes, &at, parts->group,
			       parts->group ? securitydesc_sid_len(parts->group) : 0);
	memcpy(bytes, &sd, sizeof(sd));
}

npfs_status securitydesc_flatten(const SECURITY_ATTRIBUTES *sa, void **bytesp,
				 uint32_t *lenp)
{
	struct securitydesc_parts parts;
	uint32_t len;
	void *bytes;

	*bytesp = NULL;
	*lenp = 0;
	if (!sa || !sa->lpSecurityDescriptor)
		return STATUS_SUCCESS;
	if (!securitydesc_parts_get(sa->lpSecurityDescriptor, &parts))
		return STATUS_INVALID_SECURITY_DESCR;
	len = securitydesc_relative_len(&parts);
	bytes = malloc(len);
	if (!bytes)
		return STATUS_NO_MEMORY;
	securitydesc_relative_write(&parts, bytes);
	*bytesp = bytes;
	*lenp = len;
	return STATUS_SUCCESS;
}
