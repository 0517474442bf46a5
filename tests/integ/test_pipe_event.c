/* SPDX-License-Identifier: MIT */
/*
 * Events attached to pipe ends (FSCTL_PIPE_ASSIGN_EVENT), between two processes: whatever the
 * other one does, and whoever has the end at that moment, no change goes untold
 *
 * The test is the server and sleeps on the event alone; a change that is not told shows as a
 * wait that runs into its deadline.
 */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <windows.h>
#include <winioctl.h>
#include <winternl.h>

#include <npfs/pipe.h>

#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/proc.h"

#define NAME	   "\\\\.\\pipe\\told"
#define N_ONE	   50  /* messages, one after the other was read */
#define N_MANY	   400 /* messages as fast as they go */
#define QUOTA	   100
#define LEN	   40
#define KEY	   77

static struct test_broker broker;

static void setup(void)
{
	ck_assert_uint_eq(npfs_personality_set("nt4"), STATUS_SUCCESS);
	test_broker_start(&broker);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

static HANDLE server(DWORD open_mode, DWORD pipe_mode)
{
	HANDLE h = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX | open_mode,
				    PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | pipe_mode, 1,
				    QUOTA, QUOTA, 0, NULL);

	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	return h;
}

static HANDLE client(void)
{
	HANDLE h = CreateFileA(NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0,
			       NULL);

	test_require(h != INVALID_HANDLE_VALUE, "open");
	return h;
}

static NTSTATUS assign(HANDLE pipe, HANDLE event)
{
	FILE_PIPE_ASSIGN_EVENT_BUFFER request = {.EventHandle = event, .KeyValue = KEY};
	IO_STATUS_BLOCK block;

	return NtFsControlFile(pipe, NULL, NULL, NULL, &block, FSCTL_PIPE_ASSIGN_EVENT,
			       &request, sizeof(request), NULL, 0);
}

/* An event that one wait takes, attached to @pipe. */
static HANDLE attach(HANDLE pipe, const char *name)
{
	HANDLE event = CreateEventA(NULL, FALSE, FALSE, name);

	ck_assert_ptr_nonnull(event);
	ck_assert_uint_eq((unsigned)assign(pipe, event), STATUS_SUCCESS);
	return event;
}

static void await(HANDLE event)
{
	ck_assert_uint_eq(WaitForSingleObject(event, TEST_DEADLINE_MS), WAIT_OBJECT_0);
}

/* Is there something to read? */
static bool has_data(HANDLE pipe)
{
	DWORD n = 0, n_left = 0;

	return PeekNamedPipe(pipe, NULL, 0, NULL, &n, &n_left) && n > 0;
}

static void take(HANDLE pipe)
{
	OVERLAPPED ov = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
	char buf[LEN];
	DWORD n = 0;

	if (!ReadFile(pipe, buf, sizeof(buf), NULL, &ov))
		ck_assert_uint_eq(GetLastError(), ERROR_IO_PENDING);
	ck_assert(GetOverlappedResult(pipe, &ov, &n, TRUE));
	ck_assert_uint_eq(n, LEN);
	CloseHandle(ov.hEvent);
}

static void put(HANDLE pipe)
{
	char buf[LEN];
	DWORD n = 0;

	memset(buf, 'x', sizeof(buf));
	test_require(WriteFile(pipe, buf, sizeof(buf), &n, NULL) && n == LEN, "write");
}

static int one_by_one_main(int sock, void *arg)
{
	HANDLE pipe;

	(void)arg;
	test_expect(sock, 'o');
	pipe = client();
	for (int i = 0; i < N_ONE; i++) {
		test_expect(sock, 'g');
		put(pipe);
	}
	test_expect(sock, 'c');
	CloseHandle(pipe);
	return 0;
}

/* The ways to have an end and an event. */
static const struct {
	DWORD open_mode;
	const char *event_name;
} ways[] = {
	{0, NULL},
	{FILE_FLAG_OVERLAPPED, NULL},
	{0, "told-by-name"},
};

START_TEST(each_message_is_told)
{
	HANDLE pipe = server(ways[_i].open_mode, 0), event;
	struct test_child child;

	event = attach(pipe, ways[_i].event_name);
	test_child_start(&child, one_by_one_main, NULL);
	test_say(child.sock, 'o');
	await(event); /* a client has come */
	for (int i = 0; i < N_ONE; i++) {
		test_say(child.sock, 'g');
		while (!has_data(pipe))
			await(event);
		take(pipe);
	}
	test_say(child.sock, 'c');
	while (PeekNamedPipe(pipe, NULL, 0, NULL, NULL, NULL))
		await(event);
	ck_assert_uint_eq(GetLastError(), ERROR_BROKEN_PIPE);
	CloseHandle(pipe);
	CloseHandle(event);
	ck_assert_int_eq(test_child_wait(&child), 0);
}
END_TEST

static int flood_main(int sock, void *arg)
{
	HANDLE pipe = client();

	(void)arg;
	for (int i = 0; i < N_MANY; i++)
		put(pipe);
	test_expect(sock, 'c');
	CloseHandle(pipe);
	return 0;
}

struct nuisance {
	HANDLE pipe;
	_Atomic bool ends;
};

