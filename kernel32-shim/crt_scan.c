/* SPDX-License-Identifier: MIT */
/*
 * The scanf families of Microsoft's C run-time.
 *
 * What differs from the C library's is what differs in format.c: l is 32 bits for integers,
 * so a DWORD read with %lu is the only thing that is written to; I64 and ll are 64 bits; %s,
 * %c and %[ store text of the kind of the function, %S and %C of the other, h narrow, l
 * wide. The functions with _s take the room of each text from a second argument.
 *
 * Input comes one unit at a time, with one unit of look-ahead, from a string or a stream.
 * Wide input from a stream is UTF-8 in the stream.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <npfs_crt.h>

#include "kernel32-shim/text.h"

#define END (-1)

struct scan {
	bool is_wide; /* the input, the format and the function */
	bool is_safe; /* one of those with _s */
	FILE *file;   /* or NULL: */
	const void *text;
	size_t at;    /* units of the text taken */
	size_t taken; /* units taken in all, for %n */
	int stored;
	bool has_ended; /* the input did, before a conversion */
};

enum size { SIZE_NONE, SIZE_HH, SIZE_H, SIZE_L, SIZE_LL, SIZE_LONG_DOUBLE };

struct spec {
	bool suppressed;
	int width; /* 0: none */
	enum size size;
	unsigned conversion;
};

struct args {
	va_list list;
};

static unsigned unit_at(const struct scan *scan, const void *text, size_t i)
{
	return scan->is_wide ? ((const WCHAR *)text)[i] : ((const unsigned char *)text)[i];
}

static int next_unit(struct scan *scan)
{
	unsigned c;

	if (scan->file && scan->is_wide) {
		c = npfs_fgetwc(scan->file);
		if (c == NPFS_W32_WEOF)
			return END;
	} else if (scan->file) {
		int byte = getc(scan->file);

		if (byte == EOF)
			return END;
		c = (unsigned)byte;
	} else {
		c = unit_at(scan, scan->text, scan->at);
		if (c == 0)
			return END;
		scan->at++;
	}
	scan->taken++;
	return (int)c;
}

static void put_back(struct scan *scan, int c)
{
	if (c == END)
		return;
	scan->taken--;
	if (!scan->file)
		scan->at--;
	else if (scan->is_wide)
		npfs_ungetwc((unsigned)c, scan->file);
	else
		ungetc(c, scan->file);
}

