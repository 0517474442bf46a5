/* SPDX-License-Identifier: MIT */
/*
 * npfsctl top: the pipes with most traffic first, again and again
 *
 * On a terminal it has the screen for itself until q is pressed; otherwise, and with -b, one
 * table follows the other.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/npfsctl/ctl.h"
#include "tools/npfsctl/screen.h"
#include "tools/npfsctl/text.h"
#include "tools/npfsctl/traffic.h"

#define NAME_COLUMNS 28
#define HEAD_ROWS    3

enum order { BY_TRAFFIC, BY_QUEUE, BY_NAME, N_ORDERS };

struct top {
	struct traffic traffic;
	enum order order;
	bool is_screen;
	bool is_paused;
	int interval_ms;
	uint64_t n_most; /* tables; 0: no limit */
	int64_t last_ns; /* time of the last sample */
	double seconds;	 /* between the last two */
};

static enum order current_order;

static int compare_names(const struct traffic_pipe *a, const struct traffic_pipe *b)
{
	size_t i;

	for (i = 0; i < a->name_len && i < b->name_len; i++)
		if (a->name[i] != b->name[i])
			return a->name[i] < b->name[i] ? -1 : 1;
	return a->name_len < b->name_len ? -1 : a->name_len > b->name_len;
}

static int compare(const void *one, const void *other)
{
	const struct traffic_pipe *a = one, *b = other;
	uint64_t x = current_order == BY_QUEUE ? a->queued : a->in + a->out;
	uint64_t y = current_order == BY_QUEUE ? b->queued : b->in + b->out;

	if (current_order != BY_NAME && x != y)
		return x > y ? -1 : 1;
	return compare_names(a, b);
}

/* A number of bytes or so in at most five columns. */
static const char *short_number(double value, char text[16])
{
	static const char units[] = " kMGTPE";
	unsigned i = 0;

	while (value >= 9999.5 && i + 2 < sizeof(units)) {
		value /= 1000;
		i++;
	}
	if (i == 0)
		snprintf(text, 16, "%.0f", value);
	else
		snprintf(text, 16, "%.0f%c", value, units[i]);
	return text;
}

static void print_name(const struct traffic_pipe *pipe)
{
	size_t len = pipe->name_len;
	int width;

	while (len > 0 && ctl_columns(pipe->name, len) > NAME_COLUMNS)
		len--;
	width = ctl_print_name(pipe->name, len);
	printf("%*s", NAME_COLUMNS - width, "");
}

static void print_pipe(const struct top *top, const struct traffic_pipe *pipe)
{
	char in[16], out[16], writes[16], queued[16];
	double seconds = top->seconds > 0 ? top->seconds : 1;
	bool is_busy = pipe->n_waiters > 0 || (pipe->n_listening == 0 && pipe->n_connected > 0);

	print_name(pipe);
	printf(" %5u %5u %s%5u%s %5u", pipe->n_instances, pipe->n_connected,
	       is_busy ? ctl_colour(CTL_YELLOW) : "", pipe->n_listening,
	       is_busy ? ctl_colour(CTL_PLAIN) : "", pipe->n_waiters);
	if (pipe->n_hidden > 0 && pipe->n_hidden == pipe->n_connected) {
		printf("     ?     ?     ?     ?\n");
		return;
	}
	printf(" %5s %5s %5s %5s%s\n", short_number((double)pipe->in / seconds, in),
	       short_number((double)pipe->out / seconds, out),
	       short_number((double)pipe->n_writes / seconds, writes),
	       short_number((double)pipe->queued, queued), pipe->n_hidden > 0 ? " +?" : "");
}

static void print_head(const struct top *top)
{
	static const char *const orders[] = {"traffic", "queue", "name"};
	struct npfs_broker_info broker = {.size = sizeof(broker)};
	char clock[16] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	if (npfs_broker_query(&broker) == STATUS_SUCCESS)
		printf("npfs %s, broker %u: %u pipes, %u instances, %u waiting, %u connections\n",
		       clock, broker.pid, broker.n_pipes, broker.n_instances, broker.n_waiters,
		       broker.n_clients);
	else
		printf("npfs %s, no broker\n", clock);
	if (top->is_screen)
		printf("by %s%s; s: other order, space: pause, q: quit\n", orders[top->order],
		       top->is_paused ? ", paused" : "");
	printf("%s%-*s %5s %5s %5s %5s %5s %5s %5s %5s%s\n", ctl_colour(CTL_BOLD), NAME_COLUMNS,
	       "NAME", "INST", "CONN", "FREE", "WAIT", "IN/s", "OUT/s", "MSG/s", "QUEUE",
	       ctl_colour(CTL_PLAIN));
}

