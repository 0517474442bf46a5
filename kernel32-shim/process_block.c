/* SPDX-License-Identifier: MIT */
/* What CreateProcess tells the child. The format is in process_block.h. */
#include "kernel32-shim/process_block.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <npfs/parcel.h>

#include "kernel32-shim/fd_lift.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/process.h"
#include "kernel32-shim/transfer.h"

#define BLOCK_MAGIC 0x6b6c6270u /* "pblk" */

/* writing */

struct process_block {
	uint8_t *bytes; /* owned */
	size_t len, cap;
	size_t n_handles_at; /* where the number of handles is written */
	uint32_t n_handles;
	int *fds; /* owned, and the descriptors too */
	size_t n_fds;
	bool has_failed; /* memory was short */
};

static void put_raw(struct process_block *block, const void *data, size_t len)
{
	if (block->len + len > block->cap) {
		size_t cap = (block->len + len) * 2;
		uint8_t *more = realloc(block->bytes, cap);

		if (!more) {
			block->has_failed = true;
			return;
		}
		block->bytes = more;
		block->cap = cap;
	}
	if (len > 0)
		memcpy(block->bytes + block->len, data, len);
	block->len += len;
}

static void put(struct process_block *block, uint32_t number)
{
	put_raw(block, &number, sizeof(number));
}

static void put_bytes(struct process_block *block, const void *data, size_t len)
{
	put(block, (uint32_t)len);
	put_raw(block, data, len);
}

static void put_text(struct process_block *block, const char *text)
{
	put_bytes(block, text ? text : "", text ? strlen(text) : 0);
}

struct process_block *process_block_new(const struct process_startup *startup)
{
	struct process_block *block = calloc(1, sizeof(*block));

	if (!block)
		return NULL;
	put(block, BLOCK_MAGIC);
	put(block, 0);
	put_text(block, startup->command_line);
	put_text(block, startup->title);
	put_text(block, startup->desktop);
	for (unsigned i = 0; i < 9; i++)
		put(block, startup->numbers[i]);
	put(block, startup->priority_class);
	for (unsigned i = 0; i < 3; i++) {
		put(block, startup->std_value[i]);
		put(block, startup->std_kind[i]);
	}
	block->n_handles_at = block->len;
	put(block, 0);
	if (!block->has_failed)
		return block;
	process_block_free(block);
	return NULL;
}

/* Descriptors 0 to 2 are the child's standard ones. */
static bool parcel_lift(struct npfs_parcel *parcel)
{
	for (uint32_t i = 0; i < parcel->n_fds; i++)
		if (!fd_lift(&parcel->fds[i]))
			return false;
	return true;
}

bool process_block_add(struct process_block *block, const struct process_handle *handle,
		       struct npfs_parcel *parcel)
{
	size_t len = block->len;
	int *fds;

	if (!parcel_lift(parcel))
		return false;
	fds = reallocarray(block->fds, block->n_fds + NPFS_PARCEL_FDS, sizeof(*fds));
	if (!fds)
		return false;
	block->fds = fds;
	put(block, handle->value);
	put(block, handle->access);
	put(block, handle->flags);
	put(block, parcel->kind);
	put(block, parcel->n_fds);
	for (uint32_t i = 0; i < parcel->n_fds; i++)
		put(block, (uint32_t)parcel->fds[i]);
	put_bytes(block, parcel->body, parcel->len);
	if (block->has_failed) {
		block->has_failed = false;
		block->len = len;
		return false;
	}
	for (uint32_t i = 0; i < parcel->n_fds; i++)
		block->fds[block->n_fds++] = parcel->fds[i];
	parcel->n_fds = 0;
	npfs_parcel_free(parcel);
	block->n_handles++;
	return true;
}

DWORD process_block_finish(struct process_block *block, int *fdp,
			   struct process_page **pagep)
{
	const uint32_t len = (uint32_t)block->len;
	struct process_page *page;
	int fd;

