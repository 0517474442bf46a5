/* SPDX-License-Identifier: MIT */
/*
 * Comparison of names without regard to case, unit by unit, as the Windows kernel does
 * it.
 *
 * Each 16-bit unit maps to one unit; there are no locale rules, no composition, and pairs
 * of surrogates are left alone. Names are equal when their mapped units are equal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint16_t np_upcase16(uint16_t c);
bool np_upcase_equal(const uint16_t *a, size_t a_len, const uint16_t *b, size_t b_len);
int np_upcase_compare(const uint16_t *a, size_t a_len, const uint16_t *b, size_t b_len);
uint64_t np_upcase_hash(const uint16_t *s, size_t len);
