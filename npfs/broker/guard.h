/* SPDX-License-Identifier: MIT */
/*
 * Guards: the descriptor that a ticket leads to
 *
 * The descriptor belongs to the name, and both ends of all instances see the same one
 * (npfs-semantics 9.1; case security/both_ends_see_one_descriptor). It is found in the pipe
 * while there is one. A client end that is connected when its server closes still has the
 * descriptor though the name is gone: then it is found with the receipt of the name
 * (token.h), of which a user can leave NP_TOKEN_RETIRED_MAX.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/macro.h"
#include "npfs/proto/wire.h"

struct np_broker;
struct np_token;

struct np_guard {
	void **sdp;   /* borrowed: the owner's pointer to the descriptor */
	size_t *lenp; /* borrowed */
	struct np_token *token; /* borrowed: who pays for it; NULL for nobody */
};

npfs_status np_guard_find(struct np_broker *broker, const struct np_ticket *ticket,
			  uint32_t rights, struct np_guard *guardp) NP_MUST_CHECK;
npfs_status np_guard_replace(struct np_guard *guard, void *sd, size_t len) NP_MUST_CHECK;
