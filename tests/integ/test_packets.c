/* SPDX-License-Identifier: MIT */
/*
 * Packets: completions of one process that another one is told of
 *
 * `a` ties an end, `b` and `c` hold it with `a`, `far` has the other end. What `a` is told is
 * what its completion port would get on Windows: one packet for each request of `b` that did
 * not fail at once, whatever becomes of `b`.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <npfs/pipe.h>

#include "tests/integ/share_peer.h"
#include "tests/lib/broker.h"

#define PIPE  "tied"
#define QUOTA 8192u
#define BIG   65535u

#define SENTINEL 1000000u
#define BARRIER	 2000000u
#define AFTER	 3000000u

static struct test_broker broker;
static struct share_peer a, b, c, far;

static void setup(void)
{
	test_broker_start(&broker);
	share_start(&a);
	share_start(&b);
	share_start(&c);
	share_start(&far);
}

static void teardown(void)
{
	share_stop_if_there(&a);
	share_stop_if_there(&b);
	share_stop_if_there(&c);
	share_stop_if_there(&far);
	test_broker_stop(&broker);
}

/* calls */

static struct share_reply call(struct share_peer *peer, enum share_op op, uint32_t len,
			       uint32_t value)
{
	struct share_request request = {.op = op, .len = len, .value = value};

	return share_call(peer, &request);
}

static npfs_status tie(struct share_peer *peer)
{
	return call(peer, SHARE_TIE, 0, 0).status;
}

/* With a context, and an operation of slot @slot, on the end in slot 0. */
static npfs_status start(struct share_peer *peer, unsigned slot, enum share_op op,
			 uint32_t len, uint32_t context)
{
	struct share_request request = {
		.op = op, .how = SHARE_START, .len = len, .slot = slot, .end = 1,
		.extra = context
	};

	return share_call(peer, &request).status;
}

static npfs_status finish(struct share_peer *peer, unsigned slot)
{
	struct share_request request = {.op = SHARE_FINISH, .slot = slot};

	return share_call(peer, &request).status;
}

static void expect_packet(struct share_peer *peer, uint32_t context, npfs_status status,
			  uint32_t count)
{
	struct share_reply packet = call(peer, SHARE_PACKET, 0, 0);

	ck_assert_uint_eq(packet.value, context);
	ck_assert_uint_eq(packet.status, status);
	ck_assert_uint_eq(packet.count, count);
}

static void write_ok(struct share_peer *peer, uint32_t len)
{
	ck_assert_uint_eq(call(peer, SHARE_WRITE, len, 0).status, STATUS_SUCCESS);
}

static void connect_ends(uint32_t flags)
{
	struct share_request create = {
		.op = SHARE_CREATE, .name = PIPE, .value = flags, .extra = QUOTA
	};
	struct share_request open = {.op = SHARE_OPEN, .name = PIPE, .value = flags};

	ck_assert_uint_eq(share_call(&a, &create).status, STATUS_SUCCESS);
	ck_assert_uint_eq(share_call(&far, &open).status, STATUS_SUCCESS);
	ck_assert_uint_eq(call(&a, SHARE_LISTEN, 0, 0).status, STATUS_PIPE_CONNECTED);
}

/* Tied before the others hold it, or after. */
static void tie_and_share(uint32_t flags, bool is_late)
{
	connect_ends(flags);
	if (!is_late)
		ck_assert_uint_eq(tie(&a), STATUS_SUCCESS);
	share_hand_over(&a, 0, &b, 0);
	share_hand_over(&b, 0, &c, 0);
	if (is_late)
		ck_assert_uint_eq(tie(&a), STATUS_SUCCESS);
}

/* what is told */

