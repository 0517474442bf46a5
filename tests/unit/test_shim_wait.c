/* SPDX-License-Identifier: MIT */
/*
 * Waiting: any and all, atomic acquisition, order of arrival, time-outs, parameters, and
 * that no signal is lost between threads that hurry.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include <windows.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/wait.h"

static HANDLE auto_event(BOOL initial)
{
	HANDLE h = CreateEventA(NULL, FALSE, initial, NULL);

	ck_assert_ptr_nonnull(h);
	return h;
}

static void close_all(HANDLE *h, int n)
{
	for (int i = 0; i < n; i++)
		ck_assert(CloseHandle(h[i]));
}

START_TEST(wait_any_reports_the_lowest_ready_index)
{
	HANDLE h[3] = {auto_event(FALSE), auto_event(TRUE), auto_event(TRUE)};

	ck_assert_uint_eq(WaitForMultipleObjects(3, h, FALSE, INFINITE),
			  WAIT_OBJECT_0 + 1);
	ck_assert_uint_eq(WaitForMultipleObjects(3, h, FALSE, INFINITE),
			  WAIT_OBJECT_0 + 2);
	ck_assert_uint_eq(WaitForMultipleObjects(3, h, FALSE, 0), WAIT_TIMEOUT);
	close_all(h, 3);
}
END_TEST

START_TEST(wait_all_takes_everything_or_nothing)
{
	HANDLE h[2] = {auto_event(TRUE), auto_event(FALSE)};

	ck_assert_uint_eq(WaitForMultipleObjects(2, h, TRUE, 0), WAIT_TIMEOUT);
	/* The first is still signaled: the failed wait took nothing. */
	ck_assert_uint_eq(WaitForSingleObject(h[0], 0), WAIT_OBJECT_0);
	ck_assert(SetEvent(h[0]));
	ck_assert(SetEvent(h[1]));
	ck_assert_uint_eq(WaitForMultipleObjects(2, h, TRUE, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(WaitForMultipleObjects(2, h, FALSE, 0), WAIT_TIMEOUT);
	close_all(h, 2);
}
END_TEST

START_TEST(bad_counts_and_duplicates_are_refused)
{
	HANDLE h[WAIT_MAX_OBJECTS + 1];
	HANDLE twice[2];

	for (int i = 0; i <= WAIT_MAX_OBJECTS; i++)
		h[i] = auto_event(i == WAIT_MAX_OBJECTS - 1);
	ck_assert_uint_eq(WaitForMultipleObjects(0, h, FALSE, 0), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert_uint_eq(WaitForMultipleObjects(65, h, FALSE, 0), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert_uint_eq(WaitForMultipleObjects(64, h, FALSE, 0), WAIT_OBJECT_0 + 63);
	twice[0] = twice[1] = h[0];
	ck_assert_uint_eq(WaitForMultipleObjects(2, twice, TRUE, 0), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(SetEvent(h[0]));
	ck_assert_uint_eq(WaitForMultipleObjects(2, twice, FALSE, 0), WAIT_OBJECT_0);
	close_all(h, WAIT_MAX_OBJECTS + 1);
	ck_assert_uint_eq(WaitForMultipleObjects(2, twice, FALSE, 0), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
}
END_TEST

START_TEST(one_bad_handle_fails_the_wait_and_takes_nothing)
{
	HANDLE h[2] = {auto_event(TRUE), NULL};

	ck_assert_uint_eq(WaitForMultipleObjects(2, h, FALSE, 0), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert_uint_eq(WaitForSingleObject(h[0], 0), WAIT_OBJECT_0);
	ck_assert(CloseHandle(h[0]));
}
END_TEST

START_TEST(time_out_is_not_early)
{
	HANDLE h = auto_event(FALSE);
	int64_t before = wait_now_ns();

	ck_assert_uint_eq(WaitForSingleObject(h, 30), WAIT_TIMEOUT);
	ck_assert_int_ge(wait_now_ns() - before, 30 * 1000000);
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(duplicates_in_a_wait_for_any_leave_nothing_behind)
{
	HANDLE h = auto_event(FALSE);
	HANDLE both[2] = {h, h};

	ck_assert_uint_eq(WaitForMultipleObjects(2, both, FALSE, 10), WAIT_TIMEOUT);
	ck_assert(SetEvent(h));
	ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_OBJECT_0);
	ck_assert(CloseHandle(h));
}
END_TEST

/* Several threads queue up for one object; it must be handed out in that order. */

struct queued {
	HANDLE object;
	HANDLE arrived; /* not signaled; its waiters tell that this thread is on the way */
	_Atomic int *nextp;
	int place;
};

static DWORD WINAPI queue_up(LPVOID user)
{
	struct queued *q = user;

	if (WaitForSingleObject(q->object, INFINITE) != WAIT_OBJECT_0)
		return 1;
	q->place = atomic_fetch_add(q->nextp, 1);
	ck_assert(SetEvent(q->arrived));
	return 0;
}

static bool thread_is_waiting(HANDLE h)
{
	struct object *o = handle_get(h, OBJECT_THREAD, NULL);
	bool waiting;

	dispatcher_lock();
	waiting = thread_from_object(o)->wait.in_progress;
	dispatcher_unlock();
	object_unref(o);
	return waiting;
}

static void until_waiting(HANDLE thread)
{
	while (!thread_is_waiting(thread))
		SwitchToThread();
}

START_TEST(waiters_are_served_in_order_of_arrival)
{
	enum { N = 6 };
	HANDLE object = auto_event(FALSE), arrived = auto_event(FALSE);
	_Atomic int next = 0;
	struct queued q[N];
	HANDLE thread[N];

	for (int i = 0; i < N; i++) {
		q[i] = (struct queued){object, arrived, &next, -1};
		thread[i] = CreateThread(NULL, 0, queue_up, &q[i], 0, NULL);
		ck_assert_ptr_nonnull(thread[i]);
		until_waiting(thread[i]);
	}
	for (int i = 0; i < N; i++) {
		ck_assert(SetEvent(object));
		ck_assert_uint_eq(WaitForSingleObject(arrived, INFINITE), WAIT_OBJECT_0);
	}
	ck_assert_uint_eq(WaitForMultipleObjects(N, thread, TRUE, INFINITE),
			  WAIT_OBJECT_0);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(q[i].place, i);
	close_all(thread, N);
	ck_assert(CloseHandle(object));
	ck_assert(CloseHandle(arrived));
}
END_TEST

/* Two threads hand a token to each other through two events, many times. */

struct ping_pong {
	HANDLE mine, yours;
	int n;
};

static DWORD WINAPI play(LPVOID user)
{
	struct ping_pong *p = user;

	for (int i = 0; i < p->n; i++) {
		if (WaitForSingleObject(p->mine, INFINITE) != WAIT_OBJECT_0)
			return 1;
		if (!SetEvent(p->yours))
			return 2;
	}
	return 0;
}

START_TEST(no_wake_is_lost_between_two_threads)
{
	HANDLE a = auto_event(TRUE), b = auto_event(FALSE);
	struct ping_pong left = {a, b, 500}, right = {b, a, 500};

	for (int round = 0; round < 20; round++) {
		HANDLE t[2] = {CreateThread(NULL, 0, play, &left, 0, NULL),
			       CreateThread(NULL, 0, play, &right, 0, NULL)};

		ck_assert_uint_eq(WaitForMultipleObjects(2, t, TRUE, INFINITE),
				  WAIT_OBJECT_0);
		close_all(t, 2);
	}
	ck_assert_uint_eq(WaitForSingleObject(a, 0), WAIT_OBJECT_0);
	ck_assert(CloseHandle(a));
	ck_assert(CloseHandle(b));
}
END_TEST

/*
 * Three resources, three threads that each need two of them at once.  Taken one by one
 * this deadlocks; a wait for all must not.
 */

struct philosopher {
	HANDLE forks[2];
	int n;
};

static DWORD WINAPI dine(LPVOID user)
{
	struct philosopher *p = user;

	for (int i = 0; i < p->n; i++) {
		if (WaitForMultipleObjects(2, p->forks, TRUE, INFINITE) != WAIT_OBJECT_0)
			return 1;
		SetEvent(p->forks[0]);
		SetEvent(p->forks[1]);
	}
	return 0;
}

START_TEST(wait_all_does_not_deadlock_over_shared_objects)
{
	HANDLE fork[3] = {auto_event(TRUE), auto_event(TRUE), auto_event(TRUE)};
	struct philosopher p[3] = {
		{{fork[0], fork[1]}, 2000},
		{{fork[1], fork[2]}, 2000},
		{{fork[2], fork[0]}, 2000},
	};
	HANDLE t[3];
	DWORD code;

	for (int i = 0; i < 3; i++)
		t[i] = CreateThread(NULL, 0, dine, &p[i], 0, NULL);
	ck_assert_uint_eq(WaitForMultipleObjects(3, t, TRUE, INFINITE), WAIT_OBJECT_0);
	for (int i = 0; i < 3; i++) {
		ck_assert(GetExitCodeThread(t[i], &code));
		ck_assert_uint_eq(code, 0);
	}
	close_all(t, 3);
	close_all(fork, 3);
}
END_TEST

/* A plain flag object, as pipe handles have: set and reset by one side, awaited by others. */

static const struct object_ops flag_ops = {
	.type = OBJECT_PIPE,
	.signal_kind = OBJECT_SIGNAL_MANUAL,
	.name = "flag",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_nothing,
	.last_handle_closed = object_closed_nothing,
	.destroy = object_destroy_nothing,
};

static void *await_flag(void *user)
{
	struct object *o = user;
	DWORD result = wait_objects(&o, 1, false, WAIT_NEVER, false);

	return result == WAIT_OBJECT_0 ? NULL : user;
}

START_TEST(a_flag_set_releases_every_waiter_even_if_reset_at_once)
{
	for (int round = 0; round < 200; round++) {
		struct object o;
		pthread_t t[3];
		void *failed;
		unsigned n_waiting = 0;

		object_init(&o, &flag_ops, false);
		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(pthread_create(&t[i], NULL, await_flag, &o), 0);
		while (n_waiting < 3) {
			n_waiting = 0;
			dispatcher_lock();
			for (struct object_link *l = o.waiters.next; l != &o.waiters;
			     l = l->next)
				n_waiting++;
			dispatcher_unlock();
		}
		object_signal(&o);
		object_reset(&o);
		for (int i = 0; i < 3; i++) {
			ck_assert_int_eq(pthread_join(t[i], &failed), 0);
			ck_assert_ptr_null(failed);
		}
		ck_assert(!object_is_signaled(&o));
	}
}
END_TEST

START_TEST(signal_and_wait_signals_first)
{
	HANDLE a = auto_event(FALSE), m = CreateMutexA(NULL, TRUE, NULL);

	ck_assert_uint_eq(SignalObjectAndWait(a, a, INFINITE, FALSE), WAIT_OBJECT_0);
	ck_assert_uint_eq(SignalObjectAndWait(m, m, INFINITE, FALSE), WAIT_OBJECT_0);
	ck_assert_uint_eq(SignalObjectAndWait(m, a, 0, FALSE), WAIT_TIMEOUT);
	ck_assert_uint_eq(SignalObjectAndWait(m, a, 0, FALSE), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_NOT_OWNER);
	ck_assert_uint_eq(SignalObjectAndWait(GetCurrentThread(), a, 0, FALSE),
			  WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(CloseHandle(a));
	ck_assert(CloseHandle(m));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shim_wait");
	TCase *tc = tcase_create("wait");
	SRunner *sr;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, wait_any_reports_the_lowest_ready_index);
	tcase_add_test(tc, wait_all_takes_everything_or_nothing);
	tcase_add_test(tc, bad_counts_and_duplicates_are_refused);
	tcase_add_test(tc, one_bad_handle_fails_the_wait_and_takes_nothing);
	tcase_add_test(tc, time_out_is_not_early);
	tcase_add_test(tc, duplicates_in_a_wait_for_any_leave_nothing_behind);
	tcase_add_test(tc, waiters_are_served_in_order_of_arrival);
	tcase_add_test(tc, no_wake_is_lost_between_two_threads);
	tcase_add_test(tc, wait_all_does_not_deadlock_over_shared_objects);
	tcase_add_test(tc, a_flag_set_releases_every_waiter_even_if_reset_at_once);
	tcase_add_test(tc, signal_and_wait_signals_first);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
