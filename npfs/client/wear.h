/* SPDX-License-Identifier: MIT */
/*
 * What threads wear, and telling another thread what to wear
 *
 * A thread wears an identity or nothing. Only the thread itself can change what the kernel
 * takes it for, so whatever it is to wear it puts on itself, by carrying out an *order*: of its
 * own (npfs_thread_impersonate()), or of another thread (npfs_thread_set_identity()). Orders of
 * others lie in the thread's mailbox, one at a time; a later one takes the place of an earlier
 * one. They are carried out
 *
 *	in a signal handler	the sender sends the thread a real-time signal, so also a thread
 *				that never calls the library again goes on as what it was told;
 *				the sender waits until that has happened
 *	at a call		for a thread that blocks the signal: wherever the library looks at
 *				what the calling thread wears, and at the end of a blocking call
 *
 * What an order needs (the identity, what it comes to for a thread that may not act as it, room
 * for the groups the thread has now) is made by who gives it; carrying it out makes system
 * calls and moves pointers, nothing else, because a handler may do nothing else. What came off
 * lies in the order afterwards, and whoever comes by frees it.
 *
 * A section between np_wear_enter() and np_wear_leave() is *busy*: the thread looks at or
 * changes what it wears, and a handler that interrupts it does nothing; leaving the section
 * looks into the mailbox. Who has `lock` is busy, so no handler waits for its own thread.
 * Nobody waits for another thread while busy.
 *
 * A thread that is gone has no number any more (`tid`), and the signal is sent under the lock:
 * it never reaches another thread. Should one come from elsewhere, the mailbox is empty.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <npfs/security.h>

#include "npfs/base/macro.h"
#include "npfs/client/credentials.h"

struct np_order;

/* What other threads see of one; part of struct npfs_thread. */
struct np_wearer {
	struct npfs_identity *worn; /* borrowed from the thread; lock */
	struct np_order *_Atomic order; /* counted; the mailbox; changed under lock */
	struct np_order *done;		/* counted, a list: carried out; lock */
	int tid;			/* 0: not begun or gone; lock */
	_Atomic uint32_t news;		/* futex: of order and tid */
};

/* What the calling thread wears; valid in a busy section. */
struct np_worn {
	struct npfs_identity *identity; /* counted, or NULL */
	bool has_changed;		/* the kernel's credentials are not the process's */
	bool can_act;			/* what the thread does is done as the identity */
	unsigned n_pauses;
	_Atomic unsigned n_sections;
	struct np_credentials before; /* while has_changed, paused or not; owned */
};

struct np_worn *np_wear_enter(void);
void np_wear_leave(void);
void np_wear_settle(void);
void np_wear_interrupt(struct np_wearer *self);
bool np_wear_is_paused(void);

void np_wearer_begin(struct np_wearer *wearer);
bool np_wearer_wears(const struct np_wearer *wearer);
void np_wearer_end(struct np_wearer *wearer);
void np_wear_fork_child(struct np_wearer *self);

/* The following are for wear.c and dress.c, and for busy sections. */
void np_wear_lock(void);
void np_wear_unlock(void);
bool np_wear_carry_out_all(struct np_wearer *self, bool is_handler);
npfs_status np_order_new(struct npfs_identity *identity, uint32_t room,
			 struct np_order **orderp) NP_MUST_CHECK;
struct np_order *np_order_ref(struct np_order *order);
void np_order_unref(struct np_order *order);
void np_orders_free(struct np_order *done);
struct npfs_identity *np_order_identity(const struct np_order *order);
