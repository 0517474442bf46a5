/* SPDX-License-Identifier: MIT */
/*
 * Driving a lane and its model side by side
 *
 * Three things are looser than the model, all of them only while more lies in the queue
 * than the ring holds, when the rest is still in the writer's process: a read in byte
 * mode, or one that may not pend, may end early, and a peek may copy less.
 */
#include "tests/unit/lane_rig.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"

#define SETTLE_ROUNDS 100000

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static void NP_PRINTF(2, 3) disagree(struct lane_rig *rig, const char *format, ...)
{
	va_list args;

	if (rig->error[0])
		return;
	va_start(args, format);
	vsnprintf(rig->error, sizeof(rig->error), format, args);
	va_end(args);
}

struct lane_rig *lane_rig_new(const struct lane_shape *shape)
{
	struct lane_rig *rig = must(calloc(1, sizeof(*rig)));
	struct np_shm_layout layout;

	np_shm_layout(shape->quota, shape->quota, &layout);
	rig->shape = *shape;
	rig->ring_size = layout.ring_size[0];
	rig->memory = must(aligned_alloc(4096, 4096 + rig->ring_size));
	memset(rig->memory, 0, 4096 + rig->ring_size);
	rig->m = lane_model_new(shape->quota, shape->is_message, shape->is_message_mode);
	np_lane_writer_init(&rig->w, rig->memory, (char *)rig->memory + 4096,
			    rig->ring_size, shape->quota, shape->is_message);
	np_lane_reader_init(&rig->r, rig->memory, (char *)rig->memory + 4096,
			    rig->ring_size, shape->quota, shape->is_message);
	rig->r.is_message_mode = shape->is_message_mode;
	return rig;
}

struct lane_rig *lane_rig_free(struct lane_rig *rig)
{
	np_lane_writer_fini(&rig->w);
	for (uint32_t i = 0; i < rig->n_writes; i++) {
		free(rig->writes[i]->data);
		free(rig->writes[i]);
	}
	for (uint32_t i = 0; i < rig->n_reads; i++) {
		free(rig->reads[i]->buf);
		free(rig->reads[i]);
	}
	for (uint32_t i = 0; i < rig->n_flushes; i++)
		free(rig->flushes[i]);
	lane_model_free(rig->m);
	free(rig->memory);
	free(rig);
	return NULL;
}

/* the lane */

static void collect(struct np_list *writes, struct np_list *flushes,
		    struct np_list *reads)
{
	struct np_list *node;

	while ((node = np_list_pop_front(writes))) {
		struct rig_write *w = np_container_of(node, struct rig_write, op.link);

		w->status = w->op.status;
		w->done = w->status == STATUS_SUCCESS ? w->len : 0;
	}
	while ((node = np_list_pop_front(flushes))) {
		struct rig_flush *f = np_container_of(node, struct rig_flush, op.link);

		f->status = f->op.status;
	}
	while ((node = np_list_pop_front(reads))) {
		struct rig_read *r = np_container_of(node, struct rig_read, op.link);

		r->status = r->op.status;
		r->done = r->op.done;
	}
}

static void rig_settle(struct lane_rig *rig)
{
	struct np_list writes, flushes, reads;

	np_list_init(&writes);
	np_list_init(&flushes);
	np_list_init(&reads);
	for (int i = 0; i < SETTLE_ROUNDS && (rig->read_bell || rig->write_bell); i++) {
		if (rig->read_bell) {
			rig->read_bell = false;
			if (np_lane_reader_pump(&rig->r, &reads))
				rig->write_bell = true;
		}
		if (rig->write_bell && !rig->is_cut &&
		    np_lane_writer_pump(&rig->w, &writes, &flushes))
			rig->read_bell = true;
		rig->write_bell = false;
	}
	if (rig->read_bell || rig->write_bell)
		disagree(rig, "the halves ring each other without end");
	if (rig->r.is_broken)
		disagree(rig, "the reader calls its writer a liar");
	collect(&writes, &flushes, &reads);
}

/* The two plain ways in turn: laid first and then finished, or at once. What was laid and is
 * not finished must leave no trace. */
static bool write_plain(struct lane_rig *rig, const struct rig_write *w, uint32_t n)
{
	if (rig->n_writes % 2 && np_lane_write_lay(&rig->w, w->data, n))
		return np_lane_write_laid(&rig->w, n);
	return np_lane_write_plain(&rig->w, w->data, n);
}

