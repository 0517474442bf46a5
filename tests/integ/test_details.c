/* SPDX-License-Identifier: MIT */
/*
 * Details that real programs rely on: what they do to an OVERLAPPED that the documentation
 * allows, if only just, and where they look for an answer. doc/porting.md has the list.
 */
#include <windows.h>
#include <sddl.h>
#include <aclapi.h>

#include <check.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/broker.h"
#include "tests/lib/proc.h"

#define NAME	   "\\\\.\\pipe\\details"
#define TIMEOUT	   ((DWORD)TEST_DEADLINE_MS)
#define KEY	   ((ULONG_PTR)0x4b4559)
#define READ_WRITE (GENERIC_READ | GENERIC_WRITE)

static struct test_broker broker;

static void setup(void)
{
	test_broker_start(&broker);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

/* Two overlapped ends of a new pipe. */
static void make_ends(HANDLE *serverp, HANDLE *clientp, DWORD type, DWORD quota)
{
	*serverp = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, type, 1,
				    quota, quota, 0, NULL);
	ck_assert_ptr_ne(*serverp, INVALID_HANDLE_VALUE);
	*clientp = CreateFileA(NAME, READ_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED,
			       NULL);
	ck_assert_ptr_ne(*clientp, INVALID_HANDLE_VALUE);
	if (type & PIPE_READMODE_MESSAGE) {
		DWORD mode = PIPE_READMODE_MESSAGE;

		ck_assert(SetNamedPipeHandleState(*clientp, &mode, NULL, NULL));
	}
}

static void close_both(HANDLE server, HANDLE client)
{
	ck_assert(CloseHandle(client));
	ck_assert(CloseHandle(server));
}

static void is_pending(BOOL result)
{
	ck_assert(!result);
	ck_assert_uint_eq(GetLastError(), ERROR_IO_PENDING);
}

static void write_now(HANDLE h, const char *text)
{
	OVERLAPPED ov = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
	DWORD n = 77;

	ck_assert(WriteFile(h, text, (DWORD)strlen(text), NULL, &ov));
	ck_assert(GetOverlappedResult(h, &ov, &n, FALSE));
	ck_assert_uint_eq(n, strlen(text));
	ck_assert(CloseHandle(ov.hEvent));
}

/* -------------------------------------------------------------------- the event */

START_TEST(the_low_bit_of_the_event_keeps_packets_away)
{
	HANDLE server, client, port, event = CreateEventA(NULL, TRUE, FALSE, NULL);
	OVERLAPPED ov = {.hEvent = (HANDLE)((ULONG_PTR)event | 1)}, *got = &ov;
	ULONG_PTR key;
	char text[8];
	DWORD n;

	make_ends(&server, &client, PIPE_TYPE_BYTE, 512);
	port = CreateIoCompletionPort(server, NULL, KEY, 0);
	ck_assert_ptr_nonnull(port);
	is_pending(ReadFile(server, text, sizeof(text), NULL, &ov));
	write_now(client, "abc");
	ck_assert_uint_eq(WaitForSingleObject(event, TIMEOUT), WAIT_OBJECT_0);
	ck_assert(GetOverlappedResult(server, &ov, &n, TRUE));
	ck_assert_uint_eq(n, 3);
	ck_assert(!GetQueuedCompletionStatus(port, &n, &key, &got, 0));
	ck_assert_ptr_null(got);
	ck_assert_uint_eq(GetLastError(), WAIT_TIMEOUT);
	/* The same for what completes at once. */
	write_now(client, "de");
	ck_assert(ResetEvent(event));
	ck_assert(ReadFile(server, text, sizeof(text), NULL, &ov));
	ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	ck_assert(!GetQueuedCompletionStatus(port, &n, &key, &got, 0));
	/* And without the bit there is a packet. */
	ov.hEvent = event;
	write_now(client, "f");
	ck_assert(ReadFile(server, text, sizeof(text), NULL, &ov));
	ck_assert(GetQueuedCompletionStatus(port, &n, &key, &got, TIMEOUT));
	ck_assert_ptr_eq(got, &ov);
	ck_assert_uint_eq(n, 1);
	close_both(server, client);
	ck_assert(CloseHandle(port));
	ck_assert(CloseHandle(event));
}
END_TEST

