/* SPDX-License-Identifier: MIT */
/*
 * process.h - threads as the C run-time starts them
 */
#ifndef NPFS_W32_PROCESS_H
#define NPFS_W32_PROCESS_H

#include "npfs_win32.h"
#include "basetsd.h"
#include <stdlib.h>
#include <unistd.h>

NPFS_W32_BEGIN

typedef void(__cdecl *_beginthread_proc_type)(void *argument);
typedef unsigned(__stdcall *_beginthreadex_proc_type)(void *argument);

/*
 * Starts a thread whose handle closes itself when it ends; the result is good for waiting
 * only as long as the thread runs. -1 and errno on failure.
 */
NPFS_W32_API UINT_PTR __cdecl _beginthread(_beginthread_proc_type start,
					   unsigned stack_size, void *argument);
NPFS_W32_API void __cdecl _endthread(void);

/*
 * CreateThread with the C run-time's types: the caller closes the handle. 0 and errno on
 * failure.
 */
NPFS_W32_API UINT_PTR __cdecl _beginthreadex(void *security, unsigned stack_size,
					     _beginthreadex_proc_type start,
					     void *argument, unsigned flags,
					     unsigned *thread_id);
NPFS_W32_API void __cdecl _endthreadex(unsigned code);

NPFS_W32_INLINE int _getpid(void)
{
	return (int)getpid();
}

NPFS_W32_END

#endif
