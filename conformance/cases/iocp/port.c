/* SPDX-License-Identifier: MIT */
/*
 * Completion ports and pipe handles: when a packet is queued, what it holds, and what keeps
 * it away (npfs-semantics 5.5, 5.11).
 *
 * That a call queued no packet is shown without waiting: a packet posted afterwards is the
 * next one that comes.
 */
#include "conformance/cases/io/ends.h"
#include "conformance/cases/overlapped/api.h"
#include "conformance/cases/roles.h"
#include "conformance/native.h"

#include <stdlib.h>

#define KEY     0xC0FFEE
#define POSTED  0x90057ED
#define PENDING 0x00000103u

#define CLASS_COMPLETION_NOTIFICATION 41

static char got[64];

/* The next packet is this one. */
static void packet_is(HANDLE port, ULONG_PTR wanted_key, const OVERLAPPED *wanted_ov,
		      DWORD wanted_error, DWORD wanted_n)
{
	OVERLAPPED *ov = (OVERLAPPED *)(uintptr_t)0x55;
	ULONG_PTR key = 77;
	DWORD n = 77, error;
	BOOL ok = late_get_packet(port, &n, &key, &ov, CONF_SOON_MS);

	error = ok ? 0 : GetLastError();
	EXPECT_THAT(ov == wanted_ov);
	EXPECT_ERROR(error, wanted_error);
	EXPECT_EQ(ok, wanted_error == 0);
	EXPECT_EQ(n, wanted_n);
	EXPECT_HEX(key, wanted_key);
}

static void port_is_empty(HANDLE port)
{
	EXPECT_TRUE(API(PostQueuedCompletionStatus)(port, 5, POSTED, NULL));
	packet_is(port, POSTED, NULL, 0, 5);
}

static void skip_on(HANDLE h, UCHAR flags)
{
	EXPECT_TRUE(API(SetFileCompletionNotificationModes)(h, flags));
}

static void pended_read_queues_a_packet(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		HANDLE port = late_port_for(e.r, KEY);
		struct request read;

		request_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_PENDS(&read);
		port_is_empty(port);
		WRITE_ALL(e.w, "abc", 3);
		packet_is(port, KEY, &read.ov, 0, 3);
		EXPECT_SIGNALED(read.event);
		EXPECT_DONE(&read, 0, 3);
		port_is_empty(port);
	}
}

static void immediate_success_queues_a_packet(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		HANDLE port = late_port_for(e.r, KEY);
		struct request read, write;

		WRITE_ALL(e.w, "abc", 3);
		request_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_AT_ONCE(&read, 0, 3);
		packet_is(port, KEY, &read.ov, 0, 3);
		request_init(&write);
		request_write(&write, e.r, "back", 4);
		EXPECT_AT_ONCE(&write, 0, 4);
		packet_is(port, KEY, &write.ov, 0, 4);
		port_is_empty(port);
	}
}

static void immediate_error_queues_none(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	HANDLE port = late_port_for(p.s, KEY);
	struct request r;

	CloseHandle(p.c);
	request_init(&r);
	request_read(&r, p.s, got, 10);
	EXPECT_ERROR(r.error, ERROR_BROKEN_PIPE);
	port_is_empty(port);
	request_write(&r, p.s, "x", 1);
	EXPECT_ERROR(r.error, ERROR_NO_DATA);
	port_is_empty(port);
	request_connect(&r, p.s);
	EXPECT_ERROR(r.error, ERROR_NO_DATA);
	port_is_empty(port);
}

static void connect_queues_a_packet_when_the_client_comes(void)
{
	const char *name = case_pipe_name();
	struct request connect;
	HANDLE s, c, port;

	EXPECT_HANDLE(s, server_new(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
				    PIPE_TYPE_BYTE, 1));
	port = late_port_for(s, KEY);
	request_init(&connect);
	request_connect(&connect, s);
	EXPECT_PENDS(&connect);
	EXPECT_HANDLE(c, client_open(name, CLIENT_BOTH, 0));
	packet_is(port, KEY, &connect.ov, 0, 0);
}

