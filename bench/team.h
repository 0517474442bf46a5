/* SPDX-License-Identifier: MIT */
/*
 * A team: the two workers of one carrier, seen from the driver.
 */
#pragma once

#include "bench/carrier.h"
#include "bench/worker.h"

#include <sys/types.h>

struct np_team {
	const struct np_carrier *carrier; /* NULL when not started */
	struct {
		pid_t pid;
		int control; /* owned socket to the worker */
	} worker[2];         /* indexed by enum np_side */
	bool failed;         /* an error was seen: the workers are not asked any more */
};

#define NP_TEAM_INIT                                                                     \
	{                                                                                \
		.carrier = NULL, .worker = { {0, -1}, {0, -1} }                          \
	}

/*
 * Start both workers and wait until both are attached. The name is what workers that
 * exec find each other by.
 *
 * Return: 0 or -errno; on failure both have gone.
 */
int np_team_start(struct np_team *team, const struct np_carrier *carrier,
		  const char *name);

/*
 * Run one task. *reportp is the active side's report, with the processor time of both.
 *
 * Return: 0, -EINTR when a signal came, -ETIMEDOUT when the workers did not finish,
 * -EBADMSG when the sides do not agree, or the -errno of a worker. After a failure the
 * team can only be stopped.
 */
int np_team_run(struct np_team *team, const struct np_task *task,
		struct np_report *reportp);

/* End both workers. May be called twice, or on a team never started. */
void np_team_stop(struct np_team *team);

/*
 * The life of a worker started by exec.
 *
 * Return: the exit status for the process.
 */
int np_team_serve(const struct np_carrier *carrier, const char *name, enum np_side side,
		  int control_fd);
