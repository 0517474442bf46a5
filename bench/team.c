/* SPDX-License-Identifier: MIT */
/*
 * Starting, asking and ending the two workers of a carrier.
 *
 * The passive worker is started first, and the active one when the passive one is ready,
 * so that a name is there when it is opened. The driver never waits without a bound: a
 * carrier that hangs costs NP_TEAM_PATIENCE_MS and is then reported as failed.
 */
#include "bench/team.h"

#include "bench/fdio.h"
#include "bench/proc.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define NP_TEAM_PATIENCE_MS 20000
#define NP_TEAM_LEAVE_MS    3000

struct recruit {
	const struct np_carrier *carrier;
	void *shared;
	const char *name;
	enum np_side side;
	int control;
};

int np_team_serve(const struct np_carrier *carrier, const char *name, enum np_side side,
		  int control_fd)
{
	signal(SIGPIPE, SIG_IGN);
	return np_worker_run(carrier, NULL, name, side, control_fd);
}

static int recruit_run(void *arg)
{
	const struct recruit *recruit = arg;

	signal(SIGPIPE, SIG_IGN);
	return np_worker_run(recruit->carrier, recruit->shared, recruit->name,
			     recruit->side, recruit->control);
}

static int recruit_spawn(struct recruit *recruit, pid_t *pidp)
{
	const struct np_carrier *carrier = recruit->carrier;
	char role[64], number[16];
	char *argv[] = {(char *)"/proc/self/exe",
			(char *)"--role",
			role,
			(char *)"--name",
			(char *)recruit->name,
			(char *)"--control-fd",
			number,
			NULL};

	snprintf(role, sizeof(role), "%s-%s", carrier->name,
		 recruit->side == NP_SIDE_ACTIVE ? "client" : "server");
	snprintf(number, sizeof(number), "%d", recruit->control);
	return np_proc_spawn(carrier->execs ? argv : NULL, recruit_run, recruit,
			     recruit->control, carrier->spin_env, pidp);
}

/*
 * Wait for a report of one worker; an end of file is its death.
 */
static int team_report(struct np_team *team, enum np_side side, int timeout_ms,
		       struct np_report *reportp)
{
	struct pollfd pfd = {.fd = team->worker[side].control, .events = POLLIN};
	struct np_report report;
	ssize_t n;
	int r = poll(&pfd, 1, timeout_ms);

	if (r < 0)
		return -errno;
	if (r == 0)
		return -ETIMEDOUT;
	n = recv(pfd.fd, &report, sizeof(report), 0);
	if (n < 0)
		return -errno;
	if (n != (ssize_t)sizeof(report))
		return -ECONNRESET;
	if (report.status < 0)
		return report.status;
	*reportp = report;
	return 0;
}

/*
 * Wait for both reports, in whatever order they come: a side that failed says so at once,
 * while the other one may wait for it for ever.
 */
static int team_reports(struct np_team *team, int timeout_ms, struct np_report *passivep,
			struct np_report *activep)
{
	struct np_report *reports[2] = {
		[NP_SIDE_PASSIVE] = passivep,
		[NP_SIDE_ACTIVE] = activep,
	};
	struct pollfd pfds[2];
	enum np_side first;
	int r;

	for (int side = 0; side < 2; side++)
		pfds[side] = (struct pollfd){team->worker[side].control, POLLIN, 0};
	r = poll(pfds, 2, timeout_ms);
	if (r < 0)
		return -errno;
	if (r == 0)
		return -ETIMEDOUT;
	first = pfds[NP_SIDE_PASSIVE].revents ? NP_SIDE_PASSIVE : NP_SIDE_ACTIVE;
	r = team_report(team, first, 0, reports[first]);
	if (r < 0)
		return r;
	return team_report(team, (enum np_side)(1 - (int)first), timeout_ms,
			   reports[1 - (int)first]);
}

static int team_add(struct np_team *team, void *shared, const char *name,
		    enum np_side side)
{
	struct recruit recruit = {team->carrier, shared, name, side, -1};
	struct np_report ready;
	int fds[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	team->worker[side].control = fds[0];
	recruit.control = fds[1];
	r = recruit_spawn(&recruit, &team->worker[side].pid);
	np_fdio_close(&fds[1]);
	if (r == 0)
		r = team_report(team, side, NP_TEAM_PATIENCE_MS, &ready);
	return r;
}

int np_team_start(struct np_team *team, const struct np_carrier *carrier,
		  const char *name)
{
	void *shared = NULL;
	int r = 0;

	*team = (struct np_team)NP_TEAM_INIT;
	if (carrier->create)
		r = carrier->create(&shared);
	if (r < 0)
		return r;
	team->carrier = carrier;
	r = team_add(team, shared, name, NP_SIDE_PASSIVE);
	if (r == 0)
		r = team_add(team, shared, name, NP_SIDE_ACTIVE);
	if (shared)
		carrier->destroy(shared);
	if (r < 0) {
		team->failed = true;
		np_team_stop(team);
	}
	return r;
}

static int team_ask(struct np_team *team, enum np_side side, const struct np_task *task)
{
	ssize_t n = send(team->worker[side].control, task, sizeof(*task), MSG_NOSIGNAL);

	if (n < 0)
		return -errno;
	return 0;
}

int np_team_run(struct np_team *team, const struct np_task *task,
		struct np_report *reportp)
{
	struct np_report active = {0}, passive = {0};
	int patience =
		NP_TEAM_PATIENCE_MS + (int)((task->warm_ns + task->slice_ns) / 1000000u);
	int r = team_ask(team, NP_SIDE_PASSIVE, task);

	if (r == 0)
		r = team_ask(team, NP_SIDE_ACTIVE, task);
	if (r == 0)
		r = team_reports(team, patience, &passive, &active);
	if (r == 0 && active.messages != passive.messages)
		r = -EBADMSG;
	if (r < 0) {
		team->failed = true;
		return r;
	}
	*reportp = active;
	reportp->cpu_ns += passive.cpu_ns;
	return 0;
}

void np_team_stop(struct np_team *team)
{
	static const struct np_task quit = {.kind = NP_TASK_QUIT};

	if (!team->carrier)
		return;
	for (int side = 0; side < 2; side++)
		if (!team->failed && team_ask(team, (enum np_side)side, &quit) < 0)
			team->failed = true;
	/* Both at once: the survivor would complain about the other's death. */
	for (int side = 0; team->failed && side < 2; side++)
		if (team->worker[side].pid > 0)
			kill(team->worker[side].pid, SIGKILL);
	for (int side = 1; side >= 0; side--) {
		np_proc_end(&team->worker[side].pid,
			    team->failed ? -1 : NP_TEAM_LEAVE_MS);
		np_fdio_close(&team->worker[side].control);
	}
	team->carrier = NULL;
}
