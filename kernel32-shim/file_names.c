/* SPDX-License-Identifier: MIT */
/*
 * What is done to files by their names: directories, removing, moving, copying, temporary
 * names, full names, attributes
 *
 * A name is mapped as file_disk.h says. Names that come back are POSIX names, which every
 * function here takes as well; a folder that comes back ends with a slash where Windows ends
 * it with a backslash. The narrow form is the one that works; the wide form is a frame round
 * it.
 *
 * Attributes: of those a program can set, the file system here has FILE_ATTRIBUTE_READONLY
 * alone (nobody may write); the others are accepted and forgotten. A file that is read-only
 * in this sense cannot be deleted, as on Windows.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <windows.h>

#include <npfs/security.h>
#include <npfs/status.h>

#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/file_stat.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

/* ------------------------------------------------------------------ the names */

/* The folder of a path, with nothing behind the last slash; to be freed. */
static char *folder_of(const char *posix)
{
	const char *slash = strrchr(posix, '/');

	if (!slash)
		return strdup(".");
	return strndup(posix, slash == posix ? 1 : (size_t)(slash - posix));
}

/* The Win32 error for what a call on this path said. */
static DWORD error_for(const char *posix, int error)
{
	struct stat st;
	char *folder;
	bool has_folder;

	switch (error) {
	case ENOENT:
		folder = folder_of(posix);
		has_folder = folder && stat(folder, &st) == 0 && S_ISDIR(st.st_mode);
		free(folder);
		return has_folder ? ERROR_FILE_NOT_FOUND : ERROR_PATH_NOT_FOUND;
	case ENOTDIR:
		return ERROR_PATH_NOT_FOUND;
	case EEXIST:
		return ERROR_ALREADY_EXISTS;
	case ENOTEMPTY:
		return ERROR_DIR_NOT_EMPTY;
	case EXDEV:
		return ERROR_NOT_SAME_DEVICE;
	case ENAMETOOLONG:
		return ERROR_FILENAME_EXCED_RANGE;
	case EBUSY:
		return ERROR_SHARING_VIOLATION;
	case EACCES:
	case EPERM:
	case EROFS:
	case EISDIR:
		return ERROR_ACCESS_DENIED;
	default:
		return npfs_status_to_win32(npfs_status_from_errno(error));
	}
}

/* The POSIX form, to be freed; NULL with the last error. */
static char *posix_of(const char *path)
{
	npfs_status status = npfs_thread_may_act();
	char *posix;

	if (status != STATUS_SUCCESS) {
		thread_fail(npfs_status_to_win32(status));
		return NULL;
	}
	if (!path || !*path) {
		thread_fail(ERROR_PATH_NOT_FOUND);
		return NULL;
	}
	posix = disk_file_posix_path(path);
	if (!posix)
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	return posix;
}

/* Frees the path and sets the last error when @result says so. */
static BOOL finish(char *posix, int result)
{
	DWORD error = result ? error_for(posix, errno) : 0;

	free(posix);
	return error ? thread_fail(error) : TRUE;
}

/* A wide name as narrow text, to be freed; NULL with the last error. */
static char *narrow(LPCWSTR name)
{
	bool failed = false;
	char *text = text_utf8_from_wide_z(name, &failed);

	if (!text)
		thread_fail(failed ? ERROR_NOT_ENOUGH_MEMORY : ERROR_PATH_NOT_FOUND);
	return text;
}

#define WIDE_FORM(name)                           \
	char *text = narrow(name);                \
	BOOL result;                              \
						  \
	if (!text)                                \
		return FALSE;

/* ---------------------------------------------------------- making and removing */

/* The descriptor of @sa has no place in the file system: modes follow the umask. */
BOOL WINAPI CreateDirectoryA(LPCSTR path, LPSECURITY_ATTRIBUTES sa)
{
	char *posix = posix_of(path);
	int result;

	(void)sa;
	if (!posix)
		return FALSE;
	result = mkdir(posix, 0777);
	/* A folder on the way is missing; the directory itself cannot be. */
	if (result < 0 && errno == ENOENT) {
		free(posix);
		return thread_fail(ERROR_PATH_NOT_FOUND);
	}
	return finish(posix, result);
}

