/* SPDX-License-Identifier: MIT */
/*
 * winnls.h - code pages and locale-dependent comparison
 */
#ifndef NPFS_W32_WINNLS_H
#define NPFS_W32_WINNLS_H

#include "windef.h"
#include "stringapiset.h"

NPFS_W32_BEGIN

#define NORM_IGNORECASE        0x00000001
#define NORM_IGNORENONSPACE    0x00000002
#define NORM_IGNORESYMBOLS     0x00000004
#define SORT_STRINGSORT        0x00001000
#define LCMAP_LOWERCASE        0x00000100
#define LCMAP_UPPERCASE        0x00000200
#define MAX_DEFAULTCHAR        2
#define MAX_LEADBYTES          12
#define LOCALE_NAME_MAX_LENGTH 85

typedef struct _cpinfo {
	UINT MaxCharSize;
	BYTE DefaultChar[MAX_DEFAULTCHAR];
	BYTE LeadByte[MAX_LEADBYTES];
} CPINFO, *LPCPINFO;

WINBASEAPI UINT WINAPI GetACP(VOID);
WINBASEAPI UINT WINAPI GetOEMCP(VOID);
WINBASEAPI BOOL WINAPI IsValidCodePage(UINT CodePage);
WINBASEAPI BOOL WINAPI GetCPInfo(UINT CodePage, LPCPINFO lpCPInfo);
WINBASEAPI BOOL WINAPI IsDBCSLeadByte(BYTE TestChar);
WINBASEAPI LCID WINAPI GetUserDefaultLCID(VOID);
WINBASEAPI LCID WINAPI GetSystemDefaultLCID(VOID);
WINBASEAPI LANGID WINAPI GetUserDefaultLangID(VOID);
WINBASEAPI LANGID WINAPI GetSystemDefaultLangID(VOID);
WINBASEAPI int WINAPI CompareStringA(LCID Locale, DWORD dwCmpFlags, LPCSTR lpString1,
				     int cchCount1, LPCSTR lpString2, int cchCount2);
WINBASEAPI int WINAPI CompareStringW(LCID Locale, DWORD dwCmpFlags, LPCWSTR lpString1,
				     int cchCount1, LPCWSTR lpString2, int cchCount2);
#define CompareString NPFS_W32_AW(CompareString)

NPFS_W32_END

#endif
