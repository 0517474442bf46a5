/* SPDX-License-Identifier: MIT */
/* APCs: where they run, in which order, and what becomes of those that do not. */
#include <check.h>
#include <stdlib.h>

#include <windows.h>

#include "kernel32-shim/apc.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/wait.h"

static int order[8];
static int n_ran;

static VOID CALLBACK note(ULONG_PTR number)
{
	ck_assert_int_lt(n_ran, 8);
	order[n_ran++] = (int)number;
}

static VOID CALLBACK note_and_queue_another(ULONG_PTR number)
{
	note(number);
	ck_assert(QueueUserAPC(note, GetCurrentThread(), number + 100));
}

START_TEST(apcs_run_in_order_and_only_in_an_alertable_wait)
{
	for (ULONG_PTR i = 1; i <= 3; i++)
		ck_assert(QueueUserAPC(note, GetCurrentThread(), i));
	Sleep(0);
	ck_assert_uint_eq(SleepEx(1, FALSE), 0);
	ck_assert_int_eq(n_ran, 0);
	ck_assert_uint_eq(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
	ck_assert_int_eq(n_ran, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(order[i], i + 1);
	ck_assert_uint_eq(SleepEx(0, TRUE), 0);
}
END_TEST

START_TEST(apc_queued_by_an_apc_runs_in_the_same_wait)
{
	n_ran = 0;
	ck_assert(QueueUserAPC(note_and_queue_another, GetCurrentThread(), 1));
	ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
	ck_assert_int_eq(n_ran, 2);
	ck_assert_int_eq(order[1], 101);
}
END_TEST

START_TEST(satisfied_wait_does_not_run_apcs)
{
	HANDLE h = CreateEventA(NULL, TRUE, TRUE, NULL);

	n_ran = 0;
	ck_assert(QueueUserAPC(note, GetCurrentThread(), 1));
	ck_assert_uint_eq(WaitForSingleObjectEx(h, INFINITE, TRUE), WAIT_OBJECT_0);
	ck_assert_int_eq(n_ran, 0);
	ck_assert(ResetEvent(h));
	ck_assert_uint_eq(WaitForSingleObjectEx(h, 0, TRUE), WAIT_IO_COMPLETION);
	ck_assert_int_eq(n_ran, 1);
	ck_assert_uint_eq(WaitForMultipleObjectsEx(1, &h, TRUE, 0, TRUE), WAIT_TIMEOUT);
	ck_assert(CloseHandle(h));
}
END_TEST

struct sleeper {
	HANDLE event;
	DWORD result;
};

static DWORD WINAPI sleep_alertably(LPVOID user)
{
	struct sleeper *s = user;

	s->result = WaitForSingleObjectEx(s->event, INFINITE, TRUE);
	return 0;
}

static VOID CALLBACK count_to(ULONG_PTR counter)
{
	++*(int *)counter;
}

START_TEST(apc_wakes_a_thread_that_sleeps_alertably)
{
	for (int i = 0; i < 200; i++) {
		struct sleeper s = {CreateEventA(NULL, TRUE, FALSE, NULL), 0};
		int n = 0;
		HANDLE t = CreateThread(NULL, 0, sleep_alertably, &s, 0, NULL);
		struct object *o = handle_get(t, OBJECT_THREAD, NULL);
		bool waiting = false;

		while (!waiting) {
			dispatcher_lock();
			waiting = thread_from_object(o)->wait.in_progress;
			dispatcher_unlock();
		}
		ck_assert(QueueUserAPC(count_to, t, (ULONG_PTR)&n));
		ck_assert_uint_eq(WaitForSingleObject(t, INFINITE), WAIT_OBJECT_0);
		ck_assert_uint_eq(s.result, WAIT_IO_COMPLETION);
		ck_assert_int_eq(n, 1);
		object_unref(o);
		ck_assert(CloseHandle(t));
		ck_assert(CloseHandle(s.event));
	}
}
END_TEST

static DWORD WINAPI count_is(LPVOID counter)
{
	return *(DWORD *)counter;
}

START_TEST(apc_queued_before_the_thread_begins_runs_first)
{
	int n = 0;
	HANDLE t = CreateThread(NULL, 0, count_is, &n, CREATE_SUSPENDED, NULL);
	DWORD code;

	ck_assert(QueueUserAPC(count_to, t, (ULONG_PTR)&n));
	ck_assert_uint_eq(ResumeThread(t), 1);
	ck_assert_uint_eq(WaitForSingleObject(t, INFINITE), WAIT_OBJECT_0);
	ck_assert(GetExitCodeThread(t, &code));
	ck_assert_uint_eq(code, 1);
	ck_assert_uint_eq(QueueUserAPC(count_to, t, (ULONG_PTR)&n), 0);
	ck_assert_uint_eq(GetLastError(), ERROR_GEN_FAILURE);
	ck_assert(CloseHandle(t));
}
END_TEST

/* Nodes of a caller's own. */

static int n_own_runs;
static HANDLE dropped;

static void own_run(struct apc *apc)
{
	(void)apc;
	n_own_runs++;
}

static void own_drop(struct apc *apc)
{
	(void)apc;
	ck_assert(SetEvent(dropped));
}

static DWORD WINAPI queue_to_myself_and_end(LPVOID apc)
{
	return apc_post(thread_self(), apc);
}

START_TEST(node_is_withdrawn_run_or_dropped)
{
	struct apc apc;
	HANDLE t;

	dropped = CreateEventA(NULL, FALSE, FALSE, NULL);
	apc_init(&apc, own_run, own_drop);
	ck_assert(!apc_withdraw(&apc));
	ck_assert(apc_post(thread_self(), &apc));
	ck_assert(apc_withdraw(&apc));
	ck_assert_uint_eq(SleepEx(0, TRUE), 0);
	ck_assert(apc_post(thread_self(), &apc));
	ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
	ck_assert(!apc_withdraw(&apc));
	ck_assert_int_eq(n_own_runs, 1);
	t = CreateThread(NULL, 0, queue_to_myself_and_end, &apc, 0, NULL);
	ck_assert_uint_eq(WaitForSingleObject(t, INFINITE), WAIT_OBJECT_0);
	ck_assert(CloseHandle(t));
	ck_assert_uint_eq(WaitForSingleObject(dropped, INFINITE), WAIT_OBJECT_0);
	ck_assert_int_eq(n_own_runs, 1);
	ck_assert(CloseHandle(dropped));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shim_apc");
	TCase *tc = tcase_create("apc");
	SRunner *sr;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, apcs_run_in_order_and_only_in_an_alertable_wait);
	tcase_add_test(tc, apc_queued_by_an_apc_runs_in_the_same_wait);
	tcase_add_test(tc, satisfied_wait_does_not_run_apcs);
	tcase_add_test(tc, apc_wakes_a_thread_that_sleeps_alertably);
	tcase_add_test(tc, apc_queued_before_the_thread_begins_runs_first);
	tcase_add_test(tc, node_is_withdrawn_run_or_dropped);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
