/* SPDX-License-Identifier: MIT */
/*
 * A server that polls, as programs for LAN Manager did.
 *
 * In PIPE_NOWAIT mode no call waits. ConnectNamedPipe says ERROR_PIPE_LISTENING until a
 * client is there and ERROR_PIPE_CONNECTED from then on; ReadFile says ERROR_NO_DATA while
 * nothing has come and ERROR_BROKEN_PIPE when the client has gone. The mode is kept for such
 * programs; new ones use overlapped operations.
 *
 * usage: nowait_poller [name of the pipe]; answers each message in capitals; runs until it is
 * killed.
 */
#include <windows.h>
#include <ctype.h>
#include <stdio.h>

#define INSTANCES   3
#define BUFFER_SIZE 4096
#define INTERVAL    5 /* ms between two rounds in which nothing happened */

static BOOL is_connected[INSTANCES];

/* Looks at one instance once. TRUE: something happened. */
static BOOL poll_one(HANDLE pipe, BOOL *connected)
{
	char buffer[BUFFER_SIZE];
	DWORD length, written, i;

	if (!*connected) {
		if (ConnectNamedPipe(pipe, NULL))
			return FALSE; /* it listens now, nobody has come */
		*connected = GetLastError() == ERROR_PIPE_CONNECTED;
		/* A client that came and went is in the way of the next one. */
		if (GetLastError() == ERROR_NO_DATA)
			return DisconnectNamedPipe(pipe);
		return *connected;
	}
	if (ReadFile(pipe, buffer, sizeof(buffer), &length, NULL)) {
		for (i = 0; i < length; i++)
			buffer[i] = (char)toupper((unsigned char)buffer[i]);
		/* What does not fit is not written: the client must read its answers. */
		if (WriteFile(pipe, buffer, length, &written, NULL) && written == length)
			return TRUE;
	} else if (GetLastError() == ERROR_NO_DATA) {
		return FALSE;
	}
	DisconnectNamedPipe(pipe);
	*connected = FALSE;
	return TRUE;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "\\\\.\\pipe\\npfs_example";
	HANDLE pipes[INSTANCES];
	BOOL happened;
	int i;

	for (i = 0; i < INSTANCES; i++) {
		pipes[i] = CreateNamedPipe(
			name, PIPE_ACCESS_DUPLEX,
			PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_NOWAIT, INSTANCES,
			BUFFER_SIZE, BUFFER_SIZE, 0, NULL);
		if (pipes[i] == INVALID_HANDLE_VALUE) {
			printf("CreateNamedPipe failed, error %lu\n", GetLastError());
			return 1;
		}
	}
	printf("listening on %s\n", name);
	fflush(stdout);
	for (;;) {
		happened = FALSE;
		for (i = 0; i < INSTANCES; i++)
			happened |= poll_one(pipes[i], &is_connected[i]);
		if (!happened)
			Sleep(INTERVAL);
	}
}
