/* SPDX-License-Identifier: MIT */
/*
 * The life of one overlapped request: what is written when, what is signaled, what the
 * count holds, what an offset does (npfs-semantics 5.1 to 5.4, 5.9, 5.10).
 */
#include "conformance/cases/io/ends.h"
#include "conformance/cases/overlapped/api.h"

#define PENDING   0x00000103u
#define UNTOUCHED 0x5A5A5A5Au

static unsigned char got[64];

/* A request whose InternalHigh is recognisable. */
static void marked_init(struct request *r)
{
	request_init(r);
	r->ov.Internal = 0;
	r->ov.InternalHigh = UNTOUCHED;
}

static void pending_read_touches_and_signals_nothing(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read;

		marked_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_PENDS(&read);
		EXPECT_EQ(read.n, 0);
		EXPECT_STATUS(read.ov.Internal, PENDING);
		EXPECT_HEX(read.ov.InternalHigh, UNTOUCHED);
		EXPECT_NOT_SIGNALED(read.event);
		EXPECT_NOT_SIGNALED(e.r);
		EXPECT_THAT(!HasOverlappedIoCompleted(&read.ov));
		WRITE_ALL(e.w, "x", 1);
		EXPECT_DONE(&read, 0, 1);
		EXPECT_THAT(HasOverlappedIoCompleted(&read.ov));
	}
}

static void completion_sets_the_event_and_not_the_handle(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read;

		marked_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_PENDS(&read);
		WRITE_ALL(e.w, "abc", 3);
		EXPECT_SIGNALED(read.event);
		EXPECT_NOT_SIGNALED(e.r);
		EXPECT_STATUS(read.ov.Internal, 0);
		EXPECT_EQ(read.ov.InternalHigh, 3);
	}
}

static void completion_without_event_sets_the_handle(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read;

		request_init(&read);
		read.ov.hEvent = NULL;
		request_read(&read, e.r, got, 10);
		EXPECT_PENDS(&read);
		EXPECT_NOT_SIGNALED(e.r);
		WRITE_ALL(e.w, "abc", 3);
		EXPECT_SIGNALED(e.r);
		EXPECT_DONE(&read, 0, 3);
		EXPECT_NOT_SIGNALED(read.event);
	}
}

static void immediate_success_signals_the_same_way(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read;

		WRITE_ALL(e.w, "abc", 3);
		request_init(&read);
		request_read(&read, e.r, got, 1);
		EXPECT_AT_ONCE(&read, 0, 1);
		EXPECT_SIGNALED(read.event);
		EXPECT_NOT_SIGNALED(e.r);
		request_init(&read);
		read.ov.hEvent = NULL;
		request_read(&read, e.r, got, 1);
		EXPECT_AT_ONCE(&read, 0, 1);
		EXPECT_SIGNALED(e.r);
	}
}

static void synchronous_handle_sets_event_and_handle(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B, 4096) {
		struct request read;

		WRITE_ALL(e.w, "abc", 3);
		marked_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_EQ(read.returned, TRUE);
		EXPECT_EQ(read.n, 3);
		EXPECT_STATUS(read.ov.Internal, 0);
		EXPECT_EQ(read.ov.InternalHigh, 3);
		EXPECT_SIGNALED(read.event);
		EXPECT_EQ(WaitForSingleObject(e.r, 0), WAIT_OBJECT_0);
	}
}

