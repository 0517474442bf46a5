/* SPDX-License-Identifier: MIT */
/*
 * WinUser.h - the same header as winuser.h, for sources that spell it this way
 */
#include "winuser.h"