START_TEST(requests_of_another_holder)
{
	tie_and_share(SHARE_MESSAGE, _i);
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 99, 11), STATUS_PENDING);
	ck_assert_uint_eq(start(&c, 1, SHARE_READ, 5, 12), STATUS_PENDING);
	write_ok(&far, 7);
	ck_assert_uint_eq(finish(&b, 1), STATUS_SUCCESS);
	expect_packet(&a, 11, STATUS_SUCCESS, 7);
	write_ok(&far, 8);
	expect_packet(&a, 12, STATUS_BUFFER_OVERFLOW, 5);
	ck_assert_uint_eq(finish(&c, 1), STATUS_BUFFER_OVERFLOW);
	/* at once: a warning and a success are told, a failure is not */
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 1, 13), STATUS_BUFFER_OVERFLOW);
	ck_assert_uint_eq(start(&b, 1, SHARE_LISTEN, 0, 14), STATUS_PIPE_CONNECTED);
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 2, 15), STATUS_SUCCESS);
	expect_packet(&a, 13, STATUS_BUFFER_OVERFLOW, 1);
	expect_packet(&a, 15, STATUS_SUCCESS, 2);
	/* those of the receiver complete there as always, and without a context none is told */
	ck_assert_uint_eq(start(&a, 1, SHARE_READ, 99, 16), STATUS_PENDING);
	write_ok(&far, 3);
	ck_assert_uint_eq(finish(&a, 1), STATUS_SUCCESS);
	ck_assert_uint_eq(start(&b, 1, SHARE_WRITE, 4, 0), STATUS_SUCCESS);
	ck_assert_uint_eq(start(&b, 1, SHARE_WRITE, 5, 17), STATUS_SUCCESS);
	expect_packet(&a, 17, STATUS_SUCCESS, 5);
	/* cancelled, by its process and by its closing */
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 9, 18), STATUS_PENDING);
	ck_assert_uint_eq(call(&b, SHARE_CANCEL, 0, 0).count, 1);
	expect_packet(&a, 18, STATUS_CANCELLED, 0);
	ck_assert_uint_eq(finish(&b, 1), STATUS_CANCELLED);
	ck_assert_uint_eq(start(&c, 1, SHARE_READ, 9, 19), STATUS_PENDING);
	ck_assert_uint_eq(call(&c, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	expect_packet(&a, 19, STATUS_CANCELLED, 0);
}
END_TEST

/* Closing cancels what is bound to the port, and leaves the rest (section 5.11). */
START_TEST(closing_ends_what_is_bound)
{
	struct share_request read = {
		.op = SHARE_READ, .how = SHARE_START | SHARE_GO_ON, .len = 9, .slot = 1, .end = 1,
		.extra = 51
	};

	tie_and_share(SHARE_MESSAGE, _i);
	ck_assert_uint_eq(share_call(&b, &read).status, STATUS_PENDING);
	read.how |= SHARE_UNTIED;
	read.slot = 2;
	read.extra = 52;
	ck_assert_uint_eq(share_call(&b, &read).status, STATUS_PENDING);
	ck_assert_uint_eq(call(&b, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	expect_packet(&a, 52, STATUS_CANCELLED, 0);
	write_ok(&far, 3);
	expect_packet(&a, 51, STATUS_SUCCESS, 3);
	ck_assert_uint_eq(finish(&b, 1), STATUS_SUCCESS);
	ck_assert_uint_eq(finish(&b, 2), STATUS_CANCELLED);
}
END_TEST

START_TEST(requests_in_flight_when_it_is_tied)
{
	connect_ends(SHARE_MESSAGE);
	ck_assert_uint_eq(start(&a, 1, SHARE_READ, 9, 21), STATUS_PENDING);
	share_hand_over(&a, 0, &b, 0);
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 9, 22), STATUS_PENDING);
	ck_assert_uint_eq(start(&b, 2, SHARE_READ, 9, 23), STATUS_PENDING);
	ck_assert_uint_eq(tie(&a), STATUS_SUCCESS);
	write_ok(&far, 1);
	write_ok(&far, 2);
	ck_assert_uint_eq(finish(&a, 1), STATUS_SUCCESS);
	expect_packet(&a, 22, STATUS_SUCCESS, 2);
	share_kill(&b);
	expect_packet(&a, 23, STATUS_CANCELLED, 0);
}
END_TEST

START_TEST(an_end_is_tied_once)
{
	tie_and_share(SHARE_MESSAGE, _i);
	ck_assert_uint_eq(tie(&b), STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(tie(&a), STATUS_INVALID_PARAMETER);
	share_kill(&a);
	ck_assert_uint_eq(tie(&c), STATUS_INVALID_PARAMETER);
	/* nobody is told any more, and nobody is held up */
	ck_assert_uint_eq(start(&b, 1, SHARE_WRITE, 5, 1), STATUS_SUCCESS);
	ck_assert_uint_eq(call(&far, SHARE_READ, 9, 0).count, 5);
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 9, 2), STATUS_PENDING);
	write_ok(&far, 5);
	ck_assert_uint_eq(finish(&b, 1), STATUS_SUCCESS);
}
END_TEST

