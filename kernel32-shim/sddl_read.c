/* SPDX-License-Identifier: MIT */
/*
 * Reading the text form of identifiers and descriptors (grammar: sddl_text.h)
 *
 * What stands behind the identifier of some entries is read in sddl_condition_read.c and
 * sddl_claim.c.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernel32-shim/heap.h"
#include "kernel32-shim/known_sid.h"
#include "kernel32-shim/sddl_bytes.h"
#include "kernel32-shim/sddl_claim.h"
#include "kernel32-shim/sddl_condition.h"
#include "kernel32-shim/sddl_names.h"
#include "kernel32-shim/sddl_run.h"
#include "kernel32-shim/sddl_text.h"

#define AUTHORITY_MAX     UINT64_C(0xffffffffffff)
#define ACE_FIELDS        6
#define ACE_LEN_MAX       (sizeof(ACCESS_ALLOWED_OBJECT_ACE) + SECURITY_MAX_SID_SIZE)

/* Two letters that stand for an identity of this machine. */
static DWORD read_alias(const struct sddl_run *run, void *sid)
{
	const struct known_sid *known = known_sid_by_alias(run->at[0], run->at[1]);

	if (!known || known->kind == KNOWN_SID_OF_DOMAIN)
		return ERROR_INVALID_SID;
	known_sid_write(known, NULL, sid);
	return 0;
}

