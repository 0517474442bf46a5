/* SPDX-License-Identifier: MIT */
/* Threads: beginning, ending, suspension, slots, threads of other makers, process end. */
#include <check.h>
#include <process.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/thread.h"

static DWORD WINAPI return_argument(LPVOID argument)
{
	return (DWORD)(uintptr_t)argument;
}

static DWORD WINAPI exit_early(LPVOID argument)
{
	ExitThread((DWORD)(uintptr_t)argument);
}

START_TEST(exit_code_is_there_when_the_thread_is_signaled)
{
	LPTHREAD_START_ROUTINE starts[2] = {return_argument, exit_early};

	for (int i = 0; i < 200; i++) {
		DWORD id = 0, code = 0;
		HANDLE t = CreateThread(NULL, 0, starts[i % 2], (LPVOID)(uintptr_t)i, 0,
					&id);

		ck_assert_ptr_nonnull(t);
		ck_assert_uint_eq(GetThreadId(t), id);
		ck_assert_uint_ne(id, GetCurrentThreadId());
		ck_assert_uint_eq(WaitForSingleObject(t, INFINITE), WAIT_OBJECT_0);
		ck_assert(GetExitCodeThread(t, &code));
		ck_assert_uint_eq(code, (DWORD)i);
		ck_assert(CloseHandle(t));
	}
}
END_TEST

START_TEST(suspended_thread_begins_after_as_many_resumes)
{
	HANDLE t =
		CreateThread(NULL, 0, return_argument, (LPVOID)5, CREATE_SUSPENDED, NULL);
	DWORD code;

	ck_assert_uint_eq(SuspendThread(t), 1);
	ck_assert_uint_eq(ResumeThread(t), 2);
	ck_assert_uint_eq(WaitForSingleObject(t, 5), WAIT_TIMEOUT);
	ck_assert(GetExitCodeThread(t, &code));
	ck_assert_uint_eq(code, STILL_ACTIVE);
	ck_assert_uint_eq(ResumeThread(t), 1);
	ck_assert_uint_eq(WaitForSingleObject(t, INFINITE), WAIT_OBJECT_0);
	ck_assert_uint_eq(ResumeThread(t), 0);
	ck_assert(CloseHandle(t));
}
END_TEST

START_TEST(only_a_thread_that_has_not_begun_can_be_terminated)
{
	HANDLE hold = CreateEventA(NULL, TRUE, FALSE, NULL);
	HANDLE t =
		CreateThread(NULL, 0, return_argument, (LPVOID)5, CREATE_SUSPENDED, NULL);
	DWORD code;

	ck_assert(TerminateThread(t, 77));
	ck_assert_uint_eq(WaitForSingleObject(t, INFINITE), WAIT_OBJECT_0);
	ck_assert(GetExitCodeThread(t, &code));
	ck_assert_uint_eq(code, 77);
	ck_assert(!TerminateThread(t, 78));
	ck_assert_uint_eq(GetLastError(), ERROR_NOT_SUPPORTED);
	ck_assert(CloseHandle(t));
	ck_assert(CloseHandle(hold));
}
END_TEST

