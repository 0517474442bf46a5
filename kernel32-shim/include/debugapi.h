/* SPDX-License-Identifier: MIT */
/*
 * debugapi.h - talking to a debugger
 */
#ifndef NPFS_W32_DEBUGAPI_H
#define NPFS_W32_DEBUGAPI_H

#include "minwindef.h"
#include "winnt.h"

NPFS_W32_BEGIN

WINBASEAPI BOOL WINAPI IsDebuggerPresent(VOID);
WINBASEAPI VOID WINAPI DebugBreak(VOID);
WINBASEAPI VOID WINAPI OutputDebugStringA(LPCSTR lpOutputString);
WINBASEAPI VOID WINAPI OutputDebugStringW(LPCWSTR lpOutputString);
#define OutputDebugString NPFS_W32_AW(OutputDebugString)

NPFS_W32_END

#endif
