/* SPDX-License-Identifier: MIT */
/*
 * TransactNamedPipe and CallNamedPipe (npfs-semantics 7.2, 7.3). Failures of a transact
 * on an overlapped handle may arrive at once or through the OVERLAPPED; EXPECT_DONE
 * takes both.
 */
#include "conformance/pipes.h"

static const char *const bytes =
	"0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz";

/* A transact of the client with the server answering, request and reply as given. */
static void exchange(const void *request, DWORD request_len, const void *reply,
		     DWORD reply_len)
{
	struct pair p = pair_new(PAIR_MM, 4096, 4096);
	struct blocked b;
	char buf[64];

	blocked_transact(&b, p.c, request, request_len, buf, sizeof(buf));
	EXPECT_READS(p.s, 64, request, request_len);
	EXPECT_BLOCKED(&b);
	WRITE_ALL(p.s, reply, reply_len);
	EXPECT_RETURNS(&b, 0, reply_len);
	EXPECT_MEM(buf, reply, reply_len);
}

static void transact_sends_and_waits_for_the_reply(void)
{
	exchange("abc", 3, "test", 4);
}

static void empty_request_and_reply_work(void)
{
	exchange("", 0, "", 0);
}

static void server_may_transact_too(void)
{
	struct pair p = pair_new(PAIR_MM, 4096, 4096);
	struct blocked b;
	char buf[64];

	blocked_transact(&b, p.s, "from server", 11, buf, sizeof(buf));
	EXPECT_READS(p.c, 64, "from server", 11);
	WRITE_ALL(p.c, "back", 4);
	EXPECT_RETURNS(&b, 0, 4);
	EXPECT_MEM(buf, "back", 4);
}

static void overlapped_transact_completes(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_C_OV, 4096, 4096);
	struct request r;
	char buf[16];

	request_init(&r);
	request_transact(&r, p.c, "abc", 3, buf, sizeof(buf));
	EXPECT_STILL_PENDING(&r);
	EXPECT_READS(p.s, 16, "abc", 3);
	WRITE_ALL(p.s, "test", 4);
	EXPECT_DONE(&r, 0, 4);
	EXPECT_MEM(buf, "test", 4);
}

static void pending_transact_has_internal_103(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_C_OV, 4096, 4096);
	struct request r;
	char buf[16];

	request_init(&r);
	request_transact(&r, p.c, "abc", 3, buf, sizeof(buf));
	EXPECT_STILL_PENDING(&r);
	EXPECT_STATUS(r.ov.Internal, 0x103);
	EXPECT_THAT(!HasOverlappedIoCompleted(&r.ov));
}

static void one_buffer_may_serve_both(void)
{
	struct pair p = pair_new(PAIR_MM, 4096, 4096);
	char buf[16] = "abc";
	struct blocked b;

	blocked_transact(&b, p.c, buf, 3, buf, sizeof(buf));
	EXPECT_READS(p.s, 16, "abc", 3);
	WRITE_ALL(p.s, "test", 4);
	EXPECT_RETURNS(&b, 0, 4);
	EXPECT_MEM(buf, "test", 4);
}

static void unread_data_makes_it_busy(void)
{
	struct pair p = pair_new(PAIR_MM, 4096, 4096);
	char buf[8];
	DWORD n;

	WRITE_ALL(p.s, "unread", 6);
	EXPECT_FAILS(TransactNamedPipe(p.c, buf, 3, buf, 8, &n, NULL), ERROR_PIPE_BUSY);
	EXPECT_AVAILABLE(p.s, 0);
	EXPECT_READS(p.c, 16, "unread", 6);
}

static void own_pended_read_makes_it_busy(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_OV, 4096, 4096);
	struct request read, transact;
	char a[8], b[8];

	request_init(&read);
	request_read(&read, p.c, a, sizeof(a));
	EXPECT_STILL_PENDING(&read);
	request_init(&transact);
	request_transact(&transact, p.c, "abc", 3, b, sizeof(b));
	EXPECT_DONE(&transact, ERROR_PIPE_BUSY, 0);
	EXPECT_AVAILABLE(p.s, 0);
	WRITE_ALL(p.s, "data", 4);
	EXPECT_DONE(&read, 0, 4);
}

