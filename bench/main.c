/* SPDX-License-Identifier: MIT */
/*
 * npfs-bench: how fast is a named pipe, compared with what else moves a message between
 * two processes?
 *
 * Every carrier has one pair of worker processes for the whole run. A round measures
 * every figure once, one pair at a time while all others sleep, the carriers of one
 * measure next to each other; so the noise of the machine falls on all of them alike.
 * Ratios are taken round by round. The round of warm-up is measured like the others and
 * thrown away. What the rows of measure.c say is what is measured. Where a carrier is
 * measured on one CPU and on two, the better counts (place.h).
 *
 * A ratio "a/b" says how many times faster a is than b, for times and for rates.
 *
 * Exit status: 0; 1 when a carrier failed or the options are wrong; 2 when a target was
 * missed and --strict asked for it.
 */
#include "bench/carrier.h"
#include "bench/measure.h"
#include "bench/memcopy.h"
#include "bench/place.h"
#include "bench/proc.h"
#include "bench/report.h"
#include "bench/stats.h"
#include "bench/team.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define ROUNDS_DEFAULT   11
#define ROUNDS_QUICK     5
#define SLICE_MS_DEFAULT 150
#define SLICE_MS_QUICK   25
#define SLICE_MS_MAX     60000

/* The warm-up of one measurement, as a part of its slice. */
#define WARM_PART 10

#define BIT(measure) (1u << (measure))

enum {
	ALL_MEASURES = BIT(NP_N_MEASURES) - 1,
	CANNOT_PEEK = ALL_MEASURES & ~BIT(NP_PEEK_64),
	/* a queue's messages are shorter */
	SMALL_MEASURES = CANNOT_PEEK & ~(BIT(NP_ONE_WAY_65536) | BIT(NP_ONE_WAY_1048576)),
	/* a socket's buffer is smaller */
	PACKET_MEASURES = ALL_MEASURES & ~BIT(NP_ONE_WAY_1048576),
	PACED = BIT(NP_PACED_1000_P50) | BIT(NP_PACED_1000_P99) | BIT(NP_PACED_20000_P50) |
		BIT(NP_PACED_20000_P99) | BIT(NP_PACED_20000_P999),
	STYLE_MEASURES = BIT(NP_ROUND_TRIP_64) | BIT(NP_ROUND_TRIP_64_CPU) | BIT(NP_ONE_WAY_64) |
			 BIT(NP_ONE_WAY_64_CPU) | BIT(NP_ONE_WAY_4096) | PACED,
	BYTE_MEASURES = CANNOT_PEEK & ~PACED,
};

/* The carriers and what is measured on each. */
static const struct contestant {
	const struct np_carrier *carrier;
	unsigned int measures;
} contestants[] = {
	{&np_carrier_shim, ALL_MEASURES},
	{&np_carrier_npfs, ALL_MEASURES},
	{&np_carrier_seqpacket, PACKET_MEASURES},
	{&np_carrier_pipe, CANNOT_PEEK},
	{&np_carrier_stream, ALL_MEASURES},
	{&np_carrier_mqueue, SMALL_MEASURES},
	{&np_carrier_ring, BYTE_MEASURES},
	{&np_carrier_shim_byte, BYTE_MEASURES},
	{&np_carrier_shim_event, STYLE_MEASURES},
	{&np_carrier_shim_port, STYLE_MEASURES},
	{&np_carrier_shim_transact, BIT(NP_ROUND_TRIP_64) | BIT(NP_ROUND_TRIP_64_CPU) |
					    BIT(NP_ROUND_TRIP_4096)},
	{&np_carrier_shim_nospin, STYLE_MEASURES | BIT(NP_ONE_WAY_65536)},
};

#define N_CONTESTANTS ARRAY_SIZE(contestants)

