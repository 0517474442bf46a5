/* SPDX-License-Identifier: MIT */
/*
 * CreatePipe between ordinary programs: what a shell does with `|`, done with Win32 calls and
 * programs that know nothing of them
 *
 * The programs get ends of anonymous pipes as standard input, output and error. What a plain
 * fork() or system() does with ends is here, too: their descriptors close on exec, so such a
 * child has none, keeps none open, and the pipe breaks when the parent closes.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>

#include "tests/lib/broker.h"
#include "tests/lib/proc.h"

#define BIG	(2u << 20)
#define TIMEOUT TEST_DEADLINE_MS

static struct test_broker broker;
static char text[BIG + 4096];

static void setup(void)
{
	test_broker_start(&broker);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

/* A pipe whose ends children may inherit. */
static void make_pipe(HANDLE *readp, HANDLE *writep)
{
	SECURITY_ATTRIBUTES attributes = {.nLength = sizeof(attributes), .bInheritHandle = TRUE};

	ck_assert(CreatePipe(readp, writep, &attributes, 0));
}

/* Lets children not inherit an end. */
static void keep(HANDLE h)
{
	ck_assert(SetHandleInformation(h, HANDLE_FLAG_INHERIT, 0));
}

/* Starts a program with these streams, which are closed here. Return: its handle. */
static HANDLE run(const char *line, HANDLE in, HANDLE out, HANDLE err)
{
	STARTUPINFOA info = {
		.cb = sizeof(info),
		.dwFlags = STARTF_USESTDHANDLES,
		.hStdInput = in,
		.hStdOutput = out,
		.hStdError = err,
	};
	PROCESS_INFORMATION process;
	char command[512];

	snprintf(command, sizeof(command), "%s", line);
	ck_assert_msg(CreateProcessA(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &info,
				     &process),
		      "%s: %u", line, (unsigned)GetLastError());
	CloseHandle(process.hThread);
	if (in)
		CloseHandle(in);
	if (out)
		CloseHandle(out);
	if (err && err != out)
		CloseHandle(err);
	return process.hProcess;
}

static DWORD code_of(HANDLE process)
{
	DWORD code;

	ck_assert_uint_eq(WaitForSingleObject(process, TIMEOUT), WAIT_OBJECT_0);
	ck_assert(GetExitCodeProcess(process, &code));
	CloseHandle(process);
	return code;
}

/* Reads until the pipe breaks, and closes it. Return: bytes, in `text`. */
static DWORD drain(HANDLE r)
{
	DWORD len = 0, n;

	while (ReadFile(r, text + len, sizeof(text) - 1 - len, &n, NULL))
		len += n;
	ck_assert_uint_eq(GetLastError(), ERROR_BROKEN_PIPE);
	text[len] = 0;
	CloseHandle(r);
	return len;
}

struct feed {
	HANDLE to;
	const char *data;
	DWORD len;
	DWORD error; /* of the write that failed; 0: none did */
};

static DWORD WINAPI feed_main(LPVOID user)
{
	struct feed *feed = user;
	DWORD done, n;

	for (done = 0; done < feed->len; done += n)
		if (!WriteFile(feed->to, feed->data + done,
			       feed->len - done < 5000 ? feed->len - done : 5000, &n, NULL)) {
			feed->error = GetLastError();
			break;
		}
	CloseHandle(feed->to);
	return 0;
}

static HANDLE start_feed(struct feed *feed, HANDLE to, const char *data, DWORD len)
{
	HANDLE thread;

	*feed = (struct feed){.to = to, .data = data, .len = len};
	keep(to);
	thread = CreateThread(NULL, 0, feed_main, feed, 0, NULL);
	ck_assert_ptr_nonnull(thread);
	return thread;
}

static void end_feed(HANDLE thread)
{
	ck_assert_uint_eq(WaitForSingleObject(thread, TIMEOUT), WAIT_OBJECT_0);
	CloseHandle(thread);
}

START_TEST(sort_answers_at_the_end_of_its_input)
{
	HANDLE in_r, in_w, out_r, out_w, process;
	DWORD n;

	make_pipe(&in_r, &in_w);
	make_pipe(&out_r, &out_w);
	keep(in_w);
	keep(out_r);
	process = run("/usr/bin/sort", in_r, out_w, NULL);
	ck_assert(WriteFile(in_w, "pear\napple\nfig\n", 15, &n, NULL));
	CloseHandle(in_w);
	drain(out_r);
	ck_assert_str_eq(text, "apple\nfig\npear\n");
	ck_assert_uint_eq(code_of(process), 0);
}
END_TEST

START_TEST(a_reader_that_leaves_early_breaks_the_writer)
{
	HANDLE in_r, in_w, out_r, out_w, process, thread;
	char *data = malloc(BIG);
	struct feed feed;

	ck_assert_ptr_nonnull(data);
	memset(data, 'h', BIG);
	make_pipe(&in_r, &in_w);
	make_pipe(&out_r, &out_w);
	keep(in_w);
	keep(out_r);
	process = run("/usr/bin/head -c 3", in_r, out_w, NULL);
	thread = start_feed(&feed, in_w, data, BIG);
	ck_assert_uint_eq(drain(out_r), 3);
	ck_assert_uint_eq(code_of(process), 0);
	end_feed(thread);
	/* before a write, or while it waits */
	ck_assert(feed.error == ERROR_NO_DATA || feed.error == ERROR_BROKEN_PIPE);
	free(data);
}
END_TEST

