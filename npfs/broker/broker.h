/* SPDX-License-Identifier: MIT */
/*
 * The broker: one thread, one loop, one volume, many clients
 *
 * Nothing here blocks. A client that sends nonsense, sends half of something, does not
 * read its replies or takes more than its share is dropped or refused, and nobody else
 * notices.
 *
 * Cause and effect. A process that saw another one end must not hear from us that its
 * pipes still exist. The end of a client and the next request of a witness are events on
 * two sockets, and an event loop may see them in either order. Therefore every client is
 * also in a second epoll set that reports hang-ups only; it is emptied after a request
 * was received and before it is executed. What had ended when the request was sent has
 * then been dropped.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "npfs/base/list.h"
#include "npfs/base/loop.h"
#include "npfs/base/patience.h"
#include "npfs/broker/audit.h"
#include "npfs/broker/deposit.h"
#include "npfs/broker/hold.h"
#include "npfs/broker/journal.h"
#include "npfs/broker/limits.h"
#include "npfs/broker/listen.h"
#include "npfs/broker/options.h"
#include "npfs/broker/recovery.h"
#include "npfs/broker/seal.h"
#include "npfs/broker/trace_log.h"
#include "npfs/broker/turns.h"
#include "npfs/core/object.h"
#include "npfs/core/volume.h"

struct np_client;

struct np_broker_stats {
	uint64_t n_accepted;
	uint64_t n_dropped; /* for misbehaviour, not those that left by themselves */
	uint64_t n_requests;
};

struct np_broker {
	const struct np_options *options; /* borrowed */
	struct np_loop loop;
	struct np_volume volume;
	struct np_objects objects;
	struct np_list loans; /* of objects, owned (object.h) */
	struct np_limits limits;
	struct np_turns turns;
	bool may_look; /* there is a processor for it: look_for_more() in broker.c */
	struct np_patience patience; /* of looking before a sleep */
	struct np_listener listener;
	struct np_list clients; /* np_client.link, owned */
	struct np_list watchers; /* np_client.watch_link, borrowed; oldest cursor first */
	uint32_t n_clients;
	struct np_holds holds;
	struct np_map keys; /* np_client.key -> struct np_client */
	struct np_seal_secret secret;
	uint64_t next_connection; /* number of the next open; never 0 */
	int hangup_fd; /* owned: epoll set that reports hang-ups only */
	int signal_fd; /* owned */
	int spare_fd;  /* owned: given up for a moment when descriptors run out; or -1 */
	struct np_timer wait_timer; /* the volume's next deadline */
	struct np_timer idle_timer; /* armed while there is no client */
	struct np_broker_stats stats;
	struct np_audit audit;
	struct np_audit refused_connections;
	struct np_deposits deposits;
	struct np_trace_log trace_log;
	struct np_journal journal;
	bool is_leaving; /* whoever has something goes on with it */
	struct np_recovery recovery;
	void *in_packet;  /* owned: NP_WIRE_PACKET_MAX bytes, the request in hand */
	int in_fds[NP_WIRE_FDS_MAX]; /* owned: what came with it; -1 once taken */
	unsigned n_in_fds;
	void *out_packet; /* owned: NP_WIRE_PACKET_MAX bytes, the reply in hand */
};

int np_broker_init(struct np_broker *broker,
		   const struct np_options *options) NP_MUST_CHECK;
void np_broker_fini(struct np_broker *broker);
int np_broker_listen(struct np_broker *broker) NP_MUST_CHECK;
int np_broker_run(struct np_broker *broker);

void np_broker_settle(struct np_broker *broker);
void np_broker_reap_hangups(struct np_broker *broker, const struct np_client *current);
void np_broker_client_gone(struct np_broker *broker);
