/* SPDX-License-Identifier: MIT */
/*
 * npfs_try.h - __try, __leave, __finally, __except as macros
 *
 * excpt.h includes it in C. In C++ the standard library uses the word __try for itself:
 * there a source includes this header, after all others.
 *
 * What works, as often and as deeply nested as one likes:
 *
 *	__try {
 *		...
 *		__leave;         from any depth of loops and switches in this block
 *	} __finally {
 *		...              runs after the end of the block and after __leave
 *	}
 *
 * What does not, and what happens instead:
 *
 *	return, goto, break, continue out of a __try block, and longjmp and C++ exceptions
 *		through it: on Windows the __finally block runs. Here it cannot, and so that it
 *		is not left out in silence, the program ends with a message. (A longjmp is not
 *		noticed.)
 *	__except: its block is compiled, with its filter, and never runs. A fault ends the
 *		program as it does without a handler; so does RaiseException when no vectored
 *		handler and no unhandled-exception filter wants it.
 *	if (x) __try ... without braces around: these are two statements.
 *
 * GetExceptionCode() is 0, GetExceptionInformation() NULL, AbnormalTermination() FALSE.
 */
#ifndef NPFS_W32_NPFS_TRY_H
#define NPFS_W32_NPFS_TRY_H

#include "npfs_win32.h"

NPFS_W32_BEGIN

/* Ends the program with a message unless *is_insidep is 0; for the macros alone. */
NPFS_W32_API void npfs_try_left(int *is_insidep);

NPFS_W32_END

#undef __try
#undef __finally
#undef __except
#undef __leave

#define __try                                                                            \
	if (1) {                                                                         \
		__label__ npfs_leave_;                                                   \
		int npfs_inside_ __attribute__((__cleanup__(npfs_try_left))) = 1;        \
		if (1)
#define NPFS_W32_TRY_END                                                                 \
	npfs_leave_:                                                                     \
	__attribute__((__unused__));                                                     \
		npfs_inside_ = 0;                                                        \
	}
#define __leave goto npfs_leave_
#define __finally NPFS_W32_TRY_END if (1)
#define __except(filter) NPFS_W32_TRY_END if (0 && (filter))

#ifndef GetExceptionCode
#define GetExceptionCode()        0
#define GetExceptionInformation() NULL
#define AbnormalTermination()     0
#endif

#endif
