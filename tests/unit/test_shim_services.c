/* SPDX-License-Identifier: MIT */
/*
 * What stands around a pipe server: files by name, locks, services, events, processors,
 * exceptions, and that every error has a text.
 *
 * A service runs in a child process, because the dispatcher takes the process's signals.
 */
#include "kernel32-shim/event_log.h"
#include "tests/lib/broker.h"
#include "tests/lib/fail.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <windows.h>

#include <npfs/status.h>

static char dir[64];

static void set_up(void)
{
	test_dir_make(dir, sizeof(dir));
}

static void tear_down(void)
{
	test_dir_remove(dir);
}

static const char *in_dir(const char *name)
{
	static char paths[4][128];
	static unsigned i;
	char *path = paths[i++ % 4];

	snprintf(path, 128, "%s/%s", dir, name);
	return path;
}

static void make_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

#define FAILS(call, error)                                  \
	do {                                                \
		SetLastError(NO_ERROR);                     \
		ck_assert(!(call));                         \
		ck_assert_uint_eq(GetLastError(), (error)); \
	} while (0)

/* ---------------------------------------------------------------------- files */

START_TEST(directories_come_and_go)
{
	WCHAR wide[128];

	ck_assert(CreateDirectoryA(in_dir("d"), NULL));
	FAILS(CreateDirectoryA(in_dir("d"), NULL), ERROR_ALREADY_EXISTS);
	FAILS(CreateDirectoryA(in_dir("none/d"), NULL), ERROR_PATH_NOT_FOUND);
	make_file(in_dir("d/f"), "x");
	FAILS(RemoveDirectoryA(in_dir("d")), ERROR_DIR_NOT_EMPTY);
	FAILS(RemoveDirectoryA(in_dir("d/f")), ERROR_DIRECTORY);
	FAILS(RemoveDirectoryA(in_dir("none")), ERROR_FILE_NOT_FOUND);
	FAILS(DeleteFileA(in_dir("d")), ERROR_ACCESS_DENIED);
	FAILS(DeleteFileA(in_dir("none")), ERROR_FILE_NOT_FOUND);
	FAILS(DeleteFileA(in_dir("none/f")), ERROR_PATH_NOT_FOUND);
	ck_assert(DeleteFileA(in_dir("d/f")));
	MultiByteToWideChar(CP_ACP, 0, in_dir("d"), -1, wide, 128);
	ck_assert(RemoveDirectoryW(wide));
	ck_assert(CreateDirectoryW(wide, NULL));
	ck_assert(RemoveDirectoryW(wide));
	ck_assert_int_ne(access(in_dir("d"), F_OK), 0);
}
END_TEST

START_TEST(a_read_only_file_stays)
{
	WIN32_FILE_ATTRIBUTE_DATA info;

	make_file(in_dir("f"), "12345");
	ck_assert(SetFileAttributesA(in_dir("f"), FILE_ATTRIBUTE_READONLY));
	ck_assert(GetFileAttributesExA(in_dir("f"), GetFileExInfoStandard, &info));
	ck_assert_uint_eq(info.dwFileAttributes, FILE_ATTRIBUTE_READONLY);
	ck_assert_uint_eq(info.nFileSizeLow, 5);
	ck_assert_int_ge(CompareFileTime(&info.ftLastWriteTime, &info.ftCreationTime), 0);
	FAILS(DeleteFileA(in_dir("f")), ERROR_ACCESS_DENIED);
	ck_assert(SetFileAttributesA(in_dir("f"), FILE_ATTRIBUTE_NORMAL));
	ck_assert(DeleteFileA(in_dir("f")));
	FAILS(SetFileAttributesA(in_dir("f"), 0), ERROR_FILE_NOT_FOUND);
	FAILS(GetFileAttributesExA(in_dir("f"), GetFileExInfoStandard, &info),
	      ERROR_FILE_NOT_FOUND);
}
END_TEST

