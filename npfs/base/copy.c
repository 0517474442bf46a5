/* SPDX-License-Identifier: MIT */
/*
 * Copying in lines of the cache; the contract is in the header
 *
 * Four loads, then four stores of 16 bytes for each line, and a look ahead at the source:
 * every x86-64 has that, and 16 bytes a store are more than the way between two processors
 * carries. Other machines use memcpy().
 */
#include "npfs/base/copy.h"

#include <string.h>

#include "npfs/base/clock.h"

#define WINDOWS 6u /* of a comparison, half of them for each way */

void np_copy_trial_turn(struct np_copy_trial *trial, int64_t now_ns)
{
	unsigned way = trial->is_past;

	if (!trial->window) {
		trial->least[0] = INT64_MAX;
		trial->least[1] = INT64_MAX;
	} else if (now_ns - trial->begin_ns < trial->least[way]) {
		trial->least[way] = now_ns - trial->begin_ns;
	}
	trial->begin_ns = now_ns;
	if (trial->window < WINDOWS) {
		trial->is_past = trial->window++ & 1;
		trial->left = NP_COPY_WINDOW;
		return;
	}
	/* what is as good as the other may stay in the cache */
	trial->is_past = trial->least[1] < trial->least[0] - trial->least[0] / 16;
	trial->window = 0;
	trial->left = NP_COPY_SETTLED;
}

bool np_copy_trial_way(struct np_copy_trial *trial, size_t n)
{
	if (trial->left <= n)
		np_copy_trial_turn(trial, np_clock_now_ns());
	else
		trial->left -= n;
	return trial->is_past;
}

#if defined(__SSE2__)
#include <emmintrin.h>

#define LINE	64u
#define LOOK_AHEAD 1024u /* bytes */

/* a load or store of any alignment is meant: the type says so to compiler and sanitizer */
#define AT(p, i) ((__m128i_u *)((char *)(p) + 16 * (size_t)(i)))
#define OF(p, i) ((const __m128i_u *)((const char *)(p) + 16 * (size_t)(i)))

void np_copy(void *restrict dst, const void *restrict src, size_t n)
{
	char *to = dst;
	const char *from = src;

	for (; n >= LINE; n -= LINE, to += LINE, from += LINE) {
		__m128i a = _mm_loadu_si128(OF(from, 0));
		__m128i b = _mm_loadu_si128(OF(from, 1));
		__m128i c = _mm_loadu_si128(OF(from, 2));
		__m128i d = _mm_loadu_si128(OF(from, 3));

		if (n > LOOK_AHEAD)
			__builtin_prefetch(from + LOOK_AHEAD);
		_mm_storeu_si128(AT(to, 0), a);
		_mm_storeu_si128(AT(to, 1), b);
		_mm_storeu_si128(AT(to, 2), c);
		_mm_storeu_si128(AT(to, 3), d);
	}
	memcpy(to, from, n);
}

void np_copy_past(void *restrict dst, const void *restrict src, size_t n)
{
	char *to = dst;
	const char *from = src;
	size_t odd = -(uintptr_t)to % LINE;

	/* a line that is not written whole costs more than one in the cache */
	if (odd > n)
		odd = n;
	memcpy(to, from, odd);
	n -= odd;
	to += odd;
	from += odd;
	for (; n >= LINE; n -= LINE, to += LINE, from += LINE) {
		__m128i a = _mm_loadu_si128(OF(from, 0));
		__m128i b = _mm_loadu_si128(OF(from, 1));
		__m128i c = _mm_loadu_si128(OF(from, 2));
		__m128i d = _mm_loadu_si128(OF(from, 3));
		__m128i *line = (__m128i *)(void *)to;

		_mm_stream_si128(line, a);
		_mm_stream_si128(line + 1, b);
		_mm_stream_si128(line + 2, c);
		_mm_stream_si128(line + 3, d);
	}
	memcpy(to, from, n);
	/* such stores keep no order with later ones, not even with a release store */
	_mm_sfence();
}

#else

void np_copy(void *restrict dst, const void *restrict src, size_t n)
{
	memcpy(dst, src, n);
}

void np_copy_past(void *restrict dst, const void *restrict src, size_t n)
{
	memcpy(dst, src, n);
}

#endif
