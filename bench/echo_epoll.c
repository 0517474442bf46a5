/* SPDX-License-Identifier: MIT */
/*
 * The same echo server and load as echo_iocp.c, written as one writes them on Linux: epoll
 * over SOCK_SEQPACKET sockets
 *
 *	echo_epoll server SOCKET CONNECTIONS
 *	echo_epoll load SOCKET CONNECTIONS MILLISECONDS
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_SIZE   64
#define WARM_UP_NS     INT64_C(300000000)
#define EVENTS_AT_ONCE 128
#define CLOCK_EVERY    64u /* echoes */

static int epoll_fd;
static unsigned n_connections, n_over;

static void die(const char *call)
{
	fprintf(stderr, "echo_epoll: %s: %s\n", call, strerror(errno));
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static void watch(int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll_ctl");
}

static void make_address(struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (snprintf(address->sun_path, sizeof(address->sun_path), "%s", path) >=
	    (int)sizeof(address->sun_path)) {
		errno = ENAMETOOLONG;
		die(path);
	}
}

/* the server */

static void serve(int fd)
{
	char message[MESSAGE_SIZE];
	ssize_t n = recv(fd, message, sizeof(message), MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0 || send(fd, message, (size_t)n, MSG_NOSIGNAL) < 0) {
		close(fd);
		n_over++;
	}
}

static void server(const char *path)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	struct sockaddr_un address;
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	make_address(&address, path);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, (int)n_connections) < 0)
		die("listen");
	puts("ready");
	fflush(stdout);
	watch(listener);
	while (n_over < n_connections) {
		int n = epoll_wait(epoll_fd, events, EVENTS_AT_ONCE, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd != listener)
				serve(fd);
			else if ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
				watch(fd);
		}
	}
	unlink(path);
}

/* the load */

static void send_one(int fd)
{
	static const char message[MESSAGE_SIZE] = { 'x' };

	if (send(fd, message, sizeof(message), MSG_NOSIGNAL) < 0)
		die("send");
}

static void load(const char *path, int64_t ns)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	struct sockaddr_un address;
	int64_t begin = now_ns(), since = 0;
	uint64_t n_echoes = 0, before = 0;

	make_address(&address, path);
	for (unsigned i = 0; i < n_connections; i++) {
		int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

		if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
			die("connect");
		watch(fd);
		send_one(fd);
	}
	for (;;) {
		int n = epoll_wait(epoll_fd, events, EVENTS_AT_ONCE, -1);

		for (int i = 0; i < n; i++) {
			char message[MESSAGE_SIZE];

			if (recv(events[i].data.fd, message, sizeof(message), 0) <= 0)
				die("recv");
			send_one(events[i].data.fd);
			if (++n_echoes % CLOCK_EVERY)
				continue;
			if (!since && now_ns() - begin >= WARM_UP_NS) {
				since = now_ns();
				before = n_echoes;
			} else if (since && now_ns() - since >= ns) {
				printf("%.0f\n", (double)(n_echoes - before) * 1e9 /
							 (double)(now_ns() - since));
				return;
			}
		}
	}
}

int main(int argc, char **argv)
{
	bool is_server = argc >= 4 && !strcmp(argv[1], "server");

	if (argc < 4 || (!is_server && (argc < 5 || strcmp(argv[1], "load")))) {
		fprintf(stderr, "usage: echo_epoll server SOCKET CONNECTIONS\n"
				"       echo_epoll load SOCKET CONNECTIONS MILLISECONDS\n");
		return 2;
	}
	n_connections = (unsigned)atoi(argv[3]);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		die("epoll_create1");
	if (is_server)
		server(argv[2]);
	else
		load(argv[2], (int64_t)atoi(argv[4]) * 1000000);
	return 0;
}
