/* SPDX-License-Identifier: MIT */
/*
 * The matrix of kb-restrictions section D and the columns of npfs-semantics 10.2, row by
 * row: what Windows 95 (client only), NT 4, LAN Manager and the default show.
 *
 * A Windows 95 client needs a server of another personality, which a helper plays.
 */
#include "conformance/cases/roles.h"
#include "conformance/late.h"
#include "conformance/native.h"
#include "conformance/pipes.h"

#define P_ALL (P_ENGINE | P_W95 | P_LANMAN)

static HANDLE server_at(const char *name, DWORD max)
{
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, max));
	return s;
}

/* The error a row gives under the present personality. */
struct row {
	DWORD engine, w95, lanman;
};

static DWORD row_error(struct row row)
{
	return personality() & P_W95      ? row.w95
	       : personality() & P_LANMAN ? row.lanman
					  : row.engine;
}

/*
 * argv: name, "byte" or "message". Serves one client after another: every piece it reads
 * it sends back; "bye" makes it disconnect instead. Lives until it is killed.
 */
int role_echo_server(int argc, char **argv)
{
	static char buf[4096];
	DWORD mode, n;
	HANDLE s;

	if (argc < 3)
		return 2;
	mode = strcmp(argv[2], "message") == 0 ? PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE
					       : 0;
	s = server_new(argv[1], PIPE_ACCESS_DUPLEX, mode, 1);
	if (s == INVALID_HANDLE_VALUE) {
		role_say("error %lu", (unsigned long)GetLastError());
		return 1;
	}
	role_say("listening");
	for (;;) {
		if (!ConnectNamedPipe(s, NULL) &&
		    GetLastError() != ERROR_PIPE_CONNECTED &&
		    GetLastError() != ERROR_NO_DATA)
			return 1;
		while (ReadFile(s, buf, sizeof(buf), &n, NULL)) {
			if (n == 3 && memcmp(buf, "bye", 3) == 0)
				break;
			if (!WriteFile(s, buf, n, &n, NULL))
				break;
		}
		if (!DisconnectNamedPipe(s))
			return 1;
	}
}

static struct helper *echo_server(const char *name, const char *type)
{
	struct helper *h = helper_start("modern", "role_echo_server", name, type, NULL);

	EXPECT_HELPER_SAYS(h, "listening");
	return h;
}

/* A listening server and its client, made the LAN Manager way: connect, then open. */
static struct pair lanman_pair(unsigned flags)
{
	struct pair p = {.name = case_pipe_name()};
	DWORD mode = PIPE_NOWAIT |
		     (flags & PAIR_MESSAGE_TYPE ? PIPE_TYPE_MESSAGE : PIPE_TYPE_BYTE);

	EXPECT_HANDLE(p.s,
		      server_new_full(p.name, PIPE_ACCESS_DUPLEX, mode, 1, 16, 16, 0));
	EXPECT_FAILS(ConnectNamedPipe(p.s, NULL), ERROR_PIPE_NOT_CONNECTED);
	p.c = pair_client(p.name, flags);
	return p;
}

/* ---- rows of section D ---- */

static void wait_of_a_malformed_name(void)
{
	static const struct row row = {ERROR_BAD_PATHNAME, 253, ERROR_FILE_NOT_FOUND};

	EXPECT_FAILS(WaitNamedPipeA("bogus", 10), row_error(row));
	EXPECT_FAILS(WaitNamedPipeA("\\\\.\\nopipe\\x", NMPWAIT_WAIT_FOREVER),
		     row_error(row));
}

static void wait_of_a_missing_pipe(void)
{
	EXPECT_FAILS(WaitNamedPipeA(case_pipe_name(), 5000), ERROR_FILE_NOT_FOUND);
}

static void open_of_a_missing_pipe(void)
{
	static const struct row row = {ERROR_FILE_NOT_FOUND, ERROR_FILE_NOT_FOUND,
				       ERROR_PATH_NOT_FOUND};

	EXPECT_NO_HANDLE(client_open(case_pipe_name(), CLIENT_BOTH, 0), row_error(row));
}

