/* SPDX-License-Identifier: MIT */
/*
 * PeekNamedPipe and the peek control with data in the queue: what is copied, what is
 * counted, what is left alone (npfs-semantics 4.7).
 */
#include "conformance/cases/io/ends.h"
#include "conformance/native.h"

#define HEADER 16

static void byte_pipe_left_is_minus_the_bytes_peeked(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		DWORD n = 77, avail = 77, left = 77;
		char buf[8];

		WRITE_ALL(e.w, "0123456789", 10);
		EXPECT_TRUE(PeekNamedPipe(e.r, buf, 4, &n, &avail, &left));
		EXPECT_EQ(n, 4);
		EXPECT_EQ(avail, 10);
		EXPECT_HEX(left, 0xFFFFFFFC);
		EXPECT_MEM(buf, "0123", 4);
		EXPECT_AVAILABLE(e.r, 10);
	}
}

static void byte_pipe_without_buffer_left_is_0(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		DWORD n = 77, avail = 77, left = 77;

		WRITE_ALL(e.w, "0123456789", 10);
		EXPECT_TRUE(PeekNamedPipe(e.r, NULL, 0, &n, &avail, &left));
		EXPECT_EQ(n, 0);
		EXPECT_EQ(avail, 10);
		EXPECT_EQ(left, 0);
	}
}

static void byte_pipe_peek_goes_over_writes(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		DWORD n = 77, avail = 77;
		char buf[16];

		WRITE_ALL(e.w, "first", 5);
		WRITE_ALL(e.w, "second", 6);
		EXPECT_TRUE(PeekNamedPipe(e.r, buf, sizeof(buf), &n, &avail, NULL));
		EXPECT_EQ(n, 11);
		EXPECT_EQ(avail, 11);
		EXPECT_MEM(buf, "firstsecond", 11);
	}
}

static void message_pipe_peek(unsigned flags)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, flags | PAIR_OV, 4096) {
		DWORD n = 77, avail = 77, left = 77;
		char buf[32];

		WRITE_ALL(e.w, "first", 5);
		WRITE_ALL(e.w, "second", 6);
		EXPECT_TRUE(PeekNamedPipe(e.r, buf, sizeof(buf), &n, &avail, &left));
		EXPECT_EQ(n, 5);
		EXPECT_EQ(avail, 11);
		EXPECT_EQ(left, 0);
		EXPECT_MEM(buf, "first", 5);
	}
}

static void message_pipe_peek_shows_the_first_message(void)
{
	message_pipe_peek(PAIR_MM);
}

static void byte_read_mode_does_not_change_a_peek(void)
{
	message_pipe_peek(PAIR_MB);
}

/* Copied and left, for a peek of cap bytes of the first of two messages. */
static void left_is_checked(unsigned flags, DWORD cap)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, flags | PAIR_OV, 4096) {
		DWORD n = 77, avail = 77, left = 77;
		char buf[32];

		WRITE_ALL(e.w, "0123456789", 10);
		WRITE_ALL(e.w, "next", 4);
		EXPECT_TRUE(PeekNamedPipe(e.r, cap ? buf : NULL, cap, &n, &avail, &left));
		EXPECT_EQ(n, cap);
		EXPECT_EQ(avail, 14);
		EXPECT_EQ(left, 10 - cap);
		EXPECT_MEM(buf, "0123456789", cap);
	}
}

static void left_is_the_rest_of_the_message(void)
{
	left_is_checked(PAIR_MB, 4);
	left_is_checked(PAIR_MM, 4);
	left_is_checked(PAIR_MB, 0);
}

static void left_of_a_message_read_in_part(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, 4096) {
		DWORD n = 77, avail = 77, left = 77;
		char buf[32];

		WRITE_ALL(e.w, "0123456789", 10);
		WRITE_ALL(e.w, "next", 4);
		EXPECT_READ_FAILS(e.r, 3, ERROR_MORE_DATA, "012", 3);
		EXPECT_TRUE(PeekNamedPipe(e.r, buf, 5, &n, &avail, &left));
		EXPECT_EQ(n, 5);
		EXPECT_EQ(avail, 11);
		EXPECT_EQ(left, 2);
		EXPECT_MEM(buf, "34567", 5);
	}
}

static void size_0_ignores_the_buffer_pointer(void)
{
	struct pair p = pair_new(PAIR_MM, 4096, 4096);
	DWORD n = 77, avail = 77, left = 77;

	WRITE_ALL(p.s, "abc", 3);
	EXPECT_TRUE(PeekNamedPipe(p.c, (void *)(uintptr_t)8, 0, &n, &avail, &left));
	EXPECT_EQ(n, 0);
	EXPECT_EQ(avail, 3);
	EXPECT_EQ(left, 3);
}

static void peek_does_not_end_a_stalled_write(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, 4) {
		struct request write;
		char buf[8];

		request_init(&write);
		request_write(&write, e.w, "0123456", 7);
		EXPECT_PENDS(&write);
		EXPECT_TRUE(PeekNamedPipe(e.r, buf, sizeof(buf), NULL, NULL, NULL));
		EXPECT_STILL_PENDING(&write);
		EXPECT_READS(e.r, 8, "0123456", 7);
		EXPECT_DONE(&write, 0, 7);
	}
}

static void peek_with_reads_pended_sees_nothing(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_OV, 4096, 4096);
	struct request read;
	char buf[8];

	request_init(&read);
	request_read(&read, p.c, buf, sizeof(buf));
	EXPECT_PENDS(&read);
	EXPECT_AVAILABLE(p.c, 0);
	EXPECT_STILL_PENDING(&read);
	WRITE_ALL(p.s, "x", 1);
	EXPECT_DONE(&read, 0, 1);
}

