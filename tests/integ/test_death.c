/* SPDX-License-Identifier: MIT */
/*
 * Processes that die or stand still while their peer is in a call
 *
 * A process killed by SIGKILL closes its handles like any other (npfs-semantics.md 3.4),
 * so a row of the tables below says: who waits in which call, whom the kill hits, what
 * the waiting call answers, and what stays readable. The time between the kill and the
 * answer is printed; the median of all rows has a bound, and each row the tests'
 * deadline.
 *
 * A stopped process keeps its handles. Nothing that need not wait for it may do so.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>

#include "tests/integ/peer.h"
#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/leak.h"

#define PIPE	     "\\\\.\\pipe\\death"
#define QUOTA	     512u
#define NS_PER_MS    1000000
#define BOUND_MS     5000
#define ROUNDS	     9u
#define MESSAGE_MODE (PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE)
#define SERVER_MODE  (PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED)
#define READ_WRITE   (GENERIC_READ | GENERIC_WRITE)

static struct test_broker broker;
static struct test_leak leak;
static struct peer server, client;

/* ---------------------------------------------------------------- what stays behind */

static unsigned n_entries(const char *path, const char *prefix)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	unsigned n = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)) != NULL)
		n += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	closedir(dir);
	return n;
}

/* Nothing of the library's in shared memory, and only the socket beside the broker. */
static void expect_no_files(void)
{
	ck_assert_uint_eq(n_entries("/dev/shm", "npfs"), 0);
	/* ".", ".." and the socket with its lock files */
	ck_assert_uint_eq(n_entries(broker.dir, "npfs"), 0);
	ck_assert_uint_le(n_entries(broker.dir, ""), 5);
}

static void setup(void)
{
	test_leak_begin(&leak);
	test_broker_start(&broker);
	peer_start(&server);
	peer_start(&client);
}

static void teardown(void)
{
	peer_stop_if_there(&server);
	peer_stop_if_there(&client);
	expect_no_files();
	test_broker_stop(&broker);
	test_leak_end(&leak);
}

/* ---------------------------------------------------------------- calls */

static struct peer_reply ask(struct peer *peer, enum peer_op op, uint32_t len)
{
	struct peer_request request = {.op = op, .len = len, .value = 'd'};

	return peer_call(peer, &request);
}

static struct peer_reply ask_name(struct peer *peer, enum peer_op op, const char *name,
				  uint32_t value, uint32_t extra)
{
	struct peer_request request = {.op = op, .value = value, .extra = extra};

	request.len = QUOTA;
	snprintf(request.name, sizeof(request.name), "%s", name);
	return peer_call(peer, &request);
}

static void create(struct peer *peer)
{
	ck_assert(ask_name(peer, PEER_CREATE, PIPE, SERVER_MODE, MESSAGE_MODE).ok);
}

static void open_client(struct peer *peer)
{
	struct peer_reply reply =
		ask_name(peer, PEER_OPEN, PIPE, READ_WRITE, FILE_FLAG_OVERLAPPED);

	ck_assert_msg(reply.ok, "CreateFile: %u", reply.error);
}

static void join(void)
{
	create(&server);
	open_client(&client);
}

/*
 * Waits until nobody knows the name. The kernel tells the broker of a death by the end of
 * a socket, some time after the process is gone, and no event says when it has heard: so
 * WaitNamedPipe is asked, which answers at once for a missing name.
 */
static void expect_name_gone(struct peer *peer)
{
	/* Not into the slot of the handle that the peer may still have. */
	struct peer_request open = {.op = PEER_OPEN, .value = READ_WRITE, .slot = 7};
	int64_t end = test_now_ms() + BOUND_MS;
	struct peer_reply reply;

	do {
		reply = ask_name(peer, PEER_WAIT, PIPE, 1, 0);
		if (!reply.ok && reply.error == ERROR_FILE_NOT_FOUND)
			break;
		ck_assert_msg(test_now_ms() < end, "the name lives on: %u", reply.error);
	} while (true);
	snprintf(open.name, sizeof(open.name), "%s", PIPE);
	reply = peer_call(peer, &open);
	ck_assert(!reply.ok);
	ck_assert_uint_eq(reply.error, ERROR_FILE_NOT_FOUND);
}

/* ---------------------------------------------------------------- the blocked call */

