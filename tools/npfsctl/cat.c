/* SPDX-License-Identifier: MIT */
/*
 * npfsctl cat: a client with the standard streams
 */
#include <getopt.h>
#include <unistd.h>

#include "tools/npfsctl/ctl.h"
#include "tools/npfsctl/link.h"

int ctl_cat(int argc, char **argv)
{
	static const struct option options[] = {
		{"close", no_argument, NULL, 'N'},
		{"read-only", no_argument, NULL, 'r'},
		{"write-only", no_argument, NULL, 'w'},
		{"count", required_argument, NULL, 'n'},
		{"timeout", required_argument, NULL, 't'},
		CTL_FRAMING_OPTIONS,
		{NULL, 0, NULL, 0},
	};
	struct ctl_link link = {.in_fd = STDIN_FILENO, .out_fd = STDOUT_FILENO};
	unsigned directions = CTL_OPEN_READ | CTL_OPEN_WRITE;
	struct ctl_name name;
	npfs_status status;
	int64_t timeout = 1;
	int option, code;

	while ((option = getopt_long(argc, argv, "Nrwn:t:lxp", options, NULL)) != -1) {
		if (ctl_framing_option(option, &link.framing))
			continue;
		switch (option) {
		case 'N':
			link.closes_at_eof = true;
			break;
		case 'r':
			directions = CTL_OPEN_READ;
			link.in_fd = -1;
			break;
		case 'w':
			directions = CTL_OPEN_WRITE;
			link.out_fd = -1;
			break;
		case 'n':
			if (!ctl_parse_number(optarg, UINT64_MAX, &link.n_messages))
				return CTL_USAGE;
			break;
		case 't':
			if (!ctl_parse_seconds(optarg, &timeout))
				return CTL_USAGE;
			break;
		default:
			return ctl_usage();
		}
	}
	if (argc - optind != 1 || (link.in_fd < 0 && link.out_fd < 0))
		return ctl_usage();
	if (!ctl_name_parse(argv[optind], &name))
		return CTL_USAGE;
	status = ctl_open(name.units, name.len, directions, timeout, &link.end);
	if (status != STATUS_SUCCESS) {
		code = ctl_complain(name.text, status);
	} else {
		code = ctl_link_run(&link);
		npfs_end_free(link.end);
		if (code == CTL_BROKEN)
			ctl_warn("%s: the server went before all was done", name.text);
	}
	ctl_name_fini(&name);
	return code;
}
