/* SPDX-License-Identifier: MIT */
/*
 * The log of changes: numbers without gaps, the last ones only, and nobody is told that
 * nothing was missed when something was
 */
#include "npfs/core/changes.h"

#include <check.h>
#include <stdlib.h>

static struct np_changes changes;

static void setup(void)
{
	np_changes_init(&changes, 1000);
}

static void teardown(void)
{
	np_changes_fini(&changes);
}

static void add(enum np_change_action action, uint16_t unit)
{
	const uint16_t name[] = {unit, 'x'};

	np_changes_add(&changes, action, name, 2);
}

START_TEST(nothing_is_recorded_for_nobody)
{
	add(NP_CHANGE_ADDED, 'a');
	ck_assert_uint_eq(changes.next, 1000);
}
END_TEST

START_TEST(changes_have_consecutive_numbers)
{
	np_changes_subscribe(&changes);
	add(NP_CHANGE_ADDED, 'a');
	add(NP_CHANGE_REMOVED, 'b');
	ck_assert_uint_eq(changes.first, 1000);
	ck_assert_uint_eq(changes.next, 1002);
	ck_assert_int_eq(np_changes_get(&changes, 1000)->action, NP_CHANGE_ADDED);
	ck_assert_uint_eq(np_changes_get(&changes, 1000)->name[0], 'a');
	ck_assert_int_eq(np_changes_get(&changes, 1001)->action, NP_CHANGE_REMOVED);
	ck_assert_uint_eq(np_changes_get(&changes, 1001)->name_len, 2);
	ck_assert(!np_changes_is_stale(&changes, 1000));
	ck_assert(!np_changes_is_stale(&changes, 1002));
	ck_assert(np_changes_is_stale(&changes, 1003));
}
END_TEST

START_TEST(names_that_are_not_told_do_not_change)
{
	np_changes_subscribe(&changes);
	add(NP_CHANGE_ADDED, 0);
	np_changes_add(&changes, NP_CHANGE_ADDED, NULL, 0);
	ck_assert_uint_eq(changes.next, 1000);
}
END_TEST

START_TEST(the_oldest_make_room)
{
	np_changes_subscribe(&changes);
	for (unsigned i = 0; i < NP_CHANGES_MAX + 10; i++)
		add(NP_CHANGE_ADDED, (uint16_t)(i + 1));
	ck_assert_uint_eq(changes.first, 1010);
	ck_assert_uint_eq(changes.next, 1000 + NP_CHANGES_MAX + 10);
	ck_assert(np_changes_is_stale(&changes, 1009));
	ck_assert_uint_eq(np_changes_get(&changes, 1010)->name[0], 11);
}
END_TEST

START_TEST(a_pause_without_subscribers_makes_cursors_stale)
{
	uint64_t cursor;

	np_changes_subscribe(&changes);
	np_changes_subscribe(&changes);
	add(NP_CHANGE_ADDED, 'a');
	cursor = changes.next;
	np_changes_unsubscribe(&changes);
	ck_assert(!np_changes_is_stale(&changes, cursor));
	np_changes_unsubscribe(&changes);
	ck_assert(np_changes_is_stale(&changes, cursor));
	np_changes_subscribe(&changes);
	ck_assert(np_changes_is_stale(&changes, cursor));
	ck_assert(!np_changes_is_stale(&changes, changes.next));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("changes");
	TCase *tcase = tcase_create("changes");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, nothing_is_recorded_for_nobody);
	tcase_add_test(tcase, changes_have_consecutive_numbers);
	tcase_add_test(tcase, names_that_are_not_told_do_not_change);
	tcase_add_test(tcase, the_oldest_make_room);
	tcase_add_test(tcase, a_pause_without_subscribers_makes_cursors_stale);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
