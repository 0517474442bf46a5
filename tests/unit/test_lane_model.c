/* SPDX-License-Identifier: MIT */
/*
 * Random lists of operations: the lane and the model of npfs-semantics section 4 agree
 *
 * Each list has a shape (kind of pipe, read mode, quota) and is made from one number.
 * NPFS_TEST_SEED picks the first number, NPFS_TEST_RUNS how many lists are tried. A list
 * that fails is shortened as long as it still fails and printed in the form of the tables
 * in test_lane_write.c and test_lane_read.c.
 */
#include "tests/unit/lane_rig.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"

#define LIST_LEN 220
#define RUNS     1500

static uint64_t random_state;

static uint32_t rnd(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 24);
}

static void seed_random(uint64_t seed)
{
	random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 0x1234567;
	for (int i = 0; i < 8; i++)
		rnd();
}

static const uint32_t quotas[] = {0, 1, 7, 64, 5000, 70000};

static struct lane_shape random_shape(void)
{
	struct lane_shape shape = {
		.quota = quotas[rnd() % NP_ARRAY_LEN(quotas)],
		.is_message = rnd() & 1,
		.uses_plain = rnd() & 1,
	};

	shape.is_message_mode = shape.is_message && (rnd() & 1);
	return shape;
}

/* A length near an edge: of nothing, of the quota, of an alignment, of the ring. */
static uint32_t random_len(uint32_t quota, bool is_big)
{
	switch (rnd() % (is_big ? 14 : 11)) {
	case 0:
		return 0;
	case 1:
	case 2:
		return 1;
	case 3:
		return quota + (rnd() % 5) - np_min_u32(quota, 2);
	case 4:
		return quota / 2 + rnd() % 3;
	case 5:
	case 6:
		return rnd() % 20;
	case 7:
	case 8:
		return rnd() % 300;
	case 9:
		return quota + rnd() % 3000;
	case 10:
		return rnd() % 9000;
	case 11:
		return 65536 - 24 + rnd() % 48;
	case 12:
		return 60000 + rnd() % 90000;
	default:
		return 131072 + rnd() % 100;
	}
}

static void random_list(const struct lane_shape *shape, struct lane_step *list,
			uint32_t n)
{
	bool is_big = rnd() % 3 == 0;
	bool is_cut = rnd() % 4 == 0;
	uint32_t reads = 20 + rnd() % 30, writes = 20 + rnd() % 30;

	for (uint32_t i = 0; i < n; i++) {
		struct lane_step *step = &list[i];
		uint32_t pick = rnd() % (reads + writes + 30);

		step->n = random_len(shape->quota, is_big);
		if (pick < writes)
			step->verb = LANE_WRITE;
		else if (pick < writes + reads)
			step->verb = LANE_READ;
		else if ((pick -= writes + reads) < 6)
			step->verb = LANE_NOWAIT;
		else if (pick < 9)
			step->verb = LANE_TRANSACT;
		else if (pick < 13)
			step->verb = LANE_READ_NOWAIT;
		else if (pick < 17)
			step->verb = LANE_CANCEL_WRITE;
		else if (pick < 19)
			step->verb = LANE_CANCEL_READ;
		else if (pick < 22)
			step->verb = LANE_FLUSH;
		else if (pick < 28)
			step->verb = LANE_PEEK;
		else
			step->verb = LANE_MODE;
		if (step->verb == LANE_MODE)
			step->n = rnd() & 1;
		if (is_cut && i == n * 3 / 4)
			step->verb = LANE_CUT;
		if (is_cut && i > n * 3 / 4)
			step->verb = LANE_READ_NOWAIT;
	}
}

/* Plays @list; returns the number of steps up to the disagreement, 0 for none. */
static uint32_t play(const struct lane_shape *shape, const struct lane_step *list,
		     uint32_t n, char error[256])
{
	struct lane_rig *rig = lane_rig_new(shape);
	uint32_t at = 0;

	for (uint32_t i = 0; i < n && !at; i++)
		if (!lane_rig_step(rig, &list[i]))
			at = i + 1;
	memcpy(error, rig->error, sizeof(rig->error));
	lane_rig_free(rig);
	return at;
}

/* Leaves out what is not needed for @list to fail. */
static uint32_t shorten(const struct lane_shape *shape, struct lane_step *list,
			uint32_t n, char error[256])
{
	struct lane_step *trial = malloc(LIST_LEN * sizeof(*trial));

	ck_assert_ptr_nonnull(trial);
	for (uint32_t i = n; i-- > 0;) {
		uint32_t at;
		char text[256];

		memcpy(trial, list, i * sizeof(*list));
		memcpy(trial + i, list + i + 1, (n - i - 1) * sizeof(*list));
		at = play(shape, trial, n - 1, text);
		if (!at)
			continue;
		memcpy(list, trial, at * sizeof(*list));
		memcpy(error, text, sizeof(text));
		n = at;
		i = np_min_u32(i, n);
	}
	free(trial);
	return n;
}

static void print_list(uint64_t seed, const struct lane_shape *shape,
		       const struct lane_step *list, uint32_t n, const char *error)
{
	fprintf(stderr, "NPFS_TEST_SEED=%llu NPFS_TEST_RUNS=1: %s\n",
		(unsigned long long)seed, error);
	fprintf(stderr, "quota %u, type %s, mode %s, plain %d\n", shape->quota,
		shape->is_message ? "message" : "byte",
		shape->is_message_mode ? "message" : "byte", shape->uses_plain);
	for (uint32_t i = 0; i < n; i++) {
		char text[64];

		lane_step_text(&list[i], text, sizeof(text));
		fprintf(stderr, "\t%s\n", text);
	}
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

START_TEST(lane_agrees_with_the_model)
{
	uint64_t first = number_from("NPFS_TEST_SEED", 1);
	uint64_t runs = number_from("NPFS_TEST_RUNS", RUNS);
	struct lane_step list[LIST_LEN];

	for (uint64_t seed = first; seed < first + runs; seed++) {
		struct lane_shape shape;
		char error[256];
		uint32_t at;

		seed_random(seed);
		shape = random_shape();
		random_list(&shape, list, LIST_LEN);
		at = play(&shape, list, LIST_LEN, error);
		if (!at)
			continue;
		fprintf(stderr, "step %u: %s; shortened:\n", at, error);
		at = shorten(&shape, list, at, error);
		print_list(seed, &shape, list, at, error);
		ck_abort_msg("lane and model disagree with seed %llu: %s",
			     (unsigned long long)seed, error);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane_model");
	TCase *tcase = tcase_create("random");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tcase, lane_agrees_with_the_model);
	tcase_set_timeout(tcase, 600);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
