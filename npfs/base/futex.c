/* SPDX-License-Identifier: MIT */
/*
 * The two system calls behind sleeping. FUTEX_WAIT_BITSET is used because it takes an
 * absolute time on CLOCK_MONOTONIC: a wait interrupted by a signal is resumed with the
 * same deadline and does not drift.
 */
#include "npfs/base/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "npfs/base/err.h"

/**
 * np_futex_wait() - sleep while *@word equals @expected
 * @word:		the word; may lie in memory shared with other processes
 * @expected:		the value the caller saw
 * @deadline_ns:	absolute monotonic time, or NP_DEADLINE_NEVER
 * @shared:		the word is shared between processes
 *
 * errno is preserved.
 *
 * Return: 0 when woken, when the word differs, when a signal came or for no reason at
 * all: the caller looks again. -ETIMEDOUT when the deadline has passed. Another negative
 * errno for a word that is not mapped or not aligned.
 */
int np_futex_wait(_Atomic uint32_t *word, uint32_t expected, int64_t deadline_ns,
		  bool shared)
{
	int op = FUTEX_WAIT_BITSET | (shared ? 0 : FUTEX_PRIVATE_FLAG);
	struct timespec ts, *tsp = NULL;
	int saved = errno;
	int r = 0;

	if (deadline_ns != NP_DEADLINE_NEVER) {
		if (deadline_ns < 0)
			deadline_ns = 0;
		ts.tv_sec = deadline_ns / NP_NS_PER_SEC;
		ts.tv_nsec = deadline_ns % NP_NS_PER_SEC;
		tsp = &ts;
	}
	if (syscall(SYS_futex, word, op, expected, tsp, NULL, FUTEX_BITSET_MATCH_ANY) < 0)
		r = -errno;
	errno = saved;
	if (r == -EAGAIN || r == -EINTR)
		return 0;
	if (r == -ETIMEDOUT)
		return r;
	return np_err(r);
}

/**
 * np_futex_wake() - wake sleepers on @word
 * @word:	the word
 * @n:		how many to wake at most; INT_MAX for all
 * @shared:	the word is shared between processes
 *
 * errno is preserved.
 *
 * Return: how many were woken, or a negative errno.
 */
int np_futex_wake(_Atomic uint32_t *word, int n, bool shared)
{
	int op = FUTEX_WAKE | (shared ? 0 : FUTEX_PRIVATE_FLAG);
	int saved = errno;
	long r;

	r = syscall(SYS_futex, word, op, n, NULL, NULL, 0);
	if (r < 0)
		r = np_err(-errno);
	errno = saved;
	return (int)r;
}
