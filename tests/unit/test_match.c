/* SPDX-License-Identifier: MIT */
/*
 * Wildcards: each element alone and beside the others, the translation from DOS, patterns
 * made to be slow, and agreement with a matcher that simply tries everything.
 */
#include "npfs/name/match.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/base/upcase.h"
#include "npfs/base/utf16.h"

struct row {
	const char *pattern;
	const char *name;
	bool matches;
};

static bool match(const char *pattern, const char *name, bool with_case)
{
	size_t pattern_len, name_len;
	uint16_t *p = np_utf16_dup_from_utf8(pattern, strlen(pattern), &pattern_len);
	uint16_t *n = np_utf16_dup_from_utf8(name, strlen(name), &name_len);
	bool result;

	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_nonnull(n);
	result = np_match(p, pattern_len, n, name_len, with_case);
	free(p);
	free(n);
	return result;
}

static void check_rows(const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		ck_assert_msg(match(rows[i].pattern, rows[i].name, false) ==
				      rows[i].matches,
			      "'%s' and '%s'", rows[i].pattern, rows[i].name);
}

START_TEST(each_element_takes_what_it_may)
{
	static const struct row rows[] = {
		{"", "", true},
		{"", "a", false},
		{"abc", "abc", true},
		{"abc", "ab", false},
		{"abc", "abcd", false},
		{"*", "", true},
		{"*", "a.b\\c", true},
		{"**", "", true},
		{"a*", "a", true},
		{"a*", "abc", true},
		{"a*", "ba", false},
		{"*a", "ba", true},
		{"*a", "ab", false},
		{"a*b*c", "axxbxxc", true},
		{"a*b*c", "axxcxxb", false},
		{"?", "", false},
		{"?", "a", true},
		{"?", ".", true},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"???", "ab", false},
		/* the last dot is not for < */
		{"<", "", true},
		{"<", "abc", true},
		{"<", "a.b", false},
		{"<.b", "a.b", true},
		{"<.b", "x.y.b", true},
		{"<.b", "b", false},
		{"<b", "a.b", false},
		{"<.c<", "a.b.c", true},
		{"<.<", "a.b.c", true},
		{"<<", "a.b", false},
		/* > stops at a dot */
		{">", "", true},
		{">", "a", true},
		{">", ".", false},
		{">>>", "a", true},
		{">>>", "abc", true},
		{">>>", "abcd", false},
		{">>>.>>>", "a.b", true},
		{">>>.>>>", "a", false},
		{">>>\">>>", "a", true},
		{"a>b", "ab", false},
		{"a>.b", "a.b", true},
		/* " is a dot or the end */
		{"\"", "", true},
		{"\"", ".", true},
		{"\"", "a", false},
		{"a\"", "a", true},
		{"a\"", "a.", true},
		{"a\"b", "a.b", true},
		{"a\"b", "ab", false},
		{"a\"*", "a", true},
		{"a\"*", "ab", false},
		{"a\"\"", "a.", true},
	};

	check_rows(rows, NP_ARRAY_LEN(rows));
}
END_TEST

START_TEST(case_is_ignored_unless_wanted)
{
	ck_assert(match("aBc", "AbC", false));
	ck_assert(match("\xc3\xa4*", "\xc3\x84x", false));
	ck_assert(match("\xd1\x8f", "\xd0\xaf", false));
	ck_assert(!match("aBc", "AbC", true));
	ck_assert(match("aBc", "aBc", true));
	ck_assert(!match("\xc3\xa4*", "\xc3\x84x", true));
}
END_TEST

START_TEST(dos_wildcards_are_translated)
{
	static const char *const rows[][2] = {
		{"*.*", "*"},         {"*", "*"},      {"*.c", "<.c"},    {"a?", "a>"},
		{"a.?", "a\">"},      {"a.*", "a\"*"}, {"?*.?", "><\">"}, {"*.", "<"},
		{"a*.", "a<"},        {"a.b", "a.b"},  {"", ""},          {".", "."},
		{"*.*.*", "<\"<\"*"},
	};
	size_t i, j;

	for (i = 0; i < NP_ARRAY_LEN(rows); i++) {
		size_t len, n;
		uint16_t *text =
			np_utf16_dup_from_utf8(rows[i][0], strlen(rows[i][0]), &len);

		ck_assert_ptr_nonnull(text);
		n = np_match_from_dos(text, len, text);
		for (j = 0; rows[i][1][j]; j++) {
			ck_assert_uint_lt(j, n);
			ck_assert_uint_eq(text[j], (uint16_t)rows[i][1][j]);
		}
		ck_assert_uint_eq(j, n);
		free(text);
	}
}
END_TEST

