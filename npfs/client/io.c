/* SPDX-License-Identifier: MIT */
/*
 * Reading, writing, flushing, peeking and transacting
 *
 * Each call tries the fast way first: connected, nothing in flight before it, data or room
 * there. What that does not settle goes through the slow way, which looks at the state,
 * spins a little when the call blocks, and then puts a request in flight.
 */
#include <npfs/pipe.h>

#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/client/context.h"
#include "npfs/client/end.h"
#include "npfs/client/process.h"
#include "npfs/client/share_tie.h"
#include "npfs/nt/access.h"
#include "npfs/nt/pipe.h"

static_assert(offsetof(struct npfs_op, reserved) % 8 == 0, "requests are aligned");

static struct np_request *request_of(struct npfs_op *op, struct np_request *own)
{
	return op ? (struct np_request *)(void *)op->reserved : own;
}

/* Status for an end that cannot transfer data at all; STATUS_SUCCESS when it can. */
static npfs_status state_status(const struct npfs_end *end)
{
	switch ((enum np_end_state)end->state) {
	case NP_END_CONNECTED:
		return NP_LIKELY(end->is_watched) ? STATUS_SUCCESS :
						    STATUS_INSUFFICIENT_RESOURCES;
	case NP_END_CLOSING:
		return STATUS_SUCCESS;
	case NP_END_LISTENING:
		return STATUS_PIPE_LISTENING;
	case NP_END_DISCONNECTED:
	case NP_END_DETACHED:
		return STATUS_PIPE_DISCONNECTED;
	case NP_END_LINGERING:
	case NP_END_CLOSED:
	case NP_END_FORKED:
		break;
	}
	return STATUS_INVALID_HANDLE;
}

/* The same, and the end must be able to send: closing is not enough. */
static npfs_status write_state_status(const struct npfs_end *end)
{
	if (end->state == NP_END_CLOSING)
		return np_rule_status(np_personality(), NP_RULE_WRITE_CLOSED_STATUS);
	return state_status(end);
}

/* reading */

/* Looking for data stepped over withdrawn entries: the writer has room again. */
static void ring_skipped(struct npfs_end *end)
{
	if (end->in.has_skipped)
		np_wake_if_armed(end, NP_BELL_WRITE);
	end->in.has_skipped = false;
}

/* What is there; STATUS_PIPE_EMPTY: nothing, and the connection lives. */
static npfs_status read_there(struct npfs_end *end, struct np_request *o,
			      struct npfs_op *op, void *buf, uint32_t len, uint32_t *donep)
{
	npfs_status status;

	if (np_share_is_blocked(end, NP_DIR_IN))
		return STATUS_PIPE_EMPTY;
	status = np_lane_read(&end->in, end->is_nowait ? NULL : &o->read, buf, len, donep);
	if (status == STATUS_PIPE_EMPTY || status == STATUS_PIPE_BROKEN) {
		ring_skipped(end);
		return STATUS_PIPE_EMPTY;
	}
	np_wake_if_armed(end, NP_BELL_WRITE);
	if (status == STATUS_PENDING)
		np_request_start(end, o, op, NP_REQUEST_READ);
	else if (!len && status == STATUS_BUFFER_OVERFLOW)
		status = np_rule_status(np_personality(), NP_RULE_EMPTY_READ_STATUS);
	return status;
}

/* Look at the state, then at the data, in that order: what a peer wrote before it went
 * is there when its going is seen. */
static npfs_status read_now(struct npfs_end *end, struct np_request *o, struct npfs_op *op,
			    void *buf, uint32_t len, uint32_t *donep, struct np_list *done)
{
	npfs_status status;

	np_end_refresh(end, done);
	status = state_status(end);
	if (status == STATUS_SUCCESS)
		status = np_share_admit(end, op);
	if (status != STATUS_SUCCESS)
		return status;
	status = read_there(end, o, op, buf, len, donep);
	if (status != STATUS_PIPE_EMPTY)
		return status;
	if (end->state == NP_END_CLOSING)
		return np_rule_status(np_personality(), NP_RULE_READ_CLOSED_STATUS);
	return STATUS_PIPE_EMPTY;
}

