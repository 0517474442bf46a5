/* SPDX-License-Identifier: MIT */
/*
 * The wide functions of the C library for 16-bit characters.
 *
 * Each npfs_wcs... does what the function without the prefix does, unit by unit; what goes
 * from or to narrow text takes that for UTF-8. Comparisons without case, and case itself,
 * follow the table Windows compares names with.
 *
 * Streams hold UTF-8. A character beyond U+FFFF comes out of a stream in two units; in
 * between, the second one is pushed back into the stream in the form it would have as a
 * character of its own, which reading takes as well.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <windows.h>
#include <npfs_crt.h>

#include <npfs/text.h>

#include "kernel32-shim/text.h"

/* -------------------------------------------------------------------- strings */

size_t npfs_wcslen(const WCHAR *text)
{
	return text_wide_len(text);
}

size_t npfs_wcsnlen(const WCHAR *text, size_t max)
{
	size_t n = 0;

	while (n < max && text[n])
		n++;
	return n;
}

WCHAR *npfs_wcscpy(WCHAR *to, const WCHAR *from)
{
	return memcpy(to, from, (text_wide_len(from) + 1) * sizeof(*from));
}

WCHAR *npfs_wcsncpy(WCHAR *to, const WCHAR *from, size_t n)
{
	size_t len = npfs_wcsnlen(from, n);

	memcpy(to, from, len * sizeof(*from));
	memset(to + len, 0, (n - len) * sizeof(*to));
	return to;
}

WCHAR *npfs_wcscat(WCHAR *to, const WCHAR *from)
{
	npfs_wcscpy(to + text_wide_len(to), from);
	return to;
}

WCHAR *npfs_wcsncat(WCHAR *to, const WCHAR *from, size_t n)
{
	WCHAR *end = to + text_wide_len(to);
	size_t len = npfs_wcsnlen(from, n);

	memcpy(end, from, len * sizeof(*from));
	end[len] = 0;
	return to;
}

int npfs_wcsncmp(const WCHAR *a, const WCHAR *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
		if (!a[i])
			break;
	}
	return 0;
}

int npfs_wcscmp(const WCHAR *a, const WCHAR *b)
{
	return npfs_wcsncmp(a, b, SIZE_MAX);
}

int npfs_wcsnicmp(const WCHAR *a, const WCHAR *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		WCHAR x = npfs_upcase16(a[i]), y = npfs_upcase16(b[i]);

		if (x != y)
			return x < y ? -1 : 1;
		if (!x)
			break;
	}
	return 0;
}

int npfs_wcsicmp(const WCHAR *a, const WCHAR *b)
{
	return npfs_wcsnicmp(a, b, SIZE_MAX);
}

size_t npfs_wcsxfrm(WCHAR *to, const WCHAR *from, size_t n)
{
	size_t len = text_wide_len(from);

	if (n > len)
		npfs_wcscpy(to, from);
	return len;
}

WCHAR *npfs_wcschr(const WCHAR *text, WCHAR c)
{
	for (;; text++) {
		if (*text == c)
			return (WCHAR *)(uintptr_t)text;
		if (!*text)
			return NULL;
	}
}

WCHAR *npfs_wcsrchr(const WCHAR *text, WCHAR c)
{
	const WCHAR *found = NULL;

	for (;; text++) {
		if (*text == c)
			found = text;
		if (!*text)
			return (WCHAR *)(uintptr_t)found;
	}
}

WCHAR *npfs_wcsstr(const WCHAR *text, const WCHAR *part)
{
	size_t len = text_wide_len(part);

	for (;; text++) {
		if (npfs_wcsncmp(text, part, len) == 0)
			return (WCHAR *)(uintptr_t)text;
		if (!*text)
			return NULL;
	}
}

size_t npfs_wcsspn(const WCHAR *text, const WCHAR *set)
{
	size_t n = 0;

	while (text[n] && npfs_wcschr(set, text[n]))
		n++;
	return n;
}

size_t npfs_wcscspn(const WCHAR *text, const WCHAR *set)
{
	size_t n = 0;

	while (text[n] && !npfs_wcschr(set, text[n]))
		n++;
	return n;
}

WCHAR *npfs_wcspbrk(const WCHAR *text, const WCHAR *set)
{
	text += npfs_wcscspn(text, set);
	return *text ? (WCHAR *)(uintptr_t)text : NULL;
}

WCHAR *npfs_wcstok(WCHAR *text, const WCHAR *set, WCHAR **statep)
{
	WCHAR *end;

	if (!text)
		text = *statep;
	if (!text)
		return NULL;
	text += npfs_wcsspn(text, set);
	if (!*text) {
		*statep = NULL;
		return NULL;
	}
	end = text + npfs_wcscspn(text, set);
	*statep = *end ? end + 1 : NULL;
	*end = 0;
	return text;
}

WCHAR *npfs_wcstok_one(WCHAR *text, const WCHAR *set)
{
	static __thread WCHAR *state;

	return npfs_wcstok(text, set, &state);
}

