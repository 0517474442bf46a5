/* SPDX-License-Identifier: MIT */
/*
 * Races of asynchronous I/O, through the Win32 names: two things happen at once, and what
 * must not depend on who is first is counted. A request completes exactly once, always.
 *
 * Threads that race wait for the same round number on the processor, so that they start
 * together; nothing depends on who wins. $NPFS_STRESS multiplies the number of rounds.
 */
#include <check.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <windows.h>

#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/proc.h"

#define NAME	   "\\\\.\\pipe\\async-races"
#define QUOTA	   4096u
#define READ_WRITE (GENERIC_READ | GENERIC_WRITE)

static struct test_broker broker;

static unsigned rounds(unsigned n)
{
	const char *text = getenv("NPFS_STRESS");
	unsigned long factor = text ? strtoul(text, NULL, 10) : 1;

	return n * (unsigned)(factor ? factor : 1);
}

static void setup(void)
{
	test_broker_start(&broker);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

/* pipes */

static HANDLE make_server(void)
{
	HANDLE h = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
				    PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 255, QUOTA,
				    QUOTA, 0, NULL);

	test_require(h != INVALID_HANDLE_VALUE, "CreateNamedPipe");
	return h;
}

static HANDLE make_client(void)
{
	HANDLE h = CreateFileA(NAME, READ_WRITE, 0, NULL, OPEN_EXISTING,
			       FILE_FLAG_OVERLAPPED, NULL);
	DWORD mode = PIPE_READMODE_MESSAGE;

	test_require(h != INVALID_HANDLE_VALUE, "CreateFile");
	test_require(SetNamedPipeHandleState(h, &mode, NULL, NULL), "mode");
	return h;
}

static HANDLE make_port(void)
{
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);

	test_require(port != NULL, "port");
	return port;
}

static void tie(HANDLE pipe, HANDLE port, ULONG_PTR key)
{
	test_require(CreateIoCompletionPort(pipe, port, key, 0) == port, "tie");
}

/* A write that fits: its result is there when it returns. */
static DWORD write_now(HANDLE h, const void *data, DWORD len)
{
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) };
	DWORD n, error = 0;

	overlapped.hEvent = (HANDLE)((ULONG_PTR)overlapped.hEvent | 1); /* no packet */
	if (!WriteFile(h, data, len, NULL, &overlapped) &&
	    GetLastError() != ERROR_IO_PENDING)
		error = GetLastError();
	else if (!GetOverlappedResult(h, &overlapped, &n, TRUE))
		error = GetLastError();
	CloseHandle((HANDLE)((ULONG_PTR)overlapped.hEvent & ~(ULONG_PTR)1));
	return error;
}

/* Take the one packet that must come; and no second one. */
static DWORD take_packet(HANDLE port, OVERLAPPED *expected, DWORD *np)
{
	OVERLAPPED *got = NULL;
	ULONG_PTR key;
	DWORD error = 0;

	if (!GetQueuedCompletionStatus(port, np, &key, &got, TEST_DEADLINE_MS))
		error = GetLastError();
	ck_assert_msg(got == expected, "no packet: %u", error);
	got = NULL;
	ck_assert(!GetQueuedCompletionStatus(port, np, &key, &got, 0) && !got);
	return error;
}

/* two threads that do something at once, round after round */

struct racer {
	DWORD (*act)(void *arg);
	void *arg;
	HANDLE thread;
	_Atomic unsigned wanted, done; /* rounds */
	DWORD error;		       /* of the last one */
};

static DWORD WINAPI racer_main(void *arg)
{
	struct racer *racer = arg;
	unsigned round = 0, wanted;

	for (;;) {
		while ((wanted = atomic_load(&racer->wanted)) == round)
			SwitchToThread();
		if (wanted == UINT32_MAX)
			return 0;
		racer->error = racer->act(racer->arg);
		atomic_store(&racer->done, ++round);
	}
}

static void racer_start(struct racer *racer, DWORD (*act)(void *), void *arg)
{
	memset(racer, 0, sizeof(*racer));
	racer->act = act;
	racer->arg = arg;
	racer->thread = CreateThread(NULL, 0, racer_main, racer, 0, NULL);
	ck_assert_ptr_nonnull(racer->thread);
}

static void racer_go(struct racer *racer)
{
	atomic_fetch_add(&racer->wanted, 1);
}

