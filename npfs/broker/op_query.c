/* SPDX-License-Identifier: MIT */
/*
 * QUERY: what is known of a pipe, by its name or by one of its instances
 *
 * Anybody may ask about an instance whose number they know: a client does, for whom the
 * number of instances is part of what its end tells. An instance whose server end is gone
 * has no pipe any more, but for the older rules; its client is told that there are 0
 * instances.
 */
#include "npfs/broker/broker.h"
#include "npfs/broker/client.h"
#include "npfs/broker/dispatch.h"

static uint32_t count_waiters(const struct np_pipe *pipe)
{
	struct np_list *node;
	uint32_t n = 0;

	np_list_for_each (node, &pipe->waiters)
		n++;
	return n;
}

int np_op_query_run(struct np_client *client, const struct np_wire_msg *msg)
{
	const struct np_volume *volume = &client->broker->volume;
	uint64_t id = msg->fixed.req.query.instance_id;
	struct np_rep_query rep = {.current_instances = 0};
	const struct np_instance *instance = NULL;
	const struct np_pipe *pipe = NULL;
	npfs_status status = STATUS_SUCCESS;

	if (id != 0 && msg->header.name_len > 0) {
		status = STATUS_INVALID_PARAMETER;
	} else if (id != 0) {
		instance = np_volume_find_instance(volume, id);
		pipe = instance ? instance->pipe : NULL;
	} else {
		pipe = np_volume_find_pipe(volume, msg->name, msg->header.name_len / 2);
		if (pipe && pipe->n_servers == 0)
			pipe = NULL;
		if (!pipe)
			status = STATUS_OBJECT_NAME_NOT_FOUND;
	}
	if (pipe) {
		rep.current_instances = np_pipe_count(pipe);
		rep.max_instances = pipe->max_instances;
		rep.type = pipe->type;
		rep.config = pipe->config;
		rep.state = instance ? instance->state : 0;
		rep.n_listening = pipe->n_listening;
		rep.n_waiters = count_waiters(pipe);
		rep.default_timeout = pipe->default_timeout;
	}
	return np_client_reply(client, NP_OP_QUERY, msg->header.tag, status, &rep, NULL,
			       0, NULL, 0);
}
