/* SPDX-License-Identifier: MIT */
/*
 * npfs-crowd: how many connected instances does one broker carry?
 *
 *	npfs-crowd [--instances N] [--pairs K] [--npfsd PATH] [--data FILE]
 *
 * N instances of one name (100,000) in K server processes (8), the other ends in K client
 * processes: an end takes one descriptor, and RLIMIT_NOFILE and vm.max_map_count hold for a
 * process. Batches of BATCH instances are created, opened and connected, pair after pair in
 * turn; so few of them listen at a time, and the broker holds few channels. Then one round
 * trip is made on every connection, and all processes close theirs.
 *
 * Prints a line per figure, "crowd.<name> <value> <unit>"; FILE gets one line per batch: the
 * number of instances, us per create and connect, us per open, KiB of the broker.
 *
 * Exit status: 0; 1 when something failed: then the message says at which instance.
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
#include <time.h>
#include <unistd.h>

#include "bench/proc.h"

#define PIPE_PATH "\\\\.\\pipe\\npfs-crowd"
#define BATCH	  500u
#define MAX_PAIRS 64u
#define QUOTA	  4096
#define LEAVE_MS  20000

enum order { ORDER_CREATE = 1, ORDER_OPEN, ORDER_CONNECT, ORDER_ASK, ORDER_ANSWER, ORDER_HEAR,
	     ORDER_MEMORY, ORDER_CLOSE };

struct answer {
	double value;	/* KiB, or us that the order took */
	uint32_t error; /* GetLastError() of the first call that failed */
	uint32_t n;	/* calls that were right */
};

struct member {
	pid_t pid;
	int fd; /* owned: orders go out, answers come in */
};

struct crowd {
	unsigned n, n_pairs;
	struct np_broker broker;
	struct member servers[MAX_PAIRS], clients[MAX_PAIRS];
	FILE *data; /* or NULL */
};

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void say(const char *name, double value, const char *unit)
{
	printf("crowd.%-30s %12.3f %s\n", name, value, unit);
	fflush(stdout);
}

/* members */

struct ends {
	HANDLE *handles; /* owned */
	size_t n;
};

static bool obey_one(enum order order, struct ends *ends, size_t i)
{
	char byte = 'x';
	DWORD len = 0;
	HANDLE h;

	switch (order) {
	case ORDER_CREATE:
		h = CreateNamedPipeA(PIPE_PATH, PIPE_ACCESS_DUPLEX,
				     PIPE_TYPE_MESSAGE | PIPE_WAIT,
				     PIPE_UNLIMITED_INSTANCES, QUOTA, QUOTA, 0, NULL);
		break;
	case ORDER_OPEN:
		h = CreateFileA(PIPE_PATH, GENERIC_READ | GENERIC_WRITE, 0, NULL,
				OPEN_EXISTING, 0, NULL);
		break;
	case ORDER_CONNECT:
		return ConnectNamedPipe(ends->handles[i], NULL) ||
		       GetLastError() == ERROR_PIPE_CONNECTED;
	case ORDER_ASK:
		return WriteFile(ends->handles[i], &byte, 1, &len, NULL);
	case ORDER_ANSWER:
		return ReadFile(ends->handles[i], &byte, 1, &len, NULL) &&
		       WriteFile(ends->handles[i], &byte, 1, &len, NULL);
	case ORDER_HEAR:
		return ReadFile(ends->handles[i], &byte, 1, &len, NULL) && byte == 'x';
	case ORDER_CLOSE:
		return CloseHandle(ends->handles[i]);
	case ORDER_MEMORY:
	default:
		return true;
	}
	if (h == INVALID_HANDLE_VALUE)
		return false;
	ends->handles[ends->n++] = h;
	return true;
}

static bool is_for_all(enum order order)
{
	return order == ORDER_ASK || order == ORDER_ANSWER || order == ORDER_HEAR ||
	       order == ORDER_CLOSE;
}

static struct answer obey(enum order order, struct ends *ends, unsigned n)
{
	struct answer answer = {.error = 0};
	size_t first = is_for_all(order) ? 0 : ends->n - (order == ORDER_CONNECT ? n : 0);
	double begin = now_us();

	if (is_for_all(order))
		n = (unsigned)ends->n;
	for (; answer.n < n && !answer.error; answer.n++) {
		if (obey_one(order, ends, first + answer.n))
			continue;
		answer.error = GetLastError();
		break;
	}
	answer.value = order == ORDER_MEMORY ? np_proc_memory_kib(getpid()) : now_us() - begin;
	return answer;
}

static int member_main(void *arg)
{
	struct ends ends = {calloc(1u << 20, sizeof(*ends.handles)), 0};
	int fd = *(int *)arg;
	uint32_t message[2];

	while (ends.handles && read(fd, message, sizeof(message)) == sizeof(message)) {
		struct answer answer = obey((enum order)message[0], &ends, message[1]);

		if (write(fd, &answer, sizeof(answer)) != sizeof(answer))
			break;
	}
	free(ends.handles);
	return EXIT_SUCCESS;
}

static int member_start(struct member *member)
{
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	r = np_proc_spawn(NULL, member_main, &pair[1], pair[1], NULL, &member->pid);
	close(pair[1]);
	member->fd = pair[0];
	return r;
}

