/* SPDX-License-Identifier: MIT */
/*
 * Everything behind a file handle that is not a named pipe of ours: ordinary files,
 * directories, the null device, terminals, and what the standard descriptors are.
 *
 * Names.  A path that begins with a slash is a POSIX path and is used as it is.  Any
 * other path is read the Windows way: \\?\ and \\.\ are stepped over, a drive letter is
 * dropped (C:\dir\x is /dir/x, C:x is x in the current directory), and backslashes become
 * slashes. NUL is the null device; CON, CONIN$ and CONOUT$ are the controlling terminal.
 * Case matters, as the file system has it.
 *
 * Share modes are checked for validity and are not enforced: other programs on this
 * machine would not know of them.
 *
 * Every call here is synchronous.  A positioned transfer (with an OVERLAPPED) leaves the
 * file position behind the bytes moved, as it does on a synchronous Windows handle.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <windows.h>

#include <npfs/status.h>

#include "kernel32-shim/object.h"

struct npfs_parcel;

/* What *informationp says after an open: the values of IO_STATUS_BLOCK.Information. */
enum {
	DISK_FILE_OPENED = 1,
	DISK_FILE_CREATED = 2,
	DISK_FILE_OVERWRITTEN = 3,
};

/**
 * disk_file_open() - open or create a file
 * @access: generic or specific rights; none at all opens for queries
 * @disposition: CREATE_NEW to TRUNCATE_EXISTING
 * @flags: FILE_FLAG_... and attributes; FILE_FLAG_OVERLAPPED is for the caller to heed
 * @objp: receives a counted object of type OBJECT_DISK_FILE or, for a terminal,
 * OBJECT_CONSOLE
 * @informationp: receives DISK_FILE_...; may be NULL
 *
 * Return: STATUS_SUCCESS, or what went wrong: STATUS_INVALID_PARAMETER,
 * STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND,
 * STATUS_OBJECT_NAME_COLLISION (CreateFile says ERROR_FILE_EXISTS for it),
 * STATUS_ACCESS_DENIED (directories without FILE_FLAG_BACKUP_SEMANTICS too), and the
 * other errors of open(2).
 */
npfs_status disk_file_open(const char *utf8_path, DWORD access, DWORD share,
			   DWORD disposition, DWORD flags, struct object **objp,
			   DWORD *informationp);

/* A file object over a descriptor that stays the caller's: the standard ones. */
npfs_status disk_file_borrow(int fd, struct object **objp);

/* The file in a parcel that another process packed, counted; NULL when it is none. */
struct object *disk_file_unpack(const struct npfs_parcel *parcel);

/* The POSIX form of a path, to be freed; NULL when memory is short. */
char *disk_file_posix_path(const char *utf8_path);

/* Is this object one of ours? */
bool disk_file_is(const struct object *o);

/* Its descriptor, borrowed; its kind as GetFileType has it; whether it has a position. */
int disk_file_fd(const struct object *o);
DWORD disk_file_type(const struct object *o);
bool disk_file_is_seekable(const struct object *o);

/**
 * disk_file_read() - read bytes
 * @overlapped: its offset is used when the file has positions; NULL for the current one
 * @donep: receives the count, also with an error
 *
 * Return: STATUS_SUCCESS, with no bytes at the end of a file read without @overlapped;
 * STATUS_END_OF_FILE there with it; STATUS_PIPE_BROKEN at the end of a POSIX pipe or
 * socket; the errors of read(2).
 */
npfs_status disk_file_read(struct object *o, void *buffer, DWORD len,
			   const OVERLAPPED *overlapped, DWORD *donep);

/* The same for writing; STATUS_PIPE_CLOSING when nobody reads.  Never raises SIGPIPE. */
npfs_status disk_file_write(struct object *o, const void *buffer, DWORD len,
			    const OVERLAPPED *overlapped, DWORD *donep);

npfs_status disk_file_flush(struct object *o);

/* Position and size.  STATUS_INVALID_DEVICE_REQUEST for what has neither. */
npfs_status disk_file_seek(struct object *o, int64_t distance, DWORD method,
			   int64_t *newp);
npfs_status disk_file_size(struct object *o, int64_t *sizep);
npfs_status disk_file_truncate(struct object *o);
