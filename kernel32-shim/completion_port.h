/* SPDX-License-Identifier: MIT */
/*
 * I/O completion ports.
 *
 * A port is a queue of packets, first in first out, and a stack of waiting threads, last
 * in first out.  It lets at most its concurrency value of threads run with packets they
 * took from it: a thread counts as active from the moment it is given packets until it
 * comes back to a port, ends, or blocks in a wait or a pipe call, and counts again when
 * that is over (which may carry the number above the value for a while).
 *
 * A packet has an intrusive node, so a request in flight embeds struct port_packet and
 * posting it allocates nothing.  The owner gets its packet back through ops->done, with
 * no lock held, once its contents have been copied out or the port has gone.
 *
 * The last CloseHandle ends every wait on the port with ERROR_ABANDONED_WAIT_0 and
 * returns the packets nobody fetched.  All state is guarded by the dispatcher lock.
 */
#pragma once

#include <stdbool.h>

#include <windows.h>

#include <npfs/status.h>

#include "kernel32-shim/object.h"

struct port_packet {
	struct object_link link;
	ULONG_PTR key;
	OVERLAPPED *overlapped;
	ULONG_PTR bytes;
	npfs_status status;
	void (*done)(struct port_packet *packet); /* the packet is its owner's again */
};

static inline void port_packet_init(struct port_packet *packet,
				    void (*done)(struct port_packet *))
{
	object_link_init(&packet->link);
	packet->done = done;
}

/**
 * port_post() - queue a packet of the port's own making
 *
 * Return: STATUS_SUCCESS, STATUS_NO_MEMORY, or STATUS_INVALID_HANDLE when the port's last
 * handle has been closed.
 */
npfs_status port_post(struct object *port, ULONG_PTR key, OVERLAPPED *overlapped,
		      ULONG_PTR bytes, npfs_status status);

/*
 * Queue the caller's packet, filled in.  STATUS_INVALID_HANDLE when the port's last
 * handle has been closed; then the packet stays the caller's and done is not called.
 */
npfs_status port_post_packet(struct object *port, struct port_packet *packet);

/* Puts what a packet says into the @i-th of the caller's entries. */
typedef void (*port_fill_fn)(void *entries, ULONG i, const struct port_packet *packet);

/**
 * port_fetch() - wait for packets
 * @entries: room for @n of what @fill fills
 * @gotp: receives how many of them were filled
 * @deadline: as wait_deadline() has it
 *
 * Return: 0, WAIT_TIMEOUT, WAIT_IO_COMPLETION or ERROR_ABANDONED_WAIT_0.
 */
DWORD port_fetch(struct object *port, port_fill_fn fill, void *entries, ULONG n,
		 ULONG *gotp, int64_t deadline, bool alertable);

/* A new port, counted; NULL without memory. @concurrency 0: one thread per processor. */
struct object *port_create(DWORD concurrency);

/* How many packets lie there. */
unsigned port_depth(struct object *port);

/* The port behind a handle, counted; NULL when it is none. */
struct object *port_from_handle(HANDLE h);

/**
 * port_set_associator() - say how a file is tied to a port
 *
 * CreateIoCompletionPort calls @associate for its FileHandle; the owner of the file kind
 * stores the port (taking a reference) and the key.  Its status is the call's result.
 */
void port_set_associator(npfs_status (*associate)(HANDLE file, struct object *port,
						  ULONG_PTR key));

/* A thread with a port's packets blocks or goes on.  Dispatcher lock. */
void completion_port_thread_blocks(struct thread *t);
void completion_port_thread_unblocks(struct thread *t);

/* The same for the calling thread and a sleep that is not a wait of this library. Take the
 * lock. */
void completion_port_thread_sleeps(struct thread *self);
void completion_port_thread_goes_on(struct thread *self);

/* The thread ends, or comes back to a port: it handles packets no more.  Takes the lock. */
void completion_port_thread_leaves(struct thread *t);
