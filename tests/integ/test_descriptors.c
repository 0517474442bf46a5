/* SPDX-License-Identifier: MIT */
/*
 * Pipes behind descriptors (kernel32-shim/osf_handle.h): read(), write() and close() on what
 * _open_osfhandle gives.
 */
#include <windows.h>
#include <io.h>

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/broker.h"

#define NAME "\\\\.\\pipe\\descriptors"

enum { LONG_LEN = 300000 };

static struct test_broker broker;

static void setup(void)
{
	test_broker_start(&broker);
	signal(SIGPIPE, SIG_IGN);
}

static void teardown(void)
{
	test_broker_stop(&broker);
}

static void make_pipe(HANDLE *serverp, HANDLE *clientp, DWORD type)
{
	*serverp = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX, type, 1, 4096, 4096, 0, NULL);
	ck_assert_ptr_ne(*serverp, INVALID_HANDLE_VALUE);
	if (!clientp)
		return;
	*clientp = CreateFileA(NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0,
			       NULL);
	ck_assert_ptr_ne(*clientp, INVALID_HANDLE_VALUE);
}

static int descriptor_of(HANDLE h)
{
	int fd = _open_osfhandle((INT_PTR)h, _O_BINARY);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static char pattern(size_t i)
{
	return (char)(i * 7 + i / 251);
}

/* All @n bytes that come out of the descriptor, and they are the pattern. */
static void ck_read_pattern(int fd, size_t n)
{
	static char buffer[65536];
	size_t done = 0;

	while (done < n) {
		ssize_t m = read(fd, buffer, sizeof(buffer));

		ck_assert_int_gt(m, 0);
		for (ssize_t i = 0; i < m; i++)
			ck_assert_int_eq(buffer[i], pattern(done + (size_t)i));
		done += (size_t)m;
	}
	ck_assert_uint_eq(done, n);
}

START_TEST(an_anonymous_pipe_is_two_descriptors)
{
	char text[8] = "";
	HANDLE r, w;
	int in, out;

	ck_assert(CreatePipe(&r, &w, NULL, 0));
	in = descriptor_of(r);
	out = descriptor_of(w);
	ck_assert_int_eq(_get_osfhandle(in), (INT_PTR)r);
	ck_assert_int_eq(_get_osfhandle(out), (INT_PTR)w);
	ck_assert_uint_eq(GetFileType((HANDLE)_get_osfhandle(in)), FILE_TYPE_PIPE);
	ck_assert_int_eq(write(out, "abc", 3), 3);
	ck_assert_int_eq(read(in, text, sizeof(text)), 3);
	ck_assert_str_eq(text, "abc");
	ck_assert_int_eq(write(out, "de", 2), 2);
	ck_assert_int_eq(close(out), 0);
	ck_assert_int_eq(read(in, text, 1), 1);
	ck_assert_int_eq(read(in, text + 1, 7), 1);
	ck_assert_mem_eq(text, "de", 2);
	ck_assert_int_eq(read(in, text, 1), 0);
	ck_assert_int_eq(close(in), 0);
}
END_TEST

START_TEST(a_duplex_end_goes_both_ways)
{
	HANDLE server, client;
	char text[16] = "";
	DWORD n;
	int fd;

	make_pipe(&server, &client, PIPE_TYPE_BYTE);
	fd = descriptor_of(client);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(write(fd, "ping", 4), 4);
		ck_assert(ReadFile(server, text, sizeof(text), &n, NULL));
		ck_assert_uint_eq(n, 4);
		ck_assert(WriteFile(server, "pong!", 5, &n, NULL));
		ck_assert_int_eq(read(fd, text, 5), 5);
		ck_assert_mem_eq(text, "pong!", 5);
	}
	/* A copy keeps it open; the last close closes the handle. */
	ck_assert_int_eq(write(fd, "last", 4), 4);
	n = (DWORD)dup(fd);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(_get_osfhandle((int)n), (INT_PTR)client);
	ck_assert_int_eq(write((int)n, "!", 1), 1);
	ck_assert_int_eq(close((int)n), 0);
	for (DWORD got = 0; got < 5; got += n)
		ck_assert(ReadFile(server, text, sizeof(text), &n, NULL));
	ck_assert(!ReadFile(server, text, sizeof(text), &n, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_BROKEN_PIPE);
	CloseHandle(server);
}
END_TEST

static DWORD WINAPI write_pattern(LPVOID user)
{
	static char data[LONG_LEN];
	int fd = (int)(INT_PTR)user;

	for (size_t i = 0; i < LONG_LEN; i++)
		data[i] = pattern(i);
	for (size_t done = 0; done < LONG_LEN;) {
		ssize_t n = write(fd, data + done, LONG_LEN - done);

		if (n < 0)
			return 1;
		done += (size_t)n;
	}
	return (DWORD)close(fd);
}

/* Much more than the pipe and the socket hold. */
START_TEST(much_goes_through_in_order)
{
	HANDLE server, client, thread;
	int in, out;
	char byte;

	make_pipe(&server, &client, PIPE_TYPE_BYTE);
	in = descriptor_of(server);
	out = descriptor_of(client);
	thread = CreateThread(NULL, 0, write_pattern, (LPVOID)(INT_PTR)out, 0, NULL);
	ck_assert_ptr_nonnull(thread);
	ck_read_pattern(in, LONG_LEN);
	ck_assert_int_eq(read(in, &byte, 1), 0);
	ck_assert_uint_eq(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
	CloseHandle(thread);
	close(in);
}
END_TEST

START_TEST(a_peer_that_is_gone_ends_both_ways)
{
	HANDLE server, client;
	char text[8];
	DWORD n;
	int fd;

	make_pipe(&server, &client, PIPE_TYPE_BYTE);
	fd = descriptor_of(client);
	ck_assert(WriteFile(server, "bye", 3, &n, NULL));
	CloseHandle(server);
	ck_assert_int_eq(read(fd, text, sizeof(text)), 3);
	ck_assert_int_eq(read(fd, text, sizeof(text)), 0);
	/* The first may go into the descriptor's own buffer. */
	while (write(fd, "x", 1) == 1)
		;
	ck_assert_int_eq(errno, EPIPE);
	close(fd);
}
END_TEST

/* The bytes are on their way when the process ends. */
START_TEST(what_was_written_arrives_although_the_process_ends)
{
	static char data[20000];
	HANDLE server;
	size_t done = 0;
	char buffer[4096];
	pid_t pid;
	DWORD n;

	make_pipe(&server, NULL, PIPE_TYPE_BYTE);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		HANDLE h = CreateFileA(NAME, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
		int fd = h == INVALID_HANDLE_VALUE ? -1 : _open_osfhandle((INT_PTR)h, 0);

		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = pattern(i);
		exit(write(fd, data, sizeof(data)) == (ssize_t)sizeof(data) ? 0 : 1);
	}
	ck_assert(ConnectNamedPipe(server, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
	while (ReadFile(server, buffer, sizeof(buffer), &n, NULL)) {
		for (DWORD i = 0; i < n; i++)
			ck_assert_int_eq(buffer[i], pattern(done + i));
		done += n;
	}
	ck_assert_uint_eq(GetLastError(), ERROR_BROKEN_PIPE);
	ck_assert_uint_eq(done, sizeof(data));
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	CloseHandle(server);
}
END_TEST

START_TEST(what_is_no_pipe_has_no_bridge)
{
	HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);

	errno = 0;
	ck_assert_int_eq(_open_osfhandle((INT_PTR)event, 0), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(_open_osfhandle(0, 0), -1);
	ck_assert_int_eq(_get_osfhandle(-1), -1);
	CloseHandle(event);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("descriptors");
	TCase *tc = tcase_create("pipe");
	SRunner *sr;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_anonymous_pipe_is_two_descriptors);
	tcase_add_test(tc, a_duplex_end_goes_both_ways);
	tcase_add_test(tc, much_goes_through_in_order);
	tcase_add_test(tc, a_peer_that_is_gone_ends_both_ways);
	tcase_add_test(tc, what_was_written_arrives_although_the_process_ends);
	tcase_add_test(tc, what_is_no_pipe_has_no_bridge);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
