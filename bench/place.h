/* SPDX-License-Identifier: MIT */
/*
 * Where the two sides of a pair run.
 *
 * Two processes that wake each other are quick on one CPU and slow on two, ten times
 * slower in a virtual machine where the other CPU has to be woken by the host; with more
 * data it may be the other way round. Which of the two the scheduler picks is luck, and
 * it keeps to its choice, so figures taken without a placement compare luck. A carrier
 * that sleeps is therefore measured in both fixed placements and the better one counts,
 * which is the most a user could get out of it. A carrier that spins starts on two CPUs
 * and is then left to the scheduler; its streams are measured on one CPU too, if it can
 * sleep, and again the better counts: where two CPUs share no cache, a stream of any
 * carrier may be quicker on one.
 */
#pragma once

#include "bench/carrier.h"

enum np_place {
	NP_PLACE_SPREAD, /* start on two CPUs, then free */
	NP_PLACE_ONE,    /* both sides on the same CPU */
	NP_PLACE_TWO,    /* each side on a CPU of its own */
	NP_N_PLACES,
};

/* The CPUs this process may use, at least 1. */
unsigned int np_place_count(void);

/*
 * Place the calling thread. With a single usable CPU nothing changes.
 *
 * Return: 0 or -errno.
 */
int np_place_apply(enum np_place place, enum np_side side);

/* Give the calling thread the CPUs back that it had before the first np_place_apply(). */
void np_place_restore(void);
