/* SPDX-License-Identifier: MIT */
/*
 * Conio.h - the same header as conio.h, for sources that spell it this way
 */
#include "conio.h"
