/* SPDX-License-Identifier: MIT */
/*
 * npfs_interlocked.h - interlocked operations and barriers
 *
 * On Windows these are compiler intrinsics; here they are inline functions over the
 * atomic builtins. Every one without a suffix is a full barrier; the suffixes Acquire,
 * Release and NoFence ask for less. Increment, Decrement and Add give the new value;
 * Exchange, ExchangeAdd, And, Or, Xor and CompareExchange the old one.
 */
#ifndef NPFS_W32_NPFS_INTERLOCKED_H
#define NPFS_W32_NPFS_INTERLOCKED_H

#include "minwindef.h"

NPFS_W32_BEGIN

/* name(target), by one builtin that takes the target, a one and an order */
#define NPFS_W32_STEP(name, type, builtin, order)                                        \
	NPFS_W32_INLINE type name(type volatile *target)                                 \
	{                                                                                \
		return builtin(target, 1, order);                                        \
	}

/* name(target, value), by one builtin */
#define NPFS_W32_APPLY(name, type, builtin, order)                                       \
	NPFS_W32_INLINE type name(type volatile *target, type value)                     \
	{                                                                                \
		return (type)builtin(target, value, order);                              \
	}

/* name(target, value, comparand): stores value if the target holds comparand */
#define NPFS_W32_SWAP_IF(name, type, order, failed)                                      \
	NPFS_W32_INLINE type name(type volatile *target, type value, type comparand)     \
	{                                                                                \
		__atomic_compare_exchange_n(target, &comparand, value, 0, order,         \
					    failed);                                     \
		return comparand;                                                        \
	}

/* 32 bits */