/* Has the end for itself, again and again. */
static void *peek_main(void *arg)
{
	struct nuisance *nuisance = arg;

	while (!atomic_load(&nuisance->ends))
		has_data(nuisance->pipe);
	return NULL;
}

/* _i: another thread uses the end at the same time */
START_TEST(a_flood_is_told_to_its_end)
{
	HANDLE pipe = server(0, 0), event = attach(pipe, NULL);
	struct nuisance nuisance = {.pipe = pipe};
	struct test_child child;
	pthread_t thread;
	int n = 0;

	test_child_start(&child, flood_main, NULL);
	if (_i)
		ck_assert_int_eq(pthread_create(&thread, NULL, peek_main, &nuisance), 0);
	while (n < N_MANY) {
		await(event);
		for (; has_data(pipe); n++)
			take(pipe);
	}
	atomic_store(&nuisance.ends, true);
	if (_i)
		pthread_join(thread, NULL);
	test_say(child.sock, 'c');
	ck_assert_int_eq(test_child_wait(&child), 0);
	CloseHandle(pipe);
	CloseHandle(event);
}
END_TEST

static int reader_main(int sock, void *arg)
{
	HANDLE pipe = client();

	(void)arg;
	test_say(sock, 'o');
	for (int i = 0; i < N_MANY; i++)
		take(pipe);
	test_say(sock, 'd');
	test_expect(sock, 'c');
	CloseHandle(pipe);
	return 0;
}

START_TEST(room_is_told_to_who_does_not_wait)
{
	HANDLE pipe = server(0, PIPE_NOWAIT), event = attach(pipe, NULL);
	char buf[LEN] = "";
	struct test_child child;
	int n = 0;

	test_child_start(&child, reader_main, NULL);
	test_expect(child.sock, 'o');
	while (n < N_MANY) {
		DWORD done = 0;

		ck_assert(WriteFile(pipe, buf, sizeof(buf), &done, NULL));
		n += done == sizeof(buf);
		if (done == 0)
			await(event);
	}
	test_expect(child.sock, 'd');
	test_say(child.sock, 'c');
	ck_assert_int_eq(test_child_wait(&child), 0);
	CloseHandle(pipe);
	CloseHandle(event);
}
END_TEST

static int victim_main(int sock, void *arg)
{
	HANDLE pipe = client();

	(void)arg;
	put(pipe);
	test_say(sock, 'w');
	test_expect(sock, 'n'); /* never said */
	CloseHandle(pipe);
	return 1;
}

START_TEST(a_death_is_told)
{
	HANDLE pipe = server(0, 0), event = attach(pipe, NULL);
	FILE_PIPE_EVENT_BUFFER entries[2];
	struct test_child child;
	IO_STATUS_BLOCK block;

	test_child_start(&child, victim_main, NULL);
	test_expect(child.sock, 'w');
	while (!has_data(pipe))
		await(event);
	take(pipe);
	ck_assert_int_eq(kill(child.pid, SIGKILL), 0);
	while (PeekNamedPipe(pipe, NULL, 0, NULL, NULL, NULL))
		await(event);
	ck_assert_uint_eq((unsigned)NtFsControlFile(pipe, NULL, NULL, NULL, &block,
						    FSCTL_PIPE_QUERY_EVENT, &event,
						    sizeof(event), entries, sizeof(entries)),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(block.Information, sizeof(entries));
	ck_assert_uint_eq(entries[0].NamedPipeState, NPFS_STATE_CLOSING);
	ck_assert_uint_eq(entries[0].ByteCount, 0);
	ck_assert_uint_eq(entries[1].KeyValue, KEY);
	CloseHandle(pipe);
	CloseHandle(event);
	test_child_wait(&child);
}
END_TEST

/* A thread sleeps in a read and has the end; it, and the event, are told. */
static void *read_main(void *arg)
{
	take(arg);
	return NULL;
}

START_TEST(who_sleeps_in_a_call_keeps_nothing_from_being_told)
{
	HANDLE pipe = server(0, 0), event = attach(pipe, NULL);
	struct test_child child;
	pthread_t thread;

	test_child_start(&child, one_by_one_main, NULL);
	test_say(child.sock, 'o');
	await(event);
	ck_assert(ConnectNamedPipe(pipe, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
	for (int i = 0; i < N_ONE; i++) {
		ResetEvent(event);
		ck_assert_int_eq(pthread_create(&thread, NULL, read_main, pipe), 0);
		test_say(child.sock, 'g');
		await(event);
		pthread_join(thread, NULL);
	}
	test_say(child.sock, 'c');
	ck_assert_int_eq(test_child_wait(&child), 0);
	CloseHandle(pipe);
	CloseHandle(event);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pipe_event");
	TCase *tcase = tcase_create("pipe_event");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_set_timeout(tcase, TEST_DEADLINE_MS / 1000 + 20);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, each_message_is_told, 0, sizeof(ways) / sizeof(ways[0]));
	tcase_add_loop_test(tcase, a_flood_is_told_to_its_end, 0, 2);
	tcase_add_test(tcase, room_is_told_to_who_does_not_wait);
	tcase_add_test(tcase, a_death_is_told);
	tcase_add_test(tcase, who_sleeps_in_a_call_keeps_nothing_from_being_told);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? 1 : 0;
}
