/* SPDX-License-Identifier: MIT */
/*
 * The four kinds of servers (model: soak.h)
 */
#include "tests/soak/soak.h"

#include <string.h>

#include "tests/lib/proc.h"

#define INSTANCES_MOST ((SOAK_PIPES / SOAK_SERVERS + 1) * SOAK_INSTANCES)
#define PORT_THREADS   2
#define LOOK_MS	       100 /* whether to stop */

static struct soak_instance instances[INSTANCES_MOST];
static unsigned n_instances;

static bool stops(void)
{
	return atomic_load(&soak_board->servers_stop);
}

static void open_all(unsigned server, bool is_overlapped, bool has_events, HANDLE port)
{
	unsigned pipe, k;

	for (pipe = server; pipe < SOAK_PIPES; pipe += SOAK_SERVERS) {
		for (k = 0; k < SOAK_INSTANCES; k++) {
			struct soak_instance *instance = &instances[n_instances++];

			instance->pipe = pipe;
			instance->is_overlapped = is_overlapped;
			instance->port = port;
			if (has_events) {
				instance->o.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
				soak_must(instance->o.hEvent != NULL, "CreateEvent");
			}
			soak_instance_open(instance);
		}
	}
}

static void say_ready(int sock, unsigned server)
{
	atomic_store(&soak_board->is_ready[server], true);
	test_say(sock, 'r');
}

/* ---- threads that block ---- */

static DWORD WINAPI serve(void *arg)
{
	struct soak_instance *instance = arg;

	while (!stops()) {
		DWORD n, error = soak_instance_try(instance, &n);

		if (error == ERROR_OPERATION_ABORTED && stops())
			break;
		soak_instance_settle(instance, error, n);
	}
	return 0;
}

static void serve_with_threads(int sock, unsigned server)
{
	HANDLE threads[INSTANCES_MOST];
	unsigned i;

	open_all(server, false, false, NULL);
	for (i = 0; i < n_instances; i++) {
		threads[i] = CreateThread(NULL, 0, serve, &instances[i], 0, NULL);
		soak_must(threads[i] != NULL, "CreateThread");
	}
	say_ready(sock, server);
	while (!stops())
		test_fd_wait(sock, LOOK_MS);
	/* it may be on its way to its next call: cancelled until it has ended */
	for (i = 0; i < n_instances; i++) {
		do
			soak_must(CancelSynchronousIo(threads[i]) ||
					  GetLastError() == ERROR_NOT_FOUND,
				  "CancelSynchronousIo");
		while (WaitForSingleObject(threads[i], 10) == WAIT_TIMEOUT);
		CloseHandle(threads[i]);
	}
}

/* ---- overlapped calls and events ---- */

static void serve_with_events(int sock, unsigned server)
{
	HANDLE events[INSTANCES_MOST];
	unsigned i;

	open_all(server, true, true, NULL);
	for (i = 0; i < n_instances; i++) {
		events[i] = instances[i].o.hEvent;
		soak_instance_start(&instances[i]);
	}
	say_ready(sock, server);
	while (!stops()) {
		DWORD which = WaitForMultipleObjects(n_instances, events, FALSE, LOOK_MS);
		DWORD n = 0, error = ERROR_SUCCESS;

		soak_must(which != WAIT_FAILED, "WaitForMultipleObjects");
		if (which >= n_instances)
			continue;
		if (!GetOverlappedResult(instances[which].h, &instances[which].o, &n, FALSE))
			error = GetLastError();
		soak_instance_settle(&instances[which], error, n);
		soak_instance_start(&instances[which]);
	}
}

/* ---- a completion port ---- */

static DWORD WINAPI serve_port(void *port)
{
	while (!stops()) {
		DWORD n = 0, error = ERROR_SUCCESS;
		OVERLAPPED *o = NULL;
		ULONG_PTR key = 0;
		struct soak_instance *instance;

		if (!GetQueuedCompletionStatus(port, &n, &key, &o, LOOK_MS))
			error = GetLastError();
		if (!o) {
			SetLastError(error);
			soak_must(error == WAIT_TIMEOUT, "GetQueuedCompletionStatus");
			continue;
		}
		instance = (struct soak_instance *)key; /* NOLINT(performance-no-int-to-ptr) */
		soak_instance_settle(instance, error, n);
		soak_instance_start(instance);
	}
	return 0;
}

static void serve_with_port(int sock, unsigned server)
{
	HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, PORT_THREADS);
	HANDLE threads[PORT_THREADS];
	unsigned i;

	soak_must(port != NULL, "CreateIoCompletionPort");
	open_all(server, true, false, port);
	for (i = 0; i < n_instances; i++)
		soak_instance_start(&instances[i]);
	for (i = 0; i < PORT_THREADS; i++) {
		threads[i] = CreateThread(NULL, 0, serve_port, port, 0, NULL);
		soak_must(threads[i] != NULL, "CreateThread");
	}
	say_ready(sock, server);
	WaitForMultipleObjects(PORT_THREADS, threads, TRUE, INFINITE);
}

/* ---- calls that do not wait ---- */

/* Return: whether there was anything to do. */
static bool serve_round(void)
{
	bool any = false;
	unsigned i;

	for (i = 0; i < n_instances; i++) {
		DWORD n, error = soak_instance_try(&instances[i], &n);

		if (error == SOAK_PENDING)
			continue;
		soak_instance_settle(&instances[i], error, n);
		any = true;
	}
	return any;
}

static void serve_without_waiting(int sock, unsigned server)
{
	open_all(server, false, false, NULL);
	say_ready(sock, server);
	/* such a program has no event that it could wait for: it looks again and again */
	while (!stops())
		if (!serve_round())
			Sleep(1);
}

/* soak_server() - until it is told to stop */
int soak_server(int sock, void *arg)
{
	static void (*const serves[])(int sock, unsigned server) = {
		[SOAK_THREADS] = serve_with_threads,
		[SOAK_EVENTS] = serve_with_events,
		[SOAK_PORT] = serve_with_port,
		[SOAK_NOWAIT] = serve_without_waiting,
	};
	unsigned server = *(unsigned *)arg;

	serves[soak_kind_of(server)](sock, server);
	return 0;
}
