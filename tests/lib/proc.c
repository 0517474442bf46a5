/* SPDX-License-Identifier: MIT */
/*
 * Children by pidfd, so that a deadline is a poll and a kill meets the right process
 */
#include "tests/lib/proc.h"

#include <dirent.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/fail.h"
#include "tests/lib/sanitizer.h"

/* How long test_child_start() waits at most for the other threads. */
#define REST_MS (TEST_IS_SANITIZED ? 50 : 0)

/* test_now_ms() - monotonic milliseconds */
int64_t test_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* test_fd_wait() - wait until @fd is readable or hung up. Return: false after the time */
bool test_fd_wait(int fd, int timeout_ms)
{
	int64_t end = test_now_ms() + timeout_ms;
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	int64_t left;
	int r;

	do {
		left = end - test_now_ms();
		r = poll(&pfd, 1, left > 0 ? (int)left : 0);
	} while (r < 0 && errno == EINTR);
	test_require(r >= 0, "poll");
	return r > 0;
}

/* test_pid_open() - a pidfd of any process; -1 when it is gone */
int test_pid_open(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0u);

	test_require(fd >= 0 || errno == ESRCH, "pidfd_open");
	return fd;
}

/* test_say() - one byte to the other side; a side that is gone does not mind */
void test_say(int sock, char byte)
{
	ssize_t n = send(sock, &byte, 1, MSG_NOSIGNAL);

	test_require(n == 1 || errno == EPIPE || errno == ECONNRESET, "send");
}

/* test_hear() - one byte from the other side, 0 when it is gone; fails at the deadline */
char test_hear(int sock)
{
	char byte = 0;
	ssize_t n;

	if (!test_fd_wait(sock, TEST_DEADLINE_MS))
		test_fail("nothing heard from the other process");
	do {
		n = recv(sock, &byte, 1, 0);
	} while (n < 0 && errno == EINTR);
	return n == 1 ? byte : 0;
}

/* test_expect() - hear exactly @byte */
void test_expect(int sock, char byte)
{
	char heard = test_hear(sock);

	if (heard != byte)
		test_fail("heard '%c' (%d) instead of '%c'", heard ? heard : '-', heard,
			  byte);
}

/* The kernel's letter for a thread's state; 0 when it has ended. */
static char thread_state(pid_t pid, int tid)
{
	char path[64], line[512];
	const char *at = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, tid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fgets(line, sizeof(line), file))
		at = strrchr(line, ')');
	fclose(file);
	return at && at[1] && at[2] ? at[2] : 0;
}

static bool rests(pid_t pid, int tid)
{
	char state = thread_state(pid, tid);

	return state == 'S' || state == 0;
}

/* test_thread_rests() - returns when a thread of a child sleeps or has ended; fails at the
 * deadline */
void test_thread_rests(pid_t pid, int tid)
{
	int64_t end = test_now_ms() + TEST_DEADLINE_MS;

	do {
		if (rests(pid, tid))
			return;
		sched_yield();
	} while (test_now_ms() < end);
	test_fail("the thread of a peer neither sleeps nor ends");
}

/* Is every other thread of this process asleep? */
static bool others_sleep(void)
{
	bool all = true;
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;

	test_require(tasks != NULL, "/proc/self/task");
	while (all && (task = readdir(tasks)) != NULL) {
		int tid = (int)strtol(task->d_name, NULL, 10);

		all = tid <= 0 || tid == syscall(SYS_gettid) || rests(getpid(), tid);
	}
	closedir(tasks);
	return all;
}

/*
 * The sanitizers' allocator has locks that a fork does not care for: a child made while
 * another thread allocates can never allocate. So fork when the others rest, if they do
 * within a moment; some never do. Without a sanitizer nobody is waited for.
 */
static void let_others_rest(void)
{
	int64_t end = test_now_ms() + REST_MS;

	while (REST_MS && !others_sleep() && test_now_ms() < end)
		sched_yield();
}

/* test_child_start() - run @fn in a child of its own */
void test_child_start(struct test_child *child, test_child_fn fn, void *arg)
{
	int socks[2];

	test_require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) == 0,
		     "socketpair");
	fflush(NULL);
	let_others_rest();
	child->pid = fork();
	test_require(child->pid >= 0, "fork");
	if (child->pid == 0) {
		close(socks[0]);
		_exit(fn(socks[1], arg));
	}
	close(socks[1]);
	child->sock = socks[0];
	child->pid_fd = test_pid_open(child->pid);
}

static int child_reap(struct test_child *child)
{
	int status = 0;

	test_require(waitpid(child->pid, &status, 0) == child->pid, "waitpid");
	close(child->pid_fd);
	close(child->sock);
	child->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/*
 * test_child_wait() - wait for the end of the child
 *
 * Return: its exit status, or 128 and the signal that ended it. At the deadline the child
 * is killed and the test fails.
 */
int test_child_wait(struct test_child *child)
{
	if (!test_fd_wait(child->pid_fd, TEST_DEADLINE_MS)) {
		test_child_kill(child, SIGKILL);
		test_fail("a child did not end");
	}
	return child_reap(child);
}

/* test_child_kill() - send @sig, which ends the child, and wait for that */
void test_child_kill(struct test_child *child, int sig)
{
	test_require(kill(child->pid, sig) == 0, "kill");
	if (!test_fd_wait(child->pid_fd, TEST_DEADLINE_MS)) {
		kill(child->pid, SIGKILL);
		test_fail("a child survived signal %d", sig);
	}
	child_reap(child);
}
