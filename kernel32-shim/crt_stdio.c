/* SPDX-License-Identifier: MIT */
/*
 * The printf families of Microsoft's C run-time, over format.c.
 *
 * npfs_... are the ones that npfscc puts in the place of the C library's; the others have
 * names of their own. What differs between them is what happens when the text does not fit:
 *
 *	snprintf, vsnprintf		cut, zero at the end, length of the whole text
 *	swprintf, vswprintf		cut, zero at the end, -1
 *	_snprintf, _snwprintf, _v...	cut, no zero at the end, -1; none either, but no
 *					error, when the text fills the buffer exactly
 *	..._s				nothing stays, -1, errno ERANGE; with _TRUNCATE as the
 *					count: cut, zero at the end, -1, errno unchanged
 *
 * On Windows the ..._s functions end the program in that case (the invalid parameter
 * handler); here they only return.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <windows.h>
#include <npfs_crt.h>

#include "kernel32-shim/format.h"

static int length_of(const struct format_out *out)
{
	if (out->len > INT_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	return (int)out->len;
}

/* Into memory of @size units, if it is not 0 with a zero at the end; length of the whole. */
static int to_buffer(bool is_wide, void *buffer, size_t size, const void *format,
		     va_list args)
{
	struct format_out out = {
		.is_wide = is_wide, .buffer = buffer, .cap = size ? size - 1 : 0};
	int result = format_run(&out, format, args);
	size_t end = out.len < out.cap ? out.len : out.cap;

	if (size && is_wide)
		((WCHAR *)buffer)[end] = 0;
	else if (size)
		((char *)buffer)[end] = 0;
	return result ? -1 : length_of(&out);
}

/* As _snprintf: the last unit may be used, and then there is no zero. */
static int to_buffer_full(bool is_wide, void *buffer, size_t size, const void *format,
			  va_list args)
{
	struct format_out out = {.is_wide = is_wide, .buffer = buffer, .cap = size};

	if (format_run(&out, format, args))
		return -1;
	if (out.len < size && is_wide)
		((WCHAR *)buffer)[out.len] = 0;
	else if (out.len < size)
		((char *)buffer)[out.len] = 0;
	return out.len > size ? -1 : length_of(&out);
}

/* As the functions with _s: @count units of text at most, or _TRUNCATE. */
static int to_buffer_safe(bool is_wide, void *buffer, size_t size, size_t count,
			  const void *format, va_list args)
{
	int saved = errno, length;
	size_t room;

	if (!buffer || size == 0 || !format) {
		errno = EINVAL;
		return -1;
	}
	room = count < size ? count + 1 : size;
	length = to_buffer(is_wide, buffer, room, format, args);
	if (length >= 0 && (size_t)length < room)
		return length;
	if (length >= 0 && (count == NPFS_W32_TRUNCATE || count < size)) {
		errno = saved;
		return -1;
	}
	if (is_wide)
		((WCHAR *)buffer)[0] = 0;
	else
		((char *)buffer)[0] = 0;
	if (length >= 0)
		errno = ERANGE;
	return -1;
}

static int to_file(bool is_wide, FILE *file, const void *format, va_list args)
{
	struct format_out out = {.is_wide = is_wide, .file = file};
	int result;

	flockfile(file);
	result = format_run(&out, format, args);
	funlockfile(file);
	return result ? -1 : length_of(&out);
}

/* Each function with dots calls the one with the list. */
#define VARIADIC(call)              \
	va_list args;               \
	int length;                 \
				    \
	va_start(args, format);     \
	length = call;              \
	va_end(args);               \
	return length

/* ---------------------------------------------------------------------- files */

int npfs_vfprintf(FILE *file, const char *format, va_list args)
{
	return to_file(false, file, format, args);
}

int npfs_vprintf(const char *format, va_list args)
{
	return to_file(false, stdout, format, args);
}

int npfs_fprintf(FILE *file, const char *format, ...)
{
	VARIADIC(npfs_vfprintf(file, format, args));
}

int npfs_printf(const char *format, ...)
{
	VARIADIC(npfs_vprintf(format, args));
}

int npfs_vfwprintf(FILE *file, const WCHAR *format, va_list args)
{
	return to_file(true, file, format, args);
}

int npfs_vwprintf(const WCHAR *format, va_list args)
{
	return to_file(true, stdout, format, args);
}

int npfs_fwprintf(FILE *file, const WCHAR *format, ...)
{
	VARIADIC(npfs_vfwprintf(file, format, args));
}

int npfs_wprintf(const WCHAR *format, ...)
{
	VARIADIC(npfs_vwprintf(format, args));
}

/* --------------------------------------------------------------------- narrow */

