/* SPDX-License-Identifier: MIT */
/*
 * Shared ends: the lock, following the others, and the dead (model: share.h)
 */
#include "npfs/client/share.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/base/macro.h"
#include "npfs/base/procfs.h"
#include "npfs/client/end.h"
#include "npfs/client/share_tie.h"

/* np_share_ring() - have every holder's engine look, this one's too */
void np_share_ring(struct np_share *share)
{
	const uint64_t one = 1;
	ssize_t n;

	do {
		n = write(share->event_fd, &one, sizeof(one));
	} while (n < 0 && errno == EINTR);
	/* a counter that is full has been rung */
}

/* storing and loading */

static bool is_lane_empty(const struct npfs_end *end, enum np_share_dir dir)
{
	return np_list_is_empty(dir == NP_DIR_IN ? &end->in.pending : &end->out.stalled);
}

static void store_turn(struct npfs_end *end, enum np_share_dir dir)
{
	struct np_share *share = end->share;
	struct np_share_page *page = share->page;
	const struct np_share_queue *queue = &page->queue[dir];

	if (!is_lane_empty(end, dir))
		page->turn[dir] = (uint16_t)share->slot;
	else if (page->turn[dir] == share->slot)
		page->turn[dir] = NP_SHARE_NOBODY;
	if (page->turn[dir] == NP_SHARE_NOBODY && queue->n && queue->slot[0] != share->slot)
		share->rings = true;
}

/* np_share_store() - what this process knows becomes what all know */
void np_share_store(struct npfs_end *end)
{
	struct np_share *share = end->share;
	struct np_share_page *page = share->page;

	if (!share->is_stale && end->state <= NP_END_LINGERING) {
		if (end->state != NP_END_LINGERING && page->state != end->state) {
			page->state = end->state;
			share->rings = true;
		}
		page->is_message_mode = end->in.is_message_mode;
		page->is_nowait = end->is_nowait;
		page->is_gone = atomic_load(&end->gone);
		if (end->map) {
			page->in = end->in.state;
			page->out = end->out.state;
			store_turn(end, NP_DIR_IN);
			store_turn(end, NP_DIR_OUT);
			if (page->turn[NP_DIR_OUT] == share->slot)
				np_lane_writer_get_debt(&end->out, &page->debt);
		}
	}
	atomic_store(&page->is_busy, false);
}

/* np_share_note() - in the middle of a call: store, and go on */
void np_share_note(struct npfs_end *end)
{
	if (end->share->has_left)
		return;
	np_share_store(end);
	atomic_store(&end->share->page->is_busy, true);
}

/* np_share_lend_notes() - the reading half keeps its notes where all holders see them */
void np_share_lend_notes(struct npfs_end *end)
{
	struct np_lane_notes *lent = &end->share->page->notes;
	bool has_note = end->in.has_note;

	if (end->in.notes && !end->in.borrows_notes)
		*lent = *end->in.notes;
	np_lane_reader_fini(&end->in);
	end->in.has_note = has_note;
	end->in.notes = lent;
	end->in.borrows_notes = true;
}

static void load_lanes(struct npfs_end *end)
{
	const struct np_share_page *page = end->share->page;

	end->in.state = page->in;
	end->out.state = page->out;
	end->in.rec_cell %= NP_SHM_CELLS;
	if (page->is_gone)
		atomic_store(&end->gone, true);
}

/* Nothing more can be known about where this connection is. */
static void break_channel(struct npfs_end *end)
{
	struct np_share_page *page = end->share->page;

	page->in.is_broken = true;
	page->in.has_record = false;
	page->is_gone = true;
	if (end->sock >= 0)
		shutdown(end->sock, SHUT_RDWR);
}

/* A lane that the client has no right to: each holder has its own memory for it. */
static bool is_walled(const struct npfs_end *end, const void *lane)
{
	uintptr_t wall = (uintptr_t)end->wall, at = (uintptr_t)lane;

	return end->wall && at >= wall && at - wall < end->map_size;
}

