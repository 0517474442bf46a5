/* SPDX-License-Identifier: MIT */
/*
 * Wildcards as the Windows kernel matches them, and the way to them from what a DOS
 * program writes.
 *
 * Patterns and names are 16-bit units. No allocation, no recursion; the time is bounded by
 * the product of the two lengths.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Units in a pattern at most; a longer one matches nothing. */
#define NP_MATCH_PATTERN_MAX 32767

bool np_match(const uint16_t *pattern, size_t pattern_len, const uint16_t *name,
	      size_t name_len, bool with_case);
bool np_match_is_pattern(const uint16_t *text, size_t len);
size_t np_match_from_dos(const uint16_t *dos, size_t len, uint16_t *out);
