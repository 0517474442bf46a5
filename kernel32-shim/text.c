/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 and UTF-16, with exact lengths.  Ill-formed UTF-8 gives one U+FFFD per maximal
 * ill-formed part, as the Unicode standard recommends and MultiByteToWideChar does; an
 * unpaired surrogate gives one U+FFFD.
 */
#include "kernel32-shim/text.h"

#include <stdint.h>
#include <stdlib.h>

#define REPLACEMENT 0xfffdu

size_t text_wide_len(const WCHAR *s)
{
	size_t len = 0;

	while (s[len])
		len++;
	return len;
}

/* Decode one code point at s[*posp] and step over it; ill-formed input sets *invalidp. */
static uint32_t utf8_next(const char *text, size_t len, size_t *posp, bool *invalidp)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t i = *posp;
	unsigned char lead = s[i++];
	unsigned char low = 0x80, high = 0xbf;
	uint32_t c;
	unsigned more;

	*posp = i;
	if (lead < 0x80)
		return lead;
	if (lead >= 0xc2 && lead <= 0xdf) {
		more = 1;
		c = lead & 0x1f;
	} else if (lead >= 0xe0 && lead <= 0xef) {
		more = 2;
		c = lead & 0x0f;
		if (lead == 0xe0)
			low = 0xa0;
		else if (lead == 0xed)
			high = 0x9f;
	} else if (lead >= 0xf0 && lead <= 0xf4) {
		more = 3;
		c = lead & 0x07;
		if (lead == 0xf0)
			low = 0x90;
		else if (lead == 0xf4)
			high = 0x8f;
	} else {
		*invalidp = true;
		return REPLACEMENT;
	}
	while (more-- > 0) {
		if (i >= len || s[i] < low || s[i] > high) {
			*posp = i;
			*invalidp = true;
			return REPLACEMENT;
		}
		c = (c << 6) | (s[i++] & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	*posp = i;
	return c;
}

static void put_wide(WCHAR *out, size_t cap, size_t at, uint32_t unit)
{
	if (at < cap)
		out[at] = (WCHAR)unit;
}

size_t text_to_wide(const char *s, size_t len, WCHAR *out, size_t cap, bool *invalidp)
{
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		uint32_t c = utf8_next(s, len, &i, invalidp);

		if (c < 0x10000) {
			put_wide(out, cap, n++, c);
			continue;
		}
		c -= 0x10000;
		put_wide(out, cap, n++, 0xd800 | (c >> 10));
		put_wide(out, cap, n++, 0xdc00 | (c & 0x3ff));
	}
	return n;
}

static void put_byte(char *out, size_t cap, size_t at, uint32_t byte)
{
	if (at < cap)
		out[at] = (char)byte;
}

size_t text_to_utf8(const WCHAR *s, size_t len, char *out, size_t cap, bool *invalidp)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		uint32_t c = (uint16_t)s[i];

		if (c >= 0xd800 && c <= 0xdbff && i + 1 < len &&
		    ((uint32_t)(uint16_t)s[i + 1] & 0xfc00) == 0xdc00) {
			c = 0x10000 + ((c & 0x3ff) << 10) + ((uint32_t)s[++i] & 0x3ff);
		} else if (c >= 0xd800 && c <= 0xdfff) {
			*invalidp = true;
			c = REPLACEMENT;
		}
		if (c < 0x80) {
			put_byte(out, cap, n++, c);
			continue;
		}
		if (c < 0x800) {
			put_byte(out, cap, n++, 0xc0 | (c >> 6));
		} else {
			if (c < 0x10000) {
				put_byte(out, cap, n++, 0xe0 | (c >> 12));
			} else {
				put_byte(out, cap, n++, 0xf0 | (c >> 18));
				put_byte(out, cap, n++, 0x80 | ((c >> 12) & 0x3f));
			}
			put_byte(out, cap, n++, 0x80 | ((c >> 6) & 0x3f));
		}
		put_byte(out, cap, n++, 0x80 | (c & 0x3f));
	}
	return n;
}

char *text_utf8_from_wide(const WCHAR *s, size_t len)
{
	bool invalid;
	size_t n = text_to_utf8(s, len, NULL, 0, &invalid);
	char *copy = malloc(n + 1);

	if (!copy)
		return NULL;
	text_to_utf8(s, len, copy, n, &invalid);
	copy[n] = '\0';
	return copy;
}

WCHAR *text_wide_from_utf8(const char *s, size_t len)
{
	bool invalid;
	size_t n = text_to_wide(s, len, NULL, 0, &invalid);
	WCHAR *copy = malloc((n + 1) * sizeof(*copy));

	if (!copy)
		return NULL;
	text_to_wide(s, len, copy, n, &invalid);
	copy[n] = 0;
	return copy;
}

char *text_utf8_from_wide_z(const WCHAR *s, bool *failedp)
{
	char *copy = s ? text_utf8_from_wide(s, text_wide_len(s)) : NULL;

	*failedp = s && !copy;
	return copy;
}
