/* SPDX-License-Identifier: MIT */
/*
 * strsafe.h - copying and formatting that always ends with a zero
 *
 * Results: S_OK; STRSAFE_E_INSUFFICIENT_BUFFER when text was cut (what fits is there,
 * and ends with a zero); STRSAFE_E_INVALID_PARAMETER for a size of 0 or above
 * STRSAFE_MAX_CCH. Sizes are in characters for Cch, in bytes for Cb, the final zero
 * included.
 *
 * All inline, except formatting UTF-16, which the shim does.
 */
#ifndef NPFS_W32_STRSAFE_H
#define NPFS_W32_STRSAFE_H

#include "winnt.h"
#include "winerror.h"
#include <stdio.h>
#include <string.h>

NPFS_W32_BEGIN

#define STRSAFE_MAX_CCH               2147483647
#define STRSAFE_MAX_LENGTH            (STRSAFE_MAX_CCH - 1)
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER   ((HRESULT)0x80070057)
#define STRSAFE_E_END_OF_FILE         ((HRESULT)0x80070026)

typedef char *STRSAFE_LPSTR;
typedef const char *STRSAFE_LPCSTR;
typedef WCHAR *STRSAFE_LPWSTR;
typedef const WCHAR *STRSAFE_LPCWSTR;

/* One set per character type: length, copy, append. */
#define NPFS_W32_STRSAFE(kind, type)                                                     \
	NPFS_W32_INLINE HRESULT StringCchLength##kind(const type *text, size_t max,      \
						      size_t *lengthp)                   \
	{                                                                                \
		size_t i = 0;                                                            \
                                                                                         \
		if (lengthp)                                                             \
			*lengthp = 0;                                                    \
		if (!text || max > STRSAFE_MAX_CCH)                                      \
			return STRSAFE_E_INVALID_PARAMETER;                              \
		while (i < max && text[i])                                               \
			i++;                                                             \
		if (i == max)                                                            \
			return STRSAFE_E_INVALID_PARAMETER;                              \
		if (lengthp)                                                             \
			*lengthp = i;                                                    \
		return S_OK;                                                             \
	}                                                                                \
	NPFS_W32_INLINE HRESULT StringCchCopyN##kind(type *to, size_t size,              \
						     const type *from, size_t max)       \
	{                                                                                \
		size_t i = 0;                                                            \
                                                                                         \
		if (size == 0 || size > STRSAFE_MAX_CCH)                                 \
			return STRSAFE_E_INVALID_PARAMETER;                              \
		for (; i < max && from[i]; i++) {                                        \
			if (i + 1 == size) {                                             \
				to[i] = 0;                                               \
				return STRSAFE_E_INSUFFICIENT_BUFFER;                    \
			}                                                                \
			to[i] = from[i];                                                 \
		}                                                                        \
		to[i] = 0;                                                               \
		return S_OK;                                                             \
	}                                                                                \
	NPFS_W32_INLINE HRESULT StringCchCopy##kind(type *to, size_t size,               \
						    const type *from)                    \
	{                                                                                \
		return StringCchCopyN##kind(to, size, from, STRSAFE_MAX_LENGTH);         \
	}                                                                                \
	NPFS_W32_INLINE HRESULT StringCchCatN##kind(type *to, size_t size,               \
						    const type *from, size_t max)        \
	{                                                                                \
		size_t length = 0;                                                       \
		HRESULT hr = StringCchLength##kind(to, size, &length);                   \
                                                                                         \
		if (FAILED(hr))                                                          \
			return hr;                                                       \
		return StringCchCopyN##kind(to + length, size - length, from, max);      \
	}                                                                                \
	NPFS_W32_INLINE HRESULT StringCchCat##kind(type *to, size_t size,                \
						   const type *from)                     \
	{                                                                                \
		return StringCchCatN##kind(to, size, from, STRSAFE_MAX_LENGTH);          \
	}                                                                                \
	NPFS_W32_INLINE HRESULT StringCbCopy##kind(type *to, size_t bytes,               \
						   const type *from)                     \
	{                                                                                \
		return StringCchCopy##kind(to, bytes / sizeof(type), from);              \
	}                                                                                \
	NPFS_W32_INLINE HRESULT StringCbCat##kind(type *to, size_t bytes,                \
						  const type *from)                      \
	{                                                                                \
		return StringCchCat##kind(to, bytes / sizeof(type), from);               \
	}                                                                                \
	NPFS_W32_INLINE HRESULT StringCbLength##kind(const type *text, size_t max_bytes, \
						     size_t *bytesp)                     \
	{                                                                                \
		size_t length = 0;                                                       \
		HRESULT hr =                                                             \
			StringCchLength##kind(text, max_bytes / sizeof(type), &length);  \
                                                                                         \
		if (bytesp)                                                              \
			*bytesp = length * sizeof(type);                                 \
		return hr;                                                               \
	}

