/* SPDX-License-Identifier: MIT */
/* Handles: closing, duplicating, flags.  The table is in handle_table.h. */
#include <windows.h>

#include <npfs/status.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/process.h"
#include "kernel32-shim/thread.h"

#ifndef ERROR_NOT_SAME_OBJECT
#define ERROR_NOT_SAME_OBJECT 1656
#endif

BOOL WINAPI CloseHandle(HANDLE h)
{
	npfs_status status = handle_close(h);

	return status == STATUS_SUCCESS ? TRUE
					: thread_fail(npfs_status_to_win32(status));
}

/* General rights made specific, for files and pipes. */
static DWORD file_access_map(DWORD access)
{
	if (access & GENERIC_READ)
		access |= FILE_GENERIC_READ;
	if (access & GENERIC_WRITE)
		access |= FILE_GENERIC_WRITE;
	if (access & GENERIC_EXECUTE)
		access |= FILE_GENERIC_EXECUTE;
	if (access & GENERIC_ALL)
		access |= FILE_ALL_ACCESS;
	return access &
	       ~(DWORD)(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

/*
 * What a duplicate may do.  A file's duplicate cannot do more than its source; the other
 * kinds have no security of their own and give what is asked.
 */
static DWORD duplicate_access(const struct object *o, DWORD granted, DWORD desired,
			      DWORD *accessp)
{
	switch (o->ops->type) {
	case OBJECT_DISK_FILE:
	case OBJECT_CONSOLE:
	case OBJECT_PIPE:
		desired = file_access_map(desired);
		if (desired & ~granted & ~(DWORD)SYNCHRONIZE)
			return ERROR_ACCESS_DENIED;
		*accessp = desired;
		return 0;
	default:
		if (desired & (GENERIC_ALL | GENERIC_READ | GENERIC_WRITE |
			       GENERIC_EXECUTE | MAXIMUM_ALLOWED))
			desired = UINT32_MAX;
		*accessp = desired;
		return 0;
	}
}

static bool is_this_process(HANDLE h)
{
	struct handle_pin pin;
	struct object *o = handle_pin(h, OBJECT_PROCESS, NULL, &pin);

	if (o)
		handle_unpin(&pin);
	return o == process_self();
}

static DWORD handle_duplicate(HANDLE source, HANDLE *targetp, DWORD desired, BOOL inherit,
			      DWORD options)
{
	uint32_t granted;
	struct object *o = handle_get(source, OBJECT_ANY, &granted);
	DWORD access = granted;
	DWORD error = 0;
	HANDLE h = NULL;

	if (!o)
		return ERROR_INVALID_HANDLE;
	if (!(options & DUPLICATE_SAME_ACCESS))
		error = duplicate_access(o, granted, desired, &access);
	if (!error && targetp) {
		h = handle_new(o, access, inherit ? HANDLE_INHERIT : 0);
		if (h)
			*targetp = h;
		else
			error = thread_last_error;
	}
	object_unref(o);
	return error;
}

BOOL WINAPI DuplicateHandle(HANDLE source_process, HANDLE source, HANDLE target_process,
			    LPHANDLE targetp, DWORD access, BOOL inherit, DWORD options)
{
	DWORD error;

	if (!is_this_process(source_process) || !is_this_process(target_process))
		return thread_fail(ERROR_INVALID_HANDLE);
	if (!targetp && !(options & DUPLICATE_CLOSE_SOURCE))
		return thread_fail(ERROR_INVALID_PARAMETER);
	error = handle_duplicate(source, targetp, access, inherit, options);
	/* The source closes whatever became of the duplicate. */
	if (options & DUPLICATE_CLOSE_SOURCE)
		handle_close(source);
	return error ? thread_fail(error) : TRUE;
}

BOOL WINAPI GetHandleInformation(HANDLE h, LPDWORD flagsp)
{
	uint32_t flags;

	if (handle_get_flags(h, &flags) != STATUS_SUCCESS)
		return thread_fail(ERROR_INVALID_HANDLE);
	if (!flagsp)
		return thread_fail(ERROR_NOACCESS);
	*flagsp = flags;
	return TRUE;
}

BOOL WINAPI SetHandleInformation(HANDLE h, DWORD mask, DWORD flags)
{
	const DWORD known = HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE;

	if (mask & ~known)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (handle_set_flags(h, mask, flags) != STATUS_SUCCESS)
		return thread_fail(ERROR_INVALID_HANDLE);
	return TRUE;
}

BOOL WINAPI CompareObjectHandles(HANDLE first, HANDLE second)
{
	struct handle_pin pin[2];
	struct object *a = handle_pin(first, OBJECT_ANY, NULL, &pin[0]);
	struct object *b = handle_pin(second, OBJECT_ANY, NULL, &pin[1]);

	if (a)
		handle_unpin(&pin[0]);
	if (b)
		handle_unpin(&pin[1]);
	if (!a || !b)
		return thread_fail(ERROR_INVALID_HANDLE);
	return a == b ? TRUE : thread_fail(ERROR_NOT_SAME_OBJECT);
}