START_TEST(a_synchronous_end_is_not_tied)
{
	connect_ends(SHARE_MESSAGE | SHARE_SYNC);
	ck_assert_uint_eq(tie(&a), STATUS_INVALID_PARAMETER);
}
END_TEST

/* The mailbox has another channel then, and still the ring. */
START_TEST(the_next_client)
{
	struct share_request open = {.op = SHARE_OPEN, .name = PIPE};

	tie_and_share(0, _i);
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 9, 1), STATUS_PENDING);
	ck_assert_uint_eq(call(&c, SHARE_DISCONNECT, 0, 0).status, STATUS_SUCCESS);
	expect_packet(&a, 1, STATUS_PIPE_DISCONNECTED, 0);
	ck_assert_uint_eq(finish(&b, 1), STATUS_PIPE_DISCONNECTED);
	call(&far, SHARE_CLOSE, 0, 0);
	ck_assert_uint_eq(start(&b, 1, SHARE_LISTEN, 0, 2), STATUS_PENDING);
	ck_assert_uint_eq(share_call(&far, &open).status, STATUS_SUCCESS);
	expect_packet(&a, 2, STATUS_SUCCESS, 0);
	share_stop(&b);
	share_start(&b);
	share_hand_over(&c, 0, &b, 0);
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 9, 3), STATUS_PENDING);
	write_ok(&far, 4);
	expect_packet(&a, 3, STATUS_SUCCESS, 4);
}
END_TEST

/* exits */

/* By its own will and killed; the receiver still holds the end, or another one does. */
START_TEST(an_exit_with_requests_in_flight)
{
	bool is_killed = _i & 1, has_closed = _i & 2;

	tie_and_share(SHARE_MESSAGE, false);
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 9, 31), STATUS_PENDING);
	ck_assert_uint_eq(start(&b, 2, SHARE_WRITE, BIG, 32), STATUS_PENDING);
	ck_assert_uint_eq(start(&b, 3, SHARE_WRITE, 5, 33), STATUS_PENDING);
	if (has_closed)
		ck_assert_uint_eq(call(&a, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	if (is_killed)
		share_kill(&b);
	else
		share_stop(&b);
	expect_packet(&a, 31, STATUS_CANCELLED, 0);
	expect_packet(&a, 32, STATUS_CANCELLED, 0);
	expect_packet(&a, 33, STATUS_CANCELLED, 0);
	ck_assert_uint_eq(start(&c, 1, SHARE_READ, 9, 34), STATUS_PENDING);
	write_ok(&far, 1);
	expect_packet(&a, 34, STATUS_SUCCESS, 1);
}
END_TEST

/* Nobody is left who could see to it but the receiver, which holds the end no more. */
START_TEST(the_last_holder_exits)
{
	tie_and_share(SHARE_MESSAGE, _i);
	ck_assert_uint_eq(call(&c, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	ck_assert_uint_eq(call(&a, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 9, 41), STATUS_PENDING);
	write_ok(&far, 3);
	expect_packet(&a, 41, STATUS_SUCCESS, 3);
	ck_assert_uint_eq(finish(&b, 1), STATUS_SUCCESS);
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 9, 42), STATUS_PENDING);
	if (_i)
		share_kill(&b);
	else
		share_stop(&b);
	expect_packet(&a, 42, STATUS_CANCELLED, 0);
}
END_TEST

/* load */

/* Nothing is lost when the receiver does not run: what would find no room is refused. */
START_TEST(a_receiver_that_does_not_run)
{
	struct share_request await = {.op = SHARE_AWAIT, .value = AFTER, .extra = SENTINEL - 1};
	struct share_reply poured, come;

	connect_ends(0);
	ck_assert_uint_eq(call(&a, SHARE_TIE, 0, 1).status, STATUS_SUCCESS);
	share_hand_over(&a, 0, &b, 0);
	poured = call(&b, SHARE_POUR, 10000, 0);
	ck_assert_uint_eq(poured.status, STATUS_INSUFFICIENT_RESOURCES);
	/* one more when the receiver had taken one before it was kept waiting */
	ck_assert(poured.count == 8192 || poured.count == 8193);
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 9, 1), STATUS_INSUFFICIENT_RESOURCES);
	ck_assert_uint_eq(start(&b, 1, SHARE_WRITE, 9, 0), STATUS_SUCCESS);
	call(&a, SHARE_UNGATE, 0, 0);
	do {
		/* it is refused until the receiver has read something */
	} while (start(&b, 1, SHARE_WRITE, 0, AFTER) != STATUS_SUCCESS);
	come = share_call(&a, &await);
	ck_assert_uint_eq(come.count, poured.count);
	ck_assert_uint_eq(come.value, 0);
}
END_TEST

