/* SPDX-License-Identifier: MIT */
/*
 * The lookout: ends that nobody needs to ring for, because a thread keeps looking at them
 *
 * A ring costs the peer a system call and this process a wake-up. While a thread drives and
 * events come thick and fast, it looks at shared memory instead: an end with a request in
 * flight is put here and its bell is left alone.
 *
 *	closed	nothing is in it, np_lookout_add() refuses: who waits arms his bell
 *	open	what is in it is looked at again and again by np_lookout_sweep()
 *
 * It may be open only while it is allowed, and the engine allows it only while its thread
 * looks every now and then whether others still do. Whoever closes it has everything in it
 * handled once more, which arms the bells; so nothing is lost between the two ways.
 *
 * Its size is fixed: adding allocates nothing, and what finds no room arms its bell.
 */
#pragma once

#include <stdbool.h>

struct np_watch;

/* np_lookout_add() - look at @watch instead of having it rung; it needs ops->has_news.
 * Return: false when it is closed or full. May be called under an end's lock. */
bool np_lookout_add(struct np_watch *watch);

/* np_lookout_open() - Return: whether it is open now; false when it is not allowed */
bool np_lookout_open(void);
bool np_lookout_is_open(void);

/* np_lookout_close() - close it, and handle what was in it; under no lock */
void np_lookout_close(void);

/* np_lookout_allow() - from now on it may be opened, or no more: then it is closed too */
void np_lookout_allow(bool allowed);

/* np_lookout_sweep() - look at what is in it, a part of it when that is much, and handle
 * what has news, which takes it out. Return: how many had. Under no lock. */
unsigned np_lookout_sweep(void);

/* np_lookout_fork_prepare() and its companions - around fork(); the child forgets everything */
void np_lookout_fork_prepare(void);
void np_lookout_fork_parent(void);
void np_lookout_fork_child(void);