/* The comparisons, with what each should reach for each measure. */
static const struct comparison {
	const struct np_carrier *above;
	const struct np_carrier *below;
	double target[NP_N_MEASURES];
} comparisons[] = {
	{&np_carrier_shim,
	 &np_carrier_seqpacket,
	 {[NP_ROUND_TRIP_64] = 15,
	  [NP_ONE_WAY_64] = 20,
	  [NP_ONE_WAY_4096] = 5,
	  [NP_ONE_WAY_65536] = 5}},
	{&np_carrier_shim, &np_carrier_pipe, {0}},
	{&np_carrier_shim, &np_carrier_stream, {0}},
	{&np_carrier_shim, &np_carrier_mqueue, {0}},
	{&np_carrier_shim,
	 &np_carrier_ring,
	 {[NP_ROUND_TRIP_64] = 1 / 3.0, [NP_ONE_WAY_64] = 1 / 2.0}},
	{&np_carrier_shim, &np_carrier_npfs, {0}},
	{&np_carrier_shim_byte, &np_carrier_stream, {0}},
	{&np_carrier_shim_event, &np_carrier_shim, {[NP_ROUND_TRIP_64] = 1 / 2.0}},
	{&np_carrier_shim_port, &np_carrier_shim, {0}},
	{&np_carrier_shim_transact, &np_carrier_shim, {0}},
	{&np_carrier_shim_nospin, &np_carrier_seqpacket, {[NP_ROUND_TRIP_64] = 1 / 1.3}},
};

#define N_COMPARISONS ARRAY_SIZE(comparisons)
#define MEMCOPY_LEN   ((size_t)65536)

struct bench {
	struct np_conditions conditions;
	const char *filter; /* borrowed from argv; NULL for everything */
	struct np_broker broker;
	struct np_team team[N_CONTESTANTS];
	bool wanted[N_CONTESTANTS]; /* and not failed */
	struct np_figure figure[N_CONTESTANTS][NP_N_MEASURES];
	struct np_report last[N_CONTESTANTS][NP_N_PLACES]; /* of the task done last */
	struct np_figure memcopy;
	struct np_figure ratio[N_COMPARISONS][NP_N_MEASURES];
	bool failed;
};

struct options {
	unsigned long rounds;   /* 0 for the default */
	unsigned long slice_ms; /* 0 for the default */
	bool quick;
	bool strict;
	const char *filter;
	const char *json;
	const char *npfsd;
	const char *role;
	const char *name;
	unsigned long control_fd; /* 0 when not given */
};

static volatile sig_atomic_t interrupted;

static void on_signal(int signo)
{
	interrupted = signo;
}

static void catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	/* No SA_RESTART: whatever waits shall return and be cleaned up after. */
	struct sigaction action = {.sa_handler = on_signal};

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static bool is_selected(const struct bench *bench, const char *name)
{
	return !bench->filter || strstr(name, bench->filter);
}

static bool has_measure(size_t contestant, size_t measure)
{
	return contestants[contestant].measures >> measure & 1;
}

static size_t contestant_of(const struct np_carrier *carrier)
{
	size_t i = 0;

	while (contestants[i].carrier != carrier)
		i++;
	return i;
}

/* A figure is measured when it, or a ratio that needs it, is selected. */
static bool is_measured(const struct bench *bench, size_t contestant, size_t measure)
{
	const struct np_carrier *carrier = contestants[contestant].carrier;

	if (!has_measure(contestant, measure))
		return false;
	if (is_selected(bench, bench->figure[contestant][measure].name))
		return true;
	for (size_t i = 0; i < N_COMPARISONS; i++)
		if ((comparisons[i].above == carrier ||
		     comparisons[i].below == carrier) &&
		    is_selected(bench, bench->ratio[i][measure].name))
			return true;
	return false;
}

