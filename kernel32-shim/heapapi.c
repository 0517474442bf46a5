/* SPDX-License-Identifier: MIT */
/*
 * Heaps, over malloc.
 *
 * A block has a header in front of it that knows its size and its heap.  A heap of the
 * program's own also keeps its blocks on a list, so that HeapDestroy can free them; the
 * process heap does not, and cannot be destroyed.  Local and global memory (memory.c)
 * uses the process heap.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "kernel32-shim/heap.h"
#include "kernel32-shim/object.h"
#include "kernel32-shim/thread.h"

#define HEAP_MAGIC UINT32_C(0x50414548)

struct heap {
	uint32_t magic;
	bool is_process_heap;
	SIZE_T max;                /* 0: no limit */
	SIZE_T used;               /* lock */
	pthread_mutex_t lock;      /* recursive: HeapLock holds it over calls */
	struct object_link blocks; /* lock */
};

struct heap_block {
	struct object_link link; /* of a heap that is not the process heap; its lock */
	struct heap *heap;       /* borrowed */
	SIZE_T size;
} __attribute__((aligned(16)));

static struct heap process_heap = {
	.magic = HEAP_MAGIC,
	.is_process_heap = true,
	.lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP,
	.blocks = {&process_heap.blocks, &process_heap.blocks},
};

static struct heap_block *block_of(const void *memory)
{
	return (struct heap_block *)(uintptr_t)memory - 1;
}

static struct heap *heap_of(HANDLE h)
{
	struct heap *heap = h;

	if (heap && heap->magic == HEAP_MAGIC)
		return heap;
	thread_last_error = ERROR_INVALID_HANDLE;
	return NULL;
}

/* Account for a block that joins or leaves; false when a limited heap is full. */
static bool heap_enter(struct heap *heap, struct heap_block *block)
{
	bool fits;

	if (heap->is_process_heap)
		return true;
	pthread_mutex_lock(&heap->lock);
	fits = heap->max == 0 || block->size <= heap->max - heap->used;
	if (fits) {
		heap->used += block->size;
		object_link_push_back(&heap->blocks, &block->link);
	}
	pthread_mutex_unlock(&heap->lock);
	return fits;
}

static void heap_leave(struct heap *heap, struct heap_block *block)
{
	if (heap->is_process_heap)
		return;
	pthread_mutex_lock(&heap->lock);
	heap->used -= block->size;
	object_link_remove(&block->link);
	pthread_mutex_unlock(&heap->lock);
}

static void *heap_allocate(struct heap *heap, SIZE_T size, bool zero)
{
	struct heap_block *block;
	SIZE_T whole;

	if (__builtin_add_overflow(size, sizeof(*block), &whole))
		return NULL;
	block = aligned_alloc(_Alignof(struct heap_block),
			      (whole + _Alignof(struct heap_block) - 1) &
				      ~(SIZE_T)(_Alignof(struct heap_block) - 1));
	if (!block)
		return NULL;
	object_link_init(&block->link);
	block->heap = heap;
	block->size = size;
	if (!heap_enter(heap, block)) {
		free(block);
		return NULL;
	}
	if (zero)
		memset(block + 1, 0, size);
	return block + 1;
}

static void heap_release(void *memory)
{
	struct heap_block *block = block_of(memory);

	heap_leave(block->heap, block);
	free(block);
}

void *heap_process_alloc(SIZE_T size, bool zero)
{
	return heap_allocate(&process_heap, size, zero);
}

void *heap_process_realloc(void *memory, SIZE_T size, bool zero)
{
	SIZE_T old = block_of(memory)->size;
	void *moved = heap_allocate(block_of(memory)->heap, size, false);

	if (!moved)
		return NULL;
	memcpy(moved, memory, old < size ? old : size);
	if (zero && size > old)
		memset((char *)moved + old, 0, size - old);
	heap_release(memory);
	return moved;
}

void heap_process_free(void *memory)
{
	heap_release(memory);
}

SIZE_T heap_process_size(const void *memory)
{
	return block_of(memory)->size;
}

HANDLE WINAPI GetProcessHeap(VOID)
{
	return &process_heap;
}

HANDLE WINAPI HeapCreate(DWORD options, SIZE_T initial, SIZE_T max)
{
	struct heap *heap;
	pthread_mutexattr_t attr;

	(void)options; /* serialising is not optional here, and failures do not raise */
	if (max != 0 && initial > max) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return NULL;
	}
	heap = calloc(1, sizeof(*heap));
	if (!heap) {
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
		return NULL;
	}
	heap->magic = HEAP_MAGIC;
	heap->max = max;
	object_link_init(&heap->blocks);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&heap->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return heap;
}

BOOL WINAPI HeapDestroy(HANDLE h)
{
	struct heap *heap = heap_of(h);

	if (!heap)
		return FALSE;
	if (heap->is_process_heap)
		return thread_fail(ERROR_INVALID_PARAMETER);
	while (!object_link_is_empty(&heap->blocks)) {
		struct object_link *link = heap->blocks.next;

		object_link_remove(link);
		free(object_container(link, struct heap_block, link));
	}
	pthread_mutex_destroy(&heap->lock);
	heap->magic = 0;
	free(heap);
	return TRUE;
}

/* Running out of memory does not set the last error, as documented. */
LPVOID WINAPI HeapAlloc(HANDLE h, DWORD flags, SIZE_T size)
{
	struct heap *heap = heap_of(h);

	return heap ? heap_allocate(heap, size, flags & HEAP_ZERO_MEMORY) : NULL;
}

LPVOID WINAPI HeapReAlloc(HANDLE h, DWORD flags, LPVOID memory, SIZE_T size)
{
	if (!heap_of(h) || !memory)
		return NULL;
	if (flags & HEAP_REALLOC_IN_PLACE_ONLY)
		return size <= block_of(memory)->size ? memory : NULL;
	return heap_process_realloc(memory, size, flags & HEAP_ZERO_MEMORY);
}

BOOL WINAPI HeapFree(HANDLE h, DWORD flags, LPVOID memory)
{
	struct heap *heap = heap_of(h);

	(void)flags;
	if (!heap)
		return FALSE;
	if (!memory)
		return TRUE;
	if (block_of(memory)->heap != heap)
		return thread_fail(ERROR_INVALID_PARAMETER);
	heap_release(memory);
	return TRUE;
}

SIZE_T WINAPI HeapSize(HANDLE h, DWORD flags, LPCVOID memory)
{
	(void)flags;
	if (!heap_of(h) || !memory)
		return (SIZE_T)-1;
	return block_of(memory)->size;
}

BOOL WINAPI HeapValidate(HANDLE h, DWORD flags, LPCVOID memory)
{
	struct heap *heap = heap_of(h);

	(void)flags;
	return heap && (!memory || block_of(memory)->heap == heap);
}

SIZE_T WINAPI HeapCompact(HANDLE h, DWORD flags)
{
	struct heap *heap = heap_of(h);

	(void)flags;
	if (!heap)
		return 0;
	return heap->max ? heap->max - heap->used : (SIZE_T)1 << 30;
}

BOOL WINAPI HeapLock(HANDLE h)
{
	struct heap *heap = heap_of(h);

	return heap && pthread_mutex_lock(&heap->lock) == 0;
}

BOOL WINAPI HeapUnlock(HANDLE h)
{
	struct heap *heap = heap_of(h);

	return heap && pthread_mutex_unlock(&heap->lock) == 0;
}
