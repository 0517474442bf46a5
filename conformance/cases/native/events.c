/* SPDX-License-Identifier: MIT */
/*
 * Events attached to pipe ends, which NT 3.x to 5 have (npfs-semantics 8.3). Today's systems
 * refuse the two controls: control.c.
 */
#include "conformance/cases/native/calls.h"

/* FILE_PIPE_ASSIGN_EVENT_BUFFER */
struct assign_request {
	HANDLE event;
	ULONG key;
};

/* FILE_PIPE_EVENT_BUFFER */
struct event_entry {
	uint32_t state, type, bytes, key, n_requests;
};

static uint32_t assign(HANDLE h, HANDLE event, ULONG key)
{
	struct assign_request request = {event, key};

	return native_fsctl(h, FSCTL_ASSIGN_EVENT, &request, sizeof(request), NULL, 0);
}

static HANDLE assigned(HANDLE h)
{
	HANDLE event = case_event_new(TRUE);

	EXPECT_TRUE(ResetEvent(event));
	EXPECT_STATUS(assign(h, event, 7), NT_SUCCESS_CODE);
	EXPECT_NOT_SIGNALED(event);
	return event;
}

/* It is set; from now on it is not. */
#define EXPECT_TOLD(event)                                                               \
	do {                                                                             \
		EXPECT_SIGNALED(event);                                                  \
		EXPECT_TRUE(ResetEvent(event));                                          \
	} while (0)

static void data_sets_the_event(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 64);
	HANDLE event = assigned(p.s);

	for (int i = 0; i < 3; i++) {
		WRITE_ALL(p.c, "abc", 3);
		EXPECT_TOLD(event);
	}
	for (int i = 0; i < 3; i++)
		EXPECT_READS(p.s, 16, "abc", 3);
	WRITE_ALL(p.c, "d", 1);
	EXPECT_TOLD(event);
}

static void room_sets_the_event(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	HANDLE event = assigned(p.c);

	WRITE_ALL(p.c, "abc", 3);
	EXPECT_READS(p.s, 1, "a", 1);
	EXPECT_TOLD(event);
	EXPECT_READS(p.s, 2, "bc", 2);
	EXPECT_TOLD(event);
}

static void coming_and_going_set_the_event(void)
{
	const char *name = case_pipe_name();
	HANDLE s, c, event;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX, 0, 1));
	event = assigned(s);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_TOLD(event);
	EXPECT_FAILS(ConnectNamedPipe(s, NULL), ERROR_PIPE_CONNECTED);
	ResetEvent(event);
	EXPECT_TRUE(CloseHandle(c));
	EXPECT_TOLD(event);
	EXPECT_TRUE(DisconnectNamedPipe(s));
	CloseHandle(s);
}

static void next_client_sets_the_event_too(void)
{
	const char *name = case_pipe_name();
	struct request r;
	HANDLE s, c, event;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1));
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	event = assigned(s);
	EXPECT_TRUE(DisconnectNamedPipe(s));
	EXPECT_TRUE(CloseHandle(c));
	request_init(&r);
	request_connect(&r, s);
	EXPECT_PENDS(&r);
	ResetEvent(event);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	EXPECT_DONE(&r, 0, 0);
	EXPECT_TOLD(event);
	WRITE_ALL(c, "a", 1);
	EXPECT_TOLD(event);
}

static void disconnecting_sets_the_event_of_the_client(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	HANDLE event = assigned(p.c);

	EXPECT_TRUE(DisconnectNamedPipe(p.s));
	EXPECT_TOLD(event);
	EXPECT_STATUS(assign(p.c, event, 0), NT_PIPE_DISCONNECTED);
}

static void another_event_takes_its_place(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	HANDLE first = assigned(p.s), second = assigned(p.s);

	WRITE_ALL(p.c, "a", 1);
	EXPECT_TOLD(second);
	EXPECT_NOT_SIGNALED(first);
	EXPECT_STATUS(assign(p.s, NULL, 0), NT_SUCCESS_CODE);
	EXPECT_READS(p.s, 16, "a", 1);
	WRITE_ALL(p.c, "b", 1);
	EXPECT_READS(p.s, 16, "b", 1);
	EXPECT_NOT_SIGNALED(first);
	EXPECT_NOT_SIGNALED(second);
}

