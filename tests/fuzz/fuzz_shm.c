/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing: a lane whose shared memory anybody writes to
 *
 * Both halves of a lane work on memory that the input changes between their steps, so
 * that each is the victim of a peer that does whatever it likes. The input:
 *
 *	u8 shape	bits 0..1 quota, bit 2 message type, bit 3 message mode
 *	steps		u8 what, then what that takes:
 *
 *	scribble	u8 word of the lane, u64 value
 *	header		u8 record position from the head, u64 value, put into the ring
 *	tail, head	u16 distance from the present value, in units of 8
 *	read, pend, ..	u16 length and, for some, u8 which
 *
 * The lane, the ring and every buffer are allocations of their own, of exactly their
 * size. Nothing may be touched outside of them, no call may go on for ever, every
 * operation that was begun ends when the lane is failed, and no more bytes are reported
 * than asked for.
 */
#include "npfs/core/lane.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"

#define N_READS  40
#define N_WRITES 70

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at; /* borrowed from the fuzzer */
	size_t left;
};

static uint64_t take(struct input *in, size_t n)
{
	uint64_t value = 0;

	n = np_min_size(n, in->left);
	memcpy(&value, in->at, n);
	in->at += n;
	in->left -= n;
	return value;
}

struct fuzz_read {
	struct np_lane_read op;
	uint8_t *buf; /* owned while pended */
};

struct fuzz_write {
	struct np_lane_write op;
	uint8_t *data; /* owned while stalled */
};

struct world {
	struct np_shm_lane *lane; /* owned */
	uint8_t *ring;            /* owned */
	size_t ring_size;
	struct np_lane_writer w;
	struct np_lane_reader r;
	struct fuzz_read reads[N_READS];
	struct fuzz_write writes[N_WRITES];
	struct np_lane_flush flush;
	bool is_flushing;
	struct np_list done_writes, done_flushes, done_reads;
};

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static void world_init(struct world *world, unsigned shape)
{
	static const uint32_t quotas[] = {0, 64, 5000, 70000};
	uint32_t quota = quotas[shape & 3];
	bool is_message = shape & 4;
	struct np_shm_layout layout;

	memset(world, 0, sizeof(*world));
	np_shm_layout(quota, quota, &layout);
	world->ring_size = layout.ring_size[0];
	world->lane = must(calloc(1, sizeof(*world->lane)));
	world->ring = must(calloc(1, world->ring_size));
	np_list_init(&world->done_writes);
	np_list_init(&world->done_flushes);
	np_list_init(&world->done_reads);
	np_lane_writer_init(&world->w, world->lane, world->ring, world->ring_size, quota,
			    is_message);
	np_lane_reader_init(&world->r, world->lane, world->ring, world->ring_size, quota,
			    is_message);
	world->r.is_message_mode = is_message && (shape & 8);
}

static void collect(struct world *world)
{
	struct np_list *node;

	while ((node = np_list_pop_front(&world->done_writes))) {
		struct fuzz_write *w = np_container_of(node, struct fuzz_write, op.link);

		assert(w->data);
		free(w->data);
		w->data = NULL;
	}
	while ((node = np_list_pop_front(&world->done_reads))) {
		struct fuzz_read *r = np_container_of(node, struct fuzz_read, op.link);

		assert(r->buf && r->op.done <= r->op.len);
		free(r->buf);
		r->buf = NULL;
	}
	if (np_list_pop_front(&world->done_flushes))
		world->is_flushing = false;
}

static void world_fini(struct world *world)
{
	np_lane_reader_fail(&world->r, STATUS_PIPE_BROKEN, &world->done_reads);
	np_lane_writer_fail(&world->w, STATUS_PIPE_BROKEN, &world->done_writes,
			    &world->done_flushes);
	collect(world);
	for (size_t i = 0; i < N_READS; i++)
		assert(!world->reads[i].buf);
	for (size_t i = 0; i < N_WRITES; i++)
		assert(!world->writes[i].data);
	assert(!world->is_flushing);
	np_lane_writer_fini(&world->w);
	free(world->lane);
	free(world->ring);
}

