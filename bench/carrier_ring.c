/* SPDX-License-Identifier: MIT */
/*
 * The floor: what two processes can reach with shared memory when nothing is promised.
 * Two rings in an anonymous shared mapping, one for each direction; both sides spin,
 * neither ever sleeps, nobody notices a death, no quota, no state, no check of the peer.
 *
 *	0	head	count of bytes ever written; written by the sender (release),
 *			read by the receiver (acquire)
 *	128	tail	count of bytes ever read; written by the receiver (release),
 *			read by the sender (acquire)
 *	256	data	RING_SIZE bytes; a record is a length word of 8 bytes and the
 *			payload padded to 8
 *
 * head - tail is never more than RING_SIZE, and both are always multiples of 8, so a
 * length word never wraps. A record is published in pieces of at most RING_PIECE bytes: a
 * small one in one step, a long one so that the receiver copies while the sender does,
 * and so that a record may be longer than the ring.
 *
 * Each side keeps its own cursor and the last seen value of the other one in private
 * memory and loads the shared word only when that value leaves nothing to do.
 */
#include "bench/carrier.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define RING_SIZE  ((size_t)65536)
#define RING_PIECE ((size_t)8192)
#define RING_LINE  128

struct ring {
	_Alignas(RING_LINE) _Atomic uint64_t head;
	_Alignas(RING_LINE) _Atomic uint64_t tail;
	_Alignas(RING_LINE) unsigned char data[RING_SIZE];
};

struct ring_map {
	struct ring ring[2]; /* indexed by the side that sends */
};

struct ring_end {
	struct ring_map *map; /* owned, a mapping */
	struct ring *out;     /* borrowed from map */
	uint64_t out_head;
	uint64_t out_tail; /* last seen */
	struct ring *in;   /* borrowed from map */
	uint64_t in_tail;
	uint64_t in_head; /* last seen */
};

static void ring_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static size_t ring_pad(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Wait until there is room. Return: how much, at least 8. */
static size_t ring_room(struct ring_end *end)
{
	while (end->out_head - end->out_tail == RING_SIZE) {
		end->out_tail =
			atomic_load_explicit(&end->out->tail, memory_order_acquire);
		if (end->out_head - end->out_tail == RING_SIZE)
			ring_pause();
	}
	return RING_SIZE - (size_t)(end->out_head - end->out_tail);
}

/* Wait until there are bytes. Return: how many, at least 8. */
static size_t ring_filled(struct ring_end *end)
{
	while (end->in_head == end->in_tail) {
		end->in_head = atomic_load_explicit(&end->in->head, memory_order_acquire);
		if (end->in_head == end->in_tail)
			ring_pause();
	}
	return (size_t)(end->in_head - end->in_tail);
}

/* The part of a padded rest that can be moved in one step at this cursor. */
static size_t ring_step(uint64_t cursor, size_t available, size_t rest)
{
	size_t to_edge = RING_SIZE - (size_t)(cursor % RING_SIZE);

	return min_size(min_size(available, to_edge), min_size(rest, RING_PIECE));
}

static void ring_destroy(void *shared)
{
	struct ring_end *end = shared;

	if (!end)
		return;
	munmap(end->map, sizeof(*end->map));
	free(end);
}

static int ring_create(void **sharedp)
{
	struct ring_end *end = calloc(1, sizeof(*end));
	void *map;

	if (!end)
		return -ENOMEM;
	map = mmap(NULL, sizeof(struct ring_map), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED) {
		int r = -errno;

		free(end);
		return r;
	}
	end->map = map;
	*sharedp = end;
	return 0;
}

static int ring_attach(void *shared, const char *name, enum np_side side, void **endp)
{
	struct ring_end *end = shared;

	(void)name;
	end->out = &end->map->ring[side];
	end->in = &end->map->ring[1 - (int)side];
	*endp = end;
	return 0;
}

static int ring_send(void *shared, const void *data, size_t len)
{
	struct ring_end *end = shared;
	const unsigned char *p = data;
	size_t rest = ring_pad(len);
	uint64_t word = len;

	ring_room(end);
	memcpy(&end->out->data[end->out_head % RING_SIZE], &word, sizeof(word));
	end->out_head += sizeof(word);
	while (rest > 0) {
		size_t step = ring_step(end->out_head, ring_room(end), rest);

		memcpy(&end->out->data[end->out_head % RING_SIZE], p,
		       min_size(step, len));
		p += step;
		rest -= step;
		len -= min_size(step, len);
		end->out_head += step;
		atomic_store_explicit(&end->out->head, end->out_head,
				      memory_order_release);
	}
	return 0;
}

static int ring_recv(void *shared, void *data, size_t len)
{
	struct ring_end *end = shared;
	unsigned char *p = data;
	size_t rest = ring_pad(len);
	uint64_t word;

	ring_filled(end);
	memcpy(&word, &end->in->data[end->in_tail % RING_SIZE], sizeof(word));
	if (word != len)
		return -EMSGSIZE;
	end->in_tail += sizeof(word);
	while (rest > 0) {
		size_t step = ring_step(end->in_tail, ring_filled(end), rest);

		memcpy(p, &end->in->data[end->in_tail % RING_SIZE], min_size(step, len));
		p += step;
		rest -= step;
		len -= min_size(step, len);
		end->in_tail += step;
		atomic_store_explicit(&end->in->tail, end->in_tail, memory_order_release);
	}
	return 0;
}

const struct np_carrier np_carrier_ring = {
	.name = "ring",
	.text = "bare spinning ring in shared memory, nothing promised",
	.spins = true,
	.needs_two = true,
	.create = ring_create,
	.destroy = ring_destroy,
	.attach = ring_attach,
	.send = ring_send,
	.recv = ring_recv,
	.detach = ring_destroy,
};
