/* SPDX-License-Identifier: MIT */
/*
 * Ends held by several processes
 *
 * An end that one process holds has all it knows in struct npfs_end. From the first export
 * on, what the holders must have in common lies in a page of shared memory that only they
 * have: a memfd that travels with the end. The peer never gets it; the holders belong to one
 * user and trust each other, as processes do that may trace each other. What is in the page
 * is bounded all the same before it is used as an index.
 *
 * The lock. np_end_lock() of a shared end takes `local`, for the threads of this process, and
 * then the page's lock, a robust mutex, and loads what the lanes know (np_lane_*_state) from
 * the page; np_end_unlock() stores it back. A synchronous end keeps both while it sleeps in a
 * call; what it knows is stored before. The struct's own lock is MOVED for good, so that a
 * private end pays nothing for the question.
 *
 * States. The page has the state of the end and the generation of its channel. Who changes
 * them tells the others by the event descriptor; everybody compares when it has the lock and
 * follows (np_share_refresh): requests end as they would have ended in the process that saw it
 * first. The channel of a generation lies in a mailbox, a socket pair whose one packet carries
 * the socket and the memfd; looking (MSG_PEEK) gives a holder its own descriptors.
 *
 * Turns. Of each direction's requests that wait, those of one holder are in the lane at a
 * time: `turn`. Others wait in their own process with an entry in the page's `queue`, and
 * come into the lane when the turn is free and their entry is the first. So the lanes never
 * hear of other processes.
 *
 *	page.turn	page.queue	this holder's request
 *	free or mine	empty		goes into the lane
 *	another's, or entries before	is queued: np_share_wait_turn()
 *	free or mine	mine is first	comes into the lane: np_share_turns()
 *
 * Waking. The doorbell packets on the channel's socket reach whichever holder takes them, so
 * who takes one rings the event descriptor, an eventfd that nobody reads: each write is an
 * edge for every engine. The engine never waits for the page's lock, which a process that is
 * stopped might hold: it says `missed`, and who gives the lock up next rings.
 *
 * Deaths. Each holder has a slot in the page and watches the others' processes by pidfd. Who
 * notices first takes the dead one's entries out, forgets its announced reads, withdraws its
 * stalled writes (page.debt) and frees its slot. Who finds the lock with a dead owner
 * compares what was stored with what the channel says; when the owner was in the middle of
 * something, the connection is broken: that is all that can be known about it.
 *
 * Closing. A holder that closes while another one has the end open, or a parcel for one is on
 * its way, keeps its slot as long as something of its own is in flight (section 5.11): it stays, drives its requests as before,
 * and does not count as open. When nobody has the end open any more, those who stay end their
 * requests and leave; whoever finds nobody open and nothing to be written says goodbye to the
 * peer.
 *
 * Packets. One holder at most is the receiver of completions (npfs_end_tie(), share_tie.h).
 * The others put theirs into a ring and ring its bell; where those are, the mailbox says.
 * So that a process may die with requests in flight, each that has a context has an entry in
 * page.flight, from its start until its packet is in the ring; who buries the process makes
 * the packets of the entries that are left.
 *
 * Files: share.c the lock, the states, the deaths; share_mail.c the mailbox; share_turn.c the
 * turns; share_tie.c the packets; share_parcel.c making, exporting, importing; share_stay.c
 * staying and leaving; share_sent.c parcels on their way.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <npfs/share.h>
#include <npfs/status.h>

#include "npfs/client/call.h"
#include "npfs/client/conn.h"
#include "npfs/client/engine.h"
#include "npfs/client/lock.h"
#include "npfs/core/lane.h"
#include "npfs/proto/wire.h"

struct npfs_end;
struct np_request;

#define NP_SHARE_MAGIC	 0x65726873u /* "shre" */
#define NP_SHARE_VERSION 4u
#define NP_SHARE_QUEUE	 4096u /* requests that wait for their turn, per direction */
#define NP_SHARE_NOBODY	 0xffffu
#define NP_SHARE_PARCELS 64u	  /* on their way at a time, of which more than the number is known */
#define NP_SHARE_FLIGHTS 4096u /* requests in flight that leave a packet when they die */

/* The longest packet from the broker: who the client is, with its groups. */
#define NP_HELLO_ROOM (sizeof(struct np_channel_hello) + 4 * NP_HELLO_GIDS_MAX)

enum np_share_dir {
	NP_DIR_IN,  /* reads */
	NP_DIR_OUT, /* writes and flushes */
};

enum np_share_slot_state {
	NP_SLOT_FREE,
	NP_SLOT_CLAIMED, /* being filled in, or being freed */
	NP_SLOT_USED,  /* its process holds the end open */
	NP_SLOT_STAYS, /* its process has closed it and still has something in flight */
};

