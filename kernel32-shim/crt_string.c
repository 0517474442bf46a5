/* SPDX-License-Identifier: MIT */
/*
 * Strings, numbers, files and the environment, as far as Microsoft's C run-time has names
 * for them that the C library does not.
 *
 * The narrow and the wide form of a function are one macro here.  A failed ..._s function
 * leaves an empty string and says why in errno and in its result.
 */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <npfs_crt.h>

#include <npfs/text.h>

#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/text.h"

static errno_t give(errno_t error)
{
	errno = error;
	return error;
}

/* -------------------------------------------------------- strings with a size */

/* The first @n units of @from to the end of @to; @kept says where that is. */
#define APPEND(type, len_of)                                                    \
	size_t len;                                                             \
										\
	if (!to || size == 0)                                                   \
		return give(EINVAL);                                            \
	if (!from && n > 0) {                                                   \
		to[0] = 0;                                                      \
		return give(EINVAL);                                            \
	}                                                                       \
	if (kept >= size) {                                                     \
		to[0] = 0;                                                      \
		return give(EINVAL); /* what was there has no end */            \
	}                                                                       \
	len = n > 0 ? len_of(from, n == NPFS_W32_TRUNCATE ? size - kept : n) : 0; \
	if (len >= size - kept) {                                               \
		if (n == NPFS_W32_TRUNCATE && may_cut) {                        \
			memcpy(to + kept, from, (size - kept - 1) * sizeof(type)); \
			to[size - 1] = 0;                                       \
			return STRUNCATE;                                       \
		}                                                               \
		to[0] = 0;                                                      \
		return give(ERANGE);                                            \
	}                                                                       \
	if (len > 0) /* without a source there is nothing to move */            \
		memmove(to + kept, from, len * sizeof(type));                   \
	to[kept + len] = 0;                                                     \
	return 0

#define STRUNCATE 80

static errno_t append_narrow(char *to, size_t size, size_t kept, const char *from, size_t n,
			     bool may_cut)
{
	APPEND(char, strnlen);
}

static errno_t append_wide(WCHAR *to, size_t size, size_t kept, const WCHAR *from, size_t n,
			   bool may_cut)
{
	APPEND(WCHAR, npfs_wcsnlen);
}

errno_t strcpy_s(char *to, size_t size, const char *from)
{
	return append_narrow(to, size, 0, from, NPFS_W32_TRUNCATE, false);
}

errno_t strncpy_s(char *to, size_t size, const char *from, size_t n)
{
	return append_narrow(to, size, 0, from, n, true);
}

errno_t strcat_s(char *to, size_t size, const char *from)
{
	return append_narrow(to, size, to ? strnlen(to, size) : 0, from, NPFS_W32_TRUNCATE,
			     false);
}

errno_t strncat_s(char *to, size_t size, const char *from, size_t n)
{
	return append_narrow(to, size, to ? strnlen(to, size) : 0, from, n, true);
}

errno_t wcscpy_s(WCHAR *to, size_t size, const WCHAR *from)
{
	return append_wide(to, size, 0, from, NPFS_W32_TRUNCATE, false);
}

errno_t wcsncpy_s(WCHAR *to, size_t size, const WCHAR *from, size_t n)
{
	return append_wide(to, size, 0, from, n, true);
}

errno_t wcscat_s(WCHAR *to, size_t size, const WCHAR *from)
{
	return append_wide(to, size, to ? npfs_wcsnlen(to, size) : 0, from, NPFS_W32_TRUNCATE,
			   false);
}

errno_t wcsncat_s(WCHAR *to, size_t size, const WCHAR *from, size_t n)
{
	return append_wide(to, size, to ? npfs_wcsnlen(to, size) : 0, from, n, true);
}

errno_t memcpy_s(void *to, size_t size, const void *from, size_t n)
{
	if (n == 0)
		return 0;
	if (!to)
		return give(EINVAL);
	if (!from || size < n) {
		memset(to, 0, size);
		return give(from ? ERANGE : EINVAL);
	}
	memmove(to, from, n);
	return 0;
}

