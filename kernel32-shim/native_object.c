/* SPDX-License-Identifier: MIT */
/*
 * Objects as native calls see them: what a handle leads to, its name and its descriptor;
 * closing and duplicating (npfs-semantics 1.6, 8)
 *
 * Handles are duplicated by DuplicateHandle and descriptors kept by object_security.c, both
 * in Win32's terms; native_status_of_error() is the way back.
 */
#include "kernel32-shim/native.h"

#include <stdlib.h>
#include <string.h>

#include "kernel32-shim/heap.h"
#include "kernel32-shim/native_name.h"
#include "kernel32-shim/object_security.h"

#define PIPE_DEVICE "\\Device\\NamedPipe"

#ifndef DUPLICATE_SAME_ATTRIBUTES
#define DUPLICATE_SAME_ATTRIBUTES 0x00000004
#endif

/* Object attributes of a handle. */
#define OBJ_PROTECT_CLOSE 0x00000001u

NTSTATUS NTAPI NtClose(HANDLE Handle)
{
	return (NTSTATUS)handle_close(Handle);
}

NTSTATUS NTAPI NtDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle,
				 HANDLE TargetProcessHandle, PHANDLE TargetHandle,
				 ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
				 ULONG Options)
{
	DWORD error_before = thread_last_error;
	BOOL inherits = (HandleAttributes & OBJ_INHERIT) != 0;
	npfs_status status = STATUS_SUCCESS;
	uint32_t flags;

	if ((Options & DUPLICATE_SAME_ATTRIBUTES) &&
	    handle_get_flags(SourceHandle, &flags) == STATUS_SUCCESS)
		inherits = (flags & HANDLE_INHERIT) != 0;
	if (!DuplicateHandle(SourceProcessHandle, SourceHandle, TargetProcessHandle,
			     TargetHandle, DesiredAccess, inherits, Options))
		status = native_status_of_error(thread_last_error);
	thread_last_error = error_before;
	return (NTSTATUS)status;
}

/* NtQueryObject */

static const char *type_name(const struct object *o)
{
	switch (o->ops->type) {
	case OBJECT_EVENT:
		return "Event";
	case OBJECT_MUTEX:
		return "Mutant";
	case OBJECT_SEMAPHORE:
		return "Semaphore";
	case OBJECT_TIMER:
		return "Timer";
	case OBJECT_THREAD:
		return "Thread";
	case OBJECT_PROCESS:
		return "Process";
	case OBJECT_PORT:
		return "IoCompletion";
	case OBJECT_TOKEN:
		return "Token";
	case OBJECT_ANY:
	case OBJECT_DISK_FILE:
	case OBJECT_CONSOLE:
	case OBJECT_PIPE:
	case OBJECT_FIND:
		break;
	}
	return "File";
}

static npfs_status query_basic(HANDLE h, struct object *o, uint32_t access, void *buf,
			       ULONG len, ULONG *neededp)
{
	PUBLIC_OBJECT_BASIC_INFORMATION info = {
		.GrantedAccess = access,
		.HandleCount = atomic_load(&o->n_handles),
		.PointerCount = atomic_load(&o->refs),
	};
	uint32_t flags = 0;

	*neededp = sizeof(info);
	if (len < sizeof(info))
		return STATUS_INFO_LENGTH_MISMATCH;
	if (handle_get_flags(h, &flags) == STATUS_SUCCESS)
		info.Attributes =
			(flags & HANDLE_INHERIT ? OBJ_INHERIT : 0) |
			(flags & HANDLE_PROTECT_FROM_CLOSE ? OBJ_PROTECT_CLOSE : 0);
	memcpy(buf, &info, sizeof(info));
	return STATUS_SUCCESS;
}

/* A counted string at the beginning of @buf, its units behind @fixed bytes. */
static npfs_status put_string(const uint16_t *units, size_t n, ULONG fixed, void *buf,
			      ULONG len, ULONG *neededp)
{
	ULONG bytes = (ULONG)(n * sizeof(*units));
	UNICODE_STRING string = {
		.Length = (USHORT)bytes,
		.MaximumLength = (USHORT)(bytes + sizeof(*units)),
		.Buffer = (PWSTR)(void *)((char *)buf + fixed),
	};

	*neededp = fixed + (n ? bytes + (ULONG)sizeof(*units) : 0);
	if (len < fixed)
		return STATUS_INFO_LENGTH_MISMATCH;
	memset(buf, 0, fixed);
	if (!n)
		return STATUS_SUCCESS;
	if (len < *neededp)
		return STATUS_BUFFER_OVERFLOW;
	memcpy((char *)buf + fixed, units, bytes);
	memset((char *)buf + fixed + bytes, 0, sizeof(*units));
	memcpy(buf, &string, sizeof(string));
	return STATUS_SUCCESS;
}

static size_t put_ascii(uint16_t *out, const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		out[n++] = (unsigned char)*text;
	return n;
}

