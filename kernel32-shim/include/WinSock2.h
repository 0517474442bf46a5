/* SPDX-License-Identifier: MIT */
/*
 * WinSock2.h - the same header as winsock2.h, for sources that spell it this way
 */
#include "winsock2.h"
