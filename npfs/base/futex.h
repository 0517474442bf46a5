/* SPDX-License-Identifier: MIT */
/*
 * Sleeping on a 32-bit word, within a process or across processes.
 *
 * The usual contract: the waker changes the word and then wakes; the sleeper looks at the
 * word, decides to sleep, and passes the value it saw. The kernel compares again under
 * its own lock, so a change between look and sleep is never missed. Every return of the
 * wait except -ETIMEDOUT only means "look again".
 *
 * A word in memory that other processes map is @shared; both sides must agree on that.
 * The kernel keeps one queue for each kind, and a private wake does not reach a shared
 * sleeper.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "npfs/base/clock.h"

int np_futex_wait(_Atomic uint32_t *word, uint32_t expected, int64_t deadline_ns,
		  bool shared);
int np_futex_wake(_Atomic uint32_t *word, int n, bool shared);
