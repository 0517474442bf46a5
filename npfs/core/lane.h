/* SPDX-License-Identifier: MIT */
/*
 * A lane: one direction of a connection, as a queue with Windows' rules
 *
 * The ring carries bytes; the lane is npfs-semantics.md section 4. It has two halves that
 * live in two processes and meet only in the shared memory described in proto/shm.h: the
 * writer half belongs to the end that writes, the reader half to the end that reads. Each
 * half is used under its end's own lock and makes no system call: it says what has to be
 * rung, the caller rings.
 *
 * Quota. With every byte charged to the quota given a running number, an entry that ends
 * at number e is entirely granted exactly when e - r <= quota, r being the number of
 * charged bytes read so far: grants are given in order, so what is granted is always the
 * first `quota` unread bytes. No per-entry book-keeping is needed, and the reader's only
 * duty is to count what it read.
 *
 * Pended reads. In Windows the writer hands bytes to pended reads itself, and only the
 * rest counts against the quota. Here the reader announces its pended reads, the writer
 * matches its writes against them by the same first-in-first-out rule that the reader
 * will apply when it copies, and counts the matched bytes as read ("claimed"). Claims are
 * only made when everything queued before is read or claimed, so they are always a prefix
 * of what is unread: two numbers hold them.
 *
 * Notes. A write may have a note in front of it that says in whose context it is made; it
 * travels in the ring, is no entry and is charged to nobody. The reader keeps the last one
 * that it has given out data behind. Nothing here looks into it.
 *
 * Stalled writes stay in the writer's list until granted and entirely in the ring. What
 * does not fit into the ring follows when the reader made room (the writer's pump).
 *
 *	queue holds	write of n		read of n
 *	nothing		all granted: done	pended, announced
 *			else stalled
 *	pended reads	matched; rest as above	pended behind them
 *	entries		queued behind		taken from the first (message mode) or
 *						across entries (byte mode)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/copy.h"
#include "npfs/base/list.h"
#include "npfs/proto/shm.h"
#include "npfs/ring/ring.h"

/* Flags of np_lane_write(). */
#define NP_WRITE_NOWAIT	   0x1u /* never stall: section 4.6 */
#define NP_WRITE_UNCHARGED 0x2u /* a transact's request: outside the quota, never stalls */

#define NP_WRITE_PARTIAL   0x4u /* with NOWAIT, byte type: take what fits (LAN Manager) */

/* The longest note, in bytes; a ring has room for several. */
#define NP_LANE_NOTE_MAX 4096u

/* In whose context the writes behind it are made. */
struct np_lane_note {
	uint64_t context; /* the writer's own number for it, not 0 */
	uint32_t len;	  /* bytes */
	uint8_t bytes[];
};

/* What a reader has of notes. */
struct np_lane_notes {
	uint32_t len;	   /* bytes of the one that holds for what was read last; 0: none */
	uint32_t next_len; /* of the one in front of what is read next */
	uint8_t bytes[NP_LANE_NOTE_MAX];
	uint8_t next[NP_LANE_NOTE_MAX];
};

/* One write that did not complete at once. Lives in the caller's request. */
struct np_lane_write {
	struct np_list link;	/* in np_lane_writer.stalled, or on a done list */
	const uint8_t *data;	/* borrowed from the caller; owned when `owned` */
	uint32_t len;		/* bytes */
	uint32_t placed;	/* of them in the ring */
	uint64_t end_charged;	/* number of the charged byte behind its last one */
	uint64_t entry;		/* its number: entries queued up to and with it */
	uint64_t start;		/* position of its record, when started */
	uint64_t claimed;	/* of its bytes promised to announced reads */
	struct np_lane_note *note; /* owned: to be put in front of it; or NULL */
	npfs_status status;	/* when on a done list */
	int16_t cell;		/* -1: none */
	uint16_t tag;
	bool started;		/* its header is in the ring */
	bool uncharged;
	bool owned; /* allocated by the lane, nobody waits for it */
};

/* One flush that waits. Lives in the caller's request. */
struct np_lane_flush {
	struct np_list link;
	uint64_t entry; /* done when this many entries are read */
	npfs_status status;
};

