/* SPDX-License-Identifier: MIT */
/*
 * What is measured: one row a measure.
 *
 * A row says what the workers do, and which number of their report is the figure. Rows
 * that follow each other and do the same are done once: `again` marks all but the first.
 */
#pragma once

#include "bench/worker.h"

#include <stdbool.h>
#include <stddef.h>

enum np_metric {
	NP_METRIC_TIME,  /* us of one operation */
	NP_METRIC_RATE,  /* messages a second */
	NP_METRIC_SPEED, /* MB a second */
	NP_METRIC_CPU,   /* processor seconds of both sides, per million messages */
	NP_METRIC_P50,   /* us within which that part of the round trips was back */
	NP_METRIC_P99,
	NP_METRIC_P999,
};

struct np_measure {
	const char *name;
	enum np_task_kind kind;
	uint32_t size; /* bytes of a message */
	uint32_t rate; /* of NP_TASK_PACED */
	enum np_metric metric;
	bool again; /* the same task as the row before */
};

enum {
	NP_ROUND_TRIP_64,
	NP_ROUND_TRIP_64_CPU,
	NP_ROUND_TRIP_4096,
	NP_ONE_WAY_16,
	NP_ONE_WAY_64,
	NP_ONE_WAY_64_CPU,
	NP_ONE_WAY_1024,
	NP_ONE_WAY_4096,
	NP_ONE_WAY_65536,
	NP_ONE_WAY_1048576,
	NP_PEEK_64,
	NP_PACED_1000_P50,
	NP_PACED_1000_P99,
	NP_PACED_20000_P50,
	NP_PACED_20000_P99,
	NP_PACED_20000_P999,
	NP_N_MEASURES,
};

extern const struct np_measure np_measures[NP_N_MEASURES];

const char *np_measure_unit(const struct np_measure *measure);

/* The figure of a row, from the report of its task. */
double np_measure_value(const struct np_measure *measure, const struct np_report *report);

/* Whether @a is the better figure. */
bool np_measure_is_better(const struct np_measure *measure, double a, double b);

/* Whether little is good. */
bool np_measure_is_cost(const struct np_measure *measure);
