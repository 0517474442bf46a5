/* SPDX-License-Identifier: MIT */
/*
 * Events, mutexes, semaphores and timers of two processes, inherited by the one or given to it.
 */
#include "tests/integ/process_peer.h"

#include <stdio.h>
#include <string.h>

/* events, mutexes, semaphores and timers in two processes */

static SECURITY_ATTRIBUTES inheritable = {
	.nLength = sizeof(inheritable),
	.bInheritHandle = TRUE,
};

static unsigned number(HANDLE h)
{
	return (unsigned)(uintptr_t)h;
}

static HANDLE inheriting_child(const char *line)
{
	STARTUPINFOA info = {.cb = sizeof(info)};

	return start_with(line, &info, TRUE, 0, NULL);
}

static void check_wait(HANDLE h, DWORD milliseconds, DWORD wanted)
{
	ck_assert_uint_eq(WaitForSingleObject(h, milliseconds), wanted);
}

static void close_all(const HANDLE *handles, int n)
{
	for (int i = 0; i < n; i++)
		ck_assert(CloseHandle(handles[i]));
}

START_TEST(an_inherited_event_is_one_in_both_processes)
{
	HANDLE go = CreateEventA(&inheritable, FALSE, FALSE, NULL);
	HANDLE done = CreateEventA(&inheritable, FALSE, FALSE, NULL);
	HANDLE level = CreateEventA(&inheritable, TRUE, TRUE, NULL), process;

	process = inheriting_child(child_line(
		"steps poll %u 0 0 poll %u 0 0 poll %u 0 258 set %u 0 0 wait %u 0 0 "
		"poll %u 0 258 reset %u 0 0 set %u 0 0 wait %u 0 0 poll %u 0 258",
		number(level), number(level), number(go), number(done), number(go),
		number(go), number(level), number(done), number(go), number(level)));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(level, 0, WAIT_OBJECT_0);
	check_wait(done, 0, WAIT_TIMEOUT);
	ck_assert(SetEvent(go));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(level, 0, WAIT_TIMEOUT);
	ck_assert(SetEvent(go));
	ck_assert_uint_eq(code_of(process), 0);
	check_wait(go, 0, WAIT_TIMEOUT);
	close_all((HANDLE[]){go, done, level}, 3);
}
END_TEST

START_TEST(an_inherited_mutex_is_owned_by_one_thread_of_all)
{
	HANDLE mutex = CreateMutexA(&inheritable, FALSE, NULL);
	HANDLE go = CreateEventA(&inheritable, FALSE, FALSE, NULL);
	HANDLE done = CreateEventA(&inheritable, FALSE, FALSE, NULL), process;

	process = inheriting_child(child_line(
		"steps wait %u 0 0 wait %u 0 0 set %u 0 0 wait %u 0 0 release %u 0 0 "
		"set %u 0 0 wait %u 0 0 release %u 0 0 release %u 0 -288",
		number(mutex), number(mutex), number(done), number(go), number(mutex),
		number(done), number(go), number(mutex), number(mutex)));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(mutex, 0, WAIT_TIMEOUT);
	ck_assert(!ReleaseMutex(mutex));
	ck_assert_uint_eq(GetLastError(), ERROR_NOT_OWNER);
	ck_assert(SetEvent(go));
	/* It was taken twice. */
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(mutex, 0, WAIT_TIMEOUT);
	ck_assert(SetEvent(go));
	check_wait(mutex, TIMEOUT, WAIT_OBJECT_0);
	ck_assert(ReleaseMutex(mutex));
	ck_assert_uint_eq(code_of(process), 0);
	close_all((HANDLE[]){mutex, go, done}, 3);
}
END_TEST

START_TEST(a_mutex_stays_owned_when_it_is_inherited)
{
	HANDLE mutex = CreateMutexA(&inheritable, TRUE, NULL);
	HANDLE done = CreateEventA(&inheritable, FALSE, FALSE, NULL), process;

	check_wait(mutex, 0, WAIT_OBJECT_0);
	process = inheriting_child(
		child_line("steps poll %u 0 258 release %u 0 -288 set %u 0 0 wait %u 0 0 "
			   "release %u 0 0",
			   number(mutex), number(mutex), number(done), number(mutex),
			   number(mutex)));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	ck_assert(ReleaseMutex(mutex));
	check_wait(process, 20, WAIT_TIMEOUT);
	ck_assert(ReleaseMutex(mutex));
	ck_assert_uint_eq(code_of(process), 0);
	ck_assert(!ReleaseMutex(mutex));
	close_all((HANDLE[]){mutex, done}, 2);
}
END_TEST

