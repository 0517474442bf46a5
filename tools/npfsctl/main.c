/* SPDX-License-Identifier: MIT */
/*
 * npfsctl: the sub-commands, and what is said when something goes wrong
 */
#include "tools/npfsctl/ctl.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct ctl_command commands[] = {
	{"acl", "[-u USER] NAME", "who may open it", ctl_acl, false},
	{"broker", "[-q] status|stop|restart", "the broker itself", ctl_broker, false},
	{"call", "[-t SECONDS] [-x] NAME DATA", "send one message, print the answer", ctl_call,
	 false},
	{"cat", "[-Nrwlxp] [-n COUNT] [-t SECONDS] NAME", "be a client, with standard streams",
	 ctl_cat, false},
	{"doctor", "[-r | -w] NAME", "why an open would fail", ctl_doctor, false},
	{"list", "[-j] [-w] [PATTERN]", "the pipes there are", ctl_list, false},
	{"relay", "[-s] [-lxp] [-n COUNT] NAME unix:PATH|tcp:HOST:PORT|stdio",
	 "join a pipe and a socket", ctl_relay, true},
	{"serve", "[-b] [-n COUNT] [-c COUNT] [-lxp] NAME [--echo | --exec COMMAND]",
	 "be a server", ctl_serve, true},
	{"stat", "[-j] NAME", "what a pipe is and who has it", ctl_stat, false},
	{"top", "[-b] [-d SECONDS] [-n COUNT] [PATTERN]", "a live view", ctl_top, false},
	{"trace", "[-j] [-d BYTES] [-n COUNT] [PATTERN]", "who opens, writes, reads, closes",
	 ctl_trace, false},
	{"wait", "[-c] [-t SECONDS] NAME", "until an instance is free", ctl_wait, false},
};

static const struct ctl_command *current;

static void print_usage(FILE *file)
{
	fprintf(file, "usage: npfsctl %s %s\n", current->name, current->arguments);
}

/* ctl_usage() - say how the sub-command is used. Return: CTL_USAGE */
int ctl_usage(void)
{
	print_usage(stderr);
	return CTL_USAGE;
}

/* ctl_warn() - a line on standard error */
void ctl_warn(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "npfsctl: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* ctl_exit_of() - the exit code that stands for a status */
int ctl_exit_of(npfs_status status)
{
	switch (status) {
	case STATUS_SUCCESS:
		return CTL_OK;
	case STATUS_OBJECT_NAME_NOT_FOUND:
	case STATUS_NO_SUCH_FILE:
		return CTL_NOT_FOUND;
	case STATUS_ACCESS_DENIED:
	case STATUS_PRIVILEGE_NOT_HELD:
		return CTL_DENIED;
	case STATUS_PIPE_NOT_AVAILABLE:
	case STATUS_INSTANCE_NOT_AVAILABLE:
	case STATUS_IO_TIMEOUT:
		return CTL_BUSY;
	case STATUS_UNSUCCESSFUL:
	case STATUS_NOT_SUPPORTED:
	case STATUS_REVISION_MISMATCH:
		return CTL_NO_BROKER;
	case STATUS_PIPE_BROKEN:
	case STATUS_PIPE_CLOSING:
	case STATUS_PIPE_DISCONNECTED:
		return CTL_BROKEN;
	default:
		return CTL_FAILED;
	}
}

/* ctl_complain() - say what a status means for @what. Return: the exit code */
int ctl_complain(const char *what, npfs_status status)
{
	const char *name = npfs_status_name(status);
	int code = ctl_exit_of(status);

	if (code == CTL_NO_BROKER && status != STATUS_REVISION_MISMATCH)
		ctl_warn("%s: no broker is running", what);
	else
		ctl_warn("%s: %s (%s, error %u)", what, npfs_status_text(status),
			 name ? name : "no name", npfs_status_to_win32(status));
	return code;
}

/* ctl_complain_errno() - say what errno means for @what. Return: CTL_FAILED */
int ctl_complain_errno(const char *what)
{
	ctl_warn("%s: %s", what, strerror(errno));
	return CTL_FAILED;
}

static void print_help(void)
{
	size_t i;

	printf("usage: npfsctl COMMAND [OPTIONS] [ARGUMENTS]\n\n");
	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].purpose);
	printf("\n`npfsctl COMMAND --help` shows the arguments; npfsctl(1) has the rest.\n");
}

static const struct ctl_command *command_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	int code;

	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		fprintf(stderr, "usage: npfsctl COMMAND [OPTIONS] [ARGUMENTS]; see npfsctl --help\n");
		return CTL_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help();
		return ctl_flush() ? CTL_OK : CTL_FAILED;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("npfsctl %s\n", npfs_version());
		return ctl_flush() ? CTL_OK : CTL_FAILED;
	}
	current = command_find(argv[1]);
	if (!current) {
		ctl_warn("%s: no such command; see npfsctl --help", argv[1]);
		return CTL_USAGE;
	}
	if (argc > 2 && strcmp(argv[2], "--help") == 0) {
		print_usage(stdout);
		return ctl_flush() ? CTL_OK : CTL_FAILED;
	}
	ctl_print_init();
	if (!current->makes_pipes)
		setenv("NPFS_NO_AUTOSTART", "1", 1);
	code = current->run(argc - 1, argv + 1);
	if (!ctl_flush() && code == CTL_OK)
		code = CTL_FAILED;
	return code;
}
