/* SPDX-License-Identifier: MIT */
/*
 * Workers with shared objects, for the test that kills brokers (test_broker_kills.c)
 *
 *	count	several processes count in common memory, under a named mutex that each opens
 *		and closes for every step: two counters that are not atomic stay equal
 *	tick	two processes hand a turn to and fro with two named semaphores, each opened
 *		anew from time to time, and count the turns
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kills_objects {
	/* what the counters count; under the mutex */
	volatile uint64_t first;
	volatile uint64_t second;
	uint64_t turns[2]; /* of each process's semaphore, handed over with it */
};

/* A step was made; returns whether to stop. */
typedef bool (*kills_step)(unsigned worker);

void kills_count(struct kills_objects *objects, unsigned worker, kills_step step);
void kills_tick(struct kills_objects *objects, unsigned side, unsigned worker,
		kills_step step);