BOOL WINAPI CreateDirectoryW(LPCWSTR path, LPSECURITY_ATTRIBUTES sa)
{
	WIDE_FORM(path)
	result = CreateDirectoryA(text, sa);
	free(text);
	return result;
}

BOOL WINAPI RemoveDirectoryA(LPCSTR path)
{
	char *posix = posix_of(path);
	struct stat st;

	if (!posix)
		return FALSE;
	if (lstat(posix, &st) == 0 && !S_ISDIR(st.st_mode)) {
		free(posix);
		return thread_fail(ERROR_DIRECTORY);
	}
	return finish(posix, rmdir(posix));
}

BOOL WINAPI RemoveDirectoryW(LPCWSTR path)
{
	WIDE_FORM(path)
	result = RemoveDirectoryA(text);
	free(text);
	return result;
}

BOOL WINAPI DeleteFileA(LPCSTR path)
{
	char *posix = posix_of(path);
	struct stat st;

	if (!posix)
		return FALSE;
	if (lstat(posix, &st) == 0 &&
	    (S_ISDIR(st.st_mode) ||
	     (S_ISREG(st.st_mode) && !(st.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH))))) {
		free(posix);
		return thread_fail(ERROR_ACCESS_DENIED);
	}
	return finish(posix, unlink(posix));
}

BOOL WINAPI DeleteFileW(LPCWSTR path)
{
	WIDE_FORM(path)
	result = DeleteFileA(text);
	free(text);
	return result;
}

BOOL WINAPI SetFileAttributesA(LPCSTR path, DWORD attributes)
{
	char *posix = posix_of(path);
	struct stat st;
	mode_t mode, mask;
	int result;

	if (!posix)
		return FALSE;
	result = stat(posix, &st);
	if (result == 0 && !S_ISDIR(st.st_mode)) {
		mask = umask(0);
		umask(mask);
		mode = st.st_mode & 07777;
		if (attributes & FILE_ATTRIBUTE_READONLY)
			mode &= ~(mode_t)(S_IWUSR | S_IWGRP | S_IWOTH);
		else if (!(mode & (S_IWUSR | S_IWGRP | S_IWOTH)))
			mode |= 0222 & ~mask;
		result = chmod(posix, mode);
	}
	return finish(posix, result);
}

BOOL WINAPI SetFileAttributesW(LPCWSTR path, DWORD attributes)
{
	WIDE_FORM(path)
	result = SetFileAttributesA(text, attributes);
	free(text);
	return result;
}

BOOL WINAPI GetFileAttributesExA(LPCSTR path, GET_FILEEX_INFO_LEVELS level, LPVOID infop)
{
	WIN32_FILE_ATTRIBUTE_DATA *info = infop;
	char *posix;
	struct stat st;

	if (level != GetFileExInfoStandard)
		return thread_fail(ERROR_INVALID_PARAMETER);
	posix = posix_of(path);
	if (!posix)
		return FALSE;
	if (stat(posix, &st) < 0)
		return finish(posix, -1);
	free(posix);
	memset(info, 0, sizeof(*info));
	info->dwFileAttributes = file_stat_attributes(st.st_mode);
	info->ftCreationTime = file_stat_time(file_stat_created(&st));
	info->ftLastAccessTime = file_stat_time(&st.st_atim);
	info->ftLastWriteTime = file_stat_time(&st.st_mtim);
	if (!S_ISDIR(st.st_mode)) {
		info->nFileSizeHigh = (DWORD)((uint64_t)st.st_size >> 32);
		info->nFileSizeLow = (DWORD)st.st_size;
	}
	return TRUE;
}

BOOL WINAPI GetFileAttributesExW(LPCWSTR path, GET_FILEEX_INFO_LEVELS level, LPVOID infop)
{
	WIDE_FORM(path)
	result = GetFileAttributesExA(text, level, infop);
	free(text);
	return result;
}

