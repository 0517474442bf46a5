/* SPDX-License-Identifier: MIT */
/*
 * fork() in a program that has pipes, threads, and requests under way
 *
 * Windows has no fork, so the rule is ours: what the parent has stays the parent's. The
 * child's copies of its handles answer with an error, hold nothing open, and can be
 * closed; if the child wants pipes it makes its own. Neither the parent nor the process
 * at the other end of its pipes notices any of it.
 *
 * Here the test itself is the parent. The third process is a peer.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>
#include <winsvc.h>

#include "npfs/client/call.h"
#include "tests/integ/peer.h"
#include "tests/lib/broker.h"
#include "tests/lib/leak.h"
#include "tests/lib/sanitizer.h"

#define PIPE	   "\\\\.\\pipe\\forked"
#define OWN	   "\\\\.\\pipe\\forked own"
#define RACE	   "\\\\.\\pipe\\forked race"
#define QUOTA	   512u
#define READ_WRITE (GENERIC_READ | GENERIC_WRITE)

/* In the child: no Check, whose failures belong to the parent. */
#define CHILD_CHECK(condition)                                                           \
	do {                                                                             \
		if (!(condition)) {                                                      \
			fprintf(stderr, "%s:%d: in the child: %s, last error %u\n",      \
				__FILE__, __LINE__, #condition, GetLastError());         \
			_exit(1);                                                        \
		}                                                                        \
	} while (0)

static struct test_broker broker;
static struct test_leak leak;
static struct peer peer;

/* What the parent has when it forks. */
static HANDLE server;	  /* its client is the peer */
static HANDLE own_server; /* its client is own_client */
static HANDLE own_client;
static HANDLE listener; /* nobody is connected to it */
static HANDLE thread;	/* reads from own_client */
static OVERLAPPED read_ov, listen_ov;
static char read_data[64], thread_data[64];
static DWORD thread_n;

static HANDLE create(const char *name, DWORD flags)
{
	HANDLE h = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | flags, PIPE_TYPE_BYTE,
				    PIPE_UNLIMITED_INSTANCES, QUOTA, QUOTA, 0, NULL);

	ck_assert_msg(h != INVALID_HANDLE_VALUE, "CreateNamedPipe: %u", GetLastError());
	return h;
}

static DWORD WINAPI reader(void *arg)
{
	(void)arg;
	return ReadFile(own_client, thread_data, sizeof(thread_data), &thread_n, NULL) ?
		       0 : GetLastError();
}

/* The connection and the engine, which stay until the process ends. */
static BOOL WINAPI not_for_us(DWORD event)
{
	(void)event;
	return FALSE;
}

static void make_what_is_made_once(void)
{
	OVERLAPPED overlapped = { 0 };
	HANDLE h = create(PIPE, FILE_FLAG_OVERLAPPED);

	ck_assert(!ConnectNamedPipe(h, &overlapped));
	WaitNamedPipeA(PIPE, 1);
	CloseHandle(h);
	/* The thread that calls the handlers. */
	ck_assert(SetConsoleCtrlHandler(not_for_us, TRUE));
	ck_assert(SetConsoleCtrlHandler(not_for_us, FALSE));
}

