/* SPDX-License-Identifier: MIT */
/*
 * The terminal as a screen of its own, for a live view
 *
 * While it is on, keys are not shown and need no return; it is left as it was found, also when a
 * signal ends the program.
 */
#pragma once

#include <stdbool.h>

struct screen_size {
	int rows, columns;
};

bool ctl_screen_begin(void);
void ctl_screen_end(void);
struct screen_size ctl_screen_size(void);
void ctl_screen_home(void);
void ctl_screen_rest(void);
int ctl_screen_key(int timeout_ms);
