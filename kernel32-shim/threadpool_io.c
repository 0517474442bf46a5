/* SPDX-License-Identifier: MIT */
/*
 * I/O of the thread pool: callbacks for what completes on a handle
 * (npfs-semantics.md 5.5).
 *
 * The handle is tied to the pool's port for good; there is no way to untie it. So packets
 * may come for an object that is closed or even freed, and the key of an association is
 * not its address but a slot in a table, with a generation: what is not there any more is
 * recognised, and its packet dropped.
 *
 *	key = generation << 32 | slot + 1
 *
 * StartThreadpoolIo announces a packet, CancelThreadpoolIo takes the announcement back.
 * Waiting with cancellation turns what is announced into packets to be skipped.
 *
 * BindIoCompletionCallback is an object too, one for each function and never freed.
 */
#include <stdlib.h>

#include <npfs/status.h>

#include "kernel32-shim/thread.h"
#include "kernel32-shim/threadpool.h"

struct _TP_IO {
	struct tp_object base; /* first */
	PTP_WIN32_IO_CALLBACK callback;
	tp_native_io_callback native; /* instead of callback */
	ULONG_PTR key;
	unsigned n_outstanding;
	unsigned n_skip; /* packets to come that nobody wants */
};

struct bound {
	struct tp_object base; /* first */
	LPOVERLAPPED_COMPLETION_ROUTINE function;
	ULONG_PTR key;
	struct bound *next;
};

struct slot {
	struct tp_object *object; /* NULL: free */
	uint32_t generation;
	uint32_t next_free; /* index + 1 */
};

/* All under the pool lock. */
static struct slot *slots; /* owned */
static uint32_t n_slots;
static uint32_t free_slot; /* index + 1 */
static struct bound *all_bound;

/* the table */

static bool slots_grow(void)
{
	uint32_t n = n_slots ? n_slots * 2 : 64;
	struct slot *more = reallocarray(slots, n, sizeof(*slots));
	uint32_t i;

	if (!more)
		return false;
	slots = more;
	for (i = n; i > n_slots; i--) {
		slots[i - 1] = (struct slot){.next_free = free_slot};
		free_slot = i;
	}
	n_slots = n;
	return true;
}

/* Return: the key, or 0 without memory. */
static ULONG_PTR slot_take(struct tp_object *o)
{
	struct slot *slot;
	uint32_t index;

	if (!free_slot && !slots_grow())
		return 0;
	index = free_slot - 1;
	slot = &slots[index];
	free_slot = slot->next_free;
	slot->object = o;
	return (ULONG_PTR)slot->generation << 32 | (index + 1);
}

static struct slot *slot_find(ULONG_PTR key)
{
	uint32_t index = (uint32_t)key - 1;

	if (index >= n_slots || !slots[index].object ||
	    slots[index].generation != (uint32_t)(key >> 32))
		return NULL;
	return &slots[index];
}

static void slot_give_back(ULONG_PTR key)
{
	struct slot *slot = slot_find(key);

	if (!slot)
		return;
	slot->object = NULL;
	slot->generation++;
	slot->next_free = free_slot;
	free_slot = (uint32_t)(slot - slots) + 1;
}

/* pool I/O */

static struct _TP_IO *io_from_base(struct tp_object *o)
{
	return (struct _TP_IO *)(void *)o;
}

static void io_run(struct tp_object *o, PTP_CALLBACK_INSTANCE instance,
		   const struct tp_call *call)
{
	const OVERLAPPED_ENTRY *entry = &call->entry;
	npfs_status status = (npfs_status)entry->Internal;
	struct _TP_IO *io = io_from_base(o);
	struct tp_io_status iosb = {status, entry->dwNumberOfBytesTransferred};

	if (io->native)
		io->native(instance, o->context, entry->lpOverlapped, &iosb, io);
	else
		io->callback(instance, o->context, entry->lpOverlapped,
			     npfs_status_to_win32(status),
			     entry->dwNumberOfBytesTransferred, io);
}

