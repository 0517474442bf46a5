/* SPDX-License-Identifier: MIT */
/*
 * The older faces of the thread pool: work items, registered waits, timer queues. All of
 * them use the default pool.
 *
 * A registered wait and a timer of a queue are objects of the pool (struct legacy) that
 * the program knows by a handle. The handle is one of the table's, protected from
 * CloseHandle(), which is no way to end them; so any number the program makes up is
 * recognised. It leads to a struct registration, which points to the object until that is
 * unregistered.
 *
 * Unregistering takes pending callbacks back and leaves those that run. Whoever wants to
 * know when the last one has returned gives an event, which a struct rundown signals when
 * all objects that share it are gone, or INVALID_HANDLE_VALUE, and is kept waiting.
 *
 *	event		callbacks running	answer
 *	NULL, event	no			TRUE
 *	NULL, event	yes			FALSE, ERROR_IO_PENDING; unregistered all the same
 *	INVALID_...	either			TRUE, afterwards
 */
#include <stdlib.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/threadpool.h"
#include "kernel32-shim/wait.h"

#define NS_PER_MS INT64_C(1000000)

/* Flags that mean a thread which may do asynchronous I/O and so must stay. */
#define STAYING_THREAD (WT_EXECUTEINIOTHREAD | WT_EXECUTEINPERSISTENTTHREAD)

/* Shared by the objects whose end is waited for; lock. */
struct rundown {
	unsigned n;
	struct object *event; /* counted; signaled at the end */
};

struct legacy {
	struct tp_object base; /* first */
	WAITORTIMERCALLBACK callback;
	ULONG flags;
	HANDLE handle;           /* closed when it is unregistered */
	struct rundown *rundown; /* counted; NULL for none */
};

/* What a handle leads to. */
struct registration {
	struct object object; /* first */
	/* Holds the creator's reference; NULL when it is unregistered. Lock. */
	struct legacy *target;
};

static struct legacy *legacy_from_base(struct tp_object *o)
{
	return (struct legacy *)(void *)o;
}

/* running down; lock */

/* Takes @event. NULL without memory. */
static struct rundown *rundown_new(struct object *event)
{
	struct rundown *r = calloc(1, sizeof(*r));

	if (!r) {
		object_unref(event);
		return NULL;
	}
	r->n = 1;
	r->event = event;
	return r;
}

/* Nobody joined: as if it had not been made. */
static void rundown_discard(struct rundown *r)
{
	if (!r)
		return;
	object_unref(r->event);
	free(r);
}

static void rundown_leave(struct rundown *r)
{
	if (!r || --r->n > 0)
		return;
	object_signal(r->event);
	object_unref(r->event);
	free(r);
}

/* handles */

static const struct object_ops wait_registration_ops = {
	.type = OBJECT_ANY,
	.signal_kind = OBJECT_SIGNAL_MANUAL,
	.name = "registered wait",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_nothing,
	.last_handle_closed = object_closed_nothing,
	.destroy = object_destroy_free,
};

static const struct object_ops timer_registration_ops = {
	.type = OBJECT_ANY,
	.signal_kind = OBJECT_SIGNAL_MANUAL,
	.name = "timer of a queue",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_nothing,
	.last_handle_closed = object_closed_nothing,
	.destroy = object_destroy_free,
};

static HANDLE protected_handle(struct object *o)
{
	HANDLE h = handle_new_take(o, 0, 0);

	if (h)
		handle_set_flags(h, HANDLE_PROTECT_FROM_CLOSE, HANDLE_PROTECT_FROM_CLOSE);
	return h;
}

static void protected_close(HANDLE h)
{
	handle_set_flags(h, HANDLE_PROTECT_FROM_CLOSE, 0);
	handle_close(h);
}

