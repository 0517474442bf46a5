/* SPDX-License-Identifier: MIT */
/*
 * The ring: bytes at 64-bit positions in a power-of-two piece of shared memory
 *
 * It carries and does not judge: callers see to it that what they put is free and what
 * they get was published. Positions of headers are multiples of 8, so a header never
 * wraps; a payload may, and is copied in two parts.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "npfs/base/copy.h"
#include "npfs/base/macro.h"

struct np_ring {
	uint8_t *base; /* borrowed from the mapping */
	uint64_t mask; /* size - 1 */
};

static inline uint64_t np_ring_size(const struct np_ring *ring)
{
	return ring->mask + 1;
}

/* Over the ring's end, or so many bytes that it matters how they are copied. */
static NP_NOINLINE NP_UNUSED void np_ring_put_parts(const struct np_ring *ring, uint64_t at,
						    const void *src, uint64_t n)
{
	uint64_t first = ring->mask + 1 - at;

	if (first > n)
		first = n;
	np_copy(ring->base + at, src, first);
	np_copy(ring->base, (const uint8_t *)src + first, n - first);
}

static NP_NOINLINE NP_UNUSED void np_ring_get_parts(const struct np_ring *ring, uint64_t at,
						    void *dst, uint64_t n)
{
	uint64_t first = ring->mask + 1 - at;

	if (first > n)
		first = n;
	np_copy(dst, ring->base + at, first);
	np_copy((uint8_t *)dst + first, ring->base, n - first);
}

static inline void np_ring_put(const struct np_ring *ring, uint64_t pos, const void *src,
			       uint64_t n)
{
	uint64_t at = pos & ring->mask;

	if (!n)
		return;
	if (NP_LIKELY(ring->mask + 1 - at >= n && n < NP_COPY_LEAST))
		memcpy(ring->base + at, src, n);
	else
		np_ring_put_parts(ring, at, src, n);
}

/* np_ring_put_past() - the same, for a reader on another processor (base/copy.h) */
static inline void np_ring_put_past(const struct np_ring *ring, uint64_t pos, const void *src,
				    uint64_t n)
{
	uint64_t at = pos & ring->mask;
	uint64_t first = ring->mask + 1 - at;

	if (!n)
		return;
	if (first >= n) {
		np_copy_past(ring->base + at, src, n);
		return;
	}
	np_copy_past(ring->base + at, src, first);
	np_copy_past(ring->base, (const uint8_t *)src + first, n - first);
}

static inline void np_ring_get(const struct np_ring *ring, uint64_t pos, void *dst,
			       uint64_t n)
{
	uint64_t at = pos & ring->mask;

	if (!n)
		return;
	if (NP_LIKELY(ring->mask + 1 - at >= n && n < NP_COPY_LEAST))
		memcpy(dst, ring->base + at, n);
	else
		np_ring_get_parts(ring, at, dst, n);
}

static inline void np_ring_put_header(const struct np_ring *ring, uint64_t pos,
				      uint64_t header)
{
	_Atomic uint64_t *at =
		(_Atomic uint64_t *)(void *)(ring->base + (pos & ring->mask));

	atomic_store_explicit(at, header, memory_order_relaxed);
}

static inline uint64_t np_ring_get_header(const struct np_ring *ring, uint64_t pos)
{
	_Atomic uint64_t *at =
		(_Atomic uint64_t *)(void *)(ring->base + (pos & ring->mask));

	return atomic_load_explicit(at, memory_order_relaxed);
}
