/* SPDX-License-Identifier: MIT */
/*
 * Telling another thread what to wear (model: wear.h)
 *
 * The signal is the highest real-time one that nobody has a handler for when the first thread is
 * told; a program that never does this never has it taken. It is sent also to a thread that
 * blocks it, which then has it when it unblocks it: many block all signals for a moment.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <npfs/aio.h>
#include <npfs/security.h>

#include "npfs/base/futex.h"
#include "npfs/base/procfs.h"
#include "npfs/client/identity.h"
#include "npfs/client/thread.h"
#include "npfs/client/wear.h"

/*
 * How often the sender looks where its signal is, and how long it waits for an answer when the
 * signal has been taken: by a handler that is not this one, it seems, or in a section that
 * waits for the broker.
 */
#define LOOK_NS	 (10 * NP_NS_PER_MS)
#define TAKEN_NS (2 * NP_NS_PER_SEC)

static pthread_once_t signal_once = PTHREAD_ONCE_INIT;
static int order_signal; /* 0: there is none to be had */

static void on_order(int sig)
{
	struct npfs_thread *self = np_thread_peek();
	int saved = errno;

	(void)sig;
	if (self)
		np_wear_interrupt(&self->wearer);
	errno = saved;
}

static void signal_choose(void)
{
	struct sigaction ours = {.sa_handler = on_order, .sa_flags = SA_RESTART | SA_ONSTACK};
	struct sigaction now;
	int sig;

	sigfillset(&ours.sa_mask);
	for (sig = SIGRTMAX; sig >= SIGRTMIN; sig--) {
		if (sigaction(sig, NULL, &now) < 0 || now.sa_handler != SIG_DFL)
			continue;
		if (sigaction(sig, &ours, NULL) == 0) {
			order_signal = sig;
			return;
		}
	}
}

/* Waits until the thread has done it, or cannot do anything else before it. */
static void await(struct np_wearer *wearer, int tid, const struct np_order *order)
{
	int64_t taken_ns = 0;

	for (;;) {
		uint32_t news = atomic_load(&wearer->news);
		int64_t now_ns = np_clock_now_ns();

		if (atomic_load(&wearer->order) != order)
			return;
		np_futex_wait(&wearer->news, news, np_deadline_after_ns(now_ns, LOOK_NS),
			      false);
		if (atomic_load(&wearer->news) != news)
			continue;
		switch (np_signal_place((uint32_t)tid, order_signal)) {
		case NP_SIGNAL_HELD:
			return;
		case NP_SIGNAL_COMING:
			taken_ns = 0;
			break;
		case NP_SIGNAL_TAKEN:
			if (taken_ns == 0)
				taken_ns = now_ns;
			else if (now_ns - taken_ns > TAKEN_NS)
				return;
			break;
		}
	}
}

static npfs_status give(struct npfs_thread *thread, struct np_order *order)
{
	struct np_wearer *wearer = &thread->wearer;
	struct np_order *earlier, *done;
	bool is_sent = false;
	int tid;

	np_wear_enter();
	np_wear_lock();
	tid = wearer->tid;
	if (tid == 0) {
		np_wear_unlock();
		np_wear_leave();
		return STATUS_THREAD_IS_TERMINATING;
	}
	earlier = atomic_exchange(&wearer->order, np_order_ref(order));
	if (order_signal)
		is_sent = syscall(SYS_tgkill, getpid(), tid, order_signal) == 0;
	done = np_take_ptr(wearer->done);
	np_wear_unlock();
	np_wear_leave();
	np_order_unref(earlier);
	np_orders_free(done);
	if (!is_sent)
		return STATUS_SUCCESS;
	await(wearer, tid, order);
	np_wear_enter();
	np_wear_lock();
	done = np_take_ptr(wearer->done);
	np_wear_unlock();
	np_wear_leave();
	np_orders_free(done);
	return STATUS_SUCCESS;
}

npfs_status npfs_thread_set_identity(struct npfs_thread *thread,
				     struct npfs_identity *identity)
{
	struct np_order *order = NULL;
	npfs_status status;

	if (thread == np_thread_peek()) {
		if (identity)
			return npfs_thread_impersonate(identity);
		npfs_thread_revert();
		return STATUS_SUCCESS;
	}
	pthread_once(&signal_once, signal_choose);
	atomic_store(&np_identity_varies, true);
	status = np_order_new(identity, NP_CREDENTIALS_GIDS_MAX, &order);
	if (status == STATUS_SUCCESS)
		status = give(thread, order);
	np_order_unref(order);
	return status;
}

struct npfs_identity *npfs_thread_get_identity(struct npfs_thread *thread)
{
	struct npfs_identity *identity;
	struct np_order *order;

	np_wear_enter();
	np_wear_lock();
	order = atomic_load(&thread->wearer.order);
	identity = order ? np_order_identity(order) : thread->wearer.worn;
	if (identity)
		npfs_identity_ref(identity);
	np_wear_unlock();
	np_wear_leave();
	return identity;
}
