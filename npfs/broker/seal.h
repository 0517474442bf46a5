/* SPDX-License-Identifier: MIT */
/*
 * Seals: what the broker has said, and will believe when it is told
 *
 * A ticket (struct np_ticket, proto/wire.h) says which rights an end was granted on which
 * pipe. The broker keeps no record of connected clients and need not: the ticket carries
 * a keyed hash of its own contents (SipHash-2-4) under a secret that is made with the
 * first journal and never leaves it and the broker. A ticket that was made up, changed, or
 * made with another secret does not fit its seal. To try all of them takes a request for each.
 *
 * A warrant is the same for an instance: with it the instance is claimed from the next
 * broker, which has the secret from the journal (journal.h).
 *
 * A certificate (struct np_channel_hello with a seal) says the same way as whom a client wrote:
 * see intro.h. Tickets and certificates differ in length, so none passes for the other.
 *
 * A loan (struct np_loan) says which rights go with an object in a parcel. It is longer than a
 * ticket, and shorter than a certificate.
 *
 * Keys of connections (struct np_as) are random numbers from the same source as the secret.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npfs/base/macro.h"
#include "npfs/proto/wire.h"

struct np_seal_secret {
	uint64_t key[2];
};

int np_seal_init(struct np_seal_secret *secret) NP_MUST_CHECK;
int np_seal_random(uint64_t number[2]) NP_MUST_CHECK;
uint64_t np_seal_hash(const struct np_seal_secret *secret, const void *data, size_t len);
struct np_ticket np_seal_ticket(const struct np_seal_secret *secret, uint64_t serial,
				uint64_t connection, uint32_t access);
uint64_t np_seal_warrant(const struct np_seal_secret *secret, uint64_t instance_id);
void np_seal_loan(const struct np_seal_secret *secret, struct np_loan *loan);
bool np_seal_fits_loan(const struct np_seal_secret *secret, const struct np_loan *loan);
bool np_seal_fits(const struct np_seal_secret *secret, const struct np_ticket *ticket);
