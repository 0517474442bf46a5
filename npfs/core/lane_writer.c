/* SPDX-License-Identifier: MIT */
/*
 * The writing half of a lane
 *
 * Invariants:
 *	head_seen <= tail <= head_seen + ring size
 *	records are put into the ring in the order of the stalled list; an entry behind one
 *	that is not entirely in the ring is not started
 *	a record that is not entirely in the ring, or may still be withdrawn, has a cell
 *	claims are a prefix of the unread entries
 *	a cell is used again only when no record that the reader may still look at names it
 *	with the same tag, or names it as withdrawn
 */
#include "npfs/core/lane.h"

#include <stdlib.h>

#include "npfs/base/macro.h"

#define CELL_FREE_SPACE 16u /* least room in the ring for starting a part of a record */

static inline uint64_t record_size(uint32_t len)
{
	return 8 + (((uint64_t)len + 7) & ~UINT64_C(7));
}

static inline uint64_t header_make(uint32_t len, uint32_t flags, int cell, uint16_t tag)
{
	uint64_t header = len | (uint64_t)flags << 32;

	if (flags & NP_REC_CELL)
		header |= (uint64_t)(uint8_t)cell << 40 | (uint64_t)tag << 48;
	return header;
}

static inline uint64_t ring_free(const struct np_lane_writer *w)
{
	return np_ring_size(&w->ring) - (w->tail - w->head_seen);
}

static inline uint64_t charged_gone(const struct np_lane_writer *w)
{
	return np_max_u64(w->charged_seen, w->claimed_charged);
}

static inline bool is_granted(const struct np_lane_writer *w, uint64_t end_charged)
{
	uint64_t gone = charged_gone(w);

	return end_charged <= gone || end_charged - gone <= w->quota;
}

/* The reader's values count only as far as they make sense; the rest is its own loss. */
static void refresh_head(struct np_lane_writer *w)
{
	uint64_t head = atomic_load_explicit(&w->shm->head, memory_order_acquire);

	if (head - w->head_seen <= w->tail - w->head_seen && !(head & 7))
		w->head_seen = head;
}

static void refresh_charged(struct np_lane_writer *w)
{
	uint64_t charged = atomic_load_explicit(&w->shm->r_charged, memory_order_acquire);

	if (charged - w->charged_seen <= w->charged - w->charged_seen)
		w->charged_seen = charged;
}

static uint64_t entries_gone(struct np_lane_writer *w)
{
	uint64_t read = atomic_load_explicit(&w->shm->r_entries, memory_order_acquire);

	if (read > w->entries)
		read = w->entries;
	return np_max_u64(read, w->claimed_entries);
}

static bool is_empty(struct np_lane_writer *w)
{
	return entries_gone(w) >= w->entries;
}

static inline void publish_totals(struct np_lane_writer *w)
{
	atomic_store_explicit(&w->shm->w_bytes, w->bytes, memory_order_relaxed);
	atomic_store_explicit(&w->shm->w_entries, w->entries, memory_order_relaxed);
}

/* Partner: the acquire of tail in lane_reader.c. */
static inline void publish_tail(struct np_lane_writer *w)
{
	atomic_store_explicit(&w->shm->tail, w->tail, memory_order_release);
}

void np_lane_writer_init(struct np_lane_writer *w, struct np_shm_lane *shm, void *ring,
			 size_t ring_size, uint32_t quota, bool is_message)
{
	memset(w, 0, sizeof(*w));
	w->shm = shm;
	w->ring.base = ring;
	w->ring.mask = ring_size - 1;
	w->quota = quota;
	w->is_message = is_message;
	np_list_init(&w->stalled);
	np_list_init(&w->flushes);
}

/* announced reads */

struct match {
	uint32_t next;	 /* announcements dealt with when this write is accepted */
	uint64_t bytes;	 /* of the write that go to pended reads */
	uint64_t total;	 /* length of all pended reads */
	bool has_reads;	 /* reads are pended */
	bool exhausted;	 /* the whole write goes to pended reads */
};

