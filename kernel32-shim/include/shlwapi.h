/* SPDX-License-Identifier: MIT */
/*
 * shlwapi.h - the path question that pipe programs ask
 */
#ifndef NPFS_W32_SHLWAPI_H
#define NPFS_W32_SHLWAPI_H

#include "windef.h"

NPFS_W32_BEGIN

/* True if the path exists; asking about a pipe opens it, as on Windows. */
NPFS_W32_API BOOL WINAPI PathFileExistsA(LPCSTR pszPath);
NPFS_W32_API BOOL WINAPI PathFileExistsW(LPCWSTR pszPath);
#define PathFileExists NPFS_W32_AW(PathFileExists)

NPFS_W32_END

#endif
