/* SPDX-License-Identifier: MIT */
/*
 * Processes: made, told things, asked, waited for, ended; what they inherit; what they read
 * and write as their standard handles.
 *
 * The child is this program again, with a first argument that says so, or a program of the
 * system that knows nothing of the library. What a child has to say it writes into a file
 * or a pipe that was made its standard output.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>

#include "tests/lib/broker.h"
#include "tests/lib/leak.h"
#include "tests/lib/proc.h"

#define CHILD	   "--as-a-child"
#define TIMEOUT	   ((DWORD)TEST_DEADLINE_MS)
#define WARM	   "\\\\.\\pipe\\warm"
#define BIG	   300000u
#define READ_WRITE (GENERIC_READ | GENERIC_WRITE)

/* the child */

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

static int child_main(int argc, char **argv)
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

/* the parent */

static struct test_broker broker;
static struct test_leak leak;
static char self[PATH_MAX];
static char dir[48];
static const char *const file_names[] = {"output", "noprogram", "shared", "many"};

static HANDLE start_with(const char *line, STARTUPINFOA *info, BOOL inherits, DWORD flags,
			 HANDLE *threadp)
{
	PROCESS_INFORMATION process;
	char *copy = strdup(line);

	ck_assert_msg(CreateProcessA(NULL, copy, NULL, NULL, inherits, flags, NULL, NULL,
				     info, &process),
		      "%s: error %u", line, GetLastError());
	free(copy);
	ck_assert_uint_eq(process.dwProcessId, GetProcessId(process.hProcess));
	if (threadp)
		*threadp = process.hThread;
	else
		CloseHandle(process.hThread);
	return process.hProcess;
}

__attribute__((format(printf, 1, 2))) static const char *child_line(const char *format, ...)
{
	static char line[PATH_MAX + 1024];
	va_list args;
	int n = snprintf(line, sizeof(line), "\"%s\" " CHILD " ", self);

	va_start(args, format);
	vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
	va_end(args);
	return line;
}

static HANDLE start(const char *line)
{
	STARTUPINFOA info = {.cb = sizeof(info)};

	return start_with(line, &info, FALSE, 0, NULL);
}

static DWORD code_of(HANDLE process)
{
	DWORD code = 12345;

	ck_assert_uint_eq(WaitForSingleObject(process, TIMEOUT), WAIT_OBJECT_0);
	ck_assert(GetExitCodeProcess(process, &code));
	ck_assert(CloseHandle(process));
	return code;
}

static HANDLE inheritable_file(const char *name)
{
	SECURITY_ATTRIBUTES sa = {.nLength = sizeof(sa), .bInheritHandle = TRUE};
	char path[128];
	HANDLE h;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	h = CreateFileA(path, READ_WRITE, 0, &sa, CREATE_ALWAYS, 0, NULL);
	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	return h;
}

static void rewind_file(HANDLE file)
{
	ck_assert(SetFilePointerEx(file, (LARGE_INTEGER){.QuadPart = 0}, NULL, FILE_BEGIN));
}

/* What a child writes to its standard output, when it has ended with code 0. */
static const char *output_of(const char *line, DWORD flags, void *environment,
			     const char *directory)
{
	static char text[PATH_MAX];
	STARTUPINFOA info = {.cb = sizeof(info), .dwFlags = STARTF_USESTDHANDLES};
	PROCESS_INFORMATION process;
	char *copy = strdup(line);
	DWORD n = 0;

	info.hStdOutput = inheritable_file("output");
	info.hStdError = GetStdHandle(STD_ERROR_HANDLE);
	ck_assert_msg(CreateProcessA(NULL, copy, NULL, NULL, TRUE, flags, environment,
				     directory, &info, &process),
		      "%s: error %u", line, GetLastError());
	free(copy);
	CloseHandle(process.hThread);
	ck_assert_uint_eq(code_of(process.hProcess), 0);
	rewind_file(info.hStdOutput);
	ck_assert(ReadFile(info.hStdOutput, text, sizeof(text) - 1, &n, NULL));
	text[n] = '\0';
	CloseHandle(info.hStdOutput);
	return text;
}

static void start_timer_thread(void)
{
	HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
	LARGE_INTEGER due = {.QuadPart = -1};

	ck_assert(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
	ck_assert_uint_eq(WaitForSingleObject(timer, TIMEOUT), WAIT_OBJECT_0);
	CloseHandle(timer);
}

static void setup(void)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	HANDLE r, w;

	ck_assert_int_gt(n, 0);
	self[n] = '\0';
	test_dir_make(dir, sizeof(dir));
	test_broker_start(&broker);
	/* The engine, the connection to the broker, the standard handles and the thread
	 * for timers, which stay until the process ends. */
	ck_assert(CreatePipe(&r, &w, NULL, 0));
	CloseHandle(r);
	CloseHandle(w);
	r = CreateNamedPipeA(WARM, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 512, 512, 0, NULL);
	ck_assert(WaitNamedPipeA(WARM, TIMEOUT));
	CloseHandle(r);
	GetStdHandle(STD_INPUT_HANDLE);
	GetStdHandle(STD_OUTPUT_HANDLE);
	GetStdHandle(STD_ERROR_HANDLE);
	start_timer_thread();
	code_of(start(child_line("return 0")));
	test_leak_begin(&leak);
}

static void teardown(void)
{
	test_leak_end(&leak);
	test_broker_stop(&broker);
	for (size_t i = 0; i < sizeof(file_names) / sizeof(file_names[0]); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", dir, file_names[i]);
		unlink(path);
	}
	test_dir_remove(dir);
}

START_TEST(exit_codes_have_32_bits)
{
	ck_assert_uint_eq(code_of(start(child_line("exit 0x12345678"))), 0x12345678);
	ck_assert_uint_eq(code_of(start(child_line("return 300"))), 300);
	ck_assert_uint_eq(code_of(start(child_line("terminate 0xfffffffe"))), 0xfffffffe);
	ck_assert_uint_eq(code_of(start(child_line("return 0"))), 0);
	ck_assert_uint_eq(code_of(start("/bin/sh -c \"exit 7\"")), 7);
	ck_assert_uint_eq(code_of(start("/bin/sh -c \"kill -SEGV $$\"")), 0xc0000005);
	ck_assert_uint_eq(code_of(start("/bin/sh -c \"kill -KILL $$\"")), 128 + SIGKILL);
}
END_TEST

START_TEST(a_running_process_is_active_until_it_is_terminated)
{
	HANDLE process = start(child_line("wait"));
	DWORD code = 0;

	ck_assert(GetExitCodeProcess(process, &code));
	ck_assert_uint_eq(code, STILL_ACTIVE);
	ck_assert_uint_eq(WaitForSingleObject(process, 0), WAIT_TIMEOUT);
	ck_assert(TerminateProcess(process, 0xabcd1234));
	ck_assert_uint_eq(WaitForSingleObject(process, TIMEOUT), WAIT_OBJECT_0);
	ck_assert(!TerminateProcess(process, 1));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert_uint_eq(code_of(process), 0xabcd1234);

	process = start("/bin/sh -c \"kill -STOP $$\"");
	ck_assert(TerminateProcess(process, 5));
	ck_assert_uint_eq(code_of(process), 5);
}
END_TEST

START_TEST(the_exit_code_is_there_without_a_wait)
{
	for (int i = 0; i < 20; i++) {
		STARTUPINFOA info = {.cb = sizeof(info)};
		HANDLE thread, process = start_with(child_line("exit 99"), &info, FALSE,
						    CREATE_SUSPENDED, &thread);
		struct pollfd end = {
			.fd = test_pid_open((pid_t)GetProcessId(process)),
			.events = POLLIN,
		};
		DWORD code;

		ck_assert_uint_eq(ResumeThread(thread), 1);
		CloseHandle(thread);

		ck_assert_int_eq(poll(&end, 1, TIMEOUT), 1);
		ck_assert(GetExitCodeProcess(process, &code));
		ck_assert_uint_eq(code, 99);
		close(end.fd);
		CloseHandle(process);
	}
}
END_TEST