/* Put a read in flight, behind those of other holders. */
static npfs_status pend_read(struct npfs_end *end, struct np_request *o, struct npfs_op *op,
			     void *buf, uint32_t len)
{
	bool has_to_wait = np_share_is_blocked(end, NP_DIR_IN);

	np_request_start(end, o, op, NP_REQUEST_READ);
	if (!has_to_wait) {
		np_lane_read_pend(&end->in, &o->read, buf, len);
		return STATUS_PENDING;
	}
	o->read.buf = buf;
	o->read.len = len;
	return np_share_wait_turn(end, o, NP_DIR_IN);
}

static NP_NOINLINE npfs_status read_slow(struct npfs_end *end, struct npfs_op *op,
					 void *buf, uint32_t len, uint32_t *donep,
					 struct np_list *done)
{
	struct np_request own, *o = request_of(op, &own);
	npfs_status status = read_now(end, o, op, buf, len, donep, done);

	if (status == STATUS_PIPE_EMPTY && !end->is_nowait) {
		if (!op && np_list_is_empty(&end->in.pending) &&
		    !np_share_is_blocked(end, NP_DIR_IN) && np_wake_spin_read(end))
			status = read_now(end, o, op, buf, len, donep, done);
		if (status == STATUS_PIPE_EMPTY)
			status = pend_read(end, o, op, buf, len);
	}
	if (status == STATUS_PENDING) {
		status = np_request_settle(end, o, NP_BELL_READ_FUTEX, done);
		if (status != STATUS_PENDING)
			*donep = o->information;
	} else if (NP_UNLIKELY(np_trace_io) && !npfs_status_is_error(status)) {
		np_trace_data(end, "read", buf, *donep);
	}
	return status;
}

/* Everything but the plain case. @is_locked: the caller has taken the end's own lock. */
static NP_NOINLINE npfs_status read_beyond_plain(struct npfs_end *end, void *buf,
						 uint32_t len, struct npfs_op *op,
						 uint32_t *donep, bool is_locked)
{
	struct np_list done = NP_LIST_INIT(done);
	npfs_status status;

	*donep = 0;
	if (!(end->access & FILE_READ_DATA))
		return STATUS_ACCESS_DENIED;
	if (!is_locked)
		np_end_lock(end);
	if (np_end_is_plainly_connected(end) && !np_trace_io &&
	    np_lane_read_plain(&end->in, buf, len, donep)) {
		np_wake_if_armed(end, NP_BELL_WRITE);
		status = STATUS_SUCCESS;
	} else {
		status = read_slow(end, op, buf, len, donep, &done);
		np_share_answered(end, op, status, *donep);
	}
	np_end_unlock(end, &done);
	return status;
}

npfs_status npfs_end_read(struct npfs_end *end, void *buf, uint32_t len,
			  struct npfs_op *op, uint32_t *donep)
{
	bool is_locked;

	if (NP_UNLIKELY(!(end->access & FILE_READ_DATA)))
		return read_beyond_plain(end, buf, len, op, donep, false);
	is_locked = np_lock_try(&end->lock);
	if (NP_UNLIKELY(!is_locked || !np_end_is_plainly_connected(end) || np_trace_io ||
			!np_lane_read_plain(&end->in, buf, len, donep)))
		return read_beyond_plain(end, buf, len, op, donep, is_locked);
	np_wake_if_armed(end, NP_BELL_WRITE);
	np_end_unlock_plain(end);
	return STATUS_SUCCESS;
}

