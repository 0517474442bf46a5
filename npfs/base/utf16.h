/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 to UTF-16 and back, with exact lengths.
 *
 * Text inside npfs is UTF-16 in units of 16 bits, as Windows compares it; names may hold
 * any unit, also unpaired surrogates. Text at the edge is UTF-8. Lengths are explicit, a
 * zero unit or byte is an ordinary character, nothing is terminated.
 *
 * What cannot be converted becomes U+FFFD: in UTF-8, each maximal part of a sequence that
 * could have been the beginning of a valid one (overlong forms, surrogates and values
 * over U+10FFFF included); in UTF-16, each unpaired surrogate.
 *
 * Every conversion returns the length the whole result needs and writes no more than
 * fits. A result that does not fit is cut between characters, never inside one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define NP_UTF16_REPLACEMENT 0xfffdu

size_t np_utf16_from_utf8(const char *src, size_t src_len, uint16_t *dst, size_t dst_cap,
			  size_t *writtenp);
size_t np_utf16_to_utf8(const uint16_t *src, size_t src_len, char *dst, size_t dst_cap,
			size_t *writtenp);
size_t np_utf16_len(const uint16_t *s);

char *np_utf16_dup_utf8(const uint16_t *src, size_t src_len);
uint16_t *np_utf16_dup_from_utf8(const char *src, size_t src_len, size_t *lenp);
