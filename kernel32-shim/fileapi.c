/* SPDX-License-Identifier: MIT */
/*
 * CreateFile and what asks a file what it is
 *
 * A path leads to a pipe, to the pipe device or its root, or to an ordinary file; the
 * disposition matters for the last only (section 6.2).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <windows.h>

#include <npfs/npfs.h>

#include "kernel32-shim/access_map.h"
#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/file_stat.h"
#include "kernel32-shim/native.h"
#include "kernel32-shim/pipe_object.h"
#include "kernel32-shim/pipe_path.h"
#include "kernel32-shim/rules.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

#define SQOS_BITS                                                                         \
	(SECURITY_SQOS_PRESENT | SECURITY_CONTEXT_TRACKING | SECURITY_EFFECTIVE_ONLY |   \
	 (3u << 16))

/* What kernel32 adds to whatever the program asks for. */
#define ALWAYS_WANTED (SYNCHRONIZE | FILE_READ_ATTRIBUTES)

static HANDLE fail_handle(DWORD error)
{
	thread_fail(error);
	return INVALID_HANDLE_VALUE;
}

static HANDLE handle_for(struct object *o, uint32_t access, const SECURITY_ATTRIBUTES *sa)
{
	HANDLE h = handle_new_take(o, access, sa && sa->bInheritHandle ? HANDLE_INHERIT : 0);

	return h ? h : INVALID_HANDLE_VALUE;
}

/* What CreateFile's arguments ask for. */
static struct file_wish wish_of(DWORD access, DWORD flags, const SECURITY_ATTRIBUTES *sa)
{
	bool is_overlapped = flags & FILE_FLAG_OVERLAPPED && rules_get()->overlapped_io;

	return (struct file_wish){
		.access = access | ALWAYS_WANTED,
		.options = (is_overlapped ? 0 : FILE_SYNCHRONOUS_IO_NONALERT) |
			   (flags & FILE_FLAG_WRITE_THROUGH ? FILE_WRITE_THROUGH : 0),
		.sqos = flags & SECURITY_SQOS_PRESENT ? flags & SQOS_BITS : 0,
		.handle_flags = sa && sa->bInheritHandle ? HANDLE_INHERIT : 0,
	};
}

static HANDLE open_place(const struct place *place, DWORD access, DWORD flags,
			 const SECURITY_ATTRIBUTES *sa)
{
	const struct file_wish wish = wish_of(access, flags, sa);
	npfs_status status;
	HANDLE h;

	status = file_open(place, &wish, &h);
	if (status == STATUS_OBJECT_NAME_NOT_FOUND)
		return fail_handle(rules_get()->open_no_pipe_error);
	return status == STATUS_SUCCESS ? h : fail_handle(npfs_status_to_win32(status));
}

static HANDLE open_pipe(const struct pipe_path *path, DWORD access, DWORD flags,
			const SECURITY_ATTRIBUTES *sa)
{
	const struct place place = {
		.kind = PLACE_NAME,
		.name = pipe_path_name(path),
		.name_len = path->parts.name_len,
	};

	return open_place(&place, access, flags, sa);
}

static HANDLE open_plain(enum place_kind kind, DWORD access, DWORD flags,
			 const SECURITY_ATTRIBUTES *sa)
{
	const struct place place = {.kind = kind};

	return open_place(&place, access, flags, sa);
}

static uint32_t file_access(DWORD access)
{
	return access_map_granting(access, &access_file_map) | ALWAYS_WANTED;
}

static HANDLE open_file(const WCHAR *path, DWORD access, DWORD share, DWORD disposition,
			DWORD flags, const SECURITY_ATTRIBUTES *sa)
{
	char *text = text_utf8_from_wide(path, text_wide_len(path));
	struct object *o;
	DWORD information = 0;
	npfs_status status;
	HANDLE h;

	if (!text)
		return fail_handle(ERROR_NOT_ENOUGH_MEMORY);
	status = disk_file_open(text, access, share, disposition, flags, &o, &information);
	free(text);
	if (status == STATUS_OBJECT_NAME_COLLISION)
		return fail_handle(ERROR_FILE_EXISTS);
	if (status != STATUS_SUCCESS)
		return fail_handle(npfs_status_to_win32(status));
	h = handle_for(o, file_access(access), sa);
	if (h != INVALID_HANDLE_VALUE)
		thread_last_error = (disposition == CREATE_ALWAYS &&
				     information == DISK_FILE_OVERWRITTEN) ||
				    (disposition == OPEN_ALWAYS &&
				     information == DISK_FILE_OPENED) ?
					    ERROR_ALREADY_EXISTS : ERROR_SUCCESS;
	return h;
}