/* Return: the handle, or NULL and the last error. */
static HANDLE registration_new(const struct object_ops *ops, struct legacy *target)
{
	struct registration *r = calloc(1, sizeof(*r));

	if (!r) {
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	object_init(&r->object, ops, false);
	r->target = target;
	return protected_handle(&r->object);
}

/* The object behind a handle of the kind, counted. */
static struct object *object_of_kind(HANDLE h, const struct object_ops *ops)
{
	struct object *o = handle_get(h, OBJECT_ANY, NULL);

	if (o && o->ops == ops)
		return o;
	object_unref(o);
	return NULL;
}

/* Take the target of a handle, for the caller to end. Lock. */
static struct legacy *registration_take(struct object *o)
{
	struct registration *r = (struct registration *)(void *)o;
	struct legacy *target = r->target;

	r->target = NULL;
	return target;
}

/*
 * What whoever unregisters wants to be told by: *rundownp for an event, *blocksp for
 * INVALID_HANDLE_VALUE. Return: 0 or a Win32 error.
 */
static DWORD completion_get(HANDLE h, struct rundown **rundownp, bool *blocksp)
{
	struct object *event;

	*rundownp = NULL;
	*blocksp = h == INVALID_HANDLE_VALUE;
	if (!h || *blocksp)
		return 0;
	event = handle_get(h, OBJECT_EVENT, NULL);
	if (!event)
		return ERROR_INVALID_HANDLE;
	*rundownp = rundown_new(event);
	return *rundownp ? 0 : ERROR_NOT_ENOUGH_MEMORY;
}

/* Stop an object: no callback begins any more. Lock, dropped for a while. */
static void legacy_stop(struct legacy *l, struct rundown *r)
{
	tp_object_ref(&l->base);
	if (r) {
		r->n++;
		l->rundown = r;
	}
	tp_object_close_locked(&l->base);
	tp_cancel(&l->base);
}

/* Unregister what a handle leads to. */
static BOOL unregister(HANDLE h, const struct object_ops *ops, HANDLE completion)
{
	struct object *o = object_of_kind(h, ops);
	struct rundown *r = NULL;
	struct legacy *target;
	bool blocks, runs = false;
	DWORD error;

	error = o ? completion_get(completion, &r, &blocks) : ERROR_INVALID_HANDLE;
	if (error) {
		object_unref(o);
		return thread_fail(error);
	}
	tp_lock();
	target = registration_take(o);
	if (target) {
		legacy_stop(target, r);
		while (blocks && target->base.n_associated)
			tp_wait_change();
		runs = target->base.n_associated > 0;
		tp_object_unref(&target->base);
		rundown_leave(r);
	} else {
		rundown_discard(r);
	}
	tp_unlock();
	object_unref(o);
	if (!target)
		return thread_fail(ERROR_INVALID_HANDLE);
	protected_close(h);
	return runs ? thread_fail(ERROR_IO_PENDING) : TRUE;
}

/* work items */

struct item {
	struct tp_object base; /* first */
	LPTHREAD_START_ROUTINE function;
};

static void item_run(struct tp_object *o, PTP_CALLBACK_INSTANCE instance,
		     const struct tp_call *call)
{
	(void)instance;
	(void)call;
	((struct item *)(void *)o)->function(o->context);
}

static void item_destroy(struct tp_object *o)
{
	free((struct item *)(void *)o);
}

static const struct tp_ops item_ops = {
	.run = item_run,
	.destroy = item_destroy,
};

BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE Function, PVOID Context, ULONG Flags)
{
	struct item *item;

	if (!Function)
		return thread_fail(ERROR_INVALID_PARAMETER);
	item = calloc(1, sizeof(*item));
	if (!item)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	item->function = Function;
	if (!tp_object_init(&item->base, &item_ops, Context, NULL)) {
		free(item);
		return FALSE;
	}
	tp_default_pool_set_maximum(Flags >> 16);
	tp_lock();
	item->base.runs_long = Flags & WT_EXECUTELONGFUNCTION;
	item->base.keeps_thread = Flags & STAYING_THREAD;
	tp_submit(&item->base);
	tp_object_close_locked(&item->base);
	tp_unlock();
	return TRUE;
}

