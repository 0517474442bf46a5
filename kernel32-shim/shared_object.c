/* SPDX-License-Identifier: MIT */
/* Waiting for shared objects. The model is in shared_object.h. */
#include "kernel32-shim/shared_object.h"

#include "kernel32-shim/mutex.h"
#include "kernel32-shim/sync_object.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/wait.h"

/*
 * The object whose waiters are being served, while they are; dispatcher lock. Somebody who
 * waits for several together is released by a set and reset event only at this moment:
 * later the others may have become ready, and it was never all of them at once.
 */
static const struct object *being_served;

static struct npfs_object *page_of(const struct object *o)
{
	return atomic_load_explicit(&o->shared, memory_order_acquire);
}

/* Where @t hangs on @o; NULL when it only looks. */
static struct wait_block *block_of(const struct object *o, struct thread *t)
{
	for (unsigned i = 0; i < t->wait.n_blocks; i++)
		if (t->wait.blocks[i].object == o)
			return &t->wait.blocks[i];
	return NULL;
}

static struct npfs_object_want want_of(struct object *o, struct thread *t)
{
	struct npfs_object_want want = {.object = page_of(o), .taker = NPFS_TAKE_POLL};
	const struct wait_block *block = block_of(o, t);

	if (!block)
		return want;
	want.since = block->since;
	if (block->is_counted)
		want.taker = t->wait.is_first_look ? NPFS_TAKE_BEGIN : NPFS_TAKE_WAITING;
	else if (o->ops->signal_kind == OBJECT_SIGNAL_MANUAL &&
		 (!t->wait.all || being_served == o))
		want.taker = NPFS_TAKE_WAITING;
	return want;
}

/* A mutex that this very thread has is its without asking anybody. */
static bool is_owned(struct object *o, struct thread *t)
{
	return o->ops->type == OBJECT_MUTEX && mutex_is_owned(o, t);
}

bool shared_object_is_ready(struct object *o, struct thread *t)
{
	struct npfs_object_want want;

	if (is_owned(o, t))
		return true;
	want = want_of(o, t);
	return npfs_object_is_ready(&want);
}

/* A take has ended the block's part in the waiting. */
static void block_took(struct object *o, struct thread *t)
{
	struct wait_block *block = block_of(o, t);

	if (block)
		block->is_counted = false;
}

bool shared_object_take(struct object *o, struct thread *t, bool *abandonedp)
{
	struct npfs_object_want want;
	npfs_status status;

	*abandonedp = false;
	if (!is_owned(o, t)) {
		want = want_of(o, t);
		status = npfs_object_take(&want, 1);
		if (status != STATUS_SUCCESS && status != STATUS_ABANDONED_WAIT_0)
			return false;
		*abandonedp = status == STATUS_ABANDONED_WAIT_0;
		block_took(o, t);
	}
	o->ops->acquire(o, t);
	return true;
}

bool shared_objects_take(struct object *const *objs, unsigned n, struct thread *t,
			 bool *abandonedp)
{
	struct npfs_object_want wants[WAIT_MAX_OBJECTS];
	unsigned n_wants = 0;
	npfs_status status;

	*abandonedp = false;
	for (unsigned i = 0; i < n; i++)
		if (page_of(objs[i]) && !is_owned(objs[i], t))
			wants[n_wants++] = want_of(objs[i], t);
	if (n_wants == 0)
		return true;
	status = npfs_object_take(wants, n_wants);
	*abandonedp = status == STATUS_ABANDONED_WAIT_0;
	return status == STATUS_SUCCESS || status == STATUS_ABANDONED_WAIT_0;
}

void shared_block_begin(struct wait_block *block)
{
	struct npfs_object *page = page_of(block->object);
	enum npfs_wait_begun begun;

	block->is_counted = false;
	block->is_needless = false;
	if (!page)
		return;
	begun = npfs_object_wait_begin(page, !block->thread->wait.all, &block->since);
	block->is_counted = begun == NPFS_WAIT_COUNTED;
	block->is_needless = begun == NPFS_WAIT_NEEDLESS;
	timer_waits(block->object);
}

bool shared_blocks_begin_again(struct thread *t)
{
	bool is_new = false;

	for (unsigned i = 0; i < t->wait.n_blocks; i++) {
		struct wait_block *block = &t->wait.blocks[i];

		if (!block->is_needless)
			continue;
		shared_block_begin(block);
		is_new = true;
	}
	return is_new;
}

void shared_block_end(struct wait_block *block)
{
	if (block->is_counted)
		npfs_object_wait_end(page_of(block->object));
	block->is_counted = false;
}

void shared_object_wake(struct object *o)
{
	struct npfs_object *page = page_of(o);
	uint32_t generation = npfs_object_generation(page);

	being_served = o;
	object_wake(o);
	being_served = NULL;
	for (struct object_link *l = o->waiters.next; l != &o->waiters; l = l->next) {
		struct wait_block *block = object_container(l, struct wait_block, link);

		if (!block->is_counted)
			block->since = generation;
	}
}

void shared_object_ring(struct object *o)
{
	const struct npfs_object_want want = {
		.object = page_of(o),
		.taker = NPFS_TAKE_WAITING,
		.since = npfs_object_generation(page_of(o)) - 1,
	};

	/* What this process has taken already is nothing to wake others for. */
	if (npfs_object_is_ready(&want))
		npfs_object_ring(want.object);
}

/* Others rang. In the library's engine, or in a thread that drives it. */
void shared_object_changed(void *arg)
{
	struct object *o = arg;

	dispatcher_lock();
	if (!object_link_is_empty(&o->waiters) || timer_is_armed(o)) {
		npfs_object_arm(page_of(o));
		shared_object_wake(o);
		timer_waits(o);
	}
	dispatcher_unlock();
}

bool shared_object_watch(struct object *o)
{
	struct sync_object *s = (struct sync_object *)(void *)o;

	if (atomic_load_explicit(&s->is_watched, memory_order_acquire))
		return true;
	if (npfs_object_on_change(page_of(o), shared_object_changed, o) != STATUS_SUCCESS)
		return false;
	atomic_store_explicit(&s->is_watched, true, memory_order_release);
	return true;
}

bool shared_object_is_dead(const struct object *o)
{
	return page_of(o) && ((const struct sync_object *)(const void *)o)->is_dead;
}