static void do_write(struct lane_rig *rig, uint32_t n, unsigned flags)
{
	struct rig_write *w = must(calloc(1, sizeof(*w)));
	unsigned lane_flags = 0;

	if (flags & LANE_MODEL_NOWAIT)
		lane_flags |= NP_WRITE_NOWAIT;
	if (flags & LANE_MODEL_TRANSACT)
		lane_flags |= NP_WRITE_UNCHARGED;
	w->data = must(malloc(n + 1));
	w->len = n;
	for (uint32_t i = 0; i < n; i++)
		w->data[i] = lane_model_byte(rig->n_writes, i);
	rig->writes[rig->n_writes++] = w;
	if (rig->shape.uses_plain && !flags && n - 1 < UINT16_MAX && write_plain(rig, w, n)) {
		w->status = STATUS_SUCCESS;
		w->done = n;
	} else {
		w->status = np_lane_write(&rig->w, lane_flags ? NULL : &w->op, w->data, n,
					  lane_flags, &w->done);
		if (w->status == STATUS_PENDING)
			w->done = 0;
		else /* the lane has no business with it any more */
			memset(w->data, 0xdd, n);
	}
	rig->read_bell = true;
	rig_settle(rig);
	lane_model_write(rig->m, n, flags);
	rig->status = w->status;
	rig->count = w->done;
}

static bool queue_exceeds_ring(const struct lane_rig *rig)
{
	uint64_t n = rig->withdrawn;

	for (uint32_t i = 0; i < rig->m->n_queued; i++)
		n += 16 + (uint64_t)rig->m->queue[i].len;
	return n + 4096 > rig->ring_size ||
	       rig->m->n_queued + rig->n_withdrawn > NP_SHM_CELLS / 2;
}

/* An end that looks for data rings when it stepped over withdrawn entries. */
static void look(struct lane_rig *rig)
{
	np_lane_reader_has_data(&rig->r);
	if (rig->r.has_skipped)
		rig->write_bell = true;
	rig->r.has_skipped = false;
	rig_settle(rig);
}

/* The model read less than was asked for: it has not seen the empty entries behind. */
static void swallow_empties(struct lane_rig *rig)
{
	struct np_lane_peek there;

	np_lane_peek(&rig->r, NULL, 0, &there);
	while (rig->m->n_queued > there.entries && lane_model_swallow(rig->m))
		;
}

static void do_read(struct lane_rig *rig, uint32_t n, bool may_pend)
{
	struct rig_read *r = must(calloc(1, sizeof(*r)));
	bool is_loose =
		queue_exceeds_ring(rig) && (!may_pend || !rig->m->is_message_mode);
	uint32_t asked = n;

	r->buf = must(malloc(n + 1));
	r->len = n;
	if (rig->shape.uses_plain && n &&
	    np_lane_read_plain(&rig->r, r->buf, n, &r->done))
		r->status = STATUS_SUCCESS;
	else
		r->status = np_lane_read(&rig->r, may_pend ? &r->op : NULL, r->buf, n,
					 &r->done);
	if (r->status == STATUS_PIPE_EMPTY && may_pend) {
		np_lane_read_pend(&rig->r, &r->op, r->buf, n);
		r->status = STATUS_PENDING;
		r->done = 0;
		rig->read_bell = true; /* data may have come between */
	} else if (r->status == STATUS_PIPE_EMPTY) {
		rig->status = r->status;
		rig->count = 0;
		free(r->buf);
		free(r);
		look(rig);
		if (lane_model_read(rig->m, n, false))
			disagree(rig, "an empty lane, where the model has data");
		return;
	} else {
		rig->write_bell = true;
	}
	rig->reads[rig->n_reads++] = r;
	rig_settle(rig);
	look(rig);
	if (is_loose && r->status != STATUS_PENDING && r->done < n)
		asked = r->done;
	lane_model_read(rig->m, asked, may_pend);
	if (asked < n)
		swallow_empties(rig);
	rig->status = r->status;
	rig->count = r->done;
}

