/* SPDX-License-Identifier: MIT */
/*
 * Sleeping until the peer did something, and waking it
 *
 * The protocol is drawn in proto/shm.h. A thread that blocks sleeps on its own end's futex
 * word in the shared memory, so the peer wakes it with one system call and without the
 * engine. The engine and other threads of this process wake it through the same word.
 *
 * Spinning. Before it sleeps a thread looks for a while whether what it waits for comes,
 * when that has lately paid: `spin` is the number of looks, doubled after a success and
 * quartered after a failure, between SPIN_LEAST and the limit. With NPFS_SPIN=0, or where
 * affinity or a control group leave less than two processors, it never spins. NPFS_SPIN=n
 * sets the limit.
 *
 * Who has found something by looking has a peer on another processor: the writer half is
 * told, and copies accordingly.
 *
 * Two ends that both sleep would never find out that spinning pays: a wake-up takes longer
 * than SPIN_LEAST looks. So a sleep that was no longer than a spin to the limit may be was
 * a near miss, and the next spin is tried to the limit. After each such trial in vain twice
 * as many near misses are let pass before the next, up to SPIN_PATIENCE; a success makes
 * all forgotten. A pair that exchanges a message now and then has no near misses, and
 * spins SPIN_LEAST looks.
 */
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "npfs/base/clock.h"
#include "npfs/base/cpus.h"
#include "npfs/base/futex.h"
#include "npfs/client/end.h"
#include "npfs/client/lookout.h"
#include "npfs/client/thread.h"

#define SPIN_LIMIT 4000u
#define SPIN_LEAST 50u

/* About what SPIN_LIMIT looks take. */
#define NEAR_MISS_NS  INT64_C(100000)
#define SPIN_PATIENCE 255u

static _Atomic uint32_t spin_limit; /* relaxed: any value does for a moment */

static uint32_t limit_now(void)
{
	return atomic_load_explicit(&spin_limit, memory_order_relaxed);
}

static void set_limit(unsigned long looks)
{
	atomic_store_explicit(&spin_limit,
			      looks > UINT32_MAX / 4 ? UINT32_MAX / 4 : (uint32_t)looks,
			      memory_order_relaxed);
}

static void spin_set_up(void)
{
	const char *text = getenv("NPFS_SPIN");
	unsigned long looks = SPIN_LIMIT;

	if (text) {
		char *rest;
		unsigned long n = strtoul(text, &rest, 10);

		if (rest != text && !*rest)
			looks = n;
	}
	if (looks && !np_cpus_are_several())
		looks = 0;
	set_limit(looks);
}

static pthread_once_t spin_once = PTHREAD_ONCE_INIT;

/* np_wake_may_spin() - is there a processor to spin on, and does the user want it? */
bool np_wake_may_spin(void)
{
	pthread_once(&spin_once, spin_set_up);
	return limit_now() > 0;
}

void npfs_spin_set_limit(uint32_t looks)
{
	pthread_once(&spin_once, spin_set_up);
	set_limit(looks);
}

uint32_t npfs_spin_limit(void)
{
	pthread_once(&spin_once, spin_set_up);
	return limit_now();
}

/* np_wake_spin_pays() - has the last spin found what it looked for? */
bool np_wake_spin_pays(const struct npfs_end *end)
{
	return end->spin > SPIN_LEAST && np_wake_may_spin();
}

static uint32_t spin_budget(struct npfs_end *end)
{
	pthread_once(&spin_once, spin_set_up);
	if (end->spin < SPIN_LEAST)
		end->spin = SPIN_LEAST;
	return np_min_u32(end->spin, limit_now());
}

static void spin_learn(struct npfs_end *end, bool paid)
{
	if (paid) {
		end->spin = np_min_u32(end->spin * 2, limit_now());
		end->spin_patience = 0;
		end->spin_misses = 0;
	} else {
		end->spin /= 4;
	}
	end->out.is_far = end->spin > SPIN_LEAST;
}

/* The spin was in vain, and the sleep after it took so long. */
static void spin_learn_sleep(struct npfs_end *end, int64_t ns)
{
	if (ns > NEAR_MISS_NS)
		return;
	if (end->spin_misses++ < end->spin_patience)
		return;
	end->spin = limit_now();
	end->spin_misses = 0;
	end->spin_patience = np_min_u32(end->spin_patience * 2 + 1, SPIN_PATIENCE);
}

/* Sleep on a word, and learn from how long that was. */
static void sleep_on(struct npfs_end *end, _Atomic uint32_t *word, uint32_t seq,
		     bool is_shared)
{
	int64_t begin;

	if (!limit_now()) {
		np_futex_wait(word, seq, NP_DEADLINE_NEVER, is_shared);
		return;
	}
	begin = np_clock_now_ns();
	np_futex_wait(word, seq, NP_DEADLINE_NEVER, is_shared);
	spin_learn_sleep(end, np_clock_now_ns() - begin);
}

static inline void spin_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#else
	atomic_signal_fence(memory_order_seq_cst);
#endif
}

/* Did something come to read, or did the state change? */
bool np_wake_spin_read(struct npfs_end *end)
{
	for (uint32_t n = spin_budget(end); n; n--) {
		if (np_lane_reader_has_data(&end->in)) {
			spin_learn(end, true);
			return true;
		}
		if (!np_end_is_plainly_connected(end))
			return true;
		spin_pause();
	}
	spin_learn(end, false);
	return false;
}