/* What pended reads would take of a write of @len bytes, section 4.2 step 2. */
static void match_reads(struct np_lane_writer *w, uint32_t len, struct match *m)
{
	uint32_t posted = atomic_load_explicit(&w->shm->posted, memory_order_acquire);
	bool wants_more = true;

	memset(m, 0, sizeof(*m));
	if (posted - w->matched > NP_SHM_POSTS)
		w->matched = posted - NP_SHM_POSTS;
	m->next = w->matched;
	if (!is_empty(w))
		return;
	for (uint32_t i = w->matched; i != posted; i++) {
		uint32_t n = atomic_load_explicit(&w->shm->post[i % NP_SHM_POSTS],
						  memory_order_relaxed);

		if (n == NP_SHM_POST_GONE) {
			if (wants_more)
				m->next = i + 1;
			continue;
		}
		m->has_reads = true;
		m->total += n;
		if (!wants_more)
			continue;
		m->next = i + 1;
		m->bytes += np_min_u64(n, len - m->bytes);
		if (m->bytes == len) {
			m->exhausted = true;
			wants_more = false;
		}
	}
}

/* the ring */

static int cell_take(struct np_lane_writer *w)
{
	for (uint64_t left = w->cells_left; left; left &= left - 1) {
		int i = __builtin_ctzll(left);

		if (w->head_seen >= w->cell_end[i])
			w->cells_left &= ~(UINT64_C(1) << i);
	}
	if (!~(w->cells_used | w->cells_left))
		return -1;
	int cell = __builtin_ctzll(~(w->cells_used | w->cells_left));
	w->cells_used |= UINT64_C(1) << cell;
	return cell;
}

static void cell_give_back(struct np_lane_writer *w, struct np_lane_write *op)
{
	if (op->cell >= 0)
		w->cells_used &= ~(UINT64_C(1) << op->cell);
	op->cell = -1;
}

static inline uint64_t note_size(const struct np_lane_note *note)
{
	return note ? record_size(note->len) : 0;
}

/* Many bytes go past the cache, when the reader is on another processor and that has been
 * quicker. */
static NP_NOINLINE void put_long(struct np_lane_writer *w, uint64_t pos, const void *data,
				 uint64_t n)
{
	if (w->is_far && np_copy_trial_way(&w->trial, n))
		np_ring_put_past(&w->ring, pos, data, n);
	else
		np_ring_put(&w->ring, pos, data, n);
}

static inline void put_bytes(struct np_lane_writer *w, uint64_t pos, const void *data,
			     uint64_t n)
{
	if (NP_UNLIKELY(n >= NP_COPY_LEAST))
		put_long(w, pos, data, n);
	else
		np_ring_put(&w->ring, pos, data, n);
}

/* Put a whole record without a cell. The room was checked. */
static inline void put_whole(struct np_lane_writer *w, const void *data, uint32_t len,
			     uint32_t flags)
{
	np_ring_put_header(&w->ring, w->tail, header_make(len, flags, 0, 0));
	put_bytes(w, w->tail + 8, data, len);
	w->tail += record_size(len);
}

/* Put the note, if there is one. The room was checked. */
static void put_note(struct np_lane_writer *w, struct np_lane_note **notep)
{
	struct np_lane_note *note = np_take_ptr(*notep);

	if (!note)
		return;
	put_whole(w, note->bytes, note->len, NP_REC_SKIP | NP_REC_CONTEXT);
	free(note);
}

void np_lane_writer_set_note(struct np_lane_writer *w, struct np_lane_note *note)
{
	free(w->note);
	w->note = note;
}

/* A stalled write is over; its note was not put. */
static void op_release(struct np_lane_write *op)
{
	free(np_take_ptr(op->note));
	if (op->owned)
		free(op);
}

