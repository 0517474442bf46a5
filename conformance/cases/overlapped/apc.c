/* SPDX-License-Identifier: MIT */
/*
 * Completion routines: when they run and what they get; and that a synchronous call runs
 * none (npfs-semantics 5.6, 5.8).
 */
#include "conformance/cases/io/ends.h"
#include "conformance/cases/overlapped/api.h"

static char got[64];

/* What the completion routines of this thread have seen, in order. */
static struct {
	DWORD error, n;
	OVERLAPPED *ov;
} calls[8];
static volatile unsigned n_calls;

static void CALLBACK routine(DWORD error, DWORD n, OVERLAPPED *ov)
{
	if (n_calls < 8) {
		calls[n_calls].error = error;
		calls[n_calls].n = n;
		calls[n_calls].ov = ov;
	}
	n_calls++;
}

static volatile LONG n_user_apcs;

static void CALLBACK user_apc(ULONG_PTR arg)
{
	(void)arg;
	InterlockedIncrement(&n_user_apcs);
}

static void routine_ran(unsigned i, DWORD error, DWORD n, OVERLAPPED *ov)
{
	EXPECT_THAT(n_calls > i);
	EXPECT_ERROR(calls[i].error, error);
	EXPECT_EQ(calls[i].n, n);
	EXPECT_THAT(calls[i].ov == ov);
}

static void routine_runs_only_in_an_alertable_wait(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		OVERLAPPED ov = {0};

		n_calls = 0;
		WRITE_ALL(e.w, "abc", 3);
		EXPECT_TRUE(API(ReadFileEx)(e.r, got, 10, &ov, routine));
		EXPECT_EQ(n_calls, 0);
		EXPECT_EQ(API(SleepEx)(0, FALSE), 0);
		EXPECT_EQ(n_calls, 0);
		EXPECT_EQ(API(SleepEx)(CONF_SOON_MS, TRUE), WAIT_IO_COMPLETION);
		EXPECT_EQ(n_calls, 1);
		EXPECT_MEM(got, "abc", 3);
	}
}

static void routine_of_a_pended_read_gets_error_count_and_pointer(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		OVERLAPPED ov = {0};

		n_calls = 0;
		EXPECT_TRUE(API(ReadFileEx)(e.r, got, 10, &ov, routine));
		EXPECT_EQ(API(SleepEx)(0, TRUE), 0);
		WRITE_ALL(e.w, "abcd", 4);
		EXPECT_EQ(API(SleepEx)(CONF_SOON_MS, TRUE), WAIT_IO_COMPLETION);
		EXPECT_EQ(n_calls, 1);
		routine_ran(0, 0, 4, &ov);
		EXPECT_EQ(API(SleepEx)(0, TRUE), 0);
	}
}

static void routine_of_a_short_message_read_gets_234(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, 4096) {
		OVERLAPPED ov = {0};

		n_calls = 0;
		WRITE_ALL(e.w, "0123456789", 10);
		EXPECT_TRUE(API(ReadFileEx)(e.r, got, 4, &ov, routine));
		EXPECT_EQ(API(SleepEx)(CONF_SOON_MS, TRUE), WAIT_IO_COMPLETION);
		routine_ran(0, ERROR_MORE_DATA, 4, &ov);
	}
}

static void routine_of_a_write(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4) {
		OVERLAPPED ov = {0};

		n_calls = 0;
		EXPECT_TRUE(API(WriteFileEx)(e.w, "0123456", 7, &ov, routine));
		EXPECT_EQ(API(SleepEx)(CONF_WATCH_MS, TRUE), 0);
		EXPECT_READS(e.r, 3, "012", 3);
		EXPECT_EQ(API(SleepEx)(CONF_SOON_MS, TRUE), WAIT_IO_COMPLETION);
		routine_ran(0, 0, 7, &ov);
	}
}

static void refused_call_runs_no_routine(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	OVERLAPPED ov = {0};

	CloseHandle(p.c);
	EXPECT_FAILS(API(ReadFileEx)(p.s, got, 10, &ov, routine), ERROR_BROKEN_PIPE);
	EXPECT_FAILS(API(WriteFileEx)(p.s, "x", 1, &ov, routine), ERROR_NO_DATA);
	EXPECT_EQ(API(SleepEx)(CONF_WATCH_MS, TRUE), 0);
	EXPECT_EQ(n_calls, 0);
}

static void routines_run_in_the_order_of_completion(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_OV, 4096, 4096);
	OVERLAPPED ov[3];

	memset(ov, 0, sizeof(ov));
	for (int i = 0; i < 3; i++)
		EXPECT_TRUE(API(ReadFileEx)(p.s, got + 8 * i, 8, &ov[i], routine));
	WRITE_ALL(p.c, "a", 1);
	WRITE_ALL(p.c, "bb", 2);
	WRITE_ALL(p.c, "ccc", 3);
	while (n_calls < 3)
		EXPECT_EQ(API(SleepEx)(CONF_SOON_MS, TRUE), WAIT_IO_COMPLETION);
	for (unsigned i = 0; i < 3; i++)
		routine_ran(i, 0, i + 1, &ov[i]);
}

