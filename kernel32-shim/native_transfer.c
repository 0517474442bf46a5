/* SPDX-License-Identifier: MIT */
/*
 * NtReadFile, NtWriteFile, NtFlushBuffersFile and the cancelling calls (npfs-semantics 5)
 *
 * Checked first, and nothing touched when it fails: the handle, its access, the offset, the
 * buffer, the event, the APC (5.1). A byte offset means nothing to a pipe; which values are
 * refused is in section 5.4. The key, which belongs to locked ranges, means nothing either.
 */
#include "kernel32-shim/native.h"

#include "kernel32-shim/file_disk.h"

enum transfer { TRANSFER_READ, TRANSFER_WRITE };

struct transfer_args {
	enum transfer transfer;
	void *buffer;
	ULONG len;
};

static npfs_status run_transfer(struct pipe_object *pipe, void *args, struct npfs_op *op,
				uint32_t *donep)
{
	const struct transfer_args *t = args;

	return t->transfer == TRANSFER_READ
		       ? npfs_end_read(pipe->end, t->buffer, t->len, op, donep)
		       : npfs_end_write(pipe->end, t->buffer, t->len, op, donep);
}

static npfs_status transfer_pipe(struct pipe_object *pipe, struct transfer_args *t,
				 const LARGE_INTEGER *offset,
				 const struct overlapped_notice *notice)
{
	npfs_status status = STATUS_SUCCESS;
	uint32_t done;

	if (!pipe->end)
		return STATUS_INVALID_PARAMETER;
	if (offset)
		status = overlapped_check_offset_number(pipe, offset->QuadPart,
							t->transfer == TRANSFER_WRITE);
	if (status == STATUS_SUCCESS && t->len && !t->buffer)
		status = STATUS_ACCESS_VIOLATION;
	if (status != STATUS_SUCCESS)
		return status;
	return request_run(pipe, notice, 0, run_transfer, t, &done);
}

/* A file of the host's is always synchronous; -1 and -2 mean where it stands. */
static npfs_status transfer_disk(struct object *o, const struct transfer_args *t,
				 const LARGE_INTEGER *offset, HANDLE event,
				 PIO_STATUS_BLOCK result)
{
	OVERLAPPED at = {0}, *atp = NULL;
	struct object *event_object = NULL;
	npfs_status status;
	DWORD done = 0;

	if (t->len && !t->buffer)
		return STATUS_ACCESS_VIOLATION;
	if (offset && offset->QuadPart >= 0) {
		at.Offset = (DWORD)offset->QuadPart;
		at.OffsetHigh = (DWORD)(offset->QuadPart >> 32);
		atp = &at;
	}
	if (event) {
		event_object = handle_get(event, OBJECT_EVENT, NULL);
		if (!event_object)
			return STATUS_INVALID_HANDLE;
		object_reset(event_object);
	}
	status = t->transfer == TRANSFER_READ
			 ? disk_file_read(o, t->buffer, t->len, atp, &done)
			 : disk_file_write(o, t->buffer, t->len, atp, &done);
	if (t->transfer == TRANSFER_READ && status == STATUS_SUCCESS && t->len && !done)
		status = STATUS_END_OF_FILE;
	if (!npfs_status_is_error(status)) {
		result->Status = (NTSTATUS)status;
		result->Information = done;
		if (event_object)
			object_signal(event_object);
	}
	object_unref(event_object);
	return status;
}

static npfs_status transfer(HANDLE h, struct transfer_args *t, const LARGE_INTEGER *offset,
			    HANDLE event, PIO_APC_ROUTINE apc, void *context,
			    PIO_STATUS_BLOCK result)
{
	uint32_t needed = t->transfer == TRANSFER_READ ? FILE_READ_DATA :
							 FILE_WRITE_DATA | FILE_APPEND_DATA;
	struct overlapped_notice notice = native_notice(event, apc, context, result);
	struct pipe_object *pipe;
	struct handle_pin pin;
	npfs_status status;
	struct object *o;
	uint32_t access;

	if (!result)
		return STATUS_ACCESS_VIOLATION;
	status = file_pin(h, &access, &pin, &o);
	if (status != STATUS_SUCCESS)
		return status;
	pipe = file_pipe(o);
	if (pipe && !pipe->end)
		status = STATUS_INVALID_PARAMETER;
	else if (!(access & needed))
		status = STATUS_ACCESS_DENIED;
	else if (pipe)
		status = transfer_pipe(pipe, t, offset, &notice);
	else
		status = transfer_disk(o, t, offset, event, result);
	handle_unpin(&pin);
	return status;
}

