/* SPDX-License-Identifier: MIT */
/*
 * npfs_crt.h - the functions of Microsoft's C run-time that the C library does not have
 *
 * <windows.h> and <tchar.h> bring them in; with npfscc the C library's own headers do as
 * well. Three sorts:
 *
 *   - names of their own: _snprintf, sprintf_s, _stricmp, strcpy_s, _itoa, ...
 *   - npfs_...: what takes the place of the C library's printf, scanf and wide functions
 *     when a program is compiled as on Windows; see the headers in crt/
 *   - in C++, the templates that find the size of an array themselves
 *
 * Text: char is UTF-8, WCHAR is UTF-16. In printf and scanf l means 32 bits, see
 * npfscc(1). Sizes are in characters, the final zero included. Unless said otherwise the
 * functions may be called from every thread, do not block, and keep nothing they are given.
 *
 * The functions with _s give 0 or the error, which they put into errno too: EINVAL for a
 * NULL or a size of 0, ERANGE when the result does not fit, and then the result is empty.
 * On Windows the program would end.
 */
#ifndef NPFS_W32_NPFS_CRT_H
#define NPFS_W32_NPFS_CRT_H

#include "npfs_win32.h"
#include "basetsd.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

NPFS_W32_BEGIN

typedef int errno_t;
typedef size_t rsize_t;

#define NPFS_W32_TRUNCATE ((size_t)-1)
#ifndef _TRUNCATE
#define _TRUNCATE NPFS_W32_TRUNCATE
#endif
#define NPFS_W32_WEOF 0xffffffffu

#ifndef _countof
#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#endif
#ifndef __max
#define __max(a, b) (((a) > (b)) ? (a) : (b))
#define __min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef _MAX_PATH
#define _MAX_PATH  260
#define _MAX_DRIVE 3
#define _MAX_DIR   256
#define _MAX_FNAME 256
#define _MAX_EXT   256
#endif
#ifndef _alloca
#define _alloca(size) __builtin_alloca(size)
#endif

/*
 * Formatting into memory and to files. Each gives the length of the text, or -1.
 * _snprintf and _snwprintf leave out the final zero when the text fills the buffer; with
 * _s, count may be _TRUNCATE: what fits stays, and the result is -1.
 */
NPFS_W32_API int npfs_printf(const char *format, ...);
NPFS_W32_API int npfs_fprintf(FILE *file, const char *format, ...);
NPFS_W32_API int npfs_sprintf(char *to, const char *format, ...);
NPFS_W32_API int npfs_snprintf(char *to, size_t size, const char *format, ...);
NPFS_W32_API int npfs_vprintf(const char *format, va_list args);
NPFS_W32_API int npfs_vfprintf(FILE *file, const char *format, va_list args);
NPFS_W32_API int npfs_vsprintf(char *to, const char *format, va_list args);
NPFS_W32_API int npfs_vsnprintf(char *to, size_t size, const char *format, va_list args);
NPFS_W32_API int npfs_wprintf(const WCHAR *format, ...);
NPFS_W32_API int npfs_fwprintf(FILE *file, const WCHAR *format, ...);
NPFS_W32_API int npfs_swprintf(WCHAR *to, size_t size, const WCHAR *format, ...);
NPFS_W32_API int npfs_vwprintf(const WCHAR *format, va_list args);
NPFS_W32_API int npfs_vfwprintf(FILE *file, const WCHAR *format, va_list args);
NPFS_W32_API int npfs_vswprintf(WCHAR *to, size_t size, const WCHAR *format, va_list args);

NPFS_W32_API int _snprintf(char *to, size_t size, const char *format, ...);
NPFS_W32_API int _vsnprintf(char *to, size_t size, const char *format, va_list args);
NPFS_W32_API int _snprintf_s(char *to, size_t size, size_t count, const char *format, ...);
NPFS_W32_API int _vsnprintf_s(char *to, size_t size, size_t count, const char *format,
			      va_list args);
