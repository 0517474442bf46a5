/* SPDX-License-Identifier: MIT */
/*
 * NtQueryInformationFile and NtSetInformationFile, and what the Win32 queries are made of
 * (npfs-semantics 4.9, 8.5)
 *
 * A class is looked up first, then the buffer's length is checked, then the handle, then
 * its access; only then does the file answer. Classes up to CLASS_LAST are known to the
 * I/O manager: a pipe refuses those it has no use for with INVALID_PARAMETER, others are
 * NOT_IMPLEMENTED, and INVALID_INFO_CLASS on the older systems.
 */
#include "kernel32-shim/native.h"

#include <stdlib.h>
#include <string.h>

#include "kernel32-shim/completion_port.h"
#include "kernel32-shim/file_disk.h"

#define CLASS_LAST 76 /* FileIdExtdDirectoryInformation and its like */
#define NAME_AT	   ((uint32_t)offsetof(FILE_NAME_INFORMATION, FileName))
#define MODE_BITS  (NATIVE_SYNC_OPTIONS | FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY)

struct file_class {
	uint32_t query_len; /* 0: cannot be queried */
	uint32_t set_len;   /* 0: cannot be set */
	uint32_t query_access;
	uint32_t set_access;
};

#define PART(type) ((uint32_t)sizeof(type))

static const struct file_class classes[] = {
	[FileBasicInformation] = {PART(FILE_BASIC_INFORMATION), PART(FILE_BASIC_INFORMATION),
				  FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES},
	[FileStandardInformation] = {PART(FILE_STANDARD_INFORMATION), 0, 0, 0},
	[FileInternalInformation] = {PART(FILE_INTERNAL_INFORMATION), 0, 0, 0},
	[FileEaInformation] = {PART(FILE_EA_INFORMATION), 0, 0, 0},
	[FileAccessInformation] = {PART(FILE_ACCESS_INFORMATION), 0, 0, 0},
	[FileNameInformation] = {PART(FILE_NAME_INFORMATION), 0, 0, 0},
	[FilePositionInformation] = {PART(FILE_POSITION_INFORMATION),
				     PART(FILE_POSITION_INFORMATION), 0, 0},
	[FileModeInformation] = {PART(FILE_MODE_INFORMATION), PART(FILE_MODE_INFORMATION), 0,
				 0},
	[FileAlignmentInformation] = {PART(FILE_ALIGNMENT_INFORMATION), 0, 0, 0},
	[FileAllInformation] = {PART(FILE_ALL_INFORMATION), 0, FILE_READ_ATTRIBUTES, 0},
	[FilePipeInformation] = {PART(FILE_PIPE_INFORMATION), PART(FILE_PIPE_INFORMATION),
				 FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES},
	[FilePipeLocalInformation] = {PART(FILE_PIPE_LOCAL_INFORMATION), 0,
				      FILE_READ_ATTRIBUTES, 0},
	[FilePipeRemoteInformation] = {PART(FILE_PIPE_REMOTE_INFORMATION),
				       PART(FILE_PIPE_REMOTE_INFORMATION),
				       FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES},
	[FileCompletionInformation] = {0, PART(FILE_COMPLETION_INFORMATION), 0, 0},
	[FileIoCompletionNotificationInformation] =
		{PART(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION),
		 PART(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION), 0, 0},
};

#define N_CLASSES ((int)(sizeof(classes) / sizeof(classes[0])))

static npfs_status unknown_class(void)
{
	return npfs_rule("mode_values_checked") > 0 ? STATUS_NOT_IMPLEMENTED
						    : STATUS_INVALID_INFO_CLASS;
}

/* The row of a class, or how a class without one is refused. */
static npfs_status class_find(int file_class, uint32_t len, bool sets,
			      const struct file_class **classp)
{
	uint32_t needed;

	if (file_class <= 0 || file_class > CLASS_LAST)
		return unknown_class();
	if (file_class >= N_CLASSES)
		return STATUS_INVALID_PARAMETER;
	needed = sets ? classes[file_class].set_len : classes[file_class].query_len;
	if (!needed)
		return STATUS_INVALID_PARAMETER;
	if (len < needed)
		return STATUS_INFO_LENGTH_MISMATCH;
	*classp = &classes[file_class];
	return STATUS_SUCCESS;
}

/* names */

npfs_status file_name(struct pipe_object *pipe, uint16_t **namep, size_t *lenp)
{
	const uint16_t *name = NULL;
	npfs_status status = STATUS_SUCCESS;
	uint16_t *copy;
	size_t len = 0;

	if (pipe->kind == PIPE_KIND_DEVICE)
		return STATUS_INVALID_PARAMETER;
	if (pipe->kind == PIPE_KIND_END)
		status = npfs_end_name(pipe->end, &name, &len);
	if (status != STATUS_SUCCESS)
		return status;
	copy = malloc((len + 1) * sizeof(*copy));
	if (!copy)
		return STATUS_NO_MEMORY;
	copy[0] = '\\';
	if (len)
		memcpy(copy + 1, name, len * sizeof(*copy));
	*namep = copy;
	*lenp = native_is_unnamed(name, len) ? 0 : len + 1;
	return STATUS_SUCCESS;
}

