/* SPDX-License-Identifier: MIT */
/*
 * The rules of the data queues hold in both directions. A case that is written for "the
 * writer" and "the reader" runs once with the server writing and once with the client.
 */
#pragma once

#include "conformance/pipes.h"

struct ends {
	struct pair p;
	HANDLE w; /* borrowed from p: the end that writes */
	HANDLE r; /* borrowed from p: the end that reads */
};

/* direction 0: the server writes, 1: the client does. Both queues get the quota. */
static inline bool ends_new(struct ends *e, unsigned flags, DWORD quota, int direction)
{
	if (direction > 1)
		return false;
	conf_note(direction == 0 ? "server writes" : "client writes");
	e->p = pair_new(flags, quota, quota);
	e->w = direction == 0 ? e->p.s : e->p.c;
	e->r = direction == 0 ? e->p.c : e->p.s;
	return true;
}

/* for (…) with a fresh pair for each direction; the last note names the one that failed. */
#define FOR_BOTH_DIRECTIONS(e, flags, quota)                                             \
	for (int direction_ = 0; ends_new(&(e), (flags), (quota), direction_);           \
	     pair_close(&(e).p), direction_++)
