/* SPDX-License-Identifier: MIT */
/*
 * Names as native calls give them: OBJECT_ATTRIBUTES, read as the object manager and the
 * pipe file system read them (npfs-semantics 1.2 and 1.6).
 *
 * The object manager resolves the part that leads to the device, with or without regard to
 * case as the caller wants; the rest is the pipe's name, opaque, of any units. A name
 * relative to a handle is the rest alone.
 */
#pragma once

#include "kernel32-shim/native.h"

struct native_name {
	struct place place;    /* what it leads to; borrows from the attributes */
	struct handle_pin pin; /* of RootDirectory */
	uint16_t *path;	       /* owned: of PLACE_FILE */
};

/**
 * native_name_read() - where an object's attributes lead
 * @attributes: borrowed until native_name_fini()
 *
 * Return: STATUS_SUCCESS; STATUS_INVALID_PARAMETER: no attributes, or of another size;
 * STATUS_OBJECT_PATH_SYNTAX_BAD: no name, or one that does not begin where it must;
 * STATUS_OBJECT_NAME_INVALID; STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_PATH_NOT_FOUND:
 * no such device; STATUS_BAD_NETWORK_PATH: on another computer; STATUS_INVALID_HANDLE,
 * STATUS_OBJECT_TYPE_MISMATCH, STATUS_NOT_SUPPORTED: the root directory; STATUS_NO_MEMORY.
 */
npfs_status native_name_read(const OBJECT_ATTRIBUTES *attributes,
			     struct native_name *namep);
void native_name_fini(struct native_name *name);
