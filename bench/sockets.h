/* SPDX-License-Identifier: MIT */
/*
 * What the two socket carriers share: a pair of connected AF_UNIX sockets of which each
 * worker keeps one. The shared state and the end are the same struct; attaching closes
 * the other side's socket, so the death of one worker is an end of file for the other.
 */
#pragma once

#include "bench/carrier.h"

struct np_sockets {
	int fd[2]; /* owned; indexed by enum np_side, -1 when not held */
	int mine;  /* borrowed from fd[], the socket of this side once attached */
};

/* Make a connected pair of the given socket type. Return: 0 or -errno. */
int np_sockets_create(int type, struct np_sockets **pairp);

/* Close what is still open and release the pair. */
void np_sockets_free(struct np_sockets *pair);

/* Keep this side's socket and close the other one. */
void np_sockets_attach(struct np_sockets *pair, enum np_side side);

/* The peek() of both. */
int np_sockets_peek(void *end, void *data, size_t len);
