/* SPDX-License-Identifier: MIT */
/*
 * The native calls of this area, each found at run time: NT(NtReadFile)(…).
 *
 * conformance/native.h has those that cases of other areas use, the numbers and the structs.
 */
#pragma once

#include "conformance/late.h"
#include "conformance/native.h"
#include "conformance/pipes.h"

typedef IO_STATUS_BLOCK iosb_t;

typedef LONG(WINAPI *nt_NtReadFile)(HANDLE, HANDLE, native_apc, void *, iosb_t *, void *,
				    ULONG, LARGE_INTEGER *, ULONG *);
typedef nt_NtReadFile nt_NtWriteFile;
typedef LONG(WINAPI *nt_NtFlushBuffersFile)(HANDLE, iosb_t *);
typedef LONG(WINAPI *nt_NtCancelIoFile)(HANDLE, iosb_t *);
typedef LONG(WINAPI *nt_NtCancelIoFileEx)(HANDLE, iosb_t *, iosb_t *);
typedef LONG(WINAPI *nt_NtCancelSynchronousIoFile)(HANDLE, iosb_t *, iosb_t *);
typedef LONG(WINAPI *nt_NtQueryVolumeInformationFile)(HANDLE, iosb_t *, void *, ULONG, int);
typedef LONG(WINAPI *nt_NtQueryDirectoryFile)(HANDLE, HANDLE, native_apc, void *, iosb_t *,
					      void *, ULONG, int, BOOLEAN, UNICODE_STRING *,
					      BOOLEAN);
typedef LONG(WINAPI *nt_NtQuerySecurityObject)(HANDLE, ULONG, void *, ULONG, ULONG *);
typedef LONG(WINAPI *nt_NtSetSecurityObject)(HANDLE, ULONG, void *);
typedef LONG(WINAPI *nt_NtClose)(HANDLE);
typedef LONG(WINAPI *nt_NtDuplicateObject)(HANDLE, HANDLE, HANDLE, HANDLE *, ULONG, ULONG,
					   ULONG);
typedef LONG(WINAPI *nt_NtCreateEvent)(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, int, BOOLEAN);
typedef LONG(WINAPI *nt_NtSetEvent)(HANDLE, LONG *);
typedef nt_NtSetEvent nt_NtResetEvent;
typedef LONG(WINAPI *nt_NtQueryEvent)(HANDLE, int, void *, ULONG, ULONG *);
typedef LONG(WINAPI *nt_NtWaitForSingleObject)(HANDLE, BOOLEAN, LARGE_INTEGER *);
typedef LONG(WINAPI *nt_NtCreateDirectoryObject)(HANDLE *, ULONG, OBJECT_ATTRIBUTES *);
typedef LONG(WINAPI *nt_NtCreateIoCompletion)(HANDLE *, ULONG, OBJECT_ATTRIBUTES *, ULONG);
typedef LONG(WINAPI *nt_NtSetIoCompletion)(HANDLE, ULONG_PTR, ULONG_PTR, LONG, SIZE_T);
typedef LONG(WINAPI *nt_NtRemoveIoCompletion)(HANDLE, ULONG_PTR *, ULONG_PTR *, iosb_t *,
					      LARGE_INTEGER *);
typedef ULONG(WINAPI *nt_RtlNtStatusToDosError)(LONG);
typedef void(WINAPI *nt_RtlInitUnicodeString)(UNICODE_STRING *, const WCHAR *);
typedef BOOLEAN(WINAPI *nt_RtlEqualUnicodeString)(UNICODE_STRING *, UNICODE_STRING *,
						  BOOLEAN);

#define NT(name) ((nt_##name)late_need("ntdll.dll", #name))

enum {
	FSCTL_ASSIGN_EVENT = 0x00110000,
	FSCTL_QUERY_EVENT = 0x00110010,
	FSCTL_TRANSCEIVE = 0x0011C017,
	FSCTL_SET_CLIENT_PROCESS = 0x00110020,
	FSCTL_QUERY_CLIENT_PROCESS = 0x00110024,
	FSCTL_GET_PIPE_ATTRIBUTE = 0x00110028,
	FSCTL_GET_CONNECTION_ATTRIBUTE = 0x00110030,

	CLASS_DIRECTORY = 1,
	CLASS_FULL_DIRECTORY = 2,
	CLASS_BOTH_DIRECTORY = 3,
	CLASS_BASIC = 4,
	CLASS_STANDARD = 5,
	CLASS_INTERNAL = 6,
	CLASS_EA = 7,
	CLASS_ACCESS = 8,
	CLASS_NAMES = 12,
	CLASS_POSITION = 14,
	CLASS_MODE = 16,
	CLASS_ALL = 18,
	CLASS_END_OF_FILE = 20,
	CLASS_PIPE_REMOTE = 25,
	CLASS_NOTIFICATION = 41,
};

#define NT_TIMEOUT                0x00000102u
#define NT_USER_APC               0x000000C0u
#define NT_NO_MORE_FILES          0x80000006u
#define NT_NO_SUCH_FILE           0xC000000Fu
#define NT_INVALID_DEVICE_REQUEST 0xC0000010u
#define NT_BUFFER_TOO_SMALL       0xC0000023u
#define NT_NAME_COLLISION         0xC0000035u
#define NT_PIPE_LISTENING         0xC00000B3u
#define NT_PIPE_CONNECTED         0xC00000B2u
#define NT_IO_TIMEOUT             0xC00000B5u
#define NT_NOT_FOUND              0xC0000225u

/* An IO_STATUS_BLOCK nobody has written to. */
#define IOSB_UNTOUCHED {{(LONG)0xCCCCCCCC}, 0xCCCC}
#define EXPECT_IOSB_UNTOUCHED(iosb)                                                      \
	do {                                                                             \
		EXPECT_STATUS((iosb)->Status, 0xCCCCCCCCu);                              \
		EXPECT_EQ((iosb)->Information, 0xCCCC);                                  \
	} while (0)

/* A time from now on, for timeouts. */
static inline LARGE_INTEGER relative_ms(unsigned ms)
{
	LARGE_INTEGER t;

	t.QuadPart = -(LONGLONG)ms * 10000;
	return t;
}
