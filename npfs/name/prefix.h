/* SPDX-License-Identifier: MIT */
/*
 * Questions about pipe names: equality, hash, and "is this below that".
 *
 * Names are 16-bit units without the leading backslash. Case never matters.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool np_name_is_equal(const uint16_t *a, size_t a_len, const uint16_t *b, size_t b_len);
uint64_t np_name_hash(const uint16_t *name, size_t len);
bool np_name_is_below(const uint16_t *child, size_t child_len, const uint16_t *parent,
		      size_t parent_len);
size_t np_name_parent_len(const uint16_t *name, size_t len);