NPFS_W32_STEP(InterlockedIncrement, LONG, __atomic_add_fetch, __ATOMIC_SEQ_CST)
NPFS_W32_STEP(InterlockedDecrement, LONG, __atomic_sub_fetch, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedExchange, LONG, __atomic_exchange_n, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedExchangeAdd, LONG, __atomic_fetch_add, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedAdd, LONG, __atomic_add_fetch, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedAnd, LONG, __atomic_fetch_and, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedOr, LONG, __atomic_fetch_or, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedXor, LONG, __atomic_fetch_xor, __ATOMIC_SEQ_CST)
NPFS_W32_SWAP_IF(InterlockedCompareExchange, LONG, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
NPFS_W32_STEP(InterlockedIncrementAcquire, LONG, __atomic_add_fetch, __ATOMIC_ACQUIRE)
NPFS_W32_STEP(InterlockedDecrementAcquire, LONG, __atomic_sub_fetch, __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedExchangeAcquire, LONG, __atomic_exchange_n, __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedExchangeAddAcquire, LONG, __atomic_fetch_add, __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedAddAcquire, LONG, __atomic_add_fetch, __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedAndAcquire, LONG, __atomic_fetch_and, __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedOrAcquire, LONG, __atomic_fetch_or, __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedXorAcquire, LONG, __atomic_fetch_xor, __ATOMIC_ACQUIRE)
NPFS_W32_SWAP_IF(InterlockedCompareExchangeAcquire, LONG, __ATOMIC_ACQUIRE,
		 __ATOMIC_ACQUIRE)
NPFS_W32_STEP(InterlockedIncrementRelease, LONG, __atomic_add_fetch, __ATOMIC_RELEASE)
NPFS_W32_STEP(InterlockedDecrementRelease, LONG, __atomic_sub_fetch, __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedExchangeRelease, LONG, __atomic_exchange_n, __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedExchangeAddRelease, LONG, __atomic_fetch_add, __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedAddRelease, LONG, __atomic_add_fetch, __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedAndRelease, LONG, __atomic_fetch_and, __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedOrRelease, LONG, __atomic_fetch_or, __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedXorRelease, LONG, __atomic_fetch_xor, __ATOMIC_RELEASE)
NPFS_W32_SWAP_IF(InterlockedCompareExchangeRelease, LONG, __ATOMIC_RELEASE,
		 __ATOMIC_RELAXED)
NPFS_W32_STEP(InterlockedIncrementNoFence, LONG, __atomic_add_fetch, __ATOMIC_RELAXED)
NPFS_W32_STEP(InterlockedDecrementNoFence, LONG, __atomic_sub_fetch, __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedExchangeNoFence, LONG, __atomic_exchange_n, __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedExchangeAddNoFence, LONG, __atomic_fetch_add, __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedAddNoFence, LONG, __atomic_add_fetch, __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedAndNoFence, LONG, __atomic_fetch_and, __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedOrNoFence, LONG, __atomic_fetch_or, __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedXorNoFence, LONG, __atomic_fetch_xor, __ATOMIC_RELAXED)
NPFS_W32_SWAP_IF(InterlockedCompareExchangeNoFence, LONG, __ATOMIC_RELAXED,
		 __ATOMIC_RELAXED)

/* 64 bits */

NPFS_W32_STEP(InterlockedIncrement64, LONG64, __atomic_add_fetch, __ATOMIC_SEQ_CST)
NPFS_W32_STEP(InterlockedDecrement64, LONG64, __atomic_sub_fetch, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedExchange64, LONG64, __atomic_exchange_n, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedExchangeAdd64, LONG64, __atomic_fetch_add, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedAdd64, LONG64, __atomic_add_fetch, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedAnd64, LONG64, __atomic_fetch_and, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedOr64, LONG64, __atomic_fetch_or, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedXor64, LONG64, __atomic_fetch_xor, __ATOMIC_SEQ_CST)
NPFS_W32_SWAP_IF(InterlockedCompareExchange64, LONG64, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
NPFS_W32_STEP(InterlockedIncrement64Acquire, LONG64, __atomic_add_fetch, __ATOMIC_ACQUIRE)
NPFS_W32_STEP(InterlockedDecrement64Acquire, LONG64, __atomic_sub_fetch, __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedExchange64Acquire, LONG64, __atomic_exchange_n,
	       __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedExchangeAdd64Acquire, LONG64, __atomic_fetch_add,
	       __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedAdd64Acquire, LONG64, __atomic_add_fetch, __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedAnd64Acquire, LONG64, __atomic_fetch_and, __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedOr64Acquire, LONG64, __atomic_fetch_or, __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedXor64Acquire, LONG64, __atomic_fetch_xor, __ATOMIC_ACQUIRE)
NPFS_W32_SWAP_IF(InterlockedCompareExchange64Acquire, LONG64, __ATOMIC_ACQUIRE,
		 __ATOMIC_ACQUIRE)
NPFS_W32_STEP(InterlockedIncrement64Release, LONG64, __atomic_add_fetch, __ATOMIC_RELEASE)
NPFS_W32_STEP(InterlockedDecrement64Release, LONG64, __atomic_sub_fetch, __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedExchange64Release, LONG64, __atomic_exchange_n,
	       __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedExchangeAdd64Release, LONG64, __atomic_fetch_add,
	       __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedAdd64Release, LONG64, __atomic_add_fetch, __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedAnd64Release, LONG64, __atomic_fetch_and, __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedOr64Release, LONG64, __atomic_fetch_or, __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedXor64Release, LONG64, __atomic_fetch_xor, __ATOMIC_RELEASE)
NPFS_W32_SWAP_IF(InterlockedCompareExchange64Release, LONG64, __ATOMIC_RELEASE,
		 __ATOMIC_RELAXED)
NPFS_W32_STEP(InterlockedIncrement64NoFence, LONG64, __atomic_add_fetch, __ATOMIC_RELAXED)
NPFS_W32_STEP(InterlockedDecrement64NoFence, LONG64, __atomic_sub_fetch, __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedExchange64NoFence, LONG64, __atomic_exchange_n,
	       __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedExchangeAdd64NoFence, LONG64, __atomic_fetch_add,
	       __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedAdd64NoFence, LONG64, __atomic_add_fetch, __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedAnd64NoFence, LONG64, __atomic_fetch_and, __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedOr64NoFence, LONG64, __atomic_fetch_or, __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedXor64NoFence, LONG64, __atomic_fetch_xor, __ATOMIC_RELAXED)
NPFS_W32_SWAP_IF(InterlockedCompareExchange64NoFence, LONG64, __ATOMIC_RELAXED,
		 __ATOMIC_RELAXED)

/* 16 bits */

NPFS_W32_STEP(InterlockedIncrement16, SHORT, __atomic_add_fetch, __ATOMIC_SEQ_CST)
NPFS_W32_STEP(InterlockedDecrement16, SHORT, __atomic_sub_fetch, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedExchange16, SHORT, __atomic_exchange_n, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedAnd16, SHORT, __atomic_fetch_and, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedOr16, SHORT, __atomic_fetch_or, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedXor16, SHORT, __atomic_fetch_xor, __ATOMIC_SEQ_CST)
NPFS_W32_SWAP_IF(InterlockedCompareExchange16, SHORT, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
NPFS_W32_STEP(InterlockedIncrement16Acquire, SHORT, __atomic_add_fetch, __ATOMIC_ACQUIRE)
NPFS_W32_STEP(InterlockedDecrement16Acquire, SHORT, __atomic_sub_fetch, __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedExchange16Acquire, SHORT, __atomic_exchange_n, __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedAnd16Acquire, SHORT, __atomic_fetch_and, __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedOr16Acquire, SHORT, __atomic_fetch_or, __ATOMIC_ACQUIRE)
NPFS_W32_APPLY(InterlockedXor16Acquire, SHORT, __atomic_fetch_xor, __ATOMIC_ACQUIRE)
NPFS_W32_SWAP_IF(InterlockedCompareExchange16Acquire, SHORT, __ATOMIC_ACQUIRE,
		 __ATOMIC_ACQUIRE)
NPFS_W32_STEP(InterlockedIncrement16Release, SHORT, __atomic_add_fetch, __ATOMIC_RELEASE)
NPFS_W32_STEP(InterlockedDecrement16Release, SHORT, __atomic_sub_fetch, __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedExchange16Release, SHORT, __atomic_exchange_n, __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedAnd16Release, SHORT, __atomic_fetch_and, __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedOr16Release, SHORT, __atomic_fetch_or, __ATOMIC_RELEASE)
NPFS_W32_APPLY(InterlockedXor16Release, SHORT, __atomic_fetch_xor, __ATOMIC_RELEASE)
NPFS_W32_SWAP_IF(InterlockedCompareExchange16Release, SHORT, __ATOMIC_RELEASE,
		 __ATOMIC_RELAXED)
NPFS_W32_STEP(InterlockedIncrement16NoFence, SHORT, __atomic_add_fetch, __ATOMIC_RELAXED)
NPFS_W32_STEP(InterlockedDecrement16NoFence, SHORT, __atomic_sub_fetch, __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedExchange16NoFence, SHORT, __atomic_exchange_n, __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedAnd16NoFence, SHORT, __atomic_fetch_and, __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedOr16NoFence, SHORT, __atomic_fetch_or, __ATOMIC_RELAXED)
NPFS_W32_APPLY(InterlockedXor16NoFence, SHORT, __atomic_fetch_xor, __ATOMIC_RELAXED)
NPFS_W32_SWAP_IF(InterlockedCompareExchange16NoFence, SHORT, __ATOMIC_RELAXED,
		 __ATOMIC_RELAXED)

/* 8 bits */

NPFS_W32_APPLY(InterlockedExchange8, char, __atomic_exchange_n, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedAnd8, char, __atomic_fetch_and, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedOr8, char, __atomic_fetch_or, __ATOMIC_SEQ_CST)
NPFS_W32_APPLY(InterlockedXor8, char, __atomic_fetch_xor, __ATOMIC_SEQ_CST)

/* Pointers */

NPFS_W32_INLINE PVOID InterlockedExchangePointer(PVOID volatile *target, PVOID value)
{
	return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}

NPFS_W32_INLINE PVOID InterlockedCompareExchangePointer(PVOID volatile *target,
							PVOID value, PVOID comparand)
{
	__atomic_compare_exchange_n(target, &comparand, value, 0, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return comparand;
}

#define InterlockedExchangePointerAcquire        InterlockedExchangePointer
#define InterlockedExchangePointerNoFence        InterlockedExchangePointer
#define InterlockedCompareExchangePointerAcquire InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerRelease InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerNoFence InterlockedCompareExchangePointer

/* Single bits: each gives the old value of the bit */

NPFS_W32_INLINE UCHAR InterlockedBitTestAndSet(LONG volatile *base, LONG bit)
{
	const LONG mask = (LONG)(1u << (bit & 31));

	return (__atomic_fetch_or(base + (bit >> 5), mask, __ATOMIC_SEQ_CST) & mask) != 0;
}

NPFS_W32_INLINE UCHAR InterlockedBitTestAndReset(LONG volatile *base, LONG bit)
{
	const LONG mask = (LONG)(1u << (bit & 31));

	return (__atomic_fetch_and(base + (bit >> 5), ~mask, __ATOMIC_SEQ_CST) & mask) !=
	       0;
}

NPFS_W32_INLINE UCHAR InterlockedBitTestAndComplement(LONG volatile *base, LONG bit)
{
	const LONG mask = (LONG)(1u << (bit & 31));

	return (__atomic_fetch_xor(base + (bit >> 5), mask, __ATOMIC_SEQ_CST) & mask) !=
	       0;
}

/* Plain accesses with an order */

#define NPFS_W32_READ_WRITE(type, suffix)                                                \
	NPFS_W32_INLINE type Read##suffix##Acquire(type const volatile *source)          \
	{                                                                                \
		return __atomic_load_n(source, __ATOMIC_ACQUIRE);                        \
	}                                                                                \
	NPFS_W32_INLINE type Read##suffix##NoFence(type const volatile *source)          \
	{                                                                                \
		return __atomic_load_n(source, __ATOMIC_RELAXED);                        \
	}                                                                                \
	NPFS_W32_INLINE void Write##suffix##Release(type volatile *target, type value)   \
	{                                                                                \
		__atomic_store_n(target, value, __ATOMIC_RELEASE);                       \
	}                                                                                \
	NPFS_W32_INLINE void Write##suffix##NoFence(type volatile *target, type value)   \
	{                                                                                \
		__atomic_store_n(target, value, __ATOMIC_RELAXED);                       \
	}

NPFS_W32_READ_WRITE(LONG, 32)
NPFS_W32_READ_WRITE(LONG64, 64)
NPFS_W32_READ_WRITE(PVOID, Pointer)
#define ReadAcquire  Read32Acquire
#define ReadNoFence  Read32NoFence
#define ReadRaw      Read32NoFence
#define WriteRelease Write32Release
#define WriteNoFence Write32NoFence
#define WriteRaw     Write32NoFence

/* Barriers and waiting politely */

NPFS_W32_INLINE void MemoryBarrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

NPFS_W32_INLINE void YieldProcessor(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#else
	__asm__ __volatile__("yield" : : : "memory");
#endif
}

#define _ReadWriteBarrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _ReadBarrier()      __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _WriteBarrier()     __atomic_signal_fence(__ATOMIC_SEQ_CST)

/* The intrinsics' own spelling */

#define _InterlockedIncrement              InterlockedIncrement
#define _InterlockedDecrement              InterlockedDecrement
#define _InterlockedExchange               InterlockedExchange
#define _InterlockedExchangeAdd            InterlockedExchangeAdd
#define _InterlockedCompareExchange        InterlockedCompareExchange
#define _InterlockedAnd                    InterlockedAnd
#define _InterlockedOr                     InterlockedOr
#define _InterlockedXor                    InterlockedXor
#define _InterlockedIncrement64            InterlockedIncrement64
#define _InterlockedDecrement64            InterlockedDecrement64
#define _InterlockedExchange64             InterlockedExchange64
#define _InterlockedExchangeAdd64          InterlockedExchangeAdd64
#define _InterlockedCompareExchange64      InterlockedCompareExchange64
#define _InterlockedExchangePointer        InterlockedExchangePointer
#define _InterlockedCompareExchangePointer InterlockedCompareExchangePointer

#undef NPFS_W32_STEP
#undef NPFS_W32_APPLY
#undef NPFS_W32_SWAP_IF
#undef NPFS_W32_READ_WRITE

NPFS_W32_END

#endif
