/* SPDX-License-Identifier: MIT */
/*
 * The handle table: what handles look like, which values are refused, how a close meets
 * calls in progress, and that a million fit.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include <windows.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/thread.h"

struct probe {
	struct object object;
	int *n_closedp;
	int *n_destroyedp;
};

static void probe_closed(struct object *o)
{
	++*((struct probe *)(void *)o)->n_closedp;
}

static void probe_destroy(struct object *o)
{
	++*((struct probe *)(void *)o)->n_destroyedp;
	free(o);
}

static const struct object_ops probe_ops = {
	.type = OBJECT_DISK_FILE,
	.signal_kind = OBJECT_SIGNAL_MANUAL,
	.name = "probe",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_nothing,
	.last_handle_closed = probe_closed,
	.destroy = probe_destroy,
};

static struct object *probe_new(int *n_closedp, int *n_destroyedp)
{
	struct probe *p = calloc(1, sizeof(*p));

	ck_assert_ptr_nonnull(p);
	object_init(&p->object, &probe_ops, true);
	p->n_closedp = n_closedp;
	p->n_destroyedp = n_destroyedp;
	return &p->object;
}

START_TEST(handles_are_positive_multiples_of_four)
{
	HANDLE h = CreateEventA(NULL, TRUE, FALSE, NULL);

	ck_assert_ptr_nonnull(h);
	ck_assert_uint_eq((uintptr_t)h % 4, 0);
	ck_assert_uint_le((uintptr_t)h, INT32_MAX);
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(low_two_bits_are_ignored)
{
	HANDLE h = CreateEventA(NULL, TRUE, FALSE, NULL);

	ck_assert(SetEvent((HANDLE)((uintptr_t)h | 1)));
	ck_assert(SetEvent((HANDLE)((uintptr_t)h | 3)));
	ck_assert(CloseHandle((HANDLE)((uintptr_t)h | 2)));
	ck_assert(!CloseHandle(h));
}
END_TEST

START_TEST(what_is_no_handle_is_refused)
{
	int local = 0;
	const HANDLE bad[] = {
		NULL,
		(HANDLE)(uintptr_t)1,
		(HANDLE)(uintptr_t)0x7ffffffc,
		(HANDLE)(uintptr_t)0x80000000,
		(HANDLE)(intptr_t)-3,
		(HANDLE)(intptr_t)-12,
		(HANDLE)&local,
		(HANDLE)(uintptr_t)0x003ffffc,
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		SetLastError(0);
		ck_assert(!CloseHandle(bad[i]));
		ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
		SetLastError(0);
		ck_assert(!SetEvent(bad[i]));
		ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
		SetLastError(0);
		ck_assert_uint_eq(WaitForSingleObject(bad[i], 0), WAIT_FAILED);
		ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	}
}
END_TEST

START_TEST(stale_handles_are_recognised_through_many_lives)
{
	HANDLE first = CreateEventA(NULL, TRUE, FALSE, NULL);

	ck_assert(CloseHandle(first));
	/* 255 slots in the first segment, so this passes each of them several times. */
	for (int i = 0; i < 2000; i++) {
		HANDLE h = CreateEventA(NULL, TRUE, FALSE, NULL);

		ck_assert_ptr_ne(h, first);
		ck_assert(!SetEvent(first));
		ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
		ck_assert(CloseHandle(h));
	}
}
END_TEST

START_TEST(wrong_kind_is_an_invalid_handle)
{
	HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);

	ck_assert(!SetEvent(mutex));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!ReleaseSemaphore(mutex, 1, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(CloseHandle(mutex));
}
END_TEST

START_TEST(pseudo_handles_close_without_effect)
{
	ck_assert(CloseHandle(GetCurrentProcess()));
	ck_assert(CloseHandle(GetCurrentThread()));
	ck_assert_uint_eq(WaitForSingleObject(GetCurrentProcess(), 0), WAIT_TIMEOUT);
	ck_assert_uint_eq(WaitForSingleObject(GetCurrentThread(), 0), WAIT_TIMEOUT);
	ck_assert(!SetEvent(INVALID_HANDLE_VALUE));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
}
END_TEST

