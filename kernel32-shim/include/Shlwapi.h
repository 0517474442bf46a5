/* SPDX-License-Identifier: MIT */
/*
 * Shlwapi.h - the same header as shlwapi.h, for sources that spell it this way
 */
#include "shlwapi.h"