START_TEST(a_mutex_of_a_process_that_ended_is_abandoned)
{
	HANDLE mutex = CreateMutexA(&inheritable, FALSE, NULL);
	HANDLE done = CreateEventA(&inheritable, FALSE, FALSE, NULL);
	HANDLE never = CreateEventA(&inheritable, FALSE, FALSE, NULL), process;

	/* by the parent */
	process = inheriting_child(child_line("steps wait %u 0 0 set %u 0 0 wait %u 0 0",
					      number(mutex), number(done), number(never)));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(mutex, 0, WAIT_TIMEOUT);
	ck_assert(TerminateProcess(process, 5));
	check_wait(mutex, TIMEOUT, WAIT_ABANDONED);
	ck_assert(ReleaseMutex(mutex));
	check_wait(mutex, 0, WAIT_OBJECT_0);
	ck_assert(ReleaseMutex(mutex));
	ck_assert_uint_eq(code_of(process), 5);

	/* by itself, and the next is told once */
	process = inheriting_child(child_line("steps wait %u 0 0 die 0 6 0", number(mutex)));
	ck_assert_uint_eq(code_of(process), 6);
	process = inheriting_child(child_line("steps wait %u 0 128 release %u 0 0",
					      number(mutex), number(mutex)));
	ck_assert_uint_eq(code_of(process), 0);
	check_wait(mutex, 0, WAIT_OBJECT_0);
	ck_assert(ReleaseMutex(mutex));

	/* and when it just returns */
	process = inheriting_child(child_line("steps wait %u 0 0", number(mutex)));
	check_wait(process, TIMEOUT, WAIT_OBJECT_0);
	check_wait(mutex, TIMEOUT, WAIT_ABANDONED);
	ck_assert_uint_eq(code_of(process), 0);
	ck_assert(ReleaseMutex(mutex));
	close_all((HANDLE[]){mutex, done, never}, 3);
}
END_TEST

START_TEST(an_inherited_semaphore_has_one_count)
{
	HANDLE semaphore = CreateSemaphoreA(&inheritable, 2, 5, NULL);
	HANDLE go = CreateEventA(&inheritable, TRUE, FALSE, NULL);
	HANDLE done = CreateEventA(&inheritable, FALSE, FALSE, NULL), process;
	LONG previous;

	process = inheriting_child(child_line(
		"steps poll %u 0 0 poll %u 0 0 poll %u 0 258 set %u 0 0 wait %u 0 0 "
		"wait-both %u %u 0 post %u 3 0 post %u 3 -298 post %u 2 3",
		number(semaphore), number(semaphore), number(semaphore), number(done),
		number(semaphore), number(semaphore), number(go), number(semaphore),
		number(semaphore), number(semaphore)));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(semaphore, 0, WAIT_TIMEOUT);
	ck_assert(ReleaseSemaphore(semaphore, 1, &previous));
	ck_assert_int_eq(previous, 0);
	ck_assert(SetEvent(go));
	check_wait(process, 20, WAIT_TIMEOUT);
	ck_assert(ReleaseSemaphore(semaphore, 1, NULL));
	ck_assert_uint_eq(code_of(process), 0);
	for (int i = 0; i < 5; i++)
		check_wait(semaphore, 0, WAIT_OBJECT_0);
	check_wait(semaphore, 0, WAIT_TIMEOUT);
	close_all((HANDLE[]){semaphore, go, done}, 3);
}
END_TEST

