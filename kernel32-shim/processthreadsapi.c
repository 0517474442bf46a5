/* SPDX-License-Identifier: MIT */
/*
 * Threads and the current process.  Thread-local storage is in thread_slots.c; the life
 * of a thread in thread.c.
 *
 * Not offered, because a POSIX thread stopped or killed at an arbitrary instruction may
 * hold the C library's locks: SuspendThread and TerminateThread on another thread that
 * has begun to run fail with ERROR_NOT_SUPPORTED.  On a thread that has not begun yet,
 * and TerminateThread on the calling thread, they work.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <windows.h>

#include <npfs/status.h>

#include "kernel32-shim/apc.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/wait.h"

/* threads */

HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES sa, SIZE_T stack_size,
			   LPTHREAD_START_ROUTINE start, LPVOID parameter, DWORD flags,
			   LPDWORD idp)
{
	const DWORD known = CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION;
	const SIZE_T default_stack = 1 << 20;
	struct thread *t;
	DWORD error;
	HANDLE h;

	if (!start || (flags & ~known)) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return NULL;
	}
	/* A committed size below the default reserve leaves the reserve as it is. */
	if (!(flags & STACK_SIZE_PARAM_IS_A_RESERVATION) && stack_size <= default_stack)
		stack_size = 0;
	thread_self();
	error = thread_create(start, parameter, stack_size, true, &t);
	if (error) {
		thread_last_error = error;
		return NULL;
	}
	h = handle_new(&t->object, THREAD_ALL_ACCESS,
		       sa && sa->bInheritHandle ? HANDLE_INHERIT : 0);
	if (!h)
		atomic_store(&t->killed, true);
	else if (idp)
		*idp = t->id;
	if (!h || !(flags & CREATE_SUSPENDED))
		thread_resume(t);
	object_unref(&t->object);
	return h;
}

HANDLE WINAPI OpenThread(DWORD access, BOOL inherit, DWORD id)
{
	struct thread *t = thread_find(id);

	if (!t) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return NULL;
	}
	return handle_new_take(&t->object, access, inherit ? HANDLE_INHERIT : 0);
}

VOID WINAPI ExitThread(DWORD code)
{
	thread_exit(code);
}

/* The thread behind a handle, counted; NULL and the last error otherwise. */
static struct thread *thread_get(HANDLE h)
{
	struct object *o = handle_get(h, OBJECT_THREAD, NULL);

	if (!o) {
		thread_last_error = ERROR_INVALID_HANDLE;
		return NULL;
	}
	return thread_from_object(o);
}

BOOL WINAPI TerminateThread(HANDLE h, DWORD code)
{
	struct thread *t = thread_get(h);
	bool killed;

	if (!t)
		return FALSE;
	if (t == thread_self()) {
		object_unref(&t->object);
		thread_exit(code);
	}
	killed = thread_kill_unbegun(t, code);
	object_unref(&t->object);
	return killed ? TRUE : thread_fail(ERROR_NOT_SUPPORTED);
}

DWORD WINAPI ResumeThread(HANDLE h)
{
	struct thread *t = thread_get(h);
	DWORD previous;

	if (!t)
		return (DWORD)-1;
	previous = thread_resume(t);
	object_unref(&t->object);
	return previous;
}

DWORD WINAPI SuspendThread(HANDLE h)
{
	struct thread *t = thread_get(h);
	DWORD previous;

	if (!t)
		return (DWORD)-1;
	previous = thread_suspend_unbegun(t);
	object_unref(&t->object);
	if (previous == (DWORD)-1)
		thread_last_error = ERROR_NOT_SUPPORTED;
	return previous;
}

BOOL WINAPI GetExitCodeThread(HANDLE h, LPDWORD codep)
{
	struct thread *t = thread_get(h);

	if (!t)
		return FALSE;
	/* The code is there a moment before the thread is over; until then it is active. */
	*codep = object_is_signaled(&t->object) ? atomic_load(&t->exit_code)
						: STILL_ACTIVE;
	object_unref(&t->object);
	return TRUE;
}

HANDLE WINAPI GetCurrentThread(VOID)
{
	return (HANDLE)(LONG_PTR)-2; /* NOLINT(performance-no-int-to-ptr) */
}

