/* SPDX-License-Identifier: MIT */
/*
 * The channel: what the two ends of one connection share
 *
 * One sealed memfd per connection, made by the broker when the instance starts to
 * listen. Layout, all offsets from the start of the mapping:
 *
 *	0	struct np_shm_header	identification; nobody decides anything by it later
 *	64	struct np_shm_bell	the server end's bell (index NP_SIDE_SERVER)
 *	128	struct np_shm_bell	the client end's bell (index NP_SIDE_CLIENT)
 *	192	(unused, zero)
 *	1024	struct np_shm_lane	inbound lane: client writes, server reads
 *	2048	struct np_shm_lane	outbound lane: server writes, client reads
 *	4096	ring of the inbound lane
 *	...	ring of the outbound lane
 *
 * The sizes of the rings follow from the quotas alone (np_shm_layout), and both ends
 * know the quotas from the broker, so neither end ever takes a size or an offset from
 * the mapping.
 *
 * Everything here is hostile to the reader of it. A value is loaded once into a local,
 * bounded, and then the local is used. A value that makes no sense breaks this one
 * connection and nothing else. Identity never comes from here.
 *
 * A ring holds records, one per write, each starting at a multiple of 8:
 *
 *	u64 header	bits 0..31 payload length, 32..39 flags, 40..47 cell index,
 *			48..63 cell tag
 *	payload		padded with rubbish to a multiple of 8
 *
 * Positions are 64-bit byte counts since the connection was made; position modulo the
 * ring's size is the place. A header never wraps (all is a multiple of 8), a payload may.
 * A record may be longer than the ring: its header says the full length, and the payload
 * streams through while `tail` and `head` move inside it.
 *
 * A record with NP_REC_SKIP is no entry and counts nowhere but in tail and head; it is put in
 * whole. With NP_REC_CONTEXT its payload says who wrote the entries behind it. That is the
 * writer's claim: whoever acts on it has the broker check the seal (struct np_channel_hello).
 *
 * Who writes what, per lane (W = the end that writes data, R = the end that reads it):
 *
 *	field		by	order		meaning, validity
 *	tail		W	release, seq	ring bytes published; head <= tail <= head + size
 *	w_bytes		W	relaxed		payload bytes queued, less those withdrawn
 *	w_entries	W	relaxed		entries queued, less those withdrawn
 *	w_stream_end	W	release		where the last record that was withdrawn
 *						before all of it lay in the ring ends
 *	head		R	release, seq	ring bytes given back; never above tail
 *	r_charged	R	relaxed		bytes read of entries that are charged to the quota
 *	r_bytes		R	relaxed		bytes read of all entries
 *	r_entries	R	relaxed		entries read to their end
 *	posted		R	release		number of pended reads announced so far
 *	post[i]		R	relaxed		length of announced read (i = number modulo
 *						NP_SHM_POSTS), or NP_SHM_POST_GONE
 *	cell[i]		W, R	CAS		a stalled write: how far it is read, or withdrawn
 *
 * The counters other than tail and head are published before the tail or head that goes
 * with them. Announced reads are advice: the writer uses them to decide whether a write
 * fits (npfs-semantics section 4.2); a wrong value there costs the liar its own
 * accounting, never memory safety.
 *
 * A cell makes withdrawal exact. A write that cannot complete at once (it may still be
 * cancelled) is given a cell; the reader moves the cell's offset with compare-and-swap
 * after it copied bytes, the writer withdraws with compare-and-swap; so either the bytes
 * were read or they were withdrawn, never both. A cell whose tag is not the record's any
 * more belongs to a write that has completed since: it cannot be withdrawn.
 *
 *	cell: bits 0..31 offset read so far, 32..47 tag, 63 withdrawn
 *
 * In a withdrawn cell the offset is the limit: bytes before it were promised to announced
 * reads and are still the reader's, what is behind it is gone.
 *
 * Bells, per end (O = the end that owns it, P = its peer):
 *
 *	armed	O sets bits, P clears them	what the owner sleeps for
 *	seq	O and P increment		the futex word the owner sleeps on
 *	state	O				NP_SHM_OPEN, then for good one of the others
 *
 * Sleeping: the owner loads seq, sets its bit in armed, fences, looks again at what it
 * waits for, sleeps on seq. Waking: the peer publishes, fences, looks at armed, and if a
 * bit of interest is there clears it and rings. Each fence is the other's partner.
 */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>

#define NP_SHM_MAGIC	   0x6c6e6163u /* "canl" */
#define NP_SHM_VERSION	   1u
#define NP_SHM_LANE_OFFSET 1024u
#define NP_SHM_LANE_SIZE   1024u
#define NP_SHM_RING_OFFSET 4096u
#define NP_SHM_RING_MIN	   (64u * 1024)
#define NP_SHM_RING_MAX	   (64u * 1024 * 1024)

/* Announced reads that the writer can see; reads pended beyond that stay private. */
#define NP_SHM_POSTS	 32u
#define NP_SHM_POST_GONE 0xffffffffu

/* Stalled writes that lie in the ring at a time; more wait in the writer's process. */
#define NP_SHM_CELLS 64u

#define NP_CELL_WITHDRAWN   (UINT64_C(1) << 63)
#define NP_CELL_OFFSET_MASK UINT64_C(0xffffffff)

enum np_side {
	NP_SIDE_SERVER = 0,
	NP_SIDE_CLIENT = 1,
};

enum np_lane_index {
	NP_LANE_INBOUND = 0,
	NP_LANE_OUTBOUND = 1,
};

