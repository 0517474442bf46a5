/* SPDX-License-Identifier: MIT */
/*
 * Access rights in the Windows spelling, and how generic rights turn into file rights.
 *
 * Masks are npfs's business wherever a handle or a descriptor is involved. A pipe is a
 * file: it takes the file mapping, in which "append" (0x4) is the right to make another
 * instance.
 */
#pragma once

#include <stdint.h>

/* clang-format off */
#define FILE_READ_DATA			0x00000001u
#define FILE_LIST_DIRECTORY		0x00000001u
#define FILE_WRITE_DATA			0x00000002u
#define FILE_APPEND_DATA		0x00000004u
#define FILE_CREATE_PIPE_INSTANCE	0x00000004u
#define FILE_READ_EA			0x00000008u
#define FILE_WRITE_EA			0x00000010u
#define FILE_EXECUTE			0x00000020u
#define FILE_TRAVERSE			0x00000020u
#define FILE_DELETE_CHILD		0x00000040u
#define FILE_READ_ATTRIBUTES		0x00000080u
#define FILE_WRITE_ATTRIBUTES		0x00000100u

#define DELETE				0x00010000u
#define READ_CONTROL			0x00020000u
#define WRITE_DAC			0x00040000u
#define WRITE_OWNER			0x00080000u
#define SYNCHRONIZE			0x00100000u
#define STANDARD_RIGHTS_REQUIRED	0x000f0000u
#define STANDARD_RIGHTS_ALL		0x001f0000u
#define SPECIFIC_RIGHTS_ALL		0x0000ffffu
#define ACCESS_SYSTEM_SECURITY		0x01000000u
#define MAXIMUM_ALLOWED			0x02000000u

#define GENERIC_ALL			0x10000000u
#define GENERIC_EXECUTE			0x20000000u
#define GENERIC_WRITE			0x40000000u
#define GENERIC_READ			0x80000000u

#define FILE_GENERIC_READ		0x00120089u
#define FILE_GENERIC_WRITE		0x00120116u
#define FILE_GENERIC_EXECUTE		0x001200a0u
#define FILE_ALL_ACCESS			0x001f01ffu
/* clang-format on */

/* The generic rights of @access replaced by the file rights they stand for. */
static inline uint32_t np_access_map_file(uint32_t access)
{
	uint32_t mapped =
		access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);

	if (access & GENERIC_READ)
		mapped |= FILE_GENERIC_READ;
	if (access & GENERIC_WRITE)
		mapped |= FILE_GENERIC_WRITE;
	if (access & GENERIC_EXECUTE)
		mapped |= FILE_GENERIC_EXECUTE;
	if (access & GENERIC_ALL)
		mapped |= FILE_ALL_ACCESS;
	return mapped;
}
