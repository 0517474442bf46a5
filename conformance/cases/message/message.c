/* SPDX-License-Identifier: MIT */
/*
 * Message pipes: boundaries, messages read in parts, empty messages, and the read mode of
 * each end (npfs-semantics 4.2 to 4.5, 5.3).
 */
#include "conformance/cases/io/ends.h"
#include "conformance/cases/overlapped/api.h"
#include "conformance/cases/roles.h"

#include <stdlib.h>

#define QUOTA 5000

static unsigned char data[8192];
static unsigned char got[8192];

static void short_read_is_234_and_keeps_the_rest(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, QUOTA) {
		WRITE_ALL(e.w, "0123456789", 10);
		EXPECT_READ_FAILS(e.r, 4, ERROR_MORE_DATA, "0123", 4);
		EXPECT_READS(e.r, 28, "456789", 6);
		EXPECT_AVAILABLE(e.r, 0);
	}
}

static void read_stops_at_the_end_of_a_message(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, QUOTA) {
		WRITE_ALL(e.w, "first", 5);
		WRITE_ALL(e.w, "second", 6);
		EXPECT_READS(e.r, 32, "first", 5);
		EXPECT_READS(e.r, 6, "second", 6);
	}
}

static void rest_of_a_message_is_read_by_another_thread(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM, QUOTA) {
		struct blocked read;

		WRITE_ALL(e.w, "0123456789", 10);
		WRITE_ALL(e.w, "next", 4);
		EXPECT_READ_FAILS(e.r, 4, ERROR_MORE_DATA, "0123", 4);
		memset(got, 0, sizeof(got));
		blocked_read(&read, e.r, got, 4);
		EXPECT_RETURNS(&read, ERROR_MORE_DATA, 4);
		EXPECT_MEM(got, "4567", 4);
		EXPECT_READS(e.r, 10, "89", 2);
		EXPECT_READS(e.r, 10, "next", 4);
	}
}

/* Told a handle value in its own table, reads five bytes through it and says what came. */
int role_message_reader(int argc, char **argv)
{
	char line[64];

	(void)argc;
	(void)argv;
	while (role_hear(line, sizeof(line))) {
		HANDLE h = (HANDLE)(uintptr_t)strtoull(line, NULL, 16);
		char buf[5];
		DWORD n = 0;
		BOOL ok = ReadFile(h, buf, sizeof(buf), &n, NULL);

		role_say("%lu %.*s", ok ? 0ul : (unsigned long)GetLastError(), (int)n,
			 buf);
	}
	return 0;
}

static void rest_of_a_message_is_read_by_another_process(void)
{
	struct pair p = pair_new(PAIR_MM, QUOTA, QUOTA);
	struct helper *reader = helper_start(NULL, "role_message_reader", NULL);
	char line[64];

	WRITE_ALL(p.s, "0123456789", 10);
	EXPECT_READ_FAILS(p.c, 3, ERROR_MORE_DATA, "012", 3);
	snprintf(line, sizeof(line), "%llx",
		 (unsigned long long)(uintptr_t)late_duplicate_into(helper_pid(reader),
								    p.c));
	helper_tell(reader, line);
	EXPECT_HELPER_SAYS(reader, "234 34567");
	EXPECT_READS(p.c, 10, "89", 2);
	EXPECT_EQ(helper_finish(reader), 0);
}

static void byte_reads_go_over_message_ends(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MB | PAIR_OV, QUOTA) {
		WRITE_ALL(e.w, "first write", 11);
		WRITE_ALL(e.w, "0123456789", 10);
		EXPECT_READS(e.r, 32, "first write0123456789", 21);
	}
}

/* ReadFile with an OVERLAPPED of a message that does not fit: returned values and memory. */
static void short_read_with_overlapped(unsigned kind)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | kind, QUOTA) {
		struct request read;
		DWORD n = 77;

		WRITE_ALL(e.w, "0123456789", 10);
		request_init(&read);
		request_read(&read, e.r, got, 4);
		EXPECT_EQ(read.returned, FALSE);
		EXPECT_ERROR(read.error, ERROR_MORE_DATA);
		EXPECT_EQ(read.n, 0);
		EXPECT_STATUS(read.ov.Internal, 0x80000005);
		EXPECT_EQ(read.ov.InternalHigh, 4);
		EXPECT_SIGNALED(read.event);
		EXPECT_FAILS(GetOverlappedResult(e.r, &read.ov, &n, FALSE),
			     ERROR_MORE_DATA);
		EXPECT_EQ(n, 4);
		EXPECT_MEM(got, "0123", 4);
		EXPECT_READS(e.r, 10, "456789", 6);
	}
}