	memcpy(block->bytes + sizeof(uint32_t), &len, sizeof(len));
	memcpy(block->bytes + block->n_handles_at, &block->n_handles,
	       sizeof(block->n_handles));
	fd = memfd_create(PROCESS_MEMFD_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return errno == EMFILE || errno == ENFILE ? ERROR_TOO_MANY_OPEN_FILES
							  : ERROR_NOT_ENOUGH_MEMORY;
	if (!fd_lift(&fd)) {
		close(fd);
		return ERROR_TOO_MANY_OPEN_FILES;
	}
	if (ftruncate(fd, (off_t)PROCESS_PAGE_SIZE) < 0 ||
	    pwrite(fd, block->bytes, block->len, PROCESS_PAGE_SIZE) !=
		    (ssize_t)block->len ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		goto out_fd;
	page = mmap(NULL, PROCESS_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		goto out_fd;
	page->magic = PROCESS_PAGE_MAGIC;
	*fdp = fd;
	*pagep = page;
	return 0;
out_fd:
	close(fd);
	return ERROR_NOT_ENOUGH_MEMORY;
}

const int *process_block_fds(const struct process_block *block, size_t *np)
{
	*np = block->n_fds;
	return block->fds;
}

void process_block_free(struct process_block *block)
{
	if (!block)
		return;
	for (size_t i = 0; i < block->n_fds; i++)
		close(block->fds[i]);
	free(block->fds);
	free(block->bytes);
	free(block);
}

/* reading */

struct reader {
	const uint8_t *at;
	size_t left;
	bool has_failed; /* there was less than wanted */
};

static const void *take(struct reader *r, size_t len)
{
	const void *at = r->at;

	if (r->has_failed || len > r->left) {
		r->has_failed = true;
		return NULL;
	}
	r->at += len;
	r->left -= len;
	return at;
}

static uint32_t take_number(struct reader *r)
{
	const void *at = take(r, sizeof(uint32_t));
	uint32_t number = 0;

	if (at)
		memcpy(&number, at, sizeof(number));
	return number;
}

/* To be freed; NULL for an empty one. */
static char *take_text(struct reader *r)
{
	size_t len = take_number(r);
	const char *text = take(r, len);

	return text && len ? strndup(text, len) : NULL;
}

static struct process_startup startup; /* written before main */
static bool is_started_by_us;

const struct process_startup *process_startup(void)
{
	return is_started_by_us ? &startup : NULL;
}

static void take_startup(struct reader *r)
{
	startup.command_line = take_text(r);
	startup.title = take_text(r);
	startup.desktop = take_text(r);
	for (unsigned i = 0; i < 9; i++)
		startup.numbers[i] = take_number(r);
	startup.priority_class = take_number(r);
	for (unsigned i = 0; i < 3; i++) {
		startup.std_value[i] = take_number(r);
		startup.std_kind[i] = take_number(r);
	}
}

/* One handle: install it, or with @is_ours false only close what came for it. */
static void take_handle(struct reader *r, bool is_ours)
{
	struct process_handle handle;
	struct npfs_parcel parcel;
	struct object *o = NULL;

	handle.value = take_number(r);
	handle.access = take_number(r);
	handle.flags = take_number(r);
	npfs_parcel_init(&parcel);
	parcel.kind = take_number(r);
	parcel.n_fds = take_number(r);
	if (parcel.n_fds > NPFS_PARCEL_FDS)
		r->has_failed = true;
	for (uint32_t i = 0; !r->has_failed && i < parcel.n_fds; i++) {
		parcel.fds[i] = (int)take_number(r);
		if (parcel.fds[i] <= STDERR_FILENO ||
		    fcntl(parcel.fds[i], F_SETFD, FD_CLOEXEC) < 0)
			r->has_failed = true;
	}
	parcel.len = take_number(r);
	if (parcel.len > NPFS_PARCEL_BODY_MAX)
		r->has_failed = true;
	/* Borrowed from the block: nobody who unpacks frees it. */
	parcel.body = (void *)(uintptr_t)take(r, parcel.len);
	if (r->has_failed)
		return;
	if (is_ours)
		o = transfer_unpack(&parcel);
	if (o) {
		handle_install((HANDLE)(uintptr_t)handle.value, o, handle.access,
			       handle.flags);
		object_release(o);
		object_unref(o);
	}
	parcel.body = NULL;
	parcel.len = 0;
	npfs_parcel_free(&parcel);
}

/* Everything behind the page, as a reader sees it; false when it is no block. */
static bool block_open(int fd, struct reader *r, void **mapp, size_t *sizep)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	const size_t head = 2 * sizeof(uint32_t);
	struct stat st;
	void *map;
	uint32_t len;

	if ((fcntl(fd, F_GET_SEALS) & seals) != seals || fstat(fd, &st) < 0 ||
	    st.st_size < (off_t)(PROCESS_PAGE_SIZE + head))
		return false;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return false;
	r->at = (const uint8_t *)map + PROCESS_PAGE_SIZE;
	r->left = (size_t)st.st_size - PROCESS_PAGE_SIZE;
	r->has_failed = false;
	if (((struct process_page *)map)->magic == PROCESS_PAGE_MAGIC &&
	    take_number(r) == BLOCK_MAGIC) {
		len = take_number(r);
		if (len == (size_t)st.st_size - PROCESS_PAGE_SIZE) {
			*mapp = map;
			*sizep = (size_t)st.st_size;
			return true;
		}
	}
	munmap(map, (size_t)st.st_size);
	return false;
}

/* The number in the variable, which is taken away; -1. */
static int variable_take(void)
{
	const char *text = getenv(PROCESS_BLOCK_VARIABLE);
	char *end = NULL;
	long fd = -1;

	if (text) {
		fd = strtol(text, &end, 10);
		if (end == text || *end || fd <= STDERR_FILENO || fd > INT32_MAX)
			fd = -1;
		unsetenv(PROCESS_BLOCK_VARIABLE);
	}
	return (int)fd;
}

/* Before main() and after the library that this one stands on; no thread runs yet. */
__attribute__((constructor)) static void process_block_adopt(void)
{
	struct process_page *page;
	struct reader r;
	size_t size;
	void *map;
	bool is_ours;
	int fd = variable_take();

	if (fd < 0 || !block_open(fd, &r, &map, &size))
		return;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	page = map;
	is_ours = atomic_load(&page->pid) == (uint32_t)getpid();
	take_startup(&r);
	if (is_ours) {
		/* The first page stays; the rest is read and unmapped. */
		process_page_adopt(page, fd);
		atomic_store(&process_from_object(process_self())->priority_class,
			     startup.priority_class);
		is_started_by_us = !r.has_failed;
	} else {
		close(fd);
	}
	for (uint32_t n = take_number(&r); n > 0 && !r.has_failed; n--)
		take_handle(&r, is_ours);
	if (is_ours)
		handle_install_done();
	if (is_ours && size > PROCESS_PAGE_SIZE)
		munmap((uint8_t *)map + PROCESS_PAGE_SIZE, size - PROCESS_PAGE_SIZE);
	else if (!is_ours)
		munmap(map, size);
}
