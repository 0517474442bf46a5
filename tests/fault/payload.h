/* SPDX-License-Identifier: MIT */
/*
 * Payloads that show what became of them
 *
 * A message carries its length, its number, and a sum over both and the bytes, which follow
 * from the number: so one that is lost, repeated, cut or mixed up is told from the right one.
 * A stream is the bytes of one generator, checked where they arrive.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define PAYLOAD_HEAD 16u
#define PAYLOAD_MOST 4096u

struct payload_random {
	uint64_t state;
};

/* xorshift64*, Vigna 2016 */
static inline uint64_t payload_random(struct payload_random *random)
{
	uint64_t x = random->state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	random->state = x;
	return x * UINT64_C(0x2545f4914f6cdd1d);
}

static inline struct payload_random payload_seed(uint64_t seed)
{
	struct payload_random random = {seed * UINT64_C(0x9e3779b97f4a7c15) | 1};

	payload_random(&random);
	return random;
}

static inline void payload_fill(unsigned char *bytes, uint32_t len, uint64_t seed)
{
	struct payload_random random = payload_seed(seed);

	for (uint32_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)(payload_random(&random) >> 32);
}

static inline uint64_t payload_sum(const unsigned char *bytes, uint32_t len, uint64_t seed)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325) ^ seed;

	for (uint32_t i = 0; i < len; i++)
		sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
	return sum;
}

/* Makes message @number of @len bytes at least PAYLOAD_HEAD, at most PAYLOAD_MOST. */
static inline void payload_make(unsigned char *message, uint32_t len, uint32_t number)
{
	uint64_t sum;

	payload_fill(message + PAYLOAD_HEAD, len - PAYLOAD_HEAD, number);
	sum = payload_sum(message + PAYLOAD_HEAD, len - PAYLOAD_HEAD,
			  (uint64_t)number << 32 | len);
	memcpy(message, &len, 4);
	memcpy(message + 4, &number, 4);
	memcpy(message + 8, &sum, 8);
}

/* Is this a whole message? Its number goes into @numberp. */
static inline bool payload_check(const unsigned char *message, uint32_t len,
				 uint32_t *numberp)
{
	uint32_t said_len;
	uint64_t sum;

	if (len < PAYLOAD_HEAD || len > PAYLOAD_MOST)
		return false;
	memcpy(&said_len, message, 4);
	memcpy(numberp, message + 4, 4);
	memcpy(&sum, message + 8, 8);
	return said_len == len &&
	       sum == payload_sum(message + PAYLOAD_HEAD, len - PAYLOAD_HEAD,
				  (uint64_t)*numberp << 32 | len);
}
