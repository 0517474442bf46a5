/* SPDX-License-Identifier: MIT */
/* CreatePipe: an ordinary pipe with fixed parameters (npfs-semantics 7.8). */
#include "conformance/cases/overlapped/api.h"
#include "conformance/pipes.h"

struct anonymous {
	HANDLE r, w;
};

static struct anonymous anonymous_new(DWORD size)
{
	struct anonymous a;

	EXPECT_TRUE(CreatePipe(&a.r, &a.w, NULL, size));
	return a;
}

static void expect_info(HANDLE h, DWORD end, DWORD size)
{
	DWORD flags = 0xCC, out = 0, in = 0, max = 0;

	EXPECT_TRUE(GetNamedPipeInfo(h, &flags, &out, &in, &max));
	EXPECT_HEX(flags, end | PIPE_TYPE_BYTE);
	EXPECT_EQ(out, size);
	EXPECT_EQ(in, size);
	EXPECT_EQ(max, 1);
}

static void default_size_is_4096(void)
{
	struct anonymous a = anonymous_new(0);

	expect_info(a.r, PIPE_SERVER_END, 4096);
	expect_info(a.w, PIPE_CLIENT_END, 4096);
}

static void size_is_kept_as_asked(void)
{
	struct anonymous a = anonymous_new(1);

	expect_info(a.r, PIPE_SERVER_END, 1);
	expect_info(a.w, PIPE_CLIENT_END, 1);
}

static void data_survives_the_writer(void)
{
	static unsigned char out[32768], in[32768];
	struct anonymous a = anonymous_new(32768 + 24);
	DWORD n = 0, total = 0;

	pattern_fill(out, sizeof(out), 3);
	EXPECT_TRUE(WriteFile(a.w, out, sizeof(out), &n, NULL));
	EXPECT_EQ(n, sizeof(out));
	EXPECT_TRUE(CloseHandle(a.w));
	while (total < sizeof(in)) {
		EXPECT_TRUE(ReadFile(a.r, in + total, sizeof(in) - total, &n, NULL));
		EXPECT_THAT(n > 0);
		total += n;
	}
	EXPECT_MEM(in, out, sizeof(in));
	EXPECT_FAILS(ReadFile(a.r, in, 1, &n, NULL), ERROR_BROKEN_PIPE);
}

static void write_over_the_size_blocks(void)
{
	struct anonymous a = anonymous_new(4);
	struct blocked b;
	char buf[16];
	DWORD n;

	blocked_write(&b, a.w, "0123456789", 10);
	EXPECT_BLOCKED(&b);
	EXPECT_TRUE(ReadFile(a.r, buf, sizeof(buf), &n, NULL));
	EXPECT_EQ(n, 10);
	EXPECT_RETURNS(&b, 0, 10);
}

static void write_end_cannot_peek(void)
{
	struct anonymous a = anonymous_new(0);

	EXPECT_AVAILABLE(a.r, 0);
	WRITE_ALL(a.w, "abc", 3);
	EXPECT_AVAILABLE(a.r, 3);
	EXPECT_FAILS(PeekNamedPipe(a.w, NULL, 0, NULL, NULL, NULL), ERROR_ACCESS_DENIED);
}

static void directions_are_fixed(void)
{
	struct anonymous a = anonymous_new(0);

	EXPECT_WRITE_FAILS(a.r, 1, ERROR_ACCESS_DENIED);
	EXPECT_READ_FAILS(a.w, 1, ERROR_ACCESS_DENIED, NULL, 0);
}

static void nowait_can_be_set_on_both_ends(void)
{
	struct anonymous a = anonymous_new(0);
	DWORD mode = PIPE_NOWAIT;

	EXPECT_TRUE(SetNamedPipeHandleState(a.r, &mode, NULL, NULL));
	EXPECT_TRUE(SetNamedPipeHandleState(a.w, &mode, NULL, NULL));
	EXPECT_READ_FAILS(a.r, 1, ERROR_NO_DATA, NULL, 0);
}

static void flush_waits_for_the_reader(void)
{
	struct anonymous a = anonymous_new(0);
	struct blocked b;

	WRITE_ALL(a.w, "abc", 3);
	blocked_flush(&b, a.w);
	EXPECT_BLOCKED(&b);
	EXPECT_READS(a.r, 8, "abc", 3);
	EXPECT_RETURNS(&b, 0, 0);
}