static void overlapped_short_read_reports_its_count_in_the_overlapped(void)
{
	short_read_with_overlapped(PAIR_OV);
}

static void synchronous_short_read_with_overlapped_does_the_same(void)
{
	short_read_with_overlapped(0);
}

static void synchronous_short_read_reports_its_count(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM, QUOTA) {
		DWORD n = 77;

		WRITE_ALL(e.w, "0123456789", 10);
		EXPECT_FAILS(ReadFile(e.r, got, 4, &n, NULL), ERROR_MORE_DATA);
		EXPECT_EQ(n, 4);
		EXPECT_MEM(got, "0123", 4);
		EXPECT_TRUE(ReadFile(e.r, got, 100, &n, NULL));
		EXPECT_EQ(n, 6);
		EXPECT_MEM(got, "456789", 6);
	}
}

static void empty_message_ends_one_pended_read(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, QUOTA) {
		struct request first, second;

		request_init(&first);
		request_init(&second);
		request_read(&first, e.r, got, 10);
		request_read(&second, e.r, got + 10, 10);
		EXPECT_PENDS(&second);
		WRITE_ALL(e.w, "", 0);
		EXPECT_DONE(&first, 0, 0);
		EXPECT_STILL_PENDING(&second);
		WRITE_ALL(e.w, "x", 1);
		EXPECT_DONE(&second, 0, 1);
	}
}

static void empty_message_is_queued(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, QUOTA) {
		struct request read;

		WRITE_ALL(e.w, "", 0);
		EXPECT_AVAILABLE(e.r, 0);
		EXPECT_READS(e.r, 10, "", 0);
		request_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_STILL_PENDING(&read);
		WRITE_ALL(e.w, "x", 1);
		EXPECT_DONE(&read, 0, 1);
	}
}

static void empty_message_keeps_its_place(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, QUOTA) {
		WRITE_ALL(e.w, "a", 1);
		WRITE_ALL(e.w, "", 0);
		WRITE_ALL(e.w, "b", 1);
		EXPECT_READS(e.r, 10, "a", 1);
		EXPECT_READS(e.r, 10, "", 0);
		EXPECT_READS(e.r, 10, "b", 1);
	}
}

/* A pended 0-byte read, then one byte, then a read that must get it. */
static void empty_read_pended(unsigned flags, DWORD error)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, flags | PAIR_OV, QUOTA) {
		struct request empty, next;

		request_init(&empty);
		request_init(&next);
		request_read(&empty, e.r, got, 0);
		request_read(&next, e.r, got, 1);
		EXPECT_PENDS(&next);
		WRITE_ALL(e.w, "x", 1);
		EXPECT_DONE(&empty, error, 0);
		EXPECT_DONE(&next, 0, 1);
		EXPECT_EQ(got[0], 'x');
		EXPECT_AVAILABLE(e.r, 0);
	}
}

static void pended_empty_read_ends_234(void)
{
	empty_read_pended(PAIR_MM, ERROR_MORE_DATA);
}

static void pended_empty_read_in_byte_mode_ends_true(void)
{
	empty_read_pended(PAIR_MB, 0);
}

static void empty_read_with_a_message_waiting_is_234(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, QUOTA) {
		DWORD wanted = personality() == P_NT4 ? 0 : ERROR_MORE_DATA;
		struct request read;

		WRITE_ALL(e.w, "xyz", 3);
		request_init(&read);
		request_read(&read, e.r, got, 0);
		EXPECT_DONE(&read, wanted, 0);
		EXPECT_AVAILABLE(e.r, 3);
		EXPECT_READS(e.r, 10, "xyz", 3);
	}
}

static void long_message_to_a_short_pended_read(void)
{
	struct ends e;

	pattern_fill(data, sizeof(data), 1);
	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, QUOTA) {
		struct request read, write;

		request_init(&read);
		request_read(&read, e.r, got, 1000);
		EXPECT_PENDS(&read);
		request_init(&write);
		request_write(&write, e.w, data, 4000);
		EXPECT_AT_ONCE(&write, 0, 4000);
		EXPECT_DONE(&read, ERROR_MORE_DATA, 1000);
		EXPECT_MEM(got, data, 1000);
		WRITE_ALL(e.w, "next", 4);
		EXPECT_READS(e.r, sizeof(got), data + 1000, 3000);
		EXPECT_READS(e.r, sizeof(got), "next", 4);
	}
}

