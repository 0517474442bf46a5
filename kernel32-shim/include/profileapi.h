/* SPDX-License-Identifier: MIT */
/*
 * profileapi.h - the fine clock
 */
#ifndef NPFS_W32_PROFILEAPI_H
#define NPFS_W32_PROFILEAPI_H

#include "minwindef.h"
#include "winnt.h"

NPFS_W32_BEGIN

WINBASEAPI BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount);
WINBASEAPI BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency);

NPFS_W32_END

#endif