static bool is_disposition(DWORD disposition)
{
	return disposition >= CREATE_NEW && disposition <= TRUNCATE_EXISTING;
}

static HANDLE open_path(const struct pipe_path *path, const WCHAR *text, DWORD access,
			DWORD share, const SECURITY_ATTRIBUTES *sa, DWORD disposition,
			DWORD flags)
{
	HANDLE h = INVALID_HANDLE_VALUE;

	switch (path->parts.path_class) {
	case NPFS_PATH_PIPE:
		h = open_pipe(path, access, flags, sa);
		break;
	case NPFS_PATH_PIPE_DEVICE:
		h = open_plain(PLACE_DEVICE, access, flags, sa);
		break;
	case NPFS_PATH_PIPE_ROOT:
		h = open_plain(PLACE_ROOT, access, flags, sa);
		break;
	case NPFS_PATH_REMOTE_PIPE:
		return fail_handle(ERROR_BAD_NETPATH);
	case NPFS_PATH_INVALID_EMPTY:
		return fail_handle(ERROR_PATH_NOT_FOUND);
	case NPFS_PATH_DEVICE_OTHER:
	case NPFS_PATH_FILE:
		return open_file(text, access, share, disposition, flags, sa);
	}
	if (h != INVALID_HANDLE_VALUE)
		thread_last_error = disposition == CREATE_ALWAYS ||
				    disposition == OPEN_ALWAYS ?
					    ERROR_ALREADY_EXISTS : ERROR_SUCCESS;
	return h;
}

HANDLE WINAPI CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
			  LPSECURITY_ATTRIBUTES lpSecurityAttributes,
			  DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes,
			  HANDLE hTemplateFile)
{
	struct pipe_path path;
	npfs_status status;
	HANDLE h;

	(void)hTemplateFile;
	if (!lpFileName || !lpFileName[0])
		return fail_handle(ERROR_PATH_NOT_FOUND);
	if (!is_disposition(dwCreationDisposition))
		return fail_handle(ERROR_INVALID_PARAMETER);
	status = pipe_path_dos(lpFileName, &path);
	if (status != STATUS_SUCCESS)
		return fail_handle(npfs_status_to_win32(status));
	h = open_path(&path, lpFileName, dwDesiredAccess, dwShareMode, lpSecurityAttributes,
		      dwCreationDisposition, dwFlagsAndAttributes);
	pipe_path_fini(&path);
	return h;
}

HANDLE WINAPI CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
			  LPSECURITY_ATTRIBUTES lpSecurityAttributes,
			  DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes,
			  HANDLE hTemplateFile)
{
	WCHAR *wide;
	HANDLE h;

	if (!lpFileName || !lpFileName[0])
		return fail_handle(ERROR_PATH_NOT_FOUND);
	wide = text_wide_from_utf8(lpFileName, strlen(lpFileName));
	if (!wide)
		return fail_handle(ERROR_NOT_ENOUGH_MEMORY);
	h = CreateFileW(wide, dwDesiredAccess, dwShareMode, lpSecurityAttributes,
			dwCreationDisposition, dwFlagsAndAttributes, hTemplateFile);
	free(wide);
	return h;
}

/* CreateFile with its later arguments in a structure, and flags apart from attributes. */
HANDLE WINAPI CreateFile2(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
			  DWORD dwCreationDisposition,
			  LPCREATEFILE2_EXTENDED_PARAMETERS pCreateExParams)
{
	const CREATEFILE2_EXTENDED_PARAMETERS *more = pCreateExParams;

	if (more && more->dwSize < sizeof(*more))
		return fail_handle(ERROR_INVALID_PARAMETER);
	return CreateFileW(lpFileName, dwDesiredAccess, dwShareMode,
			   more ? more->lpSecurityAttributes : NULL, dwCreationDisposition,
			   more ? more->dwFileAttributes | more->dwFileFlags |
					  more->dwSecurityQosFlags
				: 0,
			   more ? more->hTemplateFile : NULL);
}

