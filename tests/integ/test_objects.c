/* SPDX-License-Identifier: MIT */
/*
 * Events, mutexes, semaphores and timers between processes
 *
 * Every process that has an object is a peer (object_peer.h), so it can be told to wait,
 * be stopped, or be killed at any moment. A peer that is stopped while it waits shows what
 * holds before a waiter could have noticed: on Windows an object is handed to who waits at
 * the moment it is signaled.
 *
 * The last tests let processes do as they like, many times over, with counters in memory
 * they share, and kill some of them in the middle.
 */
#include <check.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>

#include <npfs/object.h>

#include "tests/integ/object_peer.h"
#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/leak.h"

#define NAME	 "npfs test object"
#define SECOND	 "npfs test object 2"
#define LONG_MS	 ((uint32_t)TEST_DEADLINE_MS)
#define N_PEERS	 3u

static struct test_broker broker;
static struct test_leak leak;
static struct test_child peers[N_PEERS];
static struct test_child *const a = &peers[0], *const b = &peers[1], *const c = &peers[2];

static void setup(void)
{
	test_leak_begin(&leak);
	test_broker_start(&broker);
	for (unsigned i = 0; i < N_PEERS; i++)
		object_peer_start(&peers[i]);
}

static void teardown(void)
{
	for (unsigned i = 0; i < N_PEERS; i++)
		object_peer_stop(&peers[i]);
	test_broker_stop(&broker);
	test_leak_end(&leak);
}

/* ---------------------------------------------------------------- requests */

/* The object is made by the first peer and opened by the two others, in slot 0 of each. */
static void create_and_open(enum object_kind kind, int x, int y, int z)
{
	struct object_reply reply = create_in(a, 0, kind, NAME, x, y, z);

	ck_assert_msg(reply.result && reply.error == 0, "create: %u", reply.error);
	for (unsigned i = 1; i < N_PEERS; i++) {
		reply = open_in(&peers[i], 0, kind, NAME, 0);
		ck_assert_msg(reply.result, "open: %u", reply.error);
	}
}

static uint32_t wait_all_in(struct test_child *peer, uint32_t mask, uint32_t timeout)
{
	const struct object_request r = {.op = OBJECT_WAIT, .mask = mask, .all = true,
					 .timeout = timeout};

	return ask(peer, &r).result;
}

static void begin_wait(struct test_child *peer, unsigned worker, uint32_t mask, bool all)
{
	const struct object_request r = {.op = OBJECT_WAIT, .worker = worker, .mask = mask,
					 .all = all, .timeout = LONG_MS};

	begin(peer, &r);
}

static struct object_reply post(struct test_child *peer, unsigned slot, int n)
{
	const struct object_request r = {.op = OBJECT_POST, .slot = slot, .a = n};

	return ask(peer, &r);
}

static void go_on(struct test_child *peer)
{
	ck_assert_int_eq(kill(peer->pid, SIGCONT), 0);
}

/*
 * The broker takes a dead process out of its objects when it hears of the death. Whatever
 * is asked after the death is answered after that.
 */
static void let_broker_hear(struct test_child *peer)
{
	ck_assert_uint_eq(open_in(peer, 7, OBJECT_KIND_EVENT, "nobody's", 0).error,
			  ERROR_FILE_NOT_FOUND);
}

/* ---------------------------------------------------------------- names */

START_TEST(one_name_is_one_object_in_all_processes)
{
	create_and_open(OBJECT_KIND_EVENT, TRUE, FALSE, 0);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_TIMEOUT);
	must(a, OBJECT_SET, 0);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_OBJECT_0);
	must(c, OBJECT_RESET, 0);
	ck_assert_uint_eq(wait_in(a, 0, 0), WAIT_TIMEOUT);
}
END_TEST

START_TEST(creating_a_name_that_exists_opens_it)
{
	struct object_reply reply;

	create_in(a, 0, OBJECT_KIND_EVENT, NAME, TRUE, TRUE, 0);
	reply = create_in(b, 0, OBJECT_KIND_EVENT, NAME, FALSE, FALSE, 0);
	ck_assert(reply.result);
	ck_assert_uint_eq(reply.error, ERROR_ALREADY_EXISTS);
	/* Its kind and its state are the first one's. */
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_OBJECT_0);

	create_in(a, 1, OBJECT_KIND_SEMAPHORE, SECOND, 0, 2, 3);
	reply = create_in(b, 1, OBJECT_KIND_SEMAPHORE, SECOND, 0, 7, 9);
	ck_assert_uint_eq(reply.error, ERROR_ALREADY_EXISTS);
	ck_assert_int_eq(post(b, 1, 1).value, 2);
	ck_assert_uint_eq(post(b, 1, 1).error, ERROR_TOO_MANY_POSTS);
}
END_TEST

START_TEST(a_name_goes_with_the_last_handle)
{
	create_and_open(OBJECT_KIND_EVENT, TRUE, FALSE, 0);
	must(a, OBJECT_SHUT, 0);
	ck_assert(open_in(a, 1, OBJECT_KIND_EVENT, NAME, 0).result);
	must(a, OBJECT_SHUT, 1);
	must(b, OBJECT_SHUT, 0);
	ck_assert(open_in(b, 0, OBJECT_KIND_EVENT, NAME, 0).result);
	must(b, OBJECT_SHUT, 0);
	must(c, OBJECT_SHUT, 0);
	for (unsigned i = 0; i < N_PEERS; i++) {
		struct object_reply reply =
			open_in(&peers[i], 0, OBJECT_KIND_EVENT, NAME, 0);

		ck_assert(!reply.result);
		ck_assert_uint_eq(reply.error, ERROR_FILE_NOT_FOUND);
	}
	/* The next of that name may be of another kind. */
	ck_assert_uint_eq(create_in(b, 0, OBJECT_KIND_MUTEX, NAME, 0, 0, 0).error, 0);
}
END_TEST

START_TEST(a_name_goes_with_its_process)
{
	create_in(a, 0, OBJECT_KIND_EVENT, NAME, TRUE, FALSE, 0);
	test_child_kill(a, SIGKILL);
	ck_assert_uint_eq(open_in(b, 0, OBJECT_KIND_EVENT, NAME, 0).error,
			  ERROR_FILE_NOT_FOUND);
}
END_TEST

