/* SPDX-License-Identifier: MIT */
/*
 * Waitable timers.
 *
 * Armed timers stand in a list ordered by due time, under the dispatcher lock.  One
 * hidden thread per process, started with the first timer that is armed and with every
 * signal blocked, sleeps until the first is due, signals it, and arms it again when it
 * has a period.  A completion routine is an APC for the thread that set the timer; it is
 * one node, so expiries that thread has not taken yet do not pile up.
 *
 * A due time below zero is relative and runs on the monotonic clock; an absolute one is
 * turned into a distance when the timer is set and does not follow later changes of the
 * system clock.
 *
 * A timer that other processes have too has its due time in the page, and expires by being
 * looked at (npfs/object.h). Here it stands in the list while a thread of this process
 * waits for it or has to get an APC from it, only to be looked at in time. When another
 * process sets it, the library calls back and it is put in its new place; the completion
 * routine of the former setting is then off, as on Windows.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include <windows.h>

#include <npfs/security.h>

#include "kernel32-shim/apc.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/shared_object.h"
#include "kernel32-shim/sync_object.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/wait.h"

#define NS_PER_TICK   100
#define NS_PER_MS     INT64_C(1000000)
#define TICKS_TO_1970 INT64_C(116444736000000000)
#define TICKS_PER_S   INT64_C(10000000)

/* Everything under the dispatcher lock once the timer has a handle. */
struct timer {
	struct sync_object sync;
	struct object_link armed;  /* in timers.armed; counts a reference while there */
	int64_t due_ns;            /* monotonic */
	int64_t period_ns;         /* 0: once */
	struct apc apc;            /* counts a reference while queued */
	struct thread *apc_thread; /* counted; NULL without a routine */
	PTIMERAPCROUTINE routine;
	LPVOID argument;
	uint32_t n_changes; /* of a shared timer, when this process set it */
	int64_t fired_at; /* system time of the last expiry, for the routine */
};

static struct {
	struct object_link armed;   /* earliest first */
	bool has_thread;            /* dispatcher lock */
	_Atomic uint32_t n_changes; /* futex: counts changes of the first due time */
} timers = {
	.armed = {&timers.armed, &timers.armed},
};

static struct timer *timer_from_object(struct object *o)
{
	return (struct timer *)(void *)o;
}

static int64_t system_ticks(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return TICKS_TO_1970 + (int64_t)ts.tv_sec * TICKS_PER_S +
	       ts.tv_nsec / NS_PER_TICK;
}

/* the ordered list; dispatcher lock */

static void timer_enqueue(struct timer *t)
{
	struct object_link *l = timers.armed.prev;

	while (l != &timers.armed &&
	       object_container(l, struct timer, armed)->due_ns > t->due_ns)
		l = l->prev;
	object_link_push_front(l, &t->armed);
	if (timers.armed.next == &t->armed) {
		atomic_fetch_add(&timers.n_changes, 1);
		wait_futex_wake(&timers.n_changes, 1);
	}
}

static void timer_routine_off(struct timer *t)
{
	if (t->apc_thread)
		object_unref(&t->apc_thread->object);
	t->apc_thread = NULL;
	t->routine = NULL;
}

static void timer_disarm(struct timer *t)
{
	if (!object_link_is_empty(&t->armed)) {
		object_link_remove(&t->armed);
		object_unref(&t->sync.object);
	}
	if (apc_withdraw_locked(&t->apc))
		object_unref(&t->sync.object);
	timer_routine_off(t);
	t->period_ns = 0;
}

/* expiry */

static void timer_apc_run(struct apc *apc)
{
	struct timer *t = object_container(apc, struct timer, apc);
	PTIMERAPCROUTINE routine;
	LPVOID argument;
	int64_t fired_at;

	dispatcher_lock();
	routine = t->routine;
	argument = t->argument;
	fired_at = t->fired_at;
	dispatcher_unlock();
	if (routine)
		routine(argument, (DWORD)fired_at, (DWORD)(fired_at >> 32));
	object_unref(&t->sync.object);
}

