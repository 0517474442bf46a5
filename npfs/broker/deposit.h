/* SPDX-License-Identifier: MIT */
/*
 * Deposits: parcels that wait in the broker for the process they are for
 *
 * DEPOSIT leaves descriptors and bytes for another process of the same user and gives the
 * sender a ticket, a number. How the ticket gets to the other process is the sender's
 * affair; COLLECT of that process, and of no other, exchanges it for the parcel, once.
 *
 * Who is meant is a process, not a number: the broker opens a pidfd before it asks the
 * kernel whose the process is, and drops what waits for it when it ends. What is deposited
 * stays open here until then, as a handle stays open in a process that never uses it.
 *
 * Tickets count up from a random start and come again after 2^23 deposits. Whoever deposits
 * pays for the descriptors until they are collected (NP_LIMIT_DEPOSITS).
 */
#pragma once

#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/list.h"
#include "npfs/base/map.h"
#include "npfs/proto/wire.h"

struct np_broker;
struct np_client;
struct np_deposit_target;
struct np_user;

struct np_deposit {
	struct np_deposit_target *target; /* borrowed: whom it waits for */
	struct np_list link;  /* in np_deposit_target.deposits */
	struct np_user *user; /* borrowed from the limits; pays */
	uint32_t ticket;
	uint32_t kind;
	uint32_t access;
	uint32_t flags;
	int fds[NP_WIRE_FDS_MAX]; /* owned */
	unsigned n_fds;
	size_t len;
	uint8_t body[];
};

struct np_deposits {
	struct np_map targets; /* pid -> struct np_deposit_target, owned */
	uint32_t next_ticket;
};

void np_deposits_init(struct np_deposits *deposits);
void np_deposits_fini(struct np_broker *broker);

npfs_status np_deposit_put(struct np_client *client, const struct np_req_deposit *request,
			   const void *body, size_t len, int *fds, unsigned n_fds,
			   uint32_t *ticketp);
struct np_deposit *np_deposit_take(struct np_broker *broker, uint32_t pid, uint32_t ticket);
void np_deposit_free(struct np_broker *broker, struct np_deposit *deposit);