static void connect_after_the_client_queues_none(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	HANDLE port = late_port_for(p.s, KEY);
	struct request connect;

	request_init(&connect);
	SetEvent(connect.event);
	request_connect(&connect, p.s);
	EXPECT_ERROR(connect.error, ERROR_PIPE_CONNECTED);
	EXPECT_STATUS(connect.ov.Internal, PENDING);
	EXPECT_NOT_SIGNALED(connect.event);
	port_is_empty(port);
}

static void short_message_read_is_a_failed_packet_with_its_count(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, 4096) {
		HANDLE port = late_port_for(e.r, KEY);
		struct request read;

		WRITE_ALL(e.w, "0123456789", 10);
		request_init(&read);
		request_read(&read, e.r, got, 4);
		packet_is(port, KEY, &read.ov, ERROR_MORE_DATA, 4);
		port_is_empty(port);
	}
}

static void low_bit_of_the_event_keeps_the_packet_away(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		HANDLE port = late_port_for(e.r, KEY);
		struct request read;

		request_init(&read);
		read.ov.hEvent = (HANDLE)((uintptr_t)read.event | 1);
		request_read(&read, e.r, got, 10);
		EXPECT_PENDS(&read);
		WRITE_ALL(e.w, "abc", 3);
		EXPECT_SIGNALED(read.event);
		EXPECT_STATUS(read.ov.Internal, 0);
		EXPECT_EQ(read.ov.InternalHigh, 3);
		port_is_empty(port);
	}
}

static void skip_on_success_drops_the_packet_of_an_immediate_success_only(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		HANDLE port = late_port_for(e.r, KEY);
		struct request read;

		skip_on(e.r, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS);
		WRITE_ALL(e.w, "abc", 3);
		request_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_AT_ONCE(&read, 0, 3);
		port_is_empty(port);
		request_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_PENDS(&read);
		WRITE_ALL(e.w, "de", 2);
		packet_is(port, KEY, &read.ov, 0, 2);
	}
}

static void skip_on_success_and_a_short_message_read(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_MM | PAIR_OV, 4096) {
		HANDLE port = late_port_for(e.r, KEY);
		struct request read;

		skip_on(e.r, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS);
		WRITE_ALL(e.w, "0123456789", 10);
		request_init(&read);
		request_read(&read, e.r, got, 4);
		EXPECT_PENDS(&read);
		packet_is(port, KEY, &read.ov, ERROR_MORE_DATA, 4);
		EXPECT_STATUS(read.ov.Internal, NT_BUFFER_OVERFLOW);
	}
}

static void skip_flags_stay(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	HANDLE port = late_port_for(p.s, KEY);
	struct request read;

	skip_on(p.s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS);
	skip_on(p.s, 0);
	WRITE_ALL(p.c, "abc", 3);
	request_init(&read);
	request_read(&read, p.s, got, 10);
	EXPECT_AT_ONCE(&read, 0, 3);
	port_is_empty(port);
}

static void skip_flags_need_an_overlapped_handle(void)
{
	struct pair p = pair_new(PAIR_B, 4096, 4096);

	EXPECT_FAILS(API(SetFileCompletionNotificationModes)(
			     p.s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS),
		     ERROR_INVALID_PARAMETER);
	EXPECT_FAILS(API(SetFileCompletionNotificationModes)(
			     p.c, FILE_SKIP_SET_EVENT_ON_HANDLE),
		     ERROR_INVALID_PARAMETER);
}

static void unknown_skip_flags_are_ignored(void)
{
	const struct native *nt = native_need();
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	HANDLE port = late_port_for(p.s, KEY);
	struct request read;
	IO_STATUS_BLOCK iosb;
	ULONG flags = 0xFFFFFF00;

	EXPECT_STATUS(nt->set_file(p.s, &iosb, &flags, sizeof(flags),
				   CLASS_COMPLETION_NOTIFICATION),
		      NT_SUCCESS_CODE);
	WRITE_ALL(p.c, "abc", 3);
	request_init(&read);
	request_read(&read, p.s, got, 10);
	EXPECT_AT_ONCE(&read, 0, 3);
	packet_is(port, KEY, &read.ov, 0, 3);
}

