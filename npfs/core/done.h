/* SPDX-License-Identifier: MIT */
/*
 * The deferred list: what the outside has to do once the model is at rest
 *
 * The model never calls back while it changes. Whatever must happen outside (a waiter
 * gets its answer, a prepared channel is released) is a record on the volume's list, in
 * the order in which it came about. The caller empties the list after each call into the
 * model:
 *
 *	while ((done = np_done_pop(&volume->done)) != NULL)
 *		...look at done->kind, find the object around the record...
 *
 * Records are embedded in the objects they speak of, so deferring cannot fail. A record
 * is on one list at most; the object's owner keeps it alive until the record was taken.
 */
#pragma once

#include <npfs/status.h>

#include "npfs/base/list.h"

enum np_done_kind {
	NP_DONE_WAITER,  /* around it: struct np_waiter. The wait is over with @status */
	NP_DONE_CHANNEL, /* around it: the caller's channel. The model has let go of it */
	NP_DONE_PIPE,    /* around it: the caller's token of a pipe. The name is gone */
};

struct np_done {
	struct np_list link;
	enum np_done_kind kind;
	npfs_status status;
};

static inline void np_done_init(struct np_done *done, enum np_done_kind kind)
{
	np_list_init(&done->link);
	done->kind = kind;
	done->status = STATUS_SUCCESS;
}

/* Defers @done, which is on no list, to the end of @list. */
static inline void np_done_push(struct np_list *list, struct np_done *done,
				npfs_status status)
{
	done->status = status;
	np_list_push_back(list, &done->link);
}

/* Takes the oldest record off @list, or returns NULL. */
static inline struct np_done *np_done_pop(struct np_list *list)
{
	struct np_list *node = np_list_pop_front(list);

	return node ? np_list_entry(node, struct np_done, link) : NULL;
}
