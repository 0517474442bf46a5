/* SPDX-License-Identifier: MIT */
/*
 * Readiness is told to both who may want to know, once, and to nobody who cannot be told.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "npfs/broker/notify.h"

/* What systemd has: a datagram socket. The name is abstract, so no file is left. */
static int systemd_start(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char text[64];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int n = snprintf(text, sizeof(text), "@npfs-test-notify-%d", (int)getpid());

	ck_assert_int_ge(fd, 0);
	memcpy(addr.sun_path, text, (size_t)n);
	addr.sun_path[0] = '\0';
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&addr,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)),
			 0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", text, 1), 0);
	return fd;
}

static void nothing_more(int fd)
{
	char text[32];

	ck_assert_int_eq(recv(fd, text, sizeof(text), 0), -1);
	ck_assert_int_eq(errno, EAGAIN);
}

START_TEST(systemd_and_the_parent_are_told_once)
{
	int systemd = systemd_start();
	char text[32];
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	np_notify_ready(fds[1]);
	ck_assert_int_eq(recv(systemd, text, sizeof(text), 0), strlen("READY=1"));
	ck_assert_mem_eq(text, "READY=1", strlen("READY=1"));
	nothing_more(systemd);
	ck_assert_int_eq(read(fds[0], text, sizeof(text)), 1);
	/* and it is closed: what reads sees the end, not a broker that goes on */
	ck_assert_int_eq(read(fds[0], text, sizeof(text)), 0);
	close(fds[0]);
	close(systemd);
}
END_TEST

START_TEST(without_a_parent_systemd_alone_is_told)
{
	int systemd = systemd_start();
	char text[32];

	np_notify_ready(-1);
	ck_assert_int_eq(recv(systemd, text, sizeof(text), 0), strlen("READY=1"));
	nothing_more(systemd);
	close(systemd);
}
END_TEST

/* An address that is none, one that is too long, and one where nobody is. */
START_TEST(who_cannot_be_told_stops_nothing)
{
	char addresses[][160] = {"", "", "@npfs-test-nobody-is-here"};
	char byte = 0;
	int fds[2];

	memset(addresses[1], 'x', sizeof(addresses[1]) - 1);
	addresses[1][sizeof(addresses[1]) - 1] = '\0';
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", addresses[_i], 1), 0);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	np_notify_ready(fds[1]);
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
	ck_assert_int_eq(byte, '1');
	close(fds[0]);
}
END_TEST

START_TEST(a_parent_that_is_gone_stops_nothing)
{
	int readonly = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(readonly, 0);
	np_notify_parent(readonly); /* cannot be written to */
	ck_assert_int_eq(fcntl(readonly, F_GETFD), -1);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("notify");
	TCase *tcase = tcase_create("notify");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, systemd_and_the_parent_are_told_once);
	tcase_add_test(tcase, without_a_parent_systemd_alone_is_told);
	tcase_add_loop_test(tcase, who_cannot_be_told_stops_nothing, 0, 3);
	tcase_add_test(tcase, a_parent_that_is_gone_stops_nothing);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
