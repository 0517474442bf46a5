/* SPDX-License-Identifier: MIT */
/*
 * The engine: one hidden thread that watches the sockets of all ends of the process
 *
 * It sees that a peer is gone however it died, brings the broker's hello to listening
 * ends, and completes requests in flight when the peer rings. It is not on the path of a
 * read or write whose data or room is there.
 *
 * Whatever else must be noticed without a thread of the program waiting for it is watched
 * the same way: a descriptor and what to call when it becomes readable.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct np_watch;

struct np_watch_ops {
	void (*ref)(struct np_watch *watch);	  /* under the engine's lock */
	void (*unref)(struct np_watch *watch);	  /* under no lock */
	void (*on_event)(struct np_watch *watch); /* in the engine's thread, under no lock */
	/* in the child of a fork: nothing is watched any more, `fd` is a copy to be closed */
	void (*fork_child)(struct np_watch *watch);
};

/* Embedded in what owns the descriptor. Edge-triggered: on_event() reads until there is
 * nothing more. */
struct np_watch {
	const struct np_watch_ops *ops;
	int fd;		/* borrowed; fixed while watched */
	uint32_t slot;	/* the engine's */
	bool has_slot;	/* the engine's */
};

/* np_engine_add() - watch @watch->fd; starts the thread at first need.
 * Return: 0, -ENOMEM, -EAGAIN and what epoll_ctl() says. */
int np_engine_add(struct np_watch *watch);

/* np_engine_remove() - no more calls of on_event() for @watch start; one may still be
 * running, it holds a reference. Nothing happens when it is not watched. */
void np_engine_remove(struct np_watch *watch);

/* np_engine_fork_prepare() and its companions - around fork(), from pthread_atfork() */
void np_engine_fork_prepare(void);
void np_engine_fork_parent(void);
void np_engine_fork_child(void);
