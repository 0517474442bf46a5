/* SPDX-License-Identifier: MIT */
/*
 * A server on a completion port.
 *
 * All instances are bound to one port, and a few threads take what completes from it. The
 * key tells which client a completion belongs to, its state tells what has completed. One
 * operation per client is under way at a time, so two threads never work for the same
 * client, and no lock is needed.
 *
 * Whoever takes a connect from the port makes the next instance, so that one always listens.
 *
 * usage: iocp_server [name of the pipe]; answers each message in capitals; runs until it is
 * killed.
 */
#include <windows.h>
#include <ctype.h>
#include <stdio.h>

#define THREADS	    2
#define BUFFER_SIZE 4096

enum state { CONNECTING, READING, WRITING };

typedef struct {
	HANDLE pipe;
	enum state state;
	OVERLAPPED overlapped;
	char buffer[BUFFER_SIZE];
} CLIENT;

static HANDLE port;
static const char *name;

static void fail(const char *what)
{
	printf("%s failed, error %lu\n", what, GetLastError());
	ExitProcess(1);
}

static void add_instance(void)
{
	CLIENT *client = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*client));

	if (!client)
		fail("HeapAlloc");
	client->pipe = CreateNamedPipe(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
				       PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT,
				       PIPE_UNLIMITED_INSTANCES, BUFFER_SIZE, BUFFER_SIZE, 0,
				       NULL);
	if (client->pipe == INVALID_HANDLE_VALUE)
		fail("CreateNamedPipe");
	if (!CreateIoCompletionPort(client->pipe, port, (ULONG_PTR)client, 0))
		fail("CreateIoCompletionPort");
	while (!ConnectNamedPipe(client->pipe, &client->overlapped)) {
		switch (GetLastError()) {
		case ERROR_IO_PENDING:
			return;
		case ERROR_PIPE_CONNECTED:
			/* No operation, no packet: send one by hand. */
			PostQueuedCompletionStatus(port, 0, (ULONG_PTR)client,
						   &client->overlapped);
			return;
		case ERROR_NO_DATA:
			/* A client came and went before the call. */
			DisconnectNamedPipe(client->pipe);
			break;
		default:
			fail("ConnectNamedPipe");
		}
	}
}

/* Handles what has completed and begins what comes next. FALSE: the client is lost. */
static BOOL go_on(CLIENT *client, DWORD length)
{
	DWORD i;

	if (client->state == CONNECTING)
		add_instance();
	if (client->state != READING) {
		client->state = READING;
		return ReadFile(client->pipe, client->buffer, BUFFER_SIZE, NULL,
				&client->overlapped) ||
		       GetLastError() == ERROR_IO_PENDING;
	}
	for (i = 0; i < length; i++)
		client->buffer[i] = (char)toupper((unsigned char)client->buffer[i]);
	client->state = WRITING;
	return WriteFile(client->pipe, client->buffer, length, NULL, &client->overlapped) ||
	       GetLastError() == ERROR_IO_PENDING;
}

static DWORD WINAPI work(LPVOID parameter)
{
	LPOVERLAPPED overlapped;
	ULONG_PTR key;
	DWORD length;
	CLIENT *client;
	BOOL success;

	(void)parameter;
	for (;;) {
		success = GetQueuedCompletionStatus(port, &length, &key, &overlapped, INFINITE);
		/* Without an OVERLAPPED it is the port that failed, not an operation. */
		if (!overlapped)
			return 1;
		client = (CLIENT *)key;
		if (!success || !go_on(client, length)) {
			DisconnectNamedPipe(client->pipe);
			CloseHandle(client->pipe);
			HeapFree(GetProcessHeap(), 0, client);
		}
	}
}

int main(int argc, char **argv)
{
	HANDLE threads[THREADS];
	int i;

	name = argc > 1 ? argv[1] : "\\\\.\\pipe\\npfs_example";
	port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, THREADS);
	if (!port)
		fail("CreateIoCompletionPort");
	add_instance();
	printf("listening on %s\n", name);
	fflush(stdout);
	for (i = 0; i < THREADS; i++) {
		threads[i] = CreateThread(NULL, 0, work, NULL, 0, NULL);
		if (!threads[i])
			fail("CreateThread");
	}
	WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
	return 1;
}
