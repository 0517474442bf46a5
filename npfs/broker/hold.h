/* SPDX-License-Identifier: MIT */
/*
 * Holds: the broker notices when a client closes, where the older rules ask for that
 *
 * As a rule the broker is out of it once a client has its end (channel.h). By the rules of
 * NT 3.x and 4 a client keeps the name alive after its server has closed (npfs-semantics
 * 10.2), so somebody has to know when it goes, whatever became of the server. For a pipe
 * whose creator asked for these rules the broker therefore keeps a copy of the server's
 * socket of each connection. The copy hangs up when the last descriptor of the client's
 * socket is closed.
 *
 * A copy must not keep the connection alive. The ends tell each other of a close in good
 * order through the shared memory; for a server that dies, shutting the copy down for
 * writing shows the client the end of the stream and leaves the hang-up to come.
 *
 * One hold per instance, from the open until the client has gone, or until the server
 * disconnects it or listens again. While the server end is gone the hold is charged to
 * the server's user like an instance.
 *
 * As with hang-ups of clients (broker.h), what had happened before a request was sent has
 * been noticed when the request is executed.
 */
#pragma once

#include <stdint.h>

#include "npfs/base/list.h"
#include "npfs/base/map.h"

struct np_broker;
struct np_client;

struct np_holds {
	int epoll_fd;        /* owned: set of all copies; reports hang-ups only */
	struct np_list list; /* struct np_hold.link, owned */
	struct np_map by_id; /* instance number -> struct np_hold */
};

int np_holds_init(struct np_broker *broker) NP_MUST_CHECK;
void np_holds_fini(struct np_broker *broker);
void np_holds_reap(struct np_broker *broker);

void np_hold_start_take(struct np_broker *broker, uint64_t id, int fd);
void np_hold_end(struct np_broker *broker, uint64_t id);
void np_hold_server_closed(struct np_client *client, uint64_t id);
void np_holds_server_gone(struct np_client *client);
