/* SPDX-License-Identifier: MIT */
/*
 * Threads as targets of cancellation
 *
 * A thread has an identity of its own (<npfs/aio.h>) from the first time it is asked for
 * or blocks in a call. While it blocks, the identity says where, so that another thread
 * can end the call; the fast paths never touch it.
 */
#pragma once

#include <stdbool.h>

#include "npfs/client/call.h"

struct npfs_end;
struct npfs_thread;

/* One blocking call; lives on the stack of the thread that makes it. */
struct np_thread_call {
	struct npfs_thread *thread; /* borrowed: the thread's own; NULL without memory */
};

/* The calling thread is about to block on @end. */
void np_thread_enter(struct np_thread_call *call, struct npfs_end *end);
/* ... or in a wait that @cancel ends. */
void np_thread_enter_wait(struct np_thread_call *call, struct np_call_cancel *cancel);
bool np_thread_is_cancelled(const struct np_thread_call *call);
void np_thread_leave(struct np_thread_call *call);
