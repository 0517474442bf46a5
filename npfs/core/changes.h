/* SPDX-License-Identifier: MIT */
/*
 * What has happened to the names, lately
 *
 * A log of the last NP_CHANGES_MAX changes, numbered without gaps. Who watches the names
 * remembers the number behind the last change it was told (its cursor) and asks for what is
 * there from then on; nobody's memory is kept here. A cursor that is older than what is
 * left, or from another life of the broker, has missed something, and that is all it is
 * told.
 *
 * Nothing is recorded while nobody subscribes. When the last subscriber leaves, the log is
 * emptied and a number is skipped, so that a cursor from before has missed something.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NP_CHANGES_MAX 256u

enum np_change_action {
	NP_CHANGE_ADDED = 1,	/* the numbers of FILE_ACTION_ */
	NP_CHANGE_REMOVED = 2,
	NP_CHANGE_INSTANCES = 3, /* their number is another one */
};

struct np_change {
	enum np_change_action action;
	size_t name_len; /* units */
	uint16_t *name;	 /* owned */
};

struct np_changes {
	struct np_change ring[NP_CHANGES_MAX]; /* number n is at n % NP_CHANGES_MAX */
	uint64_t first;			       /* the oldest that is left */
	uint64_t next;			       /* what the next one will be called */
	unsigned n_subscribers;
};

void np_changes_init(struct np_changes *changes, uint64_t first);
void np_changes_fini(struct np_changes *changes);
void np_changes_subscribe(struct np_changes *changes);
void np_changes_unsubscribe(struct np_changes *changes);
void np_changes_add(struct np_changes *changes, enum np_change_action action,
		    const uint16_t *name, size_t name_len);

/* Has who holds this cursor missed something? */
static inline bool np_changes_is_stale(const struct np_changes *changes, uint64_t cursor)
{
	return cursor < changes->first || cursor > changes->next;
}

/* The change of this number, which is there: first <= number < next. */
static inline const struct np_change *np_changes_get(const struct np_changes *changes,
						     uint64_t number)
{
	return &changes->ring[number % NP_CHANGES_MAX];
}
