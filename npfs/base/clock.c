/* SPDX-License-Identifier: MIT */
/*
 * Clock readings and saturating conversions. Only the functions np_clock_now_*() look at a
 * clock; everything else is arithmetic on readings the caller passes in, so that models with
 * a fake clock can use it.
 */
#include "npfs/base/clock.h"

#include <limits.h>
#include <time.h>

/* The monotonic clock in nanoseconds. Does not jump when somebody sets the time. */
int64_t np_clock_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * NP_NS_PER_SEC + ts.tv_nsec;
}

/* The wall clock in 100-ns ticks since 1601-01-01 UTC. */
int64_t np_clock_now_nt(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return np_clock_nt_from_unix(ts.tv_sec, ts.tv_nsec);
}

/* The wall clock in nanoseconds since 1970: for people to read, never for a deadline. */
int64_t np_clock_now_unix_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * NP_NS_PER_SEC + ts.tv_nsec;
}

/*
 * Converts a Unix time to 100-ns ticks since 1601. Saturates; times before 1601 give 0.
 */
int64_t np_clock_nt_from_unix(int64_t sec, int64_t nsec)
{
	int64_t ticks;

	if (sec < -NP_NT_EPOCH_SEC)
		return 0;
	if (sec > INT64_MAX / NP_NT_PER_SEC - NP_NT_EPOCH_SEC - 1)
		return INT64_MAX;
	ticks = (sec + NP_NT_EPOCH_SEC) * NP_NT_PER_SEC;
	return ticks + nsec / NP_NS_PER_NT;
}

/**
 * np_deadline_after_ns() - the deadline @ns nanoseconds after @now_ns
 *
 * Return: the deadline; @now_ns for a negative @ns, NP_DEADLINE_NEVER on overflow.
 */
int64_t np_deadline_after_ns(int64_t now_ns, int64_t ns)
{
	int64_t deadline;

	if (ns <= 0)
		return now_ns;
	if (__builtin_add_overflow(now_ns, ns, &deadline))
		return NP_DEADLINE_NEVER;
	return deadline;
}

/* The deadline @ms milliseconds after @now_ns; NP_MS_INFINITE gives NP_DEADLINE_NEVER. */
int64_t np_deadline_after_ms(int64_t now_ns, uint32_t ms)
{
	if (ms == NP_MS_INFINITE)
		return NP_DEADLINE_NEVER;
	return np_deadline_after_ns(now_ns, (int64_t)ms * NP_NS_PER_MS);
}

/**
 * np_deadline_from_nt() - turn a native time-out into a deadline
 * @now_ns:	reading of np_clock_now_ns()
 * @now_nt:	reading of np_clock_now_nt(), used for absolute times only
 * @nt:		100-ns ticks; negative is relative, positive absolute, 0 is at once
 *
 * An absolute time is fixed to the wall clock as it stands; a later change of the wall
 * clock does not move the deadline.
 *
 * Return: the deadline on the monotonic clock, saturated to NP_DEADLINE_NEVER.
 */
int64_t np_deadline_from_nt(int64_t now_ns, int64_t now_nt, int64_t nt)
{
	int64_t ticks, ns;

	if (nt < 0) {
		if (nt == INT64_MIN)
			return NP_DEADLINE_NEVER;
		ticks = -nt;
	} else {
		if (nt <= now_nt)
			return now_ns;
		if (__builtin_sub_overflow(nt, now_nt, &ticks))
			return NP_DEADLINE_NEVER;
	}
	if (__builtin_mul_overflow(ticks, NP_NS_PER_NT, &ns))
		return NP_DEADLINE_NEVER;
	return np_deadline_after_ns(now_ns, ns);
}

/**
 * np_deadline_poll_ms() - a deadline as the time-out argument of poll() or epoll_wait()
 *
 * Rounds up, so that a sleeper does not wake just before its time and spin.
 *
 * Return: milliseconds left, 0 when the deadline has passed, -1 for NP_DEADLINE_NEVER.
 */
int np_deadline_poll_ms(int64_t now_ns, int64_t deadline_ns)
{
	int64_t left_ns, ms;

	if (deadline_ns == NP_DEADLINE_NEVER)
		return -1;
	if (deadline_ns <= now_ns)
		return 0;
	if (__builtin_sub_overflow(deadline_ns, now_ns, &left_ns))
		left_ns = INT64_MAX;
	ms = left_ns / NP_NS_PER_MS + (left_ns % NP_NS_PER_MS != 0);
	return ms > INT_MAX ? INT_MAX : (int)ms;
}
