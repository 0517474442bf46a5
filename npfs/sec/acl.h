/* SPDX-License-Identifier: MIT */
/*
 * Access control lists: checking the bytes once, then walking the entries
 *
 * A list ([MS-DTYP] 2.4.5) and an entry (2.4.4):
 *
 *	0	u8	revision, 2 or 4	0	u8	type
 *	1	u8	0			1	u8	flags
 *	2	u16	bytes in all		2	u16	bytes of this entry
 *	4	u16	entries			4	u32	mask
 *	6	u16	0			8	...	identifier
 *
 * In entries for objects u32 flags and 0 to 2 GUIDs stand before the identifier.
 *
 * np_acl_decode() looks at every size and every identifier; the walk trusts what it found
 * and copies each entry out, but for what may stand behind the identifier. The bytes are
 * borrowed and must not change in between.
 *
 * An entry of a type that carries no access (audit, label, one nobody knows) is of kind
 * NP_ACE_OTHER: its size is checked, its contents are not looked at. An entry of a
 * callback type has a condition (condition.h), which is not looked at here either. An
 * entry that is about one kind of object, which a pipe does not have, allows nothing and
 * denies what it would deny.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/macro.h"
#include "npfs/sec/sid.h"

#define NP_ACL_REVISION_MIN 2u
#define NP_ACL_REVISION_MAX 4u
#define NP_ACL_FIXED_LEN    8u
#define NP_ACE_HEADER_LEN   4u
#define NP_ACE_FIXED_LEN    8u /* header and mask */

/* Types of entries. */
#define NP_ACE_TYPE_ALLOWED                 0x00u
#define NP_ACE_TYPE_DENIED                  0x01u
#define NP_ACE_TYPE_ALLOWED_OBJECT          0x05u
#define NP_ACE_TYPE_DENIED_OBJECT           0x06u
#define NP_ACE_TYPE_ALLOWED_CALLBACK        0x09u
#define NP_ACE_TYPE_DENIED_CALLBACK         0x0au
#define NP_ACE_TYPE_ALLOWED_CALLBACK_OBJECT 0x0bu
#define NP_ACE_TYPE_DENIED_CALLBACK_OBJECT  0x0cu
#define NP_ACE_TYPE_RESOURCE_ATTRIBUTE      0x12u

/* Flags of entries. Those about inheritance mean nothing on a pipe but for this one. */
#define NP_ACE_FLAG_INHERIT_ONLY 0x08u

/* Flags behind the mask of an entry for objects. */
#define NP_ACE_OBJECT_TYPE_PRESENT           0x1u
#define NP_ACE_OBJECT_INHERITED_TYPE_PRESENT 0x2u

enum np_ace_kind {
	NP_ACE_OTHER, /* without effect on access */
	NP_ACE_ALLOW,
	NP_ACE_DENY,
};

struct np_ace {
	enum np_ace_kind kind;
	uint8_t type;
	uint8_t flags;
	uint32_t mask;     /* as given, generic rights included; 0 of NP_ACE_OTHER */
	struct np_sid sid; /* not set for NP_ACE_OTHER */
	bool is_conditional;
	const uint8_t *condition; /* borrowed: what a conditional entry has of it */
	size_t condition_len;
	const uint8_t *bytes; /* borrowed: all of the entry */
	size_t len;
};

/* A list that was found to be well formed. */
struct np_acl {
	const uint8_t *bytes; /* borrowed */
	size_t len;
	unsigned n_aces;
};

/* A place in a list; starts as 0. */
struct np_acl_cursor {
	size_t offset;
	unsigned n_seen;
};

npfs_status np_acl_decode(const void *bytes, size_t room,
			  struct np_acl *aclp) NP_MUST_CHECK;
bool np_acl_next(const struct np_acl *acl, struct np_acl_cursor *cursor,
		 struct np_ace *acep) NP_MUST_CHECK;

/* writing */
size_t np_acl_encode_header(void *bytes, size_t len, unsigned n_aces);
size_t np_ace_encode(void *bytes, uint8_t type, uint32_t mask, const struct np_sid *sid);

/* Bytes np_ace_encode() writes. */
static inline size_t np_ace_len(const struct np_sid *sid)
{
	return NP_ACE_FIXED_LEN + np_sid_len(sid);
}
