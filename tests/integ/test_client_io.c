/* SPDX-License-Identifier: MIT */
/*
 * Data through the public functions, between two processes
 *
 * The test is the server; its child is the client and says over a socket how far it is.
 * "Blocks" is seen, not waited for: npfs_end_on_block() tells when a call is about to
 * sleep, and an operation in flight has said STATUS_PENDING. Each test has a broker of
 * its own, and nothing may be left afterwards.
 */
#include <npfs/aio.h>
#include <npfs/pipe.h>

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "npfs/base/macro.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/leak.h"
#include "tests/lib/name.h"
#include "tests/lib/proc.h"

#define MESSAGE_LEN (1024u * 1024)

static struct test_broker broker;

/* Without the 64 KiB limit on messages that the book's systems have. */
static void setup(void)
{
	if (npfs_personality_set("modern") != STATUS_SUCCESS)
		test_fail("no personality \"modern\"");
	test_broker_start(&broker);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

/* ends */

static npfs_status server_make(const char *text, uint32_t type, uint32_t quota,
			       struct npfs_end **endp)
{
	struct test_name name = test_name(text);
	struct npfs_create_params params = {
		.size = sizeof(params),
		.access = GENERIC_READ | GENERIC_WRITE,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = FILE_OPEN_IF,
		.type = type,
		.read_mode = type,
		.max_instances = NPFS_UNLIMITED_INSTANCES,
		.inbound_quota = quota,
		.outbound_quota = quota,
		.default_timeout = -500000,
	};

	return npfs_pipe_create(name.units, name.len, &params, endp, NULL);
}

static npfs_status client_make(const char *text, struct npfs_end **endp)
{
	struct test_name name = test_name(text);
	struct npfs_open_params params = {
		.size = sizeof(params),
		.access = GENERIC_READ | GENERIC_WRITE,
	};

	return npfs_pipe_open(name.units, name.len, &params, endp);
}

static struct npfs_end *server(const char *text, uint32_t type, uint32_t quota)
{
	struct npfs_end *end = NULL;
	npfs_status status = server_make(text, type, quota, &end);

	if (status != STATUS_SUCCESS)
		test_fail("create %s: 0x%x", text, status);
	return end;
}

static struct npfs_end *client(const char *text, uint32_t mode)
{
	struct npfs_end *end = NULL;
	npfs_status status = client_make(text, &end);

	if (status == STATUS_SUCCESS && mode)
		status = npfs_end_set_modes(end, mode, NPFS_MODE_WAIT);
	if (status != STATUS_SUCCESS)
		test_fail("open %s: 0x%x", text, status);
	return end;
}

static void expect(npfs_status status, npfs_status wanted, const char *what)
{
	if (status != wanted)
		test_fail("%s: 0x%x instead of 0x%x", what, status, wanted);
}

static void listen_for(struct npfs_end *end)
{
	npfs_status status = npfs_end_listen(end, NULL);

	if (status != STATUS_PIPE_CONNECTED)
		expect(status, STATUS_SUCCESS, "listen");
}

static uint8_t byte_at(uint32_t i)
{
	return (uint8_t)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

static uint8_t *pattern(uint32_t len)
{
	uint8_t *data = malloc(len ? len : 1);

	test_require(data, "malloc");
	for (uint32_t i = 0; i < len; i++)
		data[i] = byte_at(i);
	return data;
}

static void expect_pattern(const uint8_t *data, uint32_t from, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		if (data[i] != byte_at(from + i))
			test_fail("byte %u is wrong", from + i);
}

static void write_all(struct npfs_end *end, const void *data, uint32_t len)
{
	uint32_t done = 0;

	expect(npfs_end_write(end, data, len, NULL, &done), STATUS_SUCCESS, "write");
	if (done != len)
		test_fail("wrote %u of %u", done, len);
}

/* operations in flight */

struct flight {
	struct npfs_op op;
	int done_fd; /* owned: readable when complete was called */
	_Atomic int n_completed;
};

static void flight_complete(struct npfs_op *op)
{
	struct flight *flight = np_container_of(op, struct flight, op);
	uint64_t one = 1;

	atomic_fetch_add(&flight->n_completed, 1);
	test_require(write(flight->done_fd, &one, sizeof(one)) == sizeof(one), "eventfd");
}

static void flight_init(struct flight *flight)
{
	memset(flight, 0, sizeof(*flight));
	flight->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	test_require(flight->done_fd >= 0, "eventfd");
	npfs_op_init(&flight->op, flight_complete, NULL);
}

static npfs_status flight_land(struct flight *flight)
{
	uint64_t n;

	if (!test_fd_wait(flight->done_fd, TEST_DEADLINE_MS))
		test_fail("an operation in flight does not end");
	test_require(read(flight->done_fd, &n, sizeof(n)) == sizeof(n), "eventfd");
	close(flight->done_fd);
	if (atomic_load(&flight->n_completed) != 1)
		test_fail("completed %d times", atomic_load(&flight->n_completed));
	return flight->op.status;
}

static bool flight_is_up(struct flight *flight)
{
	return !test_fd_wait(flight->done_fd, 0);
}

/* echo */

static int echo_client(int sock, void *arg)
{
	struct npfs_end *end = client("echo", *(uint32_t *)arg);
	uint8_t *data = pattern(5000), *back = malloc(5000);

	(void)sock;
	test_require(back, "malloc");
	for (uint32_t len = 1; len <= 5000; len += 1 + len / 3) {
		uint32_t got = 0;

		write_all(end, data, len);
		while (got < len) {
			uint32_t n = 0;

			expect(npfs_end_read(end, back + got, len - got, NULL, &n),
			       STATUS_SUCCESS, "read");
			got += n;
		}
		expect_pattern(back, 0, len);
	}
	npfs_end_free(end);
	free(data);
	free(back);
	return 0;
}

static void serve_echo(struct npfs_end *end)
{
	uint8_t buf[8192];
	uint32_t n = 0;
	npfs_status status;

	while ((status = npfs_end_read(end, buf, sizeof(buf), NULL, &n)) ==
	       STATUS_SUCCESS)
		write_all(end, buf, n);
	expect(status, STATUS_PIPE_BROKEN, "read after the client has gone");
}

START_TEST(what_is_sent_comes_back)
{
	uint32_t type = _i ? NPFS_TYPE_MESSAGE : NPFS_TYPE_BYTE;
	struct npfs_end *end = server("echo", type, 4096);
	struct test_child child;

	test_child_start(&child, echo_client, &type);
	listen_for(end);
	serve_echo(end);
	ck_assert_int_eq(test_child_wait(&child), 0);
	npfs_end_free(end);
}
END_TEST

/* However long threads look before they sleep, what is sent comes back. */
START_TEST(the_limit_of_spinning_can_be_set_at_any_time)
{
	static const uint32_t limits[] = { 0, 1, 100000, UINT32_MAX };
	uint32_t type = NPFS_TYPE_MESSAGE, usual = npfs_spin_limit();

	for (unsigned i = 0; i < NP_ARRAY_LEN(limits); i++) {
		/* a new one can be opened at once, before it is waited for */
		struct npfs_end *end = server("echo", type, 4096);
		struct test_child child;

		npfs_spin_set_limit(limits[i]);
		ck_assert_uint_eq(npfs_spin_limit(),
				  np_min_u32(limits[i], UINT32_MAX / 4));
		test_child_start(&child, echo_client, &type);
		listen_for(end);
		npfs_spin_set_limit(i % 2 ? 0 : 50);
		serve_echo(end);
		ck_assert_int_eq(test_child_wait(&child), 0);
		npfs_end_free(end);
	}
	npfs_spin_set_limit(usual);
}
END_TEST

/* one large message */

static int large_client(int sock, void *arg)
{
	struct npfs_end *end = client("large", NPFS_MODE_MESSAGE);
	uint8_t *data = pattern(MESSAGE_LEN);

	(void)arg;
	write_all(end, data, MESSAGE_LEN);
	test_say(sock, 'w');
	npfs_end_free(end);
	free(data);
	return 0;
}

START_TEST(a_message_of_1_mib_passes_a_quota_of_4_kib)
{
	struct npfs_end *end = server("large", NPFS_TYPE_MESSAGE, 4096);
	uint8_t *buf = malloc(MESSAGE_LEN);
	uint32_t n = 0, got = 0;
	struct test_child child;

	ck_assert_ptr_nonnull(buf);
	test_child_start(&child, large_client, NULL);
	listen_for(end);
	/* the first half in pieces, the rest in one read */
	while (got < MESSAGE_LEN / 2) {
		ck_assert_uint_eq(npfs_end_read(end, buf + got, 10000, NULL, &n),
				  STATUS_BUFFER_OVERFLOW);
		ck_assert_uint_eq(n, 10000);
		got += n;
	}
	ck_assert_uint_eq(npfs_end_read(end, buf + got, MESSAGE_LEN - got, NULL, &n),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(got + n, MESSAGE_LEN);
	expect_pattern(buf, 0, MESSAGE_LEN);
	test_expect(child.sock, 'w');
	ck_assert_int_eq(test_child_wait(&child), 0);
	free(buf);
	npfs_end_free(end);
}
END_TEST

/* closing */

static int close_client(int sock, void *arg)
{
	struct npfs_end *end = client("close", NPFS_MODE_MESSAGE);

	(void)arg;
	write_all(end, "one", 3);
	write_all(end, "", 0);
	write_all(end, "three", 5);
	/* not before the server has found it connected: a listen that finds it closed says so */
	test_expect(sock, 'g');
	npfs_end_free(end);
	test_say(sock, 'c');
	return 0;
}

START_TEST(closing_keeps_what_was_written)
{
	struct npfs_end *end = server("close", NPFS_TYPE_MESSAGE, 100);
	struct test_child child;
	char buf[16];
	uint32_t n = 9;

	test_child_start(&child, close_client, NULL);
	listen_for(end);
	test_say(child.sock, 'g');
	test_expect(child.sock, 'c');
	ck_assert_int_eq(test_child_wait(&child), 0);
	ck_assert_uint_eq(npfs_end_write(end, "x", 1, NULL, &n), STATUS_PIPE_CLOSING);
	ck_assert_uint_eq(npfs_end_read(end, buf, sizeof(buf), NULL, &n), STATUS_SUCCESS);
	ck_assert_uint_eq(n, 3);
	ck_assert_mem_eq(buf, "one", 3);
	ck_assert_uint_eq(npfs_end_read(end, buf, sizeof(buf), NULL, &n), STATUS_SUCCESS);
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(npfs_end_read(end, buf, sizeof(buf), NULL, &n), STATUS_SUCCESS);
	ck_assert_uint_eq(n, 5);
	ck_assert_mem_eq(buf, "three", 5);
	ck_assert_uint_eq(npfs_end_read(end, buf, sizeof(buf), NULL, &n),
			  STATUS_PIPE_BROKEN);
	npfs_end_free(end);
}
END_TEST

/* a client that does what it is told, one letter at a time */

static void client_letter(struct npfs_end *end, char letter)
{
	static uint8_t buf[MESSAGE_LEN];
	uint32_t n = 0;

	switch (letter) {
	case 'r': /* read whatever is there, at most 100 bytes */
		npfs_end_read(end, buf, 100, NULL, &n);
		break;
	case 'w':
		write_all(end, "hello", 5);
		break;
	case 'e':
		write_all(end, "", 0);
		break;
	case 'L':
		for (uint32_t i = 0; i < MESSAGE_LEN; i++)
			buf[i] = byte_at(i);
		write_all(end, buf, MESSAGE_LEN);
		break;
	default:
		test_fail("no such letter: %c", letter);
	}
}

static int obedient_client(int sock, void *arg)
{
	struct npfs_end *end = client("obey", *(uint32_t *)arg);
	char letter;

	test_say(sock, '+');
	while ((letter = test_hear(sock)) != 0 && letter != 'q') {
		client_letter(end, letter);
		test_say(sock, '+');
	}
	npfs_end_free(end);
	return 0;
}

static struct npfs_end *obey_begin(struct test_child *child, uint32_t type,
				   uint32_t quota)
{
	static uint32_t mode;
	struct npfs_end *end = server("obey", type, quota);

	mode = type;
	test_child_start(child, obedient_client, &mode);
	listen_for(end);
	test_expect(child->sock, '+');
	return end;
}

static void obey_do(struct test_child *child, char letter)
{
	test_say(child->sock, letter);
	test_expect(child->sock, '+');
}

static void obey_end(struct test_child *child, struct npfs_end *end)
{
	test_say(child->sock, 'q');
	ck_assert_int_eq(test_child_wait(child), 0);
	npfs_end_free(end);
}

START_TEST(a_read_in_flight_is_completed_once_by_data)
{
	struct test_child child;
	struct npfs_end *end = obey_begin(&child, NPFS_TYPE_BYTE, 100);
	struct flight first, second;
	char a[16] = "", b[3] = "";
	uint32_t n = 0;

	flight_init(&first);
	flight_init(&second);
	ck_assert_uint_eq(npfs_end_read(end, a, 2, &first.op, &n), STATUS_PENDING);
	ck_assert_uint_eq(npfs_end_read(end, b, 3, &second.op, &n), STATUS_PENDING);
	ck_assert(flight_is_up(&first));
	obey_do(&child, 'w');
	ck_assert_uint_eq(flight_land(&first), STATUS_SUCCESS);
	ck_assert_uint_eq(flight_land(&second), STATUS_SUCCESS);
	ck_assert_uint_eq(first.op.information, 2);
	ck_assert_uint_eq(second.op.information, 3);
	ck_assert_mem_eq(a, "he", 2);
	ck_assert_mem_eq(b, "llo", 3);
	obey_end(&child, end);
}
END_TEST

START_TEST(stalled_writes_complete_in_order_as_the_peer_reads)
{
	struct test_child child;
	struct npfs_end *end = obey_begin(&child, NPFS_TYPE_MESSAGE, 10);
	uint8_t *data = pattern(20);
	struct flight first, second;
	uint32_t n = 0;

	flight_init(&first);
	flight_init(&second);
	ck_assert_uint_eq(npfs_end_write(end, data, 11, &first.op, &n), STATUS_PENDING);
	ck_assert_uint_eq(npfs_end_write(end, data, 20, &second.op, &n), STATUS_PENDING);
	obey_do(&child, 'r');
	ck_assert_uint_eq(flight_land(&first), STATUS_SUCCESS);
	ck_assert_uint_eq(first.op.information, 11);
	ck_assert(flight_is_up(&second));
	obey_do(&child, 'r');
	ck_assert_uint_eq(flight_land(&second), STATUS_SUCCESS);
	ck_assert_uint_eq(second.op.information, 20);
	free(data);
	obey_end(&child, end);
}
END_TEST

static bool is_op(const struct npfs_op *op, void *arg)
{
	return op == arg;
}

START_TEST(a_cancelled_write_is_never_read)
{
	struct test_child child;
	struct npfs_end *end = obey_begin(&child, NPFS_TYPE_MESSAGE, 0);
	struct flight first, second, flush;
	uint32_t n = 0;

	flight_init(&first);
	flight_init(&second);
	flight_init(&flush);
	ck_assert_uint_eq(npfs_end_write(end, "first", 5, &first.op, &n), STATUS_PENDING);
	ck_assert_uint_eq(npfs_end_flush(end, &flush.op), STATUS_PENDING);
	ck_assert_uint_eq(npfs_end_write(end, "second", 6, &second.op, &n),
			  STATUS_PENDING);
	ck_assert_uint_eq(npfs_end_cancel(end, is_op, &first.op), 1);
	ck_assert_uint_eq(flight_land(&first), STATUS_CANCELLED);
	ck_assert_uint_eq(first.op.information, 0);
	ck_assert_uint_eq(flight_land(&flush), STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_cancel(end, is_op, &first.op), 0);
	ck_assert(flight_is_up(&second));
	obey_do(&child, 'r');
	ck_assert_uint_eq(flight_land(&second), STATUS_SUCCESS);
	obey_end(&child, end);
}
END_TEST

START_TEST(a_cancelled_read_takes_nothing)
{
	struct test_child child;
	struct npfs_end *end = obey_begin(&child, NPFS_TYPE_BYTE, 100);
	struct flight first, second;
	char buf[8] = "";
	uint32_t n = 0;

	flight_init(&first);
	flight_init(&second);
	ck_assert_uint_eq(npfs_end_read(end, buf, 8, &first.op, &n), STATUS_PENDING);
	ck_assert_uint_eq(npfs_end_read(end, buf, 8, &second.op, &n), STATUS_PENDING);
	ck_assert_uint_eq(npfs_end_cancel(end, is_op, &first.op), 1);
	ck_assert_uint_eq(flight_land(&first), STATUS_CANCELLED);
	obey_do(&child, 'w');
	ck_assert_uint_eq(flight_land(&second), STATUS_SUCCESS);
	ck_assert_uint_eq(second.op.information, 5);
	ck_assert_mem_eq(buf, "hello", 5);
	obey_end(&child, end);
}
END_TEST

START_TEST(an_empty_message_that_is_read_lets_the_flush_go)
{
	struct test_child child;
	struct npfs_end *end = obey_begin(&child, NPFS_TYPE_MESSAGE, 100);
	struct flight flush;

	flight_init(&flush);
	write_all(end, "", 0);
	ck_assert_uint_eq(npfs_end_flush(end, &flush.op), STATUS_PENDING);
	ck_assert(flight_is_up(&flush));
	obey_do(&child, 'r');
	ck_assert_uint_eq(flight_land(&flush), STATUS_SUCCESS);
	obey_end(&child, end);
}
END_TEST

/* A read of a message longer than the ring is in transfer while its writer waits for the
 * ring; the writer is cancelled, and the reader must hear of it. */
static int giving_up_client(int sock, void *arg)
{
	struct npfs_end *end = client("obey", NPFS_MODE_MESSAGE);
	uint8_t *data = pattern(MESSAGE_LEN);
	struct flight flight;
	uint32_t n = 0;

	(void)arg;
	flight_init(&flight);
	expect(npfs_end_write(end, data, MESSAGE_LEN, &flight.op, &n), STATUS_PENDING,
	       "large write");
	test_say(sock, '+');
	test_expect(sock, 'x');
	npfs_end_cancel(end, NULL, NULL);
	expect(flight_land(&flight), STATUS_CANCELLED, "cancelled write");
	write_all(end, "after", 5);
	test_say(sock, '+');
	test_expect(sock, 'q');
	npfs_end_free(end);
	free(data);
	return 0;
}

START_TEST(a_withdrawn_message_longer_than_the_ring_holds_nobody)
{
	struct npfs_end *end = server("obey", NPFS_TYPE_MESSAGE, 64);
	uint8_t *buf = malloc(MESSAGE_LEN);
	struct test_child child;
	uint32_t n = 0;

	ck_assert_ptr_nonnull(buf);
	test_child_start(&child, giving_up_client, NULL);
	listen_for(end);
	test_expect(child.sock, '+');
	ck_assert_uint_eq(npfs_end_read(end, buf, 1000, NULL, &n),
			  STATUS_BUFFER_OVERFLOW);
	expect_pattern(buf, 0, n);
	obey_do(&child, 'x');
	ck_assert_uint_eq(npfs_end_read(end, buf, MESSAGE_LEN, NULL, &n), STATUS_SUCCESS);
	ck_assert_uint_eq(n, 5);
	ck_assert_mem_eq(buf, "after", 5);
	test_say(child.sock, 'q');
	ck_assert_int_eq(test_child_wait(&child), 0);
	free(buf);
	npfs_end_free(end);
}
END_TEST

START_TEST(disconnecting_ends_a_blocked_client)
{
	struct test_child child;
	struct npfs_end *end = obey_begin(&child, NPFS_TYPE_BYTE, 100);
	struct npfs_end_info info;

	test_say(child.sock, 'r');
	/* the client's pended read lowers what this end may write */
	do {
		ck_assert_uint_eq(npfs_end_query(end, &info), STATUS_SUCCESS);
	} while (info.write_quota_available == 100);
	ck_assert_uint_eq(npfs_end_disconnect(end), STATUS_SUCCESS);
	test_expect(child.sock, '+');
	obey_end(&child, end);
}
END_TEST

/* blocked threads */

struct blocked {
	struct npfs_end *end; /* borrowed */
	struct npfs_thread *thread;
	npfs_status status;
	int ready_fd;
};

static void say_blocked(void *arg, bool begins)
{
	struct blocked *blocked = arg;
	uint64_t one = 1;

	if (!begins)
		return;
	test_require(write(blocked->ready_fd, &one, sizeof(one)) == sizeof(one),
		     "eventfd");
}

static void *listen_main(void *arg)
{
	struct blocked *blocked = arg;

	blocked->thread = npfs_thread_self();
	blocked->status = npfs_end_listen(blocked->end, NULL);
	return NULL;
}

static void *read_main(void *arg)
{
	struct blocked *blocked = arg;
	char buf[8];
	uint32_t n;

	blocked->thread = npfs_thread_self();
	blocked->status = npfs_end_read(blocked->end, buf, sizeof(buf), NULL, &n);
	return NULL;
}

static void *write_main(void *arg)
{
	struct blocked *blocked = arg;
	char buf[8] = "";
	uint32_t n;

	blocked->thread = npfs_thread_self();
	blocked->status = npfs_end_write(blocked->end, buf, sizeof(buf), NULL, &n);
	return NULL;
}

/* Runs @fn until it sleeps, cancels its thread's call and returns what the call said. */
static npfs_status cancel_blocked(struct npfs_end *end, void *(*fn)(void *arg))
{
	struct blocked blocked = {.end = end, .ready_fd = eventfd(0, EFD_CLOEXEC)};
	pthread_t thread;
	uint64_t n;

	ck_assert_int_ge(blocked.ready_fd, 0);
	npfs_end_on_block(end, say_blocked, &blocked);
	ck_assert_int_eq(pthread_create(&thread, NULL, fn, &blocked), 0);
	ck_assert(test_fd_wait(blocked.ready_fd, TEST_DEADLINE_MS));
	ck_assert_int_eq(read(blocked.ready_fd, &n, sizeof(n)), sizeof(n));
	while (npfs_thread_cancel(blocked.thread) == STATUS_NOT_FOUND)
		sched_yield();
	pthread_join(thread, NULL);
	npfs_end_on_block(end, NULL, NULL);
	npfs_thread_unref(blocked.thread);
	close(blocked.ready_fd);
	return blocked.status;
}

START_TEST(blocked_calls_can_be_cancelled_from_another_thread)
{
	struct npfs_end *end = server("cancel", NPFS_TYPE_BYTE, 0);
	struct npfs_end *peer;
	char buf[8];
	uint32_t n;

	ck_assert_uint_eq(cancel_blocked(end, listen_main), STATUS_CANCELLED);
	peer = client("cancel", NPFS_MODE_BYTE);
	listen_for(end);
	ck_assert_uint_eq(cancel_blocked(end, read_main), STATUS_CANCELLED);
	ck_assert_uint_eq(cancel_blocked(end, write_main), STATUS_CANCELLED);
	/* and the connection is as if nothing had been */
	ck_assert_uint_eq(npfs_end_set_modes(peer, NPFS_MODE_BYTE, NPFS_MODE_NOWAIT),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(npfs_end_read(peer, buf, sizeof(buf), NULL, &n),
			  STATUS_PIPE_EMPTY);
	npfs_end_free(peer);
	npfs_end_free(end);
}
END_TEST

struct wait_call {
	struct npfs_thread *_Atomic thread;
	npfs_status status;
};

static void *wait_main(void *arg)
{
	struct wait_call *call = arg;
	struct test_name name = test_name("busy");

	atomic_store(&call->thread, npfs_thread_self());
	call->status = npfs_pipe_wait(name.units, name.len, INT64_MIN, 0);
	return NULL;
}

START_TEST(a_wait_for_a_pipe_can_be_cancelled)
{
	struct npfs_end *end = server("busy", NPFS_TYPE_BYTE, 10);
	struct npfs_end *peer = client("busy", NPFS_MODE_BYTE);
	struct wait_call call = {.status = STATUS_SUCCESS};
	struct npfs_thread *thread;
	pthread_t waiter;

	listen_for(end);
	ck_assert_int_eq(pthread_create(&waiter, NULL, wait_main, &call), 0);
	while (!(thread = atomic_load(&call.thread)) ||
	       npfs_thread_cancel(thread) == STATUS_NOT_FOUND)
		sched_yield();
	pthread_join(waiter, NULL);
	ck_assert_uint_eq(call.status, STATUS_CANCELLED);
	npfs_thread_unref(thread);
	npfs_end_free(peer);
	npfs_end_free(end);
}
END_TEST

/* leaks */

#define CONNECTIONS 1000

static int many_client(int sock, void *arg)
{
	(void)arg;
	for (int i = 0; i < CONNECTIONS; i++) {
		struct npfs_end *end;
		char buf[8];
		uint32_t n;

		test_expect(sock, 'g');
		end = client("many", NPFS_MODE_BYTE);
		write_all(end, "ping", 4);
		expect(npfs_end_read(end, buf, sizeof(buf), NULL, &n), STATUS_SUCCESS,
		       "read");
		npfs_end_free(end);
	}
	return 0;
}

static void serve_once(struct npfs_end *end, struct test_child *child)
{
	struct flight flight;
	char buf[8];
	uint32_t n;

	flight_init(&flight);
	expect(npfs_end_listen(end, &flight.op), STATUS_PENDING, "listen");
	test_say(child->sock, 'g');
	expect(flight_land(&flight), STATUS_SUCCESS, "listen in flight");
	expect(npfs_end_read(end, buf, sizeof(buf), NULL, &n), STATUS_SUCCESS, "read");
	write_all(end, buf, n);
	expect(npfs_end_read(end, buf, sizeof(buf), NULL, &n), STATUS_PIPE_BROKEN,
	       "read to the end");
	expect(npfs_end_disconnect(end), STATUS_SUCCESS, "disconnect");
}

START_TEST(a_thousand_connections_leave_nothing)
{
	struct npfs_end *end;
	struct test_leak leak;
	struct test_child child;
	int broker_fds;

	test_child_start(&child, many_client, NULL);
	end = server("many", NPFS_TYPE_BYTE, 100);
	serve_once(end, &child);
	test_leak_begin(&leak);
	broker_fds = test_count_fds(broker.pid);
	for (int i = 1; i < CONNECTIONS; i++)
		serve_once(end, &child);
	test_leak_end(&leak);
	ck_assert_int_le(test_count_fds(broker.pid), broker_fds + 2);
	ck_assert_int_eq(test_child_wait(&child), 0);
	npfs_end_free(end);
}
END_TEST

/*
 * A server that can neither read nor write is not connectable before it was told to listen
 * (npfs-semantics 2.3). Often: the channel it does not need must not bring it back.
 */
START_TEST(an_end_without_data_access_listens_when_told)
{
	struct test_name name = test_name("dataless");
	const struct npfs_create_params params = {
		.size = sizeof(params),
		.access = FILE_READ_ATTRIBUTES,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = FILE_CREATE,
		.max_instances = 1,
		.default_timeout = -500000,
	};

	for (int i = 0; i < 100; i++) {
		struct npfs_end *s, *c;
		struct flight flight;

		expect(npfs_pipe_create(name.units, name.len, &params, &s, NULL),
		       STATUS_SUCCESS, "create");
		for (int k = 0; k < 5; k++)
			expect(client_make("dataless", &c), STATUS_PIPE_NOT_AVAILABLE,
			       "open before it listens");
		flight_init(&flight);
		expect(npfs_end_listen(s, &flight.op), STATUS_PENDING, "listen");
		expect(client_make("dataless", &c), STATUS_SUCCESS, "open");
		npfs_end_free(c);
		npfs_end_free(s);
		/* that has ended the listen at the latest, if in another thread */
		flight_land(&flight);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("client_io");
	TCase *tcase = tcase_create("processes");
	SRunner *runner;
	int n_failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, what_is_sent_comes_back, 0, 2);
	tcase_add_test(tcase, the_limit_of_spinning_can_be_set_at_any_time);
	tcase_add_test(tcase, a_message_of_1_mib_passes_a_quota_of_4_kib);
	tcase_add_test(tcase, closing_keeps_what_was_written);
	tcase_add_test(tcase, a_read_in_flight_is_completed_once_by_data);
	tcase_add_test(tcase, stalled_writes_complete_in_order_as_the_peer_reads);
	tcase_add_test(tcase, a_cancelled_write_is_never_read);
	tcase_add_test(tcase, a_cancelled_read_takes_nothing);
	tcase_add_test(tcase, an_empty_message_that_is_read_lets_the_flush_go);
	tcase_add_test(tcase, a_withdrawn_message_longer_than_the_ring_holds_nobody);
	tcase_add_test(tcase, disconnecting_ends_a_blocked_client);
	tcase_add_test(tcase, blocked_calls_can_be_cancelled_from_another_thread);
	tcase_add_test(tcase, an_end_without_data_access_listens_when_told);
	tcase_add_test(tcase, a_wait_for_a_pipe_can_be_cancelled);
	tcase_add_test(tcase, a_thousand_connections_leave_nothing);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
