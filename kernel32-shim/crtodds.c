/* SPDX-License-Identifier: MIT */
/*
 * What programs expect of Microsoft's C run-time beside the standard: threads as it
 * starts them, and the bridge between descriptors and handles.
 */
#include <errno.h>
#include <io.h>
#include <process.h>
#include <stdlib.h>
#include <unistd.h>

#include <windows.h>

#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/osf_handle.h"
#include "kernel32-shim/thread.h"

/* threads */

struct begin {
	_beginthread_proc_type start;
	void *argument;
	HANDLE handle; /* closed by the thread itself, at its end */
};

/* The handle that _beginthread gave away and closes when the thread is over. */
static __thread HANDLE own_handle;

static DWORD WINAPI begin_main(LPVOID user)
{
	struct begin begin = *(struct begin *)user;

	free(user);
	own_handle = begin.handle;
	begin.start(begin.argument);
	_endthread();
	return 0;
}

static int errno_of_last_error(void)
{
	switch (thread_last_error) {
	case ERROR_INVALID_PARAMETER:
		return EINVAL;
	case ERROR_NOT_ENOUGH_MEMORY:
		return ENOMEM;
	default:
		return EAGAIN;
	}
}

UINT_PTR _beginthread(_beginthread_proc_type start, unsigned stack_size, void *argument)
{
	struct begin *begin;
	HANDLE h;

	if (!start) {
		errno = EINVAL;
		return (UINT_PTR)-1;
	}
	begin = malloc(sizeof(*begin));
	if (!begin) {
		errno = ENOMEM;
		return (UINT_PTR)-1;
	}
	begin->start = start;
	begin->argument = argument;
	h = CreateThread(NULL, stack_size, begin_main, begin, CREATE_SUSPENDED, NULL);
	if (!h) {
		free(begin);
		errno = errno_of_last_error();
		return (UINT_PTR)-1;
	}
	/* From here on the thread may close the handle, even before the caller has it. */
	begin->handle = h;
	ResumeThread(h);
	return (UINT_PTR)h;
}

void _endthread(void)
{
	HANDLE h = own_handle;

	own_handle = NULL;
	if (h)
		handle_close(h);
	thread_exit(0);
}

UINT_PTR _beginthreadex(void *security, unsigned stack_size,
			_beginthreadex_proc_type start, void *argument, unsigned flags,
			unsigned *thread_idp)
{
	DWORD id;
	HANDLE h;

	if (!start) {
		errno = EINVAL;
		return 0;
	}
	h = CreateThread(security, stack_size, (LPTHREAD_START_ROUTINE)start, argument,
			 flags, &id);
	if (!h) {
		errno = errno_of_last_error();
		return 0;
	}
	if (thread_idp)
		*thread_idp = id;
	return (UINT_PTR)h;
}

void _endthreadex(unsigned code)
{
	thread_exit(code);
}

/* descriptors and handles */

INT_PTR _get_osfhandle(int fd)
{
	struct object *o;
	HANDLE h;

	if (fd >= STDIN_FILENO && fd <= STDERR_FILENO) {
		h = GetStdHandle(STD_INPUT_HANDLE - (DWORD)fd);
		if (h)
			return (INT_PTR)h;
	}
	h = osf_bridge_handle(fd);
	if (h)
		return (INT_PTR)h;
	if (disk_file_borrow(fd, &o) != STATUS_SUCCESS) {
		errno = EBADF;
		return -1;
	}
	h = handle_new_take(o, FILE_GENERIC_READ | FILE_GENERIC_WRITE, 0);
	if (!h) {
		errno = EMFILE;
		return -1;
	}
	return (INT_PTR)h;
}

/*
 * Of a file the descriptor is a duplicate, and the handle, which it replaces, is closed. Of a
 * pipe it leads to the handle.
 */
int _open_osfhandle(INT_PTR handle, int flags)
{
	HANDLE h = (HANDLE)handle; /* NOLINT(performance-no-int-to-ptr) */
	struct object *o = handle_get(h, OBJECT_ANY, NULL);
	int fd = -1;

	(void)flags;
	if (o && o->ops->type == OBJECT_PIPE) {
		object_unref(o);
		return osf_bridge_open(h);
	}
	if (!o || !disk_file_is(o)) {
		object_unref(o);
		errno = EBADF;
		return -1;
	}
	fd = dup(disk_file_fd(o));
	object_unref(o);
	if (fd >= 0)
		handle_close(h);
	return fd;
}
