/* SPDX-License-Identifier: MIT */
/*
 * Text that is being written: units in a block that grows
 *
 * Begins as {0}; `units` is released with free(). After a failure nothing more is put, and
 * `failed` tells so in the end. The text is terminated after every call.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <windows.h>

struct sddl_out {
	WCHAR *units; /* owned */
	size_t len;
	size_t room;
	bool failed;
};

void sddl_put(struct sddl_out *out, const char *ascii);
void sddl_put_unit(struct sddl_out *out, WCHAR unit);

/* sddl_insert() - put @ascii before the unit at @at */
void sddl_insert(struct sddl_out *out, size_t at, const char *ascii);

/* sddl_put_sid() - letters for an identity that has some, else digits */
void sddl_put_sid(struct sddl_out *out, const void *sid);
