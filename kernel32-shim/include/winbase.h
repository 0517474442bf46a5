/* SPDX-License-Identifier: MIT */
/*
 * winbase.h - the Win32 base: everything the API sets do not carry themselves
 */
#ifndef NPFS_W32_WINBASE_H
#define NPFS_W32_WINBASE_H

#include "windef.h"
#include "minwinbase.h"
#include "winerror.h"
#include "processenv.h"
#include "fileapi.h"
#include "debugapi.h"
#include "utilapiset.h"
#include "handleapi.h"
#include "errhandlingapi.h"
#include "fibersapi.h"
#include "namedpipeapi.h"
#include "profileapi.h"
#include "heapapi.h"
#include "ioapiset.h"
#include "synchapi.h"
#include "interlockedapi.h"
#include "processthreadsapi.h"
#include "sysinfoapi.h"
#include "memoryapi.h"
#include "threadpoollegacyapiset.h"
#include "threadpoolapiset.h"
#include "libloaderapi.h"
#include "securitybaseapi.h"
#include "timezoneapi.h"

NPFS_W32_BEGIN

/* Flags of CreateFile and CreateNamedPipe */

#define FILE_FLAG_WRITE_THROUGH       0x80000000
#define FILE_FLAG_OVERLAPPED          0x40000000
#define FILE_FLAG_NO_BUFFERING        0x20000000
#define FILE_FLAG_RANDOM_ACCESS       0x10000000
#define FILE_FLAG_SEQUENTIAL_SCAN     0x08000000
#define FILE_FLAG_DELETE_ON_CLOSE     0x04000000
#define FILE_FLAG_BACKUP_SEMANTICS    0x02000000
#define FILE_FLAG_POSIX_SEMANTICS     0x01000000
#define FILE_FLAG_SESSION_AWARE       0x00800000
#define FILE_FLAG_OPEN_REPARSE_POINT  0x00200000
#define FILE_FLAG_OPEN_NO_RECALL      0x00100000
#define FILE_FLAG_FIRST_PIPE_INSTANCE 0x00080000

#define SECURITY_ANONYMOUS        (SecurityAnonymous << 16)
#define SECURITY_IDENTIFICATION   (SecurityIdentification << 16)
#define SECURITY_IMPERSONATION    (SecurityImpersonation << 16)
#define SECURITY_DELEGATION       (SecurityDelegation << 16)
#define SECURITY_CONTEXT_TRACKING 0x00040000
#define SECURITY_EFFECTIVE_ONLY   0x00080000
#define SECURITY_SQOS_PRESENT     0x00100000
#define SECURITY_VALID_SQOS_FLAGS 0x001F0000

#define FILE_BEGIN   0
#define FILE_CURRENT 1
#define FILE_END     2

#define FILE_TYPE_UNKNOWN 0x0000
#define FILE_TYPE_DISK    0x0001
#define FILE_TYPE_CHAR    0x0002
#define FILE_TYPE_PIPE    0x0003
#define FILE_TYPE_REMOTE  0x8000

#define FILE_SKIP_COMPLETION_PORT_ON_SUCCESS 0x1
#define FILE_SKIP_SET_EVENT_ON_HANDLE        0x2

#define MAILSLOT_NO_MESSAGE   ((DWORD)-1)
#define MAILSLOT_WAIT_FOREVER ((DWORD)-1)

/* True once the request is over, successfully or not. */
#define HasOverlappedIoCompleted(overlapped)                                             \
	(__atomic_load_n(&(overlapped)->Internal, __ATOMIC_ACQUIRE) != (ULONG_PTR)0x103)

/* Processes and threads */

#define DEBUG_PROCESS                     0x00000001
#define DEBUG_ONLY_THIS_PROCESS           0x00000002
#define CREATE_SUSPENDED                  0x00000004
#define DETACHED_PROCESS                  0x00000008
#define CREATE_NEW_CONSOLE                0x00000010
#define NORMAL_PRIORITY_CLASS             0x00000020
#define IDLE_PRIORITY_CLASS               0x00000040
#define HIGH_PRIORITY_CLASS               0x00000080
#define REALTIME_PRIORITY_CLASS           0x00000100
#define CREATE_NEW_PROCESS_GROUP          0x00000200
#define CREATE_UNICODE_ENVIRONMENT        0x00000400
#define BELOW_NORMAL_PRIORITY_CLASS       0x00004000
#define ABOVE_NORMAL_PRIORITY_CLASS       0x00008000
#define STACK_SIZE_PARAM_IS_A_RESERVATION 0x00010000
#define EXTENDED_STARTUPINFO_PRESENT      0x00080000
#define CREATE_BREAKAWAY_FROM_JOB         0x01000000
#define CREATE_DEFAULT_ERROR_MODE         0x04000000
#define CREATE_NO_WINDOW                  0x08000000

