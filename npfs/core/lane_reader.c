/* SPDX-License-Identifier: MIT */
/*
 * The reading half of a lane
 *
 * Everything the writer published is read once, bounded, and used from a local. What
 * cannot be (a tail behind the head or too far ahead, a record without a cell that is
 * longer than what is there) sets is_broken: from then on this lane is at its end.
 *
 * The record being read is parsed once; its header is never looked at again, because
 * with a record longer than the ring it may be overwritten while the record is read.
 */
#include "npfs/core/lane.h"

#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"

static inline uint64_t record_size(uint32_t len)
{
	return 8 + (((uint64_t)len + 7) & ~UINT64_C(7));
}

void np_lane_reader_init(struct np_lane_reader *r, struct np_shm_lane *shm, void *ring,
			 size_t ring_size, uint32_t quota, bool is_message)
{
	memset(r, 0, sizeof(*r));
	r->shm = shm;
	r->ring.base = ring;
	r->ring.mask = ring_size - 1;
	r->quota = quota;
	r->is_message = is_message;
	np_list_init(&r->pending);
}

/* Look at the writer's tail again. Partner: publish_tail() in lane_writer.c. */
static inline NP_ALWAYS_INLINE bool look_at_tail(struct np_lane_reader *r)
{
	uint64_t tail;

	if (r->is_cut)
		return false;
	tail = atomic_load_explicit(&r->shm->tail, memory_order_acquire);
	if (tail == r->tail_seen)
		return false;
	if ((tail & 7) || tail < r->tail_seen || tail - r->head > np_ring_size(&r->ring)) {
		r->is_broken = true;
		return false;
	}
	r->tail_seen = tail;
	return true;
}

static bool refresh_tail(struct np_lane_reader *r)
{
	return look_at_tail(r);
}

/* Partner: the acquires in lane_writer.c. Counters go first, head last. */
static inline void publish(struct np_lane_reader *r)
{
	atomic_store_explicit(&r->shm->r_bytes, r->bytes, memory_order_relaxed);
	atomic_store_explicit(&r->shm->r_charged, r->charged, memory_order_release);
	atomic_store_explicit(&r->shm->r_entries, r->entries, memory_order_release);
	atomic_store_explicit(&r->shm->head, r->head, memory_order_release);
}

static uint64_t cell_of(const struct np_lane_reader *r)
{
	return (uint64_t)r->rec_tag << 32 | r->rec_off;
}

static bool cell_has_tag(uint64_t cell, uint16_t tag)
{
	return (uint16_t)(cell >> 32 & 0xffff) == tag;
}

static void see_cell(struct np_lane_reader *r, uint64_t cell)
{
	if (!cell_has_tag(cell & ~NP_CELL_WITHDRAWN, r->rec_tag)) {
		r->rec_is_final = true;
	} else if (cell & NP_CELL_WITHDRAWN) {
		uint32_t limit = (uint32_t)(cell & NP_CELL_OFFSET_MASK);

		r->rec_is_final = true;
		r->rec_is_withdrawn = true;
		r->rec_limit = np_max_u32(np_min_u32(limit, r->rec_len), r->rec_off);
	}
}

/* Was the record withdrawn since we looked last? */
static inline void check_withdrawn(struct np_lane_reader *r)
{
	if (NP_LIKELY(r->rec_is_final))
		return;
	see_cell(r, atomic_load_explicit(&r->shm->cell[r->rec_cell],
					 memory_order_acquire));
}

/* Where the record ends in the ring. */
static uint64_t record_end(const struct np_lane_reader *r)
{
	uint64_t end = r->rec_start + record_size(r->rec_len);

	if (r->rec_is_withdrawn) {
		uint64_t stream = atomic_load_explicit(&r->shm->w_stream_end,
						       memory_order_acquire);

		if (stream > r->rec_start && stream < end && !(stream & 7))
			end = stream;
	}
	return end;
}

