/* SPDX-License-Identifier: MIT */
/*
 * Printing: names that may hold anything, bytes, JSON, colours
 *
 * What is not printable is shown as \xNN or, a UTF-16 unit, as \uNNNN: a pipe's name cannot
 * send commands to a terminal.
 */
#include "tools/npfsctl/ctl.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

static bool has_colours;
static bool is_utf8;

/* ctl_print_init() - look where the output goes */
void ctl_print_init(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	setlocale(LC_CTYPE, "");
	is_utf8 = strcmp(setlocale(LC_CTYPE, NULL), "C") != 0;
	has_colours = isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
		      !(term && strcmp(term, "dumb") == 0);
}

/* ctl_colour() - what switches a colour on, or nothing */
const char *ctl_colour(enum ctl_colour colour)
{
	static const char *const codes[] = {
		[CTL_PLAIN] = "\033[0m",   [CTL_BOLD] = "\033[1m",
		[CTL_RED] = "\033[31m",	   [CTL_GREEN] = "\033[32m",
		[CTL_YELLOW] = "\033[33m",
	};

	return has_colours ? codes[colour] : "";
}

/* May this unit, alone, stand in the output as it is? */
static bool is_plain(uint16_t unit)
{
	if (unit < 0x80)
		return unit >= 0x20 && unit != 0x7f;
	return is_utf8 && (unit < 0xd800 || unit > 0xdfff) && iswprint(unit);
}

/* One unit as text. Return: bytes of it. */
static int unit_text(uint16_t unit, char *text, size_t cap)
{
	size_t n;

	if (!is_plain(unit))
		return snprintf(text, cap, "\\u%04x", unit);
	n = npfs_utf16_to_utf8(&unit, 1, text, cap);
	return (int)n;
}

/* ctl_print_name() - a name for people. Return: columns it took */
int ctl_print_name(const uint16_t *units, size_t len)
{
	char text[8];
	size_t i;

	for (i = 0; i < len; i++)
		fwrite(text, 1, (size_t)unit_text(units[i], text, sizeof(text)), stdout);
	return (int)ctl_columns(units, len);
}

/* ctl_columns() - how wide ctl_print_name() makes it */
size_t ctl_columns(const uint16_t *units, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		int width = is_plain(units[i]) ? wcwidth(units[i]) : 6;

		n += width > 0 ? (size_t)width : 0;
	}
	return n;
}

/* ctl_print_json() - a name as a JSON string, quotes and all */
void ctl_print_json(const uint16_t *units, size_t len)
{
	size_t i;

	putchar('"');
	for (i = 0; i < len; i++) {
		if (units[i] == '"' || units[i] == '\\')
			printf("\\%c", units[i]);
		else if (units[i] >= 0x20 && units[i] < 0x7f)
			putchar(units[i]);
		else
			printf("\\u%04x", units[i]);
	}
	putchar('"');
}

/* ctl_print_bytes() - data for people, in quotes */
void ctl_print_bytes(const void *data, size_t len)
{
	const unsigned char *bytes = data;
	size_t i;

	putchar('"');
	for (i = 0; i < len; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			printf("\\%c", bytes[i]);
		else if (bytes[i] >= 0x20 && bytes[i] < 0x7f)
			putchar(bytes[i]);
		else if (bytes[i] == '\n')
			printf("\\n");
		else
			printf("\\x%02x", bytes[i]);
	}
	putchar('"');
}

/* ctl_flush() - has everything been written? Complains when not */
bool ctl_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	/* who reads no more knows that */
	if (errno != EPIPE)
		ctl_complain_errno("standard output");
	return false;
}