START_TEST(files_are_copied_and_moved)
{
	struct stat st;

	make_file(in_dir("a"), "contents");
	make_file(in_dir("b"), "other");
	ck_assert(CopyFileA(in_dir("a"), in_dir("c"), TRUE));
	FAILS(CopyFileA(in_dir("a"), in_dir("b"), TRUE), ERROR_FILE_EXISTS);
	ck_assert(CopyFileA(in_dir("a"), in_dir("b"), FALSE));
	ck_assert_int_eq(stat(in_dir("b"), &st), 0);
	ck_assert_int_eq(st.st_size, 8);
	FAILS(CopyFileA(in_dir("none"), in_dir("x"), TRUE), ERROR_FILE_NOT_FOUND);
	FAILS(CopyFileA(in_dir("a"), in_dir("none/x"), TRUE), ERROR_PATH_NOT_FOUND);
	FAILS(MoveFileA(in_dir("a"), in_dir("b")), ERROR_ALREADY_EXISTS);
	ck_assert(MoveFileExA(in_dir("a"), in_dir("b"), MOVEFILE_REPLACE_EXISTING));
	ck_assert(MoveFileA(in_dir("b"), in_dir("a")));
	ck_assert_int_ne(access(in_dir("b"), F_OK), 0);
	FAILS(MoveFileA(in_dir("none"), in_dir("b")), ERROR_FILE_NOT_FOUND);
	FAILS(MoveFileA(in_dir("a"), in_dir("none/b")), ERROR_PATH_NOT_FOUND);
	FAILS(MoveFileExA(in_dir("a"), in_dir("b"), MOVEFILE_DELAY_UNTIL_REBOOT),
	      ERROR_NOT_SUPPORTED);
	ck_assert(DeleteFileA(in_dir("a")));
	ck_assert(DeleteFileA(in_dir("c")));
}
END_TEST

