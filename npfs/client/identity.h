/* SPDX-License-Identifier: MIT */
/*
 * Identities, and the threads that wear them (public face: <npfs/security.h>)
 *
 * An identity is who somebody is, and how much of it may be used. It never changes after it
 * was made, but for the privileges that are enabled and the connection below. Owners: each
 * thread that wears it, the server end whose client it is, whoever was given it.
 *
 * Wearing one (wear.h) has two sides:
 *
 *	the kernel	effective user, effective group and supplementary groups of this
 *			thread become those of the identity (credentials.h)
 *	the broker	requests about names are made as the identity (struct np_as): the
 *			thread connects once with its changed credentials, and the key of
 *			that connection goes with the requests over the common one
 *
 * A thread made by a thread that wears an identity would inherit its credentials, and so
 * would a process. Whoever makes one puts npfs_identity_pause() and npfs_identity_resume()
 * around it. A connection that is for the whole process is made in such a pause, too.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/security.h>

#include "npfs/base/macro.h"
#include "npfs/client/credentials.h"
#include "npfs/client/lock.h"
#include "npfs/proto/wire.h"

struct np_conn_reply;
struct np_conn_request;
struct npfs_end;

struct npfs_identity {
	_Atomic uint32_t refs;
	struct npfs_identity_info info; /* info.gids is owned */
	_Atomic uint64_t privileges;
	_Atomic uint64_t enabled; /* some of them */

	struct np_lock lock; /* what is below */
	void *defaults;	     /* owned: of npfs_identity_set_defaults(); or NULL */
	uint32_t defaults_len;
	int fd;              /* owned: the connection made as this identity; or -1 */
	uint64_t key[2];     /* of that connection */
};

struct npfs_identity *np_identity_from_hello(const struct np_channel_hello *hello,
					     const void *gids);

npfs_status np_identity_as(struct np_as *asp) NP_MUST_CHECK;
bool np_identity_is_stale(npfs_status status, const struct np_as *as);
bool np_identity_is_ours(const struct npfs_identity_info *info);
npfs_status np_identity_call(const struct np_conn_request *request, struct np_as *as,
			     struct np_conn_reply *reply) NP_MUST_CHECK;
uint64_t np_identity_enabled(void);

/* A thread of this process has, or had, something else on than the process is, or privileges
 * were changed. */
extern _Atomic bool np_identity_varies;

uint64_t np_identity_mark(void);

void np_identity_fork_child(void);
