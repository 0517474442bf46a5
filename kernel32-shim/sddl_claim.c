/* SPDX-License-Identifier: MIT */
/*
 * Attributes of a resource (both forms: sddl_claim.h)
 *
 * How many values there are is not known before the last one is read, and their offsets
 * stand before them; so the values are counted first, by commas outside of quotation marks.
 */
#include "kernel32-shim/sddl_claim.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel32-shim/sddl_condition.h"
#include "kernel32-shim/sddl_text.h"
#include "kernel32-shim/securitydesc.h"

#define FIXED_LEN 16u /* up to the offsets of the values */

static const struct sddl_name types[] = {
	{"TI", CLAIM_SECURITY_ATTRIBUTE_TYPE_INT64},
	{"TU", CLAIM_SECURITY_ATTRIBUTE_TYPE_UINT64},
	{"TS", CLAIM_SECURITY_ATTRIBUTE_TYPE_STRING},
	{"TD", CLAIM_SECURITY_ATTRIBUTE_TYPE_SID},
	{"TX", CLAIM_SECURITY_ATTRIBUTE_TYPE_OCTET_STRING},
	{"TB", CLAIM_SECURITY_ATTRIBUTE_TYPE_BOOLEAN},
	{"", 0},
};

/* reading */

static bool take_comma(struct sddl_run *run)
{
	bool ok;

	sddl_skip_blanks(run);
	ok = sddl_take_word(run, ",");
	sddl_skip_blanks(run);
	return ok;
}

/* Commas up to the parenthesis that ends the attribute. */
static uint32_t count_values(struct sddl_run run)
{
	bool is_quoted = false;
	unsigned level = 0;
	uint32_t n = 0;

	for (; run.at < run.end; run.at++) {
		if (*run.at == '"')
			is_quoted = !is_quoted;
		if (is_quoted)
			continue;
		if (*run.at == '(')
			level++;
		if (*run.at == ')' && level-- == 0)
			break;
		n += *run.at == ',';
	}
	return n;
}

static DWORD read_number(struct sddl_run *run, DWORD type, struct sddl_bytes *to)
{
	uint64_t value, max = UINT64_MAX;
	bool is_negative = false;

	if (type == CLAIM_SECURITY_ATTRIBUTE_TYPE_BOOLEAN)
		max = 1;
	if (type == CLAIM_SECURITY_ATTRIBUTE_TYPE_INT64) {
		is_negative = sddl_take_word(run, "-");
		max = (uint64_t)INT64_MAX + is_negative;
	}
	if (!sddl_take_number(run, max, true, &value))
		return ERROR_INVALID_ACL;
	if (is_negative)
		value = 0 - value;
	return sddl_bytes_append(to, &value, sizeof(value));
}

static DWORD read_sid(struct sddl_run *run, struct sddl_bytes *to)
{
	DWORD sid[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];
	bool is_enclosed = sddl_take_word(run, "SID(");
	struct sddl_run text = *run;
	uint32_t len;
	DWORD err;

	while (run->at < run->end && *run->at != ',' && *run->at != ')')
		run->at++;
	text.end = run->at;
	sddl_skip_blanks(&text);
	sddl_drop_blanks_behind(&text);
	if (sddl_read_sid(text.at, sddl_run_len(&text), sid) != 0 ||
	    (is_enclosed && !sddl_take_word(run, ")")))
		return ERROR_INVALID_ACL;
	len = securitydesc_sid_len(sid);
	err = sddl_bytes_append(to, &len, sizeof(len));
	return err ? err : sddl_bytes_append(to, sid, len);
}

static DWORD read_octets(struct sddl_run *run, struct sddl_bytes *to)
{
	size_t at = to->len;
	uint32_t len;
	DWORD err;

	sddl_take_word(run, "#");
	err = sddl_bytes_append(to, NULL, sizeof(len));
	if (!err)
		err = sddl_octets_read(run, to);
	if (err)
		return err;
	len = (uint32_t)(to->len - at - sizeof(len));
	memcpy(to->bytes + at, &len, sizeof(len));
	return 0;
}

static DWORD read_value(struct sddl_run *run, DWORD type, struct sddl_bytes *to)
{
	DWORD err;

	switch (type) {
	case CLAIM_SECURITY_ATTRIBUTE_TYPE_STRING:
		err = sddl_quoted_read(run, to);
		return err ? err : sddl_bytes_append(to, NULL, sizeof(WCHAR));
	case CLAIM_SECURITY_ATTRIBUTE_TYPE_SID:
		return read_sid(run, to);
	case CLAIM_SECURITY_ATTRIBUTE_TYPE_OCTET_STRING:
		return read_octets(run, to);
	default:
		return read_number(run, type, to);
	}
}

static DWORD read_name(struct sddl_run *run, struct sddl_bytes *to)
{
	DWORD err;

	if (!sddl_take_word(run, "\""))
		return ERROR_INVALID_ACL;
	err = sddl_name_read(run, true, to);
	if (!err && !sddl_take_word(run, "\""))
		err = ERROR_INVALID_ACL;
	return err ? err : sddl_bytes_append(to, NULL, sizeof(WCHAR));
}

static void put32(struct sddl_bytes *to, size_t at, size_t value)
{
	uint32_t v = (uint32_t)value;

	memcpy(to->bytes + at, &v, sizeof(v));
}

/* The values, behind the name, with their offsets from @from. */
static DWORD read_values(struct sddl_run *run, DWORD type, uint32_t n, size_t from,
			 struct sddl_bytes *to)
{
	DWORD err = 0;

	for (uint32_t i = 0; !err && i < n; i++) {
		if (!take_comma(run))
			return ERROR_INVALID_ACL;
		err = sddl_bytes_fill_up(to, from);
		if (err)
			break;
		put32(to, from + FIXED_LEN + 4 * (size_t)i, to->len - from);
		err = read_value(run, type, to);
	}
	return err;
}

