/* SPDX-License-Identifier: MIT */
/*
 * Cancelled reads and writes: what they leave behind in the queue, and what a flush makes
 * of it (npfs-semantics 3.4, 4.8, 5.7).
 */
#include "conformance/cases/io/ends.h"

#define QUOTA 100

static unsigned char data[200];
static unsigned char got[200];

static void cancelled_read_leaves_the_other_in_place(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, QUOTA) {
		struct request first, second;
		char a = 0, b = 0;

		request_init(&first);
		request_init(&second);
		request_read(&first, e.r, &a, 1);
		request_read(&second, e.r, &b, 1);
		EXPECT_PENDS(&second);
		EXPECT_TRUE(CancelIoEx(e.r, &second.ov));
		EXPECT_DONE(&second, ERROR_OPERATION_ABORTED, 0);
		EXPECT_STILL_PENDING(&first);
		WRITE_ALL(e.w, "a", 1);
		EXPECT_DONE(&first, 0, 1);
		EXPECT_EQ(a, 'a');
		EXPECT_EQ(b, 0);
		EXPECT_AVAILABLE(e.r, 0);
	}
}

static void cancelled_first_read_lets_the_second_take_its_place(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, QUOTA) {
		struct request first, second;
		char a = 0, b = 0;

		request_init(&first);
		request_init(&second);
		request_read(&first, e.r, &a, 1);
		request_read(&second, e.r, &b, 1);
		EXPECT_PENDS(&second);
		EXPECT_TRUE(CancelIoEx(e.r, &first.ov));
		EXPECT_DONE(&first, ERROR_OPERATION_ABORTED, 0);
		WRITE_ALL(e.w, "b", 1);
		EXPECT_DONE(&second, 0, 1);
		EXPECT_EQ(b, 'b');
		EXPECT_EQ(a, 0);
	}
}

static void second_cancel_finds_nothing(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, QUOTA) {
		struct request read;

		request_init(&read);
		request_read(&read, e.r, got, 1);
		EXPECT_PENDS(&read);
		EXPECT_TRUE(CancelIoEx(e.r, &read.ov));
		EXPECT_FAILS(CancelIoEx(e.r, &read.ov), ERROR_NOT_FOUND);
		EXPECT_DONE(&read, ERROR_OPERATION_ABORTED, 0);
	}
}

/* Two stalled writes; the first is cancelled after some of it may have been read. */
static void first_write_cancelled_after(DWORD n_read)
{
	struct ends e;

	pattern_fill(data, sizeof(data), 5);
	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, QUOTA) {
		struct request first, second;

		request_init(&first);
		request_write(&first, e.w, data, 150);
		EXPECT_PENDS(&first);
		request_init(&second);
		request_write(&second, e.w, "z", 1);
		EXPECT_PENDS(&second);
		if (n_read)
			EXPECT_READS(e.r, n_read, data, n_read);
		EXPECT_TRUE(CancelIoEx(e.w, &first.ov));
		EXPECT_DONE(&first, ERROR_OPERATION_ABORTED, 0);
		EXPECT_AVAILABLE(e.r, 1);
		EXPECT_READS(e.r, 100, "z", 1);
		EXPECT_DONE(&second, 0, 1);
		EXPECT_AVAILABLE(e.r, 0);
	}
}

static void cancelled_write_takes_its_bytes_away(void)
{
	first_write_cancelled_after(0);
}

static void cancelled_write_takes_its_unread_rest_away(void)
{
	first_write_cancelled_after(10);
}

static void cancelled_write_gives_its_quota_to_the_next(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, QUOTA) {
		struct request first, second;

		request_init(&first);
		request_write(&first, e.w, data, 150);
		EXPECT_PENDS(&first);
		request_init(&second);
		request_write(&second, e.w, "z", 1);
		EXPECT_STILL_PENDING(&second);
		EXPECT_TRUE(CancelIoEx(e.w, &first.ov));
		EXPECT_DONE(&first, ERROR_OPERATION_ABORTED, 0);
		EXPECT_DONE(&second, 0, 1);
		EXPECT_AVAILABLE(e.r, 1);
	}
}

