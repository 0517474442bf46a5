/* SPDX-License-Identifier: MIT */
/*
 * NtReadFile, NtWriteFile, flushing and cancelling (npfs-semantics 5).
 */
#include "conformance/cases/native/calls.h"

static uint32_t nt_read(HANDLE h, HANDLE event, iosb_t *iosb, void *buf, ULONG len)
{
	return (uint32_t)NT(NtReadFile)(h, event, NULL, NULL, iosb, buf, len, NULL, NULL);
}

static uint32_t nt_write(HANDLE h, HANDLE event, iosb_t *iosb, const void *buf, ULONG len)
{
	return (uint32_t)NT(NtWriteFile)(h, event, NULL, NULL, iosb, (void *)(uintptr_t)buf,
					 len, NULL, NULL);
}

static void block_has_status_and_count(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 64);
	iosb_t iosb = IOSB_UNTOUCHED;
	char buf[8];

	EXPECT_STATUS(nt_write(p.c, NULL, &iosb, "abcdef", 6), NT_SUCCESS_CODE);
	EXPECT_STATUS(iosb.Status, NT_SUCCESS_CODE);
	EXPECT_EQ(iosb.Information, 6);
	EXPECT_STATUS(nt_read(p.s, NULL, &iosb, buf, 4), NT_BUFFER_OVERFLOW);
	EXPECT_STATUS(iosb.Status, NT_BUFFER_OVERFLOW);
	EXPECT_EQ(iosb.Information, 4);
	EXPECT_STATUS(nt_read(p.s, NULL, &iosb, buf, 4), NT_SUCCESS_CODE);
	EXPECT_EQ(iosb.Information, 2);
	EXPECT_MEM(buf, "ef", 2);
}

static void pended_read_leaves_its_block_until_it_ends(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 64, 64);
	HANDLE event = case_event_new(TRUE);
	iosb_t iosb = IOSB_UNTOUCHED;
	char buf[8];

	EXPECT_STATUS(nt_read(p.s, event, &iosb, buf, sizeof(buf)), NT_PENDING);
	EXPECT_NOT_SIGNALED(event);
	EXPECT_NOT_SIGNALED(p.s);
	EXPECT_IOSB_UNTOUCHED(&iosb);
	WRITE_ALL(p.c, "xy", 2);
	EXPECT_SIGNALED(event);
	EXPECT_STATUS(iosb.Status, NT_SUCCESS_CODE);
	EXPECT_EQ(iosb.Information, 2);
	EXPECT_NOT_SIGNALED(p.s);
}

static void without_event_the_file_is_signaled(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 64, 64);
	iosb_t iosb = IOSB_UNTOUCHED;
	char buf[8];

	EXPECT_STATUS(nt_read(p.s, NULL, &iosb, buf, sizeof(buf)), NT_PENDING);
	EXPECT_NOT_SIGNALED(p.s);
	WRITE_ALL(p.c, "x", 1);
	EXPECT_SIGNALED(p.s);
	EXPECT_EQ(iosb.Information, 1);
}

static void failed_read_leaves_its_block(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 64, 64);
	HANDLE event = case_event_new(TRUE);
	iosb_t iosb = IOSB_UNTOUCHED;
	char buf[8];

	CloseHandle(p.c);
	EXPECT_STATUS(nt_read(p.s, event, &iosb, buf, sizeof(buf)), NT_PIPE_BROKEN);
	EXPECT_IOSB_UNTOUCHED(&iosb);
	EXPECT_NOT_SIGNALED(event);
}

static void null_buffer_is_a_violation(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	iosb_t iosb = IOSB_UNTOUCHED;

	WRITE_ALL(p.c, "x", 1);
	EXPECT_STATUS(nt_read(p.s, NULL, &iosb, NULL, 1), NT_ACCESS_VIOLATION);
}

static void transfers_need_their_rights(void)
{
	const char *name = case_pipe_name();
	iosb_t iosb = IOSB_UNTOUCHED;
	HANDLE s, r, w;
	char buf[8];

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 2));
	EXPECT_HANDLE(r, client_open(name, GENERIC_READ, 0));
	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 2));
	EXPECT_HANDLE(w, client_open(name, GENERIC_WRITE, 0));
	EXPECT_STATUS(nt_write(r, NULL, &iosb, "x", 1), NT_ACCESS_DENIED);
	EXPECT_STATUS(nt_read(w, NULL, &iosb, buf, 1), NT_ACCESS_DENIED);
	EXPECT_IOSB_UNTOUCHED(&iosb);
}