/* Return: whether all was right; the value is added to *sum. */
static bool order(struct member *member, enum order what, unsigned n, double *sum)
{
	uint32_t message[2] = {what, n};
	struct answer answer;

	if (write(member->fd, message, sizeof(message)) != sizeof(message) ||
	    read(member->fd, &answer, sizeof(answer)) != sizeof(answer)) {
		fprintf(stderr, "npfs-crowd: process %ld is gone\n", (long)member->pid);
		return false;
	}
	*sum += answer.value;
	if (answer.error)
		fprintf(stderr, "npfs-crowd: order %u of process %ld, call %u: error %u\n",
			(unsigned)what, (long)member->pid, answer.n, answer.error);
	return !answer.error;
}

/* Members that started later have copies of our sockets: closing alone would not end one. */
static void members_end(struct member *members, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (members[i].fd < 0)
			continue;
		shutdown(members[i].fd, SHUT_RDWR);
		close(members[i].fd);
	}
	for (unsigned i = 0; i < n; i++)
		np_proc_end(&members[i].pid, LEAVE_MS);
}

/* the whole crowd */

static bool grow(struct crowd *c)
{
	double begin = now_us();

	for (unsigned n = 0; n < c->n; n += BATCH) {
		struct member *server = &c->servers[n / BATCH % c->n_pairs];
		struct member *client = &c->clients[n / BATCH % c->n_pairs];
		double create = 0, open = 0, connect = 0;

		if (!order(server, ORDER_CREATE, BATCH, &create) ||
		    !order(client, ORDER_OPEN, BATCH, &open) ||
		    !order(server, ORDER_CONNECT, BATCH, &connect)) {
			fprintf(stderr, "npfs-crowd: %u instances were there\n", n);
			return false;
		}
		if (c->data)
			fprintf(c->data, "%u\t%.2f\t%.2f\t%.0f\n", n + BATCH,
				(create + connect) / BATCH, open / BATCH,
				np_proc_memory_kib(c->broker.pid));
	}
	say("grow_all", (now_us() - begin) / 1e6, "s");
	return true;
}

static bool order_all(struct member *members, unsigned n, enum order what, double *sum)
{
	bool is_right = true;

	for (unsigned i = 0; i < n; i++)
		is_right = order(&members[i], what, 0, sum) && is_right;
	return is_right;
}

static bool sum_memory(struct crowd *c, double *kib)
{
	return order_all(c->servers, c->n_pairs, ORDER_MEMORY, kib) &&
	       order_all(c->clients, c->n_pairs, ORDER_MEMORY, kib);
}

static bool measure(struct crowd *c)
{
	double before = 0, after = 0, trips = 0, close_us = 0;

	if (!sum_memory(c, &before) || !grow(c) || !sum_memory(c, &after))
		return false;
	say("memory_per_instance", (after - before) / c->n, "KiB");
	say("broker_memory", np_proc_memory_kib(c->broker.pid), "KiB");
	if (!order_all(c->clients, c->n_pairs, ORDER_ASK, &trips) ||
	    !order_all(c->servers, c->n_pairs, ORDER_ANSWER, &trips) ||
	    !order_all(c->clients, c->n_pairs, ORDER_HEAR, &trips))
		return false;
	say("trip_on_every_one", trips / c->n, "us each");
	after = 0;
	if (!sum_memory(c, &after))
		return false;
	say("memory_per_used_instance", (after - before) / c->n, "KiB");
	if (!order_all(c->clients, c->n_pairs, ORDER_CLOSE, &close_us))
		return false;
	say("close_client", close_us / c->n, "us each");
	close_us = 0;
	if (!order_all(c->servers, c->n_pairs, ORDER_CLOSE, &close_us))
		return false;
	say("close_server", close_us / c->n, "us each");
	say("broker_memory_afterwards", np_proc_memory_kib(c->broker.pid), "KiB");
	return true;
}

static bool run(struct crowd *c, const char *npfsd)
{
	char *program = np_broker_find(npfsd);
	bool is_right = program && np_broker_start(&c->broker, program) == 0;

	free(program);
	for (unsigned i = 0; is_right && i < c->n_pairs; i++)
		is_right = member_start(&c->servers[i]) == 0 &&
			   member_start(&c->clients[i]) == 0;
	is_right = is_right && measure(c);
	members_end(c->clients, c->n_pairs);
	members_end(c->servers, c->n_pairs);
	np_broker_stop(&c->broker);
	return is_right;
}

static bool raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return false;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

int main(int argc, char **argv)
{
	static struct crowd c = {.n = 100000, .n_pairs = 8};
	const char *npfsd = NULL, *data = NULL;
	bool is_right = argc % 2 == 1;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--instances"))
			c.n = (unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--pairs"))
			c.n_pairs = (unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--npfsd"))
			npfsd = argv[i + 1];
		else if (!strcmp(argv[i], "--data"))
			data = argv[i + 1];
		else
			is_right = false;
	}
	c.n = c.n / BATCH * BATCH;
	if (!is_right || !c.n || !c.n_pairs || c.n_pairs > MAX_PAIRS) {
		fprintf(stderr, "usage: npfs-crowd [--instances N] [--pairs K] "
				"[--npfsd PATH] [--data FILE]\n");
		return EXIT_FAILURE;
	}
	for (unsigned i = 0; i < MAX_PAIRS; i++)
		c.servers[i].fd = c.clients[i].fd = -1;
	if (data && !(c.data = fopen(data, "w"))) {
		perror(data);
		return EXIT_FAILURE;
	}
	if (c.data)
		fprintf(c.data, "# n\tcreate and connect\topen\tbroker\n");
	is_right = raise_limit() && run(&c, npfsd);
	if (c.data && fclose(c.data))
		is_right = false;
	return is_right ? EXIT_SUCCESS : EXIT_FAILURE;
}
