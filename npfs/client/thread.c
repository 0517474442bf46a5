/* SPDX-License-Identifier: MIT */
/*
 * Identities of threads, and ending what one of them blocks in
 *
 * Owners of an identity: the thread itself (through thread-specific data, until it ends)
 * and everybody who took it with npfs_thread_self(). `lock` makes "is it in a call" and
 * "wake it" one step; it is taken before an end's map_lock and after no other lock.
 */
#include "npfs/client/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <npfs/aio.h>

#include "npfs/client/end.h"
#include "npfs/client/lock.h"

struct npfs_thread {
	_Atomic uint32_t refs;
	struct np_lock lock;
	struct npfs_end *end;		/* borrowed; set while it blocks on one */
	struct np_call_cancel *cancel;	/* borrowed; set while it waits for a name */
	_Atomic bool is_cancelled;
};

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;
static _Thread_local struct npfs_thread *self; /* the reference that the key's value is */

static void drop(void *thread)
{
	self = NULL;
	npfs_thread_unref(thread);
}

static void make_key(void)
{
	has_key = !pthread_key_create(&key, drop);
}

static struct npfs_thread *thread_get(void)
{
	struct npfs_thread *thread = self;

	if (thread)
		return thread;
	pthread_once(&key_once, make_key);
	if (!has_key)
		return NULL;
	thread = calloc(1, sizeof(*thread));
	if (!thread)
		return NULL;
	thread->refs = 1;
	if (pthread_setspecific(key, thread)) {
		free(thread);
		return NULL;
	}
	self = thread;
	return thread;
}

struct npfs_thread *npfs_thread_self(void)
{
	struct npfs_thread *thread = thread_get();

	if (thread)
		atomic_fetch_add_explicit(&thread->refs, 1, memory_order_relaxed);
	return thread;
}

void npfs_thread_unref(struct npfs_thread *thread)
{
	if (thread &&
	    atomic_fetch_sub_explicit(&thread->refs, 1, memory_order_acq_rel) == 1)
		free(thread);
}

npfs_status npfs_thread_cancel(struct npfs_thread *thread)
{
	npfs_status status = STATUS_NOT_FOUND;

	np_lock_take(&thread->lock);
	if ((thread->end || thread->cancel) && !atomic_load(&thread->is_cancelled)) {
		atomic_store(&thread->is_cancelled, true);
		if (thread->end)
			np_wake_self(thread->end);
		else
			np_call_cancel_fire(thread->cancel);
		status = STATUS_SUCCESS;
	}
	np_lock_give(&thread->lock);
	return status;
}

static void enter(struct np_thread_call *call, struct npfs_end *end,
		  struct np_call_cancel *cancel)
{
	struct npfs_thread *thread = thread_get();

	call->thread = thread;
	if (!thread)
		return;
	np_lock_take(&thread->lock);
	atomic_store(&thread->is_cancelled, false);
	thread->end = end;
	thread->cancel = cancel;
	np_lock_give(&thread->lock);
}

void np_thread_enter(struct np_thread_call *call, struct npfs_end *end)
{
	enter(call, end, NULL);
}

void np_thread_enter_wait(struct np_thread_call *call, struct np_call_cancel *cancel)
{
	enter(call, NULL, cancel);
}

bool np_thread_is_cancelled(const struct np_thread_call *call)
{
	return call->thread && atomic_load(&call->thread->is_cancelled);
}

void np_thread_leave(struct np_thread_call *call)
{
	if (!call->thread)
		return;
	np_lock_take(&call->thread->lock);
	call->thread->end = NULL;
	call->thread->cancel = NULL;
	np_lock_give(&call->thread->lock);
}
