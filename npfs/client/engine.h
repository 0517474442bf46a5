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
 *
 * A thread of the program that has to sleep anyhow may drive (npfs_drive() in <npfs/aio.h>):
 * then it sleeps where the events arrive and handles them itself, and the engine's thread
 * sleeps on. So whatever ends the thread's wait wakes one thread and not two.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct np_watch;

struct np_watch_ops {
	void (*ref)(struct np_watch *watch);	  /* under the engine's lock */
	void (*unref)(struct np_watch *watch);	  /* under no lock */
	/* in the engine's thread or one that drives, never twice at a time; under no lock */
	void (*on_event)(struct np_watch *watch);
	/* lookout.h; both NULL when the watch is never put there. has_news: under the lookout's
	 * lock, must not wait; on_news: under no lock, perhaps beside on_event() */
	bool (*has_news)(struct np_watch *watch);
	void (*on_news)(struct np_watch *watch);
	/* in the child of a fork: nothing is watched any more, `fd` is a copy to be closed */
	void (*fork_child)(struct np_watch *watch);
};

/* Embedded in what owns the descriptor, zero before. Edge-triggered: on_event() reads until
 * there is nothing more. */
struct np_watch {
	const struct np_watch_ops *ops;
	int fd; /* borrowed; fixed while watched */
	/* Nobody else sleeps on what @fd refers to, in this process or another: then an
	 * event wakes one thread only. Set before it is watched. */
	bool is_exclusive;
	/* Only the end of the connection is an event. Not with is_exclusive. */
	bool is_for_hangup;
	_Atomic bool hung_up; /* set before on_event(): the other side is closed for good */

	/* the engine's, under its lock */
	uint32_t slot;
	bool has_slot;
	bool is_in_sets; /* and its events are waited for */
	bool is_running; /* on_event() is being called */
	bool came_again; /* and is to be called once more */

	bool is_on_lookout; /* the lookout's, under its lock */
};

/* np_engine_know() - have a place for @watch, which is not watched yet: a fork asks it for its
 * descriptor, and the lookout may have it. No system call. Return: 0, -ENOMEM. */
int np_engine_know(struct np_watch *watch);

/* np_engine_add() - watch @watch->fd, which may be known already; starts the thread at first
 * need. What has happened before is an event, too.
 * Return: 0, -ENOMEM, -EAGAIN and what epoll_ctl() says; what was known stays known. */
int np_engine_add(struct np_watch *watch);

/* np_engine_remove() - forget @watch: no more calls of on_event() start; one may still be
 * running, it holds a reference. Nothing happens when it is not known. */
void np_engine_remove(struct np_watch *watch);

/* np_engine_fork_prepare() and its companions - around fork(), from pthread_atfork() */
void np_engine_fork_prepare(void);
void np_engine_fork_parent(void);
void np_engine_fork_child(void);
