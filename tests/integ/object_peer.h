/* SPDX-License-Identifier: MIT */
/*
 * A process that creates, takes and gives synchronisation objects when it is told to
 *
 * The test itself never touches the library. It starts peers and sends each one request
 * after the other. A peer keeps its handles in numbered slots and has some threads: worker
 * 0 is the one that hears, the others are made at first need and live until
 * OBJECT_END_WORKER or the end of the peer, so that a mutex can be one thread's or
 * another's.
 *
 *	ask()	the request is done when this returns
 *	begin()	a worker other than 0 is at it: this returns when that thread waits for
 *		objects, which it then does for everybody to see, or is done
 *	end()	the answer of the request begun
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tests/lib/proc.h"

#define OBJECT_SLOTS   8u
#define OBJECT_WORKERS 6u
#define OBJECT_TEXT    64u

enum object_op {
	OBJECT_CREATE, /* name, kind, a: manual, initial owner; b, c: count and limit, or b:
			* initial state; access: 0 for all; list: see below */
	OBJECT_OPEN_NAME, /* name, kind, access */
	OBJECT_SHUT,
	OBJECT_SET,
	OBJECT_RESET,
	OBJECT_PULSE,
	OBJECT_RELEASE,	     /* a mutex */
	OBJECT_POST,	     /* a semaphore, a: how many; value: its count before */
	OBJECT_WAIT,	     /* for the slots of the mask, all of them or any */
	OBJECT_SET_TIMER,    /* a: milliseconds, b: period, c: with a completion routine */
	OBJECT_CANCEL_TIMER,
	OBJECT_ALERT,	     /* SleepEx; value: how often the routine has run */
	OBJECT_END_WORKER,   /* the thread ends */
	OBJECT_PACK,	     /* the parcel goes over the socket in front of the reply */
	OBJECT_UNPACK,	     /* the parcel comes over the socket behind the request */
	OBJECT_FORK,	     /* a child tries the slot: value: its last error */
	OBJECT_QUIT,
};

enum object_kind { OBJECT_KIND_EVENT, OBJECT_KIND_MUTEX, OBJECT_KIND_SEMAPHORE,
		   OBJECT_KIND_TIMER };

/* The access list an object is created with. */
enum object_list { OBJECT_LIST_DEFAULT, OBJECT_LIST_EMPTY, OBJECT_LIST_WAIT_ONLY };

struct object_request {
	enum object_op op;
	unsigned worker;
	unsigned slot;
	enum object_kind kind;
	char name[OBJECT_TEXT];
	int32_t a, b, c;
	uint32_t access;
	enum object_list list;
	uint32_t mask; /* slots */
	bool all;
	uint32_t timeout; /* ms */
	bool begins;
};

struct object_reply {
	uint32_t result; /* of a wait, or whether it succeeded */
	uint32_t error;
	int32_t value;
	bool is_done;
};

void object_peer_start(struct test_child *peer);
void object_peer_stop(struct test_child *peer);

struct object_reply ask(struct test_child *peer, const struct object_request *request);
void begin(struct test_child *peer, const struct object_request *request);
struct object_reply end(struct test_child *peer, unsigned worker);
void send_parcel_on(struct test_child *from, const struct object_request *pack,
		    struct test_child *to, const struct object_request *unpack);

/* The requests most tests make, all of worker 0; must() is a simple() that succeeds. */
struct object_reply create_in(struct test_child *peer, unsigned slot,
			      enum object_kind kind, const char *name, int x, int y, int z);
struct object_reply open_in(struct test_child *peer, unsigned slot, enum object_kind kind,
			    const char *name, uint32_t access);
struct object_reply simple(struct test_child *peer, enum object_op op, unsigned slot);
void must(struct test_child *peer, enum object_op op, unsigned slot);
uint32_t wait_in(struct test_child *peer, unsigned slot, uint32_t timeout);

/* The peer goes on existing and does nothing until it is continued. */
void freeze(struct test_child *peer);
