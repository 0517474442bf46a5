/* SPDX-License-Identifier: MIT */
/*
 * Events, semaphores, and the waiting calls.  Mutexes are in mutex.c, timers in
 * waitable_timer.c, the locks without handles in slim_locks.c; how waiting works is in
 * wait.h.
 *
 * An event is nothing but its signal word, so setting and resetting one nobody waits for
 * is a handle lookup and one atomic operation.
 */
#include <limits.h>
#include <stdlib.h>

#include <windows.h>

#include "kernel32-shim/apc.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/mutex.h"
#include "kernel32-shim/shared_object.h"
#include "kernel32-shim/sync_object.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/wait.h"
#include "kernel32-shim/wait_glance.h"

/* events */

static const struct object_ops manual_event_ops = {
	.type = OBJECT_EVENT,
	.signal_kind = OBJECT_SIGNAL_MANUAL,
	.name = "manual-reset event",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_nothing,
	.last_handle_closed = sync_object_closed,
	.destroy = sync_object_destroy,
	.pack = sync_object_pack,
};

static const struct object_ops auto_event_ops = {
	.type = OBJECT_EVENT,
	.signal_kind = OBJECT_SIGNAL_AUTO,
	.name = "auto-reset event",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_flag,
	.last_handle_closed = sync_object_closed,
	.destroy = sync_object_destroy,
	.pack = sync_object_pack,
};

struct sync_object *event_new(const struct sync_params *params)
{
	struct sync_object *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	object_init(&s->object, params->manual ? &manual_event_ops : &auto_event_ops,
		    params->initial);
	object_link_init(&s->shared_link);
	return s;
}

void event_move(struct object *o, struct npfs_object *page)
{
	if (atomic_fetch_and(&o->signal, ~(uint32_t)OBJECT_SIGNALED) & OBJECT_SIGNALED)
		npfs_object_set(page);
}

/* What CreateEventEx says about an event. False, and the last error, for a bad flag. */
static bool event_params(DWORD flags, struct sync_params *params)
{
	if (flags & ~(DWORD)(CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET))
		return thread_fail(ERROR_INVALID_PARAMETER);
	*params = (struct sync_params){
		.type = OBJECT_EVENT,
		.manual = flags & CREATE_EVENT_MANUAL_RESET,
		.initial = flags & CREATE_EVENT_INITIAL_SET ? 1 : 0,
		.limit = 1,
	};
	return true;
}

static DWORD event_flags(BOOL manual, BOOL initial)
{
	return (manual ? CREATE_EVENT_MANUAL_RESET : 0) |
	       (initial ? CREATE_EVENT_INITIAL_SET : 0);
}

HANDLE WINAPI CreateEventExA(LPSECURITY_ATTRIBUTES sa, LPCSTR name, DWORD flags,
			     DWORD access)
{
	struct sync_params params;

	return event_params(flags, &params) ? sync_object_create(&params, sa, name, access)
					    : NULL;
}

HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES sa, LPCWSTR name, DWORD flags,
			     DWORD access)
{
	struct sync_params params;

	return event_params(flags, &params)
		       ? sync_object_create_wide(&params, sa, name, access)
		       : NULL;
}

HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES sa, BOOL manual, BOOL initial,
			   LPCSTR name)
{
	return CreateEventExA(sa, name, event_flags(manual, initial), EVENT_ALL_ACCESS);
}

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES sa, BOOL manual, BOOL initial,
			   LPCWSTR name)
{
	return CreateEventExW(sa, name, event_flags(manual, initial), EVENT_ALL_ACCESS);
}

HANDLE WINAPI OpenEventA(DWORD access, BOOL inherit, LPCSTR name)
{
	return sync_object_open(OBJECT_EVENT, access, inherit, name);
}

HANDLE WINAPI OpenEventW(DWORD access, BOOL inherit, LPCWSTR name)
{
	return sync_object_open_wide(OBJECT_EVENT, access, inherit, name);
}

/* The event behind a handle that may change it; NULL and the last error otherwise. */
static struct object *event_pin(HANDLE h, struct handle_pin *pin)
{
	uint32_t access;
	struct object *o = handle_pin(h, OBJECT_EVENT, &access, pin);

