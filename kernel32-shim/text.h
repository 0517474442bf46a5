/* SPDX-License-Identifier: MIT */
/*
 * Text between the A and W forms inside the shim.  ANSI is UTF-8.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <windows.h>

/* Units before the terminator. */
size_t text_wide_len(const WCHAR *s);

/*
 * A copy in the other form; the caller frees.  NULL when memory is short.  Ill-formed
 * input becomes U+FFFD.
 */
char *text_utf8_from_wide(const WCHAR *s, size_t len);
WCHAR *text_wide_from_utf8(const char *s, size_t len);

/* A whole string; NULL gives NULL.  *failedp says whether memory was short. */
char *text_utf8_from_wide_z(const WCHAR *s, bool *failedp);

/*
 * The raw conversions.  They write at most @cap units and return how many the whole
 * result has.  Ill-formed input becomes U+FFFD and sets *invalidp, which is not cleared.
 */
size_t text_to_wide(const char *s, size_t len, WCHAR *out, size_t cap, bool *invalidp);
size_t text_to_utf8(const WCHAR *s, size_t len, char *out, size_t cap, bool *invalidp);
