/* SPDX-License-Identifier: MIT */
/*
 * DISCONNECT: no client can connect to the instance until it listens again
 */
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"

int np_op_disconnect_run(struct np_client *client, const struct np_wire_msg *msg)
{
	struct np_rep_disconnect rep = {.previous_state = 0};
	npfs_status status;

	np_trace_log_note(client, NP_TRACE_DISCONNECTED,
			  msg->fixed.req.disconnect.instance_id);
	status = np_volume_disconnect(&client->broker->volume, &client->owner,
				      msg->fixed.req.disconnect.instance_id,
				      &rep.previous_state);
	if (status == STATUS_SUCCESS)
		np_hold_end(client->broker, msg->fixed.req.disconnect.instance_id);
	if (msg->header.flags & NP_REQ_NO_REPLY)
		return 0;
	return np_client_reply(client, NP_OP_DISCONNECT, msg->header.tag, status, &rep,
			       NULL, 0, NULL, 0);
}
