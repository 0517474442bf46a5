/* SPDX-License-Identifier: MIT */
/*
 * Ends that several processes hold: one position, one state, one order, one closing
 *
 * Two peers, `a` and `b`, hold an end together, a third, `far`, has the other end. What is
 * expected is what one process with two threads would see, for what the file object is; and
 * for deaths, what the others can go on with.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <npfs/pipe.h>

#include "tests/integ/share_peer.h"
#include "tests/lib/broker.h"

#define PIPE  "shared"
#define QUOTA 1024u
#define BIG   65535u /* with its header longer than the ring of QUOTA */

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

static void begin(struct share_peer *peer, unsigned slot, enum share_op op, uint32_t len,
		  uint32_t value)
{
	struct share_request request = {
		.op = op, .len = len, .value = value, .slot = slot, .end = 1
	};

	share_begin(peer, &request);
}

/* With an operation of slot @slot on the end in slot 0. */
static npfs_status start(struct share_peer *peer, unsigned slot, enum share_op op,
			 uint32_t len, uint32_t value)
{
	struct share_request request = {
		.op = op, .how = SHARE_START, .len = len, .value = value, .slot = slot, .end = 1
	};

	return share_call(peer, &request).status;
}

static struct share_reply finish(struct share_peer *peer, unsigned slot)
{
	struct share_request request = {.op = SHARE_FINISH, .slot = slot};

	return share_call(peer, &request);
}

static bool is_complete(struct share_peer *peer, unsigned slot)
{
	struct share_request request = {.op = SHARE_PROBE, .slot = slot};

	return share_call(peer, &request).value;
}

static void expect_read(struct share_peer *peer, uint32_t room, uint32_t len,
			uint32_t first, npfs_status status)
{
	struct share_reply reply = call(peer, SHARE_READ, room, 0);

	ck_assert_uint_eq(reply.status, status);
	ck_assert_uint_eq(reply.count, len);
	if (len)
		ck_assert_uint_eq(reply.data[0], first % 251);
}

static void write_ok(struct share_peer *peer, uint32_t len, uint32_t first)
{
	struct share_reply reply = call(peer, SHARE_WRITE, len, first);

	ck_assert_uint_eq(reply.status, STATUS_SUCCESS);
	ck_assert_uint_eq(reply.count, len);
}

static void create(struct share_peer *peer, uint32_t flags)
{
	struct share_request request = {
		.op = SHARE_CREATE, .name = PIPE, .value = flags, .extra = QUOTA
	};

	ck_assert_uint_eq(share_call(peer, &request).status, STATUS_SUCCESS);
}

static npfs_status open_status(struct share_peer *peer, uint32_t flags)
{
	struct share_request request = {.op = SHARE_OPEN, .name = PIPE, .value = flags};

	return share_call(peer, &request).status;
}

/* The next client: @server begins to listen in the thread of slot 1. */
static void serve_again(struct share_peer *server, struct share_peer *client, uint32_t flags)
{
	struct share_request wait = {.op = SHARE_WAIT, .name = PIPE};

	begin(server, 1, SHARE_LISTEN, 0, 0);
	/* that its thread sleeps may be because it asks the broker */
	ck_assert_uint_eq(share_call(client, &wait).status, STATUS_SUCCESS);
	ck_assert_uint_eq(open_status(client, flags), STATUS_SUCCESS);
	ck_assert_uint_eq(share_end(server, 1).status, STATUS_SUCCESS);
}

static void connect_ends(struct share_peer *server, struct share_peer *client,
			 uint32_t server_flags, uint32_t client_flags)
{
	create(server, server_flags);
	ck_assert_uint_eq(open_status(client, client_flags), STATUS_SUCCESS);
	ck_assert_uint_eq(call(server, SHARE_LISTEN, 0, 0).status, STATUS_PIPE_CONNECTED);
}

/* `a` and `b` hold the client's end. */
static void share_client(uint32_t flags)
{
	connect_ends(&far, &a, flags & SHARE_MESSAGE, flags);
	share_hand_over(&a, 0, &b, 0);
}

/* `a` and `b` hold the server's end. */
static void share_server(uint32_t flags)
{
	connect_ends(&a, &far, flags, flags & SHARE_MESSAGE);
	share_hand_over(&a, 0, &b, 0);
}

static const uint32_t kinds[] = {SHARE_MESSAGE, SHARE_MESSAGE | SHARE_SYNC};

static void wait_complete(struct share_peer *peer, unsigned slot)
{
	ck_assert_uint_eq(finish(peer, slot).status, STATUS_SUCCESS);
}

/* what they have in common */

START_TEST(a_message_read_by_two)
{
	share_client(kinds[_i]);
	write_ok(&far, 100, 7);
	expect_read(&a, 60, 60, 7, STATUS_BUFFER_OVERFLOW);
	expect_read(&b, 60, 40, 67, STATUS_SUCCESS);
	write_ok(&far, 10, 1);
	write_ok(&far, 10, 2);
	expect_read(&b, 60, 10, 1, STATUS_SUCCESS);
	expect_read(&a, 60, 10, 2, STATUS_SUCCESS);
}
END_TEST

START_TEST(modes_are_shared)
{
	struct share_request set = {.op = SHARE_SET_MODES, .value = 0, .extra = 1};
	struct share_reply reply;

	share_client(kinds[_i]);
	ck_assert_uint_eq(share_call(&a, &set).status, STATUS_SUCCESS);
	reply = call(&b, SHARE_GET_MODES, 0, 0);
	ck_assert_uint_eq(reply.value, NPFS_MODE_BYTE);
	ck_assert_uint_eq(reply.count, NPFS_MODE_NOWAIT);
	write_ok(&far, 30, 1);
	write_ok(&far, 30, 100);
	expect_read(&b, 60, 60, 1, STATUS_SUCCESS);
	expect_read(&b, 60, 0, 0, STATUS_PIPE_EMPTY);
}
END_TEST

START_TEST(both_write)
{
	share_server(kinds[_i]);
	write_ok(&a, 10, 1);
	write_ok(&b, 20, 2);
	write_ok(&a, 30, 3);
	expect_read(&far, 99, 10, 1, STATUS_SUCCESS);
	expect_read(&far, 99, 20, 2, STATUS_SUCCESS);
	expect_read(&far, 99, 30, 3, STATUS_SUCCESS);
}
END_TEST

