/* SPDX-License-Identifier: MIT */
/*
 * TlsAlloc and FlsAlloc with their relatives.  The model is in thread_slots.h.
 *
 * Lock order: the slots lock, then the threads lock inside thread_for_each().
 */
#include "kernel32-shim/thread_slots.h"

#include <stdlib.h>

/* Marks a fiber-local slot allocated without a callback. */
static VOID WINAPI fls_no_callback(PVOID value)
{
	(void)value;
}

static struct {
	pthread_mutex_t lock;
	bool tls_used[THREAD_SLOTS_TLS];
	PFLS_CALLBACK_FUNCTION fls[THREAD_SLOTS_FLS]; /* NULL: free */
} slots = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void slots_before_fork(void)
{
	pthread_mutex_lock(&slots.lock);
}

static void slots_after_fork(void)
{
	pthread_mutex_unlock(&slots.lock);
}

__attribute__((constructor)) static void slots_survive_fork(void)
{
	pthread_atfork(slots_before_fork, slots_after_fork, slots_after_fork);
}

/* The calling thread's value of a slot; NULL when it has none. */
static void *slot_load(_Atomic(void *) *_Atomic *arrayp, DWORD index)
{
	_Atomic(void *) *array = atomic_load_explicit(arrayp, memory_order_relaxed);

	return array ? atomic_load_explicit(&array[index], memory_order_relaxed) : NULL;
}

static bool slot_store(_Atomic(void *) *_Atomic *arrayp, DWORD n, DWORD index,
		       void *value)
{
	_Atomic(void *) *array = atomic_load_explicit(arrayp, memory_order_relaxed);

	if (!array) {
		if (!value)
			return true;
		array = calloc(n, sizeof(*array));
		if (!array)
			return false;
		atomic_store_explicit(arrayp, array, memory_order_release);
	}
	atomic_store_explicit(&array[index], value, memory_order_relaxed);
	return true;
}

static void *slot_take(_Atomic(void *) *_Atomic *arrayp, DWORD index)
{
	_Atomic(void *) *array = atomic_load_explicit(arrayp, memory_order_acquire);

	return array ? atomic_exchange(&array[index], NULL) : NULL;
}

/* thread-local */

DWORD WINAPI TlsAlloc(VOID)
{
	DWORD index;

	pthread_mutex_lock(&slots.lock);
	for (index = 0; index < THREAD_SLOTS_TLS; index++)
		if (!slots.tls_used[index])
			break;
	if (index < THREAD_SLOTS_TLS)
		slots.tls_used[index] = true;
	pthread_mutex_unlock(&slots.lock);
	if (index < THREAD_SLOTS_TLS)
		return index;
	thread_last_error = ERROR_NO_MORE_ITEMS;
	return TLS_OUT_OF_INDEXES;
}

static void tls_clear(struct thread *t, void *user)
{
	slot_take(&t->tls, *(const DWORD *)user);
}

BOOL WINAPI TlsFree(DWORD index)
{
	bool used;

	if (index >= THREAD_SLOTS_TLS)
		return thread_fail(ERROR_INVALID_PARAMETER);
	pthread_mutex_lock(&slots.lock);
	used = slots.tls_used[index];
	if (used)
		thread_for_each(tls_clear, &index);
	slots.tls_used[index] = false;
	pthread_mutex_unlock(&slots.lock);
	return used ? TRUE : thread_fail(ERROR_INVALID_PARAMETER);
}

LPVOID WINAPI TlsGetValue(DWORD index)
{
	if (index >= THREAD_SLOTS_TLS) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return NULL;
	}
	thread_last_error = ERROR_SUCCESS;
	return slot_load(&thread_self()->tls, index);
}

BOOL WINAPI TlsSetValue(DWORD index, LPVOID value)
{
	if (index >= THREAD_SLOTS_TLS)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (!slot_store(&thread_self()->tls, THREAD_SLOTS_TLS, index, value))
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	return TRUE;
}

/* fiber-local; without fibers, a thread is its one fiber */

DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION callback)
{
	DWORD index;

	pthread_mutex_lock(&slots.lock);
	for (index = 1; index < THREAD_SLOTS_FLS; index++)
		if (!slots.fls[index])
			break;
	if (index < THREAD_SLOTS_FLS)
		slots.fls[index] = callback ? callback : fls_no_callback;
	pthread_mutex_unlock(&slots.lock);
	if (index < THREAD_SLOTS_FLS)
		return index;
	thread_last_error = ERROR_NO_MORE_ITEMS;
	return FLS_OUT_OF_INDEXES;
}

/* The callback of a slot in use, NULL for another. */
static PFLS_CALLBACK_FUNCTION fls_callback(DWORD index)
{
	PFLS_CALLBACK_FUNCTION callback = NULL;

	if (index == 0 || index >= THREAD_SLOTS_FLS)
		return NULL;
	pthread_mutex_lock(&slots.lock);
	callback = slots.fls[index];
	pthread_mutex_unlock(&slots.lock);
	return callback;
}

/* The values of a freed slot, collected so that callbacks run without a lock. */
struct fls_values {
	DWORD index;
	size_t n, cap;
	void **values;
};

static void fls_count(struct thread *t, void *user)
{
	(void)t;
	((struct fls_values *)user)->cap++;
}

static void fls_collect(struct thread *t, void *user)
{
	struct fls_values *f = user;
	void *value;

	if (f->n == f->cap)
		return;
	value = slot_take(&t->fls, f->index);
	if (value)
		f->values[f->n++] = value;
}

BOOL WINAPI FlsFree(DWORD index)
{
	PFLS_CALLBACK_FUNCTION callback = fls_callback(index);
	struct fls_values f = {.index = index};

	if (!callback)
		return thread_fail(ERROR_INVALID_PARAMETER);
	thread_for_each(fls_count, &f);
	f.cap += 16; /* threads that begin between the two looks */
	f.values = calloc(f.cap, sizeof(*f.values));
	if (!f.values)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	pthread_mutex_lock(&slots.lock);
	slots.fls[index] = NULL;
	thread_for_each(fls_collect, &f);
	pthread_mutex_unlock(&slots.lock);
	for (size_t i = 0; i < f.n; i++)
		callback(f.values[i]);
	free(f.values);
	return TRUE;
}

PVOID WINAPI FlsGetValue(DWORD index)
{
	if (!fls_callback(index)) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return NULL;
	}
	thread_last_error = ERROR_SUCCESS;
	return slot_load(&thread_self()->fls, index);
}

BOOL WINAPI FlsSetValue(DWORD index, PVOID value)
{
	if (!fls_callback(index))
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (!slot_store(&thread_self()->fls, THREAD_SLOTS_FLS, index, value))
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	return TRUE;
}

/* There are no fibers: nothing can make the thread one. */
BOOL WINAPI IsThreadAFiber(VOID)
{
	return FALSE;
}

/* the end of a thread */

void thread_slots_run_callbacks(struct thread *t)
{
	if (!atomic_load_explicit(&t->fls, memory_order_relaxed))
		return;
	for (DWORD i = 1; i < THREAD_SLOTS_FLS; i++) {
		PFLS_CALLBACK_FUNCTION callback;
		void *value;

		if (!slot_load(&t->fls, i))
			continue;
		callback = fls_callback(i);
		value = slot_take(&t->fls, i);
		if (callback && value)
			callback(value);
	}
}

void thread_slots_free(struct thread *t)
{
	free(atomic_exchange(&t->tls, NULL));
	free(atomic_exchange(&t->fls, NULL));
}
