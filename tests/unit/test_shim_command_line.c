/* SPDX-License-Identifier: MIT */
/*
 * Command lines: the documented examples, both sets of rules, and that what is put together
 * comes apart again.
 */
#include "kernel32-shim/command_line.h"
#include "tests/lib/broker.h"

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <windows.h>

#define MAX_ARGS 8

struct row {
	const char *line;
	enum command_line_rules rules;
	const char *args[MAX_ARGS];
};

#define CRT   COMMAND_LINE_CRT
#define SHELL COMMAND_LINE_SHELL

static const struct row rows[] = {
	/* "Parsing C command-line arguments", its table, behind a program's name */
	{"p \"abc\" d e", CRT, {"p", "abc", "d", "e"}},
	{"p a\\\\b d\"e f\"g h", CRT, {"p", "a\\\\b", "de fg", "h"}},
	{"p a\\\\\\\"b c d", CRT, {"p", "a\\\"b", "c", "d"}},
	{"p a\\\\\\\\\"b c\" d e", CRT, {"p", "a\\\\b c", "d", "e"}},
	{"p a\"b\"\" c d", CRT, {"p", "ab\" c d"}},
	/* CommandLineToArgvW, its remarks and its example */
	{"p \"abc\" d e", SHELL, {"p", "abc", "d", "e"}},
	{"p a\\\\b d\"e f\"g h", SHELL, {"p", "a\\\\b", "de fg", "h"}},
	{"p a\\\\\\\"b c d", SHELL, {"p", "a\\\"b", "c", "d"}},
	{"p a\\\\\\\\\"b c\" d e", SHELL, {"p", "a\\\\b c", "d", "e"}},
	{"p a\"b\"\" c d", SHELL, {"p", "ab\"", "c", "d"}},
	/* the program's name knows no backslash */
	{"\"c:\\a b\\p.exe\" x", CRT, {"c:\\a b\\p.exe", "x"}},
	{"\"c:\\a b\\\" x", CRT, {"c:\\a b\\", "x"}},
	{"\"c:\\a b\\\" x", SHELL, {"c:\\a b\\", "x"}},
	{"a\" b\"c x", CRT, {"a bc", "x"}},
	{"a\" b\"c x", SHELL, {"a\"", "bc x"}},
	{"\"a b\"c x", SHELL, {"a b", "c", "x"}},
	/* blanks */
	{"p  a\t b  ", CRT, {"p", "a", "b"}},
	{"p  a\t b  ", SHELL, {"p", "a", "b"}},
	{"", CRT, {""}},
	{" a", CRT, {"", "a"}},
	{" a", SHELL, {"", "a"}},
	{"p \"\" \"\"", CRT, {"p", "", ""}},
	{"p \"a\"\"b\"", CRT, {"p", "a\"b"}},
	{"p \"a\"\"b\" c", SHELL, {"p", "a\"b c"}},
	{"p \"open end", CRT, {"p", "open end"}},
	{"p \\ \\\\ a\\", CRT, {"p", "\\", "\\\\", "a\\"}},
	{"p \\\"", CRT, {"p", "\""}},
	{"p \"a\\\\\" b", CRT, {"p", "a\\", "b"}},
};

START_TEST(lines_come_apart_as_documented)
{
	const struct row *row = &rows[_i];
	int argc = -1, n = 0;
	char **argv = command_line_split(row->line, row->rules, &argc);

	ck_assert_ptr_nonnull(argv);
	while (n < MAX_ARGS && row->args[n])
		n++;
	for (int i = 0; i < n && i < argc; i++)
		ck_assert_msg(strcmp(argv[i], row->args[i]) == 0, "%s: %d is [%s], not [%s]",
			      row->line, i, argv[i], row->args[i]);
	ck_assert_msg(argc == n, "%s: %d arguments, not %d", row->line, argc, n);
	ck_assert_ptr_null(argv[argc]);
	free(argv);
}
END_TEST

START_TEST(what_is_put_together_comes_apart)
{
	static const char letters[] = "a \"\\\t";
	char args[3][6], line[64], *out;

	/* All texts of up to four letters as second argument, with others round it. */
	for (unsigned number = 0; number < 625; number++) {
		for (unsigned len = 0; len <= 4; len++) {
			unsigned rest = number;
			char **argv;
			int argc;

			strcpy(args[0], "p q");
			strcpy(args[2], "\\x\\");
			for (unsigned i = 0; i < len; i++, rest /= 5)
				args[1][i] = letters[rest % 5];
			args[1][len] = '\0';
			out = line;
			for (int i = 0; i < 3; i++) {
				if (i)
					*out++ = ' ';
				out = command_line_append(out, args[i], i == 0);
			}
			*out = '\0';
			for (int rules = CRT; rules <= SHELL; rules++) {
				argv = command_line_split(line, rules, &argc);
				ck_assert_msg(argc == 3, "[%s]: %d", line, argc);
				for (int i = 0; i < 3; i++)
					ck_assert_str_eq(argv[i], args[i]);
				free(argv);
			}
		}
	}
}
END_TEST