/* ----------------------------------------------------------- copying and moving */

static int copy_bytes(int from, int to)
{
	char buffer[65536];
	ssize_t n;

	for (;;) {
		n = read(from, buffer, sizeof(buffer));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		for (ssize_t done = 0; done < n;) {
			ssize_t m = write(to, buffer + done, (size_t)(n - done));

			if (m < 0 && errno != EINTR)
				return -1;
			if (m > 0)
				done += m;
		}
	}
}

/* Contents and mode. A copy that fails half-way is removed. */
static DWORD copy_file(const char *from, const char *to, bool may_replace)
{
	struct stat st;
	DWORD error = 0;
	int in, out;

	in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return error_for(from, errno);
	if (fstat(in, &st) < 0 || S_ISDIR(st.st_mode)) {
		close(in);
		return ERROR_ACCESS_DENIED;
	}
	out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC | (may_replace ? O_TRUNC : O_EXCL),
		   st.st_mode & 0777);
	if (out < 0) {
		error = errno == EEXIST ? ERROR_FILE_EXISTS : error_for(to, errno);
		close(in);
		return error;
	}
	if (copy_bytes(in, out) < 0)
		error = errno == ENOSPC ? ERROR_DISK_FULL : error_for(to, errno);
	if (close(out) < 0 && !error)
		error = error_for(to, errno);
	close(in);
	if (error)
		unlink(to);
	return error;
}

/* What is done with two files; @flags is what the program handed over. */
typedef DWORD two_files_fn(const char *from, const char *to, DWORD flags);

static BOOL on_two_files(LPCSTR from, LPCSTR to, two_files_fn *act, DWORD flags)
{
	char *from_posix = posix_of(from), *to_posix = from_posix ? posix_of(to) : NULL;
	DWORD error = 0;

	if (to_posix)
		error = act(from_posix, to_posix, flags);
	free(from_posix);
	if (!to_posix)
		return FALSE;
	free(to_posix);
	return error ? thread_fail(error) : TRUE;
}

static BOOL on_two_wide_files(LPCWSTR from, LPCWSTR to, two_files_fn *act, DWORD flags)
{
	char *to_text;

	WIDE_FORM(from)
	to_text = narrow(to);
	result = to_text ? on_two_files(text, to_text, act, flags) : FALSE;
	free(to_text);
	free(text);
	return result;
}

static DWORD copy_unless(const char *from, const char *to, DWORD fail_if_exists)
{
	return copy_file(from, to, !fail_if_exists);
}

BOOL WINAPI CopyFileA(LPCSTR from, LPCSTR to, BOOL fail_if_exists)
{
	return on_two_files(from, to, copy_unless, (DWORD)fail_if_exists);
}

BOOL WINAPI CopyFileW(LPCWSTR from, LPCWSTR to, BOOL fail_if_exists)
{
	return on_two_wide_files(from, to, copy_unless, (DWORD)fail_if_exists);
}

static DWORD move_file(const char *from, const char *to, DWORD flags)
{
	unsigned rename_flags = flags & MOVEFILE_REPLACE_EXISTING ? 0 : RENAME_NOREPLACE;
	struct stat st;
	DWORD error;
	int saved;

	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, rename_flags) == 0)
		return 0;
	saved = errno;
	if (saved == EINVAL && rename_flags) {
		/* A file system without that flag: look, then rename. */
		if (lstat(to, &st) == 0)
			return ERROR_ALREADY_EXISTS;
		if (rename(from, to) == 0)
			return 0;
		saved = errno;
	}
	if (saved == EXDEV && (flags & MOVEFILE_COPY_ALLOWED)) {
		error = copy_file(from, to, (flags & MOVEFILE_REPLACE_EXISTING) != 0);
		if (!error && unlink(from) < 0)
			error = error_for(from, errno);
		return error == ERROR_FILE_EXISTS ? ERROR_ALREADY_EXISTS : error;
	}
	/* ENOENT may be the one or the other. */
	return error_for(saved == ENOENT && access(from, F_OK) == 0 ? to : from, saved);
}

