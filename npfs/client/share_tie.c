/* SPDX-License-Identifier: MIT */
/*
 * Shared ends: the packets, on both sides of the ring (model: share_tie.h)
 */
#include "npfs/client/share_tie.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"

struct np_tie {
	struct np_watch watch; /* of the bell; its descriptor is owned */
	_Atomic uint32_t refs; /* the end, the bell while it is watched, the engine */
	void (*receive)(void *user, const struct npfs_packet *packet);
	void (*release)(void *user);
	void *user;
	struct np_tie_ring *ring;	  /* owned mapping; NULL: the end was never shared */
	const struct np_share_page *page; /* likewise */
	int ring_fd, bell_fd;		  /* owned, until they are in the mailbox; -1 */
};

static void *map_shared(int fd, size_t size, int protection)
{
	void *map = mmap(NULL, size, protection, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return NULL;
	if (madvise(map, size, MADV_DONTFORK) == 0)
		return map;
	munmap(map, size);
	return NULL;
}

/* the receiver */

static struct np_tie *tie_of(struct np_watch *watch)
{
	return np_container_of(watch, struct np_tie, watch);
}

/* np_tie_unref() - the end, or its bell, is gone; NULL is harmless */
void np_tie_unref(struct np_tie *tie)
{
	if (!tie || atomic_fetch_sub(&tie->refs, 1) != 1)
		return;
	if (tie->release)
		tie->release(tie->user);
	if (tie->ring)
		munmap(tie->ring, sizeof(*tie->ring));
	if (tie->page)
		munmap((void *)(uintptr_t)tie->page, sizeof(*tie->page));
	np_fd_close(tie->watch.fd);
	np_fd_close(tie->ring_fd);
	np_fd_close(tie->bell_fd);
	free(tie);
}

static void bell_ref(struct np_watch *watch)
{
	atomic_fetch_add(&tie_of(watch)->refs, 1);
}

static void bell_unref(struct np_watch *watch)
{
	np_tie_unref(tie_of(watch));
}

static void take_packets(struct np_tie *tie)
{
	struct np_tie_ring *ring = tie->ring;
	uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);

	if (tail - head > NP_TIE_PACKETS)
		head = tail; /* not written by this library */
	for (; head != tail; head++) {
		struct npfs_packet packet = ring->packet[head % NP_TIE_PACKETS].packet;

		atomic_store_explicit(&ring->head, head + 1, memory_order_release);
		tie->receive(tie->user, &packet);
	}
}

/* Is the packet of an entry published already? Then it was the last one. */
static bool is_told(const struct np_tie_ring *ring, const struct np_share_flight *flight)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);

	return tail && ring->packet[(tail - 1) % NP_TIE_PACKETS].serial == flight->serial;
}

/* Nobody holds the end any more: what is in flight died with its process. */
static void take_rest(struct np_tie *tie)
{
	if (!tie->page->flight_serial)
		return;
	for (unsigned i = 0; i < NP_SHARE_FLIGHTS; i++) {
		const struct np_share_flight *flight = &tie->page->flight[i];
		const struct npfs_packet packet = {
			.context = flight->context,
			.status = STATUS_CANCELLED,
		};

		if (atomic_load(&flight->holder) && !is_told(tie->ring, flight))
			tie->receive(tie->user, &packet);
	}
}

