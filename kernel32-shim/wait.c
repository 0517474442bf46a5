/* SPDX-License-Identifier: MIT */
/*
 * Waiting for objects.  The model is in wait.h; the signal word's rules are in object.h.
 *
 * How a wake cannot be lost: a waiter first sets OBJECT_WAITERS (under the lock), then
 * looks at the flag.  A signaller swaps the flag in only while OBJECT_WAITERS is clear.
 * Both act on one word, so either the swap came first and the waiter sees the flag, or
 * the mark came first and the signaller goes through the lock and finds the block.
 */
#include "kernel32-shim/wait.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <npfs/aio.h>

#include "kernel32-shim/apc.h"
#include "kernel32-shim/completion_port.h"
#include "kernel32-shim/shared_object.h"
#include "kernel32-shim/thread.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

static pthread_mutex_t dispatcher = PTHREAD_MUTEX_INITIALIZER;
static struct thread *woken; /* waits that ended, newest first; dispatcher lock */

/* How many waits of other threads this one has ended. */
static __thread unsigned n_others_woken;

/* time and futexes */

int64_t wait_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

int64_t wait_deadline(DWORD milliseconds)
{
	if (milliseconds == INFINITE)
		return WAIT_NEVER;
	if (milliseconds == 0)
		return WAIT_POLL;
	return wait_now_ns() + (int64_t)milliseconds * NS_PER_MS;
}

int wait_futex_sleep(_Atomic uint32_t *word, uint32_t expected, int64_t deadline_ns)
{
	struct timespec ts, *tsp = NULL;

	if (deadline_ns != WAIT_NEVER) {
		ts.tv_sec = deadline_ns / NS_PER_S;
		ts.tv_nsec = deadline_ns % NS_PER_S;
		tsp = &ts;
	}
	if (syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
		    tsp, NULL, FUTEX_BITSET_MATCH_ANY) == 0)
		return 0;
	return errno == ETIMEDOUT ? -ETIMEDOUT : 0;
}

void wait_futex_wake(_Atomic uint32_t *word, int n)
{
	syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, n, NULL, NULL, 0);
}

/* the dispatcher lock */

void dispatcher_lock(void)
{
	pthread_mutex_lock(&dispatcher);
}

void dispatcher_unlock(void)
{
	struct thread *list = woken;

	woken = NULL;
	pthread_mutex_unlock(&dispatcher);
	while (list) {
		struct thread *next = list->wait.next_woken;
		_Atomic uint32_t *state = &list->wait.state;
		bool is_self = list == thread_current;

		/*
		 * After the exchange the thread may go on, and even end; the wake touches
		 * its address only, and a stray wake is what every sleeper tolerates.
		 */
		switch (atomic_exchange_explicit(state, WAIT_STATE_WOKEN,
						 memory_order_seq_cst)) {
		case WAIT_STATE_DRIVING:
			if (!is_self)
				npfs_drive_kick();
			break;
		default:
			wait_futex_wake(state, 1);
			break;
		}
		if (!is_self)
			n_others_woken++;
		list = next;
	}
}

static void dispatcher_after_fork_parent(void)
{
	pthread_mutex_unlock(&dispatcher);
}

/* The threads that were woken but not told do not exist in the child. */
static void dispatcher_after_fork_child(void)
{
	woken = NULL;
	pthread_mutex_unlock(&dispatcher);
}

__attribute__((constructor)) static void dispatcher_survives_fork(void)
{
	pthread_atfork(dispatcher_lock, dispatcher_after_fork_parent,
		       dispatcher_after_fork_child);
}

/* the signal word */

void object_mark(struct object *o)
{
	atomic_fetch_or_explicit(&o->signal, OBJECT_WAITERS, memory_order_acq_rel);
}

void object_unmark(struct object *o)
{
	if (object_link_is_empty(&o->waiters) && !o->shared)
		atomic_fetch_and_explicit(&o->signal, ~(uint32_t)OBJECT_WAITERS,
					  memory_order_acq_rel);
}

void object_signal_slow(struct object *o)
{
	struct npfs_object *shared;

	dispatcher_lock();
	shared = o->shared;
	if (shared) {
		npfs_object_set(shared);
		shared_object_wake(o);
	} else {
		atomic_fetch_or(&o->signal, OBJECT_SIGNALED);
		object_wake(o);
	}
	dispatcher_unlock();
	if (shared)
		shared_object_ring(o);
}

void object_reset_slow(struct object *o)
{
	dispatcher_lock();
	if (o->shared)
		npfs_object_reset(o->shared);
	else
		atomic_fetch_and_explicit(&o->signal, ~(uint32_t)OBJECT_SIGNALED,
					  memory_order_acq_rel);
	dispatcher_unlock();
}

/* ending waits; all under the dispatcher lock */

static void wait_take_down(struct thread *t)
{
	struct wait *w = &t->wait;

	for (unsigned i = 0; i < w->n_blocks; i++) {
		object_link_remove(&w->blocks[i].link);
		shared_block_end(&w->blocks[i]);
		object_unmark(w->blocks[i].object);
	}
	w->n_blocks = 0;
	w->in_progress = false;
	completion_port_thread_unblocks(t);
}

