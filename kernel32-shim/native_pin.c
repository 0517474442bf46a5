/* SPDX-License-Identifier: MIT */
/*
 * What native calls check of their arguments before anything else: handles that must be
 * files, and memory that must be there; and the way from errors back to status values, for
 * the parts of the shim that answer in Win32's terms.
 */
#include "kernel32-shim/native.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel32-shim/file_disk.h"

/* What the kernel writes when it is asked for the signal mask. */
#define PROBE_LEN 8u

npfs_status file_pin(HANDLE h, uint32_t *accessp, struct handle_pin *pin,
		     struct object **op)
{
	struct object *o = handle_pin(h, OBJECT_ANY, accessp, pin);

	if (!o)
		return STATUS_INVALID_HANDLE;
	if (o->ops->type != OBJECT_PIPE && !disk_file_is(o)) {
		handle_unpin(pin);
		return STATUS_OBJECT_TYPE_MISMATCH;
	}
	*op = o;
	return STATUS_SUCCESS;
}

struct pipe_object *file_pipe(struct object *o)
{
	return o->ops->type == OBJECT_PIPE ? pipe_from_object(o) : NULL;
}

/*
 * Pages are looked at through the kernel, which answers EFAULT where the program would
 * get a signal. The probe leaves the signal mask in the memory; whoever probes is about to
 * write there anyway.
 */
bool native_can_write(const void *p, size_t len)
{
	const char *bytes = p;

	if (!p)
		return false;
	for (size_t at = 0; at < len; at += PROBE_LEN)
		if (syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL,
			    bytes + (at + PROBE_LEN > len ? len - PROBE_LEN : at),
			    (size_t)PROBE_LEN) != 0)
			return false;
	return true;
}

npfs_status native_status_of_error(DWORD error)
{
	switch (error) {
	case ERROR_SUCCESS:
		return STATUS_SUCCESS;
	case ERROR_INVALID_HANDLE:
		return STATUS_INVALID_HANDLE;
	case ERROR_ACCESS_DENIED:
		return STATUS_ACCESS_DENIED;
	case ERROR_NOT_SUPPORTED:
		return STATUS_NOT_SUPPORTED;
	case ERROR_INVALID_PARAMETER:
		return STATUS_INVALID_PARAMETER;
	case ERROR_PIPE_NOT_CONNECTED:
		return STATUS_PIPE_DISCONNECTED;
	case ERROR_INVALID_SECURITY_DESCR:
		return STATUS_INVALID_SECURITY_DESCR;
	case ERROR_INVALID_ACL:
		return STATUS_INVALID_ACL;
	case ERROR_INVALID_SID:
		return STATUS_INVALID_SID;
	case ERROR_INVALID_OWNER:
		return STATUS_INVALID_OWNER;
	case ERROR_INVALID_PRIMARY_GROUP:
		return STATUS_INVALID_PRIMARY_GROUP;
	case ERROR_FILE_NOT_FOUND:
		return STATUS_OBJECT_NAME_NOT_FOUND;
	case ERROR_INVALID_NAME:
	case ERROR_FILENAME_EXCED_RANGE:
		return STATUS_OBJECT_NAME_INVALID;
	case ERROR_PRIVILEGE_NOT_HELD:
		return STATUS_PRIVILEGE_NOT_HELD;
	case ERROR_ABANDONED_WAIT_0:
		return STATUS_ABANDONED_WAIT_0;
	case ERROR_NOT_ENOUGH_MEMORY:
		return STATUS_NO_MEMORY;
	default:
		return STATUS_INSUFFICIENT_RESOURCES;
	}
}
