/* SPDX-License-Identifier: MIT */
/*
 * HELLO: the two sides agree on the protocol
 */
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"

#include <unistd.h>

int np_op_hello_run(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_rep_hello rep = {
		.version = NP_WIRE_VERSION,
		.pid = (uint32_t)getpid(),
		.key = {client->key[0], client->key[1]},
	};
	npfs_status status = STATUS_SUCCESS;

	if (msg->fixed.req.hello.version != NP_WIRE_VERSION)
		status = STATUS_REVISION_MISMATCH;
	return np_client_reply(client, NP_OP_HELLO, msg->header.tag, status, &rep, NULL,
			       0, NULL, 0);
}
