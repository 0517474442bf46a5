/* SPDX-License-Identifier: MIT */
/*
 * Native times: 100 nanoseconds, negative from now on, otherwise a moment since 1601.
 */
#pragma once

#include <stdint.h>

#include <windows.h>

/* The deadline of a wait (wait.h) that a native call was given; NULL: never. */
int64_t native_deadline(const LARGE_INTEGER *timeout);

/* How far off a native time is: negative, or 0 for one that is past. */
int64_t native_relative(int64_t time);