/* One pended read. Lives in the caller's request. */
struct np_lane_read {
	struct np_list link; /* in np_lane_reader.pending, or on a done list */
	uint8_t *buf;	     /* borrowed from the caller */
	uint32_t len;	     /* its size in bytes */
	uint32_t done;	     /* bytes copied */
	npfs_status status;  /* when on a done list */
	uint32_t post;	     /* number of its announcement */
	bool is_posted;
	bool in_transfer; /* copying a record that is not all in the ring yet */
	bool across;	  /* may go on with the next entry: it was not pended */
};

/*
 * What a half knows beyond its place, its limits and the requests of this process. An end
 * that several processes hold keeps one copy of it for all of them (client/share.h). It
 * holds no pointers.
 */
#define NP_LANE_STATE(tag, name, ...)                                                    \
	union {                                                                          \
		struct {                                                                 \
			__VA_ARGS__                                                      \
		};                                                                       \
		struct tag {                                                             \
			__VA_ARGS__                                                      \
		} name;                                                                  \
	}

struct np_lane_writer {
	struct np_shm_lane *shm; /* borrowed from the mapping */
	struct np_ring ring;
	uint32_t quota;
	bool is_message; /* pipe type */
	bool is_far;	 /* the reader is on another processor: set by the caller */
	struct np_lane_note *note; /* owned: for the next write that is accepted; or NULL */

	/*
	 * stream_end		as shm->w_stream_end
	 * bytes, entries, charged	totals, less what was withdrawn
	 * head_seen, charged_seen	last looked-at values of the reader
	 * matched		announced reads dealt with
	 * cells_used		bit set: cell in use
	 * cells_left		bit set: withdrawn, until head passes cell_end
	 * context		of the last write that was accepted; 0: not known
	 */
	NP_LANE_STATE(np_lane_writer_state, state,
		uint64_t tail;
		uint64_t stream_end;
		uint64_t bytes, entries, charged;
		uint64_t head_seen, charged_seen;
		uint64_t claimed_charged, claimed_entries;
		uint32_t matched;
		uint16_t next_tag;
		uint64_t cells_used;
		uint64_t cells_left;
		uint64_t cell_end[NP_SHM_CELLS];
		uint64_t context;
	);
	struct np_list stalled; /* of np_lane_write, oldest first */
	struct np_list flushes; /* of np_lane_flush, oldest first */
	struct np_copy_trial trial; /* of ways to copy, while is_far */
};

struct np_lane_reader {
	struct np_shm_lane *shm; /* borrowed from the mapping */
	struct np_ring ring;
	uint32_t quota;
	bool is_message;      /* pipe type */
	bool is_message_mode; /* this end's read mode */
	bool has_skipped;     /* stepped over withdrawn entries since it was last rung */
	bool keeps_notes;     /* else they are passed over */
	bool borrows_notes;   /* `notes` is somebody else's */
	struct np_lane_notes *notes; /* owned; NULL: there was none yet */

	/*
	 * is_broken		the peer wrote nonsense: nothing more is read
	 * is_cut		the writer died: what it had not completed is gone
	 * cut_bytes, cut_entries	totals up to the cut, when is_cut
	 * head			given back
	 * tail_seen		last looked-at value of the writer
	 * has_note		notes->next is in front of the record or of the next one
	 *
	 * The record being read, valid when has_record:
	 *
	 * rec_is_final		cannot be withdrawn (any more)
	 * rec_is_withdrawn	ends at rec_limit
	 * rec_limit		bytes of it that may be read
	 * rec_off		bytes of it read
	 * rec_start		position of its header
	 */
	NP_LANE_STATE(np_lane_reader_state, state,
		bool is_broken;
		bool is_cut;
		bool has_record;
		bool has_note;
		bool rec_is_final;
		bool rec_is_withdrawn;
		uint8_t rec_flags;
		uint8_t rec_cell;
		uint16_t rec_tag;
		uint32_t rec_len;
		uint32_t rec_limit;
		uint32_t rec_off;
		uint64_t rec_start;
		uint64_t cut_bytes, cut_entries;
		uint64_t head;
		uint64_t tail_seen;
		uint64_t bytes, charged, entries;
		uint32_t posted;
	);
	struct np_list pending; /* of np_lane_read, oldest first */
};

/* What must be known to withdraw the stalled writes of a process that is gone. */
struct np_lane_debt {
	uint32_t n;			     /* writes in the ring, whole or in part */
	uint64_t bytes, charged, entries;    /* of those that are not in the ring at all */
	struct np_lane_debt_entry {
		uint64_t end_charged, entry, start, claimed;
		uint32_t len, placed;
		int16_t cell;
		uint16_t tag;
		bool uncharged;
	} entry[NP_SHM_CELLS];
};