errno_t memmove_s(void *to, size_t size, const void *from, size_t n)
{
	if (n == 0)
		return 0;
	if (!to || !from)
		return give(EINVAL);
	if (size < n)
		return give(ERANGE);
	memmove(to, from, n);
	return 0;
}

size_t npfs_strnlen_s(const char *text, size_t max)
{
	return text ? strnlen(text, max) : 0;
}

size_t npfs_wcsnlen_s(const WCHAR *text, size_t max)
{
	return text ? npfs_wcsnlen(text, max) : 0;
}

int npfs_memicmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (size_t i = 0; i < n; i++) {
		int difference = tolower(x[i]) - tolower(y[i]);

		if (difference)
			return difference;
	}
	return 0;
}

/* ------------------------------------------------------------ case and order */

char *_strupr(char *text)
{
	for (char *p = text; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	return text;
}

char *_strlwr(char *text)
{
	for (char *p = text; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return text;
}

WCHAR *_wcsupr(WCHAR *text)
{
	for (WCHAR *p = text; *p; p++)
		*p = npfs_upcase16(*p);
	return text;
}

/* ASCII and Latin-1: what the run-time's "C" locale would change, and a little more. */
WCHAR *_wcslwr(WCHAR *text)
{
	for (WCHAR *p = text; *p; p++)
		if ((*p >= 'A' && *p <= 'Z') || (*p >= 0xc0 && *p <= 0xde && *p != 0xd7))
			*p += 0x20;
	return text;
}

#define REVERSE(type, len)                                       \
	for (size_t i = 0, j = (len); i + 1 < j; i++) {          \
		type swap = text[i];                             \
								 \
		text[i] = text[--j];                             \
		text[j] = swap;                                  \
	}                                                        \
	return text

char *_strrev(char *text)
{
	REVERSE(char, strlen(text));
}

WCHAR *_wcsrev(WCHAR *text)
{
	REVERSE(WCHAR, text_wide_len(text));
}

/* -------------------------------------------------------------------- numbers */

enum { DIGITS_MAX = 65 };

/* Digits of @value, with a minus; returns the length without the zero. */
static size_t digits(uint64_t value, bool is_negative, int base, char *to)
{
	char *p = to;
	size_t len;

	if (base < 2 || base > 36) {
		to[0] = 0;
		errno = EINVAL;
		return 0;
	}
	do {
		*p++ = "0123456789abcdefghijklmnopqrstuvwxyz"[value % (unsigned)base];
		value /= (unsigned)base;
	} while (value);
	if (is_negative)
		*p++ = '-';
	*p = 0;
	len = (size_t)(p - to);
	_strrev(to);
	return len;
}

/* A minus is for base 10 only; in the others the bits are shown. */
static size_t digits_signed(int64_t value, unsigned bits, int base, char *to)
{
	if (base == 10 && value < 0)
		return digits(0 - (uint64_t)value, true, base, to);
	return digits(bits == 32 ? (uint32_t)value : (uint64_t)value, false, base, to);
}

static WCHAR *widen(const char *from, WCHAR *to)
{
	size_t i = 0;

	do
		to[i] = (unsigned char)from[i];
	while (from[i++]);
	return to;
}

char *_itoa(int value, char *to, int base)
{
	digits_signed(value, 32, base, to);
	return to;
}

char *_i64toa(INT64 value, char *to, int base)
{
	digits_signed(value, 64, base, to);
	return to;
}

char *_ui64toa(UINT64 value, char *to, int base)
{
	digits(value, false, base, to);
	return to;
}

WCHAR *_itow(int value, WCHAR *to, int base)
{
	char text[DIGITS_MAX + 1];

	return widen(_itoa(value, text, base), to);
}

WCHAR *_i64tow(INT64 value, WCHAR *to, int base)
{
	char text[DIGITS_MAX + 1];

	return widen(_i64toa(value, text, base), to);
}

WCHAR *_ui64tow(UINT64 value, WCHAR *to, int base)
{
	char text[DIGITS_MAX + 1];

	return widen(_ui64toa(value, text, base), to);
}

static errno_t digits_safe(const char *text, size_t len, char *to, size_t size)
{
	if (!to || size == 0)
		return give(EINVAL);
	to[0] = 0;
	if (len == 0)
		return give(EINVAL);
	return strcpy_s(to, size, text);
}

errno_t _itoa_s(int value, char *to, size_t size, int base)
{
	char text[DIGITS_MAX + 1];

	return digits_safe(text, digits_signed(value, 32, base, text), to, size);
}

errno_t _i64toa_s(INT64 value, char *to, size_t size, int base)
{
	char text[DIGITS_MAX + 1];

	return digits_safe(text, digits_signed(value, 64, base, text), to, size);
}

errno_t _ui64toa_s(UINT64 value, char *to, size_t size, int base)
{
	char text[DIGITS_MAX + 1];

	return digits_safe(text, digits(value, false, base, text), to, size);
}

errno_t _itow_s(int value, WCHAR *to, size_t size, int base)
{
	char text[DIGITS_MAX + 1];
	size_t len = digits_signed(value, 32, base, text);

	if (!to || size == 0)
		return give(EINVAL);
	to[0] = 0;
	if (len == 0)
		return give(EINVAL);
	if (len >= size)
		return give(ERANGE);
	widen(text, to);
	return 0;
}

INT64 _atoi64(const char *text)
{
	return strtoll(text, NULL, 10);
}

INT64 _wtoi64(const WCHAR *text)
{
	return npfs_wcstoll(text, NULL, 10);
}

/* Out of range is the nearest there is, as with a long of 32 bits. */
int _wtoi(const WCHAR *text)
{
	long long value = npfs_wcstoll(text, NULL, 10);

	return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int)value;
}

double _wtof(const WCHAR *text)
{
	return npfs_wcstod(text, NULL);
}

INT64 _strtoi64(const char *text, char **end, int base)
{
	return strtoll(text, end, base);
}

UINT64 _strtoui64(const char *text, char **end, int base)
{
	return strtoull(text, end, base);
}

/* ---------------------------------------------------------------------- files */

/* Letters of Windows' modes that mean nothing here: text, binary, commit, access hints. */
static void posix_mode(const char *mode, char *to, size_t cap)
{
	size_t n = 0;

	for (; *mode && *mode != ',' && n + 2 < cap; mode++)
		if (*mode != 't' && *mode != 'b' && *mode != 'c' && *mode != 'n' &&
		    *mode != 'S' && *mode != 'R' && *mode != 'T' && *mode != 'D' &&
		    *mode != 'N' && *mode != ' ')
			to[n++] = *mode;
	to[n] = 0;
}

static FILE *open_file(const char *path, const char *mode)
{
	char *posix = disk_file_posix_path(path), plain[16];
	FILE *file;

	if (!posix) {
		errno = ENOMEM;
		return NULL;
	}
	posix_mode(mode, plain, sizeof(plain));
	file = fopen(posix, plain);
	free(posix);
	return file;
}

errno_t fopen_s(FILE **filep, const char *path, const char *mode)
{
	if (!filep)
		return give(EINVAL);
	*filep = NULL;
	if (!path || !mode)
		return give(EINVAL);
	*filep = open_file(path, mode);
	return *filep ? 0 : errno;
}

FILE *_wfopen(const WCHAR *path, const WCHAR *mode)
{
	bool failed = false;
	char *path8, *mode8;
	FILE *file = NULL;

	if (!path || !mode) {
		errno = EINVAL;
		return NULL;
	}
	path8 = text_utf8_from_wide_z(path, &failed);
	mode8 = text_utf8_from_wide_z(mode, &failed);
	if (path8 && mode8)
		file = open_file(path8, mode8);
	else
		errno = ENOMEM;
	free(path8);
	free(mode8);
	return file;
}

errno_t _wfopen_s(FILE **filep, const WCHAR *path, const WCHAR *mode)
{
	if (!filep)
		return give(EINVAL);
	*filep = _wfopen(path, mode);
	return *filep ? 0 : errno;
}

int _wremove(const WCHAR *path)
{
	bool failed = false;
	char *path8 = text_utf8_from_wide_z(path, &failed);
	char *posix = path8 ? disk_file_posix_path(path8) : NULL;
	int result = -1;

	if (posix)
		result = remove(posix);
	else
		errno = ENOMEM;
	free(posix);
	free(path8);
	return result;
}

int _wsystem(const WCHAR *command)
{
	bool failed = false;
	char *command8 = text_utf8_from_wide_z(command, &failed);
	int result = -1;

	if (failed)
		errno = ENOMEM;
	else
		result = system(command8);
	free(command8);
	return result;
}

/* ------------------------------------------------------- time and environment */

errno_t localtime_s(struct tm *tm, const time_t *time)
{
	if (!tm || !time || *time < 0)
		return give(EINVAL);
	return localtime_r(time, tm) ? 0 : give(EINVAL);
}

errno_t gmtime_s(struct tm *tm, const time_t *time)
{
	if (!tm || !time || *time < 0)
		return give(EINVAL);
	return gmtime_r(time, tm) ? 0 : give(EINVAL);
}

int _putenv(const char *assignment)
{
	const char *equals = assignment ? strchr(assignment, '=') : NULL;
	char *name;
	int result;

	if (!equals || equals == assignment) {
		errno = EINVAL;
		return -1;
	}
	name = strndup(assignment, (size_t)(equals - assignment));
	if (!name)
		return -1;
	result = _putenv_s(name, equals + 1) ? -1 : 0;
	free(name);
	return result;
}

/* By way of the functions of Win32, which have a lock of their own around environ. */
errno_t _putenv_s(const char *name, const char *value)
{
	if (!name || !value || !*name)
		return give(EINVAL);
	if (!SetEnvironmentVariableA(name, *value ? value : NULL) && *value)
		return give(ENOMEM);
	return 0;
}

errno_t getenv_s(size_t *neededp, char *to, size_t size, const char *name)
{
	char *value;
	errno_t error;

	if (!neededp || !name || (!to && size > 0))
		return give(EINVAL);
	if (to && size > 0)
		to[0] = 0;
	error = _dupenv_s(&value, neededp, name);
	if (error || !value || size == 0) {
		free(value);
		return error;
	}
	if (*neededp <= size)
		memcpy(to, value, *neededp);
	else
		error = give(ERANGE);
	free(value);
	return error;
}

errno_t _dupenv_s(char **valuep, size_t *sizep, const char *name)
{
	DWORD cap = 0, needed;
	char *value = NULL, *more;

	if (!valuep || !name)
		return give(EINVAL);
	*valuep = NULL;
	if (sizep)
		*sizep = 0;
	for (;;) {
		needed = GetEnvironmentVariableA(name, value, cap);
		if (needed == 0 && (cap == 0 || GetLastError() == ERROR_ENVVAR_NOT_FOUND)) {
			free(value);
			return 0;
		}
		if (needed < cap)
			break;
		cap = needed + 1;
		more = realloc(value, cap);
		if (!more) {
			free(value);
			return give(ENOMEM);
		}
		value = more;
	}
	*valuep = value;
	if (sizep)
		*sizep = strlen(value) + 1;
	return 0;
}

WCHAR *_wgetenv(const WCHAR *name)
{
	static __thread WCHAR value[32768];
	DWORD length;

	SetLastError(NO_ERROR);
	length = GetEnvironmentVariableW(name, value, ARRAYSIZE(value));
	if (length >= ARRAYSIZE(value) || (length == 0 && GetLastError() != NO_ERROR))
		return NULL;
	return value;
}
