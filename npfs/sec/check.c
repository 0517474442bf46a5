/* SPDX-License-Identifier: MIT */
/*
 * The access check, in the order its rules are listed in check.h
 */
#include "npfs/sec/check.h"

#include "npfs/nt/access.h"
#include "npfs/sec/condition.h"

/* Is this entry about the rights of whoever owns the object? */
static bool is_about_owner(const struct np_ace *ace)
{
	return ace->kind != NP_ACE_OTHER && !(ace->flags & NP_ACE_FLAG_INHERIT_ONLY) &&
	       np_sid_is_equal(&ace->sid, &np_sid_owner_rights);
}

static bool has_owner_rights(const struct np_acl *dacl)
{
	struct np_acl_cursor cursor = {0};
	struct np_ace ace;

	while (np_acl_next(dacl, &cursor, &ace))
		if (is_about_owner(&ace))
			return true;
	return false;
}

const struct np_access_mapping np_access_file_mapping = {
	FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};

/* np_access_map() - @access with what its generic rights stand for in their place */
uint32_t np_access_map(uint32_t access, const struct np_access_mapping *mapping)
{
	uint32_t mapped =
		access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);

	mapped |= access & GENERIC_READ ? mapping->read : 0;
	mapped |= access & GENERIC_WRITE ? mapping->write : 0;
	mapped |= access & GENERIC_EXECUTE ? mapping->execute : 0;
	mapped |= access & GENERIC_ALL ? mapping->all : 0;
	return mapped;
}

/* Does the entry count? One that denies does unless its condition is known not to hold. */
static bool condition_holds(struct np_condition_check *check, const struct np_ace *ace)
{
	enum np_truth truth;

	if (!ace->is_conditional)
		return true;
	truth = np_condition_evaluate(check, ace->condition, ace->condition_len);
	return ace->kind == NP_ACE_ALLOW ? truth == NP_TRUTH_TRUE
					 : truth != NP_TRUTH_FALSE;
}

/* Everything the DACL of @sd gives @token. */
static uint32_t dacl_rights(const struct np_sd *sd, const struct np_sec_token *token,
			    const struct np_access_mapping *mapping)
{
	bool is_owner = sd->has_owner && np_sec_token_has(token, &sd->owner);
	struct np_condition_check check = {token, sd, NP_CONDITION_STEPS};
	struct np_acl_cursor cursor = {0};
	uint32_t allowed = 0, denied = 0;
	struct np_ace ace;

	if (!sd->has_dacl)
		return mapping->all;
	if (is_owner && !has_owner_rights(&sd->dacl))
		allowed = READ_CONTROL | WRITE_DAC;
	while (np_acl_next(&sd->dacl, &cursor, &ace)) {
		uint32_t mask;

		if (ace.kind == NP_ACE_OTHER || (ace.flags & NP_ACE_FLAG_INHERIT_ONLY))
			continue;
		if (is_about_owner(&ace) ? !is_owner : !np_sec_token_has(token, &ace.sid))
			continue;
		if (!condition_holds(&check, &ace))
			continue;
		mask = np_access_map(ace.mask, mapping);
		if (ace.kind == NP_ACE_ALLOW)
			allowed |= mask & ~denied;
		else
			denied |= mask & ~allowed;
	}
	return allowed & ~(MAXIMUM_ALLOWED | ACCESS_SYSTEM_SECURITY);
}

/* np_access_check() - the same for a file */
npfs_status np_access_check(const struct np_sd *sd, const struct np_sec_token *token,
			    uint32_t desired, struct np_access *accessp)
{
	return np_access_check_mapped(sd, token, desired, &np_access_file_mapping, accessp);
}

/**
 * np_access_check_mapped() - check what is asked
 * @sd:		the descriptor
 * @token:	who asks
 * @desired:	rights, generic ones and MAXIMUM_ALLOWED included; 0 asks for nothing and
 *		gets it
 * @mapping:	what generic rights stand for
 * @accessp:	what was granted and what was not; written on every status
 *
 * Return: STATUS_SUCCESS; STATUS_ACCESS_DENIED when a right was refused, or
 * MAXIMUM_ALLOWED came to nothing; STATUS_PRIVILEGE_NOT_HELD when only the one for
 * ACCESS_SYSTEM_SECURITY is in the way.
 */
npfs_status np_access_check_mapped(const struct np_sd *sd,
				   const struct np_sec_token *token, uint32_t desired,
				   const struct np_access_mapping *mapping,
				   struct np_access *accessp)
{
	uint32_t wanted = np_access_map(desired, mapping) & ~MAXIMUM_ALLOWED;
	uint32_t rights = dacl_rights(sd, token, mapping);
	uint32_t given;

	if (!sd->has_dacl)
		rights |= wanted & ~ACCESS_SYSTEM_SECURITY;
	given = rights;
	if (token->privileges & NP_SEC_PRIVILEGE_TAKE_OWNERSHIP)
		rights |= wanted & WRITE_OWNER;
	if (token->privileges & NP_SEC_PRIVILEGE_SECURITY)
		rights |= wanted & ACCESS_SYSTEM_SECURITY;
	accessp->granted = desired & MAXIMUM_ALLOWED ? rights : wanted & rights;
	accessp->refused = wanted & ~rights;
	accessp->by_privilege = accessp->granted & ~given;
	if (accessp->refused == ACCESS_SYSTEM_SECURITY)
		return STATUS_PRIVILEGE_NOT_HELD;
	if (accessp->refused || ((desired & MAXIMUM_ALLOWED) && rights == 0))
		return STATUS_ACCESS_DENIED;
	return STATUS_SUCCESS;
}

/**
 * np_access_check_bytes() - check against a descriptor in bytes
 * @sd:		self-relative
 * @sd_len:	in bytes
 * @token:	who asks
 * @desired:	as np_access_check()
 * @accessp:	as np_access_check()
 *
 * Return: as np_access_check(); as np_sd_decode() with nothing granted, so that a
 * descriptor that cannot be read admits nobody.
 */
npfs_status np_access_check_bytes(const void *sd, size_t sd_len,
				  const struct np_sec_token *token, uint32_t desired,
				  struct np_access *accessp)
{
	struct np_sd decoded;
	npfs_status status = np_sd_decode(sd, sd_len, &decoded);

	if (status != STATUS_SUCCESS) {
		accessp->granted = 0;
		accessp->by_privilege = 0;
		accessp->refused = np_access_map_file(desired);
		return status;
	}
	return np_access_check(&decoded, token, desired, accessp);
}