/* Each announced packet holds a reference. */
static void io_forget(struct _TP_IO *io)
{
	io->n_outstanding--;
	tp_changed();
	tp_object_unref(&io->base);
}

static void io_cancelled(struct tp_object *o)
{
	struct _TP_IO *io = io_from_base(o);

	while (io->n_outstanding) {
		io->n_skip++;
		io_forget(io);
	}
}

static bool io_is_busy(const struct tp_object *o)
{
	return ((const struct _TP_IO *)(const void *)o)->n_outstanding > 0;
}

static void io_retire(struct tp_object *o)
{
	slot_give_back(io_from_base(o)->key);
	tp_object_expects_io(o, false);
}

static void io_destroy(struct tp_object *o)
{
	free(io_from_base(o));
}

static const struct tp_ops io_ops = {
	.run = io_run,
	.cancelled = io_cancelled,
	.is_busy = io_is_busy,
	.retire = io_retire,
	.destroy = io_destroy,
};

/* Tie the file to the pool's port. Return: 0 or a Win32 error. */
static DWORD associate(struct tp_object *o, HANDLE file, ULONG_PTR *keyp)
{
	HANDLE port;

	tp_lock();
	port = tp_pool_port(o->pool);
	*keyp = port ? slot_take(o) : 0;
	tp_unlock();
	if (!*keyp)
		return ERROR_NOT_ENOUGH_MEMORY;
	return CreateIoCompletionPort(file, port, *keyp, 0) ? 0 : GetLastError();
}

static DWORD io_new(HANDLE file, PTP_WIN32_IO_CALLBACK callback,
		    tp_native_io_callback native, void *context,
		    const TP_CALLBACK_ENVIRON *environment, struct _TP_IO **iop)
{
	struct _TP_IO *io;
	DWORD error;

	if (!callback && !native)
		return ERROR_INVALID_PARAMETER;
	io = calloc(1, sizeof(*io));
	if (!io)
		return ERROR_NOT_ENOUGH_MEMORY;
	io->callback = callback;
	io->native = native;
	if (!tp_object_init(&io->base, &io_ops, context, environment)) {
		free(io);
		return GetLastError();
	}
	tp_lock();
	tp_object_expects_io(&io->base, true);
	tp_unlock();
	error = associate(&io->base, file, &io->key);
	if (error) {
		tp_object_close(&io->base);
		return error;
	}
	*iop = io;
	return 0;
}

PTP_IO WINAPI CreateThreadpoolIo(HANDLE fl, PTP_WIN32_IO_CALLBACK pfnio, PVOID pv,
				 PTP_CALLBACK_ENVIRON pcbe)
{
	struct _TP_IO *io;
	DWORD error = io_new(fl, pfnio, NULL, pv, pcbe, &io);

	if (!error)
		return io;
	thread_fail(error);
	return NULL;
}

VOID WINAPI StartThreadpoolIo(PTP_IO pio)
{
	tp_lock();
	pio->n_outstanding++;
	tp_object_ref(&pio->base);
	tp_unlock();
}

VOID WINAPI CancelThreadpoolIo(PTP_IO pio)
{
	tp_lock();
	if (pio->n_outstanding)
		io_forget(pio);
	tp_unlock();
}

VOID WINAPI WaitForThreadpoolIoCallbacks(PTP_IO pio, BOOL fCancelPendingCallbacks)
{
	tp_wait_callbacks(&pio->base, fCancelPendingCallbacks);
}

VOID WINAPI CloseThreadpoolIo(PTP_IO pio)
{
	tp_object_close(&pio->base);
}

/* the native face */