/* what waits and timers share */

static void legacy_init(struct legacy *l, ULONG flags)
{
	l->flags = flags;
	l->base.runs_long = flags & WT_EXECUTELONGFUNCTION;
	l->base.keeps_thread = flags & STAYING_THREAD;
}

static void legacy_retire(struct tp_object *o)
{
	rundown_leave(legacy_from_base(o)->rundown);
}

/* Run the callback in this thread, or let the pool do that. Lock, dropped for a while. */
static void legacy_call(struct legacy *l, ULONG here, DWORD wait_result)
{
	struct tp_call call = {.wait_result = wait_result};

	if (l->flags & here) {
		tp_begin(&l->base);
		tp_execute(&l->base, &call);
	} else {
		tp_submit(&l->base);
	}
}

/* registered waits */

struct registered_wait {
	struct legacy legacy; /* first */
	struct tp_wait_source source;
	struct object *object; /* counted */
	DWORD timeout_ms;
	unsigned n_satisfied; /* of the pending callbacks: not by time */
	bool rearms_late;     /* when its callback has returned */
};

static struct registered_wait *registered_from_base(struct tp_object *o)
{
	return (struct registered_wait *)(void *)o;
}

static int64_t deadline_in(DWORD milliseconds)
{
	return milliseconds == INFINITE ? WAIT_NEVER
					: wait_now_ns() + milliseconds * NS_PER_MS;
}

static bool registered_arm(struct registered_wait *w)
{
	if (w->legacy.base.is_closed || w->source.bucket)
		return true;
	object_ref(w->object);
	if (tp_wait_arm(&w->source, w->object, deadline_in(w->timeout_ms)))
		return true;
	object_unref(w->object);
	return false;
}

static void registered_fire(struct tp_wait_source *source, DWORD result)
{
	struct registered_wait *w =
		object_container(source, struct registered_wait, source);
	struct tp_object *o = &w->legacy.base;
	bool rearms_now = !(w->legacy.flags & WT_EXECUTEONLYONCE) && !w->rearms_late;

	tp_object_ref(o);
	if (result == WAIT_OBJECT_0)
		w->n_satisfied++;
	legacy_call(&w->legacy, WT_EXECUTEINWAITTHREAD, result);
	if (rearms_now)
		registered_arm(w);
	tp_object_unref(o);
}

static void registered_run(struct tp_object *o, PTP_CALLBACK_INSTANCE instance,
			   const struct tp_call *call)
{
	(void)instance;
	legacy_from_base(o)->callback(o->context, call->wait_result == WAIT_TIMEOUT);
}

static void registered_take(struct tp_object *o, struct tp_call *callp)
{
	struct registered_wait *w = registered_from_base(o);

	callp->wait_result = w->n_satisfied ? WAIT_OBJECT_0 : WAIT_TIMEOUT;
	if (w->n_satisfied)
		w->n_satisfied--;
}

static void registered_returned(struct tp_object *o)
{
	struct registered_wait *w = registered_from_base(o);

	if (w->rearms_late && !(w->legacy.flags & WT_EXECUTEONLYONCE))
		registered_arm(w);
}

static void registered_cancelled(struct tp_object *o)
{
	registered_from_base(o)->n_satisfied = 0;
}

static void registered_disarm(struct tp_object *o)
{
	tp_wait_disarm(&registered_from_base(o)->source);
}

static void registered_destroy(struct tp_object *o)
{
	struct registered_wait *w = registered_from_base(o);

	object_unref(w->object);
	free(w);
}

static const struct tp_ops registered_ops = {
	.run = registered_run,
	.take = registered_take,
	.returned = registered_returned,
	.cancelled = registered_cancelled,
	.disarm = registered_disarm,
	.retire = legacy_retire,
	.destroy = registered_destroy,
};

