/* SPDX-License-Identifier: MIT */
/*
 * I/O completion ports.  The model is in completion_port.h.
 *
 * A packet meets a thread in one place, port_dispatch(), which runs after every change
 * that can make such a meeting possible: a packet came, a thread came, an active thread
 * blocked or left.
 */
#include "kernel32-shim/completion_port.h"

#include <stdlib.h>
#include <unistd.h>

#include "kernel32-shim/apc.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/wait.h"

/* All under the dispatcher lock. */
struct port {
	struct object object;
	unsigned concurrency;
	unsigned n_active;
	bool closed;
	struct object_link packets; /* first in, first out */
	struct object_link waiters; /* struct thread; last in, first out */
};

static npfs_status (*_Atomic associator)(HANDLE file, struct object *port, ULONG_PTR key);

static struct port *port_from_object(struct object *o)
{
	return (struct port *)(void *)o;
}

/* meetings; dispatcher lock */

static void port_count_in(struct port *p, struct thread *t)
{
	if (t->port != &p->object) {
		object_unref(t->port);
		t->port = object_ref(&p->object);
	}
	t->counts_on_port = true;
	p->n_active++;
}

static struct port_packet *port_pop(struct port *p)
{
	struct object_link *link = p->packets.next;

	if (link == &p->packets || p->n_active >= p->concurrency)
		return NULL;
	object_link_remove(link);
	return object_container(link, struct port_packet, link);
}

static void port_dispatch(struct port *p)
{
	while (!object_link_is_empty(&p->waiters)) {
		struct port_packet *packet = port_pop(p);
		struct thread *t;

		if (!packet)
			return;
		t = object_container(p->waiters.next, struct thread, port_link);
		object_link_remove(&t->port_link);
		t->port_packet = packet;
		port_count_in(p, t);
		wait_finish(t, WAIT_OBJECT_0);
	}
}

void completion_port_thread_blocks(struct thread *t)
{
	if (!t->counts_on_port)
		return;
	t->counts_on_port = false;
	port_from_object(t->port)->n_active--;
	port_dispatch(port_from_object(t->port));
}

void completion_port_thread_unblocks(struct thread *t)
{
	if (!t->port || t->counts_on_port)
		return;
	t->counts_on_port = true;
	port_from_object(t->port)->n_active++;
}

/* Whose port it is, is changed by the thread itself, or for it while it waits. */
void completion_port_thread_sleeps(struct thread *self)
{
	if (!self->port)
		return;
	dispatcher_lock();
	completion_port_thread_blocks(self);
	dispatcher_unlock();
}

void completion_port_thread_goes_on(struct thread *self)
{
	if (!self->port)
		return;
	dispatcher_lock();
	completion_port_thread_unblocks(self);
	dispatcher_unlock();
}

/* Give up the thread's place without keeping it for later. */
static void port_count_out(struct thread *t)
{
	completion_port_thread_blocks(t);
	t->port = object_unref(t->port);
}

void completion_port_thread_leaves(struct thread *t)
{
	dispatcher_lock();
	port_count_out(t);
	dispatcher_unlock();
}

/*
 * The thread comes back to @p.  When it came from @p too, its place is free first for
 * itself: it fetches the next packet rather than waking another thread for it.
 */
static void port_count_back(struct port *p, struct thread *t)
{
	if (t->counts_on_port && t->port == &p->object) {
		t->counts_on_port = false;
		p->n_active--;
	}
	port_count_out(t);
}

static void port_waiter_withdraw(struct thread *t)
{
	object_link_remove(&t->port_link);
}

/* the object */

static bool port_is_ready(struct object *o, struct thread *self)
{
	(void)self;
	return !object_link_is_empty(&port_from_object(o)->packets);
}

static void port_closed(struct object *o)
{
	struct port *p = port_from_object(o);
	struct object_link packets;

	object_link_init(&packets);
	dispatcher_lock();
	p->closed = true;
	while (!object_link_is_empty(&p->waiters)) {
		struct thread *t =
			object_container(p->waiters.next, struct thread, port_link);

		object_link_remove(&t->port_link);
		t->port_packet = NULL;
		wait_finish(t, WAIT_ABANDONED_0);
	}
	while (!object_link_is_empty(&p->packets)) {
		struct object_link *link = p->packets.next;

		object_link_remove(link);
		object_link_push_back(&packets, link);
	}
	dispatcher_unlock();
	while (!object_link_is_empty(&packets)) {
		struct port_packet *packet =
			object_container(packets.next, struct port_packet, link);

		object_link_remove(&packet->link);
		packet->done(packet);
	}
}

static const struct object_ops port_ops = {
	.type = OBJECT_PORT,
	.signal_kind = OBJECT_SIGNAL_COMPUTED,
	.name = "completion port",
	.is_ready = port_is_ready,
	.acquire = object_acquire_nothing,
	.last_handle_closed = port_closed,
	.destroy = object_destroy_free,
};

