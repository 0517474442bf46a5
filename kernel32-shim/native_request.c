/* SPDX-License-Identifier: MIT */
/*
 * Requests on pipe files, for both faces
 *
 * What becomes of one depends on how the file was opened and what the caller gave:
 *
 *	file		with a notice			without
 *	asynchronous	an operation in flight		the library's call blocks
 *	synchronous	the library's call blocks,	the same
 *			then the notice is told
 *	alertable	an operation in flight that	the library's call blocks
 *			the thread waits for alertably
 *
 * An alertable file (FILE_SYNCHRONOUS_IO_ALERT) is synchronous for the program and
 * asynchronous for the library, so that the thread can wait where APCs find it. One call
 * at a time has the file's turn. An APC that runs cancels the operation, and the call ends
 * with STATUS_CANCELLED and without a result (section 5.8).
 */
#include "kernel32-shim/native.h"

#include <pthread.h>

#include "kernel32-shim/sync_object.h"
#include "kernel32-shim/wait.h"

/* A call on an alertable file that a thread is in; lives on that thread's stack. */
struct alertable_call {
	struct object_link link;
	struct npfs_op op;
	struct npfs_end *end; /* borrowed from the caller's pin */
	struct thread *thread;
	const void *result;
	struct object *ended; /* an event, counted */
};

static struct {
	pthread_mutex_t lock;
	struct object_link all;
} calls = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.all = {&calls.all, &calls.all},
};

static void calls_lock(void)
{
	pthread_mutex_lock(&calls.lock);
}

static void calls_unlock(void)
{
	pthread_mutex_unlock(&calls.lock);
}

/* The threads in the calls do not exist in the child. */
static void calls_forget(void)
{
	object_link_init(&calls.all);
	calls_unlock();
}

__attribute__((constructor)) static void calls_survive_fork(void)
{
	pthread_atfork(calls_lock, calls_unlock, calls_forget);
}

/* alertable files */

static void call_ended(struct npfs_op *op)
{
	struct alertable_call *call = op->user;
	struct object *ended = object_ref(call->ended);

	object_signal(ended); /* the call may be gone from here on */
	object_unref(ended);
}

static bool op_is(const struct npfs_op *op, void *arg)
{
	return op == arg;
}

/* Waits for the operation; an APC makes it end early. */
static void call_wait(struct alertable_call *call)
{
	DWORD r = wait_objects(&call->ended, 1, false, WAIT_NEVER, true);

	if (r != WAIT_IO_COMPLETION)
		return;
	npfs_end_cancel(call->end, op_is, &call->op);
	wait_objects(&call->ended, 1, false, WAIT_NEVER, false);
}

static npfs_status run_alertable(struct pipe_object *pipe, const void *result,
				 request_fn run, void *args, uint32_t *donep)
{
	const struct sync_params params = {.type = OBJECT_EVENT, .manual = true, .limit = 1};
	struct sync_object *ended = event_new(&params);
	struct alertable_call call = {
		.end = pipe->end,
		.thread = thread_self(),
		.result = result,
	};
	npfs_status status;

	if (!ended)
		return STATUS_INSUFFICIENT_RESOURCES;
	call.ended = &ended->object;
	npfs_op_init(&call.op, call_ended, &call);
	pthread_mutex_lock(&pipe->turn);
	calls_lock();
	object_link_push_back(&calls.all, &call.link);
	calls_unlock();
	status = run(pipe, args, &call.op, donep);
	if (status == STATUS_PENDING) {
		call_wait(&call);
		status = call.op.status;
		*donep = call.op.information;
	}
	calls_lock();
	object_link_remove(&call.link);
	calls_unlock();
	pthread_mutex_unlock(&pipe->turn);
	object_unref(call.ended);
	return status;
}

bool request_cancel_alertable(struct thread *t, const void *result)
{
	bool found = false;

	calls_lock();
	for (struct object_link *l = calls.all.next; l != &calls.all && !found;
	     l = l->next) {
		struct alertable_call *call =
			object_container(l, struct alertable_call, link);

		if (call->thread == t && (!result || call->result == result))
			found = npfs_end_cancel(call->end, op_is, &call->op) > 0;
	}
	calls_unlock();
	return found;
}

/* all files */

static npfs_status run_synchronous(struct pipe_object *pipe,
				   const struct overlapped_notice *notice, request_fn run,
				   void *args, uint32_t *donep)
{
	struct thread *self = thread_self();
	struct object *event = NULL;
	npfs_status status;

	status = overlapped_sync_begin_notice(notice, &event);
	if (status != STATUS_SUCCESS)
		return status;
	object_reset(&pipe->object);
	if (pipe->is_alertable) {
		status = run_alertable(pipe, notice->result, run, args, donep);
	} else {
		atomic_store(&self->sync_result, notice->result);
		status = run(pipe, args, NULL, donep);
		atomic_store(&self->sync_result, NULL);
	}
	overlapped_sync_end_notice(pipe, notice, event, status, *donep);
	return status;
}

npfs_status request_run(struct pipe_object *pipe, const struct overlapped_notice *notice,
			unsigned flags, request_fn run, void *args, uint32_t *donep)
{
	struct overlapped_request *request;
	npfs_status status;

	*donep = 0;
	if (!notice) {
		object_reset(&pipe->object);
		status = run(pipe, args, NULL, donep);
		if (!npfs_status_is_error(status))
			object_signal(&pipe->object);
		return status;
	}
	if (pipe->is_sync)
		return run_synchronous(pipe, notice, run, args, donep);
	status = overlapped_begin_notice(pipe, notice, &request);
	if (status != STATUS_SUCCESS)
		return status;
	if (flags & REQUEST_LATE)
		overlapped_will_end_late(request);
	status = run(pipe, args, &request->op, donep);
	if (flags & REQUEST_LATE)
		return overlapped_end_late(request, status, *donep);
	return overlapped_end(request, status, *donep);
}

struct overlapped_notice native_notice(HANDLE event, PIO_APC_ROUTINE apc, void *context,
				       PIO_STATUS_BLOCK result)
{
	return (struct overlapped_notice){
		.result = (OVERLAPPED *)(void *)result,
		.event = event,
		.context = context,
		.apc = apc,
	};
}

struct outcome {
	npfs_status status;
	uint32_t done;
};

static npfs_status run_nothing(struct pipe_object *pipe, void *args, struct npfs_op *op,
			       uint32_t *donep)
{
	const struct outcome *outcome = args;

	(void)pipe;
	(void)op;
	*donep = outcome->done;
	return outcome->status;
}

npfs_status request_finish_at_once(struct pipe_object *pipe,
				   const struct overlapped_notice *notice,
				   npfs_status status, uint32_t done)
{
	struct outcome outcome = {.status = status, .done = done};

	return request_run(pipe, notice, 0, run_nothing, &outcome, &done);
}
