/* SPDX-License-Identifier: MIT */
/*
 * The event loop: readiness, timers in order, and changes from inside callbacks.
 */
#include "npfs/base/loop.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "npfs/base/fd.h"

#define N_FDS 3

static struct np_loop loop;
static int fds[N_FDS];
static int n_called[N_FDS];
static char trace[64];
static size_t trace_len;

static void setup(void)
{
	int i;

	ck_assert_int_eq(np_loop_init(&loop), 0);
	for (i = 0; i < N_FDS; i++) {
		fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		ck_assert_int_ge(fds[i], 0);
		n_called[i] = 0;
	}
	memset(trace, 0, sizeof(trace));
	trace_len = 0;
}

static void teardown(void)
{
	int i;

	np_loop_fini(&loop);
	np_loop_fini(&loop);
	for (i = 0; i < N_FDS; i++)
		np_fd_close(fds[i]);
}

static void ring(int i)
{
	uint64_t one = 1;

	ck_assert_int_eq(write(fds[i], &one, sizeof(one)), sizeof(one));
}

static void unring(int fd)
{
	uint64_t count;

	ck_assert_int_eq(read(fd, &count, sizeof(count)), sizeof(count));
}

static void on_ready(struct np_loop *l, int fd, uint32_t events, void *user)
{
	ck_assert_ptr_eq(l, &loop);
	ck_assert(events & EPOLLIN);
	++*(int *)user;
	unring(fd);
}

START_TEST(a_ready_descriptor_is_called_with_its_user)
{
	ck_assert_int_eq(np_loop_add(&loop, fds[0], EPOLLIN, on_ready, &n_called[0]), 0);
	ck_assert_int_eq(np_loop_add(&loop, fds[1], EPOLLIN, on_ready, &n_called[1]), 0);
	ck_assert_int_eq(np_loop_run_once(&loop, 0), 0);
	ring(1);
	ck_assert_int_eq(np_loop_run_once(&loop, NP_DEADLINE_NEVER), 1);
	ck_assert_int_eq(n_called[0], 0);
	ck_assert_int_eq(n_called[1], 1);
	ck_assert_int_eq(np_loop_run_once(&loop, 0), 0);
}
END_TEST

START_TEST(misuse_is_an_error_and_changes_nothing)
{
	ck_assert_int_eq(np_loop_add(&loop, fds[0], EPOLLIN, on_ready, &n_called[0]), 0);
	ck_assert_int_eq(np_loop_add(&loop, fds[0], EPOLLIN, on_ready, &n_called[1]),
			 -EEXIST);
	ck_assert_int_eq(np_loop_add(&loop, -1, EPOLLIN, on_ready, NULL), -EBADF);
	ck_assert_int_eq(np_loop_add(&loop, 999, EPOLLIN, on_ready, NULL), -EBADF);
	ck_assert_int_eq(np_loop_mod(&loop, fds[1], EPOLLIN), -ENOENT);
	ck_assert_int_eq(np_loop_del(&loop, fds[1]), -ENOENT);
	ck_assert_int_eq(np_loop_del(&loop, 100000), -ENOENT);
	ring(0);
	ck_assert_int_eq(np_loop_run_once(&loop, 0), 1);
	ck_assert_int_eq(n_called[0], 1);
}
END_TEST

START_TEST(a_changed_mask_takes_effect)
{
	ck_assert_int_eq(np_loop_add(&loop, fds[0], 0, on_ready, &n_called[0]), 0);
	ring(0);
	ck_assert_int_eq(np_loop_run_once(&loop, 0), 0);
	ck_assert_int_eq(np_loop_mod(&loop, fds[0], EPOLLIN), 0);
	ck_assert_int_eq(np_loop_run_once(&loop, 0), 1);
}
END_TEST

/* Removes all descriptors, and closes and replaces one under the same number. */
static void on_ready_remove_all(struct np_loop *l, int fd, uint32_t events, void *user)
{
	int i;

	(void)fd;
	(void)events;
	++*(int *)user;
	for (i = 0; i < N_FDS; i++)
		ck_assert_int_eq(np_loop_del(l, fds[i]), 0);
	close(fds[2]);
	ck_assert_int_eq(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), fds[2]);
	ck_assert_int_eq(np_loop_add(l, fds[2], EPOLLIN, on_ready, &n_called[2]), 0);
}

