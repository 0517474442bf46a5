/* SPDX-License-Identifier: MIT */
#include "kernel32-shim/access_map.h"

const GENERIC_MAPPING access_file_map = {
	.GenericRead = FILE_GENERIC_READ,
	.GenericWrite = FILE_GENERIC_WRITE,
	.GenericExecute = FILE_GENERIC_EXECUTE,
	.GenericAll = FILE_ALL_ACCESS,
};

DWORD access_map(DWORD access, const GENERIC_MAPPING *map)
{
	DWORD mapped = access & ~(DWORD)ACCESS_GENERIC;

	if (access & GENERIC_READ)
		mapped |= map->GenericRead;
	if (access & GENERIC_WRITE)
		mapped |= map->GenericWrite;
	if (access & GENERIC_EXECUTE)
		mapped |= map->GenericExecute;
	if (access & GENERIC_ALL)
		mapped |= map->GenericAll;
	return mapped;
}

DWORD access_map_granting(DWORD access, const GENERIC_MAPPING *map)
{
	if (access & MAXIMUM_ALLOWED)
		access = (access & ~(DWORD)MAXIMUM_ALLOWED) | GENERIC_ALL;
	return access_map(access, map);
}
