/* SPDX-License-Identifier: MIT */
/*
 * memoryapi.h - pages of memory
 */
#ifndef NPFS_W32_MEMORYAPI_H
#define NPFS_W32_MEMORYAPI_H

#include "minwindef.h"
#include "minwinbase.h"

NPFS_W32_BEGIN

WINBASEAPI LPVOID WINAPI VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize,
				      DWORD flAllocationType, DWORD flProtect);
WINBASEAPI BOOL WINAPI VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType);
WINBASEAPI BOOL WINAPI VirtualProtect(LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect,
				      PDWORD lpflOldProtect);
WINBASEAPI SIZE_T WINAPI VirtualQuery(LPCVOID lpAddress,
				      PMEMORY_BASIC_INFORMATION lpBuffer,
				      SIZE_T dwLength);
WINBASEAPI BOOL WINAPI VirtualLock(LPVOID lpAddress, SIZE_T dwSize);
WINBASEAPI BOOL WINAPI VirtualUnlock(LPVOID lpAddress, SIZE_T dwSize);

NPFS_W32_END

#endif
