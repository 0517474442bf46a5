/* SPDX-License-Identifier: MIT */
/*
 * What PeekConsoleInput has taken from the terminal and nobody has read yet.
 *
 * A terminal cannot be looked into, so a look takes the bytes and keeps them here; whoever
 * reads the console afterwards gets these first. ReadFile alone does not look here.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Up to @len of the bytes that are kept. */
size_t console_input_take(void *buffer, size_t len);

/* How many there are; to forget them. */
size_t console_input_kept(void);
void console_input_forget(void);
