/* SPDX-License-Identifier: MIT */
/*
 * Quotas and stalled writes: a write completes when its unread rest is granted, all its
 * bytes are visible before that, and quota is given in order (npfs-semantics 4.1, 4.2).
 */
#include "conformance/cases/io/ends.h"

#define QUOTA 5000

static unsigned char data[32768];
static unsigned char got[32768];

/*
 * The cases 139 to 143 are one story, told up to a step. The quota is 5000:
 *
 *	step 0  a read of 1000 is pended, 4000 are written: both end at once, 3000 remain
 *	step 1  5000 are written: pends (2000 granted), 8000 visible
 *	step 2  1 is written: pends; an empty write ends at once
 *	step 3  3000 are read: the write of 5000 ends, the write of 1 does not
 *	step 4  1 is read: the write of 1 ends
 */
struct story {
	struct request read, w4000, w5000, w1, w0;
};

static void story_tell(struct story *t, const struct ends *e, int last_step)
{
	pattern_fill(data, sizeof(data), 1);
	request_init(&t->read);
	request_read(&t->read, e->r, got, 1000);
	EXPECT_PENDS(&t->read);
	request_init(&t->w4000);
	request_write(&t->w4000, e->w, data, 4000);
	EXPECT_AT_ONCE(&t->w4000, 0, 4000);
	EXPECT_DONE(&t->read, 0, 1000);
	EXPECT_MEM(got, data, 1000);
	EXPECT_AVAILABLE(e->r, 3000);
	if (last_step < 1)
		return;
	request_init(&t->w5000);
	request_write(&t->w5000, e->w, data, 5000);
	EXPECT_STILL_PENDING(&t->w5000);
	EXPECT_AVAILABLE(e->r, 8000);
	if (last_step < 2)
		return;
	request_init(&t->w1);
	request_write(&t->w1, e->w, "!", 1);
	EXPECT_STILL_PENDING(&t->w1);
	request_init(&t->w0);
	request_write(&t->w0, e->w, data, 0);
	EXPECT_AT_ONCE(&t->w0, 0, 0);
	EXPECT_AVAILABLE(e->r, 8001);
	if (last_step < 3)
		return;
	EXPECT_READS(e->r, 3000, data + 1000, 3000);
	EXPECT_DONE(&t->w5000, 0, 5000);
	EXPECT_STILL_PENDING(&t->w1);
	if (last_step < 4)
		return;
	EXPECT_READS(e->r, 1, data, 1);
	EXPECT_DONE(&t->w1, 0, 1);
	EXPECT_READS(e->r, 4999, data + 1, 4999);
	EXPECT_READS(e->r, 10, "!", 1);
}

#define STORY_CASE(name, last_step)                                                      \
	static void name(void)                                                           \
	{                                                                                \
		static struct story t;                                                   \
		struct ends e;                                                           \
                                                                                         \
		FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, QUOTA)                          \
			story_tell(&t, &e, last_step);                                   \
	}

STORY_CASE(rest_of_a_write_is_queued_behind_a_pended_read, 0)
STORY_CASE(write_over_the_quota_pends_but_is_visible, 1)
STORY_CASE(write_behind_a_stalled_one_pends_unless_empty, 2)
STORY_CASE(reading_completes_the_first_stalled_write_only, 3)
STORY_CASE(the_next_byte_completes_the_next_write, 4)

static void write_larger_than_the_quota_ends_when_the_rest_fits(void)
{
	struct ends e;

	pattern_fill(data, sizeof(data), 2);
	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, QUOTA) {
		struct request write;

		request_init(&write);
		request_write(&write, e.w, data, QUOTA + 2000);
		EXPECT_STILL_PENDING(&write);
		EXPECT_AVAILABLE(e.r, QUOTA + 2000);
		EXPECT_READS(e.r, 1999, data, 1999);
		EXPECT_STILL_PENDING(&write);
		EXPECT_READS(e.r, 1, data + 1999, 1);
		EXPECT_DONE(&write, 0, QUOTA + 2000);
		EXPECT_READS(e.r, QUOTA, data + 2000, QUOTA);
	}
}

