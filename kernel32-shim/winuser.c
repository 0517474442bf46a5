/* SPDX-License-Identifier: MIT */
/*
 * Case and steps of text: CharUpper, CharLower, CharNext
 *
 * Narrow text is UTF-8; of that only ASCII changes its case, so that no text gets longer. A
 * wide unit changes by the table that compares names (upper) and in ASCII and Latin-1
 * (lower), as _wcsupr and _wcslwr do. An argument that is no pointer but a character, all
 * bits above the lowest 16 clear, comes back changed.
 */
#include <ctype.h>
#include <stdbool.h>

#include <windows.h>

#include <npfs_crt.h>

static bool is_character(const void *text)
{
	return (ULONG_PTR)text <= 0xffff;
}

LPSTR WINAPI CharUpperA(LPSTR text)
{
	if (!is_character(text))
		return _strupr(text);
	return (LPSTR)(ULONG_PTR)(BYTE)toupper((BYTE)(ULONG_PTR)text); /* NOLINT */
}

LPSTR WINAPI CharLowerA(LPSTR text)
{
	if (!is_character(text))
		return _strlwr(text);
	return (LPSTR)(ULONG_PTR)(BYTE)tolower((BYTE)(ULONG_PTR)text); /* NOLINT */
}

LPWSTR WINAPI CharUpperW(LPWSTR text)
{
	WCHAR one[2] = {(WCHAR)(ULONG_PTR)text, 0};

	if (!is_character(text))
		return _wcsupr(text);
	return (LPWSTR)(ULONG_PTR)_wcsupr(one)[0]; /* NOLINT */
}

LPWSTR WINAPI CharLowerW(LPWSTR text)
{
	WCHAR one[2] = {(WCHAR)(ULONG_PTR)text, 0};

	if (!is_character(text))
		return _wcslwr(text);
	return (LPWSTR)(ULONG_PTR)_wcslwr(one)[0]; /* NOLINT */
}

/* Over one character; at the end of the text it stays. */
LPSTR WINAPI CharNextA(LPCSTR text)
{
	if (*text)
		text++;
	while (((BYTE)*text & 0xc0) == 0x80)
		text++;
	return (LPSTR)(ULONG_PTR)text;
}

LPWSTR WINAPI CharNextW(LPCWSTR text)
{
	if (*text)
		text++;
	return (LPWSTR)(ULONG_PTR)text;
}
