/* SPDX-License-Identifier: MIT */
/*
 * Time: conversions saturate, round to the safe side, and the clocks run forward.
 */
#include "npfs/base/clock.h"

#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>

START_TEST(the_monotonic_clock_never_runs_back)
{
	int64_t last = np_clock_now_ns();
	int i;

	for (i = 0; i < 1000; i++) {
		int64_t now = np_clock_now_ns();

		if (now < last)
			ck_abort_msg("ran back by %lld ns", (long long)(last - now));
		last = now;
	}
	ck_assert_int_gt(last, 0);
}
END_TEST

START_TEST(nt_time_counts_from_1601)
{
	/* 1970-01-01 and 2000-01-01, as Windows writes them */
	ck_assert_int_eq(np_clock_nt_from_unix(0, 0), INT64_C(116444736000000000));
	ck_assert_int_eq(np_clock_nt_from_unix(946684800, 0),
			 INT64_C(125911584000000000));
	ck_assert_int_eq(np_clock_nt_from_unix(0, 199), INT64_C(116444736000000001));
	ck_assert_int_eq(np_clock_nt_from_unix(-NP_NT_EPOCH_SEC, 0), 0);
	ck_assert_int_eq(np_clock_nt_from_unix(-NP_NT_EPOCH_SEC - 1, 0), 0);
	ck_assert_int_eq(np_clock_nt_from_unix(INT64_MAX, 0), INT64_MAX);
}
END_TEST

START_TEST(nt_clock_agrees_with_the_wall_clock)
{
	int64_t before = np_clock_nt_from_unix(time(NULL) - 1, 0);
	int64_t now = np_clock_now_nt();
	int64_t after = np_clock_nt_from_unix(time(NULL) + 2, 0);

	ck_assert_int_ge(now, before);
	ck_assert_int_le(now, after);
}
END_TEST

START_TEST(milliseconds_become_deadlines)
{
	ck_assert_int_eq(np_deadline_after_ms(5, 0), 5);
	ck_assert_int_eq(np_deadline_after_ms(5, 1), 1000005);
	ck_assert_int_eq(np_deadline_after_ms(0, UINT32_MAX - 1),
			 INT64_C(4294967294000000));
	ck_assert_int_eq(np_deadline_after_ms(5, NP_MS_INFINITE), NP_DEADLINE_NEVER);
	ck_assert_int_eq(np_deadline_after_ms(INT64_MAX - 1, 1), NP_DEADLINE_NEVER);
	ck_assert_int_eq(np_deadline_after_ns(7, -1), 7);
}
END_TEST

START_TEST(relative_native_intervals_become_deadlines)
{
	ck_assert_int_eq(np_deadline_from_nt(1000, 0, -1), 1100);
	ck_assert_int_eq(np_deadline_from_nt(0, 0, -500000), 50 * NP_NS_PER_MS);
	ck_assert_int_eq(np_deadline_from_nt(1000, 0, INT64_MIN), NP_DEADLINE_NEVER);
	ck_assert_int_eq(np_deadline_from_nt(1000, 0, INT64_MIN + 1), NP_DEADLINE_NEVER);
	ck_assert_int_eq(np_deadline_from_nt(1000, 0, -(INT64_MAX / 100)),
			 NP_DEADLINE_NEVER);
	ck_assert_int_eq(np_deadline_from_nt(0, 0, -(INT64_MAX / 100)),
			 INT64_MAX / 100 * 100);
}
END_TEST

START_TEST(absolute_native_times_become_deadlines)
{
	ck_assert_int_eq(np_deadline_from_nt(1000, 50, 0), 1000);
	ck_assert_int_eq(np_deadline_from_nt(1000, 50, 50), 1000);
	ck_assert_int_eq(np_deadline_from_nt(1000, 50, 51), 1100);
	ck_assert_int_eq(np_deadline_from_nt(1000, 50, INT64_MAX), NP_DEADLINE_NEVER);
}
END_TEST

START_TEST(poll_timeouts_round_up)
{
	ck_assert_int_eq(np_deadline_poll_ms(0, NP_DEADLINE_NEVER), -1);
	ck_assert_int_eq(np_deadline_poll_ms(10, 10), 0);
	ck_assert_int_eq(np_deadline_poll_ms(10, 9), 0);
	ck_assert_int_eq(np_deadline_poll_ms(10, 11), 1);
	ck_assert_int_eq(np_deadline_poll_ms(0, NP_NS_PER_MS), 1);
	ck_assert_int_eq(np_deadline_poll_ms(0, NP_NS_PER_MS + 1), 2);
	ck_assert_int_eq(np_deadline_poll_ms(0, INT64_MAX - 1), INT_MAX);
	ck_assert_int_eq(np_deadline_poll_ms(INT64_MIN, 1), INT_MAX);
}
END_TEST

START_TEST(never_has_never_passed)
{
	ck_assert(!np_deadline_has_passed(INT64_MAX, NP_DEADLINE_NEVER));
	ck_assert(np_deadline_has_passed(10, 10));
	ck_assert(np_deadline_has_passed(10, 0));
	ck_assert(!np_deadline_has_passed(10, 11));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("clock");
	TCase *tc = tcase_create("clock");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tc, the_monotonic_clock_never_runs_back);
	tcase_add_test(tc, nt_time_counts_from_1601);
	tcase_add_test(tc, nt_clock_agrees_with_the_wall_clock);
	tcase_add_test(tc, milliseconds_become_deadlines);
	tcase_add_test(tc, relative_native_intervals_become_deadlines);
	tcase_add_test(tc, absolute_native_times_become_deadlines);
	tcase_add_test(tc, poll_timeouts_round_up);
	tcase_add_test(tc, never_has_never_passed);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
