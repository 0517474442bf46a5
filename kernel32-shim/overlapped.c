/* SPDX-License-Identifier: MIT */
/*
 * The life of an overlapped request, and who may cancel what
 */
#include "kernel32-shim/overlapped.h"

#include <pthread.h>
#include <stdlib.h>

#include "kernel32-shim/rules.h"
#include "kernel32-shim/thread.h"

#define SKIP_PORT  FILE_SKIP_COMPLETION_PORT_ON_SUCCESS
#define SKIP_EVENT FILE_SKIP_SET_EVENT_ON_HANDLE

/* The last bit of hEvent: no packet, please. */
#define EVENT_BIT ((ULONG_PTR)1)

static pthread_mutex_t free_lock = PTHREAD_MUTEX_INITIALIZER;
static struct overlapped_request *free_list;

/* Did this thread start requests that may be in flight? Then its end cancels them. */
static __thread bool has_issued;

static void request_completed(struct npfs_op *op);
static void request_apc_runs(struct apc *apc);
static void request_apc_dropped(struct apc *apc);
static void request_packet_done(struct port_packet *packet);

/* life */

static struct overlapped_request *request_take(void)
{
	struct overlapped_request *request;

	pthread_mutex_lock(&free_lock);
	request = free_list;
	if (request)
		free_list = request->next_free;
	pthread_mutex_unlock(&free_lock);
	return request ? request : malloc(sizeof(*request));
}

static void request_give_back(struct overlapped_request *request)
{
	struct pipe_object *pipe = request->pipe;
	struct object *event = request->event;
	struct thread *issuer = request->issuer;

	pthread_mutex_lock(&free_lock);
	request->next_free = free_list;
	free_list = request;
	pthread_mutex_unlock(&free_lock);
	object_unref(event);
	object_unref(&issuer->object);
	object_unref(&pipe->object);
}

