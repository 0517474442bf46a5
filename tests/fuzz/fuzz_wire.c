/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing: requests as a hostile client sends them, through the validator into the model
 *
 * The input is a series of packets, each with a control byte and a length before it:
 *
 *	u8 control	bit 0: which of two clients; bit 1: the first packet of a connection;
 *			bit 2: mend the header, so that what follows it is reached; bit 3:
 *			time passes; bits 4..7: the operation, when mending
 *	u16 length	bytes of the packet that follow, as many as there are
 *
 * What the broker does with sockets and memory files is left out; the model and its
 * deferred list run as they do there. After each packet the model's own invariants are
 * checked, and at the end nothing may be left.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/clock.h"
#include "npfs/core/volume.h"
#include "npfs/proto/wire.h"

#define N_CLIENTS 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct client {
	struct np_owner owner;
	struct np_waiter waiter;
};

struct world {
	struct np_volume volume;
	struct client clients[N_CLIENTS];
	int64_t now_ns;
	size_t n_channels; /* made and not given back yet */
	size_t n_tokens;
};

static struct np_done *record_new(enum np_done_kind kind, size_t *countp)
{
	struct np_done *done = malloc(sizeof(*done));

	if (!done)
		abort();
	np_done_init(done, kind);
	(*countp)++;
	return done;
}

static void record_free(struct np_done *done, size_t *countp)
{
	free(done);
	(*countp)--;
}

static void settle(struct world *world)
{
	struct np_done *done;

	while ((done = np_done_pop(&world->volume.done)) != NULL) {
		switch (done->kind) {
		case NP_DONE_WAITER:
			assert(!np_waiter_is_waiting(
				np_container_of(done, struct np_waiter, done)));
			break;
		case NP_DONE_CHANNEL:
			record_free(done, &world->n_channels);
			break;
		case NP_DONE_PIPE:
			record_free(done, &world->n_tokens);
			break;
		}
	}
}

static void run_create(struct world *world, struct client *client,
		       const struct np_wire_msg *msg)
{
	const struct np_req_create *req = &msg->fixed.req.create;
	size_t name_len = msg->header.name_len / 2;
	struct np_instance *instance = NULL;
	struct np_done *channel, *token;
	uint32_t type = 0, information = 0;
	npfs_status checked, status;

	checked = np_volume_check_create(&world->volume, req, msg->name, name_len, &type);
	channel = record_new(NP_DONE_CHANNEL, &world->n_channels);
	token = record_new(NP_DONE_PIPE, &world->n_tokens);
	status = np_volume_create(&world->volume, &client->owner, req, msg->name,
				  name_len, msg->header.extra_len ? msg->extra : NULL,
				  msg->header.extra_len, channel, token, &instance,
				  &information);
	assert(checked == status);
	if (status != STATUS_SUCCESS)
		record_free(channel, &world->n_channels);
	if (status != STATUS_SUCCESS || instance->pipe->token != token)
		record_free(token, &world->n_tokens);
	if (status == STATUS_SUCCESS)
		assert(instance->pipe->type == type &&
		       instance->state == NP_STATE_LISTENING);
}

static void run_listen(struct world *world, struct client *client, uint64_t id)
{
	struct np_done *channel = record_new(NP_DONE_CHANNEL, &world->n_channels);
	uint32_t previous;

	if (np_volume_listen(&world->volume, &client->owner, id, channel, &previous) !=
	    STATUS_SUCCESS)
		record_free(channel, &world->n_channels);
}

static void run(struct world *world, struct client *client, const struct np_wire_msg *msg)
{
	struct np_volume *volume = &world->volume;
	size_t name_len = msg->header.name_len / 2;
	struct np_volume_open open;
	struct np_pipe *pipe;
	uint32_t previous;

	switch (msg->header.op) {
	case NP_OP_CREATE:
		run_create(world, client, msg);
		break;
	case NP_OP_OPEN:
		if (np_volume_open(volume, &msg->fixed.req.open, msg->name, name_len,
				   &open) == STATUS_SUCCESS)
			record_free(open.channel, &world->n_channels);
		break;
	case NP_OP_LISTEN:
		run_listen(world, client, msg->fixed.req.listen.instance_id);
		break;
	case NP_OP_DISCONNECT:
		np_volume_disconnect(volume, &client->owner,
				     msg->fixed.req.disconnect.instance_id, &previous);
		break;
	case NP_OP_CLOSE:
		np_volume_close(volume, &client->owner, msg->fixed.req.close.instance_id,
				&previous);
		break;
	case NP_OP_QUERY:
		np_volume_find_pipe(volume, msg->name, name_len);
		np_volume_find_instance(volume, msg->fixed.req.query.instance_id);
		break;
	case NP_OP_WAIT:
		/* a client that waits is not heard until it has its answer */
		np_waiter_cancel(&client->waiter);
		np_volume_wait(volume, &client->waiter, &msg->fixed.req.wait, msg->name,
			       name_len, world->now_ns);
		break;
	case NP_OP_LIST:
		for (pipe = np_volume_next_pipe(volume, msg->fixed.req.list.after); pipe;
		     pipe = np_volume_pipe_after(volume, pipe))
			assert(pipe->n_instances > 0);
		break;
	default:
		break;
	}
}