NPFS_W32_STRSAFE(A, char)
NPFS_W32_STRSAFE(W, WCHAR)
#undef NPFS_W32_STRSAFE

NPFS_W32_API HRESULT WINAPI StringCchVPrintfW(WCHAR *to, size_t size, const WCHAR *format,
					      va_list args);

/* Formats are the caller's; whether they are literals is not for this header to say. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

NPFS_W32_INLINE HRESULT StringCchVPrintfA(char *to, size_t size, const char *format,
					  va_list args)
{
	int length;

	if (size == 0 || size > STRSAFE_MAX_CCH)
		return STRSAFE_E_INVALID_PARAMETER;
	length = __builtin_vsnprintf(to, size, format, args);
	if (length < 0) {
		to[0] = 0;
		return STRSAFE_E_INVALID_PARAMETER;
	}
	return (size_t)length < size ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
}

NPFS_W32_INLINE HRESULT WINAPIV StringCchPrintfA(char *to, size_t size,
						 const char *format, ...)
{
	va_list args;
	HRESULT hr;

	va_start(args, format);
	hr = StringCchVPrintfA(to, size, format, args);
	va_end(args);
	return hr;
}

NPFS_W32_INLINE HRESULT WINAPIV StringCchPrintfW(WCHAR *to, size_t size,
						 const WCHAR *format, ...)
{
	va_list args;
	HRESULT hr;

	va_start(args, format);
	hr = StringCchVPrintfW(to, size, format, args);
	va_end(args);
	return hr;
}

NPFS_W32_INLINE HRESULT WINAPIV StringCbPrintfA(char *to, size_t bytes,
						const char *format, ...)
{
	va_list args;
	HRESULT hr;

	va_start(args, format);
	hr = StringCchVPrintfA(to, bytes, format, args);
	va_end(args);
	return hr;
}

NPFS_W32_INLINE HRESULT WINAPIV StringCbPrintfW(WCHAR *to, size_t bytes,
						const WCHAR *format, ...)
{
	va_list args;
	HRESULT hr;

	va_start(args, format);
	hr = StringCchVPrintfW(to, bytes / sizeof(WCHAR), format, args);
	va_end(args);
	return hr;
}

#pragma GCC diagnostic pop

#define StringCchLength  NPFS_W32_AW(StringCchLength)
#define StringCchCopy    NPFS_W32_AW(StringCchCopy)
#define StringCchCopyN   NPFS_W32_AW(StringCchCopyN)
#define StringCchCat     NPFS_W32_AW(StringCchCat)
#define StringCchCatN    NPFS_W32_AW(StringCchCatN)
#define StringCchPrintf  NPFS_W32_AW(StringCchPrintf)
#define StringCchVPrintf NPFS_W32_AW(StringCchVPrintf)
#define StringCbLength   NPFS_W32_AW(StringCbLength)
#define StringCbCopy     NPFS_W32_AW(StringCbCopy)
#define StringCbCat      NPFS_W32_AW(StringCbCat)
#define StringCbPrintf   NPFS_W32_AW(StringCbPrintf)

NPFS_W32_END

#endif
