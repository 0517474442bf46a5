/* SPDX-License-Identifier: MIT */
/*
 * The trace log (model: trace_log.h)
 */
#include "npfs/broker/trace_log.h"

#include <stdlib.h>
#include <string.h>

#include "npfs/base/clock.h"
#include "npfs/base/fd.h"
#include "npfs/base/log.h"
#include "npfs/broker/access.h"
#include "npfs/broker/broker.h"
#include "npfs/broker/channel.h"
#include "npfs/broker/client.h"

/* Forgets all events before number @end. */
static void forget_until(struct np_trace_log *log, uint64_t end)
{
	for (; log->first < end; log->first++) {
		struct np_trace_event *event = &log->ring[log->first % NP_TRACE_LOG_MAX];

		event->fd = np_fd_close(event->fd);
		free(event->name);
		event->name = NULL;
	}
}

/* np_trace_log_init() - an empty log; @first is not 0, and unlike that of another broker */
void np_trace_log_init(struct np_trace_log *log, uint64_t first)
{
	*log = (struct np_trace_log){.first = first, .next = first};
}

void np_trace_log_fini(struct np_trace_log *log)
{
	forget_until(log, log->next);
}

/* np_trace_log_subscribe() - @client traces from now on; twice is once */
void np_trace_log_subscribe(struct np_client *client)
{
	if (client->is_tracing)
		return;
	client->is_tracing = true;
	client->broker->trace_log.n_subscribers++;
	np_log(NP_LOG_INFO, "client %u (uid %u) traces", client->pid, client->uid);
}

/* np_trace_log_unsubscribe() - @client traces no more, if it did */
void np_trace_log_unsubscribe(struct np_client *client)
{
	struct np_trace_log *log = &client->broker->trace_log;

	if (!client->is_tracing)
		return;
	client->is_tracing = false;
	if (--log->n_subscribers > 0)
		return;
	/* a cursor from before has missed something */
	forget_until(log, log->next);
	log->first = ++log->next;
}

/* np_trace_log_may_see() - is @caller told of @event? */
bool np_trace_log_may_see(const struct np_caller *caller, const struct np_trace_event *event)
{
	const struct np_wire_trace *head = &event->head;
	uint32_t uid = caller->token.uid;

	if (caller->token.is_anonymous)
		return false;
	return uid == 0 || caller->token.is_administrator ||
	       (head->server_pid != 0 && head->server_uid == uid) ||
	       (head->client_pid != 0 && head->client_uid == uid);
}

static void describe(const struct np_instance *instance, struct np_wire_trace *head)
{
	head->instance_id = instance->id;
	head->inbound_quota = instance->inbound_quota;
	head->outbound_quota = instance->outbound_quota;
	head->type = instance->pipe->type;
	if (instance->owner) {
		head->server_pid = instance->owner->pid;
		head->server_uid = instance->owner->uid;
	}
	if (instance->state == NP_STATE_CONNECTED || instance->state == NP_STATE_CLOSING) {
		head->client_pid = instance->client_pid;
		head->client_uid = instance->client_uid;
	}
}

/* np_trace_log_may_trace() - would it be told of what happens to @instance? */
bool np_trace_log_may_trace(const struct np_caller *caller, const struct np_instance *instance)
{
	struct np_trace_event event = {.fd = -1};

	describe(instance, &event.head);
	return np_trace_log_may_see(caller, &event);
}

/* Puts an event in, whose descriptor and name are the log's now. Names that are not told begin
 * with a unit 0. */
