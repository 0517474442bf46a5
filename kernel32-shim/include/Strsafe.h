/* SPDX-License-Identifier: MIT */
/*
 * Strsafe.h - the same header as strsafe.h, for sources that spell it this way
 */
#include "strsafe.h"
