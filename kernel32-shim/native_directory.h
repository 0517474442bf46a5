/* SPDX-License-Identifier: MIT */
/*
 * A listing of the root directory that is under way on a handle of the root
 * (npfs-semantics 7.10).
 */
#pragma once

struct directory_scan;

/* directory_scan_free() - end it; NULL is harmless */
void directory_scan_free(struct directory_scan *scan);
