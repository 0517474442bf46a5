/* SPDX-License-Identifier: MIT */
/*
 * The life of an overlapped request, and who may cancel what
 */
#include "kernel32-shim/overlapped.h"

#include <pthread.h>
#include <stdlib.h>

#include <npfs/share.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/native.h"
#include "kernel32-shim/native_notify.h"
#include "kernel32-shim/rules.h"
#include "kernel32-shim/thread.h"

#define SKIP_PORT  FILE_SKIP_COMPLETION_PORT_ON_SUCCESS
#define SKIP_EVENT FILE_SKIP_SET_EVENT_ON_HANDLE

/* The last bit of hEvent: no packet, please. */
#define EVENT_BIT ((ULONG_PTR)1)

static pthread_mutex_t free_lock = PTHREAD_MUTEX_INITIALIZER;
static struct overlapped_request *free_list;

/* What the thread knows of its requests. */
static __thread struct {
	struct overlapped_request *spare; /* owned: the next to be taken, without the lock */
	bool has_issued; /* some may be in flight: its end cancels them */
	bool ends;	 /* it keeps no spare any more */
} mine THREAD_TLS_FAST;

static void request_completed(struct npfs_op *op);
static void request_stores(struct npfs_op *op);
static void request_apc_runs(struct apc *apc);
static void request_apc_dropped(struct apc *apc);
static void request_packet_done(struct port_packet *packet);

/* life */

static struct overlapped_request *request_take(void)
{
	struct overlapped_request *request = mine.spare;

	if (request) {
		mine.spare = NULL;
		return request;
	}
	pthread_mutex_lock(&free_lock);
	request = free_list;
	if (request)
		free_list = request->next_free;
	pthread_mutex_unlock(&free_lock);
	return request ? request : malloc(sizeof(*request));
}

static void request_free(struct overlapped_request *request)
{
	pthread_mutex_lock(&free_lock);
	request->next_free = free_list;
	free_list = request;
	pthread_mutex_unlock(&free_lock);
}

/* A thread keeps one of those that it issued itself: others may never issue any. */
static void request_give_back(struct overlapped_request *request)
{
	struct pipe_object *pipe = request->pipe;
	struct object *event = request->event;
	struct thread *issuer = request->issuer;

	if (!mine.spare && issuer == thread_current && !mine.ends)
		mine.spare = request;
	else
		request_free(request);
	object_unref(event);
	object_unref(&issuer->object);
	object_unref(&pipe->object);
}

