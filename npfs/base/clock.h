/* SPDX-License-Identifier: MIT */
/*
 * Time: deadlines on the monotonic clock, and Windows' intervals turned into them.
 *
 * A deadline is an absolute CLOCK_MONOTONIC time in nanoseconds. NP_DEADLINE_NEVER is
 * later than every clock reading; 0 and everything below has always passed. Conversions
 * saturate: an interval too long to count ends at NP_DEADLINE_NEVER, never in the past.
 *
 * Windows' native intervals count 100 ns; negative means relative to the call, positive
 * or zero means absolute since 1601 on the wall clock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NP_DEADLINE_NEVER INT64_MAX

#define NP_NS_PER_SEC  INT64_C(1000000000)
#define NP_NS_PER_MS   INT64_C(1000000)
#define NP_NS_PER_NT   INT64_C(100)   /* one NT tick */
#define NP_NT_PER_MS   INT64_C(10000) /* NT ticks in a millisecond */
#define NP_NT_PER_SEC  INT64_C(10000000)
#define NP_MS_INFINITE UINT32_MAX /* Win32's INFINITE */

/* Seconds from 1601-01-01 to 1970-01-01. */
#define NP_NT_EPOCH_SEC INT64_C(11644473600)

int64_t np_clock_now_ns(void);
int64_t np_clock_now_nt(void);
int64_t np_clock_now_unix_ns(void);
int64_t np_clock_nt_from_unix(int64_t sec, int64_t nsec);

int64_t np_deadline_after_ns(int64_t now_ns, int64_t ns);
int64_t np_deadline_after_ms(int64_t now_ns, uint32_t ms);
int64_t np_deadline_from_nt(int64_t now_ns, int64_t now_nt, int64_t nt);
int np_deadline_poll_ms(int64_t now_ns, int64_t deadline_ns);

static inline bool np_deadline_has_passed(int64_t now_ns, int64_t deadline_ns)
{
	return deadline_ns != NP_DEADLINE_NEVER && deadline_ns <= now_ns;
}
