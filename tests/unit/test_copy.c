/* SPDX-License-Identifier: MIT */
/*
 * Copies of every alignment and length, and which way a trial chooses
 */
#include "npfs/base/copy.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"

#define ROOM  8192u
#define GUARD 128u

typedef void (*copy_fn)(void *restrict dst, const void *restrict src, size_t n);

static const copy_fn ways[] = {np_copy, np_copy_past};

static uint8_t from[ROOM + 2 * GUARD], to[ROOM + 2 * GUARD];

static bool is_untouched(const uint8_t *bytes, size_t n)
{
	while (n && bytes[n - 1] == 0xee)
		n--;
	return n == 0;
}

static void check_one(copy_fn copy, size_t at, size_t src_at, size_t n)
{
	memset(to, 0xee, sizeof(to));
	copy(to + GUARD + at, from + src_at, n);
	ck_assert(!memcmp(to + GUARD + at, from + src_at, n));
	ck_assert(is_untouched(to, GUARD + at));
	ck_assert(is_untouched(to + GUARD + at + n, sizeof(to) - GUARD - at - n));
}

START_TEST(every_byte_is_copied_and_no_other)
{
	static const size_t lengths[] = {0,   1,   15,	 16,   63,   64,   65,	127,
					 128, 191, 1023, 1024, 1025, 1088, 2048, 4099};

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)(i * 7 + (i >> 8));
	for (size_t n = 0; n < NP_ARRAY_LEN(lengths); n++) {
		for (size_t at = 0; at < 65; at += 1 + at / 9) {
			check_one(ways[_i], at, 0, lengths[n]);
			check_one(ways[_i], at, 13, lengths[n]);
		}
	}
}
END_TEST

/* Windows of @cost[way] ns until something is settled; the way it says. */
static bool settle(struct np_copy_trial *trial, const int64_t cost[2], int64_t *nowp)
{
	for (unsigned i = 0; i < 100; i++) {
		np_copy_trial_turn(trial, *nowp);
		if (!trial->window)
			return trial->is_past;
		*nowp += cost[trial->is_past];
	}
	ck_abort_msg("nothing is ever settled");
	return false;
}

START_TEST(the_quicker_way_is_chosen_again_and_again)
{
	static const int64_t far[2] = {900000, 300000}, near[2] = {300000, 600000},
			     same[2] = {300000, 299000};
	struct np_copy_trial trial = {0};
	int64_t now = 1;

	ck_assert(settle(&trial, far, &now));
	now += 1000000000;
	ck_assert(!settle(&trial, near, &now));
	now += 1000000000;
	ck_assert(settle(&trial, far, &now));
	ck_assert(!settle(&trial, same, &now));
}
END_TEST

/* One window in which the thread did not run says nothing. */
START_TEST(a_pause_does_not_count)
{
	struct np_copy_trial trial = {0};
	unsigned n[2] = {0};
	int64_t now = 1;

	for (;;) {
		np_copy_trial_turn(&trial, now);
		if (!trial.window)
			break;
		now += trial.is_past ? 300000 : 900000;
		if (trial.is_past && n[1]++ != 1)
			now += 50000000;
	}
	ck_assert_uint_eq(n[1], 3);
	ck_assert(trial.is_past);
}
END_TEST

/* Both ways are tried with as many bytes, and what is settled holds for long. */
START_TEST(the_clock_is_looked_at_rarely)
{
	struct np_copy_trial trial = {0};
	uint64_t bytes[2] = {0}, settled = 0;

	np_copy_trial_way(&trial, 4096);
	ck_assert_uint_eq(trial.window, 1);
	while (trial.window) {
		bytes[trial.is_past] += 4096;
		np_copy_trial_way(&trial, 4096);
	}
	ck_assert_uint_eq(bytes[0], bytes[1]);
	ck_assert_uint_eq(bytes[0], 3 * NP_COPY_WINDOW);
	while (!trial.window) {
		settled += 65536;
		np_copy_trial_way(&trial, 65536);
	}
	ck_assert_uint_eq(settled, NP_COPY_SETTLED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("copy");
	TCase *tc = tcase_create("copy");
	SRunner *runner;
	int n_failed;

	tcase_add_loop_test(tc, every_byte_is_copied_and_no_other, 0, NP_ARRAY_LEN(ways));
	tcase_add_test(tc, the_quicker_way_is_chosen_again_and_again);
	tcase_add_test(tc, a_pause_does_not_count);
	tcase_add_test(tc, the_clock_is_looked_at_rarely);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