START_TEST(bad_parameters_make_no_thread)
{
	ck_assert_ptr_null(CreateThread(NULL, 0, NULL, NULL, 0, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert_ptr_null(
		CreateThread(NULL, 0, return_argument, NULL, 0x40000000, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert_ptr_null(OpenThread(SYNCHRONIZE, FALSE, 0x7ffffffe));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert_uint_eq(ResumeThread(NULL), (DWORD)-1);
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
}
END_TEST

START_TEST(last_error_is_one_per_thread)
{
	HANDLE t;

	SetLastError(1234);
	t = CreateThread(NULL, 0, return_argument, NULL, 0, NULL);
	ck_assert_uint_eq(WaitForSingleObject(t, INFINITE), WAIT_OBJECT_0);
	ck_assert_uint_eq(GetLastError(), 1234);
	ck_assert(CloseHandle(t));
}
END_TEST

/* A pthread that the shim did not make. */

struct foreign {
	HANDLE mutex;
	HANDLE self;
};

static void *foreign_main(void *user)
{
	struct foreign *f = user;

	ck_assert_uint_eq(WaitForSingleObject(f->mutex, INFINITE), WAIT_OBJECT_0);
	ck_assert(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(),
				  GetCurrentProcess(), &f->self, 0, FALSE,
				  DUPLICATE_SAME_ACCESS));
	return NULL;
}

START_TEST(foreign_thread_is_known_and_its_end_seen)
{
	struct foreign f = {.mutex = CreateMutexA(NULL, FALSE, NULL)};
	pthread_t id;

	ck_assert_int_eq(pthread_create(&id, NULL, foreign_main, &f), 0);
	ck_assert_int_eq(pthread_join(id, NULL), 0);
	ck_assert_uint_eq(WaitForSingleObject(f.self, INFINITE), WAIT_OBJECT_0);
	ck_assert_uint_eq(WaitForSingleObject(f.mutex, 0), WAIT_ABANDONED_0);
	ck_assert(ReleaseMutex(f.mutex));
	ck_assert(CloseHandle(f.self));
	ck_assert(CloseHandle(f.mutex));
}
END_TEST

static DWORD tls_index, fls_index;
static _Atomic int n_fls_calls;

static VOID CALLBACK fls_called(PVOID value)
{
	ck_assert_ptr_eq(value, &fls_index);
	atomic_fetch_add(&n_fls_calls, 1);
}

static DWORD WINAPI use_slots(LPVOID argument)
{
	if (TlsGetValue(tls_index))
		return 1;
	if (!TlsSetValue(tls_index, argument) || !FlsSetValue(fls_index, &fls_index))
		return 2;
	return TlsGetValue(tls_index) == argument ? 0 : 3;
}

START_TEST(slots_are_one_per_thread_and_fiber_ones_call_back)
{
	HANDLE t;
	DWORD code;

	tls_index = TlsAlloc();
	fls_index = FlsAlloc(fls_called);
	ck_assert_uint_ne(tls_index, TLS_OUT_OF_INDEXES);
	ck_assert_uint_ne(fls_index, FLS_OUT_OF_INDEXES);
	ck_assert(TlsSetValue(tls_index, &code));
	t = CreateThread(NULL, 0, use_slots, &tls_index, 0, NULL);
	ck_assert_uint_eq(WaitForSingleObject(t, INFINITE), WAIT_OBJECT_0);
	ck_assert(GetExitCodeThread(t, &code));
	ck_assert_uint_eq(code, 0);
	ck_assert_int_eq(atomic_load(&n_fls_calls), 1);
	ck_assert_ptr_eq(TlsGetValue(tls_index), &code);
	ck_assert(FlsSetValue(fls_index, &fls_index));
	ck_assert(FlsFree(fls_index));
	ck_assert_int_eq(atomic_load(&n_fls_calls), 2);
	ck_assert(TlsFree(tls_index));
	ck_assert(!TlsFree(tls_index));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert_uint_eq(TlsAlloc(), tls_index);
	ck_assert_ptr_null(TlsGetValue(tls_index));
	ck_assert(TlsFree(tls_index));
	ck_assert(CloseHandle(t));
}
END_TEST

static unsigned __stdcall crt_start(void *argument)
{
	return (unsigned)(uintptr_t)argument + 1;
}

static void __cdecl crt_start_void(void *event)
{
	SetEvent(event);
}

START_TEST(c_runtime_threads_start_and_end)
{
	HANDLE done = CreateEventA(NULL, TRUE, FALSE, NULL);
	uint32_t before = handle_count();
	unsigned id = 0;
	HANDLE t = (HANDLE)_beginthreadex(NULL, 0, crt_start, (void *)41, 0, &id);
	DWORD code;

	ck_assert_uint_eq(WaitForSingleObject(t, INFINITE), WAIT_OBJECT_0);
	ck_assert(GetExitCodeThread(t, &code));
	ck_assert_uint_eq(code, 42);
	ck_assert(CloseHandle(t));
	ck_assert(_beginthread(crt_start_void, 0, done) != (UINT_PTR)-1);
	ck_assert_uint_eq(WaitForSingleObject(done, INFINITE), WAIT_OBJECT_0);
	while (handle_count() > before)
		SwitchToThread();
	ck_assert(CloseHandle(done));
}
END_TEST

/*
 * Processes that end in each of the ways; the status is what the parent sees.  They are
 * this program again, so that they begin with nothing but their main thread.
 */

static DWORD WINAPI exit_process(LPVOID argument)
{
	ExitProcess((UINT)(uintptr_t)argument);
}

static DWORD WINAPI wait_for_ever(LPVOID unused)
{
	(void)unused;
	return SleepEx(INFINITE, FALSE);
}

static DWORD WINAPI end_after(LPVOID main_thread)
{
	WaitForSingleObject(main_thread, INFINITE);
	return 9;
}

static int status_of(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static pid_t start_again(const char *way)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/proc/self/exe", "test_shim_thread", way, (char *)NULL);
		_exit(126);
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

static void main_leaves_first(void)
{
	HANDLE self = NULL;

	DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(),
			&self, 0, FALSE, DUPLICATE_SAME_ACCESS);
	CreateThread(NULL, 0, end_after, self, 0, NULL);
	ExitThread(3);
}

static void thread_exits_process(void)
{
	CreateThread(NULL, 0, wait_for_ever, NULL, 0, NULL);
	CreateThread(NULL, 0, exit_process, (LPVOID)11, 0, NULL);
	wait_for_ever(NULL);
}

START_TEST(process_ends_with_its_last_thread_after_main_left)
{
	ck_assert_int_eq(status_of(start_again("main_leaves_first")), 9);
}
END_TEST

START_TEST(exit_process_ends_all_threads)
{
	ck_assert_int_eq(status_of(start_again("thread_exits_process")), 11);
}
END_TEST

START_TEST(process_ends_when_main_returns)
{
	ck_assert_int_eq(status_of(start_again("main_returns")), 0);
}
END_TEST

/* The thread sanitizer refuses threads after such a fork unless told otherwise. */
const char *__tsan_default_options(void);

const char *__tsan_default_options(void)
{
	return "die_after_fork=0";
}

START_TEST(child_of_a_fork_can_wait_and_make_threads)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
	HANDLE t = CreateThread(NULL, 0, wait_for_ever, NULL, 0, NULL);
	pid_t pid = fork();

	if (pid == 0) {
		DWORD code;
		HANDLE child;

		if (GetCurrentThreadId() != (DWORD)getpid())
			_exit(1);
		child = CreateThread(NULL, 0, return_argument, (LPVOID)21, 0, NULL);
		if (WaitForSingleObject(child, INFINITE) != WAIT_OBJECT_0)
			_exit(2);
		if (!GetExitCodeThread(child, &code) || !SetEvent(event))
			_exit(3);
		_exit((int)code);
	}
	ck_assert_int_eq(status_of(pid), 21);
	ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
	ck_assert(CloseHandle(event));
	ck_assert(CloseHandle(t));
}
END_TEST

int main(int argc, char **argv)
{
	Suite *s;
	TCase *tc;
	SRunner *sr;
	int n_failed;

	if (argc > 1 && strcmp(argv[1], "main_leaves_first") == 0)
		main_leaves_first();
	if (argc > 1 && strcmp(argv[1], "thread_exits_process") == 0)
		thread_exits_process();
	if (argc > 1) {
		CreateThread(NULL, 0, wait_for_ever, NULL, 0, NULL);
		return EXIT_SUCCESS;
	}
	s = suite_create("shim_thread");
	tc = tcase_create("thread");
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, exit_code_is_there_when_the_thread_is_signaled);
	tcase_add_test(tc, suspended_thread_begins_after_as_many_resumes);
	tcase_add_test(tc, only_a_thread_that_has_not_begun_can_be_terminated);
	tcase_add_test(tc, bad_parameters_make_no_thread);
	tcase_add_test(tc, last_error_is_one_per_thread);
	tcase_add_test(tc, foreign_thread_is_known_and_its_end_seen);
	tcase_add_test(tc, slots_are_one_per_thread_and_fiber_ones_call_back);
	tcase_add_test(tc, c_runtime_threads_start_and_end);
	tcase_add_test(tc, process_ends_with_its_last_thread_after_main_left);
	tcase_add_test(tc, exit_process_ends_all_threads);
	tcase_add_test(tc, process_ends_when_main_returns);
	tcase_add_test(tc, child_of_a_fork_can_wait_and_make_threads);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
