/* SPDX-License-Identifier: MIT */
/*
 * Identifiers and tokens: bytes, text, equality, and who is in a token.
 */
#include "npfs/sec/sid.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/sec/token.h"

static struct np_sid sid(const char *text)
{
	struct np_sid sid;

	ck_assert_msg(np_sid_parse(text, &sid), "%s", text);
	return sid;
}

START_TEST(text_is_read_and_written_back)
{
	static const struct {
		const char *text;
		const char *written;
	} rows[] = {
		{"S-1-1-0", "S-1-1-0"},
		{"s-1-5-18", "S-1-5-18"},
		{"S-1-5-32-544", "S-1-5-32-544"},
		{"S-1-22-1-4294967295", "S-1-22-1-4294967295"},
		{"S-1-0x16-0x2-0x64", "S-1-22-2-100"},
		{"S-1-4294967295-1", "S-1-4294967295-1"},
		{"S-1-4294967296-1", "S-1-0x000100000000-1"},
		{"S-1-0xffffffffffff", "S-1-0xffffffffffff"},
		{"S-1-5", "S-1-5"},
		{"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15",
		 "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15"},
	};
	char text[NP_SID_TEXT_MAX];
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(rows); i++) {
		struct np_sid s = sid(rows[i].text);

		ck_assert_uint_eq(np_sid_format(&s, text, sizeof(text)),
				  strlen(rows[i].written));
		ck_assert_str_eq(text, rows[i].written);
	}
}
END_TEST

START_TEST(text_that_is_no_identifier_is_refused)
{
	static const char *const texts[] = {
		"",
		"S",
		"S-",
		"S-1",
		"S-1-",
		"S-2-1-0",
		"T-1-1-0",
		"S-1-1-",
		"S-1-1-0-",
		"S-1-1--0",
		"S-1-1-0 ",
		" S-1-1-0",
		"S-1-1-+0",
		"S-1-1-0x",
		"S-1-0x-1",
		"S-1-1-4294967296",
		"S-1-1-18446744073709551616",
		"S-1-0x1000000000000-1",
		"S-1-281474976710656-1",
		"S-1-1-1g",
		"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16",
	};
	const struct np_sid before = np_sid_everyone;
	struct np_sid s = before;
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(texts); i++) {
		ck_assert_msg(!np_sid_parse(texts[i], &s), "'%s'", texts[i]);
		ck_assert(np_sid_is_equal(&s, &before));
	}
}
END_TEST

START_TEST(the_longest_text_has_room_and_one_byte_less_has_not)
{
	struct np_sid s = {.authority = NP_SID_AUTHORITY_MAX, .n_subs = NP_SID_SUBS_MAX};
	char text[NP_SID_TEXT_MAX];
	size_t len;

	memset(s.subs, 0xff, sizeof(s.subs));
	len = np_sid_format(&s, text, sizeof(text));
	ck_assert_uint_eq(len, 18 + 15 * 11);
	ck_assert_uint_eq(np_sid_format(&s, text, len + 1), len);
	ck_assert_uint_eq(np_sid_format(&s, text, len), 0);
	ck_assert_str_eq(text, "");
	ck_assert_uint_eq(np_sid_format(&s, text, 0), 0);
}
END_TEST

START_TEST(bytes_are_those_of_the_format)
{
	static const uint8_t administrators[] = {1,    2, 0, 0, 0,    0,    0, 5,
						 0x20, 0, 0, 0, 0x20, 0x02, 0, 0};
	uint8_t bytes[NP_SID_LEN_MAX];
	struct np_sid s;

	ck_assert_uint_eq(np_sid_encode(&np_sid_administrators, bytes), 16);
	ck_assert_mem_eq(bytes, administrators, 16);
	ck_assert(np_sid_decode(administrators, sizeof(administrators), &s));
	ck_assert(np_sid_is_equal(&s, &np_sid_administrators));
}
END_TEST

/* Each length in memory of its own, so that a sanitizer sees a byte read too many. */
START_TEST(bytes_that_are_cut_or_wrong_are_refused)
{
	uint8_t bytes[NP_SID_LEN_MAX + 4];
	struct np_sid s = {.authority = 5, .n_subs = NP_SID_SUBS_MAX};
	struct np_sid out = np_sid_everyone;
	size_t len;

	memset(bytes, 0, sizeof(bytes));
	np_sid_encode(&s, bytes);
	for (len = 0; len <= NP_SID_LEN_MAX; len++) {
		uint8_t *exact = malloc(len + (len == 0));

		ck_assert_ptr_nonnull(exact);
		memcpy(exact, bytes, len);
		ck_assert(np_sid_decode(exact, len, &out) == (len == NP_SID_LEN_MAX));
		free(exact);
	}
	bytes[1] = NP_SID_SUBS_MAX + 1;
	ck_assert(!np_sid_decode(bytes, sizeof(bytes), &out));
	bytes[1] = NP_SID_SUBS_MAX;
	bytes[0] = 0;
	ck_assert(!np_sid_decode(bytes, sizeof(bytes), &out));
	bytes[0] = 2;
	ck_assert(!np_sid_decode(bytes, sizeof(bytes), &out));
	bytes[0] = NP_SID_REVISION;
	bytes[1] = 0;
	ck_assert(np_sid_decode(bytes, NP_SID_FIXED_LEN, &out));
	ck_assert_uint_eq(out.n_subs, 0);
}
END_TEST

