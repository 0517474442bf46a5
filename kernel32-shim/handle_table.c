/* SPDX-License-Identifier: MIT */
/*
 * The handle table.  Model, bit layouts and the closing protocol are in handle_table.h.
 *
 * The lock guards making and freeing slots only: the free queue, the segment directory's
 * growth and the count.  A slot's object, access and flags are written by its maker
 * before LIVE is released, and stay put until the close has been claimed.
 */
#include "kernel32-shim/handle_table.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "kernel32-shim/deposit.h"
#include "kernel32-shim/process.h"
#include "kernel32-shim/thread.h"

#define SEGMENT_BITS  HANDLE_SEGMENT_BITS
#define SEGMENT_SLOTS (1u << SEGMENT_BITS)
#define N_SEGMENTS    (1u << (HANDLE_TABLE_INDEX_BITS - SEGMENT_BITS))

#define WORD_PIN       UINT64_C(1)
#define WORD_PINS      UINT64_C(0xffffffff)
#define WORD_LIVE      ((uint64_t)HANDLE_STATE_LIVE << 32)
#define WORD_CLOSED    ((uint64_t)HANDLE_STATE_CLOSED << 32)
#define WORD_GEN_SHIFT (32 + HANDLE_STATE_GEN_SHIFT)
#define WORD_GEN_MASK  ((uint64_t)(HANDLE_TABLE_GENERATIONS - 1) << WORD_GEN_SHIFT)

#define INDEX_MASK    ((1u << HANDLE_TABLE_INDEX_BITS) - 1)
#define FIRST_TICKET  (HANDLE_TABLE_MAX + 1u) /* index; a whole number of segments */
#define TICKET_BITS   14
#define N_OWN_SEGMENTS (FIRST_TICKET >> SEGMENT_BITS)

_Atomic(struct handle_slot *) handle_segments[N_SEGMENTS];
struct handle_closings handle_closings;

static struct {
	pthread_mutex_t lock;
	uint32_t n_segments;
	struct handle_slot *free_head; /* oldest freed slot, given out next */
	struct handle_slot *free_tail;
	uint32_t n_handles;
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void table_before_fork(void)
{
	pthread_mutex_lock(&table.lock);
}

static void table_after_fork(void)
{
	pthread_mutex_unlock(&table.lock);
}

__attribute__((constructor)) static void table_survives_fork(void)
{
	pthread_atfork(table_before_fork, table_after_fork, table_after_fork);
}

static struct handle_slot *slot_at(uint32_t index)
{
	struct handle_slot *segment = atomic_load_explicit(
		&handle_segments[index >> SEGMENT_BITS], memory_order_acquire);

	return segment ? &segment[index & (SEGMENT_SLOTS - 1)] : NULL;
}

/* The slot a handle value points at and the generation it claims; NULL for nonsense. */
static struct handle_slot *slot_of(HANDLE h, uint64_t *genp)
{
	uintptr_t value = (uintptr_t)h;
	uint32_t index;

	if (value > INT32_MAX)
		return NULL;
	index = (value >> HANDLE_INDEX_SHIFT) & INDEX_MASK;
	if (index == 0)
		return NULL;
	*genp = (uint64_t)(value >> HANDLE_GEN_SHIFT) << WORD_GEN_SHIFT;
	return slot_at(index);
}

static HANDLE slot_handle(const struct handle_slot *slot, uint64_t gen)
{
	uintptr_t value = (uintptr_t)(gen >> WORD_GEN_SHIFT) << HANDLE_GEN_SHIFT;

	value |= (uintptr_t)slot->index << HANDLE_INDEX_SHIFT;
	return (HANDLE)
		value; /* NOLINT(performance-no-int-to-ptr): a HANDLE is a number */
}

static void free_queue_push(struct handle_slot *slot)
{
	slot->next_free = NULL;
	if (table.free_tail)
		table.free_tail->next_free = slot;
	else
		table.free_head = slot;
	table.free_tail = slot;
}

static struct handle_slot *free_queue_pop(void)
{
	struct handle_slot *slot = table.free_head;

	if (!slot)
		return NULL;
	table.free_head = slot->next_free;
	if (!table.free_head)
		table.free_tail = NULL;
	return slot;
}

static struct handle_slot *segment_new(uint32_t base)
{
	struct handle_slot *segment = aligned_alloc(_Alignof(struct handle_slot),
						    SEGMENT_SLOTS * sizeof(*segment));

