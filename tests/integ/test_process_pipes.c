/* SPDX-License-Identifier: MIT */
/*
 * What processes read and write as their standard handles, and ends of pipes that are given to
 * them while they run.
 */
#include "tests/integ/process_peer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIG 300000u

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
			 process_program);
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

/* One that waits for the number of a handle. */
static HANDLE start_taker(HANDLE *tellp)
{
	return start_listener(child_line("take"), tellp);
}

static void tell(HANDLE to, HANDLE given)
{
	char text[32];

	snprintf(text, sizeof(text), "%u\n", (unsigned)(uintptr_t)given);
	tell_text(to, text);
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

static Suite *pipes_suite(void)
{
	Suite *suite = suite_create("process_pipes");
	TCase *pipes = process_case(suite, "pipes");
	TCase *given = process_case(suite, "given");

	tcase_add_test(pipes, output_of_a_native_child_is_read_until_the_pipe_breaks);
	tcase_add_test(pipes, output_of_a_child_of_ours_is_read_until_the_pipe_breaks);
	tcase_add_test(pipes, the_standard_output_of_a_child_of_ours_is_the_pipe_itself);
	tcase_add_test(pipes, input_and_output_go_through_a_child);
	tcase_add_test(pipes, a_child_that_does_not_read_its_input_lets_the_writer_know);
	tcase_add_test(pipes, a_child_whose_output_nobody_reads_is_told);
	tcase_add_test(pipes, input_that_has_ended_already_is_the_end_of_the_file);
	tcase_add_test(pipes, an_inherited_end_keeps_the_pipe_open);
	tcase_add_test(pipes, a_child_serves_after_its_parent_has_gone);
	tcase_add_test(given, a_running_process_is_given_an_end);
	tcase_add_test(given, what_is_given_has_the_rights_that_were_said);
	tcase_add_test(given, what_nobody_collects_stays_open_until_the_process_ends);
	tcase_add_test(given, giving_is_refused_as_documented);
	return suite;
}

int main(int argc, char **argv)
{
	return process_main(argc, argv, pipes_suite);
}
