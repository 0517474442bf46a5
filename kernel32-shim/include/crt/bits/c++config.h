/* SPDX-License-Identifier: MIT */
/*
 * bits/c++config.h - the C++ library's own, without its ready-made basic_string
 *
 * The library's copy of basic_string<wchar_t> has 32-bit characters. With -1 here no copy of
 * basic_string is taken from the library: the program makes what it needs, of its own wchar_t.
 */
#pragma GCC system_header
#include_next <bits/c++config.h>
#if __SIZEOF_WCHAR_T__ == 2 && defined(_GLIBCXX_EXTERN_TEMPLATE)
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE -1
#endif