DWORD sddl_claim_read(struct sddl_run *run, struct sddl_bytes *to)
{
	size_t from = to->len;
	struct sddl_run name;
	uint64_t flags;
	DWORD type, err;
	uint16_t type16;
	uint32_t n;

	if (!sddl_take_word(run, "("))
		return ERROR_INVALID_ACL;
	sddl_skip_blanks(run);
	name = *run;
	/* The name goes behind the offsets: step over it first. */
	if (!sddl_take_word(run, "\""))
		return ERROR_INVALID_ACL;
	while (run->at < run->end && *run->at != '"')
		run->at++;
	if (!sddl_take_word(run, "\"") || !take_comma(run) ||
	    !sddl_take_code(run, types, &type) || !take_comma(run) ||
	    !sddl_take_number(run, UINT32_MAX, true, &flags))
		return ERROR_INVALID_ACL;
	n = count_values(*run);
	if (n > SDDL_BYTES_MAX / 4)
		return ERROR_INVALID_ACL;
	err = sddl_bytes_append(to, NULL, FIXED_LEN + 4 * (size_t)n);
	if (err)
		return err;
	type16 = (uint16_t)type;
	put32(to, from, to->len - from);
	memcpy(to->bytes + from + 4, &type16, sizeof(type16));
	put32(to, from + 8, flags);
	put32(to, from + 12, n);
	err = read_name(&name, to);
	if (!err)
		err = read_values(run, type, n, from, to);
	sddl_skip_blanks(run);
	if (!err && !sddl_take_word(run, ")"))
		err = ERROR_INVALID_ACL;
	return err;
}

/* writing */

static uint32_t get32(const uint8_t *b)
{
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* Where the text at @at ends; NULL when it does not. */
static const uint8_t *text_end(const uint8_t *bytes, size_t len, size_t at)
{
	for (; at < len && len - at >= 2; at += 2)
		if (!bytes[at] && !bytes[at + 1])
			return bytes + at;
	return NULL;
}

static bool put_number(struct sddl_out *out, DWORD type, const uint8_t *b)
{
	uint64_t value = get32(b) | (uint64_t)get32(b + 4) << 32;
	char digits[24];

	if (type == CLAIM_SECURITY_ATTRIBUTE_TYPE_BOOLEAN && value > 1)
		return false;
	snprintf(digits, sizeof(digits),
		 type == CLAIM_SECURITY_ATTRIBUTE_TYPE_INT64 ? "%" PRId64 : "%" PRIu64,
		 value);
	sddl_put(out, digits);
	return true;
}

static bool put_block(struct sddl_out *out, DWORD type, const uint8_t *bytes, size_t len)
{
	DWORD sid[SECURITY_MAX_SID_SIZE / sizeof(DWORD)];

	if (type == CLAIM_SECURITY_ATTRIBUTE_TYPE_OCTET_STRING) {
		sddl_put(out, "#");
		sddl_octets_write(out, bytes, len);
		return true;
	}
	if (len < offsetof(SID, SubAuthority) || len > sizeof(sid))
		return false;
	memcpy(sid, bytes, len);
	if (!securitydesc_sid_is_valid(sid) || securitydesc_sid_len(sid) != len)
		return false;
	sddl_put_sid(out, sid);
	return true;
}

static bool put_value(struct sddl_out *out, DWORD type, const uint8_t *bytes, size_t len,
		      size_t at)
{
	const uint8_t *end;

	if (at >= len)
		return false;
	switch (type) {
	case CLAIM_SECURITY_ATTRIBUTE_TYPE_STRING:
		end = text_end(bytes, len, at);
		return end &&
		       sddl_quoted_write(out, bytes + at, (size_t)(end - bytes) - at);
	case CLAIM_SECURITY_ATTRIBUTE_TYPE_SID:
	case CLAIM_SECURITY_ATTRIBUTE_TYPE_OCTET_STRING:
		return len - at >= 4 && get32(bytes + at) <= len - at - 4 &&
		       put_block(out, type, bytes + at + 4, get32(bytes + at));
	default:
		return len - at >= 8 && put_number(out, type, bytes + at);
	}
}

bool sddl_claim_write(struct sddl_out *out, const uint8_t *bytes, size_t len)
{
	const struct sddl_name *type = types;
	size_t at_first = out->len;
	const uint8_t *name_end;
	uint32_t n, code, name_at;
	char flags[16];

	if (len < FIXED_LEN)
		return false;
	code = bytes[4] | (uint32_t)bytes[5] << 8;
	while (type->code[0] && type->value != code)
		type++;
	n = get32(bytes + 12);
	name_at = get32(bytes);
	name_end = text_end(bytes, len, name_at);
	if (!type->code[0] || n > (len - FIXED_LEN) / 4 || !name_end)
		return false;
	sddl_put(out, "(\"");
	if (!sddl_name_write(out, bytes + name_at, (size_t)(name_end - bytes) - name_at,
			     true))
		return false;
	snprintf(flags, sizeof(flags), ",0x%" PRIx32, get32(bytes + 8));
	sddl_put(out, "\",");
	sddl_put(out, type->code);
	sddl_put(out, flags);
	for (uint32_t i = 0; i < n; i++) {
		sddl_put(out, ",");
		/* Values that share bytes could be longer than any list. */
		if (out->len - at_first > 4 * (size_t)SDDL_BYTES_MAX ||
		    !put_value(out, code, bytes, len,
			       get32(bytes + FIXED_LEN + 4 * (size_t)i)))
			return false;
	}
	sddl_put(out, ")");
	return true;
}
