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

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;

/* The reference that the key's value is. Initial-exec: handlers look at it. */
static _Thread_local struct npfs_thread *self __attribute__((tls_model("initial-exec")));

/*
 * The thread ends. What it wears it keeps on while others' destructors run; those that come
 * after this one are in another round.
 */
static void drop(void *value)
{
	struct npfs_thread *thread = value;

	if (!thread->is_leaving && np_wearer_wears(&thread->wearer)) {
		thread->is_leaving = true;
		if (pthread_setspecific(key, thread) == 0)
			return;
	}
	np_wearer_end(&thread->wearer);
	self = NULL;
	npfs_thread_unref(thread);
}

static void make_key(void)
{
	has_key = !pthread_key_create(&key, drop);
}

struct npfs_thread *np_thread_peek(void)
{
	return self;
}

struct npfs_thread *np_thread_get(void)
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
	np_wearer_begin(&thread->wearer);
	return thread;
}

/* np_thread_fork_child() - in the child of a fork: nobody else is in any call */
void np_thread_fork_child(void)
{
	if (self)
		atomic_store(&self->lock.word, 0);
	np_wear_fork_child(self ? &self->wearer : NULL);
}

struct npfs_thread *npfs_thread_self(void)
{
	struct npfs_thread *thread = np_thread_get();

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
	struct npfs_thread *thread = np_thread_get();

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
	np_wear_settle();
}