static void setup(void)
{
	struct peer_request open = {.op = PEER_OPEN, .name = PIPE, .value = READ_WRITE};

	test_broker_start(&broker);
	peer_start(&peer);
	make_what_is_made_once();
	test_leak_begin(&leak);

	server = create(PIPE, FILE_FLAG_OVERLAPPED);
	ck_assert(peer_call(&peer, &open).ok);
	own_server = create(OWN, 0);
	own_client = CreateFileA(OWN, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	ck_assert_ptr_ne(own_client, INVALID_HANDLE_VALUE);
	listener = create(PIPE, FILE_FLAG_OVERLAPPED);

	read_ov.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	listen_ov.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	ck_assert(!ReadFile(server, read_data, sizeof(read_data), NULL, &read_ov));
	ck_assert_uint_eq(GetLastError(), ERROR_IO_PENDING);
	ck_assert(!ConnectNamedPipe(listener, &listen_ov));
	ck_assert_uint_eq(GetLastError(), ERROR_IO_PENDING);
	thread = CreateThread(NULL, 0, reader, NULL, 0, NULL);
	ck_assert_ptr_nonnull(thread);
}

/* Everything the parent had still works: the read, the listen, the thread, new calls. */
static void expect_all_works(void)
{
	struct peer_request write = {.op = PEER_WRITE, .len = 9, .value = 'p'};
	struct peer_request read = {.op = PEER_READ, .len = 16};
	struct peer_request open = {.op = PEER_OPEN, .name = PIPE, .value = READ_WRITE, .slot = 1};
	struct peer_request close_second = {.op = PEER_CLOSE, .slot = 1};
	struct peer_reply reply;
	DWORD n = 0, code = 99;

	ck_assert_uint_eq(WaitForSingleObject(read_ov.hEvent, 0), WAIT_TIMEOUT);
	ck_assert(peer_call(&peer, &write).ok);
	ck_assert_uint_eq(WaitForSingleObject(read_ov.hEvent, TEST_DEADLINE_MS), WAIT_OBJECT_0);
	ck_assert(GetOverlappedResult(server, &read_ov, &n, FALSE));
	ck_assert_uint_eq(n, 9);
	ck_assert_int_eq(read_data[8], 'p');
	ck_assert(WriteFile(server, "parent", 6, &n, NULL));
	reply = peer_call(&peer, &read);
	ck_assert(reply.ok);
	ck_assert_uint_eq(reply.count, 6);

	ck_assert(WriteFile(own_server, "own", 3, &n, NULL));
	ck_assert_uint_eq(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
	ck_assert(GetExitCodeThread(thread, &code));
	ck_assert_uint_eq(code, 0);
	ck_assert_uint_eq(thread_n, 3);

	ck_assert_uint_eq(WaitForSingleObject(listen_ov.hEvent, 0), WAIT_TIMEOUT);
	ck_assert(peer_call(&peer, &open).ok);
	ck_assert_uint_eq(WaitForSingleObject(listen_ov.hEvent, TEST_DEADLINE_MS),
			  WAIT_OBJECT_0);
	ck_assert(peer_call(&peer, &close_second).ok);
}

static void close_all(void)
{
	CloseHandle(own_client);
	CloseHandle(own_server);
	CloseHandle(listener);
	CloseHandle(server);
}

static void teardown(void)
{
	struct peer_request read = {.op = PEER_READ, .len = 16};

	close_all();
	/* Nobody else holds the server's end. */
	ck_assert_uint_eq(peer_call(&peer, &read).error, ERROR_BROKEN_PIPE);
	CloseHandle(thread);
	CloseHandle(read_ov.hEvent);
	CloseHandle(listen_ov.hEvent);
	test_leak_end(&leak);
	peer_stop(&peer);
	np_call_shutdown();
	test_broker_stop(&broker);
}

/* ---------------------------------------------------------------- the child */

static int child_leaves(int sock, void *arg)
{
	(void)sock;
	(void)arg;
	return 0;
}

static int child_exits(int sock, void *arg)
{
	(void)sock;
	(void)arg;
	/* Through the C library: its handlers and destructors run in the child, too. */
	exit(0);
}

static void child_echo(DWORD flags)
{
	OVERLAPPED overlapped = { 0 };
	char name[64], data[8];
	HANDLE s, c;
	DWORD n = 0;

	snprintf(name, sizeof(name), "\\\\.\\pipe\\child %d", (int)getpid());
	s = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | flags, 0, 1, QUOTA, QUOTA, 0, NULL);
	CHILD_CHECK(s != INVALID_HANDLE_VALUE);
	overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	if (flags) {
		CHILD_CHECK(!ConnectNamedPipe(s, &overlapped));
		CHILD_CHECK(GetLastError() == ERROR_IO_PENDING);
	}
	c = CreateFileA(name, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	CHILD_CHECK(c != INVALID_HANDLE_VALUE);
	if (flags) {
		CHILD_CHECK(WaitForSingleObject(overlapped.hEvent, TEST_DEADLINE_MS) ==
			    WAIT_OBJECT_0);
		CHILD_CHECK(!ReadFile(s, data, sizeof(data), NULL, &overlapped));
		CHILD_CHECK(GetLastError() == ERROR_IO_PENDING);
	}
	CHILD_CHECK(WriteFile(c, "child", 5, &n, NULL));
	if (flags)
		CHILD_CHECK(GetOverlappedResult(s, &overlapped, &n, TRUE));
	else
		CHILD_CHECK(ReadFile(s, data, sizeof(data), &n, NULL));
	CHILD_CHECK(n == 5 && memcmp(data, "child", 5) == 0);
	CHILD_CHECK(CloseHandle(c) && CloseHandle(s));
	CloseHandle(overlapped.hEvent);
}

/* Every call on an inherited handle fails; none blocks, none reaches the pipe. */
static void try_handles(const HANDLE *handles, DWORD n_handles)
{
	OVERLAPPED overlapped = { 0 };
	DWORD i, n, mode = PIPE_NOWAIT;
	char byte = 'c';

	for (i = 0; i < n_handles; i++) {
		HANDLE h = handles[i];

		CHILD_CHECK(!ReadFile(h, &byte, 1, &n, NULL) && GetLastError());
		CHILD_CHECK(!WriteFile(h, &byte, 1, &n, NULL) && GetLastError());
		CHILD_CHECK(!ConnectNamedPipe(h, NULL) && GetLastError());
		CHILD_CHECK(!DisconnectNamedPipe(h) && GetLastError());
		CHILD_CHECK(!FlushFileBuffers(h) && GetLastError());
		CHILD_CHECK(!PeekNamedPipe(h, &byte, 1, &n, NULL, NULL) && GetLastError());
		CHILD_CHECK(!TransactNamedPipe(h, &byte, 1, &byte, 1, &n, NULL) &&
			    GetLastError());
		CHILD_CHECK(!SetNamedPipeHandleState(h, &mode, NULL, NULL) && GetLastError());
		CHILD_CHECK(!GetNamedPipeHandleStateA(h, NULL, &n, NULL, NULL, NULL, 0) &&
			    GetLastError());
		CHILD_CHECK(!ReadFile(h, &byte, 1, NULL, &overlapped) &&
			    GetLastError() != ERROR_IO_PENDING);
		CHILD_CHECK(!ConnectNamedPipe(h, &overlapped) &&
			    GetLastError() != ERROR_IO_PENDING);
	}
	for (i = 0; i < n_handles; i++) {
		/* The parent's requests are not the child's to cancel. */
		CancelIoEx(handles[i], NULL);
		CloseHandle(handles[i]);
		CHILD_CHECK(!CloseHandle(handles[i]));
		CHILD_CHECK(GetLastError() == ERROR_INVALID_HANDLE);
	}
}

static int child_tries_handles(int sock, void *arg)
{
	HANDLE handles[] = { server, own_server, own_client, listener };

	(void)sock;
	(void)arg;
	try_handles(handles, 4);
	return 0;
}

static int child_tries_busy_handles(int sock, void *arg)
{
	(void)sock;
	try_handles(arg, 2);
	child_echo(FILE_FLAG_OVERLAPPED);
	return 0;
}

static int child_makes_its_own(int sock, void *arg)
{
	(void)sock;
	(void)arg;
	child_echo(0);
	child_echo(FILE_FLAG_OVERLAPPED);
	return 0;
}

/* Also as a client of the parent, under the very name whose handle it inherited. */
static int child_opens_the_parents_pipe(int sock, void *arg)
{
	DWORD n;
	HANDLE h;

	(void)arg;
	h = CreateFileA(RACE, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	CHILD_CHECK(h != INVALID_HANDLE_VALUE);
	CHILD_CHECK(WriteFile(h, "from the child", 14, &n, NULL));
	test_say(sock, 'w');
	test_expect(sock, 'q');
	CloseHandle(h);
	return 0;
}

static int child_stays(int sock, void *arg)
{
	(void)arg;
	test_say(sock, 's');
	test_expect(sock, 'q');
	return 0;
}

static int child_forks(int sock, void *arg)
{
	struct test_child grandchild;

	child_echo(0);
	test_child_start(&grandchild, child_makes_its_own, NULL);
	CHILD_CHECK(test_child_wait(&grandchild) == 0);
	child_echo(FILE_FLAG_OVERLAPPED);
	(void)sock;
	(void)arg;
	return 0;
}

/* ---------------------------------------------------------------- tests */

static const struct {
	const char *what;
	test_child_fn run;
} children[] = {
	{ "leaves at once", child_leaves },
	{ "exits through the C library", child_exits },
	{ "tries the handles", child_tries_handles },
	{ "makes its own pipes", child_makes_its_own },
	{ "forks again", child_forks },
};

START_TEST(parent_and_peer_notice_nothing)
{
	struct test_child child;
	int status;

	test_child_start(&child, children[_i].run, NULL);
	status = test_child_wait(&child);
	ck_assert_msg(status == 0, "a child that %s: status %d", children[_i].what, status);
	expect_all_works();
}
END_TEST

START_TEST(child_that_stays_holds_nothing_open)
{
	struct peer_request read = {.op = PEER_READ, .len = 16};
	struct peer_request wait = {.op = PEER_WAIT, .name = PIPE, .value = 1};
	struct test_child child;
	DWORD n;

	test_child_start(&child, child_stays, NULL);
	test_expect(child.sock, 's');
	expect_all_works();
	/* A reading thread that is over, and all handles of the parent closed: all is gone. */
	close_all();
	ck_assert_uint_eq(peer_call(&peer, &read).error, ERROR_BROKEN_PIPE);
	ck_assert_uint_eq(peer_call(&peer, &wait).error, ERROR_FILE_NOT_FOUND);
	ck_assert(!WriteFile(server, "x", 1, &n, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	test_say(child.sock, 'q');
	ck_assert_int_eq(test_child_wait(&child), 0);
}
END_TEST

START_TEST(child_is_a_client_like_any_other)
{
	HANDLE h = create(RACE, 0);
	struct test_child child;
	char data[32];
	DWORD n = 0, pid = 0;

	test_child_start(&child, child_opens_the_parents_pipe, NULL);
	test_expect(child.sock, 'w');
	ck_assert(ReadFile(h, data, sizeof(data), &n, NULL));
	ck_assert_uint_eq(n, 14);
	ck_assert(GetNamedPipeClientProcessId(h, &pid));
	ck_assert_int_eq((pid_t)pid, child.pid);
	test_say(child.sock, 'q');
	ck_assert_int_eq(test_child_wait(&child), 0);
	ck_assert(!ReadFile(h, data, sizeof(data), &n, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_BROKEN_PIPE);
	CloseHandle(h);
	expect_all_works();
}
END_TEST

/* Serves one client after the other, until @arg, a counter, is used up. */
static DWORD WINAPI server_thread(void *arg)
{
	volatile LONG *left = arg;
	HANDLE h = CreateNamedPipeA(RACE, PIPE_ACCESS_DUPLEX, 0, PIPE_UNLIMITED_INSTANCES, 64,
				    64, 0, NULL);
	DWORD n, error = 0;
	char byte;

	if (h == INVALID_HANDLE_VALUE)
		return GetLastError();
	while (!error && InterlockedDecrement(left) >= 0) {
		if (!ConnectNamedPipe(h, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
			error = GetLastError();
		else if (!ReadFile(h, &byte, 1, &n, NULL) || !WriteFile(h, &byte, 1, &n, NULL))
			error = GetLastError();
		else if (ReadFile(h, &byte, 1, &n, NULL) || GetLastError() != ERROR_BROKEN_PIPE)
			error = ERROR_INVALID_DATA;
		else if (!DisconnectNamedPipe(h))
			error = GetLastError();
	}
	CloseHandle(h);
	return error;
}

START_TEST(forks_in_the_middle_of_work_disturb_nobody)
{
	enum { N_THREADS = 3, N_CONNECTIONS = 300, N_FORKS = 40 };
	struct peer_request race = {
		.op = PEER_RACE, .name = RACE, .value = N_CONNECTIONS, .slot = 2
	};
	volatile LONG left = N_CONNECTIONS;
	HANDLE threads[N_THREADS];
	struct test_child child;
	struct peer_reply reply;
	DWORD i, code;

	for (i = 0; i < N_THREADS; i++) {
		threads[i] = CreateThread(NULL, 0, server_thread, (void *)(uintptr_t)&left, 0,
					  NULL);
		ck_assert_ptr_nonnull(threads[i]);
	}
	while (!WaitNamedPipeA(RACE, 1000))
		ck_assert_uint_eq(GetLastError(), ERROR_FILE_NOT_FOUND);
	peer_send(&peer, &race);
	for (i = 0; i < N_FORKS; i++) {
		test_child_start(&child, children[i % 5].run, NULL);
		ck_assert_msg(test_child_wait(&child) == 0, "fork %u", i);
	}
	reply = peer_hear(&peer);
	ck_assert_msg(reply.ok, "the peer after %u rounds: %u", reply.count, reply.error);
	for (i = 0; i < N_THREADS; i++) {
		ck_assert_uint_eq(WaitForSingleObject(threads[i], TEST_DEADLINE_MS),
				  WAIT_OBJECT_0);
		ck_assert(GetExitCodeThread(threads[i], &code));
		ck_assert_uint_eq(code, 0);
		CloseHandle(threads[i]);
	}
	expect_all_works();
}
END_TEST

/* Both ends of one pipe, each busy with overlapped calls of a thread of its own. */
struct busy {
	HANDLE ends[2];
	volatile LONG n_rounds; /* so far */
	volatile LONG stop;	/* ends the writer; the zero it sends last ends the reader */
	bool (*use)(void);	/* of those without a pipe: one round */
};

static DWORD WINAPI busy_writer(void *arg)
{
	struct busy *busy = arg;
	OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
	char bytes[300] = { 0 };
	DWORD n, error = 0;

	do {
		bytes[0] = !InterlockedCompareExchange(&busy->stop, 0, 0);
		if (!WriteFile(busy->ends[0], bytes, sizeof(bytes), NULL, &overlapped) &&
		    GetLastError() != ERROR_IO_PENDING)
			error = GetLastError();
		else if (!GetOverlappedResult(busy->ends[0], &overlapped, &n, TRUE))
			error = GetLastError();
		InterlockedIncrement(&busy->n_rounds);
	} while (!error && bytes[0]);
	CloseHandle(overlapped.hEvent);
	return error;
}

static DWORD WINAPI busy_reader(void *arg)
{
	struct busy *busy = arg;
	OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
	char bytes[300];
	DWORD n, error = 0;

	do {
		if (!ReadFile(busy->ends[1], bytes, sizeof(bytes), NULL, &overlapped) &&
		    GetLastError() != ERROR_IO_PENDING)
			error = GetLastError();
		else if (!GetOverlappedResult(busy->ends[1], &overlapped, &n, TRUE))
			error = GetLastError();
		else if (n != sizeof(bytes))
			error = ERROR_INVALID_DATA;
	} while (!error && bytes[0]);
	CloseHandle(overlapped.hEvent);
	return error;
}

START_TEST(handles_busy_in_other_threads_do_not_hang_the_child)
{
	enum { N_FORKS = 40 };
	struct busy busy = {.n_rounds = 0};
	HANDLE threads[2];
	struct test_child child;
	DWORD i, code;
	LONG seen;

	busy.ends[0] = CreateNamedPipeA(RACE, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
					PIPE_TYPE_MESSAGE, 1, QUOTA, QUOTA, 0, NULL);
	ck_assert_ptr_ne(busy.ends[0], INVALID_HANDLE_VALUE);
	busy.ends[1] = CreateFileA(RACE, READ_WRITE, 0, NULL, OPEN_EXISTING,
				   FILE_FLAG_OVERLAPPED, NULL);
	ck_assert_ptr_ne(busy.ends[1], INVALID_HANDLE_VALUE);
	code = PIPE_READMODE_MESSAGE;
	ck_assert(SetNamedPipeHandleState(busy.ends[1], &code, NULL, NULL));
	threads[0] = CreateThread(NULL, 0, busy_writer, &busy, 0, NULL);
	threads[1] = CreateThread(NULL, 0, busy_reader, &busy, 0, NULL);
	for (i = 0; i < N_FORKS; i++) {
		seen = InterlockedCompareExchange(&busy.n_rounds, 0, 0);
		while (InterlockedCompareExchange(&busy.n_rounds, 0, 0) == seen)
			SwitchToThread();
		test_child_start(&child, child_tries_busy_handles, busy.ends);
		ck_assert_msg(test_child_wait(&child) == 0, "fork %u", i);
	}
	InterlockedExchange(&busy.stop, 1);
	for (i = 0; i < 2; i++) {
		ck_assert_uint_eq(WaitForSingleObject(threads[i], TEST_DEADLINE_MS),
				  WAIT_OBJECT_0);
		ck_assert(GetExitCodeThread(threads[i], &code));
		ck_assert_uint_eq(code, 0);
		CloseHandle(threads[i]);
	}
	CloseHandle(busy.ends[1]);
	CloseHandle(busy.ends[0]);
	expect_all_works();
}
END_TEST

static bool use_memory_and_console(void)
{
	char title[16];
	void *memory = VirtualAlloc(NULL, 65536, MEM_RESERVE, PAGE_NOACCESS);

	if (!memory || !VirtualFree(memory, 0, MEM_RELEASE))
		return false;
	GetConsoleTitleA(title, sizeof(title));
	return SetConsoleCtrlHandler(NULL, FALSE);
}

static LONG WINAPI not_for_us_either(EXCEPTION_POINTERS *pointers)
{
	(void)pointers;
	return EXCEPTION_CONTINUE_SEARCH;
}

/* Lists of handlers, of event sources and of services. */
static bool use_lists(void)
{
	SERVICE_STATUS status = {.dwCurrentState = SERVICE_RUNNING};
	void *handler = AddVectoredExceptionHandler(0, not_for_us_either);
	HANDLE source = RegisterEventSourceA(NULL, "npfs test");

	return handler && RemoveVectoredExceptionHandler(handler) && source &&
	       DeregisterEventSource(source) && !SetServiceStatus(NULL, &status) &&
	       GetLastError() == ERROR_INVALID_HANDLE;
}

static bool (*const uses[])(void) = {use_memory_and_console, use_lists};

static int child_uses_the_same(int sock, void *arg)
{
	const struct busy *busy = arg;

	(void)sock;
	CHILD_CHECK(busy->use());
	return 0;
}

static DWORD WINAPI busy_with_what_has_locks(void *arg)
{
	struct busy *busy = arg;

	while (!InterlockedCompareExchange(&busy->stop, 0, 0)) {
		if (!busy->use())
			return 1;
		InterlockedIncrement(&busy->n_rounds);
	}
	return 0;
}

START_TEST(locks_busy_in_other_threads_do_not_hang_the_child)
{
	enum { N_FORKS = 40 };
	struct busy busy = {.use = uses[_i]};
	HANDLE other = CreateThread(NULL, 0, busy_with_what_has_locks, &busy, 0, NULL);
	struct test_child child;
	DWORD code;

	for (int i = 0; i < N_FORKS; i++) {
		LONG seen = InterlockedCompareExchange(&busy.n_rounds, 0, 0);

		while (InterlockedCompareExchange(&busy.n_rounds, 0, 0) == seen)
			SwitchToThread();
		test_child_start(&child, child_uses_the_same, &busy);
		ck_assert_msg(test_child_wait(&child) == 0, "fork %d", i);
	}
	InterlockedExchange(&busy.stop, 1);
	ck_assert_uint_eq(WaitForSingleObject(other, TEST_DEADLINE_MS), WAIT_OBJECT_0);
	ck_assert(GetExitCodeThread(other, &code));
	ck_assert_uint_eq(code, 0);
	CloseHandle(other);
}
END_TEST

static int child_of_a_parent_with_a_handler(int sock, void *arg)
{
	struct sigaction action;

	(void)sock;
	(void)arg;
	CHILD_CHECK(sigaction(SIGHUP, NULL, &action) == 0);
	CHILD_CHECK(action.sa_handler == SIG_DFL);
	/* That one was never set here. */
	CHILD_CHECK(!SetConsoleCtrlHandler(not_for_us, FALSE));
	/* The thread sanitizer ends a child that makes a thread where its parent had one. */
	if (!TEST_IS_TSAN) {
		CHILD_CHECK(SetConsoleCtrlHandler(not_for_us, TRUE));
		CHILD_CHECK(sigaction(SIGHUP, NULL, &action) == 0);
		CHILD_CHECK(action.sa_handler != SIG_DFL);
	}
	/* Nobody takes it, so it ends the child as it would without handlers. */
	raise(SIGHUP);
	for (;;)
		pause();
}

START_TEST(handlers_of_control_events_are_the_parents)
{
	struct test_child child;

	signal(SIGHUP, SIG_DFL); /* whoever started the tests may have had it ignored */
	ck_assert(SetConsoleCtrlHandler(not_for_us, TRUE));
	test_child_start(&child, child_of_a_parent_with_a_handler, NULL);
	ck_assert_int_eq(test_child_wait(&child), 128 + SIGHUP);
	ck_assert(SetConsoleCtrlHandler(not_for_us, FALSE));
}
END_TEST

static Suite *fork_suite(void)
{
	Suite *s = suite_create("fork");
	TCase *tc = tcase_create("fork");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, parent_and_peer_notice_nothing, 0,
			    sizeof(children) / sizeof(children[0]));
	tcase_add_test(tc, child_that_stays_holds_nothing_open);
	tcase_add_test(tc, child_is_a_client_like_any_other);
	tcase_add_test(tc, forks_in_the_middle_of_work_disturb_nobody);
	tcase_add_test(tc, handles_busy_in_other_threads_do_not_hang_the_child);
	tcase_add_loop_test(tc, locks_busy_in_other_threads_do_not_hang_the_child, 0,
			    sizeof(uses) / sizeof(uses[0]));
	tcase_add_test(tc, handlers_of_control_events_are_the_parents);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(fork_suite());
	int n_failed;

	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? 1 : 0;
}
