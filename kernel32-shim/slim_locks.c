/* SPDX-License-Identifier: MIT */
/*
 * The locks without handles: critical sections, slim reader/writer locks, condition
 * variables, one-time initialisation, waiting on an address, barriers.
 *
 * They live in the program's own memory, in structs whose size is fixed and which start
 * as zeros.  Each keeps what somebody sleeps on in one 32-bit futex word of that struct:
 *
 *	CRITICAL_SECTION    LockCount  0 free, 1 taken, 2 taken and somebody sleeps
 *	SRWLOCK             low half  SRW_* below
 *	CONDITION_VARIABLE  low half  counts wakes; a sleeper sleeps on the value it saw
 *	INIT_ONCE           low half  state in the two low bits, the context above them
 *
 * None of these waits is alertable, and none is known to the dispatcher.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "kernel32-shim/object.h"
#include "kernel32-shim/thread.h"
#include "kernel32-shim/wait.h"

static inline void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

/* The futex word of a pointer-sized lock: the low half, on a little-endian machine. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low half comes first");

static _Atomic uint32_t *low_half(void *lock)
{
	return (_Atomic uint32_t *)lock;
}

/* critical sections */

enum {
	CS_FREE,
	CS_TAKEN,
	CS_CONTENDED,
};

static _Atomic uint32_t *cs_word(CRITICAL_SECTION *cs)
{
	return (_Atomic uint32_t *)(void *)&cs->LockCount;
}

static HANDLE cs_self(void)
{
	return (HANDLE)(ULONG_PTR)thread_self()
		->id; /* NOLINT(performance-no-int-to-ptr) */
}

/* Only the owner finds its own number here, so a plain value suffices. */
static HANDLE cs_owner(CRITICAL_SECTION *cs)
{
	return __atomic_load_n(&cs->OwningThread, __ATOMIC_RELAXED);
}

static void cs_owner_set(CRITICAL_SECTION *cs, HANDLE owner)
{
	__atomic_store_n(&cs->OwningThread, owner, __ATOMIC_RELAXED);
}

BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION cs, DWORD spin_count,
					DWORD flags)
{
	if (flags & ~(DWORD)CRITICAL_SECTION_NO_DEBUG_INFO)
		return thread_fail(ERROR_INVALID_PARAMETER);
	memset(cs, 0, sizeof(*cs));
	cs->SpinCount = spin_count & 0x00ffffff;
	return TRUE;
}

BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION cs, DWORD spin_count)
{
	return InitializeCriticalSectionEx(cs, spin_count, 0);
}

VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION cs)
{
	InitializeCriticalSectionEx(cs, 0, 0);
}

DWORD WINAPI SetCriticalSectionSpinCount(LPCRITICAL_SECTION cs, DWORD spin_count)
{
	DWORD previous = (DWORD)cs->SpinCount;

	cs->SpinCount = spin_count & 0x00ffffff;
	return previous;
}

VOID WINAPI DeleteCriticalSection(LPCRITICAL_SECTION cs)
{
	memset(cs, 0, sizeof(*cs));
}

static bool cs_try(CRITICAL_SECTION *cs, HANDLE self)
{
	uint32_t free_value = CS_FREE;

	if (cs_owner(cs) == self) {
		cs->RecursionCount++;
		return true;
	}
	if (!atomic_compare_exchange_strong_explicit(cs_word(cs), &free_value, CS_TAKEN,
						     memory_order_acquire,
						     memory_order_relaxed))
		return false;
	cs_owner_set(cs, self);
	cs->RecursionCount = 1;
	return true;
}

BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION cs)
{
	return cs_try(cs, cs_self());
}

VOID WINAPI EnterCriticalSection(LPCRITICAL_SECTION cs)
{
	HANDLE self = cs_self();
	_Atomic uint32_t *word = cs_word(cs);

	if (cs_try(cs, self))
		return;
	for (ULONG_PTR i = 0; i < cs->SpinCount; i++) {
		cpu_relax();
		if (atomic_load_explicit(word, memory_order_relaxed) == CS_FREE &&
		    cs_try(cs, self))
			return;
	}
	/* Who takes it after sleeping cannot know whether others do, so says so. */
	while (atomic_exchange_explicit(word, CS_CONTENDED, memory_order_acquire) !=
	       CS_FREE)
		wait_futex_sleep(word, CS_CONTENDED, WAIT_NEVER);
	cs_owner_set(cs, self);
	cs->RecursionCount = 1;
}

