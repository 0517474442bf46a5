/* SPDX-License-Identifier: MIT */
/*
 * What a handle says of its file: information, times, the whole name, the volume
 *
 * The end of a pipe answers as npfs-semantics 7.8 and 8.5 have it, through the core that
 * the native calls use (native.h): no times, the file system NPFS with the label NamedPipe.
 * GetFinalPathNameByHandle is not documented for pipes; here a pipe has the names that
 * VOLUME_NAME_NT and VOLUME_NAME_NONE ask for, and none with a drive.
 *
 * A file of the host's answers with what stat(2) says. Its full name is a POSIX name, which
 * every function here takes; the flags about volumes make no difference.
 *
 * The wide form does the work.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <windows.h>
#include <winternl.h>

#include <shlwapi.h>

#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/file_stat.h"
#include "kernel32-shim/native.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

#define DEVICE_OF_PIPES "\\Device\\NamedPipe"
#define VOLUME_FORM     (VOLUME_NAME_GUID | VOLUME_NAME_NT | VOLUME_NAME_NONE)
#define LINK_LEN        32 /* of "/proc/self/fd/N" */
#define STANDARD_LEN    ((DWORD)sizeof(FILE_STANDARD_INFO))
#define NAME_AT         ((DWORD)offsetof(FILE_NAME_INFO, FileName))

static void link_of(const struct object *o, char link[LINK_LEN])
{
	snprintf(link, LINK_LEN, "/proc/self/fd/%d", disk_file_fd(o));
}

/* The name of a file of the host's, to be freed; NULL with the last error. */
static char *name_of_disk(const struct object *o)
{
	char link[LINK_LEN], name[PATH_MAX];
	ssize_t len;
	char *copy;

	link_of(o, link);
	len = readlink(link, name, sizeof(name));
	/* What is no file of a directory, a socket say, is named "socket:[1]". */
	if (len <= 0 || name[0] != '/') {
		thread_fail(len < 0 ? ERROR_INVALID_HANDLE : ERROR_INVALID_FUNCTION);
		return NULL;
	}
	copy = strndup(name, (size_t)len);
	if (!copy)
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	return copy;
}

static BOOL stat_of(const struct object *o, struct stat *stp)
{
	if (fstat(disk_file_fd(o), stp) == 0)
		return TRUE;
	return thread_fail(npfs_status_to_win32(npfs_status_from_errno(errno)));
}

/* A file of either kind, held for a call; NULL with the last error. */
static struct object *file_of(HANDLE h, uint32_t *accessp, struct handle_pin *pin)
{
	struct object *o;
	npfs_status status = file_pin(h, accessp, pin, &o);

	if (status == STATUS_SUCCESS)
		return o;
	thread_fail(npfs_status_to_win32(status));
	return NULL;
}

/* information */

static DWORD serial_of(dev_t device)
{
	return (DWORD)device ^ (DWORD)((uint64_t)device >> 32);
}

static BOOL information_of_disk(const struct object *o, LPBY_HANDLE_FILE_INFORMATION info)
{
	struct stat st;

	if (!stat_of(o, &st))
		return FALSE;
	*info = (BY_HANDLE_FILE_INFORMATION){
		.dwFileAttributes = file_stat_attributes(st.st_mode),
		.ftCreationTime = file_stat_time(file_stat_created(&st)),
		.ftLastAccessTime = file_stat_time(&st.st_atim),
		.ftLastWriteTime = file_stat_time(&st.st_mtim),
		.dwVolumeSerialNumber = serial_of(st.st_dev),
		.nFileSizeHigh = S_ISREG(st.st_mode) ? (DWORD)((uint64_t)st.st_size >> 32) : 0,
		.nFileSizeLow = S_ISREG(st.st_mode) ? (DWORD)st.st_size : 0,
		.nNumberOfLinks = (DWORD)st.st_nlink,
		.nFileIndexHigh = (DWORD)((uint64_t)st.st_ino >> 32),
		.nFileIndexLow = (DWORD)st.st_ino,
	};
	return TRUE;
}

