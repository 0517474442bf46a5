/* SPDX-License-Identifier: MIT */
/*
 * Objects that ended while somebody looked at them.  The model is in glance.h.
 *
 * `glance_retired` is a stack that is taken whole, so a node that comes back to it is no
 * trap. Everything is sequentially consistent: whoever puts something there and sees
 * somebody look leaves it to him, and he, when he has stopped, sees that it is there.
 */
#include "kernel32-shim/glance.h"

#include <pthread.h>

struct glance_counter glance_counters[GLANCE_COUNTERS];
struct object *_Atomic glance_retired;

static bool is_nobody_looking(void)
{
	for (unsigned i = 0; i < GLANCE_COUNTERS; i++)
		if (atomic_load(&glance_counters[i].n))
			return false;
	return true;
}

static void push(struct object *first, struct object *last)
{
	last->next_retired = atomic_load(&glance_retired);
	while (!atomic_compare_exchange_weak(&glance_retired, &last->next_retired, first))
		;
}

static struct object *last_of(struct object *list)
{
	while (list->next_retired)
		list = list->next_retired;
	return list;
}

static void destroy_all(struct object *list)
{
	while (list) {
		struct object *o = list;

		list = o->next_retired;
		o->ops->destroy(o);
	}
}

void glance_sweep(void)
{
	struct object *list = atomic_exchange(&glance_retired, NULL);

	/* what is in `list` was out of reach before the counters are looked at */
	while (list) {
		if (is_nobody_looking())
			destroy_all(list);
		else
			push(list, last_of(list));
		if (!is_nobody_looking())
			return;
		list = atomic_exchange(&glance_retired, NULL);
	}
}

void glance_retire(struct object *o)
{
	if (is_nobody_looking()) {
		o->ops->destroy(o);
		return;
	}
	push(o, o);
	if (is_nobody_looking())
		glance_sweep();
}

/* The threads that looked do not exist in the child. */
static void after_fork_child(void)
{
	for (unsigned i = 0; i < GLANCE_COUNTERS; i++)
		atomic_store(&glance_counters[i].n, 0);
}

__attribute__((constructor)) static void glance_survives_fork(void)
{
	pthread_atfork(NULL, NULL, after_fork_child);
}
