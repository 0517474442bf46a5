/* SPDX-License-Identifier: MIT */
/*
 * npfs_win32.h - the compiler words under the Windows headers
 *
 * Win32 sources lean on words of one compiler: calling conventions, __declspec, sized
 * integer names. On Linux x86-64 there is one calling convention, and the rest has an
 * equivalent; this file is the only one that knows it. It also holds what the other
 * headers share among themselves, all of it spelled NPFS_W32_...:
 *
 *   NPFS_W32_BEGIN, NPFS_W32_END   C linkage round a header's declarations
 *   NPFS_W32_API                   visible from the shim, whatever the default visibility
 *   NPFS_W32_AW(name)              nameW in a UNICODE build, nameA otherwise
 *   NPFS_W32_INLINE                static inline in every dialect from C89 on
 *   NPFS_W32_WTEXT(quote)          a literal of WCHARs
 *
 * and the type WCHAR itself.
 *
 * Nothing here is a name the C library or the C++ library uses: __in, __out, __try and
 * the like belong to them.
 */
#ifndef NPFS_W32_NPFS_WIN32_H
#define NPFS_W32_NPFS_WIN32_H

#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>

#include "sdkddkver.h"

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "these headers describe the 64-bit layout; build for an LP64 target"
#endif

#ifdef __cplusplus
#define NPFS_W32_BEGIN extern "C" {
#define NPFS_W32_END   }
#else
#define NPFS_W32_BEGIN
#define NPFS_W32_END
#endif

#define NPFS_W32_API    __attribute__((visibility("default")))
#define NPFS_W32_INLINE static __inline__ __attribute__((unused))

#ifdef UNICODE
#define NPFS_W32_AW(name) name##W
#else
#define NPFS_W32_AW(name) name##A
#endif

#ifndef _MSC_EXTENSIONS

/* Calling conventions: there is one. */
#ifndef __stdcall
#define __stdcall
#endif
#ifndef __cdecl
#define __cdecl
#endif
#ifndef __fastcall
#define __fastcall
#endif
#ifndef __thiscall
#define __thiscall
#endif
#ifndef __vectorcall
#define __vectorcall
#endif
#ifndef _stdcall
#define _stdcall
#endif
#ifndef _cdecl
#define _cdecl
#endif
#ifndef __pascal
#define __pascal
#endif

#ifndef __int64
#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long long
#endif
#ifndef __forceinline
#define __forceinline __inline__ __attribute__((always_inline))
#endif
#ifndef _inline
#define _inline __inline__
#endif
#ifndef __unaligned
#define __unaligned
#endif
#ifndef __w64
#define __w64
#endif
#ifndef __ptr64
#define __ptr64
#endif

#ifndef __declspec
/* __declspec(x): each word that has a meaning here; others do not compile. */
#define __declspec(word) NPFS_W32_DECLSPEC_##word
#define NPFS_W32_DECLSPEC_dllimport
#define NPFS_W32_DECLSPEC_dllexport      __attribute__((visibility("default")))
#define NPFS_W32_DECLSPEC_noreturn       __attribute__((noreturn))
#define NPFS_W32_DECLSPEC_noinline       __attribute__((noinline))
#define NPFS_W32_DECLSPEC_nothrow        __attribute__((nothrow))
#define NPFS_W32_DECLSPEC_align(bytes)   __attribute__((aligned(bytes)))
#define NPFS_W32_DECLSPEC_deprecated     __attribute__((deprecated))
#define NPFS_W32_DECLSPEC_selectany      __attribute__((weak))
#define NPFS_W32_DECLSPEC_restrict       __attribute__((malloc))
#define NPFS_W32_DECLSPEC_allocate(name) __attribute__((section(name)))
#define NPFS_W32_DECLSPEC_novtable
#define NPFS_W32_DECLSPEC_noalias
#define NPFS_W32_DECLSPEC_uuid(text)
#if !defined(__cplusplus) && defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define NPFS_W32_DECLSPEC_thread _Thread_local
#else
#define NPFS_W32_DECLSPEC_thread __thread
#endif
#endif

#endif /* !_MSC_EXTENSIONS */

/*
 * WCHAR is one UTF-16 unit, whatever the dialect has for it; NPFS_W32_WTEXT makes a literal
 * of such units.
 */
#if defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#define NPFS_W32_WTEXT(quote) L##quote
#elif defined(__cplusplus) && __cplusplus >= 201103L
typedef char16_t WCHAR;
#define NPFS_W32_WTEXT(quote) u##quote
#else
typedef uint_least16_t WCHAR;
#define NPFS_W32_WTEXT(quote) u##quote
#endif

#endif
