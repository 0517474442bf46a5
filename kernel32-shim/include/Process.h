/* SPDX-License-Identifier: MIT */
/*
 * Process.h - the same header as process.h, for sources that spell it this way
 */
#include "process.h"