START_TEST(an_inherited_timer_ends_waits_in_both_processes)
{
	HANDLE ours = CreateWaitableTimerA(&inheritable, TRUE, NULL);
	HANDLE theirs = CreateWaitableTimerA(&inheritable, TRUE, NULL);
	HANDLE go = CreateEventA(&inheritable, FALSE, FALSE, NULL), process;
	LARGE_INTEGER due = {.QuadPart = -200000};

	process = inheriting_child(child_line("steps timer %u 20 0 wait %u 0 0 wait %u 0 0",
					      number(theirs), number(ours), number(go)));
	check_wait(theirs, TIMEOUT, WAIT_OBJECT_0);
	check_wait(ours, 0, WAIT_TIMEOUT);
	ck_assert(SetWaitableTimer(ours, &due, 0, NULL, NULL, FALSE));
	check_wait(ours, TIMEOUT, WAIT_OBJECT_0);
	ck_assert(SetEvent(go));
	ck_assert_uint_eq(code_of(process), 0);
	close_all((HANDLE[]){ours, theirs, go}, 3);
}
END_TEST

/* The parent's handles are closed while the child may not have begun. */
START_TEST(what_was_inherited_stays_without_its_parent)
{
	HANDLE event = CreateEventA(&inheritable, TRUE, TRUE, NULL);
	HANDLE semaphore = CreateSemaphoreA(&inheritable, 1, 1, NULL);
	HANDLE mutex = CreateMutexA(&inheritable, FALSE, NULL), process;

	process = inheriting_child(
		child_line("steps poll %u 0 0 reset %u 0 0 poll %u 0 258 poll %u 0 0 "
			   "poll %u 0 258 post %u 1 0 wait %u 0 0 release %u 0 0 "
			   "close %u 0 0 set %u 0 -6",
			   number(event), number(event), number(event),
			   number(semaphore), number(semaphore), number(semaphore),
			   number(mutex), number(mutex), number(event), number(event)));
	close_all((HANDLE[]){event, semaphore, mutex}, 3);
	ck_assert_uint_eq(code_of(process), 0);
}
END_TEST

#define LASTING "an event of two processes"

static void check_name(bool is_there)
{
	HANDLE h = OpenEventA(SYNCHRONIZE, FALSE, LASTING);

	ck_assert_msg(!h == !is_there, "error %u", GetLastError());
	if (h)
		CloseHandle(h);
	else
		ck_assert_uint_eq(GetLastError(), ERROR_FILE_NOT_FOUND);
}

/* What a process that ended had goes when the broker hears of it. */
static void wait_until_name_is_gone(void)
{
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;
	HANDLE h;

	while ((h = OpenEventA(SYNCHRONIZE, FALSE, LASTING)) != NULL) {
		CloseHandle(h);
		ck_assert_int_lt(test_now_ms(), end);
		SwitchToThread();
	}
	ck_assert_uint_eq(GetLastError(), ERROR_FILE_NOT_FOUND);
}

START_TEST(an_object_goes_with_its_last_handle_anywhere)
{
	HANDLE go = CreateEventA(&inheritable, FALSE, FALSE, NULL);
	HANDLE done = CreateEventA(&inheritable, FALSE, FALSE, NULL);
	HANDLE lasting = CreateEventA(&inheritable, TRUE, FALSE, LASTING), process;

	process = inheriting_child(child_line(
		"steps wait %u 0 0 close %u 0 0 set %u 0 0 wait %u 0 0", number(go),
		number(lasting), number(done), number(go)));
	ck_assert(CloseHandle(lasting));
	check_name(true);
	ck_assert(SetEvent(go));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_name(false);
	ck_assert(SetEvent(go));
	ck_assert_uint_eq(code_of(process), 0);

	/* The last one goes with its process. */
	lasting = CreateEventA(&inheritable, TRUE, FALSE, LASTING);
	ck_assert_uint_eq(GetLastError(), 0);
	process = inheriting_child(child_line("wait"));
	ck_assert(CloseHandle(lasting));
	check_name(true);
	ck_assert(TerminateProcess(process, 1));
	ck_assert_uint_eq(code_of(process), 1);
	wait_until_name_is_gone();
	close_all((HANDLE[]){go, done}, 2);
}
END_TEST

