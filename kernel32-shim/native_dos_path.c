/* SPDX-License-Identifier: MIT */
/*
 * RtlDosPathNameToNtPathName_U: the native name of a path that Win32 calls take
 *
 *	\\.\pipe\x		\??\pipe\x
 *	\\server\pipe\x		\??\UNC\server\pipe\x
 *	NUL, \\.\COM1		\??\NUL, \??\COM1
 *
 * Paths of files lead to the host's file system, which has no native names: FALSE.
 */
#include <string.h>

#include <windows.h>
#include <winternl.h>

#include "kernel32-shim/heap.h"
#include "kernel32-shim/pipe_path.h"

#define UNITS_MAX  0x7ffeu
#define PREFIX_MAX 32u

/* A name under construction, in one block of the heap. */
struct nt_path {
	WCHAR *units;
	size_t len;
};

static void add_ascii(struct nt_path *path, const char *text)
{
	for (; *text; text++)
		path->units[path->len++] = (unsigned char)*text;
}

static void add_units(struct nt_path *path, const void *units, size_t n)
{
	if (n)
		memcpy(path->units + path->len, units, n * sizeof(WCHAR));
	path->len += n;
}

static void write_path(const struct pipe_path *dos, struct nt_path *path)
{
	const struct npfs_path *parts = &dos->parts;

	add_ascii(path, "\\??\\");
	switch (parts->path_class) {
	case NPFS_PATH_PIPE:
	case NPFS_PATH_PIPE_ROOT:
		add_ascii(path, "pipe\\");
		add_units(path, dos->units + parts->name_off, parts->name_len);
		break;
	case NPFS_PATH_PIPE_DEVICE:
		add_ascii(path, "pipe");
		break;
	case NPFS_PATH_REMOTE_PIPE:
		add_ascii(path, "UNC\\");
		add_units(path, dos->units + parts->server_off, parts->server_len);
		add_ascii(path, "\\pipe\\");
		add_units(path, dos->units + parts->name_off, parts->name_len);
		break;
	case NPFS_PATH_DEVICE_OTHER:
		add_units(path, dos->units + parts->name_off, parts->name_len);
		break;
	case NPFS_PATH_FILE:
	case NPFS_PATH_INVALID_EMPTY:
		break;
	}
	path->units[path->len] = 0;
}

/* Where the last component begins; NULL when the path ends in a separator. */
static PWSTR file_part(const struct nt_path *path)
{
	size_t i = path->len;

	while (i && path->units[i - 1] != '\\' && path->units[i - 1] != '/')
		i--;
	return i < path->len ? path->units + i : NULL;
}

static bool convert(const struct pipe_path *dos, struct nt_path *path)
{
	size_t len = dos->parts.name_len + dos->parts.server_len;

	if (dos->parts.path_class == NPFS_PATH_FILE || len > UNITS_MAX - PREFIX_MAX)
		return false;
	path->units = heap_process_alloc((len + PREFIX_MAX) * sizeof(WCHAR), true);
	if (!path->units)
		return false;
	write_path(dos, path);
	return true;
}

BOOLEAN NTAPI RtlDosPathNameToNtPathName_U(PCWSTR DosFileName, PUNICODE_STRING NtFileName,
					   PWSTR *FilePart, PVOID Reserved)
{
	struct nt_path path = {NULL, 0};
	struct pipe_path dos;
	bool is_done;

	(void)Reserved;
	if (!DosFileName || !DosFileName[0] ||
	    pipe_path_dos(DosFileName, &dos) != STATUS_SUCCESS)
		return FALSE;
	is_done = convert(&dos, &path);
	pipe_path_fini(&dos);
	if (!is_done)
		return FALSE;
	NtFileName->Buffer = path.units;
	NtFileName->Length = (USHORT)(path.len * sizeof(WCHAR));
	NtFileName->MaximumLength = (USHORT)((path.len + 1) * sizeof(WCHAR));
	if (FilePart)
		*FilePart = file_part(&path);
	return TRUE;
}