static void transfer_on_no_file_is_a_type_mismatch(void)
{
	HANDLE event = case_event_new(FALSE);
	iosb_t iosb = IOSB_UNTOUCHED;
	char buf[8];

	EXPECT_STATUS(nt_read(event, NULL, &iosb, buf, 1), NT_OBJECT_TYPE_MISMATCH);
	CloseHandle(event);
	EXPECT_STATUS(nt_read(event, NULL, &iosb, buf, 1), NT_INVALID_HANDLE);
}

static void negative_offsets_are_invalid(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	iosb_t iosb = IOSB_UNTOUCHED;
	LARGE_INTEGER offset;
	char buf[8] = "x";
	ULONG key = 7;

	offset.QuadPart = -3;
	EXPECT_STATUS(NT(NtWriteFile)(p.c, NULL, NULL, NULL, &iosb, buf, 1, &offset, NULL),
		      NT_INVALID_PARAMETER);
	EXPECT_STATUS(NT(NtReadFile)(p.s, NULL, NULL, NULL, &iosb, buf, 1, &offset, NULL),
		      NT_INVALID_PARAMETER);
	EXPECT_IOSB_UNTOUCHED(&iosb);
	offset.QuadPart = 0;
	EXPECT_STATUS(NT(NtWriteFile)(p.c, NULL, NULL, NULL, &iosb, buf, 1, &offset, &key),
		      NT_SUCCESS_CODE);
}

/* ---- APCs ---- */

struct apc_seen {
	unsigned n;
	iosb_t *iosb;
	ULONG reserved;
};

static void WINAPI apc_sees(void *context, iosb_t *iosb, ULONG reserved)
{
	struct apc_seen *seen = context;

	seen->n++;
	seen->iosb = iosb;
	seen->reserved = reserved;
}

static void apc_runs_in_an_alertable_wait(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 64, 64);
	struct apc_seen seen = {0, NULL, 7};
	iosb_t iosb = IOSB_UNTOUCHED;
	HANDLE never = case_event_new(FALSE);
	char buf[8];

	EXPECT_STATUS(NT(NtReadFile)(p.s, NULL, apc_sees, &seen, &iosb, buf, sizeof(buf),
				     NULL, NULL),
		      NT_PENDING);
	WRITE_ALL(p.c, "x", 1);
	EXPECT_EQ(seen.n, 0);
	EXPECT_EQ(late_wait_alertable(never, CONF_SOON_MS), WAIT_IO_COMPLETION);
	EXPECT_EQ(seen.n, 1);
	EXPECT_THAT(seen.iosb == &iosb);
	EXPECT_EQ(seen.reserved, 0);
	EXPECT_EQ(iosb.Information, 1);
}

static void apc_on_a_file_with_a_port_is_invalid(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 64, 64);
	HANDLE port = late_port_for(p.s, 5);
	iosb_t iosb = IOSB_UNTOUCHED;
	struct apc_seen seen = {0};
	char buf[8];

	EXPECT_THAT(port != NULL);
	EXPECT_STATUS(NT(NtReadFile)(p.s, NULL, apc_sees, &seen, &iosb, buf, sizeof(buf),
				     NULL, NULL),
		      NT_INVALID_PARAMETER);
	EXPECT_IOSB_UNTOUCHED(&iosb);
}

static void packet_carries_the_context(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 64, 64);
	HANDLE port = late_port_for(p.s, 5);
	iosb_t iosb = IOSB_UNTOUCHED;
	OVERLAPPED *got = NULL;
	ULONG_PTR key = 0;
	char buf[8];
	DWORD n = 0;

	EXPECT_STATUS(NT(NtReadFile)(p.s, NULL, NULL, (void *)(uintptr_t)0x1234, &iosb, buf,
				     sizeof(buf), NULL, NULL),
		      NT_PENDING);
	WRITE_ALL(p.c, "xyz", 3);
	EXPECT_TRUE(late_get_packet(port, &n, &key, &got, CONF_SOON_MS));
	EXPECT_EQ(n, 3);
	EXPECT_EQ(key, 5);
	EXPECT_EQ((uintptr_t)got, 0x1234);
}

