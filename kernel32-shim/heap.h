/* SPDX-License-Identifier: MIT */
/*
 * The process heap, for the shim's own files: memory that the program frees with
 * LocalFree or HeapFree comes from here.
 */
#pragma once

#include <stdbool.h>

#include <windows.h>

/* NULL when memory is short; no last error. */
void *heap_process_alloc(SIZE_T size, bool zero);

/* A larger or smaller block with the same beginning; on failure the old one stays. */
void *heap_process_realloc(void *memory, SIZE_T size, bool zero);

void heap_process_free(void *memory);
SIZE_T heap_process_size(const void *memory);
