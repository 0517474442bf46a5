/* SPDX-License-Identifier: MIT */
/*
 * Waiting for many objects, and the waits of the thread pool built on it.
 *
 * A waiting thread waits for up to 63 objects at a time and for an event of its own, by
 * which it learns that its bucket of sources has changed. A source is armed for one wait:
 * when the object was acquired or the time is over, it leaves the bucket and fires.
 *
 * Taking a source away while its thread waits needs care, because the thread may have
 * acquired the object a moment before (a semaphore count, an automatic event). So whoever
 * disarms wakes the thread and waits until it has looked at its result; the source has
 * then either fired or can be taken out. n_takers keeps the thread from waiting again
 * before that.
 *
 * Only the bucket's thread removes or reorders sources while is_waiting; others may append.
 */
#include <stdlib.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/threadpool.h"
#include "kernel32-shim/wait.h"

#define BUCKET_SIZE (WAIT_MAX_OBJECTS - 1)
#define IDLE_NS     INT64_C(5000000000) /* a thread without sources leaves */

struct tp_bucket {
	struct object wake; /* an event; the bucket lives as long as its thread */
	struct tp_wait_source *sources[BUCKET_SIZE];
	unsigned n;
	unsigned n_takers;
	bool is_waiting;
	struct tp_bucket *next;
};

static struct tp_bucket *buckets; /* owned; those with a thread */
static unsigned buckets_epoch;    /* counts forks */

static const struct object_ops wake_ops = {
	.type = OBJECT_EVENT,
	.signal_kind = OBJECT_SIGNAL_AUTO,
	.name = "waiting thread's event",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_flag,
	.last_handle_closed = object_closed_nothing,
	.destroy = object_destroy_nothing,
};

/* buckets; lock */

static void bucket_remove(struct tp_bucket *b, struct tp_wait_source *source)
{
	unsigned i = 0;

	while (b->sources[i] != source)
		i++;
	/* Order is kept: the first ready one wins, and who fires goes to the end. */
	for (b->n--; i < b->n; i++)
		b->sources[i] = b->sources[i + 1];
	source->bucket = NULL;
	source->object = object_unref(source->object);
}

static void bucket_fire(struct tp_bucket *b, struct tp_wait_source *source, DWORD result)
{
	bucket_remove(b, source);
	source->fire(source, result);
}

/*
 * An object that is ready when its time is over counts as ready; the source may have come
 * after the wait began, so it is asked. Firing may change the bucket, so look from the
 * beginning each time.
 */
static void bucket_fire_late(struct tp_bucket *b)
{
	int64_t now = wait_now_ns();
	unsigned i = 0;

	while (i < b->n) {
		struct tp_wait_source *source = b->sources[i++];
		DWORD result;

		if (source->deadline_ns > now)
			continue;
		result = wait_objects(&source->object, 1, false, WAIT_POLL, false);
		bucket_fire(b, source,
			    result == WAIT_TIMEOUT ? WAIT_TIMEOUT : WAIT_OBJECT_0);
		i = 0;
	}
}

/* One wait for everything in the bucket. Drops the lock. */
static DWORD bucket_wait(struct tp_bucket *b)
{
	struct object *objects[WAIT_MAX_OBJECTS];
	int64_t deadline = b->n ? WAIT_NEVER : wait_now_ns() + IDLE_NS;
	struct tp_wait_source *source;
	unsigned n = 0, i;
	DWORD result;

	objects[n++] = &b->wake;
	for (i = 0; i < b->n; i++) {
		objects[n++] = object_ref(b->sources[i]->object);
		if (b->sources[i]->deadline_ns < deadline)
			deadline = b->sources[i]->deadline_ns;
	}
	b->is_waiting = true;
	tp_unlock();
	result = wait_objects(objects, n, false, deadline, false);
	tp_lock();
	b->is_waiting = false;
	tp_changed();
	if (result >= WAIT_ABANDONED_0 && result < WAIT_ABANDONED_0 + n)
		result -= WAIT_ABANDONED_0;
	if (result > 0 && result < n) {
		source = b->sources[result - 1];
		bucket_fire(b, source, WAIT_OBJECT_0);
	}
	bucket_fire_late(b);
	for (i = 1; i < n; i++)
		object_unref(objects[i]);
	while (b->n_takers)
		tp_wait_change();
	return result;
}

static DWORD WINAPI bucket_main(void *arg)
{
	struct tp_bucket *b = arg;
	struct tp_bucket **place = &buckets;
	unsigned epoch;

	tp_lock();
	epoch = buckets_epoch;
	while (bucket_wait(b) != WAIT_TIMEOUT || b->n) {
		if (epoch != buckets_epoch) {
			/* A callback in this thread forked; the child forgot the bucket. */
			tp_unlock();
			return 0;
		}
	}
	while (*place != b)
		place = &(*place)->next;
	*place = b->next;
	tp_unlock();
	free(b);
	return 0;
}

static struct tp_bucket *bucket_with_room(void)
{
	struct tp_bucket *b;

	for (b = buckets; b; b = b->next)
		if (b->n < BUCKET_SIZE)
			return b;
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	object_init(&b->wake, &wake_ops, false);
	if (!tp_thread_start(bucket_main, b, 0)) {
		free(b);
		return NULL;
	}
	b->next = buckets;
	buckets = b;
	return b;
}

