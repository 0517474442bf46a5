/* SPDX-License-Identifier: MIT */
/*
 * Names of threads: SetThreadDescription and GetThreadDescription
 *
 * The description belongs to the thread object and lives as long as that. The kernel gets
 * its first 15 bytes, for ps and the debugger.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <windows.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

#define KERNEL_NAME_MAX 15

static pthread_mutex_t names = PTHREAD_MUTEX_INITIALIZER;

static void names_lock(void)
{
	pthread_mutex_lock(&names);
}

static void names_unlock(void)
{
	pthread_mutex_unlock(&names);
}

__attribute__((constructor)) static void names_survive_fork(void)
{
	pthread_atfork(names_lock, names_unlock, names_unlock);
}

static WCHAR *copy_of(const WCHAR *text)
{
	size_t bytes = (text_wide_len(text) + 1) * sizeof(*text);
	WCHAR *copy = malloc(bytes);

	return copy ? memcpy(copy, text, bytes) : NULL;
}

/* For the eyes of people; a thread that has ended has no such file. */
static void tell_kernel(DWORD id, const WCHAR *text)
{
	char *name = text_utf8_from_wide(text, text_wide_len(text));
	char path[64];
	size_t len;
	int fd;

	if (!name)
		return;
	len = strlen(name);
	if (len > KERNEL_NAME_MAX)
		len = KERNEL_NAME_MAX;
	snprintf(path, sizeof(path), "/proc/self/task/%u/comm", id);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		(void)!write(fd, name, len);
		close(fd);
	}
	free(name);
}

HRESULT WINAPI SetThreadDescription(HANDLE h, PCWSTR description)
{
	static const WCHAR nothing[] = {0};
	struct object *o = handle_get(h, OBJECT_THREAD, NULL);
	WCHAR *copy, *before;
	struct thread *t;

	if (!o)
		return HRESULT_FROM_WIN32(ERROR_INVALID_HANDLE);
	copy = copy_of(description ? description : nothing);
	if (!copy) {
		object_unref(o);
		return E_OUTOFMEMORY;
	}
	t = thread_from_object(o);
	if (!t->process)
		tell_kernel(t->id, copy);
	names_lock();
	before = t->description;
	t->description = copy;
	names_unlock();
	free(before);
	object_unref(o);
	return S_OK;
}

/* The caller gives the copy to LocalFree. A thread without one has an empty one. */
HRESULT WINAPI GetThreadDescription(HANDLE h, PWSTR *descriptionp)
{
	struct object *o = handle_get(h, OBJECT_THREAD, NULL);
	WCHAR *copy;
	size_t len = 0;
	struct thread *t;

	if (!o)
		return HRESULT_FROM_WIN32(ERROR_INVALID_HANDLE);
	t = thread_from_object(o);
	names_lock();
	if (t->description)
		len = text_wide_len(t->description);
	copy = LocalAlloc(LPTR, (len + 1) * sizeof(*copy));
	if (copy && len)
		memcpy(copy, t->description, len * sizeof(*copy));
	names_unlock();
	object_unref(o);
	if (!copy)
		return E_OUTOFMEMORY;
	*descriptionp = copy;
	return S_OK;
}
