/* SPDX-License-Identifier: MIT */
/*
 * Aclapi.h - the same header as aclapi.h, for sources that spell it this way
 */
#include "aclapi.h"