static void create_below_a_pipe(void)
{
	static const struct row row = {ERROR_INVALID_NAME, 0, ERROR_PATH_NOT_FOUND};
	const char *name = case_pipe_name();

	server_at(name, 1);
	EXPECT_NO_HANDLE(server_new(case_join(name, "\\x"), PIPE_ACCESS_DUPLEX, 0, 1),
			 row_error(row));
}

static void message_of_65537_bytes(void)
{
	static unsigned char buf[65537];
	struct pair p = personality() & P_LANMAN ? lanman_pair(PAIR_MB)
						 : pair_new(PAIR_MB, 131072, 131072);
	DWORD n = 0xCC;

	if (personality() & P_MODERN) {
		EXPECT_TRUE(WriteFile(p.c, buf, sizeof(buf), &n, NULL));
		EXPECT_EQ(n, sizeof(buf));
		EXPECT_AVAILABLE(p.s, sizeof(buf));
		return;
	}
	EXPECT_FAILS(WriteFile(p.c, buf, sizeof(buf), &n, NULL),
		     personality() & P_LANMAN ? ERROR_INVALID_PARAMETER
					      : ERROR_MORE_DATA);
	EXPECT_EQ(n, 0);
	EXPECT_AVAILABLE(p.s, 0);
}

static void zero_length_message(void)
{
	unsigned flags = PAIR_MM | PAIR_C_NOWAIT;
	struct pair p =
		personality() & P_LANMAN ? lanman_pair(flags) : pair_new(flags, 64, 64);

	WRITE_ALL(p.s, "", 0);
	if (personality() & P_LANMAN)
		EXPECT_READ_FAILS(p.c, 8, ERROR_NO_DATA, NULL, 0);
	else
		EXPECT_READS(p.c, 8, NULL, 0);
}

static void new_instance_before_connect(void)
{
	const char *name = case_pipe_name();
	HANDLE c;

	server_at(name, 1);
	if (personality() & P_LANMAN) {
		EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
		return;
	}
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	CloseHandle(c);
}

/* ---- the Windows 95 column ---- */

static void w95_cannot_create(void)
{
	EXPECT_NO_HANDLE(server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX, 0, 1),
			 ERROR_CALL_NOT_IMPLEMENTED);
	EXPECT_NO_HANDLE(server_new("bogus", PIPE_ACCESS_DUPLEX, 0, 1),
			 ERROR_CALL_NOT_IMPLEMENTED);
}

static void w95_cannot_connect_or_disconnect(void)
{
	const char *name = case_pipe_name();
	HANDLE c;

	echo_server(name, "byte");
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_FAILS(ConnectNamedPipe(c, NULL), ERROR_CALL_NOT_IMPLEMENTED);
	EXPECT_FAILS(DisconnectNamedPipe(c), ERROR_CALL_NOT_IMPLEMENTED);
}

static void w95_is_a_full_client(void)
{
	const char *name = case_pipe_name();
	DWORD mode = PIPE_READMODE_MESSAGE, n = 0, flags = 0;
	char buf[16];
	HANDLE c;

	echo_server(name, "message");
	EXPECT_TRUE(WaitNamedPipeA(name, 5000));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_TRUE(SetNamedPipeHandleState(c, &mode, NULL, NULL));
	EXPECT_TRUE(GetNamedPipeHandleStateA(c, &mode, NULL, NULL, NULL, NULL, 0));
	EXPECT_HEX(mode, PIPE_READMODE_MESSAGE);
	EXPECT_TRUE(GetNamedPipeInfo(c, &flags, NULL, NULL, NULL));
	EXPECT_HEX(flags, PIPE_CLIENT_END | PIPE_TYPE_MESSAGE);
	EXPECT_TRUE(WriteFile(c, "echo", 4, &n, NULL));
	EXPECT_TRUE(ReadFile(c, buf, sizeof(buf), &n, NULL));
	EXPECT_EQ(n, 4);
	EXPECT_MEM(buf, "echo", 4);
	EXPECT_TRUE(PeekNamedPipe(c, NULL, 0, NULL, &n, NULL));
	EXPECT_EQ(n, 0);
	EXPECT_TRUE(TransactNamedPipe(c, (void *)(uintptr_t) "again", 5, buf, sizeof(buf),
				      &n, NULL));
	EXPECT_EQ(n, 5);
	EXPECT_TRUE(CloseHandle(c));
	EXPECT_TRUE(CallNamedPipeA(name, (void *)(uintptr_t) "call", 4, buf, sizeof(buf),
				   &n, NMPWAIT_WAIT_FOREVER));
	EXPECT_EQ(n, 4);
}

