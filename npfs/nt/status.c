/* SPDX-License-Identifier: MIT */
/*
 * Names, texts and Win32 errors of statuses, and the one table from errno to status.
 *
 * The rows of status.def are sorted by value and found by bisection. The errno table
 * speaks for plumbing that failed below a semantic operation; what a pipe operation means
 * by a particular errno (a peer that is gone, say) is decided where the call was made.
 */
#include "npfs/nt/status.h"

#include <errno.h>
#include <stddef.h>

#define WIN32_MR_MID_NOT_FOUND 317

static const struct status_row {
	npfs_status status;
	uint32_t win32;
	const char *name;
	const char *text;
} status_rows[] = {
#define NP_STATUS(name, value, win32, text) {value, win32, "STATUS_" #name, text},
#include "npfs/nt/status.def"
#undef NP_STATUS
};

#define NP_STATUS(name, value, win32, text)                                              \
	_Static_assert(STATUS_##name == (value), "status.def and status.h differ");
#include "npfs/nt/status.def"
#undef NP_STATUS

static const struct status_row *status_find(npfs_status status)
{
	size_t low = 0, high = sizeof(status_rows) / sizeof(status_rows[0]);

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (status_rows[mid].status == status)
			return &status_rows[mid];
		if (status_rows[mid].status < status)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const char *npfs_status_name(npfs_status status)
{
	const struct status_row *row = status_find(status);

	return row ? row->name : NULL;
}

const char *npfs_status_text(npfs_status status)
{
	const struct status_row *row = status_find(status);

	return row ? row->text : "unknown status";
}

uint32_t npfs_status_to_win32(npfs_status status)
{
	const struct status_row *row = status_find(status);

	return row ? row->win32 : WIN32_MR_MID_NOT_FOUND;
}

npfs_status npfs_status_from_errno(int err)
{
	/* INT_MIN has no positive counterpart and is no errno either. */
	switch (err < 0 && err >= -4095 ? -err : err) {
	case 0:
		return STATUS_SUCCESS;
	case EPERM:
	case EACCES:
		return STATUS_ACCESS_DENIED;
	case ENOENT:
		return STATUS_OBJECT_NAME_NOT_FOUND;
	case ENOTDIR:
		return STATUS_OBJECT_PATH_NOT_FOUND;
	case EEXIST:
		return STATUS_OBJECT_NAME_COLLISION;
	case ENAMETOOLONG:
		return STATUS_NAME_TOO_LONG;
	case ELOOP:
		return STATUS_OBJECT_PATH_INVALID;
	case EISDIR:
		return STATUS_FILE_IS_A_DIRECTORY;
	case ENOTEMPTY:
		return STATUS_DIRECTORY_NOT_EMPTY;
	case EXDEV:
		return STATUS_NOT_SAME_DEVICE;
	case ETXTBSY:
		return STATUS_SHARING_VIOLATION;
	case EROFS:
		return STATUS_MEDIA_WRITE_PROTECTED;
	case EFBIG:
		return STATUS_FILE_TOO_LARGE;
	case ENOSPC:
		return STATUS_DISK_FULL;
	case EDQUOT:
		return STATUS_QUOTA_EXCEEDED;
	case EBADF:
		return STATUS_INVALID_HANDLE;
	case EFAULT:
		return STATUS_ACCESS_VIOLATION;
	case EINVAL:
	case EDOM:
	case ERANGE:
	case EOVERFLOW:
	case E2BIG:
		return STATUS_INVALID_PARAMETER;
	case ESRCH:
	case ECHILD:
		return STATUS_INVALID_CID;
	case ENOMEM:
		return STATUS_NO_MEMORY;
	case EAGAIN:
	case ENOBUFS:
	case ENOLCK:
	case EUSERS:
		return STATUS_INSUFFICIENT_RESOURCES;
	case EMFILE:
	case ENFILE:
		return STATUS_TOO_MANY_OPENED_FILES;
	case EBUSY:
		return STATUS_DEVICE_BUSY;
	case ENODEV:
	case ENXIO:
		return STATUS_NO_SUCH_DEVICE;
	case EIO:
		return STATUS_IO_DEVICE_ERROR;
	case ENOTTY:
	case ESPIPE:
		return STATUS_INVALID_DEVICE_REQUEST;
	case ENOSYS:
		return STATUS_NOT_IMPLEMENTED;
	case EOPNOTSUPP:
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT:
	case ESOCKTNOSUPPORT:
		return STATUS_NOT_SUPPORTED;
	case EINTR:
	case ECANCELED:
		return STATUS_CANCELLED;
	case ETIMEDOUT:
		return STATUS_IO_TIMEOUT;
	case EPIPE:
		return STATUS_PIPE_BROKEN;
	case EMSGSIZE:
		return STATUS_INVALID_BUFFER_SIZE;
	case EPROTO:
	case EBADMSG:
		return STATUS_INVALID_NETWORK_RESPONSE;
	case EADDRINUSE:
		return STATUS_ADDRESS_ALREADY_EXISTS;
	case ECONNREFUSED:
		return STATUS_CONNECTION_REFUSED;
	case ECONNRESET:
		return STATUS_CONNECTION_RESET;
	case ECONNABORTED:
		return STATUS_CONNECTION_ABORTED;
	case ENOTCONN:
		return STATUS_CONNECTION_INVALID;
	case ENETUNREACH:
	case ENETDOWN:
		return STATUS_NETWORK_UNREACHABLE;
	case EHOSTUNREACH:
		return STATUS_HOST_UNREACHABLE;
	case EHOSTDOWN:
		return STATUS_HOST_DOWN;
	default:
		return STATUS_UNSUCCESSFUL;
	}
}
