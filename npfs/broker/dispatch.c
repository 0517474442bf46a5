/* SPDX-License-Identifier: MIT */
/*
 * Dispatch by operation number; the table comes from proto/wire.def
 */
#include "npfs/broker/dispatch.h"

#include <errno.h>

#include "npfs/base/err.h"
#include "npfs/base/log.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"

static const np_op_fn op_fns[NP_OP_LAST + 1] = {
#define NP_OP(number, NAME, name, flags, fds_in, fds_out) [number] = np_op_##name##_run,
#include "npfs/proto/wire.def"
};

/* Says to a client of another version which one this is, before it is dropped. */
static int reply_mismatch(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_rep_hello rep = {.version = NP_WIRE_VERSION};
	int r;

	r = np_client_reply(client, NP_OP_HELLO, msg->header.tag,
			    STATUS_REVISION_MISMATCH, &rep, NULL, 0, NULL, 0);
	return r < 0 ? r : -EPROTONOSUPPORT;
}

/**
 * np_dispatch() - check and execute one request
 * @client:	who sent it
 * @packet:	as received, aligned to 8
 * @len:	as received
 * @n_fds:	descriptors that came with it; they are in np_broker.in_fds
 *
 * Return: 0; -EPROTO for something that is no request, or another errno; the client is
 * then to be dropped.
 */
int np_dispatch(struct np_client *client, const void *packet, size_t len,
		unsigned n_fds)
{
	struct np_wire_msg msg;
	int r;

	r = np_wire_check_request(packet, len, n_fds, !client->has_hello, &msg);
	if (r == -EPROTONOSUPPORT)
		return reply_mismatch(client, &msg);
	if (r < 0)
		return r;
	if (client->is_split && !(np_op_find(msg.header.op)->flags & NP_OPF_INSTANCE))
		return np_err(-EPROTO);
	client->has_hello = true;
	client->broker->stats.n_requests++;
	np_debug(NP_DEBUG_CONN, "client %u: %s", client->pid, np_op_name(msg.header.op));
	return op_fns[msg.header.op](client, &msg);
}
