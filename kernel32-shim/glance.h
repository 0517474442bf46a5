/* SPDX-License-Identifier: MIT */
/*
 * Looking at the objects behind handles without taking a reference on each.
 *
 * A wait for one of 64 objects that finds one ready should not pay for 128 changes of
 * counters that it needs for nothing. Between glance_begin() and glance_end() a thread may
 * read the words of any object that it found in the handle table meanwhile: what dies
 * while somebody looks is retired, and destroyed when nobody looks any more who may have
 * seen it.
 *
 * Who looks is counted in a few counters, each on a line of its own, so that threads that
 * wait at the same time seldom meet. An object is beyond reach of new looks when its last
 * reference goes, since the table had one. So it may be destroyed as soon as each counter
 * was seen at zero once, at any moment after that.
 *
 * A glance is short, hardly ever takes a lock, and is not nested. A thread that is
 * stopped in one delays the end of objects and nothing else.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel32-shim/object.h"

enum { GLANCE_COUNTERS = 8 };

struct glance_counter {
	_Alignas(64) _Atomic uint32_t n; /* threads that look */
};

extern struct glance_counter glance_counters[GLANCE_COUNTERS];
extern struct object *_Atomic glance_retired;

/* Destroy what is retired and out of sight. */
void glance_sweep(void);

/* Destroy @o, whose last reference is gone, now or when nobody can see it any more. */
void glance_retire(struct object *o);

/* Which counter is this thread's, by where its stack happens to be. */
static inline _Atomic uint32_t *glance_counter(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	return &glance_counters[(here >> 16 ^ here >> 23) % GLANCE_COUNTERS].n;
}

/* Sequentially consistent, as is the first look at a slot: see slot_finish(). */
static inline _Atomic uint32_t *glance_begin(void)
{
	_Atomic uint32_t *counter = glance_counter();

	atomic_fetch_add(counter, 1);
	return counter;
}

/* @counter: what glance_begin() returned */
static inline void glance_end(_Atomic uint32_t *counter)
{
	if (atomic_fetch_sub(counter, 1) == 1 &&
	    __builtin_expect(atomic_load(&glance_retired) != NULL, 0))
		glance_sweep();
}
