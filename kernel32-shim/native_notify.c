/* SPDX-License-Identifier: MIT */
/*
 * Watching the root directory. The model is in native_notify.h.
 *
 * Changes wait in one buffer of the size that the first call asked for, as entries that
 * only miss their offsets; when it overflows, everything in it is forgotten and the next
 * call is answered with STATUS_NOTIFY_ENUM_DIR. Calls wait in the order they came, and a
 * batch of changes is for the first of them.
 *
 * The watching thread holds a reference on the notify, as the file does; it never touches
 * the file. In the child of a fork it does not exist, and calls that would wait fail.
 */
#include "kernel32-shim/native_notify.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <npfs/dir.h>
#include <npfs/security.h>

#include "kernel32-shim/native.h"
#include "kernel32-shim/sync_object.h"
#include "kernel32-shim/wait.h"

#define ENTRY_HEAD	((uint32_t)offsetof(FILE_NOTIFY_INFORMATION, FileName))
#define NAME_FILTERS	(FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME)

#define ALL_FILTERS	0x00000fffu
#define KEPT_MIN	256u
#define KEPT_MAX	65536u

/* A call that waits; lies in its operation's reserved room. */
struct waiting_call {
	struct object_link link;
	struct npfs_op *op;
	void *buf; /* the program's */
	uint32_t len;
};

_Static_assert(sizeof(struct waiting_call) <= sizeof(((struct npfs_op *)0)->reserved),
	       "a waiting call fits into its operation");

struct directory_notify {
	_Atomic unsigned refs;
	pid_t pid; /* whose thread it is */
	uint32_t filter;
	struct npfs_dir_watch *watch; /* owned */
	pthread_mutex_t lock;	      /* guards what follows */
	bool is_closed;
	npfs_status failed; /* the watch has ended with this */
	bool has_missed;
	struct object_link calls; /* struct waiting_call */
	uint8_t *kept;		  /* owned: entries */
	uint32_t kept_len;
	uint32_t kept_max;
	uint32_t last; /* where the last one begins */
};

/* what a call asks for */
struct notify_args {
	void *buf;
	uint32_t len;
	uint32_t filter;
};

/* life */

static void notify_unref(struct directory_notify *notify)
{
	if (atomic_fetch_sub(&notify->refs, 1) != 1)
		return;
	npfs_dir_watch_close(notify->watch);
	pthread_mutex_destroy(&notify->lock);
	free(notify->kept);
	free(notify);
}

void directory_notify_free(struct directory_notify *notify)
{
	if (notify)
		notify_unref(notify);
}

static void finish(struct waiting_call *call, npfs_status status, uint32_t information)
{
	struct npfs_op *op = call->op;

	op->status = status;
	op->information = information;
	op->complete(op);
}

/* Ends the chosen calls; not under the lock. */
static unsigned finish_all(struct object_link *calls, npfs_status status)
{
	unsigned n = 0;

	while (!object_link_is_empty(calls)) {
		struct waiting_call *call =
			object_container(calls->next, struct waiting_call, link);

		object_link_remove(&call->link);
		finish(call, status, 0);
		n++;
	}
	return n;
}

/* Moves what @match chooses to @chosen. Lock. */
static void choose(struct directory_notify *notify, struct object_link *chosen,
		   bool (*match)(const struct npfs_op *op, void *arg), void *arg)
{
	struct object_link *next;

	for (struct object_link *l = notify->calls.next; l != &notify->calls; l = next) {
		struct waiting_call *call = object_container(l, struct waiting_call, link);

		next = l->next;
		if (match && !match(call->op, arg))
			continue;
		object_link_remove(l);
		object_link_push_back(chosen, l);
	}
}

