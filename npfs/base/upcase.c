/* SPDX-License-Identifier: MIT */
/*
 * Unit-wise upper-casing from a generated table, and what names need of it. The table is
 * two-stage: most blocks of 64 units have no lower-case letters and share one row of
 * zeros.
 */
#include "npfs/base/upcase.h"

#include "npfs/base/macro.h"
#include "npfs/base/upcase_table.h"

/* The upper case of one unit; itself when it has none. */
uint16_t np_upcase16(uint16_t c)
{
	return (uint16_t)(c + upcase_delta[upcase_index[c / 64]][c % 64]);
}

/* Are the two texts the same but for case? */
bool np_upcase_equal(const uint16_t *a, size_t a_len, const uint16_t *b, size_t b_len)
{
	size_t i;

	if (a_len != b_len)
		return false;
	for (i = 0; i < a_len; i++)
		if (a[i] != b[i] && np_upcase16(a[i]) != np_upcase16(b[i]))
			return false;
	return true;
}

/* Orders two texts by their upper-cased units, a prefix first. Return: < 0, 0 or > 0. */
int np_upcase_compare(const uint16_t *a, size_t a_len, const uint16_t *b, size_t b_len)
{
	size_t n = np_min_size(a_len, b_len);
	size_t i;

	for (i = 0; i < n; i++) {
		int diff = (int)np_upcase16(a[i]) - (int)np_upcase16(b[i]);

		if (diff != 0)
			return diff;
	}
	return (a_len > b_len) - (a_len < b_len);
}

/* A hash that is the same for all texts that are equal but for case (FNV-1a). */
uint64_t np_upcase_hash(const uint16_t *s, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; i < len; i++) {
		uint16_t c = np_upcase16(s[i]);

		h = (h ^ (c & 0xffu)) * UINT64_C(0x100000001b3);
		h = (h ^ (uint64_t)(c >> 8)) * UINT64_C(0x100000001b3);
	}
	return h;
}
