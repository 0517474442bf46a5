/* SPDX-License-Identifier: MIT */
/*
 * Wrong arguments: the documented error, no crash, and nothing left behind
 *
 * Each block of this file calls one kind of function with one kind of nonsense, from
 * tables. Descriptors, threads and shared mappings are counted round every test, after
 * a first pipe has made what the library makes once. What is random comes from a fixed
 * seed, so a failure comes back.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "npfs/client/call.h"
#include "tests/lib/broker.h"
#include "tests/lib/leak.h"

#define PIPE	   "\\\\.\\pipe\\wrong"
#define MISSING	   "\\\\.\\pipe\\missing"
#define QUOTA	   512u
#define READ_WRITE (GENERIC_READ | GENERIC_WRITE)
#define N_RANDOM   4000u
#define N_FUZZ	   2000u
#define SEED	   20

#define N_OF(table)  (sizeof(table) / sizeof((table)[0]))
#define ERRORS_MAX   12
#define ERRORS(...)  { __VA_ARGS__ } /* a list that 0, "no error", ends */

static struct test_broker broker;
static struct test_leak leak;
static unsigned rng;

/* For calls whose results nobody looks at. */
static char scratch[64];
static WCHAR wide_scratch[64];
static DWORD dwords[4];
static OVERLAPPED unused;

static unsigned next_random(void)
{
	/* Two draws, as RAND_MAX leaves the highest bit out. */
	return (unsigned)rand_r(&rng) ^ ((unsigned)rand_r(&rng) << 16);
}

/* A random value with few bits set, or with all of them. */
static DWORD random_bits(void)
{
	DWORD bits = next_random();

	switch (next_random() % 4) {
	case 0:
		return 1u << (bits % 32);
	case 1:
		return 1u << (bits % 32) | 1u << (bits / 32 % 32);
	case 2:
		return bits & next_random() & next_random();
	default:
		return bits;
	}
}

/* ---------------------------------------------------------------- pipes */

static HANDLE create(const char *name, DWORD open_mode, DWORD pipe_mode)
{
	HANDLE h = CreateNamedPipeA(name, open_mode, pipe_mode, PIPE_UNLIMITED_INSTANCES, QUOTA,
				    QUOTA, 0, NULL);

	ck_assert_msg(h != INVALID_HANDLE_VALUE, "CreateNamedPipe: %u", GetLastError());
	return h;
}

static HANDLE open_client(const char *name, DWORD access)
{
	HANDLE h = CreateFileA(name, access, 0, NULL, OPEN_EXISTING, 0, NULL);

	ck_assert_msg(h != INVALID_HANDLE_VALUE, "CreateFile: %u", GetLastError());
	return h;
}

static void expect_refusal(const char *what, BOOL ok, DWORD error)
{
	DWORD got = GetLastError();

	ck_assert_msg(!ok, "%s succeeded", what);
	ck_assert_msg(got == error, "%s: %u instead of %u", what, got, error);
}