static void bench_name_figures(struct bench *bench)
{
	for (size_t m = 0; m < NP_N_MEASURES; m++) {
		for (size_t c = 0; c < N_CONTESTANTS; c++) {
			struct np_figure *figure = &bench->figure[c][m];

			snprintf(figure->name, sizeof(figure->name), "%s.%s",
				 contestants[c].carrier->name, np_measures[m].name);
			figure->unit = np_measure_unit(&np_measures[m]);
		}
		for (size_t i = 0; i < N_COMPARISONS; i++) {
			struct np_figure *figure = &bench->ratio[i][m];

			snprintf(figure->name, sizeof(figure->name), "%s/%s.%s",
				 comparisons[i].above->name, comparisons[i].below->name,
				 np_measures[m].name);
			figure->unit = "x";
			figure->target = comparisons[i].target[m];
		}
	}
	snprintf(bench->memcopy.name, sizeof(bench->memcopy.name), "memcpy.copy_%zu",
		 MEMCOPY_LEN);
	bench->memcopy.unit = "MB/s";
}

/*
 * Which carriers take part. Says so when one cannot.
 *
 * Return: false when the filter leaves nothing to measure.
 */
static bool bench_choose(struct bench *bench)
{
	bool any = is_selected(bench, bench->memcopy.name);

	for (size_t c = 0; c < N_CONTESTANTS; c++) {
		const struct np_carrier *carrier = contestants[c].carrier;

		for (size_t m = 0; m < NP_N_MEASURES; m++)
			bench->wanted[c] |= is_measured(bench, c, m);
		if (!bench->wanted[c])
			continue;
		if (carrier->needs_two && bench->conditions.n_cpus < 2) {
			printf("# %s: left out, both sides spin and there is one CPU\n",
			       carrier->name);
			bench->wanted[c] = false;
			continue;
		}
		printf("# %s: %s\n", carrier->name, carrier->text);
		any = true;
	}
	return any;
}

static void bench_fail(struct bench *bench, const char *what, int r)
{
	if (!interrupted)
		fprintf(stderr, "npfs-bench: %s: %s\n", what, strerror(-r));
	bench->failed = true;
}

/* Start the broker when somebody needs it. Without it those who do have failed. */
static void bench_start_broker(struct bench *bench, const char *wish)
{
	bool needed = false;
	char *program;
	int r;

	for (size_t c = 0; c < N_CONTESTANTS; c++)
		needed |= bench->wanted[c] && contestants[c].carrier->execs;
	if (!needed)
		return;
	program = np_broker_find(wish);
	r = program ? np_broker_start(&bench->broker, program) : -ENOENT;
	if (r < 0) {
		bench_fail(bench, program ? program : "npfsd (see --npfsd)", r);
		for (size_t c = 0; c < N_CONTESTANTS; c++)
			if (contestants[c].carrier->execs)
				bench->wanted[c] = false;
	}
	free(program);
}

static void bench_start_teams(struct bench *bench)
{
	for (size_t c = 0; c < N_CONTESTANTS && !interrupted; c++) {
		const struct np_carrier *carrier = contestants[c].carrier;
		char name[64];
		int r;

		if (!bench->wanted[c])
			continue;
		snprintf(name, sizeof(name), "npfs-bench-%ld-%s", (long)getpid(),
			 carrier->name);
		r = np_team_start(&bench->team[c], carrier, name);
		if (r < 0) {
			bench_fail(bench, carrier->name, r);
			bench->wanted[c] = false;
		}
	}
}

/*
 * Do the task of a measure in one placement. A row that asks for another number of the same
 * task takes the report that is there.
 */
static int bench_measure_at(struct bench *bench, size_t c, size_t m, enum np_place place,
			    double *bestp)
{
	const struct np_measure *measure = &np_measures[m];
	struct np_report *report = &bench->last[c][place];
	uint64_t slice_ns = (uint64_t)bench->conditions.slice_ms * 1000000u;
	struct np_task task = {
		.kind = measure->kind,
		.place = place,
		.size = measure->size,
		.rate = measure->rate,
		.warm_ns = slice_ns / WARM_PART,
		.slice_ns = slice_ns,
	};
	double sample;
	int r;

	if (!measure->again || report->ops == 0) {
		r = np_team_run(&bench->team[c], &task, report);
		if (r < 0)
			return r;
	}
	sample = np_measure_value(measure, report);
	if (*bestp == 0 || np_measure_is_better(measure, sample, *bestp))
		*bestp = sample;
	return 0;
}

