/* SPDX-License-Identifier: MIT */
/*
 * The engine's table and its two loops
 *
 * A watch is known to epoll by a slot number and the slot's generation, so that an event
 * which was already fetched when its watch was removed finds nobody. Edge-triggered: the
 * reader of a socket reads until it is empty.
 *
 * Two sets, one order. Every descriptor is in the drivers' set first and then in the
 * engine's, exclusively in both unless somebody else may sleep on the same thing. The
 * kernel queues an event in the first set, and only if nobody waits there also in the
 * second. So:
 *
 *	somebody drives	   his wait ends, the engine's thread sleeps on
 *	nobody drives	   the engine's thread is woken
 *
 * The drivers' set misses nothing; the engine's is only what wakes the engine, which then
 * takes the events out of the drivers' set as well. The one exception are peers that close:
 * that wakes all.
 *
 * Busy times. A driver that handles its event is not waiting, and on a busy program the
 * next event comes just then. It would wake the engine for what the driver finds anyhow
 * when it is back. So when there are many events (BUSY_EVENTS in BUSY_NS) the engine does
 * not wait for them, but looks every TICK_NS whether somebody still handles some. That
 * bounds how long an event can lie when the threads suddenly stay away. In such times the
 * lookout may be open (lookout.h): before it sleeps, the driver looks for a while at the
 * ends themselves, when that has lately paid, and their peers need not ring at all.
 *
 * One thread drives at a time. Another one that wants to wakes it with a kick, an event of
 * its own in the drivers' set. Should the engine take a kick out, it kicks again.
 */
#include "npfs/client/engine.h"

#include <npfs/security.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <npfs/aio.h>

#include "npfs/base/clock.h"
#include "npfs/base/err.h"
#include "npfs/base/fd.h"
#include "npfs/base/macro.h"
#include "npfs/client/end.h"
#include "npfs/client/lookout.h"

#define EVENTS_AT_ONCE	64
#define WAKES_AT_ONCE	512 /* events of the engine's set are only counted */
#define THREAD_STACK	(256u * 1024)
#define FIRST_SLOTS	64u

#define BUSY_EVENTS 64u
#define BUSY_NS	    INT64_C(6400000)

/* Fewer events in a tick, and the busy time is over: when looking pays, and else. */
#define TICK_NS		 INT64_C(500000)
#define TICK_EVENTS	 25u
#define TICK_EVENTS_SEEN 5u

/* How long a driver looks before it sleeps; the limits of what it learns. */
#define SPIN_LEAST_NS INT64_C(2000)
#define SPIN_MOST_NS  INT64_C(50000)

/* While it looks at ends, how often it looks for other events: */
#define PEEK_NS	    INT64_C(5000)
#define PEEK_DRIVES 32u

struct slot {
	struct np_watch *watch; /* borrowed; NULL: free */
	uint32_t generation;
	uint32_t next_free;
};

#define NO_SLOT	 UINT32_MAX
#define KICK_KEY UINT64_MAX /* of no slot: there is none with the number NO_SLOT */

static struct {
	pthread_mutex_t lock; /* of everything but the atomics; never held while another
			       * lock is being taken */
	int drive_fd;  /* the drivers' set */
	int engine_fd; /* the engine's set */
	int kick_fd;
	_Atomic bool is_running; /* the descriptors above stay as they are from then on */
	int bell_fd;		 /* in the engine's set: busy times begin */
	_Atomic bool is_ticking; /* they have begun */
	_Atomic bool has_driver; /* a thread has the right to drive */
	_Atomic bool is_asleep;	 /* and sleeps, or is about to: a kick is needed */
	_Atomic uint32_t n_events; /* handled, and how often somebody began to drive */

	/* of who drives */
	int64_t busy_since_ns;
	int64_t peeked_ns;
	_Atomic int64_t spin_ns; /* how long to look; the engine reads it too */
	unsigned n_drives;
	struct slot *slots;	    /* owned */
	uint32_t n_slots;
	uint32_t first_free;
} engine = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.drive_fd = -1,
	.engine_fd = -1,
	.kick_fd = -1,
	.bell_fd = -1,
	.first_free = NO_SLOT,
};

