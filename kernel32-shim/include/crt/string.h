/* SPDX-License-Identifier: MIT */
/*
 * string.h - the C library's, and what Microsoft's has beside it
 */
#pragma GCC system_header
#include_next <string.h>
#include <npfs_crt.h>
