/* SPDX-License-Identifier: MIT */
/* Words, names and texts of conditions, both ways.  See sddl_condition.h. */
#include <stdio.h>

#include "kernel32-shim/sddl_condition.h"

const struct sddl_operator sddl_condition_members[] = {
	{"Not_Device_Member_of_Any", 0x93},
	{"Not_Device_Member_of", 0x91},
	{"Device_Member_of_Any", 0x8c},
	{"Device_Member_of", 0x8a},
	{"Not_Member_of_Any", 0x92},
	{"Not_Member_of", 0x90},
	{"Member_of_Any", 0x8b},
	{"Member_of", 0x89},
	{"", 0},
};

const struct sddl_operator sddl_condition_exists[] = {
	{"Not_Exists", 0x8d},
	{"Exists", 0x87},
	{"", 0},
};

const struct sddl_operator sddl_condition_relations[] = {
	{"==", 0x80},         {"!=", 0x81},     {"<=", 0x83},
	{"<", 0x82},          {">=", 0x85},     {">", 0x84},
	{"Contains", 0x86},   {"Any_of", 0x88}, {"Not_Contains", 0x8e},
	{"Not_Any_of", 0x8f}, {"", 0},
};

const struct sddl_operator sddl_condition_scopes[] = {
	{"@User.", SDDL_TOKEN_USER},
	{"@Resource.", SDDL_TOKEN_RESOURCE},
	{"@Device.", SDDL_TOKEN_DEVICE},
	{"", 0},
};

struct sddl_term sddl_term_join(const struct sddl_term *first,
				const struct sddl_term *second, enum sddl_term_kind whole)
{
	unsigned a = first->depth + sddl_term_is_enclosed(first, whole, true);
	unsigned b = second->depth + sddl_term_is_enclosed(second, whole, false);

	return (struct sddl_term){whole, a > b ? a : b};
}

/* May this unit stand for itself in a name? */
static bool is_plain(WCHAR unit, bool is_scoped)
{
	static const char marks[] = "#$'*+-;?@[\\]^`{}~";
	uint16_t c = (uint16_t)unit;

	if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    c == ':' || c == '.' || c == '/' || c == '_' || c > 0xa0)
		return true;
	for (size_t i = 0; is_scoped && marks[i]; i++)
		if (c == (uint16_t)marks[i])
			return true;
	return false;
}

DWORD sddl_name_read(struct sddl_run *run, bool is_scoped, struct sddl_bytes *to)
{
	const WCHAR *first = run->at;
	DWORD err = 0;

	while (!err && run->at < run->end) {
		uint64_t value = (uint16_t)*run->at;
		WCHAR unit;

		if (sddl_take_word(run, "%")) {
			if (!sddl_take_digits(run, 4, &value) || value == 0)
				return ERROR_INVALID_ACL;
		} else if (is_plain(*run->at, is_scoped)) {
			run->at++;
		} else {
			break;
		}
		unit = (WCHAR)value;
		err = sddl_bytes_append(to, &unit, sizeof(unit));
	}
	return !err && run->at == first ? ERROR_INVALID_ACL : err;
}

static WCHAR unit_at(const uint8_t *bytes)
{
	return (WCHAR)(bytes[0] | bytes[1] << 8);
}

static void put_escaped(struct sddl_out *out, WCHAR unit)
{
	char escaped[8];

	snprintf(escaped, sizeof(escaped), "%%%04x", (unsigned)(uint16_t)unit);
	sddl_put(out, escaped);
}

/* Would a local name be taken for one of these words? */
static bool is_word(const uint8_t *name, size_t len, const struct sddl_operator *words)
{
	for (; words->word[0]; words++) {
		size_t i = 0;

		while (2 * i < len && words->word[i] &&
		       (unit_at(name + 2 * i) | 0x20) == (words->word[i] | 0x20))
			i++;
		if (2 * i == len && !words->word[i])
			return true;
	}
	return false;
}

bool sddl_name_write(struct sddl_out *out, const uint8_t *name, size_t len,
		     bool is_scoped)
{
	bool is_taken = !is_scoped && (is_word(name, len, sddl_condition_members) ||
				       is_word(name, len, sddl_condition_exists));

	if (len == 0 || len % 2 != 0)
		return false;
	for (size_t i = 0; i < len; i += 2) {
		WCHAR unit = unit_at(name + i);

		if (unit == 0)
			return false;
		if (is_plain(unit, is_scoped) && !is_taken)
			sddl_put_unit(out, unit);
		else
			put_escaped(out, unit);
		is_taken = false;
	}
	return true;
}

DWORD sddl_quoted_read(struct sddl_run *run, struct sddl_bytes *to)
{
	const WCHAR *first;
	DWORD err;

	if (!sddl_take_word(run, "\""))
		return ERROR_INVALID_ACL;
	first = run->at;
	while (run->at < run->end && *run->at != '"' && *run->at != 0)
		run->at++;
	err = sddl_bytes_append(to, first, (size_t)(run->at - first) * sizeof(*first));
	return !err && !sddl_take_word(run, "\"") ? ERROR_INVALID_ACL : err;
}

bool sddl_quoted_write(struct sddl_out *out, const uint8_t *text, size_t len)
{
	if (len % 2 != 0)
		return false;
	sddl_put(out, "\"");
	for (size_t i = 0; i < len; i += 2) {
		WCHAR unit = unit_at(text + i);

		if (unit == 0 || unit == '"')
			return false;
		sddl_put_unit(out, unit);
	}
	sddl_put(out, "\"");
	return true;
}

DWORD sddl_octets_read(struct sddl_run *run, struct sddl_bytes *to)
{
	DWORD err = 0;

	while (!err && run->at < run->end && sddl_digit(*run->at) < 16) {
		uint64_t value;
		BYTE octet;

		if (!sddl_take_digits(run, 2, &value))
			return ERROR_INVALID_ACL;
		octet = (BYTE)value;
		err = sddl_bytes_append(to, &octet, 1);
	}
	return err;
}

void sddl_octets_write(struct sddl_out *out, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char digits[4];

		snprintf(digits, sizeof(digits), "%02x", octets[i]);
		sddl_put(out, digits);
	}
}
