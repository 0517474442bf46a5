/* SPDX-License-Identifier: MIT */
/*
 * The life of threads.  The model is in thread.h.
 *
 * A thread ends in one place, thread_end(), which the thread-specific-data destructor
 * calls: the start routine's return, ExitThread and pthread_exit all come through there.
 * The order matters.  The hook cancels the thread's requests while it still is a proper
 * thread; callbacks of fiber-local slots run the program's code; its mutexes are
 * abandoned; then, in one step under the dispatcher lock, the APC queue closes and the
 * object is signaled, so that whoever saw the thread end also finds its mutexes abandoned.
 */
#include "kernel32-shim/thread.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <npfs/aio.h>
#include <npfs/security.h>

#include "kernel32-shim/apc.h"
#include "kernel32-shim/completion_port.h"
#include "kernel32-shim/mutex.h"
#include "kernel32-shim/thread_slots.h"

__thread DWORD thread_last_error THREAD_TLS_FAST;
__thread struct thread *thread_current THREAD_TLS_FAST;

static struct {
	pthread_mutex_t lock;
	struct object_link all;
} threads = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.all = {&threads.all, &threads.all},
};

static pthread_key_t thread_key;
static pthread_once_t thread_key_once = PTHREAD_ONCE_INIT;
static void (*_Atomic exit_hook)(struct thread *t);
static _Atomic uint32_t n_live = 1; /* main, and every other Win32 thread */
static _Atomic bool main_has_left;

/* birth */

static void thread_destroy(struct object *o)
{
	struct thread *t = thread_from_object(o);

	object_unref(t->process);
	npfs_thread_unref(t->self);
	free(t->description);
	free(t);
}

static const struct object_ops thread_ops = {
	.type = OBJECT_THREAD,
	.signal_kind = OBJECT_SIGNAL_MANUAL,
	.name = "thread",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_nothing,
	.last_handle_closed = object_closed_nothing,
	.destroy = thread_destroy,
};

static struct thread *thread_new(void)
{
	struct thread *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	object_init(&t->object, &thread_ops, false);
	object_link_init(&t->apcs);
	object_link_init(&t->mutexes);
	object_link_init(&t->port_link);
	object_link_init(&t->all);
	for (unsigned i = 0; i < WAIT_MAX_OBJECTS; i++)
		object_link_init(&t->wait.blocks[i].link);
	atomic_init(&t->exit_code, STILL_ACTIVE);
	return t;
}

struct thread *thread_new_foreign(DWORD id, struct object *process)
{
	struct thread *t = thread_new();

	if (!t)
		return NULL;
	t->id = id;
	t->ended = true; /* nothing is queued to it */
	t->process = object_ref(process);
	atomic_init(&t->suspend, THREAD_BEGUN);
	return t;
}

static void threads_add(struct thread *t)
{
	pthread_mutex_lock(&threads.lock);
	object_link_push_back(&threads.all, &t->all);
	pthread_mutex_unlock(&threads.lock);
}

static void thread_end(void *user);

static void threads_before_fork(void)
{
	pthread_mutex_lock(&threads.lock);
}

static void threads_after_fork_parent(void)
{
	pthread_mutex_unlock(&threads.lock);
}

/* Only the thread that forked exists in the child, under a new number. */
static void threads_after_fork_child(void)
{
	object_link_init(&threads.all);
	atomic_store(&n_live, 1);
	atomic_store(&main_has_left, false);
	if (thread_current) {
		thread_current->id = (DWORD)gettid();
		thread_current->is_main = true;
		object_link_push_back(&threads.all, &thread_current->all);
	}
	pthread_mutex_unlock(&threads.lock);
}

static void thread_key_make(void)
{
	if (pthread_key_create(&thread_key, thread_end) != 0)
		abort();
	pthread_atfork(threads_before_fork, threads_after_fork_parent,
		       threads_after_fork_child);
}

static void thread_enter(struct thread *t)
{
	pthread_once(&thread_key_once, thread_key_make);
	t->id = (DWORD)gettid();
	t->is_main = (pid_t)t->id == getpid();
	t->self = npfs_thread_self();
	threads_add(t);
	thread_current = t;
	if (pthread_setspecific(thread_key, t) != 0)
		abort();
}

struct thread *thread_adopt(void)
{
	struct thread *t = thread_new();

	if (!t) {
		fputs("npfs-kernel32: no memory to make a thread known\n", stderr);
		abort();
	}
	atomic_init(&t->suspend, THREAD_BEGUN);
	thread_enter(t);
	if (!t->is_main)
		atomic_fetch_add(&n_live, 1);
	return t;
}

static void *thread_main(void *user)
{
	struct thread *t = user;
	DWORD code;
	uint32_t count = 0;

	thread_enter(t);
	atomic_store_explicit(&t->id_ready, 1, memory_order_release);
	wait_futex_wake(&t->id_ready, 1);
	while (!atomic_compare_exchange_strong(&t->suspend, &count, THREAD_BEGUN)) {
		wait_futex_sleep(&t->suspend, count, WAIT_NEVER);
		count = 0;
	}
	if (atomic_load(&t->killed))
		return NULL;
	apc_run_pending(t);
	code = t->start(t->parameter);
	atomic_store(&t->exit_code, code);
	return NULL;
}