/* Return: 0 or a Win32 error. Takes @w in either case. */
static DWORD registered_start(struct registered_wait *w, HANDLE *handlep)
{
	DWORD error = 0;
	HANDLE h;

	tp_lock();
	h = registration_new(&wait_registration_ops, &w->legacy);
	if (!h) {
		error = GetLastError();
	} else {
		w->legacy.handle = h;
		*handlep = h;
		if (!registered_arm(w)) {
			error = ERROR_NO_SYSTEM_RESOURCES;
			*handlep = NULL;
		}
	}
	if (error)
		tp_object_close_locked(&w->legacy.base);
	tp_unlock();
	if (error && h)
		protected_close(h);
	return error;
}

BOOL WINAPI RegisterWaitForSingleObject(PHANDLE phNewWaitObject, HANDLE hObject,
					WAITORTIMERCALLBACKFUNC Callback, PVOID Context,
					ULONG dwMilliseconds, ULONG dwFlags)
{
	struct registered_wait *w;
	struct object *object;
	DWORD error;

	if (!phNewWaitObject || !Callback)
		return thread_fail(ERROR_INVALID_PARAMETER);
	object = handle_get(hObject, OBJECT_ANY, NULL);
	if (!object)
		return thread_fail(ERROR_INVALID_HANDLE);
	w = calloc(1, sizeof(*w));
	if (!w) {
		object_unref(object);
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	}
	w->object = object;
	w->timeout_ms = dwMilliseconds;
	w->source.fire = registered_fire;
	w->legacy.callback = Callback;
	/* What stays signaled would call back without end before anybody could reset it. */
	w->rearms_late = object->ops->signal_kind == OBJECT_SIGNAL_MANUAL;
	if (!tp_object_init(&w->legacy.base, &registered_ops, Context, NULL)) {
		object_unref(object);
		free(w);
		return FALSE;
	}
	legacy_init(&w->legacy, dwFlags);
	tp_default_pool_set_maximum(dwFlags >> 16);
	error = registered_start(w, phNewWaitObject);
	return error ? thread_fail(error) : TRUE;
}

BOOL WINAPI UnregisterWaitEx(HANDLE WaitHandle, HANDLE CompletionEvent)
{
	return unregister(WaitHandle, &wait_registration_ops, CompletionEvent);
}

BOOL WINAPI UnregisterWait(HANDLE WaitHandle)
{
	return UnregisterWaitEx(WaitHandle, NULL);
}

/* timer queues */

struct timer_queue {
	struct object object;      /* first; not of the default queue */
	struct object_link timers; /* struct queue_timer; lock */
	bool is_deleted;           /* lock */
};

struct queue_timer {
	struct legacy legacy;      /* first */
	struct timer_queue *queue; /* counted unless it is the default one */
	struct object_link link;   /* in the queue; lone once it is deleted */
	struct tp_alarm alarm;
	int64_t period_ns; /* 0: once */
	bool has_expired;  /* for the last time */
};

static struct timer_queue default_queue = {
	.timers = {&default_queue.timers, &default_queue.timers},
};

static const struct object_ops queue_ops = {
	.type = OBJECT_ANY,
	.signal_kind = OBJECT_SIGNAL_MANUAL,
	.name = "timer queue",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_nothing,
	.last_handle_closed = object_closed_nothing,
	.destroy = object_destroy_free,
};

/* The queue behind a handle, counted unless it is the default one; NULL: none. */
static struct timer_queue *queue_get(HANDLE h)
{
	return h ? (struct timer_queue *)(void *)object_of_kind(h, &queue_ops)
		 : &default_queue;
}

static void queue_put(struct timer_queue *queue)
{
	if (queue != &default_queue)
		object_unref(&queue->object);
}

static struct queue_timer *queue_timer_from_base(struct tp_object *o)
{
	return (struct queue_timer *)(void *)o;
}

static void queue_timer_run(struct tp_object *o, PTP_CALLBACK_INSTANCE instance,
			    const struct tp_call *call)
{
	(void)instance;
	(void)call;
	legacy_from_base(o)->callback(o->context, TRUE);
}