static void timer_apc_drop(struct apc *apc)
{
	object_unref(&object_container(apc, struct timer, apc)->sync.object);
}

static void timer_post(struct timer *t)
{
	struct object *o = &t->sync.object;

	t->fired_at = system_ticks();
	if (t->apc_thread && object_link_is_empty(&t->apc.link)) {
		object_ref(o);
		if (!apc_post_locked(t->apc_thread, &t->apc))
			object_unref(o);
	}
}

/* The time has come to look at a timer of several processes. Return: when again, or 0. */
static int64_t timer_look(struct timer *t)
{
	struct object *o = &t->sync.object;
	const struct npfs_object_want want = {.object = o->shared};
	int64_t now = wait_now_ns(), due;
	uint32_t n_changes;

	due = npfs_object_due(o->shared, &n_changes);
	if (n_changes != t->n_changes)
		timer_routine_off(t);
	else if (t->due_ns <= now)
		timer_post(t);
	npfs_object_is_ready(&want);
	shared_object_wake(o);
	due = npfs_object_due(o->shared, NULL);
	return object_link_is_empty(&o->waiters) && !t->routine ? 0 : due;
}

/* Return: a reference for the caller to give up when the lock is not held; or NULL. */
static struct object *timer_expire(struct timer *t)
{
	struct object *o = &t->sync.object;
	int64_t next;

	object_link_remove(&t->armed);
	if (o->shared) {
		next = timer_look(t);
	} else {
		timer_post(t);
		object_mark(o);
		atomic_fetch_or(&o->signal, OBJECT_SIGNALED);
		object_wake(o);
		object_unmark(o);
		next = t->period_ns > 0 ? t->due_ns + t->period_ns : 0;
	}
	if (next <= 0)
		return o;
	t->due_ns = next;
	timer_enqueue(t);
	return NULL;
}

static void *timer_thread(void *user)
{
	(void)user;
	for (;;) {
		int64_t now = wait_now_ns(), next = WAIT_NEVER;
		struct object *spent = NULL;
		uint32_t n_changes;

		dispatcher_lock();
		while (!object_link_is_empty(&timers.armed) && !spent) {
			struct timer *t =
				object_container(timers.armed.next, struct timer, armed);

			next = t->due_ns;
			if (next > now)
				break;
			spent = timer_expire(t);
			next = WAIT_NEVER;
		}
		n_changes = atomic_load(&timers.n_changes);
		dispatcher_unlock();
		if (spent)
			object_unref(spent);
		else
			wait_futex_sleep(&timers.n_changes, n_changes, next);
	}
	return NULL;
}

/* The child of a fork has the timers of its parent in its memory, and nobody to run them. */
static void timers_after_fork_child(void)
{
	timers.has_thread = false;
	object_link_init(&timers.armed);
}

__attribute__((constructor)) static void timers_survive_fork(void)
{
	pthread_atfork(NULL, NULL, timers_after_fork_child);
}

/* Dispatcher lock held. */
static bool timer_thread_start(void)
{
	if (!timers.has_thread)
		timers.has_thread = npfs_thread_start(timer_thread, NULL, 0, NULL) == 0;
	return timers.has_thread;
}

/* the object */

/* A closed timer is a cancelled one, even with expiries to come. */
static void timer_closed(struct object *o)
{
	sync_object_closed(o);
	dispatcher_lock();
	timer_disarm(timer_from_object(o));
	dispatcher_unlock();
}

static const struct object_ops manual_timer_ops = {
	.type = OBJECT_TIMER,
	.signal_kind = OBJECT_SIGNAL_MANUAL,
	.name = "manual-reset timer",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_nothing,
	.last_handle_closed = timer_closed,
	.destroy = sync_object_destroy,
	.pack = sync_object_pack,
};

static const struct object_ops auto_timer_ops = {
	.type = OBJECT_TIMER,
	.signal_kind = OBJECT_SIGNAL_AUTO,
	.name = "synchronisation timer",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_flag,
	.last_handle_closed = timer_closed,
	.destroy = sync_object_destroy,
	.pack = sync_object_pack,
};

