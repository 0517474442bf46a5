/* SPDX-License-Identifier: MIT */
/*
 * An echo server on one I/O completion port, and the load for it, in plain Win32
 *
 *	echo_iocp server PIPE CONNECTIONS [THREADS]
 *	echo_iocp load PIPE CONNECTIONS MILLISECONDS
 *
 * The same source is a native program on the shim and a Windows program. The server makes
 * its instances, prints "ready", and ends when every client it has had is gone. The load is
 * one process: each connection has one message of 64 bytes on its way, and when the echo
 * is there sends the next. It prints how many echoes it got per second, after a warm-up.
 *
 * Both sides ask for no packet where a request succeeds at once, as a fast server does.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_SIZE 64
#define QUOTA	     4096
#define WARM_UP_MS   300

enum step {
	STEP_CONNECT,
	STEP_READ,
	STEP_WRITE,
};

struct connection {
	OVERLAPPED overlapped; /* of the one request in flight */
	HANDLE pipe;
	enum step step;
	DWORD n_bytes;
	char message[MESSAGE_SIZE];
};

static HANDLE port;
static struct connection *connections;
static DWORD n_connections;
static volatile LONG n_left; /* connections that are not over */
static volatile BOOL is_stopping;
static LONGLONG n_echoes;

static void die(const char *call)
{
	fprintf(stderr, "echo_iocp: %s: error %lu\n", call, (unsigned long)GetLastError());
	exit(1);
}

