/* SPDX-License-Identifier: MIT */
/*
 * excpt.h - the words of exception filters
 *
 * Only the values: __try blocks need a compiler that knows them.
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

#endif
