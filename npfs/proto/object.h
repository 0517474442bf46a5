/* SPDX-License-Identifier: MIT */
/*
 * What the holders of a shared synchronisation object have in common: one mapping
 *
 * The broker makes the mapping (a sealed memfd) and an eventfd, keeps both, and hands
 * both to every process that may have the object. From then on the holders are on their
 * own; the broker comes back when one of them dies.
 *
 *	offset	field		written by	meaning
 *	0	magic, version	broker, once	checked by whoever maps it
 *	64	word		everybody	the whole state, core/object_word.h
 *	72	armed		everybody	1: somebody sleeps; whoever makes something
 *				available swaps it for 0 and, having got 1, adds to
 *				the eventfd
 *	76	timer_seq	setters		counts changes of the next two, odd meanwhile
 *	80	due_ns		setters, expiry	timers: monotonic ns, 0 when not armed
 *	88	period_ns	setters		timers: 0 for once
 *	128	waiting[h - 1]	holder h	how many of the waiters in the word are its
 *
 * All state changes are one compare-and-swap on the word. A process may therefore be
 * killed or stopped between any two instructions: the object is in the state before or
 * in the state after, and nobody waits for the dead.
 *
 * Sleeping: a waiter stores armed = 1, fences, looks at the word, sleeps. Whoever changed
 * the word fences and swaps armed. So either the waiter sees the change, or the changer
 * sees the waiter. The eventfd is never read; every addition is an edge for every process
 * that watches it, and each of them looks and arms again while it still has waiters.
 *
 * Nothing in here is trusted: every field is loaded once, and any value of the word means
 * something. Who scribbles confuses the users of this object, and harms nothing else;
 * type, limit and rights of an object come from the broker and are kept outside.
 */
#pragma once

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Types of objects, and what may be said of one. */
#define NP_OBJECT_EVENT	    1u
#define NP_OBJECT_MUTEX	    2u
#define NP_OBJECT_SEMAPHORE 3u
#define NP_OBJECT_TIMER	    4u
#define NP_OBJECT_MANUAL    0x1u /* events, timers: stays signaled when taken */

#define NP_OBJECT_MAGIC   0x6a626f6eu /* "nobj" */
#define NP_OBJECT_VERSION 1u

/* Processes that may hold one object at one time; a holder's number is 1 to this. */
#define NP_OBJECT_HOLDERS 4096u

struct np_object_page {
	uint32_t magic;
	uint32_t version;
	uint32_t reserved0[14];
	_Atomic uint64_t word;
	_Atomic uint32_t armed;
	_Atomic uint32_t timer_seq;
	_Atomic int64_t due_ns;
	_Atomic int64_t period_ns;
	uint32_t reserved1[8];
	_Atomic uint32_t waiting[NP_OBJECT_HOLDERS];
};

static_assert(offsetof(struct np_object_page, word) == 64, "part of the format");
static_assert(offsetof(struct np_object_page, armed) == 72, "part of the format");
static_assert(offsetof(struct np_object_page, due_ns) == 80, "part of the format");
static_assert(offsetof(struct np_object_page, waiting) == 128, "part of the format");

#define NP_OBJECT_PAGE_SIZE sizeof(struct np_object_page)
