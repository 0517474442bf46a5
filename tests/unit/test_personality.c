/* SPDX-License-Identifier: MIT */
/*
 * The personality table: what the documents say of each system, and settings on top of
 * it.
 */
#include "npfs/core/personality.h"

#include <check.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE NP_RULE_NO_LIMIT

/*
 * The personality matrix of the documents, in the order book, modern, nt4, w95, lanman.
 */
static const struct {
	enum np_rule rule;
	int64_t values[5];
} matrix[] = {
	{NP_RULE_SUBDIRECTORY, {1, 1, 1, 1, 1}},
	{NP_RULE_SUBDIRECTORY_STATUS,
	 {0xC0000033, 0xC0000033, 0xC0000033, 0xC0000033, 0xC000003A}},
	{NP_RULE_MESSAGE_MAX, {65536, NONE, 65536, 65535, 65535}},
	{NP_RULE_MESSAGE_TOO_LONG_STATUS,
	 {0x80000005, 0x80000005, 0x80000005, 0x80000005, 0xC000000D}},
	{NP_RULE_OFFSET_MUST_BE_ZERO, {1, 0, 1, 1, 0}},
	{NP_RULE_WAIT_BAD_NAME_ERROR, {161, 161, 161, 253, 2}},
	{NP_RULE_WAIT_NO_PIPE_ERROR, {2, 2, 2, 2, 2}},
	{NP_RULE_OPEN_NO_PIPE_ERROR, {2, 2, 2, 2, 3}},
	{NP_RULE_SERVER_ERROR, {0, 0, 0, 120, 0}},
	{NP_RULE_REMOTE_PIPES_MAX, {49, NONE, 49, 49, NONE}},
	{NP_RULE_NULL_SESSION_LIST, {1, 1, 1, 0, 0}},
	{NP_RULE_SYSTEM_IS_ANONYMOUS, {1, 0, 1, 0, 0}},
	{NP_RULE_EMPTY_MESSAGE, {1, 1, 1, 1, 0}},
	{NP_RULE_LISTENS_AT_ONCE, {1, 1, 1, 1, 0}},
	{NP_RULE_EMPTY_READ_STATUS, {0x80000005, 0x80000005, 0, 0, 0}},
	{NP_RULE_OVERLAPPED_IO, {1, 1, 1, 0, 1}},
	{NP_RULE_NOWAIT_LISTEN_STATUS,
	 {0xC00000B3, 0xC00000B3, 0xC00000B3, 0xC00000B3, 0xC00000B0}},
	{NP_RULE_READ_CLOSED_STATUS, {0xC000014B, 0xC000014B, 0xC000014B, 0xC000014B, 0}},
	{NP_RULE_WRITE_CLOSED_STATUS,
	 {0xC00000B1, 0xC00000B1, 0xC00000B1, 0xC00000B1, 0xC000014B}},
	{NP_RULE_TYPE_MUST_MATCH, {0, 0, 1, 1, 1}},
	{NP_RULE_ANONYMOUS_NAME, {0, 0, 1, 1, 1}},
	{NP_RULE_NAME_HELD_BY_CLIENT, {0, 0, 1, 1, 1}},
	{NP_RULE_CLOSED_SERVER_COUNTS, {0, 0, 1, 1, 1}},
};

static const char *const names[] = {"book", "modern", "nt4", "w95", "lanman"};

START_TEST(there_are_five_and_book_is_the_default)
{
	unsigned i;

	for (i = 0; i < NP_ARRAY_LEN(names); i++) {
		const struct np_personality *p = np_personality_find(names[i]);

		ck_assert_ptr_nonnull(p);
		ck_assert_str_eq(p->name, names[i]);
		ck_assert_ptr_eq(p, np_personality_at(i));
	}
	ck_assert_ptr_null(np_personality_at(i));
	ck_assert_ptr_eq(np_personality_default(), np_personality_find("BOOK"));
	ck_assert_ptr_null(np_personality_find("os2"));
	ck_assert_ptr_null(np_personality_find(""));
	ck_assert_ptr_null(np_personality_find(NULL));
}
END_TEST

START_TEST(values_are_those_of_the_documents)
{
	size_t row, i;

	for (row = 0; row < NP_ARRAY_LEN(matrix); row++)
		for (i = 0; i < NP_ARRAY_LEN(names); i++) {
			const struct np_personality *p = np_personality_find(names[i]);
			int64_t value = np_rule_get(p, matrix[row].rule);

			ck_assert_msg(value == matrix[row].values[i], "%s of %s is %lld",
				      np_rule_info(matrix[row].rule)->name, names[i],
				      (long long)value);
		}
}
END_TEST

