/* SPDX-License-Identifier: MIT */
/*
 * Locks that are initialised by a call instead of a constant, threads that end themselves,
 * what a pool of threads is told beside its numbers, and exceptions that nobody continues.
 */
#include <check.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>
#include <npfs_try.h>
#include <process.h>

enum { WAITERS = 3 };

#define FAILS(call, error)                                \
	do {                                              \
		SetLastError(0);                          \
		ck_assert(!(call));                       \
		ck_assert_uint_eq(GetLastError(), error); \
	} while (0)

static DWORD code_of(HANDLE thread)
{
	DWORD code = 12345;

	ck_assert_uint_eq(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
	ck_assert(GetExitCodeThread(thread, &code));
	ck_assert(CloseHandle(thread));
	return code;
}

/* -------------------------------------------------------------------- locks */

START_TEST(a_section_spins_as_often_as_it_is_told)
{
	CRITICAL_SECTION cs;

	FAILS(InitializeCriticalSectionEx(&cs, 100, 0x1), ERROR_INVALID_PARAMETER);
	ck_assert(InitializeCriticalSectionEx(&cs, 100, CRITICAL_SECTION_NO_DEBUG_INFO));
	ck_assert_uint_eq(SetCriticalSectionSpinCount(&cs, 4000), 100);
	ck_assert_uint_eq(SetCriticalSectionSpinCount(&cs, 0xff000001), 4000);
	/* The upper bits are none of the count. */
	ck_assert_uint_eq(SetCriticalSectionSpinCount(&cs, 0), 1);
	EnterCriticalSection(&cs);
	ck_assert(TryEnterCriticalSection(&cs));
	LeaveCriticalSection(&cs);
	LeaveCriticalSection(&cs);
	DeleteCriticalSection(&cs);
}
END_TEST

static SRWLOCK lock;
static CONDITION_VARIABLE changed;
static LONG n_ready, value;

static DWORD WINAPI wait_for_value(void *unused)
{
	(void)unused;
	AcquireSRWLockExclusive(&lock);
	n_ready++;
	while (value == 0)
		if (!SleepConditionVariableSRW(&changed, &lock, INFINITE, 0))
			return 1;
	ReleaseSRWLockExclusive(&lock);
	return 0;
}

START_TEST(locks_from_garbage_work_when_they_are_initialised)
{
	HANDLE threads[WAITERS];

	memset(&lock, 0xa5, sizeof(lock));
	memset(&changed, 0xa5, sizeof(changed));
	InitializeSRWLock(&lock);
	InitializeConditionVariable(&changed);
	n_ready = value = 0;
	for (int i = 0; i < WAITERS; i++)
		threads[i] = CreateThread(NULL, 0, wait_for_value, NULL, 0, NULL);
	for (LONG n = 0; n < WAITERS; SwitchToThread()) {
		AcquireSRWLockShared(&lock);
		n = n_ready;
		ReleaseSRWLockShared(&lock);
	}
	/* Who has counted himself under the lock is asleep when another one has it. */
	AcquireSRWLockExclusive(&lock);
	value = 1;
	ReleaseSRWLockExclusive(&lock);
	WakeAllConditionVariable(&changed);
	for (int i = 0; i < WAITERS; i++)
		ck_assert_uint_eq(code_of(threads[i]), 0);
}
END_TEST

static _Atomic LONG address_value, n_asleep;

static DWORD WINAPI wait_on_address(void *unused)
{
	LONG before = 0;

	(void)unused;
	atomic_fetch_add(&n_asleep, 1);
	while (atomic_load(&address_value) == 0)
		if (!WaitOnAddress(&address_value, &before, sizeof(before), INFINITE))
			return 1;
	return 0;
}

/* Whether one sleeps already or comes later: nobody is left behind. */
START_TEST(all_who_wait_on_an_address_wake)
{
	HANDLE threads[WAITERS];

	atomic_store(&address_value, 0);
	atomic_store(&n_asleep, 0);
	for (int i = 0; i < WAITERS; i++)
		threads[i] = CreateThread(NULL, 0, wait_on_address, NULL, 0, NULL);
	while (atomic_load(&n_asleep) < WAITERS)
		SwitchToThread();
	WakeByAddressAll(&address_value);
	atomic_store(&address_value, 1);
	WakeByAddressAll(&address_value);
	for (int i = 0; i < WAITERS; i++)
		ck_assert_uint_eq(code_of(threads[i]), 0);
}
END_TEST

/* ------------------------------------------------------------------ threads */

static DWORD fls_index;
static _Atomic int n_fiber_ends;

static VOID WINAPI fiber_ends(void *data)
{
	if (data == &n_fiber_ends)
		atomic_fetch_add(&n_fiber_ends, 1);
}

static unsigned __stdcall ends_itself(void *argument)
{
	if (FlsGetValue(fls_index) || !FlsSetValue(fls_index, &n_fiber_ends) ||
	    FlsGetValue(fls_index) != &n_fiber_ends)
		return 1;
	_endthreadex(*(unsigned *)argument);
	return 2;
}

static void __cdecl ends_itself_too(void *argument)
{
	SetEvent(argument);
	_endthread();
	abort();
}

START_TEST(threads_end_where_they_say_so)
{
	unsigned wanted = 0xabcd1234;
	HANDLE reached = CreateEventA(NULL, FALSE, FALSE, NULL), thread;
	DWORD old;

	fls_index = FlsAlloc(fiber_ends);
	ck_assert_uint_ne(fls_index, FLS_OUT_OF_INDEXES);
	thread = (HANDLE)_beginthreadex(NULL, 0, ends_itself, &wanted, 0, NULL);
	ck_assert_uint_eq(code_of(thread), wanted);
	ck_assert_int_eq(atomic_load(&n_fiber_ends), 1);
	old = fls_index;
	ck_assert(FlsFree(fls_index));
	FAILS(FlsGetValue(old), ERROR_INVALID_PARAMETER);
	FAILS(FlsGetValue(FLS_OUT_OF_INDEXES), ERROR_INVALID_PARAMETER);
	ck_assert_uint_ne(_beginthread(ends_itself_too, 0, reached), (UINT_PTR)-1);
	ck_assert_uint_eq(WaitForSingleObject(reached, INFINITE), WAIT_OBJECT_0);
	CloseHandle(reached);
}
END_TEST

START_TEST(a_pool_keeps_what_it_is_told_of_stacks)
{
	TP_POOL_STACK_INFORMATION info = {.StackReserve = 1 << 20, .StackCommit = 1 << 16}, got;
	PTP_POOL pool = CreateThreadpool(NULL);

	ck_assert_ptr_nonnull(pool);
	ck_assert(SetThreadpoolStackInformation(pool, &info));
	ck_assert(QueryThreadpoolStackInformation(pool, &got));
	ck_assert_uint_eq(got.StackReserve, info.StackReserve);
	ck_assert_uint_eq(got.StackCommit, info.StackCommit);
	info.StackCommit = info.StackReserve + 1;
	FAILS(SetThreadpoolStackInformation(pool, &info), ERROR_INVALID_PARAMETER);
	FAILS(SetThreadpoolStackInformation(pool, NULL), ERROR_INVALID_PARAMETER);
	FAILS(QueryThreadpoolStackInformation(pool, NULL), ERROR_INVALID_PARAMETER);
	CloseThreadpool(pool);
}
END_TEST

static void CALLBACK give_up_library(PTP_CALLBACK_INSTANCE instance, void *library, PTP_WORK work)
{
	(void)work;
	FreeLibraryWhenCallbackReturns(instance, library);
}

START_TEST(a_library_goes_when_the_callback_has_returned)
{
	HMODULE library = LoadLibraryA("libm.so.6");
	PTP_WORK work;

	ck_assert_ptr_nonnull(library);
	work = CreateThreadpoolWork(give_up_library, library, NULL);
	SubmitThreadpoolWork(work);
	WaitForThreadpoolWorkCallbacks(work, FALSE);
	CloseThreadpoolWork(work);
	/* The last user is gone: the handle is none any more. */
	FAILS(FreeLibrary(library), ERROR_MOD_NOT_FOUND);
}
END_TEST

/* --------------------------------------------------------------- exceptions */

/* The signal that ends a child which runs @does; 0 when it exits with 0. */
static int ended_by(void (*does)(void))
{
	int status = 0;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct rlimit none = {0, 0};

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		signal(SIGTRAP, SIG_DFL);
		fclose(stderr);
		does();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status);
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	return 0;
}

