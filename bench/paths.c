/* SPDX-License-Identifier: MIT */
/*
 * npfs-paths: the paths whose instructions are counted, one at a time.
 *
 *	npfs-paths PATH N	walk PATH N times
 *	npfs-paths --list	name the paths
 *
 * Both ends of a pipe are in this process and one thread does everything, so nothing waits
 * and each walk takes the same instructions. bench/instructions counts them by running this
 * under callgrind with two different N.
 *
 * Exit status: 0; 1 when a call failed or the data was wrong; 2 for bad arguments.
 */
#include <windows.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATHS_NAME   "\\\\.\\pipe\\npfs-paths"
#define PATHS_OTHER  "\\\\.\\pipe\\npfs-paths-other"
#define PATHS_QUOTA  (256 * 1024)
#define PATHS_EVENTS 64
#define PATHS_LARGE  65536
#define PATHS_MAX    1000000000ul

struct rig {
	HANDLE server; /* owned */
	HANDLE client; /* owned */
	HANDLE port;   /* owned; NULL unless the path needs one */
	HANDLE events[PATHS_EVENTS];
	OVERLAPPED overlapped;
	unsigned char sent[PATHS_LARGE], got[PATHS_LARGE], asked[PATHS_LARGE];
};

struct path {
	const char *name;
	DWORD server_flags, client_flags; /* FILE_FLAG_OVERLAPPED or 0 */
	DWORD type;                       /* of the pipe */
	bool (*walk)(struct rig *rig, DWORD n);
	DWORD n; /* bytes, or objects */
	bool has_port;
};

static bool path_failed(const char *call)
{
	fprintf(stderr, "npfs-paths: %s: error %lu\n", call, (unsigned long)GetLastError());
	return false;
}

/* paths */

static bool check_message(const struct rig *rig, DWORD len, DWORD n)
{
	if (len == n && memcmp(rig->sent, rig->got, len < 64 ? len : 64) == 0)
		return true;
	fprintf(stderr, "npfs-paths: a message arrived damaged\n");
	return false;
}

static bool put_message(struct rig *rig, DWORD n)
{
	DWORD len;

	rig->sent[0]++;
	return WriteFile(rig->client, rig->sent, n, &len, NULL) ? true :
								  path_failed("WriteFile");
}

static bool walk_sync(struct rig *rig, DWORD n)
{
	DWORD len;

	if (!put_message(rig, n))
		return false;
	if (!ReadFile(rig->server, rig->got, n, &len, NULL))
		return path_failed("ReadFile");
	return check_message(rig, len, n);
}

/* As programs do that ask for the result in any case. */
static bool walk_event(struct rig *rig, DWORD n)
{
	OVERLAPPED *overlapped = &rig->overlapped;
	DWORD len;

	if (!put_message(rig, n))
		return false;
	overlapped->hEvent = rig->events[0];
	if (!ReadFile(rig->server, rig->got, n, NULL, overlapped) &&
	    GetLastError() != ERROR_IO_PENDING)
		return path_failed("ReadFile");
	if (WaitForSingleObject(overlapped->hEvent, INFINITE) != WAIT_OBJECT_0)
		return path_failed("WaitForSingleObject");
	if (!GetOverlappedResult(rig->server, overlapped, &len, TRUE))
		return path_failed("GetOverlappedResult");
	return check_message(rig, len, n);
}

static bool walk_port(struct rig *rig, DWORD n)
{
	OVERLAPPED *done;
	ULONG_PTR key;
	DWORD len;

	if (!put_message(rig, n))
		return false;
	if (!ReadFile(rig->server, rig->got, n, NULL, &rig->overlapped) &&
	    GetLastError() != ERROR_IO_PENDING)
		return path_failed("ReadFile");
	if (!GetQueuedCompletionStatus(rig->port, &len, &key, &done, INFINITE))
		return path_failed("GetQueuedCompletionStatus");
	return check_message(rig, len, n);
}

