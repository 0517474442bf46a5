/* SPDX-License-Identifier: MIT */
/*
 * Ws2tcpip.h - the same header as ws2tcpip.h, for sources that spell it this way
 */
#include "ws2tcpip.h"
