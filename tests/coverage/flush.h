/* SPDX-License-Identifier: MIT */
/*
 * Coverage: counters of processes that leave by _exit()
 *
 * Included before every file of a coverage build (configure --enable-coverage), and of no
 * other. gcov writes a process's counters when exit() runs; children of tests leave by
 * _exit(), and programs go on as others by exec. What is killed loses what it counted.
 */
#ifndef NPFS_TESTS_COVERAGE_FLUSH_H
#define NPFS_TESTS_COVERAGE_FLUSH_H

#include <stdlib.h>
#include <unistd.h>

void __gcov_dump(void);

/* What is done to find the status counts as well. */
__attribute__((noreturn, unused)) static inline void coverage_leave(int status)
{
	__gcov_dump();
	_exit(status);
}

#define _exit(status) coverage_leave(status)

#endif /* NPFS_TESTS_COVERAGE_FLUSH_H */