/* On a server handle this gives the client end of the pipe (section 1.6). */
HANDLE WINAPI ReOpenFile(HANDLE hOriginalFile, DWORD dwDesiredAccess, DWORD dwShareMode,
			 DWORD dwFlags)
{
	struct handle_pin pin;
	struct pipe_object *pipe = pipe_pin(hOriginalFile, NULL, &pin);
	const struct place place = {.kind = PLACE_END, .end = pipe};
	HANDLE h;

	(void)dwShareMode;
	if (!pipe)
		return INVALID_HANDLE_VALUE;
	h = pipe->end ? open_place(&place, dwDesiredAccess, dwFlags, NULL) :
			fail_handle(ERROR_INVALID_PARAMETER);
	handle_unpin(&pin);
	return h;
}

/* questions */

DWORD WINAPI GetFileType(HANDLE hFile)
{
	struct handle_pin pin;
	struct object *o = handle_pin(hFile, OBJECT_ANY, NULL, &pin);
	DWORD type = FILE_TYPE_UNKNOWN;

	if (!o) {
		thread_fail(ERROR_INVALID_HANDLE);
		return FILE_TYPE_UNKNOWN;
	}
	if (o->ops->type == OBJECT_PIPE)
		type = FILE_TYPE_PIPE;
	else if (disk_file_is(o))
		type = disk_file_type(o);
	handle_unpin(&pin);
	thread_last_error = type == FILE_TYPE_UNKNOWN ? ERROR_INVALID_HANDLE : ERROR_SUCCESS;
	return type;
}

static npfs_status size_of(struct object *o, int64_t *sizep)
{
	uint32_t unread = 0;
	npfs_status status;

	if (disk_file_is(o))
		return disk_file_size(o, sizep);
	if (o->ops->type != OBJECT_PIPE)
		return STATUS_OBJECT_TYPE_MISMATCH;
	if (!pipe_from_object(o)->end)
		return STATUS_INVALID_PARAMETER;
	status = npfs_end_unread(pipe_from_object(o)->end, &unread);
	*sizep = unread;
	return status;
}

BOOL WINAPI GetFileSizeEx(HANDLE hFile, PLARGE_INTEGER lpFileSize)
{
	struct handle_pin pin;
	struct object *o = handle_pin(hFile, OBJECT_ANY, NULL, &pin);
	npfs_status status;
	int64_t size = 0;

	if (!o)
		return thread_fail(ERROR_INVALID_HANDLE);
	status = size_of(o, &size);
	handle_unpin(&pin);
	if (status != STATUS_SUCCESS)
		return thread_fail(npfs_status_to_win32(status));
	lpFileSize->QuadPart = size;
	return TRUE;
}

DWORD WINAPI GetFileSize(HANDLE hFile, LPDWORD lpFileSizeHigh)
{
	LARGE_INTEGER size;

	if (!GetFileSizeEx(hFile, &size))
		return INVALID_FILE_SIZE;
	if (lpFileSizeHigh)
		*lpFileSizeHigh = (DWORD)(size.QuadPart >> 32);
	if ((DWORD)size.QuadPart == INVALID_FILE_SIZE)
		thread_last_error = ERROR_SUCCESS;
	return (DWORD)size.QuadPart;
}

/* Pipes have neither positions nor an end that could be set. */
BOOL WINAPI SetFilePointerEx(HANDLE hFile, LARGE_INTEGER liDistanceToMove,
			     PLARGE_INTEGER lpNewFilePointer, DWORD dwMoveMethod)
{
	struct handle_pin pin;
	struct object *o = handle_pin(hFile, OBJECT_ANY, NULL, &pin);
	npfs_status status = STATUS_INVALID_PARAMETER;
	int64_t position = 0;
	bool is_before;

	if (!o)
		return thread_fail(ERROR_INVALID_HANDLE);
	if (disk_file_is(o))
		status = disk_file_seek(o, liDistanceToMove.QuadPart, dwMoveMethod,
					&position);
	is_before = status == STATUS_INVALID_PARAMETER && disk_file_is(o) &&
		    dwMoveMethod <= FILE_END;
	handle_unpin(&pin);
	if (status != STATUS_SUCCESS)
		return thread_fail(is_before ? ERROR_NEGATIVE_SEEK
					     : npfs_status_to_win32(status));
	if (lpNewFilePointer)
		lpNewFilePointer->QuadPart = position;
	return TRUE;
}

