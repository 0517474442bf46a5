/* SPDX-License-Identifier: MIT */
/*
 * DisconnectNamedPipe and the states around it: DISCONNECTED, LISTENING, and the detached
 * client (npfs-semantics 3.1 to 3.4).
 */
#include "conformance/pipes.h"

static void second_disconnect_is_233(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_FAILS(DisconnectNamedPipe(p.s), ERROR_PIPE_NOT_CONNECTED);
}

static void disconnect_on_a_client_is_1(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	EXPECT_FAILS(DisconnectNamedPipe(p.c), ERROR_INVALID_FUNCTION);
	WRITE_ALL(p.c, "x", 1);
	EXPECT_READS(p.s, 1, "x", 1);
}

static void disconnect_on_a_detached_client_is_233(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_FAILS(DisconnectNamedPipe(p.c), ERROR_PIPE_NOT_CONNECTED);
	EXPECT_FAILS(ConnectNamedPipe(p.c, NULL), ERROR_INVALID_FUNCTION);
}

static void disconnect_loses_unread_data(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	WRITE_ALL(p.s, "to client", 9);
	WRITE_ALL(p.c, "to server", 9);
	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	for (int i = 0; i < 2; i++) {
		EXPECT_READ_FAILS(p.c, 16, ERROR_PIPE_NOT_CONNECTED, NULL, 0);
		EXPECT_READ_FAILS(p.s, 16, ERROR_PIPE_NOT_CONNECTED, NULL, 0);
	}
}

static void io_after_disconnect(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_WRITE_FAILS(p.c, 1, ERROR_PIPE_NOT_CONNECTED);
	EXPECT_WRITE_FAILS(p.s, 1, ERROR_PIPE_NOT_CONNECTED);
	EXPECT_FAILS(PeekNamedPipe(p.c, NULL, 0, NULL, NULL, NULL),
		     ERROR_PIPE_NOT_CONNECTED);
	EXPECT_FAILS(PeekNamedPipe(p.s, NULL, 0, NULL, NULL, NULL), ERROR_BAD_PIPE);
}

static void zero_length_io_after_disconnect(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_WRITE_FAILS(p.c, 0, ERROR_PIPE_NOT_CONNECTED);
	EXPECT_WRITE_FAILS(p.s, 0, ERROR_PIPE_NOT_CONNECTED);
	EXPECT_READ_FAILS(p.c, 0, ERROR_PIPE_NOT_CONNECTED, NULL, 0);
	EXPECT_READ_FAILS(p.s, 0, ERROR_PIPE_NOT_CONNECTED, NULL, 0);
}

static void flush_after_disconnect(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_TRUE(FlushFileBuffers(p.s));
	EXPECT_FAILS(FlushFileBuffers(p.c), ERROR_PIPE_NOT_CONNECTED);
}

static void transact_after_disconnect(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 64);
	char reply[8];
	DWORD n;

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_FAILS(TransactNamedPipe(p.s, reply, 1, reply, 8, &n, NULL),
		     ERROR_BAD_PIPE);
	EXPECT_FAILS(TransactNamedPipe(p.c, reply, 1, reply, 8, &n, NULL),
		     ERROR_PIPE_NOT_CONNECTED);
}

static void queries_after_disconnect(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	DWORD value, mode = PIPE_READMODE_BYTE;

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_TRUE(GetNamedPipeInfo(p.s, &value, NULL, NULL, NULL));
	EXPECT_TRUE(GetNamedPipeHandleStateA(p.s, &value, NULL, NULL, NULL, NULL, 0));
	EXPECT_TRUE(SetNamedPipeHandleState(p.s, &mode, NULL, NULL));
	EXPECT_FAILS(GetNamedPipeInfo(p.c, &value, NULL, NULL, NULL),
		     ERROR_PIPE_NOT_CONNECTED);
	EXPECT_FAILS(GetNamedPipeHandleStateA(p.c, &value, NULL, NULL, NULL, NULL, 0),
		     ERROR_PIPE_NOT_CONNECTED);
	EXPECT_FAILS(SetNamedPipeHandleState(p.c, &mode, NULL, NULL),
		     ERROR_PIPE_NOT_CONNECTED);
	EXPECT_EQ(GetFileType(p.c), FILE_TYPE_PIPE);
	EXPECT_EQ(GetFileType(p.s), FILE_TYPE_PIPE);
}

static void failed_io_leaves_the_handle_nonsignaled(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	char byte;
	DWORD n;

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_FAILS(ReadFile(p.c, &byte, 1, &n, NULL), ERROR_PIPE_NOT_CONNECTED);
	EXPECT_NOT_SIGNALED(p.c);
}

static void old_client_is_not_revived(void)
{
	struct pair p = pair_new(PAIR_S_OV, 64, 64);
	struct request r;
	HANDLE c;

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	request_init(&r);
	request_connect(&r, p.s);
	EXPECT_PENDS(&r);
	EXPECT_HANDLE(c, client_open(p.name, CLIENT_BOTH, 0));
	EXPECT_DONE(&r, 0, 0);
	WRITE_ALL(p.s, "for the new one", 15);
	EXPECT_READ_FAILS(p.c, 16, ERROR_PIPE_NOT_CONNECTED, NULL, 0);
	EXPECT_WRITE_FAILS(p.c, 1, ERROR_PIPE_NOT_CONNECTED);
	EXPECT_READS(c, 16, "for the new one", 15);
	CloseHandle(p.s);
	EXPECT_READ_FAILS(p.c, 16, ERROR_PIPE_NOT_CONNECTED, NULL, 0);
	EXPECT_READ_FAILS(c, 16, ERROR_BROKEN_PIPE, NULL, 0);
}

