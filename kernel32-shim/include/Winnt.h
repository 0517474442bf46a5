/* SPDX-License-Identifier: MIT */
/*
 * Winnt.h - the same header as winnt.h, for sources that spell it this way
 */
#include "winnt.h"