static void both_ends_are_pipes_by_type(void)
{
	struct anonymous a = anonymous_new(0);

	EXPECT_EQ(GetFileType(a.r), FILE_TYPE_PIPE);
	EXPECT_EQ(GetFileType(a.w), FILE_TYPE_PIPE);
}

static void flush_of_the_read_end_is_5(void)
{
	struct anonymous a = anonymous_new(0);

	EXPECT_FAILS(FlushFileBuffers(a.r), ERROR_ACCESS_DENIED);
	EXPECT_TRUE(FlushFileBuffers(a.w));
}

static void anonymous_pipe_is_of_byte_type(void)
{
	struct anonymous a = anonymous_new(0);
	DWORD mode = PIPE_READMODE_MESSAGE;

	EXPECT_FAILS(SetNamedPipeHandleState(a.r, &mode, NULL, NULL),
		     ERROR_INVALID_PARAMETER);
	EXPECT_FAILS(SetNamedPipeHandleState(a.w, &mode, NULL, NULL),
		     ERROR_INVALID_PARAMETER);
	WRITE_ALL(a.w, "ab", 2);
	WRITE_ALL(a.w, "cd", 2);
	EXPECT_READS(a.r, 16, "abcd", 4);
}

static void attributes_say_whether_both_ends_are_inherited(void)
{
	SECURITY_ATTRIBUTES sa = {sizeof(sa), NULL, TRUE};
	struct anonymous a;
	DWORD flags = 0xCC;

	EXPECT_TRUE(CreatePipe(&a.r, &a.w, &sa, 0));
	EXPECT_TRUE(API(GetHandleInformation)(a.r, &flags));
	EXPECT_HEX(flags, HANDLE_FLAG_INHERIT);
	EXPECT_TRUE(API(GetHandleInformation)(a.w, &flags));
	EXPECT_HEX(flags, HANDLE_FLAG_INHERIT);
	a = anonymous_new(0);
	EXPECT_TRUE(API(GetHandleInformation)(a.r, &flags));
	EXPECT_HEX(flags, 0);
	EXPECT_TRUE(API(GetHandleInformation)(a.w, &flags));
	EXPECT_HEX(flags, 0);
}

static void reader_that_closes_breaks_the_writer(void)
{
	struct anonymous a = anonymous_new(4);
	struct blocked write;

	blocked_write(&write, a.w, "0123456789", 10);
	EXPECT_BLOCKED(&write);
	EXPECT_TRUE(CloseHandle(a.r));
	EXPECT_RETURNS(&write, ERROR_BROKEN_PIPE, 0);
	EXPECT_WRITE_FAILS(a.w, 1, ERROR_NO_DATA);
}

const struct conf_case info_anonymous_cases[] = {
	CASE("7.8", flush_of_the_read_end_is_5, "RD", "7.8",
	     "FlushFileBuffers of the read end fails with 5"),
	CASE("7.8", anonymous_pipe_is_of_byte_type, "T", "7.8",
	     "both ends refuse message read mode, and writes run together"),
	CASE("7.8", attributes_say_whether_both_ends_are_inherited, "D", "7.8",
	     "bInheritHandle marks both handles, without attributes neither"),
	CASE("7.8", reader_that_closes_breaks_the_writer, "T", "3.4",
	     "closing the read end ends a blocked write with 109, later ones with 232"),
	CASE("280", default_size_is_4096, "T", "7.8",
	     "CreatePipe(0) has quotas of 4096, one instance, and a server to read from"),
	CASE("280", size_is_kept_as_asked, "T", "7.8", "CreatePipe(1) has quotas of 1"),
	CASE("282", data_survives_the_writer, "T", "7.8",
	     "what was written is read after the writer closed, then 109"),
	CASE("7.8", write_over_the_size_blocks, "D", "7.8",
	     "a write over the size blocks until it is read"),
	CASE("7.8", write_end_cannot_peek, "R", "7.8",
	     "the read end can be peeked, the write end fails with 5"),
	CASE("7.8", directions_are_fixed, "T", "7.8",
	     "the read end cannot write, the write end cannot read"),
	CASE("7.8", nowait_can_be_set_on_both_ends, "T", "7.8",
	     "both ends may be switched to no-wait"),
	CASE("7.8", flush_waits_for_the_reader, "D", "7.8",
	     "a flush of the write end waits for the reader"),
	CASE("7.9", both_ends_are_pipes_by_type, "T", "7.9",
	     "GetFileType says pipe for both"),
	CASE_END};
