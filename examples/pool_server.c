/* SPDX-License-Identifier: MIT */
/*
 * A server on the thread pool.
 *
 * CreateThreadpoolIo binds a handle to the pool; the callback runs in one of the pool's
 * threads for each operation that completes. Two rules make the pattern: StartThreadpoolIo
 * before every operation, and CancelThreadpoolIo when the operation did not begin after all,
 * because then no callback will come.
 *
 * The server ends when a client sends "quit": it closes its handles, waits for the callbacks
 * that are still running and gives everything back.
 *
 * usage: pool_server [name of the pipe]; answers each message in capitals.
 */
#include <windows.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define INSTANCES   4
#define BUFFER_SIZE 4096

enum state { CONNECTING, READING, WRITING };

typedef struct {
	OVERLAPPED overlapped;
	HANDLE pipe;
	PTP_IO io;
	enum state state;
	char buffer[BUFFER_SIZE];
} INSTANCE;

static INSTANCE instances[INSTANCES];
static HANDLE quit;

static void begin_connect(INSTANCE *instance);

/* An operation was tried: has it begun? */
static BOOL begun(INSTANCE *instance, BOOL success)
{
	if (success || GetLastError() == ERROR_IO_PENDING)
		return TRUE;
	CancelThreadpoolIo(instance->io);
	return FALSE;
}

static void begin_read(INSTANCE *instance)
{
	instance->state = READING;
	StartThreadpoolIo(instance->io);
	if (!begun(instance, ReadFile(instance->pipe, instance->buffer, BUFFER_SIZE, NULL,
				      &instance->overlapped)))
		begin_connect(instance);
}

static void begin_write(INSTANCE *instance, DWORD length)
{
	DWORD i;

	for (i = 0; i < length; i++)
		instance->buffer[i] = (char)toupper((unsigned char)instance->buffer[i]);
	instance->state = WRITING;
	StartThreadpoolIo(instance->io);
	if (!begun(instance, WriteFile(instance->pipe, instance->buffer, length, NULL,
				       &instance->overlapped)))
		begin_connect(instance);
}

static void begin_connect(INSTANCE *instance)
{
	DisconnectNamedPipe(instance->pipe);
	instance->state = CONNECTING;
	StartThreadpoolIo(instance->io);
	if (begun(instance, ConnectNamedPipe(instance->pipe, &instance->overlapped)))
		return;
	if (GetLastError() == ERROR_PIPE_CONNECTED)
		begin_read(instance);
	else
		SetEvent(quit);
}

static VOID CALLBACK completed(PTP_CALLBACK_INSTANCE callback, PVOID context,
			       PVOID overlapped, ULONG result, ULONG_PTR length, PTP_IO io)
{
	INSTANCE *instance = context;

	(void)callback;
	(void)overlapped;
	(void)io;
	if (result == ERROR_OPERATION_ABORTED)
		return; /* the handle is being closed */
	if (result != NO_ERROR)
		begin_connect(instance);
	else if (instance->state != READING)
		begin_read(instance);
	else if (length == 4 && memcmp(instance->buffer, "quit", 4) == 0)
		SetEvent(quit);
	else
		begin_write(instance, (DWORD)length);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "\\\\.\\pipe\\npfs_example";
	INSTANCE *instance;
	int i;

	quit = CreateEvent(NULL, TRUE, FALSE, NULL);
	for (i = 0; i < INSTANCES; i++) {
		instance = &instances[i];
		instance->pipe = CreateNamedPipe(
			name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
			PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT, INSTANCES,
			BUFFER_SIZE, BUFFER_SIZE, 0, NULL);
		if (instance->pipe == INVALID_HANDLE_VALUE) {
			printf("CreateNamedPipe failed, error %lu\n", GetLastError());
			return 1;
		}
		instance->io = CreateThreadpoolIo(instance->pipe, completed, instance, NULL);
		if (!instance->io) {
			printf("CreateThreadpoolIo failed, error %lu\n", GetLastError());
			return 1;
		}
		begin_connect(instance);
	}
	printf("listening on %s\n", name);
	fflush(stdout);

	WaitForSingleObject(quit, INFINITE);
	for (i = 0; i < INSTANCES; i++) {
		CancelIoEx(instances[i].pipe, NULL);
		WaitForThreadpoolIoCallbacks(instances[i].io, FALSE);
		CloseHandle(instances[i].pipe);
		CloseThreadpoolIo(instances[i].io);
	}
	CloseHandle(quit);
	printf("done\n");
	return 0;
}