START_TEST(peek_flush_transact)
{
	struct share_reply reply;

	share_client(kinds[_i]);
	write_ok(&far, 9, 1);
	write_ok(&far, 8, 1);
	reply = call(&b, SHARE_PEEK, 0, 0);
	ck_assert_uint_eq(reply.count, 17);
	ck_assert_uint_eq(reply.value, 2);
	expect_read(&a, 99, 9, 1, STATUS_SUCCESS);
	reply = call(&b, SHARE_PEEK, 0, 0);
	ck_assert_uint_eq(reply.count, 8);
	ck_assert_uint_eq(call(&b, SHARE_TRANSACT, 5, 'x').status, STATUS_PIPE_BUSY);
	expect_read(&b, 99, 8, 1, STATUS_SUCCESS);

	begin(&b, 1, SHARE_TRANSACT, 5, 'x');
	expect_read(&far, 99, 5, 'x', STATUS_SUCCESS);
	write_ok(&far, 3, 5);
	reply = share_end(&b, 1);
	ck_assert_uint_eq(reply.status, STATUS_SUCCESS);
	ck_assert_uint_eq(reply.count, 3);

	write_ok(&a, 4, 1);
	begin(&b, 1, SHARE_FLUSH, 0, 0);
	expect_read(&far, 99, 4, 1, STATUS_SUCCESS);
	ck_assert_uint_eq(share_end(&b, 1).status, STATUS_SUCCESS);
}
END_TEST

START_TEST(a_read_blocks_while_the_other_writes)
{
	share_client(SHARE_MESSAGE);
	begin(&a, 1, SHARE_READ, 99, 0);
	write_ok(&b, 5, 3);
	expect_read(&far, 99, 5, 3, STATUS_SUCCESS);
	write_ok(&far, 6, 4);
	ck_assert_uint_eq(share_end(&a, 1).count, 6);
}
END_TEST

/* One call at a time, whosever: what `b` calls waits until the read of `a` is over. */
START_TEST(a_synchronous_end_is_locked_by_a_read)
{
	struct share_request write = {.op = SHARE_WRITE, .len = 5, .value = 3, .slot = 1, .end = 1};

	share_client(SHARE_MESSAGE | SHARE_SYNC);
	begin(&a, 1, SHARE_READ, 99, 0);
	call(&far, SHARE_READER, 0, 0);
	share_begin(&b, &write);
	ck_assert_uint_eq(call(&far, SHARE_PEEK, 0, 0).count, 0);
	write_ok(&far, 6, 4);
	ck_assert_uint_eq(share_end(&a, 1).count, 6);
	ck_assert_uint_eq(share_end(&b, 1).count, 5);
	expect_read(&far, 99, 5, 3, STATUS_SUCCESS);
}
END_TEST