static bool start_record(struct np_lane_writer *w, struct np_lane_write *op)
{
	uint32_t flags = op->uncharged ? NP_REC_UNCHARGED : 0;
	bool fits = ring_free(w) >= record_size(op->len);

	if (!fits && (ring_free(w) < CELL_FREE_SPACE || w->head_seen < w->stream_end))
		return false;
	if (!op->owned || !fits) {
		op->cell = (int16_t)cell_take(w);
		if (op->cell < 0)
			return false;
		op->tag = w->next_tag++;
		atomic_store_explicit(&w->shm->cell[op->cell], (uint64_t)op->tag << 32,
				      memory_order_release);
		flags |= NP_REC_CELL;
	}
	op->start = w->tail;
	op->started = true;
	np_ring_put_header(&w->ring, w->tail,
			   header_make(op->len, flags, op->cell, op->tag));
	w->tail += 8;
	return true;
}

/* Put as much of @op into the ring as there is room for; true when something was. */
static bool place(struct np_lane_writer *w, struct np_lane_write *op)
{
	uint64_t n;
	bool moved = false;

	if (NP_UNLIKELY(op->note != NULL)) {
		if (ring_free(w) < note_size(op->note))
			return false;
		put_note(w, &op->note);
		moved = true;
	}
	if (!op->started) {
		if (!start_record(w, op))
			return moved;
		moved = true;
	}
	n = np_min_u64(op->len - op->placed, ring_free(w));
	if (n < op->len - op->placed)
		n &= ~UINT64_C(7);
	if (n) {
		put_bytes(w, w->tail, op->data + op->placed, n);
		op->placed += (uint32_t)n;
		w->tail += NP_ALIGN_UP(n, 8);
		moved = true;
	}
	return moved;
}

static bool is_placed(const struct np_lane_write *op)
{
	return op->started && op->placed == op->len;
}

static bool has_unplaced(const struct np_lane_writer *w)
{
	if (np_list_is_empty(&w->stalled))
		return false;
	return !is_placed(np_list_entry(w->stalled.prev, struct np_lane_write, link));
}

/* writing */

static void account(struct np_lane_writer *w, uint32_t len, bool uncharged,
		    const struct match *m)
{
	uint64_t charged_before = w->charged;

	w->matched = m->next;
	w->bytes += len;
	w->entries++;
	if (!uncharged)
		w->charged += len;
	if (m->has_reads) {
		w->claimed_charged = charged_before + (uncharged ? 0 : m->bytes);
		if (m->exhausted)
			w->claimed_entries = w->entries;
	}
}

/* How much of a write of @len bytes a no-wait end gets rid of now, section 4.6. */
static uint32_t nowait_len(struct np_lane_writer *w, uint32_t len, unsigned flags,
			   const struct match *m)
{
	uint64_t used = np_min_u64(w->charged - charged_gone(w), w->quota);
	uint64_t room = w->quota - used;

	if (w->is_message) {
		if (m->has_reads) {
			if (m->total < len && w->quota < len - m->total)
				return 0;
		} else if (room < len) {
			return 0;
		}
	} else if (len - m->bytes > room) {
		len = (uint32_t)m->bytes + (flags & NP_WRITE_PARTIAL ? (uint32_t)room : 0);
	}
	return len;
}

static struct np_lane_write *owned_new(const void *data, uint32_t len)
{
	struct np_lane_write *op = malloc(sizeof(*op) + len);

	if (!op)
		return NULL;
	memcpy((uint8_t *)(op + 1), data, len);
	op->data = (uint8_t *)(op + 1);
	return op;
}

static void op_init(struct np_lane_write *op, uint32_t len)
{
	np_list_init(&op->link);
	op->len = len;
	op->placed = 0;
	op->note = NULL;
	op->cell = -1;
	op->tag = 0;
	op->started = false;
	op->start = 0;
	op->status = STATUS_PENDING;
}