#define REFUSED(call, error)                                                             \
	do {                                                                             \
		SetLastError(0);                                                         \
		expect_refusal(#call, (call), (error));                                  \
	} while (0)

#define REFUSED_HANDLE(call, error)                                                      \
	do {                                                                             \
		SetLastError(0);                                                         \
		expect_refusal(#call, (call) != INVALID_HANDLE_VALUE, (error));          \
	} while (0)

static void begin(const char *personality)
{
	HANDLE server, client, event;

	setenv("NPFS_PERSONALITY", personality, 1);
	unsetenv("NPFS_RULES");
	test_broker_start(&broker);
	rng = SEED;
	/* What is made once per process: connection, engine, table of handles. */
	server = create(PIPE, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0);
	client = open_client(PIPE, READ_WRITE);
	event = CreateEventA(NULL, TRUE, FALSE, NULL);
	WaitNamedPipeA(PIPE, 1);
	CloseHandle(event);
	CloseHandle(client);
	CloseHandle(server);
	test_leak_begin(&leak);
}

static void setup(void)
{
	begin("book");
}

static void setup_modern(void)
{
	begin("modern");
}

static void teardown(void)
{
	test_leak_end(&leak);
	np_call_shutdown();
	test_broker_stop(&broker);
}

/* ---------------------------------------------------------------- names */

START_TEST(create_refuses_what_is_no_pipe_name)
{
	static const struct {
		const char *name;
		DWORD error;
	} rows[] = {
		{ NULL, 3 },
		{ "", 3 },
		{ "not a named pipe", 123 },
		{ "C:\\dir\\x", 123 },
		{ "/tmp/x", 123 },
		{ "\\\\.\\mailslot\\x", 123 },
		{ "\\\\.\\pipe", 123 },
		{ "\\\\.\\pipe\\", 123 },
		{ "\\\\server\\pipe\\x", 123 },
		{ "\\\\.\\", 123 },
		{ "\\\\.\\pipes\\x", 123 },
	};
	WCHAR wide[64];
	size_t i, k;

	for (i = 0; i < N_OF(rows); i++) {
		SetLastError(0);
		expect_refusal(rows[i].name ? rows[i].name : "NULL",
			       CreateNamedPipeA(rows[i].name, PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0,
						NULL) != INVALID_HANDLE_VALUE,
			       rows[i].error);
		for (k = 0; rows[i].name && rows[i].name[k]; k++)
			wide[k] = (WCHAR)rows[i].name[k];
		wide[k] = 0;
		SetLastError(0);
		expect_refusal(rows[i].name ? rows[i].name : "NULL, wide",
			       CreateNamedPipeW(rows[i].name ? wide : NULL, PIPE_ACCESS_DUPLEX, 0,
						1, 0, 0, 0, NULL) != INVALID_HANDLE_VALUE,
			       rows[i].error);
	}
}
END_TEST

START_TEST(wait_and_call_refuse_bad_names)
{
	static const struct {
		const char *name;
		DWORD error;
	} rows[] = {
		{ NULL, 161 },		{ "", 161 },		  { "not a named pipe", 161 },
		{ "C:\\dir\\x", 161 },	{ "\\\\.\\mailslot\\x", 161 }, { "\\\\.\\pipe", 161 },
		{ "\\\\.\\pipe\\", 87 }, { "\\\\?\\pipe\\x", 161 },    { MISSING, 2 },
	};
	char reply[8];
	DWORD n;
	size_t i;

	for (i = 0; i < N_OF(rows); i++) {
		SetLastError(0);
		expect_refusal(rows[i].name ? rows[i].name : "NULL",
			       WaitNamedPipeA(rows[i].name, NMPWAIT_WAIT_FOREVER), rows[i].error);
	}
	REFUSED(WaitNamedPipeW(NULL, 1), 161);
	REFUSED(CallNamedPipeA(NULL, reply, 1, reply, 8, &n, 1), 3);
	REFUSED(CallNamedPipeA("", reply, 1, reply, 8, &n, 1), 3);
	REFUSED(CallNamedPipeA(MISSING, reply, 1, reply, 8, &n, 1), 2);
	REFUSED(CallNamedPipeW(NULL, reply, 1, reply, 8, &n, 1), 3);
	REFUSED_HANDLE(CreateFileA(NULL, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL), 3);
	REFUSED_HANDLE(CreateFileA("", READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL), 3);
	REFUSED_HANDLE(CreateFileW(NULL, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL), 3);
	REFUSED_HANDLE(CreateFileA(MISSING, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL), 2);
	REFUSED_HANDLE(CreateFileA(MISSING, READ_WRITE, 0, NULL, OPEN_ALWAYS, 0, NULL), 2);
	REFUSED_HANDLE(CreateFileA(MISSING, READ_WRITE, 0, NULL, CREATE_NEW, 0, NULL), 2);
}
END_TEST

START_TEST(ansi_name_beyond_its_room_is_refused)
{
	char name[400] = "\\\\.\\pipe\\";

	memset(name + strlen(name), 'n', sizeof(name) - strlen(name) - 1);
	REFUSED_HANDLE(CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL), 206);
}
END_TEST

/* ---------------------------------------------------------------- parameters */

START_TEST(create_refuses_wrong_parameters)
{
	static const struct {
		DWORD open_mode, pipe_mode, n_instances, error;
	} rows[] = {
		{ PIPE_ACCESS_DUPLEX, 0, 0, 87 },
		{ PIPE_ACCESS_DUPLEX, 0, 256, 87 },
		{ PIPE_ACCESS_DUPLEX, 0, 0xffffffff, 87 },
		{ 0, 0, 1, 87 },
		{ FILE_FLAG_OVERLAPPED, 0, 1, 87 },
		{ PIPE_ACCESS_DUPLEX | 0x4, 0, 1, 87 },
		{ PIPE_ACCESS_DUPLEX | 0x8, 0, 1, 87 },
		{ PIPE_ACCESS_DUPLEX | 0x10, 0, 1, 87 },
		{ PIPE_ACCESS_DUPLEX | 0x80, 0, 1, 87 },
		{ PIPE_ACCESS_DUPLEX | 0x100, 0, 1, 87 },
		{ PIPE_ACCESS_DUPLEX | DELETE, 0, 1, 87 },
		{ PIPE_ACCESS_DUPLEX | READ_CONTROL, 0, 1, 87 },
		{ PIPE_ACCESS_DUPLEX | ACCESS_SYSTEM_SECURITY, 0, 1, 1314 },
		{ PIPE_ACCESS_DUPLEX, 0x10, 1, 87 },
		{ PIPE_ACCESS_DUPLEX, 0x80000000, 1, 87 },
		{ PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE | PIPE_READMODE_MESSAGE, 1, 87 },
	};
	size_t i;

	for (i = 0; i < N_OF(rows); i++) {
		char what[64];

		snprintf(what, sizeof(what), "row %zu", i);
		SetLastError(0);
		expect_refusal(what,
			       CreateNamedPipeA(PIPE, rows[i].open_mode, rows[i].pipe_mode,
						rows[i].n_instances, 0, 0, 0,
						NULL) != INVALID_HANDLE_VALUE,
			       rows[i].error);
	}
	/* Not one of them made the name. */
	REFUSED(WaitNamedPipeA(PIPE, 1), 2);
}
END_TEST

START_TEST(second_instance_refuses_what_the_first_forbids)
{
	HANDLE first = CreateNamedPipeA(PIPE, PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 2, 0, 0, 0,
					NULL);
	HANDLE second;

	ck_assert_ptr_ne(first, INVALID_HANDLE_VALUE);
	REFUSED_HANDLE(CreateNamedPipeA(PIPE, PIPE_ACCESS_OUTBOUND, 0, 2, 0, 0, 0, NULL), 5);
	REFUSED_HANDLE(CreateNamedPipeA(PIPE, PIPE_ACCESS_DUPLEX, 0, 2, 0, 0, 0, NULL), 5);
	REFUSED_HANDLE(CreateNamedPipeA(PIPE, PIPE_ACCESS_INBOUND | FILE_FLAG_FIRST_PIPE_INSTANCE,
					0, 2, 0, 0, 0, NULL),
		       5);
	REFUSED_HANDLE(CreateNamedPipeA(PIPE, PIPE_ACCESS_INBOUND,
					PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 2, 0, 0, 0,
					NULL),
		       87);
	second = create(PIPE, PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE);
	REFUSED_HANDLE(CreateNamedPipeA(PIPE, PIPE_ACCESS_INBOUND, 0, 2, 0, 0, 0, NULL), 231);
	REFUSED_HANDLE(CreateNamedPipeA(PIPE, PIPE_ACCESS_OUTBOUND, 0, 2, 0, 0, 0, NULL), 231);
	CloseHandle(second);
	CloseHandle(first);
}
END_TEST

START_TEST(byte_pipe_refuses_message_mode_at_both_ends)
{
	HANDLE server = create(PIPE, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE);
	HANDLE client = open_client(PIPE, READ_WRITE);
	DWORD mode = PIPE_READMODE_MESSAGE, state = 99, n;
	char byte = 0;

	REFUSED(SetNamedPipeHandleState(server, &mode, NULL, NULL), 87);
	REFUSED(SetNamedPipeHandleState(client, &mode, NULL, NULL), 87);
	ck_assert(GetNamedPipeHandleStateA(client, &state, NULL, NULL, NULL, NULL, 0));
	ck_assert_uint_eq(state, 0);
	REFUSED(TransactNamedPipe(client, &byte, 1, &byte, 1, &n, NULL), 230);
	CloseHandle(client);
	/* One instance, which is taken: not waited for, and waited for in vain. */
	REFUSED(CallNamedPipeA(PIPE, &byte, 1, &byte, 1, &n, NMPWAIT_NOWAIT), 231);
	REFUSED(CallNamedPipeA(PIPE, &byte, 1, &byte, 1, &n, 2), 121);
	CloseHandle(server);
}
END_TEST

START_TEST(mode_and_state_calls_refuse_wrong_arguments)
{
	HANDLE server = create(PIPE, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE);
	HANDLE client = open_client(PIPE, READ_WRITE);
	DWORD mode = 0x4, n = 1;
	char name[16];

	REFUSED(SetNamedPipeHandleState(server, &mode, NULL, NULL), 87);
	mode = 0x80000002;
	REFUSED(SetNamedPipeHandleState(client, &mode, NULL, NULL), 87);
	REFUSED(SetNamedPipeHandleState(server, NULL, &n, NULL), 87);
	REFUSED(SetNamedPipeHandleState(server, NULL, NULL, &n), 87);
	ck_assert(SetNamedPipeHandleState(server, NULL, NULL, NULL));
	ck_assert(GetNamedPipeHandleStateA(client, NULL, NULL, NULL, NULL, NULL, 0));
	ck_assert(GetNamedPipeInfo(client, NULL, NULL, NULL, NULL));
	REFUSED(GetNamedPipeHandleStateA(client, NULL, NULL, &n, NULL, NULL, 0), 87);
	REFUSED(GetNamedPipeHandleStateW(client, NULL, NULL, NULL, &n, NULL, 0), 87);
	REFUSED(GetNamedPipeHandleStateA(server, NULL, NULL, NULL, NULL, name, 16), 1368);
	REFUSED(GetNamedPipeClientProcessId(server, NULL), 122);
	REFUSED(GetNamedPipeServerProcessId(server, NULL), 122);
	REFUSED(GetNamedPipeClientSessionId(client, NULL), 122);
	REFUSED(GetNamedPipeServerSessionId(client, NULL), 122);
	REFUSED(GetNamedPipeClientComputerNameA(server, name, 16), ERROR_PIPE_LOCAL);
	CloseHandle(client);
	CloseHandle(server);
}
END_TEST

START_TEST(null_buffer_is_no_access)
{
	HANDLE server = create(PIPE, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
			       PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE);
	HANDLE client = open_client(PIPE, READ_WRITE);
	HANDLE ends[] = { server, client };
	OVERLAPPED overlapped = { 0 };
	DWORD n, i;
	char byte = 0;

	for (i = 0; i < 2; i++) {
		n = 77;
		REFUSED(ReadFile(ends[i], NULL, 1, &n, NULL), 998);
		ck_assert_uint_eq(n, 0);
		n = 77;
		REFUSED(WriteFile(ends[i], NULL, 1, &n, NULL), 998);
		ck_assert_uint_eq(n, 0);
		REFUSED(ReadFile(ends[i], NULL, 1, NULL, &overlapped), 998);
		REFUSED(WriteFile(ends[i], NULL, 1, NULL, &overlapped), 998);
		REFUSED(PeekNamedPipe(ends[i], NULL, 1, NULL, NULL, NULL), 998);
		ck_assert(PeekNamedPipe(ends[i], NULL, 0, NULL, NULL, NULL));
		ck_assert(WriteFile(ends[i], NULL, 0, &n, NULL));
	}
	REFUSED(TransactNamedPipe(server, NULL, 1, &byte, 1, &n, NULL), 998);
	REFUSED(TransactNamedPipe(server, &byte, 1, NULL, 1, &n, NULL), 998);
	CloseHandle(client);
	CloseHandle(server);
}
END_TEST

/* What the offset of an OVERLAPPED does (5.4): nothing, or an early refusal. */
static void check_offsets(bool is_book)
{
	static const struct {
		DWORD low, high;
		bool modern_reads, modern_writes;
	} rows[] = {
		{ 0, 0, true, true },
		{ 1, 0, true, true },
		{ 0, 1, true, true },
		{ 0xffffffff, 0x7fffffff, true, true },
		{ 0xffffffff, 0xffffffff, false, true },
		{ 0xfffffffe, 0xffffffff, false, true },
		{ 0xfffffffd, 0xffffffff, false, false },
		{ 0xcccccccc, 0xcccccccc, false, false },
		{ 0, 0x80000000, false, false },
	};
	HANDLE server = create(PIPE, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0);
	HANDLE client = open_client(PIPE, READ_WRITE);
	OVERLAPPED overlapped;
	char byte = 0;
	bool works;
	size_t i;

	for (i = 0; i < N_OF(rows); i++) {
		memset(&overlapped, 0, sizeof(overlapped));
		overlapped.Offset = rows[i].low;
		overlapped.OffsetHigh = rows[i].high;
		works = is_book ? !rows[i].low && !rows[i].high : rows[i].modern_reads;
		/* An empty pipe: a read that is taken pends. */
		REFUSED(ReadFile(server, &byte, 1, NULL, &overlapped), works ? 997 : 87);
		if (works) {
			ck_assert(CancelIoEx(server, &overlapped));
			REFUSED(GetOverlappedResult(server, &overlapped, dwords, TRUE), 995);
		}
		works = is_book ? !rows[i].low && !rows[i].high : rows[i].modern_writes;
		if (works)
			ck_assert(WriteFile(server, &byte, 1, NULL, &overlapped));
		else
			REFUSED(WriteFile(server, &byte, 1, NULL, &overlapped), 87);
	}
	CloseHandle(client);
	CloseHandle(server);
}

START_TEST(any_offset_is_refused_as_the_book_says)
{
	check_offsets(true);
}
END_TEST

START_TEST(negative_offset_is_refused_by_modern_systems)
{
	check_offsets(false);
}
END_TEST

START_TEST(garbage_as_event_is_no_handle)
{
	HANDLE server = create(PIPE, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0);
	OVERLAPPED overlapped = {.hEvent = (HANDLE)(uintptr_t)0x7ffffff0};
	char byte = 0;

	REFUSED(ConnectNamedPipe(server, &overlapped), 6);
	REFUSED(ReadFile(server, &byte, 1, NULL, &overlapped), 6);
	REFUSED(WriteFile(server, &byte, 1, NULL, &overlapped), 6);
	/* A live object, but no event. */
	overlapped.hEvent = server;
	REFUSED(ConnectNamedPipe(server, &overlapped), 6);
	CloseHandle(server);
}
END_TEST

/* ---------------------------------------------------------------- rights */

START_TEST(wrong_direction_is_denied)
{
	HANDLE server = create(PIPE, PIPE_ACCESS_INBOUND, 0), client;
	char byte = 0;
	DWORD n, mode = PIPE_NOWAIT;

	REFUSED_HANDLE(CreateFileA(PIPE, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL), 5);
	REFUSED_HANDLE(CreateFileA(PIPE, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL), 5);
	REFUSED_HANDLE(CreateFileA(PIPE, MAXIMUM_ALLOWED, 0, NULL, OPEN_EXISTING, 0, NULL), 5);
	client = open_client(PIPE, GENERIC_WRITE);
	/* Wrong direction comes before "all are busy". */
	REFUSED_HANDLE(CreateFileA(PIPE, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL), 5);
	REFUSED(WriteFile(server, &byte, 1, &n, NULL), 5);
	REFUSED(FlushFileBuffers(server), 5);
	REFUSED(SetNamedPipeHandleState(server, &mode, NULL, NULL), 5);
	REFUSED(TransactNamedPipe(server, &byte, 1, &byte, 1, &n, NULL), 5);
	REFUSED(ReadFile(client, &byte, 1, &n, NULL), 5);
	REFUSED(PeekNamedPipe(client, NULL, 0, NULL, NULL, NULL), 5);
	CloseHandle(client);
	CloseHandle(server);

	server = create(PIPE, PIPE_ACCESS_OUTBOUND, 0);
	REFUSED_HANDLE(CreateFileA(PIPE, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL), 5);
	client = open_client(PIPE, GENERIC_READ);
	REFUSED(ReadFile(server, &byte, 1, &n, NULL), 5);
	REFUSED(PeekNamedPipe(server, NULL, 0, NULL, NULL, NULL), 5);
	REFUSED(GetNamedPipeInfo(server, NULL, NULL, NULL, NULL), 5);
	REFUSED(WriteFile(client, &byte, 1, &n, NULL), 5);
	REFUSED(FlushFileBuffers(client), 5);
	REFUSED(SetNamedPipeHandleState(client, &mode, NULL, NULL), 5);
	CloseHandle(client);
	CloseHandle(server);
}
END_TEST

START_TEST(handle_with_fewer_rights_is_denied_the_rest)
{
	HANDLE server = create(PIPE, PIPE_ACCESS_DUPLEX, 0);
	HANDLE client = open_client(PIPE, 0);
	HANDLE self = GetCurrentProcess(), weak = NULL;
	char byte = 0;
	DWORD n;

	REFUSED(ReadFile(client, &byte, 1, &n, NULL), 5);
	REFUSED(WriteFile(client, &byte, 1, &n, NULL), 5);
	REFUSED(FlushFileBuffers(client), 5);
	REFUSED(PeekNamedPipe(client, NULL, 0, NULL, NULL, NULL), 5);
	ck_assert(GetNamedPipeInfo(client, NULL, NULL, NULL, NULL));
	ck_assert(DuplicateHandle(self, server, self, &weak, GENERIC_READ, FALSE, 0));
	REFUSED(WriteFile(weak, &byte, 1, &n, NULL), 5);
	CloseHandle(weak);
	ck_assert(WriteFile(server, &byte, 1, &n, NULL));
	CloseHandle(client);
	CloseHandle(server);
}
END_TEST

START_TEST(server_calls_on_a_client_are_illegal)
{
	HANDLE server = create(PIPE, PIPE_ACCESS_DUPLEX, 0);
	HANDLE client = open_client(PIPE, READ_WRITE);

	REFUSED(ConnectNamedPipe(client, NULL), 1);
	REFUSED(DisconnectNamedPipe(client), 1);
	CloseHandle(client);
	CloseHandle(server);
}
END_TEST

/* ---------------------------------------------------------------- handles */

static void WINAPI never_called(DWORD error, DWORD n, LPOVERLAPPED overlapped)
{
	(void)error;
	(void)n;
	(void)overlapped;
	abort();
}

/* One function per call: whether it succeeded. */
#define ON_HANDLE(name, expression)                                                      \
	static bool name(HANDLE h)                                                       \
	{                                                                                \
		return (expression);                                                     \
	}

ON_HANDLE(on_connect, ConnectNamedPipe(h, NULL))
ON_HANDLE(on_connect_overlapped, ConnectNamedPipe(h, &unused))
ON_HANDLE(on_disconnect, DisconnectNamedPipe(h))
ON_HANDLE(on_transact, TransactNamedPipe(h, scratch, 1, scratch, 1, dwords, NULL))
ON_HANDLE(on_peek, PeekNamedPipe(h, scratch, 1, dwords, dwords, dwords))
ON_HANDLE(on_set_state, SetNamedPipeHandleState(h, dwords, NULL, NULL))
ON_HANDLE(on_get_state, GetNamedPipeHandleStateA(h, dwords, dwords, NULL, NULL, NULL, 0))
ON_HANDLE(on_get_state_w, GetNamedPipeHandleStateW(h, dwords, dwords, NULL, NULL, NULL, 0))
ON_HANDLE(on_get_info, GetNamedPipeInfo(h, dwords, dwords, dwords, dwords))
ON_HANDLE(on_client_pid, GetNamedPipeClientProcessId(h, dwords))
ON_HANDLE(on_client_session, GetNamedPipeClientSessionId(h, dwords))
ON_HANDLE(on_server_pid, GetNamedPipeServerProcessId(h, dwords))
ON_HANDLE(on_server_session, GetNamedPipeServerSessionId(h, dwords))
ON_HANDLE(on_client_name, GetNamedPipeClientComputerNameA(h, scratch, 64))
ON_HANDLE(on_client_name_w, GetNamedPipeClientComputerNameW(h, wide_scratch, 64))
ON_HANDLE(on_read, ReadFile(h, scratch, 1, dwords, NULL))
ON_HANDLE(on_read_overlapped, ReadFile(h, scratch, 1, dwords, &unused))
ON_HANDLE(on_write, WriteFile(h, scratch, 1, dwords, NULL))
ON_HANDLE(on_write_overlapped, WriteFile(h, scratch, 1, dwords, &unused))
ON_HANDLE(on_read_ex, ReadFileEx(h, scratch, 1, &unused, never_called))
ON_HANDLE(on_write_ex, WriteFileEx(h, scratch, 1, &unused, never_called))
ON_HANDLE(on_flush, FlushFileBuffers(h))
ON_HANDLE(on_size, GetFileSize(h, NULL) != INVALID_FILE_SIZE)
ON_HANDLE(on_size_ex, GetFileSizeEx(h, (LARGE_INTEGER *)(void *)dwords))
ON_HANDLE(on_reopen, ReOpenFile(h, READ_WRITE, 0, 0) != INVALID_HANDLE_VALUE)
ON_HANDLE(on_cancel, CancelIo(h))
ON_HANDLE(on_cancel_ex, CancelIoEx(h, NULL))
ON_HANDLE(on_cancel_ex_one, CancelIoEx(h, &unused))
ON_HANDLE(on_notification, SetFileCompletionNotificationModes(h, 1))
ON_HANDLE(on_port, CreateIoCompletionPort(h, NULL, 0, 0) != NULL)
ON_HANDLE(on_file_type, GetFileType(h) != FILE_TYPE_UNKNOWN)
ON_HANDLE(on_close, CloseHandle(h))
ON_HANDLE(on_get_flags, GetHandleInformation(h, dwords))
ON_HANDLE(on_set_flags, SetHandleInformation(h, HANDLE_FLAG_INHERIT, 0))
ON_HANDLE(on_wait, WaitForSingleObject(h, 0) != WAIT_FAILED)
ON_HANDLE(on_wait_many, WaitForMultipleObjects(1, &h, FALSE, 0) != WAIT_FAILED)
ON_HANDLE(on_set_event, SetEvent(h))
ON_HANDLE(on_reset_event, ResetEvent(h))

static bool on_duplicate(HANDLE h)
{
	HANDLE self = GetCurrentProcess(), copy;

	return DuplicateHandle(self, h, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
}

/* For whom a call is: others get ERROR_INVALID_HANDLE too, or another refusal. */
enum kind {
	FOR_PIPES,
	FOR_FILES,
	FOR_ALL, /* any live object */
};

static const struct handle_call {
	const char *name;
	bool (*call)(HANDLE h);
	enum kind kind;
} handle_calls[] = {
	{ "ConnectNamedPipe", on_connect, FOR_PIPES },
	{ "ConnectNamedPipe, overlapped", on_connect_overlapped, FOR_PIPES },
	{ "DisconnectNamedPipe", on_disconnect, FOR_PIPES },
	{ "TransactNamedPipe", on_transact, FOR_PIPES },
	{ "PeekNamedPipe", on_peek, FOR_PIPES },
	{ "SetNamedPipeHandleState", on_set_state, FOR_PIPES },
	{ "GetNamedPipeHandleStateA", on_get_state, FOR_PIPES },
	{ "GetNamedPipeHandleStateW", on_get_state_w, FOR_PIPES },
	{ "GetNamedPipeInfo", on_get_info, FOR_PIPES },
	{ "GetNamedPipeClientProcessId", on_client_pid, FOR_PIPES },
	{ "GetNamedPipeClientSessionId", on_client_session, FOR_PIPES },
	{ "GetNamedPipeServerProcessId", on_server_pid, FOR_PIPES },
	{ "GetNamedPipeServerSessionId", on_server_session, FOR_PIPES },
	{ "GetNamedPipeClientComputerNameA", on_client_name, FOR_PIPES },
	{ "GetNamedPipeClientComputerNameW", on_client_name_w, FOR_PIPES },
	{ "ReadFile", on_read, FOR_FILES },
	{ "ReadFile, overlapped", on_read_overlapped, FOR_FILES },
	{ "WriteFile", on_write, FOR_FILES },
	{ "WriteFile, overlapped", on_write_overlapped, FOR_FILES },
	{ "ReadFileEx", on_read_ex, FOR_FILES },
	{ "WriteFileEx", on_write_ex, FOR_FILES },
	{ "FlushFileBuffers", on_flush, FOR_FILES },
	{ "GetFileSize", on_size, FOR_FILES },
	{ "GetFileSizeEx", on_size_ex, FOR_FILES },
	{ "ReOpenFile", on_reopen, FOR_FILES },
	{ "CancelIo", on_cancel, FOR_FILES },
	{ "CancelIoEx", on_cancel_ex, FOR_FILES },
	{ "CancelIoEx, one", on_cancel_ex_one, FOR_FILES },
	{ "SetFileCompletionNotificationModes", on_notification, FOR_FILES },
	{ "CreateIoCompletionPort", on_port, FOR_FILES },
	{ "GetFileType", on_file_type, FOR_FILES },
	{ "CloseHandle", on_close, FOR_ALL },
	{ "GetHandleInformation", on_get_flags, FOR_ALL },
	{ "SetHandleInformation", on_set_flags, FOR_ALL },
	{ "DuplicateHandle", on_duplicate, FOR_ALL },
	{ "WaitForSingleObject", on_wait, FOR_ALL },
	{ "WaitForMultipleObjects", on_wait_many, FOR_ALL },
	{ "SetEvent", on_set_event, FOR_ALL },
	{ "ResetEvent", on_reset_event, FOR_ALL },
};

static void expect_invalid(const struct handle_call *call, HANDLE h, const char *which)
{
	bool ok;
	DWORD error;

	SetLastError(0);
	ok = call->call(h);
	error = GetLastError();
	ck_assert_msg(!ok, "%s succeeded on a handle that is %s (%p)", call->name, which, h);
	ck_assert_msg(error == ERROR_INVALID_HANDLE, "%s on a handle that is %s (%p): %u",
		      call->name, which, h, error);
}

START_TEST(every_call_refuses_what_is_no_handle)
{
	const struct handle_call *call = &handle_calls[_i];
	HANDLE server = create(PIPE, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0);
	HANDLE client = open_client(PIPE, READ_WRITE);
	HANDLE gone_server = create(PIPE, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0);
	HANDLE gone_client = open_client(PIPE, READ_WRITE);
	uintptr_t value;
	unsigned i;

	expect_invalid(call, NULL, "null");
	/* -1 is the process where any object will do, and "no file" for a new port. */
	if (call->kind != FOR_ALL && call->call != on_port)
		expect_invalid(call, INVALID_HANDLE_VALUE, "INVALID_HANDLE_VALUE");
	CloseHandle(gone_client);
	CloseHandle(gone_server);
	expect_invalid(call, gone_client, "closed");
	expect_invalid(call, gone_server, "closed");
	for (i = 0; i < N_RANDOM; i++) {
		value = next_random();
		switch (i % 4) {
		case 0:
			value &= 0xffff;
			break;
		case 1:
			value = value << 32 | next_random();
			break;
		case 2:
			/* The next generations of a handle that is open. */
			value = (uintptr_t)server + ((value % 32767 + 1) << 16);
			break;
		default:
			break;
		}
		if ((value & ~(uintptr_t)3) == (uintptr_t)server ||
		    (value & ~(uintptr_t)3) == (uintptr_t)client ||
		    value == (uintptr_t)GetCurrentProcess() ||
		    value == (uintptr_t)GetCurrentThread())
			continue;
		expect_invalid(call, (HANDLE)value, "random");
	}
	/* The ends that were not meant are as they were. */
	ck_assert(WriteFile(client, "k", 1, dwords, NULL));
	ck_assert(ReadFile(server, scratch, 1, dwords, NULL));
	ck_assert_int_eq(scratch[0], 'k');
	CloseHandle(client);
	CloseHandle(server);
}
END_TEST

START_TEST(pipe_and_file_calls_refuse_other_objects)
{
	const struct handle_call *call = &handle_calls[_i];
	HANDLE foreign[3];
	unsigned i;

	if (call->kind == FOR_ALL)
		return;
	foreign[0] = CreateEventA(NULL, TRUE, TRUE, NULL);
	foreign[1] = CreateMutexA(NULL, FALSE, NULL);
	foreign[2] = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
	for (i = 0; i < 3; i++) {
		ck_assert_ptr_nonnull(foreign[i]);
		expect_invalid(call, foreign[i], "of another kind");
		CloseHandle(foreign[i]);
	}
}
END_TEST

/* A value whose slot was used again belongs to the new handle only with its generation. */
START_TEST(stale_handle_never_reaches_its_slots_next_owner)
{
	HANDLE stale[64];
	unsigned i, k;

	for (k = 0; k < 64; k++) {
		stale[k] = CreateEventA(NULL, TRUE, FALSE, NULL);
		ck_assert(CloseHandle(stale[k]));
	}
	for (i = 0; i < 300; i++) {
		HANDLE h = create(PIPE, PIPE_ACCESS_DUPLEX, 0);

		for (k = 0; k < 64; k++) {
			if (stale[k] == h)
				ck_abort_msg("a handle value came back after %u uses", i);
			REFUSED(CloseHandle(stale[k]), 6);
			REFUSED(DisconnectNamedPipe(stale[k]), 6);
		}
		ck_assert(CloseHandle(h));
	}
}
END_TEST

/* ---------------------------------------------------------------- flags */

static void expect_one_of(const char *what, DWORD error, const DWORD *errors, DWORD a, DWORD b)
{
	unsigned i;

	for (i = 0; i < ERRORS_MAX && errors[i]; i++)
		if (errors[i] == error)
			return;
	ck_abort_msg("%s with 0x%x, 0x%x: undocumented error %u", what, a, b, error);
}

START_TEST(create_with_random_flags_gives_documented_errors)
{
	static const DWORD errors[ERRORS_MAX] =
		ERRORS(ERROR_INVALID_PARAMETER, ERROR_PRIVILEGE_NOT_HELD, ERROR_ACCESS_DENIED);
	DWORD open_mode, pipe_mode, n_instances, timeout;
	unsigned i, n_created = 0;
	HANDLE h;

	for (i = 0; i < N_FUZZ; i++) {
		/* Every other time bits that exist, or nothing would ever be created. */
		open_mode = i % 2 ? random_bits() : random_bits() & 0xc00c0003;
		pipe_mode = i % 2 ? random_bits() : next_random() & 0xf;
		n_instances = i % 4 ? 1 + next_random() % 255 : next_random();
		timeout = random_bits();
		SetLastError(0);
		h = CreateNamedPipeA(PIPE, open_mode, pipe_mode, n_instances, random_bits(),
				     random_bits(), timeout, NULL);
		if (h == INVALID_HANDLE_VALUE) {
			expect_one_of("CreateNamedPipe", GetLastError(), errors, open_mode,
				      pipe_mode);
			continue;
		}
		n_created++;
		ck_assert(open_mode & PIPE_ACCESS_DUPLEX);
		ck_assert_uint_eq(pipe_mode & ~0xfu, 0);
		ck_assert(CloseHandle(h));
	}
	ck_assert_uint_gt(n_created, N_FUZZ / 20);
}
END_TEST

START_TEST(open_with_random_flags_gives_documented_errors)
{
	static const DWORD errors[ERRORS_MAX] =
		ERRORS(ERROR_INVALID_PARAMETER, ERROR_ACCESS_DENIED, ERROR_PRIVILEGE_NOT_HELD);
	static const DWORD reopen_errors[ERRORS_MAX] =
		ERRORS(ERROR_INVALID_PARAMETER, ERROR_ACCESS_DENIED, ERROR_PRIVILEGE_NOT_HELD,
		       ERROR_PIPE_BUSY);
	unsigned i, n_opened = 0;
	HANDLE server, h, again;

	for (i = 0; i < N_FUZZ; i++) {
		DWORD access = random_bits(), flags = random_bits();
		DWORD disposition = i % 8 ? OPEN_EXISTING : next_random() % 8;

		server = create(PIPE, 1 + next_random() % 3, 0);
		h = CreateFileA(PIPE, access, random_bits(), NULL, disposition, flags, NULL);
		if (h == INVALID_HANDLE_VALUE)
			expect_one_of("CreateFile", GetLastError(), errors, access, flags);
		again = ReOpenFile(server, random_bits(), 0, random_bits());
		if (again == INVALID_HANDLE_VALUE)
			expect_one_of("ReOpenFile", GetLastError(), reopen_errors, access,
				      flags);
		else
			ck_assert(CloseHandle(again));
		if (h != INVALID_HANDLE_VALUE) {
			n_opened++;
			ck_assert(CloseHandle(h));
		}
		ck_assert(CloseHandle(server));
	}
	ck_assert_uint_gt(n_opened, N_FUZZ / 20);
}
END_TEST

START_TEST(modes_at_random_give_documented_errors)
{
	static const DWORD mode_errors[ERRORS_MAX] = ERRORS(ERROR_INVALID_PARAMETER);
	static const DWORD port_errors[ERRORS_MAX] = ERRORS(ERROR_INVALID_PARAMETER);
	HANDLE server = create(PIPE, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
			       PIPE_TYPE_MESSAGE);
	HANDLE client = open_client(PIPE, READ_WRITE);
	unsigned i;

	for (i = 0; i < N_FUZZ; i++) {
		DWORD mode = i % 2 ? random_bits() : next_random() % 8;
		HANDLE h = i % 3 ? client : server;
		DWORD state = 99;

		if (SetNamedPipeHandleState(h, &mode, NULL, NULL)) {
			ck_assert_uint_le(mode, 3);
			ck_assert(GetNamedPipeHandleStateA(h, &state, NULL, NULL, NULL, NULL, 0));
			ck_assert_uint_eq(state, mode);
		} else {
			expect_one_of("SetNamedPipeHandleState", GetLastError(), mode_errors,
				      mode, 0);
			ck_assert_uint_gt(mode, 3);
		}
		if (!SetFileCompletionNotificationModes(client, (UCHAR)next_random()))
			expect_one_of("SetFileCompletionNotificationModes", GetLastError(),
				      port_errors, 0, 0);
	}
	CloseHandle(client);
	CloseHandle(server);
}
END_TEST

START_TEST(duplicate_with_random_flags_gives_documented_errors)
{
	static const DWORD errors[ERRORS_MAX] =
		ERRORS(ERROR_INVALID_PARAMETER, ERROR_ACCESS_DENIED);
	HANDLE self = GetCurrentProcess(), server = create(PIPE, PIPE_ACCESS_DUPLEX, 0), copy;
	unsigned i;

	for (i = 0; i < N_FUZZ; i++) {
		DWORD access = random_bits();
		DWORD options = random_bits() & ~(DWORD)DUPLICATE_CLOSE_SOURCE;
		DWORD mask = random_bits(), flags = random_bits();

		if (!DuplicateHandle(self, server, self, &copy, access, FALSE, options)) {
			expect_one_of("DuplicateHandle", GetLastError(), errors, access,
				      options);
			continue;
		}
		if (!SetHandleInformation(copy, mask, flags))
			expect_one_of("SetHandleInformation", GetLastError(), errors, mask,
				      flags);
		ck_assert(SetHandleInformation(copy, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
		ck_assert(CloseHandle(copy));
	}
	ck_assert(CloseHandle(server));
}
END_TEST

/* With an instance that listens, or no pipe at all, no timeout makes the call wait. */
START_TEST(any_timeout_is_taken)
{
	static const DWORD call_errors[ERRORS_MAX] = ERRORS(ERROR_FILE_NOT_FOUND);
	HANDLE server = create(PIPE, PIPE_ACCESS_DUPLEX, 0);
	char byte = 0;
	DWORD n;
	unsigned i;

	for (i = 0; i < N_FUZZ / 4; i++) {
		DWORD timeout = random_bits();

		ck_assert_msg(WaitNamedPipeA(PIPE, timeout), "timeout 0x%x: %u", timeout,
			      GetLastError());
		REFUSED(WaitNamedPipeA(MISSING, timeout), 2);
		ck_assert(!CallNamedPipeA(MISSING, &byte, 1, &byte, 1, &n, timeout));
		expect_one_of("CallNamedPipe", GetLastError(), call_errors, timeout, 0);
	}
	CloseHandle(server);
}
END_TEST

START_TEST(anonymous_pipe_of_any_size_works_or_is_refused)
{
	static const DWORD errors[ERRORS_MAX] =
		ERRORS(ERROR_NOT_ENOUGH_MEMORY, ERROR_NO_SYSTEM_RESOURCES,
		       ERROR_NOT_ENOUGH_QUOTA);
	unsigned i;

	for (i = 0; i < N_FUZZ / 4; i++) {
		DWORD size = random_bits(), n;
		HANDLE r, w;
		char byte = 0;

		if (!CreatePipe(&r, &w, NULL, size)) {
			expect_one_of("CreatePipe", GetLastError(), errors, size, 0);
			continue;
		}
		ck_assert(WriteFile(w, "b", 1, &n, NULL));
		ck_assert(ReadFile(r, &byte, 1, &n, NULL));
		ck_assert_int_eq(byte, 'b');
		CloseHandle(w);
		CloseHandle(r);
	}
}
END_TEST

static Suite *wrong_input_suite(void)
{
	Suite *s = suite_create("wrong input");
	TCase *arguments = tcase_create("arguments");
	TCase *modern = tcase_create("arguments, modern");
	TCase *handles = tcase_create("handles");
	TCase *flags = tcase_create("flags");

	tcase_set_timeout(arguments, 60);
	tcase_add_checked_fixture(arguments, setup, teardown);
	tcase_add_test(arguments, create_refuses_what_is_no_pipe_name);
	tcase_add_test(arguments, wait_and_call_refuse_bad_names);
	tcase_add_test(arguments, ansi_name_beyond_its_room_is_refused);
	tcase_add_test(arguments, create_refuses_wrong_parameters);
	tcase_add_test(arguments, second_instance_refuses_what_the_first_forbids);
	tcase_add_test(arguments, byte_pipe_refuses_message_mode_at_both_ends);
	tcase_add_test(arguments, mode_and_state_calls_refuse_wrong_arguments);
	tcase_add_test(arguments, null_buffer_is_no_access);
	tcase_add_test(arguments, any_offset_is_refused_as_the_book_says);
	tcase_add_test(arguments, garbage_as_event_is_no_handle);
	tcase_add_test(arguments, wrong_direction_is_denied);
	tcase_add_test(arguments, handle_with_fewer_rights_is_denied_the_rest);
	tcase_add_test(arguments, server_calls_on_a_client_are_illegal);
	suite_add_tcase(s, arguments);
	tcase_set_timeout(modern, 60);
	tcase_add_checked_fixture(modern, setup_modern, teardown);
	tcase_add_test(modern, negative_offset_is_refused_by_modern_systems);
	suite_add_tcase(s, modern);
	tcase_set_timeout(handles, 60);
	tcase_add_checked_fixture(handles, setup, teardown);
	tcase_add_loop_test(handles, every_call_refuses_what_is_no_handle, 0,
			    (int)N_OF(handle_calls));
	tcase_add_loop_test(handles, pipe_and_file_calls_refuse_other_objects, 0,
			    (int)N_OF(handle_calls));
	tcase_add_test(handles, stale_handle_never_reaches_its_slots_next_owner);
	suite_add_tcase(s, handles);
	tcase_set_timeout(flags, 120);
	tcase_add_checked_fixture(flags, setup, teardown);
	tcase_add_test(flags, create_with_random_flags_gives_documented_errors);
	tcase_add_test(flags, open_with_random_flags_gives_documented_errors);
	tcase_add_test(flags, modes_at_random_give_documented_errors);
	tcase_add_test(flags, duplicate_with_random_flags_gives_documented_errors);
	tcase_add_test(flags, any_timeout_is_taken);
	tcase_add_test(flags, anonymous_pipe_of_any_size_works_or_is_refused);
	suite_add_tcase(s, flags);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(wrong_input_suite());
	int n_failed;

	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? 1 : 0;
}
