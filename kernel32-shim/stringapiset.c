/* SPDX-License-Identifier: MIT */
/*
 * Code pages, conversions, comparisons, and the lstr functions.
 *
 * The ANSI, OEM and thread code pages are all UTF-8 (65001).  1252 and 28591 are there
 * for programs that name them; other numbers are refused as a system without them would.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <windows.h>

#include <npfs/text.h>

#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

enum {
	CP_WINDOWS_1252 = 1252,
	CP_LATIN_1 = 28591,
};

/* 0x80 to 0x9f of code page 1252; the five holes stay what they are. */
static const uint16_t cp1252_high[32] = {
	0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
	0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

/* The page behind a number that stands for one; 0 for a page that is not there. */
static UINT cp_resolve(UINT cp)
{
	switch (cp) {
	case CP_ACP:
	case CP_OEMCP:
	case CP_THREAD_ACP:
	case CP_UTF8:
		return CP_UTF8;
	case CP_WINDOWS_1252:
	case CP_LATIN_1:
		return cp;
	default:
		return 0;
	}
}

UINT WINAPI GetACP(VOID)
{
	return CP_UTF8;
}

UINT WINAPI GetOEMCP(VOID)
{
	return CP_UTF8;
}

BOOL WINAPI IsValidCodePage(UINT cp)
{
	return cp > CP_THREAD_ACP && cp_resolve(cp) != 0;
}

BOOL WINAPI GetCPInfo(UINT cp, LPCPINFO info)
{
	cp = cp_resolve(cp);
	if (!cp || !info)
		return thread_fail(ERROR_INVALID_PARAMETER);
	memset(info, 0, sizeof(*info));
	info->MaxCharSize = cp == CP_UTF8 ? 4 : 1;
	info->DefaultChar[0] = '?';
	return TRUE;
}

BOOL WINAPI IsDBCSLeadByte(BYTE byte)
{
	(void)byte;
	return FALSE;
}

/* English of the United States, whose rules the C locale is closest to. */
LCID WINAPI GetUserDefaultLCID(VOID)
{
	return 0x0409;
}

LCID WINAPI GetSystemDefaultLCID(VOID)
{
	return 0x0409;
}

LANGID WINAPI GetUserDefaultLangID(VOID)
{
	return 0x0409;
}

LANGID WINAPI GetSystemDefaultLangID(VOID)
{
	return 0x0409;
}

/* conversions */

static WCHAR single_byte_to_wide(UINT cp, unsigned char byte)
{
	if (cp == CP_WINDOWS_1252 && byte >= 0x80 && byte <= 0x9f)
		return (WCHAR)cp1252_high[byte - 0x80];
	return byte;
}

/* The byte of a character, or -1. */
static int wide_to_single_byte(UINT cp, uint16_t unit)
{
	if (unit < 0x80 || (unit >= 0xa0 && unit <= 0xff))
		return unit;
	if (cp == CP_LATIN_1)
		return unit <= 0xff ? unit : -1;
	for (int i = 0; i < 32; i++)
		if (cp1252_high[i] == unit)
			return 0x80 + i;
	return -1;
}

static size_t bytes_to_wide(UINT cp, const char *s, size_t len, WCHAR *out, size_t cap,
			    bool *invalidp)
{
	if (cp == CP_UTF8)
		return text_to_wide(s, len, out, cap, invalidp);
	for (size_t i = 0; i < len && i < cap; i++)
		out[i] = single_byte_to_wide(cp, (unsigned char)s[i]);
	return len;
}

/* A length of -1 means up to and including the terminator. */
int WINAPI MultiByteToWideChar(UINT page, DWORD flags, LPCSTR s, int len, LPWSTR out,
			       int cap)
{
	const DWORD known =
		MB_PRECOMPOSED | MB_COMPOSITE | MB_USEGLYPHCHARS | MB_ERR_INVALID_CHARS;
	UINT cp = cp_resolve(page);
	bool invalid = false;
	size_t n_bytes, n;

	if (!s || len == 0 || len < -1 || cap < 0 || !cp || (cap > 0 && !out) ||
	    (const void *)s == (const void *)out) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return 0;
	}
	if ((flags & ~known) ||
	    (page == CP_UTF8 && (flags & ~(DWORD)MB_ERR_INVALID_CHARS))) {
		thread_last_error = ERROR_INVALID_FLAGS;
		return 0;
	}
	n_bytes = len == -1 ? strlen(s) + 1 : (size_t)len;
	n = bytes_to_wide(cp, s, n_bytes, out, (size_t)cap, &invalid);
	if (invalid && (flags & MB_ERR_INVALID_CHARS)) {
		thread_last_error = ERROR_NO_UNICODE_TRANSLATION;
		return 0;
	}
	if (n > INT32_MAX || (cap > 0 && n > (size_t)cap)) {
		thread_last_error = ERROR_INSUFFICIENT_BUFFER;
		return 0;
	}
	return (int)n;
}