NTSTATUS NTAPI NtReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
			  PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
			  ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key)
{
	struct transfer_args t = {TRANSFER_READ, Buffer, Length};

	(void)Key;
	return (NTSTATUS)transfer(FileHandle, &t, ByteOffset, Event, ApcRoutine, ApcContext,
				  IoStatusBlock);
}

NTSTATUS NTAPI NtWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
			   PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
			   ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key)
{
	struct transfer_args t = {TRANSFER_WRITE, Buffer, Length};

	(void)Key;
	return (NTSTATUS)transfer(FileHandle, &t, ByteOffset, Event, ApcRoutine, ApcContext,
				  IoStatusBlock);
}

/* flushing */

npfs_status file_flush(struct object *o, uint32_t access)
{
	struct pipe_object *pipe = file_pipe(o);

	if (!(access & (FILE_WRITE_DATA | FILE_APPEND_DATA)))
		return STATUS_ACCESS_DENIED;
	if (!pipe)
		return disk_file_flush(o);
	return pipe->end ? npfs_end_flush(pipe->end, NULL) : STATUS_INVALID_PARAMETER;
}

/* It waits inside, whatever the file. */
NTSTATUS NTAPI NtFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock)
{
	struct handle_pin pin;
	npfs_status status;
	struct object *o;
	uint32_t access;

	if (!IoStatusBlock)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	status = file_pin(FileHandle, &access, &pin, &o);
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	status = file_flush(o, access);
	handle_unpin(&pin);
	if (!npfs_status_is_error(status)) {
		IoStatusBlock->Status = (NTSTATUS)status;
		IoStatusBlock->Information = 0;
	}
	return (NTSTATUS)status;
}

/* cancelling */

static npfs_status answer_cancel(npfs_status status, PIO_STATUS_BLOCK result)
{
	result->Status = (NTSTATUS)status;
	result->Information = 0;
	return status;
}

static npfs_status cancel_on(HANDLE h, const struct thread *issuer, const void *request,
			     unsigned *np)
{
	struct pipe_object *pipe;
	struct handle_pin pin;
	npfs_status status;
	struct object *o;

	*np = 0;
	status = file_pin(h, NULL, &pin, &o);
	if (status != STATUS_SUCCESS)
		return status;
	pipe = file_pipe(o);
	if (pipe)
		*np = overlapped_cancel(pipe, issuer, request);
	handle_unpin(&pin);
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock)
{
	npfs_status status;
	unsigned n;

	if (!IoStatusBlock)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	status = cancel_on(FileHandle, thread_self(), NULL, &n);
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	return (NTSTATUS)answer_cancel(STATUS_SUCCESS, IoStatusBlock);
}

NTSTATUS NTAPI NtCancelIoFileEx(HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel,
				PIO_STATUS_BLOCK IoStatusBlock)
{
	npfs_status status;
	unsigned n;

	if (!IoStatusBlock)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	status = cancel_on(FileHandle, NULL, IoRequestToCancel, &n);
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	return (NTSTATUS)answer_cancel(n ? STATUS_SUCCESS : STATUS_NOT_FOUND, IoStatusBlock);
}

NTSTATUS NTAPI NtCancelSynchronousIoFile(HANDLE ThreadHandle,
					 PIO_STATUS_BLOCK IoRequestToCancel,
					 PIO_STATUS_BLOCK IoStatusBlock)
{
	struct object *o;
	uint32_t granted;
	npfs_status status;

	if (!IoStatusBlock)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	o = handle_get(ThreadHandle, OBJECT_THREAD, &granted);
	if (!o)
		return (NTSTATUS)STATUS_INVALID_HANDLE;
	if (!(granted & THREAD_TERMINATE)) {
		object_unref(o);
		return (NTSTATUS)STATUS_ACCESS_DENIED;
	}
	status = overlapped_cancel_blocked(thread_from_object(o), IoRequestToCancel);
	if (status == STATUS_NOT_FOUND &&
	    request_cancel_alertable(thread_from_object(o), IoRequestToCancel))
		status = STATUS_SUCCESS;
	object_unref(o);
	return (NTSTATUS)answer_cancel(status, IoStatusBlock);
}
