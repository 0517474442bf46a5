/* SPDX-License-Identifier: MIT */
/*
 * Sizes of the channel
 *
 * Pure arithmetic that broker and library must agree on; see shm.h for the format.
 */
#include "npfs/proto/shm.h"

#include <string.h>

#define RING_FOR_TINY_WRITES (1024u * 1024)

static size_t ring_size(uint32_t quota)
{
	uint64_t want = (uint64_t)quota * 16;
	uint64_t size = NP_SHM_RING_MIN;

	if (want > RING_FOR_TINY_WRITES)
		want = RING_FOR_TINY_WRITES;
	if (want < (uint64_t)quota + quota / 4)
		want = (uint64_t)quota + quota / 4;
	while (size < want && size < NP_SHM_RING_MAX)
		size *= 2;
	return (size_t)size;
}

void np_shm_layout(uint32_t inbound_quota, uint32_t outbound_quota,
		   struct np_shm_layout *layoutp)
{
	layoutp->ring_size[NP_LANE_INBOUND] = ring_size(inbound_quota);
	layoutp->ring_size[NP_LANE_OUTBOUND] = ring_size(outbound_quota);
	layoutp->ring_offset[NP_LANE_INBOUND] = NP_SHM_RING_OFFSET;
	layoutp->ring_offset[NP_LANE_OUTBOUND] =
		NP_SHM_RING_OFFSET + layoutp->ring_size[NP_LANE_INBOUND];
	layoutp->size = layoutp->ring_offset[NP_LANE_OUTBOUND] +
			layoutp->ring_size[NP_LANE_OUTBOUND];
}

size_t np_shm_size(uint32_t inbound_quota, uint32_t outbound_quota)
{
	struct np_shm_layout layout;

	np_shm_layout(inbound_quota, outbound_quota, &layout);
	return layout.size;
}

void np_shm_header_init(struct np_shm_header *hdr, uint32_t type, uint32_t inbound_quota,
			uint32_t outbound_quota)
{
	struct np_shm_layout layout;

	np_shm_layout(inbound_quota, outbound_quota, &layout);
	memset(hdr, 0, sizeof(*hdr));
	hdr->magic = NP_SHM_MAGIC;
	hdr->version = NP_SHM_VERSION;
	hdr->type = type;
	hdr->inbound_quota = inbound_quota;
	hdr->outbound_quota = outbound_quota;
	hdr->inbound_ring = (uint32_t)layout.ring_size[NP_LANE_INBOUND];
	hdr->outbound_ring = (uint32_t)layout.ring_size[NP_LANE_OUTBOUND];
}
