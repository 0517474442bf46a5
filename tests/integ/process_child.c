/* SPDX-License-Identifier: MIT */
/*
 * The child of tests of processes: what it does is its first argument
 * 
 * Its exit code says how it went; what it has to say goes to its standard output.
 */
#include "tests/integ/process_peer.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *text)
{
	DWORD n;

	WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, (DWORD)strlen(text), &n, NULL);
}

static HANDLE handle_of(const char *number)
{
	return (HANDLE)(uintptr_t)strtoul(number, NULL, 10);
}

/* One client is served by a child; this process ends before it comes. */
static int child_serve_by_child(const char *program, const char *pipe_name)
{
	SECURITY_ATTRIBUTES sa = {.nLength = sizeof(sa), .bInheritHandle = TRUE};
	STARTUPINFOA info = {.cb = sizeof(info)};
	PROCESS_INFORMATION process;
	char line[PATH_MAX + 64];
	HANDLE h = CreateNamedPipeA(pipe_name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 512,
				    512, 0, &sa);

	if (h == INVALID_HANDLE_VALUE)
		return 1;
	snprintf(line, sizeof(line), "\"%s\" " CHILD " serve %u", program,
		 (unsigned)(uintptr_t)h);
	if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &info, &process))
		return 2;
	return 0;
}

