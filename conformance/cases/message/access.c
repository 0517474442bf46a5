/* SPDX-License-Identifier: MIT */
/*
 * Message pipes through clients with just enough rights, and flushing after the reader took
 * everything (cases observed with the .NET tests).
 */
#include "conformance/pipes.h"

static HANDLE minimal_client(const char *name, DWORD access)
{
	HANDLE c;

	EXPECT_HANDLE(c, client_open(name, access, 0));
	return c;
}

static void minimal_client_reads_a_message_in_parts(void)
{
	const char *name = case_pipe_name();
	DWORD mode = PIPE_READMODE_MESSAGE;
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_OUTBOUND, PIPE_TYPE_MESSAGE, 1));
	c = minimal_client(name, FILE_READ_DATA | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE);
	EXPECT_TRUE(SetNamedPipeHandleState(c, &mode, NULL, NULL));
	WRITE_ALL(s, "01234", 5);
	EXPECT_READ_FAILS(c, 2, ERROR_MORE_DATA, "01", 2);
	EXPECT_READ_FAILS(c, 2, ERROR_MORE_DATA, "23", 2);
	EXPECT_READS(c, 2, "4", 1);
}

static void mode_change_without_the_right_is_5(void)
{
	const char *name = case_pipe_name();
	DWORD mode = PIPE_READMODE_MESSAGE;
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_OUTBOUND, PIPE_TYPE_MESSAGE, 1));
	c = minimal_client(name, FILE_READ_DATA | SYNCHRONIZE);
	EXPECT_FAILS(SetNamedPipeHandleState(c, &mode, NULL, NULL), ERROR_ACCESS_DENIED);
	CloseHandle(s);
}

static void flush_after_everything_was_read_returns(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 64);

	WRITE_ALL(p.s, "first", 5);
	WRITE_ALL(p.s, "second", 6);
	EXPECT_READS(p.c, 16, "first", 5);
	EXPECT_READS(p.c, 16, "second", 6);
	EXPECT_TRUE(FlushFileBuffers(p.s));
}

const struct conf_case message_access_cases[] = {
	CASE("314", minimal_client_reads_a_message_in_parts, "N", "4.4",
	     "a client with read data and write attributes reads a message in parts"),
	CASE("315", mode_change_without_the_right_is_5, "N", "4.9",
	     "without write attributes the mode change fails with 5"),
	CASE("316", flush_after_everything_was_read_returns, "N", "4.8",
	     "a flush after the reader took everything returns at once"),
	CASE_END};
