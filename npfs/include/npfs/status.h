/* SPDX-License-Identifier: MIT */
/*
 * Status values, their names, texts and Win32 errors.
 *
 * Every call of the library whose outcome a Windows program could observe answers with an
 * npfs_status: a 32-bit value in Windows' own vocabulary. The two top bits are the
 * severity: 0 success, 1 information, 2 warning, 3 error. A warning such as
 * STATUS_BUFFER_OVERFLOW and a success such as STATUS_PENDING are answers that the caller
 * must look at.
 *
 * The STATUS_... constants keep the spelling Windows gives them. A program that includes
 * Windows headers as well includes those first: a constant that exists already is left
 * alone.
 *
 * All functions here are pure: they do not block, may be called from any thread and
 * signal handler, and work in the child of a fork.
 */
#ifndef NPFS_STATUS_H
#define NPFS_STATUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what the shared library exports. */
#ifndef NPFS_EXPORT
#if defined(__GNUC__)
#define NPFS_EXPORT __attribute__((visibility("default")))
#else
#define NPFS_EXPORT
#endif
#endif

typedef uint32_t npfs_status;

#ifndef STATUS_SUCCESS
#define STATUS_SUCCESS ((npfs_status)0x00000000)
#endif
#ifndef STATUS_ABANDONED_WAIT_0
#define STATUS_ABANDONED_WAIT_0 ((npfs_status)0x00000080)
#endif
#ifndef STATUS_USER_APC
#define STATUS_USER_APC ((npfs_status)0x000000C0)
#endif
#ifndef STATUS_ALERTED
#define STATUS_ALERTED ((npfs_status)0x00000101)
#endif
#ifndef STATUS_TIMEOUT
#define STATUS_TIMEOUT ((npfs_status)0x00000102)
#endif
#ifndef STATUS_PENDING
#define STATUS_PENDING ((npfs_status)0x00000103)
#endif
#ifndef STATUS_REPARSE
#define STATUS_REPARSE ((npfs_status)0x00000104)
#endif
#ifndef STATUS_MORE_ENTRIES
#define STATUS_MORE_ENTRIES ((npfs_status)0x00000105)
#endif
#ifndef STATUS_NOT_ALL_ASSIGNED
#define STATUS_NOT_ALL_ASSIGNED ((npfs_status)0x00000106)
#endif
#ifndef STATUS_SOME_NOT_MAPPED
#define STATUS_SOME_NOT_MAPPED ((npfs_status)0x00000107)
#endif
#ifndef STATUS_NOTIFY_CLEANUP
#define STATUS_NOTIFY_CLEANUP ((npfs_status)0x0000010B)
#endif
#ifndef STATUS_NOTIFY_ENUM_DIR
#define STATUS_NOTIFY_ENUM_DIR ((npfs_status)0x0000010C)
#endif
#ifndef STATUS_GUARD_PAGE_VIOLATION
#define STATUS_GUARD_PAGE_VIOLATION ((npfs_status)0x80000001)
#endif
#ifndef STATUS_DATATYPE_MISALIGNMENT
#define STATUS_DATATYPE_MISALIGNMENT ((npfs_status)0x80000002)
#endif
#ifndef STATUS_BUFFER_OVERFLOW
#define STATUS_BUFFER_OVERFLOW ((npfs_status)0x80000005)
#endif
#ifndef STATUS_NO_MORE_FILES
#define STATUS_NO_MORE_FILES ((npfs_status)0x80000006)
#endif
#ifndef STATUS_PARTIAL_COPY
#define STATUS_PARTIAL_COPY ((npfs_status)0x8000000D)
#endif
#ifndef STATUS_DEVICE_BUSY
#define STATUS_DEVICE_BUSY ((npfs_status)0x80000011)
#endif
#ifndef STATUS_INVALID_EA_NAME
#define STATUS_INVALID_EA_NAME ((npfs_status)0x80000013)
#endif
#ifndef STATUS_NO_MORE_ENTRIES
#define STATUS_NO_MORE_ENTRIES ((npfs_status)0x8000001A)
#endif
#ifndef STATUS_UNSUCCESSFUL
#define STATUS_UNSUCCESSFUL ((npfs_status)0xC0000001)
#endif
#ifndef STATUS_NOT_IMPLEMENTED
#define STATUS_NOT_IMPLEMENTED ((npfs_status)0xC0000002)
#endif
#ifndef STATUS_INVALID_INFO_CLASS
#define STATUS_INVALID_INFO_CLASS ((npfs_status)0xC0000003)
#endif
#ifndef STATUS_INFO_LENGTH_MISMATCH
#define STATUS_INFO_LENGTH_MISMATCH ((npfs_status)0xC0000004)
#endif
#ifndef STATUS_ACCESS_VIOLATION
#define STATUS_ACCESS_VIOLATION ((npfs_status)0xC0000005)
#endif
#ifndef STATUS_IN_PAGE_ERROR
#define STATUS_IN_PAGE_ERROR ((npfs_status)0xC0000006)
#endif
#ifndef STATUS_PAGEFILE_QUOTA
#define STATUS_PAGEFILE_QUOTA ((npfs_status)0xC0000007)
#endif
#ifndef STATUS_INVALID_HANDLE
#define STATUS_INVALID_HANDLE ((npfs_status)0xC0000008)
#endif
#ifndef STATUS_INVALID_CID
#define STATUS_INVALID_CID ((npfs_status)0xC000000B)
#endif
#ifndef STATUS_INVALID_PARAMETER
#define STATUS_INVALID_PARAMETER ((npfs_status)0xC000000D)
#endif
#ifndef STATUS_NO_SUCH_DEVICE
#define STATUS_NO_SUCH_DEVICE ((npfs_status)0xC000000E)
#endif
#ifndef STATUS_NO_SUCH_FILE
#define STATUS_NO_SUCH_FILE ((npfs_status)0xC000000F)
#endif
#ifndef STATUS_INVALID_DEVICE_REQUEST
#define STATUS_INVALID_DEVICE_REQUEST ((npfs_status)0xC0000010)
#endif
#ifndef STATUS_END_OF_FILE
#define STATUS_END_OF_FILE ((npfs_status)0xC0000011)
#endif
#ifndef STATUS_MORE_PROCESSING_REQUIRED
#define STATUS_MORE_PROCESSING_REQUIRED ((npfs_status)0xC0000016)
#endif
#ifndef STATUS_NO_MEMORY
#define STATUS_NO_MEMORY ((npfs_status)0xC0000017)
#endif
#ifndef STATUS_CONFLICTING_ADDRESSES
#define STATUS_CONFLICTING_ADDRESSES ((npfs_status)0xC0000018)
#endif
#ifndef STATUS_INVALID_SYSTEM_SERVICE
#define STATUS_INVALID_SYSTEM_SERVICE ((npfs_status)0xC000001C)
#endif
#ifndef STATUS_ACCESS_DENIED
#define STATUS_ACCESS_DENIED ((npfs_status)0xC0000022)
#endif
#ifndef STATUS_BUFFER_TOO_SMALL
#define STATUS_BUFFER_TOO_SMALL ((npfs_status)0xC0000023)
#endif
#ifndef STATUS_OBJECT_TYPE_MISMATCH
#define STATUS_OBJECT_TYPE_MISMATCH ((npfs_status)0xC0000024)
#endif
#ifndef STATUS_NOT_LOCKED
#define STATUS_NOT_LOCKED ((npfs_status)0xC000002A)
#endif
#ifndef STATUS_INVALID_PARAMETER_MIX
#define STATUS_INVALID_PARAMETER_MIX ((npfs_status)0xC0000030)
#endif
#ifndef STATUS_OBJECT_NAME_INVALID
#define STATUS_OBJECT_NAME_INVALID ((npfs_status)0xC0000033)
#endif
#ifndef STATUS_OBJECT_NAME_NOT_FOUND
#define STATUS_OBJECT_NAME_NOT_FOUND ((npfs_status)0xC0000034)
#endif
#ifndef STATUS_OBJECT_NAME_COLLISION
#define STATUS_OBJECT_NAME_COLLISION ((npfs_status)0xC0000035)
#endif
#ifndef STATUS_PORT_DISCONNECTED
#define STATUS_PORT_DISCONNECTED ((npfs_status)0xC0000037)
#endif
#ifndef STATUS_OBJECT_PATH_INVALID
#define STATUS_OBJECT_PATH_INVALID ((npfs_status)0xC0000039)
#endif
#ifndef STATUS_OBJECT_PATH_NOT_FOUND
#define STATUS_OBJECT_PATH_NOT_FOUND ((npfs_status)0xC000003A)
#endif
#ifndef STATUS_OBJECT_PATH_SYNTAX_BAD
#define STATUS_OBJECT_PATH_SYNTAX_BAD ((npfs_status)0xC000003B)
#endif
#ifndef STATUS_DATA_ERROR
#define STATUS_DATA_ERROR ((npfs_status)0xC000003E)
#endif
#ifndef STATUS_SECTION_TOO_BIG
#define STATUS_SECTION_TOO_BIG ((npfs_status)0xC0000040)
#endif
#ifndef STATUS_PORT_CONNECTION_REFUSED
#define STATUS_PORT_CONNECTION_REFUSED ((npfs_status)0xC0000041)
#endif
#ifndef STATUS_SHARING_VIOLATION
#define STATUS_SHARING_VIOLATION ((npfs_status)0xC0000043)
#endif
#ifndef STATUS_QUOTA_EXCEEDED
#define STATUS_QUOTA_EXCEEDED ((npfs_status)0xC0000044)
#endif
#ifndef STATUS_MUTANT_NOT_OWNED
#define STATUS_MUTANT_NOT_OWNED ((npfs_status)0xC0000046)
#endif
#ifndef STATUS_SEMAPHORE_LIMIT_EXCEEDED
#define STATUS_SEMAPHORE_LIMIT_EXCEEDED ((npfs_status)0xC0000047)
#endif
#ifndef STATUS_THREAD_IS_TERMINATING
#define STATUS_THREAD_IS_TERMINATING ((npfs_status)0xC000004B)
#endif
#ifndef STATUS_FILE_LOCK_CONFLICT
#define STATUS_FILE_LOCK_CONFLICT ((npfs_status)0xC0000054)
#endif
#ifndef STATUS_LOCK_NOT_GRANTED
#define STATUS_LOCK_NOT_GRANTED ((npfs_status)0xC0000055)
#endif
#ifndef STATUS_DELETE_PENDING
#define STATUS_DELETE_PENDING ((npfs_status)0xC0000056)
#endif
#ifndef STATUS_UNKNOWN_REVISION
#define STATUS_UNKNOWN_REVISION ((npfs_status)0xC0000058)
#endif
#ifndef STATUS_REVISION_MISMATCH
#define STATUS_REVISION_MISMATCH ((npfs_status)0xC0000059)
#endif
#ifndef STATUS_INVALID_OWNER
#define STATUS_INVALID_OWNER ((npfs_status)0xC000005A)
#endif
#ifndef STATUS_INVALID_PRIMARY_GROUP
#define STATUS_INVALID_PRIMARY_GROUP ((npfs_status)0xC000005B)
#endif
#ifndef STATUS_NO_IMPERSONATION_TOKEN
#define STATUS_NO_IMPERSONATION_TOKEN ((npfs_status)0xC000005C)
#endif
#ifndef STATUS_CANT_DISABLE_MANDATORY
#define STATUS_CANT_DISABLE_MANDATORY ((npfs_status)0xC000005D)
#endif
#ifndef STATUS_NO_LOGON_SERVERS
#define STATUS_NO_LOGON_SERVERS ((npfs_status)0xC000005E)
#endif
#ifndef STATUS_NO_SUCH_LOGON_SESSION
#define STATUS_NO_SUCH_LOGON_SESSION ((npfs_status)0xC000005F)
#endif
#ifndef STATUS_NO_SUCH_PRIVILEGE
#define STATUS_NO_SUCH_PRIVILEGE ((npfs_status)0xC0000060)
#endif
#ifndef STATUS_PRIVILEGE_NOT_HELD
#define STATUS_PRIVILEGE_NOT_HELD ((npfs_status)0xC0000061)
#endif
#ifndef STATUS_INVALID_ACCOUNT_NAME
#define STATUS_INVALID_ACCOUNT_NAME ((npfs_status)0xC0000062)
#endif
#ifndef STATUS_USER_EXISTS
#define STATUS_USER_EXISTS ((npfs_status)0xC0000063)
#endif
#ifndef STATUS_NO_SUCH_USER
#define STATUS_NO_SUCH_USER ((npfs_status)0xC0000064)
#endif
#ifndef STATUS_NO_SUCH_GROUP
#define STATUS_NO_SUCH_GROUP ((npfs_status)0xC0000066)
#endif
#ifndef STATUS_WRONG_PASSWORD
#define STATUS_WRONG_PASSWORD ((npfs_status)0xC000006A)
#endif
#ifndef STATUS_LOGON_FAILURE
#define STATUS_LOGON_FAILURE ((npfs_status)0xC000006D)
#endif
#ifndef STATUS_ACCOUNT_RESTRICTION
#define STATUS_ACCOUNT_RESTRICTION ((npfs_status)0xC000006E)
#endif
#ifndef STATUS_PASSWORD_EXPIRED
#define STATUS_PASSWORD_EXPIRED ((npfs_status)0xC0000071)
#endif
#ifndef STATUS_ACCOUNT_DISABLED
#define STATUS_ACCOUNT_DISABLED ((npfs_status)0xC0000072)
#endif
#ifndef STATUS_NONE_MAPPED
#define STATUS_NONE_MAPPED ((npfs_status)0xC0000073)
#endif
#ifndef STATUS_INVALID_ACL
#define STATUS_INVALID_ACL ((npfs_status)0xC0000077)
#endif
#ifndef STATUS_INVALID_SID
#define STATUS_INVALID_SID ((npfs_status)0xC0000078)
#endif
#ifndef STATUS_INVALID_SECURITY_DESCR
#define STATUS_INVALID_SECURITY_DESCR ((npfs_status)0xC0000079)
#endif
#ifndef STATUS_PROCEDURE_NOT_FOUND
#define STATUS_PROCEDURE_NOT_FOUND ((npfs_status)0xC000007A)
#endif
#ifndef STATUS_NO_TOKEN
#define STATUS_NO_TOKEN ((npfs_status)0xC000007C)
#endif
#ifndef STATUS_BAD_INHERITANCE_ACL
#define STATUS_BAD_INHERITANCE_ACL ((npfs_status)0xC000007D)
#endif
#ifndef STATUS_RANGE_NOT_LOCKED
#define STATUS_RANGE_NOT_LOCKED ((npfs_status)0xC000007E)
#endif
#ifndef STATUS_DISK_FULL
#define STATUS_DISK_FULL ((npfs_status)0xC000007F)
#endif
#ifndef STATUS_SERVER_DISABLED
#define STATUS_SERVER_DISABLED ((npfs_status)0xC0000080)
#endif
#ifndef STATUS_ALLOTTED_SPACE_EXCEEDED
#define STATUS_ALLOTTED_SPACE_EXCEEDED ((npfs_status)0xC0000099)
#endif
#ifndef STATUS_INSUFFICIENT_RESOURCES
#define STATUS_INSUFFICIENT_RESOURCES ((npfs_status)0xC000009A)
#endif
#ifndef STATUS_DEVICE_DATA_ERROR
#define STATUS_DEVICE_DATA_ERROR ((npfs_status)0xC000009C)
#endif
#ifndef STATUS_DEVICE_NOT_CONNECTED
#define STATUS_DEVICE_NOT_CONNECTED ((npfs_status)0xC000009D)
#endif
#ifndef STATUS_MEDIA_WRITE_PROTECTED
#define STATUS_MEDIA_WRITE_PROTECTED ((npfs_status)0xC00000A2)
#endif
#ifndef STATUS_BAD_IMPERSONATION_LEVEL
#define STATUS_BAD_IMPERSONATION_LEVEL ((npfs_status)0xC00000A5)
#endif
#ifndef STATUS_CANT_OPEN_ANONYMOUS
#define STATUS_CANT_OPEN_ANONYMOUS ((npfs_status)0xC00000A6)
#endif
#ifndef STATUS_BAD_VALIDATION_CLASS
#define STATUS_BAD_VALIDATION_CLASS ((npfs_status)0xC00000A7)
#endif
#ifndef STATUS_BAD_TOKEN_TYPE
#define STATUS_BAD_TOKEN_TYPE ((npfs_status)0xC00000A8)
#endif
#ifndef STATUS_INSTANCE_NOT_AVAILABLE
#define STATUS_INSTANCE_NOT_AVAILABLE ((npfs_status)0xC00000AB)
#endif
#ifndef STATUS_PIPE_NOT_AVAILABLE
#define STATUS_PIPE_NOT_AVAILABLE ((npfs_status)0xC00000AC)
#endif
#ifndef STATUS_INVALID_PIPE_STATE
#define STATUS_INVALID_PIPE_STATE ((npfs_status)0xC00000AD)
#endif
#ifndef STATUS_PIPE_BUSY
#define STATUS_PIPE_BUSY ((npfs_status)0xC00000AE)
#endif
#ifndef STATUS_ILLEGAL_FUNCTION
#define STATUS_ILLEGAL_FUNCTION ((npfs_status)0xC00000AF)
#endif
#ifndef STATUS_PIPE_DISCONNECTED
#define STATUS_PIPE_DISCONNECTED ((npfs_status)0xC00000B0)
#endif
#ifndef STATUS_PIPE_CLOSING
#define STATUS_PIPE_CLOSING ((npfs_status)0xC00000B1)
#endif
#ifndef STATUS_PIPE_CONNECTED
#define STATUS_PIPE_CONNECTED ((npfs_status)0xC00000B2)
#endif
#ifndef STATUS_PIPE_LISTENING
#define STATUS_PIPE_LISTENING ((npfs_status)0xC00000B3)
#endif
#ifndef STATUS_INVALID_READ_MODE
#define STATUS_INVALID_READ_MODE ((npfs_status)0xC00000B4)
#endif
#ifndef STATUS_IO_TIMEOUT
#define STATUS_IO_TIMEOUT ((npfs_status)0xC00000B5)
#endif
#ifndef STATUS_FILE_FORCED_CLOSED
#define STATUS_FILE_FORCED_CLOSED ((npfs_status)0xC00000B6)
#endif
#ifndef STATUS_FILE_IS_A_DIRECTORY
#define STATUS_FILE_IS_A_DIRECTORY ((npfs_status)0xC00000BA)
#endif
#ifndef STATUS_NOT_SUPPORTED
#define STATUS_NOT_SUPPORTED ((npfs_status)0xC00000BB)
#endif
#ifndef STATUS_REMOTE_NOT_LISTENING
#define STATUS_REMOTE_NOT_LISTENING ((npfs_status)0xC00000BC)
#endif
#ifndef STATUS_DUPLICATE_NAME
#define STATUS_DUPLICATE_NAME ((npfs_status)0xC00000BD)
#endif
#ifndef STATUS_BAD_NETWORK_PATH
#define STATUS_BAD_NETWORK_PATH ((npfs_status)0xC00000BE)
#endif
#ifndef STATUS_NETWORK_BUSY
#define STATUS_NETWORK_BUSY ((npfs_status)0xC00000BF)
#endif
#ifndef STATUS_DEVICE_DOES_NOT_EXIST
#define STATUS_DEVICE_DOES_NOT_EXIST ((npfs_status)0xC00000C0)
#endif
#ifndef STATUS_TOO_MANY_COMMANDS
#define STATUS_TOO_MANY_COMMANDS ((npfs_status)0xC00000C1)
#endif
#ifndef STATUS_INVALID_NETWORK_RESPONSE
#define STATUS_INVALID_NETWORK_RESPONSE ((npfs_status)0xC00000C3)
#endif
#ifndef STATUS_UNEXPECTED_NETWORK_ERROR
#define STATUS_UNEXPECTED_NETWORK_ERROR ((npfs_status)0xC00000C4)
#endif
#ifndef STATUS_NETWORK_NAME_DELETED
#define STATUS_NETWORK_NAME_DELETED ((npfs_status)0xC00000C9)
#endif
#ifndef STATUS_NETWORK_ACCESS_DENIED
#define STATUS_NETWORK_ACCESS_DENIED ((npfs_status)0xC00000CA)
#endif
#ifndef STATUS_BAD_DEVICE_TYPE
#define STATUS_BAD_DEVICE_TYPE ((npfs_status)0xC00000CB)
#endif
#ifndef STATUS_BAD_NETWORK_NAME
#define STATUS_BAD_NETWORK_NAME ((npfs_status)0xC00000CC)
#endif
#ifndef STATUS_TOO_MANY_NAMES
#define STATUS_TOO_MANY_NAMES ((npfs_status)0xC00000CD)
#endif
#ifndef STATUS_TOO_MANY_SESSIONS
#define STATUS_TOO_MANY_SESSIONS ((npfs_status)0xC00000CE)
#endif
#ifndef STATUS_SHARING_PAUSED
#define STATUS_SHARING_PAUSED ((npfs_status)0xC00000CF)
#endif
#ifndef STATUS_REQUEST_NOT_ACCEPTED
#define STATUS_REQUEST_NOT_ACCEPTED ((npfs_status)0xC00000D0)
#endif
#ifndef STATUS_NOT_SAME_DEVICE
#define STATUS_NOT_SAME_DEVICE ((npfs_status)0xC00000D4)
#endif
#ifndef STATUS_PIPE_EMPTY
#define STATUS_PIPE_EMPTY ((npfs_status)0xC00000D9)
#endif
#ifndef STATUS_INTERNAL_ERROR
#define STATUS_INTERNAL_ERROR ((npfs_status)0xC00000E5)
#endif
#ifndef STATUS_GENERIC_NOT_MAPPED
#define STATUS_GENERIC_NOT_MAPPED ((npfs_status)0xC00000E6)
#endif
#ifndef STATUS_BAD_DESCRIPTOR_FORMAT
#define STATUS_BAD_DESCRIPTOR_FORMAT ((npfs_status)0xC00000E7)
#endif
#ifndef STATUS_INVALID_USER_BUFFER
#define STATUS_INVALID_USER_BUFFER ((npfs_status)0xC00000E8)
#endif
#ifndef STATUS_INVALID_PARAMETER_1
#define STATUS_INVALID_PARAMETER_1 ((npfs_status)0xC00000EF)
#endif
#ifndef STATUS_INVALID_PARAMETER_2
#define STATUS_INVALID_PARAMETER_2 ((npfs_status)0xC00000F0)
#endif
#ifndef STATUS_INVALID_PARAMETER_3
#define STATUS_INVALID_PARAMETER_3 ((npfs_status)0xC00000F1)
#endif
#ifndef STATUS_INVALID_PARAMETER_4
#define STATUS_INVALID_PARAMETER_4 ((npfs_status)0xC00000F2)
#endif
#ifndef STATUS_STACK_OVERFLOW
#define STATUS_STACK_OVERFLOW ((npfs_status)0xC00000FD)
#endif
#ifndef STATUS_DIRECTORY_NOT_EMPTY
#define STATUS_DIRECTORY_NOT_EMPTY ((npfs_status)0xC0000101)
#endif
#ifndef STATUS_NOT_A_DIRECTORY
#define STATUS_NOT_A_DIRECTORY ((npfs_status)0xC0000103)
#endif
#ifndef STATUS_NAME_TOO_LONG
#define STATUS_NAME_TOO_LONG ((npfs_status)0xC0000106)
#endif
#ifndef STATUS_PROCESS_IS_TERMINATING
#define STATUS_PROCESS_IS_TERMINATING ((npfs_status)0xC000010A)
#endif
#ifndef STATUS_CANNOT_IMPERSONATE
#define STATUS_CANNOT_IMPERSONATE ((npfs_status)0xC000010D)
#endif
#ifndef STATUS_TOO_MANY_OPENED_FILES
#define STATUS_TOO_MANY_OPENED_FILES ((npfs_status)0xC000011F)
#endif
#ifndef STATUS_CANCELLED
#define STATUS_CANCELLED ((npfs_status)0xC0000120)
#endif
#ifndef STATUS_CANNOT_DELETE
#define STATUS_CANNOT_DELETE ((npfs_status)0xC0000121)
#endif
#ifndef STATUS_FILE_DELETED
#define STATUS_FILE_DELETED ((npfs_status)0xC0000123)
#endif
#ifndef STATUS_FILE_CLOSED
#define STATUS_FILE_CLOSED ((npfs_status)0xC0000128)
#endif
#ifndef STATUS_COMMITMENT_LIMIT
#define STATUS_COMMITMENT_LIMIT ((npfs_status)0xC000012D)
#endif
#ifndef STATUS_LOCAL_DISCONNECT
#define STATUS_LOCAL_DISCONNECT ((npfs_status)0xC000013B)
#endif
#ifndef STATUS_REMOTE_DISCONNECT
#define STATUS_REMOTE_DISCONNECT ((npfs_status)0xC000013C)
#endif
#ifndef STATUS_REMOTE_RESOURCES
#define STATUS_REMOTE_RESOURCES ((npfs_status)0xC000013D)
#endif
#ifndef STATUS_LINK_FAILED
#define STATUS_LINK_FAILED ((npfs_status)0xC000013E)
#endif
#ifndef STATUS_LINK_TIMEOUT
#define STATUS_LINK_TIMEOUT ((npfs_status)0xC000013F)
#endif
#ifndef STATUS_INVALID_CONNECTION
#define STATUS_INVALID_CONNECTION ((npfs_status)0xC0000140)
#endif
#ifndef STATUS_INVALID_LEVEL
#define STATUS_INVALID_LEVEL ((npfs_status)0xC0000148)
#endif
#ifndef STATUS_PIPE_BROKEN
#define STATUS_PIPE_BROKEN ((npfs_status)0xC000014B)
#endif
#ifndef STATUS_INVALID_DEVICE_STATE
#define STATUS_INVALID_DEVICE_STATE ((npfs_status)0xC0000184)
#endif
#ifndef STATUS_IO_DEVICE_ERROR
#define STATUS_IO_DEVICE_ERROR ((npfs_status)0xC0000185)
#endif
#ifndef STATUS_ACCOUNT_EXPIRED
#define STATUS_ACCOUNT_EXPIRED ((npfs_status)0xC0000193)
#endif
#ifndef STATUS_NETWORK_OPEN_RESTRICTION
#define STATUS_NETWORK_OPEN_RESTRICTION ((npfs_status)0xC0000201)
#endif
#ifndef STATUS_NO_USER_SESSION_KEY
#define STATUS_NO_USER_SESSION_KEY ((npfs_status)0xC0000202)
#endif
#ifndef STATUS_USER_SESSION_DELETED
#define STATUS_USER_SESSION_DELETED ((npfs_status)0xC0000203)
#endif
#ifndef STATUS_INSUFF_SERVER_RESOURCES
#define STATUS_INSUFF_SERVER_RESOURCES ((npfs_status)0xC0000205)
#endif
#ifndef STATUS_INVALID_BUFFER_SIZE
#define STATUS_INVALID_BUFFER_SIZE ((npfs_status)0xC0000206)
#endif
#ifndef STATUS_ADDRESS_ALREADY_EXISTS
#define STATUS_ADDRESS_ALREADY_EXISTS ((npfs_status)0xC000020A)
#endif
#ifndef STATUS_CONNECTION_DISCONNECTED
#define STATUS_CONNECTION_DISCONNECTED ((npfs_status)0xC000020C)
#endif
#ifndef STATUS_CONNECTION_RESET
#define STATUS_CONNECTION_RESET ((npfs_status)0xC000020D)
#endif
#ifndef STATUS_NOT_FOUND
#define STATUS_NOT_FOUND ((npfs_status)0xC0000225)
#endif
#ifndef STATUS_RETRY
#define STATUS_RETRY ((npfs_status)0xC000022D)
#endif
#ifndef STATUS_ACCOUNT_LOCKED_OUT
#define STATUS_ACCOUNT_LOCKED_OUT ((npfs_status)0xC0000234)
#endif
#ifndef STATUS_HANDLE_NOT_CLOSABLE
#define STATUS_HANDLE_NOT_CLOSABLE ((npfs_status)0xC0000235)
#endif
#ifndef STATUS_CONNECTION_REFUSED
#define STATUS_CONNECTION_REFUSED ((npfs_status)0xC0000236)
#endif
#ifndef STATUS_GRACEFUL_DISCONNECT
#define STATUS_GRACEFUL_DISCONNECT ((npfs_status)0xC0000237)
#endif
#ifndef STATUS_CONNECTION_INVALID
#define STATUS_CONNECTION_INVALID ((npfs_status)0xC000023A)
#endif
#ifndef STATUS_NETWORK_UNREACHABLE
#define STATUS_NETWORK_UNREACHABLE ((npfs_status)0xC000023C)
#endif
#ifndef STATUS_HOST_UNREACHABLE
#define STATUS_HOST_UNREACHABLE ((npfs_status)0xC000023D)
#endif
#ifndef STATUS_PORT_UNREACHABLE
#define STATUS_PORT_UNREACHABLE ((npfs_status)0xC000023F)
#endif
#ifndef STATUS_REQUEST_ABORTED
#define STATUS_REQUEST_ABORTED ((npfs_status)0xC0000240)
#endif
#ifndef STATUS_CONNECTION_ABORTED
#define STATUS_CONNECTION_ABORTED ((npfs_status)0xC0000241)
#endif
#ifndef STATUS_CONNECTION_COUNT_LIMIT
#define STATUS_CONNECTION_COUNT_LIMIT ((npfs_status)0xC0000246)
#endif
#ifndef STATUS_NOT_A_REPARSE_POINT
#define STATUS_NOT_A_REPARSE_POINT ((npfs_status)0xC0000275)
#endif
#ifndef STATUS_HOST_DOWN
#define STATUS_HOST_DOWN ((npfs_status)0xC0000350)
#endif
#ifndef STATUS_NETWORK_SESSION_EXPIRED
#define STATUS_NETWORK_SESSION_EXPIRED ((npfs_status)0xC000035C)
#endif
#ifndef STATUS_FILE_TOO_LARGE
#define STATUS_FILE_TOO_LARGE ((npfs_status)0xC0000904)
#endif

