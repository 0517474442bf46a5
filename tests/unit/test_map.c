/* SPDX-License-Identifier: MIT */
/*
 * The hash map: what was put is found, nothing else is, and memory running out changes
 * nothing.
 *
 * The module is compiled into this program once more, with allocation functions that fail
 * on demand; the archive's copy is not linked then.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/map.h"

/* Calls that succeed before one fails; negative: none fails. */
static int allocations_left = -1;

static bool allocation_fails(void)
{
	if (allocations_left < 0)
		return false;
	return allocations_left-- == 0;
}

static void *test_malloc(size_t size)
{
	return allocation_fails() ? NULL : malloc(size);
}

static void *test_calloc(size_t n, size_t size)
{
	return allocation_fails() ? NULL : calloc(n, size);
}

#define malloc test_malloc
#define calloc test_calloc
#include "npfs/base/map.c"
#undef malloc
#undef calloc

static int values[4];

START_TEST(an_empty_map_finds_nothing)
{
	struct np_map map = NP_MAP_INIT;
	struct np_map_iter iter = NP_MAP_ITER_INIT;

	ck_assert_ptr_null(np_map_get(&map, "x", 1));
	ck_assert_ptr_null(np_map_get_u64(&map, 1));
	ck_assert_ptr_null(np_map_remove(&map, "x", 1));
	ck_assert(!np_map_next(&map, &iter, NULL, NULL, NULL));
	ck_assert_uint_eq(np_map_len(&map), 0);
	np_map_fini(&map);
	np_map_fini(&map);
}
END_TEST

START_TEST(keys_are_exact_byte_strings)
{
	struct np_map map = NP_MAP_INIT;

	ck_assert_int_eq(np_map_put(&map, "a", 1, &values[0]), 0);
	ck_assert_int_eq(np_map_put(&map, "a\0", 2, &values[1]), 0);
	ck_assert_int_eq(np_map_put(&map, "", 0, &values[2]), 0);
	ck_assert_ptr_eq(np_map_get(&map, "a", 1), &values[0]);
	ck_assert_ptr_eq(np_map_get(&map, "a\0", 2), &values[1]);
	ck_assert_ptr_eq(np_map_get(&map, "", 0), &values[2]);
	ck_assert_ptr_null(np_map_get(&map, "A", 1));
	ck_assert_uint_eq(np_map_len(&map), 3);
	np_map_fini(&map);
}
END_TEST

START_TEST(a_number_is_not_its_bytes)
{
	struct np_map map = NP_MAP_INIT;
	uint64_t number = 42;

	ck_assert_int_eq(np_map_put_u64(&map, number, &values[0]), 0);
	ck_assert_ptr_null(np_map_get(&map, &number, sizeof(number)));
	ck_assert_int_eq(np_map_put(&map, &number, sizeof(number), &values[1]), 0);
	ck_assert_ptr_eq(np_map_get_u64(&map, number), &values[0]);
	ck_assert_ptr_eq(np_map_remove(&map, &number, sizeof(number)), &values[1]);
	ck_assert_ptr_eq(np_map_get_u64(&map, number), &values[0]);
	np_map_fini(&map);
}
END_TEST

START_TEST(putting_again_replaces_the_value)
{
	struct np_map map = NP_MAP_INIT;

	ck_assert_int_eq(np_map_put(&map, "key", 3, &values[0]), 0);
	ck_assert_int_eq(np_map_put(&map, "key", 3, &values[1]), 0);
	ck_assert_uint_eq(np_map_len(&map), 1);
	ck_assert_ptr_eq(np_map_remove(&map, "key", 3), &values[1]);
	ck_assert_ptr_null(np_map_get(&map, "key", 3));
	np_map_fini(&map);
}
END_TEST

