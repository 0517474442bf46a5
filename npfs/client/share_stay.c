/* SPDX-License-Identifier: MIT */
/*
 * Shared ends: closing while others hold them, staying for what is in flight, leaving
 *
 * What npfs-semantics.md section 5.11 says, and the model's part "Closing" (share.h):
 *
 *	this process closes		what it has in flight
 *	another one has it open, or	goes on, but for what npfs_op.on_close names: it stays
 *	a parcel is on its way
 *	nobody has; of a parcel it is	is cancelled; what was written is still handed over
 *	not known whether it exists
 *	nobody has				ends as with an end of one process, in all who stay
 *
 * Whoever stays has a reference to its end of its own, which leaving gives back.
 */
#include "npfs/client/share.h"

#include "npfs/client/end.h"
#include "npfs/client/share_tie.h"

/* A process has the end open; this one does not count. */
static bool is_open_elsewhere(const struct np_share *share)
{
	for (uint32_t i = 0; i < NPFS_SHARE_HOLDERS; i++)
		if (i != share->slot &&
		    atomic_load(&share->page->slot[i].state) == NP_SLOT_USED)
			return true;
	return false;
}

/* ... or will have. Who unpacks a parcel has it open before the parcel has come. */
static bool others_go_on(const struct np_share *share)
{
	return np_share_is_coming(share->page) || is_open_elsewhere(share);
}

/* np_share_is_last() - nobody else has the end open, nor will from a parcel; under the lock */
bool np_share_is_last(struct npfs_end *end)
{
	return !atomic_load(&end->share->page->n_parcels) && !is_open_elsewhere(end->share);
}

/* Another process has something to write that the peer is to get. */
static bool others_write(const struct np_share *share)
{
	const struct np_share_page *page = share->page;
	const struct np_share_queue *queue = &page->queue[NP_DIR_OUT];

	for (uint32_t i = 0; i < queue->n && i < NP_SHARE_QUEUE; i++)
		if (queue->slot[i] != share->slot)
			return true;
	return page->turn[NP_DIR_OUT] != NP_SHARE_NOBODY &&
	       page->turn[NP_DIR_OUT] != share->slot;
}

static bool has_writes(const struct npfs_end *end)
{
	return !np_list_is_empty(&end->out.stalled) ||
	       !np_list_is_empty(&end->share->waiting[NP_DIR_OUT]);
}

/* Writes that the caller did not ask about stay with the peer, as those of any closer. */
static bool ends_with_handle(const struct npfs_end *end, const struct np_request *o)
{
	if (!o->op)
		return false;
	switch (o->op->on_close) {
	case NPFS_CLOSE_GOES_ON:
		return false;
	case NPFS_CLOSE_GOES_ON_UNTIED:
		return npfs_end_is_tied(end);
	default:
		return o->kind != NP_REQUEST_WRITE;
	}
}

static void cancel_what_ends(struct npfs_end *end, struct np_list *done)
{
	struct np_list *pos, *next;

	np_list_for_each_safe(pos, next, &end->ops) {
		struct np_request *o = np_list_entry(pos, struct np_request, link);

		if (ends_with_handle(end, o))
			np_request_cancel(end, o, done);
	}
}

/* np_share_linger() - this process does not hold the end open any more, and is not done */
void np_share_linger(struct npfs_end *end)
{
	struct np_share *share = end->share;
	uint32_t expected = NP_SLOT_USED;

	atomic_compare_exchange_strong(&share->page->slot[share->slot].state, &expected,
				       NP_SLOT_STAYS);
	share->rings = true;
}

/*
 * np_share_stay() - the end is being closed here: do others go on with it?
 *
 * Under the lock. Return: true when they do and so does what is in flight here; false: the
 * caller closes the end, and what may not go on has been cancelled if others go on.
 */
bool np_share_stay(struct npfs_end *end, struct np_list *done)
{
	struct np_share *share = end->share;

	if (share->has_left || !others_go_on(share))
		return false;
	cancel_what_ends(end, done);
	if (np_list_is_empty(&end->ops) && !has_writes(end))
		return false;
	np_share_linger(end);
	share->stays = true;
	np_end_ref(end);
	np_end_rearm(end, done);
	return true;
}

/* Leave, with nothing in flight. */
static void leave(struct npfs_end *end, struct np_list *done)
{
	end->share->stays = false;
	if (np_share_leave(end, done) && end->map)
		np_end_say(end, NP_SHM_CLOSED);
	np_end_detach(end);
	atomic_store(&end->state, NP_END_CLOSED);
	np_end_unref(end); /* the caller holds another one */
}

/*
 * np_share_end_stay() - has the last who had the end open closed it?
 *
 * For those who stay, under the lock. With a parcel about whose packer is gone the end is not
 * broken, but nobody can be asked whether it is ever unpacked.
 */
void np_share_end_stay(struct npfs_end *end, struct np_list *done)
{
	struct np_share *share = end->share;
	npfs_status status = STATUS_PIPE_BROKEN;

	if (others_go_on(share))
		return;
	if (atomic_load(&share->page->n_parcels))
		status = STATUS_CANCELLED;
	np_end_fail_all_but_writes(end, status, done);
	if (end->state == NP_END_CONNECTED && has_writes(end)) {
		share->stays = false; /* the reference is the lingering end's now */
		atomic_store(&end->state, NP_END_LINGERING);
		return;
	}
	np_end_fail_all(end, status, done);
	leave(end, done);
}

/* np_share_leave_when_over() - nothing is in flight any more for which this process stays */
void np_share_leave_when_over(struct npfs_end *end, struct np_list *done)
{
	const struct np_share *share = end->share;

	if (share->stays && !share->has_left && np_list_is_empty(&end->ops) && !has_writes(end))
		leave(end, done);
}

/*
 * np_share_leave() - this process does not hold the end any more; under the lock
 * @done: what completed here and is still to be told of
 *
 * Nothing is in flight here. The caller still says goodbye over the channel and unlocks.
 * Return: true when goodbye is to be said: nobody has the end open, and nobody writes.
 */
bool np_share_leave(struct npfs_end *end, struct np_list *done)
{
	struct np_share *share = end->share;

	if (share->has_left)
		return false;
	if (!share->is_stale)
		np_share_queue_drop(share->page, (uint16_t)share->slot);
	np_share_store(end);
	np_share_tell(end, done);
	share->rings = true;
	np_share_give_up_slot(share);
	return np_share_is_last(end) && !others_write(share);
}

/*
 * np_share_close_without_lock() - close, when another holder sleeps in a call
 *
 * A synchronous end is locked while anybody's call sleeps, and closing a handle does not wait
 * for that. Whoever has the lock is another holder, so this is not the last one.
 *
 * Return: true when that is done; false: the lock is had, and the caller goes on as always.
 */
bool np_share_close_without_lock(struct npfs_end *end)
{
	struct np_share *share = end->share;

	np_lock_take(&share->local);
	if (share->has_left || np_share_try_page(end))
		return false;
	if (has_writes(end)) {
		/* the engine sees to it when the lock is given up */
		np_end_ref(end);
		np_share_linger(end);
		atomic_store(&end->state, NP_END_LINGERING);
		np_lock_give(&share->local);
		np_end_look(end);
		return true;
	}
	np_share_give_up_slot(share);
	np_share_ring(share);
	np_share_close_all(share);
	np_end_detach(end);
	atomic_store(&end->state, NP_END_CLOSED);
	np_lock_give(&share->local);
	return true;
}
