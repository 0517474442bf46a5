/* SPDX-License-Identifier: MIT */
/*
 * OBJECT_CLAIM: a process says which objects it held with the broker before this one
 * (model: recovery.h)
 */
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"

int np_op_object_claim_run(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_rep_object_claim rep = {.reserved = 0};
	npfs_status status = np_recovery_claim_object(client, &msg->fixed.req.object_claim,
						      client->broker->in_fds);

	return np_client_reply(client, NP_OP_OBJECT_CLAIM, msg->header.tag, status, &rep,
			       NULL, 0, NULL, 0);
}