	if (!segment)
		return NULL;
	for (uint32_t i = 0; i < SEGMENT_SLOTS; i++) {
		atomic_init(&segment[i].word, 0);
		atomic_init(&segment[i].flags, 0);
		atomic_init(&segment[i].object, NULL);
		atomic_init(&segment[i].access, 0);
		atomic_init(&segment[i].type, OBJECT_ANY);
		atomic_init(&segment[i].signal_kind, OBJECT_SIGNAL_COMPUTED);
		segment[i].index = base + i;
		segment[i].next_free = NULL;
	}
	return segment;
}

/* One segment more.  0 or the Win32 error that says why not. */
static DWORD table_grow(void)
{
	struct handle_slot *segment;
	uint32_t base = table.n_segments << SEGMENT_BITS;

	if (table.n_segments == N_OWN_SEGMENTS)
		return ERROR_NO_SYSTEM_RESOURCES;
	segment = segment_new(base);
	if (!segment)
		return ERROR_NOT_ENOUGH_MEMORY;
	atomic_store_explicit(&handle_segments[table.n_segments], segment, memory_order_release);
	table.n_segments++;
	for (uint32_t i = base ? 0 : 1; i < SEGMENT_SLOTS; i++)
		free_queue_push(&segment[i]);
	return 0;
}

/* Before LIVE says so. The fence's partners are in handle_glance_holds() and learn(). */
static void slot_fill(struct handle_slot *slot, struct object *o, uint32_t access,
		      uint32_t flags)
{
	atomic_thread_fence(memory_order_release);
	atomic_store_explicit(&slot->object, o, memory_order_relaxed);
	atomic_store_explicit(&slot->access, access, memory_order_relaxed);
	atomic_store_explicit(&slot->type, (uint16_t)o->ops->type, memory_order_relaxed);
	atomic_store_explicit(&slot->signal_kind, (uint16_t)o->ops->signal_kind,
			      memory_order_relaxed);
	atomic_store_explicit(&slot->flags, flags, memory_order_relaxed);
}

HANDLE handle_new(struct object *o, uint32_t access, uint32_t flags)
{
	struct handle_slot *slot;
	uint64_t old;
	DWORD error = 0;

	pthread_mutex_lock(&table.lock);
	slot = free_queue_pop();
	if (!slot) {
		error = table_grow();
		slot = error ? NULL : free_queue_pop();
	}
	if (slot)
		table.n_handles++;
	pthread_mutex_unlock(&table.lock);
	if (!slot) {
		thread_last_error = error;
		return NULL;
	}
	object_ref(o);
	object_hold(o);
	slot_fill(slot, o, access, flags);
	old = atomic_fetch_or_explicit(&slot->word, WORD_LIVE, memory_order_acq_rel);
	return slot_handle(slot, old & WORD_GEN_MASK);
}

HANDLE handle_new_take(struct object *o, uint32_t access, uint32_t flags)
{
	HANDLE h = handle_new(o, access, flags);

	object_unref(o);
	return h;
}

/* The segment of an index that is made of a ticket, if it is not there.  Lock held. */
static void ticket_segment_make(uint32_t index)
{
	struct handle_slot *segment;

	if (slot_at(index))
		return;
	segment = segment_new(index & ~(SEGMENT_SLOTS - 1));
	if (segment)
		atomic_store_explicit(&handle_segments[index >> SEGMENT_BITS], segment,
				      memory_order_release);
}

bool handle_install(HANDLE h, struct object *o, uint32_t access, uint32_t flags)
{
	uintptr_t value = (uintptr_t)h;
	uint32_t index = (value >> HANDLE_INDEX_SHIFT) & INDEX_MASK;
	struct handle_slot *slot = NULL;
	uint64_t gen;
	bool is_free;

	if (value > INT32_MAX || index == 0)
		return false;
	pthread_mutex_lock(&table.lock);
	if (index >= FIRST_TICKET)
		ticket_segment_make(index);
	while (index < FIRST_TICKET && index >> SEGMENT_BITS >= table.n_segments &&
	       table_grow() == 0)
		;
	slot = slot_of(h, &gen);
	is_free = slot && !(atomic_load(&slot->word) & WORD_LIVE);
	if (is_free) {
		uint64_t old = atomic_load(&slot->word);

		table.n_handles++;
		object_ref(o);
		object_hold(o);
		slot_fill(slot, o, access, flags);
		/* A lookup that fails may have it pinned for a moment. */
		while (!atomic_compare_exchange_weak_explicit(
			&slot->word, &old, (old & WORD_PINS) | gen | WORD_LIVE,
			memory_order_acq_rel, memory_order_relaxed))
			;
	}
	pthread_mutex_unlock(&table.lock);
	return is_free;
}

HANDLE handle_of_ticket(uint32_t ticket)
{
	uintptr_t index = FIRST_TICKET + (ticket & (HANDLE_TABLE_TICKETS - 1));
	uintptr_t gen = ticket >> TICKET_BITS & (HANDLE_TABLE_GENERATIONS - 1);

	return (HANDLE)(gen << HANDLE_GEN_SHIFT | /* NOLINT(performance-no-int-to-ptr) */
			index << HANDLE_INDEX_SHIFT);
}

bool handle_ticket(HANDLE h, uint32_t *ticketp)
{
	uintptr_t value = (uintptr_t)h;
	uint32_t index = (value >> HANDLE_INDEX_SHIFT) & INDEX_MASK;

	if (value > INT32_MAX || index < FIRST_TICKET)
		return false;
	*ticketp = (uint32_t)(value >> HANDLE_GEN_SHIFT) << TICKET_BITS |
		   (index - FIRST_TICKET);
	return true;
}

/* The free queue anew: what was installed is still in it. */
void handle_install_done(void)
{
	pthread_mutex_lock(&table.lock);
	table.free_head = table.free_tail = NULL;
	for (uint32_t i = 1; i < table.n_segments << SEGMENT_BITS; i++) {
		struct handle_slot *slot = slot_at(i);

		if (slot && !(atomic_load(&slot->word) & WORD_LIVE))
			free_queue_push(slot);
	}
	pthread_mutex_unlock(&table.lock);
}

/*
 * The end of a close, for whoever sees a closed slot without pins.  Several may think
 * they do, because a lookup that fails pins for a moment; the swap picks one, and the
 * one that failed it will come here again when it unpins.
 *
 * The swap is sequentially consistent for the sake of those who only glance at the slot:
 * a glance that did not see it began before, and so is seen when the object ends. The same
 * holds for the count of closings.
 */
static void slot_finish(struct handle_slot *slot, uint64_t word)
{
	uint64_t gen = (word + (UINT64_C(1) << WORD_GEN_SHIFT)) & WORD_GEN_MASK;
	struct object *o;

	if (!atomic_compare_exchange_strong(&slot->word, &word, gen))
		return;
	atomic_fetch_add(&handle_closings.n, 1);
	o = handle_slot_object(slot);
	atomic_store_explicit(&slot->object, NULL, memory_order_relaxed);
	pthread_mutex_lock(&table.lock);
	if (slot->index < FIRST_TICKET)
		free_queue_push(slot);
	table.n_handles--;
	pthread_mutex_unlock(&table.lock);
	object_release(o);
	object_unref(o);
}

void handle_unpin_rest(struct handle_slot *slot, uint64_t now)
{
	if ((now & WORD_CLOSED) && !(now & WORD_PINS))
		slot_finish(slot, now);
}

static bool word_is_open(uint64_t word, uint64_t gen)
{
	return (word & (WORD_GEN_MASK | WORD_LIVE | WORD_CLOSED)) == (gen | WORD_LIVE);
}

static struct object *pseudo_object(HANDLE h, enum object_type type, uint32_t *accessp)
{
	struct object *o = NULL;

