/* SPDX-License-Identifier: MIT */
/*
 * winuser.h - what console programs take from the window system's header
 *
 * Formatting text, changing case and the ShowWindow values of STARTUPINFO. There are no
 * windows.
 */
#ifndef NPFS_W32_WINUSER_H
#define NPFS_W32_WINUSER_H

#include "windef.h"

NPFS_W32_BEGIN

#define SW_HIDE           0
#define SW_SHOWNORMAL     1
#define SW_NORMAL         1
#define SW_SHOWMINIMIZED  2
#define SW_SHOWMAXIMIZED  3
#define SW_SHOWNOACTIVATE 4
#define SW_SHOW           5
#define SW_MINIMIZE       6
#define SW_SHOWDEFAULT    10

/* Keys, as ReadConsoleInput tells them */
#define VK_BACK   0x08
#define VK_TAB    0x09
#define VK_RETURN 0x0D
#define VK_ESCAPE 0x1B
#define VK_SPACE  0x20
#define VK_END    0x23
#define VK_HOME   0x24
#define VK_LEFT   0x25
#define VK_UP     0x26
#define VK_RIGHT  0x27
#define VK_DOWN   0x28

#define MAKEINTRESOURCEA(id)  ((LPSTR)((ULONG_PTR)((WORD)(id))))
#define MAKEINTRESOURCEW(id)  ((LPWSTR)((ULONG_PTR)((WORD)(id))))
#define MAKEINTRESOURCE       NPFS_W32_AW(MAKEINTRESOURCE)
#define MAKEWPARAM(low, high) ((WPARAM)(DWORD)MAKELONG(low, high))
#define MAKELPARAM(low, high) ((LPARAM)(DWORD)MAKELONG(low, high))

WINUSERAPI int WINAPIV wsprintfA(LPSTR lpOut, LPCSTR lpFormat, ...);
WINUSERAPI int WINAPIV wsprintfW(LPWSTR lpOut, LPCWSTR lpFormat, ...);
#define wsprintf NPFS_W32_AW(wsprintf)
WINUSERAPI int WINAPI wvsprintfA(LPSTR lpOut, LPCSTR lpFormat, va_list arglist);
WINUSERAPI int WINAPI wvsprintfW(LPWSTR lpOut, LPCWSTR lpFormat, va_list arglist);
#define wvsprintf NPFS_W32_AW(wvsprintf)

WINUSERAPI LPSTR WINAPI CharUpperA(LPSTR lpsz);
WINUSERAPI LPWSTR WINAPI CharUpperW(LPWSTR lpsz);
#define CharUpper NPFS_W32_AW(CharUpper)
WINUSERAPI LPSTR WINAPI CharLowerA(LPSTR lpsz);
WINUSERAPI LPWSTR WINAPI CharLowerW(LPWSTR lpsz);
#define CharLower NPFS_W32_AW(CharLower)
WINUSERAPI LPSTR WINAPI CharNextA(LPCSTR lpsz);
WINUSERAPI LPWSTR WINAPI CharNextW(LPCWSTR lpsz);
#define CharNext NPFS_W32_AW(CharNext)

NPFS_W32_END

#endif
