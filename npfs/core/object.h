/* SPDX-License-Identifier: MIT */
/*
 * The name space of shared synchronisation objects: events, mutexes, semaphores, timers
 *
 * A pure model, beside the volume and independent of it: names of objects and names of
 * pipes have nothing to do with each other. It knows which objects there are, what they
 * are called, and which processes hold them; what state an object is in, its holders know
 * among themselves (proto/object.h).
 *
 * Names. All kinds share one name space per session. A name without prefix, or with
 * `Local\`, is the session's; `Global\` is common to all. In session 0 both are the same,
 * as on Windows. Prefixes and names are compared as they are written: object names, other
 * than pipe names, are case-sensitive. At most NP_OBJECT_NAME_MAX units without the
 * prefix, and no further backslash. (Synchronisation functions and Kernel object
 * namespaces in the Windows documentation.)
 *
 * Two lives, one inside the other:
 *
 *	opens	what was created, opened or joined, less what was closed, over all holders,
 *		and the parcels on their way. With the last of them the name goes.
 *	holders	processes that have the object mapped. One may stay after its last open was
 *		closed: a thread of it may still own the mutex or wait. With the last of
 *		them, and no parcel on its way, the object goes.
 *
 * A holder has a number, unique among the holders of this object, by which the object's
 * word refers to it. It is given out again only after the holder has left.
 *
 * The body of an object, what the outside needs to keep for it, is a pointer that the
 * model stores and hands back when the object goes.
 *
 * Coming back. What another name space had is restored with its numbers, each holder with
 * a keeper in its place, and moves to whoever claims it. The opens that come along are
 * unclaimed until the holder says which of them it still has.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/list.h"
#include "npfs/base/macro.h"
#include "npfs/base/map.h"
#include "npfs/core/object_word.h"
#include "npfs/proto/object.h"

#define NP_OBJECT_NAME_MAX 260u

struct np_owner;

struct np_object {
	uint64_t id;    /* never used twice in the life of the name space */
	uint32_t type;  /* NP_OBJECT_EVENT and its like */
	uint32_t flags; /* NP_OBJECT_MANUAL */
	uint32_t limit; /* of a semaphore; otherwise 1 */
	void *key;      /* owned: session and name; NULL when it has no name, or no longer */
	size_t key_len; /* bytes */
	void *sd;       /* owned: self-relative descriptor, or NULL */
	size_t sd_len;  /* bytes */
	void *body;     /* the caller's */
	struct np_list holders; /* np_holder.object_link */
	uint32_t n_holders;
	uint32_t n_opens; /* of all holders, and one for each parcel on its way */
	uint32_t n_lent;  /* parcels on their way */
	uint64_t numbers[NP_OBJECT_HOLDERS / 64]; /* a bit per number in use */
};

/* A process that holds an object. */
struct np_holder {
	struct np_list object_link; /* in np_object.holders */
	struct np_list owner_link;  /* in np_object_owner.holders */
	struct np_object *object;   /* borrowed; outlives its holders */
	struct np_object_owner *owner; /* borrowed */
	uint32_t number;	       /* 1 to NP_OBJECT_HOLDERS */
	uint32_t n_opens;
	uint32_t n_unclaimed; /* of those: of its keeper before, not claimed yet */
	uint32_t granted; /* by its opens and with parcels, taken together */
};

/* Whoever answers for a set of holders: when it goes, they go. */
struct np_object_owner {
	struct np_list holders; /* np_holder.owner_link, owned */
	uint32_t n_holders;
	const struct np_owner *who; /* borrowed: which process; of concern to who keeps records */
};

struct np_objects {
	struct np_map by_name; /* key -> struct np_object */
	struct np_map by_id;   /* number -> struct np_object, owned */
	uint64_t next_id;
};

/* What a new object is. */
struct np_object_params {
	uint32_t type;
	uint32_t flags;
	uint32_t limit;
	const void *sd; /* borrowed, copied; may be NULL */
	size_t sd_len;
	void *body;
};

static inline void np_object_owner_init(struct np_object_owner *owner)
{
	np_list_init(&owner->holders);
	owner->n_holders = 0;
	owner->who = NULL;
}

/* The shape of the word of an object of this type. */
static inline enum np_word_shape np_object_shape(uint32_t type, uint32_t flags)
{
	if (type == NP_OBJECT_MUTEX)
		return NP_WORD_MUTEX;
	if (flags & NP_OBJECT_MANUAL)
		return NP_WORD_LATCH;
	return NP_WORD_COUNTED;
}

void np_objects_init(struct np_objects *objects, uint64_t first_id);
void np_objects_fini(struct np_objects *objects);

/* names */
npfs_status np_object_check_params(uint32_t type, uint32_t flags, uint32_t initial,
				   uint32_t limit);
npfs_status np_objects_resolve(const struct np_objects *objects, uint32_t session,
			       const uint16_t *name, size_t name_len, uint32_t type,
			       struct np_object **objectp);
npfs_status np_objects_create(struct np_objects *objects, uint32_t session,
			      const uint16_t *name, size_t name_len,
			      const struct np_object_params *params,
			      struct np_object **objectp);
struct np_object *np_objects_find(const struct np_objects *objects, uint64_t id);

/* holders */
npfs_status np_object_open(struct np_object *object, struct np_object_owner *owner,
			   struct np_holder **holderp);
struct np_holder *np_object_holder(const struct np_object *object,
				   const struct np_object_owner *owner);
struct np_holder *np_object_owner_first(const struct np_object_owner *owner);
void np_holder_close(struct np_objects *objects, struct np_holder *holder, uint32_t n);
bool np_holder_leave(struct np_objects *objects, struct np_holder *holder, void **bodyp);

/* coming back */
npfs_status np_objects_restore(struct np_objects *objects, uint64_t id, const void *key,
			       size_t key_len, const struct np_object_params *params,
			       struct np_object **objectp);
struct np_holder *np_object_find_number(const struct np_object *object, uint32_t number);
npfs_status np_holder_restore(struct np_objects *objects, struct np_object *object,
			      struct np_object_owner *owner, uint32_t number,
			      uint32_t n_opens, uint32_t granted);
void np_holder_move(struct np_holder *holder, struct np_object_owner *owner);
void np_holder_claim(struct np_holder *holder, uint32_t n_opens);
bool np_object_has_number(const struct np_object *object, uint32_t number);

/* parcels */
void np_object_lend(struct np_object *object);
bool np_object_lent_end(struct np_objects *objects, struct np_object *object,
			void **bodyp);

/* an object that nobody opened */
void *np_object_drop(struct np_objects *objects, struct np_object *object);
