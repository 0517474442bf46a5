/* SPDX-License-Identifier: MIT */
/*
 * Workers: the two processes of a measurement and what the driver tells them.
 *
 * A worker is attached to one side of one carrier and lives for the whole run. Between
 * two tasks it sleeps on its control socket and uses no CPU. The driver sends the same
 * task to both sides, passive first, and gets one report from each.
 *
 *	driver -> worker	struct np_task (on a SOCK_SEQPACKET socket)
 *	worker -> driver	struct np_report, once after attaching and once per task
 */
#pragma once

#include "bench/carrier.h"
#include "bench/place.h"

#include <stdint.h>

enum np_task_kind {
	NP_TASK_QUIT,
	NP_TASK_ROUND_TRIP, /* active sends, passive sends back, active has it */
	NP_TASK_ONE_WAY,    /* active sends, passive receives */
	NP_TASK_PACED,      /* round trips, as many a second as the task says */
	NP_TASK_PEEK,       /* active looks at a message that it has not received yet */
};

/* The parts of the round trips whose time is told: p50, p99, p99.9. */
enum np_part {
	NP_PART_500,
	NP_PART_990,
	NP_PART_999,
	NP_N_PARTS,
};

struct np_task {
	uint32_t kind;     /* enum np_task_kind */
	uint32_t place;    /* enum np_place */
	uint32_t size;     /* bytes of a message, at most NP_CARRIER_MAX */
	uint32_t rate;     /* round trips a second of NP_TASK_PACED, else 0 */
	uint64_t warm_ns;  /* run this long before the clock starts */
	uint64_t slice_ns; /* count operations for this long */
};

struct np_report {
	int32_t status;    /* 0 or -errno; -EBADMSG when the data was wrong */
	uint32_t reserved; /* 0 */
	uint64_t messages; /* every message of the task; must agree between the sides */
	uint64_t ops;      /* operations inside the slice; active side only */
	uint64_t ns;       /* what they took; active side only */
	uint64_t cpu_ns;   /* processor time of the task, warm-up and all */
	uint64_t late_ns[NP_N_PARTS]; /* of NP_TASK_PACED: that part was back by then */
};

/* The shortest message that can carry the checks. */
#define NP_TASK_SIZE_MIN 16

/*
 * Attach to a side of a carrier, report, and do what the control socket says until it
 * says quit or closes. Neither shared nor the control socket is used by the caller
 * afterwards.
 *
 * Return: the exit status for the process.
 */
int np_worker_run(const struct np_carrier *carrier, void *shared, const char *name,
		  enum np_side side, int control_fd);

/* Now, in nanoseconds of the monotonic clock. */
uint64_t np_worker_clock(void);