struct sync_object *timer_new(const struct sync_params *params)
{
	struct timer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	object_init(&t->sync.object, params->manual ? &manual_timer_ops : &auto_timer_ops,
		    false);
	object_link_init(&t->sync.shared_link);
	object_link_init(&t->armed);
	apc_init(&t->apc, timer_apc_run, timer_apc_drop);
	return &t->sync;
}

void timer_move(struct object *o, struct npfs_object *page)
{
	struct timer *t = timer_from_object(o);

	if (!object_link_is_empty(&t->armed))
		npfs_object_set_timer(page, t->due_ns, t->period_ns);
	if (atomic_fetch_and(&o->signal, ~(uint32_t)OBJECT_SIGNALED) & OBJECT_SIGNALED)
		npfs_object_set(page);
	npfs_object_due(page, &t->n_changes);
}

bool timer_is_armed(const struct object *o)
{
	return o->ops->type == OBJECT_TIMER &&
	       !object_link_is_empty(&((const struct timer *)(const void *)o)->armed);
}

void timer_waits(struct object *o)
{
	struct timer *t = timer_from_object(o);
	int64_t due;

	if (o->ops->type != OBJECT_TIMER)
		return;
	due = npfs_object_due(o->shared, NULL);
	if (object_link_is_empty(&t->armed)) {
		if (due <= 0 || !timer_thread_start())
			return;
		object_ref(o);
	} else {
		/* One that was disarmed is looked at once more, to be let go there. */
		object_link_remove(&t->armed);
	}
	t->due_ns = due > 0 ? due : wait_now_ns();
	timer_enqueue(t);
}

/* What CreateWaitableTimerEx says. False, and the last error, for a bad flag. */
static bool timer_params(DWORD flags, struct sync_params *params)
{
	const DWORD known = CREATE_WAITABLE_TIMER_MANUAL_RESET |
			    CREATE_WAITABLE_TIMER_HIGH_RESOLUTION;

	if (flags & ~known)
		return thread_fail(ERROR_INVALID_PARAMETER);
	*params = (struct sync_params){
		.type = OBJECT_TIMER,
		.manual = flags & CREATE_WAITABLE_TIMER_MANUAL_RESET,
		.limit = 1,
	};
	return true;
}

HANDLE WINAPI CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES sa, LPCSTR name, DWORD flags,
				     DWORD access)
{
	struct sync_params params;

	return timer_params(flags, &params) ? sync_object_create(&params, sa, name, access)
					    : NULL;
}

HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES sa, LPCWSTR name, DWORD flags,
				     DWORD access)
{
	struct sync_params params;

	return timer_params(flags, &params)
		       ? sync_object_create_wide(&params, sa, name, access)
		       : NULL;
}

HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES sa, BOOL manual, LPCSTR name)
{
	return CreateWaitableTimerExA(sa, name,
				      manual ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0,
				      TIMER_ALL_ACCESS);
}

HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES sa, BOOL manual, LPCWSTR name)
{
	return CreateWaitableTimerExW(sa, name,
				      manual ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0,
				      TIMER_ALL_ACCESS);
}

HANDLE WINAPI OpenWaitableTimerA(DWORD access, BOOL inherit, LPCSTR name)
{
	return sync_object_open(OBJECT_TIMER, access, inherit, name);
}

HANDLE WINAPI OpenWaitableTimerW(DWORD access, BOOL inherit, LPCWSTR name)
{
	return sync_object_open_wide(OBJECT_TIMER, access, inherit, name);
}

/* Monotonic nanoseconds of a due time; one past the end of time is never. */
static int64_t due_time(int64_t ticks)
{
	int64_t distance = ticks <= 0 ? -ticks : ticks - system_ticks();
	int64_t now = wait_now_ns();

	if (ticks == INT64_MIN || distance > (WAIT_NEVER - 1 - now) / NS_PER_TICK)
		return WAIT_NEVER - 1;
	return distance <= 0 ? now : now + distance * NS_PER_TICK;
}