START_TEST(several_handles_of_a_process_are_one_object)
{
	create_in(a, 0, OBJECT_KIND_MUTEX, NAME, TRUE, 0, 0);
	ck_assert(open_in(a, 1, OBJECT_KIND_MUTEX, NAME, 0).result);
	ck_assert_uint_eq(create_in(a, 2, OBJECT_KIND_MUTEX, NAME, TRUE, 0, 0).error,
			  ERROR_ALREADY_EXISTS);
	ck_assert_uint_eq(wait_in(a, 1, 0), WAIT_OBJECT_0);
	must(a, OBJECT_RELEASE, 2);
	must(a, OBJECT_RELEASE, 0);
	ck_assert_uint_eq(simple(a, OBJECT_RELEASE, 1).error, ERROR_NOT_OWNER);
	/* One closed, the name stays; a wait for all of them is refused. */
	must(a, OBJECT_SHUT, 0);
	ck_assert(open_in(b, 0, OBJECT_KIND_MUTEX, NAME, 0).result);
	ck_assert_uint_eq(wait_all_in(a, 0x6, 0), WAIT_FAILED);
}
END_TEST

START_TEST(kinds_share_one_name_space)
{
	static const enum object_kind kinds[] = {OBJECT_KIND_EVENT, OBJECT_KIND_MUTEX,
						 OBJECT_KIND_SEMAPHORE, OBJECT_KIND_TIMER};

	for (unsigned i = 0; i < 4; i++) {
		create_in(a, 0, kinds[i], NAME, 0, 0, 1);
		for (unsigned k = 0; k < 4; k++) {
			struct object_reply opened = open_in(b, 0, kinds[k], NAME, 0);

			ck_assert(opened.result == (i == k));
			ck_assert_uint_eq(opened.error, i == k ? 0 : ERROR_INVALID_HANDLE);
			if (opened.result)
				must(b, OBJECT_SHUT, 0);
			opened = create_in(b, 0, kinds[k], NAME, 0, 0, 1);
			ck_assert_uint_eq(opened.error, i == k ? ERROR_ALREADY_EXISTS
							       : ERROR_INVALID_HANDLE);
			if (opened.result)
				must(b, OBJECT_SHUT, 0);
		}
		must(a, OBJECT_SHUT, 0);
	}
}
END_TEST

/* What a second process finds under a name when the first has created one. */
static const struct name_row {
	const char *created;
	const char *opened;
	uint32_t create_error;
	uint32_t open_error;
} name_rows[] = {
	{"x", "x", 0, 0},
	{"x", "Local\\x", 0, 0},
	{"Local\\x", "x", 0, 0},
	{"Global\\x", "Global\\x", 0, 0},
	{"x", "X", 0, ERROR_FILE_NOT_FOUND},
	{"x", "x ", 0, ERROR_FILE_NOT_FOUND},
	{"x/y", "x/y", 0, 0},
	{"x", "local\\x", 0, ERROR_PATH_NOT_FOUND},
	{"x", "global\\x", 0, ERROR_PATH_NOT_FOUND},
	{"x\\y", "x", ERROR_PATH_NOT_FOUND, ERROR_FILE_NOT_FOUND},
	{"Global\\x\\y", "x", ERROR_PATH_NOT_FOUND, ERROR_FILE_NOT_FOUND},
};

START_TEST(names_are_compared_as_documented)
{
	const struct name_row *row = &name_rows[_i];
	struct object_reply reply;

	reply = create_in(a, 0, OBJECT_KIND_EVENT, row->created, 0, 0, 0);
	ck_assert_uint_eq(reply.error, row->create_error);
	ck_assert(reply.result == !row->create_error);
	reply = open_in(b, 0, OBJECT_KIND_EVENT, row->opened, 0);
	ck_assert_uint_eq(reply.error, row->open_error);
	ck_assert(reply.result == !row->open_error);
}
END_TEST

/* ---------------------------------------------------------------- rights */

static struct object_reply create_listed(enum object_list list)
{
	struct object_request r = {.op = OBJECT_CREATE, .kind = OBJECT_KIND_EVENT,
				   .list = list};

	snprintf(r.name, sizeof(r.name), "%s", NAME);
	return ask(a, &r);
}

START_TEST(an_access_list_is_enforced)
{
	create_listed(OBJECT_LIST_EMPTY);
	ck_assert_uint_eq(open_in(b, 0, OBJECT_KIND_EVENT, NAME, SYNCHRONIZE).error,
			  ERROR_ACCESS_DENIED);
	ck_assert_uint_eq(create_in(b, 0, OBJECT_KIND_EVENT, NAME, 0, 0, 0).error,
			  ERROR_ACCESS_DENIED);
	/* Whoever made it has what he asked for. */
	must(a, OBJECT_SET, 0);
	must(a, OBJECT_SHUT, 0);

	create_listed(OBJECT_LIST_WAIT_ONLY);
	ck_assert_uint_eq(open_in(b, 0, OBJECT_KIND_EVENT, NAME, EVENT_MODIFY_STATE).error,
			  ERROR_ACCESS_DENIED);
	ck_assert_uint_eq(create_in(b, 0, OBJECT_KIND_EVENT, NAME, 0, 0, 0).error,
			  ERROR_ACCESS_DENIED);
	ck_assert(open_in(b, 0, OBJECT_KIND_EVENT, NAME, SYNCHRONIZE).result);
	ck_assert_uint_eq(simple(b, OBJECT_SET, 0).error, ERROR_ACCESS_DENIED);
	must(a, OBJECT_SET, 0);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_OBJECT_0);
	ck_assert(open_in(b, 1, OBJECT_KIND_EVENT, NAME, MAXIMUM_ALLOWED).result);
	ck_assert_uint_eq(simple(b, OBJECT_SET, 1).error, ERROR_ACCESS_DENIED);
	must(a, OBJECT_SET, 0);
	ck_assert_uint_eq(wait_in(b, 1, 0), WAIT_OBJECT_0);
}
END_TEST