/* Objects for a child that has been started, which then takes steps with them. */
START_TEST(objects_that_are_given_are_the_same_in_both_processes)
{
	HANDLE to, process = start_listener(child_line("told-steps"), &to);
	HANDLE go = CreateEventA(NULL, FALSE, FALSE, NULL);
	HANDLE done = CreateEventA(NULL, FALSE, FALSE, NULL);
	HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);
	HANDLE semaphore = CreateSemaphoreA(NULL, 1, 3, NULL);
	unsigned their_go = number(give(process, go, 0, DUPLICATE_SAME_ACCESS));
	unsigned their_done = number(give(process, done, 0, DUPLICATE_SAME_ACCESS));
	unsigned their_mutex = number(give(process, mutex, 0, DUPLICATE_SAME_ACCESS));
	unsigned their_semaphore =
		number(give(process, semaphore, 0, DUPLICATE_SAME_ACCESS));
	char text[1024];

	snprintf(text, sizeof(text),
		 "poll %u 0 0 poll %u 0 258 post %u 2 0 poll %u 0 258 set %u 0 0 "
		 "wait %u 0 0 set %u 0 0 wait %u 0 0 die 0 8 0\n",
		 their_semaphore, their_semaphore, their_semaphore, their_mutex, their_done,
		 their_mutex, their_done, their_go);
	tell_text(to, text);
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(semaphore, 0, WAIT_OBJECT_0);
	check_wait(semaphore, 0, WAIT_OBJECT_0);
	check_wait(semaphore, 0, WAIT_TIMEOUT);
	check_wait(done, 0, WAIT_TIMEOUT);
	ck_assert(ReleaseMutex(mutex));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(mutex, 0, WAIT_TIMEOUT);
	ck_assert(SetEvent(go));
	check_wait(mutex, TIMEOUT, WAIT_ABANDONED);
	ck_assert(ReleaseMutex(mutex));
	ck_assert_uint_eq(code_of(process), 8);
	close_all((HANDLE[]){go, done, mutex, semaphore}, 4);
}
END_TEST

/* As a program does that knows no more of the other than its number. */
START_TEST(objects_are_given_to_a_process_that_was_opened)
{
	HANDLE to, process = start_listener(child_line("told-steps"), &to);
	HANDLE opened = OpenProcess(PROCESS_DUP_HANDLE | SYNCHRONIZE, FALSE,
				    GetProcessId(process));
	HANDLE done = CreateEventA(NULL, FALSE, FALSE, NULL);
	HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
	char text[256];

	ck_assert_ptr_nonnull(opened);
	snprintf(text, sizeof(text), "wait %u 0 0 set %u 0 0 die 0 9 0\n",
		 number(give(opened, mutex, 0, DUPLICATE_SAME_ACCESS)),
		 number(give(opened, done, EVENT_MODIFY_STATE, 0)));
	tell_text(to, text);
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(opened, TIMEOUT, WAIT_OBJECT_0);
	check_wait(mutex, TIMEOUT, WAIT_ABANDONED);
	ck_assert(ReleaseMutex(mutex));
	ck_assert_uint_eq(code_of(process), 9);
	close_all((HANDLE[]){opened, done, mutex}, 3);
}
END_TEST

START_TEST(objects_that_are_given_have_the_rights_that_were_said)
{
	HANDLE to, process = start_listener(child_line("told-steps"), &to);
	HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
	HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
	HANDLE semaphore = CreateSemaphoreA(NULL, 1, 3, NULL);
	unsigned waits = number(give(process, event, SYNCHRONIZE, 0));
	unsigned sets = number(give(process, event, EVENT_MODIFY_STATE, 0));
	unsigned reads = number(give(process, event, GENERIC_READ, 0));
	unsigned counts = number(give(process, semaphore, SYNCHRONIZE, 0));
	unsigned posts = number(give(process, semaphore, SEMAPHORE_MODIFY_STATE, 0));
	unsigned owns = number(give(process, mutex, SYNCHRONIZE, 0));
	unsigned looks = number(give(process, mutex, MUTANT_QUERY_STATE, 0));
	char text[1024];

	snprintf(text, sizeof(text),
		 "poll %u 0 0 set %u 0 -5 reset %u 0 -5 poll %u 0 -5 reset %u 0 0 "
		 "poll %u 0 258 wait-both %u %u -5 set %u 0 -5 poll %u 0 -5 "
		 "poll %u 0 0 post %u 1 -5 post %u 1 0 poll %u 0 -5 "
		 "poll %u 0 0 release %u 0 0 poll %u 0 -5\n",
		 waits, waits, waits, sets, sets, waits, waits, sets, reads, reads, counts,
		 counts, posts, posts, owns, owns, looks);
	tell_text(to, text);
	ck_assert_uint_eq(code_of(process), 0);
	check_wait(event, 0, WAIT_TIMEOUT);
	check_wait(semaphore, 0, WAIT_OBJECT_0);
	close_all((HANDLE[]){event, mutex, semaphore}, 3);
}
END_TEST

