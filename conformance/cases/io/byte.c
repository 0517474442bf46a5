/* SPDX-License-Identifier: MIT */
/*
 * Byte pipes: a stream without boundaries, reads of nothing, and what a byte pipe refuses
 * (npfs-semantics 4.3 to 4.5, 7.2, 7.3).
 */
#include "conformance/cases/io/ends.h"

static void bytes_of_two_writes_come_in_one_read(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		WRITE_ALL(e.w, "first write", 11);
		WRITE_ALL(e.w, "0123456789", 10);
		EXPECT_READS(e.r, 32, "first write0123456789", 21);
		EXPECT_AVAILABLE(e.r, 0);
	}
}

static void empty_write_leaves_pended_read_alone(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read;
		char buf[8];

		request_init(&read);
		request_read(&read, e.r, buf, sizeof(buf));
		EXPECT_PENDS(&read);
		WRITE_ALL(e.w, "", 0);
		EXPECT_STILL_PENDING(&read);
		WRITE_ALL(e.w, "ab", 2);
		EXPECT_DONE(&read, 0, 2);
		EXPECT_MEM(buf, "ab", 2);
	}
}

static void empty_write_queues_nothing(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read;
		char buf[8];

		WRITE_ALL(e.w, "", 0);
		EXPECT_AVAILABLE(e.r, 0);
		request_init(&read);
		request_read(&read, e.r, buf, sizeof(buf));
		EXPECT_STILL_PENDING(&read);
		WRITE_ALL(e.w, "c", 1);
		EXPECT_DONE(&read, 0, 1);
	}
}

static void empty_read_waits_for_data_and_takes_none(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read;
		char buf[1];

		request_init(&read);
		request_read(&read, e.r, buf, 0);
		EXPECT_STILL_PENDING(&read);
		WRITE_ALL(e.w, "x", 1);
		EXPECT_DONE(&read, 0, 0);
		EXPECT_AVAILABLE(e.r, 1);
		EXPECT_READS(e.r, 4, "x", 1);
	}
}

static void empty_read_with_data_is_true_and_takes_none(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read;
		char buf[1];

		WRITE_ALL(e.w, "xyz", 3);
		request_init(&read);
		request_read(&read, e.r, buf, 0);
		EXPECT_AT_ONCE(&read, 0, 0);
		EXPECT_AVAILABLE(e.r, 3);
		EXPECT_READS(e.r, 3, "xyz", 3);
	}
}

static void short_reads_take_the_stream_in_pieces(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		WRITE_ALL(e.w, "0123456789", 10);
		EXPECT_READS(e.r, 4, "0123", 4);
		EXPECT_READS(e.r, 6, "456789", 6);
		EXPECT_AVAILABLE(e.r, 0);
	}
}

static void message_read_mode_is_refused(void)
{
	struct pair p = pair_new(PAIR_B, 4096, 4096);
	DWORD mode = PIPE_READMODE_MESSAGE;

	EXPECT_FAILS(SetNamedPipeHandleState(p.s, &mode, NULL, NULL),
		     ERROR_INVALID_PARAMETER);
	EXPECT_FAILS(SetNamedPipeHandleState(p.c, &mode, NULL, NULL),
		     ERROR_INVALID_PARAMETER);
	WRITE_ALL(p.s, "still bytes", 11);
	EXPECT_READS(p.c, 5, "still", 5);
}

static void transact_is_refused(void)
{
	struct pair p = pair_new(PAIR_B, 4096, 4096);
	char request[] = "abc";
	char reply[8];
	DWORD n;

	EXPECT_FAILS(TransactNamedPipe(p.c, request, 3, reply, sizeof(reply), &n, NULL),
		     ERROR_BAD_PIPE);
	EXPECT_FAILS(TransactNamedPipe(p.s, request, 3, reply, sizeof(reply), &n, NULL),
		     ERROR_BAD_PIPE);
	EXPECT_AVAILABLE(p.s, 0);
	EXPECT_AVAILABLE(p.c, 0);
}

static void overlapped_transact_is_refused(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct request transact;
	char reply[8];

	request_init(&transact);
	request_transact(&transact, p.c, "abc", 3, reply, sizeof(reply));
	EXPECT_DONE(&transact, ERROR_BAD_PIPE, 0);
	EXPECT_AVAILABLE(p.s, 0);
}