DWORD sddl_read_sid(const WCHAR *text, size_t len, void *sid)
{
	struct sddl_run run = {text, text + len};
	DWORD subs[SID_MAX_SUB_AUTHORITIES];
	SID_IDENTIFIER_AUTHORITY authority;
	uint64_t value;
	BYTE n = 0;

	if (len == 2)
		return read_alias(&run, sid);
	if (!sddl_take_word(&run, "S-1-") || !sddl_take_number(&run, AUTHORITY_MAX, false, &value))
		return ERROR_INVALID_SID;
	for (size_t i = 0; i < sizeof(authority.Value); i++)
		authority.Value[i] = (BYTE)(value >> (40 - 8 * i));
	while (sddl_take_word(&run, "-")) {
		if (n == SID_MAX_SUB_AUTHORITIES ||
		    !sddl_take_number(&run, UINT32_MAX, false, &value))
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
	struct sddl_bytes block; /* header and entries */
	WORD n_aces;
	BYTE revision;
};

static bool read_flags(struct sddl_run field, BYTE *flagsp)
{
	DWORD flag;

	*flagsp = 0;
	sddl_skip_blanks(&field);
	while (sddl_take_code(&field, sddl_ace_flags, &flag))
		*flagsp |= (BYTE)flag;
	return field.at == field.end;
}

/* Codes and numbers, which add up. */
static bool read_rights(struct sddl_run field, bool of_label, ACCESS_MASK *maskp)
{
	uint64_t number;
	DWORD right;

	*maskp = 0;
	sddl_skip_blanks(&field);
	while (field.at < field.end) {
		if (sddl_take_number(&field, UINT32_MAX, true, &number))
			*maskp |= (DWORD)number;
		else if (sddl_take_code(&field, sddl_rights, &right) ||
			 sddl_take_code(&field, sddl_right_sets, &right) ||
			 (of_label && sddl_take_code(&field, sddl_label_rights, &right)))
			*maskp |= right;
		else
			return false;
	}
	return true;
}

/* 8-4-4-4-12 digits; @has is false for an empty field. */
static bool read_guid(struct sddl_run field, bool *has, GUID *guidp)
{
	uint64_t a, b, c, d, e;

	sddl_skip_blanks(&field);
	*has = field.at < field.end;
	if (!*has)
		return true;
	if (!sddl_take_digits(&field, 8, &a) || !sddl_take_word(&field, "-") ||
	    !sddl_take_digits(&field, 4, &b) || !sddl_take_word(&field, "-") ||
	    !sddl_take_digits(&field, 4, &c) || !sddl_take_word(&field, "-") ||
	    !sddl_take_digits(&field, 4, &d) || !sddl_take_word(&field, "-") ||
	    !sddl_take_digits(&field, 12, &e) || field.at != field.end)
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
static bool put_object(const struct sddl_run *fields, char **top)
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

static bool is_empty(struct sddl_run field)
{
	sddl_skip_blanks(&field);
	return field.at == field.end;
}

/*
 * The six fields of an entry, up to the parenthesis behind them or the semicolon before a
 * seventh one; false unless there are six.
 */
static bool split(struct sddl_run *run, struct sddl_run *fields, bool *has_morep)
{
	for (unsigned n = 0; n < ACE_FIELDS; n++) {
		fields[n].at = run->at;
		while (run->at < run->end && *run->at != ';' && *run->at != ')')
			run->at++;
		fields[n].end = run->at;
		if (run->at == run->end || (*run->at == ')') > (n == ACE_FIELDS - 1))
			return false;
		*has_morep = *run->at == ';';
		run->at++;
	}
	return true;
}

/* What stands between the header and whatever is behind the identifier. */
static bool put_fixed(struct sddl_run *fields, BYTE type, struct acl_text *acl, char *bytes,
		      size_t *lenp)
{
	DWORD sid[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	ACCESS_MASK mask;
	char *to = bytes;

	if (!read_rights(fields[2], type == SYSTEM_MANDATORY_LABEL_ACE_TYPE, &mask) ||
	    sddl_read_sid(fields[5].at, sddl_run_len(&fields[5]), sid) != 0)
		return false;
	to = mempcpy(to, &mask, sizeof(mask));
	if (!securitydesc_ace_has_object(type)) {
		if (!is_empty(fields[3]) || !is_empty(fields[4]))
			return false;
	} else if (!put_object(fields, &to)) {
		return false;
	} else {
		acl->revision = ACL_REVISION_DS;
	}
	to = mempcpy(to, sid, securitydesc_sid_len(sid));
	*lenp = (size_t)(to - bytes);
	return true;
}

/* The seventh field, behind the identifier, and the parenthesis that ends the entry. */
static DWORD read_more(struct sddl_run *run, BYTE type, struct sddl_bytes *to)
{
	size_t from = to->len;
	DWORD err;

	sddl_skip_blanks(run);
	if (type == SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE)
		err = sddl_claim_read(run, to);
	else
		err = sddl_condition_read(run, to);
	sddl_skip_blanks(run);
	if (!err && !sddl_take_word(run, ")"))
		err = ERROR_INVALID_ACL;
	return err ? err : sddl_bytes_fill_up(to, from);
}

/* An entry behind its parenthesis. */
static DWORD read_ace(struct sddl_run *run, struct acl_text *acl)
{
	struct sddl_run fields[ACE_FIELDS];
	size_t from = acl->block.len, len;
	ACE_HEADER header = {0};
	char fixed[ACE_LEN_MAX];
	bool has_more;
	DWORD type, err;

	if (!split(run, fields, &has_more))
		return ERROR_INVALID_ACL;
	sddl_skip_blanks(&fields[0]);
	sddl_skip_blanks(&fields[5]);
	sddl_drop_blanks_behind(&fields[5]);
	if (!sddl_take_code(&fields[0], sddl_ace_types, &type) ||
	    fields[0].at != fields[0].end || !read_flags(fields[1], &header.AceFlags))
		return ERROR_INVALID_ACL;
	header.AceType = (BYTE)type;
	if (has_more != sddl_ace_has_more(header.AceType) ||
	    !put_fixed(fields, header.AceType, acl, fixed, &len))
		return ERROR_INVALID_ACL;
	err = sddl_bytes_append(&acl->block, &header, sizeof(header));
	if (!err)
		err = sddl_bytes_append(&acl->block, fixed, len);
	if (!err && has_more)
		err = read_more(run, header.AceType, &acl->block);
	if (err)
		return err;
	header.AceSize = (WORD)(acl->block.len - from);
	memcpy(acl->block.bytes + from, &header, sizeof(header));
	acl->n_aces++;
	return 0;
}

/*
 * A list behind its D: or S:. @control receives the bits of a DACL; *@aclp is NULL for a
 * list that is present and null, else owned by the caller.
 */
static DWORD read_acl(struct sddl_run *run, WORD *controlp, ACL **aclp)
{
	struct acl_text acl = {.revision = ACL_REVISION};
	ACL header = {0};
	bool is_null = false;
	DWORD err;

	err = sddl_bytes_append(&acl.block, &header, sizeof(header));
	for (;;) {
		sddl_skip_blanks(run);
		if (sddl_take_word(run, SDDL_NULL_ACL))
			is_null = true;
		else if (sddl_take_word(run, "P"))
			*controlp |= SE_DACL_PROTECTED;
		else if (sddl_take_word(run, "AR"))
			*controlp |= SE_DACL_AUTO_INHERIT_REQ;
		else if (sddl_take_word(run, "AI"))
			*controlp |= SE_DACL_AUTO_INHERITED;
		else
			break;
	}
	while (!err && sddl_take_word(run, "(")) {
		err = is_null ? ERROR_INVALID_ACL : read_ace(run, &acl);
		sddl_skip_blanks(run);
	}
	if (err || is_null) {
		free(acl.block.bytes);
		acl.block.bytes = NULL;
	} else {
		header.AclRevision = acl.revision;
		header.AclSize = (WORD)acl.block.len;
		header.AceCount = acl.n_aces;
		memcpy(acl.block.bytes, &header, sizeof(header));
	}
	*aclp = (ACL *)(void *)acl.block.bytes;
	return err;
}

/* An identifier behind its O: or G:, which reaches to the letter before the next colon. */
static DWORD read_owner(struct sddl_run *run, void *sid)
{
	struct sddl_run text = *run;

	for (run->at = text.at; run->at < run->end && *run->at != ':'; run->at++)
		;
	if (run->at < run->end && run->at > text.at)
		run->at--;
	text.end = run->at;
	sddl_skip_blanks(&text);
	sddl_drop_blanks_behind(&text);
	return sddl_read_sid(text.at, sddl_run_len(&text), sid);
}

/* descriptors */

struct sd_text {
	DWORD owner[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	DWORD group[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	struct securitydesc_parts parts; /* its lists are owned */
};

static DWORD read_part(struct sddl_run *run, struct sd_text *sd)
{
	struct securitydesc_parts *parts = &sd->parts;
	WORD control = 0;
	DWORD err;

	if (!parts->owner && sddl_take_word(run, "O:")) {
		err = read_owner(run, sd->owner);
		parts->owner = (SID *)sd->owner;
	} else if (!parts->group && sddl_take_word(run, "G:")) {
		err = read_owner(run, sd->group);
		parts->group = (SID *)sd->group;
	} else if (!(parts->control & SE_DACL_PRESENT) && sddl_take_word(run, "D:")) {
		err = read_acl(run, &control, &parts->dacl);
		parts->control |= SE_DACL_PRESENT | control;
	} else if (!(parts->control & SE_SACL_PRESENT) && sddl_take_word(run, "S:")) {
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
	struct sddl_run run = {text, text + len};
	struct sd_text sd = {.parts = {.control = SE_SELF_RELATIVE}};
	DWORD err = 0;

	sddl_skip_blanks(&run);
	while (!err && run.at < run.end) {
		err = read_part(&run, &sd);
		sddl_skip_blanks(&run);
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
