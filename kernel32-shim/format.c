/* SPDX-License-Identifier: MIT */
#include "kernel32-shim/format.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel32-shim/text.h"

enum size { SIZE_NONE, SIZE_HH, SIZE_H, SIZE_L, SIZE_W, SIZE_LL, SIZE_LONG_DOUBLE, SIZE_PTR };

struct spec {
	bool left, plus, space, alternate, zero, group;
	int width;
	int precision; /* -1: none */
	enum size size;
	char conversion;
};

/* A va_list that functions can advance for each other. */
struct args {
	va_list list;
};

/* One unit of the format. */
static unsigned unit_at(const struct format_out *out, const void *format, size_t i)
{
	return out->is_wide ? ((const WCHAR *)format)[i] :
			      ((const unsigned char *)format)[i];
}

/* --------------------------------------------------------------------- output */

static void put_bytes(struct format_out *out, const char *s, size_t len)
{
	if (out->file && len && fwrite(s, 1, len, out->file) != len)
		out->has_failed = true;
}

/* Narrow text, well-formed or not, as it is or as UTF-16. */
static void put_narrow(struct format_out *out, const char *s, size_t len)
{
	bool invalid = false;

	if (out->file)
		put_bytes(out, s, len);
	if (out->is_wide) {
		size_t left = !out->file && out->len < out->cap ? out->cap - out->len : 0;
		WCHAR *at = left ? (WCHAR *)out->buffer + out->len : NULL;

		out->len += text_to_wide(s, len, at, left, &invalid);
		return;
	}
	if (!out->file && out->len < out->cap) {
		size_t left = out->cap - out->len;

		memcpy((char *)out->buffer + out->len, s, len < left ? len : left);
	}
	out->len += len;
}

static void put_wide(struct format_out *out, const WCHAR *s, size_t len)
{
	bool invalid = false;

	if (out->is_wide && !out->file) {
		if (out->len < out->cap) {
			size_t left = out->cap - out->len;

			memcpy((WCHAR *)out->buffer + out->len, s,
			       (len < left ? len : left) * sizeof(*s));
		}
		out->len += len;
		return;
	}
	if (out->file) {
		char *utf8 = text_utf8_from_wide(s, len);

		if (!utf8) {
			out->has_failed = true;
			return;
		}
		put_bytes(out, utf8, strlen(utf8));
		out->len += out->is_wide ? len : strlen(utf8);
		free(utf8);
		return;
	}
	out->len += text_to_utf8(s, len, out->len < out->cap ? (char *)out->buffer + out->len : NULL,
				 out->len < out->cap ? out->cap - out->len : 0, &invalid);
}

static void put_fill(struct format_out *out, char c, int n)
{
	char fill[64];

	memset(fill, c, sizeof(fill));
	for (; n > 0; n -= (int)sizeof(fill))
		put_narrow(out, fill, n < (int)sizeof(fill) ? (size_t)n : sizeof(fill));
}

/* ----------------------------------------------------------------- conversions */

static int put_text(struct format_out *out, const struct spec *spec, const void *s,
		    size_t len, bool is_wide)
{
	bool invalid = false;
	size_t shown = len; /* units of the output */

	if (is_wide && !out->is_wide)
		shown = text_to_utf8(s, len, NULL, 0, &invalid);
	else if (!is_wide && out->is_wide)
		shown = text_to_wide(s, len, NULL, 0, &invalid);
	if (!spec->left && spec->width > 0 && shown < (size_t)spec->width)
		put_fill(out, spec->zero ? '0' : ' ', spec->width - (int)shown);
	if (is_wide)
		put_wide(out, s, len);
	else
		put_narrow(out, s, len);
	if (spec->left && spec->width > 0 && shown < (size_t)spec->width)
		put_fill(out, ' ', spec->width - (int)shown);
	return 0;
}

/* How much of a string the precision lets through, in its own units. */
static size_t narrow_len(const struct spec *spec, const char *s)
{
	return spec->precision < 0 ? strlen(s) : strnlen(s, (size_t)spec->precision);
}

/* Here the precision counts what is put out: bytes in a narrow function, whole characters. */
static size_t wide_len(const struct format_out *out, const struct spec *spec, const WCHAR *s)
{
	size_t len = 0, bytes = 0, step, room;
	bool invalid = false;

	if (spec->precision < 0)
		return text_wide_len(s);
	room = (size_t)spec->precision;
	if (out->is_wide) {
		while (len < room && s[len])
			len++;
		return len;
	}
	while (bytes < room && s[len]) {
		step = s[len] >= 0xd800 && s[len] < 0xdc00 && s[len + 1] ? 2 : 1;
		bytes += text_to_utf8(s + len, step, NULL, 0, &invalid);
		if (bytes > room)
			break;
		len += step;
	}
	return len;
}

