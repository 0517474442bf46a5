/* SPDX-License-Identifier: MIT */
/*
 * The environment and the standard handles, for the shim's other files
 */
#pragma once

#include <stdbool.h>

#include <windows.h>

/* A copy of a variable's value, to be freed; NULL when it is not set or memory is short. */
char *environment_get(const char *name);

/*
 * The standard handle 0, 1 or 2 when it was asked for or set before; false: it is still
 * nothing but the descriptor.
 */
bool standard_peek(int i, HANDLE *handlep);
