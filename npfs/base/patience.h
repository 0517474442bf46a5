/* SPDX-License-Identifier: MIT */
/*
 * Patience: how often it pays to look for something before sleeping until it comes
 *
 * Who waits for a partner that has the time is served sooner than a thread can be put to
 * sleep and woken, and so looks a moment first. After each such moment in vain twice as many
 * waits go without, up to NP_PATIENCE_MOST: a partner that comes now and then costs nothing.
 * One that came in time makes all forgotten. One thread at a time; all 0 is the beginning.
 */
#pragma once

#include <stdbool.h>

#define NP_PATIENCE_MOST 255u

struct np_patience {
	unsigned n_to_pass; /* waits that go without a look */
	unsigned n_passed;  /* those that did */
};

/* np_patience_may_look() - whether this wait begins with a look; counts it when not */
static inline bool np_patience_may_look(struct np_patience *patience)
{
	if (patience->n_passed >= patience->n_to_pass)
		return true;
	patience->n_passed++;
	return false;
}

/* np_patience_learn() - after a look: @has_come says whether it was in time */
static inline void np_patience_learn(struct np_patience *patience, bool has_come)
{
	patience->n_passed = 0;
	if (has_come)
		patience->n_to_pass = 0;
	else if (patience->n_to_pass < NP_PATIENCE_MOST)
		patience->n_to_pass = patience->n_to_pass * 2 + 1;
}
