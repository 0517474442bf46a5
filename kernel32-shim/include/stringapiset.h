/* SPDX-License-Identifier: MIT */
/*
 * stringapiset.h - between ANSI (UTF-8 here) and UTF-16; comparing text
 */
#ifndef NPFS_W32_STRINGAPISET_H
#define NPFS_W32_STRINGAPISET_H

#include "minwindef.h"
#include "winnt.h"

NPFS_W32_BEGIN

#define CP_ACP        0
#define CP_OEMCP      1
#define CP_MACCP      2
#define CP_THREAD_ACP 3
#define CP_SYMBOL     42
#define CP_UTF7       65000
#define CP_UTF8       65001

#define MB_PRECOMPOSED       0x00000001
#define MB_COMPOSITE         0x00000002
#define MB_USEGLYPHCHARS     0x00000004
#define MB_ERR_INVALID_CHARS 0x00000008
#define WC_COMPOSITECHECK    0x00000200
#define WC_DISCARDNS         0x00000010
#define WC_SEPCHARS          0x00000020
#define WC_DEFAULTCHAR       0x00000040
#define WC_ERR_INVALID_CHARS 0x00000080
#define WC_NO_BEST_FIT_CHARS 0x00000400

#define CSTR_LESS_THAN    1
#define CSTR_EQUAL        2
#define CSTR_GREATER_THAN 3

WINBASEAPI int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags,
					  LPCSTR lpMultiByteStr, int cbMultiByte,
					  LPWSTR lpWideCharStr, int cchWideChar);
WINBASEAPI int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags,
					  LPCWSTR lpWideCharStr, int cchWideChar,
					  LPSTR lpMultiByteStr, int cbMultiByte,
					  LPCSTR lpDefaultChar, LPBOOL lpUsedDefaultChar);
WINBASEAPI int WINAPI CompareStringOrdinal(LPCWSTR lpString1, int cchCount1,
					   LPCWSTR lpString2, int cchCount2,
					   BOOL bIgnoreCase);

NPFS_W32_END

#endif