WCHAR *npfs_wcsdup(const WCHAR *text)
{
	WCHAR *copy = malloc((text_wide_len(text) + 1) * sizeof(*copy));

	return copy ? npfs_wcscpy(copy, text) : NULL;
}

WCHAR *npfs_wmemcpy(WCHAR *to, const WCHAR *from, size_t n)
{
	return memcpy(to, from, n * sizeof(*to));
}

WCHAR *npfs_wmemmove(WCHAR *to, const WCHAR *from, size_t n)
{
	return memmove(to, from, n * sizeof(*to));
}

WCHAR *npfs_wmemset(WCHAR *to, WCHAR c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = c;
	return to;
}

int npfs_wmemcmp(const WCHAR *a, const WCHAR *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

WCHAR *npfs_wmemchr(const WCHAR *text, WCHAR c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] == c)
			return (WCHAR *)(uintptr_t)(text + i);
	return NULL;
}

/* -------------------------------------------------------------------- numbers */

/* Numbers are ASCII: the beginning of the text as such, of any length. */
static char *ascii_copy(const WCHAR *text)
{
	size_t n = 0;
	char *copy;

	while (text[n] && text[n] < 0x80)
		n++;
	copy = malloc(n + 1);
	if (!copy) {
		errno = ENOMEM;
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		copy[i] = (char)text[i];
	copy[n] = 0;
	return copy;
}

#define WIDE_NUMBER(type, call)                                             \
	char *copy = ascii_copy(text), *stop = copy;                        \
	type value = 0;                                                     \
									    \
	if (copy)                                                           \
		value = call;                                               \
	if (end)                                                            \
		*end = (WCHAR *)(uintptr_t)(text + (copy ? stop - copy : 0)); \
	free(copy);                                                         \
	return value

long npfs_wcstol(const WCHAR *text, WCHAR **end, int base)
{
	WIDE_NUMBER(long, strtol(copy, &stop, base));
}

unsigned long npfs_wcstoul(const WCHAR *text, WCHAR **end, int base)
{
	WIDE_NUMBER(unsigned long, strtoul(copy, &stop, base));
}

INT64 npfs_wcstoll(const WCHAR *text, WCHAR **end, int base)
{
	WIDE_NUMBER(INT64, strtoll(copy, &stop, base));
}

UINT64 npfs_wcstoull(const WCHAR *text, WCHAR **end, int base)
{
	WIDE_NUMBER(UINT64, strtoull(copy, &stop, base));
}

double npfs_wcstod(const WCHAR *text, WCHAR **end)
{
	WIDE_NUMBER(double, strtod(copy, &stop));
}

float npfs_wcstof(const WCHAR *text, WCHAR **end)
{
	WIDE_NUMBER(float, strtof(copy, &stop));
}

long double npfs_wcstold(const WCHAR *text, WCHAR **end)
{
	WIDE_NUMBER(long double, strtold(copy, &stop));
}

size_t npfs_wcsftime(WCHAR *to, size_t cap, const WCHAR *format, const struct tm *tm)
{
	char *utf8 = text_utf8_from_wide(format, text_wide_len(format));
	char text[4096];
	bool invalid = false;
	size_t len = 0;

	if (utf8) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		len = strftime(text, sizeof(text), utf8, tm);
#pragma GCC diagnostic pop
		free(utf8);
	}
	len = text_to_wide(text, len, to, cap, &invalid);
	if (len >= cap)
		return 0;
	to[len] = 0;
	return len;
}

/* --------------------------------------------------------- narrow text and back */

size_t npfs_mbstowcs(WCHAR *to, const char *from, size_t n)
{
	bool invalid = false;
	size_t len = text_to_wide(from, strlen(from), to, to ? n : 0, &invalid);

	if (invalid) {
		errno = EILSEQ;
		return (size_t)-1;
	}
	if (to && len < n)
		to[len] = 0;
	return to && len > n ? n : len;
}

size_t npfs_wcstombs(char *to, const WCHAR *from, size_t n)
{
	size_t len = text_wide_len(from), written;
	bool invalid = false;

	written = text_to_utf8(from, len, NULL, 0, &invalid);
	if (invalid) {
		errno = EILSEQ;
		return (size_t)-1;
	}
	if (!to)
		return written;
	if (written <= n) {
		text_to_utf8(from, len, to, n, &invalid);
		if (written < n)
			to[written] = 0;
		return written;
	}
	/* Whole characters only. */
	return npfs_utf16_to_utf8((const uint16_t *)from, len, to, n) <= n ? written :
									    strnlen(to, n);
}

/* Bytes of the character that begins with @lead; 0: none does. */
static size_t sequence_len(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead < 0xe0)
		return 2;
	if (lead >= 0xe0 && lead < 0xf0)
		return 3;
	return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

/* The value of a sequence of @len bytes, surrogates among them; false if it is none. */
static bool sequence_value(const unsigned char *s, size_t len, uint32_t *valuep)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t value = len == 1 ? s[0] : s[0] & (0x7fu >> len);

	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return false;
		value = value << 6 | (s[i] & 0x3f);
	}
	*valuep = value;
	return value >= least[len] && value <= 0x10ffff;
}

