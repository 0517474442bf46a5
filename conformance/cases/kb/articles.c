/* SPDX-License-Identifier: MIT */
/*
 * The Knowledge Base articles whose effect is local, each under every personality it
 * concerns (kb-restrictions, sections A and B; npfs-semantics 10.1).
 */
#include <stdlib.h>

#include "conformance/pipes.h"

#define DUPLEX_BYTE    PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE
#define DUPLEX_MESSAGE PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE

static HANDLE server_at(const char *name, DWORD max)
{
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, DUPLEX_BYTE, max));
	return s;
}

/* ---- Q100291: a pipe is not a directory ---- */

static void pipe_is_not_a_directory(void)
{
	const char *name = case_pipe_name();

	server_at(name, 1);
	EXPECT_NO_HANDLE(server_new(case_join(name, "\\PIPE1"), DUPLEX_BYTE, 1),
			 ERROR_INVALID_NAME);
}

static void directory_rule_ignores_case(void)
{
	const char *tail = case_name_tail(case_pipe_name());

	server_at(case_join("\\\\.\\pipe\\MyPipes", tail), 1);
	EXPECT_NO_HANDLE(
		server_new(case_join(case_join("\\\\.\\pipe\\mYpIPES", tail), "\\x"),
			   DUPLEX_BYTE, 1),
		ERROR_INVALID_NAME);
}

static void directory_rule_stops_at_a_backslash(void)
{
	const char *name = case_pipe_name();

	server_at(name, 1);
	server_at(case_join(name, "X"), 1);
	server_at(case_join(name, "-Y\\PIPE1"), 1);
}

static void directory_rule_holds_at_any_depth(void)
{
	const char *name = case_pipe_name();

	server_at(case_join(name, "\\A\\B"), 1);
	EXPECT_NO_HANDLE(server_new(case_join(name, "\\A\\B\\C"), DUPLEX_BYTE, 1),
			 ERROR_INVALID_NAME);
	EXPECT_NO_HANDLE(server_new(case_join(name, "\\A\\B\\C\\D"), DUPLEX_BYTE, 1),
			 ERROR_INVALID_NAME);
	server_at(case_join(name, "\\A\\C"), 1);
}

static void directory_rule_holds_in_every_state(void)
{
	const char *name = case_pipe_name();
	const char *below = case_join(name, "\\x");
	HANDLE s = server_at(name, 2), t = server_at(name, 2), c;

	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_NO_HANDLE(server_new(below, DUPLEX_BYTE, 1), ERROR_INVALID_NAME);
	CloseHandle(c);
	EXPECT_TRUE(DisconnectNamedPipe(s));
	EXPECT_NO_HANDLE(server_new(below, DUPLEX_BYTE, 1), ERROR_INVALID_NAME);
	CloseHandle(s);
	EXPECT_NO_HANDLE(server_new(below, DUPLEX_BYTE, 1), ERROR_INVALID_NAME);
	CloseHandle(t);
	server_at(below, 1);
}

static void child_first_then_parent_works(void)
{
	const char *name = case_pipe_name();
	HANDLE c;

	server_at(case_join(name, "\\PIPE1"), 1);
	server_at(name, 1);
	EXPECT_HANDLE(c, client_open(case_join(name, "\\PIPE1"), CLIENT_BOTH, 0));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	CloseHandle(c);
}

static void existing_child_takes_instances_below_a_later_parent(void)
{
	const char *name = case_pipe_name();

	server_at(case_join(name, "\\PIPE1"), 2);
	server_at(name, 1);
	server_at(case_join(name, "\\PIPE1"), 2);
	EXPECT_NO_HANDLE(server_new(case_join(name, "\\PIPE2"), DUPLEX_BYTE, 1),
			 ERROR_INVALID_NAME);
}

static void wait_below_a_pipe_is_2_or_123(void)
{
	const char *name = case_pipe_name();

	server_at(name, 1);
	SetLastError(CONF_UNTOUCHED_ERROR);
	EXPECT_EQ(WaitNamedPipeA(case_join(name, "\\x"), 10), FALSE);
	if (GetLastError() != ERROR_INVALID_NAME)
		EXPECT_ERROR(GetLastError(), ERROR_FILE_NOT_FOUND);
}

