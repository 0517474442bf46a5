/* SPDX-License-Identifier: MIT */
/*
 * sdkddkver.h - which Windows a program aims at
 *
 * The first Windows header of a translation unit comes through here. Two things happen,
 * in this order, and the order is the point of the file:
 *
 *   1. If the program itself has defined _WIN32_WINNT, its value is left behind in a weak
 *      variable, npfs_kernel32_winnt_target. The shim looks at it once: 0x0500 or more
 *      declares "this program is written for modern Windows" and selects the
 *      personality of that name; a program that says nothing, or something older, gets
 *      the default one. NPFS_PERSONALITY in the environment and the run-time call
 *      outrank it.
 *   2. Only afterwards _WIN32_WINNT and WINVER get a default. The headers do not look at
 *      them: every function is declared always.
 *
 * The variable is weak, so any number of translation units may carry it, and needs no
 * code to run before main. A program built with NPFS_W32_NO_TARGET defined leaves none
 * behind.
 */
#ifndef NPFS_W32_SDKDDKVER_H
#define NPFS_W32_SDKDDKVER_H

#define _WIN32_WINNT_NT4          0x0400
#define _WIN32_WINNT_WIN2K        0x0500
#define _WIN32_WINNT_WINXP        0x0501
#define _WIN32_WINNT_WS03         0x0502
#define _WIN32_WINNT_WIN6         0x0600
#define _WIN32_WINNT_VISTA        0x0600
#define _WIN32_WINNT_WS08         0x0600
#define _WIN32_WINNT_LONGHORN     0x0600
#define _WIN32_WINNT_WIN7         0x0601
#define _WIN32_WINNT_WIN8         0x0602
#define _WIN32_WINNT_WINBLUE      0x0603
#define _WIN32_WINNT_WINTHRESHOLD 0x0A00
#define _WIN32_WINNT_WIN10        0x0A00

#define NTDDI_WIN2K   0x05000000
#define NTDDI_WINXP   0x05010000
#define NTDDI_WS03    0x05020000
#define NTDDI_WIN6    0x06000000
#define NTDDI_VISTA   0x06000000
#define NTDDI_WS08    0x06000100
#define NTDDI_WIN7    0x06010000
#define NTDDI_WIN8    0x06020000
#define NTDDI_WINBLUE 0x06030000
#define NTDDI_WIN10   0x0A000000

#if defined(_WIN32_WINNT) && !defined(NPFS_W32_NO_TARGET)
#ifdef __cplusplus
extern "C" {
#endif
/* What the program defined _WIN32_WINNT to; read by the shim through a weak reference. */
extern int npfs_kernel32_winnt_target __attribute__((visibility("default")));
int npfs_kernel32_winnt_target __attribute__((weak)) = _WIN32_WINNT;
#ifdef __cplusplus
}
#endif
#endif

#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#ifndef WINVER
#define WINVER _WIN32_WINNT
#endif
#ifndef NTDDI_VERSION
#define NTDDI_VERSION NTDDI_WIN10
#endif

#endif
