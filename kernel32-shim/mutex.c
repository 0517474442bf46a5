/* SPDX-License-Identifier: MIT */
/*
 * Mutex objects: CreateMutex, OpenMutex, ReleaseMutex.
 *
 * A mutex is owned by a thread, counts how often, and hangs on that thread's list.  When
 * the thread ends, thread.c has them abandoned: the next owner is told so, once.
 * Everything here is guarded by the dispatcher lock. Of a mutex that other processes have
 * too the page says which process owns it, and this file which of its threads, how often.
 */
#include "kernel32-shim/mutex.h"

#include <stdlib.h>

#include <windows.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/shared_object.h"
#include "kernel32-shim/sync_object.h"
#include "kernel32-shim/wait.h"

struct mutex {
	struct sync_object sync;
	struct thread *owner;     /* borrowed: an ending thread gives its mutexes up */
	struct object_link owned; /* in owner->mutexes, which counts a reference */
	uint32_t recursion;
	bool abandoned;
};

static struct mutex *mutex_from_object(struct object *o)
{
	return (struct mutex *)(void *)o;
}

static bool mutex_is_ready(struct object *o, struct thread *self)
{
	struct mutex *m = mutex_from_object(o);

	return !m->owner || m->owner == self;
}

bool mutex_is_owned(struct object *o, struct thread *t)
{
	return mutex_from_object(o)->owner == t;
}

static bool mutex_acquire(struct object *o, struct thread *self)
{
	struct mutex *m = mutex_from_object(o);
	bool abandoned = m->abandoned;

	if (m->owner) {
		m->recursion++;
		return false;
	}
	m->owner = self;
	m->recursion = 1;
	m->abandoned = false;
	object_link_push_back(&self->mutexes, &m->owned);
	object_ref(o);
	return abandoned;
}

static const struct object_ops mutex_ops = {
	.type = OBJECT_MUTEX,
	.signal_kind = OBJECT_SIGNAL_COMPUTED,
	.name = "mutex",
	.is_ready = mutex_is_ready,
	.acquire = mutex_acquire,
	.last_handle_closed = sync_object_closed,
	.destroy = sync_object_destroy,
	.pack = sync_object_pack,
};

/* Nobody owns it any more; the next one may. The reference of the owner goes on. */
static void mutex_disown(struct mutex *m, bool abandoned)
{
	struct object *o = &m->sync.object;

	object_link_remove(&m->owned);
	m->owner = NULL;
	m->recursion = 0;
	if (o->shared) {
		npfs_object_release_mutex(o->shared, abandoned);
		shared_object_wake(o);
	} else {
		m->abandoned = abandoned;
		object_wake(o);
	}
}

/* One of the mutexes of a thread that ends, counted; given up. NULL: there is none. */
static struct object *mutex_abandon_one(struct thread *t)
{
	struct object *o = NULL;

	dispatcher_lock();
	if (!object_link_is_empty(&t->mutexes)) {
		struct mutex *m = object_container(t->mutexes.next, struct mutex, owned);

		mutex_disown(m, true);
		o = &m->sync.object;
	}
	dispatcher_unlock();
	return o;
}

void mutex_abandon_all(struct thread *t)
{
	struct object *o;

	while ((o = mutex_abandon_one(t)) != NULL) {
		if (o->shared)
			shared_object_ring(o);
		object_unref(o);
	}
}

struct sync_object *mutex_new(const struct sync_params *params)
{
	struct mutex *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	object_init(&m->sync.object, &mutex_ops, false);
	object_link_init(&m->sync.shared_link);
	object_link_init(&m->owned);
	if (params->initial) {
		struct thread *self = thread_self();

		dispatcher_lock();
		mutex_acquire(&m->sync.object, self);
		dispatcher_unlock();
	}
	return &m->sync;
}

void mutex_move(struct object *o, struct npfs_object *page)
{
	struct mutex *m = mutex_from_object(o);

	if (!m->owner)
		npfs_object_release_mutex(page, m->abandoned);
	m->abandoned = false;
}

/* What CreateMutexEx says about a mutex. False, and the last error, for a bad flag. */
static bool mutex_params(DWORD flags, struct sync_params *params)
{
	if (flags & ~(DWORD)CREATE_MUTEX_INITIAL_OWNER)
		return thread_fail(ERROR_INVALID_PARAMETER);
	*params = (struct sync_params){
		.type = OBJECT_MUTEX,
		.initial = flags & CREATE_MUTEX_INITIAL_OWNER ? 1 : 0,
		.limit = 1,
	};
	return true;
}

HANDLE WINAPI CreateMutexExA(LPSECURITY_ATTRIBUTES sa, LPCSTR name, DWORD flags,
			     DWORD access)
{
	struct sync_params params;

	return mutex_params(flags, &params) ? sync_object_create(&params, sa, name, access)
					    : NULL;
}

HANDLE WINAPI CreateMutexExW(LPSECURITY_ATTRIBUTES sa, LPCWSTR name, DWORD flags,
			     DWORD access)
{
	struct sync_params params;

	return mutex_params(flags, &params)
		       ? sync_object_create_wide(&params, sa, name, access)
		       : NULL;
}

HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES sa, BOOL owned, LPCSTR name)
{
	return CreateMutexExA(sa, name, owned ? CREATE_MUTEX_INITIAL_OWNER : 0,
			      MUTEX_ALL_ACCESS);
}

HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES sa, BOOL owned, LPCWSTR name)
{
	return CreateMutexExW(sa, name, owned ? CREATE_MUTEX_INITIAL_OWNER : 0,
			      MUTEX_ALL_ACCESS);
}

HANDLE WINAPI OpenMutexA(DWORD access, BOOL inherit, LPCSTR name)
{
	return sync_object_open(OBJECT_MUTEX, access, inherit, name);
}

HANDLE WINAPI OpenMutexW(DWORD access, BOOL inherit, LPCWSTR name)
{
	return sync_object_open_wide(OBJECT_MUTEX, access, inherit, name);
}

DWORD mutex_release(struct object *o)
{
	struct mutex *m = mutex_from_object(o);
	struct thread *self = thread_self();
	bool given_up = false;
	DWORD error = 0;

	dispatcher_lock();
	object_mark(o);
	if (m->owner != self) {
		error = ERROR_NOT_OWNER;
	} else if (--m->recursion == 0) {
		mutex_disown(m, false);
		given_up = true;
	}
	object_unmark(o);
	dispatcher_unlock();
	if (!given_up)
		return error;
	if (o->shared)
		shared_object_ring(o);
	object_unref(o); /* the owner's */
	return 0;
}

BOOL WINAPI ReleaseMutex(HANDLE h)
{
	struct object *o = handle_get(h, OBJECT_MUTEX, NULL);
	DWORD error;

	if (!o)
		return thread_fail(ERROR_INVALID_HANDLE);
	error = shared_object_is_dead(o) ? ERROR_INVALID_HANDLE : mutex_release(o);
	object_unref(o);
	return error ? thread_fail(error) : TRUE;
}