START_TEST(a_handle_may_do_what_it_was_opened_for)
{
	create_in(a, 0, OBJECT_KIND_EVENT, NAME, FALSE, FALSE, 0);
	ck_assert(open_in(b, 0, OBJECT_KIND_EVENT, NAME, EVENT_MODIFY_STATE).result);
	must(b, OBJECT_SET, 0);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_FAILED);
	ck_assert(open_in(b, 1, OBJECT_KIND_EVENT, NAME, GENERIC_EXECUTE).result);
	ck_assert_uint_eq(simple(b, OBJECT_SET, 1).error, ERROR_ACCESS_DENIED);
	ck_assert_uint_eq(wait_in(b, 1, 0), WAIT_OBJECT_0);
	create_in(a, 2, OBJECT_KIND_SEMAPHORE, SECOND, 0, 0, 1);
	ck_assert(open_in(b, 2, OBJECT_KIND_SEMAPHORE, SECOND, SYNCHRONIZE).result);
	ck_assert_uint_eq(post(b, 2, 1).error, ERROR_ACCESS_DENIED);
}
END_TEST

/* ---------------------------------------------------------------- events */

START_TEST(setting_an_auto_reset_event_releases_one)
{
	struct object_reply reply;

	create_and_open(OBJECT_KIND_EVENT, FALSE, FALSE, 0);
	begin_wait(b, 1, 1, false);
	begin_wait(c, 1, 1, false);
	must(a, OBJECT_SET, 0);
	must(a, OBJECT_SET, 0);
	ck_assert_uint_eq(end(b, 1).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(end(c, 1).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(a, 0, 0), WAIT_TIMEOUT);

	/* Nobody waits: it stays set, once. */
	must(b, OBJECT_SET, 0);
	must(b, OBJECT_SET, 0);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_TIMEOUT);

	/* Three wait in two processes, two are released. */
	begin_wait(b, 1, 1, false);
	begin_wait(b, 2, 1, false);
	begin_wait(c, 1, 1, false);
	must(a, OBJECT_SET, 0);
	must(a, OBJECT_SET, 0);
	must(a, OBJECT_SET, 0);
	ck_assert_uint_eq(end(b, 1).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(end(b, 2).result, WAIT_OBJECT_0);
	reply = end(c, 1);
	ck_assert_uint_eq(reply.result, WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(a, 0, 0), WAIT_TIMEOUT);
}
END_TEST

START_TEST(what_is_set_belongs_to_those_who_wait)
{
	create_and_open(OBJECT_KIND_EVENT, FALSE, FALSE, 0);
	begin_wait(b, 1, 1, false);
	freeze(b);
	must(a, OBJECT_SET, 0);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_TIMEOUT);
	/* A reset comes too late. */
	must(a, OBJECT_RESET, 0);
	/* The next is for everybody. */
	must(a, OBJECT_SET, 0);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_OBJECT_0);
	go_on(b);
	ck_assert_uint_eq(end(b, 1).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_TIMEOUT);
}
END_TEST

START_TEST(a_manual_reset_event_releases_all_who_wait)
{
	create_and_open(OBJECT_KIND_EVENT, TRUE, FALSE, 0);
	begin_wait(b, 1, 1, false);
	begin_wait(b, 2, 1, false);
	begin_wait(c, 1, 1, false);
	freeze(b);
	must(a, OBJECT_SET, 0);
	must(a, OBJECT_RESET, 0);
	go_on(b);
	ck_assert_uint_eq(end(b, 1).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(end(b, 2).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(end(c, 1).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_TIMEOUT);
}
END_TEST

START_TEST(a_pulse_releases_who_waits_and_nobody_else)
{
	create_and_open(OBJECT_KIND_EVENT, TRUE, FALSE, 0);
	must(a, OBJECT_PULSE, 0);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_TIMEOUT);
	begin_wait(b, 1, 1, false);
	begin_wait(c, 1, 1, false);
	must(a, OBJECT_PULSE, 0);
	ck_assert_uint_eq(end(b, 1).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(end(c, 1).result, WAIT_OBJECT_0);

	create_in(a, 1, OBJECT_KIND_EVENT, SECOND, FALSE, TRUE, 0);
	ck_assert(open_in(b, 1, OBJECT_KIND_EVENT, SECOND, 0).result);
	ck_assert(open_in(c, 1, OBJECT_KIND_EVENT, SECOND, 0).result);
	must(b, OBJECT_PULSE, 1);
	ck_assert_uint_eq(wait_in(a, 1, 0), WAIT_TIMEOUT);
	begin_wait(b, 1, 2, false);
	begin_wait(c, 1, 2, false);
	must(a, OBJECT_PULSE, 1);
	ck_assert_uint_eq(wait_in(a, 1, 0), WAIT_TIMEOUT);
	must(a, OBJECT_PULSE, 1);
	ck_assert_uint_eq(end(b, 1).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(end(c, 1).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(a, 1, 0), WAIT_TIMEOUT);
}
END_TEST

START_TEST(a_wait_ends_at_its_time)
{
	create_and_open(OBJECT_KIND_EVENT, FALSE, FALSE, 0);
	ck_assert_uint_eq(wait_in(b, 0, 20), WAIT_TIMEOUT);
	/* It is no waiter any more: two settings are one. */
	must(a, OBJECT_SET, 0);
	must(a, OBJECT_SET, 0);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_TIMEOUT);
}
END_TEST

/* ---------------------------------------------------------------- semaphores */

START_TEST(a_semaphore_counts_for_all)
{
	create_and_open(OBJECT_KIND_SEMAPHORE, 0, 1, 3);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_TIMEOUT);
	ck_assert_int_eq(post(c, 0, 2).value, 0);
	ck_assert_int_eq(post(b, 0, 1).value, 2);
	ck_assert_uint_eq(post(a, 0, 1).error, ERROR_TOO_MANY_POSTS);
	for (unsigned i = 0; i < N_PEERS; i++)
		ck_assert_uint_eq(wait_in(&peers[i], 0, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(a, 0, 0), WAIT_TIMEOUT);
}
END_TEST

START_TEST(a_post_releases_as_many)
{
	create_and_open(OBJECT_KIND_SEMAPHORE, 0, 0, 1);
	begin_wait(b, 1, 1, false);
	begin_wait(c, 1, 1, false);
	freeze(b);
	freeze(c);
	/* With two waiting the count never leaves 0, so the maximum is not in the way. */
	ck_assert_int_eq(post(a, 0, 1).value, 0);
	ck_assert_int_eq(post(a, 0, 1).value, 0);
	ck_assert_int_eq(post(a, 0, 1).value, 0);
	ck_assert_uint_eq(post(a, 0, 1).error, ERROR_TOO_MANY_POSTS);
	go_on(b);
	go_on(c);
	ck_assert_uint_eq(end(b, 1).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(end(c, 1).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_TIMEOUT);
}
END_TEST

/* ---------------------------------------------------------------- mutexes */

START_TEST(a_mutex_belongs_to_one_thread_of_all)
{
	const struct object_request other = {.op = OBJECT_RELEASE, .worker = 2};

	create_and_open(OBJECT_KIND_MUTEX, TRUE, 0, 0);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_TIMEOUT);
	ck_assert_uint_eq(simple(b, OBJECT_RELEASE, 0).error, ERROR_NOT_OWNER);
	ck_assert_uint_eq(ask(a, &other).error, ERROR_NOT_OWNER);
	ck_assert_uint_eq(wait_in(a, 0, 0), WAIT_OBJECT_0);
	must(a, OBJECT_RELEASE, 0);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_TIMEOUT);
	begin_wait(b, 1, 1, false);
	must(a, OBJECT_RELEASE, 0);
	ck_assert_uint_eq(end(b, 1).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(simple(a, OBJECT_RELEASE, 0).error, ERROR_NOT_OWNER);
	/* It is worker 1's, not the process's. */
	ck_assert_uint_eq(simple(b, OBJECT_RELEASE, 0).error, ERROR_NOT_OWNER);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_TIMEOUT);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_TIMEOUT);
}
END_TEST

