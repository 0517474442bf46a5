/* SPDX-License-Identifier: MIT */
/*
 * ioapiset.h - overlapped results, cancellation, completion ports, control codes
 */
#ifndef NPFS_W32_IOAPISET_H
#define NPFS_W32_IOAPISET_H

#include "minwindef.h"
#include "minwinbase.h"

NPFS_W32_BEGIN

WINBASEAPI BOOL WINAPI GetOverlappedResult(HANDLE hFile, LPOVERLAPPED lpOverlapped,
					   LPDWORD lpNumberOfBytesTransferred,
					   BOOL bWait);
WINBASEAPI BOOL WINAPI GetOverlappedResultEx(HANDLE hFile, LPOVERLAPPED lpOverlapped,
					     LPDWORD lpNumberOfBytesTransferred,
					     DWORD dwMilliseconds, BOOL bAlertable);
WINBASEAPI BOOL WINAPI CancelIo(HANDLE hFile);
WINBASEAPI BOOL WINAPI CancelIoEx(HANDLE hFile, LPOVERLAPPED lpOverlapped);
WINBASEAPI BOOL WINAPI CancelSynchronousIo(HANDLE hThread);

WINBASEAPI HANDLE WINAPI CreateIoCompletionPort(HANDLE FileHandle,
						HANDLE ExistingCompletionPort,
						ULONG_PTR CompletionKey,
						DWORD NumberOfConcurrentThreads);
WINBASEAPI BOOL WINAPI GetQueuedCompletionStatus(HANDLE CompletionPort,
						 LPDWORD lpNumberOfBytesTransferred,
						 PULONG_PTR lpCompletionKey,
						 LPOVERLAPPED *lpOverlapped,
						 DWORD dwMilliseconds);
WINBASEAPI BOOL WINAPI GetQueuedCompletionStatusEx(
	HANDLE CompletionPort, LPOVERLAPPED_ENTRY lpCompletionPortEntries, ULONG ulCount,
	PULONG ulNumEntriesRemoved, DWORD dwMilliseconds, BOOL fAlertable);
WINBASEAPI BOOL WINAPI PostQueuedCompletionStatus(HANDLE CompletionPort,
						  DWORD dwNumberOfBytesTransferred,
						  ULONG_PTR dwCompletionKey,
						  LPOVERLAPPED lpOverlapped);

WINBASEAPI BOOL WINAPI DeviceIoControl(HANDLE hDevice, DWORD dwIoControlCode,
				       LPVOID lpInBuffer, DWORD nInBufferSize,
				       LPVOID lpOutBuffer, DWORD nOutBufferSize,
				       LPDWORD lpBytesReturned,
				       LPOVERLAPPED lpOverlapped);

NPFS_W32_END

#endif
