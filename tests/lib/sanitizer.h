/* SPDX-License-Identifier: MIT */
/*
 * Which sanitizer the program is built with: each constant is 0 or 1
 *
 * Both bring a malloc of their own that keeps what was freed, shadow memory, and threads: what
 * a test says of a process's memory, threads or speed is not true of such a build.
 */
#pragma once

#if defined(__has_feature)
#define TEST_HAS_FEATURE(name) __has_feature(name)
#else
#define TEST_HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || TEST_HAS_FEATURE(address_sanitizer)
#define TEST_IS_ASAN 1
#else
#define TEST_IS_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__) || TEST_HAS_FEATURE(thread_sanitizer)
#define TEST_IS_TSAN 1
#else
#define TEST_IS_TSAN 0
#endif

#define TEST_IS_SANITIZED (TEST_IS_ASAN || TEST_IS_TSAN)
