/* SPDX-License-Identifier: MIT */
/*
 * lmcons.h - lengths of names on the network
 */
#ifndef NPFS_W32_LMCONS_H
#define NPFS_W32_LMCONS_H

#include "windef.h"

#define CNLEN  15
#define DNLEN  CNLEN
#define UNCLEN (CNLEN + 2)
#define NNLEN  80
#define UNLEN  256
#define GNLEN  UNLEN
#define PWLEN  256

typedef DWORD NET_API_STATUS;
#define NET_API_FUNCTION __stdcall

#endif
