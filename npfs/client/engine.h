/* SPDX-License-Identifier: MIT */
/*
 * The engine: one hidden thread that watches the sockets of all ends of the process
 *
 * It sees that a peer is gone however it died, brings the broker's hello to listening
 * ends, and completes requests in flight when the peer rings. It is not on the path of a
 * read or write whose data or room is there.
 */
#pragma once

#include <stdint.h>

struct npfs_end;

/* np_engine_add() - watch @end's socket; starts the thread at first need.
 * Return: 0, -ENOMEM, -EAGAIN and what epoll_ctl() says. */
int np_engine_add(struct npfs_end *end);

/* np_engine_remove() - no more calls of np_end_on_event() for @end start; one may still
 * be running, it holds a reference */
void np_engine_remove(struct npfs_end *end);

/* np_engine_fork_prepare() and its companions - around fork(), from pthread_atfork() */
void np_engine_fork_prepare(void);
void np_engine_fork_parent(void);
void np_engine_fork_child(void);
