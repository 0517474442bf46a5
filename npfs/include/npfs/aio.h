/* SPDX-License-Identifier: MIT */
/*
 * Operations in flight and their cancellation.
 *
 * An operation is memory of the caller's: it is initialised with npfs_op_init(), given to
 * one call, and belongs to the library from a STATUS_PENDING until `complete` is called.
 * `complete` may run in any thread, also in the library's own and before the call that
 * started the operation has returned; no lock is held, it may call everything in here, and
 * the library does not touch the operation any more. It must not block for long.
 *
 * Since: 0.1
 */
#ifndef NPFS_AIO_H
#define NPFS_AIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct npfs_end;

struct npfs_op {
	void (*complete)(struct npfs_op *op); /* set by the caller */
	void *user;			      /* the caller's, never looked at */
	npfs_status status;		      /* set before complete is called */
	uint32_t information;		      /* bytes transferred; likewise */
	uint64_t reserved[26];		      /* the library's */
};

/* npfs_op_init() - make an operation ready for one call */
NPFS_EXPORT void npfs_op_init(struct npfs_op *op, void (*complete)(struct npfs_op *op),
			      void *user);

/*
 * npfs_end_cancel() - cancel operations in flight on an end (section 5.7)
 * @match: asked for each of them, under the end's lock: must not call the library;
 *         NULL: all
 *
 * The cancelled ones complete with STATUS_CANCELLED and 0 bytes (a read that already has
 * bytes completes with those) before this returns. Does not wait for blocked calls.
 * Return: how many were cancelled.
 */
NPFS_EXPORT unsigned npfs_end_cancel(struct npfs_end *end,
				     bool (*match)(const struct npfs_op *op, void *arg),
				     void *arg);

/*
 * npfs_end_on_block() - have @fn called whenever a call on this end is about to sleep
 *
 * In the thread that sleeps, each time before it does; it must not call the library.
 */
NPFS_EXPORT void npfs_end_on_block(struct npfs_end *end, void (*fn)(void *arg), void *arg);

/*
 * Cancelling a call that blocks in another thread. Each thread has an identity that stays
 * valid as long as somebody holds a reference.
 */
struct npfs_thread;

/* npfs_thread_self() - the calling thread, with a new reference; NULL without memory */
NPFS_EXPORT struct npfs_thread *npfs_thread_self(void);

/* npfs_thread_unref() - give a reference back; NULL is harmless */
NPFS_EXPORT void npfs_thread_unref(struct npfs_thread *thread);

/*
 * npfs_thread_cancel() - end the blocking call @thread is in
 * Return: STATUS_SUCCESS; STATUS_NOT_FOUND: it is in none.
 */
NPFS_EXPORT npfs_status npfs_thread_cancel(struct npfs_thread *thread);

#ifdef __cplusplus
}
#endif
#endif