static void racer_wait(struct racer *racer)
{
	while (atomic_load(&racer->done) != atomic_load(&racer->wanted))
		SwitchToThread();
}

static void racer_stop(struct racer *racer)
{
	atomic_store(&racer->wanted, UINT32_MAX);
	ck_assert_uint_eq(WaitForSingleObject(racer->thread, TEST_DEADLINE_MS),
			  WAIT_OBJECT_0);
	CloseHandle(racer->thread);
}

/* What the racers below act on. */
struct field {
	HANDLE server, client, port;
	OVERLAPPED overlapped;
	char byte;
};

static DWORD act_write(void *arg)
{
	struct field *f = arg;

	return write_now(f->server, "m", 1);
}

static DWORD act_cancel(void *arg)
{
	struct field *f = arg;

	return CancelIoEx(f->client, &f->overlapped) ? 0 : GetLastError();
}

static DWORD act_close(void *arg)
{
	struct field *f = arg;

	return CloseHandle(f->client) ? 0 : GetLastError();
}

static DWORD act_disconnect(void *arg)
{
	struct field *f = arg;

	return DisconnectNamedPipe(f->server) ? 0 : GetLastError();
}

static void read_must_pend(struct field *f)
{
	memset(&f->overlapped, 0, sizeof(f->overlapped));
	f->byte = 0;
	ck_assert(!ReadFile(f->client, &f->byte, 1, NULL, &f->overlapped));
	ck_assert_uint_eq(GetLastError(), ERROR_IO_PENDING);
}

START_TEST(cancel_against_completion)
{
	struct field f = { .server = make_server(), .client = make_client(),
			   .port = make_port() };
	unsigned n_rounds = rounds(1000), n_cancelled = 0;
	struct racer writer, canceller;
	DWORD n, error;

	tie(f.client, f.port, 0);
	racer_start(&writer, act_write, &f);
	racer_start(&canceller, act_cancel, &f);
	for (unsigned i = 0; i < n_rounds; i++) {
		read_must_pend(&f);
		racer_go(i % 2 ? &writer : &canceller);
		racer_go(i % 2 ? &canceller : &writer);
		error = take_packet(f.port, &f.overlapped, &n);
		racer_wait(&writer);
		racer_wait(&canceller);
		ck_assert_uint_eq(writer.error, 0);
		if (error) {
			ck_assert_uint_eq(error, ERROR_OPERATION_ABORTED);
			ck_assert_uint_eq(canceller.error, 0);
			ck_assert_uint_eq(f.byte, 0);
			n_cancelled++;
			/* the message was not lost with the request */
			memset(&f.overlapped, 0, sizeof(f.overlapped));
			ck_assert(ReadFile(f.client, &f.byte, 1, NULL, &f.overlapped));
			ck_assert_uint_eq(take_packet(f.port, &f.overlapped, &n), 0);
		} else {
			ck_assert_uint_eq(canceller.error, ERROR_NOT_FOUND);
		}
		ck_assert_uint_eq(n, 1);
		ck_assert_int_eq(f.byte, 'm');
	}
	racer_stop(&writer);
	racer_stop(&canceller);
	CloseHandle(f.client);
	CloseHandle(f.server);
	CloseHandle(f.port);
	ck_assert_uint_le(n_cancelled, n_rounds);
}
END_TEST

START_TEST(close_against_completion)
{
	struct field f = { .server = make_server(), .port = make_port() };
	unsigned n_rounds = rounds(400);
	struct racer writer, closer;
	DWORD n, error;

	racer_start(&writer, act_write, &f);
	racer_start(&closer, act_close, &f);
	for (unsigned i = 0; i < n_rounds; i++) {
		f.client = make_client();
		tie(f.client, f.port, 0);
		read_must_pend(&f);
		racer_go(i % 2 ? &writer : &closer);
		racer_go(i % 2 ? &closer : &writer);
		error = take_packet(f.port, &f.overlapped, &n);
		racer_wait(&writer);
		racer_wait(&closer);
		ck_assert_uint_eq(closer.error, 0);
		if (error) {
			ck_assert_uint_eq(error, ERROR_BROKEN_PIPE);
			ck_assert_uint_eq(n, 0);
		} else {
			ck_assert_uint_eq(writer.error, 0);
			ck_assert_int_eq(f.byte, 'm');
		}
		ck_assert(DisconnectNamedPipe(f.server));
		memset(&f.overlapped, 0, sizeof(f.overlapped));
		ck_assert(!ConnectNamedPipe(f.server, &f.overlapped));
		ck_assert_uint_eq(GetLastError(), ERROR_IO_PENDING);
		ck_assert(CancelIoEx(f.server, NULL));
		/* it goes on listening; the next client comes */
	}
	racer_stop(&writer);
	racer_stop(&closer);
	CloseHandle(f.server);
	CloseHandle(f.port);
}
END_TEST

