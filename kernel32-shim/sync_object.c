/* SPDX-License-Identifier: MIT */
/* Creating and opening synchronisation objects.  See sync_object.h. */
#include "kernel32-shim/sync_object.h"

#include <stdlib.h>

#include "kernel32-shim/handle_table.h"
#include "kernel32-shim/named_objects.h"
#include "kernel32-shim/text.h"
#include "kernel32-shim/thread.h"

/* Rights a caller may ask for in general terms, made specific: all of them. */
static DWORD access_map(DWORD access)
{
	if (access & (GENERIC_ALL | MAXIMUM_ALLOWED))
		return UINT32_MAX;
	if (access & GENERIC_WRITE)
		access |= EVENT_MODIFY_STATE;
	if (access & GENERIC_EXECUTE)
		access |= SYNCHRONIZE;
	return access;
}

/* The handle of an object that is held open; gives up the hold and the reference. */
static HANDLE handle_from_held(struct object *o, DWORD access, uint32_t flags)
{
	HANDLE h = handle_new(o, access_map(access), flags);

	object_release(o);
	object_unref(o);
	return h;
}

HANDLE sync_object_create(struct sync_object *s, const SECURITY_ATTRIBUTES *sa,
			  const char *name, DWORD access)
{
	uint32_t flags = sa && sa->bInheritHandle ? HANDLE_INHERIT : 0;
	struct object *o = &s->object, *existing = NULL;
	DWORD error = 0;
	HANDLE h;

	object_hold(o);
	if (name && *name) {
		s->named = true;
		error = named_object_add(o, name, &existing);
	}
	if (error) {
		s->named = false;
		object_release(o);
		object_unref(o);
		o = existing;
	}
	h = o ? handle_from_held(o, access, flags) : NULL;
	if (h || !o)
		thread_last_error = error;
	return h;
}

HANDLE sync_object_create_wide(struct sync_object *s, const SECURITY_ATTRIBUTES *sa,
			       const WCHAR *name, DWORD access)
{
	bool failed;
	char *utf8 = text_utf8_from_wide_z(name, &failed);
	HANDLE h;

	if (failed) {
		object_unref(&s->object);
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
		return NULL;
	}
	h = sync_object_create(s, sa, utf8, access);
	free(utf8);
	return h;
}

HANDLE sync_object_open(enum object_type type, DWORD access, BOOL inherit,
			const char *name)
{
	struct object *o;
	DWORD error;

	if (!name) {
		thread_last_error = ERROR_INVALID_PARAMETER;
		return NULL;
	}
	error = named_object_find(name, type, &o);
	if (error) {
		thread_last_error = error;
		return NULL;
	}
	return handle_from_held(o, access, inherit ? HANDLE_INHERIT : 0);
}

HANDLE sync_object_open_wide(enum object_type type, DWORD access, BOOL inherit,
			     const WCHAR *name)
{
	bool failed;
	char *utf8 = text_utf8_from_wide_z(name, &failed);
	HANDLE h;

	if (failed) {
		thread_last_error = ERROR_NOT_ENOUGH_MEMORY;
		return NULL;
	}
	h = sync_object_open(type, access, inherit, utf8);
	free(utf8);
	return h;
}

void sync_object_closed(struct object *o)
{
	if (((struct sync_object *)(void *)o)->named)
		named_object_forget(o);
}