START_TEST(a_removed_descriptor_is_not_called_even_if_ready)
{
	int i, n_removals = 0;

	for (i = 0; i < N_FDS; i++) {
		ck_assert_int_eq(np_loop_add(&loop, fds[i], EPOLLIN, on_ready_remove_all,
					     &n_removals),
				 0);
		ring(i);
	}
	/* All three are ready in one round; the first removes the others and itself. */
	ck_assert_int_eq(np_loop_run_once(&loop, 0), 1);
	ck_assert_int_eq(n_removals, 1);
	ck_assert_int_eq(np_loop_run_once(&loop, 0), 0);
	ring(2);
	ck_assert_int_eq(np_loop_run_once(&loop, 0), 1);
	ck_assert_int_eq(n_called[2], 1);
}
END_TEST

static void on_ready_quit(struct np_loop *l, int fd, uint32_t events, void *user)
{
	on_ready(l, fd, events, user);
	if (n_called[0] == 3)
		np_loop_quit(l);
	else
		ring(0);
}

START_TEST(the_loop_runs_until_it_is_told_to_quit)
{
	ck_assert_int_eq(np_loop_add(&loop, fds[0], EPOLLIN, on_ready_quit, &n_called[0]),
			 0);
	ring(0);
	ck_assert_int_eq(np_loop_run(&loop), 0);
	ck_assert_int_eq(n_called[0], 3);
	np_loop_quit(&loop);
	ck_assert_int_eq(np_loop_run(&loop), 0);
}
END_TEST

static void on_timer(struct np_loop *l, struct np_timer *timer, void *user)
{
	(void)l;
	ck_assert(!np_timer_is_armed(timer));
	trace[trace_len++] = *(const char *)user;
}

START_TEST(timers_fire_in_order_of_deadline_then_of_arming)
{
	static char letters[] = "abcdefg";
	static const int64_t deadlines[] = {50, 20, 40, 20, 10, 30, 20};
	struct np_timer timers[7];
	size_t i;

	for (i = 0; i < 7; i++) {
		np_timer_init(&timers[i], on_timer, &letters[i]);
		ck_assert_int_eq(np_timer_arm(&loop, &timers[i], deadlines[i]), 0);
		ck_assert(np_timer_is_armed(&timers[i]));
	}
	ck_assert_int_eq(np_loop_next_deadline(&loop), 10);
	ck_assert_int_eq(np_loop_run_once(&loop, NP_DEADLINE_NEVER), 7);
	ck_assert_str_eq(trace, "ebdgfca");
	ck_assert_int_eq(np_loop_next_deadline(&loop), NP_DEADLINE_NEVER);
}
END_TEST

START_TEST(a_timer_can_be_moved_and_cancelled)
{
	static char letters[] = "abc";
	struct np_timer timers[3];
	size_t i;

	for (i = 0; i < 3; i++) {
		np_timer_init(&timers[i], on_timer, &letters[i]);
		ck_assert_int_eq(np_timer_arm(&loop, &timers[i], (int64_t)i + 1), 0);
	}
	ck_assert_int_eq(np_timer_arm(&loop, &timers[0], 9), 0);
	np_timer_cancel(&loop, &timers[1]);
	np_timer_cancel(&loop, &timers[1]);
	ck_assert_int_eq(np_loop_run_once(&loop, NP_DEADLINE_NEVER), 2);
	ck_assert_str_eq(trace, "ca");
	ck_assert_int_eq(np_timer_arm(&loop, &timers[0], 1), 0);
	ck_assert_int_eq(np_timer_arm(&loop, &timers[0], NP_DEADLINE_NEVER), 0);
	ck_assert(!np_timer_is_armed(&timers[0]));
}
END_TEST

