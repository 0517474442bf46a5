/* SPDX-License-Identifier: MIT */
/*
 * utilapiset.h - small tools
 */
#ifndef NPFS_W32_UTILAPISET_H
#define NPFS_W32_UTILAPISET_H

#include "minwindef.h"
#include "winnt.h"

NPFS_W32_BEGIN

WINBASEAPI PVOID WINAPI EncodePointer(PVOID Ptr);
WINBASEAPI PVOID WINAPI DecodePointer(PVOID Ptr);
WINBASEAPI BOOL WINAPI Beep(DWORD dwFreq, DWORD dwDuration);

NPFS_W32_END

#endif