static BOOL information_of_pipe(struct object *o, uint32_t access,
				LPBY_HANDLE_FILE_INFORMATION info)
{
	struct {
		FILE_ALL_INFORMATION all;
		WCHAR rest_of_name[MAX_PATH];
	} answer = {0};
	uint32_t done;
	npfs_status status = file_query(o, access, FileAllInformation, &answer,
					sizeof(answer), &done);

	/* The name may be cut: nobody asked for it. */
	if (npfs_status_is_error(status))
		return native_answer(status);
	*info = (BY_HANDLE_FILE_INFORMATION){
		.dwFileAttributes = answer.all.BasicInformation.FileAttributes,
		.nFileSizeHigh =
			(DWORD)(answer.all.StandardInformation.EndOfFile.QuadPart >> 32),
		.nFileSizeLow = (DWORD)answer.all.StandardInformation.EndOfFile.QuadPart,
		.nNumberOfLinks = answer.all.StandardInformation.NumberOfLinks,
		.nFileIndexHigh =
			(DWORD)(answer.all.InternalInformation.IndexNumber.QuadPart >> 32),
		.nFileIndexLow = (DWORD)answer.all.InternalInformation.IndexNumber.QuadPart,
	};
	return TRUE;
}

BOOL WINAPI GetFileInformationByHandle(HANDLE h, LPBY_HANDLE_FILE_INFORMATION info)
{
	struct handle_pin pin;
	uint32_t access;
	struct object *o = file_of(h, &access, &pin);
	BOOL ok;

	if (!o)
		return FALSE;
	ok = file_pipe(o) ? information_of_pipe(o, access, info)
			  : information_of_disk(o, info);
	handle_unpin(&pin);
	return ok;
}

static void basic_of(const struct stat *st, FILE_BASIC_INFO *info)
{
	info->CreationTime.QuadPart = file_stat_ticks(file_stat_created(st));
	info->LastAccessTime.QuadPart = file_stat_ticks(&st->st_atim);
	info->LastWriteTime.QuadPart = file_stat_ticks(&st->st_mtim);
	info->ChangeTime.QuadPart = file_stat_ticks(&st->st_ctim);
	info->FileAttributes = file_stat_attributes(st->st_mode);
}

static void standard_of(const struct stat *st, FILE_STANDARD_INFO *info)
{
	info->AllocationSize.QuadPart = (LONGLONG)st->st_blocks * 512;
	info->EndOfFile.QuadPart = S_ISREG(st->st_mode) ? st->st_size : 0;
	info->NumberOfLinks = (DWORD)st->st_nlink;
	info->DeletePending = st->st_nlink == 0;
	info->Directory = S_ISDIR(st->st_mode);
}

/* As much as fits, and the whole length in any case. */
static DWORD name_info_of(const char *name, FILE_NAME_INFO *info, DWORD size)
{
	WCHAR *wide = text_wide_from_utf8(name, strlen(name));
	size_t bytes, room = size - NAME_AT;

	if (!wide)
		return ERROR_NOT_ENOUGH_MEMORY;
	bytes = text_wide_len(wide) * sizeof(*wide);
	info->FileNameLength = (DWORD)bytes;
	memcpy((char *)info + NAME_AT, wide, bytes < room ? bytes : room);
	free(wide);
	return bytes > room ? ERROR_MORE_DATA : 0;
}

static BOOL extended_of_disk(const struct object *o, FILE_INFO_BY_HANDLE_CLASS info_class,
			     void *buffer, DWORD size)
{
	struct stat st;
	DWORD error;
	char *name;

	if (info_class == FileBasicInfo || info_class == FileStandardInfo) {
		if (size < (info_class == FileBasicInfo ? sizeof(FILE_BASIC_INFO)
							: STANDARD_LEN))
			return thread_fail(ERROR_BAD_LENGTH);
		if (!stat_of(o, &st))
			return FALSE;
		if (info_class == FileBasicInfo)
			basic_of(&st, buffer);
		else
			standard_of(&st, buffer);
		return TRUE;
	}
	if (size < sizeof(FILE_NAME_INFO))
		return thread_fail(ERROR_BAD_LENGTH);
	name = name_of_disk(o);
	if (!name)
		return FALSE;
	error = name_info_of(name, buffer, size);
	free(name);
	return error ? thread_fail(error) : TRUE;
}