void wait_finish(struct thread *t, DWORD result)
{
	wait_take_down(t);
	t->wait.result = result;
	t->wait.next_woken = woken;
	woken = t;
}

void wait_alert(struct thread *t)
{
	if (!t->wait.in_progress || !t->wait.alertable)
		return;
	if (t->wait.withdraw)
		t->wait.withdraw(t);
	wait_finish(t, WAIT_IO_COMPLETION);
}

static bool is_ready(struct object *o, struct thread *t)
{
	return o->shared ? shared_object_is_ready(o, t) : o->ops->is_ready(o, t);
}

/* Acquire for @t whatever of its objects are ready, if that satisfies its wait. */
static bool wait_try(struct thread *t, struct object *const *objs, unsigned n, bool all,
		     DWORD *resultp)
{
	bool abandoned = false;

	if (!all) {
		for (unsigned i = 0; i < n; i++) {
			if (!is_ready(objs[i], t))
				continue;
			if (!objs[i]->shared)
				abandoned = objs[i]->ops->acquire(objs[i], t);
			else if (!shared_object_take(objs[i], t, &abandoned))
				continue;
			*resultp = (abandoned ? WAIT_ABANDONED_0 : WAIT_OBJECT_0) + i;
			return true;
		}
		return false;
	}
	for (unsigned i = 0; i < n; i++)
		if (!is_ready(objs[i], t))
			return false;
	if (!shared_objects_take(objs, n, t, &abandoned))
		return false;
	for (unsigned i = 0; i < n; i++)
		abandoned |= objs[i]->ops->acquire(objs[i], t);
	*resultp = abandoned ? WAIT_ABANDONED_0 : WAIT_OBJECT_0;
	return true;
}

static bool wait_try_blocks(struct thread *t, DWORD *resultp)
{
	struct object *objs[WAIT_MAX_OBJECTS];

	for (unsigned i = 0; i < t->wait.n_blocks; i++)
		objs[i] = t->wait.blocks[i].object;
	return wait_try(t, objs, t->wait.n_blocks, t->wait.all, resultp);
}

void object_wake(struct object *o)
{
	struct object_link *link = o->waiters.next;

	object_hint(o);
	while (link != &o->waiters) {
		struct wait_block *block =
			object_container(link, struct wait_block, link);
		struct thread *t = block->thread;
		bool only_block = t->wait.n_blocks == 1;
		DWORD result;

		link = link->next;
		if (!is_ready(o, t)) {
			/* A mutex is ready for its owner only, so look on. */
			if (o->ops->signal_kind != OBJECT_SIGNAL_COMPUTED && !o->shared)
				return;
			continue;
		}
		if (!wait_try_blocks(t, &result))
			continue;
		wait_finish(t, result);
		/* The wait's other blocks may have been on this list too. */
		if (!only_block)
			link = o->waiters.next;
	}
}

/*
 * sleeping
 *
 * park() is where every wait sleeps. A thread that can drives the library while it does,
 * so that the event which ends its wait wakes it and no thread before it.
 */

/*
 * Sleep where the library's events arrive, until the wait has ended, the deadline has
 * passed, or it turns out that the events are for others. Then one of those had better
 * drive, when it is back; a thread that waits for something else is not in the way.
 * Return: false when the deadline passed.
 */
static bool park_driving(struct thread *self, int64_t deadline_ns)
{
	uint32_t state = WAIT_STATE_PARKED;
	const uint32_t *word = (const uint32_t *)(const void *)&self->wait.state;
	unsigned n_others = n_others_woken;
	bool in_time = true;

	if (!npfs_drive_begin())
		return true;
	if (atomic_compare_exchange_strong(&self->wait.state, &state, WAIT_STATE_DRIVING)) {
		do
			in_time = npfs_drive(word, WAIT_STATE_DRIVING, deadline_ns);
		while (in_time && n_others == n_others_woken &&
		       atomic_load(&self->wait.state) == WAIT_STATE_DRIVING);
		state = WAIT_STATE_DRIVING;
		atomic_compare_exchange_strong(&self->wait.state, &state,
					       WAIT_STATE_PARKED);
	}
	npfs_drive_end();
	return in_time;
}

/* Sleep until the wait has ended, or the deadline has passed with it still open. */
static void park(struct thread *self, int64_t deadline_ns)
{
	_Atomic uint32_t *state = &self->wait.state;

	if (atomic_load_explicit(state, memory_order_acquire) == WAIT_STATE_PARKED &&
	    !park_driving(self, deadline_ns))
		return;
	while (atomic_load_explicit(state, memory_order_acquire) == WAIT_STATE_PARKED)
		if (wait_futex_sleep(state, WAIT_STATE_PARKED, deadline_ns) == -ETIMEDOUT)
			return;
}