unsigned directory_notify_cancel(struct pipe_object *root,
				 bool (*match)(const struct npfs_op *op, void *arg),
				 void *arg)
{
	struct directory_notify *notify = atomic_load(&root->notify);
	struct object_link chosen;

	if (!notify || notify->pid != getpid())
		return 0;
	object_link_init(&chosen);
	pthread_mutex_lock(&notify->lock);
	choose(notify, &chosen, match, arg);
	pthread_mutex_unlock(&notify->lock);
	return finish_all(&chosen, STATUS_CANCELLED);
}

void directory_notify_close(struct pipe_object *root)
{
	struct directory_notify *notify = atomic_load(&root->notify);
	struct object_link chosen;

	if (!notify || notify->pid != getpid())
		return;
	object_link_init(&chosen);
	pthread_mutex_lock(&notify->lock);
	notify->is_closed = true;
	choose(notify, &chosen, NULL, NULL);
	pthread_mutex_unlock(&notify->lock);
	npfs_dir_watch_cancel(notify->watch);
	finish_all(&chosen, STATUS_NOTIFY_CLEANUP);
}

/* entries; lock */

static void keep(struct directory_notify *notify, const struct npfs_dir_change *change)
{
	uint32_t name_bytes = (uint32_t)(change->name_len * sizeof(*change->name));
	uint32_t at = (notify->kept_len + 3u) & ~3u;
	FILE_NOTIFY_INFORMATION head = {
		.Action = change->action,
		.FileNameLength = name_bytes,
	};
	uint32_t distance;

	if (notify->has_missed)
		return;
	if (at + ENTRY_HEAD + name_bytes > notify->kept_max) {
		notify->has_missed = true;
		notify->kept_len = 0;
		return;
	}
	if (notify->kept_len) {
		distance = at - notify->last;
		memcpy(notify->kept + notify->last, &distance, sizeof(distance));
	}
	memcpy(notify->kept + at, &head, ENTRY_HEAD);
	memcpy(notify->kept + at + ENTRY_HEAD, change->name, name_bytes);
	notify->last = at;
	notify->kept_len = at + ENTRY_HEAD + name_bytes;
}

/* What there is goes to a caller's buffer. Return: STATUS_PENDING when there is nothing. */
static npfs_status take_kept(struct directory_notify *notify, void *buf, uint32_t len,
			     uint32_t *donep)
{
	npfs_status status = STATUS_SUCCESS;

	*donep = 0;
	if (!notify->has_missed && !notify->kept_len)
		return notify->failed ? notify->failed : STATUS_PENDING;
	if (notify->has_missed || notify->kept_len > len) {
		status = STATUS_NOTIFY_ENUM_DIR;
	} else {
		memcpy(buf, notify->kept, notify->kept_len);
		*donep = notify->kept_len;
	}
	notify->has_missed = false;
	notify->kept_len = 0;
	return status;
}

/* Something has come: is it for somebody? Takes the lock. */
static void serve(struct directory_notify *notify)
{
	struct waiting_call *call = NULL;
	npfs_status status = STATUS_PENDING;
	uint32_t done = 0;

	pthread_mutex_lock(&notify->lock);
	if (!object_link_is_empty(&notify->calls)) {
		call = object_container(notify->calls.next, struct waiting_call, link);
		status = take_kept(notify, call->buf, call->len, &done);
		if (status != STATUS_PENDING)
			object_link_remove(&call->link);
	}
	pthread_mutex_unlock(&notify->lock);
	if (status != STATUS_PENDING)
		finish(call, status, done);
}

/* the thread */

static bool is_wanted(const struct directory_notify *notify, uint32_t action)
{
	return notify->filter & (action == NPFS_DIR_INSTANCES ? FILE_NOTIFY_CHANGE_SIZE :
								 NAME_FILTERS);
}

