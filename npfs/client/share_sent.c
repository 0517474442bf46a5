/* SPDX-License-Identifier: MIT */
/*
 * Shared ends: parcels on their way (model: share.h)
 *
 * A parcel that nobody has unpacked keeps the end open as a handle in another process would.
 * Whether it still exists says a pipe: each parcel has one of its own, the writing end lies in
 * it, the packer watches the reading end, whose end-of-file says that all copies are gone.
 *
 *	page.parcel[i]		0			free
 *				serial, COMING, slot	on its way, watched by that slot
 *				serial, COMING, none	on its way, and its packer is gone
 *				serial, CAME, slot	unpacked; others may be made of it
 *
 * A parcel carries its word; the serial number tells it from a later one of the same place.
 */
#include "npfs/client/share.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "npfs/base/fd.h"
#include "npfs/base/macro.h"
#include "npfs/client/end.h"

#define COMING	   0x100u
#define CAME	   0x200u
#define HOLDER	   0xffu /* slot + 1; 0: nobody watches */
#define SERIAL_ONE 0x10000u
#define SERIAL	   0xffff0000u

static void one_less(struct np_share_page *page)
{
	uint32_t n = atomic_load(&page->n_parcels);

	while (n && !atomic_compare_exchange_weak(&page->n_parcels, &n, n - 1))
		;
}

/* being watched */

static struct np_share_sent *sent_of(struct np_watch *watch)
{
	return np_container_of(watch, struct np_share_sent, watch);
}

static void sent_ref(struct np_watch *watch)
{
	np_end_ref(sent_of(watch)->share->end);
}

static void sent_unref(struct np_watch *watch)
{
	np_end_unref(sent_of(watch)->share->end);
}

static void sent_on_event(struct np_watch *watch)
{
	struct np_share *share = sent_of(watch)->share;

	atomic_store(&share->has_arrivals, true);
	np_end_look(share->end);
}

static void sent_fork_child(struct np_watch *watch)
{
	watch->fd = np_fd_close(watch->fd);
}

static const struct np_watch_ops sent_ops = {
	.ref = sent_ref,
	.unref = sent_unref,
	.on_event = sent_on_event,
	.fork_child = sent_fork_child,
};

static void stop_watching(struct np_share_sent *sent)
{
	if (!atomic_exchange(&sent->is_watched, false))
		return;
	np_engine_remove(&sent->watch);
	sent->watch.fd = np_fd_close(sent->watch.fd);
	atomic_store(&sent->is_taken, false);
}

/* in the packer */

/* np_share_sent_init() - nothing has been packed */
void np_share_sent_init(struct np_share *share)
{
	for (uint32_t i = 0; i < NP_SHARE_PARCELS; i++) {
		share->sent[i].share = share;
		share->sent[i].watch.ops = &sent_ops;
		share->sent[i].watch.fd = -1;
	}
}

/* A place in the page goes with the same one here. */
static bool claim(struct np_share *share, uint32_t *atp, uint32_t *wordp)
{
	struct np_share_page *page = share->page;

	for (uint32_t i = 0; i < NP_SHARE_PARCELS; i++) {
		uint32_t expected = 0;

		if (atomic_exchange(&share->sent[i].is_taken, true))
			continue;
		*wordp = (atomic_fetch_add(&page->parcel_serial, SERIAL_ONE) & SERIAL) |
			 COMING | (share->slot + 1);
		if (atomic_compare_exchange_strong(&page->parcel[i], &expected, *wordp)) {
			*atp = i;
			return true;
		}
		atomic_store(&share->sent[i].is_taken, false);
	}
	return false;
}

/*
 * np_share_send() - a parcel is being packed: put in what tells of its end
 * @markp: goes into its body; no mark when there is no room for one: then whoever stays does
 *         not stay for this parcel
 *
 * One thread at a time.
 */
void np_share_send(struct np_share *share, struct npfs_parcel *parcel,
		   struct np_share_mark *markp)
{
	struct np_share_sent *sent;
	int fds[2];

	*markp = (struct np_share_mark){.word = 0};
	atomic_fetch_add(&share->page->n_parcels, 1);
	if (!claim(share, &markp->at, &markp->word))
		return;
	sent = &share->sent[markp->at];
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		goto out;
	sent->watch.fd = fds[0];
	if (npfs_parcel_add_fd(parcel, fds[1]) != STATUS_SUCCESS)
		goto out_close;
	close(fds[1]);
	fds[1] = -1;
	if (np_engine_add(&sent->watch) == 0) {
		atomic_store(&sent->is_watched, true);
		return;
	}
	close(parcel->fds[--parcel->n_fds]);
out_close:
	np_fd_close(fds[1]);
	sent->watch.fd = np_fd_close(sent->watch.fd);
out:
	atomic_store(&share->page->parcel[markp->at], 0);
	atomic_store(&sent->is_taken, false);
	markp->word = 0;
}

static bool is_gone(const struct np_share_sent *sent)
{
	struct pollfd pipe = {.fd = sent->watch.fd, .events = POLLIN};

	return poll(&pipe, 1, 0) == 1;
}

/* np_share_look_for_arrivals() - which parcels of this process are no more? Under the lock */
void np_share_look_for_arrivals(struct np_share *share)
{
	for (uint32_t i = 0; i < NP_SHARE_PARCELS; i++) {
		struct np_share_sent *sent = &share->sent[i];

		if (!atomic_load(&sent->is_watched) || !is_gone(sent))
			continue;
		stop_watching(sent);
		if (atomic_exchange(&share->page->parcel[i], 0) & COMING)
			one_less(share->page);
		share->rings = true;
	}
}

/* np_share_stop_sending() - this process holds the end no more, and watches nothing */
void np_share_stop_sending(struct np_share *share)
{
	for (uint32_t i = 0; i < NP_SHARE_PARCELS; i++)
		stop_watching(&share->sent[i]);
}

/* in others */

/* np_share_forget_sender() - nobody watches the parcels of @slot any more */
void np_share_forget_sender(struct np_share_page *page, uint32_t slot)
{
	for (uint32_t i = 0; i < NP_SHARE_PARCELS; i++) {
		uint32_t word = atomic_load(&page->parcel[i]);

		while ((word & HOLDER) == slot + 1 &&
		       !atomic_compare_exchange_weak(&page->parcel[i], &word,
						     word & COMING ? word & ~HOLDER : 0))
			;
	}
}

/* np_share_receive() - a parcel has been unpacked */
void np_share_receive(struct np_share_page *page, const struct np_share_mark *mark)
{
	uint32_t word;

	if (!mark->word) {
		one_less(page);
		return;
	}
	if (mark->at >= NP_SHARE_PARCELS)
		return;
	word = atomic_load(&page->parcel[mark->at]);
	while ((word & (SERIAL | COMING)) == (mark->word & (SERIAL | COMING))) {
		uint32_t next = word & HOLDER ? (word & ~COMING) | CAME : 0;

		if (!atomic_compare_exchange_weak(&page->parcel[mark->at], &word, next))
			continue;
		one_less(page);
		return;
	}
}

/* np_share_is_coming() - some process will have the end open, unless its parcel is dropped,
 * and that would be known */
bool np_share_is_coming(const struct np_share_page *page)
{
	for (uint32_t i = 0; i < NP_SHARE_PARCELS; i++) {
		uint32_t word = atomic_load(&page->parcel[i]);

		if ((word & COMING) && (word & HOLDER))
			return true;
	}
	return false;
}
