/* SPDX-License-Identifier: MIT */
/*
 * The core under both faces: what NtXxx and the Win32 calls of the same meaning share.
 *
 *	CreateNamedPipeW ─┐                      ┌─ NtCreateNamedPipeFile
 *	CreateFileW ──────┼─ file_create_pipe()  ┼─ NtCreateFile
 *	                  │  file_open_…()       │
 *	ConnectNamedPipe ─┤                      ├─ NtFsControlFile
 *	PeekNamedPipe ────┼─ file_control()  ────┤
 *	GetNamedPipeInfo ─┼─ file_query()    ────┼─ NtQueryInformationFile
 *	SetNamedPipe… ────┼─ file_set()      ────┼─ NtSetInformationFile
 *	ReadFile ─────────┴─ request_run()   ────┴─ NtReadFile
 *
 * Everything in here speaks in status values. The Win32 face turns them into last errors
 * once, at its outermost function (native_answer()); the native face casts them to
 * NTSTATUS. What the two have each for themselves is how names are read (DOS paths there,
 * OBJECT_ATTRIBUTES here) and what a caller without a result block gets: it waits inside.
 * The two calls a program makes most, ReadFile and WriteFile without OVERLAPPED, go
 * straight to the library (ioapiset.c), which is where these end too.
 *
 * A file here is what a handle of type "File" leads to: an end of a pipe, the pipe device,
 * its root directory (pipe_object.h), or something of the host's (file_disk.h).
 *
 * Handles carry the access; the library's ends carry theirs as well. A call checks that of
 * the handle first, which may be narrower.
 *
 * Reference: npfs-semantics.md sections 1.6, 2.2, 5 and 8.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <windows.h>
#include <winternl.h>

#include <npfs/npfs.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/overlapped.h"
#include "kernel32-shim/pipe_object.h"
#include "kernel32-shim/thread.h"

/* FILE_SYNCHRONOUS_IO_ALERT and FILE_SYNCHRONOUS_IO_NONALERT */
#define NATIVE_SYNC_OPTIONS (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)

/* Every call's way out to Win32: TRUE for success only, else FALSE and the last error. */
static inline BOOL native_answer(npfs_status status)
{
	return status == STATUS_SUCCESS ? TRUE : thread_fail(npfs_status_to_win32(status));
}

/* pinning: native_pin.c */

/**
 * file_pin() - the file behind a handle, kept until handle_unpin()
 * @accessp: receives the access of the handle; may be NULL
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_HANDLE; STATUS_OBJECT_TYPE_MISMATCH: no file.
 */
npfs_status file_pin(HANDLE h, uint32_t *accessp, struct handle_pin *pin,
		     struct object **op);

/* The pipe file a file is, or NULL: it is one of the host's. */
struct pipe_object *file_pipe(struct object *o);

/* Is there memory that @len bytes can be written to? Costs a system call; not for NULL. */
bool native_can_write(const void *p, size_t len);

/* What an error of Win32 was as a status, for those that parts of the shim answer with. */
npfs_status native_status_of_error(DWORD error);

/* requests: native_request.c */

/**
 * request_fn - what a request does
 * @op: NULL: wait for the end; otherwise as in <npfs/pipe.h>
 * @donep: receives the number of bytes
 */
typedef npfs_status (*request_fn)(struct pipe_object *pipe, void *args,
				  struct npfs_op *op, uint32_t *donep);

enum {
	REQUEST_LATE = 0x1u, /* every result of an asynchronous file comes as a completion */
};

/**
 * request_run() - one request on an end, from its acceptance to its result (5.1, 5.2, 5.8)
 * @notice: where the result goes; NULL: the caller waits for it inside
 * @flags: REQUEST_
 * @args: handed to @run; on an asynchronous file it need not outlive the call
 * @donep: receives the number of bytes when the result is known on return
 *
 * Return: what @run returned; STATUS_PENDING: @notice will tell; STATUS_INVALID_HANDLE:
 * bad event, and STATUS_INVALID_PARAMETER: APC on a file with a port, and nothing was
 * touched; STATUS_CANCELLED also when an APC aborted the call on an alertable file.
 */
npfs_status request_run(struct pipe_object *pipe, const struct overlapped_notice *notice,
			unsigned flags, request_fn run, void *args, uint32_t *donep);

/* request_cancel_alertable() - end the call on an alertable file that @t is in, if its
 * result goes to @result or that is NULL. Return: whether there was one. */
bool request_cancel_alertable(struct thread *t, const void *result);

