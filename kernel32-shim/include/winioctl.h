/* SPDX-License-Identifier: MIT */
/*
 * winioctl.h - control codes: how they are made, and those of the pipe file system
 */
#ifndef NPFS_W32_WINIOCTL_H
#define NPFS_W32_WINIOCTL_H

#include "windef.h"

#ifndef DEVICE_TYPE
#define DEVICE_TYPE DWORD
#endif

#define CTL_CODE(type, function, method, access)                                         \
	(((DWORD)(type) << 16) | ((DWORD)(access) << 14) | ((DWORD)(function) << 2) |    \
	 (DWORD)(method))
#define DEVICE_TYPE_FROM_CTL_CODE(code) (((DWORD)((code)&0xffff0000)) >> 16)
#define METHOD_FROM_CTL_CODE(code)      ((DWORD)((code)&3))

#define METHOD_BUFFERED   0
#define METHOD_IN_DIRECT  1
#define METHOD_OUT_DIRECT 2
#define METHOD_NEITHER    3

#define FILE_ANY_ACCESS     0x0000
#define FILE_SPECIAL_ACCESS (FILE_ANY_ACCESS)
#define FILE_READ_ACCESS    0x0001
#define FILE_WRITE_ACCESS   0x0002

#define FILE_DEVICE_DISK                0x00000007
#define FILE_DEVICE_DISK_FILE_SYSTEM    0x00000008
#define FILE_DEVICE_FILE_SYSTEM         0x00000009
#define FILE_DEVICE_MAILSLOT            0x0000000C
#define FILE_DEVICE_NAMED_PIPE          0x00000011
#define FILE_DEVICE_NETWORK             0x00000012
#define FILE_DEVICE_NETWORK_FILE_SYSTEM 0x00000014
#define FILE_DEVICE_NULL                0x00000015
#define FILE_DEVICE_UNKNOWN             0x00000022

#define NPFS_W32_FSCTL_PIPE(function, method, access)                                    \
	CTL_CODE(FILE_DEVICE_NAMED_PIPE, function, method, access)

#define FSCTL_PIPE_ASSIGN_EVENT NPFS_W32_FSCTL_PIPE(0, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_DISCONNECT   NPFS_W32_FSCTL_PIPE(1, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_LISTEN       NPFS_W32_FSCTL_PIPE(2, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_PEEK         NPFS_W32_FSCTL_PIPE(3, METHOD_BUFFERED, FILE_READ_ACCESS)
#define FSCTL_PIPE_QUERY_EVENT  NPFS_W32_FSCTL_PIPE(4, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_TRANSCEIVE                                                            \
	NPFS_W32_FSCTL_PIPE(5, METHOD_NEITHER, FILE_READ_ACCESS | FILE_WRITE_ACCESS)
#define FSCTL_PIPE_WAIT        NPFS_W32_FSCTL_PIPE(6, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_IMPERSONATE NPFS_W32_FSCTL_PIPE(7, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_SET_CLIENT_PROCESS                                                    \
	NPFS_W32_FSCTL_PIPE(8, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_QUERY_CLIENT_PROCESS                                                  \
	NPFS_W32_FSCTL_PIPE(9, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_GET_PIPE_ATTRIBUTE                                                    \
	NPFS_W32_FSCTL_PIPE(10, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_SET_PIPE_ATTRIBUTE                                                    \
	NPFS_W32_FSCTL_PIPE(11, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE                                              \
	NPFS_W32_FSCTL_PIPE(12, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_SET_CONNECTION_ATTRIBUTE                                              \
	NPFS_W32_FSCTL_PIPE(13, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_GET_HANDLE_ATTRIBUTE                                                  \
	NPFS_W32_FSCTL_PIPE(14, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_SET_HANDLE_ATTRIBUTE                                                  \
	NPFS_W32_FSCTL_PIPE(15, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_FLUSH NPFS_W32_FSCTL_PIPE(16, METHOD_BUFFERED, FILE_WRITE_ACCESS)
#define FSCTL_PIPE_DISABLE_IMPERSONATE                                                   \
	NPFS_W32_FSCTL_PIPE(17, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_SILO_ARRIVAL                                                          \
	NPFS_W32_FSCTL_PIPE(18, METHOD_BUFFERED, FILE_WRITE_ACCESS)
#define FSCTL_PIPE_CREATE_SYMLINK                                                        \
	NPFS_W32_FSCTL_PIPE(19, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_DELETE_SYMLINK                                                        \
	NPFS_W32_FSCTL_PIPE(20, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define FSCTL_PIPE_QUERY_CLIENT_PROCESS_V2                                               \
	NPFS_W32_FSCTL_PIPE(21, METHOD_BUFFERED, FILE_ANY_ACCESS)

#endif
