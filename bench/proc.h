/* SPDX-License-Identifier: MIT */
/*
 * Processes: every child of the bench is started and ended here.
 *
 * A child dies with the bench, however that ends. Ending a child means asking it, waiting
 * for a bounded time, and killing it by its process id if it did not go.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * Start a child. In the child, keep_fd (or -1) is inherited across exec, NPFS_SPIN is set
 * to spin_env (or removed when NULL), and then argv is executed, or child(arg) is called
 * and its result is the exit status when argv is NULL.
 *
 * Return: 0 with the process id in *pidp, or -errno.
 */
int np_proc_spawn(char *const argv[], int (*child)(void *arg), void *arg, int keep_fd,
		  const char *spin_env, pid_t *pidp);

/*
 * Wait until a child has gone, for at most the given time, then kill it; a negative time
 * kills at once. The child is reaped and *pidp set to 0; nothing happens when it is 0.
 *
 * Return: true when the child ended by itself with status 0.
 */
bool np_proc_end(pid_t *pidp, int timeout_ms);

/* Memory of a process, in KiB; what several share is divided among them. 0: it is gone. */
double np_proc_memory_kib(pid_t pid);

/* A broker of our own in a folder of its own. */
struct np_broker {
	pid_t pid;        /* 0 when not running */
	char folder[256]; /* empty when there is none */
	char socket[280];
};

#define NP_BROKER_INIT                                                                   \
	{                                                                                \
		.pid = 0                                                                 \
	}

/*
 * Make a temporary folder, start the broker program there, wait until it listens and set
 * NPFS_SOCKET for the processes started later. It lets a user have a million instances.
 *
 * Return: 0 or -errno; on failure nothing is left behind.
 */
int np_broker_start(struct np_broker *broker, const char *program);

/* End the broker and remove its folder. May be called twice, or on one never started. */
void np_broker_stop(struct np_broker *broker);

/*
 * Find the broker program: the wish if there is one, else $NPFSD, else beside the running
 * program's build folder, else in $PATH.
 *
 * Return: a string the caller frees, or NULL.
 */
char *np_broker_find(const char *wish);
