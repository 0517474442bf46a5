/* SPDX-License-Identifier: MIT */
/*
 * Mutexes, as far as the end of a thread is concerned; the rest is in synchapi.c.
 */
#pragma once

#include "kernel32-shim/thread.h"

/* Give up every mutex the ending thread owns, as abandoned.  Not under a lock. */
void mutex_abandon_all(struct thread *t);

/* Does @t own it?  Dispatcher lock. */
bool mutex_is_owned(struct object *o, struct thread *t);

/* Give up one ownership.  0, or ERROR_NOT_OWNER when the caller does not own it. */
DWORD mutex_release(struct object *o);