START_TEST(a_wait_needs_a_handle_that_may_wait)
{
	HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL), sets, waits;
	HANDLE both[2];

	ck_assert(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &sets,
				  EVENT_MODIFY_STATE, FALSE, 0));
	ck_assert(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &waits,
				  SYNCHRONIZE, FALSE, 0));
	check_wait(waits, 0, WAIT_OBJECT_0);
	check_wait(sets, 0, WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	both[0] = waits;
	both[1] = sets;
	SetLastError(0);
	ck_assert_uint_eq(WaitForMultipleObjects(2, both, FALSE, 0), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	SetLastError(0);
	ck_assert_uint_eq(SignalObjectAndWait(event, sets, 0, FALSE), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	SetLastError(0);
	ck_assert_uint_eq(SignalObjectAndWait(waits, event, 0, FALSE), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert_uint_eq(SignalObjectAndWait(sets, waits, 0, FALSE), WAIT_OBJECT_0);
	close_all((HANDLE[]){event, sets, waits}, 3);
}
END_TEST

START_TEST(what_was_given_stays_without_its_source)
{
	HANDLE to, process = start_listener(child_line("told-steps"), &to);
	HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
	HANDLE semaphore = CreateSemaphoreA(NULL, 2, 3, NULL);
	HANDLE lasting = CreateEventA(NULL, TRUE, FALSE, LASTING);
	const DWORD moved = DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE;
	unsigned theirs = number(give(process, event, 0, moved));
	unsigned counts = number(give(process, semaphore, 0, moved));
	char text[512];

	give(process, lasting, 0, moved);
	ck_assert(!SetEvent(event));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	/* That one they do not collect, and it is there all the same. */
	check_name(true);
	snprintf(text, sizeof(text),
		 "poll %u 0 0 reset %u 0 0 poll %u 0 258 post %u 1 2 close %u 0 0 "
		 "poll %u 0 -6\n",
		 theirs, theirs, theirs, counts, theirs, theirs);
	tell_text(to, text);
	ck_assert_uint_eq(code_of(process), 0);
	wait_until_name_is_gone();
}
END_TEST

static Suite *objects_suite(void)
{
	Suite *suite = suite_create("process_objects");
	TCase *sync = process_case(suite, "objects");

	tcase_add_test(sync, an_inherited_event_is_one_in_both_processes);
	tcase_add_test(sync, an_inherited_mutex_is_owned_by_one_thread_of_all);
	tcase_add_test(sync, a_mutex_stays_owned_when_it_is_inherited);
	tcase_add_test(sync, a_mutex_of_a_process_that_ended_is_abandoned);
	tcase_add_test(sync, an_inherited_semaphore_has_one_count);
	tcase_add_test(sync, an_inherited_timer_ends_waits_in_both_processes);
	tcase_add_test(sync, what_was_inherited_stays_without_its_parent);
	tcase_add_test(sync, an_object_goes_with_its_last_handle_anywhere);
	tcase_add_test(sync, objects_that_are_given_are_the_same_in_both_processes);
	tcase_add_test(sync, objects_are_given_to_a_process_that_was_opened);
	tcase_add_test(sync, objects_that_are_given_have_the_rights_that_were_said);
	tcase_add_test(sync, a_wait_needs_a_handle_that_may_wait);
	tcase_add_test(sync, what_was_given_stays_without_its_source);
	return suite;
}

int main(int argc, char **argv)
{
	return process_main(argc, argv, objects_suite);
}
