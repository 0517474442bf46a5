/* SPDX-License-Identifier: MIT */
/*
 * fileapi.h - opening, reading and writing; files and directories
 */
#ifndef NPFS_W32_FILEAPI_H
#define NPFS_W32_FILEAPI_H

#include "minwindef.h"
#include "minwinbase.h"
#include "handleapi.h"

NPFS_W32_BEGIN

#define CREATE_NEW        1
#define CREATE_ALWAYS     2
#define OPEN_EXISTING     3
#define OPEN_ALWAYS       4
#define TRUNCATE_EXISTING 5

#define FILE_NAME_NORMALIZED 0x0
#define FILE_NAME_OPENED     0x8
#define VOLUME_NAME_DOS      0x0
#define VOLUME_NAME_GUID     0x1
#define VOLUME_NAME_NT       0x2
#define VOLUME_NAME_NONE     0x4

#define INVALID_FILE_SIZE        ((DWORD)0xFFFFFFFF)
#define INVALID_SET_FILE_POINTER ((DWORD)-1)
#define INVALID_FILE_ATTRIBUTES  ((DWORD)-1)

typedef struct _BY_HANDLE_FILE_INFORMATION {
	DWORD dwFileAttributes;
	FILETIME ftCreationTime;
	FILETIME ftLastAccessTime;
	FILETIME ftLastWriteTime;
	DWORD dwVolumeSerialNumber;
	DWORD nFileSizeHigh;
	DWORD nFileSizeLow;
	DWORD nNumberOfLinks;
	DWORD nFileIndexHigh;
	DWORD nFileIndexLow;
} BY_HANDLE_FILE_INFORMATION, *PBY_HANDLE_FILE_INFORMATION, *LPBY_HANDLE_FILE_INFORMATION;

typedef struct _WIN32_FILE_ATTRIBUTE_DATA {
	DWORD dwFileAttributes;
	FILETIME ftCreationTime;
	FILETIME ftLastAccessTime;
	FILETIME ftLastWriteTime;
	DWORD nFileSizeHigh;
	DWORD nFileSizeLow;
} WIN32_FILE_ATTRIBUTE_DATA, *LPWIN32_FILE_ATTRIBUTE_DATA;

typedef struct _CREATEFILE2_EXTENDED_PARAMETERS {
	DWORD dwSize;
	DWORD dwFileAttributes;
	DWORD dwFileFlags;
	DWORD dwSecurityQosFlags;
	LPSECURITY_ATTRIBUTES lpSecurityAttributes;
	HANDLE hTemplateFile;
} CREATEFILE2_EXTENDED_PARAMETERS, *PCREATEFILE2_EXTENDED_PARAMETERS,
	*LPCREATEFILE2_EXTENDED_PARAMETERS;

WINBASEAPI HANDLE WINAPI CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess,
				     DWORD dwShareMode,
				     LPSECURITY_ATTRIBUTES lpSecurityAttributes,
				     DWORD dwCreationDisposition,
				     DWORD dwFlagsAndAttributes, HANDLE hTemplateFile);
WINBASEAPI HANDLE WINAPI CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess,
				     DWORD dwShareMode,
				     LPSECURITY_ATTRIBUTES lpSecurityAttributes,
				     DWORD dwCreationDisposition,
				     DWORD dwFlagsAndAttributes, HANDLE hTemplateFile);
#define CreateFile NPFS_W32_AW(CreateFile)
WINBASEAPI HANDLE WINAPI CreateFile2(LPCWSTR lpFileName, DWORD dwDesiredAccess,
				     DWORD dwShareMode, DWORD dwCreationDisposition,
				     LPCREATEFILE2_EXTENDED_PARAMETERS pCreateExParams);

WINBASEAPI BOOL WINAPI ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
				LPDWORD lpNumberOfBytesRead, LPOVERLAPPED lpOverlapped);
WINBASEAPI BOOL WINAPI WriteFile(HANDLE hFile, LPCVOID lpBuffer,
				 DWORD nNumberOfBytesToWrite,
				 LPDWORD lpNumberOfBytesWritten,
				 LPOVERLAPPED lpOverlapped);
