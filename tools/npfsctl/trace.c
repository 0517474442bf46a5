/* SPDX-License-Identifier: MIT */
/*
 * npfsctl trace: who opens, writes, reads, disconnects, closes
 *
 * One line per event, written at once. Behind the time and the name stands the number of the
 * instance, which tells connections of the same name apart.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <npfs/tracing.h>

#include "tools/npfsctl/ctl.h"
#include "tools/npfsctl/text.h"

#define DATA_LEN 32 /* first bytes of a write, unless asked for more */

struct trace_run {
	bool is_json;
	uint64_t n_most; /* events; 0: no limit */
	size_t data_len;
};

static void print_time(int64_t time_ns)
{
	time_t seconds = (time_t)(time_ns / 1000000000);
	char text[16] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
	printf("%s.%06d ", text, (int)(time_ns % 1000000000 / 1000));
}

/* The first bytes of a write. */
static void print_data(const struct npfs_trace_event *event)
{
	if (event->data_len == 0)
		return;
	putchar(' ');
	ctl_print_bytes(event->data, event->data_len);
	if (event->data_len < event->bytes)
		printf("...");
}

static const char *process(uint32_t pid, uint32_t uid)
{
	static char text[80];

	ctl_process_text(pid, uid, text, sizeof(text));
	return text;
}

