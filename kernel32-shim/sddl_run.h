/* SPDX-License-Identifier: MIT */
/*
 * Text that is being read: a run of units with an end
 *
 * Every function takes the run it may look at and moves its beginning behind what it
 * understood, or leaves it where it is. Nothing depends on a terminator.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <windows.h>

#include "kernel32-shim/sddl_names.h"

/* Units not looked at yet. */
struct sddl_run {
	const WCHAR *at;
	const WCHAR *end;
};

size_t sddl_run_len(const struct sddl_run *run);
void sddl_skip_blanks(struct sddl_run *run);
void sddl_drop_blanks_behind(struct sddl_run *run);

/* Does @word, in capitals, stand here in either case? Steps over it. */
bool sddl_take_word(struct sddl_run *run, const char *word);

/* The longest code of a list that stands here. */
bool sddl_take_code(struct sddl_run *run, const struct sddl_name *names, DWORD *valuep);

/* A number up to @max: 0x hexadecimal, 0 octal if @octal, else decimal. */
bool sddl_take_number(struct sddl_run *run, uint64_t max, bool octal, uint64_t *valuep);

/* @n hexadecimal digits, 16 at most. */
bool sddl_take_digits(struct sddl_run *run, unsigned n, uint64_t *valuep);

/* What a hexadecimal digit is worth; 16 for another unit. */
unsigned sddl_digit(WCHAR c);