NPFS_W32_API int sprintf_s(char *to, size_t size, const char *format, ...);
NPFS_W32_API int vsprintf_s(char *to, size_t size, const char *format, va_list args);
NPFS_W32_API int _swprintf(WCHAR *to, const WCHAR *format, ...);
NPFS_W32_API int _vswprintf(WCHAR *to, const WCHAR *format, va_list args);
NPFS_W32_API int _snwprintf(WCHAR *to, size_t size, const WCHAR *format, ...);
NPFS_W32_API int _vsnwprintf(WCHAR *to, size_t size, const WCHAR *format, va_list args);
NPFS_W32_API int _snwprintf_s(WCHAR *to, size_t size, size_t count, const WCHAR *format,
			      ...);
NPFS_W32_API int _vsnwprintf_s(WCHAR *to, size_t size, size_t count, const WCHAR *format,
			       va_list args);
NPFS_W32_API int swprintf_s(WCHAR *to, size_t size, const WCHAR *format, ...);
NPFS_W32_API int vswprintf_s(WCHAR *to, size_t size, const WCHAR *format, va_list args);
/* The length alone. */
NPFS_W32_API int _scprintf(const char *format, ...);
NPFS_W32_API int _vscprintf(const char *format, va_list args);
NPFS_W32_API int _scwprintf(const WCHAR *format, ...);
NPFS_W32_API int _vscwprintf(const WCHAR *format, va_list args);
#define printf_s   npfs_printf
#define fprintf_s  npfs_fprintf
#define vprintf_s  npfs_vprintf
#define vfprintf_s npfs_vfprintf
#define wprintf_s  npfs_wprintf
#define fwprintf_s npfs_fwprintf

/*
 * Scanning. Each gives the number of items stored, or EOF. With _s, every %s, %c and %[ has
 * a second argument, unsigned: how many characters there is room for.
 */
NPFS_W32_API int npfs_scanf(const char *format, ...);
NPFS_W32_API int npfs_fscanf(FILE *file, const char *format, ...);
NPFS_W32_API int npfs_sscanf(const char *text, const char *format, ...);
NPFS_W32_API int npfs_vscanf(const char *format, va_list args);
NPFS_W32_API int npfs_vfscanf(FILE *file, const char *format, va_list args);
NPFS_W32_API int npfs_vsscanf(const char *text, const char *format, va_list args);
NPFS_W32_API int npfs_wscanf(const WCHAR *format, ...);
NPFS_W32_API int npfs_fwscanf(FILE *file, const WCHAR *format, ...);
NPFS_W32_API int npfs_swscanf(const WCHAR *text, const WCHAR *format, ...);
NPFS_W32_API int npfs_vwscanf(const WCHAR *format, va_list args);
NPFS_W32_API int npfs_vfwscanf(FILE *file, const WCHAR *format, va_list args);
NPFS_W32_API int npfs_vswscanf(const WCHAR *text, const WCHAR *format, va_list args);
NPFS_W32_API int scanf_s(const char *format, ...);
NPFS_W32_API int fscanf_s(FILE *file, const char *format, ...);
NPFS_W32_API int sscanf_s(const char *text, const char *format, ...);
NPFS_W32_API int wscanf_s(const WCHAR *format, ...);
NPFS_W32_API int fwscanf_s(FILE *file, const WCHAR *format, ...);
NPFS_W32_API int swscanf_s(const WCHAR *text, const WCHAR *format, ...);

