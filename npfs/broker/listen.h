/* SPDX-License-Identifier: MIT */
/*
 * The listening socket
 *
 * Either systemd hands one over (LISTEN_FDS), and its file is systemd's, or the broker
 * makes its own. A socket file nobody listens at is left by a broker that was killed; it
 * is replaced. One that somebody listens at means that a broker is running. Looking and
 * replacing happen under the bind lock (proto/place.h), so two brokers never own one
 * path.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "npfs/base/macro.h"
#include "npfs/proto/place.h"

struct np_listener {
	int fd;         /* owned; non-blocking */
	bool owns_file; /* the socket file is ours to remove */
	dev_t dev;      /* of the socket file, when owned */
	ino_t ino;
	const char *path; /* borrowed from the options */
};

/* clang-format off */
#define NP_LISTENER_INIT { .fd = -1 }
/* clang-format on */

int np_listener_open(struct np_listener *listener, const char *path,
		     unsigned mode) NP_MUST_CHECK;
void np_listener_close(struct np_listener *listener);
