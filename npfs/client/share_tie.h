/* SPDX-License-Identifier: MIT */
/*
 * Shared ends: packets for the process that the end is tied to
 *
 * The receiver (npfs_end_tie()) makes a ring in shared memory and a bell, a socket pair, when
 * the end becomes shared. Other holders find both in the mailbox. Each puts a packet into the
 * ring under the page's lock, so there is one writer at a time; the receiver's engine is the
 * one reader. Only holders have the bell's other end, and so its end-of-file says that there
 * are none any more: the receiver takes what the last one left behind, and lets go. It need
 * not be a holder itself for any of this.
 *
 * Exactly one packet. An entry in page.flight is freed after its packet was published, and
 * the packet carries the entry's serial number. So who finds the entry of a dead process looks
 * whether the packet that was published last has the same one.
 *
 * Room. A process whose packets go elsewhere begins no operation with a context unless there
 * is room for its packet beside those that are in the ring and in flight.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <npfs/aio.h>
#include <npfs/share.h>

#include "npfs/base/macro.h"
#include "npfs/client/end.h"

#define NP_TIE_PACKETS 8192u

struct np_tie_packet {
	struct npfs_packet packet;
	uint32_t serial; /* of the entry in page.flight; 0: there was none */
	uint32_t unused;
};

struct np_tie_ring {
	_Atomic uint64_t head; /* of the receiver */
	uint64_t pad[7];
	_Atomic uint64_t tail; /* of who has the page's lock */
	uint64_t more_pad[7];
	struct np_tie_packet packet[NP_TIE_PACKETS];
};

struct np_tie;

/* in the receiver */
int np_tie_open(struct np_tie *tie, struct np_share *share);
void np_tie_unref(struct np_tie *tie);
bool np_share_install_tie(struct npfs_end *end);

/* in every holder, under the lock */
void np_share_look_for_ring(struct npfs_end *end);
void np_share_drop_ring(struct np_share *share);
void np_share_flight_add(struct npfs_end *end, struct np_request *o);
void np_share_flight_drop(struct npfs_end *end, struct np_request *o);
void np_share_flights_begin(struct npfs_end *end);
void np_share_tell(struct npfs_end *end, struct np_list *done);
void np_share_tell_now(struct npfs_end *end, const struct npfs_op *op, npfs_status status,
		       uint32_t information);
void np_share_tell_of_dead(struct npfs_end *end, uint16_t slot);
bool np_share_has_room(struct npfs_end *end);

/* np_share_is_tied_elsewhere() - another process is the receiver */
static inline bool np_share_is_tied_elsewhere(const struct npfs_end *end)
{
	return atomic_load_explicit(&end->share->page->is_tied, memory_order_relaxed) &&
	       !end->tie;
}

/* np_share_admit() - may @op begin, which could need room for its packet? */
static inline npfs_status np_share_admit(struct npfs_end *end, const struct npfs_op *op)
{
	if (NP_LIKELY(!end->share) || !op || !op->context || np_share_has_room(end))
		return STATUS_SUCCESS;
	return STATUS_INSUFFICIENT_RESOURCES;
}

/* np_share_answered() - @op, if there is one, ended at once with @status, or pends */
static inline void np_share_answered(struct npfs_end *end, const struct npfs_op *op,
				     npfs_status status, uint32_t information)
{
	if (NP_UNLIKELY(end->share != NULL) && op && op->context && status != STATUS_PENDING)
		np_share_tell_now(end, op, status, information);
}
