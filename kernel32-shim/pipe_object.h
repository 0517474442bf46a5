/* SPDX-License-Identifier: MIT */
/*
 * Pipe ends, the pipe device and its root directory as objects behind handles
 *
 * One pipe_object is what Windows calls a file object: handles share it. Its signal flag
 * follows npfs-semantics.md section 5.2. The device (`\\.\pipe`) and the root directory
 * (`\\.\pipe\`) have no end; most calls on them fail in the ways of section 1.6.
 *
 * In another process it is the same file object (npfs/share.h), but for the signal flag,
 * which is each process's own. A file object has one completion port, in the process that
 * associated it: `port` is NULL in the others, and the packets of their requests travel
 * (npfs_end_tie()).
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <windows.h>

#include <npfs/npfs.h>
#include <npfs/share.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/object.h"

struct directory_notify;
struct directory_scan;

enum pipe_kind {
	PIPE_KIND_END,
	PIPE_KIND_DEVICE,
	PIPE_KIND_ROOT,
};

struct pipe_object {
	struct object object; /* first */
	enum pipe_kind kind;
	bool is_sync;
	bool is_server;
	bool is_alertable; /* a synchronous file whose native calls an APC aborts */
	uint32_t options;  /* FILE_WRITE_THROUGH and the like, for FileModeInformation */
	uint64_t serial;   /* set once: no other file of any process has it */
	struct npfs_end *end; /* owned; NULL unless PIPE_KIND_END */

	/* set once, by CreateIoCompletionPort; the key before the port */
	struct object *_Atomic port; /* counted; NULL: none, or in another process */
	ULONG_PTR key;
	_Atomic uint32_t notification; /* FILE_SKIP_ flags */

	pthread_mutex_t turn; /* of an alertable file: one call at a time; of the root's:
			       * guards the listing */
	struct directory_scan *scan; /* owned; of the root: the listing that is under way */
	struct directory_notify *_Atomic notify; /* owned; of the root: set once */

	struct object_link all; /* in the list of pipe objects; its lock */
};

/* pipe_object_new() - an object for @end, which it takes over; NULL without memory, and
 * then @end is freed */
struct pipe_object *pipe_object_new(struct npfs_end *end, bool is_server, bool is_sync);

/* pipe_object_new_plain() - an object for the device or the root */
struct pipe_object *pipe_object_new_plain(enum pipe_kind kind);

/* pipe_object_unpack() - the pipe in a parcel that another process packed, counted; NULL
 * when it is none */
struct object *pipe_object_unpack(const struct npfs_parcel *parcel);

/*
 * pipe_pin() - the pipe behind a handle, kept until handle_unpin()
 * Return: NULL with last error ERROR_INVALID_HANDLE when it is no handle, or
 * ERROR_INVALID_FUNCTION when it is one of something else.
 */
struct pipe_object *pipe_pin(HANDLE h, uint32_t *accessp, struct handle_pin *pin);

/* pipe_for_each() - visit every pipe object of the process, under the list's lock */
void pipe_for_each(void (*visit)(struct pipe_object *pipe, void *arg), void *arg);

/* pipe_fork_child() - in the child of a fork: an empty list, nobody holds its lock */
void pipe_fork_child(void);

/* pipe_has_port() - a port of this process or of another holder's */
static inline bool pipe_has_port(const struct pipe_object *pipe)
{
	return atomic_load(&pipe->port) || (pipe->end && npfs_end_is_tied(pipe->end));
}

static inline struct pipe_object *pipe_from_object(struct object *o)
{
	return (struct pipe_object *)(void *)o;
}
