/* SPDX-License-Identifier: MIT */
/*
 * sddl.h - identities and descriptors as text
 *
 * What a function allocates is released with LocalFree.
 */
#ifndef NPFS_W32_SDDL_H
#define NPFS_W32_SDDL_H

#include "windef.h"
#include "minwinbase.h"

NPFS_W32_BEGIN

#define SDDL_REVISION_1 1
#define SDDL_REVISION   SDDL_REVISION_1

WINADVAPI BOOL WINAPI ConvertSidToStringSidA(PSID Sid, LPSTR *StringSid);
WINADVAPI BOOL WINAPI ConvertSidToStringSidW(PSID Sid, LPWSTR *StringSid);
#define ConvertSidToStringSid NPFS_W32_AW(ConvertSidToStringSid)
WINADVAPI BOOL WINAPI ConvertStringSidToSidA(LPCSTR StringSid, PSID *Sid);
WINADVAPI BOOL WINAPI ConvertStringSidToSidW(LPCWSTR StringSid, PSID *Sid);
#define ConvertStringSidToSid NPFS_W32_AW(ConvertStringSidToSid)
WINADVAPI BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorA(
	LPCSTR StringSecurityDescriptor, DWORD StringSDRevision,
	PSECURITY_DESCRIPTOR *SecurityDescriptor, PULONG SecurityDescriptorSize);
WINADVAPI BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorW(
	LPCWSTR StringSecurityDescriptor, DWORD StringSDRevision,
	PSECURITY_DESCRIPTOR *SecurityDescriptor, PULONG SecurityDescriptorSize);
#define ConvertStringSecurityDescriptorToSecurityDescriptor                              \
	NPFS_W32_AW(ConvertStringSecurityDescriptorToSecurityDescriptor)
WINADVAPI BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorA(
	PSECURITY_DESCRIPTOR SecurityDescriptor, DWORD RequestedStringSDRevision,
	SECURITY_INFORMATION SecurityInformation, LPSTR *StringSecurityDescriptor,
	PULONG StringSecurityDescriptorLen);
WINADVAPI BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorW(
	PSECURITY_DESCRIPTOR SecurityDescriptor, DWORD RequestedStringSDRevision,
	SECURITY_INFORMATION SecurityInformation, LPWSTR *StringSecurityDescriptor,
	PULONG StringSecurityDescriptorLen);
#define ConvertSecurityDescriptorToStringSecurityDescriptor                              \
	NPFS_W32_AW(ConvertSecurityDescriptorToStringSecurityDescriptor)

NPFS_W32_END

#endif