START_TEST(disconnect_against_read)
{
	struct field f = { .server = make_server(), .port = make_port() };
	unsigned n_rounds = rounds(400);
	struct racer writer, disconnecter;
	DWORD n, error;

	racer_start(&writer, act_write, &f);
	racer_start(&disconnecter, act_disconnect, &f);
	for (unsigned i = 0; i < n_rounds; i++) {
		f.client = make_client();
		tie(f.client, f.port, 0);
		read_must_pend(&f);
		racer_go(i % 2 ? &writer : &disconnecter);
		racer_go(i % 2 ? &disconnecter : &writer);
		error = take_packet(f.port, &f.overlapped, &n);
		racer_wait(&writer);
		racer_wait(&disconnecter);
		ck_assert_uint_eq(disconnecter.error, 0);
		if (error) {
			ck_assert_uint_eq(error, ERROR_PIPE_NOT_CONNECTED);
			ck_assert_uint_eq(n, 0);
			ck_assert_int_eq(f.byte, 0);
		} else {
			ck_assert_uint_eq(writer.error, 0);
			ck_assert_int_eq(f.byte, 'm');
		}
		CloseHandle(f.client);
		memset(&f.overlapped, 0, sizeof(f.overlapped));
		ck_assert(!ConnectNamedPipe(f.server, &f.overlapped));
		ck_assert_uint_eq(GetLastError(), ERROR_IO_PENDING);
		ck_assert(CancelIoEx(f.server, NULL));
	}
	racer_stop(&writer);
	racer_stop(&disconnecter);
	CloseHandle(f.server);
	CloseHandle(f.port);
}
END_TEST

/* many threads on one port: every connection echoes, every request is counted */

enum { N_CONNECTIONS = 8, N_THREADS = 4 };

struct echo {
	OVERLAPPED overlapped;
	HANDLE pipe;
	bool is_server, is_reading;
	char message[16];
	unsigned n_left;	    /* of a client: messages to send */
	_Atomic unsigned in_flight; /* requests: 1 or 0 */
};

struct echo_run {
	HANDLE port;
	_Atomic unsigned n_clients;
	_Atomic unsigned n_packets, n_requests;
};

static void echo_request(struct echo_run *run, struct echo *echo, bool is_read)
{
	BOOL ok;

	echo->is_reading = is_read;
	test_require(atomic_exchange(&echo->in_flight, 1) == 0, "one request at a time");
	atomic_fetch_add(&run->n_requests, 1);
	if (is_read)
		ok = ReadFile(echo->pipe, echo->message, sizeof(echo->message), NULL,
			      &echo->overlapped);
	else
		ok = WriteFile(echo->pipe, echo->message, sizeof(echo->message), NULL,
			       &echo->overlapped);
	if (!ok && GetLastError() != ERROR_IO_PENDING)
		test_fail("request: %u", GetLastError());
}

static DWORD WINAPI echo_thread(void *arg)
{
	struct echo_run *run = arg;

	for (;;) {
		OVERLAPPED *overlapped = NULL;
		ULONG_PTR key = 0;
		struct echo *echo;
		DWORD n;

		if (!GetQueuedCompletionStatus(run->port, &n, &key, &overlapped,
					       TEST_DEADLINE_MS))
			test_fail("packet: %u", GetLastError());
		echo = (struct echo *)key;
		if (!echo)
			return 0;
		if (overlapped != &echo->overlapped ||
		    atomic_exchange(&echo->in_flight, 0) != 1)
			test_fail("a packet of no request");
		if (n != sizeof(echo->message))
			test_fail("%u bytes", n);
		atomic_fetch_add(&run->n_packets, 1);
		if (!echo->is_reading || echo->is_server) {
			echo_request(run, echo, !echo->is_reading);
			continue;
		}
		if (--echo->n_left) {
			echo->message[0]++;
			echo_request(run, echo, false);
		} else if (atomic_fetch_sub(&run->n_clients, 1) == 1) {
			for (unsigned i = 0; i < N_THREADS; i++)
				PostQueuedCompletionStatus(run->port, 0, 0, NULL);
		}
	}
}

