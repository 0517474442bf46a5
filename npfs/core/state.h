/* SPDX-License-Identifier: MIT */
/*
 * The states of an instance and what moves it between them
 *
 * One table (state.c) answers every state and every event: the next state, the status of
 * whoever caused the event, the status that listens pended until then complete with, and
 * what else has to happen. npfs-semantics sections 3.1 to 3.3, as data.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <npfs/status.h>

/* The numbers of FILE_PIPE_LOCAL_INFORMATION; GONE is ours: the instance is no more. */
enum np_state {
	NP_STATE_GONE = 0,
	NP_STATE_DISCONNECTED = 1,
	NP_STATE_LISTENING = 2,
	NP_STATE_CONNECTED = 3,
	NP_STATE_CLOSING = 4,
};

#define NP_STATE_COUNT 5

enum np_event {
	NP_EVENT_LISTEN,        /* server: listen, completion mode WAIT */
	NP_EVENT_LISTEN_NOWAIT, /* server: listen, completion mode NOWAIT */
	NP_EVENT_OPEN,          /* a client wants this instance */
	NP_EVENT_DISCONNECT,    /* server: disconnect */
	NP_EVENT_CLIENT_CLOSE,  /* the attached client's last handle is gone */
	NP_EVENT_SERVER_CLOSE,  /* the server's last handle is gone */
};

#define NP_EVENT_COUNT 6

/* What a transition brings with it. */
#define NP_ACT_WAKE 0x1u /* the name's waiters wake, all of them */
#define NP_ACT_DETACH                                                                    \
	0x2u /* queues emptied, a client detached, a prepared channel void */

/* In np_transition.listens: no listen can be pended, or they stay pended. */
#define NP_LISTENS_STAY STATUS_PENDING

struct np_transition {
	enum np_state next;
	uint32_t actions;    /* NP_ACT_ */
	npfs_status status;  /* for whoever caused the event */
	npfs_status listens; /* for the listens pended until then, or NP_LISTENS_STAY */
};

const struct np_transition *np_state_find(enum np_state state, enum np_event event);
const char *np_state_name(enum np_state state);
const char *np_event_name(enum np_event event);
