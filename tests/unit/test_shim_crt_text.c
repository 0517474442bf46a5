/* SPDX-License-Identifier: MIT */
/*
 * Microsoft's C run-time, strings and numbers: those functions that have a size, a width or
 * a base which their relatives in test_shim_crt do not have; files, time and environment by
 * the names that report an error.
 */
#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>

#include "tests/lib/broker.h"

#define W(text) ((const WCHAR *)u##text)

START_TEST(units_are_copied_and_compared)
{
	WCHAR text[8];

	ck_assert_ptr_eq(npfs_wmemcpy(text, W("abcd"), 5), text);
	ck_assert_ptr_eq(npfs_wmemmove(text + 1, text, 3), text + 1);
	ck_assert_int_eq(npfs_wcscmp(text, W("aabc")), 0);
	ck_assert_int_eq(npfs_wmemcmp(text, W("aabd"), 3), 0);
	ck_assert_int_lt(npfs_wmemcmp(text, W("aabd"), 4), 0);
	/* By units, and these have no sign. */
	ck_assert_int_gt(npfs_wmemcmp(W("\uffee"), W("a"), 1), 0);
	ck_assert_int_eq(npfs_memicmp("ABx", "aby", 2), 0);
	ck_assert_int_lt(npfs_memicmp("ABx", "aby", 3), 0);
	ck_assert_uint_eq(npfs_strnlen_s("abc", 2), 2);
	ck_assert_uint_eq(npfs_strnlen_s(NULL, 2), 0);
	ck_assert_uint_eq(npfs_wcsnlen_s(W("abc"), 9), 3);
	ck_assert_uint_eq(npfs_wcsnlen_s(NULL, 9), 0);
	ck_assert_uint_eq(npfs_wcsxfrm(NULL, W("abc"), 0), 3);
	ck_assert_uint_eq(npfs_wcsxfrm(text, W("abc"), 8), 3);
	ck_assert_int_eq(npfs_wcscmp(text, W("abc")), 0);
}
END_TEST

START_TEST(case_changes_in_place)
{
	char text[] = "AbZ-9";
	WCHAR units[] = u"AbZ-9";

	ck_assert_ptr_eq(_strlwr(text), text);
	ck_assert_str_eq(text, "abz-9");
	ck_assert_ptr_eq(_wcslwr(units), units);
	ck_assert_int_eq(npfs_wcscmp(units, W("abz-9")), 0);
}
END_TEST

START_TEST(words_are_found_with_a_state_of_the_threads)
{
	WCHAR text[] = u"one, two";

	ck_assert_int_eq(npfs_wcscmp(npfs_wcstok_one(text, W(", ")), W("one")), 0);
	ck_assert_int_eq(npfs_wcscmp(npfs_wcstok_one(NULL, W(", ")), W("two")), 0);
	ck_assert_ptr_null(npfs_wcstok_one(NULL, W(", ")));
}
END_TEST

START_TEST(wide_digits_become_numbers)
{
	WCHAR *end;

	ck_assert_uint_eq(npfs_wcstoul(W("0x1fz"), &end, 0), 0x1f);
	ck_assert_uint_eq(*end, u'z');
	ck_assert_int_eq(npfs_wcstoll(W("-9223372036854775808"), NULL, 10), INT64_MIN);
	ck_assert_uint_eq(npfs_wcstoull(W("18446744073709551615"), NULL, 10), UINT64_MAX);
	ck_assert_float_eq(npfs_wcstof(W("1.5"), NULL), 1.5f);
	ck_assert_double_eq((double)npfs_wcstold(W("-2.25x"), &end), -2.25);
	ck_assert_uint_eq(*end, u'x');
	ck_assert_double_eq(_wtof(W(" 0.5 ")), 0.5);
	ck_assert_int_eq(_wtoi64(W("-5000000000")), -5000000000);
	errno = 0;
	ck_assert_uint_eq(npfs_wcstoull(W("18446744073709551616"), NULL, 10), UINT64_MAX);
	ck_assert_int_eq(errno, ERANGE);
}
END_TEST

START_TEST(digits_become_numbers_of_64_bits)
{
	char *end;

	ck_assert_int_eq(_strtoi64("-777x", &end, 8), -511);
	ck_assert_int_eq(*end, 'x');
	ck_assert_uint_eq(_strtoui64("ffffffffffffffff", NULL, 16), UINT64_MAX);
	errno = 0;
	ck_assert_int_eq(_strtoi64("9223372036854775808", NULL, 10), INT64_MAX);
	ck_assert_int_eq(errno, ERANGE);
}
END_TEST

START_TEST(numbers_become_digits_where_there_is_room)
{
	char text[66];
	WCHAR units[66];

	ck_assert_int_eq(npfs_wcscmp(_i64tow(INT64_MIN, units, 10), W("-9223372036854775808")),
			 0);
	ck_assert_int_eq(npfs_wcscmp(_ui64tow(UINT64_MAX, units, 36), W("3w5e11264sgsf")), 0);
	ck_assert_int_eq(_i64toa_s(-5, text, sizeof(text), 10), 0);
	ck_assert_str_eq(text, "-5");
	ck_assert_int_eq(_i64toa_s(-5, text, 2, 10), ERANGE);
	ck_assert_str_eq(text, "");
	ck_assert_int_eq(_ui64toa_s(UINT64_MAX, text, sizeof(text), 2), 0);
	ck_assert_uint_eq(strlen(text), 64);
	ck_assert_int_eq(_ui64toa_s(1, NULL, 5, 10), EINVAL);
	ck_assert_int_eq(_ui64toa_s(1, text, sizeof(text), 1), EINVAL);
	ck_assert_int_eq(_itow_s(255, units, 3, 16), 0);
	ck_assert_int_eq(npfs_wcscmp(units, W("ff")), 0);
	ck_assert_int_eq(_itow_s(255, units, 2, 16), ERANGE);
	ck_assert_uint_eq(units[0], 0);
	ck_assert_int_eq(_itow_s(255, units, 0, 16), EINVAL);
	ck_assert_int_eq(_itow_s(255, units, 9, 37), EINVAL);
}
END_TEST

