/* SPDX-License-Identifier: MIT */
/*
 * Threads and processes.  Thread-local storage is in thread_slots.c; the life of a thread
 * in thread.c, that of a process in process.c, CreateProcess in process_create.c.
 *
 * Not offered, because a POSIX thread stopped or killed at an arbitrary instruction may
 * hold the C library's locks: SuspendThread and TerminateThread on another thread that
 * has begun to run fail with ERROR_NOT_SUPPORTED.  On a thread that has not begun yet,
 * and TerminateThread on the calling thread, they work.  The first thread of a process made
 * with CREATE_SUSPENDED is one of those until it is resumed.
 */
#include <assert.h>
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <windows.h>

#include <npfs/status.h>

#include "kernel32-shim/access_map.h"
#include "kernel32-shim/apc.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/process.h"
#include "kernel32-shim/process_block.h"
#include "kernel32-shim/text.h"
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
	return handle_new_take(&t->object, access_map_thread(access),
			       inherit ? HANDLE_INHERIT : 0);
}

VOID WINAPI ExitThread(DWORD code)
{
	thread_exit(code);
}

/* What is behind a handle that has one of the rights in @access, counted; NULL and the last
 * error otherwise. */
static struct object *object_get(HANDLE h, enum object_type type, DWORD access)
{
	uint32_t granted;
	struct object *o = handle_get(h, type, &granted);

	if (!o) {
		thread_last_error = ERROR_INVALID_HANDLE;
		return NULL;
	}
	if (granted & access)
		return o;
	object_unref(o);
	thread_last_error = ERROR_ACCESS_DENIED;
	return NULL;
}

struct thread *thread_get(HANDLE h, DWORD access)
{
	struct object *o = object_get(h, OBJECT_THREAD, access);

	return o ? thread_from_object(o) : NULL;
}

/* With its only thread, which has not begun, the process ends. */
static bool foreign_kill_unbegun(struct process *p, DWORD code)
{
	return atomic_load(&p->gate) >= 0 && process_terminate(p, code) == 0;
}

BOOL WINAPI TerminateThread(HANDLE h, DWORD code)
{
	struct thread *t = thread_get(h, THREAD_TERMINATE);
	bool killed;

	if (!t)
		return FALSE;
	if (t == thread_self()) {
		object_unref(&t->object);
		thread_exit(code);
	}
	if (t->process)
		killed = foreign_kill_unbegun(process_from_object(t->process), code);
	else
		killed = thread_kill_unbegun(t, code);
	object_unref(&t->object);
	return killed ? TRUE : thread_fail(ERROR_NOT_SUPPORTED);
}

DWORD WINAPI ResumeThread(HANDLE h)
{
	struct thread *t = thread_get(h, THREAD_SUSPEND_RESUME);
	DWORD previous;

	if (!t)
		return (DWORD)-1;
	previous = t->process ? (DWORD)process_resume(process_from_object(t->process))
			      : thread_resume(t);
	object_unref(&t->object);
	return previous;
}

DWORD WINAPI SuspendThread(HANDLE h)
{
	struct thread *t = thread_get(h, THREAD_SUSPEND_RESUME);
	DWORD previous;

	if (!t)
		return (DWORD)-1;
	previous = t->process ? (DWORD)process_suspend(process_from_object(t->process))
			      : thread_suspend_unbegun(t);
	object_unref(&t->object);
	if (previous == (DWORD)-1)
		thread_last_error = ERROR_NOT_SUPPORTED;
	return previous;
}

BOOL WINAPI GetExitCodeThread(HANDLE h, LPDWORD codep)
{
	struct thread *t = thread_get(h, THREAD_QUERY_LIMITED_INFORMATION);

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
	struct thread *t = thread_get(h, THREAD_QUERY_LIMITED_INFORMATION);
	DWORD id;

	if (!t)
		return 0;
	id = t->id;
	object_unref(&t->object);
	return id;
}

DWORD WINAPI GetProcessIdOfThread(HANDLE h)
{
	struct thread *t = thread_get(h, THREAD_QUERY_LIMITED_INFORMATION);
	DWORD id;

	if (!t)
		return 0;
	id = t->process ? (DWORD)process_from_object(t->process)->pid
			: GetCurrentProcessId();
	object_unref(&t->object);
	return id;
}

