/* SPDX-License-Identifier: MIT */
/*
 * Who can cancel what: by thread, by request, through which handle; and closing one of
 * several handles (npfs-semantics 5.7, 5.11).
 */
#include "conformance/cases/io/ends.h"
#include "conformance/cases/overlapped/api.h"

static char got[64];

static void cancel_io_call(struct blocked *b)
{
	b->returned = CancelIo(b->h);
	b->error = b->returned ? 0 : GetLastError();
}

static void cancel_io_ex_call(struct blocked *b)
{
	b->returned = CancelIoEx(b->h, b->buf);
	b->error = b->returned ? 0 : GetLastError();
}

static void cancel_io_is_for_the_own_thread(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read;
		struct blocked other;

		request_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_PENDS(&read);
		other.h = e.r;
		blocked_start(&other, cancel_io_call);
		EXPECT_RETURNS(&other, 0, 0);
		EXPECT_STILL_PENDING(&read);
		other.h = e.r;
		other.buf = &read.ov;
		blocked_start(&other, cancel_io_ex_call);
		EXPECT_RETURNS(&other, 0, 0);
		EXPECT_DONE(&read, ERROR_OPERATION_ABORTED, 0);
	}
}

static void cancel_io_ends_all_of_the_thread(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4, 4);
	struct request read, second, write;

	request_init(&read);
	request_init(&second);
	request_init(&write);
	request_read(&read, p.s, got, 10);
	request_read(&second, p.s, got + 10, 10);
	request_write(&write, p.s, "0123456", 7);
	EXPECT_PENDS(&read);
	EXPECT_PENDS(&second);
	EXPECT_PENDS(&write);
	EXPECT_TRUE(CancelIo(p.s));
	EXPECT_DONE(&read, ERROR_OPERATION_ABORTED, 0);
	EXPECT_DONE(&second, ERROR_OPERATION_ABORTED, 0);
	EXPECT_DONE(&write, ERROR_OPERATION_ABORTED, 0);
	EXPECT_AVAILABLE(p.c, 0);
	EXPECT_TRUE(CancelIo(p.s));
}

static void cancel_io_ex_without_request_ends_all(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4, 4);
	struct request read, write;

	request_init(&read);
	request_init(&write);
	request_read(&read, p.s, got, 10);
	request_write(&write, p.s, "0123456", 7);
	EXPECT_PENDS(&read);
	EXPECT_PENDS(&write);
	EXPECT_TRUE(CancelIoEx(p.s, NULL));
	EXPECT_DONE(&read, ERROR_OPERATION_ABORTED, 0);
	EXPECT_DONE(&write, ERROR_OPERATION_ABORTED, 0);
	EXPECT_FAILS(CancelIoEx(p.s, NULL), ERROR_NOT_FOUND);
}

static void cancel_of_one_end_leaves_the_other_end(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct request s_read, c_read;

	request_init(&s_read);
	request_init(&c_read);
	request_read(&s_read, p.s, got, 10);
	request_read(&c_read, p.c, got + 10, 10);
	EXPECT_TRUE(CancelIoEx(p.s, NULL));
	EXPECT_DONE(&s_read, ERROR_OPERATION_ABORTED, 0);
	EXPECT_STILL_PENDING(&c_read);
	WRITE_ALL(p.s, "x", 1);
	EXPECT_DONE(&c_read, 0, 1);
}

static HANDLE duplicate_of(HANDLE h)
{
	HANDLE copy;

	EXPECT_TRUE(API(DuplicateHandle)(GetCurrentProcess(), h, GetCurrentProcess(),
					 &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
	return copy;
}

static void cancel_through_a_duplicate(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		HANDLE copy = duplicate_of(e.r);
		struct request read;

		request_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_PENDS(&read);
		EXPECT_TRUE(CancelIo(copy));
		EXPECT_DONE(&read, ERROR_OPERATION_ABORTED, 0);
		request_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_PENDS(&read);
		EXPECT_TRUE(CancelIoEx(copy, &read.ov));
		EXPECT_DONE(&read, ERROR_OPERATION_ABORTED, 0);
		CloseHandle(copy);
	}
}

static void closing_one_duplicate_changes_nothing(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		HANDLE copy = duplicate_of(e.r);
		struct request read;

		request_init(&read);
		request_read(&read, copy, got, 10);
		EXPECT_PENDS(&read);
		EXPECT_TRUE(CloseHandle(copy));
		EXPECT_STILL_PENDING(&read);
		EXPECT_FAILS(CancelIoEx(copy, &read.ov), ERROR_INVALID_HANDLE);
		WRITE_ALL(e.w, "abc", 3);
		EXPECT_SIGNALED(read.event);
		read.h = e.r;
		EXPECT_DONE(&read, 0, 3);
	}
}

/* It may come before the thread has arrived in its call; then it is 1168. */
static void cancel_until_found(HANDLE thread)
{
	for (;;) {
		if (late_cancel_synchronous_io(thread)) {
			EXPECT_HEX(GetLastError(), CONF_UNTOUCHED_ERROR);
			return;
		}
		EXPECT_ERROR(GetLastError(), ERROR_NOT_FOUND);
		EXPECT_EQ(WaitForSingleObject(thread, 1), WAIT_TIMEOUT);
	}
}

