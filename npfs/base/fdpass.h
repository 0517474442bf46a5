/* SPDX-License-Identifier: MIT */
/*
 * Packets with descriptors over AF_UNIX SOCK_SEQPACKET sockets.
 *
 * One call moves one packet. A received descriptor is close-on-exec from the start. What
 * does not fit is never left lying about: a packet longer than the buffer, or with more
 * descriptors than asked for, is consumed, every descriptor in it is closed, and the
 * receiver gets -EMSGSIZE. A hostile sender cannot fill the receiver's descriptor table.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "npfs/base/macro.h"

/* Descriptors in one packet at most; the kernel's own limit is 253. */
#define NP_FDPASS_MAX 16

int np_fdpass_send(int sock, const void *buf, size_t len, const int *fds, unsigned n_fds,
		   int flags) NP_MUST_CHECK;
ssize_t np_fdpass_recv(int sock, void *buf, size_t cap, int *fds, unsigned fds_cap,
		       unsigned *n_fdsp, int flags) NP_MUST_CHECK;