static void w95_refuses_an_offset(void)
{
	const char *name = case_pipe_name();
	OVERLAPPED ov;
	HANDLE c;
	DWORD n;

	echo_server(name, "byte");
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	memset(&ov, 0, sizeof(ov));
	ov.Offset = 1;
	EXPECT_FAILS(WriteFile(c, "x", 1, &n, &ov), ERROR_INVALID_PARAMETER);
	ov.Offset = 0;
	ov.OffsetHigh = 1;
	EXPECT_FAILS(ReadFile(c, &n, 1, &n, &ov), ERROR_INVALID_PARAMETER);
}

static void slashes_in_the_prefix_work(void)
{
	const char *name = case_pipe_name();
	HANDLE c;

	echo_server(name, "byte");
	EXPECT_TRUE(WaitNamedPipeA(case_join("//./pipe/", case_name_tail(name)), 5000));
	EXPECT_HANDLE(c, client_open(case_join("//./pipe/", case_name_tail(name)),
				     CLIENT_BOTH, 0));
	CloseHandle(c);
}

static void call_to_a_disconnecting_server(void)
{
	const char *name = case_pipe_name();
	char buf[8];
	DWORD n;

	echo_server(name, "message");
	EXPECT_FAILS(CallNamedPipeA(name, (void *)(uintptr_t) "bye", 3, buf, sizeof(buf),
				    &n, NMPWAIT_WAIT_FOREVER),
		     ERROR_PIPE_NOT_CONNECTED);
}

static void busy_pipe_is_231_for_an_open(void)
{
	const char *name = case_pipe_name();
	HANDLE c;

	echo_server(name, "byte");
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
	EXPECT_FAILS(WaitNamedPipeA(name, 20), ERROR_SEM_TIMEOUT);
}

/* ---- the NT 4 column of 10.2 against the default ---- */

static bool is_nt4(void)
{
	return (personality() & P_NT4) != 0;
}

static void zero_read_of_a_waiting_message(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 64);

	WRITE_ALL(p.s, "data", 4);
	if (is_nt4())
		EXPECT_READS(p.c, 0, NULL, 0);
	else
		EXPECT_READ_FAILS(p.c, 0, ERROR_MORE_DATA, NULL, 0);
	EXPECT_READS(p.c, 8, "data", 4);
}

static void second_instance_of_another_type(void)
{
	const char *name = case_pipe_name();
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 4));
	if (is_nt4())
		EXPECT_NO_HANDLE(
			server_new(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 4),
			ERROR_ACCESS_DENIED);
	else
		EXPECT_HANDLE(s,
			      server_new(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 4));
}

static void name_with_an_old_client_open(void)
{
	const char *name = case_pipe_name();
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 4));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	CloseHandle(s);
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_FILE_NOT_FOUND);
	if (is_nt4())
		EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 4),
				 ERROR_ACCESS_DENIED);
	else
		EXPECT_HANDLE(s,
			      server_new(name, PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 4));
	CloseHandle(c);
	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 4));
}

static void name_whose_server_died_with_a_client_open(void)
{
	const char *name = case_pipe_name();
	struct helper *server = helper_start(NULL, "role_echo_server", name, "byte", NULL);
	HANDLE s, c;

	EXPECT_HELPER_SAYS(server, "listening");
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	WRITE_ALL(c, "hello", 5);
	EXPECT_READS(c, 64, "hello", 5);
	helper_kill(server);
	EXPECT_READ_FAILS(c, 64, ERROR_BROKEN_PIPE, NULL, 0);
	EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_FILE_NOT_FOUND);
	if (is_nt4())
		EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_INBOUND, 0, 4),
				 ERROR_PIPE_BUSY);
	else
		EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_INBOUND, 0, 4));
	CloseHandle(c);
	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_INBOUND, 0, 4));
}

