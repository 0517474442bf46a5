/* SPDX-License-Identifier: MIT */
/*
 * Local, global and virtual memory.
 *
 * Local and global blocks are process heap blocks and never move, so their handle is
 * their address and locking one only gives it back.
 *
 * Virtual memory is mmap.  Reserved regions are remembered with their sizes, because
 * MEM_RELEASE names only the address; committing is a change of protection, decommitting
 * drops the pages.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <windows.h>

#include "kernel32-shim/heap.h"
#include "kernel32-shim/object.h"
#include "kernel32-shim/thread.h"

/* local and global */

static void *movable_alloc(UINT flags, SIZE_T size)
{
	void *memory = heap_process_alloc(size, flags & LMEM_ZEROINIT);

	if (!memory)
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
	return memory;
}

static void *movable_realloc(void *memory, SIZE_T size, UINT flags)
{
	void *moved;

	if (!memory) {
		thread_last_error = ERROR_INVALID_HANDLE;
		return NULL;
	}
	if (flags & LMEM_MODIFY)
		return memory;
	moved = heap_process_realloc(memory, size, flags & LMEM_ZEROINIT);
	if (!moved)
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
	return moved;
}

HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T size)
{
	return movable_alloc(flags, size);
}

HLOCAL WINAPI LocalReAlloc(HLOCAL memory, SIZE_T size, UINT flags)
{
	return movable_realloc(memory, size, flags);
}

HLOCAL WINAPI LocalFree(HLOCAL memory)
{
	if (memory)
		heap_process_free(memory);
	return NULL;
}

LPVOID WINAPI LocalLock(HLOCAL memory)
{
	return memory;
}

/* Never locked, so never unlocked. */
BOOL WINAPI LocalUnlock(HLOCAL memory)
{
	(void)memory;
	return thread_fail(ERROR_NOT_LOCKED);
}

HLOCAL WINAPI LocalHandle(LPCVOID memory)
{
	return (HLOCAL)(uintptr_t)memory; /* NOLINT(performance-no-int-to-ptr) */
}

SIZE_T WINAPI LocalSize(HLOCAL memory)
{
	return memory ? heap_process_size(memory) : 0;
}

UINT WINAPI LocalFlags(HLOCAL memory)
{
	return memory ? 0 : LMEM_INVALID_HANDLE;
}

HGLOBAL WINAPI GlobalAlloc(UINT flags, SIZE_T size)
{
	return movable_alloc(flags, size);
}

HGLOBAL WINAPI GlobalReAlloc(HGLOBAL memory, SIZE_T size, UINT flags)
{
	return movable_realloc(memory, size, flags);
}

HGLOBAL WINAPI GlobalFree(HGLOBAL memory)
{
	return LocalFree(memory);
}

LPVOID WINAPI GlobalLock(HGLOBAL memory)
{
	return memory;
}

BOOL WINAPI GlobalUnlock(HGLOBAL memory)
{
	return LocalUnlock(memory);
}

HGLOBAL WINAPI GlobalHandle(LPCVOID memory)
{
	return (HGLOBAL)LocalHandle(memory);
}

SIZE_T WINAPI GlobalSize(HGLOBAL memory)
{
	return LocalSize(memory);
}

UINT WINAPI GlobalFlags(HGLOBAL memory)
{
	return LocalFlags(memory);
}

/* virtual */

struct region {
	struct object_link link;
	char *base;
	SIZE_T size;
};

static struct {
	pthread_mutex_t lock;
	struct object_link all;
} regions = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.all = {&regions.all, &regions.all},
};

static void regions_lock(void)
{
	pthread_mutex_lock(&regions.lock);
}

static void regions_unlock(void)
{
	pthread_mutex_unlock(&regions.lock);
}

/* A fork copies the regions and their list together, and finds nobody at work on it. */
__attribute__((constructor)) static void regions_survive_fork(void)
{
	pthread_atfork(regions_lock, regions_unlock, regions_unlock);
}

static SIZE_T page_size(void)
{
	return (SIZE_T)sysconf(_SC_PAGESIZE);
}

static uintptr_t page_floor(uintptr_t value)
{
	return value & ~(uintptr_t)(page_size() - 1);
}

static uintptr_t page_ceil(uintptr_t value)
{
	return page_floor(value + page_size() - 1);
}

/* The region that holds all of a range; lock held. */
static struct region *region_find(const void *address, SIZE_T size)
{
	const char *from = address;

	for (struct object_link *l = regions.all.next; l != &regions.all; l = l->next) {
		struct region *r = object_container(l, struct region, link);

		if (from >= r->base && from < r->base + r->size &&
		    size <= (SIZE_T)(r->base + r->size - from))
			return r;
	}
	return NULL;
}