/* Who waits in what, and how it ends when the other process is killed. */
static const struct blocked_row {
	const char *what;
	enum peer_op op;
	uint32_t len;
	uint32_t error;
	bool is_server;	    /* the one that waits */
	bool is_overlapped; /* with an event; otherwise a thread blocks in the call */
	bool is_preceded;   /* by a message the peer leaves unread */
} blocked_rows[] = {
	{ "client in ReadFile", PEER_READ, 64, ERROR_BROKEN_PIPE, false, false, false },
	{ "client in ReadFile, event", PEER_READ, 64, ERROR_BROKEN_PIPE, false, true, false },
	{ "client in WriteFile", PEER_WRITE, QUOTA + 1, ERROR_BROKEN_PIPE, false, false, false },
	{ "client in WriteFile, event", PEER_WRITE, 4096, ERROR_BROKEN_PIPE, false, true, false },
	{ "client in FlushFileBuffers", PEER_FLUSH, 0, ERROR_BROKEN_PIPE, false, false, true },
	{ "client in TransactNamedPipe", PEER_TRANSACT, 8, ERROR_BROKEN_PIPE, false, false,
	  false },
	{ "server in ReadFile", PEER_READ, 64, ERROR_BROKEN_PIPE, true, false, false },
	{ "server in ReadFile, event", PEER_READ, 64, ERROR_BROKEN_PIPE, true, true, false },
	{ "server in WriteFile", PEER_WRITE, QUOTA + 1, ERROR_BROKEN_PIPE, true, false, false },
	{ "server in WriteFile, event", PEER_WRITE, 4096, ERROR_BROKEN_PIPE, true, true, false },
	{ "server in FlushFileBuffers", PEER_FLUSH, 0, ERROR_BROKEN_PIPE, true, false, true },
	{ "server in TransactNamedPipe", PEER_TRANSACT, 8, ERROR_BROKEN_PIPE, true, false, false },
};

static int compare_ns(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * That a thread sleeps does not say that it is in the pipe's call yet, and these two end
 * otherwise when they begin after the death: so the peer looks for what they have sent.
 */
static void expect_sent(const struct blocked_row *row, struct peer *killed)
{
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;

	if (row->op == PEER_TRANSACT)
		ck_assert(ask(killed, PEER_READ, row->len).ok);
	while (row->op == PEER_WRITE && ask(killed, PEER_PEEK, 0).value == 0)
		ck_assert_msg(test_now_ms() < end, "%s: nothing has come", row->what);
}

/* One kill. Returns the nanoseconds between it and the end of the call. */
static int64_t kill_once(const struct blocked_row *row)
{
	struct peer *waiting = row->is_server ? &server : &client;
	struct peer *killed = row->is_server ? &client : &server;
	struct peer_request request = {.op = row->op, .len = row->len, .value = 'w'};
	struct peer_reply reply;
	int64_t start;

	join();
	if (row->op == PEER_TRANSACT && !row->is_server) {
		struct peer_request mode = {.op = PEER_SET_MODE, .value = PIPE_READMODE_MESSAGE};

		ck_assert(peer_call(waiting, &mode).ok);
	}
	if (row->is_preceded)
		ck_assert(ask(waiting, PEER_WRITE, 8).ok);
	if (row->is_overlapped) {
		request.how = PEER_START;
		reply = peer_call(waiting, &request);
		ck_assert(!reply.ok);
		ck_assert_msg(reply.error == ERROR_IO_PENDING, "%s: %u", row->what, reply.error);
		request.op = PEER_FINISH;
		request.how = 0;
		peer_send(waiting, &request);
	} else {
		peer_begin(waiting, &request);
		expect_sent(row, killed);
	}
	start = peer_now_ns();
	peer_kill(killed);
	reply = row->is_overlapped ? peer_hear(waiting) : peer_end(waiting, 0);
	ck_assert_msg(!reply.ok && reply.error == row->error, "%s: %u instead of %u",
		      row->what, reply.error, row->error);
	ck_assert_uint_eq(reply.count, 0);
	return reply.when_ns - start;
}

START_TEST(blocked_call_ends_when_the_peer_is_killed)
{
	const struct blocked_row *row = &blocked_rows[_i];
	int64_t delays[ROUNDS], delay;
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		delay = kill_once(row);
		delays[i] = delay;
		/* The one that waited is still of use: its handle answers, and closes. */
		if (row->is_server) {
			struct peer_reply reply = ask(&server, PEER_CONNECT, 0);

			ck_assert(!reply.ok);
			ck_assert_uint_eq(reply.error, ERROR_NO_DATA);
			ck_assert(ask(&server, PEER_CLOSE, 0).ok);
			peer_start(&client);
		} else {
			ck_assert(ask(&client, PEER_CLOSE, 0).ok);
			expect_name_gone(&client);
			peer_start(&server);
		}
	}
	qsort(delays, ROUNDS, sizeof(delays[0]), compare_ns);
	/* It is told, and does not find out when it looks by itself. A machine that is busy may
	 * be late many times, but not always. */
	ck_assert_int_lt(delays[0] / NS_PER_MS, BOUND_MS);
	printf("kill, %s: median %.3f ms, longest %.3f ms\n", row->what,
	       (double)delays[ROUNDS / 2] / NS_PER_MS, (double)delays[ROUNDS - 1] / NS_PER_MS);
}
END_TEST

