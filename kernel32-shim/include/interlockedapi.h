/* SPDX-License-Identifier: MIT */
/*
 * interlockedapi.h - interlocked singly linked lists
 *
 * The plain interlocked operations are inline, in "npfs_interlocked.h".
 */
#ifndef NPFS_W32_INTERLOCKEDAPI_H
#define NPFS_W32_INTERLOCKEDAPI_H

#include "minwindef.h"
#include "minwinbase.h"

NPFS_W32_BEGIN

WINBASEAPI VOID WINAPI InitializeSListHead(PSLIST_HEADER ListHead);
WINBASEAPI PSLIST_ENTRY WINAPI InterlockedPushEntrySList(PSLIST_HEADER ListHead,
							 PSLIST_ENTRY ListEntry);
WINBASEAPI PSLIST_ENTRY WINAPI InterlockedPopEntrySList(PSLIST_HEADER ListHead);
WINBASEAPI PSLIST_ENTRY WINAPI InterlockedFlushSList(PSLIST_HEADER ListHead);
WINBASEAPI USHORT WINAPI QueryDepthSList(PSLIST_HEADER ListHead);

NPFS_W32_END

#endif
