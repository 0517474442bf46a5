/* SPDX-License-Identifier: MIT */
/*
 * basetsd.h - integers of a known width
 *
 * Windows is LLP64 and Linux is LP64: LONG and its relatives are 32 bits wide and
 * therefore int here, and the 64-bit ones are long long so that %lld and %I64d sources
 * keep their meaning. The pointer-sized ones follow the 64-bit ones.
 */
#ifndef NPFS_W32_BASETSD_H
#define NPFS_W32_BASETSD_H

#include "npfs_win32.h"

/* C89 and C++98 have no long long; g++ says so in spite of __extension__. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wlong-long"

NPFS_W32_BEGIN

typedef signed char INT8, *PINT8;
typedef short INT16, *PINT16;
typedef int INT32, *PINT32;
__extension__ typedef long long INT64, *PINT64;
typedef unsigned char UINT8, *PUINT8;
typedef unsigned short UINT16, *PUINT16;
typedef unsigned int UINT32, *PUINT32;
__extension__ typedef unsigned long long UINT64, *PUINT64;

typedef int LONG32, *PLONG32;
typedef unsigned int ULONG32, *PULONG32;
typedef unsigned int DWORD32, *PDWORD32;
__extension__ typedef long long LONG64, *PLONG64;
__extension__ typedef unsigned long long ULONG64, *PULONG64;
__extension__ typedef unsigned long long DWORD64, *PDWORD64;

__extension__ typedef long long INT_PTR, *PINT_PTR;
__extension__ typedef unsigned long long UINT_PTR, *PUINT_PTR;
__extension__ typedef long long LONG_PTR, *PLONG_PTR;
__extension__ typedef unsigned long long ULONG_PTR, *PULONG_PTR;
typedef ULONG_PTR DWORD_PTR, *PDWORD_PTR;
typedef ULONG_PTR SIZE_T, *PSIZE_T;
typedef LONG_PTR SSIZE_T, *PSSIZE_T;
typedef ULONG_PTR KAFFINITY, *PKAFFINITY;
typedef unsigned int UHALF_PTR, *PUHALF_PTR;
typedef int HALF_PTR, *PHALF_PTR;

#define MAXUINT_PTR  (~((UINT_PTR)0))
#define MAXULONG_PTR (~((ULONG_PTR)0))
#define MAXSIZE_T    (~((SIZE_T)0))
#define MAXINT_PTR   ((INT_PTR)(MAXUINT_PTR >> 1))
#define MAXLONG_PTR  ((LONG_PTR)(MAXULONG_PTR >> 1))
#define MAXUINT8     ((UINT8) ~((UINT8)0))
#define MAXUINT16    ((UINT16) ~((UINT16)0))
#define MAXUINT32    ((UINT32) ~((UINT32)0))
#define MAXUINT64    ((UINT64) ~((UINT64)0))
#define MAXUINT      ((unsigned int)~0u)
#define MAXDWORD32   ((DWORD32) ~((DWORD32)0))

#define HandleToULong(h)  ((unsigned int)(ULONG_PTR)(h))
#define HandleToLong(h)   ((int)(LONG_PTR)(h))
#define ULongToHandle(ul) ((void *)(ULONG_PTR)(ul))
#define LongToHandle(l)   ((void *)(LONG_PTR)(l))
#define PtrToUlong(p)     ((unsigned int)(ULONG_PTR)(p))
#define PtrToULong(p)     PtrToUlong(p)
#define PtrToLong(p)      ((int)(LONG_PTR)(p))
#define PtrToUint(p)      ((unsigned int)(ULONG_PTR)(p))
#define PtrToInt(p)       ((int)(LONG_PTR)(p))
#define UlongToPtr(ul)    ((void *)(ULONG_PTR)(unsigned int)(ul))
#define ULongToPtr(ul)    UlongToPtr(ul)
#define LongToPtr(l)      ((void *)(LONG_PTR)(int)(l))
#define UIntToPtr(ui)     ((void *)(ULONG_PTR)(unsigned int)(ui))
#define IntToPtr(i)       ((void *)(LONG_PTR)(int)(i))

NPFS_W32_END

#pragma GCC diagnostic pop

#endif
