/* SPDX-License-Identifier: MIT */
/*
 * Microsoft's C run-time on the standard streams, with lists of arguments, and at the
 * keyboard: what goes out is read again, what is scanned was written before.
 *
 * stdin and stdout are files of the test's own meanwhile, or a pipe where descriptors count.
 */
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <windows.h>
#include <conio.h>

#define W(text) ((const WCHAR *)u##text)

static FILE *own_stdin, *own_stdout;

static void setup(void)
{
	own_stdin = stdin;
	own_stdout = stdout;
	stdin = tmpfile();
	stdout = tmpfile();
	ck_assert_ptr_nonnull(stdin);
	ck_assert_ptr_nonnull(stdout);
}

static void teardown(void)
{
	fclose(stdin);
	fclose(stdout);
	stdin = own_stdin;
	stdout = own_stdout;
}

static void comes_in(const char *text)
{
	rewind(stdin);
	ck_assert_int_eq(ftruncate(fileno(stdin), 0), 0);
	ck_assert_int_ge(fputs(text, stdin), 0);
	rewind(stdin);
}

/* All that went to stdout since the last call. */
static const char *went_out(void)
{
	static char text[512];
	size_t n;

	fflush(stdout);
	rewind(stdout);
	n = fread(text, 1, sizeof(text) - 1, stdout);
	text[n] = '\0';
	rewind(stdout);
	ck_assert_int_eq(ftruncate(fileno(stdout), 0), 0);
	return text;
}

START_TEST(both_kinds_print_to_standard_output)
{
	ck_assert_int_eq(npfs_printf("%lu|%s\n", (DWORD)0xffffffff, "x"), 13);
	ck_assert_str_eq(went_out(), "4294967295|x\n");
	ck_assert_int_eq(npfs_wprintf(W("%s %ld"), W("\u00e4"), (LONG)-1), 4);
	ck_assert_str_eq(went_out(), "\u00e4 -1");
	ck_assert_uint_eq(npfs_putwchar(0x20ac), 0x20ac);
	ck_assert_int_ge(_putws(W("line")), 0);
	ck_assert_str_eq(went_out(), "\u20acline\n");
}
END_TEST

/* What the functions with a list make of the arguments. */
enum listed {
	PRINTF,
	FPRINTF,
	WPRINTF,
	FWPRINTF,
	SPRINTF,
	SCPRINTF,
	N_PRINTF,
	S_PRINTF,
	NS_PRINTF,
};

static int print_list(enum listed which, void *to, const void *format, ...)
{
	va_list args;
	int n = -2;

	va_start(args, format);
	switch (which) {
	case PRINTF:
		n = npfs_vprintf(format, args);
		break;
	case FPRINTF:
		n = npfs_vfprintf(to, format, args);
		break;
	case WPRINTF:
		n = npfs_vwprintf(format, args);
		break;
	case FWPRINTF:
		n = npfs_vfwprintf(to, format, args);
		break;
	case SPRINTF:
		n = npfs_vsprintf(to, format, args);
		break;
	case SCPRINTF:
		n = _vscprintf(format, args);
		break;
	case N_PRINTF:
		n = _vsnprintf(to, 4, format, args);
		break;
	case S_PRINTF:
		n = vsprintf_s(to, 4, format, args);
		break;
	case NS_PRINTF:
		n = _vsnprintf_s(to, 4, _TRUNCATE, format, args);
		break;
	}
	va_end(args);
	return n;
}

START_TEST(lists_print_as_their_arguments_do)
{
	char text[16];

	ck_assert_int_eq(print_list(PRINTF, NULL, "%ld,", (LONG)-7), 3);
	ck_assert_int_eq(print_list(FPRINTF, stdout, "%hs,", "b"), 2);
	ck_assert_int_eq(print_list(WPRINTF, NULL, W("%s,"), W("\u00e4")), 2);
	ck_assert_int_eq(print_list(FWPRINTF, stdout, W("%lx"), (DWORD)0xfedcba98), 8);
	ck_assert_str_eq(went_out(), "-7,b,\u00e4,fedcba98");
	ck_assert_int_eq(print_list(SPRINTF, text, "%lu", (DWORD)12345), 5);
	ck_assert_str_eq(text, "12345");
	ck_assert_int_eq(npfs_sprintf(text, "%08lx", (DWORD)0xab), 8);
	ck_assert_str_eq(text, "000000ab");
	ck_assert_int_eq(print_list(SCPRINTF, NULL, "%s", "abcdefg"), 7);
	memset(text, 'x', sizeof(text));
	ck_assert_int_eq(print_list(N_PRINTF, text, "%s", "abcd"), 4);
	ck_assert_mem_eq(text, "abcdx", 5);
	ck_assert_int_eq(print_list(N_PRINTF, text, "%s", "abcde"), -1);
	ck_assert_int_eq(print_list(S_PRINTF, text, "%s", "abc"), 3);
	errno = 0;
	ck_assert_int_eq(print_list(S_PRINTF, text, "%s", "abcd"), -1);
	ck_assert_int_eq(errno, ERANGE);
	ck_assert_str_eq(text, "");
	ck_assert_int_eq(print_list(NS_PRINTF, text, "%s", "abcd"), -1);
	ck_assert_str_eq(text, "abc");
}
END_TEST

