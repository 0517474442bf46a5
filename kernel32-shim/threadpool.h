/* SPDX-License-Identifier: MIT */
/*
 * Thread pools: what their parts share.
 *
 *	threadpool.c		pools, workers, callbacks and their instances
 *	threadpool_work.c	work, simple callbacks
 *	threadpool_clock.c	alarms: things that are due at a time
 *	threadpool_timer.c	timers
 *	threadpool_wait.c	waits
 *	threadpool_io.c		I/O that completes on handles
 *	threadpool_group.c	cleanup groups
 *	threadpool_legacy.c	work items, registered waits, timer queues
 *
 * Everything that makes callbacks is a tp_object: work, timers, waits, I/O, and the older
 * faces of the same. It counts its callbacks:
 *
 *	n_pending	submitted, not begun; can be taken back
 *	n_running	begun, not returned
 *	n_associated	of those, not disassociated by DisassociateCurrentThread...
 *
 * One lock, tp_lock(), guards all of it: pools, objects, groups, alarms, waits. It is held
 * for short times, and never while a callback or any code of the program runs. The
 * dispatcher lock may be taken under it, not the other way round. What must not run under
 * it (destroying objects, unloading libraries) is left to tp_unlock().
 *
 * References keep an object's memory: its creator's until he closes it, one while it has
 * pending callbacks, one for each running callback, one for each I/O under way.
 *
 * The child of a fork has the objects and none of the threads: what was pending, running
 * or armed in the parent is nothing there, and the pools begin afresh.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <windows.h>

#include "kernel32-shim/object.h"

struct tp_object;
struct tp_group;

/* What one callback is about, beyond its object. */
struct tp_call {
	DWORD wait_result;      /* waits: WAIT_OBJECT_0 or WAIT_TIMEOUT */
	OVERLAPPED_ENTRY entry; /* I/O */
};

/* Operations may be NULL except run and destroy. All but these two run under the lock. */
struct tp_ops {
	/* No lock. Call the program's function. */
	void (*run)(struct tp_object *o, PTP_CALLBACK_INSTANCE instance,
		    const struct tp_call *call);
	/* A pending callback is about to run: say what it is about. */
	void (*take)(struct tp_object *o, struct tp_call *callp);
	/* A callback has returned. */
	void (*returned)(struct tp_object *o);
	/* Pending callbacks were taken back, and what is outstanding shall not call back. */
	void (*cancelled)(struct tp_object *o);
	/* Make no more callbacks on your own. May drop the lock for a while. */
	void (*disarm)(struct tp_object *o);
	/* Something is outstanding that will call back. */
	bool (*is_busy)(const struct tp_object *o);
	/* The last reference has gone; give back what the lock guards. */
	void (*retire)(struct tp_object *o);
	/* No lock. Free. */
	void (*destroy)(struct tp_object *o);
};

struct tp_object {
	const struct tp_ops *ops;
	PTP_POOL pool; /* counted */
	unsigned refs;
	unsigned n_pending;
	unsigned n_running;
	unsigned n_associated;
	bool is_closed;    /* the creator has given up his reference */
	bool runs_long;    /* callbacks are known to take long */
	bool keeps_thread; /* the thread that ran it must stay */
	unsigned priority;
	void *context;
	PTP_SIMPLE_CALLBACK finalize;
	HMODULE library;          /* held; NULL for none */
	struct object_link ready; /* in the pool's queue while n_pending */
	struct object_link all;   /* in the list of objects */

	PTP_CLEANUP_GROUP group; /* counted; NULL for none */
	PTP_CLEANUP_GROUP_CANCEL_CALLBACK on_group_cancel;
	struct object_link member; /* in the group's list */

	struct tp_object *next_retired;
};

/* the lock */

void tp_lock(void);
void tp_unlock(void);

/* Sleep until some callback has returned or been taken back; drops the lock meanwhile. */
void tp_wait_change(void);

/* Wake whoever sleeps there. */
void tp_changed(void);

/* objects */

/**
 * tp_object_init() - make an embedded object, with the creator's reference
 * @environment: borrowed; NULL for the default pool and no group
 *
 * Return: false and the last error when memory or threads are short; then there is nothing
 * to undo.
 */
bool tp_object_init(struct tp_object *o, const struct tp_ops *ops, void *context,
		    const TP_CALLBACK_ENVIRON *environment);

/* All of these under the lock. */
void tp_object_ref(struct tp_object *o);
void tp_object_unref(struct tp_object *o);

/* Begin or end being something that completes I/O: the pool keeps a thread for it. */
void tp_object_expects_io(struct tp_object *o, bool expects);

