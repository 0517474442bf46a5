/* SPDX-License-Identifier: MIT */
/*
 * The handle table: from a HANDLE to an object, its granted access and its flags.
 *
 * A handle is what it is on Windows: a positive 32-bit multiple of four.
 *
 *	bit   31   30 .. 22     21 .. 2     1 .. 0
 *	       0   generation   index       ignored
 *
 * Index 0 is never given out.  A slot's generation moves when its handle is closed, and
 * freed slots go to the far end of a queue, so a stale handle is recognised for 511
 * further lives of its slot.  NULL, INVALID_HANDLE_VALUE, pointers and numbers made up by
 * the program are recognised as such and never touch memory that is not the table's.
 *
 * Looking up takes no lock.  Each slot has one word:
 *
 *	bits 63..49 zero | 48..40 generation | 33 CLOSED | 32 LIVE | 31..0 pins
 *
 * A pin is added first and judged afterwards, on the value the addition returned; a pin
 * that fails is taken back like any other.  CloseHandle sets CLOSED, after which no pin
 * succeeds; whoever finds the word at {LIVE, CLOSED, no pins} and swaps it to the next
 * generation owns the slot and finishes the close, which calls the object's
 * last_handle_closed without any lock held.  Segments never move and are never freed.
 *
 * The highest HANDLE_TABLE_TICKETS indexes are for handles that another process made for
 * this one with DuplicateHandle (deposit.h).  Their values are made of a broker's ticket:
 * its low 14 bits are the index within the range, the 9 above the generation.  Such a slot
 * comes to life when its value is first looked up and not found; what is found is found as
 * fast as any other.  It is never given out by handle_new().
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <windows.h>

#include <npfs/status.h>

#include "kernel32-shim/object.h"

enum {
	HANDLE_TABLE_INDEX_BITS = 20,
	HANDLE_TABLE_TICKETS = 1 << 14, /* indexes kept for handles made elsewhere */
	HANDLE_TABLE_MAX = (1 << HANDLE_TABLE_INDEX_BITS) - HANDLE_TABLE_TICKETS - 1,
	HANDLE_TABLE_GENERATIONS = 512,
};

enum {
	HANDLE_INHERIT = 1u,            /* HANDLE_FLAG_INHERIT */
	HANDLE_PROTECT_FROM_CLOSE = 2u, /* HANDLE_FLAG_PROTECT_FROM_CLOSE */
};

/* One cache line each, so that threads busy with neighbouring handles do not meet. */
struct handle_slot {
	_Alignas(64) _Atomic uint64_t word;
	struct object *_Atomic object; /* counted; valid while LIVE */
	_Atomic uint32_t access;       /* written once, before LIVE; so are the next two */
	_Atomic uint16_t type;         /* of the object: enum object_type */
	_Atomic uint16_t signal_kind;  /* of the object: enum object_signal_kind */
	_Atomic uint32_t flags;        /* HANDLE_INHERIT, HANDLE_PROTECT_FROM_CLOSE */
	uint32_t index;                /* written once, when the segment is made */
	struct handle_slot *next_free; /* under the lock; NULL ends the queue */
};

/* A handle held open for the length of a call that does not block. */
struct handle_pin {
	struct handle_slot *slot; /* NULL for a pseudo handle */
};

/**
 * handle_pin() - look a handle up and keep it from closing until handle_unpin()
 * @type: the kind wanted, or OBJECT_ANY
 * @accessp: receives the access granted when the handle was made; may be NULL
 *
 * GetCurrentProcess() is accepted where a process or anything may stand, and
 * GetCurrentThread() where a thread or anything may.
 *
 * Return: the object, borrowed until handle_unpin(); NULL when the handle is no handle
 * or of another kind (both are ERROR_INVALID_HANDLE), in which case there is nothing to
 * unpin.
 */
struct object *handle_pin(HANDLE h, enum object_type type, uint32_t *accessp,
			  struct handle_pin *pin);

/**
 * handle_pin_plain() - the same in few instructions, for the hot paths
 *
 * Return: the slot, whose object, access and type stay until handle_unpin_plain(); NULL
 * when it is no ordinary open handle, and then handle_pin() says what it is.
 */
static inline struct handle_slot *handle_pin_plain(HANDLE h);
static inline void handle_unpin_plain(struct handle_slot *slot);

/* What a slot that is pinned says, or perhaps says when it is not. */
static inline struct object *handle_slot_object(const struct handle_slot *slot)
{
	return atomic_load_explicit(&slot->object, memory_order_relaxed);
}

static inline uint32_t handle_slot_access(const struct handle_slot *slot)
{
	return atomic_load_explicit(&slot->access, memory_order_relaxed);
}

static inline enum object_type handle_slot_type(const struct handle_slot *slot)
{
	return (enum object_type)atomic_load_explicit(&slot->type, memory_order_relaxed);
}

/**
 * handle_glance() - look at an ordinary handle that may be waited for, in a glance
 *
 * Return: the slot; NULL when that needs a closer look. What the slot says is of this
 * handle as long as handle_glance_holds() says so afterwards.
 */
static inline struct handle_slot *handle_glance(HANDLE h);
static inline bool handle_glance_holds(const struct handle_slot *slot, HANDLE h);

/*
 * Handles closed so far, more or less: it moves before CloseHandle returns, and again before
 * what the handle referred to can end. So what was found behind some handles in one glance
 * is there in another, if the count is what it was before the first; it is read in both
 * with sequential consistency. Alone on its line: it is read often and written seldom.
 */
extern struct handle_closings {
	_Alignas(64) _Atomic uint64_t n;
} handle_closings;

/* End a pin.  Finishes the close when the handle was closed meanwhile. */
void handle_unpin(struct handle_pin *pin);

