/* SPDX-License-Identifier: MIT */
/*
 * The channel's sizes and places: what the broker and both ends compute must be the same,
 * and must not overlap
 */
#include "npfs/proto/shm.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"

static const uint32_t quotas[] = {0,        1,          7,         4095,    4096,
				  4097,     65536,      70000,     1048576, 10000000,
				  53687091, 0x7fffffff, 0xffffffff};

static bool is_power_of_two(size_t n)
{
	return n && !(n & (n - 1));
}

START_TEST(rings_are_powers_of_two_behind_each_other)
{
	for (size_t i = 0; i < NP_ARRAY_LEN(quotas); i++) {
		for (size_t j = 0; j < NP_ARRAY_LEN(quotas); j++) {
			struct np_shm_layout l;

			np_shm_layout(quotas[i], quotas[j], &l);
			for (int k = 0; k < 2; k++) {
				ck_assert(is_power_of_two(l.ring_size[k]));
				ck_assert_uint_ge(l.ring_size[k], NP_SHM_RING_MIN);
				ck_assert_uint_le(l.ring_size[k], NP_SHM_RING_MAX);
				ck_assert_uint_eq(l.ring_offset[k] % 4096, 0);
			}
			ck_assert_uint_eq(l.ring_offset[NP_LANE_INBOUND],
					  NP_SHM_RING_OFFSET);
			ck_assert_uint_eq(l.ring_offset[NP_LANE_OUTBOUND],
					  l.ring_offset[NP_LANE_INBOUND] +
						  l.ring_size[NP_LANE_INBOUND]);
			ck_assert_uint_eq(l.size, l.ring_offset[NP_LANE_OUTBOUND] +
							  l.ring_size[NP_LANE_OUTBOUND]);
			ck_assert_uint_eq(np_shm_size(quotas[i], quotas[j]), l.size);
		}
	}
}
END_TEST

START_TEST(a_ring_depends_on_its_own_quota_only)
{
	struct np_shm_layout a, b;

	np_shm_layout(100, 5000000, &a);
	np_shm_layout(5000000, 100, &b);
	ck_assert_uint_eq(a.ring_size[NP_LANE_INBOUND], b.ring_size[NP_LANE_OUTBOUND]);
	ck_assert_uint_eq(a.ring_size[NP_LANE_OUTBOUND], b.ring_size[NP_LANE_INBOUND]);
	ck_assert_uint_ne(a.ring_size[0], a.ring_size[1]);
}
END_TEST

START_TEST(a_ring_holds_its_quota_in_one_write)
{
	for (size_t i = 0; i < NP_ARRAY_LEN(quotas); i++) {
		struct np_shm_layout l;

		np_shm_layout(quotas[i], 0, &l);
		if (l.ring_size[0] < NP_SHM_RING_MAX)
			ck_assert_uint_ge(l.ring_size[0], 8 + (uint64_t)quotas[i]);
	}
}
END_TEST

/* One byte takes 16 in the ring; up to 64 KiB of quota all of it can be single bytes. */
START_TEST(a_ring_holds_its_quota_in_single_bytes)
{
	for (uint32_t quota = 0; quota <= 65536; quota += 512) {
		struct np_shm_layout l;

		np_shm_layout(quota, quota, &l);
		ck_assert_uint_ge(l.ring_size[0], (uint64_t)quota * 16);
	}
}
END_TEST

START_TEST(bells_and_lanes_lie_where_the_format_page_says)
{
	char *base = aligned_alloc(4096, 4096);

	ck_assert_ptr_nonnull(base);
	ck_assert_ptr_eq((char *)np_shm_bell(base, NP_SIDE_SERVER), base + 64);
	ck_assert_ptr_eq((char *)np_shm_bell(base, NP_SIDE_CLIENT), base + 128);
	ck_assert_ptr_eq((char *)np_shm_lane(base, NP_LANE_INBOUND), base + 1024);
	ck_assert_ptr_eq((char *)np_shm_lane(base, NP_LANE_OUTBOUND), base + 2048);
	ck_assert_uint_le(2048 + sizeof(struct np_shm_lane), NP_SHM_RING_OFFSET);
	free(base);
}
END_TEST

START_TEST(the_header_says_what_the_layout_says)
{
	struct np_shm_header hdr;
	struct np_shm_layout l;

	memset(&hdr, 0xff, sizeof(hdr));
	np_shm_header_init(&hdr, 1, 4096, 100000);
	np_shm_layout(4096, 100000, &l);
	ck_assert_uint_eq(hdr.magic, NP_SHM_MAGIC);
	ck_assert_uint_eq(hdr.version, NP_SHM_VERSION);
	ck_assert_uint_eq(hdr.type, 1);
	ck_assert_uint_eq(hdr.inbound_quota, 4096);
	ck_assert_uint_eq(hdr.outbound_quota, 100000);
	ck_assert_uint_eq(hdr.inbound_ring, l.ring_size[NP_LANE_INBOUND]);
	ck_assert_uint_eq(hdr.outbound_ring, l.ring_size[NP_LANE_OUTBOUND]);
	ck_assert_uint_eq(hdr.reserved, 0);
	ck_assert_uint_eq(hdr.instance_id, 0);
	for (size_t i = 0; i < NP_ARRAY_LEN(hdr.reserved2); i++)
		ck_assert_uint_eq(hdr.reserved2[i], 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shm");
	TCase *tcase = tcase_create("layout");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tcase, rings_are_powers_of_two_behind_each_other);
	tcase_add_test(tcase, a_ring_depends_on_its_own_quota_only);
	tcase_add_test(tcase, a_ring_holds_its_quota_in_one_write);
	tcase_add_test(tcase, a_ring_holds_its_quota_in_single_bytes);
	tcase_add_test(tcase, bells_and_lanes_lie_where_the_format_page_says);
	tcase_add_test(tcase, the_header_says_what_the_layout_says);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
