/* SPDX-License-Identifier: MIT */
/*
 * NtCreateIoCompletion and its like: ports (completion_port.h) with status values in their
 * packets. A file is tied to one with NtSetInformationFile.
 */
#include <string.h>

#include "kernel32-shim/access_map.h"
#include "kernel32-shim/completion_port.h"
#include "kernel32-shim/native.h"
#include "kernel32-shim/native_wait.h"

#ifndef IO_COMPLETION_QUERY_STATE
#define IO_COMPLETION_QUERY_STATE 0x0001
#endif

/* The port behind a handle that carries @needed, counted. */
static npfs_status port_get(HANDLE h, uint32_t needed, struct object **portp)
{
	uint32_t access;
	struct object *o = handle_get(h, OBJECT_ANY, &access);
	npfs_status status = STATUS_SUCCESS;

	if (!o)
		return STATUS_INVALID_HANDLE;
	if (o->ops->type != OBJECT_PORT)
		status = STATUS_OBJECT_TYPE_MISMATCH;
	else if (!(access & needed))
		status = STATUS_ACCESS_DENIED;
	if (status == STATUS_SUCCESS)
		*portp = o;
	else
		object_unref(o);
	return status;
}

NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess,
				    POBJECT_ATTRIBUTES ObjectAttributes,
				    ULONG NumberOfConcurrentThreads)
{
	DWORD error_before = thread_last_error;
	uint32_t flags = 0;
	struct object *port;
	npfs_status status = STATUS_SUCCESS;

	if (!native_can_write(IoCompletionHandle, sizeof(*IoCompletionHandle)))
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	*IoCompletionHandle = NULL;
	if (ObjectAttributes && ObjectAttributes->Length != sizeof(*ObjectAttributes))
		return (NTSTATUS)STATUS_INVALID_PARAMETER;
	if (ObjectAttributes && ObjectAttributes->ObjectName &&
	    ObjectAttributes->ObjectName->Length)
		return (NTSTATUS)STATUS_NOT_SUPPORTED;
	if (ObjectAttributes && (ObjectAttributes->Attributes & OBJ_INHERIT))
		flags = HANDLE_INHERIT;
	port = port_create(NumberOfConcurrentThreads);
	if (!port)
		return (NTSTATUS)STATUS_NO_MEMORY;
	*IoCompletionHandle =
		handle_new_take(port, access_map_granting(DesiredAccess, &access_port_map), flags);
	if (!*IoCompletionHandle)
		status = native_status_of_error(thread_last_error);
	thread_last_error = error_before;
	return (NTSTATUS)status;
}

NTSTATUS NTAPI NtSetIoCompletion(HANDLE IoCompletionHandle, ULONG_PTR KeyContext,
				 ULONG_PTR ApcContext, NTSTATUS IoStatus,
				 SIZE_T IoStatusInformation)
{
	struct object *port;
	npfs_status status;

	status = port_get(IoCompletionHandle, IO_COMPLETION_MODIFY_STATE, &port);
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	status = port_post(port, KeyContext, (OVERLAPPED *)ApcContext, IoStatusInformation,
			   (npfs_status)IoStatus);
	object_unref(port);
	return (NTSTATUS)status;
}

static void fill_native(void *entries, ULONG i, const struct port_packet *packet)
{
	FILE_IO_COMPLETION_INFORMATION *entry =
		(FILE_IO_COMPLETION_INFORMATION *)entries + i;

	entry->KeyContext = (PVOID)packet->key;
	entry->ApcContext = packet->overlapped;
	entry->IoStatusBlock.Status = (NTSTATUS)packet->status;
	entry->IoStatusBlock.Information = packet->bytes;
}

static npfs_status fetch(HANDLE h, FILE_IO_COMPLETION_INFORMATION *entries, ULONG n,
			 ULONG *gotp, const LARGE_INTEGER *timeout, bool alertable)
{
	struct object *port;
	npfs_status status;
	DWORD r;

	status = port_get(h, IO_COMPLETION_MODIFY_STATE, &port);
	if (status != STATUS_SUCCESS)
		return status;
	r = port_fetch(port, fill_native, entries, n, gotp, native_deadline(timeout),
		       alertable);
	object_unref(port);
	return r == ERROR_ABANDONED_WAIT_0 ? STATUS_ABANDONED_WAIT_0 : r;
}

NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE IoCompletionHandle, PULONG_PTR KeyContext,
				    PULONG_PTR ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
				    PLARGE_INTEGER Timeout)
{
	FILE_IO_COMPLETION_INFORMATION entry;
	npfs_status status;
	ULONG got;

	if (!KeyContext || !ApcContext || !IoStatusBlock)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	status = fetch(IoCompletionHandle, &entry, 1, &got, Timeout, false);
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	*KeyContext = (ULONG_PTR)entry.KeyContext;
	*ApcContext = (ULONG_PTR)entry.ApcContext;
	*IoStatusBlock = entry.IoStatusBlock;
	return (NTSTATUS)STATUS_SUCCESS;
}

NTSTATUS NTAPI
NtRemoveIoCompletionEx(HANDLE IoCompletionHandle,
		       PFILE_IO_COMPLETION_INFORMATION IoCompletionInformation,
		       ULONG Count, PULONG NumEntriesRemoved, PLARGE_INTEGER Timeout,
		       BOOLEAN Alertable)
{
	if (!NumEntriesRemoved || !IoCompletionInformation)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	if (!Count)
		return (NTSTATUS)STATUS_INVALID_PARAMETER;
	*NumEntriesRemoved = 0;
	return (NTSTATUS)fetch(IoCompletionHandle, IoCompletionInformation, Count,
			       NumEntriesRemoved, Timeout, Alertable);
}

NTSTATUS NTAPI NtQueryIoCompletion(HANDLE IoCompletionHandle,
				   IO_COMPLETION_INFORMATION_CLASS InformationClass,
				   PVOID IoCompletionInformation,
				   ULONG IoCompletionInformationLength, PULONG ReturnLength)
{
	IO_COMPLETION_BASIC_INFORMATION info;
	struct object *port;
	npfs_status status;

	if (InformationClass != IoCompletionBasicInformation)
		return (NTSTATUS)STATUS_INVALID_INFO_CLASS;
	if (IoCompletionInformationLength != sizeof(info))
		return (NTSTATUS)STATUS_INFO_LENGTH_MISMATCH;
	if (!IoCompletionInformation)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	status = port_get(IoCompletionHandle, IO_COMPLETION_QUERY_STATE, &port);
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	info.Depth = (LONG)port_depth(port);
	object_unref(port);
	memcpy(IoCompletionInformation, &info, sizeof(info));
	if (ReturnLength)
		*ReturnLength = sizeof(info);
	return (NTSTATUS)STATUS_SUCCESS;
}