START_TEST(a_child_without_handles_leaves_no_zombie)
{
	HANDLE process = start(child_line("wait")), again;
	DWORD id = GetProcessId(process);
	siginfo_t si = {0};
	int pid_fd = test_pid_open((pid_t)id);

	CloseHandle(process);
	again = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, id);
	ck_assert_ptr_nonnull(again);
	ck_assert(TerminateProcess(again, 1));
	ck_assert_uint_eq(WaitForSingleObject(again, TIMEOUT), WAIT_OBJECT_0);
	CloseHandle(again);
	/* Signaled means reaped. */
	ck_assert_int_eq(waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT), 0);
	ck_assert_int_eq(si.si_pid, 0);
	ck_assert_ptr_null(OpenProcess(SYNCHRONIZE, FALSE, id));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	close(pid_fd);
}
END_TEST

START_TEST(a_program_that_ignores_its_children_gets_their_codes)
{
	void (*before)(int) = signal(SIGCHLD, SIG_IGN);

	ck_assert_uint_eq(code_of(start(child_line("exit 70000"))), 70000);
	signal(SIGCHLD, before);
}
END_TEST

START_TEST(the_command_line_arrives_as_it_was)
{
	char line[PATH_MAX + 256];

	snprintf(line, sizeof(line), "%s", child_line("line  \"a b\"  c\\\"d "));
	ck_assert_str_eq(output_of(line, 0, NULL, NULL), line);
	ck_assert_str_eq(output_of(child_line("args \"a b\" c\\\"d \"\" e\\\\f"), 0, NULL,
				   NULL),
			 "[a b][c\"d][][e\\\\f]");
	ck_assert_str_eq(output_of("/bin/echo \"a  b\" \\\"", 0, NULL, NULL), "a  b \"\n");
}
END_TEST

START_TEST(environment_and_directory_are_what_was_given)
{
	char narrow[] = "COLOUR=red\0=C:=C:\\x\0SHAPE=round\0";
	WCHAR wide[] = {'C', 'O', 'L', 'O', 'U', 'R', '=', 0xe9, 0, 0};

	ck_assert_str_eq(output_of(child_line("env COLOUR"), 0, narrow, NULL), "red");
	ck_assert_str_eq(output_of(child_line("env SHAPE"), 0, narrow, NULL), "round");
	ck_assert_str_eq(output_of(child_line("env HOME"), 0, narrow, NULL), "");
	ck_assert_str_eq(output_of(child_line("env NPFS_CHILD"), 0, NULL, NULL), "");
	ck_assert_str_eq(output_of(child_line("env COLOUR"), CREATE_UNICODE_ENVIRONMENT,
				   wide, NULL),
			 "\xc3\xa9");
	ck_assert(SetEnvironmentVariableA("NPFS_TEST_COLOUR", "blue"));
	ck_assert_str_eq(output_of(child_line("env NPFS_TEST_COLOUR"), 0, NULL, NULL),
			 "blue");
	ck_assert(SetEnvironmentVariableA("NPFS_TEST_COLOUR", NULL));
	ck_assert_str_eq(output_of(child_line("cwd"), 0, NULL, dir), dir);
	ck_assert_str_eq(output_of(child_line("cwd"), 0, NULL, "\\usr\\bin"), "/usr/bin");
}
END_TEST

START_TEST(startup_information_arrives)
{
	STARTUPINFOA info = {
		.cb = sizeof(info),
		.lpTitle = (char *)(uintptr_t)"a title",
		.lpDesktop = (char *)(uintptr_t)"a desktop",
		.dwX = 11,
		.dwYCountChars = 22,
		.wShowWindow = 3,
		.dwFlags = STARTF_USESTDHANDLES | STARTF_USEPOSITION,
	};
	char text[128] = "", wanted[128];
	HANDLE process;
	DWORD n;

	info.hStdOutput = inheritable_file("output");
	process = start_with(child_line("startup"), &info, TRUE, IDLE_PRIORITY_CLASS, NULL);
	ck_assert_uint_eq(GetPriorityClass(process), IDLE_PRIORITY_CLASS);
	ck_assert_uint_eq(code_of(process), 0);
	rewind_file(info.hStdOutput);
	ck_assert(ReadFile(info.hStdOutput, text, sizeof(text) - 1, &n, NULL));
	snprintf(wanted, sizeof(wanted), "a title|a desktop|%d|11|22|3|%d",
		 STARTF_USESTDHANDLES | STARTF_USEPOSITION, IDLE_PRIORITY_CLASS);
	ck_assert_str_eq(text, wanted);
	CloseHandle(info.hStdOutput);
}
END_TEST

struct wrong {
	const char *application, *line, *directory;
	DWORD flags;
	DWORD error;
};

static const struct wrong wrongs[] = {
	{NULL, NULL, NULL, 0, ERROR_INVALID_PARAMETER},
	{NULL, "", NULL, 0, ERROR_INVALID_PARAMETER},
	{"/no/such/program", NULL, NULL, 0, ERROR_PATH_NOT_FOUND},
	{"/bin/no-such-program", NULL, NULL, 0, ERROR_FILE_NOT_FOUND},
	{NULL, "no-such-program a b", NULL, 0, ERROR_FILE_NOT_FOUND},
	{"/etc", NULL, NULL, 0, ERROR_FILE_NOT_FOUND},
	{"/etc/passwd", NULL, NULL, 0, ERROR_ACCESS_DENIED},
	{"/bin/true", NULL, "/no/such/directory", 0, ERROR_DIRECTORY},
	{"/bin/true", NULL, "/etc/passwd", 0, ERROR_DIRECTORY},
	{"/bin/true", NULL, NULL, DETACHED_PROCESS | CREATE_NEW_CONSOLE,
	 ERROR_INVALID_PARAMETER},
	{"/bin/true", NULL, NULL, DEBUG_PROCESS, ERROR_NOT_SUPPORTED},
};

START_TEST(wrong_input_is_refused)
{
	const struct wrong *w = &wrongs[_i];
	STARTUPINFOA info = {.cb = sizeof(info)};
	PROCESS_INFORMATION process;
	char *line = w->line ? strdup(w->line) : NULL;

	ck_assert(!CreateProcessA(w->application, line, NULL, NULL, FALSE, w->flags, NULL,
				  w->directory, &info, &process));
	ck_assert_msg(GetLastError() == w->error, "%d: error %u", _i, GetLastError());
	free(line);
}
END_TEST

START_TEST(a_file_that_is_no_program_is_told_so)
{
	STARTUPINFOA info = {.cb = sizeof(info)};
	PROCESS_INFORMATION process;
	char path[128];
	HANDLE h;
	DWORD n;

	snprintf(path, sizeof(path), "%s/noprogram", dir);
	h = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
	ck_assert(WriteFile(h, "just text\n", 10, &n, NULL));
	CloseHandle(h);
	ck_assert_int_eq(chmod(path, 0700), 0);
	ck_assert(!CreateProcessA(path, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &info,
				  &process));
	ck_assert_uint_eq(GetLastError(), ERROR_BAD_EXE_FORMAT);
	/* Looks like one, and only exec finds out. */
	h = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
	ck_assert(WriteFile(h, "\177ELF" "abcdefghijklmnopq", 21, &n, NULL));
	CloseHandle(h);
	ck_assert(!CreateProcessA(path, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &info,
				  &process));
	ck_assert_uint_eq(GetLastError(), ERROR_BAD_EXE_FORMAT);
}
END_TEST