static void *watch_main(void *arg)
{
	struct directory_notify *notify = arg;
	struct object_link orphans;
	npfs_status status;

	object_link_init(&orphans);
	for (;;) {
		struct npfs_dir_change change;

		status = npfs_dir_watch_next(notify->watch, &change);
		if (status != STATUS_SUCCESS && status != STATUS_NOTIFY_ENUM_DIR)
			break;
		pthread_mutex_lock(&notify->lock);
		if (status == STATUS_NOTIFY_ENUM_DIR)
			notify->has_missed = true;
		else if (is_wanted(notify, change.action))
			keep(notify, &change);
		pthread_mutex_unlock(&notify->lock);
		serve(notify);
	}
	pthread_mutex_lock(&notify->lock);
	notify->failed = status;
	choose(notify, &orphans, NULL, NULL);
	pthread_mutex_unlock(&notify->lock);
	finish_all(&orphans, status);
	notify_unref(notify);
	return NULL;
}

static npfs_status start_thread(struct directory_notify *notify)
{
	atomic_fetch_add(&notify->refs, 1);
	if (npfs_thread_start(watch_main, notify, 0, NULL) == 0)
		return STATUS_SUCCESS;
	atomic_fetch_sub(&notify->refs, 1);
	return STATUS_INSUFFICIENT_RESOURCES;
}

static npfs_status notify_new(const struct notify_args *args,
			      struct directory_notify **notifyp)
{
	struct directory_notify *notify = calloc(1, sizeof(*notify));
	npfs_status status = STATUS_NO_MEMORY;

	if (!notify)
		return status;
	atomic_init(&notify->refs, 1);
	pthread_mutex_init(&notify->lock, NULL);
	object_link_init(&notify->calls);
	notify->pid = getpid();
	notify->filter = args->filter;
	notify->kept_max = args->len < KEPT_MIN ? KEPT_MIN :
			   args->len > KEPT_MAX ? KEPT_MAX : args->len;
	notify->kept = malloc(notify->kept_max);
	if (notify->kept)
		status = npfs_dir_watch_open(&notify->watch);
	if (status == STATUS_SUCCESS)
		status = start_thread(notify);
	if (status == STATUS_SUCCESS)
		*notifyp = notify;
	else
		notify_unref(notify);
	return status;
}

/* The file's notify, made by its first call. */
static npfs_status notify_of(struct pipe_object *root, const struct notify_args *args,
			     struct directory_notify **notifyp)
{
	npfs_status status = STATUS_SUCCESS;

	pthread_mutex_lock(&root->turn);
	*notifyp = atomic_load(&root->notify);
	if (!*notifyp) {
		status = notify_new(args, notifyp);
		if (status == STATUS_SUCCESS)
			atomic_store(&root->notify, *notifyp);
	}
	pthread_mutex_unlock(&root->turn);
	if (status == STATUS_SUCCESS && (*notifyp)->pid != getpid())
		status = STATUS_INVALID_HANDLE;
	return status;
}

/* the request */

static void blocked_ended(struct npfs_op *op)
{
	object_signal(op->user);
}

static npfs_status wait_in(struct directory_notify *notify, const struct notify_args *args,
			   struct npfs_op *op, uint32_t *donep)
{
	struct waiting_call *call = (void *)op->reserved;
	npfs_status status;

	pthread_mutex_lock(&notify->lock);
	status = notify->is_closed ? STATUS_NOTIFY_CLEANUP
				   : take_kept(notify, args->buf, args->len, donep);
	if (status == STATUS_PENDING) {
		*call = (struct waiting_call){
			.op = op,
			.buf = args->buf,
			.len = args->len,
		};
		object_link_push_back(&notify->calls, &call->link);
	}
	pthread_mutex_unlock(&notify->lock);
	return status;
}

/* On a synchronous file the thread waits here. */
static npfs_status wait_blocked(struct directory_notify *notify,
				const struct notify_args *args, uint32_t *donep)
{
	const struct sync_params params = {.type = OBJECT_EVENT, .manual = true, .limit = 1};
	struct sync_object *ended = event_new(&params);
	struct object *o;
	struct npfs_op op;
	npfs_status status;

	if (!ended)
		return STATUS_INSUFFICIENT_RESOURCES;
	o = &ended->object;
	npfs_op_init(&op, blocked_ended, o);
	status = wait_in(notify, args, &op, donep);
	if (status == STATUS_PENDING) {
		wait_objects(&o, 1, false, WAIT_NEVER, false);
		status = op.status;
		*donep = op.information;
	}
	object_unref(o);
	return status;
}

