/* SPDX-License-Identifier: MIT */
/*
 * Status values for the inside of the library.
 *
 * The constants themselves are public; this header is the name under which internal code
 * asks for them, together with the questions only internal code has.
 */
#pragma once

#include <npfs/status.h>
#include <stdbool.h>

/* Severity success or information: the operation was done or is in flight. */
static inline bool np_status_is_success(npfs_status status)
{
	return status >> 31 == 0;
}

/* Severity warning, e.g. STATUS_BUFFER_OVERFLOW: done in part. */
static inline bool np_status_is_warning(npfs_status status)
{
	return status >> 30 == 2;
}

/* Severity error: not done. */
static inline bool np_status_is_error(npfs_status status)
{
	return status >> 30 == 3;
}
