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
	uint64_t context;		      /* set by the caller, or 0: see <npfs/share.h> */
	uint32_t tells;			      /* likewise: NPFS_TELL_ */
	uint32_t on_close;		      /* likewise: NPFS_CLOSE_ */
	void (*store)(struct npfs_op *op);    /* likewise, or NULL: see <npfs/share.h> */
	uint64_t reserved[26];		      /* the library's */
};

/*
 * Of an operation with a context that ends at once, without a STATUS_PENDING: whether the
 * process that npfs_end_tie() made the receiver is told. Of one that ends later it always is.
 */
#define NPFS_TELL_SUCCESS 0x1u
#define NPFS_TELL_WARNING 0x2u
#define NPFS_TELL_ERROR	  0x4u

/*
 * What becomes of an operation in flight when its process closes an end that another process
 * still has open (<npfs/share.h>). It goes on even after npfs_end_free(), and completes as it
 * would have; at the latest when the last process has closed the end. Where no other process
 * has the end open, closing ends the operation in any case. npfs-semantics.md section 5.11
 */
#define NPFS_CLOSE_CANCELS	  0u /* STATUS_CANCELLED; of a write: it stays with the peer */
#define NPFS_CLOSE_GOES_ON	  1u
#define NPFS_CLOSE_GOES_ON_UNTIED 2u /* STATUS_CANCELLED when npfs_end_is_tied() */

/* npfs_op_init() - make an operation ready for one call; what the caller may set is 0 then */
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
 * (@begins) and when it will sleep no more
 *
 * In the thread that sleeps, under the end's lock; it must not call the library.
 */
NPFS_EXPORT void npfs_end_on_block(struct npfs_end *end,
				   void (*fn)(void *arg, bool begins), void *arg);

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

/*
 * Waiting for a descriptor without a thread of the program's own: the library looks at it
 * together with its own.
 */
struct npfs_watch;

/**
 * npfs_watch_new() - have a function called when a descriptor becomes readable
 * @fd:		borrowed until npfs_watch_free(); an eventfd, a pidfd, a socket, a pipe
 * @on_event:	called in the library's thread or in one that drives (see below), under no
 *		lock and never twice at a time, when @fd has become readable or its other
 *		side has gone (edge-triggered: it reads until there is nothing more). It may call everything of the library, npfs_watch_free()
 *		for this watch too, and must not block for long.
 * @release:	called once, when no call of @on_event is running and none will come any
 *		more; from npfs_watch_free() or from the library's thread; may be NULL
 * @user:	what both are called with, never looked at
 * @watchp:	receives the watch; written before @on_event can be called
 *
 * Does not block. Any thread. In the child of a fork nothing is watched any more and
 * @release is not called; the child frees the watch or forgets it.
 *
 * Return: STATUS_SUCCESS; STATUS_NO_MEMORY; STATUS_INSUFFICIENT_RESOURCES when there can
 * be no thread; STATUS_INVALID_PARAMETER for a descriptor that cannot be waited for. Then
 * @release is not called.
 *
 * Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_watch_new(int fd, void (*on_event)(void *user),
				       void (*release)(void *user), void *user,
				       struct npfs_watch **watchp);

/**
 * npfs_watch_free() - watch a descriptor no longer
 * @watch:	not valid afterwards; NULL is accepted
 *
 * No call of its function starts after this; one may still be running, and then the watch's
 * release function is called at its end. Does not block. Any thread, at most once.
 *
 * Since: 0.1
 */
NPFS_EXPORT void npfs_watch_free(struct npfs_watch *watch);

/*
 * Driving: sleeping where the events arrive
 *
 * Operations in flight complete in a thread of the library's own when no other thread is
 * there. A thread of the program that sleeps until one of them completes would then be
 * woken second. Instead it may drive: while it sleeps in npfs_drive() it is the one whom
 * events wake, and what they complete is completed in it. One thread drives at a time; the
 * others sleep as they like and are woken by whoever completes what they wait for.
 *
 *	if (npfs_drive_begin()) {
 *		while (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == WAITING)
 *			if (!npfs_drive(&state, WAITING, deadline))
 *				break;
 *		npfs_drive_end();
 *	}
 *
 * Whoever changes the word in another thread calls npfs_drive_kick() afterwards. In the
 * child of a fork nobody drives.
 */

/*
 * npfs_drive_begin() - have the calling thread drive
 * Return: false when another thread does, or there is nothing to drive yet.
 */
NPFS_EXPORT bool npfs_drive_begin(void);

/*
 * npfs_drive() - sleep until something happened, and handle it
 * @word, @expected: do not sleep when *@word, read atomically, is not @expected any more
 * @deadline_ns: absolute, CLOCK_MONOTONIC; INT64_MAX: none; 0 or past: only look
 *
 * Runs `complete` of operations that ended, holding no lock. Only between npfs_drive_begin()
 * and npfs_drive_end() of the same thread. Return: false when the deadline passed; true
 * when something was handled, the word changed or a signal was caught: then look again.
 */
NPFS_EXPORT bool npfs_drive(const uint32_t *word, uint32_t expected,
			    int64_t deadline_ns);

/* npfs_drive_end() - the calling thread drives no more; it must have begun */
NPFS_EXPORT void npfs_drive_end(void);

/* npfs_drive_kick() - have the thread in npfs_drive() look at its word; nothing happens
 * when it does not sleep. Any thread, holding any lock. */
NPFS_EXPORT void npfs_drive_kick(void);

/* spinning */

/*
 * npfs_spin_set_limit() - how long threads of this process may look before they sleep
 * @looks: at most so many, of about 25 ns each; 0: they sleep at once. More than
 *         UINT32_MAX / 4 are taken as that.
 *
 * The same as the environment's NPFS_SPIN, for the time after the call; 4000 is usual. How
 * long a thread really looks depends on what has lately paid. A program that has less than
 * two processors to run on begins with 0, and had better leave it so.
 *
 * Any thread, at any time; does not block. It goes on to hold in the child of a fork.
 * Since: 0.1
 */
NPFS_EXPORT void npfs_spin_set_limit(uint32_t looks);

/* npfs_spin_limit() - the present limit. Any thread, does not block. Since: 0.1 */
NPFS_EXPORT uint32_t npfs_spin_limit(void);

#ifdef __cplusplus
}
#endif
#endif
