/* SPDX-License-Identifier: MIT */
/*
 * The access check: may this token have that access to an object with this descriptor?
 *
 * The algorithm is that of [MS-DTYP] 2.5.3.2, for objects without parts:
 *
 *	1. generic rights stand for rights of the kind of object, in what is asked and in
 *	   every entry
 *	2. ACCESS_SYSTEM_SECURITY is a matter of the privilege and of nothing else;
 *	   WRITE_OWNER can be had by a privilege
 *	3. without a DACL everything is granted
 *	4. the owner may read and change the DACL, unless an entry for Owner Rights
 *	   (S-1-3-4) says what the owner may do
 *	5. entries in their order: a right is decided by the first entry that names it
 *	   for somebody in the token. Entries that are there to be inherited only are
 *	   passed over; so are those with a condition, unless it is true, or unknown and the
 *	   entry denies (condition.h)
 *	6. what no entry decided is refused
 *
 * MAXIMUM_ALLOWED asks for whatever the same walk would grant; rights asked for beside it
 * must be among them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/macro.h"
#include "npfs/sec/sd.h"
#include "npfs/sec/token.h"

/* What the generic rights stand for on one kind of object. */
struct np_access_mapping {
	uint32_t read, write, execute, all;
};

extern const struct np_access_mapping np_access_file_mapping;

/* What an access check has found. */
struct np_access {
	uint32_t granted; /* of what was asked; everything of it on STATUS_SUCCESS */
	uint32_t refused; /* of what was asked */
	uint32_t by_privilege; /* of what was granted: what the DACL does not give */
};

uint32_t np_access_map(uint32_t access, const struct np_access_mapping *mapping);

npfs_status np_access_check(const struct np_sd *sd, const struct np_sec_token *token,
			    uint32_t desired, struct np_access *accessp) NP_MUST_CHECK;
npfs_status np_access_check_mapped(const struct np_sd *sd,
				   const struct np_sec_token *token, uint32_t desired,
				   const struct np_access_mapping *mapping,
				   struct np_access *accessp) NP_MUST_CHECK;
npfs_status np_access_check_bytes(const void *sd, size_t sd_len,
				  const struct np_sec_token *token, uint32_t desired,
				  struct np_access *accessp) NP_MUST_CHECK;