/* events */

/* The watch that an event is for, unless somebody is at it: he does this one too. */
static struct np_watch *begin_event(const struct epoll_event *event)
{
	uint32_t slot = (uint32_t)event->data.u64;
	struct np_watch *watch = NULL;

	pthread_mutex_lock(&engine.lock);
	if (slot < engine.n_slots &&
	    engine.slots[slot].generation == event->data.u64 >> 32)
		watch = engine.slots[slot].watch;
	if (watch && event->events & (EPOLLHUP | EPOLLRDHUP | EPOLLERR))
		atomic_store(&watch->hung_up, true);
	if (watch && watch->is_running) {
		watch->came_again = true;
		watch = NULL;
	}
	if (watch) {
		watch->is_running = true;
		watch->ops->ref(watch);
	}
	pthread_mutex_unlock(&engine.lock);
	return watch;
}

/* Return: whether there is nothing more to do for @watch. */
static bool end_event(struct np_watch *watch)
{
	bool is_over;

	pthread_mutex_lock(&engine.lock);
	is_over = !watch->came_again || !watch->has_slot;
	watch->came_again = false;
	if (is_over)
		watch->is_running = false;
	pthread_mutex_unlock(&engine.lock);
	return is_over;
}

/* Handle what was fetched. Return: whether a kick was among it. */
static bool handle_events(const struct epoll_event *events, int n)
{
	bool kicked = false;

	for (int i = 0; i < n; i++) {
		struct np_watch *watch;

		if (events[i].data.u64 == KICK_KEY) {
			kicked = true;
			continue;
		}
		watch = begin_event(&events[i]);
		if (!watch)
			continue;
		do
			watch->ops->on_event(watch);
		while (!end_event(watch));
		watch->ops->unref(watch);
	}
	return kicked;
}

static void ring(int event_fd)
{
	uint64_t one = 1;
	ssize_t n;

	/* Each write makes an edge, and the sum never gets near the counter's limit. */
	do
		n = write(event_fd, &one, sizeof(one));
	while (n < 0 && errno == EINTR);
}

/* driving */

/* Busy times begin when the last BUSY_EVENTS took so little. */
static void count_events(unsigned n)
{
	uint32_t before = atomic_fetch_add_explicit(&engine.n_events, n,
						    memory_order_relaxed);
	int64_t now;

	if (before / BUSY_EVENTS == (before + n) / BUSY_EVENTS)
		return;
	now = np_clock_now_ns();
	if (now - engine.busy_since_ns < BUSY_NS &&
	    !atomic_exchange(&engine.is_ticking, true)) {
		/* only a try can tell: the peer may do the same, and then all is fast */
		atomic_store_explicit(&engine.spin_ns, SPIN_MOST_NS, memory_order_relaxed);
		ring(engine.bell_fd);
	}
	engine.busy_since_ns = now;
}

bool npfs_drive_begin(void)
{
	if (!atomic_load_explicit(&engine.is_running, memory_order_acquire) ||
	    atomic_load_explicit(&engine.has_driver, memory_order_relaxed) ||
	    atomic_exchange_explicit(&engine.has_driver, true, memory_order_acquire))
		return false;
	count_events(1);
	return true;
}

void npfs_drive_end(void)
{
	atomic_store_explicit(&engine.has_driver, false, memory_order_release);
}

/* Partner: the store of is_asleep and the look at the word in sleep_for_events(). */
void npfs_drive_kick(void)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&engine.is_asleep, memory_order_relaxed))
		ring(engine.kick_fd);
}