void wait_begin(struct thread *self, bool alertable, void (*withdraw)(struct thread *))
{
	struct wait *w = &self->wait;

	w->n_blocks = 0;
	w->all = false;
	w->alertable = alertable;
	w->withdraw = withdraw;
	w->in_progress = true;
	atomic_store_explicit(&w->state, WAIT_STATE_PARKED, memory_order_relaxed);
}

static bool has_shared(const struct wait *w)
{
	for (unsigned i = 0; i < w->n_blocks; i++)
		if (w->blocks[i].object->shared)
			return true;
	return false;
}

/*
 * What other processes gave at the last moment, and before it is worth sleeping for: they
 * do not hand over, they ring.
 */
static bool wait_look_again(struct thread *self, DWORD *resultp)
{
	if (!has_shared(&self->wait) || !wait_try_blocks(self, resultp))
		return false;
	wait_take_down(self);
	return true;
}

DWORD wait_sleep(struct thread *self, int64_t deadline_ns)
{
	struct wait *w = &self->wait;
	DWORD result;

	completion_port_thread_blocks(self);
	dispatcher_unlock();
	park(self, deadline_ns);
	/* PARKED: the deadline passed */
	if (atomic_load_explicit(&w->state, memory_order_acquire) == WAIT_STATE_PARKED) {
		dispatcher_lock();
		if (w->in_progress) {
			if (!wait_look_again(self, &result)) {
				result = WAIT_TIMEOUT;
				if (w->withdraw)
					w->withdraw(self);
				wait_take_down(self);
			}
			dispatcher_unlock();
			return result;
		}
		/* Ended at the last moment; the wake is on its way and must be met. */
		dispatcher_unlock();
		park(self, WAIT_NEVER);
	}
	result = w->result;
	if (result == WAIT_IO_COMPLETION)
		apc_run_pending(self);
	return result;
}

/*
 * wait_pinned() - wait for one object without lock, if that is possible
 *
 * The signal word is loaded once: when nothing is in it, the object is not signaled and
 * not shared, and whoever does not want to wait has his answer.
 */
bool wait_pinned(struct object *o, bool polls, DWORD *resultp)
{
	uint32_t signal = atomic_load_explicit(&o->signal, memory_order_acquire);

	if (o->ops->signal_kind == OBJECT_SIGNAL_COMPUTED)
		return false;
	if (!signal && polls) {
		*resultp = WAIT_TIMEOUT;
		return true;
	}
	if (!(signal & OBJECT_SIGNALED) || o->shared || !object_take_flag(o))
		return false;
	*resultp = WAIT_OBJECT_0;
	return true;
}

/*
 * The same for one of several objects: its index, or -1. What was set before the one that was found
 * is seen by the second look, so the first of two is never passed over for the second.
 */
static int wait_fast_any(struct object *const *objs, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (objs[i]->ops->signal_kind == OBJECT_SIGNAL_COMPUTED || objs[i]->shared)
			return -1; /* its flag is elsewhere */
		if (!object_is_signaled(objs[i]))
			continue;
		for (unsigned before = 0; before < i; before++)
			if (object_is_signaled(objs[before]))
				i = before;
		return object_take_flag(objs[i]) ? (int)i : -1;
	}
	return -1;
}

DWORD wait_objects(struct object **objs, unsigned n, bool all, int64_t deadline_ns,
		   bool alertable)
{
	struct thread *self;
	DWORD result;
	int found;

	if (n && (!all || n == 1)) {
		found = wait_fast_any(objs, n);
		if (found >= 0)
			return WAIT_OBJECT_0 + (DWORD)found;
	}
	self = thread_self();
	for (unsigned i = 0; i < n; i++)
		if (objs[i]->shared && !shared_object_watch(objs[i])) {
			thread_last_error = ERROR_NO_SYSTEM_RESOURCES;
			return WAIT_FAILED;
		}
	dispatcher_lock();
	for (unsigned i = 0; i < n; i++)
		object_mark(objs[i]);
	if (n > 0 && wait_try(self, objs, n, all, &result))
		goto out_unmark;
	if (alertable && atomic_load_explicit(&self->n_apcs, memory_order_relaxed)) {
		result = WAIT_IO_COMPLETION;
		goto out_unmark;
	}
	if (deadline_ns == WAIT_POLL) {
		result = WAIT_TIMEOUT;
		goto out_unmark;
	}
	wait_begin(self, alertable, NULL);
	self->wait.all = all;
	self->wait.n_blocks = n;
	for (unsigned i = 0; i < n; i++) {
		struct wait_block *block = &self->wait.blocks[i];

		block->thread = self;
		block->object = objs[i];
		object_link_push_back(&objs[i]->waiters, &block->link);
		shared_block_begin(block);
	}
	self->wait.is_first_look = true;
	do {
		if (wait_look_again(self, &result)) {
			dispatcher_unlock();
			return result;
		}
	} while (shared_blocks_begin_again(self));
	self->wait.is_first_look = false;
	return wait_sleep(self, deadline_ns);

out_unmark:
	for (unsigned i = 0; i < n; i++)
		object_unmark(objs[i]);
	dispatcher_unlock();
	if (result == WAIT_IO_COMPLETION)
		apc_run_pending(self);
	return result;
}