START_TEST(null_pointers_are_refused)
{
	STARTUPINFOA info = {.cb = sizeof(info)};
	PROCESS_INFORMATION process;

	ck_assert(!CreateProcessA("/bin/true", NULL, NULL, NULL, FALSE, 0, NULL, NULL,
				  NULL, &process));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!CreateProcessA("/bin/true", NULL, NULL, NULL, FALSE, 0, NULL, NULL,
				  &info, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(a_suspended_process_begins_when_it_is_resumed)
{
	STARTUPINFOA info = {.cb = sizeof(info)};
	HANDLE thread, process;
	DWORD code;

	process = start_with(child_line("exit 4711"), &info, FALSE, CREATE_SUSPENDED,
			     &thread);
	ck_assert_uint_eq(GetProcessIdOfThread(thread), GetProcessId(process));
	ck_assert_uint_eq(SuspendThread(thread), 1);
	ck_assert_uint_eq(ResumeThread(thread), 2);
	ck_assert_uint_eq(WaitForSingleObject(process, 20), WAIT_TIMEOUT);
	ck_assert_uint_eq(ResumeThread(thread), 1);
	ck_assert_uint_eq(WaitForSingleObject(thread, TIMEOUT), WAIT_OBJECT_0);
	ck_assert(GetExitCodeThread(thread, &code));
	ck_assert_uint_eq(code, 4711);
	ck_assert_uint_eq(ResumeThread(thread), 0);
	CloseHandle(thread);
	ck_assert_uint_eq(code_of(process), 4711);

	process = start_with(child_line("exit 1"), &info, FALSE, CREATE_SUSPENDED, &thread);
	ck_assert(TerminateProcess(process, 23));
	ck_assert_uint_eq(code_of(process), 23);
	CloseHandle(thread);

	process = start_with(child_line("exit 1"), &info, FALSE, CREATE_SUSPENDED, &thread);
	ck_assert(TerminateThread(thread, 24));
	ck_assert_uint_eq(code_of(process), 24);
	CloseHandle(thread);
}
END_TEST

START_TEST(rights_of_a_process_handle_are_kept)
{
	HANDLE process = start(child_line("wait"));
	DWORD id = GetProcessId(process), code;
	HANDLE query = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id);
	HANDLE sync = OpenProcess(SYNCHRONIZE, FALSE, id);
	HANDLE end = OpenProcess(PROCESS_TERMINATE, FALSE, id);

	ck_assert(!TerminateProcess(query, 1));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert(!GetExitCodeProcess(sync, &code));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert_uint_eq(GetProcessId(sync), 0);
	ck_assert_uint_eq(GetPriorityClass(query), NORMAL_PRIORITY_CLASS);
	ck_assert(!SetPriorityClass(query, IDLE_PRIORITY_CLASS));
	ck_assert(CompareObjectHandles(query, process));
	ck_assert(TerminateProcess(end, 3));
	ck_assert(CloseHandle(query) && CloseHandle(sync) && CloseHandle(end));
	ck_assert_uint_eq(code_of(process), 3);
}
END_TEST

START_TEST(processes_that_are_not_there_cannot_be_opened)
{
	HANDLE own = OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId());

	ck_assert_ptr_nonnull(own);
	ck_assert_uint_eq(GetProcessId(own), GetCurrentProcessId());
	ck_assert(CompareObjectHandles(own, GetCurrentProcess()));
	CloseHandle(own);
	ck_assert_ptr_null(OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert_ptr_null(OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0x7ffffffe));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert_ptr_null(OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0xfffffffe));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert(!GetExitCodeProcess(GetCurrentThread(), &(DWORD){0}));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
}
END_TEST

/* Not a child of this one: the child of a child made by fork, which then ends. */
START_TEST(codes_of_other_processes_are_found)
{
	HANDLE grandchild;
	int fds[2], status;
	DWORD id = 0;
	pid_t pid;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		STARTUPINFOA info = {.cb = sizeof(info)};
		PROCESS_INFORMATION process;

		if (!CreateProcessA(NULL, (char *)(uintptr_t)child_line("wait"), NULL,
				    NULL, FALSE, 0, NULL, NULL, &info, &process))
			_exit(1);
		(void)!write(fds[1], &process.dwProcessId, sizeof(DWORD));
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(read(fds[0], &id, sizeof(id)), sizeof(id));
	close(fds[0]);
	close(fds[1]);
	grandchild = OpenProcess(PROCESS_ALL_ACCESS, FALSE, id);
	ck_assert_ptr_nonnull(grandchild);
	ck_assert(TerminateProcess(grandchild, 0x87654321));
	ck_assert_uint_eq(code_of(grandchild), 0x87654321);
}
END_TEST

/* inheritance */

START_TEST(an_inherited_file_has_the_same_value_and_position)
{
	STARTUPINFOA info = {.cb = sizeof(info)};
	HANDLE file = inheritable_file("shared"), process;
	char text[32] = "";
	DWORD n;

	ck_assert(WriteFile(file, "one ", 4, &n, NULL));
	process = start_with(child_line("write %u two", (unsigned)(uintptr_t)file), &info,
			     TRUE, 0, NULL);
	ck_assert_uint_eq(code_of(process), 0);
	ck_assert(WriteFile(file, " three", 6, &n, NULL));
	rewind_file(file);
	ck_assert(ReadFile(file, text, sizeof(text) - 1, &n, NULL));
	ck_assert_str_eq(text, "one two three");

	/* Not without being asked for, not when it is not inheritable. */
	process = start_with(child_line("flags %u", (unsigned)(uintptr_t)file), &info, TRUE,
			     0, NULL);
	ck_assert_uint_eq(code_of(process), 100 + HANDLE_FLAG_INHERIT);
	process = start_with(child_line("flags %u", (unsigned)(uintptr_t)file), &info,
			     FALSE, 0, NULL);
	ck_assert_uint_eq(code_of(process), 99);
	ck_assert(SetHandleInformation(file, HANDLE_FLAG_INHERIT, 0));
	process = start_with(child_line("flags %u", (unsigned)(uintptr_t)file), &info, TRUE,
			     0, NULL);
	ck_assert_uint_eq(code_of(process), 99);
	CloseHandle(file);
}
END_TEST

/* The exit code of a child that tells the flags of a handle it has under the same value. */
static DWORD flags_in_child(HANDLE h, STARTUPINFOEXA *info)
{
	return code_of(start_with(child_line("flags %u", (unsigned)(uintptr_t)h),
				  &info->StartupInfo, TRUE, EXTENDED_STARTUPINFO_PRESENT,
				  NULL));
}

static DWORD create_error(STARTUPINFOEXA *info, BOOL inherits)
{
	PROCESS_INFORMATION process;
	char line[PATH_MAX];

	snprintf(line, sizeof(line), "%s", child_line("exit 0"));
	ck_assert(!CreateProcessA(NULL, line, NULL, NULL, inherits,
				  EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
				  &info->StartupInfo, &process));
	return GetLastError();
}

START_TEST(a_list_says_which_handles_are_inherited)
{
	STARTUPINFOEXA info = {.StartupInfo = {.cb = sizeof(info)}};
	HANDLE listed = inheritable_file("shared"), other = inheritable_file("many");
	SIZE_T size = 0;

	ck_assert(!InitializeProcThreadAttributeList(NULL, 1, 0, &size));
	ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	info.lpAttributeList = malloc(size);
	ck_assert(InitializeProcThreadAttributeList(info.lpAttributeList, 1, 0, &size));
	ck_assert_uint_eq(flags_in_child(other, &info), 100 + HANDLE_FLAG_INHERIT);
	ck_assert(UpdateProcThreadAttribute(info.lpAttributeList, 0,
					    PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &listed,
					    sizeof(listed), NULL, NULL));
	ck_assert_uint_eq(flags_in_child(listed, &info), 100 + HANDLE_FLAG_INHERIT);
	ck_assert_uint_eq(flags_in_child(other, &info), 99);

	/* What is listed must be inheritable, and asked for. */
	ck_assert_uint_eq(create_error(&info, FALSE), ERROR_INVALID_PARAMETER);
	ck_assert(SetHandleInformation(listed, HANDLE_FLAG_INHERIT, 0));
	ck_assert_uint_eq(create_error(&info, TRUE), ERROR_INVALID_PARAMETER);
	info.StartupInfo.cb = sizeof(info.StartupInfo);
	ck_assert_uint_eq(create_error(&info, TRUE), ERROR_INVALID_PARAMETER);
	DeleteProcThreadAttributeList(info.lpAttributeList);
	free(info.lpAttributeList);
	CloseHandle(listed);
	CloseHandle(other);
}
END_TEST

START_TEST(the_parent_of_a_process_is_who_made_it)
{
	STARTUPINFOEXA info = {.StartupInfo = {.cb = sizeof(info)}};
	HANDLE other = start(child_line("wait"));
	HANDLE parents[] = {GetCurrentProcess(), other};
	SIZE_T size = 1000;

	info.lpAttributeList = malloc(size);
	for (int i = 0; i < 2; i++) {
		ck_assert(InitializeProcThreadAttributeList(info.lpAttributeList, 2, 0,
							    &size));
		ck_assert(UpdateProcThreadAttribute(info.lpAttributeList, 0,
						    PROC_THREAD_ATTRIBUTE_PARENT_PROCESS,
						    &parents[i], sizeof(HANDLE), NULL,
						    NULL));
		if (i == 0)
			ck_assert_uint_eq(code_of(start_with(
						  child_line("exit 5"), &info.StartupInfo,
						  FALSE, EXTENDED_STARTUPINFO_PRESENT,
						  NULL)),
					  5);
		else
			ck_assert_uint_eq(create_error(&info, FALSE), ERROR_NOT_SUPPORTED);
	}
	ck_assert(TerminateProcess(other, 0));
	CloseHandle(other);
	free(info.lpAttributeList);
}
END_TEST

