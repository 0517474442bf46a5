/* SPDX-License-Identifier: MIT */
/*
 * windows.h - the one header Win32 programs include
 *
 * Brings in everything this library has to say about kernel32 and advapi32. Programs that
 * define WIN32_LEAN_AND_MEAN get less; nothing about pipes, files, waiting, security or
 * processes is left out then. NOMINMAX keeps min and max away; UNICODE selects the wide
 * functions. _WIN32_WINNT is looked at once, see <sdkddkver.h>.
 */
#ifndef NPFS_W32_WINDOWS_H
#define NPFS_W32_WINDOWS_H

#ifndef _WINDOWS_
#define _WINDOWS_
#endif

#include "sdkddkver.h"
#include "excpt.h"
#include <stdarg.h>
#include "windef.h"
#include "winerror.h"
#include "winbase.h"
#include "wincon.h"
#include "winuser.h"
#include "winnls.h"
#include "winreg.h"
#include "npfs_crt.h"

#ifndef WIN32_LEAN_AND_MEAN
#include "shellapi.h"
#include "winioctl.h"
#endif

#ifndef NOSERVICE
#include "winsvc.h"
#endif

#endif
