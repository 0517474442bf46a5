/* SPDX-License-Identifier: MIT */
/* Writing the text form of identifiers and descriptors (grammar: sddl_text.h) */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel32-shim/known_sid.h"
#include "kernel32-shim/sddl_names.h"
#include "kernel32-shim/sddl_text.h"

#define GUID_TEXT_LEN 36

/* Authorities from here on are written in hexadecimal ([MS-DTYP] 2.4.2.1). */
#define AUTHORITY_HEX_FROM UINT64_C(0x100000000)

/* Text that grows; after a failure nothing more is put. */
struct text {
	char *chars; /* owned */
	size_t len;
	size_t room;
	bool failed;
};

static void put_bytes(struct text *text, const char *chars, size_t len)
{
	size_t room = text->room ? text->room : 256;
	char *more;

	while (room <= text->len + len)
		room *= 2;
	if (!text->failed && room != text->room) {
		more = realloc(text->chars, room);
		text->failed = !more;
		text->chars = more ? more : text->chars;
		text->room = more ? room : text->room;
	}
	if (text->failed)
		return;
	memcpy(text->chars + text->len, chars, len);
	text->len += len;
	text->chars[text->len] = '\0';
}

static void put(struct text *text, const char *chars)
{
	put_bytes(text, chars, strlen(chars));
}

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

static void put_sid(struct text *text, const void *sid)
{
	char digits[SECURITY_MAX_SID_STRING_CHARACTERS];
	const struct known_sid *known = known_sid_find(sid);

	if (known && known->alias)
		put(text, known->alias);
	else
		put_bytes(text, digits, sddl_write_sid(sid, digits));
}

/* The codes of all bits; false, with nothing put, when one has none. */
static bool put_codes(struct text *text, const struct sddl_name *names, DWORD bits)
{
	const struct sddl_name *name;
	DWORD known = 0;

	for (name = names; name->code[0]; name++)
		known |= name->value;
	if (bits & ~known)
		return false;
	for (name = names; name->code[0]; name++)
		if (bits & name->value)
			put(text, name->code);
	return true;
}

/* The code of exactly this value. */
static bool put_code(struct text *text, const struct sddl_name *names, DWORD value)
{
	for (; names->code[0]; names++) {
		if (names->value != value)
			continue;
		put(text, names->code);
		return true;
	}
	return false;
}

static void put_rights(struct text *text, BYTE type, DWORD mask)
{
	char digits[16];

	if (type == SYSTEM_MANDATORY_LABEL_ACE_TYPE
		    ? put_codes(text, sddl_label_rights, mask)
		    : put_code(text, sddl_right_sets, mask) ||
			      put_codes(text, sddl_rights, mask))
		return;
	snprintf(digits, sizeof(digits), "0x%" PRIx32, mask);
	put(text, digits);
}

static void put_guid(struct text *text, const char *bytes)
{
	char digits[GUID_TEXT_LEN + 1];
	GUID guid;

	memcpy(&guid, bytes, sizeof(guid));
	snprintf(digits, sizeof(digits),
		 "%08" PRIx32 "-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 (uint32_t)guid.Data1, guid.Data2, guid.Data3, guid.Data4[0],
		 guid.Data4[1], guid.Data4[2], guid.Data4[3], guid.Data4[4],
		 guid.Data4[5], guid.Data4[6], guid.Data4[7]);
	put(text, digits);
}

static void put_objects(struct text *text, const ACE_HEADER *ace)
{
	const ACCESS_ALLOWED_OBJECT_ACE *object = (const void *)ace;
	const char *guid = (const char *)&object->ObjectType;
	DWORD flags = securitydesc_ace_has_object(ace->AceType) ? object->Flags : 0;

	put(text, ";");
	if (flags & ACE_OBJECT_TYPE_PRESENT) {
		put_guid(text, guid);
		guid += sizeof(GUID);
	}
	put(text, ";");
	if (flags & ACE_INHERITED_OBJECT_TYPE_PRESENT)
		put_guid(text, guid);
	put(text, ";");
}

static bool put_ace(struct text *text, const ACE_HEADER *ace)
{
	uint32_t sid_at = securitydesc_ace_sid_at(ace);

	put(text, "(");
	if (sid_at == 0 || !put_code(text, sddl_ace_types, ace->AceType))
		return false;
	put(text, ";");
	put_codes(text, sddl_ace_flags, ace->AceFlags);
	put(text, ";");
	put_rights(text, ace->AceType,
		   ((const ACCESS_ALLOWED_ACE *)(const void *)ace)->Mask);
	put_objects(text, ace);
	put_sid(text, (const char *)ace + sid_at);
	put(text, ")");
	return true;
}

static bool put_acl(struct text *text, const ACL *acl, WORD control, bool labels_only)
{
	const char *at;

	if (control & SE_DACL_PROTECTED)
		put(text, "P");
	if (control & SE_DACL_AUTO_INHERIT_REQ)
		put(text, "AR");
	if (control & SE_DACL_AUTO_INHERITED)
		put(text, "AI");
	if (!acl) {
		put(text, SDDL_NULL_ACL);
		return true;
	}
	at = (const char *)(acl + 1);
	for (unsigned i = 0; i < acl->AceCount; i++) {
		const ACE_HEADER *ace = (const ACE_HEADER *)(const void *)at;

		if ((!labels_only || ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE) &&
		    !put_ace(text, ace))
			return false;
		at += ace->AceSize;
	}
	return true;
}

DWORD sddl_write(const struct securitydesc_parts *parts, SECURITY_INFORMATION information,
		 char **textp, size_t *lenp)
{
	const DWORD sacl = SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION;
	struct text text = {0};
	bool ok = true;

	put(&text, "");
	if ((information & OWNER_SECURITY_INFORMATION) && parts->owner) {
		put(&text, "O:");
		put_sid(&text, parts->owner);
	}
	if ((information & GROUP_SECURITY_INFORMATION) && parts->group) {
		put(&text, "G:");
		put_sid(&text, parts->group);
	}
	if ((information & DACL_SECURITY_INFORMATION) &&
	    (parts->control & SE_DACL_PRESENT)) {
		put(&text, "D:");
		ok = put_acl(&text, parts->dacl, parts->control, false);
	}
	if (ok && (information & sacl) && (parts->control & SE_SACL_PRESENT)) {
		put(&text, "S:");
		/* Each bit of a SACL is the one above the DACL's. */
		ok = put_acl(&text, parts->sacl, (WORD)(parts->control >> 1),
			     !(information & SACL_SECURITY_INFORMATION));
	}
	if (!ok || text.failed) {
		free(text.chars);
		return ok ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_ACL;
	}
	*textp = text.chars;
	*lenp = text.len;
	return 0;
}
