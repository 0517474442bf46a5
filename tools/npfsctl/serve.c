/* SPDX-License-Identifier: MIT */
/*
 * npfsctl serve: a server, with one thread and perhaps one process per client
 *
 * While a client is served the next instance listens already, up to the asked-for number of
 * instances; then a new one is made as soon as a client has gone. The program that a client
 * is served with finds the pipe at its standard input and output, and NPFS_CLIENT_PID in its
 * environment. Without a program and without --echo there is one client, served with the
 * standard streams.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/npfsctl/ctl.h"
#include "tools/npfsctl/link.h"
#include "tools/npfsctl/server.h"

extern char **environ;

struct serve {
	const char *command; /* borrowed; NULL: none */
	bool echoes;
	enum ctl_framing framing;
};

/* Everything comes back. Return: exit code. */
static int echo(struct npfs_end *end)
{
	npfs_status status;
	uint8_t *buf = NULL;
	size_t cap = 0, len;
	uint32_t done;

	do {
		status = ctl_end_read(end, &buf, &cap, &len);
		if (status == STATUS_SUCCESS)
			status = npfs_end_write(end, buf, (uint32_t)len, NULL, &done);
	} while (status == STATUS_SUCCESS);
	free(buf);
	return CTL_OK;
}

/* The environment with one variable more; owned by the caller, the strings are borrowed. */
static char **environment_with(char *variable)
{
	size_t n = 0;
	char **copy;

	while (environ[n])
		n++;
	copy = calloc(n + 2, sizeof(*copy));
	if (!copy)
		return NULL;
	copy[0] = variable;
	memcpy(copy + 1, environ, n * sizeof(*copy));
	return copy;
}

/* Starts the program with @in and @out as its standard streams. Return: 0 or errno. */
static int spawn(const char *command, struct npfs_end *end, int in, int out, pid_t *pidp)
{
	char *const argv[] = {(char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
			      (char *)(uintptr_t)command, NULL};
	struct npfs_peer peer = {.pid = 0};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	char variable[40];
	sigset_t defaults;
	char **env;
	int r;

	if (npfs_end_client(end, &peer) != STATUS_SUCCESS)
		peer.pid = 0;
	snprintf(variable, sizeof(variable), "NPFS_CLIENT_PID=%u", peer.pid);
	env = environment_with(variable);
	if (!env)
		return ENOMEM;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawnattr_init(&attr);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn(pidp, "/bin/sh", &actions, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	free(env);
	return r;
}

/* Return: exit code. */
static int execute(const struct serve *serve, struct npfs_end *end)
{
	struct ctl_link link = {
		.end = end,
		.framing = serve->framing,
		.closes_at_eof = true,
	};
	int to[2] = {-1, -1}, from[2] = {-1, -1};
	int code, status = 0, r = 0;
	pid_t pid = -1;

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		r = errno;
	else
		r = spawn(serve->command, end, to[0], from[1], &pid);
	if (to[0] >= 0)
		close(to[0]);
	if (from[1] >= 0)
		close(from[1]);
	if (r != 0) {
		errno = r;
		code = ctl_complain_errno(serve->command);
	} else {
		link.in_fd = from[0];
		link.out_fd = to[1];
		code = ctl_link_run(&link);
	}
	if (to[1] >= 0)
		close(to[1]);
	if (from[0] >= 0)
		close(from[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return code;
}

static int serve_client(struct npfs_end *end, void *user)
{
	const struct serve *serve = user;
	struct ctl_link link = {
		.end = end,
		.in_fd = STDIN_FILENO,
		.out_fd = STDOUT_FILENO,
		.framing = serve->framing,
		.closes_at_eof = true,
	};

	if (serve->echoes)
		return echo(end);
	if (serve->command)
		return execute(serve, end);
	return ctl_link_run(&link);
}

int ctl_serve(int argc, char **argv)
{
	static const struct option options[] = {
		{"bytes", no_argument, NULL, 'b'},
		{"clients", required_argument, NULL, 'n'},
		{"instances", required_argument, NULL, 'c'},
		{"echo", no_argument, NULL, 'e'},
		{"exec", required_argument, NULL, 'x' + 256},
		CTL_FRAMING_OPTIONS,
		{NULL, 0, NULL, 0},
	};
	struct serve serve = {.command = NULL};
	struct ctl_server server = {
		.type = NPFS_TYPE_MESSAGE,
		.serve = serve_client,
		.user = &serve,
	};
	uint64_t n_instances = 0;
	int option, code;

	while ((option = getopt_long(argc, argv, "bn:c:elxp", options, NULL)) != -1) {
		if (ctl_framing_option(option, &serve.framing))
			continue;
		switch (option) {
		case 'b':
			server.type = NPFS_TYPE_BYTE;
			break;
		case 'n':
			if (!ctl_parse_number(optarg, UINT64_MAX, &server.n_clients))
				return CTL_USAGE;
			break;
		case 'c':
			if (!ctl_parse_number(optarg, 0xfffffffe, &n_instances))
				return CTL_USAGE;
			break;
		case 'e':
			serve.echoes = true;
			break;
		case 'x' + 256:
			serve.command = optarg;
			break;
		default:
			return ctl_usage();
		}
	}
	if (argc - optind != 1 || (serve.echoes && serve.command))
		return ctl_usage();
	if (!serve.echoes && !serve.command) {
		if (server.n_clients > 1)
			return ctl_usage();
		server.n_clients = 1;
	}
	server.max_instances = n_instances ? (uint32_t)n_instances : NPFS_UNLIMITED_INSTANCES;
	if (!ctl_name_parse(argv[optind], &server.name))
		return CTL_USAGE;
	code = ctl_server_run(&server);
	ctl_name_fini(&server.name);
	return code;
}
