/* SPDX-License-Identifier: MIT */
/*
 * What the bench prints: one line for each figure,
 *
 *	name median min max unit
 *
 * the names unique, the unit "x" for a ratio; lines that start with '#' are for people,
 * and lines that start with "target" say what a ratio was meant to reach. The same can be
 * written as JSON, with every sample.
 */
#pragma once

#include "bench/stats.h"

#include <stdbool.h>
#include <stdio.h>

struct np_figure {
	char name[64];
	const char *unit;
	double target; /* the median should be at least this; 0 when there is no target */
	struct np_series series;
};

/* What the figures depend on besides the programs. */
struct np_conditions {
	unsigned int n_cpus; /* that this process may use */
	unsigned int rounds;
	unsigned int slice_ms;
};

/* The machine and the conditions, as comment lines. */
void np_report_head(FILE *out, const struct np_conditions *conditions);

/* One line; nothing when the figure has no samples. */
void np_report_figure(FILE *out, const struct np_figure *figure);

/*
 * The target line of a figure that has a target and samples.
 *
 * Return: false when the target was missed.
 */
bool np_report_target(FILE *out, const struct np_figure *figure);

/* Write all figures to a file. Return: 0 or -errno. */
int np_report_json(const char *path, const struct np_conditions *conditions,
		   const struct np_figure *figures, size_t n_figures);