npfs_status npfs_end_read_now(struct npfs_end *end, void *buf, uint32_t len, uint32_t *donep)
{
	bool is_done;

	if (NP_UNLIKELY(!(end->access & FILE_READ_DATA) || !np_lock_try(&end->lock)))
		return STATUS_PENDING;
	is_done = np_end_is_plainly_connected(end) && !np_trace_io &&
		  np_lane_read_plain(&end->in, buf, len, donep);
	if (is_done)
		np_wake_if_armed(end, NP_BELL_WRITE);
	np_end_unlock_plain(end);
	return is_done ? STATUS_SUCCESS : STATUS_PENDING;
}

/* writing */

static npfs_status check_length(const struct npfs_end *end, uint32_t len)
{
	int64_t max;

	if (end->info.type != FILE_PIPE_MESSAGE_TYPE || len <= UINT16_MAX)
		return STATUS_SUCCESS;
	max = np_rule(NP_RULE_MESSAGE_MAX);
	if (max < 0 || len <= max)
		return STATUS_SUCCESS;
	np_rule_fired(NP_RULE_MESSAGE_MAX);
	return np_rule_status(np_personality(), NP_RULE_MESSAGE_TOO_LONG_STATUS);
}

/* A call that blocks gives the reader a moment before it sleeps. */
static void spin_for_room(struct npfs_end *end, struct np_request *o, struct np_list *done)
{
	while (!o->is_done && np_end_is_plainly_connected(end) &&
	       np_wake_spin_write(end)) {
		np_end_refresh(end, done);
		np_end_pump(end, done);
	}
}

/* Behind the stalled writes of another holder. */
static npfs_status write_later(struct npfs_end *end, struct np_request *o,
			       struct npfs_op *op, const void *data, uint32_t len,
			       unsigned flags, uint32_t *donep, struct np_list *done)
{
	npfs_status status;

	if (!len && end->info.type != FILE_PIPE_MESSAGE_TYPE)
		return STATUS_SUCCESS;
	if (flags & NP_WRITE_NOWAIT)
		return STATUS_SUCCESS; /* no room: nothing was written, section 4.6 */
	if (NP_UNLIKELY(np_trace_io))
		np_trace_data(end, "write", data, len);
	if (!len)
		return np_share_wait_turn_alone(end, data, len, flags);
	np_request_start(end, o, op, NP_REQUEST_WRITE);
	o->write.data = data;
	o->write.len = len;
	o->write.note = np_take_ptr(end->out.note);
	o->flags = flags;
	status = np_share_wait_turn(end, o, NP_DIR_OUT);
	if (status != STATUS_PENDING) {
		free(o->write.note);
		return status;
	}
	status = np_request_settle(end, o, NP_BELL_WRITE_FUTEX, done);
	if (status != STATUS_PENDING)
		*donep = o->information;
	return status;
}

static NP_NOINLINE npfs_status write_slow(struct npfs_end *end, struct npfs_op *op,
					  const void *data, uint32_t len, uint32_t *donep,
					  struct np_list *done)
{
	struct np_request own, *o = request_of(op, &own);
	unsigned flags = end->is_nowait ? NP_WRITE_NOWAIT : 0;
	npfs_status status = check_length(end, len);
	bool is_blocked;

	if (status != STATUS_SUCCESS)
		return status;
	if (flags && np_rule(NP_RULE_NOWAIT_PARTIAL_WRITE))
		flags |= NP_WRITE_PARTIAL;
	np_end_refresh(end, done);
	status = write_state_status(end);
	if (status == STATUS_SUCCESS)
		status = np_share_admit(end, op);
	if (status != STATUS_SUCCESS)
		return status;
	if (!len && !np_rule(NP_RULE_EMPTY_MESSAGE))
		return STATUS_SUCCESS;
	is_blocked = np_share_is_blocked(end, NP_DIR_OUT);
	status = np_context_note(end, is_blocked);
	if (status != STATUS_SUCCESS)
		return status;
	if (is_blocked)
		status = write_later(end, o, op, data, len, flags, donep, done);
	else
		status = np_lane_write(&end->out, &o->write, data, len, flags, donep);
	np_lane_writer_set_note(&end->out, NULL);
	if (is_blocked)
		return status;
	if (npfs_status_is_error(status))
		return status;
	if (NP_UNLIKELY(np_trace_io))
		np_trace_data(end, "write", data, status == STATUS_PENDING ? len : *donep);
	if (status == STATUS_PENDING)
		np_request_start(end, o, op, NP_REQUEST_WRITE);
	np_wake_if_armed(end, NP_BELL_READ);
	if (status == STATUS_PENDING) {
		*donep = 0;
		if (!op)
			spin_for_room(end, o, done);
		status = np_request_settle(end, o, NP_BELL_WRITE_FUTEX, done);
		if (status != STATUS_PENDING)
			*donep = o->information;
	}
	return status;
}