static void wait_for_a_name_with_an_old_client_open(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	struct blocked b;

	blocked_wait_pipe(&b, p.name, NMPWAIT_WAIT_FOREVER);
	EXPECT_BLOCKED(&b);
	CloseHandle(p.s);
	EXPECT_RETURNS(&b, ERROR_FILE_NOT_FOUND, 0);
	EXPECT_FAILS(WaitNamedPipeA(p.name, NMPWAIT_WAIT_FOREVER), ERROR_FILE_NOT_FOUND);
}

static void limit_with_an_old_client_open(void)
{
	const char *name = case_pipe_name();
	DWORD max = 0xCC;
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 2));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	CloseHandle(s);
	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 5));
	EXPECT_TRUE(GetNamedPipeInfo(s, NULL, NULL, NULL, &max));
	EXPECT_EQ(max, is_nt4() ? 2 : 5);
	if (is_nt4())
		EXPECT_NO_HANDLE(server_new(name, PIPE_ACCESS_DUPLEX, 0, 5),
				 ERROR_PIPE_BUSY);
	CloseHandle(c);
	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 5));
}

static void name_of_a_detached_client(void)
{
	const char *name = case_pipe_name();
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 4));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_TRUE(DisconnectNamedPipe(s));
	CloseHandle(s);
	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_INBOUND, 0, 4));
	EXPECT_READ_FAILS(c, 64, ERROR_PIPE_NOT_CONNECTED, NULL, 0);
}

static void instance_whose_server_closed(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	DWORD n = 0xCC;

	CloseHandle(p.s);
	EXPECT_TRUE(GetNamedPipeHandleStateA(p.c, NULL, &n, NULL, NULL, NULL, 0));
	EXPECT_EQ(n, is_nt4() ? 1 : 0);
}

static void reject_remote_bit(void)
{
	HANDLE s;

	if (is_nt4())
		EXPECT_NO_HANDLE(server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX,
					    PIPE_REJECT_REMOTE_CLIENTS, 1),
				 ERROR_INVALID_PARAMETER);
	else
		EXPECT_HANDLE(s, server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX,
					    PIPE_REJECT_REMOTE_CLIENTS, 1));
}

static void open_with_a_trailing_backslash(void)
{
	const char *name = case_pipe_name();
	HANDLE c;

	server_at(name, 1);
	SetLastError(CONF_UNTOUCHED_ERROR);
	c = client_open(case_join(name, "\\"), CLIENT_BOTH, 0);
	if (is_nt4()) {
		EXPECT_HANDLE(c, c);
		return;
	}
	EXPECT_THAT(c == INVALID_HANDLE_VALUE);
	if (GetLastError() != ERROR_INVALID_NAME)
		EXPECT_ERROR(GetLastError(), ERROR_FILE_NOT_FOUND);
}

static void failed_overlapped_transact_is_immediate(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 64, 64);
	struct request r;
	char buf[8];

	request_init(&r);
	request_transact(&r, p.c, "abc", 3, buf, sizeof(buf));
	EXPECT_AT_ONCE(&r, ERROR_BAD_PIPE, 0);
}

static void pipe_modes_over_1(void)
{
	struct native_pipe_info info = {2, 0};
	struct pair p = pair_new(PAIR_MM, 64, 64);
	IO_STATUS_BLOCK iosb;

	EXPECT_STATUS(native_need()->set_file(p.s, &iosb, &info, sizeof(info),
					      NATIVE_CLASS_PIPE),
		      is_nt4() ? NT_SUCCESS_CODE : NT_INVALID_PARAMETER);
}

