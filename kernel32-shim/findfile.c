/* SPDX-License-Identifier: MIT */
/*
 * FindFirstFile and its kin
 *
 * The last component of the path is a pattern, what is before it a directory. There are
 * three kinds of directory:
 *
 *	\\.\pipe\	the names of pipes (npfs-semantics.md 7.10). A name may hold
 *			backslashes, so `*` finds `a\b`; a pattern with a backslash asks for
 *			a sub-directory, and there is none
 *	a device	NUL and the like are found under any directory, once
 *	anything else	a directory of the file system, by the mapping of file_disk.h
 *
 * Patterns are taken the DOS way (npfs_pattern_from_dos()). With a wildcard in it, case
 * does not matter unless the program asks for that; without, the file system is asked for
 * the one file and has its way with case. Entries come in the order the directory has.
 *
 * A search belongs to one handle. Two threads on one handle take turns.
 */
#include "kernel32-shim/findfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <npfs/dir.h>
#include <npfs/npfs.h>

#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/pipe_path.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

#define TICKS_TO_1970 INT64_C(116444736000000000)
#define TICKS_PER_S   INT64_C(10000000)
#define NS_PER_TICK   100

enum find_source {
	FIND_PIPES,
	FIND_DIRECTORY,
	FIND_ONE, /* a single entry, found already */
};

struct find {
	struct object object; /* first */
	enum find_source source;
	pthread_mutex_t turn; /* one call at a time */

	struct npfs_dir *pipes; /* owned; FIND_PIPES */
	DIR *directory;         /* owned; FIND_DIRECTORY */
	uint32_t match_flags;
	uint16_t *pattern; /* owned; FIND_DIRECTORY */
	size_t pattern_len;

	WCHAR *name; /* owned: what the last entry's name points to, unless FIND_PIPES */
};

/* life */

static struct find *find_from_object(struct object *o)
{
	return (struct find *)(void *)o;
}

static void find_destroy(struct object *o)
{
	struct find *find = find_from_object(o);

	npfs_dir_close(find->pipes);
	if (find->directory)
		closedir(find->directory);
	pthread_mutex_destroy(&find->turn);
	free(find->pattern);
	free(find->name);
	free(find);
}

static const struct object_ops find_ops = {
	.type = OBJECT_FIND,
	.signal_kind = OBJECT_SIGNAL_MANUAL,
	.name = "search",
	.is_ready = object_ready_by_flag,
	.acquire = object_acquire_nothing,
	.last_handle_closed = object_closed_nothing,
	.destroy = find_destroy,
};

static struct find *find_new(enum find_source source)
{
	struct find *find = calloc(1, sizeof(*find));

	if (!find)
		return NULL;
	object_init(&find->object, &find_ops, false);
	pthread_mutex_init(&find->turn, NULL);
	find->source = source;
	return find;
}

/* results */

static void store_common(const struct find_entry *entry, WIN32_FIND_DATAW *datap)
{
	datap->dwFileAttributes = entry->attributes;
	datap->ftCreationTime = entry->created;
	datap->ftLastAccessTime = entry->accessed;
	datap->ftLastWriteTime = entry->written;
	datap->nFileSizeHigh = (DWORD)(entry->size >> 32);
	datap->nFileSizeLow = (DWORD)entry->size;
}

void find_entry_store_wide(const struct find_entry *entry, WIN32_FIND_DATAW *datap)
{
	size_t len = entry->name_len;

	memset(datap, 0, sizeof(*datap));
	store_common(entry, datap);
	if (len >= MAX_PATH) {
		len = MAX_PATH - 1;
		if ((entry->name[len] & 0xfc00) == 0xdc00 &&
		    (entry->name[len - 1] & 0xfc00) == 0xd800)
			len--;
	}
	memcpy(datap->cFileName, entry->name, len * sizeof(WCHAR));
}

void find_entry_store_ansi(const struct find_entry *entry, WIN32_FIND_DATAA *datap)
{
	WIN32_FIND_DATAW wide;

	memset(&wide, 0, sizeof(wide));
	memset(datap, 0, sizeof(*datap));
	store_common(entry, &wide);
	memcpy(datap, &wide, offsetof(WIN32_FIND_DATAA, cFileName));
	npfs_utf16_to_utf8((const uint16_t *)entry->name, entry->name_len,
			   datap->cFileName, MAX_PATH - 1);
}

