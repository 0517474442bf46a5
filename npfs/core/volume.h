/* SPDX-License-Identifier: MIT */
/*
 * A volume: one pipe name space
 *
 * A pure model: no system calls, no clock, no callbacks. Time is a parameter; what has
 * to happen outside is on the deferred list `done` after each call (done.h). One thread
 * uses a volume at a time.
 *
 * Names are compared by upper-cased units and by nothing else; the creator's spelling is
 * kept. Instances are known by numbers that are never used twice.
 *
 * A prepared channel is the caller's: the model holds a pointer to a record embedded in
 * it while the instance listens, gives the pointer out when a client takes the instance,
 * or returns it over the deferred list when the channel has become void. A token for a
 * new pipe is held in the same way and comes back when the name goes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/list.h"
#include "npfs/base/map.h"
#include "npfs/core/changes.h"
#include "npfs/core/done.h"
#include "npfs/core/instance.h"
#include "npfs/core/pipe.h"
#include "npfs/core/waiter.h"
#include "npfs/proto/wire.h"

struct np_volume {
	struct np_map by_name; /* upper-cased name -> struct np_pipe, owned */
	struct np_map by_id;   /* instance number -> struct np_instance, owned */
	struct np_map by_serial; /* np_pipe.serial -> struct np_pipe */
	struct np_map
		by_prefix;    /* prefix hash -> number of pipes whose whole name has it */
	struct np_list pipes; /* np_pipe.link, ordered by serial */
	struct np_list done;  /* np_done.link: what the caller has to do */
	struct np_waiter_queue waiters;
	struct np_changes changes; /* for who watches the names */
	uint64_t next_id; /* what the next instance will be called */
	uint64_t next_serial;
};

/* What an open gives besides the instance. */
struct np_volume_open {
	struct np_instance *instance; /* borrowed from the volume */
	struct np_done *channel;      /* the caller's own, taken out of the instance */
	uint32_t granted_access;      /* of the client end */
};

void np_volume_init(struct np_volume *volume);
void np_volume_fini(struct np_volume *volume);

/* requests: what comes before the access check, then all of it */
npfs_status np_volume_resolve_create(const struct np_volume *volume,
				     const struct np_req_create *req,
				     const uint16_t *name, size_t name_len,
				     struct np_pipe **pipep);
npfs_status np_volume_resolve_open(const struct np_volume *volume,
				   const struct np_req_open *req, const uint16_t *name,
				   size_t name_len, struct np_pipe **pipep);
npfs_status np_volume_check_create(const struct np_volume *volume,
				   const struct np_req_create *req, const uint16_t *name,
				   size_t name_len, uint32_t *typep);
npfs_status np_volume_create(struct np_volume *volume, struct np_owner *owner,
			     const struct np_req_create *req, const uint16_t *name,
			     size_t name_len, const void *sd, size_t sd_len,
			     struct np_done *channel, struct np_done *token,
			     struct np_instance **instancep, uint32_t *informationp);
npfs_status np_volume_open(struct np_volume *volume, const struct np_req_open *req,
			   const uint16_t *name, size_t name_len,
			   struct np_volume_open *openp);
npfs_status np_volume_check_listen(const struct np_volume *volume,
				   const struct np_owner *owner, uint64_t id,
				   struct np_instance **instancep);
npfs_status np_volume_listen(struct np_volume *volume, struct np_owner *owner,
			     uint64_t id, struct np_done *channel,
			     uint32_t *previous_statep);
npfs_status np_volume_disconnect(struct np_volume *volume, struct np_owner *owner,
				 uint64_t id, uint32_t *previous_statep);
npfs_status np_volume_close(struct np_volume *volume, struct np_owner *owner, uint64_t id,
			    uint32_t *previous_statep);
npfs_status np_volume_move(struct np_volume *volume, struct np_owner *owner, uint64_t id,
			   struct np_owner *heir);
void np_volume_drop_owner(struct np_volume *volume, struct np_owner *owner);
void np_volume_client_gone(struct np_volume *volume, uint64_t id);

/* what another volume had: restore.c */
int np_volume_add_pipe(struct np_volume *volume, struct np_pipe *pipe,
		       uint64_t serial) NP_MUST_CHECK;
void np_volume_remove_pipe(struct np_volume *volume, struct np_pipe *pipe);
int np_volume_restore_pipe(struct np_volume *volume, struct np_pipe *pipe,
			   uint64_t serial) NP_MUST_CHECK;
int np_volume_restore_instance(struct np_volume *volume, struct np_owner *owner,
			       struct np_pipe *pipe, uint64_t id,
			       struct np_instance **instancep) NP_MUST_CHECK;
void np_volume_restore_gone(struct np_volume *volume, struct np_instance *instance);
void np_volume_restore_end(struct np_volume *volume);

/* waiting */
npfs_status np_volume_wait(struct np_volume *volume, struct np_waiter *waiter,
			   const struct np_req_wait *req, const uint16_t *name,
			   size_t name_len, int64_t now_ns);
int64_t np_volume_next_deadline(const struct np_volume *volume);
void np_volume_tick(struct np_volume *volume, int64_t now_ns);

/* queries */
struct np_pipe *np_volume_find_pipe(const struct np_volume *volume, const uint16_t *name,
				    size_t name_len);
struct np_pipe *np_volume_find_serial(const struct np_volume *volume, uint64_t serial);
struct np_instance *np_volume_find_instance(const struct np_volume *volume, uint64_t id);
struct np_pipe *np_volume_next_pipe(const struct np_volume *volume,
				    uint64_t after_serial);

/* The pipe created next after @pipe, or NULL. */
static inline struct np_pipe *np_volume_pipe_after(const struct np_volume *volume,
						   const struct np_pipe *pipe)
{
	if (pipe->link.next == &volume->pipes)
		return NULL;
	return np_list_entry(pipe->link.next, struct np_pipe, link);
}