static void bench_measure(struct bench *bench, size_t c, size_t m, bool keep)
{
	const struct np_carrier *carrier = contestants[c].carrier;
	enum np_task_kind kind = np_measures[m].kind;
	double best = 0;
	int r;

	/* With pauses between, everybody sleeps. */
	if (carrier->spins && kind != NP_TASK_PACED) {
		r = bench_measure_at(bench, c, m, NP_PLACE_SPREAD, &best);
		if (r == 0 && !carrier->needs_two && kind == NP_TASK_ONE_WAY)
			r = bench_measure_at(bench, c, m, NP_PLACE_ONE, &best);
	} else {
		r = bench_measure_at(bench, c, m, NP_PLACE_ONE, &best);
		if (r == 0 && bench->conditions.n_cpus > 1)
			r = bench_measure_at(bench, c, m, NP_PLACE_TWO, &best);
	}
	if (r < 0) {
		bench_fail(bench, bench->figure[c][m].name, r);
		bench->wanted[c] = false;
		np_team_stop(&bench->team[c]);
		return;
	}
	if (keep)
		np_series_add(&bench->figure[c][m].series, best);
}

static void bench_memcopy(struct bench *bench, bool keep)
{
	uint64_t slice_ns = (uint64_t)bench->conditions.slice_ms * 1000000u;
	uint64_t ops, ns;
	int r = np_memcopy_run(MEMCOPY_LEN, slice_ns, &ops, &ns);

	if (r < 0)
		bench_fail(bench, bench->memcopy.name, r);
	else if (keep)
		np_series_add(&bench->memcopy.series,
			      (double)ops * (double)MEMCOPY_LEN * 1e3 / (double)ns);
}

static void bench_round(struct bench *bench, bool keep)
{
	for (size_t m = 0; m < NP_N_MEASURES; m++) {
		if (!np_measures[m].again)
			memset(bench->last, 0, sizeof(bench->last));
		for (size_t c = 0; c < N_CONTESTANTS && !interrupted; c++)
			if (bench->wanted[c] && is_measured(bench, c, m))
				bench_measure(bench, c, m, keep);
	}
	if (is_selected(bench, bench->memcopy.name) && !interrupted)
		bench_memcopy(bench, keep);
}

static void bench_divide(struct bench *bench)
{
	for (size_t i = 0; i < N_COMPARISONS; i++) {
		size_t above = contestant_of(comparisons[i].above);
		size_t below = contestant_of(comparisons[i].below);

		for (size_t m = 0; m < NP_N_MEASURES; m++) {
			const struct np_series *a = &bench->figure[above][m].series;
			const struct np_series *b = &bench->figure[below][m].series;

			if (np_measure_is_cost(&np_measures[m]))
				np_series_divide(b, a, &bench->ratio[i][m].series);
			else
				np_series_divide(a, b, &bench->ratio[i][m].series);
		}
	}
}

/* Return: false when a target was missed. */
static bool bench_print(struct bench *bench)
{
	bool met = true;

	for (size_t m = 0; m < NP_N_MEASURES; m++)
		for (size_t c = 0; c < N_CONTESTANTS; c++)
			np_report_figure(stdout, &bench->figure[c][m]);
	np_report_figure(stdout, &bench->memcopy);
	for (size_t i = 0; i < N_COMPARISONS; i++)
		for (size_t m = 0; m < NP_N_MEASURES; m++)
			np_report_figure(stdout, &bench->ratio[i][m]);
	for (size_t i = 0; i < N_COMPARISONS; i++)
		for (size_t m = 0; m < NP_N_MEASURES; m++)
			met &= np_report_target(stdout, &bench->ratio[i][m]);
	return met;
}

