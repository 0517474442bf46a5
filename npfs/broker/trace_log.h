/* SPDX-License-Identifier: MIT */
/*
 * The trace log: what has happened to instances, for those who trace
 *
 * The last NP_TRACE_LOG_MAX events, numbered without gaps; who traces remembers the number
 * behind the last one it was told (its cursor). Nothing is recorded, and nothing is done, while
 * nobody subscribes.
 *
 * An open is recorded with a descriptor of the connection's memfd, for reading: whoever may
 * trace the connection gets a copy with the event, and so sees its data from the first byte,
 * also when the connection is gone again. The broker itself looks into none. The descriptors
 * go with their events, when others take their place or the last subscriber leaves.
 *
 * Of an event is told who is root or an administrator, the user of the server's end, or the
 * user of the client's: each of them has the data anyway, or may read that process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/proto/wire.h"

#define NP_TRACE_LOG_MAX 256u

struct np_broker;
struct np_caller;
struct np_channel;
struct np_client;
struct np_instance;

struct np_trace_event {
	struct np_wire_trace head;
	uint16_t *name; /* owned; head.name_len bytes */
	int fd;		/* owned; or -1 */
};

struct np_trace_log {
	struct np_trace_event ring[NP_TRACE_LOG_MAX]; /* number n is at n % NP_TRACE_LOG_MAX */
	uint64_t first;				      /* the oldest that is left */
	uint64_t next;				      /* what the next one will be called */
	unsigned n_subscribers;
};

void np_trace_log_init(struct np_trace_log *log, uint64_t first);
void np_trace_log_fini(struct np_trace_log *log);
void np_trace_log_subscribe(struct np_client *client);
void np_trace_log_unsubscribe(struct np_client *client);
bool np_trace_log_may_see(const struct np_caller *caller,
			  const struct np_trace_event *event) NP_MUST_CHECK;

bool np_trace_log_may_trace(const struct np_caller *caller,
			    const struct np_instance *instance) NP_MUST_CHECK;

/* what has happened; each costs one comparison when nobody subscribes */
void np_trace_log_add(struct np_broker *broker, enum np_trace_kind kind,
		      const struct np_instance *instance);
void np_trace_log_add_id(struct np_broker *broker, enum np_trace_kind kind, uint64_t id);
void np_trace_log_note(const struct np_client *client, enum np_trace_kind kind, uint64_t id);
void np_trace_log_add_open(struct np_broker *broker, const struct np_instance *instance,
			   const struct np_channel *channel);
void np_trace_log_add_refusal(const struct np_client *client, npfs_status status,
			      const uint16_t *name, size_t name_len);
void np_trace_log_add_owner_gone(const struct np_client *client);