LONG NTAPI TpAllocIoCompletion(PTP_IO *iop, HANDLE file, tp_native_io_callback callback,
			       PVOID context, PTP_CALLBACK_ENVIRON environment)
{
	npfs_status status = STATUS_SUCCESS;

	switch (io_new(file, NULL, callback, context, environment, iop)) {
	case 0:
		break;
	case ERROR_INVALID_HANDLE:
		status = STATUS_INVALID_HANDLE;
		break;
	case ERROR_INVALID_PARAMETER:
		status = STATUS_INVALID_PARAMETER;
		break;
	default:
		status = STATUS_NO_MEMORY;
		break;
	}
	return (LONG)status;
}

VOID NTAPI TpStartAsyncIoOperation(PTP_IO io)
{
	StartThreadpoolIo(io);
}

VOID NTAPI TpCancelAsyncIoOperation(PTP_IO io)
{
	CancelThreadpoolIo(io);
}

VOID NTAPI TpWaitForIoCompletion(PTP_IO io, BOOL cancel_pending)
{
	WaitForThreadpoolIoCallbacks(io, cancel_pending);
}

VOID NTAPI TpReleaseIoCompletion(PTP_IO io)
{
	CloseThreadpoolIo(io);
}

/* bound functions */

static void bound_run(struct tp_object *o, PTP_CALLBACK_INSTANCE instance,
		      const struct tp_call *call)
{
	const OVERLAPPED_ENTRY *entry = &call->entry;

	(void)instance;
	((struct bound *)(void *)o)
		->function(npfs_status_to_win32((npfs_status)entry->Internal),
			   entry->dwNumberOfBytesTransferred, entry->lpOverlapped);
}

static void bound_destroy(struct tp_object *o)
{
	free((struct bound *)(void *)o);
}

static const struct tp_ops bound_ops = {
	.run = bound_run,
	.destroy = bound_destroy,
};

/* The object for a function, new or old; NULL and the last error. */
static struct bound *bound_get(LPOVERLAPPED_COMPLETION_ROUTINE function)
{
	struct bound *fresh = calloc(1, sizeof(*fresh));
	struct bound *found;

	if (!fresh) {
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	fresh->function = function;
	if (!tp_object_init(&fresh->base, &bound_ops, NULL, NULL)) {
		free(fresh);
		return NULL;
	}
	tp_lock();
	for (found = all_bound; found && found->function != function; found = found->next)
		;
	if (!found && tp_pool_port(fresh->base.pool))
		fresh->key = slot_take(&fresh->base);
	if (fresh->key) {
		tp_object_expects_io(&fresh->base, true);
		fresh->next = all_bound;
		all_bound = found = fresh;
	} else {
		tp_object_close_locked(&fresh->base);
		if (!found)
			thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	}
	tp_unlock();
	return found;
}

BOOL WINAPI BindIoCompletionCallback(HANDLE FileHandle,
				     LPOVERLAPPED_COMPLETION_ROUTINE Function,
				     ULONG Flags)
{
	struct bound *bound;
	HANDLE port;

	(void)Flags; /* looked at by one old system only */
	if (!Function)
		return thread_fail(ERROR_INVALID_PARAMETER);
	bound = bound_get(Function);
	if (!bound)
		return FALSE;
	tp_lock();
	port = tp_pool_port(bound->base.pool);
	tp_unlock();
	if (!port || !CreateIoCompletionPort(FileHandle, port, bound->key, 0))
		return thread_fail(ERROR_INVALID_PARAMETER);
	return TRUE;
}

/* packets */

struct tp_object *tp_io_take(const OVERLAPPED_ENTRY *entry, struct tp_call *callp)
{
	struct slot *slot = slot_find(entry->lpCompletionKey);
	struct tp_object *o = slot ? slot->object : NULL;

	if (!o)
		return NULL;
	if (o->ops == &io_ops) {
		struct _TP_IO *io = io_from_base(o);

		if (io->n_skip) {
			io->n_skip--;
			return NULL;
		}
		tp_begin(o);
		if (io->n_outstanding)
			io_forget(io);
	} else {
		tp_begin(o);
	}
	callp->entry = *entry;
	return o;
}
