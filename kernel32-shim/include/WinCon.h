/* SPDX-License-Identifier: MIT */
/*
 * WinCon.h - the same header as wincon.h, for sources that spell it this way
 */
#include "wincon.h"
