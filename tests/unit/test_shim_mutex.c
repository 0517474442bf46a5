/* SPDX-License-Identifier: MIT */
/* Mutexes, and the locks without handles. */
#include <check.h>
#include <stdlib.h>

#include <windows.h>

#include "kernel32-shim/thread.h"

#include "tests/lib/broker.h"

static struct test_broker broker; /* for names */

START_TEST(mutex_is_recursive_and_owned)
{
	HANDLE m = CreateMutexA(NULL, TRUE, NULL);

	ck_assert_uint_eq(WaitForSingleObject(m, 0), WAIT_OBJECT_0);
	ck_assert(ReleaseMutex(m));
	ck_assert(ReleaseMutex(m));
	ck_assert(!ReleaseMutex(m));
	ck_assert_uint_eq(GetLastError(), ERROR_NOT_OWNER);
	ck_assert(CloseHandle(m));
}
END_TEST

static DWORD WINAPI try_mutex(LPVOID m)
{
	return WaitForSingleObject(m, 0);
}

static DWORD WINAPI take_and_leave(LPVOID m)
{
	return WaitForSingleObject(m, INFINITE);
}

static DWORD run(LPTHREAD_START_ROUTINE fn, LPVOID argument)
{
	HANDLE t = CreateThread(NULL, 0, fn, argument, 0, NULL);
	DWORD code = 12345;

	ck_assert_ptr_nonnull(t);
	ck_assert_uint_eq(WaitForSingleObject(t, INFINITE), WAIT_OBJECT_0);
	ck_assert(GetExitCodeThread(t, &code));
	ck_assert(CloseHandle(t));
	return code;
}

START_TEST(mutex_excludes_other_threads)
{
	HANDLE m = CreateMutexA(NULL, TRUE, NULL);

	ck_assert_uint_eq(run(try_mutex, m), WAIT_TIMEOUT);
	ck_assert(ReleaseMutex(m));
	ck_assert(CloseHandle(m));
}
END_TEST

START_TEST(mutex_of_an_ended_thread_is_abandoned_once)
{
	HANDLE m[2] = {CreateMutexA(NULL, FALSE, NULL), CreateMutexA(NULL, FALSE, NULL)};

	ck_assert_uint_eq(run(take_and_leave, m[1]), WAIT_OBJECT_0);
	ck_assert_uint_eq(WaitForSingleObject(m[1], INFINITE), WAIT_ABANDONED_0);
	ck_assert(ReleaseMutex(m[1]));
	ck_assert_uint_eq(WaitForSingleObject(m[1], INFINITE), WAIT_OBJECT_0);
	ck_assert(ReleaseMutex(m[1]));
	ck_assert_uint_eq(run(take_and_leave, m[1]), WAIT_OBJECT_0);
	ck_assert_uint_eq(WaitForMultipleObjects(2, m, TRUE, INFINITE), WAIT_ABANDONED_0);
	ck_assert(ReleaseMutex(m[0]));
	ck_assert(ReleaseMutex(m[1]));
	ck_assert(CloseHandle(m[0]));
	ck_assert(CloseHandle(m[1]));
}
END_TEST

START_TEST(initial_owner_does_not_take_an_existing_mutex)
{
	HANDLE a, b;

	test_broker_start(&broker);
	a = CreateMutexA(NULL, FALSE, "owned");
	b = CreateMutexA(NULL, TRUE, "owned");
	ck_assert_uint_eq(GetLastError(), ERROR_ALREADY_EXISTS);
	ck_assert(!ReleaseMutex(b));
	ck_assert_uint_eq(GetLastError(), ERROR_NOT_OWNER);
	ck_assert_uint_eq(run(take_and_leave, a), WAIT_OBJECT_0);
	ck_assert(CloseHandle(a));
	ck_assert(CloseHandle(b));
	test_broker_stop(&broker);
}
END_TEST

START_TEST(closing_an_owned_mutex_is_harmless)
{
	HANDLE m = CreateMutexA(NULL, TRUE, NULL);

	ck_assert(CloseHandle(m));
	ck_assert(!ReleaseMutex(m));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
}
END_TEST

/* A plain counter under each lock in turn: exclusion makes the total exact. */

enum { N_THREADS = 4, N_ROUNDS = 5000 };

struct counted {
	CRITICAL_SECTION cs;
	SRWLOCK srw;
	HANDLE mutex;
	int by_cs, by_srw, by_mutex;
};

