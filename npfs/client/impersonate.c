/* SPDX-License-Identifier: MIT */
/*
 * The client of a server end as an identity (contract: <npfs/security.h>)
 *
 * Who the client is came from the broker, over a socket that only the broker held then, when
 * the client opened (np_identity_from_hello()). That does not change while the client is
 * connected, and stays after it closed.
 *
 * A dynamic context is not there before something was read (npfs-semantics 9.4; case
 * security/before_a_read_there_is_no_context); which identity it shows is that of the open.
 * What a thread of the client was later cannot be learned from the client, only from the
 * kernel, and the kernel does not say who wrote into shared memory.
 */
#include <npfs/security.h>

#include "npfs/client/end.h"
#include "npfs/client/identity.h"
#include "npfs/client/process.h"

/* Has anything of what the client wrote been read? */
static bool has_read(const struct npfs_end *end)
{
	return end->in.bytes > 0 || end->in.entries > 0 || end->has_peeked ||
	       np_rule(NP_RULE_IMPERSONATE_BEFORE_READ);
}

static npfs_status client_identity(struct npfs_end *end, struct npfs_identity **identityp)
{
	if (!end->is_server)
		return STATUS_ILLEGAL_FUNCTION;
	if (end->state == NP_END_FORKED || end->state == NP_END_CLOSED)
		return STATUS_INVALID_HANDLE;
	if (end->state != NP_END_CONNECTED && end->state != NP_END_CLOSING)
		return STATUS_CANNOT_IMPERSONATE;
	if (!end->identity)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (end->is_dynamic && !has_read(end))
		return STATUS_CANNOT_IMPERSONATE;
	*identityp = npfs_identity_ref(end->identity);
	return STATUS_SUCCESS;
}

npfs_status npfs_end_client_identity(struct npfs_end *end,
				     struct npfs_identity **identityp)
{
	struct np_list done = NP_LIST_INIT(done);
	npfs_status status;

	np_end_lock(end);
	np_end_refresh(end, &done);
	status = client_identity(end, identityp);
	np_end_unlock(end, &done);
	return status;
}

npfs_status npfs_end_impersonate(struct npfs_end *end)
{
	struct npfs_identity *identity = NULL;
	npfs_status status = npfs_end_client_identity(end, &identity);

	if (status != STATUS_SUCCESS)
		return status;
	status = npfs_thread_impersonate(identity);
	npfs_identity_unref(identity);
	return status;
}