/* pipes */

static npfs_status next_pipe(struct find *find, struct find_entry *entryp)
{
	struct npfs_dir_entry pipe;
	npfs_status status = npfs_dir_next(find->pipes, &pipe);

	if (status != STATUS_SUCCESS)
		return status;
	memset(entryp, 0, sizeof(*entryp));
	entryp->attributes = FILE_ATTRIBUTE_NORMAL;
	entryp->size = pipe.current_instances;
	entryp->name = (const WCHAR *)pipe.name;
	entryp->name_len = pipe.name_len;
	return STATUS_SUCCESS;
}

/* A pattern with the trailing dot that the path lost on its way means: no extension. */
static size_t pipe_pattern(const WCHAR *path, uint16_t *pattern, size_t len)
{
	size_t path_len = text_wide_len(path);

	if (path_len && path[path_len - 1] == '.' && len && pattern[len - 1] == '*') {
		len = npfs_pattern_from_dos(pattern, len, pattern);
		pattern[len - 1] = '<';
		return len;
	}
	return npfs_pattern_from_dos(pattern, len, pattern);
}

static npfs_status open_pipes(const WCHAR *path, const struct pipe_path *parts,
			      struct find **findp)
{
	uint16_t *pattern = parts->units + parts->parts.name_off;
	size_t len = parts->parts.name_len;
	struct find *find;
	npfs_status status;
	size_t i;

	for (i = 0; i < len; i++)
		if (pattern[i] == '\\')
			return STATUS_OBJECT_PATH_NOT_FOUND;
	find = find_new(FIND_PIPES);
	if (!find)
		return STATUS_NO_MEMORY;
	len = pipe_pattern(path, pattern, len);
	status = npfs_dir_open(pattern, len, &find->pipes);
	if (status != STATUS_SUCCESS) {
		object_unref(&find->object);
		return status;
	}
	*findp = find;
	return STATUS_SUCCESS;
}

/* directories */