static int bench_write_json(const struct bench *bench, const char *path)
{
	struct np_figure *all;
	size_t n = 0;
	int r;

	all = malloc(sizeof(bench->figure) + sizeof(bench->memcopy) +
		     sizeof(bench->ratio));
	if (!all)
		return -ENOMEM;
	for (size_t c = 0; c < N_CONTESTANTS; c++)
		for (size_t m = 0; m < NP_N_MEASURES; m++)
			all[n++] = bench->figure[c][m];
	all[n++] = bench->memcopy;
	for (size_t i = 0; i < N_COMPARISONS; i++)
		for (size_t m = 0; m < NP_N_MEASURES; m++)
			all[n++] = bench->ratio[i][m];
	r = np_report_json(path, &bench->conditions, all, n);
	free(all);
	return r;
}

static void bench_stop(struct bench *bench)
{
	for (size_t c = 0; c < N_CONTESTANTS; c++)
		np_team_stop(&bench->team[c]);
	np_broker_stop(&bench->broker);
}

static int bench_run(struct bench *bench, const struct options *options)
{
	bool met = true;

	bench->conditions.n_cpus = np_place_count();
	bench->filter = options->filter;
	catch_signals();
	/* The default one does not let messages of over 64 KiB pass. */
	setenv("NPFS_PERSONALITY", "modern", 0);
	bench_name_figures(bench);
	np_report_head(stdout, &bench->conditions);
	if (!bench_choose(bench)) {
		fprintf(stderr, "npfs-bench: nothing to measure\n");
		return EXIT_FAILURE;
	}
	fflush(stdout);

	bench_start_broker(bench, options->npfsd);
	bench_start_teams(bench);
	for (unsigned int i = 0; i <= bench->conditions.rounds && !interrupted; i++)
		bench_round(bench, i > 0);
	bench_stop(bench);

	if (interrupted) {
		fprintf(stderr, "npfs-bench: interrupted\n");
		return EXIT_FAILURE;
	}
	bench_divide(bench);
	met = bench_print(bench);
	if (options->json) {
		int r = bench_write_json(bench, options->json);

		if (r < 0)
			bench_fail(bench, options->json, r);
	}
	if (bench->failed)
		return EXIT_FAILURE;
	return options->strict && !met ? 2 : EXIT_SUCCESS;
}

static int bench_main(const struct options *options)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	int status;

	if (!bench) {
		fprintf(stderr, "npfs-bench: %s\n", strerror(ENOMEM));
		return EXIT_FAILURE;
	}
	bench->conditions.rounds = options->quick ? ROUNDS_QUICK : ROUNDS_DEFAULT;
	bench->conditions.slice_ms = options->quick ? SLICE_MS_QUICK : SLICE_MS_DEFAULT;
	if (options->rounds > 0)
		bench->conditions.rounds = (unsigned int)options->rounds;
	if (options->slice_ms > 0)
		bench->conditions.slice_ms = (unsigned int)options->slice_ms;
	status = bench_run(bench, options);
	free(bench);
	return status;
}

/* A worker that was started by exec: --role <carrier>-server or <carrier>-client. */
static int role_main(const struct options *options)
{
	for (size_t c = 0; c < N_CONTESTANTS; c++) {
		const struct np_carrier *carrier = contestants[c].carrier;
		size_t len = strlen(carrier->name);
		const char *side = options->role + len;

		if (!carrier->execs || strncmp(options->role, carrier->name, len) != 0)
			continue;
		if (strcmp(side, "-server") == 0)
			return np_team_serve(carrier, options->name, NP_SIDE_PASSIVE,
					     (int)options->control_fd);
		if (strcmp(side, "-client") == 0)
			return np_team_serve(carrier, options->name, NP_SIDE_ACTIVE,
					     (int)options->control_fd);
	}
	fprintf(stderr, "npfs-bench: no role '%s'\n", options->role);
	return EXIT_FAILURE;
}