DWORD WINAPI SetFilePointer(HANDLE hFile, LONG lDistanceToMove, PLONG lpDistanceToMoveHigh,
			    DWORD dwMoveMethod)
{
	LARGE_INTEGER distance = {.QuadPart = lDistanceToMove}, position;

	if (lpDistanceToMoveHigh)
		distance.QuadPart = (int64_t)((uint64_t)(uint32_t)*lpDistanceToMoveHigh
						      << 32 |
					      (uint32_t)lDistanceToMove);
	if (!SetFilePointerEx(hFile, distance, &position, dwMoveMethod))
		return INVALID_SET_FILE_POINTER;
	if (lpDistanceToMoveHigh)
		*lpDistanceToMoveHigh = (LONG)(position.QuadPart >> 32);
	/* All ones are a position too; the last error tells the difference. */
	thread_last_error = ERROR_SUCCESS;
	return (DWORD)position.QuadPart;
}

BOOL WINAPI SetEndOfFile(HANDLE hFile)
{
	struct handle_pin pin;
	struct object *o = handle_pin(hFile, OBJECT_ANY, NULL, &pin);
	npfs_status status = STATUS_INVALID_PARAMETER;

	if (!o)
		return thread_fail(ERROR_INVALID_HANDLE);
	if (disk_file_is(o))
		status = disk_file_truncate(o);
	handle_unpin(&pin);
	return status == STATUS_SUCCESS ? TRUE
					: thread_fail(npfs_status_to_win32(status));
}

static DWORD attributes_of_file(const WCHAR *path)
{
	char *text = text_utf8_from_wide(path, text_wide_len(path));
	char *posix = text ? disk_file_posix_path(text) : NULL;
	struct stat st;

	free(text);
	if (!posix) {
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
		return INVALID_FILE_ATTRIBUTES;
	}
	if (stat(posix, &st) < 0) {
		thread_fail(npfs_status_to_win32(npfs_status_from_errno(errno)));
		free(posix);
		return INVALID_FILE_ATTRIBUTES;
	}
	free(posix);
	return file_stat_attributes(st.st_mode);
}

/* On a pipe's name this connects to an instance and lets go of it at once (6.2). */
static DWORD attributes_of_pipe(const struct pipe_path *path)
{
	HANDLE h = open_pipe(path, 0, 0, NULL);

	if (h == INVALID_HANDLE_VALUE)
		return INVALID_FILE_ATTRIBUTES;
	handle_close(h);
	return FILE_ATTRIBUTE_NORMAL;
}

DWORD WINAPI GetFileAttributesW(LPCWSTR lpFileName)
{
	struct pipe_path path;
	npfs_status status;
	DWORD attributes;

	status = pipe_path_dos(lpFileName, &path);
	if (status != STATUS_SUCCESS) {
		thread_fail(npfs_status_to_win32(status));
		return INVALID_FILE_ATTRIBUTES;
	}
	switch (path.parts.path_class) {
	case NPFS_PATH_PIPE:
		attributes = attributes_of_pipe(&path);
		break;
	case NPFS_PATH_PIPE_DEVICE:
		attributes = FILE_ATTRIBUTE_NORMAL;
		break;
	case NPFS_PATH_PIPE_ROOT:
		attributes = FILE_ATTRIBUTE_DIRECTORY;
		break;
	case NPFS_PATH_REMOTE_PIPE:
		thread_fail(ERROR_BAD_NETPATH);
		attributes = INVALID_FILE_ATTRIBUTES;
		break;
	case NPFS_PATH_INVALID_EMPTY:
	case NPFS_PATH_DEVICE_OTHER:
	case NPFS_PATH_FILE:
	default:
		attributes = attributes_of_file(lpFileName);
		break;
	}
	pipe_path_fini(&path);
	return attributes;
}

DWORD WINAPI GetFileAttributesA(LPCSTR lpFileName)
{
	WCHAR *wide;
	DWORD attributes;

	if (!lpFileName || !lpFileName[0]) {
		thread_fail(ERROR_PATH_NOT_FOUND);
		return INVALID_FILE_ATTRIBUTES;
	}
	wide = text_wide_from_utf8(lpFileName, strlen(lpFileName));
	if (!wide) {
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
		return INVALID_FILE_ATTRIBUTES;
	}
	attributes = GetFileAttributesW(wide);
	free(wide);
	return attributes;
}