/* ---------------------------------------------------------------- names and instances */

START_TEST(listening_server_killed_takes_its_name_along)
{
	create(&server);
	peer_kill(&server);
	expect_name_gone(&client);
}
END_TEST

START_TEST(connected_server_killed_takes_its_name_along)
{
	join();
	peer_kill(&server);
	expect_name_gone(&client);
	peer_start(&server);
	/* The name is free for others although the client still has its end. */
	create(&server);
	ck_assert_uint_eq(ask(&client, PEER_READ, 8).error, ERROR_BROKEN_PIPE);
}
END_TEST

START_TEST(waiter_hears_that_the_last_server_was_killed)
{
	struct peer_request wait = {.op = PEER_WAIT, .value = NMPWAIT_WAIT_FOREVER, .slot = 1};
	struct peer_reply reply;

	snprintf(wait.name, sizeof(wait.name), "%s", PIPE);
	join();
	peer_begin(&client, &wait);
	peer_kill(&server);
	reply = peer_end(&client, 1);
	ck_assert(!reply.ok);
	ck_assert_uint_eq(reply.error, ERROR_FILE_NOT_FOUND);
}
END_TEST

START_TEST(other_servers_instance_lives_on)
{
	struct peer other, second;
	struct peer_reply reply;

	peer_start(&other);
	peer_start(&second);
	create(&server);
	create(&other);
	/* First come, first connected: the client's is the one that will die. */
	open_client(&client);
	peer_kill(&server);
	reply = ask(&client, PEER_READ, 8);
	ck_assert_uint_eq(reply.error, ERROR_BROKEN_PIPE);
	open_client(&second);
	ck_assert(ask(&second, PEER_WRITE, 3).ok);
	reply = ask(&other, PEER_READ, 8);
	ck_assert(reply.ok);
	ck_assert_uint_eq(reply.count, 3);
	ck_assert_uint_eq(ask(&second, PEER_GET_COUNT, 0).value, 1);
	peer_stop(&other);
	expect_name_gone(&client);
	peer_stop(&second);
}
END_TEST

START_TEST(killed_client_leaves_an_instance_that_serves_the_next)
{
	struct peer_request connect = {.op = PEER_CONNECT, .how = PEER_START};
	struct peer_reply reply;

	join();
	peer_kill(&client);
	reply = peer_call(&server, &connect);
	/* Connected or closing, as far as the server has heard yet; never pending. */
	ck_assert(!reply.ok);
	ck_assert(reply.error == ERROR_NO_DATA || reply.error == ERROR_PIPE_CONNECTED);
	ck_assert_uint_eq(ask(&server, PEER_READ, 8).error, ERROR_BROKEN_PIPE);
	reply = peer_call(&server, &connect);
	ck_assert_uint_eq(reply.error, ERROR_NO_DATA);
	ck_assert(ask(&server, PEER_DISCONNECT, 0).ok);
	reply = peer_call(&server, &connect);
	ck_assert_uint_eq(reply.error, ERROR_IO_PENDING);
	peer_start(&client);
	open_client(&client);
	ck_assert(ask(&server, PEER_FINISH, 0).ok);
	ck_assert(ask(&client, PEER_WRITE, 5).ok);
	ck_assert_uint_eq(ask(&server, PEER_READ, 8).count, 5);
}
END_TEST

/* ---------------------------------------------------------------- data */

static void expect_last_words(struct peer *dying, struct peer *reader)
{
	struct peer_reply reply;

	if (reader == &client) {
		struct peer_request mode = {.op = PEER_SET_MODE, .value = PIPE_READMODE_MESSAGE};

		ck_assert(peer_call(reader, &mode).ok);
	}
	ck_assert(ask(dying, PEER_WRITE, 100).ok);
	ck_assert(ask(dying, PEER_WRITE, 0).ok);
	ck_assert(ask(dying, PEER_WRITE, 30).ok);
	peer_kill(dying);
	reply = ask(reader, PEER_READ, 60);
	ck_assert_uint_eq(reply.error, ERROR_MORE_DATA);
	ck_assert_uint_eq(reply.count, 60);
	reply = ask(reader, PEER_READ, 60);
	ck_assert(reply.ok);
	ck_assert_uint_eq(reply.count, 40);
	ck_assert_uint_eq(reply.data[39], 'd');
	reply = ask(reader, PEER_READ, 60);
	ck_assert(reply.ok);
	ck_assert_uint_eq(reply.count, 0);
	reply = ask(reader, PEER_READ, 60);
	ck_assert(reply.ok);
	ck_assert_uint_eq(reply.count, 30);
	ck_assert_uint_eq(ask(reader, PEER_READ, 60).error, ERROR_BROKEN_PIPE);
	ck_assert_uint_eq(ask(reader, PEER_WRITE, 1).error, ERROR_NO_DATA);
}

