/* SPDX-License-Identifier: MIT */
/*
 * wchar.h - the C library's, with functions for 16-bit characters in place of its own
 *
 * It works as crt/stdio.h does, when wchar_t has 16 bits; else it is the C library's header
 * and nothing more. Conversions one character at a time with a state (mbrtowc and its like)
 * are missing, because the C library's would write 32 bits; a program with them does not link.
 */
#ifndef NPFS_W32_CRT_WCHAR_H
#if __SIZEOF_WCHAR_T__ != 2
#include_next <wchar.h>
#else
#define NPFS_W32_CRT_WCHAR_H

#pragma GCC system_header

#define wcslen npfs_libc_wcslen
#define wcsnlen npfs_libc_wcsnlen
#define wcscpy npfs_libc_wcscpy
#define wcsncpy npfs_libc_wcsncpy
#define wcscat npfs_libc_wcscat
#define wcsncat npfs_libc_wcsncat
#define wcscmp npfs_libc_wcscmp
#define wcsncmp npfs_libc_wcsncmp
#define wcscoll npfs_libc_wcscoll
#define wcscasecmp npfs_libc_wcscasecmp
#define wcsncasecmp npfs_libc_wcsncasecmp
#define wcsxfrm npfs_libc_wcsxfrm
#define wcsspn npfs_libc_wcsspn
#define wcscspn npfs_libc_wcscspn
#define wcstok npfs_libc_wcstok
#define wcsdup npfs_libc_wcsdup
#define wmemcpy npfs_libc_wmemcpy
#define wmemmove npfs_libc_wmemmove
#define wmemset npfs_libc_wmemset
#define wmemcmp npfs_libc_wmemcmp
#define wcstol npfs_libc_wcstol
#define wcstoul npfs_libc_wcstoul
#define wcstoll npfs_libc_wcstoll
#define wcstoull npfs_libc_wcstoull
#define wcstod npfs_libc_wcstod
#define wcstof npfs_libc_wcstof
#define wcstold npfs_libc_wcstold
#define wcsftime npfs_libc_wcsftime
#define wprintf npfs_libc_wprintf
#define fwprintf npfs_libc_fwprintf
#define swprintf npfs_libc_swprintf
#define vwprintf npfs_libc_vwprintf
#define vfwprintf npfs_libc_vfwprintf
#define vswprintf npfs_libc_vswprintf
#define wscanf npfs_libc_wscanf
#define fwscanf npfs_libc_fwscanf
#define swscanf npfs_libc_swscanf
#define vwscanf npfs_libc_vwscanf
#define vfwscanf npfs_libc_vfwscanf
#define vswscanf npfs_libc_vswscanf
#define fgetwc npfs_libc_fgetwc
#define getwc npfs_libc_getwc
#define getwchar npfs_libc_getwchar
#define ungetwc npfs_libc_ungetwc
#define fputwc npfs_libc_fputwc
#define putwc npfs_libc_putwc
#define putwchar npfs_libc_putwchar
#define fputws npfs_libc_fputws
#define fgetws npfs_libc_fgetws
#define wcschr npfs_libc_wcschr
#define wcsrchr npfs_libc_wcsrchr
#define wcsstr npfs_libc_wcsstr
#define wcspbrk npfs_libc_wcspbrk
#define wmemchr npfs_libc_wmemchr
#define mbrtowc npfs_libc_mbrtowc
#define wcrtomb npfs_libc_wcrtomb
#define mbsrtowcs npfs_libc_mbsrtowcs
#define wcsrtombs npfs_libc_wcsrtombs
#define mbsnrtowcs npfs_libc_mbsnrtowcs
#define wcsnrtombs npfs_libc_wcsnrtombs
#include_next <wchar.h>
#undef wcslen
#undef wcsnlen
#undef wcscpy
#undef wcsncpy
#undef wcscat
#undef wcsncat
#undef wcscmp
#undef wcsncmp
#undef wcscoll
#undef wcscasecmp
#undef wcsncasecmp
#undef wcsxfrm
#undef wcsspn
#undef wcscspn
#undef wcstok
#undef wcsdup
#undef wmemcpy
#undef wmemmove
#undef wmemset
#undef wmemcmp
#undef wcstol
#undef wcstoul
#undef wcstoll
#undef wcstoull
#undef wcstod
#undef wcstof
#undef wcstold
#undef wcsftime
#undef wprintf
#undef fwprintf
#undef swprintf
#undef vwprintf
#undef vfwprintf
#undef vswprintf
#undef wscanf
#undef fwscanf
#undef swscanf
#undef vwscanf
#undef vfwscanf
#undef vswscanf
#undef fgetwc
#undef getwc
#undef getwchar
#undef ungetwc
#undef fputwc
#undef putwc
#undef putwchar
#undef fputws
#undef fgetws
#undef wcschr
#undef wcsrchr
#undef wcsstr
#undef wcspbrk
#undef wmemchr
#undef mbrtowc
#undef wcrtomb
#undef mbsrtowcs
#undef wcsrtombs
#undef mbsnrtowcs
#undef wcsnrtombs

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NPFS_W32_CRT(name) __asm__("npfs_" #name)
struct tm;
extern size_t mbrtowc(wchar_t *to, const char *from, size_t n, mbstate_t *state)
	NPFS_W32_CRT(no_mbrtowc);
extern size_t wcrtomb(char *to, wchar_t c, mbstate_t *state) NPFS_W32_CRT(no_wcrtomb);
extern size_t mbsrtowcs(wchar_t *to, const char **fromp, size_t cap, mbstate_t *state)
	NPFS_W32_CRT(no_mbsrtowcs);
extern size_t wcsrtombs(char *to, const wchar_t **fromp, size_t cap, mbstate_t *state)
	NPFS_W32_CRT(no_wcsrtombs);
extern size_t mbsnrtowcs(wchar_t *to, const char **fromp, size_t n, size_t cap,
			 mbstate_t *state) NPFS_W32_CRT(no_mbsnrtowcs);
extern size_t wcsnrtombs(char *to, const wchar_t **fromp, size_t n, size_t cap,
			 mbstate_t *state) NPFS_W32_CRT(no_wcsnrtombs);
extern size_t wcslen(const wchar_t *text) NPFS_W32_CRT(wcslen);
extern size_t wcsnlen(const wchar_t *text, size_t max) NPFS_W32_CRT(wcsnlen);
extern wchar_t *wcscpy(wchar_t *to, const wchar_t *from) NPFS_W32_CRT(wcscpy);
extern wchar_t *wcsncpy(wchar_t *to, const wchar_t *from, size_t n) NPFS_W32_CRT(wcsncpy);
extern wchar_t *wcscat(wchar_t *to, const wchar_t *from) NPFS_W32_CRT(wcscat);
extern wchar_t *wcsncat(wchar_t *to, const wchar_t *from, size_t n) NPFS_W32_CRT(wcsncat);
extern int wcscmp(const wchar_t *a, const wchar_t *b) NPFS_W32_CRT(wcscmp);
extern int wcsncmp(const wchar_t *a, const wchar_t *b, size_t n) NPFS_W32_CRT(wcsncmp);
extern int wcscoll(const wchar_t *a, const wchar_t *b) NPFS_W32_CRT(wcscmp);
extern int wcscasecmp(const wchar_t *a, const wchar_t *b) NPFS_W32_CRT(wcsicmp);
extern int wcsncasecmp(const wchar_t *a, const wchar_t *b, size_t n)
	NPFS_W32_CRT(wcsnicmp);
extern size_t wcsxfrm(wchar_t *to, const wchar_t *from, size_t n) NPFS_W32_CRT(wcsxfrm);
extern size_t wcsspn(const wchar_t *text, const wchar_t *set) NPFS_W32_CRT(wcsspn);
extern size_t wcscspn(const wchar_t *text, const wchar_t *set) NPFS_W32_CRT(wcscspn);
extern wchar_t *wcstok(wchar_t *text, const wchar_t *set, wchar_t **statep)
	NPFS_W32_CRT(wcstok);
extern wchar_t *wcsdup(const wchar_t *text) NPFS_W32_CRT(wcsdup);
extern wchar_t *wmemcpy(wchar_t *to, const wchar_t *from, size_t n) NPFS_W32_CRT(wmemcpy);
extern wchar_t *wmemmove(wchar_t *to, const wchar_t *from, size_t n)
	NPFS_W32_CRT(wmemmove);
extern wchar_t *wmemset(wchar_t *to, wchar_t c, size_t n) NPFS_W32_CRT(wmemset);
extern int wmemcmp(const wchar_t *a, const wchar_t *b, size_t n) NPFS_W32_CRT(wmemcmp);
extern long wcstol(const wchar_t *text, wchar_t **end, int base) NPFS_W32_CRT(wcstol);
extern unsigned long wcstoul(const wchar_t *text, wchar_t **end, int base)
	NPFS_W32_CRT(wcstoul);
extern long long wcstoll(const wchar_t *text, wchar_t **end, int base)
	NPFS_W32_CRT(wcstoll);
extern unsigned long long wcstoull(const wchar_t *text, wchar_t **end, int base)
	NPFS_W32_CRT(wcstoull);
extern double wcstod(const wchar_t *text, wchar_t **end) NPFS_W32_CRT(wcstod);
extern float wcstof(const wchar_t *text, wchar_t **end) NPFS_W32_CRT(wcstof);
extern long double wcstold(const wchar_t *text, wchar_t **end) NPFS_W32_CRT(wcstold);
extern size_t wcsftime(wchar_t *to, size_t cap, const wchar_t *format, const struct tm *tm)
	NPFS_W32_CRT(wcsftime);
extern int wprintf(const wchar_t *format, ...) NPFS_W32_CRT(wprintf);
extern int fwprintf(__FILE *file, const wchar_t *format, ...) NPFS_W32_CRT(fwprintf);
extern int swprintf(wchar_t *to, size_t size, const wchar_t *format, ...)
	NPFS_W32_CRT(swprintf);
extern int vwprintf(const wchar_t *format, va_list args) NPFS_W32_CRT(vwprintf);
extern int vfwprintf(__FILE *file, const wchar_t *format, va_list args)
	NPFS_W32_CRT(vfwprintf);
extern int vswprintf(wchar_t *to, size_t size, const wchar_t *format, va_list args)
	NPFS_W32_CRT(vswprintf);
extern int wscanf(const wchar_t *format, ...) NPFS_W32_CRT(wscanf);
extern int fwscanf(__FILE *file, const wchar_t *format, ...) NPFS_W32_CRT(fwscanf);
extern int swscanf(const wchar_t *text, const wchar_t *format, ...) NPFS_W32_CRT(swscanf);
extern int vwscanf(const wchar_t *format, va_list args) NPFS_W32_CRT(vwscanf);
extern int vfwscanf(__FILE *file, const wchar_t *format, va_list args)
	NPFS_W32_CRT(vfwscanf);
extern int vswscanf(const wchar_t *text, const wchar_t *format, va_list args)
	NPFS_W32_CRT(vswscanf);
extern wint_t fgetwc(__FILE *stream) NPFS_W32_CRT(fgetwc);
extern wint_t getwc(__FILE *stream) NPFS_W32_CRT(fgetwc);
extern wint_t getwchar(void) NPFS_W32_CRT(getwchar);
extern wint_t ungetwc(wint_t unit, __FILE *stream) NPFS_W32_CRT(ungetwc);
extern wint_t fputwc(wchar_t c, __FILE *stream) NPFS_W32_CRT(fputwc);
extern wint_t putwc(wchar_t c, __FILE *stream) NPFS_W32_CRT(fputwc);
extern wint_t putwchar(wchar_t c) NPFS_W32_CRT(putwchar);
extern int fputws(const wchar_t *text, __FILE *stream) NPFS_W32_CRT(fputws);
extern wchar_t *fgetws(wchar_t *to, int n, __FILE *stream) NPFS_W32_CRT(fgetws);

#ifdef __cplusplus
}
#endif

