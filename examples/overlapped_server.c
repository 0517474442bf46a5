/* SPDX-License-Identifier: MIT */
/*
 * An overlapped server: several clients, one thread, one event per instance.
 *
 * Each instance has an OVERLAPPED with a manual-reset event, and one operation under way at
 * any time: a connect, a read or a write. The thread waits for all events together; the one
 * that fires tells which instance goes on, GetOverlappedResult tells how its operation
 * ended. An operation that completes at once sets its event as well, so there is only one
 * path through the program.
 *
 * usage: overlapped_server [name of the pipe]; answers each message in capitals; runs until
 * it is killed.
 */
#include <windows.h>
#include <ctype.h>
#include <stdio.h>

#define INSTANCES   4
#define BUFFER_SIZE 4096

enum state { CONNECTING, READING, WRITING };

typedef struct {
	OVERLAPPED overlapped;
	HANDLE pipe;
	enum state state;
	char buffer[BUFFER_SIZE];
} INSTANCE;

static INSTANCE instances[INSTANCES];
static HANDLE events[INSTANCES];

/* Was the operation begun? FALSE means that the client is lost. */
static BOOL begun(BOOL success)
{
	return success || GetLastError() == ERROR_IO_PENDING;
}

static void listen_again(INSTANCE *instance)
{
	instance->state = CONNECTING;
	DisconnectNamedPipe(instance->pipe);
	if (ConnectNamedPipe(instance->pipe, &instance->overlapped))
		return;
	switch (GetLastError()) {
	case ERROR_IO_PENDING:
		break;
	case ERROR_PIPE_CONNECTED:
		/* Nothing is under way, so nobody will set the event. */
		SetEvent(instance->overlapped.hEvent);
		break;
	default:
		printf("ConnectNamedPipe failed, error %lu\n", GetLastError());
		ExitProcess(1);
	}
}

static void start_read(INSTANCE *instance)
{
	instance->state = READING;
	if (!begun(ReadFile(instance->pipe, instance->buffer, BUFFER_SIZE, NULL,
			    &instance->overlapped)))
		listen_again(instance);
}

static void start_write(INSTANCE *instance, DWORD length)
{
	DWORD i;

	for (i = 0; i < length; i++)
		instance->buffer[i] = (char)toupper((unsigned char)instance->buffer[i]);
	instance->state = WRITING;
	if (!begun(WriteFile(instance->pipe, instance->buffer, length, NULL,
			     &instance->overlapped)))
		listen_again(instance);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "\\\\.\\pipe\\npfs_example";
	INSTANCE *instance;
	DWORD i, length;

	for (i = 0; i < INSTANCES; i++) {
		instance = &instances[i];
		events[i] = CreateEvent(NULL, TRUE, FALSE, NULL);
		instance->overlapped.hEvent = events[i];
		instance->pipe = CreateNamedPipe(
			name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
			PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT, INSTANCES,
			BUFFER_SIZE, BUFFER_SIZE, 0, NULL);
		if (!events[i] || instance->pipe == INVALID_HANDLE_VALUE) {
			printf("instance %lu failed, error %lu\n", i, GetLastError());
			return 1;
		}
		listen_again(instance);
	}
	printf("listening on %s\n", name);
	fflush(stdout);

	for (;;) {
		i = WaitForMultipleObjects(INSTANCES, events, FALSE, INFINITE) -
		    WAIT_OBJECT_0;
		if (i >= INSTANCES) {
			printf("waiting failed, error %lu\n", GetLastError());
			return 1;
		}
		instance = &instances[i];
		ResetEvent(events[i]);
		if (instance->state == CONNECTING) {
			start_read(instance);
			continue;
		}
		if (!GetOverlappedResult(instance->pipe, &instance->overlapped, &length,
					 FALSE)) {
			listen_again(instance);
			continue;
		}
		if (instance->state == READING)
			start_write(instance, length);
		else
			start_read(instance);
	}
}
