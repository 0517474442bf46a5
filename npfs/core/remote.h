/* SPDX-License-Identifier: MIT */
/*
 * Clients on other computers, and the restrictions that are theirs alone
 *
 * A remote client is a mark on an open. Whoever brings such clients in (the redirector)
 * keeps one session per client computer and identity and opens through it:
 *
 *	Q141709	one client computer can have so many distinct pipes open at a server;
 *		further instances of a pipe it already has are free
 *	Q126645	an anonymous client (a null session: LocalSystem of another computer) may
 *		open only pipes whose last name component is listed
 *	10.1	pipes that reject remote clients refuse; message pipes are opened in
 *		message read mode; one write is limited
 *
 * Pure: no system calls. Local clients never come here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/map.h"
#include "npfs/core/personality.h"
#include "npfs/core/volume.h"

/* NullSessionPipes and RestrictNullSessAccess of the server. */
struct np_remote_policy {
	const struct np_personality *personality; /* borrowed */
	const uint16_t *const *listed;		  /* borrowed: n_listed names */
	const size_t *listed_len;		  /* borrowed: their lengths in units */
	size_t n_listed;
	bool restricts_null_sessions; /* false turns the list off (Q122702) */
};

struct np_remote_session {
	struct np_map pipes; /* upper-cased name -> how many ends are open, owned */
	size_t n_pipes;	     /* distinct ones */
	bool is_anonymous;
};

/* What a remote open gives besides the instance. */
struct np_remote_open {
	struct np_volume_open open;
	bool is_message_mode; /* the client end starts in message read mode */
};

void np_remote_session_init(struct np_remote_session *session, bool is_anonymous);
void np_remote_session_fini(struct np_remote_session *session);

/*
 * np_remote_open() - open for a client on another computer
 *
 * Return: as np_volume_open(), checked before it: STATUS_ACCESS_DENIED: anonymous and not
 * listed; the personality's status (STATUS_TOO_MANY_COMMANDS): one pipe too many;
 * STATUS_INSUFFICIENT_RESOURCES. With STATUS_SUCCESS np_remote_closed() is owed.
 */
npfs_status np_remote_open(struct np_volume *volume, const struct np_remote_policy *policy,
			   struct np_remote_session *session, const struct np_req_open *req,
			   const uint16_t *name, size_t name_len,
			   struct np_remote_open *openp);

/* np_remote_closed() - the session closed an end of that pipe: its place is free */
void np_remote_closed(struct np_remote_session *session, const uint16_t *name,
		      size_t name_len);

/* np_remote_check_write() - may one write of @len bytes go over the network? (Q119218)
 * Return: STATUS_SUCCESS or the personality's status; byte pipes are not limited. */
npfs_status np_remote_check_write(const struct np_remote_policy *policy, uint32_t pipe_type,
				  uint64_t len);