static void call_named_pipe_is_refused(void)
{
	const char *name = case_pipe_name();
	char request[] = "abc";
	char reply[8];
	HANDLE s;
	DWORD n;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1));
	EXPECT_FAILS(CallNamedPipeA(name, request, 3, reply, sizeof(reply), &n, 1000),
		     ERROR_INVALID_PARAMETER);
}

static void one_byte_satisfies_a_longer_read(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read;
		char buf[2];

		request_init(&read);
		request_read(&read, e.r, buf, 2);
		EXPECT_PENDS(&read);
		WRITE_ALL(e.w, "q", 1);
		EXPECT_DONE(&read, 0, 1);
		EXPECT_MEM(buf, "q", 1);
	}
}

static void one_write_feeds_several_pended_reads(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request a, b, c;
		char buf_a[3], buf_b[4], buf_c[5];

		request_init(&a);
		request_init(&b);
		request_init(&c);
		request_read(&a, e.r, buf_a, sizeof(buf_a));
		request_read(&b, e.r, buf_b, sizeof(buf_b));
		request_read(&c, e.r, buf_c, sizeof(buf_c));
		EXPECT_PENDS(&c);
		WRITE_ALL(e.w, "01234567", 8);
		EXPECT_DONE(&a, 0, 3);
		EXPECT_DONE(&b, 0, 4);
		EXPECT_DONE(&c, 0, 1);
		EXPECT_MEM(buf_a, "012", 3);
		EXPECT_MEM(buf_b, "3456", 4);
		EXPECT_MEM(buf_c, "7", 1);
	}
}

static void both_directions_are_independent(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 64, 64);

	WRITE_ALL(p.s, "to the client", 13);
	WRITE_ALL(p.c, "to the server!", 14);
	EXPECT_AVAILABLE(p.c, 13);
	EXPECT_AVAILABLE(p.s, 14);
	EXPECT_READS(p.s, 64, "to the server!", 14);
	EXPECT_READS(p.c, 64, "to the client", 13);
}

const struct conf_case io_byte_cases[] = {
	CASE("129", bytes_of_two_writes_come_in_one_read, "T", "4.4",
	     "a byte-mode read goes on over the end of a write"),
	CASE("132", empty_write_leaves_pended_read_alone, "T", "4.3",
	     "a zero-length write on a byte pipe does not complete a pended read"),
	CASE("4.3", empty_write_queues_nothing, "T", "4.3",
	     "a zero-length write on a byte pipe leaves nothing in the queue"),
	CASE("133", empty_read_waits_for_data_and_takes_none, "T", "4.4",
	     "a zero-length read of an empty pipe pends, ends with 0 bytes when data comes, and "
	     "leaves the data to the next read"),
	CASE("134", empty_read_with_data_is_true_and_takes_none, "T", "4.4",
	     "a zero-length read in byte mode with data waiting is TRUE and consumes nothing"),
	CASE("135", short_reads_take_the_stream_in_pieces, "T", "4.4",
	     "byte reads of 4 and 6 take ten bytes, both TRUE"),
	CASE("136", message_read_mode_is_refused, "T", "4.5",
	     "a byte pipe refuses message read mode on both ends with 87"),
	CASE("137", transact_is_refused, "T", "7.2",
	     "TransactNamedPipe on a byte pipe fails with 230 and sends nothing"),
	CASE("137", overlapped_transact_is_refused, "T", "7.2",
	     "the same on an overlapped handle, at once or through the OVERLAPPED"),
	CASE("138", call_named_pipe_is_refused, "R", "7.3",
	     "CallNamedPipe to a byte pipe fails with 87, because it sets message read mode"),
	CASE("151", one_byte_satisfies_a_longer_read, "T", "4.4",
	     "a pended read of 2 completes with the one byte that comes"),
	CASE("4.2", one_write_feeds_several_pended_reads, "T", "4.2",
	     "one write satisfies pended reads in order, byte mode, all TRUE"),
	CASE("4.1", both_directions_are_independent, "R", "4.1",
	     "the two directions of a duplex pipe are separate queues"),
	CASE_END
};