/**
 * npfs_status_is_error() - is the severity of @status "error"?
 *
 * Warnings and information are none. Since: 0.1
 */
static inline int npfs_status_is_error(npfs_status status)
{
	return status >> 30 == 3;
}

/**
 * npfs_status_is_success() - is the severity of @status "success" or "information"?
 *
 * STATUS_PENDING is a success in this sense. Since: 0.1
 */
static inline int npfs_status_is_success(npfs_status status)
{
	return status >> 31 == 0;
}

/**
 * npfs_status_name() - the name of a status, e.g. "STATUS_PIPE_EMPTY"
 * @status:	any value
 *
 * Return: a static string; NULL for a value the library does not know. Since: 0.1
 */
NPFS_EXPORT const char *npfs_status_name(npfs_status status);

/**
 * npfs_status_text() - one English sentence fragment about a status
 * @status:	any value
 *
 * Return: a static string, never NULL; "unknown status" for a value the library does not
 * know. Since: 0.1
 */
NPFS_EXPORT const char *npfs_status_text(npfs_status status);

/**
 * npfs_status_to_win32() - the Win32 error a Windows program would see for a status
 * @status:	any value
 *
 * Several statuses share one error; the mapping has no inverse.
 *
 * Return: the error number; 317 (ERROR_MR_MID_NOT_FOUND) for a value the library does not
 * know. Since: 0.1
 */
NPFS_EXPORT uint32_t npfs_status_to_win32(npfs_status status);

/**
 * npfs_status_from_errno() - the status for a failed system call
 * @err:	errno, or its negative; 0 is success
 *
 * Return: STATUS_SUCCESS for 0; an error status for everything else, STATUS_UNSUCCESSFUL
 * when there is no better one. Since: 0.1
 */
NPFS_EXPORT npfs_status npfs_status_from_errno(int err);

#ifdef __cplusplus
}
#endif

#endif /* NPFS_STATUS_H */