START_TEST(errors_have_a_pipe_of_their_own)
{
	HANDLE out_r, out_w, err_r, err_w, process;

	make_pipe(&out_r, &out_w);
	make_pipe(&err_r, &err_w);
	keep(out_r);
	keep(err_r);
	process = run("/bin/sh -c \"echo out; echo err >&2; exit 7\"", NULL, out_w, err_w);
	drain(out_r);
	ck_assert_str_eq(text, "out\n");
	drain(err_r);
	ck_assert_str_eq(text, "err\n");
	ck_assert_uint_eq(code_of(process), 7);
}
END_TEST

START_TEST(megabytes_go_through_a_chain_of_three)
{
	HANDLE r[4], w[4], processes[3], thread;
	char *data = malloc(BIG);
	struct feed feed;
	DWORD i;

	ck_assert_ptr_nonnull(data);
	for (i = 0; i < BIG; i++)
		data[i] = (char)('a' + i % 26);
	/* feed | cat | tr | cat | drain */
	for (i = 0; i < 4; i++)
		make_pipe(&r[i], &w[i]);
	for (i = 0; i < 4; i++) {
		keep(r[i]);
		keep(w[i]);
	}
	for (i = 0; i < 3; i++) {
		ck_assert(SetHandleInformation(r[i], HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
		ck_assert(SetHandleInformation(w[i + 1], HANDLE_FLAG_INHERIT,
					       HANDLE_FLAG_INHERIT));
		processes[i] = run(i == 1 ? "/usr/bin/tr a-z A-Z" : "/bin/cat", r[i], w[i + 1],
				   NULL);
	}
	thread = start_feed(&feed, w[0], data, BIG);
	ck_assert_uint_eq(drain(r[3]), BIG);
	for (i = 0; i < BIG; i++)
		ck_assert_int_eq(text[i], 'A' + (int)(i % 26));
	end_feed(thread);
	ck_assert_uint_eq(feed.error, 0);
	for (i = 0; i < 3; i++)
		ck_assert_uint_eq(code_of(processes[i]), 0);
	free(data);
}
END_TEST

START_TEST(what_a_shell_starts_has_the_streams_too)
{
	HANDLE in_r, in_w, out_r, out_w, process;
	DWORD n;

	make_pipe(&in_r, &in_w);
	make_pipe(&out_r, &out_w);
	keep(in_w);
	keep(out_r);
	process = run("/bin/sh -c \"read first; echo $first; sort | tail -n 1 & wait\"", in_r, out_w,
		      NULL);
	ck_assert(WriteFile(in_w, "one\n", 4, &n, NULL));
	CloseHandle(in_w);
	drain(out_r);
	ck_assert_str_eq(text, "one\n");
	ck_assert_uint_eq(code_of(process), 0);
}
END_TEST

START_TEST(a_plain_fork_and_exec_takes_no_end_with_it)
{
	HANDLE r, w;
	int gate[2], status;
	pid_t pid;

	make_pipe(&r, &w);
	ck_assert_int_eq(pipe(gate), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(gate[0], STDIN_FILENO);
		close(gate[1]);
		execl("/bin/cat", "cat", (char *)NULL);
		_exit(127);
	}
	close(gate[0]);
	/* it goes on to run and keeps the pipe open by nothing */
	ck_assert_int_eq(system("exit 5") >> 8, 5);
	CloseHandle(w);
	ck_assert_uint_eq(drain(r), 0);
	ck_assert_int_eq(waitpid(pid, &status, WNOHANG), 0);
	close(gate[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(an_end_still_works_in_the_parent_after_a_fork)
{
	HANDLE r, w;
	char buf[8];
	DWORD n;

	make_pipe(&r, &w);
	ck_assert(WriteFile(w, "abc", 3, &n, NULL));
	ck_assert_int_eq(system("true"), 0);
	ck_assert(ReadFile(r, buf, sizeof(buf), &n, NULL));
	ck_assert_uint_eq(n, 3);
	CloseHandle(r);
	ck_assert(!WriteFile(w, "x", 1, &n, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_NO_DATA);
	CloseHandle(w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pipeline");
	TCase *tcase = tcase_create("pipeline");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_set_timeout(tcase, 2 * TIMEOUT / 1000);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, sort_answers_at_the_end_of_its_input);
	tcase_add_test(tcase, a_reader_that_leaves_early_breaks_the_writer);
	tcase_add_test(tcase, errors_have_a_pipe_of_their_own);
	tcase_add_test(tcase, megabytes_go_through_a_chain_of_three);
	tcase_add_test(tcase, what_a_shell_starts_has_the_streams_too);
	tcase_add_test(tcase, a_plain_fork_and_exec_takes_no_end_with_it);
	tcase_add_test(tcase, an_end_still_works_in_the_parent_after_a_fork);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