static void cancel_synchronous_io_results(void)
{
	struct ends e;

	EXPECT_FAILS(late_cancel_synchronous_io((HANDLE)(uintptr_t)0xDEADBEEC),
		     ERROR_INVALID_HANDLE);
	EXPECT_FAILS(late_cancel_synchronous_io(GetCurrentThread()), ERROR_NOT_FOUND);
	FOR_BOTH_DIRECTIONS(e, PAIR_B, 4) {
		struct blocked call;

		blocked_read(&call, e.r, got, 10);
		cancel_until_found(call.thread);
		EXPECT_RETURNS(&call, ERROR_OPERATION_ABORTED, 0);
		blocked_write(&call, e.w, "0123456", 7);
		cancel_until_found(call.thread);
		EXPECT_RETURNS(&call, ERROR_OPERATION_ABORTED, 0);
		EXPECT_AVAILABLE(e.r, 0);
	}
}

static void cancel_synchronous_io_of_a_flush(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B, 4096) {
		struct blocked flush;

		WRITE_ALL(e.w, "abc", 3);
		blocked_flush(&flush, e.w);
		cancel_until_found(flush.thread);
		EXPECT_RETURNS(&flush, ERROR_OPERATION_ABORTED, 0);
		EXPECT_AVAILABLE(e.r, 3);
	}
}

/* Starts an overlapped connect, sets buf, and stays in a wait that is no I/O: for out. */
static void connect_overlapped_and_wait(struct blocked *b)
{
	struct request connect;

	request_init(&connect);
	request_connect(&connect, b->h);
	EXPECT_PENDS(&connect);
	SetEvent(b->buf);
	EXPECT_EQ(WaitForSingleObject((HANDLE)(uintptr_t)b->out, CONF_SOON_MS),
		  WAIT_OBJECT_0);
	EXPECT_PENDS(&connect);
	EXPECT_STATUS(connect.ov.Internal, 0x103);
	EXPECT_TRUE(CancelIo(b->h));
	EXPECT_DONE(&connect, ERROR_OPERATION_ABORTED, 0);
	b->returned = TRUE;
	b->error = 0;
}

static void cancel_synchronous_io_leaves_overlapped_requests(void)
{
	HANDLE pended = case_event_new(FALSE), gate = case_event_new(FALSE);
	struct blocked thread;

	EXPECT_HANDLE(thread.h, server_new(case_pipe_name(),
					   PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
					   PIPE_TYPE_BYTE, 1));
	thread.buf = pended;
	thread.out = gate;
	blocked_start(&thread, connect_overlapped_and_wait);
	EXPECT_SIGNALED(pended);
	EXPECT_FAILS(late_cancel_synchronous_io(thread.thread), ERROR_NOT_FOUND);
	SetEvent(gate);
	EXPECT_RETURNS(&thread, 0, 0);
}

static void cancel_synchronous_io_of_a_transact(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 64);
	struct blocked call;

	blocked_transact(&call, p.c, "question", 8, got, sizeof(got));
	EXPECT_BLOCKED(&call);
	cancel_until_found(call.thread);
	EXPECT_RETURNS(&call, ERROR_OPERATION_ABORTED, 0);
	EXPECT_READS(p.s, 16, "question", 8);
	WRITE_ALL(p.s, "late", 4);
	EXPECT_READS(p.c, 16, "late", 4);
}

const struct conf_case overlapped_cancel_cases[] = {
	CASE("260", cancel_synchronous_io_of_a_transact, "TR", "3.4",
	     "CancelSynchronousIo ends a blocked transact with 995; what it sent stays"),
	CASE("217", cancel_io_is_for_the_own_thread, "D", "5.7",
	     "CancelIo of another thread is TRUE and cancels nothing; CancelIoEx cancels"),
	CASE("5.7", cancel_io_ends_all_of_the_thread, "D", "5.7",
	     "CancelIo ends all requests of the thread on the file object, and is TRUE when "
	     "there are none"),
	CASE("5.7", cancel_io_ex_without_request_ends_all, "D", "5.7",
	     "CancelIoEx without OVERLAPPED ends all; nothing left: 1168"),
	CASE("5.7", cancel_of_one_end_leaves_the_other_end, "R", "5.7",
	     "cancelling on one end does not concern the other end of the instance"),
	CASE("218", cancel_through_a_duplicate, "T", "5.7",
	     "CancelIo and CancelIoEx work through a duplicate of the handle"),
	CASE("220", closing_one_duplicate_changes_nothing, "T", "5.11",
	     "closing one of two handles leaves the request; cancelling through the closed one "
	     "is 6"),
	CASE("221", cancel_synchronous_io_results, "T", "5.7",
	     "CancelSynchronousIo: bad handle 6, no I/O 1168, success leaves last error; the "
	     "read or write ends 995"),
	CASE("5.7", cancel_synchronous_io_of_a_flush, "R", "5.7",
	     "CancelSynchronousIo ends a blocked flush with 995; the data stays"),
	CASE("222", cancel_synchronous_io_leaves_overlapped_requests, "T", "5.7",
	     "CancelSynchronousIo does not touch an overlapped connect: 1168"),
	CASE_END
};
