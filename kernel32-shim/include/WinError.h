/* SPDX-License-Identifier: MIT */
/*
 * WinError.h - the same header as winerror.h, for sources that spell it this way
 */
#include "winerror.h"
