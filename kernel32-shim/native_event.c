/* SPDX-License-Identifier: MIT */
/*
 * NtCreateEvent and its like
 *
 * The events are those of synchapi.c. Named ones live below \BaseNamedObjects, which is
 * where Win32's names are: \BaseNamedObjects\x is CreateEvent's x. Each change answers
 * with the state before it, so it is made under the dispatcher lock.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel32-shim/native.h"
#include "kernel32-shim/shared_object.h"
#include "kernel32-shim/sync_object.h"
#include "kernel32-shim/wait.h"

#ifndef STATUS_OBJECT_NAME_EXISTS
#define STATUS_OBJECT_NAME_EXISTS ((npfs_status)0x40000000)
#endif

#define NAMED_OBJECTS "\\BaseNamedObjects\\"

enum change { CHANGE_NOTHING, CHANGE_SET, CHANGE_RESET, CHANGE_PULSE };

/* names */

/* Win32's name for the attributes', to be freed; NULL for none. */
static npfs_status read_name(const OBJECT_ATTRIBUTES *attributes, WCHAR **namep)
{
	const size_t prefix_len = strlen(NAMED_OBJECTS);
	const UNICODE_STRING *string = attributes ? attributes->ObjectName : NULL;
	size_t len = string ? string->Length / sizeof(WCHAR) : 0;

	*namep = NULL;
	if (attributes && attributes->Length != sizeof(*attributes))
		return STATUS_INVALID_PARAMETER;
	if (!len)
		return STATUS_SUCCESS;
	if (attributes->RootDirectory)
		return STATUS_NOT_SUPPORTED;
	if (string->Length % sizeof(WCHAR))
		return STATUS_OBJECT_NAME_INVALID;
	if (string->Buffer[0] != '\\')
		return STATUS_OBJECT_PATH_SYNTAX_BAD;
	for (size_t i = 0; i < prefix_len; i++)
		if (i >= len || npfs_upcase16((uint16_t)string->Buffer[i]) !=
					npfs_upcase16((unsigned char)NAMED_OBJECTS[i]))
			return STATUS_OBJECT_PATH_NOT_FOUND;
	if (len == prefix_len)
		return STATUS_OBJECT_NAME_INVALID;
	*namep = calloc(len - prefix_len + 1, sizeof(WCHAR));
	if (!*namep)
		return STATUS_NO_MEMORY;
	memcpy(*namep, string->Buffer + prefix_len, (len - prefix_len) * sizeof(WCHAR));
	return STATUS_SUCCESS;
}

/* making */

static npfs_status create(const struct sync_params *params, const WCHAR *name,
			  const OBJECT_ATTRIBUTES *attributes, ACCESS_MASK access,
			  HANDLE *hp)
{
	ULONG flags = attributes ? attributes->Attributes : 0;
	SECURITY_ATTRIBUTES sa = {
		.nLength = sizeof(sa),
		.lpSecurityDescriptor = attributes ? attributes->SecurityDescriptor : NULL,
		.bInheritHandle = (flags & OBJ_INHERIT) != 0,
	};
	HANDLE h = sync_object_create_wide(params, &sa, name, access);
	DWORD error = thread_last_error;

	if (!h)
		return error == ERROR_INVALID_HANDLE ? STATUS_OBJECT_TYPE_MISMATCH
						     : native_status_of_error(error);
	if (error == ERROR_ALREADY_EXISTS && !(flags & OBJ_OPENIF)) {
		handle_close(h);
		return STATUS_OBJECT_NAME_COLLISION;
	}
	*hp = h;
	return error == ERROR_ALREADY_EXISTS ? STATUS_OBJECT_NAME_EXISTS : STATUS_SUCCESS;
}

NTSTATUS NTAPI NtCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
			     POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType,
			     BOOLEAN InitialState)
{
	const struct sync_params params = {
		.type = OBJECT_EVENT,
		.manual = EventType == NotificationEvent,
		.initial = InitialState ? 1 : 0,
		.limit = 1,
	};
	DWORD error_before = thread_last_error;
	npfs_status status;
	WCHAR *name;

	if (!native_can_write(EventHandle, sizeof(*EventHandle)))
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	*EventHandle = NULL;
	if (EventType != NotificationEvent && EventType != SynchronizationEvent)
		return (NTSTATUS)STATUS_INVALID_PARAMETER;
	status = read_name(ObjectAttributes, &name);
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	status = create(&params, name, ObjectAttributes, DesiredAccess, EventHandle);
	free(name);
	thread_last_error = error_before;
	return (NTSTATUS)status;
}