/* From this length on it pays to copy while the reader is still reading. */
#define LAY_LEAST 4096u

/*
 * A call that may block gives the reader a moment to make room: a write that never stalled
 * is cheaper for both ends. Until it is queued, nobody can tell that the call was made.
 *
 * Bytes are only laid where looking has lately paid. When the moment is in vain the write
 * stalls and they are copied again.
 */
static bool write_plain_soon(struct npfs_end *end, const void *data, uint32_t len)
{
	bool is_laid = len >= LAY_LEAST && np_wake_spin_pays(end) &&
		       np_lane_write_lay(&end->out, data, len);

	while (np_lane_write_may_fit(&end->out, len) && np_end_is_plainly_connected(end) &&
	       np_wake_spin_write(end))
		if (is_laid ? np_lane_write_laid(&end->out, len) :
			      np_lane_write_plain(&end->out, data, len))
			return true;
	return false;
}

/* May a write of so many bytes go the fast way? Empty ones and what a rule may refuse do not. */
static inline bool has_plain_length(const struct npfs_end *end, uint32_t len)
{
	return NP_LIKELY(len - 1 < UINT16_MAX) ||
	       (len == UINT16_MAX + 1u && check_length(end, len) == STATUS_SUCCESS);
}

/* Everything but the plain case. @is_locked: the caller has taken the end's own lock. */
static NP_NOINLINE npfs_status write_beyond_plain(struct npfs_end *end, const void *data,
						  uint32_t len, struct npfs_op *op,
						  uint32_t *donep, bool is_locked)
{
	struct np_list done = NP_LIST_INIT(done);
	npfs_status status;

	*donep = 0;
	if (!(end->access & (FILE_WRITE_DATA | FILE_APPEND_DATA)))
		return STATUS_ACCESS_DENIED;
	if (!is_locked)
		np_end_lock(end);
	if (np_end_is_plainly_connected(end) && !np_trace_io && has_plain_length(end, len) &&
	    !np_context_may_differ(end) &&
	    (np_lane_write_plain(&end->out, data, len) ||
	     (!op && !end->is_nowait && write_plain_soon(end, data, len)))) {
		np_wake_if_armed(end, NP_BELL_READ);
		*donep = len;
		status = STATUS_SUCCESS;
	} else {
		status = write_slow(end, op, data, len, donep, &done);
		np_share_answered(end, op, status, *donep);
	}
	np_end_unlock(end, &done);
	return status;
}

npfs_status npfs_end_write(struct npfs_end *end, const void *data, uint32_t len,
			   struct npfs_op *op, uint32_t *donep)
{
	bool is_locked;

	if (NP_UNLIKELY(!(end->access & (FILE_WRITE_DATA | FILE_APPEND_DATA))))
		return write_beyond_plain(end, data, len, op, donep, false);
	is_locked = np_lock_try(&end->lock);
	if (NP_UNLIKELY(!is_locked || !np_end_is_plainly_connected(end) || np_trace_io ||
			np_context_may_differ(end) || !has_plain_length(end, len) ||
			!np_lane_write_plain(&end->out, data, len)))
		return write_beyond_plain(end, data, len, op, donep, is_locked);
	*donep = len;
	np_wake_if_armed(end, NP_BELL_READ);
	np_end_unlock_plain(end);
	return STATUS_SUCCESS;
}

