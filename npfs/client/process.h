/* SPDX-License-Identifier: MIT */
/*
 * What is one per process: the personality, the traces, and the hooks round fork()
 */
#pragma once

#include <stdint.h>

#include "npfs/core/personality.h"

/* np_process_init() - once per process, cheap afterwards; every way into the library
 * that makes an end or waits for a name calls it */
void np_process_init(void);

/* np_process_session() - the session this process belongs to */
uint32_t np_process_session(void);

/* np_personality() - the process's personality; never NULL */
const struct np_personality *np_personality(void);

/* np_rule() - value of a rule in it */
static inline int64_t np_rule(enum np_rule rule)
{
	return np_rule_get(np_personality(), rule);
}

/* np_rule_fired() - with NPFS_DEBUG=name: say which restriction it was and how to lift it */
void np_rule_fired(enum np_rule rule);
