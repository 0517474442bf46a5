/* SPDX-License-Identifier: MIT */
/*
 * The descriptor of an end's pipe (contract: <npfs/security.h>)
 *
 * The broker decides with the ticket that came with the end. What is checked here is what
 * only this side knows: the state of the end, and rights the owner has given up since
 * (npfs_end_narrow()).
 */
#include <npfs/security.h>

#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/client/call.h"
#include "npfs/client/end.h"
#include "npfs/client/identity.h"
#include "npfs/sec/sd_change.h"

/* May this end be asked for its descriptor? The ticket is a copy. */
static npfs_status ticket_of(struct npfs_end *end, uint32_t rights,
			     struct np_ticket *ticketp)
{
	struct np_list done = NP_LIST_INIT(done);
	npfs_status status = STATUS_SUCCESS;

	np_end_lock(end);
	np_end_refresh(end, &done);
	if (end->state == NP_END_DETACHED)
		status = STATUS_PIPE_DISCONNECTED;
	else if (end->state >= NP_END_LINGERING)
		status = STATUS_INVALID_HANDLE;
	else if (rights & ~end->access)
		status = STATUS_ACCESS_DENIED;
	else
		*ticketp = end->info.ticket;
	np_end_unlock(end, &done);
	return status;
}

npfs_status npfs_end_get_security(struct npfs_end *end, uint32_t information, void *sd,
				  uint32_t size, uint32_t *neededp)
{
	NP_CLEANUP_FREE void *bytes = NULL;
	struct np_ticket ticket;
	npfs_status status;
	size_t len = 0;

	status = ticket_of(end, np_sd_rights_to_get(information), &ticket);
	if (status == STATUS_SUCCESS)
		status = np_call_get_security(&ticket, information, &bytes, &len);
	if (status != STATUS_SUCCESS)
		return status;
	*neededp = (uint32_t)len;
	if (len > size)
		return STATUS_BUFFER_TOO_SMALL;
	memcpy(sd, bytes, len);
	return STATUS_SUCCESS;
}

npfs_status npfs_end_set_security(struct npfs_end *end, uint32_t information,
				  const void *sd, uint32_t len)
{
	struct np_ticket ticket;
	npfs_status status;
	struct np_as as;

	status = ticket_of(end, np_sd_rights_to_set(information), &ticket);
	if (status != STATUS_SUCCESS)
		return status;
	do {
		status = np_identity_as(&as);
		if (status == STATUS_SUCCESS)
			status = np_call_set_security(&ticket, information, sd, len, &as);
	} while (np_identity_is_stale(status, &as));
	return status;
}