/* 16-bit strings; as the C functions without the prefix npfs_, see their manual. */
NPFS_W32_API size_t npfs_wcslen(const WCHAR *text);
NPFS_W32_API size_t npfs_wcsnlen(const WCHAR *text, size_t max);
NPFS_W32_API WCHAR *npfs_wcscpy(WCHAR *to, const WCHAR *from);
NPFS_W32_API WCHAR *npfs_wcsncpy(WCHAR *to, const WCHAR *from, size_t n);
NPFS_W32_API WCHAR *npfs_wcscat(WCHAR *to, const WCHAR *from);
NPFS_W32_API WCHAR *npfs_wcsncat(WCHAR *to, const WCHAR *from, size_t n);
NPFS_W32_API int npfs_wcscmp(const WCHAR *a, const WCHAR *b);
NPFS_W32_API int npfs_wcsncmp(const WCHAR *a, const WCHAR *b, size_t n);
NPFS_W32_API int npfs_wcsicmp(const WCHAR *a, const WCHAR *b);
NPFS_W32_API int npfs_wcsnicmp(const WCHAR *a, const WCHAR *b, size_t n);
NPFS_W32_API size_t npfs_wcsxfrm(WCHAR *to, const WCHAR *from, size_t n);
NPFS_W32_API WCHAR *npfs_wcschr(const WCHAR *text, WCHAR c);
NPFS_W32_API WCHAR *npfs_wcsrchr(const WCHAR *text, WCHAR c);
NPFS_W32_API WCHAR *npfs_wcsstr(const WCHAR *text, const WCHAR *part);
NPFS_W32_API size_t npfs_wcsspn(const WCHAR *text, const WCHAR *set);
NPFS_W32_API size_t npfs_wcscspn(const WCHAR *text, const WCHAR *set);
NPFS_W32_API WCHAR *npfs_wcspbrk(const WCHAR *text, const WCHAR *set);
NPFS_W32_API WCHAR *npfs_wcstok(WCHAR *text, const WCHAR *set, WCHAR **statep);
/* As strtok: the state is the thread's. */
NPFS_W32_API WCHAR *npfs_wcstok_one(WCHAR *text, const WCHAR *set);
NPFS_W32_API WCHAR *npfs_wcsdup(const WCHAR *text);
NPFS_W32_API WCHAR *npfs_wmemcpy(WCHAR *to, const WCHAR *from, size_t n);
NPFS_W32_API WCHAR *npfs_wmemmove(WCHAR *to, const WCHAR *from, size_t n);
NPFS_W32_API WCHAR *npfs_wmemset(WCHAR *to, WCHAR c, size_t n);
NPFS_W32_API int npfs_wmemcmp(const WCHAR *a, const WCHAR *b, size_t n);
NPFS_W32_API WCHAR *npfs_wmemchr(const WCHAR *text, WCHAR c, size_t n);
NPFS_W32_API long npfs_wcstol(const WCHAR *text, WCHAR **end, int base);
NPFS_W32_API unsigned long npfs_wcstoul(const WCHAR *text, WCHAR **end, int base);
NPFS_W32_API INT64 npfs_wcstoll(const WCHAR *text, WCHAR **end, int base);
NPFS_W32_API UINT64 npfs_wcstoull(const WCHAR *text, WCHAR **end, int base);
NPFS_W32_API double npfs_wcstod(const WCHAR *text, WCHAR **end);
NPFS_W32_API float npfs_wcstof(const WCHAR *text, WCHAR **end);
NPFS_W32_API long double npfs_wcstold(const WCHAR *text, WCHAR **end);
NPFS_W32_API size_t npfs_wcsftime(WCHAR *to, size_t cap, const WCHAR *format,
				  const struct tm *tm);
NPFS_W32_API size_t npfs_mbstowcs(WCHAR *to, const char *from, size_t n);
NPFS_W32_API size_t npfs_wcstombs(char *to, const WCHAR *from, size_t n);
NPFS_W32_API int npfs_mbtowc(WCHAR *to, const char *from, size_t n);
NPFS_W32_API int npfs_wctomb(char *to, WCHAR c);
/* A unit, or NPFS_W32_WEOF; an ill-formed sequence reads as U+FFFD. */
NPFS_W32_API unsigned npfs_fgetwc(FILE *stream);
NPFS_W32_API unsigned npfs_getwchar(void);
NPFS_W32_API unsigned npfs_ungetwc(unsigned unit, FILE *stream);
NPFS_W32_API unsigned npfs_fputwc(WCHAR c, FILE *stream);
NPFS_W32_API unsigned npfs_putwchar(WCHAR c);
NPFS_W32_API int npfs_fputws(const WCHAR *text, FILE *stream);
NPFS_W32_API WCHAR *npfs_fgetws(WCHAR *to, int n, FILE *stream);
NPFS_W32_API int _putws(const WCHAR *text);