static void message_fills_three_pended_reads(void)
{
	struct ends e;

	pattern_fill(data, sizeof(data), 2);
	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, QUOTA) {
		struct request reads[3];

		for (int i = 0; i < 3; i++) {
			request_init(&reads[i]);
			request_read(&reads[i], e.r, got + 10 * i, 10);
			EXPECT_PENDS(&reads[i]);
		}
		WRITE_ALL(e.w, data, 25);
		EXPECT_DONE(&reads[0], ERROR_MORE_DATA, 10);
		EXPECT_DONE(&reads[1], ERROR_MORE_DATA, 10);
		EXPECT_DONE(&reads[2], 0, 5);
		EXPECT_MEM(got, data, 25);
		EXPECT_AVAILABLE(e.r, 0);
	}
}

static void empty_message_passes_an_exhausted_quota(void)
{
	struct ends e;

	pattern_fill(data, sizeof(data), 3);
	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, 100) {
		struct request stalled, empty;

		request_init(&stalled);
		request_write(&stalled, e.w, data, 150);
		EXPECT_PENDS(&stalled);
		request_init(&empty);
		request_write(&empty, e.w, data, 0);
		EXPECT_AT_ONCE(&empty, 0, 0);
		EXPECT_READS(e.r, 200, data, 150);
		EXPECT_DONE(&stalled, 0, 150);
		EXPECT_READS(e.r, 200, "", 0);
		EXPECT_AVAILABLE(e.r, 0);
	}
}

static void client_starts_in_byte_read_mode(void)
{
	const char *name = case_pipe_name();
	DWORD state = 77;
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX,
				    PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_TRUE(GetNamedPipeHandleStateA(c, &state, NULL, NULL, NULL, NULL, 0));
	EXPECT_EQ(state, PIPE_READMODE_BYTE | PIPE_WAIT);
	WRITE_ALL(s, "ab", 2);
	WRITE_ALL(s, "cd", 2);
	EXPECT_READS(c, 10, "abcd", 4);
	WRITE_ALL(c, "ab", 2);
	WRITE_ALL(c, "cd", 2);
	EXPECT_READS(s, 10, "ab", 2);
}

static void next_client_starts_in_byte_read_mode_again(void)
{
	struct pair p = pair_new(PAIR_MM, QUOTA, QUOTA);
	struct blocked listen;
	DWORD state = 77;
	HANDLE next;

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	CloseHandle(p.c);
	blocked_connect(&listen, p.s);
	EXPECT_TRUE(WaitNamedPipeA(p.name, CONF_SOON_MS));
	EXPECT_HANDLE(next, client_open(p.name, CLIENT_BOTH, 0));
	EXPECT_RETURNS(&listen, 0, 0);
	EXPECT_TRUE(GetNamedPipeHandleStateA(next, &state, NULL, NULL, NULL, NULL, 0));
	EXPECT_EQ(state, PIPE_READMODE_BYTE | PIPE_WAIT);
	EXPECT_TRUE(GetNamedPipeHandleStateA(p.s, &state, NULL, NULL, NULL, NULL, 0));
	EXPECT_EQ(state, PIPE_READMODE_MESSAGE | PIPE_WAIT);
}

static void mode_set(HANDLE h, DWORD mode)
{
	EXPECT_TRUE(SetNamedPipeHandleState(h, &mode, NULL, NULL));
}

static void switch_to_byte_inside_a_message(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, QUOTA) {
		WRITE_ALL(e.w, "0123456789", 10);
		WRITE_ALL(e.w, "next", 4);
		EXPECT_READ_FAILS(e.r, 4, ERROR_MORE_DATA, "0123", 4);
		mode_set(e.r, PIPE_READMODE_BYTE);
		EXPECT_READS(e.r, 20, "456789next", 10);
	}
}

static void switch_to_message_inside_a_message(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MB | PAIR_OV, QUOTA) {
		WRITE_ALL(e.w, "0123456789", 10);
		WRITE_ALL(e.w, "next", 4);
		EXPECT_READS(e.r, 4, "0123", 4);
		mode_set(e.r, PIPE_READMODE_MESSAGE);
		EXPECT_READS(e.r, 20, "456789", 6);
		EXPECT_READS(e.r, 20, "next", 4);
	}
}

