/* SPDX-License-Identifier: MIT */
/*
 * Starting children, hearing what they say, and the fixture of tests of processes
 */
#include "tests/integ/process_peer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/broker.h"
#include "tests/lib/leak.h"

#define WARM "\\\\.\\pipe\\warm"

static struct test_broker broker;
static struct test_leak leak;
char process_program[PATH_MAX];
char process_dir[48];
static const char *const file_names[] = {"output", "noprogram", "shared", "many"};

HANDLE start_with(const char *line, STARTUPINFOA *info, BOOL inherits, DWORD flags,
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

__attribute__((format(printf, 1, 2))) const char *child_line(const char *format, ...)
{
	static char line[PATH_MAX + 1024];
	va_list args;
	int n = snprintf(line, sizeof(line), "\"%s\" " CHILD " ", process_program);

	va_start(args, format);
	vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
	va_end(args);
	return line;
}

HANDLE start(const char *line)
{
	STARTUPINFOA info = {.cb = sizeof(info)};

	return start_with(line, &info, FALSE, 0, NULL);
}

DWORD code_of(HANDLE process)
{
	DWORD code = 12345;

	ck_assert_uint_eq(WaitForSingleObject(process, TIMEOUT), WAIT_OBJECT_0);
	ck_assert(GetExitCodeProcess(process, &code));
	ck_assert(CloseHandle(process));
	return code;
}

HANDLE inheritable_file(const char *name)
{
	SECURITY_ATTRIBUTES sa = {.nLength = sizeof(sa), .bInheritHandle = TRUE};
	char path[128];
	HANDLE h;

	snprintf(path, sizeof(path), "%s/%s", process_dir, name);
	h = CreateFileA(path, READ_WRITE, 0, &sa, CREATE_ALWAYS, 0, NULL);
	ck_assert_ptr_ne(h, INVALID_HANDLE_VALUE);
	return h;
}

void rewind_file(HANDLE file)
{
	ck_assert(SetFilePointerEx(file, (LARGE_INTEGER){.QuadPart = 0}, NULL, FILE_BEGIN));
}

/* What a child writes to its standard output, when it has ended with code 0. */
const char *output_of(const char *line, DWORD flags, void *environment,
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

void process_setup(void)
{
	ssize_t n = readlink("/proc/self/exe", process_program,
			     sizeof(process_program) - 1);
	HANDLE r, w;

	ck_assert_int_gt(n, 0);
	process_program[n] = '\0';
	test_dir_make(process_dir, sizeof(process_dir));
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

void process_teardown(void)
{
	test_leak_end(&leak);
	test_broker_stop(&broker);
	for (size_t i = 0; i < sizeof(file_names) / sizeof(file_names[0]); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", process_dir, file_names[i]);
		unlink(path);
	}
	test_dir_remove(process_dir);
}

void anonymous_pipe(HANDLE *readp, HANDLE *writep, bool inherits_read,
			   bool inherits_write)
{
	SECURITY_ATTRIBUTES sa = {.nLength = sizeof(sa), .bInheritHandle = TRUE};

	ck_assert(CreatePipe(readp, writep, &sa, 0));
	if (!inherits_read)
		ck_assert(SetHandleInformation(*readp, HANDLE_FLAG_INHERIT, 0));
	if (!inherits_write)
		ck_assert(SetHandleInformation(*writep, HANDLE_FLAG_INHERIT, 0));
}

/* A child that waits to be told something, and the pipe to tell it over. */
HANDLE start_listener(const char *line, HANDLE *tellp)
{
	STARTUPINFOA info = {.cb = sizeof(info), .dwFlags = STARTF_USESTDHANDLES};
	HANDLE process;

	anonymous_pipe(&info.hStdInput, tellp, true, false);
	info.hStdOutput = info.hStdError = GetStdHandle(STD_ERROR_HANDLE);
	process = start_with(line, &info, TRUE, 0, NULL);
	CloseHandle(info.hStdInput);
	return process;
}

void tell_text(HANDLE to, const char *text)
{
	DWORD n;

	ck_assert(WriteFile(to, text, (DWORD)strlen(text), &n, NULL));
	CloseHandle(to);
}

HANDLE give(HANDLE process, HANDLE h, DWORD access, DWORD options)
{
	HANDLE given = NULL;

	ck_assert_msg(DuplicateHandle(GetCurrentProcess(), h, process, &given, access, FALSE,
				      options),
		      "error %u", GetLastError());
	ck_assert_ptr_nonnull(given);
	return given;
}

TCase *process_case(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, process_setup, process_teardown);
	suite_add_tcase(suite, tc);
	return tc;
}

int process_main(int argc, char **argv, Suite *(*suite)(void))
{
	SRunner *runner;
	int n_failed;

	if (argc > 1 && strcmp(argv[1], CHILD) == 0)
		return process_child_main(argc - 2, argv + 2);
	runner = srunner_create(suite());
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
