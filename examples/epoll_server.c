/* SPDX-License-Identifier: MIT */
/*
 * A server without a Windows name, in an epoll loop.
 *
 * It uses libnpfs alone: statuses instead of last errors, operations instead of OVERLAPPED.
 * An operation that has begun (STATUS_PENDING) completes in a thread of the library's; its
 * function puts the connection on a list and adds to an eventfd. The loop sleeps in
 * epoll_wait together with everything else the program may be waiting for (here: a signal),
 * and goes on with each connection on the list. So all the program's own code runs in one
 * thread.
 *
 * usage: epoll_server [name of the pipe, without \\.\pipe\]; answers each message in
 * capitals; SIGTERM or SIGINT ends it.
 */
#include <npfs/aio.h>
#include <npfs/pipe.h>
#include <npfs/status.h>
#include <npfs/text.h>

#include <ctype.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define BUFFER_SIZE	4096
#define GENERIC_READ	0x80000000u
#define GENERIC_WRITE	0x40000000u
#define SHARE_READ	1u
#define SHARE_WRITE	2u
#define OPEN_IF		3u
#define SECOND		(-10000000ll) /* relative, in units of 100 ns */

enum state { CONNECTING, READING, WRITING };

struct connection {
	struct npfs_op op;
	struct npfs_end *end;
	enum state state;
	struct connection *next; /* on the list of those that completed */
	char buffer[BUFFER_SIZE];
};

static uint16_t name[256];
static size_t name_len;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct connection *completed; /* under the lock */
static int bell;

/* Runs in any thread: hand over to the loop. */
static void on_complete(struct npfs_op *op)
{
	struct connection *c = op->user;
	uint64_t one = 1;

	pthread_mutex_lock(&lock);
	c->next = completed;
	completed = c;
	pthread_mutex_unlock(&lock);
	if (write(bell, &one, sizeof(one)) != sizeof(one))
		abort();
}

static void connection_free(struct connection *c)
{
	npfs_end_free(c->end);
	free(c);
}

static struct connection *connection_new(void)
{
	struct npfs_create_params params = {
		.size = sizeof(params),
		.access = GENERIC_READ | GENERIC_WRITE,
		.share = SHARE_READ | SHARE_WRITE,
		.disposition = OPEN_IF,
		.type = NPFS_TYPE_MESSAGE,
		.read_mode = NPFS_MODE_MESSAGE,
		.max_instances = NPFS_UNLIMITED_INSTANCES,
		.inbound_quota = BUFFER_SIZE,
		.outbound_quota = BUFFER_SIZE,
		.default_timeout = SECOND,
	};
	struct connection *c = calloc(1, sizeof(*c));
	npfs_status status;

	if (!c)
		return NULL;
	status = npfs_pipe_create(name, name_len, &params, &c->end, NULL);
	if (status != STATUS_SUCCESS) {
		fprintf(stderr, "create: %s\n", npfs_status_text(status));
		free(c);
		return NULL;
	}
	c->state = CONNECTING;
	return c;
}

/*
 * Begins operations until one is under way. @status is how the last one ended, STATUS_PENDING
 * for a connection on which nothing was begun yet. False when the program cannot go on.
 */
static bool connection_run(struct connection *c, npfs_status status, uint32_t length)
{
	struct connection *next;
	bool is_new = status == STATUS_PENDING;
	uint32_t i;

	for (;;) {
		npfs_op_init(&c->op, on_complete, c);
		if (is_new) {
			is_new = false;
			status = npfs_end_listen(c->end, &c->op);
		} else if (status == STATUS_PIPE_CLOSING && c->state == CONNECTING) {
			/* A client came and went before anybody listened. */
			npfs_end_disconnect(c->end);
			status = npfs_end_listen(c->end, &c->op);
		} else if (status != STATUS_SUCCESS && status != STATUS_PIPE_CONNECTED) {
			connection_free(c); /* the client is gone, or sent too long a message */
			return true;
		} else if (c->state == READING) {
			for (i = 0; i < length; i++)
				c->buffer[i] = (char)toupper((unsigned char)c->buffer[i]);
			c->state = WRITING;
			status = npfs_end_write(c->end, c->buffer, length, &c->op, &length);
		} else {
			/* Whoever has a client leaves the listening to a new instance. */
			if (c->state == CONNECTING) {
				next = connection_new();
				if (!next || !connection_run(next, STATUS_PENDING, 0))
					return false;
			}
			c->state = READING;
			status = npfs_end_read(c->end, c->buffer, BUFFER_SIZE, &c->op, &length);
		}
		if (status == STATUS_PENDING)
			return true;
	}
}

/* Goes on with everything that completed since the bell rang. */
static bool run_completed(void)
{
	struct connection *list, *c;
	uint64_t n;

	if (read(bell, &n, sizeof(n)) != sizeof(n))
		return true;
	pthread_mutex_lock(&lock);
	list = completed;
	completed = NULL;
	pthread_mutex_unlock(&lock);
	while ((c = list) != NULL) {
		list = c->next;
		if (!connection_run(c, c->op.status, c->op.information))
			return false;
	}
	return true;
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) {
		perror("epoll_ctl");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	const char *text = argc > 1 ? argv[1] : "npfs_example";
	struct connection *first;
	struct epoll_event event;
	int epoll, signals;
	sigset_t ending;

	name_len = npfs_utf8_to_utf16(text, strlen(text), name, 256);
	if (name_len == 0 || name_len > 256) {
		fprintf(stderr, "usage: epoll_server [name]\n");
		return 2;
	}
	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	sigprocmask(SIG_BLOCK, &ending, NULL);

	epoll = epoll_create1(EPOLL_CLOEXEC);
	bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	signals = signalfd(-1, &ending, SFD_CLOEXEC);
	watch(epoll, bell);
	watch(epoll, signals);

	first = connection_new();
	if (!first || !connection_run(first, STATUS_PENDING, 0))
		return 1;
	printf("listening on %s\n", text);
	fflush(stdout);

	for (;;) {
		if (epoll_wait(epoll, &event, 1, -1) != 1)
			continue;
		if (event.data.fd == signals)
			break;
		if (!run_completed())
			return 1;
	}
	/* The ends that are left go with the process. */
	printf("done\n");
	return 0;
}
