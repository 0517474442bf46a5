/* SPDX-License-Identifier: MIT */
/*
 * The queue of npfs-semantics section 4, rule by rule
 */
#include "tests/unit/lane_model.h"

#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"

struct lane_model *lane_model_new(uint32_t quota, bool is_message, bool is_message_mode)
{
	struct lane_model *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->quota = quota;
	m->is_message = is_message;
	m->is_message_mode = is_message_mode;
	return m;
}

struct lane_model *lane_model_free(struct lane_model *m)
{
	if (!m)
		return NULL;
	for (uint32_t i = 0; i < m->n_reads; i++)
		free(m->reads[i].buf);
	free(m);
	return NULL;
}

uint8_t lane_model_byte(uint32_t write, uint32_t i)
{
	return (uint8_t)(write * 197 + i * 13 + (i >> 8) * 7 + (i >> 16) + 1);
}

/* quota, 4.1 and 4.2 */

static uint32_t entry_rest(const struct lane_model_entry *e)
{
	return e->len - e->off;
}

static uint64_t quota_used(const struct lane_model *m)
{
	uint64_t used = 0;

	for (uint32_t i = 0; i < m->n_queued; i++)
		if (m->queue[i].is_charged)
			used += entry_rest(&m->queue[i]);
	return np_min_u64(used, m->quota);
}

static uint64_t quota_free(const struct lane_model *m)
{
	return m->quota - quota_used(m);
}

/* Step 5: quota goes to the entries from the front; who has all of it is done. */
static void settle_writes(struct lane_model *m)
{
	uint64_t room = m->quota;

	for (uint32_t i = 0; i < m->n_queued; i++) {
		struct lane_model_entry *e = &m->queue[i];
		struct lane_model_write *w = &m->writes[e->write];
		uint64_t grant;

		if (!e->is_charged)
			continue;
		grant = np_min_u64(entry_rest(e), room);
		room -= grant;
		if (grant == entry_rest(e) && w->status == STATUS_PENDING) {
			w->status = STATUS_SUCCESS;
			w->done = w->len;
		}
	}
}

/* 4.8: a marker is done when nothing that was queued before it is left. */
static void settle_flushes(struct lane_model *m)
{
	for (uint32_t i = 0; i < m->n_flushes; i++) {
		struct lane_model_flush *f = &m->flushes[i];

		if (f->status == STATUS_PENDING &&
		    (!m->n_queued || m->queue[0].write > f->last_write))
			f->status = STATUS_SUCCESS;
	}
}

static void remove_entry(struct lane_model *m, uint32_t at)
{
	struct lane_model_write *w = &m->writes[m->queue[at].write];

	if (w->status == STATUS_PENDING) {
		w->status = STATUS_SUCCESS;
		w->done = w->len;
	}
	memmove(&m->queue[at], &m->queue[at + 1],
		(m->n_queued - at - 1) * sizeof(m->queue[0]));
	m->n_queued--;
}

static void settle(struct lane_model *m)
{
	settle_writes(m);
	settle_flushes(m);
}

static void copy_bytes(uint8_t *dst, uint32_t write, uint32_t off, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		dst[i] = lane_model_byte(write, off + i);
}

/* writing */

static uint64_t pended_total(const struct lane_model *m)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < m->n_pended; i++)
		total += m->reads[m->pended[i]].len;
	return total;
}

/* 4.2 step 2; returns how many bytes found a read. */
static uint32_t deliver(struct lane_model *m, uint32_t write, uint32_t len)
{
	uint32_t off = 0;

	while (m->n_pended) {
		struct lane_model_read *r = &m->reads[m->pended[0]];
		uint32_t n = np_min_u32(r->len, len - off);

		copy_bytes(r->buf, write, off, n);
		off += n;
		r->done = n;
		r->status = off < len && m->is_message_mode ? STATUS_BUFFER_OVERFLOW
							    : STATUS_SUCCESS;
		memmove(&m->pended[0], &m->pended[1],
			--m->n_pended * sizeof(m->pended[0]));
		if (off == len)
			break;
	}
	return off;
}

/* 4.6 for messages, decided before anything is done. */
static bool message_is_refused(const struct lane_model *m, uint32_t len)
{
	uint64_t total = pended_total(m);

	if (m->n_pended)
		return total < len && m->quota < len - total;
	return quota_free(m) < len;
}