VOID WINAPI LeaveCriticalSection(LPCRITICAL_SECTION cs)
{
	_Atomic uint32_t *word = cs_word(cs);

	if (--cs->RecursionCount > 0)
		return;
	cs->RecursionCount = 0;
	cs_owner_set(cs, NULL);
	if (atomic_exchange_explicit(word, CS_FREE, memory_order_release) == CS_CONTENDED)
		wait_futex_wake(word, 1);
}

/* slim reader/writer locks */

#define SRW_WRITER  UINT32_C(0x80000000)
#define SRW_WAITERS UINT32_C(0x40000000) /* somebody sleeps; nobody may overtake him */
#define SRW_READERS UINT32_C(0x3fffffff)

VOID WINAPI InitializeSRWLock(PSRWLOCK lock)
{
	lock->Ptr = NULL;
}

/* Sleep until the lock's word differs from what was seen, after saying that we sleep. */
static void srw_sleep(_Atomic uint32_t *word, uint32_t seen)
{
	if (!(seen & SRW_WAITERS) && !atomic_compare_exchange_strong_explicit(
					     word, &seen, seen | SRW_WAITERS,
					     memory_order_relaxed, memory_order_relaxed))
		return;
	wait_futex_sleep(word, seen | SRW_WAITERS, WAIT_NEVER);
}

static bool srw_try_exclusive(_Atomic uint32_t *word, uint32_t *seenp)
{
	uint32_t old = atomic_load_explicit(word, memory_order_relaxed);

	while (!(old & (SRW_WRITER | SRW_READERS)))
		if (atomic_compare_exchange_weak_explicit(word, &old, old | SRW_WRITER,
							  memory_order_acquire,
							  memory_order_relaxed))
			return true;
	*seenp = old;
	return false;
}

static bool srw_try_shared(_Atomic uint32_t *word, uint32_t *seenp)
{
	uint32_t old = atomic_load_explicit(word, memory_order_relaxed);

	/* A reader does not overtake a sleeping writer, unless nobody holds the lock. */
	while (!(old & SRW_WRITER) && (!(old & SRW_WAITERS) || !(old & SRW_READERS)))
		if (atomic_compare_exchange_weak_explicit(word, &old, old + 1,
							  memory_order_acquire,
							  memory_order_relaxed))
			return true;
	*seenp = old;
	return false;
}

VOID WINAPI AcquireSRWLockExclusive(PSRWLOCK lock)
{
	_Atomic uint32_t *word = low_half(lock);
	uint32_t seen;

	while (!srw_try_exclusive(word, &seen))
		srw_sleep(word, seen);
}

VOID WINAPI AcquireSRWLockShared(PSRWLOCK lock)
{
	_Atomic uint32_t *word = low_half(lock);
	uint32_t seen;

	while (!srw_try_shared(word, &seen))
		srw_sleep(word, seen);
}

BOOLEAN WINAPI TryAcquireSRWLockExclusive(PSRWLOCK lock)
{
	uint32_t seen;

	return srw_try_exclusive(low_half(lock), &seen);
}

BOOLEAN WINAPI TryAcquireSRWLockShared(PSRWLOCK lock)
{
	uint32_t seen;

	return srw_try_shared(low_half(lock), &seen);
}

VOID WINAPI ReleaseSRWLockExclusive(PSRWLOCK lock)
{
	_Atomic uint32_t *word = low_half(lock);

	if (atomic_exchange_explicit(word, 0, memory_order_release) & SRW_WAITERS)
		wait_futex_wake(word, INT_MAX);
}

VOID WINAPI ReleaseSRWLockShared(PSRWLOCK lock)
{
	_Atomic uint32_t *word = low_half(lock);
	uint32_t old = atomic_load_explicit(word, memory_order_relaxed);
	uint32_t now;

	do {
		now = old - 1;
		if (!(now & SRW_READERS))
			now = 0;
	} while (!atomic_compare_exchange_weak_explicit(
		word, &old, now, memory_order_release, memory_order_relaxed));
	if (now == 0 && (old & SRW_WAITERS))
		wait_futex_wake(word, INT_MAX);
}

/* condition variables */

