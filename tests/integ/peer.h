/* SPDX-License-Identifier: MIT */
/*
 * A process that calls the Win32 pipe functions when it is told to
 *
 * The test itself never touches the library. It starts peers, sends each one call after
 * the other and gets back what came: the result, the last error, the count, the first
 * bytes, and when. So every end of a pipe lives in a process of its own, which can be
 * killed or stopped at any moment.
 *
 * A peer keeps its handles in numbered slots. A call may be made in three ways:
 *
 *	peer_call()	by the peer's main thread; the answer comes when the call returns
 *	peer_begin()	by a thread made for it; returns when that thread sleeps in the
 *			call (or has left it); peer_end() gets the answer
 *	PEER_START	with an OVERLAPPED and an event; the answer is that of the call
 *			itself, and PEER_FINISH waits for the end of the request
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tests/lib/proc.h"

#define PEER_SLOTS    8u
#define PEER_DATA_MAX 64u
#define PEER_LEN_MAX  (1u << 20)
#define PEER_NAME_MAX 64u

enum peer_op {
	PEER_CREATE,	 /* name, value: open mode; extra: pipe mode; len: quota of both queues */
	PEER_OPEN,	 /* name, value: access; extra: flags */
	PEER_CLOSE,
	PEER_WAIT,	 /* name, value: timeout */
	PEER_CONNECT,
	PEER_DISCONNECT,
	PEER_READ,	 /* len */
	PEER_WRITE,	 /* len, value: the byte it is filled with */
	PEER_FLUSH,
	PEER_PEEK,	 /* values of the reply: bytes available */
	PEER_TRANSACT,	 /* len of the request; room for PEER_DATA_MAX bytes */
	PEER_SET_MODE,	 /* value: the mode */
	PEER_GET_STATE,	 /* value of the reply: the state */
	PEER_GET_INFO,	 /* value of the reply: the flags */
	PEER_GET_COUNT,	 /* value of the reply: current instances */
	PEER_CLIENT_PID,
	PEER_SERVER_PID,
	PEER_CLIENT_SESSION,
	PEER_SERVER_SESSION,
	PEER_FILE_TYPE,	 /* value of the reply: the type */
	PEER_SIZE,	 /* value of the reply: bytes unread */
	PEER_CANCEL,	 /* CancelIoEx: value 0 all of the handle, 1 the slot's overlapped one */
	PEER_FINISH,	 /* of the slot's overlapped request */
	PEER_JOIN,	 /* of the slot's thread; use peer_end() */
	PEER_RACE,	 /* name, value: rounds of WaitNamedPipe and CreateFile */
	PEER_SERVE,	 /* name, value: connections to serve; slot: instances */
	PEER_QUIT,
};

/* How a call is made. */
#define PEER_START  0x1u
#define PEER_THREAD 0x2u

struct peer_request {
	enum peer_op op;
	unsigned how;
	unsigned slot;
	uint32_t len;
	uint32_t value;
	uint32_t extra;
	char name[PEER_NAME_MAX];
};

struct peer_reply {
	bool ok;
	uint32_t error; /* the last error when not ok, else 0 */
	uint32_t count;
	uint32_t value;
	int64_t when_ns; /* monotonic, when the call returned */
	int tid;	 /* of the thread made for it */
	unsigned char data[PEER_DATA_MAX];
};

struct peer {
	struct test_child child;
};

void peer_start(struct peer *peer);
void peer_stop(struct peer *peer);
void peer_stop_if_there(struct peer *peer);
void peer_kill(struct peer *peer);

void peer_send(struct peer *peer, const struct peer_request *request);
struct peer_reply peer_hear(struct peer *peer);
struct peer_reply peer_call(struct peer *peer, const struct peer_request *request);
void peer_begin(struct peer *peer, const struct peer_request *request);
struct peer_reply peer_end(struct peer *peer, unsigned slot);

int64_t peer_now_ns(void);
