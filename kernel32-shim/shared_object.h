/* SPDX-License-Identifier: MIT */
/*
 * Events, mutexes, semaphores and timers that other processes have too.
 *
 * Such an object has its state in <npfs/object.h> and not here (object->shared). It comes
 * to that by a name, or by being packed for another process, and never goes back. The
 * process has one struct object for it, whatever number of handles lead there and however
 * often it was opened, so threads of this process queue up behind each other as always.
 *
 * Its signal word is OBJECT_WAITERS for good: every fast path that does without a lock
 * fails on that, and the slow one looks at object->shared. Objects that are not shared pay
 * nothing.
 *
 * A thread that waits hangs its blocks on the object as for any other, and is also counted
 * among the waiters of all processes. Whoever makes the object ready in this process
 * serves the blocks here and then rings for the others; when others ring, the library
 * calls back and the blocks are served likewise. What is taken is taken from the common
 * state first; the kind's acquire() then only keeps the books of this process.
 *
 * In the child of a fork the object is dead: every call on it is one on an invalid handle.
 */
#pragma once

#include <stdbool.h>

#include <windows.h>

#include <npfs/object.h>

#include "kernel32-shim/object.h"

struct thread;
struct wait_block;

/* waiting; all under the dispatcher lock */

bool shared_object_is_ready(struct object *o, struct thread *t);
bool shared_object_take(struct object *o, struct thread *t, bool *abandonedp);

/* The shared ones among @objs, all or none; true when none is shared. */
bool shared_objects_take(struct object *const *objs, unsigned n, struct thread *t,
			 bool *abandonedp);

/* A block has been hung on its object; a block has been taken down. */
void shared_block_begin(struct wait_block *block);
void shared_block_end(struct wait_block *block);

/* What had been there when a block began was gone at the look: begin again. False when there
 * is no such block. */
bool shared_blocks_begin_again(struct thread *t);

/* Have others ring from now on. False without memory. Not under the dispatcher lock. */
bool shared_object_watch(struct object *o);

/* The library's on_change function; @arg is the struct object. */
void shared_object_changed(void *arg);

/* Serve the waiting threads of this process. Dispatcher lock. */
void shared_object_wake(struct object *o);

/* And those of the others. Not under the dispatcher lock. */
void shared_object_ring(struct object *o);

/* Made in the parent of a fork. */
bool shared_object_is_dead(const struct object *o);