#if defined(__cplusplus) && defined(__CORRECT_ISO_CPP_WCHAR_H_PROTO)
/* C++ has two of each of these; without the macro the C++ library makes the second. */
#define NPFS_W32_CRT_TWO(name, arguments_const, arguments)                           \
	extern "C++" const wchar_t *name arguments_const NPFS_W32_CRT(name);         \
	extern "C++" wchar_t *name arguments NPFS_W32_CRT(name);
NPFS_W32_CRT_TWO(wcschr, (const wchar_t *text, wchar_t c),
		 (wchar_t *text, wchar_t c))
NPFS_W32_CRT_TWO(wcsrchr, (const wchar_t *text, wchar_t c),
		 (wchar_t *text, wchar_t c))
NPFS_W32_CRT_TWO(wcsstr, (const wchar_t *text, const wchar_t *part),
		 (wchar_t *text, const wchar_t *part))
NPFS_W32_CRT_TWO(wcspbrk, (const wchar_t *text, const wchar_t *set),
		 (wchar_t *text, const wchar_t *set))
NPFS_W32_CRT_TWO(wmemchr, (const wchar_t *text, wchar_t c, size_t n),
		 (wchar_t *text, wchar_t c, size_t n))
#undef NPFS_W32_CRT_TWO
#else
#ifdef __cplusplus
extern "C" {
#endif
extern wchar_t *wcschr(const wchar_t *text, wchar_t c) NPFS_W32_CRT(wcschr);
extern wchar_t *wcsrchr(const wchar_t *text, wchar_t c) NPFS_W32_CRT(wcsrchr);
extern wchar_t *wcsstr(const wchar_t *text, const wchar_t *part) NPFS_W32_CRT(wcsstr);
extern wchar_t *wcspbrk(const wchar_t *text, const wchar_t *set) NPFS_W32_CRT(wcspbrk);
extern wchar_t *wmemchr(const wchar_t *text, wchar_t c, size_t n) NPFS_W32_CRT(wmemchr);
#ifdef __cplusplus
}
#endif
#endif
#undef NPFS_W32_CRT

#include <npfs_crt.h>

#endif
#endif