static LONG WINAPI goes_on(EXCEPTION_POINTERS *pointers)
{
	return pointers->ExceptionRecord->ExceptionCode == 0xe0000001
		       ? EXCEPTION_CONTINUE_EXECUTION
		       : EXCEPTION_EXECUTE_HANDLER;
}

static void raise_known(void)
{
	RaiseException(0xe0000001, 0, 0, NULL);
}

static void raise_unknown(void)
{
	RaiseException(0xe0000002, 0, 0, NULL);
}

static void raise_final(void)
{
	RaiseException(0xe0000001, EXCEPTION_NONCONTINUABLE, 0, NULL);
}

START_TEST(the_filter_decides_about_what_nobody_handles)
{
	ck_assert_int_eq(ended_by(raise_known), SIGABRT);
	ck_assert_ptr_null((void *)(uintptr_t)SetUnhandledExceptionFilter(goes_on));
	ck_assert_int_eq(ended_by(raise_known), 0);
	ck_assert_int_eq(ended_by(raise_unknown), SIGABRT);
	ck_assert_int_eq(ended_by(raise_final), SIGABRT);
	ck_assert(SetUnhandledExceptionFilter(NULL) == goes_on);
}
END_TEST

static void leave_inside(void)
{
	int is_inside = 1;

	npfs_try_left(&is_inside);
}

static void leave_outside(void)
{
	int is_inside = 0;

	npfs_try_left(&is_inside);
}

START_TEST(breaks_and_blocks_that_are_left_end_the_program)
{
	ck_assert_int_eq(ended_by(DebugBreak), SIGTRAP);
	ck_assert_int_eq(ended_by(leave_inside), SIGABRT);
	ck_assert_int_eq(ended_by(leave_outside), 0);
}
END_TEST

START_TEST(code_is_where_there_is_something)
{
	ck_assert(!IsBadCodePtr((FARPROC)(uintptr_t)goes_on));
	ck_assert(IsBadCodePtr(NULL));
	ck_assert(IsBadCodePtr((FARPROC)(uintptr_t)0x10));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shim_locks");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_section_spins_as_often_as_it_is_told);
	tcase_add_test(tc, locks_from_garbage_work_when_they_are_initialised);
	tcase_add_test(tc, all_who_wait_on_an_address_wake);
	tcase_add_test(tc, threads_end_where_they_say_so);
	tcase_add_test(tc, a_pool_keeps_what_it_is_told_of_stacks);
	tcase_add_test(tc, a_library_goes_when_the_callback_has_returned);
	tcase_add_test(tc, the_filter_decides_about_what_nobody_handles);
	tcase_add_test(tc, breaks_and_blocks_that_are_left_end_the_program);
	tcase_add_test(tc, code_is_where_there_is_something);
	suite_add_tcase(suite, tc);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
