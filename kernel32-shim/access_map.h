/* SPDX-License-Identifier: MIT */
/*
 * General rights made specific ([MS-DTYP] 2.4.3)
 *
 * A request names rights by what they do (read, write, execute, all); each kind of object
 * says in a map which of its own rights these are. A handle holds specific rights only.
 */
#pragma once

#include <windows.h>

#define ACCESS_GENERIC (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL)

/* of files and pipes */
extern const GENERIC_MAPPING access_file_map;
extern const GENERIC_MAPPING access_port_map;

/* @access with the general rights replaced. */
DWORD access_map(DWORD access, const GENERIC_MAPPING *map);
/* ... and, for a kind that grants whatever is asked, MAXIMUM_ALLOWED as everything. */
DWORD access_map_granting(DWORD access, const GENERIC_MAPPING *map);

/* The same with the map of the kind, and with the rights that others of the kind contain. */
DWORD access_map_process(DWORD access);
DWORD access_map_thread(DWORD access);
DWORD access_map_token(DWORD access);
