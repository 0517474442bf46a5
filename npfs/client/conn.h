/* SPDX-License-Identifier: MIT */
/*
 * Control connections to the broker
 *
 * A process has one main connection, made at its first call. Its instances belong to
 * that connection: the broker closes them when the process ends. When it is the broker that
 * ends, the next connection claims them all before anything else is asked (registry.h). A mutex is held around one
 * request and its reply. Requests that may take long use connections of their own, lent
 * by a pool.
 *
 * A connection is worth nothing in the child of a fork: the child would share the
 * parent's socket and keep the parent's instances alive. np_conn_fork_child() closes
 * what was inherited; in case nobody called it, each call compares the process number
 * first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/proto/wire.h"

struct np_conn_reply;
struct np_registered;

/*
 * A connection that belongs to one instance and is used by several processes, one at a
 * time: what comes with another tag answers somebody who is gone.
 */
struct np_conn_via {
	int fd; /* borrowed */
	uint32_t tag;
};

struct np_conn_request {
	const struct np_conn_via *via; /* borrowed; NULL: the main connection */
	unsigned op;
	uint32_t flags;    /* NP_REQ_ */
	const void *fixed; /* struct np_req_<op>; borrowed */
	const void *name;  /* borrowed */
	size_t name_len;   /* bytes */
	const void *extra; /* borrowed */
	size_t extra_len;  /* bytes */
	const int *fds;    /* borrowed; not with @via */
	unsigned n_fds;
	struct np_registered *registered; /* borrowed; of CREATE and LISTEN: see registry.h */
	/*
	 * Over the main connection, under its lock, so that whoever claims finds what the
	 * broker knows. Each at most once.
	 */
	void (*begins)(void *arg); /* before anything is sent; may change what fixed has */
	void (*landed)(void *arg, struct np_conn_reply *reply); /* a reply of success came */
	/*
	 * Likewise, when it is on its way and the broker is at it: once for each time that it
	 * was sent, so perhaps never.
	 */
	void (*sent)(void *arg);
	void *arg; /* borrowed */
};

struct np_conn_reply {
	npfs_status status;
	union np_wire_rep rep;
	void *extra; /* owned, or NULL */
	size_t extra_len;
	int fds[NP_WIRE_FDS_MAX]; /* owned, or -1 */
};

/* clang-format off */
#define NP_CONN_REPLY_INIT { .status = STATUS_UNSUCCESSFUL, .fds = { -1, -1, -1, -1, -1, -1, -1, -1 } }
/* clang-format on */

void np_conn_reply_fini(struct np_conn_reply *reply);

npfs_status np_conn_call(const struct np_conn_request *request,
			 struct np_conn_reply *replyp);
npfs_status np_conn_call_long(const struct np_conn_request *request, int cancel_fd,
			      struct np_conn_reply *replyp);

/* under the lock of the main connection, over the one that there is */
int np_conn_exchange(const struct np_conn_request *request, struct np_conn_reply *reply);

/* the main connection, made if need be, by starting a broker or not */
npfs_status np_conn_ensure(bool may_start);

/* channels for ends that listen and got none when they were claimed */
bool np_conn_adopt_orphans(void);

/* a broker is gone since @lost_ns: sleep a little if it makes sense to ask again */
bool np_conn_await_broker(npfs_status status, int64_t lost_ns);

/* a connection that only shows who made it: see identity.h */
npfs_status np_conn_side_open(int *fdp, uint64_t key[2]);

void np_conn_fork_child(void);
void np_conn_shutdown(void);