VOID WINAPI InitializeConditionVariable(PCONDITION_VARIABLE cv)
{
	cv->Ptr = NULL;
}

VOID WINAPI WakeConditionVariable(PCONDITION_VARIABLE cv)
{
	atomic_fetch_add_explicit(low_half(cv), 1, memory_order_release);
	wait_futex_wake(low_half(cv), 1);
}

VOID WINAPI WakeAllConditionVariable(PCONDITION_VARIABLE cv)
{
	atomic_fetch_add_explicit(low_half(cv), 1, memory_order_release);
	wait_futex_wake(low_half(cv), INT_MAX);
}

/* FALSE and ERROR_TIMEOUT, unless a wake came in the same moment. */
static BOOL cv_result(int slept)
{
	return slept == -ETIMEDOUT ? thread_fail(ERROR_TIMEOUT) : TRUE;
}

/* A time-out of 0 gives the lock a chance to change hands, and no more. */
static int cv_sleep(_Atomic uint32_t *word, uint32_t seen, DWORD milliseconds)
{
	int64_t deadline = wait_deadline(milliseconds);

	if (deadline == WAIT_POLL)
		return atomic_load_explicit(word, memory_order_acquire) == seen
			       ? -ETIMEDOUT
			       : 0;
	return wait_futex_sleep(word, seen, deadline);
}

BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE cv, PCRITICAL_SECTION cs,
				     DWORD milliseconds)
{
	uint32_t seen = atomic_load_explicit(low_half(cv), memory_order_acquire);
	int slept;

	LeaveCriticalSection(cs);
	slept = cv_sleep(low_half(cv), seen, milliseconds);
	EnterCriticalSection(cs);
	return cv_result(slept);
}

BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE cv, PSRWLOCK lock,
				      DWORD milliseconds, ULONG flags)
{
	uint32_t seen = atomic_load_explicit(low_half(cv), memory_order_acquire);
	bool shared = flags & CONDITION_VARIABLE_LOCKMODE_SHARED;
	int slept;

	if (flags & ~(ULONG)CONDITION_VARIABLE_LOCKMODE_SHARED)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (shared)
		ReleaseSRWLockShared(lock);
	else
		ReleaseSRWLockExclusive(lock);
	slept = cv_sleep(low_half(cv), seen, milliseconds);
	if (shared)
		AcquireSRWLockShared(lock);
	else
		AcquireSRWLockExclusive(lock);
	return cv_result(slept);
}

/* one-time initialisation */

#define ONCE_STATE   ((uintptr_t)3)
#define ONCE_NONE    ((uintptr_t)0)
#define ONCE_RUNNING ((uintptr_t)1) /* one thread initialises, others sleep */
#define ONCE_DONE    ((uintptr_t)2) /* the context is in the upper bits */
#define ONCE_ASYNC   ((uintptr_t)3) /* several threads may be initialising */

static _Atomic uintptr_t *once_word(INIT_ONCE *once)
{
	return (_Atomic uintptr_t *)(void *)once;
}

static void once_give_context(uintptr_t word, LPVOID *contextp)
{
	if (contextp)
		*contextp = (LPVOID)(word &
				     ~ONCE_STATE); /* NOLINT(performance-no-int-to-ptr) */
}

VOID WINAPI InitOnceInitialize(PINIT_ONCE once)
{
	once->Ptr = NULL;
}

static BOOL once_begin_async(_Atomic uintptr_t *word, uintptr_t old, PBOOL pendingp)
{
	while ((old & ONCE_STATE) == ONCE_NONE)
		if (atomic_compare_exchange_weak(word, &old, ONCE_ASYNC))
			old = ONCE_ASYNC;
	if ((old & ONCE_STATE) == ONCE_RUNNING)
		return thread_fail(ERROR_INVALID_PARAMETER);
	*pendingp = (old & ONCE_STATE) == ONCE_ASYNC;
	return TRUE;
}

