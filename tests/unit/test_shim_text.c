/* SPDX-License-Identifier: MIT */
/* Conversions between code pages, comparisons, lstr functions; heaps. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#define W(text) ((const WCHAR *)u##text)

/* Gives this number and this error, which was not there before. */
#define GIVES(wanted, error, call)                        \
	do {                                              \
		SetLastError(0);                          \
		ck_assert_int_eq(call, wanted);           \
		ck_assert_uint_eq(GetLastError(), error); \
	} while (0)

/* -------------------------------------------------------------- conversions */

START_TEST(utf8_becomes_wide_with_the_lengths_it_has)
{
	const char *text = "a\xc3\xa4\xf0\x9f\x98\x80";
	WCHAR out[8];

	GIVES(5, 0, MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0));
	GIVES(4, 0, MultiByteToWideChar(CP_ACP, 0, text, 7, NULL, 0));
	GIVES(5, 0, MultiByteToWideChar(CP_UTF8, 0, text, -1, out, 5));
	ck_assert_mem_eq(out, u"a\u00e4\U0001f600", 10);
	GIVES(0, ERROR_INSUFFICIENT_BUFFER,
	      MultiByteToWideChar(CP_UTF8, 0, text, -1, out, 4));
	GIVES(1, 0, MultiByteToWideChar(CP_UTF8, 0, text, 1, out, 1));
}
END_TEST

START_TEST(ill_formed_text_is_replaced_or_refused)
{
	const WCHAR lone[] = {'a', 0xd800, 'b', 0};
	WCHAR out[8];
	char bytes[8];

	GIVES(3, 0, MultiByteToWideChar(CP_UTF8, 0, "a\xff" "b", 3, out, 8));
	ck_assert_uint_eq(out[1], 0xfffd);
	GIVES(0, ERROR_NO_UNICODE_TRANSLATION,
	      MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "a\xff", 2, out, 8));
	GIVES(5, 0, WideCharToMultiByte(CP_UTF8, 0, lone, 3, bytes, 8, NULL, NULL));
	ck_assert_mem_eq(bytes, "a\xef\xbf\xbd" "b", 5);
	GIVES(0, ERROR_NO_UNICODE_TRANSLATION,
	      WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, lone, 3, bytes, 8, NULL,
				  NULL));
}
END_TEST

START_TEST(arguments_are_checked)
{
	BOOL used;
	WCHAR out[8];
	char bytes[8] = "x";

	GIVES(0, ERROR_INVALID_PARAMETER, MultiByteToWideChar(CP_UTF8, 0, NULL, 1, out, 8));
	GIVES(0, ERROR_INVALID_PARAMETER, MultiByteToWideChar(CP_UTF8, 0, "x", 0, out, 8));
	GIVES(0, ERROR_INVALID_PARAMETER, MultiByteToWideChar(CP_UTF8, 0, "x", -2, out, 8));
	GIVES(0, ERROR_INVALID_PARAMETER, MultiByteToWideChar(CP_UTF8, 0, "x", 1, NULL, 8));
	GIVES(0, ERROR_INVALID_PARAMETER, MultiByteToWideChar(CP_UTF8, 0, "x", 1, out, -1));
	GIVES(0, ERROR_INVALID_PARAMETER, MultiByteToWideChar(12345, 0, "x", 1, out, 8));
	GIVES(0, ERROR_INVALID_PARAMETER,
	      MultiByteToWideChar(CP_UTF8, 0, bytes, 1, (LPWSTR)(void *)bytes, 1));
	GIVES(0, ERROR_INVALID_FLAGS,
	      MultiByteToWideChar(CP_UTF8, MB_PRECOMPOSED, "x", 1, out, 8));
	GIVES(0, ERROR_INVALID_PARAMETER,
	      WideCharToMultiByte(CP_UTF8, 0, W("x"), 1, bytes, 8, "?", NULL));
	GIVES(0, ERROR_INVALID_PARAMETER,
	      WideCharToMultiByte(CP_UTF8, 0, W("x"), 1, bytes, 8, NULL, &used));
	GIVES(0, ERROR_INSUFFICIENT_BUFFER,
	      WideCharToMultiByte(CP_UTF8, 0, W("\u20ac"), 1, bytes, 2, NULL, NULL));
}
END_TEST

START_TEST(western_pages_have_a_byte_for_a_character)
{
	BOOL used = TRUE;
	WCHAR out[8];
	char bytes[8];
	CPINFO info;

	GIVES(2, 0, MultiByteToWideChar(1252, 0, "\x80\xe4", 2, out, 8));
	ck_assert_mem_eq(out, u"\u20ac\u00e4", 4);
	GIVES(2, 0, MultiByteToWideChar(28591, 0, "\x80\xe4", 2, out, 8));
	ck_assert_uint_eq(out[0], 0x80);
	GIVES(3, 0, WideCharToMultiByte(1252, 0, W("\u20ac\u00e4"), -1, bytes, 8, NULL,
					&used));
	ck_assert_str_eq(bytes, "\x80\xe4");
	ck_assert(!used);
	GIVES(1, 0, WideCharToMultiByte(28591, 0, W("\u20ac"), 1, bytes, 8, "!", &used));
	ck_assert_int_eq(bytes[0], '!');
	ck_assert(used);
	ck_assert(GetCPInfo(1252, &info));
	ck_assert_uint_eq(info.MaxCharSize, 1);
	ck_assert(GetCPInfo(CP_ACP, &info));
	ck_assert_uint_eq(info.MaxCharSize, 4);
	ck_assert(!GetCPInfo(12345, &info));
	ck_assert(IsValidCodePage(GetACP()));
	ck_assert(!IsValidCodePage(CP_ACP));
	ck_assert(!IsDBCSLeadByte(0x81));
}
END_TEST