int npfs_vsnprintf(char *to, size_t size, const char *format, va_list args)
{
	return to_buffer(false, to, size, format, args);
}

int npfs_snprintf(char *to, size_t size, const char *format, ...)
{
	VARIADIC(npfs_vsnprintf(to, size, format, args));
}

int npfs_vsprintf(char *to, const char *format, va_list args)
{
	return to_buffer(false, to, SIZE_MAX, format, args);
}

int npfs_sprintf(char *to, const char *format, ...)
{
	VARIADIC(npfs_vsprintf(to, format, args));
}

int _vsnprintf(char *to, size_t size, const char *format, va_list args)
{
	return to_buffer_full(false, to, size, format, args);
}

int _snprintf(char *to, size_t size, const char *format, ...)
{
	VARIADIC(_vsnprintf(to, size, format, args));
}

int _vscprintf(const char *format, va_list args)
{
	return to_buffer(false, NULL, 0, format, args);
}

int _scprintf(const char *format, ...)
{
	VARIADIC(_vscprintf(format, args));
}

int _vsnprintf_s(char *to, size_t size, size_t count, const char *format, va_list args)
{
	return to_buffer_safe(false, to, size, count, format, args);
}

int _snprintf_s(char *to, size_t size, size_t count, const char *format, ...)
{
	VARIADIC(_vsnprintf_s(to, size, count, format, args));
}

int vsprintf_s(char *to, size_t size, const char *format, va_list args)
{
	return to_buffer_safe(false, to, size, size, format, args);
}

int sprintf_s(char *to, size_t size, const char *format, ...)
{
	VARIADIC(vsprintf_s(to, size, format, args));
}

/* ----------------------------------------------------------------------- wide */

int npfs_vswprintf(WCHAR *to, size_t size, const WCHAR *format, va_list args)
{
	int length = to_buffer(true, to, size, format, args);

	return length >= 0 && (size_t)length < size ? length : -1;
}

int npfs_swprintf(WCHAR *to, size_t size, const WCHAR *format, ...)
{
	VARIADIC(npfs_vswprintf(to, size, format, args));
}

int _vswprintf(WCHAR *to, const WCHAR *format, va_list args)
{
	return to_buffer(true, to, SIZE_MAX, format, args);
}

int _swprintf(WCHAR *to, const WCHAR *format, ...)
{
	VARIADIC(_vswprintf(to, format, args));
}

int _vsnwprintf(WCHAR *to, size_t size, const WCHAR *format, va_list args)
{
	return to_buffer_full(true, to, size, format, args);
}

int _snwprintf(WCHAR *to, size_t size, const WCHAR *format, ...)
{
	VARIADIC(_vsnwprintf(to, size, format, args));
}

int _vscwprintf(const WCHAR *format, va_list args)
{
	return to_buffer(true, NULL, 0, format, args);
}

int _scwprintf(const WCHAR *format, ...)
{
	VARIADIC(_vscwprintf(format, args));
}

int _vsnwprintf_s(WCHAR *to, size_t size, size_t count, const WCHAR *format, va_list args)
{
	return to_buffer_safe(true, to, size, count, format, args);
}

int _snwprintf_s(WCHAR *to, size_t size, size_t count, const WCHAR *format, ...)
{
	VARIADIC(_vsnwprintf_s(to, size, count, format, args));
}

int vswprintf_s(WCHAR *to, size_t size, const WCHAR *format, va_list args)
{
	return to_buffer_safe(true, to, size, size, format, args);
}

int swprintf_s(WCHAR *to, size_t size, const WCHAR *format, ...)
{
	VARIADIC(vswprintf_s(to, size, format, args));
}

/* -------------------------------------------------------------------- user32 */

/* wsprintf has room for 1024 units, the zero among them, and no more. */
enum { WSPRINTF_MAX = 1024 };

int WINAPI wvsprintfA(LPSTR to, LPCSTR format, va_list args)
{
	int length = to_buffer(false, to, WSPRINTF_MAX, format, args);

	return length < WSPRINTF_MAX ? length : WSPRINTF_MAX - 1;
}

int WINAPIV wsprintfA(LPSTR to, LPCSTR format, ...)
{
	VARIADIC(wvsprintfA(to, format, args));
}

int WINAPI wvsprintfW(LPWSTR to, LPCWSTR format, va_list args)
{
	int length = to_buffer(true, to, WSPRINTF_MAX, format, args);

	return length < WSPRINTF_MAX ? length : WSPRINTF_MAX - 1;
}

int WINAPIV wsprintfW(LPWSTR to, LPCWSTR format, ...)
{
	VARIADIC(wvsprintfW(to, format, args));
}