/* Its last user died at work: is what it had stored where the channel is? */
static void judge(struct npfs_end *end)
{
	struct np_share_page *page = end->share->page;

	if (!page->is_in_doubt)
		return;
	page->is_in_doubt = false;
	if (!atomic_load(&page->is_editing) &&
	    (is_walled(end, end->in.shm) || np_lane_reader_is_in_step(&end->in)) &&
	    (is_walled(end, end->out.shm) || np_lane_writer_is_in_step(&end->out)))
		return;
	atomic_store(&page->is_editing, false);
	break_channel(end);
	load_lanes(end);
}

static bool has_traffic(const struct np_share_page *page)
{
	return page->turn[NP_DIR_IN] != NP_SHARE_NOBODY ||
	       page->turn[NP_DIR_OUT] != NP_SHARE_NOBODY || page->queue[NP_DIR_IN].n ||
	       page->queue[NP_DIR_OUT].n;
}

/* What all know becomes what this process knows. What takes more than that is left to
 * np_share_refresh(), and until then no call takes the fast way. */
static void load(struct npfs_end *end)
{
	struct np_share *share = end->share;
	struct np_share_page *page = share->page;

	atomic_store(&page->is_busy, true);
	share->is_stale = page->generation != share->generation;
	share->has_news = end->state != page->state && end->state < NP_END_LINGERING;
	end->in.is_message_mode = page->is_message_mode;
	end->is_nowait = page->is_nowait;
	if (!share->is_stale && end->map) {
		load_lanes(end);
		judge(end);
	}
	if (share->is_stale || share->has_news ||
	    share->n_connects != page->n_connects ||
	    share->n_changes != atomic_load(&page->n_changes) ||
	    atomic_load(&share->has_deaths) || atomic_load(&share->has_arrivals) ||
	    has_traffic(page) ||
	    np_share_is_tied_elsewhere(end))
		atomic_store(&end->event, true);
}

/* the lock */

/* The lock's owner died with it. Partner: what is_busy and is_editing are set around. */
static void recover(struct npfs_end *end)
{
	struct np_share_page *page = end->share->page;

	pthread_mutex_consistent(&page->lock);
	if (page->state == NP_END_CONNECTED || page->state == NP_END_CLOSING)
		page->is_in_doubt |= atomic_load(&page->is_busy) ||
				     atomic_load(&page->is_editing);
	end->share->rings = true;
}

void np_share_lock(struct npfs_end *end)
{
	struct np_share *share = end->share;

	np_lock_take(&share->local);
	if (share->has_left)
		return;
	if (pthread_mutex_lock(&share->page->lock) == EOWNERDEAD)
		recover(end);
	load(end);
}

/*
 * np_share_try_page() - the page's lock, if it is free; `local` is had
 *
 * Says `missed` and tries again, so either it has the lock or who gives it up rings.
 * Partner: np_share_unlock().
 */
bool np_share_try_page(struct npfs_end *end)
{
	struct np_share_page *page = end->share->page;
	int r = pthread_mutex_trylock(&page->lock);

	if (r == EBUSY) {
		atomic_store(&page->missed, true);
		r = pthread_mutex_trylock(&page->lock);
	}
	if (r == EBUSY)
		return false;
	if (r == EOWNERDEAD)
		recover(end);
	load(end);
	return true;
}

/* np_share_try_lock() - for the engine, which waits for nobody */
bool np_share_try_lock(struct npfs_end *end)
{
	struct np_share *share = end->share;

	if (!np_lock_try(&share->local)) {
		atomic_store(&share->has_missed, true);
		if (!np_lock_try(&share->local))
			return false;
	}
	if (share->has_left || np_share_try_page(end))
		return true;
	np_lock_give(&share->local);
	return false;
}

