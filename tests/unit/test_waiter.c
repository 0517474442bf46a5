/* SPDX-License-Identifier: MIT */
/*
 * Waiters: deadlines in order, and exactly one end for each
 */
#include "npfs/core/waiter.h"

#include <check.h>
#include <stdlib.h>

#include "npfs/base/clock.h"

static struct np_waiter_queue queue;
static struct np_list pipe_waiters, done;

static void setup(void)
{
	queue = (struct np_waiter_queue)NP_WAITER_QUEUE_INIT;
	np_list_init(&pipe_waiters);
	np_list_init(&done);
}

static void teardown(void)
{
	np_waiter_queue_fini(&queue);
	np_waiter_queue_fini(&queue);
}

static void start(struct np_waiter *waiter, int64_t deadline)
{
	np_waiter_init(waiter);
	ck_assert_int_eq(np_waiter_start(waiter, &queue, &pipe_waiters, deadline), 0);
	ck_assert(np_waiter_is_waiting(waiter));
}

START_TEST(the_earliest_deadline_is_next_whatever_comes_and_goes)
{
	enum { N = 500 };
	struct np_waiter *waiters = calloc(N, sizeof(*waiters));
	unsigned seed = 4;
	int64_t last = 0;
	int i, left = N;

	ck_assert_ptr_nonnull(waiters);
	for (i = 0; i < N; i++)
		start(&waiters[i], 1 + rand_r(&seed) % 100);
	for (i = 0; i < N; i += 3) {
		np_waiter_cancel(&waiters[i]);
		left--;
	}
	while (queue.n_heap > 0) {
		struct np_waiter *due = np_waiter_queue_due(&queue, INT64_MAX - 1);

		ck_assert_ptr_nonnull(due);
		ck_assert_int_eq(due->deadline_ns, np_waiter_queue_next(&queue));
		ck_assert_int_ge(due->deadline_ns, last);
		last = due->deadline_ns;
		np_waiter_cancel(due);
		left--;
	}
	ck_assert_int_eq(left, 0);
	ck_assert_uint_eq(queue.n_waiters, 0);
	ck_assert(np_list_is_empty(&pipe_waiters));
	free(waiters);
}
END_TEST

START_TEST(nobody_is_due_before_the_time)
{
	struct np_waiter waiter;

	start(&waiter, 1000);
	ck_assert_ptr_null(np_waiter_queue_due(&queue, 999));
	ck_assert_ptr_eq(np_waiter_queue_due(&queue, 1000), &waiter);
	np_waiter_cancel(&waiter);
	ck_assert_ptr_null(np_waiter_queue_due(&queue, 1000));
}
END_TEST

START_TEST(who_waits_for_ever_has_no_deadline)
{
	struct np_waiter waiter;

	start(&waiter, NP_DEADLINE_NEVER);
	ck_assert_int_eq(np_waiter_queue_next(&queue), NP_DEADLINE_NEVER);
	ck_assert_ptr_null(np_waiter_queue_due(&queue, INT64_MAX));
	ck_assert_uint_eq(queue.n_waiters, 1);
	np_waiter_cancel(&waiter);
	ck_assert_uint_eq(queue.n_waiters, 0);
}
END_TEST

START_TEST(finishing_defers_one_record_with_the_status)
{
	struct np_waiter waiter;
	struct np_done *record;

	start(&waiter, 5);
	np_waiter_finish(&waiter, &done, STATUS_IO_TIMEOUT);
	ck_assert(!np_waiter_is_waiting(&waiter));
	record = np_done_pop(&done);
	ck_assert_ptr_eq(record, &waiter.done);
	ck_assert_int_eq(record->kind, NP_DONE_WAITER);
	ck_assert_uint_eq(record->status, STATUS_IO_TIMEOUT);
	ck_assert_ptr_null(np_done_pop(&done));
	/* and it can wait again */
	ck_assert_int_eq(np_waiter_start(&waiter, &queue, &pipe_waiters, 9), 0);
	np_waiter_cancel(&waiter);
}
END_TEST

START_TEST(cancelling_withdraws_an_answer_that_was_not_taken)
{
	struct np_waiter waiter;

	start(&waiter, 5);
	np_waiter_finish(&waiter, &done, STATUS_SUCCESS);
	np_waiter_cancel(&waiter);
	ck_assert_ptr_null(np_done_pop(&done));
	np_waiter_cancel(&waiter);
}
END_TEST

START_TEST(records_come_in_the_order_they_were_deferred)
{
	struct np_waiter waiters[3];
	int i;

	for (i = 0; i < 3; i++)
		start(&waiters[i], 10 - i);
	for (i = 0; i < 3; i++)
		np_waiter_finish(&waiters[i], &done, STATUS_SUCCESS);
	for (i = 0; i < 3; i++)
		ck_assert_ptr_eq(np_done_pop(&done), &waiters[i].done);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("waiter");
	TCase *tc = tcase_create("waiters");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_earliest_deadline_is_next_whatever_comes_and_goes);
	tcase_add_test(tc, nobody_is_due_before_the_time);
	tcase_add_test(tc, who_waits_for_ever_has_no_deadline);
	tcase_add_test(tc, finishing_defers_one_record_with_the_status);
	tcase_add_test(tc, cancelling_withdraws_an_answer_that_was_not_taken);
	tcase_add_test(tc, records_come_in_the_order_they_were_deferred);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
