/* SPDX-License-Identifier: MIT */
/*
 * WinIoCtl.h - the same header as winioctl.h, for sources that spell it this way
 */
#include "winioctl.h"