/* The POSIX protection of a Windows one; -1 for what is none. */
static int protection_of(DWORD protect)
{
	switch (protect & 0xff) {
	case PAGE_NOACCESS:
		return PROT_NONE;
	case PAGE_READONLY:
		return PROT_READ;
	case PAGE_READWRITE:
	case PAGE_WRITECOPY:
		return PROT_READ | PROT_WRITE;
	case PAGE_EXECUTE:
		return PROT_EXEC;
	case PAGE_EXECUTE_READ:
		return PROT_EXEC | PROT_READ;
	case PAGE_EXECUTE_READWRITE:
	case PAGE_EXECUTE_WRITECOPY:
		return PROT_EXEC | PROT_READ | PROT_WRITE;
	default:
		return -1;
	}
}

static void *region_reserve(void *address, SIZE_T size, int protection)
{
	struct region *r = malloc(sizeof(*r));
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	void *base;

	if (!r)
		return NULL;
	if (address)
		flags |= MAP_FIXED_NOREPLACE;
	base = mmap(address, size, protection, flags, -1, 0);
	if (base == MAP_FAILED) {
		free(r);
		return NULL;
	}
	r->base = base;
	r->size = size;
	regions_lock();
	object_link_push_back(&regions.all, &r->link);
	regions_unlock();
	return base;
}

static bool region_commit(void *address, SIZE_T size, int protection)
{
	bool known;

	regions_lock();
	known = region_find(address, size) && mprotect(address, size, protection) == 0;
	regions_unlock();
	return known;
}

LPVOID WINAPI VirtualAlloc(LPVOID address, SIZE_T size, DWORD type, DWORD protect)
{
	int protection = protection_of(protect);
	uintptr_t from = page_floor((uintptr_t)address);
	uintptr_t end;
	void *base;

	if (size == 0 || protection < 0 || !(type & (MEM_RESERVE | MEM_COMMIT)) ||
	    __builtin_add_overflow((uintptr_t)address, size, &end) ||
	    end > UINTPTR_MAX - page_size()) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return NULL;
	}
	size = page_ceil(end) - from;
	if (!address || (type & MEM_RESERVE)) {
		base = region_reserve((void *)from, size, /* NOLINT */
				      type & MEM_COMMIT ? protection : PROT_NONE);
		if (!base)
			thread_last_error =
				address ? ERROR_INVALID_ADDRESS : ERROR_NOT_ENOUGH_MEMORY;
		return base;
	}
	base = (void *)from; /* NOLINT(performance-no-int-to-ptr) */
	if (region_commit(base, size, protection))
		return base;
	thread_last_error = ERROR_INVALID_ADDRESS;
	return NULL;
}

BOOL WINAPI VirtualFree(LPVOID address, SIZE_T size, DWORD type)
{
	struct region *r;
	DWORD error = 0;

	if (type != MEM_RELEASE && type != MEM_DECOMMIT)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (type == MEM_RELEASE && size != 0)
		return thread_fail(ERROR_INVALID_PARAMETER);
	regions_lock();
	r = region_find(address, size);
	if (!r) {
		error = ERROR_INVALID_ADDRESS;
	} else if (type == MEM_RELEASE) {
		if (address != r->base) {
			error = ERROR_INVALID_ADDRESS;
		} else {
			munmap(r->base, r->size);
			object_link_remove(&r->link);
			free(r);
		}
	} else {
		char *from = (char *)page_floor((uintptr_t)address); /* NOLINT */
		SIZE_T len = size ? page_ceil((uintptr_t)address + size) - (uintptr_t)from
				  : r->size;

		madvise(from, len, MADV_DONTNEED);
		if (mprotect(from, len, PROT_NONE) < 0)
			error = ERROR_INVALID_ADDRESS;
	}
	regions_unlock();
	return error ? thread_fail(error) : TRUE;
}

/* One line of the kernel's list of mappings: the one that holds @address, or the gap. */
struct mapping {
	uintptr_t from, end;
	DWORD protect; /* 0: nothing is mapped here */
};

static DWORD protect_of_letters(const char *rwx)
{
	static const DWORD table[8] = {
		PAGE_NOACCESS,          PAGE_READONLY,          PAGE_READWRITE,
		PAGE_READWRITE,         PAGE_EXECUTE,           PAGE_EXECUTE_READ,
		PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_READWRITE,
	};

	return table[(rwx[0] == 'r' ? 1 : 0) | (rwx[1] == 'w' ? 2 : 0) |
		     (rwx[2] == 'x' ? 4 : 0)];
}

static bool mapping_find(uintptr_t address, struct mapping *m)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uintptr_t from, end, last = 0;
	char line[512], letters[8];

	if (!maps)
		return false;
	*m = (struct mapping){.end = UINTPTR_MAX};
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s", &from, &end, letters) !=
		    3)
			continue;
		if (address < from) {
			m->from = last;
			m->end = from;
			break;
		}
		if (address < end) {
			*m = (struct mapping){from, end, protect_of_letters(letters)};
			break;
		}
		m->from = last = end;
	}
	fclose(maps);
	return true;
}

