/* SPDX-License-Identifier: MIT */
/*
 * A message server with one thread for each client.
 *
 * The main thread waits until a client has opened the instance, makes the next instance, and
 * only then gives the first to a new thread. So the name never goes away: had the thread come
 * first, it might be done and have closed the only instance, and the next client would get
 * ERROR_FILE_NOT_FOUND.
 *
 * usage: message_server [name of the pipe]; answers each message in capitals; runs until
 * it is killed.
 */
#include <windows.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define BUFFER_SIZE 4096

/* A client that has gone is no failure: its thread just ends. */
static DWORD WINAPI serve(LPVOID parameter)
{
	HANDLE pipe = (HANDLE)parameter;
	char message[BUFFER_SIZE];
	DWORD length, written, i;

	while (ReadFile(pipe, message, sizeof(message), &length, NULL)) {
		for (i = 0; i < length; i++)
			message[i] = (char)toupper((unsigned char)message[i]);
		if (!WriteFile(pipe, message, length, &written, NULL) || written != length)
			break;
	}
	if (GetLastError() != ERROR_BROKEN_PIPE)
		printf("client lost, error %lu\n", GetLastError());

	/* The client reads the last answer before the disconnect throws it away. */
	FlushFileBuffers(pipe);
	DisconnectNamedPipe(pipe);
	CloseHandle(pipe);
	return 0;
}

static HANDLE new_instance(const char *name)
{
	HANDLE pipe = CreateNamedPipe(name, PIPE_ACCESS_DUPLEX,
				      PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT,
				      PIPE_UNLIMITED_INSTANCES, BUFFER_SIZE, BUFFER_SIZE, 0,
				      NULL);

	if (pipe == INVALID_HANDLE_VALUE) {
		printf("CreateNamedPipe failed, error %lu\n", GetLastError());
		ExitProcess(1);
	}
	return pipe;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "\\\\.\\pipe\\npfs_example";
	HANDLE pipe = new_instance(name), next, thread;
	DWORD thread_id;

	printf("listening on %s\n", name);
	fflush(stdout);
	for (;;) {
		/* The client may have come before the call: that is a connection as well. */
		if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED) {
			/* It may also have gone again. */
			DisconnectNamedPipe(pipe);
			continue;
		}
		next = new_instance(name);
		thread = CreateThread(NULL, 0, serve, pipe, 0, &thread_id);
		if (!thread) {
			printf("CreateThread failed, error %lu\n", GetLastError());
			return 1;
		}
		CloseHandle(thread);
		pipe = next;
	}
}
