/* SPDX-License-Identifier: MIT */
/* Events, semaphores, waitable timers and their names. */
#include <check.h>
#include <stdlib.h>

#include <windows.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/wait.h"

#include "tests/lib/broker.h"

static struct test_broker broker; /* for names */

START_TEST(manual_event_stays_set_until_reset)
{
	HANDLE h = CreateEventA(NULL, TRUE, FALSE, NULL);

	ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_TIMEOUT);
	ck_assert(SetEvent(h));
	ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_OBJECT_0);
	ck_assert(ResetEvent(h));
	ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_TIMEOUT);
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(auto_event_releases_one_and_does_not_count)
{
	HANDLE h = CreateEventA(NULL, FALSE, TRUE, NULL);

	ck_assert(SetEvent(h));
	ck_assert(SetEvent(h));
	ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_TIMEOUT);
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(event_ex_takes_flags_and_refuses_others)
{
	HANDLE h = CreateEventExA(NULL, NULL,
				  CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET,
				  SYNCHRONIZE);

	ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_OBJECT_0);
	ck_assert(!ResetEvent(h));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert(CloseHandle(h));
	ck_assert_ptr_null(CreateEventExA(NULL, NULL, 4, EVENT_ALL_ACCESS));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	h = CreateEventExA(NULL, NULL, 0, EVENT_MODIFY_STATE);
	ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(names_are_shared_and_go_with_the_last_handle)
{
	HANDLE a, b, c;

	test_broker_start(&broker);
	SetLastError(1);
	a = CreateEventA(NULL, TRUE, FALSE, "shared");
	ck_assert_uint_eq(GetLastError(), 0);
	b = CreateEventA(NULL, FALSE, TRUE, "Local\\shared");
	ck_assert_ptr_nonnull(b);
	ck_assert_uint_eq(GetLastError(), ERROR_ALREADY_EXISTS);
	/* The first one's kind and state hold. */
	ck_assert_uint_eq(WaitForSingleObject(b, 0), WAIT_TIMEOUT);
	ck_assert(SetEvent(a));
	ck_assert_uint_eq(WaitForSingleObject(b, 0), WAIT_OBJECT_0);
	c = OpenEventA(SYNCHRONIZE, FALSE, "shared");
	ck_assert_ptr_nonnull(c);
	ck_assert(!SetEvent(c));
	ck_assert_ptr_null(OpenEventA(SYNCHRONIZE, FALSE, "Shared"));
	ck_assert_uint_eq(GetLastError(), ERROR_FILE_NOT_FOUND);
	ck_assert_ptr_null(CreateMutexA(NULL, FALSE, "shared"));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert_ptr_null(CreateEventA(NULL, FALSE, FALSE, "a\\b"));
	ck_assert_uint_eq(GetLastError(), ERROR_PATH_NOT_FOUND);
	ck_assert(CloseHandle(a));
	ck_assert(CloseHandle(b));
	ck_assert(CloseHandle(c));
	ck_assert_ptr_null(OpenEventA(SYNCHRONIZE, FALSE, "shared"));
	ck_assert_ptr_null(OpenEventA(SYNCHRONIZE, FALSE, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	test_broker_stop(&broker);
}
END_TEST

START_TEST(wide_and_narrow_names_are_the_same)
{
	static const WCHAR name[] = {'n', 0xe4, 0xd83d, 0xde00, 0};
	HANDLE a, b;

	test_broker_start(&broker);
	a = CreateEventW(NULL, TRUE, TRUE, name);
	b = OpenEventA(SYNCHRONIZE, FALSE, "n\xc3\xa4\xf0\x9f\x98\x80");
	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_nonnull(b);
	ck_assert(CompareObjectHandles(a, b));
	ck_assert(CloseHandle(a));
	ck_assert(CloseHandle(b));
	test_broker_stop(&broker);
}
END_TEST

static DWORD WINAPI wait_for(LPVOID h)
{
	return WaitForSingleObject(h, INFINITE);
}

static void until_waiting(HANDLE thread)
{
	struct object *o = handle_get(thread, OBJECT_THREAD, NULL);
	bool waiting = false;

	while (!waiting) {
		dispatcher_lock();
		waiting = thread_from_object(o)->wait.in_progress;
		dispatcher_unlock();
	}
	object_unref(o);
}

START_TEST(pulse_releases_who_waits_and_leaves_it_reset)
{
	HANDLE h = CreateEventA(NULL, TRUE, FALSE, NULL);
	HANDLE t[2];

	for (int i = 0; i < 2; i++) {
		t[i] = CreateThread(NULL, 0, wait_for, h, 0, NULL);
		until_waiting(t[i]);
	}
	ck_assert(PulseEvent(h));
	ck_assert_uint_eq(WaitForMultipleObjects(2, t, TRUE, INFINITE), WAIT_OBJECT_0);
	ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_TIMEOUT);
	for (int i = 0; i < 2; i++)
		ck_assert(CloseHandle(t[i]));
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(semaphore_counts_up_to_its_maximum)
{
	HANDLE h = CreateSemaphoreA(NULL, 1, 3, NULL);
	LONG previous = -1;

	ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_TIMEOUT);
	ck_assert(ReleaseSemaphore(h, 2, &previous));
	ck_assert_int_eq(previous, 0);
	ck_assert(!ReleaseSemaphore(h, 2, &previous));
	ck_assert_uint_eq(GetLastError(), ERROR_TOO_MANY_POSTS);
	ck_assert(ReleaseSemaphore(h, 1, &previous));
	ck_assert_int_eq(previous, 2);
	ck_assert(!ReleaseSemaphore(h, 0, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_TIMEOUT);
	ck_assert(CloseHandle(h));
	ck_assert_ptr_null(CreateSemaphoreA(NULL, 2, 1, NULL));
	ck_assert_ptr_null(CreateSemaphoreA(NULL, 0, 0, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(timer_fires_once_and_can_be_cancelled)
{
	HANDLE h = CreateWaitableTimerA(NULL, FALSE, NULL);
	LARGE_INTEGER due = {.QuadPart = -100000}; /* 10 ms */
	LARGE_INTEGER distant = {.QuadPart = -36000000000};

	ck_assert(SetWaitableTimer(h, &due, 0, NULL, NULL, FALSE));
	ck_assert_uint_eq(WaitForSingleObject(h, INFINITE), WAIT_OBJECT_0);
	ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_TIMEOUT);
	ck_assert(SetWaitableTimer(h, &distant, 0, NULL, NULL, FALSE));
	ck_assert(CancelWaitableTimer(h));
	ck_assert_uint_eq(WaitForSingleObject(h, 0), WAIT_TIMEOUT);
	ck_assert(!SetWaitableTimer(h, &due, -1, NULL, NULL, FALSE));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(SetWaitableTimer(h, &distant, 0, NULL, NULL, FALSE));
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(periodic_timer_fires_again)
{
	HANDLE h = CreateWaitableTimerA(NULL, FALSE, NULL);
	LARGE_INTEGER due = {.QuadPart = 0};

	ck_assert(SetWaitableTimer(h, &due, 2, NULL, NULL, FALSE));
	for (int i = 0; i < 5; i++)
		ck_assert_uint_eq(WaitForSingleObject(h, INFINITE), WAIT_OBJECT_0);
	ck_assert(CloseHandle(h));
}
END_TEST

static int n_timer_calls;

static VOID CALLBACK count_timer_call(LPVOID argument, DWORD low, DWORD high)
{
	ck_assert_ptr_eq(argument, &n_timer_calls);
	ck_assert(low != 0 || high != 0);
	n_timer_calls++;
}

START_TEST(timer_routine_runs_in_an_alertable_wait_of_its_thread)
{
	HANDLE h = CreateWaitableTimerA(NULL, TRUE, NULL);
	LARGE_INTEGER due = {.QuadPart = 0};

	ck_assert(SetWaitableTimer(h, &due, 0, count_timer_call, &n_timer_calls, FALSE));
	ck_assert_uint_eq(WaitForSingleObject(h, INFINITE), WAIT_OBJECT_0);
	ck_assert_int_eq(n_timer_calls, 0);
	ck_assert_uint_eq(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
	ck_assert_int_eq(n_timer_calls, 1);
	ck_assert(CloseHandle(h));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shim_events");
	TCase *tc = tcase_create("events");
	SRunner *sr;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, manual_event_stays_set_until_reset);
	tcase_add_test(tc, auto_event_releases_one_and_does_not_count);
	tcase_add_test(tc, event_ex_takes_flags_and_refuses_others);
	tcase_add_test(tc, names_are_shared_and_go_with_the_last_handle);
	tcase_add_test(tc, wide_and_narrow_names_are_the_same);
	tcase_add_test(tc, pulse_releases_who_waits_and_leaves_it_reset);
	tcase_add_test(tc, semaphore_counts_up_to_its_maximum);
	tcase_add_test(tc, timer_fires_once_and_can_be_cancelled);
	tcase_add_test(tc, periodic_timer_fires_again);
	tcase_add_test(tc, timer_routine_runs_in_an_alertable_wait_of_its_thread);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
