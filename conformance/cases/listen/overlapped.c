/* SPDX-License-Identifier: MIT */
/*
 * ConnectNamedPipe with an OVERLAPPED: pending, completing, being cancelled and losing
 * its handle (npfs-semantics 3.2, 3.4, 5.1, 5.7, 7.1).
 */
#include "conformance/pipes.h"

#define STATUS_PIPE_BROKEN_CODE 0xC000014Bu

static HANDLE overlapped_server(const char *name)
{
	HANDLE s;

	EXPECT_HANDLE(s,
		      server_new(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1));
	return s;
}

static void pended_connect_completes(void)
{
	const char *name = case_pipe_name();
	HANDLE s = overlapped_server(name), c;
	struct request r;

	request_init(&r);
	request_connect(&r, s);
	EXPECT_STILL_PENDING(&r);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_SIGNALED(r.event);
	EXPECT_STATUS(r.ov.Internal, 0);
	EXPECT_EQ(r.ov.InternalHigh, 0);
	EXPECT_DONE(&r, 0, 0);
	CloseHandle(c);
}

static void connect_with_client_present_leaves_internal_pending(void)
{
	const char *name = case_pipe_name();
	HANDLE s = overlapped_server(name), c;
	struct request r;

	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	request_init(&r);
	SetEvent(r.event);
	request_connect(&r, s);
	EXPECT_EQ(r.returned, FALSE);
	EXPECT_ERROR(r.error, ERROR_PIPE_CONNECTED);
	EXPECT_STATUS(r.ov.Internal, 0x103);
	EXPECT_NOT_SIGNALED(r.event);
	CloseHandle(c);
}

static void one_client_completes_every_connect(void)
{
	const char *name = case_pipe_name();
	HANDLE s = overlapped_server(name), c;
	struct request a, b;

	request_init(&a);
	request_connect(&a, s);
	EXPECT_PENDS(&a);
	request_init(&b);
	request_connect(&b, s);
	EXPECT_PENDS(&b);
	EXPECT_STILL_PENDING(&a);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_DONE(&a, 0, 0);
	EXPECT_DONE(&b, 0, 0);
	CloseHandle(c);
}

static void cancelled_connect_leaves_it_connectable(void)
{
	const char *name = case_pipe_name();
	HANDLE s = overlapped_server(name), c;
	struct request r;

	request_init(&r);
	request_connect(&r, s);
	EXPECT_PENDS(&r);
	EXPECT_TRUE(CancelIo(s));
	EXPECT_DONE(&r, ERROR_OPERATION_ABORTED, 0);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	CloseHandle(c);
}

static void cancel_call(struct blocked *b)
{
	b->returned = CancelIoEx(b->h, NULL);
	b->error = b->returned ? 0 : GetLastError();
}

static void connect_is_cancelled_from_any_thread(void)
{
	HANDLE s = overlapped_server(case_pipe_name());
	struct blocked b;
	struct request r;

	request_init(&r);
	request_connect(&r, s);
	EXPECT_PENDS(&r);
	b.h = s;
	blocked_start(&b, cancel_call);
	EXPECT_RETURNS(&b, 0, 0);
	EXPECT_DONE(&r, ERROR_OPERATION_ABORTED, 0);
}

static void nothing_to_cancel_is_1168(void)
{
	HANDLE s = overlapped_server(case_pipe_name());

	EXPECT_FAILS(CancelIoEx(s, NULL), ERROR_NOT_FOUND);
	EXPECT_TRUE(CancelIo(s));
}

static void close_completes_a_pended_connect(void)
{
	HANDLE s = overlapped_server(case_pipe_name());
	struct request r;

	request_init(&r);
	request_connect(&r, s);
	EXPECT_PENDS(&r);
	EXPECT_TRUE(CloseHandle(s));
	EXPECT_SIGNALED(r.event);
	EXPECT_STATUS(r.ov.Internal, STATUS_PIPE_BROKEN_CODE);
	EXPECT_EQ(r.ov.InternalHigh, 0);
}

static void overlapped_handle_without_overlapped_blocks(void)
{
	const char *name = case_pipe_name();
	HANDLE s = overlapped_server(name), c;
	struct blocked b;

	blocked_connect(&b, s);
	EXPECT_BLOCKED(&b);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_RETURNS(&b, 0, 0);
	CloseHandle(c);
}

const struct conf_case listen_overlapped_cases[] = {
	CASE("81", pended_connect_completes, "T", "7.1",
	     "an overlapped connect pends and completes with status 0 and no bytes"),
	CASE("82", connect_with_client_present_leaves_internal_pending, "T", "5.1",
	     "an immediate 535 resets the event and leaves Internal at 0x103"),
	CASE("90", one_client_completes_every_connect, "R", "3.2",
	     "several pended connects of one instance all complete with one client"),
	CASE("91", cancelled_connect_leaves_it_connectable, "T", "5.7",
	     "a cancelled connect ends with 995 and the instance still listens"),
	CASE("313", connect_is_cancelled_from_any_thread, "N", "5.7",
	     "CancelIoEx from another thread ends a pended connect with 995"),
	CASE("5.7", nothing_to_cancel_is_1168, "D", "5.7",
	     "with nothing pended CancelIoEx fails with 1168 and CancelIo works"),
	CASE("92", close_completes_a_pended_connect, "TR", "3.4",
	     "closing the server completes its pended connect with PIPE_BROKEN"),
	CASE("5.9", overlapped_handle_without_overlapped_blocks, "T", "5.9",
	     "without an OVERLAPPED the call waits, on an overlapped handle too"),
	CASE_END};
