/* SPDX-License-Identifier: MIT */
/*
 * Series of samples of one figure, one sample for each round. A round that could not be
 * measured is not in the series; two series are only compared round by round when they
 * have the same length.
 */
#pragma once

#include <stddef.h>

#define NP_SERIES_MAX 1000

struct np_series {
	double sample[NP_SERIES_MAX];
	size_t n;
};

/* Add a sample. One beyond NP_SERIES_MAX is ignored. */
void np_series_add(struct np_series *series, double sample);

/* 0 when the series is empty. */
double np_series_median(const struct np_series *series);
double np_series_min(const struct np_series *series);
double np_series_max(const struct np_series *series);

/*
 * The quotients above[i] / below[i] of two series measured in the same rounds.
 * Interleaved rounds see the same noise of the machine, so this spread is smaller than
 * theirs.
 */
void np_series_divide(const struct np_series *above, const struct np_series *below,
		      struct np_series *quotientp);