static void one_event_may_be_for_two_ends(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	HANDLE event = assigned(p.s);

	EXPECT_STATUS(assign(p.c, event, 8), NT_SUCCESS_CODE);
	WRITE_ALL(p.c, "a", 1);
	EXPECT_TOLD(event);
	WRITE_ALL(p.s, "b", 1);
	EXPECT_TOLD(event);
}

static void what_can_be_done_is_told(void)
{
	struct pair p = pair_new(PAIR_MM, 64, 100);
	struct event_entry entries[3] = {{99, 99, 99, 99, 99}};
	HANDLE event = assigned(p.s), other = case_event_new(TRUE);

	WRITE_ALL(p.c, "abc", 3);
	WRITE_ALL(p.c, "de", 2);
	WRITE_ALL(p.s, "f", 1);
	EXPECT_STATUS(native_fsctl(p.s, FSCTL_QUERY_EVENT, &event, sizeof(event), entries,
				   sizeof(entries)),
		      NT_SUCCESS_CODE);
	EXPECT_EQ(entries[0].state, 3);
	EXPECT_EQ(entries[0].type, 0);
	EXPECT_EQ(entries[0].bytes, 5);
	EXPECT_EQ(entries[0].key, 7);
	EXPECT_EQ(entries[0].n_requests, 2);
	EXPECT_EQ(entries[1].state, 3);
	EXPECT_EQ(entries[1].type, 1);
	EXPECT_EQ(entries[1].bytes, 63);
	EXPECT_EQ(entries[1].key, 7);
	EXPECT_STATUS(native_fsctl(p.s, FSCTL_QUERY_EVENT, &event, sizeof(event), entries,
				   sizeof(entries[0])),
		      NT_BUFFER_OVERFLOW);
	EXPECT_STATUS(native_fsctl(p.s, FSCTL_QUERY_EVENT, &other, sizeof(other), entries,
				   sizeof(entries)),
		      NT_NOT_FOUND);
	EXPECT_STATUS(native_fsctl(p.s, FSCTL_QUERY_EVENT, &event, 4, entries,
				   sizeof(entries)),
		      NT_INVALID_PARAMETER);
}

static void what_is_no_event_is_refused(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	HANDLE event = case_event_new(TRUE), weak = NULL;

	EXPECT_STATUS(assign(p.s, (HANDLE)(uintptr_t)0xdead0, 0), NT_INVALID_HANDLE);
	EXPECT_TRUE(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &weak,
				    SYNCHRONIZE, FALSE, 0));
	EXPECT_STATUS(assign(p.s, weak, 0), NT_ACCESS_DENIED);
	EXPECT_STATUS(native_fsctl(p.s, FSCTL_ASSIGN_EVENT, &event, 4, NULL, 0),
		      NT_INVALID_PARAMETER);
}

static void event_outlives_its_handle(void)
{
	struct pair p = pair_new(PAIR_B, 64, 64);
	HANDLE event = assigned(p.s), copy = NULL;

	EXPECT_TRUE(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0,
				    FALSE, DUPLICATE_SAME_ACCESS));
	EXPECT_TRUE(CloseHandle(event));
	WRITE_ALL(p.c, "a", 1);
	EXPECT_TOLD(copy);
	EXPECT_TRUE(CloseHandle(p.s));
	EXPECT_NOT_SIGNALED(copy);
}

#define CASE_NT4(fn, what) CASE_FOR(P_NT4, "8.3", fn, "R", "8.3", what)

const struct conf_case native_events_cases[] = {
	CASE_NT4(data_sets_the_event, "what the other end writes sets the event"),
	CASE_NT4(room_sets_the_event, "what the other end reads sets the event"),
	CASE_NT4(coming_and_going_set_the_event,
		 "a client that comes or closes sets the server's event"),
	CASE_NT4(next_client_sets_the_event_too,
		 "the event stays with the end when another client comes"),
	CASE_NT4(disconnecting_sets_the_event_of_the_client,
		 "a server that disconnects sets the client's event"),
	CASE_NT4(another_event_takes_its_place,
		 "an end has one event, and none after it was given a NULL handle"),
	CASE_NT4(one_event_may_be_for_two_ends, "ends may share an event"),
	CASE_NT4(what_can_be_done_is_told,
		 "QUERY_EVENT tells what can be read and written, with the key"),
	CASE_NT4(what_is_no_event_is_refused,
		 "what is no event, cannot be set, or is too short is refused"),
	CASE_NT4(event_outlives_its_handle,
		 "the end keeps the event when its handle is closed, and lets go with its own"),
	CASE_END};
