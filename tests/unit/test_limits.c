/* SPDX-License-Identifier: MIT */
/*
 * Budgets: how they are set, what fits into one, how long a user is known
 */
#include "npfs/broker/limits.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
#define LIMIT_NAME(NAME, name, value) [NP_LIMIT_##NAME] = (name),
	NP_LIMIT_LIST(LIMIT_NAME)
#undef LIMIT_NAME
};

START_TEST(a_setting_changes_its_limit_and_no_other)
{
	struct np_limit_values plain, values;
	char setting[64];
	unsigned i;

	np_limit_values_init(&plain);
	np_limit_values_init(&values);
	snprintf(setting, sizeof(setting), "%s=%u", names[_i], 17u + (unsigned)_i);
	ck_assert(np_limit_values_set(&values, setting));
	for (i = 0; i < NP_LIMIT_COUNT; i++)
		ck_assert_uint_eq(values.max[i], i == (unsigned)_i ? 17u + i : plain.max[i]);
}
END_TEST

START_TEST(what_is_no_setting_changes_nothing)
{
	static const char *const wrong[] = {
		"",
		"pipes",
		"pipes=",
		"pipes= 1",
		"pipes=-1",
		"pipes=+1",
		"pipes=1x",
		"pipes=0x10",
		"pipes=18446744073709551616",
		"=1",
		"pipe=1",
		"pipess=1",
		"Pipes=1",
		" pipes=1",
		"pipes =1",
	};
	struct np_limit_values plain, values;
	unsigned i;

	np_limit_values_init(&plain);
	np_limit_values_init(&values);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_msg(!np_limit_values_set(&values, wrong[i]), "%s", wrong[i]);
		ck_assert_mem_eq(&values, &plain, sizeof(values));
	}
	ck_assert(np_limit_values_set(&values, "pipes=18446744073709551615"));
	ck_assert_uint_eq(values.max[NP_LIMIT_PIPES], UINT64_MAX);
	ck_assert(np_limit_values_set(&values, "pipes=0"));
	ck_assert_uint_eq(values.max[NP_LIMIT_PIPES], 0);
}
END_TEST

START_TEST(a_budget_is_used_to_its_last)
{
	struct np_limit_values values;
	struct np_limits limits;
	struct np_user *user = NULL;

	np_limit_values_init(&values);
	ck_assert(np_limit_values_set(&values, "waiters=5"));
	np_limits_init(&limits, &values);
	ck_assert_int_eq(np_user_get(&limits, 7, &user), 0);
	ck_assert(np_user_can_charge(&limits, user, NP_LIMIT_WAITERS, 5));
	ck_assert(!np_user_can_charge(&limits, user, NP_LIMIT_WAITERS, 6));
	ck_assert(!np_user_can_charge(&limits, user, NP_LIMIT_WAITERS, UINT64_MAX));
	np_user_charge(user, NP_LIMIT_WAITERS, 3);
	ck_assert(np_user_can_charge(&limits, user, NP_LIMIT_WAITERS, 2));
	ck_assert(!np_user_can_charge(&limits, user, NP_LIMIT_WAITERS, 3));
	/* the sum would be small again */
	ck_assert(!np_user_can_charge(&limits, user, NP_LIMIT_WAITERS, UINT64_MAX - 2));
	ck_assert(np_user_can_charge(&limits, user, NP_LIMIT_PIPES, 3));
	/* a limit that was lowered: who is over it keeps what there is and gets no more */
	limits.values.max[NP_LIMIT_WAITERS] = 2;
	ck_assert(!np_user_can_charge(&limits, user, NP_LIMIT_WAITERS, 0));
	np_user_refund(user, NP_LIMIT_WAITERS, 2);
	ck_assert(np_user_can_charge(&limits, user, NP_LIMIT_WAITERS, 1));
	np_user_refund(user, NP_LIMIT_WAITERS, 1);
	np_user_put(&limits, user);
	np_limits_fini(&limits);
}
END_TEST

START_TEST(a_user_is_known_as_long_as_anything_is_charged)
{
	struct np_limit_values values;
	struct np_limits limits;
	struct np_user *user = NULL, *again = NULL, *other = NULL;

	np_limit_values_init(&values);
	np_limits_init(&limits, &values);
	ck_assert_int_eq(np_user_get(&limits, 0, &user), 0);
	ck_assert_int_eq(np_user_get(&limits, UINT32_MAX, &other), 0);
	ck_assert_ptr_ne(user, other);
	ck_assert_uint_eq(other->uid, UINT32_MAX);
	np_user_charge(user, NP_LIMIT_COUNT - 1, 1);
	np_user_put(&limits, user);
	ck_assert_int_eq(np_user_get(&limits, 0, &again), 0);
	ck_assert_ptr_eq(user, again);
	ck_assert_uint_eq(np_map_len(&limits.users), 2);
	np_user_refund(user, NP_LIMIT_COUNT - 1, 1);
	np_user_put(&limits, user);
	ck_assert_uint_eq(np_map_len(&limits.users), 1);
	np_user_put(&limits, other);
	ck_assert_uint_eq(np_map_len(&limits.users), 0);
	np_limits_fini(&limits);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limits");
	TCase *tcase = tcase_create("limits");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, a_setting_changes_its_limit_and_no_other, 0,
			    NP_LIMIT_COUNT);
	tcase_add_test(tcase, what_is_no_setting_changes_nothing);
	tcase_add_test(tcase, a_budget_is_used_to_its_last);
	tcase_add_test(tcase, a_user_is_known_as_long_as_anything_is_charged);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
