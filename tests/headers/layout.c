/* SPDX-License-Identifier: MIT */
/*
 * layout.c - the shapes programs on 64-bit Windows agree on, checked by the compiler
 *
 * Sizes and offsets of what crosses the border between a program and the library, or is
 * stored and passed on by programs: if a line here fails, code ported from Windows
 * breaks without a word. Nothing is run. The file uses only names that the Windows SDK
 * has as well, so that it also compiles against other people's headers (see "run"),
 * which is how we know that the numbers are right.
 */
#include <windows.h>
#include <winternl.h>
#include <winioctl.h>
#include <accctrl.h>
#include <stddef.h>

#define SIZE(type, size) _Static_assert(sizeof(type) == (size), "size of " #type)
#define AT(type, field, offset)                                                          \
	_Static_assert(offsetof(type, field) == (offset), #field " in " #type)
#define IS(expression, value)                                                            \
	_Static_assert((ULONG)(expression) == (ULONG)(value), #expression)

/* integers */
SIZE(BOOL, 4);
SIZE(BOOLEAN, 1);
SIZE(BYTE, 1);
SIZE(WORD, 2);
SIZE(DWORD, 4);
SIZE(INT, 4);
SIZE(LONG, 4);
SIZE(ULONG, 4);
SIZE(SHORT, 2);
SIZE(WCHAR, 2);
SIZE(LONGLONG, 8);
SIZE(ULONGLONG, 8);
SIZE(LONG64, 8);
SIZE(DWORD64, 8);
SIZE(LONG_PTR, 8);
SIZE(ULONG_PTR, 8);
SIZE(SIZE_T, 8);
SIZE(HANDLE, 8);
SIZE(HRESULT, 4);
SIZE(NTSTATUS, 4);
SIZE(ACCESS_MASK, 4);
_Static_assert((LONG)-1 < 0, "LONG is signed");
_Static_assert((DWORD)-1 > 0, "DWORD is unsigned");
_Static_assert((ULONG_PTR)-1 > 0, "ULONG_PTR is unsigned");
_Static_assert((WCHAR)-1 > 0, "WCHAR is unsigned");

SIZE(LARGE_INTEGER, 8);
AT(LARGE_INTEGER, u.LowPart, 0);
AT(LARGE_INTEGER, u.HighPart, 4);
AT(LARGE_INTEGER, QuadPart, 0);
SIZE(ULARGE_INTEGER, 8);
SIZE(LUID, 8);
SIZE(LIST_ENTRY, 16);
SIZE(FILETIME, 8);
SIZE(SYSTEMTIME, 16);
AT(SYSTEMTIME, wDayOfWeek, 4);
AT(SYSTEMTIME, wMilliseconds, 14);
SIZE(TIME_ZONE_INFORMATION, 172);
SIZE(GUID, 16);

/* requests */
SIZE(OVERLAPPED, 32);
AT(OVERLAPPED, Internal, 0);
AT(OVERLAPPED, InternalHigh, 8);
AT(OVERLAPPED, Offset, 16);
AT(OVERLAPPED, OffsetHigh, 20);
AT(OVERLAPPED, Pointer, 16);
AT(OVERLAPPED, hEvent, 24);
SIZE(OVERLAPPED_ENTRY, 32);
AT(OVERLAPPED_ENTRY, lpOverlapped, 8);
AT(OVERLAPPED_ENTRY, Internal, 16);
AT(OVERLAPPED_ENTRY, dwNumberOfBytesTransferred, 24);
SIZE(SECURITY_ATTRIBUTES, 24);
AT(SECURITY_ATTRIBUTES, lpSecurityDescriptor, 8);
AT(SECURITY_ATTRIBUTES, bInheritHandle, 16);

/* processes */
SIZE(STARTUPINFOA, 104);
SIZE(STARTUPINFOW, 104);
AT(STARTUPINFOA, lpReserved, 8);
AT(STARTUPINFOA, dwFlags, 60);
AT(STARTUPINFOA, wShowWindow, 64);
AT(STARTUPINFOA, lpReserved2, 72);
AT(STARTUPINFOA, hStdInput, 80);
AT(STARTUPINFOA, hStdError, 96);
SIZE(PROCESS_INFORMATION, 24);
AT(PROCESS_INFORMATION, dwProcessId, 16);
SIZE(SYSTEM_INFO, 48);
AT(SYSTEM_INFO, dwPageSize, 4);
AT(SYSTEM_INFO, dwNumberOfProcessors, 32);
SIZE(MEMORYSTATUSEX, 64);
SIZE(OSVERSIONINFOA, 148);
SIZE(OSVERSIONINFOW, 276);
SIZE(OSVERSIONINFOEXA, 156);
SIZE(OSVERSIONINFOEXW, 284);
SIZE(MEMORY_BASIC_INFORMATION, 48);
AT(MEMORY_BASIC_INFORMATION, RegionSize, 24);

/* files */
SIZE(WIN32_FIND_DATAA, 320);
AT(WIN32_FIND_DATAA, cFileName, 44);
AT(WIN32_FIND_DATAA, cAlternateFileName, 304);
SIZE(WIN32_FIND_DATAW, 592);
AT(WIN32_FIND_DATAW, cFileName, 44);
AT(WIN32_FIND_DATAW, cAlternateFileName, 564);
SIZE(BY_HANDLE_FILE_INFORMATION, 52);
SIZE(WIN32_FILE_ATTRIBUTE_DATA, 36);
SIZE(FILE_BASIC_INFO, 40);
SIZE(FILE_STANDARD_INFO, 24);
SIZE(FILE_NAME_INFO, 8);
SIZE(FILE_NOTIFY_INFORMATION, 16);
AT(FILE_NOTIFY_INFORMATION, FileName, 12);

/* locks and lists */
SIZE(CRITICAL_SECTION, 40);
AT(CRITICAL_SECTION, LockCount, 8);
AT(CRITICAL_SECTION, OwningThread, 16);
AT(CRITICAL_SECTION, SpinCount, 32);
SIZE(SRWLOCK, 8);
SIZE(CONDITION_VARIABLE, 8);
SIZE(INIT_ONCE, 8);
SIZE(SYNCHRONIZATION_BARRIER, 32);
SIZE(SLIST_HEADER, 16);
SIZE(SLIST_ENTRY, 16);
_Static_assert(_Alignof(SLIST_HEADER) == 16, "list heads are changed 16 bytes at a time");

/* thread pool */
SIZE(TP_CALLBACK_ENVIRON, 72);
AT(TP_CALLBACK_ENVIRON, Pool, 8);
AT(TP_CALLBACK_ENVIRON, FinalizationCallback, 48);
AT(TP_CALLBACK_ENVIRON, CallbackPriority, 60);
AT(TP_CALLBACK_ENVIRON, Size, 64);

/* security */
SIZE(SID_IDENTIFIER_AUTHORITY, 6);
SIZE(SID, 12);
AT(SID, IdentifierAuthority, 2);
AT(SID, SubAuthority, 8);
SIZE(SID_AND_ATTRIBUTES, 16);
SIZE(ACL, 8);
AT(ACL, AclSize, 2);
AT(ACL, AceCount, 4);
SIZE(ACE_HEADER, 4);
AT(ACE_HEADER, AceSize, 2);
SIZE(ACCESS_ALLOWED_ACE, 12);
AT(ACCESS_ALLOWED_ACE, Mask, 4);
AT(ACCESS_ALLOWED_ACE, SidStart, 8);
SIZE(ACCESS_DENIED_ACE, 12);
SIZE(SYSTEM_AUDIT_ACE, 12);
SIZE(SYSTEM_MANDATORY_LABEL_ACE, 12);
SIZE(ACCESS_ALLOWED_OBJECT_ACE, 48);
SIZE(ACCESS_DENIED_OBJECT_ACE, 48);
AT(ACCESS_DENIED_OBJECT_ACE, InheritedObjectType, 28);
SIZE(ACL_SIZE_INFORMATION, 12);
SIZE(SECURITY_DESCRIPTOR, 40);
AT(SECURITY_DESCRIPTOR, Control, 2);
AT(SECURITY_DESCRIPTOR, Owner, 8);
AT(SECURITY_DESCRIPTOR, Group, 16);
AT(SECURITY_DESCRIPTOR, Sacl, 24);
AT(SECURITY_DESCRIPTOR, Dacl, 32);
SIZE(SECURITY_DESCRIPTOR_RELATIVE, 20);
AT(SECURITY_DESCRIPTOR_RELATIVE, Owner, 4);
AT(SECURITY_DESCRIPTOR_RELATIVE, Dacl, 16);
SIZE(SECURITY_QUALITY_OF_SERVICE, 12);
SIZE(GENERIC_MAPPING, 16);
SIZE(LUID_AND_ATTRIBUTES, 12);
SIZE(TOKEN_PRIVILEGES, 16);
SIZE(PRIVILEGE_SET, 20);
SIZE(TOKEN_USER, 16);
SIZE(TOKEN_GROUPS, 24);
SIZE(TOKEN_SOURCE, 16);
SIZE(TOKEN_STATISTICS, 56);
SIZE(TRUSTEE_A, 32);
SIZE(TRUSTEE_W, 32);
SIZE(EXPLICIT_ACCESS_A, 48);
SIZE(EXPLICIT_ACCESS_W, 48);
AT(EXPLICIT_ACCESS_A, Trustee, 16);

/* entries of lists, and what security calls answer */
IS(ACCESS_ALLOWED_OBJECT_ACE_TYPE, 5);
IS(ACCESS_DENIED_OBJECT_ACE_TYPE, 6);
IS(ACCESS_ALLOWED_CALLBACK_ACE_TYPE, 9);
IS(ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE, 12);
IS(SYSTEM_AUDIT_CALLBACK_ACE_TYPE, 13);
IS(SYSTEM_MANDATORY_LABEL_ACE_TYPE, 17);
IS(SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE, 18);
IS(SYSTEM_SCOPED_POLICY_ID_ACE_TYPE, 19);
IS(ACE_OBJECT_TYPE_PRESENT, 1);
IS(ACE_INHERITED_OBJECT_TYPE_PRESENT, 2);
IS(ERROR_NON_ACCOUNT_SID, 1257);
IS(ERROR_NONE_MAPPED, 1332);
IS(ERROR_INVALID_ACL, 1336);
IS(ERROR_INVALID_SID, 1337);
IS(ERROR_INVALID_SECURITY_DESCR, 1338);
IS(ERROR_UNKNOWN_REVISION, 1305);
IS(ERROR_NO_SUCH_PRIVILEGE, 1313);

/* the numbers of CreateWellKnownSid */
IS(WinNullSid, 0);
IS(WinWorldSid, 1);
IS(WinLocalSid, 2);
IS(WinCreatorOwnerSid, 3);
IS(WinCreatorGroupSid, 4);
IS(WinCreatorOwnerServerSid, 5);
IS(WinCreatorGroupServerSid, 6);
IS(WinNtAuthoritySid, 7);
IS(WinDialupSid, 8);
IS(WinNetworkSid, 9);
IS(WinBatchSid, 10);
IS(WinInteractiveSid, 11);
IS(WinServiceSid, 12);
IS(WinAnonymousSid, 13);
IS(WinProxySid, 14);
IS(WinEnterpriseControllersSid, 15);
IS(WinSelfSid, 16);
IS(WinAuthenticatedUserSid, 17);
IS(WinRestrictedCodeSid, 18);
IS(WinTerminalServerSid, 19);
IS(WinRemoteLogonIdSid, 20);
IS(WinLogonIdsSid, 21);
IS(WinLocalSystemSid, 22);
IS(WinLocalServiceSid, 23);
IS(WinNetworkServiceSid, 24);
IS(WinBuiltinDomainSid, 25);
IS(WinBuiltinAdministratorsSid, 26);
IS(WinBuiltinUsersSid, 27);
IS(WinBuiltinGuestsSid, 28);
IS(WinBuiltinPowerUsersSid, 29);
IS(WinBuiltinAccountOperatorsSid, 30);
IS(WinBuiltinSystemOperatorsSid, 31);
IS(WinBuiltinPrintOperatorsSid, 32);
IS(WinBuiltinBackupOperatorsSid, 33);
IS(WinBuiltinReplicatorSid, 34);
IS(WinBuiltinPreWindows2000CompatibleAccessSid, 35);
IS(WinBuiltinRemoteDesktopUsersSid, 36);
IS(WinBuiltinNetworkConfigurationOperatorsSid, 37);
IS(WinAccountAdministratorSid, 38);
IS(WinAccountGuestSid, 39);
IS(WinAccountKrbtgtSid, 40);
IS(WinAccountDomainAdminsSid, 41);
IS(WinAccountDomainUsersSid, 42);
IS(WinAccountDomainGuestsSid, 43);
IS(WinAccountComputersSid, 44);
IS(WinAccountControllersSid, 45);
IS(WinAccountCertAdminsSid, 46);
IS(WinAccountSchemaAdminsSid, 47);
IS(WinAccountEnterpriseAdminsSid, 48);
IS(WinAccountPolicyAdminsSid, 49);
IS(WinAccountRasAndIasServersSid, 50);
IS(WinNTLMAuthenticationSid, 51);
IS(WinDigestAuthenticationSid, 52);
IS(WinSChannelAuthenticationSid, 53);
IS(WinThisOrganizationSid, 54);
IS(WinOtherOrganizationSid, 55);
IS(WinBuiltinIncomingForestTrustBuildersSid, 56);
IS(WinBuiltinPerfMonitoringUsersSid, 57);
IS(WinBuiltinPerfLoggingUsersSid, 58);
IS(WinBuiltinAuthorizationAccessSid, 59);
IS(WinBuiltinTerminalServerLicenseServersSid, 60);
IS(WinBuiltinDCOMUsersSid, 61);
IS(WinBuiltinIUsersSid, 62);
IS(WinIUserSid, 63);
IS(WinBuiltinCryptoOperatorsSid, 64);
IS(WinUntrustedLabelSid, 65);
IS(WinLowLabelSid, 66);
IS(WinMediumLabelSid, 67);
IS(WinHighLabelSid, 68);
IS(WinSystemLabelSid, 69);
IS(WinWriteRestrictedCodeSid, 70);
IS(WinCreatorOwnerRightsSid, 71);
IS(WinCacheablePrincipalsGroupSid, 72);
IS(WinNonCacheablePrincipalsGroupSid, 73);
IS(WinEnterpriseReadonlyControllersSid, 74);
IS(WinAccountReadonlyControllersSid, 75);
IS(WinBuiltinEventLogReadersGroup, 76);
IS(WinNewEnterpriseReadonlyControllersSid, 77);
IS(WinBuiltinCertSvcDComAccessGroup, 78);
IS(WinMediumPlusLabelSid, 79);
IS(WinLocalLogonSid, 80);
IS(WinConsoleLogonSid, 81);
IS(WinThisOrganizationCertificateSid, 82);
IS(WinApplicationPackageAuthoritySid, 83);
IS(WinBuiltinAnyPackageSid, 84);
IS(WinCapabilityInternetClientSid, 85);
IS(WinCapabilityInternetClientServerSid, 86);
IS(WinCapabilityPrivateNetworkClientServerSid, 87);
IS(WinCapabilityPicturesLibrarySid, 88);
IS(WinCapabilityVideosLibrarySid, 89);
IS(WinCapabilityMusicLibrarySid, 90);
IS(WinCapabilityDocumentsLibrarySid, 91);
IS(WinCapabilitySharedUserCertificatesSid, 92);
IS(WinCapabilityEnterpriseAuthenticationSid, 93);
IS(WinCapabilityRemovableStorageSid, 94);
IS(WinBuiltinRDSRemoteAccessServersSid, 95);
IS(WinBuiltinRDSEndpointServersSid, 96);
IS(WinBuiltinRDSManagementServersSid, 97);
IS(WinUserModeDriversSid, 98);
IS(WinBuiltinHyperVAdminsSid, 99);
IS(WinAccountCloneableControllersSid, 100);
IS(WinBuiltinAccessControlAssistanceOperatorsSid, 101);
IS(WinBuiltinRemoteManagementUsersSid, 102);
IS(WinAuthenticationAuthorityAssertedSid, 103);
IS(WinAuthenticationServiceAssertedSid, 104);
IS(WinLocalAccountSid, 105);
IS(WinLocalAccountAndAdministratorSid, 106);
IS(WinAccountProtectedUsersSid, 107);
IS(WinCapabilityAppointmentsSid, 108);
IS(WinCapabilityContactsSid, 109);
IS(WinAccountDefaultSystemManagedSid, 110);
IS(WinBuiltinDefaultSystemManagedGroupSid, 111);
IS(WinBuiltinStorageReplicaAdminsSid, 112);
IS(WinAccountKeyAdminsSid, 113);
IS(WinAccountEnterpriseKeyAdminsSid, 114);
IS(WinAuthenticationKeyTrustSid, 115);
IS(WinAuthenticationKeyPropertyMFASid, 116);
IS(WinAuthenticationKeyPropertyAttestationSid, 117);

/* console */
SIZE(COORD, 4);
SIZE(CONSOLE_SCREEN_BUFFER_INFO, 22);
SIZE(INPUT_RECORD, 20);
AT(INPUT_RECORD, Event, 4);
SIZE(KEY_EVENT_RECORD, 16);

/* native */
SIZE(UNICODE_STRING, 16);
AT(UNICODE_STRING, MaximumLength, 2);
AT(UNICODE_STRING, Buffer, 8);
SIZE(ANSI_STRING, 16);
SIZE(OBJECT_ATTRIBUTES, 48);
AT(OBJECT_ATTRIBUTES, RootDirectory, 8);
AT(OBJECT_ATTRIBUTES, ObjectName, 16);
AT(OBJECT_ATTRIBUTES, Attributes, 24);
AT(OBJECT_ATTRIBUTES, SecurityDescriptor, 32);
AT(OBJECT_ATTRIBUTES, SecurityQualityOfService, 40);
SIZE(IO_STATUS_BLOCK, 16);
AT(IO_STATUS_BLOCK, Status, 0);
AT(IO_STATUS_BLOCK, Information, 8);
SIZE(FILE_BASIC_INFORMATION, 40);
SIZE(FILE_STANDARD_INFORMATION, 24);
SIZE(FILE_NAME_INFORMATION, 8);
SIZE(FILE_PIPE_LOCAL_INFORMATION, 40);
AT(FILE_PIPE_LOCAL_INFORMATION, MaximumInstances, 8);
AT(FILE_PIPE_LOCAL_INFORMATION, ReadDataAvailable, 20);
AT(FILE_PIPE_LOCAL_INFORMATION, WriteQuotaAvailable, 28);
AT(FILE_PIPE_LOCAL_INFORMATION, NamedPipeState, 32);
AT(FILE_PIPE_LOCAL_INFORMATION, NamedPipeEnd, 36);
IS(FilePipeInformation, 23);
IS(FilePipeLocalInformation, 24);
IS(FilePipeRemoteInformation, 25);
IS(FileNameInformation, 9);
IS(FileCompletionInformation, 30);

/* The rest of the pipe's native structs, which the SDK keeps in its driver kit. */
#ifdef NPFS_W32_WINTERNL_H
SIZE(FILE_ALL_INFORMATION, 104);
AT(FILE_ALL_INFORMATION, StandardInformation, 40);
AT(FILE_ALL_INFORMATION, InternalInformation, 64);
AT(FILE_ALL_INFORMATION, EaInformation, 72);
AT(FILE_ALL_INFORMATION, AccessInformation, 76);
AT(FILE_ALL_INFORMATION, PositionInformation, 80);
AT(FILE_ALL_INFORMATION, ModeInformation, 88);
AT(FILE_ALL_INFORMATION, AlignmentInformation, 92);
AT(FILE_ALL_INFORMATION, NameInformation, 96);
AT(FILE_DIRECTORY_INFORMATION, EndOfFile, 40);
AT(FILE_DIRECTORY_INFORMATION, AllocationSize, 48);
AT(FILE_DIRECTORY_INFORMATION, FileNameLength, 60);
AT(FILE_DIRECTORY_INFORMATION, FileName, 64);
AT(FILE_FULL_DIR_INFORMATION, EaSize, 64);
AT(FILE_FULL_DIR_INFORMATION, FileName, 68);
AT(FILE_BOTH_DIR_INFORMATION, ShortNameLength, 68);
AT(FILE_BOTH_DIR_INFORMATION, ShortName, 70);
AT(FILE_BOTH_DIR_INFORMATION, FileName, 94);
AT(FILE_NAMES_INFORMATION, FileNameLength, 8);
AT(FILE_NAMES_INFORMATION, FileName, 12);
SIZE(FILE_FS_VOLUME_INFORMATION, 24);
AT(FILE_FS_VOLUME_INFORMATION, VolumeLabelLength, 12);
AT(FILE_FS_VOLUME_INFORMATION, VolumeLabel, 18);
SIZE(FILE_FS_SIZE_INFORMATION, 24);
SIZE(FILE_FS_FULL_SIZE_INFORMATION, 32);
SIZE(FILE_FS_DEVICE_INFORMATION, 8);
AT(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName, 12);
SIZE(PUBLIC_OBJECT_BASIC_INFORMATION, 56);
SIZE(PUBLIC_OBJECT_TYPE_INFORMATION, 104);
SIZE(EVENT_BASIC_INFORMATION, 8);
SIZE(FILE_COMPLETION_INFORMATION, 16);
SIZE(FILE_IO_COMPLETION_INFORMATION, 32);
AT(FILE_IO_COMPLETION_INFORMATION, IoStatusBlock, 16);
SIZE(FILE_PIPE_INFORMATION, 8);
AT(FILE_PIPE_INFORMATION, CompletionMode, 4);
SIZE(FILE_PIPE_REMOTE_INFORMATION, 16);
AT(FILE_PIPE_REMOTE_INFORMATION, MaximumCollectionCount, 8);
SIZE(FILE_PIPE_PEEK_BUFFER, 20);
AT(FILE_PIPE_PEEK_BUFFER, ReadDataAvailable, 4);
AT(FILE_PIPE_PEEK_BUFFER, NumberOfMessages, 8);
AT(FILE_PIPE_PEEK_BUFFER, MessageLength, 12);
AT(FILE_PIPE_PEEK_BUFFER, Data, 16);
SIZE(FILE_PIPE_WAIT_FOR_BUFFER, 16);
AT(FILE_PIPE_WAIT_FOR_BUFFER, NameLength, 8);
AT(FILE_PIPE_WAIT_FOR_BUFFER, TimeoutSpecified, 12);
AT(FILE_PIPE_WAIT_FOR_BUFFER, Name, 14);
SIZE(FILE_PIPE_ASSIGN_EVENT_BUFFER, 16);
SIZE(FILE_PIPE_EVENT_BUFFER, 20);
SIZE(FILE_PIPE_CLIENT_PROCESS_BUFFER, 16);
IS(FSCTL_PIPE_ASSIGN_EVENT, 0x00110000);
IS(FSCTL_PIPE_DISCONNECT, 0x00110004);
IS(FSCTL_PIPE_LISTEN, 0x00110008);
IS(FSCTL_PIPE_PEEK, 0x0011400C);
IS(FSCTL_PIPE_QUERY_EVENT, 0x00110010);
IS(FSCTL_PIPE_TRANSCEIVE, 0x0011C017);
IS(FSCTL_PIPE_WAIT, 0x00110018);
IS(FSCTL_PIPE_IMPERSONATE, 0x0011001C);
IS(FSCTL_PIPE_SET_CLIENT_PROCESS, 0x00110020);
IS(FSCTL_PIPE_QUERY_CLIENT_PROCESS, 0x00110024);
IS(FSCTL_PIPE_GET_PIPE_ATTRIBUTE, 0x00110028);
IS(FSCTL_PIPE_SET_PIPE_ATTRIBUTE, 0x0011002C);
IS(FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE, 0x00110030);
IS(FSCTL_PIPE_SET_CONNECTION_ATTRIBUTE, 0x00110034);
IS(FSCTL_PIPE_GET_HANDLE_ATTRIBUTE, 0x00110038);
IS(FSCTL_PIPE_SET_HANDLE_ATTRIBUTE, 0x0011003C);
IS(FSCTL_PIPE_FLUSH, 0x00118040);
IS(FSCTL_PIPE_DISABLE_IMPERSONATE, 0x00110044);
IS(FSCTL_PIPE_SILO_ARRIVAL, 0x00118048);
IS(FSCTL_PIPE_CREATE_SYMLINK, 0x0011004C);
IS(FSCTL_PIPE_DELETE_SYMLINK, 0x00110050);
IS(FSCTL_PIPE_QUERY_CLIENT_PROCESS_V2, 0x00110054);
#endif

/* services */
SIZE(SERVICE_STATUS, 28);
SIZE(SERVICE_TABLE_ENTRYA, 16);

/* values that come in pairs or are easily confused */
IS(FILE_GENERIC_READ, 0x00120089);
IS(FILE_GENERIC_WRITE, 0x00120116);
IS(FILE_GENERIC_READ | FILE_GENERIC_WRITE, 0x0012019F);
IS(FILE_ALL_ACCESS, 0x001F01FF);
IS(EVENT_ALL_ACCESS, 0x001F0003);
IS(MUTEX_ALL_ACCESS, 0x001F0001);
IS(FILE_CREATE_PIPE_INSTANCE, FILE_APPEND_DATA);
IS(FILE_FLAG_FIRST_PIPE_INSTANCE, WRITE_OWNER);
IS(SECURITY_IMPERSONATION, 0x00020000);
IS(WAIT_IO_COMPLETION, 192);
IS(WAIT_TIMEOUT, 258);
IS(STILL_ACTIVE, 259);
IS(INVALID_FILE_ATTRIBUTES, 0xFFFFFFFF);
IS(STD_INPUT_HANDLE, -10);
IS(STD_ERROR_HANDLE, -12);
IS(ERROR_PIPE_BUSY, 231);
IS(ERROR_NO_DATA, 232);
IS(ERROR_PIPE_NOT_CONNECTED, 233);
IS(ERROR_MORE_DATA, 234);
IS(ERROR_PIPE_CONNECTED, 535);
IS(ERROR_PIPE_LISTENING, 536);
IS(ERROR_IO_PENDING, 997);
IS(E_OUTOFMEMORY, 0x8007000E);