static size_t wide_to_bytes(UINT cp, const WCHAR *s, size_t len, char *out, size_t cap,
			    char default_char, bool *invalidp)
{
	if (cp == CP_UTF8)
		return text_to_utf8(s, len, out, cap, invalidp);
	for (size_t i = 0; i < len; i++) {
		int byte = wide_to_single_byte(cp, (uint16_t)s[i]);

		if (byte < 0)
			*invalidp = true;
		if (i < cap)
			out[i] = byte < 0 ? default_char : (char)byte;
	}
	return len;
}

int WINAPI WideCharToMultiByte(UINT page, DWORD flags, LPCWSTR s, int len, LPSTR out,
			       int cap, LPCSTR default_char, LPBOOL used_defaultp)
{
	const DWORD known = WC_COMPOSITECHECK | WC_DISCARDNS | WC_SEPCHARS |
			    WC_DEFAULTCHAR | WC_ERR_INVALID_CHARS | WC_NO_BEST_FIT_CHARS;
	UINT cp = cp_resolve(page);
	bool invalid = false;
	size_t n_units, n;

	if (!s || len == 0 || len < -1 || cap < 0 || !cp || (cap > 0 && !out) ||
	    (const void *)s == (const void *)out ||
	    (page == CP_UTF8 && (default_char || used_defaultp))) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return 0;
	}
	if ((flags & ~known) ||
	    (page == CP_UTF8 && (flags & ~(DWORD)WC_ERR_INVALID_CHARS))) {
		thread_last_error = ERROR_INVALID_FLAGS;
		return 0;
	}
	n_units = len == -1 ? text_wide_len(s) + 1 : (size_t)len;
	n = wide_to_bytes(cp, s, n_units, out, (size_t)cap,
			  default_char ? *default_char : '?', &invalid);
	if (used_defaultp)
		*used_defaultp = invalid;
	if (invalid && (flags & WC_ERR_INVALID_CHARS)) {
		thread_last_error = ERROR_NO_UNICODE_TRANSLATION;
		return 0;
	}
	if (n > INT32_MAX || (cap > 0 && n > (size_t)cap)) {
		thread_last_error = ERROR_INSUFFICIENT_BUFFER;
		return 0;
	}
	return (int)n;
}

/* comparisons */

static int cstr(int order)
{
	return order < 0 ? CSTR_LESS_THAN : order > 0 ? CSTR_GREATER_THAN : CSTR_EQUAL;
}

static int wide_order(const WCHAR *a, size_t a_len, const WCHAR *b, size_t b_len,
		      bool fold)
{
	for (size_t i = 0; i < a_len && i < b_len; i++) {
		uint16_t x = (uint16_t)a[i], y = (uint16_t)b[i];

		if (fold) {
			x = npfs_upcase16(x);
			y = npfs_upcase16(y);
		}
		if (x != y)
			return x < y ? -1 : 1;
	}
	return a_len == b_len ? 0 : a_len < b_len ? -1 : 1;
}

static size_t wide_count(const WCHAR *s, int len)
{
	return len < 0 ? text_wide_len(s) : (size_t)len;
}

int WINAPI CompareStringOrdinal(LPCWSTR a, int a_len, LPCWSTR b, int b_len, BOOL fold)
{
	if (!a || !b || a_len < -1 || b_len < -1) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return 0;
	}
	return cstr(wide_order(a, wide_count(a, a_len), b, wide_count(b, b_len), fold));
}

