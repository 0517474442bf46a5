/* SPDX-License-Identifier: MIT */
#include "kernel32-shim/access_map.h"

const GENERIC_MAPPING access_file_map = {
	.GenericRead = FILE_GENERIC_READ,
	.GenericWrite = FILE_GENERIC_WRITE,
	.GenericExecute = FILE_GENERIC_EXECUTE,
	.GenericAll = FILE_ALL_ACCESS,
};

const GENERIC_MAPPING access_port_map = {
	.GenericRead = STANDARD_RIGHTS_READ | IO_COMPLETION_QUERY_STATE,
	.GenericWrite = STANDARD_RIGHTS_WRITE | IO_COMPLETION_MODIFY_STATE,
	.GenericExecute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
	.GenericAll = IO_COMPLETION_ALL_ACCESS,
};

static const GENERIC_MAPPING process_map = {
	.GenericRead = STANDARD_RIGHTS_READ | PROCESS_QUERY_INFORMATION | PROCESS_VM_READ,
	.GenericWrite = STANDARD_RIGHTS_WRITE | PROCESS_SET_QUOTA | PROCESS_SET_INFORMATION |
			PROCESS_CREATE_THREAD | PROCESS_VM_OPERATION | PROCESS_VM_WRITE |
			PROCESS_DUP_HANDLE | PROCESS_TERMINATE,
	.GenericExecute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | PROCESS_TERMINATE |
			  PROCESS_QUERY_LIMITED_INFORMATION,
	.GenericAll = PROCESS_ALL_ACCESS,
};

static const GENERIC_MAPPING thread_map = {
	.GenericRead = STANDARD_RIGHTS_READ | THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION,
	.GenericWrite = STANDARD_RIGHTS_WRITE | THREAD_TERMINATE | THREAD_SUSPEND_RESUME |
			THREAD_SET_INFORMATION | THREAD_SET_CONTEXT,
	.GenericExecute = STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE |
			  THREAD_QUERY_LIMITED_INFORMATION,
	.GenericAll = THREAD_ALL_ACCESS,
};

static const GENERIC_MAPPING token_map = {
	.GenericRead = TOKEN_READ,
	.GenericWrite = TOKEN_WRITE,
	.GenericExecute = TOKEN_EXECUTE,
	.GenericAll = TOKEN_ALL_ACCESS,
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

DWORD access_map_process(DWORD access)
{
	DWORD mapped = access_map_granting(access, &process_map);

	if (mapped & PROCESS_QUERY_INFORMATION)
		mapped |= PROCESS_QUERY_LIMITED_INFORMATION;
	if (mapped & PROCESS_SET_INFORMATION)
		mapped |= PROCESS_SET_LIMITED_INFORMATION;
	return mapped;
}

DWORD access_map_thread(DWORD access)
{
	DWORD mapped = access_map_granting(access, &thread_map);

	if (mapped & THREAD_QUERY_INFORMATION)
		mapped |= THREAD_QUERY_LIMITED_INFORMATION;
	if (mapped & THREAD_SET_INFORMATION)
		mapped |= THREAD_SET_LIMITED_INFORMATION;
	if (mapped & THREAD_SUSPEND_RESUME)
		mapped |= THREAD_RESUME;
	return mapped;
}

DWORD access_map_token(DWORD access)
{
	return access_map_granting(access, &token_map);
}