/* Strings */
NPFS_W32_API errno_t strcpy_s(char *to, size_t size, const char *from);
NPFS_W32_API errno_t strncpy_s(char *to, size_t size, const char *from, size_t n);
NPFS_W32_API errno_t strcat_s(char *to, size_t size, const char *from);
NPFS_W32_API errno_t strncat_s(char *to, size_t size, const char *from, size_t n);
NPFS_W32_API errno_t wcscpy_s(WCHAR *to, size_t size, const WCHAR *from);
NPFS_W32_API errno_t wcsncpy_s(WCHAR *to, size_t size, const WCHAR *from, size_t n);
NPFS_W32_API errno_t wcscat_s(WCHAR *to, size_t size, const WCHAR *from);
NPFS_W32_API errno_t wcsncat_s(WCHAR *to, size_t size, const WCHAR *from, size_t n);
NPFS_W32_API errno_t memcpy_s(void *to, size_t size, const void *from, size_t n);
NPFS_W32_API errno_t memmove_s(void *to, size_t size, const void *from, size_t n);
NPFS_W32_API char *_strupr(char *text);
NPFS_W32_API char *_strlwr(char *text);
NPFS_W32_API char *_strrev(char *text);
NPFS_W32_API WCHAR *_wcsupr(WCHAR *text);
NPFS_W32_API WCHAR *_wcslwr(WCHAR *text);
NPFS_W32_API WCHAR *_wcsrev(WCHAR *text);
#define _stricmp   strcasecmp
#define _strcmpi   strcasecmp
#define _strnicmp  strncasecmp
#define _strdup    strdup
#define _memicmp   npfs_memicmp
#define _wcsicmp   npfs_wcsicmp
#define _wcsnicmp  npfs_wcsnicmp
#define _wcsdup    npfs_wcsdup
#define strtok_s   strtok_r
#define wcstok_s   npfs_wcstok
#define strnlen_s  npfs_strnlen_s
#define wcsnlen_s  npfs_wcsnlen_s
#ifndef NPFS_W32_NO_OLDNAMES
#ifndef stricmp
#define stricmp  strcasecmp
#define strcmpi  strcasecmp
#define strnicmp strncasecmp
#define wcsicmp  npfs_wcsicmp
#define wcsnicmp npfs_wcsnicmp
#endif
#endif
NPFS_W32_API int npfs_memicmp(const void *a, const void *b, size_t n);
/* 0 for NULL. */
NPFS_W32_API size_t npfs_strnlen_s(const char *text, size_t max);
NPFS_W32_API size_t npfs_wcsnlen_s(const WCHAR *text, size_t max);

