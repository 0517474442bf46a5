/* SPDX-License-Identifier: MIT */
/*
 * npfsctl list: the pipes there are, and, with -w, how they come and go
 *
 * The columns are those of PipeList: name, instances, most instances (-1: unlimited).
 */
#include "tools/npfsctl/ctl.h"

#include <stdlib.h>
#include <getopt.h>

#include "tools/npfsctl/text.h"

struct list {
	uint16_t *pattern; /* owned */
	size_t pattern_len;
	bool is_json;
	bool watches;
};

static void print_entry(const struct list *list, const struct npfs_dir_entry *entry)
{
	if (list->is_json) {
		printf("%s{\"name\": ", entry->index == 1 ? "" : ",\n ");
		ctl_print_json(entry->name, entry->name_len);
		printf(", \"instances\": %u, \"max_instances\": %lld}", entry->current_instances,
		       ctl_most(entry->max_instances));
		return;
	}
	if (entry->index == 1)
		printf("%s%-40s %9s %9s%s\n", ctl_colour(CTL_BOLD), "NAME", "INSTANCES", "MAX",
		       ctl_colour(CTL_PLAIN));
	printf("%*s", (int)(40 - ctl_print_name(entry->name, entry->name_len)) > 0 ?
			      40 - (int)ctl_columns(entry->name, entry->name_len) :
			      0,
	       "");
	printf(" %9u %9lld\n", entry->current_instances, ctl_most(entry->max_instances));
}

static int print_all(const struct list *list)
{
	struct npfs_dir_entry entry;
	struct npfs_dir *dir;
	npfs_status status;

	status = npfs_dir_open(list->pattern, list->pattern_len, &dir);
	if (status != STATUS_SUCCESS)
		return ctl_complain("list", status);
	if (list->is_json)
		printf("[");
	while ((status = npfs_dir_next(dir, &entry)) == STATUS_SUCCESS)
		print_entry(list, &entry);
	if (list->is_json)
		printf("]\n");
	npfs_dir_close(dir);
	if (status == STATUS_NO_MORE_FILES)
		return CTL_OK;
	if (status == STATUS_NO_SUCH_FILE)
		return list->pattern_len == 0 ? CTL_OK : CTL_NOT_FOUND;
	return ctl_complain("list", status);
}

static const char *action_text(uint32_t action)
{
	switch (action) {
	case NPFS_DIR_ADDED:
		return "added";
	case NPFS_DIR_REMOVED:
		return "removed";
	default:
		return "instances";
	}
}

static void print_change(const struct list *list, const struct npfs_dir_change *change)
{
	if (list->pattern_len > 0 &&
	    !npfs_pattern_match(list->pattern, list->pattern_len, change->name,
				change->name_len, 0))
		return;
	if (list->is_json) {
		printf("{\"event\": \"%s\", \"name\": ", action_text(change->action));
		ctl_print_json(change->name, change->name_len);
		printf("}\n");
	} else {
		printf("%-9s ", action_text(change->action));
		ctl_print_name(change->name, change->name_len);
		printf("\n");
	}
}

/* Ends when the broker does, or when nobody reads. */
static int watch(const struct list *list)
{
	struct npfs_dir_watch *watch;
	struct npfs_dir_change change;
	npfs_status status;
	int code;

	status = npfs_dir_watch_open(&watch);
	if (status != STATUS_SUCCESS)
		return ctl_complain("watch", status);
	code = print_all(list);
	if (code == CTL_NOT_FOUND)
		code = CTL_OK;
	while (code == CTL_OK && ctl_flush()) {
		status = npfs_dir_watch_next(watch, &change);
		if (status == STATUS_SUCCESS)
			print_change(list, &change);
		else if (status == STATUS_NOTIFY_ENUM_DIR)
			printf(list->is_json ? "{\"event\": \"missed\"}\n" : "missed\n");
		else
			code = ctl_complain("watch", status);
	}
	npfs_dir_watch_close(watch);
	return code;
}

int ctl_list(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"watch", no_argument, NULL, 'w'},
		{NULL, 0, NULL, 0},
	};
	struct list list = {.is_json = false};
	int option, code;

	while ((option = getopt_long(argc, argv, "jw", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			list.is_json = true;
			break;
		case 'w':
			list.watches = true;
			break;
		default:
			return ctl_usage();
		}
	}
	if (argc - optind > 1)
		return ctl_usage();
	if (optind < argc &&
	    !ctl_pattern_parse(argv[optind], &list.pattern, &list.pattern_len))
		return CTL_FAILED;
	code = list.watches ? watch(&list) : print_all(&list);
	free(list.pattern);
	return code;
}
