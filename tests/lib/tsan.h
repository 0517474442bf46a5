/* SPDX-License-Identifier: MIT */
/*
 * Options of the thread sanitizer for the programs whose children are peers; included by
 * one file of a program
 *
 * It lets every process with threads sleep a second before it ends, and forbids threads to
 * the child of one; the tests have many peers, and such children.
 */
#pragma once

#if defined(__SANITIZE_THREAD__)
#define TEST_HAS_TSAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TEST_HAS_TSAN
#endif
#endif

#ifdef TEST_HAS_TSAN
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "atexit_sleep_ms=0:die_after_fork=0";
}
#endif