#define PROC_THREAD_ATTRIBUTE_PARENT_PROCESS    0x00020000
#define PROC_THREAD_ATTRIBUTE_HANDLE_LIST       0x00020002
#define PROC_THREAD_ATTRIBUTE_PREFERRED_NODE    0x00020004
#define PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY 0x00020007

typedef struct _STARTUPINFOEXA {
	STARTUPINFOA StartupInfo;
	LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList;
} STARTUPINFOEXA, *LPSTARTUPINFOEXA;

typedef struct _STARTUPINFOEXW {
	STARTUPINFOW StartupInfo;
	LPPROC_THREAD_ATTRIBUTE_LIST lpAttributeList;
} STARTUPINFOEXW, *LPSTARTUPINFOEXW;

typedef NPFS_W32_AW(STARTUPINFOEX) STARTUPINFOEX, *LPSTARTUPINFOEX;

#define STARTF_USESHOWWINDOW    0x00000001
#define STARTF_USESIZE          0x00000002
#define STARTF_USEPOSITION      0x00000004
#define STARTF_USECOUNTCHARS    0x00000008
#define STARTF_USEFILLATTRIBUTE 0x00000010
#define STARTF_FORCEONFEEDBACK  0x00000040
#define STARTF_FORCEOFFFEEDBACK 0x00000080
#define STARTF_USESTDHANDLES    0x00000100

#define THREAD_PRIORITY_LOWEST        THREAD_BASE_PRIORITY_MIN
#define THREAD_PRIORITY_BELOW_NORMAL  (THREAD_PRIORITY_LOWEST + 1)
#define THREAD_PRIORITY_NORMAL        0
#define THREAD_PRIORITY_HIGHEST       THREAD_BASE_PRIORITY_MAX
#define THREAD_PRIORITY_ABOVE_NORMAL  (THREAD_PRIORITY_HIGHEST - 1)
#define THREAD_PRIORITY_ERROR_RETURN  (MAXLONG)
#define THREAD_PRIORITY_TIME_CRITICAL THREAD_BASE_PRIORITY_LOWRT
#define THREAD_PRIORITY_IDLE          THREAD_BASE_PRIORITY_IDLE

#define MAX_COMPUTERNAME_LENGTH 15

/* Opaque here; the register contents of a thread are not available. */
typedef PCONTEXT LPCONTEXT;
typedef PEXCEPTION_RECORD LPEXCEPTION_RECORD;
typedef PEXCEPTION_POINTERS LPEXCEPTION_POINTERS;

/* Local and global memory */

#define LMEM_FIXED          0x0000
#define LMEM_MOVEABLE       0x0002
#define LMEM_NOCOMPACT      0x0010
#define LMEM_NODISCARD      0x0020
#define LMEM_ZEROINIT       0x0040
#define LMEM_MODIFY         0x0080
#define LMEM_DISCARDABLE    0x0F00
#define LMEM_VALID_FLAGS    0x0F72
#define LMEM_INVALID_HANDLE 0x8000
#define LMEM_DISCARDED      0x4000
#define LMEM_LOCKCOUNT      0x00FF
#define LHND                (LMEM_MOVEABLE | LMEM_ZEROINIT)
#define LPTR                (LMEM_FIXED | LMEM_ZEROINIT)
#define NONZEROLHND         (LMEM_MOVEABLE)
#define NONZEROLPTR         (LMEM_FIXED)
#define GMEM_FIXED          0x0000
#define GMEM_MOVEABLE       0x0002
#define GMEM_NOCOMPACT      0x0010
#define GMEM_NODISCARD      0x0020
#define GMEM_ZEROINIT       0x0040
#define GMEM_MODIFY         0x0080
#define GMEM_DISCARDABLE    0x0100
#define GMEM_NOT_BANKED     0x1000
#define GMEM_SHARE          0x2000
#define GMEM_DDESHARE       0x2000
#define GMEM_NOTIFY         0x4000
#define GMEM_LOWER          GMEM_NOT_BANKED
#define GMEM_VALID_FLAGS    0x7F72
#define GMEM_INVALID_HANDLE 0x8000
#define GMEM_DISCARDED      0x4000
#define GMEM_LOCKCOUNT      0x00FF
#define GHND                (GMEM_MOVEABLE | GMEM_ZEROINIT)
#define GPTR                (GMEM_FIXED | GMEM_ZEROINIT)

