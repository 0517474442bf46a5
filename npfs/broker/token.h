/* SPDX-License-Identifier: MIT */
/*
 * Who pays for a name
 *
 * A pipe may outlive the connection that made it, when others have instances of it. The
 * token rides in the model with the pipe and comes back when the name goes; then its user
 * is refunded.
 */
#pragma once

#include <stdint.h>

#include "npfs/broker/limits.h"
#include "npfs/core/done.h"

struct np_token {
	struct np_done done;      /* NP_DONE_PIPE */
	struct np_limits *limits; /* borrowed */
	struct np_user *user;     /* borrowed; stays because it is charged */
	uint64_t name_bytes;
};

int np_token_new(struct np_token **tokenp, struct np_limits *limits, struct np_user *user,
		 uint64_t name_bytes) NP_MUST_CHECK;
struct np_token *np_token_free(struct np_token *token);