WINBASEAPI BOOL WINAPI ReadFileEx(HANDLE hFile, LPVOID lpBuffer,
				  DWORD nNumberOfBytesToRead, LPOVERLAPPED lpOverlapped,
				  LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
WINBASEAPI BOOL WINAPI WriteFileEx(HANDLE hFile, LPCVOID lpBuffer,
				   DWORD nNumberOfBytesToWrite, LPOVERLAPPED lpOverlapped,
				   LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine);
WINBASEAPI BOOL WINAPI FlushFileBuffers(HANDLE hFile);

WINBASEAPI DWORD WINAPI GetFileType(HANDLE hFile);
WINBASEAPI DWORD WINAPI GetFileSize(HANDLE hFile, LPDWORD lpFileSizeHigh);
WINBASEAPI BOOL WINAPI GetFileSizeEx(HANDLE hFile, PLARGE_INTEGER lpFileSize);
WINBASEAPI DWORD WINAPI SetFilePointer(HANDLE hFile, LONG lDistanceToMove,
				       PLONG lpDistanceToMoveHigh, DWORD dwMoveMethod);
WINBASEAPI BOOL WINAPI SetFilePointerEx(HANDLE hFile, LARGE_INTEGER liDistanceToMove,
					PLARGE_INTEGER lpNewFilePointer,
					DWORD dwMoveMethod);
WINBASEAPI BOOL WINAPI SetEndOfFile(HANDLE hFile);
WINBASEAPI BOOL WINAPI GetFileTime(HANDLE hFile, LPFILETIME lpCreationTime,
				   LPFILETIME lpLastAccessTime,
				   LPFILETIME lpLastWriteTime);
WINBASEAPI BOOL WINAPI SetFileTime(HANDLE hFile, const FILETIME *lpCreationTime,
				   const FILETIME *lpLastAccessTime,
				   const FILETIME *lpLastWriteTime);
WINBASEAPI BOOL WINAPI
GetFileInformationByHandle(HANDLE hFile, LPBY_HANDLE_FILE_INFORMATION lpFileInformation);
WINBASEAPI BOOL WINAPI LockFile(HANDLE hFile, DWORD dwFileOffsetLow,
				DWORD dwFileOffsetHigh, DWORD nNumberOfBytesToLockLow,
				DWORD nNumberOfBytesToLockHigh);
WINBASEAPI BOOL WINAPI LockFileEx(HANDLE hFile, DWORD dwFlags, DWORD dwReserved,
				  DWORD nNumberOfBytesToLockLow,
				  DWORD nNumberOfBytesToLockHigh,
				  LPOVERLAPPED lpOverlapped);
WINBASEAPI BOOL WINAPI UnlockFile(HANDLE hFile, DWORD dwFileOffsetLow,
				  DWORD dwFileOffsetHigh, DWORD nNumberOfBytesToUnlockLow,
				  DWORD nNumberOfBytesToUnlockHigh);
WINBASEAPI BOOL WINAPI UnlockFileEx(HANDLE hFile, DWORD dwReserved,
				    DWORD nNumberOfBytesToUnlockLow,
				    DWORD nNumberOfBytesToUnlockHigh,
				    LPOVERLAPPED lpOverlapped);

WINBASEAPI DWORD WINAPI GetFileAttributesA(LPCSTR lpFileName);
WINBASEAPI DWORD WINAPI GetFileAttributesW(LPCWSTR lpFileName);
#define GetFileAttributes NPFS_W32_AW(GetFileAttributes)
WINBASEAPI BOOL WINAPI SetFileAttributesA(LPCSTR lpFileName, DWORD dwFileAttributes);
WINBASEAPI BOOL WINAPI SetFileAttributesW(LPCWSTR lpFileName, DWORD dwFileAttributes);
#define SetFileAttributes NPFS_W32_AW(SetFileAttributes)
WINBASEAPI BOOL WINAPI GetFileAttributesExA(LPCSTR lpFileName,
					    GET_FILEEX_INFO_LEVELS fInfoLevelId,
					    LPVOID lpFileInformation);
WINBASEAPI BOOL WINAPI GetFileAttributesExW(LPCWSTR lpFileName,
					    GET_FILEEX_INFO_LEVELS fInfoLevelId,
					    LPVOID lpFileInformation);
#define GetFileAttributesEx NPFS_W32_AW(GetFileAttributesEx)
WINBASEAPI BOOL WINAPI DeleteFileA(LPCSTR lpFileName);
WINBASEAPI BOOL WINAPI DeleteFileW(LPCWSTR lpFileName);
#define DeleteFile NPFS_W32_AW(DeleteFile)
WINBASEAPI BOOL WINAPI CreateDirectoryA(LPCSTR lpPathName,
					LPSECURITY_ATTRIBUTES lpSecurityAttributes);
WINBASEAPI BOOL WINAPI CreateDirectoryW(LPCWSTR lpPathName,
					LPSECURITY_ATTRIBUTES lpSecurityAttributes);
#define CreateDirectory NPFS_W32_AW(CreateDirectory)
WINBASEAPI BOOL WINAPI RemoveDirectoryA(LPCSTR lpPathName);
WINBASEAPI BOOL WINAPI RemoveDirectoryW(LPCWSTR lpPathName);
#define RemoveDirectory NPFS_W32_AW(RemoveDirectory)
WINBASEAPI DWORD WINAPI GetFullPathNameA(LPCSTR lpFileName, DWORD nBufferLength,
					 LPSTR lpBuffer, LPSTR *lpFilePart);
WINBASEAPI DWORD WINAPI GetFullPathNameW(LPCWSTR lpFileName, DWORD nBufferLength,
					 LPWSTR lpBuffer, LPWSTR *lpFilePart);
#define GetFullPathName NPFS_W32_AW(GetFullPathName)
WINBASEAPI DWORD WINAPI GetTempPathA(DWORD nBufferLength, LPSTR lpBuffer);
WINBASEAPI DWORD WINAPI GetTempPathW(DWORD nBufferLength, LPWSTR lpBuffer);
#define GetTempPath NPFS_W32_AW(GetTempPath)
WINBASEAPI UINT WINAPI GetTempFileNameA(LPCSTR lpPathName, LPCSTR lpPrefixString,
					UINT uUnique, LPSTR lpTempFileName);
WINBASEAPI UINT WINAPI GetTempFileNameW(LPCWSTR lpPathName, LPCWSTR lpPrefixString,
					UINT uUnique, LPWSTR lpTempFileName);
#define GetTempFileName NPFS_W32_AW(GetTempFileName)
WINBASEAPI DWORD WINAPI GetFinalPathNameByHandleA(HANDLE hFile, LPSTR lpszFilePath,
						  DWORD cchFilePath, DWORD dwFlags);
WINBASEAPI DWORD WINAPI GetFinalPathNameByHandleW(HANDLE hFile, LPWSTR lpszFilePath,
						  DWORD cchFilePath, DWORD dwFlags);
#define GetFinalPathNameByHandle NPFS_W32_AW(GetFinalPathNameByHandle)

WINBASEAPI HANDLE WINAPI FindFirstFileA(LPCSTR lpFileName,
					LPWIN32_FIND_DATAA lpFindFileData);
WINBASEAPI HANDLE WINAPI FindFirstFileW(LPCWSTR lpFileName,
					LPWIN32_FIND_DATAW lpFindFileData);
#define FindFirstFile NPFS_W32_AW(FindFirstFile)
WINBASEAPI HANDLE WINAPI FindFirstFileExA(LPCSTR lpFileName,
					  FINDEX_INFO_LEVELS fInfoLevelId,
					  LPVOID lpFindFileData,
					  FINDEX_SEARCH_OPS fSearchOp,
					  LPVOID lpSearchFilter, DWORD dwAdditionalFlags);
WINBASEAPI HANDLE WINAPI FindFirstFileExW(LPCWSTR lpFileName,
					  FINDEX_INFO_LEVELS fInfoLevelId,
					  LPVOID lpFindFileData,
					  FINDEX_SEARCH_OPS fSearchOp,
					  LPVOID lpSearchFilter, DWORD dwAdditionalFlags);
#define FindFirstFileEx NPFS_W32_AW(FindFirstFileEx)
WINBASEAPI BOOL WINAPI FindNextFileA(HANDLE hFindFile, LPWIN32_FIND_DATAA lpFindFileData);
WINBASEAPI BOOL WINAPI FindNextFileW(HANDLE hFindFile, LPWIN32_FIND_DATAW lpFindFileData);
#define FindNextFile NPFS_W32_AW(FindNextFile)
WINBASEAPI BOOL WINAPI FindClose(HANDLE hFindFile);

WINBASEAPI BOOL WINAPI
GetVolumeInformationA(LPCSTR lpRootPathName, LPSTR lpVolumeNameBuffer,
		      DWORD nVolumeNameSize, LPDWORD lpVolumeSerialNumber,
		      LPDWORD lpMaximumComponentLength, LPDWORD lpFileSystemFlags,
		      LPSTR lpFileSystemNameBuffer, DWORD nFileSystemNameSize);
WINBASEAPI BOOL WINAPI
GetVolumeInformationW(LPCWSTR lpRootPathName, LPWSTR lpVolumeNameBuffer,
		      DWORD nVolumeNameSize, LPDWORD lpVolumeSerialNumber,
		      LPDWORD lpMaximumComponentLength, LPDWORD lpFileSystemFlags,
		      LPWSTR lpFileSystemNameBuffer, DWORD nFileSystemNameSize);
#define GetVolumeInformation NPFS_W32_AW(GetVolumeInformation)
WINBASEAPI BOOL WINAPI
GetVolumeInformationByHandleW(HANDLE hFile, LPWSTR lpVolumeNameBuffer,
			      DWORD nVolumeNameSize, LPDWORD lpVolumeSerialNumber,
			      LPDWORD lpMaximumComponentLength, LPDWORD lpFileSystemFlags,
			      LPWSTR lpFileSystemNameBuffer, DWORD nFileSystemNameSize);

WINBASEAPI LONG WINAPI CompareFileTime(const FILETIME *lpFileTime1,
				       const FILETIME *lpFileTime2);
WINBASEAPI BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *lpFileTime,
					       LPFILETIME lpLocalFileTime);
WINBASEAPI BOOL WINAPI LocalFileTimeToFileTime(const FILETIME *lpLocalFileTime,
					       LPFILETIME lpFileTime);

NPFS_W32_END

#endif
