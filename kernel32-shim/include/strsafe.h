/* SPDX-License-Identifier: MIT */
/*
 * strsafe.h - copying and formatting that always ends with a zero
 *
 * Results: S_OK; STRSAFE_E_INSUFFICIENT_BUFFER when text was cut (what fits is there,
 * and ends with a zero); STRSAFE_E_INVALID_PARAMETER for a size of 0 or above
 * STRSAFE_MAX_CCH. Sizes are in characters for Cch, in bytes for Cb, the final zero
 * included.
 *
 * All inline, over the formatting of npfs_crt.h. The functions with Ex also say where the
 * text ends and how much room is left; of their flags STRSAFE_IGNORE_NULLS is heeded.
 */
#ifndef NPFS_W32_STRSAFE_H
#define NPFS_W32_STRSAFE_H

#include "winnt.h"
#include "winerror.h"
#include "npfs_crt.h"
#include <stdio.h>
#include <string.h>

NPFS_W32_BEGIN

#define STRSAFE_MAX_CCH               2147483647
#define STRSAFE_MAX_LENGTH            (STRSAFE_MAX_CCH - 1)
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER   ((HRESULT)0x80070057)
#define STRSAFE_E_END_OF_FILE         ((HRESULT)0x80070026)

#define STRSAFE_IGNORE_NULLS      0x00000100
#define STRSAFE_FILL_BEHIND_NULL  0x00000200
#define STRSAFE_FILL_ON_FAILURE   0x00000400
#define STRSAFE_NULL_ON_FAILURE   0x00000800
#define STRSAFE_NO_TRUNCATION     0x00001000

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
	}                                                                                \
	NPFS_W32_INLINE HRESULT StringCbCopyN##kind(type *to, size_t bytes,              \
						    const type *from, size_t max)        \
	{                                                                                \
		return StringCchCopyN##kind(to, bytes / sizeof(type), from,              \
					    max / sizeof(type));                         \
	}                                                                                \
	NPFS_W32_INLINE HRESULT StringCbCatN##kind(type *to, size_t bytes,               \
						   const type *from, size_t max)         \
	{                                                                                \
		return StringCchCatN##kind(to, bytes / sizeof(type), from,               \
					   max / sizeof(type));                          \
	}                                                                                \
	/* What the Ex functions say beside the result. */                               \
	NPFS_W32_INLINE HRESULT NpfsStringEnd##kind(HRESULT hr, type *to, size_t size,   \
						    type **endp, size_t *leftp)          \
	{                                                                                \
		size_t length = 0;                                                       \
                                                                                         \
		if (hr == STRSAFE_E_INVALID_PARAMETER)                                   \
			return hr;                                                       \
		StringCchLength##kind(to, size, &length);                                \
		if (endp)                                                                \
			*endp = to + length;                                             \
		if (leftp)                                                               \
			*leftp = size - length;                                          \
		return hr;                                                               \
	}                                                                                \
	NPFS_W32_INLINE HRESULT StringCchCopyEx##kind(type *to, size_t size,             \
						      const type *from, type **endp,     \
						      size_t *leftp, DWORD flags)        \
	{                                                                                \
		static const type none[1] = {0};                                         \
                                                                                         \
		if (!from && (flags & STRSAFE_IGNORE_NULLS))                             \
			from = none;                                                     \
		if (!from)                                                               \
			return STRSAFE_E_INVALID_PARAMETER;                              \
		return NpfsStringEnd##kind(StringCchCopy##kind(to, size, from), to,      \
					   size, endp, leftp);                           \
	}                                                                                \
	NPFS_W32_INLINE HRESULT StringCchCatEx##kind(type *to, size_t size,              \
						     const type *from, type **endp,      \
						     size_t *leftp, DWORD flags)         \
	{                                                                                \
		static const type none[1] = {0};                                         \
                                                                                         \
		if (!from && (flags & STRSAFE_IGNORE_NULLS))                             \
			from = none;                                                     \
		if (!from)                                                               \
			return STRSAFE_E_INVALID_PARAMETER;                              \
		return NpfsStringEnd##kind(StringCchCat##kind(to, size, from), to, size, \
					   endp, leftp);                                 \
	}