START_TEST(wrong_attributes_are_refused)
{
	const struct {
		DWORD flags;
		DWORD_PTR attribute;
		SIZE_T size;
		DWORD error;
	} rows[] = {
		{1, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, 8, ERROR_INVALID_PARAMETER},
		{0, 0xcafe, 8, ERROR_NOT_SUPPORTED},
		{0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, 0, ERROR_BAD_LENGTH},
		{0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, 9, ERROR_BAD_LENGTH},
		{0, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, 16, ERROR_BAD_LENGTH},
		{0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, 16, 0},
		{0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, 8, ERROR_OBJECT_NAME_EXISTS},
		{0, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, 8, ERROR_GEN_FAILURE},
	};
	HANDLE handles[2] = {NULL, NULL};
	uint64_t memory[16];
	LPPROC_THREAD_ATTRIBUTE_LIST list = (LPPROC_THREAD_ATTRIBUTE_LIST)(void *)memory;
	SIZE_T size = sizeof(memory);

	ck_assert(!InitializeProcThreadAttributeList(list, 1, 1, &size));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	size = 1;
	ck_assert(!InitializeProcThreadAttributeList(list, 1, 0, &size));
	ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	ck_assert(InitializeProcThreadAttributeList(list, 1, 0, &size));
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SetLastError(0);
		ck_assert_int_eq(UpdateProcThreadAttribute(list, rows[i].flags,
							   rows[i].attribute, handles,
							   rows[i].size, NULL, NULL),
				 !rows[i].error);
		ck_assert_uint_eq(GetLastError(), rows[i].error);
	}
}
END_TEST