static DWORD WINAPI count_up(LPVOID user)
{
	struct counted *c = user;

	for (int i = 0; i < N_ROUNDS; i++) {
		EnterCriticalSection(&c->cs);
		EnterCriticalSection(&c->cs);
		c->by_cs++;
		LeaveCriticalSection(&c->cs);
		LeaveCriticalSection(&c->cs);
		AcquireSRWLockExclusive(&c->srw);
		c->by_srw++;
		ReleaseSRWLockExclusive(&c->srw);
		AcquireSRWLockShared(&c->srw);
		ck_assert_int_gt(c->by_srw, 0);
		ReleaseSRWLockShared(&c->srw);
		if (i % 10 == 0) {
			WaitForSingleObject(c->mutex, INFINITE);
			c->by_mutex++;
			ReleaseMutex(c->mutex);
		}
	}
	return 0;
}

START_TEST(locks_exclude)
{
	struct counted c = {.srw = SRWLOCK_INIT};
	HANDLE t[N_THREADS];

	InitializeCriticalSectionAndSpinCount(&c.cs, 100);
	c.mutex = CreateMutexA(NULL, FALSE, NULL);
	for (int i = 0; i < N_THREADS; i++)
		t[i] = CreateThread(NULL, 0, count_up, &c, 0, NULL);
	ck_assert_uint_eq(WaitForMultipleObjects(N_THREADS, t, TRUE, INFINITE),
			  WAIT_OBJECT_0);
	ck_assert_int_eq(c.by_cs, N_THREADS * N_ROUNDS);
	ck_assert_int_eq(c.by_srw, N_THREADS * N_ROUNDS);
	ck_assert_int_eq(c.by_mutex, N_THREADS * N_ROUNDS / 10);
	for (int i = 0; i < N_THREADS; i++)
		ck_assert(CloseHandle(t[i]));
	ck_assert(CloseHandle(c.mutex));
	DeleteCriticalSection(&c.cs);
}
END_TEST

static DWORD WINAPI try_section(LPVOID cs)
{
	return (DWORD)TryEnterCriticalSection(cs);
}

START_TEST(try_enter_fails_while_another_thread_is_inside)
{
	CRITICAL_SECTION cs;

	InitializeCriticalSection(&cs);
	ck_assert(TryEnterCriticalSection(&cs));
	ck_assert(TryEnterCriticalSection(&cs));
	ck_assert_uint_eq(run(try_section, &cs), FALSE);
	LeaveCriticalSection(&cs);
	LeaveCriticalSection(&cs);
	DeleteCriticalSection(&cs);
}
END_TEST

START_TEST(try_acquire_knows_readers_and_writers)
{
	SRWLOCK lock = SRWLOCK_INIT;

	ck_assert(TryAcquireSRWLockShared(&lock));
	ck_assert(TryAcquireSRWLockShared(&lock));
	ck_assert(!TryAcquireSRWLockExclusive(&lock));
	ReleaseSRWLockShared(&lock);
	ReleaseSRWLockShared(&lock);
	ck_assert(TryAcquireSRWLockExclusive(&lock));
	ck_assert(!TryAcquireSRWLockShared(&lock));
	ReleaseSRWLockExclusive(&lock);
}
END_TEST

/* A bounded queue of one, between a producer and a consumer. */

struct slot {
	CRITICAL_SECTION cs;
	CONDITION_VARIABLE changed;
	int value; /* 0: empty */
	int64_t sum;
};

static DWORD WINAPI consume(LPVOID user)
{
	struct slot *s = user;

	for (int i = 0; i < N_ROUNDS; i++) {
		EnterCriticalSection(&s->cs);
		while (s->value == 0)
			SleepConditionVariableCS(&s->changed, &s->cs, INFINITE);
		s->sum += s->value;
		s->value = 0;
		LeaveCriticalSection(&s->cs);
		WakeAllConditionVariable(&s->changed);
	}
	return 0;
}

START_TEST(condition_variable_loses_no_wake)
{
	struct slot s = {.changed = CONDITION_VARIABLE_INIT};
	HANDLE t;

	InitializeCriticalSection(&s.cs);
	t = CreateThread(NULL, 0, consume, &s, 0, NULL);
	for (int i = 1; i <= N_ROUNDS; i++) {
		EnterCriticalSection(&s.cs);
		while (s.value != 0)
			SleepConditionVariableCS(&s.changed, &s.cs, INFINITE);
		s.value = i;
		LeaveCriticalSection(&s.cs);
		WakeConditionVariable(&s.changed);
	}
	ck_assert_uint_eq(WaitForSingleObject(t, INFINITE), WAIT_OBJECT_0);
	ck_assert_int_eq(s.sum, (int64_t)N_ROUNDS * (N_ROUNDS + 1) / 2);
	ck_assert(CloseHandle(t));
	DeleteCriticalSection(&s.cs);
}
END_TEST