START_TEST(an_overlapped_in_a_larger_structure_needs_no_event)
{
	struct session {
		char before[24];
		OVERLAPPED ov;
		char text[32];
		unsigned number;
	} sessions[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
	HANDLE server, client, port;
	bool seen[3] = {false};
	ULONG_PTR key;
	DWORD n;

	make_ends(&server, &client, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 512);
	port = CreateIoCompletionPort(server, NULL, KEY, 0);
	ck_assert_ptr_nonnull(port);
	for (unsigned i = 0; i < 3; i++)
		is_pending(ReadFile(server, sessions[i].text, sizeof(sessions[i].text), NULL,
				    &sessions[i].ov));
	write_now(client, "0");
	write_now(client, "1");
	write_now(client, "2");
	for (unsigned i = 0; i < 3; i++) {
		OVERLAPPED *got = NULL;
		struct session *s;

		ck_assert(GetQueuedCompletionStatus(port, &n, &key, &got, TIMEOUT));
		ck_assert_uint_eq(key, KEY);
		s = CONTAINING_RECORD(got, struct session, ov);
		ck_assert_uint_lt(s->number, 3);
		ck_assert_uint_eq(n, 1);
		ck_assert_int_eq(s->text[0], (char)('0' + (int)s->number));
		ck_assert(!seen[s->number]);
		seen[s->number] = true;
	}
	close_both(server, client);
	ck_assert(CloseHandle(port));
}
END_TEST

/* ------------------------------------------------------------------- the counts */

START_TEST(counts_may_be_null_with_an_overlapped)
{
	OVERLAPPED ov = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)}, other = ov;
	HANDLE server, client;
	char ask[] = "ask", text[8], reply[8];
	DWORD n;

	other.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	make_ends(&server, &client, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 512);
	is_pending(ReadFile(server, text, sizeof(text), NULL, &ov));
	is_pending(TransactNamedPipe(client, ask, 3, reply, sizeof(reply), NULL, &other));
	ck_assert(GetOverlappedResult(server, &ov, &n, TRUE));
	ck_assert_uint_eq(n, 3);
	ck_assert(WriteFile(server, "said", 4, NULL, &ov));
	ck_assert(GetOverlappedResult(client, &other, &n, TRUE));
	ck_assert_uint_eq(n, 4);
	ck_assert_mem_eq(reply, "said", 4);
	/* A message that is longer than the buffer: the count is in the request. */
	write_now(client, "longer than eight");
	ck_assert(!ReadFile(server, text, sizeof(text), NULL, &ov));
	ck_assert_uint_eq(GetLastError(), ERROR_MORE_DATA);
	ck_assert(!GetOverlappedResult(server, &ov, &n, TRUE));
	ck_assert_uint_eq(GetLastError(), ERROR_MORE_DATA);
	ck_assert_uint_eq(n, 8);
	ck_assert(PeekNamedPipe(server, NULL, 0, NULL, NULL, NULL));
	close_both(server, client);
	ck_assert(CloseHandle(ov.hEvent));
	ck_assert(CloseHandle(other.hEvent));
}
END_TEST

START_TEST(empty_writes_are_messages_or_nothing)
{
	OVERLAPPED ov = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
	HANDLE server, client;
	char text[8];
	DWORD n = 77;

	/* Of bytes, an empty write is none: a read goes on waiting. */
	make_ends(&server, &client, PIPE_TYPE_BYTE, 512);
	is_pending(ReadFile(server, text, sizeof(text), NULL, &ov));
	write_now(client, "");
	ck_assert(!HasOverlappedIoCompleted(&ov));
	write_now(client, "a");
	ck_assert(GetOverlappedResult(server, &ov, &n, TRUE));
	ck_assert_uint_eq(n, 1);
	close_both(server, client);
	/* Of messages it is one of length 0, in its turn. */
	make_ends(&server, &client, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 512);
	is_pending(ReadFile(server, text, sizeof(text), NULL, &ov));
	write_now(client, "");
	ck_assert(GetOverlappedResult(server, &ov, &n, TRUE));
	ck_assert_uint_eq(n, 0);
	write_now(client, "a");
	write_now(client, "");
	write_now(client, "b");
	for (unsigned i = 0; i < 3; i++) {
		ck_assert(ReadFile(server, text, sizeof(text), &n, &ov));
		ck_assert_uint_eq(n, i != 1);
		ck_assert(n == 0 || text[0] == (i ? 'b' : 'a'));
	}
	close_both(server, client);
	ck_assert(CloseHandle(ov.hEvent));
}
END_TEST

/* ------------------------------------------------------- one OVERLAPPED for several */

