/* SPDX-License-Identifier: MIT */
/*
 * PIPE_NOWAIT: the mode of the end that does the operation, at the time of the call; a write
 * that does not fit is TRUE with 0 bytes (npfs-semantics 4.6, 4.9).
 */
#include "conformance/cases/io/ends.h"

#define QUOTA 512

static unsigned char data[1024];
static unsigned char got[32768];

static void mode_set(HANDLE h, DWORD mode)
{
	EXPECT_TRUE(SetNamedPipeHandleState(h, &mode, NULL, NULL));
}

static DWORD mode_of(HANDLE h)
{
	DWORD state = 77;

	EXPECT_TRUE(GetNamedPipeHandleStateA(h, &state, NULL, NULL, NULL, NULL, 0));
	return state;
}

/* The two kinds of pipe in turn; the read mode of a message pipe is MESSAGE. */
static const unsigned kinds[] = {PAIR_B, PAIR_MM};

/* A write through an end in NOWAIT mode ends at once, TRUE with this count. */
static void write_is_true_with(HANDLE h, DWORD len, DWORD written)
{
	struct request write;

	request_init(&write);
	request_write(&write, h, data, len);
	EXPECT_AT_ONCE(&write, 0, written);
}

static void read_of_nothing_is_232(void)
{
	for (int i = 0; i < 2; i++) {
		struct ends e;

		FOR_BOTH_DIRECTIONS(e, kinds[i] | PAIR_NOWAIT, QUOTA) {
			DWORD n = 77;

			EXPECT_FAILS(ReadFile(e.r, got, 10, &n, NULL), ERROR_NO_DATA);
			EXPECT_EQ(n, 0);
			EXPECT_FAILS(ReadFile(e.r, got, 0, &n, NULL), ERROR_NO_DATA);
		}
	}
}

static void overlapped_read_of_nothing_is_232_at_once(void)
{
	for (int i = 0; i < 2; i++) {
		struct ends e;

		FOR_BOTH_DIRECTIONS(e, kinds[i] | PAIR_NOWAIT | PAIR_OV, QUOTA) {
			struct request read;

			request_init(&read);
			request_read(&read, e.r, got, 10);
			EXPECT_EQ(read.returned, FALSE);
			EXPECT_ERROR(read.error, ERROR_NO_DATA);
			EXPECT_NOT_SIGNALED(read.event);
		}
	}
}

static void write_over_the_quota_writes_nothing(void)
{
	for (int i = 0; i < 2; i++) {
		struct ends e;

		FOR_BOTH_DIRECTIONS(e, kinds[i] | PAIR_NOWAIT | PAIR_OV, QUOTA) {
			write_is_true_with(e.w, QUOTA + 1, 0);
			EXPECT_AVAILABLE(e.r, 0);
		}
	}
}

static void write_of_the_quota_is_accepted(void)
{
	for (int i = 0; i < 2; i++) {
		struct ends e;

		FOR_BOTH_DIRECTIONS(e, kinds[i] | PAIR_NOWAIT | PAIR_OV, QUOTA) {
			write_is_true_with(e.w, QUOTA, QUOTA);
			EXPECT_AVAILABLE(e.r, QUOTA);
			write_is_true_with(e.w, 1, 0);
			EXPECT_READS(e.r, 1000, NULL, QUOTA);
		}
	}
}

static void write_that_fits_what_is_free_exactly(void)
{
	for (int i = 0; i < 2; i++) {
		struct ends e;

		FOR_BOTH_DIRECTIONS(e, kinds[i] | PAIR_NOWAIT | PAIR_OV, QUOTA) {
			write_is_true_with(e.w, 500, 500);
			write_is_true_with(e.w, 13, 0);
			write_is_true_with(e.w, 12, 12);
			write_is_true_with(e.w, 1, 0);
			EXPECT_AVAILABLE(e.r, QUOTA);
		}
	}
}

/* A writer in NOWAIT mode and a read of n_read that is pended because its end waits. */
static void reader_pends(struct ends *e, struct request *read, DWORD n_read)
{
	mode_set(e->w, mode_of(e->w) | PIPE_NOWAIT);
	request_init(read);
	request_read(read, e->r, got, n_read);
	EXPECT_PENDS(read);
}