/* A message is put into the queue by the first walk and stays there. */
static bool walk_peek(struct rig *rig, DWORD n)
{
	DWORD len, there = 0, rest;

	if (!PeekNamedPipe(rig->server, rig->got, n, &len, &there, &rest))
		return path_failed("PeekNamedPipe");
	return there ? check_message(rig, len, n) : put_message(rig, n);
}

/* Through the whole of a transaction; the answer is there before its result is asked for. */
static bool walk_transact(struct rig *rig, DWORD n)
{
	OVERLAPPED *overlapped = &rig->overlapped;
	DWORD len;

	rig->sent[0]++;
	overlapped->hEvent = rig->events[0];
	if (!TransactNamedPipe(rig->client, rig->sent, n, rig->got, n, NULL, overlapped) &&
	    GetLastError() != ERROR_IO_PENDING)
		return path_failed("TransactNamedPipe");
	if (!ReadFile(rig->server, rig->asked, n, &len, NULL))
		return path_failed("ReadFile");
	if (!WriteFile(rig->server, rig->asked, n, &len, NULL))
		return path_failed("WriteFile");
	if (!GetOverlappedResult(rig->client, overlapped, &len, TRUE))
		return path_failed("GetOverlappedResult");
	return check_message(rig, len, n);
}

/* The last of @n is set. */
static bool walk_wait(struct rig *rig, DWORD n)
{
	DWORD result = n == 1 ? WaitForSingleObject(rig->events[0], INFINITE) :
				WaitForMultipleObjects(n, rig->events, FALSE, INFINITE);

	return result == WAIT_OBJECT_0 + n - 1 ? true : path_failed("WaitForMultipleObjects");
}

static bool walk_set(struct rig *rig, DWORD n)
{
	(void)n;
	if (!ResetEvent(rig->events[0]) || !SetEvent(rig->events[0]))
		return path_failed("SetEvent");
	return true;
}

/* A pipe that is made, opened and closed twice; what the broker does is not counted. */
static bool walk_churn(struct rig *rig, DWORD n)
{
	HANDLE server, client;

	(void)rig;
	server = CreateNamedPipeA(PATHS_OTHER, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE | PIPE_WAIT,
				  1, n, n, 0, NULL);
	if (server == INVALID_HANDLE_VALUE)
		return path_failed("CreateNamedPipe");
	client = CreateFileA(PATHS_OTHER, GENERIC_READ | GENERIC_WRITE, 0, NULL,
			     OPEN_EXISTING, 0, NULL);
	if (client == INVALID_HANDLE_VALUE)
		return path_failed("CreateFile");
	if (!CloseHandle(client) || !CloseHandle(server))
		return path_failed("CloseHandle");
	return true;
}

#define MESSAGES (PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE)

static const struct path paths[] = {
	{"sync_64", 0, 0, MESSAGES, walk_sync, 64, false},
	{"sync_4096", 0, 0, MESSAGES, walk_sync, 4096, false},
	{"sync_65536", 0, 0, MESSAGES, walk_sync, 65536, false},
	{"sync_byte_64", 0, 0, PIPE_TYPE_BYTE, walk_sync, 64, false},
	{"event_64", FILE_FLAG_OVERLAPPED, 0, MESSAGES, walk_event, 64, false},
	{"port_64", FILE_FLAG_OVERLAPPED, 0, MESSAGES, walk_port, 64, true},
	{"peek_64", 0, 0, MESSAGES, walk_peek, 64, false},
	{"transact_64", 0, FILE_FLAG_OVERLAPPED, MESSAGES, walk_transact, 64, false},
	{"wait_1", 0, 0, MESSAGES, walk_wait, 1, false},
	{"wait_2", 0, 0, MESSAGES, walk_wait, 2, false},
	{"wait_64", 0, 0, MESSAGES, walk_wait, 64, false},
	{"reset_set", 0, 0, MESSAGES, walk_set, 1, false},
	{"churn", 0, 0, MESSAGES, walk_churn, 4096, false},
};