static void server_without_data_access(void)
{
	const char *name = case_pipe_name();
	struct native_create c;
	HANDLE client;

	native_create_default(&c, native_pipe_name(name));
	c.access = FILE_READ_ATTRIBUTES | SYNCHRONIZE;
	EXPECT_STATUS(native_create(&c), NT_SUCCESS_CODE);
	if (is_nt4())
		EXPECT_HANDLE(client, client_open(name, CLIENT_BOTH, 0));
	else
		EXPECT_NO_HANDLE(client_open(name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
}

/* ---- the LAN Manager column of 10.2 ---- */

static void lanman_nowait_connect_is_233(void)
{
	struct pair p = lanman_pair(PAIR_B);

	WRITE_ALL(p.c, "x", 1);
	EXPECT_READS(p.s, 8, "x", 1);
}

static void lanman_connect_after_client_close_is_109(void)
{
	struct pair p = lanman_pair(PAIR_B);

	CloseHandle(p.c);
	EXPECT_FAILS(ConnectNamedPipe(p.s, NULL), ERROR_BROKEN_PIPE);
}

static void lanman_read_at_the_end_is_empty(void)
{
	struct pair p = lanman_pair(PAIR_B);
	char buf[8];
	DWORD n = 0xCC;

	WRITE_ALL(p.c, "x", 1);
	CloseHandle(p.c);
	EXPECT_READS(p.s, 8, "x", 1);
	EXPECT_TRUE(ReadFile(p.s, buf, sizeof(buf), &n, NULL));
	EXPECT_EQ(n, 0);
}

static void lanman_write_after_close_is_109(void)
{
	struct pair p = lanman_pair(PAIR_B);

	CloseHandle(p.c);
	EXPECT_WRITE_FAILS(p.s, 1, ERROR_BROKEN_PIPE);
}

static void lanman_nowait_read_of_nothing_is_232(void)
{
	struct pair p = lanman_pair(PAIR_B);

	EXPECT_READ_FAILS(p.s, 8, ERROR_NO_DATA, NULL, 0);
}

static void lanman_nowait_byte_write_is_partial(void)
{
	struct pair p = lanman_pair(PAIR_B);
	DWORD n = 0;

	EXPECT_TRUE(WriteFile(p.s, "0123456789ABCDEFGHIJ", 20, &n, NULL));
	EXPECT_EQ(n, 16);
	EXPECT_READS(p.c, 32, "0123456789ABCDEF", 16);
}

static void lanman_nowait_message_write_is_all_or_nothing(void)
{
	struct pair p = lanman_pair(PAIR_MESSAGE_TYPE);
	DWORD n = 0xCC;

	EXPECT_TRUE(WriteFile(p.s, "0123456789ABCDEFGHIJ", 20, &n, NULL));
	EXPECT_EQ(n, 0);
	EXPECT_AVAILABLE(p.c, 0);
}

const struct conf_case kb_matrix_cases[] = {
	CASE_FOR(P_ALL, "kb-D", wait_of_a_malformed_name, "K", "kb D",
		 "wait, malformed name: 161; Windows 95 253; LAN Manager 2"),
	CASE_FOR(P_ALL, "kb-D", wait_of_a_missing_pipe, "K", "kb D",
		 "wait, no such pipe: 2 everywhere"),
	CASE_FOR(P_ALL, "kb-D", open_of_a_missing_pipe, "K", "kb D",
		 "open, no such pipe: 2; LAN Manager 3"),
	CASE_FOR(P_ENGINE | P_LANMAN, "kb-D", create_below_a_pipe, "K", "kb D",
		 "create below a pipe: 123; LAN Manager 3"),
	CASE_FOR(
		P_ENGINE | P_LANMAN, "kb-D", message_of_65537_bytes, "K", "kb D",
		"message of 65537 bytes: 234 (book, NT 4), passes (modern), 87 (LAN Manager)"),
	CASE_FOR(P_ENGINE | P_LANMAN, "kb-D", zero_length_message, "KT", "kb D",
		 "zero-length message: a message; LAN Manager: nothing"),
	CASE_FOR(
		P_ENGINE | P_LANMAN, "kb-D", new_instance_before_connect, "K", "kb D",
		"a new instance listens before the first connect; LAN Manager's does not"),
	CASE_FOR(P_W95, "Q95900", w95_cannot_create, "K", "kb B",
		 "Windows 95 cannot create pipes: 120"),
	CASE_FOR(P_W95, "Q95900", w95_cannot_connect_or_disconnect, "K", "kb B",
		 "Windows 95 has no ConnectNamedPipe and DisconnectNamedPipe: 120"),
	CASE_FOR(P_ENGINE | P_W95, "Q95900", w95_is_a_full_client, "K", "kb B",
		 "everything of the client end works, on Windows 95 too"),
	CASE_FOR(
		P_BOOK | P_NT4 | P_W95, "Q110148", w95_refuses_an_offset, "K", "kb A",
		"a non-zero offset is 87 on Windows 95 and NT 4, synchronous handles too"),
	CASE_FOR(P_ENGINE | P_W95, "Q108403", slashes_in_the_prefix_work, "K", "kb B",
		 "forward slashes in the prefix of a pipe name are separators"),
	CASE_FOR(P_ENGINE | P_W95, "Q177696", call_to_a_disconnecting_server, "K", "kb B",
		 "CallNamedPipe to a server that disconnects instead of answering: 233"),
	CASE_FOR(P_ENGINE | P_W95, "Q148694", busy_pipe_is_231_for_an_open, "K", "kb B",
		 "open with nobody listening: 231; wait: 121"),
	CASE_FOR(P_ENGINE, "10.2", zero_read_of_a_waiting_message, "TR", "10.2",
		 "0-byte read with a message waiting: 234; NT 4 success"),
	CASE_FOR(P_ENGINE, "10.2", second_instance_of_another_type, "TD", "10.2",
		 "second instance with other type: accepted; NT 4 5"),
	CASE_FOR(P_ENGINE, "10.2", name_with_an_old_client_open, "TR", "10.2",
		 "a name whose old client is open is free again; on NT 4 not yet"),
	CASE_FOR(P_ENGINE, "10.2", name_whose_server_died_with_a_client_open, "RI",
		 "10.2", "the same when the server's process was killed"),
	CASE_FOR(P_ENGINE, "10.2", wait_for_a_name_with_an_old_client_open, "RI", "10.2",
		 "whether a client holds the name or not, a wait for it ends with 2"),
	CASE_FOR(P_ENGINE, "10.2", limit_with_an_old_client_open, "RI", "10.2",
		 "on NT 4 a create joins the old pipe, and the old instance counts"),
	CASE_FOR(P_ENGINE, "10.2", name_of_a_detached_client, "RI", "10.2",
		 "a detached client holds no name, on NT 4 neither"),
	CASE_FOR(P_ENGINE, "10.2", instance_whose_server_closed, "T", "10.2",
		 "an instance without server counts 0; NT 4 1"),
	CASE_FOR(P_ENGINE, "10.2", reject_remote_bit, "D", "10.2",
		 "PIPE_REJECT_REMOTE_CLIENTS is unknown to NT 4: 87"),
	CASE_FOR(P_ENGINE, "10.2", open_with_a_trailing_backslash, "RI", "10.2",
		 "name\\ does not reach the pipe name; on NT 4 it does"),
	CASE_FOR(P_NT4, "10.2", failed_overlapped_transact_is_immediate, "R", "10.2",
		 "on NT 4 a transact that fails at once says so at once"),
	CASE_FOR(P_ENGINE, "10.2", pipe_modes_over_1, "T", "10.2",
		 "pipe information values over 1: INVALID_PARAMETER; NT 4 accepts"),
	CASE_FOR(P_ENGINE, "10.2", server_without_data_access, "T", "10.2",
		 "a server without data access is busy before it listens; not on NT 4"),
	CASE_FOR(P_LANMAN, "10.2", lanman_nowait_connect_is_233, "K", "10.2",
		 "LAN Manager: no-wait connect without client 233"),
	CASE_FOR(P_LANMAN, "10.2", lanman_connect_after_client_close_is_109, "K", "10.2",
		 "LAN Manager: connect after the client closed 109"),
	CASE_FOR(P_LANMAN, "10.2", lanman_read_at_the_end_is_empty, "K", "10.2",
		 "LAN Manager: read at the end succeeds with 0 bytes"),
	CASE_FOR(P_LANMAN, "10.2", lanman_write_after_close_is_109, "K", "10.2",
		 "LAN Manager: write after the peer closed 109"),
	CASE_FOR(P_LANMAN, "10.2", lanman_nowait_read_of_nothing_is_232, "K", "10.2",
		 "LAN Manager: no-wait read of nothing 232"),
	CASE_FOR(P_LANMAN, "10.2", lanman_nowait_byte_write_is_partial, "K", "10.2",
		 "LAN Manager: no-wait byte write takes what fits"),
	CASE_FOR(P_LANMAN, "10.2", lanman_nowait_message_write_is_all_or_nothing, "K",
		 "10.2", "LAN Manager: no-wait message write takes all or nothing"),
	CASE_END};
