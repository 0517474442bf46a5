/* SPDX-License-Identifier: MIT */
/*
 * Pipe vocabulary of the native interface and of the Win32 calls, numbers only.
 *
 * The FILE_PIPE_ values are what the file system stores and reports; the PIPE_ values are
 * the arguments of the Win32 calls. They overlap in meaning and not in numbers: message
 * read mode is 1 natively and 2 in Win32.
 */
#pragma once

#include <stdint.h>

/* clang-format off */

/* native: type */
#define FILE_PIPE_BYTE_STREAM_TYPE		0x0u
#define FILE_PIPE_MESSAGE_TYPE			0x1u
#define FILE_PIPE_ACCEPT_REMOTE_CLIENTS		0x0u
#define FILE_PIPE_REJECT_REMOTE_CLIENTS		0x2u

/* native: read mode */
#define FILE_PIPE_BYTE_STREAM_MODE		0x0u
#define FILE_PIPE_MESSAGE_MODE			0x1u

/* native: completion mode */
#define FILE_PIPE_QUEUE_OPERATION		0x0u
#define FILE_PIPE_COMPLETE_OPERATION		0x1u

/* native: configuration, seen from the server; inbound is client to server */
#define FILE_PIPE_INBOUND			0x0u
#define FILE_PIPE_OUTBOUND			0x1u
#define FILE_PIPE_FULL_DUPLEX			0x2u

/* native: states of an instance */
#define FILE_PIPE_DISCONNECTED_STATE		0x1u
#define FILE_PIPE_LISTENING_STATE		0x2u
#define FILE_PIPE_CONNECTED_STATE		0x3u
#define FILE_PIPE_CLOSING_STATE			0x4u

/* native: ends */
#define FILE_PIPE_CLIENT_END			0x0u
#define FILE_PIPE_SERVER_END			0x1u

/* native: kinds of entries in an event buffer */
#define FILE_PIPE_READ_DATA			0x0u
#define FILE_PIPE_WRITE_SPACE			0x1u

#define FILE_PIPE_UNLIMITED_INSTANCES		0xffffffffu

/* native: create dispositions */
#define FILE_SUPERSEDE				0x0u
#define FILE_OPEN				0x1u
#define FILE_CREATE				0x2u
#define FILE_OPEN_IF				0x3u
#define FILE_OVERWRITE				0x4u
#define FILE_OVERWRITE_IF			0x5u

/* native: what a create or open did */
#define FILE_SUPERSEDED				0x0u
#define FILE_OPENED				0x1u
#define FILE_CREATED				0x2u
#define FILE_OVERWRITTEN			0x3u
#define FILE_EXISTS				0x4u
#define FILE_DOES_NOT_EXIST			0x5u

/* native: create options */
#define FILE_DIRECTORY_FILE			0x00000001u
#define FILE_WRITE_THROUGH			0x00000002u
#define FILE_SEQUENTIAL_ONLY			0x00000004u
#define FILE_NO_INTERMEDIATE_BUFFERING		0x00000008u
#define FILE_SYNCHRONOUS_IO_ALERT		0x00000010u
#define FILE_SYNCHRONOUS_IO_NONALERT		0x00000020u
#define FILE_NON_DIRECTORY_FILE			0x00000040u
#define FILE_OPEN_FOR_BACKUP_INTENT		0x00004000u

/* shared by both: share modes; on a pipe they say what the client may do */
#define FILE_SHARE_READ				0x1u
#define FILE_SHARE_WRITE			0x2u
#define FILE_SHARE_DELETE			0x4u

/* Win32: open mode of a created pipe */
#define PIPE_ACCESS_INBOUND			0x1u
#define PIPE_ACCESS_OUTBOUND			0x2u
#define PIPE_ACCESS_DUPLEX			0x3u
#define FILE_FLAG_FIRST_PIPE_INSTANCE		0x00080000u
#define FILE_FLAG_OVERLAPPED			0x40000000u
#define FILE_FLAG_WRITE_THROUGH			0x80000000u

/* Win32: pipe mode */
#define PIPE_WAIT				0x0u
#define PIPE_NOWAIT				0x1u
#define PIPE_READMODE_BYTE			0x0u
#define PIPE_READMODE_MESSAGE			0x2u
#define PIPE_TYPE_BYTE				0x0u
#define PIPE_TYPE_MESSAGE			0x4u
#define PIPE_ACCEPT_REMOTE_CLIENTS		0x0u
#define PIPE_REJECT_REMOTE_CLIENTS		0x8u

/* Win32: ends, limits, time-outs */
#define PIPE_CLIENT_END				0x0u
#define PIPE_SERVER_END				0x1u
#define PIPE_UNLIMITED_INSTANCES		255u
#define NMPWAIT_USE_DEFAULT_WAIT		0x00000000u
#define NMPWAIT_NOWAIT				0x00000001u
#define NMPWAIT_WAIT_FOREVER			0xffffffffu

/* Win32: quality of service of an opened pipe */
#define SECURITY_ANONYMOUS			0x00000000u
#define SECURITY_IDENTIFICATION			0x00010000u
#define SECURITY_IMPERSONATION			0x00020000u
#define SECURITY_DELEGATION			0x00030000u
#define SECURITY_CONTEXT_TRACKING		0x00040000u
#define SECURITY_EFFECTIVE_ONLY			0x00080000u
#define SECURITY_SQOS_PRESENT			0x00100000u

/* clang-format on */

/* The default wait of a pipe created with time-out 0: 50 ms, as a native interval. */
#define NP_PIPE_DEFAULT_TIMEOUT_NT (-INT64_C(500000))
