/* SPDX-License-Identifier: MIT */
/*
 * npfsctl relay: join a pipe and a socket
 *
 * Towards the pipe (the usual way): listen on the address, and open the pipe for each
 * connection. Towards the address (-s): be the pipe's server, and connect to the address for
 * each client. A stream of bytes has no messages; with one of the framing options they are
 * marked in it.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/npfsctl/address.h"
#include "tools/npfsctl/ctl.h"
#include "tools/npfsctl/link.h"
#include "tools/npfsctl/server.h"

struct relay {
	struct ctl_name name;
	struct ctl_address address;
	enum ctl_framing framing;
	uint64_t n_connections; /* 0: without end */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t n_busy;
};

struct job {
	struct relay *relay;
	int fd; /* owned */
};

/* The socket's file, for the way out on a signal. */
static char own_path[sizeof(((struct sockaddr_un *)0)->sun_path)];

static void on_signal(int number)
{
	unlink(own_path);
	signal(number, SIG_DFL);
	raise(number);
}

static void leave_no_file(const struct ctl_address *address)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGTERM};
	struct sigaction action = {.sa_handler = on_signal};
	struct sockaddr_un un;
	size_t i;

	memcpy(&un, &address->name, sizeof(un));
	memcpy(own_path, un.sun_path, sizeof(own_path));
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaction(numbers[i], &action, NULL);
}

/* Opens the pipe for a stream and carries data until one of them ends. */
static int join_pipe(const struct relay *relay, int in_fd, int out_fd)
{
	struct ctl_link link = {
		.in_fd = in_fd,
		.out_fd = out_fd,
		.framing = relay->framing,
		.closes_at_eof = true,
	};
	npfs_status status;
	int code;

	status = ctl_open(relay->name.units, relay->name.len, CTL_OPEN_READ | CTL_OPEN_WRITE, 1,
			  &link.end);
	if (status != STATUS_SUCCESS)
		return ctl_complain(relay->name.text, status);
	code = ctl_link_run(&link);
	npfs_end_free(link.end);
	return code;
}

static void *job_main(void *arg)
{
	struct job *job = arg;
	struct relay *relay = job->relay;

	join_pipe(relay, job->fd, job->fd);
	close(job->fd);
	free(job);
	pthread_mutex_lock(&relay->lock);
	relay->n_busy--;
	pthread_cond_signal(&relay->changed);
	pthread_mutex_unlock(&relay->lock);
	return NULL;
}

/* Return: 0 or errno; @fd is taken in any case. */
static int job_start(struct relay *relay, int fd)
{
	struct job *job = malloc(sizeof(*job));
	pthread_attr_t attr;
	pthread_t thread;
	int r = ENOMEM;

	if (job) {
		*job = (struct job){.relay = relay, .fd = fd};
		pthread_mutex_lock(&relay->lock);
		relay->n_busy++;
		pthread_mutex_unlock(&relay->lock);
		pthread_attr_init(&attr);
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		r = pthread_create(&thread, &attr, job_main, job);
		pthread_attr_destroy(&attr);
		if (r == 0)
			return 0;
		pthread_mutex_lock(&relay->lock);
		relay->n_busy--;
		pthread_mutex_unlock(&relay->lock);
	}
	free(job);
	close(fd);
	return r;
}

static int accept_all(struct relay *relay, int listen_fd)
{
	uint64_t n = 0;

	while (relay->n_connections == 0 || n < relay->n_connections) {
		int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		int r;

		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0)
			return ctl_complain_errno("accept");
		r = job_start(relay, fd);
		if (r != 0) {
			errno = r;
			ctl_complain_errno("thread");
		}
		n++;
	}
	return CTL_OK;
}

/* Towards the pipe. Return: exit code. */
static int relay_to_pipe(struct relay *relay)
{
	int listen_fd, code;

	if (relay->address.kind == CTL_ADDRESS_STDIO)
		return join_pipe(relay, STDIN_FILENO, STDOUT_FILENO);
	listen_fd = ctl_address_listen(&relay->address);
	if (listen_fd < 0)
		return ctl_complain_errno("listen");
	if (relay->address.kind == CTL_ADDRESS_UNIX)
		leave_no_file(&relay->address);
	pthread_mutex_init(&relay->lock, NULL);
	pthread_cond_init(&relay->changed, NULL);
	code = accept_all(relay, listen_fd);
	close(listen_fd);
	if (relay->address.kind == CTL_ADDRESS_UNIX)
		unlink(own_path);
	pthread_mutex_lock(&relay->lock);
	while (relay->n_busy > 0)
		pthread_cond_wait(&relay->changed, &relay->lock);
	pthread_mutex_unlock(&relay->lock);
	return code;
}

/* Towards the address, for one client. */
static int join_address(struct npfs_end *end, void *user)
{
	const struct relay *relay = user;
	struct ctl_link link = {
		.end = end,
		.in_fd = STDIN_FILENO,
		.out_fd = STDOUT_FILENO,
		.framing = relay->framing,
		.closes_at_eof = true,
	};
	int fd, code;

	if (relay->address.kind == CTL_ADDRESS_STDIO)
		return ctl_link_run(&link);
	fd = ctl_address_connect(&relay->address);
	if (fd < 0)
		return ctl_complain_errno("connect");
	link.in_fd = fd;
	link.out_fd = fd;
	code = ctl_link_run(&link);
	close(fd);
	return code;
}

int ctl_relay(int argc, char **argv)
{
	static const struct option options[] = {
		{"serve", no_argument, NULL, 's'},
		{"count", required_argument, NULL, 'n'},
		CTL_FRAMING_OPTIONS,
		{NULL, 0, NULL, 0},
	};
	struct relay relay = {.framing = CTL_FRAME_RAW};
	struct ctl_server server = {
		.type = NPFS_TYPE_BYTE,
		.max_instances = NPFS_UNLIMITED_INSTANCES,
		.serve = join_address,
		.user = &relay,
	};
	bool serves = false;
	int option, code;

	while ((option = getopt_long(argc, argv, "sn:lxp", options, NULL)) != -1) {
		if (ctl_framing_option(option, &relay.framing))
			continue;
		switch (option) {
		case 's':
			serves = true;
			break;
		case 'n':
			if (!ctl_parse_number(optarg, UINT64_MAX, &relay.n_connections))
				return CTL_USAGE;
			break;
		default:
			return ctl_usage();
		}
	}
	if (argc - optind != 2)
		return ctl_usage();
	if (!ctl_address_parse(argv[optind + 1], &relay.address) ||
	    !ctl_name_parse(argv[optind], &relay.name))
		return CTL_USAGE;
	server.name = relay.name;
	server.n_clients = relay.address.kind == CTL_ADDRESS_STDIO ? 1 : relay.n_connections;
	if (relay.framing != CTL_FRAME_RAW)
		server.type = NPFS_TYPE_MESSAGE;
	code = serves ? ctl_server_run(&server) : relay_to_pipe(&relay);
	ctl_name_fini(&relay.name);
	return code;
}