START_TEST(an_inherited_process_handle_works)
{
	STARTUPINFOA info = {.cb = sizeof(info)};
	HANDLE victim = start(child_line("wait")), killer;

	ck_assert(SetHandleInformation(victim, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
	killer = start_with(child_line("kill %u", (unsigned)(uintptr_t)victim), &info, TRUE,
			    0, NULL);
	ck_assert_uint_eq(code_of(killer), 0);
	ck_assert_uint_eq(code_of(victim), 77);
}
END_TEST

START_TEST(many_handles_are_inherited)
{
	enum { N = 600 };
	STARTUPINFOA info = {.cb = sizeof(info)};
	HANDLE files[N], process;

	for (int i = 0; i < N; i++)
		files[i] = inheritable_file("many");
	process = start_with(child_line("write %u last", (unsigned)(uintptr_t)files[N - 1]),
			     &info, TRUE, 0, NULL);
	ck_assert_uint_eq(code_of(process), 0);
	for (int i = 0; i < N; i++)
		CloseHandle(files[i]);
}
END_TEST

START_TEST(a_child_has_no_descriptor_nobody_gave_it)
{
	int stray = open("/dev/null", O_RDONLY);
	unsigned n;

	/* 0 to 2, the output as an inherited handle, two more standard handles, the page. */
	ck_assert_int_ge(stray, 0);
	n = (unsigned)strtoul(output_of(child_line("fds"), 0, NULL, NULL), NULL, 10);
	ck_assert_uint_le(n, 8);
	close(stray);
}
END_TEST

/* pipes */

static void anonymous_pipe(HANDLE *readp, HANDLE *writep, bool inherits_read,
			   bool inherits_write)
{
	SECURITY_ATTRIBUTES sa = {.nLength = sizeof(sa), .bInheritHandle = TRUE};

	ck_assert(CreatePipe(readp, writep, &sa, 0));
	if (!inherits_read)
		ck_assert(SetHandleInformation(*readp, HANDLE_FLAG_INHERIT, 0));
	if (!inherits_write)
		ck_assert(SetHandleInformation(*writep, HANDLE_FLAG_INHERIT, 0));
}

/* Everything until the last writer is gone, checked; returns how much it was. */
static DWORD read_to_the_end(HANDLE h, char *buffer, DWORD size)
{
	DWORD n, len = 0;

	while (ReadFile(h, buffer + len, size - 1 - len, &n, NULL))
		len += n;
	ck_assert_uint_eq(GetLastError(), ERROR_BROKEN_PIPE);
	buffer[len] = '\0';
	return len;
}

/* The example of the documentation, with @line as the child. */
static const char *output_by_pipe(const char *line, DWORD code)
{
	static char text[BIG + 1024];
	STARTUPINFOA info = {.cb = sizeof(info), .dwFlags = STARTF_USESTDHANDLES};
	HANDLE r, process;

	anonymous_pipe(&r, &info.hStdOutput, false, true);
	info.hStdError = info.hStdOutput;
	process = start_with(line, &info, TRUE, 0, NULL);
	CloseHandle(info.hStdOutput);
	read_to_the_end(r, text, sizeof(text));
	CloseHandle(r);
	ck_assert_uint_eq(code_of(process), code);
	return text;
}

START_TEST(output_of_a_native_child_is_read_until_the_pipe_breaks)
{
	const char *text;

	ck_assert_str_eq(output_by_pipe("/bin/sh -c \"echo one; echo two >&2; exit 3\"", 3),
			 "one\ntwo\n");
	text = output_by_pipe("/bin/sh -c \"head -c 300000 /dev/zero | tr '\\0' x\"", 0);
	ck_assert_uint_eq(strlen(text), BIG);
	ck_assert_uint_eq(strspn(text, "x"), BIG);
	ck_assert_str_eq(output_by_pipe("/bin/true", 0), "");
}
END_TEST

START_TEST(output_of_a_child_of_ours_is_read_until_the_pipe_breaks)
{
	ck_assert_str_eq(output_by_pipe(child_line("args a b"), 0), "[a][b]");
	ck_assert_str_eq(output_by_pipe(child_line("print hello"), 0), "hello\n");
	/* A shell in between hands everything on. */
	{
		char line[PATH_MAX + 256];

		snprintf(line, sizeof(line), "/bin/sh -c \"exec '%s' " CHILD " args x\"",
			 self);
		ck_assert_str_eq(output_by_pipe(line, 0), "[x]");
	}
}
END_TEST

START_TEST(the_standard_output_of_a_child_of_ours_is_the_pipe_itself)
{
	STARTUPINFOA info = {.cb = sizeof(info), .dwFlags = STARTF_USESTDHANDLES};
	char text[64], wanted[64];
	HANDLE r, process;

	anonymous_pipe(&r, &info.hStdOutput, false, true);
	info.hStdInput = (HANDLE)(uintptr_t)0x7654;
	process = start_with(child_line("std"), &info, TRUE, 0, NULL);
	snprintf(wanted, sizeof(wanted), "%u %u", 0x7654,
		 (unsigned)(uintptr_t)info.hStdOutput);
	CloseHandle(info.hStdOutput);
	read_to_the_end(r, text, sizeof(text));
	CloseHandle(r);
	ck_assert_uint_eq(code_of(process), 0);
	ck_assert_str_eq(text, wanted);
}
END_TEST

struct feeder {
	HANDLE to;
	DWORD len;
};

static DWORD WINAPI feed(LPVOID user)
{
	struct feeder *feeder = user;
	char data[1000];
	DWORD n;

	for (DWORD done = 0; done < feeder->len; done += n) {
		for (DWORD i = 0; i < sizeof(data); i++)
			data[i] = (char)('a' + (done + i) % 26);
		if (!WriteFile(feeder->to, data, sizeof(data), &n, NULL))
			break;
	}
	CloseHandle(feeder->to);
	return 0;
}

/* Through a child and back, while another thread writes. */
static void through(const char *line, DWORD len, DWORD code)
{
	static char text[BIG + 1024];
	STARTUPINFOA info = {.cb = sizeof(info), .dwFlags = STARTF_USESTDHANDLES};
	struct feeder feeder = {.len = len};
	HANDLE r, process, thread;

	anonymous_pipe(&r, &info.hStdOutput, false, true);
	anonymous_pipe(&info.hStdInput, &feeder.to, true, false);
	info.hStdError = GetStdHandle(STD_ERROR_HANDLE);
	process = start_with(line, &info, TRUE, 0, NULL);
	CloseHandle(info.hStdInput);
	CloseHandle(info.hStdOutput);
	thread = CreateThread(NULL, 0, feed, &feeder, 0, NULL);
	ck_assert_ptr_nonnull(thread);
	ck_assert_uint_eq(read_to_the_end(r, text, sizeof(text)), len);
	for (DWORD i = 0; i < len; i++)
		ck_assert_int_eq(text[i], 'a' + (int)(i % 26));
	ck_assert_uint_eq(WaitForSingleObject(thread, TIMEOUT), WAIT_OBJECT_0);
	CloseHandle(thread);
	CloseHandle(r);
	ck_assert_uint_eq(code_of(process), code);
}

START_TEST(input_and_output_go_through_a_child)
{
	through("/bin/cat", BIG, 0);
	through(child_line("copy"), BIG, ERROR_BROKEN_PIPE);
	through(child_line("stdio-copy"), BIG, 0);
	through("/bin/cat", 0, 0);
}
END_TEST

START_TEST(a_child_that_does_not_read_its_input_lets_the_writer_know)
{
	STARTUPINFOA info = {.cb = sizeof(info), .dwFlags = STARTF_USESTDHANDLES};
	HANDLE w, process;
	DWORD n;

	anonymous_pipe(&info.hStdInput, &w, true, false);
	process = start_with("/bin/true", &info, TRUE, 0, NULL);
	CloseHandle(info.hStdInput);
	ck_assert_uint_eq(code_of(process), 0);
	while (WriteFile(w, "x", 1, &n, NULL))
		;
	/* Before the write, or while it waits for room. */
	ck_assert(GetLastError() == ERROR_NO_DATA || GetLastError() == ERROR_BROKEN_PIPE);
	CloseHandle(w);
}
END_TEST

/* Whoever carries the input may be through before anybody looks after it. */
START_TEST(input_that_has_ended_already_is_the_end_of_the_file)
{
	for (int i = 0; i < 20; i++) {
		STARTUPINFOA info = {.cb = sizeof(info), .dwFlags = STARTF_USESTDHANDLES};
		HANDLE w, process;

		anonymous_pipe(&info.hStdInput, &w, true, false);
		CloseHandle(w);
		process = start_with("/bin/cat", &info, TRUE, 0, NULL);
		CloseHandle(info.hStdInput);
		ck_assert_uint_eq(code_of(process), 0);
	}
}
END_TEST

START_TEST(a_child_whose_output_nobody_reads_is_told)
{
	STARTUPINFOA info = {.cb = sizeof(info), .dwFlags = STARTF_USESTDHANDLES};
	HANDLE r, process;

	anonymous_pipe(&r, &info.hStdOutput, false, true);
	process = start_with("/bin/sh -c \"while echo x; do :; done 2> /dev/null\"", &info,
			     TRUE, 0, NULL);
	CloseHandle(info.hStdOutput);
	CloseHandle(r);
	ck_assert_uint_eq(WaitForSingleObject(process, TIMEOUT), WAIT_OBJECT_0);
	CloseHandle(process);
}
END_TEST

START_TEST(an_inherited_end_keeps_the_pipe_open)
{
	STARTUPINFOA info = {.cb = sizeof(info)};
	HANDLE r, w, process;
	char text[64];

	anonymous_pipe(&r, &w, false, true);
	process = start_with(child_line("write %u hello", (unsigned)(uintptr_t)w), &info,
			     TRUE, 0, NULL);
	CloseHandle(w);
	ck_assert_uint_eq(read_to_the_end(r, text, sizeof(text)), 5);
	ck_assert_str_eq(text, "hello");
	ck_assert_uint_eq(code_of(process), 0);
	CloseHandle(r);

	/* Killed, it lets go too. */
	anonymous_pipe(&r, &w, false, true);
	process = start_with(child_line("wait"), &info, TRUE, 0, NULL);
	CloseHandle(w);
	ck_assert(TerminateProcess(process, 9));
	ck_assert_uint_eq(read_to_the_end(r, text, sizeof(text)), 0);
	ck_assert_uint_eq(code_of(process), 9);
	CloseHandle(r);
}
END_TEST

#define SERVED "\\\\.\\pipe\\inherited server"

/* The server makes the pipe, its child serves; the server is a process of its own that is
 * gone before the client comes. */
START_TEST(a_child_serves_after_its_parent_has_gone)
{
	HANDLE parent = start(child_line("serve-by-child")), client;
	char text[64] = "";
	DWORD n;

	ck_assert_uint_eq(code_of(parent), 0);
	ck_assert(WaitNamedPipeA(SERVED, TIMEOUT));
	client = CreateFileA(SERVED, READ_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	ck_assert_msg(client != INVALID_HANDLE_VALUE, "error %u", GetLastError());
	ck_assert(WriteFile(client, "request", 7, &n, NULL));
	ck_assert(ReadFile(client, text, sizeof(text), &n, NULL));
	ck_assert_uint_eq(n, 7);
	ck_assert_str_eq(text, "REQUEST");
	/* It disconnects when we close, and ends. */
	ck_assert(!ReadFile(client, text, sizeof(text), &n, NULL));
	CloseHandle(client);
	ck_assert(!WaitNamedPipeA(SERVED, TIMEOUT));
	ck_assert_uint_eq(GetLastError(), ERROR_FILE_NOT_FOUND);
}
END_TEST

/* handles given to a running process */

/* A child that waits to be told something, and the pipe to tell it over. */
static HANDLE start_listener(const char *line, HANDLE *tellp)
{
	STARTUPINFOA info = {.cb = sizeof(info), .dwFlags = STARTF_USESTDHANDLES};
	HANDLE process;

	anonymous_pipe(&info.hStdInput, tellp, true, false);
	info.hStdOutput = info.hStdError = GetStdHandle(STD_ERROR_HANDLE);
	process = start_with(line, &info, TRUE, 0, NULL);
	CloseHandle(info.hStdInput);
	return process;
}

/* One that waits for the number of a handle. */
static HANDLE start_taker(HANDLE *tellp)
{
	return start_listener(child_line("take"), tellp);
}

static void tell_text(HANDLE to, const char *text)
{
	DWORD n;

	ck_assert(WriteFile(to, text, (DWORD)strlen(text), &n, NULL));
	CloseHandle(to);
}

static void tell(HANDLE to, HANDLE given)
{
	char text[32];

	snprintf(text, sizeof(text), "%u\n", (unsigned)(uintptr_t)given);
	tell_text(to, text);
}

static HANDLE give(HANDLE process, HANDLE h, DWORD access, DWORD options)
{
	HANDLE given = NULL;

	ck_assert_msg(DuplicateHandle(GetCurrentProcess(), h, process, &given, access, FALSE,
				      options),
		      "error %u", GetLastError());
	ck_assert_ptr_nonnull(given);
	return given;
}

START_TEST(a_running_process_is_given_an_end)
{
	HANDLE r, w, to, process = start_taker(&to), given;
	char text[64];
	DWORD flags;

	anonymous_pipe(&r, &w, false, false);
	given = give(process, w, 0, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
	/* The source has gone, and the number means nothing here. */
	ck_assert(!GetHandleInformation(w, &flags));
	ck_assert(!GetHandleInformation(given, &flags));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	tell(to, given);
	ck_assert_uint_eq(read_to_the_end(r, text, sizeof(text)), 5);
	ck_assert_str_eq(text, "taken");
	CloseHandle(r);
	ck_assert_uint_eq(code_of(process), 0);
}
END_TEST

START_TEST(what_is_given_has_the_rights_that_were_said)
{
	HANDLE file = inheritable_file("shared"), to, process = start_taker(&to);

	tell(to, give(process, file, GENERIC_READ, 0));
	ck_assert_uint_eq(code_of(process), ERROR_ACCESS_DENIED);
	CloseHandle(file);
}
END_TEST

START_TEST(what_nobody_collects_stays_open_until_the_process_ends)
{
	HANDLE r, w, process = start("/bin/sh -c \"kill -STOP $$\"");
	char text[64];
	DWORD available;

	anonymous_pipe(&r, &w, false, false);
	give(process, w, 0, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
	ck_assert(PeekNamedPipe(r, NULL, 0, NULL, &available, NULL));
	ck_assert(TerminateProcess(process, 1));
	ck_assert_uint_eq(read_to_the_end(r, text, sizeof(text)), 0);
	ck_assert_uint_eq(code_of(process), 1);
	CloseHandle(r);
}
END_TEST

START_TEST(giving_is_refused_as_documented)
{
	HANDLE process = start(child_line("wait")), given, thread, query, other;
	DWORD id = GetProcessId(process);

	query = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, id);
	ck_assert(!DuplicateHandle(GetCurrentProcess(), process, query, &given, 0, FALSE,
				   DUPLICATE_SAME_ACCESS));
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	CloseHandle(query);
	ck_assert(!DuplicateHandle(GetCurrentProcess(), (HANDLE)(uintptr_t)0x7ff0, process,
				   &given, 0, FALSE, DUPLICATE_SAME_ACCESS));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	ck_assert(!DuplicateHandle(process, (HANDLE)(uintptr_t)4, GetCurrentProcess(),
				   &given, 0, FALSE, DUPLICATE_SAME_ACCESS));
	ck_assert_uint_eq(GetLastError(), ERROR_NOT_SUPPORTED);
	ck_assert(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(),
				  GetCurrentProcess(), &thread, 0, FALSE,
				  DUPLICATE_SAME_ACCESS));
	ck_assert(!DuplicateHandle(GetCurrentProcess(), thread, process, &given, 0, FALSE,
				   DUPLICATE_SAME_ACCESS));
	ck_assert_uint_eq(GetLastError(), ERROR_NOT_SUPPORTED);
	CloseHandle(thread);
	ck_assert(TerminateProcess(process, 1));
	ck_assert_uint_eq(WaitForSingleObject(process, TIMEOUT), WAIT_OBJECT_0);
	other = inheritable_file("shared");
	ck_assert(!DuplicateHandle(GetCurrentProcess(), other, process, &given, 0, FALSE,
				   DUPLICATE_SAME_ACCESS));
	CloseHandle(other);
	CloseHandle(process);
}
END_TEST

/* events, mutexes, semaphores and timers in two processes */

static SECURITY_ATTRIBUTES inheritable = {
	.nLength = sizeof(inheritable),
	.bInheritHandle = TRUE,
};

static unsigned number(HANDLE h)
{
	return (unsigned)(uintptr_t)h;
}

static HANDLE inheriting_child(const char *line)
{
	STARTUPINFOA info = {.cb = sizeof(info)};

	return start_with(line, &info, TRUE, 0, NULL);
}

static void check_wait(HANDLE h, DWORD milliseconds, DWORD wanted)
{
	ck_assert_uint_eq(WaitForSingleObject(h, milliseconds), wanted);
}

static void close_all(const HANDLE *handles, int n)
{
	for (int i = 0; i < n; i++)
		ck_assert(CloseHandle(handles[i]));
}

START_TEST(an_inherited_event_is_one_in_both_processes)
{
	HANDLE go = CreateEventA(&inheritable, FALSE, FALSE, NULL);
	HANDLE done = CreateEventA(&inheritable, FALSE, FALSE, NULL);
	HANDLE level = CreateEventA(&inheritable, TRUE, TRUE, NULL), process;

	process = inheriting_child(child_line(
		"steps poll %u 0 0 poll %u 0 0 poll %u 0 258 set %u 0 0 wait %u 0 0 "
		"poll %u 0 258 reset %u 0 0 set %u 0 0 wait %u 0 0 poll %u 0 258",
		number(level), number(level), number(go), number(done), number(go),
		number(go), number(level), number(done), number(go), number(level)));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(level, 0, WAIT_OBJECT_0);
	check_wait(done, 0, WAIT_TIMEOUT);
	ck_assert(SetEvent(go));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(level, 0, WAIT_TIMEOUT);
	ck_assert(SetEvent(go));
	ck_assert_uint_eq(code_of(process), 0);
	check_wait(go, 0, WAIT_TIMEOUT);
	close_all((HANDLE[]){go, done, level}, 3);
}
END_TEST

START_TEST(an_inherited_mutex_is_owned_by_one_thread_of_all)
{
	HANDLE mutex = CreateMutexA(&inheritable, FALSE, NULL);
	HANDLE go = CreateEventA(&inheritable, FALSE, FALSE, NULL);
	HANDLE done = CreateEventA(&inheritable, FALSE, FALSE, NULL), process;

	process = inheriting_child(child_line(
		"steps wait %u 0 0 wait %u 0 0 set %u 0 0 wait %u 0 0 release %u 0 0 "
		"set %u 0 0 wait %u 0 0 release %u 0 0 release %u 0 -288",
		number(mutex), number(mutex), number(done), number(go), number(mutex),
		number(done), number(go), number(mutex), number(mutex)));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(mutex, 0, WAIT_TIMEOUT);
	ck_assert(!ReleaseMutex(mutex));
	ck_assert_uint_eq(GetLastError(), ERROR_NOT_OWNER);
	ck_assert(SetEvent(go));
	/* It was taken twice. */
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(mutex, 0, WAIT_TIMEOUT);
	ck_assert(SetEvent(go));
	check_wait(mutex, TIMEOUT, WAIT_OBJECT_0);
	ck_assert(ReleaseMutex(mutex));
	ck_assert_uint_eq(code_of(process), 0);
	close_all((HANDLE[]){mutex, go, done}, 3);
}
END_TEST

START_TEST(a_mutex_stays_owned_when_it_is_inherited)
{
	HANDLE mutex = CreateMutexA(&inheritable, TRUE, NULL);
	HANDLE done = CreateEventA(&inheritable, FALSE, FALSE, NULL), process;

	check_wait(mutex, 0, WAIT_OBJECT_0);
	process = inheriting_child(
		child_line("steps poll %u 0 258 release %u 0 -288 set %u 0 0 wait %u 0 0 "
			   "release %u 0 0",
			   number(mutex), number(mutex), number(done), number(mutex),
			   number(mutex)));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	ck_assert(ReleaseMutex(mutex));
	check_wait(process, 20, WAIT_TIMEOUT);
	ck_assert(ReleaseMutex(mutex));
	ck_assert_uint_eq(code_of(process), 0);
	ck_assert(!ReleaseMutex(mutex));
	close_all((HANDLE[]){mutex, done}, 2);
}
END_TEST

START_TEST(a_mutex_of_a_process_that_ended_is_abandoned)
{
	HANDLE mutex = CreateMutexA(&inheritable, FALSE, NULL);
	HANDLE done = CreateEventA(&inheritable, FALSE, FALSE, NULL);
	HANDLE never = CreateEventA(&inheritable, FALSE, FALSE, NULL), process;

	/* by the parent */
	process = inheriting_child(child_line("steps wait %u 0 0 set %u 0 0 wait %u 0 0",
					      number(mutex), number(done), number(never)));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(mutex, 0, WAIT_TIMEOUT);
	ck_assert(TerminateProcess(process, 5));
	check_wait(mutex, TIMEOUT, WAIT_ABANDONED);
	ck_assert(ReleaseMutex(mutex));
	check_wait(mutex, 0, WAIT_OBJECT_0);
	ck_assert(ReleaseMutex(mutex));
	ck_assert_uint_eq(code_of(process), 5);

	/* by itself, and the next is told once */
	process = inheriting_child(child_line("steps wait %u 0 0 die 0 6 0", number(mutex)));
	ck_assert_uint_eq(code_of(process), 6);
	process = inheriting_child(child_line("steps wait %u 0 128 release %u 0 0",
					      number(mutex), number(mutex)));
	ck_assert_uint_eq(code_of(process), 0);
	check_wait(mutex, 0, WAIT_OBJECT_0);
	ck_assert(ReleaseMutex(mutex));

	/* and when it just returns */
	process = inheriting_child(child_line("steps wait %u 0 0", number(mutex)));
	check_wait(process, TIMEOUT, WAIT_OBJECT_0);
	check_wait(mutex, TIMEOUT, WAIT_ABANDONED);
	ck_assert_uint_eq(code_of(process), 0);
	ck_assert(ReleaseMutex(mutex));
	close_all((HANDLE[]){mutex, done, never}, 3);
}
END_TEST

START_TEST(an_inherited_semaphore_has_one_count)
{
	HANDLE semaphore = CreateSemaphoreA(&inheritable, 2, 5, NULL);
	HANDLE go = CreateEventA(&inheritable, TRUE, FALSE, NULL);
	HANDLE done = CreateEventA(&inheritable, FALSE, FALSE, NULL), process;
	LONG previous;

	process = inheriting_child(child_line(
		"steps poll %u 0 0 poll %u 0 0 poll %u 0 258 set %u 0 0 wait %u 0 0 "
		"wait-both %u %u 0 post %u 3 0 post %u 3 -298 post %u 2 3",
		number(semaphore), number(semaphore), number(semaphore), number(done),
		number(semaphore), number(semaphore), number(go), number(semaphore),
		number(semaphore), number(semaphore)));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(semaphore, 0, WAIT_TIMEOUT);
	ck_assert(ReleaseSemaphore(semaphore, 1, &previous));
	ck_assert_int_eq(previous, 0);
	ck_assert(SetEvent(go));
	check_wait(process, 20, WAIT_TIMEOUT);
	ck_assert(ReleaseSemaphore(semaphore, 1, NULL));
	ck_assert_uint_eq(code_of(process), 0);
	for (int i = 0; i < 5; i++)
		check_wait(semaphore, 0, WAIT_OBJECT_0);
	check_wait(semaphore, 0, WAIT_TIMEOUT);
	close_all((HANDLE[]){semaphore, go, done}, 3);
}
END_TEST

START_TEST(an_inherited_timer_ends_waits_in_both_processes)
{
	HANDLE ours = CreateWaitableTimerA(&inheritable, TRUE, NULL);
	HANDLE theirs = CreateWaitableTimerA(&inheritable, TRUE, NULL);
	HANDLE go = CreateEventA(&inheritable, FALSE, FALSE, NULL), process;
	LARGE_INTEGER due = {.QuadPart = -200000};

	process = inheriting_child(child_line("steps timer %u 20 0 wait %u 0 0 wait %u 0 0",
					      number(theirs), number(ours), number(go)));
	check_wait(theirs, TIMEOUT, WAIT_OBJECT_0);
	check_wait(ours, 0, WAIT_TIMEOUT);
	ck_assert(SetWaitableTimer(ours, &due, 0, NULL, NULL, FALSE));
	check_wait(ours, TIMEOUT, WAIT_OBJECT_0);
	ck_assert(SetEvent(go));
	ck_assert_uint_eq(code_of(process), 0);
	close_all((HANDLE[]){ours, theirs, go}, 3);
}
END_TEST

/* The parent's handles are closed while the child may not have begun. */
START_TEST(what_was_inherited_stays_without_its_parent)
{
	HANDLE event = CreateEventA(&inheritable, TRUE, TRUE, NULL);
	HANDLE semaphore = CreateSemaphoreA(&inheritable, 1, 1, NULL);
	HANDLE mutex = CreateMutexA(&inheritable, FALSE, NULL), process;

	process = inheriting_child(
		child_line("steps poll %u 0 0 reset %u 0 0 poll %u 0 258 poll %u 0 0 "
			   "poll %u 0 258 post %u 1 0 wait %u 0 0 release %u 0 0 "
			   "close %u 0 0 set %u 0 -6",
			   number(event), number(event), number(event),
			   number(semaphore), number(semaphore), number(semaphore),
			   number(mutex), number(mutex), number(event), number(event)));
	close_all((HANDLE[]){event, semaphore, mutex}, 3);
	ck_assert_uint_eq(code_of(process), 0);
}
END_TEST

#define LASTING "an event of two processes"

static void check_name(bool is_there)
{
	HANDLE h = OpenEventA(SYNCHRONIZE, FALSE, LASTING);

	ck_assert_msg(!h == !is_there, "error %u", GetLastError());
	if (h)
		CloseHandle(h);
	else
		ck_assert_uint_eq(GetLastError(), ERROR_FILE_NOT_FOUND);
}

/* What a process that ended had goes when the broker hears of it. */
static void wait_until_name_is_gone(void)
{
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;
	HANDLE h;

	while ((h = OpenEventA(SYNCHRONIZE, FALSE, LASTING)) != NULL) {
		CloseHandle(h);
		ck_assert_int_lt(test_now_ms(), end);
		SwitchToThread();
	}
	ck_assert_uint_eq(GetLastError(), ERROR_FILE_NOT_FOUND);
}

START_TEST(an_object_goes_with_its_last_handle_anywhere)
{
	HANDLE go = CreateEventA(&inheritable, FALSE, FALSE, NULL);
	HANDLE done = CreateEventA(&inheritable, FALSE, FALSE, NULL);
	HANDLE lasting = CreateEventA(&inheritable, TRUE, FALSE, LASTING), process;

	process = inheriting_child(child_line(
		"steps wait %u 0 0 close %u 0 0 set %u 0 0 wait %u 0 0", number(go),
		number(lasting), number(done), number(go)));
	ck_assert(CloseHandle(lasting));
	check_name(true);
	ck_assert(SetEvent(go));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_name(false);
	ck_assert(SetEvent(go));
	ck_assert_uint_eq(code_of(process), 0);

	/* The last one goes with its process. */
	lasting = CreateEventA(&inheritable, TRUE, FALSE, LASTING);
	ck_assert_uint_eq(GetLastError(), 0);
	process = inheriting_child(child_line("wait"));
	ck_assert(CloseHandle(lasting));
	check_name(true);
	ck_assert(TerminateProcess(process, 1));
	ck_assert_uint_eq(code_of(process), 1);
	wait_until_name_is_gone();
	close_all((HANDLE[]){go, done}, 2);
}
END_TEST

/* Objects for a child that has been started, which then takes steps with them. */
START_TEST(objects_that_are_given_are_the_same_in_both_processes)
{
	HANDLE to, process = start_listener(child_line("told-steps"), &to);
	HANDLE go = CreateEventA(NULL, FALSE, FALSE, NULL);
	HANDLE done = CreateEventA(NULL, FALSE, FALSE, NULL);
	HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);
	HANDLE semaphore = CreateSemaphoreA(NULL, 1, 3, NULL);
	unsigned their_go = number(give(process, go, 0, DUPLICATE_SAME_ACCESS));
	unsigned their_done = number(give(process, done, 0, DUPLICATE_SAME_ACCESS));
	unsigned their_mutex = number(give(process, mutex, 0, DUPLICATE_SAME_ACCESS));
	unsigned their_semaphore =
		number(give(process, semaphore, 0, DUPLICATE_SAME_ACCESS));
	char text[1024];

	snprintf(text, sizeof(text),
		 "poll %u 0 0 poll %u 0 258 post %u 2 0 poll %u 0 258 set %u 0 0 "
		 "wait %u 0 0 set %u 0 0 wait %u 0 0 die 0 8 0\n",
		 their_semaphore, their_semaphore, their_semaphore, their_mutex, their_done,
		 their_mutex, their_done, their_go);
	tell_text(to, text);
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(semaphore, 0, WAIT_OBJECT_0);
	check_wait(semaphore, 0, WAIT_OBJECT_0);
	check_wait(semaphore, 0, WAIT_TIMEOUT);
	check_wait(done, 0, WAIT_TIMEOUT);
	ck_assert(ReleaseMutex(mutex));
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(mutex, 0, WAIT_TIMEOUT);
	ck_assert(SetEvent(go));
	check_wait(mutex, TIMEOUT, WAIT_ABANDONED);
	ck_assert(ReleaseMutex(mutex));
	ck_assert_uint_eq(code_of(process), 8);
	close_all((HANDLE[]){go, done, mutex, semaphore}, 4);
}
END_TEST

/* As a program does that knows no more of the other than its number. */
START_TEST(objects_are_given_to_a_process_that_was_opened)
{
	HANDLE to, process = start_listener(child_line("told-steps"), &to);
	HANDLE opened = OpenProcess(PROCESS_DUP_HANDLE | SYNCHRONIZE, FALSE,
				    GetProcessId(process));
	HANDLE done = CreateEventA(NULL, FALSE, FALSE, NULL);
	HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
	char text[256];

	ck_assert_ptr_nonnull(opened);
	snprintf(text, sizeof(text), "wait %u 0 0 set %u 0 0 die 0 9 0\n",
		 number(give(opened, mutex, 0, DUPLICATE_SAME_ACCESS)),
		 number(give(opened, done, EVENT_MODIFY_STATE, 0)));
	tell_text(to, text);
	check_wait(done, TIMEOUT, WAIT_OBJECT_0);
	check_wait(opened, TIMEOUT, WAIT_OBJECT_0);
	check_wait(mutex, TIMEOUT, WAIT_ABANDONED);
	ck_assert(ReleaseMutex(mutex));
	ck_assert_uint_eq(code_of(process), 9);
	close_all((HANDLE[]){opened, done, mutex}, 3);
}
END_TEST

START_TEST(objects_that_are_given_have_the_rights_that_were_said)
{
	HANDLE to, process = start_listener(child_line("told-steps"), &to);
	HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
	HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
	HANDLE semaphore = CreateSemaphoreA(NULL, 1, 3, NULL);
	unsigned waits = number(give(process, event, SYNCHRONIZE, 0));
	unsigned sets = number(give(process, event, EVENT_MODIFY_STATE, 0));
	unsigned reads = number(give(process, event, GENERIC_READ, 0));
	unsigned counts = number(give(process, semaphore, SYNCHRONIZE, 0));
	unsigned posts = number(give(process, semaphore, SEMAPHORE_MODIFY_STATE, 0));
	unsigned owns = number(give(process, mutex, SYNCHRONIZE, 0));
	unsigned looks = number(give(process, mutex, MUTANT_QUERY_STATE, 0));
	char text[1024];

	snprintf(text, sizeof(text),
		 "poll %u 0 0 set %u 0 -5 reset %u 0 -5 poll %u 0 -5 reset %u 0 0 "
		 "poll %u 0 258 wait-both %u %u -5 set %u 0 -5 poll %u 0 -5 "
		 "poll %u 0 0 post %u 1 -5 post %u 1 0 poll %u 0 -5 "
		 "poll %u 0 0 release %u 0 0 poll %u 0 -5\n",
		 waits, waits, waits, sets, sets, waits, waits, sets, reads, reads, counts,
		 counts, posts, posts, owns, owns, looks);
	tell_text(to, text);
	ck_assert_uint_eq(code_of(process), 0);
	check_wait(event, 0, WAIT_TIMEOUT);
	check_wait(semaphore, 0, WAIT_OBJECT_0);
	close_all((HANDLE[]){event, mutex, semaphore}, 3);
}
END_TEST

START_TEST(a_wait_needs_a_handle_that_may_wait)
{
	HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL), sets, waits;
	HANDLE both[2];

	ck_assert(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &sets,
				  EVENT_MODIFY_STATE, FALSE, 0));
	ck_assert(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &waits,
				  SYNCHRONIZE, FALSE, 0));
	check_wait(waits, 0, WAIT_OBJECT_0);
	check_wait(sets, 0, WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	both[0] = waits;
	both[1] = sets;
	SetLastError(0);
	ck_assert_uint_eq(WaitForMultipleObjects(2, both, FALSE, 0), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	SetLastError(0);
	ck_assert_uint_eq(SignalObjectAndWait(event, sets, 0, FALSE), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	SetLastError(0);
	ck_assert_uint_eq(SignalObjectAndWait(waits, event, 0, FALSE), WAIT_FAILED);
	ck_assert_uint_eq(GetLastError(), ERROR_ACCESS_DENIED);
	ck_assert_uint_eq(SignalObjectAndWait(sets, waits, 0, FALSE), WAIT_OBJECT_0);
	close_all((HANDLE[]){event, sets, waits}, 3);
}
END_TEST

START_TEST(what_was_given_stays_without_its_source)
{
	HANDLE to, process = start_listener(child_line("told-steps"), &to);
	HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
	HANDLE semaphore = CreateSemaphoreA(NULL, 2, 3, NULL);
	HANDLE lasting = CreateEventA(NULL, TRUE, FALSE, LASTING);
	const DWORD moved = DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE;
	unsigned theirs = number(give(process, event, 0, moved));
	unsigned counts = number(give(process, semaphore, 0, moved));
	char text[512];

	give(process, lasting, 0, moved);
	ck_assert(!SetEvent(event));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
	/* That one they do not collect, and it is there all the same. */
	check_name(true);
	snprintf(text, sizeof(text),
		 "poll %u 0 0 reset %u 0 0 poll %u 0 258 post %u 1 2 close %u 0 0 "
		 "poll %u 0 -6\n",
		 theirs, theirs, theirs, counts, theirs, theirs);
	tell_text(to, text);
	ck_assert_uint_eq(code_of(process), 0);
	wait_until_name_is_gone();
}
END_TEST

static int native_main(void)
{
	Suite *suite = suite_create("process");
	TCase *tc = tcase_create("life"), *inherit = tcase_create("inheritance");
	TCase *pipes = tcase_create("pipes"), *given = tcase_create("given");
	TCase *sync = tcase_create("objects");
	SRunner *runner;
	int n_failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, exit_codes_have_32_bits);
	tcase_add_test(tc, a_running_process_is_active_until_it_is_terminated);
	tcase_add_test(tc, the_exit_code_is_there_without_a_wait);
	tcase_add_test(tc, a_child_without_handles_leaves_no_zombie);
	tcase_add_test(tc, a_program_that_ignores_its_children_gets_their_codes);
	tcase_add_test(tc, the_command_line_arrives_as_it_was);
	tcase_add_test(tc, environment_and_directory_are_what_was_given);
	tcase_add_test(tc, startup_information_arrives);
	tcase_add_loop_test(tc, wrong_input_is_refused, 0,
			    sizeof(wrongs) / sizeof(wrongs[0]));
	tcase_add_test(tc, a_file_that_is_no_program_is_told_so);
	tcase_add_test(tc, null_pointers_are_refused);
	tcase_add_test(tc, a_suspended_process_begins_when_it_is_resumed);
	tcase_add_test(tc, rights_of_a_process_handle_are_kept);
	tcase_add_test(tc, processes_that_are_not_there_cannot_be_opened);
	tcase_add_test(tc, codes_of_other_processes_are_found);
	suite_add_tcase(suite, tc);

	tcase_set_timeout(inherit, 60);
	tcase_add_checked_fixture(inherit, setup, teardown);
	tcase_add_test(inherit, an_inherited_file_has_the_same_value_and_position);
	tcase_add_test(inherit, a_list_says_which_handles_are_inherited);
	tcase_add_test(inherit, the_parent_of_a_process_is_who_made_it);
	tcase_add_test(inherit, wrong_attributes_are_refused);
	tcase_add_test(inherit, an_inherited_process_handle_works);
	tcase_add_test(inherit, many_handles_are_inherited);
	tcase_add_test(inherit, a_child_has_no_descriptor_nobody_gave_it);
	suite_add_tcase(suite, inherit);

	tcase_set_timeout(pipes, 60);
	tcase_add_checked_fixture(pipes, setup, teardown);
	tcase_add_test(pipes, output_of_a_native_child_is_read_until_the_pipe_breaks);
	tcase_add_test(pipes, output_of_a_child_of_ours_is_read_until_the_pipe_breaks);
	tcase_add_test(pipes, the_standard_output_of_a_child_of_ours_is_the_pipe_itself);
	tcase_add_test(pipes, input_and_output_go_through_a_child);
	tcase_add_test(pipes, a_child_that_does_not_read_its_input_lets_the_writer_know);
	tcase_add_test(pipes, a_child_whose_output_nobody_reads_is_told);
	tcase_add_test(pipes, input_that_has_ended_already_is_the_end_of_the_file);
	tcase_add_test(pipes, an_inherited_end_keeps_the_pipe_open);
	tcase_add_test(pipes, a_child_serves_after_its_parent_has_gone);
	suite_add_tcase(suite, pipes);

	tcase_set_timeout(given, 60);
	tcase_add_checked_fixture(given, setup, teardown);
	tcase_add_test(given, a_running_process_is_given_an_end);
	tcase_add_test(given, what_is_given_has_the_rights_that_were_said);
	tcase_add_test(given, what_nobody_collects_stays_open_until_the_process_ends);
	tcase_add_test(given, giving_is_refused_as_documented);
	suite_add_tcase(suite, given);

	tcase_set_timeout(sync, 60);
	tcase_add_checked_fixture(sync, setup, teardown);
	tcase_add_test(sync, an_inherited_event_is_one_in_both_processes);
	tcase_add_test(sync, an_inherited_mutex_is_owned_by_one_thread_of_all);
	tcase_add_test(sync, a_mutex_stays_owned_when_it_is_inherited);
	tcase_add_test(sync, a_mutex_of_a_process_that_ended_is_abandoned);
	tcase_add_test(sync, an_inherited_semaphore_has_one_count);
	tcase_add_test(sync, an_inherited_timer_ends_waits_in_both_processes);
	tcase_add_test(sync, what_was_inherited_stays_without_its_parent);
	tcase_add_test(sync, an_object_goes_with_its_last_handle_anywhere);
	tcase_add_test(sync, objects_that_are_given_are_the_same_in_both_processes);
	tcase_add_test(sync, objects_are_given_to_a_process_that_was_opened);
	tcase_add_test(sync, objects_that_are_given_have_the_rights_that_were_said);
	tcase_add_test(sync, a_wait_needs_a_handle_that_may_wait);
	tcase_add_test(sync, what_was_given_stays_without_its_source);
	suite_add_tcase(suite, sync);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], CHILD) == 0)
		return child_main(argc - 2, argv + 2);
	return native_main();
}
