/* SPDX-License-Identifier: MIT */
/*
 * excpt.h - the words of exception filters
 *
 * In C the words __try, __leave, __finally and __except too, as npfs_try.h has them. In C++
 * the standard library uses __try for itself: a source includes npfs_try.h last.
 */
#ifndef NPFS_W32_EXCPT_H
#define NPFS_W32_EXCPT_H

#define EXCEPTION_EXECUTE_HANDLER    1
#define EXCEPTION_CONTINUE_SEARCH    0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

typedef enum _EXCEPTION_DISPOSITION {
	ExceptionContinueExecution,
	ExceptionContinueSearch,
	ExceptionNestedException,
	ExceptionCollidedUnwind
} EXCEPTION_DISPOSITION;

#ifndef __cplusplus
#include "npfs_try.h"
#endif

#endif
