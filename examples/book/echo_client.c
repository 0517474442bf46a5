/* SPDX-License-Identifier: MIT */
/*
 * echo_client: a client that checks what an echo server sends back.
 *
 *	echo_client [-w] PIPE ROUNDS [CONNECTIONS]
 *
 * Each connection waits for an instance, opens it, sends ROUNDS messages of growing length
 * with a text that names process, connection and round, and compares every answer byte for
 * byte. Between WaitNamedPipe and CreateFile another client may take the instance:
 * WaitNamedPipe reserves nothing. Then CreateFile fails with ERROR_PIPE_BUSY and the right
 * thing to do is to wait again, which is what the loop in connect_to() does.
 *
 * With -w it says "connected" after each open and goes on when it gets a line on standard
 * input, so that a caller can bring several clients to the same point.
 *
 * The last line says what was done: "<connections> connections, <rounds> rounds each,
 * <n> times busy". The exit status is 0 when every answer was right.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 200

static unsigned n_busy;

static HANDLE connect_to(const char *pipe_name)
{
	HANDLE pipe;

	for (;;) {
		pipe = CreateFileA(pipe_name, GENERIC_READ | GENERIC_WRITE, 0, NULL,
				   OPEN_EXISTING, 0, NULL);
		if (pipe != INVALID_HANDLE_VALUE)
			return pipe;
		if (GetLastError() != ERROR_PIPE_BUSY) {
			printf("CreateFile failed with error %u\n", GetLastError());
			return INVALID_HANDLE_VALUE;
		}
		n_busy++;
		if (!WaitNamedPipeA(pipe_name, NMPWAIT_WAIT_FOREVER)) {
			printf("WaitNamedPipe failed with error %u\n", GetLastError());
			return INVALID_HANDLE_VALUE;
		}
	}
}

/* The pipe may be of byte type, so an answer may come in pieces. */
static int read_exactly(HANDLE pipe, char *buffer, DWORD len)
{
	DWORD done = 0, n;

	while (done < len) {
		if (!ReadFile(pipe, buffer + done, len - done, &n, NULL)) {
			printf("ReadFile failed with error %u\n", GetLastError());
			return -1;
		}
		done += n;
	}
	return 0;
}

static int echo_once(HANDLE pipe, unsigned connection, unsigned round)
{
	char message[MESSAGE_MAX + 1], answer[MESSAGE_MAX];
	DWORD len, written;

	len = (DWORD)snprintf(message, sizeof(message), "process %u connection %u round %u ",
			      (unsigned)GetCurrentProcessId(), connection, round);
	while (len < MESSAGE_MAX && len < 40 + round * 7 % 160) {
		message[len] = (char)('a' + (len + round) % 26);
		len++;
	}
	if (!WriteFile(pipe, message, len, &written, NULL) || written != len) {
		printf("WriteFile failed with error %u\n", GetLastError());
		return -1;
	}
	if (read_exactly(pipe, answer, len) < 0)
		return -1;
	if (memcmp(message, answer, len) != 0) {
		printf("sent \"%.*s\", received \"%.*s\"\n", (int)len, message, (int)len,
		       answer);
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned rounds, connections, c, r;
	const char *pipe_name;
	char line[16];
	HANDLE pipe;
	int waits = 0;

	if (argc > 1 && strcmp(argv[1], "-w") == 0) {
		waits = 1;
		argc--;
		argv++;
	}
	if (argc < 3) {
		fprintf(stderr, "usage: echo_client [-w] PIPE ROUNDS [CONNECTIONS]\n");
		return 2;
	}
	pipe_name = argv[1];
	rounds = (unsigned)strtoul(argv[2], NULL, 10);
	connections = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;

	for (c = 0; c < connections; c++) {
		pipe = connect_to(pipe_name);
		if (pipe == INVALID_HANDLE_VALUE)
			return 1;
		if (waits) {
			printf("connected\n");
			fflush(stdout);
			if (!fgets(line, sizeof(line), stdin))
				return 1;
		}
		for (r = 0; r < rounds; r++) {
			if (echo_once(pipe, c, r) < 0)
				return 1;
		}
		CloseHandle(pipe);
	}
	printf("%u connections, %u rounds each, %u times busy\n", connections, rounds, n_busy);
	return 0;
}
