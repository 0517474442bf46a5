/* SPDX-License-Identifier: MIT */
/*
 * experimental/bits/fs_path.h - the C++ library's own, which asks whether this is Windows: it is not
 *
 * Paths are POSIX paths of char to std::filesystem here, whatever the program defines.
 */
#pragma GCC system_header
#pragma push_macro("_WIN32")
#undef _WIN32
#include_next <experimental/bits/fs_path.h>
#pragma pop_macro("_WIN32")
