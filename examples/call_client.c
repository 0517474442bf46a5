/* SPDX-License-Identifier: MIT */
/*
 * The shortest client there is: one call.
 *
 * CallNamedPipe opens a message pipe (waiting for it if it must), writes one message, reads
 * one answer and closes. The time is how long it waits for an instance, in milliseconds.
 *
 * usage: call_client name message; prints the answer.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	char answer[1024];
	DWORD length;

	if (argc != 3) {
		printf("usage: call_client name message\n");
		return 2;
	}
	if (!CallNamedPipe(argv[1], argv[2], (DWORD)strlen(argv[2]), answer, sizeof(answer),
			   &length, 20000)) {
		printf("CallNamedPipe failed, error %lu\n", GetLastError());
		return 1;
	}
	printf("%.*s\n", (int)length, answer);
	return 0;
}
