/* SPDX-License-Identifier: MIT */
/*
 * Descriptors between bytes and values (format: sd.h)
 */
#include "npfs/sec/sd.h"

#include <stdlib.h>
#include <string.h>

#include "npfs/nt/access.h"

/* The default descriptor's entries. */
#define DEFAULT_ACES 5u

/* What a part at @offset may use of @len bytes; 0 for an offset where none can be. */
static size_t part_room(uint32_t offset, size_t len)
{
	if (offset < NP_SD_FIXED_LEN || offset % 4 != 0 || offset >= len)
		return 0;
	return len - offset;
}

/* An identifier that may be missing. */
static npfs_status sid_at(const uint8_t *b, size_t len, uint32_t offset, bool *hasp,
			  struct np_sid *sidp)
{
	size_t room = part_room(offset, len);

	*hasp = offset != 0;
	if (offset == 0)
		return STATUS_SUCCESS;
	if (room == 0)
		return STATUS_INVALID_SECURITY_DESCR;
	return np_sid_decode(b + offset, room, sidp) ? STATUS_SUCCESS
						     : STATUS_INVALID_SID;
}

/* A list that may be missing. */
static npfs_status acl_at(const uint8_t *b, size_t len, uint32_t offset, bool is_present,
			  bool *hasp, struct np_acl *aclp)
{
	size_t room = part_room(offset, len);

	*hasp = is_present && offset != 0;
	if (!*hasp)
		return STATUS_SUCCESS;
	if (room == 0)
		return STATUS_INVALID_SECURITY_DESCR;
	return np_acl_decode(b + offset, room, aclp);
}

/**
 * np_sd_decode() - check a self-relative descriptor
 * @bytes:	the descriptor, of any alignment; its lists are borrowed by the result
 * @len:	how many bytes there are; more than it needs is no error
 * @sdp:	the descriptor
 *
 * Return: nothing beyond @len is read
 * STATUS_SUCCESS
 * STATUS_INVALID_SECURITY_DESCR	too short, another revision, not self-relative, or
 *					an offset that leads nowhere
 * STATUS_INVALID_SID			owner or group is not well formed
 * STATUS_INVALID_ACL			a list is not well formed
 */
npfs_status np_sd_decode(const void *bytes, size_t len, struct np_sd *sdp)
{
	const uint8_t *b = bytes;
	struct np_sd sd = {.control = 0};
	npfs_status status;

	if (len < NP_SD_FIXED_LEN || b[0] != NP_SD_REVISION)
		return STATUS_INVALID_SECURITY_DESCR;
	sd.control = np_sec_get16(b + 2);
	if (!(sd.control & NP_SD_SELF_RELATIVE))
		return STATUS_INVALID_SECURITY_DESCR;
	status = sid_at(b, len, np_sec_get32(b + 4), &sd.has_owner, &sd.owner);
	if (status == STATUS_SUCCESS)
		status = sid_at(b, len, np_sec_get32(b + 8), &sd.has_group, &sd.group);
	if (status == STATUS_SUCCESS)
		status = acl_at(b, len, np_sec_get32(b + 12),
				sd.control & NP_SD_SACL_PRESENT, &sd.has_sacl, &sd.sacl);
	if (status == STATUS_SUCCESS)
		status = acl_at(b, len, np_sec_get32(b + 16),
				sd.control & NP_SD_DACL_PRESENT, &sd.has_dacl, &sd.dacl);
	if (status == STATUS_SUCCESS)
		*sdp = sd;
	return status;
}

/*
 * The DACL of a pipe made without descriptor (npfs-semantics 9.1): LocalSystem,
 * Administrators and the owner may do everything, Everyone and Anonymous read. With
 * @bytes NULL only its length is told.
 */