static void tie(struct connection *c)
{
	if (!CreateIoCompletionPort(c->pipe, port, (ULONG_PTR)c, 0))
		die("CreateIoCompletionPort");
	if (!SetFileCompletionNotificationModes(
		    c->pipe, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
		die("SetFileCompletionNotificationModes");
}

static void end(struct connection *c)
{
	CloseHandle(c->pipe);
	if (InterlockedDecrement(&n_left) == 0)
		PostQueuedCompletionStatus(port, 0, 0, NULL);
}

/* the two programs: what follows when a step is done; FALSE: the connection is over */

static BOOL start(struct connection *c, enum step step)
{
	BOOL ok;

	c->step = step;
	if (step == STEP_READ)
		ok = ReadFile(c->pipe, c->message, MESSAGE_SIZE, &c->n_bytes,
			      &c->overlapped);
	else
		ok = WriteFile(c->pipe, c->message, c->n_bytes, &c->n_bytes,
			       &c->overlapped);
	return ok;
}

static BOOL serve(struct connection *c, enum step *nextp)
{
	*nextp = c->step == STEP_READ ? STEP_WRITE : STEP_READ;
	return TRUE;
}

static BOOL drive(struct connection *c, enum step *nextp)
{
	*nextp = c->step == STEP_WRITE ? STEP_READ : STEP_WRITE;
	if (c->step != STEP_READ)
		return TRUE;
	n_echoes++;
	c->n_bytes = MESSAGE_SIZE;
	return !is_stopping;
}

/* A step of @c is done: go on until a request is in flight. */
static void go_on(struct connection *c, BOOL (*next)(struct connection *, enum step *))
{
	enum step step;

	do {
		if (!next(c, &step)) {
			end(c);
			return;
		}
	} while (start(c, step));
	if (GetLastError() != ERROR_IO_PENDING)
		end(c);
}

static void run(BOOL (*next)(struct connection *, enum step *))
{
	for (;;) {
		OVERLAPPED *overlapped;
		struct connection *c;
		ULONG_PTR key;
		DWORD n;
		BOOL ok = GetQueuedCompletionStatus(port, &n, &key, &overlapped, INFINITE);

		c = (struct connection *)key;
		if (!c) {
			PostQueuedCompletionStatus(port, 0, 0, NULL); /* for the others */
			return;
		}
		c->n_bytes = n;
		if (ok)
			go_on(c, next);
		else
			end(c);
	}
}

/* the server */

static DWORD WINAPI server_thread(void *arg)
{
	(void)arg;
	run(serve);
	return 0;
}

static void make_instance(struct connection *c, const char *path)
{
	c->pipe = CreateNamedPipeA(path, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
				   PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT,
				   PIPE_UNLIMITED_INSTANCES, QUOTA, QUOTA, 0, NULL);
	if (c->pipe == INVALID_HANDLE_VALUE)
		die("CreateNamedPipe");
	tie(c);
	c->step = STEP_CONNECT;
	if (ConnectNamedPipe(c->pipe, &c->overlapped) || GetLastError() != ERROR_IO_PENDING)
		die("ConnectNamedPipe");
}

static int server(const char *path, int n_threads)
{
	for (DWORD i = 0; i < n_connections; i++)
		make_instance(&connections[i], path);
	puts("ready");
	fflush(stdout);
	while (--n_threads > 0)
		CloseHandle(CreateThread(NULL, 0, server_thread, NULL, 0, NULL));
	run(serve);
	return 0;
}

/* the load */

static void open_connection(struct connection *c, const char *path)
{
	DWORD mode = PIPE_READMODE_MESSAGE;

	while ((c->pipe = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL,
				      OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL)) ==
	       INVALID_HANDLE_VALUE)
		if (GetLastError() != ERROR_PIPE_BUSY || !WaitNamedPipeA(path, 10000))
			die("CreateFile");
	if (!SetNamedPipeHandleState(c->pipe, &mode, NULL, NULL))
		die("SetNamedPipeHandleState");
	tie(c);
	memset(c->message, 'x', MESSAGE_SIZE);
}

static LONGLONG now(void)
{
	LARGE_INTEGER t;

	QueryPerformanceCounter(&t);
	return t.QuadPart;
}

static DWORD WINAPI clock_thread(void *arg)
{
	DWORD ms = *(DWORD *)arg;
	LONGLONG before, since, n;
	LARGE_INTEGER frequency;

	QueryPerformanceFrequency(&frequency);
	Sleep(WARM_UP_MS);
	before = *(volatile LONGLONG *)&n_echoes;
	since = now();
	Sleep(ms);
	n = *(volatile LONGLONG *)&n_echoes - before;
	printf("%.0f\n", (double)n * (double)frequency.QuadPart / (double)(now() - since));
	fflush(stdout);
	is_stopping = TRUE;
	return 0;
}

static int load(const char *path, DWORD ms)
{
	HANDLE thread;

	for (DWORD i = 0; i < n_connections; i++)
		open_connection(&connections[i], path);
	thread = CreateThread(NULL, 0, clock_thread, &ms, 0, NULL);
	if (!thread)
		die("CreateThread");
	for (DWORD i = 0; i < n_connections; i++) {
		connections[i].step = STEP_CONNECT;
		connections[i].n_bytes = MESSAGE_SIZE;
		go_on(&connections[i], drive);
	}
	run(drive);
	WaitForSingleObject(thread, INFINITE);
	CloseHandle(thread);
	return 0;
}

int main(int argc, char **argv)
{
	char path[256];
	BOOL is_server = argc >= 4 && !strcmp(argv[1], "server");

	if (argc < 4 || (!is_server && (argc < 5 || strcmp(argv[1], "load")))) {
		fprintf(stderr, "usage: echo_iocp server PIPE CONNECTIONS [THREADS]\n"
				"       echo_iocp load PIPE CONNECTIONS MILLISECONDS\n");
		return 2;
	}
	snprintf(path, sizeof(path), "\\\\.\\pipe\\%s", argv[2]);
	n_connections = (DWORD)atoi(argv[3]);
	n_left = (LONG)n_connections;
	connections = calloc(n_connections, sizeof(*connections));
	port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
	if (!connections || !port)
		die("start");
	if (is_server)
		return server(path, argc > 4 ? atoi(argv[4]) : 1);
	return load(path, (DWORD)atoi(argv[4]));
}