	if (!o) {
		thread_last_error = ERROR_INVALID_HANDLE;
		return NULL;
	}
	if (!(access & EVENT_MODIFY_STATE)) {
		handle_unpin(pin);
		thread_last_error = ERROR_ACCESS_DENIED;
		return NULL;
	}
	if (shared_object_is_dead(o)) {
		handle_unpin(pin);
		thread_last_error = ERROR_INVALID_HANDLE;
		return NULL;
	}
	return o;
}

BOOL WINAPI SetEvent(HANDLE h)
{
	struct handle_pin pin;
	struct object *o = event_pin(h, &pin);

	if (!o)
		return FALSE;
	object_signal(o);
	handle_unpin(&pin);
	return TRUE;
}

BOOL WINAPI ResetEvent(HANDLE h)
{
	struct handle_pin pin;
	struct object *o = event_pin(h, &pin);

	if (!o)
		return FALSE;
	object_reset(o);
	handle_unpin(&pin);
	return TRUE;
}

BOOL WINAPI PulseEvent(HANDLE h)
{
	struct handle_pin pin;
	struct object *o = event_pin(h, &pin);

	if (!o)
		return FALSE;
	dispatcher_lock();
	object_mark(o);
	if (o->shared) {
		npfs_object_pulse(o->shared);
		shared_object_wake(o);
	} else {
		atomic_fetch_or(&o->signal, OBJECT_SIGNALED);
		object_wake(o);
		atomic_fetch_and(&o->signal, ~(uint32_t)OBJECT_SIGNALED);
	}
	object_unmark(o);
	dispatcher_unlock();
	if (o->shared)
		shared_object_ring(o);
	handle_unpin(&pin);
	return TRUE;
}

/* semaphores */

struct semaphore {
	struct sync_object sync;
	LONG count; /* dispatcher lock */
	LONG max;
};

static bool semaphore_is_ready(struct object *o, struct thread *self)
{
	(void)self;
	return ((struct semaphore *)(void *)o)->count > 0;
}

static bool semaphore_acquire(struct object *o, struct thread *self)
{
	(void)self;
	if (!o->shared)
		((struct semaphore *)(void *)o)->count--;
	return false;
}

static const struct object_ops semaphore_ops = {
	.type = OBJECT_SEMAPHORE,
	.signal_kind = OBJECT_SIGNAL_COMPUTED,
	.name = "semaphore",
	.is_ready = semaphore_is_ready,
	.acquire = semaphore_acquire,
	.last_handle_closed = sync_object_closed,
	.destroy = sync_object_destroy,
	.pack = sync_object_pack,
};

struct sync_object *semaphore_new(const struct sync_params *params)
{
	struct semaphore *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	object_init(&s->sync.object, &semaphore_ops, false);
	object_link_init(&s->sync.shared_link);
	s->count = (LONG)params->initial;
	s->max = (LONG)params->limit;
	return &s->sync;
}

uint32_t semaphore_limit(const struct object *o)
{
	return (uint32_t)((const struct semaphore *)(const void *)o)->max;
}

void semaphore_move(struct object *o, struct npfs_object *page)
{
	struct semaphore *s = (struct semaphore *)(void *)o;

	if (s->count > 0)
		npfs_object_release_semaphore(page, (uint32_t)s->count, NULL);
	s->count = 0;
}

/* What CreateSemaphoreEx says. False, and the last error, when that makes no sense. */
static bool semaphore_params(LONG count, LONG max, DWORD flags, struct sync_params *params)
{
	if (flags != 0 || max <= 0 || count < 0 || count > max)
		return thread_fail(ERROR_INVALID_PARAMETER);
	*params = (struct sync_params){
		.type = OBJECT_SEMAPHORE,
		.initial = (uint32_t)count,
		.limit = (uint32_t)max,
	};
	return true;
}

HANDLE WINAPI CreateSemaphoreExA(LPSECURITY_ATTRIBUTES sa, LONG count, LONG max,
				 LPCSTR name, DWORD flags, DWORD access)
{
	struct sync_params params;

	return semaphore_params(count, max, flags, &params)
		       ? sync_object_create(&params, sa, name, access)
		       : NULL;
}

