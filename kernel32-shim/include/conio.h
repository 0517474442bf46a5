/* SPDX-License-Identifier: MIT */
/*
 * conio.h - single keys and plain text on the console
 *
 * The names without an underscore are inline, so that the shim does not export getch
 * and its like, which belong to curses.
 */
#ifndef NPFS_W32_CONIO_H
#define NPFS_W32_CONIO_H

#include "npfs_win32.h"

NPFS_W32_BEGIN

/* Wait for a key and give its code, without echo (_getche: with); -1 at the end. */
NPFS_W32_API int __cdecl _getch(void);
NPFS_W32_API int __cdecl _getche(void);
/* Non-zero if a key is waiting. */
NPFS_W32_API int __cdecl _kbhit(void);
/* Push one code back; gives it, or -1 if one is already there. */
NPFS_W32_API int __cdecl _ungetch(int key);
/* Write to the console: a character, a string, formatted text. */
NPFS_W32_API int __cdecl _putch(int character);
NPFS_W32_API int __cdecl _cputs(const char *text);
NPFS_W32_API int __cdecl _cprintf(const char *format, ...);

#ifndef NPFS_W32_NO_OLDNAMES
NPFS_W32_INLINE int getch(void)
{
	return _getch();
}

NPFS_W32_INLINE int getche(void)
{
	return _getche();
}

NPFS_W32_INLINE int kbhit(void)
{
	return _kbhit();
}

NPFS_W32_INLINE int ungetch(int key)
{
	return _ungetch(key);
}

NPFS_W32_INLINE int putch(int character)
{
	return _putch(character);
}

NPFS_W32_INLINE int cputs(const char *text)
{
	return _cputs(text);
}

#define cprintf _cprintf
#endif

NPFS_W32_END

#endif