/* Partner: np_share_try_lock(), which says so before it tries again. */
static void give_local(struct np_share *share)
{
	np_lock_give(&share->local);
	atomic_thread_fence(memory_order_seq_cst);
	while (NP_UNLIKELY(atomic_load(&share->has_missed))) {
		np_lock_take(&share->local);
		atomic_store(&share->has_missed, false);
		if (share->event_fd >= 0)
			np_share_ring(share);
		np_lock_give(&share->local);
		atomic_thread_fence(memory_order_seq_cst);
	}
}

/* Gives the lock up as it is: what is to be stored has been. */
void np_share_unlock(struct npfs_end *end)
{
	struct np_share *share = end->share;
	struct np_share_page *page = share->page;
	bool rings;

	if (share->event_fd < 0) { /* left before, and nothing is shared any more */
		give_local(share);
		return;
	}
	if (!share->has_left)
		np_share_store(end);
	atomic_store(&page->is_busy, false);
	rings = share->rings;
	share->rings = false;
	pthread_mutex_unlock(&page->lock);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load(&page->missed))
		rings |= atomic_exchange(&page->missed, false);
	if (rings)
		np_share_ring(share);
	if (share->has_left)
		np_share_close_all(share);
	give_local(share);
}

/* A synchronous end is about to sleep with the lock: leave everything as if it had not. */
void np_share_sleep(struct npfs_end *end)
{
	struct np_share *share = end->share;

	np_share_store(end);
	if (share->rings)
		np_share_ring(share);
	share->rings = false;
}

void np_share_wake(struct npfs_end *end)
{
	atomic_store(&end->share->page->is_busy, true);
}

/* following the others */

/* np_share_keep_hello() - put the packet where the others find it */
void np_share_keep_hello(struct npfs_end *end)
{
	struct np_share_page *page = end->share->page;

	page->has_client = end->has_client && end->hello_len &&
			   end->hello_len <= sizeof(page->hello);
	if (!page->has_client)
		return;
	page->hello_len = (uint32_t)end->hello_len;
	memcpy(page->hello, end->hello, end->hello_len);
}

/* np_share_note_hello() - the broker's packet is known to all from now on */
void np_share_note_hello(struct npfs_end *end)
{
	struct np_share_page *page = end->share->page;

	np_share_keep_hello(end);
	end->share->n_connects = ++page->n_connects;
	page->state = NP_END_CONNECTED;
	end->share->rings = true;
}

/*
 * Learn who the client is, with the consequences that has for the lanes; they are to be loaded
 * after that. Return: false when the consequences could not be had.
 */
static bool load_hello(struct npfs_end *end)
{
	const struct np_share_page *page = end->share->page;
	uint32_t granted = 0;

	if (!page->has_client || !end->is_server)
		return true;
	if (!np_end_take_hello(end, page->hello,
			       np_min_size(page->hello_len, sizeof(page->hello)), &granted))
		return true;
	return end->wall || np_end_wall(end, granted) == STATUS_SUCCESS;
}

/* This process cannot use the channel; it tries again the next time. */
static void give_channel_up(struct npfs_end *end, struct np_list *done)
{
	end->share->is_stale = true;
	np_end_fail_all(end, STATUS_PIPE_DISCONNECTED, done);
	np_end_detach(end);
	end->share->generation = 0;
	atomic_store(&end->state, NP_END_DISCONNECTED);
}

/* The channel of the page's generation. */
static bool take_channel(struct np_share *share, struct np_call_channel *channel)
{
	const struct np_call_channel none = NP_CALL_CHANNEL_INIT;
	struct np_mail mail;

	if (np_mail_look(share, &mail) && mail.generation == share->page->generation) {
		*channel = mail.channel;
		mail.channel = none;
	}
	np_mail_close(&mail);
	return channel->sock_fd >= 0;
}

