/* SPDX-License-Identifier: MIT */
/*
 * Shared ends: whose requests are in the lanes (model: share.h)
 *
 * A queue's entries of one holder stand for its waiting requests in the same order. An entry
 * without a request is passed over; what a holder that dies leaves is taken out by whoever
 * buries it.
 */
#include "npfs/client/share.h"

#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/client/end.h"
#include "npfs/client/share_tie.h"

static uint32_t queue_len(const struct np_share_queue *queue)
{
	return np_min_u32(queue->n, NP_SHARE_QUEUE);
}

static void queue_remove(struct np_share_page *page, enum np_share_dir dir, uint32_t i)
{
	struct np_share_queue *queue = &page->queue[dir];
	uint32_t n = queue_len(queue);

	if (i >= n)
		return;
	atomic_store(&page->is_editing, true);
	memmove(&queue->slot[i], &queue->slot[i + 1],
		(n - i - 1) * sizeof(queue->slot[0]));
	queue->n = n - 1;
	atomic_store(&page->is_editing, false);
}

/* np_share_queue_drop() - take out all entries of a holder */
void np_share_queue_drop(struct np_share_page *page, uint16_t slot)
{
	for (int dir = NP_DIR_IN; dir <= NP_DIR_OUT; dir++) {
		struct np_share_queue *queue = &page->queue[dir];
		uint32_t n = queue_len(queue), kept = 0;

		atomic_store(&page->is_editing, true);
		for (uint32_t i = 0; i < n; i++)
			if (queue->slot[i] != slot)
				queue->slot[kept++] = queue->slot[i];
		queue->n = kept;
		atomic_store(&page->is_editing, false);
	}
}

/* Whose requests are in the lane: the page says it as of the last time it was stored. */
static uint32_t turn_of(const struct npfs_end *end, enum np_share_dir dir)
{
	const struct np_share *share = end->share;
	const struct np_list *lane = dir == NP_DIR_IN ? &end->in.pending :
							 &end->out.stalled;

	if (!np_list_is_empty(lane))
		return share->slot;
	if (share->page->turn[dir] == share->slot)
		return NP_SHARE_NOBODY;
	return share->page->turn[dir];
}

/* np_share_is_blocked() - a request of this direction has to wait for others */
bool np_share_is_blocked(struct npfs_end *end, enum np_share_dir dir)
{
	const struct np_share *share = end->share;
	uint32_t turn;

	if (NP_LIKELY(!share) || share->is_stale)
		return false;
	if (share->page->queue[dir].n)
		return true;
	turn = turn_of(end, dir);
	return turn != NP_SHARE_NOBODY && turn != share->slot;
}

/* np_share_has_turn() - a request that waits here may go into the lane */
bool np_share_has_turn(const struct npfs_end *end, enum np_share_dir dir)
{
	const struct np_share *share = end->share;
	const struct np_share_queue *queue = &share->page->queue[dir];
	uint32_t turn;

	if (share->is_stale || !end->map || !queue->n || queue->slot[0] != share->slot)
		return false;
	turn = turn_of(end, dir);
	return turn == NP_SHARE_NOBODY || turn == share->slot;
}

static npfs_status wait_turn(struct np_share *share, struct np_request *o,
			     enum np_share_dir dir)
{
	struct np_share_queue *queue = &share->page->queue[dir];

	if (queue->n >= NP_SHARE_QUEUE)
		return STATUS_INSUFFICIENT_RESOURCES;
	queue->slot[queue->n] = (uint16_t)share->slot;
	queue->n++;
	o->is_waiting = true;
	np_list_push_back(&share->waiting[dir], &o->turn_link);
	return STATUS_PENDING;
}

/*
 * np_share_wait_turn() - let a request that was started wait behind those of others
 *
 * Return: STATUS_PENDING; STATUS_INSUFFICIENT_RESOURCES: too many wait, and it is finished.
 */
npfs_status np_share_wait_turn(struct npfs_end *end, struct np_request *o,
			       enum np_share_dir dir)
{
	npfs_status status = wait_turn(end->share, o, dir);

	if (status != STATUS_PENDING) {
		np_list_remove(&o->link);
		np_share_flight_drop(end, o);
	}
	return status;
}

