/* SPDX-License-Identifier: MIT */
/*
 * FormatMessage.
 *
 * Everything is put together in UTF-8 and converted once, at the end, for the W form.
 * The inserts are %1 to %99, each with an optional printf format between exclamation
 * marks, of which s, S, c, C, d, i, o, u, x, X and p are known, with l, ll, h, w and I64
 * in front; l is 32 bits wide, as Windows has it.  Message tables in modules are not
 * known.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "kernel32-shim/heap.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

static const struct error_text {
	DWORD value;
	const char *text;
} error_texts[] = {
#define SHIM_ERROR_TEXT(value, text) {value, text},
#include "kernel32-shim/error_texts.def"
#undef SHIM_ERROR_TEXT
};

static int error_text_order(const void *key, const void *element)
{
	DWORD wanted = *(const DWORD *)key;
	DWORD have = ((const struct error_text *)element)->value;

	return (wanted > have) - (wanted < have);
}

static const char *error_text_find(DWORD value)
{
	const struct error_text *found;

	/* An HRESULT made of a Win32 error has that error's text. */
	if ((value & 0xffff0000u) == 0x80070000u)
		value &= 0xffff;
	found = bsearch(&value, error_texts, sizeof(error_texts) / sizeof(error_texts[0]),
			sizeof(error_texts[0]), error_text_order);
	return found ? found->text : NULL;
}

/* inserts */

enum { MAX_INSERTS = 99 };

struct inserts {
	ULONG_PTR *array; /* NULL: from args */
	va_list *args;
	ULONG_PTR values[MAX_INSERTS]; /* taken from args in order, as far as needed */
	unsigned n_taken;
	bool wide; /* whether a plain string is one of WCHAR */
};

static ULONG_PTR insert_value(struct inserts *in, unsigned index)
{
	if (in->array)
		return in->array[index];
	while (in->n_taken <= index)
		in->values[in->n_taken++] = va_arg(*in->args, ULONG_PTR);
	return in->values[index];
}

/* A printf conversion: flags, width, precision as written; size and kind understood. */
struct conversion {
	char prefix[24]; /* "%-08.3" */
	bool is_64_bit;
	bool is_wide;
	char kind;
};

/* Understand what stands between exclamation marks.  False for what is not known. */
static bool conversion_parse(const char *text, size_t len, bool wide,
			     struct conversion *c)
{
	size_t n = strspn(text, "-+ #0123456789.");
	bool half = false;

	if (n >= len || n + 2 > sizeof(c->prefix))
		return false;
	c->prefix[0] = '%';
	memcpy(c->prefix + 1, text, n);
	c->prefix[n + 1] = '\0';
	c->is_64_bit = false;
	c->is_wide = wide;
	if (strncmp(text + n, "I64", 3) == 0 || strncmp(text + n, "ll", 2) == 0) {
		c->is_64_bit = true;
		n += text[n] == 'I' ? 3 : 2;
	} else if (text[n] == 'l' || text[n] == 'w') {
		c->is_wide = true;
		n++;
	} else if (text[n] == 'h') {
		half = true;
		c->is_wide = false;
		n++;
	}
	if (n + 1 != len || !strchr("sScCdiouxXp", text[n]))
		return false;
	c->kind = text[n];
	if (c->kind == 'S' || c->kind == 'C') {
		c->is_wide = !wide && !half;
		c->kind = c->kind == 'S' ? 's' : 'c';
	}
	if (c->kind == 'p')
		c->is_64_bit = true;
	return true;
}

static void put_string(FILE *out, const char *prefix, ULONG_PTR value, bool wide)
{
	const char *s = (const char *)value; /* NOLINT(performance-no-int-to-ptr) */
	char format[32];
	char *converted = NULL;

	if (!s) {
		s = "(null)";
	} else if (wide) {
		const WCHAR *w = (const WCHAR *)value; /* NOLINT */

		converted = text_utf8_from_wide(w, text_wide_len(w));
		s = converted ? converted : "";
	}
	snprintf(format, sizeof(format), "%ss", prefix);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	fprintf(out, format, s);
#pragma GCC diagnostic pop
	free(converted);
}

static void put_number(FILE *out, const struct conversion *c, ULONG_PTR value)
{
	char format[32];

	snprintf(format, sizeof(format), "%s%s%c", c->prefix, c->is_64_bit ? "ll" : "",
		 c->kind == 'p' ? 'X' : c->kind);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (c->is_64_bit)
		fprintf(out, format, (unsigned long long)value);
	else
		fprintf(out, format, (unsigned)value);
#pragma GCC diagnostic pop
}

static void put_character(FILE *out, ULONG_PTR value, bool wide)
{
	WCHAR unit = (WCHAR)value;
	char bytes[4];
	bool invalid;

	if (wide)
		fwrite(bytes, 1, text_to_utf8(&unit, 1, bytes, sizeof(bytes), &invalid),
		       out);
	else
		fputc((int)(value & 0xff), out);
}

/* One insert: *sp stands behind its number.  False when its format is not known. */
static bool put_insert(FILE *out, struct inserts *in, unsigned index, const char **sp)
{
	struct conversion c = {.prefix = "%", .kind = 's', .is_wide = in->wide};
	const char *end = **sp == '!' ? strchr(*sp + 1, '!') : NULL;
	ULONG_PTR value;

	if (end) {
		if (!conversion_parse(*sp + 1, (size_t)(end - *sp - 1), in->wide, &c))
			return false;
		*sp = end + 1;
	}
	value = insert_value(in, index);
	if (c.kind == 's')
		put_string(out, c.prefix, value, c.is_wide);
	else if (c.kind == 'c')
		put_character(out, value, c.is_wide);
	else
		put_number(out, &c, value);
	return true;
}

