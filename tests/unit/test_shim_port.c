/* SPDX-License-Identifier: MIT */
/* Completion ports: packets, order of threads, concurrency, closing. */
#include <check.h>
#include <stdlib.h>

#include <windows.h>

#include "kernel32-shim/completion_port.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/wait.h"

static HANDLE port_with(DWORD concurrency)
{
	HANDLE h = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, concurrency);

	ck_assert_ptr_nonnull(h);
	return h;
}

START_TEST(packets_come_first_in_first_out)
{
	HANDLE h = port_with(0);
	OVERLAPPED ov[3], *got;
	ULONG_PTR key;
	DWORD bytes;

	for (DWORD i = 0; i < 3; i++)
		ck_assert(PostQueuedCompletionStatus(h, 10 + i, 20 + i, &ov[i]));
	for (DWORD i = 0; i < 3; i++) {
		ck_assert(GetQueuedCompletionStatus(h, &bytes, &key, &got, 0));
		ck_assert_uint_eq(bytes, 10 + i);
		ck_assert_uint_eq(key, 20 + i);
		ck_assert_ptr_eq(got, &ov[i]);
	}
	got = &ov[0];
	ck_assert(!GetQueuedCompletionStatus(h, &bytes, &key, &got, 5));
	ck_assert_uint_eq(GetLastError(), WAIT_TIMEOUT);
	ck_assert_ptr_null(got);
	ck_assert(CloseHandle(h));
	ck_assert(!GetQueuedCompletionStatus(h, &bytes, &key, &got, 0));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
}
END_TEST

