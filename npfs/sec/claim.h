/* SPDX-License-Identifier: MIT */
/*
 * Attributes of a resource, as entries of a SACL hold them
 *
 * Behind the identifier of such an entry ([MS-DTYP] 2.4.4.15, type 0x12) stands a
 * CLAIM_SECURITY_ATTRIBUTE_RELATIVE_V1 (2.4.10.1); offsets are from its beginning:
 *
 *	0	u32	offset of the name, in UTF-16, ended by a zero
 *	4	u16	type of all values
 *	6	u16	0
 *	8	u32	flags
 *	12	u32	values
 *	16	u32[]	their offsets
 *
 *	type 1, 2	i64, u64
 *	type 3		text in UTF-16, ended by a zero
 *	type 5, 16	u32 bytes, then an identifier, octets
 *	type 6		u64, 0 or 1
 *
 * np_claim_decode() looks at every offset and every length; what it took can be asked for
 * without further checks. The bytes are borrowed. Values that share bytes are well formed
 * as long as all of them together are not longer than the claim: reading one through costs
 * no more than its bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npfs/base/macro.h"

enum np_value_kind { NP_VALUE_NUMBER, NP_VALUE_STRING, NP_VALUE_OCTETS, NP_VALUE_SID };

/* One value, of a claim or of a literal in a condition. */
struct np_value {
	enum np_value_kind kind;
	uint64_t number; /* two's complement if negative */
	bool is_negative;
	const uint8_t *bytes; /* borrowed: of the other kinds */
	size_t len;
};

struct np_claim {
	const uint8_t *bytes; /* borrowed */
	size_t len;
	enum np_value_kind kind;
	uint16_t type;
	unsigned n_values;
	bool is_case_sensitive;
};

bool np_claim_decode(const uint8_t *bytes, size_t len,
		     struct np_claim *claimp) NP_MUST_CHECK;
bool np_claim_is_named(const struct np_claim *claim, const uint8_t *name, size_t len);
void np_claim_value(const struct np_claim *claim, unsigned index,
		    struct np_value *valuep);