static void immediate_error_resets_the_event_and_writes_nothing(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct request read, write;
	HANDLE listening;

	CloseHandle(p.c);
	marked_init(&read);
	SetEvent(read.event);
	request_read(&read, p.s, got, 10);
	EXPECT_EQ(read.returned, FALSE);
	EXPECT_ERROR(read.error, ERROR_BROKEN_PIPE);
	EXPECT_EQ(read.n, 0);
	EXPECT_NOT_SIGNALED(read.event);
	EXPECT_STATUS(read.ov.Internal, PENDING);
	EXPECT_HEX(read.ov.InternalHigh, UNTOUCHED);
	marked_init(&write);
	SetEvent(write.event);
	request_write(&write, p.s, "x", 1);
	EXPECT_ERROR(write.error, ERROR_NO_DATA);
	EXPECT_NOT_SIGNALED(write.event);
	EXPECT_STATUS(write.ov.Internal, PENDING);
	EXPECT_HEX(write.ov.InternalHigh, UNTOUCHED);
	EXPECT_HANDLE(listening,
		      server_new(p.name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
				 PIPE_TYPE_BYTE, 4));
	marked_init(&read);
	SetEvent(read.event);
	request_read(&read, listening, got, 10);
	EXPECT_ERROR(read.error, ERROR_PIPE_LISTENING);
	EXPECT_NOT_SIGNALED(read.event);
	EXPECT_STATUS(read.ov.Internal, PENDING);
	EXPECT_HEX(read.ov.InternalHigh, UNTOUCHED);
}

static void failed_call_leaves_the_handle_reset(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct request read;

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	request_init(&read);
	request_read(&read, p.c, got, 10);
	EXPECT_ERROR(read.error, ERROR_PIPE_NOT_CONNECTED);
	EXPECT_NOT_SIGNALED(p.c);
}

static void closed_handle_leaves_the_event_set(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct request read;

	CloseHandle(p.s);
	marked_init(&read);
	SetEvent(read.event);
	request_read(&read, p.s, got, 10);
	EXPECT_EQ(read.returned, FALSE);
	EXPECT_ERROR(read.error, ERROR_INVALID_HANDLE);
	EXPECT_SIGNALED(read.event);
	EXPECT_HEX(read.ov.InternalHigh, UNTOUCHED);
}

static void bad_event_handle_is_6_and_takes_nothing(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read;

		WRITE_ALL(e.w, "abc", 3);
		marked_init(&read);
		CloseHandle(read.event);
		request_read(&read, e.r, got, 10);
		EXPECT_EQ(read.returned, FALSE);
		EXPECT_ERROR(read.error, ERROR_INVALID_HANDLE);
		EXPECT_HEX(read.ov.InternalHigh, UNTOUCHED);
		EXPECT_AVAILABLE(e.r, 3);
	}
}

static void handle_that_is_no_event_is_6(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct request read;

	marked_init(&read);
	read.ov.hEvent = p.c;
	request_read(&read, p.c, got, 10);
	EXPECT_EQ(read.returned, FALSE);
	EXPECT_ERROR(read.error, ERROR_INVALID_HANDLE);
	EXPECT_HEX(read.ov.InternalHigh, UNTOUCHED);
}

static void count_pointer_may_be_null_with_an_overlapped(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read, write;

		request_init(&write);
		EXPECT_TRUE(WriteFile(e.w, "abc", 3, NULL, &write.ov));
		request_init(&read);
		EXPECT_TRUE(ReadFile(e.r, got, 10, NULL, &read.ov));
		EXPECT_EQ(read.ov.InternalHigh, 3);
	}
}

static void null_buffer_is_998(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read;

		request_init(&read);
		request_read(&read, e.r, NULL, 1);
		EXPECT_EQ(read.returned, FALSE);
		EXPECT_ERROR(read.error, ERROR_NOACCESS);
		EXPECT_EQ(read.n, 0);
	}
	FOR_BOTH_DIRECTIONS(e, PAIR_B, 4096) {
		DWORD n = 77;

		EXPECT_FAILS(ReadFile(e.r, NULL, 1, &n, NULL), ERROR_NOACCESS);
		EXPECT_EQ(n, 0);
	}
}

static void null_buffer_of_length_0_is_allowed(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B, 4096) {
		DWORD n = 77;

		EXPECT_TRUE(WriteFile(e.w, NULL, 0, &n, NULL));
		EXPECT_EQ(n, 0);
		WRITE_ALL(e.w, "x", 1);
		n = 77;
		EXPECT_TRUE(ReadFile(e.r, NULL, 0, &n, NULL));
		EXPECT_EQ(n, 0);
	}
}

static void overlapped_handle_without_overlapped_blocks_until_data(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct blocked read;

		blocked_read(&read, e.r, got, 10);
		EXPECT_BLOCKED(&read);
		WRITE_ALL(e.w, "abc", 3);
		EXPECT_RETURNS(&read, 0, 3);
		EXPECT_MEM(got, "abc", 3);
	}
}