static void skip_event_leaves_the_handle_unsignaled(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		HANDLE port = late_port_for(e.r, KEY);
		struct request read;

		EXPECT_EQ(WaitForSingleObject(e.r, 0), WAIT_OBJECT_0);
		skip_on(e.r, FILE_SKIP_SET_EVENT_ON_HANDLE);
		EXPECT_NOT_SIGNALED(e.r);
		WRITE_ALL(e.w, "abc", 3);
		request_init(&read);
		read.ov.hEvent = NULL;
		request_read(&read, e.r, got, 1);
		packet_is(port, KEY, &read.ov, 0, 1);
		EXPECT_NOT_SIGNALED(e.r);
		request_read(&read, e.r, got, 1);
		packet_is(port, KEY, &read.ov, 0, 1);
		EXPECT_NOT_SIGNALED(e.r);
	}
}

static void synchronous_handle_has_no_port(void)
{
	struct pair p = pair_new(PAIR_B, 4096, 4096);
	HANDLE port;

	port = API(CreateIoCompletionPort)(INVALID_HANDLE_VALUE, NULL, 0, 0);
	EXPECT_THAT(port != NULL);
	EXPECT_FAILS(API(CreateIoCompletionPort)(p.s, port, KEY, 0) != NULL,
		     ERROR_INVALID_PARAMETER);
	EXPECT_FAILS(API(CreateIoCompletionPort)(p.c, port, KEY, 0) != NULL,
		     ERROR_INVALID_PARAMETER);
}

static void second_association_is_87(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	HANDLE port = late_port_for(p.s, KEY);

	EXPECT_FAILS(API(CreateIoCompletionPort)(p.s, port, KEY + 1, 0) != NULL,
		     ERROR_INVALID_PARAMETER);
	EXPECT_FAILS(API(CreateIoCompletionPort)(late_duplicate(p.s), port, KEY + 1, 0) !=
			     NULL,
		     ERROR_INVALID_PARAMETER);
}

static void association_belongs_to_the_file_object(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	HANDLE copy = late_duplicate(p.s);
	HANDLE port = late_port_for(p.s, KEY);
	struct request read;

	request_init(&read);
	request_read(&read, copy, got, 10);
	EXPECT_PENDS(&read);
	WRITE_ALL(p.c, "abc", 3);
	packet_is(port, KEY, &read.ov, 0, 3);
}

static void one_port_serves_both_ends(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	HANDLE port = late_port_for(p.s, KEY);
	struct request s_read, c_read;

	EXPECT_THAT(API(CreateIoCompletionPort)(p.c, port, KEY + 1, 0) == port);
	request_init(&s_read);
	request_init(&c_read);
	request_read(&s_read, p.s, got, 10);
	request_read(&c_read, p.c, got + 10, 10);
	EXPECT_PENDS(&c_read);
	EXPECT_TRUE(CancelIoEx(p.s, NULL));
	packet_is(port, KEY, &s_read.ov, ERROR_OPERATION_ABORTED, 0);
	EXPECT_TRUE(CancelIoEx(p.c, NULL));
	packet_is(port, KEY + 1, &c_read.ov, ERROR_OPERATION_ABORTED, 0);
}

static void association_after_the_read_was_issued(void)
{
	struct ends e;

	FOR_BOTH_DIRECTIONS(e, PAIR_B | PAIR_OV, 4096) {
		struct request read;
		HANDLE port;

		request_init(&read);
		request_read(&read, e.r, got, 10);
		EXPECT_PENDS(&read);
		port = late_port_for(e.r, KEY);
		WRITE_ALL(e.w, "abc", 3);
		packet_is(port, KEY, &read.ov, 0, 3);
	}
}