struct np_share_slot {
	_Atomic uint32_t state; /* enum np_share_slot_state */
	_Atomic uint32_t pid;
	_Atomic uint64_t born; /* np_process_born() of it: a number used again is told apart */
};

/* A request in flight that has a context. */
struct np_share_flight {
	uint64_t context;
	uint32_t serial;
	_Atomic uint32_t holder; /* slot + 1; 0: a free entry */
};

struct np_share_queue {
	uint32_t n;
	uint16_t slot[NP_SHARE_QUEUE];
};

/* What the holders share. Under `lock`, but for what is atomic. */
struct np_share_page {
	uint32_t magic;
	uint32_t version;
	pthread_mutex_t lock; /* robust, process-shared */

	_Atomic uint32_t n_parcels; /* exported and not imported, as far as known */
	_Atomic uint32_t parcel[NP_SHARE_PARCELS]; /* share_sent.c */
	_Atomic uint32_t parcel_serial;
	_Atomic uint32_t n_changes; /* of the slots */
	_Atomic bool missed;	    /* an engine found the lock taken */
	struct np_share_slot slot[NPFS_SHARE_HOLDERS];

	_Atomic bool is_busy;	    /* somebody's lanes are newer than what is stored here */
	_Atomic bool is_editing;    /* a queue is being changed */
	bool is_in_doubt;   /* who had the lock died while is_busy: the next one judges */
	uint32_t state;	    /* enum np_end_state, LISTENING to DETACHED */
	uint64_t generation; /* of the channel; 0: none yet */
	uint32_t n_connects; /* clients that came */
	uint32_t tag;	    /* of the last request over the instance's connection */
	bool is_nowait;
	bool is_message_mode;
	bool is_gone;	  /* the socket's other end is closed */
	bool has_client;  /* `hello` is valid */
	uint32_t hello_len;
	uint8_t hello[NP_HELLO_ROOM]; /* the broker's packet as it came */
	struct np_lane_reader_state in;
	struct np_lane_writer_state out;
	struct np_lane_notes notes; /* of the reading half */
	uint16_t turn[2]; /* slot or NP_SHARE_NOBODY; by enum np_share_dir */
	struct np_share_queue queue[2];
	struct np_lane_debt debt; /* of turn[NP_DIR_OUT] */

	uint32_t mail;	    /* serial of the packet in the mailbox that counts */
	uint32_t mail_last; /* the last serial that was given out */
	_Atomic bool is_tied;
	uint32_t n_flights; /* about; counted anew at a burial */
	uint32_t flight_hint;
	uint32_t flight_serial;
	struct np_share_flight flight[NP_SHARE_FLIGHTS];
};

/* Another holder, seen from here. */
struct np_share_other {
	struct np_watch watch; /* of its pidfd, which is owned */
	struct np_share *share;
	uint64_t born;
	uint32_t pid;
	bool is_watched;
};

/* A parcel that this process packed. What the engine looks at is set once, since it may still
 * be at an event of the last parcel when the next one is packed. */
struct np_share_sent {
	struct np_watch watch; /* of the reading end of its pipe, which is owned */
	struct np_share *share;
	_Atomic bool is_taken; /* there is a parcel, or its descriptor is still being closed */
	_Atomic bool is_watched;
};

/* What a parcel says of itself. */
struct np_share_mark {
	uint32_t at;
	uint32_t word; /* 0: it has no place in the page */
};

struct np_tie_ring;

struct np_share {
	struct npfs_end *end;	     /* borrowed: the end owns this */
	struct np_lock local;
	struct np_share_page *page;  /* owned mapping; NULL in the child of a fork */
	int page_fd, event_fd;	     /* owned */
	int mail_in, mail_out;	     /* owned: the mailbox's ends to read and to write */
	int instance_fd;	     /* owned: the instance's connection; -1 for a client end */
	uint32_t slot;
	bool has_left;		     /* this process does not hold the end any more */
	bool stays;		     /* closed here, and something is in flight; under the lock */

	/* under the lock */
	uint64_t generation;	     /* of the channel that is mapped here */
	uint32_t n_connects;	     /* as this process has seen them */
	uint32_t n_changes;
	bool is_stale;		     /* the lanes here are not those of the page */
	bool has_news;		     /* when the lock was taken, the state was another */
	bool rings;		     /* the others have to look when the lock is given up */
	struct np_list waiting[2];   /* np_request.turn_link, by enum np_share_dir */
	bool has_looked_for_ring;
	struct np_tie_ring *ring;    /* owned mapping; NULL: not tied, or nobody receives */
	int bell_fd;		     /* owned: the receiver's bell; -1 */

