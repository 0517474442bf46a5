/* SPDX-License-Identifier: MIT */
/*
 * tchar.h - C library names that follow the build's character type
 *
 * Without UNICODE every name is the narrow function: the C library's, and under npfscc
 * what takes its place. With it, the name is the function for 16-bit strings: those with the
 * prefix npfs_ do what the C library's wide function of that name does. See npfs_crt.h.
 */
#ifndef NPFS_W32_TCHAR_H
#define NPFS_W32_TCHAR_H

#include "winnt.h"
#include "npfs_crt.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wctype.h>

#ifndef _T
#define _T(quote)    __TEXT(quote)
#define _TEXT(quote) __TEXT(quote)
#endif

typedef TCHAR _TCHAR;
typedef TCHAR _TSCHAR;
typedef TCHAR _TUCHAR;
typedef TCHAR _TXCHAR;

#define _tcsinc(text)  ((text) + 1)
#define _tcsdec(start, text) ((text) > (start) ? (text)-1 : (start))

#ifdef UNICODE

typedef wint_t _TINT;
#define _TEOF  NPFS_W32_WEOF
#define _tmain wmain

#define _tcslen        npfs_wcslen
#define _tcsclen       npfs_wcslen
#define _tcsnlen       npfs_wcsnlen
#define _tcscpy        npfs_wcscpy
#define _tcsncpy       npfs_wcsncpy
#define _tcscat        npfs_wcscat
#define _tcsncat       npfs_wcsncat
#define _tcscmp        npfs_wcscmp
#define _tcsncmp       npfs_wcsncmp
#define _tcsccmp       npfs_wcscmp
#define _tcscoll       npfs_wcscmp
#define _tcsicmp       npfs_wcsicmp
#define _tcsnicmp      npfs_wcsnicmp
#define _tcsncicmp     npfs_wcsnicmp
#define _tcschr        npfs_wcschr
#define _tcsrchr       npfs_wcsrchr
#define _tcsstr        npfs_wcsstr
#define _tcsspn        npfs_wcsspn
#define _tcscspn       npfs_wcscspn
#define _tcspbrk       npfs_wcspbrk
#define _tcsdup        npfs_wcsdup
#define _tcsupr        _wcsupr
#define _tcslwr        _wcslwr
#define _tcsrev        _wcsrev
#define _tcscpy_s      wcscpy_s
#define _tcsncpy_s     wcsncpy_s
#define _tcscat_s      wcscat_s
#define _tcsncat_s     wcsncat_s
#define _tcstok_s      npfs_wcstok
#define _tcsnlen_s     npfs_wcsnlen_s
#define _tcstol        npfs_wcstol
#define _tcstoul       npfs_wcstoul
#define _tcstoi64      npfs_wcstoll
#define _tcstoui64     npfs_wcstoull
#define _tcstod        npfs_wcstod
#define _ttoi          _wtoi
#define _ttol          _wtoi
#define _tstoi         _wtoi
#define _ttoi64        _wtoi64
#define _tstof         _wtof
#define _itot          _itow
#define _ltot          _ltow
#define _ultot         _ultow
#define _i64tot        _i64tow
#define _ui64tot       _ui64tow
#define _itot_s        _itow_s
#define _tprintf       npfs_wprintf
#define _ftprintf      npfs_fwprintf
#define _stprintf      _swprintf
#define _sntprintf     _snwprintf
#define _sctprintf     _scwprintf
#define _vtprintf      npfs_vwprintf
#define _vftprintf     npfs_vfwprintf
#define _vstprintf     _vswprintf
#define _vsntprintf    _vsnwprintf
#define _vsctprintf    _vscwprintf
#define _tprintf_s     npfs_wprintf
#define _ftprintf_s    npfs_fwprintf
#define _stprintf_s    swprintf_s
#define _sntprintf_s   _snwprintf_s
#define _vstprintf_s   vswprintf_s
#define _vsntprintf_s  _vsnwprintf_s
#define _tscanf        npfs_wscanf
#define _ftscanf       npfs_fwscanf
#define _stscanf       npfs_swscanf
#define _tscanf_s      wscanf_s
#define _ftscanf_s     fwscanf_s
#define _stscanf_s     swscanf_s
#define _puttchar      npfs_putwchar
#define _gettchar      npfs_getwchar
#define _puttc         npfs_fputwc
#define _fputtc        npfs_fputwc
#define _gettc         npfs_fgetwc
#define _fgettc        npfs_fgetwc
#define _ungettc       npfs_ungetwc
#define _putts         _putws
#define _fputts        npfs_fputws
#define _fgetts        npfs_fgetws
#define _tfopen        _wfopen
#define _tfopen_s      _wfopen_s
#define _tremove       _wremove
#define _tsystem       _wsystem
#define _tgetenv       _wgetenv
#define _tcsftime      npfs_wcsftime
#define _tcstok(text, set) npfs_wcstok_one(text, set)
#define _totupper(c)    ((WCHAR)towupper((wint_t)(c)))
#define _totlower(c)    ((WCHAR)towlower((wint_t)(c)))
#define _istalpha(c) iswalpha((wint_t)(c))
#define _istdigit(c) iswdigit((wint_t)(c))
#define _istxdigit(c) iswxdigit((wint_t)(c))
#define _istspace(c) iswspace((wint_t)(c))
#define _istalnum(c) iswalnum((wint_t)(c))
#define _istupper(c) iswupper((wint_t)(c))
#define _istlower(c) iswlower((wint_t)(c))
#define _istpunct(c) iswpunct((wint_t)(c))
#define _istprint(c) iswprint((wint_t)(c))
#define _istcntrl(c) iswcntrl((wint_t)(c))
#define _istgraph(c) iswgraph((wint_t)(c))

