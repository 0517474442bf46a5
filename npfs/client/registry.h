/* SPDX-License-Identifier: MIT */
/*
 * The registry: what this process has to claim from the next broker
 *
 * The broker forgets nothing but the channels of those who listen when it is killed, but it
 * gives an instance only to who claims it (broker/recovery.h). So each server end that this
 * process holds alone is entered here with its number and its warrant, in the same critical
 * section in which the broker's answer arrives: whoever makes the next connection finds it.
 *
 * Which ends still listen cannot be asked of the ends, whose locks may be held for long. It
 * is known here: an end that takes the broker's hello off its socket does so under the
 * registry's lock. Whoever claims looks into the socket himself: the hello lies there, then
 * a client had come; or the socket is at its end, then the only other descriptor went with
 * the broker, and the instance gets another channel. That one waits here as `next` until
 * the end fetches it.
 *
 * Locks: the registry's is taken last of all. No call to the broker is made with it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "npfs/base/list.h"
#include "npfs/client/call.h"

struct npfs_end;

/* Embedded in an end, zero before. */
struct np_registered {
	struct npfs_end *end; /* borrowed: whose it is; set when the end is made */

	/* under the registry's lock */
	bool is_entered;
	struct np_list link;
	uint64_t id;
	uint64_t warrant;
	uint64_t epoch; /* the round of claims that it was part of */
	uint64_t look;	/* and the round of looks */
	int sock;	/* borrowed: of the channel it listens on, or -1 */
	bool listens;	/* and no client is known to have come */
	bool is_orphan; /* the end has seen that its channel is dead */
	bool is_lost;	/* a broker does not know the instance */
	bool has_next;
	struct np_call_channel next; /* owned: the channel to listen on from now on */
};

/* What a claim says. */
struct np_registry_claim {
	uint64_t id;
	uint64_t warrant;
	bool listens;
};

void np_registry_lock(void);
void np_registry_unlock(void);

/* the end's side */
void np_registry_enter(struct np_registered *reg, uint64_t id, uint64_t warrant, int sock);
void np_registry_listens(struct np_registered *reg, int sock);
void np_registry_remove(struct np_registered *reg);
void np_registry_forget_sock(struct np_registered *reg, int sock);
bool np_registry_take_next(struct np_registered *reg, struct np_call_channel *channelp);
bool np_registry_orphan(struct np_registered *reg, int sock);
bool np_registry_is_empty(void);

/* claiming: one round of claims at a time, with the lock of the main connection */
uint64_t np_registry_begin_round(void);
bool np_registry_next_claim(uint64_t epoch, struct np_registry_claim *claimp);
void np_registry_answer(uint64_t id, npfs_status status, struct np_call_channel *channel);
uint64_t np_registry_find_orphan(void);
uint64_t np_registry_begin_looks(void);
unsigned np_registry_ends(uint64_t look, struct npfs_end **ends, unsigned cap);

void np_registry_fork_prepare(void);
void np_registry_fork_parent(void);
void np_registry_fork_child(void);
