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

struct np_ring {
	uint8_t *base; /* borrowed from the mapping */
	uint64_t mask; /* size - 1 */
};

static inline uint64_t np_ring_size(const struct np_ring *ring)
{
	return ring->mask + 1;
}

static inline void np_ring_put(const struct np_ring *ring, uint64_t pos, const void *src,
			       uint64_t n)
{
	uint64_t at = pos & ring->mask;
	uint64_t first = ring->mask + 1 - at;

	if (!n)
		return;
	if (__builtin_expect(first >= n, 1)) {
		memcpy(ring->base + at, src, n);
		return;
	}
	memcpy(ring->base + at, src, first);
	memcpy(ring->base, (const uint8_t *)src + first, n - first);
}

static inline void np_ring_get(const struct np_ring *ring, uint64_t pos, void *dst,
			       uint64_t n)
{
	uint64_t at = pos & ring->mask;
	uint64_t first = ring->mask + 1 - at;

	if (!n)
		return;
	if (__builtin_expect(first >= n, 1)) {
		memcpy(dst, ring->base + at, n);
		return;
	}
	memcpy(dst, ring->base + at, first);
	memcpy((uint8_t *)dst + first, ring->base, n - first);
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
