/* SPDX-License-Identifier: MIT */
/*
 * Modules: libraries by name, and addresses in them
 *
 * There are three kinds, and a HMODULE is a pointer to our record of one:
 *
 *	system	kernel32, ntdll, advapi32 and the like. All of them are this library; each
 *		name has a record of its own, so that their handles differ. What they
 *		export is what this library exports, under whatever name one asks
 *	program	the executable, GetModuleHandle(NULL)
 *	shared	a shared object of the file system, counted; the record goes with the last
 *		FreeLibrary
 *
 * Names of shared objects are found as they stand, then with .dll replaced by .so, then
 * with lib in front; a name without a directory goes the way of the dynamic linker. Case
 * matters for files and not for system names.
 *
 * Records are found by comparing pointers, so a handle made up by the program is
 * recognised and never looked into. The dynamic linker is never called under the lock: it
 * runs constructors, and those may come back here.
 */
#include "kernel32-shim/moduleapi.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "kernel32-shim/file_disk.h"
#include "kernel32-shim/object.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

enum module_kind {
	MODULE_SYSTEM,
	MODULE_PROGRAM,
	MODULE_SHARED,
};

struct module {
	enum module_kind kind;
	const char *name; /* MODULE_SYSTEM: without .dll */
	void *dl;         /* MODULE_SHARED: the linker's handle, owned; NULL for data */
	char *path;       /* MODULE_SHARED: owned */
	unsigned n_users; /* MODULE_SHARED: modules lock; UINT_MAX for ever */
	struct object_link link; /* MODULE_SHARED: modules lock */
};

static struct module system_modules[] = {
	{.name = "kernel32"}, {.name = "kernelbase"}, {.name = "ntdll"},
	{.name = "advapi32"}, {.name = "user32"},     {.name = "msvcrt"},
	{.name = "ucrtbase"}, {.name = "sechost"},    {.name = "rpcrt4"},
	{.name = "ws2_32"},   {.name = "shlwapi"},    {.name = "secur32"},
};

static struct module program_module = {.kind = MODULE_PROGRAM};

static struct {
	pthread_mutex_t lock;
	struct object_link all; /* of the kind MODULE_SHARED */
} modules = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.all = {&modules.all, &modules.all},
};

#define N_SYSTEM_MODULES (sizeof(system_modules) / sizeof(system_modules[0]))

static void modules_lock(void)
{
	pthread_mutex_lock(&modules.lock);
}

static void modules_unlock(void)
{
	pthread_mutex_unlock(&modules.lock);
}

__attribute__((constructor)) static void modules_survive_fork(void)
{
	pthread_atfork(modules_lock, modules_unlock, modules_unlock);
}

/* records; modules lock */

static struct module *shared_from_link(struct object_link *link)
{
	return object_container(link, struct module, link);
}

/* The record behind a handle, or NULL. */
static struct module *module_find(HMODULE h)
{
	struct module *m = (struct module *)(void *)h;

	if (!m || m == &program_module)
		return &program_module;
	for (size_t i = 0; i < N_SYSTEM_MODULES; i++)
		if (m == &system_modules[i])
			return m;
	for (struct object_link *l = modules.all.next; l != &modules.all; l = l->next)
		if (m == shared_from_link(l))
			return m;
	return NULL;
}

static void module_add_user(struct module *m)
{
	if (m->kind == MODULE_SHARED && m->n_users != UINT_MAX)
		m->n_users++;
}

static HMODULE module_handle(struct module *m)
{
	return (HMODULE)(void *)m;
}

bool module_hold(HMODULE h)
{
	struct module *m;

	modules_lock();
	m = h ? module_find(h) : NULL;
	if (m)
		module_add_user(m);
	modules_unlock();
	return m != NULL;
}

/* names */

static const char *base_name(const char *path)
{
	const char *base = path;

	for (const char *p = path; *p; p++)
		if (*p == '/' || *p == '\\' || (*p == ':' && p == path + 1))
			base = p + 1;
	return base;
}

/* Length of a name without its .dll and without a dot at the end. */
static size_t stem_len(const char *name)
{
	size_t len = strlen(name);

	if (len > 4 && strcasecmp(name + len - 4, ".dll") == 0)
		return len - 4;
	return len > 1 && name[len - 1] == '.' ? len - 1 : len;
}

static struct module *system_find(const char *name)
{
	size_t len = stem_len(name);

	for (size_t i = 0; i < N_SYSTEM_MODULES; i++)
		if (strlen(system_modules[i].name) == len &&
		    strncasecmp(system_modules[i].name, name, len) == 0)
			return &system_modules[i];
	return NULL;
}

