/* SPDX-License-Identifier: MIT */
/*
 * Certifying, noting and verifying contexts (model: context.h)
 */
#include "npfs/client/context.h"

#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/client/call.h"

static_assert(sizeof(struct np_channel_hello) + 4 * NP_HELLO_GIDS_MAX <= NP_LANE_NOTE_MAX,
	      "who a client is fits a note");

/* the writing side */

/* np_context_begin() - a client end was just opened: the server knows who the thread is */
void np_context_begin(struct npfs_end *end)
{
	end->out.context = np_identity_mark();
}

static npfs_status certify(struct npfs_end *end, void **bytesp, size_t *lenp)
{
	npfs_status status;
	struct np_as as;

	do {
		status = np_identity_as(&as);
		if (status == STATUS_SUCCESS)
			status = np_call_certify(&end->info.ticket, &as,
						 np_identity_enabled(), bytesp, lenp);
	} while (np_identity_is_stale(status, &as));
	return status;
}

/**
 * np_context_note() - have the next write say in whose context it is made, if that is news
 * @end:	whose lock is had
 * @is_behind_others: the write has to wait for those of other holders of the end, and nobody
 *		knows what they will be
 *
 * The note is in @end's lane; what is not used of it the caller takes back. Asks the broker.
 *
 * Return: STATUS_SUCCESS; STATUS_BAD_IMPERSONATION_LEVEL: the thread cannot be who it knows it
 * is; STATUS_CANNOT_IMPERSONATE: the broker was started anew since; STATUS_INSUFFICIENT_RESOURCES;
 * as np_conn_call().
 */
npfs_status np_context_note(struct npfs_end *end, bool is_behind_others)
{
	NP_CLEANUP_FREE void *bytes = NULL;
	struct np_lane_note *note;
	uint64_t context;
	npfs_status status;
	size_t len = 0;

	if (!np_context_may_differ(end))
		return STATUS_SUCCESS;
	context = np_identity_mark();
	if (context == end->out.context && !is_behind_others)
		return STATUS_SUCCESS;
	status = certify(end, &bytes, &len);
	if (status != STATUS_SUCCESS)
		return status;
	if (len > NP_LANE_NOTE_MAX)
		return STATUS_INSUFFICIENT_RESOURCES;
	note = malloc(sizeof(*note) + len);
	if (!note)
		return STATUS_INSUFFICIENT_RESOURCES;
	note->context = context;
	note->len = (uint32_t)len;
	memcpy(note->bytes, bytes, len);
	np_lane_writer_set_note(&end->out, note);
	return STATUS_SUCCESS;
}

/* the reading side */

/* Has the broker said that? What it says once stays true. */
static npfs_status verify(struct npfs_end *end, const uint8_t *packet, size_t len)
{
	struct np_channel_hello hello;
	npfs_status status;

	if (len < sizeof(hello))
		return STATUS_CANNOT_IMPERSONATE;
	memcpy(&hello, packet, sizeof(hello));
	if (hello.connection != end->connection ||
	    hello.n_gids != (len - sizeof(hello)) / sizeof(uint32_t))
		return STATUS_CANNOT_IMPERSONATE;
	status = np_call_verify(packet, len);
	if (status != STATUS_SUCCESS)
		return status;
	/* the level is what the client allowed when it opened */
	hello.flags = (hello.flags & ~NP_OPEN_FLAGS) | (end->open_flags & NP_OPEN_FLAGS);
	npfs_identity_unref(end->context);
	end->context = np_identity_from_hello(&hello, packet + sizeof(hello));
	end->context_seal = hello.seal;
	return end->context ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/**
 * np_context_identity() - who the client was when it wrote what was read last
 * @end:	server end with a client that is followed; its lock is had
 * @identityp:	borrowed from @end
 *
 * Asks the broker the first time. Without a note the client was what it was when it opened.
 *
 * Return: STATUS_SUCCESS; STATUS_CANNOT_IMPERSONATE: the broker has not certified that;
 * STATUS_INSUFFICIENT_RESOURCES; as np_conn_call().
 */
npfs_status np_context_identity(struct npfs_end *end, struct npfs_identity **identityp)
{
	const struct np_lane_notes *notes = end->in.notes;
	uint8_t packet[NP_LANE_NOTE_MAX];
	npfs_status status = STATUS_SUCCESS;
	size_t len = notes ? np_min_u32(notes->len, sizeof(packet)) : 0;
	uint64_t seal = 0;

	if (len == 0) {
		*identityp = end->identity;
		return STATUS_SUCCESS;
	}
	memcpy(packet, notes->bytes, len);
	if (len >= sizeof(struct np_channel_hello))
		memcpy(&seal, packet + offsetof(struct np_channel_hello, seal),
		       sizeof(seal));
	if (!end->context || end->context_seal != seal)
		status = verify(end, packet, len);
	if (status == STATUS_SUCCESS)
		*identityp = end->context;
	return status;
}
