/* SPDX-License-Identifier: MIT */
/*
 * Child processes of a test: started, talked to, waited for, each with a deadline
 *
 * A child runs a function and has a socket to its parent, over which both say one byte
 * at a time: "I am there", "go on". Nothing waits longer than TEST_DEADLINE_MS, and
 * nothing is waited for by time alone.
 *
 * A deadline is there for what hangs, and for nothing else: no test is right because
 * something comes soon. So it is long, for a machine where many want each processor.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TEST_DEADLINE_MS 120000

struct test_child {
	pid_t pid; /* 0 after it was waited for */
	int pid_fd;
	int sock; /* to the child */
};

/* Runs in the child; its result is the exit status. @sock leads to the parent. */
typedef int (*test_child_fn)(int sock, void *arg);

void test_child_start(struct test_child *child, test_child_fn fn, void *arg);
int test_child_wait(struct test_child *child);
void test_child_kill(struct test_child *child, int sig);

void test_say(int sock, char byte);
char test_hear(int sock);
void test_expect(int sock, char byte);

void test_thread_rests(pid_t pid, int tid);

int test_pid_open(pid_t pid);
bool test_fd_wait(int fd, int timeout_ms);
int64_t test_now_ms(void);
