/* SPDX-License-Identifier: MIT */
/*
 * npfs-scale: what do ten thousand connected instances cost, and does the last one cost
 * more than the first?
 *
 *	npfs-scale [--instances N] [--waiters N] [--npfsd PATH] [--data FILE]
 *
 * One server process holds N instances of one name; four client processes hold a quarter of
 * the other ends each. Prints one line for each figure, "scale.<name> <value> <unit>", and
 * writes a table with one line per twentieth of N to FILE, for bench/plot:
 *
 *	n	create us	open us		close client us		close server us
 *
 * Each time in it is of one call, the mean of its twentieth. Then follow: the round trip on
 * one pipe beside N - 1 idle ones, waiters that all wake when an instance is free, the list
 * of N names, and the broker's processor time for each of these.
 *
 * A descriptor is needed for each end (doc/architecture.md), so N is bounded by half of
 * RLIMIT_NOFILE; a larger N is lowered to it, with a note.
 *
 * Exit status: 0; 1 when something failed.
 */
#include <windows.h>

#include <errno.h>
#include <fcntl.h>
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

#define PIPE_PATH  "\\\\.\\pipe\\npfs-scale"
#define N_CLIENTS  4u
#define N_STEPS    20u
#define QUOTA	   4096
#define N_TRIPS	   2000u
#define MESSAGE	   64
#define MAX_WAITERS 1000u

enum client_op { OP_OPEN = 1, OP_CLOSE, OP_TRIPS, OP_WAIT, OP_MEMORY };

struct order {
	uint32_t op; /* enum client_op */
	uint32_t n;
};

struct answer {
	double value; /* us, or KiB */
	uint32_t n_good;
};

struct client {
	pid_t pid;
	int fd; /* owned: to the process */
};

struct scale {
	unsigned n, n_waiters;
	struct np_broker broker;
	struct client clients[N_CLIENTS];
	HANDLE *servers; /* owned */
	double create_us[N_STEPS], open_us[N_STEPS], close_us[N_STEPS], end_us[N_STEPS];
};

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static struct np_broker *own_broker; /* of the process that started it */
static pid_t own_pid;

static void die(const char *what)
{
	fprintf(stderr, "npfs-scale: %s: error %lu, %s\n", what,
		(unsigned long)GetLastError(), strerror(errno));
	if (own_broker && own_pid == getpid())
		np_broker_stop(own_broker);
	exit(EXIT_FAILURE);
}

static double cpu_ms(pid_t pid)
{
	char path[64], text[1024];
	unsigned long user = 0, system = 0;
	char *rest;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	f = fopen(path, "r");
	if (!f || !fgets(text, sizeof(text), f))
		text[0] = 0;
	if (f)
		fclose(f);
	rest = strrchr(text, ')');
	if (rest)
		sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
		       &user, &system);
	return (double)(user + system) * 1e3 / (double)sysconf(_SC_CLK_TCK);
}

static unsigned n_descriptors(void)
{
	unsigned n = 0;
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	for (rlim_t fd = 0; fd < limit.rlim_cur; fd++)
		n += fcntl((int)fd, F_GETFD) >= 0;
	return n;
}

static void say(const char *name, double value, const char *unit)
{
	printf("scale.%-30s %12.3f %s\n", name, value, unit);
	fflush(stdout);
}

/* clients */

static HANDLE *client_ends;
static unsigned n_client_ends;

static void client_open(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		HANDLE h = CreateFileA(PIPE_PATH, GENERIC_READ | GENERIC_WRITE, 0, NULL,
				       OPEN_EXISTING, 0, NULL);

		if (h == INVALID_HANDLE_VALUE)
			die("CreateFile");
		client_ends[n_client_ends++] = h;
	}
}

static void client_close(unsigned n)
{
	while (n--)
		if (!CloseHandle(client_ends[--n_client_ends]))
			die("CloseHandle");
}

static void client_trips(unsigned n)
{
	char message[MESSAGE] = {0};
	DWORD len;

	for (unsigned i = 0; i < n; i++)
		if (!WriteFile(client_ends[0], message, sizeof(message), &len, NULL) ||
		    !ReadFile(client_ends[0], message, sizeof(message), &len, NULL))
			die("a round trip");
}

