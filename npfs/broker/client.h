/* SPDX-License-Identifier: MIT */
/*
 * A client: one accepted connection
 *
 * Who it is was asked from the kernel when it was accepted and never changes. It owns
 * instances (np_owner) and has at most one wait at a time; while it waits, its next
 * request is left in the socket.
 *
 * Processes that hold a server end together share one more connection, made by SHARE for that
 * instance. It has the identity of the client that asked, owns the instance, and goes when
 * its last copy does.
 *
 * Replies that the socket has no room for are queued, up to a bound; a client that lets
 * the queue fill does not read and is dropped.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/list.h"
#include "npfs/broker/turns.h"
#include "npfs/core/instance.h"
#include "npfs/core/object.h"
#include "npfs/core/waiter.h"

struct np_broker;
struct np_user;

/* Replies a client may leave unread besides what its socket holds. */
#define NP_CLIENT_QUEUE_PACKETS 64u
#define NP_CLIENT_QUEUE_BYTES   (1024u * 1024)

/* Why a client goes. */
enum np_client_end {
	NP_CLIENT_LEFT,    /* it closed its socket */
	NP_CLIENT_DROPPED, /* it broke a rule */
};

struct np_client {
	struct np_list link;      /* in np_broker.clients */
	struct np_broker *broker; /* borrowed */
	struct np_user *user;     /* borrowed from the limits */
	int fd;                   /* owned */
	uint32_t pid;
	uint32_t uid;
	uint32_t gid;
	uint32_t session;
	uint64_t key[2]; /* of struct np_as: who has it may ask as this client */
	bool has_hello;	 /* the first request has been received */
	bool is_held;	 /* its next request waits: np_recovery_holds() */
	bool is_split;	 /* stands for one instance: np_client_split() */
	struct np_owner owner;
	struct np_object_owner objects;
	struct np_waiter waiter;
	uint32_t wait_tag;    /* of the request that waits */
	struct np_list watch_link; /* in np_broker.watchers while it waits for changes */
	uint64_t watch_cursor;
	bool is_subscribed;   /* to the changes, since it first asked */
	bool is_tracing;      /* likewise, to the trace log */
	struct np_list queue; /* struct reply_entry, owned */
	struct np_turn turn; /* while there may be something to be read */
	size_t queue_packets;
	size_t queue_bytes;
};

int np_client_accept(struct np_broker *broker, int fd) NP_MUST_CHECK;
int np_client_split(struct np_client *client, int fd,
		    struct np_client **splitp) NP_MUST_CHECK;
void np_client_drop(struct np_client *client, enum np_client_end end, const char *why);

int np_client_reply(struct np_client *client, unsigned op, uint32_t tag,
		    npfs_status status, const void *fixed, const void *extra,
		    size_t extra_len, const int *fds, unsigned n_fds) NP_MUST_CHECK;
void np_client_serve(struct np_client *client);
void np_client_update_events(struct np_client *client);
