/* SPDX-License-Identifier: MIT */
/*
 * Conditions of callback entries: what they say in bytes, and whether they hold
 *
 * Behind the identifier of a callback entry ([MS-DTYP] 2.4.4.17) stand the bytes "artx"
 * and a program for a stack, operands before their operator, filled up with zeros:
 *
 *	01..04		u64 number, u8 sign, u8 base
 *	10 18 51	u32 bytes, then a text in UTF-16, octets, an identifier
 *	50		u32 bytes, then a set: any of the above, all of one kind
 *	f8 f9 fa fb	u32 bytes, the name of an attribute: local, of the user, of the
 *			resource, of the device
 *	80..93		relations, the last two operands or the last one
 *	a0 a1 a2	and, or, not
 *
 * The attributes of the resource are in the SACL, in entries of type 0x12: an identifier
 * and a structure of type CLAIM_SECURITY_ATTRIBUTE_RELATIVE_V1 (2.4.10.1). Tokens here have
 * groups and nothing else: an attribute of a user, of a device, or local, is absent.
 *
 * A condition is true, false or unknown. A relation with an absent attribute is unknown,
 * so is one between values of two kinds, one about the groups of a device, and every
 * condition that is not well formed or needs more than NP_CONDITION_DEPTH operands at a
 * time. An unknown part is unknown again unless the other part of an and or an or decides
 * it. What is unknown allows nothing and denies what it is asked to (check.h).
 *
 * The bytes come from whoever made the object. Nothing outside of them is read, and an
 * access check takes no more than NP_CONDITION_STEPS steps for all its conditions
 * together: what would need more is unknown.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npfs/base/macro.h"
#include "npfs/sec/sd.h"
#include "npfs/sec/token.h"

#define NP_CONDITION_DEPTH 128u
#define NP_CONDITION_STEPS 65536u

enum np_truth { NP_TRUTH_FALSE, NP_TRUTH_TRUE, NP_TRUTH_UNKNOWN };

/* One access check. */
struct np_condition_check {
	const struct np_sec_token *token; /* borrowed */
	const struct np_sd *sd;           /* borrowed: its SACL has the attributes */
	unsigned n_steps;                 /* left; begins as NP_CONDITION_STEPS */
};

enum np_truth np_condition_evaluate(struct np_condition_check *check,
				    const uint8_t *bytes, size_t len) NP_MUST_CHECK;
