/* SPDX-License-Identifier: MIT */
/*
 * Sddl.h - the same header as sddl.h, for sources that spell it this way
 */
#include "sddl.h"