/* Step behind the record. */
static void finish_record(struct np_lane_reader *r)
{
	uint64_t end = record_end(r);

	if (!r->rec_is_withdrawn)
		r->entries++;
	r->has_record = false;
	if (end > r->tail_seen)
		refresh_tail(r);
	if (end > r->tail_seen) {
		r->is_broken = true;
		end = r->tail_seen;
	}
	r->head = end;
}

/*
 * Keep the note at the head, of which all is there. One that cannot be kept must not leave
 * another in force: false, and the lane is at its end.
 */
static bool take_note(struct np_lane_reader *r, uint32_t len)
{
	if (len > NP_LANE_NOTE_MAX)
		return false;
	if (!r->keeps_notes)
		return true;
	if (!r->notes)
		r->notes = calloc(1, sizeof(*r->notes));
	if (!r->notes)
		return false;
	np_ring_get(&r->ring, r->head + 8, r->notes->next, len);
	r->notes->next_len = len;
	r->has_note = true;
	return true;
}

/* Something behind the note is given out: it holds. */
static NP_NOINLINE void note_holds(struct np_lane_reader *r)
{
	struct np_lane_notes *notes = r->notes;

	r->has_note = false;
	if (!notes)
		return;
	notes->len = np_min_u32(notes->next_len, NP_LANE_NOTE_MAX);
	memcpy(notes->bytes, notes->next, notes->len);
}

void np_lane_reader_see_note(struct np_lane_reader *r)
{
	if (r->has_note)
		note_holds(r);
}

void np_lane_reader_fini(struct np_lane_reader *r)
{
	if (!r->borrows_notes)
		free(r->notes);
	r->notes = NULL;
	r->has_note = false;
}

static bool parse_record(struct np_lane_reader *r)
{
	uint64_t header = np_ring_get_header(&r->ring, r->head);
	uint32_t len = (uint32_t)header;
	uint8_t flags = (uint8_t)(header >> 32);
	uint64_t there = r->tail_seen - r->head;

	if (flags & NP_REC_SKIP) {
		if (record_size(len) > there ||
		    (flags & NP_REC_CONTEXT && !take_note(r, len))) {
			r->is_broken = true;
			return false;
		}
		r->head += record_size(len);
		return true;
	}
	r->rec_flags = flags;
	r->rec_len = len;
	r->rec_limit = len;
	r->rec_off = 0;
	r->rec_start = r->head;
	r->rec_is_final = true;
	r->rec_is_withdrawn = false;
	if (flags & NP_REC_CELL) {
		r->rec_cell = (uint8_t)(header >> 40) % NP_SHM_CELLS;
		r->rec_tag = (uint16_t)(header >> 48);
		r->rec_is_final = false;
	} else if (record_size(len) > there) {
		r->is_broken = true;
		return false;
	}
	r->has_record = true;
	return true;
}

/* Have a record with something to give: bytes, or an empty message. */
static bool load_record(struct np_lane_reader *r)
{
	for (;;) {
		if (r->has_record) {
			check_withdrawn(r);
			if (!r->rec_is_withdrawn || r->rec_off < r->rec_limit)
				return true;
			finish_record(r);
			r->has_skipped = true;
			publish(r);
		}
		if (NP_UNLIKELY(r->is_broken))
			return false;
		if (r->head == r->tail_seen && !refresh_tail(r))
			return false;
		if (!parse_record(r))
			return false;
		if (NP_UNLIKELY(!r->has_record))
			publish(r);
	}
}

/* The read that pended first is in the middle of a record: nobody goes on behind it. */
static bool is_in_transfer(const struct np_lane_reader *r)
{
	return !np_list_is_empty(&r->pending) &&
	       np_list_entry(r->pending.next, struct np_lane_read, link)->in_transfer;
}

