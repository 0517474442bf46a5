/* SPDX-License-Identifier: MIT */
/*
 * A broker for one test: its own process, socket and directory
 *
 * The program is $NPFSD, or else the one the build names with TEST_NPFSD. NPFS_SOCKET and
 * NPFS_NO_AUTOSTART are set for the test and its children, so nobody talks to any other
 * broker or starts one.
 */
#pragma once

#include <sys/types.h>

struct test_broker {
	char dir[48];  /* under the temporary directory; gone after the stop */
	char path[64]; /* of the socket */
	pid_t pid;
	int pid_fd;
};

void test_dir_make(char *dir, size_t cap);
void test_dir_remove(const char *dir);
const char *test_npfsd_path(void);

void test_broker_start(struct test_broker *broker);
void test_broker_start_with(struct test_broker *broker, const char *const *options);
int test_broker_wait(struct test_broker *broker);
void test_broker_stop(struct test_broker *broker);
void test_broker_kill(struct test_broker *broker);
void test_broker_restart(struct test_broker *broker);
void test_broker_restart_hasty(struct test_broker *broker);
