/* SPDX-License-Identifier: MIT */
/*
 * threadpoollegacyapiset.h - work items and timer queues
 */
#ifndef NPFS_W32_THREADPOOLLEGACYAPISET_H
#define NPFS_W32_THREADPOOLLEGACYAPISET_H

#include "minwindef.h"
#include "minwinbase.h"

NPFS_W32_BEGIN

typedef WAITORTIMERCALLBACKFUNC WAITORTIMERCALLBACK;

WINBASEAPI BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE Function, PVOID Context,
					 ULONG Flags);
WINBASEAPI BOOL WINAPI UnregisterWaitEx(HANDLE WaitHandle, HANDLE CompletionEvent);
WINBASEAPI HANDLE WINAPI CreateTimerQueue(VOID);
WINBASEAPI BOOL WINAPI CreateTimerQueueTimer(PHANDLE phNewTimer, HANDLE TimerQueue,
					     WAITORTIMERCALLBACK Callback,
					     PVOID Parameter, DWORD DueTime, DWORD Period,
					     ULONG Flags);
WINBASEAPI BOOL WINAPI ChangeTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer,
					     ULONG DueTime, ULONG Period);
WINBASEAPI BOOL WINAPI DeleteTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer,
					     HANDLE CompletionEvent);
WINBASEAPI BOOL WINAPI DeleteTimerQueue(HANDLE TimerQueue);
WINBASEAPI BOOL WINAPI DeleteTimerQueueEx(HANDLE TimerQueue, HANDLE CompletionEvent);

NPFS_W32_END

#endif