/* Windows keeps its default reserve unless the program asks for a reserve or for more. */
static int thread_attributes(pthread_attr_t *attr, SIZE_T stack_size)
{
	size_t least = (size_t)PTHREAD_STACK_MIN + 65536;
	long page = sysconf(_SC_PAGESIZE);
	int r = pthread_attr_init(attr);

	if (r != 0)
		return r;
	r = pthread_attr_setdetachstate(attr, PTHREAD_CREATE_DETACHED);
	if (r == 0 && stack_size != 0) {
		if (stack_size < least)
			stack_size = least;
		stack_size = (stack_size + (size_t)page - 1) & ~((size_t)page - 1);
		r = pthread_attr_setstacksize(attr, stack_size);
	}
	if (r != 0)
		pthread_attr_destroy(attr);
	return r;
}

DWORD thread_create(LPTHREAD_START_ROUTINE start, void *parameter, SIZE_T stack_size,
		    bool suspended, struct thread **threadp)
{
	struct thread *t = thread_new();
	pthread_attr_t attr;
	pthread_t id;
	int r;

	if (!t)
		return ERROR_NOT_ENOUGH_MEMORY;
	t->start = start;
	t->parameter = parameter;
	atomic_init(&t->suspend, suspended ? 1 : 0);
	if (thread_attributes(&attr, stack_size) != 0) {
		object_unref(&t->object);
		return ERROR_NOT_ENOUGH_MEMORY;
	}
	object_ref(&t->object); /* the running thread's own */
	atomic_fetch_add(&n_live, 1);
	npfs_identity_pause();
	r = pthread_create(&id, &attr, thread_main, t);
	npfs_identity_resume();
	pthread_attr_destroy(&attr);
	if (r != 0) {
		atomic_fetch_sub(&n_live, 1);
		object_unref(&t->object);
		object_unref(&t->object);
		return r == EAGAIN ? ERROR_NO_SYSTEM_RESOURCES : ERROR_NOT_ENOUGH_MEMORY;
	}
	while (!atomic_load_explicit(&t->id_ready, memory_order_acquire))
		wait_futex_sleep(&t->id_ready, 0, WAIT_NEVER);
	*threadp = t;
	return 0;
}

/* Change the suspend count by @step unless the thread has begun or @step is idle. */
static DWORD suspend_count_add(struct thread *t, int step)
{
	uint32_t old = atomic_load(&t->suspend);

	do {
		if (old == THREAD_BEGUN)
			return (DWORD)-1;
		if (old == 0 && step < 0)
			return 0;
	} while (!atomic_compare_exchange_weak(&t->suspend, &old, old + (uint32_t)step));
	if (old + (uint32_t)step == 0)
		wait_futex_wake(&t->suspend, 1);
	return old;
}

DWORD thread_resume(struct thread *t)
{
	DWORD previous = suspend_count_add(t, -1);

	return previous == (DWORD)-1 ? 0 : previous;
}

DWORD thread_suspend_unbegun(struct thread *t)
{
	return suspend_count_add(t, 1);
}

bool thread_kill_unbegun(struct thread *t, DWORD code)
{
	DWORD active = STILL_ACTIVE;

	/* The extra count keeps it from beginning while it is being marked. */
	if (suspend_count_add(t, 1) == (DWORD)-1)
		return false;
	atomic_compare_exchange_strong(&t->exit_code, &active, code);
	atomic_store(&t->killed, true);
	while (suspend_count_add(t, -1) > 1)
		;
	return true;
}

/* death */

void thread_set_exit_hook(void (*hook)(struct thread *t))
{
	atomic_store(&exit_hook, hook);
}

static void thread_end(void *user)
{
	struct thread *t = user;
	void (*hook)(struct thread *) = atomic_load(&exit_hook);
	DWORD active = STILL_ACTIVE;
	DWORD code;
	bool is_last;

	/* The C library has forgotten the value already; code run from here needs it. */
	thread_current = t;
	if (hook)
		hook(t);
	thread_slots_run_callbacks(t);
	completion_port_thread_leaves(t);
	atomic_compare_exchange_strong(&t->exit_code, &active, 0);
	code = atomic_load(&t->exit_code);

	pthread_mutex_lock(&threads.lock);
	object_link_remove(&t->all);
	thread_slots_free(t);
	pthread_mutex_unlock(&threads.lock);

	/* Counted before it is seen: who waited for this thread may end after it only. */
	is_last = atomic_fetch_sub(&n_live, 1) == 1;
	mutex_abandon_all(t);
	dispatcher_lock();
	t->ended = true;
	object_mark(&t->object);
	atomic_fetch_or(&t->object.signal, OBJECT_SIGNALED);
	object_wake(&t->object);
	object_unmark(&t->object);
	dispatcher_unlock();

	apc_drop_pending(t);
	wait_known_forget(&t->known);
	thread_current = NULL;
	object_unref(&t->object);
	if (is_last && atomic_load(&main_has_left))
		exit((int)code);
}

_Noreturn void thread_exit(DWORD code)
{
	struct thread *t = thread_self();

	atomic_store(&t->exit_code, code);
	if (t->is_main)
		atomic_store(&main_has_left, true);
	pthread_exit(NULL);
}

/* the list */

struct thread *thread_find(DWORD id)
{
	struct thread *found = NULL;

	pthread_mutex_lock(&threads.lock);
	for (struct object_link *l = threads.all.next; l != &threads.all; l = l->next) {
		struct thread *t = object_container(l, struct thread, all);

		if (t->id == id) {
			object_ref(&t->object);
			found = t;
			break;
		}
	}
	pthread_mutex_unlock(&threads.lock);
	return found;
}

void thread_for_each(void (*visit)(struct thread *t, void *user), void *user)
{
	pthread_mutex_lock(&threads.lock);
	for (struct object_link *l = threads.all.next; l != &threads.all; l = l->next)
		visit(object_container(l, struct thread, all), user);
	pthread_mutex_unlock(&threads.lock);
}