/* The notice of a native call's arguments. */
struct overlapped_notice native_notice(HANDLE event, PIO_APC_ROUTINE apc, void *context,
				       PIO_STATUS_BLOCK result);

/* A call that is over at once, or failed: tells @notice as table 5.1 has it. */
npfs_status request_finish_at_once(struct pipe_object *pipe,
				   const struct overlapped_notice *notice,
				   npfs_status status, uint32_t done);

/* making and opening: native_create.c */

/* Where a name begins to be looked up. */
enum place_kind {
	PLACE_NAME,   /* the pipe of this name; it is not empty */
	PLACE_DEVICE, /* \Device\NamedPipe */
	PLACE_ROOT,   /* \Device\NamedPipe\ */
	PLACE_UNNAMED, /* the empty name below the root */
	PLACE_END,    /* the pipe that a server end belongs to */
	PLACE_FILE,   /* a path of the host's, as CreateFile takes it */
};

struct place {
	enum place_kind kind;
	const uint16_t *name; /* borrowed; PLACE_NAME, PLACE_FILE */
	size_t name_len;      /* units */
	struct pipe_object *end; /* borrowed; PLACE_END */
};

/* What the two faces ask for beside the place. */
struct file_wish {
	uint32_t access;
	uint32_t options;      /* FILE_SYNCHRONOUS_IO_…, FILE_WRITE_THROUGH */
	uint32_t sqos;	       /* as struct npfs_open_params has it */
	uint32_t handle_flags; /* HANDLE_INHERIT or 0 */
};

/**
 * file_open() - a handle for the device, the root, or the client end of a pipe
 * @hp: receives it; left alone on failure
 *
 * Not for PLACE_FILE. Return: those of npfs_pipe_open(); STATUS_OBJECT_NAME_NOT_FOUND:
 * unnamed; STATUS_NO_MEMORY, STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status file_open(const struct place *place, const struct file_wish *wish, HANDLE *hp);

/**
 * file_create_pipe() - a handle for a new instance's server end
 * @params: borrowed; access and flags are taken from @wish
 * @informationp: FILE_CREATED or FILE_OPENED; may be NULL
 *
 * Return: those of npfs_pipe_create(); STATUS_OBJECT_NAME_INVALID: not a place for pipes.
 */
npfs_status file_create_pipe(const struct place *place, const struct file_wish *wish,
			     const struct npfs_create_params *params, HANDLE *hp,
			     ULONG *informationp);

/* Units that no path can say, for a pipe without a name; see file_create_pipe(). */
enum { NATIVE_UNNAMED_MAX = 64 };
size_t native_unnamed(uint16_t *name);
bool native_is_unnamed(const uint16_t *name, size_t len);

/* controls: native_control.c */

struct control {
	uint32_t code;
	const void *in; /* borrowed; of FSCTL_PIPE_TRANSCEIVE until the end */
	uint32_t in_len;
	void *out; /* likewise */
	uint32_t out_len;
};

/**
 * file_control() - NtFsControlFile's work (8.2, 8.3)
 * @access: of the handle
 * @notice, @donep: as in request_run()
 *
 * Return: as the tables say.
 */
npfs_status file_control(struct object *o, uint32_t access, const struct control *control,
			 const struct overlapped_notice *notice, uint32_t *donep);

/* The same by handle, for the Win32 face: without a notice it waits inside. */
npfs_status handle_control(HANDLE h, const struct control *control,
			   const struct overlapped_notice *notice, uint32_t *donep);

/* PeekNamedPipe, and what FSCTL_PIPE_PEEK does; as npfs_end_peek(). */
npfs_status file_peek(struct object *o, uint32_t access, void *buf, uint32_t len,
		      struct npfs_peek *peekp);

/* transfers: native_transfer.c */

npfs_status file_flush(struct object *o, uint32_t access);

/* information: native_info.c */

/**
 * file_query(), file_set() - the work of NtQueryInformationFile and NtSetInformationFile
 * @buf: of the class's structure (8.5)
 * @donep: bytes written to @buf
 */
npfs_status file_query(struct object *o, uint32_t access, int file_class, void *buf,
		       uint32_t len, uint32_t *donep);
npfs_status file_set(struct object *o, uint32_t access, int file_class, const void *buf,
		     uint32_t len);

/* The same by handle. */
npfs_status handle_query(HANDLE h, int file_class, void *buf, uint32_t len,
			 uint32_t *donep);
npfs_status handle_set(HANDLE h, int file_class, const void *buf, uint32_t len);

/* The name of a pipe end, with its leading backslash; to be freed. */
npfs_status file_name(struct pipe_object *pipe, uint16_t **namep, size_t *lenp);