	_Atomic bool has_missed;     /* this process's engine found `local` taken */
	_Atomic bool has_deaths;     /* a pidfd became readable */
	_Atomic bool has_arrivals;   /* a parcel's pipe has ended */
	struct np_watch watch;	     /* of event_fd */
	struct np_share_other other[NPFS_SHARE_HOLDERS];
	struct np_share_sent sent[NP_SHARE_PARCELS]; /* those of this process; by page.parcel */
};

/* the lock: share.c. np_end_lock() and its companions call these */
void np_share_lock(struct npfs_end *end);
bool np_share_try_lock(struct npfs_end *end);
bool np_share_try_page(struct npfs_end *end);
void np_share_unlock(struct npfs_end *end);
void np_share_sleep(struct npfs_end *end);
void np_share_wake(struct npfs_end *end);
void np_share_ring(struct np_share *share);
void np_share_forget_others(struct np_share *share);

/* states: share.c */
void np_share_refresh(struct npfs_end *end, struct np_list *done);
void np_share_keep_hello(struct npfs_end *end);
void np_share_note_hello(struct npfs_end *end);
void np_share_store(struct npfs_end *end);
void np_share_note(struct npfs_end *end);
void np_share_lend_notes(struct npfs_end *end);

/* the mailbox: share_mail.c */
struct np_mail {
	uint64_t generation; /* of the channel */
	struct np_call_channel channel; /* owned descriptors, or -1 */
	int ring_fd, bell_fd;		/* owned, or -1 */
};

bool np_mail_look(struct np_share *share, struct np_mail *mailp);
bool np_mail_post(struct np_share *share, const struct np_mail *mail);
void np_mail_close(struct np_mail *mail);
void np_share_new_channel(struct npfs_end *end, const struct np_call_channel *channel);

/* turns: share_turn.c */
bool np_share_is_blocked(struct npfs_end *end, enum np_share_dir dir);
npfs_status np_share_wait_turn(struct npfs_end *end, struct np_request *o,
			       enum np_share_dir dir);
npfs_status np_share_wait_turn_alone(struct npfs_end *end, const void *data, uint32_t len,
				     unsigned flags);
void np_share_turns(struct npfs_end *end, struct np_list *done);
bool np_share_has_turn(const struct npfs_end *end, enum np_share_dir dir);
void np_share_unwait(struct npfs_end *end, struct np_request *o);
void np_share_fail_waiting(struct npfs_end *end, enum np_share_dir dir, npfs_status status,
			   struct np_list *done);
void np_share_queue_drop(struct np_share_page *page, uint16_t slot);

/* life: share_parcel.c */
void np_share_install(struct npfs_end *end);
void np_share_give_up_slot(struct np_share *share);
void np_share_free(struct np_share *share);
void np_share_close_all(struct np_share *share);
void np_share_fork_child(struct np_share *share);

/* parcels on their way: share_sent.c */
void np_share_sent_init(struct np_share *share);
void np_share_send(struct np_share *share, struct npfs_parcel *parcel,
		   struct np_share_mark *markp);
void np_share_look_for_arrivals(struct np_share *share);
void np_share_stop_sending(struct np_share *share);
void np_share_forget_sender(struct np_share_page *page, uint32_t slot);
void np_share_receive(struct np_share_page *page, const struct np_share_mark *mark);
bool np_share_is_coming(const struct np_share_page *page);

/* staying and leaving: share_stay.c */
bool np_share_is_last(struct npfs_end *end);
bool np_share_stay(struct npfs_end *end, struct np_list *done);
void np_share_linger(struct npfs_end *end);
void np_share_end_stay(struct npfs_end *end, struct np_list *done);
void np_share_leave_when_over(struct npfs_end *end, struct np_list *done);
bool np_share_leave(struct npfs_end *end, struct np_list *done);
bool np_share_close_without_lock(struct npfs_end *end);

/* np_share_slot_is_taken() - a process is behind the slot, or has died behind it */
static inline bool np_share_slot_is_taken(const struct np_share_slot *slot)
{
	uint32_t state = atomic_load(&slot->state);

	return state == NP_SLOT_USED || state == NP_SLOT_STAYS;
}

/* np_share_slot_free() - a holder is gone; nothing when that was done already */
static inline void np_share_slot_free(struct np_share_page *page, uint32_t slot)
{
	uint32_t state = atomic_load(&page->slot[slot].state);

	do {
		if (state != NP_SLOT_USED && state != NP_SLOT_STAYS)
			return;
	} while (!atomic_compare_exchange_weak(&page->slot[slot].state, &state,
					       NP_SLOT_CLAIMED));
	atomic_store(&page->slot[slot].pid, 0);
	atomic_store(&page->slot[slot].born, 0);
	atomic_store(&page->slot[slot].state, NP_SLOT_FREE);
	atomic_fetch_add(&page->n_changes, 1);
}