static void bad_handle_sets_the_count_to_0(void)
{
	DWORD n = 77;

	EXPECT_FAILS(ReadFile(INVALID_HANDLE_VALUE, got, 10, &n, NULL),
		     ERROR_INVALID_HANDLE);
	EXPECT_EQ(n, 0);
	n = 77;
	EXPECT_FAILS(WriteFile((HANDLE)(uintptr_t)0xDEADBEEC, got, 10, &n, NULL),
		     ERROR_INVALID_HANDLE);
	EXPECT_EQ(n, 0);
}

/* ---- offsets ---- */

/*
 * A write and a read with this offset; each must succeed or fail with 87. A failed one moves
 * no data and completes nothing.
 */
static void offset_gives(DWORD offset, DWORD offset_high, bool write_works,
			 bool read_works)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read, write;

		request_init(&write);
		write.ov.Offset = offset;
		write.ov.OffsetHigh = offset_high;
		request_write(&write, e.w, "abc", 3);
		if (write_works) {
			EXPECT_DONE(&write, 0, 3);
		} else {
			EXPECT_DONE(&write, ERROR_INVALID_PARAMETER, 0);
			EXPECT_AVAILABLE(e.r, 0);
			WRITE_ALL(e.w, "abc", 3);
		}
		request_init(&read);
		read.ov.Offset = offset;
		read.ov.OffsetHigh = offset_high;
		request_read(&read, e.r, got, 10);
		if (read_works) {
			EXPECT_DONE(&read, 0, 3);
		} else {
			EXPECT_DONE(&read, ERROR_INVALID_PARAMETER, 0);
			EXPECT_AVAILABLE(e.r, 3);
		}
	}
}

/* The same on synchronous handles, where reads and writes are of one mind. */
static void offset_gives_on_synchronous(DWORD offset, DWORD offset_high, bool works)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B, 4096) {
		DWORD error = works ? 0 : ERROR_INVALID_PARAMETER;
		struct request read, write;

		request_init(&write);
		write.ov.Offset = offset;
		write.ov.OffsetHigh = offset_high;
		request_write(&write, e.w, "abc", 3);
		EXPECT_DONE(&write, error, works ? 3 : 0);
		if (!works)
			WRITE_ALL(e.w, "abc", 3);
		request_init(&read);
		read.ov.Offset = offset;
		read.ov.OffsetHigh = offset_high;
		request_read(&read, e.r, got, 10);
		EXPECT_DONE(&read, error, works ? 3 : 0);
	}
}

static void positive_offset_is_ignored(void)
{
	offset_gives(1, 0, true, true);
	offset_gives(0, 1, true, true);
}

static void positive_offset_is_87(void)
{
	offset_gives(1, 0, false, false);
	offset_gives(0, 1, false, false);
}

static void uninitialised_overlapped_is_87(void)
{
	offset_gives(0xCCCCCCCC, 0xCCCCCCCC, false, false);
}

static void offset_of_all_ones_is_for_writes_only(void)
{
	bool is_strict = personality() != P_MODERN;

	offset_gives(0xFFFFFFFF, 0xFFFFFFFF, !is_strict, false);
}

static void uninitialised_internals_do_no_harm(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request write;

		request_init(&write);
		write.ov.Internal = 0xCCCCCCCC;
		write.ov.InternalHigh = 0xCCCCCCCC;
		request_write(&write, e.w, "abc", 3);
		EXPECT_DONE(&write, 0, 3);
		EXPECT_AVAILABLE(e.r, 3);
	}
}

/* ---- GetOverlappedResult ---- */

static int n_apcs;

static void CALLBACK apc_count(ULONG_PTR arg)
{
	(void)arg;
	n_apcs++;
}

