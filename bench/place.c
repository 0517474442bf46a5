/* SPDX-License-Identifier: MIT */
/*
 * Placement by CPU affinity. The set of CPUs that the process was started with is kept,
 * so that a placement chooses among those and can be taken back.
 */
#include "bench/place.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>

static cpu_set_t place_all;
static bool place_known;

static int place_learn(void)
{
	if (!place_known && sched_getaffinity(0, sizeof(place_all), &place_all) < 0)
		return -errno;
	place_known = true;
	return 0;
}

unsigned int np_place_count(void)
{
	if (place_learn() < 0)
		return 1;
	return (unsigned int)CPU_COUNT(&place_all);
}

/* The number of the n-th usable CPU. There must be more than n. */
static int place_nth(unsigned int n)
{
	int cpu = 0;

	for (;; cpu++)
		if (CPU_ISSET((size_t)cpu, &place_all) && n-- == 0)
			return cpu;
}

int np_place_apply(enum np_place place, enum np_side side)
{
	cpu_set_t one;
	int r = place_learn();

	if (r < 0 || np_place_count() < 2)
		return r;
	CPU_ZERO(&one);
	CPU_SET((size_t)place_nth(place == NP_PLACE_ONE ? 0 : (unsigned int)side), &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		return -errno;
	if (place == NP_PLACE_SPREAD)
		np_place_restore();
	return 0;
}

void np_place_restore(void)
{
	if (place_known)
		sched_setaffinity(0, sizeof(place_all), &place_all);
}
