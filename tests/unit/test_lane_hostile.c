/* SPDX-License-Identifier: MIT */
/*
 * Each half of a lane against a peer that writes what it likes into the mapping
 *
 * The half may say that the connection is broken, or give rubbish; it must not leave the
 * mapping or the caller's buffers, and must not go on for ever. The ring and the lane
 * end at the end of an allocation of their own and the buffers are exactly as long as
 * said, so that a sanitizer sees one byte too many; a watch over the calls ends those
 * that do not return. NPFS_TEST_SEED and NPFS_TEST_RUNS as in test_lane_model.c.
 */
#include "npfs/core/lane.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "npfs/base/macro.h"

#define RUNS       600
#define STEPS      120
#define CALL_LIMIT 120 /* seconds for one run: it takes milliseconds */

static uint64_t random_state;

static uint32_t rnd(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 24);
}

struct victim {
	struct np_shm_lane *lane; /* owned */
	uint8_t *ring;            /* owned */
	size_t ring_size;
	struct np_lane_writer w;
	struct np_lane_reader r;
	struct np_list writes, flushes, reads;
};

static void *exactly(size_t size)
{
	void *p = aligned_alloc(64, NP_ALIGN_UP(size, 64));

	ck_assert_ptr_nonnull(p);
	memset(p, 0, size);
	return p;
}

static void victim_init(struct victim *v, uint32_t quota, bool is_message, bool is_mode)
{
	struct np_shm_layout layout;

	memset(v, 0, sizeof(*v));
	np_shm_layout(quota, quota, &layout);
	v->ring_size = layout.ring_size[0];
	v->lane = exactly(sizeof(*v->lane));
	v->ring = exactly(v->ring_size);
	np_list_init(&v->writes);
	np_list_init(&v->flushes);
	np_list_init(&v->reads);
	np_lane_writer_init(&v->w, v->lane, v->ring, v->ring_size, quota, is_message);
	np_lane_reader_init(&v->r, v->lane, v->ring, v->ring_size, quota, is_message);
	v->r.is_message_mode = is_mode;
	alarm(CALL_LIMIT);
}

static void victim_fini(struct victim *v)
{
	alarm(0);
	np_lane_writer_fini(&v->w);
	free(v->lane);
	free(v->ring);
}

/* scribbling */

static uint64_t evil_number(const struct victim *v, uint64_t old)
{
	static const uint64_t evil[] = {
		0,
		1,
		7,
		8,
		0x7fffffff,
		0x80000000,
		0xfffffff8,
		0xffffffff,
		UINT64_C(1) << 32,
		UINT64_C(1) << 63,
		UINT64_MAX,
		UINT64_MAX - 7,
		UINT64_C(0x7fffffffffffffff),
	};

	switch (rnd() % 8) {
	case 0:
		return evil[rnd() % NP_ARRAY_LEN(evil)];
	case 1:
		return (uint64_t)rnd() << 32 | rnd();
	case 2:
		return old ^ UINT64_C(1) << rnd() % 64;
	case 3:
		return old + v->ring_size;
	case 4:
		return old - 8 * (rnd() % 64);
	case 5:
		return rnd() % (v->ring_size * 2) & ~UINT64_C(7);
	default:
		return old + 8 * (rnd() % 64);
	}
}

static uint64_t evil_header(void)
{
	static const uint32_t lens[] = {0,     1,     8,          100,        65528,
					65536, 70000, 0x7fffffff, 0xfffffff7, 0xffffffff};
	uint64_t header = lens[rnd() % NP_ARRAY_LEN(lens)];

	return header | (uint64_t)(rnd() % 9) << 32 | (uint64_t)(rnd() % 256) << 40 |
	       (uint64_t)(rnd() % 4) << 48;
}

/* One field, one header or a stretch of the ring. All 64-bit fields are looked at as an
 * array: what a peer may write is all of it. */
static void scribble(struct victim *v)
{
	_Atomic uint64_t *words = (_Atomic uint64_t *)(void *)v->lane;
	size_t n_words = sizeof(*v->lane) / 8;
	size_t at;

	switch (rnd() % 6) {
	case 0:
		at = rnd() % n_words;
		break;
	case 1:
		at = rnd() % 16; /* the counters */
		break;
	case 2:
		at = 40 + rnd() % NP_SHM_CELLS; /* the cells */
		break;
	case 3:
		at = 16 + rnd() % 17; /* the announced reads */
		break;
	case 4:
		at = (v->r.head & (v->ring_size - 1)) / 8 + rnd() % 3;
		at %= v->ring_size / 8;
		*(uint64_t *)(void *)(v->ring + at * 8) = evil_header();
		return;
	default:
		at = rnd() % v->ring_size;
		memset(v->ring + at, (int)rnd(), rnd() % (v->ring_size - at));
		return;
	}
	atomic_store(&words[at], evil_number(v, atomic_load(&words[at])));
}