static void peek_without_read_access_is_5(void)
{
	struct pair p = pair_new(PAIR_INBOUND | PAIR_B, 4096, 4096);
	DWORD avail;

	EXPECT_FAILS(PeekNamedPipe(p.c, NULL, 0, NULL, &avail, NULL),
		     ERROR_ACCESS_DENIED);
}

/* The control itself: status and Information for an output buffer of this size. */
static void control_gives(HANDLE h, ULONG cap, uint32_t status, ULONG information,
			  struct native_peek *peek)
{
	const struct native *nt = native_need();
	IO_STATUS_BLOCK iosb;
	uint32_t got;

	memset(peek, 0xCC, sizeof(*peek));
	memset(&iosb, 0xCC, sizeof(iosb));
	got = (uint32_t)nt->fs_control(h, NULL, NULL, NULL, &iosb, NATIVE_FSCTL_PEEK,
				       NULL, 0, peek, cap);
	EXPECT_STATUS(got, status);
	EXPECT_EQ(iosb.Information, information);
}

static void control_with_a_short_buffer_is_a_warning_for_messages_only(void)
{
	struct pair b = pair_new(PAIR_B, 4096, 4096);
	struct pair m = pair_new(PAIR_MM, 4096, 4096);
	struct native_peek peek;

	WRITE_ALL(m.s, "ab", 2);
	control_gives(m.c, HEADER + 1, NT_BUFFER_OVERFLOW, HEADER + 1, &peek);
	EXPECT_EQ(peek.state, 3);
	EXPECT_EQ(peek.read_available, 2);
	EXPECT_EQ(peek.message_len, 2);
	EXPECT_EQ(peek.data[0], 'a');
	WRITE_ALL(b.s, "ab", 2);
	control_gives(b.c, HEADER + 1, NT_SUCCESS_CODE, HEADER + 1, &peek);
	EXPECT_EQ(peek.read_available, 2);
	EXPECT_EQ(peek.message_len, 0);
	EXPECT_EQ(peek.n_messages, 0);
	EXPECT_EQ(peek.data[0], 'a');
}

static void control_with_the_header_only(unsigned flags)
{
	struct pair p = pair_new(flags, 4096, 4096);
	struct native_peek peek;

	control_gives(p.c, HEADER, NT_SUCCESS_CODE, HEADER, &peek);
	EXPECT_EQ(peek.read_available, 0);
	WRITE_ALL(p.s, "ab", 2);
	control_gives(p.c, HEADER, NT_BUFFER_OVERFLOW, HEADER, &peek);
	EXPECT_EQ(peek.read_available, 2);
}

static void control_with_the_header_only_is_a_warning_when_data_waits(void)
{
	control_with_the_header_only(PAIR_MM);
	control_with_the_header_only(PAIR_B);
}

static void control_counts_the_messages(void)
{
	struct pair p = pair_new(PAIR_MM, 4096, 4096);
	struct native_peek peek;

	WRITE_ALL(p.s, "one", 3);
	WRITE_ALL(p.s, "four", 4);
	WRITE_ALL(p.s, "fifth", 5);
	control_gives(p.c, HEADER + 32, NT_SUCCESS_CODE, HEADER + 3, &peek);
	EXPECT_EQ(peek.read_available, 12);
	EXPECT_EQ(peek.n_messages, 3);
	EXPECT_EQ(peek.message_len, 3);
}

const struct conf_case peek_data_cases[] = {
	CASE("130", byte_pipe_left_is_minus_the_bytes_peeked, "T", "4.7",
	     "byte pipe, peek 4 of 10: read 4, available 10, left 0xFFFFFFFC"),
	CASE("131", byte_pipe_without_buffer_left_is_0, "T", "4.7",
	     "byte pipe, peek without buffer: available 10, left 0"),
	CASE("4.7", byte_pipe_peek_goes_over_writes, "T", "4.7",
	     "a peek of a byte pipe copies across writes"),
	CASE("155", message_pipe_peek_shows_the_first_message, "T", "4.7",
	     "two messages: a peek copies the first only, counts both, left 0"),
	CASE("158", byte_read_mode_does_not_change_a_peek, "T", "4.7",
	     "the same on an end in byte read mode: peek goes by the type of the pipe"),
	CASE("159", left_is_the_rest_of_the_message, "T", "4.7",
	     "left = length of the message - bytes copied, in either read mode"),
	CASE("4.7", left_of_a_message_read_in_part, "T", "4.7",
	     "a message read in part is peeked from where the next read continues"),
	CASE("4.7", size_0_ignores_the_buffer_pointer, "T", "4.7",
	     "size 0 with an invalid buffer pointer works"),
	CASE("4.7", peek_does_not_end_a_stalled_write, "R", "4.7",
	     "a peek of everything does not complete a stalled write"),
	CASE("4.7", peek_with_reads_pended_sees_nothing, "R", "4.7",
	     "a peek while reads are pended is TRUE with nothing available"),
	CASE("4.7", peek_without_read_access_is_5, "R", "7.4",
	     "PeekNamedPipe without FILE_READ_DATA fails with 5"),
	CASE("175", control_with_a_short_buffer_is_a_warning_for_messages_only, "T",
	     "4.7",
	     "peek control, 17 bytes for a 2-byte message: BUFFER_OVERFLOW, Information 17; "
	     "byte pipe: SUCCESS"),
	CASE("176", control_with_the_header_only_is_a_warning_when_data_waits, "R", "4.7",
	     "peek control with 16 bytes: BUFFER_OVERFLOW with data waiting, else SUCCESS"),
	CASE("177", control_counts_the_messages, "R", "4.7",
	     "NumberOfMessages of the peek control is the number of queued messages"),
	CASE_END
};
