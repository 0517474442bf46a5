/* SPDX-License-Identifier: MIT */
/*
 * Owned descriptors and sealed memory files.
 *
 * A variable that owns a descriptor holds it or -1. NP_CLEANUP_FD closes at the end of
 * the scope; np_take_fd() hands over before that.
 *
 * Memory shared between processes is always a memfd that can neither shrink nor grow nor
 * take or lose seals: a peer cannot truncate it under a reader, so no access inside the
 * agreed size can raise SIGBUS. Whoever receives such a descriptor checks that with
 * np_memfd_check() before mapping it.
 */
#pragma once

#include <stddef.h>

#include "npfs/base/macro.h"

int np_fd_close(int fd);
int np_fd_set_cloexec(int fd);
int np_fd_set_nonblock(int fd);
int np_memfd_new(const char *name, size_t size, int *fdp) NP_MUST_CHECK;
int np_memfd_check(int fd, size_t *sizep) NP_MUST_CHECK;

static inline void np_cleanup_fd(int *fdp)
{
	*fdp = np_fd_close(*fdp);
}

#define NP_CLEANUP_FD NP_CLEANUP(np_cleanup_fd)
