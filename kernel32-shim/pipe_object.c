/* SPDX-License-Identifier: MIT */
/*
 * Life of pipe objects, and the list of them
 */
#include "kernel32-shim/pipe_object.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <winternl.h>

#include <npfs/share.h>

#include "kernel32-shim/native_directory.h"
#include "kernel32-shim/native_notify.h"
#include "kernel32-shim/overlapped.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/transfer.h"

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct object_link all_pipes = { &all_pipes, &all_pipes };
static _Atomic uint32_t n_made;

static void pipe_closed(struct object *o)
{
	struct pipe_object *pipe = pipe_from_object(o);

	if (pipe->end)
		npfs_end_close(pipe->end);
	directory_notify_close(pipe);
}

static void pipe_destroy(struct object *o)
{
	struct pipe_object *pipe = pipe_from_object(o);

	pthread_mutex_lock(&all_lock);
	object_link_remove(&pipe->all);
	pthread_mutex_unlock(&all_lock);
	npfs_end_free(pipe->end);
	directory_scan_free(pipe->scan);
	directory_notify_free(atomic_load(&pipe->notify));
	pthread_mutex_destroy(&pipe->turn);
	object_unref(atomic_load(&pipe->port));
	free(pipe);
}

/* The body of a parcel; the end's own follows. */
struct pipe_body {
	uint32_t kind;
	uint32_t is_sync;
	uint32_t is_server;
	uint32_t notification;
	uint32_t is_alertable;
	uint32_t options;
};

static npfs_status pipe_pack_end(const struct pipe_object *pipe, struct npfs_parcel *parcelp)
{
	const struct pipe_body body = {
		.kind = pipe->kind,
		.is_sync = pipe->is_sync,
		.is_server = pipe->is_server,
		.notification = atomic_load(&pipe->notification),
		.is_alertable = pipe->is_alertable,
		.options = pipe->options,
	};
	npfs_status status = STATUS_SUCCESS;
	uint8_t *whole;

	if (pipe->end)
		status = npfs_end_export(pipe->end, parcelp);
	if (status != STATUS_SUCCESS)
		return status;
	whole = malloc(sizeof(body) + parcelp->len);
	if (!whole)
		return STATUS_NO_MEMORY;
	memcpy(whole, &body, sizeof(body));
	if (parcelp->len)
		memcpy(whole + sizeof(body), parcelp->body, parcelp->len);
	status = npfs_parcel_set_body(parcelp, whole,
				      (uint32_t)sizeof(body) + parcelp->len);
	free(whole);
	return status;
}

static DWORD pipe_pack(struct object *o, uint32_t access, struct npfs_parcel *parcelp)
{
	npfs_status status;

	(void)access;
	npfs_parcel_init(parcelp);
	status = pipe_pack_end(pipe_from_object(o), parcelp);
	parcelp->kind = TRANSFER_PIPE;
	if (status == STATUS_SUCCESS)
		return 0;
	npfs_parcel_free(parcelp);
	return npfs_status_to_win32(status);
}

static const struct object_ops pipe_ops = {
	.type = OBJECT_PIPE,
	.signal_kind = OBJECT_SIGNAL_MANUAL,
	.name = "File",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_nothing,
	.last_handle_closed = pipe_closed,
	.destroy = pipe_destroy,
	.pack = pipe_pack,
};

/* A call on the end is about to sleep: the file is not signaled while it does, and the
 * thread can be cancelled and is not among the active ones of its port. */
static void pipe_blocks(void *arg, bool begins)
{
	struct pipe_object *pipe = arg;

	if (begins) {
		object_reset(&pipe->object);
		overlapped_thread_blocks();
	} else {
		overlapped_thread_goes_on();
	}
}

struct pipe_object *pipe_object_new_plain(enum pipe_kind kind)
{
	struct pipe_object *pipe = calloc(1, sizeof(*pipe));

	if (!pipe)
		return NULL;
	object_init(&pipe->object, &pipe_ops, true);
	pipe->kind = kind;
	pipe->is_sync = true;
	pthread_mutex_init(&pipe->turn, NULL);
	pipe->options = FILE_SYNCHRONOUS_IO_NONALERT;
	pipe->serial = (uint64_t)getpid() << 32 | atomic_fetch_add(&n_made, 1);
	pthread_mutex_lock(&all_lock);
	object_link_push_back(&all_pipes, &pipe->all);
	pthread_mutex_unlock(&all_lock);
	return pipe;
}

struct pipe_object *pipe_object_new(struct npfs_end *end, bool is_server, bool is_sync)
{
	struct pipe_object *pipe = pipe_object_new_plain(PIPE_KIND_END);

	if (!pipe) {
		npfs_end_free(end);
		return NULL;
	}
	pipe->end = end;
	pipe->is_server = is_server;
	pipe->is_sync = is_sync;
	pipe->options = is_sync ? FILE_SYNCHRONOUS_IO_NONALERT : 0;
	npfs_end_on_block(end, pipe_blocks, pipe);
	return pipe;
}

struct object *pipe_object_unpack(const struct npfs_parcel *parcel)
{
	struct npfs_parcel inner = *parcel; /* everything in it stays the caller's */
	struct pipe_object *pipe = NULL;
	struct pipe_body body;
	struct npfs_end *end;

	if (parcel->len < sizeof(body))
		return NULL;
	memcpy(&body, parcel->body, sizeof(body));
	if (body.kind == PIPE_KIND_DEVICE || body.kind == PIPE_KIND_ROOT) {
		pipe = pipe_object_new_plain(body.kind);
	} else if (body.kind == PIPE_KIND_END) {
		inner.kind = NPFS_PARCEL_END;
		inner.len = parcel->len - (uint32_t)sizeof(body);
		inner.body = (uint8_t *)parcel->body + sizeof(body);
		if (npfs_end_import(&inner, &end) == STATUS_SUCCESS)
			pipe = pipe_object_new(end, body.is_server != 0,
					       body.is_sync != 0);
	}
	if (!pipe)
		return NULL;
	atomic_store(&pipe->notification, body.notification);
	pipe->is_alertable = body.is_alertable != 0;
	pipe->options = body.options;
	return &pipe->object;
}

struct pipe_object *pipe_pin(HANDLE h, uint32_t *accessp, struct handle_pin *pin)
{
	struct object *o = handle_pin(h, OBJECT_ANY, accessp, pin);

	if (!o) {
		thread_fail(ERROR_INVALID_HANDLE);
		return NULL;
	}
	if (o->ops->type == OBJECT_PIPE)
		return pipe_from_object(o);
	thread_fail(o->ops->type == OBJECT_DISK_FILE || o->ops->type == OBJECT_CONSOLE ?
			    ERROR_INVALID_FUNCTION : ERROR_INVALID_HANDLE);
	handle_unpin(pin);
	return NULL;
}

void pipe_for_each(void (*visit)(struct pipe_object *pipe, void *arg), void *arg)
{
	pthread_mutex_lock(&all_lock);
	for (struct object_link *pos = all_pipes.next; pos != &all_pipes; pos = pos->next)
		visit(object_container(pos, struct pipe_object, all), arg);
	pthread_mutex_unlock(&all_lock);
}

void pipe_fork_child(void)
{
	pthread_mutex_init(&all_lock, NULL);
	object_link_init(&all_pipes);
}