/* What np_lane_peek() finds. */
struct np_lane_peek {
	uint32_t bytes;		/* unread bytes in the queue */
	uint32_t entries;	/* entries in the queue */
	uint32_t message_len;	/* unread bytes of the first entry */
	uint32_t copied;	/* bytes copied */
	bool first_did_not_fit; /* the first entry has more than was copied */
};

/* writer */

void np_lane_writer_init(struct np_lane_writer *w, struct np_shm_lane *shm, void *ring,
			 size_t ring_size, uint32_t quota, bool is_message);

/*
 * np_lane_write() - queue @len bytes, behind the note that was set
 * @op:    where a stalled write is kept; not touched when the write completes at once;
 *         may be NULL with NP_WRITE_NOWAIT or NP_WRITE_UNCHARGED
 * @data:  borrowed; with STATUS_PENDING until @op is on a done list or cancelled
 * @donep: bytes written, set with STATUS_SUCCESS
 *
 * Return: STATUS_SUCCESS; STATUS_PENDING: @op is in the stalled list;
 * STATUS_INSUFFICIENT_RESOURCES: no memory to keep an uncharged write, nothing queued.
 * The caller rings the peer's read bell in the first two cases.
 */
npfs_status np_lane_write(struct np_lane_writer *w, struct np_lane_write *op,
			  const void *data, uint32_t len, unsigned flags,
			  uint32_t *donep);

/* np_lane_write_plain() - write @len bytes, not 0, if that completes at once and nothing
 * is in flight on the lane; false: nothing was done */
bool np_lane_write_plain(struct np_lane_writer *w, const void *data, uint32_t len);

/* np_lane_writer_set_note() - have the next write that is accepted begin with @note, which is
 * taken; NULL takes back one that was not used */
void np_lane_writer_set_note(struct np_lane_writer *w, struct np_lane_note *note);

/* np_lane_write_may_fit() - a plain write of @len bytes would complete once more was read */
static inline bool np_lane_write_may_fit(const struct np_lane_writer *w, uint32_t len)
{
	return len <= w->quota && np_list_is_empty(&w->stalled) &&
	       atomic_load_explicit(&w->shm->posted, memory_order_relaxed) == w->matched;
}

/*
 * np_lane_write_lay() - copy a write that has no quota yet to where its record will lie
 *
 * Nothing is published: the reader does not look behind the tail. So the copying is done
 * while the reader is still busy with what is in front. np_lane_write_laid() with the same
 * @len finishes it like np_lane_write_plain(), as long as nothing else was written to the
 * lane in between; and any other write starts anew.
 *
 * Return: lay: there was room, and nothing in flight; laid: it is written.
 */
bool np_lane_write_lay(struct np_lane_writer *w, const void *data, uint32_t len);
bool np_lane_write_laid(struct np_lane_writer *w, uint32_t len);

/*
 * np_lane_writer_pump() - look at what the reader did
 *
 * Puts more of stalled writes into the ring and moves completed writes and flushes to
 * the end of @writes and @flushes with their status.
 * Return: true when something was put into the ring (ring the read bell).
 */
bool np_lane_writer_pump(struct np_lane_writer *w, struct np_list *writes,
			 struct np_list *flushes);

/* np_lane_writer_needs_pump() - cheap question for a spinning waiter: did it move? */
bool np_lane_writer_needs_pump(const struct np_lane_writer *w);

/*
 * np_lane_writer_cancel() - withdraw a stalled write: the whole unread rest
 *
 * Return: true: @op is off the list, its status STATUS_CANCELLED (ring the read bell: a
 * reader may be in the middle of it); false: it was read to the end meanwhile, the next
 * pump completes it.
 */
bool np_lane_writer_cancel(struct np_lane_writer *w, struct np_lane_write *op);

/* np_lane_writer_fail() - move everything that waits to the lists with @status */
void np_lane_writer_fail(struct np_lane_writer *w, npfs_status status,
			 struct np_list *writes, struct np_list *flushes);

/* np_lane_writer_fini() - free what the lane owns */
void np_lane_writer_fini(struct np_lane_writer *w);

/* np_lane_writer_is_drained() - nothing queued is unread (empty, or promised entirely) */
bool np_lane_writer_is_drained(struct np_lane_writer *w);