START_TEST(a_released_mutex_goes_to_who_waits)
{
	create_and_open(OBJECT_KIND_MUTEX, TRUE, 0, 0);
	begin_wait(b, 1, 1, false);
	freeze(b);
	must(a, OBJECT_RELEASE, 0);
	ck_assert_uint_eq(wait_in(a, 0, 0), WAIT_TIMEOUT);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_TIMEOUT);
	go_on(b);
	ck_assert_uint_eq(end(b, 1).result, WAIT_OBJECT_0);
}
END_TEST

START_TEST(a_killed_owner_abandons)
{
	struct object_reply first, second;

	create_and_open(OBJECT_KIND_MUTEX, TRUE, 0, 0);
	begin_wait(b, 1, 1, false);
	begin_wait(c, 1, 1, false);
	test_child_kill(a, SIGKILL);
	/* One is told, and who comes after it is not. */
	ck_assert(test_fd_wait(b->sock, 0) == false);
	{
		const struct object_request collect = {.op = OBJECT_QUIT, .worker = 1};
		const struct object_request give = {.op = OBJECT_RELEASE, .worker = 1};
		struct test_child *one, *two;

		/* Whichever has it answers; the other one answers when that gives up. */
		ck_assert(send(b->sock, &collect, sizeof(collect), 0) > 0);
		ck_assert(send(c->sock, &collect, sizeof(collect), 0) > 0);
		while (!test_fd_wait(b->sock, 0) && !test_fd_wait(c->sock, 0))
			sched_yield();
		one = test_fd_wait(b->sock, 0) ? b : c;
		two = one == b ? c : b;
		ck_assert(recv(one->sock, &first, sizeof(first), 0) > 0);
		ck_assert_uint_eq(first.result, WAIT_ABANDONED_0);
		ck_assert(!test_fd_wait(two->sock, 0));
		ck_assert(ask(one, &give).result);
		ck_assert(test_fd_wait(two->sock, TEST_DEADLINE_MS));
		ck_assert(recv(two->sock, &second, sizeof(second), 0) > 0);
		ck_assert_uint_eq(second.result, WAIT_OBJECT_0);
		ck_assert(ask(two, &give).result);
	}
}
END_TEST

START_TEST(an_ending_thread_abandons)
{
	const struct object_request take = {.op = OBJECT_WAIT, .worker = 1, .mask = 1};
	const struct object_request leave = {.op = OBJECT_END_WORKER, .worker = 1};

	create_and_open(OBJECT_KIND_MUTEX, FALSE, 0, 0);
	ck_assert_uint_eq(ask(a, &take).result, WAIT_OBJECT_0);
	begin_wait(b, 1, 1, false);
	ask(a, &leave);
	ck_assert_uint_eq(end(b, 1).result, WAIT_ABANDONED_0);
	ck_assert_uint_eq(wait_in(a, 0, 0), WAIT_TIMEOUT);
}
END_TEST

START_TEST(a_process_that_ends_well_abandons_too)
{
	create_and_open(OBJECT_KIND_MUTEX, TRUE, 0, 0);
	/* Its last handle is closed, but its thread still owns it. */
	must(a, OBJECT_SHUT, 0);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_TIMEOUT);
	object_peer_stop(a);
	ck_assert_uint_eq(wait_in(b, 0, LONG_MS), WAIT_ABANDONED_0);
	must(b, OBJECT_RELEASE, 0);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_OBJECT_0);
}
END_TEST

/* ---------------------------------------------------------------- waiters that die */

START_TEST(a_killed_waiter_is_not_waited_for)
{
	create_and_open(OBJECT_KIND_EVENT, FALSE, FALSE, 0);
	begin_wait(b, 1, 1, false);
	begin_wait(b, 2, 1, false);
	begin_wait(c, 1, 1, false);
	freeze(b);
	/* All three are due one. */
	must(a, OBJECT_SET, 0);
	must(a, OBJECT_SET, 0);
	ck_assert_int_eq(kill(b->pid, SIGKILL), 0);
	test_child_wait(b);
	let_broker_hear(a);
	ck_assert_uint_eq(end(c, 1).result, WAIT_OBJECT_0);
	/* What the dead one was due is there for others. */
	ck_assert_uint_eq(wait_in(a, 0, LONG_MS), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(a, 0, 0), WAIT_TIMEOUT);
	/* Nobody is counted that is not there. */
	must(a, OBJECT_SET, 0);
	must(a, OBJECT_SET, 0);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_TIMEOUT);
}
END_TEST

/* ---------------------------------------------------------------- several objects */