void lane_model_write(struct lane_model *m, uint32_t len, unsigned flags)
{
	uint32_t number = m->n_writes++;
	struct lane_model_write *w = &m->writes[number];
	bool is_nowait = flags & LANE_MODEL_NOWAIT;
	bool has_reads = m->n_pended;
	struct lane_model_entry *e;
	uint32_t off;

	w->len = len;
	w->status = STATUS_SUCCESS;
	w->done = 0;
	if (!len && !m->is_message)
		return;
	if (is_nowait && m->is_message && message_is_refused(m, len))
		return;
	off = deliver(m, number, len);
	w->done = len;
	if (off == len && (len || has_reads))
		return;
	if (is_nowait && !m->is_message && len - off > quota_free(m)) {
		w->done = off;
		return;
	}
	e = &m->queue[m->n_queued++];
	e->write = number;
	e->len = len;
	e->off = off;
	e->is_charged = !(flags & LANE_MODEL_TRANSACT);
	if (len && e->is_charged) {
		w->status = STATUS_PENDING;
		w->done = 0;
	}
	settle(m);
}

/* reading, 4.4 */

static uint32_t take(struct lane_model *m, struct lane_model_read *r)
{
	struct lane_model_entry *e = &m->queue[0];
	uint32_t n = np_min_u32(entry_rest(e), r->len - r->done);

	copy_bytes(r->buf + r->done, e->write, e->off, n);
	e->off += n;
	r->done += n;
	return entry_rest(e);
}

bool lane_model_read(struct lane_model *m, uint32_t len, bool may_pend)
{
	uint32_t number = m->n_reads;
	struct lane_model_read *r = &m->reads[number];

	if (!m->n_queued && !may_pend)
		return false;
	m->n_reads++;
	r->len = len;
	r->done = 0;
	r->buf = malloc(len + 1);
	if (!r->buf)
		abort();
	if (!m->n_queued) {
		r->status = STATUS_PENDING;
		m->pended[m->n_pended++] = number;
		return false;
	}
	r->status = STATUS_SUCCESS;
	if (!len) {
		if (m->is_message_mode && entry_rest(&m->queue[0]))
			r->status = STATUS_BUFFER_OVERFLOW;
		return true;
	}
	if (m->is_message_mode) {
		if (take(m, r))
			r->status = STATUS_BUFFER_OVERFLOW;
		else
			remove_entry(m, 0);
	} else {
		while (m->n_queued && r->done < len && !take(m, r))
			remove_entry(m, 0);
	}
	settle(m);
	return true;
}

bool lane_model_swallow(struct lane_model *m)
{
	if (!m->n_queued || entry_rest(&m->queue[0]))
		return false;
	remove_entry(m, 0);
	settle(m);
	return true;
}

/* the rest */

void lane_model_flush(struct lane_model *m)
{
	struct lane_model_flush *f = &m->flushes[m->n_flushes++];

	f->status = STATUS_PENDING;
	f->last_write = m->n_queued ? m->queue[m->n_queued - 1].write : 0;
	settle(m);
}

void lane_model_cancel_write(struct lane_model *m, uint32_t write)
{
	for (uint32_t i = 0; i < m->n_queued; i++) {
		if (m->queue[i].write != write)
			continue;
		m->writes[write].status = STATUS_CANCELLED;
		remove_entry(m, i);
		break;
	}
	settle(m);
}

void lane_model_cancel_read(struct lane_model *m, uint32_t read)
{
	for (uint32_t i = 0; i < m->n_pended; i++) {
		if (m->pended[i] != read)
			continue;
		m->reads[read].status = STATUS_CANCELLED;
		m->n_pended--;
		memmove(&m->pended[i], &m->pended[i + 1],
			(m->n_pended - i) * sizeof(m->pended[0]));
		break;
	}
}

void lane_model_cut(struct lane_model *m)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < m->n_queued; i++) {
		struct lane_model_write *w = &m->writes[m->queue[i].write];

		if (w->status == STATUS_PENDING)
			w->status = STATUS_CANCELLED;
		else
			m->queue[kept++] = m->queue[i];
	}
	m->n_queued = kept;
	settle(m);
}

uint64_t lane_model_unread(const struct lane_model *m)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < m->n_queued; i++)
		n += entry_rest(&m->queue[i]);
	return n;
}

void lane_model_peek(const struct lane_model *m, uint8_t *buf, uint32_t len,
		     struct lane_model_peek *peekp)
{
	memset(peekp, 0, sizeof(*peekp));
	if (!m->n_queued)
		return;
	peekp->bytes = (uint32_t)lane_model_unread(m);
	peekp->entries = m->n_queued;
	peekp->message_len = entry_rest(&m->queue[0]);
	for (uint32_t i = 0; i < (m->is_message ? 1 : m->n_queued); i++) {
		const struct lane_model_entry *e = &m->queue[i];
		uint32_t n = np_min_u32(entry_rest(e), len - peekp->copied);

		copy_bytes(buf + peekp->copied, e->write, e->off, n);
		peekp->copied += n;
		if (!i)
			peekp->first_did_not_fit = n < entry_rest(e);
	}
}

uint32_t lane_model_quota_available(const struct lane_model *m)
{
	uint64_t room = quota_free(m);

	return (uint32_t)(room - np_min_u64(pended_total(m), room));
}