START_TEST(random_arming_and_cancelling_keeps_the_order)
{
	enum { N = 200 };
	static struct np_timer timers[N];
	static char letter = 'x';
	unsigned state = 7;
	int64_t last = 0;
	int i, n_armed = 0;

	for (i = 0; i < N; i++)
		np_timer_init(&timers[i], on_timer, &letter);
	for (i = 0; i < 5000; i++) {
		struct np_timer *timer;

		state = state * 1103515245u + 12345u;
		timer = &timers[(state >> 16) % N];
		if (state >> 30 == 0)
			np_timer_cancel(&loop, timer);
		else if (np_timer_arm(&loop, timer,
				      (int64_t)(state >> 20) + INT64_MAX / 2) < 0)
			ck_abort_msg("cannot arm");
	}
	for (i = 0; i < N; i++)
		n_armed += np_timer_is_armed(&timers[i]);
	ck_assert_int_gt(n_armed, N / 2);
	ck_assert_uint_eq(loop.n_timers, (size_t)n_armed);
	while (loop.n_timers > 0) {
		ck_assert_int_ge(loop.timers[0]->deadline_ns, last);
		last = loop.timers[0]->deadline_ns;
		np_timer_cancel(&loop, loop.timers[0]);
	}
}
END_TEST

START_TEST(a_timer_does_not_fire_early)
{
	static char letter = 't';
	struct np_timer timer;
	int64_t deadline;
	int rounds = 0;

	np_timer_init(&timer, on_timer, &letter);
	ck_assert_int_eq(np_timer_arm(&loop, &timer, INT64_MAX / 2), 0);
	ck_assert_int_eq(np_loop_run_once(&loop, 0), 0);
	deadline = np_deadline_after_ms(np_clock_now_ns(), 30);
	ck_assert_int_eq(np_timer_arm(&loop, &timer, deadline), 0);
	while (np_timer_is_armed(&timer)) {
		ck_assert_int_ge(np_loop_run_once(&loop, NP_DEADLINE_NEVER), 0);
		rounds++;
	}
	ck_assert_int_ge(np_clock_now_ns(), deadline);
	ck_assert_str_eq(trace, "t");
	/* It sleeps instead of polling. */
	ck_assert_int_le(rounds, 3);
}
END_TEST

static void on_timer_again(struct np_loop *l, struct np_timer *timer, void *user)
{
	++*(int *)user;
	ck_assert_int_eq(np_timer_arm(l, timer, 1), 0);
}

START_TEST(a_timer_that_arms_itself_does_not_starve_descriptors)
{
	struct np_timer timer;
	int n_fired = 0;

	np_timer_init(&timer, on_timer_again, &n_fired);
	ck_assert_int_eq(np_timer_arm(&loop, &timer, 1), 0);
	ck_assert_int_eq(np_loop_add(&loop, fds[0], EPOLLIN, on_ready, &n_called[0]), 0);
	ring(0);
	ck_assert_int_eq(np_loop_run_once(&loop, NP_DEADLINE_NEVER), 2);
	ck_assert_int_eq(n_fired, 1);
	ck_assert_int_eq(n_called[0], 1);
	np_timer_cancel(&loop, &timer);
}
END_TEST

START_TEST(a_deadline_ends_an_idle_round)
{
	int64_t deadline = np_deadline_after_ms(np_clock_now_ns(), 20);

	ck_assert_int_eq(np_loop_run_once(&loop, deadline), 0);
	ck_assert_int_ge(np_clock_now_ns(), deadline);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loop");
	TCase *tc = tcase_create("loop");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tc, a_ready_descriptor_is_called_with_its_user);
	tcase_add_test(tc, misuse_is_an_error_and_changes_nothing);
	tcase_add_test(tc, a_changed_mask_takes_effect);
	tcase_add_test(tc, a_removed_descriptor_is_not_called_even_if_ready);
	tcase_add_test(tc, the_loop_runs_until_it_is_told_to_quit);
	tcase_add_test(tc, timers_fire_in_order_of_deadline_then_of_arming);
	tcase_add_test(tc, a_timer_can_be_moved_and_cancelled);
	tcase_add_test(tc, random_arming_and_cancelling_keeps_the_order);
	tcase_add_test(tc, a_timer_does_not_fire_early);
	tcase_add_test(tc, a_timer_that_arms_itself_does_not_starve_descriptors);
	tcase_add_test(tc, a_deadline_ends_an_idle_round);
	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
