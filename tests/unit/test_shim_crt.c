/* SPDX-License-Identifier: MIT */
/*
 * Microsoft's C run-time: formatting, scanning, 16-bit strings, functions with sizes.
 *
 * Formats are compared with what Microsoft documents, number by number. WCHAR is uint16_t
 * here, so literals are u"...".
 */
#include "tests/lib/broker.h"
#include "tests/lib/fail.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <windows.h>
#include <strsafe.h>

#define W(text) ((const WCHAR *)u##text)

static const WCHAR *wide(const char *text)
{
	static WCHAR buffers[4][256];
	static unsigned i;
	WCHAR *to = buffers[i++ % 4];

	ck_assert_uint_lt(npfs_mbstowcs(to, text, 256), 256);
	return to;
}

/* What both kinds of function make of the same format. */
#define BOTH(wanted, ...)                                                              \
	do {                                                                           \
		WCHAR wide_got_[256];                                                  \
		char got_[256], got_wide_[256];                                        \
		int n_ = both(got_, wide_got_, __VA_ARGS__);                           \
											\
		npfs_wcstombs(got_wide_, wide_got_, sizeof(got_wide_));                \
		ck_assert_str_eq(got_, wanted);                                        \
		ck_assert_str_eq(got_wide_, wanted);                                   \
		ck_assert_int_eq(n_, (int)strlen(wanted));                             \
	} while (0)

static int both(char *narrow, WCHAR *wide_to, const char *format, ...)
{
	va_list args;
	int n, m;

	va_start(args, format);
	n = npfs_vsnprintf(narrow, 256, format, args);
	va_end(args);
	va_start(args, format);
	m = npfs_vswprintf(wide_to, 256, wide(format), args);
	va_end(args);
	ck_assert_int_eq(n, m);
	return n;
}

START_TEST(integers_are_32_bits_wide_with_l)
{
	DWORD big = 0xfedcba98;
	LONG minus = -5;

	BOTH("4275878552 4275878552", "%u %lu", big, big);
	BOTH("-5 -5 -5", "%d %ld %li", minus, minus, minus);
	BOTH("fedcba98 FEDCBA98 0xfedcba98", "%x %lX %#lx", big, big, big);
	BOTH("00001234", "%08lx", (DWORD)0x1234);
	BOTH("-0005|5    |+5", "%.4ld|%-5lu|%+ld", minus, (DWORD)5, (LONG)5);
	BOTH("-1 65535 -1 255", "%hd %hu %hhd %hhu", -1, -1, -1, -1);
}
END_TEST

/* Rubbish lies above each argument, and later ones come from the stack. */
START_TEST(the_seventh_argument_and_later_ones_come_out_right)
{
	volatile uint64_t rubbish = 0xdeadbeef00000000u;
	char text[256];
	int n;

	/* 64-bit arguments have the same places as 32-bit ones, with rubbish above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat"
	n = npfs_snprintf(text, sizeof(text), "%lu %ld %lx %d %u %08lx %lu %ld %i %lu",
			  rubbish + 1, rubbish + (uint32_t)-2, rubbish + 3, rubbish + 4,
			  rubbish + 5, rubbish + 6, rubbish + 7, rubbish + (uint32_t)-8,
			  rubbish + 9, rubbish + 10);
#pragma GCC diagnostic pop
	ck_assert_str_eq(text, "1 -2 3 4 5 00000006 7 -8 9 10");
	ck_assert_int_eq(n, (int)strlen(text));
}
END_TEST

START_TEST(sixty_four_bits_with_their_own_sizes)
{
	INT64 value = INT64_MIN;

	BOTH("-9223372036854775808 -9223372036854775808 -9223372036854775808", "%I64d %lld %jd",
	     value, value, value);
	BOTH("8000000000000000", "%I64x", value);
	BOTH("7 7 7 -7", "%zu %Iu %tu %I32d", (size_t)7, (size_t)7, (size_t)7, -7);
	BOTH("00000000000000AB", "%p", (void *)0xab);
}
END_TEST

START_TEST(text_follows_the_kind_of_the_function)
{
	char text[64];
	WCHAR units[64];

	ck_assert_int_eq(npfs_snprintf(text, 64, "%s|%S|%hs|%ls|%ws", "a", W("\u00e4"), "c",
				       W("d"), W("e")),
			 10);
	ck_assert_str_eq(text, "a|\u00e4|c|d|e");
	ck_assert_int_eq(npfs_swprintf(units, 64, W("%s|%S|%hs|%ls|%c%C"), W("\u00e4"), "b",
				       "\u00e9", W("d"), u'x', 'y'),
			 10);
	ck_assert_int_eq(npfs_wcscmp(units, W("\u00e4|b|\u00e9|d|xy")), 0);
	BOTH("(null)|   x|x  |ab|100%", "%hs|%4hs|%-3hs|%.2hs|100%%", NULL, "x", "x", "abc");
	BOTH("   a|", "%*hc|", 4, 'a');
	BOTH("a   |b", "%*hs|%.*hs", -4, "a", 1, "bcd");
	/* A precision in bytes does not cut a character. */
	ck_assert_int_eq(npfs_snprintf(text, 64, "%.3S|", W("\u00e4\u00e4")), 3);
	ck_assert_str_eq(text, "\u00e4|");
}
END_TEST

