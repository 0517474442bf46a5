/* SPDX-License-Identifier: MIT */
/*
 * Ends: their life, their channel, their state, and the operations in flight on them
 *
 * np_end_glance() is the one place that looks at what happened to the connection, and
 * np_end_pump() the one that moves data for operations in flight. Every slow path calls
 * both, so an operation completes in whatever thread notices first.
 */
#include "npfs/client/end.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/client/identity.h"
#include "npfs/client/recover.h"
#include "npfs/client/share_tie.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"
#include "npfs/proto/wire.h"

/* Doorbell packets are one byte; the broker's hello is the longest packet there is. */
#define PACKET_ROOM	  64u
#define DOORBELLS_AT_ONCE 256u

/* A doorbell is an edge; that its packet is read is only to keep the queue, which has room
 * for more than 200, from filling. */
#define DOORBELLS_UNREAD 64u

static const struct np_watch_ops watch_ops;

static _Atomic unsigned n_memfds; /* kept by ends of this process */

/* lifetime */

npfs_status np_end_new(const uint16_t *name, size_t name_len, bool is_server, bool is_sync,
		       struct npfs_end **endp)
{
	struct npfs_end *end = calloc(1, sizeof(*end));

	if (!end)
		return STATUS_INSUFFICIENT_RESOURCES;
	end->name = malloc(name_len * sizeof(*name) + 1);
	if (!end->name) {
		free(end);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	memcpy(end->name, name, name_len * sizeof(*name));
	end->name_len = name_len;
	end->is_server = is_server;
	end->is_sync = is_sync;
	end->state = NP_END_DISCONNECTED;
	end->sock = -1;
	end->shm_fd = -1;
	end->watch.ops = &watch_ops;
	end->registered.end = end;
	end->refs = 1;
	np_list_init(&end->ops);
	np_list_init(&end->orphans);
	*endp = end;
	return STATUS_SUCCESS;
}

void np_end_ref(struct npfs_end *end)
{
	atomic_fetch_add_explicit(&end->refs, 1, memory_order_relaxed);
}

void np_end_unref(struct npfs_end *end)
{
	if (atomic_fetch_sub_explicit(&end->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (end->is_server)
		np_registry_remove(&end->registered);
	np_end_detach(end);
	npfs_identity_unref(end->identity);
	npfs_identity_unref(end->context);
	np_share_free(end->share);
	np_share_free(end->share_offer);
	np_share_free(end->orphan_share);
	np_tie_unref(end->tie);
	free(end->hello);
	free(end->name);
	free(end);
}

/* locking */

/*
 * np_end_lock_private() - take the end's own lock; false: it is MOVED
 *
 * MOVED is never overwritten: whoever finds the lock taken marks it with a comparison.
 */
bool np_end_lock_private(struct npfs_end *end)
{
	_Atomic uint32_t *word = &end->lock.word;

	for (;;) {
		uint32_t seen = atomic_load_explicit(word, memory_order_acquire);

		if (seen == NP_LOCK_MOVED)
			return false;
		if (!seen && atomic_compare_exchange_strong_explicit(word, &seen, 2,
								     memory_order_acquire,
								     memory_order_relaxed))
			return true;
		if (seen == 1 && !atomic_compare_exchange_strong_explicit(
					 word, &seen, 2, memory_order_relaxed,
					 memory_order_relaxed))
			continue;
		if (seen == 1 || seen == 2)
			np_futex_wait(word, 2, NP_DEADLINE_NEVER, false);
	}
}

static NP_NOINLINE void lock_slow(struct npfs_end *end)
{
	if (!np_end_lock_private(end))
		np_share_lock(end);
}

void np_end_lock(struct npfs_end *end)
{
	if (NP_UNLIKELY(!np_lock_try(&end->lock)))
		lock_slow(end);
}

/* For the engine: a synchronous end may be locked for long, a shared one by another process. */
static bool lock_at_once(struct npfs_end *end)
{
	if (np_lock_try(&end->lock))
		return true;
	if (!end->share) {
		if (end->is_sync)
			return false;
		if (np_end_lock_private(end))
			return true;
	}
	return np_share_try_lock(end);
}

/*
 * What an end still owes the peer of writes that have completed and did not fit the ring
 * goes on between calls; the engine sees to that.
 */
static bool leaves_writes(struct npfs_end *end, struct np_list *done)
{
	if (NP_LIKELY(np_list_is_empty(&end->out.stalled) || !end->map))
		return false;
	np_wake_look_out(end, NP_BELL_WRITE_SOCK);
	np_end_pump(end, done);
	return true;
}

static uint32_t bits_in_flight(const struct npfs_end *end)
{
	uint32_t bits = 0;

	if (!np_list_is_empty(&end->in.pending))
		bits |= NP_BELL_READ_SOCK;
	if (!np_list_is_empty(&end->out.stalled) || !np_list_is_empty(&end->out.flushes))
		bits |= NP_BELL_WRITE_SOCK;
	return bits;
}

static bool has_turn(const struct npfs_end *end)
{
	return np_share_has_turn(end, NP_DIR_IN) || np_share_has_turn(end, NP_DIR_OUT);
}

/* What goes on between calls of a shared end is armed for, what came into the lanes too. */
static bool leaves_requests(struct npfs_end *end, struct np_list *done)
{
	uint32_t bits;

	do {
		if (end->share->has_left || !end->map || end->state == NP_END_LISTENING)
			return false;
		bits = bits_in_flight(end);
		if (!bits && !has_turn(end))
			return false;
		np_end_rearm(end, done);
	} while (end->map && ((bits_in_flight(end) & ~bits) || has_turn(end)));
	return end->map && bits_in_flight(end) &&
	       (end->state == NP_END_CONNECTED || end->state == NP_END_LINGERING);
}

static NP_NOINLINE void unlock_shared(struct npfs_end *end, struct np_list *done)
{
	bool leaves = leaves_requests(end, done);

	np_share_leave_when_over(end, done);
	np_share_tell(end, done);
	np_share_unlock(end);
	while (leaves && atomic_load(&end->event)) {
		np_share_lock(end);
		np_end_refresh(end, done);
		leaves = leaves_requests(end, done);
		np_share_leave_when_over(end, done);
		np_share_tell(end, done);
		np_share_unlock(end);
	}
}

static void unlock_private(struct npfs_end *end, struct np_list *done)
{
	bool leaves = leaves_writes(end, done);

	np_lock_give(&end->lock);
	/* the engine came while the lock was held */
	while (NP_UNLIKELY(leaves && atomic_load(&end->event))) {
		np_end_lock(end);
		if (end->share) {
			unlock_shared(end, done);
			return;
		}
		np_end_refresh(end, done);
		np_end_pump(end, done);
		leaves = leaves_writes(end, done);
		np_lock_give(&end->lock);
	}
}

void np_end_unlock(struct npfs_end *end, struct np_list *done)
{
	if (NP_UNLIKELY(atomic_load_explicit(&end->share, memory_order_relaxed) != NULL))
		unlock_shared(end, done);
	else
		unlock_private(end, done);
	while (!np_list_is_empty(done)) {
		struct np_request *o = np_list_entry(done->next, struct np_request, link);
		struct npfs_op *op = o->op;

		np_list_remove(&o->link);
		op->status = o->status;
		op->information = o->information;
		op->complete(op);
	}
}

/* np_end_unlock_leaving() - the rest of np_end_unlock_plain(): writes go on between calls */
void np_end_unlock_leaving(struct npfs_end *end)
{
	struct np_list done = NP_LIST_INIT(done);

	np_end_unlock(end, &done);
}

/* the channel */

static int map_channel(struct npfs_end *end, int shm_fd)
{
	struct np_shm_layout layout;
	size_t size;
	void *map;
	int r;

	np_shm_layout(end->info.inbound_quota, end->info.outbound_quota, &layout);
	r = np_memfd_check(shm_fd, &size);
	if (r < 0)
		return r;
	if (size < layout.size)
		return np_err(-EPROTO);
	map = mmap(NULL, layout.size, PROT_READ | PROT_WRITE, MAP_SHARED, shm_fd, 0);
	if (map == MAP_FAILED)
		return np_err(-errno);
	if (madvise(map, layout.size, MADV_DONTFORK) < 0) {
		r = np_err(-errno);
		munmap(map, layout.size);
		return r;
	}
	np_lock_take(&end->map_lock);
	end->map = map;
	end->map_size = layout.size;
	end->mine = np_shm_bell(map, end->is_server ? NP_SIDE_SERVER : NP_SIDE_CLIENT);
	end->peers = np_shm_bell(map, end->is_server ? NP_SIDE_CLIENT : NP_SIDE_SERVER);
	np_lock_give(&end->map_lock);
	return 0;
}

/* The lanes of this end, in the mapping or behind the wall. */
static void init_lanes(struct npfs_end *end, void *in_base, void *out_base)
{
	const struct np_call_info *info = &end->info;
	bool is_message = info->type == FILE_PIPE_MESSAGE_TYPE;
	bool message_mode = end->in.is_message_mode;
	enum np_lane_index in = end->is_server ? NP_LANE_INBOUND : NP_LANE_OUTBOUND;
	enum np_lane_index out = end->is_server ? NP_LANE_OUTBOUND : NP_LANE_INBOUND;
	uint32_t quota[2] = { info->inbound_quota, info->outbound_quota };
	struct np_shm_layout layout;

	np_shm_layout(info->inbound_quota, info->outbound_quota, &layout);
	np_lane_reader_fini(&end->in);
	np_lane_reader_init(&end->in, np_shm_lane(in_base, in),
			    (char *)in_base + layout.ring_offset[in],
			    layout.ring_size[in], quota[in], is_message);
	end->in.is_message_mode = message_mode;
	end->in.keeps_notes = end->is_server;
	if (end->share)
		np_share_lend_notes(end);
	np_lane_writer_init(&end->out, np_shm_lane(out_base, out),
			    (char *)out_base + layout.ring_offset[out],
			    layout.ring_size[out], quota[out], is_message);
}

/*
 * np_end_wall() - keep a client from what it was not granted
 * @end:	server end whose client has just come
 * @granted:	the client's rights
 *
 * Both ends have the whole channel mapped, whatever the client may do. A lane in a direction
 * that was not granted to it is therefore moved to memory of this process: what the client
 * puts into the shared one nobody reads, and what the server writes it cannot see.
 *
 * Return: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_end_wall(struct npfs_end *end, uint32_t granted)
{
	bool takes_in = end->info.config != FILE_PIPE_OUTBOUND;
	bool gives_out = end->info.config != FILE_PIPE_INBOUND;
	bool walls_in = takes_in && !(granted & (FILE_WRITE_DATA | FILE_APPEND_DATA));
	bool walls_out = gives_out && !(granted & FILE_READ_DATA);

	if (!walls_in && !walls_out)
		return STATUS_SUCCESS;
	end->wall = mmap(NULL, end->map_size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (end->wall == MAP_FAILED) {
		end->wall = NULL;
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	np_lane_writer_fini(&end->out);
	init_lanes(end, walls_in ? end->wall : end->map,
		   walls_out ? end->wall : end->map);
	return STATUS_SUCCESS;
}

/*
 * The memfd is needed again only if the end becomes shared. An end that was made for that
 * keeps it, others as long as the process has few of them: a quarter of the descriptors it
 * may have.
 */
static bool keeps_memfd(const struct npfs_end *end)
{
	struct rlimit limit;

	if (end->share)
		return false;
	return end->is_inheritable || (!getrlimit(RLIMIT_NOFILE, &limit) &&
				       atomic_load(&n_memfds) < limit.rlim_cur / 4);
}

/* np_end_drop_memfd() - close it, if it was kept */
void np_end_drop_memfd(struct npfs_end *end)
{
	int fd = atomic_exchange(&end->shm_fd, -1);

	if (fd < 0)
		return;
	np_fd_close(fd);
	atomic_fetch_sub(&n_memfds, 1);
}

/* np_end_attach() - map a channel, to be watched at first use; takes the descriptors in any
 * case */
npfs_status np_end_attach(struct npfs_end *end, struct np_call_channel *channel)
{
	int r = map_channel(end, channel->shm_fd);

	if (r < 0) {
		np_registry_forget_sock(&end->registered, channel->sock_fd);
		channel->shm_fd = np_fd_close(channel->shm_fd);
		channel->sock_fd = np_fd_close(channel->sock_fd);
		return npfs_status_from_errno(-r);
	}
	if (keeps_memfd(end)) {
		atomic_fetch_add(&n_memfds, 1);
		atomic_store(&end->shm_fd, np_take_fd(channel->shm_fd));
	}
	channel->shm_fd = np_fd_close(channel->shm_fd);
	init_lanes(end, end->map, end->map);
	end->sock = np_take_fd(channel->sock_fd);
	atomic_store(&end->gone, false);
	end->is_settled = false;
	end->is_watched = false;
	atomic_store(&end->event, true);
	end->watch.fd = end->sock;
	/*
	 * Others may watch it too. And where the broker keeps a copy of the server's socket,
	 * a server that dies is a shutdown and not a hang-up, which an exclusive watch cannot
	 * tell from a ring.
	 */
	end->watch.is_exclusive = !end->share && !end->info.is_held;
	r = np_engine_know(&end->watch);
	/* who finds the end by the registry looks at the rest when it has a state */
	if (r == 0)
		atomic_store(&end->state,
			     end->is_server ? NP_END_LISTENING : NP_END_CONNECTED);
	if (r == 0 && end->share) {
		r = np_engine_add(&end->watch);
		end->is_watched = r == 0;
	}
	if (r < 0) {
		np_end_detach(end);
		atomic_store(&end->state, NP_END_DISCONNECTED);
		return npfs_status_from_errno(-r);
	}
	return STATUS_SUCCESS;
}

/* np_end_detach() - give the channel up; nothing may be in flight on it any more */
void np_end_detach(struct npfs_end *end)
{
	void *map = end->map;

	if (end->sock >= 0)
		np_engine_remove(&end->watch);
	if (end->sock >= 0 && end->is_server)
		np_registry_forget_sock(&end->registered, end->sock);
	np_lane_writer_fini(&end->out);
	np_lane_reader_fini(&end->in);
	np_lock_take(&end->map_lock);
	end->mine = NULL;
	end->peers = NULL;
	end->map = NULL;
	np_lock_give(&end->map_lock);
	if (map)
		munmap(map, end->map_size);
	if (end->wall)
		munmap(np_take_ptr(end->wall), end->map_size);
	end->sock = np_fd_close(end->sock);
	end->is_watched = false;
	np_end_drop_memfd(end);
}

/* np_end_say() - tell the peer why the connection ends, and wake it however it sleeps */
void np_end_say(struct npfs_end *end, enum np_shm_state state)
{
	atomic_store_explicit(&end->mine->state, state, memory_order_seq_cst);
	np_wake_peer(end, NP_BELL_ALL);
}

/* operations */

void np_request_start(struct npfs_end *end, struct np_request *o, struct npfs_op *op,
		 enum np_request_kind kind)
{
	o->op = op;
	o->kind = kind;
	o->is_done = false;
	o->status = STATUS_PENDING;
	o->information = 0;
	o->is_waiting = false;
	o->is_alone = false;
	o->is_told = false;
	o->flight = 0;
	np_list_init(&o->link);
	np_list_init(&o->turn_link);
	np_list_push_back(&end->ops, &o->link);
	if (NP_UNLIKELY(end->share != NULL) && op && op->context)
		np_share_flight_add(end, o);
}

void np_request_finish(struct npfs_end *end, struct np_request *o, npfs_status status,
		  uint32_t information, struct np_list *done)
{
	np_list_remove(&o->link);
	o->is_done = true;
	o->status = status;
	o->information = information;
	if (NP_UNLIKELY(np_trace_io) && !npfs_status_is_error(status) &&
	    o->kind == NP_REQUEST_READ)
		np_trace_data(end, "read", o->read.buf, information);
	if (o->op) {
		np_list_push_back(done, &o->link);
	} else if (!end->is_sync) {
		atomic_fetch_add_explicit(&end->wake, 1, memory_order_release);
		np_futex_wake(&end->wake, INT32_MAX, false);
	}
}

static void finish_reads(struct npfs_end *end, struct np_list *reads, struct np_list *done)
{
	while (!np_list_is_empty(reads)) {
		struct np_lane_read *read =
			np_list_entry(reads->next, struct np_lane_read, link);

		np_list_remove(&read->link);
		np_request_finish(end, np_container_of(read, struct np_request, read), read->status,
			     read->done, done);
	}
}

static void finish_writes(struct npfs_end *end, struct np_list *writes,
			  struct np_list *flushes, struct np_list *done)
{
	while (!np_list_is_empty(writes)) {
		struct np_lane_write *write =
			np_list_entry(writes->next, struct np_lane_write, link);

		np_list_remove(&write->link);
		np_request_finish(end, np_container_of(write, struct np_request, write),
			     write->status,
			     write->status == STATUS_SUCCESS ? write->len : 0, done);
	}
	while (!np_list_is_empty(flushes)) {
		struct np_lane_flush *flush =
			np_list_entry(flushes->next, struct np_lane_flush, link);

		np_list_remove(&flush->link);
		np_request_finish(end, np_container_of(flush, struct np_request, flush),
			     flush->status, 0, done);
	}
}

/* Listens in flight end with @status. */
void np_end_finish_listens(struct npfs_end *end, npfs_status status, struct np_list *done)
{
	struct np_list *pos, *next;

	np_list_for_each_safe(pos, next, &end->ops) {
		struct np_request *o = np_list_entry(pos, struct np_request, link);

		if (o->kind == NP_REQUEST_LISTEN)
			np_request_finish(end, o, status, 0, done);
	}
}

static void fail_reads(struct npfs_end *end, npfs_status status, struct np_list *done)
{
	struct np_list reads = NP_LIST_INIT(reads);

	np_lane_reader_fail(&end->in, status, &reads);
	finish_reads(end, &reads, done);
}

/* Writes and flushes in flight end with @status. */
void np_end_fail_writes(struct npfs_end *end, npfs_status status, struct np_list *done)
{
	struct np_list writes = NP_LIST_INIT(writes);
	struct np_list flushes = NP_LIST_INIT(flushes);

	if (end->share)
		np_share_fail_waiting(end, NP_DIR_OUT, status, done);
	if (!end->map)
		return;
	np_lane_writer_fail(&end->out, status, &writes, &flushes);
	finish_writes(end, &writes, &flushes, done);
}

/* Everything in flight ends with @status. */
void np_end_fail_all(struct npfs_end *end, npfs_status status, struct np_list *done)
{
	np_end_finish_listens(end, status, done);
	if (end->share)
		np_share_fail_waiting(end, NP_DIR_IN, status, done);
	if (end->map)
		fail_reads(end, status, done);
	np_end_fail_writes(end, status, done);
}

/* Reads, listens and flushes in flight end with @status; what was written stays with the
 * peer. */
void np_end_fail_all_but_writes(struct npfs_end *end, npfs_status status,
				struct np_list *done)
{
	struct np_list writes = NP_LIST_INIT(writes);
	struct np_list waiting = NP_LIST_INIT(waiting);

	np_list_splice_back(&writes, &end->out.stalled);
	if (end->share)
		np_list_splice_back(&waiting, &end->share->waiting[NP_DIR_OUT]);
	np_end_fail_all(end, status, done);
	np_list_splice_back(&end->out.stalled, &writes);
	if (end->share)
		np_list_splice_back(&end->share->waiting[NP_DIR_OUT], &waiting);
}

void np_request_cancel(struct npfs_end *end, struct np_request *o, struct np_list *done)
{
	if (o->is_waiting) {
		np_share_unwait(end, o);
		np_request_finish(end, o, STATUS_CANCELLED, 0, done);
		return;
	}
	switch (o->kind) {
	case NP_REQUEST_READ:
		np_lane_reader_cancel(&end->in, &o->read);
		np_request_finish(end, o, o->read.status, o->read.done, done);
		return;
	case NP_REQUEST_WRITE:
		if (np_lane_writer_cancel(&end->out, &o->write)) {
			np_request_finish(end, o, STATUS_CANCELLED, 0, done);
			np_wake_if_armed(end, NP_BELL_READ);
		}
		np_end_pump(end, done);
		if (!o->is_done) {
			/* read to its end: that it is granted is a matter of the reader's
			 * counters, which a hostile reader need not move */
			np_list_remove(&o->write.link);
			np_request_finish(end, o, STATUS_SUCCESS, o->write.len, done);
		}
		return;
	case NP_REQUEST_FLUSH:
		np_list_remove(&o->flush.link);
		np_request_finish(end, o, STATUS_CANCELLED, 0, done);
		return;
	case NP_REQUEST_LISTEN:
	case NP_REQUEST_NONE:
		np_request_finish(end, o, STATUS_CANCELLED, 0, done);
		return;
	}
}

/*
 * np_request_settle() - @o was just put in flight: block for it, or leave it
 *
 * Return: the result, when there is one at once or the call blocks (o->op is NULL);
 * STATUS_PENDING otherwise.
 */
npfs_status np_request_settle(struct npfs_end *end, struct np_request *o, uint32_t bits,
			 struct np_list *done)
{
	if (!o->op)
		return np_wake_block(end, o, bits, done);
	np_end_rearm(end, done);
	if (!o->is_done)
		return STATUS_PENDING;
	np_list_remove(&o->link); /* from the done list: the caller gets it now */
	np_share_flight_drop(end, o);
	return o->status;
}

/* state */

/* Is this the broker's hello? Then it says in @grantedp what the client may do. */
static bool take_hello(struct npfs_end *end, const void *packet, size_t len,
		       uint32_t *grantedp)
{
	struct np_channel_hello hello;

	if (len < sizeof(hello))
		return false;
	memcpy(&hello, packet, sizeof(hello));
	if (hello.magic != NP_CHANNEL_MAGIC ||
	    len != sizeof(hello) + hello.n_gids * sizeof(uint32_t))
		return false;
	*grantedp = hello.granted_access;
	end->client.pid = hello.client_pid;
	end->client.session = hello.client_session;
	end->has_client = true;
	end->is_dynamic = !(hello.flags & NP_SQOS_PRESENT) ||
			  (hello.flags & NP_SQOS_DYNAMIC);
	end->has_peeked = false;
	end->connection = hello.connection;
	end->open_flags = hello.flags & NP_OPEN_FLAGS;
	npfs_identity_unref(np_take_ptr(end->context));
	npfs_identity_unref(end->identity);
	end->identity = np_identity_from_hello(&hello,
					       (const char *)packet + sizeof(hello));
	return true;
}

/* np_end_take_hello() - learn who the client is, and keep the packet for other holders;
 * false for what the broker never sends */
bool np_end_take_hello(struct npfs_end *end, const void *packet, size_t len,
		       uint32_t *grantedp)
{
	if (!take_hello(end, packet, len, grantedp))
		return false;
	free(end->hello);
	end->hello = malloc(len);
	end->hello_len = end->hello ? len : 0;
	if (end->hello)
		memcpy(end->hello, packet, len);
	return true;
}

/*
 * The next packet on the socket; @flags: MSG_PEEK leaves it there. A peer that closed with
 * something unread in its own queue shows as one ECONNRESET, in front of what it had sent
 * and of the end; so that is an end too, but not yet.
 */
static ssize_t receive(struct npfs_end *end, char *packet, size_t room, int flags)
{
	ssize_t n;

	do {
		n = recv(end->sock, packet, room, MSG_DONTWAIT | flags);
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			atomic_store_explicit(&end->gone, true, memory_order_release);
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	return n;
}

/* Take one packet off the socket. */
static ssize_t take_packet(struct npfs_end *end, char *packet, size_t room)
{
	ssize_t n = receive(end, packet, room, 0);

	/* it was for whoever holds the end */
	if (n > 0 && end->share)
		end->share->rings = true;
	return n;
}

/* Nobody can come any more over the channel that the end listens on, or another one. */
static void stop_listening(struct npfs_end *end, npfs_status status, struct np_list *done)
{
	np_end_finish_listens(end, status, done);
	np_end_detach(end);
	if (end->share)
		np_share_new_channel(end, NULL);
	atomic_store(&end->state, NP_END_DISCONNECTED);
}

/* The broker is another one: the end listens on another channel. Listens in flight stay. */
static void fetch_next_channel(struct npfs_end *end, struct np_list *done)
{
	struct np_call_channel channel = NP_CALL_CHANNEL_INIT;
	npfs_status status;

	if (end->share || !np_registry_take_next(&end->registered, &channel))
		return;
	np_lock_take(&end->switch_lock);
	np_end_detach(end);
	status = np_end_attach(end, &channel);
	np_lock_give(&end->switch_lock);
	if (status != STATUS_SUCCESS)
		stop_listening(end, status, done);
}

/* What is on the socket of a listening end. Who claims instances looks there, too. */
static ssize_t take_hello_packet(struct npfs_end *end, char *packet, size_t room)
{
	ssize_t n;

	np_registry_lock();
	n = take_packet(end, packet, room);
	if (n > 0)
		end->registered.listens = false;
	np_registry_unlock();
	return n;
}

/*
 * The hello of a shared end is put where all see it before it is taken off the socket: its
 * reader may be killed in between. The packet is then taken for a doorbell.
 *
 * Nothing is taken that was not looked at: it may come between the two.
 */
static ssize_t note_hello_packet(struct npfs_end *end, bool *is_knownp, uint32_t *grantedp)
{
	char packet[NP_HELLO_ROOM];
	ssize_t n = receive(end, packet, sizeof(packet), MSG_PEEK);

	*is_knownp = n > 0 && np_end_take_hello(end, packet, (size_t)n, grantedp);
	if (*is_knownp)
		np_share_note_hello(end);
	if (n > 0)
		take_hello_packet(end, packet, sizeof(packet));
	return n;
}

/* A listening end: did the broker send somebody? */
static void refresh_listening(struct npfs_end *end, struct np_list *done)
{
	char packet[NP_HELLO_ROOM];
	uint32_t granted = 0;
	npfs_status status;
	bool is_known;
	ssize_t n;

	fetch_next_channel(end, done);
	if (end->state != NP_END_LISTENING)
		return;
	if (end->share) {
		n = note_hello_packet(end, &is_known, &granted);
	} else {
		n = take_hello_packet(end, packet, sizeof(packet));
		is_known = n > 0 && np_end_take_hello(end, packet, (size_t)n, &granted);
	}
	if (is_known) {
		status = np_end_wall(end, granted);
		if (status != STATUS_SUCCESS) {
			stop_listening(end, status, done);
			return;
		}
		atomic_store(&end->state, NP_END_CONNECTED);
		np_trace_event(end, "client connected");
		np_end_finish_listens(end, STATUS_SUCCESS, done);
	} else if (n == 0) {
		/* nobody was sent and nobody holds the other end: the broker is gone */
		if (!end->share && np_registry_orphan(&end->registered, end->sock))
			np_recover_kick();
		else
			stop_listening(end, STATUS_PIPE_BROKEN, done);
	}
}

static void become_closing(struct npfs_end *end, struct np_list *done)
{
	bool in_good_order = atomic_load_explicit(&end->peers->state,
						  memory_order_acquire) != NP_SHM_OPEN;

	atomic_store(&end->state, NP_END_CLOSING);
	np_end_pump(end, done);
	if (!in_good_order)
		np_lane_reader_cut(&end->in);
	np_end_fail_writes(end, STATUS_PIPE_BROKEN, done);
	np_trace_event(end, "peer closed");
}

/* What was transferred before the server disconnected was transferred: pump first. */
static void become_detached(struct npfs_end *end, struct np_list *done)
{
	np_end_pump(end, done);
	np_end_fail_all(end, STATUS_PIPE_DISCONNECTED, done);
	np_end_detach(end);
	atomic_store(&end->state, NP_END_DETACHED);
	np_trace_event(end, "disconnected by the server");
}

/* Read doorbells off the socket, and see its end. */
static void drain_socket(struct npfs_end *end)
{
	char packet[PACKET_ROOM];

	end->n_rings = 0;
	for (unsigned n = 0; n < DOORBELLS_AT_ONCE; n++)
		if (take_packet(end, packet, sizeof(packet)) <= 0)
			return;
	atomic_store(&end->event, true); /* a flood: the rest another time */
}

static bool must_drain(const struct npfs_end *end)
{
	return end->n_rings >= DOORBELLS_UNREAD || !end->watch.is_exclusive ||
	       atomic_load_explicit(&end->watch.hung_up, memory_order_acquire);
}

/*
 * The broker closes its copy of a socket right after it gave it away, and may be a while in
 * doing so. It does one thing after the other: when it has answered a question, it has.
 */
static void settle(struct npfs_end *end)
{
	uint32_t n_instances;

	np_call_query(end->info.instance_id, &n_instances, NULL);
	end->is_settled = true;
}

static bool has_hung_up(const struct npfs_end *end)
{
	struct pollfd socket = { .fd = end->sock, .events = POLLRDHUP };

	return poll(&socket, 1, 0) == 1;
}

/*
 * The engine sees a death a moment after it happened. Before bytes of a write are given
 * out that vanish with their writer, ask the kernel.
 */
static bool is_gone(struct npfs_end *end)
{
	if (NP_UNLIKELY(!end->is_watched) && has_hung_up(end))
		atomic_store(&end->gone, true);
	else if (NP_UNLIKELY(end->is_watched && atomic_exchange(&end->event, false) &&
			     must_drain(end)))
		drain_socket(end);
	if (atomic_load_explicit(&end->gone, memory_order_acquire))
		return true;
	if (NP_LIKELY(!np_lane_reader_may_vanish(&end->in)))
		return false;
	if (!has_hung_up(end)) {
		if (end->is_settled)
			return false;
		settle(end);
		if (!has_hung_up(end))
			return false;
	}
	atomic_store(&end->gone, true);
	return true;
}

/* np_end_stop_lingering() - nobody is there to read what is left, or nothing is left */
void np_end_stop_lingering(struct npfs_end *end, struct np_list *done)
{
	np_end_fail_writes(end, STATUS_PIPE_BROKEN, done);
	if (!end->share || np_share_leave(end, done))
		np_end_say(end, NP_SHM_CLOSED);
	np_end_detach(end);
	atomic_store(&end->state, NP_END_CLOSED);
	np_end_unref(end); /* the caller holds another one */
}

static void refresh_lingering(struct npfs_end *end, struct np_list *done)
{
	np_end_pump(end, done);
	if ((np_list_is_empty(&end->out.stalled) &&
	     !(end->share && !np_list_is_empty(&end->share->waiting[NP_DIR_OUT]))) ||
	    is_gone(end) ||
	    atomic_load_explicit(&end->peers->state, memory_order_acquire) != NP_SHM_OPEN)
		np_end_stop_lingering(end, done);
}

static void refresh_connected(struct npfs_end *end, struct np_list *done)
{
	bool gone = is_gone(end);
	uint32_t peer = atomic_load_explicit(&end->peers->state, memory_order_acquire);

	if (peer == NP_SHM_DETACHED && !end->is_server)
		become_detached(end, done);
	else if (peer != NP_SHM_OPEN || gone || end->in.is_broken)
		become_closing(end, done);
}

/*
 * np_end_watch() - have the engine see what happens from now on; a peer that is gone already
 * is seen here
 *
 * Return: whether it does. What would have to be watched is not begun else.
 */
bool np_end_watch(struct npfs_end *end)
{
	uint32_t state = atomic_load(&end->state);

	if (state != NP_END_LISTENING && state != NP_END_CONNECTED)
		return false;
	if (end->is_watched)
		return true;
	if (np_engine_add(&end->watch) < 0)
		return false;
	end->is_watched = true;
	/* also of a client whose hello was not read yet */
	if (has_hung_up(end))
		atomic_store(&end->watch.hung_up, true);
	return true;
}

/* The state first: it tells that the rest is there. */
static bool lacks_watch(const struct npfs_end *end)
{
	uint32_t state = atomic_load_explicit(&end->state, memory_order_acquire);

	return (state == NP_END_LISTENING || state == NP_END_CONNECTED) && !end->is_watched;
}

/* np_end_refresh() - look at what happened to the connection, for somebody who goes on to use
 * it. May give the channel up. */
void np_end_refresh(struct npfs_end *end, struct np_list *done)
{
	if (NP_UNLIKELY(lacks_watch(end)))
		np_end_watch(end);
	np_end_glance(end, done);
	/* it may have another channel now */
	if (NP_UNLIKELY(lacks_watch(end)) && np_end_watch(end))
		np_end_glance(end, done);
}

/* np_end_glance() - the same for somebody who only asks, or closes */
void np_end_glance(struct npfs_end *end, struct np_list *done)
{
	if (NP_UNLIKELY(end->share != NULL))
		np_share_refresh(end, done);
	if (end->state == NP_END_LISTENING)
		refresh_listening(end, done);
	if (end->state == NP_END_CONNECTED)
		refresh_connected(end, done);
	else if (end->state == NP_END_CLOSING && !end->is_server &&
		 atomic_load_explicit(&end->peers->state, memory_order_acquire) ==
			 NP_SHM_DETACHED)
		become_detached(end, done);
	else if (end->state == NP_END_LINGERING)
		refresh_lingering(end, done);
}

/* Move data for operations in flight. */
void np_end_pump(struct npfs_end *end, struct np_list *done)
{
	struct np_list reads = NP_LIST_INIT(reads);
	struct np_list writes = NP_LIST_INIT(writes);
	struct np_list flushes = NP_LIST_INIT(flushes);
	uint32_t bits = 0;

	if (!end->map || end->state == NP_END_LISTENING)
		return;
	if (NP_UNLIKELY(end->share != NULL))
		np_share_turns(end, done);
	if (np_lane_reader_pump(&end->in, &reads))
		bits |= NP_BELL_WRITE;
	if (np_lane_writer_pump(&end->out, &writes, &flushes))
		bits |= NP_BELL_READ;
	if (bits)
		np_wake_if_armed(end, bits);
	finish_reads(end, &reads, done);
	finish_writes(end, &writes, &flushes, done);
	if (end->state == NP_END_CLOSING)
		fail_reads(end, STATUS_PIPE_BROKEN, done);
}

/* Have the peer ring the socket for what is in flight, and look once more. */
void np_end_rearm(struct npfs_end *end, struct np_list *done)
{
	uint32_t bits = 0;

	if (end->map && end->state != NP_END_LISTENING) {
		bits = bits_in_flight(end);
		if (bits)
			np_wake_look_out(end, bits);
	}
	np_end_refresh(end, done);
	np_end_pump(end, done);
}

/* being watched */

static struct npfs_end *end_of(struct np_watch *watch)
{
	return np_container_of(watch, struct npfs_end, watch);
}

static void watch_ref(struct np_watch *watch)
{
	np_end_ref(end_of(watch));
}

static void watch_unref(struct np_watch *watch)
{
	np_end_unref(end_of(watch));
}

/*
 * Something happened on the socket.
 *
 * The event may be one of a socket that the end has given up since, so it only says that
 * somebody should look at the present one. A thread in a call on a synchronous end holds
 * the lock and does that itself.
 */
static void on_event(struct np_watch *watch)
{
	np_end_look(end_of(watch));
}

/* np_end_look() - something happened that this end may have to follow; the engine's */
void np_end_look(struct npfs_end *end)
{
	struct np_list done = NP_LIST_INIT(done);

	if (!lock_at_once(end)) {
		atomic_store(&end->event, true);
		if (end->is_sync)
			np_wake_self(end);
		return;
	}
	atomic_store(&end->event, true);
	/* first empty the socket, then arm: a ring that comes after that makes an event */
	np_end_refresh(end, &done);
	np_end_rearm(end, &done);
	np_end_unlock(end, &done);
}

/* Nobody rings for the end now. Whoever holds its lock looks himself. */
static bool has_news(struct np_watch *watch)
{
	struct npfs_end *end = end_of(watch);
	bool news;

	if (!np_lock_try(&end->lock))
		return false;
	news = np_wake_has_news(end);
	np_lock_give(&end->lock);
	return news;
}

static void on_news(struct np_watch *watch)
{
	struct npfs_end *end = end_of(watch);
	struct np_list done = NP_LIST_INIT(done);

	np_end_lock(end);
	np_end_refresh(end, &done);
	np_end_pump(end, &done);
	np_end_rearm(end, &done);
	np_end_unlock(end, &done);
}

static void fork_child(struct np_watch *watch)
{
	np_end_fork_child(end_of(watch));
}

/* np_end_fork_child() - in the child of a fork: the descriptors go, the mapping did not come
 * along, and what was in flight is the parent's alone. Twice is harmless. */
void np_end_fork_child(struct npfs_end *end)
{
	struct np_share *share = end->share ? end->share : end->share_offer;

	np_list_splice_back(&end->orphans, &end->ops);
	np_list_init(&end->in.pending);
	np_list_init(&end->out.stalled);
	np_list_init(&end->out.flushes);
	np_lane_reader_fini(&end->in);
	end->sock = np_fd_close(end->sock);
	np_end_drop_memfd(end);
	end->map = NULL;
	end->mine = NULL;
	end->peers = NULL;
	if (share) {
		np_share_fork_child(share);
		end->orphan_share = share;
		end->share = NULL;
		end->share_offer = NULL;
	}
	atomic_store(&end->lock.word, 0);
	atomic_store(&end->map_lock.word, 0);
	atomic_store(&end->export_lock.word, 0);
	atomic_store(&end->switch_lock.word, 0);
	atomic_store(&end->state, NP_END_FORKED);
}

static const struct np_watch_ops watch_ops = {
	.ref = watch_ref,
	.unref = watch_unref,
	.on_event = on_event,
	.has_news = has_news,
	.on_news = on_news,
	.fork_child = fork_child,
};
