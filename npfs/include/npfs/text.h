/* SPDX-License-Identifier: MIT */
/*
 * Text as the library sees it: UTF-16 in 16-bit units, UTF-8 at the edge.
 *
 * Names and computer names travel through the library's calls as arrays of 16-bit units
 * with a length; a unit of zero is an ordinary character and nothing is terminated. These
 * are the conversions a caller needs. What cannot be converted becomes U+FFFD.
 *
 * All functions here are pure: they do not block, may be called from any thread and
 * signal handler, and work in the child of a fork. All lengths count units or bytes, as
 * said.
 */
#ifndef NPFS_TEXT_H
#define NPFS_TEXT_H

#include <npfs/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * npfs_utf8_to_utf16() - convert UTF-8 to UTF-16
 * @src:	bytes, borrowed; may be NULL when @src_len is 0
 * @src_len:	how many bytes
 * @dst:	room for units; may be NULL when @dst_cap is 0
 * @dst_cap:	how many units fit
 *
 * Writes no more than fits, and never half of a surrogate pair.
 *
 * Return: units the whole text needs; the result was cut if that is more than @dst_cap.
 * Since: 0.1
 */
NPFS_EXPORT size_t npfs_utf8_to_utf16(const char *src, size_t src_len, uint16_t *dst,
				      size_t dst_cap);

/**
 * npfs_utf16_to_utf8() - convert UTF-16 to UTF-8
 * @src:	units, borrowed; may be NULL when @src_len is 0
 * @src_len:	how many units
 * @dst:	room for bytes; may be NULL when @dst_cap is 0
 * @dst_cap:	how many bytes fit
 *
 * Writes no more than fits, and never a part of a character.
 *
 * Return: bytes the whole text needs; the result was cut if that is more than @dst_cap.
 * Since: 0.1
 */
NPFS_EXPORT size_t npfs_utf16_to_utf8(const uint16_t *src, size_t src_len, char *dst,
				      size_t dst_cap);

/**
 * npfs_utf16_len() - units before the zero that ends a string
 * @s:		zero-terminated, borrowed; NULL counts as empty
 *
 * Return: the length in units. Since: 0.1
 */
NPFS_EXPORT size_t npfs_utf16_len(const uint16_t *s);

/**
 * npfs_upcase16() - the upper case of one unit, as pipe names are compared
 * @unit:	any unit
 *
 * A one-to-one mapping without locale rules.
 *
 * Return: the upper case, or @unit itself. Since: 0.1
 */
NPFS_EXPORT uint16_t npfs_upcase16(uint16_t unit);

#ifdef __cplusplus
}
#endif

#endif /* NPFS_TEXT_H */
