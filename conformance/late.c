/* SPDX-License-Identifier: MIT */
/*
 * Late-bound calls (late.h). Function pointers travel through void (*)(void), the one
 * type every other may be cast to.
 */
#include "conformance/late.h"

#include "conformance/platform.h"

late_fn late_need(const char *module, const char *name)
{
	late_fn found = platform_find(module, name);

	if (!found)
		SKIP(case_join("the implementation has no ", name));
	return found;
}

static late_fn kernel32(const char *name)
{
	return late_need("kernel32.dll", name);
}

/* What the looked-up call leaves in last error must be its own. */
static void last_error_mark(void)
{
	SetLastError(CONF_UNTOUCHED_ERROR);
}

BOOL late_cancel_synchronous_io(HANDLE thread)
{
	BOOL(WINAPI * call)
	(HANDLE) = (BOOL(WINAPI *)(HANDLE))kernel32("CancelSynchronousIo");

	last_error_mark();
	return call(thread);
}

HANDLE late_reopen_file(HANDLE h, DWORD access, DWORD share, DWORD flags)
{
	HANDLE(WINAPI * call)
	(HANDLE, DWORD, DWORD, DWORD) =
		(HANDLE(WINAPI *)(HANDLE, DWORD, DWORD, DWORD))kernel32("ReOpenFile");

	last_error_mark();
	return call(h, access, share, flags);
}

DWORD late_get_file_attributes(const char *name)
{
	DWORD(WINAPI * call)
	(const char *) = (DWORD(WINAPI *)(const char *))kernel32("GetFileAttributesA");

	last_error_mark();
	return call(name);
}

static HANDLE duplicate(HANDLE h, DWORD access, DWORD options)
{
	BOOL(WINAPI * call)
	(HANDLE, HANDLE, HANDLE, HANDLE *, DWORD, BOOL, DWORD) =
		(BOOL(WINAPI *)(HANDLE, HANDLE, HANDLE, HANDLE *, DWORD, BOOL,
				DWORD))kernel32("DuplicateHandle");
	HANDLE copy = NULL;

	last_error_mark();
	if (!call(GetCurrentProcess(), h, GetCurrentProcess(), &copy, access, FALSE,
		  options))
		return NULL;
	return copy;
}

HANDLE late_duplicate(HANDLE h)
{
	return duplicate(h, 0, DUPLICATE_SAME_ACCESS);
}

HANDLE late_duplicate_access(HANDLE h, DWORD access)
{
	return duplicate(h, access, 0);
}

HANDLE late_duplicate_into(DWORD pid, HANDLE h)
{
	BOOL(WINAPI * call)
	(HANDLE, HANDLE, HANDLE, HANDLE *, DWORD, BOOL, DWORD) =
		(BOOL(WINAPI *)(HANDLE, HANDLE, HANDLE, HANDLE *, DWORD, BOOL,
				DWORD))kernel32("DuplicateHandle");
	HANDLE(WINAPI * open_process)
	(DWORD, BOOL, DWORD) =
		(HANDLE(WINAPI *)(DWORD, BOOL, DWORD))kernel32("OpenProcess");
	HANDLE process, copy = NULL;

	EXPECT_HANDLE(process, open_process(PROCESS_DUP_HANDLE, FALSE, pid));
	EXPECT_TRUE(call(GetCurrentProcess(), h, process, &copy, 0, FALSE,
			 DUPLICATE_SAME_ACCESS));
	CloseHandle(process);
	return copy;
}

HANDLE late_port_for(HANDLE h, ULONG_PTR key)
{
	HANDLE(WINAPI * call)
	(HANDLE, HANDLE, ULONG_PTR, DWORD) = (HANDLE(WINAPI *)(
		HANDLE, HANDLE, ULONG_PTR, DWORD))kernel32("CreateIoCompletionPort");

	last_error_mark();
	return call(h, NULL, key, 0);
}

BOOL late_get_packet(HANDLE port, DWORD *np, ULONG_PTR *keyp, OVERLAPPED **ovp,
		     DWORD timeout)
{
	BOOL(WINAPI * call)
	(HANDLE, DWORD *, ULONG_PTR *, OVERLAPPED **, DWORD) =
		(BOOL(WINAPI *)(HANDLE, DWORD *, ULONG_PTR *, OVERLAPPED **,
				DWORD))kernel32("GetQueuedCompletionStatus");

	last_error_mark();
	return call(port, np, keyp, ovp, timeout);
}

DWORD late_wait_alertable(HANDLE h, DWORD timeout)
{
	DWORD(WINAPI * call)
	(HANDLE, DWORD, BOOL) =
		(DWORD(WINAPI *)(HANDLE, DWORD, BOOL))kernel32("WaitForSingleObjectEx");

	last_error_mark();
	return call(h, timeout, TRUE);
}

BOOL late_read_file_ex(HANDLE h, void *buf, DWORD len, OVERLAPPED *ov,
		       LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
	BOOL(WINAPI * call)
	(HANDLE, void *, DWORD, OVERLAPPED *, LPOVERLAPPED_COMPLETION_ROUTINE) =
		(BOOL(WINAPI *)(HANDLE, void *, DWORD, OVERLAPPED *,
				LPOVERLAPPED_COMPLETION_ROUTINE))kernel32("ReadFileEx");

	last_error_mark();
	return call(h, buf, len, ov, routine);
}

BOOL late_write_file_ex(HANDLE h, const void *buf, DWORD len, OVERLAPPED *ov,
			LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
	BOOL(WINAPI * call)
	(HANDLE, const void *, DWORD, OVERLAPPED *, LPOVERLAPPED_COMPLETION_ROUTINE) =
		(BOOL(WINAPI *)(HANDLE, const void *, DWORD, OVERLAPPED *,
				LPOVERLAPPED_COMPLETION_ROUTINE))kernel32("WriteFileEx");

	last_error_mark();
	return call(h, buf, len, ov, routine);
}
