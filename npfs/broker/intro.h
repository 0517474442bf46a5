/* SPDX-License-Identifier: MIT */
/*
 * Introductions: who a client is, as its server is told
 *
 * There are two of them. The first goes over the connection's socket before the client has its
 * end, so it is the broker's without more. A later one, of a client that is followed
 * (SECURITY_CONTEXT_TRACKING), comes to the server out of the client's hands; so it is sealed,
 * and the server asks whether the seal fits. It is for one connection: its number is in the
 * introduction and in the client end's ticket, and nobody else gets one with that number.
 *
 *	client		CERTIFY {ticket, as}	the caller, as the kernel knows it, sealed
 *	the ring	the introduction	in front of what was written
 *	server		VERIFY {introduction}	STATUS_SUCCESS: that is what was certified
 *
 * So a client can show what its process has the credentials or the key for, and nothing else,
 * and only on its own connections. The broker keeps nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npfs/proto/wire.h"

struct np_caller;
struct np_seal_secret;

struct np_intro {
	struct np_channel_hello hello;
	uint32_t gids[NP_HELLO_GIDS_MAX];
};

/* What of an introduction does not follow from the caller. */
struct np_intro_args {
	uint32_t flags;	 /* NP_OPEN_ */
	uint32_t access; /* granted */
	uint64_t privileges;
	uint64_t connection;
};

size_t np_intro_make(struct np_intro *intro, const struct np_caller *caller,
		     const struct np_intro_args *args);
void np_intro_seal(struct np_intro *intro, size_t len, const struct np_seal_secret *secret);
bool np_intro_fits(const void *packet, size_t len, const struct np_seal_secret *secret);