static void no_context_means_no_packet(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 64, 64);
	HANDLE port = late_port_for(p.s, 5), event = case_event_new(FALSE);
	iosb_t iosb = IOSB_UNTOUCHED;
	OVERLAPPED *got = NULL;
	ULONG_PTR key;
	char buf[8];
	DWORD n;

	EXPECT_STATUS(nt_read(p.s, event, &iosb, buf, sizeof(buf)), NT_PENDING);
	WRITE_ALL(p.c, "x", 1);
	EXPECT_SIGNALED(event);
	EXPECT_FAILS(late_get_packet(port, &n, &key, &got, 0), WAIT_TIMEOUT);
}

static void queued_apc_aborts_an_alertable_read(void)
{
	const struct native *nt = native_need();
	struct apc_seen seen = {0};
	struct native_create c;
	iosb_t iosb = IOSB_UNTOUCHED;
	const char *name = case_pipe_name();
	HANDLE client;
	char buf[8];

	native_create_default(&c, native_pipe_name(name));
	c.options = NATIVE_SYNC_ALERT;
	EXPECT_STATUS(native_create(&c), NT_SUCCESS_CODE);
	EXPECT_HANDLE(client, client_open(name, CLIENT_BOTH, 0));
	EXPECT_STATUS(nt->queue_apc(GetCurrentThread(), apc_sees, &seen, NULL, NULL),
		      NT_SUCCESS_CODE);
	EXPECT_STATUS(nt_read(c.h, NULL, &iosb, buf, sizeof(buf)), NT_CANCELLED);
	EXPECT_EQ(seen.n, 1);
	EXPECT_IOSB_UNTOUCHED(&iosb);
	WRITE_ALL(client, "x", 1);
	EXPECT_STATUS(nt_read(c.h, NULL, &iosb, buf, sizeof(buf)), NT_SUCCESS_CODE);
	EXPECT_EQ(iosb.Information, 1);
}

/* ---- flushing and cancelling ---- */

static void flush_of_nothing_succeeds(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 64, 64);
	iosb_t iosb = IOSB_UNTOUCHED;

	EXPECT_STATUS(NT(NtFlushBuffersFile)(p.s, &iosb), NT_SUCCESS_CODE);
	EXPECT_STATUS(iosb.Status, NT_SUCCESS_CODE);
	EXPECT_EQ(iosb.Information, 0);
}

static void cancel_of_a_request_by_its_block(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 64, 64);
	HANDLE first = case_event_new(FALSE), second = case_event_new(FALSE);
	iosb_t one = IOSB_UNTOUCHED, two = IOSB_UNTOUCHED, answer = IOSB_UNTOUCHED;
	char buf[8], more[8];

	EXPECT_STATUS(nt_read(p.s, first, &one, buf, sizeof(buf)), NT_PENDING);
	EXPECT_STATUS(nt_read(p.s, second, &two, more, sizeof(more)), NT_PENDING);
	EXPECT_STATUS(NT(NtCancelIoFileEx)(p.s, &two, &answer), NT_SUCCESS_CODE);
	EXPECT_STATUS(answer.Status, NT_SUCCESS_CODE);
	EXPECT_SIGNALED(second);
	EXPECT_STATUS(two.Status, NT_CANCELLED);
	EXPECT_EQ(two.Information, 0);
	EXPECT_NOT_SIGNALED(first);
	EXPECT_STATUS(NT(NtCancelIoFileEx)(p.s, &two, &answer), NT_NOT_FOUND);
	EXPECT_STATUS(NT(NtCancelIoFile)(p.s, &answer), NT_SUCCESS_CODE);
	EXPECT_SIGNALED(first);
	EXPECT_STATUS(one.Status, NT_CANCELLED);
	EXPECT_STATUS(NT(NtCancelIoFile)(p.s, &answer), NT_SUCCESS_CODE);
}

struct reader {
	HANDLE h, started, done;
	iosb_t iosb;
	char buf[8];
	uint32_t status;
};

static DWORD WINAPI reader_main(void *arg)
{
	struct reader *r = arg;

	SetEvent(r->started);
	r->status = nt_read(r->h, NULL, &r->iosb, r->buf, sizeof(r->buf));
	SetEvent(r->done);
	return 0;
}

