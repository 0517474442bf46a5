/* SPDX-License-Identifier: MIT */
/*
 * Creating, opening, packing and unpacking synchronisation objects.  See sync_object.h.
 *
 * The lock of the list is held over the requests to the broker that may lead to an object
 * on it, so that two threads which open the same one at the same time end up with the same
 * struct object. It is taken before the dispatcher lock, never while that is held. Links
 * change under both, so that a fork, which waits for the dispatcher lock and must not wait
 * for a broker, finds the list whole.
 *
 * An object stays on the list as long as it exists, which may be longer than it has
 * handles: a thread may wait for it or own it. Found again meanwhile, it goes on.
 */
#include "kernel32-shim/sync_object.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <npfs/parcel.h>
#include <npfs/security.h>

#include "kernel32-shim/access_map.h"
#include "kernel32-shim/default_security.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/mutex.h"
#include "kernel32-shim/shared_object.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/wait.h"

/* A longer name does not fit a request; far beyond what is allowed. */
#define NAME_SENT_MAX 32766u

static struct {
	pthread_mutex_t lock;
	struct object_link all; /* sync_object.shared_link */
} shared = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.all = {&shared.all, &shared.all},
};

/* The objects are the parent's, and so is whoever held the lock. */
static void shared_after_fork_child(void)
{
	while (!object_link_is_empty(&shared.all)) {
		struct sync_object *s = object_container(shared.all.next,
							 struct sync_object, shared_link);

		s->is_dead = true;
		object_link_remove(&s->shared_link);
	}
	pthread_mutex_init(&shared.lock, NULL);
}

__attribute__((constructor)) static void shared_survives_fork(void)
{
	pthread_atfork(NULL, NULL, shared_after_fork_child);
}

static struct sync_object *sync_from_object(struct object *o)
{
	return (struct sync_object *)(void *)o;
}

DWORD sync_object_access_map(enum object_type type, DWORD access)
{
	/* Every kind's right to change it has one number; a mutex has none. */
	const DWORD change = type == OBJECT_MUTEX ? 0 : EVENT_MODIFY_STATE;
	const GENERIC_MAPPING map = {
		.GenericRead = READ_CONTROL | EVENT_QUERY_STATE,
		.GenericWrite = READ_CONTROL | change,
		.GenericExecute = READ_CONTROL | SYNCHRONIZE,
		.GenericAll = STANDARD_RIGHTS_ALL | EVENT_QUERY_STATE | change,
	};

	return access_map_granting(access, &map);
}