/* ---- Q119218: a message write of more than 64 KB ---- */

#define KB64 65536u

static bool has_message_limit(void)
{
	return (personality() & (P_BOOK | P_NT4)) != 0;
}

/* The buffer of all large writes. */
static unsigned char *large_buffer(void)
{
	static unsigned char *buf;

	if (!buf) {
		buf = malloc(4 * KB64);
		if (!buf)
			conf_fail(__FILE__, __LINE__, "memory", "none");
		pattern_fill(buf, 4 * KB64, 5);
	}
	return buf;
}

static void message_up_to_64k_passes(void)
{
	struct pair p = pair_new(PAIR_MM, 4 * KB64, 4 * KB64);

	WRITE_ALL(p.c, large_buffer(), KB64 - 1);
	EXPECT_READS(p.s, KB64, large_buffer(), KB64 - 1);
	WRITE_ALL(p.c, large_buffer(), KB64);
	EXPECT_READS(p.s, KB64, large_buffer(), KB64);
}

static void expect_write_over_64k(HANDLE writer, HANDLE reader)
{
	DWORD n = 0xCC;

	if (has_message_limit()) {
		EXPECT_FAILS(WriteFile(writer, large_buffer(), KB64 + 1, &n, NULL),
			     ERROR_MORE_DATA);
		EXPECT_EQ(n, 0);
		EXPECT_AVAILABLE(reader, 0);
		WRITE_ALL(writer, "retry", 5);
		EXPECT_READS(reader, 64, "retry", 5);
	} else {
		EXPECT_TRUE(WriteFile(writer, large_buffer(), KB64 + 1, &n, NULL));
		EXPECT_EQ(n, KB64 + 1);
		EXPECT_READS(reader, 2 * KB64, large_buffer(), KB64 + 1);
	}
}

static void message_over_64k_from_the_client(void)
{
	struct pair p = pair_new(PAIR_MM, 4 * KB64, 4 * KB64);

	expect_write_over_64k(p.c, p.s);
}

static void message_over_64k_from_the_server(void)
{
	struct pair p = pair_new(PAIR_MM, 4 * KB64, 4 * KB64);

	expect_write_over_64k(p.s, p.c);
}

static void refused_message_wakes_no_reader(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_S_OV, 4 * KB64, 4 * KB64);
	struct request r;
	char buf[16];
	DWORD n = 0xCC;

	request_init(&r);
	request_read(&r, p.s, buf, sizeof(buf));
	EXPECT_PENDS(&r);
	EXPECT_FAILS(WriteFile(p.c, large_buffer(), KB64 + 1, &n, NULL), ERROR_MORE_DATA);
	EXPECT_STILL_PENDING(&r);
	WRITE_ALL(p.c, "retry", 5);
	EXPECT_DONE(&r, 0, 5);
}

static void refused_overlapped_message(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_OV, 4 * KB64, 4 * KB64);
	struct request r;

	request_init(&r);
	request_write(&r, p.c, large_buffer(), KB64 + 1);
	if (!r.returned && r.error == ERROR_MORE_DATA)
		EXPECT_EQ(r.n, 0);
	else
		EXPECT_DONE(&r, ERROR_MORE_DATA, 0);
	EXPECT_AVAILABLE(p.s, 0);
}

static void byte_pipe_has_no_64k_limit(void)
{
	struct pair p = pair_new(PAIR_B, 4 * KB64, 4 * KB64);

	WRITE_ALL(p.c, large_buffer(), 2 * KB64);
	EXPECT_READS(p.s, 2 * KB64, large_buffer(), 2 * KB64);
}

static void transact_request_over_64k(void)
{
	struct pair p = pair_new(PAIR_MM, 4 * KB64, 4 * KB64);
	char buf[8];
	DWORD n;

	EXPECT_FAILS(TransactNamedPipe(p.c, large_buffer(), KB64 + 1, buf, sizeof(buf),
				       &n, NULL),
		     ERROR_MORE_DATA);
	EXPECT_AVAILABLE(p.s, 0);
}

