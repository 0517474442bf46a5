/* SPDX-License-Identifier: MIT */
/*
 * The last error, and the calls that decide what happens when a program fails badly.
 * The texts of errors are in format_message.c.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include <windows.h>

#include "kernel32-shim/thread.h"

static _Atomic UINT error_mode;
static _Atomic(LPTOP_LEVEL_EXCEPTION_FILTER) unhandled_filter;

DWORD WINAPI GetLastError(VOID)
{
	return thread_last_error;
}

VOID WINAPI SetLastError(DWORD error)
{
	thread_last_error = error;
}

UINT WINAPI SetErrorMode(UINT mode)
{
	return atomic_exchange(&error_mode, mode);
}

UINT WINAPI GetErrorMode(VOID)
{
	return atomic_load(&error_mode);
}

/* Kept for the program to get back; faults arrive as signals and are left to it. */
LPTOP_LEVEL_EXCEPTION_FILTER WINAPI
SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER filter)
{
	return atomic_exchange(&unhandled_filter, filter);
}

/*
 * There is no structured exception handling on this side: an exception goes to the
 * filter, and a filter that does not continue it ends the process.
 */
VOID WINAPI RaiseException(DWORD code, DWORD flags, DWORD n_arguments,
			   const ULONG_PTR *arguments)
{
	LPTOP_LEVEL_EXCEPTION_FILTER filter = atomic_load(&unhandled_filter);
	EXCEPTION_RECORD record = {
		.ExceptionCode = code,
		.ExceptionFlags = flags & EXCEPTION_NONCONTINUABLE,
		.ExceptionAddress = __builtin_return_address(0),
	};
	EXCEPTION_POINTERS pointers = {.ExceptionRecord = &record};

	if (n_arguments > EXCEPTION_MAXIMUM_PARAMETERS)
		n_arguments = EXCEPTION_MAXIMUM_PARAMETERS;
	for (DWORD i = 0; arguments && i < n_arguments; i++)
		record.ExceptionInformation[i] = arguments[i];
	record.NumberParameters = arguments ? n_arguments : 0;
	if (filter && filter(&pointers) == EXCEPTION_CONTINUE_EXECUTION &&
	    !(flags & EXCEPTION_NONCONTINUABLE))
		return;
	abort();
}
