/* SPDX-License-Identifier: MIT */
/*
 * Shared objects round a fork(), and as they are claimed (claim.h); all else is in
 * npfs/object.h
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct npfs_object;

/* What a claim says; to be ended. */
struct np_object_claim {
	struct npfs_object *object; /* counted */
	uint64_t id;
	uint64_t cookie[2];
	uint32_t holder;
	uint32_t n_opens;
	int fds[2]; /* borrowed from the object */
};

/* np_object_any() - does the process hold any? */
bool np_object_any(void);

/* np_object_next_claim() - one that was not in round @epoch yet. Return: is there one? */
bool np_object_next_claim(uint64_t epoch, struct np_object_claim *claimp);
void np_object_end_claim(struct np_object_claim *claim);

/* From pthread_atfork(): the list of objects is at rest, and the child has none of them. */
void np_object_fork_prepare(void);
void np_object_fork_parent(void);
void np_object_fork_child(void);