#define N_PATHS (sizeof(paths) / sizeof(paths[0]))

/* the rig */

static void rig_close(struct rig *rig)
{
	HANDLE *pipes[] = {&rig->client, &rig->server};

	for (unsigned i = 0; i < 2; i++)
		if (*pipes[i] != INVALID_HANDLE_VALUE)
			CloseHandle(*pipes[i]);
	for (unsigned i = 0; i < PATHS_EVENTS; i++)
		if (rig->events[i])
			CloseHandle(rig->events[i]);
	if (rig->port)
		CloseHandle(rig->port);
}

/* An instance listens from its creation on: it can be opened before the connect. */
static bool rig_connect(struct rig *rig, const struct path *path)
{
	DWORD mode = PIPE_READMODE_MESSAGE;

	rig->server = CreateNamedPipeA(PATHS_NAME, PIPE_ACCESS_DUPLEX | path->server_flags,
				       path->type | PIPE_WAIT, 1, PATHS_QUOTA, PATHS_QUOTA,
				       0, NULL);
	if (rig->server == INVALID_HANDLE_VALUE)
		return path_failed("CreateNamedPipe");
	rig->client = CreateFileA(PATHS_NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL,
				  OPEN_EXISTING, path->client_flags, NULL);
	if (rig->client == INVALID_HANDLE_VALUE)
		return path_failed("CreateFile");
	if (!ConnectNamedPipe(rig->server, path->server_flags ? &rig->overlapped : NULL) &&
	    GetLastError() != ERROR_PIPE_CONNECTED)
		return path_failed("ConnectNamedPipe");
	memset(&rig->overlapped, 0, sizeof(rig->overlapped));
	if (path->type == MESSAGES &&
	    !SetNamedPipeHandleState(rig->client, &mode, NULL, NULL))
		return path_failed("SetNamedPipeHandleState");
	return true;
}

static bool rig_open(struct rig *rig, const struct path *path)
{
	if (!rig_connect(rig, path))
		return false;
	for (unsigned i = 0; i < PATHS_EVENTS; i++) {
		rig->events[i] = CreateEventA(NULL, TRUE, i + 1 == path->n, NULL);
		if (!rig->events[i])
			return path_failed("CreateEvent");
	}
	if (!path->has_port)
		return true;
	rig->port = CreateIoCompletionPort(rig->server, NULL, 0, 0);
	return rig->port ? true : path_failed("CreateIoCompletionPort");
}

static bool walk(const struct path *path, unsigned long n)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	bool ok;

	if (!rig)
		return false;
	/* looking for the broker's answer takes as many instructions as it takes time */
	if (path->walk == walk_churn)
		setenv("NPFS_SPIN", "0", 1);
	rig->server = rig->client = INVALID_HANDLE_VALUE;
	ok = rig_open(rig, path);
	for (unsigned long i = 0; ok && i < n; i++)
		ok = path->walk(rig, path->n);
	rig_close(rig);
	free(rig);
	return ok;
}

int main(int argc, char *argv[])
{
	char *end = NULL;
	unsigned long n = argc == 3 ? strtoul(argv[2], &end, 10) : 0;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (unsigned i = 0; i < N_PATHS; i++)
			puts(paths[i].name);
		return EXIT_SUCCESS;
	}
	for (unsigned i = 0; n && !*end && n <= PATHS_MAX && i < N_PATHS; i++)
		if (strcmp(argv[1], paths[i].name) == 0)
			return walk(&paths[i], n) ? EXIT_SUCCESS : EXIT_FAILURE;
	fprintf(stderr, "usage: npfs-paths PATH N, N from 1 to %lu; npfs-paths --list\n",
		PATHS_MAX);
	return 2;
}
