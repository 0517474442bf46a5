/* SPDX-License-Identifier: MIT */
/*
 * errhandlingapi.h - last error and error modes
 */
#ifndef NPFS_W32_ERRHANDLINGAPI_H
#define NPFS_W32_ERRHANDLINGAPI_H

#include "minwindef.h"
#include "minwinbase.h"

NPFS_W32_BEGIN

#define SEM_FAILCRITICALERRORS     0x0001
#define SEM_NOGPFAULTERRORBOX      0x0002
#define SEM_NOALIGNMENTFAULTEXCEPT 0x0004
#define SEM_NOOPENFILEERRORBOX     0x8000

typedef LONG(WINAPI *PVECTORED_EXCEPTION_HANDLER)(EXCEPTION_POINTERS *ExceptionInfo);
/*
 * Handlers for RaiseException, called in the order of the list until one continues the
 * execution; faults of the processor are signals here and do not come to them. NULL without
 * memory.
 */
WINBASEAPI PVOID WINAPI AddVectoredExceptionHandler(ULONG First,
						    PVECTORED_EXCEPTION_HANDLER Handler);
WINBASEAPI ULONG WINAPI RemoveVectoredExceptionHandler(PVOID Handle);
/* The same, called after one of those above has continued the execution. */
WINBASEAPI PVOID WINAPI AddVectoredContinueHandler(ULONG First,
						   PVECTORED_EXCEPTION_HANDLER Handler);
WINBASEAPI ULONG WINAPI RemoveVectoredContinueHandler(PVOID Handle);

typedef LONG(WINAPI *PTOP_LEVEL_EXCEPTION_FILTER)(EXCEPTION_POINTERS *ExceptionInfo);
typedef PTOP_LEVEL_EXCEPTION_FILTER LPTOP_LEVEL_EXCEPTION_FILTER;

WINBASEAPI DWORD WINAPI GetLastError(VOID);
WINBASEAPI VOID WINAPI SetLastError(DWORD dwErrCode);
WINBASEAPI UINT WINAPI GetErrorMode(VOID);
WINBASEAPI UINT WINAPI SetErrorMode(UINT uMode);
WINBASEAPI VOID WINAPI RaiseException(DWORD dwExceptionCode, DWORD dwExceptionFlags,
				      DWORD nNumberOfArguments,
				      const ULONG_PTR *lpArguments);
WINBASEAPI LPTOP_LEVEL_EXCEPTION_FILTER WINAPI
SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER lpTopLevelExceptionFilter);

NPFS_W32_END

#endif
