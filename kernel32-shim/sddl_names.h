/* SPDX-License-Identifier: MIT */
/*
 * The codes of the text form of descriptors, each list in the order in which it is written
 *
 * A list ends with an empty code. Where two codes stand for the same value, the first one
 * is written and both are read.
 */
#pragma once

#include <stdbool.h>

#include <windows.h>

#define SDDL_CODE_MAX 2

struct sddl_name {
	char code[SDDL_CODE_MAX + 1];
	DWORD value;
};

extern const struct sddl_name sddl_ace_types[];
extern const struct sddl_name sddl_ace_flags[];

/* Does something stand behind the identifier of an entry of this type? */
bool sddl_ace_has_more(BYTE type);

/* Sets of rights with a code of their own, then the single rights. */
extern const struct sddl_name sddl_right_sets[];
extern const struct sddl_name sddl_rights[];

/* The policy of a mandatory label stands where other entries have rights. */
extern const struct sddl_name sddl_label_rights[];

#define SDDL_NULL_ACL "NO_ACCESS_CONTROL"