/* By code units, whatever the locale; case is folded when asked. */
int WINAPI CompareStringW(LCID locale, DWORD flags, LPCWSTR a, int a_len, LPCWSTR b,
			  int b_len)
{
	(void)locale;
	if (!a || !b) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return 0;
	}
	return cstr(wide_order(a, wide_count(a, a_len), b, wide_count(b, b_len),
			       flags & NORM_IGNORECASE));
}

int WINAPI CompareStringA(LCID locale, DWORD flags, LPCSTR a, int a_len, LPCSTR b,
			  int b_len)
{
	WCHAR *x, *y;
	int result = 0;

	if (!a || !b) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return 0;
	}
	x = text_wide_from_utf8(a, a_len < 0 ? strlen(a) : (size_t)a_len);
	y = text_wide_from_utf8(b, b_len < 0 ? strlen(b) : (size_t)b_len);
	if (x && y)
		result = CompareStringW(locale, flags, x, -1, y, -1);
	else
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
	free(x);
	free(y);
	return result;
}

/* the lstr functions, which take NULL */

int WINAPI lstrlenA(LPCSTR s)
{
	return s ? (int)strlen(s) : 0;
}

int WINAPI lstrlenW(LPCWSTR s)
{
	return s ? (int)text_wide_len(s) : 0;
}

static LPSTR lstr_refuse(void)
{
	thread_last_error = ERROR_INVALID_PARAMETER;
	return NULL;
}

LPSTR WINAPI lstrcpyA(LPSTR to, LPCSTR from)
{
	return to && from ? strcpy(to, from) : lstr_refuse();
}

LPWSTR WINAPI lstrcpyW(LPWSTR to, LPCWSTR from)
{
	if (!to || !from)
		return (LPWSTR)(void *)lstr_refuse();
	return memcpy(to, from, (text_wide_len(from) + 1) * sizeof(*to));
}

LPSTR WINAPI lstrcatA(LPSTR to, LPCSTR from)
{
	return to && from ? strcat(to, from) : lstr_refuse();
}

LPWSTR WINAPI lstrcatW(LPWSTR to, LPCWSTR from)
{
	if (!to || !from)
		return (LPWSTR)(void *)lstr_refuse();
	lstrcpyW(to + text_wide_len(to), from);
	return to;
}

/* At most @max - 1 units, and always a terminator. */
LPSTR WINAPI lstrcpynA(LPSTR to, LPCSTR from, int max)
{
	size_t n;

	if (!to || !from || max <= 0)
		return lstr_refuse();
	n = strnlen(from, (size_t)max - 1);
	memcpy(to, from, n);
	to[n] = '\0';
	return to;
}

LPWSTR WINAPI lstrcpynW(LPWSTR to, LPCWSTR from, int max)
{
	size_t n = 0;

	if (!to || !from || max <= 0)
		return (LPWSTR)(void *)lstr_refuse();
	while (n < (size_t)max - 1 && from[n])
		n++;
	memcpy(to, from, n * sizeof(*to));
	to[n] = 0;
	return to;
}

/* NULL sorts before everything. */
static int null_order(const void *a, const void *b)
{
	return (a ? 1 : 0) - (b ? 1 : 0);
}

static int sign(int order)
{
	return (order > 0) - (order < 0);
}

int WINAPI lstrcmpA(LPCSTR a, LPCSTR b)
{
	return a && b ? sign(strcmp(a, b)) : null_order(a, b);
}

int WINAPI lstrcmpiA(LPCSTR a, LPCSTR b)
{
	return a && b ? CompareStringA(0, NORM_IGNORECASE, a, -1, b, -1) - CSTR_EQUAL
		      : null_order(a, b);
}

int WINAPI lstrcmpW(LPCWSTR a, LPCWSTR b)
{
	return a && b ? wide_order(a, text_wide_len(a), b, text_wide_len(b), false)
		      : null_order(a, b);
}

int WINAPI lstrcmpiW(LPCWSTR a, LPCWSTR b)
{
	return a && b ? wide_order(a, text_wide_len(a), b, text_wide_len(b), true)
		      : null_order(a, b);
}
