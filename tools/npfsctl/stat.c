/* SPDX-License-Identifier: MIT */
/*
 * npfsctl stat: what a pipe is, who has its instances, who waits for one
 */
#include <getopt.h>
#include <string.h>

#include <npfs/inspect.h>
#include <npfs/tracing.h>

#include "tools/npfsctl/ctl.h"
#include "tools/npfsctl/text.h"

struct stat_run {
	bool is_json;
	unsigned n; /* entries so far */
};

static void print_pipe(const struct ctl_name *name, const struct npfs_inspect *info)
{
	printf("name         ");
	ctl_print_name(name->units, name->len);
	printf("\ninstances    %u of %lld\n", info->current_instances,
	       ctl_most(info->max_instances));
	if (!(info->flags & NPFS_INSPECT_WHOLE)) {
		printf("you may not see more\n");
		return;
	}
	printf("type         %s\n", ctl_type_text(info->type));
	printf("direction    %s\n", ctl_config_text(info->config));
	printf("free         %u\n", info->n_listening);
	printf("waiters      %u\n", info->n_waiters);
	printf("time-out     %g s\n", (double)-info->default_timeout / 1e7);
	printf("remote       %s\n",
	       info->flags & NPFS_INSPECT_REJECTS_REMOTE ? "rejected" : "accepted");
	if (info->flags & NPFS_INSPECT_OLD_RULES)
		printf("rules        of Windows NT 4: clients hold the name\n");
}

static void print_pipe_json(const struct ctl_name *name, const struct npfs_inspect *info)
{
	static const char *const configs[] = {"inbound", "outbound", "duplex"};

	printf("{\"name\": ");
	ctl_print_json(name->units, name->len);
	printf(", \"instances\": %u, \"max_instances\": %lld, \"whole\": %s",
	       info->current_instances, ctl_most(info->max_instances),
	       info->flags & NPFS_INSPECT_WHOLE ? "true" : "false");
	if (!(info->flags & NPFS_INSPECT_WHOLE))
		return;
	printf(", \"type\": \"%s\", \"direction\": \"%s\", \"free\": %u, \"waiters\": %u, "
	       "\"timeout\": %g, \"rejects_remote\": %s",
	       ctl_type_text(info->type), configs[info->config % 3], info->n_listening,
	       info->n_waiters, (double)-info->default_timeout / 1e7,
	       info->flags & NPFS_INSPECT_REJECTS_REMOTE ? "true" : "false");
}

/* What is queued in the two directions, of a connection that may be looked into. */
static bool queues_of(const struct npfs_inspect_instance *instance,
		      struct npfs_tap_counts *countsp)
{
	struct npfs_tap *tap;
	npfs_status status;

	if (instance->state != NPFS_STATE_CONNECTED ||
	    npfs_tap_open(instance, &tap) != STATUS_SUCCESS)
		return false;
	countsp->size = sizeof(*countsp);
	status = npfs_tap_count(tap, countsp);
	npfs_tap_close(tap);
	return status == STATUS_SUCCESS;
}

static void print_lane_json(const char *name, const struct npfs_tap_lane *lane)
{
	printf(", \"%s\": {\"written\": %llu, \"writes\": %llu, \"read\": %llu, "
	       "\"queued\": %llu, \"queued_writes\": %llu, \"quota_used\": %u}",
	       name, (unsigned long long)lane->written, (unsigned long long)lane->n_writes,
	       (unsigned long long)lane->read, (unsigned long long)lane->queued,
	       (unsigned long long)lane->n_queued, lane->used);
}

static void print_lane(const char *name, const struct npfs_tap_lane *lane)
{
	printf("  %-9s  %llu bytes in %llu writes, %llu bytes queued, %u of the quota of %u used\n",
	       name, (unsigned long long)lane->written, (unsigned long long)lane->n_writes,
	       (unsigned long long)lane->queued, lane->used, lane->quota);
}