/* -------------------------------------------------------------- comparisons */

START_TEST(ordinal_order_is_that_of_the_units)
{
	ck_assert_int_eq(CompareStringOrdinal(W("a"), -1, W("b"), -1, FALSE), CSTR_LESS_THAN);
	ck_assert_int_eq(CompareStringOrdinal(W("a"), -1, W("B"), -1, FALSE),
			 CSTR_GREATER_THAN);
	ck_assert_int_eq(CompareStringOrdinal(W("\u00e4x"), -1, W("\u00c4X"), -1, TRUE),
			 CSTR_EQUAL);
	ck_assert_int_eq(CompareStringOrdinal(W("abc"), 2, W("abd"), 2, FALSE), CSTR_EQUAL);
	ck_assert_int_eq(CompareStringOrdinal(W("ab"), -1, W("abc"), -1, FALSE),
			 CSTR_LESS_THAN);
	GIVES(0, ERROR_INVALID_PARAMETER, CompareStringOrdinal(NULL, 0, W("a"), 1, FALSE));
}
END_TEST

START_TEST(lstr_functions_mind_null)
{
	WCHAR wide[8];
	char narrow[8];

	ck_assert_int_eq(lstrlenA(NULL), 0);
	ck_assert_int_eq(lstrlenW(NULL), 0);
	ck_assert_int_eq(lstrlenW(W("abc")), 3);
	ck_assert_ptr_eq(lstrcpyA(narrow, "ab"), narrow);
	ck_assert_str_eq(lstrcatA(narrow, "c"), "abc");
	ck_assert_str_eq(lstrcpynA(narrow, "wxyz", 3), "wx");
	lstrcpyW(wide, W("ab"));
	ck_assert_int_eq(lstrcmpW(lstrcatW(wide, W("c")), W("abc")), 0);
	ck_assert_int_eq(lstrcmpW(lstrcpynW(wide, W("wxyz"), 3), W("wx")), 0);
	ck_assert_int_eq(lstrcmpiA("aB", "Ab"), 0);
	ck_assert_int_eq(lstrcmpiW(W("aB"), W("Ab")), 0);
	ck_assert_int_lt(lstrcmpA("a", "b"), 0);
	ck_assert_int_gt(lstrcmpW(W("b"), W("a")), 0);
}
END_TEST

/* -------------------------------------------------------------------- heaps */

START_TEST(a_heap_gives_and_takes)
{
	HANDLE heap = HeapCreate(0, 0, 0);
	unsigned char *p, *q;

	ck_assert_ptr_nonnull(heap);
	p = HeapAlloc(heap, HEAP_ZERO_MEMORY, 100);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq((ULONG_PTR)p % 16, 0);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(p[i], 0);
	memset(p, 7, 100);
	ck_assert_uint_eq(HeapSize(heap, 0, p), 100);
	q = HeapReAlloc(heap, HEAP_ZERO_MEMORY, p, 5000);
	ck_assert_ptr_nonnull(q);
	ck_assert_uint_eq(q[99], 7);
	ck_assert_uint_eq(q[100], 0);
	ck_assert_uint_eq(q[4999], 0);
	ck_assert_uint_eq(HeapSize(heap, 0, q), 5000);
	ck_assert(HeapValidate(heap, 0, q));
	ck_assert(!HeapValidate(GetProcessHeap(), 0, q));
	GIVES(FALSE, ERROR_INVALID_PARAMETER, HeapFree(GetProcessHeap(), 0, q));
	ck_assert(HeapFree(heap, 0, q));
	ck_assert(HeapFree(heap, 0, NULL));
	/* What is left goes with the heap. */
	ck_assert_ptr_nonnull(HeapAlloc(heap, 0, 10));
	ck_assert(HeapDestroy(heap));
	GIVES(FALSE, ERROR_INVALID_HANDLE, HeapDestroy(NULL));
	ck_assert(!HeapDestroy(GetProcessHeap()));
	ck_assert_ptr_null(HeapAlloc(NULL, 0, 1));
}
END_TEST

START_TEST(a_limited_heap_has_its_limit)
{
	HANDLE heap = HeapCreate(0, 100, 1000);
	void *p, *q;

	GIVES(FALSE, ERROR_INVALID_PARAMETER, HeapCreate(0, 2, 1) != NULL);
	p = HeapAlloc(heap, 0, 600);
	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_null(HeapAlloc(heap, 0, 401));
	q = HeapAlloc(heap, 0, 400);
	ck_assert_ptr_nonnull(q);
	ck_assert_ptr_null(HeapAlloc(heap, 0, 1));
	ck_assert(HeapFree(heap, 0, p));
	ck_assert_uint_eq(HeapCompact(heap, 0), 600);
	ck_assert_ptr_null(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, q, 401));
	ck_assert_ptr_eq(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, q, 10), q);
	ck_assert(HeapLock(heap));
	ck_assert(HeapUnlock(heap));
	ck_assert(HeapDestroy(heap));
	ck_assert_ptr_null(HeapAlloc(GetProcessHeap(), 0, (SIZE_T)-1));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shim_text");
	TCase *tc = tcase_create("text");
	SRunner *sr;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, utf8_becomes_wide_with_the_lengths_it_has);
	tcase_add_test(tc, ill_formed_text_is_replaced_or_refused);
	tcase_add_test(tc, arguments_are_checked);
	tcase_add_test(tc, western_pages_have_a_byte_for_a_character);
	tcase_add_test(tc, ordinal_order_is_that_of_the_units);
	tcase_add_test(tc, lstr_functions_mind_null);
	tcase_add_test(tc, a_heap_gives_and_takes);
	tcase_add_test(tc, a_limited_heap_has_its_limit);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
