/* SPDX-License-Identifier: MIT */
/*
 * Waits that only glance.  The model is in wait_glance.h.
 *
 * The first object is looked at last, by both ways: what was set before one that is found
 * is seen, so the first of two is never passed over for the second.
 */
#include "kernel32-shim/wait_glance.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "kernel32-shim/glance.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/thread.h"

enum { GROUP = 8 }; /* objects that are looked at before anything is decided */

enum look {
	LOOK_NOTHING,
	LOOK_FOUND,
	LOOK_UNUSUAL,
};

/* The object behind a handle, if it keeps its state in its signal word. */
static inline struct object *glance_at(HANDLE h, struct handle_slot **slotp)
{
	struct handle_slot *slot = handle_glance(h);

	if (!slot || atomic_load_explicit(&slot->signal_kind, memory_order_relaxed) ==
			     OBJECT_SIGNAL_COMPUTED)
		return NULL;
	*slotp = slot;
	return handle_slot_object(slot);
}

/* handle by handle */

static enum look look_at_few(const HANDLE *handles, DWORD n, struct object **foundp,
			     DWORD *atp)
{
	enum look look = LOOK_NOTHING;

	for (DWORD i = n; i-- > 0;) {
		struct handle_slot *slot;
		struct object *o = glance_at(handles[i], &slot);
		uint32_t signal;

		if (!o)
			return LOOK_UNUSUAL;
		signal = atomic_load_explicit(&o->signal, memory_order_acquire);
		if (!signal)
			continue;
		if (((signal & OBJECT_WAITERS) && o->shared) ||
		    !handle_glance_holds(slot, handles[i]))
			return LOOK_UNUSUAL;
		if (signal & OBJECT_SIGNALED) {
			look = LOOK_FOUND;
			*foundp = o;
			*atp = i;
		}
	}
	return look;
}

/* what is known */

static inline bool is_known(const struct wait_known *known, const HANDLE *handles, DWORD n)
{
	return known->n == n && known->closings == atomic_load(&handle_closings.n) &&
	       memcmp(known->handles, handles, n * sizeof(*handles)) == 0;
}

/* Find out. What is not as simple as that is not known afterwards either. */
static bool learn(struct wait_known *known, const HANDLE *handles, DWORD n)
{
	known->n = 0;
	known->n_uses = 0;
	known->is_hinted = false;
	known->closings = atomic_load(&handle_closings.n);
	for (DWORD i = 0; i < n; i++) {
		struct handle_slot *slot;

		known->handles[i] = handles[i];
		known->objects[i] = glance_at(known->handles[i], &slot);
		if (!known->objects[i])
			return false;
	}
	/*
	 * If no handle was closed meanwhile, each slot spoke of its handle throughout. Partner
	 * of the fence: slot_fill().
	 */
	atomic_thread_fence(memory_order_acquire);
	if (atomic_load(&handle_closings.n) != known->closings)
		return false;
	known->n = n;
	return true;
}

static inline uint32_t signal_of(struct object *const *o)
{
	return atomic_load_explicit(&(*o)->signal, memory_order_acquire);
}

/* Whether there is anything in the words of GROUP objects. */
static inline bool is_any_there(struct object *const *o)
{
	return ((signal_of(o) | signal_of(o + 1)) | (signal_of(o + 2) | signal_of(o + 3))) |
	       ((signal_of(o + 4) | signal_of(o + 5)) | (signal_of(o + 6) | signal_of(o + 7)));
}

/* Which of @n objects are set, as bits; the first is looked at last. */
static inline uint32_t set_among(struct object *const *o, DWORD n, bool *is_unusualp)
{
	uint32_t set = 0;

	while (n-- > 0) {
		uint32_t signal = signal_of(&o[n]);

		set = set << 1 | (signal & OBJECT_SIGNALED);
		if (__builtin_expect((signal & OBJECT_WAITERS) != 0, 0))
			*is_unusualp |= o[n]->shared != NULL;
	}
	return set;
}

static inline enum look look_at_known(const struct wait_known *known, struct object **foundp,
				      DWORD *atp)
{
	DWORD first = known->n - known->n % GROUP, first_found = first;
	bool is_unusual = false;
	uint32_t found = set_among(&known->objects[first], known->n % GROUP, &is_unusual);

	while (first) {
		uint32_t set;

		first -= GROUP;
		if (__builtin_expect(!is_any_there(&known->objects[first]), 1))
			continue;
		set = set_among(&known->objects[first], GROUP, &is_unusual);
		first_found = set ? first : first_found;
		found = set ? set : found;
	}
	if (is_unusual || !found)
		return is_unusual ? LOOK_UNUSUAL : LOOK_NOTHING;
	*atp = first_found + (DWORD)__builtin_ctz(found);
	*foundp = known->objects[*atp];
	return LOOK_FOUND;
}

/* hints */