START_TEST(many_keys_survive_growing_and_removing)
{
	enum { N = 5000 };
	struct np_map map = NP_MAP_INIT;
	static char slots[N];
	char key[32];
	int i, n;

	for (i = 0; i < N; i++) {
		n = snprintf(key, sizeof(key), "key number %d", i);
		ck_assert_int_eq(np_map_put(&map, key, (size_t)n, &slots[i]), 0);
		ck_assert_int_eq(np_map_put_u64(&map, (uint64_t)i << 32, &slots[i]), 0);
	}
	ck_assert_uint_eq(np_map_len(&map), 2 * N);
	for (i = 0; i < N; i += 2) {
		n = snprintf(key, sizeof(key), "key number %d", i);
		ck_assert_ptr_eq(np_map_remove(&map, key, (size_t)n), &slots[i]);
	}
	for (i = 0; i < N; i++) {
		n = snprintf(key, sizeof(key), "key number %d", i);
		ck_assert_ptr_eq(np_map_get(&map, key, (size_t)n),
				 i % 2 ? &slots[i] : NULL);
		ck_assert_ptr_eq(np_map_get_u64(&map, (uint64_t)i << 32), &slots[i]);
	}
	np_map_fini(&map);
	ck_assert_uint_eq(np_map_len(&map), 0);
	ck_assert_ptr_null(np_map_get_u64(&map, 0));
}
END_TEST

START_TEST(a_walk_meets_every_entry_once_and_may_remove_it)
{
	enum { N = 100 };
	struct np_map map = NP_MAP_INIT;
	struct np_map_iter iter = NP_MAP_ITER_INIT;
	static char slots[N];
	const void *key;
	size_t key_len;
	void *value;
	uint64_t i;
	int n = 0;

	for (i = 0; i < N; i++)
		ck_assert_int_eq(np_map_put_u64(&map, i, &slots[i]), 0);
	while (np_map_next(&map, &iter, &key, &key_len, &value)) {
		ck_assert_uint_eq(key_len, sizeof(i));
		memcpy(&i, key, sizeof(i));
		ck_assert_ptr_eq(value, &slots[i]);
		ck_assert_int_eq(slots[i], 0);
		slots[i] = 1;
		ck_assert_ptr_eq(np_map_remove_u64(&map, i), value);
		n++;
	}
	ck_assert_int_eq(n, N);
	ck_assert_uint_eq(np_map_len(&map), 0);
	np_map_fini(&map);
}
END_TEST

START_TEST(memory_running_out_leaves_the_map_as_it_was)
{
	struct np_map map = NP_MAP_INIT;
	int fail_at, r;
	uint64_t i;

	/* The first put needs buckets and an entry; each of the two fails once. */
	for (fail_at = 0; fail_at < 2; fail_at++) {
		allocations_left = fail_at;
		r = np_map_put(&map, "key", 3, &values[0]);
		allocations_left = -1;
		ck_assert_int_eq(r, -ENOMEM);
		ck_assert_uint_eq(np_map_len(&map), 0);
		ck_assert_ptr_null(np_map_get(&map, "key", 3));
	}
	/* Growing needs memory as well, but can do without. */
	for (i = 0; i < 200; i++) {
		allocations_left = 1;
		r = np_map_put_u64(&map, i, &values[1]);
		allocations_left = -1;
		ck_assert_int_eq(r, 0);
	}
	for (i = 0; i < 200; i++)
		ck_assert_ptr_eq(np_map_get_u64(&map, i), &values[1]);
	np_map_fini(&map);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("map");
	TCase *tc = tcase_create("map");
	SRunner *runner;
	int n_failed;

	tcase_add_test(tc, an_empty_map_finds_nothing);
	tcase_add_test(tc, keys_are_exact_byte_strings);
	tcase_add_test(tc, a_number_is_not_its_bytes);
	tcase_add_test(tc, putting_again_replaces_the_value);
	tcase_add_test(tc, many_keys_survive_growing_and_removing);
	tcase_add_test(tc, a_walk_meets_every_entry_once_and_may_remove_it);
	tcase_add_test(tc, memory_running_out_leaves_the_map_as_it_was);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