static unsigned n_routines;

static void CALLBACK routine(DWORD error, DWORD n, OVERLAPPED *ov)
{
	(void)ov;
	EXPECT_ERROR(error, 0);
	EXPECT_EQ(n, 3);
	n_routines++;
}

static void association_after_a_read_with_routine(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	OVERLAPPED ov = {0};
	HANDLE port;

	EXPECT_TRUE(API(ReadFileEx)(p.s, got, 10, &ov, routine));
	port = late_port_for(p.s, KEY);
	WRITE_ALL(p.c, "abc", 3);
	EXPECT_EQ(API(SleepEx)(CONF_SOON_MS, TRUE), WAIT_IO_COMPLETION);
	EXPECT_EQ(n_routines, 1);
	port_is_empty(port);
}

static void routine_on_an_associated_handle_is_87(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	OVERLAPPED ov = {0};

	late_port_for(p.s, KEY);
	WRITE_ALL(p.c, "abc", 3);
	EXPECT_FAILS(API(ReadFileEx)(p.s, got, 10, &ov, routine),
		     ERROR_INVALID_PARAMETER);
	EXPECT_FAILS(API(WriteFileEx)(p.s, got, 10, &ov, routine),
		     ERROR_INVALID_PARAMETER);
	EXPECT_AVAILABLE(p.s, 3);
}

static void packets_come_in_the_order_of_completion(void)
{
	struct pair p = pair_new(PAIR_MM | PAIR_OV, 4096, 4096);
	HANDLE port = late_port_for(p.s, KEY);
	struct request reads[3];

	for (int i = 0; i < 3; i++) {
		request_init(&reads[i]);
		request_read(&reads[i], p.s, got + 8 * i, 8);
		EXPECT_PENDS(&reads[i]);
	}
	WRITE_ALL(p.c, "a", 1);
	WRITE_ALL(p.c, "bb", 2);
	WRITE_ALL(p.c, "ccc", 3);
	for (int i = 0; i < 3; i++)
		packet_is(port, KEY, &reads[i].ov, 0, (DWORD)i + 1);
}

static void nothing_dequeued_is_258_with_a_null_overlapped(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	HANDLE port = late_port_for(p.s, KEY);
	OVERLAPPED *ov = (OVERLAPPED *)(uintptr_t)0x55;
	ULONG_PTR key;
	DWORD n;

	EXPECT_FAILS(late_get_packet(port, &n, &key, &ov, 0), WAIT_TIMEOUT);
	EXPECT_THAT(ov == NULL);
}

/* Told a handle of its own, starts a read on it, says so, and ends when asked to. */
int role_pending_reader(int argc, char **argv)
{
	static struct request read;
	char line[64];

	(void)argc;
	(void)argv;
	if (!role_hear(line, sizeof(line)))
		return 1;
	request_init(&read);
	request_read(&read, (HANDLE)(uintptr_t)strtoull(line, NULL, 16), got, 10);
	role_say("%lu", (unsigned long)read.error);
	role_hear(line, sizeof(line));
	return 0;
}

/* Told a handle of its own, tries to associate it with a port. */
int role_associator(int argc, char **argv)
{
	HANDLE port;
	char line[64];

	(void)argc;
	(void)argv;
	if (!role_hear(line, sizeof(line)))
		return 1;
	port = late_port_for((HANDLE)(uintptr_t)strtoull(line, NULL, 16), 1);
	role_say("%lu", port ? 0ul : (unsigned long)GetLastError());
	role_hear(line, sizeof(line));
	return 0;
}

static void tell_handle(struct helper *helper, HANDLE h)
{
	char line[64];

	snprintf(line, sizeof(line), "%llx",
		 (unsigned long long)(uintptr_t)late_duplicate_into(helper_pid(helper), h));
	helper_tell(helper, line);
}

