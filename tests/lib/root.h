/* SPDX-License-Identifier: MIT */
/*
 * Tests that become other users: root can, and everybody else has them skipped
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* The exit status of a test program that was skipped, for automake. */
#define TEST_SKIPPED 77

/* Is this process not root? Then the reason is printed, and TEST_SKIPPED is what to return. */
static inline bool test_lacks_root(void)
{
	if (geteuid() == 0)
		return false;
	puts("skipped: becoming several users takes root");
	return true;
}
