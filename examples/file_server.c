/* SPDX-License-Identifier: MIT */
/*
 * A file server that acts as its client.
 *
 * A client sends the name of a file and gets its contents. The server, which may be allowed
 * more than the client, impersonates the client while it opens the file: so the system
 * decides, with the client's rights, and not the server. It goes back to its own identity
 * before it does anything else, and it refuses when it cannot impersonate.
 *
 * A client is read from before it is impersonated: until then nothing is known of it.
 *
 * usage: file_server [name of the pipe]; runs until it is killed. An answer is one message:
 * "+" and the contents (the first 4095 bytes), or "-" and the error's number.
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_SIZE 4096

static HANDLE open_as_client(HANDLE pipe, const char *path, DWORD *errorp)
{
	HANDLE file;

	if (!ImpersonateNamedPipeClient(pipe)) {
		*errorp = GetLastError();
		return INVALID_HANDLE_VALUE;
	}
	file = CreateFile(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING,
			  FILE_ATTRIBUTE_NORMAL, NULL);
	*errorp = GetLastError();
	/* To stay somebody else is worse than to end. */
	if (!RevertToSelf())
		abort();
	return file;
}

static void serve(HANDLE pipe)
{
	char path[MAX_PATH], answer[BUFFER_SIZE];
	DWORD length, error = 0, written;
	HANDLE file;

	while (ReadFile(pipe, path, sizeof(path) - 1, &length, NULL)) {
		path[length] = 0;
		file = open_as_client(pipe, path, &error);
		if (file != INVALID_HANDLE_VALUE) {
			answer[0] = '+';
			if (ReadFile(file, answer + 1, sizeof(answer) - 1, &length, NULL))
				length++;
			else
				error = GetLastError();
			CloseHandle(file);
		}
		if (file == INVALID_HANDLE_VALUE || error)
			length = (DWORD)snprintf(answer, sizeof(answer), "-%lu", error);
		if (!WriteFile(pipe, answer, length, &written, NULL))
			break;
	}
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "\\\\.\\pipe\\npfs_example";
	HANDLE pipe = CreateNamedPipe(name, PIPE_ACCESS_DUPLEX,
				      PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT |
					      PIPE_REJECT_REMOTE_CLIENTS,
				      1, BUFFER_SIZE, BUFFER_SIZE, 0, NULL);

	if (pipe == INVALID_HANDLE_VALUE) {
		printf("CreateNamedPipe failed, error %lu\n", GetLastError());
		return 1;
	}
	printf("listening on %s\n", name);
	fflush(stdout);
	for (;;) {
		if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED &&
		    GetLastError() != ERROR_NO_DATA)
			return 1;
		serve(pipe);
		FlushFileBuffers(pipe);
		DisconnectNamedPipe(pipe);
	}
}
