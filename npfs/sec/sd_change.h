/* SPDX-License-Identifier: MIT */
/*
 * Parts of a descriptor: telling some, replacing some
 *
 * Who asks about an object's descriptor, or changes it, names the parts meant by bits of
 * SECURITY_INFORMATION ([MS-DTYP] 2.4.7). Each part needs a right of its own on the
 * handle (npfs-semantics 9.2); np_sd_rights_to_get() and np_sd_rights_to_set() tell which.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <npfs/status.h>

#include "npfs/base/macro.h"
#include "npfs/sec/sd.h"
#include "npfs/sec/token.h"

#define NP_SD_PART_OWNER 0x01u
#define NP_SD_PART_GROUP 0x02u
#define NP_SD_PART_DACL	 0x04u
#define NP_SD_PART_SACL	 0x08u
#define NP_SD_PART_LABEL 0x10u /* integrity; there is none here */

#define NP_SD_PART_PROTECTED_DACL   0x80000000u
#define NP_SD_PART_PROTECTED_SACL   0x40000000u
#define NP_SD_PART_UNPROTECTED_DACL 0x20000000u
#define NP_SD_PART_UNPROTECTED_SACL 0x10000000u

uint32_t np_sd_rights_to_get(uint32_t parts);
uint32_t np_sd_rights_to_set(uint32_t parts);
npfs_status np_sd_select(const void *bytes, size_t len, uint32_t parts, void **partsp,
			 size_t *lenp) NP_MUST_CHECK;
npfs_status np_sd_change(const void *bytes, size_t len, uint32_t parts, const void *given,
			 size_t given_len, const struct np_sec_token *token,
			 void **changedp, size_t *lenp) NP_MUST_CHECK;