static void completion_in_another_process_queues_a_packet_here(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct helper *reader = helper_start(NULL, "role_pending_reader", NULL);
	HANDLE port = late_port_for(p.s, KEY);
	OVERLAPPED *ov = NULL;
	ULONG_PTR key = 77;
	DWORD n = 77;

	tell_handle(reader, p.s);
	EXPECT_HELPER_SAYS(reader, "997");
	port_is_empty(port);
	WRITE_ALL(p.c, "abc", 3);
	EXPECT_TRUE(late_get_packet(port, &n, &key, &ov, CONF_SOON_MS));
	EXPECT_THAT(ov != NULL);
	EXPECT_EQ(n, 3);
	EXPECT_HEX(key, KEY);
	EXPECT_EQ(helper_finish(reader), 0);
	port_is_empty(port);
}

static void association_in_another_process_is_the_second(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct helper *other = helper_start(NULL, "role_associator", NULL);

	late_port_for(p.s, KEY);
	tell_handle(other, p.s);
	EXPECT_HELPER_SAYS(other, "87");
	EXPECT_EQ(helper_finish(other), 0);
}

static void exit_of_the_reading_process_queues_995(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct helper *reader = helper_start(NULL, "role_pending_reader", NULL);
	HANDLE port = late_port_for(p.s, KEY);
	OVERLAPPED *ov = NULL;
	ULONG_PTR key = 77;
	DWORD n = 77;
	char line[64];

	snprintf(line, sizeof(line), "%llx",
		 (unsigned long long)(uintptr_t)late_duplicate_into(helper_pid(reader),
								    p.s));
	helper_tell(reader, line);
	EXPECT_HELPER_SAYS(reader, "997");
	port_is_empty(port);
	EXPECT_EQ(helper_finish(reader), 0);
	EXPECT_FAILS(late_get_packet(port, &n, &key, &ov, CONF_SOON_MS),
		     ERROR_OPERATION_ABORTED);
	EXPECT_THAT(ov != NULL);
	EXPECT_EQ(n, 0);
	EXPECT_HEX(key, KEY);
	WRITE_ALL(p.c, "x", 1);
	EXPECT_AVAILABLE(p.s, 1);
}

static void closing_the_last_handle_here_cancels_what_has_a_port(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct helper *holder = helper_start(NULL, "role_handle_holder", NULL);
	HANDLE port = late_port_for(p.s, KEY);
	struct request read;

	EXPECT_HELPER_SAYS(holder, "ready");
	late_duplicate_into(helper_pid(holder), p.s);
	request_init(&read);
	read.ov.hEvent = NULL;
	request_read(&read, p.s, got, 10);
	EXPECT_PENDS(&read);
	EXPECT_TRUE(CloseHandle(p.s));
	packet_is(port, KEY, &read.ov, ERROR_OPERATION_ABORTED, 0);
	WRITE_ALL(p.c, "x", 1);
	EXPECT_EQ(helper_finish(holder), 0);
}

static void closing_the_last_handle_here_leaves_what_has_an_event(void)
{
	struct pair p = pair_new(PAIR_B | PAIR_OV, 4096, 4096);
	struct helper *holder = helper_start(NULL, "role_handle_holder", NULL);
	HANDLE port = late_port_for(p.s, KEY);
	struct request read;

	EXPECT_HELPER_SAYS(holder, "ready");
	late_duplicate_into(helper_pid(holder), p.s);
	request_init(&read);
	request_read(&read, p.s, got, 10);
	EXPECT_PENDS(&read);
	EXPECT_TRUE(CloseHandle(p.s));
	EXPECT_STILL_PENDING(&read);
	port_is_empty(port);
	WRITE_ALL(p.c, "x", 1);
	packet_is(port, KEY, &read.ov, 0, 1);
	EXPECT_EQ(helper_finish(holder), 0);
}

