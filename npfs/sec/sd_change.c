/* SPDX-License-Identifier: MIT */
/*
 * Taking descriptors apart and putting them together (model: sd_change.h)
 */
#include "npfs/sec/sd_change.h"

#include <stdlib.h>
#include <string.h>

#include "npfs/nt/access.h"

/* Control bits that belong to a list and travel with it. */
#define CONTROL_DACL_REQUEST   0x0100u
#define CONTROL_SACL_REQUEST   0x0200u
#define CONTROL_DACL_INHERITED 0x0400u
#define CONTROL_SACL_INHERITED 0x0800u
#define CONTROL_DACL_PROTECTED 0x1000u
#define CONTROL_SACL_PROTECTED 0x2000u
#define CONTROL_SACL_DEFAULTED 0x0020u

#define CONTROL_OF_DACL                                                                  \
	(NP_SD_DACL_PRESENT | NP_SD_DACL_DEFAULTED | CONTROL_DACL_REQUEST |              \
	 CONTROL_DACL_INHERITED | CONTROL_DACL_PROTECTED)
#define CONTROL_OF_SACL                                                                  \
	(NP_SD_SACL_PRESENT | CONTROL_SACL_DEFAULTED | CONTROL_SACL_REQUEST |            \
	 CONTROL_SACL_INHERITED | CONTROL_SACL_PROTECTED)

/* np_sd_rights_to_get() - what a handle needs to be told these parts */
uint32_t np_sd_rights_to_get(uint32_t parts)
{
	uint32_t rights = 0;

	if (parts & (NP_SD_PART_OWNER | NP_SD_PART_GROUP | NP_SD_PART_DACL |
		     NP_SD_PART_LABEL))
		rights |= READ_CONTROL;
	if (parts & NP_SD_PART_SACL)
		rights |= ACCESS_SYSTEM_SECURITY;
	return rights;
}

/* np_sd_rights_to_set() - what a handle needs to change these parts */
uint32_t np_sd_rights_to_set(uint32_t parts)
{
	uint32_t rights = 0;

	if (parts & (NP_SD_PART_OWNER | NP_SD_PART_GROUP | NP_SD_PART_LABEL))
		rights |= WRITE_OWNER;
	if (parts & (NP_SD_PART_DACL | NP_SD_PART_PROTECTED_DACL |
		     NP_SD_PART_UNPROTECTED_DACL))
		rights |= WRITE_DAC;
	if (parts & (NP_SD_PART_SACL | NP_SD_PART_PROTECTED_SACL |
		     NP_SD_PART_UNPROTECTED_SACL))
		rights |= ACCESS_SYSTEM_SECURITY;
	return rights;
}

/* Appends a copied list. Return: its offset, 0 for none. */
static uint32_t acl_put(uint8_t *bytes, size_t *atp, const struct np_acl *acl, bool has)
{
	size_t at = *atp;

	if (!has)
		return 0;
	memcpy(bytes + at, acl->bytes, acl->len);
	*atp += NP_ALIGN_UP(acl->len, 4);
	return (uint32_t)at;
}

static uint32_t sid_put(uint8_t *bytes, size_t *atp, const struct np_sid *sid, bool has)
{
	size_t at = *atp;

	if (!has)
		return 0;
	*atp += np_sid_encode(sid, bytes + at);
	return (uint32_t)at;
}

/* @sd in bytes, the caller's to free. */
static npfs_status sd_encode(const struct np_sd *sd, void **bytesp, size_t *lenp)
{
	size_t len = NP_SD_FIXED_LEN, at = NP_SD_FIXED_LEN;
	uint32_t sacl_at, dacl_at, owner_at, group_at;
	uint8_t *bytes;

	len += sd->has_sacl ? NP_ALIGN_UP(sd->sacl.len, 4) : 0;
	len += sd->has_dacl ? NP_ALIGN_UP(sd->dacl.len, 4) : 0;
	len += sd->has_owner ? np_sid_len(&sd->owner) : 0;
	len += sd->has_group ? np_sid_len(&sd->group) : 0;
	bytes = calloc(1, len);
	if (!bytes)
		return STATUS_INSUFFICIENT_RESOURCES;
	sacl_at = acl_put(bytes, &at, &sd->sacl, sd->has_sacl);
	dacl_at = acl_put(bytes, &at, &sd->dacl, sd->has_dacl);
	owner_at = sid_put(bytes, &at, &sd->owner, sd->has_owner);
	group_at = sid_put(bytes, &at, &sd->group, sd->has_group);
	bytes[0] = NP_SD_REVISION;
	np_sec_put16(bytes + 2, sd->control | NP_SD_SELF_RELATIVE);
	np_sec_put32(bytes + 4, owner_at);
	np_sec_put32(bytes + 8, group_at);
	np_sec_put32(bytes + 12, sacl_at);
	np_sec_put32(bytes + 16, dacl_at);
	*bytesp = bytes;
	*lenp = len;
	return STATUS_SUCCESS;
}