static bool is_blank(unsigned c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_blanks(struct scan *scan)
{
	int c;

	do
		c = next_unit(scan);
	while (c != END && is_blank((unsigned)c));
	put_back(scan, c);
}

/* -------------------------------------------------------------------- numbers */

enum { NUMBER_MAX = 512 };

/* The characters of a number, collected as long as they can still be one. */
struct number {
	char text[NUMBER_MAX];
	size_t len;
	int room; /* what the width leaves */
};

/* Takes the next unit if it is one of @set. */
static bool take(struct scan *scan, struct number *number, const char *set)
{
	int c;

	if (number->room == 0 || number->len + 1 >= NUMBER_MAX)
		return false;
	c = next_unit(scan);
	if (c == END || c >= 0x80 || !strchr(set, c)) {
		put_back(scan, c);
		return false;
	}
	number->text[number->len++] = (char)c;
	number->text[number->len] = 0;
	number->room--;
	return true;
}

/* How many digits of @set there were. */
static size_t take_digits(struct scan *scan, struct number *number, const char *set)
{
	size_t before = number->len;

	while (take(scan, number, set))
		;
	return number->len - before;
}

static void number_begin(struct number *number, const struct spec *spec)
{
	number->len = 0;
	number->text[0] = 0;
	number->room = spec->width ? spec->width : INT_MAX;
}

static bool scan_integer(struct scan *scan, const struct spec *spec, unsigned base,
			 uint64_t *valuep)
{
	static const char all[] = "0123456789abcdefABCDEF";
	const char *set = "0123456789";
	struct number number;
	size_t n = 0;

	number_begin(&number, spec);
	take(scan, &number, "+-");
	if ((base == 0 || base == 16) && take(scan, &number, "0")) {
		n = 1;
		if (take(scan, &number, "xX")) {
			n = 0;
			base = 16;
		} else if (base == 0) {
			base = 8;
		}
	}
	if (base == 16)
		set = all;
	else if (base == 8)
		set = "01234567";
	n += take_digits(scan, &number, set);
	if (n == 0)
		return false;
	/* One sign for all: a value too large for its type loses its upper bits. */
	if (number.text[0] == '-')
		*valuep = 0 - strtoull(number.text + 1, NULL, base ? (int)base : 10);
	else
		*valuep = strtoull(number.text, NULL, base ? (int)base : 10);
	return true;
}

static bool scan_real(struct scan *scan, const struct spec *spec, long double *valuep)
{
	static const char *const words[] = {"iI", "nN", "fF", "iI", "nN", "iI", "tT", "yY"};
	const char *set = "0123456789";
	struct number number;
	bool is_hex = false;
	size_t n = 0, i;

	number_begin(&number, spec);
	take(scan, &number, "+-");
	if (take(scan, &number, "nN")) {
		if (!take(scan, &number, "aA") || !take(scan, &number, "nN"))
			return false;
		n = 1;
	} else if (take(scan, &number, words[0])) {
		for (i = 1; i < 8 && take(scan, &number, words[i]); i++)
			;
		if (i != 3 && i != 8)
			return false;
		n = 1;
	} else {
		if (take(scan, &number, "0")) {
			n = 1;
			if (take(scan, &number, "xX")) {
				is_hex = true;
				n = 0;
				set = "0123456789abcdefABCDEF";
			}
		}
		n += take_digits(scan, &number, set);
		if (take(scan, &number, "."))
			n += take_digits(scan, &number, set);
		if (n && take(scan, &number, is_hex ? "pP" : "eE")) {
			take(scan, &number, "+-");
			if (take_digits(scan, &number, "0123456789") == 0)
				return false;
		}
	}
	if (n == 0)
		return false;
	*valuep = strtold(number.text, NULL);
	return true;
}

static void store_integer(const struct spec *spec, void *to, uint64_t value)
{
	switch (spec->size) {
	case SIZE_HH:
		*(uint8_t *)to = (uint8_t)value;
		break;
	case SIZE_H:
		*(uint16_t *)to = (uint16_t)value;
		break;
	case SIZE_LL:
	case SIZE_LONG_DOUBLE:
		*(uint64_t *)to = value;
		break;
	default:
		*(uint32_t *)to = (uint32_t)value;
	}
}

/* ----------------------------------------------------------------------- text */

/* Where a text goes: units of one kind, however it comes in. */
struct text_out {
	bool is_wide, ends_with_zero;
	void *to; /* NULL: thrown away */
	size_t cap, len;
	WCHAR high; /* a high half that waits, on its way from wide to narrow */
	char bytes[4];
	size_t n_bytes; /* a sequence on its way from narrow to wide */
};

static bool text_put(struct text_out *out, const void *units, size_t n)
{
	size_t size = out->is_wide ? sizeof(WCHAR) : 1;

	if (!out->to)
		return true;
	if (n > out->cap - out->len)
		return false;
	memcpy((char *)out->to + out->len * size, units, n * size);
	out->len += n;
	return true;
}

static bool text_add(const struct scan *scan, struct text_out *out, unsigned c)
{
	WCHAR pair[2] = {out->high, (WCHAR)c};
	bool invalid = false;
	char bytes[8], byte = (char)c;
	size_t n;

	if (scan->is_wide == out->is_wide)
		return out->is_wide ? text_put(out, &pair[1], 1) : text_put(out, &byte, 1);
	if (scan->is_wide) {
		if (c >= 0xd800 && c < 0xdc00) {
			out->high = (WCHAR)c;
			return true;
		}
		n = out->high ? text_to_utf8(pair, 2, bytes, sizeof(bytes), &invalid) :
				text_to_utf8(pair + 1, 1, bytes, sizeof(bytes), &invalid);
		out->high = 0;
		return text_put(out, bytes, n);
	}
	/* Bytes of a sequence are kept until it is whole. */
	out->bytes[out->n_bytes++] = byte;
	n = text_to_wide(out->bytes, out->n_bytes, pair, 2, &invalid);
	if (invalid && out->n_bytes < 4 && (unsigned char)out->bytes[0] >= 0xc2)
		return true;
	out->n_bytes = 0;
	return text_put(out, pair, n < 2 ? n : 2);
}

static bool text_end(struct text_out *out)
{
	static const WCHAR zero = 0;

	return !out->ends_with_zero || text_put(out, &zero, 1);
}

static bool is_text_wide(const struct scan *scan, const struct spec *spec)
{
	bool is_other = spec->conversion == 'S' || spec->conversion == 'C';

	switch (spec->size) {
	case SIZE_H:
	case SIZE_HH:
		return false;
	case SIZE_L:
	case SIZE_LL:
		return true;
	default:
		return scan->is_wide != is_other;
	}
}

/* A set between brackets; @i is behind the first one. */
struct set {
	const void *format;
	size_t begin, end;
	bool is_inverted;
};

static size_t parse_set(const struct scan *scan, const void *format, size_t i, struct set *set)
{
	unsigned c;

	set->format = format;
	set->is_inverted = unit_at(scan, format, i) == '^';
	i += set->is_inverted;
	set->begin = i;
	if (unit_at(scan, format, i) == ']')
		i++;
	while ((c = unit_at(scan, format, i)) != 0 && c != ']')
		i++;
	set->end = i;
	return c ? i + 1 : i;
}

static bool set_has(const struct scan *scan, const struct set *set, unsigned c)
{
	size_t i = set->begin;

	while (i < set->end) {
		unsigned low = unit_at(scan, set->format, i), high = low;

		if (i + 2 < set->end && unit_at(scan, set->format, i + 1) == '-') {
			high = unit_at(scan, set->format, i + 2);
			i += 2;
		}
		i++;
		if (c >= low && c <= high)
			return !set->is_inverted;
	}
	return set->is_inverted;
}

/* %s (@set NULL), %[, and %c (@count not 0). */
static bool scan_text(struct scan *scan, const struct spec *spec, const struct set *set,
		      int count, struct args *args)
{
	struct text_out out = {
		.is_wide = is_text_wide(scan, spec),
		.ends_with_zero = count == 0,
		.cap = SIZE_MAX,
	};
	int room = count ? count : spec->width ? spec->width : INT_MAX, c, n = 0;

	if (!spec->suppressed) {
		out.to = va_arg(args->list, void *);
		if (scan->is_safe)
			out.cap = va_arg(args->list, unsigned);
	}
	while (room > 0) {
		c = next_unit(scan);
		if (c == END)
			break;
		if (!count && (set ? !set_has(scan, set, (unsigned)c) : is_blank((unsigned)c))) {
			put_back(scan, c);
			break;
		}
		if (!text_add(scan, &out, (unsigned)c))
			goto out_no_room;
		room--;
		n++;
	}
	if (n == 0 || (count && n < count))
		return false;
	if (!text_end(&out))
		goto out_no_room;
	return true;

out_no_room:
	if (out.cap > 0)
		memset(out.to, 0, out.is_wide ? sizeof(WCHAR) : 1);
	errno = ENOMEM;
	return false;
}

/* -------------------------------------------------------------------- the rest */

static size_t parse_spec(const struct scan *scan, const void *format, size_t i,
			 struct spec *spec)
{
	unsigned c;

	memset(spec, 0, sizeof(*spec));
	if (unit_at(scan, format, i) == '*') {
		spec->suppressed = true;
		i++;
	}
	while ((c = unit_at(scan, format, i)) >= '0' && c <= '9') {
		if (spec->width < 100000000)
			spec->width = spec->width * 10 + (int)(c - '0');
		i++;
	}
	switch (c) {
	case 'h':
		spec->size = SIZE_H;
		if (unit_at(scan, format, ++i) == 'h') {
			spec->size = SIZE_HH;
			i++;
		}
		break;
	case 'l':
		spec->size = SIZE_L;
		if (unit_at(scan, format, ++i) == 'l') {
			spec->size = SIZE_LL;
			i++;
		}
		break;
	case 'w':
		spec->size = SIZE_L;
		i++;
		break;
	case 'L':
		spec->size = SIZE_LONG_DOUBLE;
		i++;
		break;
	case 'j':
	case 'q':
	case 'z':
	case 't':
		spec->size = SIZE_LL;
		i++;
		break;
	case 'I':
		i++;
		if (unit_at(scan, format, i) == '3' && unit_at(scan, format, i + 1) == '2') {
			i += 2;
			break;
		}
		spec->size = SIZE_LL;
		if (unit_at(scan, format, i) == '6' && unit_at(scan, format, i + 1) == '4')
			i += 2;
		break;
	default:
		break;
	}
	spec->conversion = unit_at(scan, format, i);
	return spec->conversion ? i + 1 : i;
}

static bool scan_number(struct scan *scan, const struct spec *spec, struct args *args)
{
	struct spec pointer = *spec;
	long double real;
	unsigned base = 10;
	uint64_t value;
	void *to;

	switch (spec->conversion) {
	case 'i':
		base = 0;
		break;
	case 'o':
		base = 8;
		break;
	case 'p':
		pointer.size = SIZE_LL;
		base = 16;
		break;
	case 'x':
	case 'X':
		base = 16;
		break;
	case 'd':
	case 'u':
		break;
	default:
		if (!scan_real(scan, spec, &real))
			return false;
		if (spec->suppressed)
			return true;
		to = va_arg(args->list, void *);
		if (spec->size == SIZE_LONG_DOUBLE)
			*(long double *)to = real;
		else if (spec->size == SIZE_L)
			*(double *)to = (double)real;
		else
			*(float *)to = (float)real;
		return true;
	}
	if (!scan_integer(scan, spec, base, &value))
		return false;
	if (!spec->suppressed)
		store_integer(&pointer, va_arg(args->list, void *), value);
	return true;
}

/* One conversion; *ip is behind it in the format, for %[ behind the bracket. */
static bool scan_spec(struct scan *scan, const struct spec *spec, const void *format,
		      size_t *ip, struct args *args)
{
	struct set set;
	bool good;
	int c;

	switch (spec->conversion) {
	case '%':
		skip_blanks(scan);
		c = next_unit(scan);
		if (c != '%')
			put_back(scan, c);
		return c == '%';
	case 'n':
		if (!spec->suppressed)
			store_integer(spec, va_arg(args->list, void *), scan->taken);
		return true;
	case 'c':
	case 'C':
	case '[':
		break;
	case 'd':
	case 'i':
	case 'u':
	case 'o':
	case 'x':
	case 'X':
	case 'p':
	case 'a':
	case 'A':
	case 'e':
	case 'E':
	case 'f':
	case 'F':
	case 'g':
	case 'G':
	case 's':
	case 'S':
		skip_blanks(scan);
		break;
	default:
		return false;
	}
	c = next_unit(scan);
	put_back(scan, c);
	if (c == END) {
		scan->has_ended = true;
		return false;
	}
	switch (spec->conversion) {
	case 'c':
	case 'C':
		good = scan_text(scan, spec, NULL, spec->width ? spec->width : 1, args);
		break;
	case '[':
		*ip = parse_set(scan, format, *ip, &set);
		good = scan_text(scan, spec, &set, 0, args);
		break;
	case 's':
	case 'S':
		good = scan_text(scan, spec, NULL, 0, args);
		break;
	default:
		good = scan_number(scan, spec, args);
	}
	if (good && !spec->suppressed)
		scan->stored++;
	return good;
}

static int scan_run(struct scan *scan, const void *format, va_list list)
{
	bool is_good = true;
	struct args args;
	struct spec spec;
	size_t i = 0;
	unsigned f;
	int c;

	va_copy(args.list, list);
	while (is_good && (f = unit_at(scan, format, i)) != 0) {
		i++;
		if (is_blank(f)) {
			skip_blanks(scan);
		} else if (f == '%') {
			i = parse_spec(scan, format, i, &spec);
			is_good = scan_spec(scan, &spec, format, &i, &args);
		} else {
			c = next_unit(scan);
			if (c == END)
				scan->has_ended = true;
			is_good = c == (int)f;
			if (!is_good)
				put_back(scan, c);
		}
	}
	va_end(args.list);
	return scan->stored == 0 && scan->has_ended ? EOF : scan->stored;
}

static int from_file(bool is_wide, bool is_safe, FILE *file, const void *format, va_list args)
{
	struct scan scan = {.is_wide = is_wide, .is_safe = is_safe, .file = file};
	int result;

	flockfile(file);
	result = scan_run(&scan, format, args);
	funlockfile(file);
	return result;
}

static int from_text(bool is_wide, bool is_safe, const void *text, const void *format,
		     va_list args)
{
	struct scan scan = {.is_wide = is_wide, .is_safe = is_safe, .text = text};

	return scan_run(&scan, format, args);
}

/* ------------------------------------------------------------------- functions */

#define VARIADIC(call)          \
	va_list args;           \
	int n;                  \
				\
	va_start(args, format); \
	n = call;               \
	va_end(args);           \
	return n

int npfs_vfscanf(FILE *file, const char *format, va_list args)
{
	return from_file(false, false, file, format, args);
}

int npfs_vscanf(const char *format, va_list args)
{
	return npfs_vfscanf(stdin, format, args);
}

int npfs_vsscanf(const char *text, const char *format, va_list args)
{
	return from_text(false, false, text, format, args);
}

int npfs_vfwscanf(FILE *file, const WCHAR *format, va_list args)
{
	return from_file(true, false, file, format, args);
}

int npfs_vwscanf(const WCHAR *format, va_list args)
{
	return npfs_vfwscanf(stdin, format, args);
}

int npfs_vswscanf(const WCHAR *text, const WCHAR *format, va_list args)
{
	return from_text(true, false, text, format, args);
}

int npfs_scanf(const char *format, ...)
{
	VARIADIC(npfs_vscanf(format, args));
}

int npfs_fscanf(FILE *file, const char *format, ...)
{
	VARIADIC(npfs_vfscanf(file, format, args));
}

int npfs_sscanf(const char *text, const char *format, ...)
{
	VARIADIC(npfs_vsscanf(text, format, args));
}

int npfs_wscanf(const WCHAR *format, ...)
{
	VARIADIC(npfs_vwscanf(format, args));
}

int npfs_fwscanf(FILE *file, const WCHAR *format, ...)
{
	VARIADIC(npfs_vfwscanf(file, format, args));
}

int npfs_swscanf(const WCHAR *text, const WCHAR *format, ...)
{
	VARIADIC(npfs_vswscanf(text, format, args));
}

int scanf_s(const char *format, ...)
{
	VARIADIC(from_file(false, true, stdin, format, args));
}

int fscanf_s(FILE *file, const char *format, ...)
{
	VARIADIC(from_file(false, true, file, format, args));
}

int sscanf_s(const char *text, const char *format, ...)
{
	VARIADIC(from_text(false, true, text, format, args));
}

int wscanf_s(const WCHAR *format, ...)
{
	VARIADIC(from_file(true, true, stdin, format, args));
}

int fwscanf_s(FILE *file, const WCHAR *format, ...)
{
	VARIADIC(from_file(true, true, file, format, args));
}

int swscanf_s(const WCHAR *text, const WCHAR *format, ...)
{
	VARIADIC(from_text(true, true, text, format, args));
}