unsigned port_depth(struct object *port)
{
	struct port *p = port_from_object(port);
	unsigned n = 0;

	dispatcher_lock();
	for (struct object_link *l = p->packets.next; l != &p->packets; l = l->next)
		n++;
	dispatcher_unlock();
	return n;
}

static struct port *port_new(DWORD concurrency)
{
	struct port *p = calloc(1, sizeof(*p));
	long n_cpus;

	if (!p)
		return NULL;
	if (concurrency == 0) {
		n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
		concurrency = n_cpus > 0 ? (DWORD)n_cpus : 1;
	}
	object_init(&p->object, &port_ops, false);
	object_link_init(&p->packets);
	object_link_init(&p->waiters);
	p->concurrency = concurrency;
	return p;
}

struct object *port_create(DWORD concurrency)
{
	struct port *p = port_new(concurrency);

	return p ? &p->object : NULL;
}

struct object *port_from_handle(HANDLE h)
{
	return handle_get(h, OBJECT_PORT, NULL);
}

/* posting */

npfs_status port_post_packet(struct object *port, struct port_packet *packet)
{
	struct port *p = port_from_object(port);
	npfs_status status = STATUS_SUCCESS;

	dispatcher_lock();
	if (p->closed) {
		status = STATUS_INVALID_HANDLE;
	} else {
		object_link_push_back(&p->packets, &packet->link);
		port_dispatch(p);
		if (!object_link_is_empty(&port->waiters))
			object_wake(port);
	}
	dispatcher_unlock();
	return status;
}

static void posted_packet_done(struct port_packet *packet)
{
	free(packet);
}

npfs_status port_post(struct object *port, ULONG_PTR key, OVERLAPPED *overlapped,
		      ULONG_PTR bytes, npfs_status status)
{
	struct port_packet *packet = malloc(sizeof(*packet));
	npfs_status posted;

	if (!packet)
		return STATUS_NO_MEMORY;
	port_packet_init(packet, posted_packet_done);
	packet->key = key;
	packet->overlapped = overlapped;
	packet->bytes = bytes;
	packet->status = status;
	posted = port_post_packet(port, packet);
	if (posted != STATUS_SUCCESS)
		free(packet);
	return posted;
}

/* fetching */

static void entry_fill(void *entries, ULONG i, const struct port_packet *packet)
{
	OVERLAPPED_ENTRY *entry = (OVERLAPPED_ENTRY *)entries + i;

	entry->lpCompletionKey = packet->key;
	entry->lpOverlapped = packet->overlapped;
	entry->Internal = packet->status;
	entry->dwNumberOfBytesTransferred = (DWORD)packet->bytes;
}

/* Take what else is there, up to @n entries in all.  Returns how many there are then. */
static ULONG port_take_more(struct port *p, port_fill_fn fill, void *entries, ULONG n,
			    ULONG got)
{
	while (got < n) {
		struct port_packet *packet = NULL;

		dispatcher_lock();
		if (!object_link_is_empty(&p->packets)) {
			packet = object_container(p->packets.next, struct port_packet,
						  link);
			object_link_remove(&packet->link);
		}
		dispatcher_unlock();
		if (!packet)
			break;
		fill(entries, got++, packet);
		packet->done(packet);
	}
	return got;
}

DWORD port_fetch(struct object *port, port_fill_fn fill, void *entries, ULONG n,
		 ULONG *gotp, int64_t deadline, bool alertable)
{
	struct port *p = port_from_object(port);
	struct thread *self = thread_self();
	struct port_packet *packet = NULL;
	DWORD result;

	dispatcher_lock();
	port_count_back(p, self);
	if (p->closed) {
		dispatcher_unlock();
		return ERROR_ABANDONED_WAIT_0;
	}
	packet = port_pop(p);
	if (packet) {
		port_count_in(p, self);
		dispatcher_unlock();
	} else if (alertable &&
		   atomic_load_explicit(&self->n_apcs, memory_order_relaxed)) {
		dispatcher_unlock();
		apc_run_pending(self);
		return WAIT_IO_COMPLETION;
	} else if (deadline == WAIT_POLL) {
		dispatcher_unlock();
		return WAIT_TIMEOUT;
	} else {
		wait_begin(self, alertable, port_waiter_withdraw);
		self->port_packet = NULL;
		object_link_push_front(&p->waiters, &self->port_link);
		result = wait_sleep(self, deadline);
		if (result == WAIT_ABANDONED_0)
			return ERROR_ABANDONED_WAIT_0;
		if (result != WAIT_OBJECT_0)
			return result;
		packet = self->port_packet;
	}
	fill(entries, 0, packet);
	packet->done(packet);
	*gotp = n == 1 ? 1 : port_take_more(p, fill, entries, n, 1);
	return 0;
}

