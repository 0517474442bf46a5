/* SPDX-License-Identifier: MIT */
/*
 * The descriptor of the object behind a handle
 *
 * Pipe ends have one: that of their name. Events, mutexes, semaphores and timers have one
 * each: what it was made with, or the default. The broker keeps both (<npfs/security.h>,
 * <npfs/object.h>) and holds to them when somebody opens; an object without a name, which
 * nobody can open, is made known to the broker when its descriptor is asked for.
 *
 * Processes, threads and tokens are the kernel's. What is told of them is what the kernel
 * holds to: that they are their user's, who may do everything. It cannot be changed:
 * ERROR_NOT_SUPPORTED, as for everything that has no descriptor here.
 *
 * The rights to ask and to change are those the handle was given, so a duplicate with fewer
 * rights has fewer.
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
 * was not given the right, or a handle from another process stands for rights that the
 * descriptor does not give this one; ERROR_PIPE_NOT_CONNECTED: a detached client's end;
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
