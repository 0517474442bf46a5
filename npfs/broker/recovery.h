/* SPDX-License-Identifier: MIT */
/*
 * Recovery: the name space of a broker that was killed comes back
 *
 * At its start a broker reads the journal of the one before. Pipes, instances and shared
 * objects are there again at once, with the descriptors, limits and accounts that the old
 * broker knew. Each process that had some is a *claimant*: a stand-in that keeps what it had
 * until the process itself connects and claims it.
 *
 *	claim		CLAIM, from the process that the journal names: by number, user and
 *			time of birth, as the kernel tells them. And it shows the warrant,
 *			which the old broker sealed. An instance that listened gets its channel
 *			in the same step.
 *			Who held an object shows its secret and brings the mapping and the
 *			eventfd; the first one's are taken, when they are the right ones.
 *	end of claims	what the process has not claimed by then it has closed meanwhile
 *	death		seen through a pidfd: what it had is closed
 *
 * So nobody can take a name in the gap: it never was free. And nothing about a pipe is
 * believed because a client says it.
 *
 * As long as claimants are outstanding, requests are held back whose answer may depend on them,
 * for the claim time at most, a second if the command line says nothing. To open a pipe, or to
 * make an instance of one, depends on those who have instances of that very pipe; what looks
 * at the whole name space depends on all.
 * Programs that find the new broker first so do not miss a pipe whose server is a little
 * slower, and see nothing but the delay. A process that is stopped does not hold up the
 * others longer than that; its instances stay, as those of a stopped process do, and are
 * claimed when it goes on. After GIVE_UP_NS nobody waits for it any more, because a process
 * that has replaced itself by another program is alive and will never claim anything.
 *
 * An object is nothing until one of its holders has brought it. So who makes or opens one
 * waits for the holders that are outstanding for ten times the claim time: a machine that is
 * busy takes that long. Then an object of which nobody came is not to be had.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/list.h"
#include "npfs/base/loop.h"

#define NP_CLAIM_TIME_DEFAULT 1u  /* seconds */
#define NP_CLAIM_TIME_MAX     60u /* after that nobody is waited for */

struct np_broker;
struct np_client;
struct np_req_object_claim;

struct np_recovery {
	struct np_list claimants; /* owned */
	uint64_t next_serial;	  /* of the broker before, when it wrote its journal anew */
	bool is_holding;
	bool is_holding_objects; /* still, requests for shared objects */
	struct np_timer hold_timer;
	struct np_timer give_up_timer;
};

void np_recovery_init(struct np_broker *broker);
void np_recovery_fini(struct np_broker *broker);
void np_recovery_begin(struct np_broker *broker);
npfs_status np_recovery_claim(struct np_client *client, uint64_t id, uint64_t warrant);
npfs_status np_recovery_claim_object(struct np_client *client,
				     const struct np_req_object_claim *req, int fds[2]);
void np_recovery_claimed(struct np_client *client);
bool np_recovery_holds(const struct np_client *client);

/* Is somebody expected who has not come yet? */
static inline bool np_recovery_is_expecting(const struct np_recovery *recovery)
{
	return !np_list_is_empty(&recovery->claimants);
}
