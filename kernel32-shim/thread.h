/* SPDX-License-Identifier: MIT */
/*
 * Threads, as objects to wait for and as those who wait.
 *
 * Every thread that calls in has a struct thread: CreateThread makes it, any other thread
 * (main, a pthread of the program, the library's engine) gets one at its first call.  The
 * running thread owns one reference, each handle another.  When the thread ends, however
 * it ends, its thread-specific-data destructor abandons its mutexes, drops its APCs and
 * signals the object; memory and exit code stay as long as somebody holds a handle.
 *
 * The process ends when main returns, as on Windows.  When main leaves through ExitThread
 * instead, it ends with the last Win32 thread and takes that one's exit code.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <windows.h>

#include "kernel32-shim/object.h"
#include "kernel32-shim/wait.h"
#include "kernel32-shim/wait_glance.h"

#define THREAD_BEGUN UINT32_MAX

struct npfs_thread;

struct thread {
	struct object object; /* first; signaled when the thread has ended */
	struct wait wait;
	struct wait_known known;    /* what it glanced at last; its own */
	struct object_link apcs;    /* struct apc; dispatcher lock */
	_Atomic uint32_t n_apcs;    /* written under the dispatcher lock */
	struct object_link mutexes; /* owned by this thread; dispatcher lock */
	bool ended;                 /* dispatcher lock */

	DWORD id;                  /* kernel thread id; set before anybody else sees it */
	_Atomic DWORD exit_code;   /* STILL_ACTIVE until the thread ends */
	_Atomic uint32_t id_ready; /* futex: 1 once id is set by the new thread */
	_Atomic uint32_t suspend;  /* futex: suspend count; THREAD_BEGUN once it runs */
	_Atomic bool killed;       /* terminated before it began */
	_Atomic int priority;
	_Atomic bool boost_disabled;
	bool is_main;
	LPTHREAD_START_ROUTINE start;
	void *parameter;

	struct object
		*port; /* counted; whose packets this thread handles; dispatcher lock */
	bool counts_on_port;          /* is among its active threads; dispatcher lock */
	struct object_link port_link; /* in a port's stack of waiters; dispatcher lock */
	struct port_packet *port_packet; /* handed over by a port; dispatcher lock */

	/* Owned; made by this thread, cleared by whoever frees a slot; threads lock. */
	_Atomic(void *) *_Atomic tls;
	_Atomic(void *) *_Atomic fls;
	struct object_link all; /* in the list of live threads; threads lock */

	struct npfs_thread *self; /* counted; set with id.  NULL: foreign, or no memory */

	WCHAR *description; /* owned; NULL: none; the lock of thread_name.c */

	/* counted; set for the first thread of a process this one made, else NULL */
	struct object *process;

	/*
	 * The synchronous call this thread is blocked in, for CancelSynchronousIo.  Set
	 * and cleared by the thread, taken by whoever cancels.
	 */
	_Atomic(void *) sync_op;
	/* Where that call's result will go, if the program said; likewise. */
	_Atomic(const void *) sync_result;
};

#define THREAD_TLS_FAST __attribute__((tls_model("initial-exec")))

extern __thread DWORD thread_last_error THREAD_TLS_FAST;
extern __thread struct thread *thread_current THREAD_TLS_FAST;

/* Make the calling thread known.  Aborts when there is no memory for that. */
struct thread *thread_adopt(void);

/* The calling thread; never NULL.  Borrowed: it lives as long as the thread runs. */
static inline struct thread *thread_self(void)
{
	return __builtin_expect(thread_current != NULL, 1) ? thread_current
							   : thread_adopt();
}

static inline struct thread *thread_from_object(struct object *o)
{
	return (struct thread *)(void *)o;
}

/**
 * thread_create() - start a thread
 * @stack_size: 0 for the default
 * @suspended: leave it before its start routine until thread_resume()
 * @threadp: receives a counted reference
 *
 * Return: 0 or a Win32 error.
 */
DWORD thread_create(LPTHREAD_START_ROUTINE start, void *parameter, SIZE_T stack_size,
		    bool suspended, struct thread **threadp);

/*
 * An object for the first thread of another process: it has an end and a suspend count,
 * the process's, and nothing else.  Counted; NULL when memory is short.
 */
struct thread *thread_new_foreign(DWORD id, struct object *process);

/* Take one suspension away.  Returns the count before; 0 when it was not suspended. */
DWORD thread_resume(struct thread *t);

/* Suspend or end a thread that has not begun: the count before, or -1; whether it did. */
DWORD thread_suspend_unbegun(struct thread *t);
bool thread_kill_unbegun(struct thread *t, DWORD code);

/* End the calling thread with @code.  Does not return. */
_Noreturn void thread_exit(DWORD code);

/*
 * thread_get() - the thread behind a handle that has one of the rights in @access, counted
 * Return: NULL, and the last error says ERROR_INVALID_HANDLE or ERROR_ACCESS_DENIED.
 */
struct thread *thread_get(HANDLE h, DWORD access);

/* A live thread of this process by its id, counted; NULL when there is none. */
struct thread *thread_find(DWORD id);

/*
 * Call @hook on each ending thread, on itself, before its mutexes are abandoned.  One
 * hook: pipe I/O cancels the requests the thread issued.
 */
void thread_set_exit_hook(void (*hook)(struct thread *t));

/* Visit every live thread of this process under the threads lock. */
void thread_for_each(void (*visit)(struct thread *t, void *user), void *user);

/* Set the last error and answer FALSE. */
static inline BOOL thread_fail(DWORD error)
{
	thread_last_error = error;
	return FALSE;
}
