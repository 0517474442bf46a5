/* SPDX-License-Identifier: MIT */
/*
 * An instance: one server end and at most one client end
 *
 * The name space knows an instance from its creation until its server end is gone; after
 * that it counts for nothing, and a client that still holds the other end needs nobody.
 * Whether a connected client has closed is between the two ends; here the instance is
 * then still CONNECTED, which forbids the same things.
 *
 * A pipe that heeds its clients (pipe.h) is the exception: who runs the model watches the
 * client of a connected instance, says so in `is_watched` and tells when it is gone. Such
 * an instance stays until both ends are gone, from some moment on without an owner.
 *
 * An owner is whoever answers for a set of instances: when it goes, they go. Only the
 * owner of an instance can make it listen, disconnect it or close it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "npfs/base/list.h"
#include "npfs/core/done.h"
#include "npfs/core/state.h"

struct np_pipe;

struct np_owner {
	struct np_list instances; /* np_instance.owner_link */
	uint32_t n_instances;
	uint32_t pid;
	uint32_t session;
	/* who it is beyond that; of concern to who keeps records */
	uint32_t uid;
	uint64_t born;	   /* np_process_born() of the process; 0: not asked or not known */
	bool is_transient; /* not recorded: its instances end with their keeper */
	bool is_expected;  /* a stand-in for who will claim them, or has closed them */
};

struct np_instance {
	uint64_t id;                /* never used twice in the life of a volume */
	struct np_pipe *pipe;       /* borrowed; outlives its instances */
	struct np_list pipe_link;   /* in np_pipe.instances */
	struct np_list listen_link; /* in np_pipe.listening while LISTENING */
	struct np_owner *owner;     /* borrowed; NULL: its server end is gone */
	struct np_list owner_link;  /* in np_owner.instances */
	enum np_state state;
	bool is_watched; /* np_volume_client_gone() will be called for this client */
	struct np_done *channel; /* prepared channel while LISTENING; the caller's */
	uint32_t granted_access; /* of the server end */
	/* who the client is, while there is one; of concern to who looks on only */
	uint32_t client_pid;
	uint32_t client_uid;
	uint32_t inbound_quota;
	uint32_t outbound_quota;
};

static inline void np_owner_init(struct np_owner *owner, uint32_t pid, uint32_t session)
{
	np_list_init(&owner->instances);
	owner->n_instances = 0;
	owner->pid = pid;
	owner->session = session;
	owner->uid = 0;
	owner->born = 0;
	owner->is_transient = false;
	owner->is_expected = false;
}

int np_instance_new(struct np_instance **instancep, uint64_t id, struct np_pipe *pipe,
		    struct np_owner *owner) NP_MUST_CHECK;
struct np_instance *np_instance_free(struct np_instance *instance);
void np_instance_disown(struct np_instance *instance);
const struct np_transition *np_instance_apply(struct np_instance *instance,
					      enum np_event event,
					      struct np_list *done_list);