static void read_modes_of_the_two_ends_are_independent(void)
{
	struct pair p =
		pair_new(PAIR_MESSAGE_TYPE | PAIR_C_MESSAGE_READ | PAIR_OV, QUOTA, QUOTA);
	DWORD state = 77;

	EXPECT_TRUE(GetNamedPipeHandleStateA(p.s, &state, NULL, NULL, NULL, NULL, 0));
	EXPECT_EQ(state, PIPE_READMODE_BYTE);
	EXPECT_TRUE(GetNamedPipeHandleStateA(p.c, &state, NULL, NULL, NULL, NULL, 0));
	EXPECT_EQ(state, PIPE_READMODE_MESSAGE);
	WRITE_ALL(p.c, "ab", 2);
	WRITE_ALL(p.c, "cd", 2);
	EXPECT_READS(p.s, 10, "abcd", 4);
	WRITE_ALL(p.s, "ab", 2);
	WRITE_ALL(p.s, "cd", 2);
	EXPECT_READS(p.c, 10, "ab", 2);
	EXPECT_READS(p.c, 10, "cd", 2);
}

static void mode_change_concerns_the_pended_read(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MB | PAIR_OV, QUOTA) {
		struct request read;

		request_init(&read);
		request_read(&read, e.r, got, 4);
		EXPECT_PENDS(&read);
		mode_set(e.r, PIPE_READMODE_MESSAGE);
		WRITE_ALL(e.w, "0123456789", 10);
		EXPECT_DONE(&read, ERROR_MORE_DATA, 4);
		EXPECT_READS(e.r, 20, "456789", 6);
	}
}

static void seventy_thousand_bytes_are_one_message(void)
{
	static unsigned char big[70000], in[70001];
	struct ends e;

	pattern_fill(big, sizeof(big), 6);
	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, 100000) {
		struct request write;

		request_init(&write);
		request_write(&write, e.w, big, sizeof(big));
		EXPECT_AT_ONCE(&write, 0, sizeof(big));
		EXPECT_READS(e.r, sizeof(in), big, sizeof(big));
	}
}

static void seventy_thousand_bytes_are_refused(void)
{
	static unsigned char big[70000];
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, 100000) {
		EXPECT_WRITE_FAILS(e.w, sizeof(big), ERROR_MORE_DATA);
		EXPECT_AVAILABLE(e.r, 0);
		WRITE_ALL(e.w, big, 65535);
		EXPECT_READS(e.r, sizeof(big), big, 65535);
	}
}

static void a_megabyte_is_one_message_through_a_small_quota(void)
{
	static unsigned char big[1 << 20], in[(1 << 20) + 1];
	struct ends e;

	pattern_fill(big, sizeof(big), 7);
	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, 4096) {
		struct request write;

		request_init(&write);
		request_write(&write, e.w, big, sizeof(big));
		EXPECT_PENDS(&write);
		EXPECT_READ_FAILS(e.r, 1000, ERROR_MORE_DATA, big, 1000);
		EXPECT_STILL_PENDING(&write);
		EXPECT_READS(e.r, sizeof(in), big + 1000, sizeof(big) - 1000);
		EXPECT_DONE(&write, 0, sizeof(big));
	}
}

static void a_message_much_larger_than_the_quota_is_one(void)
{
	static unsigned char big[65535], in[65536];
	struct ends e;

	pattern_fill(big, sizeof(big), 8);
	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, 100) {
		struct request write, next;

		request_init(&write);
		request_write(&write, e.w, big, sizeof(big));
		EXPECT_PENDS(&write);
		request_init(&next);
		request_write(&next, e.w, "next", 4);
		EXPECT_PENDS(&next);
		EXPECT_READ_FAILS(e.r, 1000, ERROR_MORE_DATA, big, 1000);
		EXPECT_READS(e.r, sizeof(in), big + 1000, sizeof(big) - 1000);
		EXPECT_DONE(&write, 0, sizeof(big));
		EXPECT_DONE(&next, 0, 4);
		EXPECT_READS(e.r, sizeof(in), "next", 4);
	}
}

