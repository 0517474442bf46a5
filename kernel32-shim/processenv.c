/* SPDX-License-Identifier: MIT */
/*
 * Standard handles, the command line, the environment, the current directory.
 *
 * A standard handle is made at its first use and wraps the descriptor, which it does not
 * own: closing the handle leaves the descriptor to stdio. In a process that CreateProcess
 * made it may instead be a handle that was inherited (process_block.h), and the command
 * line is the one that was given there.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <windows.h>

#include "kernel32-shim/command_line.h"
#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/process_block.h"
#include "kernel32-shim/processenv.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

/* standard handles */

static struct {
	pthread_mutex_t lock;
	bool made[3];
	HANDLE handle[3];
} standard = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* 0, 1, 2 for the standard numbers, -1 for another. */
static int standard_index(DWORD which)
{
	DWORD index = STD_INPUT_HANDLE - which;

	return index < 3 ? (int)index : -1;
}

/* NULL for a descriptor the process was started without. */
static HANDLE standard_make(int fd)
{
	const struct process_startup *startup = process_startup();
	DWORD access = fd == STDIN_FILENO ? FILE_GENERIC_READ | FILE_GENERIC_WRITE
					  : FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES;
	struct object *o;

	if (startup && startup->std_kind[fd] != PROCESS_STD_DESCRIPTOR)
		return (HANDLE)(uintptr_t)startup->std_value[fd];
	if (disk_file_borrow(fd, &o) != STATUS_SUCCESS)
		return NULL;
	return handle_new_take(o, access, HANDLE_INHERIT);
}

HANDLE WINAPI GetStdHandle(DWORD which)
{
	int i = standard_index(which);
	HANDLE h;

	if (i < 0) {
		thread_last_error = ERROR_INVALID_HANDLE;
		return INVALID_HANDLE_VALUE;
	}
	pthread_mutex_lock(&standard.lock);
	if (!standard.made[i]) {
		standard.handle[i] = standard_make(i);
		standard.made[i] = true;
	}
	h = standard.handle[i];
	pthread_mutex_unlock(&standard.lock);
	return h;
}

bool standard_peek(int i, HANDLE *handlep)
{
	bool made;

	pthread_mutex_lock(&standard.lock);
	made = standard.made[i];
	*handlep = standard.handle[i];
	pthread_mutex_unlock(&standard.lock);
	return made;
}

BOOL WINAPI SetStdHandle(DWORD which, HANDLE h)
{
	int i = standard_index(which);

	if (i < 0)
		return thread_fail(ERROR_INVALID_HANDLE);
	pthread_mutex_lock(&standard.lock);
	standard.handle[i] = h;
	standard.made[i] = true;
	pthread_mutex_unlock(&standard.lock);
	return TRUE;
}

/* the command line */

static struct {
	pthread_once_t once;
	char *utf8;
	WCHAR *wide;
} command_line = {.once = PTHREAD_ONCE_INIT};

/* All of a small file of the kernel's, with its length; NULL when memory is short. */
static char *read_whole(const char *path, size_t *lenp)
{
	size_t cap = 4096, len = 0;
	char *text = malloc(cap);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (text && fd >= 0) {
		ssize_t n = read(fd, text + len, cap - len);
		char *more;

		if (n <= 0)
			break;
		len += (size_t)n;
		if (len < cap)
			continue;
		cap *= 2;
		more = realloc(text, cap);
		if (!more)
			break;
		text = more;
	}
	if (fd >= 0)
		close(fd);
	*lenp = len;
	return text;
}

/* What the process was started with, as one line. */
static char *command_line_of_arguments(void)
{
	size_t len;
	char *arguments = read_whole("/proc/self/cmdline", &len);
	char *line = malloc(len * 2 + len * 3 + 4), *out = line;

	if (!arguments || !line)
		abort();
	for (size_t i = 0; i < len; i += strnlen(arguments + i, len - i) + 1) {
		if (i > 0)
			*out++ = ' ';
		out = command_line_append(out, arguments + i, i == 0);
	}
	*out = '\0';
	free(arguments);
	return line;
}

static void command_line_make(void)
{
	const struct process_startup *startup = process_startup();
	char *line = startup && startup->command_line ? startup->command_line
						      : command_line_of_arguments();

	command_line.utf8 = line;
	command_line.wide = text_wide_from_utf8(line, strlen(line));
	if (!command_line.wide)
		abort();
}

LPSTR WINAPI GetCommandLineA(VOID)
{
	pthread_once(&command_line.once, command_line_make);
	return command_line.utf8;
}

LPWSTR WINAPI GetCommandLineW(VOID)
{
	pthread_once(&command_line.once, command_line_make);
	return command_line.wide;
}

/* giving text back in the two usual ways */

/*
 * The length without the terminator when it fits, the size with it when it does not, in
 * units of the form.
 */