static void one_mib_message_passes(void)
{
	struct pair p = pair_new(PAIR_MM, 4096, 4096);
	size_t len = 1 << 20;
	unsigned char *out = malloc(len);
	struct blocked b;

	if (!out)
		conf_fail(__FILE__, __LINE__, "memory", "none");
	pattern_fill(out, len, 9);
	blocked_write(&b, p.s, out, (DWORD)len);
	EXPECT_BLOCKED(&b);
	EXPECT_READS(p.c, (DWORD)len, out, (DWORD)len);
	EXPECT_RETURNS(&b, 0, (DWORD)len);
}

/* ---- Q110148: the offset in the OVERLAPPED ---- */

static void expect_offset(DWORD low, DWORD high)
{
	bool is_refused = (personality() & (P_BOOK | P_NT4 | P_W95)) != 0;
	struct pair p = pair_new(PAIR_OV, 64, 64);
	struct request r;
	char buf[8];

	request_init(&r);
	r.ov.Offset = low;
	r.ov.OffsetHigh = high;
	request_write(&r, p.c, "data", 4);
	EXPECT_AT_ONCE(&r, is_refused ? ERROR_INVALID_PARAMETER : 0, is_refused ? 0 : 4);
	if (is_refused) {
		EXPECT_NOT_SIGNALED(r.event);
		EXPECT_AVAILABLE(p.s, 0);
		WRITE_ALL(p.c, "data", 4);
	}
	request_init(&r);
	r.ov.Offset = low;
	r.ov.OffsetHigh = high;
	request_read(&r, p.s, buf, sizeof(buf));
	EXPECT_AT_ONCE(&r, is_refused ? ERROR_INVALID_PARAMETER : 0, is_refused ? 0 : 4);
	if (is_refused) {
		EXPECT_NOT_SIGNALED(r.event);
		EXPECT_READS(p.s, 8, "data", 4);
	}
}

static void positive_offset(void)
{
	expect_offset(1, 0);
}

static void positive_offset_high(void)
{
	expect_offset(0, 1);
}

static void connect_and_transact_ignore_the_offset(void)
{
	const char *name = case_pipe_name();
	struct request r, t;
	HANDLE s, c;
	char buf[8];

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
				    PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1));
	request_init(&r);
	r.ov.Offset = 1;
	request_connect(&r, s);
	EXPECT_PENDS(&r);
	c = pair_client(name, PAIR_C_MESSAGE_READ);
	EXPECT_DONE(&r, 0, 0);
	request_init(&t);
	t.ov.OffsetHigh = 1;
	request_transact(&t, s, "abc", 3, buf, sizeof(buf));
	EXPECT_STILL_PENDING(&t);
	EXPECT_READS(c, 8, "abc", 3);
	WRITE_ALL(c, "r", 1);
	EXPECT_DONE(&t, 0, 1);
}

/* ---- section B ---- */

static void write_over_the_size_waits_and_works(void)
{
	struct pair p = pair_new(PAIR_B, 4, 4);
	struct blocked b;

	blocked_write(&b, p.s, "0123456789", 10);
	EXPECT_BLOCKED(&b);
	EXPECT_READS(p.c, 5, "01234", 5);
	EXPECT_BLOCKED(&b);
	EXPECT_READS(p.c, 1, "5", 1);
	EXPECT_RETURNS(&b, 0, 10);
	EXPECT_READS(p.c, 8, "6789", 4);
}

static void zero_size_means_every_write_waits(void)
{
	struct pair p = pair_new(PAIR_B, 0, 0);
	struct blocked b;

	blocked_write(&b, p.s, "x", 1);
	EXPECT_BLOCKED(&b);
	EXPECT_READS(p.c, 1, "x", 1);
	EXPECT_RETURNS(&b, 0, 1);
}

/* A pipe with this descriptor (NULL: default) can be opened by its own user. */
static void expect_open_to_me(SECURITY_DESCRIPTOR *sd)
{
	SECURITY_ATTRIBUTES sa = {sizeof(sa), sd, FALSE};
	const char *name = case_pipe_name();
	HANDLE s, c;

	EXPECT_HANDLE(s,
		      CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, 0, 2, 64, 64, 0, &sa));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	CloseHandle(c);
	CloseHandle(s);
}