static npfs_status write_slow(struct np_lane_writer *w, struct np_lane_write *op,
			      const void *data, uint32_t len, unsigned flags,
			      uint32_t *donep)
{
	bool uncharged = flags & NP_WRITE_UNCHARGED;
	bool granted, fits, owned;
	struct match m;

	refresh_head(w);
	refresh_charged(w);
	match_reads(w, len, &m);
	fits = !has_unplaced(w) && ring_free(w) >= note_size(w->note) + record_size(len);
	if (flags & NP_WRITE_NOWAIT) {
		uint32_t n = nowait_len(w, len, flags, &m);

		if (n < len && !n) {
			*donep = 0;
			return STATUS_SUCCESS;
		}
		len = n;
		m.exhausted = m.has_reads && m.bytes == len;
	}
	granted = uncharged || !len ||
		  w->charged + len - np_max_u64(charged_gone(w), m.has_reads ?
					w->charged + m.bytes : 0) <= w->quota;
	owned = uncharged || !len || (flags & NP_WRITE_NOWAIT) ||
		(granted && len <= w->quota);
	if (!(granted && fits) && owned) {
		op = owned_new(data, len);
		if (!op)
			return STATUS_INSUFFICIENT_RESOURCES;
		data = op->data;
	}
	account(w, len, uncharged, &m);
	if (w->note)
		w->context = w->note->context;
	*donep = len;
	if (granted && fits) {
		put_note(w, &w->note);
		put_whole(w, data, len, uncharged ? NP_REC_UNCHARGED : 0);
		publish_totals(w);
		publish_tail(w);
		return STATUS_SUCCESS;
	}
	op_init(op, len);
	op->data = data;
	op->owned = owned;
	op->uncharged = uncharged;
	op->end_charged = w->charged;
	op->entry = w->entries;
	op->claimed = m.has_reads ? m.bytes : 0;
	op->note = np_take_ptr(w->note);
	if (!has_unplaced(w))
		place(w, op);
	np_list_push_back(&w->stalled, &op->link);
	publish_totals(w);
	publish_tail(w);
	return owned ? STATUS_SUCCESS : STATUS_PENDING;
}

static inline bool has_room(struct np_lane_writer *w, uint64_t size)
{
	if (NP_LIKELY(ring_free(w) >= size))
		return true;
	refresh_head(w);
	return ring_free(w) >= size;
}

static inline bool has_quota(struct np_lane_writer *w, uint32_t len)
{
	if (NP_LIKELY(is_granted(w, w->charged + len)))
		return true;
	refresh_charged(w);
	return is_granted(w, w->charged + len);
}

/* Nothing is in flight, and a write of @len bytes would be granted and find room. */
static inline bool is_plain(struct np_lane_writer *w, uint32_t len)
{
	uint32_t posted = atomic_load_explicit(&w->shm->posted, memory_order_acquire);

	if (NP_UNLIKELY(posted != w->matched || !np_list_is_empty(&w->stalled)))
		return false;
	return NP_LIKELY(has_room(w, record_size(len)) && has_quota(w, len));
}

static inline void count_plain(struct np_lane_writer *w, uint32_t len)
{
	w->bytes += len;
	w->charged += len;
	w->entries++;
}

bool np_lane_write_plain(struct np_lane_writer *w, const void *data, uint32_t len)
{
	if (NP_UNLIKELY(!is_plain(w, len)))
		return false;
	count_plain(w, len);
	put_whole(w, data, len, 0);
	publish_totals(w);
	publish_tail(w);
	return true;
}

bool np_lane_write_lay(struct np_lane_writer *w, const void *data, uint32_t len)
{
	if (!np_lane_write_may_fit(w, len) || !has_room(w, record_size(len)))
		return false;
	put_bytes(w, w->tail + 8, data, len);
	return true;
}

bool np_lane_write_laid(struct np_lane_writer *w, uint32_t len)
{
	if (!is_plain(w, len))
		return false;
	count_plain(w, len);
	np_ring_put_header(&w->ring, w->tail, header_make(len, 0, 0, 0));
	w->tail += record_size(len);
	publish_totals(w);
	publish_tail(w);
	return true;
}