/* Another process disconnected the client, or listened since, or this one is new. */
static void follow_channel(struct npfs_end *end, struct np_list *done)
{
	struct np_share *share = end->share;
	struct np_share_page *page = share->page;
	struct np_call_channel channel = NP_CALL_CHANNEL_INIT;

	if (end->state == NP_END_LINGERING) {
		np_end_stop_lingering(end, done);
		return;
	}
	np_end_fail_all(end, STATUS_PIPE_DISCONNECTED, done);
	np_end_detach(end);
	end->has_client = end->has_client && !end->is_server;
	atomic_store(&end->state, NP_END_DISCONNECTED);
	if (page->state <= NP_END_CLOSING) {
		if (!take_channel(share, &channel) ||
		    np_end_attach(end, &channel) != STATUS_SUCCESS)
			return;
		if (page->is_gone && page->in.is_broken)
			shutdown(end->sock, SHUT_RDWR);
		if (!load_hello(end)) {
			give_channel_up(end, done);
			return;
		}
		load_lanes(end);
		judge(end);
	}
	share->generation = page->generation;
	share->is_stale = false;
	atomic_store(&end->state, page->state);
	atomic_store(&end->event, true);
}

/* Another process saw first what became of the connection. */
static void follow_state(struct npfs_end *end, struct np_list *done)
{
	if (end->state == NP_END_LISTENING && end->map) {
		if (!load_hello(end)) {
			give_channel_up(end, done);
			return;
		}
		load_lanes(end);
	}
	switch ((enum np_end_state)end->share->page->state) {
	case NP_END_CONNECTED:
		atomic_store(&end->state, NP_END_CONNECTED);
		break;
	case NP_END_CLOSING:
		atomic_store(&end->state, NP_END_CLOSING);
		np_end_fail_writes(end, STATUS_PIPE_BROKEN, done);
		break;
	case NP_END_DETACHED:
	case NP_END_DISCONNECTED:
		np_end_fail_all(end, STATUS_PIPE_DISCONNECTED, done);
		np_end_detach(end);
		atomic_store(&end->state, end->share->page->state);
		break;
	case NP_END_LISTENING:
	case NP_END_LINGERING:
	case NP_END_CLOSED:
	case NP_END_FORKED:
		break;
	}
}

/* the dead */

static struct np_share_other *other_of(struct np_watch *watch)
{
	return np_container_of(watch, struct np_share_other, watch);
}

static void other_ref(struct np_watch *watch)
{
	np_end_ref(other_of(watch)->share->end);
}

static void other_unref(struct np_watch *watch)
{
	np_end_unref(other_of(watch)->share->end);
}

static void other_on_event(struct np_watch *watch)
{
	struct np_share *share = other_of(watch)->share;

	atomic_store(&share->has_deaths, true);
	np_end_look(share->end);
}

static void other_fork_child(struct np_watch *watch)
{
	watch->fd = np_fd_close(watch->fd);
}

static const struct np_watch_ops other_ops = {
	.ref = other_ref,
	.unref = other_unref,
	.on_event = other_on_event,
	.fork_child = other_fork_child,
};

static void other_forget(struct np_share_other *other)
{
	if (!other->is_watched)
		return;
	np_engine_remove(&other->watch);
	other->watch.fd = np_fd_close(other->watch.fd);
	other->is_watched = false;
}

/* np_share_forget_others() - watch nobody any more */
void np_share_forget_others(struct np_share *share)
{
	for (unsigned i = 0; i < NPFS_SHARE_HOLDERS; i++)
		other_forget(&share->other[i]);
}

/* A holder is gone without a word: what it had in flight goes, then its slot. */
static void bury(struct npfs_end *end, uint16_t slot)
{
	struct np_share_page *page = end->share->page;

	np_share_queue_drop(page, slot);
	np_share_tell_of_dead(end, slot);
	if (page->turn[NP_DIR_IN] == slot) {
		if (end->map)
			np_lane_reader_forget_posts(&end->in);
		page->turn[NP_DIR_IN] = NP_SHARE_NOBODY;
	}
	if (page->turn[NP_DIR_OUT] == slot) {
		if (end->map) {
			np_lane_writer_withdraw_debt(&end->out, &page->debt);
			np_wake_if_armed(end, NP_BELL_READ);
		}
		page->turn[NP_DIR_OUT] = NP_SHARE_NOBODY;
	}
	np_share_forget_sender(page, slot);
	np_share_slot_free(page, slot);
	end->share->rings = true;
}

