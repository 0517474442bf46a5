/* SPDX-License-Identifier: MIT */
/*
 * npfsctl doctor: would an open succeed, and if not, why?
 *
 * Nothing is opened. The exit code is the one that an open would end with.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <npfs/inspect.h>

#include "tools/npfsctl/ctl.h"
#include "tools/npfsctl/text.h"

#define GENERIC_READ  0x80000000u
#define GENERIC_WRITE 0x40000000u
#define READ_DATA     0x1u
#define WRITE_DATA    0x2u

static void good(const char *text)
{
	printf("%sgood%s   %s\n", ctl_colour(CTL_GREEN), ctl_colour(CTL_PLAIN), text);
}

static void bad(const char *text)
{
	printf("%sbad%s    %s\n", ctl_colour(CTL_RED), ctl_colour(CTL_PLAIN), text);
}

static void hint(const char *text)
{
	printf("       %s\n", text);
}

/* Is there a pipe that the name lies below, as in a folder? */
static bool is_below_a_pipe(const struct ctl_name *name)
{
	struct npfs_inspect info = {.size = sizeof(info)};
	size_t i;

	for (i = 1; i < name->len; i++)
		if (name->units[i] == '\\' &&
		    npfs_inspect_pipe(name->units, i, &info) == STATUS_SUCCESS)
			return true;
	return false;
}

/* Shows names that have the same letters in them. */
static void show_similar(const struct ctl_name *name)
{
	uint16_t *pattern = calloc(name->len + 2, sizeof(*pattern));
	struct npfs_dir_entry entry;
	struct npfs_dir *dir;
	size_t n = name->len > 4 ? name->len - 2 : name->len;

	if (!pattern)
		return;
	pattern[0] = '*';
	memcpy(pattern + 1, name->units, n * sizeof(*pattern));
	pattern[n + 1] = '*';
	if (npfs_dir_open(pattern, n + 2, &dir) == STATUS_SUCCESS) {
		while (npfs_dir_next(dir, &entry) == STATUS_SUCCESS) {
			printf("       there is ");
			ctl_print_name(entry.name, entry.name_len);
			printf("\n");
		}
		npfs_dir_close(dir);
	}
	free(pattern);
}

static void explain_not_found(const struct ctl_name *name)
{
	bad("there is no pipe of this name");
	show_similar(name);
	hint("a name exists as long as a server has an instance of it");
	hint("programs with another NPFS_SOCKET, or another user's, have names of their own");
}

/* Which of the two directions is against the pipe's? */
static bool is_wrong_direction(const struct npfs_inspect *info, uint32_t access)
{
	return (info->flags & NPFS_INSPECT_WHOLE) &&
	       (((access & GENERIC_READ) && info->config == NPFS_CONFIG_INBOUND) ||
		((access & GENERIC_WRITE) && info->config == NPFS_CONFIG_OUTBOUND));
}

static void explain_denied(const struct npfs_inspect *info, uint32_t access, uint32_t allowed)
{
	uint32_t needed = (access & GENERIC_READ ? READ_DATA : 0) |
			  (access & GENERIC_WRITE ? WRITE_DATA : 0);
	char rights[512];

	if ((allowed & needed) != needed) {
		bad("the pipe's descriptor does not let you");
	} else if (is_wrong_direction(info, access)) {
		bad("the pipe does not carry data in that direction");
		printf("       it is %s: try %s\n", ctl_config_text(info->config),
		       info->config == NPFS_CONFIG_INBOUND ? "-w" : "-r");
		return;
	} else {
		bad("some of the rights that a generic right stands for are missing");
	}
	ctl_rights_text(allowed, rights, sizeof(rights));
	printf("       you may: %s\n", rights);
	hint("npfsctl acl shows who may do what");
}

static bool print_client(const struct npfs_inspect_instance *instance, void *user)
{
	char server[80], client[80];

	(void)user;
	ctl_process_text(instance->server_pid, instance->server_uid, server, sizeof(server));
	ctl_process_text(instance->client_pid, instance->client_uid, client, sizeof(client));
	printf("       %s: server %s, client %s\n", ctl_state_text(instance->state), server,
	       client);
	return true;
}

static void explain_busy(const struct ctl_name *name, const struct npfs_inspect *info)
{
	bad("no instance is free");
	npfs_inspect_instances(name->units, name->len, print_client, NULL);
	if (info->max_instances != NPFS_UNLIMITED_INSTANCES &&
	    info->current_instances >= info->max_instances)
		hint("there are as many instances as there may be");
	hint("npfsctl wait, or WaitNamedPipe, waits for one");
}

static int examine(const struct ctl_name *name, uint32_t access)
{
	struct npfs_inspect info = {.size = sizeof(info)};
	struct npfs_broker_info broker = {.size = sizeof(broker)};
	npfs_status status = npfs_broker_query(&broker);
	uint32_t allowed = 0;

	if (status != STATUS_SUCCESS) {
		bad("no broker answers");
		hint("a program that makes a pipe starts one; NPFS_SOCKET says where it listens");
		return ctl_exit_of(status);
	}
	good("a broker answers");
	status = npfs_inspect_open(name->units, name->len, access, &allowed);
	if (npfs_inspect_pipe(name->units, name->len, &info) == STATUS_SUCCESS)
		good("the name exists");
	switch (status) {
	case STATUS_SUCCESS:
		good("you may open it, and an instance is free");
		break;
	case STATUS_OBJECT_NAME_NOT_FOUND:
		explain_not_found(name);
		break;
	case STATUS_OBJECT_NAME_INVALID:
		bad(is_below_a_pipe(name) ? "a part of the name is a pipe, and a pipe is no folder" :
					    "this can be no name of a pipe");
		break;
	case STATUS_ACCESS_DENIED:
		explain_denied(&info, access, allowed);
		break;
	case STATUS_PIPE_NOT_AVAILABLE:
		good("you may open it");
		explain_busy(name, &info);
		break;
	default:
		return ctl_complain(name->text, status);
	}
	return ctl_exit_of(status);
}

int ctl_doctor(int argc, char **argv)
{
	static const struct option options[] = {
		{"read-only", no_argument, NULL, 'r'},
		{"write-only", no_argument, NULL, 'w'},
		{NULL, 0, NULL, 0},
	};
	uint32_t access = GENERIC_READ | GENERIC_WRITE;
	struct ctl_name name;
	int option, code;

	while ((option = getopt_long(argc, argv, "rw", options, NULL)) != -1) {
		if (option == 'r')
			access = GENERIC_READ;
		else if (option == 'w')
			access = GENERIC_WRITE;
		else
			return ctl_usage();
	}
	if (argc - optind != 1)
		return ctl_usage();
	if (!ctl_name_parse(argv[optind], &name))
		return CTL_USAGE;
	code = examine(&name, access);
	ctl_name_fini(&name);
	return code;
}