static DWORD WINAPI waiter(void *arg)
{
	(void)arg;
	return WaitNamedPipeA(PIPE_PATH, 600000) ? 0 : 1;
}

/* Says when all are about to wait, and again when all are back. */
static unsigned client_wait(int fd, unsigned n)
{
	HANDLE threads[MAX_WAITERS];
	struct answer begun = {.n_good = n};
	unsigned n_good = 0;

	for (unsigned i = 0; i < n; i++) {
		threads[i] = CreateThread(NULL, 65536, waiter, NULL,
					  STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
		if (!threads[i])
			die("CreateThread");
	}
	if (write(fd, &begun, sizeof(begun)) != sizeof(begun))
		die("answering");
	for (unsigned i = 0; i < n; i++) {
		DWORD code = 1;

		WaitForSingleObject(threads[i], INFINITE);
		GetExitCodeThread(threads[i], &code);
		n_good += !code;
		CloseHandle(threads[i]);
	}
	return n_good;
}

static void client_obey(int fd, const struct order *order)
{
	struct answer answer = {.n_good = order->n};
	double begin = now_us();

	switch ((enum client_op)order->op) {
	case OP_OPEN:
		client_open(order->n);
		break;
	case OP_CLOSE:
		client_close(order->n);
		break;
	case OP_TRIPS:
		client_trips(order->n);
		break;
	case OP_WAIT:
		answer.n_good = client_wait(fd, order->n);
		break;
	case OP_MEMORY:
		break;
	}
	answer.value = order->op == OP_MEMORY ? np_proc_memory_kib(getpid()) : now_us() - begin;
	if (write(fd, &answer, sizeof(answer)) != sizeof(answer))
		die("answering");
}

static int client_main(void *arg)
{
	int fd = *(int *)arg;
	struct order order;

	client_ends = calloc(1u << 20, sizeof(*client_ends));
	if (!client_ends)
		return EXIT_FAILURE;
	while (read(fd, &order, sizeof(order)) == sizeof(order))
		client_obey(fd, &order);
	free(client_ends);
	return EXIT_SUCCESS;
}

static void clients_start(struct scale *s)
{
	for (unsigned i = 0; i < N_CLIENTS; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
			die("socketpair");
		if (np_proc_spawn(NULL, client_main, &pair[1], pair[1], NULL,
				  &s->clients[i].pid) < 0)
			die("a client");
		close(pair[1]);
		s->clients[i].fd = pair[0];
	}
}

static void client_order(struct client *client, enum client_op op, unsigned n)
{
	struct order order = {.op = op, .n = n};

	if (write(client->fd, &order, sizeof(order)) != sizeof(order))
		die("a client");
}

static struct answer client_answer(struct client *client)
{
	struct answer answer;

	if (read(client->fd, &answer, sizeof(answer)) != sizeof(answer))
		die("a client");
	return answer;
}

static double client_do(struct client *client, enum client_op op, unsigned n)
{
	client_order(client, op, n);
	return client_answer(client).value;
}

/* the server */

static HANDLE instance_new(const char *path, DWORD n_max)
{
	HANDLE h = CreateNamedPipeA(path, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_WAIT,
				    n_max, QUOTA, QUOTA, 0, NULL);

	if (h == INVALID_HANDLE_VALUE)
		die("CreateNamedPipe");
	return h;
}

static unsigned step_begin(const struct scale *s, unsigned step)
{
	return (unsigned)((uint64_t)s->n * step / N_STEPS);
}

static unsigned step_len(const struct scale *s, unsigned step)
{
	return step_begin(s, step + 1) - step_begin(s, step);
}

static void measure_create(struct scale *s)
{
	double cpu = cpu_ms(s->broker.pid), begin = now_us();

	for (unsigned step = 0; step < N_STEPS; step++) {
		double at = now_us();

		for (unsigned i = step_begin(s, step); i < step_begin(s, step + 1); i++)
			s->servers[i] = instance_new(PIPE_PATH, PIPE_UNLIMITED_INSTANCES);
		s->create_us[step] = (now_us() - at) / step_len(s, step);
	}
	say("create_all", (now_us() - begin) / 1e6, "s");
	say("broker_cpu_per_create", (cpu_ms(s->broker.pid) - cpu) * 1e3 / s->n, "us");
}

static void measure_open(struct scale *s)
{
	double cpu = cpu_ms(s->broker.pid), begin = now_us();

	for (unsigned step = 0; step < N_STEPS; step++) {
		unsigned n = step_len(s, step);

		s->open_us[step] =
			client_do(&s->clients[step % N_CLIENTS], OP_OPEN, n) / n;
	}
	for (unsigned i = 0; i < s->n; i++)
		if (!ConnectNamedPipe(s->servers[i], NULL) &&
		    GetLastError() != ERROR_PIPE_CONNECTED)
			die("ConnectNamedPipe");
	say("open_and_connect_all", (now_us() - begin) / 1e6, "s");
	say("broker_cpu_per_open", (cpu_ms(s->broker.pid) - cpu) * 1e3 / s->n, "us");
}

static double total_memory(struct scale *s)
{
	double kib = np_proc_memory_kib(getpid());

	for (unsigned i = 0; i < N_CLIENTS; i++)
		kib += client_do(&s->clients[i], OP_MEMORY, 0);
	return kib;
}

static double round_trip_us(struct scale *s)
{
	char message[MESSAGE];
	DWORD len;

	client_order(&s->clients[0], OP_TRIPS, N_TRIPS);
	for (unsigned i = 0; i < N_TRIPS; i++)
		if (!ReadFile(s->servers[0], message, sizeof(message), &len, NULL) ||
		    !WriteFile(s->servers[0], message, sizeof(message), &len, NULL))
			die("a round trip");
	return client_answer(&s->clients[0]).value / N_TRIPS;
}

/* All instances are taken; then one more is there, and everybody who waits goes on. */
static void measure_waiters(struct scale *s)
{
	double cpu = cpu_ms(s->broker.pid), begin;
	unsigned each = s->n_waiters / N_CLIENTS, n_good = 0;
	HANDLE h;

	for (unsigned i = 0; i < N_CLIENTS; i++)
		client_order(&s->clients[i], OP_WAIT, each);
	for (unsigned i = 0; i < N_CLIENTS; i++)
		client_answer(&s->clients[i]);
	begin = now_us();
	h = instance_new(PIPE_PATH, PIPE_UNLIMITED_INSTANCES);
	for (unsigned i = 0; i < N_CLIENTS; i++)
		n_good += client_answer(&s->clients[i]).n_good;
	if (n_good != each * N_CLIENTS)
		die("WaitNamedPipe");
	say("wake_of_all_waiters", (now_us() - begin) / 1e3, "ms");
	say("broker_cpu_per_waiter", (cpu_ms(s->broker.pid) - cpu) * 1e3 / n_good, "us");
	CloseHandle(h);
}

static void measure_close(struct scale *s)
{
	double cpu = cpu_ms(s->broker.pid);

	for (unsigned step = N_STEPS; step-- > 0;) {
		unsigned n = step_len(s, step);

		s->close_us[step] =
			client_do(&s->clients[step % N_CLIENTS], OP_CLOSE, n) / n;
	}
	for (unsigned step = N_STEPS; step-- > 0;) {
		double at = now_us();

		for (unsigned i = step_begin(s, step); i < step_begin(s, step + 1); i++)
			CloseHandle(s->servers[i]);
		s->end_us[step] = (now_us() - at) / step_len(s, step);
	}
	say("broker_cpu_per_close", (cpu_ms(s->broker.pid) - cpu) * 1e3 / s->n, "us");
}

static unsigned n_listed(void)
{
	WIN32_FIND_DATAA found;
	HANDLE h = FindFirstFileA("\\\\.\\pipe\\*", &found);
	unsigned n = 0;

	if (h == INVALID_HANDLE_VALUE)
		die("FindFirstFile");
	do
		n++;
	while (FindNextFileA(h, &found));
	FindClose(h);
	return n;
}

static void measure_list(struct scale *s)
{
	char path[64];
	double begin, first = 0, last;

	for (unsigned i = 0; i < s->n; i++) {
		snprintf(path, sizeof(path), "%s-%06u", PIPE_PATH, i);
		s->servers[i] = instance_new(path, 1);
		if (i + 1 != s->n / 10 && i + 1 != s->n)
			continue;
		begin = now_us();
		if (n_listed() < i + 1)
			die("listing");
		last = (now_us() - begin) / (i + 1);
		if (i + 1 != s->n)
			first = last;
		else
			say("list_per_name_with_all", last, "us");
	}
	say("list_per_name_with_a_tenth", first, "us");
	for (unsigned i = 0; i < s->n; i++)
		CloseHandle(s->servers[i]);
}

/* The cost of a call in the last twentieth over that in the second: 1 is flat. */
static void say_growth(const char *name, const double *us)
{
	char text[64];

	snprintf(text, sizeof(text), "%s_first", name);
	say(text, us[1], "us");
	snprintf(text, sizeof(text), "%s_last", name);
	say(text, us[N_STEPS - 1], "us");
	snprintf(text, sizeof(text), "%s_last/first", name);
	say(text, us[N_STEPS - 1] / us[1], "x");
}

static void write_data(const struct scale *s, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		die(path);
	fprintf(f, "# n\tcreate\topen\tclose, client\tclose, server\n");
	for (unsigned step = 0; step < N_STEPS; step++)
		fprintf(f, "%u\t%.2f\t%.2f\t%.2f\t%.2f\n", step_begin(s, step + 1),
			s->create_us[step], s->open_us[step], s->close_us[step],
			s->end_us[step]);
	if (fclose(f))
		die(path);
}

static unsigned lower_to_limit(unsigned n)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (n <= limit.rlim_max / 2)
		return n;
	printf("# RLIMIT_NOFILE is %lu: %lu instances\n", (unsigned long)limit.rlim_max,
	       (unsigned long)limit.rlim_max / 2);
	return (unsigned)(limit.rlim_max / 2);
}