START_TEST(any_of_several_takes_the_first_that_is_there)
{
	create_and_open(OBJECT_KIND_EVENT, FALSE, FALSE, 0);
	create_in(a, 1, OBJECT_KIND_SEMAPHORE, SECOND, 0, 0, 5);
	ck_assert(open_in(b, 1, OBJECT_KIND_SEMAPHORE, SECOND, 0).result);
	begin_wait(b, 1, 3, false);
	ck_assert(post(a, 1, 2).result);
	ck_assert_uint_eq(end(b, 1).result, WAIT_OBJECT_0 + 1);
	/* What it waited for besides has lost a waiter: two settings are one. */
	must(a, OBJECT_SET, 0);
	must(a, OBJECT_SET, 0);
	begin_wait(b, 1, 3, false);
	ck_assert_uint_eq(end(b, 1).result, WAIT_OBJECT_0);
	begin_wait(b, 1, 3, false);
	ck_assert_uint_eq(end(b, 1).result, WAIT_OBJECT_0 + 1);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_TIMEOUT);
	ck_assert_uint_eq(wait_in(b, 1, 0), WAIT_TIMEOUT);
}
END_TEST

START_TEST(all_of_several_takes_all_or_nothing)
{
	create_and_open(OBJECT_KIND_EVENT, FALSE, FALSE, 0);
	for (unsigned i = 0; i < 2; i++) {
		create_in(&peers[i], 1, OBJECT_KIND_SEMAPHORE, SECOND, 0, 0, 5);
		create_in(&peers[i], 2, OBJECT_KIND_EVENT, "third", TRUE, FALSE, 0);
		create_in(&peers[i], 3, OBJECT_KIND_MUTEX, "fourth", FALSE, 0, 0);
	}
	create_in(b, 4, OBJECT_KIND_EVENT, "", FALSE, FALSE, 0);
	ck_assert_uint_eq(wait_all_in(b, 0xf, 0), WAIT_TIMEOUT);
	begin_wait(b, 1, 0x1f, true);
	must(a, OBJECT_SET, 0);
	must(a, OBJECT_SET, 0); /* it does not take one alone, so this is nothing */
	ck_assert(post(a, 1, 1).result);
	must(a, OBJECT_SET, 2);
	/* The local one is missing: nothing was taken. */
	ck_assert_uint_eq(wait_in(a, 0, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(a, 1, 0), WAIT_OBJECT_0);
	ck_assert(post(a, 1, 1).result);
	must(b, OBJECT_SET, 4);
	must(a, OBJECT_SET, 0);
	ck_assert_uint_eq(end(b, 1).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(a, 0, 0), WAIT_TIMEOUT);
	ck_assert_uint_eq(wait_in(a, 1, 0), WAIT_TIMEOUT);
	ck_assert_uint_eq(wait_in(a, 2, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(a, 3, 0), WAIT_TIMEOUT);
}
END_TEST

/* ---------------------------------------------------------------- timers */

static void set_timer_in(struct test_child *peer, int ms, int period, int has_routine)
{
	const struct object_request r = {.op = OBJECT_SET_TIMER, .a = ms, .b = period,
					 .c = has_routine};

	ck_assert(ask(peer, &r).result);
}

START_TEST(a_timer_expires_for_all)
{
	create_and_open(OBJECT_KIND_TIMER, TRUE, 0, 0);
	begin_wait(b, 1, 1, false);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_TIMEOUT);
	set_timer_in(a, 20, 0, 0);
	ck_assert_uint_eq(end(b, 1).result, WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(c, 0, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(a, 0, 0), WAIT_OBJECT_0);
	/* Setting it again takes the signal away; the new time is long. */
	set_timer_in(b, TEST_DEADLINE_MS * 10, 0, 0);
	ck_assert_uint_eq(wait_in(a, 0, 0), WAIT_TIMEOUT);
	begin_wait(c, 1, 1, false);
	set_timer_in(a, 1, 0, 0);
	ck_assert_uint_eq(end(c, 1).result, WAIT_OBJECT_0);
	/* A cancelled one keeps its state. */
	must(c, OBJECT_CANCEL_TIMER, 0);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_OBJECT_0);
}
END_TEST

START_TEST(a_periodic_timer_releases_one_at_a_time)
{
	create_and_open(OBJECT_KIND_TIMER, FALSE, 0, 0);
	set_timer_in(a, 10, 10, 0);
	for (unsigned i = 0; i < 6; i++)
		ck_assert_uint_eq(wait_in(&peers[i % N_PEERS], 0, LONG_MS), WAIT_OBJECT_0);
	must(b, OBJECT_CANCEL_TIMER, 0);
	wait_in(c, 0, 0);
	ck_assert_uint_eq(wait_in(c, 0, 50), WAIT_TIMEOUT);
}
END_TEST

START_TEST(a_completion_routine_runs_where_it_was_set)
{
	const struct object_request sleep = {.op = OBJECT_ALERT, .timeout = LONG_MS};
	const struct object_request look = {.op = OBJECT_ALERT};
	struct object_reply reply;

	create_and_open(OBJECT_KIND_TIMER, TRUE, 0, 0);
	set_timer_in(a, 10, 0, 1);
	reply = ask(a, &sleep);
	ck_assert_uint_eq(reply.result, WAIT_IO_COMPLETION);
	ck_assert_int_eq(reply.value, 1);
	/* Set by another process, it is that one's. */
	set_timer_in(a, TEST_DEADLINE_MS * 10, 0, 1);
	set_timer_in(b, 20, 0, 0);
	ck_assert_uint_eq(wait_in(a, 0, LONG_MS), WAIT_OBJECT_0);
	ck_assert_uint_eq(ask(a, &look).result, 0);
}
END_TEST

/* ---------------------------------------------------------------- parcels */

static void send_object(unsigned from_slot, unsigned to_slot)
{
	const struct object_request out = {.op = OBJECT_PACK, .slot = from_slot};
	const struct object_request in = {.op = OBJECT_UNPACK, .slot = to_slot};

	send_parcel_on(a, &out, b, &in);
}

START_TEST(an_unnamed_object_works_where_it_was_sent)
{
	create_in(a, 0, OBJECT_KIND_EVENT, "", FALSE, TRUE, 0);
	create_in(a, 1, OBJECT_KIND_SEMAPHORE, "", 0, 2, 4);
	create_in(a, 2, OBJECT_KIND_MUTEX, "", TRUE, 0, 0);
	create_in(a, 3, OBJECT_KIND_EVENT, "", TRUE, FALSE, 0);
	/* A thread that waits already goes on waiting, for the common one. */
	begin_wait(a, 1, 1u << 3, false);
	for (unsigned i = 0; i < 4; i++)
		send_object(i, i);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(a, 0, 0), WAIT_TIMEOUT);
	ck_assert_int_eq(post(b, 1, 1).value, 2);
	ck_assert_int_eq(post(a, 1, 1).value, 3);
	ck_assert_uint_eq(post(a, 1, 1).error, ERROR_TOO_MANY_POSTS);
	ck_assert_uint_eq(wait_in(b, 2, 0), WAIT_TIMEOUT);
	must(a, OBJECT_RELEASE, 2);
	ck_assert_uint_eq(wait_in(b, 2, 0), WAIT_OBJECT_0);
	ck_assert_uint_eq(wait_in(a, 2, 0), WAIT_TIMEOUT);
	must(b, OBJECT_SET, 3);
	ck_assert_uint_eq(end(a, 1).result, WAIT_OBJECT_0);

	/* Sent again it is the same object. */
	send_object(0, 4);
	must(b, OBJECT_SET, 4);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_OBJECT_0);

	/* It outlives its maker. */
	test_child_kill(a, SIGKILL);
	must(b, OBJECT_SET, 0);
	ck_assert_uint_eq(wait_in(b, 4, 0), WAIT_OBJECT_0);
}
END_TEST