npfs_status npfs_end_write_now(struct npfs_end *end, const void *data, uint32_t len,
			       uint32_t *donep)
{
	bool is_done;

	if (NP_UNLIKELY(!(end->access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) ||
			!np_lock_try(&end->lock)))
		return STATUS_PENDING;
	is_done = np_end_is_plainly_connected(end) && !np_trace_io &&
		  !np_context_may_differ(end) && has_plain_length(end, len) &&
		  np_lane_write_plain(&end->out, data, len);
	if (is_done) {
		*donep = len;
		np_wake_if_armed(end, NP_BELL_READ);
	}
	np_end_unlock_plain(end);
	return is_done ? STATUS_SUCCESS : STATUS_PENDING;
}

/* flushing */

npfs_status npfs_end_flush(struct npfs_end *end, struct npfs_op *op)
{
	struct np_list done = NP_LIST_INIT(done);
	struct np_request own, *o = request_of(op, &own);
	npfs_status status = STATUS_SUCCESS;
	bool has_to_wait;

	if (!(end->access & (FILE_WRITE_DATA | FILE_APPEND_DATA)))
		return STATUS_ACCESS_DENIED;
	np_end_lock(end);
	np_end_refresh(end, &done);
	has_to_wait = np_share_is_blocked(end, NP_DIR_OUT);
	if (end->state == NP_END_DETACHED)
		status = STATUS_PIPE_DISCONNECTED;
	else if (end->state == NP_END_CONNECTED && !end->is_watched)
		status = STATUS_INSUFFICIENT_RESOURCES;
	else if (end->state == NP_END_CONNECTED && has_to_wait)
		status = STATUS_PENDING;
	else if (end->state == NP_END_CONNECTED)
		status = np_lane_flush(&end->out, &o->flush);
	else if (end->state >= NP_END_LINGERING)
		status = STATUS_INVALID_HANDLE;
	if (status == STATUS_PENDING) {
		np_request_start(end, o, op, NP_REQUEST_FLUSH);
		if (has_to_wait)
			status = np_share_wait_turn(end, o, NP_DIR_OUT);
	}
	if (status == STATUS_PENDING) {
		status = np_request_settle(end, o, NP_BELL_WRITE_FUTEX, &done);
	}
	np_end_unlock(end, &done);
	return status;
}

/* peeking */

static npfs_status peek_locked(struct npfs_end *end, void *buf, uint32_t len,
			       struct npfs_peek *peekp, struct np_list *done)
{
	struct np_lane_peek found;
	npfs_status status;

	np_end_refresh(end, done);
	status = state_status(end);
	if (status == STATUS_PIPE_DISCONNECTED && end->is_server)
		return STATUS_INVALID_PIPE_STATE;
	if (status == STATUS_PIPE_LISTENING)
		return STATUS_INVALID_PIPE_STATE;
	if (status != STATUS_SUCCESS)
		return status;
	if (end->state == NP_END_CLOSING && !np_lane_reader_has_data(&end->in))
		return STATUS_PIPE_BROKEN;
	memset(&found, 0, sizeof(found));
	if (!np_share_is_blocked(end, NP_DIR_IN))
		np_lane_peek(&end->in, buf, len, &found);
	ring_skipped(end);
	peekp->state = end->state == NP_END_CLOSING ? NPFS_STATE_CLOSING :
						      NPFS_STATE_CONNECTED;
	peekp->available = found.bytes;
	peekp->n_messages = end->in.is_message ? found.entries : 0;
	peekp->message_len = end->in.is_message ? found.message_len : 0;
	peekp->copied = found.copied;
	end->has_peeked |= found.copied > 0;
	if (found.copied > 0)
		np_lane_reader_see_note(&end->in);
	if (!len)
		return found.bytes ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
	return end->in.is_message && found.first_did_not_fit ? STATUS_BUFFER_OVERFLOW :
							       STATUS_SUCCESS;
}

