/* SPDX-License-Identifier: MIT */
/*
 * Copying much between two processors
 *
 * memcpy() is made for bytes of the own cache. From 4 KiB on it is often one string
 * instruction of the processor. That one is slow on some where source and destination have
 * nearly the same place in their pages, as a large malloc() and a record at the start of a
 * ring have: a seventh of the speed of a plain loop (doc/performance.md). So this room has a
 * plain loop, and a second one whose bytes go past the cache into memory.
 *
 * Past the cache. The other processor need not take the lines away from this one's cache,
 * nor this one take them back for the next bytes. Between processors that have no cache in
 * common that is three times faster, between such that have all in common half as fast, and a
 * virtual machine changes which of them it has. So struct np_copy_trial tries both ways now
 * and then, and goes the one that took less time.
 *
 * Nothing here promises an order to other threads; who publishes with a release store
 * afterwards publishes what was copied, either way.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From this length on it matters how bytes are copied. */
#define NP_COPY_LEAST 2048u

/* np_copy() - as memcpy() */
void np_copy(void *restrict dst, const void *restrict src, size_t n);

/* np_copy_past() - as memcpy(), past the cache: for bytes that another processor reads next */
void np_copy_past(void *restrict dst, const void *restrict src, size_t n);

/*
 * Which way? All zero at first. A comparison is six windows of so many bytes, in turn with
 * either way, of which the quickest counts; its result holds for NP_COPY_SETTLED bytes.
 *
 * A window lasts from one copy to a later one, with all that is between them: waiting for
 * the reader is the larger part of what the slower way costs.
 */
#define NP_COPY_WINDOW	(UINT64_C(512) << 10)
#define NP_COPY_SETTLED (UINT64_C(256) << 20)

struct np_copy_trial {
	uint64_t left;	   /* bytes until the clock is looked at again */
	int64_t begin_ns;  /* when the window began */
	int64_t least[2];  /* ns of the quickest window of each way */
	uint8_t window;	   /* number of the next one; 0: what holds is settled */
	bool is_past;	   /* the way to go now */
};

/*
 * np_copy_trial_turn() - the window is over: which way is next
 * @trial:  of one stream of bytes
 * @now_ns: time
 */
void np_copy_trial_turn(struct np_copy_trial *trial, int64_t now_ns);

/* np_copy_trial_way() - shall the next @n bytes go past the cache? looks at the clock rarely */
bool np_copy_trial_way(struct np_copy_trial *trial, size_t n);
