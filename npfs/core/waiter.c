/* SPDX-License-Identifier: MIT */
/*
 * Waiters and their deadlines
 *
 * The heap's order: no waiter's deadline is earlier than its parent's. Each waiter knows
 * its place, so leaving costs a logarithm wherever it stands.
 */
#include "npfs/core/waiter.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "npfs/base/clock.h"
#include "npfs/base/err.h"

static void heap_set(struct np_waiter_queue *queue, size_t i, struct np_waiter *waiter)
{
	queue->heap[i] = waiter;
	waiter->heap_i = i;
}

/* Moves @waiter from the hole at @i towards the root. */
static void heap_rise(struct np_waiter_queue *queue, size_t i, struct np_waiter *waiter)
{
	while (i > 0) {
		size_t parent = (i - 1) / 2;

		if (queue->heap[parent]->deadline_ns <= waiter->deadline_ns)
			break;
		heap_set(queue, i, queue->heap[parent]);
		i = parent;
	}
	heap_set(queue, i, waiter);
}

/* Moves @waiter from the hole at @i away from the root. */
static void heap_sink(struct np_waiter_queue *queue, size_t i, struct np_waiter *waiter)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= queue->n_heap)
			break;
		if (child + 1 < queue->n_heap &&
		    queue->heap[child + 1]->deadline_ns < queue->heap[child]->deadline_ns)
			child++;
		if (waiter->deadline_ns <= queue->heap[child]->deadline_ns)
			break;
		heap_set(queue, i, queue->heap[child]);
		i = child;
	}
	heap_set(queue, i, waiter);
}

static void heap_remove(struct np_waiter_queue *queue, size_t i)
{
	struct np_waiter *last = queue->heap[--queue->n_heap];

	if (i == queue->n_heap)
		return;
	if (i > 0 && last->deadline_ns < queue->heap[(i - 1) / 2]->deadline_ns)
		heap_rise(queue, i, last);
	else
		heap_sink(queue, i, last);
}

static int heap_reserve(struct np_waiter_queue *queue)
{
	size_t cap = queue->cap ? queue->cap * 2 : 16;
	struct np_waiter **heap;

	if (queue->n_heap < queue->cap)
		return 0;
	heap = reallocarray(queue->heap, cap, sizeof(struct np_waiter *));
	if (!heap)
		return np_err(-ENOMEM);
	queue->heap = heap;
	queue->cap = cap;
	return 0;
}

/* np_waiter_queue_fini() - release the queue; nobody waits in it any more */
void np_waiter_queue_fini(struct np_waiter_queue *queue)
{
	assert(queue->n_waiters == 0);
	free(queue->heap);
	*queue = (struct np_waiter_queue)NP_WAITER_QUEUE_INIT;
}

/* np_waiter_queue_next() - the earliest deadline, or NP_DEADLINE_NEVER */
int64_t np_waiter_queue_next(const struct np_waiter_queue *queue)
{
	return queue->n_heap > 0 ? queue->heap[0]->deadline_ns : NP_DEADLINE_NEVER;
}

/* np_waiter_queue_due() - a waiter whose time has passed at @now_ns, or NULL */
struct np_waiter *np_waiter_queue_due(const struct np_waiter_queue *queue, int64_t now_ns)
{
	if (queue->n_heap == 0 ||
	    !np_deadline_has_passed(now_ns, queue->heap[0]->deadline_ns))
		return NULL;
	return queue->heap[0];
}

/* np_waiter_init() - a waiter that does not wait yet */
void np_waiter_init(struct np_waiter *waiter)
{
	np_list_init(&waiter->link);
	np_done_init(&waiter->done, NP_DONE_WAITER);
	waiter->queue = NULL;
	waiter->deadline_ns = NP_DEADLINE_NEVER;
	waiter->heap_i = 0;
}

/**
 * np_waiter_start() - begin to wait
 * @waiter:		initialised, not waiting, no record of it deferred
 * @queue:		the volume's waiters
 * @pipe_waiters:	list of the pipe it waits for
 * @deadline_ns:	when it gives up, or NP_DEADLINE_NEVER
 *
 * Return: 0, or -ENOMEM with nothing changed.
 */
int np_waiter_start(struct np_waiter *waiter, struct np_waiter_queue *queue,
		    struct np_list *pipe_waiters, int64_t deadline_ns)
{
	int r;

	assert(!np_waiter_is_waiting(waiter) && !np_list_is_linked(&waiter->done.link));
	waiter->deadline_ns = deadline_ns;
	if (deadline_ns != NP_DEADLINE_NEVER) {
		r = heap_reserve(queue);
		if (r < 0)
			return r;
		queue->n_heap++;
		heap_rise(queue, queue->n_heap - 1, waiter);
	}
	queue->n_waiters++;
	waiter->queue = queue;
	np_list_push_back(pipe_waiters, &waiter->link);
	return 0;
}

/* np_waiter_finish() - end the wait with an answer, deferred to @done_list */
void np_waiter_finish(struct np_waiter *waiter, struct np_list *done_list,
		      npfs_status status)
{
	assert(np_waiter_is_waiting(waiter));
	np_waiter_cancel(waiter);
	np_done_push(done_list, &waiter->done, status);
}

/*
 * np_waiter_cancel() - end the wait without an answer
 *
 * Harmless when it does not wait; an answer that was deferred and not taken yet is
 * withdrawn. Afterwards the model knows nothing of @waiter.
 */
void np_waiter_cancel(struct np_waiter *waiter)
{
	struct np_waiter_queue *queue = np_take_ptr(waiter->queue);

	np_list_remove(&waiter->done.link);
	if (!queue)
		return;
	if (waiter->deadline_ns != NP_DEADLINE_NEVER)
		heap_remove(queue, waiter->heap_i);
	queue->n_waiters--;
	np_list_remove(&waiter->link);
}