/* The kinds by their numbers here and in the library. */
static const struct {
	enum object_type type;
	uint32_t shared_type;
	struct sync_object *(*make)(const struct sync_params *params);
	void (*move)(struct object *o, struct npfs_object *page);
} kinds[] = {
	{OBJECT_EVENT, NPFS_OBJECT_EVENT, event_new, event_move},
	{OBJECT_MUTEX, NPFS_OBJECT_MUTEX, mutex_new, mutex_move},
	{OBJECT_SEMAPHORE, NPFS_OBJECT_SEMAPHORE, semaphore_new, semaphore_move},
	{OBJECT_TIMER, NPFS_OBJECT_TIMER, timer_new, timer_move},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static unsigned kind_of(enum object_type type)
{
	unsigned i = 0;

	while (i < N_KINDS - 1 && kinds[i].type != type)
		i++;
	return i;
}

static unsigned kind_of_shared(uint32_t shared_type)
{
	unsigned i = 0;

	while (i < N_KINDS - 1 && kinds[i].shared_type != shared_type)
		i++;
	return i;
}

/* the list; its lock held */

/* The struct object of a shared object of this process, counted, or NULL. */
static struct sync_object *list_find(uint64_t id)
{
	for (struct object_link *l = shared.all.next; l != &shared.all; l = l->next) {
		struct sync_object *s =
			object_container(l, struct sync_object, shared_link);
		struct npfs_object_info info;

		npfs_object_get_info(s->object.shared, &info);
		if (info.id == id && object_ref_if_alive(&s->object))
			return s;
	}
	return NULL;
}

/* From now on @s has its state in @page. Dispatcher lock. */
static void share(struct sync_object *s, struct npfs_object *page)
{
	object_mark(&s->object);
	atomic_store_explicit(&s->object.shared, page, memory_order_release);
	object_hint(&s->object); /* it needs a closer look from now on */
	object_link_push_back(&shared.all, &s->shared_link);
}

/*
 * The struct object for @page, counted; takes @page. @owned: it was created owned by the
 * calling thread. NULL without memory.
 */
static struct sync_object *list_enter(struct npfs_object *page, bool owned)
{
	struct npfs_object_info info;
	struct sync_params params;
	struct sync_object *s;
	unsigned kind;

	npfs_object_get_info(page, &info);
	s = list_find(info.id);
	if (s) {
		npfs_object_absorb(s->object.shared, page);
		return s;
	}
	kind = kind_of_shared(info.type);
	params = (struct sync_params){
		.type = kinds[kind].type,
		.manual = info.flags & NPFS_OBJECT_MANUAL,
		.initial = owned,
		.limit = info.limit,
	};
	s = kinds[kind].make(&params);
	if (!s) {
		npfs_object_close(page);
		return NULL;
	}
	dispatcher_lock();
	share(s, page);
	dispatcher_unlock();
	return s;
}

/* creating */

/* Keeps what the maker says of who may do what, for the day it is asked for or shared. */
static DWORD keep_descriptor(struct sync_object *s, const SECURITY_ATTRIBUTES *sa)
{
	npfs_status status;

	if (!sa || !sa->lpSecurityDescriptor)
		return 0;
	status = default_security_flatten(sa, false, &s->descriptor, &s->descriptor_len);
	return status == STATUS_SUCCESS ? 0 : npfs_status_to_win32(status);
}

static HANDLE create_local(const struct sync_params *params, const SECURITY_ATTRIBUTES *sa,
			   uint32_t flags, DWORD access)
{
	struct sync_object *s = kinds[kind_of(params->type)].make(params);
	HANDLE h = NULL;
	DWORD err;

	if (!s) {
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
		return NULL;
	}
	err = keep_descriptor(s, sa);
	if (err) {
		if (params->type == OBJECT_MUTEX && params->initial)
			mutex_release(&s->object);
		object_unref(&s->object);
		thread_last_error = err;
		return NULL;
	}
	h = handle_new(&s->object, sync_object_access_map(params->type, access), flags);
	if (h)
		thread_last_error = 0;
	else if (params->type == OBJECT_MUTEX && params->initial)
		mutex_release(&s->object); /* or it would stay with its thread */
	object_unref(&s->object);
	return h;
}

/* The handle of what was created or opened, which is held open; gives it up. */
static HANDLE handle_of_shared(struct sync_object *s, DWORD access, uint32_t flags,
			       bool owned, DWORD error)
{
	HANDLE h = handle_new(&s->object, access, flags);

	if (h)
		thread_last_error = error;
	else if (owned)
		mutex_release(&s->object);
	object_release(&s->object);
	object_unref(&s->object);
	return h;
}

static HANDLE create_shared(const struct sync_params *params, const SECURITY_ATTRIBUTES *sa,
			    const WCHAR *name, size_t len, uint32_t flags, DWORD access)
{
	struct npfs_object_params shared_params = {
		.size = sizeof(shared_params),
		.type = kinds[kind_of(params->type)].shared_type,
		.flags = params->manual ? NPFS_OBJECT_MANUAL : 0,
		.initial = params->initial,
		.limit = params->limit,
		.access = access,
	};
	struct npfs_object_info info;
	struct sync_object *s = NULL;
	struct npfs_object *page;
	void *descriptor = NULL;
	npfs_status status;
	bool owned = false;

	status = default_security_flatten(sa, false, &descriptor,
					  &shared_params.descriptor_len);
	if (status != STATUS_SUCCESS) {
		thread_last_error = npfs_status_to_win32(status);
		return NULL;
	}
	shared_params.descriptor = descriptor;
	pthread_mutex_lock(&shared.lock);
	status = npfs_object_create((const uint16_t *)name, len, &shared_params, &page);
	if (status == STATUS_SUCCESS) {
		npfs_object_get_info(page, &info);
		owned = params->type == OBJECT_MUTEX && params->initial && !info.existed;
		s = list_enter(page, owned);
		if (s)
			object_hold(&s->object);
		else
			status = STATUS_NO_MEMORY;
	}
	pthread_mutex_unlock(&shared.lock);
	free(descriptor);
	if (status != STATUS_SUCCESS) {
		thread_last_error = npfs_status_to_win32(status);
		return NULL;
	}
	return handle_of_shared(s, info.granted_access, flags, owned,
				info.existed ? ERROR_ALREADY_EXISTS : 0);
}

/* False, and the last error, for a name no request has room for. */
static bool name_is_sendable(size_t len)
{
	if (len <= NAME_SENT_MAX)
		return true;
	thread_last_error = ERROR_FILENAME_EXCED_RANGE;
	return false;
}

HANDLE sync_object_create_wide(const struct sync_params *params,
			       const SECURITY_ATTRIBUTES *sa, const WCHAR *name,
			       DWORD access)
{
	uint32_t flags = sa && sa->bInheritHandle ? HANDLE_INHERIT : 0;
	size_t len = name ? text_wide_len(name) : 0;

	if (len == 0)
		return create_local(params, sa, flags, access);
	if (!name_is_sendable(len))
		return NULL;
	return create_shared(params, sa, name, len, flags, access);
}

/* A name in UTF-16, to be freed; NULL and the last error without memory. */
static WCHAR *wide_from_name(const char *name)
{
	WCHAR *wide = text_wide_from_utf8(name, strlen(name));

	if (!wide)
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
	return wide;
}

HANDLE sync_object_create(const struct sync_params *params, const SECURITY_ATTRIBUTES *sa,
			  const char *name, DWORD access)
{
	WCHAR *wide;
	HANDLE h;

	if (!name)
		return sync_object_create_wide(params, sa, NULL, access);
	wide = wide_from_name(name);
	if (!wide)
		return NULL;
	h = sync_object_create_wide(params, sa, wide, access);
	free(wide);
	return h;
}

/* opening */

HANDLE sync_object_open_wide(enum object_type type, DWORD access, BOOL inherit,
			     const WCHAR *name)
{
	struct npfs_object_info info;
	struct sync_object *s = NULL;
	struct npfs_object *page;
	npfs_status status;

	if (!name) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return NULL;
	}
	if (!name_is_sendable(text_wide_len(name)))
		return NULL;
	pthread_mutex_lock(&shared.lock);
	status = npfs_object_open((const uint16_t *)name, text_wide_len(name),
				  kinds[kind_of(type)].shared_type, access, &page);
	if (status == STATUS_SUCCESS) {
		npfs_object_get_info(page, &info);
		s = list_enter(page, false);
		if (s)
			object_hold(&s->object);
		else
			status = STATUS_NO_MEMORY;
	}
	pthread_mutex_unlock(&shared.lock);
	if (status != STATUS_SUCCESS) {
		thread_last_error = npfs_status_to_win32(status);
		return NULL;
	}
	return handle_of_shared(s, info.granted_access, inherit ? HANDLE_INHERIT : 0, false,
				0);
}

