/* SPDX-License-Identifier: MIT */
/*
 * Whole transfers on descriptors, for the carriers that are byte streams: the kernel may
 * take or give less than was asked for, the caller wants all of it.
 */
#pragma once

#include <stddef.h>

/* Write len bytes. Return: 0 or -errno. */
int np_fdio_write(int fd, const void *data, size_t len);

/* Read len bytes. Return: 0, -EPIPE when the stream ends early, or -errno. */
int np_fdio_read(int fd, void *data, size_t len);

/* Close *fdp if it is open and mark it closed. */
void np_fdio_close(int *fdp);