/* A read that waits and a write that is stalled. */
static void begin_both(HANDLE h, OVERLAPPED *ov, char *text, DWORD len)
{
	static const char big[600];

	is_pending(ReadFile(h, text, len, NULL, ov));
	is_pending(WriteFile(h, big, sizeof(big), NULL, ov));
}

START_TEST(a_read_and_a_write_may_share_an_overlapped)
{
	HANDLE server, client, port;
	OVERLAPPED ov = {0}, theirs = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
	DWORD n, got_read = 0, got_write = 0;
	char text[8], big[600];
	ULONG_PTR key;

	make_ends(&server, &client, PIPE_TYPE_BYTE, 64);
	port = CreateIoCompletionPort(server, NULL, KEY, 0);
	ck_assert_ptr_nonnull(port);
	for (unsigned round = 0; round < 50; round++) {
		begin_both(server, &ov, text, sizeof(text));
		/* The other side ends one and then the other, in turns. */
		for (unsigned i = 0; i < 2; i++) {
			OVERLAPPED *got = NULL;

			if ((i + round) % 2) {
				write_now(client, "abc");
			} else {
				DWORD done = 0;

				while (done < sizeof(big)) {
					if (!ReadFile(client, big, sizeof(big), NULL, &theirs))
						ck_assert_uint_eq(GetLastError(),
								  ERROR_IO_PENDING);
					ck_assert(GetOverlappedResult(client, &theirs, &n, TRUE));
					done += n;
				}
				ck_assert_uint_eq(done, sizeof(big));
			}
			ck_assert(GetQueuedCompletionStatus(port, &n, &key, &got, TIMEOUT));
			ck_assert_ptr_eq(got, &ov);
			ck_assert(n == 3 || n == sizeof(big));
			got_read += n == 3;
			got_write += n == sizeof(big);
		}
	}
	ck_assert_uint_eq(got_read, 50);
	ck_assert_uint_eq(got_write, 50);
	/* Cancelling the request means both. */
	begin_both(server, &ov, text, sizeof(text));
	ck_assert(CancelIoEx(server, &ov));
	for (unsigned i = 0; i < 2; i++) {
		OVERLAPPED *got = NULL;

		ck_assert(!GetQueuedCompletionStatus(port, &n, &key, &got, TIMEOUT));
		ck_assert_ptr_eq(got, &ov);
		ck_assert_uint_eq(GetLastError(), ERROR_OPERATION_ABORTED);
	}
	close_both(server, client);
	ck_assert(CloseHandle(port));
	ck_assert(CloseHandle(theirs.hEvent));
}
END_TEST

/* ------------------------------------------------ where programs look for an answer */

static DWORD routine_error, routine_count, n_routines;

static void WINAPI routine(DWORD error, DWORD n, OVERLAPPED *ov)
{
	(void)ov;
	routine_error = error;
	routine_count = n;
	n_routines++;
}

START_TEST(the_last_error_after_a_routine_was_accepted)
{
	HANDLE server, client;
	OVERLAPPED ov = {0};
	char text[8];

	make_ends(&server, &client, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 512);
	n_routines = 0;
	/* Nothing there yet: accepted, and no error. */
	SetLastError(12345);
	ck_assert(ReadFileEx(server, text, sizeof(text), &ov, routine));
	ck_assert_uint_eq(GetLastError(), ERROR_SUCCESS);
	write_now(client, "abc");
	ck_assert_uint_eq(SleepEx(TIMEOUT, TRUE), WAIT_IO_COMPLETION);
	ck_assert_uint_eq(routine_count, 3);
	/* A message is there and fits. */
	write_now(client, "abcd");
	SetLastError(12345);
	ck_assert(ReadFileEx(server, text, sizeof(text), &ov, routine));
	ck_assert_uint_eq(GetLastError(), ERROR_SUCCESS);
	ck_assert_uint_eq(SleepEx(TIMEOUT, TRUE), WAIT_IO_COMPLETION);
	ck_assert_uint_eq(routine_count, 4);
	ck_assert_uint_eq(routine_error, 0);
	/* One that does not fit: still accepted, and the error says what the routine will. */
	write_now(client, "more than eight");
	ck_assert(ReadFileEx(server, text, sizeof(text), &ov, routine));
	ck_assert_uint_eq(GetLastError(), ERROR_MORE_DATA);
	ck_assert_uint_eq(SleepEx(TIMEOUT, TRUE), WAIT_IO_COMPLETION);
	ck_assert_uint_eq(routine_error, ERROR_MORE_DATA);
	ck_assert_uint_eq(routine_count, 8);
	SetLastError(12345);
	ck_assert(WriteFileEx(server, text, 1, &ov, routine));
	ck_assert_uint_eq(GetLastError(), ERROR_SUCCESS);
	ck_assert_uint_eq(SleepEx(TIMEOUT, TRUE), WAIT_IO_COMPLETION);
	ck_assert_uint_eq(n_routines, 4);
	close_both(server, client);
}
END_TEST

