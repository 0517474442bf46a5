/* SPDX-License-Identifier: MIT */
/*
 * DEPOSIT and COLLECT: a parcel for another process (model: deposit.h)
 */
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/deposit.h"
#include "npfs/broker/dispatch.h"

int np_op_deposit_run(struct np_client *client, const struct np_wire_msg *msg)
{
	struct np_broker *broker = client->broker;
	struct np_rep_deposit rep = {.ticket = 0};
	npfs_status status;

	status = np_deposit_put(client, &msg->fixed.req.deposit, msg->extra,
				msg->header.extra_len, broker->in_fds, broker->n_in_fds,
				&rep.ticket);
	return np_client_reply(client, NP_OP_DEPOSIT, msg->header.tag, status, &rep, NULL,
			       0, NULL, 0);
}

int np_op_collect_run(struct np_client *client, const struct np_wire_msg *msg)
{
	struct np_broker *broker = client->broker;
	struct np_rep_collect rep = {.kind = 0};
	struct np_deposit *deposit;
	int r;

	deposit = np_deposit_take(broker, client->pid, msg->fixed.req.collect.ticket);
	if (!deposit)
		return np_client_reply(client, NP_OP_COLLECT, msg->header.tag,
				       STATUS_NOT_FOUND, &rep, NULL, 0, NULL, 0);
	rep.kind = deposit->kind;
	rep.access = deposit->access;
	rep.flags = deposit->flags;
	r = np_client_reply(client, NP_OP_COLLECT, msg->header.tag, STATUS_SUCCESS, &rep,
			    deposit->body, deposit->len, deposit->fds, deposit->n_fds);
	np_deposit_free(broker, deposit);
	return r;
}
