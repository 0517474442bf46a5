/* SPDX-License-Identifier: MIT */
/*
 * A small single-threaded event loop: descriptors and timers.
 *
 * One round of the loop waits for the earliest of a ready descriptor, a due timer and the
 * caller's time-out, then calls the timers that are due, then the callbacks of the ready
 * descriptors. A callback may add, change and remove any descriptor or timer, its own
 * included: a removed one is not called any more, even if it was ready in the same round,
 * and one added in this round is first called in the next.
 *
 * Descriptors are borrowed: remove a descriptor from the loop before closing it. Signals
 * come in through a signalfd that the caller adds. Nothing here is safe to call from a
 * second thread or a signal handler.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "npfs/base/clock.h"
#include "npfs/base/list.h"
#include "npfs/base/macro.h"

struct np_loop;
struct np_timer;
struct np_loop_watch;

/* @events are EPOLL bits; EPOLLERR and EPOLLHUP come unasked. */
typedef void (*np_loop_fd_fn)(struct np_loop *loop, int fd, uint32_t events, void *user);
typedef void (*np_timer_fn)(struct np_loop *loop, struct np_timer *timer, void *user);

/* Embedded in whatever it times. Not armed while @pos is NP_TIMER_IDLE. */
struct np_timer {
	int64_t deadline_ns; /* monotonic */
	uint64_t serial;     /* arming order, decides among equal deadlines */
	size_t pos;          /* place in the loop's heap */
	np_timer_fn fn;
	void *user; /* borrowed from the owner of the timer */
};

#define NP_TIMER_IDLE SIZE_MAX

struct np_loop {
	int epoll_fd;                   /* owned */
	struct np_loop_watch **watches; /* owned, indexed by descriptor */
	size_t n_watches;
	struct np_list dead;      /* owned: removed watches a round may still point to */
	struct np_timer **timers; /* owned binary heap of borrowed timers */
	size_t n_timers;
	size_t timers_cap;
	uint64_t serial;
	bool quit;
};

int np_loop_init(struct np_loop *loop) NP_MUST_CHECK;
void np_loop_fini(struct np_loop *loop);

int np_loop_add(struct np_loop *loop, int fd, uint32_t events, np_loop_fd_fn fn,
		void *user) NP_MUST_CHECK;
int np_loop_mod(struct np_loop *loop, int fd, uint32_t events);
int np_loop_del(struct np_loop *loop, int fd);

void np_timer_init(struct np_timer *timer, np_timer_fn fn, void *user);
int np_timer_arm(struct np_loop *loop, struct np_timer *timer,
		 int64_t deadline_ns) NP_MUST_CHECK;
void np_timer_cancel(struct np_loop *loop, struct np_timer *timer);
int64_t np_loop_next_deadline(const struct np_loop *loop);

int np_loop_run_once(struct np_loop *loop, int64_t deadline_ns);
int np_loop_run(struct np_loop *loop);
void np_loop_quit(struct np_loop *loop);

static inline bool np_timer_is_armed(const struct np_timer *timer)
{
	return timer->pos != NP_TIMER_IDLE;
}