static void do_read(struct world *world, uint32_t len, unsigned which, bool pends)
{
	struct fuzz_read *r = &world->reads[which % N_READS];
	uint32_t done = 0;
	npfs_status status = STATUS_PENDING;

	if (r->buf)
		return;
	r->buf = must(malloc(len ? len : 1));
	if (pends)
		np_lane_read_pend(&world->r, &r->op, r->buf, len);
	else if (!len || !np_lane_read_plain(&world->r, r->buf, len, &done))
		status = np_lane_read(&world->r, &r->op, r->buf, len, &done);
	else
		status = STATUS_SUCCESS;
	assert(done <= len);
	if (status != STATUS_PENDING) {
		free(r->buf);
		r->buf = NULL;
	}
}

static void do_write(struct world *world, uint32_t len, unsigned which, unsigned flags)
{
	struct fuzz_write *w = &world->writes[which % N_WRITES];
	uint32_t done = 0;

	if (w->data)
		return;
	w->data = must(calloc(1, len ? len : 1));
	if (np_lane_write(&world->w, flags ? NULL : &w->op, w->data, len, flags, &done) ==
	    STATUS_PENDING)
		return;
	assert(done <= len);
	free(w->data);
	w->data = NULL;
}

static void do_peek(struct world *world, uint32_t len)
{
	uint8_t *buf = must(malloc(len ? len : 1));
	struct np_lane_peek peek;

	np_lane_peek(&world->r, len ? buf : NULL, len, &peek);
	assert(peek.copied <= len);
	free(buf);
}

static void scribble(struct world *world, size_t word, uint64_t value)
{
	_Atomic uint64_t *words = (_Atomic uint64_t *)(void *)world->lane;

	atomic_store(&words[word % (sizeof(*world->lane) / 8)], value);
}

static void step(struct world *world, struct input *in)
{
	unsigned what = (unsigned)take(in, 1);
	uint64_t a;

	switch (what % 20) {
	case 0:
		a = take(in, 1);
		scribble(world, a, take(in, 8));
		break;
	case 1:
		a = world->r.head + 8 * take(in, 1);
		np_ring_put_header(&world->r.ring, a, take(in, 8));
		break;
	case 2:
		atomic_fetch_add(&world->lane->tail, 8 * take(in, 2));
		break;
	case 3:
		atomic_fetch_add(&world->lane->head, 8 * take(in, 2));
		break;
	case 4:
		a = take(in, 1);
		scribble(world, 40 + a % NP_SHM_CELLS, take(in, 8));
		break;
	case 5:
	case 6:
		a = take(in, 2);
		do_read(world, (uint32_t)a * (what & 64 ? 3 : 1), (unsigned)take(in, 1),
			what & 128);
		break;
	case 7:
	case 8:
		a = take(in, 2);
		do_write(world, (uint32_t)a * (what & 64 ? 3 : 1), (unsigned)take(in, 1),
			 0);
		break;
	case 9:
		do_write(world, (uint32_t)take(in, 2), what, NP_WRITE_NOWAIT);
		break;
	case 10:
		do_write(world, (uint32_t)take(in, 2), what, NP_WRITE_UNCHARGED);
		break;
	case 11:
		do_peek(world, (uint32_t)take(in, 2));
		break;
	case 12:
		a = take(in, 1) % N_READS;
		if (world->reads[a].buf) {
			np_lane_reader_cancel(&world->r, &world->reads[a].op);
			np_list_push_back(&world->done_reads, &world->reads[a].op.link);
		}
		break;
	case 13:
		a = take(in, 1) % N_WRITES;
		if (world->writes[a].data &&
		    np_lane_writer_cancel(&world->w, &world->writes[a].op))
			np_list_push_back(&world->done_writes, &world->writes[a].op.link);
		break;
	case 14:
		if (!world->is_flushing)
			world->is_flushing =
				np_lane_flush(&world->w, &world->flush) == STATUS_PENDING;
		break;
	case 15:
		if (what & 128)
			np_lane_reader_cut(&world->r);
		else
			world->r.is_message_mode = world->r.is_message && (what & 64);
		break;
	case 16:
		np_lane_reader_has_data(&world->r);
		np_lane_writer_needs_pump(&world->w);
		np_lane_writer_is_drained(&world->w);
		assert(np_lane_quota_available(&world->w) <= world->w.quota);
		break;
	case 17:
		np_lane_writer_pump(&world->w, &world->done_writes, &world->done_flushes);
		break;
	default:
		np_lane_reader_pump(&world->r, &world->done_reads);
		break;
	}
	collect(world);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {.at = data, .left = size};
	struct world world;

	world_init(&world, (unsigned)take(&in, 1));
	while (in.left)
		step(&world, &in);
	world_fini(&world);
	return 0;
}