START_TEST(many_threads_on_one_port)
{
	struct echo ends[2 * N_CONNECTIONS] = { 0 };
	struct echo_run run = { .port = make_port(), .n_clients = N_CONNECTIONS };
	HANDLE threads[N_THREADS];

	for (unsigned i = 0; i < 2 * N_CONNECTIONS; i++) {
		ends[i].is_server = i % 2 == 0;
		ends[i].pipe = ends[i].is_server ? make_server() : make_client();
		ends[i].n_left = rounds(1500);
		tie(ends[i].pipe, run.port, (ULONG_PTR)&ends[i]);
	}
	for (unsigned i = 0; i < N_THREADS; i++)
		threads[i] = CreateThread(NULL, 0, echo_thread, &run, 0, NULL);
	for (unsigned i = 0; i < 2 * N_CONNECTIONS; i++)
		echo_request(&run, &ends[i], ends[i].is_server);
	ck_assert_uint_eq(WaitForMultipleObjects(N_THREADS, threads, TRUE, INFINITE),
			  WAIT_OBJECT_0);
	/* what is left in flight are the servers' reads */
	ck_assert_uint_eq(run.n_requests, run.n_packets + N_CONNECTIONS);
	for (unsigned i = 0; i < N_THREADS; i++)
		CloseHandle(threads[i]);
	for (unsigned i = 0; i < 2 * N_CONNECTIONS; i++) {
		ck_assert_uint_eq(ends[i].in_flight, ends[i].is_server ? 1 : 0);
		CloseHandle(ends[i].pipe);
	}
	CloseHandle(run.port);
}
END_TEST

/* two threads read one message pipe: each message goes to exactly one */

struct reading {
	HANDLE pipe;
	_Atomic unsigned char *seen; /* how often each number came */
	unsigned n;
};

static DWORD WINAPI reading_thread(void *arg)
{
	struct reading *reading = arg;
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) };
	DWORD number, n, error = 0;

	for (;;) {
		if (!ReadFile(reading->pipe, &number, sizeof(number), NULL, &overlapped) &&
		    GetLastError() != ERROR_IO_PENDING) {
			error = GetLastError();
			break;
		}
		if (!GetOverlappedResult(reading->pipe, &overlapped, &n, TRUE)) {
			error = GetLastError();
			break;
		}
		if (n != sizeof(number) || number >= reading->n)
			test_fail("%u bytes, number %u", n, number);
		atomic_fetch_add(&reading->seen[number], 1);
	}
	CloseHandle(overlapped.hEvent);
	return error;
}

START_TEST(two_threads_read_one_message_pipe)
{
	HANDLE server = make_server(), client = make_client(), threads[2];
	struct reading reading = { .pipe = client, .n = rounds(20000) };
	DWORD code;

	reading.seen = calloc(reading.n, 1);
	ck_assert_ptr_nonnull(reading.seen);
	for (unsigned i = 0; i < 2; i++)
		threads[i] = CreateThread(NULL, 0, reading_thread, &reading, 0, NULL);
	for (DWORD i = 0; i < reading.n; i++)
		ck_assert_uint_eq(write_now(server, &i, sizeof(i)), 0);
	CloseHandle(server);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(WaitForSingleObject(threads[i], TEST_DEADLINE_MS),
				  WAIT_OBJECT_0);
		ck_assert(GetExitCodeThread(threads[i], &code));
		ck_assert_uint_eq(code, ERROR_BROKEN_PIPE);
		CloseHandle(threads[i]);
	}
	for (unsigned i = 0; i < reading.n; i++)
		ck_assert_msg(reading.seen[i] == 1, "message %u: %u times", i,
			      reading.seen[i]);
	free(reading.seen);
	CloseHandle(client);
}
END_TEST

/* wait-all against pulses: all at one moment, or nothing is taken */

static DWORD act_pulse(void *arg)
{
	HANDLE *events = arg;

	return PulseEvent(events[0]) ? 0 : GetLastError();
}

static DWORD act_set(void *arg)
{
	HANDLE *events = arg;

	return SetEvent(events[1]) ? 0 : GetLastError();
}

