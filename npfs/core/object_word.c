/* SPDX-License-Identifier: MIT */
/* The steps of a shared object's word. The model is in object_word.h. */
#include "npfs/core/object_word.h"

#include <assert.h>

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t less(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}

/* Units of a counted word or a mutex that are not claimed. */
static uint32_t units_free(enum np_word_shape shape, uint64_t word)
{
	uint32_t value = np_word_value(word);
	uint32_t units = shape == NP_WORD_MUTEX ? value & NP_WORD_FREE :
						  value & NP_WORD_UNITS_MAX;

	return less(units, np_word_claimer(word) ? 1 : 0);
}

/* How many of the units are for others than @taker. */
static uint32_t units_reserved(uint64_t word, enum np_word_taker taker)
{
	switch (taker) {
	case NP_WORD_POLLER:
		return np_word_aux(word);
	case NP_WORD_NEWCOMER:
		return less(np_word_aux(word), 1);
	case NP_WORD_WAITER:
		break;
	}
	return 0;
}

/* Units beyond what the waiters are due and @limit can hold go nowhere. */
static uint64_t units_clamp(uint64_t word, uint32_t limit)
{
	uint32_t value = np_word_value(word);
	uint32_t units = value & NP_WORD_UNITS_MAX;
	uint64_t most = (uint64_t)limit + np_word_aux(word) +
			(np_word_claimer(word) ? 1 : 0);

	if (units > most)
		units = (uint32_t)most;
	return np_word_with_value(word, (value & ~NP_WORD_UNITS_MAX) | units);
}

uint64_t np_word_first(enum np_word_shape shape, uint32_t initial, uint32_t owner)
{
	if (shape != NP_WORD_MUTEX)
		return np_word_make(initial & NP_WORD_UNITS_MAX, 0, 0);
	return np_word_make(owner ? owner << 16 : NP_WORD_FREE, 0, 0);
}

/*
 * np_word_can_take() - is it there for @taker?
 * @since:	of a latch: the generation when the taker began to wait
 */
bool np_word_can_take(enum np_word_shape shape, uint64_t word, enum np_word_taker taker,
		      uint32_t since)
{
	if (shape == NP_WORD_LATCH)
		return (np_word_value(word) & 1u) ||
		       (taker != NP_WORD_POLLER && np_word_aux(word) != since);
	return units_free(shape, word) > units_reserved(word, taker);
}

/*
 * np_word_take() - take it
 * @holder:	becomes the owner of a mutex
 * @abandonedp:	whether it was a mutex its last owner did not release
 *
 * A waiter that takes is no waiter any more.
 *
 * Return: false when it is not there.
 */
bool np_word_take(enum np_word_shape shape, uint64_t word, enum np_word_taker taker,
		  uint32_t since, uint32_t holder, uint64_t *nextp, bool *abandonedp)
{
	uint32_t value = np_word_value(word);
	uint32_t waiters = np_word_aux(word);

	if (!np_word_can_take(shape, word, taker, since))
		return false;
	*abandonedp = false;
	if (shape == NP_WORD_LATCH) {
		*nextp = word;
		return true;
	}
	if (taker != NP_WORD_POLLER)
		waiters = less(waiters, 1);
	if (shape == NP_WORD_MUTEX) {
		*abandonedp = value & NP_WORD_ABANDONED;
		value = holder << 16;
	} else {
		value--;
	}
	*nextp = np_word_make(value, waiters, np_word_claimer(word));
	return true;
}

/*
 * np_word_give() - add @n units to a counted word, or signal a latch
 * @limit:	what may be seen from outside at most
 * @previousp:	what was seen from outside before
 *
 * A unit somebody has claimed is still there for this: the claim may be let go.
 *
 * Return: false when it would be more than the limit.
 */
bool np_word_give(enum np_word_shape shape, uint64_t word, uint32_t limit, uint32_t n,
		  uint64_t *nextp, uint32_t *previousp)
{
	uint32_t value = np_word_value(word);
	uint32_t units = value & NP_WORD_UNITS_MAX;
	uint32_t seen;

	assert(shape != NP_WORD_MUTEX);
	if (shape == NP_WORD_LATCH) {
		*previousp = value & 1u;
		*nextp = value & 1u ? word :
				      np_word_make(1, np_word_aux(word) + 1,
						   np_word_claimer(word));
		return true;
	}
	if (np_word_claimer(word) && (value & NP_WORD_RESET)) {
		/* Reset and set again while claimed: as if neither had been. */
		*previousp = 0;
		*nextp = np_word_with_value(word, value & ~NP_WORD_RESET);
		return true;
	}
	seen = less(units, np_word_aux(word));
	*previousp = min_u32(seen, limit);
	if (n > less(limit, seen) || n > NP_WORD_UNITS_MAX - units)
		return false;
	*nextp = np_word_with_value(word, units + n);
	return true;
}