static void transact_passes_no_stalled_write(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_OV, 16, 16);
	struct request write, transact;
	char buf[16];

	request_init(&write);
	request_write(&write, p.c, bytes, 40);
	EXPECT_STILL_PENDING(&write);
	request_init(&transact);
	request_transact(&transact, p.c, "abc", 3, buf, sizeof(buf));
	EXPECT_STILL_PENDING(&transact);
	EXPECT_AVAILABLE(p.s, 43);
	EXPECT_READS(p.s, 64, bytes, 40);
	EXPECT_DONE(&write, 0, 40);
	EXPECT_READS(p.s, 64, "abc", 3);
	WRITE_ALL(p.s, "reply", 5);
	EXPECT_DONE(&transact, 0, 5);
	EXPECT_MEM(buf, "reply", 5);
}

static void transact_takes_no_quota(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_OV, 16, 16);
	struct request transact, write;
	char buf[16];

	request_init(&transact);
	request_transact(&transact, p.c, bytes, 60, buf, sizeof(buf));
	EXPECT_STILL_PENDING(&transact);
	request_init(&write);
	request_write(&write, p.c, bytes, 16);
	EXPECT_AT_ONCE(&write, 0, 16);
}

static void long_reply_is_234_and_keeps_its_rest(void)
{
	struct pair p = pair_new(PAIR_MM, 4096, 4096);
	struct blocked b;
	char buf[16];

	blocked_transact(&b, p.c, "abc", 3, buf, 6);
	EXPECT_READS(p.s, 16, "abc", 3);
	WRITE_ALL(p.s, "0123456789", 10);
	EXPECT_RETURNS(&b, ERROR_MORE_DATA, 6);
	EXPECT_MEM(buf, "012345", 6);
	EXPECT_READS(p.c, 16, "6789", 4);
}

static void peers_transact_is_a_reply(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_OV, 4096, 4096);
	struct request c, s;
	char a[16], b[16];

	request_init(&c);
	request_transact(&c, p.c, "abc", 3, a, sizeof(a));
	EXPECT_STILL_PENDING(&c);
	EXPECT_READS(p.s, 16, "abc", 3);
	request_init(&s);
	request_transact(&s, p.s, "reply", 5, b, sizeof(b));
	EXPECT_DONE(&c, 0, 5);
	EXPECT_MEM(a, "reply", 5);
	EXPECT_STILL_PENDING(&s);
	WRITE_ALL(p.c, "last", 4);
	EXPECT_DONE(&s, 0, 4);
	EXPECT_MEM(b, "last", 4);
}

static void cancel_keeps_the_sent_message(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_OV, 4096, 4096);
	struct request r;
	char buf[16];

	request_init(&r);
	request_transact(&r, p.c, "abc", 3, buf, sizeof(buf));
	EXPECT_STILL_PENDING(&r);
	EXPECT_TRUE(CancelIoEx(p.c, &r.ov));
	EXPECT_DONE(&r, ERROR_OPERATION_ABORTED, 0);
	EXPECT_READS(p.s, 16, "abc", 3);
}

static void byte_read_mode_is_230(void)
{
	struct pair p = pair_new(PAIR_MB, 4096, 4096);
	char buf[8];
	DWORD n;

	EXPECT_FAILS(TransactNamedPipe(p.c, buf, 3, buf, 8, &n, NULL), ERROR_BAD_PIPE);
	EXPECT_FAILS(TransactNamedPipe(p.s, buf, 3, buf, 8, &n, NULL), ERROR_BAD_PIPE);
	EXPECT_AVAILABLE(p.s, 0);
}

