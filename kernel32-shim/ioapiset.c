/* SPDX-License-Identifier: MIT */
/*
 * ReadFile, WriteFile and their kin
 *
 * The plain call (synchronous pipe handle, no OVERLAPPED) is the hot path: pin the handle,
 * one library call, unpin. Which thread sleeps where is the library's business; the pin
 * keeps the object, and a handle closed meanwhile is cleaned up when the call is over, as
 * with a file object whose lock is held.
 *
 * Counts (section 5.3): *bytes is 0 before anything else; it is the count with TRUE, and
 * with ERROR_MORE_DATA when there is no OVERLAPPED.
 */
#include <windows.h>

#include <npfs/npfs.h>

#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/native.h"
#include "kernel32-shim/overlapped.h"
#include "kernel32-shim/pipe_object.h"
#include "kernel32-shim/rules.h"
#include "kernel32-shim/thread.h"

enum transfer { TRANSFER_READ, TRANSFER_WRITE };

/* A file's signal after a call without event: set by success, clear after failure. */
static inline void leave_signal(struct pipe_object *pipe, npfs_status status)
{
	bool failed = npfs_status_is_error(status);

	if (object_is_signaled(&pipe->object) != failed)
		return;
	if (failed)
		object_reset(&pipe->object);
	else
		object_signal(&pipe->object);
}

static npfs_status do_transfer(struct pipe_object *pipe, enum transfer transfer, void *buffer,
			       DWORD len, struct npfs_op *op, uint32_t *donep)
{
	if (transfer == TRANSFER_READ)
		return npfs_end_read(pipe->end, buffer, len, op, donep);
	return npfs_end_write(pipe->end, buffer, len, op, donep);
}

/* What can be done at once. STATUS_PENDING: nothing was, and it takes a request. */
static npfs_status transfer_at_once(struct pipe_object *pipe, enum transfer transfer,
				    void *buffer, DWORD len, OVERLAPPED *overlapped,
				    uint32_t *donep)
{
	struct handle_slot *event;
	npfs_status status;

	if (!overlapped_plain_begin(pipe, overlapped, &event))
		return STATUS_PENDING;
	if (transfer == TRANSFER_READ)
		status = npfs_end_read_now(pipe->end, buffer, len, donep);
	else
		status = npfs_end_write_now(pipe->end, buffer, len, donep);
	overlapped_plain_end(pipe, overlapped, event, status, *donep);
	return status;
}

static npfs_status transfer_overlapped(struct pipe_object *pipe, enum transfer transfer,
				       void *buffer, DWORD len, OVERLAPPED *overlapped,
				       uint32_t *donep)
{
	struct overlapped_request *request;
	struct object *event;
	npfs_status status;

	if (!rules_get()->overlapped_io)
		return STATUS_INVALID_PARAMETER;
	status = overlapped_check_offset(pipe, overlapped, transfer == TRANSFER_WRITE);
	if (status != STATUS_SUCCESS)
		return status;
	if (pipe->is_sync) {
		status = overlapped_sync_begin(overlapped, &event);
		if (status != STATUS_SUCCESS)
			return status;
		object_reset(&pipe->object);
		status = do_transfer(pipe, transfer, buffer, len, NULL, donep);
		overlapped_sync_end(pipe, overlapped, event, status, *donep);
		return status;
	}
	if (transfer_at_once(pipe, transfer, buffer, len, overlapped, donep) == STATUS_SUCCESS)
		return STATUS_SUCCESS;
	status = overlapped_begin(pipe, overlapped, NULL, &request);
	if (status != STATUS_SUCCESS)
		return status;
	status = do_transfer(pipe, transfer, buffer, len, &request->op, donep);
	return overlapped_end(request, status, *donep);
}

static npfs_status pipe_transfer(struct pipe_object *pipe, enum transfer transfer,
				 uint32_t access, void *buffer, DWORD len,
				 OVERLAPPED *overlapped, uint32_t *donep)
{
	uint32_t needed = transfer == TRANSFER_READ ? FILE_READ_DATA :
						      FILE_WRITE_DATA | FILE_APPEND_DATA;
	npfs_status status;

	if (__builtin_expect(!pipe->end, 0))
		return STATUS_INVALID_PARAMETER;
	if (__builtin_expect(!(access & needed), 0))
		return STATUS_ACCESS_DENIED;
	if (__builtin_expect(len && !buffer, 0))
		return STATUS_ACCESS_VIOLATION;
	if (overlapped)
		return transfer_overlapped(pipe, transfer, buffer, len, overlapped, donep);
	status = do_transfer(pipe, transfer, buffer, len, NULL, donep);
	leave_signal(pipe, status);
	return status;
}