npfs_status np_lane_write(struct np_lane_writer *w, struct np_lane_write *op,
			  const void *data, uint32_t len, unsigned flags, uint32_t *donep)
{
	if (NP_UNLIKELY(!len && !w->is_message)) {
		*donep = 0;
		return STATUS_SUCCESS;
	}
	if (NP_UNLIKELY(flags || !len || w->note || !np_lane_write_plain(w, data, len)))
		return write_slow(w, op, data, len, flags, donep);
	*donep = len;
	return STATUS_SUCCESS;
}

bool np_lane_writer_needs_pump(const struct np_lane_writer *w)
{
	return atomic_load_explicit(&w->shm->r_charged, memory_order_relaxed) !=
		       w->charged_seen ||
	       atomic_load_explicit(&w->shm->head, memory_order_relaxed) != w->head_seen;
}

static void pump_flushes(struct np_lane_writer *w, struct np_list *flushes)
{
	uint64_t gone = entries_gone(w);

	while (!np_list_is_empty(&w->flushes)) {
		struct np_lane_flush *flush =
			np_list_entry(w->flushes.next, struct np_lane_flush, link);

		if (flush->entry > gone && gone < w->entries)
			return;
		np_list_remove(&flush->link);
		flush->status = STATUS_SUCCESS;
		np_list_push_back(flushes, &flush->link);
	}
}

/* All of it is granted, only the ring is full: the caller need not wait for that. */
static void keep_copy(struct np_lane_write *op, struct np_list *writes)
{
	struct np_lane_write *copy = malloc(sizeof(*copy) + op->len);

	if (!copy)
		return;
	*copy = *op;
	copy->owned = true;
	op->note = NULL;
	copy->data = (uint8_t *)(copy + 1);
	memcpy((uint8_t *)(copy + 1), op->data, op->len);
	np_list_init(&copy->link);
	np_list_push_back(&op->link, &copy->link);
	np_list_remove(&op->link);
	op->status = STATUS_SUCCESS;
	np_list_push_back(writes, &op->link);
}

bool np_lane_writer_pump(struct np_lane_writer *w, struct np_list *writes,
			 struct np_list *flushes)
{
	struct np_list *pos, *next;
	bool moved = false;
	bool blocked = false;

	refresh_head(w);
	refresh_charged(w);
	np_list_for_each_safe(pos, next, &w->stalled) {
		struct np_lane_write *op = np_list_entry(pos, struct np_lane_write, link);

		if (!blocked && !is_placed(op)) {
			moved |= place(w, op);
			blocked = !is_placed(op);
		}
		if (!is_placed(op) && !op->owned && is_granted(w, op->end_charged) &&
		    op->len <= w->quota)
			keep_copy(op, writes);
		if (!is_placed(op))
			continue;
		if (!op->owned && !is_granted(w, op->end_charged))
			continue;
		np_list_remove(&op->link);
		cell_give_back(w, op);
		if (op->owned) {
			free(op);
			continue;
		}
		op->status = STATUS_SUCCESS;
		np_list_push_back(writes, &op->link);
	}
	if (moved)
		publish_tail(w);
	pump_flushes(w, flushes);
	return moved;
}

/* Mark the record withdrawn; false when it was read or promised to its end. */
static bool withdraw_record(struct np_lane_writer *w, struct np_lane_write *op,
			    uint32_t *limitp)
{
	_Atomic uint64_t *cell = &w->shm->cell[op->cell];
	uint64_t old = atomic_load_explicit(cell, memory_order_acquire);
	uint64_t limit, new;

	if (!is_placed(op)) {
		w->stream_end = w->tail;
		atomic_store_explicit(&w->shm->w_stream_end, w->tail,
				      memory_order_release);
	}
	do {
		limit = np_max_u64(old & NP_CELL_OFFSET_MASK, op->claimed);
		limit = np_min_u64(limit, op->placed);
		if (limit == op->len)
			return false;
		new = NP_CELL_WITHDRAWN | (uint64_t)op->tag << 32 | limit;
	} while (!atomic_compare_exchange_weak_explicit(
		cell, &old, new, memory_order_acq_rel, memory_order_acquire));
	*limitp = (uint32_t)limit;
	w->cells_used &= ~(UINT64_C(1) << op->cell);
	w->cells_left |= UINT64_C(1) << op->cell;
	w->cell_end[op->cell] = is_placed(op) ? op->start + record_size(op->len) : w->tail;
	return true;
}