static void read_only_client_is_denied(void)
{
	const char *name = case_pipe_name();
	DWORD mode = PIPE_READMODE_MESSAGE, n;
	HANDLE s, c;
	char buf[8];

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 1));
	EXPECT_HANDLE(c, client_open(name, GENERIC_READ | FILE_WRITE_ATTRIBUTES, 0));
	EXPECT_TRUE(SetNamedPipeHandleState(c, &mode, NULL, NULL));
	EXPECT_FAILS(TransactNamedPipe(c, buf, 3, buf, 8, &n, NULL), ERROR_ACCESS_DENIED);
	CloseHandle(s);
}

static void peers_close_ends_a_transact(void)
{
	struct pair p = pair_new(PAIR_MM, 4096, 4096);
	struct blocked b;
	char buf[16];

	blocked_transact(&b, p.c, "abc", 3, buf, sizeof(buf));
	EXPECT_BLOCKED(&b);
	CloseHandle(p.s);
	EXPECT_RETURNS(&b, ERROR_BROKEN_PIPE, 0);
}

/* ---- CallNamedPipe ---- */

static HANDLE call_server(const char *name, DWORD open_mode)
{
	HANDLE s;

	EXPECT_HANDLE(s, server_new(name, open_mode,
				    PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1));
	return s;
}

static void call_is_open_transact_close(void)
{
	const char *name = case_pipe_name();
	HANDLE s = call_server(name, PIPE_ACCESS_DUPLEX);
	struct blocked b;
	char buf[16];

	blocked_call(&b, name, "request", 7, buf, sizeof(buf), NMPWAIT_WAIT_FOREVER);
	if (!ConnectNamedPipe(s, NULL))
		EXPECT_ERROR(GetLastError(), ERROR_PIPE_CONNECTED);
	EXPECT_READS(s, 16, "request", 7);
	WRITE_ALL(s, "answer", 6);
	EXPECT_RETURNS(&b, 0, 6);
	EXPECT_MEM(buf, "answer", 6);
	EXPECT_READ_FAILS(s, 16, ERROR_BROKEN_PIPE, NULL, 0);
}

static void call_with_a_short_buffer_is_234(void)
{
	const char *name = case_pipe_name();
	HANDLE s = call_server(name, PIPE_ACCESS_DUPLEX);
	struct blocked b;
	char buf[16];

	blocked_call(&b, name, "request", 7, buf, 4, NMPWAIT_WAIT_FOREVER);
	if (!ConnectNamedPipe(s, NULL))
		EXPECT_ERROR(GetLastError(), ERROR_PIPE_CONNECTED);
	EXPECT_READS(s, 16, "request", 7);
	WRITE_ALL(s, "answer", 6);
	EXPECT_RETURNS(&b, ERROR_MORE_DATA, 4);
	EXPECT_MEM(buf, "answ", 4);
}

static void call_waits_for_an_instance(void)
{
	const char *name = case_pipe_name();
	HANDLE s = call_server(name, PIPE_ACCESS_DUPLEX), c;
	struct blocked b;
	char buf[16];

	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	blocked_call(&b, name, "request", 7, buf, sizeof(buf), NMPWAIT_WAIT_FOREVER);
	EXPECT_BLOCKED(&b);
	CloseHandle(c);
	EXPECT_TRUE(DisconnectNamedPipe(s));
	if (!ConnectNamedPipe(s, NULL))
		EXPECT_ERROR(GetLastError(), ERROR_PIPE_CONNECTED);
	EXPECT_READS(s, 16, "request", 7);
	WRITE_ALL(s, "answer", 6);
	EXPECT_RETURNS(&b, 0, 6);
}

static void call_of_a_missing_pipe_is_2(void)
{
	char buf[8];
	DWORD n;

	EXPECT_FAILS(CallNamedPipeA(case_pipe_name(), buf, 1, buf, 8, &n, 1000),
		     ERROR_FILE_NOT_FOUND);
	EXPECT_FAILS(CallNamedPipeW(case_wide(case_pipe_name()), buf, 1, buf, 8, &n,
				    NMPWAIT_WAIT_FOREVER),
		     ERROR_FILE_NOT_FOUND);
}

