/* SPDX-License-Identifier: MIT */
/*
 * The event loop over epoll.
 *
 * A watch is what the loop knows of one descriptor. The kernel hands back the pointer to
 * it, so a watch removed in the middle of a round must outlive the round: it is marked
 * dead, parked on a list and freed at the end. A descriptor number that is closed and
 * used again within a round gets a new watch, and stale events of the old one find the
 * dead one.
 *
 * Timers are a binary heap ordered by deadline, then by arming order. Due timers are
 * taken by the clock reading at the start of the round and only up to the serial number
 * in force then, so a timer that arms itself again for "now" cannot starve the
 * descriptors.
 */
#include "npfs/base/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"

#define EVENTS_PER_ROUND 64

struct np_loop_watch {
	struct np_list link; /* on np_loop.dead, once removed */
	int fd;              /* borrowed; -1 once removed */
	np_loop_fd_fn fn;
	void *user; /* borrowed from whoever added the descriptor */
};

/**
 * np_loop_init() - make an empty loop
 *
 * Return: 0 or a negative errno, with nothing to undo.
 */
int np_loop_init(struct np_loop *loop)
{
	memset(loop, 0, sizeof(*loop));
	np_list_init(&loop->dead);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return np_err(-errno);
	return 0;
}

static void loop_bury(struct np_loop *loop)
{
	struct np_list *node;

	while ((node = np_list_pop_front(&loop->dead)))
		free(np_list_entry(node, struct np_loop_watch, link));
}

/* Forgets all descriptors and timers and frees the loop's memory. Not from a callback. */
void np_loop_fini(struct np_loop *loop)
{
	size_t i;

	loop_bury(loop);
	for (i = 0; i < loop->n_watches; i++)
		free(loop->watches[i]);
	free(loop->watches);
	loop->watches = NULL;
	loop->n_watches = 0;
	for (i = 0; i < loop->n_timers; i++)
		loop->timers[i]->pos = NP_TIMER_IDLE;
	free(loop->timers);
	loop->timers = NULL;
	loop->n_timers = 0;
	loop->timers_cap = 0;
	loop->epoll_fd = np_fd_close(loop->epoll_fd);
}

static struct np_loop_watch *loop_find(const struct np_loop *loop, int fd)
{
	if (fd < 0 || (size_t)fd >= loop->n_watches)
		return NULL;
	return loop->watches[fd];
}

static int loop_reserve(struct np_loop *loop, int fd)
{
	size_t n = np_max_size(loop->n_watches, 64);
	struct np_loop_watch **watches;

	if ((size_t)fd < loop->n_watches)
		return 0;
	while (n <= (size_t)fd)
		n *= 2;
	watches = realloc(loop->watches, n * sizeof(struct np_loop_watch *));
	if (!watches)
		return np_err(-ENOMEM);
	memset(watches + loop->n_watches, 0,
	       (n - loop->n_watches) * sizeof(struct np_loop_watch *));
	loop->watches = watches;
	loop->n_watches = n;
	return 0;
}

/**
 * np_loop_add() - watch a descriptor
 * @fd:		borrowed; stays the caller's, who removes it before closing it
 * @events:	EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLET ...; 0 watches for errors only
 * @fn:		called with what happened
 * @user:	passed to @fn
 *
 * Return: 0; -EEXIST when @fd is watched already; -EBADF, -EPERM (a regular file) or
 * -ENOMEM, with the loop as it was.
 */
int np_loop_add(struct np_loop *loop, int fd, uint32_t events, np_loop_fd_fn fn,
		void *user)
{
	struct epoll_event ev = {.events = events};
	struct np_loop_watch *watch;
	int r;

	if (fd < 0)
		return np_err(-EBADF);
	if (loop_find(loop, fd))
		return np_err(-EEXIST);
	r = loop_reserve(loop, fd);
	if (r < 0)
		return r;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return np_err(-ENOMEM);
	np_list_init(&watch->link);
	watch->fd = fd;
	watch->fn = fn;
	watch->user = user;
	ev.data.ptr = watch;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0) {
		r = np_err(-errno);
		free(watch);
		return r;
	}
	loop->watches[fd] = watch;
	return 0;
}

/*
 * Changes the events of a watched descriptor. Return: 0, -ENOENT or another negative
 * errno.
 */
int np_loop_mod(struct np_loop *loop, int fd, uint32_t events)
{
	struct np_loop_watch *watch = loop_find(loop, fd);
	struct epoll_event ev = {.events = events, .data.ptr = watch};

	if (!watch)
		return np_err(-ENOENT);
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &ev) < 0)
		return np_err(-errno);
	return 0;
}

/*
 * Stops watching a descriptor, which is not closed. Its callback is not called any more.
 * Return: 0, or -ENOENT when it was not watched.
 */
int np_loop_del(struct np_loop *loop, int fd)
{
	struct np_loop_watch *watch = loop_find(loop, fd);

	if (!watch)
		return np_err(-ENOENT);
	/*
	 * Fails only for a descriptor that is closed already, and then nothing is left
	 * to do.
	 */
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	loop->watches[fd] = NULL;
	watch->fd = -1;
	np_list_push_back(&loop->dead, &watch->link);
	return 0;
}

/* timers */

static bool timer_is_before(const struct np_timer *a, const struct np_timer *b)
{
	if (a->deadline_ns != b->deadline_ns)
		return a->deadline_ns < b->deadline_ns;
	return a->serial < b->serial;
}

static void heap_place(struct np_loop *loop, size_t pos, struct np_timer *timer)
{
	loop->timers[pos] = timer;
	timer->pos = pos;
}

