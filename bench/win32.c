/* SPDX-License-Identifier: MIT */
/*
 * Named pipes measured from plain Win32, by the same source on the shim and as a Windows
 * program.
 *
 *	win32 MEASURE SIZE MILLISECONDS
 *
 * Measures, between this process and one that it starts (messages of SIZE bytes):
 *
 *	roundtrip	WriteFile and ReadFile, the peer answers
 *	transact	the same by TransactNamedPipe
 *	oneway		WriteFile here, ReadFile there
 *
 * and in this process alone:
 *
 *	peek		PeekNamedPipe of a message of SIZE bytes
 *	churn		CreateNamedPipe, CreateFile, CloseHandle, CloseHandle
 *	relisten	ConnectNamedPipe, CreateFile, CloseHandle, DisconnectNamedPipe
 *
 * Prints how many there were in a second, after a warm-up of a fifth of the time.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUOTA	 65536
#define MESSAGE_MAX 65536
#define BATCH	 16
#define MESSAGES (PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT)

struct rig {
	char path[128];
	HANDLE server, client;
	OVERLAPPED listening;
	DWORD size;
	char data[MESSAGE_MAX], answer[MESSAGE_MAX];
};

static void die(const char *call)
{
	fprintf(stderr, "win32: %s: error %lu\n", call, (unsigned long)GetLastError());
	exit(1);
}

static HANDLE make(const struct rig *rig, DWORD flags)
{
	HANDLE h = CreateNamedPipeA(rig->path, PIPE_ACCESS_DUPLEX | flags, MESSAGES, 1, QUOTA,
				    QUOTA, 0, NULL);

	if (h == INVALID_HANDLE_VALUE)
		die("CreateNamedPipe");
	return h;
}

static HANDLE reach(const struct rig *rig)
{
	HANDLE h = CreateFileA(rig->path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
			       0, NULL);
	DWORD mode = PIPE_READMODE_MESSAGE;

	if (h == INVALID_HANDLE_VALUE || !SetNamedPipeHandleState(h, &mode, NULL, NULL))
		die("CreateFile");
	return h;
}

/* the peer: gets messages until the pipe breaks; answers those that begin with '?' */

static int peer(struct rig *rig)
{
	DWORD n;

	rig->client = reach(rig);
	while (ReadFile(rig->client, rig->data, MESSAGE_MAX, &n, NULL))
		if (rig->data[0] == '?' && !WriteFile(rig->client, rig->data, n, &n, NULL))
			break;
	return 0;
}

/* the measures: one operation */

static void put(struct rig *rig, char kind)
{
	DWORD n;

	rig->data[0] = kind;
	if (!WriteFile(rig->server, rig->data, rig->size, &n, NULL) || n != rig->size)
		die("WriteFile");
}

static void roundtrip(struct rig *rig)
{
	DWORD n;

	put(rig, '?');
	if (!ReadFile(rig->server, rig->answer, rig->size, &n, NULL) || n != rig->size)
		die("ReadFile");
}

static void transact(struct rig *rig)
{
	DWORD n;

	rig->data[0] = '?';
	if (!TransactNamedPipe(rig->server, rig->data, rig->size, rig->answer, rig->size, &n,
			       NULL) ||
	    n != rig->size)
		die("TransactNamedPipe");
}

static void oneway(struct rig *rig)
{
	put(rig, '.');
}

static void peek(struct rig *rig)
{
	DWORD n;

	if (!PeekNamedPipe(rig->client, rig->answer, rig->size, &n, NULL, NULL) ||
	    n != rig->size)
		die("PeekNamedPipe");
}

static void churn(struct rig *rig)
{
	rig->server = make(rig, 0);
	rig->client = reach(rig);
	CloseHandle(rig->client);
	CloseHandle(rig->server);
}

static void relisten(struct rig *rig)
{
	DWORD n;

	if (!ConnectNamedPipe(rig->server, &rig->listening) &&
	    GetLastError() != ERROR_IO_PENDING)
		die("ConnectNamedPipe");
	rig->client = reach(rig);
	if (!GetOverlappedResult(rig->server, &rig->listening, &n, TRUE))
		die("GetOverlappedResult");
	CloseHandle(rig->client);
	if (!DisconnectNamedPipe(rig->server))
		die("DisconnectNamedPipe");
}

