/* SPDX-License-Identifier: MIT */
/*
 * What a handle refers to.
 *
 * Every kind of thing a Win32 program can hold a handle to embeds a struct object as
 * its first member.  The object knows its kind (ops), how many owners keep its memory
 * (refs), how many handles name it (n_handles), and who waits for it.
 *
 * Two lives, one inside the other:
 *
 *	refs       keeps the memory.  Handles, waits and requests in flight own one each.
 *	           The last one calls ops->destroy.
 *	n_handles  keeps the thing open.  The last one calls ops->last_handle_closed,
 *	           with no lock held and while a reference still exists.
 *
 * The signal word:
 *
 *	bit 0  OBJECT_SIGNALED  the object's own flag (files, events, threads)
 *	bit 1  OBJECT_WAITERS   somebody is, or is about to be, on the waiter list
 *
 * OBJECT_WAITERS changes only under the dispatcher lock (wait.h).  While it is clear,
 * anybody may change OBJECT_SIGNALED with a compare-and-swap and without a lock; while
 * it is set, OBJECT_SIGNALED too changes only under the dispatcher lock.  That makes a
 * signal or a reset of an object nobody waits for one atomic operation, and still
 * keeps every set visible to every waiter it ought to release.
 *
 * A thread that waits for the same many objects again and again keeps a board of hints, and
 * each of them has its place there (wait_glance.h). Whoever makes an object ready leaves a
 * hint afterwards.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <windows.h>

struct npfs_object;
struct npfs_parcel;
struct object;
struct thread;

enum object_type {
	OBJECT_ANY,
	OBJECT_EVENT,
	OBJECT_MUTEX,
	OBJECT_SEMAPHORE,
	OBJECT_TIMER,
	OBJECT_THREAD,
	OBJECT_PROCESS,
	OBJECT_DISK_FILE,
	OBJECT_CONSOLE,
	OBJECT_PIPE,
	OBJECT_PORT,
	OBJECT_FIND,
	OBJECT_TOKEN,
};

/* How an object's readiness is kept: in the signal word, or computed by its ops. */
enum object_signal_kind {
	OBJECT_SIGNAL_MANUAL,   /* the flag; a satisfied wait leaves it set */
	OBJECT_SIGNAL_AUTO,     /* the flag; a satisfied wait takes it away */
	OBJECT_SIGNAL_COMPUTED, /* is_ready and acquire know */
};

enum {
	OBJECT_SIGNALED = 1u,
	OBJECT_WAITERS = 2u,
};

/* A circular doubly linked list, intrusive; a lone node points at itself. */
struct object_link {
	struct object_link *next;
	struct object_link *prev;
};

struct object_ops {
	enum object_type type;
	enum object_signal_kind signal_kind;
	const char *name;
	/*
	 * Both run under the dispatcher lock; the flag they look at cannot be changed by
	 * others then. acquire answers whether it took over an abandoned mutex.
	 */
	bool (*is_ready)(struct object *o, struct thread *self);
	bool (*acquire)(struct object *o, struct thread *self);
	void (*last_handle_closed)(struct object *o);
	void (*destroy)(struct object *o);
	/*
	 * Pack the object for another process, for a handle with this access: 0 and a
	 * parcel the caller frees, or an error of Windows. NULL: it cannot leave this
	 * process.
	 */
	DWORD (*pack)(struct object *o, uint32_t access, struct npfs_parcel *parcelp);
};

/*
 * Where one thread is told which of its objects to look at. Boards are never freed, so a hint
 * may be left late, on one that has other objects by then; a hint too many does no harm. The
 * address of the board's n-th byte stands for its n-th place.
 */
enum { OBJECT_BOARD_PLACES = 64 };

struct object_board {
	_Alignas(OBJECT_BOARD_PLACES) _Atomic uint64_t hints; /* one bit each */
	_Atomic bool is_lost; /* one of its objects has its place on another board */
	_Atomic bool is_taken; /* by a thread */
	struct object_board *next; /* written before others see it */
};

struct object {
	const struct object_ops *ops;
	_Atomic uint32_t refs;
	_Atomic uint32_t n_handles;
	_Atomic uint32_t signal;
	char *_Atomic place; /* on a board, or NULL; changes under the dispatcher lock */
	struct object_link waiters; /* dispatcher lock; wait blocks, first come first */
	/*
	 * Owned, or NULL: where the state is when other processes have it too; set once,
	 * under the dispatcher lock (shared_object.h).
	 */
	struct npfs_object *_Atomic shared;
	struct object *next_retired; /* no reference is left: glance.h */
};

/* links */

static inline void object_link_init(struct object_link *link)
{
	link->next = link->prev = link;
}

static inline bool object_link_is_empty(const struct object_link *head)
{
	return head->next == head;
}