/* All that were ever made; one is added by a swap and never leaves. */
static struct object_board *_Atomic boards;

/* A board for the calling thread; NULL without memory. */
static struct object_board *board_take(void)
{
	struct object_board *board = atomic_load(&boards);

	for (; board; board = board->next) {
		bool is_taken = false;

		if (!atomic_load(&board->is_taken) &&
		    atomic_compare_exchange_strong(&board->is_taken, &is_taken, true))
			return board;
	}
	board = aligned_alloc(_Alignof(struct object_board), sizeof(*board));
	if (!board)
		return NULL;
	atomic_init(&board->hints, 0);
	atomic_init(&board->is_lost, false);
	atomic_init(&board->is_taken, true);
	board->next = atomic_load(&boards);
	while (!atomic_compare_exchange_weak(&boards, &board->next, board))
		;
	return board;
}

void wait_known_forget(struct wait_known *known)
{
	known->n = 0;
	known->is_hinted = false;
	if (known->board)
		atomic_store(&known->board->is_taken, false);
	known->board = NULL;
}

/* Give @o a place, having told the thread of the board where it had one. Dispatcher lock. */
static void place_give(struct object *o, char *place)
{
	char *old = atomic_load(&o->place);

	if (old == place)
		return;
	if (old && object_place_board(old) != object_place_board(place))
		atomic_store(&object_place_board(old)->is_lost, true);
	atomic_store(&o->place, place);
}

/*
 * Let the objects leave hints. The first of several that are the same gets the place. There
 * is a hint for each to begin with: who sets one and does not see its place has set it
 * before it is looked at.
 *
 * Places are given under the dispatcher lock, so that nobody loses one whose board has been
 * told before its thread begins anew.
 */
static void hints_begin(struct wait_known *known)
{
	struct object_board *board;

	if (known->n_losses >= WAIT_LOSSES_MAX)
		return;
	if (!known->board)
		known->board = board_take();
	board = known->board;
	if (!board)
		return;
	dispatcher_lock();
	atomic_store(&board->is_lost, false);
	for (DWORD i = known->n; i-- > 0;)
		place_give(known->objects[i], (char *)board + i);
	atomic_store(&board->hints, UINT64_MAX >> (OBJECT_BOARD_PLACES - known->n));
	dispatcher_unlock();
	known->is_hinted = true;
}

/*
 * Where there are hints, the first last; each look at the hints comes after that at the
 * object before. Return: false when the board turns out to be lost.
 */
static inline bool look_at_hinted(struct wait_known *known, enum look *lookp,
				  struct object **foundp, DWORD *atp)
{
	struct object_board *board = known->board;
	uint64_t rest = UINT64_MAX >> (OBJECT_BOARD_PLACES - known->n), hints;

	*lookp = LOOK_NOTHING;
	while ((hints = atomic_load(&board->hints) & rest) != 0) {
		DWORD i = 63 - (DWORD)__builtin_clzll(hints);
		uint64_t hint = UINT64_C(1) << i;
		struct object *o = known->objects[i];
		uint32_t signal = atomic_load(&o->signal);

		if (!signal) {
			atomic_fetch_and(&board->hints, ~hint);
			signal = atomic_load(&o->signal);
			if (signal)
				atomic_fetch_or(&board->hints, hint);
		}
		if ((signal & OBJECT_WAITERS) && o->shared) {
			*lookp = LOOK_UNUSUAL;
			return true;
		}
		if (signal & OBJECT_SIGNALED) {
			*lookp = LOOK_FOUND;
			*foundp = o;
			*atp = i;
		}
		rest = hint - 1;
	}
	return !atomic_load(&board->is_lost);
}

static inline enum look look_at_many(const HANDLE *handles, DWORD n, struct object **foundp,
				     DWORD *atp)
{
	struct wait_known *known = &thread_self()->known;
	enum look look;

	if (!is_known(known, handles, n) && !learn(known, handles, n))
		return LOOK_UNUSUAL;
	if (known->is_hinted) {
		if (look_at_hinted(known, &look, foundp, atp))
			return look;
		known->is_hinted = false;
		known->n_uses = 0;
		known->n_losses++;
	} else if (++known->n_uses == WAIT_USES_MIN) {
		hints_begin(known);
	}
	return look_at_known(known, foundp, atp);
}

bool wait_glance(const HANDLE *handles, DWORD n, DWORD *resultp)
{
	_Atomic uint32_t *counter = glance_begin();
	struct object *found = NULL;
	DWORD at = 0;
	enum look look = n < WAIT_KNOWN_MIN ? look_at_few(handles, n, &found, &at)
					    : look_at_many(handles, n, &found, &at);
	bool is_done = look == LOOK_FOUND && object_take_flag(found);

	glance_end(counter);
	*resultp = WAIT_OBJECT_0 + at;
	return is_done;
}