/*
 * np_share_wait_turn_alone() - let a write wait that its caller does not wait for
 * @data: copied
 * @flags: NP_WRITE_
 *
 * Return: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_share_wait_turn_alone(struct npfs_end *end, const void *data, uint32_t len,
				     unsigned flags)
{
	struct np_request *o = calloc(1, sizeof(*o) + len);
	npfs_status status;

	if (!o)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (len)
		memcpy(o + 1, data, len);
	np_list_init(&o->link);
	np_list_init(&o->turn_link);
	o->kind = NP_REQUEST_WRITE;
	o->is_alone = true;
	o->flags = flags;
	o->write.data = (const uint8_t *)(o + 1);
	o->write.len = len;
	o->write.note = np_take_ptr(end->out.note);
	status = wait_turn(end->share, o, NP_DIR_OUT);
	if (status == STATUS_PENDING)
		return STATUS_SUCCESS;
	free(o->write.note);
	free(o);
	return status;
}

static struct np_request *take_first(struct np_share *share, enum np_share_dir dir)
{
	struct np_list *node;
	struct np_request *o;

	queue_remove(share->page, dir, 0);
	node = np_list_pop_front(&share->waiting[dir]);
	if (!node)
		return NULL;
	o = np_list_entry(node, struct np_request, turn_link);
	o->is_waiting = false;
	return o;
}

static void write_now(struct npfs_end *end, struct np_request *o, struct np_list *done)
{
	uint32_t len = o->write.len, sent = 0;
	npfs_status status;

	np_lane_writer_set_note(&end->out, np_take_ptr(o->write.note));
	status = np_lane_write(&end->out, &o->write, o->write.data, len, o->flags, &sent);
	np_lane_writer_set_note(&end->out, NULL);
	np_wake_if_armed(end, NP_BELL_READ);
	if (o->is_alone)
		free(o);
	else if (status != STATUS_PENDING)
		np_request_finish(end, o, status, status == STATUS_SUCCESS ? len : 0, done);
}

static void flush_now(struct npfs_end *end, struct np_request *o, struct np_list *done)
{
	npfs_status status = np_lane_flush(&end->out, &o->flush);

	if (status != STATUS_PENDING)
		np_request_finish(end, o, status, 0, done);
}

/* np_share_turns() - whose turn it is goes into the lane; the caller pumps */
void np_share_turns(struct npfs_end *end, struct np_list *done)
{
	struct np_share *share = end->share;
	struct np_request *o;

	while (np_share_has_turn(end, NP_DIR_IN)) {
		o = take_first(share, NP_DIR_IN);
		if (o)
			np_lane_read_pend(&end->in, &o->read, o->read.buf, o->read.len);
	}
	while (np_share_has_turn(end, NP_DIR_OUT)) {
		o = take_first(share, NP_DIR_OUT);
		if (o && o->kind == NP_REQUEST_WRITE)
			write_now(end, o, done);
		else if (o)
			flush_now(end, o, done);
	}
}

/* np_share_unwait() - a request does not wait for its turn any more */
void np_share_unwait(struct npfs_end *end, struct np_request *o)
{
	struct np_share *share = end->share;
	enum np_share_dir dir = o->kind == NP_REQUEST_READ ? NP_DIR_IN : NP_DIR_OUT;
	struct np_share_queue *queue = &share->page->queue[dir];
	struct np_list *pos;
	uint32_t before = 0;

	np_list_for_each(pos, &share->waiting[dir]) {
		if (pos == &o->turn_link)
			break;
		before++;
	}
	np_list_remove(&o->turn_link);
	o->is_waiting = false;
	if (o->kind == NP_REQUEST_WRITE)
		free(np_take_ptr(o->write.note));
	if (share->is_stale)
		return;
	for (uint32_t i = 0; i < queue_len(queue); i++) {
		if (queue->slot[i] != share->slot || before--)
			continue;
		queue_remove(share->page, dir, i);
		return;
	}
}

/* np_share_fail_waiting() - what waits here for its turn ends with @status */
void np_share_fail_waiting(struct npfs_end *end, enum np_share_dir dir, npfs_status status,
			   struct np_list *done)
{
	struct np_share *share = end->share;

	while (!np_list_is_empty(&share->waiting[dir])) {
		struct np_request *o = np_list_entry(share->waiting[dir].next,
						     struct np_request, turn_link);

		np_share_unwait(end, o);
		if (o->is_alone)
			free(o);
		else
			np_request_finish(end, o, status, 0, done);
	}
}