/* Where the library that defines @address lies; to be freed. */
static char *path_of_address(const void *address)
{
	char resolved[PATH_MAX];
	Dl_info info;

	if (!dladdr(address, &info) || !info.dli_fname)
		return NULL;
	return strdup(realpath(info.dli_fname, resolved) ? resolved : info.dli_fname);
}

static char *path_of_program(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len < 0)
		return NULL;
	path[len] = '\0';
	return strdup(path);
}

static char *path_of_loaded(void *dl)
{
	struct link_map *map = NULL;
	char resolved[PATH_MAX];

	if (dlinfo(dl, RTLD_DI_LINKMAP, &map) != 0 || !map || !map->l_name[0])
		return path_of_program();
	return strdup(realpath(map->l_name, resolved) ? resolved : map->l_name);
}

/*
 * The ways a name may be meant, one after the other: as it stands, .dll as .so, and that
 * with lib in front. To be freed; NULL when there are no more, or no memory.
 */
static char *candidate(const char *posix, unsigned i)
{
	size_t dir_len = (size_t)(base_name(posix) - posix);
	size_t len = stem_len(posix + dir_len);
	char *path = NULL;
	int n = -1;

	if (i == 0)
		return strdup(posix);
	if (i == 1 || i == 2)
		n = asprintf(&path, "%.*s%s%.*s.so", (int)dir_len, posix,
			     i == 2 ? "lib" : "", (int)len, posix + dir_len);
	return n < 0 ? NULL : path;
}

/* loading; no lock held */

/* Is the file there and no shared object of this machine's kind? */
static bool is_other_format(const char *path)
{
	Elf64_Ehdr header;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, &header, sizeof(header));
	close(fd);
	return n != sizeof(header) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	       header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_DYN;
}

/* @dl and @path are taken. The record of what is loaded, with one more user. */
static struct module *shared_add(void *dl, char *path, bool is_counted)
{
	struct module *fresh = calloc(1, sizeof(*fresh));
	struct module *m = NULL;

	modules_lock();
	for (struct object_link *l = modules.all.next; l != &modules.all && !m;
	     l = l->next)
		if (dl ? shared_from_link(l)->dl == dl
		       : !shared_from_link(l)->dl && path &&
				    strcmp(shared_from_link(l)->path, path) == 0)
			m = shared_from_link(l);
	if (m) {
		if (is_counted)
			module_add_user(m);
	} else if (fresh && path) {
		m = fresh;
		m->kind = MODULE_SHARED;
		m->dl = dl;
		m->path = path;
		/* What the program brought along itself is not ours to unload. */
		m->n_users = is_counted ? 1 : UINT_MAX;
		object_link_push_back(&modules.all, &m->link);
		fresh = NULL;
		dl = NULL;
		path = NULL;
	}
	modules_unlock();
	/* The linker counts too: a record holds one count, whoever uses it. */
	if (dl)
		dlclose(dl);
	free(path);
	free(fresh);
	return m;
}

/* Return: the module with one more user when @mode loads; NULL and the last error. */
static struct module *shared_open(const char *name, int mode)
{
	char *posix = disk_file_posix_path(name);
	bool is_loading = !(mode & RTLD_NOLOAD);
	DWORD error = ERROR_MOD_NOT_FOUND;
	struct module *m = NULL;
	char *path;

	for (unsigned i = 0; posix && !m && (path = candidate(posix, i)) != NULL; i++) {
		void *dl = dlopen(path, mode);

		if (dl)
			m = shared_add(dl, path_of_loaded(dl), is_loading);
		else if (strchr(path, '/') && is_other_format(path))
			error = ERROR_BAD_EXE_FORMAT;
		free(path);
	}
	free(posix);
	if (!m)
		thread_last_error = error;
	return m;
}

/* A file as data: it must be there, and its code does not run. */
static struct module *data_open(const char *name)
{
	char *posix = disk_file_posix_path(name);
	char *path = posix ? realpath(posix, NULL) : NULL;
	struct module *m = NULL;

	free(posix);
	if (path && access(path, R_OK) == 0)
		m = shared_add(NULL, path, true);
	else
		free(path);
	if (!m)
		thread_last_error = ERROR_MOD_NOT_FOUND;
	return m;
}

