/* SPDX-License-Identifier: MIT */
/* Writing the text form of identifiers and descriptors (grammar: sddl_text.h) */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel32-shim/sddl_claim.h"
#include "kernel32-shim/sddl_condition.h"
#include "kernel32-shim/sddl_names.h"
#include "kernel32-shim/sddl_out.h"
#include "kernel32-shim/sddl_text.h"

#define GUID_TEXT_LEN 36

/* Authorities from here on are written in hexadecimal ([MS-DTYP] 2.4.2.1). */
#define AUTHORITY_HEX_FROM UINT64_C(0x100000000)

size_t sddl_write_sid(const void *sid, char *text)
{
	const SID *s = sid;
	uint64_t authority = 0;
	size_t len;

	for (size_t i = 0; i < sizeof(s->IdentifierAuthority.Value); i++)
		authority = authority << 8 | s->IdentifierAuthority.Value[i];
	len = (size_t)snprintf(text, SECURITY_MAX_SID_STRING_CHARACTERS,
			       authority < AUTHORITY_HEX_FROM ? "S-1-%" PRIu64
							      : "S-1-0x%012" PRIx64,
			       authority);
	for (BYTE i = 0; i < s->SubAuthorityCount; i++)
		len += (size_t)snprintf(text + len,
					SECURITY_MAX_SID_STRING_CHARACTERS - len,
					"-%" PRIu32, *GetSidSubAuthority((PSID)sid, i));
	return len;
}

/* The codes of all bits; false, with nothing put, when one has none. */
static bool put_codes(struct sddl_out *out, const struct sddl_name *names, DWORD bits)
{
	const struct sddl_name *name;
	DWORD known = 0;

	for (name = names; name->code[0]; name++)
		known |= name->value;
	if (bits & ~known)
		return false;
	for (name = names; name->code[0]; name++)
		if (bits & name->value)
			sddl_put(out, name->code);
	return true;
}

/* The code of exactly this value. */
static bool put_code(struct sddl_out *out, const struct sddl_name *names, DWORD value)
{
	for (; names->code[0]; names++) {
		if (names->value != value)
			continue;
		sddl_put(out, names->code);
		return true;
	}
	return false;
}

static void put_rights(struct sddl_out *out, BYTE type, DWORD mask)
{
	char digits[16];

	if (type == SYSTEM_MANDATORY_LABEL_ACE_TYPE
		    ? put_codes(out, sddl_label_rights, mask)
		    : put_code(out, sddl_right_sets, mask) ||
			      put_codes(out, sddl_rights, mask))
		return;
	snprintf(digits, sizeof(digits), "0x%" PRIx32, mask);
	sddl_put(out, digits);
}

static void put_guid(struct sddl_out *out, const char *bytes)
{
	char digits[GUID_TEXT_LEN + 1];
	GUID guid;

	memcpy(&guid, bytes, sizeof(guid));
	snprintf(digits, sizeof(digits),
		 "%08" PRIx32 "-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 (uint32_t)guid.Data1, guid.Data2, guid.Data3, guid.Data4[0],
		 guid.Data4[1], guid.Data4[2], guid.Data4[3], guid.Data4[4],
		 guid.Data4[5], guid.Data4[6], guid.Data4[7]);
	sddl_put(out, digits);
}

static void put_objects(struct sddl_out *out, const ACE_HEADER *ace)
{
	const ACCESS_ALLOWED_OBJECT_ACE *object = (const void *)ace;
	const char *guid = (const char *)&object->ObjectType;
	DWORD flags = securitydesc_ace_has_object(ace->AceType) ? object->Flags : 0;

	sddl_put(out, ";");
	if (flags & ACE_OBJECT_TYPE_PRESENT) {
		put_guid(out, guid);
		guid += sizeof(GUID);
	}
	sddl_put(out, ";");
	if (flags & ACE_INHERITED_OBJECT_TYPE_PRESENT)
		put_guid(out, guid);
	sddl_put(out, ";");
}

/* What stands behind the identifier. */
static bool put_more(struct sddl_out *out, const ACE_HEADER *ace, uint32_t sid_at)
{
	const uint8_t *bytes = (const uint8_t *)ace;
	uint32_t at = sid_at + securitydesc_sid_len(bytes + sid_at);

	sddl_put(out, ";");
	if (ace->AceType == SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE)
		return sddl_claim_write(out, bytes + at, ace->AceSize - at);
	return sddl_condition_write(out, bytes + at, ace->AceSize - at);
}

static bool put_ace(struct sddl_out *out, const ACE_HEADER *ace)
{
	uint32_t sid_at = securitydesc_ace_sid_at(ace);

	sddl_put(out, "(");
	if (sid_at == 0 || !put_code(out, sddl_ace_types, ace->AceType))
		return false;
	sddl_put(out, ";");
	put_codes(out, sddl_ace_flags, ace->AceFlags);
	sddl_put(out, ";");
	put_rights(out, ace->AceType,
		   ((const ACCESS_ALLOWED_ACE *)(const void *)ace)->Mask);
	put_objects(out, ace);
	sddl_put_sid(out, (const char *)ace + sid_at);
	if (sddl_ace_has_more(ace->AceType) && !put_more(out, ace, sid_at))
		return false;
	sddl_put(out, ")");
	return true;
}

static bool put_acl(struct sddl_out *out, const ACL *acl, WORD control, bool labels_only)
{
	const char *at;

	if (control & SE_DACL_PROTECTED)
		sddl_put(out, "P");
	if (control & SE_DACL_AUTO_INHERIT_REQ)
		sddl_put(out, "AR");
	if (control & SE_DACL_AUTO_INHERITED)
		sddl_put(out, "AI");
	if (!acl) {
		sddl_put(out, SDDL_NULL_ACL);
		return true;
	}
	at = (const char *)(acl + 1);
	for (unsigned i = 0; i < acl->AceCount; i++) {
		const ACE_HEADER *ace = (const ACE_HEADER *)(const void *)at;

		if ((!labels_only || ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE) &&
		    !put_ace(out, ace))
			return false;
		at += ace->AceSize;
	}
	return true;
}

DWORD sddl_write(const struct securitydesc_parts *parts, SECURITY_INFORMATION information,
		 WCHAR **textp, size_t *lenp)
{
	const DWORD sacl = SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION;
	struct sddl_out out = {0};
	bool ok = true;

	sddl_put(&out, "");
	if ((information & OWNER_SECURITY_INFORMATION) && parts->owner) {
		sddl_put(&out, "O:");
		sddl_put_sid(&out, parts->owner);
	}
	if ((information & GROUP_SECURITY_INFORMATION) && parts->group) {
		sddl_put(&out, "G:");
		sddl_put_sid(&out, parts->group);
	}
	if ((information & DACL_SECURITY_INFORMATION) &&
	    (parts->control & SE_DACL_PRESENT)) {
		sddl_put(&out, "D:");
		ok = put_acl(&out, parts->dacl, parts->control, false);
	}
	if (ok && (information & sacl) && (parts->control & SE_SACL_PRESENT)) {
		sddl_put(&out, "S:");
		/* Each bit of a SACL is the one above the DACL's. */
		ok = put_acl(&out, parts->sacl, (WORD)(parts->control >> 1),
			     !(information & SACL_SECURITY_INFORMATION));
	}
	if (!ok || out.failed) {
		free(out.units);
		return ok ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_ACL;
	}
	*textp = out.units;
	*lenp = out.len;
	return 0;
}