BOOL WINAPI GetFileInformationByHandleEx(HANDLE h, FILE_INFO_BY_HANDLE_CLASS info_class,
					 LPVOID buffer, DWORD size)
{
	int native = info_class == FileBasicInfo      ? FileBasicInformation
		     : info_class == FileStandardInfo ? FileStandardInformation
		     : info_class == FileNameInfo     ? FileNameInformation
						      : 0;
	struct handle_pin pin;
	struct object *o;
	uint32_t access, done;
	BOOL ok;

	if (!native)
		return thread_fail(ERROR_INVALID_PARAMETER);
	o = file_of(h, &access, &pin);
	if (!o)
		return FALSE;
	if (file_pipe(o))
		ok = native_answer(file_query(o, access, native, buffer, size, &done));
	else
		ok = extended_of_disk(o, info_class, buffer, size);
	handle_unpin(&pin);
	return ok;
}

/* times */

BOOL WINAPI GetFileTime(HANDLE h, LPFILETIME createdp, LPFILETIME accessedp,
			LPFILETIME writtenp)
{
	BY_HANDLE_FILE_INFORMATION info;

	if (!GetFileInformationByHandle(h, &info))
		return FALSE;
	if (createdp)
		*createdp = info.ftCreationTime;
	if (accessedp)
		*accessedp = info.ftLastAccessTime;
	if (writtenp)
		*writtenp = info.ftLastWriteTime;
	return TRUE;
}

