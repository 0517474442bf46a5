/* SPDX-License-Identifier: MIT */
/*
 * One lane as an onlooker sees it
 *
 * The onlooker has the lane's memory for reading and no part in it. Records that were read stay
 * in the ring until others are laid over them, so that what both ends did since the last look is
 * mostly still there. Whether it is, is found out afterwards: the onlooker walks from record to
 * record, then loads the reader's head and count, and only if the walk came by that head with
 * that count the records are what they seem. Otherwise the place is *lost*: what was written is
 * told as a sum, out of the writer's counters, until a place is found again, which is the head
 * when everything from there to the tail fits the counters.
 *
 * Nothing is trusted. A value is loaded once and bounded; a lane of nonsense is lost for good,
 * and costs a bounded walk for each look.
 *
 *	ord	  writes whose records lie before `pos`, withdrawn ones left out; ord_bytes are
 *		  what of them, and of those, can be or could be read
 *	told	  number of the last write that was told, alone or in a sum; more than `ord` when
 *		  the place was found again before that write
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/tracing.h>

#include "npfs/proto/shm.h"
#include "npfs/ring/ring.h"

/* The counters of one moment. */
struct np_tap_seen {
	uint64_t tail, w_bytes, w_entries;
	uint64_t head, r_bytes, r_entries;
};

/* A record whose write has not completed. */
struct np_tap_stalled {
	uint64_t start;
	uint32_t len;
	uint8_t cell;
	uint16_t tag;
};

struct np_tap_lane {
	struct np_shm_lane *shm; /* borrowed from the mapping, which is for reading only */
	struct np_ring ring;
	uint64_t pos; /* of the next record; beyond the tail while one is not all there */
	uint64_t ord, ord_bytes;
	uint64_t told, told_bytes;
	uint64_t r_told, r_bytes_told;
	uint64_t n_empty; /* of the writes that were told and not read, those without bytes */
	bool is_lost;
	bool waits; /* `pos` is beyond the tail */
	unsigned n_stalled;
	struct np_tap_stalled stalled[NP_SHM_CELLS];
	struct np_tap_seen seen;
};

/* Is told what is found. @data is borrowed for the call. */
typedef void np_tap_tell_fn(void *user, enum npfs_trace_kind kind, uint64_t bytes,
			    uint64_t count, const void *data, size_t data_len);

void np_tap_lane_init(struct np_tap_lane *lane, void *map, enum np_lane_index index,
		      const struct np_shm_layout *layout, bool from_start);
bool np_tap_lane_see(struct np_tap_lane *lane);
void np_tap_lane_tell(struct np_tap_lane *lane, size_t data_len, np_tap_tell_fn *tell,
		      void *user);