NPFS_W32_STRSAFE(A, char)
NPFS_W32_STRSAFE(W, WCHAR)
#undef NPFS_W32_STRSAFE

/* Formats are the caller's; whether they are literals is not for this header to say. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

#define NPFS_W32_STRSAFE_FORMAT(kind, type, vprint, vlength)                             \
	NPFS_W32_INLINE HRESULT StringCchVPrintf##kind(type *to, size_t size,            \
						       const type *format, va_list args) \
	{                                                                                \
		va_list again;                                                           \
		int length;                                                              \
                                                                                         \
		if (size == 0 || size > STRSAFE_MAX_CCH || !format)                      \
			return STRSAFE_E_INVALID_PARAMETER;                              \
		va_copy(again, args);                                                    \
		length = vlength(format, again);                                         \
		va_end(again);                                                           \
		to[0] = 0;                                                               \
		if (length < 0)                                                          \
			return STRSAFE_E_INVALID_PARAMETER;                              \
		vprint(to, size, format, args);                                          \
		return (size_t)length < size ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;     \
	}                                                                                \
	NPFS_W32_INLINE HRESULT StringCbVPrintf##kind(type *to, size_t bytes,            \
						      const type *format, va_list args)  \
	{                                                                                \
		return StringCchVPrintf##kind(to, bytes / sizeof(type), format, args);   \
	}                                                                                \
	NPFS_W32_INLINE HRESULT WINAPIV StringCchPrintf##kind(type *to, size_t size,     \
							      const type *format, ...)   \
	{                                                                                \
		va_list args;                                                            \
		HRESULT hr;                                                              \
                                                                                         \
		va_start(args, format);                                                  \
		hr = StringCchVPrintf##kind(to, size, format, args);                     \
		va_end(args);                                                            \
		return hr;                                                               \
	}                                                                                \
	NPFS_W32_INLINE HRESULT WINAPIV StringCbPrintf##kind(type *to, size_t bytes,     \
							     const type *format, ...)    \
	{                                                                                \
		va_list args;                                                            \
		HRESULT hr;                                                              \
                                                                                         \
		va_start(args, format);                                                  \
		hr = StringCbVPrintf##kind(to, bytes, format, args);                     \
		va_end(args);                                                            \
		return hr;                                                               \
	}                                                                                \
	NPFS_W32_INLINE HRESULT WINAPIV StringCchPrintfEx##kind(                         \
		type *to, size_t size, type **endp, size_t *leftp, DWORD flags,          \
		const type *format, ...)                                                 \
	{                                                                                \
		va_list args;                                                            \
		HRESULT hr;                                                              \
                                                                                         \
		(void)flags;                                                             \
		va_start(args, format);                                                  \
		hr = StringCchVPrintf##kind(to, size, format, args);                     \
		va_end(args);                                                            \
		return NpfsStringEnd##kind(hr, to, size, endp, leftp);                   \
	}

NPFS_W32_STRSAFE_FORMAT(A, char, npfs_vsnprintf, _vscprintf)
NPFS_W32_STRSAFE_FORMAT(W, WCHAR, npfs_vswprintf, _vscwprintf)
#undef NPFS_W32_STRSAFE_FORMAT

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
#define StringCbCopyN    NPFS_W32_AW(StringCbCopyN)
#define StringCbCatN     NPFS_W32_AW(StringCbCatN)
#define StringCbVPrintf  NPFS_W32_AW(StringCbVPrintf)
#define StringCchCopyEx  NPFS_W32_AW(StringCchCopyEx)
#define StringCchCatEx   NPFS_W32_AW(StringCchCatEx)
#define StringCchPrintfEx NPFS_W32_AW(StringCchPrintfEx)

NPFS_W32_END

#endif