bool np_lane_reader_has_data(struct np_lane_reader *r)
{
	if (NP_UNLIKELY(is_in_transfer(r)))
		return r->has_record;
	if (!r->has_record && r->head == r->tail_seen &&
	    (r->is_cut ||
	     atomic_load_explicit(&r->shm->tail, memory_order_acquire) == r->tail_seen))
		return false;
	return load_record(r);
}


static uint32_t bytes_there(struct np_lane_reader *r, uint32_t want)
{
	uint64_t data = r->rec_start + 8;
	uint64_t n = np_min_u64(r->rec_limit, r->tail_seen - data) - r->rec_off;

	if (n < want && refresh_tail(r))
		n = np_min_u64(r->rec_limit, r->tail_seen - data) - r->rec_off;
	return (uint32_t)np_min_u64(n, want);
}

/* Move the cell's offset; returns how many of @n bytes are really ours. */
static uint32_t claim_bytes(struct np_lane_reader *r, uint32_t n)
{
	uint64_t expected = cell_of(r);

	if (atomic_compare_exchange_strong_explicit(
		    &r->shm->cell[r->rec_cell], &expected, expected + n,
		    memory_order_acq_rel, memory_order_acquire))
		return n;
	see_cell(r, expected);
	if (!r->rec_is_final)
		r->rec_is_final = true; /* scribbled on: go on without it */
	return np_min_u32(n, r->rec_limit - r->rec_off);
}

/*
 * In the middle of a record that is longer than the ring the last 8 bytes are not given
 * back: while head is not tail, the writer knows that its record is still looked at and
 * does not use the record's cell for another one.
 *
 * Copy up to @len bytes of the record. Steps behind it when it is exhausted, which
 * *endedp says; *endedp is false too when not all of it is in the ring yet.
 */
static uint32_t take_bytes(struct np_lane_reader *r, uint8_t *buf, uint32_t len,
			   bool *endedp)
{
	uint32_t n = np_min_u32(len, r->rec_limit - r->rec_off);

	n = bytes_there(r, n);
	np_ring_get(&r->ring, r->rec_start + 8 + r->rec_off, buf, n);
	if (NP_UNLIKELY(!r->rec_is_final) && n)
		n = claim_bytes(r, n);
	r->rec_off += n;
	r->bytes += n;
	if (!(r->rec_flags & NP_REC_UNCHARGED))
		r->charged += n;
	*endedp = r->rec_off == r->rec_limit;
	if (NP_UNLIKELY(r->has_note) && (n || *endedp))
		note_holds(r);
	if (*endedp)
		finish_record(r);
	else if (record_size(r->rec_len) > r->tail_seen - r->rec_start)
		r->head = r->rec_start + (r->rec_off & ~UINT32_C(7));
	return n;
}

/* @buf + @off, where a read of 0 bytes may have no buffer. */
static inline uint8_t *place_in(uint8_t *buf, uint32_t off)
{
	return buf ? buf + off : NULL;
}

/*
 * One read against what is there. @across: byte mode may go on over the end of the first
 * entry (it may not for a read that was pended when the entry came).
 * Return: STATUS_PENDING: more of the same record is on its way.
 */
static npfs_status read_some(struct np_lane_reader *r, uint8_t *buf, uint32_t len,
			     uint32_t *donep, bool across)
{
	bool ended;

	if (r->is_message_mode) {
		uint32_t rest = r->rec_len - r->rec_off;

		*donep += take_bytes(r, place_in(buf, *donep), len - *donep, &ended);
		if (ended)
			return r->rec_is_withdrawn && rest > *donep ?
				       STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
		return *donep == len ? STATUS_BUFFER_OVERFLOW : STATUS_PENDING;
	}
	do {
		*donep += take_bytes(r, place_in(buf, *donep), len - *donep, &ended);
		if (*donep == len)
			return STATUS_SUCCESS;
		if (!ended)
			return STATUS_PENDING;
		if (!across && *donep)
			return STATUS_SUCCESS;
	} while (across && load_record(r));
	return STATUS_SUCCESS;
}

