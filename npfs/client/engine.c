/* SPDX-License-Identifier: MIT */
/*
 * The engine's table and loop
 *
 * A watch is known to epoll by a slot number and the slot's generation, so that an event
 * which was already fetched when its watch was removed finds nobody. Edge-triggered: the
 * reader of a socket reads until it is empty.
 */
#include "npfs/client/engine.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "npfs/base/err.h"
#include "npfs/base/fd.h"

#define EVENTS_AT_ONCE	64
#define THREAD_STACK	(256u * 1024)
#define FIRST_SLOTS	64u

struct slot {
	struct np_watch *watch; /* borrowed; NULL: free */
	uint32_t generation;
	uint32_t next_free;
};

#define NO_SLOT UINT32_MAX

static struct {
	pthread_mutex_t lock; /* of everything here; never held while another lock is
			       * being taken */
	int epoll_fd;
	bool is_running;
	struct slot *slots; /* owned */
	uint32_t n_slots;
	uint32_t first_free;
} engine = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.epoll_fd = -1,
	.first_free = NO_SLOT,
};

static struct np_watch *find_watch(uint64_t key)
{
	uint32_t slot = (uint32_t)key;
	struct np_watch *watch = NULL;

	pthread_mutex_lock(&engine.lock);
	if (slot < engine.n_slots && engine.slots[slot].generation == key >> 32)
		watch = engine.slots[slot].watch;
	if (watch)
		watch->ops->ref(watch);
	pthread_mutex_unlock(&engine.lock);
	return watch;
}

static void *engine_main(void *arg)
{
	int epoll_fd = (int)(intptr_t)arg;
	struct epoll_event events[EVENTS_AT_ONCE];

	for (;;) {
		int n = epoll_wait(epoll_fd, events, EVENTS_AT_ONCE, -1);

		if (n < 0 && errno != EINTR)
			return NULL;
		for (int i = 0; i < n; i++) {
			struct np_watch *watch = find_watch(events[i].data.u64);

			if (!watch)
				continue;
			watch->ops->on_event(watch);
			watch->ops->unref(watch);
		}
	}
}

static int start_thread(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int r;

	r = pthread_attr_init(&attr);
	if (r)
		return np_err(-r);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&thread, &attr, engine_main, (void *)(intptr_t)engine.epoll_fd);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	if (r)
		return np_err(-r);
	pthread_setname_np(thread, "npfs-engine");
	return 0;
}

static int start(void)
{
	int r;

	if (engine.is_running)
		return 0;
	if (engine.epoll_fd < 0) {
		engine.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
		if (engine.epoll_fd < 0)
			return np_err(-errno);
	}
	r = start_thread();
	if (r < 0)
		return r;
	engine.is_running = true;
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

static int add_locked(struct np_watch *watch)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET };
	uint32_t i;
	int r = start();

	if (r < 0)
		return r;
	if (engine.first_free == NO_SLOT) {
		r = grow();
		if (r < 0)
			return r;
	}
	i = engine.first_free;
	engine.first_free = engine.slots[i].next_free;
	engine.slots[i].watch = watch;
	event.data.u64 = i | (uint64_t)engine.slots[i].generation << 32;
	if (epoll_ctl(engine.epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) < 0) {
		r = np_err(-errno);
		free_slot(i);
		return r;
	}
	watch->slot = i;
	watch->has_slot = true;
	return 0;
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
	if (watch->has_slot) {
		epoll_ctl(engine.epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
		free_slot(watch->slot);
		watch->has_slot = false;
	}
	pthread_mutex_unlock(&engine.lock);
}

void np_engine_fork_prepare(void)
{
	pthread_mutex_lock(&engine.lock);
}

void np_engine_fork_parent(void)
{
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
		watch->ops->fork_child(watch);
	}
	free(engine.slots);
	engine.slots = NULL;
	engine.n_slots = 0;
	engine.first_free = NO_SLOT;
	engine.epoll_fd = np_fd_close(engine.epoll_fd);
	engine.is_running = false;
	pthread_mutex_init(&engine.lock, NULL);
}