HANDLE WINAPI CreateSemaphoreExW(LPSECURITY_ATTRIBUTES sa, LONG count, LONG max,
				 LPCWSTR name, DWORD flags, DWORD access)
{
	struct sync_params params;

	return semaphore_params(count, max, flags, &params)
		       ? sync_object_create_wide(&params, sa, name, access)
		       : NULL;
}

HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES sa, LONG count, LONG max,
			       LPCSTR name)
{
	return CreateSemaphoreExA(sa, count, max, name, 0, SEMAPHORE_ALL_ACCESS);
}

HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES sa, LONG count, LONG max,
			       LPCWSTR name)
{
	return CreateSemaphoreExW(sa, count, max, name, 0, SEMAPHORE_ALL_ACCESS);
}

HANDLE WINAPI OpenSemaphoreA(DWORD access, BOOL inherit, LPCSTR name)
{
	return sync_object_open(OBJECT_SEMAPHORE, access, inherit, name);
}

HANDLE WINAPI OpenSemaphoreW(DWORD access, BOOL inherit, LPCWSTR name)
{
	return sync_object_open_wide(OBJECT_SEMAPHORE, access, inherit, name);
}

/* Of one that other processes have too; the dispatcher lock is held. */
static DWORD semaphore_release_shared(struct object *o, LONG n, LONG *previousp)
{
	uint32_t previous;
	npfs_status status;

	status = npfs_object_release_semaphore(o->shared, (uint32_t)n, &previous);
	if (status != STATUS_SUCCESS)
		return npfs_status_to_win32(status);
	if (previousp)
		*previousp = (LONG)previous;
	shared_object_wake(o);
	return 0;
}

static DWORD semaphore_release(struct object *o, LONG n, LONG *previousp)
{
	struct semaphore *s = (struct semaphore *)(void *)o;
	DWORD error = 0;

	dispatcher_lock();
	object_mark(o);
	if (o->shared) {
		error = semaphore_release_shared(o, n, previousp);
	} else if (n > s->max - s->count) {
		error = ERROR_TOO_MANY_POSTS;
	} else {
		if (previousp)
			*previousp = s->count;
		s->count += n;
		object_wake(o);
	}
	object_unmark(o);
	dispatcher_unlock();
	if (o->shared && !error)
		shared_object_ring(o);
	return error;
}

BOOL WINAPI ReleaseSemaphore(HANDLE h, LONG n, LPLONG previousp)
{
	struct handle_pin pin;
	uint32_t access;
	struct object *o;
	LONG previous;
	DWORD error;

	if (n <= 0)
		return thread_fail(ERROR_INVALID_PARAMETER);
	o = handle_pin(h, OBJECT_SEMAPHORE, &access, &pin);
	if (!o)
		return thread_fail(ERROR_INVALID_HANDLE);
	if (access & SEMAPHORE_MODIFY_STATE)
		error = semaphore_release(o, n, &previous);
	else
		error = ERROR_ACCESS_DENIED;
	handle_unpin(&pin);
	if (error)
		return thread_fail(error);
	if (previousp)
		*previousp = previous;
	return TRUE;
}

/* waiting */

/* An object to wait for, counted; NULL and the last error otherwise. */
static struct object *waitable_get(HANDLE h)
{
	uint32_t access;
	struct object *o = handle_get(h, OBJECT_ANY, &access);

	if (!o) {
		thread_last_error = ERROR_INVALID_HANDLE;
		return NULL;
	}
	if (!(access & SYNCHRONIZE)) {
		object_unref(o);
		thread_last_error = ERROR_ACCESS_DENIED;
		return NULL;
	}
	if (shared_object_is_dead(o)) {
		object_unref(o);
		thread_last_error = ERROR_INVALID_HANDLE;
		return NULL;
	}
	return o;
}