static void queue_timer_disarm(struct tp_object *o)
{
	struct queue_timer *timer = queue_timer_from_base(o);

	tp_alarm_clear(&timer->alarm);
	object_link_remove(&timer->link);
}

static void queue_timer_retire(struct tp_object *o)
{
	tp_alarm_unreserve();
	legacy_retire(o);
}

static void queue_timer_destroy(struct tp_object *o)
{
	struct queue_timer *timer = queue_timer_from_base(o);

	queue_put(timer->queue);
	free(timer);
}

static const struct tp_ops queue_timer_ops = {
	.run = queue_timer_run,
	.disarm = queue_timer_disarm,
	.retire = queue_timer_retire,
	.destroy = queue_timer_destroy,
};

static void queue_timer_expire(struct tp_alarm *alarm)
{
	struct queue_timer *timer = object_container(alarm, struct queue_timer, alarm);

	if (timer->period_ns)
		tp_alarm_set(alarm, alarm->due_ns + timer->period_ns);
	else
		timer->has_expired = true;
	legacy_call(&timer->legacy, WT_EXECUTEINTIMERTHREAD, WAIT_TIMEOUT);
}

static void queue_timer_set(struct queue_timer *timer, DWORD due_ms, DWORD period_ms)
{
	timer->period_ns =
		timer->legacy.flags & WT_EXECUTEONLYONCE ? 0 : period_ms * NS_PER_MS;
	timer->has_expired = false;
	if (due_ms == INFINITE)
		tp_alarm_clear(&timer->alarm);
	else
		tp_alarm_set(&timer->alarm, wait_now_ns() + due_ms * NS_PER_MS);
}

HANDLE WINAPI CreateTimerQueue(VOID)
{
	struct timer_queue *queue = calloc(1, sizeof(*queue));

	if (!queue) {
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	object_init(&queue->object, &queue_ops, false);
	object_link_init(&queue->timers);
	return protected_handle(&queue->object);
}

/* Return: 0 or a Win32 error. Takes @timer in either case. */
static DWORD queue_timer_start(struct queue_timer *timer, DWORD due_ms, DWORD period_ms,
			       HANDLE *handlep)
{
	struct timer_queue *queue = timer->queue;
	DWORD error = 0;
	HANDLE h = NULL;

	tp_lock();
	if (queue->is_deleted)
		error = ERROR_INVALID_HANDLE;
	else if (!tp_clock_start())
		error = ERROR_NO_SYSTEM_RESOURCES;
	else if (!(h = registration_new(&timer_registration_ops, &timer->legacy)))
		error = GetLastError();
	if (error) {
		tp_object_close_locked(&timer->legacy.base);
	} else {
		timer->legacy.handle = h;
		*handlep = h;
		object_link_push_back(&queue->timers, &timer->link);
		queue_timer_set(timer, due_ms, period_ms);
	}
	tp_unlock();
	return error;
}

BOOL WINAPI CreateTimerQueueTimer(PHANDLE phNewTimer, HANDLE TimerQueue,
				  WAITORTIMERCALLBACK Callback, PVOID Parameter,
				  DWORD DueTime, DWORD Period, ULONG Flags)
{
	struct timer_queue *queue;
	struct queue_timer *timer;
	DWORD error = 0;
	bool reserved;

	if (!phNewTimer || !Callback)
		return thread_fail(ERROR_INVALID_PARAMETER);
	queue = queue_get(TimerQueue);
	if (!queue)
		return thread_fail(ERROR_INVALID_HANDLE);
	timer = calloc(1, sizeof(*timer));
	tp_lock();
	reserved = timer && tp_alarm_reserve();
	tp_unlock();
	if (!reserved) {
		error = ERROR_NOT_ENOUGH_MEMORY;
		goto out_put;
	}
	timer->queue = queue;
	timer->legacy.callback = Callback;
	timer->alarm.fire = queue_timer_expire;
	object_link_init(&timer->link);
	if (!tp_object_init(&timer->legacy.base, &queue_timer_ops, Parameter, NULL)) {
		error = GetLastError();
		tp_lock();
		tp_alarm_unreserve();
		tp_unlock();
		goto out_put;
	}
	legacy_init(&timer->legacy, Flags);
	tp_default_pool_set_maximum(Flags >> 16);
	error = queue_timer_start(timer, DueTime, Period, phNewTimer);
	return error ? thread_fail(error) : TRUE;

out_put:
	free(timer);
	queue_put(queue);
	return thread_fail(error);
}

/* A one-shot timer that has expired stays expired. */
BOOL WINAPI ChangeTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, ULONG DueTime,
				  ULONG Period)
{
	struct object *o = object_of_kind(Timer, &timer_registration_ops);
	struct timer_queue *queue = queue_get(TimerQueue);
	struct queue_timer *timer = NULL;
	struct legacy *target;

	if (o && queue) {
		tp_lock();
		target = ((struct registration *)(void *)o)->target;
		timer = target ? queue_timer_from_base(&target->base) : NULL;
		if (timer && timer->queue != queue)
			timer = NULL;
		if (timer && !timer->has_expired)
			queue_timer_set(timer, DueTime, Period);
		tp_unlock();
	}
	if (queue)
		queue_put(queue);
	object_unref(o);
	return timer ? TRUE : thread_fail(ERROR_INVALID_HANDLE);
}

