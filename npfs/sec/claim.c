/* SPDX-License-Identifier: MIT */
/* Attributes of a resource between bytes and values (format: claim.h) */
#include "npfs/sec/claim.h"

#include "npfs/base/upcase.h"
#include "npfs/sec/sid.h"

#define CLAIM_FIXED_LEN 16u

#define TYPE_INT64   0x01u
#define TYPE_UINT64  0x02u
#define TYPE_STRING  0x03u
#define TYPE_SID     0x05u
#define TYPE_BOOLEAN 0x06u
#define TYPE_OCTETS  0x10u

#define FLAG_CASE_SENSITIVE 0x02u
#define FLAG_DISABLED       0x10u

static bool type_kind(uint16_t type, enum np_value_kind *kindp)
{
	switch (type) {
	case TYPE_INT64:
	case TYPE_UINT64:
	case TYPE_BOOLEAN:
		*kindp = NP_VALUE_NUMBER;
		return true;
	case TYPE_STRING:
		*kindp = NP_VALUE_STRING;
		return true;
	case TYPE_SID:
		*kindp = NP_VALUE_SID;
		return true;
	case TYPE_OCTETS:
		*kindp = NP_VALUE_OCTETS;
		return true;
	default:
		return false;
	}
}

/* Bytes of the text at @at without its terminator; false when it has none. */
static bool text_len(const uint8_t *bytes, size_t len, size_t at, size_t *lenp)
{
	if (at > len)
		return false;
	for (size_t i = at; len - i >= 2; i += 2) {
		if (np_sec_get16(bytes + i) != 0)
			continue;
		*lenp = i - at;
		return true;
	}
	return false;
}

/* Reads value @index, whose every byte is looked for within the claim's. */
static bool value_decode(const struct np_claim *claim, unsigned index,
			 struct np_value *valuep)
{
	const uint8_t *b = claim->bytes;
	size_t at = np_sec_get32(b + CLAIM_FIXED_LEN + 4 * (size_t)index);
	struct np_value value = {.kind = claim->kind};
	struct np_sid sid;

	if (at >= claim->len)
		return false;
	switch (claim->kind) {
	case NP_VALUE_NUMBER:
		if (claim->len - at < 8)
			return false;
		value.number = np_sec_get64(b + at);
		value.is_negative = claim->type == TYPE_INT64 && value.number >> 63;
		break;
	case NP_VALUE_STRING:
		value.bytes = b + at;
		if (!text_len(b, claim->len, at, &value.len))
			return false;
		break;
	default:
		if (claim->len - at < 4 || np_sec_get32(b + at) > claim->len - at - 4)
			return false;
		value.bytes = b + at + 4;
		value.len = np_sec_get32(b + at);
		if (claim->kind == NP_VALUE_SID &&
		    (!np_sid_decode(value.bytes, value.len, &sid) ||
		     np_sid_len(&sid) != value.len))
			return false;
		break;
	}
	*valuep = value;
	return true;
}

/**
 * np_claim_decode() - check the attribute in an entry
 * @bytes:	the whole entry, borrowed
 * @len:	in bytes
 * @claimp:	the attribute
 *
 * Return: false for one that is not well formed, of an unknown type, or disabled.
 */
bool np_claim_decode(const uint8_t *bytes, size_t len, struct np_claim *claimp)
{
	struct np_claim claim = {.n_values = 0};
	struct np_value value;
	struct np_sid sid;
	uint32_t flags, n;
	size_t at = 8, name_len, total = 0;

	if (len < at || !np_sid_decode(bytes + at, len - at, &sid))
		return false;
	at += np_sid_len(&sid);
	if (len - at < CLAIM_FIXED_LEN)
		return false;
	claim.bytes = bytes + at;
	claim.len = len - at;
	claim.type = np_sec_get16(claim.bytes + 4);
	flags = np_sec_get32(claim.bytes + 8);
	n = np_sec_get32(claim.bytes + 12);
	claim.is_case_sensitive = flags & FLAG_CASE_SENSITIVE;
	claim.n_values = n;
	if ((flags & FLAG_DISABLED) || n > (claim.len - CLAIM_FIXED_LEN) / 4 ||
	    !type_kind(claim.type, &claim.kind) ||
	    !text_len(claim.bytes, claim.len, np_sec_get32(claim.bytes), &name_len))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (!value_decode(&claim, i, &value))
			return false;
		total += value.len;
		if (total > claim.len)
			return false;
	}
	*claimp = claim;
	return true;
}

/* Is this its name? @name is UTF-16 of @len bytes. Names have no case. */
bool np_claim_is_named(const struct np_claim *claim, const uint8_t *name, size_t len)
{
	size_t at = np_sec_get32(claim->bytes), own_len;

	if (!text_len(claim->bytes, claim->len, at, &own_len) || own_len != len)
		return false;
	for (size_t i = 0; i < len; i += 2)
		if (np_upcase16(np_sec_get16(claim->bytes + at + i)) !=
		    np_upcase16(np_sec_get16(name + i)))
			return false;
	return true;
}

/* np_claim_value() - value @index of a claim that was decoded; below its n_values */
void np_claim_value(const struct np_claim *claim, unsigned index, struct np_value *valuep)
{
	if (!value_decode(claim, index, valuep))
		*valuep = (struct np_value){.kind = claim->kind};
}