static void byte_read_swallows_empty_messages_behind_data(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MB | PAIR_OV, QUOTA) {
		struct request read;

		WRITE_ALL(e.w, "1", 1);
		WRITE_ALL(e.w, "", 0);
		EXPECT_READS(e.r, 10, "1", 1);
		request_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_STILL_PENDING(&read);
		WRITE_ALL(e.w, "2", 1);
		EXPECT_DONE(&read, 0, 1);
	}
}

static void byte_read_of_an_empty_message_alone_is_true(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MB | PAIR_OV, QUOTA) {
		struct request read;

		WRITE_ALL(e.w, "", 0);
		request_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_AT_ONCE(&read, 0, 0);
	}
}

static void empty_read_of_an_empty_message_takes_nothing(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 64);

	WRITE_ALL(p.s, "", 0);
	WRITE_ALL(p.s, "next", 4);
	EXPECT_READS(p.c, 0, NULL, 0);
	EXPECT_READS(p.c, 0, NULL, 0);
	EXPECT_READS(p.c, 8, NULL, 0);
	EXPECT_READS(p.c, 8, "next", 4);
}

static void modes_change_between_any_two_bytes(void)
{
	static const char *const messages[] = {"abcdef", "ghijkl", "mnopqr"};
	struct pair p = pair_new(PAIR_MM, 64, 64);
	DWORD byte = PIPE_READMODE_BYTE, message = PIPE_READMODE_MESSAGE;

	for (int i = 0; i < 3; i++)
		WRITE_ALL(p.s, messages[i], 6);
	EXPECT_READ_FAILS(p.c, 1, ERROR_MORE_DATA, "a", 1);
	EXPECT_TRUE(SetNamedPipeHandleState(p.c, &byte, NULL, NULL));
	EXPECT_READS(p.c, 1, "b", 1);
	EXPECT_TRUE(SetNamedPipeHandleState(p.c, &message, NULL, NULL));
	EXPECT_READ_FAILS(p.c, 3, ERROR_MORE_DATA, "cde", 3);
	EXPECT_TRUE(SetNamedPipeHandleState(p.c, &byte, NULL, NULL));
	EXPECT_READS(p.c, 3, "fgh", 3);
	EXPECT_TRUE(SetNamedPipeHandleState(p.c, &message, NULL, NULL));
	EXPECT_READS(p.c, 64, "ijkl", 4);
	EXPECT_TRUE(SetNamedPipeHandleState(p.c, &byte, NULL, NULL));
	EXPECT_READS(p.c, 64, "mnopqr", 6);
}

static void boundaries_survive_the_writers_close(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 64);

	WRITE_ALL(p.c, "one", 3);
	WRITE_ALL(p.c, "", 0);
	WRITE_ALL(p.c, "three", 5);
	CloseHandle(p.c);
	EXPECT_READS(p.s, 64, "one", 3);
	EXPECT_READS(p.s, 64, NULL, 0);
	EXPECT_READ_FAILS(p.s, 2, ERROR_MORE_DATA, "th", 2);
	EXPECT_READS(p.s, 64, "ree", 3);
	EXPECT_READ_FAILS(p.s, 64, ERROR_BROKEN_PIPE, NULL, 0);
}