static DWORD give_utf8(const char *text, LPSTR buffer, DWORD size)
{
	size_t len = strlen(text);

	if (len + 1 > size)
		return (DWORD)(len + 1);
	memcpy(buffer, text, len + 1);
	return (DWORD)len;
}

static DWORD give_wide(const char *text, LPWSTR buffer, DWORD size)
{
	bool invalid = false;
	size_t len = strlen(text);
	size_t n = text_to_wide(text, len, NULL, 0, &invalid);

	if (n + 1 > size)
		return (DWORD)(n + 1);
	text_to_wide(text, len, buffer, n, &invalid);
	buffer[n] = 0;
	return (DWORD)n;
}

/* the environment */

/* The C library's environment is not safe against changes by other threads; ours is. */
static pthread_mutex_t environment = PTHREAD_MUTEX_INITIALIZER;

static void environment_lock(void)
{
	pthread_mutex_lock(&standard.lock);
	pthread_mutex_lock(&environment);
}

static void environment_unlock(void)
{
	pthread_mutex_unlock(&environment);
	pthread_mutex_unlock(&standard.lock);
}

/* No child of a fork finds one of these locks taken by a thread it does not have. */
__attribute__((constructor)) static void environment_survives_fork(void)
{
	pthread_atfork(environment_lock, environment_unlock, environment_unlock);
}

/*
 * The entry of a variable, name and value; NULL when there is none. As on Windows the case
 * of the letters does not matter, but of two that differ in nothing else, which only
 * programs of the system make, one gets that which was asked for. Lock held.
 */
static const char *environment_find(const char *name)
{
	size_t len = strlen(name);
	const char *other = NULL;

	for (char **e = environ; len && e && *e; e++) {
		if (strncasecmp(*e, name, len) != 0 || (*e)[len] != '=')
			continue;
		if (memcmp(*e, name, len) == 0)
			return *e;
		if (!other)
			other = *e;
	}
	return other;
}

static const char *environment_value(const char *name)
{
	const char *entry = environment_find(name);

	return entry ? entry + strlen(name) + 1 : NULL;
}

char *environment_get(const char *name)
{
	const char *value;
	char *copy;

	pthread_mutex_lock(&environment);
	value = environment_value(name);
	copy = value ? strdup(value) : NULL;
	pthread_mutex_unlock(&environment);
	return copy;
}

static char *environment_copy(const char *name)
{
	const char *value;
	char *copy;

	pthread_mutex_lock(&environment);
	value = environment_value(name);
	copy = value ? strdup(value) : NULL;
	pthread_mutex_unlock(&environment);
	thread_last_error = copy    ? thread_last_error
			    : value ? ERROR_NOT_ENOUGH_MEMORY
				    : ERROR_ENVVAR_NOT_FOUND;
	return copy;
}

DWORD WINAPI GetEnvironmentVariableA(LPCSTR name, LPSTR buffer, DWORD size)
{
	char *value = environment_copy(name ? name : "");
	DWORD n;

	if (!value)
		return 0;
	n = give_utf8(value, buffer, size);
	free(value);
	return n;
}

DWORD WINAPI GetEnvironmentVariableW(LPCWSTR name, LPWSTR buffer, DWORD size)
{
	bool failed;
	char *utf8 = text_utf8_from_wide_z(name, &failed);
	char *value = utf8 ? environment_copy(utf8) : NULL;
	DWORD n = 0;

	if (failed)
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
	else if (!utf8)
		thread_last_error = ERROR_ENVVAR_NOT_FOUND;
	if (value)
		n = give_wide(value, buffer, size);
	free(value);
	free(utf8);
	return n;
}

BOOL WINAPI SetEnvironmentVariableA(LPCSTR name, LPCSTR value)
{
	const char *entry;
	char *there = NULL;
	DWORD error = 0;

	if (!name || !*name || strchr(name, '='))
		return thread_fail(ERROR_INVALID_PARAMETER);
	pthread_mutex_lock(&environment);
	/* One that is there keeps its spelling. */
	entry = environment_find(name);
	if (entry)
		there = strndup(entry, strlen(name));
	if (entry && !there)
		error = ERROR_NOT_ENOUGH_MEMORY;
	else if (!value && !entry)
		error = ERROR_ENVVAR_NOT_FOUND;
	else if ((value ? setenv(there ? there : name, value, 1) : unsetenv(there)) != 0)
		error = ERROR_NOT_ENOUGH_MEMORY;
	pthread_mutex_unlock(&environment);
	free(there);
	return error ? thread_fail(error) : TRUE;
}

