/* SPDX-License-Identifier: MIT */
/*
 * Names for tests: written as ASCII, used as UTF-16 units
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tests/lib/fail.h"

#define TEST_NAME_MAX 256

struct test_name {
	uint16_t units[TEST_NAME_MAX];
	size_t len;
};

static inline struct test_name test_name(const char *text)
{
	struct test_name name = {.len = strlen(text)};
	size_t i;

	if (name.len > TEST_NAME_MAX)
		test_fail("name too long for a test: %s", text);
	for (i = 0; i < name.len; i++)
		name.units[i] = (unsigned char)text[i];
	return name;
}