	if (h == GetCurrentProcess() && (type == OBJECT_PROCESS || type == OBJECT_ANY))
		o = process_self();
	else if (h == GetCurrentThread() && (type == OBJECT_THREAD || type == OBJECT_ANY))
		o = &thread_self()->object;
	if (o && accessp)
		*accessp = UINT32_MAX;
	return o;
}

/* What an ordinary lookup did not find: perhaps another process has made it for us. */
static __attribute__((noinline, cold)) struct object *
handle_pin_missed(HANDLE h, enum object_type type, uint32_t *accessp,
		  struct handle_pin *pin)
{
	pin->slot = NULL;
	if (deposit_fetch(h))
		return handle_pin(h, type, accessp, pin);
	return pseudo_object(h, type, accessp);
}

struct object *handle_pin(HANDLE h, enum object_type type, uint32_t *accessp,
			  struct handle_pin *pin)
{
	struct handle_slot *slot = handle_pin_plain(h);

	if (!slot)
		return handle_pin_missed(h, type, accessp, pin);
	if (type != OBJECT_ANY && handle_slot_type(slot) != type) {
		handle_unpin_plain(slot);
		return NULL;
	}
	if (accessp)
		*accessp = handle_slot_access(slot);
	pin->slot = slot;
	return handle_slot_object(slot);
}

void handle_unpin(struct handle_pin *pin)
{
	if (pin->slot)
		handle_unpin_plain(pin->slot);
	pin->slot = NULL;
}

struct object *handle_get(HANDLE h, enum object_type type, uint32_t *accessp)
{
	struct handle_pin pin;
	struct object *o = handle_pin(h, type, accessp, &pin);