const struct conf_case iocp_port_cases[] = {
	CASE("203", pended_read_queues_a_packet, "T", "5.5",
	     "a pended read that completes queues one packet: key, OVERLAPPED, count"),
	CASE("203", immediate_success_queues_a_packet, "T", "5.5",
	     "a request that succeeds at once queues a packet as well"),
	CASE("204", immediate_error_queues_none, "T", "5.5",
	     "a request that fails at once queues no packet"),
	CASE("203", connect_queues_a_packet_when_the_client_comes, "T", "7.1",
	     "ConnectNamedPipe queues a packet with 0 bytes when the client comes"),
	CASE("204", connect_after_the_client_queues_none, "T", "7.1",
	     "ConnectNamedPipe after the client: 535, Internal 0x103, event reset, no packet"),
	CASE("5.5", short_message_read_is_a_failed_packet_with_its_count, "T", "5.5",
	     "a short message read: the packet is FALSE 234 with the count"),
	CASE("205", low_bit_of_the_event_keeps_the_packet_away, "D", "5.5",
	     "the low bit of hEvent: no packet, the event is signaled"),
	CASE("206", skip_on_success_drops_the_packet_of_an_immediate_success_only, "T",
	     "5.5",
	     "SKIP_COMPLETION_PORT_ON_SUCCESS: immediate success no packet, pended one does"),
	CASE("207", skip_on_success_and_a_short_message_read, "T", "5.5",
	     "the same with a short message read: 997, and a packet with 0x80000005"),
	CASE("208", skip_flags_stay, "T", "5.5", "the flags cannot be cleared"),
	CASE("208", skip_flags_need_an_overlapped_handle, "T", "5.5",
	     "the flags on a synchronous handle: 87"),
	CASE("208", unknown_skip_flags_are_ignored, "T", "5.5",
	     "unknown flags are ignored"),
	CASE("209", skip_event_leaves_the_handle_unsignaled, "T", "5.2",
	     "SKIP_SET_EVENT_ON_HANDLE resets the handle, and it is not set any more"),
	CASE("210", synchronous_handle_has_no_port, "T", "5.5",
	     "associating a synchronous handle fails with 87"),
	CASE("5.5", second_association_is_87, "D", "5.5",
	     "a second association fails with 87, through a duplicate too"),
	CASE("5.5", association_belongs_to_the_file_object, "R", "5.5",
	     "a request through a duplicate queues its packet to the same port"),
	CASE("5.5", one_port_serves_both_ends, "D", "5.5",
	     "both ends on one port; cancelled requests queue packets with 995"),
	CASE("211", association_after_the_read_was_issued, "T", "5.5",
	     "a read issued before the association queues its packet"),
	CASE("212", association_after_a_read_with_routine, "T", "5.5",
	     "a read with a routine, then the association: the routine runs, no packet"),
	CASE("213", routine_on_an_associated_handle_is_87, "T", "5.5",
	     "ReadFileEx and WriteFileEx on an associated handle fail with 87"),
	CASE("5.5", packets_come_in_the_order_of_completion, "D", "5.5",
	     "three completed reads: three packets in that order"),
	CASE("5.5", nothing_dequeued_is_258_with_a_null_overlapped, "D", "5.5",
	     "nothing to dequeue: FALSE 258, lpOverlapped NULL"),
	CASE("5.5", completion_in_another_process_queues_a_packet_here, "R", "5.5",
	     "a request of another process on a shared file object: its packet comes to the "
	     "port the file is associated with"),
	CASE("5.5", association_in_another_process_is_the_second, "R", "5.5",
	     "associating a handle of the same file object in another process fails with 87"),
	CASE("223", exit_of_the_reading_process_queues_995, "T", "5.11",
	     "a process exits with a read pended on a shared file object: packet FALSE 995, 0 "
	     "bytes, key kept"),
	CASE("5.11", closing_the_last_handle_here_cancels_what_has_a_port, "T", "5.11",
	     "closing the last handle of this process, another has one: a request with a port "
	     "and no event is cancelled"),
	CASE("5.11", closing_the_last_handle_here_leaves_what_has_an_event, "T", "5.11",
	     "the same with an event: the request stays pended and queues its packet when it "
	     "completes"),
	CASE_END
};
