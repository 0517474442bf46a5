/* SPDX-License-Identifier: MIT */
/*
 * NtQueryDirectoryFile on the root directory (npfs-semantics 7.10)
 *
 * The first call on a file says what is listed, and each call goes on where the one before
 * stopped; RestartScan begins again, with a new pattern if there is one. Calls take turns
 * (pipe_object.turn). One entry is held back when it does not fit behind others.
 *
 * Entries of the four classes begin alike; the name is at the end of the fixed part. Each
 * but the last is followed by the next at a multiple of eight bytes.
 */
#include "kernel32-shim/native_directory.h"

#include <stdlib.h>
#include <string.h>

#include <npfs/dir.h>

#include "kernel32-shim/native.h"

struct directory_scan {
	struct npfs_dir *dir; /* owned */
	bool has_entry;	      /* it has been taken from the listing and not been told */
	struct npfs_dir_entry entry; /* its name belongs to the listing */
};

/* What is asked for by one call. */
struct listing {
	FILE_INFORMATION_CLASS class;
	char *buf;
	uint32_t len;
	uint32_t name_at; /* of the class */
	bool is_single;
	uint32_t done;
};

void directory_scan_free(struct directory_scan *scan)
{
	if (!scan)
		return;
	npfs_dir_close(scan->dir);
	free(scan);
}

static npfs_status scan_new(const UNICODE_STRING *pattern, struct directory_scan **scanp)
{
	struct directory_scan *scan = calloc(1, sizeof(*scan));
	const uint16_t *units = pattern ? (const uint16_t *)pattern->Buffer : NULL;
	size_t len = units ? pattern->Length / sizeof(*units) : 0;
	npfs_status status;

	if (!scan)
		return STATUS_NO_MEMORY;
	status = npfs_dir_open(units, len, &scan->dir);
	if (status != STATUS_SUCCESS) {
		free(scan);
		return status;
	}
	*scanp = scan;
	return STATUS_SUCCESS;
}

static npfs_status scan_next(struct directory_scan *scan)
{
	npfs_status status;

	if (scan->has_entry)
		return STATUS_SUCCESS;
	status = npfs_dir_next(scan->dir, &scan->entry);
	scan->has_entry = status == STATUS_SUCCESS;
	return status;
}

/* 0: the class is none of a directory's. */
static uint32_t name_offset(FILE_INFORMATION_CLASS class)
{
	switch ((int)class) {
	case FileDirectoryInformation:
		return offsetof(FILE_DIRECTORY_INFORMATION, FileName);
	case FileFullDirectoryInformation:
		return offsetof(FILE_FULL_DIR_INFORMATION, FileName);
	case FileBothDirectoryInformation:
		return offsetof(FILE_BOTH_DIR_INFORMATION, FileName);
	case FileNamesInformation:
		return offsetof(FILE_NAMES_INFORMATION, FileName);
	default:
		return 0;
	}
}

/* The fixed part; what the larger classes have behind the length of the name is 0. */
static void write_fixed(const struct listing *l, const struct npfs_dir_entry *entry,
			char *at)
{
	uint32_t name_bytes = (uint32_t)(entry->name_len * sizeof(*entry->name));
	FILE_NAMES_INFORMATION names = {
		.FileIndex = entry->index,
		.FileNameLength = name_bytes,
	};
	FILE_DIRECTORY_INFORMATION all = {
		.FileIndex = entry->index,
		.EndOfFile.QuadPart = entry->current_instances,
		.AllocationSize.QuadPart = (LONG)entry->max_instances,
		.FileAttributes = FILE_ATTRIBUTE_NORMAL,
		.FileNameLength = name_bytes,
	};

	memset(at, 0, l->name_at);
	if ((int)l->class == FileNamesInformation)
		memcpy(at, &names, l->name_at);
	else
		memcpy(at, &all, offsetof(FILE_DIRECTORY_INFORMATION, FileName));
}

/*
 * Writes the entry at @at. Return: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW: there is room
 * for a part only, which was written if it is the first.
 */
