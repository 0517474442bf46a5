/* SPDX-License-Identifier: MIT */
/*
 * A small lock: one word, one atomic operation to take and one to give
 *
 * States: 0 free, 1 taken, 2 taken and somebody sleeps, and NP_LOCK_MOVED for one that its
 * holder has replaced by another for good (share.h). Not fair, not recursive. It may be
 * held over a long sleep (an end for synchronous I/O is locked while a call blocks), so a
 * waiter sleeps in the kernel and does not spin.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "npfs/base/futex.h"
#include "npfs/base/macro.h"

#define NP_LOCK_MOVED 3u

struct np_lock {
	_Atomic uint32_t word;
};

static inline bool np_lock_try(struct np_lock *lock)
{
	uint32_t expected = 0;

	return atomic_compare_exchange_strong_explicit(&lock->word, &expected, 1,
						       memory_order_acquire,
						       memory_order_relaxed);
}

static inline void np_lock_take(struct np_lock *lock)
{
	if (NP_LIKELY(np_lock_try(lock)))
		return;
	while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) != 0)
		np_futex_wait(&lock->word, 2, NP_DEADLINE_NEVER, false);
}

static inline void np_lock_give(struct np_lock *lock)
{
	if (NP_UNLIKELY(atomic_exchange_explicit(&lock->word, 0, memory_order_release) ==
			2))
		np_futex_wake(&lock->word, 1, false);
}
