/* SPDX-License-Identifier: MIT */
/*
 * Tchar.h - the same header as tchar.h, for sources that spell it this way
 */
#include "tchar.h"
