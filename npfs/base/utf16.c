/* SPDX-License-Identifier: MIT */
/*
 * The two conversions, each a decoder of one character feeding an encoder of one
 * character.
 */
#include "npfs/base/utf16.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_high(uint32_t c)
{
	return c >= 0xd800 && c <= 0xdbff;
}

static bool is_low(uint32_t c)
{
	return c >= 0xdc00 && c <= 0xdfff;
}

/*
 * Decodes the character at @s (@len > 0) into @cp. Return: bytes used.
 *
 * The range of the second byte depends on the first; that excludes overlong forms,
 * surrogates and values beyond U+10FFFF at the earliest byte:
 *
 *	first	 second	  further
 *	c2..df	 80..bf	  -
 *	e0	 a0..bf	  1
 *	e1..ef	 80..bf	  1	(ed: 80..9f)
 *	f0	 90..bf	  2
 *	f1..f4	 80..bf	  2	(f4: 80..8f)
 */
static size_t utf8_decode(const unsigned char *s, size_t len, uint32_t *cp)
{
	uint32_t c = s[0];
	unsigned char low = 0x80, high = 0xbf;
	size_t n_more, i;

	if (c < 0x80) {
		*cp = c;
		return 1;
	}
	if (c >= 0xc2 && c <= 0xdf) {
		n_more = 1;
		c &= 0x1f;
	} else if (c >= 0xe0 && c <= 0xef) {
		low = c == 0xe0 ? 0xa0 : 0x80;
		high = c == 0xed ? 0x9f : 0xbf;
		n_more = 2;
		c &= 0x0f;
	} else if (c >= 0xf0 && c <= 0xf4) {
		low = c == 0xf0 ? 0x90 : 0x80;
		high = c == 0xf4 ? 0x8f : 0xbf;
		n_more = 3;
		c &= 0x07;
	} else {
		*cp = NP_UTF16_REPLACEMENT;
		return 1;
	}
	for (i = 1; i <= n_more; i++) {
		if (i >= len || s[i] < low || s[i] > high) {
			*cp = NP_UTF16_REPLACEMENT;
			return i;
		}
		c = c << 6 | (s[i] & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	*cp = c;
	return n_more + 1;
}

/* Decodes the character at @s (@len > 0) into @cp. Return: units used. */
static size_t utf16_decode(const uint16_t *s, size_t len, uint32_t *cp)
{
	uint32_t c = s[0];

	if (is_high(c) && len > 1 && is_low(s[1])) {
		*cp = 0x10000 + ((c - 0xd800) << 10) + (s[1] - 0xdc00u);
		return 2;
	}
	*cp = is_high(c) || is_low(c) ? NP_UTF16_REPLACEMENT : c;
	return 1;
}

/* Encodes @c into @out. Return: bytes, 1 to 4. */
static size_t utf8_encode(uint32_t c, unsigned char out[4])
{
	if (c < 0x80) {
		out[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (unsigned char)(0xc0 | c >> 6);
		out[1] = (unsigned char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (unsigned char)(0xe0 | c >> 12);
		out[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (unsigned char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | c >> 18);
	out[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (unsigned char)(0x80 | (c & 0x3f));
	return 4;
}

/* Encodes @c into @out. Return: units, 1 or 2. */
static size_t utf16_encode(uint32_t c, uint16_t out[2])
{
	if (c < 0x10000) {
		out[0] = (uint16_t)c;
		return 1;
	}
	c -= 0x10000;
	out[0] = (uint16_t)(0xd800 + (c >> 10));
	out[1] = (uint16_t)(0xdc00 + (c & 0x3ff));
	return 2;
}

/**
 * np_utf16_from_utf8() - convert UTF-8 to UTF-16
 * @src:	bytes; may be NULL with @src_len 0
 * @src_len:	how many
 * @dst:	room for units; may be NULL with @dst_cap 0
 * @dst_cap:	units of room
 * @writtenp:	units written; may be NULL
 *
 * Return: units the whole text needs. It was cut if that is more than @dst_cap.
 */
size_t np_utf16_from_utf8(const char *src, size_t src_len, uint16_t *dst, size_t dst_cap,
			  size_t *writtenp)
{
	const unsigned char *s = (const unsigned char *)src;
	size_t need = 0, written = 0, pos = 0;

	while (pos < src_len) {
		uint16_t units[2];
		uint32_t c;
		size_t n;

		pos += utf8_decode(s + pos, src_len - pos, &c);
		n = utf16_encode(c, units);
		if (written == need && n <= dst_cap - written) {
			memcpy(dst + written, units, n * sizeof(*units));
			written += n;
		}
		need += n;
	}
	if (writtenp)
		*writtenp = written;
	return need;
}

/**
 * np_utf16_to_utf8() - convert UTF-16 to UTF-8
 * @src:	units; may be NULL with @src_len 0
 * @src_len:	how many
 * @dst:	room for bytes; may be NULL with @dst_cap 0
 * @dst_cap:	bytes of room
 * @writtenp:	bytes written; may be NULL
 *
 * Return: bytes the whole text needs. It was cut if that is more than @dst_cap.
 */
size_t np_utf16_to_utf8(const uint16_t *src, size_t src_len, char *dst, size_t dst_cap,
			size_t *writtenp)
{
	size_t need = 0, written = 0, pos = 0;

	while (pos < src_len) {
		unsigned char bytes[4];
		uint32_t c;
		size_t n;

		pos += utf16_decode(src + pos, src_len - pos, &c);
		n = utf8_encode(c, bytes);
		if (written == need && n <= dst_cap - written) {
			memcpy(dst + written, bytes, n);
			written += n;
		}
		need += n;
	}
	if (writtenp)
		*writtenp = written;
	return need;
}

/* Units before the terminating zero of @s; 0 for NULL. */
size_t np_utf16_len(const uint16_t *s)
{
	size_t len = 0;

	if (s)
		while (s[len])
			len++;
	return len;
}

/*
 * @src as a zero-terminated UTF-8 string from malloc(), owned by the caller. NULL:
 * memory.
 */
char *np_utf16_dup_utf8(const uint16_t *src, size_t src_len)
{
	size_t len = np_utf16_to_utf8(src, src_len, NULL, 0, NULL);
	char *s = malloc(len + 1);

	if (!s)
		return NULL;
	np_utf16_to_utf8(src, src_len, s, len, NULL);
	s[len] = '\0';
	return s;
}

/*
 * @src as zero-terminated UTF-16 from malloc(), owned by the caller. @lenp, which may be
 * NULL, gets the units before the terminator. Return: NULL when memory is short.
 */
uint16_t *np_utf16_dup_from_utf8(const char *src, size_t src_len, size_t *lenp)
{
	size_t len = np_utf16_from_utf8(src, src_len, NULL, 0, NULL);
	uint16_t *s = calloc(len + 1, sizeof(*s));

	if (!s)
		return NULL;
	np_utf16_from_utf8(src, src_len, s, len, NULL);
	if (lenp)
		*lenp = len;
	return s;
}
