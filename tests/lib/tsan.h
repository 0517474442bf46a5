/* SPDX-License-Identifier: MIT */
/*
 * Options of the thread sanitizer for the programs whose children are peers; included by
 * one file of a program
 *
 * It lets every process with threads sleep a second before it ends, and forbids threads to
 * the child of one; the tests have many peers, and such children.
 */
#pragma once

#include "tests/lib/sanitizer.h"

#if TEST_IS_TSAN
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "atexit_sleep_ms=0:die_after_fork=0";
}
#endif