/* The timer behind a handle that may change it; NULL and the last error otherwise. */
static struct timer *timer_get(HANDLE h)
{
	uint32_t access;
	struct object *o = handle_get(h, OBJECT_TIMER, &access);

	if (!o) {
		thread_last_error = ERROR_INVALID_HANDLE;
		return NULL;
	}
	if (!(access & TIMER_MODIFY_STATE)) {
		object_unref(o);
		thread_last_error = ERROR_ACCESS_DENIED;
		return NULL;
	}
	if (shared_object_is_dead(o)) {
		object_unref(o);
		thread_last_error = ERROR_INVALID_HANDLE;
		return NULL;
	}
	return timer_from_object(o);
}

/* Arms one that other processes have too. Dispatcher lock. */
static void timer_set_shared(struct timer *t, int64_t due, LONG period)
{
	struct npfs_object *page = t->sync.object.shared;

	npfs_object_set_timer(page, due, period * NS_PER_MS);
	npfs_object_due(page, &t->n_changes);
	if (t->routine)
		npfs_object_arm(page);
	if (t->routine || !object_link_is_empty(&t->sync.object.waiters))
		timer_waits(&t->sync.object);
}

static void timer_set(struct timer *t, int64_t due, LONG period, PTIMERAPCROUTINE routine,
		      LPVOID argument)
{
	timer_disarm(t);
	t->routine = routine;
	t->argument = argument;
	if (routine) {
		t->apc_thread = thread_self();
		object_ref(&t->apc_thread->object);
	}
	if (t->sync.object.shared) {
		timer_set_shared(t, due, period);
		return;
	}
	atomic_fetch_and(&t->sync.object.signal, ~(uint32_t)OBJECT_SIGNALED);
	t->due_ns = due;
	t->period_ns = period * NS_PER_MS;
	object_ref(&t->sync.object);
	timer_enqueue(t);
}

BOOL WINAPI SetWaitableTimer(HANDLE h, const LARGE_INTEGER *due, LONG period,
			     PTIMERAPCROUTINE routine, LPVOID argument, BOOL resume)
{
	struct object *o;
	struct timer *t;
	bool started;

	(void)resume; /* there is no suspended machine to wake; not an error on Windows */
	if (!due || period < 0)
		return thread_fail(ERROR_INVALID_PARAMETER);
	t = timer_get(h);
	if (!t)
		return FALSE;
	o = &t->sync.object;
	thread_self();
	if (o->shared && routine && !shared_object_watch(o)) {
		object_unref(o);
		return thread_fail(ERROR_NO_SYSTEM_RESOURCES);
	}
	dispatcher_lock();
	started = timer_thread_start();
	if (started)
		timer_set(t, due_time(due->QuadPart), period, routine, argument);
	dispatcher_unlock();
	if (started && o->shared)
		npfs_object_ring(o->shared);
	object_unref(o);
	return started ? TRUE : thread_fail(ERROR_NO_SYSTEM_RESOURCES);
}

BOOL WINAPI SetWaitableTimerEx(HANDLE h, const LARGE_INTEGER *due, LONG period,
			       PTIMERAPCROUTINE routine, LPVOID argument,
			       PREASON_CONTEXT context, ULONG tolerable_delay)
{
	(void)context;
	(void)tolerable_delay;
	return SetWaitableTimer(h, due, period, routine, argument, FALSE);
}

BOOL WINAPI CancelWaitableTimer(HANDLE h)
{
	struct timer *t = timer_get(h);

	if (!t)
		return FALSE;
	dispatcher_lock();
	timer_disarm(t);
	if (t->sync.object.shared)
		npfs_object_set_timer(t->sync.object.shared, 0, 0);
	dispatcher_unlock();
	if (t->sync.object.shared)
		npfs_object_ring(t->sync.object.shared);
	object_unref(&t->sync.object);
	return TRUE;
}
