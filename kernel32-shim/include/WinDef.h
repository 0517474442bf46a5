/* SPDX-License-Identifier: MIT */
/*
 * WinDef.h - the same header as windef.h, for sources that spell it this way
 */
#include "windef.h"
