/* SPDX-License-Identifier: MIT */
/*
 * The broker is killed again and again while programs are at work
 *
 * $NPFS_FAULT_KILLS says how often (the default is short, for every day), or $NPFS_FAULT_SECONDS
 * for how long. Nobody but the programs starts the next broker. They are:
 *
 *	echo	a server with blocking threads, and clients that come, talk and go
 *	ask	a server with overlapped instances in one thread, and clients that transact
 *	stream	two processes that stay connected from beginning to end
 *	first	makes a pipe that must be its first instance, opens it, closes it
 *	heir	makes a pipe whose server end a new process inherits, which serves it alone
 *	restless begins reads and listens, cancels them, disconnects in the middle
 *	count, tick	use named mutexes and semaphores (kills_objects.h)
 *
 * Every message and every byte of the stream is checked where it arrives. No call of a
 * program may fail because of a broker: what is allowed to an open is that the pipe is busy.
 * A server may see a client that came and went without a word: its open was made again. Where
 * there is one instance only, the second try finds the first, which the server has not thrown
 * out yet; how often, is counted.
 *
 * After each kill the test itself opens the echo server's pipe; how long that took is the
 * time without a name space. Everybody's progress is looked at from time to time: who stands
 * still hangs. Nobody may need more descriptors in the end than after a while; nor more
 * memory, where the run is long enough to tell growth from a heap that is still warming up.
 */
#include <check.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>

#include "npfs/client/call.h"
#include "tests/fault/kills_objects.h"
#include "tests/fault/payload.h"
#include "tests/lib/broker.h"
#include "tests/lib/fail.h"
#include "tests/lib/leak.h"
#include "tests/lib/proc.h"
#include "tests/lib/sanitizer.h"

#define KILLS_DEFAULT 40u
#define KILLS_MOST    1000000u
#define LOOK_EVERY    50u
#define WARM_AFTER    20u /* kills */
#define KIB_AFTER     300u /* kills that tell something of memory */
#define LOOKS	      20u
#define FDS_MORE      6
#define FDS_MORE_HEIR 30 /* what is on its way to the new process, and what stays till it ends */
#define KIB_MORE      2048

#define ECHO_PIPE   "\\\\.\\pipe\\kills-echo"
#define ASK_PIPE    "\\\\.\\pipe\\kills-ask"
#define STREAM_PIPE "\\\\.\\pipe\\kills-stream"
#define FIRST_PIPE  "\\\\.\\pipe\\kills-first"
#define HEIR_PIPE   "\\\\.\\pipe\\kills-heir"
#define MOVED_PIPE  "\\\\.\\pipe\\kills-moved"

#define N_THREADS      3
#define N_OVERLAPPED   4
#define N_ECHO_CLIENTS 3
#define N_ASK_CLIENTS  2
#define QUOTA	       4096u
#define READ_WRITE     (GENERIC_READ | GENERIC_WRITE)
#define MESSAGE_MODE   (PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE)

enum worker {
	ECHO_SERVER,
	ASK_SERVER,
	STREAM_SERVER,
	STREAM_CLIENT,
	FIRST,
	HEIR,
	RESTLESS,
	COUNT,
	COUNT_TOO,
	TICK,
	TICK_TOO,
	ECHO_CLIENT,
	ASK_CLIENT = ECHO_CLIENT + N_ECHO_CLIENTS,
	N_WORKERS = ASK_CLIENT + N_ASK_CLIENTS,
};

/* What the workers tell the test; shared memory. */
struct board {
	_Atomic bool must_stop;    /* who comes and goes, and who streams */
	_Atomic bool servers_stop; /* who serves them, after that */
	_Atomic uint64_t steps[N_WORKERS];
	_Atomic uint64_t bytes[N_WORKERS];
	_Atomic uint64_t silent; /* clients that came and went without a word */
	_Atomic uint64_t doubled; /* opens that found their own first try */
	struct kills_objects objects;
};

static struct board *board;
static char dir[64];

static bool stops(void)
{
	return atomic_load(&board->must_stop);
}

static bool servers_stop(void)
{
	return atomic_load(&board->servers_stop);
}

static void step(unsigned worker, uint64_t bytes)
{
	atomic_fetch_add(&board->steps[worker], 1);
	atomic_fetch_add(&board->bytes[worker], bytes);
}