static void result_matrix(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct request read;
	DWORD n = 77;

	request_init(&read);
	request_read(&read, p.s, got, 10);
	EXPECT_PENDS(&read);
	EXPECT_FAILS(GetOverlappedResult(p.s, &read.ov, &n, FALSE), ERROR_IO_INCOMPLETE);
	EXPECT_TRUE(API(QueueUserAPC)(apc_count, GetCurrentThread(), 0));
	EXPECT_FAILS(API(GetOverlappedResultEx)(p.s, &read.ov, &n, 0, FALSE),
		     ERROR_IO_INCOMPLETE);
	EXPECT_FAILS(API(GetOverlappedResultEx)(p.s, &read.ov, &n, 0, TRUE),
		     ERROR_IO_INCOMPLETE);
	EXPECT_EQ(n_apcs, 0);
	EXPECT_FAILS(API(GetOverlappedResultEx)(p.s, &read.ov, &n, 1, FALSE),
		     WAIT_TIMEOUT);
	EXPECT_EQ(n_apcs, 0);
	EXPECT_FAILS(API(GetOverlappedResultEx)(p.s, &read.ov, &n, CONF_SOON_MS, TRUE),
		     WAIT_IO_COMPLETION);
	EXPECT_EQ(n_apcs, 1);
	EXPECT_FAILS(API(GetOverlappedResultEx)(p.s, &read.ov, &n, 1, TRUE),
		     WAIT_TIMEOUT);
	WRITE_ALL(p.c, "abc", 3);
	EXPECT_TRUE(API(GetOverlappedResultEx)(p.s, &read.ov, &n, CONF_SOON_MS, TRUE));
	EXPECT_EQ(n, 3);
	n = 77;
	EXPECT_TRUE(GetOverlappedResult(p.s, &read.ov, &n, FALSE));
	EXPECT_EQ(n, 3);
}

static void result_may_be_asked_through_another_handle(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct request read;
	DWORD n = 77;

	request_init(&read);
	request_read(&read, p.s, got, 10);
	EXPECT_PENDS(&read);
	WRITE_ALL(p.c, "abc", 3);
	EXPECT_SIGNALED(read.event);
	EXPECT_TRUE(GetOverlappedResult(p.c, &read.ov, &n, TRUE));
	EXPECT_EQ(n, 3);
}

static void result_of_an_error_has_the_count_too(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct request read;
	DWORD n = 77;

	request_init(&read);
	request_read(&read, p.s, got, 10);
	EXPECT_PENDS(&read);
	EXPECT_TRUE(CancelIoEx(p.s, &read.ov));
	EXPECT_FAILS(GetOverlappedResult(p.s, &read.ov, &n, TRUE),
		     ERROR_OPERATION_ABORTED);
	EXPECT_EQ(n, 0);
	EXPECT_STATUS(read.ov.Internal, 0xC0000120);
	EXPECT_EQ(read.ov.InternalHigh, 0);
	EXPECT_SIGNALED(read.event);
}

static void waiting_result_waits_on_the_handle_without_an_event(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct blocked write;
	struct request read;
	DWORD n = 77;

	request_init(&read);
	read.ov.hEvent = NULL;
	request_read(&read, p.s, got, 10);
	EXPECT_PENDS(&read);
	blocked_write(&write, p.c, "abc", 3);
	EXPECT_TRUE(GetOverlappedResult(p.s, &read.ov, &n, TRUE));
	EXPECT_EQ(n, 3);
	EXPECT_RETURNS(&write, 0, 3);
}

