/* SPDX-License-Identifier: MIT */
/*
 * WinBase.h - the same header as winbase.h, for sources that spell it this way
 */
#include "winbase.h"
