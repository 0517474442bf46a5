/* SPDX-License-Identifier: MIT */
/*
 * Singly linked lists that several threads push to and pop from
 *
 * A header is two words:
 *
 *	Words[0]  how many entries there are
 *	Words[1]  the first entry; entries are aligned to 16 bytes, and bit 0 says that a
 *	          thread is changing the list
 *
 * The bit is a lock that is held for a few instructions and never across a call, so that a
 * pop may look at the entry it takes off: with a bare compare-and-swap of the first pointer
 * another thread could have popped, freed and pushed it meanwhile.
 */
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include <windows.h>

#define BUSY UINT64_C(1)

static uint64_t list_lock(PSLIST_HEADER list)
{
	ULONGLONG first = __atomic_load_n(&list->Words[1], __ATOMIC_RELAXED);

	for (unsigned tries = 0;; tries++) {
		first &= ~BUSY;
		if (__atomic_compare_exchange_n(&list->Words[1], &first, first | BUSY, true,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return first;
		if (tries > 100)
			sched_yield();
	}
}

static void list_unlock(PSLIST_HEADER list, const void *first, uint64_t n)
{
	__atomic_store_n(&list->Words[0], n, __ATOMIC_RELAXED);
	__atomic_store_n(&list->Words[1], (uint64_t)(uintptr_t)first, __ATOMIC_RELEASE);
}

static PSLIST_ENTRY entry_of(ULONGLONG first)
{
	return (PSLIST_ENTRY)(uintptr_t)first; /* NOLINT(performance-no-int-to-ptr) */
}

VOID WINAPI InitializeSListHead(PSLIST_HEADER list)
{
	list->Words[0] = list->Words[1] = 0;
}

PSLIST_ENTRY WINAPI InterlockedPushEntrySList(PSLIST_HEADER list, PSLIST_ENTRY entry)
{
	PSLIST_ENTRY before = entry_of(list_lock(list));

	entry->Next = before;
	list_unlock(list, entry, list->Words[0] + 1);
	return before;
}

PSLIST_ENTRY WINAPI InterlockedPopEntrySList(PSLIST_HEADER list)
{
	PSLIST_ENTRY entry = entry_of(list_lock(list));

	list_unlock(list, entry ? entry->Next : NULL, entry ? list->Words[0] - 1 : 0);
	return entry;
}

PSLIST_ENTRY WINAPI InterlockedFlushSList(PSLIST_HEADER list)
{
	PSLIST_ENTRY entry = entry_of(list_lock(list));

	list_unlock(list, NULL, 0);
	return entry;
}

/* In 16 bits, as it is kept there. */
USHORT WINAPI QueryDepthSList(PSLIST_HEADER list)
{
	return (USHORT)__atomic_load_n(&list->Words[0], __ATOMIC_RELAXED);
}
