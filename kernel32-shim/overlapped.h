/* SPDX-License-Identifier: MIT */
/*
 * Overlapped requests: from a library operation to OVERLAPPED, event, APC and port
 *
 * npfs-semantics.md section 5.1 has three answers to a request, and everything a program
 * sees follows from which it was:
 *
 *	(a) immediate error	nothing but the reset of event and file signal
 *	(b) immediate success	result, event or file signal, APC, packet (unless skipped)
 *	(c) pending		the same later, never skipped
 *
 * A request is taken before the library is called and either given back at once (a), or
 * carries the result (b, c). It comes from a free list, so no memory is allocated once
 * the program has had that many in flight.
 */
#pragma once

#include <stdbool.h>

#include <windows.h>
#include <winternl.h>

#include <npfs/npfs.h>

#include "kernel32-shim/apc.h"
#include "kernel32-shim/completion_port.h"
#include "kernel32-shim/pipe_object.h"

/*
 * How a program wants to hear of a request's end. An OVERLAPPED begins with what an
 * IO_STATUS_BLOCK is, so either may be given; nothing behind that is looked at.
 */
struct overlapped_notice {
	OVERLAPPED *result; /* borrowed until the end */
	HANDLE event;	    /* NULL: the file is signaled */
	void *context;	    /* the APC's first argument; without one that of the packet, and
			     * NULL: no packet */
	PIO_APC_ROUTINE apc; /* NULL, or queued to the calling thread */
	LPOVERLAPPED_COMPLETION_ROUTINE routine; /* the same with ReadFileEx's arguments */
};

struct overlapped_request {
	struct npfs_op op;
	struct pipe_object *pipe; /* counted */
	OVERLAPPED *overlapped;	  /* the program's; touched for the last time when the
				   * result is written */
	struct object *event;	  /* counted, or NULL */
	bool has_result;	  /* it is written */
	void *context;		  /* as in the notice */
	PIO_APC_ROUTINE apc_routine;
	LPOVERLAPPED_COMPLETION_ROUTINE routine;
	struct thread *issuer; /* counted */
	struct apc apc;
	struct port_packet packet;
	npfs_status status;
	DWORD bytes;
	struct overlapped_request *next_free;
};

/*
 * overlapped_begin() - accept a request: section 5.1, steps 1 and 2
 * @requestp: the request; give it to overlapped_end()
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_HANDLE: bad event; STATUS_INVALID_PARAMETER:
 * completion routine on a file with a port; STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status overlapped_begin(struct pipe_object *pipe, OVERLAPPED *overlapped,
			     LPOVERLAPPED_COMPLETION_ROUTINE routine,
			     struct overlapped_request **requestp);

/* overlapped_begin_notice() - the same for any kind of notice; writes no result */
npfs_status overlapped_begin_notice(struct pipe_object *pipe,
				    const struct overlapped_notice *notice,
				    struct overlapped_request **requestp);

/* What an OVERLAPPED asks for. */
struct overlapped_notice overlapped_notice_of(OVERLAPPED *overlapped);

/*
 * overlapped_end() - the library answered @status with @bytes
 * Return: what the program is told; STATUS_PENDING when it will hear later.
 */
npfs_status overlapped_end(struct overlapped_request *request, npfs_status status,
			   DWORD bytes);

/* overlapped_end_late() - the same for calls whose every result comes through the
 * OVERLAPPED: returns STATUS_PENDING always. overlapped_will_end_late() before such a call */
void overlapped_will_end_late(struct overlapped_request *request);
npfs_status overlapped_end_late(struct overlapped_request *request, npfs_status status,
				DWORD bytes);

/* overlapped_sync() - a synchronous call on a synchronous file was given an OVERLAPPED:
 * the event before (done false) and the result and the event after (done true) */
npfs_status overlapped_sync_begin(OVERLAPPED *overlapped, struct object **eventp);
void overlapped_sync_end(struct pipe_object *pipe, OVERLAPPED *overlapped,
			 struct object *event, npfs_status status, DWORD bytes);

/* The same for any kind of notice; a routine or APC runs in this thread's next alertable
 * wait, or is dropped without memory. */
npfs_status overlapped_sync_begin_notice(const struct overlapped_notice *notice,
					 struct object **eventp);
void overlapped_sync_end_notice(struct pipe_object *pipe,
				const struct overlapped_notice *notice,
				struct object *event, npfs_status status, DWORD bytes);

/*
 * overlapped_plain_begin() - the same for a request that the library can perhaps end at once,
 * and whose end is told by nothing but the result and a signal: it needs no request then
 * @eventp: pinned, or NULL; give it to overlapped_plain_end()
 *
 * Return: false: it needs one. Nothing has happened.
 */
struct handle_slot;
bool overlapped_plain_begin(struct pipe_object *pipe, OVERLAPPED *overlapped,
			    struct handle_slot **eventp);

/*
 * overlapped_plain_end() - the library answered @status, STATUS_SUCCESS or STATUS_PENDING
 *
 * With STATUS_PENDING a request is needed after all, and overlapped_begin() comes next.
 */
void overlapped_plain_end(struct pipe_object *pipe, OVERLAPPED *overlapped,
			  struct handle_slot *event, npfs_status status, DWORD bytes);

/* overlapped_check_offset() - KB Q110148 and section 5.4; STATUS_INVALID_PARAMETER */
npfs_status overlapped_check_offset(const struct pipe_object *pipe,
				    const OVERLAPPED *overlapped, bool is_write);
npfs_status overlapped_check_offset_number(const struct pipe_object *pipe, int64_t offset,
					   bool is_write);

/* overlapped_cancel() - cancel requests in flight on a file (section 5.7)
 * @issuer: of this thread only; NULL: of any
 * @result: with this OVERLAPPED or IO_STATUS_BLOCK only; NULL: with any
 * Return: how many there were. */
unsigned overlapped_cancel(struct pipe_object *pipe, const struct thread *issuer,
			   const void *result);

/* overlapped_cancel_blocked() - end the synchronous call @t is in
 * @result: only if that was given this; NULL: in any case
 * Return: STATUS_SUCCESS; STATUS_NOT_FOUND. */
npfs_status overlapped_cancel_blocked(struct thread *t, const void *result);

/* overlapped_associate() - tie a file to a port, for good
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER: synchronous, or tied already. */
npfs_status overlapped_associate(struct pipe_object *pipe, struct object *port,
				 ULONG_PTR key);

/* overlapped_set_modes() - FILE_SKIP_ flags; STATUS_INVALID_PARAMETER: synchronous file */
npfs_status overlapped_set_modes(struct pipe_object *pipe, uint32_t flags);

/* overlapped_thread_blocks() - the calling thread is about to sleep in a call: a target of
 * CancelSynchronousIo, and its place on its port is free; goes_on: until here */
struct thread;
void overlapped_thread_blocks(void);
void overlapped_thread_goes_on(void);
