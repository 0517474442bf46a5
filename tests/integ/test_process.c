/* SPDX-License-Identifier: MIT */
/*
 * Processes: made, told things, asked, waited for, ended; what they inherit.
 */
#include "tests/integ/process_peer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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
	ck_assert_str_eq(output_of(child_line("cwd"), 0, NULL, process_dir), process_dir);
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

	snprintf(path, sizeof(path), "%s/noprogram", process_dir);
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

static Suite *process_suite(void)
{
	Suite *suite = suite_create("process");
	TCase *tc = process_case(suite, "life");
	TCase *inherit = process_case(suite, "inheritance");

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
	tcase_add_test(inherit, an_inherited_file_has_the_same_value_and_position);
	tcase_add_test(inherit, a_list_says_which_handles_are_inherited);
	tcase_add_test(inherit, the_parent_of_a_process_is_who_made_it);
	tcase_add_test(inherit, wrong_attributes_are_refused);
	tcase_add_test(inherit, an_inherited_process_handle_works);
	tcase_add_test(inherit, many_handles_are_inherited);
	tcase_add_test(inherit, a_child_has_no_descriptor_nobody_gave_it);
	return suite;
}

int main(int argc, char **argv)
{
	return process_main(argc, argv, process_suite);
}
