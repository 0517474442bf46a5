/* SPDX-License-Identifier: MIT */
/*
 * npfsd: start, serve, leave
 *
 * Errors before the broker listens go to standard error, whatever the log is, because
 * somebody is looking then. Without --foreground the process goes into the background
 * once it listens: whoever waited for the command can connect.
 *
 * Exit status: 0 after a signal or idleness, 1 for a failure, 2 for wrong usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/base/log.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/notify.h"
#include "npfs/broker/options.h"

/*
 * Goes on in a child of its own session. The parent stays until the child listens, and
 * leaves with 0, or until it has failed, and leaves with 1.
 *
 * This comes before everything else: a signalfd in an epoll set hears the signals of the
 * process that put it there, not those of its child.
 */
static int background(int *ready_fdp)
{
	int fds[2];
	ssize_t n;
	pid_t pid;
	char byte;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return np_err(-errno);
	pid = fork();
	if (pid < 0)
		return np_err(-errno);
	if (pid > 0) {
		close(fds[1]);
		do {
			n = read(fds[0], &byte, 1);
		} while (n < 0 && errno == EINTR);
		_exit(n == 1 ? 0 : 1);
	}
	close(fds[0]);
	setsid();
	*ready_fdp = fds[1];
	return 0;
}

/*
 * The terminal, or whatever the standard descriptors are, belongs to somebody else
 * now.
 */
static int background_detach(void)
{
	NP_CLEANUP_FD int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int i;

	if (fd < 0)
		return np_err(-errno);
	for (i = 0; i < 3; i++)
		if (dup2(fd, i) < 0)
			return np_err(-errno);
	return chdir("/") < 0 ? np_err(-errno) : 0;
}

static const char *listen_error(int err)
{
	switch (err) {
	case -EADDRINUSE:
		return "a broker is already running there";
	case -EEXIST:
		return "exists and is not a socket";
	default:
		return strerror(-err);
	}
}

/* The machine's directory is made by tmpfiles or the unit; by hand it may be missing. */
static void make_machine_dir(const char *path)
{
	if (strcmp(path, NP_PLACE_MACHINE_SOCKET) == 0)
		mkdir(NP_PLACE_MACHINE_DIR, 0755);
}

static void remove_dir_of(const char *path)
{
	char copy[NP_PLACE_PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	/* Not empty means that somebody is starting the next broker there. */
	if (rmdir(dirname(copy)) < 0 && errno != ENOTEMPTY && errno != EEXIST)
		np_log(NP_LOG_WARNING, "cannot remove the directory of %s: %s", path,
		       strerror(errno));
}

static int serve(struct np_broker *broker, struct np_options *options, int parent_fd)
{
	int r;

	r = np_broker_init(broker, options);
	if (r < 0) {
		fprintf(stderr, "npfsd: cannot start: %s\n", strerror(-r));
		return r;
	}
	make_machine_dir(options->place.path);
	r = np_broker_listen(broker);
	if (r < 0) {
		fprintf(stderr, "npfsd: cannot listen at %s: %s\n", options->place.path,
			listen_error(r));
		return r;
	}
	np_log(NP_LOG_INFO, "listening at %s", options->place.path);
	if (parent_fd >= 0) {
		r = background_detach();
		if (r < 0)
			return r;
		np_log_use_syslog("npfsd");
		np_notify_parent(parent_fd);
	}
	np_notify_ready(np_take_fd(options->ready_fd));
	return np_broker_run(broker);
}

int main(int argc, char **argv)
{
	struct np_options options;
	struct np_broker broker;
	int parent_fd = -1;
	int r;

	switch (np_options_parse(&options, argc, argv)) {
	case NP_OPTIONS_RUN:
		break;
	case NP_OPTIONS_EXIT_OK:
		return 0;
	case NP_OPTIONS_EXIT_USAGE:
		return 2;
	}
	np_log_set_level(options.log_level);
	if (options.uses_syslog)
		np_log_use_syslog("npfsd");
	if (!options.is_foreground) {
		r = background(&parent_fd);
		if (r < 0) {
			fprintf(stderr, "npfsd: cannot go into the background: %s\n",
				strerror(-r));
			return 1;
		}
	}
	r = serve(&broker, &options, parent_fd);
	np_broker_fini(&broker);
	if (options.removes_dir)
		remove_dir_of(options.place.path);
	return r < 0 ? 1 : 0;
}