static void do_cancel_write(struct lane_rig *rig, uint32_t n)
{
	uint32_t n_stalled = 0;

	for (uint32_t i = 0; i < rig->n_writes; i++)
		n_stalled += rig->writes[i]->status == STATUS_PENDING;
	if (!n_stalled)
		return;
	n %= n_stalled;
	for (uint32_t i = 0; i < rig->n_writes; i++) {
		struct rig_write *w = rig->writes[i];

		if (w->status != STATUS_PENDING || n--)
			continue;
		if (!np_lane_writer_cancel(&rig->w, &w->op)) {
			disagree(rig, "stalled write %u cannot be withdrawn", i);
			return;
		}
		w->status = w->op.status;
		memset(w->data, 0xcc, w->len);
		rig->read_bell = true;
		rig->write_bell = true;
		rig_settle(rig);
		lane_model_cancel_write(rig->m, i);
		rig->withdrawn += 16 + (uint64_t)w->len;
		rig->n_withdrawn++;
		rig->status = w->status;
		rig->count = 0;
		return;
	}
}

static void do_cancel_read(struct lane_rig *rig, uint32_t n)
{
	uint32_t n_pended = 0;

	for (uint32_t i = 0; i < rig->n_reads; i++)
		n_pended += rig->reads[i]->status == STATUS_PENDING;
	if (!n_pended)
		return;
	n %= n_pended;
	for (uint32_t i = 0; i < rig->n_reads; i++) {
		struct rig_read *r = rig->reads[i];

		if (r->status != STATUS_PENDING || n--)
			continue;
		np_lane_reader_cancel(&rig->r, &r->op);
		r->status = r->op.status;
		r->done = r->op.done;
		rig_settle(rig);
		lane_model_cancel_read(rig->m, i);
		rig->status = r->status;
		rig->count = r->done;
		return;
	}
}

static void do_flush(struct lane_rig *rig)
{
	struct rig_flush *f = must(calloc(1, sizeof(*f)));

	rig->flushes[rig->n_flushes++] = f;
	f->status = np_lane_flush(&rig->w, &f->op);
	rig_settle(rig);
	lane_model_flush(rig->m);
	rig->status = f->status;
	rig->count = 0;
}

static void do_peek(struct lane_rig *rig, uint32_t n)
{
	struct lane_model_peek want;
	struct np_lane_peek *got = &rig->peek;
	bool is_loose = queue_exceeds_ring(rig);
	uint8_t *a = must(malloc(n + 1));
	uint8_t *b = must(malloc(n + 1));

	look(rig);
	np_lane_peek(&rig->r, n ? a : NULL, n, got);
	lane_model_peek(rig->m, b, n, &want);
	if (got->bytes != want.bytes || got->entries != want.entries ||
	    got->message_len != want.message_len)
		disagree(rig, "peek: %u bytes, %u entries, first %u; model %u, %u, %u",
			 got->bytes, got->entries, got->message_len, want.bytes,
			 want.entries, want.message_len);
	else if (got->copied > want.copied || (got->copied < want.copied && !is_loose))
		disagree(rig, "peek copied %u, model %u", got->copied, want.copied);
	else if (got->copied == want.copied &&
		 got->first_did_not_fit != want.first_did_not_fit)
		disagree(rig, "peek: first entry fits differently");
	else if (got->copied && memcmp(a, b, got->copied))
		disagree(rig, "peek saw other bytes");
	free(a);
	free(b);
	rig->status = STATUS_SUCCESS;
	rig->count = got->copied;
}

static void do_cut(struct lane_rig *rig)
{
	if (rig->is_cut || rig->m->n_pended || queue_exceeds_ring(rig))
		return;
	np_lane_reader_cut(&rig->r);
	rig->is_cut = true;
	lane_model_cut(rig->m);
}

/* comparing */

static void compare_writes(struct lane_rig *rig)
{
	for (uint32_t i = 0; i < rig->n_writes; i++) {
		const struct rig_write *a = rig->writes[i];
		const struct lane_model_write *b = &rig->m->writes[i];

		if (a->status != b->status || a->done != b->done)
			disagree(rig, "write %u of %u: 0x%x/%u, model 0x%x/%u", i, a->len,
				 a->status, a->done, b->status, b->done);
	}
	for (uint32_t i = 0; i < rig->n_flushes; i++)
		if (rig->flushes[i]->status != rig->m->flushes[i].status)
			disagree(rig, "flush %u: 0x%x, model 0x%x", i,
				 rig->flushes[i]->status, rig->m->flushes[i].status);
	if (np_lane_quota_available(&rig->w) != lane_model_quota_available(rig->m))
		disagree(rig, "free quota %u, model %u", np_lane_quota_available(&rig->w),
			 lane_model_quota_available(rig->m));
}