static npfs_status write_entry(struct listing *l, const struct npfs_dir_entry *entry,
			       uint32_t at)
{
	uint32_t name_bytes = (uint32_t)(entry->name_len * sizeof(*entry->name));
	uint32_t room = l->len > at ? l->len - at : 0;
	bool fits = room >= l->name_at && room - l->name_at >= name_bytes;

	if (!fits && (at || room < l->name_at))
		return STATUS_BUFFER_OVERFLOW;
	if (!fits)
		name_bytes = room - l->name_at;
	write_fixed(l, entry, l->buf + at);
	memcpy(l->buf + at + l->name_at, entry->name, name_bytes);
	l->done = at + l->name_at + name_bytes;
	return fits ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

static npfs_status write_entries(struct listing *l, struct directory_scan *scan)
{
	uint32_t at = 0, last = 0;

	for (;;) {
		npfs_status status = scan_next(scan);
		bool is_first = l->done == 0;
		uint32_t next;

		if (status != STATUS_SUCCESS)
			return is_first ? status : STATUS_SUCCESS;
		status = write_entry(l, &scan->entry, at);
		if (status != STATUS_SUCCESS && !is_first)
			return STATUS_SUCCESS;
		if (l->done) /* a first one that was cut is told, too */
			scan->has_entry = false;
		if (status != STATUS_SUCCESS)
			return status;
		if (!is_first) {
			next = at - last;
			memcpy(l->buf + last, &next, sizeof(next));
		}
		if (l->is_single)
			return STATUS_SUCCESS;
		last = at;
		at = (l->done + 7u) & ~7u;
	}
}

static npfs_status list(struct pipe_object *root, struct listing *l,
			const UNICODE_STRING *pattern, bool restarts)
{
	struct directory_scan *fresh = NULL;
	npfs_status status = STATUS_SUCCESS;

	pthread_mutex_lock(&root->turn);
	if (!root->scan || (restarts && pattern && pattern->Length))
		status = scan_new(pattern, &fresh);
	if (fresh) {
		directory_scan_free(root->scan);
		root->scan = fresh;
	} else if (status == STATUS_SUCCESS && restarts) {
		npfs_dir_rewind(root->scan->dir);
		root->scan->has_entry = false;
	}
	if (status == STATUS_SUCCESS)
		status = write_entries(l, root->scan);
	pthread_mutex_unlock(&root->turn);
	return status;
}

static npfs_status query_directory(struct object *o, uint32_t access, struct listing *l,
				   const UNICODE_STRING *pattern, bool restarts)
{
	struct pipe_object *pipe = file_pipe(o);

	if (!pipe || pipe->kind != PIPE_KIND_ROOT)
		return pipe ? STATUS_INVALID_PARAMETER : STATUS_NOT_SUPPORTED;
	if (!(access & FILE_LIST_DIRECTORY))
		return STATUS_ACCESS_DENIED;
	return list(pipe, l, pattern, restarts);
}

NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE FileHandle, HANDLE Event,
				    PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
				    PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
				    ULONG Length,
				    FILE_INFORMATION_CLASS FileInformationClass,
				    BOOLEAN ReturnSingleEntry, PUNICODE_STRING FileName,
				    BOOLEAN RestartScan)
{
	struct overlapped_notice notice =
		native_notice(Event, ApcRoutine, ApcContext, IoStatusBlock);
	struct listing l = {
		.class = FileInformationClass,
		.buf = FileInformation,
		.len = Length,
		.name_at = name_offset(FileInformationClass),
		.is_single = ReturnSingleEntry,
	};
	struct handle_pin pin;
	npfs_status status;
	struct object *o;
	uint32_t access;

	if (!IoStatusBlock || !FileInformation)
		return (NTSTATUS)STATUS_ACCESS_VIOLATION;
	if (!l.name_at)
		return (NTSTATUS)STATUS_INVALID_INFO_CLASS;
	status = file_pin(FileHandle, &access, &pin, &o);
	if (status != STATUS_SUCCESS)
		return (NTSTATUS)status;
	status = query_directory(o, access, &l, FileName, RestartScan);
	if (file_pipe(o))
		status = request_finish_at_once(file_pipe(o), &notice, status, l.done);
	handle_unpin(&pin);
	return (NTSTATUS)status;
}
