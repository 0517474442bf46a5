/* SPDX-License-Identifier: MIT */
/*
 * An onlooker of a lane: what it tells is what went through, each write by itself as long as it
 * looks often enough, and as a sum otherwise; nonsense in the memory ends no onlooker
 */
#include "npfs/client/tap_lane.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "tests/unit/lane_rig.h"

#define RING_SIZE 65536u
#define N_STEPS	  300
#define N_RUNS	  24

/* Sums of what was told. */
struct told {
	uint64_t wrote, n_wrote;
	uint64_t withdrew, n_withdrew;
	uint64_t unseen, n_unseen;
	uint64_t read, n_read;
	uint64_t last_len, last_data_len;
	uint8_t last_data[64];
};

static uint32_t state;

static uint32_t rnd(void)
{
	state = state * 1664525u + 1013904223u;
	return state >> 8;
}

static void tell(void *user, enum npfs_trace_kind kind, uint64_t bytes, uint64_t count,
		 const void *data, size_t data_len)
{
	struct told *told = user;

	switch (kind) {
	case NPFS_TRACE_WROTE:
		told->wrote += bytes;
		told->n_wrote += count;
		told->last_len = bytes;
		told->last_data_len = data_len;
		memcpy(told->last_data, data, np_min_u64(data_len, sizeof(told->last_data)));
		break;
	case NPFS_TRACE_WITHDREW:
		told->withdrew += bytes;
		told->n_withdrew += count;
		break;
	case NPFS_TRACE_UNSEEN:
		told->unseen += bytes;
		told->n_unseen += count;
		break;
	default:
		ck_assert_int_eq(kind, NPFS_TRACE_READ);
		told->read += bytes;
		told->n_read += count;
	}
}

static struct np_tap_lane onlooker(struct np_shm_lane *shm, const struct np_ring *ring)
{
	return (struct np_tap_lane){.shm = shm, .ring = *ring};
}

static void look(struct np_tap_lane *lane, struct told *told)
{
	np_tap_lane_see(lane);
	np_tap_lane_tell(lane, sizeof(told->last_data), tell, told);
}

static struct lane_rig *rig_new(uint32_t quota)
{
	const struct lane_shape shape = {
		.quota = quota,
		.is_message = rnd() & 1,
		.uses_plain = rnd() & 1,
	};
	struct lane_rig *rig = lane_rig_new(&shape);

	ck_assert_ptr_nonnull(rig);
	return rig;
}

static uint32_t random_len(bool is_big)
{
	switch (rnd() % 8) {
	case 0:
		return is_big ? 50000 + rnd() % 100000 : rnd() % 9000;
	case 1:
		return 0;
	default:
		return rnd() % 300;
	}
}

static void random_step(struct lane_rig *rig, bool is_big)
{
	struct lane_step step = {.n = random_len(is_big)};
	uint32_t pick = rnd() % 20;

	if (pick < 9)
		step.verb = LANE_WRITE;
	else if (pick < 10)
		step.verb = LANE_TRANSACT;
	else if (pick < 12)
		step.verb = LANE_CANCEL_WRITE;
	else if (pick < 13)
		step.verb = LANE_READ;
	else
		step.verb = LANE_READ_NOWAIT;
	if (!lane_rig_step(rig, &step))
		ck_abort_msg("%s", rig->error);
}

static void drain(struct lane_rig *rig)
{
	const struct lane_step step = {.verb = LANE_READ_NOWAIT, .n = 200000};
	int i;

	for (i = 0; i < 4 * N_STEPS; i++)
		if (!lane_rig_step(rig, &step))
			ck_abort_msg("%s", rig->error);
}

static void check_sums(const struct lane_rig *rig, const struct told *told)
{
	const struct np_shm_lane *shm = rig->w.shm;

	ck_assert_uint_eq(told->wrote + told->unseen - told->withdrew, shm->w_bytes);
	ck_assert_uint_eq(told->n_wrote + told->n_unseen - told->n_withdrew, shm->w_entries);
	ck_assert_uint_eq(told->read, shm->r_bytes);
}

START_TEST(who_looks_after_each_step_sees_each_write)
{
	struct told told = {.wrote = 0};
	struct np_tap_lane lane;
	struct lane_rig *rig;
	int i;

	state = (uint32_t)_i + 1;
	rig = rig_new(rnd() % 3 ? 4096 : 100);
	lane = onlooker(rig->w.shm, &rig->w.ring);
	for (i = 0; i < N_STEPS; i++) {
		random_step(rig, _i % 3 == 0);
		look(&lane, &told);
	}
	drain(rig);
	look(&lane, &told);
	look(&lane, &told);
	/* but for what goes through the ring in pieces, all at once, during the drain */
	if (_i % 3 != 0)
		ck_assert_uint_eq(told.n_unseen, 0);
	check_sums(rig, &told);
	lane_rig_free(rig);
}
END_TEST

START_TEST(who_looks_seldom_is_told_sums)
{
	struct told told = {.wrote = 0};
	struct np_tap_lane lane;
	struct lane_rig *rig;
	int i;

	state = (uint32_t)_i + 1000;
	rig = rig_new(4096);
	lane = onlooker(rig->w.shm, &rig->w.ring);
	for (i = 0; i < N_STEPS; i++) {
		random_step(rig, _i & 1);
		if (rnd() % 50 == 0)
			look(&lane, &told);
	}
	drain(rig);
	look(&lane, &told);
	look(&lane, &told);
	check_sums(rig, &told);
	lane_rig_free(rig);
}
END_TEST