/* The lowest bits of a handle mean nothing. */
static npfs_status event_of(HANDLE h, struct object **eventp)
{
	*eventp = NULL;
	if (!((ULONG_PTR)h & ~EVENT_BIT))
		return STATUS_SUCCESS;
	*eventp = handle_get(h, OBJECT_EVENT, NULL);
	return *eventp ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

struct overlapped_notice overlapped_notice_of(OVERLAPPED *overlapped)
{
	bool has_packet = !((ULONG_PTR)overlapped->hEvent & EVENT_BIT);

	return (struct overlapped_notice){
		.result = overlapped,
		.event = overlapped->hEvent,
		.context = has_packet ? overlapped : NULL,
	};
}

npfs_status overlapped_begin(struct pipe_object *pipe, OVERLAPPED *overlapped,
			     LPOVERLAPPED_COMPLETION_ROUTINE routine,
			     struct overlapped_request **requestp)
{
	struct overlapped_notice notice = {.result = overlapped, .routine = routine};

	overlapped->Internal = STATUS_PENDING;
	if (!routine)
		notice = overlapped_notice_of(overlapped);
	return overlapped_begin_notice(pipe, &notice, requestp);
}

/* Of what ends at once the port of another process learns as one of this process would. */
static uint32_t what_tells(const struct pipe_object *pipe)
{
	if (!(atomic_load(&pipe->notification) & SKIP_PORT))
		return NPFS_TELL_SUCCESS | NPFS_TELL_WARNING;
	return rules_get()->overflow_sends_packet ? NPFS_TELL_WARNING : 0;
}

npfs_status overlapped_begin_notice(struct pipe_object *pipe,
				    const struct overlapped_notice *notice,
				    struct overlapped_request **requestp)
{
	struct overlapped_request *request;
	struct object *event = NULL;
	struct thread *self = thread_self();
	npfs_status status;

	if ((notice->routine || notice->apc) && pipe_has_port(pipe))
		return STATUS_INVALID_PARAMETER;
	status = event_of(notice->event, &event);
	if (status != STATUS_SUCCESS)
		return status;
	request = request_take();
	if (!request) {
		object_unref(event);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	npfs_op_init(&request->op, request_completed, request);
	request->pipe = pipe_from_object(object_ref(&pipe->object));
	request->overlapped = notice->result;
	request->event = event;
	request->has_result = false;
	request->context = notice->context;
	if (notice->context && !notice->apc && !notice->routine) {
		request->op.store = request_stores;
		request->op.context = (uintptr_t)notice->context;
		request->op.tells = what_tells(pipe);
	}
	request->op.on_close = request->op.context && !event ? NPFS_CLOSE_GOES_ON_UNTIED :
							       NPFS_CLOSE_GOES_ON;
	request->apc_routine = notice->apc;
	request->routine = notice->routine;
	request->issuer = thread_from_object(object_ref(&self->object));
	apc_init(&request->apc, request_apc_runs, request_apc_dropped);
	port_packet_init(&request->packet, request_packet_done);
	mine.has_issued = true;
	if (event)
		object_reset(event);
	object_reset(&pipe->object);
	*requestp = request;
	return STATUS_SUCCESS;
}

/* results */

static void write_result(OVERLAPPED *overlapped, npfs_status status, DWORD bytes)
{
	overlapped->InternalHigh = bytes;
	__atomic_store_n(&overlapped->Internal, (ULONG_PTR)status, __ATOMIC_RELEASE);
}

static void signal_file(struct pipe_object *pipe)
{
	if (!(atomic_load(&pipe->notification) & SKIP_EVENT))
		object_signal(&pipe->object);
}

/* Tell the program. The OVERLAPPED is not touched after its result is written. */
static void deliver(struct overlapped_request *request, npfs_status status, DWORD bytes,
		    bool with_packet)
{
	struct object *port = atomic_load(&request->pipe->port);

	request->status = status;
	request->bytes = bytes;
	if (!request->has_result)
		write_result(request->overlapped, status, bytes);
	if (request->event)
		object_signal(request->event);
	else
		signal_file(request->pipe);
	if (request->routine || request->apc_routine) {
		if (!apc_post(request->issuer, &request->apc))
			request_give_back(request);
		return;
	}
	if (port && request->context && with_packet) {
		request->packet.key = request->pipe->key;
		request->packet.overlapped = request->context;
		request->packet.bytes = bytes;
		request->packet.status = status;
		if (port_post_packet(port, &request->packet) == STATUS_SUCCESS)
			return;
	}
	request_give_back(request);
}

/* A port in another process gets the packet: its program may at once say that it has it. */
static void request_stores(struct npfs_op *op)
{
	struct overlapped_request *request = op->user;

	write_result(request->overlapped, op->status, op->information);
	request->has_result = true;
}

static void request_completed(struct npfs_op *op)
{
	struct overlapped_request *request = op->user;

	deliver(request, op->status, op->information, true);
}

static void request_apc_runs(struct apc *apc)
{
	struct overlapped_request *request =
		object_container(apc, struct overlapped_request, apc);
	LPOVERLAPPED_COMPLETION_ROUTINE routine = request->routine;
	PIO_APC_ROUTINE apc_routine = request->apc_routine;
	OVERLAPPED *overlapped = request->overlapped;
	DWORD error = npfs_status_to_win32(request->status);
	void *context = request->context;
	DWORD bytes = request->bytes;

	request_give_back(request);
	if (routine)
		routine(error, bytes, overlapped);
	else
		apc_routine(context, (PIO_STATUS_BLOCK)(void *)overlapped, 0);
}

static void request_apc_dropped(struct apc *apc)
{
	request_give_back(object_container(apc, struct overlapped_request, apc));
}

static void request_packet_done(struct port_packet *packet)
{
	request_give_back(object_container(packet, struct overlapped_request, packet));
}

npfs_status overlapped_end(struct overlapped_request *request, npfs_status status,
			   DWORD bytes)
{
	bool skips;

	if (status == STATUS_PENDING)
		return status; /* it may have completed already: not ours any more */
	skips = atomic_load(&request->pipe->notification) & SKIP_PORT;
	if (npfs_status_is_error(status)) {
		request_give_back(request);
		return status;
	}
	if (skips && status == STATUS_BUFFER_OVERFLOW && pipe_has_port(request->pipe) &&
	    rules_get()->overflow_sends_packet) {
		deliver(request, status, bytes, true);
		return STATUS_PENDING;
	}
	deliver(request, status, bytes, !skips);
	return status;
}

void overlapped_will_end_late(struct overlapped_request *request)
{
	request->op.tells = NPFS_TELL_SUCCESS | NPFS_TELL_WARNING | NPFS_TELL_ERROR;
}

npfs_status overlapped_end_late(struct overlapped_request *request, npfs_status status,
				DWORD bytes)
{
	if (status != STATUS_PENDING)
		deliver(request, status, bytes, true);
	return STATUS_PENDING;
}

/* without a request */

bool overlapped_plain_begin(struct pipe_object *pipe, OVERLAPPED *overlapped,
			    struct handle_slot **eventp)
{
	ULONG_PTR h = (ULONG_PTR)overlapped->hEvent;
	struct handle_slot *event = NULL;

	if (!(h & EVENT_BIT) && pipe_has_port(pipe) &&
	    !(atomic_load(&pipe->notification) & SKIP_PORT))
		return false;
	if (h & ~EVENT_BIT) {
		event = handle_pin_plain(overlapped->hEvent);
		if (!event)
			return false;
		if (handle_slot_type(event) != OBJECT_EVENT) {
			handle_unpin_plain(event);
			return false;
		}
		object_reset(handle_slot_object(event));
	}
	overlapped->Internal = STATUS_PENDING;
	object_reset(&pipe->object);
	*eventp = event;
	return true;
}

void overlapped_plain_end(struct pipe_object *pipe, OVERLAPPED *overlapped,
			  struct handle_slot *event, npfs_status status, DWORD bytes)
{
	if (status == STATUS_SUCCESS) {
		write_result(overlapped, status, bytes);
		if (event)
			object_signal(handle_slot_object(event));
		else
			signal_file(pipe);
	}
	if (event)
		handle_unpin_plain(event);
}

/* synchronous files */

npfs_status overlapped_sync_begin(OVERLAPPED *overlapped, struct object **eventp)
{
	struct overlapped_notice notice = overlapped_notice_of(overlapped);

	overlapped->Internal = STATUS_PENDING;
	return overlapped_sync_begin_notice(&notice, eventp);
}

npfs_status overlapped_sync_begin_notice(const struct overlapped_notice *notice,
					 struct object **eventp)
{
	npfs_status status = event_of(notice->event, eventp);

	if (status == STATUS_SUCCESS && *eventp)
		object_reset(*eventp);
	return status;
}

void overlapped_sync_end(struct pipe_object *pipe, OVERLAPPED *overlapped,
			 struct object *event, npfs_status status, DWORD bytes)
{
	struct overlapped_notice notice = {.result = overlapped};

	overlapped_sync_end_notice(pipe, &notice, event, status, bytes);
}

static void sync_apc(ULONG_PTR apc, ULONG_PTR context, ULONG_PTR result)
{
	PIO_APC_ROUTINE routine = (PIO_APC_ROUTINE)apc;

	routine((void *)context, (PIO_STATUS_BLOCK)result, 0);
}

void overlapped_sync_end_notice(struct pipe_object *pipe,
				const struct overlapped_notice *notice,
				struct object *event, npfs_status status, DWORD bytes)
{
	if (!npfs_status_is_error(status)) {
		write_result(notice->result, status, bytes);
		if (event)
			object_signal(event);
		object_signal(&pipe->object);
		if (notice->apc)
			apc_queue(thread_self(), sync_apc, (ULONG_PTR)notice->apc,
				  (ULONG_PTR)notice->context, (ULONG_PTR)notice->result);
	}
	object_unref(event);
}

/* offsets */

npfs_status overlapped_check_offset(const struct pipe_object *pipe,
				    const OVERLAPPED *overlapped, bool is_write)
{
	int64_t offset = (int64_t)((uint64_t)overlapped->OffsetHigh << 32 |
				   overlapped->Offset);

	return overlapped_check_offset_number(pipe, offset, is_write);
}

npfs_status overlapped_check_offset_number(const struct pipe_object *pipe, int64_t offset,
					   bool is_write)
{
	if (!offset)
		return STATUS_SUCCESS;
	if (rules_get()->offset_must_be_zero)
		return STATUS_INVALID_PARAMETER;
	if (is_write)
		return offset < -2 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
	if (offset == -2 && pipe->is_sync)
		return STATUS_SUCCESS;
	return offset < 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* cancelling */

struct choice {
	const struct thread *issuer;	/* NULL: any */
	const void *overlapped;		/* NULL: any */
};

static bool is_chosen(const struct npfs_op *op, void *arg)
{
	const struct overlapped_request *request = op->user;
	const struct choice *choice = arg;

	return (!choice->issuer || request->issuer == choice->issuer) &&
	       (!choice->overlapped || request->overlapped == choice->overlapped);
}

static void cancel_on_pipe(struct pipe_object *pipe, void *arg)
{
	if (pipe->is_sync)
		return;
	if (pipe->end)
		npfs_end_cancel(pipe->end, is_chosen, arg);
	else
		directory_notify_cancel(pipe, is_chosen, arg);
}

/* Requests of a file with a port belong to no thread: any may fetch their packets. */
static void cancel_of_thread(struct pipe_object *pipe, void *arg)
{
	if (!pipe_has_port(pipe))
		cancel_on_pipe(pipe, arg);
}

/*
 * What blocks in each thread. The identity hangs on the thread object; the lock makes
 * taking it off and using it exclusive.
 */
static pthread_mutex_t sync_lock = PTHREAD_MUTEX_INITIALIZER;

static void cancel_at_exit(struct thread *t)
{
	struct choice choice = { .issuer = t };
	struct npfs_thread *identity;

	pthread_mutex_lock(&sync_lock);
	identity = atomic_exchange(&t->sync_op, NULL);
	pthread_mutex_unlock(&sync_lock);
	npfs_thread_unref(identity);
	if (mine.has_issued)
		pipe_for_each(cancel_of_thread, &choice);
	mine.has_issued = false;
	mine.ends = true;
	if (mine.spare)
		request_free(mine.spare);
	mine.spare = NULL;
}

void overlapped_thread_blocks(void)
{
	struct thread *self = thread_self();

	completion_port_thread_sleeps(self);
	if (atomic_load(&self->sync_op))
		return;
	atomic_store(&self->sync_op, npfs_thread_self());
}

void overlapped_thread_goes_on(void)
{
	completion_port_thread_goes_on(thread_self());
}

unsigned overlapped_cancel(struct pipe_object *pipe, const struct thread *issuer,
			   const void *result)
{
	struct choice choice = { .issuer = issuer, .overlapped = result };

	if (pipe->is_sync)
		return 0;
	if (!pipe->end)
		return directory_notify_cancel(pipe, is_chosen, &choice);
	return npfs_end_cancel(pipe->end, is_chosen, &choice);
}

npfs_status overlapped_cancel_blocked(struct thread *t, const void *result)
{
	npfs_status status = STATUS_NOT_FOUND;
	struct npfs_thread *identity;

	pthread_mutex_lock(&sync_lock);
	identity = atomic_load(&t->sync_op);
	if (identity && (!result || atomic_load(&t->sync_result) == result))
		status = npfs_thread_cancel(identity);
	pthread_mutex_unlock(&sync_lock);
	return status;
}

BOOL WINAPI CancelIo(HANDLE hFile)
{
	IO_STATUS_BLOCK result;

	return native_answer((npfs_status)NtCancelIoFile(hFile, &result));
}

BOOL WINAPI CancelIoEx(HANDLE hFile, LPOVERLAPPED lpOverlapped)
{
	PIO_STATUS_BLOCK request = (PIO_STATUS_BLOCK)(void *)lpOverlapped;
	IO_STATUS_BLOCK result;

	return native_answer((npfs_status)NtCancelIoFileEx(hFile, request, &result));
}

BOOL WINAPI CancelSynchronousIo(HANDLE hThread)
{
	IO_STATUS_BLOCK result;

	return native_answer((npfs_status)NtCancelSynchronousIoFile(hThread, NULL, &result));
}

/* results for the program */

static BOOL result_of(const OVERLAPPED *overlapped, LPDWORD bytesp)
{
	npfs_status status = (npfs_status)__atomic_load_n(&overlapped->Internal,
							  __ATOMIC_ACQUIRE);

	if (bytesp)
		*bytesp = (DWORD)overlapped->InternalHigh;
	if (status == STATUS_SUCCESS)
		return TRUE;
	return thread_fail(npfs_status_to_win32(status));
}

static bool is_pending(const OVERLAPPED *overlapped)
{
	return __atomic_load_n(&overlapped->Internal, __ATOMIC_ACQUIRE) == STATUS_PENDING;
}

BOOL WINAPI GetOverlappedResultEx(HANDLE hFile, LPOVERLAPPED lpOverlapped,
				  LPDWORD lpNumberOfBytesTransferred, DWORD dwMilliseconds,
				  BOOL bAlertable)
{
	HANDLE event = (HANDLE)((ULONG_PTR)lpOverlapped->hEvent & ~EVENT_BIT);
	DWORD r;

	if (!is_pending(lpOverlapped))
		return result_of(lpOverlapped, lpNumberOfBytesTransferred);
	if (!dwMilliseconds)
		return thread_fail(ERROR_IO_INCOMPLETE);
	r = WaitForSingleObjectEx(event ? event : hFile, dwMilliseconds, bAlertable);
	if (r == WAIT_FAILED)
		return FALSE;
	if (r != WAIT_OBJECT_0)
		return thread_fail(r);
	if (is_pending(lpOverlapped))
		return thread_fail(ERROR_IO_INCOMPLETE);
	return result_of(lpOverlapped, lpNumberOfBytesTransferred);
}

BOOL WINAPI GetOverlappedResult(HANDLE hFile, LPOVERLAPPED lpOverlapped,
				LPDWORD lpNumberOfBytesTransferred, BOOL bWait)
{
	return GetOverlappedResultEx(hFile, lpOverlapped, lpNumberOfBytesTransferred,
				     bWait ? INFINITE : 0, FALSE);
}

/* ports */

/* What other holders of the file object complete comes here. */
struct tie {
	struct object *port; /* counted */
	ULONG_PTR key;
};

static void tie_receives(void *user, const struct npfs_packet *packet)
{
	const struct tie *tie = user;

	/* without memory, or with the port closed, there is nobody to be told */
	port_post(tie->port, tie->key, (OVERLAPPED *)(uintptr_t)packet->context,
		  packet->information, packet->status);
}

static void tie_released(void *user)
{
	struct tie *tie = user;

	object_unref(tie->port);
	free(tie);
}

npfs_status overlapped_associate(struct pipe_object *pipe, struct object *port,
				 ULONG_PTR key)
{
	struct tie *tie;
	npfs_status status;

	if (pipe->is_sync || !pipe->end)
		return STATUS_INVALID_PARAMETER;
	tie = malloc(sizeof(*tie));
	if (!tie)
		return STATUS_INSUFFICIENT_RESOURCES;
	tie->port = object_ref(port);
	tie->key = key;
	status = npfs_end_tie(pipe->end, tie_receives, tie_released, tie);
	if (status != STATUS_SUCCESS) {
		tie_released(tie);
		return status;
	}
	pipe->key = key;
	atomic_store(&pipe->port, object_ref(port));
	return STATUS_SUCCESS;
}

static npfs_status associate(HANDLE file, struct object *port, ULONG_PTR key)
{
	struct handle_pin pin;
	struct pipe_object *pipe = pipe_pin(file, NULL, &pin);
	npfs_status status;

	if (!pipe)
		return STATUS_INVALID_HANDLE;
	status = overlapped_associate(pipe, port, key);
	handle_unpin(&pin);
	return status;
}

BOOL WINAPI SetFileCompletionNotificationModes(HANDLE FileHandle, UCHAR Flags)
{
	FILE_IO_COMPLETION_NOTIFICATION_INFORMATION info = {.Flags = Flags};
	IO_STATUS_BLOCK result;

	return native_answer((npfs_status)NtSetInformationFile(
		FileHandle, &result, &info, sizeof(info),
		FileIoCompletionNotificationInformation));
}

npfs_status overlapped_set_modes(struct pipe_object *pipe, uint32_t flags)
{
	if (pipe->is_sync)
		return STATUS_INVALID_PARAMETER;
	atomic_fetch_or(&pipe->notification, flags & (SKIP_PORT | SKIP_EVENT));
	if (flags & SKIP_EVENT)
		object_reset(&pipe->object);
	return STATUS_SUCCESS;
}

/* Somebody else's thread may have held a lock. The free list changes by one store at a
 * time, so it is whole. */
static void overlapped_fork_child(void)
{
	pthread_mutex_init(&free_lock, NULL);
	pthread_mutex_init(&sync_lock, NULL);
	pipe_fork_child();
}

__attribute__((constructor)) static void overlapped_set_up(void)
{
	pthread_atfork(NULL, NULL, overlapped_fork_child);
	port_set_associator(associate);
	thread_set_exit_hook(cancel_at_exit);
}