/* An end can be handed on, taken and closed while a call sleeps on it. */
START_TEST(handing_on_does_not_wait)
{
	connect_ends(&far, &a, SHARE_MESSAGE, SHARE_MESSAGE | SHARE_SYNC);
	begin(&a, 1, SHARE_READ, 99, 0);
	share_hand_over(&a, 0, &b, 0);
	share_hand_over(&a, 0, &c, 0);
	ck_assert_uint_eq(call(&c, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	write_ok(&far, 6, 4);
	ck_assert_uint_eq(share_end(&a, 1).count, 6);
	write_ok(&far, 7, 4);
	expect_read(&b, 99, 7, 4, STATUS_SUCCESS);
}
END_TEST

START_TEST(a_parcel_makes_several_holders)
{
	struct npfs_parcel parcel;

	connect_ends(&a, &far, SHARE_MESSAGE, SHARE_MESSAGE);
	share_export(&a, 0, &parcel);
	ck_assert_uint_eq(share_import(&b, 0, &parcel), STATUS_SUCCESS);
	ck_assert_uint_eq(share_import(&c, 0, &parcel), STATUS_SUCCESS);
	npfs_parcel_free(&parcel);
	write_ok(&far, 3, 1);
	write_ok(&far, 4, 2);
	write_ok(&far, 5, 3);
	expect_read(&c, 99, 3, 1, STATUS_SUCCESS);
	expect_read(&a, 99, 4, 2, STATUS_SUCCESS);
	expect_read(&b, 99, 5, 3, STATUS_SUCCESS);
}
END_TEST

/* The event descriptor has been rung before, so the newcomer's engine looks at once. */
START_TEST(arriving_disturbs_nobody)
{
	share_client(kinds[_i]);
	for (uint32_t i = 0; i < 200; i++) {
		share_hand_over(&a, 0, &c, 0);
		write_ok(&far, 3, i);
		expect_read(&a, 99, 3, i, STATUS_SUCCESS);
		write_ok(&far, 4, i);
		expect_read(&c, 99, 4, i, STATUS_SUCCESS);
		ck_assert_uint_eq(call(&c, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	}
}
END_TEST

/* order */

START_TEST(reads_are_served_in_order)
{
	struct share_peer *order[] = {&a, &b, &b, &a, &b};
	unsigned slots[] = {1, 1, 2, 2, 3};

	share_client(SHARE_MESSAGE);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_uint_eq(start(order[i], slots[i], SHARE_READ, 99, 0),
				  STATUS_PENDING);
	for (unsigned i = 0; i < 5; i++) {
		struct share_reply reply;

		write_ok(&far, 10 + i, i);
		reply = finish(order[i], slots[i]);
		ck_assert_uint_eq(reply.status, STATUS_SUCCESS);
		ck_assert_uint_eq(reply.count, 10 + i);
		for (unsigned k = i + 1; k < 5; k++)
			ck_assert(!is_complete(order[k], slots[k]));
	}
}
END_TEST

START_TEST(cancel_is_about_ones_own)
{
	struct share_reply reply;

	share_client(SHARE_MESSAGE);
	ck_assert_uint_eq(start(&a, 1, SHARE_READ, 99, 0), STATUS_PENDING);
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 99, 0), STATUS_PENDING);
	ck_assert_uint_eq(start(&a, 2, SHARE_READ, 99, 0), STATUS_PENDING);
	ck_assert_uint_eq(call(&a, SHARE_CANCEL, 0, 0).count, 2);
	ck_assert_uint_eq(finish(&a, 1).status, STATUS_CANCELLED);
	ck_assert_uint_eq(finish(&a, 2).status, STATUS_CANCELLED);
	ck_assert(!is_complete(&b, 1));
	ck_assert_uint_eq(start(&a, 1, SHARE_READ, 99, 0), STATUS_PENDING);
	write_ok(&far, 5, 1);
	reply = finish(&b, 1);
	ck_assert_uint_eq(reply.status, STATUS_SUCCESS);
	ck_assert_uint_eq(reply.count, 5);
	ck_assert_uint_eq(call(&b, SHARE_CANCEL, 0, 0).count, 0);
	write_ok(&far, 6, 1);
	ck_assert_uint_eq(finish(&a, 1).count, 6);
}
END_TEST

START_TEST(writes_stay_in_order)
{
	struct share_reply reply;

	share_server(SHARE_MESSAGE);
	ck_assert_uint_eq(start(&a, 1, SHARE_WRITE, BIG, 1), STATUS_PENDING);
	ck_assert_uint_eq(start(&b, 1, SHARE_WRITE, 50, 2), STATUS_PENDING);
	ck_assert_uint_eq(start(&a, 2, SHARE_WRITE, 60, 3), STATUS_PENDING);
	ck_assert_uint_eq(start(&b, 2, SHARE_FLUSH, 0, 0), STATUS_PENDING);
	reply = call(&far, SHARE_READ, SHARE_LEN_MAX, 0);
	ck_assert_uint_eq(reply.status, STATUS_SUCCESS);
	ck_assert_uint_eq(reply.count, BIG);
	wait_complete(&a, 1);
	expect_read(&far, 99, 50, 2, STATUS_SUCCESS);
	wait_complete(&b, 1);
	ck_assert(!is_complete(&b, 2));
	expect_read(&far, 99, 60, 3, STATUS_SUCCESS);
	wait_complete(&a, 2);
	wait_complete(&b, 2);
	write_ok(&b, 5, 9);
	expect_read(&far, 99, 5, 9, STATUS_SUCCESS);
}
END_TEST

START_TEST(a_stalled_write_is_cancelled)
{
	share_server(SHARE_MESSAGE);
	ck_assert_uint_eq(start(&a, 1, SHARE_WRITE, BIG, 1), STATUS_PENDING);
	ck_assert_uint_eq(start(&b, 1, SHARE_WRITE, 50, 2), STATUS_PENDING);
	ck_assert_uint_eq(start(&a, 2, SHARE_WRITE, 60, 3), STATUS_PENDING);
	ck_assert_uint_eq(call(&a, SHARE_CANCEL, 0, 0).count, 2);
	ck_assert_uint_eq(finish(&a, 1).status, STATUS_CANCELLED);
	ck_assert_uint_eq(finish(&a, 2).status, STATUS_CANCELLED);
	expect_read(&far, 99, 50, 2, STATUS_SUCCESS);
	wait_complete(&b, 1);
}
END_TEST

/* load */

#define LOAD_MESSAGES 3000u

START_TEST(each_message_goes_to_one)
{
	struct share_request drain = {.op = SHARE_DRAIN, .slot = 1, .end = 1};
	struct share_reply of_a, of_b;
	uint64_t sum = 0;

	connect_ends(&far, &a, SHARE_MESSAGE, kinds[_i]);
	share_hand_over(&a, 0, &b, 0);
	share_begin(&a, &drain);
	share_begin(&b, &drain);
	for (uint32_t i = 0; i < LOAD_MESSAGES; i++) {
		uint32_t len = 1 + i * 7 % 900;

		write_ok(&far, len, i);
		for (uint32_t k = 0; k < len; k++)
			sum += (i + k) % 251;
	}
	ck_assert_uint_eq(call(&far, SHARE_FLUSH, 0, 0).status, STATUS_SUCCESS);
	ck_assert_uint_eq(call(&far, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	of_a = share_end(&a, 1);
	of_b = share_end(&b, 1);
	ck_assert_uint_eq(of_a.status, STATUS_PIPE_BROKEN);
	ck_assert_uint_eq(of_b.status, STATUS_PIPE_BROKEN);
	ck_assert_uint_eq(of_a.count + of_b.count, LOAD_MESSAGES);
	ck_assert_uint_eq(of_a.sum + of_b.sum, sum);
}
END_TEST

#define FLOOD_MESSAGES 200u

/* Stalled writes and short ones of two processes: each message arrives whole and once. */
START_TEST(two_floods)
{
	struct share_request flood = {
		.op = SHARE_FLOOD, .slot = 1, .end = 1, .len = FLOOD_MESSAGES, .value = 'a'
	};
	struct share_reply of_a, of_b, got;
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < FLOOD_MESSAGES; i++)
		bytes += share_flood_len(i);
	share_server(kinds[_i]);
	begin(&far, 1, SHARE_DRAIN, 0, 0);
	share_begin(&a, &flood);
	flood.value = 'b';
	share_begin(&b, &flood);
	of_a = share_end(&a, 1);
	of_b = share_end(&b, 1);
	ck_assert_uint_eq(of_a.status, STATUS_SUCCESS);
	ck_assert_uint_eq(of_b.status, STATUS_SUCCESS);
	ck_assert_uint_eq(call(&a, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	ck_assert_uint_eq(call(&b, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	got = share_end(&far, 1);
	ck_assert_uint_eq(got.status, STATUS_PIPE_BROKEN);
	ck_assert_uint_eq(got.count, 2 * FLOOD_MESSAGES);
	ck_assert_uint_eq(got.value, 0);
	ck_assert_uint_eq(got.sum, bytes * 'a' + bytes * 'b');
}
END_TEST

/* states */

START_TEST(handed_on_in_the_middle)
{
	connect_ends(&far, &a, SHARE_MESSAGE, kinds[_i]);
	write_ok(&far, 100, 7);
	expect_read(&a, 60, 60, 7, STATUS_BUFFER_OVERFLOW);
	share_hand_over(&a, 0, &b, 0);
	expect_read(&b, 60, 40, 67, STATUS_SUCCESS);
}
END_TEST

START_TEST(handed_on_disconnected)
{
	create(&a, kinds[_i]);
	ck_assert_uint_eq(call(&a, SHARE_DISCONNECT, 0, 0).status, STATUS_SUCCESS);
	share_hand_over(&a, 0, &b, 0);
	ck_assert_uint_eq(call(&b, SHARE_READ, 9, 0).status, STATUS_PIPE_DISCONNECTED);
	serve_again(&b, &far, SHARE_MESSAGE);
	write_ok(&far, 5, 1);
	expect_read(&a, 9, 5, 1, STATUS_SUCCESS);
}
END_TEST

START_TEST(a_process_with_many_ends)
{
	struct share_request request = {.op = SHARE_CREATE, .name = PIPE, .extra = QUOTA};
	struct npfs_parcel parcel;

	call(&a, SHARE_LIMIT, 0, 160);
	ck_assert_uint_eq(call(&a, SHARE_MANY, 0, 45).status, STATUS_SUCCESS);
	request.value = SHARE_PLAIN;
	ck_assert_uint_eq(share_call(&a, &request).status, STATUS_SUCCESS);
	request.slot = 1;
	request.value = 0;
	ck_assert_uint_eq(share_call(&a, &request).status, STATUS_SUCCESS);
	ck_assert_uint_eq(share_try_export(&a, 0, &parcel), STATUS_INSUFFICIENT_RESOURCES);
	share_hand_over(&a, 1, &b, 0);
	ck_assert_uint_eq(open_status(&far, 0), STATUS_SUCCESS);
	ck_assert_uint_eq(open_status(&c, 0), STATUS_SUCCESS);
	write_ok(&b, 5, 1);
	expect_read(&c, 5, 5, 1, STATUS_SUCCESS);
	write_ok(&a, 5, 1);
	expect_read(&far, 5, 5, 1, STATUS_SUCCESS);
}
END_TEST

START_TEST(the_peer_closes)
{
	share_client(SHARE_MESSAGE);
	write_ok(&far, 5, 1);
	ck_assert_uint_eq(call(&far, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	expect_read(&b, 99, 5, 1, STATUS_SUCCESS);
	expect_read(&a, 99, 0, 0, STATUS_PIPE_BROKEN);
	expect_read(&b, 99, 0, 0, STATUS_PIPE_BROKEN);
	ck_assert_uint_eq(call(&b, SHARE_WRITE, 5, 1).status, STATUS_PIPE_CLOSING);
}
END_TEST

START_TEST(requests_of_both_end_with_the_peer)
{
	share_client(SHARE_MESSAGE);
	ck_assert_uint_eq(start(&a, 1, SHARE_READ, 99, 0), STATUS_PENDING);
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 99, 0), STATUS_PENDING);
	ck_assert_uint_eq(start(&b, 2, SHARE_WRITE, BIG, 0), STATUS_PENDING);
	ck_assert_uint_eq(start(&a, 2, SHARE_WRITE, 10, 0), STATUS_PENDING);
	if (_i)
		share_kill(&far);
	else
		ck_assert_uint_eq(call(&far, SHARE_DISCONNECT, 0, 0).status, STATUS_SUCCESS);
	for (unsigned slot = 1; slot <= 2; slot++) {
		npfs_status status = _i ? STATUS_PIPE_BROKEN : STATUS_PIPE_DISCONNECTED;

		ck_assert_uint_eq(finish(&a, slot).status, status);
		ck_assert_uint_eq(finish(&b, slot).status, status);
	}
	ck_assert_uint_eq(call(&a, SHARE_READ, 9, 0).status,
			  _i ? STATUS_PIPE_BROKEN : STATUS_PIPE_DISCONNECTED);
	ck_assert_uint_eq(call(&b, SHARE_READ, 9, 0).status,
			  _i ? STATUS_PIPE_BROKEN : STATUS_PIPE_DISCONNECTED);
}
END_TEST

START_TEST(the_server_serves_again)
{
	uint32_t flags = kinds[_i];

	share_server(flags);
	write_ok(&far, 5, 1);
	expect_read(&b, 99, 5, 1, STATUS_SUCCESS);
	ck_assert_uint_eq(call(&b, SHARE_DISCONNECT, 0, 0).status, STATUS_SUCCESS);
	ck_assert_uint_eq(call(&a, SHARE_READ, 9, 0).status, STATUS_PIPE_DISCONNECTED);
	ck_assert_uint_eq(call(&a, SHARE_DISCONNECT, 0, 0).status, STATUS_PIPE_DISCONNECTED);
	ck_assert_uint_eq(call(&far, SHARE_READ, 9, 0).status, STATUS_PIPE_DISCONNECTED);
	ck_assert_uint_eq(call(&far, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);

	serve_again(&a, &far, flags & SHARE_MESSAGE);
	ck_assert_uint_eq(call(&b, SHARE_STATE, 0, 0).value, NPFS_STATE_CONNECTED);
	ck_assert_uint_eq(call(&b, SHARE_CLIENT, 0, 0).value, (uint32_t)far.child.pid);
	write_ok(&b, 7, 1);
	expect_read(&far, 99, 7, 1, STATUS_SUCCESS);
	write_ok(&far, 8, 1);
	expect_read(&a, 99, 8, 1, STATUS_SUCCESS);
}
END_TEST

START_TEST(both_listen)
{
	create(&a, SHARE_MESSAGE);
	share_hand_over(&a, 0, &b, 0);
	ck_assert_uint_eq(start(&a, 1, SHARE_LISTEN, 0, 0), STATUS_PENDING);
	ck_assert_uint_eq(start(&b, 1, SHARE_LISTEN, 0, 0), STATUS_PENDING);
	ck_assert_uint_eq(call(&b, SHARE_STATE, 0, 0).value, NPFS_STATE_LISTENING);
	ck_assert_uint_eq(open_status(&far, SHARE_MESSAGE), STATUS_SUCCESS);
	wait_complete(&a, 1);
	wait_complete(&b, 1);
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 99, 0), STATUS_PENDING);
	ck_assert_uint_eq(call(&a, SHARE_DISCONNECT, 0, 0).status, STATUS_SUCCESS);
	ck_assert_uint_eq(finish(&b, 1).status, STATUS_PIPE_DISCONNECTED);
}
END_TEST

/* closing */

START_TEST(the_last_holder_closes)
{
	share_client(kinds[_i]);
	ck_assert_uint_eq(call(&a, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	write_ok(&far, 5, 1);
	expect_read(&b, 99, 5, 1, STATUS_SUCCESS);
	write_ok(&b, 5, 1);
	begin(&far, 1, SHARE_DRAIN, 0, 0);
	ck_assert_uint_eq(call(&b, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	ck_assert_uint_eq(share_end(&far, 1).status, STATUS_PIPE_BROKEN);
}
END_TEST

START_TEST(the_creator_exits)
{
	struct share_request open = {.op = SHARE_OPEN, .name = PIPE, .value = SHARE_MESSAGE};

	create(&a, kinds[_i]);
	share_hand_over(&a, 0, &b, 0);
	if (_i)
		share_kill(&a);
	else
		share_stop(&a);
	ck_assert_uint_eq(share_call(&far, &open).status, STATUS_SUCCESS);
	ck_assert_uint_eq(call(&b, SHARE_LISTEN, 0, 0).status, STATUS_PIPE_CONNECTED);
	write_ok(&far, 5, 1);
	expect_read(&b, 99, 5, 1, STATUS_SUCCESS);
	ck_assert_uint_eq(call(&b, SHARE_DISCONNECT, 0, 0).status, STATUS_SUCCESS);
	ck_assert_uint_eq(call(&far, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	serve_again(&b, &far, SHARE_MESSAGE);
	write_ok(&b, 6, 1);
	expect_read(&far, 99, 6, 1, STATUS_SUCCESS);
	ck_assert_uint_eq(call(&b, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	ck_assert_uint_eq(open_status(&c, SHARE_MESSAGE), STATUS_OBJECT_NAME_NOT_FOUND);
	expect_read(&far, 99, 0, 0, STATUS_PIPE_BROKEN);
}
END_TEST

/* The end lives in a parcel that is on its way, and no longer. */
START_TEST(an_end_on_its_way)
{
	struct npfs_parcel parcel;

	create(&a, SHARE_MESSAGE);
	share_export(&a, 0, &parcel);
	share_stop(&a);
	if (_i) {
		ck_assert_uint_eq(share_import(&b, 0, &parcel), STATUS_SUCCESS);
		npfs_parcel_free(&parcel);
		ck_assert_uint_eq(open_status(&far, SHARE_MESSAGE), STATUS_SUCCESS);
		write_ok(&b, 5, 1);
		expect_read(&far, 99, 5, 1, STATUS_SUCCESS);
		return;
	}
	npfs_parcel_free(&parcel);
	ck_assert_uint_eq(open_status(&far, SHARE_MESSAGE), STATUS_OBJECT_NAME_NOT_FOUND);
}
END_TEST

/* closing with something in flight */

static void start_to_stay(struct share_peer *peer, unsigned slot, enum share_op op,
			  uint32_t len)
{
	struct share_request request = {
		.op = op, .how = SHARE_START | SHARE_GO_ON, .len = len, .slot = slot, .end = 1
	};

	ck_assert_uint_eq(share_call(peer, &request).status, STATUS_PENDING);
}

static void close_end(struct share_peer *peer)
{
	ck_assert_uint_eq(call(peer, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
}

/* They complete as they would have, and then nothing is left of the closed end. */
START_TEST(requests_go_on_when_their_process_closes)
{
	struct share_reply reply;
	uint32_t before;

	share_client(SHARE_MESSAGE);
	start_to_stay(&b, 1, SHARE_READ, 99);
	start_to_stay(&b, 2, SHARE_READ, 99);
	ck_assert_uint_eq(start(&b, 3, SHARE_READ, 99, 0), STATUS_PENDING);
	close_end(&b);
	ck_assert_uint_eq(finish(&b, 3).status, STATUS_CANCELLED);
	ck_assert(!is_complete(&b, 1));
	write_ok(&far, 5, 7);
	reply = finish(&b, 1);
	ck_assert_uint_eq(reply.status, STATUS_SUCCESS);
	ck_assert_uint_eq(reply.count, 5);
	ck_assert(!is_complete(&b, 2));
	/* behind it, in order */
	ck_assert_uint_eq(start(&a, 1, SHARE_READ, 99, 0), STATUS_PENDING);
	write_ok(&far, 6, 8);
	ck_assert_uint_eq(finish(&b, 2).count, 6);
	ck_assert(!is_complete(&a, 1));
	write_ok(&far, 7, 9);
	ck_assert_uint_eq(finish(&a, 1).count, 7);
	/* a writes and reads on; the end is a's alone */
	write_ok(&a, 3, 1);
	expect_read(&far, 99, 3, 1, STATUS_SUCCESS);
	begin(&far, 1, SHARE_DRAIN, 0, 0);
	close_end(&a);
	ck_assert_uint_eq(share_end(&far, 1).status, STATUS_PIPE_BROKEN);
	call(&far, SHARE_CLOSE, 0, 0);
	/* the library itself keeps some: as many the second time */
	before = call(&b, SHARE_FDS, 0, 0).count;
	share_client(SHARE_MESSAGE);
	start_to_stay(&b, 1, SHARE_READ, 99);
	close_end(&b);
	write_ok(&far, 5, 7);
	ck_assert_uint_eq(finish(&b, 1).count, 5);
	close_end(&a);
	expect_read(&far, 99, 0, 0, STATUS_PIPE_BROKEN);
	ck_assert_uint_eq(call(&b, SHARE_FDS, 0, 0).count, before);
}
END_TEST

/* What stays is not a handle: the last one's closing, or its death, ends it. */
START_TEST(requests_end_with_the_last_handle)
{
	share_client(SHARE_MESSAGE);
	start_to_stay(&b, 1, SHARE_READ, 99);
	start_to_stay(&a, 1, SHARE_READ, 99);
	close_end(&b);
	ck_assert(!is_complete(&b, 1));
	begin(&far, 1, SHARE_DRAIN, 0, 0);
	if (_i)
		share_kill(&a);
	else
		close_end(&a);
	ck_assert_uint_eq(finish(&b, 1).status, STATUS_PIPE_BROKEN);
	if (!_i)
		ck_assert_uint_eq(finish(&a, 1).status, STATUS_PIPE_BROKEN);
	ck_assert_uint_eq(share_end(&far, 1).status, STATUS_PIPE_BROKEN);
}
END_TEST

/* A parcel is as good as a handle, as long as it exists. */
START_TEST(requests_go_on_while_a_parcel_is_on_its_way)
{
	struct npfs_parcel parcel;

	connect_ends(&far, &a, SHARE_MESSAGE, SHARE_MESSAGE);
	share_export(&a, 0, &parcel);
	start_to_stay(&a, 1, SHARE_READ, 99);
	start_to_stay(&a, 2, SHARE_READ, 99);
	close_end(&a);
	write_ok(&far, 5, 7);
	ck_assert_uint_eq(finish(&a, 1).count, 5);
	ck_assert(!is_complete(&a, 2));
	begin(&far, 1, SHARE_DRAIN, 0, 0);
	if (_i) {
		ck_assert_uint_eq(share_import(&b, 0, &parcel), STATUS_SUCCESS);
		npfs_parcel_free(&parcel);
		ck_assert(!is_complete(&a, 2));
		close_end(&b);
	} else {
		npfs_parcel_free(&parcel);
	}
	ck_assert_uint_eq(finish(&a, 2).status, STATUS_PIPE_BROKEN);
	ck_assert_uint_eq(share_end(&far, 1).status, STATUS_PIPE_BROKEN);
}
END_TEST

/* Of those that stay, the requests of a process that exits go, and only those. */
START_TEST(requests_end_with_their_process)
{
	share_client(SHARE_MESSAGE);
	share_hand_over(&a, 0, &c, 0);
	start_to_stay(&b, 1, SHARE_READ, 99);
	start_to_stay(&c, 1, SHARE_READ, 99);
	close_end(&b);
	close_end(&c);
	if (_i)
		share_kill(&b);
	else
		share_stop(&b);
	write_ok(&far, 5, 7);
	ck_assert_uint_eq(finish(&c, 1).count, 5);
	write_ok(&far, 6, 8);
	expect_read(&a, 99, 6, 8, STATUS_SUCCESS);
	close_end(&a);
	expect_read(&far, 99, 0, 0, STATUS_PIPE_BROKEN);
}
END_TEST

/* A message that does not fit stays in the order, and is whole. */
START_TEST(writes_go_on_when_their_process_closes)
{
	struct share_reply reply;

	share_client(SHARE_MESSAGE);
	start_to_stay(&b, 1, SHARE_WRITE, BIG);
	start_to_stay(&a, 1, SHARE_WRITE, BIG);
	start_to_stay(&b, 2, SHARE_WRITE, BIG);
	close_end(&b);
	if (_i)
		close_end(&a);
	for (unsigned n = 0; n < 3; n++) {
		reply = call(&far, SHARE_READ, SHARE_LEN_MAX, 0);
		ck_assert_uint_eq(reply.status, STATUS_SUCCESS);
		ck_assert_uint_eq(reply.count, BIG);
	}
	ck_assert_uint_eq(finish(&b, 1).status, STATUS_SUCCESS);
	ck_assert_uint_eq(finish(&a, 1).status, STATUS_SUCCESS);
	ck_assert_uint_eq(finish(&b, 2).status, STATUS_SUCCESS);
	if (!_i)
		close_end(&a);
	expect_read(&far, 99, 0, 0, STATUS_PIPE_BROKEN);
}
END_TEST

START_TEST(listens_go_on_when_their_process_closes)
{
	create(&a, SHARE_MESSAGE);
	share_hand_over(&a, 0, &b, 0);
	start_to_stay(&a, 1, SHARE_LISTEN, 0);
	close_end(&a);
	if (_i) {
		close_end(&b);
		ck_assert_uint_eq(finish(&a, 1).status, STATUS_PIPE_BROKEN);
		ck_assert_uint_eq(open_status(&far, SHARE_MESSAGE),
				  STATUS_OBJECT_NAME_NOT_FOUND);
		return;
	}
	ck_assert_uint_eq(open_status(&far, SHARE_MESSAGE), STATUS_SUCCESS);
	wait_complete(&a, 1);
	write_ok(&far, 5, 1);
	expect_read(&b, 99, 5, 1, STATUS_SUCCESS);
	/* another client, and what stays is disconnected with the first */
	ck_assert_uint_eq(call(&b, SHARE_DISCONNECT, 0, 0).status, STATUS_SUCCESS);
	close_end(&b);
	ck_assert_uint_eq(open_status(&c, SHARE_MESSAGE), STATUS_OBJECT_NAME_NOT_FOUND);
}
END_TEST

START_TEST(what_stays_is_disconnected_with_all)
{
	share_server(SHARE_MESSAGE);
	start_to_stay(&b, 1, SHARE_READ, 99);
	start_to_stay(&b, 2, SHARE_WRITE, BIG);
	close_end(&b);
	ck_assert_uint_eq(call(&a, SHARE_DISCONNECT, 0, 0).status, STATUS_SUCCESS);
	ck_assert_uint_eq(finish(&b, 1).status, STATUS_PIPE_DISCONNECTED);
	ck_assert_uint_eq(finish(&b, 2).status, STATUS_PIPE_DISCONNECTED);
	call(&far, SHARE_CLOSE, 0, 0);
	serve_again(&a, &c, SHARE_MESSAGE);
	write_ok(&a, 5, 1);
	expect_read(&c, 99, 5, 1, STATUS_SUCCESS);
}
END_TEST

#define LEAVING_ROUNDS 8u

/* Of one end's three holders, each with two reads in flight, all go, in any order and in
 * either way. Who lives is told the end of each read, and the peer that of the connection. */
START_TEST(all_leave_in_any_order)
{
	struct share_peer *holders[] = {&a, &b, &c};
	uint32_t chance = 12345 + (uint32_t)_i;

	for (unsigned round = 0; round < LEAVING_ROUNDS; round++) {
		bool is_killed[3] = {false};

		share_client(SHARE_MESSAGE);
		share_hand_over(&b, 0, &c, 0);
		for (unsigned i = 0; i < 6; i++)
			start_to_stay(holders[i % 3], 1 + i / 3, SHARE_READ, 99);
		for (unsigned n = 0; n < 3; n++) {
			unsigned i = (round + (round & 1 ? 3 - n : n)) % 3;

			chance = chance * 1103515245u + 12345u;
			is_killed[i] = chance >> 16 & 1;
			if (is_killed[i])
				share_kill(holders[i]);
			else
				close_end(holders[i]);
			/* a death in the midst of something may break the connection */
			if (chance >> 17 & 1)
				call(&far, SHARE_WRITE, 5, n);
		}
		ck_assert_uint_eq(call(&far, SHARE_DRAIN, 0, 0).status, STATUS_PIPE_BROKEN);
		for (unsigned i = 0; i < 6; i++) {
			npfs_status status;

			if (is_killed[i % 3])
				continue;
			status = finish(holders[i % 3], 1 + i / 3).status;
			ck_assert(status == STATUS_SUCCESS || status == STATUS_PIPE_BROKEN);
		}
		close_end(&far);
		for (unsigned i = 0; i < 3; i++)
			if (is_killed[i])
				share_start(holders[i]);
	}
}
END_TEST

/* deaths */

START_TEST(killed_asleep_in_a_read)
{
	share_client(kinds[_i]);
	begin(&a, 1, SHARE_READ, 99, 0);
	begin(&b, 1, SHARE_READ, 99, 0);
	share_kill(&a);
	write_ok(&far, 5, 3);
	ck_assert_uint_eq(share_end(&b, 1).count, 5);
	write_ok(&b, 6, 3);
	expect_read(&far, 99, 6, 3, STATUS_SUCCESS);
}
END_TEST

START_TEST(killed_with_reads_before_ours)
{
	share_client(SHARE_MESSAGE);
	share_hand_over(&b, 0, &c, 0);
	ck_assert_uint_eq(start(&a, 1, SHARE_READ, 99, 0), STATUS_PENDING);
	ck_assert_uint_eq(start(&c, 1, SHARE_READ, 99, 0), STATUS_PENDING);
	ck_assert_uint_eq(start(&b, 1, SHARE_READ, 99, 0), STATUS_PENDING);
	ck_assert_uint_eq(start(&a, 2, SHARE_READ, 99, 0), STATUS_PENDING);
	share_kill(_i ? &a : &c);
	if (_i) {
		write_ok(&far, 4, 3);
		ck_assert_uint_eq(finish(&c, 1).count, 4);
	} else {
		write_ok(&far, 4, 3);
		ck_assert_uint_eq(finish(&a, 1).count, 4);
	}
	write_ok(&far, 5, 3);
	ck_assert_uint_eq(finish(&b, 1).count, 5);
	if (!_i) {
		write_ok(&far, 6, 3);
		ck_assert_uint_eq(finish(&a, 2).count, 6);
	}
}
END_TEST

START_TEST(killed_in_the_middle_of_a_write)
{
	struct share_reply reply;

	share_server(SHARE_MESSAGE);
	ck_assert_uint_eq(start(&a, 1, SHARE_WRITE, BIG, 1), STATUS_PENDING);
	ck_assert_uint_eq(start(&a, 2, SHARE_WRITE, 70, 9), STATUS_PENDING);
	ck_assert_uint_eq(start(&b, 1, SHARE_WRITE, 50, 2), STATUS_PENDING);
	/* half of it is read, or nothing */
	if (_i)
		expect_read(&far, 200, 200, 1, STATUS_BUFFER_OVERFLOW);
	share_kill(&a);
	reply = call(&far, SHARE_READ, SHARE_LEN_MAX, 0);
	while (reply.status == STATUS_BUFFER_OVERFLOW || (reply.count != 50))
		reply = call(&far, SHARE_READ, SHARE_LEN_MAX, 0);
	ck_assert_uint_eq(reply.data[0], 2);
	wait_complete(&b, 1);
	write_ok(&far, 4, 1);
	expect_read(&b, 99, 4, 1, STATUS_SUCCESS);
	write_ok(&b, 40, 5);
	expect_read(&far, 99, 40, 5, STATUS_SUCCESS);
}
END_TEST

#define KILL_ROUNDS 12u

/*
 * Killed while it works: the others find a connection that is whole or broken, never one
 * that hangs.
 */
START_TEST(killed_at_work)
{
	struct share_request drain = {.op = SHARE_DRAIN, .slot = 1, .end = 1};

	for (unsigned round = 0; round < KILL_ROUNDS; round++) {
		npfs_status status;

		connect_ends(&far, &a, SHARE_MESSAGE, kinds[_i]);
		share_hand_over(&a, 0, &b, 0);
		share_begin(&a, &drain);
		for (uint32_t i = 0; i < 50 + round * 7; i++)
			write_ok(&far, 100, i);
		share_kill(&a);
		share_begin(&b, &drain);
		status = start(&far, 1, SHARE_WRITE, 10, 1);
		if (status == STATUS_PENDING)
			status = finish(&far, 1).status;
		ck_assert(status == STATUS_SUCCESS || status == STATUS_PIPE_BROKEN ||
			  status == STATUS_PIPE_CLOSING);
		ck_assert_uint_eq(call(&far, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
		ck_assert_uint_eq(share_end(&b, 1).status, STATUS_PIPE_BROKEN);
		ck_assert_uint_eq(call(&b, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
		share_start(&a);
	}
}
END_TEST

START_TEST(killed_while_both_write)
{
	struct share_request flood = {.op = SHARE_FLOOD, .slot = 1, .end = 1, .len = UINT32_MAX};

	for (unsigned round = 0; round < KILL_ROUNDS; round++) {
		struct share_reply of_b, got;

		connect_ends(&a, &far, kinds[_i], SHARE_MESSAGE);
		share_hand_over(&a, 0, &b, 0);
		begin(&far, 1, SHARE_DRAIN, 0, 0);
		flood.len = UINT32_MAX;
		flood.value = 'a';
		share_begin(&a, &flood);
		flood.len = 60 + 5 * round;
		flood.value = 'b';
		share_begin(&b, &flood);
		share_kill(&a);
		of_b = share_end(&b, 1);
		ck_assert(of_b.status == STATUS_SUCCESS || of_b.status == STATUS_PIPE_BROKEN ||
			  of_b.status == STATUS_PIPE_CLOSING);
		ck_assert_uint_eq(call(&b, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
		got = share_end(&far, 1);
		ck_assert_uint_eq(got.status, STATUS_PIPE_BROKEN);
		ck_assert_uint_eq(got.value, 0);
		if (of_b.status == STATUS_SUCCESS)
			ck_assert_uint_ge(got.count, of_b.count);
		ck_assert_uint_eq(call(&far, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
		share_start(&a);
	}
}
END_TEST

START_TEST(the_last_holder_is_killed)
{
	share_server(SHARE_MESSAGE);
	ck_assert_uint_eq(call(&a, SHARE_CLOSE, 0, 0).status, STATUS_SUCCESS);
	write_ok(&b, 5, 1);
	begin(&far, 1, SHARE_DRAIN, 0, 0);
	share_kill(&b);
	ck_assert_uint_eq(share_end(&far, 1).status, STATUS_PIPE_BROKEN);
	ck_assert_uint_eq(open_status(&c, SHARE_MESSAGE), STATUS_OBJECT_NAME_NOT_FOUND);
}
END_TEST

START_TEST(nothing_is_left_open)
{
	uint32_t before_a, before_b;

	/* what is made once and stays */
	share_client(SHARE_MESSAGE);
	call(&a, SHARE_CLOSE, 0, 0);
	call(&b, SHARE_CLOSE, 0, 0);
	call(&far, SHARE_CLOSE, 0, 0);
	before_a = call(&a, SHARE_FDS, 0, 0).count;
	before_b = call(&b, SHARE_FDS, 0, 0).count;
	for (unsigned i = 0; i < 3; i++) {
		if (i == 1)
			share_server(SHARE_MESSAGE);
		else
			share_client(kinds[i % 2]);
		write_ok(&far, 5, 1);
		expect_read(&b, 99, 5, 1, STATUS_SUCCESS);
		call(&a, SHARE_CLOSE, 0, 0);
		call(&b, SHARE_CLOSE, 0, 0);
		call(&far, SHARE_CLOSE, 0, 0);
	}
	ck_assert_uint_eq(call(&b, SHARE_FDS, 0, 0).count, before_b);
	ck_assert_uint_le(call(&a, SHARE_FDS, 0, 0).count, before_a + 1);
}
END_TEST

int main(void)
{
	const int n = (int)(sizeof(kinds) / sizeof(kinds[0]));
	Suite *suite = suite_create("share");
	TCase *tcase = tcase_create("share");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_message_read_by_two, 0, n);
	tcase_add_loop_test(tcase, modes_are_shared, 0, n);
	tcase_add_loop_test(tcase, both_write, 0, n);
	tcase_add_loop_test(tcase, peek_flush_transact, 0, n);
	tcase_add_test(tcase, a_read_blocks_while_the_other_writes);
	tcase_add_test(tcase, a_synchronous_end_is_locked_by_a_read);
	tcase_add_test(tcase, handing_on_does_not_wait);
	tcase_add_test(tcase, a_parcel_makes_several_holders);
	tcase_add_loop_test(tcase, arriving_disturbs_nobody, 0, n);
	tcase_add_test(tcase, reads_are_served_in_order);
	tcase_add_test(tcase, cancel_is_about_ones_own);
	tcase_add_test(tcase, writes_stay_in_order);
	tcase_add_test(tcase, a_stalled_write_is_cancelled);
	tcase_add_loop_test(tcase, each_message_goes_to_one, 0, n);
	tcase_add_loop_test(tcase, two_floods, 0, n);
	tcase_add_loop_test(tcase, handed_on_in_the_middle, 0, n);
	tcase_add_loop_test(tcase, handed_on_disconnected, 0, n);
	tcase_add_test(tcase, a_process_with_many_ends);
	tcase_add_test(tcase, the_peer_closes);
	tcase_add_loop_test(tcase, requests_of_both_end_with_the_peer, 0, 2);
	tcase_add_loop_test(tcase, the_server_serves_again, 0, n);
	tcase_add_test(tcase, both_listen);
	tcase_add_loop_test(tcase, the_last_holder_closes, 0, n);
	tcase_add_loop_test(tcase, the_creator_exits, 0, n);
	tcase_add_loop_test(tcase, an_end_on_its_way, 0, 2);
	tcase_add_test(tcase, requests_go_on_when_their_process_closes);
	tcase_add_loop_test(tcase, requests_end_with_the_last_handle, 0, 2);
	tcase_add_loop_test(tcase, requests_go_on_while_a_parcel_is_on_its_way, 0, 2);
	tcase_add_loop_test(tcase, requests_end_with_their_process, 0, 2);
	tcase_add_loop_test(tcase, writes_go_on_when_their_process_closes, 0, 2);
	tcase_add_loop_test(tcase, listens_go_on_when_their_process_closes, 0, 2);
	tcase_add_test(tcase, what_stays_is_disconnected_with_all);
	tcase_add_loop_test(tcase, all_leave_in_any_order, 0, 3);
	tcase_add_loop_test(tcase, killed_asleep_in_a_read, 0, n);
	tcase_add_loop_test(tcase, killed_with_reads_before_ours, 0, 2);
	tcase_add_loop_test(tcase, killed_in_the_middle_of_a_write, 0, 2);
	tcase_add_loop_test(tcase, killed_at_work, 0, n);
	tcase_add_loop_test(tcase, killed_while_both_write, 0, n);
	tcase_add_test(tcase, the_last_holder_is_killed);
	tcase_add_test(tcase, nothing_is_left_open);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
