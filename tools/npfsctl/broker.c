/* SPDX-License-Identifier: MIT */
/*
 * npfsctl broker: how it is, have it leave, have another one
 *
 * A broker that leaves disturbs no connected pipe, and its names are taken over by the next
 * one. A program that has names to claim starts that one by itself where it may.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <npfs/inspect.h>

#include "tools/npfsctl/ctl.h"

/* A broker that has not left after this long does not. */
#define STOP_TIMEOUT_MS 10000

static int status(bool is_quiet)
{
	struct npfs_broker_info info = {.size = sizeof(info)};
	npfs_status status = npfs_broker_query(&info);

	if (status != STATUS_SUCCESS)
		return is_quiet ? ctl_exit_of(status) : ctl_complain("broker", status);
	if (is_quiet)
		return CTL_OK;
	printf("process      %u\n", info.pid);
	printf("pipes        %u\n", info.n_pipes);
	printf("instances    %u\n", info.n_instances);
	printf("waiters      %u\n", info.n_waiters);
	printf("clients      %u\n", info.n_clients);
	printf("accepted     %llu\n", (unsigned long long)info.n_accepted);
	printf("dropped      %llu\n", (unsigned long long)info.n_dropped);
	printf("requests     %llu\n", (unsigned long long)info.n_requests);
	return CTL_OK;
}

/* Sends the signal and waits until the process has ended. Return: exit code. */
static int end_process(uint32_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	struct npfs_broker_info info = {.size = sizeof(info)};
	int r, code = CTL_OK;

	if (fd < 0)
		return errno == ESRCH ? CTL_OK : ctl_complain_errno("broker");
	/* it is the broker, and no process that got its number meanwhile */
	if (npfs_broker_query(&info) != STATUS_SUCCESS || info.pid != pid) {
		close(fd);
		return CTL_OK;
	}
	if (syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0) < 0 && errno != ESRCH) {
		code = errno == EPERM ? CTL_DENIED : CTL_FAILED;
		ctl_warn("broker: %s", strerror(errno));
		close(fd);
		return code;
	}
	do
		r = poll(&poll_fd, 1, STOP_TIMEOUT_MS);
	while (r < 0 && errno == EINTR);
	close(fd);
	if (r > 0)
		return CTL_OK;
	ctl_warn("broker: process %u does not leave", pid);
	return CTL_BUSY;
}

static int stop(void)
{
	struct npfs_broker_info info = {.size = sizeof(info)};
	npfs_status status = npfs_broker_query(&info);

	if (status != STATUS_SUCCESS)
		return ctl_complain("broker", status);
	return end_process(info.pid);
}

static int restart(bool is_quiet)
{
	struct npfs_broker_info info = {.size = sizeof(info)};
	npfs_status status = npfs_broker_query(&info);
	int code;

	if (status == STATUS_SUCCESS) {
		code = end_process(info.pid);
		if (code != CTL_OK)
			return code;
	}
	unsetenv("NPFS_NO_AUTOSTART");
	status = npfs_broker_query(&info);
	if (status != STATUS_SUCCESS)
		return ctl_complain("broker", status);
	if (!is_quiet)
		printf("process      %u\n", info.pid);
	return CTL_OK;
}

int ctl_broker(int argc, char **argv)
{
	static const struct option options[] = {
		{"quiet", no_argument, NULL, 'q'},
		{NULL, 0, NULL, 0},
	};
	bool is_quiet = false;
	const char *verb;
	int option;

	while ((option = getopt_long(argc, argv, "q", options, NULL)) != -1) {
		if (option != 'q')
			return ctl_usage();
		is_quiet = true;
	}
	if (argc - optind != 1)
		return ctl_usage();
	verb = argv[optind];
	if (strcmp(verb, "status") == 0)
		return status(is_quiet);
	if (strcmp(verb, "stop") == 0)
		return stop();
	if (strcmp(verb, "restart") == 0)
		return restart(is_quiet);
	return ctl_usage();
}