START_TEST(condition_variable_times_out)
{
	CONDITION_VARIABLE cv = CONDITION_VARIABLE_INIT;
	SRWLOCK lock = SRWLOCK_INIT;

	AcquireSRWLockExclusive(&lock);
	ck_assert(!SleepConditionVariableSRW(&cv, &lock, 5, 0));
	ck_assert_uint_eq(GetLastError(), ERROR_TIMEOUT);
	ck_assert(!TryAcquireSRWLockShared(&lock));
	ReleaseSRWLockExclusive(&lock);
}
END_TEST

static _Atomic int n_initialised;

static BOOL CALLBACK initialise(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
	(void)once;
	atomic_fetch_add(&n_initialised, 1);
	*context = parameter;
	return TRUE;
}

static BOOL CALLBACK fail_to_initialise(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
	(void)once;
	(void)parameter;
	(void)context;
	SetLastError(4711);
	return FALSE;
}

static INIT_ONCE shared_once = INIT_ONCE_STATIC_INIT;
static int once_context[4];

static DWORD WINAPI execute_once(LPVOID unused)
{
	PVOID context = NULL;

	(void)unused;
	if (!InitOnceExecuteOnce(&shared_once, initialise, once_context, &context))
		return 1;
	return context == once_context ? 0 : 2;
}

START_TEST(initialisation_happens_once)
{
	INIT_ONCE failing = INIT_ONCE_STATIC_INIT;
	HANDLE t[N_THREADS];

	for (int i = 0; i < N_THREADS; i++)
		t[i] = CreateThread(NULL, 0, execute_once, NULL, 0, NULL);
	ck_assert_uint_eq(WaitForMultipleObjects(N_THREADS, t, TRUE, INFINITE),
			  WAIT_OBJECT_0);
	for (int i = 0; i < N_THREADS; i++) {
		DWORD code;

		ck_assert(GetExitCodeThread(t[i], &code));
		ck_assert_uint_eq(code, 0);
		ck_assert(CloseHandle(t[i]));
	}
	ck_assert_int_eq(atomic_load(&n_initialised), 1);
	ck_assert(!InitOnceExecuteOnce(&failing, fail_to_initialise, NULL, NULL));
	ck_assert_uint_eq(GetLastError(), 4711);
	ck_assert(InitOnceExecuteOnce(&failing, initialise, once_context, NULL));
}
END_TEST

static DWORD WINAPI wait_on_address(LPVOID user)
{
	volatile uint32_t *word = user;
	uint32_t zero = 0;

	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == 0)
		WaitOnAddress(word, &zero, sizeof(zero), INFINITE);
	return *word;
}

START_TEST(address_wait_sees_the_new_value)
{
	uint32_t word = 0, other = 1;

	for (int i = 0; i < 200; i++) {
		HANDLE t;

		__atomic_store_n(&word, 0, __ATOMIC_RELEASE);
		t = CreateThread(NULL, 0, wait_on_address, &word, 0, NULL);
		__atomic_store_n(&word, 7, __ATOMIC_RELEASE);
		WakeByAddressSingle(&word);
		ck_assert_uint_eq(WaitForSingleObject(t, INFINITE), WAIT_OBJECT_0);
		ck_assert(CloseHandle(t));
	}
	ck_assert(WaitOnAddress(&word, &other, sizeof(other), INFINITE));
	other = 7;
	ck_assert(!WaitOnAddress(&word, &other, sizeof(other), 1));
	ck_assert_uint_eq(GetLastError(), ERROR_TIMEOUT);
	ck_assert(!WaitOnAddress(&word, &other, 3, 1));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shim_mutex");
	TCase *tc = tcase_create("mutex");
	SRunner *sr;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, mutex_is_recursive_and_owned);
	tcase_add_test(tc, mutex_excludes_other_threads);
	tcase_add_test(tc, mutex_of_an_ended_thread_is_abandoned_once);
	tcase_add_test(tc, initial_owner_does_not_take_an_existing_mutex);
	tcase_add_test(tc, closing_an_owned_mutex_is_harmless);
	tcase_add_test(tc, locks_exclude);
	tcase_add_test(tc, try_enter_fails_while_another_thread_is_inside);
	tcase_add_test(tc, try_acquire_knows_readers_and_writers);
	tcase_add_test(tc, condition_variable_loses_no_wake);
	tcase_add_test(tc, condition_variable_times_out);
	tcase_add_test(tc, initialisation_happens_once);
	tcase_add_test(tc, address_wait_sees_the_new_value);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
