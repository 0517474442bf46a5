/* SPDX-License-Identifier: MIT */
/*
 * Win32 calls that an implementation may lack: found at run time, so that the suite still
 * links and only the cases that need one are skipped, with its name as the reason.
 *
 * Each late_<call>() has the meaning and the result of the call it is named after.
 */
#pragma once

#include "conformance/harness.h"

typedef void (*late_fn)(void);

/* The address of a call; skips the case when there is none. */
late_fn late_need(const char *module, const char *name);

BOOL late_cancel_synchronous_io(HANDLE thread);
HANDLE late_reopen_file(HANDLE h, DWORD access, DWORD share, DWORD flags);
DWORD late_get_file_attributes(const char *name);
/* Within this process, same access. */
HANDLE late_duplicate(HANDLE h);
/* Same process; desired access instead of the same. */
HANDLE late_duplicate_access(HANDLE h, DWORD access);
/* A port of its own with h associated under key. */
HANDLE late_port_for(HANDLE h, ULONG_PTR key);
BOOL late_get_packet(HANDLE port, DWORD *np, ULONG_PTR *keyp, OVERLAPPED **ovp,
		     DWORD timeout);
/* An alertable wait on one handle. */
DWORD late_wait_alertable(HANDLE h, DWORD timeout);
BOOL late_read_file_ex(HANDLE h, void *buf, DWORD len, OVERLAPPED *ov,
		       LPOVERLAPPED_COMPLETION_ROUTINE routine);
BOOL late_write_file_ex(HANDLE h, const void *buf, DWORD len, OVERLAPPED *ov,
			LPOVERLAPPED_COMPLETION_ROUTINE routine);
/*
 * A duplicate for another process; the result is a number that is a handle only there.
 * Fails the case when it cannot be made.
 */
HANDLE late_duplicate_into(DWORD pid, HANDLE h);