START_TEST(names_come_back_whole)
{
	char path[MAX_PATH], *part, name[MAX_PATH];
	WCHAR wide[MAX_PATH], *wide_part;
	DWORD n;
	UINT unique;

	setenv("TMPDIR", dir, 1);
	n = GetTempPathA(sizeof(path), path);
	ck_assert_uint_eq(n, strlen(dir) + 1);
	ck_assert_str_eq(path, in_dir(""));
	ck_assert_uint_eq(GetTempPathA(4, path), n + 1);
	ck_assert_uint_eq(GetTempPathW(MAX_PATH, wide), n);
	unique = GetTempFileNameA(dir, "prefix", 0, name);
	ck_assert_uint_ne(unique, 0);
	ck_assert_int_eq(access(name, F_OK), 0);
	ck_assert_ptr_nonnull(strstr(name, "/pre"));
	ck_assert(DeleteFileA(name));
	ck_assert_uint_eq(GetTempFileNameA(dir, "a", 0x12, name), 0x12);
	ck_assert_str_eq(name, in_dir("a12.tmp"));
	ck_assert_int_ne(access(name, F_OK), 0);
	FAILS(GetTempFileNameA(in_dir("none"), "a", 0, name), ERROR_DIRECTORY);

	ck_assert_uint_eq(GetFullPathNameA("/a/./b/../c", sizeof(path), path, &part), 4);
	ck_assert_str_eq(path, "/a/c");
	ck_assert_str_eq(part, "c");
	GetFullPathNameA("C:\\x\\..\\..\\y\\", sizeof(path), path, &part);
	ck_assert_str_eq(path, "/y/");
	ck_assert_ptr_null(part);
	ck_assert_int_eq(chdir(dir), 0);
	GetFullPathNameA("f", sizeof(path), path, NULL);
	ck_assert_ptr_nonnull(strstr(path, "/f"));
	ck_assert_uint_eq(GetFullPathNameW((const WCHAR *)u"/a/bc", MAX_PATH, wide, &wide_part),
			  5);
	ck_assert_ptr_eq(wide_part, wide + 3);
	ck_assert_uint_eq(GetFullPathNameA("/a/c", 4, path, NULL), 5);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(locks_are_held_by_the_open_file)
{
	OVERLAPPED at = {.Offset = 10};
	HANDLE a, b;

	make_file(in_dir("f"), "x");
	a = CreateFileA(in_dir("f"), GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0,
			NULL);
	b = CreateFileA(in_dir("f"), GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0,
			NULL);
	ck_assert(LockFileEx(a, LOCKFILE_EXCLUSIVE_LOCK, 0, 5, 0, &at));
	FAILS(LockFile(b, 14, 0, 1, 0), ERROR_LOCK_VIOLATION);
	ck_assert(LockFile(b, 15, 0, 1, 0));
	FAILS(LockFileEx(b, LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at), ERROR_LOCK_VIOLATION);
	ck_assert(UnlockFileEx(a, 0, 5, 0, &at));
	ck_assert(LockFileEx(a, LOCKFILE_FAIL_IMMEDIATELY, 0, 5, 0, &at));
	ck_assert(LockFileEx(b, LOCKFILE_FAIL_IMMEDIATELY, 0, 5, 0, &at));
	/* All bytes there can be; none at all. */
	ck_assert(UnlockFile(a, 0, 0, 0xffffffff, 0xffffffff));
	ck_assert(LockFile(a, 100, 0, 0xffffffff, 0x7fffffff));
	ck_assert(LockFile(b, 100, 0, 0, 0));
	CloseHandle(a);
	/* Closing lets go. */
	ck_assert(LockFile(b, 100, 0, 1, 0));
	FAILS(LockFileEx(b, 8, 0, 1, 0, &at), ERROR_INVALID_PARAMETER);
	CloseHandle(b);
	FAILS(LockFile(b, 0, 0, 1, 0), ERROR_INVALID_HANDLE);
	ck_assert(DeleteFileA(in_dir("f")));
}
END_TEST

/* ------------------------------------------------------------------- services */

static SERVICE_STATUS_HANDLE service;
static HANDLE stop;
static int controls_fd;

static void set_state(DWORD state, DWORD accepted)
{
	SERVICE_STATUS status = {
		.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
		.dwCurrentState = state,
		.dwControlsAccepted = accepted,
		.dwWaitHint = state == SERVICE_STOP_PENDING ? 1500 : 0,
	};

	if (!SetServiceStatus(service, &status))
		_exit(10);
}

static DWORD WINAPI on_control(DWORD control, DWORD type, LPVOID data, LPVOID context)
{
	char letter = control == SERVICE_CONTROL_STOP ? 'S' :
		      control == SERVICE_CONTROL_PARAMCHANGE ? 'P' : '?';

	(void)type;
	(void)data;
	if (context != &stop || write(controls_fd, &letter, 1) != 1)
		_exit(11);
	if (control == SERVICE_CONTROL_STOP) {
		set_state(SERVICE_STOP_PENDING, 0);
		SetEvent(stop);
	}
	return NO_ERROR;
}

static VOID WINAPI service_main(DWORD argc, LPSTR *argv)
{
	if (argc != 1 || strcmp(argv[0], "Test") != 0 || argv[1])
		_exit(12);
	service = RegisterServiceCtrlHandlerExA("another name", on_control, &stop);
	if (!service)
		_exit(13);
	set_state(SERVICE_START_PENDING, 0);
	set_state(SERVICE_RUNNING, SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PARAMCHANGE);
	if (write(controls_fd, "R", 1) != 1)
		_exit(14);
	WaitForSingleObject(stop, INFINITE);
	set_state(SERVICE_STOPPED, 0);
}

static VOID WINAPI on_old_control(DWORD control)
{
	(void)control;
}

static VOID WINAPI gives_up(DWORD argc, LPWSTR *argv)
{
	if (argc != 1 || lstrcmpW(argv[0], (const WCHAR *)u"W\u00e4") != 0)
		_exit(15);
	/* A service has one handler, whichever call said so last. */
	if (!RegisterServiceCtrlHandlerExW(argv[0], on_control, &stop) ||
	    !RegisterServiceCtrlHandlerW(argv[0], on_old_control) ||
	    !RegisterServiceCtrlHandlerA("W\u00e4", on_old_control))
		_exit(16);
}

static void expect(int fd, char wanted)
{
	char got = 0;

	ck_assert_int_eq(read(fd, &got, 1), 1);
	ck_assert_int_eq(got, wanted);
}

START_TEST(a_service_runs_until_it_is_told_to_stop)
{
	SERVICE_TABLE_ENTRYA table[] = {{(LPSTR)(uintptr_t)"Test", service_main}, {NULL, NULL}};
	SERVICE_TABLE_ENTRYW wide_table[] = {{(LPWSTR)(uintptr_t)u"W\u00e4", gives_up},
					     {NULL, NULL}};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fds[2], status, notify;
	char text[256];
	ssize_t n;
	pid_t pid;

	notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", in_dir("notify"));
	ck_assert_int_eq(bind(notify, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	ck_assert_int_eq(pipe(fds), 0);
	controls_fd = fds[1];
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* whoever started the tests may have had them ignored, as nohup does */
		signal(SIGHUP, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		stop = CreateEventA(NULL, TRUE, FALSE, NULL);
		if (!StartServiceCtrlDispatcherA(table))
			_exit(20);
		/* Once more, and with a service that returns without a word. */
		unsetenv("NOTIFY_SOCKET");
		if (!StartServiceCtrlDispatcherW(wide_table))
			_exit(21);
		_exit(0);
	}
	expect(fds[0], 'R');
	n = recv(notify, text, sizeof(text) - 1, 0);
	ck_assert_int_gt(n, 0);
	text[n] = 0;
	ck_assert_str_eq(text, "READY=1\nSTATUS=Test runs");
	kill(pid, SIGHUP);
	expect(fds[0], 'P');
	kill(pid, SIGTERM);
	expect(fds[0], 'S');
	n = recv(notify, text, sizeof(text) - 1, 0);
	text[n < 0 ? 0 : n] = 0;
	ck_assert_str_eq(text, "EXTEND_TIMEOUT_USEC=1500000");
	n = recv(notify, text, sizeof(text) - 1, 0);
	text[n < 0 ? 0 : n] = 0;
	ck_assert_str_eq(text, "STOPPING=1");
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	close(notify);
	unlink(address.sun_path);
	close(fds[0]);
	close(fds[1]);
	unsetenv("NOTIFY_SOCKET");
}
END_TEST

/* The child of a service is no service, and signals end it as they end others. */
static int service_child(void)
{
	SERVICE_STATUS status = {.dwCurrentState = SERVICE_STOPPED};
	struct sigaction action;

	if (SetServiceStatus(service, &status) || GetLastError() != ERROR_INVALID_HANDLE)
		return 30;
	if (RegisterServiceCtrlHandlerExA("Test", on_control, &stop) ||
	    GetLastError() != ERROR_SERVICE_NOT_IN_EXE)
		return 31;
	if (sigaction(SIGHUP, NULL, &action) || action.sa_handler != SIG_DFL)
		return 32;
	/* It may be one by itself. */
	if (!StartServiceCtrlDispatcherW((SERVICE_TABLE_ENTRYW[]){
		    {(LPWSTR)(uintptr_t)u"W\u00e4", gives_up}, {NULL, NULL}}))
		return 33;
	raise(SIGTERM);
	return 34;
}

static VOID WINAPI service_that_forks(DWORD argc, LPSTR *argv)
{
	int status;
	pid_t pid;

	(void)argc;
	service = RegisterServiceCtrlHandlerExA(argv[0], on_control, &stop);
	set_state(SERVICE_RUNNING, SERVICE_ACCEPT_STOP);
	pid = fork();
	if (pid == 0)
		_exit(service_child());
	if (waitpid(pid, &status, 0) != pid)
		_exit(40);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGTERM)
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 41);
	/* This one still hears of its own. */
	raise(SIGTERM);
	WaitForSingleObject(stop, INFINITE);
	set_state(SERVICE_STOPPED, 0);
}

START_TEST(the_child_of_a_service_is_none)
{
	SERVICE_TABLE_ENTRYA table[] = {{(LPSTR)(uintptr_t)"Test", service_that_forks},
					{NULL, NULL}};
	int status;
	pid_t pid;

	controls_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGHUP, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		stop = CreateEventA(NULL, TRUE, FALSE, NULL);
		_exit(StartServiceCtrlDispatcherA(table) ? 0 : 20);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	close(controls_fd);
}
END_TEST

START_TEST(without_a_dispatcher_there_is_no_service)
{
	SERVICE_TABLE_ENTRYA none[] = {{NULL, NULL}};
	SERVICE_STATUS status = {.dwCurrentState = SERVICE_RUNNING};

	FAILS(RegisterServiceCtrlHandlerExA("x", on_control, NULL), ERROR_SERVICE_NOT_IN_EXE);
	FAILS(RegisterServiceCtrlHandlerExA("", on_control, NULL), ERROR_INVALID_NAME);
	FAILS(RegisterServiceCtrlHandlerExW((const WCHAR *)u"x", on_control, NULL),
	      ERROR_SERVICE_NOT_IN_EXE);
	FAILS(RegisterServiceCtrlHandlerA("x", on_old_control), ERROR_SERVICE_NOT_IN_EXE);
	FAILS(RegisterServiceCtrlHandlerW((const WCHAR *)u"x", on_old_control),
	      ERROR_SERVICE_NOT_IN_EXE);
	FAILS(SetServiceStatus(NULL, &status), ERROR_INVALID_HANDLE);
	status.dwCurrentState = 99;
	FAILS(SetServiceStatus(NULL, &status), ERROR_INVALID_DATA);
	FAILS(StartServiceCtrlDispatcherA(none), ERROR_INVALID_DATA);
}
END_TEST

/* --------------------------------------------------------------------- events */

START_TEST(an_event_is_a_line)
{
	const char *strings[] = {"one", "two\nlines"};
	LPCSTR ansi[] = {"text"};
	LPCWSTR wide[] = {(const WCHAR *)u"t\u00e4xt"};
	char line[128];
	HANDLE h;

	event_log_line("src", 2, 0xc00003e9, strings, 2, "\x0a\x0b", 2, line, sizeof(line));
	ck_assert_str_eq(line, "src event 1001 category 2: one; two lines; data 0a0b");
	event_log_line("src", 0, 5, NULL, 0, NULL, 0, line, sizeof(line));
	ck_assert_str_eq(line, "src event 5");
	event_log_line("src", 0, 5, strings, 2, NULL, 0, line, 16);
	ck_assert_str_eq(line, "src event 5: on");
	ck_assert_int_eq(event_log_priority(EVENTLOG_ERROR_TYPE), LOG_USER | LOG_ERR);
	ck_assert_int_eq(event_log_priority(EVENTLOG_INFORMATION_TYPE), LOG_USER | LOG_INFO);

	FAILS(RegisterEventSourceA("\\\\other", "src"), ERROR_NOT_SUPPORTED);
	FAILS(RegisterEventSourceW((const WCHAR *)u"\\\\other", (const WCHAR *)u"src"),
	      ERROR_NOT_SUPPORTED);
	h = RegisterEventSourceW(NULL, (const WCHAR *)u"npfs t\u00e4st");
	ck_assert_ptr_nonnull(h);
	ck_assert(DeregisterEventSource(h));
	h = RegisterEventSourceA(NULL, "npfs test");
	ck_assert_ptr_nonnull(h);
	ck_assert(ReportEventA(h, EVENTLOG_SUCCESS, 0, 1, NULL, 1, 0, ansi, NULL));
	ck_assert(ReportEventW(h, EVENTLOG_SUCCESS, 0, 1, NULL, 1, 0, wide, NULL));
	ck_assert(DeregisterEventSource(h));
	FAILS(DeregisterEventSource(h), ERROR_INVALID_HANDLE);
	FAILS(ReportEventA(h, EVENTLOG_SUCCESS, 0, 1, NULL, 1, 0, ansi, NULL),
	      ERROR_INVALID_HANDLE);
}
END_TEST

/* ------------------------------------------------- processors, debugger, exceptions */

START_TEST(masks_and_times_are_the_kernels)
{
	FILETIME creation, exited, kernel, user, now;
	DWORD_PTR mask, before, system;

	ck_assert(GetProcessAffinityMask(GetCurrentProcess(), &mask, &system));
	ck_assert_uint_ne(mask, 0);
	ck_assert_uint_eq(mask & ~system, 0);
	before = SetThreadAffinityMask(GetCurrentThread(), mask & (~mask + 1));
	ck_assert_uint_eq(before, mask);
	ck_assert_uint_eq(SetThreadAffinityMask(GetCurrentThread(), mask),
			  mask & (~mask + 1));
	ck_assert(SetProcessAffinityMask(GetCurrentProcess(), mask));
	FAILS(SetThreadAffinityMask(GetCurrentThread(), 0), ERROR_INVALID_PARAMETER);
	FAILS(SetProcessAffinityMask(GetCurrentProcess(), 0), ERROR_INVALID_PARAMETER);

	ck_assert(GetThreadTimes(GetCurrentThread(), &creation, &exited, &kernel, &user));
	GetSystemTimeAsFileTime(&now);
	ck_assert_int_lt(CompareFileTime(&creation, &now), 0);
	ck_assert_uint_eq(exited.dwLowDateTime | exited.dwHighDateTime, 0);
}
END_TEST

static unsigned order, first_at, second_at, continued_at;

static LONG WINAPI first_handler(EXCEPTION_POINTERS *pointers)
{
	first_at = ++order;
	ck_assert_uint_eq(pointers->ExceptionRecord->ExceptionCode, 0xe0000001);
	return EXCEPTION_CONTINUE_SEARCH;
}

static LONG WINAPI second_handler(EXCEPTION_POINTERS *pointers)
{
	(void)pointers;
	second_at = ++order;
	return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG WINAPI continue_handler(EXCEPTION_POINTERS *pointers)
{
	(void)pointers;
	continued_at = ++order;
	return EXCEPTION_CONTINUE_SEARCH;
}

START_TEST(vectored_handlers_come_in_their_order)
{
	PVOID second = AddVectoredExceptionHandler(0, second_handler);
	PVOID first = AddVectoredExceptionHandler(1, first_handler);
	PVOID after = AddVectoredContinueHandler(0, continue_handler);

	RaiseException(0xe0000001, 0, 0, NULL);
	ck_assert_uint_eq(first_at, 1);
	ck_assert_uint_eq(second_at, 2);
	ck_assert_uint_eq(continued_at, 3);
	ck_assert_uint_ne(RemoveVectoredExceptionHandler(first), 0);
	ck_assert_uint_eq(RemoveVectoredExceptionHandler(first), 0);
	ck_assert_uint_ne(RemoveVectoredExceptionHandler(second), 0);
	ck_assert_uint_ne(RemoveVectoredContinueHandler(after), 0);
}
END_TEST

START_TEST(texts_for_a_debugger_reach_standard_error_when_asked)
{
	int fds[2], saved = dup(STDERR_FILENO);
	char text[32];
	ssize_t n;

	ck_assert_int_eq(pipe2(fds, O_NONBLOCK), 0);
	dup2(fds[1], STDERR_FILENO);
	if (!IsDebuggerPresent())
		OutputDebugStringA("nobody");
	setenv("NPFS_OUTPUT_DEBUG_STRING", "1", 1);
	OutputDebugStringA("narrow ");
	OutputDebugStringW((const WCHAR *)u"w\u00efde");
	dup2(saved, STDERR_FILENO);
	n = read(fds[0], text, sizeof(text) - 1);
	ck_assert_int_gt(n, 0);
	text[n] = 0;
	ck_assert_str_eq(text, "narrow w\u00efde");
	close(fds[0]);
	close(fds[1]);
	close(saved);
}
END_TEST

/* --------------------------------------------------------------------- errors */

static const npfs_status statuses[] = {
	STATUS_SUCCESS, STATUS_PENDING, STATUS_BUFFER_OVERFLOW, STATUS_INVALID_HANDLE,
	STATUS_PIPE_BROKEN, STATUS_PIPE_CLOSING, STATUS_PIPE_LISTENING, STATUS_PIPE_CONNECTED,
	STATUS_PIPE_DISCONNECTED, STATUS_PIPE_EMPTY, STATUS_PIPE_BUSY,
	STATUS_PIPE_NOT_AVAILABLE, STATUS_INSTANCE_NOT_AVAILABLE, STATUS_INVALID_PIPE_STATE,
	STATUS_IO_TIMEOUT, STATUS_CANCELLED, STATUS_ACCESS_DENIED, STATUS_ILLEGAL_FUNCTION,
	STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_NAME_INVALID, STATUS_NO_MEMORY,
	STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED,
};

START_TEST(every_error_of_a_pipe_has_a_text)
{
	char text[512];
	WCHAR wide[512];
	LPSTR made = NULL;
	DWORD error, n;

	for (size_t i = 0; i < ARRAYSIZE(statuses); i++) {
		error = npfs_status_to_win32(statuses[i]);
		n = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
				   NULL, error, 0, text, sizeof(text), NULL);
		ck_assert_msg(n > 2, "no text for %u", error);
		ck_assert_uint_eq(n, strlen(text));
		ck_assert_str_eq(text + n - 2, "\r\n");
		ck_assert_uint_gt(FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM, NULL, error, 0,
						 wide, 512, NULL),
				  2);
	}
	n = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL,
			   ERROR_BROKEN_PIPE, 0, (LPSTR)&made, 0, NULL);
	ck_assert_uint_eq(n, strlen(made));
	LocalFree(made);
	FAILS(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, ERROR_BROKEN_PIPE, 0, text, 3,
			     NULL),
	      ERROR_INSUFFICIENT_BUFFER);
	FAILS(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x3fffffff, 0, text, 512, NULL),
	      ERROR_MR_MID_NOT_FOUND);
	/* The largest buffer there may be. */
	made = malloc(65535);
	ck_assert_uint_gt(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, ERROR_PIPE_BUSY, 0,
					 made, 65535, NULL),
			  2);
	free(made);
}
END_TEST