DWORD WINAPI GetCurrentThreadId(VOID)
{
	return thread_self()->id;
}

DWORD WINAPI GetThreadId(HANDLE h)
{
	struct thread *t = thread_get(h);
	DWORD id;

	if (!t)
		return 0;
	id = t->id;
	object_unref(&t->object);
	return id;
}

DWORD WINAPI GetProcessIdOfThread(HANDLE h)
{
	return GetThreadId(h) ? GetCurrentProcessId() : 0;
}

int WINAPI GetThreadPriority(HANDLE h)
{
	struct thread *t = thread_get(h);
	int priority;

	if (!t)
		return THREAD_PRIORITY_ERROR_RETURN;
	priority = atomic_load(&t->priority);
	object_unref(&t->object);
	return priority;
}

/* Kept and given back; the kernel schedules threads of one user alike. */
BOOL WINAPI SetThreadPriority(HANDLE h, int priority)
{
	struct thread *t = thread_get(h);
	bool valid = (priority >= THREAD_PRIORITY_LOWEST &&
		      priority <= THREAD_PRIORITY_HIGHEST) ||
		     priority == THREAD_PRIORITY_IDLE ||
		     priority == THREAD_PRIORITY_TIME_CRITICAL;

	if (!t)
		return FALSE;
	if (valid)
		atomic_store(&t->priority, priority);
	object_unref(&t->object);
	return valid ? TRUE : thread_fail(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI GetThreadPriorityBoost(HANDLE h, PBOOL disabledp)
{
	struct thread *t = thread_get(h);

	if (!t)
		return FALSE;
	*disabledp = atomic_load(&t->boost_disabled);
	object_unref(&t->object);
	return TRUE;
}

BOOL WINAPI SetThreadPriorityBoost(HANDLE h, BOOL disabled)
{
	struct thread *t = thread_get(h);

	if (!t)
		return FALSE;
	atomic_store(&t->boost_disabled, disabled != 0);
	object_unref(&t->object);
	return TRUE;
}

BOOL WINAPI SwitchToThread(VOID)
{
	sched_yield();
	return TRUE;
}

static void user_apc(ULONG_PTR fn, ULONG_PTR data, ULONG_PTR unused)
{
	(void)unused;
	((PAPCFUNC)fn)(data); /* NOLINT(performance-no-int-to-ptr) */
}

DWORD WINAPI QueueUserAPC(PAPCFUNC fn, HANDLE h, ULONG_PTR data)
{
	struct thread *t = thread_get(h);
	npfs_status status;

	if (!t)
		return 0;
	status = apc_queue(t, user_apc, (ULONG_PTR)fn, data, 0);
	object_unref(&t->object);
	if (status == STATUS_SUCCESS)
		return 1;
	thread_last_error =
		status == STATUS_NO_MEMORY ? ERROR_NOT_ENOUGH_MEMORY : ERROR_GEN_FAILURE;
	return 0;
}

DWORD WINAPI GetCurrentProcessorNumber(VOID)
{
	int cpu = sched_getcpu();

	return cpu < 0 ? 0 : (DWORD)cpu;
}

/* the process */

HANDLE WINAPI GetCurrentProcess(VOID)
{
	return (HANDLE)(LONG_PTR)-1; /* NOLINT(performance-no-int-to-ptr) */
}

DWORD WINAPI GetCurrentProcessId(VOID)
{
	return (DWORD)getpid();
}

VOID WINAPI ExitProcess(UINT code)
{
	exit((int)code);
}

/* What may be asked of a process handle: only this process has one so far. */
static bool process_check(HANDLE h)
{
	struct handle_pin pin;
	struct object *o = handle_pin(h, OBJECT_PROCESS, NULL, &pin);

	if (!o) {
		thread_last_error = ERROR_INVALID_HANDLE;
		return false;
	}
	handle_unpin(&pin);
	return true;
}

DWORD WINAPI GetProcessId(HANDLE h)
{
	return process_check(h) ? GetCurrentProcessId() : 0;
}

BOOL WINAPI GetExitCodeProcess(HANDLE h, LPDWORD codep)
{
	if (!process_check(h))
		return FALSE;
	*codep = STILL_ACTIVE;
	return TRUE;
}

/* Nothing is written and no handler runs: the kernel takes the process away. */
BOOL WINAPI TerminateProcess(HANDLE h, UINT code)
{
	if (!process_check(h))
		return FALSE;
	_exit((int)code);
}

BOOL WINAPI ProcessIdToSessionId(DWORD id, DWORD *sessionp)
{
	pid_t session = getsid((pid_t)id);

	if (session < 0)
		return thread_fail(ERROR_INVALID_PARAMETER);
	*sessionp = (DWORD)session;
	return TRUE;
}

BOOL WINAPI GetProcessHandleCount(HANDLE h, PDWORD countp)
{
	if (!process_check(h))
		return FALSE;
	*countp = handle_count();
	return TRUE;
}

static _Atomic DWORD priority_class = NORMAL_PRIORITY_CLASS;

DWORD WINAPI GetPriorityClass(HANDLE h)
{
	return process_check(h) ? atomic_load(&priority_class) : 0;
}

/* Kept and given back, as the priorities of threads. */
BOOL WINAPI SetPriorityClass(HANDLE h, DWORD class)
{
	if (!process_check(h))
		return FALSE;
	switch (class) {
	case NORMAL_PRIORITY_CLASS:
	case IDLE_PRIORITY_CLASS:
	case HIGH_PRIORITY_CLASS:
	case REALTIME_PRIORITY_CLASS:
	case BELOW_NORMAL_PRIORITY_CLASS:
	case ABOVE_NORMAL_PRIORITY_CLASS:
		atomic_store(&priority_class, class);
		return TRUE;
	default:
		return thread_fail(ERROR_INVALID_PARAMETER);
	}
}

static FILETIME filetime_of_ticks(uint64_t ticks)
{
	return (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
}

static FILETIME filetime_of_timeval(struct timeval tv)
{
	return filetime_of_ticks((uint64_t)tv.tv_sec * 10000000 +
				 (uint64_t)tv.tv_usec * 10);
}

/* When the library was loaded stands for when the process was made. */
static FILETIME process_creation;

__attribute__((constructor)) static void process_creation_note(void)
{
	GetSystemTimeAsFileTime(&process_creation);
}

BOOL WINAPI GetProcessTimes(HANDLE h, LPFILETIME creation, LPFILETIME exited,
			    LPFILETIME kernel, LPFILETIME user)
{
	struct rusage usage;

	if (!process_check(h))
		return FALSE;
	getrusage(RUSAGE_SELF, &usage);
	*creation = process_creation;
	*exited = filetime_of_ticks(0);
	*kernel = filetime_of_timeval(usage.ru_stime);
	*user = filetime_of_timeval(usage.ru_utime);
	return TRUE;
}

VOID WINAPI GetStartupInfoA(LPSTARTUPINFOA info)
{
	memset(info, 0, sizeof(*info));
	info->cb = sizeof(*info);
	info->hStdInput = GetStdHandle(STD_INPUT_HANDLE);
	info->hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
	info->hStdError = GetStdHandle(STD_ERROR_HANDLE);
}

VOID WINAPI GetStartupInfoW(LPSTARTUPINFOW info)
{
	memset(info, 0, sizeof(*info));
	info->cb = sizeof(*info);
	info->hStdInput = GetStdHandle(STD_INPUT_HANDLE);
	info->hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
	info->hStdError = GetStdHandle(STD_ERROR_HANDLE);
}

VOID WINAPI FlushProcessWriteBuffers(VOID)
{
	atomic_thread_fence(memory_order_seq_cst);
}

BOOL WINAPI IsProcessorFeaturePresent(DWORD feature)
{
	enum { COMPARE_EXCHANGE_DOUBLE = 2, SSE = 6, RDTSC = 8, SSE2 = 10 };

#if defined(__x86_64__)
	return feature == COMPARE_EXCHANGE_DOUBLE || feature == SSE || feature == RDTSC ||
	       feature == SSE2;
#else
	return feature == COMPARE_EXCHANGE_DOUBLE;
#endif
}
