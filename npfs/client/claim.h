/* SPDX-License-Identifier: MIT */
/*
 * Claiming: what this process had with a broker that is gone, from the next one
 *
 * Instances are in the registry, shared objects in a list of their own. Both are claimed over
 * a new main connection, before anything else is asked, and under its lock. As every request
 * that makes or ends one of them enters or leaves the list under that lock too, a list says
 * what the broker knew when the connection ended.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Is there anything that another broker would have to be told? */
bool np_claim_is_needed(void);

/* under the lock of the main connection; Return: 0 or -errno */
int np_claim_all(void);
int np_claim_channel(uint64_t id);