static bool is_dead(const struct np_share_other *other)
{
	struct pollfd process = { .fd = other->watch.fd, .events = POLLIN };

	return poll(&process, 1, 0) == 1;
}

static void bury_dead(struct npfs_end *end)
{
	struct np_share *share = end->share;

	for (unsigned i = 0; i < NPFS_SHARE_HOLDERS; i++) {
		struct np_share_other *other = &share->other[i];
		const struct np_share_slot *slot = &share->page->slot[i];

		if (!other->is_watched || !is_dead(other))
			continue;
		other_forget(other);
		if (np_share_slot_is_taken(slot) &&
		    atomic_load(&slot->pid) == other->pid &&
		    atomic_load(&slot->born) == other->born)
			bury(end, (uint16_t)i);
	}
}

/* Watch the process of slot @i. */
static void watch_slot(struct npfs_end *end, unsigned i)
{
	struct np_share *share = end->share;
	struct np_share_other *other = &share->other[i];
	const struct np_share_slot *slot = &share->page->slot[i];
	uint32_t pid = atomic_load(&slot->pid);
	uint64_t born = atomic_load(&slot->born);
	int fd;

	if (other->is_watched && other->pid == pid && other->born == born)
		return;
	other_forget(other);
	if (pid == (uint32_t)getpid())
		return;
	fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if ((fd < 0 && errno == ESRCH) || (fd >= 0 && np_process_born(pid) != born)) {
		np_fd_close(fd);
		if (np_share_slot_is_taken(slot))
			bury(end, (uint16_t)i);
		return;
	}
	if (fd < 0)
		return;
	other->share = share;
	other->pid = pid;
	other->born = born;
	other->watch.ops = &other_ops;
	other->watch.fd = fd;
	if (np_engine_add(&other->watch) < 0) {
		other->watch.fd = np_fd_close(fd);
		return;
	}
	other->is_watched = true;
}

static void watch_others(struct npfs_end *end)
{
	struct np_share *share = end->share;

	for (unsigned i = 0; i < NPFS_SHARE_HOLDERS; i++) {
		const struct np_share_slot *slot = &share->page->slot[i];

		if (i == share->slot)
			continue;
		if (np_share_slot_is_taken(slot))
			watch_slot(end, i);
		else if (atomic_load(&slot->state) == NP_SLOT_FREE)
			other_forget(&share->other[i]);
	}
}

/*
 * np_share_refresh() - follow what other holders did
 *
 * Under the lock, in front of everything else that looks at the connection.
 */
void np_share_refresh(struct npfs_end *end, struct np_list *done)
{
	struct np_share *share = end->share;
	struct np_share_page *page = share->page;
	uint32_t n_changes;

	if (share->has_left || end->state >= NP_END_CLOSED)
		return;
	if (share->n_connects != page->n_connects) {
		share->n_connects = page->n_connects;
		np_end_finish_listens(end, STATUS_SUCCESS, done);
	}
	if (share->is_stale)
		follow_channel(end, done);
	else if (share->has_news)
		follow_state(end, done);
	share->has_news = false;
	np_share_look_for_ring(end);
	if (share->has_left || share->is_stale)
		return;
	n_changes = atomic_load(&page->n_changes);
	if (share->n_changes != n_changes) {
		share->n_changes = n_changes;
		watch_others(end);
	}
	if (atomic_exchange(&share->has_deaths, false))
		bury_dead(end);
	if (atomic_exchange(&share->has_arrivals, false))
		np_share_look_for_arrivals(share);
	if (end->map && end->in.is_broken)
		np_share_fail_waiting(end, NP_DIR_IN, STATUS_PIPE_BROKEN, done);
	if (share->stays)
		np_share_end_stay(end, done);
}