enum wide_listed { SWPRINTF, SCWPRINTF, NWPRINTF, S_WPRINTF, NS_WPRINTF };

static int print_wide_list(enum wide_listed which, WCHAR *to, const WCHAR *format, ...)
{
	va_list args;
	int n = -2;

	va_start(args, format);
	switch (which) {
	case SWPRINTF:
		n = _vswprintf(to, format, args);
		break;
	case SCWPRINTF:
		n = _vscwprintf(format, args);
		break;
	case NWPRINTF:
		n = _vsnwprintf(to, 4, format, args);
		break;
	case S_WPRINTF:
		n = vswprintf_s(to, 4, format, args);
		break;
	case NS_WPRINTF:
		n = _vsnwprintf_s(to, 4, _TRUNCATE, format, args);
		break;
	}
	va_end(args);
	return n;
}

START_TEST(wide_lists_print_as_their_arguments_do)
{
	WCHAR text[16];

	ck_assert_int_eq(print_wide_list(SWPRINTF, text, W("%s%lu"), W("a"), (DWORD)9), 2);
	ck_assert_int_eq(npfs_wcscmp(text, W("a9")), 0);
	ck_assert_int_eq(_swprintf(text, W("%d-%s"), 5, W("b")), 3);
	ck_assert_int_eq(npfs_wcscmp(text, W("5-b")), 0);
	ck_assert_int_eq(print_wide_list(SCWPRINTF, NULL, W("%s"), W("abcdefg")), 7);
	npfs_wmemset(text, u'x', 16);
	ck_assert_int_eq(print_wide_list(NWPRINTF, text, W("%s"), W("abcd")), 4);
	ck_assert_uint_eq(text[4], u'x');
	ck_assert_int_eq(print_wide_list(NWPRINTF, text, W("abcde")), -1);
	ck_assert_int_eq(print_wide_list(S_WPRINTF, text, W("%s"), W("abc")), 3);
	errno = 0;
	ck_assert_int_eq(print_wide_list(S_WPRINTF, text, W("abcd")), -1);
	ck_assert_int_eq(errno, ERANGE);
	ck_assert_uint_eq(text[0], 0);
	ck_assert_int_eq(print_wide_list(NS_WPRINTF, text, W("abcd")), -1);
	ck_assert_int_eq(npfs_wcscmp(text, W("abc")), 0);
	ck_assert_int_eq(_snwprintf_s(text, 16, 2, W("%s"), W("abcd")), -1);
	ck_assert_int_eq(npfs_wcscmp(text, W("ab")), 0);
	errno = 0;
	ck_assert_int_eq(_snwprintf_s(NULL, 16, 2, W("a")), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

/* user32's functions have 1024 units of room, whatever one gives them. */
static int wvsprintf_of(bool is_wide, void *to, const void *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = is_wide ? wvsprintfW(to, format, args) : wvsprintfA(to, format, args);
	va_end(args);
	return n;
}

START_TEST(user32_prints_a_thousand_units)
{
	char narrow[1100], filler[1201];
	WCHAR wide[1100];

	memset(filler, 'a', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	ck_assert_int_eq(wvsprintf_of(false, narrow, "%lu:%s", (DWORD)7, "x"), 3);
	ck_assert_str_eq(narrow, "7:x");
	ck_assert_int_eq(wvsprintf_of(false, narrow, "%s", filler), 1023);
	ck_assert_uint_eq(strlen(narrow), 1023);
	ck_assert_int_eq(wvsprintf_of(true, wide, W("%s:%S"), W("x"), "y"), 3);
	ck_assert_int_eq(npfs_wcscmp(wide, W("x:y")), 0);
	ck_assert_int_eq(wvsprintf_of(true, wide, W("%S"), filler), 1023);
	ck_assert_uint_eq(npfs_wcslen(wide), 1023);
}
END_TEST

START_TEST(standard_input_is_scanned)
{
	DWORD a = 0, b = 0;
	WCHAR wide[8];
	char text[8];

	comes_in("12 -3 word \u00e4\u00f6 xyz 77 q");
	ck_assert_int_eq(npfs_scanf("%lu %ld", &a, &b), 2);
	ck_assert_uint_eq(a, 12);
	ck_assert_int_eq((LONG)b, -3);
	ck_assert_int_eq(scanf_s("%s", text, 8u), 1);
	ck_assert_str_eq(text, "word");
	ck_assert_int_eq(npfs_wscanf(W("%s"), wide), 1);
	ck_assert_int_eq(npfs_wcscmp(wide, W("\u00e4\u00f6")), 0);
	/* It does not fit. */
	ck_assert_int_eq(wscanf_s(W("%s"), wide, 3u), 0);
	comes_in("77 q");
	ck_assert_int_eq(fscanf_s(stdin, "%lu%s", &a, text, 8u), 2);
	ck_assert_uint_eq(a, 77);
	comes_in("78 \u20ac");
	ck_assert_int_eq(fwscanf_s(stdin, W("%lu%s"), &a, wide, 8u), 2);
	ck_assert_uint_eq(wide[0], 0x20ac);
	ck_assert_int_eq(npfs_scanf("%lu", &a), EOF);
	comes_in("\u20ac");
	ck_assert_uint_eq(npfs_getwchar(), 0x20ac);
	ck_assert_uint_eq(npfs_getwchar(), NPFS_W32_WEOF);
}
END_TEST

enum scanned { SCANF, FSCANF, SSCANF, WSCANF, FWSCANF, SWSCANF };

static int scan_list(enum scanned which, const void *from, const void *format, ...)
{
	va_list args;
	int n = -2;

	va_start(args, format);
	switch (which) {
	case SCANF:
		n = npfs_vscanf(format, args);
		break;
	case FSCANF:
		n = npfs_vfscanf(stdin, format, args);
		break;
	case SSCANF:
		n = npfs_vsscanf(from, format, args);
		break;
	case WSCANF:
		n = npfs_vwscanf(format, args);
		break;
	case FWSCANF:
		n = npfs_vfwscanf(stdin, format, args);
		break;
	case SWSCANF:
		n = npfs_vswscanf(from, format, args);
		break;
	}
	va_end(args);
	return n;
}

START_TEST(lists_scan_as_their_arguments_do)
{
	struct {
		DWORD value, guard;
	} a = {0, 0x5a5a5a5a};

	comes_in("1 2 3 4");
	ck_assert_int_eq(scan_list(SCANF, NULL, "%lu", &a.value), 1);
	ck_assert_uint_eq(a.value, 1);
	ck_assert_int_eq(scan_list(FSCANF, NULL, "%lu", &a.value), 1);
	ck_assert_uint_eq(a.value, 2);
	ck_assert_int_eq(scan_list(WSCANF, NULL, W("%lu"), &a.value), 1);
	ck_assert_uint_eq(a.value, 3);
	ck_assert_int_eq(scan_list(FWSCANF, NULL, W("%lu"), &a.value), 1);
	ck_assert_uint_eq(a.value, 4);
	ck_assert_int_eq(scan_list(SSCANF, "ff", "%lx", &a.value), 1);
	ck_assert_uint_eq(a.value, 0xff);
	ck_assert_int_eq(scan_list(SWSCANF, W("-1"), W("%ld"), &a.value), 1);
	ck_assert_uint_eq(a.value, 0xffffffff);
	ck_assert_uint_eq(a.guard, 0x5a5a5a5a);
}
END_TEST

START_TEST(keys_come_from_a_pipe_too)
{
	int ends[2], own;

	own = dup(STDIN_FILENO);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	ck_assert_int_eq(write(ends[1], "ab", 2), 2);
	ck_assert_int_eq(_getche(), 'a');
	ck_assert_int_eq(_ungetch('x'), 'x');
	/* One is all that can be given back. */
	ck_assert_int_eq(_ungetch('y'), EOF);
	ck_assert(_kbhit());
	ck_assert_int_eq(_getch(), 'x');
	ck_assert_int_eq(_getch(), 'b');
	ck_assert(!_kbhit());
	close(ends[1]);
	ck_assert_int_eq(_getch(), EOF);
	close(ends[0]);
	if (own >= 0) {
		dup2(own, STDIN_FILENO);
		close(own);
	}
}
END_TEST

START_TEST(the_console_prints_at_once)
{
	ck_assert_int_eq(_putch('a'), 'a');
	ck_assert_int_eq(_cputs("bc"), 0);
	/* As everywhere l is 32 bits, whatever lies above. */
	ck_assert_int_eq(_cprintf("%lu|%s", (DWORD)0xffffffff, "d"), 12);
	ck_assert_str_eq(went_out(), "abc4294967295|d");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shim_crt_streams");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, both_kinds_print_to_standard_output);
	tcase_add_test(tc, lists_print_as_their_arguments_do);
	tcase_add_test(tc, wide_lists_print_as_their_arguments_do);
	tcase_add_test(tc, user32_prints_a_thousand_units);
	tcase_add_test(tc, standard_input_is_scanned);
	tcase_add_test(tc, lists_scan_as_their_arguments_do);
	tcase_add_test(tc, keys_come_from_a_pipe_too);
	tcase_add_test(tc, the_console_prints_at_once);
	suite_add_tcase(suite, tc);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