/* Texts of up to 64 K units, in both forms, into a buffer that fits them to the unit. */
START_TEST(a_message_has_up_to_64_k_units)
{
	enum { LEN = 65535 };
	char *insert = malloc(LEN + 1), *text = malloc(LEN + 1);
	WCHAR *wide_insert = malloc((LEN + 1) * sizeof(WCHAR));
	WCHAR *wide = malloc((LEN + 1) * sizeof(WCHAR)), *made = NULL;
	DWORD flags = FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY;
	DWORD_PTR args[] = {(DWORD_PTR)insert}, wide_args[] = {(DWORD_PTR)wide_insert};

	memset(insert, 'x', LEN);
	insert[LEN] = 0;
	for (unsigned i = 0; i < LEN; i++)
		wide_insert[i] = u'\u20ac';
	wide_insert[LEN] = 0;
	ck_assert_uint_eq(FormatMessageA(flags, "%1", 0, 0, text, LEN + 1, (va_list *)args),
			  LEN);
	ck_assert_str_eq(text, insert);
	FAILS(FormatMessageA(flags, "%1", 0, 0, text, LEN, (va_list *)args),
	      ERROR_INSUFFICIENT_BUFFER);
	ck_assert_uint_eq(FormatMessageW(flags, u"%1", 0, 0, wide, LEN + 1,
					 (va_list *)wide_args),
			  LEN);
	ck_assert_mem_eq(wide, wide_insert, (LEN + 1) * sizeof(WCHAR));
	ck_assert_uint_eq(FormatMessageW(flags | FORMAT_MESSAGE_ALLOCATE_BUFFER, u"%1", 0, 0,
					 (LPWSTR)&made, 0, (va_list *)wide_args),
			  LEN);
	ck_assert_mem_eq(made, wide_insert, (LEN + 1) * sizeof(WCHAR));
	LocalFree(made);
	free(insert);
	free(text);
	free(wide_insert);
	free(wide);
}
END_TEST