static BOOL finish(npfs_status status, uint32_t done, LPDWORD bytesp, const OVERLAPPED *ov)
{
	if (__builtin_expect(status == STATUS_SUCCESS, 1)) {
		if (bytesp)
			*bytesp = done;
		return TRUE;
	}
	if (status == STATUS_BUFFER_OVERFLOW && bytesp && !ov)
		*bytesp = done;
	return thread_fail(npfs_status_to_win32(status));
}

static npfs_status file_transfer(struct object *o, enum transfer transfer, uint32_t access,
				 void *buffer, DWORD len, OVERLAPPED *overlapped,
				 DWORD *donep)
{
	uint32_t needed = transfer == TRANSFER_READ ? FILE_READ_DATA :
						      FILE_WRITE_DATA | FILE_APPEND_DATA;
	struct object *event = NULL;
	npfs_status status;

	if (!disk_file_is(o))
		return STATUS_OBJECT_TYPE_MISMATCH;
	if (!(access & needed))
		return STATUS_ACCESS_DENIED;
	if (len && !buffer)
		return STATUS_ACCESS_VIOLATION;
	if (overlapped) {
		status = overlapped_sync_begin(overlapped, &event);
		if (status != STATUS_SUCCESS)
			return status;
	}
	status = transfer == TRANSFER_READ ?
			 disk_file_read(o, buffer, len, overlapped, donep) :
			 disk_file_write(o, buffer, len, overlapped, donep);
	if (overlapped) {
		overlapped->InternalHigh = *donep;
		overlapped->Internal = status;
		if (event && status == STATUS_SUCCESS)
			object_signal(event);
		object_unref(event);
	}
	return status;
}

static BOOL transfer_file(HANDLE h, enum transfer transfer, void *buffer, DWORD len,
			  LPDWORD bytesp, OVERLAPPED *overlapped)
{
	struct handle_pin pin;
	npfs_status status;
	uint32_t access;
	uint32_t done = 0;
	struct object *o;

	if (bytesp)
		*bytesp = 0;
	o = handle_pin(h, OBJECT_ANY, &access, &pin);
	if (__builtin_expect(!o, 0))
		return thread_fail(ERROR_INVALID_HANDLE);
	if (__builtin_expect(o->ops->type == OBJECT_PIPE, 1))
		status = pipe_transfer(pipe_from_object(o), transfer, access, buffer, len,
				       overlapped, &done);
	else
		status = file_transfer(o, transfer, access, buffer, len, overlapped, &done);
	handle_unpin(&pin);
	return finish(status, done, bytesp, overlapped);
}

/*
 * The hot path: a pipe, no OVERLAPPED, a count wanted, the right there. What it does not
 * settle starts again in transfer_file(); nothing has happened by then.
 */
static inline struct pipe_object *pipe_of(const struct handle_slot *slot)
{
	return pipe_from_object(handle_slot_object(slot));
}

static inline struct handle_slot *pin_plain(HANDLE h, uint32_t needed, const void *buffer,
					    const void *bytesp, const OVERLAPPED *overlapped)
{
	struct handle_slot *slot;

	if (__builtin_expect(overlapped || !bytesp || !buffer, 0))
		return NULL;
	slot = handle_pin_plain(h);
	if (__builtin_expect(!slot, 0))
		return NULL;
	if (__builtin_expect(handle_slot_type(slot) == OBJECT_PIPE &&
				     (handle_slot_access(slot) & needed) && pipe_of(slot)->end,
			     1))
		return slot;
	handle_unpin_plain(slot);
	return NULL;
}

/* All but success: the signal, and the last error. */
static __attribute__((noinline)) BOOL leave_unusual(struct handle_slot *slot,
						    npfs_status status)
{
	leave_signal(pipe_of(slot), status);
	handle_unpin_plain(slot);
	return status == STATUS_SUCCESS ? TRUE : thread_fail(npfs_status_to_win32(status));
}

static inline BOOL leave_plain(struct handle_slot *slot, npfs_status status)
{
	if (__builtin_expect(status != STATUS_SUCCESS || !object_is_signaled(handle_slot_object(slot)), 0))
		return leave_unusual(slot, status);
	handle_unpin_plain(slot);
	return TRUE;
}