const struct conf_case overlapped_request_cases[] = {
	CASE("196", pending_read_touches_and_signals_nothing, "T", "5.1",
	     "a pending read: Internal 0x103, InternalHigh untouched, event and handle reset"),
	CASE("197", completion_sets_the_event_and_not_the_handle, "T", "5.2",
	     "completion of a request with an event sets the event only"),
	CASE("198", completion_without_event_sets_the_handle, "T", "5.2",
	     "completion of a request without an event sets the handle"),
	CASE("5.2", immediate_success_signals_the_same_way, "T", "5.1",
	     "a request that succeeds at once signals like a completed one"),
	CASE("199", synchronous_handle_sets_event_and_handle, "T", "5.2",
	     "a synchronous handle with an event: both are set"),
	CASE("200", immediate_error_resets_the_event_and_writes_nothing, "T", "5.1",
	     "immediate error: event reset, Internal 0x103, InternalHigh unchanged"),
	CASE("5.2", failed_call_leaves_the_handle_reset, "T", "5.2",
	     "after a failed read the handle is not signaled"),
	CASE("201", closed_handle_leaves_the_event_set, "T", "5.1",
	     "a closed handle value: 6, and the event stays set"),
	CASE("202", bad_event_handle_is_6_and_takes_nothing, "T", "5.1",
	     "a bad event handle: 6, nothing touched, no data taken"),
	CASE("202", handle_that_is_no_event_is_6, "I", "5.1",
	     "a handle of another kind as event: 6"),
	CASE("5.3", count_pointer_may_be_null_with_an_overlapped, "T", "5.3",
	     "the count pointer may be NULL when there is an OVERLAPPED"),
	CASE("224", null_buffer_is_998, "T", "5.3",
	     "a NULL buffer with a length fails with 998 at once"),
	CASE("5.3", null_buffer_of_length_0_is_allowed, "T", "5.3",
	     "a NULL buffer of length 0 is allowed"),
	CASE("225", overlapped_handle_without_overlapped_blocks_until_data, "T", "5.9",
	     "an overlapped handle with NULL lpOverlapped: the read blocks until data"),
	CASE("229", bad_handle_sets_the_count_to_0, "T", "5.3",
	     "a bad handle: 6, and the count is set to 0"),
	CASE_END
};

static void offsets_below_the_special_ones_are_87(void)
{
	offset_gives(0xFFFFFFFD, 0xFFFFFFFF, false, false);
	offset_gives(0, 0x80000000, false, false);
}

static void offset_of_minus_two_is_the_current_position(void)
{
	bool is_strict = personality() != P_MODERN;

	offset_gives(0xFFFFFFFE, 0xFFFFFFFF, !is_strict, false);
	offset_gives_on_synchronous(0xFFFFFFFE, 0xFFFFFFFF, !is_strict);
}

const struct conf_case overlapped_offset_cases[] = {
	CASE_FOR(P_ENGINE, "5.4", offsets_below_the_special_ones_are_87, "R", "5.4",
		 "offsets below -2 fail with 87, reads and writes"),
	CASE_FOR(P_ENGINE, "5.4", offset_of_minus_two_is_the_current_position, "RI", "5.4",
		 "offset -2: writes work, reads on synchronous handles only; book and nt4: 87"),
	CASE_FOR(P_MODERN, "226", positive_offset_is_ignored, "R", "5.4",
		 "a positive offset is ignored"),
	CASE_FOR(P_BOOK | P_NT4, "226", positive_offset_is_87, "K B", "5.4",
		 "an offset that is not 0 fails with 87 and moves nothing (Q110148)"),
	CASE_FOR(P_ENGINE, "227", uninitialised_overlapped_is_87, "R", "5.4",
		 "offsets of 0xCCCCCCCC fail with 87, reads and writes"),
	CASE_FOR(
		P_ENGINE, "228", offset_of_all_ones_is_for_writes_only, "R", "5.4",
		"offsets of 0xFFFFFFFF: the write works, the read fails with 87; book and nt4: "
		"both fail"),
	CASE("227", uninitialised_internals_do_no_harm, "R", "5.1",
	     "garbage in Internal and InternalHigh does no harm"),
	CASE_END
};

const struct conf_case overlapped_result_cases[] = {
	CASE("216", result_matrix, "T", "5.10",
	     "GetOverlappedResult(Ex) of a pending request: 996; time-out 0: 996; time-out 1: "
	     "258; alertable with an APC: 192"),
	CASE("5.10", result_may_be_asked_through_another_handle, "T", "5.10",
	     "a finished result can be fetched through the other end's handle"),
	CASE("5.10", result_of_an_error_has_the_count_too, "T", "5.10",
	     "the result of a cancelled request: 995, count 0, event set"),
	CASE("5.10", waiting_result_waits_on_the_handle_without_an_event, "T", "5.10",
	     "GetOverlappedResult with bWait waits on the handle when there is no event"),
	CASE_END
};