/* What a program writes, through both steps. */
START_TEST(dos_patterns_mean_what_dos_meant)
{
	static const struct row rows[] = {
		{"*.*", "name", true},      {"*.*", "a.b.c", true},
		{"*.txt", "a.txt", true},   {"*.txt", "a.b.txt", true},
		{"*.txt", "a.txtx", false}, {"*.", "name", true},
		{"*.", "a.b", false},       {"a*.*", "ab", true},
		{"a*.*", "ab.c", true},     {"???", "ab", true},
		{"???", "abcd", false},     {"*.?", "a.b", true},
		{"*.?", "a", true},         {"*.?", "a.txt", false},
		{"a.*", "a", true},         {"a.*", "ab", false},
		{"a?.x", "a.x", true},      {"*pipe*", "MyPipe\\x", true},
	};
	size_t i;

	for (i = 0; i < NP_ARRAY_LEN(rows); i++) {
		size_t len, name_len;
		uint16_t *p = np_utf16_dup_from_utf8(rows[i].pattern,
						     strlen(rows[i].pattern), &len);
		uint16_t *n = np_utf16_dup_from_utf8(rows[i].name, strlen(rows[i].name),
						     &name_len);

		ck_assert_ptr_nonnull(p);
		ck_assert_ptr_nonnull(n);
		len = np_match_from_dos(p, len, p);
		ck_assert_msg(np_match(p, len, n, name_len, false) == rows[i].matches,
			      "'%s' and '%s'", rows[i].pattern, rows[i].name);
		free(p);
		free(n);
	}
}
END_TEST

/* The definition, word by word: every way of cutting the name is tried. */
static bool slow_match(const uint16_t *p, size_t p_len, const uint16_t *n, size_t n_len)
{
	size_t dots = 0, i;

	if (p_len == 0)
		return n_len == 0;
	for (i = 0; i < n_len; i++)
		dots += n[i] == '.';
	switch (p[0]) {
	case '*':
		return slow_match(p + 1, p_len - 1, n, n_len) ||
		       (n_len && slow_match(p, p_len, n + 1, n_len - 1));
	case '<':
		return slow_match(p + 1, p_len - 1, n, n_len) ||
		       (n_len && !(n[0] == '.' && dots == 1) &&
			slow_match(p, p_len, n + 1, n_len - 1));
	case '?':
		return n_len && slow_match(p + 1, p_len - 1, n + 1, n_len - 1);
	case '>':
		if (n_len == 0 || n[0] == '.')
			return slow_match(p + 1, p_len - 1, n, n_len);
		return slow_match(p + 1, p_len - 1, n + 1, n_len - 1);
	case '"':
		if (n_len == 0)
			return slow_match(p + 1, p_len - 1, n, n_len);
		return n[0] == '.' && slow_match(p + 1, p_len - 1, n + 1, n_len - 1);
	default:
		return n_len && np_upcase16(n[0]) == np_upcase16(p[0]) &&
		       slow_match(p + 1, p_len - 1, n + 1, n_len - 1);
	}
}

/* Every pattern of up to five elements with every name of up to five units. */
START_TEST(agrees_with_trying_everything)
{
	static const char elements[] = "*?<>\".aB";
	static const char units[] = ".ab";
	uint16_t p[5], n[5];
	size_t p_len, n_len, i;
	unsigned long p_code, n_code, p_count = 1, n_count;

	for (p_len = 0; p_len <= 5; p_len++, p_count *= sizeof(elements) - 1) {
		for (p_code = 0; p_code < p_count; p_code++) {
			unsigned long rest = p_code;

			for (i = 0; i < p_len; i++, rest /= sizeof(elements) - 1)
				p[i] = (uint16_t)elements[rest % (sizeof(elements) - 1)];
			n_count = 1;
			for (n_len = 0; n_len <= 4;
			     n_len++, n_count *= sizeof(units) - 1) {
				for (n_code = 0; n_code < n_count; n_code++) {
					rest = n_code;
					for (i = 0; i < n_len; i++, rest /= 3)
						n[i] = (uint16_t)units[rest % 3];
					if (np_match(p, p_len, n, n_len, false) !=
					    slow_match(p, p_len, n, n_len))
						ck_abort_msg(
							"pattern %zu/%lu, name %zu/%lu",
							p_len, p_code, n_len, n_code);
				}
			}
		}
	}
}
END_TEST