/* Copies the parts @parts of @from into @to. */
static void parts_copy(struct np_sd *to, const struct np_sd *from, uint32_t parts)
{
	uint16_t mask = 0;

	if (parts & NP_SD_PART_OWNER) {
		to->has_owner = from->has_owner;
		to->owner = from->owner;
		mask |= NP_SD_OWNER_DEFAULTED;
	}
	if (parts & NP_SD_PART_GROUP) {
		to->has_group = from->has_group;
		to->group = from->group;
		mask |= NP_SD_GROUP_DEFAULTED;
	}
	if (parts & NP_SD_PART_DACL) {
		to->has_dacl = from->has_dacl;
		to->dacl = from->dacl;
		mask |= CONTROL_OF_DACL;
	}
	if (parts & NP_SD_PART_SACL) {
		to->has_sacl = from->has_sacl;
		to->sacl = from->sacl;
		mask |= CONTROL_OF_SACL;
	}
	to->control = (uint16_t)((to->control & ~mask) | (from->control & mask));
}

/**
 * np_sd_select() - some parts of a descriptor
 * @bytes:	self-relative
 * @len:	in bytes
 * @parts:	NP_SD_PART_ bits; others mean nothing here
 * @partsp:	self-relative, with those of the parts that are there; for free()
 * @lenp:	in bytes
 *
 * Return: STATUS_SUCCESS; as np_sd_decode(); STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_sd_select(const void *bytes, size_t len, uint32_t parts, void **partsp,
			 size_t *lenp)
{
	struct np_sd whole, some = {.control = NP_SD_SELF_RELATIVE};
	npfs_status status = np_sd_decode(bytes, len, &whole);

	if (status != STATUS_SUCCESS)
		return status;
	parts_copy(&some, &whole, parts);
	return sd_encode(&some, partsp, lenp);
}

static void protect(struct np_sd *sd, uint32_t parts)
{
	if (parts & NP_SD_PART_PROTECTED_DACL)
		sd->control |= CONTROL_DACL_PROTECTED;
	if (parts & NP_SD_PART_UNPROTECTED_DACL)
		sd->control &= (uint16_t)~CONTROL_DACL_PROTECTED;
	if (parts & NP_SD_PART_PROTECTED_SACL)
		sd->control |= CONTROL_SACL_PROTECTED;
	if (parts & NP_SD_PART_UNPROTECTED_SACL)
		sd->control &= (uint16_t)~CONTROL_SACL_PROTECTED;
}

/**
 * np_sd_change() - a descriptor with some parts replaced
 * @bytes:	the old one, self-relative
 * @len:	in bytes
 * @parts:	NP_SD_PART_ bits
 * @given:	the new parts, self-relative
 * @given_len:	in bytes
 * @token:	who changes it
 * @changedp:	self-relative; for free()
 * @lenp:	in bytes
 *
 * A DACL that is asked to be replaced and is not in @given is taken away: everybody is
 * admitted then, as on Windows.
 *
 * Return: STATUS_SUCCESS; as np_sd_decode(); STATUS_INVALID_OWNER: none given, or one the
 * caller may not appoint; STATUS_INVALID_PRIMARY_GROUP: none given; STATUS_NOT_SUPPORTED:
 * a label; STATUS_INSUFFICIENT_RESOURCES.
 */
npfs_status np_sd_change(const void *bytes, size_t len, uint32_t parts, const void *given,
			 size_t given_len, const struct np_sec_token *token,
			 void **changedp, size_t *lenp)
{
	struct np_sd sd, change;
	npfs_status status = np_sd_decode(bytes, len, &sd);

	if (status == STATUS_SUCCESS)
		status = np_sd_decode(given, given_len, &change);
	if (status != STATUS_SUCCESS)
		return status;
	if (parts & NP_SD_PART_LABEL)
		return STATUS_NOT_SUPPORTED;
	if ((parts & NP_SD_PART_OWNER) &&
	    (!change.has_owner || !np_sec_token_may_own(token, &change.owner)))
		return STATUS_INVALID_OWNER;
	if ((parts & NP_SD_PART_GROUP) && !change.has_group)
		return STATUS_INVALID_PRIMARY_GROUP;
	parts_copy(&sd, &change, parts);
	protect(&sd, parts);
	return sd_encode(&sd, changedp, lenp);
}
