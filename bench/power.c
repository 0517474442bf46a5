/* SPDX-License-Identifier: MIT */
/*
 * npfs-power: what a pair of processes that has little to do costs.
 *
 *	npfs-power [--seconds N] [--rate MESSAGES] [--npfsd PATH]
 *
 * Two processes exchange MESSAGES round trips of 64 bytes in each second, or, with the rate
 * 0, none: the server sleeps in ReadFile. The processor time of both together is measured
 * for N seconds, as a part of one processor, for the shim, the shim with NPFS_SPIN=0, and a
 * SOCK_SEQPACKET pair. Prints
 *
 *	power.<carrier>.<rate> <percent of a processor> %
 *
 * The time it takes to connect is part of it.
 *
 * Exit status: 0; 1 when something failed.
 */
#include <windows.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/proc.h"

#define PIPE_PATH "\\\\.\\pipe\\npfs-power"
#define MESSAGE	  64

struct task {
	unsigned seconds, rate;
	bool is_socket;
	int sockets[2];
};

static void sleep_until(struct timespec *at, long ns)
{
	at->tv_nsec += ns;
	at->tv_sec += at->tv_nsec / 1000000000;
	at->tv_nsec %= 1000000000;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, at, NULL) == EINTR)
		;
}

static bool move(const struct task *task, HANDLE h, int fd, void *message, bool writes)
{
	DWORD len;

	if (task->is_socket)
		return (writes ? send(fd, message, MESSAGE, MSG_NOSIGNAL) :
				 recv(fd, message, MESSAGE, 0)) == MESSAGE;
	return writes ? WriteFile(h, message, MESSAGE, &len, NULL) :
			ReadFile(h, message, MESSAGE, &len, NULL);
}

/* Answers until the other side is gone. */
static int serve(const struct task *task)
{
	HANDLE h = NULL;
	char message[MESSAGE];

	if (task->is_socket) {
		close(task->sockets[1]);
	} else {
		h = CreateNamedPipeA(PIPE_PATH, PIPE_ACCESS_DUPLEX,
				     PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 4096, 4096,
				     0, NULL);
		if (h == INVALID_HANDLE_VALUE)
			return EXIT_FAILURE;
	}
	if (write(STDOUT_FILENO, "1", 1) != 1)
		return EXIT_FAILURE;
	if (h && !ConnectNamedPipe(h, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
		return EXIT_FAILURE;
	while (move(task, h, task->sockets[0], message, false))
		if (!move(task, h, task->sockets[0], message, true))
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

static int ask(const struct task *task)
{
	HANDLE h = NULL;
	char message[MESSAGE] = {0};
	struct timespec at;

	close(task->sockets[0]);
	if (!task->is_socket) {
		h = CreateFileA(PIPE_PATH, GENERIC_READ | GENERIC_WRITE, 0, NULL,
				OPEN_EXISTING, 0, NULL);
		if (h == INVALID_HANDLE_VALUE)
			return EXIT_FAILURE;
	}
	clock_gettime(CLOCK_MONOTONIC, &at);
	if (!task->rate)
		for (unsigned i = 0; i < task->seconds; i++)
			sleep_until(&at, 999999999);
	for (unsigned i = 0; i < task->rate * task->seconds; i++) {
		sleep_until(&at, 1000000000 / (long)task->rate);
		if (!move(task, h, task->sockets[1], message, true) ||
		    !move(task, h, task->sockets[1], message, false))
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static double used_s(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/* Two children, one after the other; the first says by a byte that it can be reached. */
static bool run(struct task *task, double *partp)
{
	struct rusage usage;
	pid_t children[2];
	double used = 0;
	bool ok = true;
	int ready[2];
	char byte;

	if (pipe(ready) < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, task->sockets) < 0)
		return false;
	for (int i = 0; i < 2; i++) {
		fflush(stdout);
		children[i] = fork();
		if (children[i] < 0)
			return false;
		if (!children[i]) {
			dup2(ready[1], STDOUT_FILENO);
			close(ready[0]);
			_exit(i ? ask(task) : serve(task));
		}
		if (!i && read(ready[0], &byte, 1) != 1)
			ok = false;
	}
	close(task->sockets[0]);
	close(task->sockets[1]);
	close(ready[0]);
	close(ready[1]);
	for (int i = 2; i-- > 0;) {
		int status;

		if (wait4(children[i], &status, 0, &usage) != children[i] || status)
			ok = false;
		used += used_s(&usage);
	}
	*partp = used / task->seconds;
	return ok;
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"shim", "shim-nospin", "seqpacket"};
	unsigned long seconds = 5, rate = 100;
	struct np_broker broker = NP_BROKER_INIT;
	const char *npfsd = NULL;
	char *program;
	bool ok = true;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--seconds"))
			seconds = strtoul(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--rate"))
			rate = strtoul(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--npfsd"))
			npfsd = argv[i + 1];
		else
			argc = 0;
	}
	program = np_broker_find(npfsd);
	if (argc % 2 == 0 || !seconds || seconds > 3600 || rate > 100000 || !program ||
	    np_broker_start(&broker, program) < 0) {
		fprintf(stderr, "usage: npfs-power [--seconds N] [--rate MESSAGES] "
				"[--npfsd PATH]\n");
		return EXIT_FAILURE;
	}
	free(program);
	for (unsigned i = 0; ok && i < 3; i++) {
		struct task task = {.seconds = (unsigned)seconds,
				    .rate = (unsigned)rate,
				    .is_socket = i == 2};
		double part;

		if (i == 1)
			setenv("NPFS_SPIN", "0", 1);
		else
			unsetenv("NPFS_SPIN");
		ok = run(&task, &part);
		if (ok)
			printf("power.%s.%lu %.3f %%\n", names[i], rate, part * 100);
	}
	np_broker_stop(&broker);
	if (!ok)
		fprintf(stderr, "npfs-power: a process failed\n");
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