static void print_connection(const struct npfs_trace_event *event, const char *verb)
{
	printf("%s by %s, ", verb, process(event->client_pid, event->client_uid));
	printf("server %s", process(event->server_pid, event->server_uid));
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static const char *who(const struct npfs_trace_event *event)
{
	return event->by_client ? "client" : "server";
}

static void print_what(const struct npfs_trace_event *event)
{
	unsigned long long bytes = event->bytes, count = event->count;

	switch (event->kind) {
	case NPFS_TRACE_CREATED:
		printf("created by %s", process(event->server_pid, event->server_uid));
		break;
	case NPFS_TRACE_LISTENS:
		printf("listens again");
		break;
	case NPFS_TRACE_OPENED:
		print_connection(event, "opened");
		break;
	case NPFS_TRACE_FOUND:
		print_connection(event, "is open");
		break;
	case NPFS_TRACE_HIDDEN:
		print_connection(event, "is open");
		printf("; the data cannot be looked at: %s", npfs_status_text(event->status));
		break;
	case NPFS_TRACE_REFUSED:
		printf("refused to %s: %s", process(event->client_pid, event->client_uid),
		       npfs_status_text(event->status));
		break;
	case NPFS_TRACE_DISCONNECTED:
		printf("disconnected by the server");
		break;
	case NPFS_TRACE_CLOSED:
		printf("%s closed", who(event));
		break;
	case NPFS_TRACE_DIED:
		printf("client's process ended without closing");
		break;
	case NPFS_TRACE_WROTE:
		printf("%s wrote %llu byte%s", who(event), bytes, plural(bytes));
		print_data(event);
		break;
	case NPFS_TRACE_WITHDREW:
		printf("%s withdrew %llu byte%s", who(event), bytes, plural(bytes));
		break;
	case NPFS_TRACE_READ:
		printf("%s read %llu byte%s", who(event), bytes, plural(bytes));
		if (count != 1)
			printf(" of %llu writes", count);
		break;
	case NPFS_TRACE_UNSEEN:
		printf("%s wrote %llu byte%s in %llu write%s not seen", who(event), bytes,
		       plural(bytes), count, plural(count));
		break;
	default:
		printf("some events were missed");
	}
}

static void print_event(const struct npfs_trace_event *event)
{
	print_time(event->time_ns);
	if (event->name_len > 0) {
		printf("%s", ctl_colour(CTL_BOLD));
		ctl_print_name(event->name, event->name_len);
		printf("%s ", ctl_colour(CTL_PLAIN));
	}
	if (event->instance != 0)
		printf("#%llu ", (unsigned long long)event->instance);
	print_what(event);
	printf("\n");
}

static void print_event_json(const struct npfs_trace_event *event)
{
	static const char *const kinds[] = {
		[NPFS_TRACE_CREATED] = "created",   [NPFS_TRACE_LISTENS] = "listens",
		[NPFS_TRACE_OPENED] = "opened",	    [NPFS_TRACE_REFUSED] = "refused",
		[NPFS_TRACE_DISCONNECTED] = "disconnected", [NPFS_TRACE_CLOSED] = "closed",
		[NPFS_TRACE_FOUND] = "found",	    [NPFS_TRACE_HIDDEN] = "hidden",
		[NPFS_TRACE_WROTE] = "wrote",	    [NPFS_TRACE_WITHDREW] = "withdrew",
		[NPFS_TRACE_READ] = "read",	    [NPFS_TRACE_UNSEEN] = "unseen",
		[NPFS_TRACE_MISSED] = "missed",	    [NPFS_TRACE_DIED] = "died",
	};
	const unsigned char *p = event->data;
	const char *kind = NULL;
	size_t i;

	if (event->kind < sizeof(kinds) / sizeof(*kinds))
		kind = kinds[event->kind];
	printf("{\"event\": \"%s\", \"time\": %lld.%09d, \"name\": ", kind ? kind : "other",
	       (long long)(event->time_ns / 1000000000), (int)(event->time_ns % 1000000000));
	ctl_print_json(event->name, event->name_len);
	printf(", \"id\": %llu, \"server_pid\": %u, \"server_uid\": %u, \"client_pid\": %u, "
	       "\"client_uid\": %u, \"status\": %u, \"by\": \"%s\", \"bytes\": %llu, "
	       "\"count\": %llu, \"data\": \"",
	       (unsigned long long)event->instance, event->server_pid, event->server_uid,
	       event->client_pid, event->client_uid, event->status, who(event),
	       (unsigned long long)event->bytes, (unsigned long long)event->count);
	for (i = 0; i < event->data_len; i++)
		printf("%02x", p[i]);
	printf("\"}\n");
}

static int run(const char *text, const uint16_t *pattern, size_t pattern_len,
	       const struct trace_run *run)
{
	struct npfs_trace_event event = {.size = sizeof(event)};
	struct npfs_trace *trace;
	npfs_status status;
	uint64_t n = 0;

	status = npfs_trace_open(pattern, pattern_len, run->data_len, &trace);
	if (status != STATUS_SUCCESS)
		return ctl_complain(text, status);
	if (!run->is_json)
		printf("%sTIME            PIPE, INSTANCE, EVENT%s\n", ctl_colour(CTL_BOLD),
		       ctl_colour(CTL_PLAIN));
	fflush(stdout);
	while ((run->n_most == 0 || n < run->n_most) &&
	       (status = npfs_trace_next(trace, INT64_MIN, &event)) == STATUS_SUCCESS) {
		if (run->is_json)
			print_event_json(&event);
		else
			print_event(&event);
		n++;
		/* whoever reads this may have had enough */
		if (fflush(stdout) != 0)
			break;
	}
	npfs_trace_close(trace);
	return status == STATUS_SUCCESS ? CTL_OK : ctl_complain(text, status);
}

int ctl_trace(int argc, char **argv)
{
	static const struct option options[] = {
		{"count", required_argument, NULL, 'n'},
		{"data", required_argument, NULL, 'd'},
		{"json", no_argument, NULL, 'j'},
		{NULL, 0, NULL, 0},
	};
	struct trace_run trace = {.data_len = DATA_LEN};
	uint16_t *pattern = NULL;
	size_t len = 0;
	uint64_t value;
	int option, code;

	while ((option = getopt_long(argc, argv, "n:d:j", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			if (!ctl_parse_number(optarg, UINT32_MAX, &trace.n_most))
				return CTL_USAGE;
			break;
		case 'd':
			if (!ctl_parse_number(optarg, NPFS_TRACE_DATA_MAX, &value))
				return CTL_USAGE;
			trace.data_len = (size_t)value;
			break;
		case 'j':
			trace.is_json = true;
			break;
		default:
			return ctl_usage();
		}
	}
	if (argc - optind > 1)
		return ctl_usage();
	if (optind < argc && !ctl_pattern_parse(argv[optind], &pattern, &len))
		return CTL_FAILED;
	code = run(optind < argc ? argv[optind] : "trace", pattern, len, &trace);
	free(pattern);
	return code;
}