BOOL WINAPI SetEnvironmentVariableW(LPCWSTR name, LPCWSTR value)
{
	bool name_failed, value_failed;
	char *utf8_name = text_utf8_from_wide_z(name, &name_failed);
	char *utf8_value = text_utf8_from_wide_z(value, &value_failed);
	BOOL ok;

	if (name_failed || value_failed)
		ok = thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	else
		ok = SetEnvironmentVariableA(utf8_name, utf8_value);
	free(utf8_name);
	free(utf8_value);
	return ok;
}

/* All of it: name=value, each with its terminator, and an empty one at the end. */
LPCH WINAPI GetEnvironmentStringsA(VOID)
{
	size_t len = 1;
	char *block, *out;

	pthread_mutex_lock(&environment);
	for (char **e = environ; e && *e; e++)
		len += strlen(*e) + 1;
	block = out = malloc(len);
	for (char **e = environ; block && e && *e; e++)
		out = stpcpy(out, *e) + 1;
	pthread_mutex_unlock(&environment);
	if (block)
		*out = '\0';
	else
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
	return block;
}

LPWCH WINAPI GetEnvironmentStringsW(VOID)
{
	char *block = GetEnvironmentStringsA();
	size_t len = 0;
	WCHAR *wide;

	if (!block)
		return NULL;
	while (block[len])
		len += strlen(block + len) + 1;
	/* The conversion puts its own terminator behind: that is the empty string. */
	wide = text_wide_from_utf8(block, len);
	free(block);
	if (!wide)
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
	return wide;
}

BOOL WINAPI FreeEnvironmentStringsA(LPCH block)
{
	free(block);
	return TRUE;
}

BOOL WINAPI FreeEnvironmentStringsW(LPWCH block)
{
	free(block);
	return TRUE;
}

/* Replace %NAME% by its value; a name that is not set stays as it is written. */
static char *environment_expand(const char *source)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	while (*source) {
		const char *end = *source == '%' ? strchr(source + 1, '%') : NULL;
		char *name = end ? strndup(source + 1, (size_t)(end - source - 1)) : NULL;
		DWORD error = thread_last_error;
		char *value = name ? environment_copy(name) : NULL;

		thread_last_error = error;
		if (value) {
			fputs(value, out);
			source = end + 1;
		} else {
			fputc(*source++, out);
		}
		free(name);
		free(value);
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* These two count the terminator whether the text fits or not. */
DWORD WINAPI ExpandEnvironmentStringsA(LPCSTR source, LPSTR buffer, DWORD size)
{
	char *text = environment_expand(source);
	DWORD n;

	if (!text) {
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
		return 0;
	}
	n = (DWORD)strlen(text) + 1;
	if (n <= size)
		memcpy(buffer, text, n);
	free(text);
	return n;
}

DWORD WINAPI ExpandEnvironmentStringsW(LPCWSTR source, LPWSTR buffer, DWORD size)
{
	bool failed;
	char *utf8 = text_utf8_from_wide_z(source, &failed);
	char *text = utf8 ? environment_expand(utf8) : NULL;
	DWORD n = 0;

	if (text) {
		n = give_wide(text, buffer, size);
		n = n < size ? n + 1 : n;
	} else {
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
	}
	free(text);
	free(utf8);
	return n;
}

/* the current directory, as a POSIX path */

DWORD WINAPI GetCurrentDirectoryA(DWORD size, LPSTR buffer)
{
	char *path = getcwd(NULL, 0);
	DWORD n;

	if (!path) {
		thread_last_error = npfs_status_to_win32(npfs_status_from_errno(errno));
		return 0;
	}
	n = give_utf8(path, buffer, size);
	free(path);
	return n;
}

DWORD WINAPI GetCurrentDirectoryW(DWORD size, LPWSTR buffer)
{
	char *path = getcwd(NULL, 0);
	DWORD n;

	if (!path) {
		thread_last_error = npfs_status_to_win32(npfs_status_from_errno(errno));
		return 0;
	}
	n = give_wide(path, buffer, size);
	free(path);
	return n;
}

BOOL WINAPI SetCurrentDirectoryA(LPCSTR path)
{
	char *posix;
	DWORD error = 0;

	if (!path || !*path)
		return thread_fail(ERROR_INVALID_NAME);
	posix = disk_file_posix_path(path);
	if (!posix)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	if (chdir(posix) < 0)
		error = errno == ENOENT ? ERROR_FILE_NOT_FOUND
			: errno == ENOTDIR
				? ERROR_DIRECTORY
				: npfs_status_to_win32(npfs_status_from_errno(errno));
	free(posix);
	return error ? thread_fail(error) : TRUE;
}

BOOL WINAPI SetCurrentDirectoryW(LPCWSTR path)
{
	bool failed;
	char *utf8 = text_utf8_from_wide_z(path, &failed);
	BOOL ok = failed ? thread_fail(ERROR_NOT_ENOUGH_MEMORY)
			 : SetCurrentDirectoryA(utf8);

	free(utf8);
	return ok;
}
