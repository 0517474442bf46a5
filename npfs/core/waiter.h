/* SPDX-License-Identifier: MIT */
/*
 * Waiters: somebody waits for an instance of a name to listen
 *
 * A waiter is embedded in whatever the answer has to go to. While it waits it is on its
 * pipe's list and, unless it waits for ever, in the volume's heap of deadlines. It ends
 * in exactly one way: the name's instances listen, the name goes, the time passes (each
 * gives a record on the deferred list), or np_waiter_cancel() (no record).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npfs/base/list.h"
#include "npfs/base/macro.h"
#include "npfs/core/done.h"

struct np_waiter {
	struct np_list link;           /* in np_pipe.waiters */
	struct np_done done;           /* NP_DONE_WAITER */
	struct np_waiter_queue *queue; /* borrowed while waiting, else NULL */
	int64_t deadline_ns;           /* NP_DEADLINE_NEVER: waits for ever */
	size_t heap_i; /* in np_waiter_queue.heap; valid with a deadline */
};

/* Everybody who waits in a volume; a binary heap of those who have a deadline. */
struct np_waiter_queue {
	struct np_waiter **heap; /* owned; the waiters are borrowed */
	size_t n_heap;
	size_t cap;
	size_t n_waiters; /* with and without a deadline */
};

/* clang-format off */
#define NP_WAITER_QUEUE_INIT { NULL, 0, 0, 0 }
/* clang-format on */

void np_waiter_queue_fini(struct np_waiter_queue *queue);
int64_t np_waiter_queue_next(const struct np_waiter_queue *queue);
struct np_waiter *np_waiter_queue_due(const struct np_waiter_queue *queue,
				      int64_t now_ns);

void np_waiter_init(struct np_waiter *waiter);
int np_waiter_start(struct np_waiter *waiter, struct np_waiter_queue *queue,
		    struct np_list *pipe_waiters, int64_t deadline_ns) NP_MUST_CHECK;
void np_waiter_finish(struct np_waiter *waiter, struct np_list *done_list,
		      npfs_status status);
void np_waiter_cancel(struct np_waiter *waiter);

static inline bool np_waiter_is_waiting(const struct np_waiter *waiter)
{
	return waiter->queue != NULL;
}