enum np_shm_state {
	NP_SHM_OPEN = 0,
	NP_SHM_CLOSED = 1,   /* the last handle of this end was closed in good order */
	NP_SHM_DETACHED = 2, /* the server disconnected the client */
};

/* Bits of np_shm_bell.armed. */
#define NP_BELL_READ_FUTEX  0x1u /* a thread sleeps until there is something to read */
#define NP_BELL_WRITE_FUTEX 0x2u /* a thread sleeps until something was read */
#define NP_BELL_READ_SOCK   0x4u /* the same two, to be rung on the socket */
#define NP_BELL_WRITE_SOCK  0x8u
#define NP_BELL_READ	    (NP_BELL_READ_FUTEX | NP_BELL_READ_SOCK)
#define NP_BELL_WRITE	    (NP_BELL_WRITE_FUTEX | NP_BELL_WRITE_SOCK)
#define NP_BELL_FUTEX	    (NP_BELL_READ_FUTEX | NP_BELL_WRITE_FUTEX)
#define NP_BELL_SOCK	    (NP_BELL_READ_SOCK | NP_BELL_WRITE_SOCK)
#define NP_BELL_ALL	    (NP_BELL_READ | NP_BELL_WRITE)

/* Flags in a record header. */
#define NP_REC_UNCHARGED 0x01u /* sent by a transact: outside the quota */
#define NP_REC_CELL	 0x02u /* the cell index and tag are valid */
#define NP_REC_SKIP	 0x04u /* no entry: go on behind it */
#define NP_REC_CONTEXT	 0x08u /* with SKIP: in whose context what follows was written */

struct np_shm_header {
	uint32_t magic;
	uint32_t version;
	uint32_t type; /* FILE_PIPE_BYTE_STREAM_TYPE or FILE_PIPE_MESSAGE_TYPE */
	uint32_t inbound_quota;
	uint32_t outbound_quota;
	uint32_t inbound_ring;
	uint32_t outbound_ring;
	uint32_t reserved; /* zero */
	uint64_t instance_id; /* for tools that look for a connection's memfd; or 0 */
	uint32_t reserved2[6]; /* zero */
};

struct np_shm_bell {
	_Atomic uint32_t armed;
	_Atomic uint32_t seq;
	_Atomic uint32_t state;
	uint32_t reserved[13]; /* zero */
};

struct np_shm_lane {
	/* the writing end's line */
	_Atomic uint64_t tail;
	_Atomic uint64_t w_bytes;
	_Atomic uint64_t w_entries;
	_Atomic uint64_t w_stream_end;
	uint64_t w_reserved[4]; /* zero */
	/* the reading end's line */
	_Atomic uint64_t head;
	_Atomic uint64_t r_charged;
	_Atomic uint64_t r_bytes;
	_Atomic uint64_t r_entries;
	uint64_t r_reserved[4]; /* zero */
	/* the reading end's announced reads: apart, so that reading does not move them */
	_Atomic uint32_t posted;
	_Atomic uint32_t post[NP_SHM_POSTS];
	uint32_t p_reserved[15]; /* zero */
	/* stalled writes */
	_Atomic uint64_t cell[NP_SHM_CELLS];
};

static_assert(sizeof(struct np_shm_header) == 64, "header is one line");
static_assert(sizeof(struct np_shm_bell) == 64, "bell is one line");
static_assert(offsetof(struct np_shm_lane, head) == 64, "reader's line");
static_assert(offsetof(struct np_shm_lane, posted) == 128, "announced reads");
static_assert(offsetof(struct np_shm_lane, cell) == 320, "cells");
static_assert(sizeof(struct np_shm_lane) == 832, "lane fits its place");
static_assert(sizeof(struct np_shm_lane) <= NP_SHM_LANE_SIZE, "lane fits its place");

struct np_shm_layout {
	size_t size;	       /* of the whole mapping, a multiple of the page size */
	size_t ring_offset[2]; /* by enum np_lane_index */
	size_t ring_size[2];   /* powers of two */
};

/*
 * np_shm_layout() - where the rings are for these quotas
 *
 * A ring has room for 16 times its quota, so that single bytes with their headers reach
 * the quota before the ring is full; between NP_SHM_RING_MIN and 1 MiB, and beyond that
 * just enough for the quota, at most NP_SHM_RING_MAX. Pages that nobody writes to cost
 * nothing.
 */
void np_shm_layout(uint32_t inbound_quota, uint32_t outbound_quota,
		   struct np_shm_layout *layoutp);

/* np_shm_size() - size in bytes of the memfd for these quotas */
size_t np_shm_size(uint32_t inbound_quota, uint32_t outbound_quota);

/* np_shm_header_init() - fill in the header the broker writes at offset 0 */
void np_shm_header_init(struct np_shm_header *hdr, uint32_t type, uint32_t inbound_quota,
			uint32_t outbound_quota);

static inline struct np_shm_bell *np_shm_bell(void *base, enum np_side side)
{
	return (struct np_shm_bell *)(void *)((char *)base + 64 + 64 * (size_t)side);
}

static inline struct np_shm_lane *np_shm_lane(void *base, enum np_lane_index lane)
{
	return (struct np_shm_lane *)(void *)((char *)base + NP_SHM_LANE_OFFSET +
					      NP_SHM_LANE_SIZE * (size_t)lane);
}

static_assert(NP_BELL_READ_FUTEX << 2 == NP_BELL_READ_SOCK, "bits of the two ways to ring");
static_assert(NP_BELL_WRITE_FUTEX << 2 == NP_BELL_WRITE_SOCK, "likewise");
