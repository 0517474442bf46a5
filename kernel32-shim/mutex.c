/* SPDX-License-Identifier: MIT */
/*
 * Mutex objects: CreateMutex, OpenMutex, ReleaseMutex.
 *
 * A mutex is owned by a thread, counts how often, and hangs on that thread's list.  When
 * the thread ends, thread.c has them abandoned: the next owner is told so, once.
 * Everything here is guarded by the dispatcher lock.
 */
#include "kernel32-shim/mutex.h"

#include <stdlib.h>

#include <windows.h>

#include "kernel32-shim/handle_table.h"
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
	.destroy = object_destroy_free,
};

static void mutex_disown(struct mutex *m)
{
	object_link_remove(&m->owned);
	m->owner = NULL;
	m->recursion = 0;
	object_wake(&m->sync.object);
	object_unref(&m->sync.object);
}

void mutex_abandon_all(struct thread *t)
{
	while (!object_link_is_empty(&t->mutexes)) {
		struct mutex *m = object_container(t->mutexes.next, struct mutex, owned);

		m->abandoned = true;
		mutex_disown(m);
	}
}

static struct mutex *mutex_new(DWORD flags)
{
	struct mutex *m;

	if (flags & ~(DWORD)CREATE_MUTEX_INITIAL_OWNER) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return NULL;
	}
	m = calloc(1, sizeof(*m));
	if (!m) {
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
		return NULL;
	}
	object_init(&m->sync.object, &mutex_ops, false);
	object_link_init(&m->owned);
	if (flags & CREATE_MUTEX_INITIAL_OWNER) {
		struct thread *self = thread_self();

		dispatcher_lock();
		mutex_acquire(&m->sync.object, self);
		dispatcher_unlock();
	}
	return m;
}

/*
 * A new mutex is owned before anybody can open it by its name.  Where the name brought
 * an existing one instead, that one's ownership stays as it is, and the new one goes.
 */
static HANDLE mutex_settle(struct mutex *m, DWORD flags, HANDLE h)
{
	if ((flags & CREATE_MUTEX_INITIAL_OWNER) &&
	    (!h || thread_last_error == ERROR_ALREADY_EXISTS))
		mutex_release(&m->sync.object);
	object_unref(&m->sync.object);
	return h;
}

HANDLE WINAPI CreateMutexExA(LPSECURITY_ATTRIBUTES sa, LPCSTR name, DWORD flags,
			     DWORD access)
{
	struct mutex *m = mutex_new(flags);

	if (!m)
		return NULL;
	object_ref(&m->sync.object);
	return mutex_settle(m, flags, sync_object_create(&m->sync, sa, name, access));
}

HANDLE WINAPI CreateMutexExW(LPSECURITY_ATTRIBUTES sa, LPCWSTR name, DWORD flags,
			     DWORD access)
{
	struct mutex *m = mutex_new(flags);

	if (!m)
		return NULL;
	object_ref(&m->sync.object);
	return mutex_settle(m, flags,
			    sync_object_create_wide(&m->sync, sa, name, access));
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
	DWORD error = 0;

	dispatcher_lock();
	object_mark(o);
	if (m->owner != self)
		error = ERROR_NOT_OWNER;
	else if (--m->recursion == 0)
		mutex_disown(m);
	object_unmark(o);
	dispatcher_unlock();
	return error;
}

BOOL WINAPI ReleaseMutex(HANDLE h)
{
	struct object *o = handle_get(h, OBJECT_MUTEX, NULL);
	DWORD error;

	if (!o)
		return thread_fail(ERROR_INVALID_HANDLE);
	error = mutex_release(o);
	object_unref(o);
	return error ? thread_fail(error) : TRUE;
}