static bool print_instance(const struct npfs_inspect_instance *instance, void *user)
{
	struct stat_run *run = user;
	struct npfs_tap_counts counts;
	bool has_counts = queues_of(instance, &counts);
	char server[80], client[80];

	if (run->is_json) {
		printf("%s{\"id\": %llu, \"state\": \"%s\", \"server_pid\": %u, "
		       "\"server_uid\": %u, \"client_pid\": %u, \"client_uid\": %u, "
		       "\"inbound_quota\": %u, \"outbound_quota\": %u",
		       run->n++ ? ", " : "", (unsigned long long)instance->id,
		       ctl_state_text(instance->state), instance->server_pid,
		       instance->server_uid, instance->client_pid, instance->client_uid,
		       instance->inbound_quota, instance->outbound_quota);
		if (has_counts) {
			print_lane_json("inbound", &counts.inbound);
			print_lane_json("outbound", &counts.outbound);
		}
		printf("}");
		return true;
	}
	ctl_process_text(instance->server_pid, instance->server_uid, server, sizeof(server));
	ctl_process_text(instance->client_pid, instance->client_uid, client, sizeof(client));
	if (run->n++ == 0)
		printf("%s%-13s %-28s %-28s %s%s\n", ctl_colour(CTL_BOLD), "STATE", "SERVER",
		       "CLIENT", "QUOTAS (IN, OUT)", ctl_colour(CTL_PLAIN));
	printf("%-13s %-28s %-28s %u %u\n", ctl_state_text(instance->state), server, client,
	       instance->inbound_quota, instance->outbound_quota);
	if (has_counts) {
		print_lane("inbound", &counts.inbound);
		print_lane("outbound", &counts.outbound);
	}
	return true;
}

static bool print_waiter(const struct npfs_inspect_waiter *waiter, void *user)
{
	struct stat_run *run = user;
	char text[80];

	if (run->is_json) {
		printf("%s{\"pid\": %u, \"uid\": %u}", run->n++ ? ", " : "", waiter->pid,
		       waiter->uid);
		return true;
	}
	ctl_process_text(waiter->pid, waiter->uid, text, sizeof(text));
	printf("waits        %s\n", text);
	return true;
}

static npfs_status print_parts(const struct ctl_name *name, struct stat_run *run)
{
	npfs_status status;

	if (run->is_json)
		printf(", \"instance_list\": [");
	status = npfs_inspect_instances(name->units, name->len, print_instance, run);
	if (status != STATUS_SUCCESS)
		return status;
	if (run->is_json)
		printf("], \"waiter_list\": [");
	run->n = 0;
	status = npfs_inspect_waiters(name->units, name->len, print_waiter, run);
	if (run->is_json)
		printf("]");
	return status;
}

static int print_all(const struct ctl_name *name, struct stat_run *run)
{
	struct npfs_inspect info = {.size = sizeof(info)};
	npfs_status status = npfs_inspect_pipe(name->units, name->len, &info);

	if (status != STATUS_SUCCESS)
		return ctl_complain(name->text, status);
	if (run->is_json)
		print_pipe_json(name, &info);
	else
		print_pipe(name, &info);
	if (info.flags & NPFS_INSPECT_WHOLE)
		status = print_parts(name, run);
	if (run->is_json)
		printf("}\n");
	return status == STATUS_SUCCESS ? CTL_OK : ctl_complain(name->text, status);
}

int ctl_stat(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{NULL, 0, NULL, 0},
	};
	struct stat_run run = {.is_json = false};
	struct ctl_name name;
	int option, code;

	while ((option = getopt_long(argc, argv, "j", options, NULL)) != -1) {
		if (option != 'j')
			return ctl_usage();
		run.is_json = true;
	}
	if (argc - optind != 1)
		return ctl_usage();
	if (!ctl_name_parse(argv[optind], &name))
		return CTL_USAGE;
	code = print_all(&name, &run);
	ctl_name_fini(&name);
	return code;
}
