/* SPDX-License-Identifier: MIT */
/*
 * The client of a server end as an identity (contract: <npfs/security.h>)
 *
 * Who the client is came from the broker, over a socket that only the broker held then, when
 * the client opened (np_identity_from_hello()). A static context does not change while the
 * client is connected, and stays after it closed.
 *
 * A dynamic context is not there before something was read (npfs-semantics 9.4; case
 * security/before_a_read_there_is_no_context); then it is that of the last write of which
 * something was read (context.h), and stays, too.
 */
#include <npfs/security.h>

#include "npfs/client/context.h"
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
	struct npfs_identity *identity = end->identity;
	npfs_status status = STATUS_SUCCESS;

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
	if (end->is_dynamic)
		status = np_context_identity(end, &identity);
	if (status == STATUS_SUCCESS)
		*identityp = npfs_identity_ref(identity);
	return status;
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