/* As programs do it: the call, and then only the error decides. */
static DWORD error_of_connect(HANDLE h, OVERLAPPED *ov)
{
	SetLastError(12345);
	ConnectNamedPipe(h, ov);
	return GetLastError();
}

START_TEST(the_last_error_tells_how_a_connect_went)
{
	OVERLAPPED ov = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
	HANDLE server, client;
	DWORD n;

	server = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1, 512,
				  512, 0, NULL);
	ck_assert_ptr_ne(server, INVALID_HANDLE_VALUE);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(error_of_connect(server, &ov), ERROR_IO_PENDING);
		client = CreateFileA(NAME, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
		ck_assert_ptr_ne(client, INVALID_HANDLE_VALUE);
		ck_assert(GetOverlappedResult(server, &ov, &n, TRUE));
		ck_assert_uint_eq(error_of_connect(server, &ov), ERROR_PIPE_CONNECTED);
		ck_assert(CloseHandle(client));
		ck_assert_uint_eq(error_of_connect(server, &ov), ERROR_NO_DATA);
		ck_assert(DisconnectNamedPipe(server));
	}
	ck_assert(CloseHandle(server));
	ck_assert_uint_eq(error_of_connect(server, &ov), ERROR_INVALID_HANDLE);
	ck_assert(CloseHandle(ov.hEvent));
}
END_TEST

/* ------------------------------------------------- a request that outlives its frame */

/* The frame of this function is gone when it returns, and the connect with it. */
static __attribute__((noinline)) void begin_and_close(HANDLE h, HANDLE event)
{
	OVERLAPPED ov = {.hEvent = event};

	is_pending(ConnectNamedPipe(h, &ov));
	ck_assert(CloseHandle(h));
	/* Closing has cancelled it; nothing is written from here on. */
	ck_assert_uint_eq(WaitForSingleObject(event, TIMEOUT), WAIT_OBJECT_0);
	ck_assert(HasOverlappedIoCompleted(&ov));
}

static __attribute__((noinline)) void fill_the_frame(volatile unsigned char *room, size_t n)
{
	for (size_t i = 0; i < n; i++)
		room[i] = (unsigned char)(i * 13 + 7);
}

START_TEST(a_pipe_is_closed_while_a_connect_is_in_a_frame_that_goes)
{
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);

	for (unsigned i = 0; i < 200; i++) {
		HANDLE h = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0,
					    1, 512, 512, 0, NULL);
		volatile unsigned char room[512];

		ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
		ck_assert(ResetEvent(event));
		begin_and_close(h, event);
		fill_the_frame(room, sizeof(room));
		/* The name is gone, and nobody is connected to what was closed. */
		h = CreateFileA(NAME, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
		ck_assert_ptr_eq(h, INVALID_HANDLE_VALUE);
		ck_assert_uint_eq(GetLastError(), ERROR_FILE_NOT_FOUND);
		for (size_t k = 0; k < sizeof(room); k++)
			ck_assert_uint_eq(room[k], (unsigned char)(k * 13 + 7));
	}
	ck_assert(CloseHandle(event));
}
END_TEST

/* --------------------------------------------------------------------- the port */

START_TEST(what_failed_comes_out_of_the_port_with_its_overlapped)
{
	HANDLE server, client, port;
	OVERLAPPED ov = {0}, *got = NULL;
	ULONG_PTR key = 0;
	char text[8];
	DWORD n = 77;

	make_ends(&server, &client, PIPE_TYPE_BYTE, 512);
	port = CreateIoCompletionPort(server, NULL, KEY, 0);
	is_pending(ReadFile(server, text, sizeof(text), NULL, &ov));
	ck_assert(CloseHandle(client));
	ck_assert(!GetQueuedCompletionStatus(port, &n, &key, &got, TIMEOUT));
	ck_assert_uint_eq(GetLastError(), ERROR_BROKEN_PIPE);
	ck_assert_ptr_eq(got, &ov);
	ck_assert_uint_eq(key, KEY);
	ck_assert_uint_eq(n, 0);
	/* Nothing there is FALSE as well, and tells itself by the NULL. */
	ck_assert(!GetQueuedCompletionStatus(port, &n, &key, &got, 0));
	ck_assert_ptr_null(got);
	ck_assert_uint_eq(GetLastError(), WAIT_TIMEOUT);
	ck_assert(CloseHandle(server));
	ck_assert(CloseHandle(port));
}
END_TEST