int WINAPI GetThreadPriority(HANDLE h)
{
	struct thread *t = thread_get(h, THREAD_QUERY_LIMITED_INFORMATION);
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
	struct thread *t = thread_get(h, THREAD_SET_LIMITED_INFORMATION);
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
	struct thread *t = thread_get(h, THREAD_QUERY_LIMITED_INFORMATION);

	if (!t)
		return FALSE;
	*disabledp = atomic_load(&t->boost_disabled);
	object_unref(&t->object);
	return TRUE;
}

BOOL WINAPI SetThreadPriorityBoost(HANDLE h, BOOL disabled)
{
	struct thread *t = thread_get(h, THREAD_SET_LIMITED_INFORMATION);

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
	struct thread *t = thread_get(h, THREAD_SET_CONTEXT);
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

HANDLE WINAPI OpenProcess(DWORD access, BOOL inherit, DWORD id)
{
	struct process *p;
	DWORD error = id > INT32_MAX ? ERROR_INVALID_PARAMETER
				     : process_open((pid_t)id, &p);
	HANDLE h;

	if (error) {
		thread_last_error = error;
		return NULL;
	}
	h = handle_new(&p->object, access_map_process(access),
		       inherit ? HANDLE_INHERIT : 0);
	object_release(&p->object);
	object_unref(&p->object);
	return h;
}

static struct process *process_get(HANDLE h, DWORD access)
{
	struct object *o = object_get(h, OBJECT_PROCESS, access);

	return o ? process_from_object(o) : NULL;
}

DWORD WINAPI GetProcessId(HANDLE h)
{
	struct process *p = process_get(h, PROCESS_QUERY_LIMITED_INFORMATION);
	DWORD id;

	if (!p)
		return 0;
	id = (DWORD)process_pid(p);
	object_unref(&p->object);
	return id;
}

BOOL WINAPI GetExitCodeProcess(HANDLE h, LPDWORD codep)
{
	struct process *p = process_get(h, PROCESS_QUERY_LIMITED_INFORMATION);

	if (!p)
		return FALSE;
	*codep = process_exit_code(p);
	object_unref(&p->object);
	return TRUE;
}

/* Nothing is written and no handler runs: the kernel takes the process away. */
BOOL WINAPI TerminateProcess(HANDLE h, UINT code)
{
	struct process *p = process_get(h, PROCESS_TERMINATE);
	DWORD error;

	if (!p)
		return FALSE;
	error = process_terminate(p, code);
	object_unref(&p->object);
	return error ? thread_fail(error) : TRUE;
}

BOOL WINAPI ProcessIdToSessionId(DWORD id, DWORD *sessionp)
{
	pid_t session = getsid((pid_t)id);

	if (session < 0)
		return thread_fail(ERROR_INVALID_PARAMETER);
	*sessionp = (DWORD)session;
	return TRUE;
}

/* Of another process: its descriptors, which is the nearest the kernel counts. */
static bool count_descriptors(pid_t pid, DWORD *countp)
{
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (!dir)
		return false;
	*countp = 0;
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		*countp += e->d_name[0] != '.';
	closedir(dir);
	return true;
}

BOOL WINAPI GetProcessHandleCount(HANDLE h, PDWORD countp)
{
	struct process *p = process_get(h, PROCESS_QUERY_LIMITED_INFORMATION);
	bool ok = true;

	if (!p)
		return FALSE;
	if (&p->object == process_self())
		*countp = handle_count();
	else
		ok = count_descriptors(p->pid, countp);
	object_unref(&p->object);
	return ok ? TRUE : thread_fail(ERROR_ACCESS_DENIED);
}

DWORD WINAPI GetPriorityClass(HANDLE h)
{
	struct process *p = process_get(h, PROCESS_QUERY_LIMITED_INFORMATION);
	DWORD class;

	if (!p)
		return 0;
	class = atomic_load(&p->priority_class);
	object_unref(&p->object);
	return class;
}

/* Kept and given back, as the priorities of threads. */
BOOL WINAPI SetPriorityClass(HANDLE h, DWORD class)
{
	struct process *p = process_get(h, PROCESS_SET_INFORMATION);
	DWORD error = 0;

	if (!p)
		return FALSE;
	switch (class) {
	case NORMAL_PRIORITY_CLASS:
	case IDLE_PRIORITY_CLASS:
	case HIGH_PRIORITY_CLASS:
	case REALTIME_PRIORITY_CLASS:
	case BELOW_NORMAL_PRIORITY_CLASS:
	case ABOVE_NORMAL_PRIORITY_CLASS:
		atomic_store(&p->priority_class, class);
		break;
	default:
		error = ERROR_INVALID_PARAMETER;
	}
	object_unref(&p->object);
	return error ? thread_fail(error) : TRUE;
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

/* Ticks of the kernel's clock since it was booted, as a point in time. */
static FILETIME filetime_of_start(unsigned long long clock_ticks)
{
	const uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);
	struct timespec boot;
	uint64_t since, ticks;
	FILETIME file_now;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	GetSystemTimeAsFileTime(&file_now);
	since = (uint64_t)boot.tv_sec * 10000000 + (uint64_t)boot.tv_nsec / 100 -
		clock_ticks * 10000000 / hz;
	ticks = ((uint64_t)file_now.dwHighDateTime << 32 | file_now.dwLowDateTime) - since;
	return filetime_of_ticks(ticks);
}

/* As /proc tells it; false when the process has gone. */
static bool foreign_times(pid_t pid, LPFILETIME creation, LPFILETIME kernel,
			  LPFILETIME user)
{
	const uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);
	unsigned long long utime, stime, start;
	char path[64], line[1024], *after = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file && fgets(line, sizeof(line), file))
		after = strrchr(line, ')');
	if (file)
		fclose(file);
	/* Behind the name: fields 3 to 22, of which 14, 15 and 22 are wanted. */
	if (!after || sscanf(after + 1,
			     " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d "
			     "%*d %*d %*d %*d %*d %llu",
			     &utime, &stime, &start) != 3)
		return false;
	*creation = filetime_of_start(start);
	*kernel = filetime_of_ticks(stime * 10000000 / hz);
	*user = filetime_of_ticks(utime * 10000000 / hz);
	return true;
}