START_TEST(last_handle_closes_and_last_reference_destroys)
{
	int n_closed = 0, n_destroyed = 0;
	struct object *o = probe_new(&n_closed, &n_destroyed);
	HANDLE a = handle_new(o, FILE_ALL_ACCESS, 0);
	HANDLE b = handle_new(o, FILE_ALL_ACCESS, 0);

	ck_assert_uint_eq(handle_close(a), STATUS_SUCCESS);
	ck_assert_int_eq(n_closed, 0);
	ck_assert_uint_eq(handle_close(b), STATUS_SUCCESS);
	ck_assert_int_eq(n_closed, 1);
	ck_assert_int_eq(n_destroyed, 0);
	object_unref(o);
	ck_assert_int_eq(n_destroyed, 1);
}
END_TEST

START_TEST(close_is_finished_by_the_last_unpin)
{
	int n_closed = 0, n_destroyed = 0;
	HANDLE h = handle_new_take(probe_new(&n_closed, &n_destroyed), 7, 0);
	struct handle_pin first, second, third;
	uint32_t access = 0;

	ck_assert_ptr_nonnull(handle_pin(h, OBJECT_DISK_FILE, &access, &first));
	ck_assert_uint_eq(access, 7);
	ck_assert_ptr_nonnull(handle_pin(h, OBJECT_ANY, NULL, &second));
	ck_assert_uint_eq(handle_close(h), STATUS_SUCCESS);
	ck_assert_uint_eq(handle_close(h), STATUS_INVALID_HANDLE);
	ck_assert_ptr_null(handle_pin(h, OBJECT_ANY, NULL, &third));
	handle_unpin(&first);
	ck_assert_int_eq(n_closed, 0);
	handle_unpin(&second);
	ck_assert_int_eq(n_closed, 1);
	ck_assert_int_eq(n_destroyed, 1);
}
END_TEST

