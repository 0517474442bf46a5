/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 and UTF-16: exact lengths, replacement of what is broken, nothing beyond the
 * room.
 */
#include "npfs/base/utf16.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <npfs/text.h>

#include "npfs/base/macro.h"

#define GUARD 0xa5a5u

/* Converts and compares; then again with every smaller room, looking at the guard. */
static void check_to16(const char *src, size_t src_len, const uint16_t *want,
		       size_t want_len)
{
	uint16_t out[64];
	size_t cap, written, i;

	ck_assert_uint_le(want_len, 63);
	for (cap = 0; cap <= want_len; cap++) {
		for (i = 0; i < NP_ARRAY_LEN(out); i++)
			out[i] = GUARD;
		written = 99;
		ck_assert_uint_eq(np_utf16_from_utf8(src, src_len, out, cap, &written),
				  want_len);
		ck_assert_uint_le(written, cap);
		/* One unit may be left over where a pair does not fit. */
		ck_assert_uint_ge(written + 1, cap);
		ck_assert_mem_eq(out, want, written * sizeof(*out));
		ck_assert_uint_eq(out[written], GUARD);
	}
	ck_assert_uint_eq(written, want_len);
}

static void check_to8(const uint16_t *src, size_t src_len, const char *want,
		      size_t want_len)
{
	char out[64];
	size_t cap, written;

	ck_assert_uint_le(want_len, 63);
	for (cap = 0; cap <= want_len; cap++) {
		memset(out, 0x5a, sizeof(out));
		written = 99;
		ck_assert_uint_eq(np_utf16_to_utf8(src, src_len, out, cap, &written),
				  want_len);
		ck_assert_uint_le(written, cap);
		ck_assert_mem_eq(out, want, written);
		ck_assert_int_eq(out[written], 0x5a);
	}
	ck_assert_uint_eq(written, want_len);
}

START_TEST(valid_text_goes_both_ways)
{
	/* A, e acute, euro sign, a character beyond the basic plane, NUL */
	static const char utf8[] = "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
	static const uint16_t utf16[] = {'A', 0xe9, 0x20ac, 0xd83d, 0xde00, 0};

	check_to16(utf8, sizeof(utf8), utf16, NP_ARRAY_LEN(utf16));
	check_to8(utf16, NP_ARRAY_LEN(utf16), utf8, sizeof(utf8));
}
END_TEST

START_TEST(every_character_survives_the_round_trip)
{
	uint32_t c;

	for (c = 0; c < 0x110000; c++) {
		uint16_t units[2], back[2];
		char bytes[4];
		size_t n_units, n_bytes;

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		if (c < 0x10000) {
			units[0] = (uint16_t)c;
			n_units = 1;
		} else {
			units[0] = (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
			units[1] = (uint16_t)(0xdc00 + (c & 0x3ff));
			n_units = 2;
		}
		n_bytes = np_utf16_to_utf8(units, n_units, bytes, sizeof(bytes), NULL);
		/*
		 * Each assertion is a message to the runner; a million would take
		 * minutes.
		 */
		if (n_bytes != (c < 0x80      ? 1u
				: c < 0x800   ? 2u
				: c < 0x10000 ? 3u
					      : 4u) ||
		    np_utf16_from_utf8(bytes, n_bytes, back, 2, NULL) != n_units ||
		    memcmp(back, units, n_units * sizeof(*units)) != 0)
			ck_abort_msg("U+%04X came back different", c);
	}
}
END_TEST

START_TEST(empty_text_needs_nothing)
{
	size_t written = 99;

	ck_assert_uint_eq(np_utf16_from_utf8(NULL, 0, NULL, 0, &written), 0);
	ck_assert_uint_eq(written, 0);
	ck_assert_uint_eq(np_utf16_to_utf8(NULL, 0, NULL, 0, NULL), 0);
}
END_TEST

START_TEST(broken_utf8_is_replaced_part_by_part)
{
	static const struct {
		const char *bytes;
		uint16_t want[8];
	} rows[] = {
		{"\x80", {0xfffd}},                         /* stray continuation */
		{"\xc0\x80", {0xfffd, 0xfffd}},             /* overlong */
		{"\xc1\xbf", {0xfffd, 0xfffd}},             /* overlong */
		{"\xe0\x80\x80", {0xfffd, 0xfffd, 0xfffd}}, /* overlong */
		{"\xe0\x9f\xbf", {0xfffd, 0xfffd, 0xfffd}}, /* overlong */
		{"\xf0\x8f\xbf\xbf", {0xfffd, 0xfffd, 0xfffd, 0xfffd}}, /* overlong */
		{"\xed\xa0\x80", {0xfffd, 0xfffd, 0xfffd}},             /* surrogate */
		{"\xf4\x90\x80\x80", {0xfffd, 0xfffd, 0xfffd, 0xfffd}}, /* too large */
		{"\xf5\x80", {0xfffd, 0xfffd}},   /* never a beginning */
		{"\xff", {0xfffd}},               /* never a beginning */
		{"\xe2\x82", {0xfffd}},           /* cut short: one part */
		{"\xf0\x9f\x98", {0xfffd}},       /* cut short: one part */
		{"\xe2\x82x", {0xfffd, 'x'}},     /* resumes at once */
		{"\xc3\xc3\xa9", {0xfffd, 0xe9}}, /* resumes at a beginning */
	};
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(rows); i++)
		check_to16(rows[i].bytes, strlen(rows[i].bytes), rows[i].want,
			   np_utf16_len(rows[i].want));
}
END_TEST