WINBASEAPI HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes);
WINBASEAPI HLOCAL WINAPI LocalReAlloc(HLOCAL hMem, SIZE_T uBytes, UINT uFlags);
WINBASEAPI HLOCAL WINAPI LocalFree(HLOCAL hMem);
WINBASEAPI LPVOID WINAPI LocalLock(HLOCAL hMem);
WINBASEAPI BOOL WINAPI LocalUnlock(HLOCAL hMem);
WINBASEAPI HLOCAL WINAPI LocalHandle(LPCVOID pMem);
WINBASEAPI SIZE_T WINAPI LocalSize(HLOCAL hMem);
WINBASEAPI UINT WINAPI LocalFlags(HLOCAL hMem);
WINBASEAPI HGLOBAL WINAPI GlobalAlloc(UINT uFlags, SIZE_T dwBytes);
WINBASEAPI HGLOBAL WINAPI GlobalReAlloc(HGLOBAL hMem, SIZE_T dwBytes, UINT uFlags);
WINBASEAPI HGLOBAL WINAPI GlobalFree(HGLOBAL hMem);
WINBASEAPI LPVOID WINAPI GlobalLock(HGLOBAL hMem);
WINBASEAPI BOOL WINAPI GlobalUnlock(HGLOBAL hMem);
WINBASEAPI HGLOBAL WINAPI GlobalHandle(LPCVOID pMem);
WINBASEAPI SIZE_T WINAPI GlobalSize(HGLOBAL hMem);
WINBASEAPI UINT WINAPI GlobalFlags(HGLOBAL hMem);

typedef struct _MEMORYSTATUS {
	DWORD dwLength;
	DWORD dwMemoryLoad;
	SIZE_T dwTotalPhys;
	SIZE_T dwAvailPhys;
	SIZE_T dwTotalPageFile;
	SIZE_T dwAvailPageFile;
	SIZE_T dwTotalVirtual;
	SIZE_T dwAvailVirtual;
} MEMORYSTATUS, *LPMEMORYSTATUS;

WINBASEAPI VOID WINAPI GlobalMemoryStatus(LPMEMORYSTATUS lpBuffer);
WINBASEAPI BOOL WINAPI IsBadReadPtr(const VOID *lp, UINT_PTR ucb);
WINBASEAPI BOOL WINAPI IsBadWritePtr(LPVOID lp, UINT_PTR ucb);
WINBASEAPI BOOL WINAPI IsBadCodePtr(FARPROC lpfn);
WINBASEAPI BOOL WINAPI IsBadStringPtrA(LPCSTR lpsz, UINT_PTR ucchMax);
WINBASEAPI BOOL WINAPI IsBadStringPtrW(LPCWSTR lpsz, UINT_PTR ucchMax);
#define IsBadStringPtr NPFS_W32_AW(IsBadStringPtr)

/* Message texts */

#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x00000100
#define FORMAT_MESSAGE_IGNORE_INSERTS  0x00000200
#define FORMAT_MESSAGE_FROM_STRING     0x00000400
#define FORMAT_MESSAGE_FROM_HMODULE    0x00000800
#define FORMAT_MESSAGE_FROM_SYSTEM     0x00001000
#define FORMAT_MESSAGE_ARGUMENT_ARRAY  0x00002000
#define FORMAT_MESSAGE_MAX_WIDTH_MASK  0x000000FF

WINBASEAPI DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId,
				       DWORD dwLanguageId, LPSTR lpBuffer, DWORD nSize,
				       va_list *Arguments);