/* np_lane_flush() - STATUS_SUCCESS, or STATUS_PENDING with @flush in the list */
npfs_status np_lane_flush(struct np_lane_writer *w, struct np_lane_flush *flush);

/* np_lane_quota_available() - bytes the next write could have granted */
uint32_t np_lane_quota_available(struct np_lane_writer *w);

/* for an end that several processes hold: client/share.h */

/* np_lane_writer_get_debt() - the stalled writes, for somebody who may have to withdraw them */
void np_lane_writer_get_debt(const struct np_lane_writer *w, struct np_lane_debt *debtp);

/* np_lane_writer_withdraw_debt() - withdraw the stalled writes of a process that is gone; none
 * may be stalled here. The caller rings the peer's read bell. */
void np_lane_writer_withdraw_debt(struct np_lane_writer *w, const struct np_lane_debt *debt);

/* np_lane_writer_is_in_step() - what was published is what this half knows */
bool np_lane_writer_is_in_step(const struct np_lane_writer *w);

/* reader */

void np_lane_reader_init(struct np_lane_reader *r, struct np_shm_lane *shm, void *ring,
			 size_t ring_size, uint32_t quota, bool is_message);

/*
 * np_lane_read() - read what is there
 * @op: where a read is kept that waits for the rest of a record longer than the ring;
 *      may be NULL: then what is there is given
 *
 * Return: STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW with *donep set; STATUS_PENDING: in
 * transfer, @op is in the pending list; STATUS_PIPE_EMPTY: nothing there (or reads pend
 * before this one), nothing changed; STATUS_PIPE_BROKEN: the peer wrote nonsense.
 * The caller rings the peer's write bell after the first three, and after
 * STATUS_PIPE_EMPTY when has_skipped says so.
 */
npfs_status np_lane_read(struct np_lane_reader *r, struct np_lane_read *op, void *buf,
			 uint32_t len, uint32_t *donep);

/* np_lane_read_pend() - pend a read at the end of the list and announce it; the caller
 * pumps afterwards, because data may have come between */
void np_lane_read_pend(struct np_lane_reader *r, struct np_lane_read *op, void *buf,
		       uint32_t len);

/* np_lane_reader_pump() - satisfy pended reads; completed ones go to @reads.
 * Return: true when something was read (ring the write bell). */
bool np_lane_reader_pump(struct np_lane_reader *r, struct np_list *reads);

/* np_lane_reader_has_data() - is there an entry to read? cheap enough to spin on */
bool np_lane_reader_has_data(struct np_lane_reader *r);

/* np_lane_read_plain() - read the one entry that is there when that is all a read of @len
 * bytes, not 0, has to do; false: nothing was done */
bool np_lane_read_plain(struct np_lane_reader *r, void *buf, uint32_t len,
			uint32_t *donep);

/* np_lane_reader_may_vanish() - of what can be read some belongs to a write that has not
 * completed: if its writer has died, that is gone */
bool np_lane_reader_may_vanish(struct np_lane_reader *r);

/* np_lane_reader_cancel() - take a pended read off the list: STATUS_CANCELLED, or its
 * result when bytes were already copied */
void np_lane_reader_cancel(struct np_lane_reader *r, struct np_lane_read *op);

/* np_lane_reader_fail() - move all pended reads to @reads with @status; reads in
 * transfer get what they have */
void np_lane_reader_fail(struct np_lane_reader *r, npfs_status status,
			 struct np_list *reads);

/* np_lane_reader_cut() - the writing process is gone without closing: what it had not
 * completed vanishes (npfs-semantics.md 3.4) */
void np_lane_reader_cut(struct np_lane_reader *r);

/* np_lane_reader_forget_posts() - take back what a process that is gone had announced; no read
 * may be pended here */
void np_lane_reader_forget_posts(struct np_lane_reader *r);

/* np_lane_reader_is_in_step() - what was published is what this half knows */
bool np_lane_reader_is_in_step(const struct np_lane_reader *r);

/* np_lane_reader_see_note() - the note in front of the first entry holds: a peek gave some of
 * that entry out */
void np_lane_reader_see_note(struct np_lane_reader *r);

/* np_lane_reader_fini() - free what the lane owns; twice is harmless */
void np_lane_reader_fini(struct np_lane_reader *r);

/* np_lane_peek() - look without reading; @buf may be NULL with @len 0 */
void np_lane_peek(struct np_lane_reader *r, void *buf, uint32_t len,
		  struct np_lane_peek *peekp);
