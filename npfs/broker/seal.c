/* SPDX-License-Identifier: MIT */
/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012) and what is sealed with it (model: seal.h)
 */
#include "npfs/broker/seal.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>

#include "npfs/base/err.h"

static uint64_t rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void rounds(uint64_t v[4], unsigned n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

/* Up to eight bytes, least significant first. */
static uint64_t word(const uint8_t *p, size_t len)
{
	uint64_t w = 0;
	size_t i;

	for (i = 0; i < len && i < 8; i++)
		w |= (uint64_t)p[i] << (8 * i);
	return w;
}

/* np_seal_hash() - SipHash-2-4 of @len bytes at @data */
uint64_t np_seal_hash(const struct np_seal_secret *secret, const void *data, size_t len)
{
	const uint64_t k0 = secret->key[0], k1 = secret->key[1];
	uint64_t v[4] = {
		k0 ^ UINT64_C(0x736f6d6570736575),
		k1 ^ UINT64_C(0x646f72616e646f6d),
		k0 ^ UINT64_C(0x6c7967656e657261),
		k1 ^ UINT64_C(0x7465646279746573),
	};
	const uint8_t *p = data;
	size_t left = len;
	uint64_t m;

	for (; left >= 8; p += 8, left -= 8) {
		m = word(p, 8);
		v[3] ^= m;
		rounds(v, 2);
		v[0] ^= m;
	}
	m = word(p, left) | (uint64_t)len << 56;
	v[3] ^= m;
	rounds(v, 2);
	v[0] ^= m;
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* np_seal_random() - 128 bits nobody can guess. Return: 0 or -errno */
int np_seal_random(uint64_t number[2])
{
	ssize_t n;

	do {
		n = getrandom(number, 2 * sizeof(*number), 0);
	} while (n < 0 && errno == EINTR);
	if (n != (ssize_t)(2 * sizeof(*number)))
		return np_err(n < 0 ? -errno : -EIO);
	return 0;
}

/* np_seal_init() - a new secret. Return: 0 or -errno */
int np_seal_init(struct np_seal_secret *secret)
{
	return np_seal_random(secret->key);
}

/* np_seal_ticket() - the ticket of an end that was granted @access to the pipe @serial, of
 * client ends on @connection */
struct np_ticket np_seal_ticket(const struct np_seal_secret *secret, uint64_t serial,
				uint64_t connection, uint32_t access)
{
	struct np_ticket ticket = {
		.serial = serial, .connection = connection, .access = access};

	ticket.seal = np_seal_hash(secret, &ticket, offsetof(struct np_ticket, seal));
	return ticket;
}

/* np_seal_warrant() - what it takes to claim an instance */
uint64_t np_seal_warrant(const struct np_seal_secret *secret, uint64_t instance_id)
{
	/* a ticket's seal is over more bytes, so neither can stand for the other */
	return np_seal_hash(secret, &instance_id, sizeof(instance_id));
}

/* np_seal_fits() - is the ticket one of ours? */
bool np_seal_fits(const struct np_seal_secret *secret, const struct np_ticket *ticket)
{
	return np_seal_hash(secret, ticket, offsetof(struct np_ticket, seal)) ==
	       ticket->seal;
}

static_assert(offsetof(struct np_loan, seal) > offsetof(struct np_ticket, seal) &&
		      offsetof(struct np_loan, seal) < sizeof(struct np_channel_hello),
	      "no seal of one kind passes for another");

/* np_seal_loan() - say that it is ours */
void np_seal_loan(const struct np_seal_secret *secret, struct np_loan *loan)
{
	loan->seal = np_seal_hash(secret, loan, offsetof(struct np_loan, seal));
}

/* np_seal_fits_loan() - is the loan one of ours? */
bool np_seal_fits_loan(const struct np_seal_secret *secret, const struct np_loan *loan)
{
	return np_seal_hash(secret, loan, offsetof(struct np_loan, seal)) == loan->seal;
}