	if (!o)
		return NULL;
	object_ref(o);
	handle_unpin(&pin);
	return o;
}

npfs_status handle_close(HANDLE h)
{
	uint64_t gen;
	struct handle_slot *slot = slot_of(h, &gen);
	uint64_t old;

	if (!slot) {
		if (h == GetCurrentProcess() || h == GetCurrentThread())
			return STATUS_SUCCESS;
		return deposit_fetch(h) ? handle_close(h) : STATUS_INVALID_HANDLE;
	}
	old = atomic_load_explicit(&slot->word, memory_order_acquire);
	do {
		if (!word_is_open(old, gen))
			return deposit_fetch(h) ? handle_close(h) : STATUS_INVALID_HANDLE;
		if (atomic_load_explicit(&slot->flags, memory_order_relaxed) &
		    HANDLE_PROTECT_FROM_CLOSE)
			return STATUS_INVALID_HANDLE;
	} while (!atomic_compare_exchange_weak_explicit(
		&slot->word, &old, old | WORD_CLOSED, memory_order_acq_rel,
		memory_order_acquire));
	/* Whoever has it pinned finishes the close, but it is closed for all from now on. */
	if (old & WORD_PINS)
		atomic_fetch_add(&handle_closings.n, 1);
	else
		slot_finish(slot, old | WORD_CLOSED);
	return STATUS_SUCCESS;
}

npfs_status handle_get_flags(HANDLE h, uint32_t *flagsp)
{
	struct handle_pin pin;

	if (!handle_pin(h, OBJECT_ANY, NULL, &pin) || !pin.slot)
		return STATUS_INVALID_HANDLE;
	*flagsp = atomic_load_explicit(&pin.slot->flags, memory_order_relaxed);
	handle_unpin(&pin);
	return STATUS_SUCCESS;
}

npfs_status handle_set_flags(HANDLE h, uint32_t mask, uint32_t flags)
{
	struct handle_pin pin;
	uint32_t old;

	if (!handle_pin(h, OBJECT_ANY, NULL, &pin) || !pin.slot)
		return STATUS_INVALID_HANDLE;
	old = atomic_load_explicit(&pin.slot->flags, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(
		&pin.slot->flags, &old, (old & ~mask) | (flags & mask),
		memory_order_relaxed, memory_order_relaxed))
		;
	handle_unpin(&pin);
	return STATUS_SUCCESS;
}

void handle_for_each_inheritable(void (*visit)(HANDLE h, struct object *o,
					       uint32_t access, uint32_t flags, void *user),
				 void *user)
{
	uint32_t n;

	pthread_mutex_lock(&table.lock);
	n = table.n_segments << SEGMENT_BITS;
	pthread_mutex_unlock(&table.lock);
	for (uint32_t i = 1; i < n; i++) {
		struct handle_slot *slot = slot_at(i);
		struct handle_pin pin;
		struct object *o;
		uint32_t access, flags;
		uint64_t word = 0;
		HANDLE h;

		if (slot)
			word = atomic_load_explicit(&slot->word, memory_order_acquire);
		if (!(word & WORD_LIVE))
			continue;
		h = slot_handle(slot, word & WORD_GEN_MASK);
		o = handle_pin(h, OBJECT_ANY, &access, &pin);
		if (!o)
			continue;
		flags = atomic_load_explicit(&slot->flags, memory_order_relaxed);
		if (flags & HANDLE_INHERIT)
			visit(h, o, access, flags, user);
		handle_unpin(&pin);
	}
}

uint32_t handle_count(void)
{
	uint32_t n;

	pthread_mutex_lock(&table.lock);
	n = table.n_handles;
	pthread_mutex_unlock(&table.lock);
	return n;
}