/*
 * The peer died before anything was done with the pipe: the first call knows. What the dying
 * one asks the broker after it was connected tells that the broker has closed its copies.
 */
static void expect_seen_at_first_use(struct peer *dying, struct peer *survivor)
{
	join();
	ck_assert(ask(dying, PEER_GET_COUNT, 0).ok);
	ck_assert(ask(&client, PEER_GET_COUNT, 0).ok);
	peer_kill(dying);
	ck_assert_uint_eq(ask(survivor, PEER_WRITE, 1).error, ERROR_NO_DATA);
	ck_assert_uint_eq(ask(survivor, PEER_READ, 8).error, ERROR_BROKEN_PIPE);
}

START_TEST(first_write_after_the_kill_of_the_client_fails)
{
	expect_seen_at_first_use(&client, &server);
}
END_TEST

START_TEST(first_write_after_the_kill_of_the_server_fails)
{
	expect_seen_at_first_use(&server, &client);
}
END_TEST

START_TEST(what_the_server_wrote_before_the_kill_is_read)
{
	join();
	expect_last_words(&server, &client);
}
END_TEST

START_TEST(what_the_client_wrote_before_the_kill_is_read)
{
	join();
	expect_last_words(&client, &server);
}
END_TEST

/* The data of a write that still pended dies with its process (section 3.4). */
START_TEST(unfinished_write_of_the_killed_vanishes)
{
	struct peer_request write = {
		.op = PEER_WRITE, .how = PEER_START, .len = QUOTA + 100, .value = 'v'
	};
	struct peer_reply reply;

	join();
	ck_assert(ask(&client, PEER_WRITE, 10).ok);
	reply = peer_call(&client, &write);
	ck_assert_uint_eq(reply.error, ERROR_IO_PENDING);
	peer_kill(&client);
	reply = ask(&server, PEER_READ, 64);
	ck_assert(reply.ok);
	ck_assert_uint_eq(reply.count, 10);
	ck_assert_uint_eq(reply.data[9], 'd');
	reply = ask(&server, PEER_READ, 64);
	ck_assert(!reply.ok);
	ck_assert_uint_eq(reply.error, ERROR_BROKEN_PIPE);
	ck_assert_uint_eq(ask(&server, PEER_WRITE, 1).error, ERROR_NO_DATA);
}
END_TEST

/* ---------------------------------------------------------------- many */

/* Every process of a crowd is killed at once, in the middle of whatever it does. */
START_TEST(crowd_killed_at_work_leaves_nothing)
{
	enum { N_CLIENTS = 6 };
	struct peer clients[N_CLIENTS];
	struct peer_request serve = {.op = PEER_SERVE, .slot = 4, .value = 1000000};
	struct peer_request race = {.op = PEER_RACE, .value = 1000000};
	unsigned i;

	snprintf(serve.name, sizeof(serve.name), "%s", PIPE);
	snprintf(race.name, sizeof(race.name), "%s", PIPE);
	peer_send(&server, &serve);
	/* The name is there as soon as somebody can wait for it. */
	while (!ask_name(&client, PEER_WAIT, PIPE, 1000, 0).ok)
		;
	for (i = 0; i < N_CLIENTS; i++) {
		peer_start(&clients[i]);
		peer_send(&clients[i], &race);
	}
	/* All are busy when one more client has been served some rounds. */
	race.value = 20;
	ck_assert(peer_call(&client, &race).ok);
	for (i = 0; i < N_CLIENTS; i++)
		peer_kill(&clients[i]);
	peer_kill(&server);
	expect_name_gone(&client);
}
END_TEST

/* ---------------------------------------------------------------- standing still */

static void stop(struct peer *peer)
{
	siginfo_t info;

	ck_assert_int_eq(kill(peer->child.pid, SIGSTOP), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)peer->child.pid, &info, WSTOPPED), 0);
}

static void go_on(struct peer *peer)
{
	ck_assert_int_eq(kill(peer->child.pid, SIGCONT), 0);
}

