/* SPDX-License-Identifier: MIT */
/*
 * winreg.h - the registry's types; there is no registry
 */
#ifndef NPFS_W32_WINREG_H
#define NPFS_W32_WINREG_H

#include "windef.h"

typedef ACCESS_MASK REGSAM;
typedef LONG LSTATUS;

#define HKEY_CLASSES_ROOT  ((HKEY)(LONG_PTR)((LONG)0x80000000))
#define HKEY_CURRENT_USER  ((HKEY)(LONG_PTR)((LONG)0x80000001))
#define HKEY_LOCAL_MACHINE ((HKEY)(LONG_PTR)((LONG)0x80000002))
#define HKEY_USERS         ((HKEY)(LONG_PTR)((LONG)0x80000003))

#endif