/* the message */

/*
 * An escape: *sp stands behind the percent sign.  Returns 1 to go on, 0 at the end of the
 * message, -1 for an error.
 */
static int put_escape(FILE *out, struct inserts *in, const char **sp)
{
	char c = *(*sp)++;

	switch (c) {
	case '0':
		return 0;
	case 'n':
		fputs("\r\n", out);
		return 1;
	case 'r':
		fputc('\r', out);
		return 1;
	case 't':
		fputc('\t', out);
		return 1;
	case 'b':
		fputc(' ', out);
		return 1;
	default:
		break;
	}
	if (c >= '1' && c <= '9') {
		unsigned number = (unsigned)(c - '0');

		if (**sp >= '0' && **sp <= '9')
			number = number * 10 + (unsigned)(*(*sp)++ - '0');
		if (!in->array && !in->args)
			return -1;
		return put_insert(out, in, number - 1, sp) ? 1 : -1;
	}
	if (!c)
		return -1;
	fputc(c, out);
	return 1;
}

/* Line breaks of the text itself, as the width asks: kept, or a space each. */
static const char *put_line_break(FILE *out, const char *s, bool ignore_breaks)
{
	s += s[0] == '\r' && s[1] == '\n' ? 2 : 1;
	fputs(ignore_breaks ? " " : "\r\n", out);
	return s;
}

static char *message_make(const char *s, DWORD flags, struct inserts *in)
{
	bool ignore_breaks = (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) != 0;
	char *text = NULL;
	int more = 1;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out) {
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
		return NULL;
	}
	while (*s && more > 0) {
		if (*s == '%' && !(flags & FORMAT_MESSAGE_IGNORE_INSERTS)) {
			s++;
			more = put_escape(out, in, &s);
		} else if (*s == '\r' || *s == '\n') {
			s = put_line_break(out, s, ignore_breaks);
		} else {
			fputc(*s++, out);
		}
	}
	if (fclose(out) != 0 || more < 0) {
		thread_last_error =
			more < 0 ? ERROR_INVALID_PARAMETER : ERROR_NOT_ENOUGH_MEMORY;
		free(text);
		return NULL;
	}
	return text;
}

/* What the flags ask for, in UTF-8, to be freed; NULL and the last error otherwise. */
static char *message_source(DWORD flags, const void *source, DWORD id, bool wide)
{
	const char *text;
	char *copy = NULL;

	if (flags & FORMAT_MESSAGE_FROM_STRING) {
		if (flags & (FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_FROM_HMODULE) ||
		    !source) {
			thread_last_error = ERROR_INVALID_PARAMETER;
			return NULL;
		}
		copy = wide ? text_utf8_from_wide(source, text_wide_len(source))
			    : strdup(source);
	} else if (flags & FORMAT_MESSAGE_FROM_SYSTEM) {
		text = error_text_find(id);
		if (!text) {
			thread_last_error = ERROR_MR_MID_NOT_FOUND;
			return NULL;
		}
		if (asprintf(&copy, "%s\r\n", text) < 0)
			copy = NULL;
	} else {
		thread_last_error = flags & FORMAT_MESSAGE_FROM_HMODULE
					    ? ERROR_MR_MID_NOT_FOUND
					    : ERROR_INVALID_PARAMETER;
		return NULL;
	}
	if (!copy)
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
	return copy;
}

static char *message_format(DWORD flags, const void *source, DWORD id, va_list *args,
			    bool wide)
{
	struct inserts in = {.wide = wide};
	char *pattern = message_source(flags, source, id, wide);
	char *text;

	if (!pattern)
		return NULL;
	if (flags & FORMAT_MESSAGE_ARGUMENT_ARRAY)
		in.array = (ULONG_PTR *)(void *)args;
	else
		in.args = args;
	text = message_make(pattern, flags, &in);
	free(pattern);
	return text;
}

/* Put @n units and a terminator where the caller wants them; how many, or 0. */
static DWORD message_give(const void *text, size_t n, size_t unit, DWORD flags,
			  void *buffer, DWORD size)
{
	void *to = buffer;

	if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
		to = heap_process_alloc((n + 1 > size ? n + 1 : size) * unit, true);
		if (!to) {
			thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
			return 0;
		}
		*(void **)buffer = to;
	} else if (n + 1 > size) {
		thread_last_error = ERROR_INSUFFICIENT_BUFFER;
		return 0;
	}
	memcpy(to, text, (n + 1) * unit);
	return (DWORD)n;
}

DWORD WINAPI FormatMessageA(DWORD flags, LPCVOID source, DWORD id, DWORD language,
			    LPSTR buffer, DWORD size, va_list *args)
{
	char *text;
	DWORD n;

	(void)language;
	if (!buffer) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return 0;
	}
	text = message_format(flags, source, id, args, false);
	if (!text)
		return 0;
	n = message_give(text, strlen(text), sizeof(char), flags, buffer, size);
	free(text);
	return n;
}

DWORD WINAPI FormatMessageW(DWORD flags, LPCVOID source, DWORD id, DWORD language,
			    LPWSTR buffer, DWORD size, va_list *args)
{
	char *text;
	WCHAR *wide;
	DWORD n = 0;

	(void)language;
	if (!buffer) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return 0;
	}
	text = message_format(flags, source, id, args, true);
	if (!text)
		return 0;
	wide = text_wide_from_utf8(text, strlen(text));
	if (wide)
		n = message_give(wide, text_wide_len(wide), sizeof(WCHAR), flags, buffer,
				 size);
	else
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
	free(wide);
	free(text);
	return n;
}
