/* SPDX-License-Identifier: MIT */
/*
 * What the rest of the shim needs of modules: keeping one loaded.
 */
#pragma once

#include <stdbool.h>

#include <windows.h>

/* One more user of a module, to be ended with FreeLibrary(); false when @h is none. */
bool module_hold(HMODULE h);