/* There is no next start of the system to leave it to. */
static bool can_move(DWORD flags)
{
	if (flags & MOVEFILE_DELAY_UNTIL_REBOOT)
		thread_fail(ERROR_NOT_SUPPORTED);
	return !(flags & MOVEFILE_DELAY_UNTIL_REBOOT);
}

BOOL WINAPI MoveFileExA(LPCSTR from, LPCSTR to, DWORD flags)
{
	return can_move(flags) && on_two_files(from, to, move_file, flags);
}

BOOL WINAPI MoveFileExW(LPCWSTR from, LPCWSTR to, DWORD flags)
{
	return can_move(flags) && on_two_wide_files(from, to, move_file, flags);
}

BOOL WINAPI MoveFileA(LPCSTR from, LPCSTR to)
{
	return MoveFileExA(from, to, MOVEFILE_COPY_ALLOWED);
}

BOOL WINAPI MoveFileW(LPCWSTR from, LPCWSTR to)
{
	return MoveFileExW(from, to, MOVEFILE_COPY_ALLOWED);
}

/* ---------------------------------------------------------- names that come back */

/* Units without the zero when it fits; with it, what is needed, when not. */
static DWORD give_narrow(const char *text, DWORD size, LPSTR to)
{
	DWORD len = (DWORD)strlen(text);

	if (!to || size <= len)
		return len + 1;
	memcpy(to, text, len + 1);
	return len;
}

static DWORD give_wide(const char *text, DWORD size, LPWSTR to)
{
	bool invalid = false;
	size_t len = text_to_wide(text, strlen(text), NULL, 0, &invalid);

	if (!to || size <= len)
		return (DWORD)len + 1;
	text_to_wide(text, strlen(text), to, size, &invalid);
	to[len] = 0;
	return (DWORD)len;
}

/* $TMPDIR, else $TMP, $TEMP, else the system's; with a slash at the end; to be freed. */
static char *temp_path(void)
{
	static const char *const names[] = {"TMPDIR", "TMP", "TEMP"};
	const char *found = NULL;
	char *posix, *path = NULL;

	for (size_t i = 0; i < ARRAYSIZE(names) && !found; i++) {
		found = getenv(names[i]);
		if (found && !*found)
			found = NULL;
	}
	posix = disk_file_posix_path(found ? found : P_tmpdir);
	if (posix && asprintf(&path, "%s%s", posix,
			      posix[strlen(posix) - 1] == '/' ? "" : "/") < 0)
		path = NULL;
	free(posix);
	if (!path)
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	return path;
}

DWORD WINAPI GetTempPathA(DWORD size, LPSTR buffer)
{
	char *path = temp_path();
	DWORD n = path ? give_narrow(path, size, buffer) : 0;

	free(path);
	return n;
}

DWORD WINAPI GetTempPathW(DWORD size, LPWSTR buffer)
{
	char *path = temp_path();
	DWORD n = path ? give_wide(path, size, buffer) : 0;

	free(path);
	return n;
}

/*
 * <folder>/<prefix, three characters><number in hexadecimal>.tmp; without a number the file
 * is made, with the first number from the clock on that is free.
 */