/* As handle_pin(), for calls that may block: returns a counted reference, or NULL. */
struct object *handle_get(HANDLE h, enum object_type type, uint32_t *accessp);

/**
 * handle_new() - give an object a handle
 *
 * The table takes its own reference; the caller keeps his.
 *
 * Return: the handle; NULL when HANDLE_TABLE_MAX handles exist or memory is short, and
 * then the last error says ERROR_NO_SYSTEM_RESOURCES or ERROR_NOT_ENOUGH_MEMORY.
 */
HANDLE handle_new(struct object *o, uint32_t access, uint32_t flags);

/* As handle_new(), and gives up the caller's reference, also on failure. */
HANDLE handle_new_take(struct object *o, uint32_t access, uint32_t flags);

/**
 * handle_install() - give an object a handle of a value that is known beforehand
 * @h: made in another process, for this one
 *
 * The table takes its own reference; the caller keeps his. A value that is taken stays with
 * whom it belongs to. After the last of them handle_install_done() must be called, before
 * any other handle is made: the constructor of process_block.c does all this before main().
 * Only a handle made of a ticket may be installed at any time.
 *
 * Return: whether @h is the object's handle.
 */
bool handle_install(HANDLE h, struct object *o, uint32_t access, uint32_t flags);
void handle_install_done(void);

/* The value that stands for a broker's ticket, and the ticket of a value; see above. */
HANDLE handle_of_ticket(uint32_t ticket);
bool handle_ticket(HANDLE h, uint32_t *ticketp);

/* The inheritable handles. Each is held for the length of a call of @visit. */
void handle_for_each_inheritable(void (*visit)(HANDLE h, struct object *o,
					       uint32_t access, uint32_t flags, void *user),
				 void *user);

/**
 * handle_close() - close a handle
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_HANDLE for what is no handle and for one
 * protected from closing.  Pseudo handles close successfully and without effect.
 */
npfs_status handle_close(HANDLE h);

/* Flags of a handle.  Both: STATUS_SUCCESS or STATUS_INVALID_HANDLE. */
npfs_status handle_get_flags(HANDLE h, uint32_t *flagsp);
npfs_status handle_set_flags(HANDLE h, uint32_t mask, uint32_t flags);

/* How many handles are open; for tests and GetProcessHandleCount. */
uint32_t handle_count(void);

/* inline */

#define HANDLE_SEGMENT_BITS 8
#define HANDLE_INDEX_SHIFT  2
#define HANDLE_GEN_SHIFT    (HANDLE_INDEX_SHIFT + HANDLE_TABLE_INDEX_BITS)

/* The upper half of a slot's word. */
#define HANDLE_STATE_LIVE      1u
#define HANDLE_STATE_CLOSED    2u
#define HANDLE_STATE_GEN_SHIFT 8

extern _Atomic(struct handle_slot *)
	handle_segments[1 << (HANDLE_TABLE_INDEX_BITS - HANDLE_SEGMENT_BITS)];

/* A pin less, of @now pins and state before: the rest of handle_unpin_plain(). */
void handle_unpin_rest(struct handle_slot *slot, uint64_t now);

/* The slot that the number points at; NULL: there is none. */
static inline struct handle_slot *handle_slot_at(uintptr_t value)
{
	struct handle_slot *segment = atomic_load_explicit(
		&handle_segments[value >> (HANDLE_INDEX_SHIFT + HANDLE_SEGMENT_BITS) &
				 ((1u << (HANDLE_TABLE_INDEX_BITS - HANDLE_SEGMENT_BITS)) - 1)],
		memory_order_acquire);

	return segment ? &segment[value >> HANDLE_INDEX_SHIFT &
				  ((1u << HANDLE_SEGMENT_BITS) - 1)] : NULL;
}

/* What the upper half of the slot's word is while the handle @value is open. */
static inline uint64_t handle_open_state(uintptr_t value)
{
	return (uint64_t)(value >> HANDLE_GEN_SHIFT) << HANDLE_STATE_GEN_SHIFT |
	       HANDLE_STATE_LIVE;
}

static inline struct handle_slot *handle_pin_plain(HANDLE h)
{
	uintptr_t value = (uintptr_t)h;
	struct handle_slot *slot = handle_slot_at(value);
	uint64_t old;

	if (__builtin_expect(!slot, 0))
		return NULL;
	old = atomic_fetch_add_explicit(&slot->word, 1, memory_order_acq_rel);
	/* A value out of range has bits above any generation. */
	if (__builtin_expect(old >> 32 == handle_open_state(value), 1))
		return slot;
	handle_unpin_plain(slot);
	return NULL;
}

static inline void handle_unpin_plain(struct handle_slot *slot)
{
	uint64_t now = atomic_fetch_sub_explicit(&slot->word, 1, memory_order_acq_rel) - 1;

	if (__builtin_expect((now >> 32 & HANDLE_STATE_CLOSED) != 0, 0))
		handle_unpin_rest(slot, now);
}

static inline bool handle_glance_holds(const struct handle_slot *slot, HANDLE h)
{
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&slot->word, memory_order_relaxed) >> 32 ==
	       handle_open_state((uintptr_t)h);
}

static inline struct handle_slot *handle_glance(HANDLE h)
{
	uintptr_t value = (uintptr_t)h;
	struct handle_slot *slot = handle_slot_at(value);

	/* partner: slot_finish() */
	if (__builtin_expect(!slot || atomic_load(&slot->word) >> 32 !=
					      handle_open_state(value), 0))
		return NULL;
	return __builtin_expect((handle_slot_access(slot) & SYNCHRONIZE) != 0, 1) ? slot : NULL;
}