START_TEST(wait_for_all_against_pulses)
{
	/* a manual one that is pulsed, and an automatic one that is set once a round */
	HANDLE events[2] = { CreateEventA(NULL, TRUE, FALSE, NULL),
			     CreateEventA(NULL, FALSE, FALSE, NULL) };
	unsigned n_rounds = rounds(1500);
	struct racer pulser, setter;
	DWORD r;

	racer_start(&pulser, act_pulse, events);
	racer_start(&setter, act_set, events);
	for (unsigned i = 0; i < n_rounds; i++) {
		racer_go(i % 2 ? &pulser : &setter);
		racer_go(i % 2 ? &setter : &pulser);
		r = WaitForMultipleObjects(2, events, TRUE, i % 3 ? 0 : 1);
		racer_wait(&pulser);
		racer_wait(&setter);
		ck_assert_uint_eq(pulser.error | setter.error, 0);
		ck_assert_uint_eq(WaitForSingleObject(events[0], 0), WAIT_TIMEOUT);
		if (r == WAIT_OBJECT_0) {
			/* it took the automatic one */
			ck_assert_uint_eq(WaitForSingleObject(events[1], 0), WAIT_TIMEOUT);
		} else {
			ck_assert_uint_eq(r, WAIT_TIMEOUT);
			ck_assert_uint_eq(WaitForSingleObject(events[1], 0), WAIT_OBJECT_0);
		}
	}
	racer_stop(&pulser);
	racer_stop(&setter);
	CloseHandle(events[0]);
	CloseHandle(events[1]);
}
END_TEST

/*
 * Two processes and an uneven stream: bursts, in which the library stops to ring, and
 * pauses of every length around the moment when it goes to sleep. A lost wake-up would
 * hang one side.
 */

enum { N_UNEVEN = 4 };