static int wait_events(struct epoll_event *events, int64_t deadline_ns)
{
	struct timespec ts;
	int64_t now, left;
	long n;

	if (deadline_ns == NP_DEADLINE_NEVER)
		return epoll_wait(engine.drive_fd, events, EVENTS_AT_ONCE, -1);
	now = np_clock_now_ns();
	left = deadline_ns > now ? deadline_ns - now : 0;
	ts.tv_sec = left / NP_NS_PER_SEC;
	ts.tv_nsec = left % NP_NS_PER_SEC;
	n = syscall(SYS_epoll_pwait2, engine.drive_fd, events, EVENTS_AT_ONCE, &ts, NULL,
		    (size_t)0);
	if (n < 0 && errno == ENOSYS)
		n = epoll_wait(engine.drive_fd, events, EVENTS_AT_ONCE,
			       np_deadline_poll_ms(now, deadline_ns));
	return (int)n;
}

static void spin_learn(bool paid)
{
	int64_t ns = atomic_load_explicit(&engine.spin_ns, memory_order_relaxed);

	ns = paid ? ns * 2 : ns / 2;
	if (ns < SPIN_LEAST_NS)
		ns = SPIN_LEAST_NS;
	else if (ns > SPIN_MOST_NS)
		ns = SPIN_MOST_NS;
	atomic_store_explicit(&engine.spin_ns, ns, memory_order_relaxed);
}

static bool spin_pays(void)
{
	return atomic_load_explicit(&engine.spin_ns, memory_order_relaxed) > SPIN_LEAST_NS;
}

static bool peek_events(struct epoll_event *events)
{
	int n = epoll_wait(engine.drive_fd, events, EVENTS_AT_ONCE, 0);

	if (n <= 0)
		return false;
	handle_events(events, n);
	count_events((unsigned)n);
	return true;
}

/*
 * Look for events without sleeping, as long as that has lately paid.
 * Return: whether there was one, or *@word has changed.
 */
static bool look_for_events(struct epoll_event *events, const uint32_t *word,
			    uint32_t expected, int64_t deadline_ns)
{
	int64_t spin_ns = atomic_load_explicit(&engine.spin_ns, memory_order_relaxed);
	int64_t start = np_clock_now_ns(), now = start;

	if (engine.n_drives++ % PEEK_DRIVES == 0 && peek_events(events))
		return true;
	while (np_lookout_is_open()) {
		unsigned n = np_lookout_sweep();

		if (n)
			count_events(n);
		if (n || __atomic_load_n(word, __ATOMIC_ACQUIRE) != expected) {
			spin_learn(true);
			return true;
		}
		now = np_clock_now_ns();
		if (now - start >= spin_ns || now >= deadline_ns)
			break;
		if (now - engine.peeked_ns < PEEK_NS)
			continue;
		engine.peeked_ns = now;
		if (peek_events(events))
			return true;
	}
	return false;
}

/* Return: 0: the time has passed; not 0: something happened */
static int sleep_for_events(struct epoll_event *events, const uint32_t *word,
			    uint32_t expected, int64_t deadline_ns)
{
	int n = -1;

	atomic_store_explicit(&engine.is_asleep, true, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	if (__atomic_load_n(word, __ATOMIC_RELAXED) == expected)
		n = wait_events(events, deadline_ns);
	atomic_store_explicit(&engine.is_asleep, false, memory_order_relaxed);
	if (n > 0) {
		handle_events(events, n);
		count_events((unsigned)n);
	}
	return n;
}

bool npfs_drive(const uint32_t *word, uint32_t expected, int64_t deadline_ns)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int64_t since;
	int n;

	/* outside busy times nothing is looked at and no clock is read */
	if (!atomic_load_explicit(&engine.is_ticking, memory_order_relaxed) ||
	    !np_wake_may_spin())
		return sleep_for_events(events, word, expected, deadline_ns) != 0;
	if (spin_pays() && np_lookout_open() &&
	    look_for_events(events, word, expected, deadline_ns))
		return true;
	since = np_clock_now_ns();
	np_lookout_close();
	n = sleep_for_events(events, word, expected, deadline_ns);
	spin_learn(np_clock_now_ns() - since < SPIN_MOST_NS);
	return n != 0;
}

/* the engine's thread */

/* Take out of the drivers' set what is there. */
static void take_events(void)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	bool kicked = false;
	int n;

	do {
		n = epoll_wait(engine.drive_fd, events, EVENTS_AT_ONCE, 0);
		if (n > 0)
			kicked |= handle_events(events, n);
	} while (n == EVENTS_AT_ONCE);
	if (kicked)
		npfs_drive_kick();
}