BOOL WINAPI DeleteTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, HANDLE CompletionEvent)
{
	struct timer_queue *queue = queue_get(TimerQueue);

	if (!queue)
		return thread_fail(ERROR_INVALID_HANDLE);
	queue_put(queue);
	return unregister(Timer, &timer_registration_ops, CompletionEvent);
}

/* Stop one timer of a deleted queue. Returns its handle. Lock, dropped for a while. */
static HANDLE queue_stop_first(struct timer_queue *queue, struct rundown *r, bool blocks,
			       bool *runsp)
{
	struct queue_timer *timer =
		object_container(queue->timers.next, struct queue_timer, link);
	struct legacy *l = &timer->legacy;
	struct object *o = object_of_kind(l->handle, &timer_registration_ops);
	HANDLE h = l->handle;

	if (o)
		registration_take(o);
	legacy_stop(l, r);
	while (blocks && l->base.n_associated)
		tp_wait_change();
	*runsp |= l->base.n_associated > 0;
	tp_object_unref(&l->base);
	object_unref(o);
	return h;
}

BOOL WINAPI DeleteTimerQueueEx(HANDLE TimerQueue, HANDLE CompletionEvent)
{
	struct object *o = TimerQueue ? object_of_kind(TimerQueue, &queue_ops) : NULL;
	struct timer_queue *queue = (struct timer_queue *)(void *)o;
	bool blocks, runs = false, was_deleted;
	struct rundown *r = NULL;
	DWORD error;

	error = o ? completion_get(CompletionEvent, &r, &blocks) : ERROR_INVALID_HANDLE;
	if (error) {
		object_unref(o);
		return thread_fail(error);
	}
	tp_lock();
	was_deleted = queue->is_deleted;
	queue->is_deleted = true;
	while (!was_deleted && !object_link_is_empty(&queue->timers)) {
		HANDLE h = queue_stop_first(queue, r, blocks, &runs);

		tp_unlock();
		protected_close(h);
		tp_lock();
	}
	if (was_deleted)
		rundown_discard(r);
	else
		rundown_leave(r);
	tp_unlock();
	object_unref(o);
	if (was_deleted)
		return thread_fail(ERROR_INVALID_HANDLE);
	protected_close(TimerQueue);
	return runs ? thread_fail(ERROR_IO_PENDING) : TRUE;
}

BOOL WINAPI DeleteTimerQueue(HANDLE TimerQueue)
{
	return DeleteTimerQueueEx(TimerQueue, NULL);
}
