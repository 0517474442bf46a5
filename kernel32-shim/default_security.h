/* SPDX-License-Identifier: MIT */
/*
 * To whom belongs what is made without a descriptor, and who may use it
 *
 *	owner, group	what the maker's token was told (SetTokenInformation), else its user
 *			and group; also of a descriptor that leaves them out
 *	DACL		of an event or the like: what the token was told, else user and
 *			LocalSystem. Of a pipe (npfs-semantics 9.1): with the rule default_sd that
 *			of newer systems; the token's, as NT 4 had it; or none
 *
 * The broker knows these defaults too, but for what tokens were told; so nothing is sent as
 * long as no token was told anything and the rule is the newer systems'.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <windows.h>

#include <npfs/security.h>

#include "kernel32-shim/securitydesc.h"

/* Bytes of the longest list made here: five entries. */
#define DEFAULT_DACL_ROOM 256u

/* What a token was told; parts that it was not told are NULL. */
struct default_security {
	struct securitydesc_parts parts; /* borrowed from `bytes`, or from who changes it */
	bool has_dacl;			 /* `parts.dacl` was told; NULL: everybody */
	void *bytes;			 /* owned */
};

/* default_security_get() - what @identity was told; nothing when memory is short */
void default_security_get(struct npfs_identity *identity, struct default_security *defaults);
void default_security_release(struct default_security *defaults);

/* default_security_set() - tell @identity. Return: 0 or a Win32 error */
DWORD default_security_set(struct npfs_identity *identity,
			   const struct default_security *defaults);

/* default_dacl_of_token() - the list of a token that was told none; DEFAULT_DACL_ROOM bytes */
void default_dacl_of_token(const struct npfs_identity *identity, ACL *dacl);

/**
 * default_security_flatten() - the descriptor of something new, in bytes
 * @sa: may be NULL
 * @is_pipe: else an event or the like
 * @bytesp: to be freed by the caller; NULL: the broker's default is right
 *
 * Return: as securitydesc_flatten().
 */
npfs_status default_security_flatten(const SECURITY_ATTRIBUTES *sa, bool is_pipe,
				     void **bytesp, uint32_t *lenp);
