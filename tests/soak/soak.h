/* SPDX-License-Identifier: MIT */
/*
 * The mixed load of test_soak: what its processes have in common
 *
 * Pipes. SOAK_PIPES names, each with SOAK_INSTANCES instances in one of the servers. The number
 * of a pipe says everything about it: whose it is, byte or message, its quota.
 *
 * Servers. One process each, of four kinds (enum soak_kind): threads that block, overlapped calls
 * with events, a completion port, and calls that do not wait. They differ in how a call is
 * begun and its end is learnt; what a server makes of a connection is one session
 * (soak_session.c) and one sequence of calls (soak_instance.c).
 *
 * Clients. One process each, one connection at a time, which asks for everything: what is
 * answered, what is not, that the server throws it out or closes. So a client knows what must
 * come, byte for byte, and how the connection ends; any other end is forgiven only if the
 * server was killed since (soak_board.kills).
 *
 * Checks. Each message has a head: who, on which connection, its number there, and a sum
 * over all of it. Numbers are consecutive in both directions, so nothing is lost, repeated or mixed
 * up in the middle; at the end, a client that closes in good order has said how many messages it
 * sent (soak_board.farewell), and the server must have read as many.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <windows.h>

#include "tests/lib/fail.h"

#define SOAK_PIPES     50u
#define SOAK_INSTANCES 2u
#define SOAK_SERVERS   8u
#define SOAK_CLIENTS   8u
#define SOAK_MOST      4096u /* bytes of a message */
#define SOAK_FAREWELLS 64u   /* connections of one client that are remembered */

enum soak_kind {
	SOAK_THREADS,
	SOAK_EVENTS,
	SOAK_PORT,
	SOAK_NOWAIT,
	SOAK_N_KINDS,
};

/* How many messages a connection had that its client closed: its serial and that number. */
#define SOAK_FAREWELL(serial, n_sent) ((uint64_t)(serial) << 32 | (n_sent))

/* Memory that the test and all its processes share. */
struct soak_board {
	_Atomic bool must_stop;  /* the clients, then the servers */
	_Atomic bool must_pause; /* the clients, between two connections */
	_Atomic bool servers_stop;
	/* by server */
	_Atomic bool is_ready[SOAK_SERVERS]; /* all its pipes are there */
	_Atomic uint32_t kills[SOAK_SERVERS]; /* counted before it is killed */
	_Atomic int32_t n_sessions[SOAK_SERVERS];
	/* by client */
	_Atomic uint32_t serial[SOAK_CLIENTS]; /* of its last connection */
	_Atomic uint64_t farewell[SOAK_CLIENTS][SOAK_FAREWELLS]; /* SOAK_FAREWELL() */
	/* by server, then by client */
	_Atomic uint64_t steps[SOAK_SERVERS + SOAK_CLIENTS];
	_Atomic uint64_t bytes[SOAK_SERVERS + SOAK_CLIENTS]; /* that were checked */
	/* by all */
	_Atomic uint64_t n_connections, n_cancels, n_disconnects, n_leaves;
	_Atomic uint64_t n_farewells; /* connections whose two ends counted alike */
	_Atomic uint64_t n_torn;      /* connections that a kill of the server ended */
	_Atomic uint32_t broker_pid;
};

extern struct soak_board *soak_board;

#define soak_must(ok, what)                                                              \
	do {                                                                             \
		if (!(ok))                                                               \
			test_fail("%s: Win32 error %u", (what), (unsigned)GetLastError()); \
	} while (0)

static inline unsigned soak_server_of(unsigned pipe)
{
	return pipe % SOAK_SERVERS;
}

static inline enum soak_kind soak_kind_of(unsigned server)
{
	return (enum soak_kind)(server % SOAK_N_KINDS);
}

static inline bool soak_is_message(unsigned pipe)
{
	return pipe / SOAK_SERVERS % 2 == 0;
}

/* Who does not wait can write a message only if it fits. */
static inline DWORD soak_quota_of(unsigned pipe)
{
	return soak_kind_of(soak_server_of(pipe)) == SOAK_NOWAIT ? 2 * SOAK_MOST :
	       pipe % 3 == 0						  ? 600 :
									    SOAK_MOST;
}

static inline void soak_step(unsigned worker, uint64_t bytes)
{
	atomic_fetch_add(&soak_board->steps[worker], 1);
	atomic_fetch_add(&soak_board->bytes[worker], bytes);
}

/* ---- messages: soak_session.c ---- */

enum soak_op {
	SOAK_ASK,	 /* answer with `count` messages */
	SOAK_DISCONNECT, /* answer so, then throw me out */
	SOAK_LEAVE,	 /* answer so, then close */
	SOAK_ANSWER,	 /* what a server says */
};

struct soak_head {
	uint32_t len; /* of the message with its head */
	uint32_t op;
	uint32_t client;
	uint32_t serial; /* of the connection */
	uint32_t number; /* in its direction */
	uint32_t count;	 /* answers wanted */
	uint64_t sum;
};

void soak_make(unsigned char *message, struct soak_head head);

/* What was read and is no whole message yet. */
struct soak_inbox {
	uint32_t len;
	unsigned char bytes[2 * SOAK_MOST];
};

void soak_inbox_put(struct soak_inbox *inbox, const unsigned char *bytes, uint32_t len);
bool soak_inbox_take(struct soak_inbox *inbox, struct soak_head *headp);

/* A connection, seen by the server. */
struct soak_session {
	unsigned server;
	bool has_begun;	   /* counted in soak_board.n_sessions */
	bool is_known;	   /* `client` and `serial` are */
	uint32_t client;
	uint32_t serial;
	uint32_t n_received;
	uint32_t n_answered;
	uint32_t n_owed;
	uint32_t owed_len;
	enum soak_op then; /* when nothing is owed: SOAK_ASK to go on */
	struct soak_inbox inbox;
};

void soak_session_begin(struct soak_session *session, unsigned server);
void soak_session_put(struct soak_session *session, const unsigned char *bytes,
		      uint32_t len);
uint32_t soak_session_answer(struct soak_session *session, unsigned char *answer);
void soak_session_client_closed(struct soak_session *session);
void soak_session_end(struct soak_session *session);

/* ---- what a server does with an instance: soak_instance.c ---- */

#define SOAK_PENDING ((DWORD)ERROR_IO_PENDING)

struct soak_instance {
	unsigned pipe;
	HANDLE h;
	HANDLE port;   /* NULL: none */
	OVERLAPPED o;  /* hEvent NULL: calls that block, or a port */
	bool is_overlapped;
	enum { SOAK_CONNECT, SOAK_READ, SOAK_WRITE } does;
	DWORD out_len, out_at;
	struct soak_session session;
	unsigned char in[SOAK_MOST], out[SOAK_MOST];
};

void soak_instance_open(struct soak_instance *instance);
DWORD soak_instance_try(struct soak_instance *instance, DWORD *np);
void soak_instance_settle(struct soak_instance *instance, DWORD error, DWORD n);
void soak_instance_start(struct soak_instance *instance);

/* ---- the processes ---- */

int soak_server(int sock, void *arg); /* arg: unsigned *, its number */
int soak_client(int sock, void *arg);
void soak_pipe_name(unsigned pipe, char name[40]);
