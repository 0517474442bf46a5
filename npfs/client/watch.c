/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of the caller's that the engine watches (npfs/aio.h)
 *
 * A watch has two owners at most: the caller until npfs_watch_free(), and the engine for
 * the length of a call. The last one to go calls the release function, so what the caller
 * hung on the watch outlives every call that is made with it.
 */
#include <npfs/aio.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "npfs/base/macro.h"
#include "npfs/client/engine.h"
#include "npfs/client/process.h"

struct npfs_watch {
	struct np_watch watch;
	_Atomic uint32_t refs;
	void (*on_event)(void *user);
	void (*release)(void *user);
	void *user;
};

static struct npfs_watch *watch_of(struct np_watch *watch)
{
	return np_container_of(watch, struct npfs_watch, watch);
}

static void watch_ref(struct np_watch *watch)
{
	atomic_fetch_add(&watch_of(watch)->refs, 1);
}

static void watch_unref(struct np_watch *watch)
{
	struct npfs_watch *w = watch_of(watch);

	if (atomic_fetch_sub(&w->refs, 1) != 1)
		return;
	if (w->release)
		w->release(w->user);
	free(w);
}

static void watch_on_event(struct np_watch *watch)
{
	struct npfs_watch *w = watch_of(watch);

	w->on_event(w->user);
}

/* The descriptor is the caller's, and so is what becomes of it. */
static void watch_fork_child(struct np_watch *watch)
{
	watch_of(watch)->release = NULL;
}

static const struct np_watch_ops watch_ops = {
	.ref = watch_ref,
	.unref = watch_unref,
	.on_event = watch_on_event,
	.fork_child = watch_fork_child,
};

npfs_status npfs_watch_new(int fd, void (*on_event)(void *user),
			   void (*release)(void *user), void *user,
			   struct npfs_watch **watchp)
{
	struct npfs_watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return STATUS_NO_MEMORY;
	np_process_init();
	w->watch.ops = &watch_ops;
	w->watch.fd = fd;
	w->on_event = on_event;
	w->release = release;
	w->user = user;
	atomic_init(&w->refs, 1);
	*watchp = w;
	r = np_engine_add(&w->watch);
	if (r == 0)
		return STATUS_SUCCESS;
	*watchp = NULL;
	free(w);
	switch (r) {
	case -ENOMEM:
		return STATUS_NO_MEMORY;
	case -EPERM:
	case -EBADF:
		return STATUS_INVALID_PARAMETER;
	default:
		return STATUS_INSUFFICIENT_RESOURCES;
	}
}

void npfs_watch_free(struct npfs_watch *watch)
{
	if (!watch)
		return;
	np_engine_remove(&watch->watch);
	watch_unref(&watch->watch);
}