START_TEST(inserts_go_where_the_text_says)
{
	DWORD_PTR args[] = {(DWORD_PTR) "one", 42};
	char text[64];

	ck_assert_uint_eq(FormatMessageA(FORMAT_MESSAGE_FROM_STRING |
						 FORMAT_MESSAGE_ARGUMENT_ARRAY,
					 "%2!u! %1 %%", 0, 0, text, sizeof(text),
					 (va_list *)args),
			  8);
	ck_assert_str_eq(text, "42 one %");
	FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_IGNORE_INSERTS, "%1 left", 0,
		       0, text, sizeof(text), NULL);
	ck_assert_str_eq(text, "%1 left");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shim_services");
	TCase *tcase = tcase_create("files");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, directories_come_and_go);
	tcase_add_test(tcase, a_read_only_file_stays);
	tcase_add_test(tcase, files_are_copied_and_moved);
	tcase_add_test(tcase, names_come_back_whole);
	tcase_add_test(tcase, locks_are_held_by_the_open_file);
	tcase_add_test(tcase, a_service_runs_until_it_is_told_to_stop);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("rest");
	tcase_add_test(tcase, the_child_of_a_service_is_none);
	tcase_add_test(tcase, without_a_dispatcher_there_is_no_service);
	tcase_add_test(tcase, an_event_is_a_line);
	tcase_add_test(tcase, masks_and_times_are_the_kernels);
	tcase_add_test(tcase, vectored_handlers_come_in_their_order);
	tcase_add_test(tcase, texts_for_a_debugger_reach_standard_error_when_asked);
	tcase_add_test(tcase, every_error_of_a_pipe_has_a_text);
	tcase_add_test(tcase, a_message_has_up_to_64_k_units);
	tcase_add_test(tcase, inserts_go_where_the_text_says);
	suite_add_tcase(suite, tcase);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
