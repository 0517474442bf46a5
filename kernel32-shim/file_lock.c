/* SPDX-License-Identifier: MIT */
/*
 * Locks on ranges of an ordinary file.
 *
 * A lock belongs to the open file, as on Windows, by the kernel's locks of open file
 * descriptions; other programs on this machine see it when they use fcntl too. What differs:
 *
 *	- locks are advisory: reading and writing do not look at them
 *	- two locks of the same handle on the same bytes are one, and the later one counts
 *	- unlocking takes any range, also one that was not locked
 *	- a range of no bytes is never locked
 *
 * A lock with an OVERLAPPED is had, or refused, when the call returns.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include <windows.h>

#include <npfs/status.h>

#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/thread.h"

/* The end of a range that goes on for ever is 0 to the kernel. */
static int lock_range(int fd, int command, short type, uint64_t at, uint64_t n)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
	int result;

	if (n == 0)
		return 0;
	if (at > INT64_MAX) {
		errno = EINVAL;
		return -1;
	}
	lock.l_start = (off_t)at;
	lock.l_len = n > (uint64_t)INT64_MAX - at ? 0 : (off_t)n;
	do
		result = fcntl(fd, command, &lock);
	while (result < 0 && errno == EINTR);
	return result;
}

static DWORD lock_file(HANDLE h, int command, short type, uint64_t at, uint64_t n)
{
	struct object *o = handle_get(h, OBJECT_ANY, NULL);
	DWORD error = 0;

	if (!o)
		return ERROR_INVALID_HANDLE;
	if (!disk_file_is(o)) {
		error = GetFileType(h) == FILE_TYPE_PIPE ? ERROR_INVALID_FUNCTION :
							   ERROR_INVALID_HANDLE;
	} else if (lock_range(disk_file_fd(o), command, type, at, n) < 0) {
		switch (errno) {
		case EAGAIN:
		case EACCES:
			error = ERROR_LOCK_VIOLATION;
			break;
		case EBADF: /* the kernel's read lock needs reading, its write lock writing */
			error = ERROR_ACCESS_DENIED;
			break;
		case EINVAL:
			error = ERROR_INVALID_PARAMETER;
			break;
		default:
			error = npfs_status_to_win32(npfs_status_from_errno(errno));
		}
	}
	object_unref(o);
	return error;
}

static uint64_t both(DWORD low, DWORD high)
{
	return (uint64_t)high << 32 | low;
}

BOOL WINAPI LockFileEx(HANDLE h, DWORD flags, DWORD reserved, DWORD n_low, DWORD n_high,
		       LPOVERLAPPED overlapped)
{
	DWORD error;

	if (!overlapped || reserved ||
	    (flags & ~(DWORD)(LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK)))
		return thread_fail(ERROR_INVALID_PARAMETER);
	error = lock_file(h, flags & LOCKFILE_FAIL_IMMEDIATELY ? F_OFD_SETLK : F_OFD_SETLKW,
			  flags & LOCKFILE_EXCLUSIVE_LOCK ? F_WRLCK : F_RDLCK,
			  both(overlapped->Offset, overlapped->OffsetHigh), both(n_low, n_high));
	if (error)
		return thread_fail(error);
	overlapped->Internal = 0;
	overlapped->InternalHigh = 0;
	if (overlapped->hEvent)
		SetEvent(overlapped->hEvent);
	return TRUE;
}

BOOL WINAPI UnlockFileEx(HANDLE h, DWORD reserved, DWORD n_low, DWORD n_high,
			 LPOVERLAPPED overlapped)
{
	DWORD error;

	if (!overlapped || reserved)
		return thread_fail(ERROR_INVALID_PARAMETER);
	error = lock_file(h, F_OFD_SETLK, F_UNLCK,
			  both(overlapped->Offset, overlapped->OffsetHigh), both(n_low, n_high));
	return error ? thread_fail(error) : TRUE;
}

BOOL WINAPI LockFile(HANDLE h, DWORD at_low, DWORD at_high, DWORD n_low, DWORD n_high)
{
	DWORD error = lock_file(h, F_OFD_SETLK, F_WRLCK, both(at_low, at_high),
				both(n_low, n_high));

	return error ? thread_fail(error) : TRUE;
}

BOOL WINAPI UnlockFile(HANDLE h, DWORD at_low, DWORD at_high, DWORD n_low, DWORD n_high)
{
	DWORD error = lock_file(h, F_OFD_SETLK, F_UNLCK, both(at_low, at_high),
				both(n_low, n_high));

	return error ? thread_fail(error) : TRUE;
}
