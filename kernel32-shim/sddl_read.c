/* SPDX-License-Identifier: MIT */
/*
 * Reading the text form of identifiers and descriptors (grammar: sddl_text.h)
 *
 * The text is a run of units with an end; every function takes the run it may look at and
 * moves its beginning behind what it understood. Nothing depends on a terminator, and a
 * list grows in a block of its own until it is as long as a list can be.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernel32-shim/heap.h"
#include "kernel32-shim/known_sid.h"
#include "kernel32-shim/sddl_names.h"
#include "kernel32-shim/sddl_text.h"

#define ACL_LEN_MAX       0xfffcu
#define AUTHORITY_MAX     UINT64_C(0xffffffffffff)
#define ACE_FIELDS        6
#define ACE_LEN_MAX       (sizeof(ACCESS_ALLOWED_OBJECT_ACE) + SECURITY_MAX_SID_SIZE)
#define ACL_ROOM_AT_FIRST 512u

/* Units not looked at yet. */
struct run {
	const WCHAR *at;
	const WCHAR *end;
};

static size_t run_len(const struct run *run)
{
	return (size_t)(run->end - run->at);
}

static bool is_blank(WCHAR c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_blanks(struct run *run)
{
	while (run->at < run->end && is_blank(*run->at))
		run->at++;
}

static void drop_blanks_behind(struct run *run)
{
	while (run->at < run->end && is_blank(run->end[-1]))
		run->end--;
}

static WCHAR capital(WCHAR c)
{
	return c >= 'a' && c <= 'z' ? (WCHAR)(c - 'a' + 'A') : c;
}

/* Does @word, in capitals, stand here in either case? Steps over it. */
static bool take_word(struct run *run, const char *word)
{
	size_t len = strlen(word);

	if (run_len(run) < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (capital(run->at[i]) != (WCHAR)word[i])
			return false;
	run->at += len;
	return true;
}

/* The longest code of a list that stands here. */
static bool take_code(struct run *run, const struct sddl_name *names, DWORD *valuep)
{
	struct run rest = *run;

	for (; names->code[0]; names++) {
		struct run behind = *run;

		if (!take_word(&behind, names->code) || behind.at <= rest.at)
			continue;
		rest = behind;
		*valuep = names->value;
	}
	if (rest.at == run->at)
		return false;
	*run = rest;
	return true;
}

static unsigned digit_of(WCHAR c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c = capital(c);
	return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10) : 16;
}

/* A number up to @max: 0x hexadecimal, 0 octal if @octal, else decimal. */
static bool take_number(struct run *run, uint64_t max, bool octal, uint64_t *valuep)
{
	struct run rest = *run;
	uint64_t value = 0;
	const WCHAR *first;
	unsigned base = 10;

	if (take_word(&rest, "0X"))
		base = 16;
	else if (octal && rest.at < rest.end && *rest.at == '0')
		base = 8;
	for (first = rest.at; rest.at < rest.end; rest.at++) {
		unsigned digit = digit_of(*rest.at);

		if (digit >= base)
			break;
		if (value > (max - digit) / base)
			return false;
		value = value * base + digit;
	}
	/* An 8 or 9 in an octal number does not begin another number. */
	if (rest.at == first || (rest.at < rest.end && digit_of(*rest.at) < 10))
		return false;
	*run = rest;
	*valuep = value;
	return true;
}

/* Two letters that stand for an identity of this machine. */
static DWORD read_alias(const struct run *run, void *sid)
{
	const struct known_sid *known = known_sid_by_alias(run->at[0], run->at[1]);

	if (!known || known->kind == KNOWN_SID_OF_DOMAIN)
		return ERROR_INVALID_SID;
	known_sid_write(known, NULL, sid);
	return 0;
}

DWORD sddl_read_sid(const WCHAR *text, size_t len, void *sid)
{
	struct run run = {text, text + len};
	DWORD subs[SID_MAX_SUB_AUTHORITIES];
	SID_IDENTIFIER_AUTHORITY authority;
	uint64_t value;
	BYTE n = 0;

	if (len == 2)
		return read_alias(&run, sid);
	if (!take_word(&run, "S-1-") || !take_number(&run, AUTHORITY_MAX, false, &value))
		return ERROR_INVALID_SID;
	for (size_t i = 0; i < sizeof(authority.Value); i++)
		authority.Value[i] = (BYTE)(value >> (40 - 8 * i));
	while (take_word(&run, "-")) {
		if (n == SID_MAX_SUB_AUTHORITIES ||
		    !take_number(&run, UINT32_MAX, false, &value))
			return ERROR_INVALID_SID;
		subs[n++] = (DWORD)value;
	}
	if (n == 0 || run.at != run.end)
		return ERROR_INVALID_SID;
	InitializeSid(sid, &authority, n);
	for (BYTE i = 0; i < n; i++)
		*GetSidSubAuthority(sid, i) = subs[i];
	return 0;
}

/* lists */

struct acl_text {
	char *bytes; /* owned: header and entries; NULL: nothing yet */
	size_t len;
	size_t room;
	WORD n_aces;
	BYTE revision;
};

static DWORD acl_append(struct acl_text *acl, const void *bytes, size_t len)
{
	size_t room = acl->room ? acl->room : ACL_ROOM_AT_FIRST;
	char *more;

	if (len > ACL_LEN_MAX - acl->len)
		return ERROR_INVALID_ACL;
	while (room < acl->len + len)
		room *= 2;
	if (room != acl->room) {
		more = realloc(acl->bytes, room);
		if (!more)
			return ERROR_NOT_ENOUGH_MEMORY;
		acl->bytes = more;
		acl->room = room;
	}
	memcpy(acl->bytes + acl->len, bytes, len);
	acl->len += len;
	return 0;
}

static bool read_flags(struct run field, BYTE *flagsp)
{
	DWORD flag;

	*flagsp = 0;
	skip_blanks(&field);
	while (take_code(&field, sddl_ace_flags, &flag))
		*flagsp |= (BYTE)flag;
	return field.at == field.end;
}

/* Codes and numbers, which add up. */
static bool read_rights(struct run field, bool of_label, ACCESS_MASK *maskp)
{
	uint64_t number;
	DWORD right;

	*maskp = 0;
	skip_blanks(&field);
	while (field.at < field.end) {
		if (take_number(&field, UINT32_MAX, true, &number))
			*maskp |= (DWORD)number;
		else if (take_code(&field, sddl_rights, &right) ||
			 take_code(&field, sddl_right_sets, &right) ||
			 (of_label && take_code(&field, sddl_label_rights, &right)))
			*maskp |= right;
		else
			return false;
	}
	return true;
}

/* @n hexadecimal digits. */
static bool take_digits(struct run *run, unsigned n, uint64_t *valuep)
{
	uint64_t value = 0;

	if (run_len(run) < n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		unsigned digit = digit_of(*run->at++);

		if (digit > 15)
			return false;
		value = value << 4 | digit;
	}
	*valuep = value;
	return true;
}

/* 8-4-4-4-12 digits; @has is false for an empty field. */
static bool read_guid(struct run field, bool *has, GUID *guidp)
{
	uint64_t a, b, c, d, e;

	skip_blanks(&field);
	*has = field.at < field.end;
	if (!*has)
		return true;
	if (!take_digits(&field, 8, &a) || !take_word(&field, "-") ||
	    !take_digits(&field, 4, &b) || !take_word(&field, "-") ||
	    !take_digits(&field, 4, &c) || !take_word(&field, "-") ||
	    !take_digits(&field, 4, &d) || !take_word(&field, "-") ||
	    !take_digits(&field, 12, &e) || field.at != field.end)
		return false;
	guidp->Data1 = (uint32_t)a;
	guidp->Data2 = (uint16_t)b;
	guidp->Data3 = (uint16_t)c;
	for (unsigned i = 0; i < 2; i++)
		guidp->Data4[i] = (uint8_t)(d >> (8 - 8 * i));
	for (unsigned i = 0; i < 6; i++)
		guidp->Data4[2 + i] = (uint8_t)(e >> (40 - 8 * i));
	return true;
}

/* What stands between mask and identifier of an entry for a kind of object. */
static bool put_object(const struct run *fields, char **top)
{
	bool has_object, has_inherited;
	GUID object, inherited;
	DWORD flags;

	if (!read_guid(fields[3], &has_object, &object) ||
	    !read_guid(fields[4], &has_inherited, &inherited))
		return false;
	flags = (has_object ? ACE_OBJECT_TYPE_PRESENT : 0) |
		(has_inherited ? ACE_INHERITED_OBJECT_TYPE_PRESENT : 0);
	*top = mempcpy(*top, &flags, sizeof(flags));
	if (has_object)
		*top = mempcpy(*top, &object, sizeof(object));
	if (has_inherited)
		*top = mempcpy(*top, &inherited, sizeof(inherited));
	return true;
}

static bool is_empty(struct run field)
{
	skip_blanks(&field);
	return field.at == field.end;
}

/* The fields of an entry, without its parentheses; false unless there are six. */
static bool split(struct run inside, struct run *fields)
{
	unsigned n = 0;

	fields[0] = inside;
	for (const WCHAR *at = inside.at; at < inside.end; at++) {
		if (*at != ';')
			continue;
		if (++n == ACE_FIELDS)
			return false;
		fields[n - 1].end = at;
		fields[n] = (struct run){at + 1, inside.end};
	}
	return n == ACE_FIELDS - 1;
}

static DWORD read_ace(struct run inside, struct acl_text *acl)
{
	struct run fields[ACE_FIELDS];
	char bytes[ACE_LEN_MAX];
	DWORD sid[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	ACE_HEADER header = {0};
	ACCESS_MASK mask;
	DWORD type, err;
	char *to = bytes + sizeof(header);

	if (!split(inside, fields))
		return ERROR_INVALID_ACL;
	skip_blanks(&fields[0]);
	skip_blanks(&fields[5]);
	drop_blanks_behind(&fields[5]);
	if (!take_code(&fields[0], sddl_ace_types, &type) ||
	    fields[0].at != fields[0].end || !read_flags(fields[1], &header.AceFlags) ||
	    !read_rights(fields[2], type == SYSTEM_MANDATORY_LABEL_ACE_TYPE, &mask) ||
	    sddl_read_sid(fields[5].at, run_len(&fields[5]), sid) != 0)
		return ERROR_INVALID_ACL;
	header.AceType = (BYTE)type;
	to = mempcpy(to, &mask, sizeof(mask));
	if (!securitydesc_ace_has_object(header.AceType)) {
		if (!is_empty(fields[3]) || !is_empty(fields[4]))
			return ERROR_INVALID_ACL;
	} else if (!put_object(fields, &to)) {
		return ERROR_INVALID_ACL;
	} else {
		acl->revision = ACL_REVISION_DS;
	}
	to = mempcpy(to, sid, securitydesc_sid_len(sid));
	header.AceSize = (WORD)(to - bytes);
	memcpy(bytes, &header, sizeof(header));
	err = acl_append(acl, bytes, header.AceSize);
	acl->n_aces = (WORD)(acl->n_aces + (err == 0));
	return err;
}

/*
 * A list behind its D: or S:. @control receives the bits of a DACL; *@aclp is NULL for a
 * list that is present and null, else owned by the caller.
 */
static DWORD read_acl(struct run *run, WORD *controlp, ACL **aclp)
{
	struct acl_text acl = {.revision = ACL_REVISION};
	ACL header = {0};
	bool is_null = false;
	DWORD err;

	err = acl_append(&acl, &header, sizeof(header));
	for (;;) {
		skip_blanks(run);
		if (take_word(run, SDDL_NULL_ACL))
			is_null = true;
		else if (take_word(run, "P"))
			*controlp |= SE_DACL_PROTECTED;
		else if (take_word(run, "AR"))
			*controlp |= SE_DACL_AUTO_INHERIT_REQ;
		else if (take_word(run, "AI"))
			*controlp |= SE_DACL_AUTO_INHERITED;
		else
			break;
	}
	while (!err && take_word(run, "(")) {
		struct run inside = *run;

		for (; run->at < run->end && *run->at != ')'; run->at++)
			;
		inside.end = run->at;
		if (is_null || !take_word(run, ")"))
			err = ERROR_INVALID_ACL;
		else
			err = read_ace(inside, &acl);
		skip_blanks(run);
	}
	if (err || is_null) {
		free(acl.bytes);
		acl.bytes = NULL;
	} else {
		header.AclRevision = acl.revision;
		header.AclSize = (WORD)acl.len;
		header.AceCount = acl.n_aces;
		memcpy(acl.bytes, &header, sizeof(header));
	}
	*aclp = (ACL *)(void *)acl.bytes;
	return err;
}

/* An identifier behind its O: or G:, which reaches to the letter before the next colon. */
static DWORD read_owner(struct run *run, void *sid)
{
	struct run text = *run;

	for (run->at = text.at; run->at < run->end && *run->at != ':'; run->at++)
		;
	if (run->at < run->end && run->at > text.at)
		run->at--;
	text.end = run->at;
	skip_blanks(&text);
	drop_blanks_behind(&text);
	return sddl_read_sid(text.at, run_len(&text), sid);
}

/* descriptors */

struct sd_text {
	DWORD owner[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	DWORD group[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	struct securitydesc_parts parts; /* its lists are owned */
};

static DWORD read_part(struct run *run, struct sd_text *sd)
{
	struct securitydesc_parts *parts = &sd->parts;
	WORD control = 0;
	DWORD err;

	if (!parts->owner && take_word(run, "O:")) {
		err = read_owner(run, sd->owner);
		parts->owner = (SID *)sd->owner;
	} else if (!parts->group && take_word(run, "G:")) {
		err = read_owner(run, sd->group);
		parts->group = (SID *)sd->group;
	} else if (!(parts->control & SE_DACL_PRESENT) && take_word(run, "D:")) {
		err = read_acl(run, &control, &parts->dacl);
		parts->control |= SE_DACL_PRESENT | control;
	} else if (!(parts->control & SE_SACL_PRESENT) && take_word(run, "S:")) {
		err = read_acl(run, &control, &parts->sacl);
		/* Each bit of a SACL is the one above the DACL's. */
		parts->control |= (WORD)(SE_SACL_PRESENT | control << 1);
	} else {
		err = ERROR_INVALID_PARAMETER;
	}
	return err;
}

DWORD sddl_read(const WCHAR *text, size_t len, void **sdp, uint32_t *lenp)
{
	struct run run = {text, text + len};
	struct sd_text sd = {.parts = {.control = SE_SELF_RELATIVE}};
	DWORD err = 0;

	skip_blanks(&run);
	while (!err && run.at < run.end) {
		err = read_part(&run, &sd);
		skip_blanks(&run);
	}
	if (!err) {
		*lenp = securitydesc_relative_len(&sd.parts);
		*sdp = heap_process_alloc(*lenp, false);
		if (*sdp)
			securitydesc_relative_write(&sd.parts, *sdp);
		else
			err = ERROR_NOT_ENOUGH_MEMORY;
	}
	free(sd.parts.dacl);
	free(sd.parts.sacl);
	return err;
}