/* Did the reader move, or did the state change? */
bool np_wake_spin_write(struct npfs_end *end)
{
	for (uint32_t n = spin_budget(end); n; n--) {
		if (np_lane_writer_needs_pump(&end->out)) {
			spin_learn(end, true);
			return true;
		}
		if (!np_end_is_plainly_connected(end))
			return true;
		spin_pause();
	}
	spin_learn(end, false);
	return false;
}

void np_wake_peer(struct npfs_end *end, uint32_t bits)
{
	uint32_t old;

	/* a holder killed in the system call leaves the others a whole connection */
	if (NP_UNLIKELY(end->share != NULL))
		np_share_note(end);
	old = bits & atomic_fetch_and_explicit(&end->peers->armed, ~bits,
					       memory_order_seq_cst);

	if (old & NP_BELL_FUTEX) {
		atomic_fetch_add_explicit(&end->peers->seq, 1, memory_order_release);
		np_futex_wake(&end->peers->seq, INT_MAX, true);
	}
	if (old & NP_BELL_SOCK)
		send(end->sock, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Wake the threads of this process that sleep in a call on @end. */
void np_wake_self(struct npfs_end *end)
{
	atomic_fetch_add_explicit(&end->wake, 1, memory_order_release);
	np_futex_wake(&end->wake, INT_MAX, false);
	np_lock_take(&end->map_lock);
	if (end->mine) {
		atomic_fetch_add_explicit(&end->mine->seq, 1, memory_order_release);
		np_futex_wake(&end->mine->seq, INT_MAX, true);
	}
	np_lock_give(&end->map_lock);
}

/* Announce; whoever calls looks again afterwards. Partner: np_wake_if_armed(). */
void np_wake_arm(struct npfs_end *end, uint32_t bits)
{
	end->n_rings += (bits & NP_BELL_READ_SOCK ? 1 : 0) + (bits & NP_BELL_WRITE_SOCK ? 1 : 0);
	atomic_fetch_or_explicit(&end->mine->armed, bits, memory_order_seq_cst);
	atomic_thread_fence(memory_order_seq_cst);
}

/*
 * np_wake_look_out() - somebody is to notice what the peer does: a thread that looks, or by
 * a ring on the socket. The same as np_wake_arm() for the caller.
 *
 * A synchronous end is looked at by the thread in its call, and that one may sleep with the
 * end's lock held; so its bell is armed always.
 */
void np_wake_look_out(struct npfs_end *end, uint32_t bits)
{
	if (!end->is_sync && end->watch.is_exclusive && np_lookout_add(&end->watch))
		return;
	np_wake_arm(end, bits);
}

/* Is there something to do for what is in flight? Under the end's lock. */
bool np_wake_has_news(struct npfs_end *end)
{
	if (!end->map || !np_end_is_plainly_connected(end))
		return true;
	if (!np_list_is_empty(&end->in.pending) && np_lane_reader_has_data(&end->in))
		return true;
	return (!np_list_is_empty(&end->out.stalled) ||
		!np_list_is_empty(&end->out.flushes)) &&
	       np_lane_writer_needs_pump(&end->out);
}

/* What was written and does not fit the ring goes on while the call sleeps. */
static uint32_t owed_bits(const struct npfs_end *end)
{
	return np_list_is_empty(&end->out.stalled) ? 0 : NP_BELL_WRITE_FUTEX;
}

/*
 * np_wake_block() - sleep until @o, which is in flight, has its result
 * @bits: NP_BELL_ futex bits to be woken for; 0: only threads of this process wake it
 *
 * Called and returns with the end's lock held. A synchronous end keeps the lock and sleeps
 * on its bell. Another end gives the lock up, so its channel may go meanwhile: it sleeps
 * on a word of this process, and the engine, rung on the socket, wakes it.
 */
npfs_status np_wake_block(struct npfs_end *end, struct np_request *o, uint32_t bits,
			  struct np_list *done)
{
	struct np_thread_call call;

	if (end->on_block)
		end->on_block(end->on_block_arg, true);
	np_thread_enter(&call, end);
	for (;;) {
		_Atomic uint32_t *word = &end->wake;
		bool on_bell = bits && end->is_sync && end->mine;
		uint32_t seq;

		if (on_bell)
			word = &end->mine->seq;
		seq = atomic_load_explicit(word, memory_order_acquire);
		if (on_bell)
			np_wake_arm(end, bits | owed_bits(end));
		else if (bits && end->mine)
			np_wake_arm(end, (bits | owed_bits(end)) << 2);
		np_end_refresh(end, done);
		np_end_pump(end, done);
		if (!o->is_done && np_thread_is_cancelled(&call))
			np_request_cancel(end, o, done);
		if (o->is_done)
			break;
		/* after `seq` was loaded: who offers afterwards changes it */
		if (NP_UNLIKELY(atomic_load(&end->share_offer) != NULL))
			np_share_install(end);
		if (end->is_sync) {
			if (end->share)
				np_share_sleep(end);
			if (on_bell)
				sleep_on(end, word, seq, true);
			else
				np_futex_wait(word, seq, NP_DEADLINE_NEVER, false);
			if (end->share)
				np_share_wake(end);
		} else {
			np_end_unlock(end, done);
			np_futex_wait(word, seq, NP_DEADLINE_NEVER, false);
			np_end_lock(end);
		}
	}
	np_thread_leave(&call);
	if (end->on_block)
		end->on_block(end->on_block_arg, false);
	return o->status;
}