/* Bytes that were promised and never lay in the ring are promised no more. */
static void take_back_claims(struct np_lane_writer *w, const struct np_lane_write *op,
			     uint32_t gone)
{
	if (!op->uncharged && w->claimed_charged >= op->end_charged)
		w->claimed_charged -= gone;
	else if (!op->uncharged)
		w->claimed_charged = np_min_u64(w->claimed_charged, op->end_charged - gone);
	if (w->claimed_entries >= op->entry)
		w->claimed_entries--;
}

/* The note of a write that was not begun is the next one's, if that has none of its own. */
static void pass_note_on(struct np_lane_writer *w, struct np_lane_write *op)
{
	struct np_lane_note *note = np_take_ptr(op->note);
	struct np_list *next = op->link.next;
	struct np_lane_write *later;

	if (!note)
		return;
	if (next == &w->stalled) {
		w->context = 0;
		free(note);
		return;
	}
	later = np_list_entry(next, struct np_lane_write, link);
	if (later->note)
		free(note);
	else
		later->note = note;
}

bool np_lane_writer_cancel(struct np_lane_writer *w, struct np_lane_write *op)
{
	uint32_t limit = 0;
	uint32_t gone;
	struct np_list *pos;

	if (op->started && !withdraw_record(w, op, &limit))
		return false;
	gone = op->len - limit;
	take_back_claims(w, op, gone);
	w->bytes -= gone;
	if (!op->uncharged)
		w->charged -= gone;
	w->entries--;
	for (pos = op->link.next; pos != &w->stalled; pos = pos->next) {
		struct np_lane_write *later = np_list_entry(pos, struct np_lane_write, link);

		if (!op->uncharged)
			later->end_charged -= gone;
		later->entry--;
	}
	np_list_for_each(pos, &w->flushes) {
		struct np_lane_flush *flush = np_list_entry(pos, struct np_lane_flush, link);

		if (flush->entry >= op->entry)
			flush->entry--;
	}
	pass_note_on(w, op);
	np_list_remove(&op->link);
	op->cell = -1;
	op->status = STATUS_CANCELLED;
	publish_totals(w);
	return true;
}

void np_lane_writer_fail(struct np_lane_writer *w, npfs_status status,
			 struct np_list *writes, struct np_list *flushes)
{
	struct np_list *pos, *next;

	np_list_for_each_safe(pos, next, &w->stalled) {
		struct np_lane_write *op = np_list_entry(pos, struct np_lane_write, link);
		bool is_owned = op->owned;

		np_list_remove(&op->link);
		op_release(op);
		if (is_owned)
			continue;
		op->status = status;
		np_list_push_back(writes, &op->link);
	}
	np_list_for_each_safe(pos, next, &w->flushes) {
		struct np_lane_flush *flush = np_list_entry(pos, struct np_lane_flush, link);

		np_list_remove(&flush->link);
		flush->status = status;
		np_list_push_back(flushes, &flush->link);
	}
}

void np_lane_writer_fini(struct np_lane_writer *w)
{
	struct np_list *pos, *next;

	if (!w->shm)
		return;
	np_list_for_each_safe(pos, next, &w->stalled) {
		struct np_lane_write *op = np_list_entry(pos, struct np_lane_write, link);

		np_list_remove(&op->link);
		op_release(op);
	}
	np_lane_writer_set_note(w, NULL);
	w->shm = NULL;
}