static npfs_status run_notify(struct pipe_object *root, void *args, struct npfs_op *op,
			      uint32_t *donep)
{
	struct directory_notify *notify;
	npfs_status status = notify_of(root, args, &notify);

	if (status != STATUS_SUCCESS)
		return status;
	return op ? wait_in(notify, args, op, donep) : wait_blocked(notify, args, donep);
}

static npfs_status notify_on(HANDLE h, const struct overlapped_notice *notice,
			     struct notify_args *args, uint32_t *donep)
{
	struct pipe_object *pipe;
	struct handle_pin pin;
	npfs_status status;
	struct object *o;
	uint32_t access;

	*donep = 0;
	if (!args->filter || (args->filter & ~ALL_FILTERS))
		return STATUS_INVALID_PARAMETER;
	if (args->len && !args->buf)
		return STATUS_ACCESS_VIOLATION;
	status = file_pin(h, &access, &pin, &o);
	if (status != STATUS_SUCCESS)
		return status;
	pipe = file_pipe(o);
	if (!(access & FILE_LIST_DIRECTORY))
		status = STATUS_ACCESS_DENIED;
	else if (!pipe || pipe->kind == PIPE_KIND_END)
		status = STATUS_INVALID_DEVICE_REQUEST;
	else if (pipe->kind != PIPE_KIND_ROOT)
		status = STATUS_INVALID_PARAMETER;
	else
		status = request_run(pipe, notice, 0, run_notify, args, donep);
	handle_unpin(&pin);
	return status;
}

/* There is nothing below the root, so a tree is no more than that. */
NTSTATUS NTAPI NtNotifyChangeDirectoryFile(HANDLE FileHandle, HANDLE Event,
					   PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
					   PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
					   ULONG Length, ULONG CompletionFilter,
					   BOOLEAN WatchTree)
{
	struct overlapped_notice notice =
		native_notice(Event, ApcRoutine, ApcContext, IoStatusBlock);
	struct notify_args args = {.buf = Buffer, .len = Length, .filter = CompletionFilter};
	uint32_t done;

	(void)WatchTree;
	if (!IoStatusBlock)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	return (NTSTATUS)notify_on(FileHandle, &notice, &args, &done);
}

BOOL WINAPI ReadDirectoryChangesW(HANDLE hDirectory, LPVOID lpBuffer, DWORD nBufferLength,
				  BOOL bWatchSubtree, DWORD dwNotifyFilter,
				  LPDWORD lpBytesReturned, LPOVERLAPPED lpOverlapped,
				  LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
	struct notify_args args = {
		.buf = lpBuffer,
		.len = nBufferLength,
		.filter = dwNotifyFilter,
	};
	struct overlapped_notice notice;
	npfs_status status;
	uint32_t done;

	(void)bWatchSubtree;
	if (lpOverlapped) {
		notice = overlapped_notice_of(lpOverlapped);
		if (lpCompletionRoutine)
			notice = (struct overlapped_notice){
				.result = lpOverlapped,
				.routine = lpCompletionRoutine,
			};
		lpOverlapped->Internal = STATUS_PENDING;
	}
	status = notify_on(hDirectory, lpOverlapped ? &notice : NULL, &args, &done);
	if (lpBytesReturned && !npfs_status_is_error(status) && status != STATUS_PENDING)
		*lpBytesReturned = done;
	/* Started is as good as done; so is "look for yourself" (0 bytes). */
	if (npfs_status_is_error(status))
		return thread_fail(npfs_status_to_win32(status));
	return TRUE;
}