static void put(struct np_trace_log *log, struct np_trace_event *event, const uint16_t *name,
		size_t name_len)
{
	if (name_len > 0 && name[0] != 0)
		event->name = malloc(name_len * sizeof(*name));
	if (!event->name) {
		/* without memory everybody has missed something */
		np_fd_close(event->fd);
		if (name_len > 0 && name[0] != 0) {
			forget_until(log, log->next);
			log->first = ++log->next;
		}
		return;
	}
	memcpy(event->name, name, name_len * sizeof(*name));
	event->head.name_len = (uint32_t)(name_len * sizeof(*name));
	event->head.time_ns = np_clock_now_unix_ns();
	event->head.has_memfd = event->fd >= 0;
	if (log->next - log->first == NP_TRACE_LOG_MAX)
		forget_until(log, log->first + 1);
	log->ring[log->next++ % NP_TRACE_LOG_MAX] = *event;
}

static void put_instance(struct np_broker *broker, enum np_trace_kind kind,
			 const struct np_instance *instance, int fd)
{
	struct np_trace_event event = {.head = {.kind = kind}, .fd = fd};

	describe(instance, &event.head);
	put(&broker->trace_log, &event, instance->pipe->name, instance->pipe->name_len);
}

void np_trace_log_add(struct np_broker *broker, enum np_trace_kind kind,
		      const struct np_instance *instance)
{
	if (broker->trace_log.n_subscribers > 0)
		put_instance(broker, kind, instance, -1);
}

void np_trace_log_add_id(struct np_broker *broker, enum np_trace_kind kind, uint64_t id)
{
	const struct np_instance *instance;

	if (broker->trace_log.n_subscribers == 0)
		return;
	instance = np_volume_find_instance(&broker->volume, id);
	if (instance)
		put_instance(broker, kind, instance, -1);
}

/* np_trace_log_note() - @client is about to do this to an instance, if it is its own */
void np_trace_log_note(const struct np_client *client, enum np_trace_kind kind, uint64_t id)
{
	const struct np_instance *instance;

	if (client->broker->trace_log.n_subscribers == 0)
		return;
	instance = np_volume_find_instance(&client->broker->volume, id);
	if (instance && instance->owner == &client->owner &&
	    (kind != NP_TRACE_DISCONNECTED || instance->state == NP_STATE_CONNECTED ||
	     instance->state == NP_STATE_CLOSING))
		put_instance(client->broker, kind, instance, -1);
}

/* np_trace_log_add_open() - a client has come; it has not been given @channel yet */
void np_trace_log_add_open(struct np_broker *broker, const struct np_instance *instance,
			   const struct np_channel *channel)
{
	if (broker->trace_log.n_subscribers > 0)
		put_instance(broker, NP_TRACE_OPENED, instance, np_channel_look(channel));
}

/* np_trace_log_add_refusal() - @client wanted to open @name */
void np_trace_log_add_refusal(const struct np_client *client, npfs_status status,
			      const uint16_t *name, size_t name_len)
{
	struct np_trace_log *log = &client->broker->trace_log;
	struct np_trace_event event = {
		.head = {
			.kind = NP_TRACE_REFUSED,
			.client_pid = client->pid,
			.client_uid = client->uid,
			.status = status,
		},
		.fd = -1,
	};
	const struct np_pipe *pipe;

	if (log->n_subscribers == 0)
		return;
	pipe = np_volume_find_pipe(&client->broker->volume, name, name_len);
	if (pipe && !np_list_is_empty(&pipe->instances)) {
		const struct np_instance *first = np_list_entry(
			pipe->instances.next, struct np_instance, pipe_link);

		event.head.server_pid = first->owner ? first->owner->pid : 0;
		event.head.server_uid = first->owner ? first->owner->uid : 0;
	}
	put(log, &event, name, name_len);
}

/* np_trace_log_add_owner_gone() - @client goes, and its instances with it */
void np_trace_log_add_owner_gone(const struct np_client *client)
{
	struct np_list *node;

	if (client->broker->trace_log.n_subscribers == 0)
		return;
	np_list_for_each (node, &client->owner.instances)
		put_instance(client->broker, NP_TRACE_CLOSED,
			     np_list_entry(node, struct np_instance, owner_link), -1);
}