static void print_table(struct top *top)
{
	size_t i, n = top->traffic.n_pipes;

	if (top->is_screen) {
		int rows = ctl_screen_size().rows - HEAD_ROWS - 2;

		if (rows < 1)
			rows = 1;
		if (n > (size_t)rows)
			n = (size_t)rows;
		ctl_screen_home();
	}
	current_order = top->order;
	if (top->traffic.n_pipes > 0)
		qsort(top->traffic.pipes, top->traffic.n_pipes, sizeof(*top->traffic.pipes),
		      compare);
	print_head(top);
	for (i = 0; i < n; i++)
		print_pipe(top, &top->traffic.pipes[i]);
	if (n < top->traffic.n_pipes)
		printf("and %zu more\n", top->traffic.n_pipes - n);
	ctl_screen_rest();
}

static npfs_status sample(struct top *top)
{
	npfs_status status = ctl_traffic_sample(&top->traffic);
	int64_t now = ctl_now_ns();

	top->seconds = (double)(now - top->last_ns) / 1e9;
	top->last_ns = now;
	return status;
}

/* Waits for the next table. Return: false: it is enough. */
static bool wait_for_next(struct top *top)
{
	int64_t end = top->last_ns + top->interval_ms * INT64_C(1000000);

	for (;;) {
		int64_t left_ms = (end - ctl_now_ns() + 999999) / 1000000;
		int key;

		if (left_ms <= 0 && !top->is_paused)
			return true;
		if (!top->is_screen) {
			const struct timespec ts = {.tv_sec = left_ms / 1000,
						    .tv_nsec = left_ms % 1000 * 1000000};

			nanosleep(&ts, NULL);
			continue;
		}
		key = ctl_screen_key(top->is_paused ? -1 : (int)left_ms);
		if (key == 'q' || key < 0)
			return false;
		if (key == 's')
			top->order = (top->order + 1) % N_ORDERS;
		if (key == ' ')
			top->is_paused = !top->is_paused;
		/* also when the terminal has another size */
		print_table(top);
	}
}

static int run(struct top *top)
{
	npfs_status status = sample(top);
	uint64_t n;

	/* the first sample knows no rates */
	for (n = 0; status == STATUS_SUCCESS && (top->n_most == 0 || n < top->n_most); n++) {
		if (top->is_screen && n == 0)
			print_table(top);
		if (!wait_for_next(top))
			break;
		status = sample(top);
		if (status != STATUS_SUCCESS)
			break;
		if (n > 0 && !top->is_screen)
			printf("\n");
		print_table(top);
		if (!ctl_flush())
			break;
	}
	if (top->is_screen)
		ctl_screen_end();
	return status == STATUS_SUCCESS ? CTL_OK : ctl_complain("top", status);
}

int ctl_top(int argc, char **argv)
{
	static const struct option options[] = {
		{"batch", no_argument, NULL, 'b'},
		{"delay", required_argument, NULL, 'd'},
		{"count", required_argument, NULL, 'n'},
		{NULL, 0, NULL, 0},
	};
	struct top top = {.interval_ms = 1000};
	uint16_t *pattern = NULL;
	bool is_batch = false;
	int64_t delay;
	int option, code;

	while ((option = getopt_long(argc, argv, "bd:n:", options, NULL)) != -1) {
		switch (option) {
		case 'b':
			is_batch = true;
			break;
		case 'd':
			if (!ctl_parse_seconds(optarg, &delay))
				return CTL_USAGE;
			/* not so often that the looking is most of what is seen */
			if (delay > -500000 || delay < -INT64_C(36000000000)) {
				ctl_warn("%s: not from 0.05 to 3600 seconds", optarg);
				return CTL_USAGE;
			}
			top.interval_ms = (int)(-delay / 10000);
			break;
		case 'n':
			if (!ctl_parse_number(optarg, UINT32_MAX, &top.n_most))
				return CTL_USAGE;
			break;
		default:
			return ctl_usage();
		}
	}
	if (argc - optind > 1)
		return ctl_usage();
	if (optind < argc && !ctl_pattern_parse(argv[optind], &pattern, &top.traffic.pattern_len))
		return CTL_FAILED;
	top.traffic.pattern = pattern;
	top.is_screen = !is_batch && ctl_screen_begin();
	code = run(&top);
	ctl_traffic_fini(&top.traffic);
	free(pattern);
	return code;
}