static size_t default_dacl_encode(const struct np_sid *owner, uint8_t *bytes)
{
	const struct {
		const struct np_sid *sid;
		uint32_t mask;
	} aces[DEFAULT_ACES] = {
		{&np_sid_system, FILE_ALL_ACCESS},
		{&np_sid_administrators, FILE_ALL_ACCESS},
		{owner, FILE_ALL_ACCESS},
		{&np_sid_everyone, FILE_GENERIC_READ},
		{&np_sid_anonymous, FILE_GENERIC_READ},
	};
	size_t len = NP_ACL_FIXED_LEN;
	unsigned i;

	for (i = 0; i < DEFAULT_ACES; i++)
		len += np_ace_len(aces[i].sid);
	if (!bytes)
		return len;
	bytes += np_acl_encode_header(bytes, len, DEFAULT_ACES);
	for (i = 0; i < DEFAULT_ACES; i++)
		bytes += np_ace_encode(bytes, NP_ACE_TYPE_ALLOWED, aces[i].mask,
				       aces[i].sid);
	return len;
}

/* Puts a copied list behind what is there. Return: its offset, 0 for no list. */
static uint32_t acl_append(uint8_t *bytes, size_t *atp, const struct np_acl *acl,
			   bool has)
{
	size_t at = *atp;

	if (!has)
		return 0;
	memcpy(bytes + at, acl->bytes, acl->len);
	*atp += acl->len;
	return (uint32_t)at;
}

/**
 * np_sd_assign() - the descriptor a new pipe gets
 * @given:	what its creator gave, borrowed; NULL for nothing
 * @given_len:	in bytes
 * @token:	the creator
 * @bytesp:	self-relative, complete; owned by the caller, for free()
 * @lenp:	in bytes
 *
 * Owner and group come from the token where they are not given. Without anything given
 * the DACL is the default one; a given descriptor without a DACL stays without.
 *
 * Return: STATUS_SUCCESS; as np_sd_decode(); STATUS_INVALID_OWNER for an owner the caller
 * may not appoint; STATUS_INSUFFICIENT_RESOURCES without memory.
 */
npfs_status np_sd_assign(const void *given, size_t given_len,
			 const struct np_sec_token *token, void **bytesp, size_t *lenp)
{
	struct np_sd sd = {.control = NP_SD_SELF_RELATIVE};
	uint32_t owner_at, group_at, sacl_at, dacl_at;
	size_t len, at = NP_SD_FIXED_LEN;
	npfs_status status;
	uint8_t *bytes;

	if (given) {
		status = np_sd_decode(given, given_len, &sd);
		if (status != STATUS_SUCCESS)
			return status;
		if (sd.has_owner && !np_sec_token_may_own(token, &sd.owner))
			return STATUS_INVALID_OWNER;
	} else {
		sd.control |= NP_SD_DACL_PRESENT | NP_SD_DACL_DEFAULTED;
	}
	if (!sd.has_owner) {
		sd.owner = np_sec_token_user(token);
		sd.control |= NP_SD_OWNER_DEFAULTED;
	}
	if (!sd.has_group) {
		sd.group = np_sec_token_group(token);
		sd.control |= NP_SD_GROUP_DEFAULTED;
	}

	len = NP_SD_FIXED_LEN + np_sid_len(&sd.owner) + np_sid_len(&sd.group);
	len += sd.has_sacl ? sd.sacl.len : 0;
	len += sd.has_dacl ? sd.dacl.len : 0;
	len += given ? 0 : default_dacl_encode(&sd.owner, NULL);
	bytes = calloc(1, len);
	if (!bytes)
		return STATUS_INSUFFICIENT_RESOURCES;

	sacl_at = acl_append(bytes, &at, &sd.sacl, sd.has_sacl);
	dacl_at = acl_append(bytes, &at, &sd.dacl, sd.has_dacl);
	if (!given) {
		dacl_at = (uint32_t)at;
		at += default_dacl_encode(&sd.owner, bytes + at);
	}
	owner_at = (uint32_t)at;
	at += np_sid_encode(&sd.owner, bytes + at);
	group_at = (uint32_t)at;
	np_sid_encode(&sd.group, bytes + at);
	bytes[0] = NP_SD_REVISION;
	np_sec_put16(bytes + 2, sd.control);
	np_sec_put32(bytes + 4, owner_at);
	np_sec_put32(bytes + 8, group_at);
	np_sec_put32(bytes + 12, sacl_at);
	np_sec_put32(bytes + 16, dacl_at);
	*bytesp = bytes;
	*lenp = len;
	return STATUS_SUCCESS;
}
