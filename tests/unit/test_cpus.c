/* SPDX-License-Identifier: MIT */
/*
 * Processors: what control groups allow, in both versions, from the group up to the root.
 */
#include "npfs/base/cpus.h"

#include <check.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "npfs/base/macro.h"
#include "tests/lib/broker.h"

static char root[64];

/* A folder or, with @text, a file below the root. */
static void put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	if (!text) {
		ck_assert_int_eq(mkdir(path, 0700), 0);
		return;
	}
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static const char *const names[] = {
	"list", "a/b/cpu.max", "a/cpu.max", "cpu.max", "cpu/g/cpu.cfs_quota_us",
	"cpu/g/cpu.cfs_period_us", "cpu/g", "cpu", "a/b", "a",
};

static void set_up(void)
{
	test_dir_make(root, sizeof(root));
	put("a", NULL);
	put("a/b", NULL);
	put("cpu", NULL);
	put("cpu/g", NULL);
}

static void tear_down(void)
{
	char path[256];

	for (unsigned i = 0; i < NP_ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, names[i]);
		remove(path);
	}
	test_dir_remove(root);
}

static uint32_t quota(const char *list)
{
	char path[256];

	put("list", list);
	snprintf(path, sizeof(path), "%s/list", root);
	return np_cpus_quota(root, path);
}

START_TEST(without_limits_there_is_no_quota)
{
	ck_assert_uint_eq(quota("0::/a/b\n"), NP_CPUS_NO_QUOTA);
	ck_assert_uint_eq(quota(""), NP_CPUS_NO_QUOTA);
	ck_assert_uint_eq(quota("nonsense\n7:cpu\n::\n"), NP_CPUS_NO_QUOTA);
	put("a/b/cpu.max", "max 100000\n");
	ck_assert_uint_eq(quota("0::/a/b\n"), NP_CPUS_NO_QUOTA);
	put("a/b/cpu.max", "rubbish\n");
	ck_assert_uint_eq(quota("0::/a/b\n"), NP_CPUS_NO_QUOTA);
	put("a/b/cpu.max", "100000 0\n");
	ck_assert_uint_eq(quota("0::/a/b\n"), NP_CPUS_NO_QUOTA);
	ck_assert_uint_eq(np_cpus_quota("/no/such/folder", "/no/such/list"),
			  NP_CPUS_NO_QUOTA);
}
END_TEST

START_TEST(the_least_quota_on_the_way_up_counts)
{
	put("a/b/cpu.max", "400000 100000\n");
	ck_assert_uint_eq(quota("0::/a/b\n"), 4000);
	put("a/cpu.max", "150000 100000\n");
	ck_assert_uint_eq(quota("0::/a/b\n"), 1500);
	put("cpu.max", "50000 100000\n");
	ck_assert_uint_eq(quota("0::/a/b\n"), 500);
	ck_assert_uint_eq(quota("0::/\n"), 500);
}
END_TEST

START_TEST(version_1_is_read_too)
{
	put("cpu/g/cpu.cfs_quota_us", "-1\n");
	put("cpu/g/cpu.cfs_period_us", "100000\n");
	ck_assert_uint_eq(quota("5:memory:/g\n1:cpu,cpuacct:/g\n0::/\n"),
			  NP_CPUS_NO_QUOTA);
	put("cpu/g/cpu.cfs_quota_us", "199000\n");
	ck_assert_uint_eq(quota("5:memory:/g\n1:cpu,cpuacct:/g\n0::/\n"), 1990);
	ck_assert_uint_eq(quota("1:cpuset:/g\n2:cpuacct:/g\n"), NP_CPUS_NO_QUOTA);
}
END_TEST

START_TEST(one_processor_is_not_several)
{
	cpu_set_t before, one;

	CPU_ZERO(&one);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(before), &before), 0);
	for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
		if (CPU_ISSET(i, &before))
			CPU_SET(i, &one);
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	ck_assert(!np_cpus_are_several());
	ck_assert_int_eq(sched_setaffinity(0, sizeof(before), &before), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cpus");
	TCase *tcase = tcase_create("quota");
	SRunner *runner;
	int n_failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, without_limits_there_is_no_quota);
	tcase_add_test(tcase, the_least_quota_on_the_way_up_counts);
	tcase_add_test(tcase, version_1_is_read_too);
	tcase_add_test(tcase, one_processor_is_not_several);
	suite_add_tcase(suite, tcase);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