static npfs_status query_type(struct object *o, void *buf, ULONG len, ULONG *neededp)
{
	uint16_t units[32];
	size_t n = put_ascii(units, type_name(o));

	return put_string(units, n, sizeof(PUBLIC_OBJECT_TYPE_INFORMATION), buf, len,
			  neededp);
}

/* The device's name, and what the file system adds to it. */
static npfs_status query_pipe_name(struct pipe_object *pipe, void *buf, ULONG len,
				   ULONG *neededp)
{
	const size_t device_len = strlen(PIPE_DEVICE);
	uint16_t *name = NULL, *whole;
	size_t name_len = 0;
	npfs_status status = STATUS_SUCCESS;

	if (pipe->kind != PIPE_KIND_DEVICE)
		status = file_name(pipe, &name, &name_len);
	if (status == STATUS_SUCCESS && name && !name_len)
		status = STATUS_OBJECT_PATH_INVALID;
	whole = malloc((device_len + name_len) * sizeof(*whole));
	if (status == STATUS_SUCCESS && !whole)
		status = STATUS_NO_MEMORY;
	if (status == STATUS_SUCCESS) {
		put_ascii(whole, PIPE_DEVICE);
		if (name_len)
			memcpy(whole + device_len, name, name_len * sizeof(*whole));
		status = put_string(whole, device_len + name_len,
				    sizeof(OBJECT_NAME_INFORMATION), buf, len, neededp);
	}
	free(whole);
	free(name);
	return status;
}

static npfs_status query_object(HANDLE h, struct object *o, uint32_t access,
				OBJECT_INFORMATION_CLASS class, void *buf, ULONG len,
				ULONG *neededp)
{
	switch (class) {
	case ObjectBasicInformation:
		return query_basic(h, o, access, buf, len, neededp);
	case ObjectNameInformation:
		if (file_pipe(o))
			return query_pipe_name(file_pipe(o), buf, len, neededp);
		return put_string(NULL, 0, sizeof(OBJECT_NAME_INFORMATION), buf, len,
				  neededp);
	case ObjectTypeInformation:
		return query_type(o, buf, len, neededp);
	}
	return STATUS_INVALID_INFO_CLASS;
}

NTSTATUS NTAPI NtQueryObject(HANDLE Handle,
			     OBJECT_INFORMATION_CLASS ObjectInformationClass,
			     PVOID ObjectInformation, ULONG ObjectInformationLength,
			     PULONG ReturnLength)
{
	struct handle_pin pin;
	npfs_status status;
	uint32_t access;
	ULONG needed = 0;
	struct object *o = handle_pin(Handle, OBJECT_ANY, &access, &pin);

	if (!o)
		return (NTSTATUS)STATUS_INVALID_HANDLE;
	if (ObjectInformationLength && !ObjectInformation)
		status = STATUS_ACCESS_VIOLATION;
	else
		status = query_object(Handle, o, access, ObjectInformationClass,
				      ObjectInformation, ObjectInformationLength,
				      &needed);
	handle_unpin(&pin);
	if (ReturnLength)
		*ReturnLength = needed;
	return (NTSTATUS)status;
}

/* descriptors */

NTSTATUS NTAPI NtQuerySecurityObject(HANDLE Handle,
				     SECURITY_INFORMATION SecurityInformation,
				     PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length,
				     PULONG LengthNeeded)
{
	npfs_status status;
	void *found = NULL;
	uint32_t len = 0;

	if (!LengthNeeded)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	status = native_status_of_error(
		object_security_get(Handle, SecurityInformation, &found, &len));
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	*LengthNeeded = len;
	if (SecurityDescriptor && Length >= len)
		memcpy(SecurityDescriptor, found, len);
	else
		status = STATUS_BUFFER_TOO_SMALL;
	heap_process_free(found);
	return (NTSTATUS)status;
}

NTSTATUS NTAPI NtSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
				   PSECURITY_DESCRIPTOR SecurityDescriptor)
{
	if (!SecurityDescriptor)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	return (NTSTATUS)native_status_of_error(
		object_security_set(Handle, SecurityInformation, SecurityDescriptor));
}

/*
 * Directories of the object manager: there is none here that could have another one in it.
 * What a pipe path leads to is no directory of that kind (1.6).
 */
NTSTATUS NTAPI NtCreateDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess,
				       POBJECT_ATTRIBUTES ObjectAttributes)
{
	struct native_name name;
	npfs_status status;
	bool is_pipes;

	(void)DesiredAccess;
	if (!native_can_write(DirectoryHandle, sizeof(*DirectoryHandle)))
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	*DirectoryHandle = NULL;
	status = native_name_read(ObjectAttributes, &name);
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	is_pipes = name.place.kind != PLACE_FILE;
	native_name_fini(&name);
	return (NTSTATUS)(is_pipes ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_ACCESS_DENIED);
}