WINBASEAPI DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId,
				       DWORD dwLanguageId, LPWSTR lpBuffer, DWORD nSize,
				       va_list *Arguments);
#define FormatMessage NPFS_W32_AW(FormatMessage)

/* Strings */

WINBASEAPI LPSTR WINAPI lstrcpyA(LPSTR lpString1, LPCSTR lpString2);
WINBASEAPI LPWSTR WINAPI lstrcpyW(LPWSTR lpString1, LPCWSTR lpString2);
#define lstrcpy NPFS_W32_AW(lstrcpy)
WINBASEAPI LPSTR WINAPI lstrcpynA(LPSTR lpString1, LPCSTR lpString2, int iMaxLength);
WINBASEAPI LPWSTR WINAPI lstrcpynW(LPWSTR lpString1, LPCWSTR lpString2, int iMaxLength);
#define lstrcpyn NPFS_W32_AW(lstrcpyn)
WINBASEAPI LPSTR WINAPI lstrcatA(LPSTR lpString1, LPCSTR lpString2);
WINBASEAPI LPWSTR WINAPI lstrcatW(LPWSTR lpString1, LPCWSTR lpString2);
#define lstrcat NPFS_W32_AW(lstrcat)
WINBASEAPI int WINAPI lstrcmpA(LPCSTR lpString1, LPCSTR lpString2);
WINBASEAPI int WINAPI lstrcmpW(LPCWSTR lpString1, LPCWSTR lpString2);
#define lstrcmp NPFS_W32_AW(lstrcmp)
WINBASEAPI int WINAPI lstrcmpiA(LPCSTR lpString1, LPCSTR lpString2);
WINBASEAPI int WINAPI lstrcmpiW(LPCWSTR lpString1, LPCWSTR lpString2);
#define lstrcmpi NPFS_W32_AW(lstrcmpi)
WINBASEAPI int WINAPI lstrlenA(LPCSTR lpString);
WINBASEAPI int WINAPI lstrlenW(LPCWSTR lpString);
#define lstrlen NPFS_W32_AW(lstrlen)

/* Files */

#define MOVEFILE_REPLACE_EXISTING   0x00000001
#define MOVEFILE_COPY_ALLOWED       0x00000002
#define MOVEFILE_DELAY_UNTIL_REBOOT 0x00000004
#define MOVEFILE_WRITE_THROUGH      0x00000008

typedef struct _FILE_BASIC_INFO {
	LARGE_INTEGER CreationTime;
	LARGE_INTEGER LastAccessTime;
	LARGE_INTEGER LastWriteTime;
	LARGE_INTEGER ChangeTime;
	DWORD FileAttributes;
} FILE_BASIC_INFO, *PFILE_BASIC_INFO;

typedef struct _FILE_STANDARD_INFO {
	LARGE_INTEGER AllocationSize;
	LARGE_INTEGER EndOfFile;
	DWORD NumberOfLinks;
	BOOLEAN DeletePending;
	BOOLEAN Directory;
} FILE_STANDARD_INFO, *PFILE_STANDARD_INFO;

typedef struct _FILE_NAME_INFO {
	DWORD FileNameLength;
	WCHAR FileName[1];
} FILE_NAME_INFO, *PFILE_NAME_INFO;

/* Events: to syslog */
#define EVENTLOG_SUCCESS          0x0000
#define EVENTLOG_ERROR_TYPE       0x0001
#define EVENTLOG_WARNING_TYPE     0x0002
#define EVENTLOG_INFORMATION_TYPE 0x0004
#define EVENTLOG_AUDIT_SUCCESS    0x0008
#define EVENTLOG_AUDIT_FAILURE    0x0010

/*
 * A source of events on this machine, NULL with the last error; the caller gives it to
 * DeregisterEventSource. ReportEvent writes one line to syslog and does not wait for it to
 * be kept.
 */
WINADVAPI HANDLE WINAPI RegisterEventSourceA(LPCSTR lpUNCServerName, LPCSTR lpSourceName);
WINADVAPI HANDLE WINAPI RegisterEventSourceW(LPCWSTR lpUNCServerName,
					     LPCWSTR lpSourceName);