START_TEST(unpaired_surrogates_are_replaced)
{
	static const uint16_t high_end[] = {'a', 0xd83d};
	static const uint16_t low_first[] = {0xde00, 0xd83d, 'b'};

	check_to8(high_end, 2, "a\xef\xbf\xbd", 4);
	check_to8(low_first, 3,
		  "\xef\xbf\xbd\xef\xbf\xbd"
		  "b",
		  7);
}
END_TEST

START_TEST(random_bytes_never_leave_the_room)
{
	unsigned state = 1;
	int round;

	for (round = 0; round < 20000; round++) {
		char *src = malloc(16);
		uint16_t *units;
		size_t i, len, cap, need, written;

		if (!src)
			ck_abort_msg("no memory");
		for (i = 0; i < 16; i++) {
			state = state * 1103515245u + 12345u;
			src[i] = (char)(state >> 16);
		}
		len = state >> 8 & 15;
		cap = state >> 12 & 15;
		/* Exact blocks, so that the address sanitizer sees every step outside. */
		src = realloc(src, len + 1);
		units = malloc(cap * sizeof(*units) + 1);
		if (!src || !units)
			ck_abort_msg("no memory");
		need = np_utf16_from_utf8(src, len, units, cap, &written);
		if (written > np_min_size(cap, need) || need > len)
			ck_abort_msg("%zu of %zu units in round %d", written, need,
				     round);
		free(units);
		free(src);
	}
}
END_TEST

START_TEST(copies_are_terminated)
{
	static const uint16_t units[] = {'x', 0xe9};
	uint16_t *wide;
	char *narrow;
	size_t len;

	narrow = np_utf16_dup_utf8(units, 2);
	ck_assert_str_eq(narrow, "x\xc3\xa9");
	wide = np_utf16_dup_from_utf8(narrow, strlen(narrow), &len);
	ck_assert_uint_eq(len, 2);
	ck_assert_mem_eq(wide, units, sizeof(units));
	ck_assert_uint_eq(wide[2], 0);
	free(wide);
	free(narrow);
}
END_TEST

START_TEST(the_public_functions_agree)
{
	static const uint16_t units[] = {'h', 'i', 0};
	uint16_t out[4];
	char bytes[4];

	ck_assert_uint_eq(npfs_utf8_to_utf16("hi", 2, out, 4), 2);
	ck_assert_mem_eq(out, units, 4);
	ck_assert_uint_eq(npfs_utf16_to_utf8(units, 2, bytes, 4), 2);
	ck_assert_mem_eq(bytes, "hi", 2);
	ck_assert_uint_eq(npfs_utf16_len(units), 2);
	ck_assert_uint_eq(npfs_utf16_len(NULL), 0);
	ck_assert_uint_eq(npfs_upcase16('h'), 'H');
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("utf16");
	TCase *tc = tcase_create("utf16");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tc, valid_text_goes_both_ways);
	tcase_add_test(tc, every_character_survives_the_round_trip);
	tcase_add_test(tc, empty_text_needs_nothing);
	tcase_add_test(tc, broken_utf8_is_replaced_part_by_part);
	tcase_add_test(tc, unpaired_surrogates_are_replaced);
	tcase_add_test(tc, random_bytes_never_leave_the_room);
	tcase_add_test(tc, copies_are_terminated);
	tcase_add_test(tc, the_public_functions_agree);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
