/* SPDX-License-Identifier: MIT */
/*
 * Channels as the broker sees them: prepared when an instance listens, given away when a
 * client comes
 *
 * Making a channel makes a sealed memfd with its header and a socket pair. The server
 * gets the memfd and its socket at once. For the client the broker keeps one descriptor:
 * the client's socket, with the memfd waiting in its receive queue (proto/wire.h has the
 * packets). After the client has come the broker keeps nothing: the ends have each
 * other, whoever inherits an end inherits its descriptors, and the broker's death
 * disturbs nobody (hold.h has the exception that the older rules make). With 10,000 instances that is the difference between fitting the
 * usual limit of descriptors and not fitting it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "npfs/base/macro.h"
#include "npfs/core/done.h"
#include "npfs/proto/wire.h"

struct np_channel {
	struct np_done done; /* NP_DONE_CHANNEL; what the model holds */
	int client_fd;       /* owned; the client's socket, the memfd queued in it */
	int server_fd;       /* owned; until the server has it, or for a hold */
	int shm_fd;          /* owned; until the server has it */
};

int np_channel_new(struct np_channel **channelp, uint64_t instance_id, uint32_t type,
		   uint32_t inbound_quota, uint32_t outbound_quota) NP_MUST_CHECK;
struct np_channel *np_channel_free(struct np_channel *channel);
void np_channel_drop_server(struct np_channel *channel, bool keeps_socket);
int np_channel_look(const struct np_channel *channel) NP_MUST_CHECK;
int np_channel_introduce(struct np_channel *channel,
			 const void *hello, size_t len) NP_MUST_CHECK;