/* 0 leaves a time alone, and so does all ones, which stops its being kept on Windows. */
static bool timespec_of(const FILETIME *time, struct timespec *tsp)
{
	uint64_t ticks;
	int64_t since_1970;

	*tsp = (struct timespec){.tv_nsec = UTIME_OMIT};
	if (!time)
		return true;
	ticks = (uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime;
	if (ticks == 0 || ticks == UINT64_MAX)
		return true;
	if (ticks > INT64_MAX)
		return false;
	since_1970 = (int64_t)ticks - FILE_STAT_TICKS_TO_1970;
	tsp->tv_sec = since_1970 / FILE_STAT_TICKS_PER_S;
	tsp->tv_nsec = since_1970 % FILE_STAT_TICKS_PER_S * FILE_STAT_NS_PER_TICK;
	if (tsp->tv_nsec < 0) {
		tsp->tv_sec--;
		tsp->tv_nsec += FILE_STAT_TICKS_PER_S * FILE_STAT_NS_PER_TICK;
	}
	return true;
}

/* The time of creation is checked and not kept. On a pipe nothing is (8.5). */
BOOL WINAPI SetFileTime(HANDLE h, const FILETIME *created, const FILETIME *accessed,
			const FILETIME *written)
{
	struct timespec times[2], unused;
	char link[LINK_LEN];
	struct handle_pin pin;
	uint32_t access;
	struct object *o;
	DWORD error = 0;

	if (!timespec_of(created, &unused) || !timespec_of(accessed, &times[0]) ||
	    !timespec_of(written, &times[1]))
		return thread_fail(ERROR_INVALID_PARAMETER);
	o = file_of(h, &access, &pin);
	if (!o)
		return FALSE;
	if (!(access & FILE_WRITE_ATTRIBUTES)) {
		error = ERROR_ACCESS_DENIED;
	} else if (!file_pipe(o)) {
		/* By the link, so that a descriptor opened for queries does as well. */
		link_of(o, link);
		if (utimensat(AT_FDCWD, link, times, 0) < 0)
			error = npfs_status_to_win32(npfs_status_from_errno(errno));
	}
	handle_unpin(&pin);
	return error ? thread_fail(error) : TRUE;
}

/* the whole name */

/* To be freed; NULL with the last error. */
static WCHAR *name_of_pipe(struct pipe_object *pipe, DWORD form)
{
	const char *device = form == VOLUME_NAME_NT ? DEVICE_OF_PIPES : "";
	size_t device_len = strlen(device), len = 0, i;
	uint16_t *name = NULL;
	npfs_status status;
	WCHAR *whole;

	if (form != VOLUME_NAME_NT && form != VOLUME_NAME_NONE) {
		thread_fail(ERROR_PATH_NOT_FOUND);
		return NULL;
	}
	status = file_name(pipe, &name, &len);
	if (status != STATUS_SUCCESS) {
		thread_fail(npfs_status_to_win32(status));
		return NULL;
	}
	whole = malloc((device_len + len + 1) * sizeof(*whole));
	if (whole) {
		for (i = 0; i < device_len; i++)
			whole[i] = (unsigned char)device[i];
		memcpy(whole + device_len, name, len * sizeof(*whole));
		whole[device_len + len] = 0;
	} else {
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	}
	free(name);
	return whole;
}

static WCHAR *final_name(HANDLE h, DWORD flags)
{
	struct handle_pin pin;
	struct object *o = file_of(h, NULL, &pin);
	WCHAR *wide = NULL;
	char *name;

	if (!o)
		return NULL;
	if (file_pipe(o)) {
		wide = name_of_pipe(file_pipe(o), flags & VOLUME_FORM);
	} else {
		name = name_of_disk(o);
		wide = name ? text_wide_from_utf8(name, strlen(name)) : NULL;
		if (name && !wide)
			thread_fail(ERROR_NOT_ENOUGH_MEMORY);
		free(name);
	}
	handle_unpin(&pin);
	return wide;
}

/* Without the zero when it fits; with it, what is needed, when not. */
DWORD WINAPI GetFinalPathNameByHandleW(HANDLE h, LPWSTR buffer, DWORD size, DWORD flags)
{
	WCHAR *name = final_name(h, flags);
	DWORD len;

	if (!name)
		return 0;
	len = (DWORD)text_wide_len(name);
	if (len < size)
		memcpy(buffer, name, (len + 1) * sizeof(*name));
	else
		len++;
	free(name);
	return len;
}

DWORD WINAPI GetFinalPathNameByHandleA(HANDLE h, LPSTR buffer, DWORD size, DWORD flags)
{
	WCHAR *name = final_name(h, flags);
	char *text = name ? text_utf8_from_wide(name, text_wide_len(name)) : NULL;
	DWORD len = 0;

	if (name && !text)
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	if (text) {
		len = (DWORD)strlen(text);
		if (len < size)
			memcpy(buffer, text, len + 1);
		else
			len++;
	}
	free(text);
	free(name);
	return len;
}

/* True also for a pipe's name, which asking uses up an instance of (6.2). */
BOOL WINAPI PathFileExistsW(LPCWSTR path)
{
	return path && GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

BOOL WINAPI PathFileExistsA(LPCSTR path)
{
	return path && GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES;
}

/* the volume */

struct volume {
	char label[32];
	char system[16];
	DWORD serial;
	DWORD component_max;
	DWORD flags;
};

/* The numbers are statfs(2)'s. */
static const char *system_name(unsigned long type)
{
	static const struct {
		unsigned long type;
		const char *name;
	} known[] = {
		{0xef53, "ext4"},	{0x58465342, "xfs"},   {0x9123683e, "btrfs"},
		{0x01021994, "tmpfs"},	{0x794c7630, "overlay"}, {0x6969, "nfs"},
		{0x2fc12fc1, "zfs"},	{0x4d44, "vfat"},      {0x65735546, "fuse"},
	};

	for (size_t i = 0; i < ARRAYSIZE(known); i++)
		if (known[i].type == type)
			return known[i].name;
	return "unix";
}

static BOOL volume_of(HANDLE h, struct volume *volume)
{
	struct handle_pin pin;
	struct object *o = file_of(h, NULL, &pin);
	struct statfs fs;
	struct stat st;
	int result = 0;

	if (!o)
		return FALSE;
	memset(volume, 0, sizeof(*volume));
	if (file_pipe(o)) {
		strcpy(volume->label, "NamedPipe");
		strcpy(volume->system, "NPFS");
		volume->component_max = (DWORD)-1;
		volume->flags = FILE_CASE_PRESERVED_NAMES;
	} else {
		result = fstatfs(disk_file_fd(o), &fs);
		if (result == 0)
			result = fstat(disk_file_fd(o), &st);
		if (result == 0) {
			snprintf(volume->system, sizeof(volume->system), "%s",
				 system_name((unsigned long)fs.f_type));
			volume->serial = serial_of(st.st_dev);
			volume->component_max = (DWORD)fs.f_namelen;
			volume->flags = FILE_CASE_SENSITIVE_SEARCH |
					FILE_CASE_PRESERVED_NAMES;
		}
	}
	handle_unpin(&pin);
	return result == 0 ? TRUE
			   : thread_fail(npfs_status_to_win32(npfs_status_from_errno(errno)));
}

static void give_numbers(const struct volume *volume, LPDWORD serialp, LPDWORD component_maxp,
			 LPDWORD flagsp)
{
	if (serialp)
		*serialp = volume->serial;
	if (component_maxp)
		*component_maxp = volume->component_max;
	if (flagsp)
		*flagsp = volume->flags;
}

/* These texts are ASCII. */
static bool give_wide(const char *text, LPWSTR to, DWORD size)
{
	size_t len = strlen(text), i;

	if (!to)
		return true;
	if (size <= len)
		return false;
	for (i = 0; i <= len; i++)
		to[i] = (unsigned char)text[i];
	return true;
}

static bool give_narrow(const char *text, LPSTR to, DWORD size)
{
	if (to && size > strlen(text))
		strcpy(to, text);
	return !to || size > strlen(text);
}

static BOOL give_volume_wide(const struct volume *volume, LPWSTR label, DWORD label_size,
			     LPDWORD serialp, LPDWORD component_maxp, LPDWORD flagsp,
			     LPWSTR system, DWORD system_size)
{
	if (!give_wide(volume->label, label, label_size) ||
	    !give_wide(volume->system, system, system_size))
		return thread_fail(ERROR_BAD_LENGTH);
	give_numbers(volume, serialp, component_maxp, flagsp);
	return TRUE;
}

BOOL WINAPI GetVolumeInformationByHandleW(HANDLE h, LPWSTR label, DWORD label_size,
					  LPDWORD serialp, LPDWORD component_maxp,
					  LPDWORD flagsp, LPWSTR system, DWORD system_size)
{
	struct volume volume;

	if (!volume_of(h, &volume))
		return FALSE;
	return give_volume_wide(&volume, label, label_size, serialp, component_maxp, flagsp,
				system, system_size);
}

/* NULL is the volume of the current directory. */
static BOOL volume_of_path(LPCWSTR path, struct volume *volume)
{
	static const WCHAR here[] = {'.', 0};
	HANDLE h = CreateFileW(path ? path : here, FILE_READ_ATTRIBUTES,
			       FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
			       FILE_FLAG_BACKUP_SEMANTICS, NULL);
	BOOL ok;

	if (h == INVALID_HANDLE_VALUE)
		return FALSE;
	ok = volume_of(h, volume);
	handle_close(h);
	return ok;
}

BOOL WINAPI GetVolumeInformationW(LPCWSTR path, LPWSTR label, DWORD label_size,
				  LPDWORD serialp, LPDWORD component_maxp, LPDWORD flagsp,
				  LPWSTR system, DWORD system_size)
{
	struct volume volume;

	if (!volume_of_path(path, &volume))
		return FALSE;
	return give_volume_wide(&volume, label, label_size, serialp, component_maxp, flagsp,
				system, system_size);
}

BOOL WINAPI GetVolumeInformationA(LPCSTR path, LPSTR label, DWORD label_size,
				  LPDWORD serialp, LPDWORD component_maxp, LPDWORD flagsp,
				  LPSTR system, DWORD system_size)
{
	WCHAR *wide = path ? text_wide_from_utf8(path, strlen(path)) : NULL;
	struct volume volume;
	BOOL ok;

	if (path && !wide)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	ok = volume_of_path(wide, &volume);
	free(wide);
	if (!ok)
		return FALSE;
	if (!give_narrow(volume.label, label, label_size) ||
	    !give_narrow(volume.system, system, system_size))
		return thread_fail(ERROR_BAD_LENGTH);
	give_numbers(&volume, serialp, component_maxp, flagsp);
	return TRUE;
}
