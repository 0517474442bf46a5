/* SPDX-License-Identifier: MIT */
/*
 * WinNT.h - the same header as winnt.h, for sources that spell it this way
 */
#include "winnt.h"
