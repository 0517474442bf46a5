/* SPDX-License-Identifier: MIT */
/*
 * The recovering thread (model: recover.h)
 *
 * A broker that nobody here may start is looked for in growing intervals: there is nothing
 * to wait on that would tell.
 */
#include "npfs/client/recover.h"

#include <npfs/security.h>

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "npfs/base/clock.h"
#include "npfs/base/log.h"
#include "npfs/client/call.h"
#include "npfs/client/claim.h"
#include "npfs/client/conn.h"
#include "npfs/client/end.h"
#include "npfs/client/registry.h"

#define RETRY_FIRST_NS INT64_C(5000000)
#define RETRY_MOST_NS  INT64_C(250000000)

/* Longer than a broker waits for somebody who has nothing to claim. */
#define UNCLAIMED_NS (60 * NP_NS_PER_SEC)

#define THREAD_STACK (256u * 1024)
#define ENDS_AT_ONCE 64u

static struct {
	pthread_mutex_t lock;
	bool is_running;
	bool is_wanted; /* something happened since the thread last began */
} recover = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void wake_ends(void)
{
	struct npfs_end *ends[ENDS_AT_ONCE];
	uint64_t look = np_registry_begin_looks();
	unsigned n, i;

	do {
		n = np_registry_ends(look, ends, ENDS_AT_ONCE);
		for (i = 0; i < n; i++) {
			np_end_look(ends[i]);
			np_end_unref(ends[i]);
		}
	} while (n == ENDS_AT_ONCE);
}

/* Return: whether the broker is there and knows what this process has. */
static bool recover_once(void)
{
	bool all;

	/* with nothing left to claim it is enough to say so to a broker that is there */
	if (np_conn_ensure(np_claim_is_needed()) != STATUS_SUCCESS)
		return false;
	all = np_conn_adopt_orphans();
	wake_ends();
	return all;
}

/* Return: whether there is more to do. */
static bool go_on(void)
{
	bool is_wanted;

	pthread_mutex_lock(&recover.lock);
	is_wanted = recover.is_wanted;
	recover.is_wanted = false;
	if (!is_wanted)
		recover.is_running = false;
	pthread_mutex_unlock(&recover.lock);
	return is_wanted;
}

static void *recover_main(void *arg)
{
	int64_t pause_ns = RETRY_FIRST_NS;
	struct timespec ts = {.tv_sec = 0};

	(void)arg;
	pthread_setname_np(pthread_self(), "npfs-recover");
	while (go_on()) {
		int64_t began_ns = np_clock_now_ns();

		while (!recover_once()) {
			if (!np_claim_is_needed() &&
			    np_clock_now_ns() - began_ns > UNCLAIMED_NS)
				break;
			ts.tv_nsec = pause_ns;
			clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
			pause_ns *= 2;
			if (pause_ns > RETRY_MOST_NS)
				pause_ns = RETRY_MOST_NS;
		}
	}
	return NULL;
}

void np_recover_kick(void)
{
	pthread_mutex_lock(&recover.lock);
	recover.is_wanted = true;
	if (!recover.is_running) {
		recover.is_running = true;
		if (npfs_thread_start(recover_main, NULL, THREAD_STACK, NULL)) {
			recover.is_running = false;
			np_log(NP_LOG_WARNING,
			       "no thread to look for the broker: pipes come back with "
			       "the next call");
		}
	}
	pthread_mutex_unlock(&recover.lock);
}

void np_recover_fork_child(void)
{
	pthread_mutex_init(&recover.lock, NULL);
	recover.is_running = false;
	recover.is_wanted = false;
}