npfs_status npfs_end_peek(struct npfs_end *end, void *buf, uint32_t len,
			  struct npfs_peek *peekp)
{
	struct np_list done = NP_LIST_INIT(done);
	npfs_status status;

	if (!(end->access & FILE_READ_DATA))
		return STATUS_ACCESS_DENIED;
	np_end_lock(end);
	status = peek_locked(end, buf, len, peekp, &done);
	np_end_unlock(end, &done);
	return status;
}

/* transacting */

static npfs_status transact_check(struct npfs_end *end, struct np_list *done)
{
	npfs_status status;

	np_end_refresh(end, done);
	status = state_status(end);
	if (status == STATUS_INVALID_HANDLE || end->state == NP_END_DETACHED)
		return status;
	if (status != STATUS_SUCCESS || end->state == NP_END_CLOSING ||
	    end->info.config != FILE_PIPE_FULL_DUPLEX || !end->in.is_message_mode)
		return STATUS_INVALID_PIPE_STATE;
	if (!np_list_is_empty(&end->in.pending) || np_share_is_blocked(end, NP_DIR_IN) ||
	    np_lane_reader_has_data(&end->in))
		return STATUS_PIPE_BUSY;
	return STATUS_SUCCESS;
}

static npfs_status transact_locked(struct npfs_end *end, const void *in, uint32_t in_len,
				   void *out, uint32_t out_len, struct npfs_op *op,
				   uint32_t *donep, struct np_list *done)
{
	struct np_request own, *o = request_of(op, &own);
	uint32_t sent = 0;
	npfs_status status = check_length(end, in_len);
	bool is_blocked;

	if (status == STATUS_SUCCESS)
		status = transact_check(end, done);
	if (status == STATUS_SUCCESS)
		status = np_share_admit(end, op);
	if (status != STATUS_SUCCESS)
		return status;
	is_blocked = np_share_is_blocked(end, NP_DIR_OUT);
	status = np_context_note(end, is_blocked);
	if (status != STATUS_SUCCESS)
		return status;
	if (is_blocked)
		status = np_share_wait_turn_alone(end, in, in_len, NP_WRITE_UNCHARGED);
	else
		status = np_lane_write(&end->out, NULL, in, in_len, NP_WRITE_UNCHARGED, &sent);
	np_lane_writer_set_note(&end->out, NULL);
	if (status != STATUS_SUCCESS)
		return status;
	if (NP_UNLIKELY(np_trace_io))
		np_trace_data(end, "transact", in, sent);
	np_wake_if_armed(end, NP_BELL_READ);
	if (!op && np_wake_spin_read(end)) {
		np_end_refresh(end, done);
		status = state_status(end);
		if (status == STATUS_SUCCESS && out_len)
			status = read_there(end, o, op, out, out_len, donep);
		else if (status == STATUS_SUCCESS)
			status = STATUS_PIPE_EMPTY;
		if (status != STATUS_PIPE_EMPTY && status != STATUS_PENDING)
			return status;
	}
	if (status != STATUS_PENDING) {
		status = pend_read(end, o, op, out, out_len);
		if (status != STATUS_PENDING)
			return status;
	}
	status = np_request_settle(end, o, NP_BELL_READ_FUTEX, done);
	if (status != STATUS_PENDING)
		*donep = o->information;
	return status;
}

npfs_status npfs_end_transact(struct npfs_end *end, const void *in, uint32_t in_len,
			      void *out, uint32_t out_len, struct npfs_op *op,
			      uint32_t *donep)
{
	struct np_list done = NP_LIST_INIT(done);
	npfs_status status;

	*donep = 0;
	if (!(end->access & FILE_READ_DATA) || !(end->access & FILE_WRITE_DATA))
		return STATUS_ACCESS_DENIED;
	np_end_lock(end);
	status = transact_locked(end, in, in_len, out, out_len, op, donep, &done);
	np_share_answered(end, op, status, *donep);
	np_end_unlock(end, &done);
	return status;
}
