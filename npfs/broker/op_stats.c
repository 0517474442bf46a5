/* SPDX-License-Identifier: MIT */
/*
 * STATS: the broker's counters
 */
#include <unistd.h>

#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"

int np_op_stats_run(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_broker *broker = client->broker;
	const struct np_rep_stats rep = {
		.broker_pid = (uint32_t)getpid(),
		.n_clients = broker->n_clients,
		.n_pipes = (uint32_t)np_map_len(&broker->volume.by_name),
		.n_instances = (uint32_t)np_map_len(&broker->volume.by_id),
		.n_waiters = (uint32_t)broker->volume.waiters.n_waiters,
		.n_accepted = broker->stats.n_accepted,
		.n_dropped = broker->stats.n_dropped,
		.n_requests = broker->stats.n_requests,
	};

	return np_client_reply(client, NP_OP_STATS, msg->header.tag, STATUS_SUCCESS, &rep,
			       NULL, 0, NULL, 0);
}
