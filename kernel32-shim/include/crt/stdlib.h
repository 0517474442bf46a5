/* SPDX-License-Identifier: MIT */
/*
 * stdlib.h - the C library's, with conversions for 16-bit characters in place of its own
 *
 * It works as crt/stdio.h does. The C++ library has a stdlib.h too, which comes second: first
 * the C library's, by the switch with which the C++ library reaches that itself.
 */
#ifndef NPFS_W32_CRT_STDLIB_H
#define NPFS_W32_CRT_STDLIB_H

#pragma GCC system_header

#if __SIZEOF_WCHAR_T__ == 2
#define mbstowcs npfs_libc_mbstowcs
#define wcstombs npfs_libc_wcstombs
#define mbtowc	 npfs_libc_mbtowc
#define wctomb	 npfs_libc_wctomb
#endif
#if defined(__cplusplus) && !defined(_GLIBCXX_INCLUDE_NEXT_C_HEADERS)
#define _GLIBCXX_INCLUDE_NEXT_C_HEADERS
#include_next <stdlib.h>
#undef _GLIBCXX_INCLUDE_NEXT_C_HEADERS
#else
#include_next <stdlib.h>
#endif
#if __SIZEOF_WCHAR_T__ == 2
#undef mbstowcs
#undef wcstombs
#undef mbtowc
#undef wctomb

#ifdef __cplusplus
extern "C" {
#endif

extern size_t mbstowcs(wchar_t *to, const char *from, size_t n) __asm__("npfs_mbstowcs");
extern size_t wcstombs(char *to, const wchar_t *from, size_t n) __asm__("npfs_wcstombs");
extern int mbtowc(wchar_t *to, const char *from, size_t n) __asm__("npfs_mbtowc");
extern int wctomb(char *to, wchar_t c) __asm__("npfs_wctomb");

#ifdef __cplusplus
}
#endif
#endif

#include <npfs_crt.h>

#endif

#if defined(__cplusplus) && !defined(_GLIBCXX_INCLUDE_NEXT_C_HEADERS)
#include_next <stdlib.h>
#endif
