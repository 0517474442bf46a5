/* SPDX-License-Identifier: MIT */
/*
 * Self-relative security descriptors: checking them, and making a new pipe's
 *
 * In bytes ([MS-DTYP] 2.4.6):
 *
 *	0	u8	revision, 1
 *	1	u8	resource manager's byte, no matter here
 *	2	u16	control
 *	4	u32	offset of the owner, 0 for none
 *	8	u32	offset of the group, 0 for none
 *	12	u32	offset of the SACL, 0 for none
 *	16	u32	offset of the DACL, 0 for none
 *
 * Each part lies behind the header, at a multiple of four, and ends within the bytes
 * given. Parts may share bytes: nothing is written through a descriptor.
 *
 * Three kinds of DACL, and they are not the same: none (the control bit is not set) and a
 * NULL one (set, offset 0) admit everybody, the empty one admits nobody
 * (npfs-semantics 9.1, Q102798; cases security/a_null_dacl_admits_everybody and
 * security/an_empty_dacl_admits_nobody).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/macro.h"
#include "npfs/sec/acl.h"
#include "npfs/sec/sid.h"
#include "npfs/sec/token.h"

#define NP_SD_REVISION  1u
#define NP_SD_FIXED_LEN 20u

/* Control bits. */
#define NP_SD_OWNER_DEFAULTED 0x0001u
#define NP_SD_GROUP_DEFAULTED 0x0002u
#define NP_SD_DACL_PRESENT    0x0004u
#define NP_SD_DACL_DEFAULTED  0x0008u
#define NP_SD_SACL_PRESENT    0x0010u
#define NP_SD_SELF_RELATIVE   0x8000u

/* A descriptor that was found to be well formed. */
struct np_sd {
	uint16_t control;
	bool has_owner;
	bool has_group;
	bool has_dacl; /* false: everybody is admitted */
	bool has_sacl;
	struct np_sid owner;
	struct np_sid group;
	struct np_acl dacl; /* borrowed from the bytes */
	struct np_acl sacl; /* borrowed from the bytes */
};

npfs_status np_sd_decode(const void *bytes, size_t len, struct np_sd *sdp) NP_MUST_CHECK;
npfs_status np_sd_assign(const void *given, size_t given_len,
			 const struct np_sec_token *token, void **bytesp,
			 size_t *lenp) NP_MUST_CHECK;
