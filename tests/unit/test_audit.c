/* SPDX-License-Identifier: MIT */
/*
 * The record of refusals: the line, what is in quotes, and how many lines there are.
 */
#include "npfs/broker/audit.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "npfs/base/clock.h"
#include "npfs/base/log.h"
#include "tests/lib/name.h"

static unsigned n_lines;
static char last[2048];

static void sink(enum np_log_level level, const char *line, void *user)
{
	(void)level;
	(void)user;
	n_lines++;
	snprintf(last, sizeof(last), "%s", line);
}

static void setup(void)
{
	n_lines = 0;
	last[0] = '\0';
	np_log_set_level(NP_LOG_NOTICE);
	np_log_set_sink(sink, NULL);
}

static void teardown(void)
{
	np_log_use_stderr();
}

static void refuse(struct np_audit *audit, const struct test_name *name, int64_t now_ns)
{
	const struct np_audit_entry entry = {
		.verb = "open",
		.pid = (uint32_t)getpid(),
		.uid = 1001,
		.gid = 100,
		.name = name->units,
		.name_len = name->len,
		.asked = 0x12019f,
		.granted = 0x120089,
	};

	np_audit_refusal(audit, &entry, now_ns);
}

START_TEST(a_refusal_is_one_line_with_all_of_it)
{
	struct test_name name = test_name("spool\\x");
	struct np_audit audit = {0};
	char head[64];

	refuse(&audit, &name, NP_NS_PER_SEC);
	ck_assert_uint_eq(n_lines, 1);
	snprintf(head, sizeof(head),
		 "audit: open refused pid=%u uid=1001 gid=100 exe=\"/",
		 (unsigned)getpid());
	ck_assert_ptr_nonnull(strstr(last, head));
	ck_assert_ptr_nonnull(strstr(last, "test_audit\" pipe=\"spool\\x5cx\" "
					   "asked=0x0012019f granted=0x00120089"));
	ck_assert_ptr_null(strstr(last, "suppressed"));
}
END_TEST

START_TEST(a_name_cannot_look_like_the_line_or_end_it)
{
	struct test_name name = test_name("a\" uid=0\n\x7f?");
	struct np_audit audit = {0};

	name.units[name.len - 1] = 0xe4;
	refuse(&audit, &name, NP_NS_PER_SEC);
	ck_assert_ptr_nonnull(
		strstr(last, " pipe=\"a\\x22 uid=0\\x0a\\x7f\\xc3\\xa4\" asked="));
	ck_assert_ptr_null(strchr(last, '\n'));
}
END_TEST

START_TEST(a_long_name_is_cut)
{
	struct np_audit audit = {0};
	struct test_name name;
	char text[101];

	memset(text, '"', 100);
	text[100] = '\0';
	name = test_name(text);
	refuse(&audit, &name, NP_NS_PER_SEC);
	ck_assert_ptr_nonnull(strstr(last, "\\x22\" asked=0x0012019f granted="));
	ck_assert_uint_lt(strlen(last), 3 * NP_AUDIT_TEXT_MAX);
}
END_TEST

START_TEST(a_flood_is_thinned_and_counted)
{
	struct test_name name = test_name("p");
	struct np_audit audit = {0};
	int64_t now_ns = 5 * NP_NS_PER_SEC;
	unsigned i;

	for (i = 0; i < 100; i++)
		refuse(&audit, &name, now_ns);
	ck_assert_uint_eq(n_lines, NP_AUDIT_BURST);
	now_ns += NP_NS_PER_SEC / NP_AUDIT_PER_SEC - 1;
	refuse(&audit, &name, now_ns);
	ck_assert_uint_eq(n_lines, NP_AUDIT_BURST);
	refuse(&audit, &name, now_ns + 1);
	ck_assert_uint_eq(n_lines, NP_AUDIT_BURST + 1);
	ck_assert_ptr_nonnull(strstr(last, " granted=0x00120089 suppressed=81"));
	refuse(&audit, &name, now_ns + 1);
	ck_assert_uint_eq(n_lines, NP_AUDIT_BURST + 1);
	now_ns += 3600 * NP_NS_PER_SEC;
	for (i = 0; i < 100; i++)
		refuse(&audit, &name, now_ns);
	ck_assert_uint_eq(n_lines, 2 * NP_AUDIT_BURST + 1);
}
END_TEST

START_TEST(refused_connections_are_thinned_on_their_own_record)
{
	struct test_name name = test_name("p");
	struct np_audit connections = {0}, pipes = {0};
	int64_t now_ns = 5 * NP_NS_PER_SEC;
	unsigned i;

	np_audit_connection(&connections, "too many of this user", now_ns);
	ck_assert_str_eq(last, "connection refused: too many of this user");
	for (i = 1; i < 1000; i++)
		np_audit_connection(&connections, "too many of this user", now_ns);
	ck_assert_uint_eq(n_lines, NP_AUDIT_BURST);
	refuse(&pipes, &name, now_ns);
	ck_assert_uint_eq(n_lines, NP_AUDIT_BURST + 1);
	ck_assert_ptr_null(strstr(last, "suppressed"));
	np_audit_connection(&connections, "no room", now_ns + NP_NS_PER_SEC / NP_AUDIT_PER_SEC);
	ck_assert_str_eq(last, "connection refused: no room suppressed=980");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("audit");
	TCase *tcase = tcase_create("audit");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_refusal_is_one_line_with_all_of_it);
	tcase_add_test(tcase, a_name_cannot_look_like_the_line_or_end_it);
	tcase_add_test(tcase, a_long_name_is_cut);
	tcase_add_test(tcase, a_flood_is_thinned_and_counted);
	tcase_add_test(tcase, refused_connections_are_thinned_on_their_own_record);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