static void write_of_exactly_the_quota_ends_at_once(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, QUOTA) {
		struct request write, more;

		request_init(&write);
		request_write(&write, e.w, data, QUOTA);
		EXPECT_AT_ONCE(&write, 0, QUOTA);
		request_init(&more);
		request_write(&more, e.w, data, 1);
		EXPECT_STILL_PENDING(&more);
		EXPECT_READS(e.r, 1, NULL, 1);
		EXPECT_DONE(&more, 0, 1);
	}
}

static void without_quota_a_write_waits_until_it_is_read(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 0) {
		struct request write;

		request_init(&write);
		request_write(&write, e.w, "ab", 2);
		EXPECT_STILL_PENDING(&write);
		EXPECT_AVAILABLE(e.r, 2);
		EXPECT_READS(e.r, 1, "a", 1);
		EXPECT_STILL_PENDING(&write);
		EXPECT_READS(e.r, 1, "b", 1);
		EXPECT_DONE(&write, 0, 2);
	}
}

static void without_quota_a_write_to_a_pended_read_ends_at_once(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 0) {
		struct request read, write;

		request_init(&read);
		request_read(&read, e.r, got, 2);
		EXPECT_PENDS(&read);
		request_init(&write);
		request_write(&write, e.w, "ab", 2);
		EXPECT_AT_ONCE(&write, 0, 2);
		EXPECT_DONE(&read, 0, 2);
	}
}

static void synchronous_write_over_the_quota_blocks(void)
{
	struct ends e;

	pattern_fill(data, sizeof(data), 3);
	FOR_BOTH_DIRECTIONS(e, PAIR_B, QUOTA) {
		struct blocked write;

		blocked_write(&write, e.w, data, QUOTA + 1);
		EXPECT_BLOCKED(&write);
		EXPECT_READS(e.r, 1, data, 1);
		EXPECT_RETURNS(&write, 0, QUOTA + 1);
		EXPECT_READS(e.r, QUOTA, data + 1, QUOTA);
	}
}

static void a_megabyte_goes_through_a_small_quota(void)
{
	static unsigned char big[1 << 20];
	struct ends e;

	pattern_fill(big, sizeof(big), 4);
	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request write;
		DWORD at = 0;

		request_init(&write);
		request_write(&write, e.w, big, sizeof(big));
		EXPECT_PENDS(&write);
		EXPECT_AVAILABLE(e.r, sizeof(big));
		while (at < sizeof(big)) {
			DWORD n = sizeof(big) - at < 30000 ? (DWORD)(sizeof(big) - at)
							   : 30000;

			EXPECT_READS(e.r, n, big + at, n);
			at += n;
		}
		EXPECT_DONE(&write, 0, sizeof(big));
		EXPECT_AVAILABLE(e.r, 0);
	}
}

static void without_quota_messages_go_one_by_one(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, 0) {
		struct request first, second, empty;

		request_init(&first);
		request_init(&second);
		request_init(&empty);
		request_write(&first, e.w, "first", 5);
		EXPECT_PENDS(&first);
		request_write(&second, e.w, "second", 6);
		EXPECT_PENDS(&second);
		request_write(&empty, e.w, "", 0);
		EXPECT_AT_ONCE(&empty, 0, 0);
		EXPECT_READ_FAILS(e.r, 2, ERROR_MORE_DATA, "fi", 2);
		EXPECT_STILL_PENDING(&first);
		EXPECT_READS(e.r, 8, "rst", 3);
		EXPECT_DONE(&first, 0, 5);
		EXPECT_STILL_PENDING(&second);
		EXPECT_READS(e.r, 8, "second", 6);
		EXPECT_DONE(&second, 0, 6);
		EXPECT_READS(e.r, 8, NULL, 0);
	}
}

static void write_through_changes_nothing(void)
{
	const char *name = case_pipe_name();
	struct blocked write;
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new_full(name,
					 PIPE_ACCESS_DUPLEX | FILE_FLAG_WRITE_THROUGH, 0,
					 1, 4, 4, 0));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, FILE_FLAG_WRITE_THROUGH));
	for (int i = 0; i < 2; i++) {
		WRITE_ALL(s, "ab", 2);
		WRITE_ALL(s, "cd", 2);
		EXPECT_READS(c, 16, "abcd", 4);
		WRITE_ALL(c, "abcd", 4);
		blocked_write(&write, c, "ef", 2);
		EXPECT_BLOCKED(&write);
		EXPECT_READS(s, 16, "abcdef", 6);
		EXPECT_RETURNS(&write, 0, 2);
	}
}

