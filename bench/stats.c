/* SPDX-License-Identifier: MIT */
/*
 * Median, extremes and quotients of series. Order statistics only: on a shared machine
 * the mean of timings says more about the neighbours than about the program.
 */
#include "bench/stats.h"

#include <stdlib.h>
#include <string.h>

void np_series_add(struct np_series *series, double sample)
{
	if (series->n < NP_SERIES_MAX)
		series->sample[series->n++] = sample;
}

static int compare_doubles(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static void series_sort(const struct np_series *series, struct np_series *sortedp)
{
	*sortedp = *series;
	qsort(sortedp->sample, sortedp->n, sizeof(sortedp->sample[0]), compare_doubles);
}

double np_series_median(const struct np_series *series)
{
	struct np_series sorted;

	if (series->n == 0)
		return 0;
	series_sort(series, &sorted);
	if (sorted.n % 2 == 1)
		return sorted.sample[sorted.n / 2];
	return (sorted.sample[sorted.n / 2 - 1] + sorted.sample[sorted.n / 2]) / 2;
}

double np_series_min(const struct np_series *series)
{
	struct np_series sorted;

	if (series->n == 0)
		return 0;
	series_sort(series, &sorted);
	return sorted.sample[0];
}

double np_series_max(const struct np_series *series)
{
	struct np_series sorted;

	if (series->n == 0)
		return 0;
	series_sort(series, &sorted);
	return sorted.sample[sorted.n - 1];
}

void np_series_divide(const struct np_series *above, const struct np_series *below,
		      struct np_series *quotientp)
{
	quotientp->n = 0;
	if (above->n != below->n)
		return;
	for (size_t i = 0; i < above->n; i++)
		np_series_add(quotientp, above->sample[i] / below->sample[i]);
}
