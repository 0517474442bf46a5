/* SPDX-License-Identifier: MIT */
/*
 * File system control codes of the pipe device.
 *
 * A code is built of device type, demanded access, function number and buffer method:
 * device << 16 | access << 14 | function << 2 | method. The demanded access is checked
 * before the file system sees the request.
 */
#pragma once

#include <stdint.h>

#include "npfs/nt/access.h"

/* clang-format off */
#define FILE_DEVICE_NAMED_PIPE			0x00000011u

#define METHOD_BUFFERED				0u
#define METHOD_NEITHER				3u
#define FILE_ANY_ACCESS				0u
#define FILE_READ_ACCESS			1u
#define FILE_WRITE_ACCESS			2u

#define FSCTL_PIPE_ASSIGN_EVENT			0x00110000u
#define FSCTL_PIPE_DISCONNECT			0x00110004u
#define FSCTL_PIPE_LISTEN			0x00110008u
#define FSCTL_PIPE_PEEK				0x0011400cu
#define FSCTL_PIPE_QUERY_EVENT			0x00110010u
#define FSCTL_PIPE_TRANSCEIVE			0x0011c017u
#define FSCTL_PIPE_WAIT				0x00110018u
#define FSCTL_PIPE_IMPERSONATE			0x0011001cu
#define FSCTL_PIPE_SET_CLIENT_PROCESS		0x00110020u
#define FSCTL_PIPE_QUERY_CLIENT_PROCESS		0x00110024u
#define FSCTL_PIPE_GET_PIPE_ATTRIBUTE		0x00110028u
#define FSCTL_PIPE_SET_PIPE_ATTRIBUTE		0x0011002cu
#define FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE	0x00110030u
#define FSCTL_PIPE_SET_CONNECTION_ATTRIBUTE	0x00110034u
#define FSCTL_PIPE_GET_HANDLE_ATTRIBUTE		0x00110038u
#define FSCTL_PIPE_SET_HANDLE_ATTRIBUTE		0x0011003cu
#define FSCTL_PIPE_FLUSH			0x00118040u
#define FSCTL_PIPE_DISABLE_IMPERSONATE		0x00110044u
#define FSCTL_PIPE_SILO_ARRIVAL			0x00118048u
#define FSCTL_PIPE_CREATE_SYMLINK		0x0011004cu
#define FSCTL_PIPE_DELETE_SYMLINK		0x00110050u
#define FSCTL_PIPE_QUERY_CLIENT_PROCESS_V2	0x00110054u
/* clang-format on */

/* The rights a handle needs before the file system is asked for @code. */
static inline uint32_t np_fsctl_access(uint32_t code)
{
	uint32_t bits = code >> 14 & 3;

	return (bits & FILE_READ_ACCESS ? FILE_READ_DATA : 0) |
	       (bits & FILE_WRITE_ACCESS ? FILE_WRITE_DATA : 0);
}
