/* SPDX-License-Identifier: MIT */
/*
 * The rules for return codes of plumbing, and the mark at the place of birth.
 *
 * A plumbing function returns 0 or a negative errno value. The function that made the
 * failing system call takes the value out of errno and marks it:
 *
 *	if (fd < 0)
 *		return np_err(-errno);
 *
 * Callers pass the value up unchanged and unmarked. With NPFS_DEBUG=err in the
 * environment each mark prints one line, so a failure shows where it began. Expected
 * answers such as
 * -EAGAIN or -ETIMEDOUT are no errors and are returned without a mark.
 */
#pragma once

#include "npfs/base/macro.h"

/* Marks the birth of the error @neg_errno, a value <= 0, and returns it. */
#define np_err(neg_errno) np_err_at((neg_errno), __FILE__, __LINE__, __func__)

int np_err_at(int neg_errno, const char *file, int line, const char *func) NP_COLD;