/* Numbers to text in a base of 2 to 36, into memory that is large enough (33 or 65). */
NPFS_W32_API char *_itoa(int value, char *to, int base);
NPFS_W32_API char *_i64toa(INT64 value, char *to, int base);
NPFS_W32_API char *_ui64toa(UINT64 value, char *to, int base);
NPFS_W32_API WCHAR *_itow(int value, WCHAR *to, int base);
NPFS_W32_API WCHAR *_i64tow(INT64 value, WCHAR *to, int base);
NPFS_W32_API WCHAR *_ui64tow(UINT64 value, WCHAR *to, int base);
/* long is LONG here. */
#define _ltoa(value, to, base)	((_itoa)((int)(value), to, base))
#define _ultoa(value, to, base) ((_ui64toa)((unsigned)(value), to, base))
#define _ltow(value, to, base)	((_itow)((int)(value), to, base))
#define _ultow(value, to, base) ((_ui64tow)((unsigned)(value), to, base))
NPFS_W32_API errno_t _itoa_s(int value, char *to, size_t size, int base);
NPFS_W32_API errno_t _itow_s(int value, WCHAR *to, size_t size, int base);
NPFS_W32_API errno_t _i64toa_s(INT64 value, char *to, size_t size, int base);
NPFS_W32_API errno_t _ui64toa_s(UINT64 value, char *to, size_t size, int base);
#define _ltoa_s(value, to, size, base)	_itoa_s((int)(value), to, size, base)
#define _ultoa_s(value, to, size, base) _ui64toa_s((unsigned)(value), to, size, base)
NPFS_W32_API INT64 _atoi64(const char *text);
NPFS_W32_API INT64 _wtoi64(const WCHAR *text);
NPFS_W32_API int _wtoi(const WCHAR *text);
NPFS_W32_API double _wtof(const WCHAR *text);
NPFS_W32_API INT64 _strtoi64(const char *text, char **end, int base);
NPFS_W32_API UINT64 _strtoui64(const char *text, char **end, int base);
#define _wtol(text) ((LONG)_wtoi(text))

/* Files, time, environment. File names as in CreateFile. */
NPFS_W32_API errno_t fopen_s(FILE **filep, const char *path, const char *mode);
NPFS_W32_API FILE *_wfopen(const WCHAR *path, const WCHAR *mode);
NPFS_W32_API errno_t _wfopen_s(FILE **filep, const WCHAR *path, const WCHAR *mode);
NPFS_W32_API int _wremove(const WCHAR *path);
NPFS_W32_API int _wsystem(const WCHAR *command);
NPFS_W32_API errno_t localtime_s(struct tm *tm, const time_t *time);
NPFS_W32_API errno_t gmtime_s(struct tm *tm, const time_t *time);
/* "NAME=value"; an empty value removes the name. 0 or -1. */
NPFS_W32_API int _putenv(const char *assignment);
NPFS_W32_API errno_t _putenv_s(const char *name, const char *value);
NPFS_W32_API errno_t getenv_s(size_t *neededp, char *to, size_t size, const char *name);
/* A copy to be freed, NULL when there is no such name. */
NPFS_W32_API errno_t _dupenv_s(char **valuep, size_t *sizep, const char *name);
/* UTF-16 that belongs to the thread, until its next call. */
NPFS_W32_API WCHAR *_wgetenv(const WCHAR *name);

NPFS_W32_END

#ifdef __cplusplus

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

#define NPFS_W32_CRT_FORMAT(name, list_name, type)                       \
	template <size_t n> inline int name(type(&to)[n], const type *format, ...) \
	{                                                                \
		va_list args;                                            \
		va_start(args, format);                                  \
		int length = list_name(to, n, format, args);             \
		va_end(args);                                            \
		return length;                                           \
	}
NPFS_W32_CRT_FORMAT(sprintf_s, vsprintf_s, char)
NPFS_W32_CRT_FORMAT(swprintf_s, vswprintf_s, WCHAR)
#undef NPFS_W32_CRT_FORMAT

#define NPFS_W32_CRT_ARRAY(name, type)                                   \
	template <size_t n> inline errno_t name(type(&to)[n], const type *from) \
	{                                                                \
		return name(to, n, from);                                \
	}
NPFS_W32_CRT_ARRAY(strcpy_s, char)
NPFS_W32_CRT_ARRAY(strcat_s, char)
NPFS_W32_CRT_ARRAY(wcscpy_s, WCHAR)
NPFS_W32_CRT_ARRAY(wcscat_s, WCHAR)
#undef NPFS_W32_CRT_ARRAY

template <size_t n> inline errno_t strncpy_s(char (&to)[n], const char *from, size_t count)
{
	return strncpy_s(to, n, from, count);
}

template <size_t n> inline errno_t wcsncpy_s(WCHAR (&to)[n], const WCHAR *from, size_t count)
{
	return wcsncpy_s(to, n, from, count);
}

#pragma GCC diagnostic pop

#endif

#endif
