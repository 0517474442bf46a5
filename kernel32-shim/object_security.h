/* SPDX-License-Identifier: MIT */
/*
 * The descriptor of the object behind a handle
 *
 * Pipe ends have one: the one of their name, which the broker keeps (<npfs/security.h>).
 * The rights to ask for it and to change it are those the handle was given, so a duplicate
 * with fewer rights has fewer. Everything else a handle can name has no descriptor here:
 * ERROR_NOT_SUPPORTED.
 */
#pragma once

#include <stdint.h>

#include <windows.h>

/**
 * object_security_get() - parts of a descriptor, self-relative
 * @h: the handle
 * @information: which parts
 * @sdp: receives a block of the process heap, for LocalFree()
 * @lenp: its bytes
 *
 * Return: 0; ERROR_INVALID_HANDLE; ERROR_NOT_SUPPORTED; ERROR_ACCESS_DENIED: the handle
 * was not given the right; ERROR_PIPE_NOT_CONNECTED: a detached client's end;
 * ERROR_NOT_ENOUGH_MEMORY.
 */
DWORD object_security_get(HANDLE h, SECURITY_INFORMATION information, void **sdp,
			  uint32_t *lenp);

/**
 * object_security_set() - replace parts of a descriptor
 * @sd: of either form, borrowed
 *
 * Return: as object_security_get(); ERROR_INVALID_SECURITY_DESCR, ERROR_INVALID_ACL,
 * ERROR_INVALID_SID; ERROR_INVALID_OWNER, ERROR_INVALID_PRIMARY_GROUP.
 */
DWORD object_security_set(HANDLE h, SECURITY_INFORMATION information,
			  PSECURITY_DESCRIPTOR sd);