static void quota_comes_back_with_each_byte(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MESSAGE_TYPE | PAIR_OV, 8) {
		struct request write;
		unsigned char wanted[12];

		pattern_fill(wanted, sizeof(wanted), 9);
		request_init(&write);
		request_write(&write, e.w, wanted, 12);
		EXPECT_PENDS(&write);
		EXPECT_READS(e.r, 3, wanted, 3);
		EXPECT_STILL_PENDING(&write);
		EXPECT_READS(e.r, 1, wanted + 3, 1);
		EXPECT_DONE(&write, 0, 12);
		EXPECT_READS(e.r, 64, wanted + 4, 8);
	}
}

static void sixty_stalled_writes_end_in_order(void)
{
	enum { N = 60 };
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 2) {
		static struct request writes[N];
		static unsigned char bytes[3 * N];

		pattern_fill(bytes, sizeof(bytes), 4);
		for (int i = 0; i < N; i++) {
			request_init(&writes[i]);
			request_write(&writes[i], e.w, bytes + 3 * i, 3);
			EXPECT_PENDS(&writes[i]);
		}
		EXPECT_AVAILABLE(e.r, 3 * N);
		for (int i = 0; i < N; i++) {
			EXPECT_READS(e.r, 1, bytes + 3 * i, 1);
			EXPECT_DONE(&writes[i], 0, 3);
			if (i + 1 < N)
				EXPECT_PENDS(&writes[i + 1]);
			EXPECT_READS(e.r, 2, bytes + 3 * i + 1, 2);
		}
	}
}

const struct conf_case io_quota_cases[] = {
	CASE("4.2", without_quota_messages_go_one_by_one, "R", "4.2",
	     "quota 0, messages: each write ends when all of it is read; empty ones at once"),
	CASE("4.2", quota_comes_back_with_each_byte, "T", "4.2",
	     "reading part of a message gives back the quota of that part"),
	CASE("4.2", sixty_stalled_writes_end_in_order, "T", "4.2",
	     "sixty stalled writes end one after the other as the bytes before are read"),
	CASE("4.10", write_through_changes_nothing, "D", "4.10",
	     "FILE_FLAG_WRITE_THROUGH has no effect on a local pipe"),
	CASE("139", rest_of_a_write_is_queued_behind_a_pended_read, "T", "4.2",
	     "quota 5000, read of 1000 pended: a write of 4000 ends at once, 3000 stay queued"),
	CASE("140", write_over_the_quota_pends_but_is_visible, "T", "4.2",
	     "then a write of 5000 pends, and PeekNamedPipe sees all 8000 bytes"),
	CASE("141", write_behind_a_stalled_one_pends_unless_empty, "T", "4.2",
	     "then a write of 1 pends, and a write of 0 ends at once"),
	CASE("142", reading_completes_the_first_stalled_write_only, "T", "4.2",
	     "then reading 3000 completes the write of 5000 and not the write of 1"),
	CASE("143", the_next_byte_completes_the_next_write, "T", "4.2",
	     "then reading 1 completes the write of 1"),
	CASE("144", write_larger_than_the_quota_ends_when_the_rest_fits, "T", "4.2",
	     "a write of quota + 2000 is pending after 1999 bytes are read and done after 2000"),
	CASE("4.2", write_of_exactly_the_quota_ends_at_once, "R", "4.2",
	     "a write of exactly the quota ends at once, one byte more pends"),
	CASE("145", without_quota_a_write_waits_until_it_is_read, "R", "4.2",
	     "with quota 0 a write pends until it is wholly read"),
	CASE("4.2", without_quota_a_write_to_a_pended_read_ends_at_once, "R", "4.2",
	     "with quota 0 a write that a pended read takes ends at once"),
	CASE("4.2", synchronous_write_over_the_quota_blocks, "T", "4.2",
	     "a synchronous write of quota + 1 blocks until one byte is read"),
	CASE("4.2", a_megabyte_goes_through_a_small_quota, "T", "4.2",
	     "one write of 1 MiB through a quota of 4096 arrives in order and ends with its "
	     "full count"),
	CASE_END
};
