/* SPDX-License-Identifier: MIT */
/*
 * Upper-casing of units: what maps, what must not, and comparison built on it.
 */
#include "npfs/base/upcase.h"

#include <check.h>
#include <stdlib.h>

#include "npfs/base/macro.h"

START_TEST(ascii_maps_letters_and_nothing_else)
{
	unsigned c;

	for (c = 0; c < 0x80; c++)
		ck_assert_uint_eq(np_upcase16((uint16_t)c),
				  c >= 'a' && c <= 'z' ? c - 32 : c);
}
END_TEST

START_TEST(known_letters_map_one_to_one)
{
	static const uint16_t rows[][2] = {
		{0x00e9, 0x00c9}, /* e acute */
		{0x00ff, 0x0178}, /* y diaeresis, out of its block */
		{0x0101, 0x0100}, /* a macron */
		{0x01dd, 0x018e}, /* turned e */
		{0x01c6, 0x01c4}, /* digraph dz caron */
		{0x03b1, 0x0391}, /* alpha */
		{0x03c2, 0x03a3}, /* final sigma */
		{0x03c3, 0x03a3}, /* sigma */
		{0x0451, 0x0401}, /* io */
		{0x1f80, 0x1f88}, /* alpha with two marks: simple, not full mapping */
		{0x2170, 0x2160}, /* small roman one */
		{0x24d0, 0x24b6}, /* circled a */
		{0xff41, 0xff21}, /* full-width a */
	};
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(rows); i++)
		ck_assert_uint_eq(np_upcase16(rows[i][0]), rows[i][1]);
}
END_TEST

START_TEST(letters_without_a_pair_stay)
{
	static const uint16_t rows[] = {
		0x00df, /* sharp s */
		0x0131, /* dotless i must not become I */
		0x017f, /* long s must not become S */
		0x00b5, /* micro sign */
		0x0130, /* capital i with dot */
		0x0149, /* n with apostrophe: two units in full mapping */
		0x01c5, /* title-case digraph */
		0x212a, /* kelvin sign */
		0xd801, /* surrogates */
		0xdc28, 0xffff,
	};
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(rows); i++)
		ck_assert_uint_eq(np_upcase16(rows[i]), rows[i]);
}
END_TEST

START_TEST(mapping_twice_is_mapping_once)
{
	unsigned c, n_mapped = 0;

	for (c = 0; c < 0x10000; c++) {
		uint16_t upper = np_upcase16((uint16_t)c);

		if (np_upcase16(upper) != upper)
			ck_abort_msg("%04X maps to %04X, which maps on", c, upper);
		if (c >= 0x80 && upper < 0x80)
			ck_abort_msg("%04X collides with ASCII", c);
		n_mapped += upper != c;
	}
	ck_assert_uint_gt(n_mapped, 900);
}
END_TEST

START_TEST(comparison_does_not_count_case)
{
	static const uint16_t a[] = {'F', 'o', 0xe9, 0};
	static const uint16_t b[] = {'f', 'O', 0xc9, 0};
	static const uint16_t c[] = {'f', 'o', 'o', 0};

	ck_assert(np_upcase_equal(a, 4, b, 4));
	ck_assert(!np_upcase_equal(a, 4, b, 3));
	ck_assert(!np_upcase_equal(a, 3, c, 3));
	ck_assert(np_upcase_equal(NULL, 0, NULL, 0));
	ck_assert_uint_eq(np_upcase_hash(a, 4), np_upcase_hash(b, 4));
	ck_assert_uint_ne(np_upcase_hash(a, 3), np_upcase_hash(c, 3));
	ck_assert_uint_ne(np_upcase_hash(a, 4), np_upcase_hash(a, 3));
}
END_TEST

START_TEST(ordering_puts_a_prefix_first)
{
	static const uint16_t ab[] = {'A', 'b'};
	static const uint16_t abc[] = {'a', 'B', 'c'};
	static const uint16_t b[] = {'B'};

	ck_assert_int_lt(np_upcase_compare(ab, 2, abc, 3), 0);
	ck_assert_int_gt(np_upcase_compare(abc, 3, ab, 2), 0);
	ck_assert_int_eq(np_upcase_compare(ab, 2, abc, 2), 0);
	ck_assert_int_lt(np_upcase_compare(abc, 3, b, 1), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("upcase");
	TCase *tc = tcase_create("upcase");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tc, ascii_maps_letters_and_nothing_else);
	tcase_add_test(tc, known_letters_map_one_to_one);
	tcase_add_test(tc, letters_without_a_pair_stay);
	tcase_add_test(tc, mapping_twice_is_mapping_once);
	tcase_add_test(tc, comparison_does_not_count_case);
	tcase_add_test(tc, ordering_puts_a_prefix_first);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
