/* SPDX-License-Identifier: MIT */
/*
 * The one waiting mechanism.
 *
 * The dispatcher lock guards every waiter list, every wait in progress, and the state of
 * mutexes, semaphores, timers, completion ports and APC queues.  It is held for a few
 * instructions at a time and never while anything sleeps or a callback runs.
 *
 * A waiting thread hangs one wait block on each object and sleeps on a word of its own.
 * Whoever makes an object ready walks that object's blocks in order of arrival and, for
 * each wait it can satisfy, acquires the objects on the sleeper's behalf, takes all its
 * blocks down and notes the result.  A woken thread therefore has nothing to retry, a
 * wait for all takes everything at one moment or nothing, and nobody overtakes.  The
 * wakes themselves are collected and sent when the lock has been released.
 *
 * Deadlines are absolute CLOCK_MONOTONIC nanoseconds; WAIT_NEVER and WAIT_POLL are the
 * ends of the scale.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <windows.h>

#include "kernel32-shim/object.h"

#define WAIT_NEVER INT64_MAX
#define WAIT_POLL  INT64_C(0)

enum { WAIT_MAX_OBJECTS = 64 }; /* MAXIMUM_WAIT_OBJECTS */

struct wait_block {
	struct object_link link; /* in object->waiters */
	struct thread *thread;   /* borrowed: the waiting thread holds this block */
	struct object *object;   /* borrowed: the caller of the wait holds a reference */
	uint32_t since;          /* of a shared object: npfs_object_wait_begin() */
	bool is_counted;         /* of a shared object: it is one of its waiters */
	bool is_needless;        /* likewise: it was there when the block began */
};

/* One per thread; all fields under the dispatcher lock except state. */
struct wait {
	_Atomic uint32_t state; /* futex; enum wait_state */
	unsigned n_blocks;
	bool all;
	bool alertable;
	bool in_progress; /* the result is still open */
	bool is_first_look; /* at shared objects, and nobody has waited for less long */
	DWORD result;
	void (*withdraw)(
		struct thread *t); /* ended by time or APC; NULL for object waits */
	struct thread *next_woken;
	struct wait_block blocks[WAIT_MAX_OBJECTS];
};

enum wait_state {
	WAIT_STATE_PARKED,  /* sleeps on the word, or is about to */
	WAIT_STATE_WOKEN,
	WAIT_STATE_DRIVING, /* sleeps in npfs_drive() */
};

void dispatcher_lock(void);

/* Release the lock, then wake every thread whose wait ended under it. */
void dispatcher_unlock(void);

/* @o has become ready: satisfy what waits for it, as far as it allows.  Dispatcher lock. */
void object_wake(struct object *o);

/*
 * Keep lock-free signallers away from @o while its owner changes it under the dispatcher
 * lock; object_unmark() lets them back in when nobody waits.
 */
void object_mark(struct object *o);
void object_unmark(struct object *o);

/**
 * wait_objects() - wait for one or all of several objects
 * @objs: borrowed, the caller keeps a reference on each for the length of the call
 * @n: 0 to WAIT_MAX_OBJECTS; with 0 the call only sleeps
 * @alertable: run APCs when the wait is not satisfied at once
 *
 * Return: WAIT_OBJECT_0 + index, WAIT_ABANDONED_0 + index (of the first abandoned mutex,
 * 0 with @all), WAIT_TIMEOUT, or WAIT_IO_COMPLETION after APCs ran.
 */
DWORD wait_objects(struct object **objs, unsigned n, bool all, int64_t deadline_ns,
		   bool alertable);

/**
 * wait_pinned() - wait for one object, if that takes no lock and no sleep
 * @polls: a wait without time that is not alertable, so that "not yet" is a result too
 *
 * Return: whether *@resultp is the result; false: ask wait_objects().
 */
bool wait_pinned(struct object *o, bool polls, DWORD *resultp);

/* A wait that is not for objects: completion ports.  Dispatcher lock held at the call. */
void wait_begin(struct thread *self, bool alertable, void (*withdraw)(struct thread *));

/*
 * Sleep until wait_finish(), the deadline or an APC.  Takes over the dispatcher lock and
 * returns without it.  APCs have run when the result is WAIT_IO_COMPLETION.
 */
DWORD wait_sleep(struct thread *self, int64_t deadline_ns);

/* End @t's wait with @result.  Dispatcher lock. */
void wait_finish(struct thread *t, DWORD result);

/* End @t's wait for an APC when it is alertable.  Dispatcher lock. */
void wait_alert(struct thread *t);

/* Time. */
int64_t wait_now_ns(void);
int64_t wait_deadline(DWORD milliseconds);

/* Futex words of this process. */
int wait_futex_sleep(_Atomic uint32_t *word, uint32_t expected, int64_t deadline_ns);
void wait_futex_wake(_Atomic uint32_t *word, int n);
