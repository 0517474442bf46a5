/* SPDX-License-Identifier: MIT */
/*
 * No memory is allocated for a request once as many were in flight before: the program's
 * own malloc counts
 */
#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/proc.h"
#include "tests/lib/sanitizer.h"

#define NAME	   "\\\\.\\pipe\\no-alloc"
#define QUOTA	   4096u
#define READ_WRITE (GENERIC_READ | GENERIC_WRITE)

#if TEST_IS_SANITIZED
int main(void)
{
	puts("skipped: the sanitizer has a malloc of its own");
	return 77;
}
#else

enum { N_WARM_UP = 64, N_COUNTED = 2000 };

/* counting */

static _Atomic unsigned n_allocations;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t size);

void *malloc(size_t size)
{
	atomic_fetch_add(&n_allocations, 1);
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	atomic_fetch_add(&n_allocations, 1);
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	atomic_fetch_add(&n_allocations, 1);
	return __libc_realloc(p, size);
}

/* the pipe */

static struct test_broker broker;
static HANDLE server, client;

static void open_pipe(DWORD flags)
{
	DWORD mode = PIPE_READMODE_MESSAGE;

	server = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX | flags,
				  PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, QUOTA, QUOTA,
				  0, NULL);
	ck_assert_ptr_ne(server, INVALID_HANDLE_VALUE);
	client = CreateFileA(NAME, READ_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
	ck_assert_ptr_ne(client, INVALID_HANDLE_VALUE);
	ck_assert(SetNamedPipeHandleState(client, &mode, NULL, NULL));
}

static void close_pipe(void)
{
	CloseHandle(client);
	CloseHandle(server);
}

static void setup(void)
{
	test_broker_start(&broker);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

/* Runs @round often and counts; it must not allocate, Check's assertions among it. */
static unsigned count(void (*round)(void *arg), void *arg)
{
	for (unsigned i = 0; i < N_WARM_UP; i++)
		round(arg);
	atomic_store(&n_allocations, 0);
	for (unsigned i = 0; i < N_COUNTED; i++)
		round(arg);
	return atomic_load(&n_allocations);
}

START_TEST(the_counter_counts)
{
	unsigned before = atomic_load(&n_allocations);
	void *volatile p = malloc(10);

	ck_assert_uint_gt(atomic_load(&n_allocations), before);
	free(p);
}
END_TEST

static void sync_round(void *arg)
{
	char bytes[64] = { 0 };
	DWORD n;

	(void)arg;
	test_require(WriteFile(server, bytes, sizeof(bytes), &n, NULL), "WriteFile");
	test_require(ReadFile(client, bytes, sizeof(bytes), &n, NULL), "ReadFile");
}

START_TEST(synchronous_calls_do_not_allocate)
{
	open_pipe(0);
	ck_assert_uint_eq(count(sync_round, NULL), 0);
	close_pipe();
}
END_TEST

static void event_round(void *arg)
{
	OVERLAPPED overlapped = { .hEvent = arg };
	char in[64], out[64] = { 0 };
	DWORD n;

	test_require(!ReadFile(client, in, sizeof(in), NULL, &overlapped) &&
			     GetLastError() == ERROR_IO_PENDING,
		     "ReadFile");
	test_require(WriteFile(server, out, sizeof(out), NULL, &(OVERLAPPED){ 0 }),
		     "WriteFile");
	test_require(GetOverlappedResult(client, &overlapped, &n, TRUE) && n == sizeof(in),
		     "GetOverlappedResult");
}

START_TEST(requests_with_an_event_do_not_allocate)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);

	open_pipe(FILE_FLAG_OVERLAPPED);
	ck_assert_uint_eq(count(event_round, event), 0);
	close_pipe();
	CloseHandle(event);
}
END_TEST

static void port_round(void *arg)
{
	OVERLAPPED overlapped = { 0 }, *got = NULL;
	char in[64], out[64] = { 0 };
	ULONG_PTR key;
	DWORD n;

	test_require(!ReadFile(client, in, sizeof(in), NULL, &overlapped) &&
			     GetLastError() == ERROR_IO_PENDING,
		     "ReadFile");
	test_require(WriteFile(server, out, sizeof(out), NULL, &(OVERLAPPED){ 0 }),
		     "WriteFile");
	test_require(GetQueuedCompletionStatus(arg, &n, &key, &got, TEST_DEADLINE_MS) &&
			     got == &overlapped,
		     "GetQueuedCompletionStatus");
}

START_TEST(requests_with_a_port_do_not_allocate)
{
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);

	open_pipe(FILE_FLAG_OVERLAPPED);
	ck_assert_ptr_eq(CreateIoCompletionPort(client, port, 0, 0), port);
	ck_assert_uint_eq(count(port_round, port), 0);
	close_pipe();
	CloseHandle(port);
}
END_TEST

static volatile LONG n_routines;

static VOID CALLBACK routine(DWORD error, DWORD n, LPOVERLAPPED overlapped)
{
	(void)overlapped;
	test_require(!error && n == 64, "routine");
	n_routines++;
}

static void apc_round(void *arg)
{
	OVERLAPPED overlapped = { 0 };
	char in[64], out[64] = { 0 };
	LONG before = n_routines;

	(void)arg;
	test_require(ReadFileEx(client, in, sizeof(in), &overlapped, routine), "ReadFileEx");
	test_require(WriteFile(server, out, sizeof(out), NULL, &(OVERLAPPED){ 0 }),
		     "WriteFile");
	while (n_routines == before)
		SleepEx(TEST_DEADLINE_MS, TRUE);
}

START_TEST(requests_with_a_routine_do_not_allocate)
{
	open_pipe(FILE_FLAG_OVERLAPPED);
	ck_assert_uint_eq(count(apc_round, NULL), 0);
	close_pipe();
}
END_TEST

static Suite *no_alloc_suite(void)
{
	Suite *s = suite_create("no_alloc");
	TCase *tc = tcase_create("no_alloc");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_counter_counts);
	tcase_add_test(tc, synchronous_calls_do_not_allocate);
	tcase_add_test(tc, requests_with_an_event_do_not_allocate);
	tcase_add_test(tc, requests_with_a_port_do_not_allocate);
	tcase_add_test(tc, requests_with_a_routine_do_not_allocate);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(no_alloc_suite());
	int n_failed;

	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? 1 : 0;
}
#endif
