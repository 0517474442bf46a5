/* SPDX-License-Identifier: MIT */
/*
 * The lookout's table
 *
 * The lock is taken under an end's lock; the other way round an end's lock is only tried
 * (has_news), so the two orders cannot meet. What has news is taken out under the lock and
 * handled after it.
 */
#include "npfs/client/lookout.h"

#include <stdatomic.h>

#include "npfs/client/engine.h"
#include "npfs/client/lock.h"

#define PLACES	     1024u
#define LOOK_AT_ONCE 256u
#define NEWS_AT_ONCE 64u

static struct {
	struct np_lock lock;
	_Atomic bool is_open; /* changed under the lock */
	bool is_allowed;
	unsigned n, cursor;
	struct np_watch *watches[PLACES]; /* counted */
} lookout;

bool np_lookout_add(struct np_watch *watch)
{
	bool added = false;

	if (!atomic_load_explicit(&lookout.is_open, memory_order_relaxed))
		return false;
	np_lock_take(&lookout.lock);
	if (atomic_load_explicit(&lookout.is_open, memory_order_relaxed)) {
		added = watch->is_on_lookout;
		if (!added && lookout.n < PLACES) {
			watch->ops->ref(watch);
			watch->is_on_lookout = true;
			lookout.watches[lookout.n++] = watch;
			added = true;
		}
	}
	np_lock_give(&lookout.lock);
	return added;
}

bool np_lookout_is_open(void)
{
	return atomic_load_explicit(&lookout.is_open, memory_order_relaxed);
}

bool np_lookout_open(void)
{
	bool is_open;

	if (np_lookout_is_open())
		return true;
	np_lock_take(&lookout.lock);
	is_open = lookout.is_allowed;
	atomic_store_explicit(&lookout.is_open, is_open, memory_order_relaxed);
	np_lock_give(&lookout.lock);
	return is_open;
}

static struct np_watch *take_out(unsigned i)
{
	struct np_watch *watch = lookout.watches[i];

	lookout.watches[i] = lookout.watches[--lookout.n];
	watch->is_on_lookout = false;
	return watch;
}

static void handle(struct np_watch **watches, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		watches[i]->ops->on_news(watches[i]);
		watches[i]->ops->unref(watches[i]);
	}
}

static void close_it(bool allowed)
{
	struct np_watch *out[NEWS_AT_ONCE];
	unsigned n;

	do {
		n = 0;
		np_lock_take(&lookout.lock);
		atomic_store_explicit(&lookout.is_open, false, memory_order_relaxed);
		lookout.is_allowed = lookout.is_allowed && allowed;
		while (n < NEWS_AT_ONCE && lookout.n)
			out[n++] = take_out(0);
		np_lock_give(&lookout.lock);
		handle(out, n);
	} while (n == NEWS_AT_ONCE);
}

void np_lookout_close(void)
{
	if (np_lookout_is_open())
		close_it(true);
}

void np_lookout_allow(bool allowed)
{
	if (!allowed) {
		close_it(false);
		return;
	}
	np_lock_take(&lookout.lock);
	lookout.is_allowed = true;
	np_lock_give(&lookout.lock);
}

unsigned np_lookout_sweep(void)
{
	struct np_watch *news[NEWS_AT_ONCE];
	unsigned n_news = 0, left;

	np_lock_take(&lookout.lock);
	left = lookout.n < LOOK_AT_ONCE ? lookout.n : LOOK_AT_ONCE;
	for (; left && n_news < NEWS_AT_ONCE; left--) {
		if (lookout.cursor >= lookout.n)
			lookout.cursor = 0;
		if (lookout.watches[lookout.cursor]->ops->has_news(
			    lookout.watches[lookout.cursor]))
			news[n_news++] = take_out(lookout.cursor);
		else
			lookout.cursor++;
	}
	np_lock_give(&lookout.lock);
	handle(news, n_news);
	return n_news;
}

void np_lookout_fork_prepare(void)
{
	np_lock_take(&lookout.lock);
}

void np_lookout_fork_parent(void)
{
	np_lock_give(&lookout.lock);
}

void np_lookout_fork_child(void)
{
	atomic_store(&lookout.lock.word, 0);
	while (lookout.n) {
		struct np_watch *watch = take_out(0);

		watch->ops->unref(watch);
	}
	atomic_store(&lookout.is_open, false);
	lookout.is_allowed = false;
}
