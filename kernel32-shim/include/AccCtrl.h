/* SPDX-License-Identifier: MIT */
/*
 * AccCtrl.h - the same header as accctrl.h, for sources that spell it this way
 */
#include "accctrl.h"