BOOL WINAPI ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
		     LPDWORD lpNumberOfBytesRead, LPOVERLAPPED lpOverlapped)
{
	struct handle_slot *slot = pin_plain(hFile, FILE_READ_DATA, lpBuffer,
					     lpNumberOfBytesRead, lpOverlapped);

	if (__builtin_expect(slot != NULL, 1))
		return leave_plain(slot, npfs_end_read(pipe_of(slot)->end,
						       lpBuffer, nNumberOfBytesToRead,
						       NULL, lpNumberOfBytesRead));
	return transfer_file(hFile, TRANSFER_READ, lpBuffer, nNumberOfBytesToRead,
			     lpNumberOfBytesRead, lpOverlapped);
}

BOOL WINAPI WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
		      LPDWORD lpNumberOfBytesWritten, LPOVERLAPPED lpOverlapped)
{
	struct handle_slot *slot = pin_plain(hFile, FILE_WRITE_DATA | FILE_APPEND_DATA,
					     lpBuffer, lpNumberOfBytesWritten,
					     lpOverlapped);

	if (__builtin_expect(slot != NULL, 1))
		return leave_plain(slot, npfs_end_write(pipe_of(slot)->end,
							lpBuffer, nNumberOfBytesToWrite,
							NULL, lpNumberOfBytesWritten));
	return transfer_file(hFile, TRANSFER_WRITE, (void *)(uintptr_t)lpBuffer,
			     nNumberOfBytesToWrite, lpNumberOfBytesWritten, lpOverlapped);
}

/* with completion routines */

static npfs_status transfer_with_routine(struct pipe_object *pipe, enum transfer transfer,
					 uint32_t access, void *buffer, DWORD len,
					 OVERLAPPED *overlapped,
					 LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
	uint32_t needed = transfer == TRANSFER_READ ? FILE_READ_DATA :
						      FILE_WRITE_DATA | FILE_APPEND_DATA;
	struct overlapped_request *request;
	npfs_status status;
	uint32_t done = 0;

	if (!pipe->end || !rules_get()->overlapped_io)
		return STATUS_INVALID_PARAMETER;
	if (!(access & needed))
		return STATUS_ACCESS_DENIED;
	if (len && !buffer)
		return STATUS_ACCESS_VIOLATION;
	status = overlapped_check_offset(pipe, overlapped, transfer == TRANSFER_WRITE);
	if (status != STATUS_SUCCESS)
		return status;
	status = overlapped_begin(pipe, overlapped, routine, &request);
	if (status != STATUS_SUCCESS)
		return status;
	status = do_transfer(pipe, transfer, buffer, len,
			     pipe->is_sync ? NULL : &request->op, &done);
	return overlapped_end(request, status, done);
}

static BOOL transfer_ex(HANDLE h, enum transfer transfer, void *buffer, DWORD len,
			OVERLAPPED *overlapped, LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
	struct handle_pin pin;
	struct pipe_object *pipe;
	npfs_status status;
	uint32_t access;

	if (!overlapped || !routine)
		return thread_fail(ERROR_INVALID_PARAMETER);
	pipe = pipe_pin(h, &access, &pin);
	if (!pipe)
		return FALSE;
	status = transfer_with_routine(pipe, transfer, access, buffer, len, overlapped,
				       routine);
	handle_unpin(&pin);
	if (npfs_status_is_error(status))
		return thread_fail(npfs_status_to_win32(status));
	thread_last_error = status == STATUS_BUFFER_OVERFLOW ? ERROR_MORE_DATA : 0;
	return TRUE;
}

BOOL WINAPI ReadFileEx(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
		       LPOVERLAPPED lpOverlapped,
		       LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
	return transfer_ex(hFile, TRANSFER_READ, lpBuffer, nNumberOfBytesToRead,
			   lpOverlapped, lpCompletionRoutine);
}

BOOL WINAPI WriteFileEx(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
			LPOVERLAPPED lpOverlapped,
			LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
	return transfer_ex(hFile, TRANSFER_WRITE, (void *)(uintptr_t)lpBuffer,
			   nNumberOfBytesToWrite, lpOverlapped, lpCompletionRoutine);
}

BOOL WINAPI FlushFileBuffers(HANDLE hFile)
{
	IO_STATUS_BLOCK result;

	return native_answer((npfs_status)NtFlushBuffersFile(hFile, &result));
}