static bool is_text_wide(const struct format_out *out, const struct spec *spec, bool is_other)
{
	switch (spec->size) {
	case SIZE_H:
	case SIZE_HH:
		return false;
	case SIZE_L:
	case SIZE_W:
	case SIZE_LL:
		return true;
	default:
		return out->is_wide != is_other;
	}
}

static int put_string(struct format_out *out, const struct spec *spec, struct args *args)
{
	bool is_wide = is_text_wide(out, spec, spec->conversion == 'S');
	const void *s = va_arg(args->list, const void *);

	if (!s) {
		s = "(null)";
		is_wide = false;
	}
	if (is_wide)
		return put_text(out, spec, s, wide_len(out, spec, s), true);
	return put_text(out, spec, s, narrow_len(spec, s), false);
}

static int put_character(struct format_out *out, const struct spec *spec, struct args *args)
{
	int value = va_arg(args->list, int);
	WCHAR unit = (WCHAR)value;
	char byte = (char)value;

	if (is_text_wide(out, spec, spec->conversion == 'C'))
		return put_text(out, spec, &unit, 1, true);
	return put_text(out, spec, &byte, 1, false);
}

/* The spec for the C library, with the conversion after @length. */
static void rebuild(const struct spec *spec, const char *length, char *to, size_t cap)
{
	char flags[8];
	size_t n = 0;

	if (spec->left)
		flags[n++] = '-';
	if (spec->plus)
		flags[n++] = '+';
	if (spec->space)
		flags[n++] = ' ';
	if (spec->alternate)
		flags[n++] = '#';
	if (spec->zero)
		flags[n++] = '0';
	if (spec->group)
		flags[n++] = '\'';
	flags[n] = 0;
	if (spec->precision >= 0)
		snprintf(to, cap, "%%%s%d.%d%s%c", flags, spec->width, spec->precision, length,
			 spec->conversion);
	else if (spec->width > 0)
		snprintf(to, cap, "%%%s%d%s%c", flags, spec->width, length, spec->conversion);
	else
		snprintf(to, cap, "%%%s%s%c", flags, length, spec->conversion);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* One number, a variable: it is used twice when it is long. */
#define PUT_NUMBER(out, form, value)                                            \
	do {                                                                    \
		char text_[128], *long_ = NULL;                                 \
		int n_ = snprintf(text_, sizeof(text_), form, value);           \
										\
		if (n_ < 0)                                                     \
			return -1;                                              \
		if ((size_t)n_ >= sizeof(text_)) {                              \
			if (asprintf(&long_, form, value) < 0) {                \
				errno = ENOMEM;                                 \
				return -1;                                      \
			}                                                       \
			put_narrow(out, long_, (size_t)n_);                     \
			free(long_);                                            \
		} else {                                                        \
			put_narrow(out, text_, (size_t)n_);                     \
		}                                                               \
	} while (0)

static int put_integer(struct format_out *out, const struct spec *spec, struct args *args)
{
	bool is_signed = spec->conversion == 'd' || spec->conversion == 'i';
	char form[64];
	int64_t value;

	switch (spec->size) {
	case SIZE_LL:
	case SIZE_PTR:
	case SIZE_LONG_DOUBLE:
		value = va_arg(args->list, int64_t);
		break;
	case SIZE_HH:
		value = va_arg(args->list, int);
		value = is_signed ? (signed char)value : (unsigned char)value;
		break;
	case SIZE_H:
		value = va_arg(args->list, int);
		value = is_signed ? (short)value : (unsigned short)value;
		break;
	default:
		value = va_arg(args->list, int);
		if (!is_signed)
			value = (uint32_t)value;
	}
	rebuild(spec, "ll", form, sizeof(form));
	PUT_NUMBER(out, form, (long long)value);
	return 0;
}

static int put_real(struct format_out *out, const struct spec *spec, struct args *args)
{
	char form[64];

	if (spec->size == SIZE_LONG_DOUBLE) {
		long double value = va_arg(args->list, long double);

		rebuild(spec, "L", form, sizeof(form));
		PUT_NUMBER(out, form, value);
	} else {
		double value = va_arg(args->list, double);

		rebuild(spec, "", form, sizeof(form));
		PUT_NUMBER(out, form, value);
	}
	return 0;
}

#pragma GCC diagnostic pop

static int put_pointer(struct format_out *out, const struct spec *spec, struct args *args)
{
	char text[32];

	snprintf(text, sizeof(text), "%016llX",
		 (unsigned long long)(uintptr_t)va_arg(args->list, void *));
	return put_text(out, spec, text, strlen(text), false);
}

static int put_spec(struct format_out *out, const struct spec *spec, struct args *args)
{
	char other;

	switch (spec->conversion) {
	case 'd':
	case 'i':
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		return put_integer(out, spec, args);
	case 'a':
	case 'A':
	case 'e':
	case 'E':
	case 'f':
	case 'F':
	case 'g':
	case 'G':
		return put_real(out, spec, args);
	case 's':
	case 'S':
		return put_string(out, spec, args);
	case 'c':
	case 'C':
		return put_character(out, spec, args);
	case 'p':
		return put_pointer(out, spec, args);
	case 'n':
		errno = EINVAL;
		return -1;
	default:
		other = spec->conversion;
		if (other)
			put_narrow(out, &other, 1);
		return 0;
	}
}

/* -------------------------------------------------------------------- parsing */

static size_t parse_number(const struct format_out *out, const void *format, size_t i,
			   int *valuep)
{
	unsigned c;
	int value = 0;

	while ((c = unit_at(out, format, i)) >= '0' && c <= '9') {
		if (value < 100000000)
			value = value * 10 + (int)(c - '0');
		i++;
	}
	*valuep = value;
	return i;
}

static size_t parse_size(const struct format_out *out, const void *format, size_t i,
			 enum size *sizep)
{
	unsigned c = unit_at(out, format, i), next = c ? unit_at(out, format, i + 1) : 0;

	*sizep = SIZE_NONE;
	switch (c) {
	case 'h':
		*sizep = next == 'h' ? SIZE_HH : SIZE_H;
		return i + (next == 'h' ? 2 : 1);
	case 'l':
		*sizep = next == 'l' ? SIZE_LL : SIZE_L;
		return i + (next == 'l' ? 2 : 1);
	case 'w':
		*sizep = SIZE_W;
		return i + 1;
	case 'L':
		*sizep = SIZE_LONG_DOUBLE;
		return i + 1;
	case 'j':
	case 'q':
		*sizep = SIZE_LL;
		return i + 1;
	case 'z':
	case 't':
		*sizep = SIZE_PTR;
		return i + 1;
	case 'I':
		if (next == '6' && unit_at(out, format, i + 2) == '4') {
			*sizep = SIZE_LL;
			return i + 3;
		}
		if (next == '3' && unit_at(out, format, i + 2) == '2')
			return i + 3;
		*sizep = SIZE_PTR;
		return i + 1;
	default:
		return i;
	}
}

/* Behind the percent sign at @i - 1; returns the index behind the conversion. */
static size_t parse_spec(const struct format_out *out, const void *format, size_t i,
			 struct spec *spec, struct args *args)
{
	unsigned c;
	int value;

	memset(spec, 0, sizeof(*spec));
	spec->precision = -1;
	for (;; i++) {
		c = unit_at(out, format, i);
		if (c == '-')
			spec->left = true;
		else if (c == '+')
			spec->plus = true;
		else if (c == ' ')
			spec->space = true;
		else if (c == '#')
			spec->alternate = true;
		else if (c == '0')
			spec->zero = true;
		else if (c == '\'')
			spec->group = true;
		else
			break;
	}
	if (c == '*') {
		value = va_arg(args->list, int);
		spec->left |= value < 0;
		spec->width = value < 0 ? (int)(0u - (unsigned)value) : value;
		i++;
	} else {
		i = parse_number(out, format, i, &spec->width);
	}
	if (unit_at(out, format, i) == '.') {
		i++;
		if (unit_at(out, format, i) == '*') {
			value = va_arg(args->list, int);
			spec->precision = value < 0 ? -1 : value;
			i++;
		} else {
			i = parse_number(out, format, i, &spec->precision);
		}
	}
	i = parse_size(out, format, i, &spec->size);
	c = unit_at(out, format, i);
	spec->conversion = c < 0x80 ? (char)c : '?';
	return c ? i + 1 : i;
}

/* A narrow format with %1$ in it. */
static bool has_numbers(const char *format)
{
	const char *p = format;

	while ((p = strchr(p, '%')) != NULL) {
		size_t n = strspn(++p, "0123456789");

		if (n && p[n] == '$')
			return true;
		if (*p == '%')
			p++;
	}
	return false;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static int run_posix(struct format_out *out, const char *format, va_list args)
{
	char *text;
	int n = vasprintf(&text, format, args);

	if (n < 0)
		return -1;
	put_narrow(out, text, (size_t)n);
	free(text);
	return out->has_failed ? -1 : 0;
}

#pragma GCC diagnostic pop

int format_run(struct format_out *out, const void *format, va_list list)
{
	size_t i = 0, start;
	struct args args;
	struct spec spec;
	int result = 0;
	unsigned c;

	if (!out->is_wide && has_numbers(format))
		return run_posix(out, format, list);
	va_copy(args.list, list);
	while (result == 0 && (c = unit_at(out, format, i)) != 0) {
		if (c == '%') {
			i = parse_spec(out, format, i + 1, &spec, &args);
			result = put_spec(out, &spec, &args);
			continue;
		}
		start = i;
		while ((c = unit_at(out, format, i)) != 0 && c != '%')
			i++;
		if (out->is_wide)
			put_wide(out, (const WCHAR *)format + start, i - start);
		else
			put_narrow(out, (const char *)format + start, i - start);
	}
	va_end(args.list);
	return result || out->has_failed ? -1 : 0;
}