static void null_dacl_and_no_dacl_admit(void)
{
	SECURITY_DESCRIPTOR sd;

	expect_open_to_me(NULL);
	EXPECT_TRUE(InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION));
	expect_open_to_me(&sd);
	EXPECT_TRUE(SetSecurityDescriptorDacl(&sd, TRUE, NULL, FALSE));
	expect_open_to_me(&sd);
}

static void nothing_is_reserved_for_a_waiter(void)
{
	const char *name = case_pipe_name();
	struct blocked a, b;
	HANDLE s = server_at(name, 2), c;

	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	blocked_wait_pipe(&a, name, NMPWAIT_WAIT_FOREVER);
	blocked_wait_pipe(&b, name, NMPWAIT_WAIT_FOREVER);
	EXPECT_BLOCKED(&a);
	EXPECT_BLOCKED(&b);
	server_at(name, 2);
	EXPECT_RETURNS(&a, 0, 0);
	EXPECT_RETURNS(&b, 0, 0);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
	CloseHandle(s);
}

static void peek_of_nothing_counts_0(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	DWORD n = 0xCC, avail = 0xCC, left = 0xCC;
	char buf[8];

	EXPECT_TRUE(PeekNamedPipe(p.s, buf, sizeof(buf), &n, &avail, &left));
	EXPECT_EQ(n, 0);
	EXPECT_EQ(avail, 0);
	EXPECT_EQ(left, 0);
}

static void failed_read_has_no_stale_count(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	DWORD n = 0xCC;
	char buf[8];

	CloseHandle(p.c);
	EXPECT_FAILS(ReadFile(p.s, buf, sizeof(buf), &n, NULL), ERROR_BROKEN_PIPE);
	EXPECT_EQ(n, 0);
}

static void second_copy_of_a_server_is_busy(void)
{
	const char *name = case_pipe_name();
	struct helper *copy;
	HANDLE c;

	server_at(name, 1);
	copy = helper_start(NULL, "role_server", name, NULL);
	EXPECT_HELPER_SAYS(copy, "error 231");
	EXPECT_EQ(helper_finish(copy), 0);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
	CloseHandle(c);
}

static void visual_basic_sample_server(void)
{
	SECURITY_DESCRIPTOR sd;
	SECURITY_ATTRIBUTES sa = {sizeof(sa), &sd, FALSE};
	const char *name = case_pipe_name();
	unsigned char buf[64];
	struct blocked b;
	HANDLE s;

	EXPECT_TRUE(InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION));
	EXPECT_TRUE(SetSecurityDescriptorDacl(&sd, TRUE, NULL, FALSE));
	EXPECT_HANDLE(
		s, CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_WRITE_THROUGH,
				    PIPE_WAIT | PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
				    10, 10000, 2000, 0, &sa));
	blocked_call(&b, name, "length", 6, buf, sizeof(buf), 30000);
	if (!ConnectNamedPipe(s, NULL))
		EXPECT_ERROR(GetLastError(), ERROR_PIPE_CONNECTED);
	EXPECT_READS(s, 16, "length", 6);
	WRITE_ALL(s, "ABCDEFGHIJ", 10);
	EXPECT_RETURNS(&b, 0, 10);
	EXPECT_MEM(buf, "ABCDEFGHIJ", 10);
}