START_TEST(the_exported_function_gives_one_block)
{
	static const WCHAR line[] = {'p', ' ', '"', 'a', ' ', 0xe9, '"', ' ', 'b', 0};
	static const WCHAR second[] = {'a', ' ', 0xe9, 0};
	static const WCHAR empty[] = {0};
	WCHAR own[PATH_MAX];
	LPWSTR *argv;
	DWORD len;
	int argc = 0;

	argv = CommandLineToArgvW(line, &argc);
	ck_assert_ptr_nonnull(argv);
	ck_assert_int_eq(argc, 3);
	ck_assert_mem_eq(argv[1], second, sizeof(second));
	ck_assert_ptr_null(argv[3]);
	ck_assert_ptr_null(LocalFree(argv));

	argv = CommandLineToArgvW(empty, &argc);
	ck_assert_ptr_nonnull(argv);
	ck_assert_int_eq(argc, 1);
	len = GetModuleFileNameW(NULL, own, PATH_MAX);
	ck_assert_mem_eq(argv[0], own, (len + 1) * sizeof(WCHAR));
	LocalFree(argv);

	ck_assert_ptr_null(CommandLineToArgvW(NULL, &argc));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
	ck_assert_ptr_null(CommandLineToArgvW(line, NULL));
	ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

/* programs, in a directory of the test's own */

static char dir[64];

static void put(const char *name, const char *content, mode_t mode)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	close(fd);
}

static void in_dir(char *path, size_t cap, const char *name)
{
	snprintf(path, cap, "%s/%s", dir, name);
}

static const char *const files[] = {"prog", "other.exe", "two words", "two",
				    "text", "closed"};

static void setup(void)
{
	test_dir_make(dir, sizeof(dir));
	put("prog", "#!/bin/sh\n", 0700);
	put("other.exe", "#!/bin/sh\n", 0700);
	put("two words", "#!/bin/sh\n", 0700);
	put("text", "no program", 0700);
	put("closed", "#!/bin/sh\n", 0600);
}

static void teardown(void)
{
	char path[128];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		in_dir(path, sizeof(path), files[i]);
		unlink(path);
	}
	test_dir_remove(dir);
}

/* @format: %s is the directory; what is found must be @name in it, or @error. */
static void expect(const char *application, const char *line, const char *name,
		   size_t expected_len, DWORD expected)
{
	char app[256], text[256], wanted[128], *path = NULL;
	size_t len = 99;
	DWORD error;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (application)
		snprintf(app, sizeof(app), application, dir);
	if (line)
		snprintf(text, sizeof(text), line, dir, dir);
#pragma GCC diagnostic pop
	error = command_line_find_program(application ? app : NULL, line ? text : NULL,
					  dir, &path, &len);
	ck_assert_msg(error == expected, "%s %s: error %u", application ? app : "",
		      line ? text : "", error);
	if (error)
		return;
	in_dir(wanted, sizeof(wanted), name);
	ck_assert_str_eq(path, wanted);
	if (expected_len)
		ck_assert_uint_eq(len, expected_len);
	free(path);
}

START_TEST(programs_are_found_as_documented)
{
	size_t n = strlen(dir) + 1;

	/* a full name */
	expect("%s/prog", NULL, "prog", 0, 0);
	expect("%s/prog.exe", NULL, "prog", 0, 0);
	expect("%s/other", NULL, "other.exe", 0, 0);
	expect("%s/two words", NULL, "two words", 0, 0);
	expect("%s/none", NULL, NULL, 0, ERROR_FILE_NOT_FOUND);
	expect("%s/none/prog", NULL, NULL, 0, ERROR_PATH_NOT_FOUND);
	expect("prog", NULL, NULL, 0, ERROR_FILE_NOT_FOUND);
	expect("%s", NULL, NULL, 0, ERROR_FILE_NOT_FOUND);
	expect("%s/text", NULL, NULL, 0, ERROR_BAD_EXE_FORMAT);
	expect("%s/closed", NULL, NULL, 0, ERROR_ACCESS_DENIED);
	/* the first token */
	expect(NULL, "%s/prog a b", "prog", n + 4, 0);
	expect(NULL, "\"%s/prog\" a b", "prog", n + 4, 0);
	expect(NULL, "\"%s/two words\" a", "two words", n + 9, 0);
	expect(NULL, "\"%s/two\" words", NULL, 0, ERROR_FILE_NOT_FOUND);
	expect(NULL, "prog a", "prog", 4, 0);
	expect(NULL, "prog.exe a", "prog", 8, 0);
	expect(NULL, "none a", NULL, 0, ERROR_FILE_NOT_FOUND);
	/* without quotes: the shortest beginning that is a file */
	expect(NULL, "%s/two words a", "two words", n + 9, 0);
	put("two", "#!/bin/sh\n", 0700);
	expect(NULL, "%s/two words a", "two", n + 3, 0);
	expect(NULL, "two words a", "two", 3, 0);
}
END_TEST

START_TEST(windows_spelling_is_understood)
{
	char line[256], *path = NULL;
	size_t len;

	snprintf(line, sizeof(line), "C:%s\\prog.EXE x", dir);
	for (char *p = line; *p; p++)
		if (*p == '/')
			*p = '\\';
	ck_assert_uint_eq(command_line_find_program(NULL, line, NULL, &path, &len), 0);
	free(path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("command_line");
	TCase *tc = tcase_create("rules"), *programs = tcase_create("programs");
	SRunner *runner;
	int n_failed;

	tcase_add_loop_test(tc, lines_come_apart_as_documented, 0,
			    sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tc, what_is_put_together_comes_apart);
	tcase_add_test(tc, the_exported_function_gives_one_block);
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(programs, setup, teardown);
	tcase_add_test(programs, programs_are_found_as_documented);
	tcase_add_test(programs, windows_spelling_is_understood);
	suite_add_tcase(suite, programs);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