BOOL WINAPI InitOnceBeginInitialize(LPINIT_ONCE once, DWORD flags, PBOOL pendingp,
				    LPVOID *contextp)
{
	_Atomic uintptr_t *word = once_word(once);
	uintptr_t old = atomic_load_explicit(word, memory_order_acquire);

	if ((flags & ~(DWORD)(INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC)) ||
	    flags == (INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC))
		return thread_fail(ERROR_INVALID_PARAMETER);
	if ((old & ONCE_STATE) == ONCE_DONE) {
		*pendingp = FALSE;
		once_give_context(old, contextp);
		return TRUE;
	}
	if (flags & INIT_ONCE_CHECK_ONLY) {
		*pendingp = TRUE;
		return thread_fail(ERROR_GEN_FAILURE);
	}
	if (flags & INIT_ONCE_ASYNC) {
		if (!once_begin_async(word, old, pendingp))
			return FALSE;
		if (!*pendingp)
			once_give_context(atomic_load(word), contextp);
		return TRUE;
	}
	for (;;) {
		old = ONCE_NONE;
		if (atomic_compare_exchange_strong(word, &old, ONCE_RUNNING)) {
			*pendingp = TRUE;
			return TRUE;
		}
		if ((old & ONCE_STATE) == ONCE_DONE) {
			*pendingp = FALSE;
			once_give_context(old, contextp);
			return TRUE;
		}
		if ((old & ONCE_STATE) == ONCE_ASYNC)
			return thread_fail(ERROR_INVALID_PARAMETER);
		wait_futex_sleep(low_half(once), (uint32_t)ONCE_RUNNING, WAIT_NEVER);
	}
}

BOOL WINAPI InitOnceComplete(LPINIT_ONCE once, DWORD flags, LPVOID context)
{
	const DWORD known = INIT_ONCE_ASYNC | INIT_ONCE_INIT_FAILED;
	_Atomic uintptr_t *word = once_word(once);
	uintptr_t expected = flags & INIT_ONCE_ASYNC ? ONCE_ASYNC : ONCE_RUNNING;
	uintptr_t done = (uintptr_t)context | ONCE_DONE;

	if ((flags & ~known) || flags == known || ((uintptr_t)context & ONCE_STATE))
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (flags & INIT_ONCE_INIT_FAILED) {
		if (context)
			return thread_fail(ERROR_INVALID_PARAMETER);
		done = ONCE_NONE;
	}
	if (!atomic_compare_exchange_strong(word, &expected, done))
		return thread_fail(ERROR_GEN_FAILURE);
	wait_futex_wake(low_half(once), INT_MAX);
	return TRUE;
}

BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE once, PINIT_ONCE_FN fn, PVOID parameter,
				LPVOID *contextp)
{
	PVOID context = NULL;
	BOOL pending;

	if (!InitOnceBeginInitialize(once, 0, &pending, contextp))
		return FALSE;
	if (!pending)
		return TRUE;
	if (!fn(once, parameter, &context)) {
		DWORD error = thread_last_error;

		InitOnceComplete(once, INIT_ONCE_INIT_FAILED, NULL);
		return thread_fail(error);
	}
	if (contextp)
		*contextp = context;
	return InitOnceComplete(once, 0, context);
}

/* waiting on an address */

enum { N_ADDRESS_BUCKETS = 64 };

struct address_waiter {
	struct object_link link; /* bucket lock */
	void *address;
	_Atomic uint32_t woken; /* futex */
};

static struct address_bucket {
	pthread_mutex_t lock;
	struct object_link waiters;
} buckets[N_ADDRESS_BUCKETS];

static pthread_once_t buckets_once = PTHREAD_ONCE_INIT;

static void buckets_init(void)
{
	for (int i = 0; i < N_ADDRESS_BUCKETS; i++) {
		pthread_mutex_init(&buckets[i].lock, NULL);
		object_link_init(&buckets[i].waiters);
	}
}

static struct address_bucket *bucket_of(const volatile void *address)
{
	uintptr_t a = (uintptr_t)address;

	pthread_once(&buckets_once, buckets_init);
	return &buckets[(a >> 3 ^ a >> 9) % N_ADDRESS_BUCKETS];
}

/* Are the @size bytes at @address what @compare holds?  One load each. */
static bool address_is_unchanged(const volatile void *address, const void *compare,
				 SIZE_T size)
{
	switch (size) {
	case 1:
		return __atomic_load_n((const volatile uint8_t *)address,
				       __ATOMIC_ACQUIRE) == *(const uint8_t *)compare;
	case 2:
		return __atomic_load_n((const volatile uint16_t *)address,
				       __ATOMIC_ACQUIRE) == *(const uint16_t *)compare;
	case 4:
		return __atomic_load_n((const volatile uint32_t *)address,
				       __ATOMIC_ACQUIRE) == *(const uint32_t *)compare;
	default:
		return __atomic_load_n((const volatile uint64_t *)address,
				       __ATOMIC_ACQUIRE) == *(const uint64_t *)compare;
	}
}

