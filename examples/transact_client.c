/* SPDX-License-Identifier: MIT */
/*
 * A client that sends and receives in one call.
 *
 * TransactNamedPipe writes a message and reads the answer in one go; nothing else may lie in
 * the pipe. When the answer is longer than the buffer, the rest is read with ReadFile.
 *
 * usage: transact_client name message...; prints the answers.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	DWORD mode = PIPE_READMODE_MESSAGE, length;
	char part[8];
	HANDLE pipe;
	BOOL success;
	int i;

	if (argc < 3) {
		printf("usage: transact_client name message...\n");
		return 2;
	}
	for (;;) {
		pipe = CreateFile(argv[1], GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
				  0, NULL);
		if (pipe != INVALID_HANDLE_VALUE)
			break;
		if (GetLastError() != ERROR_PIPE_BUSY ||
		    !WaitNamedPipe(argv[1], NMPWAIT_WAIT_FOREVER)) {
			printf("cannot open the pipe, error %lu\n", GetLastError());
			return 1;
		}
	}
	if (!SetNamedPipeHandleState(pipe, &mode, NULL, NULL)) {
		printf("SetNamedPipeHandleState failed, error %lu\n", GetLastError());
		return 1;
	}
	for (i = 2; i < argc; i++) {
		success = TransactNamedPipe(pipe, argv[i], (DWORD)strlen(argv[i]), part,
					    sizeof(part), &length, NULL);
		while (success || GetLastError() == ERROR_MORE_DATA) {
			fwrite(part, 1, length, stdout);
			if (success)
				break;
			success = ReadFile(pipe, part, sizeof(part), &length, NULL);
		}
		if (!success) {
			printf("the transaction failed, error %lu\n", GetLastError());
			return 1;
		}
		printf("\n");
	}
	CloseHandle(pipe);
	return 0;
}