START_TEST(protected_handle_does_not_close)
{
	HANDLE h = CreateEventA(NULL, TRUE, FALSE, NULL);
	DWORD flags = 0;

	ck_assert(SetHandleInformation(h, HANDLE_FLAG_PROTECT_FROM_CLOSE,
				       HANDLE_FLAG_PROTECT_FROM_CLOSE));
	ck_assert(GetHandleInformation(h, &flags));
	ck_assert_uint_eq(flags, HANDLE_FLAG_PROTECT_FROM_CLOSE);
	ck_assert(!CloseHandle(h));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(SetHandleInformation(h, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
	ck_assert(CloseHandle(h));
	ck_assert(!GetHandleInformation(h, &flags));
	ck_assert(!SetHandleInformation(h, 4, 4));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(duplicates_share_the_object)
{
	SECURITY_ATTRIBUTES sa = {sizeof(sa), NULL, TRUE};
	HANDLE h = CreateEventA(&sa, TRUE, FALSE, NULL), copy = NULL, limited = NULL;
	DWORD flags;

	ck_assert(GetHandleInformation(h, &flags));
	ck_assert_uint_eq(flags, HANDLE_FLAG_INHERIT);
	ck_assert(DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &copy, 0,
				  FALSE, DUPLICATE_SAME_ACCESS));
	ck_assert(DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &limited,
				  SYNCHRONIZE, FALSE, 0));
	ck_assert(CompareObjectHandles(h, copy));
	ck_assert(GetHandleInformation(copy, &flags));
	ck_assert_uint_eq(flags, 0);
	ck_assert(SetEvent(h));
	ck_assert(CloseHandle(h));
	ck_assert_uint_eq(WaitForSingleObject(copy, 0), WAIT_OBJECT_0);
	ck_assert(!ResetEvent(limited));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert(CloseHandle(limited));
	h = NULL;
	ck_assert(DuplicateHandle(GetCurrentProcess(), copy, GetCurrentProcess(), &h, 0,
				  FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
	ck_assert(!CloseHandle(copy));
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(duplicating_a_pseudo_handle_makes_a_real_one)
{
	HANDLE self = NULL;

	ck_assert(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(),
				  GetCurrentProcess(), &self, 0, FALSE,
				  DUPLICATE_SAME_ACCESS));
	ck_assert_ptr_ne(self, GetCurrentThread());
	ck_assert_uint_eq(GetThreadId(self), GetCurrentThreadId());
	ck_assert(CloseHandle(self));
}
END_TEST

START_TEST(a_million_handles_fit_and_the_next_is_refused)
{
	int n_closed = 0, n_destroyed = 0;
	struct object *o = probe_new(&n_closed, &n_destroyed);
	uint32_t before = handle_count();
	uint32_t n = HANDLE_TABLE_MAX - before;
	HANDLE *all = calloc(n, sizeof(*all));

	ck_assert_uint_ge(n, 1000000);
	ck_assert_ptr_nonnull(all);
	for (uint32_t i = 0; i < n; i++) {
		all[i] = handle_new(o, 0, 0);
		if (!all[i])
			ck_abort_msg("handle %u was refused", i);
	}
	ck_assert_ptr_null(handle_new(o, 0, 0));
	ck_assert_uint_eq(GetLastError(), ERROR_NO_SYSTEM_RESOURCES);
	for (uint32_t i = 0; i < n; i++)
		if (handle_close(all[i]) != STATUS_SUCCESS)
			ck_abort_msg("handle %u did not close", i);
	ck_assert_uint_eq(handle_count(), before);
	ck_assert_int_eq(n_closed, 1);
	free(all);
	object_unref(o);
}
END_TEST

/* Threads that look a handle up while others close it and make the next one. */

enum { N_RACERS = 4, N_ROUNDS = 20000 };

static _Atomic(HANDLE) shared_handle;
static _Atomic bool racing;

static void *race_lookup(void *user)
{
	(void)user;
	while (atomic_load(&racing)) {
		HANDLE h = atomic_load(&shared_handle);
		struct handle_pin pin;
		struct object *o = handle_pin(h, OBJECT_DISK_FILE, NULL, &pin);

		if (!o)
			continue;
		/* A pin keeps both lives going, whatever closes meanwhile. */
		ck_assert_uint_ge(atomic_load(&o->n_handles), 1);
		handle_unpin(&pin);
	}
	return NULL;
}

START_TEST(lookups_race_with_closes)
{
	static int n_closed[N_ROUNDS], n_destroyed[N_ROUNDS];
	pthread_t racers[N_RACERS];

	atomic_store(&racing, true);
	for (int i = 0; i < N_RACERS; i++)
		ck_assert_int_eq(pthread_create(&racers[i], NULL, race_lookup, NULL), 0);
	for (int i = 0; i < N_ROUNDS; i++) {
		HANDLE h =
			handle_new_take(probe_new(&n_closed[i], &n_destroyed[i]), 0, 0);

		atomic_store(&shared_handle, h);
		ck_assert_uint_eq(handle_close(h), STATUS_SUCCESS);
	}
	atomic_store(&racing, false);
	for (int i = 0; i < N_RACERS; i++)
		ck_assert_int_eq(pthread_join(racers[i], NULL), 0);
	for (int i = 0; i < N_ROUNDS; i++) {
		ck_assert_int_eq(n_closed[i], 1);
		ck_assert_int_eq(n_destroyed[i], 1);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shim_handles");
	TCase *tc = tcase_create("handles");
	SRunner *sr;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, handles_are_positive_multiples_of_four);
	tcase_add_test(tc, low_two_bits_are_ignored);
	tcase_add_test(tc, what_is_no_handle_is_refused);
	tcase_add_test(tc, stale_handles_are_recognised_through_many_lives);
	tcase_add_test(tc, wrong_kind_is_an_invalid_handle);
	tcase_add_test(tc, pseudo_handles_close_without_effect);
	tcase_add_test(tc, last_handle_closes_and_last_reference_destroys);
	tcase_add_test(tc, close_is_finished_by_the_last_unpin);
	tcase_add_test(tc, protected_handle_does_not_close);
	tcase_add_test(tc, duplicates_share_the_object);
	tcase_add_test(tc, duplicating_a_pseudo_handle_makes_a_real_one);
	tcase_add_test(tc, a_million_handles_fit_and_the_next_is_refused);
	tcase_add_test(tc, lookups_race_with_closes);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
