/* SPDX-License-Identifier: MIT */
/*
 * From a packet to the function of its operation, and the list of these functions
 *
 * There is one np_op_<name>_run() per line of proto/wire.def, in op_<name>.c. It
 * receives a well-formed request and answers it with np_client_reply(), or later for one
 * that blocks.
 */
#pragma once

#include <npfs/status.h>

#include "npfs/base/macro.h"
#include "npfs/proto/wire.h"

struct np_channel;
struct np_client;
struct np_waiter;

/* Return: 0; -errno when the client cannot be served any more and has to be dropped. */
typedef int (*np_op_fn)(struct np_client *client, const struct np_wire_msg *msg);

#define NP_OP(number, NAME, name, flags, fds_in, fds_out)                                \
	int np_op_##name##_run(struct np_client *client, const struct np_wire_msg *msg);
#include "npfs/proto/wire.def"

int np_dispatch(struct np_client *client, const void *packet, size_t len,
		unsigned n_fds) NP_MUST_CHECK;
npfs_status np_op_listen_again(struct np_client *client, uint64_t id,
			       struct np_channel **channelp, bool *heedsp,
			       uint32_t *previous_statep) NP_MUST_CHECK;
void np_op_wait_done(struct np_waiter *waiter, npfs_status status);