static FILETIME file_time(const struct statx_timestamp *ts)
{
	uint64_t ticks = (uint64_t)(TICKS_TO_1970 + (int64_t)ts->tv_sec * TICKS_PER_S +
				    ts->tv_nsec / NS_PER_TICK);

	return (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
}

/* A link stands for what it leads to, and for itself when that is gone. */
static int stat_entry(int dir_fd, const char *name, struct statx *stp)
{
	const unsigned mask = STATX_BASIC_STATS | STATX_BTIME;

	if (statx(dir_fd, name, AT_NO_AUTOMOUNT, mask, stp) == 0)
		return 0;
	return statx(dir_fd, name, AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW, mask, stp);
}

/* Take over @name as the search's last name. Return: whether there was memory. */
static bool set_name(struct find *find, const char *name, struct find_entry *entryp)
{
	WCHAR *wide = text_wide_from_utf8(name, strlen(name));

	if (!wide)
		return false;
	free(find->name);
	find->name = wide;
	entryp->name = wide;
	entryp->name_len = text_wide_len(wide);
	return true;
}

static void fill_from_stat(const struct statx *st, struct find_entry *entryp)
{
	DWORD attributes = S_ISDIR(st->stx_mode) ? FILE_ATTRIBUTE_DIRECTORY : 0;

	if (!(st->stx_mode & (S_IWUSR | S_IWGRP | S_IWOTH)))
		attributes |= FILE_ATTRIBUTE_READONLY;
	entryp->attributes = attributes ? attributes : FILE_ATTRIBUTE_NORMAL;
	entryp->accessed = file_time(&st->stx_atime);
	entryp->written = file_time(&st->stx_mtime);
	entryp->created =
		st->stx_mask & STATX_BTIME ? file_time(&st->stx_btime) : entryp->written;
	entryp->size = S_ISREG(st->stx_mode) ? st->stx_size : 0;
}

static npfs_status next_in_directory(struct find *find, struct find_entry *entryp)
{
	struct dirent *d;
	struct statx st;

	memset(entryp, 0, sizeof(*entryp));
	for (;;) {
		errno = 0;
		d = readdir(find->directory);
		if (!d)
			return errno ? npfs_status_from_errno(errno)
				     : STATUS_NO_MORE_FILES;
		if (!set_name(find, d->d_name, entryp))
			return STATUS_NO_MEMORY;
		if (!npfs_pattern_match(find->pattern, find->pattern_len,
					(const uint16_t *)entryp->name, entryp->name_len,
					find->match_flags))
			continue;
		/* It may have been removed since the directory was read. */
		if (stat_entry(dirfd(find->directory), d->d_name, &st) < 0)
			continue;
		fill_from_stat(&st, entryp);
		return STATUS_SUCCESS;
	}
}

static npfs_status open_error(int error)
{
	if (error == ENOENT)
		return STATUS_OBJECT_PATH_NOT_FOUND;
	return error == ENOTDIR ? STATUS_NOT_A_DIRECTORY : npfs_status_from_errno(error);
}

/* The file without wildcards: it is there or not. */
static npfs_status open_one(int dir_fd, const char *name, struct find **findp,
			    struct find_entry *entryp)
{
	struct find *find;
	struct statx st;

	if (stat_entry(dir_fd, name, &st) < 0)
		return errno == ENOENT ? STATUS_NO_SUCH_FILE
				       : npfs_status_from_errno(errno);
	find = find_new(FIND_ONE);
	if (!find || !set_name(find, name, entryp)) {
		if (find)
			object_unref(&find->object);
		return STATUS_NO_MEMORY;
	}
	fill_from_stat(&st, entryp);
	*findp = find;
	return STATUS_SUCCESS;
}

/* @directory is taken. */
static npfs_status open_pattern(DIR *directory, uint16_t *pattern, size_t pattern_len,
				uint32_t match_flags, struct find **findp)
{
	struct find *find = find_new(FIND_DIRECTORY);

	if (!find) {
		closedir(directory);
		return STATUS_NO_MEMORY;
	}
	find->directory = directory;
	find->match_flags = match_flags;
	find->pattern_len = npfs_pattern_from_dos(pattern, pattern_len, pattern);
	find->pattern = pattern;
	*findp = find;
	return STATUS_SUCCESS;
}

static npfs_status open_in(const char *dir_path, const char *name, uint32_t match_flags,
			   struct find **findp, struct find_entry *entryp)
{
	WCHAR *wide = text_wide_from_utf8(name, strlen(name));
	size_t len = wide ? text_wide_len(wide) : 0;
	DIR *directory = opendir(dir_path);
	npfs_status status;

	if (!directory || !wide) {
		status = directory ? STATUS_NO_MEMORY : open_error(errno);
		if (!directory && strpbrk(dir_path, "*?<>\"") &&
		    status == STATUS_OBJECT_PATH_NOT_FOUND)
			status = STATUS_OBJECT_NAME_INVALID;
	} else if (npfs_pattern_is((uint16_t *)wide, len)) {
		status = open_pattern(directory, (uint16_t *)wide, len, match_flags,
				      findp);
		if (status == STATUS_SUCCESS)
			return status;
		directory = NULL;
	} else {
		status = open_one(dirfd(directory), name, findp, entryp);
	}
	if (directory)
		closedir(directory);
	free(wide);
	return status;
}

/* A device is found in every directory, and there is one of it. */
static npfs_status open_device(const char *name, struct find **findp,
			       struct find_entry *entryp)
{
	struct find *find = find_new(FIND_ONE);

	if (!find || !set_name(find, name, entryp)) {
		if (find)
			object_unref(&find->object);
		return STATUS_NO_MEMORY;
	}
	entryp->attributes = FILE_ATTRIBUTE_ARCHIVE;
	*findp = find;
	return STATUS_SUCCESS;
}

static npfs_status open_files(const WCHAR *path, uint32_t match_flags,
			      struct find **findp, struct find_entry *entryp)
{
	char *text = text_utf8_from_wide(path, text_wide_len(path));
	char *posix = text ? disk_file_posix_path(text) : NULL;
	npfs_status status = STATUS_NO_MEMORY;
	char *slash;

	memset(entryp, 0, sizeof(*entryp));
	if (!posix)
		goto out_free;
	if (strncmp(posix, "/dev/", 5) == 0 && text[0] != '/') {
		slash = strrchr(text, '\\');
		status = open_device(slash ? slash + 1 : text, findp, entryp);
		goto out_free;
	}
	slash = strrchr(posix, '/');
	if (!slash) {
		status = *posix ? open_in(".", posix, match_flags, findp, entryp)
				: STATUS_NO_SUCH_FILE;
	} else if (!slash[1]) {
		status = STATUS_NO_SUCH_FILE;
	} else if (slash == posix) {
		status = open_in("/", slash + 1, match_flags, findp, entryp);
	} else {
		*slash = '\0';
		status = open_in(posix, slash + 1, match_flags, findp, entryp);
	}

out_free:
	free(posix);
	free(text);
	return status;
}

/* the calls */

static npfs_status find_next(struct find *find, struct find_entry *entryp)
{
	switch (find->source) {
	case FIND_PIPES:
		return next_pipe(find, entryp);
	case FIND_DIRECTORY:
		return next_in_directory(find, entryp);
	case FIND_ONE:
		break;
	}
	return STATUS_NO_MORE_FILES;
}

static npfs_status find_open(const WCHAR *path, DWORD flags, struct find **findp,
			     struct find_entry *entryp)
{
	uint32_t match_flags = flags & FIND_FIRST_EX_CASE_SENSITIVE ? NPFS_MATCH_CASE : 0;
	struct pipe_path parts;
	npfs_status status;

	if (!path || !path[0])
		return STATUS_OBJECT_PATH_NOT_FOUND;
	status = pipe_path_dos(path, &parts);
	if (status != STATUS_SUCCESS)
		return status;
	switch (parts.parts.path_class) {
	case NPFS_PATH_PIPE:
		status = open_pipes(path, &parts, findp);
		if (status == STATUS_SUCCESS)
			status = find_next(*findp, entryp);
		else
			*findp = NULL;
		break;
	case NPFS_PATH_PIPE_DEVICE:
	case NPFS_PATH_PIPE_ROOT:
		status = STATUS_NO_SUCH_FILE;
		break;
	case NPFS_PATH_REMOTE_PIPE:
		status = STATUS_BAD_NETWORK_PATH;
		break;
	case NPFS_PATH_INVALID_EMPTY:
		status = STATUS_OBJECT_PATH_NOT_FOUND;
		break;
	case NPFS_PATH_DEVICE_OTHER:
	case NPFS_PATH_FILE:
		status = open_files(path, match_flags, findp, entryp);
		if (status == STATUS_SUCCESS && (*findp)->source == FIND_DIRECTORY)
			status = find_next(*findp, entryp);
		if (status == STATUS_NO_MORE_FILES)
			status = STATUS_NO_SUCH_FILE;
		break;
	}
	pipe_path_fini(&parts);
	return status;
}

static HANDLE fail_handle(DWORD error)
{
	thread_fail(error);
	return INVALID_HANDLE_VALUE;
}

/**
 * find_first() - what both forms share
 * @holdp: counted: keeps the entry's name until the caller has stored it
 *
 * Return: the handle, or INVALID_HANDLE_VALUE and the last error.
 */
static HANDLE find_first(const WCHAR *path, FINDEX_INFO_LEVELS level,
			 FINDEX_SEARCH_OPS op, const void *filter, DWORD flags,
			 struct find **holdp, struct find_entry *entryp)
{
	const DWORD known = FIND_FIRST_EX_CASE_SENSITIVE | FIND_FIRST_EX_LARGE_FETCH;
	struct find *find = NULL;
	npfs_status status;
	HANDLE h;

	if (op == FindExSearchLimitToDevices)
		return fail_handle(ERROR_NOT_SUPPORTED);
	if ((unsigned)level >= FindExInfoMaxInfoLevel ||
	    (unsigned)op >= FindExSearchMaxSearchOp || filter || (flags & ~known))
		return fail_handle(ERROR_INVALID_PARAMETER);
	status = find_open(path, flags, &find, entryp);
	if (status != STATUS_SUCCESS) {
		if (find)
			object_unref(&find->object);
		return fail_handle(npfs_status_to_win32(status));
	}
	h = handle_new(&find->object, 0, 0);
	if (!h) {
		object_unref(&find->object);
		return INVALID_HANDLE_VALUE;
	}
	*holdp = find;
	return h;
}

HANDLE WINAPI FindFirstFileExW(LPCWSTR lpFileName, FINDEX_INFO_LEVELS fInfoLevelId,
			       LPVOID lpFindFileData, FINDEX_SEARCH_OPS fSearchOp,
			       LPVOID lpSearchFilter, DWORD dwAdditionalFlags)
{
	struct find_entry entry;
	struct find *find;
	HANDLE h = find_first(lpFileName, fInfoLevelId, fSearchOp, lpSearchFilter,
			      dwAdditionalFlags, &find, &entry);

	if (h == INVALID_HANDLE_VALUE)
		return h;
	find_entry_store_wide(&entry, lpFindFileData);
	object_unref(&find->object);
	return h;
}

HANDLE WINAPI FindFirstFileExA(LPCSTR lpFileName, FINDEX_INFO_LEVELS fInfoLevelId,
			       LPVOID lpFindFileData, FINDEX_SEARCH_OPS fSearchOp,
			       LPVOID lpSearchFilter, DWORD dwAdditionalFlags)
{
	struct find_entry entry;
	WCHAR *wide = NULL;
	struct find *find;
	HANDLE h;

	if (lpFileName) {
		wide = text_wide_from_utf8(lpFileName, strlen(lpFileName));
		if (!wide)
			return fail_handle(ERROR_NOT_ENOUGH_MEMORY);
	}
	h = find_first(wide, fInfoLevelId, fSearchOp, lpSearchFilter, dwAdditionalFlags,
		       &find, &entry);
	free(wide);
	if (h == INVALID_HANDLE_VALUE)
		return h;
	find_entry_store_ansi(&entry, lpFindFileData);
	object_unref(&find->object);
	return h;
}

HANDLE WINAPI FindFirstFileW(LPCWSTR lpFileName, LPWIN32_FIND_DATAW lpFindFileData)
{
	return FindFirstFileExW(lpFileName, FindExInfoStandard, lpFindFileData,
				FindExSearchNameMatch, NULL, 0);
}

HANDLE WINAPI FindFirstFileA(LPCSTR lpFileName, LPWIN32_FIND_DATAA lpFindFileData)
{
	return FindFirstFileExA(lpFileName, FindExInfoStandard, lpFindFileData,
				FindExSearchNameMatch, NULL, 0);
}

/* One step, with the result stored before anybody else's step can change the name. */
static BOOL step(HANDLE h, WIN32_FIND_DATAW *widep, WIN32_FIND_DATAA *ansip)
{
	struct object *o = handle_get(h, OBJECT_FIND, NULL);
	struct find_entry entry;
	struct find *find;
	npfs_status status;

	if (!o)
		return thread_fail(ERROR_INVALID_HANDLE);
	find = find_from_object(o);
	pthread_mutex_lock(&find->turn);
	status = find_next(find, &entry);
	if (status == STATUS_SUCCESS && widep)
		find_entry_store_wide(&entry, widep);
	else if (status == STATUS_SUCCESS)
		find_entry_store_ansi(&entry, ansip);
	pthread_mutex_unlock(&find->turn);
	object_unref(o);
	return status == STATUS_SUCCESS ? TRUE
					: thread_fail(npfs_status_to_win32(status));
}

BOOL WINAPI FindNextFileW(HANDLE hFindFile, LPWIN32_FIND_DATAW lpFindFileData)
{
	return step(hFindFile, lpFindFileData, NULL);
}

BOOL WINAPI FindNextFileA(HANDLE hFindFile, LPWIN32_FIND_DATAA lpFindFileData)
{
	return step(hFindFile, NULL, lpFindFileData);
}

BOOL WINAPI FindClose(HANDLE hFindFile)
{
	struct handle_pin pin;

	if (!handle_pin(hFindFile, OBJECT_FIND, NULL, &pin))
		return thread_fail(ERROR_INVALID_HANDLE);
	handle_unpin(&pin);
	return handle_close(hFindFile) == STATUS_SUCCESS
		       ? TRUE
		       : thread_fail(ERROR_INVALID_HANDLE);
}
