/* SPDX-License-Identifier: MIT */
/*
 * Where errors are marked. The line goes to the ordinary log sink at debug level; errno
 * is left alone, because callers may still be looking at it.
 */
#include "npfs/base/err.h"

#include <errno.h>
#include <string.h>

#include "npfs/base/log.h"

/**
 * np_err_at() - note where an error was born
 * @neg_errno:	0 or a negative errno value
 * @file:	source file of the mark
 * @line:	line of the mark
 * @func:	function of the mark
 *
 * Use it through np_err(). Nothing is printed for 0 or while the mask "err" is off.
 *
 * Return: @neg_errno, unchanged. errno is preserved.
 */
int np_err_at(int neg_errno, const char *file, int line, const char *func)
{
	int saved = errno;
	const char *name;

	if (neg_errno < 0 && np_debug_is_on(NP_DEBUG_ERR)) {
		name = strerrorname_np(-neg_errno);
		np_log(NP_LOG_DEBUG, "err: %s (%d) in %s at %s:%d", name ? name : "?",
		       neg_errno, func, file, line);
	}
	errno = saved;
	return neg_errno;
}
