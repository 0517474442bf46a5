/* SPDX-License-Identifier: MIT */
/*
 * ShellAPI.h - the same header as shellapi.h, for sources that spell it this way
 */
#include "shellapi.h"
