/* SPDX-License-Identifier: MIT */
/*
 * Limits: what one connection and one user may take from the others
 *
 * The broker has three things that run out: descriptors, memory, and the patience of
 * those who queue behind. So there is a budget per user, whatever number of processes it
 * is spread over, and a smaller one per connection where that makes sense. A request
 * over a limit is answered with STATUS_INSUFFICIENT_RESOURCES and changes nothing; a
 * connection over the limit is closed before its first request.
 *
 *	connections	16384	one per process and one per concurrent wait
 *	instances	65536	per user; a listening one costs the broker a descriptor
 *	client-instances 65536	per connection, so per process
 *	pipes		32768	names, per user
 *	name-bytes	64 MiB	names and descriptors stored, per user; a single name may
 *				have 64 KiB, and is kept twice
 *	waiters		16384	per user
 *	objects		16384	shared events, mutexes, semaphores and timers, per user; each
 *				costs the broker two descriptors and a page
 *	object-opens	131072	processes that hold one, counted per object, and parcels on
 *				their way, per user
 *	requests	16	in a row of one user, when others want something, too
 *				(turns.h)
 *	deposits	4096	parcels for other processes and the descriptors in them, per
 *				user
 *
 * Whoever made a pipe pays for its name as long as there is the name. A user is known
 * here as long as anything is charged to it, or somebody keeps it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npfs/base/list.h"
#include "npfs/base/macro.h"
#include "npfs/base/map.h"
#include "npfs/broker/turns.h"

/* NP_LIMIT(NAME, option name, default) */
#define NP_LIMIT_LIST(NP_LIMIT)                                                          \
	NP_LIMIT(CONNECTIONS, "connections", 16384)                                      \
	NP_LIMIT(INSTANCES, "instances", 65536)                                          \
	NP_LIMIT(CLIENT_INSTANCES, "client-instances", 65536)                            \
	NP_LIMIT(PIPES, "pipes", 32768)                                                  \
	NP_LIMIT(NAME_BYTES, "name-bytes", 64 << 20)                                     \
	NP_LIMIT(WAITERS, "waiters", 16384)                                              \
	NP_LIMIT(OBJECTS, "objects", 16384)                                              \
	NP_LIMIT(OBJECT_OPENS, "object-opens", 131072)                                   \
	NP_LIMIT(DEPOSITS, "deposits", 4096)                                             \
	NP_LIMIT(REQUESTS, "requests", 16)

enum np_limit {
#define NP_LIMIT_ENUM(NAME, name, value) NP_LIMIT_##NAME,
	NP_LIMIT_LIST(NP_LIMIT_ENUM)
#undef NP_LIMIT_ENUM
		NP_LIMIT_COUNT,
};

struct np_limit_values {
	uint64_t max[NP_LIMIT_COUNT];
};

struct np_user {
	uint32_t uid;
	uint64_t used[NP_LIMIT_COUNT];
	uint32_t n_keepers; /* who hold on to it though nothing may be charged any more */
	struct np_list retired; /* np_token.link; charged, so the user stays */
	uint32_t n_retired;
	struct np_turn_user turns;
};

struct np_limits {
	struct np_limit_values values;
	struct np_map users; /* uid -> struct np_user, owned */
	struct np_map retired; /* serial of a gone pipe -> struct np_token, owned */
	struct np_list retired_all; /* np_token.all_link, the same ones */
};

void np_limit_values_init(struct np_limit_values *values);
bool np_limit_values_set(struct np_limit_values *values, const char *setting);

void np_limits_init(struct np_limits *limits, const struct np_limit_values *values);
void np_limits_fini(struct np_limits *limits);

int np_user_get(struct np_limits *limits, uint32_t uid,
		struct np_user **userp) NP_MUST_CHECK;
void np_user_put(struct np_limits *limits, struct np_user *user);
bool np_user_can_charge(const struct np_limits *limits, const struct np_user *user,
			enum np_limit limit, uint64_t n);
void np_user_charge(struct np_user *user, enum np_limit limit, uint64_t n);
void np_user_refund(struct np_user *user, enum np_limit limit, uint64_t n);