/* As much of the name as fits, its whole length in any case. */
static npfs_status query_name(struct pipe_object *pipe, void *buf, uint32_t len,
			      uint32_t *donep)
{
	FILE_NAME_INFORMATION *info = buf;
	uint16_t *name = NULL;
	size_t name_len = 0;
	npfs_status status = file_name(pipe, &name, &name_len);
	uint32_t bytes, room = len - NAME_AT;

	if (status != STATUS_SUCCESS)
		return status;
	bytes = (uint32_t)(name_len * sizeof(*name));
	info->FileNameLength = bytes;
	memcpy((char *)buf + NAME_AT, name, bytes < room ? bytes : room);
	free(name);
	*donep = NAME_AT + (bytes < room ? bytes : room);
	return bytes > room ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* of ends */

static npfs_status query_basic(struct pipe_object *pipe, FILE_BASIC_INFORMATION *info)
{
	uint32_t unread;
	npfs_status status = npfs_end_unread(pipe->end, &unread);

	memset(info, 0, sizeof(*info));
	info->FileAttributes = FILE_ATTRIBUTE_NORMAL;
	return status;
}

static npfs_status query_standard(struct pipe_object *pipe,
				  FILE_STANDARD_INFORMATION *info)
{
	struct npfs_end_info shape;
	uint32_t unread;
	npfs_status status = npfs_end_unread(pipe->end, &unread);

	if (status != STATUS_SUCCESS)
		return status;
	npfs_end_shape(pipe->end, &shape);
	memset(info, 0, sizeof(*info));
	info->AllocationSize.QuadPart =
		(LONGLONG)shape.inbound_quota + (LONGLONG)shape.outbound_quota;
	info->EndOfFile.QuadPart = unread;
	info->NumberOfLinks = 1;
	info->DeletePending = TRUE;
	return STATUS_SUCCESS;
}

static npfs_status query_position(struct pipe_object *pipe,
				  FILE_POSITION_INFORMATION *info)
{
	uint32_t unread;
	npfs_status status = npfs_end_unread(pipe->end, &unread);

	if (status == STATUS_SUCCESS)
		info->CurrentByteOffset.QuadPart = unread;
	return status;
}

static npfs_status query_pipe(struct pipe_object *pipe, FILE_PIPE_INFORMATION *info)
{
	uint32_t read_mode, completion_mode;
	npfs_status status =
		npfs_end_get_modes(pipe->end, &read_mode, &completion_mode);

	if (status != STATUS_SUCCESS)
		return status;
	info->ReadMode = read_mode;
	info->CompletionMode = completion_mode;
	return STATUS_SUCCESS;
}

static npfs_status query_local(struct pipe_object *pipe, FILE_PIPE_LOCAL_INFORMATION *info)
{
	struct npfs_end_info all;
	npfs_status status = npfs_end_query(pipe->end, &all);

	if (status != STATUS_SUCCESS)
		return status;
	*info = (FILE_PIPE_LOCAL_INFORMATION){
		.NamedPipeType = all.type,
		.NamedPipeConfiguration = all.config,
		.MaximumInstances = all.max_instances,
		.CurrentInstances = all.current_instances,
		.InboundQuota = all.inbound_quota,
		.ReadDataAvailable = all.read_available,
		.OutboundQuota = all.outbound_quota,
		.WriteQuotaAvailable = all.write_quota_available,
		.NamedPipeState = all.state,
		.NamedPipeEnd = all.side,
	};
	return STATUS_SUCCESS;
}

static npfs_status query_all(struct pipe_object *pipe, uint32_t access, void *buf,
			     uint32_t len, uint32_t *donep)
{
	const uint32_t name_at = offsetof(FILE_ALL_INFORMATION, NameInformation);
	FILE_ALL_INFORMATION *all = buf;
	npfs_status status = query_basic(pipe, &all->BasicInformation);

	if (status == STATUS_SUCCESS)
		status = query_standard(pipe, &all->StandardInformation);
	if (status == STATUS_SUCCESS)
		status = query_position(pipe, &all->PositionInformation);
	if (status != STATUS_SUCCESS)
		return status;
	all->InternalInformation.IndexNumber.QuadPart = (LONGLONG)pipe->serial;
	all->EaInformation.EaSize = 0;
	all->AccessInformation.AccessFlags = access;
	all->ModeInformation.Mode = pipe->options;
	all->AlignmentInformation.AlignmentRequirement = 0;
	status = query_name(pipe, &all->NameInformation, len - name_at, donep);
	*donep += name_at;
	return status;
}

static npfs_status query_end(struct pipe_object *pipe, uint32_t access, int file_class,
			     void *buf, uint32_t len, uint32_t *donep)
{
	switch (file_class) {
	case FileBasicInformation:
		return query_basic(pipe, buf);
	case FileStandardInformation:
		return query_standard(pipe, buf);
	case FilePositionInformation:
		return query_position(pipe, buf);
	case FileInternalInformation:
		((FILE_INTERNAL_INFORMATION *)buf)->IndexNumber.QuadPart =
			(LONGLONG)pipe->serial;
		return STATUS_SUCCESS;
	case FileEaInformation:
		((FILE_EA_INFORMATION *)buf)->EaSize = 0;
		return STATUS_SUCCESS;
	case FileNameInformation:
		return query_name(pipe, buf, len, donep);
	case FileAllInformation:
		return query_all(pipe, access, buf, len, donep);
	case FilePipeInformation:
		return query_pipe(pipe, buf);
	case FilePipeLocalInformation:
		return query_local(pipe, buf);
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

/* of the root directory; the device has nothing to tell */
static npfs_status query_root(struct pipe_object *pipe, int file_class, void *buf,
			      uint32_t len, uint32_t *donep)
{
	if (pipe->kind != PIPE_KIND_ROOT)
		return STATUS_INVALID_PARAMETER;
	switch (file_class) {
	case FileBasicInformation:
		memset(buf, 0, sizeof(FILE_BASIC_INFORMATION));
		((FILE_BASIC_INFORMATION *)buf)->FileAttributes = FILE_ATTRIBUTE_DIRECTORY;
		return STATUS_SUCCESS;
	case FileStandardInformation:
		memset(buf, 0, sizeof(FILE_STANDARD_INFORMATION));
		((FILE_STANDARD_INFORMATION *)buf)->NumberOfLinks = 1;
		((FILE_STANDARD_INFORMATION *)buf)->Directory = TRUE;
		return STATUS_SUCCESS;
	case FileNameInformation:
		return query_name(pipe, buf, len, donep);
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

static npfs_status query_disk(struct object *o, int file_class, void *buf)
{
	npfs_status status;
	int64_t number = 0;

	switch (file_class) {
	case FileStandardInformation:
		status = disk_file_size(o, &number);
		memset(buf, 0, sizeof(FILE_STANDARD_INFORMATION));
		((FILE_STANDARD_INFORMATION *)buf)->EndOfFile.QuadPart = number;
		((FILE_STANDARD_INFORMATION *)buf)->AllocationSize.QuadPart = number;
		((FILE_STANDARD_INFORMATION *)buf)->NumberOfLinks = 1;
		return status;
	case FilePositionInformation:
		status = disk_file_seek(o, 0, FILE_CURRENT, &number);
		((FILE_POSITION_INFORMATION *)buf)->CurrentByteOffset.QuadPart = number;
		return status;
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

/* What the I/O manager knows without asking the file. False: it does not. */
static bool query_manager(struct object *o, uint32_t access, int file_class, void *buf)
{
	struct pipe_object *pipe = file_pipe(o);

	switch (file_class) {
	case FileAccessInformation:
		((FILE_ACCESS_INFORMATION *)buf)->AccessFlags = access;
		return true;
	case FileModeInformation:
		((FILE_MODE_INFORMATION *)buf)->Mode =
			pipe ? pipe->options : FILE_SYNCHRONOUS_IO_NONALERT;
		return true;
	case FileAlignmentInformation:
		((FILE_ALIGNMENT_INFORMATION *)buf)->AlignmentRequirement = 0;
		return true;
	case FileIoCompletionNotificationInformation:
		((FILE_IO_COMPLETION_NOTIFICATION_INFORMATION *)buf)->Flags =
			pipe ? atomic_load(&pipe->notification) : 0;
		return true;
	default:
		return false;
	}
}

npfs_status file_query(struct object *o, uint32_t access, int file_class, void *buf,
		       uint32_t len, uint32_t *donep)
{
	struct pipe_object *pipe = file_pipe(o);
	const struct file_class *class;
	npfs_status status;

	*donep = 0;
	status = class_find(file_class, len, false, &class);
	if (status != STATUS_SUCCESS)
		return status;
	if (class->query_access & ~access)
		return STATUS_ACCESS_DENIED;
	*donep = class->query_len;
	if (query_manager(o, access, file_class, buf))
		status = STATUS_SUCCESS;
	else if (!pipe)
		status = query_disk(o, file_class, buf);
	else if (pipe->end)
		status = query_end(pipe, access, file_class, buf, len, donep);
	else
		status = query_root(pipe, file_class, buf, len, donep);
	if (npfs_status_is_error(status))
		*donep = 0;
	return status;
}

/* setting */

static npfs_status set_completion(struct pipe_object *pipe,
				  const FILE_COMPLETION_INFORMATION *info)
{
	struct object *port = port_from_handle(info->Port);
	npfs_status status;

	if (!port)
		return STATUS_INVALID_HANDLE;
	status = overlapped_associate(pipe, port, (ULONG_PTR)info->Key);
	object_unref(port);
	return status;
}

static npfs_status set_mode(struct pipe_object *pipe, uint32_t mode)
{
	uint32_t sync = mode & NATIVE_SYNC_OPTIONS;

	if ((mode & ~(uint32_t)MODE_BITS) || sync == NATIVE_SYNC_OPTIONS ||
	    sync != (pipe->options & NATIVE_SYNC_OPTIONS))
		return STATUS_INVALID_PARAMETER;
	pipe->options = mode;
	return STATUS_SUCCESS;
}

npfs_status file_set(struct object *o, uint32_t access, int file_class, const void *buf,
		     uint32_t len)
{
	struct pipe_object *pipe = file_pipe(o);
	const FILE_PIPE_INFORMATION *modes = buf;
	const struct file_class *class;
	npfs_status status;

	status = class_find(file_class, len, true, &class);
	if (status != STATUS_SUCCESS)
		return status;
	if (class->set_access & ~access)
		return STATUS_ACCESS_DENIED;
	if (!pipe)
		return STATUS_INVALID_PARAMETER;
	switch (file_class) {
	case FileCompletionInformation:
		return set_completion(pipe, buf);
	case FileIoCompletionNotificationInformation:
		return overlapped_set_modes(
			pipe,
			((const FILE_IO_COMPLETION_NOTIFICATION_INFORMATION *)buf)->Flags);
	case FileModeInformation:
		return set_mode(pipe, ((const FILE_MODE_INFORMATION *)buf)->Mode);
	case FileBasicInformation: /* accepted and forgotten */
		return pipe->end ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
	case FilePipeInformation:
		return pipe->end ? npfs_end_set_modes(pipe->end, modes->ReadMode,
						      modes->CompletionMode)
				 : STATUS_INVALID_PARAMETER;
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

/* by handle */

/* The file behind @h, if it, @buf and @len suit the class; handle_unpin() is owed. */
static npfs_status info_pin(HANDLE h, int file_class, bool is_set, const void *buf,
			    uint32_t len, struct handle_pin *pin, struct object **op,
			    uint32_t *accessp)
{
	const struct file_class *class;
	npfs_status status = class_find(file_class, len, is_set, &class);

	if (status == STATUS_SUCCESS && !buf)
		status = STATUS_ACCESS_VIOLATION;
	if (status == STATUS_SUCCESS)
		status = file_pin(h, accessp, pin, op);
	return status;
}

npfs_status handle_query(HANDLE h, int file_class, void *buf, uint32_t len,
			 uint32_t *donep)
{
	struct handle_pin pin;
	struct object *o;
	uint32_t access;
	npfs_status status = info_pin(h, file_class, false, buf, len, &pin, &o, &access);

	*donep = 0;
	if (status != STATUS_SUCCESS)
		return status;
	status = file_query(o, access, file_class, buf, len, donep);
	handle_unpin(&pin);
	return status;
}

npfs_status handle_set(HANDLE h, int file_class, const void *buf, uint32_t len)
{
	struct handle_pin pin;
	struct object *o;
	uint32_t access;
	npfs_status status = info_pin(h, file_class, true, buf, len, &pin, &o, &access);

	if (status != STATUS_SUCCESS)
		return status;
	status = file_set(o, access, file_class, buf, len);
	handle_unpin(&pin);
	return status;
}

/* the native face */

NTSTATUS NTAPI NtQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
				      PVOID FileInformation, ULONG Length,
				      FILE_INFORMATION_CLASS FileInformationClass)
{
	npfs_status status;
	uint32_t done;

	if (!IoStatusBlock)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	status = handle_query(FileHandle, (int)FileInformationClass, FileInformation, Length,
			      &done);
	if (!npfs_status_is_error(status)) {
		IoStatusBlock->Status = (NTSTATUS)status;
		IoStatusBlock->Information = done;
	}
	return (NTSTATUS)status;
}

NTSTATUS NTAPI NtSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
				    PVOID FileInformation, ULONG Length,
				    FILE_INFORMATION_CLASS FileInformationClass)
{
	npfs_status status;

	if (!IoStatusBlock)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	status = handle_set(FileHandle, (int)FileInformationClass, FileInformation, Length);
	if (!npfs_status_is_error(status)) {
		IoStatusBlock->Status = (NTSTATUS)status;
		IoStatusBlock->Information = 0;
	}
	return (NTSTATUS)status;
}
