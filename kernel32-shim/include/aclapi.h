/* SPDX-License-Identifier: MIT */
/*
 * aclapi.h - lists from explicit entries; the security of named and open objects
 *
 * These give the error itself instead of setting the last error. What a function
 * allocates is released with LocalFree.
 */
#ifndef NPFS_W32_ACLAPI_H
#define NPFS_W32_ACLAPI_H

#include "windef.h"
#include "accctrl.h"

NPFS_W32_BEGIN

WINADVAPI DWORD WINAPI SetEntriesInAclA(ULONG cCountOfExplicitEntries,
					PEXPLICIT_ACCESS_A pListOfExplicitEntries,
					PACL OldAcl, PACL *NewAcl);
WINADVAPI DWORD WINAPI SetEntriesInAclW(ULONG cCountOfExplicitEntries,
					PEXPLICIT_ACCESS_W pListOfExplicitEntries,
					PACL OldAcl, PACL *NewAcl);
#define SetEntriesInAcl NPFS_W32_AW(SetEntriesInAcl)
WINADVAPI DWORD WINAPI
GetExplicitEntriesFromAclA(PACL pacl, PULONG pcCountOfExplicitEntries,
			   PEXPLICIT_ACCESS_A *pListOfExplicitEntries);
WINADVAPI DWORD WINAPI
GetExplicitEntriesFromAclW(PACL pacl, PULONG pcCountOfExplicitEntries,
			   PEXPLICIT_ACCESS_W *pListOfExplicitEntries);
#define GetExplicitEntriesFromAcl NPFS_W32_AW(GetExplicitEntriesFromAcl)
WINADVAPI DWORD WINAPI GetEffectiveRightsFromAclA(PACL pacl, PTRUSTEE_A pTrustee,
						  PACCESS_MASK pAccessRights);
WINADVAPI DWORD WINAPI GetEffectiveRightsFromAclW(PACL pacl, PTRUSTEE_W pTrustee,
						  PACCESS_MASK pAccessRights);
#define GetEffectiveRightsFromAcl NPFS_W32_AW(GetEffectiveRightsFromAcl)
WINADVAPI DWORD WINAPI GetSecurityInfo(HANDLE handle, SE_OBJECT_TYPE ObjectType,
				       SECURITY_INFORMATION SecurityInfo,
				       PSID *ppsidOwner, PSID *ppsidGroup, PACL *ppDacl,
				       PACL *ppSacl,
				       PSECURITY_DESCRIPTOR *ppSecurityDescriptor);
WINADVAPI DWORD WINAPI SetSecurityInfo(HANDLE handle, SE_OBJECT_TYPE ObjectType,
				       SECURITY_INFORMATION SecurityInfo, PSID psidOwner,
				       PSID psidGroup, PACL pDacl, PACL pSacl);
WINADVAPI DWORD WINAPI GetNamedSecurityInfoA(LPCSTR pObjectName,
					     SE_OBJECT_TYPE ObjectType,
					     SECURITY_INFORMATION SecurityInfo,
					     PSID *ppsidOwner, PSID *ppsidGroup,
					     PACL *ppDacl, PACL *ppSacl,
					     PSECURITY_DESCRIPTOR *ppSecurityDescriptor);
WINADVAPI DWORD WINAPI GetNamedSecurityInfoW(LPCWSTR pObjectName,
					     SE_OBJECT_TYPE ObjectType,
					     SECURITY_INFORMATION SecurityInfo,
					     PSID *ppsidOwner, PSID *ppsidGroup,
					     PACL *ppDacl, PACL *ppSacl,
					     PSECURITY_DESCRIPTOR *ppSecurityDescriptor);
#define GetNamedSecurityInfo NPFS_W32_AW(GetNamedSecurityInfo)
WINADVAPI DWORD WINAPI SetNamedSecurityInfoA(LPSTR pObjectName, SE_OBJECT_TYPE ObjectType,
					     SECURITY_INFORMATION SecurityInfo,
					     PSID psidOwner, PSID psidGroup, PACL pDacl,
					     PACL pSacl);
WINADVAPI DWORD WINAPI SetNamedSecurityInfoW(LPWSTR pObjectName,
					     SE_OBJECT_TYPE ObjectType,
					     SECURITY_INFORMATION SecurityInfo,
					     PSID psidOwner, PSID psidGroup, PACL pDacl,
					     PACL pSacl);
#define SetNamedSecurityInfo NPFS_W32_AW(SetNamedSecurityInfo)
WINADVAPI VOID WINAPI BuildTrusteeWithSidA(PTRUSTEE_A pTrustee, PSID pSid);
WINADVAPI VOID WINAPI BuildTrusteeWithSidW(PTRUSTEE_W pTrustee, PSID pSid);
#define BuildTrusteeWithSid NPFS_W32_AW(BuildTrusteeWithSid)
WINADVAPI VOID WINAPI BuildTrusteeWithNameA(PTRUSTEE_A pTrustee, LPSTR pName);
WINADVAPI VOID WINAPI BuildTrusteeWithNameW(PTRUSTEE_W pTrustee, LPWSTR pName);
#define BuildTrusteeWithName NPFS_W32_AW(BuildTrusteeWithName)
WINADVAPI VOID WINAPI BuildExplicitAccessWithNameA(PEXPLICIT_ACCESS_A pExplicitAccess,
						   LPSTR pTrusteeName,
						   DWORD AccessPermissions,
						   ACCESS_MODE AccessMode,
						   DWORD Inheritance);
WINADVAPI VOID WINAPI BuildExplicitAccessWithNameW(PEXPLICIT_ACCESS_W pExplicitAccess,
						   LPWSTR pTrusteeName,
						   DWORD AccessPermissions,
						   ACCESS_MODE AccessMode,
						   DWORD Inheritance);
#define BuildExplicitAccessWithName NPFS_W32_AW(BuildExplicitAccessWithName)
WINADVAPI TRUSTEE_TYPE WINAPI GetTrusteeTypeA(PTRUSTEE_A pTrustee);
WINADVAPI TRUSTEE_TYPE WINAPI GetTrusteeTypeW(PTRUSTEE_W pTrustee);
#define GetTrusteeType NPFS_W32_AW(GetTrusteeType)
WINADVAPI TRUSTEE_FORM WINAPI GetTrusteeFormA(PTRUSTEE_A pTrustee);
WINADVAPI TRUSTEE_FORM WINAPI GetTrusteeFormW(PTRUSTEE_W pTrustee);
#define GetTrusteeForm NPFS_W32_AW(GetTrusteeForm)
WINADVAPI LPSTR WINAPI GetTrusteeNameA(PTRUSTEE_A pTrustee);
WINADVAPI LPWSTR WINAPI GetTrusteeNameW(PTRUSTEE_W pTrustee);
#define GetTrusteeName NPFS_W32_AW(GetTrusteeName)

NPFS_W32_END

#endif