static void expect_calls_return(struct peer *alive, bool is_server)
{
	struct peer_request read = {.op = PEER_READ, .how = PEER_START, .len = 16};
	struct peer_request write = {
		.op = PEER_WRITE, .how = PEER_START, .len = 2 * QUOTA, .value = 'n'
	};
	struct peer_request mode = {.op = PEER_SET_MODE, .value = PIPE_NOWAIT};
	struct peer_reply reply;

	ck_assert(ask(alive, PEER_PEEK, 0).ok);
	ck_assert(ask(alive, PEER_GET_STATE, 0).ok);
	ck_assert_uint_eq(peer_call(alive, &read).error, ERROR_IO_PENDING);
	ck_assert(ask(alive, PEER_CANCEL, 0).ok);
	ck_assert_uint_eq(ask(alive, PEER_FINISH, 0).error, ERROR_OPERATION_ABORTED);
	ck_assert_uint_eq(peer_call(alive, &write).error, ERROR_IO_PENDING);
	ck_assert(ask(alive, PEER_CANCEL, 0).ok);
	ck_assert_uint_eq(ask(alive, PEER_FINISH, 0).error, ERROR_OPERATION_ABORTED);
	ck_assert(peer_call(alive, &mode).ok);
	reply = ask(alive, PEER_READ, 16);
	ck_assert_uint_eq(reply.error, ERROR_NO_DATA);
	reply = ask(alive, PEER_WRITE, QUOTA + 1);
	ck_assert(reply.ok);
	ck_assert_uint_eq(reply.count, 0);
	ck_assert(ask(alive, PEER_WRITE, QUOTA).ok);
	if (is_server)
		ck_assert(ask(alive, PEER_DISCONNECT, 0).ok);
	ck_assert(ask(alive, PEER_CLOSE, 0).ok);
}

START_TEST(stopped_client_holds_nobody_up)
{
	join();
	stop(&client);
	expect_calls_return(&server, true);
	go_on(&client);
	ck_assert_uint_eq(ask(&client, PEER_READ, 8).error, ERROR_PIPE_NOT_CONNECTED);
}
END_TEST

START_TEST(stopped_server_holds_nobody_up)
{
	join();
	stop(&server);
	expect_calls_return(&client, false);
	go_on(&server);
	ck_assert_uint_eq(ask(&server, PEER_READ, 64).error, ERROR_MORE_DATA);
}
END_TEST

/* A stopped process in the middle of a call keeps its request, and it goes on. */
START_TEST(stopped_reader_gets_its_data_afterwards)
{
	struct peer_request read = {.op = PEER_READ, .len = 16};
	struct peer_reply reply;

	join();
	peer_begin(&client, &read);
	stop(&client);
	ck_assert(ask(&server, PEER_WRITE, 7).ok);
	ck_assert(ask(&server, PEER_CLOSE, 0).ok);
	go_on(&client);
	reply = peer_end(&client, 0);
	ck_assert(reply.ok);
	ck_assert_uint_eq(reply.count, 7);
}
END_TEST

static Suite *death_suite(void)
{
	Suite *s = suite_create("death");
	TCase *tc = tcase_create("killed");
	TCase *still = tcase_create("stopped");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, blocked_call_ends_when_the_peer_is_killed, 0,
			    sizeof(blocked_rows) / sizeof(blocked_rows[0]));
	tcase_add_test(tc, listening_server_killed_takes_its_name_along);
	tcase_add_test(tc, connected_server_killed_takes_its_name_along);
	tcase_add_test(tc, waiter_hears_that_the_last_server_was_killed);
	tcase_add_test(tc, other_servers_instance_lives_on);
	tcase_add_test(tc, killed_client_leaves_an_instance_that_serves_the_next);
	tcase_add_test(tc, first_write_after_the_kill_of_the_client_fails);
	tcase_add_test(tc, first_write_after_the_kill_of_the_server_fails);
	tcase_add_test(tc, what_the_server_wrote_before_the_kill_is_read);
	tcase_add_test(tc, what_the_client_wrote_before_the_kill_is_read);
	tcase_add_test(tc, unfinished_write_of_the_killed_vanishes);
	tcase_add_test(tc, crowd_killed_at_work_leaves_nothing);
	suite_add_tcase(s, tc);
	tcase_set_timeout(still, 60);
	tcase_add_checked_fixture(still, setup, teardown);
	tcase_add_test(still, stopped_client_holds_nobody_up);
	tcase_add_test(still, stopped_server_holds_nobody_up);
	tcase_add_test(still, stopped_reader_gets_its_data_afterwards);
	suite_add_tcase(s, still);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(death_suite());
	int n_failed;

	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? 1 : 0;
}