NTSTATUS NTAPI NtOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
			   POBJECT_ATTRIBUTES ObjectAttributes)
{
	DWORD error_before = thread_last_error;
	npfs_status status;
	WCHAR *name;

	if (!native_can_write(EventHandle, sizeof(*EventHandle)))
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	*EventHandle = NULL;
	status = read_name(ObjectAttributes, &name);
	if (status == STATUS_SUCCESS && !name)
		status = STATUS_OBJECT_PATH_SYNTAX_BAD;
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	*EventHandle = sync_object_open_wide(OBJECT_EVENT, DesiredAccess,
					     (ObjectAttributes->Attributes & OBJ_INHERIT) !=
						     0,
					     name);
	if (!*EventHandle)
		status = thread_last_error == ERROR_INVALID_HANDLE
				 ? STATUS_OBJECT_TYPE_MISMATCH
				 : native_status_of_error(thread_last_error);
	free(name);
	thread_last_error = error_before;
	return (NTSTATUS)status;
}

/* changing */

static bool change_shared(struct object *o, enum change change)
{
	bool was = shared_object_is_ready(o, thread_self());

	switch (change) {
	case CHANGE_NOTHING:
		return was;
	case CHANGE_RESET:
		npfs_object_reset(o->shared);
		return was;
	case CHANGE_SET:
		npfs_object_set(o->shared);
		break;
	case CHANGE_PULSE:
		npfs_object_pulse(o->shared);
		break;
	}
	shared_object_wake(o);
	return was;
}

static bool change_own(struct object *o, enum change change)
{
	bool was = object_is_signaled(o);

	if (change == CHANGE_SET || change == CHANGE_PULSE) {
		atomic_fetch_or(&o->signal, OBJECT_SIGNALED);
		object_wake(o);
	}
	if (change == CHANGE_RESET || change == CHANGE_PULSE)
		atomic_fetch_and(&o->signal, ~(uint32_t)OBJECT_SIGNALED);
	return was;
}

/* Return: whether the event was set before. */
static bool event_change(struct object *o, enum change change)
{
	bool is_shared, was;

	dispatcher_lock();
	object_mark(o);
	is_shared = o->shared != NULL;
	was = is_shared ? change_shared(o, change) : change_own(o, change);
	object_unmark(o);
	dispatcher_unlock();
	if (is_shared && (change == CHANGE_SET || change == CHANGE_PULSE))
		shared_object_ring(o);
	return was;
}

static npfs_status event_do(HANDLE h, uint32_t needed, enum change change, LONG *stateptr,
			    bool *is_manualp)
{
	struct handle_pin pin;
	npfs_status status = STATUS_SUCCESS;
	uint32_t access;
	bool was = false;
	struct object *o = handle_pin(h, OBJECT_EVENT, &access, &pin);

	if (!o) {
		o = handle_pin(h, OBJECT_ANY, NULL, &pin);
		if (o)
			handle_unpin(&pin);
		return o ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_INVALID_HANDLE;
	}
	if (!(access & needed))
		status = STATUS_ACCESS_DENIED;
	else if (shared_object_is_dead(o))
		status = STATUS_INVALID_HANDLE;
	else
		was = event_change(o, change);
	if (is_manualp)
		*is_manualp = o->ops->signal_kind == OBJECT_SIGNAL_MANUAL;
	handle_unpin(&pin);
	if (status == STATUS_SUCCESS && stateptr)
		*stateptr = was;
	return status;
}

NTSTATUS NTAPI NtSetEvent(HANDLE EventHandle, PLONG PreviousState)
{
	return (NTSTATUS)event_do(EventHandle, EVENT_MODIFY_STATE, CHANGE_SET, PreviousState,
				  NULL);
}

NTSTATUS NTAPI NtResetEvent(HANDLE EventHandle, PLONG PreviousState)
{
	return (NTSTATUS)event_do(EventHandle, EVENT_MODIFY_STATE, CHANGE_RESET,
				  PreviousState, NULL);
}

NTSTATUS NTAPI NtClearEvent(HANDLE EventHandle)
{
	return NtResetEvent(EventHandle, NULL);
}

NTSTATUS NTAPI NtPulseEvent(HANDLE EventHandle, PLONG PreviousState)
{
	return (NTSTATUS)event_do(EventHandle, EVENT_MODIFY_STATE, CHANGE_PULSE,
				  PreviousState, NULL);
}

NTSTATUS NTAPI NtQueryEvent(HANDLE EventHandle,
			    EVENT_INFORMATION_CLASS EventInformationClass,
			    PVOID EventInformation, ULONG EventInformationLength,
			    PULONG ReturnLength)
{
	EVENT_BASIC_INFORMATION info = {NotificationEvent, 0};
	bool is_manual = false;
	npfs_status status;

	if (EventInformationClass != EventBasicInformation)
		return (NTSTATUS)STATUS_INVALID_INFO_CLASS;
	if (EventInformationLength != sizeof(info))
		return (NTSTATUS)STATUS_INFO_LENGTH_MISMATCH;
	if (!EventInformation)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	status = event_do(EventHandle, EVENT_QUERY_STATE, CHANGE_NOTHING, &info.EventState,
			  &is_manual);
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	info.EventType = is_manual ? NotificationEvent : SynchronizationEvent;
	memcpy(EventInformation, &info, sizeof(info));
	if (ReturnLength)
		*ReturnLength = sizeof(info);
	return (NTSTATUS)STATUS_SUCCESS;
}
