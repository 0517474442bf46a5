/* SPDX-License-Identifier: MIT */
/*
 * Windows.h - the same header as windows.h, for sources that spell it this way
 */
#include "windows.h"
