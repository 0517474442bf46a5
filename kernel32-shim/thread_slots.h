/* SPDX-License-Identifier: MIT */
/*
 * Thread-local and fiber-local slots (TlsAlloc, FlsAlloc).
 *
 * Which slots are taken, and with which callback, is one table per kind under the slots
 * lock; the values are an array per thread, made by the thread at its first store.  A
 * thread reads and writes its own values without a lock; freeing a slot clears it in
 * every thread, under the threads lock.
 */
#pragma once

#include <windows.h>

#include "kernel32-shim/thread.h"

enum {
	THREAD_SLOTS_TLS = 1088, /* TLS_MINIMUM_AVAILABLE and the expansion slots */
	THREAD_SLOTS_FLS = 4080,
};

/* A thread ends: its fiber-local callbacks run, on itself, without a lock. */
void thread_slots_run_callbacks(struct thread *t);

/* Then its arrays go.  Threads lock held. */
void thread_slots_free(struct thread *t);
