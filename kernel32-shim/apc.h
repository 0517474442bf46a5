/* SPDX-License-Identifier: MIT */
/*
 * User-mode asynchronous procedure calls.
 *
 * An APC belongs to one thread and runs on it, in order of queueing, when that thread
 * waits alertably and its wait is not satisfied at once; the wait then ends with
 * WAIT_IO_COMPLETION after every queued APC has run, those queued meanwhile included.
 * A thread that has not begun to run executes what is queued before its start routine.
 *
 * Whoever has memory for the node (a request in flight) embeds struct apc and needs no
 * allocation; apc_queue() is for the others.  The queues are guarded by the dispatcher
 * lock; run and drop are called with no lock held.
 */
#pragma once

#include <stdbool.h>

#include <windows.h>

#include <npfs/status.h>

#include "kernel32-shim/object.h"

struct apc {
	struct object_link link;       /* dispatcher lock; lone while not queued */
	void (*run)(struct apc *apc);  /* on the thread; the node is the callee's now */
	void (*drop)(struct apc *apc); /* the thread ended first; the node likewise */
	struct thread *target;         /* borrowed; meaningful while queued */
};

typedef void (*apc_fn)(ULONG_PTR a, ULONG_PTR b, ULONG_PTR c);

static inline void apc_init(struct apc *apc, void (*run)(struct apc *),
			    void (*drop)(struct apc *))
{
	object_link_init(&apc->link);
	apc->run = run;
	apc->drop = drop;
	apc->target = NULL;
}

/**
 * apc_post() - queue a caller's node to a thread
 *
 * A node that is queued already stays where it is.
 *
 * Return: false when the thread has ended; the node stays the caller's.
 */
bool apc_post(struct thread *t, struct apc *apc);

/* The same, for callers that hold the dispatcher lock. */
bool apc_post_locked(struct thread *t, struct apc *apc);

/* Take a node back.  False when it has begun to run or was never queued. */
bool apc_withdraw(struct apc *apc);
bool apc_withdraw_locked(struct apc *apc);

/**
 * apc_queue() - queue a call of @fn with three arguments to a thread
 *
 * Return: STATUS_SUCCESS, STATUS_UNSUCCESSFUL when the thread has ended,
 * STATUS_NO_MEMORY.
 */
npfs_status apc_queue(struct thread *t, apc_fn fn, ULONG_PTR a, ULONG_PTR b, ULONG_PTR c);

/* Run everything queued to the calling thread.  True when there was anything. */
bool apc_run_pending(struct thread *self);

/* Give back everything queued to a thread that has ended. */
void apc_drop_pending(struct thread *t);
