/* SPDX-License-Identifier: MIT */
/*
 * Packets with descriptors, and the sealed memory that travels in them: nothing leaks,
 * nothing is cut silently.
 */
#include "npfs/base/fdpass.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "npfs/base/fd.h"

static int pair[2] = {-1, -1};
static int n_open_before;

static int n_open_fds(void)
{
	int n = 0, fd;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void setup(void)
{
	n_open_before = n_open_fds();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

/* Every test ends with as many descriptors as it began with. */
static void teardown(void)
{
	pair[0] = np_fd_close(pair[0]);
	pair[1] = np_fd_close(pair[1]);
	ck_assert_int_eq(n_open_fds(), n_open_before);
}

static bool is_same_file(int a, int b)
{
	struct stat sa, sb;

	ck_assert_int_eq(fstat(a, &sa), 0);
	ck_assert_int_eq(fstat(b, &sb), 0);
	return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

START_TEST(packets_keep_their_edges)
{
	char buf[16];
	unsigned n_fds = 9;

	ck_assert_int_eq(np_fdpass_send(pair[0], "one", 3, NULL, 0, 0), 0);
	ck_assert_int_eq(np_fdpass_send(pair[0], "four", 4, NULL, 0, 0), 0);
	ck_assert_int_eq(np_fdpass_recv(pair[1], buf, sizeof(buf), NULL, 0, &n_fds, 0),
			 3);
	ck_assert_mem_eq(buf, "one", 3);
	ck_assert_uint_eq(n_fds, 0);
	ck_assert_int_eq(np_fdpass_recv(pair[1], buf, sizeof(buf), NULL, 0, &n_fds, 0),
			 4);
	ck_assert_mem_eq(buf, "four", 4);
}
END_TEST

START_TEST(descriptors_arrive_in_order_and_close_on_exec)
{
	int sent[3], got[3] = {-1, -1, -1}, i;
	unsigned n_fds;
	char byte;

	for (i = 0; i < 3; i++)
		ck_assert_int_eq(np_memfd_new("test", 1, &sent[i]), 0);
	ck_assert_int_eq(np_fdpass_send(pair[0], "x", 1, sent, 3, 0), 0);
	ck_assert_int_eq(np_fdpass_recv(pair[1], &byte, 1, got, 3, &n_fds, 0), 1);
	ck_assert_uint_eq(n_fds, 3);
	for (i = 0; i < 3; i++) {
		ck_assert(is_same_file(sent[i], got[i]));
		ck_assert_int_ne(sent[i], got[i]);
		ck_assert_int_eq(fcntl(got[i], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
		np_fd_close(got[i]);
		np_fd_close(sent[i]);
	}
}
END_TEST

START_TEST(surplus_descriptors_are_closed_and_reported)
{
	int sent[NP_FDPASS_MAX], got[NP_FDPASS_MAX], n_before, i;
	unsigned n_fds = 9;
	char byte;

	for (i = 0; i < NP_FDPASS_MAX; i++)
		ck_assert_int_eq(np_memfd_new("test", 1, &sent[i]), 0);
	n_before = n_open_fds();
	ck_assert_int_eq(np_fdpass_send(pair[0], "x", 1, sent, 2, 0), 0);
	ck_assert_int_eq(np_fdpass_recv(pair[1], &byte, 1, got, 1, &n_fds, 0), -EMSGSIZE);
	ck_assert_uint_eq(n_fds, 0);
	ck_assert_int_eq(np_fdpass_send(pair[0], "x", 1, sent, NP_FDPASS_MAX, 0), 0);
	ck_assert_int_eq(np_fdpass_recv(pair[1], &byte, 1, NULL, 0, &n_fds, 0),
			 -EMSGSIZE);
	ck_assert_int_eq(n_open_fds(), n_before);
	for (i = 0; i < NP_FDPASS_MAX; i++)
		np_fd_close(sent[i]);
}
END_TEST

START_TEST(more_descriptors_than_the_kernel_buffer_takes_do_not_leak)
{
	/* A hostile sender builds its own message with more than NP_FDPASS_MAX. */
	enum { N = NP_FDPASS_MAX + 8 };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(N * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = (char[]){"x"}, .iov_len = 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.buf,
			     .msg_controllen = sizeof(control.buf)};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int fds[N], got[NP_FDPASS_MAX], n_before, i;
	unsigned n_fds;
	char byte;

	memset(&control, 0, sizeof(control));
	ck_assert_ptr_nonnull(cmsg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fds));
	for (i = 0; i < N; i++)
		fds[i] = pair[1];
	memcpy(CMSG_DATA(cmsg), fds, sizeof(fds));
	n_before = n_open_fds();
	ck_assert_int_eq(sendmsg(pair[0], &msg, 0), 1);
	ck_assert_int_eq(np_fdpass_recv(pair[1], &byte, 1, got, NP_FDPASS_MAX, &n_fds, 0),
			 -EMSGSIZE);
	ck_assert_int_eq(n_open_fds(), n_before);
}
END_TEST

START_TEST(a_packet_too_long_is_gone_with_its_descriptors)
{
	int sent, got, n_before;
	unsigned n_fds;
	char buf[4];

	ck_assert_int_eq(np_memfd_new("test", 1, &sent), 0);
	n_before = n_open_fds();
	ck_assert_int_eq(np_fdpass_send(pair[0], "12345", 5, &sent, 1, 0), 0);
	ck_assert_int_eq(np_fdpass_send(pair[0], "next", 4, NULL, 0, 0), 0);
	ck_assert_int_eq(np_fdpass_recv(pair[1], buf, 4, &got, 1, &n_fds, 0), -EMSGSIZE);
	ck_assert_int_eq(n_open_fds(), n_before);
	ck_assert_int_eq(np_fdpass_recv(pair[1], buf, 4, &got, 1, &n_fds, 0), 4);
	ck_assert_mem_eq(buf, "next", 4);
	np_fd_close(sent);
}
END_TEST

START_TEST(the_end_is_0_and_a_dead_receiver_an_error)
{
	unsigned n_fds = 9;
	char byte;

	ck_assert_int_eq(np_fdpass_recv(pair[1], &byte, 1, NULL, 0, &n_fds, MSG_DONTWAIT),
			 -EAGAIN);
	pair[0] = np_fd_close(pair[0]);
	ck_assert_int_eq(np_fdpass_recv(pair[1], &byte, 1, NULL, 0, &n_fds, 0), 0);
	ck_assert_uint_eq(n_fds, 0);
	ck_assert_int_eq(np_fdpass_send(pair[1], "x", 1, NULL, 0, 0), -EPIPE);
}
END_TEST

/* The other side died with something unread: that shows once, in front of what it had sent. */
START_TEST(a_reset_is_no_packet_and_hides_none)
{
	unsigned n_fds;
	char buf[16];

	ck_assert_int_eq(np_fdpass_send(pair[1], "unread", 6, NULL, 0, 0), 0);
	ck_assert_int_eq(np_fdpass_send(pair[0], "last", 4, NULL, 0, 0), 0);
	pair[0] = np_fd_close(pair[0]);
	ck_assert_int_eq(np_fdpass_recv(pair[1], buf, sizeof(buf), NULL, 0, &n_fds, 0), 4);
	ck_assert_mem_eq(buf, "last", 4);
	ck_assert_int_eq(np_fdpass_recv(pair[1], buf, sizeof(buf), NULL, 0, &n_fds, 0), 0);
}
END_TEST

START_TEST(a_full_socket_answers_again)
{
	static char buf[4096];
	int r, n = 0;

	while ((r = np_fdpass_send(pair[0], buf, sizeof(buf), NULL, 0, MSG_DONTWAIT)) ==
	       0)
		n++;
	ck_assert_int_eq(r, -EAGAIN);
	ck_assert_int_gt(n, 0);
}
END_TEST

START_TEST(senseless_arguments_are_refused)
{
	int fds[NP_FDPASS_MAX + 1] = {0};
	unsigned n_fds;
	char byte;

	ck_assert_int_eq(np_fdpass_send(pair[0], "", 0, NULL, 0, 0), -EINVAL);
	ck_assert_int_eq(np_fdpass_send(pair[0], "x", 1, fds, NP_FDPASS_MAX + 1, 0),
			 -EINVAL);
	ck_assert_int_eq(
		np_fdpass_recv(pair[1], &byte, 1, fds, NP_FDPASS_MAX + 1, &n_fds, 0),
		-EINVAL);
}
END_TEST

START_TEST(a_memfd_has_its_size_for_ever)
{
	size_t size = 0;
	int fd = -1;

	ck_assert_int_eq(np_memfd_new("test", 12345, &fd), 0);
	ck_assert_int_eq(np_memfd_check(fd, &size), 0);
	ck_assert_uint_eq(size, 12345);
	ck_assert_int_lt(ftruncate(fd, 0), 0);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_lt(ftruncate(fd, 20000), 0);
	ck_assert_int_lt(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	np_fd_close(fd);
}
END_TEST

START_TEST(a_size_beyond_the_kernel_is_refused)
{
	int fd = 77;

	ck_assert_int_lt(np_memfd_new("test", SIZE_MAX, &fd), 0);
	ck_assert_int_eq(fd, 77);
}
END_TEST

START_TEST(other_descriptors_are_no_sealed_memory)
{
	char path[64];
	size_t size = 77;
	int fd, again;

	/* not sealed at all, and sealed against writing */
	fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(np_memfd_check(fd, &size), -EPERM);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS,
			       F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL),
			 0);
	ck_assert_int_eq(np_memfd_check(fd, &size), -EPERM);
	np_fd_close(fd);

	/* sealed, but opened for reading only */
	ck_assert_int_eq(np_memfd_new("test", 1, &fd), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(again, 0);
	ck_assert_int_eq(np_memfd_check(again, &size), -EACCES);
	np_fd_close(again);
	np_fd_close(fd);

	/* something else, nothing at all */
	ck_assert_int_lt(np_memfd_check(pair[0], &size), 0);
	ck_assert_int_eq(np_memfd_check(-1, &size), -EBADF);
	ck_assert_uint_eq(size, 77);
}
END_TEST

START_TEST(closing_keeps_errno)
{
	errno = 1234;
	ck_assert_int_eq(np_fd_close(-1), -1);
	ck_assert_int_eq(np_fd_close(250), -1);
	ck_assert_int_eq(errno, 1234);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fdpass");
	TCase *tc = tcase_create("fdpass");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tc, packets_keep_their_edges);
	tcase_add_test(tc, descriptors_arrive_in_order_and_close_on_exec);
	tcase_add_test(tc, surplus_descriptors_are_closed_and_reported);
	tcase_add_test(tc, more_descriptors_than_the_kernel_buffer_takes_do_not_leak);
	tcase_add_test(tc, a_packet_too_long_is_gone_with_its_descriptors);
	tcase_add_test(tc, the_end_is_0_and_a_dead_receiver_an_error);
	tcase_add_test(tc, a_reset_is_no_packet_and_hides_none);
	tcase_add_test(tc, a_full_socket_answers_again);
	tcase_add_test(tc, senseless_arguments_are_refused);
	tcase_add_test(tc, a_memfd_has_its_size_for_ever);
	tcase_add_test(tc, a_size_beyond_the_kernel_is_refused);
	tcase_add_test(tc, other_descriptors_are_no_sealed_memory);
	tcase_add_test(tc, closing_keeps_errno);
	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