/* the halves */

struct held_read {
	struct np_lane_read op;
	uint8_t *buf; /* owned */
	bool is_used;
};

static void release_reads(struct victim *v)
{
	struct np_list *node;

	while ((node = np_list_pop_front(&v->reads))) {
		struct held_read *h = np_container_of(node, struct held_read, op.link);

		ck_assert_uint_le(h->op.done, h->op.len);
		free(h->buf);
		h->buf = NULL;
		h->is_used = false;
	}
}

static uint32_t some_len(void)
{
	switch (rnd() % 6) {
	case 0:
		return 0;
	case 1:
		return rnd() % 200000;
	default:
		return rnd() % 300;
	}
}

static void reader_step(struct victim *v, struct held_read *h, size_t n)
{
	struct held_read *one = &h[rnd() % n];
	uint32_t len = some_len(), done = 0;
	struct np_lane_peek peek;
	npfs_status status;

	switch (rnd() % 7) {
	case 0:
	case 1:
		if (one->is_used)
			return;
		one->buf = malloc(len ? len : 1);
		ck_assert_ptr_nonnull(one->buf);
		if (len && np_lane_read_plain(&v->r, one->buf, len, &done))
			status = STATUS_SUCCESS;
		else
			status = np_lane_read(&v->r, &one->op, one->buf, len, &done);
		ck_assert_uint_le(done, len);
		one->is_used = status == STATUS_PENDING;
		if (!one->is_used) {
			free(one->buf);
			one->buf = NULL;
		}
		break;
	case 2:
		if (one->is_used)
			return;
		one->buf = malloc(len ? len : 1);
		ck_assert_ptr_nonnull(one->buf);
		np_lane_read_pend(&v->r, &one->op, one->buf, len);
		one->is_used = true;
		break;
	case 3:
		if (!one->is_used)
			return;
		np_lane_reader_cancel(&v->r, &one->op);
		np_list_push_back(&v->reads, &one->op.link);
		break;
	case 4: {
		uint8_t *buf = malloc(len ? len : 1);

		ck_assert_ptr_nonnull(buf);
		np_lane_peek(&v->r, len ? buf : NULL, len, &peek);
		ck_assert_uint_le(peek.copied, len);
		free(buf);
		break;
	}
	case 5:
		if (rnd() % 8 == 0)
			np_lane_reader_cut(&v->r);
		else if (rnd() % 8 == 0)
			v->r.is_message_mode = v->r.is_message && (rnd() & 1);
		else
			np_lane_reader_has_data(&v->r);
		break;
	default:
		np_lane_reader_pump(&v->r, &v->reads);
		break;
	}
	release_reads(v);
}

struct held_write {
	struct np_lane_write op;
	uint8_t *data; /* owned */
	bool is_used;
};

static void release_writes(struct victim *v)
{
	struct np_list *node;

	while ((node = np_list_pop_front(&v->writes))) {
		struct held_write *h = np_container_of(node, struct held_write, op.link);

		free(h->data);
		h->data = NULL;
		h->is_used = false;
	}
}

static void writer_step(struct victim *v, struct held_write *h, size_t n,
			struct np_lane_flush *flush, bool *is_flushing)
{
	struct held_write *one = &h[rnd() % n];
	uint32_t len = some_len(), done = 0;
	unsigned flags = 0;