START_TEST(a_timer_goes_on_where_it_was_sent)
{
	create_in(a, 0, OBJECT_KIND_TIMER, "", TRUE, 0, 0);
	set_timer_in(a, 30, 0, 0);
	send_object(0, 0);
	begin_wait(a, 1, 1, false);
	ck_assert_uint_eq(wait_in(b, 0, LONG_MS), WAIT_OBJECT_0);
	ck_assert_uint_eq(end(a, 1).result, WAIT_OBJECT_0);
}
END_TEST

START_TEST(a_named_object_in_a_parcel_keeps_its_name)
{
	create_in(a, 0, OBJECT_KIND_EVENT, NAME, TRUE, FALSE, 0);
	send_object(0, 3);
	must(a, OBJECT_SHUT, 0);
	ck_assert(open_in(c, 0, OBJECT_KIND_EVENT, NAME, 0).result);
	must(c, OBJECT_SET, 0);
	ck_assert_uint_eq(wait_in(b, 3, 0), WAIT_OBJECT_0);
	must(c, OBJECT_SHUT, 0);
	must(b, OBJECT_SHUT, 3);
	ck_assert_uint_eq(open_in(c, 0, OBJECT_KIND_EVENT, NAME, 0).error,
			  ERROR_FILE_NOT_FOUND);
}
END_TEST

/* ---------------------------------------------------------------- fork, broker */

START_TEST(the_child_of_a_fork_has_none_of_them)
{
	struct object_request r = {.op = OBJECT_FORK};
	struct object_reply reply;

	snprintf(r.name, sizeof(r.name), "%s", NAME);
	create_and_open(OBJECT_KIND_EVENT, FALSE, FALSE, 0);
	/* It sets the event through a handle of its own, and leaves. */
	reply = ask(a, &r);
	ck_assert_int_eq(reply.value, 0);
	ck_assert_uint_eq(wait_in(b, 0, LONG_MS), WAIT_OBJECT_0);
	/* The parent has not noticed. */
	begin_wait(a, 1, 1, false);
	must(b, OBJECT_SET, 0);
	ck_assert_uint_eq(end(a, 1).result, WAIT_OBJECT_0);
	ck_assert(open_in(c, 1, OBJECT_KIND_EVENT, NAME, 0).result);
}
END_TEST

START_TEST(objects_do_without_the_broker)
{
	create_and_open(OBJECT_KIND_EVENT, FALSE, FALSE, 0);
	begin_wait(b, 1, 1, false);
	test_broker_kill(&broker);
	must(a, OBJECT_SET, 0);
	ck_assert_uint_eq(end(b, 1).result, WAIT_OBJECT_0);
	test_broker_restart(&broker);
	/* The new one hears of it from those who have it (test_object_restart). */
	ck_assert_uint_eq(create_in(c, 1, OBJECT_KIND_EVENT, NAME, FALSE, FALSE, 0).error,
			  ERROR_ALREADY_EXISTS);
	must(c, OBJECT_SET, 1);
	ck_assert_uint_eq(wait_in(b, 0, 0), WAIT_OBJECT_0);
}
END_TEST

/* ---------------------------------------------------------------- beginning to wait */

/*
 * Something is given after two threads looked and before they began to wait, so nobody rings.
 * One of the two has it then, whatever the order of their steps; not each leaves it to the
 * other.
 */
static int begin_in_turns(int s, void *arg)
{
	const struct npfs_object_params params = {
		.size = sizeof(params),
		.type = *(const uint32_t *)arg,
		.initial = *(const uint32_t *)arg == NPFS_OBJECT_MUTEX,
		.limit = 1,
		.access = GENERIC_ALL,
	};
	struct npfs_object_want one = {.taker = NPFS_TAKE_POLL}, other;
	enum npfs_wait_begun of_one, of_other;
	unsigned n_taken;

	(void)s;
	if (npfs_object_create(NULL, 0, &params, &one.object) != STATUS_SUCCESS)
		return 1;
	other = one;
	if (npfs_object_take(&one, 1) != STATUS_TIMEOUT ||
	    npfs_object_take(&other, 1) != STATUS_TIMEOUT)
		return 2;
	if (params.type == NPFS_OBJECT_MUTEX)
		npfs_object_release_mutex(one.object, false);
	else
		npfs_object_set(one.object);
	of_one = npfs_object_wait_begin(one.object, true, &one.since);
	of_other = npfs_object_wait_begin(other.object, true, &other.since);
	one.taker = of_one == NPFS_WAIT_COUNTED ? NPFS_TAKE_BEGIN : NPFS_TAKE_POLL;
	other.taker = of_other == NPFS_WAIT_COUNTED ? NPFS_TAKE_BEGIN : NPFS_TAKE_POLL;
	n_taken = npfs_object_take(&one, 1) == STATUS_SUCCESS;
	n_taken += npfs_object_take(&other, 1) == STATUS_SUCCESS;
	npfs_object_close(one.object);
	return n_taken == 1 ? 0 : 3;
}