static void usage(FILE *out)
{
	fputs("usage: npfs-bench [options]\n"
	      "Compare named pipes with other ways to move a message between processes.\n"
	      "\n"
	      "  --quick          shorter slices and fewer rounds\n"
	      "  --rounds N       measure every figure N times (default 11, quick 5)\n"
	      "  --slice MS       time of one measurement (default 150, quick 40)\n"
	      "  --filter TEXT    only figures and ratios whose name contains TEXT\n"
	      "  --json FILE      also write the result, with every sample, as JSON\n"
	      "  --npfsd PATH     the broker program (default $NPFSD or a search)\n"
	      "  --strict         exit with 2 when a target is missed\n"
	      "  --help           this text\n",
	      out);
}

static bool parse_number(const char *text, unsigned long max, unsigned long *numberp)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || end == text || *end || text[0] == '-' || number == 0 ||
	    number > max) {
		fprintf(stderr, "npfs-bench: '%s' is not a number from 1 to %lu\n", text,
			max);
		return false;
	}
	*numberp = number;
	return true;
}

enum option_code {
	OPT_QUICK = 1,
	OPT_ROUNDS,
	OPT_SLICE,
	OPT_FILTER,
	OPT_JSON,
	OPT_NPFSD,
	OPT_STRICT,
	OPT_ROLE,
	OPT_NAME,
	OPT_CONTROL_FD,
	OPT_HELP,
};

static const struct option long_options[] = {
	{"quick", no_argument, NULL, OPT_QUICK},
	{"rounds", required_argument, NULL, OPT_ROUNDS},
	{"slice", required_argument, NULL, OPT_SLICE},
	{"filter", required_argument, NULL, OPT_FILTER},
	{"json", required_argument, NULL, OPT_JSON},
	{"npfsd", required_argument, NULL, OPT_NPFSD},
	{"strict", no_argument, NULL, OPT_STRICT},
	{"role", required_argument, NULL, OPT_ROLE},
	{"name", required_argument, NULL, OPT_NAME},
	{"control-fd", required_argument, NULL, OPT_CONTROL_FD},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

/* Take one option. Return: false when it is wrong. */
static bool options_take(struct options *options, int code)
{
	switch (code) {
	case OPT_QUICK:
		options->quick = true;
		return true;
	case OPT_ROUNDS:
		return parse_number(optarg, NP_SERIES_MAX, &options->rounds);
	case OPT_SLICE:
		return parse_number(optarg, SLICE_MS_MAX, &options->slice_ms);
	case OPT_FILTER:
		options->filter = optarg;
		return true;
	case OPT_JSON:
		options->json = optarg;
		return true;
	case OPT_NPFSD:
		options->npfsd = optarg;
		return true;
	case OPT_STRICT:
		options->strict = true;
		return true;
	case OPT_ROLE:
		options->role = optarg;
		return true;
	case OPT_NAME:
		options->name = optarg;
		return true;
	case OPT_CONTROL_FD:
		return parse_number(optarg, 1000000, &options->control_fd);
	default:
		return false;
	}
}

int main(int argc, char *argv[])
{
	struct options options = {0};
	int code;

	while ((code = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (code == OPT_HELP) {
			usage(stdout);
			return EXIT_SUCCESS;
		}
		if (!options_take(&options, code)) {
			usage(stderr);
			return EXIT_FAILURE;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return EXIT_FAILURE;
	}
	if (!options.role)
		return bench_main(&options);
	if (!options.name || options.control_fd == 0) {
		fprintf(stderr, "npfs-bench: a role needs --name and --control-fd\n");
		return EXIT_FAILURE;
	}
	return role_main(&options);
}
