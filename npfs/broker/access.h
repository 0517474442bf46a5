/* SPDX-License-Identifier: MIT */
/*
 * Who asks, and whether they may
 *
 * A caller is made for one request from what the kernel kept of the peer when it
 * connected (SO_PEERCRED, SO_PEERGROUPS): nothing a client sends is part of its identity,
 * but for the claim that it stands for a client on another machine, which trades
 * Interactive for Network, as a way over the loopback does on Windows. A caller whose
 * groups cannot be learned is refused: an entry that denies a group must not be escaped.
 *
 * A thread that impersonates asks as another one (struct np_as). Its process made a second
 * connection while the thread had the other user's credentials, and names it by its key;
 * so that user, too, is the kernel's word. The process pays for what the request takes.
 * Everybody may ask as nobody (S-1-5-7): that is in no other identity's entries.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/macro.h"
#include "npfs/sec/token.h"

struct np_as;
struct np_client;
struct np_pipe;

/* Groups a caller may be in without an allocation. */
#define NP_CALLER_GIDS 64u

struct np_caller {
	struct np_client *client; /* borrowed */
	struct np_sec_token token;
	uint32_t few_gids[NP_CALLER_GIDS];
	uint32_t *many_gids; /* owned: those that do not fit, or NULL */
};

npfs_status np_caller_init(struct np_caller *caller, struct np_client *client,
			   const struct np_as *as, bool is_remote) NP_MUST_CHECK;
void np_caller_fini(struct np_caller *caller);
npfs_status np_caller_look(const struct np_caller *caller, const struct np_pipe *pipe,
			   uint32_t desired, uint32_t *grantedp) NP_MUST_CHECK;
npfs_status np_caller_check(const struct np_caller *caller, const char *verb,
			    const struct np_pipe *pipe, uint32_t desired,
			    uint32_t *grantedp) NP_MUST_CHECK;