static HANDLE reader_start(struct reader *r, HANDLE h)
{
	const iosb_t untouched = IOSB_UNTOUCHED;
	HANDLE thread;

	r->h = h;
	r->iosb = untouched;
	r->started = case_event_new(FALSE);
	r->done = case_event_new(FALSE);
	NT(NtReadFile);
	EXPECT_HANDLE(thread, CreateThread(NULL, 0, reader_main, r, 0, NULL));
	EXPECT_SIGNALED(r->started);
	EXPECT_EQ(WaitForSingleObject(r->done, CONF_WATCH_MS), WAIT_TIMEOUT);
	return thread;
}

static void cancel_of_a_blocked_read_asks_for_its_block(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	struct reader r;
	iosb_t other = IOSB_UNTOUCHED, answer = IOSB_UNTOUCHED;
	HANDLE thread = reader_start(&r, p.s);

	EXPECT_STATUS(NT(NtCancelSynchronousIoFile)(thread, &other, &answer), NT_NOT_FOUND);
	EXPECT_STATUS(NT(NtCancelSynchronousIoFile)(thread, &r.iosb, &answer),
		      NT_SUCCESS_CODE);
	EXPECT_STATUS(answer.Status, NT_SUCCESS_CODE);
	EXPECT_EQ(answer.Information, 0);
	EXPECT_SIGNALED(r.done);
	EXPECT_STATUS(r.status, NT_CANCELLED);
	EXPECT_IOSB_UNTOUCHED(&r.iosb);
}

static void cancel_without_answer_is_a_violation(void)
{
	EXPECT_STATUS(NT(NtCancelSynchronousIoFile)(GetCurrentThread(), NULL, NULL),
		      NT_ACCESS_VIOLATION);
}

const struct conf_case native_transfer_cases[] = {
	CASE("5.1", block_has_status_and_count, "T", "5.1",
	     "a transfer that is over at once has written status and count"),
	CASE("196", pended_read_leaves_its_block_until_it_ends, "T", "5.1",
	     "a pended read leaves its block untouched, then sets block and event only"),
	CASE("198", without_event_the_file_is_signaled, "T", "5.2",
	     "without an event the file is signaled when a read ends"),
	CASE("200", failed_read_leaves_its_block, "T", "5.1",
	     "a read that fails at once resets the event and writes no block"),
	CASE("224", null_buffer_is_a_violation, "T", "5.3",
	     "a NULL buffer with a length is ACCESS_VIOLATION"),
	CASE("9.2", transfers_need_their_rights, "R", "9.2",
	     "without the right a transfer is ACCESS_DENIED and touches nothing"),
	CASE("8.5", transfer_on_no_file_is_a_type_mismatch, "T", "8.5",
	     "reading an event is a type mismatch, a closed handle INVALID_HANDLE"),
	CASE("5.4", negative_offsets_are_invalid, "R", "5.4",
	     "an offset below -2 is INVALID_PARAMETER, 0 and any key are fine"),
	CASE("5.6", apc_runs_in_an_alertable_wait, "T", "5.6",
	     "a native APC runs in an alertable wait with its context, the block and 0"),
	CASE("213", apc_on_a_file_with_a_port_is_invalid, "T", "5.5",
	     "an APC on a file with a port is INVALID_PARAMETER"),
	CASE("5.5", packet_carries_the_context, "T", "5.5",
	     "the packet's OVERLAPPED is the context, whatever that is"),
	CASE("5.5", no_context_means_no_packet, "T", "5.5",
	     "a request without context queues no packet"),
	CASE("5.8", queued_apc_aborts_an_alertable_read, "T", "5.8",
	     "an APC queued before aborts a read on an alertable file, block untouched"),
	CASE("4.8", flush_of_nothing_succeeds, "T", "4.8",
	     "a flush with nothing queued succeeds at once"),
	CASE("5.7", cancel_of_a_request_by_its_block, "T", "5.7",
	     "NtCancelIoFileEx finds requests by their block; NtCancelIoFile always succeeds"),
	CASE("5.7", cancel_of_a_blocked_read_asks_for_its_block, "T", "5.7",
	     "NtCancelSynchronousIoFile cancels only the call with the given block"),
	CASE("5.7", cancel_without_answer_is_a_violation, "T", "5.7",
	     "NtCancelSynchronousIoFile without a result block is ACCESS_VIOLATION"),
	CASE_END};
