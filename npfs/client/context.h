/* SPDX-License-Identifier: MIT */
/*
 * In whose context a client writes (npfs-semantics 9.4, dynamic tracking)
 *
 * A client that is followed shows its server what the writing thread was at each write. The
 * writing library notices that the thread is not what the last writer on this end was, has the
 * broker certify what it is (struct np_req_certify), and puts that in front of the data as a
 * note (core/lane.h). The server's lane keeps the note of what was read last; when somebody asks
 * who the client is, the broker is asked whether it certified that (struct np_req_verify).
 *
 * What it costs: nothing as long as no thread of the process has put an identity on or changed
 * privileges; then a comparison per write, and one request when the answer is new.
 *
 * What a client could do about it: show another identity that it could have put on; leave a note
 * out, and so show an older one of its own. Neither lets it be somebody it is not.
 *
 * A program that changes its user itself (setuid) is not followed: the broker keeps taking its
 * connection for who made it.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include <npfs/status.h>

#include "npfs/client/end.h"
#include "npfs/client/identity.h"

/* May the next write be in another context than the last one? Under the end's lock. */
static inline bool np_context_may_differ(const struct npfs_end *end)
{
	if (NP_LIKELY(!atomic_load_explicit(&np_identity_varies, memory_order_relaxed) &&
		      !atomic_load_explicit(&end->share, memory_order_relaxed)))
		return false;
	return end->is_dynamic && !end->is_server;
}

void np_context_begin(struct npfs_end *end);
npfs_status np_context_note(struct npfs_end *end, bool is_behind_others) NP_MUST_CHECK;
npfs_status np_context_identity(struct npfs_end *end, struct npfs_identity **identityp);