	switch (rnd() % 6) {
	case 0:
	case 1:
		if (one->is_used)
			return;
		if (rnd() % 3 == 0)
			flags = rnd() & 1 ? NP_WRITE_NOWAIT : NP_WRITE_UNCHARGED;
		one->data = calloc(1, len ? len : 1);
		ck_assert_ptr_nonnull(one->data);
		one->is_used = np_lane_write(&v->w, flags ? NULL : &one->op, one->data,
					     len, flags, &done) == STATUS_PENDING;
		ck_assert_uint_le(done, len);
		if (!one->is_used) {
			free(one->data);
			one->data = NULL;
		}
		break;
	case 2:
		if (one->is_used && np_lane_writer_cancel(&v->w, &one->op))
			np_list_push_back(&v->writes, &one->op.link);
		break;
	case 3:
		if (!*is_flushing)
			*is_flushing = np_lane_flush(&v->w, flush) == STATUS_PENDING;
		break;
	case 4:
		np_lane_quota_available(&v->w);
		np_lane_writer_is_drained(&v->w);
		np_lane_writer_needs_pump(&v->w);
		break;
	default:
		np_lane_writer_pump(&v->w, &v->writes, &v->flushes);
		break;
	}
	release_writes(v);
	if (np_list_pop_front(&v->flushes))
		*is_flushing = false;
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

static void start_run(struct victim *v, uint64_t seed)
{
	static const uint32_t quotas[] = {0, 64, 5000, 70000};
	bool is_message;

	random_state = (seed + 77) * UINT64_C(0x9e3779b97f4a7c15);
	rnd();
	is_message = rnd() & 1;
	victim_init(v, quotas[rnd() % NP_ARRAY_LEN(quotas)], is_message,
		    is_message && (rnd() & 1));
}

/* An honest writer feeds the reader: a scribble hits in the middle of something. */
START_TEST(reader_survives_a_hostile_writer)
{
	uint64_t first = number_from("NPFS_TEST_SEED", 1);
	uint64_t runs = number_from("NPFS_TEST_RUNS", RUNS);

	for (uint64_t seed = first; seed < first + runs; seed++) {
		struct held_write out[8] = {0};
		struct held_read in[40] = {0};
		struct np_lane_flush flush;
		bool is_flushing = false;
		struct victim v;

		start_run(&v, seed);
		for (int i = 0; i < STEPS; i++) {
			reader_step(&v, in, NP_ARRAY_LEN(in));
			writer_step(&v, out, NP_ARRAY_LEN(out), &flush, &is_flushing);
			if (rnd() % 4 == 0)
				scribble(&v);
		}
		np_lane_reader_fail(&v.r, STATUS_PIPE_BROKEN, &v.reads);
		release_reads(&v);
		np_lane_writer_fail(&v.w, STATUS_PIPE_BROKEN, &v.writes, &v.flushes);
		release_writes(&v);
		for (size_t i = 0; i < NP_ARRAY_LEN(in); i++)
			ck_assert(!in[i].is_used);
		victim_fini(&v);
	}
}
END_TEST

/* Every operation of the writer ends when it is failed, whatever the reader claims. */
START_TEST(writer_survives_a_hostile_reader)
{
	uint64_t first = number_from("NPFS_TEST_SEED", 1);
	uint64_t runs = number_from("NPFS_TEST_RUNS", RUNS);

	for (uint64_t seed = first; seed < first + runs; seed++) {
		struct held_write out[80] = {0};
		struct np_lane_flush flush;
		bool is_flushing = false;
		struct victim v;

		start_run(&v, seed + 1000000);
		for (int i = 0; i < STEPS * 2; i++) {
			writer_step(&v, out, NP_ARRAY_LEN(out), &flush, &is_flushing);
			if (rnd() % 2 == 0)
				scribble(&v);
		}
		np_lane_writer_fail(&v.w, STATUS_PIPE_BROKEN, &v.writes, &v.flushes);
		release_writes(&v);
		for (size_t i = 0; i < NP_ARRAY_LEN(out); i++)
			ck_assert(!out[i].is_used);
		victim_fini(&v);
	}
}
END_TEST

/* directed */

static npfs_status read_after(struct victim *v, uint8_t *buf, uint32_t len)
{
	uint32_t done = 0;
	npfs_status status = np_lane_read(&v->r, NULL, buf, len, &done);

	ck_assert_uint_le(done, len);
	return status;
}

START_TEST(a_tail_that_cannot_be_breaks_the_lane)
{
	static const uint64_t tails[] = {
		1, 7, 12, 65536 + 8, UINT64_MAX, UINT64_MAX - 7, UINT64_C(1) << 32};
	uint8_t buf[64];
	struct victim v;

	for (size_t i = 0; i < NP_ARRAY_LEN(tails); i++) {
		victim_init(&v, 64, false, false);
		atomic_store(&v.lane->tail, tails[i]);
		ck_assert_uint_eq(read_after(&v, buf, sizeof(buf)), STATUS_PIPE_BROKEN);
		ck_assert(v.r.is_broken);
		/* it stays so when the peer thinks better of it */
		atomic_store(&v.lane->tail, 0);
		ck_assert_uint_eq(read_after(&v, buf, sizeof(buf)), STATUS_PIPE_BROKEN);
		victim_fini(&v);
	}
}
END_TEST

START_TEST(a_record_longer_than_what_is_there_breaks_the_lane)
{
	static const uint32_t lens[] = {9, 1000, 0x7fffffff, 0xfffffff8, 0xffffffff};
	static const uint32_t flags[] = {0, NP_REC_UNCHARGED, NP_REC_SKIP};
	uint8_t buf[64];
	struct victim v;

	for (size_t i = 0; i < NP_ARRAY_LEN(lens); i++) {
		for (size_t j = 0; j < NP_ARRAY_LEN(flags); j++) {
			victim_init(&v, 64, false, false);
			np_ring_put_header(&v.r.ring, 0,
					   lens[i] | (uint64_t)flags[j] << 32);
			atomic_store(&v.lane->tail, 16);
			ck_assert_uint_eq(read_after(&v, buf, sizeof(buf)),
					  STATUS_PIPE_BROKEN);
			victim_fini(&v);
		}
	}
}
END_TEST

START_TEST(a_peer_that_moves_its_tail_back_breaks_the_lane)
{
	uint8_t buf[64];
	uint32_t done;
	struct victim v;

	victim_init(&v, 64, false, false);
	ck_assert_uint_eq(np_lane_write(&v.w, NULL, "abc", 3, NP_WRITE_NOWAIT, &done),
			  STATUS_SUCCESS);
	ck_assert_uint_eq(read_after(&v, buf, sizeof(buf)), STATUS_SUCCESS);
	atomic_store(&v.lane->tail, 8);
	ck_assert_uint_eq(read_after(&v, buf, sizeof(buf)), STATUS_PIPE_BROKEN);
	victim_fini(&v);
}
END_TEST

START_TEST(a_head_that_cannot_be_gives_no_room)
{
	static const uint64_t heads[] = {1, 4, 24, UINT64_MAX, UINT64_MAX - 7, 1 << 20};
	struct victim v;
	uint32_t done;
	uint8_t byte = 1;

	for (size_t i = 0; i < NP_ARRAY_LEN(heads); i++) {
		victim_init(&v, 5000, false, false);
		ck_assert_uint_eq(
			np_lane_write(&v.w, NULL, &byte, 1, NP_WRITE_NOWAIT, &done),
			STATUS_SUCCESS);
		atomic_store(&v.lane->head, heads[i]);
		np_lane_writer_pump(&v.w, &v.writes, &v.flushes);
		ck_assert_uint_eq(v.w.head_seen, 0);
		victim_fini(&v);
	}
}
END_TEST

START_TEST(more_read_than_written_is_not_believed)
{
	struct victim v;

	victim_init(&v, 100, false, false);
	atomic_store(&v.lane->r_charged, 50);
	ck_assert_uint_eq(np_lane_quota_available(&v.w), 100);
	atomic_store(&v.lane->r_charged, UINT64_MAX);
	atomic_store(&v.lane->r_entries, UINT64_MAX);
	ck_assert_uint_eq(np_lane_quota_available(&v.w), 100);
	ck_assert(np_lane_writer_is_drained(&v.w));
	victim_fini(&v);
}
END_TEST

START_TEST(any_number_of_announced_reads_is_looked_at_once)
{
	struct victim v;
	uint32_t done;

	victim_init(&v, 100, false, false);
	for (uint32_t i = 0; i < NP_SHM_POSTS; i++)
		atomic_store(&v.lane->post[i], NP_SHM_POST_GONE - 1);
	atomic_store(&v.lane->posted, 0xfffffff0);
	ck_assert_uint_eq(np_lane_quota_available(&v.w), 0);
	ck_assert_uint_eq(np_lane_write(&v.w, NULL, "x", 1, NP_WRITE_NOWAIT, &done),
			  STATUS_SUCCESS);
	atomic_store(&v.lane->posted, 5);
	np_lane_quota_available(&v.w);
	victim_fini(&v);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane_hostile");
	TCase *tcase = tcase_create("directed");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tcase, a_tail_that_cannot_be_breaks_the_lane);
	tcase_add_test(tcase, a_record_longer_than_what_is_there_breaks_the_lane);
	tcase_add_test(tcase, a_peer_that_moves_its_tail_back_breaks_the_lane);
	tcase_add_test(tcase, a_head_that_cannot_be_gives_no_room);
	tcase_add_test(tcase, more_read_than_written_is_not_believed);
	tcase_add_test(tcase, any_number_of_announced_reads_is_looked_at_once);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("random");
	tcase_add_test(tcase, reader_survives_a_hostile_writer);
	tcase_add_test(tcase, writer_survives_a_hostile_reader);
	tcase_set_timeout(tcase, 300);
	suite_add_tcase(suite, tcase);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