static int child_serve(HANDLE h)
{
	char text[64];
	DWORD n, m;

	if (!ConnectNamedPipe(h, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
		return 1;
	if (!ReadFile(h, text, sizeof(text), &n, NULL))
		return 2;
	for (DWORD i = 0; i < n; i++)
		text[i] = (char)(text[i] - 'a' + 'A');
	if (!WriteFile(h, text, n, &m, NULL) || !FlushFileBuffers(h))
		return 3;
	DisconnectNamedPipe(h);
	return 0;
}

/* The open descriptors but for the one that reads the directory. */
static unsigned count_own_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n - 1;
}

/* Copy until the writers are gone; the exit code is the error that says so. */
static int child_copy(HANDLE from, HANDLE to)
{
	char buffer[1000];
	DWORD n, m;

	while (ReadFile(from, buffer, sizeof(buffer), &n, NULL) && n > 0)
		if (!WriteFile(to, buffer, n, &m, NULL))
			return 1000;
	return (int)GetLastError();
}

/* The number of a handle comes over standard input; write to it, twice closed. */
static int child_take(void)
{
	char text[32] = "";
	HANDLE given;
	DWORD n;

	if (!ReadFile(GetStdHandle(STD_INPUT_HANDLE), text, sizeof(text) - 1, &n, NULL))
		return 1000;
	given = handle_of(text);
	if (!WriteFile(given, "taken", 5, &n, NULL))
		return (int)GetLastError();
	if (!CloseHandle(given))
		return 1001;
	return CloseHandle(given) ? 1002 : 0;
}

/*
 * Steps with objects for synchronisation. A step is four words: what is done, with which
 * handle, with what else, and what must come of it: what the call returns, or its error,
 * less than zero.
 */
enum { MAX_STEPS = 32 };

static int result_of(BOOL done)
{
	return done ? 0 : -(int)GetLastError();
}

static int result_of_wait(DWORD result)
{
	return result == WAIT_FAILED ? -(int)GetLastError() : (int)result;
}

static int take_step(const char *what, HANDLE h, const char *more)
{
	LARGE_INTEGER due = {.QuadPart = -10000 * strtol(more, NULL, 10)};
	HANDLE both[2] = {h, handle_of(more)};
	LONG previous;

	if (!strcmp(what, "set"))
		return result_of(SetEvent(h));
	if (!strcmp(what, "reset"))
		return result_of(ResetEvent(h));
	if (!strcmp(what, "wait"))
		return result_of_wait(WaitForSingleObject(h, TIMEOUT));
	if (!strcmp(what, "wait-both"))
		return result_of_wait(WaitForMultipleObjects(2, both, TRUE, TIMEOUT));
	if (!strcmp(what, "poll"))
		return result_of_wait(WaitForSingleObject(h, 0));
	if (!strcmp(what, "release"))
		return result_of(ReleaseMutex(h));
	if (!strcmp(what, "post"))
		return ReleaseSemaphore(h, (LONG)strtol(more, NULL, 10), &previous)
			       ? (int)previous
			       : -(int)GetLastError();
	if (!strcmp(what, "timer"))
		return result_of(SetWaitableTimer(h, &due, 0, NULL, NULL, FALSE));
	if (!strcmp(what, "close"))
		return result_of(CloseHandle(h));
	if (!strcmp(what, "die"))
		TerminateProcess(GetCurrentProcess(), (UINT)strtoul(more, NULL, 10));
	return -1000;
}

/* 0, or the number of the step that did not come out as it should. */
static int take_steps(int n, char **words)
{
	for (int i = 0; i + 3 < n; i += 4) {
		int result = take_step(words[i], handle_of(words[i + 1]), words[i + 2]);

		if (result != (int)strtol(words[i + 3], NULL, 10)) {
			fprintf(stderr, "%s %s %s: %d, not %s\n", words[i], words[i + 1],
				words[i + 2], result, words[i + 3]);
			return 1 + i / 4;
		}
	}
	return 0;
}

/* The same with steps that come over standard input. */
static int child_told_steps(void)
{
	char text[2048] = "", *words[4 * MAX_STEPS], *rest;
	int n_words = 0;
	DWORD n;

	if (!ReadFile(GetStdHandle(STD_INPUT_HANDLE), text, sizeof(text) - 1, &n, NULL))
		return 1000;
	for (char *word = strtok_r(text, " \n", &rest); word && n_words < 4 * MAX_STEPS;
	     word = strtok_r(NULL, " \n", &rest))
		words[n_words++] = word;
	return n_words >= 4 ? take_steps(n_words, words) : 1001;
}

static int child_stdio(void)
{
	int c;

	while ((c = getchar()) != EOF)
		putchar(c);
	return 0;
}

static int child_startup(void)
{
	char text[256];
	STARTUPINFOA info;

	GetStartupInfoA(&info);
	snprintf(text, sizeof(text), "%s|%s|%u|%u|%u|%u|%u", info.lpTitle, info.lpDesktop,
		 info.dwFlags, info.dwX, info.dwYCountChars, info.wShowWindow,
		 GetPriorityClass(GetCurrentProcess()));
	say(text);
	return 0;
}

int process_child_main(int argc, char **argv)
{
	const char *what = argc > 0 ? argv[0] : "";
	char text[PATH_MAX];
	DWORD n;

	if (!strcmp(what, "exit"))
		ExitProcess((UINT)strtoul(argv[1], NULL, 0));
	if (!strcmp(what, "return"))
		return (int)strtoul(argv[1], NULL, 0);
	if (!strcmp(what, "terminate"))
		TerminateProcess(GetCurrentProcess(), (UINT)strtoul(argv[1], NULL, 0));
	if (!strcmp(what, "abort"))
		raise(SIGSEGV);
	if (!strcmp(what, "line"))
		say(GetCommandLineA());
	if (!strcmp(what, "args"))
		for (int i = 1; i < argc; i++) {
			snprintf(text, sizeof(text), "[%s]", argv[i]);
			say(text);
		}
	if (!strcmp(what, "wait"))
		for (;;)
			pause();
	if (!strcmp(what, "fds")) {
		snprintf(text, sizeof(text), "%u", count_own_fds());
		say(text);
	}
	if (!strcmp(what, "env") && GetEnvironmentVariableA(argv[1], text, sizeof(text)))
		say(text);
	if (!strcmp(what, "cwd") && GetCurrentDirectoryA(sizeof(text), text))
		say(text);
	if (!strcmp(what, "startup"))
		return child_startup();
	if (!strcmp(what, "copy"))
		return child_copy(GetStdHandle(STD_INPUT_HANDLE),
				  GetStdHandle(STD_OUTPUT_HANDLE));
	if (!strcmp(what, "stdio-copy"))
		return child_stdio();
	if (!strcmp(what, "write"))
		return WriteFile(handle_of(argv[1]), argv[2], (DWORD)strlen(argv[2]), &n,
				 NULL) ? 0 : (int)GetLastError();
	if (!strcmp(what, "take"))
		return child_take();
	if (!strcmp(what, "steps"))
		return take_steps(argc - 1, argv + 1);
	if (!strcmp(what, "told-steps"))
		return child_told_steps();
	if (!strcmp(what, "print"))
		puts(argv[1]);
	if (!strcmp(what, "serve-by-child"))
		return child_serve_by_child("/proc/self/exe",
					    "\\\\.\\pipe\\inherited server");
	if (!strcmp(what, "serve"))
		return child_serve(handle_of(argv[1]));
	if (!strcmp(what, "flags"))
		return GetHandleInformation(handle_of(argv[1]), &n) ? (int)(100 + n) : 99;
	if (!strcmp(what, "kill"))
		return TerminateProcess(handle_of(argv[1]), 77) ? 0 : (int)GetLastError();
	if (!strcmp(what, "std")) {
		snprintf(text, sizeof(text), "%u %u",
			 (unsigned)(uintptr_t)GetStdHandle(STD_INPUT_HANDLE),
			 (unsigned)(uintptr_t)GetStdHandle(STD_OUTPUT_HANDLE));
		say(text);
	}
	return 0;
}