START_TEST(equal_means_every_part)
{
	struct np_sid a = sid("S-1-5-32-544"), b = a;

	ck_assert(np_sid_is_equal(&a, &b));
	b = sid("S-1-5-32-545");
	ck_assert(!np_sid_is_equal(&a, &b));
	b = sid("S-1-5-32");
	ck_assert(!np_sid_is_equal(&a, &b));
	b = sid("S-1-6-32-544");
	ck_assert(!np_sid_is_equal(&a, &b));
	b = sid("S-1-5-32-544-0");
	ck_assert(!np_sid_is_equal(&a, &b));
}
END_TEST

START_TEST(users_and_groups_have_their_own_places)
{
	struct np_sid user = np_sid_of_uid(1000), group = np_sid_of_gid(1000);
	struct np_sid s = sid("S-1-22-1-1000");

	ck_assert(np_sid_is_equal(&user, &s));
	s = sid("S-1-22-2-1000");
	ck_assert(np_sid_is_equal(&group, &s));
	ck_assert(!np_sid_is_equal(&user, &group));
}
END_TEST

START_TEST(a_token_has_what_its_table_says)
{
	static const struct {
		const char *sid;
		bool user, root, remote, administrator;
	} rows[] = {
		{"S-1-22-1-1000", true, false, true, true},
		{"S-1-22-1-1001", false, false, false, false},
		{"S-1-22-1-0", false, true, false, false},
		{"S-1-22-1-100", false, false, false, false},
		{"S-1-22-2-100", true, false, true, true},
		{"S-1-22-2-0", false, true, false, false},
		{"S-1-22-2-27", true, false, true, true},
		{"S-1-22-2-4", true, false, true, true},
		{"S-1-22-2-5000", true, false, true, true},
		{"S-1-22-2-28", false, false, false, false},
		{"S-1-22-2-1000", false, false, false, false},
		{"S-1-22-3-1000", false, false, false, false},
		{"S-1-22-1", false, false, false, false},
		{"S-1-22-1-1000-0", false, false, false, false},
		{"S-1-1-0", true, true, true, true},
		{"S-1-5-11", true, true, true, true},
		{"S-1-5-4", true, true, false, true},
		{"S-1-5-2", false, false, true, false},
		{"S-1-5-7", false, false, false, false},
		{"S-1-5-18", false, true, false, false},
		{"S-1-5-32-544", false, true, false, true},
		{"S-1-5-32-545", false, false, false, false},
		{"S-1-3-0", false, false, false, false},
		{"S-1-3-4", false, false, false, false},
	};
	uint32_t gids[] = {5000, 4, 27};
	struct np_sec_token user, root, remote, administrator;
	size_t i;

	np_sec_token_init(&user, 1000, 100, gids, 3, NP_SEC_NO_GID, false);
	np_sec_token_init(&root, 0, 0, NULL, 0, NP_SEC_NO_GID, false);
	np_sec_token_init(&remote, 1000, 100, gids, 3, NP_SEC_NO_GID, true);
	np_sec_token_init(&administrator, 1000, 100, gids, 3, 27, false);
	for (i = 0; i < NP_ARRAY_LEN(rows); i++) {
		const struct np_sid s = sid(rows[i].sid);

		ck_assert_msg(np_sec_token_has(&user, &s) == rows[i].user, "user %s",
			      rows[i].sid);
		ck_assert_msg(np_sec_token_has(&root, &s) == rows[i].root, "root %s",
			      rows[i].sid);
		ck_assert_msg(np_sec_token_has(&remote, &s) == rows[i].remote,
			      "remote %s", rows[i].sid);
		ck_assert_msg(np_sec_token_has(&administrator, &s) ==
				      rows[i].administrator,
			      "administrator %s", rows[i].sid);
	}
	ck_assert_uint_eq(user.privileges, 0);
	ck_assert_uint_eq(administrator.privileges, 0);
	ck_assert_uint_ne(root.privileges, 0);
}
END_TEST

START_TEST(owners_come_from_the_token_unless_it_may_restore)
{
	const struct np_sid self = np_sid_of_uid(1000), other = np_sid_of_uid(1001);
	const struct np_sid group = np_sid_of_gid(100);
	struct np_sec_token token;

	np_sec_token_init(&token, 1000, 100, NULL, 0, NP_SEC_NO_GID, false);
	ck_assert(np_sec_token_may_own(&token, &self));
	ck_assert(!np_sec_token_may_own(&token, &other));
	ck_assert(!np_sec_token_may_own(&token, &group));
	ck_assert(!np_sec_token_may_own(&token, &np_sid_everyone));
	ck_assert(!np_sec_token_may_own(&token, &np_sid_administrators));
	np_sec_token_init(&token, 1000, 100, NULL, 0, 100, false);
	ck_assert(np_sec_token_may_own(&token, &np_sid_administrators));
	ck_assert(!np_sec_token_may_own(&token, &other));
	np_sec_token_init(&token, 0, 0, NULL, 0, NP_SEC_NO_GID, false);
	ck_assert(np_sec_token_may_own(&token, &other));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sid");
	TCase *tcase = tcase_create("sid");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, text_is_read_and_written_back);
	tcase_add_test(tcase, text_that_is_no_identifier_is_refused);
	tcase_add_test(tcase, the_longest_text_has_room_and_one_byte_less_has_not);
	tcase_add_test(tcase, bytes_are_those_of_the_format);
	tcase_add_test(tcase, bytes_that_are_cut_or_wrong_are_refused);
	tcase_add_test(tcase, equal_means_every_part);
	tcase_add_test(tcase, users_and_groups_have_their_own_places);
	tcase_add_test(tcase, a_token_has_what_its_table_says);
	tcase_add_test(tcase, owners_come_from_the_token_unless_it_may_restore);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
