/* SPDX-License-Identifier: MIT */
/*
 * The speed of memory: what one process needs to copy 64 KiB that is in its cache. No
 * carrier of 64 KiB messages that copies twice can be faster than half of it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Copy len bytes again and again for about the given time.
 *
 * Return: 0 with the copies and the nanoseconds they took, -ENOMEM, or -EBADMSG when the
 * copy differs from what was copied.
 */
int np_memcopy_run(size_t len, uint64_t slice_ns, uint64_t *opsp, uint64_t *nsp);