BOOL WINAPI WaitOnAddress(VOID volatile *address, PVOID compare, SIZE_T size,
			  DWORD milliseconds)
{
	struct address_bucket *bucket = bucket_of(address);
	int64_t deadline = wait_deadline(milliseconds);
	struct address_waiter waiter = {.address = (void *)(uintptr_t)address};
	bool timed_out = false;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return thread_fail(ERROR_INVALID_PARAMETER);
	pthread_mutex_lock(&bucket->lock);
	if (!address_is_unchanged(address, compare, size)) {
		pthread_mutex_unlock(&bucket->lock);
		return TRUE;
	}
	object_link_push_back(&bucket->waiters, &waiter.link);
	pthread_mutex_unlock(&bucket->lock);
	while (!atomic_load_explicit(&waiter.woken, memory_order_acquire) && !timed_out)
		timed_out = deadline == WAIT_POLL ||
			    wait_futex_sleep(&waiter.woken, 0, deadline) == -ETIMEDOUT;
	pthread_mutex_lock(&bucket->lock);
	object_link_remove(&waiter.link);
	timed_out = !atomic_load_explicit(&waiter.woken, memory_order_relaxed);
	pthread_mutex_unlock(&bucket->lock);
	return timed_out ? thread_fail(ERROR_TIMEOUT) : TRUE;
}

/* The wake happens under the lock: the waiter's stack is there until it has taken it. */
static void wake_by_address(const void *address, bool all)
{
	struct address_bucket *bucket = bucket_of(address);
	struct object_link *next;

	pthread_mutex_lock(&bucket->lock);
	for (struct object_link *l = bucket->waiters.next; l != &bucket->waiters;
	     l = next) {
		struct address_waiter *w =
			object_container(l, struct address_waiter, link);

		next = l->next;
		if (w->address != address)
			continue;
		object_link_remove(&w->link);
		atomic_store_explicit(&w->woken, 1, memory_order_release);
		wait_futex_wake(&w->woken, 1);
		if (!all)
			break;
	}
	pthread_mutex_unlock(&bucket->lock);
}

VOID WINAPI WakeByAddressSingle(PVOID address)
{
	wake_by_address(address, false);
}

VOID WINAPI WakeByAddressAll(PVOID address)
{
	wake_by_address(address, true);
}

/*
 * Barriers: Reserved1 counts who is missing, Reserved2 the rounds (the futex word),
 * Reserved4 is how many meet, Reserved5 how many are still inside the last round.
 */

static _Atomic uint32_t *barrier_word(DWORD *field)
{
	return (_Atomic uint32_t *)(void *)field;
}

BOOL WINAPI InitializeSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER barrier,
					     LONG n_threads, LONG spin_count)
{
	if (n_threads <= 0 || spin_count < -1)
		return thread_fail(ERROR_INVALID_PARAMETER);
	memset(barrier, 0, sizeof(*barrier));
	barrier->Reserved1 = barrier->Reserved4 = (DWORD)n_threads;
	return TRUE;
}

BOOL WINAPI EnterSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER barrier, DWORD flags)
{
	_Atomic uint32_t *missing = barrier_word(&barrier->Reserved1);
	_Atomic uint32_t *round = barrier_word(&barrier->Reserved2);
	_Atomic uint32_t *inside = barrier_word(&barrier->Reserved5);
	uint32_t mine = atomic_load(round);

	(void)flags;
	atomic_fetch_add(inside, 1);
	if (atomic_fetch_sub(missing, 1) == 1) {
		atomic_store(missing, barrier->Reserved4);
		atomic_fetch_add(round, 1);
		wait_futex_wake(round, INT_MAX);
		atomic_fetch_sub(inside, 1);
		return TRUE;
	}
	while (atomic_load(round) == mine)
		wait_futex_sleep(round, mine, WAIT_NEVER);
	atomic_fetch_sub(inside, 1);
	return FALSE;
}

BOOL WINAPI DeleteSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER barrier)
{
	while (atomic_load(barrier_word(&barrier->Reserved5)) > 0)
		SwitchToThread();
	return TRUE;
}
