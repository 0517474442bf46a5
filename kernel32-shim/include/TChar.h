/* SPDX-License-Identifier: MIT */
/*
 * TChar.h - the same header as tchar.h, for sources that spell it this way
 */
#include "tchar.h"