BOOL WINAPI GetProcessTimes(HANDLE h, LPFILETIME creation, LPFILETIME exited,
			    LPFILETIME kernel, LPFILETIME user)
{
	struct process *p = process_get(h, PROCESS_QUERY_LIMITED_INFORMATION);
	struct rusage usage;
	bool ok = true;

	if (!p)
		return FALSE;
	*exited = filetime_of_ticks(0);
	if (&p->object == process_self()) {
		getrusage(RUSAGE_SELF, &usage);
		*creation = process_creation;
		*kernel = filetime_of_timeval(usage.ru_stime);
		*user = filetime_of_timeval(usage.ru_utime);
	} else {
		ok = foreign_times(p->pid, creation, kernel, user);
	}
	object_unref(&p->object);
	return ok ? TRUE : thread_fail(ERROR_NOT_SUPPORTED);
}

/* What CreateProcess was given; for a process started otherwise its descriptors. */
static const struct process_startup *startup_numbers(LPSTARTUPINFOW info)
{
	const struct process_startup *startup = process_startup();

	memset(info, 0, sizeof(*info));
	info->cb = sizeof(*info);
	if (startup) {
		info->dwFlags = startup->numbers[0];
		info->dwX = startup->numbers[1];
		info->dwY = startup->numbers[2];
		info->dwXSize = startup->numbers[3];
		info->dwYSize = startup->numbers[4];
		info->dwXCountChars = startup->numbers[5];
		info->dwYCountChars = startup->numbers[6];
		info->dwFillAttribute = startup->numbers[7];
		info->wShowWindow = (WORD)startup->numbers[8];
	}
	info->hStdInput = GetStdHandle(STD_INPUT_HANDLE);
	info->hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
	info->hStdError = GetStdHandle(STD_ERROR_HANDLE);
	return startup;
}

VOID WINAPI GetStartupInfoA(LPSTARTUPINFOA info)
{
	STARTUPINFOW wide;
	const struct process_startup *startup = startup_numbers(&wide);

	static_assert(sizeof(wide) == sizeof(*info), "the forms differ in text only");
	memcpy(info, &wide, sizeof(wide));
	info->lpTitle = startup ? startup->title : NULL;
	info->lpDesktop = startup ? startup->desktop : NULL;
}

static struct {
	pthread_once_t once;
	WCHAR *title, *desktop;
} startup_texts = {.once = PTHREAD_ONCE_INIT};

static void startup_texts_make(void)
{
	const struct process_startup *startup = process_startup();

	if (startup && startup->title)
		startup_texts.title =
			text_wide_from_utf8(startup->title, strlen(startup->title));
	if (startup && startup->desktop)
		startup_texts.desktop =
			text_wide_from_utf8(startup->desktop, strlen(startup->desktop));
}

VOID WINAPI GetStartupInfoW(LPSTARTUPINFOW info)
{
	pthread_once(&startup_texts.once, startup_texts_make);
	startup_numbers(info);
	info->lpTitle = startup_texts.title;
	info->lpDesktop = startup_texts.desktop;
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