bool np_lane_writer_is_drained(struct np_lane_writer *w)
{
	return is_empty(w);
}

npfs_status np_lane_flush(struct np_lane_writer *w, struct np_lane_flush *flush)
{
	if (is_empty(w))
		return STATUS_SUCCESS;
	flush->entry = w->entries;
	flush->status = STATUS_PENDING;
	np_list_push_back(&w->flushes, &flush->link);
	return STATUS_PENDING;
}

uint32_t np_lane_quota_available(struct np_lane_writer *w)
{
	uint64_t free_quota;
	struct match m;

	refresh_charged(w);
	free_quota = w->quota - np_min_u64(w->charged - charged_gone(w), w->quota);
	match_reads(w, 0, &m);
	return (uint32_t)(free_quota - np_min_u64(m.total, free_quota));
}

/* an end that several processes hold */

void np_lane_writer_get_debt(const struct np_lane_writer *w, struct np_lane_debt *debtp)
{
	struct np_list *pos;

	debtp->n = 0;
	debtp->bytes = 0;
	debtp->charged = 0;
	debtp->entries = 0;
	np_list_for_each(pos, &w->stalled) {
		const struct np_lane_write *op =
			np_list_entry(pos, struct np_lane_write, link);
		struct np_lane_debt_entry *entry;

		if (!op->started) {
			debtp->bytes += op->len;
			debtp->charged += op->uncharged ? 0 : op->len;
			debtp->entries++;
			continue;
		}
		/* what is in the ring and still stalled has a cell */
		if (debtp->n == NP_SHM_CELLS)
			continue;
		entry = &debtp->entry[debtp->n++];
		entry->end_charged = op->end_charged;
		entry->entry = op->entry;
		entry->start = op->start;
		entry->claimed = op->claimed;
		entry->len = op->len;
		entry->placed = op->placed;
		entry->cell = op->cell;
		entry->tag = op->tag;
		entry->uncharged = op->uncharged;
	}
}

static void withdraw_entry(struct np_lane_writer *w, const struct np_lane_debt_entry *entry)
{
	struct np_lane_write op;

	if (entry->cell < 0 || entry->cell >= (int)NP_SHM_CELLS || entry->placed > entry->len)
		return;
	op_init(&op, entry->len);
	op.data = NULL;
	op.owned = false;
	op.started = true;
	op.placed = entry->placed;
	op.end_charged = entry->end_charged;
	op.entry = entry->entry;
	op.start = entry->start;
	op.claimed = entry->claimed;
	op.cell = entry->cell;
	op.tag = entry->tag;
	op.uncharged = entry->uncharged;
	np_list_push_back(&w->stalled, &op.link);
	if ((is_placed(&op) && is_granted(w, op.end_charged)) ||
	    !np_lane_writer_cancel(w, &op)) {
		/* complete, or read to its end */
		cell_give_back(w, &op);
		np_list_remove(&op.link);
	}
}

void np_lane_writer_withdraw_debt(struct np_lane_writer *w, const struct np_lane_debt *debt)
{
	uint32_t n = np_min_u32(debt->n, NP_SHM_CELLS);

	refresh_head(w);
	refresh_charged(w);
	w->bytes -= debt->bytes;
	w->charged -= debt->charged;
	w->entries -= debt->entries;
	while (n)
		withdraw_entry(w, &debt->entry[--n]);
	w->claimed_charged = np_min_u64(w->claimed_charged, w->charged);
	w->claimed_entries = np_min_u64(w->claimed_entries, w->entries);
	w->context = 0; /* a note may have gone with it */
	publish_totals(w);
}

bool np_lane_writer_is_in_step(const struct np_lane_writer *w)
{
	return atomic_load_explicit(&w->shm->tail, memory_order_acquire) == w->tail &&
	       atomic_load_explicit(&w->shm->w_bytes, memory_order_relaxed) == w->bytes &&
	       atomic_load_explicit(&w->shm->w_entries, memory_order_relaxed) == w->entries;
}