BOOL WINAPI VirtualProtect(LPVOID address, SIZE_T size, DWORD protect, PDWORD oldp)
{
	uintptr_t from = page_floor((uintptr_t)address);
	int protection = protection_of(protect);
	struct mapping m;

	if (protection < 0)
		return thread_fail(ERROR_INVALID_PARAMETER);
	if (!oldp)
		return thread_fail(ERROR_NOACCESS);
	if (size == 0 || !mapping_find(from, &m) || !m.protect ||
	    mprotect((void *)from,
		     page_ceil((uintptr_t)address + size) - from, /* NOLINT */
		     protection) < 0)
		return thread_fail(ERROR_INVALID_ADDRESS);
	*oldp = m.protect;
	return TRUE;
}

SIZE_T WINAPI VirtualQuery(LPCVOID address, PMEMORY_BASIC_INFORMATION info, SIZE_T len)
{
	uintptr_t from = page_floor((uintptr_t)address);
	struct mapping m;
	struct region *r;

	if (len < sizeof(*info)) {
		thread_last_error = ERROR_BAD_LENGTH;
		return 0;
	}
	if (!mapping_find(from, &m)) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return 0;
	}
	memset(info, 0, sizeof(*info));
	info->BaseAddress = (PVOID)from; /* NOLINT(performance-no-int-to-ptr) */
	info->RegionSize = m.end - from;
	info->State = m.protect ? MEM_COMMIT : MEM_FREE;
	info->Protect = m.protect ? m.protect : PAGE_NOACCESS;
	if (!m.protect)
		return sizeof(*info);
	info->AllocationBase = (PVOID)m.from; /* NOLINT(performance-no-int-to-ptr) */
	info->AllocationProtect = m.protect;
	info->Type = MEM_PRIVATE;
	regions_lock();
	r = region_find((const void *)from, 0); /* NOLINT(performance-no-int-to-ptr) */
	if (r) {
		info->AllocationBase = r->base;
		if (m.protect == PAGE_NOACCESS) {
			info->State = MEM_RESERVE;
			info->Protect = 0;
		}
	}
	regions_unlock();
	return sizeof(*info);
}

BOOL WINAPI VirtualLock(LPVOID address, SIZE_T size)
{
	if (mlock(address, size) == 0)
		return TRUE;
	return thread_fail(errno == ENOMEM ? ERROR_WORKING_SET_QUOTA
					   : ERROR_INVALID_ADDRESS);
}

BOOL WINAPI VirtualUnlock(LPVOID address, SIZE_T size)
{
	return munlock(address, size) == 0 ? TRUE : thread_fail(ERROR_NOT_LOCKED);
}

/*
 * Asking about memory.  The kernel is asked to copy from it, page by page, which neither
 * faults nor changes anything; writing is asked by writing back what was read.
 */

static bool page_is_readable(const void *address)
{
	char byte;
	struct iovec to = {&byte, 1};
	struct iovec from = {(void *)(uintptr_t)address, 1};

	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1;
}

static bool page_is_writable(void *address)
{
	char byte;
	struct iovec here = {&byte, 1};
	struct iovec there = {address, 1};

	return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 1 &&
	       process_vm_writev(getpid(), &here, 1, &there, 1, 0) == 1;
}

BOOL WINAPI IsBadReadPtr(const VOID *address, UINT_PTR size)
{
	uintptr_t at = (uintptr_t)address, end;

	if (size == 0)
		return FALSE;
	if (__builtin_add_overflow(at, size, &end))
		return TRUE;
	for (; at < end; at = page_floor(at) + page_size())
		if (!page_is_readable((const void *)at)) /* NOLINT */
			return TRUE;
	return FALSE;
}

BOOL WINAPI IsBadWritePtr(LPVOID address, UINT_PTR size)
{
	uintptr_t at = (uintptr_t)address, end;

	if (size == 0)
		return FALSE;
	if (__builtin_add_overflow(at, size, &end))
		return TRUE;
	for (; at < end; at = page_floor(at) + page_size())
		if (!page_is_writable((void *)at)) /* NOLINT */
			return TRUE;
	return FALSE;
}

BOOL WINAPI IsBadCodePtr(FARPROC code)
{
	return IsBadReadPtr((const void *)(uintptr_t)code, 1); /* NOLINT */
}

BOOL WINAPI IsBadStringPtrA(LPCSTR text, UINT_PTR max)
{
	for (UINT_PTR i = 0; i < max; i++) {
		if (i == 0 || (uintptr_t)(text + i) % page_size() == 0)
			if (IsBadReadPtr(text + i, 1))
				return TRUE;
		if (!text[i])
			break;
	}
	return FALSE;
}

BOOL WINAPI IsBadStringPtrW(LPCWSTR text, UINT_PTR max)
{
	for (UINT_PTR i = 0; i < max; i++) {
		if (IsBadReadPtr(text + i, sizeof(*text)))
			return TRUE;
		if (!text[i])
			break;
	}
	return FALSE;
}
