/* SPDX-License-Identifier: MIT */
/*
 * Identifiers between bytes, text and values (formats: sid.h)
 */
#include "npfs/sec/sid.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct np_sid np_sid_everyone = NP_SID_1(NP_SID_AUTHORITY_WORLD, 0);
const struct np_sid np_sid_owner_rights = NP_SID_1(NP_SID_AUTHORITY_CREATOR, 4);
const struct np_sid np_sid_network = NP_SID_1(NP_SID_AUTHORITY_NT, 2);
const struct np_sid np_sid_interactive = NP_SID_1(NP_SID_AUTHORITY_NT, 4);
const struct np_sid np_sid_anonymous = NP_SID_1(NP_SID_AUTHORITY_NT, 7);
const struct np_sid np_sid_authenticated = NP_SID_1(NP_SID_AUTHORITY_NT, 11);
const struct np_sid np_sid_system = NP_SID_1(NP_SID_AUTHORITY_NT, 18);
const struct np_sid np_sid_local_service = NP_SID_1(NP_SID_AUTHORITY_NT, 19);
const struct np_sid np_sid_network_service = NP_SID_1(NP_SID_AUTHORITY_NT, 20);
const struct np_sid np_sid_administrators = NP_SID_2(NP_SID_AUTHORITY_NT, 32, 544);

/* Authorities from here on are written in hexadecimal ([MS-DTYP] 2.4.2.1). */
#define AUTHORITY_HEX_FROM UINT64_C(0x100000000)

/**
 * np_sid_decode() - read an identifier
 * @bytes:	where it begins; of any alignment
 * @room:	bytes that may be read there
 * @sidp:	the identifier
 *
 * Return: false for another revision, too many sub-authorities, or one that does not end
 * within @room; nothing beyond @room is read.
 */
bool np_sid_decode(const void *bytes, size_t room, struct np_sid *sidp)
{
	const uint8_t *b = bytes;
	struct np_sid sid = {.authority = 0};
	uint32_t i;

	if (room < NP_SID_FIXED_LEN || b[0] != NP_SID_REVISION || b[1] > NP_SID_SUBS_MAX)
		return false;
	sid.n_subs = b[1];
	if (room < np_sid_len(&sid))
		return false;
	for (i = 0; i < 6; i++)
		sid.authority = sid.authority << 8 | b[2 + i];
	for (i = 0; i < sid.n_subs; i++)
		sid.subs[i] = np_sec_get32(b + NP_SID_FIXED_LEN + 4 * (size_t)i);
	*sidp = sid;
	return true;
}

/* np_sid_encode() - write np_sid_len() bytes. Return: how many that are */
size_t np_sid_encode(const struct np_sid *sid, void *bytes)
{
	uint8_t *b = bytes;
	uint32_t i;

	b[0] = NP_SID_REVISION;
	b[1] = (uint8_t)sid->n_subs;
	for (i = 0; i < 6; i++)
		b[2 + i] = (uint8_t)(sid->authority >> (40 - 8 * i));
	for (i = 0; i < sid->n_subs; i++)
		np_sec_put32(b + NP_SID_FIXED_LEN + 4 * (size_t)i, sid->subs[i]);
	return np_sid_len(sid);
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* A number without sign or blanks, decimal or 0x; moves *@textp behind it. */
static bool number_parse(const char **textp, uint64_t max, uint64_t *valuep)
{
	const char *text = *textp;
	uint64_t value = 0;
	unsigned base = 10;
	const char *start;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	for (start = text; digit_of(*text) < (int)base; text++) {
		unsigned digit = (unsigned)digit_of(*text);

		if (value > (max - digit) / base)
			return false;
		value = value * base + digit;
	}
	if (text == start)
		return false;
	*textp = text;
	*valuep = value;
	return true;
}

/**
 * np_sid_parse() - read an identifier in the form S-1-authority-sub-sub
 * @text:	the whole of it; S in either case, numbers decimal or 0x
 * @sidp:	the identifier
 *
 * Return: false for anything else.
 */
bool np_sid_parse(const char *text, struct np_sid *sidp)
{
	struct np_sid sid = {.authority = 0};
	uint64_t value;

	if ((text[0] != 'S' && text[0] != 's') || text[1] != '-' || text[2] != '1' ||
	    text[3] != '-')
		return false;
	text += 4;
	if (!number_parse(&text, NP_SID_AUTHORITY_MAX, &sid.authority))
		return false;
	while (*text == '-') {
		text++;
		if (sid.n_subs == NP_SID_SUBS_MAX ||
		    !number_parse(&text, UINT32_MAX, &value))
			return false;
		sid.subs[sid.n_subs++] = (uint32_t)value;
	}
	if (*text != '\0')
		return false;
	*sidp = sid;
	return true;
}

/**
 * np_sid_format() - write an identifier as text
 * @sid:	the identifier
 * @text:	at least NP_SID_TEXT_MAX bytes hold every one
 * @room:	bytes at @text
 *
 * Return: the length without the terminator; 0, with an empty text if there is room for
 * that, when @room is too small.
 */
size_t np_sid_format(const struct np_sid *sid, char *text, size_t room)
{
	char all[NP_SID_TEXT_MAX];
	size_t len;
	uint32_t i;

	len = (size_t)snprintf(all, sizeof(all),
			       sid->authority < AUTHORITY_HEX_FROM ? "S-1-%" PRIu64
								   : "S-1-0x%012" PRIx64,
			       sid->authority);
	for (i = 0; i < sid->n_subs; i++)
		len += (size_t)snprintf(all + len, sizeof(all) - len, "-%" PRIu32,
					sid->subs[i]);
	if (len >= room) {
		if (room > 0)
			text[0] = '\0';
		return 0;
	}
	memcpy(text, all, len + 1);
	return len;
}

/* Do @a and @b name the same identity? */
bool np_sid_is_equal(const struct np_sid *a, const struct np_sid *b)
{
	return a->authority == b->authority && a->n_subs == b->n_subs &&
	       memcmp(a->subs, b->subs, a->n_subs * sizeof(a->subs[0])) == 0;
}

/* The identity of a Unix user. */
struct np_sid np_sid_of_uid(uint32_t uid)
{
	return (struct np_sid)NP_SID_2(NP_SID_AUTHORITY_UNIX, NP_SID_UNIX_USER, uid);
}

/* The identity of a Unix group. */
struct np_sid np_sid_of_gid(uint32_t gid)
{
	return (struct np_sid)NP_SID_2(NP_SID_AUTHORITY_UNIX, NP_SID_UNIX_GROUP, gid);
}
