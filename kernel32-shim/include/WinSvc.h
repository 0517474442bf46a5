/* SPDX-License-Identifier: MIT */
/*
 * WinSvc.h - the same header as winsvc.h, for sources that spell it this way
 */
#include "winsvc.h"
