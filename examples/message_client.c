/* SPDX-License-Identifier: MIT */
/*
 * A client of a message server.
 *
 * Opens the pipe, waiting when all instances are busy, switches its end to message-read mode
 * (a client's end begins in byte mode), sends a message and reads the answer. The buffer is
 * small on purpose: an answer that is longer comes in parts, each but the last with
 * ERROR_MORE_DATA.
 *
 * usage: message_client name message...; prints the answers.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

static HANDLE open_pipe(const char *name)
{
	HANDLE pipe;

	for (;;) {
		pipe = CreateFile(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0,
				  NULL);
		if (pipe != INVALID_HANDLE_VALUE)
			return pipe;
		/* Another may be faster after the wait, so try again until it works. */
		if (GetLastError() != ERROR_PIPE_BUSY || !WaitNamedPipe(name, 20000))
			return INVALID_HANDLE_VALUE;
	}
}

int main(int argc, char **argv)
{
	DWORD mode = PIPE_READMODE_MESSAGE, length, written;
	char part[16];
	HANDLE pipe;
	BOOL success;
	int i;

	if (argc < 3) {
		printf("usage: message_client name message...\n");
		return 2;
	}
	pipe = open_pipe(argv[1]);
	if (pipe == INVALID_HANDLE_VALUE) {
		printf("cannot open the pipe, error %lu\n", GetLastError());
		return 1;
	}
	if (!SetNamedPipeHandleState(pipe, &mode, NULL, NULL)) {
		printf("SetNamedPipeHandleState failed, error %lu\n", GetLastError());
		return 1;
	}
	for (i = 2; i < argc; i++) {
		length = (DWORD)strlen(argv[i]);
		if (!WriteFile(pipe, argv[i], length, &written, NULL)) {
			printf("WriteFile failed, error %lu\n", GetLastError());
			return 1;
		}
		do {
			success = ReadFile(pipe, part, sizeof(part), &length, NULL);
			if (!success && GetLastError() != ERROR_MORE_DATA) {
				printf("ReadFile failed, error %lu\n", GetLastError());
				return 1;
			}
			fwrite(part, 1, length, stdout);
		} while (!success);
		printf("\n");
	}
	CloseHandle(pipe);
	return 0;
}
