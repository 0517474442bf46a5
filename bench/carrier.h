/* SPDX-License-Identifier: MIT */
/*
 * Carriers: the ways to move a message between two processes that the bench compares.
 *
 * A carrier has two sides. The active side starts every exchange and holds the clock, the
 * passive side answers. A carrier only knows how to send and receive one message of a
 * length both sides know; the loops, the clock and the checks are in worker.c and the
 * same for all of them, so that a difference between two figures is a difference between
 * two carriers.
 *
 * Life of one pair:
 *
 *	driver		create()		what both workers inherit
 *	passive		attach(), "ready", join()
 *	active		attach(), "ready", join()	when the passive side is ready
 *	driver		destroy()		its own copy, the workers keep theirs
 *	both		send(), recv() ...  detach()
 *
 * A carrier marked execs inherits nothing: its workers are new programs that find each
 * other by the name given to attach().
 *
 * Invariants: send() and recv() move exactly len bytes or fail; both directions work; a
 * pair may be used for any number of exchanges of any length up to NP_CARRIER_MAX.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The longest message of any measure. */
#define NP_CARRIER_MAX ((size_t)1048576)

enum np_side {
	NP_SIDE_PASSIVE,
	NP_SIDE_ACTIVE,
};

struct np_carrier {
	const char *name;
	const char *text;     /* one line for the legend */
	bool spins;           /* does not sleep while the other side is awake */
	bool needs_two;       /* does nothing but spin: useless on one CPU */
	bool execs;           /* workers are started by exec and inherit nothing */
	const char *spin_env; /* NPFS_SPIN in the workers; NULL removes it */

	/* In the driver. NULL in carriers that exec. 0 or -errno. */
	int (*create)(void **sharedp);
	void (*destroy)(void *shared);

	/*
	 * In a worker. attach() makes this side reachable and must not wait for the other
	 * side; join() may, and may be NULL. The end belongs to the caller until
	 * detach().
	 */
	int (*attach)(void *shared, const char *name, enum np_side side, void **endp);
	int (*join)(void *end);
	int (*send)(void *end, const void *data, size_t len);
	int (*recv)(void *end, void *data, size_t len);
	/* Send, and receive the answer; NULL: send() and recv() do it. */
	int (*trip)(void *end, const void *data, void *answer, size_t len);
	/* Look at a message: 1, 0 when there is none yet, -errno; NULL: it cannot. */
	int (*peek)(void *end, void *data, size_t len);
	void (*detach)(void *end);
};

extern const struct np_carrier np_carrier_shim;
extern const struct np_carrier np_carrier_shim_byte;
extern const struct np_carrier np_carrier_shim_event;
extern const struct np_carrier np_carrier_shim_port;
extern const struct np_carrier np_carrier_shim_nospin;
extern const struct np_carrier np_carrier_shim_transact;
extern const struct np_carrier np_carrier_npfs;
extern const struct np_carrier np_carrier_mqueue;
extern const struct np_carrier np_carrier_seqpacket;
extern const struct np_carrier np_carrier_stream;
extern const struct np_carrier np_carrier_pipe;
extern const struct np_carrier np_carrier_ring;
