/* SPDX-License-Identifier: MIT */
/*
 * specstrings.h - the older door to the annotations of sal.h
 */
#ifndef NPFS_W32_SPECSTRINGS_H
#define NPFS_W32_SPECSTRINGS_H

#include "sal.h"

#endif
