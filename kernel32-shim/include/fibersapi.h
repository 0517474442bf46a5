/* SPDX-License-Identifier: MIT */
/*
 * fibersapi.h - fiber-local storage
 */
#ifndef NPFS_W32_FIBERSAPI_H
#define NPFS_W32_FIBERSAPI_H

#include "minwindef.h"
#include "minwinbase.h"

NPFS_W32_BEGIN

#define FLS_OUT_OF_INDEXES ((DWORD)0xFFFFFFFF)

WINBASEAPI DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback);
WINBASEAPI BOOL WINAPI FlsFree(DWORD dwFlsIndex);
WINBASEAPI PVOID WINAPI FlsGetValue(DWORD dwFlsIndex);
WINBASEAPI BOOL WINAPI FlsSetValue(DWORD dwFlsIndex, PVOID lpFlsData);
WINBASEAPI BOOL WINAPI IsThreadAFiber(VOID);

NPFS_W32_END

#endif