static void measure(struct scale *s)
{
	double kib, alone;
	unsigned n_fds;

	kib = total_memory(s);
	n_fds = n_descriptors();
	s->servers[0] = instance_new(PIPE_PATH, PIPE_UNLIMITED_INSTANCES);
	client_do(&s->clients[0], OP_OPEN, 1);
	ConnectNamedPipe(s->servers[0], NULL);
	alone = round_trip_us(s);
	client_do(&s->clients[0], OP_CLOSE, 1);
	CloseHandle(s->servers[0]);

	measure_create(s);
	measure_open(s);
	say("memory_per_instance", (total_memory(s) - kib) / s->n, "KiB");
	say("broker_memory", np_proc_memory_kib(s->broker.pid), "KiB");
	say("server_descriptors", (n_descriptors() - n_fds) / (double)s->n, "per instance");
	say("roundtrip_64_alone", alone, "us");
	say("roundtrip_64_beside_idle", round_trip_us(s), "us");
	measure_waiters(s);
	measure_close(s);
	say_growth("create", s->create_us);
	say_growth("open", s->open_us);
	say_growth("close_client", s->close_us);
	say_growth("close_server", s->end_us);
	measure_list(s);
}

int main(int argc, char **argv)
{
	static struct scale s = {.n = 10000, .n_waiters = MAX_WAITERS};
	const char *npfsd = NULL, *data = NULL;
	char *program;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--instances"))
			s.n = (unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--waiters"))
			s.n_waiters = (unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--npfsd"))
			npfsd = argv[i + 1];
		else if (!strcmp(argv[i], "--data"))
			data = argv[i + 1];
		else
			argc = 0;
	}
	if (argc % 2 == 0 || s.n < N_STEPS || s.n_waiters > MAX_WAITERS) {
		fprintf(stderr, "usage: npfs-scale [--instances N] [--waiters N] "
				"[--npfsd PATH] [--data FILE]\n");
		return EXIT_FAILURE;
	}
	s.n = lower_to_limit(s.n);
	s.servers = calloc(s.n, sizeof(*s.servers));
	program = np_broker_find(npfsd);
	if (!s.servers || !program || np_broker_start(&s.broker, program) < 0)
		die("the broker");
	free(program);
	own_broker = &s.broker;
	own_pid = getpid();
	clients_start(&s);
	measure(&s);
	if (data)
		write_data(&s, data);
	for (unsigned i = 0; i < N_CLIENTS; i++) {
		/* clients that started later have copies of the socket */
		shutdown(s.clients[i].fd, SHUT_RDWR);
		close(s.clients[i].fd);
		np_proc_end(&s.clients[i].pid, 5000);
	}
	np_broker_stop(&s.broker);
	free(s.servers);
	return EXIT_SUCCESS;
}
