/* SPDX-License-Identifier: MIT */
/*
 * shellapi.h - the shell's functions that console programs use
 */
#ifndef NPFS_W32_SHELLAPI_H
#define NPFS_W32_SHELLAPI_H

#include "minwindef.h"
#include "minwinbase.h"

NPFS_W32_BEGIN

/* One block with the arguments; the caller gives it to LocalFree. */
WINBASEAPI LPWSTR *WINAPI CommandLineToArgvW(LPCWSTR lpCmdLine, int *pNumArgs);

NPFS_W32_END

#endif
