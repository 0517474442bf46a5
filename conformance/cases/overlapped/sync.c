/* SPDX-License-Identifier: MIT */
/*
 * Synchronous handles: one request at a time per file object (npfs-semantics 5.8).
 */
#include "conformance/cases/io/ends.h"
#include "conformance/cases/overlapped/api.h"

static char got[64];

static void peek_call(struct blocked *b)
{
	b->returned = PeekNamedPipe(b->h, NULL, 0, NULL, &b->n, NULL);
	b->error = b->returned ? 0 : GetLastError();
}

static void mode_call(struct blocked *b)
{
	DWORD mode = PIPE_WAIT;

	b->returned = SetNamedPipeHandleState(b->h, &mode, NULL, NULL);
	b->error = b->returned ? 0 : GetLastError();
}

static void info_call(struct blocked *b)
{
	b->returned = GetNamedPipeInfo(b->h, NULL, NULL, NULL, NULL);
	b->error = b->returned ? 0 : GetLastError();
}

/* The handle of a blocked synchronous request is not signaled: proof that it is inside. */
static void read_gets_inside(struct blocked *read, HANDLE h)
{
	blocked_read(read, h, got, 10);
	EXPECT_BLOCKED(read);
	EXPECT_EQ(WaitForSingleObject(h, 0), WAIT_TIMEOUT);
}

static void write_waits_for_the_read_on_the_same_handle(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B, 4096) {
		struct blocked read, write;

		read_gets_inside(&read, e.r);
		blocked_write(&write, e.r, "back", 4);
		EXPECT_BLOCKED(&write);
		EXPECT_AVAILABLE(e.w, 0);
		WRITE_ALL(e.w, "abc", 3);
		EXPECT_RETURNS(&read, 0, 3);
		EXPECT_RETURNS(&write, 0, 4);
		EXPECT_READS(e.w, 10, "back", 4);
	}
}

static void write_through_a_duplicate_waits_as_well(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B, 4096) {
		struct blocked read, write;
		HANDLE copy;

		EXPECT_TRUE(API(DuplicateHandle)(GetCurrentProcess(), e.r,
						 GetCurrentProcess(), &copy, 0, FALSE,
						 DUPLICATE_SAME_ACCESS));
		read_gets_inside(&read, e.r);
		blocked_write(&write, copy, "back", 4);
		EXPECT_BLOCKED(&write);
		WRITE_ALL(e.w, "abc", 3);
		EXPECT_RETURNS(&read, 0, 3);
		EXPECT_RETURNS(&write, 0, 4);
		CloseHandle(copy);
	}
}

static void waits_for_the_read(void (*call)(struct blocked *b))
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B, 4096) {
		struct blocked read, other;

		read_gets_inside(&read, e.r);
		other.h = e.r;
		blocked_start(&other, call);
		EXPECT_BLOCKED(&other);
		WRITE_ALL(e.w, "abc", 3);
		EXPECT_RETURNS(&read, 0, 3);
		EXPECT_RETURNS(&other, 0, 0);
	}
}

static void peek_waits_for_the_read_on_the_same_handle(void)
{
	waits_for_the_read(peek_call);
}

static void mode_change_waits_for_the_read_on_the_same_handle(void)
{
	waits_for_the_read(mode_call);
}

static void info_query_waits_for_the_read_on_the_same_handle(void)
{
	waits_for_the_read(info_call);
}

static void the_other_end_is_not_concerned(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B, 4096) {
		struct blocked read;

		read_gets_inside(&read, e.r);
		EXPECT_AVAILABLE(e.w, 0);
		WRITE_ALL(e.w, "abc", 3);
		EXPECT_RETURNS(&read, 0, 3);
	}
}

static void overlapped_handle_is_not_serialised(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read;

		request_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_PENDS(&read);
		WRITE_ALL(e.r, "back", 4);
		EXPECT_AVAILABLE(e.r, 0);
		EXPECT_READS(e.w, 10, "back", 4);
		WRITE_ALL(e.w, "abc", 3);
		EXPECT_DONE(&read, 0, 3);
	}
}

static void disconnect_call(struct blocked *b)
{
	b->returned = DisconnectNamedPipe(b->h);
	b->error = b->returned ? 0 : GetLastError();
	b->n = 0;
}

static void disconnect_waits_for_the_read_on_the_same_handle(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	struct blocked read, other;

	read_gets_inside(&read, p.s);
	other.h = p.s;
	blocked_start(&other, disconnect_call);
	EXPECT_BLOCKED(&other);
	WRITE_ALL(p.c, "abc", 3);
	EXPECT_RETURNS(&read, 0, 3);
	EXPECT_RETURNS(&other, 0, 0);
	EXPECT_READ_FAILS(p.c, 8, ERROR_PIPE_NOT_CONNECTED, NULL, 0);
}

static void read_waits_for_the_connect_on_the_same_handle(void)
{
	const char *name = case_pipe_name();
	struct blocked connect, read;
	HANDLE s, c;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	blocked_connect(&connect, s);
	EXPECT_BLOCKED(&connect);
	blocked_read(&read, s, got, 10);
	EXPECT_BLOCKED(&read);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_RETURNS(&connect, 0, 0);
	EXPECT_BLOCKED(&read);
	WRITE_ALL(c, "abc", 3);
	EXPECT_RETURNS(&read, 0, 3);
}

static void overlapped_write_without_overlapped_blocks(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4) {
		struct blocked write;

		blocked_write(&write, e.w, "abcdefgh", 8);
		EXPECT_BLOCKED(&write);
		EXPECT_READS(e.r, 16, "abcdefgh", 8);
		EXPECT_RETURNS(&write, 0, 8);
	}
}

const struct conf_case overlapped_sync_cases[] = {
	CASE("5.8", disconnect_waits_for_the_read_on_the_same_handle, "R", "5.8",
	     "DisconnectNamedPipe waits until the ReadFile of another thread ends"),
	CASE("5.8", read_waits_for_the_connect_on_the_same_handle, "R", "5.8",
	     "a ReadFile waits until the ConnectNamedPipe of another thread ends"),
	CASE("5.9", overlapped_write_without_overlapped_blocks, "T", "5.9",
	     "an overlapped handle with NULL lpOverlapped: a write over the quota blocks"),
	CASE("230", write_waits_for_the_read_on_the_same_handle, "R C", "5.8",
	     "synchronous handle: a WriteFile waits until the ReadFile of another thread ends"),
	CASE("230", write_through_a_duplicate_waits_as_well, "R", "5.8",
	     "the same through a duplicate: the lock belongs to the file object"),
	CASE("231", peek_waits_for_the_read_on_the_same_handle, "R", "5.8",
	     "PeekNamedPipe waits likewise"),
	CASE("5.8", mode_change_waits_for_the_read_on_the_same_handle, "R", "5.8",
	     "SetNamedPipeHandleState waits likewise"),
	CASE("5.8", info_query_waits_for_the_read_on_the_same_handle, "R", "5.8",
	     "GetNamedPipeInfo waits likewise"),
	CASE("230", the_other_end_is_not_concerned, "R C", "5.8",
	     "calls through the other end go through while a read is blocked"),
	CASE("5.8", overlapped_handle_is_not_serialised, "R", "5.8",
	     "on an overlapped handle a write does not wait for a pended read"),
	CASE_END
};