const struct conf_case kb_articles_cases[] = {
	CASE_FOR(P_ENGINE, "Q100291", pipe_is_not_a_directory, "K", "kb A",
		 "while a pipe exists a pipe below it cannot be made: 123"),
	CASE_FOR(P_ENGINE, "Q100291", directory_rule_ignores_case, "K", "kb A",
		 "the rule compares without case"),
	CASE_FOR(P_ENGINE, "Q100291", directory_rule_stops_at_a_backslash, "K", "kb A",
		 "a name that only begins with the same letters is unrelated"),
	CASE_FOR(P_ENGINE, "Q100291", directory_rule_holds_at_any_depth, "KR", "kb A",
		 "the rule holds for any leading part of the name"),
	CASE_FOR(P_ENGINE, "Q100291", directory_rule_holds_in_every_state, "K", "kb A",
		 "the pipe counts until its last instance is gone, in every state"),
	CASE_FOR(P_ENGINE, "Q100291", child_first_then_parent_works, "R", "kb A",
		 "the other order is allowed and both pipes work"),
	CASE_FOR(P_ENGINE, "Q100291", existing_child_takes_instances_below_a_later_parent,
		 "R", "kb A", "an existing child keeps its name when a parent appears"),
	CASE_FOR(P_ENGINE, "Q100291", wait_below_a_pipe_is_2_or_123, "I", "kb A",
		 "waiting below an existing pipe fails with 2 or 123"),
	CASE_FOR(P_ENGINE, "Q119218", message_up_to_64k_passes, "K", "kb A",
		 "messages of 65535 and 65536 bytes pass"),
	CASE_FOR(
		P_ENGINE, "Q119218", message_over_64k_from_the_client, "K", "kb A",
		"65537 bytes from the client: 234 and nothing sent (book, NT 4), else sent"),
	CASE_FOR(
		P_ENGINE, "Q119218", message_over_64k_from_the_server, "K", "kb A",
		"65537 bytes from the server: 234 and nothing sent (book, NT 4), else sent"),
	CASE_FOR(P_BOOK | P_NT4, "Q119218", refused_message_wakes_no_reader, "K", "kb A",
		 "the refused message wakes no reader"),
	CASE_FOR(P_BOOK | P_NT4, "Q119218", refused_overlapped_message, "K", "kb A",
		 "the refusal holds for overlapped writes"),
	CASE_FOR(P_ENGINE, "Q119218", byte_pipe_has_no_64k_limit, "K", "kb A",
		 "byte pipes are not limited"),
	CASE_FOR(P_BOOK | P_NT4, "Q119218", transact_request_over_64k, "I", "kb A",
		 "the limit holds for the request of a transact"),
	CASE_FOR(P_MODERN, "Q119218", one_mib_message_passes, "I", "4.11",
		 "a message of 1 MiB passes through a quota of 4 KiB"),
	CASE_FOR(P_ENGINE, "Q110148", positive_offset, "KR", "5.4",
		 "Offset 1: 87 and nothing done (book, NT 4), else ignored"),
	CASE_FOR(P_ENGINE, "Q110148", positive_offset_high, "KR", "5.4",
		 "OffsetHigh 1: 87 and nothing done (book, NT 4), else ignored"),
	CASE_FOR(P_ENGINE, "Q110148", connect_and_transact_ignore_the_offset, "K", "kb A",
		 "ConnectNamedPipe and TransactNamedPipe do not look at the offset"),
	CASE_FOR(P_ENGINE, "Q105531", write_over_the_size_waits_and_works, "K", "kb B",
		 "a write over the buffer size waits until the rest fits"),
	CASE_FOR(P_ENGINE, "Q105531", zero_size_means_every_write_waits, "K", "kb B",
		 "with size 0 every write waits for its reader"),
	CASE_FOR(P_ENGINE, "Q102798", null_dacl_and_no_dacl_admit, "K", "kb B",
		 "default descriptor, absent DACL and NULL DACL all admit the owner"),
	CASE_FOR(P_ENGINE, "Q59951", nothing_is_reserved_for_a_waiter, "K", "kb B",
		 "all waiters are released, one open wins, the other is 231"),
	CASE_FOR(P_ENGINE, "Q106147", peek_of_nothing_counts_0, "K", "kb B",
		 "a peek of an empty pipe stores 0"),
	CASE_FOR(P_ENGINE, "Q158587", failed_read_has_no_stale_count, "K", "kb B",
		 "a failed read stores count 0"),
	CASE_FOR(P_ENGINE, "Q168577", second_copy_of_a_server_is_busy, "K", "kb B",
		 "a second copy of a one-instance server is refused with 231"),
	CASE_FOR(P_ENGINE, "Q177696", visual_basic_sample_server, "K", "kb B",
		 "the Visual Basic sample's pipe serves CallNamedPipe"),
	CASE_END};