/* np_word_reset() - an event: what is seen from outside goes, what waiters are due stays */
uint64_t np_word_reset(enum np_word_shape shape, uint64_t word)
{
	bool claimed = np_word_claimer(word) != 0;
	uint32_t units = np_word_value(word) & NP_WORD_UNITS_MAX;

	if (shape == NP_WORD_LATCH)
		return np_word_with_value(word, 0);
	units = min_u32(units, np_word_aux(word) + (claimed ? 1u : 0u));
	return np_word_with_value(word, units | (claimed ? NP_WORD_RESET : 0));
}

/* np_word_pulse() - an event: set and reset in one step */
uint64_t np_word_pulse(enum np_word_shape shape, uint64_t word)
{
	uint64_t next = word;
	uint32_t previous;

	if (shape == NP_WORD_LATCH)
		return np_word_make(0, np_word_aux(word) + 1, np_word_claimer(word));
	if (!np_word_give(shape, word, 1, 1, &next, &previous))
		next = word;
	return np_word_reset(shape, next);
}

/*
 * np_word_release() - a mutex: its owner gives it up
 * @abandoned:	not by releasing it, but by ending
 *
 * Return: false when @holder does not own it.
 */
bool np_word_release(uint64_t word, uint32_t holder, bool abandoned, uint64_t *nextp)
{
	if (np_word_owner(word) != holder || (np_word_value(word) & NP_WORD_FREE))
		return false;
	*nextp = np_word_with_value(word, NP_WORD_FREE |
						  (abandoned ? NP_WORD_ABANDONED : 0));
	return true;
}

/*
 * np_word_join() - one waiter more
 *
 * Return: false when it is not to be counted: of a latch, and beyond 65535 waiters, who
 * then wait as those do who want several objects at once.
 */
bool np_word_join(enum np_word_shape shape, uint64_t word, uint64_t *nextp)
{
	uint32_t waiters = np_word_aux(word);

	if (shape == NP_WORD_LATCH || waiters == NP_WORD_AUX_MAX)
		return false;
	*nextp = np_word_make(np_word_value(word), waiters + 1, np_word_claimer(word));
	return true;
}

/* np_word_leave() - @n waiters less, who took nothing */
uint64_t np_word_leave(enum np_word_shape shape, uint64_t word, uint32_t limit,
		       uint32_t n)
{
	uint64_t next;

	if (shape == NP_WORD_LATCH)
		return word;
	next = np_word_make(np_word_value(word), less(np_word_aux(word), n),
			    np_word_claimer(word));
	return shape == NP_WORD_COUNTED ? units_clamp(next, limit) : next;
}

/*
 * np_word_claim() - hold one unit while others are looked for
 *
 * Not for latches: nothing is taken from them.
 *
 * Return: false when it is not there for a poller.
 */
bool np_word_claim(enum np_word_shape shape, uint64_t word, uint32_t holder,
		   uint64_t *nextp)
{
	assert(shape != NP_WORD_LATCH);
	if (np_word_claimer(word) ||
	    !np_word_can_take(shape, word, NP_WORD_POLLER, 0))
		return false;
	*nextp = np_word_make(np_word_value(word), np_word_aux(word), holder);
	return true;
}

/* What a reset meant that met a claim. */
static uint64_t reset_late(uint64_t word)
{
	uint32_t value = np_word_value(word);

	if (!(value & NP_WORD_RESET))
		return word;
	return np_word_with_value(word, min_u32(value & NP_WORD_UNITS_MAX,
						np_word_aux(word)));
}

/*
 * np_word_commit() - take what @holder has claimed
 *
 * Return: false when the claim is not there any more; only somebody who scribbles can
 * cause that.
 */
bool np_word_commit(enum np_word_shape shape, uint64_t word, uint32_t holder,
		    uint64_t *nextp, bool *abandonedp)
{
	uint32_t value = np_word_value(word);

	if (np_word_claimer(word) != holder)
		return false;
	*abandonedp = false;
	if (shape == NP_WORD_MUTEX) {
		*abandonedp = value & NP_WORD_ABANDONED;
		*nextp = np_word_make(holder << 16, np_word_aux(word), 0);
		return true;
	}
	value = (value & NP_WORD_RESET) | less(value & NP_WORD_UNITS_MAX, 1);
	*nextp = reset_late(np_word_make(value, np_word_aux(word), 0));
	return true;
}

/* np_word_let_go() - give a claim up. Return: false when there is none of @holder. */
bool np_word_let_go(enum np_word_shape shape, uint64_t word, uint32_t holder,
		    uint64_t *nextp)
{
	if (np_word_claimer(word) != holder)
		return false;
	*nextp = np_word_make(np_word_value(word), np_word_aux(word), 0);
	if (shape == NP_WORD_COUNTED)
		*nextp = reset_late(*nextp);
	return true;
}

/*
 * np_word_bury() - @holder has ended
 * @n_waiting:	how many of the waiters were its
 */
uint64_t np_word_bury(enum np_word_shape shape, uint64_t word, uint32_t limit,
		      uint32_t holder, uint32_t n_waiting)
{
	uint64_t next;

	if (shape != NP_WORD_LATCH && np_word_let_go(shape, word, holder, &next))
		word = next;
	word = np_word_leave(shape, word, limit, n_waiting);
	if (shape == NP_WORD_MUTEX && np_word_release(word, holder, true, &next))
		word = next;
	return word;
}