static npfs_status event_of(const OVERLAPPED *overlapped, struct object **eventp)
{
	HANDLE h = (HANDLE)((ULONG_PTR)overlapped->hEvent & ~EVENT_BIT);

	*eventp = NULL;
	if (!h)
		return STATUS_SUCCESS;
	*eventp = handle_get(h, OBJECT_EVENT, NULL);
	return *eventp ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

npfs_status overlapped_begin(struct pipe_object *pipe, OVERLAPPED *overlapped,
			     LPOVERLAPPED_COMPLETION_ROUTINE routine,
			     struct overlapped_request **requestp)
{
	struct overlapped_request *request;
	struct object *event = NULL;
	struct thread *self = thread_self();
	npfs_status status = STATUS_SUCCESS;

	overlapped->Internal = STATUS_PENDING;
	if (routine && atomic_load(&pipe->port))
		return STATUS_INVALID_PARAMETER;
	if (!routine)
		status = event_of(overlapped, &event);
	if (status != STATUS_SUCCESS)
		return status;
	request = request_take();
	if (!request) {
		object_unref(event);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	npfs_op_init(&request->op, request_completed, request);
	request->pipe = pipe_from_object(object_ref(&pipe->object));
	request->overlapped = overlapped;
	request->event = event;
	request->wants_packet = !routine &&
				!((ULONG_PTR)overlapped->hEvent & EVENT_BIT);
	request->routine = routine;
	request->issuer = thread_from_object(object_ref(&self->object));
	apc_init(&request->apc, request_apc_runs, request_apc_dropped);
	port_packet_init(&request->packet, request_packet_done);
	has_issued = true;
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
	write_result(request->overlapped, status, bytes);
	if (request->event)
		object_signal(request->event);
	else
		signal_file(request->pipe);
	if (request->routine) {
		if (!apc_post(request->issuer, &request->apc))
			request_give_back(request);
		return;
	}
	if (port && request->wants_packet && with_packet) {
		request->packet.key = request->pipe->key;
		request->packet.overlapped = request->overlapped;
		request->packet.bytes = bytes;
		request->packet.status = status;
		if (port_post_packet(port, &request->packet) == STATUS_SUCCESS)
			return;
	}
	request_give_back(request);
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
	OVERLAPPED *overlapped = request->overlapped;
	DWORD error = npfs_status_to_win32(request->status);
	DWORD bytes = request->bytes;

	request_give_back(request);
	routine(error, bytes, overlapped);
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
	if (skips && status == STATUS_BUFFER_OVERFLOW && atomic_load(&request->pipe->port) &&
	    rules_get()->overflow_sends_packet) {
		deliver(request, status, bytes, true);
		return STATUS_PENDING;
	}
	deliver(request, status, bytes, !skips);
	return status;
}

npfs_status overlapped_end_late(struct overlapped_request *request, npfs_status status,
				DWORD bytes)
{
	if (status != STATUS_PENDING)
		deliver(request, status, bytes, true);
	return STATUS_PENDING;
}

/* synchronous files */

npfs_status overlapped_sync_begin(OVERLAPPED *overlapped, struct object **eventp)
{
	npfs_status status;

	overlapped->Internal = STATUS_PENDING;
	status = event_of(overlapped, eventp);
	if (status == STATUS_SUCCESS && *eventp)
		object_reset(*eventp);
	return status;
}

void overlapped_sync_end(struct pipe_object *pipe, OVERLAPPED *overlapped,
			 struct object *event, npfs_status status, DWORD bytes)
{
	if (!npfs_status_is_error(status)) {
		write_result(overlapped, status, bytes);
		if (event)
			object_signal(event);
		object_signal(&pipe->object);
	}
	object_unref(event);
}

/* offsets */

npfs_status overlapped_check_offset(const struct pipe_object *pipe,
				    const OVERLAPPED *overlapped, bool is_write)
{
	int64_t offset = (int64_t)((uint64_t)overlapped->OffsetHigh << 32 |
				   overlapped->Offset);

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
	const OVERLAPPED *overlapped;	/* NULL: any */
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
	if (pipe->end && !pipe->is_sync)
		npfs_end_cancel(pipe->end, is_chosen, arg);
}

/* Requests of a file with a port belong to no thread: any may fetch their packets. */
static void cancel_of_thread(struct pipe_object *pipe, void *arg)
{
	if (!atomic_load(&pipe->port))
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
	if (has_issued)
		pipe_for_each(cancel_of_thread, &choice);
	has_issued = false;
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

static BOOL cancel_on_handle(HANDLE h, struct choice *choice, bool must_find)
{
	struct handle_pin pin;
	struct pipe_object *pipe = pipe_pin(h, NULL, &pin);
	unsigned n = 0;

	if (!pipe)
		return FALSE;
	if (pipe->end && !pipe->is_sync)
		n = npfs_end_cancel(pipe->end, is_chosen, choice);
	handle_unpin(&pin);
	return n || !must_find ? TRUE : thread_fail(ERROR_NOT_FOUND);
}

BOOL WINAPI CancelIo(HANDLE hFile)
{
	struct choice choice = { .issuer = thread_self() };

	return cancel_on_handle(hFile, &choice, false);
}

BOOL WINAPI CancelIoEx(HANDLE hFile, LPOVERLAPPED lpOverlapped)
{
	struct choice choice = { .overlapped = lpOverlapped };

	return cancel_on_handle(hFile, &choice, true);
}

BOOL WINAPI CancelSynchronousIo(HANDLE hThread)
{
	struct object *o = handle_get(hThread, OBJECT_THREAD, NULL);
	npfs_status status = STATUS_NOT_FOUND;
	struct npfs_thread *identity;

	if (!o)
		return thread_fail(ERROR_INVALID_HANDLE);
	pthread_mutex_lock(&sync_lock);
	identity = atomic_load(&thread_from_object(o)->sync_op);
	if (identity)
		status = npfs_thread_cancel(identity);
	pthread_mutex_unlock(&sync_lock);
	object_unref(o);
	return status == STATUS_SUCCESS ? TRUE : thread_fail(ERROR_NOT_FOUND);
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

static npfs_status associate(HANDLE file, struct object *port, ULONG_PTR key)
{
	struct object *expected = NULL;
	struct handle_pin pin;
	struct pipe_object *pipe = pipe_pin(file, NULL, &pin);
	npfs_status status = STATUS_SUCCESS;

	if (!pipe)
		return STATUS_INVALID_HANDLE;
	if (pipe->is_sync || atomic_load(&pipe->port)) {
		status = STATUS_INVALID_PARAMETER;
	} else {
		pipe->key = key;
		object_ref(port);
		if (!atomic_compare_exchange_strong(&pipe->port, &expected, port)) {
			object_unref(port);
			status = STATUS_INVALID_PARAMETER;
		}
	}
	handle_unpin(&pin);
	return status;
}

BOOL WINAPI SetFileCompletionNotificationModes(HANDLE FileHandle, UCHAR Flags)
{
	struct handle_pin pin;
	struct pipe_object *pipe = pipe_pin(FileHandle, NULL, &pin);
	bool is_sync;

	if (!pipe)
		return FALSE;
	is_sync = pipe->is_sync;
	if (!is_sync) {
		atomic_fetch_or(&pipe->notification, Flags & (SKIP_PORT | SKIP_EVENT));
		if (Flags & SKIP_EVENT)
			object_reset(&pipe->object);
	}
	handle_unpin(&pin);
	return is_sync ? thread_fail(ERROR_INVALID_PARAMETER) : TRUE;
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