static void put(struct lane_rig *rig, enum lane_verb verb, uint32_t n)
{
	const struct lane_step step = {.verb = verb, .n = n};

	if (!lane_rig_step(rig, &step))
		ck_abort_msg("%s", rig->error);
}

START_TEST(who_comes_later_is_told_from_there_on)
{
	const struct lane_shape shape = {.quota = 4096, .is_message = true};
	struct lane_rig *rig = lane_rig_new(&shape);
	struct told told = {.wrote = 0};
	struct np_tap_lane lane;

	put(rig, LANE_WRITE, 10);
	put(rig, LANE_WRITE, 20);
	put(rig, LANE_READ_NOWAIT, 100);
	lane = onlooker(rig->w.shm, &rig->w.ring);
	lane.is_lost = true;
	lane.told = 2;
	lane.told_bytes = 30;
	lane.r_told = 1;
	lane.r_bytes_told = rig->r.bytes;
	look(&lane, &told);
	ck_assert(!lane.is_lost);
	ck_assert_uint_eq(told.n_wrote + told.n_read + told.n_unseen, 0);
	put(rig, LANE_WRITE, 5);
	look(&lane, &told);
	ck_assert_uint_eq(told.n_wrote, 1);
	ck_assert_uint_eq(told.wrote, 5);
	ck_assert_uint_eq(told.n_unseen, 0);
	ck_assert_uint_eq(told.last_data_len, 5);
	lane_rig_free(rig);
}
END_TEST

START_TEST(a_flood_between_two_looks_is_one_sum_and_then_goes_on)
{
	const struct lane_shape shape = {.quota = 4096, .is_message = true};
	struct lane_rig *rig = lane_rig_new(&shape);
	struct np_tap_lane lane = onlooker(rig->w.shm, &rig->w.ring);
	struct told told = {.wrote = 0};
	int i;

	put(rig, LANE_WRITE, 7);
	look(&lane, &told);
	ck_assert_uint_eq(told.n_wrote, 1);
	put(rig, LANE_READ_NOWAIT, 4096);
	for (i = 0; i < 100; i++) {
		put(rig, LANE_WRITE, 4000);
		put(rig, LANE_READ_NOWAIT, 4096);
	}
	look(&lane, &told);
	ck_assert_uint_eq(told.n_wrote, 1);
	ck_assert_uint_eq(told.n_unseen, 100);
	ck_assert_uint_eq(told.unseen, 400000);
	ck_assert_uint_eq(told.n_read, 101);
	put(rig, LANE_WRITE, 9);
	look(&lane, &told);
	ck_assert_uint_eq(told.n_wrote, 2);
	ck_assert_uint_eq(told.last_len, 9);
	lane_rig_free(rig);
}
END_TEST

/* The onlooker's mapping is for reading only and exactly as large as the channel. */
START_TEST(rubbish_costs_a_bounded_look_and_nothing_else)
{
	struct np_shm_lane *shm = aligned_alloc(64, 1024);
	uint8_t *base = malloc(RING_SIZE);
	const struct np_ring ring = {.base = base, .mask = RING_SIZE - 1};
	struct told told = {.wrote = 0};
	int run, i;

	ck_assert_ptr_nonnull(shm);
	ck_assert_ptr_nonnull(base);
	state = 77;
	for (run = 0; run < N_RUNS; run++) {
		struct np_tap_lane lane = onlooker(shm, &ring);

		memset((void *)shm, 0, sizeof(*shm));
		for (i = 0; i < (int)RING_SIZE; i++)
			base[i] = run % 3 ? (uint8_t)(rnd() % 3 ? 0 : rnd()) : 0;
		for (i = 0; i < 40; i++) {
			uint64_t small = (uint64_t)rnd() % (2 * RING_SIZE) & ~UINT64_C(7);
			uint64_t big = (uint64_t)rnd() << 40 | rnd();

			shm->tail = rnd() % 4 ? shm->tail + small : big;
			shm->head = rnd() % 4 ? shm->tail - (small & 1023) : big;
			shm->w_entries = rnd() % 2 ? rnd() % 100 : big;
			shm->r_entries = rnd() % 2 ? rnd() % 100 : big;
			shm->w_bytes = rnd() % 2 ? rnd() : big;
			shm->r_bytes = rnd() % 2 ? rnd() : big;
			shm->w_stream_end = rnd() % 2 ? shm->tail : big;
			shm->cell[rnd() % NP_SHM_CELLS] = (uint64_t)rnd() << 40 | rnd();
			memset(&told, 0, sizeof(told));
			look(&lane, &told);
			ck_assert_uint_le(lane.n_stalled, NP_SHM_CELLS);
		}
	}
	free(base);
	free(shm);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tap_lane");
	TCase *tcase = tcase_create("tap_lane");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, who_looks_after_each_step_sees_each_write, 0, N_RUNS);
	tcase_add_loop_test(tcase, who_looks_seldom_is_told_sums, 0, N_RUNS);
	tcase_add_test(tcase, who_comes_later_is_told_from_there_on);
	tcase_add_test(tcase, a_flood_between_two_looks_is_one_sum_and_then_goes_on);
	tcase_add_test(tcase, rubbish_costs_a_bounded_look_and_nothing_else);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
