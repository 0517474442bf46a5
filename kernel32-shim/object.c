/* SPDX-License-Identifier: MIT */
/*
 * Reference and handle counts of objects, and the operations most kinds share.
 * The model is in object.h; the slow halves of signal and reset are in wait.c, which
 * owns the dispatcher lock.
 */
#include "kernel32-shim/object.h"

#include <assert.h>
#include <stdlib.h>

#include "kernel32-shim/glance.h"

void object_init(struct object *o, const struct object_ops *ops, bool signaled)
{
	o->ops = ops;
	atomic_init(&o->refs, 1);
	atomic_init(&o->n_handles, 0);
	atomic_init(&o->signal, signaled ? OBJECT_SIGNALED : 0);
	atomic_init(&o->place, NULL);
	object_link_init(&o->waiters);
	atomic_init(&o->shared, NULL);
	o->next_retired = NULL;
}

struct object *object_ref(struct object *o)
{
	uint32_t old = atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);

	assert(old > 0);
	(void)old;
	return o;
}

bool object_ref_if_alive(struct object *o)
{
	uint32_t old = atomic_load_explicit(&o->refs, memory_order_relaxed);

	do {
		if (old == 0)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&o->refs, &old, old + 1, memory_order_acq_rel, memory_order_relaxed));
	return true;
}

struct object *object_unref(struct object *o)
{
	if (o && atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) == 1)
		glance_retire(o);
	return NULL;
}

void object_hold(struct object *o)
{
	atomic_fetch_add_explicit(&o->n_handles, 1, memory_order_relaxed);
}

bool object_hold_if_open(struct object *o)
{
	uint32_t old = atomic_load_explicit(&o->n_handles, memory_order_relaxed);

	do {
		if (old == 0)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&o->n_handles, &old, old + 1,
							memory_order_acq_rel,
							memory_order_relaxed));
	return true;
}

void object_release(struct object *o)
{
	if (atomic_fetch_sub_explicit(&o->n_handles, 1, memory_order_acq_rel) == 1)
		o->ops->last_handle_closed(o);
}

bool object_ready_by_flag(struct object *o, struct thread *self)
{
	(void)self;
	return object_is_signaled(o);
}

bool object_acquire_nothing(struct object *o, struct thread *self)
{
	(void)o;
	(void)self;
	return false;
}

bool object_acquire_flag(struct object *o, struct thread *self)
{
	(void)self;
	atomic_fetch_and_explicit(&o->signal, ~(uint32_t)OBJECT_SIGNALED,
				  memory_order_acq_rel);
	return false;
}

void object_closed_nothing(struct object *o)
{
	(void)o;
}

void object_destroy_free(struct object *o)
{
	free(o);
}

void object_destroy_nothing(struct object *o)
{
	(void)o;
}