static HMODULE load(const char *name, HANDLE file, DWORD flags)
{
	struct module *m;

	if (!name || file) {
		thread_fail(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	if (!name[0]) {
		thread_fail(ERROR_MOD_NOT_FOUND);
		return NULL;
	}
	m = system_find(base_name(name));
	if (!m && (flags & LOAD_LIBRARY_AS_DATAFILE))
		m = data_open(name);
	else if (!m)
		m = shared_open(name, RTLD_NOW | RTLD_LOCAL);
	return m ? module_handle(m) : NULL;
}

HMODULE WINAPI LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
{
	return load(lpLibFileName, hFile, dwFlags);
}

HMODULE WINAPI LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
{
	bool failed = false;
	char *name = text_utf8_from_wide_z(lpLibFileName, &failed);
	HMODULE h = NULL;

	if (failed)
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	else
		h = load(name, hFile, dwFlags);
	free(name);
	return h;
}

HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName)
{
	return LoadLibraryExA(lpLibFileName, NULL, 0);
}

HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName)
{
	return LoadLibraryExW(lpLibFileName, NULL, 0);
}

BOOL WINAPI FreeLibrary(HMODULE hLibModule)
{
	struct module *m, *gone = NULL;

	if (!hLibModule)
		return thread_fail(ERROR_INVALID_HANDLE);
	modules_lock();
	m = module_find(hLibModule);
	if (m && m->kind == MODULE_SHARED && m->n_users != UINT_MAX &&
	    --m->n_users == 0) {
		object_link_remove(&m->link);
		gone = m;
	}
	modules_unlock();
	if (!m)
		return thread_fail(ERROR_MOD_NOT_FOUND);
	if (gone) {
		if (gone->dl)
			dlclose(gone->dl);
		free(gone->path);
		free(gone);
	}
	return TRUE;
}

BOOL WINAPI DisableThreadLibraryCalls(HMODULE hLibModule)
{
	bool is_module;

	modules_lock();
	is_module = module_find(hLibModule) != NULL;
	modules_unlock();
	/* Shared objects are not told of threads, so there is nothing to leave out. */
	return is_module ? TRUE : thread_fail(ERROR_MOD_NOT_FOUND);
}

/* what is there already */

static struct module *present_find(const char *name)
{
	struct module *m;

	if (!name)
		return &program_module;
	if (!name[0]) {
		thread_fail(ERROR_MOD_NOT_FOUND);
		return NULL;
	}
	m = system_find(base_name(name));
	if (m)
		return m;
	modules_lock();
	for (struct object_link *l = modules.all.next; l != &modules.all && !m;
	     l = l->next)
		if (strcmp(base_name(shared_from_link(l)->path), name) == 0)
			m = shared_from_link(l);
	modules_unlock();
	return m ? m : shared_open(name, RTLD_NOW | RTLD_NOLOAD);
}

/* The module an address lies in. */
static struct module *address_find(const void *address)
{
	Dl_info own, info;
	struct link_map *map = NULL;
	void *dl;

	if (!dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP) || !map) {
		thread_fail(ERROR_MOD_NOT_FOUND);
		return NULL;
	}
	if (!map->l_name[0])
		return &program_module;
	if (dladdr((const void *)modules_lock, &own) && own.dli_fbase == info.dli_fbase)
		return &system_modules[0];
	dl = dlopen(map->l_name, RTLD_NOW | RTLD_NOLOAD);
	if (!dl) {
		thread_fail(ERROR_MOD_NOT_FOUND);
		return NULL;
	}
	return shared_add(dl, path_of_loaded(dl), false);
}

HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName)
{
	struct module *m = present_find(lpModuleName);

	return m ? module_handle(m) : NULL;
}

HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName)
{
	bool failed = false;
	char *name = text_utf8_from_wide_z(lpModuleName, &failed);
	HMODULE h = NULL;

	if (failed)
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	else
		h = GetModuleHandleA(name);
	free(name);
	return h;
}

static BOOL handle_ex(DWORD flags, const void *address, const char *name,
		      HMODULE *handlep)
{
	const DWORD pin = GET_MODULE_HANDLE_EX_FLAG_PIN;
	const DWORD unchanged = GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
	struct module *m;

	if (!handlep)
		return thread_fail(ERROR_INVALID_PARAMETER);
	*handlep = NULL;
	if ((flags & ~(pin | unchanged | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS)) ||
	    (flags & (pin | unchanged)) == (pin | unchanged) ||
	    ((flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) && !address))
		return thread_fail(ERROR_INVALID_PARAMETER);
	m = flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS ? address_find(address)
							   : present_find(name);
	if (!m)
		return FALSE;
	modules_lock();
	if ((flags & pin) && m->kind == MODULE_SHARED)
		m->n_users = UINT_MAX;
	else if (!(flags & unchanged))
		module_add_user(m);
	modules_unlock();
	*handlep = module_handle(m);
	return TRUE;
}

BOOL WINAPI GetModuleHandleExA(DWORD dwFlags, LPCSTR lpModuleName, HMODULE *phModule)
{
	return handle_ex(dwFlags, lpModuleName, lpModuleName, phModule);
}