static void call_of_a_busy_pipe_is_121(void)
{
	const char *name = case_pipe_name();
	char buf[8];
	DWORD n;
	HANDLE c;

	call_server(name, PIPE_ACCESS_DUPLEX);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_FAILS(CallNamedPipeA(name, buf, 1, buf, 8, &n, 50), ERROR_SEM_TIMEOUT);
	CloseHandle(c);
}

static void call_of_a_one_way_pipe_is_5(void)
{
	const char *name = case_pipe_name();
	char buf[8];
	DWORD n;

	call_server(name, PIPE_ACCESS_INBOUND);
	EXPECT_FAILS(CallNamedPipeA(name, buf, 1, buf, 8, &n, 50), ERROR_ACCESS_DENIED);
}

static void call_to_a_disconnecting_server_is_233(void)
{
	const char *name = case_pipe_name();
	HANDLE s = call_server(name, PIPE_ACCESS_DUPLEX);
	struct blocked b;
	char buf[16];

	blocked_call(&b, name, "request", 7, buf, sizeof(buf), NMPWAIT_WAIT_FOREVER);
	if (!ConnectNamedPipe(s, NULL))
		EXPECT_ERROR(GetLastError(), ERROR_PIPE_CONNECTED);
	EXPECT_READS(s, 16, "request", 7);
	EXPECT_BLOCKED(&b);
	EXPECT_TRUE(DisconnectNamedPipe(s));
	EXPECT_RETURNS(&b, ERROR_PIPE_NOT_CONNECTED, 0);
}

static void request_goes_to_the_peers_pended_read(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_OV, 64, 64);
	struct request read, ask;
	char got[16], reply[16];

	request_init(&read);
	request_init(&ask);
	request_read(&read, p.s, got, sizeof(got));
	EXPECT_PENDS(&read);
	request_transact(&ask, p.c, "question", 8, reply, sizeof(reply));
	EXPECT_DONE(&read, 0, 8);
	EXPECT_MEM(got, "question", 8);
	WRITE_ALL(p.s, "answer", 6);
	EXPECT_DONE(&ask, 0, 6);
	EXPECT_MEM(reply, "answer", 6);
}

static void overlapped_handle_without_overlapped_blocks_in_a_transact(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_OV, 64, 64);
	struct blocked b;
	char reply[16];

	blocked_transact(&b, p.c, "question", 8, reply, sizeof(reply));
	EXPECT_BLOCKED(&b);
	EXPECT_READS(p.s, 16, "question", 8);
	WRITE_ALL(p.s, "answer", 6);
	EXPECT_RETURNS(&b, 0, 6);
}

static void disconnect_ends_a_transact(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 64);
	struct blocked b;
	char reply[16];

	blocked_transact(&b, p.c, "question", 8, reply, sizeof(reply));
	EXPECT_BLOCKED(&b);
	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_RETURNS(&b, ERROR_PIPE_NOT_CONNECTED, 0);
}

static void call_waits_for_the_reply_whatever_its_timeout(void)
{
	const char *name = case_pipe_name();
	HANDLE s = call_server(name, PIPE_ACCESS_DUPLEX);
	struct blocked b;
	char buf[16];

	blocked_call(&b, name, "request", 7, buf, sizeof(buf), NMPWAIT_NOWAIT);
	if (!ConnectNamedPipe(s, NULL))
		EXPECT_ERROR(GetLastError(), ERROR_PIPE_CONNECTED);
	EXPECT_READS(s, 16, "request", 7);
	EXPECT_BLOCKED(&b);
	WRITE_ALL(s, "answer", 6);
	EXPECT_RETURNS(&b, 0, 6);
}

static void call_ends_with_109_when_the_server_closes(void)
{
	const char *name = case_pipe_name();
	HANDLE s = call_server(name, PIPE_ACCESS_DUPLEX);
	struct blocked b;
	char buf[16];

	blocked_call(&b, name, "request", 7, buf, sizeof(buf), NMPWAIT_NOWAIT);
	if (!ConnectNamedPipe(s, NULL))
		EXPECT_ERROR(GetLastError(), ERROR_PIPE_CONNECTED);
	EXPECT_READS(s, 16, "request", 7);
	CloseHandle(s);
	EXPECT_RETURNS(&b, ERROR_BROKEN_PIPE, 0);
}