#define KILL_ROUNDS 10u

/* Killed in the midst of it: each request that began has one packet, none has two. */
START_TEST(killed_while_it_completes_requests)
{
	struct share_request stream = {.op = SHARE_STREAM, .slot = 2, .end = 1, .value = 4};
	struct share_request await = {.op = SHARE_AWAIT, .value = SENTINEL, .extra = SENTINEL - 1};
	struct share_request barrier = {
		.op = SHARE_WRITE, .how = SHARE_START | SHARE_TELL, .slot = 1, .end = 1,
		.extra = BARRIER
	};

	for (unsigned round = 0; round < KILL_ROUNDS; round++) {
		struct share_reply come;

		tie_and_share(0, round & 1);
		ck_assert_uint_eq(start(&b, 1, SHARE_WRITE, BIG, SENTINEL), STATUS_PENDING);
		share_begin(&b, &stream);
		for (unsigned i = 0; i < 40 + 13 * round; i++)
			ck_assert_uint_eq(start(&far, 1, SHARE_WRITE, 10, 0), STATUS_SUCCESS);
		share_kill(&b);
		await.value = SENTINEL;
		share_call(&a, &await);
		/* a connection broken by the death is as good */
		share_call(&c, &barrier);
		await.value = BARRIER;
		come = share_call(&a, &await);
		ck_assert_uint_eq(come.value, 0);
		share_kill(&a);
		share_start(&a);
		share_start(&b);
		call(&c, SHARE_CLOSE, 0, 0);
		call(&far, SHARE_CLOSE, 0, 0);
	}
}
END_TEST

/* What the tie needed is gone with the end. */
START_TEST(nothing_is_left_open)
{
	uint32_t before;

	tie_and_share(0, false);
	call(&b, SHARE_CLOSE, 0, 0);
	call(&c, SHARE_CLOSE, 0, 0);
	call(&a, SHARE_CLOSE, 0, 0);
	call(&far, SHARE_CLOSE, 0, 0);
	before = call(&b, SHARE_FDS, 0, 0).count;
	for (unsigned i = 0; i < 3; i++) {
		connect_ends(0);
		ck_assert_uint_eq(tie(&a), STATUS_SUCCESS);
		share_hand_over(&a, 0, &b, 0);
		ck_assert_uint_eq(start(&b, 1, SHARE_WRITE, 5, i + 1), STATUS_SUCCESS);
		expect_packet(&a, i + 1, STATUS_SUCCESS, 5);
		call(&b, SHARE_CLOSE, 0, 0);
		call(&a, SHARE_CLOSE, 0, 0);
		call(&far, SHARE_CLOSE, 0, 0);
	}
	ck_assert_uint_eq(call(&b, SHARE_FDS, 0, 0).count, before);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("packets");
	TCase *tcase = tcase_create("packets");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, requests_of_another_holder, 0, 2);
	tcase_add_loop_test(tcase, closing_ends_what_is_bound, 0, 2);
	tcase_add_test(tcase, requests_in_flight_when_it_is_tied);
	tcase_add_loop_test(tcase, an_end_is_tied_once, 0, 2);
	tcase_add_test(tcase, a_synchronous_end_is_not_tied);
	tcase_add_loop_test(tcase, the_next_client, 0, 2);
	tcase_add_loop_test(tcase, an_exit_with_requests_in_flight, 0, 4);
	tcase_add_loop_test(tcase, the_last_holder_exits, 0, 2);
	tcase_add_test(tcase, a_receiver_that_does_not_run);
	tcase_add_test(tcase, killed_while_it_completes_requests);
	tcase_add_test(tcase, nothing_is_left_open);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