/* One callback more. */
void tp_submit(struct tp_object *o);

/* Take pending callbacks back. */
void tp_cancel(struct tp_object *o);

/* A callback is about to run, pending or not: counts it. The caller executes it. */
void tp_begin(struct tp_object *o);

/* Run a callback that was begun in this thread; drops the lock meanwhile. */
void tp_execute(struct tp_object *o, const struct tp_call *call);

/* The creator is done with it. Drops the lock for a while. */
void tp_object_close_locked(struct tp_object *o);

/* Without the lock. */
void tp_object_close(struct tp_object *o);
void tp_wait_callbacks(struct tp_object *o, bool cancel_pending);

/* pools */

/* The pool's hidden completion port; NULL when it cannot be made. Lock. */
HANDLE tp_pool_port(PTP_POOL pool);

/* Set the default pool's maximum; 0 leaves it. */
void tp_default_pool_set_maximum(DWORD n);

/*
 * Start a thread that runs the program's callbacks. Signals are the business of the
 * program's own threads and blocked in it, faults are delivered. Lock held or not.
 */
bool tp_thread_start(LPTHREAD_START_ROUTINE start, void *arg, SIZE_T stack_size);

/* After what time a worker without work leaves, from its next wait on; for tests. */
void tp_set_idle_time(DWORD milliseconds);

/* How many threads the pool has; for tests. NULL: the default pool. */
unsigned tp_pool_n_threads(PTP_POOL pool);

/* threadpool_clock.c: alarms; lock, except where said */

struct tp_alarm {
	int64_t due_ns; /* monotonic */
	size_t index;   /* place in the heap, from 1; 0 when not set */
	void (*fire)(struct tp_alarm *alarm); /* lock; may drop it for a while */
};

/* Room for one more alarm, so that setting one cannot fail. False without memory. */
bool tp_alarm_reserve(void);
void tp_alarm_unreserve(void);

/* Have the clock's thread run. False when there can be none. */
bool tp_clock_start(void);

void tp_alarm_set(struct tp_alarm *alarm, int64_t due_ns);
bool tp_alarm_clear(struct tp_alarm *alarm); /* was it set? */
void tp_clock_fork_child(void);

/* The monotonic time a FILETIME means: negative is relative. No lock needed. */
int64_t tp_due_time(const FILETIME *ft);

/* threadpool_wait.c: one wait for one object; lock */

struct tp_bucket;

struct tp_wait_source {
	struct object *object;    /* counted; NULL when not armed */
	struct tp_bucket *bucket; /* NULL when not armed */
	int64_t deadline_ns;
	/* The wait is over and disarmed. In the waiting thread; may drop the lock. */
	void (*fire)(struct tp_wait_source *source, DWORD result);
};

/* Takes the reference @object on success. False when there can be no waiting thread. */
bool tp_wait_arm(struct tp_wait_source *source, struct object *object,
		 int64_t deadline_ns);

/*
 * Was it armed? May drop the lock for a while; a wait that is satisfied meanwhile fires, so
 * nothing that was acquired is lost.
 */
bool tp_wait_disarm(struct tp_wait_source *source);
void tp_wait_fork_child(void);

/* threadpool_io.c; lock */

/* The object a packet is for, begun; NULL when nobody wants it. */
struct tp_object *tp_io_take(const OVERLAPPED_ENTRY *entry, struct tp_call *callp);

/* threadpool_group.c; lock */

void tp_group_join(struct tp_object *o, PTP_CLEANUP_GROUP group);
void tp_group_leave(struct tp_object *o);

/*
 * The native face of pool I/O, which ntdll exports. The callback's status is an NTSTATUS in
 * an I/O status block.
 */

struct tp_io_status {
	ULONG_PTR status;
	ULONG_PTR information;
};

typedef VOID(NTAPI *tp_native_io_callback)(PTP_CALLBACK_INSTANCE instance, PVOID context,
					   PVOID overlapped, struct tp_io_status *iosb,
					   PTP_IO io);

NPFS_W32_API LONG NTAPI TpAllocIoCompletion(PTP_IO *iop, HANDLE file,
					    tp_native_io_callback callback, PVOID context,
					    PTP_CALLBACK_ENVIRON environment);
NPFS_W32_API VOID NTAPI TpStartAsyncIoOperation(PTP_IO io);
NPFS_W32_API VOID NTAPI TpCancelAsyncIoOperation(PTP_IO io);
NPFS_W32_API VOID NTAPI TpWaitForIoCompletion(PTP_IO io, BOOL cancel_pending);
NPFS_W32_API VOID NTAPI TpReleaseIoCompletion(PTP_IO io);