HANDLE sync_object_open(enum object_type type, DWORD access, BOOL inherit,
			const char *name)
{
	WCHAR *wide;
	HANDLE h;

	if (!name)
		return sync_object_open_wide(type, access, inherit, NULL);
	wide = wide_from_name(name);
	if (!wide)
		return NULL;
	h = sync_object_open_wide(type, access, inherit, wide);
	free(wide);
	return h;
}

/* closing */

void sync_object_closed(struct object *o)
{
	if (!atomic_load_explicit(&o->shared, memory_order_acquire))
		return;
	pthread_mutex_lock(&shared.lock);
	/* Somebody may have opened it again meanwhile. */
	if (atomic_load(&o->n_handles) == 0)
		npfs_object_unname(o->shared);
	pthread_mutex_unlock(&shared.lock);
}

void sync_object_destroy(struct object *o)
{
	struct npfs_object *page = atomic_load_explicit(&o->shared, memory_order_acquire);

	if (page) {
		pthread_mutex_lock(&shared.lock);
		dispatcher_lock();
		object_link_remove(&sync_from_object(o)->shared_link);
		dispatcher_unlock();
		pthread_mutex_unlock(&shared.lock);
		npfs_object_close(page);
	}
	free(sync_from_object(o)->descriptor);
	free(o);
}