/* Let the drivers do it, for as long as they do. */
static void tick(void)
{
	struct timespec interval = { .tv_nsec = TICK_NS };
	uint32_t before, n;

	np_lookout_allow(true);
	do {
		before = atomic_load_explicit(&engine.n_events, memory_order_relaxed);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &interval, NULL);
		n = atomic_load_explicit(&engine.n_events, memory_order_relaxed) - before;
	} while (n >= TICK_EVENTS || (n >= TICK_EVENTS_SEEN && spin_pays()));
	np_lookout_allow(false);
	atomic_store(&engine.is_ticking, false);
}

static void *engine_main(void *arg)
{
	struct epoll_event wakes[WAKES_AT_ONCE];

	(void)arg;
	pthread_setname_np(pthread_self(), "npfs-engine");
	for (;;) {
		int n = epoll_wait(engine.engine_fd, wakes, WAKES_AT_ONCE, -1);

		if (n < 0 && errno != EINTR)
			return NULL;
		if (atomic_load(&engine.is_ticking))
			tick();
		take_events();
	}
}

static void close_sets(void)
{
	engine.bell_fd = np_fd_close(engine.bell_fd);
	engine.kick_fd = np_fd_close(engine.kick_fd);
	engine.engine_fd = np_fd_close(engine.engine_fd);
	engine.drive_fd = np_fd_close(engine.drive_fd);
}

static int open_sets(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = KICK_KEY };

	engine.drive_fd = epoll_create1(EPOLL_CLOEXEC);
	engine.engine_fd = epoll_create1(EPOLL_CLOEXEC);
	engine.kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	engine.bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (engine.drive_fd < 0 || engine.engine_fd < 0 || engine.kick_fd < 0 ||
	    engine.bell_fd < 0 ||
	    epoll_ctl(engine.drive_fd, EPOLL_CTL_ADD, engine.kick_fd, &event) < 0 ||
	    epoll_ctl(engine.engine_fd, EPOLL_CTL_ADD, engine.bell_fd, &event) < 0) {
		int r = np_err(-errno);

		close_sets();
		return r;
	}
	return 0;
}

static int start(void)
{
	int r;

	if (atomic_load_explicit(&engine.is_running, memory_order_relaxed))
		return 0;
	r = open_sets();
	if (r < 0)
		return r;
	r = np_err(-npfs_thread_start(engine_main, NULL, THREAD_STACK, NULL));
	if (r < 0) {
		close_sets();
		return r;
	}
	atomic_store_explicit(&engine.is_running, true, memory_order_release);
	return 0;
}

static int grow(void)
{
	uint32_t n = engine.n_slots ? engine.n_slots * 2 : FIRST_SLOTS;
	struct slot *slots = reallocarray(engine.slots, n, sizeof(*slots));

	if (!slots)
		return np_err(-ENOMEM);
	for (uint32_t i = engine.n_slots; i < n; i++) {
		slots[i].watch = NULL;
		slots[i].generation = 1;
		slots[i].next_free = i + 1 < n ? i + 1 : NO_SLOT;
	}
	engine.first_free = engine.n_slots;
	engine.slots = slots;
	engine.n_slots = n;
	return 0;
}

static void free_slot(uint32_t i)
{
	engine.slots[i].watch = NULL;
	engine.slots[i].generation++;
	engine.slots[i].next_free = engine.first_free;
	engine.first_free = i;
}

/* ENOSPC, the user has too many watches, is no full disk. */
static int watch_error(void)
{
	return np_err(errno == ENOSPC ? -ENOMEM : -errno);
}

/*
 * The drivers' set must have an event before the engine is woken to take it out. The kernel
 * tells exclusive waiters in the order in which they came, the others in the reverse. What
 * came between the two additions is in the drivers' set only, so the engine's looks again.
 */
