/* SPDX-License-Identifier: MIT */
/*
 * Waiting for one of several handles in a glance: no lock, no pin, no count.
 *
 * A server waits for the same handles again and again. So each thread knows what it found
 * behind the handles of its last wait for many: as long as the program passes the same
 * numbers, and no handle was closed since (handle_closings), the objects behind them are
 * the same, may still be waited for, and exist as long as the glance lasts (glance.h).
 * Then the slots of the table need not be looked at, and of each object one word only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <windows.h>

#include "kernel32-shim/object.h"
#include "kernel32-shim/wait.h"

enum { WAIT_KNOWN_MIN = 8 }; /* below, looking at the slots costs less */

/* Of one thread, and touched by no other. */
struct wait_known {
	DWORD n;           /* 0: nothing is known */
	uint64_t closings; /* handle_closings before the objects were looked up */
	HANDLE handles[WAIT_MAX_OBJECTS];
	struct object *objects[WAIT_MAX_OBJECTS]; /* neither counted nor touched unless valid */
};

/**
 * wait_glance() - wait for one of several handles, if one is ready and no lock is needed
 * @n: 1 to WAIT_MAX_OBJECTS
 *
 * What is wrong with the handles is for others to find out, and so is what is unusual.
 *
 * Return: whether *@resultp is the result; false: ask wait_objects().
 */
bool wait_glance(const HANDLE *handles, DWORD n, DWORD *resultp);
