/* SPDX-License-Identifier: MIT */
/*
 * Who pays for a name
 *
 * A pipe may outlive the connection that made it, when others have instances of it. The
 * token rides in the model with the pipe and comes back when the name goes; then its user
 * is refunded.
 *
 * A pipe that goes while a client is connected to it leaves its descriptor behind for that
 * client. The broker does not hear when the client goes, too; so the token retires with the
 * descriptor, still charged for its bytes, and each user keeps the last
 * NP_TOKEN_RETIRED_MAX of them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "npfs/broker/limits.h"
#include "npfs/core/done.h"
#include "npfs/core/pipe.h"

/* Descriptors of gone pipes kept for clients, per user who made the pipes. */
#define NP_TOKEN_RETIRED_MAX 64u

struct np_token {
	struct np_done done;      /* NP_DONE_PIPE */
	struct np_limits *limits; /* borrowed */
	struct np_user *user;     /* borrowed; stays because it is charged */
	uint64_t name_bytes;
	struct np_pipe_heir heir; /* of the pipe */
	struct np_list link;	  /* in np_user.retired, oldest first */
	struct np_list all_link;  /* in np_limits.retired_all */
};

int np_token_new(struct np_token **tokenp, struct np_limits *limits, struct np_user *user,
		 uint64_t name_bytes) NP_MUST_CHECK;
void np_token_watch(struct np_token *token, struct np_pipe *pipe);
void np_token_retire(struct np_token *token);
bool np_token_resize(struct np_token *token, uint64_t old_len, uint64_t new_len);
struct np_token *np_token_free(struct np_token *token);