static void bell_on_event(struct np_watch *watch)
{
	struct np_tie *tie = tie_of(watch);
	char bytes[64];
	ssize_t n;

	do {
		n = recv(watch->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	} while (n > 0 || (n < 0 && errno == EINTR));
	take_packets(tie);
	if (n < 0)
		return;
	take_rest(tie);
	np_engine_remove(watch);
	np_tie_unref(tie);
}

/* The child receives nothing, and what is in the parent's ring is the parent's. */
static void bell_fork_child(struct np_watch *watch)
{
	struct np_tie *tie = tie_of(watch);

	watch->fd = np_fd_close(watch->fd);
	tie->ring_fd = np_fd_close(tie->ring_fd);
	tie->bell_fd = np_fd_close(tie->bell_fd);
	tie->ring = NULL;
	tie->page = NULL;
}

static const struct np_watch_ops bell_ops = {
	.ref = bell_ref,
	.unref = bell_unref,
	.on_event = bell_on_event,
	.fork_child = bell_fork_child,
};

static int open_bell(struct np_tie *tie)
{
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return np_err(-errno);
	tie->bell_fd = pair[1];
	tie->watch.fd = pair[0];
	atomic_fetch_add(&tie->refs, 1);
	r = np_engine_add(&tie->watch);
	if (r == 0)
		return 0;
	atomic_fetch_sub(&tie->refs, 1);
	tie->bell_fd = np_fd_close(tie->bell_fd);
	tie->watch.fd = np_fd_close(tie->watch.fd);
	return r;
}

/*
 * np_tie_open() - make the ring and the bell for an end that becomes shared, or is
 * @share: whose page is mapped
 *
 * Return: 0 or a negative errno; what was made goes with the tie.
 */
int np_tie_open(struct np_tie *tie, struct np_share *share)
{
	int r;

	/* another one's page, when becoming shared failed before */
	if (tie->page)
		munmap((void *)(uintptr_t)tie->page, sizeof(*tie->page));
	tie->page = map_shared(share->page_fd, sizeof(*tie->page), PROT_READ);
	if (!tie->page)
		return np_err(-ENOMEM);
	if (tie->watch.fd >= 0)
		return 0;
	tie->ring_fd = np_fd_close(tie->ring_fd);
	r = np_memfd_new("npfs-tie", sizeof(*tie->ring), &tie->ring_fd);
	if (r < 0)
		return r;
	if (tie->ring)
		munmap(tie->ring, sizeof(*tie->ring));
	tie->ring = map_shared(tie->ring_fd, sizeof(*tie->ring), PROT_READ | PROT_WRITE);
	if (!tie->ring)
		return np_err(-ENOMEM);
	return open_bell(tie);
}

static struct np_tie *tie_new(void (*receive)(void *, const struct npfs_packet *),
			      void (*release)(void *), void *user)
{
	struct np_tie *tie = calloc(1, sizeof(*tie));

	if (!tie)
		return NULL;
	tie->watch.ops = &bell_ops;
	tie->watch.fd = -1;
	tie->ring_fd = -1;
	tie->bell_fd = -1;
	tie->receive = receive;
	tie->release = release;
	tie->user = user;
	atomic_init(&tie->refs, 1);
	return tie;
}

/* This holder has the ring now. The mapping is its own: it may outlive the tie. */
static void have_ring(struct np_share *share, int ring_fd, int bell_fd)
{
	size_t size;

	if (np_memfd_check(ring_fd, &size) < 0 || size != sizeof(*share->ring))
		return;
	share->ring = map_shared(ring_fd, size, PROT_READ | PROT_WRITE);
	if (share->ring)
		share->bell_fd = bell_fd;
}

/*
 * np_share_install_tie() - the others find the ring of end->tie from now on
 *
 * Under the lock. Return: false when they would not: nothing has changed.
 */
bool np_share_install_tie(struct npfs_end *end)
{
	struct np_share *share = end->share;
	struct np_tie *tie = end->tie;
	struct np_mail now, old;
	bool is_posted;

	np_mail_look(share, &old);
	now = old;
	now.generation = share->page->generation;
	now.ring_fd = tie->ring_fd;
	now.bell_fd = tie->bell_fd;
	is_posted = np_mail_post(share, &now);
	np_mail_close(&old);
	if (!is_posted)
		return false;
	atomic_store(&share->page->is_tied, true);
	share->has_looked_for_ring = true;
	have_ring(share, tie->ring_fd, tie->bell_fd);
	if (share->ring)
		tie->bell_fd = -1;
	tie->ring_fd = np_fd_close(tie->ring_fd);
	tie->bell_fd = np_fd_close(tie->bell_fd);
	share->rings = true;
	return true;
}

static npfs_status tie_locked(struct npfs_end *end, struct np_tie *tie)
{
	if (end->state >= NP_END_LINGERING)
		return STATUS_INVALID_HANDLE;
	if (end->tie || (end->share && atomic_load(&end->share->page->is_tied)))
		return STATUS_INVALID_PARAMETER;
	end->tie = tie;
	if (!end->share || np_share_install_tie(end))
		return STATUS_SUCCESS;
	end->tie = NULL;
	return STATUS_INSUFFICIENT_RESOURCES;
}

/* It was not to be: nothing of it is seen by anybody. */
static void tie_forget(struct np_tie *tie)
{
	tie->release = NULL;
	if (tie->watch.fd >= 0) {
		np_engine_remove(&tie->watch);
		np_tie_unref(tie);
	}
	np_tie_unref(tie);
}

npfs_status npfs_end_tie(struct npfs_end *end,
			 void (*receive)(void *user, const struct npfs_packet *packet),
			 void (*release)(void *user), void *user)
{
	struct np_list done = NP_LIST_INIT(done);
	npfs_status status = STATUS_SUCCESS;
	struct np_tie *tie;

	if (end->is_sync)
		return STATUS_INVALID_PARAMETER;
	tie = tie_new(receive, release, user);
	if (!tie)
		return STATUS_INSUFFICIENT_RESOURCES;
	np_lock_take(&end->export_lock); /* it does not become shared meanwhile */
	if (end->share && np_tie_open(tie, end->share) < 0)
		status = STATUS_INSUFFICIENT_RESOURCES;
	if (status == STATUS_SUCCESS) {
		np_end_lock(end);
		np_end_refresh(end, &done);
		status = tie_locked(end, tie);
		np_end_unlock(end, &done);
	}
	np_lock_give(&end->export_lock);
	if (status != STATUS_SUCCESS)
		tie_forget(tie);
	return status;
}

bool npfs_end_is_tied(const struct npfs_end *end)
{
	const struct np_share *share = atomic_load_explicit(&end->share, memory_order_acquire);

	if (atomic_load_explicit(&end->tie, memory_order_relaxed))
		return true;
	return share && share->page && atomic_load(&share->page->is_tied);
}

/* the other holders */

/* np_share_look_for_ring() - has the end been tied since the last look? */
void np_share_look_for_ring(struct npfs_end *end)
{
	struct np_share *share = end->share;
	struct np_mail mail;

	if (share->has_looked_for_ring || !atomic_load(&share->page->is_tied))
		return;
	share->has_looked_for_ring = true;
	np_mail_look(share, &mail);
	if (mail.ring_fd >= 0) {
		have_ring(share, mail.ring_fd, mail.bell_fd);
		if (share->ring)
			mail.bell_fd = -1;
	}
	np_mail_close(&mail);
}

/* np_share_drop_ring() - nobody uses the end any more */
void np_share_drop_ring(struct np_share *share)
{
	if (share->ring)
		munmap(share->ring, sizeof(*share->ring));
	share->ring = NULL;
}

static uint64_t n_unread(const struct np_tie_ring *ring)
{
	return atomic_load_explicit(&ring->tail, memory_order_relaxed) -
	       atomic_load_explicit(&ring->head, memory_order_acquire);
}

/* Return: false when the receiver is gone. */
static bool ring_bell(struct np_share *share)
{
	ssize_t n;

	do {
		n = send(share->bell_fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n > 0 || errno == EAGAIN; /* a bell that is full has been rung */
}

/* There is room, or the request was in flight before the end was tied. */
static void put(struct np_share *share, const struct npfs_packet *packet, uint32_t serial)
{
	struct np_tie_ring *ring = share->ring;
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	struct np_tie_packet *cell = &ring->packet[tail % NP_TIE_PACKETS];

	if (n_unread(ring) >= NP_TIE_PACKETS)
		return;
	cell->packet = *packet;
	cell->serial = serial;
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
}

static void flight_free(struct np_share_page *page, struct np_share_flight *flight)
{
	if (!atomic_exchange(&flight->holder, 0))
		return;
	if (page->n_flights)
		page->n_flights--;
}

/* np_share_flight_add() - @o, which has a context, is in flight */
void np_share_flight_add(struct npfs_end *end, struct np_request *o)
{
	struct np_share *share = end->share;
	struct np_share_page *page = share->page;

	if (page->n_flights >= NP_SHARE_FLIGHTS)
		return;
	for (uint32_t i = 0; i < NP_SHARE_FLIGHTS; i++) {
		uint32_t at = (page->flight_hint + i) % NP_SHARE_FLIGHTS;
		struct np_share_flight *flight = &page->flight[at];

		if (atomic_load(&flight->holder))
			continue;
		flight->context = o->op->context;
		if (++page->flight_serial == 0)
			page->flight_serial = 1;
		flight->serial = page->flight_serial;
		atomic_store(&flight->holder, share->slot + 1);
		page->n_flights++;
		page->flight_hint = at + 1;
		o->flight = (uint16_t)(at + 1);
		return;
	}
}

/* np_share_flight_drop() - @o is over, and its caller knows */
void np_share_flight_drop(struct npfs_end *end, struct np_request *o)
{
	if (o->flight)
		flight_free(end->share->page, &end->share->page->flight[o->flight - 1]);
	o->flight = 0;
}

/* np_share_flights_begin() - the end becomes shared; what is in flight becomes known */
void np_share_flights_begin(struct npfs_end *end)
{
	struct np_list *pos;

	np_list_for_each(pos, &end->ops) {
		struct np_request *o = np_list_entry(pos, struct np_request, link);

		if (o->op && o->op->context)
			np_share_flight_add(end, o);
	}
}

/*
 * np_share_tell() - what is on the list of completions is told of, before it is run
 *
 * Of the receiver's own requests, and of an end that is not tied, only the entries go.
 */
void np_share_tell(struct npfs_end *end, struct np_list *done)
{
	struct np_share *share = end->share;
	bool tells = !share->has_left && share->ring && !end->tie;
	bool rings = false;
	struct np_list *pos;

	np_list_for_each(pos, done) {
		struct np_request *o = np_list_entry(pos, struct np_request, link);
		const struct npfs_packet packet = {
			.context = o->op->context,
			.status = o->status,
			.information = o->information,
		};

		if (!packet.context || o->is_told || share->has_left)
			continue;
		o->is_told = true;
		if (tells) {
			o->op->status = o->status;
			o->op->information = o->information;
			if (o->op->store)
				o->op->store(o->op);
			put(share, &packet,
			    o->flight ? share->page->flight[o->flight - 1].serial : 0);
			rings = true;
		}
		np_share_flight_drop(end, o);
	}
	if (rings)
		ring_bell(share);
}

/* np_share_tell_now() - an operation ended at once, see NPFS_TELL_ */
void np_share_tell_now(struct npfs_end *end, const struct npfs_op *op, npfs_status status,
		       uint32_t information)
{
	struct np_share *share = end->share;
	const struct npfs_packet packet = {
		.context = op->context,
		.status = status,
		.information = information,
	};
	uint32_t kind = NPFS_TELL_SUCCESS;

	if (npfs_status_is_error(status))
		kind = NPFS_TELL_ERROR;
	else if (status & 0x80000000u)
		kind = NPFS_TELL_WARNING;
	if (share->has_left || !share->ring || end->tie || !(op->tells & kind))
		return;
	put(share, &packet, 0);
	ring_bell(share);
}

/* np_share_tell_of_dead() - a holder died: the packets of what it had in flight */
void np_share_tell_of_dead(struct npfs_end *end, uint16_t slot)
{
	struct np_share *share = end->share;
	struct np_share_page *page = share->page;
	uint32_t n_left = 0;

	np_share_look_for_ring(end);
	if (!page->flight_serial)
		return; /* there never was one, and no memory for them */
	for (unsigned i = 0; i < NP_SHARE_FLIGHTS; i++) {
		struct np_share_flight *flight = &page->flight[i];
		const struct npfs_packet packet = {
			.context = flight->context,
			.status = STATUS_CANCELLED,
		};
		uint32_t holder = atomic_load(&flight->holder);

		if (holder != slot + 1u) {
			n_left += holder != 0;
			continue;
		}
		if (share->ring && !is_told(share->ring, flight))
			put(share, &packet, flight->serial);
		atomic_store(&flight->holder, 0);
	}
	page->n_flights = n_left;
	if (share->ring)
		ring_bell(share);
}

/*
 * np_share_has_room() - for the packet of one more operation, if it goes to another process
 *
 * A receiver that is gone is not waited for.
 */
bool np_share_has_room(struct npfs_end *end)
{
	struct np_share *share = end->share;
	uint32_t n_flights = share->page->n_flights;

	if (!share->ring || end->tie ||
	    (n_flights < NP_SHARE_FLIGHTS && n_unread(share->ring) + n_flights < NP_TIE_PACKETS))
		return true;
	return !ring_bell(share);
}