static void compare(struct lane_rig *rig)
{
	struct lane_step first_bytes = {LANE_PEEK, 24};

	if (!rig->m->n_queued)
		rig->withdrawn = rig->n_withdrawn = 0;
	if (!rig->is_cut)
		compare_writes(rig);
	for (uint32_t i = 0; i < rig->n_reads; i++) {
		const struct rig_read *a = rig->reads[i];
		const struct lane_model_read *b = &rig->m->reads[i];

		if (a->status != b->status ||
		    (a->status != STATUS_PENDING && a->done != b->done))
			disagree(rig, "read %u of %u: 0x%x/%u, model 0x%x/%u", i, a->len,
				 a->status, a->done, b->status, b->done);
		else if (a->status != STATUS_PENDING && memcmp(a->buf, b->buf, a->done))
			disagree(rig, "read %u of %u has other bytes", i, a->len);
	}
	if (!rig->error[0]) {
		npfs_status status = rig->status;
		uint32_t count = rig->count;

		do_peek(rig, first_bytes.n);
		rig->status = status;
		rig->count = count;
	}
}

/*
 * 4.6 leaves open what a refused no-wait write of a byte pipe does with a pended read of
 * no bytes, and the lane leaves it alone: not compared.
 */
static bool is_left_open(const struct lane_rig *rig, const struct lane_step *step)
{
	if (step->verb != LANE_NOWAIT || rig->shape.is_message)
		return false;
	for (uint32_t i = 0; i < rig->m->n_pended; i++)
		if (!rig->m->reads[rig->m->pended[i]].len)
			return true;
	return false;
}

static bool is_full(const struct lane_rig *rig)
{
	return rig->n_writes == LANE_MODEL_OPS || rig->n_reads == LANE_MODEL_OPS ||
	       rig->n_flushes == LANE_MODEL_OPS;
}

bool lane_rig_step(struct lane_rig *rig, const struct lane_step *step)
{
	if (rig->error[0])
		return false;
	if (is_full(rig)) {
		disagree(rig, "the list is too long");
		return false;
	}
	if (rig->is_cut && step->verb != LANE_READ_NOWAIT && step->verb != LANE_PEEK &&
	    step->verb != LANE_MODE)
		return true;
	if (is_left_open(rig, step))
		return true;
	switch (step->verb) {
	case LANE_WRITE:
		do_write(rig, step->n, 0);
		break;
	case LANE_NOWAIT:
		do_write(rig, step->n, LANE_MODEL_NOWAIT);
		break;
	case LANE_TRANSACT:
		do_write(rig, step->n, LANE_MODEL_TRANSACT);
		break;
	case LANE_READ:
		do_read(rig, step->n, true);
		break;
	case LANE_READ_NOWAIT:
		do_read(rig, step->n, false);
		break;
	case LANE_CANCEL_WRITE:
		do_cancel_write(rig, step->n);
		break;
	case LANE_CANCEL_READ:
		do_cancel_read(rig, step->n);
		break;
	case LANE_FLUSH:
		do_flush(rig);
		break;
	case LANE_PEEK:
		do_peek(rig, step->n);
		break;
	case LANE_MODE:
		rig->m->is_message_mode = rig->shape.is_message && step->n;
		rig->r.is_message_mode = rig->m->is_message_mode;
		break;
	case LANE_CUT:
		do_cut(rig);
		break;
	case LANE_N_VERBS:
		break;
	}
	compare(rig);
	return !rig->error[0];
}

void lane_step_text(const struct lane_step *step, char *buf, size_t cap)
{
	static const char *const names[] = {
		[LANE_WRITE] = "LANE_WRITE",
		[LANE_NOWAIT] = "LANE_NOWAIT",
		[LANE_TRANSACT] = "LANE_TRANSACT",
		[LANE_READ] = "LANE_READ",
		[LANE_READ_NOWAIT] = "LANE_READ_NOWAIT",
		[LANE_CANCEL_WRITE] = "LANE_CANCEL_WRITE",
		[LANE_CANCEL_READ] = "LANE_CANCEL_READ",
		[LANE_FLUSH] = "LANE_FLUSH",
		[LANE_PEEK] = "LANE_PEEK",
		[LANE_MODE] = "LANE_MODE",
		[LANE_CUT] = "LANE_CUT",
	};

	snprintf(buf, cap, "{%s, %u},", names[step->verb], step->n);
}