UINT WINAPI GetTempFileNameA(LPCSTR folder, LPCSTR prefix, UINT unique, LPSTR to)
{
	char *posix = posix_of(folder), *path = NULL;
	struct timespec now;
	struct stat st;
	UINT number = unique & 0xffff, result = 0;
	int fd;

	if (!posix)
		return 0;
	if (stat(posix, &st) < 0 || !S_ISDIR(st.st_mode)) {
		free(posix);
		thread_fail(ERROR_DIRECTORY);
		return 0;
	}
	if (!number) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		number = (UINT)(now.tv_nsec / 1000) & 0xffff;
	}
	for (unsigned tries = 0; tries < 0xffff; tries++, number++) {
		number &= 0xffff;
		if (number == 0)
			continue;
		free(path);
		if (asprintf(&path, "%s%s%.3s%x.tmp", posix,
			     posix[strlen(posix) - 1] == '/' ? "" : "/", prefix ? prefix : "",
			     number) < 0) {
			path = NULL;
			thread_fail(ERROR_NOT_ENOUGH_MEMORY);
			break;
		}
		if (strlen(path) >= MAX_PATH) {
			thread_fail(ERROR_BUFFER_OVERFLOW);
			break;
		}
		if (unique & 0xffff) {
			result = number;
			break;
		}
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0) {
			close(fd);
			result = number;
			break;
		}
		if (errno != EEXIST) {
			thread_fail(error_for(path, errno));
			break;
		}
		thread_fail(ERROR_FILE_EXISTS);
	}
	if (result)
		memcpy(to, path, strlen(path) + 1);
	free(path);
	free(posix);
	return result;
}

UINT WINAPI GetTempFileNameW(LPCWSTR folder, LPCWSTR prefix, UINT unique, LPWSTR to)
{
	char *folder_text = narrow(folder), *prefix_text, name[MAX_PATH];
	bool failed = false;
	UINT result;

	if (!folder_text)
		return 0;
	prefix_text = text_utf8_from_wide_z(prefix, &failed);
	result = GetTempFileNameA(folder_text, prefix_text, unique, name);
	if (result)
		give_wide(name, MAX_PATH, to);
	free(prefix_text);
	free(folder_text);
	return result;
}

/* An absolute name without "." and "..", by text alone: nothing of it need be there. */
static char *full_path(const char *path)
{
	char *posix = posix_of(path), *folder = NULL, *all = NULL, *out, *part, *state = NULL;
	size_t len = 0;

	if (!posix)
		return NULL;
	if (*posix != '/') {
		folder = getcwd(NULL, 0);
		if (!folder)
			goto out_memory;
	}
	if (asprintf(&all, "%s/%s", folder ? folder : "", posix) < 0) {
		all = NULL;
		goto out_memory;
	}
	out = malloc(strlen(all) + 2);
	if (!out)
		goto out_memory;
	for (part = strtok_r(all, "/", &state); part; part = strtok_r(NULL, "/", &state)) {
		if (strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0) {
			while (len > 0 && out[--len] != '/')
				;
			continue;
		}
		out[len++] = '/';
		memcpy(out + len, part, strlen(part));
		len += strlen(part);
	}
	/* A folder that was written as one stays one. */
	if (len == 0 || posix[strlen(posix) - 1] == '/')
		out[len++] = '/';
	out[len] = 0;
	free(all);
	free(folder);
	free(posix);
	return out;

out_memory:
	free(all);
	free(folder);
	free(posix);
	thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	return NULL;
}

DWORD WINAPI GetFullPathNameA(LPCSTR path, DWORD size, LPSTR to, LPSTR *partp)
{
	char *full = full_path(path), *slash;
	DWORD n;

	if (!full)
		return 0;
	n = give_narrow(full, size, to);
	free(full);
	if (partp && to && n < size) {
		slash = strrchr(to, '/');
		*partp = slash && slash[1] ? slash + 1 : NULL;
	}
	return n;
}

DWORD WINAPI GetFullPathNameW(LPCWSTR path, DWORD size, LPWSTR to, LPWSTR *partp)
{
	char *text = narrow(path), *full = text ? full_path(text) : NULL;
	DWORD n, i;

	free(text);
	if (!full)
		return 0;
	n = give_wide(full, size, to);
	free(full);
	if (partp && to && n < size) {
		for (i = n; i > 0 && to[i - 1] != '/'; i--)
			;
		*partp = i < n ? to + i : NULL;
	}
	return n;
}

/* ------------------------------------------------------------------------ times */

static uint64_t ticks_of(const FILETIME *time)
{
	return (uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime;
}

LONG WINAPI CompareFileTime(const FILETIME *a, const FILETIME *b)
{
	uint64_t x = ticks_of(a), y = ticks_of(b);

	return x < y ? -1 : x > y;
}
