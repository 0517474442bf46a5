/* SPDX-License-Identifier: MIT */
/*
 * The last error, and the calls that decide what happens when a program fails badly.
 * The texts of errors are in format_message.c.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
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

/* Vectored handlers: a list for exceptions, another for their continuation. */
struct vectored {
	struct vectored *next;
	PVECTORED_EXCEPTION_HANDLER handler;
};

enum { VECTORED_MAX = 64 };

static pthread_mutex_t vectored_lock = PTHREAD_MUTEX_INITIALIZER;
static struct vectored *exceptions, *continues; /* vectored lock */

static void handlers_lock(void)
{
	pthread_mutex_lock(&vectored_lock);
}

static void handlers_unlock(void)
{
	pthread_mutex_unlock(&vectored_lock);
}

__attribute__((constructor)) static void handlers_survive_fork(void)
{
	pthread_atfork(handlers_lock, handlers_unlock, handlers_unlock);
}

static PVOID vectored_add(struct vectored **list, bool first,
			  PVECTORED_EXCEPTION_HANDLER handler)
{
	struct vectored *entry = malloc(sizeof(*entry));

	if (!entry)
		return NULL;
	entry->handler = handler;
	pthread_mutex_lock(&vectored_lock);
	while (!first && *list)
		list = &(*list)->next;
	entry->next = *list;
	*list = entry;
	pthread_mutex_unlock(&vectored_lock);
	return entry;
}

static ULONG vectored_remove(struct vectored **list, PVOID handle)
{
	struct vectored *entry;

	pthread_mutex_lock(&vectored_lock);
	while (*list && *list != handle)
		list = &(*list)->next;
	entry = *list;
	if (entry)
		*list = entry->next;
	pthread_mutex_unlock(&vectored_lock);
	free(entry);
	return entry != NULL;
}

/* Calls them without the lock, as they are at this moment; true when one continues. */
static bool vectored_call(struct vectored *const *list, EXCEPTION_POINTERS *pointers)
{
	PVECTORED_EXCEPTION_HANDLER handlers[VECTORED_MAX];
	struct vectored *entry;
	size_t n = 0;

	pthread_mutex_lock(&vectored_lock);
	for (entry = *list; entry && n < VECTORED_MAX; entry = entry->next)
		handlers[n++] = entry->handler;
	pthread_mutex_unlock(&vectored_lock);
	for (size_t i = 0; i < n; i++)
		if (handlers[i](pointers) == EXCEPTION_CONTINUE_EXECUTION)
			return true;
	return false;
}

PVOID WINAPI AddVectoredExceptionHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler)
{
	return vectored_add(&exceptions, first != 0, handler);
}

ULONG WINAPI RemoveVectoredExceptionHandler(PVOID handle)
{
	return vectored_remove(&exceptions, handle);
}

PVOID WINAPI AddVectoredContinueHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler)
{
	return vectored_add(&continues, first != 0, handler);
}

ULONG WINAPI RemoveVectoredContinueHandler(PVOID handle)
{
	return vectored_remove(&continues, handle);
}

/*
 * There is no structured exception handling on this side: an exception goes to the vectored
 * handlers, then to the filter, and when nobody continues it the process ends.
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
	if (vectored_call(&exceptions, &pointers)) {
		vectored_call(&continues, &pointers);
		if (!(flags & EXCEPTION_NONCONTINUABLE))
			return;
		abort();
	}
	if (filter && filter(&pointers) == EXCEPTION_CONTINUE_EXECUTION &&
	    !(flags & EXCEPTION_NONCONTINUABLE))
		return;
	abort();
}

/* __try blocks: npfs_try.h */

void npfs_try_left(int *is_insidep)
{
	if (!*is_insidep)
		return;
	fputs("npfs: a __try block was left past its __finally block\n", stderr);
	abort();
}
