/* SPDX-License-Identifier: MIT */
/*
 * What events, mutexes, semaphores and timers share: creation with or without a name,
 * opening by name, and the way a name goes with its last handle.
 */
#pragma once

#include <windows.h>

#include "kernel32-shim/object.h"

struct sync_object {
	struct object object;
	bool named; /* set before the object is published */
};

/**
 * sync_object_create() - give a new object its name and its handle
 * @s: counted, taken: also on failure, and when an object of that name exists already
 * @name: UTF-8; NULL or empty for none
 * @access: what the handle may do
 *
 * Sets the last error: 0 for a new object, ERROR_ALREADY_EXISTS for an existing one.
 *
 * Return: the handle, or NULL.
 */
HANDLE sync_object_create(struct sync_object *s, const SECURITY_ATTRIBUTES *sa,
			  const char *name, DWORD access);

/* The same with a name in UTF-16. */
HANDLE sync_object_create_wide(struct sync_object *s, const SECURITY_ATTRIBUTES *sa,
			       const WCHAR *name, DWORD access);

/* Open by name.  NULL and the last error when there is no such object of this kind. */
HANDLE sync_object_open(enum object_type type, DWORD access, BOOL inherit,
			const char *name);
HANDLE sync_object_open_wide(enum object_type type, DWORD access, BOOL inherit,
			     const WCHAR *name);

/* ops->last_handle_closed of these kinds. */
void sync_object_closed(struct object *o);
