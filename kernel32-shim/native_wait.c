/* SPDX-License-Identifier: MIT */
/*
 * NtWaitForSingleObject and its like, NtDelayExecution, NtQueueApcThread
 *
 * The results of waits have one set of numbers on both faces: WAIT_TIMEOUT is
 * STATUS_TIMEOUT, WAIT_IO_COMPLETION is STATUS_USER_APC.
 */
#include "kernel32-shim/native_wait.h"

#include <stdlib.h>
#include <time.h>

#include "kernel32-shim/apc.h"
#include "kernel32-shim/native.h"
#include "kernel32-shim/shared_object.h"
#include "kernel32-shim/wait.h"

#define TICKS_TO_1970 INT64_C(116444736000000000)
#define TICKS_PER_S   INT64_C(10000000)
#define NS_PER_TICK   100

int64_t native_relative(int64_t time)
{
	struct timespec now;
	int64_t left;

	if (time <= 0)
		return time;
	clock_gettime(CLOCK_REALTIME, &now);
	left = time - (TICKS_TO_1970 + (int64_t)now.tv_sec * TICKS_PER_S +
		       now.tv_nsec / NS_PER_TICK);
	return left > 0 ? -left : 0;
}

int64_t native_deadline(const LARGE_INTEGER *timeout)
{
	int64_t left, now;

	if (!timeout)
		return WAIT_NEVER;
	left = native_relative(timeout->QuadPart);
	if (!left)
		return WAIT_POLL;
	now = wait_now_ns();
	if (left < -((WAIT_NEVER - now) / NS_PER_TICK))
		return WAIT_NEVER;
	return now - left * NS_PER_TICK;
}

/* What can be waited for, counted. */
static npfs_status waitable_get(HANDLE h, struct object **op)
{
	npfs_status status = STATUS_SUCCESS;
	uint32_t access;
	struct object *o = handle_get(h, OBJECT_ANY, &access);

	if (!o)
		return STATUS_INVALID_HANDLE;
	if (!(access & SYNCHRONIZE))
		status = STATUS_ACCESS_DENIED;
	else if (shared_object_is_dead(o))
		status = STATUS_INVALID_HANDLE;
	if (status == STATUS_SUCCESS)
		*op = o;
	else
		object_unref(o);
	return status;
}

static npfs_status wait_for(struct object **objs, unsigned n, bool all, bool alertable,
			    const LARGE_INTEGER *timeout)
{
	DWORD error_before = thread_last_error;
	DWORD result = wait_objects(objs, n, all, native_deadline(timeout), alertable);

	if (result != WAIT_FAILED)
		return result;
	thread_last_error = error_before;
	return STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS NTAPI NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable,
				     PLARGE_INTEGER Timeout)
{
	struct object *o;
	npfs_status status = waitable_get(Handle, &o);

	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	status = wait_for(&o, 1, false, Alertable, Timeout);
	object_unref(o);
	return (NTSTATUS)status;
}

static bool has_duplicates(struct object *const *objs, ULONG n)
{
	for (ULONG i = 1; i < n; i++)
		for (ULONG k = 0; k < i; k++)
			if (objs[i] == objs[k])
				return true;
	return false;
}

NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG Count, const HANDLE *Handles,
					WAIT_TYPE WaitType, BOOLEAN Alertable,
					PLARGE_INTEGER Timeout)
{
	struct object *objs[WAIT_MAX_OBJECTS];
	npfs_status status = STATUS_SUCCESS;
	ULONG got = 0;

	if (!Count || Count > WAIT_MAX_OBJECTS)
		return (NTSTATUS)STATUS_INVALID_PARAMETER_1;
	if (WaitType != WaitAll && WaitType != WaitAny)
		return (NTSTATUS)STATUS_INVALID_PARAMETER_3;
	while (status == STATUS_SUCCESS && got < Count) {
		status = waitable_get(Handles[got], &objs[got]);
		got += status == STATUS_SUCCESS;
	}
	if (status == STATUS_SUCCESS && WaitType == WaitAll && has_duplicates(objs, got))
		status = STATUS_INVALID_PARAMETER_MIX;
	if (status == STATUS_SUCCESS)
		status = wait_for(objs, got, WaitType == WaitAll, Alertable, Timeout);
	while (got > 0)
		object_unref(objs[--got]);
	return (NTSTATUS)status;
}

NTSTATUS NTAPI NtDelayExecution(BOOLEAN Alertable, const LARGE_INTEGER *Interval)
{
	npfs_status status;

	if (!Interval)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	status = wait_for(NULL, 0, false, Alertable, Interval);
	if (!Interval->QuadPart)
		SwitchToThread();
	return (NTSTATUS)(status == STATUS_TIMEOUT ? STATUS_SUCCESS : status);
}

/* APCs */

/* Three arguments and the routine are one more than an APC carries. */
struct native_apc {
	struct apc apc;
	PPS_APC_ROUTINE routine;
	PVOID arguments[3];
};

static void native_apc_run(struct apc *apc)
{
	struct native_apc call = *object_container(apc, struct native_apc, apc);

	free(object_container(apc, struct native_apc, apc));
	call.routine(call.arguments[0], call.arguments[1], call.arguments[2]);
}

static void native_apc_drop(struct apc *apc)
{
	free(object_container(apc, struct native_apc, apc));
}

NTSTATUS NTAPI NtQueueApcThread(HANDLE ThreadHandle, PPS_APC_ROUTINE ApcRoutine,
				PVOID ApcArgument1, PVOID ApcArgument2, PVOID ApcArgument3)
{
	struct object *o;
	struct native_apc *call;
	uint32_t granted;
	bool is_posted;

	if (!ApcRoutine)
		return (NTSTATUS)STATUS_INVALID_PARAMETER;
	o = handle_get(ThreadHandle, OBJECT_THREAD, &granted);
	if (!o)
		return (NTSTATUS)STATUS_INVALID_HANDLE;
	if (!(granted & THREAD_SET_CONTEXT)) {
		object_unref(o);
		return (NTSTATUS)STATUS_ACCESS_DENIED;
	}
	call = malloc(sizeof(*call));
	if (!call) {
		object_unref(o);
		return (NTSTATUS)STATUS_NO_MEMORY;
	}
	apc_init(&call->apc, native_apc_run, native_apc_drop);
	call->routine = ApcRoutine;
	call->arguments[0] = ApcArgument1;
	call->arguments[1] = ApcArgument2;
	call->arguments[2] = ApcArgument3;
	is_posted = apc_post(thread_from_object(o), &call->apc);
	if (!is_posted)
		free(call);
	object_unref(o);
	return (NTSTATUS)(is_posted ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL);
}

/* Runs what is queued to the calling thread, without waiting for anything. */
NTSTATUS NTAPI NtTestAlert(VOID)
{
	apc_run_pending(thread_self());
	return (NTSTATUS)STATUS_SUCCESS;
}
