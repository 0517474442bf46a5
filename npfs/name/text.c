/* SPDX-License-Identifier: MIT */
/*
 * The public face of the text functions; the work is done on the ground floor.
 */
#include <npfs/text.h>

#include "npfs/base/upcase.h"
#include "npfs/base/utf16.h"

size_t npfs_utf8_to_utf16(const char *src, size_t src_len, uint16_t *dst, size_t dst_cap)
{
	return np_utf16_from_utf8(src, src_len, dst, dst_cap, NULL);
}

size_t npfs_utf16_to_utf8(const uint16_t *src, size_t src_len, char *dst, size_t dst_cap)
{
	return np_utf16_to_utf8(src, src_len, dst, dst_cap, NULL);
}

size_t npfs_utf16_len(const uint16_t *s)
{
	return np_utf16_len(s);
}

uint16_t npfs_upcase16(uint16_t unit)
{
	return np_upcase16(unit);
}
