/* SPDX-License-Identifier: MIT */
/*
 * npfs-pair: both ends of one message pipe in one process, and nothing that waits.
 *
 *	npfs-pair N
 *
 * writes a message of 64 bytes at the client end and reads it at the server end, N times.
 * The data is always there when it is read, so every instruction is one of the fast path;
 * callgrind-pair counts them by running this with two different N.
 *
 * Exit status: 0; 1 when a call failed or the data was wrong.
 */
#include <windows.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIR_NAME    "\\\\.\\pipe\\npfs-pair"
#define PAIR_QUOTA   65536
#define PAIR_MESSAGE 64
#define PAIR_MAX     1000000000ul

struct pair {
	HANDLE server; /* owned */
	HANDLE client; /* owned */
};

static bool pair_failed(const char *call)
{
	fprintf(stderr, "npfs-pair: %s: error %lu\n", call,
		(unsigned long)GetLastError());
	return false;
}

static void pair_close(struct pair *pair)
{
	if (pair->client != INVALID_HANDLE_VALUE)
		CloseHandle(pair->client);
	if (pair->server != INVALID_HANDLE_VALUE)
		CloseHandle(pair->server);
	pair->client = INVALID_HANDLE_VALUE;
	pair->server = INVALID_HANDLE_VALUE;
}

/* An instance listens from its creation on: it can be opened before the connect. */
static bool pair_open(struct pair *pair)
{
	pair->server =
		CreateNamedPipeA(PAIR_NAME, PIPE_ACCESS_DUPLEX,
				 PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT, 1,
				 PAIR_QUOTA, PAIR_QUOTA, 0, NULL);
	if (pair->server == INVALID_HANDLE_VALUE)
		return pair_failed("CreateNamedPipe");
	pair->client = CreateFileA(PAIR_NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL,
				   OPEN_EXISTING, 0, NULL);
	if (pair->client == INVALID_HANDLE_VALUE)
		return pair_failed("CreateFile");
	if (!ConnectNamedPipe(pair->server, NULL) &&
	    GetLastError() != ERROR_PIPE_CONNECTED)
		return pair_failed("ConnectNamedPipe");
	return true;
}

static bool pair_move(const struct pair *pair, unsigned long n)
{
	unsigned char sent[PAIR_MESSAGE] = {0}, got[PAIR_MESSAGE];
	DWORD len;

	for (unsigned long i = 0; i < n; i++) {
		memcpy(sent, &i, sizeof(i));
		if (!WriteFile(pair->client, sent, sizeof(sent), &len, NULL))
			return pair_failed("WriteFile");
		if (!ReadFile(pair->server, got, sizeof(got), &len, NULL))
			return pair_failed("ReadFile");
		if (len != sizeof(got) || memcmp(sent, got, sizeof(got)) != 0) {
			fprintf(stderr, "npfs-pair: message %lu arrived damaged\n", i);
			return false;
		}
	}
	return true;
}

int main(int argc, char *argv[])
{
	struct pair pair = {INVALID_HANDLE_VALUE, INVALID_HANDLE_VALUE};
	char *end = NULL;
	unsigned long n = argc == 2 ? strtoul(argv[1], &end, 10) : 0;
	bool ok;

	if (argc != 2 || *end || argv[1][0] == '-' || n == 0 || n > PAIR_MAX) {
		fprintf(stderr, "usage: npfs-pair N, N from 1 to %lu\n", PAIR_MAX);
		return EXIT_FAILURE;
	}
	ok = pair_open(&pair) && pair_move(&pair, n);
	pair_close(&pair);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