/*
 * The common case in few instructions: a whole, final entry that fits the buffer, and in
 * byte mode none behind it that would fit too.
 */
bool np_lane_read_plain(struct np_lane_reader *r, void *buf, uint32_t len, uint32_t *donep)
{
	uint64_t header, size;
	uint32_t n;

	if (NP_UNLIKELY(r->has_record || r->has_note || !np_list_is_empty(&r->pending)))
		return false;
	if (r->head == r->tail_seen && !look_at_tail(r))
		return false;
	header = np_ring_get_header(&r->ring, r->head);
	n = (uint32_t)header;
	size = record_size(n);
	/* also: no flags, and not empty */
	if (NP_UNLIKELY(header - 1 >= len || size > r->tail_seen - r->head))
		return false;
	if (!r->is_message_mode && n < len) {
		refresh_tail(r);
		if (r->head + size != r->tail_seen)
			return false;
	}
	np_ring_get(&r->ring, r->head + 8, buf, n);
	r->head += size;
	r->bytes += n;
	r->charged += n;
	r->entries++;
	publish(r);
	*donep = n;
	return true;
}

npfs_status np_lane_read(struct np_lane_reader *r, struct np_lane_read *op, void *buf,
			 uint32_t len, uint32_t *donep)
{
	npfs_status status;
	uint32_t done = 0;

	if (NP_UNLIKELY(!np_list_is_empty(&r->pending)))
		return STATUS_PIPE_EMPTY;
	if (!load_record(r))
		return r->is_broken ? STATUS_PIPE_BROKEN : STATUS_PIPE_EMPTY;
	if (!len) {
		*donep = 0;
		return r->is_message_mode && r->rec_off < r->rec_limit ?
			       STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
	}
	status = read_some(r, buf, len, &done, true);
	publish(r);
	*donep = done;
	if (NP_LIKELY(status != STATUS_PENDING))
		return status;
	if (!op)
		return r->is_message_mode ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
	np_list_init(&op->link);
	op->buf = buf;
	op->len = len;
	op->done = done;
	op->status = STATUS_PENDING;
	op->is_posted = false;
	op->in_transfer = true;
	op->across = true;
	np_list_push_back(&r->pending, &op->link);
	return STATUS_PENDING;
}

/* announcing */

static uint32_t oldest_post(const struct np_lane_reader *r)
{
	struct np_list *pos;

	np_list_for_each(pos, &r->pending) {
		struct np_lane_read *op = np_list_entry(pos, struct np_lane_read, link);

		if (op->is_posted)
			return op->post;
	}
	return r->posted;
}

static void post(struct np_lane_reader *r, struct np_lane_read *op)
{
	if (r->posted - oldest_post(r) >= NP_SHM_POSTS)
		return;
	op->post = r->posted;
	op->is_posted = true;
	atomic_store_explicit(&r->shm->post[op->post % NP_SHM_POSTS],
			      op->len == NP_SHM_POST_GONE ? op->len - 1 : op->len,
			      memory_order_relaxed);
	r->posted++;
	atomic_store_explicit(&r->shm->posted, r->posted, memory_order_release);
}

static void unpost(struct np_lane_reader *r, struct np_lane_read *op)
{
	if (!op->is_posted)
		return;
	op->is_posted = false;
	atomic_store_explicit(&r->shm->post[op->post % NP_SHM_POSTS], NP_SHM_POST_GONE,
			      memory_order_release);
}

void np_lane_read_pend(struct np_lane_reader *r, struct np_lane_read *op, void *buf,
		       uint32_t len)
{
	np_list_init(&op->link);
	op->buf = buf;
	op->len = len;
	op->done = 0;
	op->status = STATUS_PENDING;
	op->is_posted = false;
	op->in_transfer = false;
	op->across = false;
	np_list_push_back(&r->pending, &op->link);
	post(r, op);
}