static void cancelled_write_ends_the_flush_behind_it(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, QUOTA) {
		struct request write;
		struct blocked flush;

		request_init(&write);
		request_write(&write, e.w, data, 150);
		EXPECT_PENDS(&write);
		blocked_flush(&flush, e.w);
		EXPECT_BLOCKED(&flush);
		EXPECT_TRUE(CancelIoEx(e.w, &write.ov));
		EXPECT_DONE(&write, ERROR_OPERATION_ABORTED, 0);
		EXPECT_RETURNS(&flush, 0, 0);
		EXPECT_AVAILABLE(e.r, 0);
	}
}

static void flush_with_a_pended_read_ends_at_once(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, QUOTA) {
		struct request read;

		request_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_PENDS(&read);
		EXPECT_TRUE(FlushFileBuffers(e.w));
		EXPECT_STILL_PENDING(&read);
		WRITE_ALL(e.w, "x", 1);
		EXPECT_DONE(&read, 0, 1);
	}
}

static void flush_of_an_overlapped_handle_blocks_until_read(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, QUOTA) {
		struct blocked flush;

		WRITE_ALL(e.w, "x", 1);
		blocked_flush(&flush, e.w);
		EXPECT_BLOCKED(&flush);
		EXPECT_READS(e.r, 10, "x", 1);
		EXPECT_RETURNS(&flush, 0, 0);
	}
}

static void flush_waits_only_for_what_was_there(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, QUOTA) {
		struct blocked flush;

		WRITE_ALL(e.w, "12345", 5);
		blocked_flush(&flush, e.w);
		EXPECT_BLOCKED(&flush);
		WRITE_ALL(e.w, "later", 5);
		EXPECT_READS(e.r, 4, "1234", 4);
		EXPECT_BLOCKED(&flush);
		EXPECT_READS(e.r, 1, "5", 1);
		EXPECT_RETURNS(&flush, 0, 0);
		EXPECT_AVAILABLE(e.r, 5);
	}
}

const struct conf_case io_cancel_cases[] = {
	CASE("146", cancelled_read_leaves_the_other_in_place, "T", "5.7",
	     "of two pended reads the second is cancelled: the first gets the next byte"),
	CASE("5.7", cancelled_first_read_lets_the_second_take_its_place, "T", "5.7",
	     "of two pended reads the first is cancelled: the second gets the next byte"),
	CASE("147", second_cancel_finds_nothing, "T", "5.7",
	     "CancelIoEx twice on one read: TRUE, then 1168"),
	CASE("148", cancelled_write_takes_its_bytes_away, "T", "3.4",
	     "of two stalled writes the first is cancelled: only the second's byte is readable"),
	CASE("149", cancelled_write_takes_its_unread_rest_away, "T", "3.4",
	     "the same after 10 bytes of the first were read; its writer gets 995 and 0 bytes"),
	CASE("148", cancelled_write_gives_its_quota_to_the_next, "R", "4.2",
	     "the quota of a cancelled write completes the stalled write behind it"),
	CASE("150", cancelled_write_ends_the_flush_behind_it, "T", "4.8",
	     "a flush that waits for a stalled write returns TRUE when that write is cancelled"),
	CASE("152", flush_with_a_pended_read_ends_at_once, "T", "4.8",
	     "FlushFileBuffers with reads pended and nothing written returns TRUE at once"),
	CASE("153", flush_of_an_overlapped_handle_blocks_until_read, "T", "4.8",
	     "FlushFileBuffers on an overlapped handle blocks until the one byte is read"),
	CASE("4.8", flush_waits_only_for_what_was_there, "R", "4.8",
	     "a flush ends when what was queued before it is read, whatever was written since"),
	CASE_END
};