static void heap_up(struct np_loop *loop, size_t pos)
{
	struct np_timer *timer = loop->timers[pos];

	while (pos > 0) {
		size_t parent = (pos - 1) / 2;

		if (!timer_is_before(timer, loop->timers[parent]))
			break;
		heap_place(loop, pos, loop->timers[parent]);
		pos = parent;
	}
	heap_place(loop, pos, timer);
}

static void heap_down(struct np_loop *loop, size_t pos)
{
	struct np_timer *timer = loop->timers[pos];

	for (;;) {
		size_t child = pos * 2 + 1;

		if (child >= loop->n_timers)
			break;
		if (child + 1 < loop->n_timers &&
		    timer_is_before(loop->timers[child + 1], loop->timers[child]))
			child++;
		if (!timer_is_before(loop->timers[child], timer))
			break;
		heap_place(loop, pos, loop->timers[child]);
		pos = child;
	}
	heap_place(loop, pos, timer);
}

/* Prepares a timer that is not armed. @user is passed to @fn. */
void np_timer_init(struct np_timer *timer, np_timer_fn fn, void *user)
{
	*timer = (struct np_timer){.pos = NP_TIMER_IDLE, .fn = fn, .user = user};
}

/**
 * np_timer_arm() - let a timer fire at @deadline_ns
 * @timer:		borrowed until it has fired or is cancelled
 * @deadline_ns:	monotonic time; NP_DEADLINE_NEVER only cancels
 *
 * An armed timer is moved. A timer fires once, and is not armed when its callback runs.
 *
 * Return: 0, or -ENOMEM with the timer as it was; never for a timer that is armed
 * already.
 */
int np_timer_arm(struct np_loop *loop, struct np_timer *timer, int64_t deadline_ns)
{
	if (deadline_ns == NP_DEADLINE_NEVER) {
		np_timer_cancel(loop, timer);
		return 0;
	}
	if (!np_timer_is_armed(timer)) {
		if (loop->n_timers == loop->timers_cap) {
			size_t cap = loop->timers_cap ? loop->timers_cap * 2 : 16;
			struct np_timer **timers;

			timers = realloc(loop->timers, cap * sizeof(struct np_timer *));
			if (!timers)
				return np_err(-ENOMEM);
			loop->timers = timers;
			loop->timers_cap = cap;
		}
		heap_place(loop, loop->n_timers++, timer);
	}
	timer->deadline_ns = deadline_ns;
	timer->serial = ++loop->serial;
	heap_up(loop, timer->pos);
	heap_down(loop, timer->pos);
	return 0;
}

/* Disarms a timer; harmless when it is not armed. */
void np_timer_cancel(struct np_loop *loop, struct np_timer *timer)
{
	size_t pos = timer->pos;
	struct np_timer *last;

	if (pos == NP_TIMER_IDLE)
		return;
	assert(pos < loop->n_timers && loop->timers[pos] == timer);
	timer->pos = NP_TIMER_IDLE;
	last = loop->timers[--loop->n_timers];
	if (last == timer)
		return;
	heap_place(loop, pos, last);
	heap_up(loop, pos);
	heap_down(loop, last->pos);
}

/* When the earliest timer is due; NP_DEADLINE_NEVER without timers. */
int64_t np_loop_next_deadline(const struct np_loop *loop)
{
	return loop->n_timers ? loop->timers[0]->deadline_ns : NP_DEADLINE_NEVER;
}

static int loop_fire_timers(struct np_loop *loop)
{
	int64_t now = np_clock_now_ns();
	uint64_t serial = loop->serial;
	int n = 0;

	while (loop->n_timers > 0) {
		struct np_timer *timer = loop->timers[0];

		if (timer->deadline_ns > now || timer->serial > serial)
			break;
		np_timer_cancel(loop, timer);
		timer->fn(loop, timer, timer->user);
		n++;
	}
	return n;
}

/**
 * np_loop_run_once() - one round: wait, fire due timers, serve ready descriptors
 * @deadline_ns:	return at this time at the latest; 0 does not wait
 *
 * Return: how many callbacks were called, 0 when the deadline came or a signal
 * interrupted the wait; or a negative errno.
 */
int np_loop_run_once(struct np_loop *loop, int64_t deadline_ns)
{
	struct epoll_event events[EVENTS_PER_ROUND];
	int64_t until = np_min_i64(deadline_ns, np_loop_next_deadline(loop));
	int n_called, n, i;

	n = epoll_wait(loop->epoll_fd, events, EVENTS_PER_ROUND,
		       np_deadline_poll_ms(np_clock_now_ns(), until));
	if (n < 0) {
		if (errno != EINTR)
			return np_err(-errno);
		n = 0;
	}
	n_called = loop_fire_timers(loop);
	for (i = 0; i < n; i++) {
		struct np_loop_watch *watch = events[i].data.ptr;

		if (watch->fd < 0)
			continue;
		watch->fn(loop, watch->fd, events[i].events, watch->user);
		n_called++;
	}
	loop_bury(loop);
	return n_called;
}

/* Runs rounds until np_loop_quit(). Return: 0 or a negative errno. */
int np_loop_run(struct np_loop *loop)
{
	while (!loop->quit) {
		int r = np_loop_run_once(loop, NP_DEADLINE_NEVER);

		if (r < 0)
			return r;
	}
	loop->quit = false;
	return 0;
}

/* Lets np_loop_run() return after the current round; before it runs: at once. */
void np_loop_quit(struct np_loop *loop)
{
	loop->quit = true;
}
