/* SPDX-License-Identifier: MIT */
/*
 * Files by number: _lopen and its kin, from before there were handles of 32 bits
 *
 * The number is the handle, which fits (handle_table.h). The calls are CreateFile, ReadFile,
 * WriteFile, SetFilePointer and CloseHandle; the attribute of _lcreat is as in CreateFile.
 */
#include <windows.h>

#include "kernel32-shim/thread.h"

static HANDLE handle_of(HFILE file)
{
	return LongToHandle(file);
}

static HFILE number_of(HANDLE h)
{
	return h == INVALID_HANDLE_VALUE ? HFILE_ERROR : (HFILE)(INT_PTR)h;
}

/* The sharing bits above the mode are not enforced, as nowhere here. */
HFILE WINAPI _lopen(LPCSTR path, int mode)
{
	static const DWORD access[] = {
		[OF_READ] = GENERIC_READ,
		[OF_WRITE] = GENERIC_WRITE,
		[OF_READWRITE] = GENERIC_READ | GENERIC_WRITE,
	};
	unsigned wanted = (unsigned)mode & 3u;

	if (wanted >= ARRAYSIZE(access)) {
		thread_fail(ERROR_INVALID_PARAMETER);
		return HFILE_ERROR;
	}
	return number_of(CreateFileA(path, access[wanted],
				     FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				     OPEN_EXISTING, 0, NULL));
}

HFILE WINAPI _lcreat(LPCSTR path, int attribute)
{
	return number_of(CreateFileA(path, GENERIC_READ | GENERIC_WRITE,
				     FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				     CREATE_ALWAYS, (DWORD)attribute & 7u, NULL));
}

UINT WINAPI _lread(HFILE file, LPVOID buffer, UINT len)
{
	DWORD done;

	return ReadFile(handle_of(file), buffer, len, &done, NULL) ? done
								   : (UINT)HFILE_ERROR;
}

/* Nothing to write is a cut: the file ends where its position is. */
UINT WINAPI _lwrite(HFILE file, LPCSTR buffer, UINT len)
{
	DWORD done;

	if (!len)
		return SetEndOfFile(handle_of(file)) ? 0 : (UINT)HFILE_ERROR;
	return WriteFile(handle_of(file), buffer, len, &done, NULL) ? done
								    : (UINT)HFILE_ERROR;
}

LONG WINAPI _llseek(HFILE file, LONG distance, int origin)
{
	return (LONG)SetFilePointer(handle_of(file), distance, NULL, (DWORD)origin);
}

HFILE WINAPI _lclose(HFILE file)
{
	return CloseHandle(handle_of(file)) ? 0 : HFILE_ERROR;
}

/* As many as asked for: there is no such limit. */
UINT WINAPI SetHandleCount(UINT n)
{
	return n;
}