static const struct measure {
	const char *name;
	void (*operate)(struct rig *rig);
	enum { WITH_PEER, WITH_CLIENT, WITH_SERVER, WITH_NOTHING } needs;
} measures[] = {
	{"roundtrip", roundtrip, WITH_PEER},
	{"transact", transact, WITH_PEER},
	{"oneway", oneway, WITH_PEER},
	{"peek", peek, WITH_CLIENT},
	{"relisten", relisten, WITH_SERVER},
	{"churn", churn, WITH_NOTHING},
};

static HANDLE start_peer(const struct rig *rig)
{
	STARTUPINFOA how = {.cb = sizeof(how)};
	PROCESS_INFORMATION child;
	char program[1024], line[2048];

	if (!GetModuleFileNameA(NULL, program, sizeof(program)))
		die("GetModuleFileName");
	snprintf(line, sizeof(line), "\"%s\" peer %s 0", program, rig->path);
	if (!CreateProcessA(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &how, &child))
		die("CreateProcess");
	CloseHandle(child.hThread);
	return child.hProcess;
}

static HANDLE prepare(struct rig *rig, const struct measure *measure)
{
	HANDLE child = NULL;

	if (measure->needs != WITH_NOTHING)
		rig->server = make(rig, measure->needs == WITH_SERVER ? FILE_FLAG_OVERLAPPED : 0);
	if (measure->needs == WITH_CLIENT) {
		rig->client = reach(rig);
		oneway(rig);
	}
	if (measure->needs == WITH_PEER) {
		child = start_peer(rig);
		if (!ConnectNamedPipe(rig->server, NULL) &&
		    GetLastError() != ERROR_PIPE_CONNECTED)
			die("ConnectNamedPipe");
	}
	return child;
}

static double now_s(void)
{
	LARGE_INTEGER now, frequency;

	QueryPerformanceCounter(&now);
	QueryPerformanceFrequency(&frequency);
	return (double)now.QuadPart / (double)frequency.QuadPart;
}

static double run(struct rig *rig, const struct measure *measure, double seconds)
{
	double begin = now_s(), now;
	double n = 0;

	do {
		for (int i = 0; i < BATCH; i++)
			measure->operate(rig);
		n += BATCH;
		now = now_s();
	} while (now - begin < seconds);
	if (measure->needs == WITH_PEER) { /* all has arrived when this is back */
		roundtrip(rig);
		now = now_s();
	}
	return n / (now - begin);
}

int main(int argc, char **argv)
{
	static struct rig rig;
	const struct measure *measure = NULL;
	HANDLE child;
	double seconds;

	for (size_t i = 0; argc == 4 && i < sizeof(measures) / sizeof(measures[0]); i++)
		if (!strcmp(argv[1], measures[i].name))
			measure = &measures[i];
	if (argc == 4 && !strcmp(argv[1], "peer")) {
		snprintf(rig.path, sizeof(rig.path), "%s", argv[2]);
		return peer(&rig);
	}
	rig.size = argc == 4 ? (DWORD)atoi(argv[2]) : 0;
	seconds = argc == 4 ? atoi(argv[3]) / 1e3 : 0;
	if (!measure || rig.size < 1 || rig.size > MESSAGE_MAX || seconds <= 0) {
		fprintf(stderr, "usage: win32 MEASURE SIZE MILLISECONDS\n");
		return 2;
	}
	snprintf(rig.path, sizeof(rig.path), "\\\\.\\pipe\\npfs-win32-%lu",
		 (unsigned long)GetCurrentProcessId());
	rig.listening.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
	child = prepare(&rig, measure);
	run(&rig, measure, seconds / 5);
	printf("%.1f\n", run(&rig, measure, seconds));
	if (child) {
		CloseHandle(rig.server);
		WaitForSingleObject(child, INFINITE);
		CloseHandle(child);
	}
	return 0;
}
