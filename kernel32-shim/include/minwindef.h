/* SPDX-License-Identifier: MIT */
/*
 * minwindef.h - the words every declaration is made of
 */
#ifndef NPFS_W32_MINWINDEF_H
#define NPFS_W32_MINWINDEF_H

#include "npfs_win32.h"
#include "specstrings.h"
#include "winapifamily.h"
#include "basetsd.h"

#ifndef NO_STRICT
#ifndef STRICT
#define STRICT 1
#endif
#endif

#ifndef NULL
#ifdef __cplusplus
#define NULL 0
#else
#define NULL ((void *)0)
#endif
#endif

#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif

#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif

/* The memory-model words of 16-bit sources; NPFS_W32_NO_FAR keeps the short ones away. */
#define FAR
#define NEAR
#ifndef NPFS_W32_NO_FAR
#ifndef far
#define far
#endif
#ifndef near
#define near
#endif
#endif

#define CALLBACK      __stdcall
#define WINAPI        __stdcall
#define WINAPIV       __cdecl
#define APIENTRY      WINAPI
#define APIPRIVATE    __stdcall
#define PASCAL        __stdcall
#define CDECL         __cdecl
#define WINAPI_INLINE WINAPI

#ifndef CONST
#define CONST const
#endif
#ifndef VOID
#define VOID void
#endif

#ifndef MAX_PATH
#define MAX_PATH 260
#endif

#ifndef DECLSPEC_IMPORT
#define DECLSPEC_IMPORT NPFS_W32_API
#endif
#define DECLSPEC_NORETURN   __attribute__((noreturn))
#define DECLSPEC_NOINLINE   __attribute__((noinline))
#define DECLSPEC_ALIGN(n)   __attribute__((aligned(n)))
#define DECLSPEC_SELECTANY  __attribute__((weak))
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(64)
#define DECLSPEC_UUID(text)
#define DECLSPEC_NOVTABLE
#define DECLSPEC_ALLOCATOR
#define WINBASEAPI   DECLSPEC_IMPORT
#define WINADVAPI    DECLSPEC_IMPORT
#define WINUSERAPI   DECLSPEC_IMPORT
#define NTSYSAPI     DECLSPEC_IMPORT
#define NTSYSCALLAPI DECLSPEC_IMPORT
#define ZAWPROXYAPI  DECLSPEC_IMPORT

/* C89 and C++98 have no long long; g++ says so in spite of __extension__. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wlong-long"

NPFS_W32_BEGIN

typedef int BOOL, *PBOOL, *LPBOOL;
typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef unsigned short WORD, *PWORD, *LPWORD;
typedef unsigned int DWORD, *PDWORD, *LPDWORD;
typedef int INT, *PINT, *LPINT;
typedef unsigned int UINT, *PUINT, *LPUINT;
typedef int LONG, *PLONG, *LPLONG;
typedef unsigned int ULONG, *PULONG;
typedef short SHORT, *PSHORT;
typedef unsigned short USHORT, *PUSHORT;
typedef char CHAR, *PCHAR;
typedef unsigned char UCHAR, *PUCHAR;
typedef float FLOAT, *PFLOAT;
typedef double DOUBLE;
typedef char *PSZ;
typedef void *PVOID, *LPVOID;
typedef const void *LPCVOID;
__extension__ typedef long long LONGLONG, *PLONGLONG;
__extension__ typedef unsigned long long ULONGLONG, *PULONGLONG;
__extension__ typedef unsigned long long DWORDLONG, *PDWORDLONG;
typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM;
typedef LONG_PTR LRESULT;
typedef LONGLONG USN;

typedef void *HANDLE, **PHANDLE, **LPHANDLE, **SPHANDLE;
typedef HANDLE HGLOBAL;
typedef HANDLE HLOCAL;
typedef HANDLE GLOBALHANDLE;
typedef HANDLE LOCALHANDLE;
typedef int HFILE;
typedef WORD ATOM;

#define DECLARE_HANDLE(name)                                                             \
	struct name##__ {                                                                \
		int unused;                                                              \
	};                                                                               \
	typedef struct name##__ *name

DECLARE_HANDLE(HINSTANCE);
typedef HINSTANCE HMODULE;
DECLARE_HANDLE(HKEY);
typedef HKEY *PHKEY;
DECLARE_HANDLE(HKL);
DECLARE_HANDLE(HRSRC);
DECLARE_HANDLE(HTASK);
DECLARE_HANDLE(HWINSTA);

/* Without a parameter list in C, so that a cast to the real type draws no remark. */
#pragma GCC diagnostic push
#ifndef __cplusplus
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#endif
typedef INT_PTR(WINAPI *FARPROC)();
typedef INT_PTR(WINAPI *NEARPROC)();
typedef INT_PTR(WINAPI *PROC)();
#pragma GCC diagnostic pop

typedef struct _FILETIME {
	DWORD dwLowDateTime;
	DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

NPFS_W32_END

#pragma GCC diagnostic pop

#define MAKEWORD(low, high)                                                              \
	((WORD)(((BYTE)((DWORD_PTR)(low)&0xff)) |                                        \
		((WORD)((BYTE)((DWORD_PTR)(high)&0xff))) << 8))
#define MAKELONG(low, high)                                                              \
	((LONG)(((WORD)((DWORD_PTR)(low)&0xffff)) |                                      \
		((DWORD)((WORD)((DWORD_PTR)(high)&0xffff))) << 16))
#define LOWORD(value) ((WORD)((DWORD_PTR)(value)&0xffff))
#define HIWORD(value) ((WORD)(((DWORD_PTR)(value) >> 16) & 0xffff))
#define LOBYTE(value) ((BYTE)((DWORD_PTR)(value)&0xff))
#define HIBYTE(value) ((BYTE)(((DWORD_PTR)(value) >> 8) & 0xff))

/* Not in C++, where min and max are names of the library. */
#if !defined(NOMINMAX) && !defined(__cplusplus)
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#endif

#ifndef UNREFERENCED_PARAMETER
#define UNREFERENCED_PARAMETER(p)          ((void)(p))
#define DBG_UNREFERENCED_PARAMETER(p)      ((void)(p))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(v) ((void)(v))
#endif

#endif
