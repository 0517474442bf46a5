/* SPDX-License-Identifier: MIT */
/*
 * The transition table
 *
 *	event		DISCONNECTED	LISTENING	CONNECTED	CLOSING
 *	LISTEN		>LISTENING	pends		535		232
 *	LISTEN_NOWAIT	>LISTENING 536	536		535		232
 *	OPEN		231		>CONNECTED	231		231
 *	DISCONNECT	233		>DISCONNECTED	>DISCONNECTED	>DISCONNECTED
 *	CLIENT_CLOSE	(detached)	(detached)	>CLOSING	>GONE
 *	SERVER_CLOSE	>GONE		>GONE		>CLOSING	>GONE
 *
 * Closing the second end of a CLOSING instance ends it, whichever end was first. A
 * client that a disconnect detached belongs to no instance: its close changes nothing.
 * An instance that is GONE answers every event with STATUS_INVALID_HANDLE; nobody can
 * hold one.
 */
#include "npfs/core/state.h"

#include <assert.h>

#include "npfs/base/macro.h"

/* clang-format off */
#define MOVE(to, status, actions, listens) { NP_STATE_##to, (actions), (status), (listens) }
#define STAY(in, status)	{ NP_STATE_##in, 0, (status), NP_LISTENS_STAY }

static const struct np_transition table[NP_STATE_COUNT][NP_EVENT_COUNT] = {
	[NP_STATE_GONE] = {
		[NP_EVENT_LISTEN] = STAY(GONE, STATUS_INVALID_HANDLE),
		[NP_EVENT_LISTEN_NOWAIT] = STAY(GONE, STATUS_INVALID_HANDLE),
		[NP_EVENT_OPEN] = STAY(GONE, STATUS_INVALID_HANDLE),
		[NP_EVENT_DISCONNECT] = STAY(GONE, STATUS_INVALID_HANDLE),
		[NP_EVENT_CLIENT_CLOSE] = STAY(GONE, STATUS_INVALID_HANDLE),
		[NP_EVENT_SERVER_CLOSE] = STAY(GONE, STATUS_INVALID_HANDLE),
	},
	[NP_STATE_DISCONNECTED] = {
		[NP_EVENT_LISTEN] = MOVE(LISTENING, STATUS_PENDING, NP_ACT_WAKE,
					 NP_LISTENS_STAY),
		[NP_EVENT_LISTEN_NOWAIT] = MOVE(LISTENING, STATUS_PIPE_LISTENING, NP_ACT_WAKE,
						NP_LISTENS_STAY),
		[NP_EVENT_OPEN] = STAY(DISCONNECTED, STATUS_PIPE_NOT_AVAILABLE),
		[NP_EVENT_DISCONNECT] = STAY(DISCONNECTED, STATUS_PIPE_DISCONNECTED),
		[NP_EVENT_CLIENT_CLOSE] = STAY(DISCONNECTED, STATUS_SUCCESS),
		[NP_EVENT_SERVER_CLOSE] = MOVE(GONE, STATUS_SUCCESS, 0, NP_LISTENS_STAY),
	},
	[NP_STATE_LISTENING] = {
		[NP_EVENT_LISTEN] = STAY(LISTENING, STATUS_PENDING),
		[NP_EVENT_LISTEN_NOWAIT] = STAY(LISTENING, STATUS_PIPE_LISTENING),
		[NP_EVENT_OPEN] = MOVE(CONNECTED, STATUS_SUCCESS, 0, STATUS_SUCCESS),
		[NP_EVENT_DISCONNECT] = MOVE(DISCONNECTED, STATUS_SUCCESS, NP_ACT_DETACH,
					     STATUS_PIPE_DISCONNECTED),
		[NP_EVENT_CLIENT_CLOSE] = STAY(LISTENING, STATUS_SUCCESS),
		[NP_EVENT_SERVER_CLOSE] = MOVE(GONE, STATUS_SUCCESS, NP_ACT_DETACH,
					       STATUS_PIPE_BROKEN),
	},
	[NP_STATE_CONNECTED] = {
		[NP_EVENT_LISTEN] = STAY(CONNECTED, STATUS_PIPE_CONNECTED),
		[NP_EVENT_LISTEN_NOWAIT] = STAY(CONNECTED, STATUS_PIPE_CONNECTED),
		[NP_EVENT_OPEN] = STAY(CONNECTED, STATUS_PIPE_NOT_AVAILABLE),
		[NP_EVENT_DISCONNECT] = MOVE(DISCONNECTED, STATUS_SUCCESS, NP_ACT_DETACH,
					     NP_LISTENS_STAY),
		[NP_EVENT_CLIENT_CLOSE] = MOVE(CLOSING, STATUS_SUCCESS, 0, NP_LISTENS_STAY),
		[NP_EVENT_SERVER_CLOSE] = MOVE(CLOSING, STATUS_SUCCESS, 0, NP_LISTENS_STAY),
	},
	[NP_STATE_CLOSING] = {
		[NP_EVENT_LISTEN] = STAY(CLOSING, STATUS_PIPE_CLOSING),
		[NP_EVENT_LISTEN_NOWAIT] = STAY(CLOSING, STATUS_PIPE_CLOSING),
		[NP_EVENT_OPEN] = STAY(CLOSING, STATUS_PIPE_NOT_AVAILABLE),
		[NP_EVENT_DISCONNECT] = MOVE(DISCONNECTED, STATUS_SUCCESS, NP_ACT_DETACH,
					     NP_LISTENS_STAY),
		[NP_EVENT_CLIENT_CLOSE] = MOVE(GONE, STATUS_SUCCESS, 0, NP_LISTENS_STAY),
		[NP_EVENT_SERVER_CLOSE] = MOVE(GONE, STATUS_SUCCESS, 0, NP_LISTENS_STAY),
	},
};
/* clang-format on */

/* np_state_find() - what @event does to an instance in @state; never NULL */
const struct np_transition *np_state_find(enum np_state state, enum np_event event)
{
	assert((unsigned)state < NP_STATE_COUNT && (unsigned)event < NP_EVENT_COUNT);
	return &table[state][event];
}

/* np_state_name() - the word for @state in logs and documents */
const char *np_state_name(enum np_state state)
{
	static const char *const names[NP_STATE_COUNT] = {
		[NP_STATE_GONE] = "gone",
		[NP_STATE_DISCONNECTED] = "disconnected",
		[NP_STATE_LISTENING] = "listening",
		[NP_STATE_CONNECTED] = "connected",
		[NP_STATE_CLOSING] = "closing",
	};

	return (unsigned)state < NP_ARRAY_LEN(names) ? names[state] : "(unknown)";
}

/* np_event_name() - the word for @event in logs and documents */
const char *np_event_name(enum np_event event)
{
	static const char *const names[NP_EVENT_COUNT] = {
		[NP_EVENT_LISTEN] = "listen",
		[NP_EVENT_LISTEN_NOWAIT] = "listen nowait",
		[NP_EVENT_OPEN] = "open",
		[NP_EVENT_DISCONNECT] = "disconnect",
		[NP_EVENT_CLIENT_CLOSE] = "client close",
		[NP_EVENT_SERVER_CLOSE] = "server close",
	};

	return (unsigned)event < NP_ARRAY_LEN(names) ? names[event] : "(unknown)";
}
