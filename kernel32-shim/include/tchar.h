/* SPDX-License-Identifier: MIT */
/*
 * tchar.h - C library names that follow the build's character type
 *
 * Without UNICODE every name is the plain C function. With it, names follow the wide
 * functions: directly when wchar_t is the 16-bit type (-fshort-wchar), else with the
 * prefix npfs_; either way the C library's own wide functions (32-bit) are not what is
 * called. The shim supplies the npfs_ functions.
 */
#ifndef NPFS_W32_TCHAR_H
#define NPFS_W32_TCHAR_H

#include "winnt.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

NPFS_W32_BEGIN

#define _T(quote)    __TEXT(quote)
#define _TEXT(quote) __TEXT(quote)

typedef TCHAR _TCHAR;
#ifdef UNICODE
typedef int _TINT;
#define _TEOF WEOF
#else
typedef int _TINT;
#define _TEOF EOF
#endif

#ifdef UNICODE

/* 16-bit strings; as the C functions without the prefix npfs_, see their manual. */
NPFS_W32_API size_t npfs_wcslen(const WCHAR *text);
NPFS_W32_API WCHAR *npfs_wcscpy(WCHAR *to, const WCHAR *from);
NPFS_W32_API WCHAR *npfs_wcsncpy(WCHAR *to, const WCHAR *from, size_t n);
NPFS_W32_API WCHAR *npfs_wcscat(WCHAR *to, const WCHAR *from);
NPFS_W32_API WCHAR *npfs_wcsncat(WCHAR *to, const WCHAR *from, size_t n);
NPFS_W32_API int npfs_wcscmp(const WCHAR *a, const WCHAR *b);
NPFS_W32_API int npfs_wcsncmp(const WCHAR *a, const WCHAR *b, size_t n);
NPFS_W32_API int npfs_wcsicmp(const WCHAR *a, const WCHAR *b);
NPFS_W32_API int npfs_wcsnicmp(const WCHAR *a, const WCHAR *b, size_t n);
NPFS_W32_API WCHAR *npfs_wcschr(const WCHAR *text, WCHAR c);
NPFS_W32_API WCHAR *npfs_wcsrchr(const WCHAR *text, WCHAR c);
NPFS_W32_API WCHAR *npfs_wcsstr(const WCHAR *text, const WCHAR *part);
NPFS_W32_API WCHAR *npfs_wcsdup(const WCHAR *text);
NPFS_W32_API long npfs_wcstol(const WCHAR *text, WCHAR **end, int base);
NPFS_W32_API int npfs_wprintf(const WCHAR *format, ...);
NPFS_W32_API int npfs_fwprintf(FILE *stream, const WCHAR *format, ...);
NPFS_W32_API int npfs_snwprintf(WCHAR *to, size_t n, const WCHAR *format, ...);
NPFS_W32_API int npfs_vwprintf(const WCHAR *format, va_list args);
NPFS_W32_API int npfs_vsnwprintf(WCHAR *to, size_t n, const WCHAR *format, va_list args);
NPFS_W32_API int npfs_fputws(const WCHAR *text, FILE *stream);
NPFS_W32_API WCHAR *npfs_fgetws(WCHAR *to, int n, FILE *stream);

#define _tmain      wmain
#define _tcslen     npfs_wcslen
#define _tcscpy     npfs_wcscpy
#define _tcsncpy    npfs_wcsncpy
#define _tcscat     npfs_wcscat
#define _tcsncat    npfs_wcsncat
#define _tcscmp     npfs_wcscmp
#define _tcsncmp    npfs_wcsncmp
#define _tcsicmp    npfs_wcsicmp
#define _tcsnicmp   npfs_wcsnicmp
#define _tcschr     npfs_wcschr
#define _tcsrchr    npfs_wcsrchr
#define _tcsstr     npfs_wcsstr
#define _tcsdup     npfs_wcsdup
#define _tcstol     npfs_wcstol
#define _ttoi(text) ((int)npfs_wcstol(text, NULL, 10))
#define _tprintf    npfs_wprintf
#define _ftprintf   npfs_fwprintf
#define _sntprintf  npfs_snwprintf
#define _vtprintf   npfs_vwprintf
#define _vsntprintf npfs_vsnwprintf
#define _fputts     npfs_fputws
#define _fgetts     npfs_fgetws

#else /* !UNICODE */

#define _tmain      main
#define _tcslen     strlen
#define _tcscpy     strcpy
#define _tcsncpy    strncpy
#define _tcscat     strcat
#define _tcsncat    strncat
#define _tcscmp     strcmp
#define _tcsncmp    strncmp
#define _tcsicmp    strcasecmp
#define _tcsnicmp   strncasecmp
#define _tcschr     strchr
#define _tcsrchr    strrchr
#define _tcsstr     strstr
#define _tcstok     strtok
#define _tcsdup     strdup
#define _tcstol     strtol
#define _tcstoul    strtoul
#define _ttoi       atoi
#define _ttol       atol
#define _tprintf    printf
#define _ftprintf   fprintf
#define _stprintf   sprintf
#define _sntprintf  snprintf
#define _vtprintf   vprintf
#define _vftprintf  vfprintf
#define _vstprintf  vsprintf
#define _vsntprintf vsnprintf
#define _tscanf     scanf
#define _stscanf    sscanf
#define _puttchar   putchar
#define _gettchar   getchar
#define _puttc      putc
#define _gettc      getc
#define _putts      puts
#define _fputts     fputs
#define _fgetts     fgets
#define _tfopen     fopen
#define _tgetenv    getenv
#define _tsystem    system
#define _tremove    remove
#define _totupper   toupper
#define _totlower   tolower
#define _istalpha   isalpha
#define _istdigit   isdigit
#define _istspace   isspace
#define _istalnum   isalnum
#define _istupper   isupper
#define _istlower   islower

#endif /* !UNICODE */

NPFS_W32_END

#endif