START_TEST(failed_packet_gives_its_error_and_its_contents)
{
	HANDLE h = port_with(0);
	struct object *port = port_from_handle(h);
	OVERLAPPED ov, *got = NULL;
	ULONG_PTR key = 0;
	DWORD bytes = 0;

	ck_assert_uint_eq(port_post(port, 7, &ov, 5, STATUS_BUFFER_OVERFLOW),
			  STATUS_SUCCESS);
	ck_assert(!GetQueuedCompletionStatus(h, &bytes, &key, &got, INFINITE));
	ck_assert_uint_eq(GetLastError(), ERROR_MORE_DATA);
	ck_assert_uint_eq(bytes, 5);
	ck_assert_uint_eq(key, 7);
	ck_assert_ptr_eq(got, &ov);
	object_unref(port);
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(several_packets_come_in_one_call)
{
	HANDLE h = port_with(0);
	OVERLAPPED_ENTRY entries[4];
	ULONG n = 99;

	for (DWORD i = 0; i < 3; i++)
		ck_assert(PostQueuedCompletionStatus(h, i, 0, NULL));
	ck_assert(GetQueuedCompletionStatusEx(h, entries, 2, &n, 0, FALSE));
	ck_assert_uint_eq(n, 2);
	ck_assert(GetQueuedCompletionStatusEx(h, entries, 4, &n, 0, FALSE));
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(entries[0].dwNumberOfBytesTransferred, 2);
	ck_assert(!GetQueuedCompletionStatusEx(h, entries, 4, &n, 0, FALSE));
	ck_assert_uint_eq(GetLastError(), WAIT_TIMEOUT);
	ck_assert(!GetQueuedCompletionStatusEx(h, entries, 0, &n, 0, FALSE));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(CloseHandle(h));
}
END_TEST

static VOID CALLBACK set_flag(ULONG_PTR flag)
{
	*(bool *)flag = true;
}

START_TEST(alertable_fetch_ends_with_an_apc)
{
	HANDLE h = port_with(0);
	OVERLAPPED_ENTRY entry;
	bool ran = false;
	ULONG n;

	ck_assert(QueueUserAPC(set_flag, GetCurrentThread(), (ULONG_PTR)&ran));
	ck_assert(!GetQueuedCompletionStatusEx(h, &entry, 1, &n, INFINITE, TRUE));
	ck_assert_uint_eq(GetLastError(), WAIT_IO_COMPLETION);
	ck_assert(ran);
	ck_assert(CloseHandle(h));
}
END_TEST

START_TEST(what_is_no_port_or_no_file_is_refused)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), h = port_with(0);

	ck_assert(!PostQueuedCompletionStatus(event, 0, 0, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert_ptr_null(CreateIoCompletionPort(INVALID_HANDLE_VALUE, h, 0, 0));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert_ptr_null(CreateIoCompletionPort(NULL, h, 0, 0));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert_ptr_null(CreateIoCompletionPort(event, h, 0, 0));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(CloseHandle(event));
	ck_assert(CloseHandle(h));
}
END_TEST

/* Threads at a port. */

struct worker {
	HANDLE port;
	HANDLE took; /* set after each packet */
	HANDLE go;   /* waited for before the next fetch; NULL: not at all */
	_Atomic int n_taken;
	DWORD error; /* of the fetch that ended it */
};

static DWORD WINAPI work(LPVOID user)
{
	struct worker *w = user;

	for (;;) {
		OVERLAPPED *ov;
		ULONG_PTR key;
		DWORD bytes;

		if (!GetQueuedCompletionStatus(w->port, &bytes, &key, &ov, INFINITE)) {
			w->error = GetLastError();
			return 0;
		}
		if (bytes == 0)
			return 0;
		atomic_fetch_add(&w->n_taken, 1);
		SetEvent(w->took);
		if (w->go)
			WaitForSingleObject(w->go, INFINITE);
	}
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

START_TEST(last_thread_to_wait_is_first_to_work)
{
	HANDLE h = port_with(0), took = CreateEventA(NULL, FALSE, FALSE, NULL);
	struct worker w[2] = {{.port = h, .took = took}, {.port = h, .took = took}};
	HANDLE t[2];

	for (int i = 0; i < 2; i++) {
		t[i] = CreateThread(NULL, 0, work, &w[i], 0, NULL);
		until_waiting(t[i]);
	}
	for (int i = 0; i < 20; i++) {
		ck_assert(PostQueuedCompletionStatus(h, 1, 0, NULL));
		ck_assert_uint_eq(WaitForSingleObject(took, INFINITE), WAIT_OBJECT_0);
		until_waiting(t[1]);
	}
	ck_assert_int_eq(atomic_load(&w[0].n_taken), 0);
	ck_assert_int_eq(atomic_load(&w[1].n_taken), 20);
	ck_assert(CloseHandle(h));
	ck_assert_uint_eq(WaitForMultipleObjects(2, t, TRUE, INFINITE), WAIT_OBJECT_0);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(w[i].error, ERROR_ABANDONED_WAIT_0);
		ck_assert(CloseHandle(t[i]));
	}
	ck_assert(CloseHandle(took));
}
END_TEST

struct waiter {
	HANDLE port;
	bool takes_many;
	OVERLAPPED *got;
	ULONG n;
	DWORD error;
};

static DWORD WINAPI wait_for_nothing(void *arg)
{
	struct waiter *w = arg;
	OVERLAPPED_ENTRY entries[2];
	OVERLAPPED not_yet;
	ULONG_PTR key;
	DWORD bytes;
	BOOL result;

	w->got = &not_yet;
	if (w->takes_many)
		result = GetQueuedCompletionStatusEx(w->port, entries, 2, &w->n, INFINITE, FALSE);
	else
		result = GetQueuedCompletionStatus(w->port, &bytes, &key, &w->got, INFINITE);
	w->error = GetLastError();
	return (DWORD)result;
}

START_TEST(closing_the_port_releases_all_who_wait_at_it)
{
	enum { N = 6 };
	HANDLE h = port_with(0), t[N];
	struct waiter w[N];

	for (unsigned i = 0; i < N; i++) {
		w[i] = (struct waiter){.port = h, .takes_many = i % 2};
		t[i] = CreateThread(NULL, 0, wait_for_nothing, &w[i], 0, NULL);
		ck_assert_ptr_nonnull(t[i]);
		until_waiting(t[i]);
	}
	ck_assert(CloseHandle(h));
	ck_assert_uint_eq(WaitForMultipleObjects(N, t, TRUE, INFINITE), WAIT_OBJECT_0);
	for (unsigned i = 0; i < N; i++) {
		DWORD result;

		ck_assert(GetExitCodeThread(t[i], &result));
		ck_assert_uint_eq(result, FALSE);
		ck_assert_uint_eq(w[i].error, ERROR_ABANDONED_WAIT_0);
		if (!w[i].takes_many)
			ck_assert_ptr_null(w[i].got);
		ck_assert(CloseHandle(t[i]));
	}
}
END_TEST

/* With a concurrency of one, the second packet waits for the first thread to block. */

static struct {
	HANDLE port;
	HANDLE fetched;
	_Atomic bool may_block;
	HANDLE hold;
} busy;

static DWORD WINAPI fetch_and_spin(LPVOID unused)
{
	OVERLAPPED *ov;
	ULONG_PTR key;
	DWORD bytes;

	(void)unused;
	if (!GetQueuedCompletionStatus(busy.port, &bytes, &key, &ov, INFINITE))
		return 1;
	ReleaseSemaphore(busy.fetched, 1, NULL);
	while (!atomic_load(&busy.may_block))
		SwitchToThread();
	return WaitForSingleObject(busy.hold, INFINITE);
}

START_TEST(concurrency_holds_packets_back_until_a_thread_blocks)
{
	HANDLE t[2];

	busy.port = port_with(1);
	busy.fetched = CreateSemaphoreA(NULL, 0, 2, NULL);
	busy.hold = CreateEventA(NULL, TRUE, FALSE, NULL);
	for (int i = 0; i < 2; i++) {
		t[i] = CreateThread(NULL, 0, fetch_and_spin, NULL, 0, NULL);
		until_waiting(t[i]);
	}
	ck_assert(PostQueuedCompletionStatus(busy.port, 1, 0, NULL));
	ck_assert(PostQueuedCompletionStatus(busy.port, 2, 0, NULL));
	ck_assert_uint_eq(WaitForSingleObject(busy.fetched, INFINITE), WAIT_OBJECT_0);
	ck_assert_uint_eq(WaitForSingleObject(busy.fetched, 20), WAIT_TIMEOUT);
	atomic_store(&busy.may_block, true);
	ck_assert_uint_eq(WaitForSingleObject(busy.fetched, INFINITE), WAIT_OBJECT_0);
	ck_assert(SetEvent(busy.hold));
	ck_assert_uint_eq(WaitForMultipleObjects(2, t, TRUE, INFINITE), WAIT_OBJECT_0);
	for (int i = 0; i < 2; i++)
		ck_assert(CloseHandle(t[i]));
	ck_assert(CloseHandle(busy.port));
	ck_assert(CloseHandle(busy.fetched));
	ck_assert(CloseHandle(busy.hold));
}
END_TEST

/* Packets of a caller's own come back to him, fetched or not. */

static int n_done;

static void own_done(struct port_packet *packet)
{
	(void)packet;
	n_done++;
}

START_TEST(own_packets_come_back_fetched_or_not)
{
	HANDLE h = port_with(0);
	struct object *port = port_from_handle(h);
	struct port_packet packet[2];
	OVERLAPPED *ov;
	ULONG_PTR key;
	DWORD bytes;

	for (int i = 0; i < 2; i++) {
		port_packet_init(&packet[i], own_done);
		packet[i].key = 3;
		packet[i].overlapped = NULL;
		packet[i].bytes = 4;
		packet[i].status = STATUS_SUCCESS;
		ck_assert_uint_eq(port_post_packet(port, &packet[i]), STATUS_SUCCESS);
	}
	ck_assert(GetQueuedCompletionStatus(h, &bytes, &key, &ov, 0));
	ck_assert_int_eq(n_done, 1);
	ck_assert(CloseHandle(h));
	ck_assert_int_eq(n_done, 2);
	ck_assert_uint_eq(port_post_packet(port, &packet[0]), STATUS_INVALID_HANDLE);
	ck_assert_int_eq(n_done, 2);
	object_unref(port);
}
END_TEST

START_TEST(many_packets_reach_many_threads_once_each)
{
	enum { N = 4, PACKETS = 20000 };
	HANDLE h = port_with(2), took = CreateEventA(NULL, FALSE, FALSE, NULL);
	struct worker w[N];
	HANDLE t[N];
	int sum = 0;

	for (int i = 0; i < N; i++) {
		w[i] = (struct worker){.port = h, .took = took};
		t[i] = CreateThread(NULL, 0, work, &w[i], 0, NULL);
	}
	for (int i = 0; i < PACKETS; i++)
		ck_assert(PostQueuedCompletionStatus(h, 1, 0, NULL));
	for (int i = 0; i < N; i++)
		ck_assert(PostQueuedCompletionStatus(h, 0, 0, NULL));
	ck_assert_uint_eq(WaitForMultipleObjects(N, t, TRUE, INFINITE), WAIT_OBJECT_0);
	for (int i = 0; i < N; i++) {
		sum += atomic_load(&w[i].n_taken);
		ck_assert(CloseHandle(t[i]));
	}
	ck_assert_int_eq(sum, PACKETS);
	ck_assert(CloseHandle(h));
	ck_assert(CloseHandle(took));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shim_port");
	TCase *tc = tcase_create("port");
	SRunner *sr;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, packets_come_first_in_first_out);
	tcase_add_test(tc, failed_packet_gives_its_error_and_its_contents);
	tcase_add_test(tc, several_packets_come_in_one_call);
	tcase_add_test(tc, alertable_fetch_ends_with_an_apc);
	tcase_add_test(tc, what_is_no_port_or_no_file_is_refused);
	tcase_add_test(tc, last_thread_to_wait_is_first_to_work);
	tcase_add_test(tc, closing_the_port_releases_all_who_wait_at_it);
	tcase_add_test(tc, concurrency_holds_packets_back_until_a_thread_blocks);
	tcase_add_test(tc, own_packets_come_back_fetched_or_not);
	tcase_add_test(tc, many_packets_reach_many_threads_once_each);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
