/* SPDX-License-Identifier: MIT */
/*
 * A server with completion routines.
 *
 * ReadFileEx and WriteFileEx take a routine that is called in the thread that began the
 * operation, when that thread waits alertably. The routine of the read begins the write, the
 * routine of the write begins the next read, and the thread does nothing but wait for the
 * next client. The OVERLAPPED is the first member of the client's structure, so a routine
 * gets from the one to the other by a cast.
 *
 * usage: completion_server [name of the pipe]; answers each message in capitals; runs until
 * it is killed.
 */
#include <windows.h>
#include <ctype.h>
#include <stdio.h>

#define BUFFER_SIZE 4096

typedef struct {
	OVERLAPPED overlapped; /* first */
	HANDLE pipe;
	char buffer[BUFFER_SIZE];
} CLIENT;

static VOID CALLBACK read_done(DWORD error, DWORD length, LPOVERLAPPED overlapped);

static void drop(CLIENT *client)
{
	DisconnectNamedPipe(client->pipe);
	CloseHandle(client->pipe);
	HeapFree(GetProcessHeap(), 0, client);
}

static VOID CALLBACK write_done(DWORD error, DWORD length, LPOVERLAPPED overlapped)
{
	CLIENT *client = (CLIENT *)overlapped;

	(void)length;
	if (error || !ReadFileEx(client->pipe, client->buffer, BUFFER_SIZE, overlapped,
				 read_done))
		drop(client);
}

static VOID CALLBACK read_done(DWORD error, DWORD length, LPOVERLAPPED overlapped)
{
	CLIENT *client = (CLIENT *)overlapped;
	DWORD i;

	for (i = 0; i < length; i++)
		client->buffer[i] = (char)toupper((unsigned char)client->buffer[i]);
	if (error ||
	    !WriteFileEx(client->pipe, client->buffer, length, overlapped, write_done))
		drop(client);
}

/* A new instance, with a connect under way. */
static HANDLE listen_on(const char *name, OVERLAPPED *connect)
{
	HANDLE pipe = CreateNamedPipe(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
				      PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT,
				      PIPE_UNLIMITED_INSTANCES, BUFFER_SIZE, BUFFER_SIZE, 0,
				      NULL);

	if (pipe == INVALID_HANDLE_VALUE) {
		printf("CreateNamedPipe failed, error %lu\n", GetLastError());
		ExitProcess(1);
	}
	for (;;) {
		if (ConnectNamedPipe(pipe, connect))
			return pipe;
		switch (GetLastError()) {
		case ERROR_IO_PENDING:
			return pipe;
		case ERROR_PIPE_CONNECTED:
			/* Nothing is under way, so nobody will set the event. */
			SetEvent(connect->hEvent);
			return pipe;
		case ERROR_NO_DATA:
			/* A client came and went before the call. */
			DisconnectNamedPipe(pipe);
			break;
		default:
			printf("ConnectNamedPipe failed, error %lu\n", GetLastError());
			ExitProcess(1);
		}
	}
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "\\\\.\\pipe\\npfs_example";
	OVERLAPPED connect = {0};
	CLIENT *client;
	HANDLE pipe;

	connect.hEvent = CreateEvent(NULL, FALSE, FALSE, NULL);
	pipe = listen_on(name, &connect);
	printf("listening on %s\n", name);
	fflush(stdout);

	for (;;) {
		switch (WaitForSingleObjectEx(connect.hEvent, INFINITE, TRUE)) {
		case WAIT_IO_COMPLETION:
			/* One or more routines have run; that was all. */
			break;
		case WAIT_OBJECT_0:
			client = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*client));
			if (!client)
				return 1;
			client->pipe = pipe;
			pipe = listen_on(name, &connect);
			/* The first read begins as if a write had just ended. */
			write_done(0, 0, &client->overlapped);
			break;
		default:
			printf("waiting failed, error %lu\n", GetLastError());
			return 1;
		}
	}
}