DWORD WINAPI WaitForSingleObjectEx(HANDLE h, DWORD milliseconds, BOOL alertable)
{
	struct handle_slot *slot = handle_pin_plain(h);
	struct object *o;
	DWORD result;

	if (slot) {
		bool is_done = (handle_slot_access(slot) & SYNCHRONIZE) &&
			       wait_pinned(handle_slot_object(slot),
					   !milliseconds && !alertable, &result);

		handle_unpin_plain(slot);
		if (is_done)
			return result;
	}
	o = waitable_get(h);
	if (!o)
		return WAIT_FAILED;
	result = wait_objects(&o, 1, false, wait_deadline(milliseconds), alertable);
	object_unref(o);
	return result;
}

DWORD WINAPI WaitForSingleObject(HANDLE h, DWORD milliseconds)
{
	return WaitForSingleObjectEx(h, milliseconds, FALSE);
}

static bool has_duplicates(struct object *const *objs, DWORD n)
{
	for (DWORD i = 1; i < n; i++)
		for (DWORD k = 0; k < i; k++)
			if (objs[i] == objs[k])
				return true;
	return false;
}

DWORD WINAPI WaitForMultipleObjectsEx(DWORD n, const HANDLE *handles, BOOL all,
				      DWORD milliseconds, BOOL alertable)
{
	struct object *objs[WAIT_MAX_OBJECTS];
	DWORD result;
	DWORD got;

	if (n == 0 || n > WAIT_MAX_OBJECTS || !handles) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return WAIT_FAILED;
	}
	if (!all && wait_glance(handles, n, &result))
		return result;
	result = WAIT_FAILED;
	for (got = 0; got < n; got++) {
		objs[got] = waitable_get(handles[got]);
		if (!objs[got])
			goto out_unref;
	}
	if (all && has_duplicates(objs, n)) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		goto out_unref;
	}
	result = wait_objects(objs, n, all, wait_deadline(milliseconds), alertable);
out_unref:
	while (got > 0)
		object_unref(objs[--got]);
	return result;
}

DWORD WINAPI WaitForMultipleObjects(DWORD n, const HANDLE *handles, BOOL all,
				    DWORD milliseconds)
{
	return WaitForMultipleObjectsEx(n, handles, all, milliseconds, FALSE);
}

/* What SignalObjectAndWait does to its first object. */
static DWORD object_release_for_wait(struct object *o, uint32_t access)
{
	if (shared_object_is_dead(o))
		return ERROR_INVALID_HANDLE;
	switch (o->ops->type) {
	case OBJECT_EVENT:
		if (!(access & EVENT_MODIFY_STATE))
			return ERROR_ACCESS_DENIED;
		object_signal(o);
		return 0;
	case OBJECT_SEMAPHORE:
		if (!(access & SEMAPHORE_MODIFY_STATE))
			return ERROR_ACCESS_DENIED;
		return semaphore_release(o, 1, NULL);
	case OBJECT_MUTEX:
		return mutex_release(o);
	default:
		return ERROR_INVALID_HANDLE;
	}
}

DWORD WINAPI SignalObjectAndWait(HANDLE to_signal, HANDLE to_wait, DWORD milliseconds,
				 BOOL alertable)
{
	struct object *waited = waitable_get(to_wait);
	struct object *signaled;
	uint32_t access;
	DWORD error, result = WAIT_FAILED;

	if (!waited)
		return WAIT_FAILED;
	signaled = handle_get(to_signal, OBJECT_ANY, &access);
	error = signaled ? object_release_for_wait(signaled, access)
			 : ERROR_INVALID_HANDLE;
	if (error)
		thread_last_error = error;
	else
		result = wait_objects(&waited, 1, false, wait_deadline(milliseconds),
				      alertable);
	object_unref(signaled);
	object_unref(waited);
	return result;
}

DWORD WINAPI SleepEx(DWORD milliseconds, BOOL alertable)
{
	DWORD result =
		wait_objects(NULL, 0, false, wait_deadline(milliseconds), alertable);

	if (result == WAIT_IO_COMPLETION)
		return WAIT_IO_COMPLETION;
	if (milliseconds == 0)
		SwitchToThread();
	return 0;
}

VOID WINAPI Sleep(DWORD milliseconds)
{
	SleepEx(milliseconds, FALSE);
}