/*
 * One unit. Characters beyond U+FFFF do not fit into it and are ill-formed here, as they are
 * to Microsoft's function; mbstowcs takes them.
 */
int npfs_mbtowc(WCHAR *to, const char *from, size_t n)
{
	uint32_t value;
	size_t len;

	if (!from)
		return 0;
	if (n == 0)
		return -1;
	len = sequence_len((unsigned char)*from);
	if (len == 0 || len > n || !sequence_value((const unsigned char *)from, len, &value) ||
	    value > 0xffff) {
		errno = EILSEQ;
		return -1;
	}
	if (to)
		*to = (WCHAR)value;
	return value ? (int)len : 0;
}

int npfs_wctomb(char *to, WCHAR c)
{
	bool invalid = false;
	size_t len;

	if (!to)
		return 0;
	len = text_to_utf8(&c, 1, to, 3, &invalid);
	if (invalid) {
		errno = EILSEQ;
		return -1;
	}
	return (int)len;
}

/* -------------------------------------------------------------------- streams */

/* Push the low half of a pair back, as the three bytes it would be by itself. */
static void push_unit(unsigned unit, FILE *stream)
{
	ungetc((int)(0x80 | (unit & 0x3f)), stream);
	ungetc((int)(0x80 | (unit >> 6 & 0x3f)), stream);
	ungetc((int)(0xe0 | unit >> 12), stream);
}

unsigned npfs_fgetwc(FILE *stream)
{
	unsigned char bytes[4];
	uint32_t value;
	size_t len, i;
	int c;

	c = getc(stream);
	if (c == EOF)
		return NPFS_W32_WEOF;
	bytes[0] = (unsigned char)c;
	len = sequence_len(bytes[0]);
	if (len == 0)
		return 0xfffd;
	for (i = 1; i < len; i++) {
		c = getc(stream);
		if (c == EOF)
			return 0xfffd;
		bytes[i] = (unsigned char)c;
		if ((c & 0xc0) != 0x80) {
			ungetc(c, stream);
			return 0xfffd;
		}
	}
	if (!sequence_value(bytes, len, &value))
		return 0xfffd;
	if (value <= 0xffff)
		return value;
	value -= 0x10000;
	push_unit(0xdc00 | (value & 0x3ff), stream);
	return 0xd800 | value >> 10;
}

unsigned npfs_getwchar(void)
{
	return npfs_fgetwc(stdin);
}

unsigned npfs_ungetwc(unsigned unit, FILE *stream)
{
	WCHAR wide = (WCHAR)unit;
	bool invalid = false;
	char bytes[4];
	size_t n;

	if (unit == NPFS_W32_WEOF)
		return NPFS_W32_WEOF;
	if (unit >= 0xd800 && unit < 0xe000) {
		push_unit(unit, stream);
		return unit;
	}
	n = text_to_utf8(&wide, 1, bytes, sizeof(bytes), &invalid);
	while (n > 0)
		if (ungetc((unsigned char)bytes[--n], stream) == EOF)
			return NPFS_W32_WEOF;
	return unit;
}

/*
 * A high half waits for its low half in a variable of the thread: programs write the two of
 * them one after the other.
 */
static __thread WCHAR high_half;

unsigned npfs_fputwc(WCHAR c, FILE *stream)
{
	WCHAR pair[2] = {high_half, c};
	bool invalid = false;
	char bytes[8];
	size_t n;

	if (c >= 0xd800 && c < 0xdc00) {
		high_half = c;
		return c;
	}
	high_half = 0;
	n = pair[0] ? text_to_utf8(pair, 2, bytes, sizeof(bytes), &invalid) :
		      text_to_utf8(pair + 1, 1, bytes, sizeof(bytes), &invalid);
	return fwrite(bytes, 1, n, stream) == n ? c : NPFS_W32_WEOF;
}

unsigned npfs_putwchar(WCHAR c)
{
	return npfs_fputwc(c, stdout);
}

int npfs_fputws(const WCHAR *text, FILE *stream)
{
	char *utf8 = text_utf8_from_wide(text, text_wide_len(text));
	int result;

	if (!utf8) {
		errno = ENOMEM;
		return -1;
	}
	result = fputs(utf8, stream);
	free(utf8);
	return result < 0 ? -1 : 0;
}

int _putws(const WCHAR *text)
{
	return npfs_fputws(text, stdout) < 0 || putchar('\n') < 0 ? -1 : 0;
}

WCHAR *npfs_fgetws(WCHAR *to, int n, FILE *stream)
{
	unsigned c = 0;
	int i = 0;

	if (n <= 0)
		return NULL;
	flockfile(stream);
	while (i < n - 1 && c != '\n') {
		c = npfs_fgetwc(stream);
		if (c == NPFS_W32_WEOF)
			break;
		to[i++] = (WCHAR)c;
	}
	funlockfile(stream);
	if (i == 0 && n > 1)
		return NULL;
	to[i] = 0;
	return to;
}