static void check_invariants(const struct world *world)
{
	const struct np_volume *volume = &world->volume;
	size_t n_pipes = 0, n_instances = 0, n_listening = 0;
	const struct np_pipe *pipe;

	for (pipe = np_volume_next_pipe(volume, 0); pipe;
	     pipe = np_volume_pipe_after(volume, pipe)) {
		assert(pipe->n_instances > 0 && pipe->n_instances <= pipe->max_instances);
		assert(pipe->n_listening <= pipe->n_instances);
		assert(pipe->n_listening == 0 || np_list_is_empty(&pipe->waiters));
		n_pipes++;
		n_instances += pipe->n_instances;
		n_listening += pipe->n_listening;
	}
	assert(n_pipes == np_map_len(&volume->by_name));
	assert(n_pipes == world->n_tokens);
	assert(n_instances == np_map_len(&volume->by_id));
	assert(n_listening == world->n_channels);
	assert(n_instances == (size_t)world->clients[0].owner.n_instances +
				      world->clients[1].owner.n_instances);
}

/* Makes the header fit the packet, so that a mutation of the rest is a proper request. */
static void mend(uint8_t *packet, size_t len, unsigned op)
{
	const struct np_op_info *info = np_op_find(op);
	struct np_wire_header header;
	size_t rest;

	if (!info || len < sizeof(header) + info->req_len)
		return;
	memcpy(&header, packet, sizeof(header));
	rest = len - sizeof(header) - info->req_len;
	header.magic = NP_WIRE_MAGIC;
	header.version = NP_WIRE_VERSION;
	header.op = (uint16_t)op;
	header.total_len = (uint32_t)len;
	header.status = 0;
	header.flags &= info->flags & NP_OPF_QUIET ? NP_REQ_FLAGS : 0;
	header.extra_len = info->flags & NP_OPF_EXTRA ? header.extra_len % (rest + 1) : 0;
	header.name_len = (uint32_t)(rest - header.extra_len);
	memcpy(packet, &header, sizeof(header));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(8) uint8_t packet[65536];
	struct world world = {.now_ns = NP_NS_PER_SEC};
	size_t i;

	np_volume_init(&world.volume);
	for (i = 0; i < N_CLIENTS; i++) {
		np_owner_init(&world.clients[i].owner, (uint32_t)i + 1, 0);
		np_waiter_init(&world.clients[i].waiter);
	}
	while (size >= 3) {
		uint8_t control = data[0];
		size_t len = (size_t)data[1] | (size_t)data[2] << 8;
		struct client *client = &world.clients[control & 1];
		struct np_wire_msg msg;

		data += 3;
		size -= 3;
		len = np_min_size(len, size);
		memcpy(packet, data, len);
		data += len;
		size -= len;
		if (control & 8) {
			world.now_ns += NP_NS_PER_SEC;
			np_volume_tick(&world.volume, world.now_ns);
			settle(&world);
			assert(np_volume_next_deadline(&world.volume) > world.now_ns);
		}
		if (control & 4)
			mend(packet, len, control >> 4);
		if (np_wire_check_request(packet, len, 0, control & 2, &msg) == 0)
			run(&world, client, &msg);
		settle(&world);
		check_invariants(&world);
	}
	for (i = 0; i < N_CLIENTS; i++) {
		np_waiter_cancel(&world.clients[i].waiter);
		np_volume_drop_owner(&world.volume, &world.clients[i].owner);
	}
	settle(&world);
	check_invariants(&world);
	assert(world.n_channels == 0 && world.n_tokens == 0);
	np_volume_fini(&world.volume);
	return 0;
}
