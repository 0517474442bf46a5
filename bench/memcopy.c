/* SPDX-License-Identifier: MIT */
/*
 * Copies inside one process. The source changes at every turn and the compiler is told
 * that both buffers are looked at, so no copy can be left out.
 */
#include "bench/memcopy.h"

#include "bench/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MEMCOPY_BATCH 64u
#define MEMCOPY_ALIGN 4096u

static int memcopy_loop(unsigned char *from, unsigned char *to, size_t len,
			uint64_t slice_ns, uint64_t *opsp, uint64_t *nsp)
{
	uint64_t start = np_worker_clock(), ops = 0, now;

	do {
		for (unsigned int i = 0; i < MEMCOPY_BATCH; i++, ops++) {
			memcpy(from + len - sizeof(ops), &ops, sizeof(ops));
			__asm__ volatile("" : : "r"(from), "r"(to) : "memory");
			memcpy(to, from, len);
			__asm__ volatile("" : : "r"(from), "r"(to) : "memory");
		}
		now = np_worker_clock();
	} while (now - start < slice_ns);
	if (memcmp(from, to, len) != 0)
		return -EBADMSG;
	*opsp = ops;
	*nsp = now - start;
	return 0;
}

int np_memcopy_run(size_t len, uint64_t slice_ns, uint64_t *opsp, uint64_t *nsp)
{
	size_t room = (len + MEMCOPY_ALIGN - 1) / MEMCOPY_ALIGN * MEMCOPY_ALIGN;
	unsigned char *from = aligned_alloc(MEMCOPY_ALIGN, room);
	unsigned char *to = aligned_alloc(MEMCOPY_ALIGN, room);
	int r = -ENOMEM;

	if (from && to) {
		memset(from, 0xa5, room);
		memset(to, 0, room);
		r = memcopy_loop(from, to, len, slice_ns, opsp, nsp);
	}
	free(from);
	free(to);
	return r;
}
