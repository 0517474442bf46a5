/* SPDX-License-Identifier: MIT */
/*
 * Handles: closing, duplicating, flags.  The table is in handle_table.h.
 *
 * DuplicateHandle gives to another process (deposit.h) and does not take from one: a
 * process would have to hand its handles out on request, to anybody of its user, at any
 * moment. As a source, any process but this one is refused with ERROR_NOT_SUPPORTED. To a
 * process that is not linked with the library a handle can be given; it waits there until
 * that process ends.
 */
#include <windows.h>

#include <npfs/status.h>

#include "kernel32-shim/access_map.h"
#include "kernel32-shim/deposit.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/process.h"
#include "kernel32-shim/sync_object.h"
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

/*
 * What a duplicate may do.  A file's duplicate cannot do more than its source; of the other
 * kinds whoever may duplicate a handle may have what he asks for, and no more.
 */
static DWORD duplicate_access(const struct object *o, DWORD granted, DWORD desired,
			      DWORD *accessp)
{
	switch (o->ops->type) {
	case OBJECT_DISK_FILE:
	case OBJECT_CONSOLE:
	case OBJECT_PIPE:
		desired = access_map(desired, &access_file_map);
		if (desired & ~granted & ~(DWORD)SYNCHRONIZE)
			return ERROR_ACCESS_DENIED;
		*accessp = desired;
		return 0;
	case OBJECT_EVENT:
	case OBJECT_MUTEX:
	case OBJECT_SEMAPHORE:
	case OBJECT_TIMER:
		*accessp = sync_object_access_map(o->ops->type, desired);
		return 0;
	case OBJECT_PROCESS:
		*accessp = access_map_process(desired);
		return 0;
	case OBJECT_THREAD:
		*accessp = access_map_thread(desired);
		return 0;
	case OBJECT_TOKEN:
		*accessp = access_map_token(desired);
		return 0;
	case OBJECT_PORT:
		*accessp = access_map_granting(desired, &access_port_map);
		return 0;
	default:
		if (desired & (ACCESS_GENERIC | MAXIMUM_ALLOWED))
			desired = UINT32_MAX;
		*accessp = desired;
		return 0;
	}
}

/* The process behind a handle that allows duplication, counted. */
static DWORD process_of(HANDLE h, struct process **processp)
{
	uint32_t granted;
	struct object *o = handle_get(h, OBJECT_PROCESS, &granted);

	if (!o)
		return ERROR_INVALID_HANDLE;
	if (!(granted & PROCESS_DUP_HANDLE)) {
		object_unref(o);
		return ERROR_ACCESS_DENIED;
	}
	*processp = process_from_object(o);
	return 0;
}

static DWORD handle_duplicate(struct process *target, HANDLE source, HANDLE *targetp,
			      DWORD desired, BOOL inherit, DWORD options)
{
	const uint32_t flags = inherit ? HANDLE_INHERIT : 0;
	uint32_t granted;
	struct object *o = handle_get(source, OBJECT_ANY, &granted);
	DWORD access = granted;
	DWORD error = 0;
	HANDLE h = NULL;

	if (!o)
		return ERROR_INVALID_HANDLE;
	if (!(options & DUPLICATE_SAME_ACCESS))
		error = duplicate_access(o, granted, desired, &access);
	if (!error && targetp && &target->object != process_self()) {
		error = deposit_put(target, o, access, flags, targetp);
	} else if (!error && targetp) {
		h = handle_new(o, access, flags);
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
	struct process *from, *to = NULL;
	DWORD error = process_of(source_process, &from);

	if (error)
		return thread_fail(error);
	if (targetp || !(options & DUPLICATE_CLOSE_SOURCE))
		error = process_of(target_process, &to);
	if (!error && &from->object != process_self())
		error = ERROR_NOT_SUPPORTED;
	if (!error && !targetp && !(options & DUPLICATE_CLOSE_SOURCE))
		error = ERROR_INVALID_PARAMETER;
	if (!error && targetp)
		error = handle_duplicate(to, source, targetp, access, inherit, options);
	/* The source closes whatever became of the duplicate. */
	if ((options & DUPLICATE_CLOSE_SOURCE) && &from->object == process_self() &&
	    handle_close(source) != STATUS_SUCCESS && !error)
		error = ERROR_INVALID_HANDLE;
	object_unref(&from->object);
	if (to)
		object_unref(&to->object);
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
