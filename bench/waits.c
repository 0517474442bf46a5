/* SPDX-License-Identifier: MIT */
/*
 * What a wait costs
 *
 *	npfs-waits wakeups [COMPLETIONS]
 *		Sleeps of this process per completed overlapped read, all its threads and the
 *		library's own counted (the kernel's count of voluntary context switches): each
 *		sleep is ended by one wake-up. The peer is another process and answers when
 *		this one sleeps. Once without and once with the library's spinning.
 *
 *	npfs-waits objects [ROUNDS]
 *		One of 2 and one of 64 events: another thread sets one, chosen in turn, and the
 *		waiter answers; the same when the event is set already; and the wait alone, of
 *		which the last event is set and stays so. Nanoseconds, the median of slices
 *		taken in turn.
 *
 * The broker is that of $NPFS_SOCKET.
 */
#include <windows.h>

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READ_WRITE  (GENERIC_READ | GENERIC_WRITE)
#define ASLEEP_NS   200000 /* a waiter sleeps after that */
#define MAX_OBJECTS 64
#define SLICES	    15
#define N_WAYS	    3

static void die(const char *call)
{
	fprintf(stderr, "npfs-waits: %s: error %lu\n", call, (unsigned long)GetLastError());
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* wake-ups per completion */

/* Answers each byte, once the other side has gone to sleep. @ready tells that the name is
 * there. */
static void answer(const char *path, int ready)
{
	const struct timespec pause = { .tv_nsec = ASLEEP_NS };
	HANDLE pipe;
	char byte;
	DWORD n;

	if (read(ready, &byte, 1) != 1)
		die("read");
	pipe = CreateFileA(path, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	if (pipe == INVALID_HANDLE_VALUE)
		die("CreateFile");
	while (ReadFile(pipe, &byte, 1, &n, NULL)) {
		nanosleep(&pause, NULL);
		if (!WriteFile(pipe, &byte, 1, &n, NULL))
			break;
	}
	CloseHandle(pipe);
}

static long n_sleeps(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nvcsw;
}

enum style { STYLE_EVENT, STYLE_PORT, STYLE_ANY, N_STYLES };

static const char *const style_names[N_STYLES] = {
	[STYLE_EVENT] = "GetOverlappedResult",
	[STYLE_PORT] = "GetQueuedCompletionStatus",
	[STYLE_ANY] = "WaitForMultipleObjects",
};

static void complete_one(HANDLE pipe, HANDLE port, HANDLE *events, enum style style)
{
	OVERLAPPED read = { .hEvent = events[0] }, write = { 0 }, *got;
	ULONG_PTR key;
	char byte = 'x';
	DWORD n;

	if (style == STYLE_PORT)
		read.hEvent = NULL;
	write.hEvent = (HANDLE)((ULONG_PTR)events[1] | 1); /* no packet */
	if (ReadFile(pipe, &byte, 1, NULL, &read) || GetLastError() != ERROR_IO_PENDING)
		die("ReadFile");
	if (!WriteFile(pipe, "x", 1, NULL, &write))
		die("WriteFile");
	ResetEvent(events[1]);
	switch (style) {
	case STYLE_EVENT:
		if (!GetOverlappedResult(pipe, &read, &n, TRUE))
			die("GetOverlappedResult");
		break;
	case STYLE_PORT:
		if (!GetQueuedCompletionStatus(port, &n, &key, &got, INFINITE))
			die("GetQueuedCompletionStatus");
		break;
	case STYLE_ANY:
	case N_STYLES:
		if (WaitForMultipleObjects(2, events, FALSE, INFINITE) != WAIT_OBJECT_0)
			die("WaitForMultipleObjects");
		break;
	}
}

static void wakeups_of(enum style style, unsigned n, const char *spin)
{
	HANDLE pipe, port, events[2];
	OVERLAPPED connect = { 0 };
	DWORD none;
	char path[64];
	long before, after;
	pid_t child;
	int ready[2];

	if (pipe2(ready, O_CLOEXEC) < 0)
		die("pipe2");
	snprintf(path, sizeof(path), "\\\\.\\pipe\\npfs-waits-%ld", (long)getpid());
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		answer(path, ready[0]);
		_exit(0);
	}
	pipe = CreateNamedPipeA(path, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1, 4096,
				4096, 0, NULL);
	if (pipe == INVALID_HANDLE_VALUE)
		die("CreateNamedPipe");
	if (write(ready[1], "", 1) != 1)
		die("write");
	close(ready[0]);
	close(ready[1]);
	port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
	for (unsigned i = 0; i < 2; i++)
		events[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
	connect.hEvent = events[0];
	if (!ConnectNamedPipe(pipe, &connect) && GetLastError() != ERROR_PIPE_CONNECTED &&
	    (GetLastError() != ERROR_IO_PENDING ||
	     !GetOverlappedResult(pipe, &connect, &none, TRUE)))
		die("ConnectNamedPipe");
	if (style == STYLE_PORT && !CreateIoCompletionPort(pipe, port, 0, 0))
		die("CreateIoCompletionPort");
	complete_one(pipe, port, events, style);
	before = n_sleeps();
	for (unsigned i = 0; i < n; i++)
		complete_one(pipe, port, events, style);
	after = n_sleeps();
	printf("wake-ups per completion, %s, %s: %.3f\n", style_names[style], spin,
	       (double)(after - before) / n);
	CloseHandle(pipe);
	waitpid(child, NULL, 0);
}

/* Each in a process of its own: a fork after the library was used would leave it behind. */
static int wakeups(unsigned n)
{
	for (int spins = 0; spins < 2; spins++) {
		for (enum style style = STYLE_EVENT; style < N_STYLES; style++) {
			int status;
			pid_t child;

			fflush(stdout);
			child = fork();
			if (child < 0)
				die("fork");
			if (!child) {
				if (!spins)
					setenv("NPFS_SPIN", "0", 1);
				wakeups_of(style, n, spins ? "spinning" : "NPFS_SPIN=0");
				fflush(stdout);
				_exit(0);
			}
			if (waitpid(child, &status, 0) != child || status)
				return 1;
		}
	}
	return 0;
}

/* waiting for one of many */

struct objects {
	HANDLE events[MAX_OBJECTS];
	HANDLE kept[MAX_OBJECTS]; /* manual reset */
	HANDLE answer;
	DWORD n;
	unsigned n_rounds;
};

static DWORD WINAPI setter(void *arg)
{
	struct objects *o = arg;

	for (unsigned i = 0; i < o->n_rounds; i++) {
		SetEvent(o->events[i % o->n]);
		WaitForSingleObject(o->answer, INFINITE);
	}
	return 0;
}

static double wake_ns(struct objects *o)
{
	int64_t begin = now_ns();
	HANDLE thread = CreateThread(NULL, 0, setter, o, 0, NULL);

	for (unsigned i = 0; i < o->n_rounds; i++) {
		if (WaitForMultipleObjects(o->n, o->events, FALSE, INFINITE) !=
		    WAIT_OBJECT_0 + i % o->n)
			die("WaitForMultipleObjects");
		SetEvent(o->answer);
	}
	WaitForSingleObject(thread, INFINITE);
	CloseHandle(thread);
	return (double)(now_ns() - begin) / o->n_rounds;
}

static double ready_ns(struct objects *o)
{
	int64_t begin = now_ns();

	for (unsigned i = 0; i < o->n_rounds; i++) {
		SetEvent(o->events[i % o->n]);
		if (WaitForMultipleObjects(o->n, o->events, FALSE, INFINITE) !=
		    WAIT_OBJECT_0 + i % o->n)
			die("WaitForMultipleObjects");
	}
	return (double)(now_ns() - begin) / o->n_rounds;
}

static double kept_ns(struct objects *o)
{
	HANDLE last = o->kept[o->n - 1];
	int64_t begin;
	double ns;

	SetEvent(last);
	begin = now_ns();
	for (unsigned i = 0; i < o->n_rounds; i++)
		if (WaitForMultipleObjects(o->n, o->kept, FALSE, INFINITE) !=
		    WAIT_OBJECT_0 + o->n - 1)
			die("WaitForMultipleObjects");
	ns = (double)(now_ns() - begin) / o->n_rounds;
	ResetEvent(last);
	return ns;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int objects(unsigned n_rounds)
{
	static const DWORD counts[2] = { 2, MAX_OBJECTS };
	double (*const ways[N_WAYS])(struct objects *) = { wake_ns, ready_ns, kept_ns };
	const char *const names[N_WAYS] = { "set by another thread", "set already",
					    "the last stays set" };
	double found[N_WAYS][2][SLICES];
	struct objects o = { .n_rounds = n_rounds };

	o.answer = CreateEventA(NULL, FALSE, FALSE, NULL);
	for (unsigned i = 0; i < MAX_OBJECTS; i++) {
		o.events[i] = CreateEventA(NULL, FALSE, FALSE, NULL);
		o.kept[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
	}
	for (unsigned slice = 0; slice < SLICES; slice++) {
		for (unsigned way = 0; way < N_WAYS; way++) {
			for (unsigned i = 0; i < 2; i++) {
				o.n = counts[i];
				found[way][i][slice] = ways[way](&o);
			}
		}
	}
	for (unsigned way = 0; way < N_WAYS; way++) {
		for (unsigned i = 0; i < 2; i++) {
			qsort(found[way][i], SLICES, sizeof(double), compare);
			printf("one of %lu events, %s: %.0f %.0f %.0f ns\n",
			       (unsigned long)counts[i], names[way],
			       found[way][i][SLICES / 2], found[way][i][0],
			       found[way][i][SLICES - 1]);
		}
		printf("64 over 2, %s: %.2f\n", names[way],
		       found[way][1][SLICES / 2] / found[way][0][SLICES / 2]);
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned n = argc > 2 ? (unsigned)atoi(argv[2]) : 0;

	if (argc >= 2 && !strcmp(argv[1], "wakeups"))
		return wakeups(n ? n : 2000);
	if (argc >= 2 && !strcmp(argv[1], "objects"))
		return objects(n ? n : 2000);
	fprintf(stderr, "usage: npfs-waits wakeups [COMPLETIONS]\n"
			"       npfs-waits objects [ROUNDS]\n");
	return 2;
}