START_TEST(of_two_that_begin_to_wait_one_has_it)
{
	uint32_t types[] = {NPFS_OBJECT_EVENT, NPFS_OBJECT_SEMAPHORE, NPFS_OBJECT_MUTEX};
	struct test_child child;

	test_child_start(&child, begin_in_turns, &types[_i]);
	ck_assert_int_eq(test_child_wait(&child), 0);
}
END_TEST

/* ---------------------------------------------------------------- as they like */

#define N_HAMMERS 4u

/* What the hammering processes share besides the objects. */
struct board {
	_Atomic int n_inside;
	_Atomic int n_worst;
	_Atomic long n_abandoned;
	long n_plain; /* under the lock that is hammered */
};

static struct board *board;

static void board_make(void)
{
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(board != MAP_FAILED);
	memset(board, 0, sizeof(*board));
}

static void enter(int most)
{
	int n = atomic_fetch_add(&board->n_inside, 1) + 1;

	if (n > most)
		atomic_store(&board->n_worst, n);
}

static void leave(void)
{
	atomic_fetch_sub(&board->n_inside, 1);
}

static int rounds(void)
{
	const char *text = getenv("NPFS_TEST_ROUNDS");

	return text ? atoi(text) : 300;
}

static int hammer_mutex(int s, void *arg)
{
	HANDLE h = CreateMutexA(NULL, FALSE, NAME);

	(void)arg;
	test_say(s, 'r');
	test_expect(s, 'g');
	for (int i = 0; i < rounds(); i++) {
		if (WaitForSingleObject(h, LONG_MS) != WAIT_OBJECT_0)
			return 1;
		enter(1);
		board->n_plain++;
		if (i % 7 == 0 && WaitForSingleObject(h, 0) == WAIT_OBJECT_0)
			ReleaseMutex(h);
		leave();
		if (!ReleaseMutex(h))
			return 2;
	}
	return 0;
}

static int hammer_event(int s, void *arg)
{
	HANDLE h = CreateEventA(NULL, FALSE, TRUE, NAME);

	(void)arg;
	test_say(s, 'r');
	test_expect(s, 'g');
	for (int i = 0; i < rounds(); i++) {
		if (WaitForSingleObject(h, LONG_MS) != WAIT_OBJECT_0)
			return 1;
		enter(1);
		board->n_plain++;
		leave();
		if (!SetEvent(h))
			return 2;
	}
	return 0;
}

static int hammer_semaphore(int s, void *arg)
{
	HANDLE h = CreateSemaphoreA(NULL, 2, 2, NAME);

	(void)arg;
	test_say(s, 'r');
	test_expect(s, 'g');
	for (int i = 0; i < rounds(); i++) {
		if (WaitForSingleObject(h, LONG_MS) != WAIT_OBJECT_0)
			return 1;
		enter(2);
		leave();
		if (!ReleaseSemaphore(h, 1, NULL))
			return 2;
	}
	return 0;
}

/* Half of the processes name the two in the other order. */
static int hammer_both(int s, void *arg)
{
	HANDLE h[2];
	int turned = *(const int *)arg & 1;

	h[turned] = CreateMutexA(NULL, FALSE, NAME);
	h[!turned] = CreateSemaphoreA(NULL, 1, 1, SECOND);
	test_say(s, 'r');
	test_expect(s, 'g');
	for (int i = 0; i < rounds(); i++) {
		if (WaitForMultipleObjects(2, h, TRUE, LONG_MS) != WAIT_OBJECT_0)
			return 1;
		enter(1);
		board->n_plain++;
		leave();
		if (!ReleaseMutex(h[turned]) || !ReleaseSemaphore(h[!turned], 1, NULL))
			return 2;
	}
	return 0;
}

static const struct hammer_row {
	const char *what;
	test_child_fn fn;
	bool counts;
} hammer_rows[] = {
	{"mutex", hammer_mutex, true},
	{"event", hammer_event, true},
	{"semaphore", hammer_semaphore, false},
	{"both", hammer_both, true},
};

START_TEST(many_processes_at_once_keep_the_rules)
{
	const struct hammer_row *row = &hammer_rows[_i];
	struct test_child children[N_HAMMERS];
	int numbers[N_HAMMERS];

	board_make();
	for (unsigned i = 0; i < N_HAMMERS; i++) {
		numbers[i] = (int)i;
		test_child_start(&children[i], row->fn, &numbers[i]);
		test_expect(children[i].sock, 'r');
	}
	for (unsigned i = 0; i < N_HAMMERS; i++)
		test_say(children[i].sock, 'g');
	for (unsigned i = 0; i < N_HAMMERS; i++)
		ck_assert_msg(test_child_wait(&children[i]) == 0, "%s", row->what);
	ck_assert_int_eq(atomic_load(&board->n_worst), 0);
	if (row->counts)
		ck_assert_int_eq(board->n_plain, (long)N_HAMMERS * rounds());
	munmap(board, sizeof(*board));
}
END_TEST

/* ---------------------------------------------------------------- killed at random */

/* Does everything there is to do with all objects, until it is killed. */
static int run_riot(int s, void *arg)
{
	HANDLE h[5];
	unsigned seed = (unsigned)getpid();

	(void)arg;
	h[0] = OpenMutexA(MUTEX_ALL_ACCESS, FALSE, "riot mutex");
	h[1] = OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, "riot semaphore");
	h[2] = OpenEventA(EVENT_ALL_ACCESS, FALSE, "riot event");
	h[3] = OpenEventA(EVENT_ALL_ACCESS, FALSE, "riot latch");
	h[4] = OpenMutexA(MUTEX_ALL_ACCESS, FALSE, "riot mutex 2");
	for (unsigned i = 0; i < 5; i++)
		if (!h[i])
			return 1;
	test_say(s, 'r');
	for (;;) {
		DWORD got;

		switch (rand_r(&seed) % 8) {
		case 0:
			got = WaitForSingleObject(h[0], 1);
			if (got != WAIT_TIMEOUT)
				ReleaseMutex(h[0]);
			break;
		case 1:
			if (WaitForSingleObject(h[1], 1) == WAIT_OBJECT_0)
				ReleaseSemaphore(h[1], 1, NULL);
			break;
		case 2:
			SetEvent(h[2]);
			break;
		case 3:
			WaitForSingleObject(h[2], 1);
			break;
		case 4:
			SetEvent(h[3]);
			ResetEvent(h[3]);
			break;
		case 5:
			got = WaitForMultipleObjects(2, h, TRUE, 1);
			if (got != WAIT_TIMEOUT) {
				ReleaseSemaphore(h[1], 1, NULL);
				ReleaseMutex(h[0]);
			}
			break;
		case 6:
			got = WaitForMultipleObjects(5, h, FALSE, 1);
			if (got == WAIT_OBJECT_0 + 1)
				ReleaseSemaphore(h[1], 1, NULL);
			ReleaseMutex(h[0]);
			ReleaseMutex(h[4]);
			break;
		default: {
			HANDLE two[2] = {h[4], h[0]};

			got = WaitForMultipleObjects(2, two, TRUE, 1);
			if (got != WAIT_TIMEOUT) {
				ReleaseMutex(h[4]);
				ReleaseMutex(h[0]);
			}
		}
		}
	}
}