/* Announce reads that found no place before; only in order. */
static void post_rest(struct np_lane_reader *r)
{
	struct np_list *pos;

	np_list_for_each(pos, &r->pending) {
		struct np_lane_read *op = np_list_entry(pos, struct np_lane_read, link);

		if (!op->is_posted && !op->in_transfer)
			post(r, op);
	}
}

static void complete(struct np_lane_reader *r, struct np_lane_read *op,
		     npfs_status status, struct np_list *reads)
{
	unpost(r, op);
	np_list_remove(&op->link);
	op->status = status;
	np_list_push_back(reads, &op->link);
}

/* What a read in transfer has when nothing more comes. */
static npfs_status transfer_ends(const struct np_lane_reader *r)
{
	return r->is_message_mode ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static npfs_status pended_read_step(struct np_lane_reader *r, struct np_lane_read *op)
{
	if (op->in_transfer && !r->has_record)
		return transfer_ends(r); /* the rest was withdrawn */
	if (!op->len && r->rec_off < r->rec_limit)
		return r->is_message_mode ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
	return read_some(r, op->buf, op->len, &op->done, op->across);
}

bool np_lane_reader_pump(struct np_lane_reader *r, struct np_list *reads)
{
	bool moved = false;

	while (!np_list_is_empty(&r->pending)) {
		struct np_lane_read *op =
			np_list_entry(r->pending.next, struct np_lane_read, link);
		uint64_t bytes = r->bytes, entries = r->entries;
		bool was_transfer = op->in_transfer;
		npfs_status status;

		if (was_transfer && r->has_record) {
			check_withdrawn(r);
			if (r->rec_is_withdrawn && r->rec_off == r->rec_limit) {
				finish_record(r);
				publish(r);
			}
		} else if (!was_transfer && !load_record(r)) {
			break;
		}
		status = pended_read_step(r, op);
		moved |= bytes != r->bytes || entries != r->entries;
		if (status == STATUS_PENDING) {
			unpost(r, op);
			op->in_transfer = true;
			publish(r);
			break;
		}
		complete(r, op, status, reads);
		publish(r);
	}
	if (np_list_is_empty(&r->pending))
		load_record(r);
	post_rest(r);
	moved |= r->has_skipped;
	r->has_skipped = false;
	return moved;
}

void np_lane_reader_cancel(struct np_lane_reader *r, struct np_lane_read *op)
{
	unpost(r, op);
	np_list_remove(&op->link);
	op->status = op->done ? transfer_ends(r) : STATUS_CANCELLED;
}

void np_lane_reader_fail(struct np_lane_reader *r, npfs_status status,
			 struct np_list *reads)
{
	while (!np_list_is_empty(&r->pending)) {
		struct np_lane_read *op =
			np_list_entry(r->pending.next, struct np_lane_read, link);

		complete(r, op, op->done ? transfer_ends(r) : status, reads);
	}
}

/*
 * The writer is gone without a word. A write that it had not completed is one whose last
 * byte is further than the quota from what is read, or that is not all here.
 */
void np_lane_reader_cut(struct np_lane_reader *r)
{
	uint64_t unread = 0;
	struct np_lane_reader at = *r;

	if (r->is_cut)
		return;
	refresh_tail(r);
	at = *r;
	at.keeps_notes = false;
	at.bytes = r->bytes;
	for (;;) {
		bool is_here;
		uint32_t rest;

		if (!at.has_record) {
			if (at.head >= r->tail_seen || !parse_record(&at))
				break;
			if (!at.has_record)
				continue;
		}
		check_withdrawn(&at);
		rest = at.rec_limit - at.rec_off;
		if (!(at.rec_flags & NP_REC_UNCHARGED))
			unread += rest;
		is_here = record_end(&at) <= r->tail_seen;
		if (!is_here || (!at.rec_is_final && rest && unread > r->quota &&
				 !(at.rec_flags & NP_REC_UNCHARGED))) {
			uint64_t old = cell_of(&at);

			atomic_compare_exchange_strong(&r->shm->cell[at.rec_cell], &old,
						       old | NP_CELL_WITHDRAWN);
			if (!is_here)
				r->tail_seen = at.rec_start;
		} else {
			at.bytes += rest;
			at.entries += !at.rec_is_withdrawn;
		}
		if (!is_here)
			break;
		at.head = record_end(&at);
		at.has_record = false;
	}
	if (r->has_record) {
		check_withdrawn(r);
		if (r->tail_seen <= r->rec_start) {
			r->has_record = false;
			r->tail_seen = r->head;
		}
	}
	r->cut_bytes = at.bytes;
	r->cut_entries = at.entries;
	r->is_cut = true;
}

/* an end that several processes hold */

void np_lane_reader_forget_posts(struct np_lane_reader *r)
{
	for (uint32_t i = 0; i < NP_SHM_POSTS; i++)
		atomic_store_explicit(&r->shm->post[i], NP_SHM_POST_GONE,
				      memory_order_release);
}

bool np_lane_reader_is_in_step(const struct np_lane_reader *r)
{
	return atomic_load_explicit(&r->shm->head, memory_order_acquire) == r->head &&
	       atomic_load_explicit(&r->shm->r_bytes, memory_order_relaxed) == r->bytes &&
	       atomic_load_explicit(&r->shm->r_entries, memory_order_relaxed) ==
		       r->entries &&
	       atomic_load_explicit(&r->shm->posted, memory_order_relaxed) == r->posted;
}

/* peeking */

static uint32_t queue_bytes(struct np_lane_reader *r)
{
	uint64_t total = r->is_cut ? r->cut_bytes :
			 atomic_load_explicit(&r->shm->w_bytes, memory_order_relaxed);

	return total > r->bytes ? (uint32_t)np_min_u64(total - r->bytes, UINT32_MAX) : 0;
}

static uint32_t queue_entries(struct np_lane_reader *r)
{
	uint64_t total = r->is_cut ? r->cut_entries :
			 atomic_load_explicit(&r->shm->w_entries, memory_order_relaxed);

	return total > r->entries ? (uint32_t)np_min_u64(total - r->entries, UINT32_MAX) :
				    0;
}

/* As long as no more is unread than the quota, every write has been granted, wherever it
 * lies. What is outside the quota makes this say yes too often, which costs a look. */
bool np_lane_reader_may_vanish(struct np_lane_reader *r)
{
	return np_lane_reader_has_data(r) && queue_bytes(r) > r->quota;
}

void np_lane_peek(struct np_lane_reader *r, void *buf, uint32_t len,
		  struct np_lane_peek *peekp)
{
	struct np_lane_reader at;

	memset(peekp, 0, sizeof(*peekp));
	if (!np_list_is_empty(&r->pending) || !load_record(r))
		return;
	refresh_tail(r);
	peekp->bytes = queue_bytes(r);
	peekp->entries = queue_entries(r);
	peekp->message_len = r->rec_limit - r->rec_off;
	at = *r;
	at.keeps_notes = false;
	for (;;) {
		uint32_t want = np_min_u32(len - peekp->copied, at.rec_limit - at.rec_off);
		uint32_t n = bytes_there(&at, want);

		np_ring_get(&at.ring, at.rec_start + 8 + at.rec_off,
			    place_in(buf, peekp->copied), n);
		peekp->copied += n;
		if (at.rec_start == r->rec_start)
			peekp->first_did_not_fit = n < at.rec_limit - at.rec_off;
		if (r->is_message || peekp->copied == len || n < want)
			break;
		at.head = record_end(&at);
		do {
			at.has_record = false;
			if (at.head >= at.tail_seen || !parse_record(&at))
				return;
		} while (!at.has_record);
		check_withdrawn(&at);
	}
}
