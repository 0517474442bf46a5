/* SPDX-License-Identifier: MIT */
/*
 * CLOSE: the server end of an instance is gone
 */
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"

int np_op_close_run(struct np_client *client, const struct np_wire_msg *msg)
{
	struct np_rep_close rep = {.previous_state = 0};
	npfs_status status;

	np_trace_log_note(client, NP_TRACE_CLOSED, msg->fixed.req.close.instance_id);
	status = np_volume_close(&client->broker->volume, &client->owner,
				 msg->fixed.req.close.instance_id, &rep.previous_state);
	if (status == STATUS_SUCCESS) {
		np_user_refund(client->user, NP_LIMIT_INSTANCES, 1);
		np_journal_add_gone(client->broker, msg->fixed.req.close.instance_id);
		np_journal_commit(client->broker);
		np_hold_server_closed(client, msg->fixed.req.close.instance_id);
	}
	if (msg->header.flags & NP_REQ_NO_REPLY)
		return 0;
	return np_client_reply(client, NP_OP_CLOSE, msg->header.tag, status, &rep, NULL,
			       0, NULL, 0);
}