START_TEST(reals_are_the_c_librarys)
{
	char *text = malloc(400);

	BOTH("3.50 1e+10 0x1p+0 inf", "%.2f %g %a %f", 3.5, 1e10, 1.0, (double)INFINITY);
	BOTH("1.5", "%.1Lf", 1.5L);
	/* Longer than any buffer on the way. */
	ck_assert_int_eq(npfs_snprintf(text, 400, "%f", 1e300), 308);
	ck_assert_uint_eq(strlen(text), 308);
	free(text);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
	char text[8] = "before";
	int n = 7;

	errno = 0;
	ck_assert_int_eq(_snprintf(text, sizeof(text), "%n", &n), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(n, 7);
}
END_TEST

START_TEST(numbered_arguments_are_left_to_the_c_library)
{
	char text[32];

	npfs_snprintf(text, sizeof(text), "%2$s %1$d", 5, "five");
	ck_assert_str_eq(text, "five 5");
}
END_TEST

START_TEST(each_function_cuts_in_its_own_way)
{
	char text[8];
	WCHAR units[8];

	memset(text, 'x', 8);
	ck_assert_int_eq(npfs_snprintf(text, 4, "%s", "abcdef"), 6);
	ck_assert_mem_eq(text, "abc\0xxxx", 8);
	memset(text, 'x', 8);
	ck_assert_int_eq(_snprintf(text, 4, "%s", "abcdef"), -1);
	ck_assert_mem_eq(text, "abcdxxxx", 8);
	memset(text, 'x', 8);
	ck_assert_int_eq(_snprintf(text, 4, "%s", "abcd"), 4);
	ck_assert_mem_eq(text, "abcdxxxx", 8);
	ck_assert_int_eq(_snprintf(text, 5, "%s", "abcd"), 4);
	ck_assert_mem_eq(text, "abcd\0xxx", 8);

	ck_assert_int_eq(npfs_swprintf(units, 4, W("%s"), W("abcdef")), -1);
	ck_assert_int_eq(npfs_wcscmp(units, W("abc")), 0);
	ck_assert_int_eq(npfs_swprintf(units, 4, W("%s"), W("abc")), 3);
	memset(units, 0x11, sizeof(units));
	ck_assert_int_eq(_snwprintf(units, 3, W("%s"), W("abc")), 3);
	ck_assert_uint_eq(units[3], 0x1111);
	ck_assert_int_eq(_snwprintf(units, 3, W("abcd")), -1);
	ck_assert_int_eq(_scprintf("%s %d", "abc", 12), 6);
	ck_assert_int_eq(_scwprintf(W("%s"), W("abcd")), 4);

	errno = 0;
	ck_assert_int_eq(sprintf_s(text, 4, "%s", "abcd"), -1);
	ck_assert_int_eq(errno, ERANGE);
	ck_assert_str_eq(text, "");
	ck_assert_int_eq(sprintf_s(text, 5, "%s", "abcd"), 4);
	errno = 0;
	ck_assert_int_eq(_snprintf_s(text, 4, _TRUNCATE, "%s", "abcd"), -1);
	ck_assert_int_eq(errno, 0);
	ck_assert_str_eq(text, "abc");
	ck_assert_int_eq(_snprintf_s(text, 8, 2, "%s", "abcd"), -1);
	ck_assert_str_eq(text, "ab");
	ck_assert_int_eq(swprintf_s(units, 3, W("abc")), -1);
	ck_assert_int_eq(sprintf_s(NULL, 3, "abc"), -1);
	ck_assert_int_eq(errno, EINVAL);

	ck_assert_int_eq(wsprintfA(text, "%s-%u", "a", 7), 3);
	ck_assert_str_eq(text, "a-7");
	ck_assert_int_eq(wsprintfW(units, W("%s-%S"), W("b"), "c"), 3);
	ck_assert_int_eq(npfs_wcscmp(units, W("b-c")), 0);
}
END_TEST

START_TEST(files_get_utf8)
{
	FILE *file = tmpfile();
	char text[64];
	WCHAR units[64];

	ck_assert_int_eq(npfs_fwprintf(file, W("%s %d %hs\n"), W("\u00e4\U0001f600"), 5, "z"), 8);
	ck_assert_int_eq(npfs_fprintf(file, "%S|%ld\n", W("\u20ac"), -1), 7);
	ck_assert_int_eq(npfs_fputws(W("line\n"), file), 0);
	ck_assert_uint_eq(npfs_fputwc(0xd83d, file), 0xd83d);
	ck_assert_uint_eq(npfs_fputwc(0xde00, file), 0xde00);
	rewind(file);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	ck_assert_str_eq(text, "\u00e4\U0001f600 5 z\n");
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	ck_assert_str_eq(text, "\u20ac|-1\n");
	rewind(file);
	ck_assert_uint_eq(npfs_fgetwc(file), 0xe4);
	ck_assert_uint_eq(npfs_ungetwc(0xe4, file), 0xe4);
	ck_assert_ptr_nonnull(npfs_fgetws(units, 3, file));
	ck_assert_uint_eq(units[1], 0xd83d);
	ck_assert_uint_eq(units[2], 0);
	/* The other half of the pair comes next. */
	ck_assert_uint_eq(npfs_fgetwc(file), 0xde00);
	ck_assert_ptr_nonnull(npfs_fgetws(units, 64, file));
	ck_assert_int_eq(npfs_wcscmp(units, W(" 5 z\n")), 0);
	npfs_fgetws(units, 64, file);
	npfs_fgetws(units, 64, file);
	ck_assert_int_eq(npfs_wcscmp(units, W("line\n")), 0);
	ck_assert_ptr_nonnull(npfs_fgetws(units, 64, file));
	ck_assert_int_eq(npfs_wcscmp(units, W("\U0001f600")), 0);
	ck_assert_ptr_null(npfs_fgetws(units, 64, file));
	ck_assert_uint_eq(npfs_fgetwc(file), NPFS_W32_WEOF);
	fclose(file);
}
END_TEST

START_TEST(scanning_writes_32_bits_with_l)
{
	struct {
		DWORD value, guard;
	} a = {0, 0x5a5a5a5a}, b = a;
	INT64 wide_value = 0;
	short s = 0;
	signed char c = 0;
	double d = 0;
	float f = 0;

	ck_assert_int_eq(npfs_sscanf("4294967295 -7 99", "%lu %ld %I64d", &a.value, &b.value,
				     &wide_value),
			 3);
	ck_assert_uint_eq(a.value, 0xffffffff);
	ck_assert_uint_eq(a.guard, 0x5a5a5a5a);
	ck_assert_int_eq((LONG)b.value, -7);
	ck_assert_uint_eq(b.guard, 0x5a5a5a5a);
	ck_assert_int_eq(wide_value, 99);
	ck_assert_int_eq(npfs_swscanf(W("12,-3;0x1f 1.5 2.5e1"), W("%hd,%hhd;%lx %lf %f"), &s, &c,
				      &a.value, &d, &f),
			 5);
	ck_assert_int_eq(s, 12);
	ck_assert_int_eq(c, -3);
	ck_assert_uint_eq(a.value, 0x1f);
	ck_assert_double_eq(d, 1.5);
	ck_assert_float_eq(f, 25.0f);
	ck_assert_uint_eq(a.guard, 0x5a5a5a5a);
}
END_TEST

START_TEST(scanning_stops_where_it_should)
{
	int a = 0, b = 0, n = 0;
	char word[8] = "", set[8] = "", two[2];

	ck_assert_int_eq(npfs_sscanf("", "%d", &a), EOF);
	ck_assert_int_eq(npfs_sscanf("x", "%d", &a), 0);
	ck_assert_int_eq(npfs_sscanf("5 x", "%d %d", &a, &b), 1);
	ck_assert_int_eq(npfs_sscanf("5", "%d %d", &a, &b), 1);
	ck_assert_int_eq(npfs_sscanf("010 0x10 10", "%i %i %*d%n", &a, &b, &n), 2);
	ck_assert_int_eq(a, 8);
	ck_assert_int_eq(b, 16);
	ck_assert_int_eq(n, 11);
	ck_assert_int_eq(npfs_sscanf("123456", "%3d%2d", &a, &b), 2);
	ck_assert_int_eq(a, 123);
	ck_assert_int_eq(b, 45);
	ck_assert_int_eq(npfs_sscanf("  word [a-c]abz", "%7s [a-c]%7[a-c]z", word, set), 2);
	ck_assert_str_eq(word, "word");
	ck_assert_str_eq(set, "ab");
	ck_assert_int_eq(npfs_sscanf("k]x", "%7[^x]%2c", word, two), 1);
	ck_assert_str_eq(word, "k]");
	ck_assert_int_eq(npfs_sscanf("5%6", "%d%%%d", &a, &b), 2);
	ck_assert_int_eq(b, 6);
}
END_TEST

START_TEST(scanned_text_changes_its_kind_where_asked)
{
	WCHAR units[16] = {0}, other[16] = {0};
	char text[16] = "";

	ck_assert_int_eq(npfs_sscanf("\u00e4\U0001f600x yz", "%S %s", units, text), 2);
	ck_assert_int_eq(npfs_wcscmp(units, W("\u00e4\U0001f600x")), 0);
	ck_assert_str_eq(text, "yz");
	ck_assert_int_eq(npfs_swscanf(W("\u00e4\U0001f600 b"), W("%S %s"), text, other), 2);
	ck_assert_str_eq(text, "\u00e4\U0001f600");
	ck_assert_int_eq(npfs_wcscmp(other, W("b")), 0);
}
END_TEST

START_TEST(safe_scanning_keeps_within_the_room)
{
	char a[4] = "xxx", b[4] = "xxx";
	WCHAR units[4];

	ck_assert_int_eq(sscanf_s("abc de", "%s %s", a, 4u, b, 4u), 2);
	ck_assert_str_eq(a, "abc");
	ck_assert_str_eq(b, "de");
	ck_assert_int_eq(sscanf_s("ab cdef", "%s %s", a, 4u, b, 4u), 1);
	ck_assert_str_eq(b, "");
	ck_assert_int_eq(swscanf_s(W("abcd"), W("%3s"), units, 4u), 1);
	ck_assert_int_eq(npfs_wcscmp(units, W("abc")), 0);
	ck_assert_int_eq(sscanf_s("xy", "%c%c", a, 1u, b, 1u), 2);
	ck_assert_int_eq(b[0], 'y');
}
END_TEST

START_TEST(streams_are_scanned_to_the_unit)
{
	FILE *file = tmpfile();
	DWORD a = 0, b = 0;
	WCHAR units[8];

	fputs("12 34x\u00e4\u00f6 rest", file);
	rewind(file);
	ck_assert_int_eq(npfs_fscanf(file, "%lu%lu", &a, &b), 2);
	ck_assert_uint_eq(b, 34);
	ck_assert_int_eq(getc(file), 'x');
	ck_assert_int_eq(npfs_fwscanf(file, W("%7s"), units), 1);
	ck_assert_int_eq(npfs_wcscmp(units, W("\u00e4\u00f6")), 0);
	ck_assert_int_eq(fgetc(file), ' ');
	fclose(file);
}
END_TEST

START_TEST(wide_strings_do_as_the_c_librarys)
{
	WCHAR to[16], *state = NULL, *end;

	ck_assert_uint_eq(npfs_wcslen(W("abc")), 3);
	ck_assert_uint_eq(npfs_wcsnlen(W("abc"), 2), 2);
	npfs_wmemset(to, u'x', 16);
	npfs_wcsncpy(to, W("ab"), 4);
	ck_assert_uint_eq(to[3], 0);
	ck_assert_uint_eq(to[4], u'x');
	npfs_wcscat(to, W("cd"));
	npfs_wcsncat(to, W("efgh"), 2);
	ck_assert_int_eq(npfs_wcscmp(to, W("abcdef")), 0);
	ck_assert_int_lt(npfs_wcscmp(W("a"), W("b")), 0);
	ck_assert_int_eq(npfs_wcsncmp(W("abc"), W("abd"), 2), 0);
	ck_assert_int_eq(npfs_wcsicmp(W("\u00e4B"), W("\u00c4b")), 0);
	ck_assert_int_gt(npfs_wcsnicmp(W("b"), W("A"), 1), 0);
	ck_assert_ptr_eq(npfs_wcschr(to, u'c'), to + 2);
	ck_assert_ptr_eq(npfs_wcschr(to, 0), to + 6);
	ck_assert_ptr_null(npfs_wcschr(to, u'z'));
	ck_assert_ptr_eq(npfs_wcsrchr(W("aa"), u'b'), NULL);
	ck_assert_ptr_eq(npfs_wcsstr(to, W("de")), to + 3);
	ck_assert_ptr_eq(npfs_wcsstr(to, W("")), to);
	ck_assert_ptr_null(npfs_wcsstr(to, W("dd")));
	ck_assert_uint_eq(npfs_wcsspn(to, W("ba")), 2);
	ck_assert_uint_eq(npfs_wcscspn(to, W("dc")), 2);
	ck_assert_ptr_eq(npfs_wcspbrk(to, W("fe")), to + 4);
	ck_assert_ptr_eq(npfs_wmemchr(to, u'f', 5), NULL);
	npfs_wcscpy(to, W(" a, b"));
	ck_assert_int_eq(npfs_wcscmp(npfs_wcstok(to, W(" ,"), &state), W("a")), 0);
	ck_assert_int_eq(npfs_wcscmp(npfs_wcstok(NULL, W(" ,"), &state), W("b")), 0);
	ck_assert_ptr_null(npfs_wcstok(NULL, W(" ,"), &state));
	npfs_wcscpy(to, W(" -12z"));
	ck_assert_int_eq(npfs_wcstol(to, &end, 10), -12);
	ck_assert_ptr_eq(end, to + 4);
	ck_assert_double_eq(npfs_wcstod(W("2.5\u00e4"), NULL), 2.5);
	ck_assert_int_eq(_wtoi(W("99999999999")), INT_MAX);
	end = npfs_wcsdup(W("copy"));
	ck_assert_int_eq(npfs_wcscmp(_wcsupr(end), W("COPY")), 0);
	ck_assert_int_eq(npfs_wcscmp(_wcsrev(end), W("YPOC")), 0);
	free(end);
}
END_TEST

START_TEST(conversions_are_utf8_and_exact)
{
	WCHAR units[8], unit = 0;
	char text[8];

	ck_assert_uint_eq(npfs_mbstowcs(NULL, "\u00e4\U0001f600", 0), 3);
	ck_assert_uint_eq(npfs_mbstowcs(units, "\u00e4b", 8), 2);
	ck_assert_uint_eq(units[2], 0);
	ck_assert_uint_eq(npfs_mbstowcs(units, "\xff", 8), (size_t)-1);
	ck_assert_int_eq(errno, EILSEQ);
	ck_assert_uint_eq(npfs_wcstombs(NULL, W("\u00e4\U0001f600"), 0), 6);
	ck_assert_uint_eq(npfs_wcstombs(text, W("\u20aca"), 8), 4);
	ck_assert_str_eq(text, "\u20aca");
	ck_assert_int_eq(npfs_mbtowc(&unit, "\u20ac", 3), 3);
	ck_assert_uint_eq(unit, 0x20ac);
	ck_assert_int_eq(npfs_mbtowc(&unit, "\u20ac", 2), -1);
	ck_assert_int_eq(npfs_mbtowc(&unit, "", 1), 0);
	ck_assert_int_eq(npfs_wctomb(text, 0xe4), 2);
	ck_assert_int_eq(npfs_wctomb(text, 0xd800), -1);
}
END_TEST

START_TEST(strings_with_a_size_never_run_over)
{
	char to[6] = "";
	WCHAR units[4];

	ck_assert_int_eq(strcpy_s(to, 6, "abcde"), 0);
	ck_assert_str_eq(to, "abcde");
	ck_assert_int_eq(strcpy_s(to, 5, "abcde"), ERANGE);
	ck_assert_str_eq(to, "");
	ck_assert_int_eq(strcpy_s(to, 0, "a"), EINVAL);
	ck_assert_int_eq(strcpy_s(to, 6, NULL), EINVAL);
	ck_assert_int_eq(strcpy_s(to, 6, "ab"), 0);
	ck_assert_int_eq(strcat_s(to, 6, "cde"), 0);
	ck_assert_int_eq(strcat_s(to, 6, "f"), ERANGE);
	ck_assert_str_eq(to, "");
	ck_assert_int_eq(strncpy_s(to, 6, "abcdefgh", 3), 0);
	ck_assert_str_eq(to, "abc");
	ck_assert_int_eq(strncpy_s(to, 4, "abcdefgh", _TRUNCATE), 80);
	ck_assert_str_eq(to, "abc");
	ck_assert_int_eq(strncat_s(to, 6, "xyz", 2), 0);
	ck_assert_str_eq(to, "abcxy");
	/* nothing of nothing: no source is needed for that */
	ck_assert_int_eq(strncat_s(to, 6, NULL, 0), 0);
	ck_assert_str_eq(to, "abcxy");
	ck_assert_int_eq(strncpy_s(to, 6, NULL, 0), 0);
	ck_assert_str_eq(to, "");
	ck_assert_int_eq(strncpy_s(to, 6, NULL, 1), EINVAL);
	ck_assert_int_eq(wcscpy_s(units, 4, W("abcd")), ERANGE);
	ck_assert_int_eq(wcscpy_s(units, 4, W("abc")), 0);
	ck_assert_int_eq(wcscat_s(units, 4, W("")), 0);
	ck_assert_int_eq(memcpy_s(to, 6, "123", 3), 0);
	ck_assert_int_eq(memcpy_s(to, 2, "123", 3), ERANGE);
	ck_assert_int_eq(to[0], 0);
	ck_assert_uint_eq(strnlen_s(NULL, 5), 0);
}
END_TEST

START_TEST(numbers_become_text)
{
	char to[66];
	WCHAR units[40];

	ck_assert_str_eq(_itoa(-255, to, 10), "-255");
	ck_assert_str_eq(_itoa(-1, to, 16), "ffffffff");
	ck_assert_str_eq(_ultoa(0xffffffff, to, 10), "4294967295");
	ck_assert_str_eq(_i64toa(INT64_MIN, to, 10), "-9223372036854775808");
	ck_assert_str_eq(_ui64toa(5, to, 2), "101");
	ck_assert_int_eq(npfs_wcscmp(_itow(35, units, 36), W("z")), 0);
	ck_assert_int_eq(_itoa_s(1000, to, 4, 10), ERANGE);
	ck_assert_int_eq(_itoa_s(1000, to, 5, 10), 0);
	ck_assert_int_eq(_itoa_s(1, to, 5, 99), EINVAL);
	ck_assert_int_eq(_atoi64("-5000000000"), -5000000000);
	ck_assert_str_eq(_strupr(strcpy(to, "aB1")), "AB1");
	ck_assert_str_eq(_strrev(strcpy(to, "abcd")), "dcba");
	ck_assert_int_eq(_stricmp("ABC", "abc"), 0);
	ck_assert_int_eq(_memicmp("ABx", "aby", 2), 0);
}
END_TEST

START_TEST(the_environment_is_one)
{
	char to[16], *copy;
	size_t needed;

	ck_assert_int_eq(_putenv("NPFS_TEST_CRT=value"), 0);
	ck_assert_str_eq(getenv("NPFS_TEST_CRT"), "value");
	ck_assert_int_eq(getenv_s(&needed, to, sizeof(to), "NPFS_TEST_CRT"), 0);
	ck_assert_uint_eq(needed, 6);
	ck_assert_str_eq(to, "value");
	ck_assert_int_eq(getenv_s(&needed, to, 3, "NPFS_TEST_CRT"), ERANGE);
	ck_assert_int_eq(_dupenv_s(&copy, &needed, "NPFS_TEST_CRT"), 0);
	ck_assert_str_eq(copy, "value");
	free(copy);
	ck_assert_int_eq(npfs_wcscmp(_wgetenv(W("NPFS_TEST_CRT")), W("value")), 0);
	ck_assert_int_eq(_putenv("NPFS_TEST_CRT="), 0);
	ck_assert_ptr_null(getenv("NPFS_TEST_CRT"));
	ck_assert_ptr_null(_wgetenv(W("NPFS_TEST_CRT")));
	ck_assert_int_eq(_dupenv_s(&copy, NULL, "NPFS_TEST_CRT"), 0);
	ck_assert_ptr_null(copy);
}
END_TEST

START_TEST(strsafe_cuts_and_says_so)
{
	char to[8], *end;
	WCHAR units[8];
	size_t left;

	ck_assert_int_eq(StringCchPrintfA(to, 8, "%lu-%s", (DWORD)12, "x"), S_OK);
	ck_assert_str_eq(to, "12-x");
	ck_assert_int_eq(StringCchPrintfA(to, 4, "%s", "abcdef"), STRSAFE_E_INSUFFICIENT_BUFFER);
	ck_assert_str_eq(to, "abc");
	ck_assert_int_eq(StringCchPrintfW(units, 8, W("%s%S"), W("a"), "b"), S_OK);
	ck_assert_int_eq(npfs_wcscmp(units, W("ab")), 0);
	ck_assert_int_eq(StringCbPrintfW(units, 6, W("%s"), W("abc")),
			 STRSAFE_E_INSUFFICIENT_BUFFER);
	ck_assert_int_eq(npfs_wcscmp(units, W("ab")), 0);
	ck_assert_int_eq(StringCchCopyA(to, 0, "x"), STRSAFE_E_INVALID_PARAMETER);
	ck_assert_int_eq(StringCchCopyExA(to, 8, "abc", &end, &left, 0), S_OK);
	ck_assert_ptr_eq(end, to + 3);
	ck_assert_uint_eq(left, 5);
	ck_assert_int_eq(StringCchCatExA(to, 8, NULL, &end, &left, STRSAFE_IGNORE_NULLS), S_OK);
	ck_assert_int_eq(StringCchCatA(to, 8, "defgh"), STRSAFE_E_INSUFFICIENT_BUFFER);
	ck_assert_str_eq(to, "abcdefg");
	ck_assert_int_eq(StringCchPrintfExA(to, 8, &end, &left, 0, "%d", 42), S_OK);
	ck_assert_uint_eq(left, 6);
	ck_assert_int_eq(StringCchLengthA("abc", 3, &left), STRSAFE_E_INVALID_PARAMETER);
	ck_assert_int_eq(StringCchLengthA("abc", 4, &left), S_OK);
	ck_assert_uint_eq(left, 3);
}
END_TEST

START_TEST(files_open_by_windows_names)
{
	char dir[48], windows[64];
	FILE *file;

	test_dir_make(dir, sizeof(dir));
	snprintf(windows, sizeof(windows), "C:%s/file", dir);
	for (char *p = windows; *p; p++)
		if (*p == '/')
			*p = '\\';
	ck_assert_int_eq(fopen_s(&file, windows, "wbt"), 0);
	fputs("x", file);
	fclose(file);
	file = _wfopen(wide(windows), W("rt, ccs=UTF-8"));
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(getc(file), 'x');
	fclose(file);
	ck_assert_int_eq(_wremove(wide(windows)), 0);
	ck_assert_int_eq(fopen_s(&file, windows, "r"), ENOENT);
	ck_assert_ptr_null(file);
	test_dir_remove(dir);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shim_crt");
	TCase *tcase = tcase_create("format");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, integers_are_32_bits_wide_with_l);
	tcase_add_test(tcase, the_seventh_argument_and_later_ones_come_out_right);
	tcase_add_test(tcase, sixty_four_bits_with_their_own_sizes);
	tcase_add_test(tcase, text_follows_the_kind_of_the_function);
	tcase_add_test(tcase, reals_are_the_c_librarys);
	tcase_add_test(tcase, what_cannot_be_is_refused);
	tcase_add_test(tcase, numbered_arguments_are_left_to_the_c_library);
	tcase_add_test(tcase, each_function_cuts_in_its_own_way);
	tcase_add_test(tcase, files_get_utf8);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("scan");
	tcase_add_test(tcase, scanning_writes_32_bits_with_l);
	tcase_add_test(tcase, scanning_stops_where_it_should);
	tcase_add_test(tcase, scanned_text_changes_its_kind_where_asked);
	tcase_add_test(tcase, safe_scanning_keeps_within_the_room);
	tcase_add_test(tcase, streams_are_scanned_to_the_unit);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("strings");
	tcase_add_test(tcase, wide_strings_do_as_the_c_librarys);
	tcase_add_test(tcase, conversions_are_utf8_and_exact);
	tcase_add_test(tcase, strings_with_a_size_never_run_over);
	tcase_add_test(tcase, numbers_become_text);
	tcase_add_test(tcase, the_environment_is_one);
	tcase_add_test(tcase, strsafe_cuts_and_says_so);
	tcase_add_test(tcase, files_open_by_windows_names);
	suite_add_tcase(suite, tcase);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
