/* SPDX-License-Identifier: MIT */
/*
 * stdio.h - the C library's, with Windows' printf and scanf families in place of its own
 *
 * The names that are replaced are another name while the C library declares them, inline
 * copies for _FORTIFY_SOURCE among them, and are declared afresh afterwards, bound to the
 * library's npfs_... functions. So they are functions and no macros, and std::printf is the
 * same one.
 */
#ifndef NPFS_W32_CRT_STDIO_H
#define NPFS_W32_CRT_STDIO_H

#pragma GCC system_header

#define printf	  npfs_libc_printf
#define fprintf	  npfs_libc_fprintf
#define sprintf	  npfs_libc_sprintf
#define snprintf  npfs_libc_snprintf
#define vprintf	  npfs_libc_vprintf
#define vfprintf  npfs_libc_vfprintf
#define vsprintf  npfs_libc_vsprintf
#define vsnprintf npfs_libc_vsnprintf
#define scanf	  npfs_libc_scanf
#define fscanf	  npfs_libc_fscanf
#define sscanf	  npfs_libc_sscanf
#define vscanf	  npfs_libc_vscanf
#define vfscanf	  npfs_libc_vfscanf
#define vsscanf	  npfs_libc_vsscanf
#include_next <stdio.h>
#undef printf
#undef fprintf
#undef sprintf
#undef snprintf
#undef vprintf
#undef vfprintf
#undef vsprintf
#undef vsnprintf
#undef scanf
#undef fscanf
#undef sscanf
#undef vscanf
#undef vfscanf
#undef vsscanf

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NPFS_W32_CRT(name) __asm__("npfs_" #name)
extern int printf(const char *format, ...) NPFS_W32_CRT(printf);
extern int fprintf(FILE *file, const char *format, ...) NPFS_W32_CRT(fprintf);
extern int sprintf(char *to, const char *format, ...) NPFS_W32_CRT(sprintf);
extern int snprintf(char *to, size_t size, const char *format, ...) NPFS_W32_CRT(snprintf);
extern int vprintf(const char *format, va_list args) NPFS_W32_CRT(vprintf);
extern int vfprintf(FILE *file, const char *format, va_list args) NPFS_W32_CRT(vfprintf);
extern int vsprintf(char *to, const char *format, va_list args) NPFS_W32_CRT(vsprintf);
extern int vsnprintf(char *to, size_t size, const char *format, va_list args)
	NPFS_W32_CRT(vsnprintf);
extern int scanf(const char *format, ...) NPFS_W32_CRT(scanf);
extern int fscanf(FILE *file, const char *format, ...) NPFS_W32_CRT(fscanf);
extern int sscanf(const char *text, const char *format, ...) NPFS_W32_CRT(sscanf);
extern int vscanf(const char *format, va_list args) NPFS_W32_CRT(vscanf);
extern int vfscanf(FILE *file, const char *format, va_list args) NPFS_W32_CRT(vfscanf);
extern int vsscanf(const char *text, const char *format, va_list args) NPFS_W32_CRT(vsscanf);
#undef NPFS_W32_CRT

#ifdef __cplusplus
}
#endif

#include <npfs_crt.h>

#endif