#define RegisterEventSource NPFS_W32_AW(RegisterEventSource)
WINADVAPI BOOL WINAPI DeregisterEventSource(HANDLE hEventLog);
WINADVAPI BOOL WINAPI ReportEventA(HANDLE hEventLog, WORD wType, WORD wCategory,
				   DWORD dwEventID, PSID lpUserSid, WORD wNumStrings,
				   DWORD dwDataSize, LPCSTR *lpStrings, LPVOID lpRawData);
WINADVAPI BOOL WINAPI ReportEventW(HANDLE hEventLog, WORD wType, WORD wCategory,
				   DWORD dwEventID, PSID lpUserSid, WORD wNumStrings,
				   DWORD dwDataSize, LPCWSTR *lpStrings, LPVOID lpRawData);
#define ReportEvent NPFS_W32_AW(ReportEvent)

WINBASEAPI BOOL WINAPI CopyFileA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName,
				 BOOL bFailIfExists);
WINBASEAPI BOOL WINAPI CopyFileW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName,
				 BOOL bFailIfExists);
#define CopyFile NPFS_W32_AW(CopyFile)
WINBASEAPI BOOL WINAPI MoveFileA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName);
WINBASEAPI BOOL WINAPI MoveFileW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName);
#define MoveFile NPFS_W32_AW(MoveFile)
WINBASEAPI BOOL WINAPI MoveFileExA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName,
				   DWORD dwFlags);
WINBASEAPI BOOL WINAPI MoveFileExW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName,
				   DWORD dwFlags);