/* packing */

/*
 * Moves an object that is this process's own to where others can have it. The list's lock
 * is held.
 */
static npfs_status promote(struct object *o)
{
	unsigned kind = kind_of(o->ops->type);
	struct sync_object *s = sync_from_object(o);
	struct npfs_object_params params = {
		.size = sizeof(params),
		.type = kinds[kind].shared_type,
		.flags = o->ops->signal_kind == OBJECT_SIGNAL_MANUAL ? NPFS_OBJECT_MANUAL
								     : 0,
		.initial = o->ops->type == OBJECT_MUTEX,
		.limit = o->ops->type == OBJECT_SEMAPHORE ? semaphore_limit(o) : 1,
		.access = GENERIC_ALL,
		.descriptor = s->descriptor,
		.descriptor_len = s->descriptor_len,
	};
	struct npfs_object *page;
	npfs_status status;

	/* It is the process's, whoever this thread acts as. */
	npfs_identity_pause();
	status = npfs_object_create(NULL, 0, &params, &page);
	npfs_identity_resume();
	if (status != STATUS_SUCCESS)
		return status;
	status = npfs_object_on_change(page, shared_object_changed, o);
	if (status != STATUS_SUCCESS) {
		npfs_object_close(page);
		return status;
	}
	atomic_store(&s->is_watched, true);
	dispatcher_lock();
	object_mark(o);
	kinds[kind].move(o, page);
	share(s, page);
	for (struct object_link *l = o->waiters.next; l != &o->waiters; l = l->next)
		shared_block_begin(object_container(l, struct wait_block, link));
	shared_object_wake(o);
	dispatcher_unlock();
	return STATUS_SUCCESS;
}

/* Promotes it unless it is shared. The list's lock is held. */
static npfs_status make_shared(struct object *o)
{
	if (atomic_load_explicit(&o->shared, memory_order_acquire))
		return STATUS_SUCCESS;
	return promote(o);
}

DWORD sync_object_share(struct object *o, struct npfs_object **pagep)
{
	npfs_status status;

	if (shared_object_is_dead(o))
		return ERROR_INVALID_HANDLE;
	pthread_mutex_lock(&shared.lock);
	status = make_shared(o);
	pthread_mutex_unlock(&shared.lock);
	*pagep = atomic_load_explicit(&o->shared, memory_order_acquire);
	return status == STATUS_SUCCESS ? 0 : npfs_status_to_win32(status);
}

DWORD sync_object_pack(struct object *o, uint32_t access, struct npfs_parcel *parcelp)
{
	npfs_status status;

	if (shared_object_is_dead(o))
		return ERROR_INVALID_HANDLE;
	pthread_mutex_lock(&shared.lock);
	status = make_shared(o);
	if (status == STATUS_SUCCESS)
		status = npfs_object_export(o->shared, access, parcelp);
	pthread_mutex_unlock(&shared.lock);
	return status == STATUS_SUCCESS ? 0 : npfs_status_to_win32(status);
}

struct object *sync_object_unpack(const struct npfs_parcel *parcel)
{
	struct sync_object *s = NULL;
	struct npfs_object *page;
	npfs_status status;

	pthread_mutex_lock(&shared.lock);
	status = npfs_object_import(parcel, &page);
	if (status == STATUS_SUCCESS) {
		s = list_enter(page, false);
		if (!s)
			status = STATUS_NO_MEMORY;
	}
	pthread_mutex_unlock(&shared.lock);
	if (s)
		return &s->object;
	thread_last_error = npfs_status_to_win32(status);
	return NULL;
}