static void listening_server_does_no_io(void)
{
	char byte = 0;
	DWORD n;
	HANDLE s;

	EXPECT_HANDLE(s, server_new(case_pipe_name(), PIPE_ACCESS_DUPLEX,
				    PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1));
	EXPECT_FAILS(ReadFile(s, &byte, 1, &n, NULL), ERROR_PIPE_LISTENING);
	EXPECT_FAILS(WriteFile(s, &byte, 1, &n, NULL), ERROR_PIPE_LISTENING);
	EXPECT_FAILS(ReadFile(s, &byte, 0, &n, NULL), ERROR_PIPE_LISTENING);
	EXPECT_FAILS(WriteFile(s, &byte, 0, &n, NULL), ERROR_PIPE_LISTENING);
	EXPECT_FAILS(PeekNamedPipe(s, NULL, 0, NULL, NULL, NULL), ERROR_BAD_PIPE);
	EXPECT_TRUE(FlushFileBuffers(s));
	EXPECT_FAILS(TransactNamedPipe(s, &byte, 1, &byte, 1, &n, NULL), ERROR_BAD_PIPE);
}

static void disconnect_in_listening_ends_connects(void)
{
	struct request r;
	HANDLE s;

	EXPECT_HANDLE(s, server_new(case_pipe_name(),
				    PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1));
	request_init(&r);
	request_connect(&r, s);
	EXPECT_PENDS(&r);
	EXPECT_TRUE(DisconnectNamedPipe(s));
	EXPECT_DONE(&r, ERROR_PIPE_NOT_CONNECTED, 0);
	EXPECT_FAILS(DisconnectNamedPipe(s), ERROR_PIPE_NOT_CONNECTED);
}

static void disconnected_instance_is_busy_until_it_listens(void)
{
	struct pair p = pair_new(PAIR_S_OV, 64, 64);
	struct request r;
	HANDLE c;

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_NO_HANDLE(client_open(p.name, CLIENT_BOTH, 0), ERROR_PIPE_BUSY);
	request_init(&r);
	request_connect(&r, p.s);
	EXPECT_PENDS(&r);
	EXPECT_HANDLE(c, client_open(p.name, CLIENT_BOTH, 0));
	EXPECT_DONE(&r, 0, 0);
	CloseHandle(c);
}

static void rest_of_a_message_is_lost(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 64);
	HANDLE c;

	WRITE_ALL(p.c, "0123456789", 10);
	EXPECT_READ_FAILS(p.s, 4, ERROR_MORE_DATA, "0123", 4);
	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_READ_FAILS(p.s, 16, ERROR_PIPE_NOT_CONNECTED, NULL, 0);
	{
		struct blocked b;

		blocked_connect(&b, p.s);
		EXPECT_BLOCKED(&b);
		EXPECT_HANDLE(c, client_open(p.name, CLIENT_BOTH, 0));
		EXPECT_RETURNS(&b, 0, 0);
	}
	EXPECT_AVAILABLE(p.s, 0);
	WRITE_ALL(c, "new", 3);
	EXPECT_READS(p.s, 16, "new", 3);
}

const struct conf_case listen_disconnect_cases[] = {
	CASE("85", second_disconnect_is_233, "T", "3.2",
	     "a second disconnect fails with 233"),
	CASE("86", disconnect_on_a_client_is_1, "R", "3.3",
	     "disconnect on a client end fails with 1 and changes nothing"),
	CASE("3.3", disconnect_on_a_detached_client_is_233, "RT", "3.3",
	     "disconnect on a detached client fails with 233, connect with 1"),
	CASE("95", disconnect_loses_unread_data, "T", "3.4",
	     "a disconnect discards unread data of both directions; reads are 233"),
	CASE("96", io_after_disconnect, "T", "3.2",
	     "after a disconnect writes are 233, peek 233 at the client, 230 at the server"),
	CASE("3.2", zero_length_io_after_disconnect, "T", "4.3",
	     "zero-length reads and writes report the state as well"),
	CASE("97", flush_after_disconnect, "T", "3.2",
	     "after a disconnect flush works at the server and is 233 at the client"),
	CASE("3.2", transact_after_disconnect, "TR", "3.2",
	     "after a disconnect transact is 230 at the server, 233 at the client"),
	CASE("3.2", queries_after_disconnect, "T", "3.2",
	     "after a disconnect the server can be queried, the client gives 233"),
	CASE("98", failed_io_leaves_the_handle_nonsignaled, "T", "5.2",
	     "a handle whose read failed is not signaled"),
	CASE("99", old_client_is_not_revived, "T", "3.1",
	     "a detached client stays at 233 whatever the server does next"),
	CASE("100", listening_server_does_no_io, "T", "3.2",
	     "while listening: reads and writes 536, peek and transact 230, flush works"),
	CASE("101", disconnect_in_listening_ends_connects, "R", "3.1",
	     "a disconnect while listening works and ends pended connects with 233"),
	CASE("102", disconnected_instance_is_busy_until_it_listens, "T", "6.3",
	     "a disconnected instance is busy until it listens again"),
	CASE("103", rest_of_a_message_is_lost, "T", "3.4",
	     "the unread rest of a message is gone after a disconnect"),
	CASE_END};