static void write_over_the_quota_fits_a_long_pended_read(void)
{
	pattern_fill(data, sizeof(data), 1);
	for (int i = 0; i < 2; i++) {
		struct ends e;

		FOR_BOTH_DIRECTIONS(e, kinds[i] | PAIR_OV, QUOTA) {
			struct request read;

			reader_pends(&e, &read, sizeof(got));
			write_is_true_with(e.w, QUOTA + 1, QUOTA + 1);
			EXPECT_DONE(&read, 0, QUOTA + 1);
			EXPECT_MEM(got, data, QUOTA + 1);
		}
	}
}

static void write_over_the_quota_by_what_a_pended_read_takes(void)
{
	pattern_fill(data, sizeof(data), 2);
	for (int i = 0; i < 2; i++) {
		struct ends e;

		FOR_BOTH_DIRECTIONS(e, kinds[i] | PAIR_OV, QUOTA) {
			struct request read;

			reader_pends(&e, &read, 1);
			write_is_true_with(e.w, QUOTA + 1, QUOTA + 1);
			EXPECT_DONE(&read, kinds[i] == PAIR_B ? 0 : ERROR_MORE_DATA, 1);
			EXPECT_READS(e.r, 1000, data + 1, QUOTA);
		}
	}
}

static void byte_write_gives_the_pended_read_its_part_and_queues_nothing(void)
{
	struct ends e;

	pattern_fill(data, sizeof(data), 3);
	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, QUOTA) {
		struct request read;

		reader_pends(&e, &read, 1);
		write_is_true_with(e.w, QUOTA + 2, 1);
		EXPECT_DONE(&read, 0, 1);
		EXPECT_MEM(got, data, 1);
		EXPECT_AVAILABLE(e.r, 0);
	}
}

static void message_write_is_all_or_nothing(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, QUOTA) {
		struct request read;
		DWORD n;

		reader_pends(&e, &read, 1);
		write_is_true_with(e.w, QUOTA + 2, 0);
		EXPECT_STILL_PENDING(&read);
		EXPECT_FAILS(GetOverlappedResult(e.r, &read.ov, &n, FALSE),
			     ERROR_IO_INCOMPLETE);
		write_is_true_with(e.w, 1, 1);
		EXPECT_DONE(&read, 0, 1);
	}
}

static void reader_that_waits_blocks_although_the_writer_does_not(void)
{
	for (int i = 0; i < 2; i++) {
		struct ends e;

		FOR_BOTH_DIRECTIONS(e, kinds[i], QUOTA) {
			struct blocked read;

			mode_set(e.w, mode_of(e.w) | PIPE_NOWAIT);
			blocked_read(&read, e.r, got, 10);
			EXPECT_BLOCKED(&read);
			WRITE_ALL(e.w, "x", 1);
			EXPECT_RETURNS(&read, 0, 1);
		}
	}
}

static void writer_that_waits_blocks_although_the_reader_does_not(void)
{
	for (int i = 0; i < 2; i++) {
		struct ends e;

		FOR_BOTH_DIRECTIONS(e, kinds[i], QUOTA) {
			struct blocked write;

			mode_set(e.r, mode_of(e.r) | PIPE_NOWAIT);
			blocked_write(&write, e.w, data, QUOTA + 1);
			EXPECT_BLOCKED(&write);
			EXPECT_READS(e.r, 1000, NULL, QUOTA + 1);
			EXPECT_RETURNS(&write, 0, QUOTA + 1);
		}
	}
}

static void switch_with_own_read_pended_is_231(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, QUOTA) {
		DWORD mode = PIPE_NOWAIT;
		struct request read;

		request_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_PENDS(&read);
		EXPECT_FAILS(SetNamedPipeHandleState(e.r, &mode, NULL, NULL),
			     ERROR_PIPE_BUSY);
		EXPECT_EQ(mode_of(e.r), PIPE_WAIT);
		EXPECT_STILL_PENDING(&read);
		WRITE_ALL(e.w, "x", 1);
		EXPECT_DONE(&read, 0, 1);
		EXPECT_TRUE(SetNamedPipeHandleState(e.r, &mode, NULL, NULL));
	}
}