#define must(ok, what)                                                                   \
	do {                                                                             \
		if (!(ok))                                                               \
			test_fail("%s: Win32 error %u", (what), (unsigned)GetLastError()); \
	} while (0)

/* Opens a pipe that is there, sooner or later with a free instance. */
static HANDLE open_pipe(const char *name, DWORD flags)
{
	for (;;) {
		HANDLE h = CreateFileA(name, READ_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);

		if (h != INVALID_HANDLE_VALUE)
			return h;
		must(GetLastError() == ERROR_PIPE_BUSY, "CreateFile");
		must(WaitNamedPipeA(name, 10000) || GetLastError() == ERROR_SEM_TIMEOUT,
		     "WaitNamedPipe");
	}
}

static HANDLE create_pipe(const char *name, DWORD open_mode, DWORD pipe_mode)
{
	HANDLE h = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | open_mode, pipe_mode, 40,
				    QUOTA, QUOTA, 0, NULL);

	must(h != INVALID_HANDLE_VALUE, "CreateNamedPipe");
	return h;
}

/*
 * Opens the only instance of a pipe, which this very thread serves. Return: NULL when the open
 * found its own first try there: the broker died when the server had heard, and the client
 * had not.
 */
static HANDLE open_own_pipe(const char *name)
{
	HANDLE h = CreateFileA(name, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

	if (h != INVALID_HANDLE_VALUE)
		return h;
	must(GetLastError() == ERROR_PIPE_BUSY, "CreateFile");
	atomic_fetch_add(&board->doubled, 1);
	return NULL;
}

/* ---- echo ---- */

/* Return: messages that the client sent. */
static unsigned serve_client(HANDLE h)
{
	unsigned char message[PAYLOAD_MOST];
	unsigned n = 0;
	uint32_t number;
	DWORD len;

	while (ReadFile(h, message, sizeof(message), &len, NULL)) {
		if (!payload_check(message, len, &number))
			test_fail("a request of %u bytes is not what was sent", (unsigned)len);
		step(ECHO_SERVER, len);
		/* a client that was killed by nobody reads what it asked for */
		must(WriteFile(h, message, len, &len, NULL), "WriteFile");
		n++;
	}
	must(GetLastError() == ERROR_BROKEN_PIPE, "ReadFile");
	return n;
}

static DWORD WINAPI echo_thread(void *arg)
{
	HANDLE h = create_pipe(ECHO_PIPE, 0, MESSAGE_MODE);

	(void)arg;
	while (!servers_stop()) {
		must(ConnectNamedPipe(h, NULL) || GetLastError() == ERROR_PIPE_CONNECTED ||
			     GetLastError() == ERROR_NO_DATA,
		     "ConnectNamedPipe");
		if (serve_client(h) == 0)
			atomic_fetch_add(&board->silent, 1);
		must(DisconnectNamedPipe(h), "DisconnectNamedPipe");
	}
	CloseHandle(h);
	return 0;
}

static int echo_server(int sock, void *arg)
{
	HANDLE threads[N_THREADS];
	int i;

	(void)arg;
	for (i = 0; i < N_THREADS; i++) {
		threads[i] = CreateThread(NULL, 0, echo_thread, NULL, 0, NULL);
		must(threads[i] != NULL, "CreateThread");
	}
	test_say(sock, 'r');
	WaitForMultipleObjects(N_THREADS, threads, TRUE, INFINITE);
	return 0;
}

static void talk(HANDLE h, struct payload_random *random, uint32_t number, unsigned worker)
{
	uint32_t len = PAYLOAD_HEAD +
		       (uint32_t)(payload_random(random) >> 40) % (PAYLOAD_MOST - PAYLOAD_HEAD);
	unsigned char sent[PAYLOAD_MOST], got[PAYLOAD_MOST];
	DWORD n;

	payload_make(sent, len, number);
	if (worker >= ASK_CLIENT) {
		must(TransactNamedPipe(h, sent, len, got, sizeof(got), &n, NULL),
		     "TransactNamedPipe");
	} else {
		must(WriteFile(h, sent, len, &n, NULL), "WriteFile");
		must(ReadFile(h, got, sizeof(got), &n, NULL), "ReadFile");
	}
	if (n != len || memcmp(sent, got, len) != 0)
		test_fail("%u bytes came back for %u, or other ones", (unsigned)n, len);
	step(worker, 2 * (uint64_t)len);
}

static int visitor(int sock, void *arg)
{
	unsigned worker = *(unsigned *)arg;
	const char *name = worker >= ASK_CLIENT ? ASK_PIPE : ECHO_PIPE;
	struct payload_random random = payload_seed(worker + 1000);
	DWORD mode = PIPE_READMODE_MESSAGE;
	uint32_t number = worker << 24;

	test_say(sock, 'r');
	while (!stops()) {
		HANDLE h = open_pipe(name, 0);
		unsigned n = (unsigned)(payload_random(&random) >> 60);

		must(SetNamedPipeHandleState(h, &mode, NULL, NULL), "SetNamedPipeHandleState");
		while (n-- > 0)
			talk(h, &random, number++, worker);
		CloseHandle(h);
	}
	return 0;
}

/* ---- ask ---- */

struct asked {
	HANDLE pipe;
	OVERLAPPED o;
	enum { CONNECTING, READING, WRITING } does;
	unsigned char message[PAYLOAD_MOST];
	DWORD len;
};

static void ask_begin(struct asked *asked, int does);

static void ask_again(struct asked *asked)
{
	must(DisconnectNamedPipe(asked->pipe), "DisconnectNamedPipe");
	ask_begin(asked, CONNECTING);
}

/* What is done at once is done like what is done later: its event is set. */
static void ask_begin(struct asked *asked, int does)
{
	DWORD error;
	BOOL ok;

	asked->does = does;
	ResetEvent(asked->o.hEvent);
	if (does == CONNECTING)
		ok = ConnectNamedPipe(asked->pipe, &asked->o);
	else if (does == READING)
		ok = ReadFile(asked->pipe, asked->message, PAYLOAD_MOST, NULL, &asked->o);
	else
		ok = WriteFile(asked->pipe, asked->message, asked->len, NULL, &asked->o);
	error = ok ? ERROR_SUCCESS : GetLastError();
	if (ok || error == ERROR_IO_PENDING)
		return;
	if (does == CONNECTING && error == ERROR_PIPE_CONNECTED) {
		ask_begin(asked, READING);
		return;
	}
	must(error == ERROR_BROKEN_PIPE || error == ERROR_NO_DATA, "an overlapped call");
	ask_again(asked);
}

static void ask_end(struct asked *asked)
{
	uint32_t number;
	DWORD n = 0;

	if (!GetOverlappedResult(asked->pipe, &asked->o, &n, FALSE)) {
		must(GetLastError() == ERROR_BROKEN_PIPE || GetLastError() == ERROR_NO_DATA,
		     "GetOverlappedResult");
		ask_again(asked);
		return;
	}
	if (asked->does == READING) {
		if (!payload_check(asked->message, n, &number))
			test_fail("a question of %u bytes is not what was sent", (unsigned)n);
		step(ASK_SERVER, n);
		asked->len = n;
	}
	ask_begin(asked, asked->does == READING ? WRITING : READING);
}

static int ask_server(int sock, void *arg)
{
	static struct asked askeds[N_OVERLAPPED];
	HANDLE events[N_OVERLAPPED];
	int i;

	(void)arg;
	for (i = 0; i < N_OVERLAPPED; i++) {
		askeds[i].pipe = create_pipe(ASK_PIPE, FILE_FLAG_OVERLAPPED, MESSAGE_MODE);
		events[i] = askeds[i].o.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
		ask_begin(&askeds[i], CONNECTING);
	}
	test_say(sock, 'r');
	while (!servers_stop()) {
		DWORD which = WaitForMultipleObjects(N_OVERLAPPED, events, FALSE, 100);

		if (which < N_OVERLAPPED)
			ask_end(&askeds[which]);
	}
	return 0;
}

/* ---- stream ---- */

/* Writes pieces until told to stop, then closes; reads the other's to its end. */
static void stream_out(HANDLE h, uint64_t seed, unsigned worker)
{
	struct payload_random random = payload_seed(seed);
	struct payload_random lens = payload_seed(seed + 1);
	unsigned char bytes[PAYLOAD_MOST];

	while (!stops()) {
		DWORD len = 1 + (DWORD)(payload_random(&lens) >> 40) % PAYLOAD_MOST, n;

		for (DWORD i = 0; i < len; i++)
			bytes[i] = (unsigned char)(payload_random(&random) >> 32);
		must(WriteFile(h, bytes, len, &n, NULL) && n == len, "WriteFile");
		step(worker, len);
	}
}

static void stream_in(HANDLE h, uint64_t seed, unsigned worker)
{
	struct payload_random random = payload_seed(seed);
	unsigned char bytes[PAYLOAD_MOST];
	uint64_t at = 0;
	DWORD n;

	while (ReadFile(h, bytes, sizeof(bytes), &n, NULL)) {
		for (DWORD i = 0; i < n; i++, at++)
			if (bytes[i] != (unsigned char)(payload_random(&random) >> 32))
				test_fail("byte %llu of the stream is another one",
					  (unsigned long long)at);
		step(worker, n);
	}
	must(GetLastError() == ERROR_BROKEN_PIPE, "ReadFile");
}

static int stream_server(int sock, void *arg)
{
	HANDLE h = create_pipe(STREAM_PIPE, 0, PIPE_TYPE_BYTE);

	(void)arg;
	test_say(sock, 'r');
	must(ConnectNamedPipe(h, NULL) || GetLastError() == ERROR_PIPE_CONNECTED,
	     "ConnectNamedPipe");
	stream_out(h, 77, STREAM_SERVER);
	CloseHandle(h);
	return 0;
}

static int stream_client(int sock, void *arg)
{
	HANDLE h = open_pipe(STREAM_PIPE, 0);

	(void)arg;
	test_say(sock, 'r');
	stream_in(h, 77, STREAM_CLIENT);
	CloseHandle(h);
	return 0;
}

/* ---- first ---- */

static int first(int sock, void *arg)
{
	(void)arg;
	test_say(sock, 'r');
	while (!stops()) {
		HANDLE server = create_pipe(FIRST_PIPE, FILE_FLAG_FIRST_PIPE_INSTANCE,
					    MESSAGE_MODE);
		HANDLE client = open_own_pipe(FIRST_PIPE);
		DWORD count = 0;

		if (!client) {
			CloseHandle(server);
			continue;
		}
		must(GetNamedPipeHandleStateA(server, NULL, &count, NULL, NULL, NULL, 0),
		     "GetNamedPipeHandleState");
		if (count != 1)
			test_fail("%u instances instead of one", (unsigned)count);
		CloseHandle(client);
		CloseHandle(server);
		step(FIRST, 0);
	}
	return 0;
}

/* ---- heir ---- */

/* What the new process does: it has nothing but the end, whose handle it was told. */
static int heir_main(const char *handle)
{
	HANDLE h = (HANDLE)(uintptr_t)strtoull(handle, NULL, 16);
	unsigned char message[PAYLOAD_MOST];
	uint32_t number;
	DWORD len;

	while (ReadFile(h, message, sizeof(message), &len, NULL)) {
		if (!payload_check(message, len, &number))
			test_fail("a message of %u bytes is not what was sent", (unsigned)len);
		must(WriteFile(h, message, len, &len, NULL), "WriteFile of the heir");
	}
	must(GetLastError() == ERROR_BROKEN_PIPE, "ReadFile of the heir");
	return 0;
}

static HANDLE start_heir(HANDLE end)
{
	STARTUPINFOA info = {.cb = sizeof(info)};
	PROCESS_INFORMATION process;
	char path[512], line[600];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	test_require(n > 0, "the test's own path");
	path[n] = '\0';
	snprintf(line, sizeof(line), "\"%s\" heir %llx", path,
		 (unsigned long long)(uintptr_t)end);
	must(CreateProcessA(path, line, NULL, NULL, TRUE, 0, NULL, NULL, &info, &process),
	     "CreateProcess");
	CloseHandle(process.hThread);
	return process.hProcess;
}

static int heir(int sock, void *arg)
{
	SECURITY_ATTRIBUTES inherits = {.nLength = sizeof(inherits), .bInheritHandle = TRUE};
	struct payload_random random = payload_seed(31);
	DWORD mode = PIPE_READMODE_MESSAGE, code = 1;
	uint32_t number = 0;

	(void)arg;
	test_say(sock, 'r');
	while (!stops()) {
		HANDLE server = CreateNamedPipeA(HEIR_PIPE, PIPE_ACCESS_DUPLEX, MESSAGE_MODE, 40,
						 QUOTA, QUOTA, 0, &inherits);
		HANDLE client, process;

		must(server != INVALID_HANDLE_VALUE, "CreateNamedPipe");
		client = open_own_pipe(HEIR_PIPE);
		if (!client) {
			CloseHandle(server);
			continue;
		}
		must(SetNamedPipeHandleState(client, &mode, NULL, NULL),
		     "SetNamedPipeHandleState");
		process = start_heir(server);
		CloseHandle(server);
		for (int i = 0; i < 20; i++)
			talk(client, &random, number++, HEIR);
		CloseHandle(client);
		must(WaitForSingleObject(process, TEST_DEADLINE_MS) == WAIT_OBJECT_0 &&
			     GetExitCodeProcess(process, &code) && code == 0,
		     "the heir");
		CloseHandle(process);
	}
	return 0;
}

/* ---- restless ---- */

/* Ends what is under way, however it ends. */
static void cancel(HANDLE h, OVERLAPPED *o)
{
	DWORD n;

	must(CancelIoEx(h, o) || GetLastError() == ERROR_NOT_FOUND, "CancelIoEx");
	GetOverlappedResult(h, o, &n, TRUE);
}

static void restless_step(HANDLE server, OVERLAPPED *o, struct payload_random *random)
{
	unsigned char bytes[64] = {0};
	HANDLE client;
	DWORD n;

	ResetEvent(o->hEvent);
	must(!ConnectNamedPipe(server, o) &&
		     (GetLastError() == ERROR_IO_PENDING || GetLastError() == ERROR_PIPE_CONNECTED),
	     "ConnectNamedPipe");
	client = payload_random(random) >> 63 ? open_own_pipe(MOVED_PIPE) : NULL;
	if (!client) {
		cancel(server, o);
	} else {
		WaitForSingleObject(o->hEvent, payload_random(random) >> 63 ? 0 : 1);
		cancel(server, o);
		ResetEvent(o->hEvent);
		if (!ReadFile(server, bytes, sizeof(bytes), NULL, o) &&
		    GetLastError() == ERROR_IO_PENDING)
			cancel(server, o);
		ResetEvent(o->hEvent);
		if (WriteFile(server, bytes, sizeof(bytes), NULL, o) ||
		    GetLastError() == ERROR_IO_PENDING) {
			GetOverlappedResult(server, o, &n, TRUE);
			must(ReadFile(client, bytes, sizeof(bytes), &n, NULL) && n == 64,
			     "ReadFile of what was written");
		}
		CloseHandle(client);
	}
	must(DisconnectNamedPipe(server), "DisconnectNamedPipe");
	step(RESTLESS, 64);
}

static int restless(int sock, void *arg)
{
	HANDLE server = create_pipe(MOVED_PIPE, FILE_FLAG_OVERLAPPED, MESSAGE_MODE);
	OVERLAPPED o = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
	struct payload_random random = payload_seed(5);

	(void)arg;
	test_say(sock, 'r');
	while (!stops())
		restless_step(server, &o, &random);
	CloseHandle(server);
	CloseHandle(o.hEvent);
	return 0;
}

/* ---- objects ---- */

static bool object_step(unsigned worker)
{
	step(worker, 8);
	return stops();
}

static int count(int sock, void *arg)
{
	test_say(sock, 'r');
	kills_count(&board->objects, *(unsigned *)arg, object_step);
	return 0;
}

static int tick(int sock, void *arg)
{
	unsigned worker = *(unsigned *)arg;

	test_say(sock, 'r');
	kills_tick(&board->objects, worker - TICK, worker, object_step);
	return 0;
}

/* ---- the test ---- */

static struct test_child children[N_WORKERS];
static unsigned numbers[N_WORKERS];

static void start_all(void)
{
	static const test_child_fn fns[] = {echo_server, ask_server, stream_server,
					    stream_client, first, heir, restless, count,
					    count, tick, tick};
	unsigned i;

	for (i = 0; i < N_WORKERS; i++) {
		numbers[i] = i;
		test_child_start(&children[i], i < ECHO_CLIENT ? fns[i] : visitor,
				 &numbers[i]);
		test_expect(children[i].sock, 'r');
	}
}

static pid_t broker_pid(void)
{
	struct np_call_stats stats = {0};

	if (np_call_stats(&stats) != STATUS_SUCCESS)
		test_fail("no broker can be asked");
	return (pid_t)stats.broker_pid;
}

/* A random moment is meant, unless it ends by itself before. */
static void let_live(int pid_fd, struct payload_random *random)
{
	test_fd_wait(pid_fd, (int)(payload_random(random) >> 60));
}

/* In one of three ways. */
static void kill_broker(struct payload_random *random)
{
	pid_t pid = broker_pid();
	int pid_fd = test_pid_open(pid);
	unsigned how = (unsigned)(payload_random(random) >> 60);

	test_require(pid_fd >= 0, "pidfd of the broker");
	let_live(pid_fd, random);
	if (how == 0) {
		kill(pid, SIGSTOP);
		let_live(pid_fd, random);
	}
	kill(pid, how == 1 ? SIGTERM : SIGKILL);
	if (!test_fd_wait(pid_fd, TEST_DEADLINE_MS))
		test_fail("the broker does not end");
	close(pid_fd);
}

static void expect_progress(uint64_t before[N_WORKERS])
{
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;
	unsigned i;

	for (i = 0; i < N_WORKERS; i++) {
		while (atomic_load(&board->steps[i]) == before[i]) {
			if (test_fd_wait(children[i].pid_fd, 10))
				test_fail("worker %u has ended", i);
			if (test_now_ms() > end)
				test_fail("worker %u stands still", i);
		}
		before[i] = atomic_load(&board->steps[i]);
	}
}

static void expect_end(unsigned worker)
{
	if (!test_fd_wait(children[worker].pid_fd, TEST_DEADLINE_MS))
		test_fail("worker %u does not end", worker);
	if (test_child_wait(&children[worker]) != 0)
		test_fail("worker %u failed", worker);
}

/* Ends everybody: servers that wait for a client get one. */
static void stop_all(void)
{
	int64_t end = test_now_ms() + 2 * TEST_DEADLINE_MS;
	HANDLE h;
	unsigned i;

	atomic_store(&board->must_stop, true);
	for (i = ECHO_CLIENT; i < N_WORKERS; i++)
		expect_end(i);
	atomic_store(&board->servers_stop, true);
	/* how many of its threads wait for one more client, nobody knows */
	while (!test_fd_wait(children[ECHO_SERVER].pid_fd, 10)) {
		h = CreateFileA(ECHO_PIPE, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
		if (h != INVALID_HANDLE_VALUE)
			CloseHandle(h);
		if (test_now_ms() > end)
			test_fail("the echo server does not end");
	}
	for (i = 0; i < ECHO_CLIENT; i++)
		expect_end(i);
}

/* What a process holds, as the kernel says. */
struct holding {
	int n_fds;
	long kib; /* resident */
};

static long resident_kib(pid_t pid)
{
	char path[64], line[128];
	long kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

/* The most of a few looks: descriptors come and go with connections. */
static void look_at_holdings(struct holding holdings[N_WORKERS])
{
	unsigned i, k;

	for (i = 0; i < N_WORKERS; i++) {
		struct holding *holding = &holdings[i];

		holding->n_fds = 0;
		for (k = 0; k < LOOKS; k++) {
			int n = test_count_fds(children[i].pid);

			if (n > holding->n_fds)
				holding->n_fds = n;
			test_fd_wait(children[i].pid_fd, 1);
		}
		holding->kib = resident_kib(children[i].pid);
	}
}

static void expect_flat(const struct holding *early, const struct holding *late,
			unsigned n_kills)
{
	unsigned i;

	for (i = 0; i < N_WORKERS; i++) {
		if (late[i].n_fds >
		    early[i].n_fds + (i == HEIR ? FDS_MORE_HEIR : FDS_MORE))
			test_fail("worker %u has %d descriptors, it had %d", i,
				  late[i].n_fds, early[i].n_fds);
		if (n_kills >= KIB_AFTER && !TEST_IS_SANITIZED &&
		    late[i].kib > early[i].kib + KIB_MORE)
			test_fail("worker %u has %ld KiB, it had %ld", i, late[i].kib,
				  early[i].kib);
	}
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void report(unsigned n_kills, int64_t *gaps_ms)
{
	uint64_t steps = 0, bytes = 0;
	unsigned i;

	for (i = 0; i < N_WORKERS; i++) {
		steps += atomic_load(&board->steps[i]);
		bytes += atomic_load(&board->bytes[i]);
	}
	qsort(gaps_ms, n_kills, sizeof(*gaps_ms), compare);
	printf("%u brokers killed; %llu operations, %llu bytes checked, none lost; %llu "
	       "clients without a word, %llu opens found themselves; until the next open: median %lld ms, 99 of 100 "
	       "within %lld ms, longest %lld ms\n",
	       n_kills, (unsigned long long)steps, (unsigned long long)bytes,
	       (unsigned long long)atomic_load(&board->silent),
	       (unsigned long long)atomic_load(&board->doubled),
	       (long long)gaps_ms[n_kills / 2],
	       (long long)gaps_ms[n_kills - 1 - n_kills / 100], (long long)gaps_ms[n_kills - 1]);
}

static int64_t seconds_to_run(void)
{
	const char *text = getenv("NPFS_FAULT_SECONDS");

	return text ? strtol(text, NULL, 10) : 0;
}

static unsigned number_of_kills(void)
{
	const char *text = getenv("NPFS_FAULT_KILLS");
	unsigned long n = text ? strtoul(text, NULL, 10) : KILLS_DEFAULT;

	if (seconds_to_run() > 0)
		return KILLS_MOST;
	return n > WARM_AFTER ? (unsigned)n : KILLS_DEFAULT;
}

static void setup(void)
{
	char path[80];

	test_dir_make(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	setenv("NPFS_SOCKET", path, 1);
	setenv("NPFSD", test_npfsd_path(), 1);
	unsetenv("NPFS_NO_AUTOSTART");
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	test_require(board != MAP_FAILED, "mmap");
}

/* Nobody is connected any more: the last broker has nothing to leave to a next one. */
static void teardown(void)
{
	pid_t pid = broker_pid();
	int pid_fd = test_pid_open(pid);

	np_call_shutdown();
	kill(pid, SIGTERM);
	if (!test_fd_wait(pid_fd, TEST_DEADLINE_MS))
		test_fail("the broker does not end");
	close(pid_fd);
	test_dir_remove(dir);
	munmap(board, sizeof(*board));
}

START_TEST(killing_brokers_costs_nobody_a_byte)
{
	struct payload_random random = payload_seed(4711);
	unsigned n_kills = number_of_kills(), i;
	int64_t *gaps_ms = calloc(n_kills, sizeof(*gaps_ms));
	struct holding early[N_WORKERS], late[N_WORKERS];
	uint64_t before[N_WORKERS] = {0};
	int64_t end = seconds_to_run() ? test_now_ms() + 1000 * seconds_to_run() : INT64_MAX;

	ck_assert_ptr_nonnull(gaps_ms);
	start_all();
	expect_progress(before);
	for (i = 0; i < n_kills && test_now_ms() < end; i++) {
		int64_t began;

		if (i == WARM_AFTER)
			look_at_holdings(early);

		kill_broker(&random);
		began = test_now_ms();
		CloseHandle(open_pipe(ECHO_PIPE, 0));
		gaps_ms[i] = test_now_ms() - began;
		if (i % LOOK_EVERY == LOOK_EVERY - 1)
			expect_progress(before);
	}
	expect_progress(before);
	look_at_holdings(late);
	if (i > WARM_AFTER)
		expect_flat(early, late, i);
	stop_all();
	report(i, gaps_ms);
	free(gaps_ms);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite;
	TCase *tcase;
	SRunner *runner;
	int failed;

	if (argc == 3 && strcmp(argv[1], "heir") == 0)
		return heir_main(argv[2]);
	suite = suite_create("broker_kills");
	tcase = tcase_create("all");

	tcase_set_timeout(tcase, 120 + (double)(seconds_to_run() ? seconds_to_run() :
							       number_of_kills()));
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, killing_brokers_costs_nobody_a_byte);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