static inline void object_link_push_back(struct object_link *head,
					 struct object_link *link)
{
	link->prev = head->prev;
	link->next = head;
	head->prev->next = link;
	head->prev = link;
}

static inline void object_link_push_front(struct object_link *head,
					  struct object_link *link)
{
	object_link_push_back(head->next, link);
}

static inline void object_link_remove(struct object_link *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	object_link_init(link);
}

#define object_container(ptr, type, member)                                              \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* objects */

/**
 * object_init() - make an embedded object, with one reference that the caller owns
 * @signaled: initial state of its flag; files start signaled
 */
void object_init(struct object *o, const struct object_ops *ops, bool signaled);

/* Another owner of the memory.  Returns @o. */
struct object *object_ref(struct object *o);

/* The same for one that may be about to be destroyed; false: it is. */
bool object_ref_if_alive(struct object *o);

/* One owner less; the last destroys.  NULL is accepted.  Returns NULL. */
struct object *object_unref(struct object *o);

/*
 * One handle more or less than the table knows of.  A creator that publishes an object
 * under a name holds it open with object_hold() until its first handle exists;
 * object_hold_if_open() fails when the last handle has gone.
 */
void object_hold(struct object *o);
bool object_hold_if_open(struct object *o);
void object_release(struct object *o);

/* Default operations: readiness is the flag; acquiring, closing do nothing; free(). */
bool object_ready_by_flag(struct object *o, struct thread *self);
bool object_acquire_nothing(struct object *o, struct thread *self);
bool object_acquire_flag(struct object *o, struct thread *self);
void object_closed_nothing(struct object *o);
void object_destroy_free(struct object *o);
void object_destroy_nothing(struct object *o);

/* hints; any thread may call these, holding any lock */

static inline unsigned object_place_index(const char *place)
{
	return (uintptr_t)place % OBJECT_BOARD_PLACES;
}

static inline struct object_board *object_place_board(char *place)
{
	return (struct object_board *)(void *)(place - object_place_index(place));
}

static inline void object_hint_at(char *place)
{
	struct object_board *board = object_place_board(place);
	uint64_t hint = UINT64_C(1) << object_place_index(place);

	if (!(atomic_load(&board->hints) & hint))
		atomic_fetch_or(&board->hints, hint);
}

/*
 * Say that @o may be ready. Sequentially consistent, and so is the change that made it so:
 * partners are hints_begin() and look_at_hinted().
 */
static inline void object_hint(const struct object *o)
{
	char *place = atomic_load(&o->place);

	if (__builtin_expect(place != NULL, 0))
		object_hint_at(place);
}

/* the flag; any thread may call these, holding any lock but the dispatcher's */

void object_signal_slow(struct object *o);
void object_reset_slow(struct object *o);

static inline bool object_is_signaled(const struct object *o)
{
	return atomic_load_explicit(&o->signal, memory_order_acquire) & OBJECT_SIGNALED;
}

/* Set the flag and release whoever waits for it. */
static inline void object_signal(struct object *o)
{
	uint32_t old = atomic_load_explicit(&o->signal, memory_order_relaxed);

	do {
		if (old & OBJECT_WAITERS) {
			object_signal_slow(o);
			return;
		}
	} while (!atomic_compare_exchange_weak_explicit(
		&o->signal, &old, old | OBJECT_SIGNALED, memory_order_seq_cst,
		memory_order_relaxed));
	object_hint(o);
}

/* Clear the flag. */
static inline void object_reset(struct object *o)
{
	uint32_t old = atomic_load_explicit(&o->signal, memory_order_relaxed);

	do {
		if (old == 0)
			return;
		if (old & OBJECT_WAITERS) {
			/* A shared one keeps its flag elsewhere. */
			if ((old & OBJECT_SIGNALED) || o->shared)
				object_reset_slow(o);
			return;
		}
	} while (!atomic_compare_exchange_weak_explicit(
		&o->signal, &old, old & ~OBJECT_SIGNALED, memory_order_acq_rel,
		memory_order_relaxed));
}

/*
 * Satisfy a wait for one object kept in its signal word, when it is ready and nobody is on
 * its list. Of one that others have too the flag is elsewhere, and not found here.
 */
static inline bool object_take_flag(struct object *o)
{
	uint32_t ready = OBJECT_SIGNALED;

	switch (o->ops->signal_kind) {
	case OBJECT_SIGNAL_MANUAL:
		return object_is_signaled(o);
	case OBJECT_SIGNAL_AUTO:
		return atomic_compare_exchange_strong_explicit(&o->signal, &ready, 0,
							       memory_order_acq_rel,
							       memory_order_relaxed);
	case OBJECT_SIGNAL_COMPUTED:
		break;
	}
	return false;
}
