/* SPDX-License-Identifier: MIT */
/*
 * guiddef.h - GUID
 */
#ifndef NPFS_W32_GUIDDEF_H
#define NPFS_W32_GUIDDEF_H

#include "minwindef.h"
#include <string.h>

typedef struct _GUID {
	unsigned int Data1;
	unsigned short Data2;
	unsigned short Data3;
	unsigned char Data4[8];
} GUID, *LPGUID, UUID, IID, CLSID, *LPIID, *LPCLSID;
typedef const GUID *LPCGUID;

#ifdef __cplusplus
#define REFGUID           const GUID &
#define REFIID            const IID &
#define IsEqualGUID(a, b) (!memcmp(&(a), &(b), sizeof(GUID)))
#else
#define REFGUID           const GUID *
#define REFIID            const IID *
#define IsEqualGUID(a, b) (!memcmp(a, b, sizeof(GUID)))
#endif
#define InlineIsEqualGUID(a, b) IsEqualGUID(a, b)

#endif
