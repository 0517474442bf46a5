/* SPDX-License-Identifier: MIT */
/*
 * StrSafe.h - the same header as strsafe.h, for sources that spell it this way
 */
#include "strsafe.h"
