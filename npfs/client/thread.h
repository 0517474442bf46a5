/* SPDX-License-Identifier: MIT */
/*
 * Threads as targets of cancellation, and of orders what to wear (wear.h)
 *
 * A thread has an identity of its own (<npfs/aio.h>) from the first time it is asked for
 * or blocks in a call. While it blocks, the identity says where, so that another thread
 * can end the call; the fast paths never touch it.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "npfs/client/call.h"
#include "npfs/client/lock.h"
#include "npfs/client/wear.h"

struct npfs_end;

struct npfs_thread {
	_Atomic uint32_t refs;
	struct np_lock lock;
	struct npfs_end *end;	       /* borrowed; set while it blocks on one */
	struct np_call_cancel *cancel; /* borrowed; set while it waits for a name */
	_Atomic bool is_cancelled;
	bool is_leaving; /* its own */
	struct np_wearer wearer;
};

/* One blocking call; lives on the stack of the thread that makes it. */
struct np_thread_call {
	struct npfs_thread *thread; /* borrowed: the thread's own; NULL without memory */
};

/* The calling thread, borrowed; made if need be, NULL without memory. */
struct npfs_thread *np_thread_get(void);
/* ... NULL if it has not been made. May be called in a signal handler. */
struct npfs_thread *np_thread_peek(void);

void np_thread_fork_child(void);

/* The calling thread is about to block on @end. */
void np_thread_enter(struct np_thread_call *call, struct npfs_end *end);
/* ... or in a wait that @cancel ends. */
void np_thread_enter_wait(struct np_thread_call *call, struct np_call_cancel *cancel);
bool np_thread_is_cancelled(const struct np_thread_call *call);
void np_thread_leave(struct np_thread_call *call);