static int add_to_sets(const struct np_watch *watch, uint64_t key)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = key };
	bool in_order = watch->is_exclusive;
	int first = in_order ? engine.drive_fd : engine.engine_fd;
	int second = in_order ? engine.engine_fd : engine.drive_fd;
	int r;

	event.events |= in_order ? EPOLLEXCLUSIVE : EPOLLRDHUP;
	if (watch->is_for_hangup)
		event.events = EPOLLET | EPOLLRDHUP;
	if (epoll_ctl(first, EPOLL_CTL_ADD, watch->fd, &event) < 0)
		return watch_error();
	if (epoll_ctl(second, EPOLL_CTL_ADD, watch->fd, &event) < 0) {
		r = watch_error();
		epoll_ctl(first, EPOLL_CTL_DEL, watch->fd, NULL);
		return r;
	}
	if (!in_order)
		epoll_ctl(first, EPOLL_CTL_MOD, watch->fd, &event);
	return 0;
}

static int know_locked(struct np_watch *watch)
{
	uint32_t i;
	int r;

	if (watch->has_slot)
		return 0;
	if (engine.first_free == NO_SLOT) {
		r = grow();
		if (r < 0)
			return r;
	}
	i = engine.first_free;
	engine.first_free = engine.slots[i].next_free;
	engine.slots[i].watch = watch;
	atomic_store(&watch->hung_up, false);
	watch->slot = i;
	watch->has_slot = true;
	watch->is_in_sets = false;
	return 0;
}

static void forget_locked(struct np_watch *watch)
{
	free_slot(watch->slot);
	watch->has_slot = false;
}

static int add_locked(struct np_watch *watch)
{
	bool was_known = watch->has_slot;
	int r = start();

	if (r == 0)
		r = know_locked(watch);
	if (r < 0)
		return r;
	r = add_to_sets(watch, watch->slot |
				       (uint64_t)engine.slots[watch->slot].generation << 32);
	if (r == 0)
		watch->is_in_sets = true;
	else if (!was_known)
		forget_locked(watch);
	return r;
}

int np_engine_know(struct np_watch *watch)
{
	int r;

	pthread_mutex_lock(&engine.lock);
	r = know_locked(watch);
	pthread_mutex_unlock(&engine.lock);
	return r;
}

int np_engine_add(struct np_watch *watch)
{
	int r;

	pthread_mutex_lock(&engine.lock);
	r = add_locked(watch);
	pthread_mutex_unlock(&engine.lock);
	return r;
}

void np_engine_remove(struct np_watch *watch)
{
	pthread_mutex_lock(&engine.lock);
	if (watch->has_slot && watch->is_in_sets) {
		epoll_ctl(engine.engine_fd, EPOLL_CTL_DEL, watch->fd, NULL);
		epoll_ctl(engine.drive_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	}
	if (watch->has_slot)
		forget_locked(watch);
	pthread_mutex_unlock(&engine.lock);
}

void np_engine_fork_prepare(void)
{
	pthread_mutex_lock(&engine.lock);
	np_lookout_fork_prepare();
}

void np_engine_fork_parent(void)
{
	np_lookout_fork_parent();
	pthread_mutex_unlock(&engine.lock);
}

/* The child has no engine thread and nothing of what the parent watched; those descriptors
 * must go at once, or the parent's peers would not see it close them. */
void np_engine_fork_child(void)
{
	for (uint32_t i = 0; i < engine.n_slots; i++) {
		struct np_watch *watch = engine.slots[i].watch;

		if (!watch)
			continue;
		watch->has_slot = false;
		watch->is_running = false;
		watch->came_again = false;
		watch->ops->fork_child(watch);
	}
	free(engine.slots);
	engine.slots = NULL;
	engine.n_slots = 0;
	engine.first_free = NO_SLOT;
	close_sets();
	atomic_store(&engine.is_running, false);
	atomic_store(&engine.has_driver, false);
	atomic_store(&engine.is_asleep, false);
	atomic_store(&engine.is_ticking, false);
	pthread_mutex_unlock(&engine.lock); /* taken before the fork, by this thread */
	np_lookout_fork_child();
}