bool tp_wait_arm(struct tp_wait_source *source, struct object *object,
		 int64_t deadline_ns)
{
	struct tp_bucket *b = bucket_with_room();

	if (!b)
		return false;
	source->object = object;
	source->deadline_ns = deadline_ns;
	source->bucket = b;
	b->sources[b->n++] = source;
	if (b->is_waiting)
		object_signal(&b->wake);
	return true;
}

bool tp_wait_disarm(struct tp_wait_source *source)
{
	struct tp_bucket *b = source->bucket;

	if (!b)
		return false;
	if (b->is_waiting) {
		b->n_takers++;
		object_signal(&b->wake);
		while (b->is_waiting)
			tp_wait_change();
		b->n_takers--;
		tp_changed();
	}
	if (source->bucket != b)
		return false;
	bucket_remove(b, source);
	return true;
}

void tp_wait_fork_child(void)
{
	struct tp_bucket *b;
	unsigned i;

	for (b = buckets; b; b = b->next)
		for (i = 0; i < b->n; i++) {
			b->sources[i]->bucket = NULL;
			b->sources[i]->object = NULL;
		}
	buckets = NULL;
	buckets_epoch++;
}

/* the pool's waits */

struct _TP_WAIT {
	struct tp_object base; /* first */
	PTP_WAIT_CALLBACK callback;
	struct tp_wait_source source;
	unsigned n_satisfied; /* of the pending callbacks: not by time */
};

static struct _TP_WAIT *wait_from_base(struct tp_object *o)
{
	return (struct _TP_WAIT *)(void *)o;
}

static void wait_run(struct tp_object *o, PTP_CALLBACK_INSTANCE instance,
		     const struct tp_call *call)
{
	struct _TP_WAIT *wait = wait_from_base(o);

	wait->callback(instance, o->context, wait, call->wait_result);
}

static void wait_take(struct tp_object *o, struct tp_call *callp)
{
	struct _TP_WAIT *wait = wait_from_base(o);

	callp->wait_result = wait->n_satisfied ? WAIT_OBJECT_0 : WAIT_TIMEOUT;
	if (wait->n_satisfied)
		wait->n_satisfied--;
}

static void wait_cancelled(struct tp_object *o)
{
	wait_from_base(o)->n_satisfied = 0;
}

static void wait_disarm(struct tp_object *o)
{
	tp_wait_disarm(&wait_from_base(o)->source);
}

static void wait_destroy(struct tp_object *o)
{
	free(wait_from_base(o));
}

static const struct tp_ops wait_ops = {
	.run = wait_run,
	.take = wait_take,
	.cancelled = wait_cancelled,
	.disarm = wait_disarm,
	.destroy = wait_destroy,
};

static void wait_fire(struct tp_wait_source *source, DWORD result)
{
	struct _TP_WAIT *wait = object_container(source, struct _TP_WAIT, source);

	if (result == WAIT_OBJECT_0)
		wait->n_satisfied++;
	tp_submit(&wait->base);
}

PTP_WAIT WINAPI CreateThreadpoolWait(PTP_WAIT_CALLBACK pfnwa, PVOID pv,
				     PTP_CALLBACK_ENVIRON pcbe)
{
	struct _TP_WAIT *wait;

	if (!pfnwa) {
		thread_fail(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	wait = calloc(1, sizeof(*wait));
	if (!wait) {
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	wait->callback = pfnwa;
	wait->source.fire = wait_fire;
	if (tp_object_init(&wait->base, &wait_ops, pv, pcbe))
		return wait;
	free(wait);
	return NULL;
}

/* Return: was a wait taken back? With a handle that is none, the last error says so. */
BOOL WINAPI SetThreadpoolWaitEx(PTP_WAIT pwa, HANDLE h, PFILETIME pftTimeout,
				PVOID Reserved)
{
	struct object *object = h ? handle_get(h, OBJECT_ANY, NULL) : NULL;
	int64_t deadline = pftTimeout ? tp_due_time(pftTimeout) : WAIT_NEVER;
	bool was_set;

	(void)Reserved;
	if (h && !object)
		thread_fail(ERROR_INVALID_HANDLE);
	tp_lock();
	tp_object_ref(&pwa->base);
	was_set = tp_wait_disarm(&pwa->source);
	/* Somebody else may have set it while the lock was dropped: the last one wins. */
	while (object && pwa->source.bucket)
		tp_wait_disarm(&pwa->source);
	if (object && !pwa->base.is_closed && tp_wait_arm(&pwa->source, object, deadline))
		object = NULL;
	else if (object)
		thread_fail(ERROR_NO_SYSTEM_RESOURCES);
	tp_object_unref(&pwa->base);
	tp_unlock();
	if (object)
		object_unref(object);
	return was_set;
}

VOID WINAPI SetThreadpoolWait(PTP_WAIT pwa, HANDLE h, PFILETIME pftTimeout)
{
	SetThreadpoolWaitEx(pwa, h, pftTimeout, NULL);
}

VOID WINAPI WaitForThreadpoolWaitCallbacks(PTP_WAIT pwa, BOOL fCancelPendingCallbacks)
{
	tp_wait_callbacks(&pwa->base, fCancelPendingCallbacks);
}

VOID WINAPI CloseThreadpoolWait(PTP_WAIT pwa)
{
	tp_object_close(&pwa->base);
}
