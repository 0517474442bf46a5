/* SPDX-License-Identifier: MIT */
/*
 * Bytes and headers at positions, around the ring's end and around the end of 64 bits
 */
#include "npfs/ring/ring.h"

#include <check.h>
#include <stdlib.h>

#include "npfs/base/macro.h"

#define SIZE  64u
#define GUARD 16u

/* A ring between two guards. */
struct guarded {
	_Alignas(64) uint8_t bytes[64 + SIZE + GUARD];
};

static struct np_ring ring_in(struct guarded *g)
{
	struct np_ring ring = {.base = g->bytes + 64, .mask = SIZE - 1};

	memset(g->bytes, 0xee, sizeof(g->bytes));
	return ring;
}

static void check_guards(const struct guarded *g)
{
	for (unsigned i = 0; i < 64; i++)
		ck_assert_uint_eq(g->bytes[i], 0xee);
	for (unsigned i = 0; i < GUARD; i++)
		ck_assert_uint_eq(g->bytes[64 + SIZE + i], 0xee);
}

/* Every place and every length, at the start of the counting and at its end. */
START_TEST(what_is_put_is_got_everywhere)
{
	static const uint64_t starts[] = {0, 8, SIZE * 1000, UINT64_MAX - SIZE - 31};
	struct guarded g;
	struct np_ring ring = ring_in(&g);
	uint8_t in[SIZE], out[SIZE];

	ck_assert_uint_eq(np_ring_size(&ring), SIZE);
	for (size_t s = 0; s < NP_ARRAY_LEN(starts); s++) {
		for (uint64_t at = 0; at < SIZE * 2; at++) {
			for (unsigned n = 0; n <= SIZE; n++) {
				for (unsigned i = 0; i < n; i++)
					in[i] = (uint8_t)(i * 3 + at + n);
				np_ring_put(&ring, starts[s] + at, in, n);
				memset(out, 0, sizeof(out));
				np_ring_get(&ring, starts[s] + at, out, n);
				ck_assert(!memcmp(in, out, n));
			}
		}
	}
	check_guards(&g);
}
END_TEST

START_TEST(a_payload_over_the_end_goes_on_at_the_start)
{
	struct guarded g;
	struct np_ring ring = ring_in(&g);

	np_ring_put(&ring, SIZE * 5 + SIZE - 3, "abcdefg", 7);
	ck_assert_mem_eq(ring.base + SIZE - 3, "abc", 3);
	ck_assert_mem_eq(ring.base, "defg", 4);
	ck_assert_uint_eq(ring.base[4], 0xee);
	ck_assert_uint_eq(ring.base[SIZE - 4], 0xee);
	check_guards(&g);
}
END_TEST

START_TEST(nothing_is_copied_from_or_to_nowhere)
{
	struct guarded g;
	struct np_ring ring = ring_in(&g);

	np_ring_put(&ring, 5, NULL, 0);
	np_ring_get(&ring, 5, NULL, 0);
	ck_assert_uint_eq(ring.base[5], 0xee);
}
END_TEST

/* Long payloads are copied in another way, over the end too, and past the cache. */
START_TEST(long_payloads_are_copied_whole)
{
	enum { LONG = 8192 };
	static uint8_t base[LONG], in[LONG], out[LONG];
	struct np_ring ring = {.base = base, .mask = LONG - 1};

	for (unsigned n = NP_COPY_LEAST - 1; n <= LONG; n += 613) {
		for (uint64_t at = 0; at < LONG; at += 1000) {
			for (unsigned i = 0; i < n; i++)
				in[i] = (uint8_t)(i * 5 + at + n);
			np_ring_put(&ring, at, in, n);
			np_ring_get(&ring, at, out, n);
			ck_assert(!memcmp(in, out, n));
			memset(base, 0, sizeof(base));
			np_ring_put_past(&ring, at, in, n);
			np_ring_get(&ring, at, out, n);
			ck_assert(!memcmp(in, out, n));
		}
	}
	np_ring_put_past(&ring, 5, NULL, 0);
}
END_TEST

START_TEST(a_header_never_wraps)
{
	struct guarded g;
	struct np_ring ring = ring_in(&g);

	for (uint64_t pos = UINT64_MAX - 7 - SIZE; pos >= 8; pos += 8) {
		np_ring_put_header(&ring, pos, pos * 3 + 1);
		ck_assert_uint_eq(np_ring_get_header(&ring, pos), pos * 3 + 1);
	}
	check_guards(&g);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ring");
	TCase *tcase = tcase_create("bytes");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tcase, what_is_put_is_got_everywhere);
	tcase_add_test(tcase, a_payload_over_the_end_goes_on_at_the_start);
	tcase_add_test(tcase, nothing_is_copied_from_or_to_nowhere);
	tcase_add_test(tcase, long_payloads_are_copied_whole);
	tcase_add_test(tcase, a_header_never_wraps);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