#define MoveFileEx NPFS_W32_AW(MoveFileEx)
WINBASEAPI BOOL WINAPI ReadDirectoryChangesW(
	HANDLE hDirectory, LPVOID lpBuffer, DWORD nBufferLength, BOOL bWatchSubtree,
	DWORD dwNotifyFilter, LPDWORD lpBytesReturned, LPOVERLAPPED lpOverlapped,
	LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
WINBASEAPI HANDLE WINAPI ReOpenFile(HANDLE hOriginalFile, DWORD dwDesiredAccess,
				    DWORD dwShareMode, DWORD dwFlagsAndAttributes);
WINBASEAPI BOOL WINAPI
GetFileInformationByHandleEx(HANDLE hFile, FILE_INFO_BY_HANDLE_CLASS FileInformationClass,
			     LPVOID lpFileInformation, DWORD dwBufferSize);
WINBASEAPI BOOL WINAPI SetFileCompletionNotificationModes(HANDLE FileHandle, UCHAR Flags);
WINBASEAPI UINT WINAPI SetHandleCount(UINT uNumber);

/* Pipe properties that have no documented struct */

WINBASEAPI BOOL WINAPI GetNamedPipeAttribute(HANDLE Pipe, DWORD AttributeType,
					     PSTR AttributeName, PVOID AttributeValue,
					     PSIZE_T AttributeValueLength);

/* Names */

WINBASEAPI BOOL WINAPI GetComputerNameA(LPSTR lpBuffer, LPDWORD nSize);
WINBASEAPI BOOL WINAPI GetComputerNameW(LPWSTR lpBuffer, LPDWORD nSize);
#define GetComputerName NPFS_W32_AW(GetComputerName)
WINADVAPI BOOL WINAPI GetUserNameA(LPSTR lpBuffer, LPDWORD pcbBuffer);
WINADVAPI BOOL WINAPI GetUserNameW(LPWSTR lpBuffer, LPDWORD pcbBuffer);
#define GetUserName NPFS_W32_AW(GetUserName)
WINADVAPI BOOL WINAPI LookupAccountSidA(LPCSTR lpSystemName, PSID Sid, LPSTR Name,
					LPDWORD cchName, LPSTR ReferencedDomainName,
					LPDWORD cchReferencedDomainName,
					PSID_NAME_USE peUse);
WINADVAPI BOOL WINAPI LookupAccountSidW(LPCWSTR lpSystemName, PSID Sid, LPWSTR Name,
					LPDWORD cchName, LPWSTR ReferencedDomainName,
					LPDWORD cchReferencedDomainName,
					PSID_NAME_USE peUse);
#define LookupAccountSid NPFS_W32_AW(LookupAccountSid)
WINADVAPI BOOL WINAPI LookupAccountNameA(LPCSTR lpSystemName, LPCSTR lpAccountName,
					 PSID Sid, LPDWORD cbSid,
					 LPSTR ReferencedDomainName,
					 LPDWORD cchReferencedDomainName,
					 PSID_NAME_USE peUse);
WINADVAPI BOOL WINAPI LookupAccountNameW(LPCWSTR lpSystemName, LPCWSTR lpAccountName,
					 PSID Sid, LPDWORD cbSid,
					 LPWSTR ReferencedDomainName,
					 LPDWORD cchReferencedDomainName,
					 PSID_NAME_USE peUse);
#define LookupAccountName NPFS_W32_AW(LookupAccountName)
WINADVAPI BOOL WINAPI LookupPrivilegeValueA(LPCSTR lpSystemName, LPCSTR lpName,
					    PLUID lpLuid);
WINADVAPI BOOL WINAPI LookupPrivilegeValueW(LPCWSTR lpSystemName, LPCWSTR lpName,
					    PLUID lpLuid);
#define LookupPrivilegeValue NPFS_W32_AW(LookupPrivilegeValue)
WINADVAPI BOOL WINAPI LookupPrivilegeNameA(LPCSTR lpSystemName, PLUID lpLuid,
					   LPSTR lpName, LPDWORD cchName);
WINADVAPI BOOL WINAPI LookupPrivilegeNameW(LPCWSTR lpSystemName, PLUID lpLuid,
					   LPWSTR lpName, LPDWORD cchName);
#define LookupPrivilegeName NPFS_W32_AW(LookupPrivilegeName)
WINADVAPI BOOL WINAPI LookupPrivilegeDisplayNameA(LPCSTR lpSystemName, LPCSTR lpName,
						  LPSTR lpDisplayName,
						  LPDWORD cchDisplayName,
						  LPDWORD lpLanguageId);
WINADVAPI BOOL WINAPI LookupPrivilegeDisplayNameW(LPCWSTR lpSystemName, LPCWSTR lpName,
						  LPWSTR lpDisplayName,
						  LPDWORD cchDisplayName,
						  LPDWORD lpLanguageId);
#define LookupPrivilegeDisplayName NPFS_W32_AW(LookupPrivilegeDisplayName)
#define LookupAccountSidLocalA(sid, name, name_len, domain, domain_len, use)             \
	LookupAccountSidA(NULL, sid, name, name_len, domain, domain_len, use)
#define LookupAccountSidLocalW(sid, name, name_len, domain, domain_len, use)             \
	LookupAccountSidW(NULL, sid, name, name_len, domain, domain_len, use)
#define LookupAccountSidLocal NPFS_W32_AW(LookupAccountSidLocal)
#define LookupAccountNameLocalA(name, sid, sid_len, domain, domain_len, use)             \
	LookupAccountNameA(NULL, name, sid, sid_len, domain, domain_len, use)
#define LookupAccountNameLocalW(name, sid, sid_len, domain, domain_len, use)             \
	LookupAccountNameW(NULL, name, sid, sid_len, domain, domain_len, use)
#define LookupAccountNameLocal NPFS_W32_AW(LookupAccountNameLocal)

#define LOGON32_LOGON_INTERACTIVE 2
#define LOGON32_LOGON_NETWORK     3
#define LOGON32_LOGON_BATCH       4
#define LOGON32_LOGON_SERVICE     5
#define LOGON32_PROVIDER_DEFAULT  0
WINADVAPI BOOL WINAPI LogonUserA(LPCSTR lpszUsername, LPCSTR lpszDomain,
				 LPCSTR lpszPassword, DWORD dwLogonType,
				 DWORD dwLogonProvider, PHANDLE phToken);
WINADVAPI BOOL WINAPI LogonUserW(LPCWSTR lpszUsername, LPCWSTR lpszDomain,
				 LPCWSTR lpszPassword, DWORD dwLogonType,
				 DWORD dwLogonProvider, PHANDLE phToken);
#define LogonUser NPFS_W32_AW(LogonUser)

WINADVAPI BOOL WINAPI GetFileSecurityA(LPCSTR lpFileName,
				       SECURITY_INFORMATION RequestedInformation,
				       PSECURITY_DESCRIPTOR pSecurityDescriptor,
				       DWORD nLength, LPDWORD lpnLengthNeeded);
WINADVAPI BOOL WINAPI SetFileSecurityA(LPCSTR lpFileName,
				       SECURITY_INFORMATION SecurityInformation,
				       PSECURITY_DESCRIPTOR pSecurityDescriptor);
#define GetFileSecurity NPFS_W32_AW(GetFileSecurity)
#define SetFileSecurity NPFS_W32_AW(SetFileSecurity)

/* Fibers */

typedef VOID(WINAPI *PFIBER_START_ROUTINE)(LPVOID lpFiberParameter);
typedef PFIBER_START_ROUTINE LPFIBER_START_ROUTINE;

/* Thread pool, older face */

WINBASEAPI BOOL WINAPI BindIoCompletionCallback(HANDLE FileHandle,
						LPOVERLAPPED_COMPLETION_ROUTINE Function,
						ULONG Flags);
WINBASEAPI BOOL WINAPI RegisterWaitForSingleObject(PHANDLE phNewWaitObject,
						   HANDLE hObject,
						   WAITORTIMERCALLBACKFUNC Callback,
						   PVOID Context, ULONG dwMilliseconds,
						   ULONG dwFlags);
WINBASEAPI BOOL WINAPI UnregisterWait(HANDLE WaitHandle);

/* Callback environments of the thread pool: plain structs, filled in place */

NPFS_W32_INLINE VOID InitializeThreadpoolEnvironment(PTP_CALLBACK_ENVIRON environ_block)
{
	memset(environ_block, 0, sizeof(*environ_block));
	environ_block->Version = 3;
	environ_block->CallbackPriority = TP_CALLBACK_PRIORITY_NORMAL;
	environ_block->Size = (DWORD)sizeof(*environ_block);
}

NPFS_W32_INLINE VOID DestroyThreadpoolEnvironment(PTP_CALLBACK_ENVIRON environ_block)
{
	(void)environ_block;
}

NPFS_W32_INLINE VOID SetThreadpoolCallbackPool(PTP_CALLBACK_ENVIRON environ_block,
					       PTP_POOL pool)
{
	environ_block->Pool = pool;
}

NPFS_W32_INLINE VOID SetThreadpoolCallbackCleanupGroup(
	PTP_CALLBACK_ENVIRON environ_block, PTP_CLEANUP_GROUP group,
	PTP_CLEANUP_GROUP_CANCEL_CALLBACK cancel)
{
	environ_block->CleanupGroup = group;
	environ_block->CleanupGroupCancelCallback = cancel;
}

NPFS_W32_INLINE VOID SetThreadpoolCallbackPriority(PTP_CALLBACK_ENVIRON environ_block,
						   TP_CALLBACK_PRIORITY priority)
{
	environ_block->CallbackPriority = priority;
}

NPFS_W32_INLINE VOID SetThreadpoolCallbackRunsLong(PTP_CALLBACK_ENVIRON environ_block)
{
	environ_block->u.s.LongFunction = 1;
}

NPFS_W32_INLINE VOID SetThreadpoolCallbackPersistent(PTP_CALLBACK_ENVIRON environ_block)
{
	environ_block->u.s.Persistent = 1;
}

NPFS_W32_INLINE VOID SetThreadpoolCallbackLibrary(PTP_CALLBACK_ENVIRON environ_block,
						  PVOID module)
{
	environ_block->RaceDll = module;
}

/* Files by number, from before handles */

#define HFILE_ERROR  ((HFILE)-1)
#define OF_READ      0x00000000
#define OF_WRITE     0x00000001
#define OF_READWRITE 0x00000002

WINBASEAPI HFILE WINAPI _lopen(LPCSTR lpPathName, int iReadWrite);
WINBASEAPI HFILE WINAPI _lcreat(LPCSTR lpPathName, int iAttribute);
WINBASEAPI UINT WINAPI _lread(HFILE hFile, LPVOID lpBuffer, UINT uBytes);
WINBASEAPI UINT WINAPI _lwrite(HFILE hFile, LPCSTR lpBuffer, UINT uBytes);
WINBASEAPI LONG WINAPI _llseek(HFILE hFile, LONG lOffset, int iOrigin);
WINBASEAPI HFILE WINAPI _lclose(HFILE hFile);

NPFS_W32_END

#endif