static uint32_t draw(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static void pause_a_little(uint32_t *seed)
{
	uint32_t what = draw(seed) % 64;
	int64_t end = now_ns();

	if (what == 0)
		end += draw(seed) % 2000000;
	else if (what < 8)
		end += draw(seed) % 100000;
	while (now_ns() < end)
		SwitchToThread();
}

static int uneven_echo(int sock, void *arg)
{
	HANDLE port, pipes[N_UNEVEN];
	OVERLAPPED overlapped[N_UNEVEN] = { 0 };
	char message[N_UNEVEN][16];
	bool is_reading[N_UNEVEN];
	uint32_t seed = 1, n_left = N_UNEVEN;

	(void)arg;
	test_expect(sock, 'g');
	port = make_port();
	for (unsigned i = 0; i < N_UNEVEN; i++) {
		pipes[i] = make_client();
		tie(pipes[i], port, i);
		is_reading[i] = true;
		ReadFile(pipes[i], message[i], sizeof(message[i]), NULL, &overlapped[i]);
	}
	while (n_left) {
		OVERLAPPED *got = NULL;
		ULONG_PTR i = 0;
		DWORD n;
		BOOL ok = GetQueuedCompletionStatus(port, &n, &i, &got, TEST_DEADLINE_MS);

		if (!got)
			test_fail("echo: no packet: %u", GetLastError());
		if (!ok) {
			n_left--;
			continue;
		}
		pause_a_little(&seed);
		is_reading[i] = !is_reading[i];
		if (is_reading[i])
			ok = ReadFile(pipes[i], message[i], sizeof(message[i]), NULL, got);
		else
			ok = WriteFile(pipes[i], message[i], n, NULL, got);
		if (!ok && GetLastError() != ERROR_IO_PENDING)
			n_left--;
	}
	for (unsigned i = 0; i < N_UNEVEN; i++)
		CloseHandle(pipes[i]);
	CloseHandle(port);
	return 0;
}

START_TEST(uneven_stream_between_processes)
{
	HANDLE pipes[N_UNEVEN], events[N_UNEVEN];
	OVERLAPPED overlapped[N_UNEVEN] = { 0 };
	unsigned n_rounds = rounds(20000);
	uint32_t numbers[N_UNEVEN], seed = 2;
	struct test_child child;
	DWORD n;

	test_child_start(&child, uneven_echo, NULL);
	for (unsigned i = 0; i < N_UNEVEN; i++) {
		pipes[i] = make_server();
		events[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
		overlapped[i].hEvent = events[i];
		if (!ConnectNamedPipe(pipes[i], &overlapped[i]))
			ck_assert_uint_eq(GetLastError(), ERROR_IO_PENDING);
	}
	test_say(child.sock, 'g');
	for (unsigned i = 0; i < N_UNEVEN; i++) {
		ck_assert(GetOverlappedResult(pipes[i], &overlapped[i], &n, TRUE));
		numbers[i] = 0;
		ck_assert_uint_eq(write_now(pipes[i], &numbers[i], sizeof(numbers[i])), 0);
	}
	for (unsigned round = 0; round < n_rounds; round++) {
		unsigned i = draw(&seed) % N_UNEVEN;
		uint32_t number = UINT32_MAX;

		pause_a_little(&seed);
		if (!ReadFile(pipes[i], &number, sizeof(number), NULL, &overlapped[i])) {
			ck_assert_uint_eq(GetLastError(), ERROR_IO_PENDING);
			ck_assert_msg(GetOverlappedResultEx(pipes[i], &overlapped[i], &n,
							    TEST_DEADLINE_MS, FALSE),
				      "round %u: %u", round, GetLastError());
		}
		ck_assert_uint_eq(number, numbers[i]++);
		ck_assert_uint_eq(write_now(pipes[i], &numbers[i], sizeof(numbers[i])), 0);
	}
	for (unsigned i = 0; i < N_UNEVEN; i++) {
		CloseHandle(pipes[i]);
		CloseHandle(events[i]);
	}
	ck_assert_int_eq(test_child_wait(&child), 0);
}
END_TEST

/* A thread of the port that sleeps in a pipe call is not in the way of another one. */

struct sleeper {
	HANDLE port, pipe;
	HANDLE has_packet; /* event */
	DWORD error;
};

static DWORD WINAPI sleeper_main(void *arg)
{
	struct sleeper *sleeper = arg;
	OVERLAPPED *got;
	ULONG_PTR key;
	DWORD n;
	char byte;

	if (!GetQueuedCompletionStatus(sleeper->port, &n, &key, &got, TEST_DEADLINE_MS) ||
	    !SetEvent(sleeper->has_packet) || !ReadFile(sleeper->pipe, &byte, 1, &n, NULL))
		sleeper->error = GetLastError();
	return 0;
}

START_TEST(thread_in_a_pipe_call_frees_its_place)
{
	HANDLE server = make_server(), thread;
	struct sleeper sleeper = {
		.port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1),
		.pipe = CreateFileA(NAME, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL),
		.has_packet = CreateEventA(NULL, TRUE, FALSE, NULL),
	};
	OVERLAPPED *got;
	ULONG_PTR key;
	DWORD n;

	ck_assert_ptr_ne(sleeper.pipe, INVALID_HANDLE_VALUE);
	ck_assert(PostQueuedCompletionStatus(sleeper.port, 0, 1, NULL));
	thread = CreateThread(NULL, 0, sleeper_main, &sleeper, 0, NULL);
	ck_assert_uint_eq(WaitForSingleObject(sleeper.has_packet, TEST_DEADLINE_MS),
			  WAIT_OBJECT_0);
	/* one may be active: this one is, once the other sleeps in its ReadFile */
	ck_assert(PostQueuedCompletionStatus(sleeper.port, 0, 2, NULL));
	ck_assert(GetQueuedCompletionStatus(sleeper.port, &n, &key, &got,
					    TEST_DEADLINE_MS));
	ck_assert_uint_eq(key, 2);
	ck_assert_uint_eq(write_now(server, "m", 1), 0);
	ck_assert_uint_eq(WaitForSingleObject(thread, TEST_DEADLINE_MS), WAIT_OBJECT_0);
	ck_assert_uint_eq(sleeper.error, 0);
	CloseHandle(thread);
	CloseHandle(sleeper.has_packet);
	CloseHandle(sleeper.pipe);
	CloseHandle(server);
	CloseHandle(sleeper.port);
}
END_TEST

static Suite *async_races_suite(void)
{
	Suite *s = suite_create("async_races");
	TCase *tc = tcase_create("async_races");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, cancel_against_completion);
	tcase_add_test(tc, close_against_completion);
	tcase_add_test(tc, disconnect_against_read);
	tcase_add_test(tc, many_threads_on_one_port);
	tcase_add_test(tc, two_threads_read_one_message_pipe);
	tcase_add_test(tc, wait_for_all_against_pulses);
	tcase_add_test(tc, thread_in_a_pipe_call_frees_its_place);
	tcase_add_test(tc, uneven_stream_between_processes);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(async_races_suite());
	int n_failed;

	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? 1 : 0;
}