#else /* !UNICODE */

typedef int _TINT;
#define _TEOF  EOF
#define _tmain main

#define _tcslen        strlen
#define _tcsclen       strlen
#define _tcsnlen       strnlen
#define _tcscpy        strcpy
#define _tcsncpy       strncpy
#define _tcscat        strcat
#define _tcsncat       strncat
#define _tcscmp        strcmp
#define _tcsncmp       strncmp
#define _tcsccmp       strcmp
#define _tcscoll       strcoll
#define _tcsicmp       strcasecmp
#define _tcsnicmp      strncasecmp
#define _tcsncicmp     strncasecmp
#define _tcschr        strchr
#define _tcsrchr       strrchr
#define _tcsstr        strstr
#define _tcsspn        strspn
#define _tcscspn       strcspn
#define _tcspbrk       strpbrk
#define _tcsdup        strdup
#define _tcsupr        _strupr
#define _tcslwr        _strlwr
#define _tcsrev        _strrev
#define _tcscpy_s      strcpy_s
#define _tcsncpy_s     strncpy_s
#define _tcscat_s      strcat_s
#define _tcsncat_s     strncat_s
#define _tcstok_s      strtok_r
#define _tcsnlen_s     npfs_strnlen_s
#define _tcstol        strtol
#define _tcstoul       strtoul
#define _tcstoi64      _strtoi64
#define _tcstoui64     _strtoui64
#define _tcstod        strtod
#define _ttoi          atoi
#define _ttol          atol
#define _tstoi         atoi
#define _ttoi64        _atoi64
#define _tstof         atof
#define _itot          _itoa
#define _ltot          _ltoa
#define _ultot         _ultoa
#define _i64tot        _i64toa
#define _ui64tot       _ui64toa
#define _itot_s        _itoa_s
#define _tprintf       printf
#define _ftprintf      fprintf
#define _stprintf      sprintf
#define _sntprintf     _snprintf
#define _sctprintf     _scprintf
#define _vtprintf      vprintf
#define _vftprintf     vfprintf
#define _vstprintf     vsprintf
#define _vsntprintf    _vsnprintf
#define _vsctprintf    _vscprintf
#define _tprintf_s     npfs_printf
#define _ftprintf_s    npfs_fprintf
#define _stprintf_s    sprintf_s
#define _sntprintf_s   _snprintf_s
#define _vstprintf_s   vsprintf_s
#define _vsntprintf_s  _vsnprintf_s
#define _tscanf        scanf
#define _ftscanf       fscanf
#define _stscanf       sscanf
#define _tscanf_s      scanf_s
#define _ftscanf_s     fscanf_s
#define _stscanf_s     sscanf_s
#define _puttchar      putchar
#define _gettchar      getchar
#define _puttc         putc
#define _fputtc        fputc
#define _gettc         getc
#define _fgettc        fgetc
#define _ungettc       ungetc
#define _putts         puts
#define _fputts        fputs
#define _fgetts        fgets
#define _tfopen        fopen
#define _tfopen_s      fopen_s
#define _tremove       remove
#define _tsystem       system
#define _tgetenv       getenv
#define _tcsftime      strftime
#define _tcstok        strtok
#define _totupper(c)    toupper((unsigned char)(c))
#define _totlower(c)    tolower((unsigned char)(c))
#define _istalpha(c) isalpha((unsigned char)(c))
#define _istdigit(c) isdigit((unsigned char)(c))
#define _istxdigit(c) isxdigit((unsigned char)(c))
#define _istspace(c) isspace((unsigned char)(c))
#define _istalnum(c) isalnum((unsigned char)(c))
#define _istupper(c) isupper((unsigned char)(c))
#define _istlower(c) islower((unsigned char)(c))
#define _istpunct(c) ispunct((unsigned char)(c))
#define _istprint(c) isprint((unsigned char)(c))
#define _istcntrl(c) iscntrl((unsigned char)(c))
#define _istgraph(c) isgraph((unsigned char)(c))

#endif /* !UNICODE */

#endif
