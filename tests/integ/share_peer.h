/* SPDX-License-Identifier: MIT */
/*
 * A process that calls the functions of <npfs/pipe.h> when it is told to, and hands its ends
 * on
 *
 * Like peer.h, one floor lower: the test never touches the library, it starts peers and tells
 * each one call after the other. What is new is SHARE_EXPORT, whose reply carries the parcel,
 * and SHARE_IMPORT, which takes one; so the test decides who holds an end with whom.
 *
 * A call is made by the peer's main thread; with SHARE_THREAD by a thread of its own, and
 * share_begin() returns when that thread sleeps; with SHARE_START with an operation, which
 * SHARE_FINISH waits for. SHARE_PROBE asks whether it has completed. The operation's context
 * is the request's `extra`; a packet at once is asked for unless it fails.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <npfs/parcel.h>
#include <npfs/status.h>

#include "tests/lib/proc.h"

#define SHARE_SLOTS    8u
#define SHARE_DATA_MAX 256u
#define SHARE_LEN_MAX  (2u << 20)
#define SHARE_BODY_MAX 1024u

enum share_op {
	SHARE_CREATE,  /* name; value: SHARE_ flags; extra: quota; len: completion mode */
	SHARE_OPEN,    /* name; value: SHARE_ flags */
	SHARE_WAIT,    /* name; until an instance listens, or the deadline of all tests */
	SHARE_CLOSE,
	SHARE_LISTEN,
	SHARE_DISCONNECT,
	SHARE_READ,    /* len */
	SHARE_WRITE,   /* len bytes: value, value + 1, ...; modulo 251 */
	SHARE_FLUSH,
	SHARE_PEEK,    /* count: available; value: messages */
	SHARE_TRANSACT, /* len of the request, of bytes value; room for SHARE_DATA_MAX */
	SHARE_SET_MODES, /* value: read mode, extra: completion mode */
	SHARE_GET_MODES, /* value: read mode, count: completion mode */
	SHARE_STATE,   /* value: NPFS_STATE_ */
	SHARE_CLIENT,  /* value: the client's process */
	SHARE_CANCEL,  /* count: how many */
	SHARE_READER,  /* until a thread sleeps in a read of the other, synchronous, end */
	SHARE_FINISH,
	SHARE_PROBE,   /* value: 1 when the operation has completed */
	SHARE_JOIN,
	SHARE_EXPORT,
	SHARE_IMPORT,
	SHARE_DRAIN,   /* read messages until the end; count: messages, value: torn ones */
	SHARE_FLOOD,   /* write len messages, each of one byte value; count: written */
	SHARE_LIMIT,   /* value: descriptors the process may have */
	SHARE_MANY,    /* value: server ends of other names, kept; flags as for SHARE_CREATE */
	SHARE_FDS,     /* count: open descriptors */
	SHARE_TIE,     /* value: 1: the first packet is kept waiting until SHARE_UNGATE */
	SHARE_UNGATE,
	SHARE_PACKET,  /* the next one. status, count; value: context */
	SHARE_AWAIT,   /* until a packet of context value has come. count: packets before it,
			* value: how many of those were of contexts before theirs, twice or left
			* out; only contexts up to extra are looked at */
	SHARE_POUR,    /* len writes of nothing with contexts 1, 2, ...; count: began */
	SHARE_STREAM,  /* reads with contexts 1, 2, ...; value of them in flight, for ever */
	SHARE_QUIT,
};

/* How a call is made, and how an end is. */
#define SHARE_START   0x1u
#define SHARE_THREAD  0x2u
#define SHARE_TELL    0x4u /* a packet also when it fails at once */
#define SHARE_GO_ON   0x8u /* NPFS_CLOSE_GOES_ON; with SHARE_UNTIED NPFS_CLOSE_GOES_ON_UNTIED */
#define SHARE_UNTIED  0x10u
#define SHARE_SYNC    0x1u
#define SHARE_MESSAGE 0x2u
#define SHARE_PLAIN   0x4u /* not inheritable */

/* The length of message @i of a flood: some are longer than the quota, one than the ring. */
static inline uint32_t share_flood_len(uint32_t i)
{
	return i % 97 == 50 ? 65535 : 1 + i * 37 % 3000;
}

struct share_request {
	enum share_op op;
	unsigned how;
	unsigned slot; /* the end; an operation and a thread are the slot's too */
	unsigned end;  /* slot of the end, plus 1, when it is not `slot` */
	uint32_t len;
	uint32_t value;
	uint32_t extra;
	char name[32];
	uint32_t parcel_len, parcel_fds;
	unsigned char body[SHARE_BODY_MAX];
};

struct share_reply {
	npfs_status status;
	uint32_t count;
	uint32_t value;
	uint64_t sum; /* of all bytes transferred */
	int tid;
	uint32_t parcel_len, parcel_fds;
	unsigned char data[SHARE_DATA_MAX];
	unsigned char body[SHARE_BODY_MAX];
};

struct share_peer {
	struct test_child child;
};

void share_start(struct share_peer *peer);
void share_stop(struct share_peer *peer);
void share_stop_if_there(struct share_peer *peer);
void share_kill(struct share_peer *peer);

void share_send(struct share_peer *peer, const struct share_request *request);
struct share_reply share_hear(struct share_peer *peer);
struct share_reply share_call(struct share_peer *peer, const struct share_request *request);
void share_begin(struct share_peer *peer, const struct share_request *request);
struct share_reply share_end(struct share_peer *peer, unsigned slot);

/* share_hand_over() - @from exports its slot, @to imports into its own */
void share_hand_over(struct share_peer *from, unsigned from_slot, struct share_peer *to,
		     unsigned to_slot);

/* share_export() - the same in two steps; the parcel is the test's to free */
npfs_status share_try_export(struct share_peer *from, unsigned slot,
			     struct npfs_parcel *parcel);
void share_export(struct share_peer *from, unsigned slot, struct npfs_parcel *parcel);
npfs_status share_import(struct share_peer *to, unsigned slot,
			 const struct npfs_parcel *parcel);