START_TEST(memory_and_wide_text_keep_to_their_size)
{
	char bytes[4] = "abc";
	WCHAR units[6];

	ck_assert_int_eq(memmove_s(bytes + 1, 3, bytes, 2), 0);
	ck_assert_mem_eq(bytes, "aab", 4);
	ck_assert_int_eq(memmove_s(bytes, 2, "xyz", 3), ERANGE);
	ck_assert_mem_eq(bytes, "aab", 4);
	ck_assert_int_eq(memmove_s(NULL, 2, "x", 1), EINVAL);
	ck_assert_int_eq(memmove_s(NULL, 0, NULL, 0), 0);
	ck_assert_int_eq(wcsncpy_s(units, 6, W("abcdefgh"), 3), 0);
	ck_assert_int_eq(npfs_wcscmp(units, W("abc")), 0);
	ck_assert_int_eq(wcsncat_s(units, 6, W("xyz"), 2), 0);
	ck_assert_int_eq(npfs_wcscmp(units, W("abcxy")), 0);
	ck_assert_int_eq(wcsncat_s(units, 6, W("z"), 1), ERANGE);
	ck_assert_uint_eq(units[0], 0);
	ck_assert_int_eq(wcsncpy_s(units, 4, W("abcd"), 4), ERANGE);
	ck_assert_uint_eq(units[0], 0);
	ck_assert_int_eq(wcsncpy_s(units, 4, W("abcdef"), _TRUNCATE), 80);
	ck_assert_int_eq(npfs_wcscmp(units, W("abc")), 0);
}
END_TEST

START_TEST(times_are_told_or_refused)
{
	time_t moment = 951827696, before = -1;
	struct tm tm;
	WCHAR text[32];

	ck_assert_int_eq(gmtime_s(&tm, &moment), 0);
	ck_assert_int_eq(tm.tm_mday, 29);
	ck_assert_int_eq(tm.tm_mon, 1);
	ck_assert_uint_eq(npfs_wcsftime(text, 32, W("%Y-%m-%d %H:%M \u20ac"), &tm), 18);
	ck_assert_int_eq(npfs_wcscmp(text, W("2000-02-29 12:34 \u20ac")), 0);
	ck_assert_uint_eq(npfs_wcsftime(text, 5, W("%Y-%m"), &tm), 0);
	ck_assert_int_eq(localtime_s(&tm, &moment), 0);
	ck_assert_int_eq(tm.tm_year, 100);
	ck_assert_int_eq(gmtime_s(&tm, &before), EINVAL);
	ck_assert_int_eq(localtime_s(NULL, &moment), EINVAL);
	ck_assert_int_eq(gmtime_s(&tm, NULL), EINVAL);
}
END_TEST

START_TEST(a_wide_path_opens_a_file_or_says_why_not)
{
	char dir[48], path[64];
	WCHAR wide[64];
	FILE *file = (FILE *)(uintptr_t)1;

	test_dir_make(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/\u00e4", dir);
	ck_assert_uint_lt(npfs_mbstowcs(wide, path, 64), 64);
	ck_assert_int_eq(_wfopen_s(&file, wide, W("r")), ENOENT);
	ck_assert_ptr_null(file);
	ck_assert_int_eq(_wfopen_s(&file, wide, W("wb")), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(_wfopen_s(NULL, wide, W("r")), EINVAL);
	ck_assert_int_eq(_wfopen_s(&file, NULL, W("r")), EINVAL);
	ck_assert_int_eq(_wremove(wide), 0);
	test_dir_remove(dir);
}
END_TEST

START_TEST(a_command_sees_what_was_set)
{
	ck_assert_int_eq(_putenv_s("NPFS_TEST_CRT", "7"), 0);
	ck_assert_int_eq(WEXITSTATUS(_wsystem(W("exit $NPFS_TEST_CRT"))), 7);
	ck_assert_int_eq(_putenv_s("NPFS_TEST_CRT", ""), 0);
	ck_assert_ptr_null(getenv("NPFS_TEST_CRT"));
	ck_assert_int_eq(_putenv_s("", "7"), EINVAL);
	ck_assert_int_eq(_putenv_s("NPFS_TEST_CRT", NULL), EINVAL);
	/* Is there a shell? */
	ck_assert_int_ne(_wsystem(NULL), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shim_crt_text");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, units_are_copied_and_compared);
	tcase_add_test(tc, case_changes_in_place);
	tcase_add_test(tc, words_are_found_with_a_state_of_the_threads);
	tcase_add_test(tc, wide_digits_become_numbers);
	tcase_add_test(tc, digits_become_numbers_of_64_bits);
	tcase_add_test(tc, numbers_become_digits_where_there_is_room);
	tcase_add_test(tc, memory_and_wide_text_keep_to_their_size);
	tcase_add_test(tc, times_are_told_or_refused);
	tcase_add_test(tc, a_wide_path_opens_a_file_or_says_why_not);
	tcase_add_test(tc, a_command_sees_what_was_set);
	suite_add_tcase(suite, tc);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