static void switch_with_own_data_unread_is_231(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, QUOTA) {
		DWORD mode = PIPE_NOWAIT;

		WRITE_ALL(e.w, "x", 1);
		EXPECT_FAILS(SetNamedPipeHandleState(e.w, &mode, NULL, NULL),
			     ERROR_PIPE_BUSY);
		EXPECT_READS(e.r, 10, "x", 1);
		EXPECT_TRUE(SetNamedPipeHandleState(e.w, &mode, NULL, NULL));
	}
}

static void switch_of_an_idle_end_reads_back(void)
{
	struct pair p = pair_new(PAIR_B, QUOTA, QUOTA);

	mode_set(p.s, PIPE_NOWAIT);
	EXPECT_EQ(mode_of(p.s), PIPE_NOWAIT);
	EXPECT_EQ(mode_of(p.c), PIPE_WAIT);
	mode_set(p.c, PIPE_NOWAIT);
	EXPECT_EQ(mode_of(p.c), PIPE_NOWAIT);
	mode_set(p.s, PIPE_WAIT);
	EXPECT_EQ(mode_of(p.s), PIPE_WAIT);
}

static void nowait_alone_resets_the_read_mode(void)
{
	struct pair p = pair_new(PAIR_MM, QUOTA, QUOTA);

	EXPECT_EQ(mode_of(p.c), PIPE_READMODE_MESSAGE);
	mode_set(p.c, PIPE_NOWAIT);
	EXPECT_EQ(mode_of(p.c), PIPE_NOWAIT | PIPE_READMODE_BYTE);
	mode_set(p.c, PIPE_NOWAIT | PIPE_READMODE_MESSAGE);
	EXPECT_EQ(mode_of(p.c), PIPE_NOWAIT | PIPE_READMODE_MESSAGE);
}

static void without_quota_nothing_is_written(void)
{
	for (int i = 0; i < 2; i++) {
		struct ends e;

		FOR_BOTH_DIRECTIONS(e, kinds[i] | PAIR_NOWAIT | PAIR_OV, 0) {
			write_is_true_with(e.w, 1, 0);
			EXPECT_AVAILABLE(e.r, 0);
		}
	}
}

static void empty_message_is_queued_on_a_full_queue(void)
{
	struct ends e;

	pattern_fill(data, sizeof(data), 4);
	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_NOWAIT | PAIR_OV, QUOTA) {
		write_is_true_with(e.w, QUOTA, QUOTA);
		write_is_true_with(e.w, 0, 0);
		EXPECT_READS(e.r, 1000, data, QUOTA);
		EXPECT_READS(e.r, 1000, "", 0);
		EXPECT_READ_FAILS(e.r, 1000, ERROR_NO_DATA, "", 0);
	}
}

static void transact_waits_for_its_reply(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_C_NOWAIT, QUOTA, QUOTA);
	struct blocked transact;
	char reply[8];

	blocked_transact(&transact, p.c, "abc", 3, reply, sizeof(reply));
	EXPECT_BLOCKED(&transact);
	EXPECT_READS(p.s, 10, "abc", 3);
	WRITE_ALL(p.s, "test", 4);
	EXPECT_RETURNS(&transact, 0, 4);
	EXPECT_MEM(reply, "test", 4);
}

static void flush_waits_in_nowait_mode(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_NOWAIT, 64) {
		struct blocked flush;

		WRITE_ALL(e.w, "abc", 3);
		blocked_flush(&flush, e.w);
		EXPECT_BLOCKED(&flush);
		EXPECT_READS(e.r, 8, "abc", 3);
		EXPECT_RETURNS(&flush, 0, 0);
	}
}

static void switch_with_the_peers_data_unread_works(void)
{
	DWORD mode = PIPE_NOWAIT;
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B, 64) {
		WRITE_ALL(e.w, "abc", 3);
		EXPECT_TRUE(SetNamedPipeHandleState(e.r, &mode, NULL, NULL));
		EXPECT_READS(e.r, 8, "abc", 3);
		EXPECT_READ_FAILS(e.r, 8, ERROR_NO_DATA, NULL, 0);
	}
}