BOOL WINAPI GetModuleHandleExW(DWORD dwFlags, LPCWSTR lpModuleName, HMODULE *phModule)
{
	bool failed = false;
	char *name = NULL;
	BOOL result;

	if (!(dwFlags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS))
		name = text_utf8_from_wide_z(lpModuleName, &failed);
	if (failed)
		return thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	result = handle_ex(dwFlags, lpModuleName, name, phModule);
	free(name);
	return result;
}

/* addresses */

/* A name this library exports itself, not one of the libraries it stands on. */
static void *own_symbol(const char *name)
{
	Dl_info own, found;
	void *dl, *address;

	if (!dladdr((const void *)own_symbol, &own))
		return NULL;
	dl = dlopen(own.dli_fname, RTLD_NOW | RTLD_NOLOAD);
	if (!dl) /* linked into the program */
		dl = dlopen(NULL, RTLD_NOW);
	if (!dl)
		return NULL;
	address = dlsym(dl, name);
	dlclose(dl);
	if (!address || !dladdr(address, &found) || found.dli_fbase != own.dli_fbase)
		return NULL;
	return address;
}

/* A name the program exports, or one of the libraries it was linked with. */
static void *program_symbol(const char *name)
{
	void *dl = dlopen(NULL, RTLD_NOW);
	void *address = dl ? dlsym(dl, name) : NULL;

	if (dl)
		dlclose(dl);
	return address;
}

FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName)
{
	enum module_kind kind = MODULE_SYSTEM;
	struct module *m;
	void *address = NULL, *dl = NULL;

	modules_lock();
	m = module_find(hModule);
	if (m) {
		kind = m->kind;
		dl = m->dl;
	}
	modules_unlock();
	if (!m) {
		thread_fail(ERROR_MOD_NOT_FOUND);
		return NULL;
	}
	/* Nothing here has ordinals. */
	if ((ULONG_PTR)lpProcName <= 0xffff) {
		thread_fail(lpProcName ? ERROR_INVALID_ORDINAL : ERROR_PROC_NOT_FOUND);
		return NULL;
	}
	if (kind == MODULE_SYSTEM)
		address = own_symbol(lpProcName);
	else if (kind == MODULE_PROGRAM)
		address = program_symbol(lpProcName);
	else if (dl)
		address = dlsym(dl, lpProcName);
	if (!address)
		thread_fail(ERROR_PROC_NOT_FOUND);
	return (FARPROC)address;
}

/* file names */

static char *module_path(HMODULE h)
{
	struct module *m;
	char *path = NULL;
	bool is_shared;

	modules_lock();
	m = module_find(h);
	is_shared = m && m->kind == MODULE_SHARED;
	if (is_shared)
		path = strdup(m->path);
	modules_unlock();
	if (!m)
		thread_fail(ERROR_MOD_NOT_FOUND);
	else if (is_shared ? !path
			   : !(path = m->kind == MODULE_PROGRAM
					      ? path_of_program()
					      : path_of_address(
							(const void *)modules_lock)))
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	return path;
}

/* A name that does not fit is cut, terminated, and counted as the whole buffer. */
static DWORD answer_length(size_t len, DWORD size)
{
	if (len < size) {
		thread_last_error = ERROR_SUCCESS;
		return (DWORD)len;
	}
	thread_fail(ERROR_INSUFFICIENT_BUFFER);
	return size;
}

DWORD WINAPI GetModuleFileNameA(HMODULE hModule, LPSTR lpFilename, DWORD nSize)
{
	char *path = module_path(hModule);
	size_t len, n;

	if (!path)
		return 0;
	len = strlen(path);
	n = len < nSize ? len : nSize ? nSize - 1 : 0;
	if (nSize) {
		memcpy(lpFilename, path, n);
		lpFilename[n] = '\0';
	}
	free(path);
	return answer_length(len, nSize);
}

DWORD WINAPI GetModuleFileNameW(HMODULE hModule, LPWSTR lpFilename, DWORD nSize)
{
	char *path = module_path(hModule);
	WCHAR *wide = path ? text_wide_from_utf8(path, strlen(path)) : NULL;
	size_t len, n;

	if (path && !wide)
		thread_fail(ERROR_NOT_ENOUGH_MEMORY);
	free(path);
	if (!wide)
		return 0;
	len = text_wide_len(wide);
	n = len < nSize ? len : nSize ? nSize - 1 : 0;
	if (nSize) {
		memcpy(lpFilename, wide, n * sizeof(WCHAR));
		lpFilename[n] = 0;
	}
	free(wide);
	return answer_length(len, nSize);
}
