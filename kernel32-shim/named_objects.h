/* SPDX-License-Identifier: MIT */
/*
 * Names of events, mutexes, semaphores and timers, inside one process.
 *
 * A name lives as long as its object has a handle.  Names compare exactly; the prefixes
 * Global\ and Local\ are accepted and mean the same, any other backslash makes
 * ERROR_PATH_NOT_FOUND.  All kinds share one name space: asking for a name that another
 * kind holds is ERROR_INVALID_HANDLE.
 */
#pragma once

#include <windows.h>

#include "kernel32-shim/object.h"

/**
 * named_object_add() - publish an object under a name
 * @o: held open by the caller (object_hold)
 * @existingp: receives, when the name is taken by the same kind, that object: counted,
 * and held open so that it cannot close before the caller made his handle
 *
 * Return: 0, ERROR_ALREADY_EXISTS, ERROR_INVALID_HANDLE, ERROR_PATH_NOT_FOUND,
 * ERROR_FILENAME_EXCED_RANGE, ERROR_NOT_ENOUGH_MEMORY.
 */
DWORD named_object_add(struct object *o, const char *name, struct object **existingp);

/**
 * named_object_find() - the object of a name
 * @objp: receives it, counted and held open
 *
 * Return: 0, ERROR_FILE_NOT_FOUND, and as above.
 */
DWORD named_object_find(const char *name, enum object_type type, struct object **objp);

/* The last handle has gone. */
void named_object_forget(struct object *o);