static void switch_back_with_own_data_unread_works(void)
{
	DWORD mode = PIPE_WAIT;
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_NOWAIT, 4) {
		struct blocked write;

		WRITE_ALL(e.w, "abcd", 4);
		EXPECT_TRUE(SetNamedPipeHandleState(e.w, &mode, NULL, NULL));
		blocked_write(&write, e.w, "efgh", 4);
		EXPECT_BLOCKED(&write);
		EXPECT_READS(e.r, 16, "abcdefgh", 8);
		EXPECT_RETURNS(&write, 0, 4);
	}
}

const struct conf_case io_nowait_cases[] = {
	CASE("4.6", flush_waits_in_nowait_mode, "R", "4.6",
	     "FlushFileBuffers waits for the reader in no-wait mode, too"),
	CASE("4.9", switch_with_the_peers_data_unread_works, "R", "4.9",
	     "switching to no-wait with only the peer's data unread works"),
	CASE("4.9", switch_back_with_own_data_unread_works, "R", "4.9",
	     "switching back works with own data unread, and the next write waits"),
	CASE("181", read_of_nothing_is_232, "T", "4.6",
	     "NOWAIT: a read of an empty queue fails with 232, a 0-byte read too"),
	CASE("181", overlapped_read_of_nothing_is_232_at_once, "T", "4.6",
	     "the same at once on an overlapped handle, without an event"),
	CASE("182", write_over_the_quota_writes_nothing, "T", "4.6",
	     "NOWAIT, quota 512: a write of 513 is TRUE with 0 written"),
	CASE("183", write_of_the_quota_is_accepted, "T", "4.6",
	     "a write of 512 is TRUE with 512"),
	CASE("4.6", write_that_fits_what_is_free_exactly, "T", "4.6",
	     "a write is accepted exactly when all of it fits what is free"),
	CASE("184", write_over_the_quota_fits_a_long_pended_read, "T", "4.6",
	     "a write of 513 with a long read pended: all 513 go to the read"),
	CASE("185", write_over_the_quota_by_what_a_pended_read_takes, "T", "4.6",
	     "a write of 513 with a 1-byte read pended: TRUE 513, 512 stay queued"),
	CASE("186", byte_write_gives_the_pended_read_its_part_and_queues_nothing, "T",
	     "4.6",
	     "byte pipe, write of 514, 1-byte read pended: TRUE 1, nothing queued"),
	CASE("187", message_write_is_all_or_nothing, "T", "4.6",
	     "message pipe, write of 514, 1-byte read pended: TRUE 0, the read stays pended"),
	CASE("188", reader_that_waits_blocks_although_the_writer_does_not, "T", "4.6",
	     "the writer's NOWAIT does not concern the reader"),
	CASE("189", writer_that_waits_blocks_although_the_reader_does_not, "R", "4.6",
	     "the reader's NOWAIT does not concern the writer"),
	CASE("190", switch_with_own_read_pended_is_231, "R", "4.9",
	     "switching to NOWAIT with an own read pended fails with 231"),
	CASE("4.9", switch_with_own_data_unread_is_231, "R", "4.9",
	     "switching to NOWAIT with own data still unread fails with 231"),
	CASE("191", switch_of_an_idle_end_reads_back, "T", "4.9",
	     "an idle end switches to NOWAIT and back; the other end is not concerned"),
	CASE("192", nowait_alone_resets_the_read_mode, "T", "7.5",
	     "setting PIPE_NOWAIT alone also sets byte read mode"),
	CASE("193", without_quota_nothing_is_written, "R", "4.6",
	     "NOWAIT with quota 0: a write of 1 is TRUE with 0"),
	CASE("194", empty_message_is_queued_on_a_full_queue, "R", "4.6",
	     "NOWAIT: an empty message is queued although the queue is full"),
	CASE("195", transact_waits_for_its_reply, "R", "4.6",
	     "NOWAIT: TransactNamedPipe still waits for the reply"),
	CASE_END
};
