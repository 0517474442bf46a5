/* SPDX-License-Identifier: MIT */
/*
 * What an identity may do, and to whom belongs what it makes (contract: <npfs/security.h>)
 *
 * The same algorithm and the same token as the broker's, for things that programs protect
 * themselves. It says what would be allowed; nothing rests on it.
 */
#include <npfs/security.h>

#include <stdlib.h>
#include <string.h>

#include "npfs/base/macro.h"
#include "npfs/client/identity.h"
#include "npfs/nt/access.h"
#include "npfs/sec/check.h"
#include "npfs/sec/sd.h"
#include "npfs/sec/token.h"

/* Privileges that matter here, by their numbers. */
#define PRIVILEGE_SECURITY	 (UINT64_C(1) << 8)
#define PRIVILEGE_TAKE_OWNERSHIP (UINT64_C(1) << 9)

/* The groups of an identity are in order: np_sec_token_init() does not write. */
static struct np_sec_token token_of(const struct npfs_identity *identity)
{
	const struct npfs_identity_info *info = &identity->info;
	uint64_t enabled = npfs_identity_enabled(identity);
	struct np_sec_token token;

	np_sec_token_init(&token, info->uid, info->gid, (uint32_t *)(uintptr_t)info->gids,
			  info->n_gids, NP_SEC_NO_GID, info->flags & NPFS_IDENTITY_REMOTE);
	if (info->flags & NPFS_IDENTITY_ANONYMOUS)
		np_sec_token_set_anonymous(&token);
	token.privileges =
		(enabled & PRIVILEGE_SECURITY ? NP_SEC_PRIVILEGE_SECURITY : 0) |
		(enabled & PRIVILEGE_TAKE_OWNERSHIP ? NP_SEC_PRIVILEGE_TAKE_OWNERSHIP : 0);
	return token;
}

bool npfs_identity_is_member(const struct npfs_identity *identity, const void *sid,
			     uint32_t len)
{
	struct np_sec_token token = token_of(identity);
	struct np_sid decoded;

	return np_sid_decode(sid, len, &decoded) && np_sec_token_has(&token, &decoded);
}

npfs_status npfs_access_check(const void *sd, uint32_t len,
			      const struct npfs_identity *identity, uint32_t desired,
			      const struct npfs_access_mapping *mapping,
			      uint32_t *grantedp, uint64_t *usedp)
{
	const struct np_access_mapping map = {mapping->read, mapping->write,
					      mapping->execute, mapping->all};
	struct np_sec_token token = token_of(identity);
	struct np_access access;
	struct np_sd decoded;
	npfs_status status;

	status = np_sd_decode(sd, len, &decoded);
	if (status == STATUS_SUCCESS)
		status = np_access_check_mapped(&decoded, &token, desired, &map, &access);
	if (status != STATUS_SUCCESS)
		return status;
	*grantedp = access.granted;
	if (!usedp)
		return status;
	*usedp = access.by_privilege & ACCESS_SYSTEM_SECURITY ? PRIVILEGE_SECURITY : 0;
	if (access.by_privilege & WRITE_OWNER)
		*usedp |= PRIVILEGE_TAKE_OWNERSHIP;
	return status;
}

/* defaults */

npfs_status npfs_identity_set_defaults(struct npfs_identity *identity, const void *sd,
				       uint32_t len)
{
	void *copy = NULL, *old;
	struct np_sd decoded;
	npfs_status status;

	if (len > 0) {
		status = np_sd_decode(sd, len, &decoded);
		if (status != STATUS_SUCCESS)
			return status;
		copy = malloc(len);
		if (!copy)
			return STATUS_INSUFFICIENT_RESOURCES;
		memcpy(copy, sd, len);
	}
	np_lock_take(&identity->lock);
	old = identity->defaults;
	identity->defaults = copy;
	identity->defaults_len = len;
	np_lock_give(&identity->lock);
	free(old);
	return STATUS_SUCCESS;
}

npfs_status npfs_identity_get_defaults(struct npfs_identity *identity, void *sd,
				       uint32_t size, uint32_t *neededp)
{
	npfs_status status = STATUS_SUCCESS;

	np_lock_take(&identity->lock);
	*neededp = identity->defaults_len;
	if (identity->defaults_len > size)
		status = STATUS_BUFFER_TOO_SMALL;
	else if (identity->defaults_len > 0)
		memcpy(sd, identity->defaults, identity->defaults_len);
	np_lock_give(&identity->lock);
	return status;
}