START_TEST(book_is_modern_but_for_the_articles)
{
	const struct np_personality *book = np_personality_find("book");
	const struct np_personality *modern = np_personality_find("modern");
	unsigned i;

	for (i = 0; i < NP_RULE_COUNT; i++) {
		enum np_rule rule = (enum np_rule)i;

		if (np_rule_get(book, rule) != np_rule_get(modern, rule))
			ck_assert_msg(np_rule_info(rule)->source[0] == 'Q',
				      "%s differs, and no article says so",
				      np_rule_info(rule)->name);
	}
}
END_TEST

START_TEST(every_rule_has_a_name_a_source_and_a_remedy)
{
	unsigned i;

	for (i = 0; i < NP_RULE_COUNT; i++) {
		const struct np_rule_info *info = np_rule_info((enum np_rule)i);

		ck_assert_int_eq(np_rule_find(info->name), i);
		ck_assert_uint_gt(strlen(info->source), 3);
		ck_assert_uint_gt(strlen(info->lift), 10);
		ck_assert_ptr_null(strchr(info->lift, '\n'));
		ck_assert(islower((unsigned char)info->name[0]));
	}
	ck_assert_int_eq(np_rule_find("no_such_rule"), NP_RULE_COUNT);
	ck_assert_int_eq(np_rule_find(""), NP_RULE_COUNT);
}
END_TEST

START_TEST(the_broker_hears_of_older_behaviour)
{
	uint32_t all = NP_RULES_SUBDIRECTORY | NP_RULES_TRAILING_SEPARATOR |
		       NP_RULES_DATALESS_LISTENS | NP_RULES_TYPE_MUST_MATCH |
		       NP_RULES_NAME_HELD_BY_CLIENT | NP_RULES_CLOSED_SERVER_COUNTS;
	struct np_personality p = *np_personality_find("modern");

	ck_assert_uint_eq(np_rules_pack(&p), NP_RULES_SUBDIRECTORY);
	ck_assert_uint_eq(np_rules_pack(np_personality_find("book")),
			  NP_RULES_SUBDIRECTORY);
	ck_assert_uint_eq(np_rules_pack(np_personality_find("nt4")), all);
	ck_assert_int_eq(np_personality_apply(&p, "subdirectory=0"), 0);
	ck_assert_uint_eq(np_rules_pack(&p), 0);
}
END_TEST

START_TEST(settings_change_single_rules_of_a_copy)
{
	struct np_personality p = *np_personality_default();

	ck_assert_int_eq(np_personality_apply(&p, NULL), 0);
	ck_assert_int_eq(np_personality_apply(&p, ""), 0);
	ck_assert_int_eq(np_personality_apply(&p, "message_max=none,remote_pipes_max=99,"
						  "write_closed_status=0xC000014B"),
			 0);
	ck_assert_int_eq(np_rule_get(&p, NP_RULE_MESSAGE_MAX), NONE);
	ck_assert_int_eq(np_rule_get(&p, NP_RULE_REMOTE_PIPES_MAX), 99);
	ck_assert_uint_eq(np_rule_status(&p, NP_RULE_WRITE_CLOSED_STATUS),
			  STATUS_PIPE_BROKEN);
	ck_assert_int_eq(np_rule_get(&p, NP_RULE_OFFSET_MUST_BE_ZERO), 1);
	ck_assert_int_eq(np_rule_get(np_personality_default(), NP_RULE_MESSAGE_MAX),
			 65536);
}
END_TEST

START_TEST(a_bad_setting_changes_nothing)
{
	static const struct {
		const char *settings;
		int error;
	} rows[] = {
		{"nonsense=1", -ENOENT},
		{"message_max", -EINVAL},
		{"message_max=", -EINVAL},
		{"=1", -ENOENT},
		{"message_max=12x", -EINVAL},
		{"message_max=-1", -EINVAL},
		{"message_max=99999999999999999999", -EINVAL},
		{"subdirectory=0,message_max=no", -EINVAL},
		{"subdirectory=0,,message_max=1", -EINVAL},
	};
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(rows); i++) {
		struct np_personality p = *np_personality_default();

		ck_assert_msg(np_personality_apply(&p, rows[i].settings) == rows[i].error,
			      "for \"%s\"", rows[i].settings);
		ck_assert_mem_eq(p.values, np_personality_default()->values,
				 sizeof(p.values));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("personality");
	TCase *tc = tcase_create("personality");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tc, there_are_five_and_book_is_the_default);
	tcase_add_test(tc, values_are_those_of_the_documents);
	tcase_add_test(tc, book_is_modern_but_for_the_articles);
	tcase_add_test(tc, every_rule_has_a_name_a_source_and_a_remedy);
	tcase_add_test(tc, the_broker_hears_of_older_behaviour);
	tcase_add_test(tc, settings_change_single_rules_of_a_copy);
	tcase_add_test(tc, a_bad_setting_changes_nothing);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
