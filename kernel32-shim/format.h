/* SPDX-License-Identifier: MIT */
/*
 * Formatting as Microsoft's C run-time does it: what printf, wprintf and their relatives
 * have in common.
 *
 * What differs from the C library's:
 *
 *	l, or nothing		32 bits for integers: DWORD and LONG are what programs print
 *	ll, I64, L, j		64 bits; I32 32; I, z, t the size of a pointer
 *	%s %c			text of the kind of the function: narrow in printf, wide in
 *				wprintf; %S %C the other kind; h narrow, l and w wide always
 *	%p			16 capital hexadecimal digits
 *	%n			refused
 *
 * Wide text is UTF-16, narrow text UTF-8. Numbers go through the C library one at a time.
 * A narrow format with numbered arguments (%1$s) can only be POSIX's and is left to the
 * C library whole.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <windows.h>

/* Where the text goes. The unit of counts is a byte, or a UTF-16 unit with is_wide. */
struct format_out {
	bool is_wide;	/* kind of the output and of the function */
	void *buffer;	/* char or WCHAR; NULL with cap 0; ignored with a file */
	size_t cap;	/* units that fit, the final zero not counted */
	FILE *file;	/* instead of the buffer; gets UTF-8 */
	size_t len;	/* units the whole text has so far */
	bool has_failed; /* the file could not be written */
};

/*
 * Format into @out: char or WCHAR text at @format, as out->is_wide says. No zero is put at
 * the end.
 *
 * Return: 0; -1 with errno EINVAL for %n, ENOMEM, or what writing said.
 */
int format_run(struct format_out *out, const void *format, va_list args);