const struct conf_case message_queue_cases[] = {
	CASE("4.4", empty_read_of_an_empty_message_takes_nothing, "RI", "4.4",
	     "a 0-byte read with an empty message at the head is TRUE and takes nothing"),
	CASE("4.5", modes_change_between_any_two_bytes, "R", "4.5",
	     "read modes may change in the middle of messages, boundaries stay"),
	CASE("3.4", boundaries_survive_the_writers_close, "T", "3.4",
	     "messages keep their boundaries after their writer closed"),
	CASE("154", short_read_is_234_and_keeps_the_rest, "T", "4.4",
	     "a message of 10: read of 4 is FALSE 234 with 4 bytes, the next read gets 6"),
	CASE("4.4", read_stops_at_the_end_of_a_message, "T", "4.4",
	     "a message-mode read takes one message, however large the buffer"),
	CASE("156", rest_of_a_message_is_read_by_another_thread, "T", "4.4",
	     "another thread's read continues a message that was read in part"),
	CASE("156", rest_of_a_message_is_read_by_another_process, "T", "4.4",
	     "so does another process that holds the same end"),
	CASE("157", byte_reads_go_over_message_ends, "T", "4.4",
	     "byte reads of a message pipe ignore the boundaries"),
	CASE("160", overlapped_short_read_reports_its_count_in_the_overlapped, "T", "5.3",
	     "overlapped short read: FALSE 234, *bytes 0, InternalHigh has the count, Internal "
	     "0x80000005; GetOverlappedResult is FALSE 234 with the count"),
	CASE("161", synchronous_short_read_with_overlapped_does_the_same, "T", "5.3",
	     "the same with an OVERLAPPED on a synchronous handle"),
	CASE("162", synchronous_short_read_reports_its_count, "T", "5.3",
	     "synchronous short read without OVERLAPPED: FALSE 234, *bytes has the count"),
	CASE("163", empty_message_ends_one_pended_read, "T", "4.3",
	     "an empty message completes exactly one pended read, TRUE with 0 bytes"),
	CASE("164", empty_message_is_queued, "T", "4.3",
	     "an empty message is queued: nothing available, one read is TRUE with 0 bytes"),
	CASE("4.3", empty_message_keeps_its_place, "T", "4.3",
	     "an empty message between two others is read between them"),
	CASE("165", pended_empty_read_ends_234, "T", "4.2",
	     "message mode: a pended 0-byte read ends 234 with 0 when data comes, and the data "
	     "goes to the next pended read"),
	CASE("166", pended_empty_read_in_byte_mode_ends_true, "T", "4.2",
	     "byte mode on a message pipe: the same, ending TRUE with 0"),
	CASE("167", long_message_to_a_short_pended_read, "T", "4.2",
	     "read of 1000 pended, message of 4000: read ends 234 with 1000, the rest of 3000 "
	     "is one message"),
	CASE("168", message_fills_three_pended_reads, "R", "4.2",
	     "three reads of 10 pended, one message of 25: 234/10, 234/10, TRUE/5"),
	CASE("169", empty_message_passes_an_exhausted_quota, "T", "4.3",
	     "an empty message is accepted at once behind stalled data"),
	CASE_FOR(
		P_ENGINE, "178", empty_read_with_a_message_waiting_is_234, "T", "4.4",
		"a 0-byte message-mode read with data is 234 with 0 bytes (before Windows 8 "
		"TRUE); the data stays"),
	CASE_FOR(P_MODERN, "179", seventy_thousand_bytes_are_one_message, "I", "4.11",
		 "a local message of 70,000 bytes within the quota is one message"),
	CASE_FOR(P_BOOK | P_NT4, "179", seventy_thousand_bytes_are_refused, "K", "10.1",
		 "with the 64 KB rule a message of 70,000 bytes fails with 234 and sends "
		 "nothing; 65,535 pass (Q119218)"),
	CASE_FOR(P_MODERN, "4.2", a_megabyte_is_one_message_through_a_small_quota, "T", "4.2",
		 "a message of 1 MiB through a quota of 4096 stays one message"),
	CASE("4.2", a_message_much_larger_than_the_quota_is_one, "T", "4.2",
	     "a message of 65,535 bytes through a quota of 100 stays one message"),
	CASE("180", byte_read_swallows_empty_messages_behind_data, "R", "4.4",
	     "a byte-mode read with room left takes an empty message behind the data with it"),
	CASE("4.4", byte_read_of_an_empty_message_alone_is_true, "T", "4.4",
	     "a byte-mode read of an empty message alone is TRUE with 0 bytes"),
	CASE_END
};

const struct conf_case message_mode_cases[] = {
	CASE("170", client_starts_in_byte_read_mode, "T B", "6.2",
	     "the client end starts in byte read mode, whatever the server end has"),
	CASE("171", next_client_starts_in_byte_read_mode_again, "R", "4.9",
	     "so does the client of the next connection; the server end keeps its mode"),
	CASE("172", switch_to_byte_inside_a_message, "R", "4.5",
	     "read 4 of 10, switch to byte mode: the next read gets 6 and what follows"),
	CASE("173", switch_to_message_inside_a_message, "R", "4.5",
	     "read 4 of 10 in byte mode, switch to message mode: the next read gets the 6 that "
	     "remain, then the next message"),
	CASE("174", read_modes_of_the_two_ends_are_independent, "T", "4.5",
	     "server in byte mode and client in message mode on one message pipe"),
	CASE("4.4", mode_change_concerns_the_pended_read, "R", "4.4",
	     "the mode of a pended read is the one in force when the data comes"),
	CASE_END
};