/* ---------------------------------------------------------------- the descriptor */

START_TEST(security_info_of_a_pipe_is_what_was_set)
{
	static const char sddl[] = "D:P(D;;FW;;;AN)(A;;FR;;;BU)(A;;FA;;;WD)";
	ACL *dacl = NULL, *wanted;
	BOOL present, defaulted;
	SECURITY_ATTRIBUTES sa = {.nLength = sizeof(sa)};
	PSECURITY_DESCRIPTOR sd = NULL, again = NULL;
	PSID owner = NULL, group = NULL, owner_again = NULL;
	HANDLE h;

	ck_assert(ConvertStringSecurityDescriptorToSecurityDescriptorA(
		sddl, SDDL_REVISION_1, &sa.lpSecurityDescriptor, NULL));
	h = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX | WRITE_DAC, 0, 1, 512, 512, 0, &sa);
	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	ck_assert_uint_eq(GetSecurityInfo(h, SE_KERNEL_OBJECT,
					  OWNER_SECURITY_INFORMATION |
						  GROUP_SECURITY_INFORMATION |
						  DACL_SECURITY_INFORMATION,
					  &owner, &group, &dacl, NULL, &sd),
			  ERROR_SUCCESS);
	ck_assert(IsValidSecurityDescriptor(sd));
	ck_assert(IsValidSid(owner) && IsValidSid(group));
	ck_assert(GetSecurityDescriptorDacl(sa.lpSecurityDescriptor, &present, &wanted,
					    &defaulted));
	ck_assert(present);
	ck_assert_uint_eq(dacl->AceCount, 3);
	for (DWORD i = 0; i < 3; i++) {
		ACCESS_ALLOWED_ACE *a, *b;

		ck_assert(GetAce(dacl, i, (void **)&a));
		ck_assert(GetAce(wanted, i, (void **)&b));
		ck_assert_uint_eq(a->Header.AceType, b->Header.AceType);
		ck_assert_uint_eq(a->Header.AceFlags, b->Header.AceFlags);
		ck_assert_uint_eq(a->Mask, b->Mask);
		ck_assert(EqualSid(&a->SidStart, &b->SidStart));
	}
	/* Set it as it was read, and read it again. */
	ck_assert_uint_eq(SetSecurityInfo(h, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL,
					  NULL, dacl, NULL),
			  ERROR_SUCCESS);
	ck_assert_uint_eq(GetSecurityInfo(h, SE_KERNEL_OBJECT,
					  OWNER_SECURITY_INFORMATION |
						  DACL_SECURITY_INFORMATION,
					  &owner_again, NULL, &wanted, NULL, &again),
			  ERROR_SUCCESS);
	ck_assert(EqualSid(owner, owner_again));
	ck_assert_uint_eq(wanted->AclSize, dacl->AclSize);
	ck_assert_mem_eq(wanted, dacl, dacl->AclSize);
	LocalFree(again);
	LocalFree(sd);
	LocalFree(sa.lpSecurityDescriptor);
	ck_assert(CloseHandle(h));
}
END_TEST

/* ----------------------------------------------------- servers that come and go */

enum { SERVERS = 3, CLIENTS = 4, CONVERSATIONS = 40 };

/* A server for one client at a time, which closes its instance after each. */
static DWORD WINAPI come_and_go(void *arg)
{
	atomic_bool *stop = arg;

	while (!atomic_load(stop)) {
		HANDLE h = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX,
					    PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
					    PIPE_UNLIMITED_INSTANCES, 512, 512, 0, NULL);
		char text[16];
		DWORD n;

		if (h == INVALID_HANDLE_VALUE)
			return GetLastError();
		if (!ConnectNamedPipe(h, NULL) && GetLastError() != ERROR_PIPE_CONNECTED &&
		    GetLastError() != ERROR_NO_DATA)
			return GetLastError();
		/* A client that only asked to be let out has written nothing. */
		if (ReadFile(h, text, sizeof(text), &n, NULL)) {
			if (!WriteFile(h, text, n, &n, NULL) || !FlushFileBuffers(h))
				return GetLastError();
		} else if (GetLastError() != ERROR_BROKEN_PIPE) {
			return GetLastError();
		}
		DisconnectNamedPipe(h);
		CloseHandle(h);
	}
	return 0;
}