static void two_reads_sharing_an_overlapped_are_cancelled_together(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	OVERLAPPED ov = {0};

	EXPECT_TRUE(API(ReadFileEx)(p.s, got, 8, &ov, routine));
	EXPECT_TRUE(API(ReadFileEx)(p.s, got + 8, 8, &ov, routine));
	EXPECT_TRUE(CancelIoEx(p.s, &ov));
	while (n_calls < 2)
		EXPECT_EQ(API(SleepEx)(CONF_SOON_MS, TRUE), WAIT_IO_COMPLETION);
	routine_ran(0, ERROR_OPERATION_ABORTED, 0, &ov);
	routine_ran(1, ERROR_OPERATION_ABORTED, 0, &ov);
	EXPECT_EQ(API(SleepEx)(0, TRUE), 0);
	EXPECT_EQ(n_calls, 2);
}

static void synchronous_handle_takes_a_routine(void)
{
	struct pair p = pair_new(PAIR_B, 4096, 4096);
	OVERLAPPED ov = {0};

	WRITE_ALL(p.c, "abc", 3);
	EXPECT_TRUE(API(ReadFileEx)(p.s, got, 10, &ov, routine));
	EXPECT_EQ(n_calls, 0);
	EXPECT_EQ(API(SleepEx)(CONF_SOON_MS, TRUE), WAIT_IO_COMPLETION);
	routine_ran(0, 0, 3, &ov);
}

/* The APC counter when the call came back, in b->len. */
static void read_and_count(struct blocked *b)
{
	b->returned = ReadFile(b->h, got, 10, &b->n, NULL);
	b->error = b->returned ? 0 : GetLastError();
	b->len = (DWORD)n_user_apcs;
	if (API(SleepEx)(CONF_SOON_MS, TRUE) != WAIT_IO_COMPLETION)
		b->len = 99;
}

static void connect_and_count(struct blocked *b)
{
	b->returned = ConnectNamedPipe(b->h, NULL);
	b->error = b->returned ? 0 : GetLastError();
	b->len = (DWORD)n_user_apcs;
	if (API(SleepEx)(CONF_SOON_MS, TRUE) != WAIT_IO_COMPLETION)
		b->len = 99;
}

static void synchronous_read_runs_no_apc(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B, 4096) {
		struct blocked read;

		n_user_apcs = 0;
		read.h = e.r;
		blocked_start(&read, read_and_count);
		EXPECT_BLOCKED(&read);
		EXPECT_TRUE(API(QueueUserAPC)(user_apc, read.thread, 0));
		EXPECT_BLOCKED(&read);
		EXPECT_EQ(n_user_apcs, 0);
		WRITE_ALL(e.w, "x", 1);
		EXPECT_RETURNS(&read, 0, 1);
		EXPECT_EQ(read.len, 0);
		EXPECT_EQ(n_user_apcs, 1);
	}
}

static void synchronous_connect_runs_no_apc(void)
{
	const char *name = case_pipe_name();
	struct blocked connect;
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1));
	connect.h = s;
	blocked_start(&connect, connect_and_count);
	EXPECT_BLOCKED(&connect);
	EXPECT_TRUE(API(QueueUserAPC)(user_apc, connect.thread, 0));
	EXPECT_BLOCKED(&connect);
	EXPECT_EQ(n_user_apcs, 0);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_RETURNS(&connect, 0, 0);
	EXPECT_EQ(connect.len, 0);
	EXPECT_EQ(n_user_apcs, 1);
}

const struct conf_case overlapped_apc_cases[] = {
	CASE("214", routine_runs_only_in_an_alertable_wait, "T", "5.6",
	     "ReadFileEx with data ready: the routine runs in the next alertable wait, never "
	     "before"),
	CASE("215", routine_of_a_pended_read_gets_error_count_and_pointer, "T", "5.6",
	     "a completion routine gets 0, the count and the same pointer"),
	CASE("5.6", routine_of_a_short_message_read_gets_234, "R", "5.6",
	     "ReadFileEx of a message that does not fit: TRUE, and the routine gets 234"),
	CASE("5.6", routine_of_a_write, "R", "5.6",
	     "the routine of a stalled write runs when the write is granted, with its full "
	     "count"),
	CASE("5.6", refused_call_runs_no_routine, "T", "5.6",
	     "ReadFileEx and WriteFileEx that fail at once run no routine"),
	CASE("5.6", routines_run_in_the_order_of_completion, "R", "5.6",
	     "three completed reads: their routines run in order"),
	CASE("219", two_reads_sharing_an_overlapped_are_cancelled_together, "T", "5.7",
	     "two reads with one OVERLAPPED: CancelIoEx cancels both, two routines run"),
	CASE("5.6", synchronous_handle_takes_a_routine, "I", "5.6",
	     "ReadFileEx on a synchronous handle reads, and the routine still waits for an "
	     "alertable wait"),
	CASE("232", synchronous_read_runs_no_apc, "T", "5.8",
	     "a user APC queued to a thread in ReadFile does not run before it returns"),
	CASE("232", synchronous_connect_runs_no_apc, "T", "5.8",
	     "nor does one queued to a thread in ConnectNamedPipe"),
	CASE_END
};
