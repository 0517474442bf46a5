/* SPDX-License-Identifier: MIT */
/*
 * A tap: the memory of one connection, mapped for reading only (public face: <npfs/tracing.h>)
 *
 * The memory comes as a descriptor with an event of the broker's trace log, or is looked for
 * among the descriptors of the two processes: the header of a channel says of which instance it
 * is. That is not secret and not to be believed: a process that puts another number there shows
 * something of its own. Only sealed memory of the right size is mapped, so that nobody can take
 * it away under the onlooker.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <npfs/pipe.h>
#include <npfs/tracing.h>

#include "npfs/client/tap_lane.h"

struct npfs_tap {
	void *map; /* owned: map_size bytes */
	size_t map_size;
	struct np_shm_layout layout;
	uint32_t quota[2]; /* by enum np_lane_index */
};

npfs_status np_tap_open_fd(int fd, uint32_t inbound_quota, uint32_t outbound_quota,
			   struct npfs_tap **tapp);
uint32_t np_tap_flags(const struct npfs_tap *tap);