/* Steps over the borders of words, forwards by skipping and by taking. */
START_TEST(long_patterns_cross_words)
{
	static uint16_t p[300], n[300];
	size_t len, i;

	for (len = 1; len <= 300; len++) {
		for (i = 0; i < len; i++) {
			p[i] = 'a';
			n[i] = 'A';
		}
		ck_assert(np_match(p, len, n, len, false));
		ck_assert(!np_match(p, len, n, len - 1, false));
		for (i = 0; i < len; i++)
			p[i] = '*';
		ck_assert(np_match(p, len, n, len, false));
		ck_assert(np_match(p, len, n, 0, false));
		for (i = 0; i < len; i++)
			p[i] = '>';
		ck_assert(np_match(p, len, n, len - 1, false));
		ck_assert(np_match(p, len, n, 0, false));
		n[0] = '.';
		p[len - 1] = '.';
		ck_assert(np_match(p, len, n, 1, false));
	}
}
END_TEST

/* Trying every cut would take longer than the universe has. */
START_TEST(hostile_patterns_are_not_slow)
{
	static uint16_t p[2001], n[2000];
	size_t i;

	for (i = 0; i < 2000; i++) {
		p[i] = i % 2 ? 'a' : '*';
		n[i] = 'a';
	}
	p[2000] = 'b';
	ck_assert(!np_match(p, 2001, n, 2000, false));
	for (i = 0; i < 2000; i += 2)
		p[i] = '<';
	ck_assert(!np_match(p, 2001, n, 2000, false));
	n[1999] = 'b';
	ck_assert(np_match(p, 2001, n, 2000, false));
}
END_TEST

START_TEST(the_longest_pattern_still_works_and_one_more_does_not)
{
	static uint16_t p[NP_MATCH_PATTERN_MAX + 1], n[NP_MATCH_PATTERN_MAX];
	size_t i;

	for (i = 0; i <= NP_MATCH_PATTERN_MAX; i++)
		p[i] = '>';
	for (i = 0; i < NP_MATCH_PATTERN_MAX; i++)
		n[i] = 'x';
	ck_assert(np_match(p, NP_MATCH_PATTERN_MAX, n, NP_MATCH_PATTERN_MAX, false));
	ck_assert(np_match(p, NP_MATCH_PATTERN_MAX, n, 3, false));
	ck_assert(!np_match(p, NP_MATCH_PATTERN_MAX + 1, n, 3, false));
	ck_assert(np_match(p, NP_MATCH_PATTERN_MAX, NULL, 0, false));
	ck_assert(np_match(NULL, 0, NULL, 0, false));
}
END_TEST

START_TEST(wildcards_are_recognised)
{
	static const char wild[] = "*?<>\"";
	static const uint16_t plain[] = {'a', '.', '\\', ':', '|', 0};
	size_t i;

	for (i = 0; i < sizeof(wild) - 1; i++) {
		const uint16_t text[] = {'a', (uint16_t)wild[i]};

		ck_assert(np_match_is_pattern(text, 2));
		ck_assert(!np_match_is_pattern(text, 1));
	}
	ck_assert(!np_match_is_pattern(plain, NP_ARRAY_LEN(plain)));
	ck_assert(!np_match_is_pattern(NULL, 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("match");
	TCase *tcase = tcase_create("match");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, each_element_takes_what_it_may);
	tcase_add_test(tcase, case_is_ignored_unless_wanted);
	tcase_add_test(tcase, dos_wildcards_are_translated);
	tcase_add_test(tcase, dos_patterns_mean_what_dos_meant);
	tcase_add_test(tcase, agrees_with_trying_everything);
	tcase_add_test(tcase, long_patterns_cross_words);
	tcase_add_test(tcase, hostile_patterns_are_not_slow);
	tcase_add_test(tcase, the_longest_pattern_still_works_and_one_more_does_not);
	tcase_add_test(tcase, wildcards_are_recognised);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