const struct conf_case transact_transact_cases[] = {
	CASE("7.2", request_goes_to_the_peers_pended_read, "R", "7.2",
	     "the request of a transact first satisfies a pended read of the peer"),
	CASE("5.9", overlapped_handle_without_overlapped_blocks_in_a_transact, "T", "5.9",
	     "an overlapped handle with NULL lpOverlapped: the transact blocks for its reply"),
	CASE("3.4", disconnect_ends_a_transact, "T", "3.4",
	     "a disconnect ends a waiting transact with 233"),
	CASE("7.3", call_waits_for_the_reply_whatever_its_timeout, "D", "7.3",
	     "the time-out of CallNamedPipe bounds the wait for an instance, not the reply"),
	CASE("7.3", call_ends_with_109_when_the_server_closes, "T", "7.3",
	     "CallNamedPipe to a server that closes instead of answering fails with 109"),
	CASE("253", transact_sends_and_waits_for_the_reply, "T", "7.2",
	     "transact sends its request and returns the peer's next message"),
	CASE("7.2", server_may_transact_too, "T", "7.2", "either end may transact"),
	CASE("7.2", overlapped_transact_completes, "T", "7.2",
	     "an overlapped transact pends until the reply"),
	CASE("7.2", pending_transact_has_internal_103, "R", "5.1",
	     "Internal of a pending transact is 0x103"),
	CASE("7.2", one_buffer_may_serve_both, "R", "7.2",
	     "request and reply may share one buffer"),
	CASE("254", unread_data_makes_it_busy, "T", "7.2",
	     "unread data makes a transact fail with 231 and send nothing"),
	CASE("255", own_pended_read_makes_it_busy, "R", "7.2",
	     "an own pended read makes a transact fail with 231"),
	CASE("256", transact_passes_no_stalled_write, "T", "7.2",
	     "a transact behind a stalled write is sent at once, in order"),
	CASE("7.2", transact_takes_no_quota, "T", "4.1",
	     "a transact message does not count against the quota"),
	CASE("257", long_reply_is_234_and_keeps_its_rest, "T", "7.2",
	     "a reply longer than the buffer is 234 and its rest is read later"),
	CASE("258", empty_request_and_reply_work, "T", "7.2",
	     "an empty request and an empty reply work"),
	CASE("259", peers_transact_is_a_reply, "T", "7.2",
	     "the peer's own transact is the reply"),
	CASE("260", cancel_keeps_the_sent_message, "T", "3.4",
	     "cancelling a transact keeps the message that was sent"),
	CASE("261", byte_read_mode_is_230, "T", "7.2",
	     "with byte read mode a transact fails with 230"),
	CASE("7.2", read_only_client_is_denied, "R", "7.2",
	     "a transact without write access fails with 5"),
	CASE("7.2", peers_close_ends_a_transact, "T", "3.4",
	     "the peer's close ends a waiting transact with 109"),
	CASE("7.3", call_is_open_transact_close, "D", "7.3",
	     "CallNamedPipe opens, transacts and closes"),
	CASE("262", call_with_a_short_buffer_is_234, "R", "7.3",
	     "CallNamedPipe with a short buffer is 234 with the buffer full"),
	CASE("7.3", call_waits_for_an_instance, "D", "7.3",
	     "CallNamedPipe waits for an instance"),
	CASE("263", call_of_a_missing_pipe_is_2, "WR", "7.3",
	     "CallNamedPipe of a missing pipe fails with 2"),
	CASE("7.3", call_of_a_busy_pipe_is_121, "I", "7.3",
	     "CallNamedPipe of a pipe that stays busy fails with 121"),
	CASE("7.3", call_of_a_one_way_pipe_is_5, "R", "7.3",
	     "CallNamedPipe of a one-way pipe fails with 5"),
	CASE("Q177696", call_to_a_disconnecting_server_is_233, "K", "7.3",
	     "CallNamedPipe to a server that disconnects instead of answering is 233"),
	CASE_END};