/* the port behind a handle with the rights to use it, counted */
static struct port *port_get(HANDLE h, DWORD *errorp)
{
	uint32_t access;
	struct object *o = handle_get(h, OBJECT_PORT, &access);

	if (!o) {
		*errorp = ERROR_INVALID_HANDLE;
		return NULL;
	}
	if (!(access & IO_COMPLETION_MODIFY_STATE)) {
		object_unref(o);
		*errorp = ERROR_ACCESS_DENIED;
		return NULL;
	}
	return port_from_object(o);
}

BOOL WINAPI GetQueuedCompletionStatus(HANDLE h, LPDWORD bytesp, PULONG_PTR keyp,
				      LPOVERLAPPED *overlappedp, DWORD milliseconds)
{
	OVERLAPPED_ENTRY entry;
	ULONG got;
	DWORD error = 0;
	struct port *p;

	if (!bytesp || !keyp || !overlappedp)
		return thread_fail(ERROR_INVALID_PARAMETER);
	*overlappedp = NULL;
	p = port_get(h, &error);
	if (!p)
		return thread_fail(error);
	error = port_fetch(&p->object, entry_fill, &entry, 1, &got,
			   wait_deadline(milliseconds), false);
	object_unref(&p->object);
	if (error)
		return thread_fail(error);
	*bytesp = entry.dwNumberOfBytesTransferred;
	*keyp = entry.lpCompletionKey;
	*overlappedp = entry.lpOverlapped;
	/* Warnings count as failures here: a message cut short is FALSE, 234. */
	if ((npfs_status)entry.Internal & 0x80000000u)
		return thread_fail(npfs_status_to_win32((npfs_status)entry.Internal));
	return TRUE;
}

BOOL WINAPI GetQueuedCompletionStatusEx(HANDLE h, LPOVERLAPPED_ENTRY entries, ULONG n,
					PULONG gotp, DWORD milliseconds, BOOL alertable)
{
	DWORD error = 0;
	struct port *p;

	if (!entries || n == 0 || !gotp)
		return thread_fail(ERROR_INVALID_PARAMETER);
	p = port_get(h, &error);
	if (!p)
		return thread_fail(error);
	error = port_fetch(&p->object, entry_fill, entries, n, gotp,
			   wait_deadline(milliseconds), alertable);
	object_unref(&p->object);
	if (!error)
		return TRUE;
	*gotp = 0;
	return thread_fail(error);
}

BOOL WINAPI PostQueuedCompletionStatus(HANDLE h, DWORD bytes, ULONG_PTR key,
				       LPOVERLAPPED overlapped)
{
	DWORD error = 0;
	struct port *p = port_get(h, &error);
	npfs_status status;

	if (!p)
		return thread_fail(error);
	status = port_post(&p->object, key, overlapped, bytes, STATUS_SUCCESS);
	object_unref(&p->object);
	return status == STATUS_SUCCESS ? TRUE
					: thread_fail(npfs_status_to_win32(status));
}

/* making and tying */

void port_set_associator(npfs_status (*associate)(HANDLE file, struct object *port,
						  ULONG_PTR key))
{
	atomic_store(&associator, associate);
}

static DWORD port_associate(HANDLE file, struct object *port, ULONG_PTR key)
{
	npfs_status (*associate)(HANDLE, struct object *, ULONG_PTR) =
		atomic_load(&associator);
	npfs_status status = STATUS_OBJECT_TYPE_MISMATCH; /* no kind of file is there */
	struct handle_pin pin;

	if (!handle_pin(file, OBJECT_ANY, NULL, &pin))
		return ERROR_INVALID_HANDLE;
	handle_unpin(&pin);
	if (associate)
		status = associate(file, port, key);
	return status == STATUS_SUCCESS ? 0 : npfs_status_to_win32(status);
}

static HANDLE port_create_handle(DWORD concurrency)
{
	struct port *p = port_new(concurrency);

	if (!p) {
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
		return NULL;
	}
	return handle_new_take(&p->object, IO_COMPLETION_ALL_ACCESS, 0);
}

HANDLE WINAPI CreateIoCompletionPort(HANDLE file, HANDLE existing, ULONG_PTR key,
				     DWORD concurrency)
{
	HANDLE h = existing;
	struct port *port;
	DWORD error = 0;

	if (file == INVALID_HANDLE_VALUE) {
		if (existing) {
			thread_last_error = ERROR_INVALID_PARAMETER;
			return NULL;
		}
		return port_create_handle(concurrency);
	}
	if (!existing)
		h = port_create_handle(concurrency);
	if (!h)
		return NULL;
	port = port_get(h, &error);
	if (port) {
		error = port_associate(file, &port->object, key);
		object_unref(&port->object);
	}
	if (!error)
		return h;
	if (!existing)
		handle_close(h);
	thread_last_error = error;
	return NULL;
}