/* The loop of the documentation: wait, open, and again if somebody else was faster. */
static HANDLE open_in_a_loop(DWORD *errorp)
{
	for (;;) {
		HANDLE h = CreateFileA(NAME, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

		if (h != INVALID_HANDLE_VALUE)
			return h;
		*errorp = GetLastError();
		if (*errorp != ERROR_PIPE_BUSY && *errorp != ERROR_FILE_NOT_FOUND)
			return h;
		if (!WaitNamedPipeA(NAME, TIMEOUT)) {
			*errorp = GetLastError();
			if (*errorp != ERROR_FILE_NOT_FOUND)
				return INVALID_HANDLE_VALUE;
			SwitchToThread();
		}
	}
}

static DWORD WINAPI converse(void *arg)
{
	unsigned number = (unsigned)(ULONG_PTR)arg;

	for (unsigned i = 0; i < CONVERSATIONS; i++) {
		char said[16] = "", heard[16] = "";
		DWORD n, error = 0, mode = PIPE_READMODE_MESSAGE;
		HANDLE h = open_in_a_loop(&error);

		if (h == INVALID_HANDLE_VALUE)
			return error;
		snprintf(said, sizeof(said), "%u/%u", number, i);
		if (!SetNamedPipeHandleState(h, &mode, NULL, NULL) ||
		    !TransactNamedPipe(h, said, sizeof(said), heard, sizeof(heard), &n, NULL))
			return GetLastError();
		if (n != sizeof(said) || memcmp(said, heard, n) != 0)
			return ERROR_INVALID_DATA;
		CloseHandle(h);
	}
	return 0;
}

static void ends_with_zero(HANDLE thread)
{
	DWORD code = 77;

	ck_assert_uint_eq(WaitForSingleObject(thread, TIMEOUT), WAIT_OBJECT_0);
	ck_assert(GetExitCodeThread(thread, &code));
	ck_assert_uint_eq(code, 0);
	ck_assert(CloseHandle(thread));
}

START_TEST(clients_find_servers_that_come_and_go)
{
	HANDLE servers[SERVERS], clients[CLIENTS];
	atomic_bool stop = false;

	for (unsigned i = 0; i < SERVERS; i++)
		servers[i] = CreateThread(NULL, 0, come_and_go, &stop, 0, NULL);
	for (ULONG_PTR i = 0; i < CLIENTS; i++)
		clients[i] = CreateThread(NULL, 0, converse, (void *)i, 0, NULL);
	for (unsigned i = 0; i < CLIENTS; i++)
		ends_with_zero(clients[i]);
	/* Each server that still listens gets a client that says nothing. */
	atomic_store(&stop, true);
	for (unsigned i = 0; i < SERVERS; i++)
		while (WaitForSingleObject(servers[i], 0) == WAIT_TIMEOUT) {
			HANDLE h = CreateFileA(NAME, READ_WRITE, 0, NULL, OPEN_EXISTING, 0,
					       NULL);

			if (h != INVALID_HANDLE_VALUE)
				CloseHandle(h);
			SwitchToThread();
		}
	for (unsigned i = 0; i < SERVERS; i++)
		ends_with_zero(servers[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("details");
	TCase *tc = tcase_create("details");
	SRunner *runner;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_low_bit_of_the_event_keeps_packets_away);
	tcase_add_test(tc, an_overlapped_in_a_larger_structure_needs_no_event);
	tcase_add_test(tc, counts_may_be_null_with_an_overlapped);
	tcase_add_test(tc, empty_writes_are_messages_or_nothing);
	tcase_add_test(tc, a_read_and_a_write_may_share_an_overlapped);
	tcase_add_test(tc, the_last_error_after_a_routine_was_accepted);
	tcase_add_test(tc, the_last_error_tells_how_a_connect_went);
	tcase_add_test(tc, a_pipe_is_closed_while_a_connect_is_in_a_frame_that_goes);
	tcase_add_test(tc, what_failed_comes_out_of_the_port_with_its_overlapped);
	tcase_add_test(tc, security_info_of_a_pipe_is_what_was_set);
	tcase_add_test(tc, clients_find_servers_that_come_and_go);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? 1 : 0;
}