START_TEST(whoever_is_killed_leaves_the_objects_usable)
{
	struct test_child children[N_HAMMERS];
	unsigned seed = 1;
	uint32_t got;

	ck_assert(create_in(a, 0, OBJECT_KIND_MUTEX, "riot mutex", FALSE, 0, 0).result);
	ck_assert(create_in(a, 1, OBJECT_KIND_SEMAPHORE, "riot semaphore", 0, 100, 100).result);
	ck_assert(create_in(a, 2, OBJECT_KIND_EVENT, "riot event", FALSE, FALSE, 0).result);
	ck_assert(create_in(a, 3, OBJECT_KIND_EVENT, "riot latch", TRUE, FALSE, 0).result);
	ck_assert(create_in(a, 4, OBJECT_KIND_MUTEX, "riot mutex 2", FALSE, 0, 0).result);
	for (int round = 0; round < rounds() / 30; round++) {
		for (unsigned i = 0; i < N_HAMMERS; i++) {
			test_child_start(&children[i], run_riot, NULL);
			test_expect(children[i].sock, 'r');
		}
		for (unsigned i = 0; i < N_HAMMERS; i++) {
			for (int k = rand_r(&seed) % 300; k > 0; k--)
				sched_yield();
			test_child_kill(&children[i], SIGKILL);
		}
		let_broker_hear(a);
		got = wait_in(a, 0, LONG_MS);
		ck_assert(got == WAIT_OBJECT_0 || got == WAIT_ABANDONED_0);
		must(a, OBJECT_RELEASE, 0);
		got = wait_all_in(a, 0x13, LONG_MS);
		ck_assert(got == WAIT_OBJECT_0 || got == WAIT_ABANDONED_0);
		ck_assert(post(a, 1, 1).result);
		must(a, OBJECT_RELEASE, 0);
		must(a, OBJECT_RELEASE, 4);
		ck_assert_uint_eq(wait_in(a, 0, 0), WAIT_OBJECT_0);
		must(a, OBJECT_RELEASE, 0);
		/* An event that is reset, set and taken is what it is for. */
		must(a, OBJECT_RESET, 2);
		ck_assert_uint_eq(wait_in(a, 2, 0), WAIT_TIMEOUT);
		must(a, OBJECT_SET, 2);
		must(a, OBJECT_SET, 2);
		ck_assert_uint_eq(wait_in(a, 2, 0), WAIT_OBJECT_0);
		ck_assert_uint_eq(wait_in(a, 2, 0), WAIT_TIMEOUT);
	}
}
END_TEST

#define N_ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
	Suite *s = suite_create("objects");
	TCase *tc = tcase_create("objects");
	SRunner *runner;
	int n_failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, one_name_is_one_object_in_all_processes);
	tcase_add_test(tc, creating_a_name_that_exists_opens_it);
	tcase_add_test(tc, a_name_goes_with_the_last_handle);
	tcase_add_test(tc, a_name_goes_with_its_process);
	tcase_add_test(tc, several_handles_of_a_process_are_one_object);
	tcase_add_test(tc, kinds_share_one_name_space);
	tcase_add_loop_test(tc, names_are_compared_as_documented, 0, N_ROWS(name_rows));
	tcase_add_test(tc, an_access_list_is_enforced);
	tcase_add_test(tc, a_handle_may_do_what_it_was_opened_for);
	tcase_add_test(tc, setting_an_auto_reset_event_releases_one);
	tcase_add_test(tc, what_is_set_belongs_to_those_who_wait);
	tcase_add_test(tc, a_manual_reset_event_releases_all_who_wait);
	tcase_add_test(tc, a_pulse_releases_who_waits_and_nobody_else);
	tcase_add_test(tc, a_wait_ends_at_its_time);
	tcase_add_test(tc, a_semaphore_counts_for_all);
	tcase_add_test(tc, a_post_releases_as_many);
	tcase_add_test(tc, a_mutex_belongs_to_one_thread_of_all);
	tcase_add_test(tc, a_released_mutex_goes_to_who_waits);
	tcase_add_test(tc, a_killed_owner_abandons);
	tcase_add_test(tc, an_ending_thread_abandons);
	tcase_add_test(tc, a_process_that_ends_well_abandons_too);
	tcase_add_test(tc, a_killed_waiter_is_not_waited_for);
	tcase_add_test(tc, any_of_several_takes_the_first_that_is_there);
	tcase_add_test(tc, all_of_several_takes_all_or_nothing);
	tcase_add_test(tc, a_timer_expires_for_all);
	tcase_add_test(tc, a_periodic_timer_releases_one_at_a_time);
	tcase_add_test(tc, a_completion_routine_runs_where_it_was_set);
	tcase_add_test(tc, an_unnamed_object_works_where_it_was_sent);
	tcase_add_test(tc, a_timer_goes_on_where_it_was_sent);
	tcase_add_test(tc, a_named_object_in_a_parcel_keeps_its_name);
	tcase_add_test(tc, the_child_of_a_fork_has_none_of_them);
	tcase_add_test(tc, objects_do_without_the_broker);
	tcase_add_loop_test(tc, of_two_that_begin_to_wait_one_has_it, 0, 3);
	tcase_add_loop_test(tc, many_processes_at_once_keep_the_rules, 0,
			    N_ROWS(hammer_rows));
	tcase_add_test(tc, whoever_is_killed_leaves_the_objects_usable);
	suite_add_tcase(s, tc);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
