/* SPDX-License-Identifier: MIT */
/*
 * The state of a shared synchronisation object in one 64-bit word
 *
 *	bits 63..48	claimer		holder that is about to take it with others, or 0
 *	bits 47..32	waiters		how many threads wait for it (of a latch: generation)
 *	bits 31..0	value		per shape, below
 *
 * Each function computes the word that follows from a word; the caller swaps it in and
 * begins again when somebody was faster. There is no word that makes a function fail.
 *
 * Three shapes hold the four kinds of object:
 *
 *	counted	auto-reset events and timers (limit 1), semaphores. value: units there
 *		are, in bits 30..0.
 *	latch	manual-reset events and timers. value: 1 when signaled; taking changes
 *		nothing. The generation counts how often it became signaled.
 *	mutex	value: NP_WORD_FREE, NP_WORD_ABANDONED, and its owner in bits 31..16.
 *
 * Why waiters are counted. On Windows a thread that waits is released at the very moment
 * of SetEvent: two SetEvents release two waiters, and who asks without waiting comes too
 * late. A waiter in another process notices later. So a unit that was set while somebody
 * waits belongs to the waiters: the units seen from outside are units - waiters, only a
 * waiter may take one of the rest, and giving compares what is seen from outside with the
 * limit. A thread that has just begun to wait stands behind the others, so it takes only
 * what is left when each of them had one. For the same reason a latch has a generation:
 * who waits is released when it moved, even if the latch was reset since.
 *
 * Only threads that would take it alone are counted. One that waits for several objects
 * at once takes what is seen from outside.
 *
 * Taking several together: each is claimed, in the order of their numbers, then all are
 * taken, or all are let go. A claim takes one unit out of everybody's sight; nobody waits
 * for a claim to end, it counts as "not there" and whoever lets go rings. A reset that
 * meets a claim is noted (NP_WORD_RESET) and done when the claim ends.
 *
 * The end of a holder is one step, np_word_bury(): its claim is let go, its waiters no
 * longer count, and a mutex it owned is free and abandoned. Only the broker does that.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum np_word_shape {
	NP_WORD_COUNTED,
	NP_WORD_LATCH,
	NP_WORD_MUTEX,
};

/* Who takes. */
enum np_word_taker {
	NP_WORD_POLLER,	  /* does not wait, or waits for several at once */
	NP_WORD_NEWCOMER, /* has joined the waiters just now */
	NP_WORD_WAITER,	  /* is among the waiters */
};

#define NP_WORD_UNITS_MAX 0x7fffffffu
#define NP_WORD_RESET	  0x80000000u /* counted: reset when the claim ends */
#define NP_WORD_FREE	  0x1u
#define NP_WORD_ABANDONED 0x2u
#define NP_WORD_AUX_MAX	  0xffffu

static inline uint32_t np_word_value(uint64_t word)
{
	return (uint32_t)word;
}

static inline uint32_t np_word_aux(uint64_t word)
{
	return (uint32_t)(word >> 32) & NP_WORD_AUX_MAX;
}

static inline uint32_t np_word_claimer(uint64_t word)
{
	return (uint32_t)(word >> 48);
}

static inline uint32_t np_word_owner(uint64_t word)
{
	return np_word_value(word) >> 16;
}

static inline uint64_t np_word_make(uint32_t value, uint32_t aux, uint32_t claimer)
{
	return (uint64_t)claimer << 48 | (uint64_t)(aux & NP_WORD_AUX_MAX) << 32 | value;
}

static inline uint64_t np_word_with_value(uint64_t word, uint32_t value)
{
	return (word & ~(uint64_t)UINT32_MAX) | value;
}

/* the first word of an object; @owner: of a mutex, or 0 */
uint64_t np_word_first(enum np_word_shape shape, uint32_t initial, uint32_t owner);

/* taking */
bool np_word_can_take(enum np_word_shape shape, uint64_t word, enum np_word_taker taker,
		      uint32_t since);
bool np_word_take(enum np_word_shape shape, uint64_t word, enum np_word_taker taker,
		  uint32_t since, uint32_t holder, uint64_t *nextp, bool *abandonedp);

/* giving */
bool np_word_give(enum np_word_shape shape, uint64_t word, uint32_t limit, uint32_t n,
		  uint64_t *nextp, uint32_t *previousp);
uint64_t np_word_reset(enum np_word_shape shape, uint64_t word);
uint64_t np_word_pulse(enum np_word_shape shape, uint64_t word);
bool np_word_release(uint64_t word, uint32_t holder, bool abandoned, uint64_t *nextp);

/* waiting */
bool np_word_join(enum np_word_shape shape, uint64_t word, uint64_t *nextp);
uint64_t np_word_leave(enum np_word_shape shape, uint64_t word, uint32_t limit,
		       uint32_t n);

/* several at once */
bool np_word_claim(enum np_word_shape shape, uint64_t word, uint32_t holder,
		   uint64_t *nextp);
bool np_word_commit(enum np_word_shape shape, uint64_t word, uint32_t holder,
		    uint64_t *nextp, bool *abandonedp);
bool np_word_let_go(enum np_word_shape shape, uint64_t word, uint32_t holder,
		    uint64_t *nextp);

/* the end of a holder */
uint64_t np_word_bury(enum np_word_shape shape, uint64_t word, uint32_t limit,
		      uint32_t holder, uint32_t n_waiting);
